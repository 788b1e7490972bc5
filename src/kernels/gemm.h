/* kernels/gemm.h: the inner tiles of our own matrix product, one table entry per instruction set. */
#ifndef SP_KERNELS_GEMM_H
#define SP_KERNELS_GEMM_H

#include "kernels/kernels.h"

/* Largest tile of any entry, in rows and in bytes of a row. */
enum { SP__TILE_ROWS = 14, SP__TILE_BYTES = 128 };

/* Rows of L for a tile: element (i,k) at at[i row + k k]. Meanwhile what lies at ahead, ahead + pace, ahead + 2 pace, ...
 * is fetched into the cache, a step with each k: bytes of any memory or none. */
typedef struct sp__left_f32 {
    const float *at;
    int64_t row, k;
    const char *ahead;
    int64_t pace;
} sp__left_f32;
typedef struct sp__left_f64 {
    const double *at;
    int64_t row, k;
    const char *ahead;
    int64_t pace;
} sp__left_f64;

/* c (rows, cols) = alpha l r + beta c over K, kept in registers while K goes by; with beta 0 c is not read. r: row k at
 * r + k rs, cols elements side by side; c: row i at c + i ldc. Each sum starts at 0 and adds k = 0, 1, ... in turn, with
 * fused multiply-add (plain C: two roundings). */
#define SP__TILE_ARGS(T, LEFT) const LEFT *l, const T *r, int64_t rs, int64_t K, T *c, int64_t ldc, T alpha, T beta
typedef void (*sp__tile_f32)(SP__TILE_ARGS(float, sp__left_f32));
typedef void (*sp__tile_f64)(SP__TILE_ARGS(double, sp__left_f64));

/* out[i] = x (K) . row i of w, i < n: for products of few rows. Each sum is cut in the same way, whatever n. */
typedef void (*sp__dots_f32)(const float *x, const float *w, int64_t row, int64_t n, int64_t K, float *out);
typedef void (*sp__dots_f64)(const double *x, const double *w, int64_t row, int64_t n, int64_t K, double *out);

/* f32[n], f64[n]: the kernel for n rows, NULL where there is none; there is one for 1 row and for `rows`. */
typedef struct sp__tile {
    const char *name;
    int rows, cols; /* cols: of floats; half as many doubles */
    sp__tile_f32 f32[SP__TILE_ROWS + 1];
    sp__tile_f64 f64[SP__TILE_ROWS + 1];
    sp__dots_f32 dots_f32;
    sp__dots_f64 dots_f64;
} sp__tile;

/* The one in use: the best for this CPU unless a test has chosen. */
const sp__tile *sp__k_tile(void);

/* For tests: "plain", "avx2", "avx512", "neon", NULL for the best. False, and nothing changes, if this build or CPU has
 * no such tile. Process-wide. */
bool sp__k_tile_use(const char *name);

/* Our own product, sizes and K > 0; e may be NULL (gemm_own.c). */
void sp__k_gemm_own(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C, const sp__epilogue *e);

/* Our own product of few rows by weights stored as (N,K), or of a matrix by a column: false where it is neither
 * (gemm_few.c). */
bool sp__k_gemm_few(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C, const sp__epilogue *e);

/* What e asks for after the product, on C's rows i .. i+m, columns j .. j+n (gemm.c). */
void sp__k_gemm_finish(sp_dtype dtype, const sp__gemm *g, void *C, const sp__epilogue *e, int64_t i, int64_t m,
                       int64_t j, int64_t n);

#endif
