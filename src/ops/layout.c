/* Elements in another order, or repeated. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/attrs.h"

/* ---- Transpose: dimension i of the result is dimension perm[i] ---- */

static const sp__field transpose_fields[] = {SP__FIELD(sp__transpose_attrs, perm, SP__INTS)};

/* Negative axes made positive; perm is one of this rank. */
static void resolve_perm(const sp__ints *perm, int *out)
{
    for (int i = 0; i < perm->n; i++)
        sp__axis(perm->v[i], perm->n, &out[i]);
}

static sp_status transpose_rule(sp__call *c)
{
    const sp__ints *perm = &((const sp__transpose_attrs *)c->attrs)->perm;
    sp_shape from = c->in[0]->shape;
    bool named[SP_MAX_RANK];
    int at[SP_MAX_RANK];
    if (perm->n != from.rank)
        return sp__err(SP_ERR_VALUE, "%s: perm has %d axes for shape %s", c->op->label, perm->n, sp__shape_text(from));
    if (!sp__axes_of(c->op, perm, from, named))
        return SP_ERR_VALUE;
    resolve_perm(perm, at);
    c->out[0] = sp__desc_of(c->in[0]);
    for (int i = 0; i < from.rank; i++)
        c->out[0].shape.dim[i] = from.dim[at[i]];
    return SP_OK;
}

/* Shares if only dimensions of 1 move. */
static int64_t transpose_view(const sp__call *c)
{
    const sp__ints *perm = &((const sp__transpose_attrs *)c->attrs)->perm;
    int at[SP_MAX_RANK], before = -1;
    resolve_perm(perm, at);
    for (int i = 0; i < perm->n; i++) {
        if (c->in[0]->shape.dim[at[i]] == 1)
            continue;
        if (at[i] < before)
            return -1;
        before = at[i];
    }
    return 0;
}

static sp_status transpose_run(sp__call *c)
{
    const sp__ints *perm = &((const sp__transpose_attrs *)c->attrs)->perm;
    int at[SP_MAX_RANK];
    int64_t from[SP_MAX_RANK];
    sp__strided s = {.rank = perm->n};
    resolve_perm(perm, at);
    sp__k_strides(from, &c->in[0]->shape);
    sp__k_strides(s.sy, &c->out[0].shape);
    for (int i = 0; i < perm->n; i++) {
        s.dim[i] = c->out[0].shape.dim[i];
        s.sx[i] = from[at[i]];
    }
    sp__k_copy_strided(sp_dtype_size(c->in[0]->dtype), c->y[0]->data, c->in[0]->data, &s);
    return SP_OK;
}

static void transpose_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    const sp__ints *perm = &((const sp__transpose_attrs *)n->attrs)->perm;
    int at[SP_MAX_RANK];
    sp__transpose_attrs back = {.perm.n = perm->n};
    resolve_perm(perm, at);
    for (int i = 0; i < perm->n; i++)
        back.perm.v[at[i]] = i;
    dx[0] = sp__call_op(&sp__op_transpose, &back, dy[0]);
}

const sp__op sp__op_transpose = {.name = "Transpose",
                                 .label = "transpose",
                                 .onnx = "Transpose",
                                 .min_in = 1,
                                 .max_in = 1,
                                 .n_out = 1,
                                 SP__FIELDS(transpose_fields),
                                 .attr_size = sizeof(sp__transpose_attrs),
                                 .rule = transpose_rule,
                                 .run = transpose_run,
                                 .view = transpose_view,
                                 .grad = transpose_grad};

sp_tensor *sp_transpose(sp_tensor *x, int n, const int *perm)
{
    sp__transpose_attrs attrs = {sp__ints_of(n, perm)};
    if (n == 0 && !sp__absent(x))
        for (int rank = attrs.perm.n = x->shape.rank, i = 0; i < rank; i++)
            attrs.perm.v[i] = rank - 1 - i;
    return sp__call_op(&sp__op_transpose, &attrs, x);
}

/* ---- BroadcastTo ---- */

static const sp__field broadcast_to_fields[] = {
    SP__FIELD(sp__shape_attrs, shape, SP__INTS, .min = -1, .max = SP__DIM_MAX)};

static sp_status broadcast_to_rule(sp__call *c)
{
    const sp_shape asked = sp__shape_of_ints(&((const sp__shape_attrs *)c->attrs)->shape);
    sp_shape from = c->in[0]->shape, to = asked;
    int lead = to.rank - from.rank;
    bool fits = lead >= 0;
    for (int i = 0; fits && i < to.rank; i++) {
        int64_t d = i < lead ? 1 : from.dim[i - lead];
        if (to.dim[i] == -1 && i >= lead)
            to.dim[i] = d;
        fits = to.dim[i] >= 0 && (d == 1 || d == to.dim[i]);
    }
    if (!fits)
        return sp__err(SP_ERR_SHAPE, "%s: %s does not broadcast to %s", c->op->label, sp__shape_text(from),
                       sp__shape_text(asked));
    c->out[0] = (sp__desc){c->in[0]->dtype, to};
    return sp__check_size(c->op, to);
}

/* Shares if nothing is repeated. */
static int64_t broadcast_to_view(const sp__call *c)
{
    return sp_shape_size(c->out[0].shape) == c->in[0]->size ? 0 : -1;
}

static sp_status broadcast_to_run(sp__call *c)
{
    sp_shape from = c->in[0]->shape, to = c->out[0].shape;
    int lead = to.rank - from.rank;
    int64_t stride[SP_MAX_RANK];
    sp__strided s = {.rank = to.rank};
    sp__k_strides(stride, &from);
    sp__k_strides(s.sy, &to);
    for (int i = 0; i < to.rank; i++) {
        s.dim[i] = to.dim[i];
        s.sx[i] = i < lead || from.dim[i - lead] == 1 ? 0 : stride[i - lead];
    }
    sp__k_copy_strided(sp_dtype_size(c->in[0]->dtype), c->y[0]->data, c->in[0]->data, &s);
    return SP_OK;
}

static void broadcast_to_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = sp__sum_to(dy[0], n->in_desc[0].shape);
}

const sp__op sp__op_broadcast_to = {.name = "BroadcastTo",
                                    .label = "broadcast_to",
                                    .onnx = "Expand",
                                    .min_in = 1,
                                    .max_in = 1,
                                    .n_out = 1,
                                    SP__FIELDS(broadcast_to_fields),
                                    .attr_size = sizeof(sp__shape_attrs),
                                    .rule = broadcast_to_rule,
                                    .run = broadcast_to_run,
                                    .view = broadcast_to_view,
                                    .grad = broadcast_to_grad};

sp_tensor *sp_broadcast_to(sp_tensor *x, sp_shape shape)
{
    return sp__call_op(&sp__op_broadcast_to, (&(sp__shape_attrs){sp__ints_of_shape(shape)}), x);
}

/* ---- Tile ---- */

static const sp__field tile_fields[] = {SP__FIELD(sp__tile_attrs, multiples, SP__INTS, .min = 1, .max = SP__DIM_MAX)};

/* The input's shape and the multiples made equally long by 1 in front; SP_ERR_SHAPE if the result would be too large. */
typedef struct tiling {
    int rank;
    int64_t dim[SP_MAX_RANK], times[SP_MAX_RANK];
} tiling;

static tiling tiling_of(sp_shape shape, const sp__ints *times)
{
    tiling t = {.rank = SP__MAX(shape.rank, times->n)};
    for (int i = 0; i < t.rank; i++) {
        int d = i - (t.rank - shape.rank), m = i - (t.rank - times->n);
        t.dim[i] = d < 0 ? 1 : shape.dim[d];
        t.times[i] = m < 0 ? 1 : times->v[m];
    }
    return t;
}

static sp_status tile_rule(sp__call *c)
{
    tiling t = tiling_of(c->in[0]->shape, &((const sp__tile_attrs *)c->attrs)->multiples);
    sp_shape to = {.rank = t.rank};
    for (int i = 0; i < t.rank; i++) {
        size_t d;
        if (!sp__mul_size((size_t)t.dim[i], (size_t)t.times[i], &d) || d > INT64_MAX)
            return sp__err(SP_ERR_SHAPE, "%s: %lld times %s is too large", c->op->label, (long long)t.times[i],
                           SP__STR(c->in[0]));
        to.dim[i] = (int64_t)d;
    }
    c->out[0] = (sp__desc){c->in[0]->dtype, to};
    return sp__check_size(c->op, to);
}

/* Writes the tiles of dimensions `at` on, from x to y, both moved behind what was used. */
typedef struct tiler {
    const tiling *t;
    int whole;    /* from this dimension on nothing is repeated */
    size_t bytes; /* of those */
    const char *x;
    char *y;
} tiler;

static void write_tiles(tiler *w, int at)
{
    if (at == w->whole) {
        memcpy(w->y, w->x, w->bytes);
        w->x += w->bytes;
        w->y += w->bytes;
        return;
    }
    char *begin = w->y;
    for (int64_t i = 0; i < w->t->dim[at]; i++)
        write_tiles(w, at + 1);
    size_t block = (size_t)(w->y - begin);
    for (int64_t i = 1; i < w->t->times[at]; i++, w->y += block)
        memcpy(w->y, begin, block);
}

static sp_status tile_run(sp__call *c)
{
    tiling t = tiling_of(c->in[0]->shape, &((const sp__tile_attrs *)c->attrs)->multiples);
    if (c->y[0]->size == 0)
        return SP_OK;
    int whole = t.rank;
    size_t bytes = sp_dtype_size(c->in[0]->dtype);
    while (whole > 0 && t.times[whole - 1] == 1)
        bytes *= (size_t)t.dim[--whole];
    write_tiles(&(tiler){&t, whole, bytes, c->in[0]->data, c->y[0]->data}, 0);
    return SP_OK;
}

/* The tiles added up, one dimension at a time from the last: (before, times, dim and what follows). */
static void tile_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    tiling t = tiling_of(n->in_desc[0].shape, &((const sp__tile_attrs *)n->attrs)->multiples);
    sp_shape to = n->out_desc[0].shape;
    sp_tensor *d = dy[0];
    int64_t after = 1;
    for (int i = t.rank - 1; i >= 0; i--) {
        after *= t.dim[i];
        if (t.times[i] == 1)
            continue;
        d = sp_reshape(d, SP_DIMS(sp__dims_product(to, 0, i), t.times[i], after));
        d = sp_sum_axes(d, 1, (int[]){1}, false);
    }
    dx[0] = sp_reshape(d, n->in_desc[0].shape);
}

const sp__op sp__op_tile = {.name = "Tile",
                            .label = "tile",
                            .onnx = "Tile",
                            .min_in = 1,
                            .max_in = 1,
                            .n_out = 1,
                            SP__FIELDS(tile_fields),
                            .attr_size = sizeof(sp__tile_attrs),
                            .rule = tile_rule,
                            .run = tile_run,
                            .grad = tile_grad};

sp_tensor *sp_tile(sp_tensor *x, int n, const int64_t *times)
{
    sp__tile_attrs attrs = {.multiples.n = times || n <= 0 ? n : -1};
    for (int i = 0; i < SP__MIN(attrs.multiples.n, SP_MAX_RANK); i++)
        attrs.multiples.v[i] = times[i];
    return sp__call_op(&sp__op_tile, &attrs, x);
}
