/* topk.c: the k largest of each row, by a heap of the best k so far whose root is the worst of them. */
#include "kernels/loops.h"

/* Every type maps to keys that order as its values do: floats by sign and magnitude, NaN on top, -0 as 0. */
typedef struct entry {
    uint64_t key;
    int64_t at;
} entry;

static uint64_t key_of_double(double v)
{
    uint64_t bits;
    if (v != v)
        return UINT64_MAX;
    v += 0.0; /* -0 + 0 = 0 */
    memcpy(&bits, &v, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static uint64_t key_at(sp_dtype dtype, const void *x, int64_t i)
{
    switch (dtype) {
#define X(D, T, C, S, load, store) \
    case SP_##D:                   \
        return key_of_double((double)load(((const T *)x)[i]));
        SP__FLOAT_TYPES(X)
#undef X
#define X(D, T, ...) \
    case SP_##D:     \
        return (uint64_t)(int64_t)((const T *)x)[i] ^ (uint64_t)1 << 63;
        SP__SIGNED_TYPES(X)
#undef X
#define X(D, T, ...) \
    case SP_##D:     \
        return ((const T *)x)[i];
        SP__UNSIGNED_TYPES(X)
#undef X
    default:
        return 0;
    }
}

/* Equal keys: the smaller position is better. */
static bool better(entry a, entry b) { return a.key != b.key ? a.key > b.key : a.at < b.at; }

/* Restores the heap (each entry no better than its children) below place i. */
static void sift(entry *heap, int64_t n, int64_t i)
{
    for (;;) {
        int64_t worst = i;
        for (int64_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
            if (better(heap[worst], heap[child]))
                worst = child;
        if (worst == i)
            return;
        entry e = heap[i];
        heap[i] = heap[worst];
        heap[worst] = e;
        i = worst;
    }
}

/* heap (k) = the best k of row x (n), best first. */
static void select_row(entry *heap, sp_dtype dtype, const void *x, int64_t n, int64_t k, uint64_t flip)
{
    for (int64_t i = 0; i < k; i++)
        heap[i] = (entry){key_at(dtype, x, i) ^ flip, i};
    for (int64_t i = k / 2 - 1; i >= 0; i--)
        sift(heap, k, i);
    for (int64_t i = k; i < n; i++) {
        entry e = {key_at(dtype, x, i) ^ flip, i};
        if (better(e, heap[0])) {
            heap[0] = e;
            sift(heap, k, 0);
        }
    }
    for (int64_t left = k - 1; left > 0; left--) { /* the worst goes to the end */
        entry e = heap[0];
        heap[0] = heap[left];
        heap[left] = e;
        sift(heap, left, 0);
    }
}

size_t sp__k_topk_workspace(int64_t k) { return (size_t)k * sizeof(entry); }

bool sp__k_topk(sp_dtype dtype, void *values, int32_t *indices, const void *x, int64_t outer, int64_t n, int64_t k,
                bool ascending, void *workspace)
{
    if ((unsigned)dtype >= SP_DTYPE_COUNT_ || dtype == SP_BOOL)
        return false;
    if (k == 0)
        return true;
    entry *heap = workspace;
    int64_t e = sp__bytes(dtype);
    for (int64_t o = 0; o < outer; o++) {
        const void *row = sp__at(x, o * n * e);
        select_row(heap, dtype, row, n, k, ascending ? UINT64_MAX : 0);
        for (int64_t i = 0; i < k; i++) {
            memcpy(sp__at_mut(values, (o * k + i) * e), sp__at(row, heap[i].at * e), (size_t)e);
            indices[o * k + i] = (int32_t)heap[i].at;
        }
    }
    return true;
}
