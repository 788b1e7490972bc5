/* gemm_ep.c: a product with an epilogue, as passes over the result. */
#include "kernels/loops.h"

bool sp__k_gemm_ep(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C, const sp__epilogue *e)
{
    if (!sp__k_gemm(dtype, g, A, B, C))
        return false;
    if (!e)
        return true;
    if (e->bias || e->act != SP__UNARY_COUNT_)
        sp__k_bias_act(e->act, dtype, C, C, e->bias, g->M, g->N, 1);
    return !e->mask || sp__k_unary_grad(SP__RELU, dtype, C, C, e->mask, g->M * g->N);
}
