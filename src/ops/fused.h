/* ops/fused.h: ops that passes over a graph make of several others. */
#ifndef SP_OPS_FUSED_H
#define SP_OPS_FUSED_H

#include "kernels/kernels.h"
#include "ops/op.h"

#define SP__FUSED_NO_GRAD "it is made by passes, after gradients"

/* FusedMatMul(a, b, bias, mask): act(op(a) op(b) + bias), 0 where mask <= 0. a, b of rank 2; bias (N) and mask (M, N) optional. */
typedef struct sp__fused_matmul_attrs {
    bool transpose_a, transpose_b;
    int act; /* sp__fused_act */
} sp__fused_matmul_attrs;

/* The activations that a matrix product or convolution can end with. */
#define SP__FUSED_ACTS(X)   \
    X(none, UNARY_COUNT_)   \
    X(relu, RELU)           \
    X(sigmoid, SIGMOID)     \
    X(tanh, TANH)           \
    X(gelu_tanh, GELU_TANH) \
    X(gelu_erf, GELU_ERF)
#define X(id, kernel) SP__ACT_##id,
typedef enum sp__fused_act { SP__FUSED_ACTS(X) SP__ACT_COUNT_ } sp__fused_act;
#undef X
extern const char *const sp__fused_act_words[];
sp__unary sp__fused_act_kernel(int act);
/* The activation that is the op; SP__ACT_none if it cannot be fused. */
int sp__fused_act_of(const sp__op *op, const void *attrs);

/* MatMulUpdate(w, a, b, numbers): w - lr (op(a) op(b) grad_scale + weight_decay w): SGD without momentum on the product. */
typedef struct sp__matmul_update_attrs {
    bool transpose_a, transpose_b;
} sp__matmul_update_attrs;

/* Chain(x0, x1, ...){code}: elementwise functions of arguments of one type and shape (or of one element), one after the other, in
 * one loop. Each step gives a register; registers are numbered from 0: the arguments first, then the steps. The last step is the
 * result. A step is packed into a number: function | a << 8 | b << 16, functions as in sp__chain_find. */
#define SP__CHAIN_STEPS 8
#define SP__CHAIN_IN    8
typedef struct sp__chain_attrs {
    sp__ints code;
} sp__chain_attrs;

/* The function of a chain that is this op (with these attributes); -1 if there is none. */
int sp__chain_find(const sp__op *op, const void *attrs);
static inline int64_t sp__chain_step(int function, int a, int b) { return function | a << 8 | b << 16; }

/* BatchNormReLU, BatchNormReLUGrad (bn_relu.c). */
typedef struct sp__bn_relu_attrs {
    double epsilon;
    bool pool; /* the largest of 2x2 windows behind it */
} sp__bn_relu_attrs;

/* Whether a node is MaxPool by 2x2 windows side by side, without padding. */
bool sp__is_pool_2x2(const sp__op *op, const void *attrs);
/* Whether a node is BatchNorm in training, or by given statistics; and its epsilon. */
bool sp__is_bn_training(const sp__op *op, const void *attrs, double *epsilon);
bool sp__is_bn_inference(const sp__op *op, const void *attrs, double *epsilon);

/* Conv2DBias(x, w, b or none): act(Conv2D(x, w) + b). Its attributes are those of a Conv2D node, copied, with the activation put
 * in. */
void *sp__conv_with_act(void *attrs, int act);

#endif
