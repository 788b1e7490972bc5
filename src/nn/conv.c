/* Conv2d. */
#include <math.h>
#include <string.h>

#include "nn/nn.h"
#include "ops/mixed.h"

typedef struct conv {
    int64_t in, out, kernel[2];
    sp_conv2d_attrs attrs;
    bool four; /* the padding was given for each side */
    sp_init weight_init, bias_init;
} conv;

enum { WEIGHT, BIAS };

static sp_list conv_construct(sp_cell *c, sp_list in)
{
    const conv *v = c->state;
    if (!sp__cell_inputs(c, in, 1, 1))
        return sp__list_none();
    sp_tensor *y = sp__conv2d_in(c->mode->product, in.at[0], c->params[WEIGHT].value, &v->attrs);
    if (c->n_params > BIAS)
        y = sp_bias_add(y, c->params[BIAS].value);
    return sp_list_of(y);
}

static const char *name_or(sp_init init, const char *otherwise)
{
    return init.kind == SP_INIT_DEFAULT ? otherwise : sp__init_name(init);
}

static const char *conv_info(const sp_cell *c)
{
    static const char *const modes[] = {"same", "valid", "pad"};
    const conv *v = c->state;
    const sp_conv2d_attrs *a = &v->attrs;
    const char *padding =
        v->four ? sp_shape_str(sp_shape_new(4, a->pad)) : sp__scope_printf("%lld", (long long)a->pad[0]);
    return sp__scope_printf("input_channels=%lld, output_channels=%lld, kernel_size=%s, stride=%s, pad_mode=%s, "
                            "padding=%s, dilation=%s, group=%lld, has_bias=%s, weight_init=%s, bias_init=%s, "
                            "format=NCHW",
                            (long long)v->in, (long long)v->out, sp_shape_str(sp_shape_new(2, v->kernel)),
                            sp_shape_str(sp_shape_new(2, a->stride)), modes[a->pad_mode], padding,
                            sp_shape_str(sp_shape_new(2, a->dilation)), (long long)a->group,
                            c->n_params > BIAS ? "True" : "False", name_or(v->weight_init, "normal"),
                            name_or(v->bias_init, "zeros"));
}

/* ---- options ---- */

static bool sizes_are_good(const sp_conv2d_opts *o, const conv *v)
{
    const int64_t *k = v->kernel, *s = v->attrs.stride, *d = v->attrs.dilation;
    int64_t group = v->attrs.group;
    if (o->in <= 0 || o->out <= 0)
        sp__err(SP_ERR_VALUE, "Conv2d: channels must be positive, got in=%lld out=%lld", (long long)o->in,
                (long long)o->out);
    else if (o->kernel != 0 && (o->kernel_hw.h != 0 || o->kernel_hw.w != 0))
        sp__err(SP_ERR_VALUE, "Conv2d: kernel and kernel_hw exclude each other");
    else if (o->stride != 0 && (o->stride_hw.h != 0 || o->stride_hw.w != 0))
        sp__err(SP_ERR_VALUE, "Conv2d: stride and stride_hw exclude each other");
    else if (k[0] <= 0 || k[1] <= 0 || s[0] <= 0 || s[1] <= 0 || d[0] <= 0 || d[1] <= 0)
        sp__err(SP_ERR_VALUE,
                "Conv2d: kernel, stride and dilation must be positive, got (%lld, %lld), (%lld, %lld), (%lld, %lld)",
                (long long)k[0], (long long)k[1], (long long)s[0], (long long)s[1], (long long)d[0], (long long)d[1]);
    else if (group <= 0 || o->in % group != 0 || o->out % group != 0)
        sp__err(SP_ERR_VALUE, "Conv2d: %lld groups do not divide in=%lld and out=%lld", (long long)group,
                (long long)o->in, (long long)o->out);
    else
        return true;
    return false;
}

static bool padding_is_good(const sp_conv2d_opts *o, const conv *v)
{
    const int64_t *p = v->attrs.pad;
    if (o->pad_mode < SP_PAD_DEFAULT || o->pad_mode > SP_PAD_PAD)
        sp__err(SP_ERR_VALUE, "Conv2d: there is no pad_mode %d", (int)o->pad_mode);
    else if (o->padding != 0 && v->four)
        sp__err(SP_ERR_VALUE, "Conv2d: padding and padding4 exclude each other");
    else if (p[0] < 0 || p[1] < 0 || p[2] < 0 || p[3] < 0)
        sp__err(SP_ERR_VALUE, "Conv2d: padding (%lld, %lld, %lld, %lld) is negative", (long long)p[0], (long long)p[1],
                (long long)p[2], (long long)p[3]);
    else if (o->pad_mode != SP_PAD_PAD && (o->padding != 0 || v->four))
        sp__err(SP_ERR_VALUE, "Conv2d: padding needs pad_mode SP_PAD_PAD");
    else if (!sp_dtype_is_float(o->dtype))
        sp__err(SP_ERR_DTYPE, "Conv2d: weights must be of a float type, got %s", sp_dtype_name(o->dtype));
    else
        return true;
    return false;
}

static conv conv_of(const sp_conv2d_opts *o)
{
    const int64_t *four = o->padding4;
    conv v = {.in = o->in, .out = o->out, .weight_init = o->weight_init, .bias_init = o->bias_init};
    v.four = four[0] != 0 || four[1] != 0 || four[2] != 0 || four[3] != 0;
    v.attrs.pad_mode = o->pad_mode == SP_PAD_DEFAULT ? 0 : (int)o->pad_mode - SP_PAD_SAME;
    v.attrs.group = o->group == 0 ? 1 : o->group;
    sp__pair_into(v.kernel, o->kernel, o->kernel_hw, 0);
    sp__pair_into(v.attrs.stride, o->stride, o->stride_hw, 1);
    sp__pair_into(v.attrs.dilation, 0, o->dilation, 1);
    for (int i = 0; i < 4; i++)
        v.attrs.pad[i] = v.four ? four[i] : o->padding;
    return v;
}

sp_cell *sp_nn_conv2d_new(const sp_conv2d_opts *o)
{
    if (!sp__given("Conv2d", 1, o))
        return NULL;
    conv v = conv_of(o);
    if (!sizes_are_good(o, &v) || !padding_is_good(o, &v))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_shape shape = SP_DIMS(o->out, o->in / v.attrs.group, v.kernel[0], v.kernel[1]);
    double fan_in = (double)shape.dim[1] * (double)shape.dim[2] * (double)shape.dim[3];
    sp_init weight = sp__init_or(o->weight_init, sp_init_he_uniform(sqrt(5)));
    sp_init bias = sp__init_or(o->bias_init, sp_init_uniform(1 / sqrt(fan_in)));
    sp_cell *c = sp__layer(
        "Conv2d", conv_construct, &v, conv_info, {"weight", sp_init_tensor(weight, o->dtype, shape), false},
        {o->has_bias ? "bias" : NULL, o->has_bias ? sp_init_tensor(bias, o->dtype, SP_DIMS(o->out)) : NULL, false});
    sp_scope_end(scope);
    return c;
}
