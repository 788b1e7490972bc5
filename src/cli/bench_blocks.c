/* cli/bench_blocks.c: the clock of `spore bench`. */
#include <stdlib.h>

#include "cli/bench.h"

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bench_times summary(double *ms, int n)
{
    qsort(ms, (size_t)n, sizeof *ms, ascending);
    return (bench_times){ms[0], n % 2 ? ms[n / 2] : (ms[n / 2 - 1] + ms[n / 2]) / 2};
}

static bool run_block(const bench_task *task, double *ms)
{
    sp_scope scope = sp_scope_begin();
    double began = cli_clock();
    bool done = task->run(task->self, task->steps) && sp_error() == SP_OK;
    double took = cli_clock() - began;
    *ms = (task->seconds ? *task->seconds : took) * 1e3 / (double)task->steps;
    sp_scope_end(scope);
    return done;
}

bool bench_run(const bench_options *o, int n, const bench_task *tasks, bench_times *times)
{
    double *ms = calloc((size_t)n * (size_t)(o->blocks + 1), sizeof *ms); /* (n, blocks + 1): a task's stand together */
    bool done = ms || (sp_set_error(SP_ERR_NOMEM, "bench: no memory for the times of %d tasks", n), false);
    for (int64_t b = 0; b <= o->blocks; b++)
        for (int i = 0; i < n && done; i++)
            done = run_block(&tasks[i], &ms[i * (o->blocks + 1) + b]);
    for (int i = 0; i < n && done; i++)
        times[i] = summary(&ms[i * (o->blocks + 1) + 1], (int)o->blocks);
    free(ms);
    return done;
}
