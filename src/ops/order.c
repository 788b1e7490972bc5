/* Along an axis, in order: cumulative sums, the k largest. */
#include "kernels/kernels.h"
#include "ops/attrs.h"

/* ---- CumSum ---- */

static const sp__field cumsum_fields[] = {SP__FIELD(sp__cumsum_attrs, axis, SP__INT),
                                          SP__FIELD(sp__cumsum_attrs, exclusive, SP__BOOL),
                                          SP__FIELD(sp__cumsum_attrs, reverse, SP__BOOL)};

static sp_status cumsum_rule(sp__call *c)
{
    int axis;
    if (sp__want_no_bool(c) != SP_OK)
        return SP_ERR_DTYPE;
    if (!sp__axis_of(c->op, ((const sp__cumsum_attrs *)c->attrs)->axis, c->in[0]->shape, &axis))
        return SP_ERR_VALUE;
    return sp__rule_same(c);
}

static sp_status cumsum_run(sp__call *c)
{
    const sp__cumsum_attrs *attrs = c->attrs;
    const sp_tensor *x = c->in[0];
    int axis = 0;
    sp__axis(attrs->axis, x->shape.rank, &axis);
    sp__k_cumsum(x->dtype, c->y[0]->data, x->data, sp__dims_product(x->shape, 0, axis), x->shape.dim[axis],
                 sp__dims_product(x->shape, axis + 1, x->shape.rank), attrs->exclusive, attrs->reverse);
    return SP_OK;
}

/* Each element is in the sums behind it: the sums of dy the other way round. */
static void cumsum_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    sp__cumsum_attrs attrs = *(const sp__cumsum_attrs *)n->attrs;
    attrs.reverse = !attrs.reverse;
    if (SP__WANTS(want, 0))
        dx[0] = sp__call_op(&sp__op_cumsum, &attrs, dy[0]);
}

const sp__op sp__op_cumsum = {.name = "CumSum",
                              .label = "cumsum",
                              .onnx = "CumSum",
                              .min_in = 1,
                              .max_in = 1,
                              .n_out = 1,
                              SP__FIELDS(cumsum_fields),
                              .attr_size = sizeof(sp__cumsum_attrs),
                              .rule = cumsum_rule,
                              .run = cumsum_run,
                              .grad = cumsum_grad};

sp_tensor *sp_cumsum(sp_tensor *x, int axis)
{
    return sp__call_op(&sp__op_cumsum, (&(sp__cumsum_attrs){axis, false, false}), x);
}

/* ---- TopK ---- */

static const sp__field topk_fields[] = {SP__FIELD(sp__topk_attrs, k, SP__INT, .min = 0, .max = INT32_MAX, .preset = 1),
                                        SP__FIELD(sp__topk_attrs, largest, SP__BOOL, .preset = 1)};

static sp_status topk_rule(sp__call *c)
{
    const sp__topk_attrs *attrs = c->attrs;
    sp_shape shape = c->in[0]->shape;
    if (sp__want_no_bool(c) != SP_OK)
        return SP_ERR_DTYPE;
    if (sp__want_rank(c, 0, 1, SP_MAX_RANK) != SP_OK)
        return SP_ERR_SHAPE;
    int64_t *n = &shape.dim[shape.rank - 1];
    if (attrs->k > *n || *n > INT32_MAX)
        return sp__err(SP_ERR_VALUE, "%s: k is %lld, expected 0 to %lld for shape %s", c->op->label,
                       (long long)attrs->k, (long long)*n, SP__STR(c->in[0]));
    *n = attrs->k;
    c->out[0] = (sp__desc){c->in[0]->dtype, shape};
    c->out[1] = (sp__desc){SP_I32, shape};
    return SP_OK;
}

static sp_status topk_run(sp__call *c)
{
    const sp__topk_attrs *attrs = c->attrs;
    const sp_tensor *x = c->in[0];
    const int last = x->shape.rank - 1;
    const size_t bytes = sp__k_topk_workspace(attrs->k);
    void *heap = bytes ? sp__alloc(bytes) : NULL;
    if (bytes && !heap)
        return SP_ERR_NOMEM;
    sp__k_topk(x->dtype, c->y[0]->data, c->y[1]->data, x->data, sp__dims_product(x->shape, 0, last), x->shape.dim[last],
               attrs->k, !attrs->largest, heap);
    sp__free(heap, bytes);
    return SP_OK;
}

/* dy goes where the values came from: places among all elements of x, in which each is there once. */
static void topk_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    const sp_shape shape = n->in_desc[0].shape;
    const int64_t row = shape.dim[shape.rank - 1], rows = sp__dims_product(shape, 0, shape.rank - 1);
    const int64_t k = ((const sp__topk_attrs *)n->attrs)->k;
    const sp__gather_grad_attrs attrs = {0, {1, {rows * row}}};
    if (!SP__WANTS(want, 0))
        return;
    sp_tensor *first = sp_reshape(sp_arange(0, (double)(rows * row), row ? (double)row : 1, SP_I64), SP_DIMS(rows, 1));
    sp_tensor *at = sp_add(sp_reshape(n->out[1], SP_DIMS(rows, k)), first);
    dx[0] = sp__call_op(&sp__op_gather_grad, &attrs, sp_reshape(dy[0], SP_DIMS(rows * k)),
                        sp_reshape(at, SP_DIMS(rows * k)));
    dx[0] = sp_reshape(dx[0], shape);
}

const sp__op sp__op_topk = {.name = "TopK",
                            .label = "topk",
                            .onnx = "TopK",
                            .min_in = 1,
                            .max_in = 1,
                            .n_out = 2,
                            SP__FIELDS(topk_fields),
                            .attr_size = sizeof(sp__topk_attrs),
                            .rule = topk_rule,
                            .run = topk_run,
                            .grad = topk_grad,
                            .saves = SP__OUT(1)};

sp_list sp_topk(sp_tensor *x, int64_t k, bool largest)
{
    return sp__apply(&sp__op_topk, 1, &x, &(sp__topk_attrs){k, largest});
}
