/* gemm.c: C = alpha op(A) op(B) + beta C, blocked for the caches.
 *
 *          n0 .. n0+NC       C is cut into tasks of MC x NC, which threads share. In a task K is taken DEPTH at a time:
 *        +------+            that part of B is copied into strips as wide as a register tile, each strip of A into a
 *   K    |  B   |            small buffer, and the tile's product is added to C. Every element of C is summed in the
 *        +------+            same order, whatever the number of tasks and threads.
 *   +--+ +------+
 *   |A | |  C   | m0 .. m0+MC
 *   +--+ +------+            The buffers are on the stack: about 140 KiB. */
#include "kernels/backend.h"
#include "kernels/gemm.h"
#include "kernels/loops.h"

enum {
    DEPTH = 256,      /* of K at a time                                                                     */
    TASK_ROWS = 240,  /* MC: a multiple of every tile's rows                                                */
    TASK_BYTES = 512, /* NC in bytes: 128 floats; DEPTH * this is B's buffer                                */
    STEP = 16,        /* of K at a time when op(B) is packed across its rows */
    ROW_PAD = 64,     /* bytes between A's rows in its buffer, so that they fall on different cache sets    */
};

typedef struct gemm_job {
    const sp__gemm *g;
    const sp__tile *tile;
    const void *A, *B;
    void *C;
    int64_t tasks_n; /* tasks along N */
} gemm_job;

#define T       float
#define TILE    f32
#define NAME(f) f##_f32
#include "kernels/gemm_loops.h"
#undef T
#undef TILE
#undef NAME
#define T       double
#define TILE    f64
#define NAME(f) f##_f64
#include "kernels/gemm_loops.h"
#undef T
#undef TILE
#undef NAME

/* K = 0 or alpha = 0: C = beta C */
static void scale_c(sp_dtype dtype, const sp__gemm *g, void *C)
{
    for (int64_t i = 0; i < g->M; i++) {
        void *row = sp__at_mut(C, i * g->ldc * sp__bytes(dtype));
        if (g->beta == 0)
            memset(row, 0, (size_t)(g->N * sp__bytes(dtype)));
        else
            sp__k_scale(dtype, row, g->beta, row, g->N);
    }
}

static void portable_gemm(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C)
{
    if (g->K == 0 || g->alpha == 0) {
        scale_c(dtype, g, C);
        return;
    }
    int64_t task_cols = TASK_BYTES / sp__bytes(dtype);
    int64_t tasks_m = (g->M - 1) / TASK_ROWS + 1, tasks_n = (g->N - 1) / task_cols + 1;
    gemm_job job = {g, sp__k_tile(dtype), A, B, C, tasks_n};
    sp__for(tasks_m * tasks_n, 1, g->M * g->N * g->K, dtype == SP_F32 ? gemm_range_f32 : gemm_range_f64, &job);
}

bool sp__k_gemm(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    if (g->M == 0 || g->N == 0)
        return true;
    const sp__backend *backend = sp__k_backend_table();
    if (dtype == SP_F32 && g->K > 0 && backend->gemm_f32 && backend->gemm_f32(g, A, B, C))
        return true;
    portable_gemm(dtype, g, A, B, C);
    return true;
}

/* ---- batches ---- */

typedef struct batch_job {
    sp_dtype dtype;
    const sp__gemm *g;
    const void *A, *B;
    void *C;
    int64_t stride_a, stride_b, stride_c; /* bytes */
} batch_job;

static void batch_range(const void *arg, int64_t begin, int64_t end)
{
    const batch_job *j = arg;
    for (int64_t i = begin; i < end; i++)
        sp__k_gemm(j->dtype, j->g, sp__at(j->A, i * j->stride_a), sp__at(j->B, i * j->stride_b),
                   sp__at_mut(j->C, i * j->stride_c));
}

bool sp__k_gemm_batch(sp_dtype dtype, const sp__gemm *g, const void *A, int64_t stride_a, const void *B,
                      int64_t stride_b, void *C, int64_t stride_c, int64_t batch)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    int64_t e = sp__bytes(dtype), work = g->M * g->N * g->K;
    batch_job job = {dtype, g, A, B, C, stride_a * e, stride_b * e, stride_c * e};
    if (work < (int64_t)1 << 20) /* small ones: a thread takes whole matrices */
        sp__for(batch, 1, work * batch, batch_range, &job);
    else
        batch_range(&job, 0, batch);
    return true;
}

sp__gemm sp__k_gemm_dense(int64_t M, int64_t N, int64_t K, bool ta, bool tb)
{
    return (sp__gemm){
        .M = M, .N = N, .K = K, .ta = ta, .tb = tb, .lda = ta ? M : K, .ldb = tb ? K : N, .ldc = N, .alpha = 1};
}
