/* Several tensors as one: along an axis they have (Concat), along a new one (Stack). */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/attrs.h"

/* Every input has the first one's type and rank. */
static sp_status same_kind(const sp__call *c)
{
    for (int i = 1; i < c->n_in; i++) {
        if (c->in[i]->dtype != c->in[0]->dtype)
            return sp__want_type(c, i, c->in[0]->dtype);
        if (c->in[i]->shape.rank != c->in[0]->shape.rank)
            return sp__err(SP_ERR_SHAPE, "%s: argument %d has shape %s, argument 1 %s", c->op->label, i + 1,
                           SP__STR(c->in[i]), SP__STR(c->in[0]));
    }
    return SP_OK;
}

/* Input i is written as `outer` pieces, each len[i] elements, the pieces of all inputs in turn. */
static sp_status join(sp__call *c, int axis)
{
    size_t esize = sp_dtype_size(c->out[0].dtype);
    int64_t outer = sp__dims_product(c->in[0]->shape, 0, axis);
    if (c->y[0]->size == 0)
        return SP_OK;
    int64_t row = c->y[0]->size / outer;
    char *y = c->y[0]->data;
    for (int i = 0; i < c->n_in; i++) {
        int64_t len = c->in[i]->size / outer;
        sp__strided s = {.rank = 2, .dim = {outer, len}, .sy = {row, 1}, .sx = {len, 1}};
        sp__k_copy_strided(esize, y, c->in[i]->data, &s);
        y += (size_t)len * esize;
    }
    return SP_OK;
}

/* t at [begin, end) of axis. */
static sp_tensor *cut(sp_tensor *t, int axis, int64_t begin, int64_t end)
{
    sp__slice_attrs attrs = {{axis + 1, {0}}, {axis + 1, {0}}, {axis + 1, {0}}};
    for (int i = 0; i <= axis; i++) {
        attrs.begin.v[i] = i == axis ? begin : 0;
        attrs.end.v[i] = i == axis ? end : SP_END;
        attrs.strides.v[i] = 1;
    }
    return sp__call_op(&sp__op_strided_slice, &attrs, t);
}

/* ---- Concat ---- */

static const sp__field concat_fields[] = {SP__FIELD(sp__axis_attrs, axis, SP__INT)};

static sp_status concat_rule(sp__call *c)
{
    sp_shape first = c->in[0]->shape, to = first;
    int axis;
    if (!sp__axis_of(c->op, ((const sp__axis_attrs *)c->attrs)->axis, first, &axis))
        return SP_ERR_VALUE;
    sp_status st = same_kind(c);
    for (int i = 1; st == SP_OK && i < c->n_in; i++) {
        sp_shape other = c->in[i]->shape;
        to.dim[axis] += other.dim[axis];
        other.dim[axis] = first.dim[axis];
        if (!sp_shape_equal(first, other))
            st = sp__err(SP_ERR_SHAPE, "%s: argument %d has shape %s, argument 1 %s: they differ beside axis %d",
                         c->op->label, i + 1, SP__STR(c->in[i]), SP__STR(c->in[0]), axis);
    }
    c->out[0] = (sp__desc){c->in[0]->dtype, to};
    return st == SP_OK ? sp__check_size(c->op, to) : st;
}

static int axis_of(const void *attrs, int rank)
{
    int axis = 0;
    sp__axis(((const sp__axis_attrs *)attrs)->axis, rank, &axis);
    return axis;
}

static sp_status concat_run(sp__call *c) { return join(c, axis_of(c->attrs, c->out[0].shape.rank)); }

static int64_t concat_view(const sp__call *c) { return c->n_in == 1 ? 0 : -1; }

static void concat_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    int axis = axis_of(n->attrs, n->out_desc[0].shape.rank);
    int64_t at = 0;
    for (int i = 0; i < n->n_in; i++) {
        int64_t end = at + n->in_desc[i].shape.dim[axis];
        if (SP__WANTS(want, i))
            dx[i] = cut(dy[0], axis, at, end);
        at = end;
    }
}

const sp__op sp__op_concat = {.name = "Concat",
                              .label = "concat",
                              .onnx = "Concat",
                              .min_in = 1,
                              .max_in = SP__MAX_IN,
                              .n_out = 1,
                              SP__FIELDS(concat_fields),
                              .attr_size = sizeof(sp__axis_attrs),
                              .rule = concat_rule,
                              .run = concat_run,
                              .view = concat_view,
                              .grad = concat_grad};

/* ---- Stack ---- */

static const sp__field stack_fields[] = {SP__FIELD(sp__axis_attrs, axis, SP__INT)};

static sp_status stack_rule(sp__call *c)
{
    sp_shape first = c->in[0]->shape, to = {.rank = first.rank + 1};
    int64_t axis = ((const sp__axis_attrs *)c->attrs)->axis;
    int at;
    if (first.rank == SP_MAX_RANK)
        return sp__want_rank(c, 0, 0, SP_MAX_RANK - 1);
    if (!sp__new_axis_of(c->op, axis, first, &at))
        return SP_ERR_VALUE;
    sp_status st = same_kind(c);
    for (int i = 1; st == SP_OK && i < c->n_in; i++)
        if (!sp_shape_equal(first, c->in[i]->shape))
            st = sp__err(SP_ERR_SHAPE, "%s: argument %d has shape %s, argument 1 %s", c->op->label, i + 1,
                         SP__STR(c->in[i]), SP__STR(c->in[0]));
    for (int i = 0; i < to.rank; i++)
        to.dim[i] = i == at ? c->n_in : first.dim[i - (i > at)];
    c->out[0] = (sp__desc){c->in[0]->dtype, to};
    return st == SP_OK ? sp__check_size(c->op, to) : st;
}

static sp_status stack_run(sp__call *c) { return join(c, axis_of(c->attrs, c->out[0].shape.rank)); }

static void stack_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    int axis = axis_of(n->attrs, n->out_desc[0].shape.rank);
    for (int i = 0; i < n->n_in; i++)
        if (SP__WANTS(want, i))
            dx[i] = sp_reshape(cut(dy[0], axis, i, i + 1), n->in_desc[i].shape);
}

const sp__op sp__op_stack = {.name = "Stack",
                             .label = "stack",
                             .onnx_note = "an Unsqueeze of each, then Concat",
                             .min_in = 1,
                             .max_in = SP__MAX_IN,
                             .n_out = 1,
                             SP__FIELDS(stack_fields),
                             .attr_size = sizeof(sp__axis_attrs),
                             .rule = stack_rule,
                             .run = stack_run,
                             .grad = stack_grad};

/* ---- any number of tensors: SP__MAX_IN at a time, and the results joined ---- */

static sp_tensor *join_many(const sp__op *op, sp_list list, int axis)
{
    const sp__axis_attrs attrs = {axis};
    if (list.n <= SP__MAX_IN)
        return sp__apply1(op, list.n, list.at, &attrs);
    int parts = (list.n + SP__MAX_IN - 1) / SP__MAX_IN;
    sp_tensor **part = sp__list_room(parts);
    for (int i = 0; part && i < parts; i++) {
        int begin = i * SP__MAX_IN;
        part[i] = sp__apply1(op, SP__MIN(list.n - begin, SP__MAX_IN), list.at + begin, &attrs);
        if (!part[i])
            return NULL;
    }
    return part ? join_many(&sp__op_concat, (sp_list){part, parts}, axis) : NULL;
}

sp_tensor *sp_concat(sp_list tensors, int axis) { return join_many(&sp__op_concat, tensors, axis); }
sp_tensor *sp_stack(sp_list tensors, int axis) { return join_many(&sp__op_stack, tensors, axis); }
