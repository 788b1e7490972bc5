/* gemm_tile.c: acc = A B for a tile that stays in registers. Plain C, and x86's AVX2 and AVX-512 with fused
 * multiply-add, chosen at run time. rows * cols accumulators, one broadcast of A and cols/width loads of B per step
 * of K. */
#include <string.h>

#include "kernels/gemm.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <immintrin.h>
#define HAVE_X86 1
#endif

enum { PLAIN_ROWS = 4, PLAIN_COLS = 8 };

#define PLAIN(T, name)                                                                  \
    static void name(T *acc, const T *a, int64_t rs, int64_t cs, const T *b, int64_t K) \
    {                                                                                   \
        T sum[PLAIN_ROWS][PLAIN_COLS] = {{0}};                                          \
        for (int64_t k = 0; k < K; k++, a += cs, b += PLAIN_COLS)                       \
            for (int i = 0; i < PLAIN_ROWS; i++)                                        \
                for (int j = 0; j < PLAIN_COLS; j++)                                    \
                    sum[i][j] += a[i * rs] * b[j];                                      \
        memcpy(acc, sum, sizeof sum);                                                   \
    }
PLAIN(float, plain_f32)
PLAIN(double, plain_f64)

#ifdef HAVE_X86

/* ROWS x 2 vectors of W elements. The loops over i have constant bounds and are unrolled into registers. */
#define TILE(name, isa, T, V, W, ROWS, ZERO, LOAD, SPREAD, FMA, STORE)                                               \
    __attribute__((target(isa))) static void name(T *acc, const T *a, int64_t rs, int64_t cs, const T *b, int64_t K) \
    {                                                                                                                \
        V left[ROWS], right[ROWS];                                                                                   \
        for (int i = 0; i < ROWS; i++)                                                                               \
            left[i] = right[i] = ZERO();                                                                             \
        for (int64_t k = 0; k < K; k++, a += cs, b += 2 * (W)) {                                                     \
            V b0 = LOAD(b), b1 = LOAD(b + (W));                                                                      \
            for (int i = 0; i < ROWS; i++) {                                                                         \
                V v = SPREAD(a[i * rs]);                                                                             \
                left[i] = FMA(v, b0, left[i]);                                                                       \
                right[i] = FMA(v, b1, right[i]);                                                                     \
            }                                                                                                        \
        }                                                                                                            \
        for (int i = 0; i < ROWS; i++) {                                                                             \
            STORE(acc + i * 2 * (W), left[i]);                                                                       \
            STORE(acc + i * 2 * (W) + (W), right[i]);                                                                \
        }                                                                                                            \
    }
TILE(avx2_f32, "avx2,fma", float, __m256, 8, 6, _mm256_setzero_ps, _mm256_load_ps, _mm256_set1_ps, _mm256_fmadd_ps,
     _mm256_store_ps)
TILE(avx2_f64, "avx2,fma", double, __m256d, 4, 6, _mm256_setzero_pd, _mm256_load_pd, _mm256_set1_pd, _mm256_fmadd_pd,
     _mm256_store_pd)
TILE(avx512_f32, "avx512f", float, __m512, 16, 8, _mm512_setzero_ps, _mm512_load_ps, _mm512_set1_ps, _mm512_fmadd_ps,
     _mm512_store_ps)
TILE(avx512_f64, "avx512f", double, __m512d, 8, 8, _mm512_setzero_pd, _mm512_load_pd, _mm512_set1_pd, _mm512_fmadd_pd,
     _mm512_store_pd)

#endif

const sp__tile *sp__k_tile(sp_dtype dtype)
{
    static const sp__tile plain = {PLAIN_ROWS, PLAIN_COLS, plain_f32, plain_f64};
#ifdef HAVE_X86
    static const sp__tile avx512[2] = {{8, 32, avx512_f32, NULL}, {8, 16, NULL, avx512_f64}};
    static const sp__tile avx2[2] = {{6, 16, avx2_f32, NULL}, {6, 8, NULL, avx2_f64}};
    if (__builtin_cpu_supports("avx512f"))
        return &avx512[dtype == SP_F64];
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &avx2[dtype == SP_F64];
#endif
    (void)dtype;
    return &plain;
}
