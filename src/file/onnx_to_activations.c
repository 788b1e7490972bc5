/* file/onnx_to_activations.c: activations of .onnx files in ops. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_to.h"
#include "ops/attrs.h"

static sp_tensor *relu(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    return x && !sp_dtype_is_float(x->dtype) ? sp_maximum(x, LIKE(x, 0)) : sp_relu(x);
}
static sp_tensor *leaky_relu(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    return sp_where(sp_less(x, LIKE(x, 0)), sp_mul(x, LIKE(x, sp__ox_float(c, "alpha", (double)0.01f))), x);
}
static sp_tensor *elu(sp__ox_call *c) { return sp_elu(ARG(0), sp__ox_float(c, "alpha", 1)); }

/* 0 where x > 0, else x: exp of it does not overflow. */
static sp_tensor *below_zero(sp_tensor *x) { return sp_minimum(x, LIKE(x, 0)); }
static sp_tensor *above_zero(sp_tensor *x) { return sp_maximum(x, LIKE(x, 0)); }

static sp_tensor *selu(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    double alpha = sp__ox_float(c, "alpha", 1.67326319217681884765625);
    double gamma = sp__ox_float(c, "gamma", 1.05070102214813232421875);
    sp_tensor *low = sp_mul(sp_sub(sp_exp(below_zero(x)), LIKE(x, 1)), LIKE(x, alpha));
    return sp_mul(sp_where(sp_greater(x, LIKE(x, 0)), x, low), LIKE(x, gamma));
}
static sp_tensor *celu(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    double alpha = sp__ox_float(c, "alpha", 1);
    sp_tensor *low = sp_sub(sp_exp(sp_div(below_zero(x), LIKE(x, alpha))), LIKE(x, 1));
    return sp_add(above_zero(x), sp_mul(low, LIKE(x, alpha)));
}
static sp_tensor *thresholded_relu(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    return sp_where(sp_greater(x, LIKE(x, sp__ox_float(c, "alpha", 1))), x, LIKE(x, 0));
}
static sp_tensor *shrink(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *bias = LIKE(x, sp__ox_float(c, "bias", 0)), *zero = LIKE(x, 0);
    double lambda = sp__ox_float(c, "lambd", 0.5);
    sp_tensor *low = sp_where(sp_less(x, LIKE(x, -lambda)), sp_add(x, bias), zero);
    return sp_where(sp_greater(x, LIKE(x, lambda)), sp_sub(x, bias), low);
}

/* alpha x + beta, cut to [0, 1] */
static sp_tensor *hard(sp_tensor *x, double alpha, double beta)
{
    sp_tensor *y = sp_add(sp_mul(x, LIKE(x, alpha)), LIKE(x, beta));
    return sp_minimum(sp_maximum(y, LIKE(x, 0)), LIKE(x, 1));
}
static sp_tensor *hard_sigmoid(sp__ox_call *c)
{
    return hard(ARG(0), sp__ox_float(c, "alpha", (double)0.2f), sp__ox_float(c, "beta", 0.5));
}
static sp_tensor *hard_swish(sp__ox_call *c) { return sp_mul(ARG(0), hard(ARG(0), 1.0 / 6, 0.5)); }

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)) */
static sp_tensor *log_1_exp(sp_tensor *x)
{
    return sp_add(above_zero(x), sp_log(sp_add(sp_exp(sp_neg(sp_abs(x))), LIKE(x, 1))));
}
static sp_tensor *softplus(sp__ox_call *c) { return log_1_exp(ARG(0)); }
static sp_tensor *mish(sp__ox_call *c) { return sp_mul(ARG(0), sp_tanh(log_1_exp(ARG(0)))); }
static sp_tensor *softsign(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    return sp_div(x, sp_add(sp_abs(x), LIKE(x, 1)));
}
static sp_tensor *swish(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    double alpha = sp__ox_float(c, "alpha", 1);
    return alpha == 1 ? sp_silu(x) : sp_mul(x, sp_sigmoid(sp_mul(x, LIKE(x, alpha))));
}
static sp_tensor *gelu(sp__ox_call *c)
{
    const char *how = sp__ox_text(c, "approximate", "none");
    bool tanh_formula = strcmp(how, "tanh") == 0;
    if (!tanh_formula && strcmp(how, "none") != 0)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "approximate '%s'", sp__shown(how, strlen(how)));
    return sp_gelu(ARG(0), !tanh_formula);
}

/* The slope broadcasts to x. */
static sp_tensor *prelu(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *slope = ARG(1);
    return slope ? sp_where(sp_less(x, LIKE(x, 0)), sp_mul(slope, x), x) : NULL;
}

static sp_tensor *clip(sp__ox_call *c)
{
    sp_tensor *x = ARG(0), *y = x;
    if (sp__ox_given(c, 1) || (c->opset < 11 && sp__ox_has(c, "min")))
        y = sp_maximum(y, sp__ox_given(c, 1) ? ARG(1) : LIKE(x, sp__ox_float(c, "min", 0)));
    if (sp__ox_given(c, 2) || (c->opset < 11 && sp__ox_has(c, "max")))
        y = sp_minimum(y, sp__ox_given(c, 2) ? ARG(2) : LIKE(x, sp__ox_float(c, "max", 0)));
    return y;
}

/* ---- softmax ---- */

/* Before opset 13 all axes from `axis` on are one. */
static sp_tensor *softmax_over(sp__ox_call *c, sp_tensor *x, int begin, bool logarithm)
{
    int axes[SP_MAX_RANK], n = 0;
    for (int i = begin; i < x->shape.rank; i++)
        axes[n++] = i;
    if (n == 0)
        return sp__ox_fail(c, SP_ERR_SHAPE, "no axis of %s", SP__STR(x));
    sp_tensor *low = sp_sub(x, sp_max_axes(x, n, axes, true)), *e = sp_exp(low), *sum = sp_sum_axes(e, n, axes, true);
    return logarithm ? sp_sub(low, sp_log(sum)) : sp_div(e, sum);
}

static sp_tensor *softmax(sp__ox_call *c)
{
    bool logarithm = strcmp(c->by.op, "LogSoftmax") == 0, old = c->opset < 13;
    sp_tensor *x = ARG(0);
    int64_t asked = sp__ox_int(c, "axis", old ? 1 : -1);
    if (old && x && asked == x->shape.rank) /* a matrix of one column */
        return logarithm ? sp_sub(x, x) : sp_div(x, x);
    int axis = AXIS(x, asked);
    if (axis < 0)
        return NULL;
    if (old && axis != x->shape.rank - 1)
        return softmax_over(c, x, axis, logarithm);
    return logarithm ? sp_log_softmax(x, axis) : sp_softmax(x, axis);
}

/* 1 at the first of the largest. */
static sp_tensor *hardmax(sp__ox_call *c)
{
    sp_tensor *x = ARG(0);
    int axis = AXIS(x, sp__ox_int(c, "axis", c->opset < 13 ? 1 : -1));
    if (axis < 0)
        return NULL;
    if (!sp__ox_fixed(c, 0, axis) || (c->opset < 13 && axis != x->shape.rank - 1))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "axis %d of %s", axis, SP__STR(x));
    sp__one_hot_attrs attrs = {x->shape.dim[axis], axis, x->dtype};
    return sp__call_op(&sp__op_one_hot, &attrs, sp_argmax(x, axis));
}

/* ---- the table ---- */

const sp__ox_rule sp__ox_rules_activations[] = {
    {"Relu", 1, false, relu, {0}},
    {"LeakyRelu", 1, false, leaky_relu, {0}},
    {"PRelu", 2, false, prelu, {0}},
    {"ThresholdedRelu", 1, false, thresholded_relu, {0}},
    {"Elu", 1, false, elu, {0}},
    {"Selu", 1, false, selu, {0}},
    {"Celu", 1, false, celu, {0}},
    {"HardSigmoid", 1, false, hard_sigmoid, {0}},
    {"HardSwish", 1, false, hard_swish, {0}},
    {"Swish", 1, false, swish, {0}},
    {"Gelu", 1, false, gelu, {0}},
    {"Softplus", 1, false, softplus, {0}},
    {"Softsign", 1, false, softsign, {0}},
    {"Mish", 1, false, mish, {0}},
    {"Shrink", 1, false, shrink, {0}},
    {"Clip", 3, true, clip, {0}},
    {"Softmax", 1, false, softmax, {0}},
    {"LogSoftmax", 1, false, softmax, {0}},
    {"Hardmax", 1, false, hardmax, {0}},
    {0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
