/* What is written as .onnx is read again and computes the same: every net of support/nets.h, of any batch size where it can be,
 * and the cases of every op. Other runtimes' results of these files: ./dev onnx, where all element types are read back too. */
#if SPORE_HAVE_PROTOBUF
#include "support/test.h"

#include <string.h>

#include "graph/graph.h"
#include "ops/op.h"
#include "spore.h"
#include "support/files.h"
#include "support/nets.h"
#include "support/op_cases.h"

static sp_graph *written_and_read(const char *what, sp_graph *g)
{
    const char *path = test_path("round.onnx");
    sp_graph *back = g && sp_graph_save(g, path) == SP_OK ? sp_graph_load(path) : NULL;
    if (!back)
        fail_msg("%s: %s", what, sp_error_text());
    return back;
}

static void same_results(const char *what, sp_graph *g, sp_list in, sp_list want, double tolerance)
{
    sp_list got = sp_graph_run(g, in);
    if (got.n != want.n)
        fail_msg("%s: %d results, want %d: %s", what, got.n, want.n, sp_error_text());
    for (int i = 0; i < want.n; i++) {
        assert_int_equal(got.at[i]->dtype, want.at[i]->dtype);
        op_check_near(what, got.at[i], want.at[i], tolerance);
    }
}

TEST(nets_are_read_as_they_were_written)
{
    for (int i = 0; i < test_nets_count; i++) {
        sp_scope scope = sp_scope_begin();
        const test_net *net = &test_nets[i];
        sp_list in = test_net_inputs(net);
        sp_graph *g = sp_trace(net->fn, NULL, in), *back = written_and_read(net->name, g);
        same_results(net->name, back, in, net->fn(NULL, in), 2e-3);
        sp_graph_free(back);
        sp_graph_free(g);
        sp_scope_end(scope);
    }
}

/* ---- any batch size ---- */

static sp_cell *image_net(void)
{
    return sp_nn_sequential(sp_nn_conv2d(1, 4, 3, .has_bias = true), sp_nn_batch_norm2d(4), sp_nn_relu(),
                            sp_nn_max_pool2d(2, 2), sp_nn_avg_pool2d(2, 2), sp_nn_flatten(), sp_nn_dense(36, 8),
                            sp_nn_layer_norm(.shape = SP_DIMS(8)), sp_nn_gelu(true), sp_nn_dense(8, 3),
                            sp_nn_softmax(-1));
}

TEST(a_batch_size_that_was_left_open_is_open)
{
    sp_cell *c = image_net();
    const char *path = test_path("any.onnx");
    sp_list example = sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 1, 14, 14)));
    assert_int_equal(sp_export_with(c, example, path, &(sp_export_opts){.dynamic_batch = true}), SP_OK);
    sp_graph *g = sp_graph_load(path);
    assert_non_null(g);
    assert_true(sp_shape_equal(sp_graph_input_shape(g, 0), SP_DIMS(-1, 1, 14, 14)));
    for (int64_t n = 1; n < 40; n += 12) {
        sp_list in = sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(n, 1, 14, 14)));
        same_results("any batch", g, in, sp_cell_fn(c, in), 1e-5);
    }
    /* and once more: what was read with an open size is written with it */
    sp_graph *again = written_and_read("any batch, again", g);
    assert_true(sp_shape_equal(sp_graph_input_shape(again, 0), SP_DIMS(-1, 1, 14, 14)));
    sp_list in = sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(5, 1, 14, 14)));
    same_results("any batch, again", again, in, sp_cell_fn(c, in), 1e-5);
    sp_graph_free(again);
    sp_graph_free(g);
    sp_cell_free(c);
}

/* ---- ops ---- */

typedef struct one_op {
    const sp__op *op;
    _Alignas(16) char attrs[OP_CASE_ATTR_BYTES];
    int n;
    sp_tensor *in[OP_CASE_INPUTS]; /* NULL: one of those that are given */
} one_op;

static sp_list call(void *self, sp_list given)
{
    one_op *o = self;
    sp_tensor *in[OP_CASE_INPUTS];
    for (int i = 0, k = 0; i < o->n; i++)
        in[i] = o->in[i] ? o->in[i] : given.at[k++];
    return sp_list_of(sp__apply1(o->op, o->n, in, o->attrs));
}

/* Those that ONNX has a form for. */
static bool has_form(const op_case *c, const sp__op *op)
{
    bool training = c->attrs && strstr(c->attrs, "is_training=1");
    return c->fails == SP_OK && op && !(op->flags & (SP__GRADIENT | SP__FUSED | SP__RANDOM)) && !training;
}

static void round_trip(const op_case *c, const sp__op *op)
{
    sp_scope scope = sp_scope_begin();
    one_op o = {.op = op};
    sp_tensor *given[OP_CASE_INPUTS];
    int n_given = 0;
    o.n = op_case_inputs(c, SP_F32, SP_F16, o.in);
    assert_true(o.n >= 0 && op_attrs_from_text(op, c->attrs, o.attrs));
    for (int i = 0; i < o.n; i++)
        if (o.in[i] != SP_NONE) {
            given[n_given++] = o.in[i];
            o.in[i] = NULL;
        }
    sp_list in = sp_list_new(n_given, given), want = call(&o, in);
    sp_graph *g = sp_trace(call, &o, in), *back = written_and_read(op_case_text(c), g);
    same_results(op_case_text(c), back, in, want, strstr(c->op, "Mixed") ? 1e-2 : 2e-5);
    sp_graph_free(back);
    sp_graph_free(g);
    sp_scope_end(scope);
}

TEST(cases_of_every_op_are_read_as_they_were_written)
{
    const op_case *c;
    int cases = 0;
    for (int i = 0; (c = op_case_at(i)) != NULL; i++) {
        const sp__op *op = sp__op_find(c->op);
        if (!has_form(c, op))
            continue;
        round_trip(c, op);
        cases++;
    }
    assert_true(cases > 150);
}

TEST_MAIN()

#else

int main(void) { return 77; /* skipped: nothing can be written */ }

#endif
