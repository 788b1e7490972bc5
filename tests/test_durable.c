/* Saves of every format: whatever step of one fails, or is the last of a process that is killed there, the old or the new file is
 * whole; savers at once do not harm each other; what a killed one left is removed by the next. */
#define _DEFAULT_SOURCE /* flock */
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file/atomic.h"
#include "support/files.h"
#include "support/formats.h"

enum { OLD = 1, NEW = 2, SIZE = 6000 };

/* Path of a file of the format, in storage of its own. */
static const char *path_of(const test_format *f)
{
    static char path[512], name[64];
    snprintf(name, sizeof name, "model.%s", f->name);
    snprintf(path, sizeof path, "%s", test_path(name));
    return path;
}

static void save_old(const test_format *f, const char *path)
{
    sp_error_clear();
    if (f->save(path, OLD, SIZE) != SP_OK)
        fail_msg("%s: %s", f->name, sp_error_text());
}

static void holds(const test_format *f, const char *path, int want, const char *when, int kind, int n)
{
    int value = f->load(path);
    if (value != want)
        fail_msg("%s: %s, step %d of kind %d: the file has %d, expected %d; %s", f->name, when, n, kind, value, want,
                 sp_error_text());
}

/* ---- failures that are reported ---- */

TEST(a_save_that_fails_leaves_the_old_file_and_nothing_else)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f);
        for (int kind = 0; kind < SP__IO_COUNT_; kind++)
            for (int n = 1, done = 0; !done; n++) {
                save_old(f, path);
                sp__io_fail_at((sp__io)kind, n, n % 2 ? ENOSPC : EIO);
                sp_status st = f->save(path, NEW, SIZE);
                done = st == SP_OK;
                sp__io_fail_at((sp__io)kind, 0, 0);
                assert_int_equal(test_path_count(), 1);
                assert_true(done || (st == SP_ERR_IO && strstr(sp_error_text(), path)));
                sp_error_clear();
                holds(f, path, done || kind == SP__IO_FSYNC_FOLDER ? NEW : OLD, "failed", kind, n);
                assert_true(n < 500 && (n > 1 || !done || kind == SP__IO_LOCK));
            }
        remove(path);
    }
}

TEST(writes_may_be_short_and_calls_interrupted)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f);
        for (int n = 1; n < 6; n++) {
            static const struct {
                sp__io kind;
                int error;
            } faults[] = {{SP__IO_WRITE, SP__IO_SHORT},
                          {SP__IO_WRITE, EINTR},
                          {SP__IO_FSYNC, EINTR},
                          {SP__IO_FSYNC_FOLDER, EINTR}};
            for (int i = 0; i < 4; i++) {
                save_old(f, path);
                sp__io_fail_at(faults[i].kind, n, faults[i].error);
                assert_int_equal(f->save(path, NEW, SIZE), SP_OK);
                sp__io_fail_at(faults[i].kind, 0, 0);
                holds(f, path, NEW, "interrupted", (int)faults[i].kind, n);
                assert_int_equal(test_path_count(), 1);
            }
        }
        remove(path);
    }
}

/* ---- kill -9: a child that dies at the step ---- */

/* Forks; in the child calls `save` with the fault. Whether it was killed there. */
static bool killed_at(const test_format *f, const char *path, sp__io kind, int n)
{
    pid_t child = fork();
    if (child == 0) {
        sp__io_fail_at(kind, n, SP__IO_KILLED);
        _exit(f->save(path, NEW, SIZE) == SP_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

TEST(a_save_that_is_killed_leaves_a_whole_file_and_the_next_one_cleans_up)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f);
        for (int kind = 0; kind < SP__IO_COUNT_; kind++)
            for (int n = 1, killed = 1; killed; n++) {
                save_old(f, path);
                assert_int_equal(test_path_count(), 1); /* also after a kill in the round before */
                killed = killed_at(f, path, (sp__io)kind, n);
                holds(f, path, !killed || kind == SP__IO_FSYNC_FOLDER ? NEW : OLD, "killed", kind, n);
                assert_true(n > 1 || killed);
            }
        remove(path);
    }
}

TEST(a_file_that_was_not_there_is_whole_or_still_not_there)
{
    const test_format *f = &test_formats[0];
    const char *path = path_of(f);
    for (int kind = 0; kind < SP__IO_COUNT_; kind++) {
        remove(path);
        assert_true(killed_at(f, path, (sp__io)kind, 1));
        if (kind == SP__IO_FSYNC_FOLDER)
            holds(f, path, NEW, "killed", kind, 1);
        else
            assert_int_not_equal(access(path, F_OK), 0);
        save_old(f, path);
        assert_int_equal(test_path_count(), 1);
    }
    remove(path);
}

/* ---- a disk that is full: a limit of the system on the size of files ---- */

TEST(a_full_disk_is_an_error_and_the_old_file_stays)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f);
        save_old(f, path);
        pid_t child = fork();
        if (child == 0) {
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &(struct rlimit){9000, 9000});
            _exit(f->save(path, NEW, SIZE) == SP_ERR_IO && strstr(sp_error_text(), strerror(EFBIG)) ? 0 : 1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        holds(f, path, OLD, "full disk", 0, 0);
        assert_int_equal(test_path_count(), 1);
        remove(path);
    }
}

/* ---- savers at once ---- */

enum { ROUNDS = 150 };

static void save_often(const test_format *f, const char *path, int value)
{
    for (int i = 0; i < ROUNDS; i++)
        if (f->save(path, value, SIZE) != SP_OK) {
            fprintf(stderr, "%s\n", sp_error_text());
            abort();
        }
}

typedef struct saver {
    const test_format *f;
    const char *path;
    int value;
} saver;

static void *saver_main(void *arg)
{
    const saver *s = arg;
    save_often(s->f, s->path, s->value);
    return NULL;
}

/* Until the process has ended: what is read is always one of the values. */
static void read_while_running(const test_format *f, const char *path, pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        int value = f->load(path);
        if (value < 1 || value > 3)
            fail_msg("%s: read %d: %s", f->name, value, sp_error_text());
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(savers_at_once_do_not_harm_each_other_nor_a_reader)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f);
        save_old(f, path);
        pid_t child = fork();
        if (child == 0) {
            saver one = {f, path, 2}, two = {f, path, 3};
            pthread_t threads[2];
            pthread_create(&threads[0], NULL, saver_main, &one);
            pthread_create(&threads[1], NULL, saver_main, &two);
            save_often(f, path, 1);
            pthread_join(threads[0], NULL);
            pthread_join(threads[1], NULL);
            _exit(0);
        }
        pid_t other = fork();
        if (other == 0) {
            save_often(f, path, 2);
            _exit(0);
        }
        read_while_running(f, path, child);
        read_while_running(f, path, other);
        assert_int_equal(test_path_count(), 1);
        remove(path);
    }
}

/* Savers that are killed at any moment, beside others that are not. */
TEST(savers_that_are_killed_do_not_harm_others)
{
    const test_format *f = &test_formats[0];
    const char *path = path_of(f);
    save_old(f, path);
    pid_t child = fork();
    if (child == 0) {
        save_often(f, path, 3);
        _exit(0);
    }
    for (int i = 0; i < 100; i++) {
        pid_t victim = fork();
        if (victim == 0) {
            save_often(f, path, 2);
            _exit(0);
        }
        usleep((useconds_t)(i * 37 % 900));
        kill(victim, SIGKILL);
        waitpid(victim, NULL, 0);
        int value = f->load(path);
        assert_true(value >= 1 && value <= 3);
    }
    read_while_running(f, path, child);
    save_old(f, path);
    assert_int_equal(test_path_count(), 1);
    remove(path);
}

/* ---- what was left ---- */

/* Names of the temporary files of the path's slots: found by being killed while saving. */
static void a_left_one(const test_format *f, const char *path, char name[512])
{
    assert_true(killed_at(f, path, SP__IO_FSYNC, 1));
    snprintf(name, 512, "%s", test_path(""));
    size_t n = strlen(name);
    DIR *d = opendir(name);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strncmp(e->d_name, ".spore-", 7) == 0)
            snprintf(name + n, 512 - n, "%s", e->d_name);
    closedir(d);
    assert_true(strlen(name) > n);
}

TEST(a_left_file_is_removed_and_one_in_use_is_not)
{
    const test_format *f = &test_formats[0];
    const char *path = path_of(f);
    char left[512], next[512];
    save_old(f, path);
    a_left_one(f, path, left);
    int fd = open(left, O_RDONLY | O_CLOEXEC); /* somebody is still at it */
    assert_true(fd >= 0 && flock(fd, LOCK_EX) == 0);
    save_old(f, path);
    assert_int_equal(access(left, F_OK), 0);
    assert_int_equal(test_path_count(), 2);
    snprintf(next, sizeof next, "%s", left); /* and a left one in a later slot */
    char *slot = strstr(next, "-0.tmp");
    assert_non_null(slot);
    slot[1] = '7';
    assert_true(test_file_write(next, "left", 4));
    save_old(f, path);
    assert_int_equal(access(left, F_OK), 0);
    assert_int_not_equal(access(next, F_OK), 0);
    close(fd);
    save_old(f, path);
    assert_int_not_equal(access(left, F_OK), 0);

    /* A link or a folder of such a name is nobody's temporary file. */
    const char *precious = test_path("precious");
    assert_true(test_file_write(precious, "precious", 8));
    assert_int_equal(symlink(precious, left), 0);
    assert_int_equal(mkdir(next, 0700), 0);
    save_old(f, path);
    size_t n;
    uint8_t *bytes = test_file_read(precious, &n);
    assert_int_equal(n, 8);
    free(bytes);
    assert_int_equal(access(left, F_OK), 0);
    assert_int_equal(access(next, F_OK), 0);
    remove(left);
    rmdir(next);
    remove(precious);
    remove(path);
}

/* ---- links ---- */

TEST(a_link_is_written_through_also_to_a_file_that_is_not_there)
{
    const test_format *f = &test_formats[0];
    const char *target = test_path("target"), *link = test_path("link"), *chain = test_path("chain");
    assert_int_equal(symlink("target", link), 0);
    assert_int_equal(symlink(link, chain), 0); /* absolute, to a relative one */
    struct stat st;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(f->save(chain, 1 + round, SIZE), SP_OK);
        assert_true(lstat(chain, &st) == 0 && S_ISLNK(st.st_mode));
        assert_true(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
        assert_true(lstat(target, &st) == 0 && S_ISREG(st.st_mode));
        holds(f, target, 1 + round, "through links", 0, round);
    }
    remove(target);
    remove(link);
    assert_int_equal(symlink("chain", link), 0); /* in a circle */
    assert_int_equal(f->save(chain, 1, SIZE), SP_ERR_IO);
    assert_non_null(strstr(sp_error_text(), strerror(ELOOP)));
    remove(link);
    assert_int_equal(symlink("no/such/folder/file", link), 0);
    sp_error_clear();
    assert_int_equal(f->save(link, 1, SIZE), SP_ERR_IO);
    assert_non_null(strstr(sp_error_text(), strerror(ENOENT)));
    remove(link);
    remove(chain);
    assert_int_equal(test_path_count(), 0);
}

TEST_MAIN()
