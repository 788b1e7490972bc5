/* onednn.c: oneDNN behind the table of backend.h. */
#ifdef _OPENMP
#include <omp.h>
#endif

#include "kernels/onednn/onednn.h"

/* ---- signals ---- */

/* All but those that a thread's own fault raises. */
static void hold_signals(sigset_t *before)
{
    sigset_t held;
    sigfillset(&held);
    sigdelset(&held, SIGSEGV);
    sigdelset(&held, SIGBUS);
    sigdelset(&held, SIGFPE);
    sigdelset(&held, SIGILL);
    sigdelset(&held, SIGTRAP);
    sigdelset(&held, SIGABRT);
    pthread_sigmask(SIG_BLOCK, &held, before);
}

#ifdef _OPENMP
/* The other threads of this thread's team, for good. They stay the same as long as there are not more of them. */
static void hold_signals_in_team(int threads)
{
    static _Thread_local int held;
    if (threads <= held)
        return;
#pragma omp parallel num_threads(threads)
    {
        if (omp_get_thread_num() > 0)
            hold_signals(NULL);
    }
    held = threads;
}
#endif

/* ---- calls ---- */

sp__onednn_call sp__onednn_begin(int64_t work)
{
    sp__onednn_call before;
    int wanted = sp__threads_for(work);
    hold_signals(&before.signals); /* threads that OpenMP makes from here on begin with these held */
#ifdef _OPENMP
    before.threads = omp_get_max_threads();
    /* oneDNN 2.6 divides a product among the threads it asks for; with fewer of them parts of it stay undone. */
    if (omp_get_dynamic())
        wanted = 1;
    else if (wanted > omp_get_thread_limit())
        wanted = omp_get_thread_limit();
    if (wanted != before.threads)
        omp_set_num_threads(wanted);
    hold_signals_in_team(wanted);
#else
    before.threads = wanted;
#endif
    return before;
}

void sp__onednn_end(const sp__onednn_call *before)
{
#ifdef _OPENMP
    if (omp_get_max_threads() != before->threads)
        omp_set_num_threads(before->threads);
#endif
    pthread_sigmask(SIG_SETMASK, &before->signals, NULL);
}

static bool gemm_f32(const sp__gemm *g, const float *A, const float *B, float *C)
{
    sp__onednn_call before = sp__onednn_begin(g->M * g->N * g->K);
    dnnl_status_t status = dnnl_sgemm(g->ta ? 'T' : 'N', g->tb ? 'T' : 'N', g->M, g->N, g->K, (float)g->alpha, A,
                                      g->lda, B, g->ldb, (float)g->beta, C, g->ldc);
    sp__onednn_end(&before);
    return status == dnnl_success;
}

/* ---- the table ---- */

#ifdef SPORE_LAZY_ONEDNN
SP__LIBRARY_DEFINE(library, ONEDNN, onednn);

static bool load(void) { return sp__library_load(&library); }
#endif

const sp__backend sp__onednn = {
    .name = "onednn",
#ifdef SPORE_LAZY_ONEDNN
    .load = load,
#endif
    .gemm_f32 = gemm_f32,
    .conv_supports = sp__onednn_conv_supports,
    .conv = sp__onednn_conv,
    .conv_grad_input = sp__onednn_conv_grad_input,
    .conv_grad_weight = sp__onednn_conv_grad_weight,
    .gemm_bf16 = sp__onednn_gemm_bf16,
    .conv_bf16 = sp__onednn_conv_bf16,
};
