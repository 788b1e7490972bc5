/* Layers and nets: every recorded net of the real MindSpore, its parameters, outputs, gradients and moving statistics; and
 * what is refused. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>

#include "nn/nn.h"
#include "spore.h"
#include "support/golden.h"

/* ---- a net and its loss ---- */

typedef struct training {
    sp_cell *net;
    sp_tensor *labels, *cotangent; /* one of them */
} training;

/* x -> loss, output */
static sp_list loss_of(void *self, sp_list in)
{
    const training *t = self;
    sp_tensor *y = sp_cell_call(t->net, in);
    return sp_list_of(t->cotangent ? sp_sum(sp_mul(y, t->cotangent)) : sp_cross_entropy(y, t->labels), y);
}

/* ---- recorded nets ---- */

#ifdef SPORE_HAVE_JANSSON

static const char *text_of(const json_t *spec, const char *name, const char *otherwise)
{
    const json_t *v = json_object_get(spec, name);
    return v ? json_string_value(v) : otherwise;
}

static double number_of(const json_t *spec, const char *name)
{
    const json_t *v = json_object_get(spec, name);
    return json_is_array(v) ? 0 : json_number_value(v); /* 0, our "default", if it is not there */
}

static int64_t size_of(const json_t *spec, const char *name) { return (int64_t)number_of(spec, name); }

static bool flag_of(const json_t *spec, const char *name, bool otherwise)
{
    const json_t *v = json_object_get(spec, name);
    return v ? json_is_true(v) : otherwise;
}

/* A pair, {0} if there is a number or nothing. */
static sp_pair pair_of(const json_t *spec, const char *name)
{
    const json_t *v = json_object_get(spec, name);
    return (sp_pair){(int64_t)json_integer_value(json_array_get(v, 0)),
                     (int64_t)json_integer_value(json_array_get(v, 1))};
}

static sp_pad_mode pad_of(const json_t *spec)
{
    const char *mode = text_of(spec, "pad_mode", "");
    if (strcmp(mode, "same") == 0)
        return SP_PAD_SAME;
    if (strcmp(mode, "valid") == 0)
        return SP_PAD_VALID;
    return strcmp(mode, "pad") == 0 ? SP_PAD_PAD : SP_PAD_DEFAULT;
}

static sp_cell *activation_of(const json_t *spec)
{
    const char *name = text_of(spec, "activation", "none");
    if (strcmp(name, "relu") == 0)
        return sp_nn_relu();
    if (strcmp(name, "sigmoid") == 0)
        return sp_nn_sigmoid();
    if (strcmp(name, "gelu") == 0)
        return sp_nn_gelu(false);
    if (strcmp(name, "softmax") == 0)
        return sp_nn_softmax(-1);
    if (strcmp(name, "logsoftmax") == 0)
        return sp_nn_log_softmax(-1);
    if (strcmp(name, "leakyrelu") == 0)
        return sp_nn_leaky_relu(0.2);
    if (strcmp(name, "elu") == 0)
        return sp_nn_elu(1);
    if (strcmp(name, "relu6") == 0)
        return sp_nn_relu6();
    if (strcmp(name, "tanh") == 0)
        return sp_nn_tanh();
    assert_string_equal(name, "none");
    return NULL;
}

static sp_cell *conv_of(const json_t *s)
{
    sp_conv2d_opts o = {.in = size_of(s, "in_channels"),
                        .out = size_of(s, "out_channels"),
                        .kernel = size_of(s, "kernel_size"),
                        .kernel_hw = pair_of(s, "kernel_size"),
                        .stride = size_of(s, "stride"),
                        .stride_hw = pair_of(s, "stride"),
                        .pad_mode = pad_of(s),
                        .padding = size_of(s, "padding"),
                        .dilation = {size_of(s, "dilation"), size_of(s, "dilation")},
                        .group = size_of(s, "group"),
                        .has_bias = flag_of(s, "has_bias", false)};
    for (size_t i = 0; i < 4; i++)
        o.padding4[i] = (int64_t)json_integer_value(json_array_get(json_object_get(s, "padding"), i));
    return sp_nn_conv2d_new(&o);
}

static sp_cell *pool_of(const json_t *s, sp_cell *(*make)(const sp_pool_opts *))
{
    return make(&(sp_pool_opts){.kernel = size_of(s, "kernel_size"),
                                .kernel_hw = pair_of(s, "kernel_size"),
                                .stride = size_of(s, "stride"),
                                .stride_hw = pair_of(s, "stride"),
                                .pad_mode = pad_of(s),
                                .padding = size_of(s, "padding")});
}

static sp_cell *layer_norm_of(const json_t *s)
{
    sp_shape shape = test_json_shape(json_object_get(s, "normalized_shape"));
    return sp_nn_layer_norm(shape, .begin_norm_axis = (int)size_of(s, "begin_norm_axis"),
                            .begin_params_axis = (int)size_of(s, "begin_params_axis"), .eps = number_of(s, "epsilon"));
}

/* An option that MindSpore's default is taken for when it is not there. */
static int axis_of(const json_t *s) { return json_object_get(s, "axis") ? (int)size_of(s, "axis") : -1; }

static sp_list chain_construct(sp_cell *self, sp_list in)
{
    for (int i = 0; i < sp_cell_children(self); i++)
        in = sp_cell_call_all(sp_cell_at(self, i), in);
    return in;
}

static sp_cell *net_of(const json_t *s);

static sp_cell *chain_of(const json_t *s)
{
    sp_child children[32] = {{0}};
    const json_t *list = json_object_get(s, "children");
    assert_true(json_array_size(list) < 32);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        children[i] = (sp_child){json_string_value(json_array_get(pair, 0)), net_of(json_array_get(pair, 1))};
    }
    return sp_cell_new(&(sp_cell_desc){.type = "Chain", .construct = chain_construct, .children = children});
}

static sp_cell *sequential_of(const json_t *s)
{
    sp_cell *cells[32] = {NULL};
    const json_t *list = json_object_get(s, "layers");
    size_t n = json_array_size(list);
    assert_true(n < 32);
    for (size_t i = 0; i < n; i++)
        cells[i] = net_of(json_array_get(list, i));
    return sp_nn_sequential_new((int)n, cells);
}

#define BATCH_NORM                                                                                \
    sp_nn_batch_norm2d(size_of(s, "num_features"), number_of(s, "eps"), number_of(s, "momentum"), \
                       !flag_of(s, "affine", true), !flag_of(s, "use_batch_statistics", true))

/* X(MindSpore's type, what makes ours of s) */
#define TYPES(X)                                                                                                 \
    X("Dense", sp_nn_dense(size_of(s, "in_channels"), size_of(s, "out_channels"), !flag_of(s, "has_bias", true), \
                           activation_of(s)))                                                                    \
    X("Conv2d", conv_of(s))                                                                                      \
    X("MaxPool2d", pool_of(s, sp_nn_max_pool2d_new))                                                             \
    X("AvgPool2d", pool_of(s, sp_nn_avg_pool2d_new))                                                             \
    X("BatchNorm2d", BATCH_NORM)                                                                                 \
    X("LayerNorm", layer_norm_of(s))                                                                             \
    X("GELU", sp_nn_gelu(!flag_of(s, "approximate", true)))                                                      \
    X("Softmax", sp_nn_softmax(axis_of(s)))                                                                      \
    X("LogSoftmax", sp_nn_log_softmax(axis_of(s)))                                                               \
    X("LeakyReLU", sp_nn_leaky_relu(0.2))                                                                        \
    X("ELU", sp_nn_elu(1))                                                                                       \
    X("Tanh", sp_nn_tanh())                                                                                      \
    X("ReLU", sp_nn_relu())                                                                                      \
    X("Sigmoid", sp_nn_sigmoid())                                                                                \
    X("SiLU", sp_nn_silu())                                                                                      \
    X("ReLU6", sp_nn_relu6())                                                                                    \
    X("Flatten", sp_nn_flatten())                                                                                \
    X("Dropout", sp_nn_dropout(number_of(s, "p")))                                                               \
    X("SequentialCell", sequential_of(s))                                                                        \
    X("Chain", chain_of(s))

static sp_cell *net_of(const json_t *s)
{
    const char *type = text_of(s, "type", "");
#define X(name, make)            \
    if (strcmp(type, name) == 0) \
        return make;
    TYPES(X)
#undef X
    fail_msg("no layer of type %s", type);
    return NULL;
}

/* Names, order, kind and shape of all parameters are as recorded; then they get the recorded values. */
static void fill(const char *id, sp_cell *net, const json_t *specs)
{
    sp_list params = sp_cell_all_params(net);
    assert_int_equal(params.n, json_array_size(specs));
    for (int i = 0; i < params.n; i++) {
        const json_t *spec = json_array_get(specs, (size_t)i);
        assert_string_equal(sp_param_name(params.at[i]), json_string_value(json_object_get(spec, "name")));
        assert_int_equal(sp_param_trainable(params.at[i]), json_is_true(json_object_get(spec, "requires_grad")));
        if (sp_assign(params.at[i], golden_tensor(spec)) != SP_OK)
            fail_msg("%s: %s", id, sp_error_text());
    }
}

static void compare_named(const char *id, sp_list got, const json_t *want, double tol)
{
    assert_int_equal(got.n, json_array_size(want));
    for (int i = 0; i < got.n; i++) {
        const json_t *spec = json_array_get(want, (size_t)i);
        char what[256];
        snprintf(what, sizeof what, "%s: %s", id, json_string_value(json_object_get(spec, "name")));
        golden_near(what, got.at[i], golden_tensor(spec), tol);
    }
}

static void train_once(const char *id, sp_cell *net, const json_t *c, sp_tensor *x, double tol)
{
    const json_t *labels = json_object_get(c, "labels"), *cotangent = json_object_get(c, "cotangent");
    const json_t *output = json_object_get(c, "output_train");
    training t = {net, json_is_object(labels) ? golden_tensor(labels) : NULL,
                  json_is_object(cotangent) ? golden_tensor(cotangent) : NULL};
    sp_cell_train(net, true);
    sp_grad_fn f = {.fn = loss_of, .self = &t, .wrt = SP_ARG(0), .weights = sp_cell_params(net), .has_aux = true};
    sp_grads g = sp_value_and_grad(&f, sp_list_of(x));
    if (g.out.n != 2)
        fail_msg("%s: %s", id, sp_error_text());
    golden_near(id, g.out.at[0], golden_tensor(json_object_get(c, "loss")), tol);
    golden_near(id, g.out.at[1], golden_tensor(json_is_object(output) ? output : json_object_get(c, "output_eval")),
                tol);
    golden_near(id, g.d_in.at[0], golden_tensor(json_object_get(c, "input_grad")), tol);
    compare_named(id, g.d_weights, json_object_get(c, "grads"), tol);

    sp_tensor *frozen[32] = {NULL};
    sp_list all = sp_cell_all_params(net);
    int n = 0;
    for (int i = 0; i < all.n; i++)
        if (!sp_param_trainable(all.at[i]))
            frozen[n++] = all.at[i];
    compare_named(id, sp_list_new(n, frozen), json_object_get(c, "updated"), tol);
}

static void try_net(const json_t *c)
{
    sp_scope scope = sp_scope_begin();
    const char *id = json_string_value(json_object_get(c, "id"));
    double tol = json_number_value(json_object_get(c, "tol"));
    sp_cell *net = net_of(json_object_get(c, "net"));
    if (!net)
        fail_msg("%s: %s", id, sp_error_text());
    fill(id, net, json_object_get(c, "parameters"));
    sp_tensor *x = golden_tensor(json_object_get(c, "input"));
    golden_near(id, sp_call(net, x), golden_tensor(json_object_get(c, "output_eval")), tol);
    if (json_object_get(c, "loss"))
        train_once(id, net, c, x, tol);
    sp_cell_free(net);
    sp_scope_end(scope);
}

TEST(every_recorded_net_gives_the_same_numbers)
{
    json_t *nets = test_json_load("golden/cells.json");
    assert_non_null(nets);
    assert_true(json_array_size(nets) >= 70);
    for (size_t i = 0; i < json_array_size(nets); i++)
        try_net(json_array_get(nets, i));
    json_decref(nets);
}

#endif

/* ---- single layers ---- */

/* As sp_matmul() and sp_conv2d(): bytes times Float32 weights are Float32. What divides by deviations, or compares
 * windows, wants floats. */
TEST(bytes_are_promoted_by_weights_and_refused_without)
{
    static const uint8_t bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 255, 9, 10, 11, 12, 13, 14, 15};
    sp_cell *dense = sp_nn_dense(4, 3), *conv = sp_nn_conv2d(1, 2, 3, .has_bias = true);
    sp_tensor *rows = sp_from(bytes, SP_U8, SP_DIMS(4, 4)), *image = sp_reshape(rows, SP_DIMS(1, 1, 4, 4));
    sp_tensor *y[] = {sp_call(dense, rows), sp_call(conv, image)};
    sp_tensor *want[] = {sp_call(dense, sp_cast(rows, SP_F32)), sp_call(conv, sp_cast(image, SP_F32))};
    for (int i = 0; i < 2; i++) {
        assert_non_null(y[i]);
        assert_int_equal(sp_dtype_of(y[i]), SP_F32);
        assert_memory_equal(sp_data(y[i]), sp_data(want[i]), (size_t)sp_size_of(y[i]) * sizeof(float));
    }
    sp_cell *others[] = {sp_nn_batch_norm2d(1), sp_nn_layer_norm(SP_DIMS(4)), sp_nn_max_pool2d(2), sp_nn_avg_pool2d(2)};
    for (int i = 0; i < 4; i++) {
        assert_null(sp_call(others[i], image));
        assert_int_equal(sp_error(), SP_ERR_DTYPE);
        assert_non_null(strstr(sp_error_text(), "argument 1 is UInt8, expected a floating-point type, in net ("));
        sp_error_clear();
        sp_cell_free(others[i]);
    }
    sp_cell_free(dense);
    sp_cell_free(conv);
}

TEST(layers_and_losses_say_how_many_inputs_they_expect)
{
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(3, 4));
    const struct {
        sp_cell *cell;
        sp_list in;
        const char *says;
    } cases[] = {
        {sp_nn_dense(4, 2), sp_list_new(0, NULL), "Dense: called with 0 inputs, expected 1, in net (Dense)"},
        {sp_nn_sequential(sp_nn_dense(4, 2)), sp_list_new(0, NULL),
         "Dense: called with 0 inputs, expected 1, in net (SequentialCell) > 0 (Dense)"},
        {sp_nn_cross_entropy(), sp_list_of(x),
         "CrossEntropyLoss: called with 1 inputs, expected 2 to 3, in net (CrossEntropyLoss)"},
        {sp_nn_bce_with_logits(SP_MEAN), sp_list_of(x),
         "BCEWithLogitsLoss: called with 1 inputs, expected 2 to 4, in net (BCEWithLogitsLoss)"},
    };
    for (int i = 0; i < 4; i++) {
        assert_null(sp_cell_call(cases[i].cell, cases[i].in));
        assert_string_equal(sp_error_text(), cases[i].says);
        sp_error_clear();
        sp_cell_free(cases[i].cell);
    }
}

TEST(dropout_is_the_identity_until_training)
{
    sp_cell *c = sp_nn_dropout(0.5);
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(100, 100));
    assert_ptr_equal(sp_call(c, x), x);
    sp_cell_train(c, true);
    sp_set_seed(1);
    sp_tensor *y = sp_call(c, x);
    double sum = sp_item(sp_sum(y)), zeros = 0;
    for (int i = 0; i < 10000; i++) {
        assert_true(sp_at(y, i) == 0 || sp_at(y, i) == 2);
        zeros += sp_at(y, i) == 0;
    }
    assert_true(fabs(zeros - 5000) < 250 && sum == 2 * (10000 - zeros)); /* five standard deviations */
    sp_cell_free(c);
}

TEST(embedding_takes_rows_of_its_table)
{
    sp_cell *c = sp_nn_embedding(4, 3);
    sp_tensor *table = sp_cell_param(c, "embedding_table");
    assert_int_equal(sp_assign(table, sp_reshape(sp_arange(0, 12, 1, SP_F32), SP_DIMS(4, 3))), SP_OK);
    int32_t rows[] = {2, 0, 3, 2};
    sp_tensor *y = sp_call(c, sp_from(rows, SP_I32, SP_DIMS(2, 2)));
    assert_string_equal(sp_shape_str(sp_shape_of(y)), "(2, 2, 3)");
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++)
            assert_true(sp_at(y, 3 * i + k) == 3 * rows[i] + k);
    sp_cell_free(c);
}

TEST(batch_norm_1d_takes_rows)
{
    sp_cell *c = sp_nn_batch_norm1d(2);
    sp_cell_train(c, true);
    sp_tensor *y = sp_call(c, sp_reshape(sp_vector(1, 10, 3, 30), SP_DIMS(2, 2))); /* mean 2, 20; deviation 1, 10 */
    assert_true(fabs(sp_at(y, 0) + 1) < 1e-4 && fabs(sp_at(y, 3) - 1) < 1e-4);
    assert_true(fabs(sp_at(sp_cell_param(c, "moving_mean"), 1) - 2) < 1e-6);               /* 0.1 * 20          */
    assert_true(fabs(sp_at(sp_cell_param(c, "moving_variance"), 0) - (0.9 + 0.2)) < 1e-6); /* 0.9 + 0.1 * 2 / 1 */
    assert_null(sp_call(c, sp_ones(SP_F32, SP_DIMS(2, 2, 1, 1))));
    assert_non_null(strstr(sp_error_text(), "BatchNorm1d: input of shape (2, 2, 1, 1): expected 2 dimensions"));
    sp_cell_free(c);
}

TEST(losses_are_cells_with_the_ops_numbers)
{
    sp_tensor *z = sp_reshape(sp_vector(1, 2, 3, 0.5f), SP_DIMS(2, 2));
    int32_t classes[] = {1, 0};
    sp_tensor *labels = sp_from(classes, SP_I32, SP_DIMS(2)), *y = sp_zeros(SP_F32, SP_DIMS(2, 2));
    sp_cell *ce = sp_nn_cross_entropy(), *bce = sp_nn_bce_with_logits(SP_SUM), *mse = sp_nn_mse(SP_MEAN);
    sp_cell *ignore = sp_nn_cross_entropy(.ignore = true, .ignore_index = 0);
    assert_true(sp_item(sp_call(ce, z, labels)) == sp_item(sp_cross_entropy(z, labels)));
    assert_true(fabs(sp_item(sp_call(ignore, z, labels)) - log(1 + exp(-1))) < 1e-6); /* the first row alone */
    assert_true(fabs(sp_item(sp_call(mse, z, y)) - 14.25 / 4) < 1e-6);
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += log(1 + exp(sp_at(z, i)));
    assert_true(fabs(sp_item(sp_call(bce, z, y)) - sum) < 1e-5);
    assert_null(sp_call(mse, z));
    assert_non_null(strstr(sp_error_text(), "MSELoss: called with 1 inputs, expected 2"));
    sp_error_clear();
    static const sp_dtype narrow[] = {SP_U32, SP_U8, SP_I8, SP_I16};
    for (int i = 0; i < 4; i++) {
        char text[160];
        assert_null(sp_call(ce, z, sp_zeros(narrow[i], SP_DIMS(sp_shape_of(z).dim[0]))));
        assert_int_equal(sp_error(), SP_ERR_DTYPE);
        snprintf(text, sizeof text, "the labels are %s, expected Int32 or Int64: sp_cast(), or sp_typecast(SP_I32)",
                 sp_dtype_name(narrow[i]));
        assert_non_null(strstr(sp_error_text(), text));
        sp_error_clear();
    }
    sp_cell_free(ce);
    sp_cell_free(bce);
    sp_cell_free(mse);
    sp_cell_free(ignore);
}

TEST(a_graph_is_a_cell_with_the_parameters_of_its_net)
{
    sp_cell *net = sp_nn_sequential(sp_nn_dense(3, 4, .activation = sp_nn_relu()), sp_nn_dense(4, 2));
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(5, 3));
    sp_cell *c = sp_nn_graph(sp_trace(sp_cell_fn, net, sp_list_of(x)));
    assert_non_null(c);
    sp_tensor *a = sp_call(net, x), *b = sp_call(c, x);
    assert_memory_equal(sp_data(a), sp_data(b), 10 * sizeof(float));
    assert_ptr_equal(sp_cell_param(c, "0.weight"), sp_cell_param(net, "0.weight"));
    assert_int_equal(sp_cell_params(c).n, 4);
    assert_string_equal(sp_param_name(sp_cell_params(c).at[3]), "1.bias");

    sp_cell *outer = sp_nn_sequential(c);
    assert_ptr_equal(sp_cell_param(outer, "0.1.bias"), sp_cell_params(net).at[3]);
    assert_string_equal(sp_param_name(sp_cell_param(outer, "0.1.bias")), "0.1.bias");
    sp_cell_free(outer);
    sp_cell_free(net);
}

TEST(dense_names_the_size_it_wants)
{
    sp_cell *net = sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(9, 2));
    assert_null(sp_call(net, sp_ones(SP_F32, SP_DIMS(2, 2, 4))));
    assert_string_equal(sp_error_text(), "Dense: input of shape (2, 8): expected 9 in the last dimension, in net "
                                         "(SequentialCell) > 1 (Dense)");
    sp_cell_free(net);
}

/* ---- options ---- */

static void refused(const char *expression, const sp_cell *c, sp_status code, const char *text)
{
    if (c || sp_error() != code || !strstr(sp_error_text(), text))
        fail_msg("%s: %s '%s', expected '%s'", expression, c ? "made," : "refused with", sp_error_text(), text);
    sp_error_clear();
}
#define REFUSED(expression, code, text) refused(#expression, (expression), SP_ERR_##code, (text))

TEST(options_of_layers_are_checked)
{
    REFUSED(sp_nn_dense(0, 3), VALUE, "Dense: sizes must be positive, got in=0 out=3");
    REFUSED(sp_nn_dense(3, -1), VALUE, "got in=3 out=-1");
    REFUSED(sp_nn_dense(3, 3, .dtype = SP_I32), DTYPE, "Dense: weights must be of a float type, got Int32");
    REFUSED(sp_nn_dense(INT64_MAX, INT64_MAX), SHAPE, "elements");
    REFUSED(sp_nn_dense(3, 3, .weight_init = {(sp_init_kind)77, 0, 0}), VALUE, "no initialiser of kind 77");
    REFUSED(sp_nn_conv2d(0, 3, 3), VALUE, "Conv2d: channels must be positive, got in=0 out=3");
    REFUSED(sp_nn_conv2d(3, 3), VALUE, "Conv2d: kernel, stride and dilation must be positive, got (0, 0)");
    REFUSED(sp_nn_conv2d(3, 3, 3, -1), VALUE, "(-1, -1)");
    REFUSED(sp_nn_conv2d(3, 3, 3, .kernel_hw = {2, 2}), VALUE, "kernel and kernel_hw exclude each other");
    REFUSED(sp_nn_conv2d(3, 3, 3, 1, .stride_hw = {2, 2}), VALUE, "stride and stride_hw exclude each other");
    REFUSED(sp_nn_conv2d(3, 4, 3, .group = 2), VALUE, "2 groups do not divide in=3 and out=4");
    REFUSED(sp_nn_conv2d(3, 3, 3, .padding = 1), VALUE, "padding needs pad_mode SP_PAD_PAD");
    REFUSED(sp_nn_conv2d(3, 3, 3, 1, SP_PAD_PAD, -1), VALUE, "padding (-1, -1, -1, -1) is negative");
    REFUSED(sp_nn_conv2d(3, 3, 3, 1, (sp_pad_mode)9), VALUE, "there is no pad_mode 9");
    REFUSED(sp_nn_max_pool2d(-2), VALUE, "MaxPool2d: kernel and stride must be positive, got (-2, -2)");
    REFUSED(sp_nn_max_pool2d(2, .exclude_pad = true), VALUE, "exclude_pad is for averages only");
    REFUSED(sp_nn_avg_pool2d(2, .stride_hw = {1, -1}), VALUE, "AvgPool2d: kernel and stride must be positive");
    REFUSED(sp_nn_avg_pool2d(2, .kernel_hw = {1, 1}), VALUE, "exclude each other");
    REFUSED(sp_nn_avg_pool2d(2, .ceil_mode = true), VALUE, "need pad_mode SP_PAD_PAD");
    REFUSED(sp_nn_avg_pool2d(3, 1, SP_PAD_PAD, 2), VALUE, "padding is 2, expected 0 to half the kernel, 1");
    REFUSED(sp_nn_batch_norm2d(0), VALUE, "BatchNorm2d: features must be positive, got 0");
    REFUSED(sp_nn_batch_norm1d(2, -1), VALUE, "BatchNorm1d: eps is -1, expected a number above 0");
    REFUSED(sp_nn_batch_norm1d(2, .momentum = 1.5), VALUE, "momentum is 1.5, expected a number in [0, 1]");
    REFUSED(sp_nn_layer_norm(SP_SCALAR), SHAPE, "LayerNorm: shape is (), expected one or more");
    REFUSED(sp_nn_layer_norm(SP_DIMS(3, 4)), VALUE, "begin_norm_axis -1 leaves 1 dimensions, shape (3, 4) has 2");
    REFUSED(sp_nn_layer_norm(SP_DIMS(3), 9), VALUE, "begin_norm_axis is 9, expected -8 to 7");
    REFUSED(sp_nn_layer_norm(SP_DIMS(3), 1, 2), UNSUPPORTED, "begin_params_axis is 2");
    REFUSED(sp_nn_layer_norm(SP_DIMS(3), .eps = (double)NAN), VALUE, "LayerNorm: eps is");
    REFUSED(sp_nn_dropout(1), VALUE, "Dropout: p is 1, expected a number in [0, 1)");
    REFUSED(sp_nn_embedding(0, 4), VALUE, "Embedding: sizes must be positive, got vocab=0 size=4");
    REFUSED(sp_nn_softmax(8), VALUE, "Softmax: axis is 8, expected -8 to 7");
    REFUSED(sp_nn_elu(HUGE_VAL), VALUE, "ELU: alpha is inf, expected a finite number");
    REFUSED(sp_nn_cross_entropy((sp_reduction)7), VALUE, "CrossEntropyLoss: there is no reduction 7");
    REFUSED(sp_nn_cross_entropy(.label_smoothing = 2), VALUE, "label_smoothing is 2, expected a number in [0, 1]");
    REFUSED(sp_nn_mse((sp_reduction)-1), VALUE, "MSELoss: there is no reduction -1");
    REFUSED(sp_nn_graph(NULL), VALUE, "GraphCell: argument 1 is NULL");
}

TEST(cells_given_to_a_constructor_that_fails_are_freed)
{
    int64_t before = sp_mem_stats_get().live_blocks;
    REFUSED(sp_nn_dense(0, 3, .activation = sp_nn_relu()), VALUE, "Dense");
    REFUSED(sp_nn_sequential(sp_nn_relu(), NULL, sp_nn_relu()), VALUE, "SequentialCell: child '1' is NULL");
    REFUSED(sp_nn_sequential(sp_nn_relu(), sp_nn_dense(0, 1), sp_nn_relu()), VALUE, "Dense: sizes");
    assert_int_equal(sp_mem_stats_get().live_blocks, before);
}

/* ---- memory ---- */

/* A net of most layers, built, called and differentiated. */
static bool build_and_step(void)
{
    sp_cell *net = sp_nn_sequential(sp_nn_conv2d(1, 2, 3, .has_bias = true), sp_nn_batch_norm2d(2), sp_nn_relu(),
                                    sp_nn_max_pool2d(2, 2), sp_nn_flatten(), sp_nn_dropout(0.5),
                                    sp_nn_dense(8, 3, .activation = sp_nn_tanh()));
    bool ok = net != NULL;
    if (ok) {
        sp_cell_train(net, true);
        int32_t classes[] = {1, 0};
        training t = {net, sp_from(classes, SP_I32, SP_DIMS(2)), NULL};
        sp_list params = sp_cell_params(net);
        sp_grads g = sp_value_and_grad(&(sp_grad_fn){.fn = loss_of, .self = &t, .weights = params, .has_aux = true},
                                       sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 1, 4, 4))));
        sp_optim *o = sp_optim_sgd(params, 0.1, 0.9);
        ok = o && sp_optim_step(o, g.d_weights) == SP_OK;
        sp_optim_free(o);
    }
    sp_cell_free(net);
    return ok;
}

TEST(every_allocation_of_building_and_a_step_may_fail)
{
    sp_scope warm = sp_scope_begin();
    assert_true(build_and_step()); /* the thread's own arrays have grown then */
    sp_scope_end(warm);
    int64_t before = sp_mem_stats_get().live_blocks;
    bool done = false;
    for (int64_t n = 1; !done; n++) {
        assert_true(n < 5000);
        sp_scope scope = sp_scope_begin();
        sp_mem_fail_at(n);
        bool ok = build_and_step();
        done = sp_mem_requests() < n;
        sp_mem_fail_at(0);
        if (done ? !ok || sp_error() != SP_OK : sp_error() != SP_ERR_NOMEM)
            fail_msg("allocation %lld: %s, '%s'", (long long)n, ok ? "done" : "not done", sp_error_text());
        sp_error_clear();
        sp_scope_end(scope);
        if (sp_mem_stats_get().live_blocks != before)
            fail_msg("allocation %lld: %lld blocks lost", (long long)n,
                     (long long)(sp_mem_stats_get().live_blocks - before));
    }
}

TEST_MAIN()
