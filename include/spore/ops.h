/* spore/ops.h: functions of tensors. All are differentiable where it makes sense (sp_grad), all can be traced.
 *
 * Elementwise functions of two tensors broadcast as NumPy does (SP_ERR_SHAPE if they do not fit) and promote types as
 * MindSpore does (sp_dtype_promote; SP_ERR_DTYPE if there is no common type). NULL in gives NULL out. */
#ifndef SPORE_OPS_H
#define SPORE_OPS_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a loss is made of the losses of its elements. */
typedef enum sp_reduction { SP_MEAN, SP_SUM, SP_NO_REDUCTION } sp_reduction;

/* ---- arithmetic ---- */

SP_API sp_tensor *sp_add(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_sub(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_mul(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_div(sp_tensor *a, sp_tensor *b);       /* true division; integers are divided as Float32       */
SP_API sp_tensor *sp_floor_div(sp_tensor *a, sp_tensor *b); /* rounded towards minus infinity                       */
SP_API sp_tensor *sp_mod(sp_tensor *a, sp_tensor *b);       /* a - b * floor(a / b): the sign of b                  */
SP_API sp_tensor *sp_pow(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_maximum(sp_tensor *a, sp_tensor *b); /* NaN if either is; at ties each gets half the gradient */
SP_API sp_tensor *sp_minimum(sp_tensor *a, sp_tensor *b);

/* x with a number, which takes x's type (MindSpore's rule for Python numbers, except that an integer tensor stays one). */
SP_API sp_tensor *sp_add_number(sp_tensor *x, double number);
SP_API sp_tensor *sp_mul_number(sp_tensor *x, double number);
SP_API sp_tensor *sp_pow_number(sp_tensor *x, double number);

SP_API sp_tensor *sp_neg(sp_tensor *x);
SP_API sp_tensor *sp_abs(sp_tensor *x);  /* gradient 0 at 0                                  */
SP_API sp_tensor *sp_sign(sp_tensor *x); /* gradient 0                                       */
SP_API sp_tensor *sp_exp(sp_tensor *x);
SP_API sp_tensor *sp_log(sp_tensor *x);
SP_API sp_tensor *sp_sqrt(sp_tensor *x);
SP_API sp_tensor *sp_rsqrt(sp_tensor *x); /* 1 / sqrt(x)                                      */
SP_API sp_tensor *sp_square(sp_tensor *x);
SP_API sp_tensor *sp_reciprocal(sp_tensor *x);
SP_API sp_tensor *sp_erf(sp_tensor *x);
SP_API sp_tensor *sp_sin(sp_tensor *x);
SP_API sp_tensor *sp_cos(sp_tensor *x);
SP_API sp_tensor *sp_floor(sp_tensor *x); /* gradient 0, also ceil and round                  */
SP_API sp_tensor *sp_ceil(sp_tensor *x);
SP_API sp_tensor *sp_round(sp_tensor *x); /* halves to even                                   */

/* ---- comparison and choice: results are Bool ---- */

SP_API sp_tensor *sp_equal(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_not_equal(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_less(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_less_equal(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_greater(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_greater_equal(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_logical_and(sp_tensor *a, sp_tensor *b); /* of Bool */
SP_API sp_tensor *sp_logical_or(sp_tensor *a, sp_tensor *b);
SP_API sp_tensor *sp_logical_not(sp_tensor *x);

/* a where condition (Bool) holds, else b; all three broadcast. */
SP_API sp_tensor *sp_where(sp_tensor *condition, sp_tensor *a, sp_tensor *b);

/* x as dtype: floats to integers are truncated and saturated, anything not 0 is true. */
SP_API sp_tensor *sp_cast(sp_tensor *x, sp_dtype dtype);

#ifdef __cplusplus
}
#endif
#endif
