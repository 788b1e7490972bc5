/* A thread's state, its beginning and end; how many threads kernels use; what was built. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/thread.h"

#define MOST_THREADS 1024

/* What a thread must have to do, in elementary operations; kernels say what an element of theirs costs (SP__COST_* in
 * kernels/loops.h). bench/threads.c measures both on any machine. Starting a parallel region and waiting for its end took
 * 2.4 us with two spinning threads (EPYC 7003, GNU OpenMP), 0.16 ns an operation; two threads were faster by a tenth and
 * more from 4 to 10 us of work on, for every kind of kernel alike. So each has 5 us. */
#define WORK_PER_THREAD 32768
#define IDS_AT_ONCE     4096

_Thread_local sp__thread sp__self;

/* ---- beginning and end ---- */

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void thread_end(sp__thread *self)
{
    for (int i = 0; i < SP__SLOT_COUNT_; i++)
        sp__thread_set((sp__slot)i, NULL, NULL);
    sp__scopes_end(&self->scopes);
    self->begun = false;
    sp__memory_end(self);
}

static void key_end(void *state)
{
    sp__thread *self = state;
    if (self->begun)
        thread_end(self);
}

static void key_make(void) { pthread_key_create(&key, key_end); }

void sp__thread_begin(void)
{
    sp__thread *self = &sp__self;
    if (self->begun)
        return;
    self->begun = true;
    pthread_once(&key_once, key_make);
    pthread_setspecific(key, self);
    sp__memory_begin(self);
}

void sp_shutdown(void)
{
    if (sp__self.begun)
        thread_end(&sp__self);
    sp_mem_trim();
}

/* ---- slots, texts, numbers ---- */

void *sp__thread_get(sp__slot slot) { return sp__self.slots[slot].value; }

void sp__thread_set(sp__slot slot, void *value, void (*release)(void *value))
{
    sp__slot_value old = sp__self.slots[slot];
    if (value)
        sp__thread_begin();
    sp__self.slots[slot] = (sp__slot_value){value, release};
    if (old.value && old.value != value && old.release)
        old.release(old.value);
}

char *sp__thread_text(size_t *size)
{
    int i = sp__self.next_text;
    sp__self.next_text = (i + 1) % SP__TEXTS;
    *size = SP__TEXT_BYTES;
    return sp__self.texts[i];
}

uint64_t sp__unique_id(void)
{
    static atomic_ullong next_block;
    sp__thread *self = &sp__self;
    if (self->next_id == self->last_id) {
        uint64_t block = atomic_fetch_add_explicit(&next_block, 1, memory_order_relaxed);
        self->next_id = block * IDS_AT_ONCE;
        self->last_id = self->next_id + IDS_AT_ONCE - 1;
    }
    return ++self->next_id;
}

/* ---- threads of kernels ---- */

static atomic_int threads_wanted; /* 0: the default */

/* A child process has the forking thread alone, and GCC's OpenMP would wait there for the others for ever. */
static atomic_bool threads_lost;

static int processors(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

/* The processors this process may use, or OMP_NUM_THREADS. */
static int threads_default(void)
{
    static atomic_int answer;
    int n = atomic_load(&answer);
    if (n > 0)
        return n;
    const char *text = getenv("OMP_NUM_THREADS");
    long asked = text ? strtol(text, NULL, 10) : 0;
    n = asked > 0 ? (int)SP__MIN(asked, MOST_THREADS) : SP__MIN(processors(), MOST_THREADS);
    atomic_store(&answer, n);
    return n;
}

void sp_set_threads(int n)
{
    if (n < 0)
        sp__err(SP_ERR_VALUE, "set_threads: %d threads: expected 0 (the default) or more", n);
    else
        atomic_store(&threads_wanted, SP__MIN(n, MOST_THREADS));
}

int sp_threads(void)
{
    if (atomic_load_explicit(&threads_lost, memory_order_relaxed))
        return 1;
    int n = atomic_load_explicit(&threads_wanted, memory_order_relaxed);
    return n > 0 ? n : threads_default();
}

#ifdef _OPENMP
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void after_fork(void) { atomic_store(&threads_lost, true); }

static void fork_watch(void) { pthread_atfork(NULL, NULL, after_fork); }
#endif

static atomic_bool always;

void sp__threads_always(bool on) { atomic_store(&always, on); }

int sp__threads_for(int64_t work)
{
#ifdef _OPENMP
    int n = sp_threads();
    if (sp__self.omp_threads != n) { /* oneDNN asks OpenMP, which keeps a number for each thread */
        omp_set_num_threads(n);
        sp__self.omp_threads = n;
    }
    if (atomic_load_explicit(&always, memory_order_relaxed))
        work = INT64_MAX;
    if (work < 2 * (int64_t)WORK_PER_THREAD || omp_in_parallel())
        return 1;
    pthread_once(&fork_once, fork_watch);
    return (int)SP__MIN((int64_t)n, work / WORK_PER_THREAD);
#else
    (void)work;
    return 1;
#endif
}

/* ---- what this is ---- */

const char *sp_version(void) { return SP_VERSION; }

const char *sp_build_info(void)
{
    return "Spore " SP_VERSION
#ifdef __VERSION__
           ", compiler " __VERSION__
#endif
#ifdef SPORE_HAVE_ONEDNN
           ", kernels oneDNN and portable C"
#else
           ", kernels portable C"
#endif
#ifdef _OPENMP
           ", OpenMP"
#else
           ", one thread"
#endif
#ifdef SPORE_HAVE_PROTOBUF
           ", protobuf-c"
#endif
#ifdef SPORE_HAVE_PNG
           ", libpng"
#endif
#ifdef SPORE_HAVE_JPEG
           ", libjpeg-turbo"
#endif
#ifdef SPORE_HAVE_CURL
           ", libcurl"
#endif
#ifdef SPORE_HAVE_ARCHIVE
           ", libarchive"
#endif
#ifdef SPORE_HAVE_ZLIB
           ", zlib"
#endif
#ifdef SPORE_HAVE_JANSSON
           ", jansson"
#endif
        ;
}
