/* unary.c: y[i] = f(x[i]). The formulae are macros of the computed type T and libm's suffix S; v is the element. */
#include <math.h>

#include "kernels/loops.h"
#include "kernels/math_f32.h"

#define SQRT_1_2  0.70710678118654752440 /* 1 / sqrt 2 */
#define SQRT_2_PI 0.79788456080286535588 /* sqrt(2 / pi) */

#define F_NEG(T, S)        (-v)
#define F_ABS(T, S)        fabs##S(v)
#define F_SIGN(T, S)       (v > 0 ? (T)1 : v < 0 ? (T)-1 : v) /* v: 0 or NaN */
#define F_SQUARE(T, S)     (v * v)
#define F_RELU(T, S)       ((T)0 > v ? (T)0 : v)
#define F_RELU6(T, S)      ((T)0 > v ? (T)0 : v > (T)6 ? (T)6 : v)
#define F_FLOOR(T, S)      floor##S(v)
#define F_CEIL(T, S)       ceil##S(v)
#define F_ROUND(T, S)      rint##S(v)
#define F_TRUNC(T, S)      trunc##S(v)
#define F_SQRT(T, S)       sqrt##S(v)
#define F_RSQRT(T, S)      ((T)1 / sqrt##S(v))
#define F_RECIPROCAL(T, S) ((T)1 / v)
#define F_EXP(T, S)        SP__M_exp##S(v)
#define F_EXPM1(T, S)      SP__M_expm1##S(v)
#define F_LOG(T, S)        SP__M_log##S(v)
#define F_LOG1P(T, S)      SP__M_log1p##S(v)
#define F_SIN(T, S)        sin##S(v)
#define F_COS(T, S)        cos##S(v)
#define F_TAN(T, S)        tan##S(v)
#define F_ASIN(T, S)       asin##S(v)
#define F_ACOS(T, S)       acos##S(v)
#define F_ATAN(T, S)       atan##S(v)
#define F_SINH(T, S)       sinh##S(v)
#define F_COSH(T, S)       cosh##S(v)
#define F_TANH(T, S)       SP__M_tanh##S(v)
#define F_ASINH(T, S)      asinh##S(v)
#define F_ACOSH(T, S)      acosh##S(v)
#define F_ATANH(T, S)      atanh##S(v)
#define F_ERF(T, S)        SP__M_erf##S(v)
#define F_ERFC(T, S)       erfc##S(v)
#define F_SIGMOID(T, S)    ((T)1 / ((T)1 + SP__M_exp##S(-v)))
#define F_SILU(T, S)       (v / ((T)1 + SP__M_exp##S(-v)))
#define F_SOFTPLUS(T, S)   SP__M_softplus##S(v)
#define F_GELU_TANH(T, S)  ((T)0.5 * v * ((T)1 + SP__M_tanh##S((T)SQRT_2_PI * (v + (T)0.044715 * v * v * v))))
#define F_GELU_ERF(T, S)   ((T)0.5 * v * ((T)1 + SP__M_erf##S(v * (T)SQRT_1_2)))

/* X(name, ...): the functions of floats. Those that become vector code are also compiled for wider vectors. */
#define VECTOR(X, ...)         \
    X(NEG, __VA_ARGS__)        \
    X(ABS, __VA_ARGS__)        \
    X(SIGN, __VA_ARGS__)       \
    X(SQUARE, __VA_ARGS__)     \
    X(RELU, __VA_ARGS__)       \
    X(RELU6, __VA_ARGS__)      \
    X(FLOOR, __VA_ARGS__)      \
    X(CEIL, __VA_ARGS__)       \
    X(ROUND, __VA_ARGS__)      \
    X(TRUNC, __VA_ARGS__)      \
    X(SQRT, __VA_ARGS__)       \
    X(RSQRT, __VA_ARGS__)      \
    X(RECIPROCAL, __VA_ARGS__) \
    X(EXP, __VA_ARGS__)        \
    X(EXPM1, __VA_ARGS__)      \
    X(LOG, __VA_ARGS__)        \
    X(LOG1P, __VA_ARGS__)      \
    X(TANH, __VA_ARGS__)       \
    X(ERF, __VA_ARGS__)        \
    X(SIGMOID, __VA_ARGS__)    \
    X(SILU, __VA_ARGS__)       \
    X(SOFTPLUS, __VA_ARGS__)   \
    X(GELU_TANH, __VA_ARGS__)  \
    X(GELU_ERF, __VA_ARGS__)
#define SCALAR(X, ...)    \
    X(SIN, __VA_ARGS__)   \
    X(COS, __VA_ARGS__)   \
    X(TAN, __VA_ARGS__)   \
    X(ASIN, __VA_ARGS__)  \
    X(ACOS, __VA_ARGS__)  \
    X(ATAN, __VA_ARGS__)  \
    X(SINH, __VA_ARGS__)  \
    X(COSH, __VA_ARGS__)  \
    X(ASINH, __VA_ARGS__) \
    X(ACOSH, __VA_ARGS__) \
    X(ATANH, __VA_ARGS__) \
    X(ERFC, __VA_ARGS__)

typedef void (*unary_loop)(void *y, const void *x, int64_t n);

#define LOOP(name, attribute, D, T, C, load, store, formula)              \
    attribute static void name##_##D(void *y_, const void *x_, int64_t n) \
    {                                                                     \
        T *y = y_;                                                        \
        const T *x = x_;                                                  \
        SP__SIMD_##D for (int64_t i = 0; i < n; i++)                      \
        {                                                                 \
            const C v = load(x[i]);                                       \
            y[i] = (T)store(formula);                                     \
        }                                                                 \
    }

#define HOT_LOOP(name, D, T, C, S, load, store)   LOOP(name, SP__HOT_##D, D, T, C, load, store, F_##name(C, S))
#define PLAIN_LOOP(name, D, T, C, S, load, store) LOOP(name, SP__SMALL, D, T, C, load, store, F_##name(C, S))
#define X(...)                                    VECTOR(HOT_LOOP, __VA_ARGS__) SCALAR(PLAIN_LOOP, __VA_ARGS__)
SP__REAL_TYPES(X)
#undef X
#define X(...) VECTOR(HOT_LOOP, __VA_ARGS__) SCALAR(HOT_LOOP, __VA_ARGS__)
SP__HALF_TYPES(X)
#undef X

/* Integers. U wraps, so nothing overflows. */
#define X(D, T, U, low, high)                                                       \
    LOOP(NEG, SP__SMALL, D, T, T, SP__SAME, SP__SAME, ((U)0 - (U)v))                \
    LOOP(ABS, SP__SMALL, D, T, T, SP__SAME, SP__SAME, (v < 0 ? (U)0 - (U)v : (U)v)) \
    LOOP(SIGN, SP__SMALL, D, T, T, SP__SAME, SP__SAME, ((v > 0) - (v < 0)))         \
    LOOP(SQUARE, SP__SMALL, D, T, T, SP__SAME, SP__SAME, ((U)v * (U)v))             \
    LOOP(RELU, SP__SMALL, D, T, T, SP__SAME, SP__SAME, (v > 0 ? v : 0))             \
    LOOP(RELU6, SP__SMALL, D, T, T, SP__SAME, SP__SAME, (v < 0 ? 0 : v > 6 ? 6 : v))
SP__SIGNED_TYPES(X)
#undef X
#define X(D, T, U, low, high)                                           \
    LOOP(NEG, SP__SMALL, D, T, T, SP__SAME, SP__SAME, ((U)0 - (U)v))    \
    LOOP(SIGN, SP__SMALL, D, T, T, SP__SAME, SP__SAME, (v > 0))         \
    LOOP(SQUARE, SP__SMALL, D, T, T, SP__SAME, SP__SAME, ((U)v * (U)v)) \
    LOOP(RELU6, SP__SMALL, D, T, T, SP__SAME, SP__SAME, (v > 6 ? 6 : v))
SP__UNSIGNED_TYPES(X)
#undef X

LOOP(COPY, SP__SMALL, B1, uint8_t, uint8_t, SP__SAME, SP__SAME, v)
LOOP(COPY, SP__SMALL, B2, uint16_t, uint16_t, SP__SAME, SP__SAME, v)
LOOP(COPY, SP__SMALL, B4, uint32_t, uint32_t, SP__SAME, SP__SAME, v)
LOOP(COPY, SP__SMALL, B8, uint64_t, uint64_t, SP__SAME, SP__SAME, v)
LOOP(LOGICAL_NOT, SP__SMALL, BOOL, uint8_t, uint8_t, SP__SAME, SP__SAME, (v == 0))

#define ENTRY(name, D)   [SP__##name] = name##_##D,
#define FLOAT_ENTRIES(D) VECTOR(ENTRY, D) SCALAR(ENTRY, D)
#define ROUNDINGS(B)     [SP__FLOOR] = COPY_##B, [SP__CEIL] = COPY_##B, [SP__ROUND] = COPY_##B, [SP__TRUNC] = COPY_##B
#define SIGNED_ENTRIES(D, B) \
    ENTRY(NEG, D) ENTRY(ABS, D) ENTRY(SIGN, D) ENTRY(SQUARE, D) ENTRY(RELU, D) ENTRY(RELU6, D) ROUNDINGS(B)
#define UNSIGNED_ENTRIES(D, B) \
    ENTRY(NEG, D)              \
    ENTRY(SIGN, D) ENTRY(SQUARE, D) ENTRY(RELU6, D)[SP__ABS] = COPY_##B, [SP__RELU] = COPY_##B, ROUNDINGS(B)

static const unary_loop loops[SP_DTYPE_COUNT_][SP__UNARY_COUNT_] = {
    [SP_F32] = {FLOAT_ENTRIES(F32)},
    [SP_F64] = {FLOAT_ENTRIES(F64)},
    [SP_F16] = {FLOAT_ENTRIES(F16)},
    [SP_BF16] = {FLOAT_ENTRIES(BF16)},
    [SP_I8] = {SIGNED_ENTRIES(I8, B1)},
    [SP_I16] = {SIGNED_ENTRIES(I16, B2)},
    [SP_I32] = {SIGNED_ENTRIES(I32, B4)},
    [SP_I64] = {SIGNED_ENTRIES(I64, B8)},
    [SP_U8] = {UNSIGNED_ENTRIES(U8, B1)},
    [SP_U16] = {UNSIGNED_ENTRIES(U16, B2)},
    [SP_U32] = {UNSIGNED_ENTRIES(U32, B4)},
    [SP_U64] = {UNSIGNED_ENTRIES(U64, B8)},
    [SP_BOOL] = {[SP__LOGICAL_NOT] = LOGICAL_NOT_BOOL},
};

typedef struct unary_job {
    unary_loop loop;
    void *y;
    const void *x;
    int64_t bytes;
} unary_job;

static void unary_range(const void *arg, int64_t begin, int64_t end)
{
    const unary_job *j = arg;
    j->loop(sp__at_mut(j->y, begin * j->bytes), sp__at(j->x, begin * j->bytes), end - begin);
}

/* As VECTOR and SCALAR above. */
static int64_t cost_of(sp__unary f, sp_dtype dtype)
{
    if (f < SP__EXP)
        return sp__bytes(dtype) == 2 && sp_dtype_is_float(dtype) ? SP__COST_HALF : 1;
    switch (f) {
    case SP__EXP:
    case SP__EXPM1:
    case SP__LOG:
    case SP__LOG1P:
    case SP__TANH:
    case SP__SIGMOID:
    case SP__SILU:
        return dtype == SP_F32 ? SP__COST_MATH : SP__COST_LIBM;
    case SP__ERF:
    case SP__SOFTPLUS:
    case SP__GELU_TANH:
    case SP__GELU_ERF:
        return dtype == SP_F32 ? SP__COST_ERF : SP__COST_LIBM;
    case SP__LOGICAL_NOT:
        return 1;
    default:
        return SP__COST_LIBM;
    }
}

bool sp__k_unary(sp__unary f, sp_dtype dtype, void *y, const void *x, int64_t n)
{
    if ((unsigned)f >= SP__UNARY_COUNT_ || (unsigned)dtype >= SP_DTYPE_COUNT_ || !loops[dtype][f])
        return false;
    unary_job job = {loops[dtype][f], y, x, sp__bytes(dtype)};
    sp__for(n, SP__GRAIN, n * cost_of(f, dtype), unary_range, &job);
    return true;
}
