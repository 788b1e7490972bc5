/* Passes around convolutions: bias and activation, BatchNorm folded into the weights of frozen nets. */
#include "support/test.h"

#include <math.h>

#include "kernels/kernels.h"
#include "spore.h"

static sp_list net_fn(void *net, sp_list in) { return sp_list_of(sp_call(net, in.at[0])); }

static sp_list image(void)
{
    sp_set_seed(3);
    return sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(2, 2, 9, 8)));
}

/* Statistics and scales that are not 0 and 1. */
static void stir(sp_cell *net)
{
    sp_list all = sp_cell_all_params(net);
    for (int i = 0; i < all.n; i++)
        assert_int_equal(sp_assign(all.at[i], sp_rand_uniform(0.5, 1.5, SP_F32, sp_shape_of(all.at[i]))), SP_OK);
}

/* The net compiled as said gives what it gives when called; its printed graph, in the scope. */
static const char *compiled(sp_cell *net, bool frozen, const char *without)
{
    sp_compiled *c = sp_compile(net_fn, net, .frozen = frozen, .without = without);
    sp_tensor *y = sp_compiled_run(c, image()).at[0], *expected = sp_call(net, image().at[0]);
    assert_non_null(y);
    for (int64_t i = 0; i < sp_size_of(y); i++)
        assert_true(fabs(sp_at(y, i) - sp_at(expected, i)) <= 1e-5 * fmax(1, fabs(sp_at(expected, i))));
    const char *text = sp_format("%s", sp_graph_str(sp_compiled_graph(c, true)));
    sp_compiled_free(c);
    assert_int_equal(sp_error(), SP_OK);
    return text;
}

TEST(bias_and_activation_go_into_the_convolution)
{
    sp_cell *net =
        sp_nn_sequential(sp_nn_conv2d(2, 3, 3, .has_bias = true), sp_nn_relu(), sp_nn_conv2d(3, 2, 3), sp_nn_sigmoid());
    stir(net);
    const char *text = compiled(net, false, NULL);
    assert_non_null(strstr(text, "Conv2DBias(%0, 0.weight, 0.bias;"));
    assert_non_null(strstr(text, "2.weight, None;"));
    assert_non_null(strstr(text, "act=sigmoid"));
    assert_null(strstr(text, "BiasAdd"));
    assert_null(strstr(text, "ReLU("));
    assert_null(strstr(compiled(net, false, "conv_bias"), "Conv2DBias"));
    sp_cell_free(net);
}

TEST(batch_norm_goes_into_the_weights_of_a_frozen_net)
{
    sp_cell *net = sp_nn_sequential(sp_nn_conv2d(2, 3, 3, .has_bias = true), sp_nn_batch_norm2d(3), sp_nn_relu(),
                                    sp_nn_conv2d(3, 4, 3), sp_nn_batch_norm2d(4));
    stir(net);
    assert_null(strstr(compiled(net, true, NULL), "BatchNorm"));
    assert_non_null(strstr(compiled(net, true, "conv_bn"), "BatchNorm"));
    assert_non_null(strstr(compiled(net, false, NULL), "BatchNorm")); /* its statistics may change */
    sp_cell_free(net);
}

TEST(two_norms_in_a_row_and_one_before_a_convolution)
{
    sp_cell *net =
        sp_nn_sequential(sp_nn_batch_norm2d(2), sp_nn_conv2d(2, 3, 3), sp_nn_batch_norm2d(3), sp_nn_batch_norm2d(3));
    stir(net);
    compiled(net, true, NULL);
    sp_cell_free(net);
}

/* The convolution's result is read twice. */
static sp_list twice(void *net, sp_list in)
{
    sp_tensor *y = sp_call(sp_cell_at(net, 0), in.at[0]);
    return sp_list_of(sp_add(sp_call(sp_cell_at(net, 1), y), y));
}

TEST(what_is_read_elsewhere_stays)
{
    sp_cell *net = sp_nn_sequential(sp_nn_conv2d(2, 3, 3), sp_nn_batch_norm2d(3));
    stir(net);
    sp_compiled *c = sp_compile(twice, net, .frozen = true);
    sp_tensor *y = sp_compiled_run(c, image()).at[0], *expected = twice(net, image()).at[0];
    for (int64_t i = 0; i < sp_size_of(y); i++)
        assert_true(fabs(sp_at(y, i) - sp_at(expected, i)) < 1e-5);
    assert_non_null(strstr(sp_graph_str(sp_compiled_graph(c, true)), "BatchNorm"));
    sp_compiled_free(c);
    sp_cell_free(net);
}

TEST(prepared_convolutions_follow_the_number_of_threads)
{
    sp_cell *net = sp_nn_sequential(sp_nn_conv2d(2, 40, 3), sp_nn_conv2d(40, 8, 3, .stride = 2), sp_nn_relu());
    sp_compiled *c = sp_compile(net_fn, net);
    sp_tensor *expected = sp_call(net, image().at[0]);
    for (int threads = 1; threads <= 3; threads++) {
        sp_set_threads(threads);
        sp_tensor *y = sp_compiled_run(c, image()).at[0];
        for (int64_t i = 0; i < sp_size_of(y); i++)
            assert_true(fabs(sp_at(y, i) - sp_at(expected, i)) < 1e-5);
    }
    sp_set_threads(0);
    sp_compiled_free(c);
    sp_cell_free(net);
}

TEST_MAIN()
