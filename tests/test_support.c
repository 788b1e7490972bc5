/* The readers of recorded answers refuse what is damaged: a test must not pass because its oracle was not read. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "spore/tensor.h"
#include "support/json.h"
#include "support/npy.h"

/* A file with these bytes; read, and removed again. */
static sp_tensor *read_as_npy(const char *bytes, size_t n)
{
    char path[] = "/tmp/spore-npy-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
    sp_tensor *t = test_npy_read(path);
    unlink(path);
    return t;
}

/* A version 1 file with this header and these elements. */
static sp_tensor *read_npy(const char *header, const char *elements)
{
    char file[256];
    int n = snprintf(file, sizeof file, "\x93NUMPY\x01%c%c%c%s%s", 1, (int)strlen(header), 1, header, elements);
    file[7] = 0;
    file[9] = 0;
    return read_as_npy(file, (size_t)n);
}

static void a_npy_file_gives_its_array(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = read_npy("{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }", "abcdef");
    assert_non_null(t);
    assert_true(sp_shape_equal(sp_shape_of(t), SP_DIMS(2, 3)));
    assert_int_equal(sp_dtype_of(t), SP_I8);
    assert_memory_equal(sp_data(t), "abcdef", 6);
    assert_non_null(read_npy("{'descr': '|i1', 'fortran_order': False, 'shape': (), }", "a"));
    sp_scope_end(scope);
}

static void a_npy_file_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    char file[] = "\x93NUMPY\x01\x00\x38\x00{'descr': '<i2', 'fortran_order': False, 'shape': (2,)}\nabcd";
    file[8] = (char)(sizeof file - 1 - 10 - 4);
    sp_scope scope = sp_scope_begin();
    assert_non_null(read_as_npy(file, sizeof file - 1));
    for (size_t n = 0; n < sizeof file - 1; n++)
        assert_null(read_as_npy(file, n));
    assert_null(read_as_npy(file, sizeof file)); /* one byte too many */
    sp_scope_end(scope);
}

static void a_npy_file_with_an_odd_header_is_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '>i2', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '|i1', 'fortran_order': True, 'shape': (1,), }",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (x,), }",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (1, ",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '|i1', 'fortran_order': False}",
        "",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_null(read_npy(headers[i], "a"));
}

#ifdef SPORE_HAVE_JANSSON

static sp_tensor *read_json(const char *text)
{
    json_t *spec = json_loads(text, 0, NULL);
    assert_non_null(spec);
    sp_tensor *t = test_json_tensor(spec, "golden");
    json_decref(spec);
    return t;
}

static void a_json_description_gives_its_tensor(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = read_json("{\"shape\": [2, 2], \"values\": [[1, 2.5], [\"-inf\", 4]]}");
    assert_string_equal(sp_repr(t), "Tensor(shape=[2, 2], dtype=Float32, value=\n[[ 1.00000000e+00,  2.50000000e+00],\n"
                                    " [           -inf,  4.00000000e+00]])");
    t = read_json("{\"dtype\": \"Int16\", \"shape\": [2], \"data\": \"0100ffff\"}");
    assert_string_equal(sp_str(t), "[ 1 -1]");
    t = read_json("{\"dtype\": \"UInt64\", \"shape\": [], \"values\": \"18446744073709551615\"}");
    assert_string_equal(sp_str(t), "18446744073709551615");
    sp_scope_end(scope);
}

static void a_json_description_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "{}",
        "{\"shape\": [2]}",
        "{\"shape\": [2], \"values\": [1]}",
        "{\"shape\": [2], \"values\": [1, 2, 3]}",
        "{\"shape\": [2], \"values\": [1, null]}",
        "{\"shape\": [-1], \"values\": []}",
        "{\"shape\": [1, 1, 1, 1, 1, 1, 1, 1, 1], \"values\": [1]}",
        "{\"dtype\": \"Float33\", \"shape\": [1], \"values\": [1]}",
        "{\"dtype\": \"Int32\", \"shape\": [1], \"values\": [1.5]}",
        "{\"dtype\": \"Bool\", \"shape\": [1], \"values\": [1]}",
        "{\"dtype\": \"Int8\", \"shape\": [2], \"data\": \"00\"}",
        "{\"dtype\": \"Int8\", \"shape\": [1], \"data\": \"0g\"}",
        "{\"shape\": [1], \"npy\": \"absent.npy\"}",
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        if (read_json(specs[i]))
            fail_msg("accepted: %s", specs[i]);
    assert_null(test_json_load("absent.json"));
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_npy_file_gives_its_array),
        cmocka_unit_test(a_npy_file_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_npy_file_with_an_odd_header_is_refused),
#ifdef SPORE_HAVE_JANSSON
        cmocka_unit_test(a_json_description_gives_its_tensor),
        cmocka_unit_test(a_json_description_that_does_not_fit_is_refused),
#endif
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    sp_shutdown();
    return failures;
}
