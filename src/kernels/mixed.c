/* mixed.c: rounding to 16 bits within Float32 and Float64, and who multiplies 16-bit numbers. */
#include "kernels/backend.h"
#include "kernels/loops.h"

/* ---- rounding ---- */

typedef void (*round_loop)(void *y, const void *x, int64_t n);

#define ROUND(D, T, half)                                                          \
    SP__HOT static void round_##D##_to_##half(void *y_, const void *x_, int64_t n) \
    {                                                                              \
        T *y = y_;                                                                 \
        const T *x = x_;                                                           \
        SP__SIMD                                                                   \
        for (int64_t i = 0; i < n; i++)                                            \
            y[i] = (T)sp__##half##_to_f32(sp__##D##_to_##half(x[i]));              \
    }
ROUND(f32, float, bf16)
ROUND(f32, float, f16)
ROUND(f64, double, bf16)
ROUND(f64, double, f16)

typedef struct round_job {
    round_loop loop;
    void *y;
    const void *x;
    int64_t size;
} round_job;

static void round_range(const void *arg, int64_t begin, int64_t end)
{
    const round_job *j = arg;
    j->loop(sp__at_mut(j->y, begin * j->size), sp__at(j->x, begin * j->size), end - begin);
}

bool sp__k_round(sp_dtype narrow, sp_dtype dtype, void *y, const void *x, int64_t n)
{
    const bool bf16 = narrow == SP_BF16, single = dtype == SP_F32;
    if ((!bf16 && narrow != SP_F16) || (!single && dtype != SP_F64))
        return false;
    const round_job job = {bf16 ? (single ? round_f32_to_bf16 : round_f64_to_bf16)
                                : (single ? round_f32_to_f16 : round_f64_to_f16),
                           y, x, sp__bytes(dtype)};
    sp__for(n, SP__GRAIN, n * SP__COST_HALF, round_range, &job);
    return true;
}

/* ---- products ---- */

bool sp__k_gemm_narrow(sp_dtype narrow, const sp__gemm *g, const float *A, const float *B, float *C)
{
    if (narrow != SP_BF16)
        return false;
    const sp__backend *backend = sp__k_backend_table();
    return backend->gemm_bf16 && backend->gemm_bf16(g, A, B, C);
}

bool sp__k_conv_narrow(sp_dtype narrow, const sp__conv *c, sp__conv_pass pass, float *y, const float *a, const float *b)
{
    if (narrow != SP_BF16)
        return false;
    const sp__backend *backend = sp__k_backend_table();
    return backend->conv_bf16 && backend->conv_bf16(c, pass, y, a, b);
}
