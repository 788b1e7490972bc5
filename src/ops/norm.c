/* What batch and layer normalisation share. */
#include "ops/norm.h"

static sp_tensor *mean_over(const sp__norm *m, sp_tensor *x) { return sp_mean_axes(x, m->n_over, m->over, true); }

sp_tensor *sp__norm_hat(const sp__norm *m) { return sp_mul(sp_sub(m->x, m->mean), m->rstd); }

/* Through xhat: Ioffe & Szegedy 2015, section 3, collected. */
static sp_tensor *through_hat(const sp__norm *m, sp_tensor *dhat)
{
    sp_tensor *hat = sp__norm_hat(m);
    sp_tensor *along = sp_mul(hat, mean_over(m, sp_mul(dhat, hat)));
    return sp_mul(m->rstd, sp_sub(sp_sub(dhat, mean_over(m, dhat)), along));
}

static sp_tensor *through_mean(const sp__norm *m, sp_tensor *dmean)
{
    sp_tensor *each = sp_mul_number(dmean, 1 / (double)SP__MAX(m->count, 1));
    return m->x ? sp_broadcast_to(each, m->x->shape) : NULL;
}

static sp_tensor *through_var(const sp__norm *m, sp_tensor *dvar)
{
    return sp_mul(sp_sub(m->x, m->mean), sp_mul_number(dvar, 2 / (double)SP__MAX(m->count, 1)));
}

sp_tensor *sp__norm_dx(const sp__norm *m, sp_tensor *dhat, sp_tensor *dmean, sp_tensor *dvar)
{
    sp_tensor *dx = dhat == SP_NONE ? SP_NONE : through_hat(m, dhat);
    if (dmean != SP_NONE)
        dx = dx == SP_NONE ? through_mean(m, dmean) : sp_add(dx, through_mean(m, dmean));
    if (dvar != SP_NONE)
        dx = dx == SP_NONE ? through_var(m, dvar) : sp_add(dx, through_var(m, dvar));
    return dx;
}

sp_status sp__norm_want(const sp__call *c, int i, const char *name, sp_shape shape)
{
    if (c->in[i]->dtype != c->in[0]->dtype)
        return sp__err(SP_ERR_DTYPE, "%s: %s is %s, expected %s as the input", c->op->label, name,
                       sp_dtype_name(c->in[i]->dtype), sp_dtype_name(c->in[0]->dtype));
    if (!sp_shape_equal(c->in[i]->shape, shape))
        return sp__err(SP_ERR_SHAPE, "%s: %s has shape %s, expected %s for input %s", c->op->label, name,
                       SP__STR(c->in[i]), sp__shape_text(shape), SP__STR(c->in[0]));
    return SP_OK;
}
