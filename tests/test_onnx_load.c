/* .onnx files: nets as PyTorch exports them and single operators against what ONNX Runtime computes for them, ONNX's own cases,
 * open sizes, and failures. tests/interop/make_onnx.py made the files. */
#if SPORE_HAVE_PROTOBUF
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "file/npy.h"
#include "file/onnx_read.h"
#include "graph/graph.h"
#include "support/files.h"
#include "support/pack.h"

#define FIXTURES "tests/fixtures/onnx/"
#define MAX      8

/* ---- nets ---- */

/* The arrays in0.npy, in1.npy, ... of a folder. */
static int arrays(const char *folder, const char *kind, sp_tensor **at)
{
    char path[300];
    int n = 0;
    for (; n < MAX; n++) {
        size_t size;
        snprintf(path, sizeof path, "%s/%s%d.npy", folder, kind, n);
        uint8_t *there = test_file_read(path, &size);
        free(there);
        if (!there)
            break;
        at[n] = sp_npy_read(path);
    }
    return n;
}

static int sets;

static void run_set(const char *folder, void *graph)
{
    sp_tensor *in[MAX], *want[MAX];
    if (!strstr(folder, "/set"))
        return;
    int n_in = arrays(folder, "in", in), n_out = arrays(folder, "out", want);
    assert_int_equal(n_in, sp_graph_inputs(graph));
    sp_list out = sp_graph_run(graph, sp_list_new(n_in, in));
    if (out.n != n_out)
        fail_msg("%s: %d results, want %d: %s", folder, out.n, n_out, sp_error_text());
    for (int i = 0; i < n_out; i++)
        test_pack_near(folder, out.at[i], want[i], 1e-5);
    sp_compiled *c = sp_compile(.fn = sp_graph_run, .self = graph, .frozen = true);
    out = sp_compiled_run(c, sp_list_new(n_in, in));
    for (int i = 0; i < n_out; i++)
        test_pack_near(folder, out.n ? out.at[i] : NULL, want[i], 1e-5);
    sp_compiled_free(c);
    sets++;
}

static int nets;

static void run_net(const char *folder, void *user)
{
    (void)user;
    char path[300];
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    size_t size;
    uint8_t *there = test_file_read(path, &size);
    free(there);
    if (!there)
        return;
    sp_scope scope = sp_scope_begin();
    sp_graph *g = sp_graph_load(path);
    if (!g)
        fail_msg("%s: %s", path, sp_error_text());
    test_files_visit(folder, "", run_set, g);
    sp_graph_free(g);
    sp_scope_end(scope);
    nets++;
}

TEST(nets_of_pytorch_give_what_onnx_runtime_gives)
{
    nets = sets = 0;
    test_files_visit(FIXTURES, "", run_net, NULL);
    assert_int_equal(nets, 18);
    assert_true(sets > 40);
}

TEST(inputs_and_parameters_have_their_names)
{
    sp_graph *g = sp_graph_load(FIXTURES "mlp_13/model.onnx");
    assert_non_null(g);
    assert_string_equal(sp_graph_input_name(g, 0), "x0");
    assert_true(sp_shape_equal(sp_graph_input_shape(g, 0), SP_DIMS(-1, 8)));
    sp_list params = sp_graph_params(g);
    assert_int_equal(params.n, 6);
    assert_string_equal(sp_param_name(params.at[0]), "0.weight");
    assert_string_equal(sp_param_name(params.at[5]), "5.bias");
    sp_graph_free(g);
}

/* ---- packs ---- */

static sp_graph *load(const test_pack_case *c)
{
    sp__source s;
    return sp__source_memory(&s, "onnx", c->model, c->size) == SP_OK ? sp__onnx_load_source(&s, NULL) : NULL;
}

static void run_case(const test_pack_case *c, void *user)
{
    const double *relative = user;
    test_pack_check(c, load(c), *relative);
}

static int run_pack(const char *path, double relative) { return test_pack_visit(path, ".onnx", run_case, &relative); }

TEST(single_operators_give_what_onnx_runtime_gives) { assert_true(run_pack(FIXTURES "nodes.pack", 1e-5) > 220); }

TEST(resized_and_attended_values_are_those_of_onnx_runtime)
{
    assert_true(run_pack(FIXTURES "sampling.pack", 1e-5) > 60);
}

TEST(rarer_forms_give_what_onnx_runtime_gives) { assert_true(run_pack(FIXTURES "forms.pack", 1e-5) > 40); }

/* Their expected results are rounded in places: the tolerance is their own. */
TEST(cases_of_the_standard_are_met) { assert_true(run_pack(FIXTURES "standard.pack", 1e-3) > 100); }

/* ---- failures ---- */

/* The n-th allocation fails, n = 1, 2, ... until all is well. */
TEST(memory_that_runs_out_is_an_error)
{
    int64_t blocks = 0;
    for (int64_t n = 1;; n += n < 2000 ? 7 : 31) {
        sp_error_clear();
        sp_shutdown();
        sp_scope scope = sp_scope_begin();
        blocks = sp_mem_stats_get().live_blocks;
        sp_mem_fail_at(n);
        sp_graph *g = sp_graph_load(FIXTURES "attention_17/model.onnx");
        int64_t requests = sp_mem_requests();
        sp_mem_fail_at(0);
        if ((g == NULL) != (sp_error() != SP_OK))
            fail_msg("allocation %lld: %s", (long long)n, sp_error_text());
        if (g && sp_graph_run(g, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 5, 8)))).n != 1)
            fail_msg("allocation %lld of %lld: %s", (long long)n, (long long)requests, sp_error_text());
        sp_graph_free(g);
        sp_scope_end(scope);
        sp_shutdown();
        test_scope = sp_scope_begin();
        assert_true(sp_mem_stats_get().live_blocks <= blocks);
        if (g && requests < n)
            break;
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
    }
}

static void short_of_memory(const test_pack_case *c, void *budget) { test_pack_short(c, load, budget); }

TEST(without_memory_no_operator_is_read)
{
    int budget = 60000;
    test_pack_visit(FIXTURES "sampling.pack", ".onnx", short_of_memory, &budget);
    test_pack_visit(FIXTURES "forms.pack", ".onnx", short_of_memory, &budget);
    assert_true(budget > 0);
}

/* Any part of a file, from its beginning, is refused, or is another file. */
TEST(files_that_are_cut_off_are_refused)
{
    size_t size;
    uint8_t *bytes = test_file_read(FIXTURES "mlp_fixed_9/model.onnx", &size);
    assert_non_null(bytes);
    const char *path = test_path("cut.onnx");
    for (size_t n = 0; n < size; n += 1 + n / 40) {
        test_file_write(path, bytes, n);
        sp_graph *g = sp_graph_load(path);
        assert_int_equal(g == NULL, sp_error() != SP_OK);
        sp_graph_free(g);
        sp_error_clear();
    }
    free(bytes);
}

TEST(a_file_that_is_not_there_is_an_error)
{
    assert_null(sp_graph_load("tests/no such file.onnx"));
    assert_int_equal(sp_error(), SP_ERR_IO);
    sp_error_clear();
}

TEST_MAIN()

#else

int main(void) { return 77; /* skipped: nothing can be read */ }

#endif
