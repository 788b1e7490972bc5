/* Convolutions of few channels against plain loops in double; the same bits for any number of threads. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/conv_few.h"
#include "support/op_cases.h"

static float *numbers(int64_t n, uint64_t seed)
{
    float *v = malloc((size_t)n * sizeof *v);
    assert_non_null(v);
    for (int64_t i = 0; i < n; i++)
        v[i] = (float)(op_case_random(&seed) * 2 - 1);
    return v;
}

/* x at (h, w) of plane p, 0 in the padding */
static double at(const sp__conv *c, const float *x, int64_t p, int64_t h, int64_t w)
{
    return h < 0 || h >= c->H || w < 0 || w >= c->W ? 0 : (double)x[(p * c->H + h) * c->W + w];
}

static void check_forward(const sp__conv *c, const float *y, const float *x, const float *w, const float *b)
{
    for (int64_t i = 0; i < c->N * c->M * c->OH * c->OW; i++) {
        int64_t ow = i % c->OW, oh = i / c->OW % c->OH, m = i / (c->OW * c->OH) % c->M, n = i / (c->OW * c->OH * c->M);
        double sum = b ? (double)b[m] : 0;
        for (int64_t k = 0; k < c->C * c->kh * c->kw; k++)
            sum += (double)w[m * c->C * c->kh * c->kw + k] *
                   at(c, x, n * c->C + k / (c->kh * c->kw), oh + k / c->kw % c->kh - c->pt, ow + k % c->kw - c->pl);
        assert_true(fabs((double)y[i] - sum) < 1e-5);
    }
}

static void check_weight(const sp__conv *c, const float *dw, const float *dy, const float *x)
{
    for (int64_t i = 0; i < c->M * c->C * c->kh * c->kw; i++) {
        int64_t t = i % c->kw, r = i / c->kw % c->kh, ci = i / (c->kw * c->kh) % c->C, m = i / (c->kw * c->kh * c->C);
        double sum = 0;
        for (int64_t n = 0; n < c->N; n++)
            for (int64_t o = 0; o < c->OH * c->OW; o++)
                sum += (double)dy[(n * c->M + m) * c->OH * c->OW + o] *
                       at(c, x, n * c->C + ci, o / c->OW + r - c->pt, o % c->OW + t - c->pl);
        assert_true(fabs((double)dw[i] - sum) < 1e-4);
    }
}

static void check(int64_t N, int64_t C, int64_t M, int64_t H, int64_t W, int64_t kh, int64_t kw, int64_t pt, int64_t pb,
                  int64_t pl, int64_t pr)
{
    sp__conv c = {N, C, H, W, M, kh, kw, 1, 1, 1, 1, pt, pb, pl, pr, 1, H + pt + pb - kh + 1, W + pl + pr - kw + 1};
    assert_true(sp__k_conv_few_fits(SP_F32, &c, SP__CONV_FORWARD) && sp__k_conv_few_fits(SP_F32, &c, SP__CONV_WEIGHT));
    int64_t outputs = N * M * c.OH * c.OW, weights = M * C * kh * kw;
    float *x = numbers(N * C * H * W, 1), *w = numbers(weights, 2), *b = numbers(M, 3), *dy = numbers(outputs, 4);
    float *y = numbers(outputs, 5), *dw = numbers(weights, 6), *ws = malloc(sp__k_conv_few_workspace(&c));
    float *y1 = numbers(outputs, 5), *dw1 = numbers(weights, 6);
    assert_non_null(ws);
    for (int threads = 1; threads <= 3; threads++) {
        sp_set_threads(threads);
        sp__k_conv_few(&c, y, x, w, b, ws);
        sp__k_conv_few_weight(&c, dw, dy, x, ws);
        if (threads > 1) {
            assert_memory_equal(y, y1, (size_t)outputs * sizeof *y);
            assert_memory_equal(dw, dw1, (size_t)weights * sizeof *dw);
        }
        memcpy(y1, y, (size_t)outputs * sizeof *y);
        memcpy(dw1, dw, (size_t)weights * sizeof *dw);
    }
    check_forward(&c, y, x, w, b);
    check_weight(&c, dw, dy, x);
    sp__k_conv_few(&c, y, x, w, NULL, ws);
    check_forward(&c, y, x, w, NULL);
    float *const all[] = {x, w, b, dy, y, dw, ws, y1, dw1};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    sp_set_threads(0);
}

TEST(convolutions_of_few_channels_are_what_plain_loops_say)
{
    check(2, 1, 4, 10, 12, 3, 3, 1, 1, 1, 1);
    check(3, 1, 6, 28, 28, 5, 5, 0, 0, 0, 0);
    check(2, 3, 5, 9, 11, 3, 3, 0, 2, 1, 0);
    check(1, 2, 1, 8, 8, 1, 1, 0, 0, 0, 0);
    check(2, 1, 7, 6, 17, 2, 4, 1, 0, 0, 3);
    check(1, 3, 9, 13, 19, 7, 7, 3, 3, 3, 3);
    check(2, 2, 3, 12, 8, 6, 3, 2, 3, 1, 1);
    check(40, 1, 32, 32, 32, 3, 3, 1, 1, 1, 1);
}

TEST(other_geometries_are_left_to_others)
{
    const sp__conv fits = {1, 1, 16, 16, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 16, 16};
    sp__conv c = fits;
    assert_true(sp__k_conv_few_fits(SP_F32, &c, SP__CONV_FORWARD));
    assert_false(sp__k_conv_few_fits(SP_F64, &c, SP__CONV_FORWARD));
    assert_false(sp__k_conv_few_fits(SP_F32, &c, SP__CONV_INPUT));
    c.sw = 2;
    assert_false(sp__k_conv_few_fits(SP_F32, &c, SP__CONV_FORWARD));
    c = fits, c.C = 4;
    assert_false(sp__k_conv_few_fits(SP_F32, &c, SP__CONV_FORWARD));
    c = fits, c.dh = 2;
    assert_false(sp__k_conv_few_fits(SP_F32, &c, SP__CONV_WEIGHT));
    c = fits, c.kw = 9;
    assert_false(sp__k_conv_few_fits(SP_F32, &c, SP__CONV_WEIGHT));
    c = fits, c.OW = 7;
    assert_false(sp__k_conv_few_fits(SP_F32, &c, SP__CONV_FORWARD));
}

TEST_MAIN()
