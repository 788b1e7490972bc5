/* Convolution, and its two gradients. All three are linear in each of their arguments, and the gradients of each are the
 * other two:
 *   y  = Conv2D(x, w)                 dx = Input(dy, w)       dw = Filter(dy, x)
 *   x' = Conv2DBackpropInput(y, w)    dy = Conv(g, w)         dw = Filter(y, g)
 *   w' = Conv2DBackpropFilter(y, x)   dy = Conv(x, g)         dx = Input(y, g)
 * so there are derivatives of any order.
 *   x (N, C, H, W)    w (M, C / group, kh, kw)    y (N, M, OH, OW) */
#include "kernels/kernels.h"
#include "ops/attrs.h"
#include "ops/fused.h"
#include "ops/mixed.h"
#include "ops/window.h"

typedef sp__conv_attrs conv_attrs;

#define CONV_FIELDS                                                                 \
    SP__FIELD(conv_attrs, pad_mode, SP__ENUM, .words = sp__pad_modes),              \
        SP__FIELD(conv_attrs, pad, SP__INTS, .min = 0, .max = SP__WINDOW_MAX),      \
        SP__FIELD(conv_attrs, stride, SP__INTS, .min = 1, .max = SP__WINDOW_MAX),   \
        SP__FIELD(conv_attrs, dilation, SP__INTS, .min = 1, .max = SP__WINDOW_MAX), \
        SP__FIELD(conv_attrs, group, SP__INT, .min = 1, .max = SP__WINDOW_MAX, .preset = 1)

static const sp__field conv_fields[] = {CONV_FIELDS};
static const sp__field bias_fields[] = {CONV_FIELDS,
                                        SP__FIELD(conv_attrs, act, SP__ENUM, .words = sp__fused_act_words)};
static const sp__field back_fields[] = {CONV_FIELDS,
                                        SP__FIELD(conv_attrs, size, SP__INTS, .min = 1, .max = SP__WINDOW_MAX)};

/* ---- shapes ---- */

static sp_status check_channels(const sp__op *op, sp_shape x, sp_shape w, int64_t group)
{
    if (w.dim[0] < 1 || w.dim[1] < 1)
        return sp__err(SP_ERR_SHAPE, "%s: the weight %s is empty", op->label, sp__shape_text(w));
    if (w.dim[0] % group != 0)
        return sp__err(SP_ERR_SHAPE, "%s: the weight %s gives %lld channels, expected a multiple of group %lld",
                       op->label, sp__shape_text(w), (long long)w.dim[0], (long long)group);
    if (x.dim[1] % group != 0 || x.dim[1] / group != w.dim[1])
        return sp__err(SP_ERR_SHAPE, "%s: input has %lld channels, the weight %s with group %lld expects %lld",
                       op->label, (long long)x.dim[1], sp__shape_text(w), (long long)group,
                       (long long)(w.dim[1] * group));
    return SP_OK;
}

/* What the kernels need to know, from the shapes of input and weight. */
static sp_status describe(const sp__op *op, const conv_attrs *a, sp_shape x, sp_shape w, sp__conv *k)
{
    sp__window win[2];
    sp__sliding how = {a->pad_mode, &a->pad, &a->stride, &a->dilation, false};
    sp_status st = check_channels(op, x, w, a->group);
    if (st == SP_OK)
        st = sp__windows(op, &how, &x.dim[2], &w.dim[2], win);
    if (st != SP_OK)
        return st;
    const sp__window *v = &win[0], *h = &win[1]; /* vertical, horizontal */
    *k = (sp__conv){.N = x.dim[0], .C = x.dim[1], .H = v->size, .W = h->size};
    k->M = w.dim[0], k->kh = v->kernel, k->kw = h->kernel;
    k->sh = v->stride, k->sw = h->stride, k->dh = v->dilation, k->dw = h->dilation;
    k->pt = v->before, k->pb = v->after, k->pl = h->before, k->pr = h->after;
    k->groups = a->group, k->OH = v->out, k->OW = h->out;
    return sp__want_countable(op, 7, (int64_t[]){k->N, k->M, k->OH, k->OW, w.dim[1], k->kh, k->kw});
}

static sp_shape input_shape(const sp__conv *k) { return SP_DIMS(k->N, k->C, k->H, k->W); }
static sp_shape weight_shape(const sp__conv *k) { return SP_DIMS(k->M, k->C / k->groups, k->kh, k->kw); }
static sp_shape output_shape(const sp__conv *k) { return SP_DIMS(k->N, k->M, k->OH, k->OW); }

/* The call's convolution: what it leaves open (x of Input, w of Filter) follows from the others and `size`. */
static sp_status describe_forward(const sp__call *c, sp__conv *k)
{
    return describe(c->op, c->attrs, c->in[0]->shape, c->in[1]->shape, k);
}

static sp_status describe_input(const sp__call *c, sp__conv *k)
{
    const conv_attrs *a = c->attrs;
    sp_shape y = c->in[0]->shape, w = c->in[1]->shape;
    sp_status st = sp__want_count(c->op, "size", &a->size, 2, false);
    if (st != SP_OK)
        return st;
    if (w.dim[1] > (int64_t)SP__WINDOW_MAX) /* times group */
        return sp__err(SP_ERR_SHAPE, "%s: the weight has shape %s", c->op->label, sp__shape_text(w));
    return describe(c->op, a, SP_DIMS(y.dim[0], w.dim[1] * a->group, a->size.v[0], a->size.v[1]), w, k);
}

static sp_status describe_filter(const sp__call *c, sp__conv *k)
{
    const conv_attrs *a = c->attrs;
    sp_shape y = c->in[0]->shape, x = c->in[1]->shape;
    sp_status st = sp__want_count(c->op, "size", &a->size, 2, false);
    if (st != SP_OK)
        return st;
    return describe(c->op, a, x, SP_DIMS(y.dim[1], x.dim[1] / a->group, a->size.v[0], a->size.v[1]), k);
}

/* ---- rules ---- */

typedef sp_status (*describer)(const sp__call *c, sp__conv *k);

static sp_status rule(sp__call *c, describer of, sp_shape (*result)(const sp__conv *k))
{
    sp__conv k;
    if (sp__want_rank(c, 0, 4, 4) != SP_OK || sp__want_rank(c, 1, 4, 4) != SP_OK)
        return SP_ERR_SHAPE;
    sp_status st = of(c, &k);
    if (st != SP_OK)
        return st;
    c->out[0] = (sp__desc){c->in[0]->dtype, result(&k)};
    if (of != describe_forward && !sp_shape_equal(c->in[0]->shape, output_shape(&k)))
        return sp__err(SP_ERR_SHAPE, "%s: the gradient has shape %s, expected %s", c->op->label, SP__STR(c->in[0]),
                       sp__shape_text(output_shape(&k)));
    return sp__want_countable(c->op, 4, c->out[0].shape.dim);
}

static sp_status conv2d_rule(sp__call *c) { return rule(c, describe_forward, output_shape); }
static sp_status conv2d_input_rule(sp__call *c) { return rule(c, describe_input, input_shape); }
static sp_status conv2d_filter_rule(sp__call *c) { return rule(c, describe_filter, weight_shape); }

/* ---- kernels ---- */

sp_status sp__conv_describe(const sp__call *c, sp__conv_pass pass, sp__conv *k)
{
    return pass == SP__CONV_FORWARD ? describe_forward(c, k)
           : pass == SP__CONV_INPUT ? describe_input(c, k)
                                    : describe_filter(c, k);
}

/* What a pass needs: the geometry, and room to work in. */
typedef struct conv_plan {
    sp__conv k;
    size_t bytes;
    void *ws;
} conv_plan;

static sp_status plan_make(conv_plan *p, const sp__call *c, describer of, sp__conv_pass pass)
{
    sp_status st = of(c, &p->k);
    if (st != SP_OK)
        return st;
    p->bytes = sp__k_conv_workspace(c->in[0]->dtype, &p->k, pass);
    p->ws = p->bytes ? sp__alloc(p->bytes) : NULL;
    return p->bytes && !p->ws ? SP_ERR_NOMEM : SP_OK;
}

static sp_status prepare(sp__call *c, describer of, sp__conv_pass pass)
{
    conv_plan *p = sp__alloc_zero(sizeof *p);
    sp_status st = p ? plan_make(p, c, of, pass) : SP_ERR_NOMEM;
    if (st == SP_OK)
        c->plan = p;
    else
        sp__free(p, sizeof *p);
    return st;
}

static void unprepare(void *plan)
{
    conv_plan *p = plan;
    sp__free(p->ws, p->bytes);
    sp__free(p, sizeof *p);
}

static bool compute(const sp__call *c, const conv_plan *p, sp__conv_pass pass)
{
    sp_dtype t = c->in[0]->dtype;
    void *y = c->y[0]->data;
    const void *a = c->in[0]->data, *b = c->in[1]->data;
    if (pass == SP__CONV_INPUT)
        return sp__k_conv_grad_input(t, &p->k, y, a, b, p->ws, p->bytes);
    if (pass == SP__CONV_WEIGHT)
        return sp__k_conv_grad_weight(t, &p->k, y, a, b, p->ws, p->bytes);
    const void *bias = c->n_in > 2 && c->in[2] != SP_NONE ? c->in[2]->data : NULL;
    if (!sp__k_conv(t, &p->k, y, a, b, bias, p->ws, p->bytes))
        return false;
    sp__unary act = sp__fused_act_kernel(((const conv_attrs *)c->attrs)->act);
    return act == SP__UNARY_COUNT_ || sp__k_unary(act, t, y, y, c->y[0]->size);
}

/* One of the three passes: as prepared, or with a plan for this call. */
static sp_status run(sp__call *c, describer of, sp__conv_pass pass)
{
    conv_plan own = {.bytes = 0};
    sp_status st = c->plan ? SP_OK : plan_make(&own, c, of, pass);
    if (st == SP_OK && !compute(c, c->plan ? c->plan : &own, pass))
        st = sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
    sp__free(own.ws, own.bytes);
    return st;
}

#define PASS(id, of, pass)                                              \
    static sp_status id##_run(sp__call *c) { return run(c, of, pass); } \
    static sp_status id##_prepare(sp__call *c) { return prepare(c, of, pass); }
PASS(conv2d, describe_forward, SP__CONV_FORWARD)
PASS(conv2d_input, describe_input, SP__CONV_INPUT)
PASS(conv2d_filter, describe_filter, SP__CONV_WEIGHT)

/* ---- gradients ---- */

/* The three as functions, with the attributes (and the precision) of the call whose gradient they are part of. */
static sp_tensor *forward(const sp__node *n, sp_tensor *x, sp_tensor *w)
{
    conv_attrs plain = *(const conv_attrs *)n->attrs;
    plain.size.n = 0;
    return sp__mixed_as(n, &sp__op_conv2d, &plain, x, w);
}

static sp_tensor *back_to(const sp__op *op, const sp__node *n, sp_tensor *dy, sp_tensor *other, sp_shape result)
{
    conv_attrs sized = *(const conv_attrs *)n->attrs;
    sized.size = (sp__ints){2, {result.dim[2], result.dim[3]}};
    return sp__mixed_as(n, op, &sized, dy, other);
}

static void conv2d_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    if (SP__WANTS(want, 0))
        dx[0] = back_to(&sp__op_conv2d_input, n, dy[0], n->in[1], n->in_desc[0].shape);
    if (SP__WANTS(want, 1))
        dx[1] = back_to(&sp__op_conv2d_filter, n, dy[0], n->in[0], n->in_desc[1].shape);
}

static void conv2d_input_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    if (SP__WANTS(want, 0))
        dx[0] = forward(n, g[0], n->in[1]);
    if (SP__WANTS(want, 1))
        dx[1] = back_to(&sp__op_conv2d_filter, n, n->in[0], g[0], n->in_desc[1].shape);
}

static void conv2d_filter_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    if (SP__WANTS(want, 0))
        dx[0] = forward(n, n->in[1], g[0]);
    if (SP__WANTS(want, 1))
        dx[1] = back_to(&sp__op_conv2d_input, n, n->in[0], g[0], n->in_desc[1].shape);
}

/* ---- entries ---- */

#define CONV(id, ms, onnx_name, flag, fields_of)                                                        \
    const sp__op sp__op_##id = {.name = (ms),                                                           \
                                .label = #id,                                                           \
                                .onnx = (onnx_name),                                                    \
                                .min_in = 2,                                                            \
                                .max_in = 2,                                                            \
                                .n_out = 1,                                                             \
                                .flags = SP__PROMOTE | SP__FLOAT_ONLY | SP__VIA_F32 | (unsigned)(flag), \
                                SP__FIELDS(fields_of),                                                  \
                                .attr_size = sizeof(conv_attrs),                                        \
                                .rule = id##_rule,                                                      \
                                .run = id##_run,                                                        \
                                .prepare = id##_prepare,                                                \
                                .unprepare = unprepare,                                                 \
                                .grad = id##_grad,                                                      \
                                .saves = SP__IN(0) | SP__IN(1)}
CONV(conv2d, "Conv2D", "Conv", 0, conv_fields);
CONV(conv2d_input, "Conv2DBackpropInput", NULL, SP__GRADIENT, back_fields);
CONV(conv2d_filter, "Conv2DBackpropFilter", NULL, SP__GRADIENT, back_fields);

/* ---- Conv2DBias(x, w, b): act(Conv2D(x, w) + b), made by src/graph/pass_conv_bias.c ---- */

static sp_status conv2d_bias_rule(sp__call *c)
{
    sp_status st = rule(c, describe_forward, output_shape);
    if (st == SP_OK)
        st = sp__want_type(c, 1, c->in[0]->dtype);
    if (st != SP_OK || c->in[2] == SP_NONE)
        return st;
    if (c->in[2]->shape.rank != 1 || c->in[2]->shape.dim[0] != c->out[0].shape.dim[1])
        return sp__err(SP_ERR_SHAPE, "%s: the bias has shape %s, expected (%lld,)", c->op->label, SP__STR(c->in[2]),
                       (long long)c->out[0].shape.dim[1]);
    return sp__want_type(c, 2, c->in[0]->dtype);
}

const sp__op sp__op_conv2d_bias = {.name = "Conv2DBias",
                                   .label = "conv2d_bias",
                                   .min_in = 3,
                                   .max_in = 3,
                                   .n_out = 1,
                                   .optional = SP__IN(2),
                                   .flags = SP__FUSED | SP__FLOAT_ONLY | SP__VIA_F32,
                                   SP__FIELDS(bias_fields),
                                   .attr_size = sizeof(conv_attrs),
                                   .rule = conv2d_bias_rule,
                                   .run = conv2d_run,
                                   .prepare = conv2d_prepare,
                                   .unprepare = unprepare,
                                   .no_grad = SP__FUSED_NO_GRAD};

void *sp__conv_with_act(void *attrs, int act)
{
    ((conv_attrs *)attrs)->act = act;
    return attrs;
}

sp_tensor *sp__conv2d_in(sp_dtype narrow, sp_tensor *x, sp_tensor *w, const sp_conv2d_attrs *attrs)
{
    conv_attrs a = {.pad_mode = attrs->pad_mode, .group = attrs->group == 0 ? 1 : attrs->group};
    a.pad = (sp__ints){4, {attrs->pad[0], attrs->pad[1], attrs->pad[2], attrs->pad[3]}};
    a.stride = sp__pair(attrs->stride);
    a.dilation = sp__pair(attrs->dilation);
    return sp__mixed(narrow, &sp__op_conv2d, &a, x, w);
}

sp_tensor *sp_conv2d(sp_tensor *x, sp_tensor *w, const sp_conv2d_attrs *attrs)
{
    return sp__given("conv2d", 3, attrs) ? sp__conv2d_in(SP_F32, x, w, attrs) : NULL;
}
