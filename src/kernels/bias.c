/* bias.c: y (N,C,S) = f(x + b) along the middle, and the bias's gradient. */
#include "kernels/loops.h"

typedef struct bias_job {
    sp__unary f;
    sp_dtype dtype;
    void *y;
    const void *x, *b;
    int64_t C, S;
} bias_job;

/* y[i] = x[i] + b[i] (dense layers), y[i] = x[i] + b (planes of convolutions); ReLU with it, the others afterwards. */
#define BIAS(D, T)                                                                      \
    SP__HOT_##D static void row_##D(T *y, const T *x, const T *b, int64_t n, bool relu) \
    {                                                                                   \
        if (relu) {                                                                     \
            SP__SIMD                                                                    \
            for (int64_t i = 0; i < n; i++)                                             \
                y[i] = (T)0 > x[i] + b[i] ? (T)0 : x[i] + b[i];                         \
        } else {                                                                        \
            SP__SIMD                                                                    \
            for (int64_t i = 0; i < n; i++)                                             \
                y[i] = x[i] + b[i];                                                     \
        }                                                                               \
    }                                                                                   \
    SP__HOT_##D static void plane_##D(T *y, const T *x, T b, int64_t n, bool relu)      \
    {                                                                                   \
        if (relu) {                                                                     \
            SP__SIMD                                                                    \
            for (int64_t i = 0; i < n; i++)                                             \
                y[i] = (T)0 > x[i] + b ? (T)0 : x[i] + b;                               \
        } else {                                                                        \
            SP__SIMD                                                                    \
            for (int64_t i = 0; i < n; i++)                                             \
                y[i] = x[i] + b;                                                        \
        }                                                                               \
    }                                                                                   \
    /* samples [begin, end) */                                                          \
    static void bias_range_##D(const void *arg, int64_t begin, int64_t end)             \
    {                                                                                   \
        const bias_job *j = arg;                                                        \
        const T *x = j->x, *b = j->b;                                                   \
        T *y = j->y;                                                                    \
        bool relu = j->f == SP__RELU;                                                   \
        for (int64_t n = begin; n < end; n++)                                           \
            if (j->S == 1)                                                              \
                row_##D(y + n * j->C, x + n * j->C, b, j->C, relu);                     \
            else                                                                        \
                for (int64_t c = 0, at = n * j->C * j->S; c < j->C; c++, at += j->S)    \
                    plane_##D(y + at, x + at, b[c], j->S, relu);                        \
    }
BIAS(F32, float)
BIAS(F64, double)

static bool is_activation(sp__unary f)
{
    return f == SP__RELU || f == SP__SIGMOID || f == SP__TANH || f == SP__GELU_TANH || f == SP__GELU_ERF ||
           f == SP__UNARY_COUNT_;
}

bool sp__k_bias_act(sp__unary f, sp_dtype dtype, void *y, const void *x, const void *b, int64_t N, int64_t C, int64_t S)
{
    if ((dtype != SP_F32 && dtype != SP_F64) || !is_activation(f))
        return false;
    int64_t n = N * C * S;
    if (b) {
        bias_job job = {f, dtype, y, x, b, C, S};
        sp__for(N, 1, n, dtype == SP_F32 ? bias_range_F32 : bias_range_F64, &job);
        x = y;
    }
    if (f != SP__UNARY_COUNT_ && !(b && f == SP__RELU))
        return sp__k_unary(f, dtype, y, x, n);
    return b || y == x || sp__k_cast(dtype, dtype, y, x, n);
}

/* ---- gradient: sums over N and S in double ---- */

typedef struct bias_grad_job {
    void *db;
    const void *dy;
    int64_t N, C, S;
} bias_grad_job;

#define BIAS_GRAD(D, T)                                                               \
    SP__HOT_##D static double plane_sum_##D(const T *x, int64_t n)                    \
    {                                                                                 \
        enum { LANES = 16 };                                                          \
        double lane[LANES] = {0}, sum = 0;                                            \
        int64_t i = 0;                                                                \
        for (; i + LANES <= n; i += LANES)                                            \
            for (int k = 0; k < LANES; k++)                                           \
                lane[k] += (double)x[i + k];                                          \
        for (; i < n; i++)                                                            \
            sum += (double)x[i];                                                      \
        for (int k = 0; k < LANES; k++)                                               \
            sum += lane[k];                                                           \
        return sum;                                                                   \
    }                                                                                 \
    /* channels [begin, end) */                                                       \
    static void bias_grad_range_##D(const void *arg, int64_t begin, int64_t end)      \
    {                                                                                 \
        const bias_grad_job *j = arg;                                                 \
        for (int64_t c = begin; c < end; c++) {                                       \
            double sum = 0;                                                           \
            for (int64_t n = 0; n < j->N; n++)                                        \
                sum += plane_sum_##D((const T *)j->dy + (n * j->C + c) * j->S, j->S); \
            ((T *)j->db)[c] = (T)sum;                                                 \
        }                                                                             \
    }
BIAS_GRAD(F32, float)
BIAS_GRAD(F64, double)

/* S = 1: columns [begin, end) of dy (N, C); four rows at a time, so that the sums are touched a quarter as often */
#define COLUMNS_GRAD(D, T)                                                                                     \
    SP__HOT_##D static void columns_##D(T *restrict db, const T *restrict dy, int64_t N, int64_t C, int64_t n) \
    {                                                                                                          \
        double sum[COLUMNS] = {0};                                                                             \
        int64_t r = 0;                                                                                         \
        for (; r + 4 <= N; r += 4) {                                                                           \
            const T *a = dy + r * C, *b = a + C, *c = b + C, *d = c + C;                                       \
            SP__SIMD                                                                                           \
            for (int64_t i = 0; i < n; i++)                                                                    \
                sum[i] += ((double)a[i] + (double)b[i]) + ((double)c[i] + (double)d[i]);                       \
        }                                                                                                      \
        for (; r < N; r++)                                                                                     \
            for (int64_t i = 0; i < n; i++)                                                                    \
                sum[i] += (double)dy[r * C + i];                                                               \
        for (int64_t i = 0; i < n; i++)                                                                        \
            db[i] = (T)sum[i];                                                                                 \
    }                                                                                                          \
    static void columns_range_##D(const void *arg, int64_t begin, int64_t end)                                 \
    {                                                                                                          \
        const bias_grad_job *j = arg;                                                                          \
        for (int64_t c = begin; c < end; c += COLUMNS)                                                         \
            columns_##D((T *)j->db + c, (const T *)j->dy + c, j->N, j->C, SP__MIN(COLUMNS, end - c));          \
    }
enum { COLUMNS = 256 };
COLUMNS_GRAD(F32, float)
COLUMNS_GRAD(F64, double)

bool sp__k_bias_grad(sp_dtype dtype, void *db, const void *dy, int64_t N, int64_t C, int64_t S)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    bias_grad_job job = {db, dy, N, C, S};
    if (S == 1) {
        sp__for(C, 16, N * C, dtype == SP_F32 ? columns_range_F32 : columns_range_F64, &job);
        return true;
    }
    sp__for(C, 1, N * C * S, dtype == SP_F32 ? bias_grad_range_F32 : bias_grad_range_F64, &job);
    return true;
}
