/* cli/bench_scaling.c: what more threads gain (--scaling).
 *
 * The step with one thread and with all of them, in turn; and the same of work that needs nothing but the processor: tanh of
 * what fits each thread's own cache. Processors that share a core, a clock or their time with other guests do not double even
 * that, so it says how much of a gain there is to be had. */
#include "cli/bench.h"

enum { ELEMENTS = 1 << 15, REPEAT = 16 }; /* a thread's; 128 KiB in, 128 KiB out */

static bool run_alone(void *self, int64_t steps)
{
    const bench_task *task = self;
    const int threads = sp_threads();
    sp_set_threads(1);
    bool done = task->run(task->self, steps);
    sp_set_threads(threads);
    return done;
}

/* The same work for however many threads there are, so that the times can be compared. */
static bool run_tanh(void *self, int64_t steps)
{
    bool done = true;
    for (int64_t s = 0; s < steps * REPEAT && done; s++) {
        sp_scope scope = sp_scope_begin();
        done = sp_tanh(self) != NULL;
        sp_scope_end(scope);
    }
    return done;
}

bool bench_scaling(const bench_options *o, bench_task step, bench_result *r)
{
    sp_tensor *x = sp_rand_normal(0, 1, SP_F32, SP_DIMS((int64_t)ELEMENTS * sp_threads()));
    bench_task pure = {run_tanh, x, step.steps, NULL};
    const bench_task tasks[] = {step, {run_alone, &step, step.steps, NULL}, pure, {run_alone, &pure, pure.steps, NULL}};
    bench_times times[4];
    if (!x || !bench_run(o, 4, tasks, times))
        return false;
    bench_add(r, "one_thread_ms", times[1].median);
    bench_add(r, "speedup", times[1].median / times[0].median);
    bench_add(r, "speedup_of_tanh", times[3].median / times[2].median);
    return true;
}
