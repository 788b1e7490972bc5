/* file/csv.h: tables of numbers as text, inside. */
#ifndef SP_FILE_CSV_H
#define SP_FILE_CSV_H

#include "file/file.h"

/* As sp_csv_read, from any source. */
sp_tensor *sp__csv_read_source(sp__source *s, const char *const **names);

#endif
