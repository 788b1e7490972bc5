/* Nanoseconds per element of each kind of kernel, one thread, Float32 arrays that fit into a level-2 cache: whether a loop
 * became vector code shows at once. `kernels [WORD]`: those whose name holds WORD. */
#include <string.h>

#include "bench.h"
#include "kernels/kernels.h"

enum { ROWS = 64, COLS = 512, N = ROWS * COLS, RUNS = 101 };

static float x[N], y[N], z[N], w[N], v[N];
static double wide[N];
static uint16_t half[N];
static int32_t ints[N], labels[N];
static int64_t longs[N];
static uint8_t bytes[N];
static const char *wanted;

/* Times `call`, which goes through n elements. */
#define TIME(name, n, call)                                                       \
    do {                                                                          \
        if (wanted && !strstr(name, wanted))                                      \
            break;                                                                \
        double t[RUNS];                                                           \
        for (int run = 0; run < RUNS; run++) {                                    \
            double start = bench_now();                                           \
            call;                                                                 \
            t[run] = bench_now() - start;                                         \
        }                                                                         \
        printf("%-24s %7.3f\n", name, 1e9 * bench_median(t, RUNS) / (double)(n)); \
    } while (0)

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        x[i] = (float)((i * 7919) % 2003) / 250 - 4;
        z[i] = (float)((i % 2003 * 37) % 1009) / 500 + 0.25f;
        w[i] = v[i] = 0.5f;
        wide[i] = (double)x[i];
        ints[i] = (i * 7919) % 2003 - 1000;
        longs[i] = ints[i];
        bytes[i] = (uint8_t)(i * 31);
        labels[i] = i % 10;
    }
    sp__k_cast(SP_F16, SP_F32, half, x, N);
}

static void unary(void)
{
    static const char *const names[] = {
#define X(name, formula, integers) #name,
        SP__UNARY(X)
#undef X
    };
    for (int f = 0; f < SP__UNARY_COUNT_ - 1; f++)
        TIME(names[f], N, sp__k_unary((sp__unary)f, SP_F32, y, f == SP__LOG || f == SP__SQRT ? z : x, N));
    char text[64];
    for (int f = 0; f < SP__UNARY_COUNT_; f++)
        if (sp__k_unary_grad((sp__unary)f, SP_F32, y, x, z, N)) {
            snprintf(text, sizeof text, "%s grad", names[f]);
            TIME(text, N, sp__k_unary_grad((sp__unary)f, SP_F32, y, x, z, N));
        }
    TIME("EXP F64", N, sp__k_unary(SP__EXP, SP_F64, wide, wide, N));
    TIME("RELU F16", N, sp__k_unary(SP__RELU, SP_F16, half, half, N));
}

static void binary(void)
{
    static const char *const names[] = {
#define X(name, formula) #name,
        SP__BINARY(X)
#undef X
    };
    sp__bcast same, row;
    sp__k_bcast_plan(&same, &(sp_shape){1, {N}}, &(sp_shape){1, {N}}, NULL);
    sp__k_bcast_plan(&row, &(sp_shape){2, {ROWS, COLS}}, &(sp_shape){1, {COLS}}, NULL);
    for (int f = 0; f < SP__BINARY_COUNT_; f++)
        TIME(names[f], N, sp__k_binary((sp__binary)f, SP_F32, y, x, z, &same));
    TIME("ADD of a row", N, sp__k_binary(SP__ADD, SP_F32, y, x, z, &row));
    TIME("ADD I32", N, sp__k_binary(SP__ADD, SP_I32, labels, ints, ints, &same));
    TIME("LT", N, sp__k_compare(SP__LT, SP_F32, bytes, x, z, &same));
    TIME("BIAS", N, sp__k_bias_act(SP__UNARY_COUNT_, SP_F32, y, x, z, ROWS, COLS, 1));
    TIME("BIAS grad", N, sp__k_bias_grad(SP_F32, y, x, ROWS, COLS, 1));
    TIME("IS_FINITE", N, sp__k_test(SP__IS_FINITE, SP_F32, bytes, x, N));
    TIME("all finite", N, sp__k_all_finite(SP_F32, x, N));
}

static void casts(void)
{
    TIME("cast F32 F64", N, sp__k_cast(SP_F64, SP_F32, wide, x, N));
    TIME("cast F64 F32", N, sp__k_cast(SP_F32, SP_F64, y, wide, N));
    TIME("cast F32 F16", N, sp__k_cast(SP_F16, SP_F32, half, x, N));
    TIME("cast F16 F32", N, sp__k_cast(SP_F32, SP_F16, y, half, N));
    TIME("cast F32 BF16", N, sp__k_cast(SP_BF16, SP_F32, half, x, N));
    TIME("cast BF16 F32", N, sp__k_cast(SP_F32, SP_BF16, y, half, N));
    TIME("cast U8 F32", N, sp__k_cast(SP_F32, SP_U8, y, bytes, N));
    TIME("cast I32 F32", N, sp__k_cast(SP_F32, SP_I32, y, ints, N));
    TIME("cast F32 I32", N, sp__k_cast(SP_I32, SP_F32, ints, x, N));
    TIME("cast F32 U8", N, sp__k_cast(SP_U8, SP_F32, bytes, z, N));
    TIME("cast I64 I32", N, sp__k_cast(SP_I32, SP_I64, ints, longs, N));
    TIME("cast BOOL F32", N, sp__k_cast(SP_F32, SP_BOOL, y, bytes, N));
}

static void reductions(void)
{
    TIME("SUM rows", N, sp__k_reduce(SP__SUM, SP_F32, SP_F32, y, x, ROWS, COLS, 1));
    TIME("SUM columns", N, sp__k_reduce(SP__SUM, SP_F32, SP_F32, y, x, 1, ROWS, COLS));
    TIME("MAX rows", N, sp__k_reduce(SP__MAX, SP_F32, SP_F32, y, x, ROWS, COLS, 1));
    TIME("MAX columns", N, sp__k_reduce(SP__MAX, SP_F32, SP_F32, y, x, 1, ROWS, COLS));
    TIME("SUM I32 rows", N, sp__k_reduce(SP__SUM, SP_I32, SP_I32, y, ints, ROWS, COLS, 1));
    TIME("argmax rows", N, sp__k_argreduce(SP__MAX, SP_F32, longs, x, ROWS, COLS, 1));
    TIME("argmax of 10", N / 10 * 10, sp__k_argreduce(SP__MAX, SP_F32, longs, x, N / 10, 10, 1));
    TIME("argmax columns", N, sp__k_argreduce(SP__MAX, SP_F32, longs, x, 1, ROWS, COLS));
    TIME("sum of squares", N, sp__k_sum_squares(SP_F32, x, N));
    TIME("cumsum", N, sp__k_cumsum(SP_F32, y, x, ROWS, COLS, 1, false, false));
}

static void layers(void)
{
    TIME("softmax rows", N, sp__k_softmax(SP_F32, y, x, ROWS, COLS, 1));
    TIME("softmax of 10", N / 10 * 10, sp__k_softmax(SP_F32, y, x, N / 10, 10, 1));
    TIME("softmax columns", N, sp__k_softmax(SP_F32, y, x, 1, ROWS, COLS));
    TIME("log_softmax rows", N, sp__k_log_softmax(SP_F32, y, x, ROWS, COLS, 1));
    TIME("softmax grad", N, sp__k_softmax_grad(SP_F32, y, x, z, ROWS, COLS, 1));
    TIME("log_softmax grad", N, sp__k_log_softmax_grad(SP_F32, y, x, x, ROWS, COLS, 1));
    sp__cross_entropy ce = {.N = N / 10, .C = 10, .label_dtype = SP_I32, .ignore = -100};
    for (int i = 0; i < N; i++)
        labels[i] = i % 10;
    TIME("cross_entropy of 10", N / 10 * 10, sp__k_cross_entropy(SP_F32, &ce, y, NULL, z, x, labels));
    TIME("cross_entropy grad", N / 10 * 10, sp__k_cross_entropy_grad(SP_F32, &ce, y, z, labels, w, 0));
    TIME("layer_norm", N, sp__k_layer_norm(SP_F32, y, w, v, x, z, z, 1e-5, ROWS, COLS));
    TIME("layer_norm grad", N, sp__k_layer_norm_grad(SP_F32, y, w, w, z, x, v, v, z, ROWS, COLS));
    TIME("dropout", N, sp__k_dropout(SP_F32, y, bytes, x, 0.9, ((sp__random){1, 2}), N));
    TIME("dropout apply", N, sp__k_dropout_apply(SP_F32, y, x, bytes, 0.9, N));
}

static void steps(void)
{
    sp__sgd sgd = {.lr = 1e-9, .momentum = 0.9, .grad_scale = 1};
    sp__rmsprop rms = {.lr = 1e-9, .decay = 0.9, .eps = 1e-6, .grad_scale = 1};
    TIME("SGD step", N, sp__k_sgd(SP_F32, &sgd, y, NULL, z, N));
    TIME("Momentum step", N, sp__k_sgd(SP_F32, &sgd, y, w, z, N));
    TIME("RMSProp step", N, sp__k_rmsprop(SP_F32, &rms, y, w, v, NULL, z, N));
    TIME("axpy", N, sp__k_axpy(SP_F32, y, 1e-9, z, N));
    TIME("normal numbers", N, sp__random_normal_fill(wide, N, ((sp__random){1, 2}), 0));
    TIME("uniform numbers", N, sp__random_uniform_fill(wide, N, ((sp__random){1, 2}), 0));
}

int main(int argc, char **argv)
{
    wanted = argc > 1 ? argv[1] : NULL;
    sp_set_threads(1);
    fill();
    unary();
    binary();
    casts();
    reductions();
    layers();
    steps();
    return 0;
}
