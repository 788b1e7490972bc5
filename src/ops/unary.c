/* Elementwise functions of one tensor. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/op.h"

#define ZERO_GRADIENT ((void)dy, sp__zeros_of(n->in_desc[0])) /* the function is constant between its jumps */

/* X(id, KERNEL, MINDIR name, ONNX name, flags, saves, dx) with dy, x, y in dx. */
#define UNARY(X)                                                                                      \
    X(neg, NEG, "Neg", "Neg", 0, 0, sp_neg(dy))                                                       \
    X(abs, ABS, "Abs", "Abs", 0, SP__IN(0), sp_mul(dy, sp_sign(x)))                                   \
    X(sign, SIGN, "Sign", "Sign", 0, 0, ZERO_GRADIENT)                                                \
    X(square, SQUARE, "Square", NULL, 0, SP__IN(0), sp_mul(dy, sp_mul_number(x, 2)))                  \
    X(floor, FLOOR, "Floor", "Floor", 0, 0, ZERO_GRADIENT)                                            \
    X(ceil, CEIL, "Ceil", "Ceil", 0, 0, ZERO_GRADIENT)                                                \
    X(round, ROUND, "Round", "Round", 0, 0, ZERO_GRADIENT)                                            \
    X(exp, EXP, "Exp", "Exp", SP__FLOAT_ONLY, SP__OUT(0), sp_mul(dy, y))                              \
    X(log, LOG, "Log", "Log", SP__FLOAT_ONLY, SP__IN(0), sp_div(dy, x))                               \
    X(sqrt, SQRT, "Sqrt", "Sqrt", SP__INT_AS_F32, SP__OUT(0), sp_div(dy, sp_mul_number(y, 2)))        \
    X(rsqrt, RSQRT, "Rsqrt", NULL, SP__INT_AS_F32, SP__OUT(0),                                        \
      sp_mul(dy, sp_mul_number(sp_mul(y, sp_square(y)), -.5)))                                        \
    X(reciprocal, RECIPROCAL, "Reciprocal", "Reciprocal", SP__INT_AS_F32, SP__OUT(0),                 \
      sp_neg(sp_mul(dy, sp_square(y))))                                                               \
    X(erf, ERF, "Erf", "Erf", SP__FLOAT_ONLY, SP__IN(0),                                              \
      sp_mul(dy, sp_mul_number(sp_exp(sp_neg(sp_square(x))), 1.1283791670955126))) /* 2 / sqrt(pi) */ \
    X(sin, SIN, "Sin", "Sin", SP__FLOAT_ONLY, SP__IN(0), sp_mul(dy, sp_cos(x)))                       \
    X(cos, COS, "Cos", "Cos", SP__FLOAT_ONLY, SP__IN(0), sp_neg(sp_mul(dy, sp_sin(x))))

static sp_status run_unary(sp__call *c, sp__unary f)
{
    if (sp__k_unary(f, c->in[0]->dtype, c->y[0]->data, c->in[0]->data, c->in[0]->size))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

/* The rule, kernel, gradient, entry and public function of each. */
#define X(id, kernel, ms, onnx_name, flag, keeps, dx0)                                           \
    static sp_status id##_run(sp__call *c) { return run_unary(c, SP__##kernel); }                \
    static void id##_grad(const sp__node *n, sp_tensor *const *d, uint64_t want, sp_tensor **dx) \
    {                                                                                            \
        sp_tensor *dy = d[0], *x = n->in[0], *y = n->out[0];                                     \
        (void)want, (void)x, (void)y;                                                            \
        dx[0] = dx0;                                                                             \
    }                                                                                            \
    const sp__op sp__op_##id = {.name = (ms),                                                    \
                                .label = #id,                                                    \
                                .onnx = (onnx_name),                                             \
                                .min_in = 1,                                                     \
                                .max_in = 1,                                                     \
                                .n_out = 1,                                                      \
                                .flags = (flag),                                                 \
                                .over = {SP__IN(0)},                                             \
                                .rule = sp__rule_same,                                           \
                                .run = id##_run,                                                 \
                                .grad = id##_grad,                                               \
                                .saves = (keeps)};                                               \
    sp_tensor *sp_##id(sp_tensor *x) { return sp__call_op(&sp__op_##id, NULL, x); }
UNARY(X)
#undef X

/* ---- LogicalNot ---- */

static sp_status logical_not_rule(sp__call *c)
{
    c->out[0] = sp__desc_of(c->in[0]);
    return sp__want_type(c, 0, SP_BOOL);
}

static sp_status logical_not_run(sp__call *c) { return run_unary(c, SP__LOGICAL_NOT); }

const sp__op sp__op_logical_not = {.name = "LogicalNot",
                                   .label = "logical_not",
                                   .onnx = "Not",
                                   .min_in = 1,
                                   .max_in = 1,
                                   .n_out = 1,
                                   .rule = logical_not_rule,
                                   .run = logical_not_run,
                                   .no_grad = "the result is Bool"};

sp_tensor *sp_logical_not(sp_tensor *x) { return sp__call_op(&sp__op_logical_not, NULL, x); }
