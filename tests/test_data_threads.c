/* Workers and the reader: whatever happens between them, it ends, and the reader sees the same. A test that hangs is
 * ended by the time limit of its program. */
#define SP_EXPERIMENTAL
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "spore/data.h"
#include "support/rows.h"

/* Sanitizers map memory as they please, and the library then keeps no freed blocks. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static const int worker_counts[] = {-1, 1, 2, 3, 8};
enum { COUNTS = 5 };

static int clear(void **state)
{
    (void)state;
    sp_error_clear();
    return 0;
}

static void wait_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

/* ---- a callback that can be watched ---- */

typedef struct source {
    int64_t length;     /* of a known or unknown length: rows there are      */
    int64_t fail_at;    /* row that fails; -1: none                          */
    int wait_ms;        /* how long a row takes                              */
    atomic_int inside;  /* calls under way                                   */
    atomic_int at_once; /* most that were under way together                 */
    atomic_int calls;
} source;

static sp_status get(void *user, int64_t index, sp_tensor **row, bool *end)
{
    source *s = user;
    int inside = atomic_fetch_add(&s->inside, 1) + 1;
    if (inside > atomic_load(&s->at_once))
        atomic_store(&s->at_once, inside);
    atomic_fetch_add(&s->calls, 1);
    if (s->wait_ms)
        wait_ms(s->wait_ms);
    sp_status st = SP_OK;
    *end = index >= s->length;
    if (index == s->fail_at)
        st = sp_set_error(SP_ERR_IO, "source: row %d burnt", (int)index);
    else if (!*end)
        row[0] = sp_scalar((double)index, SP_I32);
    atomic_fetch_sub(&s->inside, 1);
    return st;
}

static sp_dataset *dataset_of(source *s, bool known, bool parallel)
{
    return sp_data_callback(get, s, .length = known ? s->length : -1, .columns = 1, .no_shuffle = true,
                            .parallel = parallel);
}

/* ---- early ends ---- */

static void an_iterator_can_be_freed_at_any_time(void **state)
{
    (void)state;
    rows_text(rows_of(0, 3, "a"), -1); /* what this thread keeps for itself is there now */
    int64_t live = sp_mem_stats_get().live_blocks;
    for (int w = 0; w < COUNTS; w++)
        for (int taken = 0; taken < 14; taken++) {
            sp_iter *it = sp_iter_new(sp_data_batch(sp_data_shuffle(rows_of(0, 30, "a"), 9), 3),
                                      .workers = worker_counts[w], .prefetch = 1 + taken % 3);
            sp_list row;
            for (int i = 0; i < taken; i++)
                assert_int_equal(sp_iter_next(it, &row), i != 10); /* the 11th answer is the end of the epoch */
            sp_iter_free(it);
        }
    assert_int_equal(sp_mem_stats_get().live_blocks, live);
}

static void freeing_waits_for_a_slow_function_but_not_for_all_rows(void **state)
{
    (void)state;
    source s = {.length = 1000000, .fail_at = -1, .wait_ms = 5};
    sp_iter *it = sp_iter_new(dataset_of(&s, true, true), .workers = 4);
    sp_list row;
    assert_true(sp_iter_next(it, &row));
    sp_iter_free(it);
    assert_int_equal(atomic_load(&s.inside), 0);
    assert_true(atomic_load(&s.calls) <= 16);
}

static void nothing_is_made_before_it_is_asked_for_nor_ahead_of_the_next_epoch(void **state)
{
    (void)state;
    source s = {.length = 6, .fail_at = -1};
    sp_iter *it = sp_iter_new(dataset_of(&s, true, false), .workers = 3);
    wait_ms(20);
    assert_int_equal(atomic_load(&s.calls), 0);
    assert_string_equal(rows_epoch(it), "0 1 2 3 4 5");
    wait_ms(20);
    assert_int_equal(atomic_load(&s.calls), 6);
    assert_string_equal(rows_epoch(it), "0 1 2 3 4 5");
    sp_iter_free(it);
}

/* No more than `prefetch` items beyond what was taken. */
static void workers_stay_within_their_queue(void **state)
{
    (void)state;
    source s = {.length = 100, .fail_at = -1};
    sp_iter *it = sp_iter_new(dataset_of(&s, true, true), .workers = 2, .prefetch = 5);
    sp_list row;
    for (int i = 0; i < 3; i++)
        assert_true(sp_iter_next(it, &row));
    wait_ms(50);
    assert_in_range(atomic_load(&s.calls), 3, 8);
    sp_iter_free(it);
}

static void rewinds_in_the_middle_of_everything(void **state)
{
    (void)state;
    for (int w = 0; w < COUNTS; w++) {
        source s = {.length = 12, .fail_at = -1};
        for (int known = 0; known < 2; known++) {
            sp_iter *it = sp_iter_new(sp_data_batch(dataset_of(&s, known, false), 2), .workers = worker_counts[w]);
            sp_list row;
            for (int i = 0; i < 40; i++) {
                for (int k = 0; k < i % 6; k++)
                    assert_true(sp_iter_next(it, &row));
                sp_iter_rewind(it);
                assert_true(sp_iter_next(it, &row));
                assert_true(sp_at(row.at[0], 1) == 1);
                sp_iter_rewind(it);
            }
            assert_string_equal(rows_epoch(it), "[0 1] [2 3] [4 5] [6 7] [8 9] [10 11]");
            sp_iter_free(it);
        }
    }
}

/* ---- failures ---- */

static const char *expected_failure(int fail_at, int batch, char *text, size_t size)
{
    size_t at = 0;
    *text = 0;
    for (int b = 0; (b + 1) * batch <= fail_at; b++) {
        at += (size_t)snprintf(text + at, size - at, "%s[", b ? " " : "");
        for (int i = 0; i < batch; i++)
            at += (size_t)snprintf(text + at, size - at, "%s%d", i ? " " : "", b * batch + i);
        at += (size_t)snprintf(text + at, size - at, "]");
    }
    snprintf(text + at, size - at, "!source: row %d burnt", fail_at);
    return text;
}

static void a_failing_row_ends_the_epoch_after_the_rows_before_it(void **state)
{
    (void)state;
    char text[512];
    for (int w = 0; w < COUNTS; w++)
        for (int fail_at = 0; fail_at < 20; fail_at++)
            for (int kind = 0; kind < 3; kind++) {
                source s = {.length = 20, .fail_at = fail_at};
                sp_dataset *ds = sp_data_batch(dataset_of(&s, kind > 0, kind > 1), 3);
                sp_iter *it = sp_iter_new(ds, .workers = worker_counts[w]);
                assert_string_equal(rows_epoch(it), expected_failure(fail_at, 3, text, sizeof text));
                assert_int_equal(sp_error(), SP_ERR_IO);
                sp_error_clear();
                sp_list row;
                assert_false(sp_iter_next(it, &row)); /* failed for good */
                sp_iter_rewind(it);
                assert_false(sp_iter_next(it, &row));
                assert_int_equal(row.n, 0);
                assert_int_equal(sp_error(), SP_OK);
                sp_iter_free(it);
            }
}

static sp_tensor *fails_silently(void *user, sp_tensor *x)
{
    return sp_item(x) == *(double *)user ? NULL : sp_scalar(-sp_item(x), SP_F32);
}

static sp_list fails_loudly(void *self, sp_list in)
{
    if (sp_item(in.at[0]) == *(double *)self)
        sp_set_error(SP_ERR_VALUE, "mine: enough");
    return sp_list_of(sp_error() == SP_OK ? in.at[0] : NULL);
}

static void failures_of_functions_arrive_with_their_reason(void **state)
{
    (void)state;
    double at = 2;
    for (int w = 0; w < COUNTS; w++) {
        sp_error_clear();
        assert_string_equal(
            rows_text(sp_data_map(rows_of(1, 9, "a"), "a", sp_map_with(fails_silently, &at)), worker_counts[w]),
            "-1!map: the function of column 'a' made nothing and gave no reason");
        sp_error_clear();
        assert_string_equal(rows_text(sp_data_map_rows(rows_of(1, 9, "a"), fails_loudly, &at, 1, (const char *[]){"b"}),
                                      worker_counts[w]),
                            "1!mine: enough");
        assert_int_equal(sp_error(), SP_ERR_VALUE);
    }
}

/* ---- who calls what ---- */

static void a_callback_is_called_by_one_thread_at_a_time_unless_it_says_otherwise(void **state)
{
    (void)state;
    source alone = {.length = 40, .fail_at = -1, .wait_ms = 1};
    source many = alone, unknown = alone;
    rows_text(dataset_of(&alone, true, false), 4);
    rows_text(dataset_of(&unknown, false, true), 4);
    rows_text(dataset_of(&many, true, true), 4);
    assert_int_equal(atomic_load(&alone.at_once), 1);
    assert_int_equal(atomic_load(&unknown.at_once), 1);
    assert_true(atomic_load(&many.at_once) > 1);
}

/* Row i takes longer the earlier it is: later ones are finished first, and still come later. */
static sp_tensor *uneven(void *user, sp_tensor *x)
{
    (void)user;
    wait_ms((7 - (long)sp_item(x) % 7) * 2);
    return sp_scalar(sp_item(x), SP_F32);
}

static void rows_come_in_order_however_long_each_takes(void **state)
{
    (void)state;
    assert_string_equal(rows_text(sp_data_map(rows_of(0, 14, "a"), "a", sp_map_with(uneven, NULL)), 5),
                        "0 1 2 3 4 5 6 7 8 9 10 11 12 13");
}

static sp_tensor *with_noise(void *user, sp_tensor *x)
{
    (void)user;
    return sp_scalar(sp_item(x) + sp_item(sp_rand_uniform(0, 1, SP_F32, SP_SCALAR)), SP_F32);
}

static void random_functions_give_the_same_for_every_number_of_workers(void **state)
{
    (void)state;
    static char expected[1 << 12];
    for (int w = 0; w < COUNTS; w++) {
        sp_set_seed(5);
        sp_dataset *ds = sp_data_batch(sp_data_map(rows_of(0, 50, "a"), "a", sp_map_with(with_noise, NULL)), 4);
        const char *text = rows_text(ds, worker_counts[w]);
        if (w == 0)
            snprintf(expected, sizeof expected, "%s", text);
        assert_string_equal(text, expected);
        double after = sp_item(sp_rand_uniform(0, 1, SP_F64, SP_SCALAR)); /* the reader's own stream is as it was */
        static double first;
        first = w == 0 ? after : first;
        assert_true(after == first);
    }
}

static void *read_one_epoch(void *arg)
{
    sp_dataset *ds = sp_data_batch(sp_data_digits(.count = 300), 7);
    sp_iter *it = sp_iter_new(ds, .workers = 2);
    sp_list batch;
    int64_t rows = 0;
    while (sp_iter_next(it, &batch))
        rows += sp_shape_of(batch.at[0]).dim[0];
    sp_iter_free(it);
    *(int64_t *)arg = rows;
    return NULL;
}

static void several_iterators_in_several_threads_do_not_meet(void **state)
{
    (void)state;
    pthread_t threads[4];
    int64_t rows[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_one_epoch, &rows[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(rows[i], 300);
    }
}

static void kept_batches_outlive_the_iterator(void **state)
{
    (void)state;
    sp_iter *it = sp_iter_new(sp_data_batch(rows_of(0, 6, "a"), 2), .workers = 2);
    sp_tensor *kept[3];
    sp_list row;
    for (int i = 0; i < 3; i++) {
        assert_true(sp_iter_next(it, &row));
        kept[i] = sp_keep(row.at[0]);
    }
    sp_iter_free(it);
    for (int i = 0; i < 3; i++) {
        assert_true(sp_at(kept[i], 1) == 2 * i + 1);
        sp_drop(kept[i]);
    }
}

#if !SANITIZED
/* Without a single thread to be had, the reader does the work. */
static void an_iterator_does_without_threads(void **state)
{
    (void)state;
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    none = before;
    none.rlim_cur = 1; /* no stack can be mapped; what is mapped stays */
    sp_dataset *ds = sp_data_batch(rows_of(0, 5, "a"), 2);
    assert_string_equal(rows_text(sp_data_batch(rows_of(0, 5, "a"), 2), -1), "[0 1] [2 3] [4]"); /* fills the caches */
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    sp_iter *it = sp_iter_new(ds, .workers = 2);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    if (it) /* without memory for it either, there is nothing to see */
        assert_string_equal(rows_epoch(it), "[0 1] [2 3] [4]");
    sp_iter_free(it);
}

/* ---- a row that asks for its own iterator ---- */

static sp_status get_meddling(void *user, int64_t index, sp_tensor **row, bool *end)
{
    sp_iter *it = *(sp_iter **)user;
    sp_list columns;
    *end = false;
    row[0] = sp_scalar((double)index, SP_I32);
    if (index != 1)
        return SP_OK;
    assert_false(sp_iter_next(it, &columns));
    sp_iter_rewind(it);
    sp_iter_free(it);
    return sp_error();
}

static void a_row_that_frees_or_asks_its_own_iterator_fails(void **state)
{
    (void)state;
    for (int i = 0; i < COUNTS; i++) {
        sp_iter *it = NULL;
        sp_list row;
        sp_dataset *ds = sp_data_callback(get_meddling, &it, .length = 3, .columns = 1, .no_shuffle = true);
        it = sp_iter_new(ds, .workers = worker_counts[i]);
        assert_true(sp_iter_next(it, &row));
        assert_false(sp_iter_next(it, &row));
        assert_int_equal(sp_error(), SP_ERR_STATE);
        assert_non_null(
            strstr(sp_error_text(), "iter_next: called by a function that makes rows of the same iterator"));
        sp_error_clear();
        sp_iter_free(it);
    }
}

/* ---- memory ---- */

/* Batches are made in one thread and freed in another, so small blocks travel through each thread's own store of freed
 * ones: until all of these are full, at times of their own, a few more are asked for. With one thread there are none at
 * all. */
static void an_epoch_asks_the_system_for_no_memory_once_it_is_warm(void **state)
{
    (void)state;
    static const int most[] = {0, 40, 80}; /* of about 5,000 blocks used by 960 batches; less than one store a thread */
    for (int workers = 0; workers < 3; workers++) {
        sp_dataset *ds = sp_data_digits(.count = 640);
        ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_normalize(.1307f, .3081f), sp_hwc2chw());
        ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
        sp_iter *it = sp_iter_new(sp_data_batch(ds, 4), .workers = workers ? workers : -1);
        int64_t calls = 0;
        for (int epoch = 0; epoch < 12; epoch++) {
            sp_list batch;
            if (epoch == 6)
                calls = sp_mem_stats_get().system_calls;
            for (int i = 0; sp_iter_next(it, &batch); i++)
                if (epoch < 6 && i == 2)
                    wait_ms(5); /* the ring is full now, and one batch held: no more than this is ever in use */
        }
        assert_in_range(sp_mem_stats_get().system_calls - calls, 0, most[workers]);
        sp_iter_free(it);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_iterator_can_be_freed_at_any_time, clear),
        cmocka_unit_test_setup(freeing_waits_for_a_slow_function_but_not_for_all_rows, clear),
        cmocka_unit_test_setup(nothing_is_made_before_it_is_asked_for_nor_ahead_of_the_next_epoch, clear),
        cmocka_unit_test_setup(workers_stay_within_their_queue, clear),
        cmocka_unit_test_setup(rewinds_in_the_middle_of_everything, clear),
        cmocka_unit_test_setup(a_failing_row_ends_the_epoch_after_the_rows_before_it, clear),
        cmocka_unit_test_setup(failures_of_functions_arrive_with_their_reason, clear),
        cmocka_unit_test_setup(a_callback_is_called_by_one_thread_at_a_time_unless_it_says_otherwise, clear),
        cmocka_unit_test_setup(rows_come_in_order_however_long_each_takes, clear),
        cmocka_unit_test_setup(random_functions_give_the_same_for_every_number_of_workers, clear),
        cmocka_unit_test_setup(several_iterators_in_several_threads_do_not_meet, clear),
        cmocka_unit_test_setup(kept_batches_outlive_the_iterator, clear),
#if !SANITIZED
        cmocka_unit_test_setup(an_iterator_does_without_threads, clear),
        cmocka_unit_test_setup(a_row_that_frees_or_asks_its_own_iterator_fails, clear),
        cmocka_unit_test_setup(an_epoch_asks_the_system_for_no_memory_once_it_is_warm, clear),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
