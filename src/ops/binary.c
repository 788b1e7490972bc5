/* Elementwise functions of two tensors, comparisons, and the choice between two. */
#include "kernels/kernels.h"
#include "ops/op.h"

/* ---- arithmetic ---- */

static sp_status run_binary(sp__call *c, sp__binary f)
{
    const sp_tensor *a = c->in[0], *b = c->in[1];
    sp__bcast plan;
    if (sp__k_bcast_plan(&plan, &a->shape, &b->shape, NULL) &&
        sp__k_binary(f, a->dtype, c->y[0]->data, a->data, b->data, &plan))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(a->dtype));
}

/* What each gradient is given. da, db are summed over what broadcasting stretched. */
typedef struct parts {
    const sp__node *n;
    sp_tensor *a, *b, *y, *dy;
} parts;

static parts parts_of(const sp__node *n, sp_tensor *const *dy)
{
    return (parts){n, n->in[0], n->in[1], n->out[0], dy[0]};
}

static sp_tensor *zeros_like_dy(parts p) { return sp_zeros(p.n->out_desc[0].dtype, p.n->out_desc[0].shape); }

/* d a^b / da = b a^(b-1), 0 for b = 0 also where a = 0. */
static sp_tensor *pow_da(parts p)
{
    sp_tensor *slope = sp_mul(p.b, sp_pow(p.a, sp_add_number(p.b, -1)));
    sp_tensor *zero = sp__like(p.b, 0);
    return sp_mul(p.dy, sp_where(sp_equal(p.b, zero), zero, slope));
}

/* d a^b / db = a^b ln a, 0 where a = 0 (its limit for b > 0). */
static sp_tensor *pow_db(parts p)
{
    sp_tensor *zero = sp__like(p.a, 0);
    sp_tensor *log_a = sp_where(sp_equal(p.a, zero), zero, sp_log(p.a));
    return sp_mul(p.dy, sp_mul(p.y, log_a));
}

/* 1 where `wins` wins, 1/2 where the two are equal, else 0. */
static sp_tensor *winner(parts p, sp_tensor *wins)
{
    sp_dtype dt = p.n->out_desc[0].dtype;
    sp_tensor *ties = sp_mul_number(sp_cast(sp_equal(p.a, p.b), dt), 0.5);
    return sp_mul(p.dy, sp_add(sp_cast(wins, dt), ties));
}

#define AB (SP__IN(0) | SP__IN(1))

/* X(id, KERNEL, MINDIR name, ONNX name, flags, saves, da, db): da and db of parts p. */
#define BINARY(X)                                                                                                  \
    X(add, ADD, "Add", "Add", 0, 0, p.dy, p.dy)                                                                    \
    X(sub, SUB, "Sub", "Sub", 0, 0, p.dy, sp_neg(p.dy))                                                            \
    X(mul, MUL, "Mul", "Mul", 0, AB, sp_mul(p.dy, p.b), sp_mul(p.dy, p.a))                                         \
    X(div, DIV, "RealDiv", "Div", SP__INT_AS_F32, SP__IN(1) | SP__OUT(0), sp_div(p.dy, p.b),                       \
      sp_neg(sp_div(sp_mul(p.dy, p.y), p.b)))                                                                      \
    X(floor_div, FLOOR_DIV, "FloorDiv", NULL, 0, 0, zeros_like_dy(p), zeros_like_dy(p))                            \
    X(mod, FLOOR_MOD, "FloorMod", NULL, 0, AB, p.dy, sp_neg(sp_mul(p.dy, sp_floor_div(p.a, p.b))))                 \
    X(pow, POW, "Pow", "Pow", 0, AB | SP__OUT(0), pow_da(p), pow_db(p))                                            \
    X(maximum, MAXIMUM, "Maximum", "Max", 0, AB, winner(p, sp_greater(p.a, p.b)), winner(p, sp_greater(p.b, p.a))) \
    X(minimum, MINIMUM, "Minimum", "Min", 0, AB, winner(p, sp_less(p.a, p.b)), winner(p, sp_less(p.b, p.a)))

#define X(id, kernel, ms, onnx_name, flag, keeps, da, db)                                         \
    static sp_status id##_run(sp__call *c) { return run_binary(c, SP__##kernel); }                \
    static void id##_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx) \
    {                                                                                             \
        parts p = parts_of(n, dy);                                                                \
        if (SP__WANTS(want, 0))                                                                   \
            dx[0] = sp__sum_to(da, n->in_desc[0].shape);                                          \
        if (SP__WANTS(want, 1))                                                                   \
            dx[1] = sp__sum_to(db, n->in_desc[1].shape);                                          \
    }                                                                                             \
    const sp__op sp__op_##id = {.name = (ms),                                                     \
                                .label = #id,                                                     \
                                .onnx = (onnx_name),                                              \
                                .min_in = 2,                                                      \
                                .max_in = 2,                                                      \
                                .n_out = 1,                                                       \
                                .flags = SP__PROMOTE | (flag),                                    \
                                .over = {AB},                                                     \
                                .rule = sp__rule_broadcast,                                       \
                                .run = id##_run,                                                  \
                                .grad = id##_grad,                                                \
                                .saves = (keeps)};                                                \
    sp_tensor *sp_##id(sp_tensor *a, sp_tensor *b) { return sp__call_op(&sp__op_##id, NULL, a, b); }
BINARY(X)
#undef X

sp_tensor *sp_add_number(sp_tensor *x, double number) { return sp_add(x, sp__like(x, number)); }
sp_tensor *sp_mul_number(sp_tensor *x, double number) { return sp_mul(x, sp__like(x, number)); }
sp_tensor *sp_pow_number(sp_tensor *x, double number) { return sp_pow(x, sp__like(x, number)); }

/* ---- comparison ---- */

#define COMPARE(X)                                \
    X(equal, EQ, "Equal", "Equal")                \
    X(not_equal, NE, "NotEqual", NULL)            \
    X(less, LT, "Less", "Less")                   \
    X(less_equal, LE, "LessEqual", "LessOrEqual") \
    X(greater, GT, "Greater", "Greater")          \
    X(greater_equal, GE, "GreaterEqual", "GreaterOrEqual")

#define LOGICAL(X)                           \
    X(logical_and, AND, "LogicalAnd", "And") \
    X(logical_or, OR, "LogicalOr", "Or")

static sp_status run_compare(sp__call *c, sp__compare f)
{
    const sp_tensor *a = c->in[0], *b = c->in[1];
    sp__bcast plan;
    if (sp__k_bcast_plan(&plan, &a->shape, &b->shape, NULL) &&
        sp__k_compare(f, a->dtype, c->y[0]->data, a->data, b->data, &plan))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(a->dtype));
}

static sp_status logical_rule(sp__call *c)
{
    sp_status st = sp__want_type(c, 0, SP_BOOL);
    if (st == SP_OK)
        st = sp__want_type(c, 1, SP_BOOL);
    return st == SP_OK ? sp__rule_broadcast_bool(c) : st;
}

static sp_status run_logical(sp__call *c, sp__logical f)
{
    const sp_tensor *a = c->in[0], *b = c->in[1];
    sp__bcast plan;
    sp__k_bcast_plan(&plan, &a->shape, &b->shape, NULL);
    sp__k_logical(f, c->y[0]->data, a->data, b->data, &plan);
    return SP_OK;
}

#define ENTRY(id, ms, onnx_name, flag, its_rule)                  \
    const sp__op sp__op_##id = {.name = (ms),                     \
                                .label = #id,                     \
                                .onnx = (onnx_name),              \
                                .min_in = 2,                      \
                                .max_in = 2,                      \
                                .n_out = 1,                       \
                                .flags = (flag),                  \
                                .rule = (its_rule),               \
                                .run = id##_run,                  \
                                .no_grad = "the result is Bool"}; \
    sp_tensor *sp_##id(sp_tensor *a, sp_tensor *b) { return sp__call_op(&sp__op_##id, NULL, a, b); }

#define X(id, kernel, ms, onnx_name)                                                \
    static sp_status id##_run(sp__call *c) { return run_compare(c, SP__##kernel); } \
    ENTRY(id, ms, onnx_name, SP__PROMOTE, sp__rule_broadcast_bool)
COMPARE(X)
#undef X

#define X(id, kernel, ms, onnx_name)                                                \
    static sp_status id##_run(sp__call *c) { return run_logical(c, SP__##kernel); } \
    ENTRY(id, ms, onnx_name, 0, logical_rule)
LOGICAL(X)
#undef X

/* ---- Select: y = condition ? a : b ---- */

static sp_status select_rule(sp__call *c)
{
    sp_shape ab;
    c->out[0].dtype = c->in[1]->dtype;
    sp_status st = sp__want_type(c, 0, SP_BOOL);
    if (st == SP_OK)
        st = sp__want_type(c, 2, c->in[1]->dtype);
    if (st != SP_OK)
        return st;
    if (sp__broadcast(c->in[1]->shape, c->in[2]->shape, &ab) && sp__broadcast(c->in[0]->shape, ab, &c->out[0].shape))
        return SP_OK;
    return sp__err(SP_ERR_SHAPE, "where: shapes do not broadcast: %s, %s and %s", SP__STR(c->in[0]), SP__STR(c->in[1]),
                   SP__STR(c->in[2]));
}

static sp_status select_run(sp__call *c)
{
    sp__bcast plan;
    sp__k_bcast_plan(&plan, &c->in[0]->shape, &c->in[1]->shape, &c->in[2]->shape);
    sp__k_where(sp_dtype_size(c->out[0].dtype), c->y[0]->data, c->in[0]->data, c->in[1]->data, c->in[2]->data, &plan);
    return SP_OK;
}

static void select_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    sp_tensor *zero = sp__like(dy[0], 0);
    if (SP__WANTS(want, 1))
        dx[1] = sp__sum_to(sp_where(n->in[0], dy[0], zero), n->in_desc[1].shape);
    if (SP__WANTS(want, 2))
        dx[2] = sp__sum_to(sp_where(n->in[0], zero, dy[0]), n->in_desc[2].shape);
}

const sp__op sp__op_select = {.name = "Select",
                              .label = "where",
                              .onnx = "Where",
                              .min_in = 3,
                              .max_in = 3,
                              .n_out = 1,
                              .rule = select_rule,
                              .run = select_run,
                              .grad = select_grad,
                              .saves = SP__IN(0)};

sp_tensor *sp_where(sp_tensor *condition, sp_tensor *a, sp_tensor *b)
{
    if (a && b && a->dtype != b->dtype) {
        sp_dtype common = sp_dtype_promote(a->dtype, b->dtype);
        if (common == SP_DTYPE_COUNT_)
            return sp__fail(SP_ERR_DTYPE, "where: no common type of %s and %s", sp_dtype_name(a->dtype),
                            sp_dtype_name(b->dtype));
        a = sp_cast(a, common);
        b = sp_cast(b, common);
    }
    return sp__call_op(&sp__op_select, NULL, condition, a, b);
}
