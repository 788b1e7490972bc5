/* Compiled functions and threads: each thread has one of its own, over shared parameters; one that is shared is refused. */
#include "support/test.h"

#include <pthread.h>
#include <semaphore.h>

#include "spore.h"
#include "support/steps.h"

#define RUNS 20

typedef struct worker {
    pthread_t thread;
    sp_fn fn;
    void *self;
    const char *expected;
    bool ok;
} worker;

static sp_list rows(void) { return sp_list_of(sp_reshape(sp_arange(0, 36, 1, SP_F32), SP_DIMS(4, 9))); }

/* Compiles, runs, and frees; the results are those of the main thread. */
static void *work(void *arg)
{
    worker *w = arg;
    sp_scope scope = sp_scope_begin();
    sp_compiled *c = sp_compile(w->fn, w->self);
    w->ok = c != NULL;
    for (int i = 0; w->ok && i < RUNS; i++) {
        sp_list out = sp_compiled_run(c, rows());
        w->ok = out.n == 1 && !strcmp(sp_str(out.at[0]), w->expected);
    }
    sp_compiled_free(c);
    w->ok = w->ok && sp_error() == SP_OK;
    sp_scope_end(scope);
    return NULL;
}

static void check_shared(sp_fn fn, void *self)
{
    sp_compiled *c = sp_compile(fn, self);
    const char *expected = sp_str(sp_compiled_run(c, rows()).at[0]);
    worker w[3];
    for (int i = 0; i < 3; i++) {
        w[i] = (worker){.fn = fn, .self = self, .expected = expected};
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(w[i].thread, NULL);
        assert_true(w[i].ok);
    }
    sp_compiled_free(c);
}

TEST(threads_compile_one_graph_each_for_itself)
{
    step_world w = step_world_new(step_net_named("mlp"), step_optim_named("sgd"));
    sp_cell_train(w.net, false);
    sp_graph *g = sp_trace(sp_cell_fn, w.net, rows());
    check_shared(sp_graph_run, g);
    sp_graph_free(g);
    step_world_free(&w);
}

TEST(threads_compile_one_net_each_for_itself)
{
    step_world w = step_world_new(step_net_named("mlp"), step_optim_named("sgd"));
    sp_cell_train(w.net, false);
    check_shared(sp_cell_fn, w.net);
    step_world_free(&w);
}

/* ---- one that two share ---- */

typedef struct meeting {
    sem_t inside, leave;
    bool wait;
    sp_compiled *c;
    int n;
} meeting;

/* The first call, which is traced, stays inside until it is told to go. */
static sp_list stays_inside(void *self, sp_list in)
{
    meeting *m = self;
    if (m->wait) {
        sem_post(&m->inside);
        sem_wait(&m->leave);
    }
    return sp_list_of(sp_neg(in.at[0]));
}

static void *first(void *arg)
{
    meeting *m = arg;
    sp_scope scope = sp_scope_begin();
    m->n = sp_compiled_run(m->c, rows()).n;
    sp_scope_end(scope);
    return NULL;
}

TEST(a_compiled_function_that_another_thread_is_in_is_refused)
{
    meeting m = {.wait = true};
    pthread_t thread;
    sem_init(&m.inside, 0, 0);
    sem_init(&m.leave, 0, 0);
    m.c = sp_compile(stays_inside, &m);
    assert_int_equal(pthread_create(&thread, NULL, first, &m), 0);
    sem_wait(&m.inside);
    assert_int_equal(sp_compiled_run(m.c, rows()).n, 0);
    assert_int_equal(sp_error(), SP_ERR_STATE);
    assert_string_equal(sp_error_text(),
                        "compiled: in use by another thread; each needs a compiled function of its own");
    sp_error_clear();
    sem_post(&m.leave);
    pthread_join(thread, NULL);
    assert_int_equal(m.n, 1);
    assert_int_equal(sp_compiled_run(m.c, rows()).n, 1); /* it is free again */
    sp_compiled_free(m.c);
    sem_destroy(&m.inside);
    sem_destroy(&m.leave);
}

TEST_MAIN()
