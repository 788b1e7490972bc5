/* The table of operators as data. */
#include "support/test.h"

#include "spore.h"

TEST(every_operator_says_what_it_is)
{
    int n = sp_op_count();
    assert_true(n > 80);
    for (int i = 0; i < n; i++) {
        sp_op_info info;
        assert_true(sp_op_info_get(i, &info));
        assert_int_equal(sp_op_find(info.name), i);
        assert_true(info.min_inputs >= 0 && info.max_inputs >= info.min_inputs && info.outputs >= 1);
        for (int k = 0; k < info.n_fields; k++) {
            sp_op_field f;
            assert_true(sp_op_field_get(i, k, &f));
            assert_non_null(f.name);
            assert_true((f.kind == SP_FIELD_ENUM) == (f.words != NULL));
        }
        sp_op_field none;
        assert_false(sp_op_field_get(i, info.n_fields, &none));
        assert_false(sp_op_field_get(i, -1, &none));
    }
    sp_op_info none;
    assert_false(sp_op_info_get(n, &none));
    assert_null(none.name);
    assert_false(sp_op_info_get(-1, &none));
    assert_int_equal(sp_op_find("Nonsense"), -1);
    assert_int_equal(sp_error(), SP_OK);
}

TEST(a_call_by_number_is_the_function)
{
    sp_tensor *a = sp_rand_normal(0, 1, SP_F32, SP_DIMS(3, 4)), *b = sp_rand_normal(0, 1, SP_F32, SP_DIMS(5, 4));
    sp_value values[8] = {{0}};
    int op = sp_op_find("MatMul");
    sp_op_info info;
    assert_true(sp_op_info_get(op, &info));
    for (int k = 0; k < info.n_fields; k++) {
        sp_op_field f;
        sp_op_field_get(op, k, &f);
        values[k] = f.preset;
        if (strcmp(f.name, "transpose_b") == 0)
            values[k].i = 1;
    }
    sp_list got = sp_op_call(op, sp_list_of(a, b), values);
    assert_int_equal(got.n, 1);
    assert_memory_equal(sp_data(got.at[0]), sp_data(sp_matmul_t(a, b, false, true)), 60);
    sp_list sum = sp_op_call(sp_op_find("ReduceSum"), sp_list_of(a), NULL);
    assert_true((float)sp_item(sum.at[0]) == (float)sp_item(sp_sum(a)));
}

static void refused(sp_list got, sp_status code, const char *says)
{
    assert_null(got.n ? got.at[0] : NULL);
    assert_int_equal(sp_error(), code);
    if (!strstr(sp_error_text(), says))
        fail_msg("'%s', expected '%s'", sp_error_text(), says);
    sp_error_clear();
}

TEST(what_cannot_be_called_is_refused)
{
    sp_tensor *a = sp_vector(1, 2, 3);
    refused(sp_op_call(-1, sp_list_of(a), NULL), SP_ERR_VALUE, "operator -1 does not exist");
    refused(sp_op_call(sp_op_find("Softmax"), sp_list_of(a), &(sp_value){.i = 7}), SP_ERR_VALUE, "softmax: axis");
    refused(sp_op_call(sp_op_find("Cast"), sp_list_of(a), &(sp_value){.i = 99}), SP_ERR_DTYPE, "is no element type");
    refused(sp_op_call(sp_op_find("Reshape"), sp_list_of(a), &(sp_value){.n = 9}), SP_ERR_VALUE,
            "has 9 numbers, expected at most 8");
    refused(sp_op_call(sp_op_find("Add"), sp_list_of(a), NULL), SP_ERR_VALUE, "1 arguments, expected 2");
    for (int i = 0; i < sp_op_count(); i++) {
        sp_op_info info;
        sp_op_info_get(i, &info);
        if (info.internal)
            refused(sp_op_call(i, sp_list_of(a), NULL), SP_ERR_VALUE, "is internal");
    }
}

TEST(parameters_without_a_cell)
{
    sp_tensor *p = sp_param_new(sp_vector(1, 2), "w", true);
    assert_string_equal(sp_param_name(p), "w");
    assert_int_equal(sp_param_rename(p, "fc.w"), SP_OK);
    assert_string_equal(sp_param_name(p), "fc.w");
    assert_int_equal(sp_assign(p, sp_vector(3, 4)), SP_OK);
    assert_true(sp_at(p, 1) == 4);
    sp_drop(p);
    assert_int_equal(sp_param_rename(sp_vector(1), "x"), SP_ERR_STATE);
    sp_error_clear();
}

TEST_MAIN()
