/* Files that are whole at every moment: whatever step fails, the old file or the new one is there, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/atomic.h"
#include "support/files.h"

static const char old_text[] = "the old file";

/* 20,000 bytes in writes of different sizes, so that the buffer is filled, passed by and left partly full. */
static sp_status write_new(const char *path)
{
    static uint8_t large[15000];
    memset(large, 'n', sizeof large);
    sp__atomic a;
    sp_status st = sp__atomic_open(&a, "test", path);
    for (int i = 0; i < 50 && st == SP_OK; i++)
        st = sp__atomic_write(&a, large, 100);
    if (st == SP_OK)
        st = sp__atomic_write(&a, large, sizeof large);
    if (st == SP_OK)
        st = sp__atomic_commit(&a);
    sp__atomic_abort(&a);
    return st;
}

static bool is_old(const char *path)
{
    size_t n;
    uint8_t *data = test_file_read(path, &n);
    bool same = data && n == strlen(old_text) && memcmp(data, old_text, n) == 0;
    free(data);
    return same;
}

static bool is_new(const char *path)
{
    size_t n;
    uint8_t *data = test_file_read(path, &n);
    bool same = data && n == 20000;
    for (size_t i = 0; same && i < n; i++)
        same = data[i] == 'n';
    free(data);
    return same;
}

static void a_new_file_appears_whole(void **state)
{
    (void)state;
    const char *path = test_path("fresh");
    assert_int_equal(write_new(path), SP_OK);
    assert_true(is_new(path));
    assert_int_equal(remove(path), 0);
    assert_int_equal(test_path_count(), 0);
}

/* Every kind of step, its first, second, ... occurrence, until there are no more of them. */
static void a_step_that_fails_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = test_path("old");
    static const int least[SP__IO_COUNT_] = {1, 0, 2, 1, 1, 1, 1}; /* that files cannot be locked is no failure */
    for (int kind = 0; kind < SP__IO_COUNT_; kind++) {
        int n = 1;
        for (;; n++) {
            assert_true(test_file_write(path, old_text, strlen(old_text)));
            sp_error_clear();
            sp__io_fail_at((sp__io)kind, n, ENOSPC);
            sp_status st = write_new(path);
            sp__io_fail_at((sp__io)kind, 0, 0);
            assert_int_equal(test_path_count(), 1);
            if (st == SP_OK)
                break;
            assert_int_equal(st, SP_ERR_IO);
            assert_non_null(strstr(sp_error_text(), strerror(ENOSPC)));
            assert_non_null(strstr(sp_error_text(), path));
            assert_true(kind == SP__IO_FSYNC_FOLDER ? is_new(path) : is_old(path));
        }
        assert_true(is_new(path));
        assert_true(n > least[kind]);
    }
    remove(path);
    sp_error_clear();
}

static void a_file_that_was_not_there_is_not_there_after_a_failure(void **state)
{
    (void)state;
    const char *path = test_path("never");
    sp__io_fail_at(SP__IO_WRITE, 1, EIO);
    assert_int_equal(write_new(path), SP_ERR_IO);
    assert_int_equal(test_path_count(), 0);
    sp_error_clear();
}

static void giving_up_half_way_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = test_path("kept");
    assert_true(test_file_write(path, old_text, strlen(old_text)));
    sp__atomic a;
    assert_int_equal(sp__atomic_open(&a, "test", path), SP_OK);
    assert_int_equal(sp__atomic_write(&a, "half", 4), SP_OK);
    assert_int_equal(test_path_count(), 2); /* the temporary one is in the same folder */
    sp__atomic_abort(&a);
    assert_int_equal(test_path_count(), 1);
    assert_true(is_old(path));
    remove(path);
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void modes_are_kept_and_new_ones_follow_the_umask(void **state)
{
    (void)state;
    const char *path = test_path("mode");
    mode_t before = umask(027);
    assert_int_equal(write_new(path), SP_OK);
    assert_int_equal(mode_of(path), 0640);
    assert_int_equal(chmod(path, 0400), 0); /* as MindSpore leaves them */
    assert_int_equal(write_new(path), SP_OK);
    assert_int_equal(mode_of(path), 0400);
    umask(before);
    remove(path);
}

static void a_link_stays_one_and_its_target_is_replaced(void **state)
{
    (void)state;
    const char *target = test_path("target");
    const char *link = test_path("link");
    assert_true(test_file_write(target, old_text, strlen(old_text)));
    assert_int_equal(symlink("target", link), 0);
    assert_int_equal(write_new(link), SP_OK);
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_true(is_new(target));
    remove(link);
    remove(target);
}

static void what_is_no_file_is_not_replaced(void **state)
{
    (void)state;
    assert_int_equal(write_new("/dev/null"), SP_ERR_IO);
    assert_non_null(strstr(sp_error_text(), "not a regular file"));
    sp_error_clear();
    const char *folder = test_path("folder");
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(write_new(folder), SP_ERR_IO);
    sp_error_clear();
    rmdir(folder);
    assert_int_equal(write_new(test_path("no/such/folder")), SP_ERR_IO);
    assert_non_null(strstr(sp_error_text(), strerror(ENOENT)));
    sp_error_clear();
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    static char path[3 * SP__ATOMIC_PATH];
    memset(path, 'a', sizeof path - 1);
    assert_int_equal(write_new(path), SP_ERR_IO);
    for (size_t i = 100; i < sizeof path - 1; i += 101)
        path[i] = '/';
    sp_error_clear();
    assert_int_equal(write_new(path), SP_ERR_IO);
    sp_error_clear();
}

static void links_are_followed_but_not_for_ever(void **state)
{
    (void)state;
    const char *loop = test_path("loop"), *absolute = test_path("absolute"), *target = test_path("target");
    assert_int_equal(symlink("loop", loop), 0);
    assert_int_equal(write_new(loop), SP_ERR_IO);
    assert_non_null(strstr(sp_error_text(), strerror(ELOOP)));
    sp_error_clear();
    assert_int_equal(symlink(target, absolute), 0); /* to nothing yet: it is made */
    assert_int_equal(write_new(absolute), SP_OK);
    assert_true(is_new(target));
    remove(target);
    remove(absolute);
    /* a target that is no path any more once the link's folder stands before it */
    char far[SP__ATOMIC_PATH];
    memset(far, 'a', sizeof far);
    for (size_t i = 200; i < sizeof far; i += 200)
        far[i] = '/';
    far[sizeof far - 1 - (strlen(loop) > 20 ? 10 : 2)] = 0;
    remove(loop);
    assert_int_equal(symlink(far, loop), 0);
    assert_int_equal(write_new(loop), SP_ERR_IO);
    assert_non_null(strstr(sp_error_text(), strerror(ENAMETOOLONG)));
    sp_error_clear();
    remove(loop);
}

static void a_name_in_the_working_folder(void **state)
{
    (void)state;
    char before[SP__ATOMIC_PATH];
    const char *folder = test_path("work");
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(chdir(folder), 0);
    sp_status st = write_new("bare");
    bool whole = is_new("bare");
    remove("bare");
    assert_int_equal(chdir(before), 0);
    assert_int_equal(st, SP_OK);
    assert_true(whole);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left in it */
}

static void no_room_for_a_temporary_name(void **state)
{
    (void)state;
    char path[SP__ATOMIC_PATH];
    memset(path, 'a', sizeof path);
    for (size_t i = 100; i < sizeof path; i += 101)
        path[i] = '/';
    path[sizeof path - 3] = '/';
    path[sizeof path - 1] = 0;
    assert_int_equal(write_new(path), SP_ERR_IO);
    assert_non_null(strstr(sp_error_text(), "aaa"));
    sp_error_clear();
}

static void what_is_in_the_way_stays(void **state)
{
    (void)state;
    const char *path = test_path("way");
    char slot[SP__ATOMIC_PATH], link[SP__ATOMIC_PATH];
    sp__atomic a, b;
    assert_int_equal(sp__atomic_open(&a, "test", path), SP_OK);
    assert_int_equal(sp__atomic_open(&b, "test", path), SP_OK);
    memcpy(slot, a.temporary, sizeof slot);
    memcpy(link, b.temporary, sizeof link);
    sp__atomic_abort(&a);
    sp__atomic_abort(&b);
    assert_int_equal(mkdir(slot, 0755), 0); /* a folder and a link where temporary files would be */
    assert_int_equal(symlink("elsewhere", link), 0);
    assert_int_equal(write_new(path), SP_OK);
    assert_true(is_new(path));
    assert_int_equal(rmdir(slot), 0);
    assert_int_equal(unlink(link), 0);
    remove(path);
}

static void many_savers_at_once(void **state)
{
    (void)state;
    enum { SAVERS = 40 };
    static sp__atomic savers[SAVERS];
    const char *path = test_path("many");
    for (int i = 0; i < SAVERS; i++) {
        assert_int_equal(sp__atomic_open(&savers[i], "test", path), SP_OK);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(savers[i].temporary, savers[k].temporary);
    }
    for (int i = 0; i < SAVERS; i++) {
        const char text[] = {(char)('A' + i % 26), 0};
        assert_int_equal(sp__atomic_write(&savers[i], text, 1), SP_OK);
        assert_int_equal(sp__atomic_commit(&savers[i]), SP_OK);
        size_t n;
        uint8_t *data = test_file_read(path, &n);
        assert_true(data && n == 1 && data[0] == (uint8_t)text[0]);
        free(data);
    }
    remove(path);
}

static void the_owner_is_kept_where_one_may(void **state)
{
    (void)state;
    const char *path = test_path("owned");
    assert_true(test_file_write(path, old_text, strlen(old_text)));
    if (chown(path, 12345, 23456) != 0) { /* not for everyone to say */
        remove(path);
        skip();
    }
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(write_new(path), SP_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, 12345);
    assert_int_equal(st.st_gid, 23456);
    assert_int_equal(st.st_mode & 07777, 0640);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_appears_whole),
        cmocka_unit_test(a_step_that_fails_leaves_the_old_file),
        cmocka_unit_test(a_file_that_was_not_there_is_not_there_after_a_failure),
        cmocka_unit_test(giving_up_half_way_leaves_the_old_file),
        cmocka_unit_test(modes_are_kept_and_new_ones_follow_the_umask),
        cmocka_unit_test(a_link_stays_one_and_its_target_is_replaced),
        cmocka_unit_test(what_is_no_file_is_not_replaced),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(links_are_followed_but_not_for_ever),
        cmocka_unit_test(a_name_in_the_working_folder),
        cmocka_unit_test(no_room_for_a_temporary_name),
        cmocka_unit_test(what_is_in_the_way_stays),
        cmocka_unit_test(many_savers_at_once),
        cmocka_unit_test(the_owner_is_kept_where_one_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
