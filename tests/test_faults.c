/* Running out of memory at every point of a small program's life: build, train, evaluate, save, load, export, run. An error
 * each time, nothing lost, nothing left behind. */
#include "support/test.h"

#include <unistd.h>

#include "spore.h"
#include "support/files.h"

static sp_list forward(void *net, sp_list in)
{
    sp_tensor *logits = sp_call(net, in.at[0]);
    return sp_list_of(sp_cross_entropy(logits, in.at[1]), logits);
}

static sp_list construct(sp_cell *self, sp_list in)
{
    sp_tensor *x = sp_call(sp_cell_at(self, 0), in.at[0]);
    return sp_list_of(sp_add(sp_call(sp_cell_at(self, 1), x), sp_cell_param(self, "shift")));
}

static sp_cell *network(void)
{
    sp_cell *body = sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(36, 8, .activation = sp_nn_relu()));
    sp_param shift[] = {{"shift", sp_ones(SP_F32, SP_DIMS(1)), false}, {0}};
    return sp_cell_new(&(sp_cell_desc){.type = "Net",
                                       .construct = construct,
                                       .children = (sp_child[]){{"body", body}, {"head", sp_nn_dense(8, 3)}, {0}},
                                       .params = shift});
}

static sp_iter *data(void)
{
    sp_tensor *x = sp_rand_normal(0, 1, SP_F32, SP_DIMS(6, 1, 6, 6)), *y = sp_rand_int(0, 3, SP_I32, SP_DIMS(6));
    const char *names[] = {"x", "y"};
    sp_list columns = sp_list_of(x, y);
    return sp_iter_new(sp_data_batch(sp_data_arrays(.arrays = columns, .names = names), 3), .workers = -1);
}

static sp_status train(sp_cell *net, sp_optim *o, sp_iter *it)
{
    sp_grad_fn f = {forward, net, .weights = sp_optim_params(o), .has_aux = true};
    sp_cell_train(net, true);
    for (sp_list batch; sp_iter_next(it, &batch);) {
        sp_scope scope = sp_scope_begin();
        sp_status st = sp_optim_step(o, sp_value_and_grad(&f, batch).d_weights);
        sp_scope_end(scope);
        if (st != SP_OK)
            return st;
    }
    sp_cell_train(net, false);
    return sp_error();
}

#ifdef SPORE_HAVE_PROTOBUF
#define HAS_FILES 1
#else
#define HAS_FILES 0 /* this build has no .ckpt and .mindir: the rest is tried all the same */
#endif

/* Saves both files, loads both, and runs what was loaded. */
static sp_status save_and_load(sp_cell *net, const char *ckpt, const char *mindir)
{
    sp_list example = sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 1, 6, 6)));
    sp_status st = sp_save_checkpoint(net, ckpt);
    if (st == SP_OK)
        st = sp_load_checkpoint(net, ckpt, NULL);
    if (st == SP_OK)
        st = sp_export(net, example, mindir);
    if (st != SP_OK)
        return st;
    sp_cell *loaded = sp_nn_graph(sp_graph_load(mindir));
    sp_tensor *y = sp_cell_call(loaded, example);
    st = y ? SP_OK : sp_error();
    sp_cell_free(loaded);
    return st;
}

static sp_status whole_life(const char *ckpt, const char *mindir)
{
    sp_cell *net = network();
    sp_optim *o = sp_optim_sgd(sp_cell_params(net), .lr = 0.1, .momentum = 0.9);
    sp_iter *it = data();
    sp_status st = net && o && it ? train(net, o, it) : sp_error();
    if (st == SP_OK && HAS_FILES)
        st = save_and_load(net, ckpt, mindir);
    sp_iter_free(it);
    sp_optim_free(o);
    sp_cell_free(net);
    return st;
}

TEST(any_allocation_of_a_whole_life_may_fail)
{
    const char *ckpt = test_path("net.ckpt"), *mindir = test_path("net.mindir");
    sp_scope scope = sp_scope_begin();
    assert_int_equal(whole_life(ckpt, mindir), SP_OK);
    sp_scope_end(scope);
    int files = test_path_count();
    sp_shutdown();
    test_scope = sp_scope_begin();
    int64_t blocks = sp_mem_stats_get().live_blocks;

    sp_status st = SP_ERR_NOMEM;
    int64_t n = 1;
    for (; st != SP_OK; n += n < 300 ? 1 : 13) {
        assert_in_range(n, 1, 1000000);
        scope = sp_scope_begin();
        sp_mem_fail_at(n);
        st = whole_life(ckpt, mindir);
        bool reached = sp_mem_requests() >= n;
        sp_mem_fail_at(0);
        if (reached && sp_error() != SP_ERR_NOMEM)
            fail_msg("allocation %lld failed, and the error is: %s", (long long)n, sp_error_text());
        if (st != sp_error())
            fail_msg("allocation %lld failed: %s, but the status is %d", (long long)n, sp_error_text(), (int)st);
        sp_error_clear();
        sp_scope_end(scope);
        assert_int_equal(test_path_count(), files); /* no temporary file stays */
        sp_shutdown();
        test_scope = sp_scope_begin();
        assert_int_equal(sp_mem_stats_get().live_blocks, blocks);
    }
    assert_true(n > 100);

    if (!HAS_FILES)
        return;
    /* The files are whole still. */
    sp_cell *net = network();
    assert_int_equal(sp_load_checkpoint(net, ckpt, NULL), SP_OK);
    sp_cell_free(net);
}

TEST_MAIN()
