/* Batch normalisation (Ioffe & Szegedy 2015) of x (N, C, ...), channel by channel.
 *
 *   training    y, the batch's mean, its unbiased variance (for moving averages), its biased one (which y is made with)
 *   inference   y by the mean and variance given */
#include "kernels/kernels.h"
#include "ops/fused.h"
#include "ops/norm.h"
#include "ops/op.h"

typedef struct bn_attrs {
    bool is_training;
    double epsilon;
    double momentum; /* of files: the share of a new batch in the moving averages; not used here */
} bn_attrs;

static const sp__field bn_fields[] = {SP__FIELD(bn_attrs, is_training, SP__BOOL),
                                      SP__FIELD(bn_attrs, epsilon, SP__FLOAT, .min = 0, .max = 1, .preset = 1e-5),
                                      SP__FIELD(bn_attrs, momentum, SP__FLOAT, .min = 0, .max = 1, .preset = 0.1)};

enum { X, GAMMA, BETA, MEAN, VAR };               /* arguments                     */
enum { Y, BATCH_MEAN, UNBIASED_VAR, BIASED_VAR }; /* results, the last three in training */

/* x as (N, C, S). */
typedef struct extent {
    int64_t N, C, S;
} extent;

static extent extent_of(sp_shape x)
{
    extent e = {x.dim[0], x.dim[1], 1};
    for (int i = 2; i < x.rank; i++)
        e.S *= x.dim[i];
    return e;
}

static bool is_training(const void *attrs) { return ((const bn_attrs *)attrs)->is_training; }
static double epsilon_of(const void *attrs) { return ((const bn_attrs *)attrs)->epsilon; }

/* count / (count - 1): what makes the variance unbiased. That of a single element is 0. */
static double bessel(int64_t count) { return (double)count / (double)SP__MAX(count - 1, 1); }

/* ---- BatchNormGrad(dy, x, gamma, mean, var): dx, dgamma, dbeta in one go ---- */

static sp_status back_rule(sp__call *c)
{
    static const char *const names[] = {"dy", "x", "gamma", "mean", "var"};
    if (sp__want_rank(c, 0, 2, SP_MAX_RANK) != SP_OK)
        return SP_ERR_SHAPE;
    sp_shape channels = SP_DIMS(c->in[0]->shape.dim[1]);
    for (int i = 1; i < 5; i++) {
        sp_status st = sp__norm_want(c, i, names[i], i == 1 ? c->in[0]->shape : channels);
        if (st != SP_OK)
            return st;
    }
    c->out[0] = sp__desc_of(c->in[1]);
    c->out[1] = c->out[2] = sp__desc_of(c->in[2]);
    return SP_OK;
}

static sp_status back_run(sp__call *c)
{
    extent e = extent_of(c->in[0]->shape);
    if (sp__k_bn_grad(c->in[0]->dtype, c->y[0]->data, c->y[1]->data, c->y[2]->data, c->in[0]->data, c->in[1]->data,
                      c->in[3]->data, c->in[4]->data, c->in[2]->data, epsilon_of(c->attrs), e.N, e.C, e.S))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

const sp__op sp__op_batch_norm_back = {.name = "BatchNormGrad",
                                       .label = "batch_norm_back",
                                       .min_in = 5,
                                       .max_in = 5,
                                       .n_out = 3,
                                       .flags = SP__GRADIENT | SP__FLOAT_ONLY | SP__VIA_F32,
                                       SP__FIELDS(bn_fields),
                                       .attr_size = sizeof(bn_attrs),
                                       .rule = back_rule,
                                       .run = back_run,
                                       .no_grad = SP__NORM_NO_GRAD};

/* ---- BatchNorm ---- */

static sp_status batch_norm_rule(sp__call *c)
{
    static const char *const names[] = {"x", "gamma", "beta", "mean", "variance"};
    if (sp__want_rank(c, X, 2, SP_MAX_RANK) != SP_OK)
        return SP_ERR_SHAPE;
    sp__desc channels = { c->in[X]->dtype, SP_DIMS(c->in[X]->shape.dim[1]) };
    bool training = is_training(c->attrs);
    for (int i = GAMMA; i <= VAR; i++) {
        if (c->in[i] == SP_NONE && training)
            continue;
        if (c->in[i] == SP_NONE)
            return sp__err(SP_ERR_VALUE, "%s: %s is left out, expected a tensor unless training", c->op->label,
                           names[i]);
        sp_status st = sp__norm_want(c, i, names[i], channels.shape);
        if (st != SP_OK)
            return st;
    }
    c->out[Y] = sp__desc_of(c->in[X]);
    c->out[BATCH_MEAN] = c->out[UNBIASED_VAR] = c->out[BIASED_VAR] = channels;
    c->n_out = training ? 4 : 1;
    return SP_OK;
}

static sp_status batch_norm_run(sp__call *c)
{
    extent e = extent_of(c->in[X]->shape);
    sp_dtype t = c->in[X]->dtype;
    const void *x = c->in[X]->data;
    bool training = is_training(c->attrs), done = true;
    sp_tensor *mean = training ? c->y[BATCH_MEAN] : c->in[MEAN], *var = training ? c->y[BIASED_VAR] : c->in[VAR];
    if (training) {
        void *unbiased = c->y[UNBIASED_VAR]->data;
        done = sp__k_bn_stats(t, mean->data, var->data, x, e.N, e.C, e.S) &&
               sp__k_scale(t, unbiased, bessel(e.N * e.S), var->data, e.C);
    }
    if (done && sp__k_bn_apply(t, c->y[Y]->data, x, mean->data, var->data, c->in[GAMMA]->data, c->in[BETA]->data,
                               epsilon_of(c->attrs), e.N, e.C, e.S))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(t));
}

static bool is_bn(const sp__op *op, const void *attrs, bool training, double *epsilon)
{
    if (op != &sp__op_batch_norm || is_training(attrs) != training)
        return false;
    *epsilon = epsilon_of(attrs);
    return true;
}

bool sp__is_bn_training(const sp__op *op, const void *attrs, double *epsilon)
{
    return is_bn(op, attrs, true, epsilon);
}
bool sp__is_bn_inference(const sp__op *op, const void *attrs, double *epsilon)
{
    return is_bn(op, attrs, false, epsilon);
}

/* ---- the gradient written with ops ---- */

/* (C) as (1, C, 1, ...), which broadcasts to x. */
static sp_tensor *per_channel(sp_tensor *v, int rank)
{
    sp_shape shape = {.rank = rank};
    for (int i = 0; i < rank; i++)
        shape.dim[i] = 1;
    shape.dim[1] = -1;
    return sp_reshape(v, shape);
}

static sp_tensor *rstd_of(const sp__node *n, sp_tensor *var)
{
    return sp_rsqrt(sp_add_number(var, epsilon_of(n->attrs)));
}

static sp__norm norm_of(const sp__node *n)
{
    bool training = is_training(n->attrs);
    sp_shape x = n->in_desc[X].shape;
    extent e = extent_of(x);
    sp__norm m = {.x = n->in[X], .count = e.N * e.S };
    m.mean = per_channel(training ? n->out[BATCH_MEAN] : n->in[MEAN], x.rank);
    m.rstd = per_channel(rstd_of(n, training ? n->out[BIASED_VAR] : n->in[VAR]), x.rank);
    for (int i = 0; i < x.rank; i++)
        if (i != 1)
            m.over[m.n_over++] = i;
    return m;
}

/* What flows into the biased variance, by both results made of it. SP_NONE: nothing. */
static sp_tensor *into_variance(const sp__norm *m, sp_tensor *const *dy)
{
    sp_tensor *scaled = dy[UNBIASED_VAR] ? sp_mul_number(dy[UNBIASED_VAR], bessel(m->count)) : SP_NONE;
    if (!dy[BIASED_VAR])
        return scaled;
    return scaled == SP_NONE ? dy[BIASED_VAR] : sp_add(scaled, dy[BIASED_VAR]);
}

/* SP_NONE stays itself. */
static sp_tensor *per_channel_or_none(sp_tensor *v, int rank) { return v == SP_NONE ? v : per_channel(v, rank); }

static sp_tensor *spelled_dx(const sp__node *n, const sp__norm *m, sp_tensor *const *dy)
{
    int rank = n->in_desc[X].shape.rank;
    sp_tensor *gamma = per_channel(n->in[GAMMA], rank);
    if (!is_training(n->attrs))
        return sp_mul(dy[Y], sp_mul(gamma, m->rstd));
    sp_tensor *dhat = dy[Y] ? sp_mul(dy[Y], gamma) : SP_NONE;
    sp_tensor *dmean = dy[BATCH_MEAN] ? dy[BATCH_MEAN] : SP_NONE;
    return sp__norm_dx(m, dhat, per_channel_or_none(dmean, rank), per_channel_or_none(into_variance(m, dy), rank));
}

/* dgamma = sum dy xhat; dbeta = sum dy; in inference dmean = -gamma rstd dbeta, dvar = -gamma rstd^2 dgamma / 2. */
static void spelled_out(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    sp__norm m = norm_of(n);
    if (SP__WANTS(want, X))
        dx[X] = spelled_dx(n, &m, dy);
    for (int i = GAMMA; i <= VAR && !dy[Y]; i++)
        dx[i] = SP__WANTS(want, i) ? sp__zeros_of(n->in_desc[i]) : NULL;
    if (!dy[Y] || want == SP__IN(X))
        return;
    dx[GAMMA] = sp_sum_axes(sp_mul(dy[Y], sp__norm_hat(&m)), m.n_over, m.over, false);
    dx[BETA] = sp_sum_axes(dy[Y], m.n_over, m.over, false);
    if (is_training(n->attrs) || !(SP__WANTS(want, MEAN) || SP__WANTS(want, VAR)))
        return;
    sp_tensor *rstd = rstd_of(n, n->in[VAR]), *slope = sp_mul(n->in[GAMMA], rstd);
    dx[MEAN] = sp_neg(sp_mul(slope, dx[BETA]));
    dx[VAR] = sp_mul_number(sp_mul(sp_mul(slope, rstd), dx[GAMMA]), -0.5);
}

static void batch_norm_grad(const sp__node *n, sp_tensor *const *dy, uint64_t want, sp_tensor **dx)
{
    bool training = is_training(n->attrs);
    if (training && sp__norm_fuses(n, dy)) {
        sp_tensor *in[] = { dy[Y], n->in[X], n->in[GAMMA], n->out[BATCH_MEAN], n->out[BIASED_VAR] };
        sp_list d = sp__apply(&sp__op_batch_norm_back, 5, in, n->attrs);
        for (int i = X; i <= BETA; i++)
            dx[i] = d.at[i];
    } else {
        spelled_out(n, dy, want, dx);
    }
    for (int i = MEAN; i <= VAR && training; i++) /* not read */
        dx[i] = SP__WANTS(want, i) ? sp__zeros_of(n->in_desc[i]) : NULL;
}

const sp__op sp__op_batch_norm = {.name = "BatchNorm",
                                  .label = "batch_norm",
                                  .onnx = "BatchNormalization",
                                  .min_in = 5,
                                  .max_in = 5,
                                  .n_out = 4,
                                  .optional = SP__IN(MEAN) | SP__IN(VAR), /* in training */
                                  .flags = SP__FLOAT_ONLY | SP__VIA_F32,
                                  SP__FIELDS(bn_fields),
                                  .attr_size = sizeof(bn_attrs),
                                  .rule = batch_norm_rule,
                                  .run = batch_norm_run,
                                  .grad = batch_norm_grad,
                                  .saves = SP__IN(X) | SP__IN(GAMMA) | SP__IN(MEAN) | SP__IN(VAR) |
                                           SP__OUT(BATCH_MEAN) | SP__OUT(BIASED_VAR)};

/* The statistics of 16-bit x stay Float32: moving averages of 16-bit numbers would stand still. */
sp_list sp_batch_norm(sp_tensor *x, sp_tensor *gamma, sp_tensor *beta, sp_tensor *mean, sp_tensor *var, bool training,
                      double eps)
{
    bn_attrs a = {.is_training = training, .epsilon = eps, .momentum = 0.1};
    bool half = !sp__absent(x) && (x->dtype == SP_F16 || x->dtype == SP_BF16);
    sp_tensor *in[] = {half ? sp_cast(x, SP_F32) : x, gamma, beta, mean, var};
    sp_list out = sp__apply(&sp__op_batch_norm, 5, in, &a);
    if (out.n == 0)
        return out;
    sp_tensor *y[] = {half ? sp_cast(out.at[Y], x->dtype) : out.at[Y], out.at[BATCH_MEAN], out.at[UNBIASED_VAR]};
    return y[0] ? sp_list_new(training ? 3 : 1, y) : sp__list_none();
}
