/* lowp.c: products of arrays rounded to BFloat16, by the processor's own instructions for it (AVX-512 BF16, AMX). Arrays come
 * and go in Float32; the reorders of prepare.c round while they bring them into the order that the primitive wants. */
#include "kernels/onednn/onednn.h"

/* Without such instructions oneDNN would widen each element again, or refuse: our Float32 kernels are faster then. */
static bool processor_has_bf16(void)
{
#if defined(__x86_64__) || defined(_M_X64)
    const unsigned needed = (unsigned)dnnl_cpu_isa_avx512_core_bf16;
    return ((unsigned)dnnl_get_effective_cpu_isa() & needed) == needed;
#else
    return false;
#endif
}

/* A product described as what the cache knows: see SP__PRODUCT. */
static sp__conv_key key_of(const sp__gemm *g)
{
    const sp__conv c = {.N = g->M, .C = g->K, .M = g->N, .pt = g->ta, .pl = g->tb};
    return (sp__conv_key){.c = c, .pass = SP__PRODUCT, .bf16 = 1};
}

static bool in_range(const sp__gemm *g)
{
    const int64_t most = INT32_MAX / 4;
    return g->M >= 1 && g->N >= 1 && g->K >= 1 && g->M <= most && g->N <= most && g->K <= most;
}

bool sp__onednn_gemm_bf16(const sp__gemm *g, const float *A, const float *B, float *C)
{
    if (!in_range(g) || !processor_has_bf16())
        return false;
    return sp__onednn_run(key_of(g), g->M * g->N * g->K, (void *[]){sp__read_only(A), sp__read_only(B), C, NULL});
}

bool sp__onednn_conv_bf16(const sp__conv *c, sp__conv_pass pass, float *y, const float *a, const float *b)
{
    if (!sp__onednn_conv_in_range(c) || !processor_has_bf16())
        return false;
    void *const in[] = {sp__read_only(a), sp__read_only(b)};
    void *array[SP__PORTS] = {0};
    array[SP__PORT_X] = pass == SP__CONV_FORWARD ? in[0] : pass == SP__CONV_INPUT ? y : in[1];
    array[SP__PORT_W] = pass == SP__CONV_WEIGHT ? y : in[1];
    array[SP__PORT_Y] = pass == SP__CONV_FORWARD ? y : in[0];
    return sp__onednn_run((sp__conv_key){.c = *c, .pass = pass, .bf16 = 1}, sp__onednn_conv_work(c), array);
}
