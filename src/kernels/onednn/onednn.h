/* kernels/onednn/onednn.h: shared by the files that call oneDNN.
 *
 *   onednn.c   the table, threads, matrix products
 *   conv.c     running convolutions        prepare.c   making and keeping them
 *   lowp.c     BFloat16 products
 *   compat.c   the differences between 2.x and 3.x */
#ifndef SP_KERNELS_ONEDNN_ONEDNN_H
#define SP_KERNELS_ONEDNN_ONEDNN_H

#include <signal.h>

#include "kernels/backend.h"
#include "kernels/onednn/compat.h"

/* How things were before a call of oneDNN. */
typedef struct sp__onednn_call {
    int threads;      /* OpenMP's number of threads */
    sigset_t signals; /* those this thread blocked  */
} sp__onednn_call;

/* Before and after each call of oneDNN, on the same thread.
 *
 * Threads: oneDNN takes OpenMP's number, so it is set for the work ahead.
 *
 * Signals: they are held back while oneDNN computes. Its single-precision products use the stack pointer as one more
 * register, pointing into the heap (seen in 2.6 to 3.11; oneDNN's issue 4845). A signal handler that runs then, for Ctrl-C say,
 * is given its frame there and destroys the heap. OpenMP's other threads block signals for good: they belong to the
 * library, and the process's signals go to other threads. */
sp__onednn_call sp__onednn_begin(int64_t work);
void sp__onednn_end(const sp__onednn_call *before);

/* n bytes, cleared; NULL without a recorded error: another kernel will do the work. */
void *sp__onednn_alloc(size_t n);

/* ---- prepared convolutions ---- */

/* What a prepared convolution is known by. */
typedef struct sp__conv_key {
    sp__conv c;
    int64_t pass;    /* sp__conv_pass, or SP__PRODUCT                        */
    int64_t bf16;    /* 1: what is read is rounded to BFloat16               */
    int64_t threads; /* a primitive runs with as many as it was made for     */
} sp__conv_key;

/* A matrix product among them: C (N,M) = A (N,C) B (C,M), A transposed in memory if pt, B if pl. */
enum { SP__PRODUCT = SP__CONV_WEIGHT + 1 };

enum { SP__PORT_X, SP__PORT_W, SP__PORT_Y, SP__PORT_B, SP__PORTS };

/* One array of the convolution. Ours is dense; where the primitive wants another order it gets a copy (inner) in the
 * thread's scratch memory, made or taken back by reorder. */
typedef struct sp__port {
    int arg; /* DNNL_ARG_*, 0: not used by this pass */
    bool output;
    dnnl_memory_t plain;
    dnnl_memory_t inner;      /* NULL: plain is what the primitive wants */
    dnnl_primitive_t reorder; /* plain to inner, or for the output inner to plain */
    size_t offset;            /* of inner in the scratch memory */
} sp__port;

typedef struct sp__conv_entry {
    sp__conv_key key;
    uint64_t used; /* when, on the cache's clock */
    dnnl_primitive_t primitive;
    dnnl_memory_t scratchpad;
    sp__port port[SP__PORTS];
    size_t scratch_bytes; /* of all inner memory and the scratchpad, which lies at 0 */
} sp__conv_entry;

/* A thread's prepared convolutions; the one used longest ago makes room for a new one. */
enum { SP__CONV_ENTRIES = 96 };
typedef struct sp__conv_cache {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    uint64_t clock;
    int count;
    sp__conv_entry *entry[SP__CONV_ENTRIES];
    char *scratch; /* 64-byte aligned, as large as the largest user needs */
    size_t scratch_bytes;
} sp__conv_cache;

/* This thread's; NULL if it cannot be had. */
sp__conv_cache *sp__conv_cache_get(void);
/* The prepared convolution, made if need be; NULL if oneDNN refuses it or memory runs out. Records no error. */
sp__conv_entry *sp__conv_prepare(sp__conv_cache *cache, const sp__conv_key *key);

/* Whether there is such a primitive; runs it on the arrays, NULL where it has none. */
bool sp__onednn_can(sp__conv_key key, int64_t work);
bool sp__onednn_run(sp__conv_key key, int64_t work, void *array[SP__PORTS]);
/* oneDNN's handles are not const; inputs are only read. */
static inline void *sp__read_only(const void *p) { return (void *)(uintptr_t)p; }
/* oneDNN computes with int in places: whether all sizes are in its range and none is 0. */
bool sp__onednn_conv_in_range(const sp__conv *c);
int64_t sp__onednn_conv_work(const sp__conv *c);

/* The entries of the table that lowp.c has. */
bool sp__onednn_gemm_bf16(const sp__gemm *g, const float *A, const float *B, float *C);
bool sp__onednn_conv_bf16(const sp__conv *c, sp__conv_pass pass, float *y, const float *a, const float *b);

/* The entries of the table that conv.c has. */
bool sp__onednn_conv_supports(const sp__conv *c, sp__conv_pass pass);
bool sp__onednn_conv(const sp__conv *c, float *y, const float *x, const float *w, const float *b);
bool sp__onednn_conv_grad_input(const sp__conv *c, float *dx, const float *dy, const float *w);
bool sp__onednn_conv_grad_weight(const sp__conv *c, float *dw, const float *dy, const float *x);

#endif
