/* Copies, indices, reductions and orders against loops over single elements. */
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

static bool is_int(sp_dtype d) { return !sp_dtype_is_float(d) && d != SP_BOOL; }

/* ---- copies ---- */

static void fills_set_every_element(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
        const sp_dtype t = (sp_dtype)d;
        void *y = array_random(t, 100, 0, 1, 1), *v = array_new(t, 1);
        array_set(t, v, 0, 1);
        assert_true(sp__k_fill(sp_dtype_size(t), y, v, 99));
        for (int64_t i = 0; i < 99; i++)
            array_near(t, y, i, 1, 0, "fill");
        free(y), free(v);
    }
    assert_false(sp__k_fill(3, NULL, NULL, 0));
}

/* The copy element by element, in the words' own size. */
static void copy_slowly(size_t e, char *y, const char *x, const sp__strided *s)
{
    int64_t n = 1;
    for (int d = 0; d < s->rank; d++)
        n *= s->dim[d];
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i, oy = 0, ox = 0;
        for (int d = s->rank - 1; d >= 0; d--) {
            oy += rest % s->dim[d] * s->sy[d];
            ox += rest % s->dim[d] * s->sx[d];
            rest /= s->dim[d];
        }
        memcpy(y + oy * (int64_t)e, x + ox * (int64_t)e, e);
    }
}

static void strided_copies_agree_with_single_moves(void **state)
{
    (void)state;
    static const struct {
        sp__strided s;
        int64_t y0, x0, ny, nx; /* element of index 0, sizes of the arrays */
    } cases[] = {
        {{0, {0}, {0}, {0}}, 0, 0, 1, 1},
        {{1, {7}, {1}, {1}}, 0, 0, 7, 7},
        {{1, {0}, {1}, {1}}, 0, 0, 1, 1},
        {{1, {7}, {1}, {0}}, 0, 0, 7, 1},                                      /* repeat             */
        {{1, {7}, {1}, {-1}}, 0, 6, 7, 7},                                     /* reverse            */
        {{1, {7}, {-2}, {3}}, 13, 0, 14, 20},                                  /* both strided       */
        {{2, {33, 50}, {50, 1}, {1, 33}}, 0, 0, 1650, 1650},                   /* transpose          */
        {{2, {1, 50}, {50, 1}, {1, 1}}, 0, 0, 50, 50},                         /* of one row         */
        {{4, {3, 4, 5, 6}, {120, 30, 6, 1}, {120, 5, 1, 20}}, 0, 0, 360, 360}, /* NCHW to NHWC       */
        {{4, {3, 6, 4, 5}, {120, 20, 5, 1}, {120, 1, 30, 6}}, 0, 0, 360, 360}, /* and back           */
        {{3, {5, 17, 19}, {323, 19, 1}, {1, 5, 85}}, 0, 0, 1615, 1615},        /* all reversed       */
        {{3, {4, 3, 5}, {15, 5, 1}, {5, 0, 1}}, 0, 0, 60, 20},                 /* broadcast middle   */
        {{3, {4, 3, 5}, {15, 5, 1}, {1, 0, 0}}, 0, 0, 60, 4},                  /* broadcast last     */
        {{2, {4, 6}, {20, 1}, {6, 1}}, 7, 0, 100, 24},                         /* into a part: concat */
        {{2, {4, 6}, {6, 1}, {20, 2}}, 0, 3, 24, 100},                         /* slice with step    */
        {{2, {4, 0}, {6, 1}, {20, 2}}, 0, 3, 24, 100},                         /* nothing            */
        {{8, {2, 2, 2, 2, 2, 2, 2, 2}, {128, 64, 32, 16, 8, 4, 2, 1}, {1, 2, 4, 8, 16, 32, 64, 128}}, 0, 0, 256, 256},
    };
    static const sp_dtype types[] = {SP_U8, SP_F16, SP_F32, SP_F64};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        for (int t = 0; t < 4; t++) {
            size_t e = sp_dtype_size(types[t]);
            char *x = array_random(types[t], cases[k].nx, 0, 99, k + 1),
                 *y = array_random(types[t], cases[k].ny, 0, 99, 3);
            char *want = array_copy(types[t], y, cases[k].ny);
            size_t y0 = (size_t)cases[k].y0 * e, x0 = (size_t)cases[k].x0 * e;
            copy_slowly(e, want + y0, x + x0, &cases[k].s);
            assert_true(sp__k_copy_strided(e, y + y0, x + x0, &cases[k].s));
            array_same(types[t], want, y, cases[k].ny, "strided copy");
            free(x), free(y), free(want);
        }
    assert_false(sp__k_copy_strided(5, NULL, NULL, &cases[0].s));
    double x[6] = {1, 2, 3, 4, 5, 6}, y[6];
    assert_true(sp__k_transpose(8, y, x, 2, 3));
    assert_memory_equal(y, ((double[]){1, 4, 2, 5, 3, 6}), sizeof y);
    int64_t stride[SP_MAX_RANK];
    sp__k_strides(stride, &SP_DIMS(2, 3, 4));
    assert_true(stride[0] == 12 && stride[1] == 4 && stride[2] == 1);
}

/* ---- indices ---- */

static void the_first_index_out_of_range_is_found(void **state)
{
    (void)state;
    const int32_t a[] = {0, 4, 5, -1};
    const int64_t b[] = {3, -1, 9};
    assert_int_equal(sp__k_index_check(SP_I32, a, 2, 5), -1);
    assert_int_equal(sp__k_index_check(SP_I32, a, 4, 5), 2);
    assert_int_equal(sp__k_index_check(SP_I32, a, 4, 6), 3);
    assert_int_equal(sp__k_index_check(SP_I64, b, 3, 10), 1);
    assert_int_equal(sp__k_index_check(SP_I64, b, 0, 0), -1);
}

static void gather_takes_and_scatter_adds_rows(void **state)
{
    (void)state;
    static const int64_t shapes[][4] = {{1, 10, 1, 25}, {3, 7, 5, 9},   {2, 4, 1, 3},
                                        {4, 6, 2, 6},   {1, 5, 300, 8}, {2, 3, 4, 0}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++)
        for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
            const int64_t outer = shapes[k][0], limit = shapes[k][1], inner = shapes[k][2], n = shapes[k][3];
            const sp_dtype t = (sp_dtype)d, it = d % 2 ? SP_I32 : SP_I64;
            void *x = array_random(t, outer * limit * inner, 0, 3, 1),
                 *idx = array_random(it, n, 0, (double)limit - 1, 2);
            void *y = array_new(t, outer * n * inner), *sum = array_copy(t, x, outer * limit * inner);
            assert_true(sp__k_gather(sp_dtype_size(t), y, x, it, idx, outer, limit, inner, n));
            for (int64_t i = 0; i < outer * n * inner; i++) {
                int64_t from = (int64_t)array_get(it, idx, i / inner % n);
                array_near(t, y, i, array_get(t, x, (i / inner / n * limit + from) * inner + i % inner), 0, "gather");
            }
            assert_int_equal(sp__k_scatter_add(t, sum, y, it, idx, outer, limit, inner, n), t != SP_BOOL);
            for (int64_t i = 0; t != SP_BOOL && i < outer * limit * inner; i++) {
                long double want = array_get(t, x, i);
                for (int64_t j = 0; j < n; j++)
                    if ((int64_t)array_get(it, idx, j) == i / inner % limit)
                        want += array_get(t, y, (i / inner / limit * n + j) * inner + i % inner);
                array_near(t, sum, i, want, 8 * array_tol(t), "scatter");
            }
            free(x), free(idx), free(y), free(sum);
        }
    assert_false(sp__k_gather(4, NULL, NULL, SP_F32, NULL, 1, 1, 1, 1));
}

static void one_hot_marks_indices_in_range_only(void **state)
{
    (void)state;
    const int32_t idx[] = {0, 2, -1, 3, 1, 7};
    float y[2 * 3 * 3];
    const float on = 1, off = -1;
    assert_true(sp__k_one_hot(4, y, SP_I32, idx, &on, &off, 2, 3, 3)); /* (outer 2, depth 3, inner 3) */
    for (int o = 0; o < 2; o++)
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 3; i++)
                assert_true(y[(o * 3 + c) * 3 + i] == (idx[o * 3 + i] == c ? on : off));
    assert_false(sp__k_one_hot(4, y, SP_F32, idx, &on, &off, 1, 1, 1));
}

/* ---- reductions ---- */

static const int64_t reductions[][3] = {{1, 1, 1},  {1, 1000, 1}, {7, 13, 1},   {5, 1, 3}, {3, 64, 1},
                                        {2, 65, 1}, {4, 9, 5},    {1, 30, 300}, {2, 0, 3}, {3, 0, 1},
                                        {0, 5, 2},  {1, 257, 2},  {40, 3, 1}};
enum { REDUCTIONS = sizeof reductions / sizeof reductions[0] };

static long double reduce_slowly(sp__reduce f, sp_dtype t, const void *x, int64_t red, int64_t step)
{
    long double r = f == SP__PROD || f == SP__ALL ? 1 : 0;
    for (int64_t i = 0; i < red; i++) {
        long double v = array_get(t, x, i * step);
        if (f == SP__SUM || f == SP__MEAN)
            r += v;
        else if (f == SP__PROD)
            r *= v;
        else if (f == SP__MAX)
            r = i == 0 || v > r ? v : r;
        else if (f == SP__MIN)
            r = i == 0 || v < r ? v : r;
        else
            r = f == SP__ANY ? r != 0 || v != 0 : r != 0 && v != 0;
    }
    return f == SP__MEAN ? r / (long double)red : r;
}

static bool reduce_defined(sp__reduce f, sp_dtype to, sp_dtype from)
{
    if (f == SP__SUM || f == SP__PROD)
        return from == SP_BOOL ? to == SP_I64 : is_int(from) ? to == from || to == SP_I64 : to == from;
    if (f == SP__MEAN)
        return to == from && sp_dtype_is_float(from);
    if (f == SP__ANY || f == SP__ALL)
        return to == SP_BOOL && from == SP_BOOL;
    return to == from;
}

static void check_reduction(sp__reduce f, sp_dtype to, sp_dtype from, const int64_t shape[3])
{
    const int64_t outer = shape[0], red = shape[1], inner = shape[2];
    if (!reduce_defined(f, to, from)) {
        assert_false(sp__k_reduce(f, to, from, NULL, NULL, outer, red, inner));
        return;
    }
    bool product = f == SP__PROD, is_real = sp_dtype_is_float(from);
    void *x = array_random(from, outer * red * inner, product && is_real ? 0.9 : 0, product ? 1 : 3, 11);
    void *y = array_new(to, outer * inner);
    assert_true(sp__k_reduce(f, to, from, y, x, outer, red, inner));
    for (int64_t i = 0; i < outer * inner && !(red == 0 && (f == SP__MAX || f == SP__MIN)); i++) {
        const char *at = (const char *)x + (size_t)(i / inner * red * inner + i % inner) * sp_dtype_size(from);
        long double want = reduce_slowly(f, from, at, red, inner);
        if (to == from && is_int(to) && sp_dtype_size(to) == 1) { /* wraps */
            want = fmodl(want, 256);
            want = to == SP_I8 && want > 127 ? want - 256 : want;
        }
        array_near(to, y, i, want, 2 * array_tol(to), "reduce");
    }
    free(x), free(y);
}

static void reductions_agree_for_every_type_and_shape(void **state)
{
    (void)state;
    for (int f = 0; f < SP__REDUCE_COUNT_; f++)
        for (int from = 0; from < SP_DTYPE_COUNT_; from++)
            for (int to = 0; to < SP_DTYPE_COUNT_; to++)
                for (int k = 0; k < REDUCTIONS; k++)
                    check_reduction((sp__reduce)f, (sp_dtype)to, (sp_dtype)from, reductions[k]);
}

static void reductions_of_nothing_give_the_neutral_element(void **state)
{
    (void)state;
    float y[2] = {0};
    int32_t i = 0;
    assert_true(sp__k_reduce(SP__MAX, SP_F32, SP_F32, y, y, 1, 0, 2) && y[0] == -INFINITY && y[1] == -INFINITY);
    assert_true(sp__k_reduce(SP__MIN, SP_F32, SP_F32, y, y, 2, 0, 1) && y[0] == INFINITY && y[1] == INFINITY);
    assert_true(sp__k_reduce(SP__MEAN, SP_F32, SP_F32, y, y, 1, 0, 1) && isnan(y[0]));
    assert_true(sp__k_reduce(SP__MAX, SP_I32, SP_I32, &i, &i, 1, 0, 1) && i == INT32_MIN);
}

static void extremes_pass_nan_on_at_any_place(void **state)
{
    (void)state;
    enum { N = 200 };
    for (int at = 0; at < N; at += 7) {
        double x[N] = {0}, y = 0;
        x[at] = (double)NAN;
        assert_true(sp__k_reduce(SP__MAX, SP_F64, SP_F64, &y, x, 1, N, 1) && isnan(y));
        assert_true(sp__k_reduce(SP__MIN, SP_F64, SP_F64, &y, x, 1, N, 1) && isnan(y));
    }
}

static void long_sums_of_float32_stay_accurate(void **state)
{
    (void)state;
    const int64_t n = 10000000;
    float *x = array_new(SP_F32, n), one = 1, y;
    sp__k_fill(4, x, &one, n);
    assert_true(sp__k_reduce(SP__SUM, SP_F32, SP_F32, &y, x, 1, n, 1));
    assert_true(y == 1e7f);
    float tenth = 0.1f;
    sp__k_fill(4, x, &tenth, n);
    assert_true(sp__k_reduce(SP__SUM, SP_F32, SP_F32, &y, x, 1, n, 1));
    array_near(SP_F32, &y, 0, (long double)tenth * 1e7L, 1e-7, "sum of 10^7 tenths");
    assert_true(fabs(sp__k_sum_squares(SP_F32, x, n) - (double)tenth * (double)tenth * 1e7) < 1e-4);
    assert_true(sp__k_reduce(SP__MEAN, SP_F32, SP_F32, &y, x, 1, n, 1));
    assert_true(y == tenth);
    float pair[2];
    assert_true(sp__k_reduce(SP__SUM, SP_F32, SP_F32, pair, x, 1, n / 2, 2));
    array_near(SP_F32, pair, 1, (long double)tenth * 5e6L, 1e-7, "sum of columns");
    free(x);
}

static void sums_have_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    const int64_t n = 300007;
    float *x = array_random(SP_F32, n, -1, 1, 5), one[64], many[64];
    static const int64_t shapes[][3] = {{1, 300007, 1}, {3, 100002, 1}, {30, 10000, 1}, {1, 5000, 60}, {2, 4000, 30}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        const int64_t *s = shapes[k];
        sp_set_threads(1);
        assert_true(sp__k_reduce(SP__SUM, SP_F32, SP_F32, one, x, s[0], s[1], s[2]));
        double squares = sp__k_sum_squares(SP_F32, x, n);
        for (int threads = 2; threads <= 5; threads++) {
            sp_set_threads(threads);
            assert_true(sp__k_reduce(SP__SUM, SP_F32, SP_F32, many, x, s[0], s[1], s[2]));
            array_same(SP_F32, one, many, s[0] * s[2], "threads");
            assert_true(squares == sp__k_sum_squares(SP_F32, x, n));
        }
    }
    sp_set_threads(0);
    free(x);
}

static void sums_of_squares_agree(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
        const sp_dtype t = (sp_dtype)d;
        void *x = array_random(t, 1000, -2, 2, 4);
        long double want = 0;
        for (int64_t i = 0; sp_dtype_is_float(t) && i < 1000; i++)
            want += array_get(t, x, i) * array_get(t, x, i);
        assert_true(fabsl((long double)sp__k_sum_squares(t, x, 1000) - want) <= 1e-12L * want);
        free(x);
    }
}

/* ---- orders ---- */

static void positions_of_extremes_are_the_first_ones(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++)
        for (int k = 0; k < REDUCTIONS; k++) {
            const sp_dtype t = (sp_dtype)d;
            const int64_t outer = reductions[k][0], red = reductions[k][1], inner = reductions[k][2];
            if (red == 0)
                continue;
            void *x = array_random(t, outer * red * inner, 0, 4, 9); /* few values: many ties */
            int64_t *most = array_new(SP_I64, outer * inner), *least = array_new(SP_I64, outer * inner);
            assert_true(sp__k_argreduce(SP__MAX, t, most, x, outer, red, inner));
            assert_true(sp__k_argreduce(SP__MIN, t, least, x, outer, red, inner));
            for (int64_t i = 0; i < outer * inner; i++) {
                int64_t base = i / inner * red * inner + i % inner, up = 0, down = 0;
                for (int64_t r = 1; r < red; r++) {
                    long double v = array_get(t, x, base + r * inner);
                    up = v > array_get(t, x, base + up * inner) ? r : up;
                    down = v < array_get(t, x, base + down * inner) ? r : down;
                }
                assert_int_equal(most[i], up);
                assert_int_equal(least[i], down);
            }
            free(x), free(most), free(least);
        }
    const float x[] = {1, NAN, 3, NAN};
    int64_t at;
    assert_true(sp__k_argreduce(SP__MAX, SP_F32, &at, x, 1, 4, 1) && at == 1);
    assert_true(sp__k_argreduce(SP__MIN, SP_F32, &at, x, 1, 4, 1) && at == 0);
    assert_true(sp__k_argreduce(SP__MIN, SP_F32, &at, x + 1, 1, 3, 1) && at == 1);
    assert_false(sp__k_argreduce(SP__SUM, SP_F32, &at, x, 1, 4, 1));
    assert_false(sp__k_argreduce(SP__MAX, SP_F32, &at, x, 1, 0, 1));
}

static void cumulative_sums_run_both_ways(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++)
        for (int how = 0; how < 4; how++) {
            const sp_dtype t = (sp_dtype)d;
            const bool exclusive = how & 1, reverse = how & 2;
            const int64_t outer = 3, n = 11, inner = 4;
            void *x = array_random(t, outer * n * inner, 0, 3, 2), *y = array_new(t, outer * n * inner);
            assert_int_equal(sp__k_cumsum(t, y, x, outer, n, inner, exclusive, reverse), t != SP_BOOL);
            for (int64_t i = 0; t != SP_BOOL && i < outer * n * inner; i++) {
                long double want = 0;
                int64_t j = i / inner % n;
                for (int64_t k = 0; k < n; k++)
                    if ((reverse ? k > j : k < j) || (k == j && !exclusive))
                        want += array_get(t, x, i + (k - j) * inner);
                array_near(t, y, i, want, 2 * array_tol(t), "cumsum");
            }
            if (t != SP_BOOL) {
                assert_true(sp__k_cumsum(t, x, x, outer, n, inner, exclusive, reverse));
                array_same(t, x, y, outer * n * inner, "cumsum in place");
            }
            free(x), free(y);
        }
}

/* Long rows are searched in another way; NaNs and ties at every place, by a plain search. */
static void positions_of_extremes_in_long_rows_are_the_first_ones(void **state)
{
    (void)state;
    enum { MOST = 200 };
    float x[MOST];
    for (int64_t n = 63; n <= MOST; n += 7)
        for (int trial = 0; trial < 60; trial++) {
            for (int64_t i = 0; i < n; i++)
                x[i] = (float)((i * 37 + trial * 11) % (trial % 3 ? 17 : 97)) - 8;
            for (int k = 0; k < trial % 4; k++)
                x[(trial * 13 + k * 29) % n] = NAN;
            if (trial == 59)
                for (int64_t i = 0; i < n; i++)
                    x[i] = NAN;
            int64_t most = -1, least = -1, up = 0, down = 0;
            for (int64_t i = 1; i < n; i++) {
                up = x[i] > x[up] || (isnan(x[i]) && !isnan(x[up])) ? i : up;
                down = x[i] < x[down] || (isnan(x[down]) && !isnan(x[i])) ? i : down;
            }
            assert_true(sp__k_argreduce(SP__MAX, SP_F32, &most, x, 1, n, 1));
            assert_true(sp__k_argreduce(SP__MIN, SP_F32, &least, x, 1, n, 1));
            assert_int_equal(most, up);
            assert_int_equal(least, down);
        }
}

static void the_k_largest_come_in_order_with_ties_by_position(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++)
        for (int64_t k = 0; k <= 40; k += 8)
            for (int ascending = 0; ascending < 2; ascending++) {
                const sp_dtype t = (sp_dtype)d;
                const int64_t outer = 2, n = 40;
                void *x = array_random(t, outer * n, t == SP_U8 ? 0 : -9, 9, 3), *v = array_new(t, outer * k);
                int32_t *at = array_new(SP_I32, outer * k);
                void *ws = malloc(sp__k_topk_workspace(k) + 1);
                assert_int_equal(sp__k_topk(t, v, at, x, outer, n, k, ascending, ws), t != SP_BOOL);
                for (int64_t i = 0; t != SP_BOOL && i < outer * k; i++) {
                    long double own = array_get(t, v, i);
                    const int64_t row = i / k * n;
                    int64_t better = 0; /* elements that come before */
                    for (int64_t j = 0; j < n; j++) {
                        long double other = array_get(t, x, row + j);
                        better += (ascending ? other < own : other > own) || (other == own && j < at[i]);
                    }
                    assert_true(array_get(t, x, row + at[i]) == own);
                    assert_int_equal(better, i % k);
                }
                free(x), free(v), free(at), free(ws);
            }
    const double x[] = {-0.0, (double)NAN, 0.0, HUGE_VAL};
    double v[4];
    int32_t at[4];
    _Alignas(16) char ws[256];
    assert_true(sp__k_topk_workspace(4) <= sizeof ws);
    assert_true(sp__k_topk(SP_F64, v, at, x, 1, 4, 4, false, ws));
    assert_true(at[0] == 1 && at[1] == 3 && at[2] == 0 && at[3] == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_set_every_element),
        cmocka_unit_test(strided_copies_agree_with_single_moves),
        cmocka_unit_test(the_first_index_out_of_range_is_found),
        cmocka_unit_test(gather_takes_and_scatter_adds_rows),
        cmocka_unit_test(one_hot_marks_indices_in_range_only),
        cmocka_unit_test(reductions_agree_for_every_type_and_shape),
        cmocka_unit_test(reductions_of_nothing_give_the_neutral_element),
        cmocka_unit_test(extremes_pass_nan_on_at_any_place),
        cmocka_unit_test(long_sums_of_float32_stay_accurate),
        cmocka_unit_test(sums_have_the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(sums_of_squares_agree),
        cmocka_unit_test(positions_of_extremes_are_the_first_ones),
        cmocka_unit_test(positions_of_extremes_in_long_rows_are_the_first_ones),
        cmocka_unit_test(cumulative_sums_run_both_ways),
        cmocka_unit_test(the_k_largest_come_in_order_with_ties_by_position),
    };
    return cmocka_run_group_tests_name("kernels_reduce", tests, NULL, NULL);
}
