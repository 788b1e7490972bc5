/* file/mindir_to_shapes.c: operators of .mindir files that move elements, in ops. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir_rules.h"

/* ---- shapes ---- */

static sp_tensor *reshape(sp__mi_call *c)
{
    sp__ints shape = sp__mi_ints(c, "shape");
    return sp_reshape(ARG(0), sp_shape_new(shape.n, shape.v));
}
static sp_tensor *flatten(sp__mi_call *c) { return sp_flatten(ARG(0)); }
static sp_tensor *transpose(sp__mi_call *c)
{
    sp__ints perm = sp__mi_ints(c, "perm");
    int axes[SP_MAX_RANK];
    return sp__mi_narrow(c, &perm, axes) ? sp_transpose(ARG(0), perm.n, axes) : NULL;
}
static sp_tensor *expand_dims(sp__mi_call *c)
{
    sp__ints axis = sp__mi_ints(c, "axis");
    int axes[SP_MAX_RANK];
    if (!sp__mi_narrow(c, &axis, axes))
        return NULL;
    return axis.n == 1 ? sp_expand_dims(ARG(0), axes[0]) : sp__mi_fail(c, SP_ERR_FORMAT, "%d axes, expected 1", axis.n);
}
static sp_tensor *squeeze(sp__mi_call *c)
{
    sp__ints axis = sp__mi_ints(c, "axis");
    int axes[SP_MAX_RANK];
    return sp__mi_narrow(c, &axis, axes) ? sp_squeeze(ARG(0), axis.n, axes) : NULL;
}
static sp_tensor *broadcast_to(sp__mi_call *c)
{
    sp__ints shape = sp__mi_ints(c, "shape");
    return sp_broadcast_to(ARG(0), sp_shape_new(shape.n, shape.v));
}
static sp_tensor *tile(sp__mi_call *c)
{
    sp__ints times = sp__mi_ints(c, "multiples");
    return times.n < 0 ? NULL : sp_tile(ARG(0), times.n, times.v);
}

static sp_tensor *join(sp__mi_call *c, sp_tensor *(*op)(sp_list, int), int64_t axis)
{
    sp_list list = sp__mi_args(c, 0);
    if (list.n == 0 || axis < -SP_MAX_RANK - 1 || axis > SP_MAX_RANK)
        return list.n ? sp__mi_fail(c, SP_ERR_VALUE, "axis %lld is out of range", (long long)axis) : NULL;
    return op(list, (int)axis);
}
static sp_tensor *concat(sp__mi_call *c) { return join(c, sp_concat, sp__mi_int(c, "axis", 0)); }
static sp_tensor *stack(sp__mi_call *c) { return join(c, sp_stack, sp__mi_int(c, "axis", 0)); }

static sp_tensor *split(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", 0));
    int64_t n = sp__mi_int(c, "output_num", 1);
    if (axis < 0)
        return NULL;
    if (n < 1 || n > SP__MI_MAX_RESULTS || x->shape.dim[axis] % n != 0)
        return sp__mi_fail(c, SP_ERR_SHAPE, "%s into %lld parts along axis %d", SP__STR(x), (long long)n, axis);
    int64_t part = x->shape.dim[axis] / n;
    c->n_out = (int)n;
    for (int i = 0; i < c->n_out; i++)
        if (!(c->out[i] = sp__mi_span(x, axis, i * part, (i + 1) * part)))
            return NULL;
    return c->out[0];
}

static sp_tensor *unstack(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", 0));
    if (axis < 0)
        return NULL;
    int64_t n = x->shape.dim[axis];
    if (n < 1 || n > SP__MI_MAX_RESULTS)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%lld parts, expected 1 to %d", (long long)n, SP__MI_MAX_RESULTS);
    c->n_out = (int)n;
    for (int i = 0; i < c->n_out; i++)
        if (!(c->out[i] = sp_squeeze(sp__mi_span(x, axis, i, i + 1), 1, &axis)))
            return NULL;
    return c->out[0];
}

static bool bit(int64_t mask, int i) { return (mask >> i & 1) != 0; }

/* Bit i of the masks: begin_mask, end_mask: from the beginning, to the end; shrink_axis_mask: begin alone, and the
 * axis goes. */
static sp_tensor *strided_slice(sp__mi_call *c)
{
    sp__ints begin = sp__mi_ints(c, "begin"), end = sp__mi_ints(c, "end"), step = sp__mi_ints(c, "strides");
    int64_t begins = sp__mi_int(c, "begin_mask", 0), ends = sp__mi_int(c, "end_mask", 0);
    int64_t shrink = sp__mi_int(c, "shrink_axis_mask", 0);
    sp_tensor *x = ARG(0);
    if (!x || c->by.failed)
        return NULL;
    if (sp__mi_int(c, "ellipsis_mask", 0) || sp__mi_int(c, "new_axis_mask", 0))
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "ellipsis_mask and new_axis_mask are not supported");
    if (begin.n != end.n || begin.n != step.n || begin.n > x->shape.rank)
        return sp__mi_fail(c, SP_ERR_FORMAT, "%d begins, %d ends, %d strides for shape %s", begin.n, end.n, step.n,
                           SP__STR(x));
    sp_range ranges[SP_MAX_RANK];
    for (int i = 0; i < begin.n; i++) {
        bool down = step.v[i] < 0;
        int64_t from = bit(begins, i) ? (down ? INT64_MAX : 0) : begin.v[i];
        int64_t to = bit(ends, i) ? (down ? INT64_MIN : SP_END) : end.v[i];
        ranges[i] = bit(shrink, i) ? sp_pick(begin.v[i]) : sp_from_to_by(from, to, step.v[i]);
    }
    return begin.n ? sp_index_new(x, begin.n, ranges) : x;
}

/* x[begin : begin + size], size -1: to the end. */
static sp_tensor *slice(sp__mi_call *c)
{
    sp__ints begin = sp__mi_ints(c, "begin"), size = sp__mi_ints(c, "size");
    sp_range ranges[SP_MAX_RANK];
    if (begin.n != size.n || begin.n < 1)
        return sp__mi_fail(c, SP_ERR_FORMAT, "%d begins and %d sizes", begin.n, size.n);
    for (int i = 0; i < begin.n; i++) {
        if (begin.v[i] < 0 || size.v[i] < -1 || begin.v[i] > INT32_MAX || size.v[i] > INT32_MAX)
            return sp__mi_fail(c, SP_ERR_VALUE, "begin %lld, size %lld", (long long)begin.v[i], (long long)size.v[i]);
        ranges[i] = sp_span(begin.v[i], size.v[i] < 0 ? SP_END : begin.v[i] + size.v[i]);
    }
    return sp_index_new(ARG(0), begin.n, ranges);
}

static sp_tensor *gather(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", 0));
    if (axis >= 0 && sp__mi_int(c, "batch_dims", 0) != 0)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "batch_dims is not supported");
    return axis < 0 ? NULL : sp_gather(x, ARG(1), axis);
}

/* y[.., j, ..] = x[.., index[.., j, ..], ..] along one axis, by a row of 0 and one 1 for each index. */
static sp_tensor *gather_d(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *index = sp__mi_tensor_setting(c, "index");
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "dim", 0));
    if (axis < 0 || !index || index->shape.rank != x->shape.rank || x->shape.rank >= SP_MAX_RANK)
        return sp__mi_fail(c, SP_ERR_SHAPE, "the index does not fit %s", x ? SP__STR(x) : "");
    int last = x->shape.rank; /* x: the axis behind all others, and a 1 in its place */
    int perm[SP_MAX_RANK], n = 0;
    for (int i = 0; i < last; i++)
        if (i != axis)
            perm[n++] = i;
    perm[n] = axis;
    sp_tensor *rows = sp_expand_dims(sp_transpose(x, last, perm), axis);
    sp_tensor *chosen = sp_cast(sp_one_hot(index, x->shape.dim[axis], SP_F32), SP_BOOL);
    return sp_sum_axes(sp_where(chosen, rows, sp__mi_like(x, 0)), 1, &last, false);
}

/* Values of on and off other than 1 and 0: off + (on - off) * one hot. */
static sp_tensor *one_hot(sp__mi_call *c)
{
    sp_tensor *on = sp__mi_tensor_setting(c, "on_value"), *off = sp__mi_tensor_setting(c, "off_value");
    int64_t depth = sp__mi_int(c, "depth", 0), axis = sp__mi_int(c, "axis", -1);
    sp_tensor *index = ARG(0);
    if (!on || !off || !index || depth < 0)
        return sp__mi_fail(c, SP_ERR_FORMAT, "depth %lld, %s", (long long)depth, on && off ? "" : "no on or off value");
    sp_tensor *y = sp_one_hot(index, depth, on->dtype);
    int rank = index->shape.rank;
    if (y && axis >= 0 && axis < rank) { /* the last axis to its place */
        int perm[SP_MAX_RANK], n = 0;
        for (int i = 0; i < rank; i++) {
            if (i == axis)
                perm[n++] = rank;
            perm[n++] = i;
        }
        y = sp_transpose(y, n, perm);
    }
    return sp_where(sp_cast(y, SP_BOOL), on, off);
}

/* ---- the table ---- */

const sp__mi_rule sp__mi_rules_shapes[] = {
    {"Reshape", 1, reshape, {"shape"}},
    {"Flatten", 1, flatten, {0}},
    {"Transpose", 1, transpose, {"perm"}},
    {"TransposeView", 1, transpose, {"perm"}},
    {"ExpandDims", 1, expand_dims, {"axis"}},
    {"ExpandDimsView", 1, expand_dims, {"axis"}},
    {"Squeeze", 1, squeeze, {"axis"}},
    {"BroadcastTo", 1, broadcast_to, {"shape"}},
    {"BroadcastToView", 1, broadcast_to, {"shape"}},
    {"Tile", 1, tile, {"multiples"}},
    {"Concat", 1, concat, {"axis"}},
    {"Stack", 1, stack, {"axis"}},
    {"Split", 1, split, {"axis", "output_num"}},
    {"Unstack", 1, unstack, {"axis"}},
    {"StridedSlice",
     1,
     strided_slice,
     {"begin", "end", "strides", "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"}},
    {"Slice", 1, slice, {"begin", "size"}},
    {"Gather", 2, gather, {"axis", "batch_dims"}},
    {"GatherD", 1, gather_d, {"dim", "index"}},
    {"OneHot", 1, one_hot, {"depth", "on_value", "off_value", "axis"}},
    {"OneHotExt", 1, one_hot, {"depth", "on_value", "off_value", "axis"}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
