/* cli/bench_nets.c: the networks of `spore bench` and their steps. bench/peers.py has the same for others. */
#include <stdlib.h>

#include "cli/bench.h"

enum { ROWS = 12800 }; /* images in memory, of which each step gathers a shuffled batch */

typedef struct work {
    int64_t batch;
    sp_cell *net;
    sp_optim *optimizer;
    sp_grad_fn gradient;
    sp_tensor *images, *labels; /* (ROWS, 1, H, H) Float32, (ROWS) Int32                 */
    int32_t *order;             /* (ROWS) shuffled anew in each block                    */
    uint64_t random;
    sp_fn step; /* batch to loss, or image to logits                     */
    void *step_self;
    sp_compiled *compiled; /* of step, unless it is to be run eagerly               */
} work;

/* ---- networks: what initialises them does not matter, what they compute does ---- */

static sp_cell *mlp_new(const bench_options *o)
{
    sp_cell *cells[2 * BENCH_MAX_DEPTH + 2] = {sp_nn_flatten()};
    int n = 1;
    for (int64_t i = 0; i < o->depth; i++) {
        cells[n++] = sp_nn_dense(i == 0 ? BENCH_IN : o->width, o->width);
        cells[n++] = sp_nn_relu();
    }
    cells[n++] = sp_nn_dense(o->depth == 0 ? BENCH_IN : o->width, BENCH_OUT);
    return sp_nn_sequential_new(n, cells);
}

static sp_cell *lenet5_new(void)
{
    return sp_nn_sequential(sp_nn_conv2d(1, 6, 5, .pad_mode = SP_PAD_VALID, .has_bias = true), sp_nn_relu(),
                            sp_nn_max_pool2d(2, 2), sp_nn_conv2d(6, 16, 5, .pad_mode = SP_PAD_VALID, .has_bias = true),
                            sp_nn_relu(), sp_nn_max_pool2d(2, 2), sp_nn_flatten(), sp_nn_dense(400, 120), sp_nn_relu(),
                            sp_nn_dense(120, 84), sp_nn_relu(), sp_nn_dense(84, 10));
}

static sp_cell *convbn_new(void)
{
    return sp_nn_sequential(sp_nn_conv2d(1, 32, 3, .has_bias = true), sp_nn_batch_norm2d(32), sp_nn_relu(),
                            sp_nn_max_pool2d(2, 2), sp_nn_conv2d(32, 64, 3, .has_bias = true), sp_nn_batch_norm2d(64),
                            sp_nn_relu(), sp_nn_max_pool2d(2, 2), sp_nn_flatten(), sp_nn_dense(4096, 128), sp_nn_relu(),
                            sp_nn_dense(128, 10));
}

/* ---- steps ---- */

static sp_list loss(void *net, sp_list in) /* images, labels -> mean cross entropy */
{
    return sp_list_of(sp_cross_entropy(sp_call(net, in.at[0]), in.at[1]));
}

static sp_list train_step(void *self, sp_list batch)
{
    work *w = self;
    sp_grads g = sp_value_and_grad(&w->gradient, batch);
    sp_optim_step(w->optimizer, g.d_weights);
    return g.out;
}

static uint64_t next_random(uint64_t *state) /* xorshift64: Marsaglia 2003 */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static void shuffle(work *w)
{
    for (int32_t i = ROWS - 1; i > 0; i--) {
        int32_t j = (int32_t)(next_random(&w->random) % (uint64_t)(i + 1)), kept = w->order[i];
        w->order[i] = w->order[j];
        w->order[j] = kept;
    }
}

static sp_list gather(const work *w, int64_t step)
{
    int64_t at = step * w->batch % (ROWS - w->batch);
    sp_tensor *rows = sp_from(w->order + at, SP_I32, SP_DIMS(w->batch));
    return sp_list_of(sp_gather(w->images, rows, 0), sp_gather(w->labels, rows, 0));
}

static bool run_training(void *self, int64_t steps)
{
    work *w = self;
    shuffle(w);
    for (int64_t s = 0; s < steps && sp_error() == SP_OK; s++) {
        sp_scope scope = sp_scope_begin();
        w->step(w->step_self, gather(w, s));
        sp_scope_end(scope);
    }
    return sp_error() == SP_OK;
}

static bool run_inference(void *self, int64_t steps)
{
    work *w = self;
    sp_list image = sp_list_of(w->images);
    for (int64_t s = 0; s < steps && sp_error() == SP_OK; s++) {
        sp_scope scope = sp_scope_begin();
        w->step(w->step_self, image);
        sp_scope_end(scope);
    }
    return sp_error() == SP_OK;
}

/* ---- setting up ---- */

static bool make_data(work *w, int64_t rows, int64_t side)
{
    int32_t classes[ROWS];
    w->random = 88172645463325252u;
    w->order = calloc(ROWS, sizeof *w->order);
    if (!w->order)
        return sp_set_error(SP_ERR_NOMEM, "bench: no memory for the order of %d rows", ROWS), false;
    for (int32_t i = 0; i < ROWS; i++) {
        w->order[i] = i;
        classes[i] = (int32_t)(next_random(&w->random) % BENCH_OUT);
    }
    w->images = sp_rand_normal(0, 1, SP_F32, SP_DIMS(rows, 1, side, side));
    w->labels = sp_from(classes, SP_I32, SP_DIMS(ROWS));
    return w->images && w->labels;
}

static sp_optim *optimizer_new(const char *name, sp_cell *net)
{
    sp_list params = sp_cell_params(net);
    switch (*name) {
    case 's':
        return sp_optim_sgd(params, .lr = 0.01);
    case 'm':
        return sp_optim_momentum(params, .lr = 0.01, .momentum = 0.9);
    default:
        return sp_optim_adam(params, .lr = 0.001);
    }
}

/* From here on the step is traced at its first call and runs a plan. */
static bool compile(work *w, const bench_options *o, bool frozen)
{
    w->compiled = sp_compile(.fn = w->step, .self = w->step_self, .frozen = frozen, .without = o->without);
    w->step = sp_compiled_run;
    w->step_self = w->compiled;
    return w->compiled;
}

static bool set_up_training(work *w, const bench_options *o, sp_cell *net, const char *optimizer, int64_t side)
{
    w->net = net;
    w->batch = o->batch > 0 ? o->batch : 64;
    w->optimizer = net ? optimizer_new(optimizer, net) : NULL;
    if (!w->optimizer || !make_data(w, ROWS, side))
        return false;
    sp_cell_train(net, true);
    w->gradient = (sp_grad_fn){.fn = loss, .self = net, .weights = sp_cell_params(net)};
    w->step = train_step;
    w->step_self = w;
    return o->eager || compile(w, o, false);
}

static bool set_up_inference(work *w, const bench_options *o, sp_cell *net)
{
    w->net = net;
    w->step = sp_cell_fn;
    w->step_self = net;
    return net && make_data(w, o->batch > 0 ? o->batch : 1, 28) && (o->eager || compile(w, o, true));
}

static void tear_down(work *w)
{
    sp_compiled_free(w->compiled);
    sp_optim_free(w->optimizer);
    sp_cell_free(w->net);
    free(w->order);
}

/* ---- workloads ---- */

static void add_floor(bench_result *r, const bench_floor *f, bench_times times)
{
    bench_add(r, "floor_ms", times.best);
    bench_add(r, "floor_median_ms", times.median);
    bench_add(r, "ratio", r->times.best / times.best);
    bench_add(r, "floor_gflop_per_s", bench_floor_operations(f) * 1e-6 / times.best);
}

static void add_plan(bench_result *r, const sp_compiled *c)
{
    sp_compiled_stats stats = sp_compiled_stats_get(c);
    bench_add(r, "nodes", (double)stats.nodes);
    bench_add(r, "arena_bytes", (double)stats.arena_bytes);
}

/* The step, and the floor in turn with it unless that is NULL. */
static bool measure(const bench_options *o, bench_result *r, bench_task step, const sp_compiled *c, bench_floor *floor)
{
    bench_times times[2];
    const bench_task tasks[2] = {step, {bench_floor_run, floor, step.steps, NULL}};
    if (!bench_run(o, floor ? 2 : 1, tasks, times))
        return false;
    r->mode = c ? "compiled" : "eager";
    r->unit = "ms/step";
    r->times = times[0];
    r->steps = step.steps;
    if (floor)
        add_floor(r, floor, times[1]);
    if (c)
        add_plan(r, c);
    return !o->scaling || bench_scaling(o, step, r);
}

static bool measure_training(const bench_options *o, bench_result *r, work *w, int64_t usual, bench_floor *floor)
{
    return measure(o, r, (bench_task){run_training, w, bench_steps(o, usual), NULL}, w->compiled, floor);
}

bool bench_mlp(const bench_options *o, bench_result *r)
{
    work w = {0};
    bench_floor *floor = NULL;
    bool done = set_up_training(&w, o, mlp_new(o), "sgd", 28) && (floor = bench_floor_new(o, w.batch)) &&
                measure_training(o, r, &w, 200, floor);
    bench_floor_free(floor);
    tear_down(&w);
    return done;
}

bool bench_lenet5(const bench_options *o, bench_result *r)
{
    work w = {0};
    bool done = set_up_training(&w, o, lenet5_new(), "momentum", 32) && measure_training(o, r, &w, 50, NULL);
    tear_down(&w);
    return done;
}

bool bench_convbn(const bench_options *o, bench_result *r)
{
    work w = {0};
    bool done = set_up_training(&w, o, convbn_new(), "adam", 32) && measure_training(o, r, &w, 15, NULL);
    tear_down(&w);
    return done;
}

bool bench_infer(const bench_options *o, bench_result *r)
{
    work w = {0};
    bool done = set_up_inference(&w, o, mlp_new(o)) &&
                measure(o, r, (bench_task){run_inference, &w, bench_steps(o, 1000), NULL}, w.compiled, NULL);
    tear_down(&w);
    return done;
}
