/* Tensors from data, constants, ranges, random numbers. */
#include <math.h>
#include <string.h>

#include "tensor/tensor.h"

/* ---- from data ---- */

sp_tensor *sp_from(const void *data, sp_dtype dtype, sp_shape shape)
{
    if (sp_shape_size(shape) > 0 && !sp__given("from", 1, data))
        return NULL;
    sp_tensor *t = sp__tensor_new(dtype, shape);
    if (!t || t->size == 0)
        return t;
    memcpy(t->data, data, (size_t)t->size * sp_dtype_size(dtype));
    if (dtype == SP_BOOL) { /* any byte but 0 means true, but only 1 may be stored */
        uint8_t *b = t->data;
        for (int64_t i = 0; i < t->size; i++)
            b[i] = b[i] != 0;
    }
    return t;
}

sp_tensor *sp_vector_new(int n, const float *values) { return sp_from(values, SP_F32, SP_DIMS(n)); }

/* ---- constants ---- */

sp_tensor *sp_zeros(sp_dtype dtype, sp_shape shape)
{
    sp_tensor *t = sp__tensor_new(dtype, shape);
    if (t)
        memset(t->data, 0, (size_t)t->size * sp_dtype_size(dtype));
    return t;
}

/* Every element as the first one, which is set. The part already filled is doubled: a few large copies. */
static void repeat_first(sp_tensor *t)
{
    size_t size = sp_dtype_size(t->dtype), all = (size_t)t->size * size;
    char *p = t->data;
    for (size_t done = size; done < all;) {
        size_t n = SP__MIN(done, SP__MIN(all - done, 4096)); /* the source stays in the first-level cache */
        memcpy(p + done, p, n);
        done += n;
    }
}

sp_tensor *sp_full(double value, sp_dtype dtype, sp_shape shape)
{
    sp_tensor *t = sp__tensor_new(dtype, shape);
    if (!t || t->size == 0)
        return t;
    sp__store(t->data, dtype, 0, value);
    repeat_first(t);
    return t;
}

sp_tensor *sp_ones(sp_dtype dtype, sp_shape shape) { return sp_full(1, dtype, shape); }
sp_tensor *sp_scalar(double value, sp_dtype dtype) { return sp_full(value, dtype, SP_SCALAR); }

/* ---- ranges ---- */

sp_tensor *sp_arange(double start, double stop, double step, sp_dtype dtype)
{
    if (step == 0 || !isfinite(start) || !isfinite(stop) || !isfinite(step))
        return sp__fail(SP_ERR_VALUE, "arange: from %g to %g by %g: expected finite numbers and a step other than 0",
                        start, stop, step);
    double n = ceil((stop - start) / step);
    if (!(n < 0x1p60))
        return sp__fail(SP_ERR_SHAPE, "arange: from %g to %g by %g: %g elements are too many", start, stop, step, n);
    sp_tensor *t = sp__tensor_new(dtype, SP_DIMS(n > 0 ? (int64_t)n : 0));
    for (int64_t i = 0; t && i < t->size; i++)
        sp__store(t->data, dtype, i, start + (double)i * step);
    return t;
}

/* ---- random ---- */

/* The largest number of a float type that is below x. */
static double below(double x, sp_dtype dtype)
{
    double v; /* x in dtype: at most half a unit of its last place away */
    uint16_t h = 0;
    if (dtype == SP_F64)
        return nextafter(x, -HUGE_VAL);
    if (dtype == SP_F32) {
        float f = (float)x;
        return (double)f < x ? (double)f : (double)nextafterf(f, -INFINITY);
    }
    sp__store(&h, dtype, 0, x);
    v = sp__load(&h, dtype, 0);
    if (v < x)
        return v;
    h = (uint16_t)(v > 0 ? h - 1 : v < 0 ? h + 1 : 0x8001); /* sign and magnitude: the next one down */
    return sp__load(&h, dtype, 0);
}

static bool is_float(const char *op, sp_dtype dtype)
{
    if (sp_dtype_is_float(dtype))
        return true;
    sp__err(SP_ERR_DTYPE, "%s: element type %s: expected a float type", op, sp_dtype_name(dtype));
    return false;
}

typedef struct fill {
    void (*numbers)(double *out, int64_t n, sp__random r, uint64_t first);
    double shift, scale, most; /* element = min(shift + scale * number, most) */
} fill;

/* Element i depends on i alone: whoever fills it, and in whichever order. */
static void fill_random(sp_tensor *t, const fill *f, sp__random r)
{
    double run[256];
    for (int64_t first = 0; first < t->size; first += 256) {
        int64_t n = SP__MIN(t->size - first, 256);
        f->numbers(run, n, r, (uint64_t)first);
        for (int64_t i = 0; i < n; i++)
            run[i] = SP__MIN(f->shift + f->scale * run[i], f->most);
        float *single = t->dtype == SP_F32 ? (float *)t->data + first : NULL;
        for (int64_t i = 0; i < n; i++) {
            if (single)
                single[i] = (float)run[i];
            else
                sp__store(t->data, t->dtype, first + i, run[i]);
        }
    }
}

sp_tensor *sp_rand_uniform(double low, double high, sp_dtype dtype, sp_shape shape)
{
    if (!is_float("rand_uniform", dtype))
        return NULL;
    if (!(low <= high) || !isfinite(high - low))
        return sp__fail(SP_ERR_VALUE, "rand_uniform: [%g, %g): expected finite numbers, low <= high", low, high);
    sp_tensor *t = sp__tensor_new(dtype, shape);
    fill f = {sp__random_uniform_fill, low, high - low, SP__MAX(low, below(high, dtype))};
    if (t)
        fill_random(t, &f, sp__random_next());
    return t;
}

sp_tensor *sp_rand_normal(double mean, double sigma, sp_dtype dtype, sp_shape shape)
{
    if (!is_float("rand_normal", dtype))
        return NULL;
    if (!isfinite(mean) || !isfinite(sigma) || sigma < 0)
        return sp__fail(SP_ERR_VALUE, "rand_normal: mean %g, sigma %g: expected finite numbers, sigma >= 0", mean,
                        sigma);
    sp_tensor *t = sp__tensor_new(dtype, shape);
    fill f = {sp__random_normal_fill, mean, sigma, HUGE_VAL};
    if (t)
        fill_random(t, &f, sp__random_next());
    return t;
}

/* Whether an integer type (or Bool) holds v. */
static bool holds(sp_dtype dtype, int64_t v)
{
    switch (dtype) {
    case SP_BOOL:
        return v == 0 || v == 1;
    case SP_U64:
        return v >= 0;
    case SP_I64:
        return true;
    default: {
        int bits = (int)(8 * sp_dtype_size(dtype));
        bool is_unsigned = dtype == SP_U8 || dtype == SP_U16 || dtype == SP_U32;
        int64_t range = (int64_t)1 << (is_unsigned ? bits : bits - 1);
        return v < range && v >= (is_unsigned ? 0 : -range);
    }
    }
}

static void store_int(void *data, sp_dtype dtype, int64_t i, int64_t v)
{
    if (dtype == SP_I64 || dtype == SP_U64)
        ((int64_t *)data)[i] = v; /* a double would not hold them all */
    else
        sp__store(data, dtype, i, (double)v);
}

sp_tensor *sp_rand_int(int64_t low, int64_t high, sp_dtype dtype, sp_shape shape)
{
    if (sp_dtype_is_float(dtype) || sp_dtype_size(dtype) == 0)
        return sp__fail(SP_ERR_DTYPE, "rand_int: element type %s: expected an integer type or Bool",
                        sp_dtype_name(dtype));
    if (low >= high || !holds(dtype, low) || !holds(dtype, high - 1))
        return sp__fail(SP_ERR_VALUE, "rand_int: [%lld, %lld): expected low < high, both in the range of %s",
                        (long long)low, (long long)high, sp_dtype_name(dtype));
    sp_tensor *t = sp__tensor_new(dtype, shape);
    if (!t)
        return NULL;
    sp__random r = sp__random_next();
    uint64_t n = (uint64_t)high - (uint64_t)low;
    for (int64_t i = 0; i < t->size; i++)
        store_int(t->data, dtype, i, (int64_t)((uint64_t)low + sp__random_below(r, (uint64_t)i, n)));
    return t;
}
