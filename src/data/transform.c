/* Transforms are plain values: what to do and its numbers. program.c does it. */
#include "data/data.h"

#include <math.h>

sp_transform sp_rescale(float scale, float shift)
{
    return (sp_transform){.kind = SP__TRANSFORM_RESCALE, .n = 1, .a = {scale}, .b = {shift}};
}

sp_transform sp_normalize(float mean, float std)
{
    return (sp_transform){.kind = SP__TRANSFORM_NORMALIZE, .n = 1, .a = {mean}, .b = {std}};
}

sp_transform sp_normalize_channels(int channels, const float *mean, const float *std)
{
    sp_transform t = {.kind = SP__TRANSFORM_NORMALIZE, .n = channels};
    if (!mean || !std || channels < 1 || channels > 4) {
        t.n = -1; /* sp_data_map() says so: a plain value has no way to */
        return t;
    }
    for (int c = 0; c < channels; c++) {
        t.a[c] = mean[c];
        t.b[c] = std[c];
    }
    return t;
}

sp_transform sp_hwc2chw(void) { return (sp_transform){.kind = SP__TRANSFORM_HWC2CHW}; }

sp_transform sp_typecast(sp_dtype dtype) { return (sp_transform){.kind = SP__TRANSFORM_TYPECAST, .dtype = dtype}; }

sp_transform sp_one_hot_label(int classes) { return (sp_transform){.kind = SP__TRANSFORM_ONE_HOT, .n = classes}; }

sp_transform sp_map_with(sp_tensor *(*fn)(void *user, sp_tensor *x), void *user)
{
    return (sp_transform){.kind = SP__TRANSFORM_USER, .fn = fn, .user = user};
}

const char *sp__transform_name(const sp_transform *t)
{
    static const char *const names[] = {"transform", "rescale",       "normalize", "hwc2chw",
                                        "typecast",  "one_hot_label", "map_with"};
    return t->kind >= 0 && t->kind <= SP__TRANSFORM_USER ? names[t->kind] : names[0];
}

static sp_status check_normalize(const sp_transform *t)
{
    if (t->n < 1 || t->n > 4)
        return sp__err(SP_ERR_VALUE, "map: normalize: 1 to 4 channels with a mean and a deviation each are expected");
    for (int c = 0; c < t->n; c++) {
        if (!isfinite(t->a[c]) || !isfinite(t->b[c]) || t->b[c] == 0)
            return sp__err(SP_ERR_VALUE, "map: normalize: mean %g, std %g of channel %d: finite, std not 0 expected",
                           (double)t->a[c], (double)t->b[c], c);
    }
    return SP_OK;
}

sp_status sp__transform_check(const sp_transform *t)
{
    switch (t->kind) {
    case SP__TRANSFORM_RESCALE:
        if (!isfinite(t->a[0]) || !isfinite(t->b[0]))
            return sp__err(SP_ERR_VALUE, "map: rescale: scale %g, shift %g are not finite", (double)t->a[0],
                           (double)t->b[0]);
        return SP_OK;
    case SP__TRANSFORM_NORMALIZE:
        return check_normalize(t);
    case SP__TRANSFORM_HWC2CHW:
        return SP_OK;
    case SP__TRANSFORM_TYPECAST:
        if (sp_dtype_size(t->dtype) == 0)
            return sp__err(SP_ERR_DTYPE, "map: typecast: %d is no element type", (int)t->dtype);
        return SP_OK;
    case SP__TRANSFORM_ONE_HOT:
        if (t->n < 1)
            return sp__err(SP_ERR_VALUE, "map: one_hot_label: %d classes, at least 1 expected", t->n);
        return SP_OK;
    case SP__TRANSFORM_USER:
        if (!t->fn)
            return sp__err(SP_ERR_VALUE, "map: map_with: the function is NULL");
        return SP_OK;
    default:
        return sp__err(SP_ERR_VALUE, "map: transform of kind %d: use the functions that make transforms", t->kind);
    }
}
