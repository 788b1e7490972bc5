/* file/npy.h: NumPy's .npy files, inside: magic, version, the length of a header, the header (a Python dictionary), the elements. */
#ifndef SP_FILE_NPY_H
#define SP_FILE_NPY_H

#include "file/file.h"

/* As sp_npy_read, from any source. */
sp_tensor *sp__npy_read_source(sp__source *s);

#endif
