/* Where a second thread pays: each kind of kernel with one thread and with several, from 2^8 to 2^22 elements. One line a
 * kind: what an element costs alone (in pieces that fit into the level-2 cache), the size from which on several threads
 * are faster, what that size takes with one thread, and the gain at sizes beyond. src/base/thread.c says what was made of it.
 *
 *   threads [THREADS]          the default is the processors the process may use, at most 8 */
#include <string.h>

#include "base/base.h"
#include "bench.h"
#include "kernels/kernels.h"

enum { FIRST = 8, LAST = 22, N = 1 << LAST, RUNS = 25, COLS = 256 };

static float *x, *y, *z;
static uint8_t *mask;
static sp__bcast plan;

static void add(int64_t n)
{
    plan.size = plan.dim[0] = n;
    sp__k_binary(SP__ADD, SP_F32, y, x, z, &plan);
}
static void relu(int64_t n) { sp__k_unary(SP__RELU, SP_F32, y, x, n); }
static void expo(int64_t n) { sp__k_unary(SP__EXP, SP_F32, y, x, n); }
static void gelu(int64_t n) { sp__k_unary(SP__GELU_ERF, SP_F32, y, x, n); }
static void sine(int64_t n) { sp__k_unary(SP__SIN, SP_F32, y, x, n); }
static void gelu_grad(int64_t n) { sp__k_unary_grad(SP__GELU_ERF, SP_F32, y, x, z, n); }
static void sum_rows(int64_t n) { sp__k_reduce(SP__SUM, SP_F32, SP_F32, y, x, n / COLS, COLS, 1); }
static void sum_all(int64_t n) { sp__k_reduce(SP__SUM, SP_F32, SP_F32, y, x, 1, n, 1); }
static void sum_columns(int64_t n) { sp__k_reduce(SP__SUM, SP_F32, SP_F32, y, x, 1, n / COLS, COLS); }
static void softmax(int64_t n) { sp__k_softmax(SP_F32, y, x, n / COLS, COLS, 1); }
static void softmax_10(int64_t n) { sp__k_softmax(SP_F32, y, x, n / 10, 10, 1); }
static void layer_norm(int64_t n) { sp__k_layer_norm(SP_F32, y, NULL, NULL, x, NULL, NULL, 1e-5, n / COLS, COLS); }
static void dropout(int64_t n) { sp__k_dropout(SP_F32, y, mask, x, 0.9, ((sp__random){1, 2}), n); }
static void sgd(int64_t n) { sp__k_sgd(SP_F32, &(sp__sgd){.lr = 1e-9, .grad_scale = 1}, y, NULL, x, n); }
static void to_half(int64_t n) { sp__k_cast(SP_F16, SP_F32, y, x, n); }
static void argmax(int64_t n) { sp__k_argreduce(SP__MAX, SP_F32, (int64_t *)(void *)y, x, n / COLS, COLS, 1); }

static const struct kind {
    const char *name;
    void (*run)(int64_t n);
} kinds[] = {{"add", add},
             {"relu", relu},
             {"SGD step", sgd},
             {"to Float16", to_half},
             {"sum of rows", sum_rows},
             {"sum of columns", sum_columns},
             {"sum of all", sum_all},
             {"argmax of rows", argmax},
             {"layer_norm", layer_norm},
             {"exp", expo},
             {"softmax", softmax},
             {"softmax of 10", softmax_10},
             {"gelu", gelu},
             {"gelu's gradient", gelu_grad},
             {"dropout", dropout},
             {"sin (libm)", sine}};

/* Median seconds of one call; short ones are timed several at a time. */
static double seconds_of(const struct kind *k, int64_t n)
{
    double t[RUNS];
    const int repeat = n < 1 << 14 ? 16 : n < 1 << 18 ? 4 : 1;
    k->run(n);
    for (int r = 0; r < RUNS; r++) {
        double start = bench_now();
        for (int i = 0; i < repeat; i++)
            k->run(n);
        t[r] = (bench_now() - start) / repeat;
    }
    return bench_median(t, RUNS);
}

static void measure(const struct kind *k, int threads)
{
    double alone[LAST + 1], shared[LAST + 1];
    int pays = LAST + 1; /* the smallest size from which on sharing is always faster, by a tenth at least */
    for (int e = FIRST; e <= LAST; e++) {
        sp_set_threads(1);
        alone[e] = seconds_of(k, (int64_t)1 << e);
        sp_set_threads(threads);
        shared[e] = seconds_of(k, (int64_t)1 << e);
    }
    for (int e = LAST; e >= FIRST && shared[e] < 0.9 * alone[e]; e--)
        pays = e;
    printf("%-16s %8.3f", k->name, 1e9 * alone[14] / (1 << 14));
    if (pays <= LAST)
        printf("     2^%-2d %8.1f", pays, 1e6 * alone[pays]);
    else
        printf("    never        -");
    for (int e = 10; e <= LAST; e += 2)
        printf(" %6.2f", alone[e] / shared[e]);
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : SP__MIN(sp_threads(), 8);
    const char *wanted = argc > 2 ? argv[2] : "";
    if (threads < 2) {
        fprintf(stderr, "threads: there is one processor only: nothing to compare\n");
        return 1;
    }
    x = sp__alloc(N * sizeof *x), y = sp__alloc(N * sizeof *y), z = sp__alloc(N * sizeof *z), mask = sp__alloc(N);
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i % 2003) / 250 - 4;
        y[i] = z[i] = (float)(i % 1009) / 500;
    }
    memset(mask, 1, N);
    sp__k_bcast_plan(&plan, &(sp_shape){1, {2}}, &(sp_shape){1, {2}}, NULL);
    sp__threads_always(true);
    printf("1 against %d threads: ns an element alone at 2^14; from which size on sharing pays, and what that takes "
           "alone (us);\nthen the gain at 2^10, 2^12, ... 2^22 elements\n",
           threads);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strstr(kinds[i].name, wanted))
            measure(&kinds[i], threads);
    return 0;
}
