/* Products in mixed precision: MatMul, Conv2D and its gradients of inputs rounded to BFloat16 or Float16 (attribute dtype),
 * added up in Float32, with a Float32 result. Gradients are such products again, so what flows back is rounded where it is
 * multiplied and nowhere else. Float64 is not rounded: who computes in it wants all of it (and differences can be taken).
 *
 * Where the processor multiplies the type by itself, the backend does; elsewhere rounded copies go through the Float32 kernels,
 * which gives the same but for the order of sums. */
#include "ops/mixed.h"
#include "ops/window.h"

/* The plain attributes come first, so that the plain op's rule, kernel and gradient can read them. */
typedef struct matmul_attrs {
    sp__matmul_attrs plain;
    sp_dtype dtype;
} matmul_attrs;

typedef struct conv_attrs {
    sp__conv_attrs plain;
    sp_dtype dtype;
} conv_attrs;

#define FIELD(type, member, ...)                                                     \
    {                                                                                \
        .name = #member, .offset = offsetof(type, plain.member), .kind = __VA_ARGS__ \
    }

static const sp__field matmul_fields[] = {FIELD(matmul_attrs, transpose_a, SP__BOOL),
                                          FIELD(matmul_attrs, transpose_b, SP__BOOL),
                                          SP__FIELD(matmul_attrs, dtype, SP__TYPE, .preset = SP_BF16)};

#define CONV_FIELDS                                                                      \
    FIELD(conv_attrs, pad_mode, SP__ENUM, .words = sp__pad_modes),                       \
        FIELD(conv_attrs, pad, SP__INTS, .min = 0, .max = SP__WINDOW_MAX),               \
        FIELD(conv_attrs, stride, SP__INTS, .min = 1, .max = SP__WINDOW_MAX),            \
        FIELD(conv_attrs, dilation, SP__INTS, .min = 1, .max = SP__WINDOW_MAX),          \
        FIELD(conv_attrs, group, SP__INT, .min = 1, .max = SP__WINDOW_MAX, .preset = 1), \
        SP__FIELD(conv_attrs, dtype, SP__TYPE, .preset = SP_BF16)

static const sp__field conv_fields[] = {CONV_FIELDS};
static const sp__field back_fields[] = {CONV_FIELDS,
                                        FIELD(conv_attrs, size, SP__INTS, .min = 1, .max = SP__WINDOW_MAX)};

/* ---- the plain op of each, and back ---- */

static const struct {
    const sp__op *mixed, *plain;
    int pass; /* sp__conv_pass; -1: a matrix product */
} pairs[] = {{&sp__op_matmul_mixed, &sp__op_matmul, -1},
             {&sp__op_conv2d_mixed, &sp__op_conv2d, SP__CONV_FORWARD},
             {&sp__op_conv2d_input_mixed, &sp__op_conv2d_input, SP__CONV_INPUT},
             {&sp__op_conv2d_filter_mixed, &sp__op_conv2d_filter, SP__CONV_WEIGHT}};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

/* Where in the table a mixed op is, -1 for any other. */
static int place_of(const sp__op *mixed)
{
    for (int i = 0; i < PAIRS; i++)
        if (pairs[i].mixed == mixed)
            return i;
    return -1;
}

static sp_dtype type_of(const sp__op *op, const void *attrs)
{
    return op == &sp__op_matmul_mixed ? ((const matmul_attrs *)attrs)->dtype : ((const conv_attrs *)attrs)->dtype;
}

sp_tensor *sp__mixed(sp_dtype narrow, const sp__op *plain, const void *attrs, sp_tensor *a, sp_tensor *b)
{
    if (narrow == SP_F32)
        return sp__call_op(plain, attrs, a, b);
    if (plain == &sp__op_matmul)
        return sp__call_op(&sp__op_matmul_mixed, (&(matmul_attrs){*(const sp__matmul_attrs *)attrs, narrow}), a, b);
    const conv_attrs conv = {*(const sp__conv_attrs *)attrs, narrow};
    for (int i = 0; i < PAIRS; i++)
        if (pairs[i].plain == plain)
            return sp__call_op(pairs[i].mixed, &conv, a, b);
    return NULL;
}

sp_tensor *sp__mixed_as(const sp__node *n, const sp__op *plain, const void *attrs, sp_tensor *a, sp_tensor *b)
{
    return sp__mixed(place_of(n->op) < 0 ? SP_F32 : type_of(n->op, n->attrs), plain, attrs, a, b);
}

/* ---- rule, kernel, gradient ---- */

static sp_status mixed_rule(sp__call *c)
{
    sp_dtype narrow = type_of(c->op, c->attrs);
    if (narrow != SP_BF16 && narrow != SP_F16)
        return sp__err(SP_ERR_DTYPE, "%s: dtype is %s, expected BFloat16 or Float16", c->op->label,
                       sp_dtype_name(narrow));
    return pairs[place_of(c->op)].plain->rule(c);
}

/* By the processor's own instructions; false: not here. */
static bool run_native(const sp__call *c, int pass, sp_dtype narrow)
{
    sp__gemm g;
    sp__conv k;
    void *y = c->y[0]->data;
    const void *a = c->in[0]->data, *b = c->in[1]->data;
    if (pass < 0)
        return sp__matmul_describe(c, &g) && sp__k_gemm_narrow(narrow, &g, a, b, y);
    return sp__conv_describe(c, (sp__conv_pass)pass, &k) == SP_OK &&
           sp__k_conv_narrow(narrow, &k, (sp__conv_pass)pass, y, a, b);
}

/* The plain kernel on rounded copies. */
static sp_status run_rounded(sp__call *c, const sp__op *plain, sp_dtype narrow)
{
    sp_tensor copy[2] = {{.dtype = SP_F32}, {.dtype = SP_F32}};
    sp_tensor *const in[2] = {&copy[0], &copy[1]};
    size_t bytes = 0, at[2];
    for (int i = 0; i < 2; i++) {
        at[i] = bytes;
        bytes += ((size_t)c->in[i]->size * sizeof(float) + 63) / 64 * 64;
    }
    char *space = bytes ? sp__alloc(bytes) : NULL;
    if (bytes && !space)
        return SP_ERR_NOMEM;
    for (int i = 0; space && i < 2; i++) {
        copy[i].shape = c->in[i]->shape;
        copy[i].size = c->in[i]->size;
        copy[i].data = space + at[i];
        sp__k_round(narrow, SP_F32, copy[i].data, c->in[i]->data, c->in[i]->size);
    }
    sp__call rounded = *c;
    rounded.in = space ? in : c->in;
    sp_status st = plain->run(&rounded);
    sp__free(space, bytes);
    return st;
}

static sp_status mixed_run(sp__call *c)
{
    const int place = place_of(c->op);
    const sp_dtype narrow = type_of(c->op, c->attrs);
    if (c->in[0]->dtype != SP_F32 || c->y[0]->size == 0)
        return pairs[place].plain->run(c);
    return run_native(c, pairs[place].pass, narrow) ? SP_OK : run_rounded(c, pairs[place].plain, narrow);
}

static void mixed_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    pairs[place_of(n->op)].plain->grad(n, dy, want, dx);
}

/* ---- entries ---- */

#define MIXED(id, ms, attr_type, flag, fields_of)                                                       \
    const sp__op sp__op_##id = {.name = (ms),                                                           \
                                .label = #id,                                                           \
                                .onnx_note = "its inputs cast, then the product",                       \
                                .min_in = 2,                                                            \
                                .max_in = 2,                                                            \
                                .n_out = 1,                                                             \
                                .flags = SP__PROMOTE | SP__FLOAT_ONLY | SP__VIA_F32 | (unsigned)(flag), \
                                SP__FIELDS(fields_of),                                                  \
                                .attr_size = sizeof(attr_type),                                         \
                                .rule = mixed_rule,                                                     \
                                .run = mixed_run,                                                       \
                                .grad = mixed_grad,                                                     \
                                .saves = SP__IN(0) | SP__IN(1)}
MIXED(matmul_mixed, "MatMulMixed", matmul_attrs, 0, matmul_fields);
MIXED(conv2d_mixed, "Conv2DMixed", conv_attrs, 0, conv_fields);
MIXED(conv2d_input_mixed, "Conv2DMixedBackpropInput", conv_attrs, SP__GRADIENT, back_fields);
MIXED(conv2d_filter_mixed, "Conv2DMixedBackpropFilter", conv_attrs, SP__GRADIENT, back_fields);
