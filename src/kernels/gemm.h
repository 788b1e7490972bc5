/* kernels/gemm.h: the inner tiles of the portable matrix product, one table entry per instruction set. */
#ifndef SP_KERNELS_GEMM_H
#define SP_KERNELS_GEMM_H

#include "kernels/kernels.h"

/* Largest tile of any entry, in rows and in bytes of a row. */
enum { SP__TILE_ROWS = 8, SP__TILE_BYTES = 128 };

/* acc (rows, cols) = A B over K:  A[i][k] at a[i rs + k cs], B packed (K, cols). All of A's rows are read. */
typedef struct sp__tile {
    int rows, cols;
    void (*f32)(float *acc, const float *a, int64_t rs, int64_t cs, const float *b, int64_t K);
    void (*f64)(double *acc, const double *a, int64_t rs, int64_t cs, const double *b, int64_t K);
} sp__tile;

/* The best for this CPU and type (F32 or F64). */
const sp__tile *sp__k_tile(sp_dtype dtype);

#endif
