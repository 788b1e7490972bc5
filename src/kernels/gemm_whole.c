/* gemm_whole.c: products of integer matrices, modulo 2^bits; signed and unsigned ones are the same. Small, not fast. */
#include "kernels/loops.h"

typedef struct whole_job {
    const sp__gemm *g;
    const void *A, *B;
    void *C;
    int64_t bytes;
} whole_job;

static inline uint64_t get(const void *x, int64_t i, int64_t bytes)
{
    switch (bytes) {
    case 1:
        return ((const uint8_t *)x)[i];
    case 2:
        return ((const uint16_t *)x)[i];
    case 4:
        return ((const uint32_t *)x)[i];
    default:
        return ((const uint64_t *)x)[i];
    }
}

static inline void put(void *x, int64_t i, int64_t bytes, uint64_t v)
{
    switch (bytes) {
    case 1:
        ((uint8_t *)x)[i] = (uint8_t)v;
        break;
    case 2:
        ((uint16_t *)x)[i] = (uint16_t)v;
        break;
    case 4:
        ((uint32_t *)x)[i] = (uint32_t)v;
        break;
    default:
        ((uint64_t *)x)[i] = v;
    }
}

/* Rows [begin, end) of C = op(A) op(B). */
static void rows(const void *arg, int64_t begin, int64_t end)
{
    const whole_job *j = arg;
    const sp__gemm *g = j->g;
    for (int64_t m = begin; m < end; m++)
        for (int64_t n = 0; n < g->N; n++) {
            uint64_t sum = 0;
            for (int64_t k = 0; k < g->K; k++)
                sum += get(j->A, g->ta ? k * g->lda + m : m * g->lda + k, j->bytes) *
                       get(j->B, g->tb ? n * g->ldb + k : k * g->ldb + n, j->bytes);
            put(j->C, m * g->ldc + n, j->bytes, sum);
        }
}

bool sp__k_gemm_whole(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C)
{
    if ((unsigned)dtype >= SP_DTYPE_COUNT_ || sp_dtype_is_float(dtype) || dtype == SP_BOOL || g->alpha != 1 ||
        g->beta != 0)
        return false;
    const whole_job job = {g, A, B, C, sp__bytes(dtype)};
    sp__for(g->M, 1, g->M * g->N * g->K * SP__COST_SCAN, rows, &job);
    return true;
}
