/* file/onnx_to_layers.c: convolution, pooling and normalisation of .onnx files in ops. Windows over one axis are windows over
 * height 1 and that axis. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_to.h"
#include "file/write.h"
#include "ops/attrs.h"
#include "ops/window.h"

/* ---- windows ---- */

/* How windows lie over the axes behind N and C. */
typedef struct windows {
    int rank; /* of them: 1, 2 */
    int64_t kernel[2], stride[2], dilation[2];
    int64_t pad[4]; /* top, bottom, left, right */
} windows;

/* One number per axis, in [min, max]; absent: 1 */
static bool per_axis(sp__ox_call *c, const char *name, int rank, int64_t out[2])
{
    sp__ox_ints v = sp__ox_ints_of(c, name);
    out[0] = out[1] = 1;
    bool ok = v.n == 0 || v.n == rank;
    for (int i = 0; ok && i < v.n; i++) {
        ok = v.v[i] >= 1 && v.v[i] <= INT32_MAX;
        out[2 - rank + i] = v.v[i];
    }
    if (!ok && !c->by.failed)
        sp__ox_fail(c, SP_ERR_VALUE, "%s has %d numbers, expected %d, each from 1 on", name, v.n, rank);
    return ok;
}

/* Pads in ONNX's order: the begins of all axes, then their ends. */
static bool given_pads(sp__ox_call *c, windows *w)
{
    sp__ox_ints v = sp__ox_ints_of(c, "pads");
    bool ok = v.n == 0 || v.n == 2 * w->rank;
    for (int i = 0; ok && i < v.n; i++) {
        int axis = 2 - w->rank + i % w->rank;
        ok = v.v[i] >= 0 && v.v[i] <= INT32_MAX;
        w->pad[2 * axis + i / w->rank] = v.v[i];
    }
    if (!ok && !c->by.failed)
        sp__ox_fail(c, SP_ERR_VALUE, "pads has %d numbers, expected %d, none negative", v.n, 2 * w->rank);
    return ok;
}

/* SAME: as many windows as strides fit, what is missing padded on both sides, the odd one behind (or before). */
static bool same_pads(sp__ox_call *c, windows *w, sp_shape x, bool before)
{
    for (int axis = 2 - w->rank; axis < 2; axis++) {
        int k = x.rank - 2 + axis;
        int64_t size = x.dim[k], out = size / w->stride[axis] + (size % w->stride[axis] != 0);
        int64_t span, reach;
        if (!sp__ox_fixed(c, 0, k) || __builtin_mul_overflow(w->kernel[axis] - 1, w->dilation[axis], &span) ||
            __builtin_mul_overflow(SP__MAX(out - 1, 0), w->stride[axis], &reach) || span > INT32_MAX) {
            sp__ox_fail(c, SP_ERR_UNSUPPORTED, "auto_pad along axis %d, whose size is open or kernel too large", k);
            return false;
        }
        int64_t *front = &w->pad[2 * axis + before], *behind = &w->pad[2 * axis + !before];
        sp__same_padding(size, span + 1, w->stride[axis], front, behind);
    }
    return true;
}

static bool read_windows(sp__ox_call *c, const sp_tensor *x, const int64_t *kernel, windows *w)
{
    *w = (windows){.rank = x ? x->shape.rank - 2 : 0};
    const char *how = sp__ox_text(c, "auto_pad", "NOTSET");
    bool padded = sp__ox_has(c, "pads");
    if (w->rank < 1 || w->rank > 2) {
        if (x)
            sp__ox_fail(c, SP_ERR_UNSUPPORTED, "shape %s, only windows over one or two axes are supported", SP__STR(x));
        return false;
    }
    if (!per_axis(c, "kernel_shape", w->rank, w->kernel) || !per_axis(c, "strides", w->rank, w->stride) ||
        !per_axis(c, "dilations", w->rank, w->dilation))
        return false;
    for (int i = 0; kernel && i < 2; i++) {
        if (sp__ox_has(c, "kernel_shape") && w->kernel[i] != kernel[i]) {
            sp__ox_fail(c, SP_ERR_SHAPE, "kernel_shape is not that of the weights");
            return false;
        }
        w->kernel[i] = kernel[i];
    }
    bool upper = strcmp(how, "SAME_UPPER") == 0;
    if (upper || strcmp(how, "SAME_LOWER") == 0)
        return same_pads(c, w, x->shape, !upper);
    if (strcmp(how, "VALID") == 0)
        return true;
    if (strcmp(how, "NOTSET") == 0)
        return !padded || given_pads(c, w);
    sp__ox_fail(c, SP_ERR_UNSUPPORTED, "auto_pad '%s'", sp__shown(how, strlen(how)));
    return false;
}

/* (N, C, W) as (N, C, 1, W), and back. */
static sp_tensor *with_height(sp_tensor *x) { return x && x->shape.rank == 3 ? sp_expand_dims(x, 2) : x; }
static sp_tensor *without_height(sp_tensor *y, int rank) { return rank == 1 ? sp_squeeze(y, 1, (int[]){2}) : y; }

/* ---- convolution ---- */

static sp_tensor *add_bias(sp__ox_call *c, sp_tensor *y) { return sp__ox_given(c, 2) ? sp_bias_add(y, ARG(2)) : y; }

/* The last two sizes of the weights. */
static bool kernel_of(sp__ox_call *c, const sp_tensor *x, const sp_tensor *w, int64_t kernel[2])
{
    if (!x || !w)
        return false;
    if (w->shape.rank != x->shape.rank || w->shape.rank < 3) {
        sp__ox_fail(c, SP_ERR_SHAPE, "weights %s for %s", SP__STR(w), SP__STR(x));
        return false;
    }
    kernel[1] = w->shape.dim[w->shape.rank - 1];
    kernel[0] = w->shape.rank == 3 ? 1 : w->shape.dim[w->shape.rank - 2];
    return true;
}

static sp_tensor *conv(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *w = ARG(1);
    int64_t kernel[2];
    windows how;
    if (!kernel_of(c, x, w, kernel) || !read_windows(c, x, kernel, &how))
        return NULL;
    sp_conv2d_attrs a = {.pad_mode = SP__PAD_GIVEN, .group = sp__ox_int(c, "group", 1)};
    memcpy(a.pad, how.pad, sizeof a.pad);
    memcpy(a.stride, how.stride, sizeof a.stride);
    memcpy(a.dilation, how.dilation, sizeof a.dilation);
    if (a.group < 1)
        return sp__ox_fail(c, SP_ERR_VALUE, "group is %lld", (long long)a.group);
    return add_bias(c, without_height(sp_conv2d(with_height(x), with_height(w), &a), how.rank));
}

/* The size of a transposed convolution's result along one axis, and its pads. */
static bool transposed_size(sp__ox_call *c, windows *how, int axis, int64_t size, int64_t *out)
{
    sp__ox_ints extra = sp__ox_ints_of(c, "output_padding"), asked = sp__ox_ints_of(c, "output_shape");
    int i = axis - (2 - how->rank);
    const char *auto_pad = sp__ox_text(c, "auto_pad", "NOTSET");
    bool upper = strcmp(auto_pad, "SAME_UPPER") == 0, same = upper || strcmp(auto_pad, "SAME_LOWER") == 0;
    int64_t more = extra.n == how->rank ? extra.v[i] : 0, full, span;
    bool ok = extra.n >= 0 && asked.n >= 0 && (extra.n == 0 || extra.n == how->rank) && more >= 0 &&
              more <= INT32_MAX && (asked.n == 0 || asked.n == how->rank) && size >= 1 &&
              (asked.n == 0 || (asked.v[i] >= 1 && asked.v[i] <= INT32_MAX)) &&
              !__builtin_mul_overflow(size - 1, how->stride[axis], &full) &&
              !__builtin_mul_overflow(how->kernel[axis] - 1, how->dilation[axis], &span) && full <= INT32_MAX &&
              span <= INT32_MAX;
    if (ok) {
        full += span + 1 + more;
        *out = asked.n ? asked.v[i]
               : same  ? size * how->stride[axis]
                       : full - how->pad[2 * axis] - how->pad[2 * axis + 1];
        int64_t pads = full - *out;
        if (asked.n || same) {       /* without auto_pad the odd one is in front */
            pads = SP__MAX(pads, 0); /* a row that no window reaches is zero */
            how->pad[2 * axis] = upper ? pads / 2 : pads - pads / 2;
            how->pad[2 * axis + 1] = pads - how->pad[2 * axis];
        }
        ok = ok && *out >= 1 && *out <= INT32_MAX;
    }
    if (!ok && !c->by.failed)
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the size of axis %d of the result", axis);
    return ok;
}

/* The gradient of a convolution with respect to its input. */
static sp_tensor *conv_transpose(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *w = ARG(1);
    int64_t kernel[2], size[2] = {1, 1};
    windows how;
    if (!kernel_of(c, x, w, kernel) || !read_windows(c, x, kernel, &how))
        return NULL;
    for (int axis = 2 - how.rank; axis < 2; axis++) {
        int k = x->shape.rank - 2 + axis;
        if (!sp__ox_fixed(c, 0, k))
            return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the size of axis %d is open", k);
        if (!transposed_size(c, &how, axis, x->shape.dim[k], &size[axis]))
            return NULL;
    }
    sp__conv_attrs a = {.pad_mode = SP__PAD_GIVEN,
                        .pad = {4, {how.pad[0], how.pad[1], how.pad[2], how.pad[3]}},
                        .stride = {2, {how.stride[0], how.stride[1]}},
                        .dilation = {2, {how.dilation[0], how.dilation[1]}},
                        .group = sp__ox_int(c, "group", 1),
                        .size = {2, {size[0], size[1]}}};
    sp_tensor *y = sp__call_op(&sp__op_conv2d_input, &a, with_height(x), with_height(w));
    return add_bias(c, without_height(y, how.rank));
}

/* ---- pooling ---- */

static bool pool_attrs(sp__ox_call *c, const sp_tensor *x, windows *w, sp_pool2d_attrs *a)
{
    if (!read_windows(c, x, NULL, w))
        return false;
    *a = (sp_pool2d_attrs){.pad_mode = SP__PAD_GIVEN, .ceil_mode = sp__ox_int(c, "ceil_mode", 0) != 0};
    memcpy(a->pad, w->pad, sizeof a->pad);
    memcpy(a->kernel, w->kernel, sizeof a->kernel);
    memcpy(a->stride, w->stride, sizeof a->stride);
    if (!sp__ox_has(c, "kernel_shape"))
        sp__ox_fail(c, SP_ERR_FORMAT, "no kernel_shape");
    else if (w->dilation[0] != 1 || w->dilation[1] != 1)
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "dilations are not supported");
    return !c->by.failed;
}

static sp_tensor *max_pool(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    sp_pool2d_attrs a;
    windows w;
    if (!pool_attrs(c, x, &w, &a))
        return NULL;
    if (sp_dtype_is_float(x->dtype))
        return without_height(sp_max_pool2d(with_height(x), &a), w.rank);
    if (sp_dtype_size(x->dtype) > 2) /* Float32 holds all numbers of the others */
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "%s", sp_dtype_name(x->dtype));
    sp_tensor *y = without_height(sp_max_pool2d(with_height(sp_cast(x, SP_F32)), &a), w.rank);
    return sp_cast(y, x->dtype);
}
static sp_tensor *average_pool(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    sp_pool2d_attrs a;
    windows w;
    if (!pool_attrs(c, x, &w, &a))
        return NULL;
    a.exclude_pad = sp__ox_int(c, "count_include_pad", 0) == 0;
    return without_height(sp_avg_pool2d(with_height(x), &a), w.rank);
}

/* All axes behind N and C. */
static sp_tensor *global_pool(sp__ox_call *c, sp_tensor *(*op)(sp_tensor *, int, const int *, bool))
{
    sp_tensor *x = ARG(0);
    int axes[SP_MAX_RANK], n = 0;
    for (int i = 2; x && i < x->shape.rank; i++)
        axes[n++] = i;
    return n ? op(x, n, axes, true) : sp__ox_fail(c, SP_ERR_SHAPE, "%s", x ? SP__STR(x) : "nothing");
}
static sp_tensor *global_average(sp__ox_call *c) { return global_pool(c, sp_mean_axes); }
static sp_tensor *global_max(sp__ox_call *c) { return global_pool(c, sp_max_axes); }

/* ---- normalisation ---- */

static sp_tensor *batch_norm(sp__ox_call *c)
{
    sp_tensor *in[5];
    if (sp__ox_int(c, "spatial", 1) == 0)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "spatial 0 is not supported");
    for (int i = 0; i < 5; i++)
        if (!(in[i] = ARG(i)))
            return NULL;
    sp_list y = sp_batch_norm(in[0], in[1], in[2], in[3], in[4], false, sp__ox_float(c, "epsilon", (double)1e-5f));
    return y.n ? y.at[0] : NULL;
}

/* (x - mean) / sqrt(var + eps) over n axes. */
static sp_tensor *normalise(sp_tensor *x, int n, const int *axes, double eps)
{
    sp_tensor *d = sp_sub(x, sp_mean_axes(x, n, axes, true));
    return sp_mul(d, sp_rsqrt(sp_add(sp_mean_axes(sp_square(d), n, axes, true), LIKE(x, eps))));
}

/* y gamma + beta with one number of each for a channel (axis 1). */
static sp_tensor *per_channel(sp__ox_call *c, sp_tensor *y, sp_tensor *gamma, sp_tensor *beta)
{
    if (!y || !gamma || !beta)
        return NULL;
    if (gamma->shape.rank != 1 || beta->shape.rank != 1 || y->shape.rank < 2)
        return sp__ox_fail(c, SP_ERR_SHAPE, "scale %s and bias %s for %s", SP__STR(gamma), SP__STR(beta), SP__STR(y));
    for (int i = 2; i < y->shape.rank; i++)
        gamma = sp_expand_dims(gamma, -1), beta = sp_expand_dims(beta, -1);
    return sp_add(sp_mul(y, gamma), beta);
}

static sp_tensor *instance_norm(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int axes[SP_MAX_RANK], n = 0;
    for (int i = 2; x && i < x->shape.rank; i++)
        axes[n++] = i;
    if (n == 0)
        return sp__ox_fail(c, SP_ERR_SHAPE, "%s", x ? SP__STR(x) : "nothing");
    return per_channel(c, normalise(x, n, axes, sp__ox_float(c, "epsilon", (double)1e-5f)), ARG(1), ARG(2));
}

/* x (N, C, d...) in groups of channels; scale and bias are of groups before opset 21. */
static sp_tensor *group_norm(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *gamma = ARG(1), *beta = ARG(2);
    int64_t groups = sp__ox_int(c, "num_groups", 0);
    if (!x || !gamma || !beta)
        return NULL;
    if (x->shape.rank < 3 || groups < 1 || x->shape.dim[1] % groups != 0)
        return sp__ox_fail(c, SP_ERR_SHAPE, "%lld groups of %s", (long long)groups, SP__STR(x));
    sp_shape past = sp__ox_past_shape(c, 0), now = x->shape;
    int64_t rest = sp__dims_product(now, 1, now.rank) / groups,
            rest_past = sp__dims_product(past, 1, past.rank) / groups;
    sp_tensor *g = sp__ox_reshape(c, x, SP_DIMS(now.dim[0], groups, rest), SP_DIMS(past.dim[0], groups, rest_past));
    g = normalise(g, 1, (int[]){2}, sp__ox_float(c, "epsilon", (double)1e-5f));
    if (c->opset < 21)
        return sp__ox_reshape(c, per_channel(c, g, gamma, beta), now, past);
    return per_channel(c, sp__ox_reshape(c, g, now, past), gamma, beta);
}

/* Scale and bias broadcast to the shape of what is normalised. */
static sp_tensor *to_shape(sp_tensor *t, sp_shape shape)
{
    return t && !sp_shape_equal(t->shape, shape) ? sp_broadcast_to(t, shape) : t;
}

/* -> y, and the mean and 1 / deviation if they are asked for. */
static sp_tensor *layer_norm(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *gamma = ARG(1), *beta = sp__ox_optional(c, 2);
    int axis = AXIS(x, sp__ox_int(c, "axis", -1)), axes[SP_MAX_RANK], n = 0;
    double eps = sp__ox_float(c, "epsilon", (double)1e-5f);
    if (axis < 0 || !gamma || !beta)
        return NULL;
    sp_shape norm = {.rank = x->shape.rank - axis};
    bool fixed = true;
    for (int i = axis; i < x->shape.rank; i++) {
        norm.dim[n] = x->shape.dim[i];
        fixed = fixed && sp__ox_fixed(c, 0, i);
        axes[n++] = i;
    }
    if (c->wanted > 1) {
        sp_tensor *mean = sp_mean_axes(x, n, axes, true);
        sp_tensor *var = sp_mean_axes(sp_square(sp_sub(x, mean)), n, axes, true);
        c->out[1] = mean;
        c->out[2] = sp_rsqrt(sp_add(var, LIKE(x, eps)));
    }
    c->n_out = c->wanted > 1 ? 3 : 0;
    if (!fixed) {
        sp_tensor *y = sp_mul(normalise(x, n, axes, eps), gamma);
        return c->out[0] = beta == SP_NONE ? y : sp_add(y, beta);
    }
    beta = beta == SP_NONE ? sp_sub(gamma, gamma) : beta;
    return c->out[0] = sp_layer_norm(x, to_shape(gamma, norm), to_shape(beta, norm), axis, eps);
}

static sp_tensor *rms_norm(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *gamma = ARG(1);
    int axis = AXIS(x, sp__ox_int(c, "axis", -1)), axes[SP_MAX_RANK], n = 0;
    for (int i = axis; axis >= 0 && i < x->shape.rank; i++)
        axes[n++] = i;
    if (n == 0 || !gamma)
        return NULL;
    sp_tensor *square = sp_mean_axes(sp_square(x), n, axes, true);
    return sp_mul(sp_mul(x, sp_rsqrt(sp_add(square, LIKE(x, sp__ox_float(c, "epsilon", (double)1e-5f))))), gamma);
}

static sp_tensor *mean_variance_norm(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    sp__ox_ints asked = sp__ox_ints_of(c, "axes");
    if (asked.n == 0)
        asked = (sp__ox_ints){3, {0, 2, 3}};
    sp__ints axes = x ? sp__ox_axes(c, &asked, x->shape.rank) : (sp__ints){.n = -1};
    int at[SP_MAX_RANK];
    for (int i = 0; i < axes.n; i++)
        at[i] = (int)axes.v[i];
    if (axes.n < 0)
        return NULL;
    sp_tensor *d = sp_sub(x, sp_mean_axes(x, axes.n, at, true));
    sp_tensor *deviation = sp_sqrt(sp_mean_axes(sp_square(d), axes.n, at, true));
    return sp_div(d, sp_add(deviation, LIKE(x, 1e-9)));
}

static sp_tensor *lp_norm(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int64_t p = sp__ox_int(c, "p", 2);
    int axis = AXIS(x, sp__ox_int(c, "axis", -1));
    if (axis < 0 || p < 1 || p > 2)
        return axis < 0 ? NULL : sp__ox_fail(c, SP_ERR_UNSUPPORTED, "p is %lld", (long long)p);
    sp_tensor *sum = sp_sum_axes(p == 1 ? sp_abs(x) : sp_square(x), 1, &axis, true), *zero = LIKE(x, 0);
    return sp_where(sp_equal(sum, zero), zero, sp_div(x, p == 1 ? sum : sp_sqrt(sum)));
}

/* x / (bias + alpha / size * sum of squares of `size` channels around) ^ beta: the mean of windows over channels. */
static sp_tensor *lrn(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int64_t size = sp__ox_int(c, "size", 0);
    if (!x)
        return NULL;
    if (x->shape.rank < 3 || size < 1 || size > INT32_MAX)
        return sp__ox_fail(c, SP_ERR_SHAPE, "size %lld for %s", (long long)size, SP__STR(x));
    sp_shape now = x->shape, past = sp__ox_past_shape(c, 0);
    sp_pool2d_attrs a = {.kernel = {size, 1}, .pad_mode = SP__PAD_GIVEN, .pad = {(size - 1) / 2, size / 2}};
    sp_tensor *s =
        sp__ox_reshape(c, sp_square(x), SP_DIMS(now.dim[0], 1, now.dim[1], sp__dims_product(now, 2, now.rank)),
                       SP_DIMS(past.dim[0], 1, past.dim[1], sp__dims_product(past, 2, past.rank)));
    s = sp__ox_reshape(c, sp_avg_pool2d(s, &a), now, past);
    s = sp_add(sp_mul(s, LIKE(x, sp__ox_float(c, "alpha", (double)1e-4f))), LIKE(x, sp__ox_float(c, "bias", 1)));
    return sp_div(x, sp_pow(s, LIKE(x, sp__ox_float(c, "beta", 0.75))));
}

/* ---- the table ---- */

const sp__ox_rule sp__ox_rules_layers[] = {
    {"Conv", 3, false, conv, {0}},
    {"ConvTranspose", 3, false, conv_transpose, {0}},
    {"MaxPool", 1, false, max_pool, {0}},
    {"AveragePool", 1, false, average_pool, {0}},
    {"GlobalAveragePool", 1, false, global_average, {0}},
    {"GlobalMaxPool", 1, false, global_max, {0}},
    {"BatchNormalization", 5, false, batch_norm, {0}},
    {"InstanceNormalization", 3, false, instance_norm, {0}},
    {"GroupNormalization", 3, false, group_norm, {0}},
    {"LayerNormalization", 3, false, layer_norm, {0}},
    {"RMSNormalization", 2, false, rms_norm, {0}},
    {"MeanVarianceNormalization", 1, false, mean_variance_norm, {0}},
    {"LpNormalization", 1, false, lp_norm, {0}},
    {"LRN", 1, false, lrn, {0}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
