/* What one eager call costs: a sum of two numbers in a loop, a scope per 100 calls, the median over blocks of 10,000 calls;
 * alone, and with a tape that records it. `dispatch [BLOCKS]`. */
#include "bench.h"

enum { PER_SCOPE = 100, SCOPES = 100, PER_BLOCK = PER_SCOPE * SCOPES };

/* x + one + one + ... */
static sp_list sums(void *one, sp_list in)
{
    sp_tensor *y = in.at[0];
    for (int i = 0; i < PER_SCOPE; i++)
        y = sp_add(y, one);
    return sp_list_of(y);
}

static void plain(sp_tensor *x, sp_tensor *one)
{
    for (int s = 0; s < SCOPES; s++) {
        sp_scope scope = sp_scope_begin();
        sums(one, sp_list_of(x));
        sp_scope_end(scope);
    }
}

/* Only the way there counts: the way back through the hundred records is timed by `gradient`. */
static double forward_seconds;
static sp_list timed_sums(void *one, sp_list in)
{
    double start = bench_now();
    sp_list out = sums(one, in);
    forward_seconds += bench_now() - start;
    return out;
}

static void recorded(sp_tensor *x, sp_tensor *one)
{
    sp_grad_fn f = {timed_sums, one, .wrt = SP_ARG(0)};
    for (int s = 0; s < SCOPES; s++) {
        sp_scope scope = sp_scope_begin();
        sp_value_and_grad(&f, sp_list_of(x));
        sp_scope_end(scope);
    }
}

int main(int argc, char **argv)
{
    int blocks = argc > 1 ? atoi(argv[1]) : 51;
    double alone[BENCH_MOST], taped[BENCH_MOST], both[BENCH_MOST];
    if (blocks < 1 || blocks > BENCH_MOST)
        return 2;
    sp_tensor *x = sp_full(1, SP_F32, SP_DIMS(1)), *one = sp_full(1, SP_F32, SP_DIMS(1));
    for (int i = 0; i < blocks; i++) {
        double start = bench_now();
        plain(x, one);
        alone[i] = (bench_now() - start) / PER_BLOCK;
        forward_seconds = 0;
        start = bench_now();
        recorded(x, one);
        both[i] = (bench_now() - start) / PER_BLOCK;
        taped[i] = forward_seconds / PER_BLOCK;
    }
    printf("add                     %6.0f ns\n", 1e9 * bench_median(alone, blocks));
    printf("add, recorded           %6.0f ns\n", 1e9 * bench_median(taped, blocks));
    printf("add, there and back     %6.0f ns\n", 1e9 * bench_median(both, blocks));
    fputs(sp_error_text(), stderr);
    return sp_error() != SP_OK;
}
