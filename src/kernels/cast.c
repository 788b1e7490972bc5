/* cast.c: every type to every other. */
#include "kernels/loops.h"

/* ---- floats to integers: truncated, saturated, NaN to 0 ---- */

/* The bounds are compared as floats: (C)high may round up to high + 1, which does not fit either, so >= is right. */
#define SATURATE(D, T, C, low, high)         \
    static inline T D##_of_##C(C v)          \
    {                                        \
        if (v != v)                          \
            return 0;                        \
        if (v <= (C)(low))                   \
            return low;                      \
        return v >= (C)(high) ? high : (T)v; \
    }
#define X(D, T, U, low, high) SATURATE(D, T, float, low, high) SATURATE(D, T, double, low, high)
SP__INT_TYPES(X)
#undef X

/* ---- to 16 bits: rounded once ---- */

/* A 64-bit integer as the double to round to a narrower type: of more than 53 bits, the low ones are gathered into the
 * last that a double holds, so that a tie is still told from a number next to it. Exact otherwise. */
static inline double F64_of_U64(uint64_t v)
{
    const uint64_t low = 0x7ff;
    return (double)(v >> 53 && (v & low) ? (v & ~low) | (low + 1) : v);
}

static inline double F64_of_I64(int64_t v) { return v < 0 ? -F64_of_U64(0 - (uint64_t)v) : F64_of_U64((uint64_t)v); }

static inline uint16_t u64_to_f16(uint64_t v) { return sp__f64_to_f16(F64_of_U64(v)); }
static inline uint16_t i64_to_f16(int64_t v) { return sp__f64_to_f16(F64_of_I64(v)); }
static inline uint16_t u64_to_bf16(uint64_t v) { return sp__f64_to_bf16(F64_of_U64(v)); }
static inline uint16_t i64_to_bf16(int64_t v) { return sp__f64_to_bf16(F64_of_I64(v)); }

/* By way of a type that holds every v: float (also of 8 and 16 bits), double, or as above. */
/* clang-format off */
#define TO_16(v, half) \
    _Generic((v), double: sp__f64_to_##half, int32_t: sp__f64_to_##half, uint32_t: sp__f64_to_##half, \
             int64_t: i64_to_##half, uint64_t: u64_to_##half, default: sp__f32_to_##half)(v)
/* clang-format on */

/* ---- loops ---- */

typedef void (*cast_loop)(void *y, const void *x, int64_t n);

/* v is the loaded element; those between floats are compiled for wider vectors, too */
#define LOOP(to, T, from, F, load, value) ANY_LOOP(SP__SMALL, to, T, from, F, load, value)
#define ANY_LOOP(attribute, to, T, from, F, load, value)                      \
    attribute static void from##_to_##to(void *y_, const void *x_, int64_t n) \
    {                                                                         \
        T *y = y_;                                                            \
        const F *x = x_;                                                      \
        SP__SIMD                                                              \
        for (int64_t i = 0; i < n; i++) {                                     \
            const F e = x[i];                                                 \
            y[i] = value(load(e));                                            \
        }                                                                     \
    }
#define TO_F32(v)  ((float)(v))
#define TO_F64(v)  ((double)(v))
#define TO_F16(v)  TO_16(v, f16)
#define TO_BF16(v) TO_16(v, bf16)
#define TO_BOOL(v) ((v) != 0)
#define TO_INT(v)  v

/* From one type to the floats and Bool. */
#define TO_OTHERS(attribute, from, F, load)                     \
    ANY_LOOP(attribute, F32, float, from, F, load, TO_F32)      \
    ANY_LOOP(attribute, F64, double, from, F, load, TO_F64)     \
    ANY_LOOP(attribute, F16, uint16_t, from, F, load, TO_F16)   \
    ANY_LOOP(attribute, BF16, uint16_t, from, F, load, TO_BF16) \
    LOOP(BOOL, uint8_t, from, F, load, TO_BOOL)

/* From a float type (computed as C) to the integers; from an integer type to the integers. */
#define FLOAT_TO_INTS(from, F, load, C)            \
    LOOP(I8, int8_t, from, F, load, I8_of_##C)     \
    LOOP(I16, int16_t, from, F, load, I16_of_##C)  \
    LOOP(I32, int32_t, from, F, load, I32_of_##C)  \
    LOOP(I64, int64_t, from, F, load, I64_of_##C)  \
    LOOP(U8, uint8_t, from, F, load, U8_of_##C)    \
    LOOP(U16, uint16_t, from, F, load, U16_of_##C) \
    LOOP(U32, uint32_t, from, F, load, U32_of_##C) LOOP(U64, uint64_t, from, F, load, U64_of_##C)
#define INT_TO_INTS(from, F)                           \
    LOOP(I8, int8_t, from, F, SP__SAME, (int8_t))      \
    LOOP(I16, int16_t, from, F, SP__SAME, (int16_t))   \
    LOOP(I32, int32_t, from, F, SP__SAME, (int32_t))   \
    LOOP(I64, int64_t, from, F, SP__SAME, (int64_t))   \
    LOOP(U8, uint8_t, from, F, SP__SAME, (uint8_t))    \
    LOOP(U16, uint16_t, from, F, SP__SAME, (uint16_t)) \
    LOOP(U32, uint32_t, from, F, SP__SAME, (uint32_t)) LOOP(U64, uint64_t, from, F, SP__SAME, (uint64_t))

TO_OTHERS(SP__HOT, F32, float, SP__SAME)
FLOAT_TO_INTS(F32, float, SP__SAME, float)
TO_OTHERS(SP__HOT_F64, F64, double, SP__SAME)
FLOAT_TO_INTS(F64, double, SP__SAME, double)
TO_OTHERS(SP__HOT, F16, uint16_t, sp__f16_to_f32)
FLOAT_TO_INTS(F16, uint16_t, sp__f16_to_f32, float)
TO_OTHERS(SP__HOT, BF16, uint16_t, sp__bf16_to_f32)
FLOAT_TO_INTS(BF16, uint16_t, sp__bf16_to_f32, float)
#define X(D, T, ...)                       \
    TO_OTHERS(SP__HOT_##D, D, T, SP__SAME) \
    INT_TO_INTS(D, T)
SP__INT_TYPES(X)
X(BOOL, uint8_t, )
#undef X

#define FROM(from)                                                                                                  \
    [SP_##from] = {                                                                                                 \
        [SP_F32] = from##_to_F32,   [SP_F64] = from##_to_F64, [SP_F16] = from##_to_F16, [SP_BF16] = from##_to_BF16, \
        [SP_I8] = from##_to_I8,     [SP_I16] = from##_to_I16, [SP_I32] = from##_to_I32, [SP_I64] = from##_to_I64,   \
        [SP_U8] = from##_to_U8,     [SP_U16] = from##_to_U16, [SP_U32] = from##_to_U32, [SP_U64] = from##_to_U64,   \
        [SP_BOOL] = from##_to_BOOL,                                                                                 \
    },
#define X(name, text, bytes) FROM(name)
static const cast_loop loops[SP_DTYPE_COUNT_][SP_DTYPE_COUNT_] = {SP_DTYPES(X)};
#undef X

typedef struct cast_job {
    cast_loop loop;
    void *y;
    const void *x;
    int64_t ey, ex;
} cast_job;

static void cast_range(const void *arg, int64_t begin, int64_t end)
{
    const cast_job *j = arg;
    j->loop(sp__at_mut(j->y, begin * j->ey), sp__at(j->x, begin * j->ex), end - begin);
}

bool sp__k_cast(sp_dtype to, sp_dtype from, void *y, const void *x, int64_t n)
{
    if ((unsigned)to >= SP_DTYPE_COUNT_ || (unsigned)from >= SP_DTYPE_COUNT_)
        return false;
    if (to == from) { /* bit for bit, NaNs too */
        if (n > 0 && y != x)
            memcpy(y, x, (size_t)(n * sp__bytes(to)));
        return true;
    }
    cast_job job = {loops[from][to], y, x, sp__bytes(to), sp__bytes(from)};
    bool floats = sp_dtype_is_float(to) || sp_dtype_is_float(from), same_size = job.ey == job.ex;
    sp__for(n, SP__GRAIN, floats && !same_size ? n * SP__COST_HALF : n, cast_range, &job);
    return true;
}
