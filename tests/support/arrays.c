/* Plain arrays of any element type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/half.h"
#include "support/arrays.h"

void *array_new(sp_dtype dtype, int64_t n)
{
    size_t bytes = (size_t)n * sp_dtype_size(dtype);
    void *x = malloc(bytes ? bytes : 1);
    assert_non_null(x);
    memset(x, 0xa5, bytes ? bytes : 1);
    return x;
}

void *array_copy(sp_dtype dtype, const void *x, int64_t n)
{
    void *y = array_new(dtype, n);
    if (n > 0)
        memcpy(y, x, (size_t)n * sp_dtype_size(dtype));
    return y;
}

/* Steele, Lea & Flood 2014: splitmix64 */
static uint64_t next_word(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void *array_random(sp_dtype dtype, int64_t n, double low, double high, uint64_t seed)
{
    void *x = array_new(dtype, n);
    for (int64_t i = 0; i < n; i++) {
        double u = (double)(next_word(&seed) >> 11) * 0x1p-53;
        if (dtype == SP_BOOL)
            array_set(dtype, x, i, u < 0.5 ? 0 : 1);
        else if (sp_dtype_is_float(dtype))
            array_set(dtype, x, i, (long double)(low + u * (high - low)));
        else
            array_set(dtype, x, i,
                      floorl((long double)low + (long double)u * ((long double)high - (long double)low + 1)));
    }
    return x;
}

#define INTS(X)      \
    X(I8, int8_t)    \
    X(I16, int16_t)  \
    X(I32, int32_t)  \
    X(I64, int64_t)  \
    X(U8, uint8_t)   \
    X(U16, uint16_t) \
    X(U32, uint32_t) \
    X(U64, uint64_t) \
    X(BOOL, uint8_t)

long double array_get(sp_dtype dtype, const void *x, int64_t i)
{
    switch (dtype) {
    case SP_F32:
        return (long double)((const float *)x)[i];
    case SP_F64:
        return (long double)((const double *)x)[i];
    case SP_F16:
        return (long double)sp__f16_to_f32(((const uint16_t *)x)[i]);
    case SP_BF16:
        return (long double)sp__bf16_to_f32(((const uint16_t *)x)[i]);
#define X(D, T)  \
    case SP_##D: \
        return (long double)((const T *)x)[i];
        INTS(X)
#undef X
    default:
        fail_msg("element type %d", (int)dtype);
        return 0;
    }
}

void array_set(sp_dtype dtype, void *x, int64_t i, long double value)
{
    switch (dtype) {
    case SP_F32:
        ((float *)x)[i] = (float)value;
        break;
    case SP_F64:
        ((double *)x)[i] = (double)value;
        break;
    case SP_F16:
        ((uint16_t *)x)[i] = sp__f32_to_f16((float)value);
        break;
    case SP_BF16:
        ((uint16_t *)x)[i] = sp__f32_to_bf16((float)value);
        break;
#define X(D, T)                 \
    case SP_##D:                \
        ((T *)x)[i] = (T)value; \
        break;
        INTS(X)
#undef X
    default:
        fail_msg("element type %d", (int)dtype);
    }
}

void array_near(sp_dtype dtype, const void *x, int64_t i, long double want, double tol, const char *what)
{
    if (dtype == SP_F16 && fabsl(want) >= 65520) /* rounds to infinity */
        want = copysignl((long double)INFINITY, want);
    long double got = array_get(dtype, x, i), room = (long double)tol * fmaxl(1, fabsl(want));
    if (got == want || (isnan(got) && isnan(want)) || fabsl(got - want) <= room)
        return;
    fail_msg("%s, %s, element %lld: got %.10Lg, expected %.10Lg (within %.3Lg)", what, sp_dtype_name(dtype),
             (long long)i, got, want, room);
}

void array_same(sp_dtype dtype, const void *a, const void *b, int64_t n, const char *what)
{
    size_t e = sp_dtype_size(dtype);
    for (int64_t i = 0; i < n; i++)
        if (memcmp((const char *)a + (size_t)i * e, (const char *)b + (size_t)i * e, e) != 0)
            fail_msg("%s, %s, element %lld: %.10Lg and %.10Lg differ", what, sp_dtype_name(dtype), (long long)i,
                     array_get(dtype, a, i), array_get(dtype, b, i));
}

double array_tol(sp_dtype dtype)
{
    switch (dtype) {
    case SP_F32:
        return 0x1p-20;
    case SP_F64:
        return 0x1p-49;
    case SP_F16:
        return 0x1p-9;
    case SP_BF16:
        return 0x1p-6;
    default:
        return 0;
    }
}
