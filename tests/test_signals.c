/* Signals that arrive while kernels compute must not hurt: oneDNN's products use the stack pointer as a register, and a
 * handler's frame would go where it points (kernels/onednn/onednn.h). */
#include "support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "spore.h"

static volatile sig_atomic_t ticks;

static void on_tick(int signal)
{
    (void)signal;
    ticks++;
}

/* A signal every 50 microseconds to this process, until it is called with 0. */
static void tick(suseconds_t microseconds)
{
    struct itimerval every = {{0, microseconds}, {0, microseconds}};
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

TEST(signals_during_products_hurt_nothing)
{
    struct sigaction handler = {.sa_handler = on_tick, .sa_flags = SA_RESTART}, before;
    sigemptyset(&handler.sa_mask);
    assert_int_equal(sigaction(SIGALRM, &handler, &before), 0);
    sp_tensor *a = sp_ones(SP_F32, SP_DIMS(64, 784)), *w = sp_ones(SP_F32, SP_DIMS(32, 784));
    void *blocks[64] = {NULL};
    tick(50);
    for (int i = 0; i < 20000 && ticks < 4000; i++) {
        sp_scope scope = sp_scope_begin();
        sp_tensor *y = sp_matmul_t(a, w, false, true);
        assert_true(sp_at(y, 0) == 784 && sp_at(y, 64 * 32 - 1) == 784);
        sp_scope_end(scope);
        free(blocks[i % 64]); /* a damaged heap is noticed here */
        blocks[i % 64] = malloc((size_t)(i % 977) * 16);
    }
    tick(0);
    for (int i = 0; i < 64; i++)
        free(blocks[i]);
    sigaction(SIGALRM, &before, NULL);
    assert_true(ticks > 100);
}

TEST_MAIN()
