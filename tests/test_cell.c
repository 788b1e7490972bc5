/* Cells of a user's own: names, paths, parameters, ownership, modes, errors. */
#include "support/test.h"

#include "nn/nn.h"
#include "spore.h"

/* ---- a cell with a child and a parameter: scale * fc(x) ---- */

typedef struct scaling {
    double offset;
    int *freed;
} scaling;

static sp_list scaled(sp_cell *self, sp_list in)
{
    const scaling *s = sp_cell_state(self);
    sp_tensor *y = sp_call(sp_cell_child(self, "fc"), in.at[0]);
    return sp_list_of(sp_add_number(sp_mul(y, sp_cell_param(self, "scale")), s->offset), in.at[0]);
}

static void count_free(void *state) { ++*((scaling *)state)->freed; }

static const char *scaled_info(const sp_cell *c)
{
    const scaling *s = sp_cell_state(c);
    return sp_format("offset=%g", s->offset);
}

static sp_cell *scaled_new(int *freed, sp_cell *fc, sp_tensor *scale)
{
    return sp_cell_new(&(sp_cell_desc){
        .type = "Scaled",
        .construct = scaled,
        .state = &(scaling){1, freed},
        .size = sizeof(scaling),
        .children = (sp_child[]){{"fc", fc}, {0}},
        .params = (sp_param[]){{"scale", scale, false}, {"seen", sp_zeros(SP_F32, SP_DIMS(1)), true}, {0}},
        .free_state = count_free,
        .info = scaled_info});
}

static sp_list identity(sp_cell *self, sp_list in)
{
    (void)self;
    return in;
}

static void refused(const char *expression, const void *made, sp_status code, const char *text)
{
    if (made || sp_error() != code || !strstr(sp_error_text(), text))
        fail_msg("%s: %s '%s', expected '%s'", expression, made ? "made," : "refused with", sp_error_text(), text);
    sp_error_clear();
}
#define REFUSED(expression, code, text) refused(#expression, (expression), SP_ERR_##code, (text))

TEST(a_users_cell_runs_with_its_state_child_and_parameter)
{
    int freed = 0;
    sp_cell *fc = sp_nn_dense(2, 2, .weight_init = sp_init_ones(), .bias_init = sp_init_zeros());
    sp_cell *c = scaled_new(&freed, fc, sp_vector(10));
    sp_tensor *x = sp_reshape(sp_vector(1, 2), SP_DIMS(1, 2));
    sp_list out = sp_cell_call_all(c, sp_list_of(x));
    assert_int_equal(out.n, 2);
    assert_string_equal(sp_str(out.at[0]), "[[31. 31.]]"); /* 10 (1 + 2) + 1 */
    assert_ptr_equal(out.at[1], x);
    assert_string_equal(sp_cell_str(c), "Scaled<\n  offset=1\n  (fc): Dense<input_channels=2, output_channels=2, "
                                        "has_bias=True>\n  >");
    assert_string_equal(sp_cell_type(c), "Scaled");
    sp_cell_free(c);
    assert_int_equal(freed, 1);
}

TEST(parameters_are_named_by_their_paths_own_ones_first)
{
    int freed = 0;
    sp_cell *net = sp_nn_sequential(sp_nn_flatten(), scaled_new(&freed, sp_nn_dense(4, 2), sp_vector(1)));
    static const char *const all[] = {"1.scale", "1.seen", "1.fc.weight", "1.fc.bias"};
    sp_list params = sp_cell_all_params(net), trainable = sp_cell_params(net);
    assert_int_equal(params.n, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(sp_param_name(params.at[i]), all[i]);
    assert_int_equal(trainable.n, 3); /* without 1.seen */
    assert_string_equal(sp_param_name(trainable.at[1]), "1.fc.weight");
    assert_null(trainable.at[3]); /* readable up to 8 */
    assert_null(trainable.at[7]);
    assert_int_equal(sp_cell_param_count(net), 1 + 8 + 2);

    assert_ptr_equal(sp_cell_param(net, "1.fc.bias"), params.at[3]);
    assert_ptr_equal(sp_cell_child(net, "1.fc"), sp_cell_at(sp_cell_at(net, 1), 0));
    assert_string_equal(sp_cell_child_name(net, 1), "1");
    assert_null(sp_cell_child_name(net, 2));
    assert_null(sp_cell_at(net, -1));
    assert_int_equal(sp_cell_children(net), 2);
    REFUSED(sp_cell_param(net, "1.fc.gamma"), VALUE, "SequentialCell: there is no parameter '1.fc.gamma'");
    REFUSED(sp_cell_param(net, "2.weight"), VALUE, "there is no parameter '2.weight'");
    REFUSED(sp_cell_param(net, ""), VALUE, "there is no parameter ''");
    REFUSED(sp_cell_child(net, "1.scale"), VALUE, "there is no child '1.scale'");
    sp_cell_free(net);
}

TEST(freezing_a_parameter_takes_it_from_the_trainable_ones)
{
    sp_cell *net = sp_nn_sequential(sp_nn_dense(3, 2), sp_nn_dense(2, 1));
    assert_int_equal(sp_param_set_trainable(sp_cell_param(net, "0.weight"), false), SP_OK);
    sp_list params = sp_cell_params(net);
    assert_int_equal(params.n, 3);
    assert_string_equal(sp_param_name(params.at[0]), "0.bias");
    assert_int_equal(sp_cell_all_params(net).n, 4);
    sp_cell_free(net);
}

TEST(a_shared_parameter_is_listed_once)
{
    sp_cell *a = sp_nn_dense(2, 2, .no_bias = true);
    sp_tensor *w = sp_cell_param(a, "weight");
    sp_cell *b = sp_cell_new(
        &(sp_cell_desc){.type = "Tied", .construct = identity, .params = (sp_param[]){{"weight", w, false}, {0}}});
    sp_cell *net = sp_nn_list(a, b);
    assert_int_equal(sp_cell_all_params(net).n, 1);
    assert_ptr_equal(sp_cell_param(net, "1.weight"), w);
    sp_cell_free(net);
}

TEST(a_value_that_is_a_view_is_copied)
{
    sp_tensor *x = sp_vector(1, 2, 3, 4);
    sp_tensor *view = sp_reshape(x, SP_DIMS(2, 2));
    sp_cell *c = sp_cell_new(
        &(sp_cell_desc){.type = "Holder", .construct = identity, .params = (sp_param[]){{"w", view, false}, {0}}});
    assert_int_equal(sp_assign(sp_cell_param(c, "w"), sp_zeros(SP_F32, SP_DIMS(2, 2))), SP_OK);
    assert_true(sp_at(x, 3) == 4);
    sp_cell_free(c);
}

/* ---- modes ---- */

TEST(modes_reach_every_cell_below)
{
    sp_cell *net = sp_nn_sequential(sp_nn_sequential(sp_nn_dropout(0.5)), sp_nn_relu());
    assert_false(sp_cell_training(net)); /* at first in evaluation mode */
    sp_cell_train(net, true);
    assert_true(sp_cell_training(sp_cell_child(net, "0.0")));
    sp_cell_train(sp_cell_child(net, "0"), false);
    assert_false(sp_cell_training(sp_cell_child(net, "0.0")));
    assert_true(sp_cell_training(net));
    sp_cell_free(net);
}

/* ---- errors ---- */

TEST(errors_name_the_cells_on_the_way)
{
    int freed = 0;
    sp_cell *net = sp_nn_sequential(sp_nn_flatten(), scaled_new(&freed, sp_nn_dense(4, 2), sp_vector(1)));
    REFUSED(sp_call(net, sp_ones(SP_F32, SP_DIMS(1, 3))), SHAPE,
            "expected 4 in the last dimension, in net (SequentialCell) > 1 (Scaled) > fc (Dense)");
    REFUSED(sp_call(net, NULL), VALUE, "SequentialCell: argument 1 is NULL");
    REFUSED(sp_cell_call(net, sp_list_new(0, NULL)), VALUE, "Flatten: called with 0 inputs, expected 1");
    REFUSED(sp_call(sp_cell_at(net, 0), sp_vector(1), sp_vector(1)), VALUE, "called with 2 inputs, expected 1");
    assert_int_equal(sp__path_depth(), 0);
    sp_cell_free(net);
}

TEST(a_list_of_cells_cannot_be_called)
{
    sp_cell *list = sp_nn_list(sp_nn_relu(), sp_nn_relu());
    REFUSED(sp_call(list, sp_vector(1)), STATE, "CellList: cannot be called");
    assert_int_equal(sp_cell_children(list), 2);
    sp_cell_free(list);
    sp_cell *empty = sp_nn_sequential_new(0, NULL);
    sp_tensor *x = sp_vector(1);
    assert_ptr_equal(sp_call(empty, x), x);
    sp_cell_free(empty);
}

TEST(what_is_no_cell_is_refused_and_everything_given_is_freed)
{
    int64_t before = sp_mem_stats_get().live_blocks;
    int freed = 0;
    sp_scope scope = sp_scope_begin();
#define CELL(...) sp_cell_new(&(sp_cell_desc){__VA_ARGS__})
#define CHILDREN(...)        \
    .children = (sp_child[]) \
    {                        \
        __VA_ARGS__, { 0 }   \
    }
    REFUSED(sp_cell_new(NULL), VALUE, "cell: argument 1 is NULL");
    REFUSED(CELL(.construct = identity, CHILDREN({"a", sp_nn_relu()})), VALUE, "cell: type is missing");
    REFUSED(CELL(.type = "", .construct = identity), VALUE, "cell: type is missing");
    REFUSED(CELL(.type = "T", CHILDREN({"a", sp_nn_relu()})), VALUE, "cell: construct is NULL");
    REFUSED(CELL(.type = "T", .construct = identity, CHILDREN({"a", sp_nn_relu()}, {"a", sp_nn_relu()})), VALUE,
            "T: two children or parameters are named 'a'");
    REFUSED(CELL(.type = "T", .construct = identity, CHILDREN({"a", sp_nn_relu()}, {"", sp_nn_relu()})), VALUE,
            "T: '' is no name");
    REFUSED(CELL(.type = "T", .construct = identity, CHILDREN({"a.b", sp_nn_relu()})), VALUE, "T: 'a.b' is no name");
    REFUSED(CELL(.type = "T", .construct = identity, CHILDREN({"a", NULL}, {"b", sp_nn_relu()})), VALUE,
            "T: child 'a' is NULL");
    REFUSED(CELL(.type = "T", .construct = identity, CHILDREN({"a", sp_nn_relu()}),
                 .params = (sp_param[]){{"a", sp_vector(1), false}, {0}}),
            VALUE, "two children or parameters are named 'a'");
    REFUSED(CELL(.type = "T", .construct = identity, .params = (sp_param[]){{"w", NULL, false}, {0}}), VALUE,
            "T: parameter 'w' is NULL");
    REFUSED(scaled_new(&freed, NULL, sp_vector(1)), VALUE, "Scaled: child 'fc' is NULL");
    assert_int_equal(freed, 1);
    REFUSED(CELL(.type = "T", .state = &(scaling){1, &freed}, .size = sizeof(scaling), .free_state = count_free), VALUE,
            "construct is NULL");
    assert_int_equal(freed, 2);
#undef CELL
#undef CHILDREN
    sp_scope_end(scope);
    assert_int_equal(sp_mem_stats_get().live_blocks, before);
}

TEST(a_cell_has_one_parent)
{
    sp_cell *relu = sp_nn_relu();
    sp_cell *first = sp_nn_sequential(relu);
    REFUSED(sp_nn_sequential(relu), VALUE, "SequentialCell: child '0' (ReLU) belongs to another cell already");
    sp_cell *twice = sp_nn_tanh();
    REFUSED(sp_nn_sequential(twice, twice), VALUE, "child '1' (Tanh) belongs to another cell already");
    sp_cell_free(relu); /* not whose it is */
    assert_int_equal(sp_error(), SP_ERR_STATE);
    assert_non_null(strstr(sp_error_text(), "cell: 0 (ReLU) belongs to a SequentialCell, which frees it"));
    sp_error_clear();
    assert_int_equal(sp_cell_children(first), 1);
    sp_cell_free(first);
    sp_cell_free(NULL);
}

TEST_MAIN()
