/* Chains of elementwise functions: a block of elements at a time goes through all steps while it is in the cache. Made by
 * src/graph/pass_chains.c. */
#include "kernels/loops.h"
#include "ops/fused.h"

#define BLOCK 1024 /* elements: registers of 8 KiB at most */

/* X(op, what, KERNEL) */
#define FUNCTIONS(X)                 \
    X(neg, unary, NEG)               \
    X(abs, unary, ABS)               \
    X(square, unary, SQUARE)         \
    X(sqrt, unary, SQRT)             \
    X(rsqrt, unary, RSQRT)           \
    X(reciprocal, unary, RECIPROCAL) \
    X(exp, unary, EXP)               \
    X(log, unary, LOG)               \
    X(sin, unary, SIN)               \
    X(cos, unary, COS)               \
    X(erf, unary, ERF)               \
    X(relu, unary, RELU)             \
    X(relu6, unary, RELU6)           \
    X(sigmoid, unary, SIGMOID)       \
    X(tanh, unary, TANH)             \
    X(silu, unary, SILU)             \
    X(add, binary, ADD)              \
    X(sub, binary, SUB)              \
    X(mul, binary, MUL)              \
    X(div, binary, DIV)              \
    X(maximum, binary, MAXIMUM)      \
    X(minimum, binary, MINIMUM)

#define X(id, what, kernel) {&sp__op_##id, f_##what, SP__##kernel},
enum { f_unary, f_binary };
static const struct {
    const sp__op *op;
    int what, kernel;
} functions[] = {FUNCTIONS(X)};
#undef X
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

int sp__chain_find(const sp__op *op, const void *attrs)
{
    (void)attrs;
    for (int f = 0; f < N_FUNCTIONS; f++)
        if (functions[f].op == op)
            return f;
    return -1;
}

typedef struct chain_step {
    int function, a, b;
} chain_step;

static chain_step step_of(int64_t code)
{
    return (chain_step){(int)(code & 0xff), (int)(code >> 8 & 0xff), (int)(code >> 16 & 0xff)};
}

static const sp__field chain_fields[] = {SP__FIELD(sp__chain_attrs, code, SP__INTS, .min = 0, .max = 0xffffff)};

/* Every step reads registers that are there before it. */
static bool code_is_good(const sp__chain_attrs *attrs, int n_in)
{
    for (int s = 0; s < attrs->code.n; s++) {
        chain_step step = step_of(attrs->code.v[s]);
        if (step.function >= N_FUNCTIONS || step.a >= n_in + s || step.b >= n_in + s)
            return false;
    }
    return attrs->code.n > 0;
}

static sp_status chain_rule(sp__call *c)
{
    const sp_dtype dtype = c->in[0]->dtype;
    sp_shape shape = c->in[0]->shape;
    bool fit = true;
    for (int i = 1; fit && i < c->n_in; i++)
        fit = sp__broadcast(shape, c->in[i]->shape, &shape);
    for (int i = 0; i < c->n_in; i++) {
        if (sp__want_type(c, i, dtype) != SP_OK)
            return SP_ERR_DTYPE;
        if (!fit || (!sp_shape_equal(c->in[i]->shape, shape) && c->in[i]->size != 1))
            return sp__err(SP_ERR_SHAPE, "%s: argument %d has shape %s, expected %s or one element", c->op->label,
                           i + 1, SP__STR(c->in[i]), sp__shape_text(shape));
    }
    c->out[0] = (sp__desc){dtype, shape};
    if (dtype != SP_F32 && dtype != SP_F64)
        return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(dtype));
    if (code_is_good(c->attrs, c->n_in))
        return SP_OK;
    return sp__err(SP_ERR_VALUE, "%s: code reads what is not there, expected functions of earlier registers",
                   c->op->label);
}

/* One register of a block: its elements, or one that counts for all. */
typedef struct reg {
    void *at;
    bool one;
} reg;

static bool is_unary(chain_step s) { return functions[s.function].what == f_unary; }

/* Whether a step's result is one element that counts for all. */
static bool gives_one(chain_step s, const reg *r) { return r[s.a].one && (is_unary(s) || r[s.b].one); }

static void run_step(chain_step s, sp_dtype dtype, const reg *r, void *y, int64_t n)
{
    const reg *a = &r[s.a], *b = &r[s.b];
    if (is_unary(s)) {
        sp__k_unary((sp__unary)functions[s.function].kernel, dtype, y, a->at, a->one ? 1 : n);
        return;
    }
    sp__bcast plan = {.rank = 1, .size = gives_one(s, r) ? 1 : n};
    plan.dim[0] = plan.size;
    plan.stride_a[0] = !a->one;
    plan.stride_b[0] = !b->one;
    sp__k_binary((sp__binary)functions[s.function].kernel, dtype, y, a->at, b->at, &plan);
}

typedef struct chain_job {
    const sp__call *c;
    const sp__chain_attrs *attrs;
} chain_job;

/* Blocks [begin, end). */
static void chain_range(const void *arg, int64_t begin, int64_t end)
{
    const chain_job *j = arg;
    const sp__call *c = j->c;
    const sp_tensor *y = c->y[0];
    const size_t e = sp_dtype_size(y->dtype);
    const int steps = j->attrs->code.n;
    _Alignas(64) char room[SP__CHAIN_STEPS - 1][BLOCK * sizeof(double)];
    for (int64_t k = begin; k < end; k++) {
        const int64_t at = k * BLOCK, n = SP__MIN(BLOCK, y->size - at);
        reg r[SP__CHAIN_IN + SP__CHAIN_STEPS];
        for (int i = 0; i < c->n_in; i++) {
            bool one = c->in[i]->size == 1 && y->size != 1;
            r[i] = (reg){(char *)c->in[i]->data + (one ? 0 : (size_t)at * e), one};
        }
        for (int s = 0; s < steps; s++) {
            const chain_step step = step_of(j->attrs->code.v[s]);
            r[c->n_in + s] = (reg){s == steps - 1 ? (char *)y->data + (size_t)at * e : room[s], gives_one(step, r)};
            run_step(step, y->dtype, r, r[c->n_in + s].at, n);
        }
        if (r[c->n_in + steps - 1].one) /* of numbers alone, in the shape of another argument */
            sp__k_fill(e, (char *)y->data + (size_t)at * e, memcpy(room[0], r[c->n_in + steps - 1].at, e), n);
    }
}

static sp_status chain_run(sp__call *c)
{
    const chain_job job = {c, c->attrs};
    const int64_t size = c->y[0]->size;
    sp__for((size + BLOCK - 1) / BLOCK, 1, size * job.attrs->code.n, chain_range, &job);
    return SP_OK;
}

const sp__op sp__op_chain = {.name = "Chain",
                             .label = "chain",
                             .min_in = 1,
                             .max_in = SP__CHAIN_IN,
                             .n_out = 1,
                             .flags = SP__FUSED | SP__VIA_F32,
                             .over = {0xff},
                             SP__FIELDS(chain_fields),
                             .attr_size = sizeof(sp__chain_attrs),
                             .rule = chain_rule,
                             .run = chain_run,
                             .no_grad = SP__FUSED_NO_GRAD};
