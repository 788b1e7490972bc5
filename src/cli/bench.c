/* cli/bench.c: `spore bench`. */
#include "cli/bench.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/options.h"

typedef struct workload {
    const char *name;
    bool (*run)(const bench_options *o, bench_result *r);
    const char *about;
} workload;

static const workload workloads[] = {
    {"mlp", bench_mlp, "an SGD step of 784-512-512-10; floor: its matrix products alone"},
    {"lenet5", bench_lenet5, "a Momentum step of LeNet-5 on (64, 1, 32, 32)"},
    {"convbn", bench_convbn, "an Adam step of conv-bn-relu-pool twice and two dense layers, the same input"},
    {"infer", bench_infer, "the MLP forward, one image"},
    {"data", bench_data, "the tutorial's pipeline over 12,800 generated digits"},
    {"startup", bench_startup, "spore --version from start to end; one_op: one matrix product, and the same by oneDNN"},
    {"ops", bench_ops, "an addition of one element, with and without a tape; large operators"},
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };
static const workload one_op = {"one-op", bench_one_op, "what startup starts"};

static const workload *find(const char *name)
{
    for (int i = 0; i < WORKLOADS; i++)
        if (strcmp(workloads[i].name, name) == 0)
            return &workloads[i];
    return strcmp(name, one_op.name) == 0 ? &one_op : NULL;
}

void bench_add(bench_result *r, const char *key, double value)
{
    assert(r->n < BENCH_MORE);
    r->more[r->n].key = key;
    r->more[r->n++].value = value;
}

int64_t bench_steps(const bench_options *o, int64_t usual) { return o->steps > 0 ? o->steps : usual; }

/* ---- results ---- */

static void say_json(const char *name, const bench_result *r)
{
    cli_json j = {0};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "workload", name);
    cli_json_text(&j, "mode", r->mode);
    cli_json_real(&j, "best_ms", r->times.best);
    cli_json_real(&j, "median_ms", r->times.median);
    cli_json_whole(&j, "threads", sp_threads());
    cli_json_whole(&j, "steps", r->steps);
    for (int i = 0; i < r->n; i++)
        cli_json_real(&j, r->more[i].key, r->more[i].value);
    cli_json_close(&j);
}

/* "floor_ms" is "floor=" in a line: all times there are in ms. */
static int key_length(const char *key)
{
    size_t n = strlen(key);
    return (int)(cli_ends_with(key, "_ms") ? n - 3 : n);
}

static void say_line(const char *name, const bench_result *r)
{
    printf("%s %s best=%.4g median=%.4g %s threads=%d", name, r->mode, r->times.best, r->times.median, r->unit,
           sp_threads());
    for (int i = 0; i < r->n; i++)
        printf(" %.*s=%.*g", key_length(r->more[i].key), r->more[i].key, r->more[i].value < 1e4 ? 4 : 9,
               r->more[i].value);
    printf("\n");
}

/* ---- running ---- */

static bool run(const bench_options *o, const workload *w)
{
    bench_result r = {0};
    sp_scope scope = sp_scope_begin();
    bool done = w->run(o, &r);
    sp_scope_end(scope);
    if (done && w != &one_op)
        (o->json ? say_json : say_line)(w->name, &r);
    fflush(stdout);
    return done;
}

static int bench(const bench_options *o, const char *const *names)
{
    sp_set_threads((int)o->threads);
    sp_set_seed(1);
    bool done = true;
    for (int i = 0; i < WORKLOADS && done; i++)
        if (!names[0])
            done = run(o, &workloads[i]);
        else if (names[i])
            done = run(o, find(names[i]));
    return done ? CLI_DONE : cli_failed();
}

/* ---- arguments ---- */

static void more_help(void)
{
    printf("\nWorkloads:\n");
    for (int i = 0; i < WORKLOADS; i++)
        printf("  %-8s %s\n", workloads[i].name, workloads[i].about);
}

static int check(const bench_options *o, const char *const *names)
{
    if (o->eager && o->without)
        return cli_misused("bench", "found --eager and --without, expected one of them: only compiling has passes");
    for (int i = 0; i < WORKLOADS && names[i]; i++)
        if (!find(names[i]))
            return cli_misused("bench", "no workload '%s', expected mlp, lenet5, convbn, infer, data, startup or ops",
                               names[i]);
    return CLI_GO_ON;
}

static const char about[] =
    "Measures how fast Spore is here: the best and the median of blocks of steps, a line for each WORKLOAD; without one, all.\n"
    "Training steps and inference are compiled, or --eager. `./dev bench` compares with others.";

static const char examples[] = "  spore bench mlp\n"
                               "  spore bench mlp --eager --threads 1 --json\n"
                               "  spore bench mlp --batch 256 --width 2048 --depth 4 --steps 20\n"
                               "  spore bench mlp --width 2048 --scaling\n";

int cli_bench(int count, char **words)
{
    bench_options o = {.width = 512, .depth = 2, .blocks = 5};
    const cli_option table[] = {
        {"eager", NULL, CLI_FLAG, &o.eager, "operator by operator, not compiled", 0, 0, NULL},
        {"without", "PASSES", CLI_TEXT, &o.without, "compile without these passes: \"fold_update, cse\", or \"all\"", 0,
         0, NULL},
        {"threads", "N", CLI_WHOLE, &o.threads, "at most so many; else OMP_NUM_THREADS, else all", 1, 1024, NULL},
        {"batch", "N", CLI_WHOLE, &o.batch, "samples a step; else 64, and 1 for infer", 1, 6400, NULL},
        {"width", "N", CLI_WHOLE, &o.width, "of the MLP's hidden layers", 1, 16384, NULL},
        {"depth", "N", CLI_WHOLE, &o.depth, "how many hidden layers the MLP has", 0, BENCH_MAX_DEPTH, NULL},
        {"scaling", NULL, CLI_FLAG, &o.scaling, "steps and inference: what all threads gain over one", 0, 0, NULL},
        {"workers", "N", CLI_WHOLE, &o.workers, "threads of the data pipeline; -1: none; else 1", -1, 64, NULL},
        {"steps", "N", CLI_WHOLE, &o.steps, "in a block; else what takes a fraction of a second", 1, 1000000, NULL},
        {"blocks", "N", CLI_WHOLE, &o.blocks, "that count, after one that warms up", 1, BENCH_MAX_BLOCKS, NULL},
        {"json", NULL, CLI_FLAG, &o.json, "print one JSON object a workload", 0, 0, NULL},
        {0}};
    const cli_usage usage = {"bench", "[WORKLOAD]...", 0, WORKLOADS, about, table, more_help, examples};
    const char *names[WORKLOADS + 1] = {NULL};
    int status = cli_parse(&usage, count, words, names);
    if (status == CLI_GO_ON)
        status = check(&o, names);
    return status == CLI_GO_ON ? bench(&o, names) : status;
}
