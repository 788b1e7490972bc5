/* onednn.c: oneDNN behind the table of backend.h. */
#ifdef _OPENMP
#include <omp.h>
#endif

#include "kernels/onednn/onednn.h"

int sp__onednn_threads_begin(int64_t work)
{
    int wanted = sp__threads_for(work);
#ifdef _OPENMP
    int usual = omp_get_max_threads();
    /* oneDNN 2.6 divides a product among the threads it asks for; with fewer of them parts of it stay undone. */
    if (omp_get_dynamic())
        wanted = 1;
    else if (wanted > omp_get_thread_limit())
        wanted = omp_get_thread_limit();
    if (wanted != usual)
        omp_set_num_threads(wanted);
    return usual;
#else
    return wanted;
#endif
}

void sp__onednn_threads_end(int usual)
{
#ifdef _OPENMP
    if (omp_get_max_threads() != usual)
        omp_set_num_threads(usual);
#else
    (void)usual;
#endif
}

static bool gemm_f32(const sp__gemm *g, const float *A, const float *B, float *C)
{
    int usual = sp__onednn_threads_begin(g->M * g->N * g->K);
    dnnl_status_t status = dnnl_sgemm(g->ta ? 'T' : 'N', g->tb ? 'T' : 'N', g->M, g->N, g->K, (float)g->alpha, A,
                                      g->lda, B, g->ldb, (float)g->beta, C, g->ldc);
    sp__onednn_threads_end(usual);
    return status == dnnl_success;
}

const sp__backend sp__onednn = {
    .name = "onednn",
    .gemm_f32 = gemm_f32,
    .conv_supports = sp__onednn_conv_supports,
    .conv = sp__onednn_conv,
    .conv_grad_input = sp__onednn_conv_grad_input,
    .conv_grad_weight = sp__onednn_conv_grad_weight,
};
