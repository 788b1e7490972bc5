/* base/thread.h: everything the library knows about one thread, in one place. Private to src/base. */
#ifndef SP_BASE_THREAD_H
#define SP_BASE_THREAD_H

#include <stdatomic.h>

#include "base/base.h"

#define SP__TEXT_MAX      512 /* bytes of an error text, its end included           */
#define SP__PATH_MAX      32  /* cells remembered; deeper ones are printed as "..." */
#define SP__SMALL_MAX     1024
#define SP__SMALL_CLASSES 12
#define SP__TEXTS         8
#define SP__TEXT_BYTES    192

typedef struct sp__path_entry {
    const char *name;
    const char *type;
} sp__path_entry;

/* errors.c */
typedef struct sp__errors {
    sp_status code;
    char text[SP__TEXT_MAX];
    sp_error_hook hook;
    void *user;
    bool in_hook;
    int64_t count; /* failures since the thread began, those that did not win counted in */
    int depth;     /* cells being called, also those beyond SP__PATH_MAX */
    sp__path_entry path[SP__PATH_MAX];
} sp__errors;

/* memory.c: freed small blocks of one size class, for this thread alone. Others read `count`, for the statistics. */
typedef struct sp__magazine {
    struct sp__block *first;
    atomic_int count;
    int room; /* 0 until the thread has begun: so the quick paths need no other test */
} sp__magazine;

/* Changes since they were last added to the process's numbers. Only the owner writes, so plain loads and stores do. */
typedef struct sp__counters {
    atomic_llong requests, blocks, bytes;
} sp__counters;

typedef struct sp__memory {
    sp__magazine magazines[SP__SMALL_CLASSES];
    sp__counters counters;
    struct sp__thread *next, *previous; /* all threads that have begun */
} sp__memory;

typedef struct sp__owned {
    void *object;
    void (*release)(void *object);
} sp__owned;

typedef struct sp__chunk sp__chunk;

/* Where the stack of objects and the arena stood when a scope began. */
typedef struct sp__mark {
    int64_t owned;
    sp__chunk *chunk;
    size_t used;
} sp__mark;

/* scope.c */
typedef struct sp__scopes {
    sp__owned *owned;
    int64_t owned_count, owned_capacity;
    sp__mark *marks; /* marks[d - 1] is that of the scope of depth d */
    int64_t depth, marks_capacity;
    sp__chunk *first;   /* the arena's chunks, a list                       */
    sp__chunk *current; /* the one being filled; those after it are free    */
} sp__scopes;

typedef struct sp__slot_value {
    void *value;
    void (*release)(void *value);
} sp__slot_value;

typedef struct sp__thread {
    bool begun; /* has things to release when it ends */
    sp__errors errors;
    sp__memory memory;
    sp__scopes scopes;
    sp__random random;
    sp__slot_value slots[SP__SLOT_COUNT_];
    uint64_t next_id, last_id;
    int omp_threads; /* what OpenMP was told in this thread */
    int next_text;
    char texts[SP__TEXTS][SP__TEXT_BYTES];
} sp__thread;

extern _Thread_local sp__thread sp__self;

/* Makes sure that this thread's things are released when it ends. */
void sp__thread_begin(void);

/* Called when the thread ends, in this order. */
void sp__scopes_end(sp__scopes *s);
void sp__memory_end(sp__thread *self);
/* Called by sp__thread_begin. */
void sp__memory_begin(sp__thread *self);

#endif
