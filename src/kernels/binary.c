/* binary.c: y = a f b with broadcasting. p and q are the elements of a and b, T the computed type. */
#include <math.h>

#include "kernels/loops.h"

/* ---- formulae: floats ---- */

#define F_ADD(T, S)       (p + q)
#define F_SUB(T, S)       (p - q)
#define F_MUL(T, S)       (p * q)
#define F_DIV(T, S)       (p / q)
#define F_FLOOR_DIV(T, S) floor##S(p / q)
#define F_FLOOR_MOD(T, S) floor_mod##S(p, q)
#define F_POW(T, S)       pow##S(p, q)
#define F_ATAN2(T, S)     atan2##S(p, q)
/* p if it is NaN; a NaN in q makes the comparison false and is taken. */
#define F_MAXIMUM(T, S) (p != p || p > q ? p : q)
#define F_MINIMUM(T, S) (p != p || p < q ? p : q)

/* Python's %: the remainder takes the sign of b. */
static inline float floor_modf(float a, float b)
{
    float r = fmodf(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static inline double floor_mod(double a, double b)
{
    double r = fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* ---- formulae: integers, computed in 64 bits where they divide or multiply up ---- */

static inline int64_t floor_div_i64(int64_t a, int64_t b, int64_t low, int64_t high)
{
    if (b == 0)
        return a > 0 ? high : a < 0 ? low : 0;
    if (b == -1)
        return (int64_t)(0 - (uint64_t)a); /* the smallest / -1 does not fit: it wraps */
    int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static inline int64_t floor_mod_i64(int64_t a, int64_t b)
{
    if (b == 0 || b == -1)
        return 0;
    int64_t r = a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* By squaring; wraps. */
static inline uint64_t pow_u64(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1)
            result *= base;
        base *= base;
    }
    return result;
}

static inline int64_t pow_i64(int64_t base, int64_t exponent, int64_t high)
{
    if (exponent >= 0)
        return (int64_t)pow_u64((uint64_t)base, (uint64_t)exponent);
    if (base == 0)
        return high;
    return base == 1 ? 1 : base != -1 ? 0 : exponent % 2 ? -1 : 1;
}

/* ---- rows ---- */

/* Both dense, one of them a single number, or any strides: the first three are where the time goes. */
#define LOOP(name, attribute, D, T, C, load, store, formula)                                                      \
    attribute static void name##_##D(void *y_, const void *a_, int64_t sa, const void *b_, int64_t sb, int64_t n) \
    {                                                                                                             \
        T *y = y_;                                                                                                \
        const T *a = a_, *b = b_;                                                                                 \
        if (sa == 1 && sb == 1) {                                                                                 \
            SP__SIMD_##D for (int64_t i = 0; i < n; i++)                                                          \
            {                                                                                                     \
                const C p = load(a[i]), q = load(b[i]);                                                           \
                y[i] = (T)store(formula);                                                                         \
            }                                                                                                     \
        } else if (sa == 1 && sb == 0) {                                                                          \
            const C q = load(b[0]);                                                                               \
            SP__SIMD_##D for (int64_t i = 0; i < n; i++)                                                          \
            {                                                                                                     \
                const C p = load(a[i]);                                                                           \
                y[i] = (T)store(formula);                                                                         \
            }                                                                                                     \
        } else if (sa == 0 && sb == 1) {                                                                          \
            const C p = load(a[0]);                                                                               \
            SP__SIMD_##D for (int64_t i = 0; i < n; i++)                                                          \
            {                                                                                                     \
                const C q = load(b[i]);                                                                           \
                y[i] = (T)store(formula);                                                                         \
            }                                                                                                     \
        } else {                                                                                                  \
            for (int64_t i = 0; i < n; i++) {                                                                     \
                const C p = load(a[i * sa]), q = load(b[i * sb]);                                                 \
                y[i] = (T)store(formula);                                                                         \
            }                                                                                                     \
        }                                                                                                         \
    }

#define CHEAP(X, ...)       \
    X(ADD, __VA_ARGS__)     \
    X(SUB, __VA_ARGS__)     \
    X(MUL, __VA_ARGS__)     \
    X(DIV, __VA_ARGS__)     \
    X(MAXIMUM, __VA_ARGS__) \
    X(MINIMUM, __VA_ARGS__) \
    X(FLOOR_DIV, __VA_ARGS__)
#define COSTLY(X, ...)        \
    X(FLOOR_MOD, __VA_ARGS__) \
    X(POW, __VA_ARGS__)       \
    X(ATAN2, __VA_ARGS__)
#define HOT_LOOP(name, D, T, C, S, load, store)   LOOP(name, SP__HOT_##D, D, T, C, load, store, F_##name(C, S))
#define PLAIN_LOOP(name, D, T, C, S, load, store) LOOP(name, SP__SMALL, D, T, C, load, store, F_##name(C, S))

#define X(...) CHEAP(HOT_LOOP, __VA_ARGS__) COSTLY(PLAIN_LOOP, __VA_ARGS__)
SP__REAL_TYPES(X)
#undef X
#define X(...) CHEAP(HOT_LOOP, __VA_ARGS__) COSTLY(HOT_LOOP, __VA_ARGS__)
SP__HALF_TYPES(X)
#undef X

#define INT_LOOP(name, D, T, formula) LOOP(name, SP__SMALL, D, T, T, SP__SAME, SP__SAME, formula)
#define COMMON_INT_LOOPS(D, T, U)            \
    INT_LOOP(ADD, D, T, ((U)p + (U)q))       \
    INT_LOOP(SUB, D, T, ((U)p - (U)q))       \
    INT_LOOP(MUL, D, T, ((U)p * (U)q))       \
    INT_LOOP(MAXIMUM, D, T, (p > q ? p : q)) \
    INT_LOOP(MINIMUM, D, T, (p < q ? p : q))
#define X(D, T, U, low, high)                                   \
    COMMON_INT_LOOPS(D, T, U)                                   \
    INT_LOOP(FLOOR_DIV, D, T, (floor_div_i64(p, q, low, high))) \
    INT_LOOP(FLOOR_MOD, D, T, (floor_mod_i64(p, q)))            \
    INT_LOOP(POW, D, T, (pow_i64(p, q, high)))
SP__SIGNED_TYPES(X)
#undef X
#define X(D, T, U, low, high)                                             \
    COMMON_INT_LOOPS(D, T, U)                                             \
    INT_LOOP(FLOOR_DIV, D, T, (q != 0 ? p / q : p != 0 ? (T)high : (T)0)) \
    INT_LOOP(FLOOR_MOD, D, T, (q != 0 ? p % q : (T)0))                    \
    INT_LOOP(POW, D, T, (pow_u64(p, q)))
SP__UNSIGNED_TYPES(X)
#undef X

INT_LOOP(OR, BOOL, uint8_t, (p | q))
INT_LOOP(XOR, BOOL, uint8_t, (p ^ q))
INT_LOOP(AND, BOOL, uint8_t, (p & q))

/* ---- tables ---- */

#define ENTRY(name, D) [SP__##name] = name##_##D,
#define FLOATS(D, ...) [SP_##D] = {CHEAP(ENTRY, D) COSTLY(ENTRY, D)},
#define INTS(D, ...)                                                                                              \
    [SP_##D] = {ENTRY(ADD, D) ENTRY(SUB, D) ENTRY(MUL, D) ENTRY(MAXIMUM, D) ENTRY(MINIMUM, D) ENTRY(FLOOR_DIV, D) \
                    ENTRY(FLOOR_MOD, D) ENTRY(POW, D)},
static const sp__row2 rows[SP_DTYPE_COUNT_][SP__BINARY_COUNT_] = {
    SP__FLOAT_TYPES(FLOATS) SP__INT_TYPES(INTS)[SP_BOOL] = {[SP__ADD] = OR_BOOL,
                                                            [SP__SUB] = XOR_BOOL,
                                                            [SP__MUL] = AND_BOOL,
                                                            [SP__MAXIMUM] = OR_BOOL,
                                                            [SP__MINIMUM] = AND_BOOL},
};

bool sp__k_binary(sp__binary f, sp_dtype dtype, void *y, const void *a, const void *b, const sp__bcast *plan)
{
    if ((unsigned)f >= SP__BINARY_COUNT_ || (unsigned)dtype >= SP_DTYPE_COUNT_ || !rows[dtype][f])
        return false;
    int64_t cost = f == SP__POW || f == SP__ATAN2 || f == SP__FLOOR_MOD ? SP__COST_LIBM : 1;
    sp__k_rows2(rows[dtype][f], plan, y, sp__bytes(dtype), a, b, sp__bytes(dtype), cost);
    return true;
}

bool sp__k_logical(sp__logical f, uint8_t *y, const uint8_t *a, const uint8_t *b, const sp__bcast *plan)
{
    static const sp__row2 logical[] = {[SP__AND] = AND_BOOL, [SP__OR] = OR_BOOL, [SP__XOR] = XOR_BOOL};
    if ((unsigned)f >= SP__LOGICAL_COUNT_)
        return false;
    sp__k_rows2(logical[f], plan, y, 1, a, b, 1, 1);
    return true;
}

/* y += x, as a sum of equal shapes in place. */
bool sp__k_add_into(sp_dtype dtype, void *y, const void *x, int64_t n)
{
    if (dtype == SP_BOOL)
        return false;
    sp__bcast plan = {.rank = 1, .size = n, .dim = {n}, .stride_a = {1}, .stride_b = {1}};
    return sp__k_binary(SP__ADD, dtype, y, y, x, &plan);
}
