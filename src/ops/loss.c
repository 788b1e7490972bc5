/* Losses: binary cross entropy with logits, mean squared error. (Cross entropy: cross_entropy.c.) */
#include "ops/loss.h"

#include "ops/op.h"

const char *const sp__reductions[] = {"mean", "sum", "none", NULL};

sp_tensor *sp__reduced(sp_tensor *x, int reduction)
{
    if (reduction == SP_NO_REDUCTION)
        return x;
    return reduction == SP_SUM ? sp_sum(x) : sp_mean(x);
}

sp_shape sp__reduced_shape(sp_shape shape, int reduction) { return reduction == SP_NO_REDUCTION ? shape : SP_SCALAR; }

/* ---- BCEWithLogitsLoss(z, y, weight, pos_weight){reduction} ---- */

typedef struct bce_attrs {
    int reduction;
} bce_attrs;

static const sp__field bce_fields[] = {SP__FIELD(bce_attrs, reduction, SP__ENUM, .words = sp__reductions)};

static sp_status bce_rule(sp__call *c)
{
    c->out[0].dtype = c->in[0]->dtype;
    sp_shape shape = c->in[0]->shape;
    for (int i = 1; i < 4; i++) {
        if (c->in[i] == SP_NONE)
            continue;
        sp_shape both;
        if (i == 1 ? !sp_shape_equal(c->in[i]->shape, shape)
                   : !sp__broadcast(c->in[i]->shape, shape, &both) || !sp_shape_equal(both, shape)) {
            static const char *const what[] = {"", "the target", "weight", "pos_weight"};
            return sp__err(SP_ERR_SHAPE, "%s: %s has shape %s, the logits %s", c->op->label, what[i], SP__STR(c->in[i]),
                           SP__STR(c->in[0]));
        }
    }
    c->out[0].shape = sp__reduced_shape(shape, ((const bce_attrs *)c->attrs)->reduction);
    return SP_OK;
}

/* 1 + (pos_weight - 1) y: the weight of log(1 - sigmoid(z)) turned into that of softplus(-z). */
static sp_tensor *positive_part(sp_tensor *y, sp_tensor *pos_weight)
{
    return sp_add_number(sp_mul(sp_add_number(pos_weight, -1), y), 1);
}

/* log(1 + e^-|z|): nothing overflows. */
static sp_tensor *tail(sp_tensor *z) { return sp_log(sp_add_number(sp_exp(sp_neg(sp_abs(z))), 1)); }

static sp_tensor *softplus_minus(sp_tensor *z) { return sp_add(sp_maximum(sp_neg(z), sp__like(z, 0)), tail(z)); }

/* Per element w [max(z, 0) - z y + log(1 + e^-|z|)], with p: w [(1 - y) z + (1 + (p - 1) y) softplus(-z)]. The first form
 * loses no digits where the loss is small. */
static sp_tensor *bce_elements(sp_tensor *z, sp_tensor *y, sp_tensor *weight, sp_tensor *pos_weight)
{
    sp_tensor *loss;
    if (pos_weight == SP_NONE)
        loss = sp_add(sp_sub(sp_maximum(z, sp__like(z, 0)), sp_mul(z, y)), tail(z));
    else
        loss = sp_add(sp_mul(sp_add_number(sp_neg(y), 1), z), sp_mul(softplus_minus(z), positive_part(y, pos_weight)));
    return weight == SP_NONE ? loss : sp_mul(loss, weight);
}

static sp_status bce_run(sp__call *c)
{
    const sp__watcher *tape = sp__watch(NULL);
    sp_scope scope = sp_scope_begin();
    sp_tensor *loss = bce_elements(c->in[0], c->in[1], c->in[2], c->in[3]);
    sp_status st = sp__copy_elements(c->y[0], sp__reduced(loss, ((const bce_attrs *)c->attrs)->reduction));
    sp_scope_end(scope);
    sp__watch(tape);
    return st;
}

/* dy spread over the elements: dl / d(loss of one element). */
static sp_tensor *per_element(sp_tensor *dy, int reduction, sp_shape shape)
{
    int64_t n = SP__MAX(sp_shape_size(shape), 1);
    return reduction == SP_MEAN ? sp_mul_number(dy, 1 / (double)n) : dy;
}

/* With s = sigmoid(z), b = 1 + (p - 1) y, and g the gradient of an element's loss times w:
 *   for z: g (b s - p y)     for y: g ((p - 1) softplus(-z) - z)     for p: g y softplus(-z)     for w: g / w of the loss */
static sp_tensor *bce_dz(const sp__node *n, sp_tensor *g)
{
    sp_tensor *y = n->in[1], *p = n->in[3], *s = sp_sigmoid(n->in[0]);
    if (p == SP_NONE)
        return sp_mul(g, sp_sub(s, y));
    return sp_mul(g, sp_sub(sp_mul(positive_part(y, p), s), sp_mul(p, y)));
}

static sp_tensor *bce_dy(const sp__node *n, sp_tensor *g)
{
    sp_tensor *z = n->in[0], *p = n->in[3];
    sp_tensor *slope = sp_neg(z);
    if (p != SP_NONE)
        slope = sp_add(slope, sp_mul(sp_add_number(p, -1), softplus_minus(z)));
    return sp_mul(g, slope);
}

static void bce_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    sp_tensor *each = per_element(dy[0], ((const bce_attrs *)n->attrs)->reduction, n->in_desc[0].shape);
    sp_tensor *w = n->in[2], *g = w == SP_NONE ? each : sp_mul(each, w);
    if (SP__WANTS(want, 0))
        dx[0] = sp__sum_to(bce_dz(n, g), n->in_desc[0].shape);
    if (SP__WANTS(want, 1))
        dx[1] = sp__sum_to(bce_dy(n, g), n->in_desc[1].shape);
    if (SP__WANTS(want, 2))
        dx[2] = sp__sum_to(sp_mul(each, bce_elements(n->in[0], n->in[1], SP_NONE, n->in[3])), n->in_desc[2].shape);
    if (SP__WANTS(want, 3))
        dx[3] = sp__sum_to(sp_mul(g, sp_mul(n->in[1], softplus_minus(n->in[0]))), n->in_desc[3].shape);
}

const sp__op sp__op_bce_with_logits = {.name = "BCEWithLogitsLoss",
                                       .label = "bce_with_logits",
                                       .onnx_note = "spelled out",
                                       .min_in = 4,
                                       .max_in = 4,
                                       .n_out = 1,
                                       .flags = SP__PROMOTE | SP__FLOAT_ONLY,
                                       .optional = SP__IN(2) | SP__IN(3),
                                       SP__FIELDS(bce_fields),
                                       .attr_size = sizeof(bce_attrs),
                                       .rule = bce_rule,
                                       .run = bce_run,
                                       .grad = bce_grad,
                                       .saves = SP__IN(0) | SP__IN(1) | SP__IN(2) | SP__IN(3)};

sp_tensor *sp_bce_with_logits_reduced(sp_tensor *z, sp_tensor *y, sp_tensor *weight, sp_tensor *pos_weight,
                                      sp_reduction reduction)
{
    return sp__call_op(&sp__op_bce_with_logits, &(bce_attrs){(int)reduction}, z, y, weight, pos_weight);
}

sp_tensor *sp_bce_with_logits(sp_tensor *z, sp_tensor *y, sp_tensor *weight, sp_tensor *pos_weight)
{
    return sp_bce_with_logits_reduced(z, y, weight, pos_weight, SP_MEAN);
}

/* ---- mean squared error: spelled out, as MindSpore does ---- */

sp_tensor *sp_mse_reduced(sp_tensor *x, sp_tensor *y, sp_reduction reduction)
{
    if ((unsigned)reduction > SP_NO_REDUCTION)
        return sp__fail(SP_ERR_VALUE, "mse: reduction is %d, expected SP_MEAN, SP_SUM or SP_NO_REDUCTION",
                        (int)reduction);
    if (x && y && (x == SP_NONE || y == SP_NONE || !sp_shape_equal(x->shape, y->shape)))
        return sp__fail(SP_ERR_SHAPE, "mse: shapes differ: %s and %s", SP__STR(x), SP__STR(y));
    return sp__reduced(sp_square(sp_sub(x, y)), (int)reduction);
}

sp_tensor *sp_mse(sp_tensor *x, sp_tensor *y) { return sp_mse_reduced(x, y, SP_MEAN); }
