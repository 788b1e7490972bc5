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
SP_API sp_tensor *sp_mod(sp_tensor *a, sp_tensor *b);       /* what floor_div leaves, exactly; the sign of b         */
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

/* ---- reductions: axes in [-rank, rank), each once; n = 0: all axes ---- */

SP_API sp_tensor *sp_sum(sp_tensor *x);  /* of all elements; sums of integers and Bool are Int64        */
SP_API sp_tensor *sp_mean(sp_tensor *x); /* of integers: of their type, truncated, as MindSpore          */
SP_API sp_tensor *sp_max(sp_tensor *x);  /* NaN if there is one; ties share the gradient evenly         */
SP_API sp_tensor *sp_min(sp_tensor *x);
SP_API sp_tensor *sp_sum_axes(sp_tensor *x, int n, const int *axes, bool keep_dims);
SP_API sp_tensor *sp_mean_axes(sp_tensor *x, int n, const int *axes, bool keep_dims);
SP_API sp_tensor *sp_max_axes(sp_tensor *x, int n, const int *axes, bool keep_dims);
SP_API sp_tensor *sp_min_axes(sp_tensor *x, int n, const int *axes, bool keep_dims);

/* Position of the largest (smallest) along axis, Int64; the first of several. */
SP_API sp_tensor *sp_argmax(sp_tensor *x, int axis);
SP_API sp_tensor *sp_argmin(sp_tensor *x, int axis);

/* Along axis each element is the sum of those up to it, of x's type. */
SP_API sp_tensor *sp_cumsum(sp_tensor *x, int axis);

/* Of each row (the last axis) the k largest or smallest, best first, and their positions (Int32): two results. Of equal ones the
 * first comes first; NaN is the largest. k the length of a row: sorted. */
SP_API sp_list sp_topk(sp_tensor *x, int64_t k, bool largest);

/* ---- products ---- */

/* (..., N, K) x (..., K, M) -> (..., N, M): the dimensions before broadcast. A vector is a row on the left and a column on
 * the right, and that dimension is dropped. Floating-point types. */
SP_API sp_tensor *sp_matmul(sp_tensor *a, sp_tensor *b);
/* The same with the last two dimensions of a, b swapped first. Rank 2 and more. */
SP_API sp_tensor *sp_matmul_t(sp_tensor *a, sp_tensor *b, bool transpose_a, bool transpose_b);

/* x (N, C, ...) + b (C), along axis 1. */
SP_API sp_tensor *sp_bias_add(sp_tensor *x, sp_tensor *b);

/* ---- shapes ---- */

SP_API sp_tensor *sp_reshape(sp_tensor *x, sp_shape shape);           /* one dimension may be -1: what is left       */
SP_API sp_tensor *sp_flatten(sp_tensor *x);                           /* (N, ...) to (N, rest)                       */
SP_API sp_tensor *sp_transpose(sp_tensor *x, int n, const int *perm); /* n = 0: the axes reversed                    */
SP_API sp_tensor *sp_expand_dims(sp_tensor *x, int axis);             /* a 1 before axis; -1: at the end             */
SP_API sp_tensor *sp_squeeze(sp_tensor *x, int n, const int *axes);   /* n = 0: every dimension of 1                 */
SP_API sp_tensor *sp_broadcast_to(sp_tensor *x, sp_shape shape);      /* a dimension of -1: as x's                   */
SP_API sp_tensor *sp_tile(sp_tensor *x, int n, const int64_t *times);
SP_API sp_tensor *sp_concat(sp_list tensors, int axis); /* equal types and shapes but along axis       */
SP_API sp_tensor *sp_stack(sp_list tensors, int axis);  /* equal types and shapes, along a new axis    */

/* Part of an axis, as Python's x[start:stop:step]: negative numbers count from the end, too large ones are cut. */
typedef struct sp_range {
    int64_t start, stop, step;
    int kind;
} sp_range;
SP_API sp_range sp_all(void);                         /* :                                           */
SP_API sp_range sp_pick(int64_t i);                   /* i, and the axis is dropped; SP_ERR_VALUE    */
SP_API sp_range sp_span(int64_t start, int64_t stop); /* start:stop                                  */
SP_API sp_range sp_from_to_by(int64_t start, int64_t stop, int64_t step); /* start:stop:step, step not 0             */
#define SP_END INT64_MAX /* as stop: to the end, with a negative step to the beginning */

/* x[:2] is sp_index(x, sp_span(0, 2)); x[0, :, 1] is sp_index(x, sp_pick(0), sp_all(), sp_pick(1)). */
SP_API sp_tensor *sp_index_new(sp_tensor *x, int n, const sp_range *ranges);
#define sp_index(x, ...) sp_index_new((x), SP_N(sp_range, __VA_ARGS__), (sp_range[]){__VA_ARGS__})

/* Rows of x along axis at Int32 or Int64 positions of any shape, which takes the axis's place; negative positions count
 * from the end. SP_ERR_VALUE: one out of range. */
SP_API sp_tensor *sp_gather(sp_tensor *x, sp_tensor *indices, int axis);

/* Integer (...) to (..., depth): 1 at the index, else 0; an index out of range gives zeros. */
SP_API sp_tensor *sp_one_hot(sp_tensor *indices, int64_t depth, sp_dtype dtype);

/* ---- activations ---- */

SP_API sp_tensor *sp_relu(sp_tensor *x); /* gradient 0 at 0 */
SP_API sp_tensor *sp_relu6(sp_tensor *x);
SP_API sp_tensor *sp_leaky_relu(sp_tensor *x, double alpha);
SP_API sp_tensor *sp_elu(sp_tensor *x, double alpha);
SP_API sp_tensor *sp_silu(sp_tensor *x);
SP_API sp_tensor *sp_sigmoid(sp_tensor *x);
SP_API sp_tensor *sp_tanh(sp_tensor *x);
SP_API sp_tensor *sp_gelu(sp_tensor *x, bool exact); /* exact: by erf; else Hendrycks & Gimpel's tanh formula        */
SP_API sp_tensor *sp_softmax(sp_tensor *x, int axis);
SP_API sp_tensor *sp_log_softmax(sp_tensor *x, int axis);

/* ---- layers as functions ---- */

/* pad_mode: 0 same (the odd one goes below and to the right), 1 valid, 2 by pad, which is zeros otherwise. Zero in
 * stride, dilation, group: 1. */
typedef struct sp_conv2d_attrs {
    int pad_mode;
    int64_t pad[4]; /* top, bottom, left, right */
    int64_t stride[2], dilation[2];
    int64_t group;
} sp_conv2d_attrs;
/* x (N, C, H, W), w (M, C / group, kh, kw) -> (N, M, H', W'). SP_ERR_SHAPE: channels that do not match, a kernel
 * larger than the padded input; SP_ERR_VALUE: an attribute out of range. */
SP_API sp_tensor *sp_conv2d(sp_tensor *x, sp_tensor *w, const sp_conv2d_attrs *attrs);

typedef struct sp_pool2d_attrs {
    int64_t kernel[2], stride[2]; /* zero in stride: 1 */
    int pad_mode;
    int64_t pad[4];   /* each less than the kernel */
    bool ceil_mode;   /* also windows that begin inside and reach beyond the end */
    bool exclude_pad; /* average: divide by the elements inside only; always so in mode same, as MindSpore does */
} sp_pool2d_attrs;
SP_API sp_tensor *sp_max_pool2d(sp_tensor *x, const sp_pool2d_attrs *attrs);
SP_API sp_tensor *sp_avg_pool2d(sp_tensor *x, const sp_pool2d_attrs *attrs);

/* x (N, C, ...) with gamma, beta, mean, var (C). training: normalised by the batch's mean and biased variance; the list
 * is y, then the batch's mean and unbiased variance, for moving averages (Float32 for 16-bit x); mean and var are not
 * read and may be SP_NONE. Otherwise by mean and var; the list is y alone. */
SP_API sp_list sp_batch_norm(sp_tensor *x, sp_tensor *gamma, sp_tensor *beta, sp_tensor *mean, sp_tensor *var,
                             bool training, double eps);

/* Over the axes from begin_axis on (negative: from the end); gamma and beta have their shape. */
SP_API sp_tensor *sp_layer_norm(sp_tensor *x, sp_tensor *gamma, sp_tensor *beta, int begin_axis, double eps);

/* Each element 0 with probability p, else x / (1 - p). 0 <= p < 1. Draws from this thread's random stream. */
SP_API sp_tensor *sp_dropout(sp_tensor *x, double p);

/* ---- losses ---- */

/* Mean softmax cross entropy of a batch.
 *   logits (N, C) float     labels (N) Int32 or Int64, each in [0, C); those equal to -100 do not count
 *   logits (N, C, d...)     labels (N, d...)
 *   or labels of the logits' shape and type: probabilities of the classes
 * Returns a scalar. The largest logit is subtracted first, so logits of any size are safe. SP_ERR_SHAPE, SP_ERR_DTYPE;
 * SP_ERR_VALUE: a label out of range, with its position. */
SP_API sp_tensor *sp_cross_entropy(sp_tensor *logits, sp_tensor *labels);

typedef struct sp_cross_entropy_attrs {
    sp_reduction reduction;
    int64_t ignore_index;   /* labels of this value do not count */
    double label_smoothing; /* in [0, 1] */
} sp_cross_entropy_attrs;
/* weight: (C) or SP_NONE. The mean divides by the sum of the weights of the labels. */
SP_API sp_tensor *sp_cross_entropy_with(sp_tensor *logits, sp_tensor *labels, sp_tensor *weight,
                                        const sp_cross_entropy_attrs *attrs);

/* Mean of -weight (pos_weight y log sigmoid(z) + (1 - y) log(1 - sigmoid(z))), computed without overflow. weight and pos_weight
 * broadcast to z; SP_NONE: 1. */
SP_API sp_tensor *sp_bce_with_logits(sp_tensor *z, sp_tensor *y, sp_tensor *weight, sp_tensor *pos_weight);
SP_API sp_tensor *sp_bce_with_logits_reduced(sp_tensor *z, sp_tensor *y, sp_tensor *weight, sp_tensor *pos_weight,
                                             sp_reduction reduction);

/* Mean of (x - y)^2. */
SP_API sp_tensor *sp_mse(sp_tensor *x, sp_tensor *y);
SP_API sp_tensor *sp_mse_reduced(sp_tensor *x, sp_tensor *y, sp_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
