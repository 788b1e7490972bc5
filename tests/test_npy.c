/* NumPy's arrays: its own files against another reader, our bytes against its rules, and what must be refused. */
#define SP_EXPERIMENTAL /* sp_mem_fail_at */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/npy.h"
#include "support/files.h"
#include "support/npy.h"

static int end_scope(void **state)
{
    (void)state;
    sp_error_clear();
    sp_shutdown();
    return sp_mem_stats_get().live_blocks != 0; /* a leak fails the test */
}

static void same(const char *path, const sp_tensor *got, const sp_tensor *want)
{
    if (!got)
        fail_msg("%s: %s", path, sp_error_text());
    assert_non_null(want);
    assert_int_equal(sp_dtype_of(got), sp_dtype_of(want));
    assert_true(sp_shape_equal(sp_shape_of(got), sp_shape_of(want)));
    assert_memory_equal(sp_data(got), sp_data(want), (size_t)sp_size_of(want) * sp_dtype_size(sp_dtype_of(want)));
}

static void read_both(const char *path, void *user)
{
    (void)user;
    same(path, sp_npy_read(path), test_npy_read(path));
}

static void files_of_numpy_are_read(void **state)
{
    (void)state;
    assert_true(test_files_visit("tests/fixtures/printing/npy", ".npy", read_both, NULL) >= 9);
}

/* A file in memory: version 1, this dictionary, these elements. */
static sp_tensor *read_bytes(const char *dictionary, const void *elements, size_t n)
{
    uint8_t file[1024] = "\x93NUMPY\x01\x00";
    size_t length = strlen(dictionary);
    file[8] = (uint8_t)length;
    memcpy(file + 10, dictionary, length);
    memcpy(file + 10 + length, elements, n);
    sp__source s;
    sp_status st = sp__source_memory(&s, "npy", file, 10 + length + n);
    return st == SP_OK ? sp__npy_read_source(&s) : NULL;
}

static void keys_may_come_in_any_order_with_any_space(void **state)
{
    (void)state;
    static const float x[2] = {1, -2};
    static const char *const forms[] = {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n",
                                        "{\"shape\":(2,),\"descr\":\"<f4\",\"fortran_order\":False}",
                                        " { 'fortran_order' : False , 'shape' : ( 2 , ) , 'descr' : '=f4' }   \n"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        same(forms[i], read_bytes(forms[i], x, sizeof x), sp_vector(1, -2));
}

/* numpy.asfortranarray([[1, 2, 3], [4, 5, 6]]) holds the elements by columns */
static void fortran_order_is_turned_round(void **state)
{
    (void)state;
    static const int32_t columns[] = {1, 4, 2, 5, 3, 6}, rows[] = {1, 2, 3, 4, 5, 6};
    sp_tensor *t = read_bytes("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }", columns, sizeof columns);
    same("fortran", t, sp_from(rows, SP_I32, SP_DIMS(2, 3)));
}

static void big_endian_elements_are_swapped(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0}; /* 1 and -2, IEEE 754 */
    same("big", read_bytes("{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", bytes, sizeof bytes),
         sp_vector(1, -2));
}

static void version_2_and_3_have_a_longer_length(void **state)
{
    (void)state;
    for (uint8_t version = 2; version <= 3; version++) {
        uint8_t file[128] = "\x93NUMPY";
        const char *dictionary = "{'descr': '|u1', 'fortran_order': False, 'shape': ()}";
        file[6] = version;
        file[8] = (uint8_t)strlen(dictionary);
        memcpy(file + 12, dictionary, file[8]);
        file[12 + file[8]] = 7;
        sp__source s;
        assert_int_equal(sp__source_memory(&s, "npy", file, 13u + file[8]), SP_OK);
        same("version", sp__npy_read_source(&s), sp_full(7, SP_U8, SP_SCALAR));
    }
}

static void every_type_and_rank_comes_back(void **state)
{
    (void)state;
    const sp_shape shapes[] = {SP_SCALAR, SP_DIMS(3), SP_DIMS(0, 4), SP_DIMS(2, 1, 3), SP_DIMS(1, 2, 1, 2, 1, 2, 1, 3)};
    for (int dtype = 0; dtype < SP_DTYPE_COUNT_; dtype++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            if (dtype == SP_BF16)
                continue;
            sp_tensor *t = sp_rand_int(0, 2, (sp_dtype)dtype == SP_BOOL ? SP_BOOL : SP_I32, shapes[i]);
            uint8_t zeros[512] = {0};
            t = dtype == SP_BOOL || dtype == SP_I32 ? t : sp_from(zeros, (sp_dtype)dtype, shapes[i]);
            const char *path = test_path("x.npy");
            assert_int_equal(sp_npy_write(path, t), SP_OK);
            same(path, sp_npy_read(path), t);
            same(path, test_npy_read(path), t); /* and by the other reader */
        }
}

/* numpy.lib.format: the elements begin at a multiple of 64, a newline stands before them. */
static void what_is_written_is_laid_out_as_numpy_asks(void **state)
{
    (void)state;
    const char *path = test_path("x.npy");
    assert_int_equal(sp_npy_write(path, sp_vector(1, 2, 3)), SP_OK);
    size_t size;
    uint8_t *file = test_file_read(path, &size);
    static const char start[] = "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    assert_int_equal(size, 128 + 12);
    assert_memory_equal(file, start, sizeof start - 1);
    assert_int_equal(file[127], '\n');
    for (size_t i = sizeof start - 1; i < 127; i++)
        assert_int_equal(file[i], ' ');
    free(file);
}

static void what_is_not_such_a_file_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *dictionary;
        size_t bytes;
        sp_status status;
        const char *says;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 7, SP_ERR_FORMAT, "7 bytes of elements"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 9, SP_ERR_FORMAT, "9 bytes of elements"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", 8, SP_ERR_UNSUPPORTED, "'<c8'"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 8, SP_ERR_UNSUPPORTED, "'|O'"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4, SP_ERR_UNSUPPORTED, "records"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 8, SP_ERR_FORMAT, "elements"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", 8, SP_ERR_FORMAT, "dimension"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 4, SP_ERR_FORMAT, "dimension"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 4, SP_ERR_FORMAT, "8 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}", 8, SP_ERR_FORMAT, "comma"},
        {"{'descr': '<f4', 'fortran_order': False}", 4, SP_ERR_FORMAT, "shape"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}", 4, SP_ERR_FORMAT, "once"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", 4, SP_ERR_FORMAT, "True or False"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", 4, SP_ERR_FORMAT, "'more'"},
        {"{'descr': '<f4", 0, SP_ERR_FORMAT, "quotes"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 4, SP_ERR_FORMAT, "its end"},
        {"import os", 4, SP_ERR_FORMAT, "'{'"},
        {"", 0, SP_ERR_FORMAT, "'{'"},
    };
    static const uint8_t zeros[16] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(read_bytes(cases[i].dictionary, zeros, cases[i].bytes));
        if (sp_error() != cases[i].status || !strstr(sp_error_text(), cases[i].says))
            fail_msg("%s: status %d, '%s'", cases[i].dictionary, (int)sp_error(), sp_error_text());
        sp_error_clear();
    }
}

static void what_is_no_file_at_all_is_refused(void **state)
{
    (void)state;
    const char *path = test_path("no.npy");
    assert_null(sp_npy_read(path));
    assert_int_equal(sp_error(), SP_ERR_IO);
    sp_error_clear();
    assert_true(test_file_write(path, "<html>not an array</html>", 25));
    assert_null(sp_npy_read(path));
    assert_int_equal(sp_error(), SP_ERR_FORMAT);
    assert_non_null(strstr(sp_error_text(), path));
    sp_error_clear();
    assert_null(sp_npy_read(NULL));
    sp_error_clear();
    assert_int_equal(sp_npy_write(path, NULL), SP_ERR_VALUE);
    sp_error_clear();
    assert_int_equal(sp_npy_write(path, sp_ones(SP_BF16, SP_DIMS(2))), SP_ERR_DTYPE);
    sp_error_clear();
    assert_int_equal(sp_npy_write(test_path("none/x.npy"), sp_vector(1)), SP_ERR_IO);
}

static void memory_that_runs_out_is_an_error_and_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = test_path("x.npy");
    assert_int_equal(sp_npy_write(path, sp_vector(1, 2)), SP_OK);
    sp_tensor *y = sp_vector(3);
    int64_t n = 1;
    for (;; n++) {
        sp_mem_fail_at(n);
        sp_status st = sp_npy_write(path, y);
        sp_mem_fail_at(0);
        if (st == SP_OK)
            break;
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
        sp_error_clear();
        same(path, sp_npy_read(path), sp_vector(1, 2));
    }
    assert_true(n > 1);
    same(path, sp_npy_read(path), y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(files_of_numpy_are_read, end_scope),
        cmocka_unit_test_teardown(keys_may_come_in_any_order_with_any_space, end_scope),
        cmocka_unit_test_teardown(fortran_order_is_turned_round, end_scope),
        cmocka_unit_test_teardown(big_endian_elements_are_swapped, end_scope),
        cmocka_unit_test_teardown(version_2_and_3_have_a_longer_length, end_scope),
        cmocka_unit_test_teardown(every_type_and_rank_comes_back, end_scope),
        cmocka_unit_test_teardown(what_is_written_is_laid_out_as_numpy_asks, end_scope),
        cmocka_unit_test_teardown(what_is_not_such_a_file_is_refused, end_scope),
        cmocka_unit_test_teardown(what_is_no_file_at_all_is_refused, end_scope),
        cmocka_unit_test_teardown(memory_that_runs_out_is_an_error_and_leaves_the_old_file, end_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
