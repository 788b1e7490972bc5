/* Conversion of rows between element types. The pairs that pipelines meet (labels, images) are plain loops; the others
 * go through double, or through int64_t where both are integers. */
#include "data/data.h"

#include <string.h>

#define CAST_LOOP(T, F)                 \
    do {                                \
        T *d = dst;                     \
        const F *s = src;               \
        for (int64_t i = 0; i < n; i++) \
            d[i] = (T)s[i];             \
        return true;                    \
    } while (0)

/* Value-preserving or modulo conversions that C defines the way we want (float to integer is not among them). */
static bool cast_common(void *dst, sp_dtype to, const void *src, sp_dtype from, int64_t n)
{
    switch ((int)to * SP_DTYPE_COUNT_ + (int)from) {
    case SP_F32 *SP_DTYPE_COUNT_ + SP_U8:
        CAST_LOOP(float, uint8_t);
    case SP_F32 *SP_DTYPE_COUNT_ + SP_I32:
        CAST_LOOP(float, int32_t);
    case SP_F32 *SP_DTYPE_COUNT_ + SP_I64:
        CAST_LOOP(float, int64_t);
    case SP_F32 *SP_DTYPE_COUNT_ + SP_F64:
        CAST_LOOP(float, double);
    case SP_F64 *SP_DTYPE_COUNT_ + SP_F32:
        CAST_LOOP(double, float);
    case SP_I32 *SP_DTYPE_COUNT_ + SP_U8:
        CAST_LOOP(int32_t, uint8_t);
    case SP_I32 *SP_DTYPE_COUNT_ + SP_U32:
        CAST_LOOP(int32_t, uint32_t);
    case SP_I32 *SP_DTYPE_COUNT_ + SP_I64:
        CAST_LOOP(int32_t, int64_t);
    case SP_I64 *SP_DTYPE_COUNT_ + SP_U32:
        CAST_LOOP(int64_t, uint32_t);
    case SP_I64 *SP_DTYPE_COUNT_ + SP_I32:
        CAST_LOOP(int64_t, int32_t);
    default:
        return false;
    }
}

static bool is_integer(sp_dtype dtype) { return !sp_dtype_is_float(dtype); }

/* sp__load_int saturates what UInt64 holds beyond INT64_MAX; modulo arithmetic wants its bits. */
static uint64_t load_bits(const void *src, sp_dtype from, int64_t i)
{
    if (from == SP_U64) {
        uint64_t v;
        memcpy(&v, (const char *)src + i * 8, 8);
        return v;
    }
    return (uint64_t)sp__load_int(src, from, i);
}

static void store_bits(void *dst, sp_dtype to, int64_t i, uint64_t v)
{
    if (to == SP_BOOL) {
        ((uint8_t *)dst)[i] = v != 0;
        return;
    }
    switch (sp_dtype_size(to)) {
    case 1:
        ((uint8_t *)dst)[i] = (uint8_t)v;
        break;
    case 2:
        ((uint16_t *)dst)[i] = (uint16_t)v;
        break;
    case 4:
        ((uint32_t *)dst)[i] = (uint32_t)v;
        break;
    default:
        ((uint64_t *)dst)[i] = v;
    }
}

void sp__data_cast(void *dst, sp_dtype to, const void *src, sp_dtype from, int64_t n)
{
    if (to == from)
        memcpy(dst, src, (size_t)n * sp_dtype_size(to));
    else if (cast_common(dst, to, src, from, n))
        return;
    else if (is_integer(to) && is_integer(from))
        for (int64_t i = 0; i < n; i++)
            store_bits(dst, to, i, load_bits(src, from, i));
    else
        for (int64_t i = 0; i < n; i++)
            sp__store(dst, to, i, sp__load(src, from, i));
}
