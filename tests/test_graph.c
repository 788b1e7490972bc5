/* Traces: what is recorded, how it is printed, that running it is the same as calling the function. */
#include "support/test.h"

#include "graph/graph.h"
#include "spore.h"

/* x -> relu(x w + b), the sum of its squares */
typedef struct layer {
    sp_tensor *w, *b;
} layer;

static sp_list forward(void *self, sp_list in)
{
    layer *l = self;
    sp_tensor *h = sp_relu(sp_add(sp_matmul(in.at[0], l->w), l->b));
    return sp_list_of(h, sp_sum(sp_square(h)));
}

static layer layer_new(void)
{
    return (layer){sp__param_new(sp_from((float[]){1, -1, 0.5f, 2}, SP_F32, SP_DIMS(2, 2)), "w", true),
                   sp__param_new(sp_vector(0.5f, -8), "b", true)};
}

static void layer_free(layer l)
{
    sp__release(l.w);
    sp__release(l.b);
}

static sp_list example(void) { return sp_list_of(sp_from((float[]){1, 2, 3, 4, 5, 6}, SP_F32, SP_DIMS(3, 2))); }

TEST(a_trace_is_printed_node_by_node)
{
    layer l = layer_new();
    sp_graph *g = sp_trace(forward, &l, example());
    assert_string_equal(sp_graph_str(g), "graph(%0 x: Float32 (3, 2))\n"
                                         "%1 = MatMul(%0, w; transpose_a=False, transpose_b=False)  Float32 (3, 2)\n"
                                         "%2 = Add(%1, b)  Float32 (3, 2)\n"
                                         "%3 = ReLU(%2)  Float32 (3, 2)\n"
                                         "%4 = Square(%3)  Float32 (3, 2)\n"
                                         "%5 = ReduceSum(%4; axis=(), keep_dims=False)  Float32 ()\n"
                                         "return %3, %5\n");
    assert_int_equal(sp_graph_inputs(g), 1);
    assert_int_equal(sp_graph_outputs(g), 2);
    assert_string_equal(sp_graph_input_name(g, 0), "x");
    assert_null(sp_graph_input_name(g, 1));
    assert_int_equal(sp_graph_input_shape(g, 0).dim[0], 3);
    assert_int_equal(sp_graph_input_shape(g, -1).rank, -1);
    assert_int_equal(sp_graph_params(g).n, 2);
    assert_true(sp_graph_params(g).at[0] == l.w);
    sp_graph_free(g);
    layer_free(l);
}

TEST(running_a_trace_is_calling_the_function)
{
    layer l = layer_new();
    sp_graph *g = sp_trace(forward, &l, example());
    sp_list called = forward(&l, example()), run = sp_graph_run(g, example());
    assert_string_equal(sp_tuple_str(run), sp_tuple_str(called));
    sp_list other = sp_list_of(sp_ones(SP_F32, SP_DIMS(5, 2)));
    assert_string_equal(sp_tuple_str(sp_graph_run(g, other)), sp_tuple_str(forward(&l, other)));
    assert_int_equal(sp_error(), SP_OK);
    sp_graph_free(g);
    layer_free(l);
}

static sp_list loss_only(void *self, sp_list in) { return sp_list_of(forward(self, in).at[1]); }

TEST(a_run_is_differentiated_and_a_gradient_is_traced)
{
    layer l = layer_new();
    sp_grad_fn direct = {loss_only, &l, .wrt = SP_ARG(0), .weights = sp_list_of(l.w, l.b)};
    sp_list expected = sp_grad(&direct, example());
    assert_int_equal(expected.n, 3);

    sp_graph *g = sp_trace(loss_only, &l, example());
    sp_grad_fn through = {sp_graph_run, g, .wrt = SP_ARG(0), .weights = sp_list_of(l.w, l.b)};
    assert_string_equal(sp_tuple_str(sp_grad(&through, example())), sp_tuple_str(expected));

    sp_graph *dg = sp_trace(sp_grad, &direct, example());
    assert_string_equal(sp_tuple_str(sp_graph_run(dg, example())), sp_tuple_str(expected));
    sp_graph_free(dg);
    sp_graph_free(g);
    layer_free(l);
}

/* The value of the input decides: a trace has none. */
static sp_list looks(void *self, sp_list in)
{
    (void)self;
    return sp_item(sp_sum(in.at[0])) > 0 ? in : sp_list_of(sp_neg(in.at[0]));
}

TEST(a_function_that_needs_a_value_is_refused)
{
    assert_null(sp_trace(looks, NULL, example()));
    assert_int_equal(sp_error(), SP_ERR_STATE);
    assert_non_null(strstr(sp_error_text(), "traced"));
}

/* The value of a parameter decides: there is one, and it would be taken for good. */
static sp_list looks_at_a_parameter(void *self, sp_list in)
{
    return sp_item(self) > 0 ? in : sp_list_of(sp_neg(in.at[0]));
}

TEST(a_function_that_needs_the_value_of_a_parameter_is_refused)
{
    sp_tensor *scale = sp__param_new(sp_full(2, SP_F32, SP_SCALAR), "scale", true);
    assert_null(sp_trace(looks_at_a_parameter, scale, example()));
    assert_int_equal(sp_error(), SP_ERR_STATE);
    assert_non_null(strstr(sp_error_text(), "item: parameter 'scale': a traced function cannot look"));
    sp_error_clear();
    assert_true(sp_item(scale) == 2);
    sp__release(scale);
}

static sp_tensor *smuggled;

static sp_list smuggles(void *self, sp_list in)
{
    (void)self;
    smuggled = sp_keep(sp_neg(in.at[0]));
    return in;
}

TEST(a_symbolic_tensor_is_worth_nothing_after_its_trace)
{
    sp_graph *g = sp_trace(smuggles, NULL, example());
    assert_non_null(g);
    assert_null(sp_neg(smuggled));
    assert_string_equal(sp_error_text(), "neg: an argument belongs to a trace that is over");
    sp_error_clear();
    assert_null(sp_data(smuggled));
    sp_drop(smuggled);
    sp_graph_free(g);
}

TEST(what_does_not_depend_on_the_input_is_a_constant)
{
    layer l = layer_new();
    sp_graph *g = sp_trace(loss_only, &l, example());
    int64_t nodes = g->n_nodes;
    sp_graph_free(g);
    assert_int_equal(nodes, 5);
    layer_free(l);
}

TEST(wrong_inputs_of_a_graph_are_refused)
{
    layer l = layer_new();
    sp_graph *g = sp_trace(forward, &l, example());
    assert_int_equal(sp_graph_run(g, sp_list_of(l.w, l.b)).n, 0);
    assert_string_equal(sp_error_text(), "graph: 2 inputs, expected 1");
    sp_error_clear();
    assert_int_equal(sp_graph_run(g, sp_list_of(sp_ones(SP_F64, SP_DIMS(3, 2)))).n, 0);
    assert_string_equal(sp_error_text(), "graph: input 0 (x) is Float64, expected Float32");
    sp_error_clear();
    assert_int_equal(sp_graph_run(g, sp_list_of(sp_ones(SP_F32, SP_DIMS(2)))).n, 0);
    assert_string_equal(sp_error_text(), "graph: input 0 (x) has shape (2,), expected (3, 2)");
    sp_error_clear();
    assert_int_equal(sp_graph_run(g, sp_list_of(sp_ones(SP_F32, SP_DIMS(3, 4)))).n, 0);
    assert_non_null(strstr(sp_error_text(), "matmul: inner dimensions differ: (3, 4) x (2, 2)"));
    sp_graph_free(g);
    layer_free(l);
}

TEST(every_allocation_of_a_trace_and_a_run_may_fail)
{
    layer l = layer_new();
    sp_list in = example();
    bool failed = true;
    for (int64_t n = 1; failed && n < 10000; n++) {
        sp_scope s = sp_scope_begin();
        sp_mem_fail_at(n);
        sp_graph *g = sp_trace(forward, &l, in);
        sp_list out = g ? sp_graph_run(g, in) : (sp_list){NULL, 0};
        sp_mem_fail_at(0);
        failed = out.n == 0;
        assert_int_equal(sp_error(), failed ? SP_ERR_NOMEM : SP_OK);
        sp_error_clear();
        sp_graph_free(g);
        sp_scope_end(s);
    }
    assert_false(failed);
    layer_free(l);
}

TEST_MAIN()
