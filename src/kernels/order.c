/* order.c: where the extremes are, cumulative sums, the k largest. */
#include "kernels/loops.h"

/* ---- positions of extremes ---- */

enum { COLUMNS = 64 };

/* Columns of (red, stride): y[i] = row of the extreme of column i < n <= COLUMNS. p is the candidate, q the best so
 * far. */
typedef void (*arg_loop)(int64_t *y, const void *x, int64_t red, int64_t stride, int64_t n);

#define LOOP(f, D, T, C, load, better)                                                               \
    static void f##_##D(int64_t *restrict y, const void *x_, int64_t red, int64_t stride, int64_t n) \
    {                                                                                                \
        const T *x = x_;                                                                             \
        C best[COLUMNS];                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                            \
            best[i] = load(x[i]);                                                                    \
            y[i] = 0;                                                                                \
        }                                                                                            \
        for (int64_t r = 1; r < red; r++)                                                            \
            for (int64_t i = 0; i < n; i++) {                                                        \
                const C p = load(x[r * stride + i]), q = best[i];                                    \
                if (better) {                                                                        \
                    best[i] = p;                                                                     \
                    y[i] = r;                                                                        \
                }                                                                                    \
            }                                                                                        \
    }
/* NaN is larger than every number, and equal to NaN. */
#define X(D, T, C, S, load, store)                          \
    LOOP(MAX, D, T, C, load, (p > q || (p != p && q == q))) \
    LOOP(MIN, D, T, C, load, (p < q || (q != q && p == p)))
SP__FLOAT_TYPES(X)
#undef X
#define X(D, T, ...)                      \
    LOOP(MAX, D, T, T, SP__SAME, (p > q)) \
    LOOP(MIN, D, T, T, SP__SAME, (p < q))
SP__INT_TYPES(X)
X(BOOL, uint8_t, )
#undef X

/* A row of n >= LANES floats: first the extreme by LANES candidates side by side, then its first place, a block at a time. p
 * is the candidate, q the best so far; a NaN is looked for by x != x. */
enum { LANES = 16, BLOCK = 64 };

#define ROW(f, D, T, better)                                                            \
    SP__HOT_##D static void f##_row_##D(int64_t *restrict y, const void *x_, int64_t n) \
    {                                                                                   \
        const T *x = x_;                                                                \
        T lane[LANES];                                                                  \
        int64_t i = LANES;                                                              \
        memcpy(lane, x, sizeof lane);                                                   \
        for (; i + LANES <= n; i += LANES) {                                            \
            SP__SIMD                                                                    \
            for (int l = 0; l < LANES; l++) {                                           \
                const T p = x[i + l], q = lane[l];                                      \
                lane[l] = (better) ? p : q;                                             \
            }                                                                           \
        }                                                                               \
        for (int l = 1; l < LANES + (int)(n - i); l++) {                                \
            const T p = l < LANES ? lane[l] : x[i + l - LANES], q = lane[0];            \
            lane[0] = (better) ? p : q;                                                 \
        }                                                                               \
        const T best = lane[0];                                                         \
        const bool is_nan = best != best;                                               \
        int found = 0;                                                                  \
        for (i = 0; i + BLOCK <= n; i += BLOCK) {                                       \
            SP__SIMD_ANY(found)                                                         \
            for (int k = 0; k < BLOCK; k++)                                             \
                found |= (x[i + k] == best) | (is_nan & (x[i + k] != x[i + k]));        \
            if (found)                                                                  \
                break;                                                                  \
        }                                                                               \
        while (!(x[i] == best || (is_nan && x[i] != x[i])))                             \
            i++;                                                                        \
        *y = i;                                                                         \
    }
#define X(D, T, C, S, load, store)                    \
    ROW(MAX, D, T, ((p > q) | ((p != p) & (q == q)))) \
    ROW(MIN, D, T, ((p < q) | ((q != q) & (p == p))))
SP__REAL_TYPES(X)
#undef X

typedef void (*arg_row)(int64_t *y, const void *x, int64_t n);
static const arg_row arg_rows[SP_DTYPE_COUNT_][2] = {
    [SP_F32] = {MAX_row_F32, MIN_row_F32}, [SP_F64] = {MAX_row_F64, MIN_row_F64}};

#define X(D, text, bytes) [SP_##D] = {MAX_##D, MIN_##D},
static const arg_loop arg_loops[SP_DTYPE_COUNT_][2] = {SP_DTYPES(X)};
#undef X

typedef struct arg_job {
    arg_loop loop;
    arg_row row; /* for rows by themselves; NULL: none for this type, or too short */
    int64_t *y;
    const char *x;
    int64_t ex, red, inner;
} arg_job;

/* Outputs [begin, end) of outer * inner. */
static void arg_range(const void *arg, int64_t begin, int64_t end)
{
    const arg_job *j = arg;
    for (int64_t i = begin; j->row && i < end; i++)
        j->row(j->y + i, j->x + i * j->red * j->ex, j->red);
    for (int64_t i = begin; !j->row && i < end;) {
        int64_t o = i / j->inner, column = i % j->inner;
        int64_t n = SP__MIN(SP__MIN(j->inner - column, end - i), COLUMNS);
        j->loop(j->y + i, j->x + (o * j->red * j->inner + column) * j->ex, j->red, j->inner, n);
        i += n;
    }
}

bool sp__k_argreduce(sp__reduce f, sp_dtype dtype, int64_t *y, const void *x, int64_t outer, int64_t red, int64_t inner)
{
    if ((f != SP__MAX && f != SP__MIN) || (unsigned)dtype >= SP_DTYPE_COUNT_ || red < 1)
        return false;
    arg_row row = inner == 1 && red >= BLOCK ? arg_rows[dtype][f == SP__MIN] : NULL;
    arg_job job = {arg_loops[dtype][f == SP__MIN], row, y, x, sp__bytes(dtype), red, inner};
    sp__for(outer * inner, 8, outer * inner * red * SP__COST_SCAN, arg_range, &job);
    return true;
}

/* ---- cumulative sums ---- */

/* One line of n elements `step` apart. */
typedef void (*cumsum_loop)(void *y, const void *x, int64_t n, int64_t step, bool exclusive);

#define CUMSUM(D, T, A, load, store)                                                          \
    static void cumsum_##D(void *y_, const void *x_, int64_t n, int64_t step, bool exclusive) \
    {                                                                                         \
        T *y = y_;                                                                            \
        const T *x = x_;                                                                      \
        A sum = 0;                                                                            \
        for (int64_t i = 0; i < n; i++) {                                                     \
            const A v = (A)load(x[i * step]), next = sum + v;                                 \
            y[i * step] = (T)store(exclusive ? sum : next);                                   \
            sum = next;                                                                       \
        }                                                                                     \
    }
#define TO_F16(v)  sp__f32_to_f16((float)(v))
#define TO_BF16(v) sp__f32_to_bf16((float)(v))
CUMSUM(F32, float, double, SP__SAME, (float))
CUMSUM(F64, double, double, SP__SAME, (double))
CUMSUM(F16, uint16_t, double, sp__f16_to_f32, TO_F16)
CUMSUM(BF16, uint16_t, double, sp__bf16_to_f32, TO_BF16)
#define X(D, T, U, low, high) CUMSUM(D, T, U, SP__SAME, (T))
SP__INT_TYPES(X)
#undef X

#define X(D, ...) [SP_##D] = cumsum_##D,
static const cumsum_loop cumsum_loops[SP_DTYPE_COUNT_] = {SP__FLOAT_TYPES(X) SP__INT_TYPES(X)};
#undef X

typedef struct cumsum_job {
    cumsum_loop loop;
    char *y;
    const char *x;
    int64_t bytes, n, inner;
    bool exclusive, reverse;
} cumsum_job;

static void cumsum_range(const void *arg, int64_t begin, int64_t end)
{
    const cumsum_job *j = arg;
    for (int64_t i = begin; i < end; i++) {
        int64_t first = i / j->inner * j->n * j->inner + i % j->inner;
        if (j->reverse)
            first += (j->n - 1) * j->inner;
        j->loop(j->y + first * j->bytes, j->x + first * j->bytes, j->n, j->reverse ? -j->inner : j->inner,
                j->exclusive);
    }
}

bool sp__k_cumsum(sp_dtype dtype, void *y, const void *x, int64_t outer, int64_t n, int64_t inner, bool exclusive,
                  bool reverse)
{
    if ((unsigned)dtype >= SP_DTYPE_COUNT_ || !cumsum_loops[dtype])
        return false;
    cumsum_job job = {cumsum_loops[dtype], y, x, sp__bytes(dtype), n, inner, exclusive, reverse};
    if (n > 0)
        sp__for(outer * inner, 1, outer * n * inner * SP__COST_SCAN, cumsum_range, &job);
    return true;
}
