/* cli/bench.h: what the parts of `spore bench` share.
 *
 *   bench.c           arguments, the table of workloads, results as lines or JSON
 *   bench_blocks.c    the clock: tasks in turn, block by block
 *   bench_nets.c      networks and their steps: mlp, lenet5, convbn, infer
 *   bench_floor.c     the matrix products of an MLP's step alone
 *   bench_scaling.c   one thread against all
 *   bench_data.c bench_startup.c bench_ops.c   a workload each */
#ifndef SP_CLI_BENCH_H
#define SP_CLI_BENCH_H

#include "cli/cli.h"

typedef struct bench_options {
    int64_t batch;        /* samples a step; 0: 64, and 1 for infer */
    int64_t width, depth; /* of the MLP: hidden layers              */
    int64_t steps;        /* in a block; 0: the workload's          */
    int64_t blocks;       /* that count, after one that warms up    */
    int64_t threads, workers;
    const char *without; /* passes that compiling leaves out, NULL: none */
    bool eager, scaling, json;
} bench_options;

/* ---- the clock ---- */

/* Something done many times. run does it `steps` times; false: it failed, and sp_error() says how. */
typedef struct bench_task {
    bool (*run)(void *self, int64_t steps);
    void *self;
    int64_t steps;
    double *seconds; /* NULL: as long as run takes; else run says here how much of it counts */
} bench_task;

typedef struct bench_times {
    double best, median; /* ms a step */
} bench_times;

/* Runs n tasks in turn, a block of each, o->blocks + 1 times; the first round does not count. What one task's figure is
 * compared with has then seen the same minutes of the machine. False on failure. */
bool bench_run(const bench_options *o, int n, const bench_task *tasks, bench_times *times);

/* ---- results ---- */

enum { BENCH_MORE = 12, BENCH_MAX_BLOCKS = 1000 };

typedef struct bench_result {
    const char *mode; /* compiled, eager, ...                       */
    const char *unit; /* of best and median: "ms/step"              */
    bench_times times;
    int64_t steps;
    int n; /* further figures                            */
    struct {
        const char *key; /* as in the JSON object; lines leave "_ms" out */
        double value;
    } more[BENCH_MORE];
} bench_result;

void bench_add(bench_result *r, const char *key, double value);

/* Steps of a block: o->steps, else usual. */
int64_t bench_steps(const bench_options *o, int64_t usual);

/* ---- workloads: fill r; false on failure ---- */

bool bench_mlp(const bench_options *o, bench_result *r);
bool bench_lenet5(const bench_options *o, bench_result *r);
bool bench_convbn(const bench_options *o, bench_result *r);
bool bench_infer(const bench_options *o, bench_result *r);
bool bench_data(const bench_options *o, bench_result *r);
bool bench_startup(const bench_options *o, bench_result *r);
bool bench_ops(const bench_options *o, bench_result *r);
/* A program of one operator, for bench_startup(). */
bool bench_one_op(const bench_options *o, bench_result *r);

/* Adds what `step` gains by more threads than one. */
bool bench_scaling(const bench_options *o, bench_task step, bench_result *r);

/* ---- the floor ---- */

enum { BENCH_MAX_DEPTH = 64, BENCH_IN = 28 * 28, BENCH_OUT = 10 };

typedef struct bench_floor bench_floor;
/* Operands of the products of a training step of the MLP, in the current scope. NULL on failure. */
bench_floor *bench_floor_new(const bench_options *o, int64_t batch);
bool bench_floor_run(void *floor, int64_t steps);
/* Multiplications and additions of a step's products. */
double bench_floor_operations(const bench_floor *f);
void bench_floor_free(bench_floor *f);

#endif
