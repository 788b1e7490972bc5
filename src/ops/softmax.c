/* Softmax and LogSoftmax along one axis. */
#include "kernels/kernels.h"
#include "ops/attrs.h"

typedef struct softmax_attrs {
    int64_t axis;
} softmax_attrs;

static const sp__field softmax_fields[] = {SP__FIELD(softmax_attrs, axis, SP__INT, .preset = -1)};

/* x as (outer, n, inner) around the axis. */
typedef struct around {
    int64_t outer, n, inner;
} around;

static around around_axis(sp_shape shape, int axis)
{
    around r = {1, shape.dim[axis], 1};
    for (int i = 0; i < shape.rank; i++) {
        if (i < axis)
            r.outer *= shape.dim[i];
        if (i > axis)
            r.inner *= shape.dim[i];
    }
    return r;
}

static around around_of(const sp_tensor *x, const void *attrs)
{
    int axis = 0;
    sp__axis(((const softmax_attrs *)attrs)->axis, x->shape.rank, &axis);
    return around_axis(x->shape, axis);
}

static sp_status axis_rule(sp__call *c)
{
    int axis;
    c->out[0] = sp__desc_of(c->in[0]);
    bool good = sp__axis_of(c->op, ((const softmax_attrs *)c->attrs)->axis, c->in[0]->shape, &axis);
    return good ? SP_OK : SP_ERR_VALUE;
}

/* ---- the way back from y ---- */

typedef bool (*backward_kernel)(sp_dtype, void *, const void *, const void *, int64_t, int64_t, int64_t);

static sp_status back_rule(sp__call *c)
{
    if (!sp_shape_equal(c->in[0]->shape, c->in[1]->shape))
        return sp__err(SP_ERR_SHAPE, "%s: shapes differ: %s and %s", c->op->label, SP__STR(c->in[0]),
                       SP__STR(c->in[1]));
    sp_status st = sp__want_type(c, 1, c->in[0]->dtype);
    return st == SP_OK ? axis_rule(c) : st;
}

static sp_status back_run(sp__call *c, backward_kernel kernel)
{
    around r = around_of(c->in[0], c->attrs);
    kernel(c->in[0]->dtype, c->y[0]->data, c->in[0]->data, c->in[1]->data, r.outer, r.n, r.inner);
    return SP_OK;
}

static sp_status softmax_back_run(sp__call *c) { return back_run(c, sp__k_softmax_grad); }
static sp_status log_softmax_back_run(sp__call *c) { return back_run(c, sp__k_log_softmax_grad); }

static sp_tensor *sum_along(sp_tensor *x, int64_t axis) { return sp_sum_axes(x, 1, (int[]){(int)axis}, true); }

/* y (dy - sum dy y) */
static sp_tensor *softmax_back(sp_tensor *dy, sp_tensor *y, int64_t axis)
{
    return sp_mul(y, sp_sub(dy, sum_along(sp_mul(dy, y), axis)));
}

/* dy - e^y sum dy */
static sp_tensor *log_softmax_back(sp_tensor *dy, sp_tensor *y, int64_t axis)
{
    return sp_sub(dy, sp_mul(sp_exp(y), sum_along(dy, axis)));
}

/* Gradients of the fused gradients, by the same formulae: with dx = y (dy - s), s = sum dy y, and g given for dx,
 *   for dy: y (g - sum g y)            for y: g (dy - s) - dy sum g y */
static void softmax_back_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    int64_t axis = ((const softmax_attrs *)n->attrs)->axis;
    sp_tensor *dy = n->in[0], *y = n->in[1];
    sp_tensor *gy = sum_along(sp_mul(g[0], y), axis);
    if (SP__WANTS(want, 0))
        dx[0] = sp_mul(y, sp_sub(g[0], gy));
    if (SP__WANTS(want, 1))
        dx[1] = sp_sub(sp_mul(g[0], sp_sub(dy, sum_along(sp_mul(dy, y), axis))), sp_mul(dy, gy));
}

/* With dx = dy - e^y sum dy:  for dy: g - sum g e^y    for y: -g e^y sum dy */
static void log_softmax_back_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    int64_t axis = ((const softmax_attrs *)n->attrs)->axis;
    sp_tensor *ge = sp_mul(g[0], sp_exp(n->in[1]));
    if (SP__WANTS(want, 0))
        dx[0] = sp_sub(g[0], sum_along(ge, axis));
    if (SP__WANTS(want, 1))
        dx[1] = sp_neg(sp_mul(ge, sum_along(n->in[0], axis)));
}

#define BACK(id, op_name)                                                                    \
    const sp__op sp__op_##id##_back = {.name = (op_name),                                    \
                                       .label = #id "_back",                                 \
                                       .min_in = 2,                                          \
                                       .max_in = 2,                                          \
                                       .n_out = 1,                                           \
                                       .flags = SP__GRADIENT | SP__FLOAT_ONLY | SP__VIA_F32, \
                                       SP__FIELDS(softmax_fields),                           \
                                       .attr_size = sizeof(softmax_attrs),                   \
                                       .rule = back_rule,                                    \
                                       .run = id##_back_run,                                 \
                                       .grad = id##_back_grad,                               \
                                       .saves = SP__IN(0) | SP__IN(1)}
BACK(softmax, "SoftmaxGrad");
BACK(log_softmax, "LogSoftmaxGrad");

/* ---- forward ---- */

static sp_status softmax_run(sp__call *c)
{
    around r = around_of(c->in[0], c->attrs);
    sp__k_softmax(c->in[0]->dtype, c->y[0]->data, c->in[0]->data, r.outer, r.n, r.inner);
    return SP_OK;
}

static sp_status log_softmax_run(sp__call *c)
{
    around r = around_of(c->in[0], c->attrs);
    sp__k_log_softmax(c->in[0]->dtype, c->y[0]->data, c->in[0]->data, r.outer, r.n, r.inner);
    return SP_OK;
}

#define FORWARD(id, op_name, onnx_name)                                                              \
    static void id##_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)    \
    {                                                                                                \
        (void)want;                                                                                  \
        dx[0] = sp__watched() ? id##_back(dy[0], n->out[0], ((const softmax_attrs *)n->attrs)->axis) \
                              : sp__call_op(&sp__op_##id##_back, n->attrs, dy[0], n->out[0]);        \
    }                                                                                                \
    const sp__op sp__op_##id = {.name = (op_name),                                                   \
                                .label = #id,                                                        \
                                .onnx = (onnx_name),                                                 \
                                .min_in = 1,                                                         \
                                .max_in = 1,                                                         \
                                .n_out = 1,                                                          \
                                .flags = SP__FLOAT_ONLY | SP__VIA_F32,                               \
                                SP__FIELDS(softmax_fields),                                          \
                                .attr_size = sizeof(softmax_attrs),                                  \
                                .rule = axis_rule,                                                   \
                                .run = id##_run,                                                     \
                                .grad = id##_grad,                                                   \
                                .saves = SP__OUT(0)};                                                \
    sp_tensor *sp_##id(sp_tensor *x, int axis) { return sp__call_op(&sp__op_##id, &(softmax_attrs){axis}, x); }
FORWARD(softmax, "Softmax", "Softmax")
FORWARD(log_softmax, "LogSoftmax", "LogSoftmax")
