/* Where an iterator stands, and going on from there in another one. */
#include "support/test.h"

#include "spore.h"

enum { ROWS = 23 };

static sp_dataset *numbers(void)
{
    float x[ROWS];
    for (int i = 0; i < ROWS; i++)
        x[i] = (float)i;
    return sp_data_arrays(sp_list_of(sp_from(x, SP_F32, SP_DIMS(ROWS))));
}

static sp_status count_to(void *user, int64_t index, sp_tensor **row, bool *end)
{
    *end = index == *(int *)user;
    row[0] = *end ? NULL : sp_scalar((double)index, SP_F32);
    return *end || row[0] ? SP_OK : sp_error();
}

static sp_dataset *unknown_length(void)
{
    static int length = 17;
    return sp_data_callback(.get = count_to, .user = &length, .length = -1, .columns = 1);
}

static sp_tensor *noise(void *user, sp_tensor *x)
{
    (void)user;
    return sp_add(x, sp_rand_uniform(0, 0.5, SP_F32, sp_shape_of(x)));
}

static sp_dataset *named(sp_dataset *ds, const char *name, sp_fn fn)
{
    return sp_data_map_rows(ds, fn, NULL, 1, &name);
}

static sp_list same(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(in.at[0]);
}

/* The pipelines that are tried, by number; NULL: there are no more. */
static sp_dataset *pipeline(int k)
{
    switch (k) {
    case 0:
        return numbers();
    case 1:
        return sp_data_batch(numbers(), 4);
    case 2:
        return sp_data_batch(sp_data_shuffle(numbers(), 5), 4, .drop_remainder = true);
    case 3:
        return sp_data_repeat(sp_data_shuffle(numbers(), 100), 2);
    case 4:
        return sp_data_take(sp_data_skip(sp_data_repeat(numbers(), 3), 7), 31);
    case 5:
        return sp_data_zip(named(numbers(), "a", same), named(sp_data_shuffle(numbers(), 3), "b", same));
    case 6:
        return sp_data_batch(sp_data_shuffle(unknown_length(), 6), 3);
    case 7:
        return sp_data_map(sp_data_batch(sp_data_map(numbers(), "column_0", sp_map_with(noise, NULL)), 6), "column_0",
                           sp_map_with(noise, NULL));
    default:
        return NULL;
    }
}

/* All numbers of a row, folded into one; -1 at the end of an epoch. */
static double next(sp_iter *it)
{
    sp_list row;
    if (!sp_iter_next(it, &row)) {
        assert_int_equal(sp_error(), SP_OK);
        return -1;
    }
    double sum = 0;
    for (int c = 0; c < row.n; c++)
        for (int64_t i = 0; i < sp_size_of(row.at[c]); i++)
            sum = sum * 31 + sp_at(row.at[c], i);
    return sum;
}

TEST(another_iterator_goes_on_with_the_rows_that_come_next)
{
    for (int k = 0; k < 8; k++)
        for (int at = 0; at < 60; at += k == 3 ? 7 : 1)
            for (int workers = -1; workers < 3; workers += workers < 0 ? 2 : 1) {
                sp_set_seed(5);
                sp_iter *a = sp_iter_new(pipeline(k), .workers = workers);
                sp_set_seed(6);
                sp_iter *b = sp_iter_new(pipeline(k), .workers = 1 - workers ? 1 - workers : -1);
                for (int i = 0; i < at; i++)
                    next(a);
                for (int i = 0; i < at % 5; i++) /* it stands somewhere, and makes rows ahead */
                    next(b);
                assert_int_equal(sp_iter_seek(b, sp_iter_tell(a)), SP_OK);
                sp_iter_place x = sp_iter_tell(a), y = sp_iter_tell(b);
                assert_memory_equal(&x, &y, sizeof x);
                for (int i = 0; i < 60; i++) {
                    double want = next(a), got = next(b);
                    if (want != got)
                        fail_msg("pipeline %d after %d rows, row %d: %.9g, not %.9g", k, at, i, got, want);
                }
                if (at % 3 == 0) { /* leaving an epoch leads to the same next one */
                    sp_iter_rewind(a);
                    sp_iter_rewind(b);
                    assert_true(next(a) == next(b));
                }
                sp_iter_free(a);
                sp_iter_free(b);
            }
}

TEST(places_that_are_not_there_are_refused)
{
    sp_iter *it = sp_iter_new(sp_data_batch(numbers(), 4)); /* 6 batches */
    sp_iter_place place = sp_iter_tell(it);
    assert_int_equal(place.given, 0);
    place.given = 6;
    assert_int_equal(sp_iter_seek(it, place), SP_OK);
    assert_true(next(it) == -1); /* all were given: the end comes next */
    place.given = 7;
    assert_int_equal(sp_iter_seek(it, place), SP_ERR_VALUE);
    assert_string_equal(sp_error_text(), "iter_seek: the data has 6 rows an epoch, expected at least 7");
    sp_error_clear();
    assert_int_equal(sp_iter_tell(it).given, 0);
    assert_true(next(it) >= 0); /* it begins the epoch */
    place.given = -1;
    assert_int_equal(sp_iter_seek(it, place), SP_ERR_VALUE);
    sp_error_clear();
    place.given = INT64_MAX;
    assert_int_equal(sp_iter_seek(it, place), SP_ERR_VALUE);
    sp_error_clear();
    sp_iter_free(it);
    assert_int_equal(sp_iter_tell(NULL).given, 0);
}

TEST_MAIN()
