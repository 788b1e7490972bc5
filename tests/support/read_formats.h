/* support/read_formats.h: files of the kinds that Spore reads and does not write, byte by byte: tables, IDX, PNG, JPEG. All numbers
 * (pixels) are `value`, 1 to 9 (JPEG: 1 to 3), and there are about `size` of them. SP_ERR_IO if the file cannot be written. */
#ifndef SP_TESTS_SUPPORT_READ_FORMATS_H
#define SP_TESTS_SUPPORT_READ_FORMATS_H

#include <stdint.h>

#include "spore/base.h"

sp_status test_csv_write(const char *path, int value, int64_t size);
sp_status test_csv_write_rows(const char *path, int64_t n); /* a header, then n rows of one number */
sp_status test_idx_write(const char *path, int value, int64_t size);
sp_status test_png_write(const char *path, int value, int64_t size);
sp_status test_jpeg_write(const char *path, int value, int64_t size);

#endif
