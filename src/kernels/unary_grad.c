/* unary_grad.c: dx[i] = dy[i] f'(.), and the tests for special values. v is the element of x or y the contract names, g
 * that of dy. */
#include <math.h>

#include "kernels/loops.h"
#include "kernels/math_f32.h"

#define SQRT_1_2    0.70710678118654752440 /* 1 / sqrt 2 */
#define SQRT_2_PI   0.79788456080286535588 /* sqrt(2 / pi) */
#define SQRT_1_2_PI 0.39894228040143267794 /* 1 / sqrt(2 pi) */

/* d/dx x/2 (1 + tanh u), u = sqrt(2/pi) (x + 0.044715 x^3):  (1 + tanh u)/2 + x/2 (1 - tanh^2 u) u' */
#define GELU_TANH_SLOPE(T, S)                                              \
    static inline T gelu_tanh_slope##S(T x)                                \
    {                                                                      \
        T t = SP__M_tanh##S((T)SQRT_2_PI * (x + (T)0.044715 * x * x * x)); \
        T slope = (T)SQRT_2_PI * ((T)1 + (T)(3 * 0.044715) * x * x);       \
        return (T)0.5 * ((T)1 + t) + (T)0.5 * x * ((T)1 - t * t) * slope;  \
    }                                                                      \
    /* d/dx x sigmoid(x) = s (1 + x (1 - s)) */                            \
    static inline T silu_slope##S(T x)                                     \
    {                                                                      \
        T s = (T)1 / ((T)1 + SP__M_exp##S(-x));                            \
        return s * ((T)1 + x * ((T)1 - s));                                \
    }
GELU_TANH_SLOPE(float, f)
GELU_TANH_SLOPE(double, )

#define G_RELU(T, S)       (v > 0 ? g : (T)0)
#define G_RELU6(T, S)      (v > 0 && v < 6 ? g : (T)0)
#define G_SIGMOID(T, S)    (g * v * ((T)1 - v))
#define G_TANH(T, S)       (g * ((T)1 - v * v))
#define G_SQRT(T, S)       (g * (T)0.5 / v)
#define G_EXP(T, S)        (g * v)
#define G_RECIPROCAL(T, S) (-g * v * v)
#define G_SOFTPLUS(T, S)   (g / ((T)1 + SP__M_exp##S(-v)))
#define G_SILU(T, S)       (g * silu_slope##S(v))
#define G_GELU_TANH(T, S)  (g * gelu_tanh_slope##S(v))
/* Phi(x) + x phi(x) with the normal distribution's Phi and density phi */
#define G_GELU_ERF(T, S) \
    (g * ((T)0.5 * ((T)1 + SP__M_erf##S(v * (T)SQRT_1_2)) + v * (T)SQRT_1_2_PI * SP__M_exp##S((T)-0.5 * v * v)))

typedef void (*grad_loop)(void *dx, const void *dy, const void *v, int64_t n);

#define LOOP(name, attribute, D, T, C, S, load, store)                                      \
    attribute static void name##_##D(void *dx_, const void *dy_, const void *v_, int64_t n) \
    {                                                                                       \
        T *dx = dx_;                                                                        \
        const T *dy = dy_;                                                                  \
        const T *vs = v_;                                                                   \
        SP__SIMD_##D for (int64_t i = 0; i < n; i++)                                        \
        {                                                                                   \
            const C g = load(dy[i]);                                                        \
            const C v = load(vs[i]);                                                        \
            dx[i] = (T)store(G_##name(C, S));                                               \
        }                                                                                   \
    }

#define FUNCTIONS(X, ...)      \
    X(RELU, __VA_ARGS__)       \
    X(RELU6, __VA_ARGS__)      \
    X(SIGMOID, __VA_ARGS__)    \
    X(TANH, __VA_ARGS__)       \
    X(SQRT, __VA_ARGS__)       \
    X(EXP, __VA_ARGS__)        \
    X(RECIPROCAL, __VA_ARGS__) \
    X(SOFTPLUS, __VA_ARGS__)   \
    X(SILU, __VA_ARGS__)       \
    X(GELU_TANH, __VA_ARGS__)  \
    X(GELU_ERF, __VA_ARGS__)
#define HOT_LOOP(name, D, ...) LOOP(name, SP__HOT_##D, D, __VA_ARGS__)

#define X(...) FUNCTIONS(HOT_LOOP, __VA_ARGS__)
SP__REAL_TYPES(X)
#undef X
#define X(...) FUNCTIONS(HOT_LOOP, __VA_ARGS__)
SP__HALF_TYPES(X)
#undef X

#define ENTRY(name, D) [SP__##name] = name##_##D,
#define X(D, ...)      [SP_##D] = {FUNCTIONS(ENTRY, D)},
static const grad_loop loops[SP_DTYPE_COUNT_][SP__UNARY_COUNT_] = {SP__FLOAT_TYPES(X)};
#undef X

typedef struct grad_job {
    grad_loop loop;
    void *dx;
    const void *dy, *v;
    int64_t bytes;
} grad_job;

static void grad_range(const void *arg, int64_t begin, int64_t end)
{
    const grad_job *j = arg;
    int64_t at = begin * j->bytes;
    j->loop(sp__at_mut(j->dx, at), sp__at(j->dy, at), sp__at(j->v, at), end - begin);
}

bool sp__k_unary_grad(sp__unary f, sp_dtype dtype, void *dx, const void *dy, const void *v, int64_t n)
{
    if ((unsigned)f >= SP__UNARY_COUNT_ || (unsigned)dtype >= SP_DTYPE_COUNT_ || !loops[dtype][f])
        return false;
    grad_job job = {loops[dtype][f], dx, dy, v, sp__bytes(dtype)};
    bool costly = f == SP__SOFTPLUS || f == SP__SILU || f == SP__GELU_TANH || f == SP__GELU_ERF;
    int64_t cost = !costly ? 1 : dtype == SP_F32 ? SP__COST_ERF : SP__COST_LIBM;
    sp__for(n, SP__GRAIN, n * cost, grad_range, &job);
    return true;
}

/* ---- tests for special values ---- */

typedef void (*test_loop)(uint8_t *y, const void *x, int64_t n);

#define TEST_LOOP(name, D, T, load, what)                         \
    static void name##_##D(uint8_t *y, const void *x_, int64_t n) \
    {                                                             \
        const T *x = x_;                                          \
        for (int64_t i = 0; i < n; i++)                           \
            y[i] = (uint8_t)(what(load(x[i])) != 0);              \
    }
#define X(D, T, C, S, load, store)       \
    TEST_LOOP(IS_NAN, D, T, load, isnan) \
    TEST_LOOP(IS_INF, D, T, load, isinf) \
    TEST_LOOP(IS_FINITE, D, T, load, isfinite)
SP__FLOAT_TYPES(X)
#undef X

#define X(D, ...) [SP_##D] = {IS_NAN_##D, IS_INF_##D, IS_FINITE_##D},
static const test_loop tests[SP_DTYPE_COUNT_][SP__TEST_COUNT_] = {SP__FLOAT_TYPES(X)};
#undef X

typedef struct test_job {
    test_loop loop;
    uint8_t *y;
    const void *x;
    int64_t bytes;
} test_job;

static void test_range(const void *arg, int64_t begin, int64_t end)
{
    const test_job *j = arg;
    j->loop(j->y + begin, sp__at(j->x, begin * j->bytes), end - begin);
}

bool sp__k_test(sp__test f, sp_dtype dtype, uint8_t *y, const void *x, int64_t n)
{
    if ((unsigned)f >= SP__TEST_COUNT_ || (unsigned)dtype >= SP_DTYPE_COUNT_)
        return false;
    if (!sp_dtype_is_float(dtype)) {
        if (n > 0)
            memset(y, f == SP__IS_FINITE, (size_t)n);
        return true;
    }
    test_job job = {tests[dtype][f], y, x, sp__bytes(dtype)};
    sp__for(n, SP__GRAIN, n, test_range, &job);
    return true;
}

bool sp__k_all_finite(sp_dtype dtype, const void *x, int64_t n)
{
    if (!sp_dtype_is_float(dtype))
        return true;
    uint8_t finite[SP__GRAIN];
    for (int64_t i = 0; i < n; i += SP__GRAIN) {
        int64_t len = SP__MIN(n - i, SP__GRAIN);
        tests[dtype][SP__IS_FINITE](finite, sp__at(x, i * sp__bytes(dtype)), len);
        if (memchr(finite, 0, (size_t)len))
            return false;
    }
    return true;
}
