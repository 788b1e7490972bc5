/* file/npy.h: NumPy's .npy files, inside: magic, version, the length of a header, the header (a Python dictionary), the elements. */
#ifndef SP_FILE_NPY_H
#define SP_FILE_NPY_H

#include "file/file.h"

/* As sp_npy_read, from any source. */
sp_tensor *sp__npy_read_source(sp__source *s);

/* As that; and a text alone ('<U5', shape ()): *text is one then, to be freed by sp__free_str, and the result NULL. */
sp_tensor *sp__npy_read_record(sp__source *s, char **text);

/* The bytes before the elements; returns how many. */
#define SP__NPY_HEADER 512
size_t sp__npy_header(char out[SP__NPY_HEADER], const sp_tensor *t);
/* The same for a text of `bytes` bytes in UTF-32. */
size_t sp__npy_text_header(char out[SP__NPY_HEADER], size_t bytes);

/* SP_ERR_DTYPE unless NumPy has t's type. `name` (a file, an array) for the text. */
sp_status sp__npy_check(const char *what, const char *name, const sp_tensor *t);

#endif
