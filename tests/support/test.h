/* support/test.h: a test is a sentence; it registers itself, so none can be forgotten in a list.
 *
 *     TEST(wrong_sizes_are_refused) { assert_null(...); }
 *     TEST_MAIN()
 *
 * Each starts without an error, in a scope of its own, with no failure of memory pending. */
#ifndef SP_TESTS_SUPPORT_TEST_H
#define SP_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define SP_EXPERIMENTAL
#include "spore/base.h"

#define TEST_MOST 256

static struct CMUnitTest test_list[TEST_MOST];
static size_t test_count;
static sp_scope test_scope;

static int test_begin(void **state)
{
    (void)state;
    sp_error_clear();
    sp_mem_fail_at(0);
    test_scope = sp_scope_begin();
    return 0;
}

static int test_end(void **state)
{
    (void)state;
    sp_mem_fail_at(0);
    sp_scope_end(test_scope);
    sp_error_clear();
    return 0;
}

#define TEST(name)                                                                                         \
    static void name(void);                                                                                \
    static void name##_call(void **state)                                                                  \
    {                                                                                                      \
        (void)state;                                                                                       \
        name();                                                                                            \
    }                                                                                                      \
    __attribute__((constructor)) static void name##_register(void)                                         \
    {                                                                                                      \
        if (test_count < TEST_MOST)                                                                        \
            test_list[test_count++] = (struct CMUnitTest){#name, name##_call, test_begin, test_end, NULL}; \
    }                                                                                                      \
    static void name(void)

#define TEST_MAIN()                                                                        \
    int main(void)                                                                         \
    {                                                                                      \
        int failed = _cmocka_run_group_tests(__FILE__, test_list, test_count, NULL, NULL); \
        sp_shutdown();                                                                     \
        return failed || test_count == 0 || test_count == TEST_MOST;                       \
    }

#endif
