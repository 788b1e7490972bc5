/* file/onnx_to_shapes.c: operators of .onnx files that move elements, in ops. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_to.h"
#include "ops/attrs.h"

/* ---- shapes as numbers ---- */

/* Int64 numbers, known. */
static sp_tensor *numbers(int n, const int64_t *v, bool scalar)
{
    sp_shape shape = {.rank = scalar ? 0 : 1, .dim = {n}};
    sp_tensor *t = sp__tensor_new(SP_I64, shape);
    if (t && n > 0)
        memcpy(sp__data_mut(t), v, (size_t)n * sizeof *v);
    return t;
}

/* The shape alone is asked for: the argument need not be known. */
static bool shape_of(sp__ox_call *c, sp_shape *shape)
{
    if (!sp__ox_given(c, 0)) {
        sp__ox_fail(c, SP_ERR_FORMAT, "no argument");
        return false;
    }
    const sp__ox_value *v = &c->model->values[c->in[0]];
    *shape = v->held ? v->held->shape : v->tensor->shape;
    return true;
}

static sp_tensor *shape_op(sp__ox_call *c)
{
    sp_shape shape;
    if (!shape_of(c, &shape))
        return NULL;
    int64_t rank = shape.rank, start = sp__ox_int(c, "start", 0), end = sp__ox_int(c, "end", rank);
    start = start < 0 ? SP__MAX(start + rank, 0) : SP__MIN(start, rank);
    end = end < 0 ? SP__MAX(end + rank, 0) : SP__MIN(end, rank);
    return numbers((int)SP__MAX(end - start, 0), shape.dim + start, false);
}
static sp_tensor *size_op(sp__ox_call *c)
{
    sp_shape shape;
    if (!shape_of(c, &shape))
        return NULL;
    int64_t size = sp_shape_size(shape);
    return numbers(1, &size, true);
}

/* start, start + delta, ... before limit */
static sp_tensor *range(sp__ox_call *c)
{
    if (!c->folding)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "its numbers are computed in the graph, expected constants");
    sp_tensor *start = ARG(0), *limit = ARG(1), *delta = ARG(2);
    if (!start || !limit || !delta || start->size != 1 || limit->size != 1 || delta->size != 1)
        return sp__ox_fail(c, SP_ERR_FORMAT, "expected three numbers");
    double from = sp_at(start, 0), by = sp_at(delta, 0), n = (sp_at(limit, 0) - from) / by;
    if (!(n <= SP__OX_KNOWN_MAX)) /* also for a delta of 0 */
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "%g numbers, at most %d are supported", n, SP__OX_KNOWN_MAX);
    int64_t count = n <= 0 ? 0 : (int64_t)n + (n > (double)(int64_t)n);
    sp_tensor *y = sp__tensor_new(start->dtype, SP_DIMS(count));
    for (int64_t i = 0; y && i < count; i++)
        sp__store(sp__data_mut(y), y->dtype, i, from + (double)i * by);
    return y;
}

/* ---- other shapes for the same elements ---- */

/* What Reshape asks of a tensor of this shape: 0 is as there, -1 what is left. False: it does not fit. */
static bool resolve(const sp__ox_ints *asked, sp_shape from, bool zero_is_zero, sp_shape *out)
{
    int open = -1;
    if (asked->n > SP_MAX_RANK)
        return false;
    out->rank = asked->n;
    for (int i = 0; i < asked->n; i++) {
        bool copy = asked->v[i] == 0 && !zero_is_zero;
        if ((copy && i >= from.rank) || asked->v[i] < -1 || (asked->v[i] == -1 && open >= 0))
            return false;
        open = asked->v[i] == -1 ? i : open;
        out->dim[i] = copy ? from.dim[i] : asked->v[i] == -1 ? 1 : asked->v[i];
    }
    int64_t known = sp_shape_size(*out), size = sp_shape_size(from);
    if (open >= 0 && (known <= 0 || size % known != 0))
        return false;
    if (open >= 0)
        out->dim[open] = size / known;
    return sp_shape_size(*out) == size;
}

static sp_tensor *reshape(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    sp__ox_ints asked, asked_past;
    sp_shape now, past;
    bool zero = sp__ox_int(c, "allowzero", 0) != 0;
    if (!sp__ox_open_ints(c, "shape", &asked, &asked_past) || !x)
        return NULL;
    if (!resolve(&asked, x->shape, zero, &now) || asked.n != asked_past.n ||
        !resolve(&asked_past, sp__ox_past_shape(c, 0), zero, &past))
        return sp__ox_fail(c, SP_ERR_SHAPE, "%s does not become %s", SP__STR(x),
                           sp__shape_text(sp_shape_new(SP__MIN(asked.n, SP_MAX_RANK), asked.v)));
    bool fixed = true, empty = x->size == 0;
    for (int i = 0; i < now.rank; i++)
        fixed = fixed && now.dim[i] == past.dim[i];
    for (int i = 0; fixed && !empty && i < now.rank; i++) /* as it was asked for, so that other batches fit */
        if (asked.v[i] == -1)
            now.dim[i] = -1;
    return fixed ? sp_reshape(x, now) : sp__ox_reshape(c, x, now, past);
}

static sp_shape flat(sp_shape from, int axis)
{
    return SP_DIMS(sp__dims_product(from, 0, axis), sp__dims_product(from, axis, from.rank));
}
static sp_tensor *flatten(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int64_t axis = sp__ox_int(c, "axis", 1);
    if (!x)
        return NULL;
    axis += axis < 0 ? x->shape.rank : 0;
    if (axis < 0 || axis > x->shape.rank)
        return sp__ox_fail(c, SP_ERR_VALUE, "axis %lld for shape %s", (long long)axis, SP__STR(x));
    if (axis == 1)
        return sp_flatten(x);
    return sp__ox_reshape(c, x, flat(x->shape, (int)axis), flat(sp__ox_past_shape(c, 0), (int)axis));
}

static sp_tensor *transpose(sp__ox_call *c)
{
    sp__ox_ints perm = sp__ox_ints_of(c, "perm");
    int axes[SP_MAX_RANK + 1];
    return NARROW(perm, axes) ? sp_transpose(ARG(0), perm.n, axes) : NULL;
}

static sp_tensor *unsqueeze(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    sp__ox_ints asked = sp__ox_ints_of(c, "axes");
    if (!x || asked.n < 0)
        return NULL;
    sp__ints axes = sp__ox_axes(c, &asked, x->shape.rank + asked.n);
    for (int i = 0; i < axes.n; i++)
        x = sp_expand_dims(x, (int)axes.v[i]);
    return axes.n < 0 ? NULL : x;
}

static sp_tensor *squeeze(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    sp__ox_ints asked = sp__ox_ints_of(c, "axes");
    int at[SP_MAX_RANK], n = 0;
    if (!x || asked.n < 0)
        return NULL;
    sp__ints axes = sp__ox_axes(c, &asked, x->shape.rank);
    for (int i = 0; i < axes.n; i++)
        at[n++] = (int)axes.v[i];
    for (int i = 0; asked.n == 0 && i < x->shape.rank; i++)
        if (x->shape.dim[i] == 1 && sp__ox_fixed(c, 0, i))
            at[n++] = i;
    return axes.n < 0 ? NULL : n == 0 ? x : sp_squeeze(x, n, at);
}

/* ---- repetition ---- */

/* Whether a result is small enough to be computed now; otherwise it is recorded. */
static void fold_if_small(sp__ox_call *c, sp_shape shape)
{
    int64_t size = sp_shape_size(shape);
    if (size < 0 || size > SP__OX_KNOWN_MAX)
        c->folding = false;
}

static bool broadcast_shape(sp__ox_call *c, sp_shape x, const sp__ox_ints *to, sp_shape *out)
{
    if (to->n <= SP_MAX_RANK && sp__broadcast(x, sp_shape_new(to->n, to->v), out) && sp_shape_size(*out) >= 0)
        return true;
    sp__ox_fail(c, SP_ERR_SHAPE, "%s does not broadcast to %s", sp__shape_text(x),
                sp__shape_text(sp_shape_new(SP__MIN(to->n, SP_MAX_RANK), to->v)));
    return false;
}

static sp_tensor *expand(sp__ox_call *c)
{
    sp_shape from, now, past;
    sp__ox_ints asked, asked_past;
    if (!shape_of(c, &from) || !sp__ox_open_ints(c, "shape", &asked, &asked_past) ||
        !broadcast_shape(c, from, &asked, &now) || !broadcast_shape(c, sp__ox_past_shape(c, 0), &asked_past, &past))
        return NULL;
    if (now.rank != past.rank)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the rank of the result is open");
    fold_if_small(c, now);
    return sp__ox_stretch(c, ARG(0), sp__ox_past_shape(c, 0), now, past);
}

static sp_tensor *tile(sp__ox_call *c)
{
    sp_shape to;
    sp__ox_ints times = sp__ox_ints_of(c, "repeats");
    if (!shape_of(c, &to) || times.n < 0)
        return NULL;
    if (times.n != to.rank)
        return sp__ox_fail(c, SP_ERR_SHAPE, "%d repeats for shape %s", times.n, sp__shape_text(to));
    for (int i = 0; i < to.rank; i++)
        if (times.v[i] < 0 || __builtin_mul_overflow(to.dim[i], times.v[i], &to.dim[i]))
            return sp__ox_fail(c, SP_ERR_VALUE, "%lld repeats of axis %d", (long long)times.v[i], i);
    fold_if_small(c, to);
    return to.rank == 0 ? ARG(0) : sp_tile(ARG(0), times.n, times.v);
}

static sp_tensor *constant_of_shape(sp__ox_call *c)
{
    sp__ox_ints asked, asked_past;
    const sp__ox_attr *a = sp__ox_attribute(c, "value");
    if (a && !a->t)
        return sp__ox_fail(c, SP_ERR_FORMAT, "value is no tensor");
    sp_tensor *value = a ? sp__ox_elements(c->model->source, a->t, "the value", c->model->files) : sp_scalar(0, SP_F32);
    if (!sp__ox_open_ints(c, "shape", &asked, &asked_past) || !value)
        return NULL;
    sp_shape none = {0}, now, past;
    if (value->size != 1)
        return sp__ox_fail(c, SP_ERR_FORMAT, "value has shape %s, expected one number", SP__STR(value));
    if (!broadcast_shape(c, none, &asked, &now) || !broadcast_shape(c, none, &asked_past, &past))
        return NULL;
    if (now.rank != past.rank)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the rank of the result is open");
    value = sp_reshape(value, none);
    fold_if_small(c, now);
    c->folding = c->folding && sp_shape_equal(now, past);
    return sp__ox_stretch(c, sp__ox_made(c, value), none, now, past);
}

/* ---- parts ---- */

static sp_tensor *concat(sp__ox_call *c)
{
    sp_list x = sp__ox_args(c);
    if (x.n && c->folding) {
        int64_t size = 0;
        for (int i = 0; i < x.n; i++)
            size += x.at[i]->size;
        if (size > SP__OX_KNOWN_MAX) {
            c->folding = false;
            x = sp__ox_args(c);
        }
    }
    int axis = AXIS(x.n ? x.at[0] : NULL, sp__ox_int(c, "axis", 0));
    return axis < 0 ? NULL : sp_concat(x, axis);
}

/* The sizes of the parts. */
static bool part_sizes(sp__ox_call *c, int64_t whole, sp__ox_ints *sizes)
{
    *sizes = sp__ox_ints_of(c, "split");
    int64_t n = sp__ox_int(c, "num_outputs", c->n_results), sum = 0;
    if (sizes->n < 0 || c->by.failed)
        return false;
    if (sizes->n == 0 && n == c->n_results) {
        int64_t part = whole / n + (whole % n != 0);
        for (sizes->n = 0; sizes->n < n; sizes->n++)
            sizes->v[sizes->n] = SP__MAX(SP__MIN(part, whole - part * sizes->n), 0);
        if (c->opset < 18 && whole % n != 0)
            sizes->v[0] = -1;
    }
    bool ok = sizes->n == c->n_results;
    for (int i = 0; ok && i < sizes->n; i++) {
        ok = sizes->v[i] >= 0 && sizes->v[i] <= whole - sum;
        sum += ok ? sizes->v[i] : 0;
    }
    if (!ok || sum != whole)
        sp__ox_fail(c, SP_ERR_SHAPE, "an axis of %lld does not fall into these %d parts", (long long)whole,
                    c->n_results);
    return ok && sum == whole;
}

static sp_tensor *split(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    sp__ox_ints sizes;
    int axis = AXIS(x, sp__ox_int(c, "axis", 0));
    if (axis < 0 || !part_sizes(c, x->shape.dim[axis], &sizes))
        return NULL;
    if (!sp__ox_fixed(c, 0, axis))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the size of axis %d is open", axis);
    int64_t at = 0;
    c->n_out = sizes.n;
    for (int i = 0; i < sizes.n; at += sizes.v[i++])
        if (!(c->out[i] = sp__caller_span(x, axis, at, at + sizes.v[i], 1)))
            return NULL;
    return c->out[0];
}

/* Where a slice begins and ends, in all axes. */
static bool slice_axes(sp__ox_call *c, int rank, const sp__ox_ints *axes, int n, int *at)
{
    bool named[SP_MAX_RANK] = {false};
    for (int i = 0; i < n; i++) {
        if (!sp__axis(axes->n ? axes->v[i] : i, rank, &at[i]) || named[at[i]]) {
            sp__ox_fail(c, SP_ERR_VALUE, "axis %lld of %d is out of range or named twice",
                        (long long)(axes->n ? axes->v[i] : i), rank);
            return false;
        }
        named[at[i]] = true;
    }
    return true;
}

static sp_tensor *slice(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    sp__ox_ints axes = sp__ox_ints_of(c, "axes"), steps = sp__ox_ints_of(c, "steps"), start, end, start_past, end_past;
    int at[SP_MAX_RANK];
    if (!x || axes.n < 0 || steps.n < 0 || !sp__ox_open_ints(c, "starts", &start, &start_past) ||
        !sp__ox_open_ints(c, "ends", &end, &end_past))
        return NULL;
    int n = start.n;
    if (n != end.n || n > x->shape.rank || (axes.n && axes.n != n) || (steps.n && steps.n != n))
        return sp__ox_fail(c, SP_ERR_FORMAT, "%d starts, %d ends, %d axes and %d steps for shape %s", n, end.n, axes.n,
                           steps.n, SP__STR(x));
    if (!slice_axes(c, x->shape.rank, &axes, n, at))
        return NULL;
    sp__slice_attrs a = {.begin = {.n = x->shape.rank}, .end = {.n = x->shape.rank}, .strides = {.n = x->shape.rank}};
    for (int i = 0; i < x->shape.rank; i++)
        a.end.v[i] = INT64_MAX, a.strides.v[i] = 1;
    sp_shape past = sp__ox_past_shape(c, 0);
    for (int i = 0; i < n; i++) {
        int k = at[i];
        bool whole = end.v[i] == x->shape.dim[k] && end_past.v[i] == past.dim[k];
        if (start.v[i] != start_past.v[i] || (end.v[i] != end_past.v[i] && !whole))
            return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "its ends depend on a size of an input that is open");
        a.begin.v[k] = start.v[i];
        a.end.v[k] = whole ? INT64_MAX : end.v[i];
        a.strides.v[k] = steps.n ? steps.v[i] : 1;
    }
    return sp__call_op(&sp__op_strided_slice, &a, x);
}

static sp_tensor *gather(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *index = ARG(1);
    int axis = AXIS(x, sp__ox_int(c, "axis", 0));
    return axis < 0 || !index ? NULL : sp_gather(x, index, axis);
}

/* y[.., j, ..] = x[.., index[.., j, ..], ..] along one axis, by a row of 0 and one 1 for each index. */
static sp_tensor *gather_elements(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *index = ARG(1);
    int axis = AXIS(x, sp__ox_int(c, "axis", 0));
    if (axis < 0 || !index)
        return NULL;
    int last = x->shape.rank, perm[SP_MAX_RANK], n = 0;
    bool fits = index->shape.rank == last && last < SP_MAX_RANK && sp__ox_fixed(c, 0, axis);
    for (int i = 0; fits && i < last; i++)
        fits = i == axis || index->shape.dim[i] == x->shape.dim[i];
    if (!fits)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "positions %s of %s", SP__STR(index), SP__STR(x));
    for (int i = 0; i < last; i++)
        if (i != axis)
            perm[n++] = i;
    perm[n] = axis; /* x: the axis behind all others, and a 1 in its place */
    sp_tensor *rows = sp_expand_dims(sp_transpose(x, last, perm), axis);
    int64_t size = x->shape.dim[axis];
    index = sp_where(sp_less(index, LIKE(index, 0)), sp_add(index, LIKE(index, (double)size)), index);
    sp_tensor *chosen = sp_cast(sp_one_hot(index, size, SP_F32), SP_BOOL);
    sp_tensor *y = sp_sum_axes(sp_where(chosen, rows, LIKE(x, 0)), 1, &last, false);
    return y && y->dtype != x->dtype ? sp_cast(y, x->dtype) : y;
}

/* ---- padding ---- */

/* What position i of an axis of n shows, for i outside of it. */
static int64_t shown_at(int64_t i, int64_t n, char mode)
{
    if (mode == 'e')
        return i < 0 ? 0 : i >= n ? n - 1 : i;
    int64_t period = mode == 'r' ? SP__MAX(2 * (n - 1), 1) : n;
    i = (i % period + period) % period;
    return i < n ? i : period - i;
}

/* By positions: the axis as it shows itself around its ends. */
static sp_tensor *pad_by_position(sp__ox_call *c, sp_tensor *x, int axis, int64_t before, int64_t after, char mode)
{
    int64_t n = x ? x->shape.dim[axis] : 0, limit = (int64_t)(SP__OX_MADE_MAX / sizeof(int64_t));
    if (!x)
        return NULL;
    if (n < 1 || before > limit || after > limit || n > limit || !sp__ox_fixed(c, 0, axis))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "pads of %lld and %lld on axis %d of %s", (long long)before,
                           (long long)after, axis, SP__STR(x));
    sp_tensor *t = sp__tensor_new(SP_I64, SP_DIMS(before + n + after));
    for (int64_t i = 0; t && i < t->size; i++)
        ((int64_t *)sp__data_mut(t))[i] = shown_at(i - before, n, mode);
    return sp_gather(x, sp__ox_made(c, t), axis);
}

static sp_tensor *pad(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    const char *mode = sp__ox_text(c, "mode", "constant");
    sp__ox_ints pads = sp__ox_ints_of(c, "pads"), axes = sp__ox_ints_of(c, "axes");
    int at[SP_MAX_RANK], n = pads.n / 2;
    if (!x || pads.n < 0 || axes.n < 0)
        return NULL;
    if (pads.n % 2 || (axes.n ? axes.n != n : n != x->shape.rank) || n > SP_MAX_RANK)
        return sp__ox_fail(c, SP_ERR_FORMAT, "%d pads and %d axes for shape %s", pads.n, axes.n, SP__STR(x));
    bool constant = strcmp(mode, "constant") == 0;
    if (!constant && strcmp(mode, "edge") != 0 && strcmp(mode, "reflect") != 0 && strcmp(mode, "wrap") != 0)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "mode '%s'", sp__shown(mode, strlen(mode)));
    sp_tensor *value = sp__ox_given(c, 2) ? ARG(2) : LIKE(x, c->opset < 11 ? sp__ox_float(c, "value", 0) : 0);
    if (value && value->size != 1)
        return sp__ox_fail(c, SP_ERR_SHAPE, "the value has shape %s, expected one number", SP__STR(value));
    value = value && value->shape.rank ? sp_reshape(value, (sp_shape){0}) : value;
    if (!value || !slice_axes(c, x->shape.rank, &axes, n, at))
        return NULL;
    for (int i = 0; x && i < n; i++) {
        int64_t before = pads.v[i], after = pads.v[n + i];
        if (before < 0 || after < 0) /* cut */
            x = sp__caller_span(x, at[i], before < 0 ? -SP__MAX(before, -INT32_MAX) : 0,
                                after < 0 ? SP__MAX(after, -INT32_MAX) : SP_END, 1);
        before = SP__MAX(before, 0), after = SP__MAX(after, 0);
        if (constant)
            x = sp__ox_pad(c, x, at[i], before, after, value);
        else if (before || after)
            x = pad_by_position(c, x, at[i], before, after, mode[0]);
    }
    return x;
}

/* ---- others ---- */

/* The last axis to place `axis`. */
static sp_tensor *last_to(sp_tensor *x, int axis)
{
    int perm[SP_MAX_RANK], n = 0;
    for (int i = 0; x && i < x->shape.rank; i++)
        perm[i] = i == axis ? x->shape.rank - 1 : n++;
    return x && axis != x->shape.rank - 1 ? sp_transpose(x, x->shape.rank, perm) : x;
}

/* OneHot(indices, depth, values = (off, on)); negative positions count from the end. */
static sp_tensor *one_hot(sp__ox_call *c)
{
    sp_tensor *index = ARG(0), *values = ARG(2);
    int64_t depth = (int64_t)sp__ox_float(c, "depth", -1), axis = sp__ox_int(c, "axis", -1);
    if (!index || !values || c->by.failed)
        return NULL;
    if (depth < 0 || depth > INT32_MAX || values->size != 2 || values->shape.rank != 1)
        return sp__ox_fail(c, SP_ERR_VALUE, "depth %lld, values of shape %s", (long long)depth, SP__STR(values));
    axis += axis < 0 ? index->shape.rank + 1 : 0;
    if (axis < 0 || axis > index->shape.rank)
        return sp__ox_fail(c, SP_ERR_VALUE, "axis %lld for shape %s", (long long)axis, SP__STR(index));
    index = sp_cast(index, SP_I64);
    index = sp_where(sp_less(index, LIKE(index, 0)), sp_add(index, LIKE(index, (double)depth)), index);
    sp_tensor *hot = last_to(sp_one_hot(index, depth, SP_F32), (int)axis);
    return sp_where(sp_cast(hot, SP_BOOL), sp_index(values, sp_pick(1)), sp_index(values, sp_pick(0)));
}

/* Zeros above or below diagonal k of the last two axes. */
static sp_tensor *trilu(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int64_t k = sp__ox_int(c, "k", 0);
    bool upper = sp__ox_int(c, "upper", 1) != 0;
    int rank = x ? x->shape.rank : 0;
    if (rank < 2 || !sp__ox_fixed(c, 0, rank - 1) || !sp__ox_fixed(c, 0, rank - 2) || k < -INT32_MAX || k > INT32_MAX)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "diagonal %lld of %s", (long long)k, x ? SP__STR(x) : "nothing");
    sp_tensor *row = sp__ox_count(c, x->shape.dim[rank - 2], k, 1),
              *column = sp__ox_count(c, x->shape.dim[rank - 1], 0, 1);
    row = sp_expand_dims(row, 1);
    return sp_where(upper ? sp_less_equal(row, column) : sp_greater_equal(row, column), x, LIKE(x, 0));
}

/* x (N, C, H, W) with blocks of b x b. */
static sp_tensor *to_space(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int64_t b = sp__ox_int(c, "blocksize", 0);
    const char *mode = sp__ox_text(c, "mode", "DCR");
    bool crd = strcmp(mode, "CRD") == 0;
    if (!x || x->shape.rank != 4 || b < 1 || b > 1024 || x->shape.dim[1] % (b * b) != 0 ||
        (!crd && strcmp(mode, "DCR")))
        return sp__ox_fail(c, SP_ERR_SHAPE, "blocks of %lld for %s", (long long)b, x ? SP__STR(x) : "nothing");
    int64_t n = x->shape.dim[0], m = x->shape.dim[1] / (b * b), h = x->shape.dim[2], w = x->shape.dim[3];
    int64_t was = sp__ox_past_shape(c, 0).dim[0];
    sp_tensor *y = crd ? sp__ox_reshape(c, x, SP_DIMS(n, m, b, b, h, w), SP_DIMS(was, m, b, b, h, w))
                       : sp__ox_reshape(c, x, SP_DIMS(n, b, b, m, h, w), SP_DIMS(was, b, b, m, h, w));
    y = sp_transpose(y, 6, crd ? (int[]){0, 1, 4, 2, 5, 3} : (int[]){0, 3, 4, 1, 5, 2});
    return sp__ox_reshape(c, y, SP_DIMS(n, m, h * b, w * b), SP_DIMS(was, m, h * b, w * b));
}
static sp_tensor *to_depth(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int64_t b = sp__ox_int(c, "blocksize", 0);
    const char *mode = sp__ox_text(c, "mode", "DCR");
    bool crd = strcmp(mode, "CRD") == 0;
    if (!x || x->shape.rank != 4 || b < 1 || (!crd && strcmp(mode, "DCR")) || x->shape.dim[2] % b != 0 ||
        x->shape.dim[3] % b != 0)
        return sp__ox_fail(c, SP_ERR_SHAPE, "blocks of %lld for %s", (long long)b, x ? SP__STR(x) : "nothing");
    int64_t n = x->shape.dim[0], m = x->shape.dim[1], h = x->shape.dim[2] / b, w = x->shape.dim[3] / b;
    int64_t was = sp__ox_past_shape(c, 0).dim[0];
    sp_tensor *y = sp__ox_reshape(c, x, SP_DIMS(n, m, h, b, w, b), SP_DIMS(was, m, h, b, w, b));
    y = sp_transpose(y, 6, crd ? (int[]){0, 1, 3, 5, 2, 4} : (int[]){0, 3, 5, 1, 2, 4});
    return sp__ox_reshape(c, y, SP_DIMS(n, m * b * b, h, w), SP_DIMS(was, m * b * b, h, w));
}

/* ---- the table ---- */

const sp__ox_rule sp__ox_rules_shapes[] = {
    {"Shape", 1, true, shape_op, {0}},
    {"Size", 1, true, size_op, {0}},
    {"Range", 3, true, range, {0}},
    {"Reshape", 1, true, reshape, {"shape"}},
    {"Flatten", 1, true, flatten, {0}},
    {"Transpose", 1, true, transpose, {0}},
    {"Unsqueeze", 1, true, unsqueeze, {"axes"}},
    {"Squeeze", 1, true, squeeze, {"axes"}},
    {"Expand", 1, true, expand, {"shape"}},
    {"Tile", 1, true, tile, {"repeats"}},
    {"ConstantOfShape", 0, true, constant_of_shape, {"shape"}},
    {"Concat", 1, true, concat, {0}},
    {"Split", 1, true, split, {"split"}},
    {"Slice", 1, true, slice, {"starts", "ends", "axes", "steps"}},
    {"Gather", 2, true, gather, {0}},
    {"GatherElements", 2, false, gather_elements, {0}},
    {"Pad", 1, false, pad, {"pads", "constant_value", "axes"}},
    {"OneHot", 1, false, one_hot, {"depth"}},
    {"Trilu", 1, false, trilu, {"k"}},
    {"DepthToSpace", 1, false, to_space, {0}},
    {"SpaceToDepth", 1, false, to_depth, {0}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
