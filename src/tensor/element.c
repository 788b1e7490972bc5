/* Single elements of any type, converted. */
#include <assert.h>
#include <math.h>

#include "base/half.h"
#include "tensor/tensor.h"

double sp__load(const void *data, sp_dtype dtype, int64_t i)
{
    switch (dtype) {
    case SP_F32:
        return (double)((const float *)data)[i];
    case SP_F64:
        return ((const double *)data)[i];
    case SP_F16:
        return (double)sp__f16_to_f32(((const uint16_t *)data)[i]);
    case SP_BF16:
        return (double)sp__bf16_to_f32(((const uint16_t *)data)[i]);
    case SP_U64:
        return (double)((const uint64_t *)data)[i];
    default:
        return (double)sp__load_int(data, dtype, i);
    }
}

/* Truncated towards 0; what does not fit becomes the nearest that does; NaN becomes 0. `above` is max + 1, which a
 * double holds exactly (max itself need not). */
static int64_t saturate(double v, int64_t min, int64_t max, double above)
{
    if (v != v)
        return 0;
    if (v >= above)
        return max;
    return v <= (double)min ? min : (int64_t)v;
}

static uint64_t saturate_unsigned(double v, uint64_t max, double above)
{
    if (!(v > 0))
        return 0;
    return v >= above ? max : (uint64_t)v;
}

int64_t sp__load_int(const void *data, sp_dtype dtype, int64_t i)
{
    switch (dtype) {
    case SP_I8:
        return ((const int8_t *)data)[i];
    case SP_I16:
        return ((const int16_t *)data)[i];
    case SP_I32:
        return ((const int32_t *)data)[i];
    case SP_I64:
        return ((const int64_t *)data)[i];
    case SP_U8:
        return ((const uint8_t *)data)[i];
    case SP_BOOL:
        return ((const uint8_t *)data)[i] != 0;
    case SP_U16:
        return ((const uint16_t *)data)[i];
    case SP_U32:
        return ((const uint32_t *)data)[i];
    case SP_U64: {
        uint64_t v = ((const uint64_t *)data)[i];
        return v > INT64_MAX ? INT64_MAX : (int64_t)v;
    }
    default:
        assert(sp_dtype_is_float(dtype));
        return saturate(sp__load(data, dtype, i), INT64_MIN, INT64_MAX, 0x1p63);
    }
}

void sp__store(void *data, sp_dtype dtype, int64_t i, double v)
{
    switch (dtype) {
    case SP_F32:
        ((float *)data)[i] = (float)v;
        break;
    case SP_F64:
        ((double *)data)[i] = v;
        break;
    case SP_F16:
        ((uint16_t *)data)[i] = sp__f64_to_f16(v);
        break;
    case SP_BF16:
        ((uint16_t *)data)[i] = sp__f64_to_bf16(v);
        break;
    case SP_I8:
        ((int8_t *)data)[i] = (int8_t)saturate(v, INT8_MIN, INT8_MAX, 0x1p7);
        break;
    case SP_I16:
        ((int16_t *)data)[i] = (int16_t)saturate(v, INT16_MIN, INT16_MAX, 0x1p15);
        break;
    case SP_I32:
        ((int32_t *)data)[i] = (int32_t)saturate(v, INT32_MIN, INT32_MAX, 0x1p31);
        break;
    case SP_I64:
        ((int64_t *)data)[i] = saturate(v, INT64_MIN, INT64_MAX, 0x1p63);
        break;
    case SP_U8:
        ((uint8_t *)data)[i] = (uint8_t)saturate_unsigned(v, UINT8_MAX, 0x1p8);
        break;
    case SP_U16:
        ((uint16_t *)data)[i] = (uint16_t)saturate_unsigned(v, UINT16_MAX, 0x1p16);
        break;
    case SP_U32:
        ((uint32_t *)data)[i] = (uint32_t)saturate_unsigned(v, UINT32_MAX, 0x1p32);
        break;
    case SP_U64:
        ((uint64_t *)data)[i] = saturate_unsigned(v, UINT64_MAX, 0x1p64);
        break;
    case SP_BOOL:
        ((uint8_t *)data)[i] = v != 0; /* NaN is not 0 */
        break;
    default:
        assert(sp_dtype_size(dtype) > 0);
    }
}
