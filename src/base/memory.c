/* The only allocator. A small block comes from the thread's own magazine, a stack of freed blocks of its size class,
 * without a lock; when the magazine runs empty or full, some of it is exchanged with the process's cache (cache.c).
 * Larger blocks go straight to the cache. Only what the cache does not have is asked of the system.
 *
 *   sp__alloc -> magazine (<= 1 KiB, per thread) -> cache (all sizes, one lock, 256 MiB) -> aligned_alloc
 *
 * Under a sanitizer, or with SPORE_NO_CACHE set, every block comes from and goes to the system, so that tools see each
 * use of a freed block. */
#define SP_EXPERIMENTAL
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cache.h"
#include "base/thread.h"

#define MAGAZINE_ROOM  256 /* a scope of a hundred small results comes and goes without the lock */
#define MAGAZINE_BATCH 32

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define LOAD(x)         atomic_load_explicit(&(x), memory_order_relaxed)
#define STORE(x, value) atomic_store_explicit(&(x), (value), memory_order_relaxed)

/* What threads have published; behind `lock`, as the cache and the list of threads are. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    sp_mem_stats stats;
    int64_t requests, requests_before; /* before the last sp_mem_fail_at() */
    sp__thread *threads;
} process;

static atomic_bool fail_armed;
static atomic_llong fail_countdown;

bool sp__mem_caches(void)
{
    static atomic_int answer; /* 0 not asked yet, 1 no, 2 yes */
    int known = LOAD(answer);
    if (known == 0) {
        const char *off = getenv("SPORE_NO_CACHE");
        known = SANITIZED || (off && *off && strcmp(off, "0") != 0) ? 1 : 2;
        STORE(answer, known);
    }
    return known == 2;
}

/* ---- counting ---- */

/* Those of cache.c, which the smallest blocks need not be looked up in. */
static int class_of(size_t n) { return n - 1 < 4 * SP__ALIGN ? (int)((n - 1) / SP__ALIGN) : sp__class_of(n); }
static size_t class_bytes(int c) { return c < 4 ? ((size_t)c + 1) * SP__ALIGN : sp__class_bytes(c); }

static void add(atomic_llong *counter, long long n) { STORE(*counter, LOAD(*counter) + n); }

static void count(sp__counters *c, int blocks, int size_class)
{
    add(&c->blocks, blocks);
    add(&c->bytes, blocks * (long long)class_bytes(size_class));
}

/* Adds the thread's changes to the process's numbers. A thread passes here whenever a magazine runs empty, so the peak
 * misses no more than what fits into the other threads' magazines. */
static void publish(sp__counters *c)
{
    process.stats.live_blocks += LOAD(c->blocks);
    process.stats.live_bytes += LOAD(c->bytes);
    process.requests += LOAD(c->requests);
    STORE(c->blocks, 0);
    STORE(c->bytes, 0);
    STORE(c->requests, 0);
    process.stats.peak_bytes = SP__MAX(process.stats.peak_bytes, process.stats.live_bytes);
}

static int64_t requests_so_far(void)
{
    int64_t n = process.requests;
    for (sp__thread *t = process.threads; t; t = t->memory.next)
        n += LOAD(t->memory.counters.requests);
    return n;
}

sp_mem_stats sp_mem_stats_get(void)
{
    pthread_mutex_lock(&lock);
    sp_mem_stats s = process.stats;
    s.cached_bytes = sp__cache_bytes();
    for (sp__thread *t = process.threads; t; t = t->memory.next) {
        s.live_blocks += LOAD(t->memory.counters.blocks);
        s.live_bytes += LOAD(t->memory.counters.bytes);
        for (int c = 0; c < SP__SMALL_CLASSES; c++)
            s.cached_bytes += LOAD(t->memory.magazines[c].count) * (int64_t)sp__class_bytes(c);
    }
    s.peak_bytes = SP__MAX(s.peak_bytes, s.live_bytes);
    pthread_mutex_unlock(&lock);
    return s;
}

/* ---- failing on request ---- */

void sp_mem_fail_at(int64_t n)
{
    pthread_mutex_lock(&lock);
    process.requests_before = requests_so_far();
    pthread_mutex_unlock(&lock);
    atomic_store(&fail_countdown, n);
    atomic_store(&fail_armed, n > 0);
}

int64_t sp_mem_requests(void)
{
    pthread_mutex_lock(&lock);
    int64_t n = requests_so_far() - process.requests_before;
    pthread_mutex_unlock(&lock);
    return n;
}

static bool must_fail(void)
{
    if (!LOAD(fail_armed) || atomic_fetch_sub(&fail_countdown, 1) != 1)
        return false;
    atomic_store(&fail_armed, false);
    return true;
}

/* ---- the system ---- */

static void system_free(sp__block *list)
{
    while (list) {
        sp__block *next = list->next;
        free(list);
        list = next;
    }
}

static void empty_cache(void)
{
    pthread_mutex_lock(&lock);
    sp__block *all = sp__cache_empty();
    pthread_mutex_unlock(&lock);
    system_free(all);
}

/* Counts the new block; NULL if there is no memory even after the cache has been given back. */
static void *system_alloc(sp__counters *counters, int size_class)
{
    size_t bytes = sp__class_bytes(size_class);
    void *p = aligned_alloc(SP__ALIGN, bytes);
    if (!p) {
        empty_cache();
        p = aligned_alloc(SP__ALIGN, bytes);
    }
    pthread_mutex_lock(&lock);
    process.stats.system_calls++;
    if (p)
        count(counters, 1, size_class);
    publish(counters);
    pthread_mutex_unlock(&lock);
    return p;
}

/* ---- magazines ---- */

static void push(sp__magazine *m, void *p)
{
    sp__block *b = p;
    b->next = m->first;
    m->first = b;
    STORE(m->count, LOAD(m->count) + 1);
}

static sp__block *pop(sp__magazine *m)
{
    sp__block *b = m->first;
    if (b) {
        m->first = b->next;
        STORE(m->count, LOAD(m->count) - 1);
    }
    return b;
}

/* Moves n blocks to the cache; what then goes to the system is put before the list *gone. The lock is held. */
static void spill(sp__magazine *m, int size_class, int n, sp__block **gone)
{
    for (sp__block *b; n-- > 0 && (b = pop(m)) != NULL;)
        sp__cache_put(b, size_class, gone);
}

static void refill(sp__magazine *m, int size_class)
{
    sp__block *b;
    for (int i = 0; i < MAGAZINE_BATCH && (b = sp__cache_take(size_class)) != NULL; i++)
        push(m, b);
}

void sp__memory_begin(sp__thread *self)
{
    for (int c = 0; c < SP__SMALL_CLASSES; c++)
        self->memory.magazines[c].room = sp__mem_caches() ? MAGAZINE_ROOM : 0;
    pthread_mutex_lock(&lock);
    self->memory.previous = NULL;
    self->memory.next = process.threads;
    if (process.threads)
        process.threads->memory.previous = self;
    process.threads = self;
    pthread_mutex_unlock(&lock);
}

void sp__memory_end(sp__thread *self)
{
    sp__memory *m = &self->memory;
    sp__block *gone = NULL;
    pthread_mutex_lock(&lock);
    for (int c = 0; c < SP__SMALL_CLASSES; c++) {
        spill(&m->magazines[c], c, MAGAZINE_ROOM, &gone);
        m->magazines[c].room = 0;
    }
    publish(&m->counters);
    if (m->previous)
        m->previous->memory.next = m->next;
    else
        process.threads = m->next;
    if (m->next)
        m->next->memory.previous = m->previous;
    pthread_mutex_unlock(&lock);
    system_free(gone);
}

void sp_mem_trim(void)
{
    sp__block *gone = NULL;
    pthread_mutex_lock(&lock);
    for (int c = 0; c < SP__SMALL_CLASSES; c++)
        spill(&sp__self.memory.magazines[c], c, MAGAZINE_ROOM, &gone);
    pthread_mutex_unlock(&lock);
    system_free(gone);
    empty_cache();
}

/* ---- blocks ---- */

static void *alloc_slowly(size_t n, int size_class)
{
    sp__thread_begin();
    sp__memory *m = &sp__self.memory;
    add(&m->counters.requests, 1);
    if (must_fail() || size_class < 0)
        return sp__fail(SP_ERR_NOMEM, "memory: %zu bytes cannot be had", n);
    void *p = NULL;
    pthread_mutex_lock(&lock);
    if (size_class < SP__SMALL_CLASSES) {
        sp__magazine *magazine = &m->magazines[size_class];
        if (!magazine->first)
            refill(magazine, size_class);
        p = pop(magazine);
    } else {
        p = sp__cache_take(size_class);
    }
    if (p)
        count(&m->counters, 1, size_class);
    publish(&m->counters);
    pthread_mutex_unlock(&lock);
    if (!p)
        p = system_alloc(&m->counters, size_class);
    return p ? p : sp__fail(SP_ERR_NOMEM, "memory: %zu bytes cannot be had", n);
}

void *sp__alloc(size_t n)
{
    int size_class = class_of(n);
    if (n <= SP__SMALL_MAX && !LOAD(fail_armed)) {
        sp__memory *m = &sp__self.memory;
        sp__block *b = pop(&m->magazines[size_class]);
        if (b) {
            add(&m->counters.requests, 1);
            count(&m->counters, 1, size_class);
            return b;
        }
    }
    return alloc_slowly(n, size_class);
}

static void free_slowly(void *p, int size_class)
{
    sp__thread_begin();
    sp__memory *m = &sp__self.memory;
    count(&m->counters, -1, size_class);
    if (!sp__mem_caches()) {
        free(p);
        return;
    }
    sp__block *gone = NULL;
    pthread_mutex_lock(&lock);
    if (size_class < SP__SMALL_CLASSES) {
        sp__magazine *magazine = &m->magazines[size_class];
        if (LOAD(magazine->count) >= magazine->room)
            spill(magazine, size_class, MAGAZINE_BATCH, &gone);
        push(magazine, p);
    } else {
        sp__cache_put(p, size_class, &gone);
    }
    pthread_mutex_unlock(&lock);
    system_free(gone);
}

void sp__free(void *p, size_t n)
{
    if (!p)
        return;
    int size_class = class_of(n);
    sp__memory *m = &sp__self.memory;
    if (n <= SP__SMALL_MAX && LOAD(m->magazines[size_class].count) < m->magazines[size_class].room) {
        count(&m->counters, -1, size_class);
        push(&m->magazines[size_class], p);
        return;
    }
    free_slowly(p, size_class);
}

void *sp__alloc_zero(size_t n)
{
    void *p = sp__alloc(n);
    return p ? memset(p, 0, n) : NULL;
}

void *sp__realloc(void *p, size_t old_n, size_t new_n)
{
    if (p && sp__mem_caches() && sp__class_of(old_n) == sp__class_of(new_n))
        return p;
    void *q = sp__alloc(new_n);
    if (q && p) {
        memcpy(q, p, SP__MIN(old_n, new_n));
        sp__free(p, old_n);
    }
    return q;
}
