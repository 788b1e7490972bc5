/* gemm.c: C = alpha op(A) op(B) + beta C, blocked for the caches.
 *
 *          n0 .. n0+NC                       C is cut into tasks of MC x NC, which threads share. In a task K is taken
 *        +------+                            DEPTH at a time: that part of B is copied into strips as wide as a register
 *   K    | B    |     packed once per task   tile, each strip of A into a small buffer, and the tile's product is added
 *        +------+                            to C. Every element of C is summed in the same order, whatever the
 *   +--+ +------+                            number of tasks and threads.
 *   |A | | C    | m0 .. m0+MC
 *   +--+ +------+     The buffers are on the stack: about 140 KiB. */
#include "kernels/backend.h"
#include "kernels/gemm.h"
#include "kernels/loops.h"

enum {
    DEPTH = 256,      /* of K at a time                                                                     */
    TASK_ROWS = 240,  /* MC: a multiple of every tile's rows                                                */
    TASK_BYTES = 512, /* NC in bytes: 128 floats; DEPTH * this is B's buffer                                */
    ROW_PAD = 64,     /* bytes between A's rows in its buffer, so that they fall on different cache sets    */
};

typedef struct gemm_job {
    const sp__gemm *g;
    const sp__tile *tile;
    const void *A, *B;
    void *C;
    int64_t tasks_n; /* tasks along N */
} gemm_job;

/* One type's code. lda and ldb with their flags become strides: element (i,k) of op(A) at A[i ra + k ca]. */
#define GEMM(T, F)                                                                                                    \
    /* strips of `cols` columns of op(B) (K, n), zeros beyond n: out (ceil(n / cols), K, cols) */                     \
    static void pack_b_##F(T *restrict out, const T *restrict B, int64_t rb, int64_t cb, int64_t K, int64_t n,        \
                           int64_t cols)                                                                              \
    {                                                                                                                 \
        for (int64_t j0 = 0; j0 < n; j0 += cols, out += K * cols) {                                                   \
            int64_t width = SP__MIN(cols, n - j0);                                                                    \
            if (cb == 1 && width == cols) {                                                                           \
                for (int64_t k = 0; k < K; k++)                                                                       \
                    memcpy(out + k * cols, B + k * rb + j0, (size_t)cols * sizeof(T));                                \
                continue;                                                                                             \
            }                                                                                                         \
            memset(out, 0, (size_t)(K * cols) * sizeof(T));                                                           \
            for (int64_t j = 0; j < width; j++)                                                                       \
                for (int64_t k = 0; k < K; k++)                                                                       \
                    out[k * cols + j] = B[k * rb + (j0 + j) * cb];                                                    \
        }                                                                                                             \
    }                                                                                                                 \
                                                                                                                      \
    /* `rows` rows of op(A) (m, K), zeros beyond m; kept the way round they are stored. Sets the buffer's strides. */ \
    static void pack_a_##F(T *restrict out, const T *restrict A, int64_t ra, int64_t ca, int64_t m, int64_t K,        \
                           int64_t rows, int64_t *rs, int64_t *cs)                                                    \
    {                                                                                                                 \
        bool by_row = ca == 1;                                                                                        \
        *rs = by_row ? DEPTH + ROW_PAD / (int64_t)sizeof(T) : 1;                                                      \
        *cs = by_row ? 1 : rows;                                                                                      \
        if (m < rows)                                                                                                 \
            memset(out, 0, (size_t)(by_row ? rows * *rs : rows * K) * sizeof(T));                                     \
        if (by_row)                                                                                                   \
            for (int64_t i = 0; i < m; i++)                                                                           \
                memcpy(out + i * *rs, A + i * ra, (size_t)K * sizeof(T));                                             \
        else                                                                                                          \
            for (int64_t k = 0; k < K; k++)                                                                           \
                for (int64_t i = 0; i < m; i++)                                                                       \
                    out[k * rows + i] = A[i * ra + k * ca];                                                           \
    }                                                                                                                 \
                                                                                                                      \
    /* C (m, n) = alpha acc + beta C; acc has rows of cols elements. beta 0 and 1 without reading, multiplying. */    \
    static void update_##F(T *restrict C, int64_t ldc, const T *restrict acc, int64_t cols, int64_t m, int64_t n,     \
                           T alpha, T beta)                                                                           \
    {                                                                                                                 \
        for (int64_t i = 0; i < m; i++, C += ldc, acc += cols) {                                                      \
            if (beta == 0)                                                                                            \
                for (int64_t j = 0; j < n; j++)                                                                       \
                    C[j] = alpha * acc[j];                                                                            \
            else                                                                                                      \
                for (int64_t j = 0; j < n; j++)                                                                       \
                    C[j] = alpha * acc[j] + beta * C[j];                                                              \
        }                                                                                                             \
    }                                                                                                                 \
                                                                                                                      \
    /* C (m, n) of one task */                                                                                        \
    static void task_##F(const gemm_job *j, int64_t m0, int64_t m, int64_t n0, int64_t n)                             \
    {                                                                                                                 \
        const sp__gemm *g = j->g;                                                                                     \
        const int64_t rows = j->tile->rows, cols = j->tile->cols;                                                     \
        const int64_t ra = g->ta ? 1 : g->lda, ca = g->ta ? g->lda : 1;                                               \
        const int64_t rb = g->tb ? 1 : g->ldb, cb = g->tb ? g->ldb : 1;                                               \
        _Alignas(64) T b[DEPTH * TASK_BYTES / sizeof(T)];                                                             \
        _Alignas(64) T a[SP__TILE_ROWS * (DEPTH + ROW_PAD / sizeof(T))];                                              \
        _Alignas(64) T acc[SP__TILE_ROWS * SP__TILE_BYTES / sizeof(T)];                                               \
        for (int64_t k0 = 0; k0 < g->K; k0 += DEPTH) {                                                                \
            int64_t K = SP__MIN(DEPTH, g->K - k0);                                                                    \
            T beta = k0 == 0 ? (T)g->beta : 1;                                                                        \
            pack_b_##F(b, (const T *)j->B + k0 * rb + n0 * cb, rb, cb, K, n, cols);                                   \
            for (int64_t i = 0; i < m; i += rows) {                                                                   \
                int64_t height = SP__MIN(rows, m - i), rs, cs;                                                        \
                pack_a_##F(a, (const T *)j->A + (m0 + i) * ra + k0 * ca, ra, ca, height, K, rows, &rs, &cs);          \
                for (int64_t c = 0; c < n; c += cols) {                                                               \
                    j->tile->F(acc, a, rs, cs, b + c * K, K);                                                         \
                    update_##F((T *)j->C + (m0 + i) * g->ldc + n0 + c, g->ldc, acc, cols, height,                     \
                               SP__MIN(cols, n - c), (T)g->alpha, beta);                                              \
                }                                                                                                     \
            }                                                                                                         \
        }                                                                                                             \
    }                                                                                                                 \
                                                                                                                      \
    static void gemm_range_##F(const void *arg, int64_t begin, int64_t end)                                           \
    {                                                                                                                 \
        const gemm_job *j = arg;                                                                                      \
        const int64_t task_cols = TASK_BYTES / (int64_t)sizeof(T);                                                    \
        for (int64_t t = begin; t < end; t++) {                                                                       \
            int64_t m0 = t / j->tasks_n * TASK_ROWS, n0 = t % j->tasks_n * task_cols;                                 \
            task_##F(j, m0, SP__MIN(TASK_ROWS, j->g->M - m0), n0, SP__MIN(task_cols, j->g->N - n0));                  \
        }                                                                                                             \
    }
GEMM(float, f32)
GEMM(double, f64)

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
