/* The allocator: sizes, reuse, statistics, failures, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#define SP_EXPERIMENTAL
#include "base/base.h"
#include "base/cache.h"

/* Under AddressSanitizer a failing malloc would end the process; the library is to see it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }

static int clean(void **state)
{
    (void)state;
    sp_error_clear();
    sp_mem_fail_at(0);
    sp_shutdown();
    return 0;
}

static void size_classes_waste_at_most_a_quarter(void **state)
{
    (void)state;
    assert_int_equal(sp__class_of(0), 0);
    for (int c = 0; c < SP__CLASSES; c++) {
        size_t bytes = sp__class_bytes(c);
        assert_int_equal(bytes % SP__ALIGN, 0);
        assert_int_equal(sp__class_of(bytes), c);
        assert_int_equal(sp__class_of(bytes + 1), c + 1 < SP__CLASSES ? c + 1 : -1);
    }
    for (size_t n = 257; n < (size_t)1 << 39; n += n / 37)
        assert_true(sp__class_bytes(sp__class_of(n)) <= n + (n > (size_t)1 << 24 ? n / 64 : n / 4) + 64);
    assert_int_equal(sp__class_of(SIZE_MAX), -1);
}

static void blocks_are_aligned_and_apart(void **state)
{
    (void)state;
    enum { N = 200 };
    unsigned char *p[N];
    for (size_t i = 0; i < N; i++) {
        p[i] = sp__alloc(i * i);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 64, 0);
        memset(p[i], (int)i, i * i);
    }
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < i * i; k++)
            assert_int_equal(p[i][k], i);
        sp__free(p[i], i * i);
    }
    sp__free(NULL, 100);
}

static void zeroed_memory_is_zero_also_when_reused(void **state)
{
    (void)state;
    for (size_t n = 1; n < 10000; n *= 3) {
        unsigned char *p = sp__alloc(n);
        memset(p, 255, n);
        sp__free(p, n);
        p = sp__alloc_zero(n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        sp__free(p, n);
    }
}

static void statistics_follow_every_block(void **state)
{
    (void)state;
    sp_mem_stats before = sp_mem_stats_get();
    assert_int_equal(before.live_blocks, 0);
    assert_int_equal(before.live_bytes, 0);
    assert_int_equal(before.cached_bytes, 0);
    void *small = sp__alloc(100), *large = sp__alloc(100000);
    sp_mem_stats s = sp_mem_stats_get();
    assert_int_equal(s.live_blocks, 2);
    assert_int_equal(s.live_bytes, 128 + 114688); /* 100000 is between 7/8 * 2^17 and the step below */
    assert_int_equal(s.system_calls, before.system_calls + 2);
    assert_true(s.peak_bytes >= s.live_bytes);
    sp__free(small, 100);
    sp__free(large, 100000);
    s = sp_mem_stats_get();
    assert_int_equal(s.live_blocks, 0);
    assert_int_equal(s.live_bytes, 0);
    assert_int_equal(s.cached_bytes, sp__mem_caches() ? 128 + 114688 : 0);
    sp_mem_trim();
    assert_int_equal(sp_mem_stats_get().cached_bytes, 0);
}

static void the_peak_is_the_most_ever_in_use(void **state)
{
    (void)state;
    void *p = sp__alloc((size_t)1 << 24);
    sp__free(p, (size_t)1 << 24);
    int64_t peak = sp_mem_stats_get().peak_bytes;
    assert_true(peak >= 1 << 24);
    p = sp__alloc(1000);
    sp__free(p, 1000);
    assert_int_equal(sp_mem_stats_get().peak_bytes, peak);
}

static void freed_blocks_are_reused(void **state)
{
    (void)state;
    if (!sp__mem_caches())
        skip();
    static const size_t sizes[] = {1, 64, 300, 1024, 1025, 5000, 1 << 20};
    int64_t calls = 0;
    for (int round = 0; round < 5; round++) {
        void *p[7][100];
        for (int i = 0; i < 7; i++)
            for (int k = 0; k < 100; k++)
                assert_non_null(p[i][k] = sp__alloc(sizes[i]));
        for (int i = 0; i < 7; i++)
            for (int k = 0; k < 100; k++)
                sp__free(p[i][k], sizes[i]);
        if (round == 0)
            calls = sp_mem_stats_get().system_calls;
    }
    assert_int_equal(sp_mem_stats_get().system_calls, calls);
}

static void the_cache_has_a_cap_and_lets_the_oldest_go(void **state)
{
    (void)state;
    if (!sp__mem_caches())
        skip();
    const size_t mib = (size_t)1 << 20;
    void *p[10];
    for (int i = 0; i < 10; i++)
        p[i] = sp__alloc(48 * mib);
    void *first = sp__alloc(32 * mib);
    sp__free(first, 32 * mib); /* the oldest */
    for (int i = 0; i < 10; i++) {
        sp__free(p[i], 48 * mib);
        assert_true(sp_mem_stats_get().cached_bytes <= (int64_t)(256 * mib));
    }
    assert_int_equal(sp_mem_stats_get().cached_bytes, 240 * mib);
    int64_t calls = sp_mem_stats_get().system_calls;
    sp__free(sp__alloc(48 * mib), 48 * mib);
    assert_int_equal(sp_mem_stats_get().system_calls, calls);
    sp__free(sp__alloc(32 * mib), 32 * mib);
    assert_int_equal(sp_mem_stats_get().system_calls, calls + 1);
    sp__free(sp__alloc(300 * mib), 300 * mib); /* more than the cap: straight back */
    assert_true(sp_mem_stats_get().cached_bytes <= (int64_t)(256 * mib));
}

static void the_nth_allocation_fails_once(void **state)
{
    (void)state;
    static const size_t sizes[] = {10, 5000};
    for (int i = 0; i < 2; i++) {
        size_t n = sizes[i];
        sp__free(sp__alloc(n), n); /* also one that waits in a cache must fail */
        sp_mem_fail_at(2);
        void *a = sp__alloc(n), *b = sp__alloc(n), *c = sp__alloc(n);
        assert_non_null(a);
        assert_null(b);
        assert_non_null(c);
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
        assert_string_equal(sp_error_text(),
                            i == 0 ? "memory: 10 bytes cannot be had" : "memory: 5000 bytes cannot be had");
        assert_int_equal(sp_mem_requests(), 3);
        sp_error_clear();
        sp__free(a, n);
        sp__free(c, n);
        sp_mem_fail_at(0);
        assert_int_equal(sp_mem_requests(), 0);
        sp__free(sp__alloc(n), n);
        assert_int_equal(sp_mem_requests(), 1);
    }
}

static void sizes_no_machine_has_are_refused(void **state)
{
    (void)state;
    assert_null(sp__alloc(SIZE_MAX));
    assert_int_equal(sp_error(), SP_ERR_NOMEM);
    sp_error_clear();
    assert_null(sp__alloc_zero(((size_t)1 << 40) + 1));
    assert_int_equal(sp_error(), SP_ERR_NOMEM);
    assert_int_equal(sp_mem_stats_get().live_blocks, 0);
}

static void realloc_keeps_the_content_and_survives_failure(void **state)
{
    (void)state;
    char *p = sp__realloc(NULL, 0, 10);
    memcpy(p, "123456789", 10);
    p = sp__realloc(p, 10, 60);
    p = sp__realloc(p, 60, 60000);
    assert_string_equal(p, "123456789");
    sp_mem_fail_at(1);
    assert_null(sp__realloc(p, 60000, 600000));
    assert_string_equal(p, "123456789");
    p = sp__realloc(p, 60000, 5);
    assert_memory_equal(p, "12345", 5);
    sp__free(p, 5);
    assert_int_equal(sp_mem_stats_get().live_blocks, 0);
}

static void arrays_grow_and_survive_failure(void **state)
{
    (void)state;
    int64_t *array = NULL, count = 0, capacity = 0;
    for (; count < 1000; count++) {
        assert_true(sp__grow(&array, count, &capacity, sizeof *array));
        array[count] = count;
    }
    count = capacity;
    sp_mem_fail_at(1);
    assert_false(sp__grow(&array, count, &capacity, sizeof *array));
    assert_int_equal(sp_error(), SP_ERR_NOMEM);
    assert_int_equal(capacity, count);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    sp__free(array, (size_t)capacity * sizeof *array);

    sp_error_clear();
    void *huge = NULL;
    int64_t most = INT64_MAX - 1;
    assert_false(sp__grow(&huge, most, &most, 8));
    assert_int_equal(sp_error(), SP_ERR_NOMEM);
}

static void sizes_are_multiplied_with_care(void **state)
{
    (void)state;
    size_t out = 7;
    assert_true(sp__mul_size(0, SIZE_MAX, &out));
    assert_int_equal(out, 0);
    assert_true(sp__mul_size(SIZE_MAX, 0, &out));
    assert_int_equal(out, 0);
    assert_true(sp__mul_size(SIZE_MAX / 2, 2, &out));
    assert_true(out == SIZE_MAX - 1);
    assert_false(sp__mul_size(SIZE_MAX / 2 + 1, 2, &out));
    assert_true(sp__add_size(SIZE_MAX - 1, 1, &out));
    assert_true(out == SIZE_MAX);
    assert_false(sp__add_size(SIZE_MAX, 1, &out));
}

static void texts_are_copied(void **state)
{
    (void)state;
    assert_null(sp__strdup(NULL));
    assert_int_equal(sp_error(), SP_OK);
    char *s = sp__strdup("weight");
    assert_string_equal(s, "weight");
    sp__free_str(s);
    sp__free_str(NULL);
    assert_int_equal(sp_mem_stats_get().live_blocks, 0);
}

/* ---- threads ---- */

enum { BLOCKS = 2000 };

static size_t size_of(size_t i) { return 1 + i * 37 % 3000; }

static void *make_blocks(void *arg)
{
    void **p = arg;
    for (size_t i = 0; i < BLOCKS; i++)
        p[i] = sp__alloc_zero(size_of(i));
    return NULL;
}

static void *free_blocks(void *arg)
{
    void **p = arg;
    for (size_t i = 0; i < BLOCKS; i++)
        sp__free(p[i], size_of(i));
    return NULL;
}

static void run_threads(int n, void *(*f)(void *), void **blocks)
{
    pthread_t t[4];
    for (int i = 0; i < n; i++)
        assert_int_equal(pthread_create(&t[i], NULL, f, blocks + i * BLOCKS), 0);
    for (int i = 0; i < n; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
}

static void any_thread_may_free_what_another_made(void **state)
{
    (void)state;
    static void *blocks[4 * BLOCKS];
    run_threads(4, make_blocks, blocks);
    assert_int_equal(sp_mem_stats_get().live_blocks, 4 * BLOCKS);
    run_threads(2, free_blocks, blocks); /* half by threads, half by this one */
    free_blocks(blocks + 2 * BLOCKS);
    free_blocks(blocks + 3 * BLOCKS);
    sp_mem_stats s = sp_mem_stats_get();
    assert_int_equal(s.live_blocks, 0);
    assert_int_equal(s.live_bytes, 0);
    sp_mem_trim();
    assert_int_equal(sp_mem_stats_get().cached_bytes, 0);
}

static void *churn(void *arg)
{
    void **p = arg;
    for (int round = 0; round < 5; round++) {
        make_blocks(p);
        sp_mem_stats_get();
        free_blocks(p);
    }
    return NULL;
}

static void threads_work_side_by_side(void **state)
{
    (void)state;
    static void *blocks[4 * BLOCKS];
    run_threads(4, churn, blocks);
    sp_mem_stats s = sp_mem_stats_get();
    assert_int_equal(s.live_blocks, 0);
    assert_int_equal(s.live_bytes, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, clean, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(size_classes_waste_at_most_a_quarter),
        TEST(blocks_are_aligned_and_apart),
        TEST(zeroed_memory_is_zero_also_when_reused),
        TEST(statistics_follow_every_block),
        TEST(the_peak_is_the_most_ever_in_use),
        TEST(freed_blocks_are_reused),
        TEST(the_cache_has_a_cap_and_lets_the_oldest_go),
        TEST(the_nth_allocation_fails_once),
        TEST(sizes_no_machine_has_are_refused),
        TEST(realloc_keeps_the_content_and_survives_failure),
        TEST(arrays_grow_and_survive_failure),
        TEST(sizes_are_multiplied_with_care),
        TEST(texts_are_copied),
        TEST(any_thread_may_free_what_another_made),
        TEST(threads_work_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
