/* What nodes cost, against numbers worked out by hand. */
#include "support/test.h"

#include "spore.h"

static sp_graph *traced(sp_fn fn, void *self, sp_tensor *x)
{
    sp_graph *g = sp_trace(fn, self, sp_list_of(x));
    if (!g)
        fail_msg("%s", sp_error_text());
    return g;
}

static const sp_node_info *named(const sp_graph *g, const char *op)
{
    const sp_node_info *list = sp_graph_node_infos(g);
    assert_non_null(list);
    for (int i = 0; i < sp_graph_nodes(g); i++)
        if (strcmp(list[i].op, op) == 0)
            return &list[i];
    fail_msg("no %s in\n%s", op, sp_graph_str(g));
    return NULL;
}

TEST(a_dense_layer_multiplies_once_for_each_weight_and_row)
{
    sp_cell *net = sp_nn_sequential(sp_nn_dense(20, 7), sp_nn_relu());
    sp_graph *g = traced(sp_cell_fn, net, sp_zeros(SP_F32, SP_DIMS(5, 20)));
    const sp_node_info *m = named(g, "MatMul"), *b = named(g, "BiasAdd"), *r = named(g, "ReLU");
    assert_int_equal(m->macs, 5 * 20 * 7);
    assert_int_equal(m->params, 20 * 7);
    assert_int_equal(m->trainable, 20 * 7);
    assert_int_equal(m->param_bytes, 20 * 7 * 4);
    assert_int_equal(m->bytes, 5 * 7 * 4);
    assert_true(sp_shape_equal(m->in, SP_DIMS(5, 20)) && sp_shape_equal(m->out, SP_DIMS(5, 7)));
    assert_int_equal(m->dtype, SP_F32);
    assert_non_null(strstr(m->path, "0 (Dense)"));
    assert_int_equal(b->macs, 0);
    assert_int_equal(b->params, 7);
    assert_int_equal(r->macs + r->params, 0);
    sp_graph_free(g);
    sp_cell_free(net);
}

/* 3x3 windows over 8x8 with stride 2 and padding "same": 4x4 of them; 2 groups: each output channel sees 4 / 2 input channels. */
TEST(a_convolution_multiplies_once_for_each_weight_and_place)
{
    sp_cell *net = sp_nn_conv2d(4, 6, 3, .stride = 2, .group = 2, .has_bias = true);
    sp_graph *g = traced(sp_cell_fn, net, sp_zeros(SP_F32, SP_DIMS(2, 4, 8, 8)));
    const sp_node_info *c = named(g, "Conv2D");
    assert_true(sp_shape_equal(c->out, SP_DIMS(2, 6, 4, 4)));
    assert_int_equal(c->macs, 2 * 6 * 4 * 4 * (2 * 3 * 3));
    assert_int_equal(c->params, 6 * 2 * 3 * 3);
    sp_graph_free(g);
    sp_cell_free(net);
}

TEST(pooling_and_normalisation_are_counted_by_elements)
{
    sp_cell *net =
        sp_nn_sequential(sp_nn_batch_norm2d(3), sp_nn_avg_pool2d(2, .stride = 2), sp_nn_max_pool2d(2, .stride = 2));
    sp_cell_train(net, false);
    sp_graph *g = traced(sp_cell_fn, net, sp_zeros(SP_F32, SP_DIMS(1, 3, 8, 8)));
    const sp_node_info *n = named(g, "BatchNorm");
    assert_int_equal(n->macs, 3 * 8 * 8);
    assert_int_equal(n->params, 4 * 3);
    assert_int_equal(n->trainable, 2 * 3); /* the moving statistics are not trained */
    assert_int_equal(named(g, "AvgPool")->macs, 3 * 4 * 4 * 2 * 2);
    assert_int_equal(named(g, "MaxPool")->macs, 0);
    sp_graph_free(g);
    sp_cell_free(net);
}

static sp_list twice(void *w, sp_list in)
{
    sp_tensor *y = sp_matmul(in.at[0], w);
    return sp_list_of(sp_matmul(y, w), sp_matmul(sp_transpose(y, 0, NULL), y));
}

TEST(a_parameter_that_is_used_twice_is_counted_once)
{
    sp_cell *dense = sp_nn_dense(6, 6, .no_bias = true);
    sp_graph *g = traced(twice, sp_cell_params(dense).at[0], sp_zeros(SP_F32, SP_DIMS(4, 6)));
    const sp_node_info *list = sp_graph_node_infos(g);
    int64_t params = 0, macs = 0;
    for (int i = 0; i < sp_graph_nodes(g); i++)
        params += list[i].params, macs += list[i].macs;
    assert_int_equal(params, 36);
    assert_int_equal(macs, 2 * 4 * 6 * 6 + 6 * 4 * 6);
    sp_graph_free(g);
    sp_cell_free(dense);
}

TEST(memory_that_runs_out_is_an_error)
{
    sp_cell *net = sp_nn_dense(3, 2);
    sp_graph *g = traced(sp_cell_fn, net, sp_zeros(SP_F32, SP_DIMS(1, 3)));
    const sp_node_info *list = NULL;
    int64_t n = 1;
    for (; !list; n++) {
        sp_mem_fail_at(n);
        list = sp_graph_node_infos(g);
        sp_mem_fail_at(0);
        assert_int_equal(sp_error(), list ? SP_OK : SP_ERR_NOMEM);
        sp_error_clear();
    }
    assert_true(n > 2);
    sp_graph_free(g);
    sp_cell_free(net);
}

TEST_MAIN()
