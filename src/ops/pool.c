/* Pooling over height and width of x (N, C, H, W), giving y (N, C, OH, OW).
 *
 * MaxPool has a second result, the place of each window's winner (Int32, h W + w), that nobody outside sees: with it the
 * gradient is a scatter (MaxPoolGrad), whose gradient is a gather (MaxPoolGather), whose gradient is the scatter again.
 * AvgPool is linear; AvgPool and AvgPoolGrad are each other's gradient. */
#include "kernels/kernels.h"
#include "ops/fused.h"
#include "ops/op.h"
#include "ops/window.h"

typedef struct pool_attrs {
    sp__ints kernel_size, strides; /* height, width               */
    int pad_mode;
    sp__ints pad; /* top, bottom, left, right    */
    bool ceil_mode;
    bool count_include_pad;   /* average: padding counts in the divisor; never in mode same   */
    int64_t divisor_override; /* average: the divisor; 0: the number of elements              */
    sp__ints size;            /* of AvgPoolGrad: H, W                                         */
} pool_attrs;

#define POOL_FIELDS                                                                \
    SP__FIELD(pool_attrs, kernel_size, SP__INTS, .min = 1, .max = SP__WINDOW_MAX), \
        SP__FIELD(pool_attrs, strides, SP__INTS, .min = 1, .max = SP__WINDOW_MAX), \
        SP__FIELD(pool_attrs, pad_mode, SP__ENUM, .words = sp__pad_modes),         \
        SP__FIELD(pool_attrs, pad, SP__INTS, .min = 0, .max = SP__WINDOW_MAX),     \
        SP__FIELD(pool_attrs, ceil_mode, SP__BOOL)
#define AVG_FIELDS                                                                \
    POOL_FIELDS, SP__FIELD(pool_attrs, count_include_pad, SP__BOOL, .preset = 1), \
        SP__FIELD(pool_attrs, divisor_override, SP__INT, .min = 0, .max = SP__WINDOW_MAX)

static const sp__field max_fields[] = {POOL_FIELDS};
static const sp__field avg_fields[] = {AVG_FIELDS};
static const sp__field avg_back_fields[] = {AVG_FIELDS,
                                            SP__FIELD(pool_attrs, size, SP__INTS, .min = 1, .max = SP__WINDOW_MAX)};

/* ---- shapes ---- */

static sp_status not_defined(const sp__call *c)
{
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

/* A window of nothing but padding has no largest and no mean. */
static sp_status check_pad(const sp__op *op, const sp__window w[2])
{
    for (int i = 0; i < 2; i++)
        if (SP__MAX(w[i].before, w[i].after) >= w[i].kernel)
            return sp__err(SP_ERR_VALUE, "%s: pad is %lld, expected less than the kernel's %lld", op->label,
                           (long long)SP__MAX(w[i].before, w[i].after), (long long)w[i].kernel);
    return SP_OK;
}

/* What the kernels need to know, for x of this shape. */
static sp_status describe(const sp__op *op, const pool_attrs *a, sp_shape x, sp__pool *p)
{
    sp__window win[2];
    sp__sliding how = {a->pad_mode, &a->pad, &a->strides, NULL, a->ceil_mode};
    sp_status st = sp__want_count(op, "kernel_size", &a->kernel_size, 2, false);
    if (st == SP_OK)
        st = sp__windows(op, &how, &x.dim[2], a->kernel_size.v, win);
    if (st == SP_OK)
        st = check_pad(op, win);
    if (st != SP_OK)
        return st;
    const sp__window *v = &win[0], *h = &win[1]; /* vertical, horizontal */
    *p = (sp__pool){.N = x.dim[0], .C = x.dim[1], .H = v->size, .W = h->size, .dh = 1, .dw = 1};
    p->kh = v->kernel, p->kw = h->kernel, p->sh = v->stride, p->sw = h->stride;
    p->pt = v->before, p->pb = v->after, p->pl = h->before, p->pr = h->after;
    p->OH = v->out, p->OW = h->out;
    p->count_include_pad = a->count_include_pad && a->pad_mode != SP__PAD_SAME;
    p->divisor = a->divisor_override;
    st = sp__want_countable(op, 6, (int64_t[]){p->N, p->C, p->OH, p->OW, p->kh, p->kw});
    return st == SP_OK ? sp__want_countable(op, 4, (int64_t[]){p->N, p->C, p->H, p->W}) : st;
}

static sp_shape output_shape(const sp__pool *p) { return SP_DIMS(p->N, p->C, p->OH, p->OW); }

/* Both poolings: y like x. */
static sp_status pool_rule(sp__call *c, sp__pool *p)
{
    sp_status st = sp__want_rank(c, 0, 4, 4);
    if (st == SP_OK)
        st = describe(c->op, c->attrs, c->in[0]->shape, p);
    if (st == SP_OK)
        c->out[0] = (sp__desc){c->in[0]->dtype, output_shape(p)};
    return st;
}

/* ---- MaxPool ---- */

static sp_status max_pool2d_rule(sp__call *c)
{
    sp__pool p;
    sp_status st = pool_rule(c, &p);
    if (st != SP_OK)
        return st;
    if (p.H > INT32_MAX / p.W)
        return sp__err(SP_ERR_SHAPE, "%s: images of %lld x %lld, expected less than 2^31 elements", c->op->label,
                       (long long)p.H, (long long)p.W);
    c->out[1] = (sp__desc){SP_I32, c->out[0].shape};
    return SP_OK;
}

static sp_status max_pool2d_run(sp__call *c)
{
    sp__pool p;
    sp_status st = describe(c->op, c->attrs, c->in[0]->shape, &p);
    if (st != SP_OK)
        return st;
    bool done = sp__k_max_pool(c->in[0]->dtype, &p, c->y[0]->data, c->y[1]->data, c->in[0]->data);
    return done ? SP_OK : not_defined(c);
}

typedef struct max_back_attrs {
    sp__ints size; /* H, W */
} max_back_attrs;

static const sp__field max_back_fields[] = {SP__FIELD(max_back_attrs, size, SP__INTS, .min = 1, .max = SP__WINDOW_MAX)};

/* Whether all winners lie in images of `pixels`: what is scattered must not miss. */
static sp_status check_index(const sp__call *c, int64_t pixels)
{
    const int32_t *index = c->in[1]->data;
    int32_t low = -1, high = -1;
    for (int64_t i = 0; i < c->in[1]->size; i++) { /* without a way out, so that it is done several at a time */
        low = SP__MIN(low, index[i]);
        high = SP__MAX(high, index[i]);
    }
    if (low >= -1 && high < pixels)
        return SP_OK;
    return sp__err(SP_ERR_VALUE, "%s: winners from %d to %d in an image of %lld elements", c->op->label, (int)low,
                   (int)high, (long long)pixels);
}

/* The kernels of scatter and gather look at nothing else. */
static sp__pool planes(sp_shape x, sp_shape y)
{
    sp__pool p = {.N = x.dim[0], .C = x.dim[1], .H = x.dim[2], .W = x.dim[3], .OH = y.dim[2], .OW = y.dim[3]};
    p.kh = p.kw = p.sh = p.sw = p.dh = p.dw = 1;
    return p;
}

static sp_status check_planes(const sp__op *op, sp_shape x, sp_shape y)
{
    sp_status st = sp__want_countable(op, 4, x.dim);
    return st == SP_OK ? sp__want_countable(op, 4, y.dim) : st;
}

/* dx (N, C, H, W): each dy (N, C, OH, OW) added at its index (N, C, OH, OW). */
static sp_status max_pool2d_back_rule(sp__call *c)
{
    const max_back_attrs *a = c->attrs;
    sp_shape y = c->in[0]->shape;
    if (sp__want_rank(c, 0, 4, 4) != SP_OK || sp__want_count(c->op, "size", &a->size, 2, false) != SP_OK ||
        sp__want_type(c, 1, SP_I32) != SP_OK)
        return sp_error();
    if (!sp_shape_equal(y, c->in[1]->shape))
        return sp__err(SP_ERR_SHAPE, "%s: shapes differ: %s and %s", c->op->label, SP__STR(c->in[0]),
                       SP__STR(c->in[1]));
    c->out[0] = (sp__desc){c->in[0]->dtype, SP_DIMS(y.dim[0], y.dim[1], a->size.v[0], a->size.v[1])};
    return check_planes(c->op, c->out[0].shape, y);
}

static sp_status max_pool2d_back_run(sp__call *c)
{
    sp__pool p = planes(c->y[0]->shape, c->in[0]->shape);
    sp_status st = check_index(c, p.H * p.W);
    if (st != SP_OK)
        return st;
    return sp__k_max_pool_grad(c->in[0]->dtype, &p, c->y[0]->data, c->in[0]->data, c->in[1]->data) ? SP_OK
                                                                                                   : not_defined(c);
}

static sp_tensor *scatter(sp_tensor *dy, sp_tensor *index, sp_shape x)
{
    max_back_attrs a = {{2, {x.dim[2], x.dim[3]}}};
    return sp__call_op(&sp__op_max_pool2d_back, &a, dy, index);
}

static sp_tensor *gather(sp_tensor *x, sp_tensor *index)
{
    return sp__call_op(&sp__op_max_pool2d_gather, NULL, x, index);
}

static void max_pool2d_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = scatter(dy[0], n->out[1], n->in_desc[0].shape);
}

static void max_pool2d_back_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = gather(g[0], n->in[1]);
}

/* y (N, C, OH, OW) = x (N, C, H, W) at index (N, C, OH, OW). */
static sp_status max_pool2d_gather_rule(sp__call *c)
{
    if (sp__want_rank(c, 0, 4, 4) != SP_OK || sp__want_rank(c, 1, 4, 4) != SP_OK ||
        sp__want_type(c, 1, SP_I32) != SP_OK)
        return sp_error();
    sp_shape x = c->in[0]->shape, index = c->in[1]->shape;
    c->out[0] = (sp__desc){c->in[0]->dtype, index};
    if (x.dim[0] == index.dim[0] && x.dim[1] == index.dim[1])
        return check_planes(c->op, x, index);
    return sp__err(SP_ERR_SHAPE, "%s: winners of shape %s in images of shape %s", c->op->label, SP__STR(c->in[1]),
                   SP__STR(c->in[0]));
}

static sp_status max_pool2d_gather_run(sp__call *c)
{
    sp__pool p = planes(c->in[0]->shape, c->in[1]->shape);
    sp_status st = check_index(c, p.H * p.W);
    if (st != SP_OK)
        return st;
    return sp__k_max_pool_gather(c->in[0]->dtype, &p, c->y[0]->data, c->in[0]->data, c->in[1]->data) ? SP_OK
                                                                                                     : not_defined(c);
}

static void max_pool2d_gather_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = scatter(g[0], n->in[1], n->in_desc[0].shape);
}

const sp__op sp__op_max_pool2d = {.name = "MaxPool",
                                  .label = "max_pool2d",
                                  .onnx = "MaxPool",
                                  .min_in = 1,
                                  .max_in = 1,
                                  .n_out = 2,
                                  .flags = SP__FLOAT_ONLY | SP__VIA_F32,
                                  SP__FIELDS(max_fields),
                                  .attr_size = sizeof(pool_attrs),
                                  .rule = max_pool2d_rule,
                                  .run = max_pool2d_run,
                                  .grad = max_pool2d_grad,
                                  .saves = SP__OUT(1)};

const sp__op sp__op_max_pool2d_back = {.name = "MaxPoolGrad",
                                       .label = "max_pool2d_back",
                                       .min_in = 2,
                                       .max_in = 2,
                                       .n_out = 1,
                                       .flags = SP__GRADIENT | SP__VIA_F32,
                                       SP__FIELDS(max_back_fields),
                                       .attr_size = sizeof(max_back_attrs),
                                       .rule = max_pool2d_back_rule,
                                       .run = max_pool2d_back_run,
                                       .grad = max_pool2d_back_grad,
                                       .saves = SP__IN(1)};

const sp__op sp__op_max_pool2d_gather = {.name = "MaxPoolGather",
                                         .label = "max_pool2d_gather",
                                         .min_in = 2,
                                         .max_in = 2,
                                         .n_out = 1,
                                         .flags = SP__GRADIENT | SP__VIA_F32,
                                         .rule = max_pool2d_gather_rule,
                                         .run = max_pool2d_gather_run,
                                         .grad = max_pool2d_gather_grad,
                                         .saves = SP__IN(1)};

bool sp__is_pool_2x2(const sp__op *op, const void *attrs)
{
    const pool_attrs *a = attrs;
    if (op != &sp__op_max_pool2d || a->ceil_mode || a->pad_mode != SP__PAD_VALID)
        return false;
    const sp__ints *k = &a->kernel_size, *s = &a->strides;
    return k->n == 2 && s->n == 2 && k->v[0] == 2 && k->v[1] == 2 && s->v[0] == 2 && s->v[1] == 2;
}

/* ---- AvgPool ---- */

static sp_status avg_pool2d_rule(sp__call *c)
{
    sp__pool p;
    return pool_rule(c, &p);
}

static sp_status avg_pool2d_run(sp__call *c)
{
    sp__pool p;
    sp_status st = describe(c->op, c->attrs, c->in[0]->shape, &p);
    if (st != SP_OK)
        return st;
    return sp__k_avg_pool(c->in[0]->dtype, &p, c->y[0]->data, c->in[0]->data) ? SP_OK : not_defined(c);
}

/* dx (N, C, H, W) of dy (N, C, OH, OW): each gives its window's elements their share. */
static sp_status avg_pool2d_back_rule(sp__call *c)
{
    const pool_attrs *a = c->attrs;
    if (sp__want_rank(c, 0, 4, 4) != SP_OK || sp__want_count(c->op, "size", &a->size, 2, false) != SP_OK)
        return sp_error();
    sp_shape y = c->in[0]->shape, x = SP_DIMS(y.dim[0], y.dim[1], a->size.v[0], a->size.v[1]);
    sp__pool p;
    c->out[0] = (sp__desc){c->in[0]->dtype, x};
    sp_status st = describe(c->op, a, x, &p);
    if (st != SP_OK || sp_shape_equal(y, output_shape(&p)))
        return st;
    return sp__err(SP_ERR_SHAPE, "%s: the gradient has shape %s, expected %s", c->op->label, SP__STR(c->in[0]),
                   sp__shape_text(output_shape(&p)));
}

static sp_status avg_pool2d_back_run(sp__call *c)
{
    sp__pool p;
    sp_status st = describe(c->op, c->attrs, c->y[0]->shape, &p);
    if (st != SP_OK)
        return st;
    return sp__k_avg_pool_grad(c->in[0]->dtype, &p, c->y[0]->data, c->in[0]->data) ? SP_OK : not_defined(c);
}

static void avg_pool2d_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    pool_attrs a = *(const pool_attrs *)n->attrs;
    a.size = (sp__ints){2, {n->in_desc[0].shape.dim[2], n->in_desc[0].shape.dim[3]}};
    dx[0] = sp__call_op(&sp__op_avg_pool2d_back, &a, dy[0]);
}

static void avg_pool2d_back_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = sp__call_op(&sp__op_avg_pool2d, n->attrs, g[0]);
}

const sp__op sp__op_avg_pool2d = {.name = "AvgPool",
                                  .label = "avg_pool2d",
                                  .onnx = "AveragePool",
                                  .min_in = 1,
                                  .max_in = 1,
                                  .n_out = 1,
                                  .flags = SP__FLOAT_ONLY | SP__VIA_F32,
                                  SP__FIELDS(avg_fields),
                                  .attr_size = sizeof(pool_attrs),
                                  .rule = avg_pool2d_rule,
                                  .run = avg_pool2d_run,
                                  .grad = avg_pool2d_grad};

const sp__op sp__op_avg_pool2d_back = {.name = "AvgPoolGrad",
                                       .label = "avg_pool2d_back",
                                       .min_in = 1,
                                       .max_in = 1,
                                       .n_out = 1,
                                       .flags = SP__GRADIENT | SP__FLOAT_ONLY | SP__VIA_F32,
                                       SP__FIELDS(avg_back_fields),
                                       .attr_size = sizeof(pool_attrs),
                                       .rule = avg_pool2d_back_rule,
                                       .run = avg_pool2d_back_run,
                                       .grad = avg_pool2d_back_grad};

/* ---- public functions ---- */

static pool_attrs attrs_of(const sp_pool2d_attrs *attrs)
{
    pool_attrs a = {.kernel_size = {2, {attrs->kernel[0], attrs->kernel[1]}},
                    .strides = sp__pair(attrs->stride),
                    .pad_mode = attrs->pad_mode,
                    .ceil_mode = attrs->ceil_mode,
                    .count_include_pad = !attrs->exclude_pad};
    a.pad = (sp__ints){4, {attrs->pad[0], attrs->pad[1], attrs->pad[2], attrs->pad[3]}};
    return a;
}

sp_tensor *sp_max_pool2d(sp_tensor *x, const sp_pool2d_attrs *attrs)
{
    if (!sp__given("max_pool2d", 2, attrs))
        return NULL;
    pool_attrs a = attrs_of(attrs);
    return sp__call_op(&sp__op_max_pool2d, &a, x);
}

sp_tensor *sp_avg_pool2d(sp_tensor *x, const sp_pool2d_attrs *attrs)
{
    if (!sp__given("avg_pool2d", 2, attrs))
        return NULL;
    pool_attrs a = attrs_of(attrs);
    return sp__call_op(&sp__op_avg_pool2d, &a, x);
}
