/* What compiled functions need: an arena near the least there can be, no memory of the system once they run, and a clean way out
 * wherever memory ends. */
#include "support/test.h"

#include "graph/executor.h"
#include "spore.h"
#include "support/steps.h"

/* ---- the plan ---- */

static void check_plan(const char *net, const char *without)
{
    step_world w = step_world_new(step_net_named(net), step_optim_named("sgd_momentum"));
    sp_compiled *c = sp_compile(step_take, &w, .without = without);
    assert_int_equal(sp_compiled_run(c, step_net_named(net)->batch()).n, 2);
    sp_compiled_stats s = sp_compiled_stats_get(c);
    if (s.arena_bytes < s.arena_bound || (double)s.arena_bytes > 1.15 * (double)s.arena_bound)
        fail_msg("%s, without '%s': the arena has %lld bytes, the bound is %lld", net, without ? without : "",
                 (long long)s.arena_bytes, (long long)s.arena_bound);
    sp_compiled_free(c);
    step_world_free(&w);
}

TEST(the_arena_is_near_the_least_there_can_be)
{
    for (int i = 0; i < step_nets_count; i++) {
        check_plan(step_nets[i].name, NULL);
        check_plan(step_nets[i].name, "all");
        check_plan(step_nets[i].name, "in_place");
    }
}

static sp_list tall(void *self, sp_list in)
{
    (void)self;
    sp_tensor *x = in.at[0];
    for (int i = 0; i < 50; i++)
        x = sp_sin(sp_reshape(sp_neg(x), i % 2 ? SP_DIMS(100, 20) : SP_DIMS(2000)));
    return sp_list_of(sp_sum(x));
}

TEST(a_long_line_of_nodes_needs_one_buffer_in_place_and_two_otherwise)
{
    static const struct {
        const char *without;
        int64_t buffers;
    } cases[] = {{"chains", 1}, {"chains, in_place", 2}};
    for (int i = 0; i < 2; i++) {
        sp_compiled *c = sp_compile(tall, .without = cases[i].without);
        sp_tensor *x = sp_ones(SP_F32, SP_DIMS(2000));
        assert_string_equal(sp_str(sp_compiled_run(c, sp_list_of(x)).at[0]), sp_str(tall(NULL, sp_list_of(x)).at[0]));
        assert_int_equal(sp_compiled_stats_get(c).arena_bound / 8000, cases[i].buffers);
        assert_int_equal(sp_compiled_stats_get(c).arena_bytes / 8000, cases[i].buffers);
        sp_compiled_free(c);
    }
}

/* ---- memory of the system ---- */

static void check_steady(const char *net, const char *optim, const char *without)
{
    step_world w = step_world_new(step_net_named(net), step_optim_named(optim));
    sp_compiled *c = sp_compile(step_take, &w, .without = without);
    int64_t calls = 0, requests[3] = {0};
    sp_list in = step_net_named(net)->batch();
    for (int i = 0; i < 12; i++) {
        sp_scope scope = sp_scope_begin();
        int64_t before = sp_mem_requests();
        if (i == 2)
            calls = sp_mem_stats_get().system_calls;
        assert_int_equal(sp_compiled_run(c, in).n, 2);
        requests[i % 3] = sp_mem_requests() - before;
        sp_scope_end(scope);
    }
    assert_int_equal(sp_mem_stats_get().system_calls - calls, 0);
    assert_int_equal(requests[0], requests[1]);
    assert_int_equal(requests[1], requests[2]);
    sp_compiled_free(c);
    step_world_free(&w);
}

TEST(no_call_of_the_system_from_the_second_run_on)
{
    if (!sp__mem_caches())
        skip();
    for (int i = 0; i < step_nets_count; i++) {
        check_steady(step_nets[i].name, step_optims[i % step_optims_count].name, NULL);
        check_steady(step_nets[i].name, step_optims[i % step_optims_count].name, "all");
    }
}

TEST(nothing_is_left_when_all_is_freed)
{
    { /* what threads and tables keep for good */
        step_world w = step_world_new(step_net_named("conv_pool"), step_optim_named("adam"));
        step_world_free(&w);
    }
    for (int i = 0; i < step_nets_count; i++) {
        int64_t before = sp_mem_stats_get().live_bytes;
        sp_scope scope = sp_scope_begin();
        step_world w = step_world_new(&step_nets[i], step_optim_named("adam"));
        sp_compiled *c = sp_compile(step_take, &w, .profile = i % 2);
        for (int k = 0; k < 3; k++)
            assert_int_equal(sp_compiled_run(c, step_nets[i].batch()).n, 2);
        if (i % 2) { /* in whatever order */
            step_world_free(&w);
            sp_compiled_free(c);
        } else {
            sp_compiled_free(c);
            step_world_free(&w);
        }
        sp_scope_end(scope);
        assert_int_equal(sp_mem_stats_get().live_bytes, before);
    }
}

/* ---- no memory ---- */

static void check_failures(const char *net, const char *optim, bool frozen)
{
    step_world w = step_world_new(step_net_named(net), step_optim_named(optim));
    sp_cell_train(w.net, !frozen);
    sp_list batch = step_net_named(net)->batch(), in = batch;
    in.n = frozen ? 1 : 2;
    bool failed = true;
    int64_t n = 1;
    for (; failed && n < 100000; n++) {
        sp_scope s = sp_scope_begin();
        sp_mem_fail_at(n);
        sp_compiled *c = frozen ? sp_compile(sp_cell_fn, w.net, .frozen = true, .without = "chains, fuse_mask")
                                : sp_compile(step_take, &w);
        sp_list out = {0};
        for (int i = 0; c && i < 2; i++) {
            out = sp_compiled_run(c, in);
            if (!out.n)
                break;
        }
        sp_mem_fail_at(0);
        failed = out.n == 0;
        if (sp_error() != (failed ? SP_ERR_NOMEM : SP_OK))
            fail_msg("%s: request %d: %d results, %s", net, (int)n, out.n, sp_error_text());
        sp_error_clear();
        if (c && failed) { /* it can be called again */
            assert_true(sp_compiled_run(c, in).n > 0);
            assert_int_equal(sp_error(), SP_OK);
        }
        sp_compiled_free(c);
        sp_scope_end(s);
    }
    assert_false(failed);
    assert_true(n > 100);
    step_world_free(&w);
}

TEST(every_allocation_of_a_compiled_step_may_fail)
{
    check_failures("mlp", "sgd", false);
    check_failures("conv_pool", "adam", false);
}

TEST(every_allocation_of_a_frozen_net_may_fail) { check_failures("norms", "sgd", true); }

TEST_MAIN()
