/* Libraries that are loaded when they are first needed: base/library.h. */
#include "support/test.h"

#include <pthread.h>
#include <string.h>

#include "base/library.h"
#include "kernels/kernels.h"

typedef double (*function)(double);

TEST(a_library_is_loaded_and_its_functions_are_found)
{
    static const char *const names[] = {"cos", "sqrt"};
    function f[2] = {NULL, NULL};
    sp__library l = {.file = "libm.so.6", .calls = 2, .names = names, .pointers = f};
    if (!sp__library_load(&l))
        skip(); /* not the GNU C library */
    assert_true(sp__library_load(&l));
    assert_true(f[0](0) == 1);
    assert_true(f[1](9) == 3);
}

TEST(one_that_is_not_there_says_why_every_time)
{
    static const char *const names[] = {"cos"};
    function f = NULL;
    sp__library l = {.file = "libspore-has-no-such.so.9", .calls = 1, .names = names, .pointers = &f};
    for (int i = 0; i < 2; i++) {
        assert_false(sp__library_load(&l));
        assert_non_null(strstr(l.why, "libspore-has-no-such.so.9"));
        assert_null(strchr(l.why, '\n'));
    }
    assert_int_equal(sp_error(), SP_OK);
}

TEST(one_without_a_function_names_it)
{
    static const char *const names[] = {"cos", "no_such_function"};
    function f[2] = {NULL, NULL};
    sp__library l = {.file = "libm.so.6", .calls = 2, .names = names, .pointers = f};
    assert_false(sp__library_load(&l));
    assert_non_null(strstr(l.why, "libm.so.6"));
}

static sp__library shared;

static void *load_shared(void *result)
{
    *(bool *)result = sp__library_load(&shared);
    return NULL;
}

TEST(many_threads_get_the_same_answer)
{
    enum { THREADS = 8 };
    static const char *const names[] = {"cos"};
    static function f;
    pthread_t thread[THREADS];
    bool loaded[THREADS];
    shared.file = "libm.so.6", shared.calls = 1, shared.names = names, shared.pointers = &f;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, load_shared, &loaded[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 1; i < THREADS; i++)
        assert_true(loaded[i] == loaded[0]);
}

/* Where the tests run, what was found when Spore was built is there. */
TEST(the_backend_that_was_built_in_can_be_had)
{
#ifdef SPORE_HAVE_ONEDNN
    assert_true(sp__k_use("onednn"));
    assert_string_equal(sp__k_backend(), "onednn");
#endif
    assert_true(sp__k_use("portable"));
    assert_false(sp__k_use("no such"));
}

TEST_MAIN()
