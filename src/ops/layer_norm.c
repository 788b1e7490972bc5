/* Layer normalisation (Ba, Kiros & Hinton 2016): over the last axes of x, each place before them for itself. Results: y,
 * and for the gradient mean and rstd = 1 / sqrt(variance + epsilon), of x's shape with 1 for those axes. */
#include "kernels/kernels.h"
#include "ops/attrs.h"
#include "ops/norm.h"
#include "ops/op.h"

typedef struct ln_attrs {
    int64_t begin_norm_axis;   /* the first of the axes normalised over                                  */
    int64_t begin_params_axis; /* the first of gamma's and beta's axes; mostly the same                  */
    double epsilon;
} ln_attrs;

static const sp__field ln_fields[] = {SP__FIELD(ln_attrs, begin_norm_axis, SP__INT, .preset = -1),
                                      SP__FIELD(ln_attrs, begin_params_axis, SP__INT, .preset = -1),
                                      SP__FIELD(ln_attrs, epsilon, SP__FLOAT, .min = 0, .max = 1, .preset = 1e-7)};

enum { X, GAMMA, BETA }; /* arguments */
enum { Y, MEAN, RSTD };  /* results   */

/* x as rows (outer, inner), the shapes of what there is one of for each row, and of gamma and beta. */
typedef struct rows {
    int64_t outer, inner;
    sp_shape of_row, of_params;
    int begin, params;
} rows;

static rows rows_of(sp_shape x, const void *attrs)
{
    rows r = {.outer = 1, .inner = 1, .of_row = x};
    sp__axis(((const ln_attrs *)attrs)->begin_norm_axis, x.rank, &r.begin);
    sp__axis(((const ln_attrs *)attrs)->begin_params_axis, x.rank, &r.params);
    for (int i = 0; i < r.begin; i++)
        r.outer *= x.dim[i];
    for (int i = r.begin; i < x.rank; i++) {
        r.inner *= x.dim[i];
        r.of_row.dim[i] = 1;
    }
    for (int i = r.params; i < x.rank; i++)
        r.of_params.dim[r.of_params.rank++] = x.dim[i];
    return r;
}

static sp_status check_axes(const sp__op *op, const ln_attrs *a, sp_shape x)
{
    int at;
    bool good = sp__axis_named(op, "begin_norm_axis", a->begin_norm_axis, x, &at) &&
                sp__axis_named(op, "begin_params_axis", a->begin_params_axis, x, &at);
    return good ? SP_OK : SP_ERR_VALUE;
}

/* Whether the kernels know what to multiply with: gamma is as long as a row. */
static bool is_plain(const rows *r) { return r->begin == r->params; }

static sp_status not_defined(const sp__call *c)
{
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

/* ---- LayerNormGrad(dy, x, gamma, mean, rstd): dx, dgamma, dbeta in one go ---- */

static sp_status back_rule(sp__call *c)
{
    static const char *const names[] = {"dy", "x", "gamma", "mean", "rstd"};
    sp_shape x = c->in[0]->shape;
    sp_status st = check_axes(c->op, c->attrs, x);
    if (st != SP_OK)
        return st;
    rows r = rows_of(x, c->attrs);
    if (!is_plain(&r))
        return sp__err(SP_ERR_VALUE, "%s: begin_norm_axis is %d, begin_params_axis %d, expected the same", c->op->label,
                       r.begin, r.params);
    for (int i = 1; i < 5; i++) {
        st = sp__norm_want(c, i, names[i], i == 1 ? x : i == 2 ? r.of_params : r.of_row);
        if (st != SP_OK)
            return st;
    }
    c->out[0] = sp__desc_of(c->in[1]);
    c->out[1] = c->out[2] = sp__desc_of(c->in[2]);
    return SP_OK;
}

static sp_status back_run(sp__call *c)
{
    rows r = rows_of(c->in[0]->shape, c->attrs);
    bool done = sp__k_layer_norm_grad(c->in[0]->dtype, c->y[0]->data, c->y[1]->data, c->y[2]->data, c->in[0]->data,
                                      c->in[1]->data, c->in[3]->data, c->in[4]->data, c->in[2]->data, r.outer, r.inner);
    return done ? SP_OK : not_defined(c);
}

const sp__op sp__op_layer_norm_back = {.name = "LayerNormGrad",
                                       .label = "layer_norm_back",
                                       .min_in = 5,
                                       .max_in = 5,
                                       .n_out = 3,
                                       .flags = SP__GRADIENT | SP__FLOAT_ONLY | SP__VIA_F32,
                                       SP__FIELDS(ln_fields),
                                       .attr_size = sizeof(ln_attrs),
                                       .rule = back_rule,
                                       .run = back_run,
                                       .no_grad = SP__NORM_NO_GRAD};

/* ---- LayerNorm ---- */

static sp_status layer_norm_rule(sp__call *c)
{
    sp_shape x = c->in[X]->shape;
    sp_status st = check_axes(c->op, c->attrs, x);
    if (st != SP_OK)
        return st;
    rows r = rows_of(x, c->attrs);
    st = sp__norm_want(c, GAMMA, "gamma", r.of_params);
    if (st == SP_OK)
        st = sp__norm_want(c, BETA, "beta", r.of_params);
    c->out[Y] = sp__desc_of(c->in[X]);
    c->out[MEAN] = c->out[RSTD] = (sp__desc) { c->in[X]->dtype, r.of_row };
    return st;
}

/* y = gamma y + beta where gamma is not as long as a row. */
static sp_status scale_and_shift(sp__call *c)
{
    const sp__watcher *tape = sp__watch(NULL);
    sp_scope scope = sp_scope_begin();
    sp_status st = sp__copy_elements(c->y[Y], sp_add(sp_mul(c->y[Y], c->in[GAMMA]), c->in[BETA]));
    sp_scope_end(scope);
    sp__watch(tape);
    return st;
}

static sp_status layer_norm_run(sp__call *c)
{
    rows r = rows_of(c->in[X]->shape, c->attrs);
    bool plain = is_plain(&r);
    const void *gamma = plain ? c->in[GAMMA]->data : NULL, *beta = plain ? c->in[BETA]->data : NULL;
    if (!sp__k_layer_norm(c->in[X]->dtype, c->y[Y]->data, c->y[MEAN]->data, c->y[RSTD]->data, c->in[X]->data, gamma,
                          beta, ((const ln_attrs *)c->attrs)->epsilon, r.outer, r.inner))
        return not_defined(c);
    return plain ? SP_OK : scale_and_shift(c);
}

/* What flows into the variance: d rstd / d variance = -rstd^3 / 2. */
static sp_tensor *into_variance(sp_tensor *drstd, sp_tensor *rstd)
{
    return sp_mul_number(sp_mul(drstd, sp_mul(sp_square(rstd), rstd)), -0.5);
}

static void spelled_out(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    rows r = rows_of(n->in_desc[X].shape, n->attrs);
    sp__norm m = {.x = n->in[X], .mean = n->out[MEAN], .rstd = n->out[RSTD], .count = r.inner };
    for (int i = r.begin; i < n->in_desc[X].shape.rank; i++)
        m.over[m.n_over++] = i;
    if (SP__WANTS(want, X))
        dx[X] = sp__norm_dx(&m, dy[Y] ? sp_mul(dy[Y], n->in[GAMMA]) : SP_NONE, dy[MEAN] ? dy[MEAN] : SP_NONE,
                            dy[RSTD] ? into_variance(dy[RSTD], m.rstd) : SP_NONE);
    if (SP__WANTS(want, GAMMA))
        dx[GAMMA] = dy[Y] ? sp__sum_to(sp_mul(dy[Y], sp__norm_hat(&m)), r.of_params) : sp__zeros_of(n->in_desc[GAMMA]);
    if (SP__WANTS(want, BETA))
        dx[BETA] = dy[Y] ? sp__sum_to(dy[Y], r.of_params) : sp__zeros_of(n->in_desc[BETA]);
}

static void layer_norm_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    rows r = rows_of(n->in_desc[X].shape, n->attrs);
    if (!is_plain(&r) || !sp__norm_fuses(n, dy)) {
        spelled_out(n, dy, want, dx);
        return;
    }
    sp_tensor *in[] = { dy[Y], n->in[X], n->in[GAMMA], n->out[MEAN], n->out[RSTD] };
    sp_list d = sp__apply(&sp__op_layer_norm_back, 5, in, n->attrs);
    for (int i = X; i <= BETA; i++)
        dx[i] = d.at[i];
}

const sp__op sp__op_layer_norm = {.name = "LayerNorm",
                                  .label = "layer_norm",
                                  .onnx = "LayerNormalization",
                                  .min_in = 3,
                                  .max_in = 3,
                                  .n_out = 3,
                                  .flags = SP__FLOAT_ONLY | SP__VIA_F32,
                                  SP__FIELDS(ln_fields),
                                  .attr_size = sizeof(ln_attrs),
                                  .rule = layer_norm_rule,
                                  .run = layer_norm_run,
                                  .grad = layer_norm_grad,
                                  .saves = SP__IN(X) | SP__IN(GAMMA) | SP__OUT(MEAN) | SP__OUT(RSTD)};

sp_tensor *sp_layer_norm(sp_tensor *x, sp_tensor *gamma, sp_tensor *beta, int begin_axis, double eps)
{
    return sp__call_op(&sp__op_layer_norm, (&(ln_attrs){begin_axis, begin_axis, eps}), x, gamma, beta);
}
