/* Sources and transforms: what is in a row. */
#define SP_EXPERIMENTAL
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/data.h"
#include "support/idx_files.h"
#include "support/rows.h"

static int begin(void **state)
{
    sp_scope *scope = malloc(sizeof *scope);
    sp_error_clear();
    *scope = sp_scope_begin();
    *state = scope;
    return 0;
}

static int end(void **state)
{
    sp_scope *scope = *state;
    sp_scope_end(*scope);
    free(scope);
    return 0;
}

/* ---- MNIST ---- */

static void mnist_has_images_and_labels(void **state)
{
    (void)state;
    const char *dir = folder_new();
    assert_true(idx_write(dir, "train", 12, 5, 4));
    assert_true(idx_write(dir, "t10k", 3, 5, 4));
    static const struct {
        sp_usage usage;
        int size;
        const char *labels;
    } cases[] = {
        {SP_USAGE_TRAIN, 12, "0 1 2 3 4 5 6 7 8 9 0 1"},
        {SP_USAGE_TEST, 3, "0 1 2"},
        {SP_USAGE_ALL, 15, "0 1 2 3 4 5 6 7 8 9 0 1 0 1 2"},
    };
    for (int i = 0; i < 3; i++) {
        sp_dataset *ds = sp_data_mnist(dir, cases[i].usage, .no_shuffle = true);
        assert_int_equal(sp_data_size(ds), cases[i].size);
        assert_string_equal(sp_data_column(ds, 0), "image");
        assert_string_equal(sp_data_column(ds, 1), "label");
        sp_iter *it = sp_iter_new(ds);
        sp_list row;
        char labels[128] = "";
        for (int k = 0; sp_iter_next(it, &row); k++) {
            assert_int_equal(sp_dtype_of(row.at[0]), SP_U8);
            assert_int_equal(sp_dtype_of(row.at[1]), SP_U32);
            assert_true(sp_shape_equal(sp_shape_of(row.at[0]), SP_DIMS(5, 4, 1)));
            assert_int_equal(sp_shape_of(row.at[1]).rank, 0);
            assert_null(row.at[7]);
            assert_int_equal((int)sp_at(row.at[0], 7), (31 * (k % 12) + 7) & 255);
            snprintf(labels + strlen(labels), 16, "%s%g", k ? " " : "", sp_item(row.at[1]));
        }
        assert_string_equal(labels, cases[i].labels);
        sp_iter_free(it);
    }
    sp_dataset *some = sp_data_mnist(dir, .num_samples = 4);
    assert_int_equal(sp_data_size(some), 4);
    sp_data_free(some);
    some = sp_data_mnist(dir, .num_samples = 400);
    assert_int_equal(sp_data_size(some), 15);
    sp_data_free(some);
    folder_remove(dir);
}

static void a_folder_with_train_and_test_below_serves_every_usage(void **state)
{
    (void)state;
    char train[512], test[512], text[1600];
    const char *dir = folder_new();
    snprintf(train, sizeof train, "%s/train", dir);
    snprintf(test, sizeof test, "%s/test", dir);
    assert_null(sp_data_mnist(dir, SP_USAGE_TEST));
    snprintf(text, sizeof text, "mnist: found no t10k-images-idx3-ubyte (raw or .gz) in %s and %s", dir, test);
    assert_string_equal(sp_error_text(), text);
    sp_error_clear();
    assert_null(sp_data_mnist(dir));
    snprintf(text, sizeof text, "mnist: found no *-images-idx3-ubyte (raw or .gz) in %s, %s and %s", dir, train, test);
    assert_string_equal(sp_error_text(), text);
    sp_error_clear();

    assert_int_equal(mkdir(train, 0777), 0);
    assert_int_equal(mkdir(test, 0777), 0);
    assert_true(idx_write(train, "train", 4, 2, 2));
    assert_true(idx_write(test, "t10k", 2, 2, 2));
    const char *shown[] = {"/0 /1 /2 /3 /0 /1", "/0 /1 /2 /3", "/0 /1"};
    for (int usage = 0; usage < 3; usage++) {
        sp_iter *it = sp_iter_new(sp_data_mnist(dir, (sp_usage)usage, .no_shuffle = true));
        sp_list row;
        text[0] = 0;
        while (sp_iter_next(it, &row))
            snprintf(text + strlen(text), 16, "%s/%g", text[0] ? " " : "", sp_item(row.at[1]));
        assert_string_equal(text, shown[usage]);
        sp_iter_free(it);
    }
    assert_true(idx_write(dir, "train", 3, 2, 2)); /* its own files come first */
    sp_dataset *own = sp_data_mnist(dir);
    assert_int_equal(sp_data_size(own), 3);
    sp_data_free(own);
    assert_int_equal(sp_error(), SP_OK);
    folder_remove(dir);
}

static void mnist_shuffles_unless_told_not_to(void **state)
{
    (void)state;
    const char *dir = folder_new();
    assert_true(idx_write(dir, "train", 100, 1, 1));
    const char *expected = rows_text(sp_data_mnist(dir, .no_shuffle = true), 1);
    assert_string_not_equal(rows_text(sp_data_mnist(dir), 1), expected);
    folder_remove(dir);
}

static void an_empty_mnist_has_no_rows(void **state)
{
    (void)state;
    const char *dir = folder_new();
    assert_true(idx_write(dir, "train", 0, 28, 28));
    assert_string_equal(rows_text(sp_data_batch(sp_data_mnist(dir), 4), 1), "");
    assert_true(idx_write(dir, "train", 2, 0, 28));
    assert_string_equal(rows_text(sp_data_map(sp_data_mnist(dir, .no_shuffle = true), "image", sp_rescale(2, 0)), 1),
                        "[]/0 []/1");
    folder_remove(dir);
}

#ifdef SPORE_HAVE_ZLIB
static void compressed_mnist_is_the_same(void **state)
{
    (void)state;
    char command[256];
    const char *dir = folder_new();
    assert_true(idx_write(dir, "train", 50, 3, 3));
    char *plain = strdup(rows_text(sp_data_mnist(dir, .no_shuffle = true), 1));
    snprintf(command, sizeof command, "gzip %s/*", dir);
    assert_int_equal(system(command), 0);
    assert_string_equal(rows_text(sp_data_mnist(dir, .no_shuffle = true), 1), plain);
    free(plain);
    folder_remove(dir);
}
#endif

/* ---- generated digits ---- */

static void digits_are_the_same_everywhere_and_differ_between_train_and_test(void **state)
{
    (void)state;
    uint64_t sums[3] = {0};
    for (int k = 0; k < 3; k++) {
        sp_dataset *ds =
            sp_data_digits(.count = 200, .usage = k == 2 ? SP_USAGE_TEST : SP_USAGE_TRAIN, .no_shuffle = true);
        sp_iter *it = sp_iter_new(sp_data_batch(ds, 200), .workers = k == 1 ? -1 : 3);
        sp_list all;
        assert_true(sp_iter_next(it, &all));
        assert_true(sp_shape_equal(sp_shape_of(all.at[0]), SP_DIMS(200, 28, 28, 1)));
        const uint8_t *p = sp_data(all.at[0]);
        sums[k] = 14695981039346656037u; /* FNV-1a */
        for (int i = 0; i < 200 * 784; i++)
            sums[k] = (sums[k] ^ p[i]) * 1099511628211u;
        sp_iter_free(it);
    }
    assert_int_equal(sums[0], sums[1]);
    assert_int_not_equal(sums[0], sums[2]);
    sp_dataset *ds = sp_data_digits(0);
    assert_int_equal(sp_data_size(ds), 60000);
    sp_data_free(ds);
    ds = sp_data_digits(.usage = SP_USAGE_TEST);
    assert_int_equal(sp_data_size(ds), 10000);
    sp_data_free(ds);
}

/* Nearest class mean, of 2,000 digits, on 1,000 others: far above chance, so the classes look different; far from
 * perfect, so that there is something to learn. */
static void digits_can_be_told_apart_but_not_trivially(void **state)
{
    (void)state;
    static float mean[10][784];
    float count[10] = {0};
    int right = 0;
    sp_iter *it = sp_iter_new(sp_data_digits(.count = 2000));
    for (sp_list row; sp_iter_next(it, &row);) {
        const uint8_t *p = sp_data(row.at[0]);
        int label = (int)sp_item(row.at[1]);
        count[label]++;
        for (int i = 0; i < 784; i++)
            mean[label][i] += p[i];
    }
    sp_iter_free(it);
    it = sp_iter_new(sp_data_digits(.count = 1000, .usage = SP_USAGE_TEST));
    for (sp_list row; sp_iter_next(it, &row);) {
        const uint8_t *p = sp_data(row.at[0]);
        float best = INFINITY;
        int guess = 0;
        for (int c = 0; c < 10; c++) {
            float distance = 0;
            for (int i = 0; i < 784; i++)
                distance += (mean[c][i] / count[c] - p[i]) * (mean[c][i] / count[c] - p[i]);
            guess = distance < best ? c : guess;
            best = fminf(best, distance);
        }
        right += guess == (int)sp_item(row.at[1]);
    }
    sp_iter_free(it);
    assert_in_range(right, 500, 900);
}

/* ---- arrays and callbacks ---- */

static void arrays_give_their_rows(void **state)
{
    (void)state;
    sp_tensor *x = sp_from((float[]){1, 2, 3, 4, 5, 6}, SP_F32, SP_DIMS(3, 2));
    sp_tensor *y = sp_from((int64_t[]){7, 8, 9}, SP_I64, SP_DIMS(3));
    assert_string_equal(rows_text(sp_data_arrays(sp_list_of(x, y), .no_shuffle = true), 2), "[1 2]/7 [3 4]/8 [5 6]/9");
    sp_dataset *ds = sp_data_arrays(sp_list_of(x, y));
    assert_string_equal(sp_data_column(ds, 0), "column_0");
    assert_string_equal(sp_data_column(ds, 1), "column_1");
    sp_data_free(ds);
    assert_int_equal(sp_error(), SP_OK);
}

static void arrays_of_different_lengths_are_refused(void **state)
{
    (void)state;
    assert_null(sp_data_arrays(sp_list_of(sp_vector(1, 2), sp_vector(1, 2, 3))));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    assert_string_equal(sp_error_text(), "arrays: shapes (2,) and (3,): each must have the same number of rows");
    sp_error_clear();
    assert_null(sp_data_arrays(sp_list_of(sp_scalar(1, SP_F32))));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    sp_error_clear();
    assert_null(sp_data_arrays(sp_list_of(sp_vector(1)), .names = (const char *[]){""}));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
}

typedef struct counter {
    int64_t length;
    int freed;
} counter;

static sp_status squares(void *user, int64_t index, sp_tensor **row, bool *is_end)
{
    const counter *c = user;
    *is_end = index >= c->length;
    if (!*is_end) {
        row[0] = sp_scalar((double)index, SP_F32);
        row[1] = sp_scalar((double)(index * index), SP_I64);
    }
    return SP_OK;
}

static void note_freed(void *user) { ((counter *)user)->freed++; }

static void a_callback_of_unknown_length_gives_rows_until_its_end(void **state)
{
    (void)state;
    for (int workers = -1; workers <= 3; workers++) {
        counter c = {.length = 5};
        sp_dataset *ds =
            sp_data_callback(squares, &c, .free_user = note_freed, .length = -1, .columns = 2, .no_shuffle = true);
        assert_int_equal(sp_data_size(ds), -1);
        ds = sp_data_repeat(sp_data_batch(ds, 2), 2);
        assert_int_equal(sp_data_size(ds), -1);
        assert_string_equal(rows_text(ds, workers),
                            "[0 1]/[0 1] [2 3]/[4 9] [4]/[16] [0 1]/[0 1] [2 3]/[4 9] [4]/[16]");
        assert_int_equal(c.freed, 1);
    }
}

/* Rows that were fetched and then not wanted: skipped, cut off, dropped with the remainder, left in a shuffle's
 * window. */
static void rows_of_a_callback_that_nobody_wants_are_let_go(void **state)
{
    (void)state;
    int64_t live = sp_mem_stats_get().live_blocks;
    for (int workers = -1; workers <= 3; workers++) {
        counter c = {.length = 11};
        sp_dataset *ds = sp_data_callback(squares, &c, .length = -1, .columns = 2);
        ds = sp_data_batch(sp_data_skip(ds, 2), 4, .drop_remainder = true);
        assert_string_equal(rows_text(sp_data_zip(ds, rows_of(0, 1, "n")), workers), "[2 3 4 5]/[4 9 16 25]/0");
        ds = sp_data_shuffle(sp_data_callback(squares, &c, .length = -1, .columns = 2), 7);
        sp_iter *it = sp_iter_new(ds, .workers = workers);
        sp_list row;
        assert_true(sp_iter_next(it, &row));
        assert_true(sp_item(row.at[0]) < 7);
        assert_true(sp_item(row.at[1]) == sp_item(row.at[0]) * sp_item(row.at[0]));
        sp_iter_rewind(it);
        assert_true(sp_iter_next(it, &row));
        sp_iter_free(it);
    }
    assert_int_equal(sp_mem_stats_get().live_blocks, live);
}

static void a_callback_of_known_length_is_shuffled(void **state)
{
    (void)state;
    counter c = {.length = 100};
    const char *plain =
        rows_text(sp_data_callback(squares, &c, .length = 100, .columns = 2, .no_shuffle = true, .parallel = true), 3);
    assert_memory_equal(plain, "0/0 1/1 2/4 3/9 4/16 ", 21);
    const char *shuffled = rows_text(sp_data_callback(squares, &c, .length = 100, .columns = 2), 3);
    assert_string_not_equal(shuffled, plain);
    assert_int_equal(strlen(shuffled), strlen(plain));
}

/* ---- transforms ---- */

/* The transforms as their contracts say, one by one, in Float32. */
static float stepwise(float x, int n, const sp_transform *t, int channel)
{
    for (int i = 0; i < n; i++) {
        volatile float product; /* no fused multiply-add here either */
        if (t[i].kind == SP__TRANSFORM_RESCALE) {
            product = x * t[i].a[0];
            x = product + t[i].b[0];
        } else if (t[i].kind == SP__TRANSFORM_NORMALIZE) {
            int c = t[i].n > 1 ? channel : 0;
            x = (x - t[i].a[c]) / t[i].b[c];
        }
    }
    return x;
}

enum { H = 6, W = 50, C = 3 }; /* 300 pixels: more than one block of a pass, no multiple of a vector */

static void check_images(const char *name, sp_dtype dtype, int n, const sp_transform *t, bool planar)
{
    float values[2 * H * W * C];
    for (int i = 0; i < 2 * H * W * C; i++)
        values[i] = (float)(i * 37 % 256) - (dtype == SP_U8 ? 0.f : 100.f);
    void *narrow = malloc(2 * sizeof values);
    sp__data_cast(narrow, dtype, values, SP_F32, 2 * H * W * C);
    sp_tensor *x = sp_from(narrow, dtype, SP_DIMS(2, H, W, C));
    free(narrow);
    sp_dataset *ds = sp_data_arrays(sp_list_of(x), .no_shuffle = true);
    sp_iter *it = sp_iter_new(sp_data_batch(sp_data_map_new(ds, "column_0", n, t), 2));
    sp_list batch;
    if (!sp_iter_next(it, &batch))
        fail_msg("%s: %s", name, sp_error_text());
    assert_int_equal(sp_dtype_of(batch.at[0]), SP_F32);
    assert_true(sp_shape_equal(sp_shape_of(batch.at[0]), planar ? SP_DIMS(2, C, H, W) : SP_DIMS(2, H, W, C)));
    const float *out = sp_data(batch.at[0]);
    for (int i = 0; i < 2 * H * W * C; i++) {
        int image = i / (H * W * C), pixel = i / C % (H * W), c = i % C;
        float expected = stepwise(values[i], n, t, c);
        float got = out[planar ? (image * C + c) * H * W + pixel : i];
        if (memcmp(&got, &expected, sizeof got) != 0)
            fail_msg("%s: element %d: %.9g, expected %.9g", name, i, (double)got, (double)expected);
    }
    sp_iter_free(it);
}

static void fused_transforms_equal_those_one_by_one_to_the_last_bit(void **state)
{
    (void)state;
    const float mean[] = {.485f, .456f, .406f}, std[] = {.229f, .224f, .225f};
    const sp_transform scale = sp_rescale(1 / 255.f, .1f), one = sp_normalize(.1307f, .3081f), chw = sp_hwc2chw();
    const sp_transform each = sp_normalize_channels(3, mean, std), f32 = sp_typecast(SP_F32);
    static const sp_dtype types[] = {SP_U8, SP_F32, SP_I32, SP_F64, SP_F16, SP_I64, SP_I16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        check_images("rescale", types[i], 1, &scale, false);
        check_images("tutorial", types[i], 3, (sp_transform[]){scale, one, chw}, true);
        check_images("channels", types[i], 3, (sp_transform[]){scale, each, chw}, true);
        check_images("channels, not moved", types[i], 2, (sp_transform[]){scale, each}, false);
        check_images("moved first", types[i], 4, (sp_transform[]){chw, one, f32, scale}, true);
        check_images("many", types[i], 7, (sp_transform[]){f32, each, scale, each, one, chw, scale}, true);
    }
}

static void rescale_gives_mindspores_number(void **state)
{
    (void)state;
    sp_tensor *x = sp_from((uint8_t[]){11}, SP_U8, SP_DIMS(1, 1));
    sp_dataset *ds = sp_data_map(sp_data_arrays(sp_list_of(x)), "column_0", sp_rescale(1 / 255.f, 0));
    sp_iter *it = sp_iter_new(ds);
    sp_list row;
    assert_true(sp_iter_next(it, &row));
    assert_true((float)sp_item(row.at[0]) == 0.043137256f);
    sp_iter_free(it);
}

static void hwc2chw_moves_elements_of_any_type(void **state)
{
    (void)state;
    sp_tensor *x = sp_from((int16_t[]){1, 2, 3, 4, 5, 6}, SP_I16, SP_DIMS(1, 1, 2, 3));
    assert_string_equal(rows_text(sp_data_map(sp_data_arrays(sp_list_of(x)), "column_0", sp_hwc2chw()), 1),
                        "[1 4 2 5 3 6]");
    assert_string_equal(
        rows_text(sp_data_map(sp_data_arrays(sp_list_of(x)), "column_0", sp_hwc2chw(), sp_hwc2chw()), 1),
        "[1 2 3 4 5 6]");
}

static void labels_are_cast_and_made_one_hot(void **state)
{
    (void)state;
    sp_tensor *x = sp_from((uint32_t[]){2, 0, 1}, SP_U32, SP_DIMS(3));
    sp_dataset *ds = sp_data_arrays(sp_list_of(x), .no_shuffle = true);
    assert_string_equal(rows_text(sp_data_map(ds, "column_0", sp_one_hot_label(3)), 1), "[0 0 1] [1 0 0] [0 1 0]");
    ds = sp_data_arrays(sp_list_of(x), .no_shuffle = true);
    ds = sp_data_batch(sp_data_map(ds, "column_0", sp_typecast(SP_I16), sp_rescale(2, .5f), sp_typecast(SP_I64)), 3);
    sp_iter *it = sp_iter_new(ds);
    sp_list batch;
    assert_true(sp_iter_next(it, &batch));
    assert_int_equal(sp_dtype_of(batch.at[0]), SP_I64);
    assert_memory_equal(sp_data(batch.at[0]), ((int64_t[]){4, 0, 2}), 24);
    sp_iter_free(it);
}

static void casts_wrap_integers_and_cut_floats(void **state)
{
    (void)state;
    const int64_t wide[] = {-1, 300, INT64_MIN, 1LL << 33};
    uint8_t u8[4];
    uint64_t u64[4];
    sp__data_cast(u8, SP_U8, wide, SP_I64, 4);
    assert_memory_equal(u8, ((uint8_t[]){255, 44, 0, 0}), 4);
    sp__data_cast(u64, SP_U64, wide, SP_I64, 4);
    assert_int_equal(u64[0], UINT64_MAX);
    sp__data_cast(u8, SP_BOOL, wide, SP_I64, 4);
    assert_memory_equal(u8, ((uint8_t[]){1, 1, 1, 1}), 4);
    int32_t i32[3];
    sp__data_cast(i32, SP_I32, (float[]){1.7f, -1.7f, 3}, SP_F32, 3);
    assert_memory_equal(i32, ((int32_t[]){1, -1, 3}), 12);
}

static sp_tensor *add_one(void *user, sp_tensor *x)
{
    (void)user;
    return sp_scalar(sp_item(x) + 1, SP_F32);
}

static sp_list swap_and_sum(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(in.at[1], in.at[0], sp_scalar(sp_item(in.at[0]) + sp_item(in.at[1]), SP_F64));
}

static void functions_of_the_user_make_columns(void **state)
{
    (void)state;
    for (int workers = -1; workers <= 3; workers++) {
        sp_dataset *ds = sp_data_map(rows_of(0, 3, "a"), "a", sp_rescale(2, 0), sp_map_with(add_one, NULL),
                                     sp_map_with(add_one, NULL), sp_rescale(10, 0));
        assert_string_equal(rows_text(sp_data_batch(ds, 2), workers), "[20 40] [60]");
        ds = sp_data_map(rows_of(0, 3, "a"), "a", sp_map_with(add_one, NULL));
        assert_string_equal(rows_text(ds, workers), "1 2 3");
        ds = sp_data_map_rows(sp_data_zip(rows_of(0, 3, "a"), rows_of(5, 3, "b")), swap_and_sum, NULL, 3,
                              (const char *[]){"b", "a", "sum"});
        assert_string_equal(sp_data_column(ds, 2), "sum");
        ds = sp_data_map(ds, "sum", sp_rescale(.5f, 0));
        assert_string_equal(rows_text(sp_data_batch(ds, 2), workers), "[5 6]/[0 1]/[2.5 3.5] [7]/[2]/[4.5]");
    }
}

/* A map above a batch sees the batch, as MindSpore's does. */
static void maps_above_a_batch_see_the_batch(void **state)
{
    (void)state;
    sp_dataset *ds = sp_data_map(sp_data_batch(rows_of(0, 3, "a"), 2), "a", sp_rescale(2, 1), sp_typecast(SP_I32));
    assert_string_equal(rows_text(ds, 2), "[1 3] [5]");
    ds = sp_data_map(sp_data_batch(rows_of(0, 3, "a"), 2), "a", sp_one_hot_label(3));
    assert_string_equal(rows_text(ds, 2), "[1 0 0 0 1 0] [0 0 1]");
}

static void wrong_transforms_are_refused_with_a_reason(void **state)
{
    (void)state;
    const float zero[2] = {0, 0};
    const struct {
        sp_transform t;
        const char *says;
    } early[] = {
        {sp_normalize(0, 0), "std 0"},
        {sp_normalize(NAN, 1), "finite"},
        {sp_rescale(INFINITY, 0), "finite"},
        {sp_normalize_channels(5, zero, zero), "1 to 4 channels"},
        {sp_normalize_channels(2, NULL, NULL), "1 to 4 channels"},
        {sp_typecast(SP_DTYPE_COUNT_), "no element type"},
        {sp_typecast((sp_dtype)-1), "no element type"},
        {sp_one_hot_label(0), "at least 1"},
        {sp_map_with(NULL, NULL), "NULL"},
        {(sp_transform){.kind = 0}, "kind 0"},
        {(sp_transform){.kind = 77}, "kind 77"},
        {(sp_transform){.kind = -1}, "kind -1"},
    };
    for (size_t i = 0; i < sizeof early / sizeof *early; i++) {
        sp_error_clear();
        assert_null(sp_data_map_new(rows_of(0, 3, "a"), "a", 1, &early[i].t));
        if (!strstr(sp_error_text(), early[i].says))
            fail_msg("case %zu: '%s' does not say '%s'", i, sp_error_text(), early[i].says);
    }
    const float mean[2] = {0, 0}, std[2] = {1, 1};
    const struct {
        sp_transform t;
        const char *text;
    } late[] = {
        {sp_hwc2chw(), "!map: hwc2chw: rows of shape (), (H, W, C) expected"},
        {sp_normalize_channels(2, mean, std),
         "!map: normalize: 2 channels for rows of shape (): the last axis must have 2"},
        {sp_one_hot_label(2), "[1 0] [0 1]!map: one_hot_label: label 2 is outside [0, 2)"},
    };
    for (size_t i = 0; i < sizeof late / sizeof *late; i++)
        for (int workers = -1; workers <= 2; workers++) {
            sp_error_clear();
            assert_string_equal(rows_text(sp_data_map(rows_of(0, 4, "a"), "a", late[i].t), workers), late[i].text);
        }
    sp_error_clear();
    assert_null(sp_data_map(rows_of(0, 3, "a"), "b", sp_hwc2chw()));
    assert_string_equal(sp_error_text(), "map: there is no column 'b'; there are: a");
}

static sp_status growing(void *user, int64_t index, sp_tensor **row, bool *is_end)
{
    (void)is_end;
    row[0] = user ? sp_scalar(0, index == 3 ? SP_F64 : SP_F32) : sp_zeros(SP_F32, SP_DIMS(index == 3 ? 2 : 1));
    return SP_OK;
}

static void rows_that_differ_cannot_be_batched(void **state)
{
    (void)state;
    int yes = 1;
    assert_string_equal(
        rows_text(sp_data_batch(sp_data_callback(growing, NULL, .length = 6, .columns = 1, .no_shuffle = true), 2), 2),
        "[0 0]!batch: column 'column_0': rows of shape (1,) and (2,)");
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    sp_error_clear();
    assert_string_equal(
        rows_text(sp_data_batch(sp_data_callback(growing, &yes, .length = 6, .columns = 1, .no_shuffle = true), 2), 2),
        "[0 0]!batch: column 'column_0': rows of type Float32 and Float64");
    assert_int_equal(sp_error(), SP_ERR_DTYPE);
}

static void null_is_refused_everywhere(void **state)
{
    (void)state;
    sp_list row;
    assert_null(sp_data_mnist_new(NULL));
    assert_null(sp_data_mnist(0));
    assert_null(sp_data_digits_new(NULL));
    assert_null(sp_data_arrays_new(NULL));
    assert_null(sp_data_arrays((sp_list){NULL, 1}));
    assert_null(sp_data_callback_new(NULL));
    assert_null(sp_data_callback(0));
    assert_null(sp_data_map(NULL, "a", sp_hwc2chw()));
    assert_null(sp_data_map(rows_of(0, 1, "a"), NULL, sp_hwc2chw()));
    assert_null(sp_data_map_new(rows_of(0, 1, "a"), "a", 1, NULL));
    assert_null(sp_data_map_rows(NULL, swap_and_sum, NULL, 1, (const char *[]){"a"}));
    assert_null(sp_data_map_rows(rows_of(0, 1, "a"), NULL, NULL, 1, (const char *[]){"a"}));
    assert_null(sp_data_map_rows(rows_of(0, 1, "a"), swap_and_sum, NULL, 1, NULL));
    assert_null(sp_data_batch_new(NULL));
    assert_null(sp_data_batch(NULL, 3));
    assert_null(sp_data_shuffle(NULL, 3));
    assert_null(sp_data_repeat(NULL, 3));
    assert_null(sp_data_take(NULL, 3));
    assert_null(sp_data_skip(NULL, 3));
    assert_null(sp_data_zip(NULL, rows_of(0, 1, "a")));
    assert_null(sp_data_zip(rows_of(0, 1, "a"), NULL));
    assert_int_equal(sp_data_size(NULL), -1);
    assert_int_equal(sp_data_columns(NULL), 0);
    assert_null(sp_data_column(NULL, 0));
    assert_null(sp_iter_new_with(NULL));
    assert_null(sp_iter_new(NULL));
    assert_false(sp_iter_next(NULL, &row));
    assert_int_equal(row.n, 0);
    sp_iter *it = sp_iter_new(rows_of(0, 1, "a"));
    assert_false(sp_iter_next(it, NULL));
    sp_iter_free(it);
    assert_int_equal(sp_iter_len(NULL), -1);
    assert_int_equal(sp_iter_columns(NULL), 0);
    assert_null(sp_iter_column(NULL, 0));
    sp_iter_rewind(NULL);
    sp_iter_free(NULL);
    sp_data_free(NULL);
    assert_int_not_equal(sp_error(), SP_OK);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(mnist_has_images_and_labels),
        CASE(a_folder_with_train_and_test_below_serves_every_usage),
        CASE(mnist_shuffles_unless_told_not_to),
        CASE(an_empty_mnist_has_no_rows),
#ifdef SPORE_HAVE_ZLIB
        CASE(compressed_mnist_is_the_same),
#endif
        CASE(digits_are_the_same_everywhere_and_differ_between_train_and_test),
        CASE(digits_can_be_told_apart_but_not_trivially),
        CASE(arrays_give_their_rows),
        CASE(arrays_of_different_lengths_are_refused),
        CASE(a_callback_of_unknown_length_gives_rows_until_its_end),
        CASE(rows_of_a_callback_that_nobody_wants_are_let_go),
        CASE(a_callback_of_known_length_is_shuffled),
        CASE(fused_transforms_equal_those_one_by_one_to_the_last_bit),
        CASE(rescale_gives_mindspores_number),
        CASE(hwc2chw_moves_elements_of_any_type),
        CASE(labels_are_cast_and_made_one_hot),
        CASE(casts_wrap_integers_and_cut_floats),
        CASE(functions_of_the_user_make_columns),
        CASE(maps_above_a_batch_see_the_batch),
        CASE(wrong_transforms_are_refused_with_a_reason),
        CASE(rows_that_differ_cannot_be_batched),
        CASE(null_is_refused_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
