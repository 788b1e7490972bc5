/* kernels/kernels.h: loops over plain arrays. No tensors, no allocation, no recorded errors.
 *
 *   unary.c unary_grad.c binary.c        element by element; broadcast.c walks the shapes
 *   compare.c cast.c
 *   copy.c index.c                       strided copies, fills, gather, scatter, one-hot
 *   reduce.c order.c topk.c              sums, extremes and where they are, cumulative sums, top k
 *   gemm.c conv.c pool.c                 the heavy ones; gemm_own.c, gemm_tile.c: our matrix product, gemm_whole.c: of integers
 *   mixed.c                              16-bit products
 *   norm.c bn_act.c softmax.c dropout.c  layers
 *   optim.c vector.c                     optimizer steps, gradient accumulation
 *   backend.c                            which of them another library computes; onednn/ is one
 *
 * Common contract
 *   Arrays are dense and row-major unless strides are given; their shapes stand in each contract. `void *` arrays hold
 *   elements of the dtype given; Bool arrays are bytes, 0 or 1. Outputs never overlap inputs, except that where "in
 *   place" is said the output may be exactly the input.
 *   "Real" means F32 and F64: callers cast 16-bit floats themselves. Functions that return bool return false, and write
 *   nothing, when the dtype (or the function for it) is not supported.
 *   Nothing here checks indices, shapes or overlap: callers have. Sizes may be 0.
 *   Work is shared between sp__threads_for() threads. Results have the same bits for any number of threads (sums are
 *   cut into pieces that depend on the shape alone): always with the portable backend; with oneDNN except for the matrix
 *   products and convolutions that it computes.
 *   Scalars (alpha, eps, learning rate) are doubles, rounded to the dtype where they meet it.
 *   A workspace is scratch memory of the size its _workspace() function gives, 64-byte aligned; its content is not
 *   kept. It may be NULL if the size is 0. */
#ifndef SP_KERNELS_KERNELS_H
#define SP_KERNELS_KERNELS_H

#include "base/base.h"

/* ---- backend ---- */

/* Chooses who computes what has more than one implementation: "portable" or "onednn". False, and nothing changes, if
 * this build has no such backend. Process-wide. At first "default", unless SPORE_KERNELS names another: oneDNN where built
 * in, but for what our own kernels do faster on this processor. */
bool sp__k_use(const char *backend);
/* "portable" or "onednn". Static text. */
const char *sp__k_backend(void);

/* ---- one operand: y[i] = f(x[i]), i < n, in place allowed ---- */

/* X(NAME, formula, integers too). Integers wrap: NEG and ABS of the smallest give itself; FLOOR to TRUNC copy. BOOL has
 * LOGICAL_NOT only, and no other type has it. ROUND takes halves to even. Of F32, EXP, EXPM1, LOG, TANH and ERF are within 2
 * units in the last place, LOG1P within 2.5, SIGMOID and SOFTPLUS within 3 (a SIGMOID below 2^-126 may be 0); special values
 * are libm's. The others, and all of F64, are libm's or one rounding. */
#define SP__UNARY(X)                                                \
    X(NEG, "-x", 1)                                                 \
    X(ABS, "|x|", 1)                                                \
    X(SIGN, "-1, 0, 1; NaN for NaN", 1)                             \
    X(SQUARE, "x^2", 1)                                             \
    X(RELU, "max(x, 0); NaN for NaN", 1)                            \
    X(RELU6, "min(max(x, 0), 6)", 1)                                \
    X(FLOOR, "largest integer <= x", 1)                             \
    X(CEIL, "smallest integer >= x", 1)                             \
    X(ROUND, "nearest integer, halves to even", 1)                  \
    X(TRUNC, "towards 0", 1)                                        \
    X(SQRT, "x^(1/2)", 0)                                           \
    X(RSQRT, "x^(-1/2)", 0)                                         \
    X(RECIPROCAL, "1/x", 0)                                         \
    X(EXP, "e^x", 0)                                                \
    X(EXPM1, "e^x - 1", 0)                                          \
    X(LOG, "ln x", 0)                                               \
    X(LOG1P, "ln(1 + x)", 0)                                        \
    X(SIN, "", 0)                                                   \
    X(COS, "", 0)                                                   \
    X(TAN, "", 0)                                                   \
    X(ASIN, "", 0)                                                  \
    X(ACOS, "", 0)                                                  \
    X(ATAN, "", 0)                                                  \
    X(SINH, "", 0)                                                  \
    X(COSH, "", 0)                                                  \
    X(TANH, "", 0)                                                  \
    X(ASINH, "", 0)                                                 \
    X(ACOSH, "", 0)                                                 \
    X(ATANH, "", 0)                                                 \
    X(ERF, "2/sqrt(pi) integral_0^x e^(-t^2) dt", 0)                \
    X(ERFC, "1 - erf x", 0)                                         \
    X(SIGMOID, "1 / (1 + e^-x)", 0)                                 \
    X(SILU, "x sigmoid(x)", 0)                                      \
    X(SOFTPLUS, "ln(1 + e^x)", 0)                                   \
    X(GELU_TANH, "x/2 (1 + tanh(sqrt(2/pi)(x + 0.044715 x^3)))", 0) \
    X(GELU_ERF, "x/2 (1 + erf(x / sqrt 2))", 0)                     \
    X(LOGICAL_NOT, "1 - x", 0)

#define X(name, formula, integers) SP__##name,
typedef enum sp__unary { SP__UNARY(X) SP__UNARY_COUNT_ } sp__unary;
#undef X

bool sp__k_unary(sp__unary f, sp_dtype dtype, void *y, const void *x, int64_t n);

/* Gradients in one pass: dx[i] = dy[i] f'(.), dx may be dy. All float types.
 *   RELU, RELU6: v is x or y (0 at the kinks)     SIGMOID, TANH, SQRT, EXP, RECIPROCAL: v is y
 *   SILU, SOFTPLUS, GELU_TANH, GELU_ERF: v is x   others: false */
bool sp__k_unary_grad(sp__unary f, sp_dtype dtype, void *dx, const void *dy, const void *v, int64_t n);

/* y[i] = whether x[i] is ...; integers are finite. */
typedef enum sp__test { SP__IS_NAN, SP__IS_INF, SP__IS_FINITE, SP__TEST_COUNT_ } sp__test;
bool sp__k_test(sp__test f, sp_dtype dtype, uint8_t *y, const void *x, int64_t n);
/* Whether every element is finite. */
bool sp__k_all_finite(sp_dtype dtype, const void *x, int64_t n);

/* y = x as type `to`: all pairs. Float to integer truncates and saturates, NaN gives 0; integer to integer wraps; to
 * Bool: x != 0; Bool gives 0 or 1. F64 and integers go to 16-bit floats through F32. In place if to == from. */
bool sp__k_cast(sp_dtype to, sp_dtype from, void *y, const void *x, int64_t n);

/* ---- two and three operands with broadcasting ---- */

/* How dense arrays of up to three shapes are walked together. Dimensions that can be are merged, so equal shapes have
 * rank 1. The output is dense with the broadcast shape. Strides are in elements, 0 where a shape repeats.
 * There is always a dimension (rank >= 1; a single number has dim {1}). */
typedef struct sp__bcast {
    int rank;
    int64_t size; /* elements of the output */
    int64_t dim[SP_MAX_RANK];
    int64_t stride_a[SP_MAX_RANK];
    int64_t stride_b[SP_MAX_RANK];
    int64_t stride_c[SP_MAX_RANK];
} sp__bcast;

/* Plans a with b (and c unless NULL), NumPy's rules. False if the shapes do not fit. */
bool sp__k_bcast_plan(sp__bcast *plan, const sp_shape *a, const sp_shape *b, const sp_shape *c);

/* X(NAME, formula). Both operands and y have one dtype. Integers wrap. In place (y == a or y == b) where that operand
 * is not repeated. Integer division by 0 never traps: x // 0 is the largest value for x > 0, the smallest for x < 0,
 * 0 for 0; x % 0 is 0. Integer powers with a negative exponent truncate (1, -1 and 0 otherwise; 0^-1 gives the
 * largest value). BOOL: ADD is or, SUB xor, MUL and MINIMUM and, MAXIMUM or; the others are not supported. DIV:
 * floats only. */
#define SP__BINARY(X)                               \
    X(ADD, "a + b")                                 \
    X(SUB, "a - b")                                 \
    X(MUL, "a b")                                   \
    X(DIV, "a / b")                                 \
    X(FLOOR_DIV, "floor(a / b)")                    \
    X(FLOOR_MOD, "a - b floor(a / b), sign of b")   \
    X(POW, "a^b")                                   \
    X(MAXIMUM, "the larger, NaN if either is NaN")  \
    X(MINIMUM, "the smaller, NaN if either is NaN") \
    X(ATAN2, "angle of the point (b, a); floats only")

#define X(name, formula) SP__##name,
typedef enum sp__binary { SP__BINARY(X) SP__BINARY_COUNT_ } sp__binary;
#undef X

bool sp__k_binary(sp__binary f, sp_dtype dtype, void *y, const void *a, const void *b, const sp__bcast *plan);

/* y = a f b as Bool, all dtypes; comparisons with NaN are false, NE true. */
typedef enum sp__compare { SP__EQ, SP__NE, SP__LT, SP__LE, SP__GT, SP__GE, SP__COMPARE_COUNT_ } sp__compare;
bool sp__k_compare(sp__compare f, sp_dtype dtype, uint8_t *y, const void *a, const void *b, const sp__bcast *plan);

/* Bool with Bool. */
typedef enum sp__logical { SP__AND, SP__OR, SP__XOR, SP__LOGICAL_COUNT_ } sp__logical;
bool sp__k_logical(sp__logical f, uint8_t *y, const uint8_t *a, const uint8_t *b, const sp__bcast *plan);

/* y = cond ? a : b for elements of esize 1, 2, 4, 8 bytes. The plan is of (cond, a, b), in this order. */
bool sp__k_where(size_t esize, void *y, const uint8_t *cond, const void *a, const void *b, const sp__bcast *plan);

/* ---- copies ---- */

/* y[i] = *value, elements of esize 1, 2, 4, 8 bytes. */
bool sp__k_fill(size_t esize, void *y, const void *value, int64_t n);

/* y[sum i_d sy_d] = x[sum i_d sx_d] for all i < dim. y and x point at the element of index 0; strides are in elements
 * and may be negative, those of x also 0. Does transpose, broadcast, slice (x strided), concat, pad, slice's gradient
 * (y strided into zeros). Swapping two dimensions is done in square tiles. */
typedef struct sp__strided {
    int rank; /* 0 .. SP_MAX_RANK */
    int64_t dim[SP_MAX_RANK];
    int64_t sy[SP_MAX_RANK];
    int64_t sx[SP_MAX_RANK];
} sp__strided;
bool sp__k_copy_strided(size_t esize, void *y, const void *x, const sp__strided *s);

/* y (cols, rows) = x (rows, cols) transposed. */
bool sp__k_transpose(size_t esize, void *y, const void *x, int64_t rows, int64_t cols);

/* The strides of a dense array. */
void sp__k_strides(int64_t stride[SP_MAX_RANK], const sp_shape *shape);

/* ---- indices: idx is I32 or I64, all values in [0, limit) unless said otherwise ---- */

/* The first position whose value is not in [0, limit), -1 if all are. */
int64_t sp__k_index_check(sp_dtype idx_dtype, const void *idx, int64_t n, int64_t limit);

/* y (outer, n, inner) = x (outer, limit, inner) at idx (n) of its middle dimension; esize 1, 2, 4, 8. */
bool sp__k_gather(size_t esize, void *y, const void *x, sp_dtype idx_dtype, const void *idx, int64_t outer,
                  int64_t limit, int64_t inner, int64_t n);

/* y (outer, limit, inner)[o, idx[j], i] += x (outer, n, inner)[o, j, i], in order of j; real and integer types. */
bool sp__k_scatter_add(sp_dtype dtype, void *y, const void *x, sp_dtype idx_dtype, const void *idx, int64_t outer,
                       int64_t limit, int64_t inner, int64_t n);

/* y (outer, depth, inner) = on where the middle index is idx (outer, inner), else off. An index outside [0, depth)
 * gives off everywhere. on, off: one element of esize bytes each. */
bool sp__k_one_hot(size_t esize, void *y, sp_dtype idx_dtype, const void *idx, const void *on, const void *off,
                   int64_t outer, int64_t depth, int64_t inner);

/* ---- reductions of x (outer, red, inner) over the middle: y (outer, inner) ---- */

/* Empty sums are 0, products 1, ALL 1, ANY 0, MEAN NaN; MAX and MIN of nothing: lowest, highest (infinite for floats).
 *   SUM, PROD   floats: to == from. Integers: to is from or I64, computed in 64 bits, wrapping. BOOL to I64.
 *   MEAN        floats.           MAX, MIN   all types; NaN wins.           ANY, ALL   BOOL.
 * Floats are summed and multiplied in double: the sum of 10^7 ones in F32 is 10^7. */
typedef enum sp__reduce {
    SP__SUM,
    SP__MEAN,
    SP__PROD,
    SP__MAX,
    SP__MIN,
    SP__ANY,
    SP__ALL,
    SP__REDUCE_COUNT_
} sp__reduce;
bool sp__k_reduce(sp__reduce f, sp_dtype to, sp_dtype from, void *y, const void *x, int64_t outer, int64_t red,
                  int64_t inner);

/* Position of the extreme in [0, red), the first one if there are several; NaN counts as larger than any number.
 * f: SP__MAX or SP__MIN, all dtypes; red >= 1. */
bool sp__k_argreduce(sp__reduce f, sp_dtype dtype, int64_t *y, const void *x, int64_t outer, int64_t red,
                     int64_t inner);

/* Sum of squares in double: for clipping by norm. Float types; 0 for others. */
double sp__k_sum_squares(sp_dtype dtype, const void *x, int64_t n);

/* y[o, j, i] = sum of x[o, k, i] for k <= j (k < j if exclusive; from the other end if reverse). y, x (outer, n,
 * inner), in place. Numeric types; F16/BF16/F32 sums are carried in double. */
bool sp__k_cumsum(sp_dtype dtype, void *y, const void *x, int64_t outer, int64_t n, int64_t inner, bool exclusive,
                  bool reverse);

/* The k largest of each row in descending order, equal ones in order of position; NaN counts as largest.
 * values (outer, k)  indices (outer, k)  x (outer, n)   k <= n < 2^31. ascending: the k smallest. Numeric types. */
size_t sp__k_topk_workspace(int64_t k);
bool sp__k_topk(sp_dtype dtype, void *values, int32_t *indices, const void *x, int64_t outer, int64_t n, int64_t k,
                bool ascending, void *workspace);

/* ---- matrix products: real and integer ---- */

/* C = alpha op(A) op(B) + beta C, op(X) = X or its transpose.
 * op(A) (M,K)  op(B) (K,N)  C (M,N); ld: elements from one stored row to the next. beta = 0: C is not read. */
typedef struct sp__gemm {
    int64_t M, N, K;
    bool ta, tb; /* A stored as (K,M), B stored as (N,K) */
    int64_t lda, ldb, ldc;
    double alpha, beta;
} sp__gemm;
bool sp__k_gemm(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C);

/* The same for integers, modulo 2^bits; alpha 1 and beta 0 only. sp__k_gemm and sp__k_gemm_batch come here for them. */
bool sp__k_gemm_whole(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C);

/* What is done to the product while it is at hand, in this order: bias is added, the activation taken, the mask laid on.
 * act is one of sp__k_bias_act's, SP__UNARY_COUNT_ for none. The mask is for ReLU's way back: its output y. */
typedef struct sp__epilogue {
    const void *bias; /* (N), added to each row, or NULL */
    sp__unary act;
    const void *mask; /* (M,N): C is 0 where mask <= 0 (and not where it is NaN); or NULL */
    int64_t ldmask;   /* elements from one row of the mask to the next */
} sp__epilogue;
/* C = mask(act(alpha op(A) op(B) + beta C + bias)); e may be NULL. */
bool sp__k_gemm_ep(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C, const sp__epilogue *e);

/* sp__k_gemm for `batch` matrices, stride elements apart (0: the same one again, not for C). */
bool sp__k_gemm_batch(sp_dtype dtype, const sp__gemm *g, const void *A, int64_t stride_a, const void *B,
                      int64_t stride_b, void *C, int64_t stride_c, int64_t batch);

/* The dense geometry: A (M,K), B (K,N), C (M,N) as stored after ta/tb, alpha 1, beta 0. */
sp__gemm sp__k_gemm_dense(int64_t M, int64_t N, int64_t K, bool ta, bool tb);

/* y (N,C,S) = f(x + b (C) along the middle), in place. f is SP__RELU, SP__SIGMOID, SP__TANH, SP__GELU_* or
 * SP__UNARY_COUNT_ for none; b may be NULL. Dense layers: S = 1. Convolutions: S = H W. Real. */
bool sp__k_bias_act(sp__unary f, sp_dtype dtype, void *y, const void *x, const void *b, int64_t N, int64_t C,
                    int64_t S);
/* db (C) = sum of dy (N,C,S) over N and S. Real. */
bool sp__k_bias_grad(sp_dtype dtype, void *db, const void *dy, int64_t N, int64_t C, int64_t S);

/* ---- convolution: real ---- */

/* Cross-correlation as in MindSpore.
 *   x (N,C,H,W)  w (M,C/groups,kh,kw)  b (M) or NULL  y (N,M,OH,OW)
 *   y[n,m,oh,ow] = b[m] + sum_{c,i,j} w[m,c,i,j] x[n, first + c, oh sh - pt + i dh, ow sw - pl + j dw]
 * where first is the first channel of m's group, and places outside x count as 0.
 * The caller gives OH = (H + pt + pb - dh (kh - 1) - 1) / sh + 1 and OW likewise. Transposed convolution is
 * backward_input. */
typedef struct sp__conv {
    int64_t N, C, H, W;
    int64_t M, kh, kw;
    int64_t sh, sw;         /* strides   */
    int64_t dh, dw;         /* dilations, 1 = none */
    int64_t pt, pb, pl, pr; /* padding: top, bottom, left, right */
    int64_t groups;
    int64_t OH, OW;
} sp__conv;

typedef enum sp__conv_pass { SP__CONV_FORWARD, SP__CONV_INPUT, SP__CONV_WEIGHT } sp__conv_pass;

/* Bytes of workspace that let the pass run at full speed. With fewer (also 0) it is right but slow. */
size_t sp__k_conv_workspace(sp_dtype dtype, const sp__conv *c, sp__conv_pass pass);
/* b may be NULL. */
bool sp__k_conv(sp_dtype dtype, const sp__conv *c, void *y, const void *x, const void *w, const void *b, void *ws,
                size_t ws_bytes);
bool sp__k_conv_grad_input(sp_dtype dtype, const sp__conv *c, void *dx, const void *dy, const void *w, void *ws,
                           size_t ws_bytes);
/* The bias's gradient is sp__k_bias_grad(dtype, db, dy, N, M, OH OW). */
bool sp__k_conv_grad_weight(sp_dtype dtype, const sp__conv *c, void *dw, const void *dy, const void *x, void *ws,
                            size_t ws_bytes);

/* ---- mixed precision ---- */

/* y = x rounded to `narrow` (BFloat16 or Float16) and held in dtype, Float32 or Float64; in place allowed. */
bool sp__k_round(sp_dtype narrow, sp_dtype dtype, void *y, const void *x, int64_t n);
/* Products of Float32 arrays whose elements are rounded to `narrow` first and added up in Float32, where this processor
 * multiplies that type by itself; false: it does not, or not this product, and nothing is written. g: dense, alpha 1,
 * beta 0. a, b: (x, w), (dy, w) or (dy, x), as the pass has them. */
bool sp__k_gemm_narrow(sp_dtype narrow, const sp__gemm *g, const float *A, const float *B, float *C);
bool sp__k_conv_narrow(sp_dtype narrow, const sp__conv *c, sp__conv_pass pass, float *y, const float *a,
                       const float *b);

/* ---- pooling: real ---- */

/* Windows as in sp__conv; x (N,C,H,W)  y (N,C,OH,OW). Parts of windows outside x + padding (ceil mode) are left out. */
typedef struct sp__pool {
    int64_t N, C, H, W;
    int64_t kh, kw, sh, sw, dh, dw;
    int64_t pt, pb, pl, pr;
    int64_t OH, OW;
    bool count_include_pad; /* average: padding counts in the divisor         */
    int64_t divisor;        /* average: > 0 replaces the number of elements   */
} sp__pool;

/* index (N,C,OH,OW): h W + w of the first largest (NaN wins), -1 and y = -inf for a window wholly in the padding. index
 * may be NULL. */
bool sp__k_max_pool(sp_dtype dtype, const sp__pool *p, void *y, int32_t *index, const void *x);
/* dx (N,C,H,W) = dy (N,C,OH,OW) added up at index. */
bool sp__k_max_pool_grad(sp_dtype dtype, const sp__pool *p, void *dx, const void *dy, const int32_t *index);
/* y (N,C,OH,OW) = x (N,C,H,W) at index, 0 at -1: the gradient of max_pool_grad. */
bool sp__k_max_pool_gather(sp_dtype dtype, const sp__pool *p, void *y, const void *x, const int32_t *index);
bool sp__k_avg_pool(sp_dtype dtype, const sp__pool *p, void *y, const void *x);
bool sp__k_avg_pool_grad(sp_dtype dtype, const sp__pool *p, void *dx, const void *dy);

/* ---- normalisation: real ---- */

/* mean (C), var (C): of x (N,C,S) over N and S; the variance is biased (divided by N S), summed in double. */
bool sp__k_bn_stats(sp_dtype dtype, void *mean, void *var, const void *x, int64_t N, int64_t C, int64_t S);
/* y (N,C,S) = (x - mean) / sqrt(var + eps) gamma + beta, in place; gamma, beta (C) may be NULL (1, 0). Training with
 * batch statistics, inference with moving ones. */
bool sp__k_bn_apply(sp_dtype dtype, void *y, const void *x, const void *mean, const void *var, const void *gamma,
                    const void *beta, double eps, int64_t N, int64_t C, int64_t S);
/* Gradients of stats and apply together (Ioffe & Szegedy 2015, section 3); mean, var as bn_stats gave them. dx may be
 * dy; dx, dgamma, dbeta (C) may each be NULL. */
bool sp__k_bn_grad(sp_dtype dtype, void *dx, void *dgamma, void *dbeta, const void *dy, const void *x, const void *mean,
                   const void *var, const void *gamma, double eps, int64_t N, int64_t C, int64_t S);

/* BatchNorm in training, ReLU, and where `pool` is said the largest of windows of 2x2, side by side; a last row or column that fills
 * no window is left out. N, C, H, W > 0.
 *   x, dx (N,C,H,W)    y, dy the same, or (N,C,H/2,W/2)    gamma, beta (C) may be NULL (1, 0)    mean, var, dgamma, dbeta (C)
 * Sums over 64 elements at most are taken in the type itself, these in double: mean and var differ from sp__k_bn_stats()'s by some
 * units in the last place. Of equal largest elements the first one gets the gradient. */
typedef struct sp__bn_relu {
    int64_t N, C, H, W;
    bool pool;
    double eps;
} sp__bn_relu;
bool sp__k_bn_relu(sp_dtype dtype, const sp__bn_relu *b, void *y, void *mean, void *var, const void *x,
                   const void *gamma, const void *beta);
/* Gradients of all together, from x, mean and var: nothing of the way there need be kept. dx may not be x. */
bool sp__k_bn_relu_grad(sp_dtype dtype, const sp__bn_relu *b, void *dx, void *dgamma, void *dbeta, const void *dy,
                        const void *x, const void *mean, const void *var, const void *gamma, const void *beta);

/* y (outer, inner) = (x - mean) rstd gamma + beta, rows normalised by their own mean and biased variance, rstd =
 * 1 / sqrt(variance + eps); mean, rstd (outer) may be NULL; gamma, beta (inner) may be NULL. In place. */
bool sp__k_layer_norm(sp_dtype dtype, void *y, void *mean, void *rstd, const void *x, const void *gamma,
                      const void *beta, double eps, int64_t outer, int64_t inner);
/* dx may be dy; dx, dgamma, dbeta (inner) and gamma may each be NULL. */
bool sp__k_layer_norm_grad(sp_dtype dtype, void *dx, void *dgamma, void *dbeta, const void *dy, const void *x,
                           const void *mean, const void *rstd, const void *gamma, int64_t outer, int64_t inner);

/* ---- softmax and cross entropy: real ---- */

/* Over the middle of x (outer, n, inner), in place; the largest is subtracted first. */
bool sp__k_softmax(sp_dtype dtype, void *y, const void *x, int64_t outer, int64_t n, int64_t inner);
bool sp__k_log_softmax(sp_dtype dtype, void *y, const void *x, int64_t outer, int64_t n, int64_t inner);
/* From the result y: dx = y (dy - sum dy y), and dx = dy - e^y sum dy. dx may be dy. */
bool sp__k_softmax_grad(sp_dtype dtype, void *dx, const void *dy, const void *y, int64_t outer, int64_t n,
                        int64_t inner);
bool sp__k_log_softmax_grad(sp_dtype dtype, void *dx, const void *dy, const void *y, int64_t outer, int64_t n,
                            int64_t inner);

/* Cross entropy with class numbers. N rows, C classes, l = label of the row, p = softmax(logits).
 *   loss[n]   = -(1 - smoothing) w[l] ln p[l] - smoothing / C sum_c w[c] ln p[c]     0 if ignored
 *   weight[n] = w[l]                                                                 0 if ignored
 * The mean is sum loss / sum weight (as MindSpore, whose ignore_index is -100). */
typedef struct sp__cross_entropy {
    int64_t N, C;
    sp_dtype label_dtype; /* I32 or I64; labels in [0, C) or ignore                 */
    const void *w;        /* (C) class weights or NULL: 1                           */
    double smoothing;     /* [0, 1)                                                 */
    int64_t ignore;       /* label of rows that do not count; any value outside [0, C) for none */
} sp__cross_entropy;

/* loss (N), weight (N) or NULL, logp (N,C) or NULL: ln p. logits (N,C)  labels (N) */
bool sp__k_cross_entropy(sp_dtype dtype, const sp__cross_entropy *ce, void *loss, void *weight, void *logp,
                         const void *logits, const void *labels);
/* dlogits (N,C) from logp (in place): g (N) gradients of loss, g_stride 0: one number for all rows. */
bool sp__k_cross_entropy_grad(sp_dtype dtype, const sp__cross_entropy *ce, void *dlogits, const void *logp,
                              const void *labels, const void *g, int64_t g_stride);

/* ---- dropout: float types ---- */

/* mask[i] = 1 with probability keep, from element i of the stream; y[i] = x[i] mask[i] / keep, in place; keep in (0,
 * 1]. mask may be NULL: the same stream gives it again. */
bool sp__k_dropout(sp_dtype dtype, void *y, uint8_t *mask, const void *x, double keep, sp__random r, int64_t n);
/* y = x mask / keep, in place: the gradient. */
bool sp__k_dropout_apply(sp_dtype dtype, void *y, const void *x, const uint8_t *mask, double keep, int64_t n);

/* ---- optimizers: w and the moments in place, g the gradient, n elements; real ---- */

/* SGD and Momentum:  g' = grad_scale g + weight_decay w
 *   accum NULL:    w -= lr g'                  (no momentum)
 *   first step:    accum = g'                  otherwise accum = momentum accum + (1 - dampening) g'
 *   w -= lr accum,  or with nesterov  w -= lr (g' + momentum accum)
 * MindSpore's Momentum is this with dampening 0 and nesterov off. grad_scale is 1 / loss_scale. */
typedef struct sp__sgd {
    double lr, momentum, dampening, weight_decay, grad_scale;
    bool nesterov;
    bool first; /* accum has not been used yet */
} sp__sgd;
bool sp__k_sgd(sp_dtype dtype, const sp__sgd *o, void *w, void *accum, const void *g, int64_t n);

/* Adam (Kingma & Ba 2015, section 2's faster form: eps is not corrected), g' as above, t the step from 1:
 *   m = beta1 m + (1 - beta1) g'      v = beta2 v + (1 - beta2) g'^2
 *   amsgrad: vmax = max(vmax, v) stands for v below      m' = m, with nesterov beta1 m + (1 - beta1) g'
 *   w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m' / (sqrt v + eps)
 * decoupled (AdamWeightDecay): g' = grad_scale g, no correction, w -= lr (m / (sqrt v + eps) + weight_decay w). */
typedef struct sp__adam {
    double lr, beta1, beta2, eps, weight_decay, grad_scale;
    double beta1_power, beta2_power; /* beta1^t, beta2^t of this step, of beta rounded to the dtype (1 - 0.999 keeps
                                        only five digits in F32: with other powers the correction would not fit v) */
    bool nesterov;
    bool decoupled;
} sp__adam;
/* vmax is NULL without amsgrad. */
bool sp__k_adam(sp_dtype dtype, const sp__adam *o, void *w, void *m, void *v, void *vmax, const void *g, int64_t n);

/* RMSProp, g' as above:  ms = decay ms + (1 - decay) g'^2;  centered (mg not NULL): mg = decay mg + (1 - decay) g'
 *   mom = momentum mom + lr g' / sqrt(ms - mg^2 + eps)     w -= mom        (ms starts at 1 in MindSpore) */
typedef struct sp__rmsprop {
    double lr, decay, momentum, eps, weight_decay, grad_scale;
} sp__rmsprop;
bool sp__k_rmsprop(sp_dtype dtype, const sp__rmsprop *o, void *w, void *ms, void *mom, void *mg, const void *g,
                   int64_t n);

/* Adagrad, g' as above:  accum += g'^2;  w -= lr g' / sqrt(accum)         (accum starts at 0.1 in MindSpore) */
bool sp__k_adagrad(sp_dtype dtype, double lr, double weight_decay, double grad_scale, void *w, void *accum,
                   const void *g, int64_t n);

/* ---- accumulation ---- */

/* y += x. All dtypes but BOOL. */
bool sp__k_add_into(sp_dtype dtype, void *y, const void *x, int64_t n);
/* y += a x, and y = a x (in place). Float types. */
bool sp__k_axpy(sp_dtype dtype, void *y, double a, const void *x, int64_t n);
bool sp__k_scale(sp_dtype dtype, void *y, double a, const void *x, int64_t n);

#endif
