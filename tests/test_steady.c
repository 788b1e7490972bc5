/* A steady training step asks the system for no memory: not through the library's allocator, and with the portable kernels not
 * in any other way either (oneDNN allocates for itself; that is not ours to change). */
#include "support/test.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "kernels/kernels.h"
#include "spore.h"

/* ---- every allocation of the process is counted, where the C library lets a program do that ---- */

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALL 1
static atomic_long asked;
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

void *malloc(size_t n)
{
    atomic_fetch_add(&asked, 1);
    return __libc_malloc(n);
}
void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(&asked, 1);
    return __libc_calloc(n, size);
}
void *realloc(void *p, size_t n)
{
    atomic_fetch_add(&asked, 1);
    return __libc_realloc(p, n);
}
void *aligned_alloc(size_t alignment, size_t n)
{
    atomic_fetch_add(&asked, 1);
    return __libc_memalign(alignment, n);
}
int posix_memalign(void **p, size_t alignment, size_t n)
{
    atomic_fetch_add(&asked, 1);
    *p = __libc_memalign(alignment, n);
    return *p ? 0 : 12; /* ENOMEM */
}
static long asked_so_far(void) { return atomic_load(&asked); }
#else
#define COUNTS_ALL 0
static long asked_so_far(void) { return 0; }
#endif

/* ---- a network and its step ---- */

static sp_list forward(void *net, sp_list in)
{
    sp_tensor *logits = sp_call(net, in.at[0]);
    return sp_list_of(sp_cross_entropy(logits, in.at[1]), logits);
}

static void step(sp_cell *net, sp_optim *o, sp_list batch)
{
    sp_scope scope = sp_scope_begin();
    sp_grad_fn f = {forward, net, .weights = sp_optim_params(o), .has_aux = true};
    sp_grads g = sp_value_and_grad(&f, batch);
    assert_int_equal(sp_optim_step(o, g.d_weights), SP_OK);
    assert_true(sp_item(g.out.at[0]) > 0);
    sp_scope_end(scope);
}

/* The same as a function of its batch. */
typedef struct world {
    sp_cell *net;
    sp_optim *o;
} world;

static sp_list whole_step(void *self, sp_list batch)
{
    world *w = self;
    sp_grad_fn f = {forward, w->net, .weights = sp_optim_params(w->o), .has_aux = true};
    sp_grads g = sp_value_and_grad(&f, batch);
    return sp_optim_step(w->o, g.d_weights) == SP_OK ? g.out : (sp_list){NULL, 0};
}

static void compiled_step(sp_compiled *c, sp_list batch)
{
    sp_scope scope = sp_scope_begin();
    sp_list out = sp_compiled_run(c, batch);
    assert_int_equal(out.n, 2);
    assert_true(sp_item(out.at[0]) > 0);
    sp_scope_end(scope);
}

static sp_cell *mlp(void)
{
    return sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(784, 64), sp_nn_relu(), sp_nn_dense(64, 10));
}

static sp_iter *digits(void)
{
    sp_dataset *ds = sp_data_digits(.count = 320);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_normalize(.1307f, .3081f), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, 32));
}

typedef sp_optim *(*optim_new)(sp_list params);
static sp_optim *sgd(sp_list p) { return sp_optim_sgd(p, .lr = 0.01); }
static sp_optim *sgd_momentum(sp_list p) { return sp_optim_sgd(p, .lr = 0.01, .momentum = 0.9); }
static sp_optim *adam(sp_list p) { return sp_optim_adam(p, .lr = 0.001); }

static void check_steps(optim_new make, bool all)
{
    sp_cell *net = mlp();
    sp_optim *o = make(sp_cell_params(net));
    sp_list batch =
        sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(32, 1, 28, 28)), sp_rand_int(0, 10, SP_I32, SP_DIMS(32)));
    sp_cell_train(net, true);
    step(net, o, batch);
    int64_t calls = sp_mem_stats_get().system_calls;
    long others = asked_so_far();
    for (int i = 0; i < 10; i++)
        step(net, o, batch);
    assert_int_equal(sp_mem_stats_get().system_calls - calls, 0);
    if (all)
        assert_int_equal(asked_so_far() - others, 0);
    sp_optim_free(o);
    sp_cell_free(net);
}

static void check_compiled(optim_new make, bool all)
{
    world w = {.net = mlp()};
    w.o = make(sp_cell_params(w.net));
    sp_cell_train(w.net, true);
    sp_list batch =
        sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(32, 1, 28, 28)), sp_rand_int(0, 10, SP_I32, SP_DIMS(32)));
    sp_compiled *c = sp_compile(whole_step, &w);
    compiled_step(c, batch);
    compiled_step(c, batch);
    int64_t calls = sp_mem_stats_get().system_calls;
    long others = asked_so_far();
    for (int i = 0; i < 10; i++)
        compiled_step(c, batch);
    assert_int_equal(sp_mem_stats_get().system_calls - calls, 0);
    if (all)
        assert_int_equal(asked_so_far() - others, 0);
    sp_compiled_free(c);
    sp_optim_free(w.o);
    sp_cell_free(w.net);
}

static void check_all_optimizers(bool all)
{
    if (!sp__mem_caches())
        skip();
    check_steps(sgd, all);
    check_steps(sgd_momentum, all);
    check_steps(adam, all);
    check_compiled(sgd, all);
    check_compiled(sgd_momentum, all);
    check_compiled(adam, all);
}

TEST(no_call_of_the_system_from_the_second_step_on) { check_all_optimizers(false); }

TEST(no_call_of_malloc_at_all_with_the_portable_kernels)
{
    if (!COUNTS_ALL)
        skip();
    const char *before = sp__k_backend();
    void *volatile p = malloc(1); /* the counter counts */
    free(p);
    assert_true(asked_so_far() > 0);
    assert_true(sp__k_use("portable"));
    check_all_optimizers(true);
    sp__k_use(before);
}

TEST(a_pipeline_settles_too)
{
    if (!sp__mem_caches())
        skip();
    sp_cell *net = mlp();
    sp_optim *o = sgd(sp_cell_params(net));
    sp_iter *it = digits();
    int64_t calls = 0;
    for (int epoch = 0; epoch < 60; epoch++) {
        if (epoch == 50) /* the caches of both threads have filled by then */
            calls = sp_mem_stats_get().system_calls;
        for (sp_list batch; sp_iter_next(it, &batch);)
            step(net, o, batch);
    }
    assert_int_equal(sp_error(), SP_OK);
    assert_int_equal(sp_mem_stats_get().system_calls - calls, 0);
    sp_iter_free(it);
    sp_optim_free(o);
    sp_cell_free(net);
}

TEST_MAIN()
