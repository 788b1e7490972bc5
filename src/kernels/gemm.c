/* gemm.c: matrix products: who computes them, what is done to their results, batches of them. Our own kernels are in
 * gemm_own.c. */
#include "kernels/gemm.h"
#include "kernels/backend.h"
#include "kernels/loops.h"

enum { SMALL_PRODUCT = 1 << 18, LARGE_SIDE = 768 };

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

/* ---- epilogues ---- */

/* y (m,n) = mask(act(y + b)); ReLU or no activation, each part may be left out. Rows are short where a product is turned,
 * so a block is one call. */
#define BLOCK(D, T)                                                                                                \
    SP__HOT static void block_##D(T *y, int64_t ldy, const T *b, bool relu, const T *mask, int64_t ldm, int64_t m, \
                                  int64_t n)                                                                       \
    {                                                                                                              \
        for (int64_t r = 0; r < m; r++, y += ldy) {                                                                \
            if (b)                                                                                                 \
                SP__SIMD                                                                                           \
            for (int64_t i = 0; i < n; i++)                                                                        \
                y[i] = y[i] + b[i];                                                                                \
            if (relu)                                                                                              \
                SP__SIMD                                                                                           \
            for (int64_t i = 0; i < n; i++)                                                                        \
                y[i] = (T)0 > y[i] ? (T)0 : y[i];                                                                  \
            if (mask)                                                                                              \
                SP__SIMD                                                                                           \
            for (int64_t i = 0; i < n; i++)                                                                        \
                y[i] = mask[r * ldm + i] <= 0 ? (T)0 : y[i];                                                       \
        }                                                                                                          \
    }
BLOCK(F32, float)
BLOCK(F64, double)

/* Bias, ReLU and mask of a block, whichever are there; bias and mask at its corner. */
static void block(sp_dtype dtype, const sp__gemm *g, void *y, const void *bias, bool relu, const void *mask,
                  int64_t ldm, int64_t m, int64_t n)
{
    if (!bias && !relu && !mask)
        return;
    if (dtype == SP_F32)
        block_F32(y, g->ldc, bias, relu, mask, ldm, m, n);
    else
        block_F64(y, g->ldc, bias, relu, mask, ldm, m, n);
}

void sp__k_gemm_finish(sp_dtype dtype, const sp__gemm *g, void *C, const sp__epilogue *e, int64_t i, int64_t m,
                       int64_t j, int64_t n)
{
    const int64_t size = sp__bytes(dtype);
    void *y = sp__at_mut(C, (i * g->ldc + j) * size);
    const void *bias = e->bias ? sp__at(e->bias, j * size) : NULL;
    const void *mask = e->mask ? sp__at(e->mask, (i * e->ldmask + j) * size) : NULL;
    const bool simple = e->act == SP__UNARY_COUNT_ || e->act == SP__RELU;
    block(dtype, g, y, bias, e->act == SP__RELU, simple ? mask : NULL, e->ldmask, m, n);
    if (simple)
        return;
    for (int64_t r = 0; r < m; r++)
        sp__k_unary(e->act, dtype, sp__at_mut(y, r * g->ldc * size), sp__at(y, r * g->ldc * size), n);
    block(dtype, g, y, NULL, false, mask, e->ldmask, m, n);
}

typedef struct finish_job {
    sp_dtype dtype;
    const sp__gemm *g;
    void *C;
    const sp__epilogue *e;
} finish_job;

static void finish_range(const void *arg, int64_t begin, int64_t end)
{
    const finish_job *j = arg;
    sp__k_gemm_finish(j->dtype, j->g, j->C, j->e, begin, end - begin, 0, j->g->N);
}

static void finish(sp_dtype dtype, const sp__gemm *g, void *C, const sp__epilogue *e)
{
    const finish_job job = {dtype, g, C, e};
    const int64_t cost = e->act == SP__UNARY_COUNT_ || e->act == SP__RELU ? 1 : SP__COST_MATH;
    if (e->bias || e->mask || e->act != SP__UNARY_COUNT_)
        sp__for(g->M, 1, g->M * g->N * cost, finish_range, &job);
}

/* ---- who computes ---- */

/* Whether our own kernels are the faster ones here, unless a backend was asked for by name. Measured with AVX2 (Zen 3, two
 * threads, in turn with dnnl_sgemm of oneDNN 2.6, several times on a machine whose speed drifts): the tutorial's eight
 * products together 1.06 to 1.27 times as fast, single ones 0.6 (64x512x10) to 1.8; squares of 256 and 512 0.9 to 1.5;
 * of 1024 and 2048 0.76 to 1.0, so those stay oneDNN's. Not measured: with AVX-512 oneDNN's are taken to be close to the
 * limit, and ours for what is so small that preparation dominates; with NEON ours. Without vectors, ours are last. */
static bool own_is_faster(const sp__gemm *g)
{
    const char *tile = sp__k_tile()->name;
    if (strcmp(tile, "avx512") == 0)
        return g->M * g->N * g->K < SMALL_PRODUCT;
    return strcmp(tile, "plain") != 0 && SP__MIN(SP__MIN(g->M, g->N), g->K) < LARGE_SIDE;
}

/* The backend is asked for, and loaded, only where it is wanted. */
static bool by_backend(const sp__gemm *g, const float *A, const float *B, float *C)
{
    if (!sp__k_backend_asked() && own_is_faster(g))
        return false;
    const sp__backend *backend = sp__k_backend_table();
    return backend->gemm_f32 && backend->gemm_f32(g, A, B, C);
}

bool sp__k_gemm_ep(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C, const sp__epilogue *e)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    if (g->M == 0 || g->N == 0)
        return true;
    if (g->K == 0 || g->alpha == 0)
        scale_c(dtype, g, C);
    else if (dtype != SP_F32 || !by_backend(g, A, B, C)) {
        if (!sp__k_gemm_few(dtype, g, A, B, C, e))
            sp__k_gemm_own(dtype, g, A, B, C, e);
        return true;
    }
    if (e)
        finish(dtype, g, C, e);
    return true;
}

bool sp__k_gemm(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C)
{
    return sp_dtype_is_float(dtype) ? sp__k_gemm_ep(dtype, g, A, B, C, NULL) : sp__k_gemm_whole(dtype, g, A, B, C);
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
    if (dtype == SP_F16 || dtype == SP_BF16 || dtype == SP_BOOL)
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
