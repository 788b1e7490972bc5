/* The text of --layers: the network it gives, and every way in which it can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cli/layer_kinds.h"

static cli_layers layers;

static int end_scope(void **state)
{
    (void)state;
    sp_error_clear();
    sp_shutdown();
    return sp_mem_stats_get().live_blocks != 0; /* a leak fails the test */
}

static void accept(const char *text, sp_shape input)
{
    if (!cli_layers_read(text, input, &layers))
        fail_msg("%s: %s", text, sp_error_text());
}

static void the_tutorial_has_669706_parameters(void **state)
{
    (void)state;
    accept("flatten, dense 512, relu, dense 512, relu, dense 10", SP_DIMS(1, 1, 28, 28));
    assert_int_equal(layers.n, 6);
    assert_int_equal(layers.params, 669706);
    assert_true(sp_shape_equal(layers.out, SP_DIMS(1, 10)));
}

/* Sizes by hand (Dumoulin & Visin 2016, relations 5 to 15), and the network must give the same. */
static void sizes_follow_from_the_shape_of_the_data(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t h, w, out[4];
        int rank;
        int64_t params;
    } cases[] = {
        {"conv 8 3", 28, 28, {1, 8, 28, 28}, 4, 8 * 2 * 9},
        {"conv 8 3 bias", 28, 28, {1, 8, 28, 28}, 4, 8 * 2 * 9 + 8},
        {"conv 8 3 stride 2", 29, 28, {1, 8, 15, 14}, 4, 144},
        {"conv 8 3 pad valid stride 2", 29, 28, {1, 8, 14, 13}, 4, 144},
        {"conv 8 5 stride 2 pad 2", 7, 9, {1, 8, 4, 5}, 4, 400},
        {"conv 8 3 pad 3 pad same", 9, 9, {1, 8, 9, 9}, 4, 144}, /* found by fuzzing: the padding stayed 3 */
        {"conv 8 3 pad valid dilation 3", 28, 20, {1, 8, 22, 14}, 4, 144},
        {"conv 4 3 group 2", 6, 6, {1, 4, 6, 6}, 4, 4 * 9},
        {"maxpool 2", 28, 29, {1, 2, 14, 14}, 4, 0},
        {"maxpool 3 stride 1", 28, 28, {1, 2, 26, 26}, 4, 0},
        {"maxpool 3 stride 2 pad 1", 28, 28, {1, 2, 14, 14}, 4, 0},
        {"avgpool 2", 28, 28, {1, 2, 14, 14}, 4, 0},
        {"avgpool 3 stride 2 pad same", 7, 7, {1, 2, 4, 4}, 4, 0},
        {"bn", 5, 5, {1, 2, 5, 5}, 4, 4},
        {"layernorm", 5, 6, {1, 2, 5, 6}, 4, 12},
        {"dense 3", 5, 6, {1, 2, 5, 3}, 4, 6 * 3 + 3},
        {"flatten, dense 3 no_bias", 5, 6, {1, 3}, 2, 60 * 3},
        {"flatten, bn", 5, 6, {1, 60}, 2, 120},
        {"flatten, layernorm, gelu exact, softmax axis 1", 5, 6, {1, 60}, 2, 120},
        {"relu, relu6, leaky_relu 0.1, leaky_relu, elu, silu, gelu, sigmoid, tanh, softmax, log_softmax, dropout 0.5",
         3,
         3,
         {1, 2, 3, 3},
         4,
         0},
        {"\n conv 8 3 ,\trelu,maxpool 2 , flatten,dense 10 ", 28, 28, {1, 10}, 2, 144 + 8 * 14 * 14 * 10 + 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sp_scope scope = sp_scope_begin();
        sp_shape in = SP_DIMS(1, 2, cases[i].h, cases[i].w), out = sp_shape_new(cases[i].rank, cases[i].out);
        accept(cases[i].text, in);
        sp_cell *net = cli_layers_build(&layers);
        sp_tensor *y = sp_call(net, sp_ones(SP_F32, in));
        if (!sp_shape_equal(layers.out, out) || layers.params != cases[i].params)
            fail_msg("%s: %s, %lld parameters", cases[i].text, sp_shape_str(layers.out), (long long)layers.params);
        if (!y || !sp_shape_equal(sp_shape_of(y), out) || sp_cell_param_count(net) != layers.params)
            fail_msg("%s: its network gives %s, %lld parameters; %s", cases[i].text, sp_shape_str(sp_shape_of(y)),
                     (long long)sp_cell_param_count(net), sp_error_text());
        sp_cell_free(net);
        sp_scope_end(scope);
    }
}

static void every_fault_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "layer 1, column 1: found the end of the layer, expected a layer (flatten, "},
        {"flatten,", "layer 2, column 9: found the end"},
        {"flatten,,relu", "layer 2, column 9: found the end"},
        {"flatten, densely 10", "layer 2, column 10: found 'densely', expected flatten, dense"},
        {"flatten, dense", "layer 2 (dense), column 15: found the end of the layer, expected a whole number from 1 to "
                           "1048576; it is written: dense OUT [no_bias]"},
        {"dense 0", "found '0'"},
        {"dense -5", "found '-5'"},
        {"dense 99999999999999999999", "found '99999999999999999999'"},
        {"dense 1e3", "found '1e3'"},
        {"dense 10 bias", "column 10: found 'bias', expected one of its settings"},
        {"relu 3", "column 6: found '3', expected a comma"},
        {"relu relu", "column 6: found 'relu', expected a comma"},
        {"Relu", "found 'Relu'"},
        {"conv 8", "found the end of the layer, expected a whole number from 1 to 4096"},
        {"conv 8 3 pad", "expected same, valid or a number of pixels"},
        {"conv 8 3 pad some", "found 'some', expected same, valid"},
        {"conv 8 3 stride 0", "found '0', expected a whole number from 1"},
        {"conv 8 29 pad valid",
         "found an input of shape (1, 1, 28, 28), expected one no smaller than its window of 29 x 29"},
        {"conv 8 3 group 2", "that group 2 divides"},
        {"maxpool 2 pad 2", "a padding of at most half its window"},
        {"maxpool 2 group 2", "found 'group'"},
        {"flatten, conv 8 3",
         "layer 2 (conv): found an input of shape (1, 784), expected (N, channels, height, width)"},
        {"flatten, softmax axis 2", "expected axis 2 to be one of its axes"},
        {"dropout 1", "found '1', expected a probability from 0 to below 1"},
        {"dropout nan", "found 'nan'"},
        {"dropout", "a probability"},
        {"elu x", "a number from 0 to 1e6"},
        {"flatten, dense 1048576, dense 1048576", "layer 3 (dense): too large"},
        {"conv 1048576 4096, conv 1048576 4096", "too large"},
        {"dense_with_a_name_longer_than_any_layer_that_there_could_be", "found 'dense_with_a_name_longer_than_a'"},
        {"dense \x1b[31m", "layer 1 (dense)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cli_layers_read(cases[i].text, SP_DIMS(1, 1, 28, 28), &layers))
            fail_msg("%s: accepted", cases[i].text);
        if (!strstr(sp_error_text(), cases[i].says) || strchr(sp_error_text(), '\n'))
            fail_msg("%s: '%s', not '%s'", cases[i].text, sp_error_text(), cases[i].says);
        sp_error_clear();
    }
}

static void there_is_a_limit_to_the_number_of_layers(void **state)
{
    (void)state;
    char text[6 * (CLI_MAX_LAYERS + 2)] = "relu";
    for (int i = 1; i < CLI_MAX_LAYERS; i++)
        strcat(text, ",relu");
    accept(text, SP_DIMS(1, 4));
    assert_int_equal(layers.n, CLI_MAX_LAYERS);
    strcat(text, ",relu");
    assert_false(cli_layers_read(text, SP_DIMS(1, 4), &layers));
    assert_non_null(strstr(sp_error_text(), "more than 128 layers"));
}

/* The list of names in the error text is written by hand: it names every layer that is known. */
static void the_error_names_every_layer(void **state)
{
    (void)state;
    char names[] = CLI_LAYER_NAMES;
    int n = 0;
    for (char *name = strtok(names, ", "); name; name = strtok(NULL, ", "))
        if (strcmp(name, "or") != 0) {
            if (!cli_layer_kind_named(name))
                fail_msg("no layer '%s'", name);
            n++;
        }
    assert_int_equal(n, cli_layer_kinds());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_tutorial_has_669706_parameters, end_scope),
        cmocka_unit_test_teardown(sizes_follow_from_the_shape_of_the_data, end_scope),
        cmocka_unit_test_teardown(every_fault_is_told_with_its_place, end_scope),
        cmocka_unit_test_teardown(there_is_a_limit_to_the_number_of_layers, end_scope),
        cmocka_unit_test_teardown(the_error_names_every_layer, end_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
