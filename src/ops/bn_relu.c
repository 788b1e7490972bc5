/* BatchNorm in training with ReLU and perhaps 2x2 max pooling behind it, and the way back through all of them. Made by
 * src/graph/pass_bn_relu.c.
 *
 *   BatchNormReLU(x (N, C, H, W), gamma (C), beta (C)){epsilon, pool}
 *     -> y, the batch's mean, its unbiased variance, its biased one (all (C))
 *   BatchNormReLUGrad(dy, x, gamma, beta, mean, biased variance){epsilon, pool} -> dx, dgamma, dbeta */
#include "kernels/kernels.h"
#include "ops/fused.h"
#include "ops/norm.h"

static const sp__field fields[] = {SP__FIELD(sp__bn_relu_attrs, epsilon, SP__FLOAT, .min = 0, .max = 1, .preset = 1e-5),
                                   SP__FIELD(sp__bn_relu_attrs, pool, SP__BOOL)};

static sp__bn_relu describe(const sp__call *c, const sp_tensor *x)
{
    const sp__bn_relu_attrs *a = c->attrs;
    const int64_t *dim = x->shape.dim;
    return (sp__bn_relu){dim[0], dim[1], dim[2], dim[3], a->pool, a->epsilon};
}

static sp_shape result_shape(const sp__bn_relu *b)
{
    return b->pool ? SP_DIMS(b->N, b->C, b->H / 2, b->W / 2) : SP_DIMS(b->N, b->C, b->H, b->W);
}

/* Argument i is an image with elements, the others from i + 1 on vectors of its channels. */
static sp_status image_rule(const sp__call *c, int i)
{
    static const char *const names[] = {"gamma", "beta", "mean", "variance"};
    if (sp__want_rank(c, i, 4, 4) != SP_OK)
        return SP_ERR_SHAPE;
    const sp_tensor *x = c->in[i];
    if (x->size == 0)
        return sp__err(SP_ERR_SHAPE, "%s: argument %d has shape %s, expected elements", c->op->label, i + 1,
                       SP__STR(x));
    sp_status st = SP_OK;
    for (int k = i + 1; st == SP_OK && k < c->n_in; k++)
        st = sp__norm_want(c, k, names[k - i - 1], SP_DIMS(x->shape.dim[1]));
    return st;
}

static sp_status done(const sp__call *c, bool ok)
{
    return ok ? SP_OK : sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

/* ---- forth ---- */

static sp_status forward_rule(sp__call *c)
{
    sp_status st = image_rule(c, 0);
    if (st != SP_OK)
        return st;
    sp__bn_relu b = describe(c, c->in[0]);
    c->out[0] = (sp__desc){c->in[0]->dtype, result_shape(&b)};
    for (int j = 1; j < 4; j++)
        c->out[j] = (sp__desc){c->in[0]->dtype, SP_DIMS(b.C)};
    return SP_OK;
}

static sp_status forward_run(sp__call *c)
{
    sp__bn_relu b = describe(c, c->in[0]);
    int64_t count = b.N * b.H * b.W;
    void *mean = c->y[1]->data, *unbiased = c->y[2]->data, *biased = c->y[3]->data;
    return done(c,
                sp__k_bn_relu(c->in[0]->dtype, &b, c->y[0]->data, mean, biased, c->in[0]->data, c->in[1]->data,
                              c->in[2]->data) &&
                    sp__k_scale(c->in[0]->dtype, unbiased, (double)count / (double)SP__MAX(count - 1, 1), biased, b.C));
}

const sp__op sp__op_bn_relu = {.name = "BatchNormReLU",
                               .label = "bn_relu",
                               .min_in = 3,
                               .max_in = 3,
                               .n_out = 4,
                               .flags = SP__FUSED | SP__FLOAT_ONLY | SP__VIA_F32,
                               SP__FIELDS(fields),
                               .attr_size = sizeof(sp__bn_relu_attrs),
                               .rule = forward_rule,
                               .run = forward_run,
                               .no_grad = SP__FUSED_NO_GRAD};

/* ---- back ---- */

static sp_status back_rule(sp__call *c)
{
    sp_status st = image_rule(c, 1);
    if (st != SP_OK)
        return st;
    sp__bn_relu b = describe(c, c->in[1]);
    if (!sp_shape_equal(c->in[0]->shape, result_shape(&b)))
        return sp__err(SP_ERR_SHAPE, "%s: the gradient has shape %s, expected %s", c->op->label, SP__STR(c->in[0]),
                       sp__shape_text(result_shape(&b)));
    c->out[0] = sp__desc_of(c->in[1]);
    c->out[1] = c->out[2] = (sp__desc){c->in[1]->dtype, SP_DIMS(b.C)};
    return sp__want_type(c, 1, c->in[0]->dtype);
}

static sp_status back_run(sp__call *c)
{
    sp__bn_relu b = describe(c, c->in[1]);
    return done(c, sp__k_bn_relu_grad(c->in[1]->dtype, &b, c->y[0]->data, c->y[1]->data, c->y[2]->data, c->in[0]->data,
                                      c->in[1]->data, c->in[4]->data, c->in[5]->data, c->in[2]->data, c->in[3]->data));
}

const sp__op sp__op_bn_relu_back = {.name = "BatchNormReLUGrad",
                                    .label = "bn_relu_back",
                                    .min_in = 6,
                                    .max_in = 6,
                                    .n_out = 3,
                                    .flags = SP__FUSED | SP__FLOAT_ONLY | SP__VIA_F32,
                                    SP__FIELDS(fields),
                                    .attr_size = sizeof(sp__bn_relu_attrs),
                                    .rule = back_rule,
                                    .run = back_run,
                                    .no_grad = SP__FUSED_NO_GRAD};
