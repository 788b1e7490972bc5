/* spore/base.h: results, errors, scopes, memory, threads, random seed.
 *
 * Conventions of the whole library
 *   Tensor expressions   NULL on failure, and NULL in gives NULL out: check once, at the end.
 *   Objects              NULL on failure (cells, datasets, iterators, graphs, optimizers).
 *   Actions              an sp_status.
 *   Every failure sets this thread's error; the first one stays until sp_error_clear(). */
#ifndef SPORE_BASE_H
#define SPORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(SP_BUILD) && (defined(__GNUC__) || defined(__clang__))
#define SP_API __attribute__((visibility("default")))
#else
#define SP_API
#endif

#if defined(__GNUC__) || defined(__clang__)
#define SP_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SP_PRINTF(text, first)
#endif

#define SP_VERSION_MAJOR 0
#define SP_VERSION_MINOR 1
#define SP_VERSION_PATCH 0
#define SP_VERSION       "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that runs, as SP_VERSION is of the header that was compiled. Static text. */
SP_API const char *sp_version(void);

/* One line on how this library was built: version, kernels, threads, optional parts. Static text. */
SP_API const char *sp_build_info(void);

/* ---- errors ---- */

#define SP_ERRORS(X)                       \
    X(SHAPE, "shapes do not fit")          \
    X(DTYPE, "wrong element type")         \
    X(VALUE, "value out of range")         \
    X(STATE, "not possible in this state") \
    X(IO, "file or network error")         \
    X(FORMAT, "malformed file")            \
    X(NOMEM, "out of memory")              \
    X(UNSUPPORTED, "not supported")        \
    X(INTERRUPTED, "interrupted")

#define X(code, text) SP_ERR_##code,
typedef enum sp_status { SP_OK, SP_ERRORS(X) SP_ERR_COUNT_ } sp_status;
#undef X

/* The first failure of this thread since the last sp_error_clear(); SP_OK if there was none. */
SP_API sp_status sp_error(void);

/* Its one-line text, "" if there was none. Valid until the next call that fails, or sp_error_clear(). Example:
 * "matmul: inner dimensions differ: (2, 8) x (9, 3), in net (SequentialCell) > 2 (Dense)". */
SP_API const char *sp_error_text(void);

/* Forgets the failure: call it once it has been handled. */
SP_API void sp_error_clear(void);

/* The general meaning of a status, static text. */
SP_API const char *sp_status_text(sp_status status);

/* Records a failure of the caller's own code (a user cell, a dataset callback) as the library records its own, and
 * returns its code. The first failure wins. */
SP_API sp_status sp_set_error(sp_status code, const char *format, ...) SP_PRINTF(2, 3);

/* Calls hook for every failure recorded in this thread, also those after the first; NULL ends it. For debuggers and
 * logs. Setting SPORE_ABORT_ON_ERROR=1 in the environment stops the process at the first failure instead. */
typedef void (*sp_error_hook)(void *user, sp_status code, const char *text);
SP_API void sp_on_error(sp_error_hook hook, void *user);

/* ---- scopes: who frees temporaries ---- */

/* Tensors, lists and texts made by a thread belong to its innermost open scope. Scopes nest; ending one ends those
 * left open inside it, so break, return and errors need no clean-up. Without any scope things live until sp_shutdown()
 * or the thread's end: correct, but memory grows. */
typedef struct sp_scope {
    int depth;
} sp_scope;

SP_API sp_scope sp_scope_begin(void);
SP_API void sp_scope_end(sp_scope scope);

/* Text of the current scope, made as printf() makes it: a name, what a user cell prints of itself. "" on failure. */
SP_API const char *sp_format(const char *format, ...) SP_PRINTF(1, 2);

/* Releases everything this thread still owns, its caches too: for leak checkers, at the end of main. Other threads do
 * this by themselves when they end. The library can be used again afterwards. */
SP_API void sp_shutdown(void);

/* ---- memory ---- */

typedef struct sp_mem_stats {
    int64_t live_bytes;   /* in use now, all threads                                                     */
    int64_t peak_bytes;   /* most ever in use                                                            */
    int64_t cached_bytes; /* freed and kept for reuse                                                    */
    int64_t system_calls; /* how often the system's allocator was asked for memory: constant when steady */
    int64_t live_blocks;  /* blocks in use                                                               */
} sp_mem_stats;

SP_API sp_mem_stats sp_mem_stats_get(void);

/* Gives the cached blocks back to the system, except those that other threads hold ready (at most 0.4 MB each). */
SP_API void sp_mem_trim(void);

/* ---- threads and random numbers ---- */

/* How many threads kernels may use: 1 to 1024 (more count as 1024); 0 restores the default: OMP_NUM_THREADS, or the
 * processors available. SP_ERR_VALUE for a negative number. Process-wide. In a child process (fork) of one whose kernels
 * have used several it is 1: threads do not come along. */
SP_API void sp_set_threads(int n);
SP_API int sp_threads(void);

/* Seeds this thread's random stream (initialisers, random tensors, dropout, shuffles): the same seed gives the same
 * numbers on every machine and for every number of threads. A thread that was never seeded starts at seed 0. */
SP_API void sp_set_seed(uint64_t seed);

#ifdef SP_EXPERIMENTAL
/* For tests: the n-th allocation from now on fails (n >= 1), once; 0 switches it off. Process-wide. */
SP_API void sp_mem_fail_at(int64_t n);
/* For tests: allocations asked for since the last sp_mem_fail_at(), cached ones counted in. */
SP_API int64_t sp_mem_requests(void);
#endif

#ifdef __cplusplus
}
#endif
#endif
