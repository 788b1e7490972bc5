/* The printed forms of tensors, against what MindSpore printed (fixtures/printing: both versions; golden/: random tensors) and
 * against numpy's shortest digits. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#define SP_EXPERIMENTAL
#include "spore/base.h"
#include "spore/tensor.h"
#include "support/json.h"
#include "tensor/print.h"

/* ---- recorded by MindSpore ---- */

#ifdef SPORE_HAVE_JANSSON

/* Fails with the case's id and both texts unless they are equal; a form that was not recorded is skipped. */
static void check_form(const json_t *c, const char *form, const char *text)
{
    const char *expected = json_string_value(json_object_get(c, form));
    const char *id = json_string_value(json_object_get(c, "id"));
    if (expected && strcmp(text, expected) != 0)
        fail_msg("%s, %s\n  MindSpore: %s\n  Spore:     %s", id, form, expected, text);
}

/* The number of cases checked in a list of {dtype, shape, elements, str, repr, graph}. */
static size_t check_cases(const json_t *cases, const char *folder)
{
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *c = json_array_get(cases, i);
        sp_scope scope = sp_scope_begin();
        sp_tensor *t = test_json_tensor(c, folder);
        assert_non_null(t);
        check_form(c, "str", sp_str(t));
        check_form(c, "repr", sp_repr(t));
        check_form(c, "graph", sp__str_graph(t));
        sp_scope_end(scope);
    }
    return json_array_size(cases);
}

static size_t check_file(const char *name, const char *folder)
{
    json_t *file = test_json_load(name);
    assert_non_null(file);
    size_t n = check_cases(json_is_array(file) ? file : json_object_get(file, "cases"), folder);
    json_decref(file);
    return n;
}

static void every_recorded_tensor_prints_as_in_mindspore(void **state)
{
    (void)state;
    assert_int_equal(check_file("fixtures/printing/cases.json", "fixtures/printing"), 124);
}

static void random_tensors_print_as_in_mindspore(void **state)
{
    (void)state;
    assert_true(check_file("golden/print_random.json", "golden") > 300);
}

static void random_bfloat16_tensors_print_as_in_mindspore(void **state)
{
    (void)state;
    assert_true(check_file("golden/print_bf16.json", "golden") > 20);
}

static void a_locale_with_a_decimal_comma_changes_nothing(void **state)
{
    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        skip(); /* no such locale on this machine */
    assert_string_equal(localeconv()->decimal_point, ",");
    check_file("fixtures/printing/cases.json", "fixtures/printing");
    check_file("golden/print_bf16.json", "golden");
    setlocale(LC_NUMERIC, "C");
}

/* ---- digits, against numpy ---- */

/* Continues a 64-bit FNV-1a hash with a number's text and a newline. */
static void add_number(uint64_t *hash, double value, sp_dtype dtype)
{
    char text[SP__NUMBER_TEXT];
    int n = sp__float_str(text, value, dtype);
    assert_int_equal(n, strlen(text));
    text[n++] = '\n';
    for (int i = 0; i < n; i++)
        *hash = (*hash ^ (unsigned char)text[i]) * 0x100000001B3u;
}

/* golden/make_print.py, digests(), says which numbers these are. */
static uint64_t digest_of(const char *group)
{
    uint64_t hash = 0xCBF29CE484222325u;
    if (strcmp(group, "Float16") == 0) {
        for (uint32_t bits = 0; bits < 65536; bits++) {
            uint16_t half = (uint16_t)bits;
            add_number(&hash, sp__load(&half, SP_F16, 0), SP_F16);
        }
    } else if (strcmp(group, "Float32") == 0) {
        for (uint32_t i = 0; i < 100000; i++) {
            uint32_t bits = i * 2654435761u;
            add_number(&hash, sp__load(&bits, SP_F32, 0), SP_F32);
        }
    } else if (strcmp(group, "Float64") == 0) {
        for (uint64_t i = 0; i < 100000; i++) {
            uint64_t bits = i * 0x9E3779B97F4A7C15u;
            add_number(&hash, sp__load(&bits, SP_F64, 0), SP_F64);
        }
    } else {
        for (int exponent = -1074; exponent < 1024; exponent++)
            add_number(&hash, ldexp(1, exponent), SP_F64);
    }
    return hash;
}

static void shortest_digits_are_those_of_numpy(void **state)
{
    (void)state;
    json_t *file = test_json_load("golden/print_random.json");
    assert_non_null(file);
    const json_t *digests = json_object_get(file, "digests");
    static const char *const groups[] = {"Float16", "Float32", "Float64", "powers"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        char text[17];
        snprintf(text, sizeof text, "%016llx", (unsigned long long)digest_of(groups[i]));
        if (strcmp(text, json_string_value(json_object_get(digests, groups[i]))) != 0)
            fail_msg("some %s prints another way than in numpy", groups[i]);
    }
    json_decref(file);
}

#endif

/* ---- special cases ---- */

static void an_absent_tensor_prints_as_none(void **state)
{
    (void)state;
    assert_string_equal(sp_str(NULL), "None");
    assert_string_equal(sp_str(SP_NONE), "None");
    assert_string_equal(sp_repr(NULL), "None");
    assert_string_equal(sp_repr(SP_NONE), "None");
    assert_string_equal(sp__str_graph(SP_NONE), "None");
    assert_int_equal(sp_error(), SP_OK);
}

static void tuples_and_lists_hold_reprs(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *a = sp_scalar(1.5, SP_F32), *b = sp_vector(1, 2);
    assert_string_equal(sp_tuple_str(sp_list_of(a)), "(Tensor(shape=[], dtype=Float32, value= 1.5),)");
    assert_string_equal(sp_list_str(sp_list_of(a)), "[Tensor(shape=[], dtype=Float32, value= 1.5)]");
    assert_string_equal(sp_tuple_str(sp_list_of(a, b, SP_NONE)),
                        "(Tensor(shape=[], dtype=Float32, value= 1.5), "
                        "Tensor(shape=[2], dtype=Float32, value= [ 1.00000000e+00,  2.00000000e+00]), None)");
    assert_string_equal(sp_tuple_str(sp_list_new(0, NULL)), "()");
    assert_string_equal(sp_list_str(sp_list_new(0, NULL)), "[]");
    assert_string_equal(sp_tuple_str((sp_list){NULL, 3}), "()");
    sp_scope_end(scope);
}

static void shapes_print_as_python_tuples(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    assert_string_equal(sp_shape_str(SP_SCALAR), "()");
    assert_string_equal(sp_shape_str(SP_DIMS(3)), "(3,)");
    assert_string_equal(sp_shape_str(SP_DIMS(64, 1, 28, 28)), "(64, 1, 28, 28)");
    assert_string_equal(sp_shape_str(sp_shape_new(-1, NULL)), "(invalid shape)");
    assert_string_equal(sp_shape_str((sp_shape){.rank = 1000}), "(invalid shape)");
    sp_scope_end(scope);
}

static void a_parameter_prints_its_name_instead_of_its_elements(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *w = sp__param_new(sp_zeros(SP_F32, SP_DIMS(2, 3)), "fc.weight", true);
    const char *text = "Parameter (name=fc.weight, shape=(2, 3), dtype=Float32, requires_grad=True)";
    assert_string_equal(sp_str(w), text);
    assert_string_equal(sp_repr(w), text);
    sp_param_set_trainable(w, false);
    assert_string_equal(sp_list_str(sp_list_of(w)),
                        "[Parameter (name=fc.weight, shape=(2, 3), dtype=Float32, requires_grad=False)]");
    sp__release(w);
    sp_scope_end(scope);
}

static void a_tensor_without_elements_prints_none_of_them(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = sp_zeros(SP_I32, SP_DIMS(0));
    assert_string_equal(sp_str(t), "[]");
    assert_string_equal(sp_repr(t), "Tensor(shape=[0], dtype=Int32, value= )");
    assert_string_equal(sp_str(sp_zeros(SP_F32, SP_DIMS(2, 0, 3))), "[]");
    sp_scope_end(scope);
}

static void a_value_that_is_being_traced_prints_without_elements(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = sp__tensor_symbolic(SP_F32, SP_DIMS(64, 10));
    assert_string_equal(sp_str(t), "Tensor(shape=[64, 10], dtype=Float32, value= <being traced>)");
    assert_string_equal(sp_repr(t), sp_str(t));
    assert_int_equal(sp_error(), SP_OK);
    sp_scope_end(scope);
}

static void integers_at_the_ends_of_their_range_print_exactly(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    int64_t ends[] = {INT64_MIN, INT64_MAX};
    uint64_t largest = UINT64_MAX;
    assert_string_equal(sp_str(sp_from(ends, SP_I64, SP_DIMS(2))), "[-9223372036854775808  9223372036854775807]");
    assert_string_equal(sp_str(sp_from(&largest, SP_U64, SP_SCALAR)), "18446744073709551615");
    sp_scope_end(scope);
}

static void the_sign_of_a_nan_is_shown_by_repr_only(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = sp_vector(NAN, copysignf(NAN, -1));
    assert_string_equal(sp_str(t), "[nan nan]");
    assert_string_equal(sp_repr(t), "Tensor(shape=[2], dtype=Float32, value= [            nan,            -nan])");
    sp_scope_end(scope);
}

static void numbers_of_cells_print_as_in_python(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp__text out = {0};
    static const double numbers[] = {1e-05, 0.001, 0.9, 1, -0.0, 1e16, 1e15, 0.1 + 0.2, 5e-324};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sp__text_float(&out, numbers[i]);
        sp__text_add(&out, " ");
    }
    sp__text_trim(&out);
    assert_string_equal(sp__text_finish_in_scope(&out),
                        "1e-05 0.001 0.9 1.0 -0.0 1e+16 1000000000000000.0 0.30000000000000004 5e-324");
    sp_scope_end(scope);
}

static void a_text_grows_as_needed(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp__text out = {0};
    assert_string_equal(sp__text_finish_in_scope(&out), "");
    for (int i = 0; i < 10000; i++) {
        sp__text_printf(&out, "%d,", i % 10);
        assert_true(out.length < out.capacity); /* the 0 needs room, too */
    }
    sp__text_fill(&out, 'x', -1);
    sp__text_fill(&out, ' ', 100000);
    assert_int_equal(out.length, 120000);
    sp__text_trim(&out);
    const char *text = sp__text_finish_in_scope(&out);
    assert_int_equal(strlen(text), 20000);
    assert_memory_equal(text, "0,1,2,3,4,5,6,7,8,9,0,", 22);
    assert_null(out.data);
    sp_scope_end(scope);
}

/* ---- cost and memory ---- */

static void unmap(void *data) { munmap(data, (size_t)4 << 20); }

/* All of the tensor but its ends cannot be read: touching it would end the test. */
static void of_a_large_tensor_only_shown_elements_are_read(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    size_t bytes = (size_t)4 << 20, page = (size_t)sysconf(_SC_PAGESIZE);
    char *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(data != MAP_FAILED);
    ((float *)data)[1] = 0.5f;
    assert_int_equal(mprotect(data + page, bytes - 2 * page, PROT_NONE), 0);
    sp_tensor *t = sp_over(data, SP_F32, SP_DIMS(1 << 20), data, unmap);
    assert_string_equal(sp_str(t), "[0.  0.5 0.  ... 0.  0.  0. ]");
    assert_int_equal(strlen(sp_repr(t)),
                     strlen("Tensor(shape=[1048576], dtype=Float32, value= [])") + 6 * 15 + 4 * 2 + 5);
    sp_scope_end(scope);
}

static void when_memory_is_short_the_text_is_empty_or_whole(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = sp_ones(SP_F32, SP_DIMS(30, 30));
    const char *whole = sp_repr(t);
    bool failed = true;
    for (int64_t n = 1; failed && n < 1000; n++) {
        sp_scope inner = sp_scope_begin();
        sp_mem_fail_at(n);
        const char *text = sp_repr(t);
        sp_mem_fail_at(0);
        failed = sp_error() == SP_ERR_NOMEM;
        assert_string_equal(text, failed ? "" : whole);
        sp_error_clear();
        sp_scope_end(inner);
    }
    assert_false(failed);
    sp_scope_end(scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef SPORE_HAVE_JANSSON
        cmocka_unit_test(every_recorded_tensor_prints_as_in_mindspore),
        cmocka_unit_test(random_tensors_print_as_in_mindspore),
        cmocka_unit_test(random_bfloat16_tensors_print_as_in_mindspore),
        cmocka_unit_test(a_locale_with_a_decimal_comma_changes_nothing),
        cmocka_unit_test(shortest_digits_are_those_of_numpy),
#endif
        cmocka_unit_test(an_absent_tensor_prints_as_none),
        cmocka_unit_test(tuples_and_lists_hold_reprs),
        cmocka_unit_test(shapes_print_as_python_tuples),
        cmocka_unit_test(a_parameter_prints_its_name_instead_of_its_elements),
        cmocka_unit_test(a_tensor_without_elements_prints_none_of_them),
        cmocka_unit_test(a_value_that_is_being_traced_prints_without_elements),
        cmocka_unit_test(integers_at_the_ends_of_their_range_print_exactly),
        cmocka_unit_test(the_sign_of_a_nan_is_shown_by_repr_only),
        cmocka_unit_test(numbers_of_cells_print_as_in_python),
        cmocka_unit_test(a_text_grows_as_needed),
        cmocka_unit_test(of_a_large_tensor_only_shown_elements_are_read),
        cmocka_unit_test(when_memory_is_short_the_text_is_empty_or_whole),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    sp_shutdown();
    return failures;
}
