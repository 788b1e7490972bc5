/* Parts of a tensor: StridedSlice, its gradient, and indexing as Python writes it. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/attrs.h"

/* Any number may begin or end a range: it is cut to the axis. */
static const sp__field slice_fields[] = {SP__FIELD(sp__slice_attrs, begin, SP__INTS),
                                         SP__FIELD(sp__slice_attrs, end, SP__INTS),
                                         SP__FIELD(sp__slice_attrs, strides, SP__INTS)};

/* What a slice takes of each axis. */
typedef struct cuts {
    sp_shape shape; /* of the result               */
    int64_t first[SP_MAX_RANK];
    int64_t step[SP_MAX_RANK];
} cuts;

static int64_t clamp(int64_t v, int64_t low, int64_t high) { return v < low ? low : v > high ? high : v; }

/* Python's slice.indices(size): negative positions count from the end; first element and how many. */
static int64_t range_of(int64_t begin, int64_t end, int64_t step, int64_t size, int64_t *first)
{
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    begin = clamp(begin < 0 ? begin + size : begin, low, high);
    end = clamp(end < 0 ? end + size : end, low, high);
    *first = begin;
    uint64_t width = step > 0 ? (uint64_t)(end - begin) : (uint64_t)(begin - end);
    uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    bool empty = step > 0 ? begin >= end : begin <= end;
    return empty ? 0 : (int64_t)((width - 1) / stride + 1);
}

static bool cuts_of(const sp__op *op, const sp__ints *begin, const sp__ints *end, const sp__ints *step, sp_shape from,
                    cuts *out)
{
    if (begin->n != end->n || begin->n != step->n || begin->n > from.rank) {
        sp__err(SP_ERR_VALUE,
                "%s: %d begins, %d ends and %d strides, expected as many of each, at most %d for shape %s", op->label,
                begin->n, end->n, step->n, from.rank, sp__shape_text(from));
        return false;
    }
    *out = (cuts){.shape = from};
    for (int i = 0; i < from.rank; i++) {
        out->step[i] = i < step->n ? step->v[i] : 1;
        if (out->step[i] == 0) {
            sp__err(SP_ERR_VALUE, "%s: the stride of axis %d is 0", op->label, i);
            return false;
        }
        if (i < begin->n)
            out->shape.dim[i] = range_of(begin->v[i], end->v[i], out->step[i], from.dim[i], &out->first[i]);
    }
    return true;
}

/* ---- StridedSlice ---- */

static bool slice_cuts(const sp__call *c, cuts *out)
{
    const sp__slice_attrs *attrs = c->attrs;
    return cuts_of(c->op, &attrs->begin, &attrs->end, &attrs->strides, c->in[0]->shape, out);
}

static sp_status slice_rule(sp__call *c)
{
    cuts cut;
    if (!slice_cuts(c, &cut))
        return SP_ERR_VALUE;
    c->out[0] = (sp__desc){c->in[0]->dtype, cut.shape};
    return SP_OK;
}

/* The strides of the sliced elements in the whole, and where the first one is. A step beyond the axis is never taken. */
static int64_t place_cuts(const cuts *cut, sp_shape whole, int64_t *stride)
{
    int64_t offset = 0, dense[SP_MAX_RANK];
    sp__k_strides(dense, &whole);
    for (int i = 0; i < whole.rank; i++) {
        stride[i] = cut->shape.dim[i] > 1 ? dense[i] * cut->step[i] : 0;
        offset += dense[i] * cut->first[i];
    }
    return offset;
}

/* Shares if the elements lie in one run: one position of each axis, a range of the next, all of those behind. */
static int64_t slice_view(const sp__call *c)
{
    cuts cut;
    int64_t stride[SP_MAX_RANK], run = 1;
    if (!slice_cuts(c, &cut) || sp_shape_size(cut.shape) == 0)
        return 0;
    int64_t offset = place_cuts(&cut, c->in[0]->shape, stride);
    for (int i = cut.shape.rank - 1; i >= 0; i--) {
        if (cut.shape.dim[i] > 1 && stride[i] != run)
            return -1;
        run *= cut.shape.dim[i];
    }
    return offset;
}

static sp_status slice_run(sp__call *c)
{
    cuts cut;
    size_t esize = sp_dtype_size(c->in[0]->dtype);
    sp__strided s = {.rank = c->out[0].shape.rank};
    if (!slice_cuts(c, &cut))
        return SP_ERR_VALUE;
    int64_t offset = place_cuts(&cut, c->in[0]->shape, s.sx);
    sp__k_strides(s.sy, &cut.shape);
    memcpy(s.dim, cut.shape.dim, sizeof s.dim);
    sp__k_copy_strided(esize, c->y[0]->data, (const char *)c->in[0]->data + offset * (int64_t)esize, &s);
    return SP_OK;
}

static void slice_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    const sp__slice_attrs *attrs = n->attrs;
    sp__slice_grad_attrs back = {attrs->begin, attrs->end, attrs->strides, sp__ints_of_shape(n->in_desc[0].shape)};
    dx[0] = sp__call_op(&sp__op_strided_slice_grad, &back, dy[0]);
}

const sp__op sp__op_strided_slice = {.name = "StridedSlice",
                                     .label = "strided_slice",
                                     .onnx = "Slice",
                                     .min_in = 1,
                                     .max_in = 1,
                                     .n_out = 1,
                                     SP__FIELDS(slice_fields),
                                     .attr_size = sizeof(sp__slice_attrs),
                                     .rule = slice_rule,
                                     .run = slice_run,
                                     .view = slice_view,
                                     .grad = slice_grad};

/* ---- StridedSliceGrad: dy at its places in zeros of `shape` ---- */

static const sp__field slice_grad_fields[] = {
    SP__FIELD(sp__slice_grad_attrs, begin, SP__INTS), SP__FIELD(sp__slice_grad_attrs, end, SP__INTS),
    SP__FIELD(sp__slice_grad_attrs, strides, SP__INTS),
    SP__FIELD(sp__slice_grad_attrs, shape, SP__INTS, .min = 0, .max = SP__DIM_MAX)};

static bool slice_grad_cuts(const sp__call *c, cuts *out)
{
    const sp__slice_grad_attrs *attrs = c->attrs;
    return cuts_of(c->op, &attrs->begin, &attrs->end, &attrs->strides, sp__shape_of_ints(&attrs->shape), out);
}

static sp_status slice_grad_rule(sp__call *c)
{
    cuts cut;
    sp_shape whole = sp__shape_of_ints(&((const sp__slice_grad_attrs *)c->attrs)->shape);
    sp_status st = sp__check_size(c->op, whole);
    if (st != SP_OK)
        return st;
    if (!slice_grad_cuts(c, &cut))
        return SP_ERR_VALUE;
    if (!sp_shape_equal(cut.shape, c->in[0]->shape))
        return sp__err(SP_ERR_SHAPE, "%s: the slice of %s has shape %s, the argument %s", c->op->label,
                       sp__shape_text(whole), sp__shape_text(cut.shape), SP__STR(c->in[0]));
    c->out[0] = (sp__desc){c->in[0]->dtype, whole};
    return SP_OK;
}

static sp_status slice_grad_run(sp__call *c)
{
    cuts cut;
    size_t esize = sp_dtype_size(c->in[0]->dtype);
    sp__strided s = {.rank = c->out[0].shape.rank};
    if (!slice_grad_cuts(c, &cut))
        return SP_ERR_VALUE;
    int64_t offset = place_cuts(&cut, c->out[0].shape, s.sy);
    sp__k_strides(s.sx, &cut.shape);
    memcpy(s.dim, cut.shape.dim, sizeof s.dim);
    memset(c->y[0]->data, 0, (size_t)c->y[0]->size * esize);
    sp__k_copy_strided(esize, (char *)c->y[0]->data + offset * (int64_t)esize, c->in[0]->data, &s);
    return SP_OK;
}

static void slice_grad_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    const sp__slice_grad_attrs *attrs = n->attrs;
    dx[0] = sp__call_op(&sp__op_strided_slice, (&(sp__slice_attrs){attrs->begin, attrs->end, attrs->strides}), dy[0]);
}

const sp__op sp__op_strided_slice_grad = {.name = "StridedSliceGrad",
                                          .label = "strided_slice_grad",
                                          .onnx_note = "made by gradients",
                                          .min_in = 1,
                                          .max_in = 1,
                                          .n_out = 1,
                                          .flags = SP__GRADIENT,
                                          SP__FIELDS(slice_grad_fields),
                                          .attr_size = sizeof(sp__slice_grad_attrs),
                                          .rule = slice_grad_rule,
                                          .run = slice_grad_run,
                                          .grad = slice_grad_grad};

/* ---- x[...] ---- */

enum range_kind { RANGE_SPAN, RANGE_PICK };

sp_range sp_all(void) { return (sp_range){0, SP_END, 1, RANGE_SPAN}; }
sp_range sp_pick(int64_t i) { return (sp_range){i, SP_END, 1, RANGE_PICK}; }
sp_range sp_span(int64_t start, int64_t stop) { return (sp_range){start, stop, 1, RANGE_SPAN}; }
sp_range sp_from_to_by(int64_t start, int64_t stop, int64_t step) { return (sp_range){start, stop, step, RANGE_SPAN}; }

static bool picks_inside(sp_shape shape, int n, const sp_range *ranges)
{
    for (int i = 0; i < n; i++) {
        int64_t size = shape.dim[i], at = ranges[i].start;
        if (ranges[i].kind != RANGE_PICK || (at >= -size && at < size))
            continue;
        sp__err(SP_ERR_VALUE, "index: position %lld is not on axis %d of shape %s", (long long)at, i,
                sp__shape_text(shape));
        return false;
    }
    return true;
}

sp_tensor *sp_index_new(sp_tensor *x, int n, const sp_range *ranges)
{
    sp__slice_attrs attrs = {.begin.n = n, .end.n = n, .strides.n = n};
    sp_shape left = {0};
    if (!sp__given("index", 1, x) || !sp__given("index", 2, ranges))
        return NULL;
    if (x == SP_NONE || n < 0 || n > x->shape.rank)
        return sp__fail(SP_ERR_SHAPE, "index: %d ranges for shape %s", n, SP__STR(x));
    if (!picks_inside(x->shape, n, ranges))
        return NULL;
    for (int i = 0; i < n; i++) {
        sp_range r = ranges[i];
        bool pick = r.kind == RANGE_PICK;
        attrs.begin.v[i] = r.start;
        attrs.end.v[i] = pick                             ? r.start == -1 ? SP_END : r.start + 1
                         : r.stop == SP_END && r.step < 0 ? INT64_MIN
                                                          : r.stop;
        attrs.strides.v[i] = r.step;
    }
    sp_tensor *y = sp__call_op(&sp__op_strided_slice, &attrs, x);
    if (!y)
        return NULL;
    for (int i = 0; i < y->shape.rank; i++)
        if (i >= n || ranges[i].kind != RANGE_PICK)
            left.dim[left.rank++] = y->shape.dim[i];
    return left.rank == y->shape.rank ? y : sp_reshape(y, left);
}
