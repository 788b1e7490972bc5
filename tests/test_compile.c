/* Compiled training steps are the steps that ordinary calls take: results, parameters, moving statistics, optimizer state. */
#include "support/test.h"

#include <stdio.h>

#include "graph/pass.h"
#include "spore.h"
#include "support/steps.h"

/* Passes reorder sums and fuse multiplications; five steps carry the differences on. */
#define NEAR 2e-5
/* One unit in the last place of the net's Float16 results. */
#define NEAR_HALF 2e-3

static double tol_of(const step_net *net) { return strcmp(net->name, "float16") ? NEAR : NEAR_HALF; }

TEST(every_net_takes_the_same_steps_with_every_optimizer)
{
    for (int i = 0; i < step_nets_count; i++)
        for (int k = 0; k < step_optims_count; k++)
            step_compare(&step_nets[i], &step_optims[k], NULL, 5, tol_of(&step_nets[i]));
}

TEST(without_passes_the_steps_are_the_same_bits)
{
    for (int i = 0; i < step_nets_count; i++)
        for (int k = 0; k < step_optims_count; k++)
            step_compare(&step_nets[i], &step_optims[k], "all", 3, 0);
}

TEST(each_pass_can_be_left_out_alone)
{
#define X(name, what) #name,
    static const char *const passes[] = { SP__PASSES(X) "in_place" };
#undef X
    for (int i = 0; i < step_nets_count; i++)
        for (size_t k = 0; k < sizeof passes / sizeof passes[0]; k++)
            step_compare(&step_nets[i], &step_optims[(size_t)(i + (int)k) % (size_t)step_optims_count], passes[k], 3,
                         tol_of(&step_nets[i]));
}

/* What only moves values about leaves every bit what it was. */
TEST(passes_that_compute_nothing_anew_keep_the_bits)
{
    const char *without =
        "transpose, cross_entropy, bn_relu, conv_bn, conv_bias, fuse_bias, fuse_mask, fold_update, chains";
    for (int i = 0; i < step_nets_count; i++)
        step_compare(&step_nets[i], step_optim_named("adam"), without, 3, 0);
}

TEST(a_pass_that_does_not_exist_is_refused)
{
    assert_null(sp_compile(step_take, NULL, .without = "cse, foldd"));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    assert_string_equal(sp_error_text(),
                        "compile: there is no pass 'foldd'; there are simplify, fold, cse, transpose, cross_entropy, "
                        "bn_relu, conv_bn, conv_bias, fuse_bias, fuse_mask, fold_update, chains, in_place, all");
}

/* ---- two worlds, one of them compiled ---- */

typedef struct pair {
    step_world eager, compiled;
    const step_net *net;
    sp_compiled *c;
    uint64_t seed;
} pair;

static pair pair_new(const char *net, const char *optim)
{
    pair p = {.net = step_net_named(net), .seed = 100};
    p.eager = step_world_new(p.net, step_optim_named(optim));
    p.compiled = step_world_new(p.net, step_optim_named(optim));
    return p;
}

/* The worlds have their last addresses now. */
static void pair_compile(pair *p) { p->c = sp_compile(step_take, &p->compiled); }

static void pair_step(pair *p, bool compiled)
{
    sp_scope scope = sp_scope_begin();
    sp_set_seed(p->seed);
    sp_list expected = step_take(&p->eager, p->net->batch());
    sp_set_seed(p->seed++);
    sp_list batch = p->net->batch();
    sp_list out = compiled ? sp_compiled_run(p->c, batch) : step_take(&p->compiled, batch);
    step_same(out, expected, NEAR, "results");
    step_worlds_same(&p->compiled, &p->eager, NEAR, "after a step");
    sp_scope_end(scope);
}

static void pair_free(pair *p)
{
    assert_int_equal(sp_error(), SP_OK);
    sp_compiled_free(p->c);
    step_world_free(&p->eager);
    step_world_free(&p->compiled);
}

TEST(the_learning_rate_may_change_between_steps)
{
    for (int k = 0; k < step_optims_count; k++) {
        pair p = pair_new("mlp", step_optims[k].name);
        pair_compile(&p);
        for (int i = 0; i < 4; i++) {
            sp_optim_set_lr(p.eager.optim, 0.1 / (1 + i));
            sp_optim_set_lr(p.compiled.optim, 0.1 / (1 + i));
            pair_step(&p, true);
        }
        assert_int_equal(sp_compiled_stats_get(p.c).traces, 1);
        assert_int_equal(sp_optim_steps(p.compiled.optim), 4);
        pair_free(&p);
    }
}

TEST(compiled_and_ordinary_steps_take_turns)
{
    for (int i = 0; i < step_nets_count; i++) {
        if (!strcmp(step_nets[i].name, "float16"))
            continue;
        pair p = pair_new(step_nets[i].name, step_optims[i % step_optims_count].name);
        pair_compile(&p);
        for (int k = 0; k < 6; k++)
            pair_step(&p, k % 3 != 1);
        pair_free(&p);
    }
}

/* The state of an optimizer may be asked for, and loaded, when its step is compiled already. */
TEST(the_state_of_an_optimizer_may_be_set_between_steps)
{
    pair p = pair_new("mlp", "sgd");
    pair_compile(&p);
    for (int i = 0; i < 4; i++) {
        sp_list a = sp_optim_state(p.eager.optim), b = sp_optim_state(p.compiled.optim);
        assert_string_equal(sp_param_name(a.at[2]), "momentum");
        if (i == 2) { /* as a checkpoint of training with momentum has it */
            sp_assign(a.at[2], sp_scalar(0.9, SP_F32));
            sp_assign(b.at[2], sp_scalar(0.9, SP_F32));
        }
        pair_step(&p, true);
    }
    pair_free(&p);
}

TEST(momentum_loaded_after_the_trace_counts)
{
    pair p = pair_new("mlp", "sgd");
    pair_compile(&p);
    sp_scope scope = sp_scope_begin();
    for (int i = 0; i < 4; i++) {
        sp_list batch = p.net->batch();
        step_same(sp_compiled_run(p.c, batch), step_take(&p.eager, batch), NEAR, "results");
        if (i == 1) {
            sp_assign(sp_optim_state(p.eager.optim).at[2], sp_scalar(0.9, SP_F32));
            sp_assign(sp_optim_state(p.compiled.optim).at[2], sp_scalar(0.9, SP_F32));
        }
    }
    step_worlds_same(&p.compiled, &p.eager, NEAR, "in the end");
    sp_scope_end(scope);
    pair_free(&p);
}

TEST(momentum_that_comes_and_goes_is_traced_twice)
{
    pair p = pair_new("mlp", "sgd");
    pair_compile(&p);
    for (int i = 0; i < 8; i++) {
        sp_tensor *now = sp_scalar(i % 4 < 2 ? 0 : 0.5 + 0.01 * i, SP_F32);
        sp_assign(sp_optim_state(p.eager.optim).at[2], now);
        sp_assign(sp_optim_state(p.compiled.optim).at[2], now);
        pair_step(&p, true);
    }
    assert_int_equal(sp_compiled_stats_get(p.c).traces, 2);
    pair_free(&p);
}

TEST(switching_one_layer_traces_again)
{
    pair p = pair_new("conv_pool", "sgd");
    pair_compile(&p);
    for (int i = 0; i < 6; i++) {
        sp_cell_train(sp_cell_at(p.eager.net, 5), i % 2);
        sp_cell_train(sp_cell_at(p.compiled.net, 5), i % 2);
        pair_step(&p, true);
    }
    assert_int_equal(sp_compiled_stats_get(p.c).traces, 2);
    pair_free(&p);
}

TEST(switching_between_training_and_evaluation_traces_again)
{
    const char *const nets[] = {"dropouts", "conv_pool"};
    for (int n = 0; n < 2; n++) {
        pair p = pair_new(nets[n], "momentum");
        pair_compile(&p);
        for (int i = 0; i < 6; i++) {
            bool training = i % 3 != 2;
            sp_cell_train(p.eager.net, training);
            sp_cell_train(p.compiled.net, training);
            pair_step(&p, true);
            assert_int_equal(sp_compiled_stats_get(p.c).traces, i < 2 ? 1 : 2);
        }
        pair_free(&p);
    }
}

TEST(each_signature_is_traced_once)
{
    pair p = pair_new("mlp", "adam");
    pair_compile(&p);
    for (int i = 0; i < 80; i++) {
        sp_scope scope = sp_scope_begin();
        int64_t rows = i < 40 ? 1 + i % 4 : 1 + i % 40; /* more shapes than are kept */
        sp_list batch =
            sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(rows, 9)), sp_rand_int(0, 4, SP_I32, SP_DIMS(rows)));
        step_same(sp_compiled_run(p.c, batch), step_take(&p.eager, batch), 2e-4, "results"); /* 80 steps of Adam */
        assert_int_equal(sp_error(), SP_OK);
        if (i < 40)
            assert_int_equal(sp_compiled_stats_get(p.c).traces, i < 4 ? i + 1 : 4);
        sp_scope_end(scope);
    }
    pair_free(&p);
}

TEST(the_same_seed_gives_the_same_bits)
{
    for (int i = 0; i < step_nets_count; i++) {
        step_world w[2];
        for (int k = 0; k < 2; k++) {
            w[k] = step_world_new(&step_nets[i], step_optim_named("adam"));
            sp_compiled *c = sp_compile(step_take, &w[k]);
            for (int s = 0; s < 4; s++) {
                sp_scope scope = sp_scope_begin();
                sp_set_seed(50 + (uint64_t)s);
                assert_int_equal(sp_compiled_run(c, step_nets[i].batch()).n, 2);
                sp_scope_end(scope);
            }
            sp_compiled_free(c);
        }
        step_worlds_same(&w[0], &w[1], 0, step_nets[i].name);
        step_world_free(&w[0]);
        step_world_free(&w[1]);
    }
}

TEST_MAIN()
