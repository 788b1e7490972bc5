/* compare.c: comparisons to Bool, and the choice by a Bool. */
#include "kernels/loops.h"

#define LOOP(name, D, T, load, op)                                                                                  \
    SP__HOT_##D static void name##_##D(void *y_, const void *a_, int64_t sa, const void *b_, int64_t sb, int64_t n) \
    {                                                                                                               \
        uint8_t *y = y_;                                                                                            \
        const T *a = a_, *b = b_;                                                                                   \
        if (sa == 1 && sb == 1)                                                                                     \
            for (int64_t i = 0; i < n; i++)                                                                         \
                y[i] = load(a[i]) op load(b[i]);                                                                    \
        else                                                                                                        \
            for (int64_t i = 0; i < n; i++)                                                                         \
                y[i] = load(a[i * sa]) op load(b[i * sb]);                                                          \
    }
/* clang-format off */
#define LOOPS(D, T, load)      \
    LOOP(EQ, D, T, load, ==)   \
    LOOP(NE, D, T, load, !=)   \
    LOOP(LT, D, T, load, <)    \
    LOOP(LE, D, T, load, <=)   \
    LOOP(GT, D, T, load, >)    \
    LOOP(GE, D, T, load, >=)
/* clang-format on */

#define X(D, T, C, S, load, store) LOOPS(D, T, load)
SP__FLOAT_TYPES(X)
#undef X
#define X(D, T, ...) LOOPS(D, T, SP__SAME)
SP__INT_TYPES(X)
#undef X
LOOPS(BOOL, uint8_t, SP__SAME)

#define X(D, text, bytes)                                                \
    [SP_##D] = {[SP__EQ] = EQ_##D, [SP__NE] = NE_##D, [SP__LT] = LT_##D, \
                [SP__LE] = LE_##D, [SP__GT] = GT_##D, [SP__GE] = GE_##D},
static const sp__row2 rows[SP_DTYPE_COUNT_][SP__COMPARE_COUNT_] = {SP_DTYPES(X)};
#undef X

bool sp__k_compare(sp__compare f, sp_dtype dtype, uint8_t *y, const void *a, const void *b, const sp__bcast *plan)
{
    if ((unsigned)f >= SP__COMPARE_COUNT_ || (unsigned)dtype >= SP_DTYPE_COUNT_)
        return false;
    sp__k_rows2(rows[dtype][f], plan, y, 1, a, b, sp__bytes(dtype), 1);
    return true;
}

/* ---- where ---- */

/* One row: y dense, the others with the strides sc, sa, sb. */
typedef void (*where_row)(void *y, const uint8_t *cond, int64_t sc, const void *a, int64_t sa, const void *b,
                          int64_t sb, int64_t n);

#define X(T)                                                                                                     \
    static void where_##T(void *y_, const uint8_t *cond, int64_t sc, const void *a_, int64_t sa, const void *b_, \
                          int64_t sb, int64_t n)                                                                 \
    {                                                                                                            \
        T *y = y_;                                                                                               \
        const T *a = a_, *b = b_;                                                                                \
        for (int64_t i = 0; i < n; i++)                                                                          \
            y[i] = cond[i * sc] ? a[i * sa] : b[i * sb];                                                         \
    }
SP__WORDS(X)
#undef X

typedef struct where_job {
    where_row row;
    const sp__bcast *plan;
    char *y;
    const uint8_t *cond;
    const char *a, *b;
    int64_t esize;
} where_job;

static void where_range(const void *arg, int64_t begin, int64_t end)
{
    const where_job *j = arg;
    const sp__bcast *p = j->plan;
    int last = p->rank - 1;
    int64_t n = p->dim[last], column = begin % n, sc = p->stride_a[last], sa = p->stride_b[last],
            sb = p->stride_c[last];
    sp__walk w;
    sp__walk_start(&w, p, begin / n);
    for (int64_t i = begin; i < end; column = 0, sp__walk_next(&w)) {
        int64_t len = SP__MIN(n - column, end - i);
        j->row(j->y + i * j->esize, j->cond + w.a + column * sc, sc, j->a + (w.b + column * sa) * j->esize, sa,
               j->b + (w.c + column * sb) * j->esize, sb, len);
        i += len;
    }
}

bool sp__k_where(size_t esize, void *y, const uint8_t *cond, const void *a, const void *b, const sp__bcast *plan)
{
    static const where_row by_size[9] = {
        [1] = where_sp__word1, [2] = where_sp__word2, [4] = where_sp__word4, [8] = where_sp__word8};
    if (esize > 8 || !by_size[esize])
        return false;
    where_job job = {by_size[esize], plan, y, cond, a, b, (int64_t)esize};
    sp__for(plan->size, SP__GRAIN, plan->size, where_range, &job);
    return true;
}
