/* Other shapes for the same elements in the same order: always views. */
#include "ops/attrs.h"

static int64_t always_shares(const sp__call *c)
{
    (void)c;
    return 0;
}

/* The gradient of every op that keeps the elements in their order. */
static void grad_reshaped(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = sp_reshape(dy[0], n->in_desc[0].shape);
}

/* ---- Reshape ---- */

static const sp__field reshape_fields[] = {SP__FIELD(sp__shape_attrs, shape, SP__INTS, .min = -1, .max = SP__DIM_MAX)};

static sp_status reshape_mismatch(const sp__call *c, sp_shape to)
{
    return sp__err(SP_ERR_SHAPE, "%s: %s has %lld elements and does not become %s", c->op->label, SP__STR(c->in[0]),
                   (long long)c->in[0]->size, sp__shape_text(to));
}

/* Finds the place of -1: what is left. */
static sp_status reshape_rule(sp__call *c)
{
    const sp_shape asked = sp__shape_of_ints(&((const sp__shape_attrs *)c->attrs)->shape);
    sp_shape to = asked;
    int open = -1;
    for (int i = 0; i < to.rank; i++) {
        if (to.dim[i] != -1)
            continue;
        if (open >= 0)
            return sp__err(SP_ERR_SHAPE, "%s: shape %s has more than one -1", c->op->label, sp__shape_text(asked));
        open = i;
        to.dim[i] = 1;
    }
    int64_t known = sp_shape_size(to), size = c->in[0]->size;
    if (open >= 0 && (known <= 0 || size % known != 0))
        return reshape_mismatch(c, asked);
    if (open >= 0)
        to.dim[open] = size / known;
    if (sp_shape_size(to) != size)
        return reshape_mismatch(c, asked);
    c->out[0] = (sp__desc){c->in[0]->dtype, to};
    return SP_OK;
}

const sp__op sp__op_reshape = {.name = "Reshape",
                               .label = "reshape",
                               .onnx = "Reshape",
                               .min_in = 1,
                               .max_in = 1,
                               .n_out = 1,
                               SP__FIELDS(reshape_fields),
                               .attr_size = sizeof(sp__shape_attrs),
                               .rule = reshape_rule,
                               .view = always_shares,
                               .grad = grad_reshaped};

sp_tensor *sp_reshape(sp_tensor *x, sp_shape shape)
{
    return sp__call_op(&sp__op_reshape, (&(sp__shape_attrs){sp__ints_of_shape(shape)}), x);
}

/* ---- Flatten: (N, ...) to (N, rest) ---- */

static sp_status flatten_rule(sp__call *c)
{
    sp_status st = sp__want_rank(c, 0, 1, SP_MAX_RANK);
    if (st != SP_OK)
        return st;
    sp_shape from = c->in[0]->shape;
    c->out[0] = (sp__desc){c->in[0]->dtype, SP_DIMS(from.dim[0], sp__dims_product(from, 1, from.rank))};
    return SP_OK;
}

const sp__op sp__op_flatten = {.name = "Flatten",
                               .label = "flatten",
                               .onnx = "Flatten",
                               .min_in = 1,
                               .max_in = 1,
                               .n_out = 1,
                               .rule = flatten_rule,
                               .view = always_shares,
                               .grad = grad_reshaped};

sp_tensor *sp_flatten(sp_tensor *x) { return sp__call_op(&sp__op_flatten, NULL, x); }

/* ---- ExpandDims ---- */

static const sp__field expand_dims_fields[] = {SP__FIELD(sp__axis_attrs, axis, SP__INT)};

static sp_status expand_dims_rule(sp__call *c)
{
    int64_t axis = ((const sp__axis_attrs *)c->attrs)->axis;
    sp_shape from = c->in[0]->shape, to = {.rank = from.rank + 1};
    int at;
    if (from.rank == SP_MAX_RANK)
        return sp__want_rank(c, 0, 0, SP_MAX_RANK - 1);
    if (!sp__new_axis_of(c->op, axis, from, &at))
        return SP_ERR_VALUE;
    for (int i = 0; i < to.rank; i++)
        to.dim[i] = i == at ? 1 : from.dim[i - (i > at)];
    c->out[0] = (sp__desc){c->in[0]->dtype, to};
    return SP_OK;
}

const sp__op sp__op_expand_dims = {.name = "ExpandDims",
                                   .label = "expand_dims",
                                   .onnx = "Unsqueeze",
                                   .min_in = 1,
                                   .max_in = 1,
                                   .n_out = 1,
                                   SP__FIELDS(expand_dims_fields),
                                   .attr_size = sizeof(sp__axis_attrs),
                                   .rule = expand_dims_rule,
                                   .view = always_shares,
                                   .grad = grad_reshaped};

sp_tensor *sp_expand_dims(sp_tensor *x, int axis)
{
    return sp__call_op(&sp__op_expand_dims, &(sp__axis_attrs){axis}, x);
}

/* ---- Squeeze ---- */

static const sp__field squeeze_fields[] = {SP__FIELD(sp__squeeze_attrs, axis, SP__INTS)};

static sp_status squeeze_rule(sp__call *c)
{
    const sp__ints *axis = &((const sp__squeeze_attrs *)c->attrs)->axis;
    sp_shape from = c->in[0]->shape, to = {0};
    bool named[SP_MAX_RANK];
    if (!sp__axes_of(c->op, axis, from, named))
        return SP_ERR_VALUE;
    for (int i = 0; i < from.rank; i++) {
        if (named[i] && from.dim[i] != 1)
            return sp__err(SP_ERR_SHAPE, "%s: axis %d of shape %s is not 1", c->op->label, i, sp__shape_text(from));
        if (!named[i] && (axis->n > 0 || from.dim[i] != 1))
            to.dim[to.rank++] = from.dim[i];
    }
    c->out[0] = (sp__desc){c->in[0]->dtype, to};
    return SP_OK;
}

const sp__op sp__op_squeeze = {.name = "Squeeze",
                               .label = "squeeze",
                               .onnx = "Squeeze",
                               .min_in = 1,
                               .max_in = 1,
                               .n_out = 1,
                               SP__FIELDS(squeeze_fields),
                               .attr_size = sizeof(sp__squeeze_attrs),
                               .rule = squeeze_rule,
                               .view = always_shares,
                               .grad = grad_reshaped};

sp_tensor *sp_squeeze(sp_tensor *x, int n, const int *axes)
{
    return sp__call_op(&sp__op_squeeze, (&(sp__squeeze_attrs){sp__ints_of(n, axes)}), x);
}
