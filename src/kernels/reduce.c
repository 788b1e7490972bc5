/* reduce.c: sums and extremes over the middle of (outer, red, inner).
 *
 * Everything is a reduction of rows into `n` accumulators side by side. With inner > 1 these are columns of the output;
 * with inner = 1 the row is read as a table of LANES columns, whose accumulators are folded at the end. Very long
 * rows are cut into at most PIECES pieces, by the length alone, which threads share. So the order of additions
 * depends on the shape and on nothing else. Sums of floats are carried in double. */
#include <math.h>

#include "kernels/loops.h"

enum { LANES = 64, COLUMNS = 256, PIECES = 64, PIECE_MIN = 1 << 15 };

/* acc[i] = acc[i] + x[r stride + i] for all rows r, i < n. acc: `n` accumulators of the reduction's type. */
typedef void (*add_rows)(void *acc, const void *x, int64_t rows, int64_t stride, int64_t n);
typedef struct reducer {
    size_t size; /* bytes of an accumulator */
    add_rows add;
    void (*start)(void *acc, int64_t n);
    /* acc[0] = acc[0] + ... + acc[n - 1] */
    void (*fold)(void *acc, int64_t n);
    /* y[i] = acc[i] / divisor as type `to` (the type of x, or I64 if wide) */
    void (*finish)(void *y, const void *acc, int64_t n, double divisor, bool wide);
} reducer;

/* Room for accumulators of any reduction; each reduction uses one member's type throughout. */
typedef union accumulators {
    double d[COLUMNS];
    uint64_t u[COLUMNS];
} accumulators;

/* f: name, D T: stored, A: accumulated, p q: what is combined */
#define REDUCER(f, D, T, A, load, first, combined, result)                                                     \
    enum { f##_##D##_size = sizeof(A) };                                                                       \
    SP__HOT_##D static void f##_##D##_add(void *acc_, const void *x_, int64_t rows, int64_t stride, int64_t n) \
    {                                                                                                          \
        A *restrict acc = acc_;                                                                                \
        const T *restrict x = x_;                                                                              \
        for (int64_t r = 0; r < rows; r++, x += stride)                                                        \
            for (int64_t i = 0; i < n; i++) {                                                                  \
                const A p = acc[i], q = (A)load(x[i]);                                                         \
                acc[i] = (combined);                                                                           \
            }                                                                                                  \
    }                                                                                                          \
    static void f##_##D##_start(void *acc_, int64_t n)                                                         \
    {                                                                                                          \
        A *acc = acc_;                                                                                         \
        for (int64_t i = 0; i < n; i++)                                                                        \
            acc[i] = (first);                                                                                  \
    }                                                                                                          \
    static void f##_##D##_fold(void *acc_, int64_t n)                                                          \
    {                                                                                                          \
        A *acc = acc_;                                                                                         \
        for (int64_t i = 1; i < n; i++) {                                                                      \
            const A p = acc[0], q = acc[i];                                                                    \
            acc[0] = (combined);                                                                               \
        }                                                                                                      \
    }                                                                                                          \
    static void f##_##D##_finish(void *y, const void *acc_, int64_t n, double divisor, bool wide)              \
    {                                                                                                          \
        const A *acc = acc_;                                                                                   \
        (void)divisor;                                                                                         \
        for (int64_t i = 0; i < n; i++)                                                                        \
            result(y, T, i, acc[i]);                                                                           \
        (void)wide;                                                                                            \
    }

#define STORE(y, T, i, a)      (((T *)(y))[i] = (T)(a))
#define STORE_WIDE(y, T, i, a) (wide ? (void)(((int64_t *)(y))[i] = (int64_t)(a)) : (void)(((T *)(y))[i] = (T)(a)))
#define STORE_F32(y, T, i, a)  (((T *)(y))[i] = (T)((double)(a) / divisor))
#define STORE_F64              STORE_F32
#define STORE_F16(y, T, i, a)  (((T *)(y))[i] = sp__f32_to_f16((float)((double)(a) / divisor)))
#define STORE_BF16(y, T, i, a) (((T *)(y))[i] = sp__f32_to_bf16((float)((double)(a) / divisor)))

#define X(D, T, C, S, load, store)                                                \
    REDUCER(SUM, D, T, double, load, 0, p + q, STORE_##D)                         \
    REDUCER(PROD, D, T, double, load, 1, (p * q), STORE_##D)                      \
    REDUCER(MAX, D, T, C, load, (C)-INFINITY, p != p || p > q ? p : q, STORE_##D) \
    REDUCER(MIN, D, T, C, load, (C)INFINITY, p != p || p < q ? p : q, STORE_##D)
SP__FLOAT_TYPES(X)
#undef X
/* Through int64_t, so that negative numbers are extended. */
#define WIDEN(v) (int64_t)(v)
#define X(D, T, U, low, high)                                    \
    REDUCER(SUM, D, T, uint64_t, WIDEN, 0, p + q, STORE_WIDE)    \
    REDUCER(PROD, D, T, uint64_t, WIDEN, 1, (p * q), STORE_WIDE) \
    REDUCER(MAX, D, T, T, SP__SAME, low, p > q ? p : q, STORE)   \
    REDUCER(MIN, D, T, T, SP__SAME, high, p < q ? p : q, STORE)
SP__INT_TYPES(X)
#undef X
REDUCER(SUM, BOOL, uint8_t, uint64_t, SP__SAME, 0, p + q, STORE_WIDE)
REDUCER(PROD, BOOL, uint8_t, uint64_t, SP__SAME, 1, (p * q), STORE_WIDE)
REDUCER(MAX, BOOL, uint8_t, uint8_t, SP__SAME, 0, (p | q), STORE)
REDUCER(MIN, BOOL, uint8_t, uint8_t, SP__SAME, 1, (p & q), STORE)

#define ENTRY(f, D)                                                                      \
    {                                                                                    \
        f##_##D##_size, f##_##D##_add, f##_##D##_start, f##_##D##_fold, f##_##D##_finish \
    }
#define X(D, text, bytes) \
    [SP_##D] = {          \
        [SP__SUM] = ENTRY(SUM, D), [SP__PROD] = ENTRY(PROD, D), [SP__MAX] = ENTRY(MAX, D), [SP__MIN] = ENTRY(MIN, D)},
static const reducer reducers[SP_DTYPE_COUNT_][SP__REDUCE_COUNT_] = {SP_DTYPES(X)};
#undef X

/* The reduction that computes f for these types; NULL if there is none. */
static const reducer *reducer_for(sp__reduce f, sp_dtype to, sp_dtype from)
{
    if ((unsigned)f >= SP__REDUCE_COUNT_ || (unsigned)from >= SP_DTYPE_COUNT_ || (unsigned)to >= SP_DTYPE_COUNT_)
        return NULL;
    bool real = sp_dtype_is_float(from), adds = f == SP__SUM || f == SP__PROD;
    if (f == SP__MEAN)
        return real && to == from ? &reducers[from][SP__SUM] : NULL;
    if (f == SP__ANY || f == SP__ALL)
        return from == SP_BOOL && to == SP_BOOL ? &reducers[from][f == SP__ANY ? SP__MAX : SP__MIN] : NULL;
    if (adds && from == SP_BOOL)
        return to == SP_I64 ? &reducers[from][f] : NULL;
    if (adds && !real)
        return to == from || to == SP_I64 ? &reducers[from][f] : NULL;
    return to == from ? &reducers[from][f] : NULL;
}

typedef struct reduce_job {
    const reducer *r;
    char *y;
    const char *x;
    int64_t ey, ex;
    int64_t red, inner;
    double divisor;
    bool wide;
} reduce_job;

/* Outputs [begin, end) of outer * inner, inner > 1. */
static void columns_range(const void *arg, int64_t begin, int64_t end)
{
    const reduce_job *j = arg;
    accumulators acc;
    for (int64_t i = begin; i < end;) {
        int64_t o = i / j->inner, column = i % j->inner;
        int64_t n = SP__MIN(SP__MIN(j->inner - column, end - i), COLUMNS);
        j->r->start(&acc, n);
        j->r->add(&acc, j->x + (o * j->red * j->inner + column) * j->ex, j->red, j->inner, n);
        j->r->finish(j->y + i * j->ey, &acc, n, j->divisor, j->wide);
        i += n;
    }
}

/* acc[0] = n elements at x */
static void reduce_run(const reducer *r, accumulators *acc, const char *x, int64_t ex, int64_t n)
{
    int64_t rows = n / LANES, lanes = SP__MIN(n, LANES);
    r->start(acc, SP__MAX(lanes, 1));
    r->add(acc, x, rows, LANES, LANES);
    r->add(acc, x + rows * LANES * ex, 1, 0, n % LANES);
    r->fold(acc, lanes);
}

/* Rows [begin, end) of outer, inner = 1. */
static void rows_range(const void *arg, int64_t begin, int64_t end)
{
    const reduce_job *j = arg;
    accumulators acc;
    for (int64_t o = begin; o < end; o++) {
        reduce_run(j->r, &acc, j->x + o * j->red * j->ex, j->ex, j->red);
        j->r->finish(j->y + o * j->ey, &acc, 1, j->divisor, j->wide);
    }
}

/* One long row, cut into pieces of `piece` elements, each reduced to one of the accumulators side by side in part. */
typedef struct pieces_job {
    const reducer *r;
    const char *x;
    int64_t ex, red, piece;
    char *part;
} pieces_job;

static void pieces_range(const void *arg, int64_t begin, int64_t end)
{
    const pieces_job *j = arg;
    for (int64_t k = begin; k < end; k++) {
        accumulators acc;
        int64_t at = k * j->piece;
        reduce_run(j->r, &acc, j->x + at * j->ex, j->ex, SP__MIN(j->piece, j->red - at));
        memcpy(j->part + (size_t)k * j->r->size, &acc, j->r->size);
    }
}

static void reduce_long_row(const reduce_job *j, int64_t o)
{
    accumulators part;
    int64_t piece = SP__MAX((j->red - 1) / PIECES + 1, PIECE_MIN), pieces = (j->red - 1) / piece + 1;
    pieces_job job = {j->r, j->x + o * j->red * j->ex, j->ex, j->red, piece, (char *)&part};
    sp__for(pieces, 1, j->red * SP__COST_SUM, pieces_range, &job);
    j->r->fold(&part, pieces);
    j->r->finish(j->y + o * j->ey, &part, 1, j->divisor, j->wide);
}

bool sp__k_reduce(sp__reduce f, sp_dtype to, sp_dtype from, void *y, const void *x, int64_t outer, int64_t red,
                  int64_t inner)
{
    const reducer *r = reducer_for(f, to, from);
    if (!r)
        return false;
    reduce_job job = {r,           y, x, sp__bytes(to), sp__bytes(from), red, inner, f == SP__MEAN ? (double)red : 1,
                      to == SP_I64};
    if (inner != 1)
        sp__for(outer * inner, 16, outer * inner * red * SP__COST_SUM, columns_range, &job);
    else if (outer > 16 || red < 2 * PIECE_MIN)
        sp__for(outer, 1, outer * red * SP__COST_SUM, rows_range, &job);
    else
        for (int64_t o = 0; o < outer; o++)
            reduce_long_row(&job, o);
    return true;
}
