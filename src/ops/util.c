/* What rules, kernels and gradients share. */
#include <assert.h>
#include <string.h>

#include "ops/op.h"

/* ---- rules ---- */

sp_status sp__rule_same(sp__call *c)
{
    for (int j = 0; j < c->n_out; j++)
        c->out[j] = sp__desc_of(c->in[0]);
    return SP_OK;
}

sp_status sp__rule_broadcast(sp__call *c)
{
    c->out[0].dtype = c->in[0]->dtype;
    if (sp__broadcast_of(&c->in[0]->shape, &c->in[1]->shape, &c->out[0].shape))
        return SP_OK;
    return sp__err(SP_ERR_SHAPE, "%s: shapes do not broadcast: %s and %s", c->op->label, SP__STR(c->in[0]),
                   SP__STR(c->in[1]));
}

sp_status sp__rule_broadcast_bool(sp__call *c)
{
    sp_status st = sp__rule_broadcast(c);
    c->out[0].dtype = SP_BOOL;
    return st;
}

sp_status sp__want_rank(const sp__call *c, int i, int min, int max)
{
    int rank = c->in[i]->shape.rank;
    if (rank >= min && rank <= max)
        return SP_OK;
    if (min == max)
        return sp__err(SP_ERR_SHAPE, "%s: argument %d has rank %d (shape %s), expected %d", c->op->label, i + 1, rank,
                       SP__STR(c->in[i]), min);
    return sp__err(SP_ERR_SHAPE, "%s: argument %d has rank %d (shape %s), expected %d to %d", c->op->label, i + 1, rank,
                   SP__STR(c->in[i]), min, max);
}

sp_status sp__want_no_bool(const sp__call *c)
{
    if (c->in[0]->dtype != SP_BOOL)
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for Bool", c->op->label);
}

sp_status sp__want_type(const sp__call *c, int i, sp_dtype dtype)
{
    if (c->in[i]->dtype == dtype)
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: argument %d is %s, expected %s", c->op->label, i + 1,
                   sp_dtype_name(c->in[i]->dtype), sp_dtype_name(dtype));
}

/* ---- gradients ---- */

sp_tensor *sp__sum_to(sp_tensor *dy, sp_shape shape)
{
    if (!dy || sp__same_shape(&dy->shape, &shape))
        return dy;
    int lead = dy->shape.rank - shape.rank;
    int axes[SP_MAX_RANK], n = 0;
    for (int i = 0; i < dy->shape.rank; i++)
        if (i < lead || (shape.dim[i - lead] == 1 && dy->shape.dim[i] != 1))
            axes[n++] = i;
    sp_tensor *sum = sp_sum_axes(dy, n, axes, true);
    return sp_reshape(sum, shape);
}

sp_tensor *sp__like(const sp_tensor *x, double value) { return x ? sp_scalar(value, x->dtype) : NULL; }

sp_tensor *sp__zeros_of(sp__desc d) { return sp_zeros(d.dtype, d.shape); }

sp_status sp__copy_elements(sp_tensor *y, const sp_tensor *x)
{
    if (!x)
        return sp_error();
    assert(x->dtype == y->dtype && x->size == y->size);
    memcpy(y->data, x->data, (size_t)x->size * sp_dtype_size(x->dtype));
    return SP_OK;
}
