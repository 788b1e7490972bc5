/* What holds for the reader and the writer of every format: any allocation and any read may fail, any byte may be another, and memory
 * and time stay within limits: at most twice the file and 64 MiB, and proportional to it. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file/atomic.h"
#include "spore.h"
#include "support/files.h"
#include "support/formats.h"

#define MIB ((int64_t)1 << 20)

static const char *path_of(const test_format *f, const char *stem)
{
    static char paths[2][512], name[64];
    static int turn;
    snprintf(name, sizeof name, "%s.%s", stem, f->name);
    turn = !turn;
    snprintf(paths[turn], sizeof *paths, "%s", test_path(name));
    return paths[turn];
}

static int64_t size_of_file(const char *path)
{
    size_t n = 0;
    free(test_file_read(path, &n));
    return (int64_t)n;
}

/* ---- faults ---- */

static void same_blocks(const char *what, const test_format *f, int64_t n, int64_t before)
{
    sp_shutdown();
    test_scope = sp_scope_begin();
    int64_t now = sp_mem_stats_get().live_blocks;
    if (now != before)
        fail_msg("%s: %s %lld: %lld blocks lost", f->name, what, (long long)n, (long long)(now - before));
}

TEST(any_allocation_of_saving_and_loading_may_fail)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f, "faults");
        assert_int_equal(f->save(path, 1, 2000), SP_OK);
        assert_int_equal(f->load(path), 1);
        sp_shutdown();
        test_scope = sp_scope_begin();
        int64_t before = sp_mem_stats_get().live_blocks;
        for (int part = 0; part < 2; part++) {
            bool reached = true;
            for (int64_t n = 1; reached; n++) {
                sp_mem_fail_at(n);
                sp_status st = part == 0 ? f->save(path, 2, 2000) : f->load(path) < 0 ? sp_error() : SP_OK;
                reached = sp_mem_requests() >= n;
                sp_mem_fail_at(0);
                if (st != (reached ? SP_ERR_NOMEM : SP_OK) || sp_error() != st)
                    fail_msg("%s: allocation %lld: status %d, '%s'", f->name, (long long)n, (int)st, sp_error_text());
                sp_error_clear();
                same_blocks(part == 0 ? "save, allocation" : "load, allocation", f, n, before);
                assert_int_equal(test_path_count(), 1);
                assert_int_equal(f->load(path), part == 0 && reached ? 1 : 2);
                assert_true(n < 5000 && (n > 1 || reached));
            }
        }
        remove(path);
    }
}

TEST(any_read_may_fail_or_be_short)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f, "reads");
        assert_int_equal(f->save(path, 1, 2000), SP_OK);
        sp_shutdown();
        test_scope = sp_scope_begin();
        int64_t before = sp_mem_stats_get().live_blocks;
        static const int faults[] = {EIO, SP__IO_SHORT};
        for (int i = 0; i < 2; i++) {
            int value = -1;
            for (int n = 1; value < 0; n++) {
                sp__io_fail_at(SP__IO_READ, n, faults[i]);
                value = f->load(path);
                sp__io_fail_at(SP__IO_READ, 0, 0);
                if (value < 0 && (sp_error() != SP_ERR_IO || !strstr(sp_error_text(), path)))
                    fail_msg("%s: read %d: '%s'", f->name, n, sp_error_text());
                sp_error_clear();
                same_blocks("read", f, n, before);
                assert_true(n < 5000 && (n > 1 || value < 0));
            }
            assert_int_equal(value, 1);
        }
        remove(path);
    }
}

/* ---- files that were cut off, and bytes that are others ---- */

TEST(files_that_are_cut_off_are_refused_or_hold_less)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f, "whole"), *cut = path_of(f, "cut");
        size_t n;
        assert_int_equal(f->save(path, 3, 16), SP_OK);
        uint8_t *bytes = test_file_read(path, &n);
        sp_shutdown();
        test_scope = sp_scope_begin();
        int64_t before = sp_mem_stats_get().live_blocks;
        for (size_t i = 0; i < n; i++) {
            assert_true(test_file_write(cut, bytes, i));
            int value = f->load(cut);
            assert_true(value == -1 ? sp_error() != SP_OK && strstr(sp_error_text(), cut) : sp_error() == SP_OK);
            sp_error_clear();
            same_blocks("cut at", f, (int64_t)i, before);
        }
        free(bytes);
        remove(path);
        remove(cut);
    }
}

/* What a process needed at most to read what `visit` reads, and whether it ended well; measured in a child, because the peak is that
 * of the process's life. */
static int64_t peak_of(void (*visit)(const test_format *f, const char *path), const test_format *f, const char *path)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        sp_shutdown();
        int64_t before = sp_mem_stats_get().live_bytes;
        visit(f, path);
        int64_t peak = sp_mem_stats_get().peak_bytes - before;
        _exit(write(ends[1], &peak, sizeof peak) == (ssize_t)sizeof peak ? 0 : 1);
    }
    close(ends[1]);
    int64_t peak = -1;
    assert_int_equal(read(ends[0], &peak, sizeof peak), sizeof peak);
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return peak;
}

/* Saves in a child, for the same reason. */
static void save_apart(const test_format *f, sp_status (*save_many)(const char *, int64_t), const char *path, int64_t n)
{
    pid_t child = fork();
    if (child == 0)
        _exit((save_many ? save_many(path, n) : f->save(path, 1, n)) == SP_OK ? 0 : 1);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Every place of a small file in turn holds numbers that are huge: sizes, counts and offsets among them. */
static void load_with_huge_numbers(const test_format *f, const char *path)
{
    static const uint8_t patterns[][10] = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
                                           {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
                                           {0x80, 0x80, 0x80, 0x80, 0x08, 0x80, 0x80, 0x80, 0x80, 0x01},
                                           {0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0, 0},
                                           {'9', '9', '9', '9', '9', '9', '9', '9', '9', '9'}};
    char bad[512];
    snprintf(bad, sizeof bad, "%s.bad.%s", path, f->name);
    size_t n;
    uint8_t *bytes = test_file_read(path, &n), *copy = malloc(n + 16);
    for (size_t at = 0; bytes && copy && at < n; at++)
        for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
            for (size_t length = 1; length <= 10; length += p == 4 ? 9 : 5) {
                memcpy(copy, bytes, n);
                memcpy(copy + at, patterns[p], length < n - at ? length : n - at);
                test_file_write(bad, copy, n);
                f->load(bad);
                sp_error_clear();
            }
    free(bytes);
    free(copy);
    remove(bad);
}

TEST(huge_numbers_in_small_files_cost_no_memory)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f, "small");
        assert_int_equal(f->save(path, 3, 16), SP_OK);
        int64_t peak = peak_of(load_with_huge_numbers, f, path);
        if (peak > 2 * size_of_file(path) + 64 * MIB)
            fail_msg("%s: %lld bytes for a file of %lld", f->name, (long long)peak, (long long)size_of_file(path));
        remove(path);
    }
}

static const test_format *visited;

static void load_refused(const char *path, void *user)
{
    (void)user;
    visited->load(path);
    sp_error_clear();
}

static void load_folder(const test_format *f, const char *folder)
{
    char ending[32];
    snprintf(ending, sizeof ending, ".%s", f->name);
    visited = f;
    test_files_visit(folder, ending, load_refused, NULL);
}

TEST(files_that_are_refused_cost_no_memory)
{
    for (int k = 0; k < test_formats_count; k++) {
        char folder[128];
        snprintf(folder, sizeof folder, "tests/refused/%s", test_formats[k].name);
        if (access(folder, F_OK) == 0) /* all of them are small */
            assert_true(peak_of(load_folder, &test_formats[k], folder) <= 64 * MIB);
    }
}

/* ---- large files ---- */

static void load_one(const test_format *f, const char *path)
{
    if (f->load(path) < 0) {
        fprintf(stderr, "%s\n", sp_error_text());
        _exit(1);
    }
}

static void load_refused_one(const test_format *f, const char *path)
{
    if (f->load(path) >= 0)
        _exit(1);
}

TEST(a_large_file_takes_at_most_twice_its_size)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f, "large");
        save_apart(f, NULL, path, 12 * MIB); /* 48 MiB */
        int64_t file = size_of_file(path), peak = peak_of(load_one, f, path);
        if (peak > 2 * file + 64 * MIB)
            fail_msg("%s: %lld MiB for a file of %lld MiB", f->name, (long long)(peak / MIB), (long long)(file / MIB));
        remove(path);
    }
}

TEST(many_small_things_take_memory_in_proportion)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f, "many");
        if (!f->save_many)
            continue;
        save_apart(f, f->save_many, path, 30000);
        int64_t file = size_of_file(path), peak = peak_of(load_one, f, path);
        if (peak > 2 * file + 64 * MIB)
            fail_msg("%s: %lld KiB for a file of %lld KiB", f->name, (long long)(peak >> 10), (long long)(file >> 10));
        remove(path);
    }
}

/* As many small records as a reader accepts, and more than that. */
TEST(more_small_things_than_memory_allows_are_refused)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        const char *path = path_of(f, "hostile");
        if (!f->save_many || f->most_things == 0)
            continue;
        for (int more = 0; more < 2; more++) {
            save_apart(f, f->save_many, path, f->most_things + (more ? f->most_things / 4 : 0));
            int64_t file = size_of_file(path), peak = peak_of(more ? load_refused_one : load_one, f, path);
            if (peak > 2 * file + 64 * MIB)
                fail_msg("%s: %lld KiB for a file of %lld KiB", f->name, (long long)(peak >> 10),
                         (long long)(file >> 10));
            remove(path);
        }
    }
}

/* ---- time ---- */

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct cost {
    double seconds; /* the least of some tries  */
    int64_t requests;
} cost;

static cost cost_of(const test_format *f, int64_t n)
{
    cost c = {1e9, 0};
    const char *path = path_of(f, "cost");
    assert_int_equal(f->save_many(path, n), SP_OK);
    for (int i = 0; i < 5; i++) {
        sp_mem_fail_at(0);
        double began = cpu_seconds();
        assert_true(f->load(path) >= 0);
        double took = cpu_seconds() - began;
        c.seconds = took < c.seconds ? took : c.seconds;
        c.requests = sp_mem_requests();
    }
    remove(path);
    return c;
}

TEST(twice_the_size_takes_twice_the_work)
{
    for (int k = 0; k < test_formats_count; k++) {
        const test_format *f = &test_formats[k];
        if (!f->save_many)
            continue;
        cost half = cost_of(f, 9000), whole = cost_of(f, 18000), twice = cost_of(f, 36000);
        if (10 * whole.requests > 22 * half.requests)
            fail_msg("%s: %lld allocations, and %lld for twice as much", f->name, (long long)half.requests,
                     (long long)whole.requests);
        /* Something quadratic takes four times as long, twice; a disturbance is forgiven once. */
        if (whole.seconds > 2.7 * half.seconds && twice.seconds > 2.7 * whole.seconds)
            fail_msg("%s: %.3f s, then %.3f s and %.3f s for twice as much", f->name, half.seconds, whole.seconds,
                     twice.seconds);
    }
}

TEST_MAIN()
