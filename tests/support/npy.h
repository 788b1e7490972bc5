/* support/npy.h: reads numpy's .npy files, for tests. */
#ifndef SP_TESTS_SUPPORT_NPY_H
#define SP_TESTS_SUPPORT_NPY_H

#include "spore/tensor.h"

/* The array in the file, in the current scope. Little-endian, C order, versions 1 to 3, ranks up to SP_MAX_RANK, no more
 * than 1 GiB. NULL, with one line on stderr, for anything else. */
sp_tensor *test_npy_read(const char *path);

#endif
