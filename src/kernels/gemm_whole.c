/* gemm_whole.c: products of integer matrices, modulo 2^bits; signed and unsigned ones are the same. Not for speed. */
#include "kernels/loops.h"

typedef struct whole_job {
    const sp__gemm *g;
    const void *A, *B;
    void *C;
} whole_job;

/* Rows [begin, end) of C = op(A) op(B). U is wide enough for products not to overflow as int. */
#define WHOLE(T, U)                                                                            \
    static void rows_##T(const void *arg, int64_t begin, int64_t end)                          \
    {                                                                                          \
        const whole_job *j = arg;                                                              \
        const sp__gemm *g = j->g;                                                              \
        const T *A = j->A, *B = j->B;                                                          \
        for (int64_t m = begin; m < end; m++) {                                                \
            T *c = (T *)j->C + m * g->ldc;                                                     \
            memset(c, 0, (size_t)g->N * sizeof(T));                                            \
            for (int64_t k = 0; k < g->K; k++) {                                               \
                const U a = g->ta ? A[k * g->lda + m] : A[m * g->lda + k];                     \
                for (int64_t n = 0; n < g->N; n++)                                             \
                    c[n] = (T)(c[n] + a * (U)(g->tb ? B[n * g->ldb + k] : B[k * g->ldb + n])); \
            }                                                                                  \
        }                                                                                      \
    }
WHOLE(uint8_t, uint32_t)
WHOLE(uint16_t, uint32_t)
WHOLE(uint32_t, uint32_t)
WHOLE(uint64_t, uint64_t)

bool sp__k_gemm_whole(sp_dtype dtype, const sp__gemm *g, const void *A, const void *B, void *C)
{
    if ((unsigned)dtype >= SP_DTYPE_COUNT_ || sp_dtype_is_float(dtype) || dtype == SP_BOOL || g->alpha != 1 ||
        g->beta != 0)
        return false;
    const whole_job job = {g, A, B, C};
    const int64_t bytes = sp__bytes(dtype);
    sp__for(g->M, 1, g->M * g->N * g->K,
            bytes == 1   ? rows_uint8_t
            : bytes == 2 ? rows_uint16_t
            : bytes == 4 ? rows_uint32_t
                         : rows_uint64_t,
            &job);
    return true;
}
