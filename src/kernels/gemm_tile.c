/* gemm_tile.c: a tile of a matrix product that stays in registers: plain C, and with fused multiply-add x86's AVX2 and
 * AVX-512 and Arm's NEON, chosen at run time.
 *
 *            r0      r1          two vectors of R; each of L's elements, spread over a vector, meets both. AVX2 has 16
 *   l0  ->  x0      y0           registers: 6 rows (12 sums, 2 vectors of R, 1 spread); the others 32: 14 and 12 rows.
 *   l1  ->  x1      y1           Fewer rows, for the lower edge, are kernels of their own, so that an edge costs what
 *   ...                          it computes. Rows are spelled out by lists, not left to a compiler's unrolling. */
#include <stdatomic.h>
#include <string.h>

#include "kernels/gemm.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <immintrin.h>
#define HAVE_X86 1
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#define HAVE_NEON 1
#endif

/* ---- plain C ---- */

enum { PLAIN_ROWS = 4, PLAIN_COLS = 8 };

/* COLS: 8 floats, 4 doubles: what compilers without further options make vectors of */
#define PLAIN(name, T, LEFT, ROWS, COLS)                                                      \
    static void name(SP__TILE_ARGS(T, LEFT))                                                  \
    {                                                                                         \
        T sum[ROWS][COLS] = {{0}};                                                            \
        for (int64_t k = 0; k < K; k++, r += rs)                                              \
            for (int i = 0; i < (ROWS); i++)                                                  \
                for (int j = 0; j < (COLS); j++)                                              \
                    sum[i][j] += l->at[i * l->row + k * l->k] * r[j];                         \
        for (int i = 0; i < (ROWS); i++)                                                      \
            for (int j = 0; j < (COLS); j++)                                                  \
                c[i * ldc + j] = alpha * sum[i][j] + (beta == 0 ? 0 : beta * c[i * ldc + j]); \
    }
PLAIN(plain_f32, float, sp__left_f32, PLAIN_ROWS, PLAIN_COLS)
PLAIN(plain_f64, double, sp__left_f64, PLAIN_ROWS, PLAIN_COLS / 2)
PLAIN(plain_f32_1, float, sp__left_f32, 1, PLAIN_COLS)
PLAIN(plain_f64_1, double, sp__left_f64, 1, PLAIN_COLS / 2)

#define PLAIN_DOTS(name, T, LANES)                                                      \
    static void name(const T *x, const T *w, int64_t row, int64_t n, int64_t K, T *out) \
    {                                                                                   \
        for (int64_t i = 0; i < n; i++, w += row) {                                     \
            T sum[LANES] = {0}, all = 0;                                                \
            int64_t k = 0;                                                              \
            for (; k + (LANES) <= K; k += (LANES))                                      \
                for (int j = 0; j < (LANES); j++)                                       \
                    sum[j] += x[k + j] * w[k + j];                                      \
            for (; k < K; k++)                                                          \
                all += x[k] * w[k];                                                     \
            for (int j = 0; j < (LANES); j++)                                           \
                all += sum[j];                                                          \
            out[i] = all;                                                               \
        }                                                                               \
    }
PLAIN_DOTS(plain_dots_f32, float, 8)
PLAIN_DOTS(plain_dots_f64, double, 4)

static const sp__tile plain = {
    "plain",
    PLAIN_ROWS,
    PLAIN_COLS,
    {[1] = plain_f32_1, [PLAIN_ROWS] = plain_f32},
    {[1] = plain_f64_1, [PLAIN_ROWS] = plain_f64},
    plain_dots_f32,
    plain_dots_f64,
};

#if defined(HAVE_X86) || defined(HAVE_NEON)

/* ---- vectors: V of W elements of T; the operations come as macros of each instruction set ---- */

/* Row i is at base[step ls], base one of l0, l3, l6, ..: forms that one instruction addresses. */
#define ROWS_1(X) X(0, l0, 0)
#define ROWS_2(X) ROWS_1(X) X(1, l0, 1)
#define ROWS_3(X) ROWS_2(X) X(2, l0, 2)
#define ROWS_4(X) ROWS_3(X) X(3, l3, 0)
#define ROWS_5(X) ROWS_4(X) X(4, l3, 1)
#define ROWS_6(X) ROWS_5(X) X(5, l3, 2)
#define ROWS_8(X)         \
    ROWS_6(X) X(6, l6, 0) \
    X(7, l6, 1)
#define ROWS_10(X)        \
    ROWS_8(X) X(8, l6, 2) \
    X(9, l9, 0)
#define ROWS_12(X)          \
    ROWS_10(X) X(10, l9, 1) \
    X(11, l9, 2)
#define ROWS_14(X)           \
    ROWS_12(X) X(12, l12, 0) \
    X(13, l12, 1)

#define START(i, base, step) V x##i = ZERO(), y##i = ZERO();
#define TOUCH(i, base, step) __builtin_prefetch(c + (i)*ldc, 1);
#define ADD(i, base, step)   s = SPREAD(base[(step)*ls]), x##i = FMA(s, r0, x##i), y##i = FMA(s, r1, y##i);
#define KEEP(i, base, step)  STORE(c + (i)*ldc, MUL(scale, x##i)), STORE(c + (i)*ldc + W, MUL(scale, y##i));
#define KEEP_ON(i, base, step)                                       \
    STORE(c + (i)*ldc, FMA(s, LOAD(c + (i)*ldc), MUL(scale, x##i))), \
        STORE(c + (i)*ldc + W, FMA(s, LOAD(c + (i)*ldc + W), MUL(scale, y##i)));

#define TILE(name, n)                                                                                     \
    TARGET static void name##_##n(SP__TILE_ARGS(T, LEFT))                                                 \
    {                                                                                                     \
        const int64_t ls = l->row, lk = l->k, pace = l->pace;                                             \
        const T *l0 = l->at, *l3 = l0 + 3 * ls, *l6 = l3 + 3 * ls, *l9 = l6 + 3 * ls, *l12 = l9 + 3 * ls; \
        const char *ahead = l->ahead;                                                                     \
        V s;                                                                                              \
        ROWS_##n(TOUCH);                                                                                  \
        ROWS_##n(START);                                                                                  \
        for (int64_t k = 0; k < K; k++) {                                                                 \
            const V r0 = LOAD(r), r1 = LOAD(r + W);                                                       \
            ROWS_##n(ADD);                                                                                \
            __builtin_prefetch(ahead, 0, 2);                                                              \
            r += rs, ahead += pace, l0 += lk, l3 += lk, l6 += lk, l9 += lk, l12 += lk;                    \
        }                                                                                                 \
        const V scale = SPREAD(alpha);                                                                    \
        s = SPREAD(beta);                                                                                 \
        if (beta == 0) {                                                                                  \
            ROWS_##n(KEEP);                                                                               \
        } else {                                                                                          \
            ROWS_##n(KEEP_ON);                                                                            \
        }                                                                                                 \
    }
/* Dot products, four rows at a time: two sums each, of vectors in turn, then the rest of K one by one. */
#define DOT_START(i) V a##i = ZERO(), b##i = ZERO();
#define DOT_ADD(i)                                   \
    a##i = FMA(x0, LOAD(w + (i)*row + k), a##i);     \
    b##i = FMA(x1, LOAD(w + (i)*row + k + W), b##i); \
    __builtin_prefetch(w + ((i) + 4) * row + k);
#define DOT_END(i)                    \
    STORE(lanes, ADD_UP(a##i, b##i)); \
    out[i] = lanes_sum(lanes, W) + rest(x + k, w + (i)*row + k, K - k);
#define DOT_1(X) X(0)
#define DOT_4(X) \
    X(0)         \
    X(1)         \
    X(2)         \
    X(3)
#define DOT(name, n)                                                                      \
    TARGET static void name##_##n(const T *x, const T *w, int64_t row, int64_t K, T *out) \
    {                                                                                     \
        T lanes[W];                                                                       \
        int64_t k = 0;                                                                    \
        DOT_##n(DOT_START);                                                               \
        for (; k + 2 * W <= K; k += 2 * W) {                                              \
            const V x0 = LOAD(x + k), x1 = LOAD(x + k + W);                               \
            DOT_##n(DOT_ADD);                                                             \
        }                                                                                 \
        DOT_##n(DOT_END);                                                                 \
    }
#define LANES(sum, rest_of, T)                          \
    static T sum(const T *lanes, int n)                 \
    {                                                   \
        T all = 0;                                      \
        for (int i = 0; i < n; i++)                     \
            all += lanes[i];                            \
        return all;                                     \
    }                                                   \
    static T rest_of(const T *x, const T *w, int64_t n) \
    {                                                   \
        T all = 0;                                      \
        for (int64_t i = 0; i < n; i++)                 \
            all += x[i] * w[i];                         \
        return all;                                     \
    }
LANES(lanes_sum_f32, rest_f32, float)
LANES(lanes_sum_f64, rest_f64, double)
#define DOTS(name)                                                                      \
    DOT(name, 1)                                                                        \
    DOT(name, 4)                                                                        \
    static void name(const T *x, const T *w, int64_t row, int64_t n, int64_t K, T *out) \
    {                                                                                   \
        int64_t i = 0;                                                                  \
        for (; i + 4 <= n; i += 4)                                                      \
            name##_4(x, w + i * row, row, K, out + i);                                  \
        for (; i < n; i++)                                                              \
            name##_1(x, w + i * row, row, K, out + i);                                  \
    }

#define TILES_6(name) TILE(name, 1) TILE(name, 2) TILE(name, 3) TILE(name, 4) TILE(name, 5) TILE(name, 6)
#define TILES_12(name) \
    TILE(name, 1) TILE(name, 2) TILE(name, 4) TILE(name, 6) TILE(name, 8) TILE(name, 10) TILE(name, 12)
#define TILES_14(name) TILES_12(name) TILE(name, 14)
#define TABLE_6(name)                                                                                  \
    {                                                                                                  \
        [1] = name##_1, [2] = name##_2, [3] = name##_3, [4] = name##_4, [5] = name##_5, [6] = name##_6 \
    }
#define EVEN_12(name) \
    [1] = name##_1, [2] = name##_2, [4] = name##_4, [6] = name##_6, [8] = name##_8, [10] = name##_10, [12] = name##_12
#define TABLE_12(name) \
    {                  \
        EVEN_12(name)  \
    }
#define TABLE_14(name)                  \
    {                                   \
        EVEN_12(name), [14] = name##_14 \
    }

#endif

#ifdef HAVE_X86

#define SPREAD(v) SET1(v)

#define TARGET    __attribute__((target("avx2,fma")))
#define T         float
#define LEFT      sp__left_f32
#define V         __m256
#define W         8
#define ZERO      _mm256_setzero_ps
#define LOAD      _mm256_loadu_ps
#define STORE     _mm256_storeu_ps
#define SET1      _mm256_set1_ps
#define MUL       _mm256_mul_ps
#define ADD_UP    _mm256_add_ps
#define FMA       _mm256_fmadd_ps
#define lanes_sum lanes_sum_f32
#define rest      rest_f32
TILES_6(avx2_f32)
DOTS(avx2_dots_f32)
#include "kernels/gemm_undef.h"
#define T         double
#define LEFT      sp__left_f64
#define V         __m256d
#define W         4
#define ZERO      _mm256_setzero_pd
#define LOAD      _mm256_loadu_pd
#define STORE     _mm256_storeu_pd
#define SET1      _mm256_set1_pd
#define MUL       _mm256_mul_pd
#define ADD_UP    _mm256_add_pd
#define FMA       _mm256_fmadd_pd
#define lanes_sum lanes_sum_f64
#define rest      rest_f64
TILES_6(avx2_f64)
DOTS(avx2_dots_f64)
#include "kernels/gemm_undef.h"
#undef TARGET

#define TARGET    __attribute__((target("avx512f")))
#define T         float
#define LEFT      sp__left_f32
#define V         __m512
#define W         16
#define ZERO      _mm512_setzero_ps
#define LOAD      _mm512_loadu_ps
#define STORE     _mm512_storeu_ps
#define SET1      _mm512_set1_ps
#define MUL       _mm512_mul_ps
#define ADD_UP    _mm512_add_ps
#define FMA       _mm512_fmadd_ps
#define lanes_sum lanes_sum_f32
#define rest      rest_f32
TILES_14(avx512_f32)
DOTS(avx512_dots_f32)
#include "kernels/gemm_undef.h"
#define T         double
#define LEFT      sp__left_f64
#define V         __m512d
#define W         8
#define ZERO      _mm512_setzero_pd
#define LOAD      _mm512_loadu_pd
#define STORE     _mm512_storeu_pd
#define SET1      _mm512_set1_pd
#define MUL       _mm512_mul_pd
#define ADD_UP    _mm512_add_pd
#define FMA       _mm512_fmadd_pd
#define lanes_sum lanes_sum_f64
#define rest      rest_f64
TILES_14(avx512_f64)
DOTS(avx512_dots_f64)
#include "kernels/gemm_undef.h"
#undef TARGET

static const sp__tile avx2 = {"avx2", 6, 16, TABLE_6(avx2_f32), TABLE_6(avx2_f64), avx2_dots_f32, avx2_dots_f64};
static const sp__tile avx512 = {"avx512",       14, 32, TABLE_14(avx512_f32), TABLE_14(avx512_f64), avx512_dots_f32,
                                avx512_dots_f64};

#elif defined(HAVE_NEON)

#define TARGET
#define FMA_F32(a, b, c) vfmaq_f32(c, a, b)
#define FMA_F64(a, b, c) vfmaq_f64(c, a, b)
#define ZERO_F32()       vdupq_n_f32(0)
#define ZERO_F64()       vdupq_n_f64(0)
#define SPREAD(v)        SET1(v)

#define T         float
#define LEFT      sp__left_f32
#define V         float32x4_t
#define W         4
#define ZERO      ZERO_F32
#define LOAD      vld1q_f32
#define STORE     vst1q_f32
#define SET1      vdupq_n_f32
#define MUL       vmulq_f32
#define ADD_UP    vaddq_f32
#define FMA       FMA_F32
#define lanes_sum lanes_sum_f32
#define rest      rest_f32
TILES_12(neon_f32)
DOTS(neon_dots_f32)
#include "kernels/gemm_undef.h"
#define T         double
#define LEFT      sp__left_f64
#define V         float64x2_t
#define W         2
#define ZERO      ZERO_F64
#define LOAD      vld1q_f64
#define STORE     vst1q_f64
#define SET1      vdupq_n_f64
#define MUL       vmulq_f64
#define ADD_UP    vaddq_f64
#define FMA       FMA_F64
#define lanes_sum lanes_sum_f64
#define rest      rest_f64
TILES_12(neon_f64)
DOTS(neon_dots_f64)
#include "kernels/gemm_undef.h"

static const sp__tile neon = {"neon", 12, 8, TABLE_12(neon_f32), TABLE_12(neon_f64), neon_dots_f32, neon_dots_f64};

#endif

/* ---- the choice ---- */

/* NULL unless a test has chosen. */
static _Atomic(const sp__tile *) chosen;

/* Entry i of those that this CPU has, the best first; NULL beyond the last. */
static const sp__tile *tile_of(int i)
{
    const sp__tile *has[4] = {0};
    int n = 0;
#ifdef HAVE_X86
    if (__builtin_cpu_supports("avx512f"))
        has[n++] = &avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        has[n++] = &avx2;
#elif defined(HAVE_NEON)
    has[n++] = &neon;
#endif
    has[n++] = &plain;
    return i < n ? has[i] : NULL;
}

const sp__tile *sp__k_tile(void)
{
    const sp__tile *tile = atomic_load_explicit(&chosen, memory_order_relaxed);
    return tile ? tile : tile_of(0);
}

bool sp__k_tile_use(const char *name)
{
    const sp__tile *tile = NULL;
    for (int i = 0; name && (tile = tile_of(i)) && strcmp(tile->name, name) != 0;)
        i++;
    if (name && !tile)
        return false;
    atomic_store(&chosen, tile);
    return true;
}
