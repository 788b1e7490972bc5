/* file/mindir_to_maths.c: arithmetic, products, reductions, activations and losses of .mindir files in ops. Settings:
 * docs/formats/mindir.md. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir_rules.h"
#include "ops/attrs.h"

/* ---- arithmetic ---- */

static sp_tensor *divide(sp__mi_call *c) { return sp_div(ARG(0), ARG(1)); }
static sp_tensor *squared_difference(sp__mi_call *c) { return sp_square(sp_sub(ARG(0), ARG(1))); }
static sp_tensor *cast(sp__mi_call *c)
{
    sp_dtype to = sp__mi_type(c, "dst_type", SP_DTYPE_COUNT_);
    if (to == SP_DTYPE_COUNT_)
        to = sp__mi_type(c, "DstT", SP_DTYPE_COUNT_);
    return to == SP_DTYPE_COUNT_ ? sp__mi_fail(c, SP_ERR_FORMAT, "no target type") : sp_cast(ARG(0), to);
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
static sp_tensor *bias_add(sp__mi_call *c) { return sp_bias_add(ARG(0), ARG(1)); }

/* ---- reductions ---- */

sp_tensor *sp__mi_reduce(sp__mi_call *c, sp_tensor *(*op)(sp_tensor *, int, const int *, bool))
{
    sp__ints axis = sp__mi_ints(c, "axis");
    int axes[SP_MAX_RANK];
    if (!sp__mi_narrow(c, &axis, axes))
        return NULL;
    if (axis.n == 0 && sp__mi_int(c, "skip_mode", 0)) /* no axes then means: nothing to sum */
        return ARG(0);
    return op(ARG(0), axis.n, axes, sp__mi_int(c, "keep_dims", 0) != 0);
}
/* Sums of integers are Int64 in ops and of the argument's type in a file. */
static sp_tensor *reduce_sum(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *y = sp__mi_reduce(c, sp_sum_axes);
    return y && y->dtype != x->dtype ? sp_cast(y, x->dtype) : y;
}
static sp_tensor *reduce_mean(sp__mi_call *c) { return sp__mi_reduce(c, sp_mean_axes); }
static sp_tensor *reduce_max(sp__mi_call *c) { return sp__mi_reduce(c, sp_max_axes); }
static sp_tensor *reduce_min(sp__mi_call *c) { return sp__mi_reduce(c, sp_min_axes); }

static sp_tensor *position(sp__mi_call *c, bool largest, bool keep, sp_dtype type)
{
    sp_tensor *x = ARG(0);
    int axis = sp__mi_axis(c, x, sp__mi_int(c, "axis", -1));
    if (axis < 0)
        return NULL;
    sp_tensor *y = largest ? sp_argmax(x, axis) : sp_argmin(x, axis);
    y = keep ? sp_expand_dims(y, axis) : y;
    return type == SP_I64 ? y : sp_cast(y, type);
}
static sp_tensor *arg_max(sp__mi_call *c) { return position(c, true, false, sp__mi_type(c, "output_type", SP_I64)); }
static sp_tensor *arg_min(sp__mi_call *c) { return position(c, false, false, sp__mi_type(c, "output_type", SP_I64)); }

static sp_tensor *cum_sum(sp__mi_call *c)
{
    const sp__cumsum_attrs attrs = {sp__mi_int(c, "axis", 0), sp__mi_int(c, "exclusive", 0) != 0,
                                    sp__mi_int(c, "reverse", 0) != 0};
    return sp__call_op(&sp__op_cumsum, &attrs, ARG(0));
}

static sp_tensor *top_k(sp__mi_call *c)
{
    sp_list both = sp_topk(ARG(0), sp__mi_int(c, "k", 1), true);
    c->out[1] = both.at[1];
    c->n_out = 2;
    return c->out[0] = both.at[0];
}

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

/* ---- activations ---- */

static sp_tensor *gelu(sp__mi_call *c) { return sp_gelu(ARG(0), false); }
static sp_tensor *elu(sp__mi_call *c) { return sp_elu(ARG(0), sp__mi_float(c, "alpha", 1)); }
static sp_tensor *hard_swish(sp__mi_call *c)
{
    sp_tensor *x = ARG(0);
    return sp_div(sp_mul(x, sp_relu6(sp_add(x, sp__mi_like(x, 3)))), sp__mi_like(x, 6));
}
/* The slope is one number, or one for each channel (axis 1). */
static sp_tensor *prelu(sp__mi_call *c)
{
    sp_tensor *x = ARG(0), *slope = ARG(1);
    if (x && slope && slope->shape.rank == 1 && slope->size > 1 && x->shape.rank > 2) {
        sp_shape shape = {.rank = x->shape.rank - 1, .dim = {slope->size, 1, 1, 1, 1, 1, 1}};
        slope = sp_reshape(slope, shape);
    }
    return sp_where(sp_greater(x, sp__mi_like(x, 0)), x, sp_mul(slope, x));
}
static sp_tensor *softmax(sp__mi_call *c)
{
    sp__ints axis = sp__mi_ints(c, "axis");
    if (axis.n > 1)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%d axes, 1 is supported", axis.n);
    int at = sp__mi_axis(c, ARG(0), axis.n == 1 ? axis.v[0] : -1);
    if (at < 0)
        return NULL;
    return strcmp(c->by.op, "Softmax") == 0 ? sp_softmax(ARG(0), at) : sp_log_softmax(ARG(0), at);
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

const sp__mi_rule sp__mi_rules_maths[] = {
    {"Div", 2, divide, {0}},
    {"SquaredDifference", 2, squared_difference, {0}},
    {"Cast", 1, cast, {"dst_type"}},
    {"MaskedFill", 3, masked_fill, {0}},
    {"MatMul", 2, mat_mul, {"transpose_a", "transpose_b"}},
    {"BatchMatMul", 2, mat_mul, {"transpose_a", "transpose_b"}},
    {"BiasAdd", 2, bias_add, {"data_format"}},
    {"ReduceSum", 1, reduce_sum, {"axis", "keep_dims", "skip_mode"}},
    {"ReduceMean", 1, reduce_mean, {"axis", "keep_dims"}},
    {"ReduceMax", 1, reduce_max, {"axis", "keep_dims"}},
    {"ReduceMin", 1, reduce_min, {"axis", "keep_dims"}},
    {"Argmax", 1, arg_max, {"axis", "output_type"}},
    {"Argmin", 1, arg_min, {"axis", "output_type"}},
    {"ArgMaxWithValue", 1, max_with_value, {"axis", "keep_dims"}},
    {"ArgMinWithValue", 1, min_with_value, {"axis", "keep_dims"}},
    {"CumSum", 1, cum_sum, {"axis", "exclusive", "reverse"}},
    {"TopK", 1, top_k, {"k", "sorted"}},
    {"GeLU", 1, gelu, {0}},
    {"Elu", 1, elu, {"alpha"}},
    {"HSwish", 1, hard_swish, {0}},
    {"PReLU", 2, prelu, {0}},
    {"Softmax", 1, softmax, {"axis"}},
    {"LogSoftmax", 1, softmax, {"axis"}},
    {"BCEWithLogitsLoss", 4, bce_with_logits, {"reduction"}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
