/* file/onnx_to_maths.c: arithmetic, comparison, products and reductions of .onnx files in ops. Those
 * that are an op of the same ONNX name without attributes are not listed (onnx_to_ops.c). */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_to.h"
#include "ops/attrs.h"

/* ---- arithmetic ---- */

/* Integers are divided towards zero; ops have only the floor. */
static sp_tensor *divide(sp__ox_call *c)
{
    sp_tensor *a = ARG(0), *b = ARG(1);
    if (!a || !b || sp_dtype_is_float(a->dtype))
        return sp_div(a, b);
    sp_tensor *q = sp_floor_div(a, b), *zero = LIKE(a, 0);
    sp_tensor *inexact = sp_not_equal(sp_mul(q, b), a);
    sp_tensor *negative = sp_not_equal(sp_less(a, zero), sp_less(b, zero));
    return sp_where(sp_logical_and(inexact, negative), sp_add(q, LIKE(q, 1)), q);
}

/* fmod: the sign of the first, as in C. */
static sp_tensor *modulo(sp__ox_call *c)
{
    sp_tensor *a = ARG(0), *b = ARG(1);
    if (!sp__ox_int(c, "fmod", 0))
        return sp_mod(a, b);
    sp_tensor *rest = sp_mod(sp_abs(a), sp_abs(b));
    return a ? sp_where(sp_less(a, LIKE(a, 0)), sp_neg(rest), rest) : NULL;
}

/* The result has the type of the first. */
static sp_tensor *power(sp__ox_call *c)
{
    sp_tensor *a = ARG(0), *y = sp_pow(a, ARG(1));
    return a && y && y->dtype != a->dtype ? sp_cast(y, a->dtype) : y;
}

static sp_tensor *tangent(sp__ox_call *c) { return sp_div(sp_sin(ARG(0)), sp_cos(ARG(0))); }
static sp_tensor *hyperbolic_cosine(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    return sp_mul(sp_add(sp_exp(x), sp_exp(sp_neg(x))), LIKE(x, 0.5));
}
static sp_tensor *hyperbolic_sine(sp__ox_call *c) { return sp_mul(sp_tanh(ARG(0)), hyperbolic_cosine(c)); }

static sp_tensor *variadic(sp__ox_call *c, sp_tensor *(*op)(sp_tensor *, sp_tensor *))
{
    sp_list x = sp__ox_args(c);
    sp_tensor *y = x.n ? x.at[0] : NULL;
    for (int i = 1; i < x.n; i++)
        y = op(y, x.at[i]);
    return y;
}
static sp_tensor *sum(sp__ox_call *c) { return variadic(c, sp_add); }
static sp_tensor *minimum(sp__ox_call *c) { return variadic(c, sp_minimum); }
static sp_tensor *maximum(sp__ox_call *c) { return variadic(c, sp_maximum); }
static sp_tensor *mean(sp__ox_call *c)
{
    sp_tensor *y = variadic(c, sp_add);
    return sp_div(y, LIKE(y, c->n_in));
}

/* ---- comparison and choice ---- */

static sp_tensor *one_of(sp__ox_call *c)
{
    sp_tensor *a = ARG(0);
    return sp_not_equal(a, a ? ARG(1) : NULL);
}
static sp_tensor *is_nan(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    return sp_not_equal(x, x);
}
static sp_tensor *is_inf(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *zero = LIKE(x, 0);
    bool high = sp__ox_int(c, "detect_positive", 1) != 0, low = sp__ox_int(c, "detect_negative", 1) != 0;
    sp_tensor *nan = sp_mul(x, zero); /* of what is not finite */
    sp_tensor *no = sp_not_equal(zero, zero), *up = sp_greater(x, zero), *down = sp_less(x, zero);
    return sp_logical_and(sp_not_equal(nan, nan), sp_logical_or(high ? up : no, low ? down : no));
}

static sp_tensor *cast(sp__ox_call *c)
{
    sp_dtype to = sp__ox_type(c, "to");
    if (to == SP_DTYPE_COUNT_)
        return c->by.failed ? NULL : sp__ox_fail(c, SP_ERR_FORMAT, "no target type");
    return sp_cast(ARG(0), to);
}
static sp_tensor *cast_like(sp__ox_call *c)
{
    sp_tensor *like = ARG(1);
    return like ? sp_cast(ARG(0), like->dtype) : NULL;
}

/* ---- products ---- */

static sp_tensor *mat_mul(sp__ox_call *c)
{
    sp_tensor *a = ARG(0);
    return sp_matmul(a, a ? ARG(1) : NULL);
}

/* alpha a' b' + beta c */
static sp_tensor *gemm(sp__ox_call *c)
{
    double alpha = sp__ox_float(c, "alpha", 1), beta = sp__ox_float(c, "beta", 1);
    sp_tensor *a = ARG(0), *b = ARG(1);
    if (a && b && (a->shape.rank != 2 || b->shape.rank != 2))
        return sp__ox_fail(c, SP_ERR_SHAPE, "%s x %s, expected matrices", SP__STR(a), SP__STR(b));
    sp_tensor *y = sp_matmul_t(a, b, sp__ox_int(c, "transA", 0) != 0, sp__ox_int(c, "transB", 0) != 0);
    if (alpha != 1)
        y = sp_mul(y, LIKE(y, alpha));
    if (!y || !sp__ox_given(c, 2))
        return y;
    sp_tensor *bias = ARG(2);
    return sp_add(y, beta == 1 ? bias : sp_mul(bias, LIKE(bias, beta)));
}

/* ---- reductions ---- */

typedef struct reduction {
    sp__ints axes;
    int at[SP_MAX_RANK];
    bool keep, nothing; /* nothing to reduce */
} reduction;

static bool read_reduction(sp__ox_call *c, const sp_tensor *x, reduction *r)
{
    sp__ox_ints asked = sp__ox_ints_of(c, "axes");
    *r = (reduction){.keep = sp__ox_int(c, "keepdims", 1) != 0};
    if (!x || c->by.failed)
        return false;
    r->axes = sp__ox_axes(c, &asked, x->shape.rank);
    r->nothing = sp__ox_int(c, "noop_with_empty_axes", 0) != 0 && asked.n == 0;
    for (int i = 0; asked.n == 0 && i < x->shape.rank; i++)
        r->axes.v[r->axes.n++] = i;
    for (int i = 0; i < r->axes.n; i++)
        r->at[i] = (int)r->axes.v[i];
    return r->axes.n >= 0;
}

typedef sp_tensor *reducer(sp_tensor *x, int n, const int *axes, bool keep);

/* The result has x's type. */
static sp_tensor *reduce(const reduction *r, sp_tensor *x, reducer *op)
{
    if (!x || r->nothing || x->shape.rank == 0)
        return x;
    sp_tensor *y = op(x, r->axes.n, r->at, r->keep);
    return y && y->dtype != x->dtype ? sp_cast(y, x->dtype) : y;
}

#define REDUCE(name, before, op, after)          \
    static sp_tensor *name(sp__ox_call *c)       \
    {                                            \
        sp_tensor *x = ARG(0);                   \
        reduction r;                             \
        if (!read_reduction(c, x, &r))           \
            return NULL;                         \
        return after(reduce(&r, before(x), op)); \
    }
#define AS_IT_IS(x) (x)
REDUCE(reduce_sum, AS_IT_IS, sp_sum_axes, AS_IT_IS)
REDUCE(reduce_mean, AS_IT_IS, sp_mean_axes, AS_IT_IS)
REDUCE(reduce_l1, sp_abs, sp_sum_axes, AS_IT_IS)
REDUCE(reduce_l2, sp_square, sp_sum_axes, sp_sqrt)
REDUCE(reduce_log_sum, AS_IT_IS, sp_sum_axes, sp_log)
REDUCE(reduce_sum_square, sp_square, sp_sum_axes, AS_IT_IS)

/* Bool is ordered as 0 and 1. */
static sp_tensor *extreme(sp__ox_call *c, reducer *op)
{
    sp_tensor *x = ARG(0);
    reduction r;
    if (!read_reduction(c, x, &r))
        return NULL;
    if (x->dtype == SP_BOOL)
        return sp_cast(reduce(&r, sp_cast(x, SP_U8), op), SP_BOOL);
    return reduce(&r, x, op);
}
static sp_tensor *reduce_max(sp__ox_call *c) { return extreme(c, sp_max_axes); }
static sp_tensor *reduce_min(sp__ox_call *c) { return extreme(c, sp_min_axes); }

/* The largest is subtracted first, unless it is infinite. */
static sp_tensor *log_sum_exp(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    reduction r, kept;
    if (!read_reduction(c, x, &r))
        return NULL;
    kept = r;
    kept.keep = true;
    sp_tensor *zero = LIKE(x, 0), *most = reduce(&kept, x, sp_max_axes), *top = reduce(&r, x, sp_max_axes);
    most = sp_where(sp_equal(sp_mul(most, zero), zero), most, zero);
    top = sp_where(sp_equal(sp_mul(top, zero), zero), top, zero);
    return sp_add(sp_log(reduce(&r, sp_exp(sp_sub(x, most)), sp_sum_axes)), top);
}

/* The product along one axis: halves are multiplied until one is left. */
static sp_tensor *product(sp__ox_call *c, sp_tensor *x, int axis)
{
    int64_t n = x ? x->shape.dim[axis] : 0;
    if (x && n < 1)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the product of no elements");
    while (x && n > 1) {
        int64_t half = n / 2;
        sp_tensor *y = sp_mul(sp__caller_span(x, axis, 0, half, 1), sp__caller_span(x, axis, half, 2 * half, 1));
        sp_tensor *parts[] = {y, n % 2 ? sp__caller_span(x, axis, n - 1, n, 1) : NULL};
        x = n % 2 && y && parts[1] ? sp_concat((sp_list){parts, 2}, axis) : n % 2 ? NULL : y;
        n = half + n % 2;
    }
    return x;
}
static sp_tensor *reduce_prod(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    reduction r;
    if (!read_reduction(c, x, &r))
        return NULL;
    for (int i = 0; !r.nothing && i < r.axes.n; i++) {
        if (!sp__ox_fixed(c, 0, r.at[i]))
            return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "a product along an axis whose size is open");
        x = product(c, x, r.at[i]);
    }
    return r.keep || r.nothing || r.axes.n == 0 ? x : sp_squeeze(x, r.axes.n, r.at);
}

static sp_tensor *position(sp__ox_call *c, bool largest)
{
    sp_tensor *x = ARG(0);
    int axis = AXIS(x, sp__ox_int(c, "axis", 0));
    bool keep = sp__ox_int(c, "keepdims", 1) != 0, last = sp__ox_int(c, "select_last_index", 0) != 0;
    if (axis < 0)
        return NULL;
    if (last && !sp__ox_fixed(c, 0, axis))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "select_last_index along an axis whose size is open");
    if (last) /* the first of the reversed axis */
        x = sp__caller_span(x, axis, -1, SP_END, -1);
    sp_tensor *y = largest ? sp_argmax(x, axis) : sp_argmin(x, axis);
    if (last && x && y)
        y = sp_sub(LIKE(y, (double)(x->shape.dim[axis] - 1)), y);
    return keep ? sp_expand_dims(y, axis) : y;
}
static sp_tensor *arg_max(sp__ox_call *c) { return position(c, true); }
static sp_tensor *arg_min(sp__ox_call *c) { return position(c, false); }

static sp_tensor *cum_sum(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    const sp__cumsum_attrs attrs = {AXIS(x, sp__ox_int(c, "axis", 0)), sp__ox_int(c, "exclusive", 0) != 0,
                                    sp__ox_int(c, "reverse", 0) != 0};
    return attrs.axis < 0 ? NULL : sp__call_op(&sp__op_cumsum, &attrs, x);
}

/* x with `axis` last, or back again. */
static sp_tensor *with_last(sp_tensor *x, int axis)
{
    int order[SP_MAX_RANK];
    for (int i = 0; x && i < x->shape.rank; i++)
        order[i] = i == axis ? x->shape.rank - 1 : i == x->shape.rank - 1 ? axis : i;
    return x && axis != x->shape.rank - 1 ? sp_transpose(x, x->shape.rank, order) : x;
}

static sp_tensor *top_k(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = AXIS(x, sp__ox_int(c, "axis", -1));
    if (axis < 0)
        return NULL;
    sp_list both = sp_topk(with_last(x, axis), sp__ox_int(c, "K", 1), sp__ox_int(c, "largest", 1) != 0);
    c->n_out = 2;
    c->out[1] = with_last(sp_cast(both.at[1], SP_I64), axis);
    return c->out[0] = with_last(both.at[0], axis);
}

/* ---- the table ---- */

const sp__ox_rule sp__ox_rules_maths[] = {
    {"Div", 2, true, divide, {0}},
    {"Mod", 2, true, modulo, {0}},
    {"Pow", 2, true, power, {0}},
    {"Tan", 1, false, tangent, {0}},
    {"Sinh", 1, false, hyperbolic_sine, {0}},
    {"Cosh", 1, false, hyperbolic_cosine, {0}},
    {"Sum", 1, true, sum, {0}},
    {"Mean", 1, true, mean, {0}},
    {"Min", 1, true, minimum, {0}},
    {"Max", 1, true, maximum, {0}},
    {"Xor", 2, true, one_of, {0}},
    {"IsNaN", 1, true, is_nan, {0}},
    {"IsInf", 1, false, is_inf, {0}},
    {"Cast", 1, true, cast, {0}},
    {"CastLike", 2, true, cast_like, {0}},
    {"MatMul", 2, false, mat_mul, {0}},
    {"Gemm", 3, false, gemm, {0}},
    {"ReduceSum", 1, true, reduce_sum, {"axes"}},
    {"ReduceMean", 1, true, reduce_mean, {"axes"}},
    {"ReduceMax", 1, true, reduce_max, {"axes"}},
    {"ReduceMin", 1, true, reduce_min, {"axes"}},
    {"ReduceProd", 1, true, reduce_prod, {"axes"}},
    {"ReduceL1", 1, false, reduce_l1, {"axes"}},
    {"ReduceL2", 1, false, reduce_l2, {"axes"}},
    {"ReduceLogSum", 1, false, reduce_log_sum, {"axes"}},
    {"ReduceLogSumExp", 1, false, log_sum_exp, {"axes"}},
    {"ReduceSumSquare", 1, false, reduce_sum_square, {"axes"}},
    {"ArgMax", 1, true, arg_max, {0}},
    {"ArgMin", 1, true, arg_min, {0}},
    {"CumSum", 1, true, cum_sum, {"axis"}},
    {"TopK", 1, true, top_k, {"K"}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
