/* Pooling, normalisation, softmax, cross entropy, dropout and optimizer steps against formulae in long double; the
 * optimizers against MindSpore's own steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "support/arrays.h"

static const sp_dtype real[] = {SP_F32, SP_F64};

/* ---- pooling ---- */

static sp__pool pool_of(int64_t H, int64_t W, int64_t kh, int64_t kw, int64_t sh, int64_t sw)
{
    return (sp__pool){.N = 2,
                      .C = 3,
                      .H = H,
                      .W = W,
                      .kh = kh,
                      .kw = kw,
                      .sh = sh,
                      .sw = sw,
                      .dh = 1,
                      .dw = 1,
                      .OH = (H - kh) / sh + 1,
                      .OW = (W - kw) / sw + 1};
}

static bool geometry(int i, sp__pool *p)
{
    switch (i) {
    case 0:
        *p = pool_of(8, 6, 2, 2, 2, 2);
        return true;
    case 1:
        *p = pool_of(9, 7, 3, 2, 1, 2); /* overlapping */
        return true;
    case 2:
        *p = pool_of(7, 7, 3, 3, 2, 2);
        p->pt = 1, p->pl = 1, p->pb = 1, p->pr = 1, p->OH = 4, p->OW = 4;
        return true;
    case 3:
        *p = pool_of(6, 9, 3, 3, 2, 2);
        p->pt = 0, p->pb = 1, p->pl = 1, p->pr = 0, p->OH = 3, p->OW = 4; /* uneven */
        p->count_include_pad = true;
        return true;
    case 4:
        *p = pool_of(6, 6, 3, 3, 2, 2);
        p->OH = p->OW = 3; /* ceil mode: the last window hangs over */
        p->count_include_pad = true;
        return true;
    case 5:
        *p = pool_of(9, 9, 3, 2, 1, 1);
        p->dh = 2, p->dw = 3, p->OH = 5, p->OW = 6;
        p->divisor = 5;
        return true;
    case 6:
        *p = pool_of(5, 5, 5, 5, 1, 1); /* global */
        return true;
    case 7:
        *p = pool_of(2, 2, 2, 2, 1, 1);
        p->pt = p->pb = p->pl = p->pr = 3, p->OH = p->OW = 7; /* windows wholly in the padding */
        p->count_include_pad = true;
        return true;
    case 8:
        *p = pool_of(1, 1, 1, 1, 1, 1);
        return true;
    default:
        return false;
    }
}

/* All five functions against one walk over the windows. */
static void check_pool(sp_dtype t, const sp__pool *p)
{
    const int64_t planes = p->N * p->C, P = p->OH * p->OW, nx = planes * p->H * p->W, ny = planes * P;
    void *x = array_random(t, nx, -1, 1, 1), *dy = array_random(t, ny, -1, 1, 2);
    void *most = array_new(t, ny), *mean = array_new(t, ny), *dx = array_new(t, nx), *da = array_new(t, nx);
    void *again = array_new(t, ny);
    int32_t *index = array_new(SP_I32, ny);
    long double *want_dx = calloc((size_t)nx, sizeof *want_dx), *want_da = calloc((size_t)nx, sizeof *want_da);
    assert_true(sp__k_max_pool(t, p, most, index, x) && sp__k_avg_pool(t, p, mean, x));
    for (int64_t i = 0; i < ny; i++) {
        int64_t plane = i / P, oh = i / p->OW % p->OH, ow = i % p->OW, at = -1, inside = 0, counted = 0;
        long double best = -(long double)INFINITY, sum = 0;
        for (int64_t k = 0; k < p->kh * p->kw; k++) {
            int64_t h = oh * p->sh - p->pt + k / p->kw * p->dh, w = ow * p->sw - p->pl + k % p->kw * p->dw;
            counted += h < p->H + p->pb && w < p->W + p->pr;
            if (h < 0 || h >= p->H || w < 0 || w >= p->W)
                continue;
            long double v = array_get(t, x, (plane * p->H + h) * p->W + w);
            inside++;
            sum += v;
            at = v > best ? h * p->W + w : at;
            best = v > best ? v : best;
        }
        int64_t divisor = p->divisor ? p->divisor : p->count_include_pad ? counted : inside;
        divisor = divisor ? divisor : 1;
        assert_int_equal(index[i], at);
        array_near(t, most, i, best, 0, "max pool");
        array_near(t, mean, i, sum / (long double)divisor, 4 * array_tol(t), "avg pool");
        if (at >= 0)
            want_dx[plane * p->H * p->W + at] += array_get(t, dy, i);
        for (int64_t k = 0; k < p->kh * p->kw; k++) {
            int64_t h = oh * p->sh - p->pt + k / p->kw * p->dh, w = ow * p->sw - p->pl + k % p->kw * p->dw;
            if (h >= 0 && h < p->H && w >= 0 && w < p->W)
                want_da[(plane * p->H + h) * p->W + w] += array_get(t, dy, i) / (long double)divisor;
        }
    }
    assert_true(sp__k_max_pool_grad(t, p, dx, dy, index) && sp__k_avg_pool_grad(t, p, da, dy));
    for (int64_t i = 0; i < nx; i++) {
        array_near(t, dx, i, want_dx[i], 8 * array_tol(t), "max pool gradient");
        array_near(t, da, i, want_da[i], 8 * array_tol(t), "avg pool gradient");
    }
    assert_true(sp__k_max_pool_gather(t, p, again, x, index));
    for (int64_t i = 0; i < ny; i++)
        array_near(t, again, i, index[i] < 0 ? 0 : array_get(t, most, i), 0, "gather");
    assert_true(sp__k_max_pool(t, p, again, NULL, x));
    array_same(t, again, most, ny, "max pool without index");
    free(x), free(dy), free(most), free(mean), free(dx), free(da), free(again), free(index), free(want_dx),
        free(want_da);
}

static void pools_agree_for_every_geometry(void **state)
{
    (void)state;
    sp__pool p;
    for (int i = 0; geometry(i, &p); i++)
        for (int t = 0; t < 2; t++)
            check_pool(real[t], &p);
    assert_false(sp__k_max_pool(SP_F16, &p, NULL, NULL, NULL));
}

static void max_pool_takes_the_first_of_equal_ones_and_passes_nan_on(void **state)
{
    (void)state;
    sp__pool p = pool_of(2, 2, 2, 2, 2, 2);
    p.N = p.C = 1;
    const float equal[] = {3, 3, 3, 3}, nan[] = {9, NAN, 1, NAN}, low[] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    float y;
    int32_t at;
    assert_true(sp__k_max_pool(SP_F32, &p, &y, &at, equal) && at == 0);
    assert_true(sp__k_max_pool(SP_F32, &p, &y, &at, nan) && at == 1 && isnan(y));
    assert_true(sp__k_max_pool(SP_F32, &p, &y, &at, low) && at == 0);
}

static void windows_far_larger_than_the_input_cost_nothing(void **state)
{
    (void)state;
    const int64_t huge = (int64_t)1 << 30; /* two windows a dimension: one in the padding, one over everything */
    sp__pool p = {.N = 1,
                  .C = 1,
                  .H = 3,
                  .W = 4,
                  .kh = huge,
                  .kw = huge,
                  .sh = huge,
                  .sw = huge,
                  .dh = 1,
                  .dw = 1,
                  .pt = huge,
                  .pb = huge,
                  .pl = huge,
                  .pr = huge,
                  .OH = 2,
                  .OW = 2};
    const double x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, dy[4] = {0, 0, 0, 12};
    double y[4], dx[12];
    int32_t at[4];
    assert_true(sp__k_avg_pool(SP_F64, &p, y, x) && y[0] == 0 && y[1] == 0 && y[2] == 0 && y[3] == 6.5);
    assert_true(sp__k_avg_pool_grad(SP_F64, &p, dx, dy) && dx[0] == 1 && dx[11] == 1);
    assert_true(sp__k_max_pool(SP_F64, &p, y, at, x) && at[0] == -1 && at[3] == 11 && y[3] == 12);
}

/* ---- batch normalisation ---- */

static const int64_t norm_shapes[][3] = {{4, 3, 20}, {7, 70, 1}, {2, 1, 5}, {1, 2, 2}, {3, 65, 2}, {50, 4, 1}};

/* The long double reference for channel c: mean, variance, and with dy the two sums of the gradient. */
typedef struct channel {
    long double mean, var, sum_dy, sum_dy_xhat;
} channel;

static channel channel_of(sp_dtype t, const void *x, const void *dy, const int64_t s[3], int64_t c, double eps)
{
    channel r = {0, 0, 0, 0};
    const int64_t n = s[0] * s[1] * s[2];
    const long double count = (long double)(s[0] * s[2]);
    for (int64_t i = 0; i < n; i++)
        r.mean += i / s[2] % s[1] == c ? array_get(t, x, i) / count : 0;
    for (int64_t i = 0; i < n; i++)
        if (i / s[2] % s[1] == c)
            r.var += (array_get(t, x, i) - r.mean) * (array_get(t, x, i) - r.mean) / count;
    for (int64_t i = 0; i < n; i++)
        if (i / s[2] % s[1] == c) {
            r.sum_dy += array_get(t, dy, i);
            r.sum_dy_xhat += array_get(t, dy, i) * (array_get(t, x, i) - r.mean) / sqrtl(r.var + (long double)eps);
        }
    return r;
}

static void batch_norm_agrees_with_its_formulae(void **state)
{
    (void)state;
    const double eps = 1e-5;
    for (size_t k = 0; k < sizeof norm_shapes / sizeof norm_shapes[0]; k++)
        for (int t = 0; t < 4; t++) {
            const sp_dtype d = real[t / 2];
            const bool affine = t % 2;
            const int64_t *s = norm_shapes[k], C = s[1], n = s[0] * s[1] * s[2];
            void *x = array_random(d, n, 2, 5, k), *dy = array_random(d, n, -1, 1, k + 9);
            void *gamma = affine ? array_random(d, C, 0.5, 2, 3) : NULL,
                 *beta = affine ? array_random(d, C, -1, 1, 4) : NULL;
            void *mean = array_new(d, C), *var = array_new(d, C), *y = array_new(d, n), *dx = array_new(d, n);
            void *dgamma = array_new(d, C), *dbeta = array_new(d, C);
            assert_true(sp__k_bn_stats(d, mean, var, x, s[0], s[1], s[2]));
            assert_true(sp__k_bn_apply(d, y, x, mean, var, gamma, beta, eps, s[0], s[1], s[2]));
            assert_true(sp__k_bn_grad(d, dx, dgamma, dbeta, dy, x, mean, var, gamma, eps, s[0], s[1], s[2]));
            for (int64_t c = 0; c < C; c++) {
                channel r = channel_of(d, x, dy, s, c, eps);
                long double g = affine ? array_get(d, gamma, c) : 1, b = affine ? array_get(d, beta, c) : 0;
                long double rstd = 1 / sqrtl(r.var + (long double)eps), count = (long double)(s[0] * s[2]);
                array_near(d, mean, c, r.mean, array_tol(d), "mean");
                array_near(d, var, c, r.var, array_tol(d), "variance");
                array_near(d, dbeta, c, r.sum_dy, 8 * array_tol(d), "dbeta");
                array_near(d, dgamma, c, r.sum_dy_xhat, 32 * array_tol(d), "dgamma");
                for (int64_t i = 0; i < n; i++) {
                    if (i / s[2] % C != c)
                        continue;
                    long double xhat = (array_get(d, x, i) - r.mean) * rstd;
                    long double want =
                        g * rstd * (array_get(d, dy, i) - r.sum_dy / count - xhat * r.sum_dy_xhat / count);
                    array_near(d, y, i, xhat * g + b, 32 * array_tol(d), "batch norm");
                    array_near(d, dx, i, want, 64 * array_tol(d), "batch norm gradient");
                }
            }
            assert_true(sp__k_bn_grad(d, dy, NULL, NULL, dy, x, mean, var, gamma, eps, s[0], s[1], s[2]));
            array_same(d, dy, dx, n, "gradient in place");
            assert_true(sp__k_bn_apply(d, x, x, mean, var, gamma, beta, eps, s[0], s[1], s[2]));
            array_same(d, x, y, n, "batch norm in place");
            free(x), free(dy), free(gamma), free(beta), free(mean), free(var), free(y), free(dx), free(dgamma),
                free(dbeta);
        }
}

static void the_variance_of_numbers_far_from_zero_is_right(void **state)
{
    (void)state;
    float x[64], mean, var;
    for (int i = 0; i < 64; i++)
        x[i] = 10000 + (float)(i % 2);
    assert_true(sp__k_bn_stats(SP_F32, &mean, &var, x, 1, 1, 64) && mean == 10000.5f && var == 0.25f);
    assert_true(sp__k_bn_stats(SP_F32, &mean, &var, x, 64, 1, 1) && mean == 10000.5f && var == 0.25f);
}

/* ---- layer normalisation ---- */

static void layer_norm_agrees_with_its_formulae(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{5, 12}, {3, 1}, {1, 300}, {70, 65}, {2, 7}, {0, 4}};
    const double eps = 1e-3;
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++)
        for (int t = 0; t < 4; t++) {
            const sp_dtype d = real[t / 2];
            const bool affine = t % 2;
            const int64_t outer = shapes[k][0], n = shapes[k][1];
            void *x = array_random(d, outer * n, 1, 4, k), *dy = array_random(d, outer * n, -1, 1, k + 9);
            void *gamma = affine ? array_random(d, n, 0.5, 2, 3) : NULL,
                 *beta = affine ? array_random(d, n, -1, 1, 4) : NULL;
            void *mean = array_new(d, outer), *rstd = array_new(d, outer), *y = array_new(d, outer * n);
            void *dx = array_new(d, outer * n), *dgamma = array_new(d, n), *dbeta = array_new(d, n);
            long double *want_dg = calloc((size_t)n, sizeof *want_dg), *want_db = calloc((size_t)n, sizeof *want_db);
            assert_true(sp__k_layer_norm(d, y, mean, rstd, x, gamma, beta, eps, outer, n));
            assert_true(sp__k_layer_norm_grad(d, dx, dgamma, dbeta, dy, x, mean, rstd, gamma, outer, n));
            for (int64_t o = 0; o < outer; o++) {
                const int64_t row[3] = {1, 1, n};
                const size_t at = (size_t)(o * n) * sp_dtype_size(d);
                void *g = array_new(d, n); /* dy gamma */
                for (int64_t i = 0; i < n; i++)
                    array_set(d, g, i, array_get(d, dy, o * n + i) * (affine ? array_get(d, gamma, i) : 1));
                channel r = channel_of(d, (const char *)x + at, g, row, 0, eps);
                long double want_rstd = 1 / sqrtl(r.var + (long double)eps), count = (long double)n;
                array_near(d, mean, o, r.mean, array_tol(d), "mean");
                array_near(d, rstd, o, want_rstd, 8 * array_tol(d), "rstd");
                for (int64_t i = 0; i < n; i++) {
                    long double xhat = (array_get(d, x, o * n + i) - r.mean) * want_rstd;
                    long double gain = affine ? array_get(d, gamma, i) : 1, shift = affine ? array_get(d, beta, i) : 0;
                    long double want =
                        want_rstd * (array_get(d, g, i) - r.sum_dy / count - xhat * r.sum_dy_xhat / count);
                    array_near(d, y, o * n + i, xhat * gain + shift, 32 * array_tol(d), "layer norm");
                    array_near(d, dx, o * n + i, want, 64 * array_tol(d), "layer norm gradient");
                    want_dg[i] += array_get(d, dy, o * n + i) * xhat;
                    want_db[i] += array_get(d, dy, o * n + i);
                }
                free(g);
            }
            for (int64_t i = 0; i < n; i++) {
                array_near(d, dgamma, i, want_dg[i], 32 * array_tol(d), "dgamma");
                array_near(d, dbeta, i, want_db[i], 32 * array_tol(d), "dbeta");
            }
            assert_true(sp__k_layer_norm_grad(d, dy, dgamma, dbeta, dy, x, mean, rstd, gamma, outer, n));
            array_same(d, dy, dx, outer * n, "gradient in place");
            assert_true(sp__k_layer_norm(d, x, NULL, NULL, x, gamma, beta, eps, outer, n));
            array_same(d, x, y, outer * n, "layer norm in place");
            free(x), free(dy), free(gamma), free(beta), free(mean), free(rstd), free(y), free(dx), free(dgamma),
                free(dbeta);
            free(want_dg), free(want_db);
        }
}

/* ---- softmax ---- */

static const int64_t line_shapes[][3] = {{4, 10, 1}, {2, 7, 3}, {1, 1, 1}, {3, 1, 4}, {0, 5, 1}, {2, 300, 1}};

static void softmax_and_its_logarithm_agree_with_their_formulae(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof line_shapes / sizeof line_shapes[0]; k++)
        for (int t = 0; t < 2; t++) {
            const sp_dtype d = real[t];
            const int64_t *s = line_shapes[k], n = s[0] * s[1] * s[2];
            void *x = array_random(d, n, -20, 20, k), *dy = array_random(d, n, -1, 1, k + 5);
            void *p = array_new(d, n), *l = array_new(d, n), *dp = array_new(d, n), *dl = array_new(d, n);
            assert_true(sp__k_softmax(d, p, x, s[0], s[1], s[2]) && sp__k_log_softmax(d, l, x, s[0], s[1], s[2]));
            assert_true(sp__k_softmax_grad(d, dp, dy, p, s[0], s[1], s[2]));
            assert_true(sp__k_log_softmax_grad(d, dl, dy, l, s[0], s[1], s[2]));
            for (int64_t i = 0; i < n; i++) {
                int64_t first = i / (s[1] * s[2]) * s[1] * s[2] + i % s[2];
                long double sum = 0, dots = 0, dys = 0, v = array_get(d, x, i);
                for (int64_t j = 0; j < s[1]; j++)
                    sum += expl(array_get(d, x, first + j * s[2]));
                for (int64_t j = 0; j < s[1]; j++) {
                    dots += expl(array_get(d, x, first + j * s[2])) / sum * array_get(d, dy, first + j * s[2]);
                    dys += array_get(d, dy, first + j * s[2]);
                }
                long double own = expl(v) / sum;
                array_near(d, p, i, own, 4 * array_tol(d), "softmax");
                array_near(d, l, i, v - logl(sum), 4 * array_tol(d), "log softmax");
                array_near(d, dp, i, own * (array_get(d, dy, i) - dots), 8 * array_tol(d), "softmax gradient");
                array_near(d, dl, i, array_get(d, dy, i) - own * dys, 32 * array_tol(d), "log softmax gradient");
            }
            assert_true(sp__k_softmax(d, x, x, s[0], s[1], s[2]));
            array_same(d, x, p, n, "softmax in place");
            assert_true(sp__k_log_softmax_grad(d, dy, dy, l, s[0], s[1], s[2]));
            array_same(d, dy, dl, n, "gradient in place");
            free(x), free(dy), free(p), free(l), free(dp), free(dl);
        }
    const float huge[] = {1e30f, -1e30f, 88};
    float y[3];
    assert_true(sp__k_softmax(SP_F32, y, huge, 1, 3, 1) && y[0] == 1 && y[1] == 0 && y[2] == 0);
    assert_false(sp__k_softmax(SP_F16, y, huge, 1, 3, 1));
}

/* ---- cross entropy ---- */

/* MindSpore 2.10's answers for logits (1,2,3), (1,0,-1), (0.5,0.5,2) and labels 2, 0, 1. */
static void cross_entropy_gives_what_mindspore_gives(void **state)
{
    (void)state;
    static const float logits[] = {1, 2, 3, 1, 0, -1, 0.5f, 0.5f, 2}, w[] = {1, 2, 3};
    static const int32_t labels[] = {2, 0, 1}, ignoring[] = {2, -100, 1};
    static const struct {
        const int32_t *labels;
        const float *w;
        double smoothing, ignore, want;
    } cases[] = {
        {labels, NULL, 0, -100, 0.8947306},   {labels, NULL, 0.1, -100, 0.94473064}, {labels, w, 0.1, -100, 0.9363973},
        {ignoring, NULL, 0, -100, 1.1382933}, {labels, NULL, 0, 1, 0.4076054},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        sp__cross_entropy ce = {.N = 3,
                                .C = 3,
                                .label_dtype = SP_I32,
                                .w = cases[k].w,
                                .smoothing = cases[k].smoothing,
                                .ignore = (int64_t)cases[k].ignore};
        float loss[3], weight[3], logp[9];
        assert_true(sp__k_cross_entropy(SP_F32, &ce, loss, weight, logp, logits, cases[k].labels));
        double mean = (double)(loss[0] + loss[1] + loss[2]) / (double)(weight[0] + weight[1] + weight[2]);
        assert_true(fabs(mean - cases[k].want) < 2e-6);
        float only[3];
        assert_true(sp__k_cross_entropy(SP_F32, &ce, only, NULL, NULL, logits, cases[k].labels));
        assert_memory_equal(only, loss, sizeof loss);
    }
}

static double total_loss(const sp__cross_entropy *ce, const double *x, const int64_t *labels, const double *g)
{
    double loss[6], sum = 0;
    assert_true(sp__k_cross_entropy(SP_F64, ce, loss, NULL, NULL, x, labels));
    for (int64_t n = 0; n < ce->N; n++)
        sum += loss[n] * g[n];
    return sum;
}

static void the_gradient_of_cross_entropy_agrees_with_differences(void **state)
{
    (void)state;
    enum { N = 6, C = 5 };
    const int64_t labels[N] = {0, 4, -100, 2, 2, 1};
    double *x = array_random(SP_F64, N * C, -2, 2, 1), *g = array_random(SP_F64, N, 0.5, 2, 2);
    double *w = array_random(SP_F64, C, 0.5, 2, 3), logp[N * C], dx[N * C], loss[N], same[N * C];
    for (int how = 0; how < 4; how++) {
        sp__cross_entropy ce = {.N = N,
                                .C = C,
                                .label_dtype = SP_I64,
                                .w = how & 1 ? w : NULL,
                                .smoothing = how & 2 ? 0.1 : 0,
                                .ignore = -100};
        assert_true(sp__k_cross_entropy(SP_F64, &ce, loss, NULL, logp, x, labels));
        assert_true(sp__k_cross_entropy_grad(SP_F64, &ce, dx, logp, labels, g, 1));
        for (int i = 0; i < N * C; i++) {
            const double h = 1e-6, v = x[i];
            x[i] = v + h;
            double up = total_loss(&ce, x, labels, g);
            x[i] = v - h;
            double down = total_loss(&ce, x, labels, g);
            x[i] = v;
            assert_true(fabs(dx[i] - (up - down) / (2 * h)) < 1e-8);
        }
        const double one = g[0];
        assert_true(sp__k_cross_entropy_grad(SP_F64, &ce, same, logp, labels, &one, 0));
        for (int i = 0; i < C; i++)
            assert_true(same[i] == dx[i]);
        assert_true(sp__k_cross_entropy_grad(SP_F64, &ce, logp, logp, labels, g, 1));
        assert_memory_equal(logp, dx, sizeof dx);
    }
    free(x), free(g), free(w);
}

/* ---- dropout ---- */

static void dropout_keeps_the_asked_share_whatever_the_threads(void **state)
{
    (void)state;
    const int64_t n = 200003;
    const sp__random r = {7, 9};
    for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
        const sp_dtype t = (sp_dtype)d;
        if (!sp_dtype_is_float(t)) {
            assert_false(sp__k_dropout(t, NULL, NULL, NULL, 0.5, r, 0));
            continue;
        }
        void *x = array_random(t, n, 1, 2, 1), *y = array_new(t, n), *again = array_new(t, n);
        uint8_t *mask = array_new(SP_BOOL, n);
        sp_set_threads(1);
        assert_true(sp__k_dropout(t, y, mask, x, 0.75, r, n));
        int64_t kept = 0;
        for (int64_t i = 0; i < n; i++) {
            kept += mask[i];
            array_near(t, y, i, mask[i] ? array_get(t, x, i) / 0.75L : 0, array_tol(t), "dropout");
        }
        assert_true(fabs((double)kept / (double)n - 0.75) < 0.005); /* five sigma */
        sp_set_threads(4);
        assert_true(sp__k_dropout(t, again, NULL, x, 0.75, r, n));
        array_same(t, y, again, n, "threads, no mask");
        assert_true(sp__k_dropout_apply(t, again, x, mask, 0.75, n));
        array_same(t, y, again, n, "dropout's gradient");
        assert_true(sp__k_dropout(t, again, mask, x, 1, r, n));
        array_same(t, x, again, n, "everything kept");
        assert_true(sp__k_dropout(t, again, NULL, x, 0.75, (sp__random){8, 9}, n));
        assert_memory_not_equal(again, y, 100);
        free(x), free(y), free(again), free(mask);
    }
    sp_set_threads(0);
}

/* ---- optimizers: MindSpore 2.10's weight after each of four steps with gradients 1, 1, 0.5, 0 from 1, learning rate
 * 0.1 ---- */

static const float gradients[] = {1, 1, 0.5f, 0};

static void stays(float w, double want)
{
    if (fabs((double)w - want) > 3e-7)
        fail_msg("the weight is %.9g, MindSpore's %.9g", (double)w, want);
}

static void sgd_steps_as_mindspore_does(void **state)
{
    (void)state;
    static const struct {
        sp__sgd o;
        double want[4];
    } cases[] = {
        {{.grad_scale = 1}, {0.8999999761581421, 0.7999999523162842, 0.7499999403953552, 0.7499999403953552}},
        {{.grad_scale = 1, .momentum = 0.9},
         {0.8999999761581421, 0.7099999785423279, 0.48899996280670166, 0.29009997844696045}},
        {{.grad_scale = 1, .momentum = 0.9, .dampening = 0.5},
         {0.8999999761581421, 0.7599999904632568, 0.6089999675750732, 0.473099946975708}},
        {{.grad_scale = 1, .momentum = 0.9, .nesterov = true},
         {0.8100000023841858, 0.5390000343322754, 0.2901000380516052, 0.1110900342464447}},
        {{.grad_scale = 1, .weight_decay = 0.1},
         {0.8899999856948853, 0.7810999751091003, 0.7232889533042908, 0.7160560488700867}},
        {{.grad_scale = 1, .momentum = 0.9, .weight_decay = 0.1},
         {0.8899999856948853, 0.6820999979972839, 0.438169002532959, 0.2142494171857834}},
        {{.grad_scale = 1, .momentum = 0.9, .dampening = 0.5, .weight_decay = 0.1},
         {0.8899999856948853, 0.736549973487854, 0.5697622299194336, 0.4168044328689575}},
        {{.grad_scale = 0.5}, {0.949999988079071, 0.8999999761581421, 0.875, 0.875}},
        {{.grad_scale = 1, .momentum = 0.9, .nesterov = true, .weight_decay = 0.1},
         {0.7910000085830688, 0.4968710243701935, 0.2248333990573883, 0.02519954741001129}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        float w = 1, accum = NAN; /* not read in the first step */
        for (int i = 0; i < 4; i++) {
            sp__sgd o = cases[k].o;
            o.lr = 0.1, o.first = i == 0;
            assert_true(sp__k_sgd(SP_F32, &o, &w, &accum, &gradients[i], 1));
            stays(w, cases[k].want[i]);
        }
    }
}

static void adam_steps_as_mindspore_does(void **state)
{
    (void)state;
    static const struct {
        sp__adam o;
        bool amsgrad;
        double want[4];
    } cases[] = {
        {{.eps = 1e-8}, false, {0.9000000357627869, 0.8000003695487976, 0.7058197259902954, 0.6286723613739014}},
        {{.eps = 1e-8, .nesterov = true},
         false,
         {0.8100000619888306, 0.66736900806427, 0.5612986087799072, 0.49186599254608154}},
        {{.eps = 1e-8, .weight_decay = 0.1},
         false,
         {0.9000000357627869, 0.800025224685669, 0.7052402496337891, 0.6251895427703857}},
        {{.eps = 0.01}, false, {0.9240254163742065, 0.8423039317131042, 0.7645304203033447, 0.7008283734321594}},
        {{.eps = 1e-8}, true, {0.9000000357627869, 0.8000003695487976, 0.7058197259902954, 0.628710925579071}},
        {{.eps = 1e-6, .decoupled = true},
         false,
         {0.6837801337242126, 0.2588276267051697, -0.2073853462934494, -0.6271869540214539}},
        {{.eps = 1e-6, .decoupled = true, .weight_decay = 0.1},
         false,
         {0.6737801432609558, 0.24208983778953552, -0.22654403746128082, -0.6440802216529846}},
        {{.eps = 0.01, .decoupled = true},
         false,
         {0.759745717048645, 0.41245925426483154, 0.027456756681203842, -0.3191886246204376}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        float w = 1, m = 0, v = 0, most = 0, power1 = 1, power2 = 1;
        for (int i = 0; i < 4; i++) {
            sp__adam o = cases[k].o;
            o.lr = 0.1, o.beta1 = 0.9, o.beta2 = 0.999, o.grad_scale = 1;
            o.beta1_power = (double)(power1 *= 0.9f), o.beta2_power = (double)(power2 *= 0.999f);
            assert_true(sp__k_adam(SP_F32, &o, &w, &m, &v, cases[k].amsgrad ? &most : NULL, &gradients[i], 1));
            stays(w, cases[k].want[i]);
        }
    }
}

static void rmsprop_and_adagrad_step_as_mindspore_does(void **state)
{
    (void)state;
    static const struct {
        sp__rmsprop o;
        bool centered;
        double want[4];
    } cases[] = {
        {{.eps = 1e-10}, false, {0.8999999761581421, 0.7999999523162842, 0.7480124235153198, 0.7480124235153198}},
        {{.eps = 1e-10}, true, {0.8994961977005005, 0.7976408004760742, 0.7442238926887512, 0.7442238926887512}},
        {{.eps = 1e-10, .momentum = 0.9},
         false,
         {0.8999999761581421, 0.7099999785423279, 0.48701244592666626, 0.2863236665725708}},
        {{.eps = 0.01}, false, {0.9004963040351868, 0.8009926080703735, 0.7492838501930237, 0.7492838501930237}},
        {{.eps = 1e-10, .weight_decay = 0.1},
         false,
         {0.8911371231079102, 0.7842130064964294, 0.7253989577293396, 0.7176264524459839}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        float w = 1, ms = 1, mom = 0, mg = 0;
        for (int i = 0; i < 4; i++) {
            sp__rmsprop o = cases[k].o;
            o.lr = 0.1, o.decay = 0.9, o.grad_scale = 1;
            assert_true(sp__k_rmsprop(SP_F32, &o, &w, &ms, &mom, cases[k].centered ? &mg : NULL, &gradients[i], 1));
            stays(w, cases[k].want[i]);
        }
    }
    static const double adagrad[] = {0.9046537280082703, 0.8356471657752991, 0.803030788898468, 0.803030788898468};
    float w = 1, accum = 0.1f;
    for (int i = 0; i < 4; i++) {
        assert_true(sp__k_adagrad(SP_F32, 0.1, 0, 1, &w, &accum, &gradients[i], 1));
        stays(w, adagrad[i]);
    }
}

static void long_arrays_step_like_single_weights(void **state)
{
    (void)state;
    const int64_t n = 70001;
    for (int t = 0; t < 2; t++) {
        const sp_dtype d = real[t];
        const size_t e = sp_dtype_size(d);
        void *w = array_random(d, n, -1, 1, 1), *m = array_random(d, n, -1, 1, 2), *v = array_random(d, n, 0, 1, 3);
        void *g = array_random(d, n, -1, 1, 4), *w1 = array_copy(d, w, n), *m1 = array_copy(d, m, n),
             *v1 = array_copy(d, v, n);
        const sp__adam o = {.lr = 0.1,
                            .beta1 = 0.9,
                            .beta2 = 0.999,
                            .eps = 1e-8,
                            .grad_scale = 0.5,
                            .beta1_power = 0.9,
                            .beta2_power = 0.999,
                            .weight_decay = 0.01};
        sp_set_threads(3);
        assert_true(sp__k_adam(d, &o, w, m, v, NULL, g, n));
        for (int64_t i = 0; i < n; i++) {
            const size_t at = (size_t)i * e;
            assert_true(sp__k_adam(d, &o, (char *)w1 + at, (char *)m1 + at, (char *)v1 + at, NULL, (char *)g + at, 1));
        }
        array_same(d, w, w1, n, "weights");
        array_same(d, m, m1, n, "first moments");
        array_same(d, v, v1, n, "second moments");
        free(w), free(m), free(v), free(g), free(w1), free(m1), free(v1);
    }
    sp_set_threads(0);
    assert_false(sp__k_sgd(SP_F16, &(sp__sgd){.lr = 1}, NULL, NULL, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_agree_for_every_geometry),
        cmocka_unit_test(max_pool_takes_the_first_of_equal_ones_and_passes_nan_on),
        cmocka_unit_test(windows_far_larger_than_the_input_cost_nothing),
        cmocka_unit_test(batch_norm_agrees_with_its_formulae),
        cmocka_unit_test(the_variance_of_numbers_far_from_zero_is_right),
        cmocka_unit_test(layer_norm_agrees_with_its_formulae),
        cmocka_unit_test(softmax_and_its_logarithm_agree_with_their_formulae),
        cmocka_unit_test(cross_entropy_gives_what_mindspore_gives),
        cmocka_unit_test(the_gradient_of_cross_entropy_agrees_with_differences),
        cmocka_unit_test(dropout_keeps_the_asked_share_whatever_the_threads),
        cmocka_unit_test(sgd_steps_as_mindspore_does),
        cmocka_unit_test(adam_steps_as_mindspore_does),
        cmocka_unit_test(rmsprop_and_adagrad_step_as_mindspore_does),
        cmocka_unit_test(long_arrays_step_like_single_weights),
    };
    return cmocka_run_group_tests_name("kernels_layers", tests, NULL, NULL);
}
