/* kernels/loops.h: what the kernels' files share: the types they are written for, and how work is split. */
#ifndef SP_KERNELS_LOOPS_H
#define SP_KERNELS_LOOPS_H

#include <string.h>

#include "base/half.h"
#include "base/hot.h"
#include "kernels/kernels.h"

/* Elements moved without looking at them: these types may alias any other. */
#if defined(__GNUC__)
typedef uint8_t __attribute__((may_alias)) sp__word1;
typedef uint16_t __attribute__((may_alias)) sp__word2;
typedef uint32_t __attribute__((may_alias)) sp__word4;
typedef uint64_t __attribute__((may_alias)) sp__word8;
#else
typedef uint8_t sp__word1;
typedef uint16_t sp__word2;
typedef uint32_t sp__word4;
typedef uint64_t sp__word8;
#endif
#define SP__WORDS(X) \
    X(sp__word1)     \
    X(sp__word2)     \
    X(sp__word4)     \
    X(sp__word8)

/* ---- the types, as tables for the loops' macros ---- */

#define SP__SAME(v) (v)

/* X(name, stored, computed, suffix of libm, load, store) */
#define SP__REAL_TYPES(X)                       \
    X(F32, float, float, f, SP__SAME, SP__SAME) \
    X(F64, double, double, , SP__SAME, SP__SAME)
#define SP__HALF_TYPES(X)                                      \
    X(F16, uint16_t, float, f, sp__f16_to_f32, sp__f32_to_f16) \
    X(BF16, uint16_t, float, f, sp__bf16_to_f32, sp__f32_to_bf16)
#define SP__FLOAT_TYPES(X) SP__REAL_TYPES(X) SP__HALF_TYPES(X)

/* X(name, stored, type in which + - * wrap, smallest, largest). Small types would promote to int and could overflow
 * it. */
#define SP__SIGNED_TYPES(X)                         \
    X(I8, int8_t, uint32_t, INT8_MIN, INT8_MAX)     \
    X(I16, int16_t, uint32_t, INT16_MIN, INT16_MAX) \
    X(I32, int32_t, uint32_t, INT32_MIN, INT32_MAX) \
    X(I64, int64_t, uint64_t, INT64_MIN, INT64_MAX)
#define SP__UNSIGNED_TYPES(X)                 \
    X(U8, uint8_t, uint32_t, 0, UINT8_MAX)    \
    X(U16, uint16_t, uint32_t, 0, UINT16_MAX) \
    X(U32, uint32_t, uint32_t, 0, UINT32_MAX) \
    X(U64, uint64_t, uint64_t, 0, UINT64_MAX)
#define SP__INT_TYPES(X) SP__SIGNED_TYPES(X) SP__UNSIGNED_TYPES(X)

/* Bytes of an element, 0 for a value outside the enum. */
static inline int64_t sp__bytes(sp_dtype dtype) { return (int64_t)sp_dtype_size(dtype); }

static inline const void *sp__at(const void *p, int64_t bytes) { return (const char *)p + bytes; }
static inline void *sp__at_mut(void *p, int64_t bytes) { return (char *)p + bytes; }

/* ---- sharing work between threads (parallel.c) ---- */

/* Calls body(arg, begin, end) on ranges that together are [0, n), one per thread, cut at multiples of grain (> 0).
 * `work` is the number of elementary operations in all. Called from within a body it uses one thread. */
typedef void (*sp__range)(const void *arg, int64_t begin, int64_t end);
void sp__for(int64_t n, int64_t grain, int64_t work, sp__range body, const void *arg);

/* What an element costs, in elementary operations: one is a sum of two floats in the level-2 cache. Measured with
 * bench/kernels.c (AVX2, 0.16 ns for a sum) and rounded; sp__threads_for() divides by them, so a factor of two does no
 * harm. */
#define SP__COST_SUM    2  /* reductions: sums are in double                                 */
#define SP__COST_HALF   4  /* to and from 16 bits, floats to integers                        */
#define SP__COST_NORM   4  /* a row's mean and variance, and their use                       */
#define SP__COST_MATH   8  /* exp, log, tanh as vector code, and what is made of one of them */
#define SP__COST_SCAN   12 /* chains: cumulative sums, positions of extremes                 */
#define SP__COST_RANDOM 14 /* Philox                                                         */
#define SP__COST_ERF    16 /* erf, GELU, softplus and their gradients as vector code         */
#define SP__COST_LIBM   50 /* a call of libm                                                 */
/* Elements that are never split between threads: a few cache lines. */
#define SP__GRAIN 256

/* ---- walking a broadcast (broadcast.c) ---- */

/* Rows (all dimensions but the last) in order, with each operand's offset in elements. */
typedef struct sp__walk {
    const sp__bcast *plan;
    int64_t index[SP_MAX_RANK];
    int64_t a, b, c;
} sp__walk;

/* At the given row. */
void sp__walk_start(sp__walk *w, const sp__bcast *plan, int64_t row);
void sp__walk_next(sp__walk *w);

/* Drops dimensions of 1 and merges neighbours whose strides allow it in each of `count` operands; returns the new
 * rank, at least 1. A dimension of 0 stays. */
int sp__merge(int rank, int64_t *dim, int64_t *const *stride, int count);

/* One row of a two-operand loop: y[i] = a[i sa] f b[i sb], y dense. */
typedef void (*sp__row2)(void *y, const void *a, int64_t sa, const void *b, int64_t sb, int64_t n);
/* Runs f over the plan; ey, ex: bytes of an element of y and of a, b; cost: operations per element. */
void sp__k_rows2(sp__row2 f, const sp__bcast *plan, void *y, int64_t ey, const void *a, const void *b, int64_t ex,
                 int64_t cost);

/* ---- sliding windows (convolution, pooling) ---- */

/* Outputs [begin, end) for which one place of the window meets the input, and the input it meets at begin. */
typedef struct sp__span {
    int64_t begin, end, first;
} sp__span;

/* o with 0 <= o stride + offset < size, o < outputs */
static inline sp__span sp__valid(int64_t outputs, int64_t size, int64_t stride, int64_t offset)
{
    int64_t begin = offset < 0 ? (-offset + stride - 1) / stride : 0;
    int64_t end = size > offset ? SP__MIN((size - offset - 1) / stride + 1, outputs) : 0;
    return (sp__span){SP__MIN(begin, outputs), SP__MAX(end, 0), begin * stride + offset};
}

#endif
