/* Sums, means and extremes over axes. */
#include "kernels/kernels.h"
#include "ops/attrs.h"

static const sp__field reduce_fields[] = {SP__FIELD(sp__reduce_attrs, axis, SP__INTS),
                                          SP__FIELD(sp__reduce_attrs, keep_dims, SP__BOOL)};

/* Which axes go; false, recorded, for a wrong one. */
static bool reduced_axes(const sp__op *op, const sp__reduce_attrs *attrs, sp_shape shape, bool reduced[SP_MAX_RANK])
{
    if (!sp__axes_of(op, &attrs->axis, shape, reduced))
        return false;
    for (int i = 0; attrs->axis.n == 0 && i < shape.rank; i++)
        reduced[i] = true;
    return true;
}

/* shape without the reduced axes, or with 1 in their place. */
static sp_shape reduced_shape(sp_shape shape, const bool *reduced, bool keep_dims)
{
    sp_shape out = {0};
    for (int i = 0; i < shape.rank; i++)
        if (!reduced[i] || keep_dims)
            out.dim[out.rank++] = reduced[i] ? 1 : shape.dim[i];
    return out;
}

static sp_status reduce_rule(sp__call *c)
{
    const sp__reduce_attrs *attrs = c->attrs;
    bool reduced[SP_MAX_RANK];
    if (!reduced_axes(c->op, attrs, c->in[0]->shape, reduced))
        return SP_ERR_VALUE;
    c->out[0] = (sp__desc){c->in[0]->dtype, reduced_shape(c->in[0]->shape, reduced, attrs->keep_dims)};
    return sp__check_size(c->op, c->out[0].shape);
}

/* Bool has no sum of its own type. */
static sp_status sum_rule(sp__call *c)
{
    sp_status st = reduce_rule(c);
    if (c->in[0]->dtype == SP_BOOL)
        c->out[0].dtype = SP_I64;
    return st;
}

static sp_status mean_rule(sp__call *c)
{
    if (sp__want_no_bool(c) != SP_OK)
        return SP_ERR_DTYPE;
    return reduce_rule(c);
}

/* ---- computing ---- */

/* A shape as alternating runs of kept and reduced dimensions, those of 1 left out. */
typedef struct runs {
    int n;
    int64_t size[SP_MAX_RANK];
    bool reduced[SP_MAX_RANK];
} runs;

static runs runs_of(sp_shape shape, const bool *reduced)
{
    runs r = {0};
    for (int i = 0; i < shape.rank; i++) {
        if (shape.dim[i] == 1)
            continue;
        if (r.n == 0 || r.reduced[r.n - 1] != reduced[i]) {
            r.reduced[r.n] = reduced[i];
            r.size[r.n++] = 1;
        }
        r.size[r.n - 1] *= shape.dim[i];
    }
    return r;
}

static int64_t product(const int64_t *v, int begin, int end)
{
    int64_t p = 1;
    for (int i = begin; i < end; i++)
        p *= v[i];
    return p;
}

/* Reduces the last reduced run of r, which becomes 1, from x into y. */
static sp_status reduce_run(const sp__call *c, sp__reduce f, sp_dtype to, sp_dtype from, void *y, const void *x,
                            runs *r, int at)
{
    int64_t outer = product(r->size, 0, at), inner = product(r->size, at + 1, r->n);
    if (!sp__k_reduce(f, to, from, y, x, outer, r->size[at], inner))
        return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(from));
    r->size[at] = 1;
    return SP_OK;
}

static int last_reduced(const runs *r, int below)
{
    int at = below - 1;
    while (at >= 0 && !r->reduced[at])
        at--;
    return at;
}

/* y = x reduced, one run after the other from the innermost; what is between them lies in scratch memory. */
static sp_status reduce_runs(const sp__call *c, sp__reduce f, sp_dtype to, void *y, runs *r)
{
    sp_dtype from = c->in[0]->dtype;
    const void *src = c->in[0]->data;
    void *held = NULL; /* src, when it is scratch memory */
    size_t held_bytes = 0;
    sp_status st = SP_OK;
    if (last_reduced(r, r->n) < 0) /* nothing to add up: the same elements, of type `to` */
        *r = (runs){.n = 2, .size = {c->in[0]->size, 1}, .reduced = {false, true}};
    for (int at = last_reduced(r, r->n), next; st == SP_OK && at >= 0; at = next) {
        next = last_reduced(r, at);
        size_t bytes = 0;
        if (next >= 0)
            bytes = (size_t)(product(r->size, 0, at) * product(r->size, at + 1, r->n)) * sp_dtype_size(to);
        void *dst = next >= 0 ? sp__alloc(bytes) : y;
        st = dst ? reduce_run(c, f, to, from, dst, src, r, at) : SP_ERR_NOMEM;
        sp__free(held, held_bytes);
        held = next >= 0 ? dst : NULL;
        held_bytes = bytes;
        src = dst;
        from = to;
    }
    sp__free(held, held_bytes);
    return st;
}

static sp_status run_reduce(sp__call *c, sp__reduce f)
{
    bool reduced[SP_MAX_RANK];
    if (!reduced_axes(c->op, c->attrs, c->in[0]->shape, reduced))
        return SP_ERR_VALUE;
    runs r = runs_of(c->in[0]->shape, reduced);
    return reduce_runs(c, f, c->out[0].dtype, c->y[0]->data, &r);
}

static sp_status sum_run(sp__call *c) { return run_reduce(c, SP__SUM); }
static sp_status max_run(sp__call *c) { return run_reduce(c, SP__MAX); }
static sp_status min_run(sp__call *c) { return run_reduce(c, SP__MIN); }

/* How many elements one result is made of. */
static int64_t count_of(sp_shape shape, const bool *reduced)
{
    int64_t n = 1;
    for (int i = 0; i < shape.rank; i++)
        n *= reduced[i] ? shape.dim[i] : 1;
    return n;
}

static void divide(int64_t *v, int64_t n, int64_t by, bool is_unsigned)
{
    for (int64_t i = 0; i < n && by != 0; i++)
        v[i] = is_unsigned ? (int64_t)((uint64_t)v[i] / (uint64_t)by) : v[i] / by;
}

/* Integers: the sum in 64 bits, divided, truncated towards 0. The mean of none is 0. */
static sp_status mean_ints(sp__call *c)
{
    bool reduced[SP_MAX_RANK];
    sp_tensor *y = c->y[0];
    sp_dtype type = c->in[0]->dtype;
    if (!reduced_axes(c->op, c->attrs, c->in[0]->shape, reduced))
        return SP_ERR_VALUE;
    size_t bytes = (size_t)y->size * sizeof(int64_t);
    int64_t *sums = sp__alloc(bytes);
    if (!sums)
        return SP_ERR_NOMEM;
    runs r = runs_of(c->in[0]->shape, reduced);
    sp_status st = reduce_runs(c, SP__SUM, SP_I64, sums, &r);
    if (st == SP_OK) {
        divide(sums, y->size, count_of(c->in[0]->shape, reduced), type == SP_U64);
        sp__k_cast(type, SP_I64, y->data, sums, y->size);
    }
    sp__free(sums, bytes);
    return st;
}

static sp_status mean_run(sp__call *c)
{
    return sp_dtype_is_float(c->in[0]->dtype) ? run_reduce(c, SP__MEAN) : mean_ints(c);
}

/* ---- gradients ---- */

/* t, of a result's shape, with 1 for each reduced axis, so that it broadcasts to the input. */
static sp_tensor *with_kept_axes(const sp__node *n, sp_tensor *t)
{
    bool reduced[SP_MAX_RANK];
    if (!reduced_axes(n->op, n->attrs, n->in_desc[0].shape, reduced))
        return NULL;
    return sp_reshape(t, reduced_shape(n->in_desc[0].shape, reduced, true));
}

static void sum_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = sp_broadcast_to(with_kept_axes(n, dy[0]), n->in_desc[0].shape);
}

static void mean_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    bool reduced[SP_MAX_RANK];
    if (!reduced_axes(n->op, n->attrs, n->in_desc[0].shape, reduced))
        return;
    int64_t count = count_of(n->in_desc[0].shape, reduced);
    sp_tensor *share = sp_div(with_kept_axes(n, dy[0]), sp__like(dy[0], (double)count));
    dx[0] = sp_broadcast_to(share, n->in_desc[0].shape);
}

/* Those equal to the extreme share what flows to it evenly. */
static void extreme_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    sp_dtype type = n->in_desc[0].dtype;
    const sp__reduce_attrs *attrs = n->attrs;
    sp_tensor *ties = sp_cast(sp_equal(n->in[0], with_kept_axes(n, n->out[0])), type);
    sp_tensor *count = sp__call_op(&sp__op_reduce_sum, (&(sp__reduce_attrs){attrs->axis, true}), ties);
    dx[0] = sp_mul(ties, sp_div(with_kept_axes(n, dy[0]), count));
}

/* ---- the entries ---- */

/* X(id, function, MINDIR name, ONNX name, rule, gradient, saves) */
#define REDUCE(X)                                                                                   \
    X(reduce_sum, sum, "ReduceSum", "ReduceSum", sum_rule, sum_grad, 0)                             \
    X(reduce_mean, mean, "ReduceMean", "ReduceMean", mean_rule, mean_grad, 0)                       \
    X(reduce_max, max, "ReduceMax", "ReduceMax", reduce_rule, extreme_grad, SP__IN(0) | SP__OUT(0)) \
    X(reduce_min, min, "ReduceMin", "ReduceMin", reduce_rule, extreme_grad, SP__IN(0) | SP__OUT(0))

#define X(id, fn, ms, onnx_name, its_rule, its_grad, keeps)            \
    const sp__op sp__op_##id = {.name = (ms),                          \
                                .label = #fn,                          \
                                .onnx = (onnx_name),                   \
                                .min_in = 1,                           \
                                .max_in = 1,                           \
                                .n_out = 1,                            \
                                .flags = SP__VIA_F32,                  \
                                SP__FIELDS(reduce_fields),             \
                                .attr_size = sizeof(sp__reduce_attrs), \
                                .rule = (its_rule),                    \
                                .run = fn##_run,                       \
                                .grad = (its_grad),                    \
                                .saves = (keeps)};
REDUCE(X)
#undef X

static sp_tensor *reduce(const sp__op *op, sp_tensor *x, int n, const int *axes, bool keep_dims)
{
    return sp__call_op(op, (&(sp__reduce_attrs){sp__ints_of(n, axes), keep_dims}), x);
}

/* The op keeps the type; this function's sums of integers are Int64. */
sp_tensor *sp_sum_axes(sp_tensor *x, int n, const int *axes, bool keep_dims)
{
    if (!sp__absent(x) && !sp_dtype_is_float(x->dtype))
        x = sp_cast(x, SP_I64);
    return reduce(&sp__op_reduce_sum, x, n, axes, keep_dims);
}

sp_tensor *sp_mean_axes(sp_tensor *x, int n, const int *axes, bool keep_dims)
{
    return reduce(&sp__op_reduce_mean, x, n, axes, keep_dims);
}

sp_tensor *sp_max_axes(sp_tensor *x, int n, const int *axes, bool keep_dims)
{
    return reduce(&sp__op_reduce_max, x, n, axes, keep_dims);
}

sp_tensor *sp_min_axes(sp_tensor *x, int n, const int *axes, bool keep_dims)
{
    return reduce(&sp__op_reduce_min, x, n, axes, keep_dims);
}

sp_tensor *sp_sum(sp_tensor *x) { return sp_sum_axes(x, 0, NULL, false); }
sp_tensor *sp_mean(sp_tensor *x) { return sp_mean_axes(x, 0, NULL, false); }
sp_tensor *sp_max(sp_tensor *x) { return sp_max_axes(x, 0, NULL, false); }
sp_tensor *sp_min(sp_tensor *x) { return sp_min_axes(x, 0, NULL, false); }
