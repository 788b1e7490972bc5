/* gemm_few.c: products of few rows: dot products with the rows of weights stored as (N,K), each of which is read once. Also
 * a matrix by a column. What such a product costs is the reading of the weights: a few rows of them are taken at a time,
 * for all rows of x. */
#include "kernels/gemm.h"
#include "kernels/loops.h"

enum {
    AT_ONCE = 32,      /* rows of the weights whose results are finished together                    */
    PER_OPERATION = 2, /* products that cost as much as one operation of sp__threads_for()           */
};

/* y (m,n) = alpha x . w + beta y; x (m,K), w (n,K); y's element (i,j) at y[i yi + j yj] */
typedef struct few_job {
    sp_dtype dtype;
    const sp__gemm *g;
    const sp__epilogue *e;
    const sp__tile *tile;
    const void *x, *w;
    void *y;
    bool turned; /* y's rows are C's columns */
    int64_t m, row_x, row_w, yi, yj;
} few_job;

#define FEW(D, T, DOTS)                                                                                      \
    static void few_range_##D(const void *arg, int64_t begin, int64_t end)                                   \
    {                                                                                                        \
        const few_job *j = arg;                                                                              \
        const T alpha = (T)j->g->alpha, beta = (T)j->g->beta, *x = j->x, *w = j->w;                          \
        for (int64_t at = begin; at < end; at += AT_ONCE) {                                                  \
            const int64_t n = SP__MIN(AT_ONCE, end - at);                                                    \
            for (int64_t q = 0; q < n; q += 4)                                                               \
                for (int64_t i = 0; i < j->m; i++) {                                                         \
                    const int64_t count = SP__MIN(4, n - q);                                                 \
                    T sum[4], *y = (T *)j->y + i * j->yi + (at + q) * j->yj;                                 \
                    j->tile->DOTS(x + i * j->row_x, w + (at + q) * j->row_w, j->row_w, count, j->g->K, sum); \
                    for (int64_t k = 0; k < count; k++)                                                      \
                        y[k * j->yj] = alpha * sum[k] + (beta == 0 ? 0 : beta * y[k * j->yj]);               \
                }                                                                                            \
            if (j->e && j->turned)                                                                           \
                sp__k_gemm_finish(j->dtype, j->g, j->y, j->e, at, n, 0, 1);                                  \
            else if (j->e)                                                                                   \
                sp__k_gemm_finish(j->dtype, j->g, j->y, j->e, 0, j->m, at, n);                               \
        }                                                                                                    \
    }
FEW(F32, float, dots_f32)
FEW(F64, double, dots_f64)

bool sp__k_gemm_few(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C, const sp__epilogue *e)
{
    const sp__tile *tile = sp__k_tile();
    const int64_t cols = dtype == SP_F32 ? tile->cols : tile->cols / 2;
    few_job j = {.dtype = dtype, .g = g, .e = e, .tile = tile, .y = C};
    const bool a_row = !g->ta || (g->M == 1 && g->lda == 1); /* its rows lie side by side, element by element */
    const bool b_row = g->tb || (g->N == 1 && g->ldb == 1);
    if (!a_row || !b_row)
        return false;
    j.turned = g->N == 1 && g->M > 1;
    if (!j.turned && 2 * g->M > cols)
        return false;
    const int64_t row_a = g->ta ? g->K : g->lda, row_b = g->tb ? g->ldb : g->K;
    if (j.turned)
        j.x = B, j.w = A, j.m = 1, j.row_x = row_b, j.row_w = row_a, j.yi = 1, j.yj = g->ldc;
    else
        j.x = A, j.w = B, j.m = g->M, j.row_x = row_a, j.row_w = row_b, j.yi = g->ldc, j.yj = 1;
    sp__for(j.turned ? g->M : g->N, AT_ONCE, SP__MAX(g->M * g->N * g->K / PER_OPERATION, 1),
            dtype == SP_F32 ? few_range_F32 : few_range_F64, &j);
    return true;
}
