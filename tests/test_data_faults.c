/* Damaged files and failing memory: an error each time, naming what was found and what was expected; never a crash, a
 * leak or a wait without end. */
#define SP_EXPERIMENTAL
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/data.h"
#include "support/idx_files.h"
#include "support/rows.h"

static char dir[64];

static int begin(void **state)
{
    (void)state;
    sp_error_clear();
    snprintf(dir, sizeof dir, "%s", folder_new());
    return idx_write(dir, "train", 10, 4, 3) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    folder_remove(dir);
    return 0;
}

static const char *images(void) { return in_folder(dir, "train-images-idx3-ubyte"); }
static const char *labels(void) { return in_folder(dir, "train-labels-idx1-ubyte"); }

/* Reads the whole folder: true if that worked. */
static bool readable(void)
{
    sp_error_clear();
    sp_iter *it = sp_iter_new(sp_data_batch(sp_data_mnist(dir), 3));
    sp_list batch;
    while (it && sp_iter_next(it, &batch))
        ;
    sp_iter_free(it);
    return sp_error() == SP_OK;
}

static void check_refused(sp_status expected, const char *file, const char *says)
{
    assert_false(readable());
    if (sp_error() != expected || !strstr(sp_error_text(), file) || !strstr(sp_error_text(), says))
        fail_msg("%d: '%s' does not name %s and say '%s'", (int)sp_error(), sp_error_text(), file, says);
}

/* ---- files ---- */

static void what_is_wrong_with_a_file_is_said(void **state)
{
    (void)state;
    assert_true(readable());
    assert_true(file_cut(images(), 16 + 10 * 12 - 1));
    check_refused(SP_ERR_FORMAT, "train-images", "135 bytes, expected 136 (10 images of 4 x 3)");
    assert_true(file_lengthen(images(), 2));
    check_refused(SP_ERR_FORMAT, "train-images", "137 bytes, expected 136");
    assert_true(file_cut(images(), 9));
    check_refused(SP_ERR_FORMAT, "train-images", "ends after 9 bytes, before the 16 of its header");
    assert_true(file_write(images(), "<!DOCTYPE html><html></html>", 28));
    check_refused(SP_ERR_FORMAT, "train-images", "begins with 0x3c21444f, expected 0x00000803 (IDX images)");
    assert_true(idx_write(dir, "train", 10, 4, 3));
    assert_true(file_set(images(), 3, 1));
    check_refused(SP_ERR_FORMAT, "train-images", "0x00000801, expected 0x00000803");
    assert_true(idx_write(dir, "train", 10, 4, 3));
    assert_true(file_set(labels(), 7, 11));
    check_refused(SP_ERR_FORMAT, "train-labels", "18 bytes, expected 19 (11 labels)");
    assert_true(file_lengthen(labels(), 1));
    check_refused(SP_ERR_FORMAT, "train-labels", "11 labels");
    assert_non_null(strstr(sp_error_text(), "holds 10 images"));
    assert_true(unlink(labels()) == 0);
    check_refused(SP_ERR_IO, "train-images-idx3-ubyte", "but not its *-labels-idx1-ubyte");
    assert_true(unlink(images()) == 0);
    check_refused(SP_ERR_IO, dir, "found no *-images-idx3-ubyte");
    assert_true(rmdir(dir) == 0);
    check_refused(SP_ERR_IO, dir, "No such file");
    snprintf(dir, sizeof dir, "%s", folder_new());
}

static void parts_must_be_of_one_size(void **state)
{
    (void)state;
    assert_true(idx_write(dir, "t10k", 2, 3, 4));
    check_refused(SP_ERR_FORMAT, "t10k-images", "images of 3 x 4");
    assert_non_null(strstr(sp_error_text(), "are 4 x 3"));
}

/* Dimensions that promise the earth: refused before anything is allocated for them. */
static void absurd_dimensions_cost_no_memory(void **state)
{
    (void)state;
    for (int at = 4; at < 16; at++)
        for (int byte = 0; byte < 256; byte += 51) {
            assert_true(idx_write(dir, "train", 10, 4, 3));
            assert_true(file_set(images(), at, byte));
            assert_true(file_set(images(), 4, 255));
            assert_true(file_set(images(), 8, 255));
            assert_true(file_set(images(), 12, byte));
            int64_t peak = sp_mem_stats_get().peak_bytes;
            check_refused(SP_ERR_FORMAT, "train-images", "");
            assert_true(sp_mem_stats_get().peak_bytes < peak + 100000);
        }
}

static void any_changed_byte_of_a_header_is_noticed(void **state)
{
    (void)state;
    for (int file = 0; file < 2; file++)
        for (int at = 0; at < (file ? 8 : 16); at++)
            for (int byte = 0; byte < 256; byte++) {
                FILE *f = fopen(file ? labels() : images(), "rb");
                fseek(f, at, SEEK_SET);
                int before = fgetc(f);
                fclose(f);
                assert_true(file_set(file ? labels() : images(), at, byte));
                assert_int_equal(readable(), byte == before);
                assert_true(file_set(file ? labels() : images(), at, before));
            }
}

static void a_file_that_shrinks_before_it_is_read_is_noticed(void **state)
{
    (void)state;
    sp_dataset *ds = sp_data_mnist(dir);
    assert_non_null(ds);
    assert_true(file_cut(images(), 100));
    assert_null(sp_iter_new(ds));
    assert_int_equal(sp_error(), SP_ERR_FORMAT);
    assert_non_null(strstr(sp_error_text(), "ends after 100 bytes, expected 136"));
}

#ifdef SPORE_HAVE_ZLIB
static void damaged_compressed_files_are_refused(void **state)
{
    (void)state;
    char command[256], path[512];
    struct stat info;
    assert_true(idx_write(dir, "train", 100, 4, 3));
    snprintf(command, sizeof command, "gzip %s/*", dir);
    assert_int_equal(system(command), 0);
    assert_true(readable());
    snprintf(path, sizeof path, "%s", in_folder(dir, "train-images-idx3-ubyte.gz"));
    assert_int_equal(stat(path, &info), 0);
    uint8_t *whole = malloc((size_t)info.st_size);
    FILE *f = fopen(path, "rb");
    assert_int_equal(fread(whole, 1, (size_t)info.st_size, f), info.st_size);
    fclose(f);
    for (off_t cut = 0; cut < info.st_size; cut++) {
        assert_true(file_write(path, whole, (size_t)cut));
        check_refused(SP_ERR_FORMAT, "train-images", "");
    }
    for (off_t at = 10; at < info.st_size; at++) { /* before that: times and names, which do not matter */
        assert_true(file_write(path, whole, (size_t)info.st_size));
        assert_true(file_set(path, (long)at, whole[at] ^ 0x55));
        if (at >= 10 + (off_t)sizeof "train-images-idx3-ubyte")
            check_refused(SP_ERR_FORMAT, "train-images", "");
        else
            readable();
    }
    free(whole);
}
#endif

#ifndef SPORE_HAVE_ZLIB
static void without_zlib_a_compressed_file_is_refused(void **state)
{
    (void)state;
    assert_true(file_set(images(), 0, 0x1f));
    assert_true(file_set(images(), 1, 0x8b));
    check_refused(SP_ERR_UNSUPPORTED, "train-images", "without zlib: gunzip it");
}
#endif

/* ---- memory ---- */

static sp_tensor *twice(void *user, sp_tensor *x)
{
    (void)user;
    return sp_scalar(sp_item(x) * 2, SP_F32);
}

static sp_list both(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(in.at[0], in.at[1]);
}

static sp_status count_to_five(void *user, int64_t index, sp_tensor **row, bool *is_end)
{
    (void)user;
    *is_end = index == 5;
    row[0] = *is_end ? NULL : sp_scalar((double)index, SP_F32);
    return row[0] || *is_end ? SP_OK : sp_error();
}

/* Something of everything. */
static sp_dataset *pipeline(void)
{
    sp_dataset *ds = sp_data_mnist(dir);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_typecast(SP_F16), sp_rescale(2, 0), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32), sp_map_with(twice, NULL));
    ds = sp_data_repeat(sp_data_shuffle(ds, 4), 2);
    ds = sp_data_zip(ds, sp_data_shuffle(sp_data_callback(count_to_five, NULL, .length = -1, .columns = 1), 3));
    ds = sp_data_map_rows(sp_data_take(ds, 9), both, NULL, 2, (const char *[]){"a", "b"});
    return sp_data_batch(ds, 2);
}

/* The whole of it with the n-th allocation failing; true if it succeeded all the same. */
static bool epoch_with_failure(int64_t n, int workers)
{
    int batches = 0;
    sp_scope scope = sp_scope_begin();
    sp_error_clear();
    sp_mem_fail_at(n);
    sp_iter *it = sp_iter_new(pipeline(), .workers = workers);
    sp_list batch;
    while (it && sp_iter_next(it, &batch))
        batches++;
    bool whole = it && batches == 3 && sp_error() == SP_OK;
    if (it)
        sp_iter_rewind(it);
    sp_iter_free(it);
    bool failed = n > 0 && sp_mem_requests() >= n;
    sp_mem_fail_at(0);
    if (failed && !whole)
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
    if (!whole)
        assert_int_not_equal(sp_error(), SP_OK);
    sp_error_clear();
    sp_scope_end(scope);
    return whole;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int workers = -1; workers <= 2; workers += workers < 0 ? 2 : 1) {
        assert_true(epoch_with_failure(0, workers));
        int64_t live = sp_mem_stats_get().live_blocks;
        int passed = 0;
        for (int64_t n = 1; passed < 20; n++) { /* threads ask in no fixed order: some more, to be sure of the end */
            passed += epoch_with_failure(n, workers);
            if (sp_mem_stats_get().live_blocks != live)
                fail_msg("allocation %d, %d workers: %d blocks leak", (int)n, workers,
                         (int)(sp_mem_stats_get().live_blocks - live));
            assert_true(n < 5000);
        }
    }
}

/* The same with generated digits and arrays, which own what they show. */
static void every_allocation_of_the_other_sources_may_fail(void **state)
{
    (void)state;
    for (int64_t n = 0, live = 0, done = 0; !done; n++) {
        sp_scope scope = sp_scope_begin();
        sp_error_clear();
        sp_mem_fail_at(n);
        sp_tensor *x = sp_arange(0, 6, 1, SP_F32);
        sp_dataset *ds = sp_data_zip(sp_data_arrays(sp_list_of(x)), sp_data_digits(.count = 6));
        sp_iter *it = sp_iter_new(sp_data_batch(ds, 4), .workers = -1);
        sp_list batch;
        while (it && sp_iter_next(it, &batch))
            ;
        sp_iter_free(it);
        bool met = n > 0 && sp_mem_requests() >= n;
        sp_mem_fail_at(0);
        assert_int_equal(sp_error(), met ? SP_ERR_NOMEM : SP_OK);
        done = n > 0 && !met;
        sp_error_clear();
        sp_scope_end(scope);
        live = n == 0 ? sp_mem_stats_get().live_blocks : live;
        assert_int_equal(sp_mem_stats_get().live_blocks, live);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_wrong_with_a_file_is_said),
        CASE(parts_must_be_of_one_size),
        CASE(absurd_dimensions_cost_no_memory),
        CASE(any_changed_byte_of_a_header_is_noticed),
        CASE(a_file_that_shrinks_before_it_is_read_is_noticed),
#ifdef SPORE_HAVE_ZLIB
        CASE(damaged_compressed_files_are_refused),
#else
        CASE(without_zlib_a_compressed_file_is_refused),
#endif
        CASE(every_allocation_may_fail),
        CASE(every_allocation_of_the_other_sources_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
