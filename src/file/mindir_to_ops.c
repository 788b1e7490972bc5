/* file/mindir_to_ops.c: what each operator of a .mindir file is in ops. One line per operator in the table at the end; a plain
 * op of ours that has the operator's name and no attributes needs none. Settings: docs/formats/mindir.md, "Operators". */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir.h"

#define ARG(i) sp__mi_arg(c, (i))

/* A number as a 0-d tensor of x's type; NULL for NULL. */
static sp_tensor *like(const sp_tensor *x, double number) { return sp__absent(x) ? NULL : sp__like(x, number); }

/* Positive axis of x; -1, recorded, if it is out of range. */
static int axis_of(sp__mi_call *c, const sp_tensor *x, int64_t axis)
{
    int out;
    if (sp__absent(x))
        return -1;
    if (sp__axis(axis, x->shape.rank, &out))
        return out;
    sp__mi_fail(c, SP_ERR_VALUE, "axis %lld for shape %s", (long long)axis, SP__STR(x));
    return -1;
}

/* Numbers as int; false, recorded, if one does not fit. */
static bool narrow(sp__mi_call *c, const sp__ints *from, int *to)
{
    for (int i = 0; i < from->n; i++) {
        if (from->v[i] < INT32_MIN || from->v[i] > INT32_MAX) {
            sp__mi_fail(c, SP_ERR_VALUE, "the number %lld is out of range", (long long)from->v[i]);
            return false;
        }
        to[i] = (int)from->v[i];
    }
    return from->n >= 0;
}

/* ---- arithmetic ---- */

static sp_tensor *same_op(sp__mi_call *c)
{
    sp_tensor *in[SP__MAX_IN];
    const sp__op *op = sp__op_find(c->op);
    int n = SP__MIN(c->n_in, op->max_in); /* further inputs are settings that have no effect: Round's decimals */
    for (int i = 0; i < n; i++)
        in[i] = ARG(i);
    return sp__apply1(op, n, in, NULL);
}

static sp_tensor *divide(sp__mi_call *c) { return sp_div(ARG(0), ARG(1)); }
static sp_tensor *modulo(sp__mi_call *c) { return sp_mod(ARG(0), ARG(1)); }
static sp_tensor *squared_difference(sp__mi_call *c) { return sp_square(sp_sub(ARG(0), ARG(1))); }
static sp_tensor *cast(sp__mi_call *c)
{
    sp_dtype to = sp__mi_type(c, "dst_type", SP_DTYPE_COUNT_);
    if (to == SP_DTYPE_COUNT_)
        to = sp__mi_type(c, "DstT", SP_DTYPE_COUNT_);
    return to == SP_DTYPE_COUNT_ ? sp__mi_fail(c, SP_ERR_FORMAT, "no target type") : sp_cast(ARG(0), to);
}

/* x with a number, which takes x's type. Division and remainder of integers by MindSpore's rules give floats. */
static sp_tensor *number(sp__mi_call *c) { return like(ARG(0), sp__mi_float(c, "other", 0)); }
static sp_tensor *muls(sp__mi_call *c) { return sp_mul(ARG(0), number(c)); }
static sp_tensor *adds(sp__mi_call *c) { return sp_add(ARG(0), number(c)); }
static sp_tensor *subs(sp__mi_call *c) { return sp_sub(ARG(0), number(c)); }
static sp_tensor *divs(sp__mi_call *c) { return sp_div(ARG(0), number(c)); }
static sp_tensor *remainder_of(sp__mi_call *c) { return sp_mod(ARG(0), number(c)); }
static sp_tensor *equal_to(sp__mi_call *c) { return sp_equal(ARG(0), number(c)); }
static sp_tensor *less_than(sp__mi_call *c) { return sp_less(ARG(0), number(c)); }
static sp_tensor *clamp(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    if (sp__mi_has(c, "min"))
        x = sp_maximum(x, like(x, sp__mi_float(c, "min", 0)));
    if (sp__mi_has(c, "max"))
        x = sp_minimum(x, like(x, sp__mi_float(c, "max", 0)));
    return x;
}

static sp_tensor *masked_fill(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    return sp_where(ARG(1), sp__absent(x) ? NULL : sp_cast(ARG(2), x->dtype), x);
}

/* ---- products ---- */

static sp_tensor *mat_mul(sp__mi_call *c)
{
    return sp_matmul_t(ARG(0), ARG(1), sp__mi_int(c, "transpose_a", 0) != 0, sp__mi_int(c, "transpose_b", 0) != 0);
}
static sp_tensor *mat_mul_ext(sp__mi_call *c) { return sp_matmul(ARG(0), ARG(1)); }
static sp_tensor *dense(sp__mi_call *c)
{
    sp_tensor *y = sp_matmul_t(ARG(0), ARG(1), false, true);
    return c->n_in > 2 && ARG(2) != SP_NONE ? sp_add(y, ARG(2)) : y;
}
static sp_tensor *bias_add(sp__mi_call *c) { return sp_bias_add(ARG(0), ARG(1)); }

/* ---- reductions ---- */

static sp_tensor *reduce(sp__mi_call *c, sp_tensor *(*op)(sp_tensor *, int, const int *, bool))
{
    sp__ints axis = sp__mi_ints(c, "axis");
    int axes[SP_MAX_RANK];
    if (!narrow(c, &axis, axes))
        return NULL;
    if (axis.n == 0 && sp__mi_int(c, "skip_mode", 0)) /* no axes then means: nothing to sum */
        return ARG(0);
    return op(ARG(0), axis.n, axes, sp__mi_int(c, "keep_dims", 0) != 0);
}
/* Sums of integers are Int64 in ops and of the argument's type in a file. */
static sp_tensor *reduce_sum(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *y = reduce(c, sp_sum_axes);
    return y && y->dtype != x->dtype ? sp_cast(y, x->dtype) : y;
}
static sp_tensor *sum_ext(sp__mi_call *c)
{
    sp_dtype dtype = sp__mi_type(c, "dtype", SP_DTYPE_COUNT_);
    sp_tensor *y = reduce(c, sp_sum_axes);
    return y && dtype != SP_DTYPE_COUNT_ && dtype != y->dtype ? sp_cast(y, dtype) : y;
}
static sp_tensor *reduce_mean(sp__mi_call *c) { return reduce(c, sp_mean_axes); }
static sp_tensor *reduce_max(sp__mi_call *c) { return reduce(c, sp_max_axes); }
static sp_tensor *reduce_min(sp__mi_call *c) { return reduce(c, sp_min_axes); }

static sp_tensor *position(sp__mi_call *c, bool largest, bool keep, sp_dtype type)
{
    sp_tensor *x = ARG(0);
    int axis = axis_of(c, x, sp__mi_int(c, "axis", -1));
    if (axis < 0)
        return NULL;
    sp_tensor *y = largest ? sp_argmax(x, axis) : sp_argmin(x, axis);
    y = keep ? sp_expand_dims(y, axis) : y;
    return type == SP_I64 ? y : sp_cast(y, type);
}
static sp_tensor *arg_max(sp__mi_call *c) { return position(c, true, false, sp__mi_type(c, "output_type", SP_I64)); }
static sp_tensor *arg_min(sp__mi_call *c) { return position(c, false, false, sp__mi_type(c, "output_type", SP_I64)); }

/* -> (index, value); the index is Int32 in the old form and Int64 in the new one. */
static sp_tensor *with_value(sp__mi_call *c, bool largest)
{
    int64_t axis = sp__mi_int(c, "axis", 0);
    if (axis < -SP_MAX_RANK || axis >= SP_MAX_RANK)
        return sp__mi_fail(c, SP_ERR_VALUE, "axis %lld is out of range", (long long)axis);
    bool keep = sp__mi_int(c, "keep_dims", 0) != 0;
    sp_dtype type = c->n_in > 1 ? SP_I64 : SP_I32;
    int axes[] = {(int)axis};
    c->out[0] = position(c, largest, keep, type);
    c->out[1] = largest ? sp_max_axes(ARG(0), 1, axes, keep) : sp_min_axes(ARG(0), 1, axes, keep);
    c->n_out = 2;
    return c->out[0] ? c->out[1] : NULL;
}
static sp_tensor *max_with_value(sp__mi_call *c) { return with_value(c, true); }
static sp_tensor *min_with_value(sp__mi_call *c) { return with_value(c, false); }

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
    return narrow(c, &perm, axes) ? sp_transpose(ARG(0), perm.n, axes) : NULL;
}
static sp_tensor *expand_dims(sp__mi_call *c)
{
    sp__ints axis = sp__mi_ints(c, "axis");
    int axes[SP_MAX_RANK];
    if (!narrow(c, &axis, axes))
        return NULL;
    return axis.n == 1 ? sp_expand_dims(ARG(0), axes[0]) : sp__mi_fail(c, SP_ERR_FORMAT, "%d axes, expected 1", axis.n);
}
static sp_tensor *squeeze(sp__mi_call *c)
{
    sp__ints axis = sp__mi_ints(c, "axis");
    int axes[SP_MAX_RANK];
    return narrow(c, &axis, axes) ? sp_squeeze(ARG(0), axis.n, axes) : NULL;
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

/* Rows [start, stop) of an axis. */
static sp_tensor *span(sp_tensor *x, int axis, int64_t start, int64_t stop)
{
    sp_range ranges[SP_MAX_RANK];
    for (int i = 0; i < axis; i++)
        ranges[i] = sp_all();
    ranges[axis] = sp_span(start, stop);
    return sp_index_new(x, axis + 1, ranges);
}

static sp_tensor *split(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = axis_of(c, x, sp__mi_int(c, "axis", 0));
    int64_t n = sp__mi_int(c, "output_num", 1);
    if (axis < 0)
        return NULL;
    if (n < 1 || n > SP__MI_MAX_RESULTS || x->shape.dim[axis] % n != 0)
        return sp__mi_fail(c, SP_ERR_SHAPE, "%s into %lld parts along axis %d", SP__STR(x), (long long)n, axis);
    int64_t part = x->shape.dim[axis] / n;
    c->n_out = (int)n;
    for (int i = 0; i < c->n_out; i++)
        if (!(c->out[i] = span(x, axis, i * part, (i + 1) * part)))
            return NULL;
    return c->out[0];
}

static sp_tensor *unstack(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = axis_of(c, x, sp__mi_int(c, "axis", 0));
    if (axis < 0)
        return NULL;
    int64_t n = x->shape.dim[axis];
    if (n < 1 || n > SP__MI_MAX_RESULTS)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%lld parts, expected 1 to %d", (long long)n, SP__MI_MAX_RESULTS);
    c->n_out = (int)n;
    for (int i = 0; i < c->n_out; i++)
        if (!(c->out[i] = sp_squeeze(span(x, axis, i, i + 1), 1, &axis)))
            return NULL;
    return c->out[0];
}

static bool bit(int64_t mask, int i) { return (mask >> i & 1) != 0; }

/* Bit i of the masks: begin_mask, end_mask: from the beginning, to the end; shrink_axis_mask: begin alone, and the axis goes. */
static sp_tensor *strided_slice(sp__mi_call *c)
{
    sp__ints begin = sp__mi_ints(c, "begin"), end = sp__mi_ints(c, "end"), step = sp__mi_ints(c, "strides");
    int64_t begins = sp__mi_int(c, "begin_mask", 0), ends = sp__mi_int(c, "end_mask", 0);
    int64_t shrink = sp__mi_int(c, "shrink_axis_mask", 0);
    sp_tensor *x = ARG(0);
    if (!x || c->failed)
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
    int axis = axis_of(c, x, sp__mi_int(c, "axis", 0));
    if (axis >= 0 && sp__mi_int(c, "batch_dims", 0) != 0)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "batch_dims is not supported");
    return axis < 0 ? NULL : sp_gather(x, ARG(1), axis);
}

/* y[.., j, ..] = x[.., index[.., j, ..], ..] along one axis, by a row of 0 and one 1 for each index. */
static sp_tensor *gather_d(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *index = sp__mi_tensor_setting(c, "index");
    int axis = axis_of(c, x, sp__mi_int(c, "dim", 0));
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
    return sp_sum_axes(sp_where(chosen, rows, like(x, 0)), 1, &last, false);
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

/* ---- activations ---- */

static sp_tensor *gelu(sp__mi_call *c) { return sp_gelu(ARG(0), false); }
static sp_tensor *elu(sp__mi_call *c) { return sp_elu(ARG(0), sp__mi_float(c, "alpha", 1)); }
static sp_tensor *hard_swish(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    return sp_div(sp_mul(x, sp_relu6(sp_add(x, like(x, 3)))), like(x, 6));
}
/* The slope is one number, or one for each channel (axis 1). */
static sp_tensor *prelu(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *slope = ARG(1);
    if (x && slope && slope->shape.rank == 1 && slope->size > 1 && x->shape.rank > 2) {
        sp_shape shape = {.rank = x->shape.rank - 1, .dim = {slope->size, 1, 1, 1, 1, 1, 1}};
        slope = sp_reshape(slope, shape);
    }
    return sp_where(sp_greater(x, like(x, 0)), x, sp_mul(slope, x));
}
static sp_tensor *softmax(sp__mi_call *c)
{
    sp__ints axis = sp__mi_ints(c, "axis");
    if (axis.n > 1)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%d axes, 1 is supported", axis.n);
    int at = axis_of(c, ARG(0), axis.n == 1 ? axis.v[0] : -1);
    if (at < 0)
        return NULL;
    return strcmp(c->op, "Softmax") == 0 ? sp_softmax(ARG(0), at) : sp_log_softmax(ARG(0), at);
}

/* ---- convolution and pooling ---- */

static bool word_is(const char *word, const char *lower, const char *upper)
{
    return strcmp(word, lower) == 0 || strcmp(word, upper) == 0;
}

/* 0 same, 1 valid, 2 pad; -1, recorded, for another. The new form of AvgPool has numbers: 1 same, 2 valid, 0 pad. */
static int pad_mode(sp__mi_call *c, bool by_number)
{
    if (by_number) {
        int64_t n = sp__mi_int(c, "pad_mode", 2);
        return n == 1 ? 0 : n == 2 ? 1 : (sp__mi_fail(c, SP_ERR_UNSUPPORTED, "pad_mode %lld", (long long)n), -1);
    }
    const char *word = sp__mi_text(c, "pad_mode", "valid");
    if (word_is(word, "same", "SAME"))
        return 0;
    if (word_is(word, "valid", "VALID"))
        return 1;
    if (word_is(word, "pad", "PAD"))
        return 2;
    sp__mi_fail(c, SP_ERR_UNSUPPORTED, "pad_mode '%s'", sp__shown(word, strlen(word)));
    return -1;
}

/* The last two of 2, 3, 4 or 5 numbers: height and width; those before must be 1. Absent: 1, 1. */
static bool height_width(sp__mi_call *c, const char *name, int64_t out[2])
{
    sp__ints v = sp__mi_ints(c, name);
    out[0] = out[1] = 1;
    bool ok = v.n == 0 || v.n == 1 || (v.n >= 2 && v.n <= 5);
    for (int i = 0; i + 2 < v.n; i++)
        ok = ok && v.v[i] == 1;
    if (v.n == 1)
        out[0] = out[1] = v.v[0];
    for (int i = 0; v.n >= 2 && i < 2; i++)
        out[i] = v.v[v.n - 2 + i];
    if (!ok)
        sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%s is none of a window over height and width", name);
    return ok;
}

/* The last four of 4 or 6 numbers: top, bottom, left, right. */
static bool sides(sp__mi_call *c, const char *name, int64_t out[4])
{
    sp__ints v = sp__mi_ints(c, name);
    bool ok = v.n == 4 || (v.n == 6 && v.v[0] == 0 && v.v[1] == 0);
    for (int i = 0; ok && i < 4; i++)
        out[i] = v.v[v.n - 4 + i];
    if (!ok)
        sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%s is none of height and width", name);
    return ok;
}

static bool is_nchw(sp__mi_call *c)
{
    const char *format = sp__mi_text(c, "format", "NCHW");
    if (strcmp(format, "NCHW") == 0 || strcmp(format, "NCDHW") == 0)
        return true;
    sp__mi_fail(c, SP_ERR_UNSUPPORTED, "format '%s', expected NCHW", sp__shown(format, strlen(format)));
    return false;
}

static sp_tensor *conv2d(sp__mi_call *c)
{
    sp_conv2d_attrs a = {.pad_mode = pad_mode(c, false), .group = sp__mi_int(c, "group", 1)};
    if (a.pad_mode < 0 || !is_nchw(c) || !height_width(c, "stride", a.stride) ||
        !height_width(c, "dilation", a.dilation) || (a.pad_mode == 2 && !sides(c, "pad", a.pad)))
        return NULL;
    return sp_conv2d(ARG(0), ARG(1), &a);
}

static sp_tensor *max_pool(sp__mi_call *c)
{
    sp_pool2d_attrs a = {.pad_mode = pad_mode(c, false)};
    if (a.pad_mode < 0 || !is_nchw(c) || !height_width(c, "kernel_size", a.kernel) ||
        !height_width(c, "strides", a.stride) || (a.pad_mode == 2 && !sides(c, "pad", a.pad)))
        return NULL;
    return sp_max_pool2d(ARG(0), &a);
}

static sp_tensor *avg_pool(sp__mi_call *c)
{
    bool new_form = c->n_in > 1;
    sp_pool2d_attrs a = {.pad_mode = pad_mode(c, new_form)};
    if (a.pad_mode < 0 || (!new_form && !is_nchw(c)) || !height_width(c, "kernel_size", a.kernel) ||
        !height_width(c, "strides", a.stride) || (a.pad_mode == 2 && !sides(c, "pad", a.pad)))
        return NULL;
    return sp_avg_pool2d(ARG(0), &a);
}

/* Pooling over depth 1 is how both versions write 2-d pooling with padding: x (N, C, 1, H, W). */
static sp_tensor *without_depth(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    if (x && (x->shape.rank != 5 || x->shape.dim[2] != 1))
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "shape %s, only a depth of 1 is supported", SP__STR(x));
    return sp_squeeze(x, 1, (int[]){2});
}

static sp_tensor *avg_pool_3d(sp__mi_call *c)
{
    sp_pool2d_attrs a = {.pad_mode = pad_mode(c, false),
                         .ceil_mode = sp__mi_int(c, "ceil_mode", 0) != 0,
                         .exclude_pad = sp__mi_int(c, "count_include_pad", 1) == 0};
    if (a.pad_mode < 0 || !is_nchw(c) || !height_width(c, "kernel_size", a.kernel) ||
        !height_width(c, "strides", a.stride) || (a.pad_mode == 2 && !sides(c, "pad_list", a.pad)))
        return NULL;
    if (sp__mi_int(c, "divisor_override", 0))
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "divisor_override is not supported");
    return sp_expand_dims(sp_avg_pool2d(without_depth(c), &a), 2);
}

static sp_tensor *max_pool_3d(sp__mi_call *c)
{
    sp_pool2d_attrs a = {.pad_mode = 2, .ceil_mode = sp__mi_int(c, "ceil_mode", 0) != 0};
    int64_t pad[2], dilation[2];
    if (!is_nchw(c) || !height_width(c, "ksize", a.kernel) || !height_width(c, "strides", a.stride) ||
        !height_width(c, "dilation", dilation))
        return NULL;
    sp__ints pads = sp__mi_ints(c, "pads");
    bool ok = pads.n == 3 && pads.v[0] == 0 && dilation[0] == 1 && dilation[1] == 1;
    if (!ok)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "pads or dilation are not those of 2-d pooling");
    pad[0] = pads.v[1], pad[1] = pads.v[2];
    for (int i = 0; i < 4; i++)
        a.pad[i] = pad[i / 2];
    c->n_out = 2; /* the second, positions of the largest, is not supported */
    return c->out[0] = sp_expand_dims(sp_max_pool2d(without_depth(c), &a), 2);
}

/* ---- normalisation ---- */

static sp_tensor *batch_norm(sp__mi_call *c)
{
    if (sp__mi_int(c, "is_training", 0))
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "a graph exported in training mode is not supported");
    sp_tensor *mean = ARG(3), *var = ARG(4);
    sp_list y = sp_batch_norm(ARG(0), ARG(1), ARG(2), mean, var, false, sp__mi_float(c, "epsilon", 1e-5));
    c->n_out = 5;
    return c->out[0] = y.n ? y.at[0] : NULL;
}

/* gamma and beta may lack leading axes of what is normalised (begin_params_axis > begin_norm_axis): they broadcast. */
static sp_tensor *layer_norm(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *gamma = ARG(1), *beta = ARG(2);
    int begin = axis_of(c, x, sp__mi_int(c, "begin_norm_axis", -1));
    if (begin < 0 || sp__absent(gamma) || sp__absent(beta))
        return NULL;
    sp_shape norm = {.rank = x->shape.rank - begin};
    for (int i = 0; i < norm.rank; i++)
        norm.dim[i] = x->shape.dim[begin + i];
    if (!sp_shape_equal(gamma->shape, norm))
        gamma = sp_broadcast_to(gamma, norm);
    if (!sp_shape_equal(beta->shape, norm))
        beta = sp_broadcast_to(beta, norm);
    c->n_out = 3;
    return c->out[0] = sp_layer_norm(x, gamma, beta, begin, sp__mi_float(c, "epsilon", 1e-7));
}

/* LayerNormExt(x, shape, gamma, beta, eps): one result in the first place of a tuple. */
static sp_tensor *layer_norm_ext(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *gamma = sp__mi_tensor_setting(c, "gamma"), *beta = sp__mi_tensor_setting(c, "beta");
    sp__ints shape = sp__mi_ints(c, "shape");
    if (!x || !gamma || !beta || shape.n < 1 || shape.n > x->shape.rank)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "shape, gamma or beta are missing");
    c->n_out = 3;
    return c->out[0] = sp_layer_norm(x, gamma, beta, x->shape.rank - shape.n, sp__mi_float(c, "eps", 1e-5));
}

/* GroupNorm(x, groups, gamma, beta, eps): x (N, C, d...) in `groups` groups of channels. */
static sp_tensor *group_norm(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *gamma = sp__mi_tensor_setting(c, "gamma"), *beta = sp__mi_tensor_setting(c, "beta");
    int64_t groups = sp__mi_int(c, "groups", 0);
    if (!x || !gamma || !beta || x->shape.rank < 2 || groups < 1 || x->shape.dim[1] % groups != 0)
        return sp__mi_fail(c, SP_ERR_SHAPE, "%lld groups of %s", (long long)groups, x ? SP__STR(x) : "nothing");
    sp_tensor *g = sp_reshape(x, SP_DIMS(-1, groups, x->size / (SP__MAX(x->shape.dim[0], 1) * groups)));
    const int last = 2;
    sp_tensor *d = sp_sub(g, sp_mean_axes(g, 1, &last, true));
    sp_tensor *var = sp_mean_axes(sp_square(d), 1, &last, true);
    sp_tensor *y = sp_mul(d, sp_rsqrt(sp_add(var, like(x, sp__mi_float(c, "eps", 1e-5)))));
    sp_shape like_x = x->shape, per_channel = {.rank = x->shape.rank - 1, .dim = {x->shape.dim[1], 1, 1, 1, 1, 1, 1}};
    like_x.dim[0] = -1;
    y = sp_mul(sp_reshape(y, like_x), sp_reshape(gamma, per_channel));
    c->n_out = 3;
    return c->out[0] = sp_add(y, sp_reshape(beta, per_channel));
}

/* ---- losses ---- */

static sp_tensor *bce_with_logits(sp__mi_call *c)
{
    static const char *const words[] = {"mean", "sum", "none"};
    static const sp_reduction by_number[] = {SP_SUM, SP_MEAN, SP_NO_REDUCTION};
    bool new_form = c->n_in > 4;
    int found = -1;
    if (new_form) {
        int64_t n = sp__mi_int(c, "reduction", -1);
        found = n >= 0 && n < 3 ? (int)by_number[n] : -1;
    } else {
        const char *word = sp__mi_text(c, "reduction", "mean");
        for (int i = 0; i < 3; i++)
            if (strcmp(word, words[i]) == 0)
                found = i;
    }
    if (found < 0)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "reduction is not known");
    return sp_bce_with_logits_reduced(ARG(0), ARG(1), c->n_in > 2 ? ARG(2) : SP_NONE, c->n_in > 3 ? ARG(3) : SP_NONE,
                                      (sp_reduction)found);
}

/* ---- the table ---- */

static const sp__mi_rule rules[] = {
    {"Div", 2, divide, {0}},
    {"RemainderTensorTensor", 2, modulo, {0}},
    {"SquaredDifference", 2, squared_difference, {0}},
    {"Cast", 1, cast, {"dst_type"}},
    {"Muls", 1, muls, {"other"}},
    {"AddScalar", 1, adds, {"other"}},
    {"SubScalar", 1, subs, {"other"}},
    {"Divs", 1, divs, {"other"}},
    {"RemainderTensorScalar", 1, remainder_of, {"other"}},
    {"EqScalar", 1, equal_to, {"other"}},
    {"LessScalar", 1, less_than, {"other"}},
    {"ClampScalar", 1, clamp, {"min", "max"}},
    {"MaskedFill", 3, masked_fill, {0}},
    {"MatMul", 2, mat_mul, {"transpose_a", "transpose_b"}},
    {"BatchMatMul", 2, mat_mul, {"transpose_a", "transpose_b"}},
    {"MatMulExt", 2, mat_mul_ext, {0}},
    {"Dense", 3, dense, {0}},
    {"BiasAdd", 2, bias_add, {"data_format"}},
    {"ReduceSum", 1, reduce_sum, {"axis", "keep_dims", "skip_mode"}},
    {"ReduceMean", 1, reduce_mean, {"axis", "keep_dims"}},
    {"ReduceMax", 1, reduce_max, {"axis", "keep_dims"}},
    {"ReduceMin", 1, reduce_min, {"axis", "keep_dims"}},
    {"SumExt", 1, sum_ext, {"axis", "keep_dims", "dtype"}},
    {"Max", 1, reduce_max, {0}},
    {"Min", 1, reduce_min, {0}},
    {"Argmax", 1, arg_max, {"axis", "output_type"}},
    {"Argmin", 1, arg_min, {"axis", "output_type"}},
    {"ArgMaxWithValue", 1, max_with_value, {"axis", "keep_dims"}},
    {"ArgMinWithValue", 1, min_with_value, {"axis", "keep_dims"}},
    {"Reshape", 1, reshape, {"shape"}},
    {"Flatten", 1, flatten, {0}},
    {"Transpose", 1, transpose, {"perm"}},
    {"ExpandDims", 1, expand_dims, {"axis"}},
    {"Squeeze", 1, squeeze, {"axis"}},
    {"BroadcastTo", 1, broadcast_to, {"shape"}},
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
    {"GeLU", 1, gelu, {0}},
    {"Elu", 1, elu, {"alpha"}},
    {"HSwish", 1, hard_swish, {0}},
    {"PReLU", 2, prelu, {0}},
    {"Softmax", 1, softmax, {"axis"}},
    {"LogSoftmax", 1, softmax, {"axis"}},
    {"Conv2D", 2, conv2d, {0}},
    {"MaxPool", 1, max_pool, {0}},
    {"AvgPool", 1, avg_pool, {"kernel_size", "strides", "pad_mode", "data_format"}},
    {"AvgPool3D", 1, avg_pool_3d, {0}},
    {"MaxPool3DWithArgmax", 1, max_pool_3d, {0}},
    {"BatchNorm", 5, batch_norm, {"is_training", "epsilon", "momentum", "data_format"}},
    {"LayerNorm", 3, layer_norm, {"begin_norm_axis", "begin_params_axis", "epsilon"}},
    {"LayerNormExt", 1, layer_norm_ext, {"shape", "gamma", "beta", "eps"}},
    {"GroupNorm", 1, group_norm, {"groups", "gamma", "beta", "eps"}},
    {"BCEWithLogitsLoss", 4, bce_with_logits, {"reduction"}},
};

/* An op of the same name without attributes. */
static const sp__mi_rule plain = {.call = same_op};

const sp__mi_rule *sp__mi_rule_find(const char *name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].op, name) == 0)
            return &rules[i];
    const sp__op *op = sp__op_find(name);
    bool is_plain =
        op && op->n_fields == 0 && op->n_out == 1 && !(op->flags & (SP__GRADIENT | SP__RANDOM | SP__BARRIER));
    return is_plain ? &plain : NULL;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
