/* kernels/conv_few.h: convolutions of images with few channels (a net's first layer), where unfolding and other libraries' blocks of
 * 8 or 16 channels waste most of their work. Float32, one group, steps of 1, no dilation, rows of at most 8 weights. */
#ifndef SP_KERNELS_CONV_FEW_H
#define SP_KERNELS_CONV_FEW_H

#include "kernels/kernels.h"

/* Whether the pass is done here: forward and weight only. */
bool sp__k_conv_few_fits(sp_dtype dtype, const sp__conv *c, sp__conv_pass pass);
/* Bytes of the padded input, a multiple of 64. */
size_t sp__k_conv_few_workspace(const sp__conv *c);
/* As sp__k_conv and sp__k_conv_grad_weight; ws as large as said above. */
void sp__k_conv_few(const sp__conv *c, float *y, const float *x, const float *w, const float *b, float *ws);
void sp__k_conv_few_weight(const sp__conv *c, float *dw, const float *dy, const float *x, float *ws);

#endif
