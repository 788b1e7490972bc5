/* Graphs in files: MindSpore's own nets of both generations against their recorded outputs. */
#define SP_EXPERIMENTAL /* sp_mem_fail_at */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "file/file.h"
#include "graph/graph.h"
#include "support/files.h"
#include "support/nets.h"
#include "support/npy.h"

#if SPORE_HAVE_PROTOBUF

#define FIXTURES "tests/fixtures/mindspore/"
static const char *const versions[] = {"2.0.0", "2.10.0"};

static int end(void **state)
{
    (void)state;
    sp_error_clear();
    sp_shutdown();
    return sp_mem_stats_get().live_blocks != 0; /* a leak fails the test */
}

static void near(const char *what, const sp_tensor *got, const sp_tensor *want, double tolerance)
{
    if (!got)
        fail_msg("%s: %s", what, sp_error_text());
    assert_non_null(want);
    if (got->dtype != want->dtype || !sp_shape_equal(got->shape, want->shape))
        fail_msg("%s: got %s %s, want %s %s", what, sp_dtype_name(got->dtype), SP__STR(got), sp_dtype_name(want->dtype),
                 SP__STR(want));
    for (int64_t i = 0; i < want->size; i++) {
        double g = sp_at(got, i), w = sp_at(want, i), d = g > w ? g - w : w - g;
        if (!(d <= tolerance))
            fail_msg("%s: element %lld is %.9g, want %.9g", what, (long long)i, g, w);
    }
}

/* ---- MindSpore's own files ---- */

/* Runs the graph on the inputs of a folder and compares with its expected outputs. */
static void runs_as_recorded(sp_graph *g, const char *folder)
{
    char path[320];
    sp_tensor *in[8];
    int n = sp_graph_inputs(g);
    assert_in_range(n, 1, 8);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/input%d.npy", folder, i);
        in[i] = test_npy_read(path);
        assert_non_null(in[i]);
    }
    sp_list out = sp_graph_run(g, sp_list_new(n, in));
    if (out.n == 0)
        fail_msg("%s: %s", folder, sp_error_text());
    for (int i = 0; i < out.n; i++) {
        snprintf(path, sizeof path, "%s/expected%d.npy", folder, i);
        near(path, out.at[i], test_npy_read(path), 1e-5);
    }
}

static void parameters_equal_the_checkpoint(sp_graph *g, const char *folder)
{
    char path[320];
    sp_entries e;
    snprintf(path, sizeof path, "%s/net.ckpt", folder);
    assert_int_equal(sp_ckpt_read(path, &e), SP_OK);
    sp_list params = sp_graph_params(g);
    assert_int_equal(params.n, e.n);
    for (int i = 0; i < params.n; i++) {
        int found = 0;
        for (int k = 0; k < e.n; k++) {
            if (strcmp(e.at[k].name, sp_param_name(params.at[i])) != 0)
                continue;
            found++;
            near(e.at[k].name, params.at[i], e.at[k].tensor, 0);
            assert_memory_equal(sp_data(params.at[i]), sp_data(e.at[k].tensor), (size_t)params.at[i]->size * 4);
        }
        assert_int_equal(found, 1);
    }
}

static int real_nets;

static void check_net(const char *path, void *user)
{
    (void)user;
    char folder[256];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    sp_scope scope = sp_scope_begin();
    sp_graph *g = sp_graph_load(path);
    if (!g)
        fail_msg("%s: %s", path, sp_error_text());
    runs_as_recorded(g, folder);
    parameters_equal_the_checkpoint(g, folder);
    sp_graph_free(g);
    sp_scope_end(scope);
    real_nets++;
}

static void visit_net(const char *path, void *user) { test_files_visit(path, ".mindir", check_net, user); }

static void real_nets_of_both_versions_give_their_recorded_outputs(void **state)
{
    (void)state;
    real_nets = 0;
    for (int v = 0; v < 2; v++) {
        char path[320];
        snprintf(path, sizeof path, FIXTURES "%s", versions[v]);
        test_files_visit(path, "", visit_net, NULL);
    }
    assert_int_equal(real_nets, 6);
}

/* ---- our own files ---- */

static bool op_seen[256];

static void note_ops(const sp_graph *g)
{
    for (int64_t i = 0; i < g->n_nodes; i++)
        for (int k = 0; sp__op_at(k); k++)
            if (sp__op_at(k) == g->nodes[i].op)
                op_seen[k] = true;
}

/* Traced, written, read and run again: what came out at first. */
static void check_round_trip(const test_net *net)
{
    sp_scope scope = sp_scope_begin();
    sp_list in = test_net_inputs(net), want = net->fn(NULL, in);
    sp_graph *g = sp_trace(net->fn, NULL, in);
    const char *path = test_path("net.mindir");
    if (!g || sp_graph_save(g, path) != SP_OK)
        fail_msg("%s: %s", net->name, sp_error_text());
    note_ops(g);
    sp_graph *again = sp_graph_load(path);
    if (!again)
        fail_msg("%s: %s", net->name, sp_error_text());
    assert_int_equal(sp_graph_inputs(again), in.n);
    for (int i = 0; i < in.n; i++) {
        assert_string_equal(sp_graph_input_name(again, i), sp_graph_input_name(g, i));
        assert_true(sp_shape_equal(sp_graph_input_shape(again, i), sp_graph_input_shape(g, i)));
        assert_int_equal(sp_graph_input_dtype(again, i), sp_graph_input_dtype(g, i));
    }
    sp_list got = sp_graph_run(again, in);
    if (got.n != want.n)
        fail_msg("%s: %d results, want %d: %s", net->name, got.n, want.n, sp_error_text());
    for (int i = 0; i < want.n; i++)
        near(net->name, got.at[i], want.at[i], 2e-6);
    sp_graph_free(g);
    sp_graph_free(again);
    sp_scope_end(scope);
}

static void every_op_survives_being_written_and_read(void **state)
{
    (void)state;
    memset(op_seen, 0, sizeof op_seen);
    for (int i = 0; i < test_nets_count; i++)
        check_round_trip(&test_nets[i]);
    for (int k = 0; sp__op_at(k); k++) {
        const sp__op *op = sp__op_at(k);
        bool in_files = !(op->flags & (SP__GRADIENT | SP__FUSED | SP__RANDOM)) && op != &sp__op_identity &&
                        op != &sp__op_matmul_mixed && op != &sp__op_conv2d_mixed; /* the format has none: refused */
        if (in_files && !op_seen[k])
            fail_msg("no net in support/nets.c uses %s", op->name);
    }
}

/* ---- cells ---- */

static sp_cell *conv_net(void)
{
    return sp_nn_sequential(sp_nn_conv2d(1, 6, 5, .pad_mode = SP_PAD_VALID), sp_nn_relu(), sp_nn_max_pool2d(2, 2),
                            sp_nn_conv2d(6, 8, 3, .has_bias = true), sp_nn_batch_norm2d(8), sp_nn_sigmoid(),
                            sp_nn_avg_pool2d(2, 2), sp_nn_dropout(0.5), sp_nn_flatten(), sp_nn_dense(128, 16),
                            sp_nn_layer_norm(.shape = SP_DIMS(16)), sp_nn_gelu(true), sp_nn_dense(16, 4));
}

static void a_cell_becomes_a_file_and_a_cell_again(void **state)
{
    (void)state;
    sp_cell *net = conv_net();
    assert_non_null(net);
    sp_tensor *x = sp_rand_normal(0, 1, SP_F32, SP_DIMS(2, 1, 20, 20)), *want = sp_call(net, x);
    const char *path = test_path("cell.mindir");
    if (sp_export(net, sp_list_of(x), path) != SP_OK)
        fail_msg("%s", sp_error_text());
    sp_cell *again = sp_nn_graph(sp_graph_load(path));
    near("cell", sp_call(again, x), want, 2e-6);

    /* the parameters have their names, so a checkpoint of the cell fits the graph */
    sp_list params = sp_cell_all_params(net), read = sp_cell_all_params(again);
    assert_int_equal(read.n, params.n);
    const char *weights = test_path("cell.ckpt");
    assert_int_equal(sp_save_checkpoint(net, weights), SP_OK);
    for (int i = 0; i < read.n; i++)
        assert_int_equal(sp_assign(read.at[i], sp_zeros(SP_F32, sp_shape_of(read.at[i]))), SP_OK);
    if (sp_load_checkpoint(again, weights, NULL) != SP_OK)
        fail_msg("%s", sp_error_text());
    near("cell", sp_call(again, x), want, 2e-6);
    sp_cell_free(net);
    sp_cell_free(again);
}

static void training_mode_has_no_form_and_says_so(void **state)
{
    (void)state;
    sp_cell *net = sp_nn_sequential(sp_nn_relu(), sp_nn_dropout(0.5));
    sp_cell_train(net, true);
    const char *path = test_path("training.mindir");
    assert_int_equal(sp_export(net, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 1, 3, 3))), path), SP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sp_error_text(), "Dropout: in training mode"));
    assert_null(fopen(path, "rb"));
    sp_cell_free(net);

    sp_error_clear();
    net = sp_nn_sequential(sp_nn_relu(), sp_nn_batch_norm2d(1));
    sp_list x = sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 1, 3, 3)));
    sp_cell_train(net, true);
    assert_int_equal(sp_export(net, x, path), SP_ERR_STATE);
    assert_string_equal(sp_error_text(), "BatchNorm2d: in training mode, which cannot be traced or exported: "
                                         "sp_cell_train(net, false) first, in net (SequentialCell) > 1 (BatchNorm2d)");
    assert_null(fopen(path, "rb"));
    sp_error_clear();
    sp_cell_train(net, false);
    assert_int_equal(sp_export(net, x, path), SP_OK);
    sp_cell_free(net);
}

/* ---- further ---- */

static sp_list half_norm(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_layer_norm(in.at[0], sp_ones(SP_F16, SP_DIMS(6)), sp_zeros(SP_F16, SP_DIMS(6)), -1, 1e-5));
}

/* Its mean and deviation are cast as well, which only a gradient would read: they have no form, and need none. */
static void results_that_nothing_needs_are_not_written(void **state)
{
    (void)state;
    sp_list in = sp_list_of(sp_rand_normal(0, 1, SP_F16, SP_DIMS(4, 6)));
    sp_graph *g = sp_trace(half_norm, NULL, in);
    const char *path = test_path("half.mindir");
    if (sp_graph_save(g, path) != SP_OK)
        fail_msg("%s", sp_error_text());
    sp_graph *again = sp_graph_load(path);
    near("half", sp_graph_run(again, in).at[0], half_norm(NULL, in).at[0], 2e-3);
    sp_graph_free(g);
    sp_graph_free(again);
}

static sp_list rows(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_relu(sp_matmul(sp_flatten(in.at[0]), sp_ones(SP_F32, SP_DIMS(6, 4)))));
}

static void an_input_of_any_size_stays_one(void **state)
{
    (void)state;
    sp_graph *g = sp_trace(rows, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 3, 2))));
    g->values[g->inputs[0]].desc.shape.dim[0] = -1;
    const char *path = test_path("any.mindir");
    for (int round = 0; round < 2; round++) { /* also of a graph that was read */
        assert_int_equal(sp_graph_save(g, path), SP_OK);
        sp_graph_free(g);
        g = sp_graph_load(path);
        assert_non_null(g);
        assert_true(sp_shape_equal(sp_graph_input_shape(g, 0), SP_DIMS(-1, 3, 2)));
        sp_tensor *x = sp_rand_normal(0, 1, SP_F32, SP_DIMS(7, 3, 2));
        near("any", sp_graph_run(g, sp_list_of(x)).at[0], rows(NULL, sp_list_of(x)).at[0], 1e-6);
    }
    sp_graph_free(g);
}

static sp_list all_unsupported(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_dropout(in.at[0], 0.5), sp_relu(sp_dropout(in.at[0], 0.25)));
}

static void ops_without_a_form_are_all_named_and_nothing_is_written(void **state)
{
    (void)state;
    const char *path = test_path("never.mindir");
    sp_graph *g = sp_trace(all_unsupported, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2))));
    assert_non_null(g);
    assert_int_equal(sp_graph_save(g, path), SP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sp_error_text(), "2 nodes have no form in the file: Dropout: in training mode"));
    assert_null(fopen(path, "rb"));
    sp_graph_free(g);
}

static void other_names_and_null_are_errors(void **state)
{
    (void)state;
    sp_graph *g = sp_trace(rows, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 3, 2))));
    assert_int_equal(sp_graph_save(g, test_path("net.pb")), SP_ERR_UNSUPPORTED);
    sp_error_clear();
    assert_int_equal(sp_graph_save(NULL, "x.mindir"), SP_ERR_VALUE);
    sp_error_clear();
    assert_int_equal(sp_graph_save(g, NULL), SP_ERR_VALUE);
    sp_error_clear();
    assert_null(sp_graph_load(NULL));
    sp_error_clear();
    assert_int_equal(sp_export(NULL, (sp_list){0}, "x.mindir"), SP_ERR_VALUE);
    sp_error_clear();
    assert_null(sp_graph_load("tests/no such file.mindir"));
    assert_int_equal(sp_error(), SP_ERR_IO);
    sp_graph_free(g);
}

/* tests/refused/make_mindir.py wrote it after the description of MindSpore's files above 1 GiB: y = x + w, w in net_variables. */
static void parameters_in_another_file_are_read(void **state)
{
    (void)state;
    sp_graph *g = sp_graph_load("tests/fixtures/external/net_graph.mindir");
    if (!g)
        fail_msg("%s", sp_error_text());
    near("w", sp_graph_params(g).at[0], sp_vector(1, 2), 0);
    near("x + w", sp_graph_run(g, sp_list_of(sp_vector(10, 20))).at[0], sp_vector(11, 22), 0);
    sp_graph_free(g);
}

/* The n-th allocation fails, n = 1, 2, ... until all is well. */
static void memory_that_runs_out_is_an_error(void **state)
{
    (void)state;
    const char *path = FIXTURES "2.10.0/layernorm_gelu/net.mindir";
    for (int64_t n = 1;; n++) {
        sp_error_clear();
        sp_shutdown();
        sp_mem_fail_at(n);
        sp_scope scope = sp_scope_begin();
        sp_graph *g = sp_graph_load(path);
        sp_status st = g ? sp_graph_save(g, test_path("short.mindir")) : sp_error();
        sp_graph_free(g);
        sp_scope_end(scope);
        int64_t requests = sp_mem_requests();
        sp_mem_fail_at(0);
        sp_shutdown();
        assert_int_equal(sp_mem_stats_get().live_blocks, 0);
        if (requests < n) {
            assert_int_equal(st, SP_OK);
            assert_true(n > 200);
            break;
        }
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(real_nets_of_both_versions_give_their_recorded_outputs, end),
        cmocka_unit_test_teardown(every_op_survives_being_written_and_read, end),
        cmocka_unit_test_teardown(a_cell_becomes_a_file_and_a_cell_again, end),
        cmocka_unit_test_teardown(training_mode_has_no_form_and_says_so, end),
        cmocka_unit_test_teardown(results_that_nothing_needs_are_not_written, end),
        cmocka_unit_test_teardown(an_input_of_any_size_stays_one, end),
        cmocka_unit_test_teardown(ops_without_a_form_are_all_named_and_nothing_is_written, end),
        cmocka_unit_test_teardown(other_names_and_null_are_errors, end),
        cmocka_unit_test_teardown(parameters_in_another_file_are_read, end),
        cmocka_unit_test_teardown(memory_that_runs_out_is_an_error, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) { return 77; /* skipped: nothing can be read */ }

#endif
