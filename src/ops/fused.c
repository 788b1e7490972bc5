/* Matrix products with what comes after them. Made by passes (src/graph/pass_fuse_*.c, pass_fold_update.c). */
#include <string.h>

#include "ops/fused.h"
#include "ops/update.h"

/* ---- activations ---- */

#define X(id, kernel) #id,
const char *const sp__fused_act_words[] = {SP__FUSED_ACTS(X) NULL};
#undef X

#define X(id, kernel) SP__##kernel,
static const sp__unary kernels[] = {SP__FUSED_ACTS(X)};
#undef X

sp__unary sp__fused_act_kernel(int act) { return kernels[act]; }

int sp__fused_act_of(const sp__op *op, const void *attrs)
{
    if (op == &sp__op_gelu)
        return *(const int *)attrs ? SP__ACT_gelu_erf : SP__ACT_gelu_tanh;
    return op == &sp__op_relu      ? SP__ACT_relu
           : op == &sp__op_sigmoid ? SP__ACT_sigmoid
           : op == &sp__op_tanh    ? SP__ACT_tanh
                                   : SP__ACT_none;
}

/* ---- FusedMatMul ---- */

enum { A, B, BIAS, MASK };

static const sp__field matmul_fields[] = {
    SP__FIELD(sp__fused_matmul_attrs, transpose_a, SP__BOOL),
    SP__FIELD(sp__fused_matmul_attrs, transpose_b, SP__BOOL),
    SP__FIELD(sp__fused_matmul_attrs, act, SP__ENUM, .words = sp__fused_act_words),
};

/* op(a) (M, K) x op(b) (K, N), both dense. */
static sp__gemm gemm_of(const sp_tensor *a, const sp_tensor *b, bool ta, bool tb)
{
    return sp__k_gemm_dense(a->shape.dim[ta ? 1 : 0], b->shape.dim[tb ? 0 : 1], a->shape.dim[ta ? 0 : 1], ta, tb);
}

/* The shape of the product of arguments first and first + 1. */
static sp_status product_rule(sp__call *c, int first, bool ta, bool tb, sp_shape *out)
{
    const sp_tensor *a = c->in[first], *b = c->in[first + 1];
    if (sp__want_rank(c, first, 2, 2) != SP_OK || sp__want_rank(c, first + 1, 2, 2) != SP_OK)
        return SP_ERR_SHAPE;
    sp__gemm g = gemm_of(a, b, ta, tb);
    if (g.K != b->shape.dim[tb ? 1 : 0])
        return sp__err(SP_ERR_SHAPE, "%s: inner dimensions differ: %s%s x %s%s", c->op->label, SP__STR(a),
                       ta ? " transposed" : "", SP__STR(b), tb ? " transposed" : "");
    *out = SP_DIMS(g.M, g.N);
    return sp__want_type(c, first + 1, a->dtype);
}

/* Argument i is left out, or of this shape and the product's type. */
static sp_status part_rule(const sp__call *c, int i, sp_shape shape)
{
    if (c->in[i] == SP_NONE)
        return SP_OK;
    if (!sp_shape_equal(c->in[i]->shape, shape))
        return sp__err(SP_ERR_SHAPE, "%s: argument %d has shape %s, expected %s", c->op->label, i + 1,
                       SP__STR(c->in[i]), sp__shape_text(shape));
    return sp__want_type(c, i, c->in[0]->dtype);
}

static sp_status matmul_rule(sp__call *c)
{
    const sp__fused_matmul_attrs *a = c->attrs;
    sp_shape out;
    sp_status st = product_rule(c, A, a->transpose_a, a->transpose_b, &out);
    if (st == SP_OK)
        st = part_rule(c, BIAS, SP_DIMS(out.dim[1]));
    if (st == SP_OK)
        st = part_rule(c, MASK, out);
    c->out[0] = (sp__desc){c->in[A]->dtype, out};
    return st;
}

static const void *elements(const sp_tensor *t) { return t == SP_NONE ? NULL : t->data; }

static sp_status not_defined(const sp__call *c)
{
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

static sp_status matmul_run(sp__call *c)
{
    const sp__fused_matmul_attrs *a = c->attrs;
    sp__gemm g = gemm_of(c->in[A], c->in[B], a->transpose_a, a->transpose_b);
    const sp__epilogue e = {elements(c->in[BIAS]), sp__fused_act_kernel(a->act), elements(c->in[MASK]), g.N};
    return sp__k_gemm_ep(c->in[A]->dtype, &g, c->in[A]->data, c->in[B]->data, c->y[0]->data, &e) ? SP_OK
                                                                                                 : not_defined(c);
}

const sp__op sp__op_fused_matmul = {.name = "FusedMatMul",
                                    .label = "fused_matmul",
                                    .min_in = 4,
                                    .max_in = 4,
                                    .n_out = 1,
                                    .optional = SP__IN(BIAS) | SP__IN(MASK),
                                    .flags = SP__FUSED | SP__FLOAT_ONLY | SP__VIA_F32,
                                    SP__FIELDS(matmul_fields),
                                    .attr_size = sizeof(sp__fused_matmul_attrs),
                                    .rule = matmul_rule,
                                    .run = matmul_run,
                                    .no_grad = SP__FUSED_NO_GRAD};

/* ---- MatMulUpdate ---- */

enum { W, UPDATE_A, UPDATE_B, NUMBERS };

static const sp__field update_fields[] = {SP__FIELD(sp__matmul_update_attrs, transpose_a, SP__BOOL),
                                          SP__FIELD(sp__matmul_update_attrs, transpose_b, SP__BOOL)};

static sp_status update_rule(sp__call *c)
{
    const sp__matmul_update_attrs *a = c->attrs;
    sp_shape out;
    sp_status st = product_rule(c, UPDATE_A, a->transpose_a, a->transpose_b, &out);
    if (st == SP_OK && c->in[UPDATE_A]->dtype != c->in[W]->dtype)
        st = sp__want_type(c, UPDATE_A, c->in[W]->dtype);
    if (st == SP_OK && !sp_shape_equal(out, c->in[W]->shape))
        st = sp__err(SP_ERR_SHAPE, "%s: a product of shape %s for a weight of shape %s", c->op->label,
                     sp__shape_text(out), SP__STR(c->in[W]));
    if (st == SP_OK)
        st = sp__want_type(c, NUMBERS, SP_F64);
    if (st == SP_OK && c->in[NUMBERS]->size != SP__UPDATE_NUMBERS)
        st = sp__err(SP_ERR_SHAPE, "%s: %lld numbers, expected %d", c->op->label, (long long)c->in[NUMBERS]->size,
                     SP__UPDATE_NUMBERS);
    c->out[0] = sp__desc_of(c->in[W]);
    return st;
}

/* w - lr (scale P + decay w) = (1 - lr decay) w - lr scale P */
static sp_status update_run(sp__call *c)
{
    const sp__matmul_update_attrs *a = c->attrs;
    const sp__sgd rule = sp__sgd_of_numbers(c->in[NUMBERS]->data);
    sp__gemm g = gemm_of(c->in[UPDATE_A], c->in[UPDATE_B], a->transpose_a, a->transpose_b);
    g.alpha = -rule.lr * rule.grad_scale;
    g.beta = 1 - rule.lr * rule.weight_decay;
    if (c->y[0]->data != c->in[W]->data)
        memcpy(c->y[0]->data, c->in[W]->data, (size_t)c->in[W]->size * sp_dtype_size(c->in[W]->dtype));
    return sp__k_gemm(c->in[W]->dtype, &g, c->in[UPDATE_A]->data, c->in[UPDATE_B]->data, c->y[0]->data)
               ? SP_OK
               : not_defined(c);
}

const sp__op sp__op_matmul_update = {.name = "MatMulUpdate",
                                     .label = "matmul_update",
                                     .min_in = 4,
                                     .max_in = 4,
                                     .n_out = 1,
                                     .flags = SP__FUSED | SP__FLOAT_ONLY | SP__VIA_F32,
                                     .over = {SP__IN(W)},
                                     SP__FIELDS(update_fields),
                                     .attr_size = sizeof(sp__matmul_update_attrs),
                                     .rule = update_rule,
                                     .run = update_run,
                                     .no_grad = SP__FUSED_NO_GRAD};
