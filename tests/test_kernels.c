/* Elementwise kernels against formulae in long double, for every element type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/kernels.h"
#include "support/arrays.h"

#define PI 3.14159265358979323846L

static bool is_int(sp_dtype d) { return !sp_dtype_is_float(d) && d != SP_BOOL; }
static bool is_unsigned(sp_dtype d) { return d == SP_U8 || d == SP_U16 || d == SP_U32 || d == SP_U64; }

/* What fits: integers of a type wrap at 2^bits. */
static long double wrap(sp_dtype d, long double v)
{
    int bits = (int)sp_dtype_size(d) * 8;
    long double size = ldexpl(1, bits), r = fmodl(v, size);
    if (r < 0)
        r += size;
    return !is_unsigned(d) && r >= size / 2 ? r - size : r;
}

/* ---- one operand ---- */

static long double sigmoid(long double x) { return 1 / (1 + expl(-x)); }

static long double unary(sp__unary f, long double x)
{
    switch (f) {
    case SP__NEG:
        return -x;
    case SP__ABS:
        return fabsl(x);
    case SP__SIGN:
        return x > 0 ? 1 : x < 0 ? -1 : x;
    case SP__SQUARE:
        return x * x;
    case SP__RELU:
        return x < 0 ? 0 : x;
    case SP__RELU6:
        return x < 0 ? 0 : x > 6 ? 6 : x;
    case SP__FLOOR:
        return floorl(x);
    case SP__CEIL:
        return ceill(x);
    case SP__ROUND:
        return fabsl(x - floorl(x) - 0.5L) > 0 ? roundl(x) : 2 * floorl(x / 2 + 0.5L);
    case SP__TRUNC:
        return truncl(x);
    case SP__SQRT:
        return sqrtl(x);
    case SP__RSQRT:
        return 1 / sqrtl(x);
    case SP__RECIPROCAL:
        return 1 / x;
    case SP__EXP:
        return expl(x);
    case SP__EXPM1:
        return expm1l(x);
    case SP__LOG:
        return logl(x);
    case SP__LOG1P:
        return log1pl(x);
    case SP__SIN:
        return sinl(x);
    case SP__COS:
        return cosl(x);
    case SP__TAN:
        return tanl(x);
    case SP__ASIN:
        return asinl(x);
    case SP__ACOS:
        return acosl(x);
    case SP__ATAN:
        return atanl(x);
    case SP__SINH:
        return sinhl(x);
    case SP__COSH:
        return coshl(x);
    case SP__TANH:
        return tanhl(x);
    case SP__ASINH:
        return asinhl(x);
    case SP__ACOSH:
        return acoshl(x);
    case SP__ATANH:
        return atanhl(x);
    case SP__ERF:
        return erfl(x);
    case SP__ERFC:
        return erfcl(x);
    case SP__SIGMOID:
        return sigmoid(x);
    case SP__SILU:
        return x * sigmoid(x);
    case SP__SOFTPLUS:
        return logl(1 + expl(x));
    case SP__GELU_TANH:
        return x / 2 * (1 + tanhl(sqrtl(2 / PI) * (x + 0.044715L * x * x * x)));
    case SP__GELU_ERF:
        return x / 2 * (1 + erfl(x / sqrtl(2)));
    case SP__LOGICAL_NOT:
        return x == 0;
    default:
        fail_msg("function %d has no reference", (int)f);
        return 0;
    }
}

/* Where f is defined, and not so steep that rounding x would show. */
static void domain(sp__unary f, sp_dtype d, double *low, double *high)
{
    *low = is_unsigned(d) ? 0 : -5;
    *high = 9;
    if (f == SP__SQRT || f == SP__RSQRT || f == SP__LOG || f == SP__LOG1P || f == SP__RECIPROCAL)
        *low = 0.25;
    if (f == SP__ASIN || f == SP__ACOS || f == SP__ATANH)
        *low = -0.9, *high = 0.9;
    if (f == SP__ACOSH)
        *low = 1.1;
    if (f == SP__TAN)
        *low = -1, *high = 1;
    if (f == SP__EXP || f == SP__EXPM1 || f == SP__SINH || f == SP__COSH)
        *high = 3;
}

static const bool for_ints[] = {
#define X(name, formula, integers) integers,
    SP__UNARY(X)
#undef X
};

static bool unary_defined(sp__unary f, sp_dtype d)
{
    if (f == SP__LOGICAL_NOT || d == SP_BOOL)
        return f == SP__LOGICAL_NOT && d == SP_BOOL;
    return sp_dtype_is_float(d) || for_ints[f];
}

static void every_unary_function_agrees_with_its_formula(void **state)
{
    (void)state;
    for (int f = 0; f < SP__UNARY_COUNT_; f++)
        for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
            const int64_t n = 531;
            double low, high;
            domain((sp__unary)f, (sp_dtype)d, &low, &high);
            void *x = array_random((sp_dtype)d, n, low, high, (uint64_t)f + 1), *y = array_new((sp_dtype)d, n);
            assert_int_equal(sp__k_unary((sp__unary)f, (sp_dtype)d, y, x, n), unary_defined((sp__unary)f, (sp_dtype)d));
            for (int64_t i = 0; unary_defined((sp__unary)f, (sp_dtype)d) && i < n; i++) {
                long double want = unary((sp__unary)f, array_get((sp_dtype)d, x, i));
                if (is_int((sp_dtype)d))
                    want = wrap((sp_dtype)d, want);
                array_near((sp_dtype)d, y, i, want, 4 * array_tol((sp_dtype)d), "unary");
            }
            if (unary_defined((sp__unary)f, (sp_dtype)d)) {
                assert_true(sp__k_unary((sp__unary)f, (sp_dtype)d, x, x, n)); /* in place */
                array_same((sp_dtype)d, x, y, n, "unary in place");
                assert_true(sp__k_unary((sp__unary)f, (sp_dtype)d, y, x, 0));
            }
            free(x);
            free(y);
        }
}

static void unary_functions_treat_special_values_as_stated(void **state)
{
    (void)state;
    const float in[] = {NAN, -0.0f, INFINITY, -INFINITY, 0.5f, 1.5f, 2.5f, -2.5f, 1e30f, -100};
    float out[10];
    sp__k_unary(SP__RELU, SP_F32, out, in, 10);
    assert_true(isnan(out[0]) && out[2] == INFINITY && out[3] == 0);
    sp__k_unary(SP__SIGN, SP_F32, out, in, 10);
    assert_true(isnan(out[0]) && out[1] == 0 && out[2] == 1 && out[3] == -1);
    sp__k_unary(SP__ROUND, SP_F32, out, in, 10);
    assert_true(out[4] == 0 && out[5] == 2 && out[6] == 2 && out[7] == -2);
    sp__k_unary(SP__SOFTPLUS, SP_F32, out, in, 10);
    assert_true(out[8] == 1e30f && out[9] >= 0 && out[9] < 1e-30f);
    sp__k_unary(SP__SIGMOID, SP_F32, out, in, 10);
    assert_true(out[2] == 1 && out[3] == 0 && out[8] == 1);
    const int8_t low[] = {INT8_MIN, -1, 100};
    int8_t got[3];
    sp__k_unary(SP__NEG, SP_I8, got, low, 3);
    assert_true(got[0] == INT8_MIN && got[1] == 1 && got[2] == -100);
    sp__k_unary(SP__ABS, SP_I8, got, low, 3);
    assert_true(got[0] == INT8_MIN && got[1] == 1);
    sp__k_unary(SP__SQUARE, SP_I8, got, low, 3);
    assert_true(got[0] == 0 && got[2] == 16); /* 10000 = 39 * 256 + 16 */
}

/* Steps of a float's last place between got and want. */
static double ulps(float got, long double want)
{
    float near = (float)want;
    if (got == near)
        return 0;
    long double step = (long double)nextafterf(fabsf(near), INFINITY) - (long double)fabsf(near);
    return (double)(fabsl((long double)got - want) / step);
}

static void exp_and_tanh_of_floats_are_accurate_everywhere(void **state)
{
    (void)state;
    enum { N = 400001 };
    float *x = array_new(SP_F32, N), *e = array_new(SP_F32, N), *t = array_new(SP_F32, N);
    double worst_exp = 0, worst_tanh = 0;
    for (int i = 0; i < N; i++)
        x[i] = (float)(-110 + 220.0 * i / (N - 1));
    for (int i = 0; i < N / 2; i += 2) /* more of them near 0, tiny ones too */
        x[i] = ldexpf(x[i], -(i % 40));
    assert_true(sp__k_unary(SP__EXP, SP_F32, e, x, N) && sp__k_unary(SP__TANH, SP_F32, t, x, N));
    for (int i = 0; i < N; i++) {
        long double want = expl((long double)x[i]);
        if (x[i] > 88.72283f)
            assert_true(e[i] == INFINITY);
        else if (want > 1.2e-38L) /* below, floats lose digits */
            worst_exp = fmax(worst_exp, ulps(e[i], want));
        else
            assert_true(fabsl((long double)e[i] - want) <= 3e-45L);
        worst_tanh = fmax(worst_tanh, ulps(t[i], tanhl((long double)x[i])));
    }
    if (worst_exp > 2 || worst_tanh > 3)
        fail_msg("exp is %.2f ulp off, tanh %.2f", worst_exp, worst_tanh);
    const float special[] = {NAN, INFINITY, -INFINITY, -0.0f};
    float y[4];
    assert_true(sp__k_unary(SP__EXP, SP_F32, y, special, 4));
    assert_true(isnan(y[0]) && y[1] == INFINITY && y[2] == 0 && y[3] == 1);
    assert_true(sp__k_unary(SP__TANH, SP_F32, y, special, 4));
    assert_true(isnan(y[0]) && y[1] == 1 && y[2] == -1 && y[3] == 0 && signbit(y[3]));
    free(x), free(e), free(t);
}

/* d is checked as the derivative of f by central differences in long double. */
static void fused_gradients_agree_with_differences(void **state)
{
    (void)state;
    static const struct {
        sp__unary f;
        bool from_y;
    } fused[] = {{SP__RELU, false}, {SP__RELU, true},      {SP__RELU6, false},     {SP__SIGMOID, true},
                 {SP__TANH, true},  {SP__SQRT, true},      {SP__EXP, true},        {SP__RECIPROCAL, true},
                 {SP__SILU, false}, {SP__SOFTPLUS, false}, {SP__GELU_TANH, false}, {SP__GELU_ERF, false}};
    const int64_t n = 301;
    for (size_t k = 0; k < sizeof fused / sizeof fused[0]; k++)
        for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
            const sp__unary f = fused[k].f;
            const sp_dtype t = (sp_dtype)d;
            if (!sp_dtype_is_float(t)) {
                assert_false(sp__k_unary_grad(f, t, NULL, NULL, NULL, 0));
                continue;
            }
            bool positive = f == SP__SQRT || f == SP__RECIPROCAL;
            void *x = array_random(t, n, positive ? 0.5 : -3, f == SP__RELU6 ? 8 : 3, k + 7);
            void *dy = array_random(t, n, -2, 2, k + 99), *y = array_new(t, n), *dx = array_new(t, n);
            for (int64_t i = 0; i < n; i++)
                array_set(t, y, i, unary(f, array_get(t, x, i)));
            assert_true(sp__k_unary_grad(f, t, dx, dy, fused[k].from_y ? y : x, n));
            for (int64_t i = 0; i < n; i++) {
                long double h = 1e-6L, v = array_get(t, x, i);
                long double slope = (unary(f, v + h) - unary(f, v - h)) / (2 * h);
                array_near(t, dx, i, array_get(t, dy, i) * slope, 1e-9 + 16 * array_tol(t), "gradient");
            }
            assert_true(sp__k_unary_grad(f, t, dy, dy, fused[k].from_y ? y : x, n));
            array_same(t, dy, dx, n, "gradient in place");
            free(x), free(dy), free(y), free(dx);
        }
    assert_false(sp__k_unary_grad(SP__SIN, SP_F32, NULL, NULL, NULL, 0));
}

static void tests_find_nan_and_infinity_in_every_float_type(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
        const sp_dtype t = (sp_dtype)d;
        void *x = array_new(t, 5);
        uint8_t nan[5], inf[5], finite[5];
        for (int64_t i = 0; i < 5; i++)
            array_set(t, x, i, 1);
        assert_true(sp__k_all_finite(t, x, 5));
        if (sp_dtype_is_float(t)) {
            array_set(t, x, 1, (long double)NAN);
            array_set(t, x, 2, (long double)INFINITY);
            array_set(t, x, 3, -(long double)INFINITY);
            assert_false(sp__k_all_finite(t, x, 5));
        }
        assert_true(sp__k_test(SP__IS_NAN, t, nan, x, 5) && sp__k_test(SP__IS_INF, t, inf, x, 5));
        assert_true(sp__k_test(SP__IS_FINITE, t, finite, x, 5));
        bool special = sp_dtype_is_float(t);
        for (int i = 0; i < 5; i++) {
            assert_int_equal(nan[i], special && i == 1);
            assert_int_equal(inf[i], special && (i == 2 || i == 3));
            assert_int_equal(finite[i], !special || i == 0 || i == 4);
        }
        free(x);
    }
    float late[1000] = {0};
    late[999] = INFINITY;
    assert_false(sp__k_all_finite(SP_F32, late, 1000));
    assert_true(sp__k_all_finite(SP_F32, late, 999));
}

/* ---- casts ---- */

static void the_bounds(sp_dtype t, long double *low, long double *high)
{
    int bits = (int)sp_dtype_size(t) * 8;
    *low = is_unsigned(t) ? 0 : -ldexpl(1, bits - 1);
    *high = ldexpl(1, is_unsigned(t) ? bits : bits - 1) - 1;
}

static long double cast_to(sp_dtype to, sp_dtype from, long double v)
{
    if (to == SP_BOOL)
        return v != 0;
    if (sp_dtype_is_float(to))
        return v;
    if (!sp_dtype_is_float(from))
        return wrap(to, v);
    long double low, high;
    the_bounds(to, &low, &high);
    return isnan(v) ? 0 : v <= low ? low : v >= high ? high : truncl(v);
}

static void casts_between_all_types_saturate_and_wrap_as_stated(void **state)
{
    (void)state;
    static const long double values[] = {0,
                                         1,
                                         2,
                                         100,
                                         127,
                                         128,
                                         200,
                                         255,
                                         256,
                                         300,
                                         32767,
                                         32768,
                                         65535,
                                         65536,
                                         -1,
                                         -2,
                                         -100,
                                         -128,
                                         -129,
                                         -32769,
                                         2147483647,
                                         2147483648.0L,
                                         4294967295.0L,
                                         4294967296.0L,
                                         1e15L,
                                         -1e15L,
                                         0.5L,
                                         -0.5L,
                                         1.75L,
                                         -1.75L,
                                         1e25L,
                                         -1e25L};
    enum { COUNT = sizeof values / sizeof values[0] };
    for (int from = 0; from < SP_DTYPE_COUNT_; from++)
        for (int to = 0; to < SP_DTYPE_COUNT_; to++) {
            sp_dtype a = (sp_dtype)from, b = (sp_dtype)to;
            void *x = array_new(a, COUNT), *y = array_new(b, COUNT);
            for (int i = 0; i < COUNT; i++)
                array_set(a, x, i,
                          sp_dtype_is_float(a) ? values[i]
                          : a == SP_BOOL       ? i % 2
                                               : wrap(a, truncl(values[i])));
            assert_true(sp__k_cast(b, a, y, x, COUNT));
            for (int i = 0; i < COUNT; i++) {
                long double want = cast_to(b, a, array_get(a, x, i));
                if (sp_dtype_is_float(b)) { /* rounded to it */
                    void *one = array_new(b, 1);
                    array_set(b, one, 0, want);
                    want = array_get(b, one, 0);
                    free(one);
                }
                array_near(b, y, i, want, 0, "cast");
            }
            free(x);
            free(y);
        }
    const float odd[] = {NAN, INFINITY, -INFINITY};
    int64_t wide[3];
    uint8_t narrow[3], truth[3];
    sp__k_cast(SP_I64, SP_F32, wide, odd, 3);
    assert_true(wide[0] == 0 && wide[1] == INT64_MAX && wide[2] == INT64_MIN);
    sp__k_cast(SP_U8, SP_F32, narrow, odd, 3);
    assert_true(narrow[0] == 0 && narrow[1] == 255 && narrow[2] == 0);
    sp__k_cast(SP_BOOL, SP_F32, truth, odd, 3);
    assert_true(truth[0] == 1 && truth[1] == 1);
    assert_false(sp__k_cast(SP_DTYPE_COUNT_, SP_F32, wide, odd, 3));
}

/* What lies just beside a tie rounds to its own side, also where a float holds the tie only. Of 1 bit and those behind
 * it Float16 holds 11, BFloat16 8. */
static void casts_to_16_bits_round_once(void **state)
{
    (void)state;
    const double tie = 1 + 0x1p-11, x[] = {tie, tie + 0x1p-52, -tie, -tie - 0x1p-52, tie + 0x1p-10 - 0x1p-51};
    const uint16_t half[] = {0x3C00, 0x3C01, 0xBC00, 0xBC01, 0x3C01};
    uint16_t y[5];
    assert_true(sp__k_cast(SP_F16, SP_F64, y, x, 5));
    for (int i = 0; i < 5; i++)
        assert_int_equal(y[i], half[i]);
    const double brain_x[] = {257, 257 + 0x1p-40, 259 - 0x1p-40};
    assert_true(sp__k_cast(SP_BF16, SP_F64, y, brain_x, 3));
    assert_true(y[0] == 0x4380 && y[1] == 0x4381 && y[2] == 0x4381);

    const int32_t i32[] = {0x40400000, 0x40400001, 0x40BFFFFF, -0x40400001}; /* bits of 2^23: the tie is at 2^22 */
    assert_true(sp__k_cast(SP_BF16, SP_I32, y, i32, 4));
    assert_true(y[0] == 0x4E80 && y[1] == 0x4E81 && y[2] == 0x4E81 && y[3] == 0xCE81);
    const uint32_t u32[] = {0x80800000u, 0x80800001u};
    assert_true(sp__k_cast(SP_BF16, SP_U32, y, u32, 2));
    assert_true(y[0] == 0x4F00 && y[1] == 0x4F01);
    const int64_t step = (int64_t)1 << 55, big = (int64_t)1 << 62; /* bits of 2^55: the tie is at 2^54 */
    const int64_t i64[] = {big + step / 2, big + step / 2 + 1, -big - step / 2 - 1, INT64_MIN,
                           big + step + step / 2 - 1};
    assert_true(sp__k_cast(SP_BF16, SP_I64, y, i64, 5));
    assert_true(y[0] == 0x5E80 && y[1] == 0x5E81 && y[2] == 0xDE81 && y[3] == 0xDF00 && y[4] == 0x5E81);
    const uint64_t u64[] = {((uint64_t)1 << 63) + ((uint64_t)1 << 55), ((uint64_t)1 << 63) + ((uint64_t)1 << 55) + 1};
    assert_true(sp__k_cast(SP_BF16, SP_U64, y, u64, 2));
    assert_true(y[0] == 0x5F00 && y[1] == 0x5F01);
}

/* ---- two operands ---- */

static long double floor_div(sp_dtype d, long double a, long double b)
{
    long double low, high;
    if (!is_int(d))
        return floorl(a / b);
    the_bounds(d, &low, &high);
    return b != 0 ? wrap(d, floorl(a / b)) : a > 0 ? high : a < 0 ? low : 0;
}

static long double binary(sp__binary f, sp_dtype d, long double a, long double b)
{
    switch (f) {
    case SP__ADD:
        return is_int(d) ? wrap(d, a + b) : d == SP_BOOL ? a + b > 0 : a + b;
    case SP__SUB:
        return is_int(d) ? wrap(d, a - b) : d == SP_BOOL ? a != b : a - b;
    case SP__MUL:
        return is_int(d) ? wrap(d, a * b) : a * b;
    case SP__DIV:
        return a / b;
    case SP__FLOOR_DIV:
        return floor_div(d, a, b);
    case SP__FLOOR_MOD:
        return b == 0 ? 0 : a - b * floorl(a / b);
    case SP__POW:
        if (is_int(d) && b < 0) {
            long double low, high;
            the_bounds(d, &low, &high);
            return a == 0 ? high : truncl(powl(a, b));
        }
        return is_int(d) ? wrap(d, powl(a, b)) : powl(a, b);
    case SP__MAXIMUM:
        return a > b ? a : b;
    case SP__MINIMUM:
        return a < b ? a : b;
    case SP__ATAN2:
        return atan2l(a, b);
    default:
        fail_msg("function %d has no reference", (int)f);
        return 0;
    }
}

static bool binary_defined(sp__binary f, sp_dtype d)
{
    if (d == SP_BOOL)
        return f == SP__ADD || f == SP__SUB || f == SP__MUL || f == SP__MAXIMUM || f == SP__MINIMUM;
    return sp_dtype_is_float(d) || (f != SP__DIV && f != SP__ATAN2);
}

/* Pairs of shapes that broadcast, in all the ways that have a path of their own. */
static const struct {
    sp_shape a, b, out;
} pairs[] = {
    {{1, {531}}, {1, {531}}, {1, {531}}},                      /* equal               */
    {{2, {3, 7}}, {0, {0}}, {2, {3, 7}}},                      /* with a number       */
    {{0, {0}}, {2, {3, 7}}, {2, {3, 7}}},                      /* a number first      */
    {{0, {0}}, {0, {0}}, {0, {0}}},                            /* two numbers         */
    {{2, {5, 9}}, {1, {9}}, {2, {5, 9}}},                      /* bias                */
    {{4, {2, 3, 4, 5}}, {4, {1, 3, 1, 1}}, {4, {2, 3, 4, 5}}}, /* channels            */
    {{2, {6, 1}}, {2, {1, 7}}, {2, {6, 7}}},                   /* outer               */
    {{3, {4, 1, 3}}, {2, {5, 1}}, {3, {4, 5, 3}}},             /* both repeat         */
    {{3, {2, 0, 3}}, {1, {3}}, {3, {2, 0, 3}}},                /* nothing             */
    {{2, {1, 1}}, {3, {1, 1, 1}}, {3, {1, 1, 1}}},             /* ones                */
    {{8, {2, 1, 2, 1, 2, 1, 2, 1}}, {8, {1, 2, 1, 2, 1, 2, 1, 2}}, {8, {2, 2, 2, 2, 2, 2, 2, 2}}},
    {{2, {40, 1}}, {2, {40, 33}}, {2, {40, 33}}},
};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

static int64_t size_of(const sp_shape *s)
{
    int64_t n = 1;
    for (int d = 0; d < s->rank; d++)
        n *= s->dim[d];
    return n;
}

/* Element of an operand of shape s that meets element i of the output. */
static int64_t element(const sp_shape *s, const sp_shape *out, int64_t i)
{
    int64_t at = 0, step = 1;
    for (int d = out->rank - 1; d >= 0; d--) {
        int64_t k = i % out->dim[d];
        int own = d - (out->rank - s->rank);
        i /= out->dim[d];
        if (own >= 0) {
            at += s->dim[own] == 1 ? 0 : k * step;
            step *= s->dim[own];
        }
    }
    return at;
}

static void check_binary(sp__binary f, sp_dtype d, int p)
{
    const sp_shape *sa = &pairs[p].a, *sb = &pairs[p].b, *so = &pairs[p].out;
    sp__bcast plan;
    assert_true(sp__k_bcast_plan(&plan, sa, sb, NULL));
    assert_int_equal(plan.size, size_of(so));
    bool low_ok = !is_unsigned(d), power = f == SP__POW && sp_dtype_is_float(d);
    void *a = array_random(d, size_of(sa), power ? 0.25 : low_ok ? -9 : 0, 9, (uint64_t)p + 3);
    void *b = array_random(d, size_of(sb), low_ok ? -4 : 0, 4, (uint64_t)p + 77);
    void *y = array_new(d, plan.size);
    assert_int_equal(sp__k_binary(f, d, y, a, b, &plan), binary_defined(f, d));
    for (int64_t i = 0; binary_defined(f, d) && i < plan.size; i++) {
        long double u = array_get(d, a, element(sa, so, i)), v = array_get(d, b, element(sb, so, i));
        if (sp_dtype_is_float(d) && (f == SP__FLOOR_DIV || f == SP__FLOOR_MOD) && fabsl(v) < 0.01L)
            continue; /* a quotient that rounds across an integer */
        if (sp_dtype_is_float(d) && f == SP__FLOOR_DIV && fabsl(u / v - roundl(u / v)) < 0.05L)
            continue;
        array_near(d, y, i, binary(f, d, u, v), 8 * array_tol(d), "binary");
    }
    if (binary_defined(f, d) && size_of(sa) == plan.size) { /* in place over a */
        assert_true(sp__k_binary(f, d, a, a, b, &plan));
        array_same(d, a, y, plan.size, "binary in place");
    }
    free(a), free(b), free(y);
}

static void every_binary_function_agrees_with_its_formula_under_broadcasting(void **state)
{
    (void)state;
    for (int f = 0; f < SP__BINARY_COUNT_; f++)
        for (int d = 0; d < SP_DTYPE_COUNT_; d++)
            for (int p = 0; p < PAIRS; p++)
                check_binary((sp__binary)f, (sp_dtype)d, p);
}

static void shapes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    sp__bcast plan;
    assert_false(sp__k_bcast_plan(&plan, &SP_DIMS(2, 3), &SP_DIMS(2), NULL));
    assert_false(sp__k_bcast_plan(&plan, &SP_DIMS(2, 3), &SP_DIMS(0, 3), NULL));
    assert_false(sp__k_bcast_plan(&plan, &SP_DIMS(2, 3), &SP_DIMS(2, 3), &SP_DIMS(4)));
    assert_true(sp__k_bcast_plan(&plan, &SP_DIMS(1, 3), &SP_DIMS(0, 3), NULL));
    assert_int_equal(plan.size, 0);
    assert_true(sp__k_bcast_plan(&plan, &SP_DIMS(2, 3, 4), &SP_DIMS(2, 3, 4), NULL));
    assert_int_equal(plan.rank, 1);
}

static void python_signs_and_division_by_zero_are_as_stated(void **state)
{
    (void)state;
    sp__bcast plan;
    assert_true(sp__k_bcast_plan(&plan, &SP_DIMS(7), &SP_DIMS(7), NULL));
    const int32_t a[] = {7, -7, 7, -7, 5, -5, INT32_MIN}, b[] = {2, 2, -2, -2, 0, 0, -1};
    int32_t q[7], r[7];
    assert_true(sp__k_binary(SP__FLOOR_DIV, SP_I32, q, a, b, &plan));
    assert_true(sp__k_binary(SP__FLOOR_MOD, SP_I32, r, a, b, &plan));
    const int32_t quotients[] = {3, -4, -4, 3, INT32_MAX, INT32_MIN, INT32_MIN}, rests[] = {1, 1, -1, -1, 0, 0, 0};
    assert_memory_equal(q, quotients, sizeof q);
    assert_memory_equal(r, rests, sizeof r);
    const double x[] = {7, -7, 7, -7, 5.5, -5.5, 1}, y[] = {2, 2, -2, -2, 2, 2, HUGE_VAL};
    double m[7];
    assert_true(sp__k_binary(SP__FLOOR_MOD, SP_F64, m, x, y, &plan));
    const double want[] = {1, 1, -1, -1, 1.5, 0.5, 1};
    for (int i = 0; i < 7; i++)
        assert_true(m[i] == want[i]);
}

static void the_larger_and_the_smaller_pass_nan_on(void **state)
{
    (void)state;
    sp__bcast plan;
    assert_true(sp__k_bcast_plan(&plan, &SP_DIMS(3), &SP_DIMS(3), NULL));
    const float a[] = {NAN, 1, 2}, b[] = {1, NAN, 3};
    float y[3];
    sp__k_binary(SP__MAXIMUM, SP_F32, y, a, b, &plan);
    assert_true(isnan(y[0]) && isnan(y[1]) && y[2] == 3);
    sp__k_binary(SP__MINIMUM, SP_F32, y, a, b, &plan);
    assert_true(isnan(y[0]) && isnan(y[1]) && y[2] == 2);
}

/* ---- comparisons, choices ---- */

static bool compare(sp__compare f, long double a, long double b)
{
    switch (f) {
    case SP__EQ:
        return a == b;
    case SP__NE:
        return a != b;
    case SP__LT:
        return a < b;
    case SP__LE:
        return a <= b;
    case SP__GT:
        return a > b;
    default:
        return a >= b;
    }
}

static void comparisons_agree_for_every_type_and_shape(void **state)
{
    (void)state;
    for (int f = 0; f < SP__COMPARE_COUNT_; f++)
        for (int d = 0; d < SP_DTYPE_COUNT_; d++)
            for (int p = 0; p < PAIRS; p++) {
                const sp_shape *sa = &pairs[p].a, *sb = &pairs[p].b, *so = &pairs[p].out;
                const sp_dtype t = (sp_dtype)d;
                sp__bcast plan;
                assert_true(sp__k_bcast_plan(&plan, sa, sb, NULL));
                void *a = array_random(t, size_of(sa), 0, 3, 5), *b = array_random(t, size_of(sb), 0, 3, 6);
                uint8_t *y = array_new(SP_BOOL, plan.size);
                if (sp_dtype_is_float(t) && plan.size > 1)
                    array_set(t, a, 0, (long double)NAN);
                assert_true(sp__k_compare((sp__compare)f, t, y, a, b, &plan));
                for (int64_t i = 0; i < plan.size; i++)
                    assert_int_equal(y[i], compare((sp__compare)f, array_get(t, a, element(sa, so, i)),
                                                   array_get(t, b, element(sb, so, i))));
                free(a), free(b), free(y);
            }
}

static void logical_functions_agree_with_c(void **state)
{
    (void)state;
    const uint8_t a[] = {0, 0, 1, 1}, b[] = {0, 1, 0, 1};
    uint8_t y[4];
    sp__bcast plan;
    assert_true(sp__k_bcast_plan(&plan, &SP_DIMS(4), &SP_DIMS(4), NULL));
    assert_true(sp__k_logical(SP__AND, y, a, b, &plan));
    assert_memory_equal(y, ((uint8_t[]){0, 0, 0, 1}), 4);
    assert_true(sp__k_logical(SP__OR, y, a, b, &plan));
    assert_memory_equal(y, ((uint8_t[]){0, 1, 1, 1}), 4);
    assert_true(sp__k_logical(SP__XOR, y, a, b, &plan));
    assert_memory_equal(y, ((uint8_t[]){0, 1, 1, 0}), 4);
}

static void where_takes_a_or_b_with_all_three_broadcast(void **state)
{
    (void)state;
    const sp_shape sc = SP_DIMS(4, 1, 3), sa = SP_DIMS(5, 1), sb = SP_SCALAR, so = SP_DIMS(4, 5, 3);
    sp__bcast plan;
    assert_true(sp__k_bcast_plan(&plan, &sc, &sa, &sb));
    uint8_t *cond = array_random(SP_BOOL, 12, 0, 1, 4);
    for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
        const sp_dtype t = (sp_dtype)d;
        void *a = array_random(t, 5, 0, 9, 1), *b = array_random(t, 1, 0, 9, 2), *y = array_new(t, 60);
        assert_true(sp__k_where(sp_dtype_size(t), y, cond, a, b, &plan));
        for (int64_t i = 0; i < 60; i++)
            array_near(t, y, i, cond[element(&sc, &so, i)] ? array_get(t, a, element(&sa, &so, i)) : array_get(t, b, 0),
                       0, "where");
        free(a), free(b), free(y);
    }
    assert_false(sp__k_where(3, NULL, NULL, NULL, NULL, &plan));
    free(cond);
}

static void sums_in_place_and_scaled_sums_agree(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
        const sp_dtype t = (sp_dtype)d;
        const int64_t n = 77;
        void *x = array_random(t, n, 0, 50, 1), *y = array_random(t, n, 0, 50, 2), *sum = array_copy(t, y, n);
        assert_int_equal(sp__k_add_into(t, sum, x, n), t != SP_BOOL);
        for (int64_t i = 0; t != SP_BOOL && i < n; i++)
            array_near(t, sum, i, array_get(t, x, i) + array_get(t, y, i), array_tol(t), "add_into");
        assert_int_equal(sp__k_axpy(t, y, -0.5, x, n), sp_dtype_is_float(t));
        assert_int_equal(sp__k_scale(t, sum, 0.25, x, n), sp_dtype_is_float(t));
        for (int64_t i = 0; sp_dtype_is_float(t) && i < n; i++)
            array_near(t, sum, i, array_get(t, x, i) / 4, array_tol(t), "scale");
        free(x), free(y), free(sum);
    }
    double y[] = {1, 2, 3}, x[] = {10, 20, 30};
    sp__k_axpy(SP_F64, y, 0.1, x, 3);
    assert_true(fabs(y[0] - 2) < 1e-15 && fabs(y[2] - 6) < 1e-15);
}

/* ---- threads ---- */

static void one_thread_and_several_give_the_same_bits(void **state)
{
    (void)state;
    const sp_shape big = SP_DIMS(64, 50, 101), row = SP_DIMS(50, 1);
    const int64_t n = size_of(&big);
    sp__bcast plan;
    assert_true(sp__k_bcast_plan(&plan, &big, &row, NULL));
    float *a = array_random(SP_F32, n, -3, 3, 1), *b = array_random(SP_F32, 50, 1, 2, 2);
    float *one = array_new(SP_F32, n), *many = array_new(SP_F32, n);
    for (int pass = 0; pass < 3; pass++)
        for (int threads = 1; threads <= 4; threads += 3) {
            sp_set_threads(threads);
            float *y = threads == 1 ? one : many;
            if (pass == 0)
                assert_true(sp__k_binary(SP__MUL, SP_F32, y, a, b, &plan));
            else if (pass == 1)
                assert_true(sp__k_unary(SP__TANH, SP_F32, y, a, n));
            else
                assert_true(sp__k_unary_grad(SP__GELU_ERF, SP_F32, y, a, a, n));
            if (threads > 1)
                array_same(SP_F32, one, many, n, "threads");
        }
    sp_set_threads(0);
    free(a), free(b), free(one), free(many);
}

/* In the child: 0 if the product is right. Waiting for ever ends with a signal. */
static int product_of(const float *a, float *y, int64_t n)
{
    alarm(30);
    const sp__gemm g = {.M = n, .N = n, .K = n, .alpha = 1, .lda = n, .ldb = n, .ldc = n};
    return !sp__k_gemm(SP_F32, &g, a, a, y) || y[0] != (float)n || y[n * n - 1] != (float)n;
}

static void a_forked_process_computes_too(void **state)
{
    (void)state;
    enum { N = 256 };
    float *a = array_new(SP_F32, N * N), *y = array_new(SP_F32, N * N);
    for (int i = 0; i < N * N; i++)
        a[i] = 1;
    sp_set_threads(4);
    assert_true(sp__k_unary(SP__NEG, SP_F32, y, a, N * N)); /* OpenMP's threads exist from here on */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(product_of(a, y, N));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(sp_threads(), 4);
    sp_set_threads(0);
    free(a), free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unary_function_agrees_with_its_formula),
        cmocka_unit_test(unary_functions_treat_special_values_as_stated),
        cmocka_unit_test(exp_and_tanh_of_floats_are_accurate_everywhere),
        cmocka_unit_test(fused_gradients_agree_with_differences),
        cmocka_unit_test(tests_find_nan_and_infinity_in_every_float_type),
        cmocka_unit_test(casts_between_all_types_saturate_and_wrap_as_stated),
        cmocka_unit_test(casts_to_16_bits_round_once),
        cmocka_unit_test(every_binary_function_agrees_with_its_formula_under_broadcasting),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
        cmocka_unit_test(python_signs_and_division_by_zero_are_as_stated),
        cmocka_unit_test(the_larger_and_the_smaller_pass_nan_on),
        cmocka_unit_test(comparisons_agree_for_every_type_and_shape),
        cmocka_unit_test(logical_functions_agree_with_c),
        cmocka_unit_test(where_takes_a_or_b_with_all_three_broadcast),
        cmocka_unit_test(sums_in_place_and_scaled_sums_agree),
        cmocka_unit_test(one_thread_and_several_give_the_same_bits),
        cmocka_unit_test(a_forked_process_computes_too),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
