/* data/table.h: bytes through rescale, normalize and hwc2chw, against the transforms one by one in Float32. */
#include "support/test.h"

#include "data/table.h"

enum { MOST = 4 * 301 };

/* By volatile, so that each operation is rounded and none is merged or reordered. */
static float one_by_one(const sp_transform *t, int n, int64_t c, uint8_t byte)
{
    volatile float x = (float)byte;
    for (int i = 0; i < n; i++) {
        int k = t[i].n > 1 ? (int)c : 0;
        if (t[i].kind == SP__TRANSFORM_RESCALE) {
            x = x * t[i].a[0];
            x = x + t[i].b[0];
        } else if (t[i].kind == SP__TRANSFORM_NORMALIZE) {
            x = x - t[i].a[k];
            x = x / t[i].b[k];
        }
    }
    return x;
}

static bool same_number(float a, float b) { return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b); }

static void check_run(const sp_transform *transforms, int n, int64_t channels, int64_t pixels, bool planar)
{
    uint8_t src[MOST];
    float dst[MOST + 1];
    sp__table t;
    assert_int_equal(sp__table_make(&t, n, transforms), SP_OK);
    for (int64_t i = 0; i < channels * pixels; i++)
        src[i] = (uint8_t)(i * 37 + i / 256);
    dst[channels * pixels] = -7;
    sp__table_run(&t, dst, src, channels, pixels, planar);
    for (int64_t p = 0; p < pixels; p++)
        for (int64_t c = 0; c < channels; c++) {
            float got = dst[planar ? c * pixels + p : p * channels + c];
            float expected = one_by_one(transforms, n, c, src[p * channels + c]);
            if (!same_number(got, expected))
                fail_msg("channel %d of %d, pixel %d: %.9g, expected %.9g", (int)c, (int)channels, (int)p, (double)got,
                         (double)expected);
        }
    assert_true(dst[channels * pixels] == -7); /* nothing behind the end */
    sp__table_clear(&t);
}

static void check_all(const sp_transform *transforms, int n, int64_t channels)
{
    static const int64_t pixels[] = {0, 1, 7, 8, 9, 31, 64, 100, 256, 301};
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
        for (int planar = 0; planar < 2; planar++)
            check_run(transforms, n, channels, pixels[i], planar);
}

TEST(the_tutorials_transforms_are_exact_without_looking_up)
{
    const sp_transform t[] = {sp_rescale(1 / 255.0f, 0), sp_normalize(0.1307f, 0.3081f), sp_hwc2chw()};
    sp__table table;
    assert_int_equal(sp__table_make(&table, 3, t), SP_OK);
    assert_true(table.direct);
    sp__table_clear(&table);
    for (int64_t channels = 1; channels <= 4; channels++)
        check_all(t, 3, channels);
}

TEST(channels_of_their_own_are_exact)
{
    static const float mean[] = {0.485f, 0.456f, 0.406f, 0.5f}, deviation[] = {0.229f, 0.224f, 0.225f, -3};
    for (int channels = 1; channels <= 4; channels++) {
        const sp_transform t[] = {sp_rescale(1 / 255.0f, 0.01f), sp_normalize_channels(channels, mean, deviation)};
        check_all(t, 2, channels);
    }
}

TEST(other_orders_and_repeats_are_exact)
{
    const sp_transform reversed[] = {sp_normalize(33.3f, 77.7f), sp_rescale(0.7f, -0.3f)};
    const sp_transform twice[] = {sp_rescale(0.1f, 0.3f), sp_rescale(3.3f, 0.7f), sp_normalize(0.1f, 0.3f),
                                  sp_normalize(0.7f, 1.3f)};
    const sp_transform cast[] = {sp_typecast(SP_F32)};
    sp__table table;
    assert_int_equal(sp__table_make(&table, 4, twice), SP_OK);
    assert_false(table.direct); /* the formula has room for one of each */
    sp__table_clear(&table);
    check_all(reversed, 2, 1);
    check_all(reversed, 2, 3);
    check_all(twice, 4, 1);
    check_all(twice, 4, 3);
    check_all(cast, 1, 3);
}

TEST(overflow_and_tiny_numbers_are_exact)
{
    const sp_transform huge[] = {sp_rescale(3e38f, 0), sp_normalize(-1e38f, 1e-3f)};
    const sp_transform tiny[] = {sp_rescale(1e-45f, 0), sp_normalize(1e-44f, 3e38f)};
    check_all(huge, 2, 1);
    check_all(tiny, 2, 1);
    check_all(tiny, 2, 3);
}

TEST_MAIN()
