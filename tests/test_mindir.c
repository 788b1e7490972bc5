/* Graphs in files: MindSpore's own nets of both generations against their recorded outputs. */
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
    char path[256];
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
    char path[256];
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
        char path[256];
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
        bool in_files = !(op->flags & (SP__GRADIENT | SP__RANDOM)) && op != &sp__op_identity;
        if (in_files && !op_seen[k])
            fail_msg("no net in support/nets.c uses %s", op->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(real_nets_of_both_versions_give_their_recorded_outputs, end),
        cmocka_unit_test_teardown(every_op_survives_being_written_and_read, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) { return 77; /* skipped: nothing can be read */ }

#endif
