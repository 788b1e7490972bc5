/* Errors, scopes, thread state, element types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

static int forget(void **state)
{
    (void)state;
    sp_error_clear();
    sp_shutdown();
    return 0;
}

/* ---- errors ---- */

static void the_first_failure_wins_until_it_is_cleared(void **state)
{
    (void)state;
    assert_int_equal(sp_error(), SP_OK);
    assert_string_equal(sp_error_text(), "");
    assert_int_equal(sp__err(SP_ERR_SHAPE, "matmul: %d x %d", 2, 3), SP_ERR_SHAPE);
    assert_null(sp__fail(SP_ERR_IO, "later"));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    assert_string_equal(sp_error_text(), "matmul: 2 x 3");
    sp_error_clear();
    assert_int_equal(sp_error(), SP_OK);
    assert_string_equal(sp_error_text(), "");
    sp__fail(SP_ERR_IO, "later");
    assert_string_equal(sp_error_text(), "later");
}

static void a_null_argument_is_told_unless_a_failure_is_carried(void **state)
{
    (void)state;
    assert_true(sp__given("add", 1, state));
    assert_int_equal(sp_error(), SP_OK);
    assert_false(sp__given("add", 2, NULL));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    assert_string_equal(sp_error_text(), "add: argument 2 is NULL");
    assert_false(sp__given("mul", 1, NULL));
    assert_string_equal(sp_error_text(), "add: argument 2 is NULL");
}

static void the_path_of_cells_is_appended(void **state)
{
    (void)state;
    char text[64];
    sp__path_text(text, sizeof text);
    assert_string_equal(text, "");
    sp__path_push("net", "SequentialCell");
    sp__path_push("2", "Dense");
    assert_int_equal(sp__path_depth(), 2);
    sp__err(SP_ERR_SHAPE, "matmul: inner dimensions differ: (2, 8) x (9, 3)");
    assert_string_equal(sp_error_text(),
                        "matmul: inner dimensions differ: (2, 8) x (9, 3), in net (SequentialCell) > 2 (Dense)");
    sp__path_pop();
    sp__path_pop();
    sp__path_pop(); /* one too many does no harm */
    assert_int_equal(sp__path_depth(), 0);
    sp__path_push(NULL, "Network");
    sp__path_push("fc", NULL);
    sp__path_text(text, sizeof text);
    assert_string_equal(text, "Network > fc");
    sp__path_text(text, 10);
    assert_string_equal(text, "Network >");
    sp__path_pop();
    sp__path_pop();
}

static void a_path_deeper_than_the_record_is_cut(void **state)
{
    (void)state;
    char text[1024];
    for (int i = 0; i < 1000; i++)
        sp__path_push("c", NULL);
    assert_int_equal(sp__path_depth(), 1000);
    sp__path_text(text, sizeof text);
    assert_string_equal(text + strlen(text) - 11, "c > c > ...");
    for (int i = 0; i < 1000; i++)
        sp__path_pop();
    assert_int_equal(sp__path_depth(), 0);
}

static void a_text_is_one_line_and_never_overflows(void **state)
{
    (void)state;
    char name[2000];
    memset(name, 'x', sizeof name);
    name[1] = '\n';
    name[2] = 27;
    name[sizeof name - 1] = '\0';
    sp__path_push("net", "Cell");
    sp__err(SP_ERR_IO, "open: %s", name);
    sp__path_pop();
    assert_int_equal(strlen(sp_error_text()), 511);
    assert_memory_equal(sp_error_text(), "open: x  xxxx", 13);
}

static void users_set_errors_as_the_library_does(void **state)
{
    (void)state;
    assert_int_equal(sp_set_error(SP_OK, "fine"), SP_ERR_VALUE);
    assert_string_equal(sp_error_text(), "set_error: 0 is not the code of a failure");
    sp_error_clear();
    assert_int_equal(sp_set_error((sp_status)4711, "what"), SP_ERR_VALUE);
    sp_error_clear();
    const char *no_format = NULL;
    assert_int_equal(sp_set_error(SP_ERR_IO, no_format, 1), SP_ERR_IO);
    assert_string_equal(sp_error_text(), "file or network error");
    sp_error_clear();
    assert_int_equal(sp_set_error(SP_ERR_FORMAT, "row %d", 7), SP_ERR_FORMAT);
    assert_string_equal(sp_error_text(), "row 7");
}

static void every_status_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(sp_status_text(SP_OK), "no error");
    assert_string_equal(sp_status_text(SP_ERR_NOMEM), "out of memory");
    assert_string_equal(sp_status_text(SP_ERR_INTERRUPTED), "interrupted");
    assert_string_equal(sp_status_text(SP_ERR_COUNT_), "unknown status");
    assert_string_equal(sp_status_text((sp_status)-1), "unknown status");
}

typedef struct seen {
    int calls;
    sp_status code;
    char text[64];
} seen;

static void note(void *user, sp_status code, const char *text)
{
    seen *s = user;
    s->calls++;
    s->code = code;
    snprintf(s->text, sizeof s->text, "%s", text);
    sp__err(SP_ERR_STATE, "a hook that fails itself");
}

static void the_hook_sees_every_failure(void **state)
{
    (void)state;
    seen s = {0};
    sp_on_error(note, &s);
    sp__err(SP_ERR_IO, "one");
    sp__err(SP_ERR_NOMEM, "two");
    assert_int_equal(s.calls, 2);
    assert_int_equal(s.code, SP_ERR_NOMEM);
    assert_string_equal(s.text, "two");
    assert_string_equal(sp_error_text(), "one");
    sp_on_error(NULL, NULL);
    sp__err(SP_ERR_NOMEM, "three");
    assert_int_equal(s.calls, 2);
}

static void spore_abort_on_error_stops_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        sp__err(SP_ERR_IO, "without the variable nothing happens");
        sp_error_clear();
        setenv("SPORE_ABORT_ON_ERROR", "1", 1);
        sp__err(SP_ERR_IO, "the end");
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void *fail_elsewhere(void *arg)
{
    sp__err(SP_ERR_FORMAT, "worker: bad record");
    sp__failure_take(arg);
    return (void *)(intptr_t)sp_error(); /* cleared there */
}

static void a_failure_travels_from_thread_to_thread(void **state)
{
    (void)state;
    sp__failure f = {0};
    assert_int_equal(sp__failure_raise(&f), SP_OK);
    assert_int_equal(sp_error(), SP_OK);
    pthread_t t;
    void *left = NULL;
    assert_int_equal(pthread_create(&t, NULL, fail_elsewhere, &f), 0);
    assert_int_equal(pthread_join(t, &left), 0);
    assert_ptr_equal(left, NULL);
    assert_int_equal(sp_error(), SP_OK);
    assert_int_equal(sp__failure_raise(&f), SP_ERR_FORMAT);
    assert_string_equal(sp_error_text(), "worker: bad record");
}

/* ---- scopes ---- */

static char order[64];

static void log_release(void *object)
{
    size_t n = strlen(order);
    order[n] = *(const char *)object;
    order[n + 1] = '\0';
}

static void own(const char *name)
{
    union {
        const char *in;
        void *out;
    } u = {name};
    assert_true(sp__scope_own(u.out, log_release));
}

static void a_scope_releases_its_objects_newest_first(void **state)
{
    (void)state;
    order[0] = '\0';
    own("r");
    sp_scope a = sp_scope_begin();
    own("a");
    own("b");
    sp_scope b = sp_scope_begin();
    own("c");
    own("d");
    sp_scope_end(b);
    assert_string_equal(order, "dc");
    own("e");
    sp_scope_end(a);
    assert_string_equal(order, "dceba");
    sp_scope_end(a); /* ended already */
    assert_string_equal(order, "dceba");
    sp_shutdown();
    assert_string_equal(order, "dcebar");
}

static void ending_a_scope_ends_those_left_open_inside(void **state)
{
    (void)state;
    order[0] = '\0';
    sp_scope a = sp_scope_begin();
    own("a");
    for (int i = 0; i < 3; i++) {
        sp_scope inside = sp_scope_begin();
        own("i");
        if (i == 1)
            break;
        sp_scope_end(inside);
    }
    sp_scope_begin();
    own("z");
    assert_string_equal(order, "i");
    sp_scope_end(a);
    assert_string_equal(order, "izia");
    sp_scope next = sp_scope_begin();
    assert_int_equal(next.depth, a.depth);
    sp_scope_end(next);
}

static void the_root_scope_cannot_be_ended(void **state)
{
    (void)state;
    order[0] = '\0';
    own("r");
    sp_scope_end((sp_scope){0});
    sp_scope_end((sp_scope){-1});
    sp_scope_end((sp_scope){99});
    assert_string_equal(order, "");
    sp_shutdown();
    assert_string_equal(order, "r");
}

static void own_again(void *object)
{
    log_release(object);
    if (*(const char *)object == 'x')
        own("y");
}

static void releasing_an_object_may_own_another(void **state)
{
    (void)state;
    order[0] = '\0';
    static char x[] = "x";
    sp_scope s = sp_scope_begin();
    own("a");
    assert_true(sp__scope_own(x, own_again));
    sp_scope_end(s);
    assert_string_equal(order, "xya");
}

static void memory_of_a_scope_is_aligned_and_its_own(void **state)
{
    (void)state;
    sp_scope outer = sp_scope_begin();
    char *kept = sp__scope_alloc(100);
    memset(kept, 7, 100);
    for (int round = 0; round < 3; round++) {
        sp_scope s = sp_scope_begin();
        for (size_t n = 0; n < 200000; n = n * 3 + 1) {
            char *p = sp__scope_alloc(n);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % 16, 0);
            memset(p, round, n);
        }
        if (round != 1)
            sp_scope_end(s);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(kept[i], 7);
    assert_null(sp__scope_alloc(SIZE_MAX));
    assert_null(sp__scope_alloc(SIZE_MAX / 2));
    assert_int_equal(sp_error(), SP_ERR_NOMEM);
    sp_scope_end(outer);
}

static void the_arena_is_reused(void **state)
{
    (void)state;
    if (!sp__mem_caches())
        skip();
    int64_t calls = 0;
    for (int step = 0; step < 20; step++) {
        sp_scope s = sp_scope_begin();
        for (int i = 0; i < 300; i++)
            assert_non_null(sp__scope_alloc(i % 7 == 0 ? 60000 : 1000));
        sp_scope_end(s);
        if (step == 1)
            calls = sp_mem_stats_get().system_calls;
    }
    assert_int_equal(sp_mem_stats_get().system_calls, calls);
}

static void texts_live_in_the_scope(void **state)
{
    (void)state;
    sp_scope s = sp_scope_begin();
    const char *a = sp__scope_printf("%s-%d", "layer", 3);
    const char *b = sp__scope_printf("%0500d", 1);
    assert_string_equal(a, "layer-3");
    assert_int_equal(strlen(b), 500);
    const char *c = sp_format("%s of %zu", "one", strlen(b));
    assert_string_equal(c, "one of 500");
    assert_string_equal(a, "layer-3");
    assert_string_equal(sp_format("%s", ""), "");
    sp_scope_end(s);

    sp_mem_stats before = sp_mem_stats_get();
    for (int i = 0; i < 1000; i++) {
        s = sp_scope_begin();
        sp_format("%0999d", i);
        sp_scope_end(s);
    }
    assert_int_equal(sp_mem_stats_get().live_bytes, before.live_bytes);
}

static void a_text_of_no_format_is_empty(void **state)
{
    (void)state;
    const char *none = NULL;
    assert_string_equal(sp_format(none, 1), ""); /* with an argument: clang takes a lone variable for a mistake */
    assert_string_equal(sp_error_text(), "format: argument 1 is NULL");
    sp_error_clear();
}

/* ---- threads ---- */

static int released;
static void count_release(void *value) { released += *(int *)value; }

static void *use_slots(void *arg)
{
    (void)arg;
    static int one = 1, hundred = 100;
    assert_null(sp__thread_get(SP__SLOT_KERNELS));
    sp__thread_set(SP__SLOT_KERNELS, &one, count_release);
    sp__thread_set(SP__SLOT_KERNELS, &hundred, count_release); /* releases the one before */
    assert_ptr_equal(sp__thread_get(SP__SLOT_KERNELS), &hundred);
    assert_int_equal(released, 1);
    assert_true(sp__scope_own(&one, count_release));
    sp_scope_begin();
    assert_true(sp__scope_own(&one, count_release));
    assert_non_null(sp__scope_alloc(100000));
    return NULL;
}

static void a_thread_that_ends_releases_what_it_owns(void **state)
{
    (void)state;
    sp_shutdown();
    int64_t blocks = sp_mem_stats_get().live_blocks;
    released = 0;
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, use_slots, NULL), 0);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(released, 103);
    assert_int_equal(sp_mem_stats_get().live_blocks, blocks);
    assert_null(sp__thread_get(SP__SLOT_KERNELS));
}

#define IDS 20000

static void *take_ids(void *arg)
{
    for (int i = 0; i < IDS; i++)
        ((uint64_t *)arg)[i] = sp__unique_id();
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void ids_are_unique_in_the_process(void **state)
{
    (void)state;
    static uint64_t ids[3 * IDS];
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, take_ids, ids + i * IDS), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    qsort(ids, 3 * IDS, sizeof *ids, compare);
    assert_true(ids[0] > 0);
    for (int i = 1; i < 3 * IDS; i++)
        assert_true(ids[i] != ids[i - 1]);
}

static void the_number_of_threads_is_set_and_restored(void **state)
{
    (void)state;
    int n = sp_threads();
    assert_true(n >= 1);
    sp_set_threads(3);
    assert_int_equal(sp_threads(), 3);
    assert_int_equal(sp__threads_for(10), 1);
    int many = sp__threads_for(INT64_MAX);
    assert_true(many == 3 || many == 1); /* 1: built without OpenMP */
    sp_set_threads(1 << 30);
    assert_true(sp_threads() <= 1024);
    assert_int_equal(sp_error(), SP_OK);
    sp_set_threads(-1);
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_set_threads(0);
    assert_int_equal(sp_threads(), n);
}

static void the_library_says_what_it_is(void **state)
{
    (void)state;
    assert_string_equal(sp_version(), SP_VERSION);
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", SP_VERSION_MAJOR, SP_VERSION_MINOR, SP_VERSION_PATCH);
    assert_string_equal(sp_version(), expected);
    assert_non_null(strstr(sp_build_info(), "kernels"));
    assert_null(strchr(sp_build_info(), '\n'));
}

/* ---- element types ---- */

/* What MindSpore 2.10.0 answered for a + b: rows and columns f16 f32 f64 i8 u8 i16 i32 i64 bool. */
#define N_ASKED 9
static const sp_dtype asked[N_ASKED] = {SP_F16, SP_F32, SP_F64, SP_I8, SP_U8, SP_I16, SP_I32, SP_I64, SP_BOOL};
static const char *const answers[N_ASKED][N_ASKED] = {
    {"f16", "f32", "f64", "f16", "f16", "f16", "f16", "f16", "f16"},
    {"f32", "f32", "f64", "f32", "f32", "f32", "f32", "f32", "f32"},
    {"f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64"},
    {"f16", "f32", "f64", "i8", "i16", "i16", "i32", "i64", "i8"},
    {"f16", "f32", "f64", "i16", "u8", "i16", "i32", "i64", "u8"},
    {"f16", "f32", "f64", "i16", "i16", "i16", "i32", "i64", "i16"},
    {"f16", "f32", "f64", "i32", "i32", "i32", "i32", "i64", "i32"},
    {"f16", "f32", "f64", "i64", "i64", "i64", "i64", "i64", "i64"},
    {"f16", "f32", "f64", "i8", "u8", "i16", "i32", "i64", "bool"},
};

static sp_dtype short_name(const char *name)
{
    static const char *const names[N_ASKED] = {"f16", "f32", "f64", "i8", "u8", "i16", "i32", "i64", "bool"};
    for (int i = 0; i < N_ASKED; i++)
        if (strcmp(names[i], name) == 0)
            return asked[i];
    return SP_DTYPE_COUNT_;
}

static void types_promote_as_in_mindspore(void **state)
{
    (void)state;
    for (int i = 0; i < N_ASKED; i++)
        for (int j = 0; j < N_ASKED; j++)
            assert_string_equal(sp_dtype_name(sp_dtype_promote(asked[i], asked[j])),
                                sp_dtype_name(short_name(answers[i][j])));
}

static void promotion_is_symmetric_and_knows_every_type(void **state)
{
    (void)state;
    static const sp_dtype wide_unsigned[] = {SP_U16, SP_U32, SP_U64};
    for (int i = 0; i < SP_DTYPE_COUNT_; i++) {
        sp_dtype a = (sp_dtype)i;
        assert_int_equal(sp_dtype_promote(a, a), a);
        assert_int_equal(sp_dtype_promote(a, SP_BOOL), a);
        for (int j = 0; j < SP_DTYPE_COUNT_; j++)
            assert_int_equal(sp_dtype_promote(a, (sp_dtype)j), sp_dtype_promote((sp_dtype)j, a));
        for (int k = 0; k < 3; k++) {
            bool common = sp_dtype_is_float(a) || a == SP_BOOL || a == wide_unsigned[k];
            assert_int_equal(sp_dtype_promote(a, wide_unsigned[k]) != SP_DTYPE_COUNT_, common);
        }
    }
    assert_int_equal(sp_dtype_promote(SP_F16, SP_BF16), SP_F32);
    assert_int_equal(sp_dtype_promote(SP_BF16, SP_I64), SP_BF16);
    assert_int_equal(sp_dtype_promote(SP_DTYPE_COUNT_, SP_F32), SP_DTYPE_COUNT_);
    assert_int_equal(sp_dtype_promote(SP_F32, (sp_dtype)-1), SP_DTYPE_COUNT_);
}

static void types_have_names_and_sizes(void **state)
{
    (void)state;
    for (int i = 0; i < SP_DTYPE_COUNT_; i++)
        assert_int_equal(sp_dtype_named(sp_dtype_name((sp_dtype)i)), i);
    assert_int_equal(sp_dtype_size(SP_BF16), 2);
    assert_int_equal(sp_dtype_size(SP_F64), 8);
    assert_int_equal(sp_dtype_size(SP_DTYPE_COUNT_), 0);
    assert_int_equal(sp_dtype_size((sp_dtype)-1), 0);
    assert_string_equal(sp_dtype_name((sp_dtype)77), "?");
    assert_int_equal(sp_dtype_named("float32"), SP_DTYPE_COUNT_);
    assert_int_equal(sp_dtype_named(NULL), SP_DTYPE_COUNT_);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, forget, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_failure_wins_until_it_is_cleared),
        TEST(a_null_argument_is_told_unless_a_failure_is_carried),
        TEST(the_path_of_cells_is_appended),
        TEST(a_path_deeper_than_the_record_is_cut),
        TEST(a_text_is_one_line_and_never_overflows),
        TEST(users_set_errors_as_the_library_does),
        TEST(every_status_has_a_text),
        TEST(the_hook_sees_every_failure),
        TEST(spore_abort_on_error_stops_the_process),
        TEST(a_failure_travels_from_thread_to_thread),
        TEST(a_scope_releases_its_objects_newest_first),
        TEST(ending_a_scope_ends_those_left_open_inside),
        TEST(the_root_scope_cannot_be_ended),
        TEST(releasing_an_object_may_own_another),
        TEST(memory_of_a_scope_is_aligned_and_its_own),
        TEST(the_arena_is_reused),
        TEST(texts_live_in_the_scope),
        TEST(a_text_of_no_format_is_empty),
        TEST(a_thread_that_ends_releases_what_it_owns),
        TEST(ids_are_unique_in_the_process),
        TEST(the_number_of_threads_is_set_and_restored),
        TEST(the_library_says_what_it_is),
        TEST(types_promote_as_in_mindspore),
        TEST(promotion_is_symmetric_and_knows_every_type),
        TEST(types_have_names_and_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
