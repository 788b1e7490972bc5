/* The order of rows, and how many there are. Expected sequences are MindSpore 2.10.0's own answers where they do not
 * depend on its random numbers; where they do, what must hold of any shuffle is checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/rows.h"

static int clear(void **state)
{
    (void)state;
    sp_error_clear();
    return 0;
}

/* Text and size, by one thread and by several. */
#define CHECK_ROWS(expected, expected_size, make)                        \
    do {                                                                 \
        sp_dataset *sized = (make);                                      \
        assert_int_equal(sp_data_size(sized), (expected_size));          \
        sp_data_free(sized);                                             \
        for (int workers = -1; workers <= 3; workers++)                  \
            assert_string_equal(rows_text((make), workers), (expected)); \
    } while (0)

static void repeat_before_batch_crosses_epochs(void **state)
{
    (void)state;
    CHECK_ROWS("[0 1 2 0] [1 2]", 2, sp_data_batch(sp_data_repeat(rows_of(0, 3, "a"), 2), 4));
    CHECK_ROWS("[0 1 2 0]", 1, sp_data_batch(sp_data_repeat(rows_of(0, 3, "a"), 2), 4, .drop_remainder = true));
}

static void batch_before_repeat_keeps_the_small_batches(void **state)
{
    (void)state;
    CHECK_ROWS("[0 1] [2] [0 1] [2]", 4, sp_data_repeat(sp_data_batch(rows_of(0, 3, "a"), 2), 2));
}

static void batches_have_the_sizes_of_mindspore(void **state)
{
    (void)state;
    CHECK_ROWS("[0 1 2] [3 4 5] [6]", 3, sp_data_batch(rows_of(0, 7, "a"), 3));
    CHECK_ROWS("[0 1 2] [3 4 5]", 2, sp_data_batch(rows_of(0, 7, "a"), 3, .drop_remainder = true));
    CHECK_ROWS("[0 1 2]", 1, sp_data_batch(rows_of(0, 3, "a"), 1000000000));
    CHECK_ROWS("", 0, sp_data_batch(rows_of(0, 3, "a"), INT64_MAX, .drop_remainder = true));
    CHECK_ROWS("", 0, sp_data_batch(sp_data_take(rows_of(0, 3, "a"), 0), 3));
}

static void take_and_skip_cut_the_rows(void **state)
{
    (void)state;
    CHECK_ROWS("1 2 3", 3, sp_data_take(sp_data_skip(rows_of(0, 6, "a"), 1), 3));
    CHECK_ROWS("0 1 2", 3, sp_data_take(rows_of(0, 3, "a"), 9));
    CHECK_ROWS("0 1 2", 3, sp_data_take(rows_of(0, 3, "a"), -1));
    CHECK_ROWS("", 0, sp_data_take(rows_of(0, 3, "a"), 0));
    CHECK_ROWS("", 0, sp_data_skip(rows_of(0, 3, "a"), 4));
    CHECK_ROWS("[2 3] [4]", 2, sp_data_skip(sp_data_batch(rows_of(0, 5, "a"), 2), 1));
    CHECK_ROWS("0 1 0 1", 4, sp_data_repeat(sp_data_take(rows_of(0, 5, "a"), 2), 2));
    CHECK_ROWS("0 1 2 0", 4, sp_data_take(sp_data_repeat(rows_of(0, 3, "a"), 2), 4));
    CHECK_ROWS("", 0, sp_data_repeat(sp_data_take(rows_of(0, 3, "a"), 0), INT64_MAX));
}

static void zip_is_as_long_as_the_shorter(void **state)
{
    (void)state;
    CHECK_ROWS("1/4 2/5", 2, sp_data_zip(rows_of(1, 3, "a"), rows_of(4, 2, "b")));
    CHECK_ROWS("1/4 2/5", 2, sp_data_zip(rows_of(1, 2, "a"), rows_of(4, 3, "b")));
    CHECK_ROWS("1/4 2/5 1/4 2/5", 4, sp_data_repeat(sp_data_zip(rows_of(1, 2, "a"), rows_of(4, 3, "b")), 2));
    CHECK_ROWS("[1 2]/[4 5] [3]/[6]", 2, sp_data_batch(sp_data_zip(rows_of(1, 3, "a"), rows_of(4, 9, "b")), 2));
    CHECK_ROWS("[1 2]/8 [3]/9", 2, sp_data_zip(sp_data_batch(rows_of(1, 3, "a"), 2), rows_of(8, 2, "b")));
}

static void batches_of_batches_have_one_axis_more(void **state)
{
    (void)state;
    CHECK_ROWS("[0 1 2 3] [4 5 6 7]", 2, sp_data_batch(sp_data_batch(rows_of(0, 8, "a"), 2), 2));
    sp_iter *it = sp_iter_new(sp_data_batch(sp_data_batch(rows_of(0, 8, "a"), 2), 2));
    sp_list row;
    assert_true(sp_iter_next(it, &row));
    assert_true(sp_shape_equal(sp_shape_of(row.at[0]), SP_DIMS(2, 2)));
    sp_iter_free(it);
}

static void columns_have_names(void **state)
{
    (void)state;
    sp_dataset *ds = sp_data_batch(sp_data_zip(rows_of(0, 3, "a"), rows_of(0, 2, "b")), 2);
    assert_int_equal(sp_data_columns(ds), 2);
    assert_string_equal(sp_data_column(ds, 0), "a");
    assert_string_equal(sp_data_column(ds, 1), "b");
    assert_null(sp_data_column(ds, 2));
    assert_null(sp_data_column(ds, -1));
    sp_iter *it = sp_iter_new(ds);
    assert_int_equal(sp_iter_columns(it), 2);
    assert_string_equal(sp_iter_column(it, 1), "b");
    assert_int_equal(sp_iter_len(it), 1);
    sp_iter_free(it);

    assert_null(sp_data_zip(rows_of(0, 3, "a"), rows_of(0, 2, "a")));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    assert_non_null(strstr(sp_error_text(), "'a'"));
}

/* ---- shuffles ---- */

static int parse(const char *text, int *rows, int room)
{
    int n = 0;
    for (char *end; *text && n < room; text = *end ? end + 1 : end)
        rows[n++] = (int)strtol(text, &end, 10);
    return n;
}

static void check_permutation(const int *rows, int n, int expected_n)
{
    int count[256] = {0};
    assert_int_equal(n, expected_n);
    for (int i = 0; i < n; i++) {
        assert_in_range(rows[i], 0, n - 1);
        assert_int_equal(count[rows[i]]++, 0);
    }
}

/* Row number of the p-th row that comes out of a window of `size`: at most p + size - 1. */
static void a_shuffle_moves_rows_forward_within_its_window(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 3, 10, 99, 100, 1000};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int rows[128], latest = 0;
        int n = parse(rows_text(sp_data_shuffle(rows_of(0, 100, "a"), sizes[k]), 2), rows, 128);
        check_permutation(rows, n, 100);
        for (int p = 0; p < n; p++) {
            assert_true(rows[p] <= p + sizes[k] - 1);
            latest = rows[p] - p > latest ? rows[p] - p : latest;
        }
        assert_true(sizes[k] < 3 || sizes[k] > 10 || latest == sizes[k] - 1); /* and the window is used to its end */
    }
    assert_string_equal(rows_text(sp_data_shuffle(rows_of(0, 5, "a"), 1), 1), "0 1 2 3 4");
}

static void a_source_is_shuffled_anew_in_each_epoch_and_each_repeat(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_arange(0, 60, 1, SP_I32);
    sp_iter *it = sp_iter_new(sp_data_repeat(sp_data_arrays(sp_list_of(x)), 2));
    sp_scope_end(scope);
    int first[128], second[128];
    int n = parse(rows_epoch(it), first, 128);
    assert_int_equal(n, 120);
    check_permutation(first, 60, 60);
    check_permutation(first + 60, 60, 60);
    assert_memory_not_equal(first, first + 60, 60 * sizeof(int));
    n = parse(rows_epoch(it), second, 128);
    assert_int_equal(n, 120);
    check_permutation(second, 60, 60);
    assert_memory_not_equal(first, second, 60 * sizeof(int));
    assert_memory_not_equal(first + 60, second + 60, 60 * sizeof(int));
    sp_iter_free(it);
}

/* Mean position of row 0 in 400 shuffles of 10: 4.5, deviation 2.87 / 20 = 0.144. */
static void a_shuffle_is_fair(void **state)
{
    (void)state;
    int sum = 0, ends[10] = {0};
    sp_iter *it = sp_iter_new(sp_data_shuffle(rows_of(0, 10, "a"), 10), .workers = -1);
    for (int e = 0; e < 400; e++) {
        int rows[16];
        assert_int_equal(parse(rows_epoch(it), rows, 16), 10);
        for (int p = 0; p < 10; p++)
            sum += rows[p] == 0 ? p : 0;
        ends[rows[9]]++;
    }
    sp_iter_free(it);
    assert_in_range(sum, 400 * 4.5 - 400 * 0.7, 400 * 4.5 + 400 * 0.7);
    for (int i = 0; i < 10; i++)
        assert_in_range(ends[i], 12, 80);
}

static sp_dataset *much_shuffled(void)
{
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_arange(0, 200, 1, SP_I32);
    sp_dataset *ds = sp_data_arrays(sp_list_of(x));
    sp_scope_end(scope);
    ds = sp_data_repeat(sp_data_shuffle(sp_data_batch(sp_data_shuffle(ds, 17), 3), 5), 2);
    return sp_data_skip(sp_data_zip(ds, sp_data_shuffle(rows_of(0, 500, "b"), 500)), 2);
}

static void the_order_is_that_of_the_seed_for_every_number_of_workers(void **state)
{
    (void)state;
    static char expected[2][1 << 16];
    static const int workers[] = {-1, 1, 2, 3, 5};
    for (int i = 0; i < 5; i++) {
        sp_set_seed(7);
        sp_iter *it = sp_iter_new(much_shuffled(), .workers = workers[i], .prefetch = 1 + i);
        for (int e = 0; e < 2; e++) {
            const char *text = rows_epoch(it);
            if (i == 0)
                snprintf(expected[e], sizeof expected[e], "%s", text);
            assert_string_equal(text, expected[e]);
        }
        sp_iter_free(it);
    }
    assert_string_not_equal(expected[0], expected[1]);
    sp_set_seed(8);
    assert_string_not_equal(rows_text(much_shuffled(), 1), expected[0]);
}

static void a_rewind_begins_the_epoch_that_would_have_come_next(void **state)
{
    (void)state;
    for (int workers = -1; workers <= 3; workers++)
        for (int taken = 0; taken < 30; taken += 7) {
            sp_set_seed(3);
            sp_iter *whole = sp_iter_new(much_shuffled(), .workers = workers);
            sp_set_seed(3);
            sp_iter *cut = sp_iter_new(much_shuffled(), .workers = workers);
            rows_epoch(whole);
            sp_list row;
            for (int i = 0; i < taken; i++)
                assert_true(sp_iter_next(cut, &row));
            sp_iter_rewind(cut);
            sp_iter_rewind(cut); /* twice is once */
            if (taken == 0)
                rows_epoch(cut); /* nothing was taken: this is still the first epoch */
            assert_string_equal(rows_epoch(cut), rows_epoch(whole));
            sp_iter_free(whole);
            sp_iter_free(cut);
        }
}

static void wrong_numbers_are_refused(void **state)
{
    (void)state;
    assert_null(sp_data_batch(rows_of(0, 3, "a"), 0));
    assert_string_equal(sp_error_text(), "batch: 0, at least 1 expected");
    assert_null(sp_data_batch(rows_of(0, 3, "a"), -5));
    assert_null(sp_data_shuffle(rows_of(0, 3, "a"), 0));
    assert_null(sp_data_repeat(rows_of(0, 3, "a"), 0));
    assert_null(sp_data_take(rows_of(0, 3, "a"), -2));
    assert_null(sp_data_skip(rows_of(0, 3, "a"), -1));
    assert_null(sp_data_repeat(rows_of(0, 3, "a"), INT64_MAX));
    assert_null(sp_iter_new(rows_of(0, 3, "a"), .workers = -2));
    assert_null(sp_iter_new(rows_of(0, 3, "a"), .prefetch = -1));
    sp_dataset *twice = rows_of(0, 3, "a");
    assert_null(sp_data_zip(twice, twice));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(repeat_before_batch_crosses_epochs, clear),
        cmocka_unit_test_setup(batch_before_repeat_keeps_the_small_batches, clear),
        cmocka_unit_test_setup(batches_have_the_sizes_of_mindspore, clear),
        cmocka_unit_test_setup(take_and_skip_cut_the_rows, clear),
        cmocka_unit_test_setup(zip_is_as_long_as_the_shorter, clear),
        cmocka_unit_test_setup(batches_of_batches_have_one_axis_more, clear),
        cmocka_unit_test_setup(columns_have_names, clear),
        cmocka_unit_test_setup(a_shuffle_moves_rows_forward_within_its_window, clear),
        cmocka_unit_test_setup(a_source_is_shuffled_anew_in_each_epoch_and_each_repeat, clear),
        cmocka_unit_test_setup(a_shuffle_is_fair, clear),
        cmocka_unit_test_setup(the_order_is_that_of_the_seed_for_every_number_of_workers, clear),
        cmocka_unit_test_setup(a_rewind_begins_the_epoch_that_would_have_come_next, clear),
        cmocka_unit_test_setup(wrong_numbers_are_refused, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
