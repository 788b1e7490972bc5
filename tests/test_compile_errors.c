/* Compiled functions where something goes wrong, or where they stand inside of other things: gradients, traces, graphs of files. */
#include "support/test.h"

#include "graph/graph.h"
#include "spore.h"
#include "support/steps.h"

static sp_list batch(void) { return step_net_named("mlp")->batch(); }

static void says(sp_status status, const char *text)
{
    assert_int_equal(sp_error(), status);
    assert_string_equal(sp_error_text(), text);
    sp_error_clear();
}

/* ---- refused ---- */

static sp_list looks(void *self, sp_list in)
{
    (void)self;
    return sp_item(sp_sum(in.at[0])) > 0 ? in : sp_list_of(sp_neg(in.at[0]));
}

TEST(a_function_that_needs_a_value_is_refused)
{
    sp_compiled *c = sp_compile(looks, NULL);
    assert_int_equal(sp_compiled_run(c, sp_list_of(sp_vector(1, 2))).n, 0);
    assert_int_equal(sp_error(), SP_ERR_STATE);
    assert_non_null(strstr(sp_error_text(), "traced"));
    sp_error_clear();
    assert_int_equal(sp_compiled_stats_get(c).traces, 0);
    assert_null(sp_compiled_graph(c, true));
    says(SP_ERR_STATE, "compiled_graph: the function has not been called yet");
    sp_compiled_free(c);
}

static sp_list wrong(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_matmul(in.at[0], in.at[0]));
}

TEST(a_failure_of_the_function_is_that_of_the_compiled_one)
{
    sp_compiled *c = sp_compile(wrong, NULL);
    sp_list bad = sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 3))), good = sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 2)));
    assert_int_equal(sp_compiled_run(c, bad).n, 0);
    says(SP_ERR_SHAPE, "matmul: inner dimensions differ: (2, 3) x (2, 3)");
    assert_int_equal(sp_compiled_run(c, good).n, 1);
    assert_int_equal(sp_compiled_run(c, sp_list_of(SP_NONE)).n, 0);
    says(SP_ERR_STATE, "compiled: input 0 has no value");
    assert_int_equal(sp_compiled_run(c, sp_list_of(NULL)).n, 0);
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    assert_int_equal(sp_compiled_run(c, good).n, 1);
    assert_int_equal(sp_error(), SP_OK);
    sp_compiled_free(c);
}

TEST(a_label_out_of_range_names_the_op_and_where_it_was_called)
{
    static const char *const without[] = {NULL, "all", "cross_entropy"};
    for (int k = 0; k < 3; k++) {
        step_world w = step_world_new(step_net_named("mlp"), step_optim_named("adam"));
        sp_compiled *c = sp_compile(step_take, &w, .without = without[k]);
        sp_list good = batch(), bad = sp_list_of(good.at[0], sp_full(4, SP_I32, SP_DIMS(6)));
        assert_int_equal(sp_compiled_run(c, good).n, 2);
        assert_int_equal(sp_compiled_run(c, bad).n, 0);
        assert_int_equal(sp_error(), SP_ERR_VALUE);
        assert_non_null(strstr(sp_error_text(), "cross_entropy: "));
        sp_error_clear();
        assert_int_equal(sp_optim_steps(w.optim), 1); /* no step was taken */
        assert_int_equal(sp_compiled_run(c, good).n, 2);
        assert_int_equal(sp_optim_steps(w.optim), 2);
        sp_compiled_free(c);
        step_world_free(&w);
    }
}

TEST(an_index_out_of_range_names_its_cell)
{
    step_world w = step_world_new(step_net_named("embedding"), step_optim_named("sgd"));
    sp_list good = step_net_named("embedding")->batch();
    sp_list bad = sp_list_of(sp_full(11, SP_I32, SP_DIMS(5, 3)), good.at[1]);
    sp_compiled *c = sp_compile(step_take, &w);
    assert_int_equal(sp_compiled_run(c, good).n, 2);
    assert_int_equal(sp_compiled_run(c, bad).n, 0);
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    const char *compiled = sp_format("%s", sp_error_text());
    sp_error_clear();
    assert_int_equal(step_take(&w, bad).n, 0);
    assert_string_equal(compiled, sp_error_text());
    assert_non_null(strstr(compiled, "in net (SequentialCell) > 0 (Embedding)"));
    sp_error_clear();
    sp_compiled_free(c);
    step_world_free(&w);
}

/* ---- frozen ---- */

static sp_list run_frozen(sp_compiled *c, const step_world *w, const step_net *net, double tol)
{
    sp_set_seed(9);
    sp_list in = net->batch();
    in.n = 1;
    sp_list out = sp_compiled_run(c, in);
    step_same(out, sp_cell_fn(w->net, in), tol, net->name);
    return out;
}

TEST(a_frozen_net_gives_what_it_gives)
{
    for (int i = 0; i < step_nets_count; i++) {
        step_world w = step_world_new(&step_nets[i], step_optim_named("sgd"));
        sp_cell_train(w.net, false);
        sp_compiled *c = sp_compile(sp_cell_fn, w.net, .frozen = true);
        sp_compiled *plain = sp_compile(sp_cell_fn, w.net, .frozen = true, .without = "all");
        double tol = strcmp(step_nets[i].name, "float16") ? 2e-6 : 1e-3; /* fused bias: another rounding */
        for (int k = 0; k < 2; k++) {
            run_frozen(c, &w, &step_nets[i], tol);
            run_frozen(plain, &w, &step_nets[i], 0);
        }
        assert_int_equal(sp_graph_params(sp_compiled_graph(c, true)).n, 0);
        sp_compiled_free(c);
        sp_compiled_free(plain);
        step_world_free(&w);
    }
    assert_int_equal(sp_error(), SP_OK);
}

TEST(nets_of_16_bits_give_what_they_give)
{
    for (int k = 0; k < 2; k++) {
        sp_dtype type = k ? SP_BF16 : SP_F16;
        sp_cell *net = sp_nn_sequential(sp_nn_dense(9, 12, .dtype = type), sp_nn_relu(),
                                        sp_nn_dense(12, 5, .dtype = type), sp_nn_gelu(false), sp_nn_softmax(-1));
        sp_list in = sp_list_of(sp_rand_normal(0, 1, type, SP_DIMS(4, 9)));
        for (int frozen = 0; frozen < 2; frozen++) {
            sp_compiled *c = sp_compile(sp_cell_fn, net, .frozen = frozen);
            for (int i = 0; i < 2; i++)
                step_same(sp_compiled_run(c, in), sp_cell_fn(net, in), k ? 8e-3 : 1e-3, "16 bits");
            sp_compiled_free(c);
        }
        sp_cell_free(net);
    }
    assert_int_equal(sp_error(), SP_OK);
}

static sp_list of_an_index(void *table, sp_list in)
{
    return sp_list_of(sp_add(in.at[0], sp_call(table, sp_full(9, SP_I32, SP_DIMS(1)))));
}

TEST(a_failure_while_constants_are_folded_names_its_cell)
{
    sp_cell *table = sp_nn_embedding(4, 3);
    sp_compiled *c = sp_compile(of_an_index, table, .frozen = true);
    assert_int_equal(sp_compiled_run(c, sp_list_of(sp_vector(1, 2, 3))).n, 0);
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    assert_non_null(strstr(sp_error_text(), "in net (Embedding)"));
    sp_error_clear();
    sp_compiled_free(c);
    sp_cell_free(table);
}

TEST(a_frozen_function_that_changes_parameters_is_refused)
{
    step_world w = step_world_new(step_net_named("mlp"), step_optim_named("sgd"));
    sp_compiled *c = sp_compile(step_take, &w, .frozen = true);
    assert_int_equal(sp_compiled_run(c, batch()).n, 0);
    says(SP_ERR_VALUE, "compile: the function changes parameter 1.weight, and frozen says that none changes");
    assert_int_equal(sp_optim_steps(w.optim), 0);
    sp_compiled_free(c);
    step_world_free(&w);
}

TEST(a_net_that_is_not_frozen_shows_changes_of_its_parameters)
{
    step_world w = step_world_new(step_net_named("mlp"), step_optim_named("sgd"));
    sp_cell_train(w.net, false);
    sp_compiled *c = sp_compile(sp_cell_fn, w.net);
    const char *before = sp_str(run_frozen(c, &w, step_net_named("mlp"), 2e-6).at[0]);
    sp_list params = sp_cell_params(w.net);
    for (int i = 0; i < params.n; i++)
        sp_assign(params.at[i], sp_mul_number(params.at[i], 2));
    assert_string_not_equal(sp_str(run_frozen(c, &w, step_net_named("mlp"), 2e-6).at[0]), before);
    sp_compiled_free(c);
    step_world_free(&w);
}

/* ---- inside of other things ---- */

static sp_list loss_of(void *net, sp_list in) { return sp_list_of(sp_cross_entropy(sp_call(net, in.at[0]), in.at[1])); }

TEST(a_compiled_function_is_differentiated_and_traced_like_what_it_is_made_of)
{
    step_world w = step_world_new(step_net_named("mlp"), step_optim_named("sgd"));
    sp_compiled *c = sp_compile(loss_of, w.net);
    sp_list in = batch(), weights = sp_cell_params(w.net);
    sp_grad_fn direct = {loss_of, w.net, .weights = weights}, through = {sp_compiled_run, c, .weights = weights};
    step_same(sp_grad(&through, in), sp_grad(&direct, in), 0, "gradients");
    sp_graph *a = sp_trace(sp_compiled_run, c, in), *b = sp_trace(loss_of, w.net, in);
    assert_string_equal(sp_graph_str(a), sp_graph_str(b));
    sp_compiled *outer = sp_compile(sp_grad, &through);
    step_same(sp_compiled_run(outer, in), sp_grad(&direct, in), 2e-6, "compiled gradients of a compiled function");
    assert_int_equal(sp_compiled_stats_get(c).traces, 0);
    sp_graph_free(a);
    sp_graph_free(b);
    sp_compiled_free(outer);
    sp_compiled_free(c);
    step_world_free(&w);
}

TEST(a_step_is_refused_where_a_graph_carries_no_state)
{
    step_world w = step_world_new(step_net_named("mlp"), step_optim_named("sgd"));
    assert_null(sp_trace(step_take, &w, batch()));
    assert_int_equal(sp_error(), SP_ERR_STATE);
    assert_non_null(strstr(sp_error_text(), "sp_compile can"));
    sp_error_clear();
    step_world_free(&w);
}

TEST(the_graph_of_a_file_can_be_compiled)
{
    sp_graph *g = sp_graph_load("tests/fixtures/external/net_graph.mindir");
    if (!g && sp_error() == SP_ERR_UNSUPPORTED)
        skip();
    assert_non_null(g);
    sp_list in = {0};
    sp_tensor *x[8];
    for (; in.n < sp_graph_inputs(g); in.n++) {
        sp_shape shape = sp_graph_input_shape(g, in.n);
        for (int i = 0; i < shape.rank; i++)
            shape.dim[i] = shape.dim[i] < 0 ? 2 : shape.dim[i];
        x[in.n] = sp_rand_normal(0, 1, sp_graph_input_dtype(g, in.n), shape);
    }
    in.at = x;
    sp_list expected = sp_graph_run(g, in);
    assert_true(expected.n > 0);
    static const char *const without[] = {NULL, "all"};
    for (int k = 0; k < 4; k++) {
        sp_compiled *c = sp_compile(sp_graph_run, g, .without = without[k % 2], .frozen = k > 1);
        for (int i = 0; i < 2; i++)
            step_same(sp_compiled_run(c, in), expected, k % 2 ? 0 : 2e-6, "a file's graph");
        sp_compiled_free(c);
    }
    sp_graph_free(g);
}

TEST(a_graph_that_passes_have_made_is_not_written_to_a_file)
{
    step_world w = step_world_new(step_net_named("mlp"), step_optim_named("sgd"));
    sp_compiled *c = sp_compile(step_take, &w);
    assert_int_equal(sp_compiled_run(c, batch()).n, 2);
    assert_int_not_equal(sp_graph_save(sp_compiled_graph(c, true), "never_written.mindir"), SP_OK);
    assert_int_equal(sp_error(), SP_ERR_UNSUPPORTED);
    sp_error_clear();
    sp_compiled_free(c);
    step_world_free(&w);
}

/* ---- more than a step ---- */

static sp_list two_steps(void *world, sp_list in)
{
    sp_list first = step_take(world, in);
    return first.n ? sp_list_of(first.at[0], step_take(world, in).at[0]) : first;
}

TEST(one_function_may_take_two_steps)
{
    for (int k = 0; k < step_optims_count; k++) {
        step_world eager = step_world_new(step_net_named("mlp"), &step_optims[k]);
        step_world compiled = step_world_new(step_net_named("mlp"), &step_optims[k]);
        sp_compiled *c = sp_compile(two_steps, &compiled);
        for (int i = 0; i < 3; i++) {
            sp_list in = batch();
            step_same(sp_compiled_run(c, in), two_steps(&eager, in), 2e-5, step_optims[k].name);
        }
        step_worlds_same(&compiled, &eager, 2e-5, step_optims[k].name);
        assert_int_equal(sp_optim_steps(compiled.optim), 6);
        sp_compiled_free(c);
        step_world_free(&eager);
        step_world_free(&compiled);
    }
}

static sp_list a_dropout_for_nothing(void *self, sp_list in)
{
    (void)self;
    sp_dropout(in.at[0], 0.3);
    return sp_list_of(sp_dropout(in.at[0], 0.5));
}

TEST(a_dropout_that_nobody_reads_draws_all_the_same)
{
    sp_list in = sp_list_of(sp_ones(SP_F32, SP_DIMS(40)));
    sp_compiled *c = sp_compile(a_dropout_for_nothing, NULL);
    sp_set_seed(4);
    sp_list out = sp_compiled_run(c, in);
    sp_set_seed(4);
    step_same(out, a_dropout_for_nothing(NULL, in), 0, "dropout");
    sp_compiled_free(c);
}

/* ---- training by sp_fit ---- */

static sp_iter *rows(void)
{
    sp_set_seed(3);
    sp_list arrays = sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(50, 9)), sp_rand_int(0, 4, SP_I32, SP_DIMS(50)));
    return sp_iter_new(sp_data_batch(sp_data_arrays(arrays), 8)); /* the last has 2 rows */
}

TEST(fit_with_compiled_steps_takes_the_same_steps)
{
    static const char *const nets[] = {"mlp", "norms", "dropouts"};
    for (int n = 0; n < 3; n++) {
        step_world w[2];
        for (int k = 0; k < 2; k++) {
            w[k] = step_world_new(step_net_named(nets[n]), step_optim_named("adam"));
            sp_iter *it = rows();
            sp_set_seed(21);
            assert_int_equal(sp_fit(w[k].net, w[k].optim, it, .epochs = 3, .compile = k == 1), SP_OK);
            sp_iter_free(it);
        }
        step_worlds_same(&w[1], &w[0], 5e-5, nets[n]); /* 21 steps */
        assert_int_equal(sp_optim_steps(w[1].optim), 21);
        step_world_free(&w[0]);
        step_world_free(&w[1]);
    }
    assert_int_equal(sp_error(), SP_OK);
}

/* ---- looking ---- */

TEST(times_and_numbers_of_a_compiled_function)
{
    step_world w = step_world_new(step_net_named("conv_pool"), step_optim_named("sgd"));
    sp_compiled *c = sp_compile(step_take, &w, .profile = true);
    assert_int_equal(sp_compiled_stats_get(c).nodes, 0);
    sp_list in = step_net_named("conv_pool")->batch();
    double sum = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(sp_compiled_run(c, in).n, 2);
    sp_compiled_stats s = sp_compiled_stats_get(c);
    for (int i = -1; i <= s.nodes; i++) {
        assert_true(sp_compiled_seconds(c, i) >= 0 && sp_compiled_seconds(c, i) < 10);
        sum += sp_compiled_seconds(c, i);
    }
    assert_true(sum > 0);
    assert_int_equal(s.traces, 1);
    assert_true(s.nodes < s.traced_nodes && s.nodes == sp_compiled_graph(c, true)->n_nodes);
    assert_true(s.arena_bound <= s.arena_bytes);
    sp_compiled_free(c);
    step_world_free(&w);
}

TEST_MAIN()
