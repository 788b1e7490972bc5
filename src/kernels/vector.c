/* vector.c: y += a x, y = a x, and the sum of squares: what gradient accumulation and clipping need. */
#include "kernels/loops.h"

typedef void (*scaled_loop)(void *y, double a, const void *x, int64_t n);

#define LOOP(name, attribute, D, T, C, load, store, formula)                         \
    attribute static void name##_##D(void *y_, double a_, const void *x_, int64_t n) \
    {                                                                                \
        T *y = y_;                                                                   \
        const T *x = x_;                                                             \
        const C a = (C)a_;                                                           \
        SP__SIMD                                                                     \
        for (int64_t i = 0; i < n; i++)                                              \
            y[i] = (T)store(formula);                                                \
    }
#define X(D, T, C, S, load, store)                                               \
    LOOP(AXPY, SP__HOT_##D, D, T, C, load, store, (load(y[i]) + a * load(x[i]))) \
    LOOP(SCALE, SP__HOT_##D, D, T, C, load, store, (a * load(x[i])))
SP__FLOAT_TYPES(X)
#undef X

#define X(D, ...) [SP_##D] = {AXPY_##D, SCALE_##D},
static const scaled_loop loops[SP_DTYPE_COUNT_][2] = {SP__FLOAT_TYPES(X)};
#undef X

typedef struct scaled_job {
    scaled_loop loop;
    void *y;
    double a;
    const void *x;
    int64_t bytes;
} scaled_job;

static void scaled_range(const void *arg, int64_t begin, int64_t end)
{
    const scaled_job *j = arg;
    j->loop(sp__at_mut(j->y, begin * j->bytes), j->a, sp__at(j->x, begin * j->bytes), end - begin);
}

static bool scaled(int which, sp_dtype dtype, void *y, double a, const void *x, int64_t n)
{
    if (!sp_dtype_is_float(dtype))
        return false;
    scaled_job job = {loops[dtype][which], y, a, x, sp__bytes(dtype)};
    sp__for(n, SP__GRAIN, n, scaled_range, &job);
    return true;
}

bool sp__k_axpy(sp_dtype dtype, void *y, double a, const void *x, int64_t n) { return scaled(0, dtype, y, a, x, n); }

bool sp__k_scale(sp_dtype dtype, void *y, double a, const void *x, int64_t n) { return scaled(1, dtype, y, a, x, n); }

/* ---- sum of squares ---- */

/* The array is cut into at most PIECES pieces by its length alone; each has LANES sums side by side. */
enum { LANES = 16, PIECES = 64, PIECE_MIN = 1 << 14 };

#define X(D, T, C, S, load, store)                                          \
    SP__HOT_##D static double squares_##D(const void *x_, int64_t n)        \
    {                                                                       \
        const T *x = x_;                                                    \
        double lane[LANES] = {0}, sum = 0;                                  \
        int64_t i = 0;                                                      \
        for (; i + LANES <= n; i += LANES)                                  \
            for (int k = 0; k < LANES; k++)                                 \
                lane[k] += (double)load(x[i + k]) * (double)load(x[i + k]); \
        for (; i < n; i++)                                                  \
            sum += (double)load(x[i]) * (double)load(x[i]);                 \
        for (int k = 0; k < LANES; k++)                                     \
            sum += lane[k];                                                 \
        return sum;                                                         \
    }
SP__FLOAT_TYPES(X)
#undef X

#define X(D, ...) [SP_##D] = squares_##D,
static double (*const squares_of[SP_DTYPE_COUNT_])(const void *x, int64_t n) = {SP__FLOAT_TYPES(X)};
#undef X

typedef struct squares_job {
    sp_dtype dtype;
    const void *x;
    int64_t n, piece;
    double *part;
} squares_job;

static void squares_range(const void *arg, int64_t begin, int64_t end)
{
    const squares_job *j = arg;
    for (int64_t k = begin; k < end; k++) {
        int64_t at = k * j->piece;
        j->part[k] = squares_of[j->dtype](sp__at(j->x, at * sp__bytes(j->dtype)), SP__MIN(j->piece, j->n - at));
    }
}

double sp__k_sum_squares(sp_dtype dtype, const void *x, int64_t n)
{
    if (!sp_dtype_is_float(dtype) || n <= 0)
        return 0;
    double part[PIECES], sum = 0;
    int64_t piece = SP__MAX((n - 1) / PIECES + 1, PIECE_MIN), pieces = (n - 1) / piece + 1;
    squares_job job = {dtype, x, n, piece, part};
    sp__for(pieces, 1, n, squares_range, &job);
    for (int64_t k = 0; k < pieces; k++)
        sum += part[k];
    return sum;
}
