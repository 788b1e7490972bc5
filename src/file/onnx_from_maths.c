/* file/onnx_from_maths.c: what elementwise ops, reductions and losses are in an ONNX file (docs/formats/onnx.md, "Writing").
 * Forms of several steps are computed in Float32 or Float64, as the ops compute them. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_rules.h"

static const char *two(writer *w, const char *op, const char *a, const char *b) { return EMIT(op, IN(a, b), PLAIN); }
static const char *one(writer *w, const char *op, const char *x) { return EMIT(op, IN(x), PLAIN); }
static const char *number(writer *w, double v, sp_dtype t) { return sp__onnx_number(w, v, t); }

/* ---- arithmetic ---- */

/* Add, Sub and Mul of Bool are or, xor and and. */
static bool arithmetic(writer *w, const char **why)
{
    const char *op = w->rule->onnx;
    if (sp__onnx_in(w, 0).dtype != SP_BOOL)
        return sp__onnx_plain(w, why);
    bool either = strcmp(op, "Add") == 0 || strcmp(op, "Max") == 0, differ = strcmp(op, "Sub") == 0;
    const char *a = sp__onnx_arg(w, 0, SP_BOOL), *b = sp__onnx_arg(w, 1, SP_BOOL);
    return sp__onnx_result(w, two(w, differ ? "Xor" : either ? "Or" : "And", a, b), SP_BOOL);
}

/* Integers are divided in 64 bits: of fewer, nothing can overflow then. */
static sp_dtype wide_int(const writer *w) { return sp__onnx_carrier(w, 0, BIT(I64) | BIT(U64)); }

/* Whether argument 1 is a constant whose elements are all above 1: the usual case, and one without exceptions. */
static bool divides_well(const writer *w)
{
    const sp_tensor *b =
        w->graph->values[w->node->in[1]].kind == SP__VALUE_CONST ? w->graph->values[w->node->in[1]].tensor : NULL;
    for (int64_t i = 0; b && i < b->size; i++)
        if (sp__load_int(b->data, b->dtype, i) < 2)
            return false;
    return b != NULL;
}

/* b, or 1 where it is 0 or -1: by those a processor may trap. */
static const char *safe_divisor(writer *w, const char *b, sp_dtype t)
{
    const char *bad = two(w, "Equal", b, sp__onnx_integer(w, 0, t));
    if (t == SP_I64)
        bad = two(w, "Or", bad, two(w, "Equal", b, sp__onnx_integer(w, -1, t)));
    return sp__onnx_where(w, bad, sp__onnx_integer(w, 1, t), b, t);
}

/* The remainder has the sign of b, as ONNX's of integers; that of floats has the sign of a (fmod). */
static bool floor_mod(writer *w, const char **why)
{
    (void)why;
    if (!sp_dtype_is_float(sp__onnx_in(w, 0).dtype)) {
        sp_dtype t = wide_int(w);
        const char *a = sp__onnx_arg(w, 0, t), *b = sp__onnx_arg(w, 1, t);
        return sp__onnx_result(w, two(w, "Mod", a, divides_well(w) ? b : safe_divisor(w, b, t)), t);
    }
    sp_dtype t = sp__onnx_real(w);
    const char *a = sp__onnx_arg(w, 0, t), *b = sp__onnx_arg(w, 1, t), *zero = number(w, 0, t);
    const char *r = EMIT("Mod", IN(a, b), ATTRS(sp__onnx_put_int(w, "fmod", 1)));
    const char *signs = two(w, "Xor", two(w, "Less", r, zero), two(w, "Less", b, zero));
    const char *wrong = two(w, "And", signs, one(w, "Not", two(w, "Equal", r, zero)));
    return sp__onnx_result(w, sp__onnx_where(w, wrong, two(w, "Add", r, b), r, t), t);
}

/* What a / 0 is: the largest or smallest number of the type, 0 for 0 / 0. */
static const char *by_zero(writer *w, const char *a, sp_dtype t)
{
    static const int64_t high[] = {
        [SP_I8] = INT8_MAX,    [SP_I16] = INT16_MAX,         [SP_I32] = INT32_MAX,
        [SP_I64] = INT64_MAX,  [SP_U8] = UINT8_MAX,          [SP_U16] = UINT16_MAX,
        [SP_U32] = UINT32_MAX, [SP_U64] = -1 /* all bits */, [SP_BOOL] = 1,
    };
    sp_dtype type = sp__onnx_in(w, 0).dtype;
    const char *zero = sp__onnx_integer(w, 0, t), *most = sp__onnx_integer(w, high[type], t);
    const char *least = type <= SP_I64 && type >= SP_I8 ? sp__onnx_integer(w, -high[type] - 1, t) : zero;
    const char *below = sp__onnx_where(w, two(w, "Less", a, zero), least, zero, t);
    return sp__onnx_where(w, two(w, "Greater", a, zero), most, below, t);
}

/* (a - a mod b) / b leaves no remainder, whatever rounding Div has. */
static bool floor_div(writer *w, const char **why)
{
    (void)why;
    if (sp_dtype_is_float(sp__onnx_in(w, 0).dtype)) {
        sp_dtype t = sp__onnx_real(w);
        return sp__onnx_result(w, one(w, "Floor", two(w, "Div", sp__onnx_arg(w, 0, t), sp__onnx_arg(w, 1, t))), t);
    }
    sp_dtype t = wide_int(w);
    const char *a = sp__onnx_arg(w, 0, t), *b = sp__onnx_arg(w, 1, t);
    bool well = divides_well(w);
    const char *by = well ? b : safe_divisor(w, b, t);
    const char *y = two(w, "Div", two(w, "Sub", a, two(w, "Mod", a, by)), by);
    if (!well && t == SP_I64)
        y = sp__onnx_where(w, two(w, "Equal", b, sp__onnx_integer(w, -1, t)), one(w, "Neg", a), y, t);
    if (!well)
        y = sp__onnx_where(w, two(w, "Equal", b, sp__onnx_integer(w, 0, t)), by_zero(w, a, t), y, t);
    return sp__onnx_result(w, y, t);
}

static bool not_equal(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_carrier(w, 0, w->rule->types);
    return sp__onnx_result(w, one(w, "Not", two(w, "Equal", sp__onnx_arg(w, 0, t), sp__onnx_arg(w, 1, t))), SP_BOOL);
}

static bool select_(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_in(w, 1).dtype;
    const char *c = sp__onnx_arg(w, 0, SP_BOOL);
    return sp__onnx_result(w, sp__onnx_where(w, c, sp__onnx_arg(w, 1, t), sp__onnx_arg(w, 2, t), t), t);
}

/* Integers are whole already. */
static bool rounding(writer *w, const char **why)
{
    return sp_dtype_is_float(sp__onnx_in(w, 0).dtype) ? sp__onnx_plain(w, why) : sp__onnx_same(w, why);
}

/* The operator is 0 for NaN. */
static bool sign(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_carrier(w, 0, w->rule->types);
    const char *x = sp__onnx_arg(w, 0, t), *y = one(w, "Sign", x);
    if (sp_dtype_is_float(t))
        y = sp__onnx_where(w, one(w, "IsNaN", x), x, y, t);
    return sp__onnx_result(w, y, t);
}

static bool square(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_carrier(w, 0, w->rule->types);
    const char *x = sp__onnx_arg(w, 0, t);
    return sp__onnx_result(w, two(w, "Mul", x, x), t);
}

static bool rsqrt(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_real(w);
    return sp__onnx_result(w, one(w, "Reciprocal", one(w, "Sqrt", sp__onnx_arg(w, 0, t))), t);
}

/* ---- types ---- */

/* Floats to integers of 64 bits: what is above the largest double below 2^63 (2^64) is the largest integer. */
static const char *to_64_bits(writer *w, const char *x, sp_dtype to)
{
    bool sign_bit = to == SP_I64;
    double top = sign_bit ? 0x1p63 : 0x1p64, below = sign_bit ? 0x1.fffffffffffffp62 : 0x1.fffffffffffffp63;
    const char *held = EMIT("Clip", IN(x, number(w, sign_bit ? -0x1p63 : 0, SP_F64), number(w, below, SP_F64)), PLAIN);
    const char *most = sp__onnx_integer(w, sign_bit ? INT64_MAX : -1, to);
    return sp__onnx_where(w, two(w, "GreaterOrEqual", x, number(w, top, SP_F64)), most,
                          sp__onnx_cast(w, held, SP_F64, to), to);
}

/* What does not fit becomes the nearest that does, and NaN 0; the operator leaves both undefined. */
static const char *to_integer(writer *w, sp_dtype to)
{
    static const double low[] = {[SP_I8] = INT8_MIN, [SP_I16] = INT16_MIN, [SP_I32] = INT32_MIN, [SP_BOOL] = 0};
    static const double high[] = {[SP_I8] = INT8_MAX,  [SP_I16] = INT16_MAX,  [SP_I32] = INT32_MAX,
                                  [SP_U8] = UINT8_MAX, [SP_U16] = UINT16_MAX, [SP_U32] = UINT32_MAX};
    sp_dtype t = sp_dtype_size(to) < 4 ? sp__onnx_real(w) : SP_F64;
    const char *x = sp__onnx_arg(w, 0, t);
    x = sp__onnx_where(w, one(w, "IsNaN", x), number(w, 0, t), x, t);
    if (sp_dtype_size(to) == 8)
        return to_64_bits(w, x, to);
    return sp__onnx_cast(w, EMIT("Clip", IN(x, number(w, low[to], t), number(w, high[to], t)), PLAIN), t, to);
}

static bool cast(writer *w, const char **why)
{
    (void)why;
    sp_dtype from = sp__onnx_in(w, 0).dtype, to = sp__onnx_out(w).dtype;
    if (sp_dtype_is_float(from) && !sp_dtype_is_float(to) && to != SP_BOOL)
        return sp__onnx_result(w, to_integer(w, to), to);
    return sp__onnx_result(w, sp__onnx_arg(w, 0, to), to);
}

/* ---- activations ---- */

static bool relu6(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_real(w);
    return sp__onnx_result(w, EMIT("Clip", IN(sp__onnx_arg(w, 0, t), number(w, 0, t), number(w, 6, t)), PLAIN), t);
}

static bool silu(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_real(w);
    const char *x = sp__onnx_arg(w, 0, t);
    return sp__onnx_result(w, two(w, "Mul", x, one(w, "Sigmoid", x)), t);
}

/* x/2 (1 + erf(x / sqrt 2)), or x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
static bool gelu(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_real(w);
    const char *x = sp__onnx_arg(w, 0, t), *f;
    if (strcmp(sp__node_word(w->node, "approximate"), "tanh") == 0) {
        const char *cube = two(w, "Mul", x, two(w, "Mul", x, x));
        const char *inner = two(w, "Add", x, two(w, "Mul", cube, number(w, 0.044715, t)));
        f = one(w, "Tanh", two(w, "Mul", inner, number(w, 0.7978845608028654, t)));
    } else {
        f = one(w, "Erf", two(w, "Div", x, number(w, 1.4142135623730951, t)));
    }
    const char *half = two(w, "Mul", x, number(w, 0.5, t));
    return sp__onnx_result(w, two(w, "Mul", half, two(w, "Add", f, number(w, 1, t))), t);
}

/* ONNX Runtime has no kernel for Float64, and the operator's alpha is a Float32. */
static bool elu(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_real(w);
    double alpha = sp__node_float(w->node, "alpha");
    const char *x = sp__onnx_arg(w, 0, t);
    if (t == SP_F32)
        return sp__onnx_result(w, EMIT("Elu", IN(x), ATTRS(sp__onnx_put_float(w, "alpha", alpha))), t);
    const char *zero = number(w, 0, t), *e = two(w, "Sub", one(w, "Exp", two(w, "Min", x, zero)), number(w, 1, t));
    const char *below = two(w, "Mul", e, number(w, alpha, t));
    return sp__onnx_result(w, sp__onnx_where(w, two(w, "Greater", x, zero), x, below, t), t);
}

static bool softmax(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_carrier(w, 0, w->rule->types);
    return sp__onnx_result(w,
                           EMIT(w->rule->onnx, IN(sp__onnx_arg(w, 0, t)),
                                ATTRS(sp__onnx_put_int(w, "axis", sp__node_int(w->node, "axis")))),
                           t);
}

/* ---- reductions ---- */

/* UInt64 as Int64 in the same order, and back: the topmost bit turned round. */
static const char *turned(writer *w, const char *x, bool back)
{
    const char *top = sp__onnx_integer(w, INT64_MIN, SP_U64);
    if (back)
        return two(w, "Add", sp__onnx_cast(w, x, SP_I64, SP_U64), top);
    return sp__onnx_cast(w, two(w, "Add", x, top), SP_U64, SP_I64);
}

/* The operator with the node's axes: an input of ReduceSum, an attribute of the others. */
static const char *reduced(writer *w, const char *op, const char *x)
{
    sp__ints axis = sp__node_ints(w->node, "axis");
    sp__onnx_attr *attrs[2] = {sp__onnx_put_int(w, "keepdims", sp__node_bool(w->node, "keep_dims"))};
    bool as_input = strcmp(op, "ReduceSum") == 0;
    if (axis.n == 0)
        return EMIT(op, IN(x), 1, attrs);
    if (as_input)
        return EMIT(op, IN(x, sp__onnx_vector(w, axis.n, axis.v)), 1, attrs);
    attrs[1] = sp__onnx_put_ints(w, "axes", axis.n, axis.v);
    return EMIT(op, IN(x), 2, attrs);
}

static bool reduce(writer *w, const char **why)
{
    (void)why;
    sp_dtype from = sp__onnx_in(w, 0).dtype, t = sp__onnx_carrier(w, 0, w->rule->types);
    bool orders = from == SP_U64 && strcmp(w->rule->onnx, "ReduceSum") != 0;
    const char *x = orders ? turned(w, sp__onnx_arg(w, 0, SP_U64), false) : sp__onnx_arg(w, 0, t);
    const char *y = reduced(w, w->rule->onnx, x);
    return orders ? sp__onnx_result(w, turned(w, y, true), SP_U64) : sp__onnx_result(w, y, t);
}

/* How many elements one result is made of; -1: that varies. */
static int64_t count(const writer *w)
{
    sp__onnx_sizes s = sp__onnx_shape_of(w, w->node->in[0]);
    sp__ints axis = sp__node_ints(w->node, "axis");
    int64_t n = 1;
    for (int i = 0; i < s.n; i++) {
        bool named = axis.n == 0;
        for (int k = 0; k < axis.n; k++)
            named = named || axis.v[k] == i || axis.v[k] + s.n == i;
        if (named && sp__onnx_varies(&s, i))
            return -1;
        n *= named ? s.at[0][i] : 1;
    }
    return n;
}

/* Of integers: the sum in 64 bits, divided and truncated. */
static bool mean(writer *w, const char **why)
{
    if (sp_dtype_is_float(sp__onnx_in(w, 0).dtype))
        return reduce(w, why);
    int64_t n = count(w);
    if (n < 0)
        return sp__onnx_refuse(why, "the mean of integers over a size that depends on the batch size");
    sp_dtype last = sp__onnx_in(w, 0).dtype == SP_U64 ? SP_U64 : SP_I64;
    const char *sum = sp__onnx_cast(w, reduced(w, "ReduceSum", sp__onnx_arg(w, 0, SP_I64)), SP_I64, last);
    return sp__onnx_result(w, two(w, "Div", sum, sp__onnx_integer(w, SP__MAX(n, 1), last)), last);
}

/* The first of several equal ones, as ArgMax without select_last_index. */
static bool position(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_carrier(w, 0, w->rule->types);
    bool orders = sp__onnx_in(w, 0).dtype == SP_U64;
    const char *x = orders ? turned(w, sp__onnx_arg(w, 0, SP_U64), false) : sp__onnx_arg(w, 0, t);
    return sp__onnx_result(w,
                           EMIT(w->rule->onnx, IN(x),
                                ATTRS(sp__onnx_put_int(w, "axis", sp__node_int(w->node, "axis")),
                                      sp__onnx_put_int(w, "keepdims", sp__node_bool(w->node, "keep_dims")))),
                           SP_I64);
}

static bool cum_sum(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_carrier(w, 0, w->rule->types);
    return sp__onnx_result(w,
                           EMIT("CumSum",
                                IN(sp__onnx_arg(w, 0, t), sp__onnx_integer(w, sp__node_int(w->node, "axis"), SP_I64)),
                                ATTRS(sp__onnx_put_int(w, "exclusive", sp__node_bool(w->node, "exclusive")),
                                      sp__onnx_put_int(w, "reverse", sp__node_bool(w->node, "reverse")))),
                           t);
}

static bool top_k(writer *w, const char **why)
{
    (void)why;
    const int64_t k = sp__node_int(w->node, "k");
    sp_dtype t = sp__onnx_carrier(w, 0, w->rule->types);
    const char *values = EMIT("TopK", IN(sp__onnx_arg(w, 0, t), sp__onnx_vector(w, 1, &k)),
                              ATTRS(sp__onnx_put_int(w, "largest", sp__node_bool(w->node, "largest"))));
    const char *places = sp__onnx_second(w);
    w->names[w->node->out + 1] = sp__onnx_cast(w, places, SP_I64, SP_I32);
    return sp__onnx_result(w, values, t);
}

/* ---- losses ---- */

static const char *loss_reduced(writer *w, const char *loss)
{
    const char *how = sp__node_word(w->node, "reduction");
    if (strcmp(how, "none") == 0)
        return loss;
    return EMIT(strcmp(how, "sum") == 0 ? "ReduceSum" : "ReduceMean", IN(loss),
                ATTRS(sp__onnx_put_int(w, "keepdims", 0)));
}

/* z logits, y targets. log(1 + e^-|z|) is log(1 + e^-z) without overflow, less max(-z, 0).
 *   max(z, 0) - z y + log(1 + e^-|z|)
 *   with pos_weight p: (1 - y) z + (1 + (p - 1) y) (log(1 + e^-|z|) + max(-z, 0)) */
static bool bce_with_logits(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = sp__onnx_real(w);
    const char *z = sp__onnx_arg(w, 0, t), *y = sp__onnx_arg(w, 1, t), *loss;
    const char *unit = number(w, 1, t), *zero = number(w, 0, t);
    const char *soft = one(w, "Log", two(w, "Add", one(w, "Exp", one(w, "Neg", one(w, "Abs", z))), unit));
    if (sp__node_given(w->node, 3)) {
        const char *more = two(w, "Sub", sp__onnx_arg(w, 3, t), unit);
        const char *l = two(w, "Add", two(w, "Mul", more, y), unit);
        const char *minus = two(w, "Add", soft, two(w, "Max", one(w, "Neg", z), zero));
        loss = two(w, "Add", two(w, "Mul", two(w, "Sub", unit, y), z), two(w, "Mul", l, minus));
    } else {
        loss = two(w, "Add", two(w, "Sub", two(w, "Max", z, zero), two(w, "Mul", z, y)), soft);
    }
    if (sp__node_given(w->node, 2))
        loss = two(w, "Mul", loss, sp__onnx_arg(w, 2, t));
    return sp__onnx_result(w, loss_reduced(w, loss), t);
}

/* logits (N, C), labels (N), weight (C) or none. With p = log softmax, k_n = weight of label n, 0 if it is ignored:
 *   loss_n = -(1 - s) k_n p[n, label n] - s / C sum_c weight_c p[n, c]  (0 if ignored);  mean: sum loss_n / sum k_n
 * What does not count is left out by Where: a product with 0 would make NaN of what is infinite. */
static bool cross_entropy(writer *w, const char **why)
{
    sp_dtype t = sp__onnx_real(w), index = sp__onnx_in(w, 1).dtype;
    sp__onnx_sizes shape = sp__onnx_shape_of(w, w->node->in[0]);
    if (sp__onnx_varies(&shape, 1))
        return sp__onnx_refuse(why, "the number of classes depends on the batch size");
    double s = sp__node_float(w->node, "label_smoothing");
    const char *labels = sp__onnx_arg(w, 1, index), *zero = number(w, 0, t);
    const char *weight = sp__node_given(w->node, 2) ? sp__onnx_arg(w, 2, t) : NULL;
    const char *counts =
        one(w, "Not", two(w, "Equal", labels, sp__onnx_integer(w, sp__node_int(w->node, "ignore_index"), index)));
    const char *p = EMIT("LogSoftmax", IN(sp__onnx_arg(w, 0, t)), ATTRS(sp__onnx_put_int(w, "axis", 1)));
    const char *hot = sp__onnx_hot(w, labels, sp__onnx_in(w, 1), 1, shape.at[0][1]);
    const char *loss = one(w, "Neg", sp__onnx_sum(w, sp__onnx_where(w, hot, p, zero, t), true)), *k;
    k = weight ? sp__onnx_sum(w, sp__onnx_where(w, hot, weight, zero, t), true) : number(w, 1, t);
    loss = weight ? two(w, "Mul", loss, k) : loss;
    if (s > 0) {
        const char *even = sp__onnx_sum(w, weight ? two(w, "Mul", p, weight) : p, true);
        even = two(w, "Mul", even, number(w, -s / (double)shape.at[0][1], t));
        loss = two(w, "Add", two(w, "Mul", loss, number(w, 1 - s, t)), even);
    }
    loss = sp__onnx_where(w, counts, loss, zero, t);
    if (strcmp(sp__node_word(w->node, "reduction"), "mean") != 0)
        return sp__onnx_result(w, loss_reduced(w, loss), t);
    const char *total = sp__onnx_sum(w, sp__onnx_where(w, counts, k, zero, t), false);
    return sp__onnx_result(w, two(w, "Div", sp__onnx_sum(w, loss, false), total), t);
}

/* ---- the table ---- */

/* Types that ONNX Runtime's kernels take; narrow integers are computed in 32 bits and cut off, which is the same. */
#define WIDE    (BIT(I32) | BIT(I64) | BIT(U32) | BIT(U64))
#define NUMBERS (SP__ONNX_FLOATS | WIDE)
#define SIGNED  (SP__ONNX_FLOATS | BIT(I32) | BIT(I64))
#define INTS    (WIDE | BIT(I8) | BIT(I16) | BIT(U8) | BIT(U16))

const sp__onnx_rule sp__onnx_maths[] = {
    {"Add", arithmetic, "Add", NUMBERS},
    {"Sub", arithmetic, "Sub", NUMBERS},
    {"Mul", arithmetic, "Mul", NUMBERS},
    {"Maximum", arithmetic, "Max", NUMBERS},
    {"Minimum", arithmetic, "Min", NUMBERS},
    {"RealDiv", sp__onnx_plain, "Div", SP__ONNX_FLOATS},
    {"Pow", sp__onnx_plain, "Pow", SIGNED},
    {"FloorDiv", floor_div, NULL, 0},
    {"FloorMod", floor_mod, NULL, 0},
    {"Equal", sp__onnx_plain, "Equal", NUMBERS | BIT(BOOL)},
    {"NotEqual", not_equal, NULL, NUMBERS | BIT(BOOL)},
    {"Less", sp__onnx_plain, "Less", NUMBERS},
    {"LessEqual", sp__onnx_plain, "LessOrEqual", NUMBERS},
    {"Greater", sp__onnx_plain, "Greater", NUMBERS},
    {"GreaterEqual", sp__onnx_plain, "GreaterOrEqual", NUMBERS},
    {"LogicalAnd", sp__onnx_plain, "And", BIT(BOOL)},
    {"LogicalOr", sp__onnx_plain, "Or", BIT(BOOL)},
    {"LogicalNot", sp__onnx_plain, "Not", BIT(BOOL)},
    {"Select", select_, NULL, 0},
    {"Neg", sp__onnx_plain, "Neg", SIGNED},
    {"Abs", sp__onnx_plain, "Abs", SP__ONNX_FLOATS | INTS},
    {"Sign", sign, "Sign", SP__ONNX_FLOATS | INTS},
    {"Square", square, NULL, NUMBERS},
    {"Floor", rounding, "Floor", SP__ONNX_FLOATS},
    {"Ceil", rounding, "Ceil", SP__ONNX_FLOATS},
    {"Round", rounding, "Round", SP__ONNX_FLOATS},
    {"Exp", sp__onnx_plain, "Exp", SP__ONNX_FLOATS},
    {"Log", sp__onnx_plain, "Log", SP__ONNX_FLOATS},
    {"Sqrt", sp__onnx_plain, "Sqrt", SP__ONNX_FLOATS},
    {"Rsqrt", rsqrt, NULL, 0},
    {"Reciprocal", sp__onnx_plain, "Reciprocal", SP__ONNX_FLOATS},
    {"Erf", sp__onnx_plain, "Erf", SP__ONNX_FLOATS},
    {"Sin", sp__onnx_plain, "Sin", SP__ONNX_FLOATS},
    {"Cos", sp__onnx_plain, "Cos", SP__ONNX_FLOATS},
    {"Cast", cast, NULL, 0},
    {"Identity", sp__onnx_same, NULL, 0},
    {"StopGradient", sp__onnx_same, NULL, 0},
    {"ReLU", sp__onnx_plain, "Relu", SP__ONNX_FLOATS},
    {"ReLU6", relu6, NULL, 0},
    {"Sigmoid", sp__onnx_plain, "Sigmoid", SP__ONNX_FLOATS},
    {"Tanh", sp__onnx_plain, "Tanh", SP__ONNX_FLOATS},
    {"SiLU", silu, NULL, 0},
    {"GeLU", gelu, NULL, 0},
    {"Elu", elu, NULL, 0},
    {"Softmax", softmax, "Softmax", SP__ONNX_FLOATS},
    {"LogSoftmax", softmax, "LogSoftmax", SP__ONNX_FLOATS},
    {"ReduceSum", reduce, "ReduceSum", SIGNED},
    {"ReduceMean", mean, "ReduceMean", SP__ONNX_FLOATS},
    {"ReduceMax", reduce, "ReduceMax", SIGNED},
    {"ReduceMin", reduce, "ReduceMin", SIGNED},
    {"Argmax", position, "ArgMax", SIGNED},
    {"Argmin", position, "ArgMin", SIGNED},
    {"CumSum", cum_sum, "CumSum", SIGNED | BIT(U32) | BIT(U64)},
    {"TopK", top_k, "TopK", SIGNED | BIT(U64)},
    {"BCEWithLogitsLoss", bce_with_logits, NULL, 0},
    {"CrossEntropy", cross_entropy, NULL, 0},
    {NULL, NULL, NULL, 0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
