/* MaxPool2d and AvgPool2d. */
#include "nn/nn.h"

typedef struct pool {
    sp_tensor *(*apply)(sp_tensor *x, const sp_pool2d_attrs *attrs);
    sp_pool2d_attrs attrs;
    bool kernel_pair, stride_pair; /* given for each direction */
} pool;

static sp_list pool_construct(sp_cell *c, sp_list in)
{
    const pool *p = c->state;
    return sp__cell_inputs(c, in, 1, 1) ? sp_list_of(p->apply(in.at[0], &p->attrs)) : sp__list_none();
}

static const char *as_given(const int64_t size[2], bool pair)
{
    return pair ? sp_shape_str(sp_shape_new(2, size)) : sp__scope_printf("%lld", (long long)size[0]);
}

static const char *pool_info(const sp_cell *c)
{
    static const char *const modes[] = {"SAME", "VALID", "PAD"};
    const pool *p = c->state;
    return sp__scope_printf("kernel_size=%s, stride=%s, pad_mode=%s", as_given(p->attrs.kernel, p->kernel_pair),
                            as_given(p->attrs.stride, p->stride_pair), modes[p->attrs.pad_mode]);
}

static bool sizes_are_good(const char *type, const sp_pool_opts *o, const pool *p)
{
    const int64_t *k = p->attrs.kernel, *s = p->attrs.stride;
    if ((o->kernel != 0 && p->kernel_pair) || (o->stride != 0 && p->stride_pair))
        sp__err(SP_ERR_VALUE, "%s: a size for both directions and one for each exclude each other", type);
    else if (k[0] <= 0 || k[1] <= 0 || s[0] <= 0 || s[1] <= 0)
        sp__err(SP_ERR_VALUE, "%s: kernel and stride must be positive, got (%lld, %lld), (%lld, %lld)", type,
                (long long)k[0], (long long)k[1], (long long)s[0], (long long)s[1]);
    else
        return true;
    return false;
}

/* A window must not lie in the padding altogether. */
static bool padding_is_good(const char *type, const sp_pool_opts *o, const pool *p)
{
    int64_t smaller = SP__MIN(p->attrs.kernel[0], p->attrs.kernel[1]);
    if (o->pad_mode < SP_PAD_DEFAULT || o->pad_mode > SP_PAD_PAD)
        sp__err(SP_ERR_VALUE, "%s: there is no pad_mode %d", type, (int)o->pad_mode);
    else if (o->pad_mode != SP_PAD_PAD && (o->padding != 0 || o->ceil_mode))
        sp__err(SP_ERR_VALUE, "%s: padding and ceil_mode need pad_mode SP_PAD_PAD", type);
    else if (o->padding < 0 || o->padding > smaller / 2)
        sp__err(SP_ERR_VALUE, "%s: padding is %lld, expected 0 to half the kernel, %lld", type, (long long)o->padding,
                (long long)(smaller / 2));
    else
        return true;
    return false;
}

static sp_cell *pool_new(const char *type, sp_tensor *(*apply)(sp_tensor *, const sp_pool2d_attrs *),
                         const sp_pool_opts *o)
{
    if (!sp__given(type, 1, o))
        return NULL;
    pool p = {.apply = apply,
              .kernel_pair = o->kernel_hw.h != 0 || o->kernel_hw.w != 0,
              .stride_pair = o->stride_hw.h != 0 || o->stride_hw.w != 0};
    sp__pair_into(p.attrs.kernel, o->kernel, o->kernel_hw, 1);
    sp__pair_into(p.attrs.stride, o->stride, o->stride_hw, 1);
    p.attrs.pad_mode = o->pad_mode == SP_PAD_DEFAULT ? SP_PAD_VALID - SP_PAD_SAME : (int)o->pad_mode - SP_PAD_SAME;
    for (int i = 0; i < 4; i++)
        p.attrs.pad[i] = o->padding;
    p.attrs.ceil_mode = o->ceil_mode;
    p.attrs.exclude_pad = o->exclude_pad;
    if (!sizes_are_good(type, o, &p) || !padding_is_good(type, o, &p))
        return NULL;
    return sp__layer(type, pool_construct, &p, pool_info, {0});
}

sp_cell *sp_nn_max_pool2d_new(const sp_pool_opts *o)
{
    if (o && o->exclude_pad)
        return sp__fail(SP_ERR_VALUE, "MaxPool2d: exclude_pad is for averages only");
    return pool_new("MaxPool2d", sp_max_pool2d, o);
}

sp_cell *sp_nn_avg_pool2d_new(const sp_pool_opts *o) { return pool_new("AvgPool2d", sp_avg_pool2d, o); }
