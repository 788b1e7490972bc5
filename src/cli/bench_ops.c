/* cli/bench_ops.c: what an operator costs however little it computes, and how fast the large ones pass memory. */
#include "cli/bench.h"

enum { CHAIN = 1000, LARGE = 1 << 22 };

typedef struct operands {
    sp_tensor *one, *x, *y; /* (1), (LARGE), (LARGE) */
} operands;

/* ---- small: a chain of additions of one element ---- */

static sp_list chain(void *self, sp_list in)
{
    (void)self;
    sp_tensor *sum = in.at[0];
    for (int i = 0; i < CHAIN; i++)
        sum = sp_add(sum, in.at[0]);
    return sp_list_of(sum);
}

static bool run_chain(void *self, int64_t steps)
{
    const operands *p = self;
    sp_list in = sp_list_of(p->one);
    for (int64_t s = 0; s < steps; s += CHAIN) {
        sp_scope scope = sp_scope_begin();
        chain(NULL, in);
        sp_scope_end(scope);
    }
    return true;
}

typedef struct taped {
    const operands *on;
    double seconds; /* spent in chain() while a tape records */
} taped;

static sp_list timed_chain(void *self, sp_list in)
{
    taped *t = self;
    double began = cli_clock();
    sp_list out = chain(NULL, in);
    t->seconds += cli_clock() - began;
    return out;
}

/* The way back is not counted: it is made of additions as well. */
static bool run_taped(void *self, int64_t steps)
{
    taped *t = self;
    const sp_grad_fn gradient = {.fn = timed_chain, .self = t, .wrt = SP_ARG(0)};
    t->seconds = 0;
    for (int64_t s = 0; s < steps; s += CHAIN) {
        sp_scope scope = sp_scope_begin();
        sp_value_and_grad(&gradient, sp_list_of(t->on->one));
        sp_scope_end(scope);
    }
    return sp_error() == SP_OK;
}

/* ---- large ---- */

static sp_tensor *add(const operands *p) { return sp_add(p->x, p->y); }
static sp_tensor *relu(const operands *p) { return sp_relu(p->x); }
static sp_tensor *tanh_of(const operands *p) { return sp_tanh(p->x); }
static sp_tensor *sum(const operands *p) { return sp_sum(p->x); }

typedef struct large {
    const char *key;
    sp_tensor *(*of)(const operands *p);
    int passes; /* arrays read and written */
    const operands *on;
} large;

static bool run_large(void *self, int64_t steps)
{
    const large *l = self;
    bool done = true;
    for (int64_t s = 0; s < steps && done; s++) {
        sp_scope scope = sp_scope_begin();
        done = l->of(l->on) != NULL;
        sp_scope_end(scope);
    }
    return done;
}

/* ---- the workload ---- */

enum { SMALL_TASKS = 2, LARGE_TASKS = 4, TASKS = SMALL_TASKS + LARGE_TASKS };

static bool make(operands *p)
{
    p->one = sp_ones(SP_F32, SP_DIMS(1));
    p->x = sp_rand_normal(0, 1, SP_F32, SP_DIMS(LARGE));
    p->y = sp_rand_normal(0, 1, SP_F32, SP_DIMS(LARGE));
    return p->one && p->x && p->y;
}

bool bench_ops(const bench_options *o, bench_result *r)
{
    operands p;
    taped t = {&p, 0};
    large larges[LARGE_TASKS] = {{"add_gb_per_s", add, 3, &p},
                                 {"relu_gb_per_s", relu, 2, &p},
                                 {"tanh_gb_per_s", tanh_of, 2, &p},
                                 {"sum_gb_per_s", sum, 1, &p}};
    int64_t chains = (bench_steps(o, 100 * CHAIN) + CHAIN - 1) / CHAIN, steps = chains * CHAIN;
    bench_task tasks[TASKS] = {{run_chain, &p, steps, NULL}, {run_taped, &t, steps, &t.seconds}};
    for (int i = 0; i < LARGE_TASKS; i++)
        tasks[SMALL_TASKS + i] = (bench_task){run_large, &larges[i], bench_steps(o, 10), NULL};
    bench_times times[TASKS];
    if (!make(&p) || !bench_run(o, TASKS, tasks, times))
        return false;
    r->mode = "eager";
    r->unit = "ms/add";
    r->times = times[0];
    r->steps = steps;
    bench_add(r, "add_ns", times[0].best * 1e6);
    bench_add(r, "add_taped_ns", times[1].best * 1e6);
    for (int i = 0; i < LARGE_TASKS; i++) /* 4 bytes an element, ms to s */
        bench_add(r, larges[i].key, 4e-9 * LARGE * larges[i].passes / (times[SMALL_TASKS + i].best * 1e-3));
    return true;
}
