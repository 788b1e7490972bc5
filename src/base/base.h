/* base/base.h: what every module stands on: errors, memory, scopes, threads, random numbers. Knows nothing above it.
 *
 *   errors.c   the thread's first failure, the path of cells being called
 *   memory.c   the only allocator: cached, counted, made to fail on request (cache.c: the blocks kept)
 *   array.c    checked sizes, growing arrays, copies of texts
 *   scope.c    the thread's stack of temporaries and its arena
 *   thread.c   the thread's state, its beginning and end; numbers of threads
 *   random.c   Philox 4x32-10
 *   dtype.c    names, sizes and promotion of element types (half.h: conversions of the 16-bit ones) */
#ifndef SP_BASE_BASE_H
#define SP_BASE_BASE_H

#include "spore/base.h"
#include "spore/dtype.h"

#define SP__MIN(a, b) ((a) < (b) ? (a) : (b))
#define SP__MAX(a, b) ((a) > (b) ? (a) : (b))

/* ---- errors ---- */

/* Both record a failure (the first one wins); the text is one line: operation first, what was found, what was expected.
 * The path of the cells being called is appended. sp__err returns the code, sp__fail NULL. */
sp_status sp__err(sp_status code, const char *format, ...) SP_PRINTF(2, 3);
void *sp__fail(sp_status code, const char *format, ...) SP_PRINTF(2, 3);

/* True if p is not NULL. Otherwise false, and unless a failure is carried already: "op: argument <index> is NULL". */
bool sp__given(const char *op, int index, const void *p);

/* How many failures this thread has had: whether a call of foreign code failed, also where it went on as if nothing were. */
int64_t sp__error_count(void);

/* Cells being called, for error texts: "in net > 2 (Dense)". Names must outlive the pop. */
void sp__path_push(const char *name, const char *type);
void sp__path_pop(void);
int sp__path_depth(void);
/* "net > 2 (Dense)" of the cells being called now, into buf; "" if none. */
void sp__path_text(char *buf, size_t size);

/* A failure carried from one thread to another: taken from (and cleared in) the thread it happened in, raised again in
 * the one that waits for it. */
typedef struct sp__failure {
    sp_status code;
    char text[512];
} sp__failure;
void sp__failure_take(sp__failure *f);
sp_status sp__failure_raise(const sp__failure *f);

/* ---- memory ---- */

/* n bytes, 64-byte aligned, not cleared; NULL and SP_ERR_NOMEM on failure. n = 0 gives a valid pointer. sp__free needs
 * the same n; it accepts NULL. Any thread may free what another allocated. */
void *sp__alloc(size_t n);
void *sp__alloc_zero(size_t n);
void sp__free(void *p, size_t n);
/* As realloc: on failure the old block is left as it was and NULL returned. */
void *sp__realloc(void *p, size_t old_n, size_t new_n);

/* Whether freed blocks are kept for reuse: not under a sanitizer, nor with SPORE_NO_CACHE set in the environment. */
bool sp__mem_caches(void);

/* A copy of s to be freed by sp__free_str; NULL for NULL (no failure) and on failure. */
char *sp__strdup(const char *s);
void sp__free_str(char *s);

/* A growing array: makes room for one more element of `size` bytes in *array (count in use, *capacity there). False and
 * SP_ERR_NOMEM on failure, the array left whole. */
bool sp__grow(void *array_pointer, int64_t count, int64_t *capacity, size_t size);

/* a * b and a + b; false if they do not fit. The one place where sizes from outside are multiplied. */
bool sp__mul_size(size_t a, size_t b, size_t *out);
bool sp__add_size(size_t a, size_t b, size_t *out);

/* ---- scopes ---- */

/* n bytes of the current scope, 16-byte aligned, gone when it ends. NULL and SP_ERR_NOMEM on failure. */
void *sp__scope_alloc(size_t n);
/* Formatted text in the current scope; "" when memory is short. */
const char *sp__scope_printf(const char *format, ...) SP_PRINTF(1, 2);

/* Calls release(object) when the current scope ends. False and SP_ERR_NOMEM on failure (release was not called). */
bool sp__scope_own(void *object, void (*release)(void *object));

/* ---- threads ---- */

#define SP__CACHE_LINE 64

/* Threads worth using for `work` elementary operations (see docs/performance.md): 1 when it is small. */
int sp__threads_for(int64_t work);
/* As many as sp_threads() for any work: for bench/threads.c, which measures where they pay. Process-wide. */
void sp__threads_always(bool on);

/* A slot of the thread's state for a module above that keeps memory in it (the kernels their prepared convolutions): base
 * holds the pointer, and calls release on a non-NULL one when the thread ends or sp_shutdown() runs. */
typedef enum sp__slot { SP__SLOT_KERNELS, SP__SLOT_COUNT_ } sp__slot;
void *sp__thread_get(sp__slot slot);
void sp__thread_set(sp__slot slot, void *value, void (*release)(void *value));

/* Room for a short text of *size bytes, one of eight that the thread uses in turn. */
char *sp__thread_text(size_t *size);

/* A number no other object in the process has had; never 0. Cheap: from a block reserved by the thread. */
uint64_t sp__unique_id(void);

/* ---- random numbers ---- */

/* Counter-based: block i of stream (seed, stream) is always the same four words, whoever computes it. */
void sp__philox(uint32_t out[4], uint64_t seed, uint64_t stream, uint64_t block);
/* Blocks first to first + n - 1, one after the other: the same words, faster. */
void sp__philox_fill(uint32_t *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first);

/* A place in a random stream, a plain value. */
typedef struct sp__random {
    uint64_t seed;
    uint64_t stream;
} sp__random;

/* A fresh stream of this thread's generator: each call gives the next one. */
sp__random sp__random_next(void);
/* Element i of a stream: uniform in [0, 1), with 53 random bits; normal with mean 0 and sigma 1; an integer in [0, n)
 * (0 for n = 0). */
double sp__random_uniform(sp__random r, uint64_t i);
double sp__random_normal(sp__random r, uint64_t i);
uint64_t sp__random_below(sp__random r, uint64_t i, uint64_t n);
/* Elements first to first + n - 1 of a stream: the same numbers, faster. */
void sp__random_uniform_fill(double *out, int64_t n, sp__random r, uint64_t first);
void sp__random_normal_fill(double *out, int64_t n, sp__random r, uint64_t first);
/* order becomes a permutation of 0 .. n-1 (Fisher-Yates). */
void sp__random_shuffle(sp__random r, int64_t *order, int64_t n);
/* The seed state of this thread's generator, for checkpoints of training: get and set. */
sp__random sp__random_state(void);
void sp__random_set_state(sp__random r);

#endif
