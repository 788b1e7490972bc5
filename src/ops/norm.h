/* ops/norm.h: what batch and layer normalisation share. Both standardise x over a part of it, xhat = (x - mean) rstd with
 * rstd = 1 / sqrt(variance + epsilon), and give y = gamma xhat + beta; they differ in the part. */
#ifndef SP_OPS_NORM_H
#define SP_OPS_NORM_H

#include "ops/op.h"

/* One normalisation, for formulae written with ops. mean and rstd broadcast to x: (1, C, 1, ...) for batch normalisation,
 * (..., 1) for layer normalisation. */
typedef struct sp__norm {
    sp_tensor *x, *mean, *rstd;
    int n_over; /* the axes that the statistics are taken over */
    int over[SP_MAX_RANK];
    int64_t count; /* and how many elements that are           */
} sp__norm;

sp_tensor *sp__norm_hat(const sp__norm *m);

/* The gradient in x of all that flows: dhat (shape of x), dmean and dvar (shape of mean; of the biased variance), SP_NONE
 * where nothing does, but not all.
 *   rstd (dhat - mean(dhat) - xhat mean(dhat xhat)) + (dmean + 2 (x - mean) dvar) / count */
sp_tensor *sp__norm_dx(const sp__norm *m, sp_tensor *dhat, sp_tensor *dmean, sp_tensor *dvar);

/* Whether the gradient can be one pass: nobody records it, and nothing flows into the statistics. */
static inline bool sp__norm_fuses(const sp__node *n, sp_tensor *const *dy)
{
    for (int j = 1; j < n->n_out; j++)
        if (dy[j])
            return false;
    return !sp__watched();
}

/* Why the fused gradients have none. */
#define SP__NORM_NO_GRAD "it is itself a gradient, made where nobody recorded; differentiate the function twice instead"

/* SP_ERR_DTYPE, SP_ERR_SHAPE unless argument i, called `name`, has argument 0's type and this shape. */
sp_status sp__norm_want(const sp__call *c, int i, const char *name, sp_shape shape);

#endif
