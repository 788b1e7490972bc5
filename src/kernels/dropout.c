/* dropout.c: elements dropped at random; element i is decided by word i mod 4 of block i / 4 of the stream. */
#include <math.h>

#include "kernels/loops.h"

typedef struct dropout_job {
    void *y;
    const void *x;
    const uint8_t *mask;
    uint8_t *mask_out;
    double keep;
    sp__random r;
} dropout_job;

/* mask[i] = word[i] <= last */
SP__HOT static void words_to_mask(uint8_t *restrict mask, const uint32_t *word, int64_t n, uint32_t last)
{
    SP__SIMD
    for (int64_t i = 0; i < n; i++)
        mask[i] = word[i] <= last;
}

/* mask[i - begin] for elements [begin, end), at most SP__GRAIN of them; begin is a multiple of 4. */
static void draw(const dropout_job *j, uint8_t *mask, int64_t begin, int64_t end)
{
    const double limit = j->keep * 4294967296.0; /* 2^32: a word below it keeps */
    uint32_t word[SP__GRAIN];
    sp__philox_fill(word, (end - begin + 3) / 4, j->r.seed, j->r.stream, (uint64_t)begin / 4);
    words_to_mask(mask, word, end - begin, limit >= 1 ? (uint32_t)(ceil(limit) - 1) : 0);
}

#define LOOPS(D, T, C, load, store)                                                                           \
    SP__HOT_##D static void masked_##D(void *y_, const void *x_, const uint8_t *mask, double keep, int64_t n) \
    {                                                                                                         \
        T *y = y_;                                                                                            \
        const T *x = x_;                                                                                      \
        const C scale = (C)(1 / keep);                                                                        \
        SP__SIMD                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                                       \
            y[i] = mask[i] ? (T)store(load(x[i]) * scale) : 0;                                                \
    }                                                                                                         \
    static void dropout_range_##D(const void *arg, int64_t begin, int64_t end)                                \
    {                                                                                                         \
        const dropout_job *j = arg;                                                                           \
        for (int64_t i = begin; i < end; i += SP__GRAIN) {                                                    \
            uint8_t own[SP__GRAIN], *mask = j->mask_out ? j->mask_out + i : own;                              \
            int64_t stop = SP__MIN(i + SP__GRAIN, end);                                                       \
            draw(j, mask, i, stop);                                                                           \
            masked_##D((T *)j->y + i, (const T *)j->x + i, mask, j->keep, stop - i);                          \
        }                                                                                                     \
    }                                                                                                         \
    static void apply_range_##D(const void *arg, int64_t begin, int64_t end)                                  \
    {                                                                                                         \
        const dropout_job *j = arg;                                                                           \
        masked_##D((T *)j->y + begin, (const T *)j->x + begin, j->mask + begin, j->keep, end - begin);        \
    }
#define X(D, T, C, S, load, store) LOOPS(D, T, C, load, store)
SP__FLOAT_TYPES(X)
#undef X

#define X(D, ...) [SP_##D] = {dropout_range_##D, apply_range_##D},
static const sp__range ranges[SP_DTYPE_COUNT_][2] = {SP__FLOAT_TYPES(X)};
#undef X

bool sp__k_dropout(sp_dtype dtype, void *y, uint8_t *mask, const void *x, double keep, sp__random r, int64_t n)
{
    if (!sp_dtype_is_float(dtype))
        return false;
    dropout_job job = {.y = y, .x = x, .mask_out = mask, .keep = keep, .r = r};
    sp__for(n, SP__GRAIN, n * SP__COST_RANDOM, ranges[dtype][0], &job);
    return true;
}

bool sp__k_dropout_apply(sp_dtype dtype, void *y, const void *x, const uint8_t *mask, double keep, int64_t n)
{
    if (!sp_dtype_is_float(dtype))
        return false;
    dropout_job job = {.y = y, .x = x, .mask = mask, .keep = keep};
    sp__for(n, SP__GRAIN, n, ranges[dtype][1], &job);
    return true;
}
