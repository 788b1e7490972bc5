/* Entries into cells: by name, all or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "file/file.h"
#include "support/files.h"

static int end(void **state)
{
    (void)state;
    sp_error_clear();
    sp_shutdown();
    return 0;
}

static sp_list no_call(sp_cell *self, sp_list in)
{
    (void)self;
    return in;
}

/* A cell with the parameters weight (2, 3) and bias (2), all 7, of a type. */
static sp_cell *make_cell(sp_dtype dtype)
{
    const sp_param params[] = {
        {"weight", sp_full(7, dtype, SP_DIMS(2, 3)), false}, {"bias", sp_full(7, dtype, SP_DIMS(2)), true}, {0}};
    sp_cell *c = sp_cell_new(&(sp_cell_desc){.type = "Pair", .construct = no_call, .params = params});
    if (!c)
        fail_msg("%s", sp_error_text());
    return c;
}

static void all_are(sp_cell *c, double value)
{
    sp_list p = sp_cell_all_params(c);
    assert_int_equal(p.n, 2);
    for (int i = 0; i < p.n; i++)
        for (int64_t k = 0; k < sp_size_of(p.at[i]); k++)
            assert_true(sp_at(p.at[i], k) == value);
}

static sp_entries pair(const char *weight, const char *bias, double value, sp_dtype dtype)
{
    sp_entry *e = sp__scope_alloc(2 * sizeof *e);
    e[0] = (sp_entry){.name = weight, .tensor = sp_full(value, dtype, SP_DIMS(2, 3))};
    e[1] = (sp_entry){.name = bias, .tensor = sp_full(value, dtype, SP_DIMS(2))};
    return (sp_entries){e, 2};
}

static void values_go_to_the_parameters_of_their_names(void **state)
{
    (void)state;
    sp_cell *c = make_cell(SP_F32);
    sp_load_result r;
    assert_int_equal(sp_load_entries(c, pair("weight", "bias", 3, SP_F32), true, &r), SP_OK);
    assert_int_equal(r.n_missing + r.n_unused, 0);
    all_are(c, 3);
    sp_cell_free(c);
}

static void a_prefix_of_the_files_names_is_recognised(void **state)
{
    (void)state;
    sp_cell *c = make_cell(SP_F32);
    assert_int_equal(sp_load_entries(c, pair("net.weight", "net.bias", 4, SP_F32), false, NULL), SP_OK);
    all_are(c, 4);
    /* each missing name may bring another prefix */
    assert_int_equal(sp_load_entries(c, pair("a.weight", "b.bias", 5, SP_F32), false, NULL), SP_OK);
    all_are(c, 5);
    sp_load_result r;
    assert_int_equal(sp_load_entries(c, pair("net.weight", "bias.x", 6, SP_F32), false, &r), SP_OK);
    assert_int_equal(r.n_missing, 1);
    assert_string_equal(r.missing[0], "bias");
    assert_int_equal(r.n_unused, 1);
    assert_string_equal(r.unused[0], "bias.x");
    assert_int_equal(sp_load_entries(c, pair("net.weight", "net.bias", 4, SP_F32), true, NULL), SP_ERR_VALUE);
    assert_non_null(strstr(sp_error_text(), "2 of 2 parameters are not in the file: weight, bias"));
    sp_cell_free(c);
}

static void what_is_missing_is_listed_with_what_is_there(void **state)
{
    (void)state;
    sp_cell *c = make_cell(SP_F32);
    assert_int_equal(sp_load_entries(c, pair("w", "bias", 4, SP_F32), true, NULL), SP_ERR_VALUE);
    assert_string_equal(sp_error_text(),
                        "load: 1 of 2 parameters are not in the file: weight; it has 1 that are not used: w");
    all_are(c, 7);
    sp_cell_free(c);
}

static bool short_names(void *user, const char *name) { return strlen(name) < *(size_t *)user; }

static void records_are_chosen_as_mindspore_does(void **state)
{
    (void)state;
    static const char *const names[] = {"net.weight", "net.bias", "head.weight", "head.bias", "moments.net.bias"};
    sp_entry e[5];
    for (int i = 0; i < 5; i++)
        e[i] = (sp_entry){.name = names[i], .tensor = sp_scalar(i, SP_F32)};
    static const char *const net[] = {"net.", NULL}, *const both[] = {"net.", "head.", NULL}, *const none[] = {NULL},
                             *const weights[] = {"net.w", "head.w", NULL};
    size_t nine = 9;
    const struct {
        sp_filter filter;
        const char *kept; /* by number */
    } cases[] = {{{0}, "01234"},
                 {{.specify_prefix = net}, "01"},
                 {{.specify_prefix = both}, "0123"},
                 {{.filter_prefix = net}, "234"},
                 {{.filter_prefix = none}, "01234"},
                 {{.specify_prefix = both, .filter_prefix = weights}, "13"},
                 {{.choice_func = short_names, .user = &nine}, "1"},
                 {{.specify_prefix = net, .choice_func = short_names, .user = &nine}, "1"},
                 {{.specify_prefix = none}, ""},
                 {{.specify_prefix = net, .filter_prefix = both}, ""}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        sp_entries out;
        sp_status st = sp_entries_filter((sp_entries){e, 5}, &cases[k].filter, &out);
        char kept[8] = "";
        for (int i = 0; i < out.n; i++)
            kept[i] = (char)('0' + (int)sp_item(out.at[i].tensor));
        assert_string_equal(kept, cases[k].kept);
        assert_int_equal(st, *kept ? SP_OK : SP_ERR_VALUE);
        sp_error_clear();
    }
}

static void types_convert_within_floats_and_within_signed_integers(void **state)
{
    (void)state;
    for (int to = 0; to < SP_DTYPE_COUNT_; to++)
        for (int from = 0; from < SP_DTYPE_COUNT_; from++) {
            bool floats =
                (to == SP_F16 || to == SP_F32 || to == SP_F64) && (from == SP_F16 || from == SP_F32 || from == SP_F64);
            bool ints = to >= SP_I8 && to <= SP_I64 && from >= SP_I8 && from <= SP_I64;
            bool ok = floats || ints || to == from;
            sp_cell *c = make_cell((sp_dtype)to);
            double old = sp_at(sp_cell_all_params(c).at[0], 0); /* 1 for Bool */
            sp_error_clear();
            sp_entries e = pair("weight", "bias", 1, (sp_dtype)from);
            assert_int_equal(sp_load_entries(c, e, false, NULL), ok ? SP_OK : SP_ERR_DTYPE);
            all_are(c, ok ? 1 : old);
            sp_error_clear();
            assert_int_equal(sp_load_entries(c, e, true, NULL), to == from ? SP_OK : SP_ERR_DTYPE);
            sp_cell_free(c);
        }
}

static void every_parameter_that_does_not_fit_is_named_and_none_changes(void **state)
{
    (void)state;
    sp_cell *c = make_cell(SP_F32);
    const sp_entry e[] = {{"weight", sp_zeros(SP_F32, SP_DIMS(3, 2)), NULL},
                          {"bias", sp_zeros(SP_I32, SP_DIMS(2)), NULL}};
    assert_int_equal(sp_load_entries(c, (sp_entries){e, 2}, false, NULL), SP_ERR_SHAPE);
    assert_string_equal(sp_error_text(),
                        "load: 2 parameters do not fit: weight is Float32 (2, 3), in the file Float32 (3, 2); "
                        "bias is Float32 (2,), in the file Int32 (2,)");
    const sp_entry half[] = {{"weight", sp_zeros(SP_F32, SP_DIMS(2, 3)), NULL},
                             {"bias", sp_zeros(SP_F32, SP_DIMS(2, 1)), NULL}};
    sp_error_clear();
    assert_int_equal(sp_load_entries(c, (sp_entries){half, 2}, false, NULL), SP_ERR_SHAPE);
    all_are(c, 7);
    sp_cell_free(c);
}

static void texts_and_further_records_are_left_over(void **state)
{
    (void)state;
    sp_cell *c = make_cell(SP_F32);
    const sp_entry e[] = {{"weight", NULL, "a text"},
                          {"bias", sp_zeros(SP_F32, SP_DIMS(2)), NULL},
                          {"epoch", sp_scalar(1, SP_I64), NULL}};
    sp_load_result r;
    assert_int_equal(sp_load_entries(c, (sp_entries){e, 3}, false, &r), SP_OK);
    assert_int_equal(r.n_missing, 1);
    assert_string_equal(r.missing[0], "weight");
    assert_int_equal(r.n_unused, 2);
    assert_string_equal(r.unused[0], "weight");
    assert_string_equal(r.unused[1], "epoch");
    sp_cell_free(c);
}

static void long_lists_of_misfits_end_with_their_number(void **state)
{
    (void)state;
    enum { N = 200 };
    char names[N][24];
    sp_param params[N + 1] = {{0}};
    sp_entry e[N];
    for (int i = 0; i < N; i++) {
        strcpy(names[i], "a_rather_long_name_000");
        names[i][19] = (char)('0' + i / 100);
        names[i][20] = (char)('0' + i / 10 % 10);
        names[i][21] = (char)('0' + i % 10);
        params[i] = (sp_param){names[i], sp_zeros(SP_F32, SP_DIMS(1)), false};
        e[i] = (sp_entry){.name = names[i], .tensor = sp_zeros(SP_F32, SP_DIMS(2))};
    }
    sp_cell *c = sp_cell_new(&(sp_cell_desc){.type = "Wide", .construct = no_call, .params = params});
    assert_non_null(c);
    assert_int_equal(sp_load_entries(c, (sp_entries){e, N}, false, NULL), SP_ERR_SHAPE);
    assert_non_null(strstr(sp_error_text(), "load: 200 parameters do not fit: a_rather_long_name_000 is"));
    assert_non_null(strstr(sp_error_text(), "; and "));
    assert_non_null(strstr(sp_error_text(), " more"));
    sp_cell_free(c);
}

#if SPORE_HAVE_PROTOBUF
static void a_cell_is_saved_and_loaded(void **state)
{
    (void)state;
    const char *path = test_path("pair.ckpt");
    sp_cell *c = make_cell(SP_F32);
    assert_int_equal(sp_save_checkpoint(c, path), SP_OK);
    assert_int_equal(sp_load_entries(c, pair("weight", "bias", 1, SP_F32), true, NULL), SP_OK);
    all_are(c, 1);
    assert_int_equal(sp_load_checkpoint(c, path, NULL), SP_OK);
    all_are(c, 7);

    const sp_entry only = {.name = "weight", .tensor = sp_zeros(SP_F32, SP_DIMS(2, 3))};
    assert_int_equal(sp_ckpt_write(path, 1, &only), SP_OK);
    assert_int_equal(sp_load_checkpoint(c, path, NULL), SP_ERR_VALUE);
    all_are(c, 7);
    sp_error_clear();
    int missing;
    assert_int_equal(sp_load_checkpoint(c, path, &missing), SP_OK);
    assert_int_equal(missing, 1);
    assert_true(sp_at(sp_cell_param(c, "weight"), 0) == 0);
    assert_true(sp_at(sp_cell_param(c, "bias"), 0) == 7);
    sp_cell_free(c);
}
#endif

static void null_is_an_error_not_a_crash(void **state)
{
    (void)state;
    assert_int_equal(sp_load_entries(NULL, (sp_entries){0}, false, NULL), SP_ERR_VALUE);
    sp_cell *c = make_cell(SP_F32);
    assert_int_equal(sp_load_entries(c, (sp_entries){NULL, 2}, false, NULL), SP_ERR_VALUE);
    assert_int_equal(sp_save_checkpoint(c, NULL) != SP_OK, 1);
    assert_int_equal(sp_load_checkpoint(c, NULL, NULL) != SP_OK, 1);
    assert_int_equal(sp_save_checkpoint(NULL, "x"), SP_ERR_VALUE);
    assert_int_equal(sp_load_checkpoint(NULL, "x", NULL), SP_ERR_VALUE);
    sp_cell_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(values_go_to_the_parameters_of_their_names, end),
        cmocka_unit_test_teardown(a_prefix_of_the_files_names_is_recognised, end),
        cmocka_unit_test_teardown(what_is_missing_is_listed_with_what_is_there, end),
        cmocka_unit_test_teardown(records_are_chosen_as_mindspore_does, end),
        cmocka_unit_test_teardown(types_convert_within_floats_and_within_signed_integers, end),
        cmocka_unit_test_teardown(every_parameter_that_does_not_fit_is_named_and_none_changes, end),
        cmocka_unit_test_teardown(texts_and_further_records_are_left_over, end),
        cmocka_unit_test_teardown(long_lists_of_misfits_end_with_their_number, end),
#if SPORE_HAVE_PROTOBUF
        cmocka_unit_test_teardown(a_cell_is_saved_and_loaded, end),
#endif
        cmocka_unit_test_teardown(null_is_an_error_not_a_crash, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
