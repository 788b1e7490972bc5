/* Elements by position: Gather, its gradient, OneHot. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/attrs.h"

static sp_status want_positions(const sp__call *c, int i)
{
    if (c->in[i]->dtype == SP_I32 || c->in[i]->dtype == SP_I64)
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: argument %d is %s, expected Int32 or Int64", c->op->label, i + 1,
                   sp_dtype_name(c->in[i]->dtype));
}

/* shape with `index` in the place of its axis. SP_ERR_SHAPE if the rank becomes too large. */
static sp_status put_in_place(const sp__op *op, sp_shape shape, int axis, sp_shape index, sp_shape *out)
{
    if (shape.rank - 1 + index.rank > SP_MAX_RANK)
        return sp__err(SP_ERR_SHAPE, "%s: the result of %s at positions of shape %s would have rank %d, at most %d",
                       op->label, sp__shape_text(shape), sp__shape_text(index), shape.rank - 1 + index.rank,
                       SP_MAX_RANK);
    *out = (sp_shape){0};
    for (int i = 0; i < shape.rank; i++) {
        if (i != axis)
            out->dim[out->rank++] = shape.dim[i];
        for (int j = 0; i == axis && j < index.rank; j++)
            out->dim[out->rank++] = index.dim[j];
    }
    return sp__check_size(op, *out);
}

/* Positions as kernels want them: in [0, limit). */
typedef struct positions {
    const void *at;
    sp_dtype dtype;
    void *own; /* scratch memory, to be freed */
    size_t bytes;
} positions;

/* Those that count from the end are replaced in scratch memory; recorded if one is out of range. */
static sp_status resolve_positions(const sp__op *op, const sp_tensor *index, int64_t limit, positions *p)
{
    *p = (positions){index->data, index->dtype, NULL, 0};
    if (sp__k_index_check(index->dtype, index->data, index->size, limit) < 0)
        return SP_OK;
    size_t bytes = (size_t)index->size * sizeof(int64_t);
    int64_t *at = sp__alloc(bytes);
    if (!at)
        return SP_ERR_NOMEM;
    *p = (positions){at, SP_I64, at, bytes};
    for (int64_t i = 0; i < index->size; i++) {
        int64_t v = sp__load_int(index->data, index->dtype, i);
        at[i] = v < 0 ? v + limit : v;
        if (v >= -limit && v < limit)
            continue;
        sp__free(at, bytes);
        return sp__err(SP_ERR_VALUE, "%s: position %lld (element %lld) is not on an axis of %lld", op->label,
                       (long long)v, (long long)i, (long long)limit);
    }
    return SP_OK;
}

/* ---- Gather ---- */

static const sp__field gather_fields[] = {SP__FIELD(sp__axis_attrs, axis, SP__INT)};

static sp_status gather_rule(sp__call *c)
{
    sp_shape shape = c->in[0]->shape;
    int axis;
    if (!sp__axis_of(c->op, ((const sp__axis_attrs *)c->attrs)->axis, shape, &axis))
        return SP_ERR_VALUE;
    sp_status st = want_positions(c, 1);
    c->out[0].dtype = c->in[0]->dtype;
    return st == SP_OK ? put_in_place(c->op, shape, axis, c->in[1]->shape, &c->out[0].shape) : st;
}

static sp_status gather_run(sp__call *c)
{
    const sp_tensor *x = c->in[0];
    positions p;
    int axis = 0;
    sp__axis(((const sp__axis_attrs *)c->attrs)->axis, x->shape.rank, &axis);
    sp_status st = resolve_positions(c->op, c->in[1], x->shape.dim[axis], &p);
    if (st != SP_OK)
        return st;
    sp__k_gather(sp_dtype_size(x->dtype), c->y[0]->data, x->data, p.dtype, p.at, sp__dims_product(x->shape, 0, axis),
                 x->shape.dim[axis], sp__dims_product(x->shape, axis + 1, x->shape.rank), c->in[1]->size);
    sp__free(p.own, p.bytes);
    return SP_OK;
}

static void gather_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    sp__gather_grad_attrs attrs = {((const sp__axis_attrs *)n->attrs)->axis, sp__ints_of_shape(n->in_desc[0].shape)};
    if (SP__WANTS(want, 0))
        dx[0] = sp__call_op(&sp__op_gather_grad, &attrs, dy[0], n->in[1]);
}

const sp__op sp__op_gather = {.name = "Gather",
                              .label = "gather",
                              .onnx = "Gather",
                              .min_in = 2,
                              .max_in = 2,
                              .n_out = 1,
                              SP__FIELDS(gather_fields),
                              .attr_size = sizeof(sp__axis_attrs),
                              .rule = gather_rule,
                              .run = gather_run,
                              .grad = gather_grad,
                              .saves = SP__IN(1)};

sp_tensor *sp_gather(sp_tensor *x, sp_tensor *indices, int axis)
{
    return sp__call_op(&sp__op_gather, &(sp__axis_attrs){axis}, x, indices);
}

/* ---- GatherGrad: dy added up at its positions in zeros of `shape` ---- */

static const sp__field gather_grad_fields[] = {
    SP__FIELD(sp__gather_grad_attrs, axis, SP__INT),
    SP__FIELD(sp__gather_grad_attrs, shape, SP__INTS, .min = 0, .max = SP__DIM_MAX)};

static sp_status gather_grad_rule(sp__call *c)
{
    const sp__gather_grad_attrs *attrs = c->attrs;
    sp_shape whole = sp__shape_of_ints(&attrs->shape), gathered;
    int axis;
    sp_status st = sp__check_size(c->op, whole);
    if (st == SP_OK)
        st = want_positions(c, 1);
    if (st == SP_OK && !sp__axis_of(c->op, attrs->axis, whole, &axis))
        st = SP_ERR_VALUE;
    if (st == SP_OK)
        st = put_in_place(c->op, whole, axis, c->in[1]->shape, &gathered);
    if (st != SP_OK)
        return st;
    if (!sp_shape_equal(gathered, c->in[0]->shape))
        return sp__err(SP_ERR_SHAPE, "%s: argument 1 has shape %s, expected %s", c->op->label, SP__STR(c->in[0]),
                       sp__shape_text(gathered));
    c->out[0] = (sp__desc){c->in[0]->dtype, whole};
    return SP_OK;
}

static sp_status gather_grad_run(sp__call *c)
{
    sp_tensor *y = c->y[0];
    positions p;
    int axis = 0;
    sp__axis(((const sp__gather_grad_attrs *)c->attrs)->axis, y->shape.rank, &axis);
    sp_status st = resolve_positions(c->op, c->in[1], y->shape.dim[axis], &p);
    if (st != SP_OK)
        return st;
    memset(y->data, 0, (size_t)y->size * sp_dtype_size(y->dtype));
    bool done =
        sp__k_scatter_add(y->dtype, y->data, c->in[0]->data, p.dtype, p.at, sp__dims_product(y->shape, 0, axis),
                          y->shape.dim[axis], sp__dims_product(y->shape, axis + 1, y->shape.rank), c->in[1]->size);
    sp__free(p.own, p.bytes);
    return done ? SP_OK : sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(y->dtype));
}

static void gather_grad_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    const sp__axis_attrs attrs = {((const sp__gather_grad_attrs *)n->attrs)->axis};
    if (SP__WANTS(want, 0))
        dx[0] = sp__call_op(&sp__op_gather, &attrs, dy[0], n->in[1]);
}

const sp__op sp__op_gather_grad = {.name = "GatherGrad",
                                   .label = "gather_grad",
                                   .onnx_note = "made by gradients",
                                   .min_in = 2,
                                   .max_in = 2,
                                   .n_out = 1,
                                   .flags = SP__GRADIENT | SP__VIA_F32,
                                   SP__FIELDS(gather_grad_fields),
                                   .attr_size = sizeof(sp__gather_grad_attrs),
                                   .rule = gather_grad_rule,
                                   .run = gather_grad_run,
                                   .grad = gather_grad_grad,
                                   .saves = SP__IN(1)};

/* ---- OneHot ---- */

static const sp__field one_hot_fields[] = {SP__FIELD(sp__one_hot_attrs, depth, SP__INT, .min = 0, .max = SP__DIM_MAX),
                                           SP__FIELD(sp__one_hot_attrs, axis, SP__INT, .preset = -1),
                                           SP__FIELD(sp__one_hot_attrs, dtype, SP__TYPE, .preset = SP_F32)};

/* The new axis among those of the result. */
static sp_status one_hot_axis(const sp__call *c, int *axis)
{
    int64_t asked = ((const sp__one_hot_attrs *)c->attrs)->axis;
    int rank = c->in[0]->shape.rank;
    if (asked < -1 || asked > rank)
        return sp__err(SP_ERR_VALUE, "%s: axis is %lld, expected -1 to %d for shape %s", c->op->label, (long long)asked,
                       rank, SP__STR(c->in[0]));
    *axis = asked < 0 ? rank : (int)asked;
    return SP_OK;
}

static sp_status one_hot_rule(sp__call *c)
{
    const sp__one_hot_attrs *attrs = c->attrs;
    sp_shape from = c->in[0]->shape, to = {.rank = from.rank + 1};
    int axis = 0;
    sp_status st = want_positions(c, 0);
    if (st == SP_OK)
        st = sp__want_rank(c, 0, 0, SP_MAX_RANK - 1);
    if (st == SP_OK)
        st = one_hot_axis(c, &axis);
    if (st != SP_OK)
        return st;
    for (int i = 0; i < to.rank; i++)
        to.dim[i] = i == axis ? attrs->depth : from.dim[i - (i > axis)];
    c->out[0] = (sp__desc){attrs->dtype, to};
    return sp__check_size(c->op, to);
}

static sp_status one_hot_run(sp__call *c)
{
    const sp_tensor *index = c->in[0];
    sp_dtype type = c->out[0].dtype;
    int64_t on = 0, off = 0; /* room for one element of any type */
    int axis = 0;
    sp_status st = one_hot_axis(c, &axis);
    if (st != SP_OK)
        return st;
    sp__store(&on, type, 0, 1);
    sp__k_one_hot(sp_dtype_size(type), c->y[0]->data, index->dtype, index->data, &on, &off,
                  sp__dims_product(index->shape, 0, axis), c->out[0].shape.dim[axis],
                  sp__dims_product(index->shape, axis, index->shape.rank));
    return SP_OK;
}

const sp__op sp__op_one_hot = {.name = "OneHot",
                               .label = "one_hot",
                               .onnx_note = "compared with all positions: ONNX's counts negative ones from the end",
                               .min_in = 1,
                               .max_in = 1,
                               .n_out = 1,
                               SP__FIELDS(one_hot_fields),
                               .attr_size = sizeof(sp__one_hot_attrs),
                               .rule = one_hot_rule,
                               .run = one_hot_run,
                               .no_grad = "positions are integers"};

/* Integers of other types become Int64 first. */
sp_tensor *sp_one_hot(sp_tensor *indices, int64_t depth, sp_dtype dtype)
{
    bool narrow = !sp__absent(indices) && !sp_dtype_is_float(indices->dtype) && indices->dtype != SP_BOOL &&
                  indices->dtype != SP_I32;
    return sp__call_op(&sp__op_one_hot, (&(sp__one_hot_attrs){depth, -1, dtype}),
                       narrow ? sp_cast(indices, SP_I64) : indices);
}
