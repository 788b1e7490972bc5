/* file/mindir_to_layers.c: convolution, pooling and normalisation of .mindir files in ops. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir_rules.h"

/* ---- convolution and pooling ---- */

static bool word_is(const char *word, const char *lower, const char *upper)
{
    return strcmp(word, lower) == 0 || strcmp(word, upper) == 0;
}

/* 0 same, 1 valid, 2 pad; -1, recorded, for another. The new form of AvgPool has numbers: 1 same, 2 valid, 0 pad. */
static int pad_mode(sp__mi_call *c, bool by_number)
{
    if (by_number) {
        int64_t n = sp__mi_int(c, "pad_mode", 2);
        return n == 1 ? 0 : n == 2 ? 1 : (sp__mi_fail(c, SP_ERR_UNSUPPORTED, "pad_mode %lld", (long long)n), -1);
    }
    const char *word = sp__mi_text(c, "pad_mode", "valid");
    if (word_is(word, "same", "SAME"))
        return 0;
    if (word_is(word, "valid", "VALID"))
        return 1;
    if (word_is(word, "pad", "PAD"))
        return 2;
    sp__mi_fail(c, SP_ERR_UNSUPPORTED, "pad_mode '%s'", sp__shown(word, strlen(word)));
    return -1;
}

/* The last two of 2, 3, 4 or 5 numbers: height and width; those before must be 1. Absent: 1, 1. */
static bool height_width(sp__mi_call *c, const char *name, int64_t out[2])
{
    sp__ints v = sp__mi_ints(c, name);
    out[0] = out[1] = 1;
    bool ok = v.n == 0 || v.n == 1 || (v.n >= 2 && v.n <= 5);
    for (int i = 0; i + 2 < v.n; i++)
        ok = ok && v.v[i] == 1;
    if (v.n == 1)
        out[0] = out[1] = v.v[0];
    for (int i = 0; v.n >= 2 && i < 2; i++)
        out[i] = v.v[v.n - 2 + i];
    if (!ok)
        sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%s is none of a window over height and width", name);
    return ok;
}

/* The last four of 4 or 6 numbers: top, bottom, left, right. */
static bool sides(sp__mi_call *c, const char *name, int64_t out[4])
{
    sp__ints v = sp__mi_ints(c, name);
    bool ok = v.n == 4 || (v.n == 6 && v.v[0] == 0 && v.v[1] == 0);
    for (int i = 0; ok && i < 4; i++)
        out[i] = v.v[v.n - 4 + i];
    if (!ok)
        sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%s is none of height and width", name);
    return ok;
}

static bool is_nchw(sp__mi_call *c)
{
    const char *format = sp__mi_text(c, "format", "NCHW");
    if (strcmp(format, "NCHW") == 0 || strcmp(format, "NCDHW") == 0)
        return true;
    sp__mi_fail(c, SP_ERR_UNSUPPORTED, "format '%s', expected NCHW", sp__shown(format, strlen(format)));
    return false;
}

static sp_tensor *conv2d(sp__mi_call *c)
{
    sp_conv2d_attrs a = {.pad_mode = pad_mode(c, false), .group = sp__mi_int(c, "group", 1)};
    if (a.pad_mode < 0 || !is_nchw(c) || !height_width(c, "stride", a.stride) ||
        !height_width(c, "dilation", a.dilation) || (a.pad_mode == 2 && !sides(c, "pad", a.pad)))
        return NULL;
    return sp_conv2d(ARG(0), ARG(1), &a);
}

static sp_tensor *max_pool(sp__mi_call *c)
{
    sp_pool2d_attrs a = {.pad_mode = pad_mode(c, false)};
    if (a.pad_mode < 0 || !is_nchw(c) || !height_width(c, "kernel_size", a.kernel) ||
        !height_width(c, "strides", a.stride) || (a.pad_mode == 2 && !sides(c, "pad", a.pad)))
        return NULL;
    return sp_max_pool2d(ARG(0), &a);
}

static sp_tensor *avg_pool(sp__mi_call *c)
{
    bool new_form = c->n_in > 1;
    sp_pool2d_attrs a = {.pad_mode = pad_mode(c, new_form)};
    if (a.pad_mode < 0 || (!new_form && !is_nchw(c)) || !height_width(c, "kernel_size", a.kernel) ||
        !height_width(c, "strides", a.stride) || (a.pad_mode == 2 && !sides(c, "pad", a.pad)))
        return NULL;
    return sp_avg_pool2d(ARG(0), &a);
}

/* Pooling over depth 1 is how both versions write 2-d pooling with padding: x (N, C, 1, H, W). */
static sp_tensor *without_depth(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    if (x && (x->shape.rank != 5 || x->shape.dim[2] != 1))
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "shape %s, only a depth of 1 is supported", SP__STR(x));
    return sp_squeeze(x, 1, (int[]){2});
}

static sp_tensor *avg_pool_3d(sp__mi_call *c)
{
    sp_pool2d_attrs a = {.pad_mode = pad_mode(c, false),
                         .ceil_mode = sp__mi_int(c, "ceil_mode", 0) != 0,
                         .exclude_pad = sp__mi_int(c, "count_include_pad", 1) == 0};
    if (a.pad_mode < 0 || !is_nchw(c) || !height_width(c, "kernel_size", a.kernel) ||
        !height_width(c, "strides", a.stride) || (a.pad_mode == 2 && !sides(c, "pad_list", a.pad)))
        return NULL;
    if (sp__mi_int(c, "divisor_override", 0))
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "divisor_override is not supported");
    return sp_expand_dims(sp_avg_pool2d(without_depth(c), &a), 2);
}

static sp_tensor *max_pool_3d(sp__mi_call *c)
{
    sp_pool2d_attrs a = {.pad_mode = 2, .ceil_mode = sp__mi_int(c, "ceil_mode", 0) != 0};
    int64_t pad[2], dilation[2];
    if (!is_nchw(c) || !height_width(c, "ksize", a.kernel) || !height_width(c, "strides", a.stride) ||
        !height_width(c, "dilation", dilation))
        return NULL;
    sp__ints pads = sp__mi_ints(c, "pads");
    bool ok = pads.n == 3 && pads.v[0] == 0 && dilation[0] == 1 && dilation[1] == 1;
    if (!ok)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "pads or dilation are not those of 2-d pooling");
    pad[0] = pads.v[1], pad[1] = pads.v[2];
    for (int i = 0; i < 4; i++)
        a.pad[i] = pad[i / 2];
    c->n_out = 2; /* the second, positions of the largest, is not supported */
    return c->out[0] = sp_expand_dims(sp_max_pool2d(without_depth(c), &a), 2);
}

/* ---- normalisation ---- */

static sp_tensor *batch_norm(sp__mi_call *c)
{
    if (sp__mi_int(c, "is_training", 0))
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "a graph exported in training mode is not supported");
    sp_tensor *mean = ARG(3), *var = ARG(4);
    sp_list y = sp_batch_norm(ARG(0), ARG(1), ARG(2), mean, var, false, sp__mi_float(c, "epsilon", 1e-5));
    c->n_out = 5;
    return c->out[0] = y.n ? y.at[0] : NULL;
}

/* gamma and beta may lack leading axes of what is normalised (begin_params_axis > begin_norm_axis): they broadcast. Or they have more
 * of them, then what is normalised is multiplied and added to. */
static sp_tensor *layer_norm(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *gamma = ARG(1), *beta = ARG(2);
    int begin = sp__mi_axis(c, x, sp__mi_int(c, "begin_norm_axis", -1));
    if (begin < 0 || sp__absent(gamma) || sp__absent(beta))
        return NULL;
    sp_shape norm = {.rank = x->shape.rank - begin};
    for (int i = 0; i < norm.rank; i++)
        norm.dim[i] = x->shape.dim[begin + i];
    c->n_out = 3;
    if (gamma->shape.rank > norm.rank) {
        sp_tensor *one = sp_broadcast_to(sp__mi_like(x, 1), norm), *zero = sp_broadcast_to(sp__mi_like(x, 0), norm);
        sp_tensor *y = sp_layer_norm(x, one, zero, begin, sp__mi_float(c, "epsilon", 1e-7));
        return c->out[0] = sp_add(sp_mul(y, gamma), beta);
    }
    if (!sp_shape_equal(gamma->shape, norm))
        gamma = sp_broadcast_to(gamma, norm);
    if (!sp_shape_equal(beta->shape, norm))
        beta = sp_broadcast_to(beta, norm);
    return c->out[0] = sp_layer_norm(x, gamma, beta, begin, sp__mi_float(c, "epsilon", 1e-7));
}

/* ---- the table ---- */

const sp__mi_rule sp__mi_rules_layers[] = {
    {"Conv2D", 2, conv2d, {0}},
    {"MaxPool", 1, max_pool, {0}},
    {"AvgPool", 1, avg_pool, {"kernel_size", "strides", "pad_mode", "data_format"}},
    {"AvgPool3D", 1, avg_pool_3d, {0}},
    {"MaxPool3DWithArgmax", 1, max_pool_3d, {0}},
    {"BatchNorm", 5, batch_norm, {"is_training", "epsilon", "momentum", "data_format"}},
    {"LayerNorm", 3, layer_norm, {"begin_norm_axis", "begin_params_axis", "epsilon"}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
