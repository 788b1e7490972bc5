/* file/mindir_to_ext.c: operators that only MindSpore 2.10 writes, in ops: those of its `mint` functions (names in
 * Ext and View) and of tensors with plain numbers. All are of the new form: settings are inputs. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir_rules.h"

/* ---- a tensor and a number, which takes the tensor's type ---- */

static sp_tensor *number(sp__mi_call *c) { return sp__mi_like(ARG(0), sp__mi_float(c, "other", 0)); }
static sp_tensor *muls(sp__mi_call *c) { return sp_mul(ARG(0), number(c)); }
static sp_tensor *divs(sp__mi_call *c) { return sp_div(ARG(0), number(c)); }
static sp_tensor *power(sp__mi_call *c) { return sp_pow(ARG(0), number(c)); }
static sp_tensor *remainder_of(sp__mi_call *c) { return sp_mod(ARG(0), number(c)); }
static sp_tensor *equal_to(sp__mi_call *c) { return sp_equal(ARG(0), number(c)); }
static sp_tensor *less_than(sp__mi_call *c) { return sp_less(ARG(0), number(c)); }
static sp_tensor *clamp(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    if (sp__mi_has(c, "min"))
        x = sp_maximum(x, sp__mi_like(x, sp__mi_float(c, "min", 0)));
    if (sp__mi_has(c, "max"))
        x = sp_minimum(x, sp__mi_like(x, sp__mi_float(c, "max", 0)));
    return x;
}

/* ---- arithmetic ---- */

static sp_tensor *modulo(sp__mi_call *c) { return sp_mod(ARG(0), ARG(1)); }

/* x + alpha y */
static sp_tensor *add_scaled(sp__mi_call *c, double sign)
{
    sp_tensor *y = ARG(1);
    double alpha = sign * sp__mi_float(c, "alpha", 1);
    return sp_add(ARG(0), alpha == 1 ? y : sp_mul(y, sp__mi_like(y, alpha)));
}
static sp_tensor *add(sp__mi_call *c) { return add_scaled(c, 1); }
static sp_tensor *sub(sp__mi_call *c) { return add_scaled(c, -1); }

/* One number everywhere: of x's shape, whatever that will be. */
static sp_tensor *filled(sp__mi_call *c, double value)
{
    sp_tensor *x = ARG(0);
    sp_dtype dtype = sp__mi_type(c, "dtype", SP_DTYPE_COUNT_);
    if (!x)
        return NULL;
    sp_tensor *v = sp_scalar(value, dtype == SP_DTYPE_COUNT_ ? x->dtype : dtype);
    return sp_where(sp_equal(x, x), v, v);
}
static sp_tensor *ones(sp__mi_call *c) { return filled(c, 1); }
static sp_tensor *zeros(sp__mi_call *c) { return filled(c, 0); }

static sp_tensor *mat_mul(sp__mi_call *c) { return sp_matmul(ARG(0), ARG(1)); }
static sp_tensor *dense(sp__mi_call *c)
{
    sp_tensor *y = sp_matmul_t(ARG(0), ARG(1), false, true);
    return c->n_in > 2 && ARG(2) != SP_NONE ? sp_add(y, ARG(2)) : y;
}

/* ---- reductions ---- */

static sp_tensor *reduce_as(sp__mi_call *c, sp_tensor *(*op)(sp_tensor *, int, const int *, bool))
{
    sp_dtype dtype = sp__mi_type(c, "dtype", SP_DTYPE_COUNT_);
    sp_tensor *y = sp__mi_reduce(c, op);
    return y && dtype != SP_DTYPE_COUNT_ && dtype != y->dtype ? sp_cast(y, dtype) : y;
}
static sp_tensor *sum(sp__mi_call *c) { return reduce_as(c, sp_sum_axes); }
static sp_tensor *mean(sp__mi_call *c) { return reduce_as(c, sp_mean_axes); }
static sp_tensor *all_max(sp__mi_call *c) { return sp_max(ARG(0)); }
static sp_tensor *all_min(sp__mi_call *c) { return sp_min(ARG(0)); }

/* -> (value, index) */
static sp_tensor *with_index(sp__mi_call *c, bool largest)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", 0));
    bool keep = sp__mi_int(c, "keep_dims", 0) != 0;
    if (axis < 0)
        return NULL;
    sp_tensor *index = largest ? sp_argmax(x, axis) : sp_argmin(x, axis);
    c->n_out = 2;
    c->out[0] = largest ? sp_max_axes(x, 1, &axis, keep) : sp_min_axes(x, 1, &axis, keep);
    c->out[1] = keep ? sp_expand_dims(index, axis) : index;
    return c->out[1] ? c->out[0] : NULL;
}
static sp_tensor *max_dim(sp__mi_call *c) { return with_index(c, true); }
static sp_tensor *min_dim(sp__mi_call *c) { return with_index(c, false); }

/* Without an axis: of all elements. */
static sp_tensor *position(sp__mi_call *c, bool largest)
{
    sp__ints axis = sp__mi_ints(c, "axis");
    if (axis.n == 1)
        return with_index(c, largest) ? (c->n_out = 0, c->out[1]) : NULL;
    sp_tensor *flat = sp_reshape(ARG(0), SP_DIMS(-1));
    return largest ? sp_argmax(flat, 0) : sp_argmin(flat, 0);
}
static sp_tensor *arg_max(sp__mi_call *c) { return position(c, true); }
static sp_tensor *arg_min(sp__mi_call *c) { return position(c, false); }

static sp_tensor *log_softmax(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", -1));
    return axis < 0 ? NULL : sp_log_softmax(x, axis);
}

/* ---- shapes ---- */

/* Two axes change places. */
static sp_tensor *swap_axes(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int a = sp__mi_axis(c, x, sp__mi_int(c, "dim0", 0)), b = sp__mi_axis(c, x, sp__mi_int(c, "dim1", 0));
    int perm[SP_MAX_RANK];
    if (a < 0 || b < 0)
        return NULL;
    for (int i = 0; i < x->shape.rank; i++)
        perm[i] = i == a ? b : i == b ? a : i;
    return sp_transpose(x, x->shape.rank, perm);
}

/* Axes start to end become one. */
static sp_tensor *flatten(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    if (x && x->shape.rank == 0)
        return sp_reshape(x, SP_DIMS(1));
    int from = sp__mi_axis(c, x, sp__mi_int(c, "start", 0)), to = sp__mi_axis(c, x, sp__mi_int(c, "end", -1));
    if (from < 0 || to < from)
        return from < 0 || to < 0 ? NULL : sp__mi_fail(c, SP_ERR_VALUE, "axes %d to %d", from, to);
    sp_shape shape = {.rank = 0};
    for (int i = 0; i < x->shape.rank; i++)
        if (i <= from || i > to)
            shape.dim[shape.rank++] = i == from ? -1 : x->shape.dim[i];
    return sp_reshape(x, shape);
}

static sp_tensor *narrow_view(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", 0));
    int64_t start = sp__mi_int(c, "start", 0), length = sp__mi_int(c, "length", 0);
    if (axis < 0)
        return NULL;
    int64_t size = x->shape.dim[axis];
    start += start < 0 ? size : 0;
    if (start < 0 || length < 0 || start > size || length > size - start)
        return sp__mi_fail(c, SP_ERR_VALUE, "%lld elements from %lld on of %s", (long long)length, (long long)start,
                           SP__STR(x));
    return sp__mi_span(x, axis, start, start + length);
}

/* One position of an axis, which goes. */
static sp_tensor *select_view(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", 0));
    sp_range ranges[SP_MAX_RANK];
    for (int i = 0; i < axis; i++)
        ranges[i] = sp_all();
    if (axis < 0)
        return NULL;
    ranges[axis] = sp_pick(sp__mi_int(c, "index", 0));
    return sp_index_new(x, axis + 1, ranges);
}

/* Parts of `size` along an axis, the last one shorter. */
static sp_tensor *parts(sp__mi_call *c, const sp_tensor *known, int axis, int64_t size)
{
    int64_t all = known->shape.dim[axis], n = 0;
    size = SP__MIN(size, all);
    if (size > 0)
        n = (all - 1) / size + 1;
    if (n < 1 || n > SP__MI_MAX_RESULTS)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "parts of %lld of %s", (long long)size, SP__STR(known));
    c->n_out = (int)n;
    for (int i = 0; i < c->n_out; i++)
        if (!(c->out[i] = sp__mi_span(ARG(0), axis, i * size, SP__MIN((i + 1) * size, all))))
            return NULL;
    return c->out[0];
}
static sp_tensor *split_size(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", 0));
    return axis < 0 ? NULL : parts(c, x, axis, sp__mi_int(c, "size", 0));
}
static sp_tensor *chunk(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", 0));
    int64_t n = sp__mi_int(c, "chunks", 1);
    if (axis < 0 || n < 1)
        return axis < 0 ? NULL : sp__mi_fail(c, SP_ERR_VALUE, "%lld chunks", (long long)n);
    int64_t all = x->shape.dim[axis];
    return parts(c, x, axis, all / n + (all % n != 0));
}

/* ---- normalisation ---- */

/* LayerNormExt(x, shape, gamma, beta, eps) -> (y, mean, rstd); without gamma and beta: 1 and 0. */
static sp_tensor *layer_norm(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *gamma = sp__mi_tensor_setting(c, "gamma"), *beta = sp__mi_tensor_setting(c, "beta");
    sp__ints shape = sp__mi_ints(c, "shape");
    if (!x || shape.n < 1 || shape.n > x->shape.rank)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "the shape does not fit");
    sp_shape of = sp_shape_new(shape.n, shape.v);
    gamma = gamma ? gamma : sp_broadcast_to(sp__mi_like(x, 1), of);
    beta = beta ? beta : sp_broadcast_to(sp__mi_like(x, 0), of);
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
    sp_tensor *y = sp_mul(d, sp_rsqrt(sp_add(var, sp__mi_like(x, sp__mi_float(c, "eps", 1e-5)))));
    sp_shape like_x = x->shape, per_channel = {.rank = x->shape.rank - 1, .dim = {x->shape.dim[1], 1, 1, 1, 1, 1, 1}};
    like_x.dim[0] = -1;
    y = sp_mul(sp_reshape(y, like_x), sp_reshape(gamma, per_channel));
    c->n_out = 3;
    return c->out[0] = sp_add(y, sp_reshape(beta, per_channel));
}

/* ---- the table ---- */

const sp__mi_rule sp__mi_rules_ext[] = {
    {"Muls", 1, muls, {"other"}},
    {"Divs", 1, divs, {"other"}},
    {"PowTensorScalar", 1, power, {"other"}},
    {"RemainderTensorScalar", 1, remainder_of, {"other"}},
    {"RemainderTensorTensor", 2, modulo, {0}},
    {"EqScalar", 1, equal_to, {"other"}},
    {"LessScalar", 1, less_than, {"other"}},
    {"ClampScalar", 1, clamp, {"min", "max"}},
    {"AddExt", 2, add, {"alpha"}},
    {"SubExt", 2, sub, {"alpha"}},
    {"OnesLike", 1, ones, {0}},
    {"OnesLikeExt", 1, ones, {"dtype"}},
    {"ZerosLike", 1, zeros, {0}},
    {"ZerosLikeExt", 1, zeros, {"dtype"}},
    {"MatMulExt", 2, mat_mul, {0}},
    {"BatchMatMulExt", 2, mat_mul, {0}},
    {"Dense", 3, dense, {0}},
    {"SumExt", 1, sum, {"axis", "keep_dims", "dtype"}},
    {"MeanExt", 1, mean, {"axis", "keep_dims", "dtype"}},
    {"Max", 1, all_max, {0}},
    {"Min", 1, all_min, {0}},
    {"MaxDim", 1, max_dim, {"axis", "keep_dims"}},
    {"MinDim", 1, min_dim, {"axis", "keep_dims"}},
    {"ArgMaxExt", 1, arg_max, {"axis", "keep_dims"}},
    {"ArgMinExt", 1, arg_min, {"axis", "keep_dims"}},
    {"LogSoftmaxExt", 1, log_softmax, {"axis", "dtype"}},
    {"TransposeExtView", 1, swap_axes, {"dim0", "dim1"}},
    {"FlattenExt", 1, flatten, {"start", "end"}},
    {"NarrowView", 1, narrow_view, {"axis", "start", "length"}},
    {"SelectExtView", 1, select_view, {"axis", "index"}},
    {"SplitTensorView", 1, split_size, {"size", "axis"}},
    {"ChunkView", 1, chunk, {"chunks", "axis"}},
    {"LayerNormExt", 1, layer_norm, {"shape", "gamma", "beta", "eps"}},
    {"GroupNorm", 1, group_norm, {"groups", "gamma", "beta", "eps"}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
