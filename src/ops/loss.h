/* ops/loss.h: what the losses share. */
#ifndef SP_OPS_LOSS_H
#define SP_OPS_LOSS_H

#include "ops/op.h"

/* "mean", "sum", "none": the words of a `reduction` attribute, in the order of sp_reduction. */
extern const char *const sp__reductions[];

sp_tensor *sp__reduced(sp_tensor *x, int reduction);
sp_shape sp__reduced_shape(sp_shape shape, int reduction);

#endif
