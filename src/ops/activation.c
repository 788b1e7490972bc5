/* Activations. Their first derivatives are one pass over the elements (ActivationGrad) unless somebody records the way
 * back too: then they are spelled out in ops that have derivatives themselves. */
#include "kernels/kernels.h"
#include "ops/op.h"

/* X(id, KERNEL): functions with a kernel. f_id is its number in the tables here, and the attribute of ActivationGrad. */
#define FUNCTIONS(X)        \
    X(relu, RELU)           \
    X(relu6, RELU6)         \
    X(sigmoid, SIGMOID)     \
    X(tanh, TANH)           \
    X(silu, SILU)           \
    X(gelu_tanh, GELU_TANH) \
    X(gelu_erf, GELU_ERF)

#define X(id, kernel) f_##id,
enum { FUNCTIONS(X) N_FUNCTIONS };
#undef X
#define X(id, kernel) SP__##kernel,
static const sp__unary kernels[] = {FUNCTIONS(X)};
#undef X
#define X(id, kernel) #id,
static const char *const words[] = {FUNCTIONS(X) NULL};
#undef X

/* ---- derivatives spelled out: f'(v) for v = x or y as the table says ---- */

static sp_tensor *one_minus(sp_tensor *v) { return sp_add_number(sp_neg(v), 1); }
static sp_tensor *d_relu(sp_tensor *y) { return y ? sp_cast(sp_greater(y, sp__like(y, 0)), y->dtype) : NULL; }

static sp_tensor *d_relu6(sp_tensor *y)
{
    sp_tensor *inside = sp_logical_and(sp_greater(y, sp__like(y, 0)), sp_less(y, sp__like(y, 6)));
    return y ? sp_cast(inside, y->dtype) : NULL;
}

static sp_tensor *d_sigmoid(sp_tensor *y) { return sp_mul(y, one_minus(y)); }
static sp_tensor *d_tanh(sp_tensor *y) { return one_minus(sp_square(y)); }

/* s + x s (1 - s), s = sigmoid(x) */
static sp_tensor *d_silu(sp_tensor *x)
{
    sp_tensor *s = sp_sigmoid(x);
    return sp_mul(s, sp_add_number(sp_mul(x, one_minus(s)), 1));
}

/* exp(-x^2 / 2) / sqrt(2 pi) */
static sp_tensor *normal_density(sp_tensor *x)
{
    return sp_mul_number(sp_exp(sp_mul_number(sp_square(x), -0.5)), 0.39894228040143268);
}

/* (1 + erf(x / sqrt 2)) / 2 + x exp(-x^2 / 2) / sqrt(2 pi) */
static sp_tensor *d_gelu_erf(sp_tensor *x)
{
    sp_tensor *below = sp_mul_number(sp_add_number(sp_erf(sp_mul_number(x, 0.70710678118654752)), 1), 0.5);
    return sp_add(below, sp_mul(x, normal_density(x)));
}

/* t = tanh u, u = k (x + c x^3), and du = u' = k (1 + 3 c x^2) */
#define GELU_K 0.79788456080286536 /* sqrt(2 / pi) */
#define GELU_C 0.044715
typedef struct gelu_parts {
    sp_tensor *t, *du;
} gelu_parts;

static gelu_parts parts_of(sp_tensor *x)
{
    sp_tensor *x2 = sp_square(x);
    sp_tensor *u = sp_mul_number(sp_mul(x, sp_add_number(sp_mul_number(x2, GELU_C), 1)), GELU_K);
    return (gelu_parts){sp_tanh(u), sp_mul_number(sp_add_number(sp_mul_number(x2, 3 * GELU_C), 1), GELU_K)};
}

/* (1 + t) / 2 + x (1 - t^2) u' / 2 */
static sp_tensor *d_gelu_tanh(sp_tensor *x)
{
    gelu_parts p = parts_of(x);
    sp_tensor *slope = sp_mul(sp_mul(x, d_tanh(p.t)), p.du);
    return sp_mul_number(sp_add(sp_add_number(p.t, 1), slope), 0.5);
}

/* ---- and once more: the derivatives of f'(v) by v ---- */

static sp_tensor *dd_relu(sp_tensor *y) { return y ? sp_zeros(y->dtype, y->shape) : NULL; }
static sp_tensor *dd_relu6(sp_tensor *y) { return dd_relu(y); }
static sp_tensor *dd_sigmoid(sp_tensor *y) { return sp_add_number(sp_mul_number(y, -2), 1); }
static sp_tensor *dd_tanh(sp_tensor *y) { return sp_mul_number(y, -2); }

/* s (1 - s) (2 + x (1 - 2 s)), s = sigmoid(x) */
static sp_tensor *dd_silu(sp_tensor *x)
{
    sp_tensor *s = sp_sigmoid(x);
    return sp_mul(d_sigmoid(s), sp_add_number(sp_mul(x, dd_sigmoid(s)), 2));
}

/* (2 - x^2) exp(-x^2 / 2) / sqrt(2 pi) */
static sp_tensor *dd_gelu_erf(sp_tensor *x)
{
    return sp_mul(sp_add_number(sp_neg(sp_square(x)), 2), normal_density(x));
}

/* With u and t as in d_gelu_tanh:  (1 - t^2) (u' + x u'' / 2 - x t u'^2),  u'' = 6 k c x */
static sp_tensor *dd_gelu_tanh(sp_tensor *x)
{
    gelu_parts p = parts_of(x);
    sp_tensor *bend = sp_sub(sp_mul_number(x, 3 * GELU_K * GELU_C), sp_mul(p.t, sp_square(p.du)));
    return sp_mul(d_tanh(p.t), sp_add(p.du, sp_mul(x, bend)));
}

typedef sp_tensor *(*derivative)(sp_tensor *v);
#define X(id, kernel) {d_##id, dd_##id},
static const struct {
    derivative first, second;
} spelled_out[] = {FUNCTIONS(X)};
#undef X

/* ---- ActivationGrad(dy, v){f}: dy f'(v) in one pass ---- */

typedef struct act_grad_attrs {
    int f;
} act_grad_attrs;

static const sp__field act_grad_fields[] = {SP__FIELD(act_grad_attrs, f, SP__ENUM, .words = words)};

static sp_status act_grad_rule(sp__call *c)
{
    c->out[0] = sp__desc_of(c->in[0]);
    if (!sp_shape_equal(c->in[0]->shape, c->in[1]->shape))
        return sp__err(SP_ERR_SHAPE, "%s: shapes differ: %s and %s", c->op->label, SP__STR(c->in[0]),
                       SP__STR(c->in[1]));
    return sp__want_type(c, 1, c->in[0]->dtype);
}

static sp_status act_grad_run(sp__call *c)
{
    const act_grad_attrs *a = c->attrs;
    sp__k_unary_grad(kernels[a->f], c->in[0]->dtype, c->y[0]->data, c->in[0]->data, c->in[1]->data, c->in[0]->size);
    return SP_OK;
}

static void act_grad_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx);

const sp__op sp__op_activation_grad = {.name = "ActivationGrad",
                                       .label = "activation_grad",
                                       .min_in = 2,
                                       .max_in = 2,
                                       .n_out = 1,
                                       .flags = SP__GRADIENT | SP__FLOAT_ONLY,
                                       SP__FIELDS(act_grad_fields),
                                       .attr_size = sizeof(act_grad_attrs),
                                       .over = {SP__IN(0)},
                                       .rule = act_grad_rule,
                                       .run = act_grad_run,
                                       .grad = act_grad_grad,
                                       .saves = SP__IN(0) | SP__IN(1)};

static sp_tensor *activation_grad(int f, sp_tensor *dy, sp_tensor *v)
{
    if (sp__watched())
        return sp_mul(dy, spelled_out[f].first(v));
    return sp__call_op(&sp__op_activation_grad, &(act_grad_attrs){f}, dy, v);
}

/* Linear in dy. It is made where nobody records, so this is asked for only in traced gradients that are run again. */
static void act_grad_grad(const sp__node *n, sp_tensor *const *g, uint64_t want, sp_tensor **dx)
{
    int f = ((const act_grad_attrs *)n->attrs)->f;
    if (SP__WANTS(want, 0))
        dx[0] = activation_grad(f, g[0], n->in[1]);
    if (SP__WANTS(want, 1))
        dx[1] = sp_mul(sp_mul(g[0], n->in[0]), spelled_out[f].second(n->in[1]));
}

/* ---- the activations ---- */

static sp_status run_function(sp__call *c, int f)
{
    sp__k_unary(kernels[f], c->in[0]->dtype, c->y[0]->data, c->in[0]->data, c->in[0]->size);
    return SP_OK;
}

/* X(id, MINDIR name, ONNX name, what the derivative reads) */
#define ACTIVATIONS(X)                           \
    X(relu, "ReLU", "Relu", SP__OUT(0))          \
    X(relu6, "ReLU6", NULL, SP__OUT(0))          \
    X(sigmoid, "Sigmoid", "Sigmoid", SP__OUT(0)) \
    X(tanh, "Tanh", "Tanh", SP__OUT(0))          \
    X(silu, "SiLU", NULL, SP__IN(0))

#define X(id, ms, onnx_name, of)                                                                  \
    static sp_status id##_run(sp__call *c) { return run_function(c, f_##id); }                    \
    static void id##_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx) \
    {                                                                                             \
        (void)want;                                                                               \
        dx[0] = activation_grad(f_##id, dy[0], (of) == SP__IN(0) ? n->in[0] : n->out[0]);         \
    }                                                                                             \
    const sp__op sp__op_##id = {.name = (ms),                                                     \
                                .label = #id,                                                     \
                                .onnx = (onnx_name),                                              \
                                .min_in = 1,                                                      \
                                .max_in = 1,                                                      \
                                .n_out = 1,                                                       \
                                .flags = SP__FLOAT_ONLY,                                          \
                                .over = {SP__IN(0)},                                              \
                                .rule = sp__rule_same,                                            \
                                .run = id##_run,                                                  \
                                .grad = id##_grad,                                                \
                                .saves = (of)};                                                   \
    sp_tensor *sp_##id(sp_tensor *x) { return sp__call_op(&sp__op_##id, NULL, x); }
ACTIVATIONS(X)
#undef X

/* ---- GeLU{approximate}: Hendrycks & Gimpel 2016 ---- */

typedef struct gelu_attrs {
    int approximate;
} gelu_attrs;

static const char *const gelu_words[] = {"tanh", "none", NULL};
static const sp__field gelu_fields[] = {SP__FIELD(gelu_attrs, approximate, SP__ENUM, .words = gelu_words)};

static int gelu_function(const void *attrs)
{
    return ((const gelu_attrs *)attrs)->approximate ? f_gelu_erf : f_gelu_tanh;
}
static sp_status gelu_run(sp__call *c) { return run_function(c, gelu_function(c->attrs)); }

static void gelu_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    (void)want;
    dx[0] = activation_grad(gelu_function(n->attrs), dy[0], n->in[0]);
}

const sp__op sp__op_gelu = {.name = "GeLU",
                            .label = "gelu",
                            .onnx_note = "Gelu from opset 20 on; spelled out before",
                            .min_in = 1,
                            .max_in = 1,
                            .n_out = 1,
                            .flags = SP__FLOAT_ONLY,
                            SP__FIELDS(gelu_fields),
                            .attr_size = sizeof(gelu_attrs),
                            .over = {SP__IN(0)},
                            .rule = sp__rule_same,
                            .run = gelu_run,
                            .grad = gelu_grad,
                            .saves = SP__IN(0)};

sp_tensor *sp_gelu(sp_tensor *x, bool exact) { return sp__call_op(&sp__op_gelu, &(gelu_attrs){exact}, x); }

/* ---- LeakyReLU{alpha}: spelled out, as in MindSpore's files ---- */

/* max(x, alpha x), min for alpha > 1, as MindSpore: half of each slope at 0. */
sp_tensor *sp_leaky_relu(sp_tensor *x, double alpha)
{
    sp_tensor *scaled = sp_mul_number(x, alpha);
    return alpha <= 1 ? sp_maximum(scaled, x) : sp_minimum(scaled, x);
}
