/* Matrix products and the bias along the channels. */
#include "kernels/kernels.h"
#include "ops/attrs.h"
#include "ops/mixed.h"

/* ---- MatMul: (..., M, K) x (..., K, N) -> (..., M, N), the dimensions before broadcast ---- */

static const sp__field matmul_fields[] = {SP__FIELD(sp__matmul_attrs, transpose_a, SP__BOOL),
                                          SP__FIELD(sp__matmul_attrs, transpose_b, SP__BOOL)};

/* The last two dimensions, after the transposition. */
static void matrix_of(sp_shape shape, bool transposed, int64_t *rows, int64_t *cols)
{
    *rows = shape.dim[shape.rank - (transposed ? 1 : 2)];
    *cols = shape.dim[shape.rank - (transposed ? 2 : 1)];
}

static sp_shape batch_of(sp_shape shape)
{
    shape.rank -= 2;
    return shape;
}

static sp_status matmul_rule(sp__call *c)
{
    const sp__matmul_attrs *attrs = c->attrs;
    const sp_tensor *a = c->in[0], *b = c->in[1];
    int64_t M, N, K, K_b;
    if (sp__want_rank(c, 0, 2, SP_MAX_RANK) != SP_OK || sp__want_rank(c, 1, 2, SP_MAX_RANK) != SP_OK)
        return SP_ERR_SHAPE;
    matrix_of(a->shape, attrs->transpose_a, &M, &K);
    matrix_of(b->shape, attrs->transpose_b, &K_b, &N);
    if (K != K_b)
        return sp__err(SP_ERR_SHAPE, "%s: inner dimensions differ: %s%s x %s%s", c->op->label, SP__STR(a),
                       attrs->transpose_a ? " transposed" : "", SP__STR(b), attrs->transpose_b ? " transposed" : "");
    sp_shape *out = &c->out[0].shape;
    if (!sp__broadcast(batch_of(a->shape), batch_of(b->shape), out))
        return sp__err(SP_ERR_SHAPE, "%s: batch dimensions do not broadcast: %s x %s", c->op->label, SP__STR(a),
                       SP__STR(b));
    if (sp__want_no_bool(c) != SP_OK)
        return SP_ERR_DTYPE;
    c->out[0].dtype = a->dtype;
    out->dim[out->rank++] = M;
    out->dim[out->rank++] = N;
    return sp__check_size(c->op, *out);
}

/* All products of one broadcasting dimension at a time; `plan` is of the batch dimensions. */
static bool matmul_batches(sp_dtype type, const sp__gemm *g, const sp__bcast *plan, const char *a, const char *b,
                           char *y)
{
    int64_t esize = (int64_t)sp_dtype_size(type);
    int64_t size_a = g->M * g->K * esize, size_b = g->K * g->N * esize, size_y = g->M * g->N * esize;
    int last = plan->rank - 1;
    int64_t inner = plan->dim[last], at[SP_MAX_RANK] = {0};
    for (int64_t done = 0; done < plan->size; done += inner) {
        int64_t matrix_a = 0, matrix_b = 0;
        for (int i = 0; i < last; i++) {
            matrix_a += at[i] * plan->stride_a[i];
            matrix_b += at[i] * plan->stride_b[i];
        }
        if (!sp__k_gemm_batch(type, g, a + matrix_a * size_a, plan->stride_a[last] * g->M * g->K, b + matrix_b * size_b,
                              plan->stride_b[last] * g->K * g->N, y + done * size_y, g->M * g->N, inner))
            return false;
        for (int i = last - 1; i >= 0 && ++at[i] == plan->dim[i]; i--)
            at[i] = 0;
    }
    return true;
}

bool sp__matmul_describe(const sp__call *c, sp__gemm *g)
{
    const sp__matmul_attrs *attrs = c->attrs;
    const sp_tensor *a = c->in[0], *b = c->in[1];
    int64_t M, N, K, K_b, matrices_a = sp_shape_size(batch_of(a->shape));
    matrix_of(a->shape, attrs->transpose_a, &M, &K);
    matrix_of(b->shape, attrs->transpose_b, &K_b, &N);
    /* One matrix on the right: the rows of all on the left are one tall matrix. */
    bool tall = sp_shape_size(batch_of(b->shape)) == 1 && !attrs->transpose_a;
    *g = sp__k_gemm_dense(tall ? M * matrices_a : M, N, K, attrs->transpose_a, attrs->transpose_b);
    return tall || c->y[0]->size == M * N;
}

static sp_status matmul_run(sp__call *c)
{
    const sp_tensor *a = c->in[0], *b = c->in[1];
    sp_shape batch_a = batch_of(a->shape), batch_b = batch_of(b->shape);
    if (c->y[0]->size == 0)
        return SP_OK;
    sp__gemm g;
    sp__bcast plan;
    bool tall = sp__matmul_describe(c, &g);
    bool done;
    if (tall)
        done = sp__k_gemm(a->dtype, &g, a->data, b->data, c->y[0]->data);
    else
        done = sp__k_bcast_plan(&plan, &batch_a, &batch_b, NULL) &&
               matmul_batches(a->dtype, &g, &plan, a->data, b->data, c->y[0]->data);
    return done ? SP_OK : sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(a->dtype));
}

/* (..., R, C) as (all rows, C). */
static sp_tensor *as_rows(sp_tensor *t)
{
    if (!t)
        return NULL;
    int64_t cols = t->shape.dim[t->shape.rank - 1];
    return sp_reshape(t, SP_DIMS(sp__dims_product(t->shape, 0, t->shape.rank - 1), cols));
}

/* op(a) op(b), in the precision of the product whose gradient it is part of. */
static sp_tensor *product(const sp__node *n, sp_tensor *a, sp_tensor *b, bool ta, bool tb)
{
    return sp__mixed_as(n, &sp__op_matmul, (&(sp__matmul_attrs){ta, tb}), a, b);
}

/* With Y = A B: dA = dY B^T, dB = A^T dY; a transposed operand gets the transpose of that. */
static void matmul_grad(const sp__node *n, sp_tensor *const *d, uint64_t want, sp_tensor **dx)
{
    const sp__matmul_attrs *attrs = n->attrs;
    bool ta = attrs->transpose_a, tb = attrs->transpose_b;
    sp_tensor *a = n->in[0], *b = n->in[1], *dy = d[0];
    if (SP__WANTS(want, 0)) {
        sp_tensor *da = ta ? product(n, b, dy, tb, true) : product(n, dy, b, false, !tb);
        dx[0] = sp__sum_to(da, n->in_desc[0].shape);
    }
    if (!SP__WANTS(want, 1))
        return;
    if (n->in_desc[1].shape.rank == 2 && !ta) { /* one product instead of many that would be added up */
        a = as_rows(a);
        dy = as_rows(dy);
    }
    sp_tensor *db = tb ? product(n, dy, a, true, ta) : product(n, a, dy, !ta, false);
    dx[1] = sp__sum_to(db, n->in_desc[1].shape);
}

const sp__op sp__op_matmul = {.name = "MatMul",
                              .label = "matmul",
                              .onnx = "MatMul",
                              .min_in = 2,
                              .max_in = 2,
                              .n_out = 1,
                              .flags = SP__PROMOTE | SP__VIA_F32,
                              SP__FIELDS(matmul_fields),
                              .attr_size = sizeof(sp__matmul_attrs),
                              .rule = matmul_rule,
                              .run = matmul_run,
                              .grad = matmul_grad,
                              .saves = SP__IN(0) | SP__IN(1)};

sp_tensor *sp_matmul_t(sp_tensor *a, sp_tensor *b, bool transpose_a, bool transpose_b)
{
    return sp__call_op(&sp__op_matmul, (&(sp__matmul_attrs){transpose_a, transpose_b}), a, b);
}

static bool is_vector(const sp_tensor *t) { return !sp__absent(t) && t->shape.rank == 1; }

/* With a vector among them; the rule would name the shape it is given, not the caller's. */
static bool inner_dimensions_fit(const sp_tensor *a, const sp_tensor *b)
{
    if (sp__absent(a) || sp__absent(b) || a->shape.rank < 1 || b->shape.rank < 1)
        return true;
    return a->shape.dim[a->shape.rank - 1] == b->shape.dim[SP__MAX(b->shape.rank - 2, 0)];
}

sp_tensor *sp_matmul(sp_tensor *a, sp_tensor *b)
{
    bool row = is_vector(a), column = is_vector(b);
    if ((row || column) && !inner_dimensions_fit(a, b))
        return sp__fail(SP_ERR_SHAPE, "matmul: inner dimensions differ: %s x %s", SP__STR(a), SP__STR(b));
    sp_tensor *y = sp_matmul_t(row ? sp_expand_dims(a, 0) : a, column ? sp_expand_dims(b, 1) : b, false, false);
    if (column)
        y = sp_squeeze(y, 1, (int[]){-1});
    if (row)
        y = sp_squeeze(y, 1, (int[]){column ? -1 : -2});
    return y;
}

/* ---- BiasAdd: x (N, C, ...) + b (C) ---- */

static sp_status bias_add_rule(sp__call *c)
{
    const sp_tensor *x = c->in[0], *b = c->in[1];
    if (sp__want_rank(c, 0, 2, SP_MAX_RANK) != SP_OK || sp__want_rank(c, 1, 1, 1) != SP_OK)
        return SP_ERR_SHAPE;
    if (x->shape.dim[1] != b->shape.dim[0])
        return sp__err(SP_ERR_SHAPE, "%s: %lld biases for %lld channels: %s + %s", c->op->label,
                       (long long)b->shape.dim[0], (long long)x->shape.dim[1], SP__STR(x), SP__STR(b));
    if (sp__want_no_bool(c) != SP_OK)
        return SP_ERR_DTYPE;
    c->out[0] = sp__desc_of(x);
    return SP_OK;
}

static sp_status bias_add_run(sp__call *c)
{
    const sp_tensor *x = c->in[0], *b = c->in[1];
    int64_t S = sp__dims_product(x->shape, 2, x->shape.rank);
    if (!sp_dtype_is_float(x->dtype)) {
        const sp__watcher *tape = sp__watch(NULL);
        sp_scope scope = sp_scope_begin();
        sp_tensor *planes = sp_reshape(c->in[0], SP_DIMS(x->shape.dim[0], x->shape.dim[1], S));
        sp_status st = sp__copy_elements(c->y[0], sp_add(planes, sp_reshape(c->in[1], SP_DIMS(x->shape.dim[1], 1))));
        sp_scope_end(scope);
        sp__watch(tape);
        return st;
    }
    if (sp__k_bias_act(SP__UNARY_COUNT_, x->dtype, c->y[0]->data, x->data, b->data, x->shape.dim[0], x->shape.dim[1],
                       S))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(x->dtype));
}

static void bias_add_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    dx[0] = dy[0];
    if (!SP__WANTS(want, 1))
        return;
    int axes[SP_MAX_RANK] = {0}, count = 1;
    for (int i = 2; i < n->in_desc[0].shape.rank; i++)
        axes[count++] = i;
    dx[1] = sp_sum_axes(dy[0], count, axes, false);
}

const sp__op sp__op_bias_add = {.name = "BiasAdd",
                                .label = "bias_add",
                                .onnx_note = "an Add with the bias reshaped",
                                .min_in = 2,
                                .max_in = 2,
                                .n_out = 1,
                                .flags = SP__PROMOTE | SP__VIA_F32,
                                .over = {SP__IN(0)},
                                .rule = bias_add_rule,
                                .run = bias_add_run,
                                .grad = bias_add_grad};

sp_tensor *sp_bias_add(sp_tensor *x, sp_tensor *b) { return sp__call_op(&sp__op_bias_add, NULL, x, b); }
