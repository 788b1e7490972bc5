/* cli/bench_data.c: the tutorial's pipeline over generated digits, without a network behind it. */
#include "cli/bench.h"
#include "cli/data.h"

enum { DIGITS = 12800 };

/* Takes `steps` batches, beginning epochs anew as they end. */
static bool run(void *iterator, int64_t steps)
{
    sp_list batch;
    for (int64_t s = 0; s < steps; s++)
        if (!sp_iter_next(iterator, &batch) && !(sp_error() == SP_OK && sp_iter_next(iterator, &batch)))
            return false;
    return true;
}

bool bench_data(const bench_options *o, bench_result *r)
{
    const cli_data data = {.name = "digits", .limit = DIGITS};
    int64_t batch = o->batch > 0 ? o->batch : 64;
    sp_iter *it = cli_data_open_with(&data, SP_USAGE_TRAIN, batch, (int)o->workers);
    int64_t whole = it ? sp_iter_len(it) : 1;
    const bench_task task = {run, it, bench_steps(o, whole), NULL};
    bool done = it && run(it, whole); /* each digit is drawn when it is first asked for, and kept */
    done = done && bench_run(o, 1, &task, &r->times);
    sp_iter_free(it);
    if (!done)
        return false;
    r->mode = "pipeline";
    r->unit = "ms/batch";
    r->steps = task.steps;
    bench_add(r, "batch_us", r->times.best * 1e3);
    bench_add(r, "rows_per_s", (double)batch / (r->times.best * 1e-3));
    bench_add(r, "workers", o->workers == 0 ? 1 : o->workers < 0 ? 0 : (double)o->workers);
    return true;
}
