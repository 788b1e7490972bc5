/* Size classes, and the free blocks of each: the newest is reused first (it may still be in the processor's cache),
 * the oldest goes back to the system when the cap is reached. */
#include "base/cache.h"

#define CACHE_CAP  ((size_t)256 << 20)
#define FINE       24 /* from 2^24 bytes on there are 64 steps */
#define FIRST_FINE (4 + 4 * (FINE - 8))

static struct {
    sp__block *first[SP__CLASSES];
    sp__block *newest, *oldest;
    size_t bytes;
} cache;

/* floor(log2(n)), n > 0 */
static int log2_floor(size_t n)
{
#if defined(__GNUC__) || defined(__clang__)
    return 63 - __builtin_clzll((unsigned long long)n);
#else
    int k = 0;
    while (n >>= 1)
        k++;
    return k;
#endif
}

int sp__class_of(size_t n)
{
    if (n <= 256)
        return n == 0 ? 0 : (int)((n - 1) / 64);
    if (n > (size_t)1 << 40)
        return -1;
    int k = log2_floor(n - 1); /* 2^k < n <= 2^(k+1) */
    size_t above = n - 1 - ((size_t)1 << k);
    return k < FINE ? 4 + (k - 8) * 4 + (int)(above >> (k - 2))
                    : FIRST_FINE + (k - FINE) * 64 + (int)(above >> (k - 6));
}

size_t sp__class_bytes(int size_class)
{
    if (size_class < 4)
        return ((size_t)size_class + 1) * 64;
    int first = size_class < FIRST_FINE ? 4 : FIRST_FINE, bits = size_class < FIRST_FINE ? 2 : 6;
    int k = (size_class < FIRST_FINE ? 8 : FINE) + ((size_class - first) >> bits);
    size_t step = (size_t)(size_class - first) & (((size_t)1 << bits) - 1);
    return ((size_t)1 << k) + ((step + 1) << (k - bits));
}

static void unlink_block(sp__block *b)
{
    if (b->previous)
        b->previous->next = b->next;
    else
        cache.first[b->size_class] = b->next;
    if (b->next)
        b->next->previous = b->previous;
    if (b->newer)
        b->newer->older = b->older;
    else
        cache.newest = b->older;
    if (b->older)
        b->older->newer = b->newer;
    else
        cache.oldest = b->newer;
    cache.bytes -= sp__class_bytes(b->size_class);
}

sp__block *sp__cache_take(int size_class)
{
    sp__block *b = cache.first[size_class];
    if (b)
        unlink_block(b);
    return b;
}

static void push(sp__block **list, sp__block *b)
{
    b->next = *list;
    *list = b;
}

void sp__cache_put(sp__block *b, int size_class, sp__block **gone)
{
    size_t bytes = sp__class_bytes(size_class);
    if (bytes > CACHE_CAP) {
        push(gone, b);
        return;
    }
    while (cache.bytes + bytes > CACHE_CAP) {
        sp__block *old = cache.oldest;
        unlink_block(old);
        push(gone, old);
    }
    *b = (sp__block){.next = cache.first[size_class], .older = cache.newest, .size_class = size_class};
    if (b->next)
        b->next->previous = b;
    cache.first[size_class] = b;
    if (b->older)
        b->older->newer = b;
    else
        cache.oldest = b;
    cache.newest = b;
    cache.bytes += bytes;
}

sp__block *sp__cache_empty(void)
{
    sp__block *all = NULL;
    while (cache.oldest) {
        sp__block *b = cache.oldest;
        unlink_block(b);
        push(&all, b);
    }
    return all;
}

int64_t sp__cache_bytes(void) { return (int64_t)cache.bytes; }
