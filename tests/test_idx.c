/* IDX arrays of every type: bytes by hand. MNIST's files are in test_data.c. */
#include "support/test.h"

#include <stdio.h>

#include "spore/data.h"
#include "support/idx_files.h"

static const char *folder;

static sp_tensor *read_bytes(const char *bytes, size_t n)
{
    const char *path = in_folder(folder, "array");
    assert_true(file_write(path, bytes, n));
    return sp_idx_read(path);
}
#define READ(bytes) read_bytes(bytes, sizeof(bytes) - 1)

static void is(const sp_tensor *t, sp_dtype dtype, sp_shape shape, const double *want)
{
    if (!t)
        fail_msg("%s", sp_error_text());
    assert_int_equal(sp_dtype_of(t), dtype);
    assert_true(sp_shape_equal(sp_shape_of(t), shape));
    for (int64_t i = 0; i < sp_size_of(t); i++)
        assert_true(sp_at(t, i) == want[i]);
}

TEST(arrays_of_all_types)
{
    folder = folder_new();
    is(READ("\0\0\x08\1\0\0\0\3\0\x7f\xff"), SP_U8, SP_DIMS(3), (double[]){0, 127, 255});
    is(READ("\0\0\x09\1\0\0\0\3\0\x7f\xff"), SP_I8, SP_DIMS(3), (double[]){0, 127, -1});
    is(READ("\0\0\x0b\2\0\0\0\1\0\0\0\2\1\2\xff\xfe"), SP_I16, SP_DIMS(1, 2), (double[]){258, -2});
    is(READ("\0\0\x0c\1\0\0\0\2\0\0\1\0\x80\0\0\0"), SP_I32, SP_DIMS(2), (double[]){256, -2147483648.0});
    is(READ("\0\0\x0d\1\0\0\0\2\x3f\xc0\0\0\xbf\x80\0\0"), SP_F32, SP_DIMS(2), (double[]){1.5, -1});
    is(READ("\0\0\x0e\1\0\0\0\1\x40\x09\x21\xfb\x54\x44\x2d\x18"), SP_F64, SP_DIMS(1), (double[]){3.141592653589793});
    is(READ("\0\0\x08\x08\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\2\5\6"), SP_U8,
       SP_DIMS(1, 1, 1, 1, 1, 1, 1, 2), (double[]){5, 6});
    is(READ("\0\0\x0d\1\0\0\0\0"), SP_F32, SP_DIMS(0), NULL);
    folder_remove(folder);
}

static void refused(sp_tensor *t, const char *says)
{
    assert_null(t);
    assert_int_equal(sp_error(), SP_ERR_FORMAT);
    if (!strstr(sp_error_text(), says))
        fail_msg("'%s', expected '%s'", sp_error_text(), says);
    sp_error_clear();
}

TEST(what_is_no_idx_file_is_refused)
{
    folder = folder_new();
    refused(READ("\0\0\x0a\1\0\0\0\1\1"),
            "array: begins with 0x00000a01, expected two zeros, a type (08, 09, 0b to 0e)");
    refused(READ("\0\0\x08\x09\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\5"),
            "begins with 0x00000809, expected");
    refused(READ("\0\1\x08\1\0\0\0\1\1"), "begins with 0x00010801, expected");
    refused(READ("\0\0\x08\2\0\0\0\1"), "begins with 0x00000802, expected"); /* ends in its header */
    refused(READ("\0\0"), "begins with less than 4 bytes, expected");
    refused(READ("\0\0\x08\1\0\0\0\3\1\2"), "array: 10 bytes, expected 11 (3 labels)");
    refused(READ("\0\0\x0d\2\0\0\0\1\0\0\0\2\1\2"), "array: 14 bytes, expected 20 (Float32 (1, 2))");
    refused(READ("\0\0\x0e\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
            "dimensions of its header are too large");
    folder_remove(folder);
}

TEST_MAIN()
