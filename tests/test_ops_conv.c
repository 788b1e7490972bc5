/* Convolution and pooling beyond what every op is tried for: against their definitions on many shapes, at the edges of windows,
 * and as adjoint maps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define SP_EXPERIMENTAL /* allocations that fail on request */
#include "spore/grad.h"
#include "support/op_cases.h"

static uint64_t seed = 11;

static int64_t below(int64_t n) { return (int64_t)(op_case_random(&seed) * (double)n); }
static int64_t from_to(int64_t a, int64_t b) { return a + below(b - a + 1); }

/* Numbers without pattern in [-1, 1). */
static sp_tensor *numbers(sp_dtype dtype, sp_shape shape)
{
    double v[4096];
    assert_true(sp_shape_size(shape) <= 4096);
    for (int64_t i = 0; i < sp_shape_size(shape); i++)
        v[i] = 2 * op_case_random(&seed) - 1;
    return sp_cast(sp_from(v, SP_F64, shape), dtype);
}

static double at4(const sp_tensor *t, int64_t a, int64_t b, int64_t c, int64_t d)
{
    sp_shape s = sp_shape_of(t);
    return sp_at(t, ((a * s.dim[1] + b) * s.dim[2] + c) * s.dim[3] + d);
}

/* at4, 0 outside the image. */
static double padded(const sp_tensor *t, int64_t n, int64_t c, int64_t h, int64_t w)
{
    sp_shape s = sp_shape_of(t);
    return h < 0 || w < 0 || h >= s.dim[2] || w >= s.dim[3] ? 0 : at4(t, n, c, h, w);
}

static void check_shape(const sp_tensor *t, sp_shape want)
{
    assert_string_equal(sp_error_text(), "");
    if (!sp_shape_equal(sp_shape_of(t), want))
        fail_msg("shape %s, expected %s", sp__shape_text(sp_shape_of(t)), sp__shape_text(want));
}

static void check_near(const char *what, double got, double want, double tol)
{
    if (!(fabs(got - want) <= tol * fmax(1, fabs(want))))
        fail_msg("%s: %.12g, expected %.12g", what, got, want);
}

/* ---- definitions ---- */

/* y[n,m,oh,ow] = sum over c, i, j of w[m,c,i,j] x[n, first + c, oh sh - top + i dh, ow sw - left + j dw] */
static double conv_at(const sp_tensor *x, const sp_tensor *w, const sp_conv2d_attrs *a, const int64_t o[4])
{
    sp_shape s = sp_shape_of(w);
    int64_t first = o[1] / (s.dim[0] / a->group) * s.dim[1];
    double sum = 0;
    for (int64_t c = 0; c < s.dim[1]; c++)
        for (int64_t i = 0; i < s.dim[2]; i++)
            for (int64_t j = 0; j < s.dim[3]; j++)
                sum += at4(w, o[1], c, i, j) * padded(x, o[0], first + c,
                                                      o[2] * a->stride[0] - a->pad[0] + i * a->dilation[0],
                                                      o[3] * a->stride[1] - a->pad[2] + j * a->dilation[1]);
    return sum;
}

static int64_t windows(int64_t size, int64_t pads, int64_t kernel, int64_t stride, int64_t dilation)
{
    return (size + pads - (kernel - 1) * dilation - 1) / stride + 1;
}

static void check_conv(sp_dtype dtype, double tol)
{
    sp_conv2d_attrs a = {.pad_mode = 2,
                         .pad = {below(3), below(3), below(3), below(3)},
                         .stride = {from_to(1, 3), from_to(1, 3)},
                         .dilation = {from_to(1, 2), from_to(1, 2)},
                         .group = from_to(1, 3)};
    int64_t kh = from_to(1, 3), kw = from_to(1, 3), c = from_to(1, 2), m = a.group * from_to(1, 2);
    sp_shape xs = SP_DIMS(from_to(1, 2), a.group * c, from_to(5, 8), from_to(5, 8));
    sp_tensor *x = numbers(dtype, xs), *w = numbers(dtype, SP_DIMS(m, c, kh, kw)), *y = sp_conv2d(x, w, &a);
    sp_shape want = SP_DIMS(xs.dim[0], m, windows(xs.dim[2], a.pad[0] + a.pad[1], kh, a.stride[0], a.dilation[0]),
                            windows(xs.dim[3], a.pad[2] + a.pad[3], kw, a.stride[1], a.dilation[1]));
    check_shape(y, want);
    int64_t o[4];
    for (o[0] = 0; o[0] < want.dim[0]; o[0]++)
        for (o[1] = 0; o[1] < want.dim[1]; o[1]++)
            for (o[2] = 0; o[2] < want.dim[2]; o[2]++)
                for (o[3] = 0; o[3] < want.dim[3]; o[3]++)
                    check_near("conv2d", at4(y, o[0], o[1], o[2], o[3]), conv_at(x, w, &a, o), tol);
}

static void convolution_is_its_definition(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        sp_scope scope = sp_scope_begin();
        check_conv(i % 2 ? SP_F32 : SP_F64, i % 2 ? 1e-5 : 1e-13);
        sp_scope_end(scope);
    }
}

/* The largest and the mean of one window. Padding asked for counts in the divisor unless exclude_pad; what ceil mode adds never. */
static void pool_at(const sp_tensor *x, const sp_pool2d_attrs *a, const int64_t o[4], double *max, double *mean)
{
    sp_shape s = sp_shape_of(x);
    double sum = 0;
    int64_t inside = 0, counted = 0;
    *max = -(double)INFINITY;
    for (int64_t h = o[2] * a->stride[0] - a->pad[0], i = 0; i < a->kernel[0]; i++, h++)
        for (int64_t w = o[3] * a->stride[1] - a->pad[2], j = 0; j < a->kernel[1]; j++, w++) {
            counted += h < s.dim[2] + a->pad[1] && w < s.dim[3] + a->pad[3];
            if (h < 0 || w < 0 || h >= s.dim[2] || w >= s.dim[3])
                continue;
            inside++;
            sum += at4(x, o[0], o[1], h, w);
            *max = fmax(*max, at4(x, o[0], o[1], h, w));
        }
    *mean = sum / (double)(a->exclude_pad ? inside : counted);
}

/* Windows that begin inside the input or the padding before it, and end inside what is padded unless in ceil mode. */
static int64_t pool_windows(int64_t size, int64_t before, int64_t after, int64_t kernel, int64_t stride, bool ceil_mode)
{
    int64_t n = 0;
    while (ceil_mode && n > 0 ? n * stride < size + before && (n - 1) * stride + kernel < size + before + after
                              : n * stride + kernel <= size + before + after)
        n++;
    return n;
}

static void check_pools(void)
{
    int64_t kh = from_to(1, 4), kw = from_to(1, 4);
    sp_pool2d_attrs a = {.kernel = {kh, kw}, .stride = {from_to(1, 3), from_to(1, 3)}, .pad_mode = 2};
    a.pad[0] = below(kh), a.pad[1] = below(kh), a.pad[2] = below(kw), a.pad[3] = below(kw);
    a.ceil_mode = below(2) == 1, a.exclude_pad = below(2) == 1;
    sp_tensor *x = numbers(SP_F64, SP_DIMS(2, 2, from_to(4, 7), from_to(4, 7)));
    sp_shape s = sp_shape_of(x);
    sp_tensor *largest = sp_max_pool2d(x, &a), *mean = sp_avg_pool2d(x, &a);
    sp_shape want = SP_DIMS(2, 2, pool_windows(s.dim[2], a.pad[0], a.pad[1], kh, a.stride[0], a.ceil_mode),
                            pool_windows(s.dim[3], a.pad[2], a.pad[3], kw, a.stride[1], a.ceil_mode));
    check_shape(largest, want);
    check_shape(mean, want);
    int64_t o[4];
    for (o[0] = 0; o[0] < 2; o[0]++)
        for (o[1] = 0; o[1] < 2; o[1]++)
            for (o[2] = 0; o[2] < want.dim[2]; o[2]++)
                for (o[3] = 0; o[3] < want.dim[3]; o[3]++) {
                    double max, average;
                    pool_at(x, &a, o, &max, &average);
                    check_near("max_pool2d", at4(largest, o[0], o[1], o[2], o[3]), max, 0);
                    check_near("avg_pool2d", at4(mean, o[0], o[1], o[2], o[3]), average, 1e-14);
                }
}

static void pooling_is_its_definition(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        sp_scope scope = sp_scope_begin();
        check_pools();
        sp_scope_end(scope);
    }
}

/* ---- windows ---- */

static void same_gives_one_window_per_stride(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    for (int64_t size = 1; size < 10; size++)
        for (int64_t kernel = 1; kernel < 5; kernel++)
            for (int64_t stride = 1; stride < 5; stride++) {
                sp_tensor *x = sp_ones(SP_F32, SP_DIMS(1, 1, size, size));
                sp_shape want = SP_DIMS(1, 1, (size + stride - 1) / stride, (size + stride - 1) / stride);
                sp_conv2d_attrs conv = {.stride = {stride, stride}};
                sp_pool2d_attrs pool = {.kernel = {kernel, kernel}, .stride = {stride, stride}};
                check_shape(sp_conv2d(x, sp_ones(SP_F32, SP_DIMS(1, 1, kernel, kernel)), &conv), want);
                check_shape(sp_max_pool2d(x, &pool), want);
                sp_tensor *mean = sp_avg_pool2d(x, &pool);
                check_shape(mean, want);
                for (int64_t i = 0; i < sp_size_of(mean); i++) /* padding does not count here */
                    check_near("mean of ones", sp_at(mean, i), 1, 1e-6);
            }
    sp_scope_end(scope);
}

/* An even kernel: the last row and column see one row and column of zeros, the first see none. */
static void the_odd_row_of_same_is_below(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(1, 1, 3, 3)), *w = sp_ones(SP_F32, SP_DIMS(1, 1, 2, 2));
    sp_tensor *y = sp_conv2d(x, w, &(sp_conv2d_attrs){.pad_mode = 0});
    const double want[] = {4, 4, 2, 4, 4, 2, 2, 2, 1};
    for (int i = 0; i < 9; i++)
        check_near("same", sp_at(y, i), want[i], 0);
    sp_scope_end(scope);
}

static sp_list pool_all(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_max_pool2d(in.at[0], &(sp_pool2d_attrs){.kernel = {2, 2}, .pad_mode = 1}));
}

static void the_first_of_equal_winners_gets_the_gradient(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_grad_fn f = {.fn = pool_all, .wrt = SP_ARG(0)};
    sp_tensor *d = sp_grad(&f, sp_list_of(sp_ones(SP_F32, SP_DIMS(1, 1, 2, 2)))).at[0];
    check_shape(d, SP_DIMS(1, 1, 2, 2));
    assert_true(sp_at(d, 0) == 1 && sp_at(d, 1) == 0 && sp_at(d, 2) == 0 && sp_at(d, 3) == 0);
    sp_scope_end(scope);
}

/* ---- adjoint maps: <A x, dy> = <x, A' dy>, in shapes that are worth several threads ---- */

static double dot(const sp_tensor *a, const sp_tensor *b)
{
    double sum = 0;
    for (int64_t i = 0; i < sp_size_of(a); i++)
        sum += sp_at(a, i) * sp_at(b, i);
    return sum;
}

typedef struct layer {
    sp_tensor *dy;
    sp_conv2d_attrs conv;
    sp_pool2d_attrs pool;
    int kind; /* 0 convolution, 1 mean, 2 largest */
} layer;

static sp_list layer_of(void *self, sp_list in)
{
    const layer *l = self;
    sp_tensor *y = l->kind == 0   ? sp_conv2d(in.at[0], in.at[1], &l->conv)
                   : l->kind == 1 ? sp_avg_pool2d(in.at[0], &l->pool)
                                  : sp_max_pool2d(in.at[0], &l->pool);
    return sp_list_of(sp_sum(sp_mul(y, l->dy)), y);
}

static void gradients_are_adjoint(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        sp_scope scope = sp_scope_begin();
        sp_tensor *x = sp_rand_normal(0, 1, SP_F64, SP_DIMS(4, 6, 27, 31));
        sp_tensor *w = sp_rand_normal(0, 1, SP_F64, SP_DIMS(8, 3, 3, 5));
        layer l = {.kind = kind, .dy = sp_rand_normal(0, 1, SP_F64, SP_DIMS(4, kind ? 6 : 8, 14, kind ? 15 : 16))};
        l.conv = (sp_conv2d_attrs){.stride = {2, 2}, .group = 2};
        l.pool = (sp_pool2d_attrs){.kernel = {3, 2}, .stride = {2, 2}, .pad_mode = 2, .pad = {1, 1, 0, 0}};
        sp_grad_fn f = {.fn = layer_of, .self = &l, .wrt = SP_ARG(0) | SP_ARG(1), .has_aux = true};
        sp_grads g = sp_value_and_grad(&f, sp_list_of(x, w));
        assert_string_equal(sp_error_text(), "");
        double want = dot(g.out.at[1], l.dy);
        check_near("x", dot(x, g.d_in.at[0]), want, 1e-10);
        check_near("w", dot(w, g.d_in.at[1]), kind ? 0 : want, 1e-10);
        sp_scope_end(scope);
    }
}

/* ---- what callers may leave out or get wrong ---- */

static void zeros_in_the_attributes_are_ones(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = numbers(SP_F32, SP_DIMS(1, 2, 5, 5)), *w = numbers(SP_F32, SP_DIMS(3, 2, 2, 2));
    sp_conv2d_attrs ones = {.pad_mode = 1, .stride = {1, 1}, .dilation = {1, 1}, .group = 1};
    sp_tensor *want = sp_conv2d(x, w, &ones);
    check_shape(want, SP_DIMS(1, 3, 4, 4));
    op_check_near("conv2d", sp_conv2d(x, w, &(sp_conv2d_attrs){.pad_mode = 1}), want, 0);
    check_shape(sp_max_pool2d(x, &(sp_pool2d_attrs){.kernel = {2, 2}, .pad_mode = 1}), SP_DIMS(1, 2, 4, 4));
    sp_scope_end(scope);
}

static void expect_refusal(const sp_tensor *y, sp_status code, const char *text)
{
    assert_null(y);
    assert_int_equal(sp_error(), code);
    assert_string_equal(sp_error_text(), text);
    sp_error_clear();
}

static void missing_arguments_are_named(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(1, 1, 4, 4));
    sp_conv2d_attrs conv = {0};
    sp_pool2d_attrs pool = {.kernel = {2, 2}};
    expect_refusal(sp_conv2d(x, x, NULL), SP_ERR_VALUE, "conv2d: argument 3 is NULL");
    expect_refusal(sp_conv2d(NULL, x, &conv), SP_ERR_VALUE, "conv2d: argument 1 is NULL");
    expect_refusal(sp_conv2d(x, NULL, &conv), SP_ERR_VALUE, "conv2d: argument 2 is NULL");
    expect_refusal(sp_max_pool2d(x, NULL), SP_ERR_VALUE, "max_pool2d: argument 2 is NULL");
    expect_refusal(sp_avg_pool2d(NULL, &pool), SP_ERR_VALUE, "avg_pool2d: argument 1 is NULL");
    pool.kernel[0] = 0;
    expect_refusal(sp_avg_pool2d(x, &pool), SP_ERR_VALUE, "avg_pool2d: kernel_size is 0, expected 1 to 2147483647");
    sp_scope_end(scope);
}

static sp_list conv_step(void *self, sp_list in)
{
    (void)self;
    sp_tensor *y = sp_conv2d(in.at[0], in.at[1], &(sp_conv2d_attrs){.pad_mode = 0});
    return sp_list_of(sp_sum(sp_max_pool2d(y, &(sp_pool2d_attrs){.kernel = {2, 2}, .stride = {2, 2}})));
}

static void the_same_step_again_asks_the_system_for_no_memory(void **state)
{
    (void)state;
    if (!sp__mem_caches())
        skip();
    sp_scope outer = sp_scope_begin();
    sp_list in = sp_list_of(numbers(SP_F64, SP_DIMS(2, 3, 8, 8)), numbers(SP_F64, SP_DIMS(4, 3, 3, 3)));
    sp_grad_fn f = {.fn = conv_step, .wrt = SP_ARG(0) | SP_ARG(1)};
    int64_t calls = 0;
    for (int step = 0; step < 6; step++) {
        sp_scope scope = sp_scope_begin();
        assert_non_null(sp_grad(&f, in).at[0]);
        sp_scope_end(scope);
        if (step == 2)
            calls = sp_mem_stats_get().system_calls;
    }
    assert_int_equal(sp_mem_stats_get().system_calls, calls);
    sp_scope_end(outer);
}

/* A small network's step: everything of this family, forward and backward. */
static sp_list whole_step(void *self, sp_list in)
{
    (void)self;
    sp_tensor *y = sp_conv2d(in.at[0], in.at[1], &(sp_conv2d_attrs){.pad_mode = 0});
    y = sp_batch_norm(y, in.at[2], in.at[2], SP_NONE, SP_NONE, true, 1e-3).at[0];
    y = sp_max_pool2d(y, &(sp_pool2d_attrs){.kernel = {2, 2}, .stride = {2, 2}, .pad_mode = 1});
    y = sp_avg_pool2d(sp_dropout(sp_elu(y, 1), 0.5), &(sp_pool2d_attrs){.kernel = {2, 2}, .pad_mode = 1});
    y = sp_reshape(y, SP_DIMS(2, 4));
    return sp_list_of(sp_sum(sp_square(sp_layer_norm(y, in.at[2], in.at[2], 1, 1e-3))));
}

static void an_allocation_that_fails_fails_the_step_alone(void **state)
{
    (void)state;
    sp_scope outer = sp_scope_begin();
    sp_list in = sp_list_of(numbers(SP_F64, SP_DIMS(2, 3, 4, 4)), numbers(SP_F64, SP_DIMS(4, 3, 3, 3)),
                            numbers(SP_F64, SP_DIMS(4)));
    sp_grad_fn first = {.fn = whole_step, .wrt = SP_ARG(0) | SP_ARG(1) | SP_ARG(2)};
    sp_grad_fn second = {.fn = sp_grad, .self = &first, .wrt = SP_ARG(1)};
    bool done = false;
    int n = 0;
    while (!done && n < 100000) {
        sp_scope scope = sp_scope_begin();
        sp_mem_fail_at(++n);
        sp_tensor *d = sp_grad(&second, in).at[0];
        done = d != NULL;
        sp_mem_fail_at(0);
        if (done != (sp_error() == SP_OK) || (!done && sp_error() != SP_ERR_NOMEM))
            fail_msg("allocation %d failed: %s", n, sp_error_text());
        sp_error_clear();
        sp_scope_end(scope);
    }
    assert_true(n > 100 && done);
    sp_scope_end(outer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution_is_its_definition),
        cmocka_unit_test(pooling_is_its_definition),
        cmocka_unit_test(same_gives_one_window_per_stride),
        cmocka_unit_test(the_odd_row_of_same_is_below),
        cmocka_unit_test(the_first_of_equal_winners_gets_the_gradient),
        cmocka_unit_test(gradients_are_adjoint),
        cmocka_unit_test(zeros_in_the_attributes_are_ones),
        cmocka_unit_test(missing_arguments_are_named),
        cmocka_unit_test(an_allocation_that_fails_fails_the_step_alone),
        cmocka_unit_test(the_same_step_again_asks_the_system_for_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
