/* Softmax cross entropy.
 *
 * CrossEntropy(logits (N, C), labels (N), weight (C) or none){reduction, ignore_index, label_smoothing}
 *   -> loss () or (N), log-softmax of the logits (N, C), what the mean was divided by ()
 * The last two are for the way back; the public functions give the first. Other forms (more dimensions, probabilities
 * for labels) are brought to this one, or spelled out. */
#include "kernels/kernels.h"
#include "ops/fused.h"
#include "ops/loss.h"

static const sp__field fields[] = {
    SP__FIELD(sp_cross_entropy_attrs, reduction, SP__ENUM, .words = sp__reductions),
    SP__FIELD(sp_cross_entropy_attrs, ignore_index, SP__INT, .preset = -100),
    SP__FIELD(sp_cross_entropy_attrs, label_smoothing, SP__FLOAT, .min = 0, .max = 1),
};
_Static_assert(sizeof(sp_reduction) == sizeof(int), "an enum field is an int");

static sp__cross_entropy geometry(const sp_cross_entropy_attrs *a, sp_shape logits, sp_dtype labels, const sp_tensor *w)
{
    return (sp__cross_entropy){.N = logits.dim[0],
                               .C = logits.dim[1],
                               .label_dtype = labels,
                               .w = w == SP_NONE ? NULL : w->data,
                               .smoothing = a->label_smoothing,
                               .ignore = a->ignore_index};
}

/* ---- rule ---- */

static sp_status labels_rule(const sp__call *c, int i)
{
    const sp_tensor *logits = c->in[0], *labels = c->in[i];
    if (labels->dtype != SP_I32 && labels->dtype != SP_I64)
        return sp__err(
            SP_ERR_DTYPE,
            "%s: the labels are %s, expected Int32 or Int64: sp_cast(), or sp_typecast(SP_I32) in the pipeline",
            c->op->label, sp_dtype_name(labels->dtype));
    if (labels->shape.rank != 1 || labels->shape.dim[0] != logits->shape.dim[0])
        return sp__err(SP_ERR_SHAPE, "%s: labels of shape %s do not belong to logits of shape %s", c->op->label,
                       SP__STR(labels), SP__STR(logits));
    return SP_OK;
}

static sp_status weight_rule(const sp__call *c, int i)
{
    const sp_tensor *logits = c->in[0], *w = c->in[i];
    if (w == SP_NONE)
        return SP_OK;
    if (w->shape.rank != 1 || w->shape.dim[0] != logits->shape.dim[1])
        return sp__err(SP_ERR_SHAPE, "%s: weight has shape %s, expected (%lld,), one for each class", c->op->label,
                       SP__STR(w), (long long)logits->shape.dim[1]);
    return sp__want_type(c, i, logits->dtype);
}

static sp_status forward_rule(sp__call *c)
{
    const sp_cross_entropy_attrs *a = c->attrs;
    sp_status st = sp__want_rank(c, 0, 2, 2);
    if (st == SP_OK && !sp_dtype_is_float(c->in[0]->dtype))
        st = sp__err(SP_ERR_DTYPE, "%s: the logits are %s, expected a floating-point type", c->op->label,
                     sp_dtype_name(c->in[0]->dtype));
    if (st == SP_OK)
        st = labels_rule(c, 1);
    if (st == SP_OK)
        st = weight_rule(c, 2);
    if (st != SP_OK)
        return st;
    sp_dtype dtype = c->in[0]->dtype;
    c->out[0] = (sp__desc){dtype, sp__reduced_shape(c->in[1]->shape, (int)a->reduction)};
    c->out[1] = sp__desc_of(c->in[0]);
    c->out[2] = (sp__desc){dtype, SP_SCALAR};
    return SP_OK;
}

/* ---- forward ---- */

/* Every label is in [0, C) or to be ignored. */
static sp_status check_labels(const sp__call *c, const sp_tensor *labels, int64_t C, int64_t ignore)
{
    for (int64_t i = 0; i < labels->size; i++) {
        const char *rest = (const char *)labels->data + (size_t)i * sp_dtype_size(labels->dtype);
        int64_t bad = sp__k_index_check(labels->dtype, rest, labels->size - i, C);
        if (bad < 0)
            return SP_OK;
        i += bad;
        int64_t label = sp__load_int(labels->data, labels->dtype, i);
        if (label != ignore)
            return sp__err(SP_ERR_VALUE, "%s: label %lld of row %lld is not in [0, %lld)", c->op->label,
                           (long long)label, (long long)i, (long long)C);
    }
    return SP_OK;
}

/* From the rows' losses and weights (2 N numbers) to the results. */
static void reduce_rows(sp__call *c, sp_dtype dtype, const char *losses, const char *weights, int64_t N)
{
    sp_reduction reduction = ((const sp_cross_entropy_attrs *)c->attrs)->reduction;
    void *loss = c->y[0]->data, *total = c->y[2]->data;
    sp__store(total, dtype, 0, 1);
    if (reduction == SP_NO_REDUCTION)
        return;
    sp__k_reduce(SP__SUM, dtype, dtype, loss, losses, 1, N, 1);
    if (reduction == SP_SUM)
        return;
    sp__k_reduce(SP__SUM, dtype, dtype, total, weights, 1, N, 1);
    sp__store(loss, dtype, 0, sp__load(loss, dtype, 0) / sp__load(total, dtype, 0));
}

static sp_status forward_run(sp__call *c)
{
    const sp_cross_entropy_attrs *a = c->attrs;
    const sp_tensor *logits = c->in[0], *labels = c->in[1];
    sp__cross_entropy ce = geometry(a, logits->shape, labels->dtype, c->in[2]);
    sp_status st = check_labels(c, labels, ce.C, ce.ignore);
    if (st != SP_OK)
        return st;
    size_t each = (size_t)ce.N * sp_dtype_size(logits->dtype);
    char *scratch = sp__alloc(2 * each);
    if (!scratch)
        return SP_ERR_NOMEM;
    void *losses = a->reduction == SP_NO_REDUCTION ? c->y[0]->data : scratch;
    sp__k_cross_entropy(logits->dtype, &ce, losses, scratch + each, c->y[1]->data, logits->data, labels->data);
    reduce_rows(c, logits->dtype, losses, scratch + each, ce.N);
    sp__free(scratch, 2 * each);
    return SP_OK;
}

/* ---- backward: CrossEntropyGrad(log-softmax, labels, weight, g) with g () or (N), the gradient of the rows' losses ---- */

static sp_status back_rule(sp__call *c)
{
    sp_status st = sp__want_rank(c, 0, 2, 2);
    if (st == SP_OK)
        st = labels_rule(c, 1);
    if (st == SP_OK)
        st = weight_rule(c, 2);
    if (st == SP_OK)
        st = sp__want_type(c, 3, c->in[0]->dtype);
    c->out[0] = sp__desc_of(c->in[0]);
    if (st == SP_OK && c->in[3]->shape.rank && !sp_shape_equal(c->in[3]->shape, c->in[1]->shape))
        st = sp__err(SP_ERR_SHAPE, "%s: argument 4 has shape %s, the labels %s", c->op->label, SP__STR(c->in[3]),
                     SP__STR(c->in[1]));
    return st;
}

static sp_status back_run(sp__call *c)
{
    const sp_cross_entropy_attrs *a = c->attrs;
    sp__cross_entropy ce = geometry(a, c->in[0]->shape, c->in[1]->dtype, c->in[2]);
    sp_status st = check_labels(c, c->in[1], ce.C, ce.ignore);
    if (st == SP_OK && !sp__k_cross_entropy_grad(c->in[0]->dtype, &ce, c->y[0]->data, c->in[0]->data, c->in[1]->data,
                                                 c->in[3]->data, c->in[3]->shape.rank ? 1 : 0))
        st = sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
    return st;
}

/* a (N, C) of the row's loss = -sum_c a[c] log p[c]: (1 - s) w[label] at the label, s / C w[c] everywhere, 0 if ignored. */
static sp_tensor *coefficients(const sp_cross_entropy_attrs *a, sp_tensor *labels, sp_tensor *w, sp_dtype dtype,
                               int64_t C)
{
    sp_tensor *valid = sp_cast(sp_not_equal(labels, sp__like(labels, (double)a->ignore_index)), dtype);
    sp_tensor *each = sp_mul_number(sp_one_hot(labels, C, dtype), 1 - a->label_smoothing);
    each = sp_add_number(each, a->label_smoothing / (double)C);
    if (w != SP_NONE)
        each = sp_mul(each, w);
    return sp_mul(each, sp_expand_dims(valid, -1));
}

static sp_tensor *sum_classes(sp_tensor *x) { return sp_sum_axes(x, 1, (int[]){1}, true); }

/* g (N) or () beside (N, C) */
static sp_tensor *by_row(sp_tensor *g) { return g && g->shape.rank ? sp_expand_dims(g, -1) : g; }

/* Of d = g (p sum a - a), p = e^logp, a = b w, and G given for d:
 *   for logp: G g p sum a     for g: the row's sum of G (p sum a - a)     for w: the column's sum of g b (sum G p - G) */
static void back_grad(const sp__node *n, sp_tensor *const *G, uint64_t want, sp_tensor **dx)
{
    sp_tensor *logp = n->in[0], *g = n->in[3];
    sp_tensor *a = coefficients(n->attrs, n->in[1], n->in[2], logp->dtype, logp->shape.dim[1]);
    sp_tensor *pa = sp_mul(sp_exp(logp), sum_classes(a));
    if (SP__WANTS(want, 0))
        dx[0] = sp_mul(sp_mul(G[0], by_row(g)), pa);
    if (SP__WANTS(want, 2)) {
        sp_tensor *b = coefficients(n->attrs, n->in[1], SP_NONE, logp->dtype, logp->shape.dim[1]);
        sp_tensor *slope = sp_sub(sum_classes(sp_mul(G[0], sp_exp(logp))), G[0]);
        dx[2] = sp_sum_axes(sp_mul(sp_mul(b, slope), by_row(g)), 1, (int[]){0}, false);
    }
    if (SP__WANTS(want, 3)) {
        sp_tensor *rows = sp_sum_axes(sp_mul(G[0], sp_sub(pa, a)), 1, (int[]){1}, false);
        dx[3] = g->shape.rank ? rows : sp_sum(rows);
    }
}

const sp__op sp__op_cross_entropy_back = {.name = "CrossEntropyGrad",
                                          .label = "cross_entropy_back",
                                          .min_in = 4,
                                          .max_in = 4,
                                          .n_out = 1,
                                          .flags = SP__GRADIENT | SP__VIA_F32,
                                          .optional = SP__IN(2),
                                          SP__FIELDS(fields),
                                          .attr_size = sizeof(sp_cross_entropy_attrs),
                                          .rule = back_rule,
                                          .run = back_run,
                                          .grad = back_grad,
                                          .saves = SP__IN(0) | SP__IN(1) | SP__IN(2) | SP__IN(3)};

/* g (p sum a - a), p = e^logp */
static sp_tensor *back_spelled_out(const sp__node *n, sp_tensor *g)
{
    sp_tensor *logp = n->out[1];
    sp_tensor *a = coefficients(n->attrs, n->in[1], n->in[2], logp->dtype, logp->shape.dim[1]);
    sp_tensor *slope = sp_sub(sp_mul(sp_exp(logp), sum_classes(a)), a);
    return sp_mul(slope, by_row(g));
}

/* How often each class is a label that counts: what the divisor of the mean is the sum of, times w. */
static sp_tensor *label_counts(const sp__node *n)
{
    const sp_cross_entropy_attrs plain = {.ignore_index = ((const sp_cross_entropy_attrs *)n->attrs)->ignore_index};
    const sp__desc *logp = &n->out_desc[1];
    return sp_sum_axes(coefficients(&plain, n->in[1], SP_NONE, logp->dtype, logp->shape.dim[1]), 1, (int[]){0}, false);
}

/* For the class weights, with b = a / w and g as above: -sum_n g b log p; of a mean also
 * (what flows into the divisor - dy loss / divisor) times the counts. */
static sp_tensor *for_weights(const sp__node *n, sp_tensor *const *dy)
{
    const sp_cross_entropy_attrs *attrs = n->attrs;
    sp_tensor *logp = n->out[1], *divisor = n->out[2], *dw = sp__zeros_of(n->in_desc[2]), *into = dy[2];
    if (dy[0]) {
        sp_tensor *b = coefficients(attrs, n->in[1], SP_NONE, logp->dtype, logp->shape.dim[1]);
        sp_tensor *terms = sp_mul(sp_mul(b, logp), by_row(sp_div(dy[0], divisor)));
        sp_tensor *through = sp_neg(sp_mul(dy[0], sp_div(n->out[0], divisor)));
        dw = sp_neg(sp_sum_axes(terms, 1, (int[]){0}, false));
        into = into ? sp_add(into, through) : through;
    }
    return attrs->reduction == SP_MEAN && into ? sp_add(dw, sp_mul(label_counts(n), into)) : dw;
}

static void forward_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    sp_tensor *logp = n->out[1];
    if (SP__WANTS(want, 2))
        dx[2] = for_weights(n, dy);
    if (!SP__WANTS(want, 0))
        return;
    if (dy[0]) {
        sp_tensor *g = sp_div(dy[0], n->out[2]);
        dx[0] = sp__watched() ? back_spelled_out(n, g)
                              : sp__call_op(&sp__op_cross_entropy_back, n->attrs, logp, n->in[1], n->in[2], g);
    }
    if (dy[1]) { /* of a gradient of a gradient: through the log-softmax */
        sp_tensor *through = sp_sub(dy[1], sp_mul(sp_exp(logp), sum_classes(dy[1])));
        dx[0] = dy[0] ? sp_add(dx[0], through) : through;
    }
    if (!dy[0] && !dy[1])
        dx[0] = sp__zeros_of(n->in_desc[0]);
}

const sp__op sp__op_cross_entropy = {.name = "CrossEntropy",
                                     .label = "cross_entropy",
                                     .onnx_note = "spelled out",
                                     .min_in = 3,
                                     .max_in = 3,
                                     .n_out = 3,
                                     .flags = SP__VIA_F32,
                                     .optional = SP__IN(2),
                                     SP__FIELDS(fields),
                                     .attr_size = sizeof(sp_cross_entropy_attrs),
                                     .rule = forward_rule,
                                     .run = forward_run,
                                     .grad = forward_grad,
                                     .saves = SP__IN(1) | SP__IN(2) | SP__OUT(0) | SP__OUT(1) | SP__OUT(2)};

/* ---- SoftmaxCrossEntropy(logits, labels, weight) -> loss, scale d loss / d logits: both ways at once ---- */

typedef struct both_attrs {
    sp_cross_entropy_attrs loss;
    double scale;
} both_attrs;

static const sp__field both_fields[] = {
    {.name = "reduction", .kind = SP__ENUM, .offset = offsetof(both_attrs, loss.reduction), .words = sp__reductions},
    {.name = "ignore_index", .kind = SP__INT, .offset = offsetof(both_attrs, loss.ignore_index), .preset = -100},
    {.name = "label_smoothing", .kind = SP__FLOAT, .offset = offsetof(both_attrs, loss.label_smoothing), .max = 1},
    SP__FIELD(both_attrs, scale, SP__FLOAT, .preset = 1),
};

static sp_status both_rule(sp__call *c)
{
    sp_status st = forward_rule(c);
    c->n_out = 2;
    if (st == SP_OK && ((const both_attrs *)c->attrs)->loss.reduction == SP_NO_REDUCTION)
        st = sp__err(SP_ERR_VALUE, "%s: reduction is none, expected mean or sum", c->op->label);
    return st;
}

static sp_status both_run(sp__call *c)
{
    const both_attrs *a = c->attrs;
    const sp_tensor *logits = c->in[0], *labels = c->in[1];
    sp__cross_entropy ce = geometry(&a->loss, logits->shape, labels->dtype, c->in[2]);
    _Alignas(16) char divisor[8], g[8];
    sp_tensor total = {.data = divisor};
    sp__call forward = *c;
    forward.attrs = &a->loss;
    forward.y[2] = &total;
    sp_status st = forward_run(&forward);
    if (st != SP_OK)
        return st;
    sp__store(g, logits->dtype, 0, a->scale / sp__load(divisor, logits->dtype, 0));
    sp__k_cross_entropy_grad(logits->dtype, &ce, c->y[1]->data, c->y[1]->data, labels->data, g, 0);
    return SP_OK;
}

const sp__op sp__op_softmax_cross_entropy = {.name = "SoftmaxCrossEntropy",
                                             .label = "softmax_cross_entropy",
                                             .min_in = 3,
                                             .max_in = 3,
                                             .n_out = 2,
                                             .flags = SP__FUSED | SP__VIA_F32,
                                             .optional = SP__IN(2),
                                             SP__FIELDS(both_fields),
                                             .attr_size = sizeof(both_attrs),
                                             .rule = both_rule,
                                             .run = both_run,
                                             .no_grad = SP__FUSED_NO_GRAD};

/* ---- the public forms ---- */

/* (N, C, d...) to (N d..., C). */
static sp_tensor *classes_last(sp_tensor *x)
{
    int rank = x->shape.rank, perm[SP_MAX_RANK];
    if (rank == 2)
        return x;
    for (int i = 0; i < rank; i++)
        perm[i] = i == 0 ? 0 : i == rank - 1 ? 1 : i + 1;
    return sp_reshape(sp_transpose(x, rank, perm), SP_DIMS(-1, x->shape.dim[1]));
}

/* (N, d...): a loss for each place. */
static sp_shape without_classes(sp_shape logits)
{
    logits.rank--;
    for (int i = 1; i < logits.rank; i++)
        logits.dim[i] = logits.dim[i + 1];
    return logits;
}

static bool fits_labels(const sp_tensor *logits, const sp_tensor *labels)
{
    sp_shape expected = without_classes(logits->shape);
    if (sp_shape_equal(expected, labels->shape))
        return true;
    sp__err(SP_ERR_SHAPE, "cross_entropy: labels of shape %s do not belong to logits of shape %s, expected %s",
            SP__STR(labels), SP__STR(logits), sp__shape_text(expected));
    return false;
}

/* Probabilities t for labels: -sum_c w[c] ((1 - s) t[c] + s / C) log p[c]; the mean divides by the number of rows. */
static sp_tensor *with_probabilities(sp_tensor *logits, sp_tensor *t, sp_tensor *w, const sp_cross_entropy_attrs *a)
{
    if (!sp_shape_equal(logits->shape, t->shape))
        return sp__fail(SP_ERR_SHAPE, "cross_entropy: probabilities of shape %s, logits of shape %s", SP__STR(t),
                        SP__STR(logits));
    sp_tensor *logp = sp_log_softmax(classes_last(logits), 1);
    sp_tensor *smooth = sp_add_number(sp_mul_number(classes_last(t), 1 - a->label_smoothing),
                                      a->label_smoothing / (double)logits->shape.dim[1]);
    sp_tensor *terms = sp_mul(smooth, logp);
    if (w != SP_NONE)
        terms = sp_mul(terms, w);
    sp_tensor *losses = sp_reshape(sp_neg(sp_sum_axes(terms, 1, (int[]){1}, false)), without_classes(logits->shape));
    return sp__reduced(losses, (int)a->reduction);
}

sp_tensor *sp_cross_entropy_with(sp_tensor *logits, sp_tensor *labels, sp_tensor *weight,
                                 const sp_cross_entropy_attrs *attrs)
{
    const sp__op *op = &sp__op_cross_entropy;
    if (!sp__given(op->label, 1, logits) || !sp__given(op->label, 2, labels) || !sp__given(op->label, 3, weight) ||
        !sp__given(op->label, 4, attrs) || sp__attrs_check(op, attrs) != SP_OK)
        return NULL;
    if (logits == SP_NONE || labels == SP_NONE || logits->shape.rank < 2)
        return sp__fail(SP_ERR_SHAPE, "cross_entropy: logits of shape %s, expected (N, C) or (N, C, ...)",
                        SP__STR(logits));
    if (sp_dtype_is_float(labels->dtype))
        return with_probabilities(logits, labels, weight, attrs);
    if (!fits_labels(logits, labels))
        return NULL;
    bool flat = logits->shape.rank == 2;
    sp_tensor *loss =
        sp__call_op(op, attrs, classes_last(logits), flat ? labels : sp_reshape(labels, SP_DIMS(-1)), weight);
    return flat || attrs->reduction != SP_NO_REDUCTION ? loss : sp_reshape(loss, labels->shape);
}

sp_tensor *sp_cross_entropy(sp_tensor *logits, sp_tensor *labels)
{
    return sp_cross_entropy_with(logits, labels, SP_NONE, &(sp_cross_entropy_attrs){.ignore_index = -100});
}
