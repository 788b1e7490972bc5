/* base/cache.h: freed blocks of the whole process, kept for reuse. Private to src/base; the caller holds the lock of
 * memory.c. */
#ifndef SP_BASE_CACHE_H
#define SP_BASE_CACHE_H

#include "base/base.h"

/* Block sizes: multiples of 64 up to 256, then four steps for every doubling (so at most a quarter is lost), from 16 MiB on 64 (at most
 * a sixty-fourth: large files may take twice their size, not more), up to 2^40 bytes. */
#define SP__ALIGN   64
#define SP__CLASSES (4 + 4 * 16 + 64 * 16)

/* The beginning of a block while it is free. In a magazine only `next` is used. */
typedef struct sp__block {
    struct sp__block *next, *previous; /* blocks of the same class          */
    struct sp__block *newer, *older;   /* all blocks, by the time of freeing */
    int size_class;
} sp__block;

/* The class for n bytes, -1 if no block is that large; and a class's bytes. */
int sp__class_of(size_t n);
size_t sp__class_bytes(int size_class);

/* The most recently freed block of the class, NULL if there is none. */
sp__block *sp__cache_take(int size_class);
/* Keeps a block. Those that must go to the system to stay below the cap are put before the list *gone, linked by
 * `next`. */
void sp__cache_put(sp__block *block, int size_class, sp__block **gone);
/* Empties the cache: all of its blocks, linked by `next`. */
sp__block *sp__cache_empty(void);
int64_t sp__cache_bytes(void);

#endif
