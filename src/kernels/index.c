/* index.c: rows chosen by number: gather, scatter, one-hot. */
#include "kernels/loops.h"

static inline int64_t index_at(sp_dtype dtype, const void *idx, int64_t i)
{
    return dtype == SP_I32 ? ((const int32_t *)idx)[i] : ((const int64_t *)idx)[i];
}

static bool is_index(sp_dtype dtype) { return dtype == SP_I32 || dtype == SP_I64; }

static bool is_word(size_t esize) { return esize == 1 || esize == 2 || esize == 4 || esize == 8; }

int64_t sp__k_index_check(sp_dtype idx_dtype, const void *idx, int64_t n, int64_t limit)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t v = index_at(idx_dtype, idx, i);
        if (v < 0 || v >= limit)
            return i;
    }
    return -1;
}

/* ---- gather ---- */

/* y (outer, n, inner) and x (outer, limit, inner), or the other way round for scatter */
typedef struct rows_job {
    char *y;
    const char *x;
    sp_dtype dtype, idx_dtype;
    const void *idx;
    int64_t esize, limit, inner, n;
} rows_job;

/* Rows [begin, end) of the outer * n rows of y. */
static void gather_range(const void *arg, int64_t begin, int64_t end)
{
    const rows_job *j = arg;
    int64_t bytes = j->inner * j->esize;
    for (int64_t r = begin; r < end; r++) {
        int64_t from = r / j->n * j->limit + index_at(j->idx_dtype, j->idx, r % j->n);
        char *y = j->y + r * bytes;
        const char *x = j->x + from * bytes;
        switch (bytes) { /* single elements: a call of memcpy would cost more than the move */
        case 4:
            *(sp__word4 *)(void *)y = *(const sp__word4 *)(const void *)x;
            break;
        case 8:
            memcpy(y, x, 8);
            break;
        default:
            memcpy(y, x, (size_t)bytes);
        }
    }
}

bool sp__k_gather(size_t esize, void *y, const void *x, sp_dtype idx_dtype, const void *idx, int64_t outer,
                  int64_t limit, int64_t inner, int64_t n)
{
    if (!is_word(esize) || !is_index(idx_dtype))
        return false;
    if (inner == 0)
        return true;
    rows_job job = {.y = y,
                    .x = x,
                    .idx_dtype = idx_dtype,
                    .idx = idx,
                    .esize = (int64_t)esize,
                    .limit = limit,
                    .inner = inner,
                    .n = n};
    sp__for(outer * n, 8, outer * n * inner, gather_range, &job);
    return true;
}

/* ---- scatter ---- */

/* Adds columns [begin, end) of every row, in order of j: threads share the columns, so no two write one element. */
#define SCATTER(D, T, C, load, store, sum)                                                \
    static void scatter_##D(const rows_job *r, int64_t outer, int64_t begin, int64_t end) \
    {                                                                                     \
        T *y = (T *)(void *)r->y + outer * r->limit * r->inner;                           \
        const T *x = (const T *)(const void *)r->x + outer * r->n * r->inner;             \
        for (int64_t k = 0; k < r->n; k++) {                                              \
            T *to = y + index_at(r->idx_dtype, r->idx, k) * r->inner;                     \
            const T *from = x + k * r->inner;                                             \
            for (int64_t i = begin; i < end; i++) {                                       \
                C p = (C)load(to[i]), q = (C)load(from[i]);                               \
                to[i] = (T)store(sum);                                                    \
            }                                                                             \
        }                                                                                 \
    }
#define X(D, T, C, S, load, store) SCATTER(D, T, C, load, store, (p + q))
SP__FLOAT_TYPES(X)
#undef X
#define X(D, T, U, low, high) SCATTER(D, T, U, SP__SAME, SP__SAME, (p + q))
SP__INT_TYPES(X)
#undef X

typedef void (*scatter_loop)(const rows_job *r, int64_t outer, int64_t begin, int64_t end);
#define X(D, ...) [SP_##D] = scatter_##D,
static const scatter_loop scatter_loops[SP_DTYPE_COUNT_] = {SP__FLOAT_TYPES(X) SP__INT_TYPES(X)};
#undef X

/* Columns [begin, end) of outer * inner in all. */
static void scatter_range(const void *arg, int64_t begin, int64_t end)
{
    const rows_job *j = arg;
    for (int64_t i = begin; i < end;) {
        int64_t column = i % j->inner, len = SP__MIN(j->inner - column, end - i);
        scatter_loops[j->dtype](j, i / j->inner, column, column + len);
        i += len;
    }
}

bool sp__k_scatter_add(sp_dtype dtype, void *y, const void *x, sp_dtype idx_dtype, const void *idx, int64_t outer,
                       int64_t limit, int64_t inner, int64_t n)
{
    if ((unsigned)dtype >= SP_DTYPE_COUNT_ || !scatter_loops[dtype] || !is_index(idx_dtype))
        return false;
    rows_job job = {
        .y = y, .x = x, .dtype = dtype, .idx_dtype = idx_dtype, .idx = idx, .limit = limit, .inner = inner, .n = n};
    sp__for(outer * inner, 64, outer * inner * n, scatter_range, &job);
    return true;
}

/* ---- one-hot ---- */

bool sp__k_one_hot(size_t esize, void *y, sp_dtype idx_dtype, const void *idx, const void *on, const void *off,
                   int64_t outer, int64_t depth, int64_t inner)
{
    if (!is_index(idx_dtype) || !sp__k_fill(esize, y, off, outer * depth * inner))
        return false;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            int64_t v = index_at(idx_dtype, idx, o * inner + i);
            if (v >= 0 && v < depth)
                memcpy(sp__at_mut(y, ((o * depth + v) * inner + i) * (int64_t)esize), on, esize);
        }
    return true;
}
