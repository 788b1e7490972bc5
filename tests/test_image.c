/* Pictures: what Pillow reads in the same files (tests/fixtures/image/make.py), and what must be refused. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "file/image.h"
#include "support/files.h"

#if defined(SPORE_HAVE_PNG) || defined(SPORE_HAVE_JPEG)
static void compare(const char *path, const char *what, const sp_tensor *got, int tolerance)
{
    char file[256];
    snprintf(file, sizeof file, "%.*s%s.npy", (int)(strrchr(path, '.') - path), path, what);
    const sp_tensor *want = sp_npy_read(file);
    if (!got || !want)
        fail_msg("%s: %s", file, sp_error_text());
    if (!sp_shape_equal(sp_shape_of(got), sp_shape_of(want)) || sp_dtype_of(got) != SP_U8)
        fail_msg("%s: %s, expected %s", path, sp_shape_str(sp_shape_of(got)), sp_shape_str(sp_shape_of(want)));
    for (int64_t i = 0; i < sp_size_of(want); i++) {
        const int off = abs((int)sp_at(got, i) - (int)sp_at(want, i));
        if (off > tolerance)
            fail_msg("%s%s: element %lld is %g, expected %g", path, what, (long long)i, sp_at(got, i), sp_at(want, i));
    }
}

static void check(const char *path, void *user)
{
    const int tolerance = *(int *)user;
    sp_scope scope = sp_scope_begin();
    sp_tensor *image = sp_image_read(path, 0);
    compare(path, "", image, tolerance);
    compare(path, ".grey", sp_image_read(path, 1), tolerance);
    compare(path, ".resized", sp_image_resize(image, 7, 5), 1);
    sp_tensor *rgb = sp_image_read(path, 3);
    assert_int_equal(sp_shape_of(rgb).dim[2], 3);
    sp_scope_end(scope);
}
#endif

#ifdef SPORE_HAVE_PNG
TEST(png_pictures_are_read_as_by_pillow)
{
    int tolerance = 0;
    assert_int_equal(test_files_visit("tests/fixtures/image", ".png", check, &tolerance), 10);
}

TEST(a_picture_cut_short_or_changed_is_refused)
{
    uint8_t bytes[4096];
    FILE *f = fopen("tests/fixtures/image/rgb.png", "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t cut = 1; cut + 12 < n; cut++) { /* 12: the end mark alone */
        sp__source s;
        sp__source_memory(&s, "image", bytes, cut);
        assert_null(sp__image_read_source(&s, 0));
        assert_int_equal(sp_error(), SP_ERR_FORMAT);
        sp_error_clear();
    }
    bytes[n / 2] ^= 1; /* the checksum does not fit */
    sp__source s;
    sp__source_memory(&s, "image", bytes, n);
    assert_null(sp__image_read_source(&s, 0));
    assert_int_equal(sp_error(), SP_ERR_FORMAT);
}

TEST(any_allocation_that_fails_is_an_error)
{
    for (int64_t n = 1; n < 100; n++) {
        sp_scope scope = sp_scope_begin();
        sp_mem_fail_at(n);
        sp_tensor *t = sp_image_read("tests/fixtures/image/rgba.png", 1);
        sp_tensor *small = t ? sp_image_resize(t, 3, 3) : NULL;
        sp_mem_fail_at(0);
        if (small) {
            assert_true(n > 4);
            return;
        }
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
        sp_error_clear();
        sp_scope_end(scope);
    }
    fail_msg("it never worked");
}
#endif

#ifdef SPORE_HAVE_JPEG
TEST(jpeg_pictures_are_read_as_by_pillow)
{
    int tolerance = 1;
    assert_int_equal(test_files_visit("tests/fixtures/image", ".jpg", check, &tolerance), 4);
}
#endif

/* A PNG of one header that promises width x height pixels. */
static void huge(uint32_t width, uint32_t height, const char *says)
{
    uint8_t bytes[64] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    for (int i = 0; i < 4; i++) {
        bytes[16 + i] = (uint8_t)(width >> (24 - 8 * i));
        bytes[20 + i] = (uint8_t)(height >> (24 - 8 * i));
    }
    bytes[24] = 8;
    const uint32_t sum = sp__crc32(0, bytes + 12, 17);
    for (int i = 0; i < 4; i++)
        bytes[29 + i] = (uint8_t)(sum >> (24 - 8 * i));
    memcpy(bytes + 33, "\0\0\0\1IDAT\0\0\0\0\0", 13);
    sp__source s;
    sp__source_memory(&s, "image", bytes, 46);
    assert_null(sp__image_read_source(&s, 0));
#ifdef SPORE_HAVE_PNG
    assert_int_equal(sp_error(), SP_ERR_FORMAT);
    if (!strstr(sp_error_text(), says))
        fail_msg("'%s', expected '%s'", sp_error_text(), says);
#else
    (void)says;
    assert_int_equal(sp_error(), SP_ERR_UNSUPPORTED);
#endif
    sp_error_clear();
}

TEST(a_picture_larger_than_its_file_can_be_is_refused_before_memory_is_asked_for)
{
    huge(30000, 30000, "30000 x 30000 pixels in a file of 46 bytes: more than are read");
    huge(1000000, 1, "1000000 x 1 pixels in a file of 46 bytes: more than are read");
    huge(0, 5, "damaged PNG");
}

TEST(what_is_no_picture_is_refused)
{
    assert_null(sp_image_read("README.md", 0));
    assert_string_equal(sp_error_text(), "image: README.md: begins with '# Spore?', expected a PNG or JPEG picture");
    sp_error_clear();
    assert_null(sp_image_read("tests/fixtures/image/none.png", 0));
    assert_int_equal(sp_error(), SP_ERR_IO);
    sp_error_clear();
    assert_null(sp_image_read("tests/fixtures/image/rgb.png", 2));
    assert_string_equal(sp_error_text(), "image_read: 2 channels, expected 0 (as in the file), 1 or 3");
}

TEST(sizes_that_are_none_are_refused)
{
    sp_tensor *image = sp_zeros(SP_U8, SP_DIMS(2, 2, 1));
    assert_null(sp_image_resize(image, 0, 3));
    assert_string_equal(sp_error_text(), "image_resize: to 0 x 3, expected from 1 to 2^20");
    sp_error_clear();
    assert_null(sp_image_resize(sp_zeros(SP_F32, SP_DIMS(2, 2)), 2, 3));
    assert_string_equal(sp_error_text(), "image_resize: Float32 (2, 2), expected UInt8 (H, W, C)");
}

TEST_MAIN()
