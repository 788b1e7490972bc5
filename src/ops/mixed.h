/* ops/mixed.h: products in mixed precision: inputs rounded to 16 bits, sums and results in Float32. */
#ifndef SP_OPS_MIXED_H
#define SP_OPS_MIXED_H

#include "kernels/kernels.h"
#include "ops/attrs.h"

/* For gradients: the product `plain` (MatMul, Conv2D or one of its gradients) of a and b; within the gradient of a product in
 * mixed precision in the same precision. */
sp_tensor *sp__mixed_as(const sp__node *n, const sp__op *plain, const void *attrs, sp_tensor *a, sp_tensor *b);

/* The same outside of gradients: in `narrow`, BFloat16 or Float16; Float32: the plain product. */
sp_tensor *sp__mixed(sp_dtype narrow, const sp__op *plain, const void *attrs, sp_tensor *a, sp_tensor *b);

/* sp_conv2d in `narrow`. */
sp_tensor *sp__conv2d_in(sp_dtype narrow, sp_tensor *x, sp_tensor *w, const sp_conv2d_attrs *attrs);

/* What the kernels need to know of a call of MatMul (true if it is one product) and Conv2D, with inputs and results. */
bool sp__matmul_describe(const sp__call *c, sp__gemm *g);
sp_status sp__conv_describe(const sp__call *c, sp__conv_pass pass, sp__conv *k);

#endif
