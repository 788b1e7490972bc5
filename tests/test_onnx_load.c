/* .onnx files: nets as PyTorch exports them and single operators against what ONNX Runtime computes for them, ONNX's own cases,
 * open sizes, and failures. tests/interop/make_onnx.py made the files. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "file/npy.h"
#include "graph/graph.h"
#include "support/files.h"

#if SPORE_HAVE_PROTOBUF
#include "file/onnx_read.h"

#define FIXTURES "tests/fixtures/onnx/"
#define MAX      8

static void near(const char *what, const sp_tensor *got, const sp_tensor *want, double relative)
{
    if (!got || !want)
        fail_msg("%s: %s", what, sp_error_text());
    if (got->dtype != want->dtype || !sp_shape_equal(got->shape, want->shape))
        fail_msg("%s: got %s %s, want %s %s", what, sp_dtype_name(got->dtype), SP__STR(got), sp_dtype_name(want->dtype),
                 SP__STR(want));
    for (int64_t i = 0; i < want->size; i++) {
        double g = sp_at(got, i), w = sp_at(want, i), d = g > w ? g - w : w - g, size = w < 0 ? -w : w;
        bool same = g == w || (g != g && w != w);
        if (!same && !(d <= 1e-5 + relative * size))
            fail_msg("%s: element %lld is %.9g, want %.9g", what, (long long)i, g, w);
    }
}

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
        near(folder, out.at[i], want[i], 1e-5);
    sp_compiled *c = sp_compile(.fn = sp_graph_run, .self = graph, .frozen = true);
    out = sp_compiled_run(c, sp_list_new(n_in, in));
    for (int i = 0; i < n_out; i++)
        near(folder, out.n ? out.at[i] : NULL, want[i], 1e-5);
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

/* "SIZE NAME\n" and the bytes, again and again. */
typedef struct packed {
    const uint8_t *at;
    size_t size;
    char name[128];
} packed;

static bool next(const uint8_t **p, const uint8_t *end, packed *out)
{
    int used = 0;
    unsigned long size;
    if (*p == end)
        return false;
    assert_int_equal(sscanf((const char *)*p, "%lu %127s%n", &size, out->name, &used), 2);
    out->at = *p + used + 1;
    out->size = size;
    *p = out->at + size;
    assert_true(*p <= end);
    return true;
}

static sp_tensor *array_of(const packed *f)
{
    sp__source s;
    sp_tensor *t = sp__source_memory(&s, "npy", f->at, f->size) == SP_OK ? sp__npy_read_source(&s) : NULL;
    if (!t)
        fail_msg("%s: %s", f->name, sp_error_text());
    return t;
}

static sp_graph *graph_of(const packed *f)
{
    sp__source s;
    sp_graph *g = sp__source_memory(&s, "onnx", f->at, f->size) == SP_OK ? sp__onnx_load_source(&s, NULL) : NULL;
    if (!g)
        fail_msg("%s: %s", f->name, sp_error_text());
    return g;
}

static int run_pack(const char *path, double relative)
{
    size_t size;
    uint8_t *bytes = test_file_read(path, &size);
    assert_non_null(bytes);
    const uint8_t *p = bytes, *end = bytes + size;
    packed f;
    int cases = 0;
    bool more = next(&p, end, &f);
    while (more) {
        sp_scope scope = sp_scope_begin();
        sp_graph *g = graph_of(&f);
        sp_tensor *in[MAX], *want[SP__OX_MAX_RESULTS];
        int n_in = 0, n_out = 0;
        char name[128];
        memcpy(name, f.name, sizeof name);
        while ((more = next(&p, end, &f)) && !strstr(f.name, ".onnx")) {
            if (strstr(f.name, ".in"))
                in[n_in++] = array_of(&f);
            else
                want[n_out++] = array_of(&f);
        }
        sp_list out = sp_graph_run(g, sp_list_new(n_in, in));
        if (out.n != n_out)
            fail_msg("%s: %d results, want %d: %s", name, out.n, n_out, sp_error_text());
        for (int i = 0; i < n_out; i++)
            near(name, out.at[i], want[i], relative);
        sp_graph_free(g);
        sp_scope_end(scope);
        cases++;
    }
    free(bytes);
    return cases;
}

TEST(single_operators_give_what_onnx_runtime_gives) { assert_true(run_pack(FIXTURES "nodes.pack", 1e-5) > 220); }

/* Their expected results are rounded in places: the tolerance is their own. */
TEST(cases_of_the_standard_are_met) { assert_true(run_pack(FIXTURES "standard.pack", 1e-3) > 100); }

/* ---- failures ---- */

/* The n-th allocation fails, n = 1, 2, ... until all is well. */
TEST(memory_that_runs_out_is_an_error)
{
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(2, 5, 8));
    int64_t blocks = 0;
    for (int64_t n = 1;; n += n < 2000 ? 7 : 31) {
        sp_error_clear();
        sp_scope scope = sp_scope_begin();
        sp_shutdown();
        blocks = sp_mem_stats_get().live_blocks;
        sp_mem_fail_at(n);
        sp_graph *g = sp_graph_load(FIXTURES "attention_17/model.onnx");
        int64_t requests = sp_mem_requests();
        sp_mem_fail_at(0);
        if ((g == NULL) != (sp_error() != SP_OK))
            fail_msg("allocation %lld: %s", (long long)n, sp_error_text());
        if (g)
            assert_int_equal(sp_graph_run(g, sp_list_of(x)).n, 1);
        sp_graph_free(g);
        sp_scope_end(scope);
        sp_shutdown();
        assert_true(sp_mem_stats_get().live_blocks <= blocks);
        if (g && requests < n)
            break;
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
    }
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
