/* 05: data: sources, transforms, the pipeline that makes batches.
 *
 * usage: 05_data [--data DIR|digits]     DIR: a folder with MNIST's IDX files; digits (the default): generated ones */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <spore.h>

static sp_dataset *source(const char *data)
{
    return strcmp(data, "digits") == 0 ? sp_data_digits(.usage = SP_USAGE_TRAIN) : sp_data_mnist(data);
}

static void show_source(const char *data)
{
    sp_dataset *ds = source(data);
    printf("%" PRId64 " rows of", sp_data_size(ds));
    for (int i = 0; i < sp_data_columns(ds); i++)
        printf(" %s", sp_data_column(ds, i));
    printf("\n");

    sp_iter *it = sp_iter_new(ds);
    sp_list row;
    if (sp_iter_next(it, &row))
        printf("image %s %s, label %s %s\n", sp_shape_str(sp_shape_of(row.at[0])),
               sp_dtype_name(sp_dtype_of(row.at[0])), sp_shape_str(sp_shape_of(row.at[1])),
               sp_dtype_name(sp_dtype_of(row.at[1])));
    sp_iter_free(it);
}

/* What the network is trained with. */
static sp_iter *pipeline(const char *data)
{
    sp_dataset *ds = source(data);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_normalize(.1307f, .3081f), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, 64));
}

static void show_batch(const char *data)
{
    sp_iter *it = pipeline(data);
    printf("%" PRId64 " batches\n", sp_iter_len(it));
    sp_list batch;
    if (sp_iter_next(it, &batch)) {
        sp_tensor *image = batch.at[0], *label = batch.at[1];
        printf("Shape of image [N, C, H, W]: %s %s\n", sp_shape_str(sp_shape_of(image)),
               sp_dtype_name(sp_dtype_of(image)));
        printf("Shape of label: %s %s\n", sp_shape_str(sp_shape_of(label)), sp_dtype_name(sp_dtype_of(label)));
    }
    sp_iter_free(it);
}

/* Prints all rows of an epoch on one line each; takes the dataset. */
static void show_rows(const char *what, sp_dataset *ds)
{
    printf("%s:", what);
    sp_iter *it = sp_iter_new(ds);
    for (sp_list row; sp_iter_next(it, &row);)
        printf(" %s", sp_str(row.at[0]));
    printf("\n");
    sp_iter_free(it);
}

/* The numbers 0 to 5, a row each. */
static sp_dataset *six(void)
{
    return sp_data_arrays(sp_list_of(sp_arange(0, 6, 1, SP_I32)), .names = (const char *const[]){"number"},
                          .no_shuffle = true);
}

static sp_tensor *squared(void *user, sp_tensor *x)
{
    (void)user;
    return sp_mul(x, x);
}

static void show_order(void)
{
    show_rows("as they are", six());
    show_rows("shuffle", sp_data_shuffle(six(), 6));
    show_rows("batch", sp_data_batch(six(), 4));
    show_rows("batch, drop_remainder", sp_data_batch(six(), 4, .drop_remainder = true));
    show_rows("repeat, then batch", sp_data_batch(sp_data_repeat(six(), 2), 4));
    show_rows("batch, then repeat", sp_data_repeat(sp_data_batch(six(), 4), 2));
    show_rows("skip 1, take 3", sp_data_take(sp_data_skip(six(), 1), 3));
    show_rows("map with a function", sp_data_map(six(), "number", sp_map_with(squared, NULL)));
}

/* Own data from arrays: five rows of features and a label. */
static void show_arrays(void)
{
    sp_list arrays = sp_list_of(sp_ones(SP_F32, SP_DIMS(5, 2)), sp_zeros(SP_I32, SP_DIMS(5)));
    sp_dataset *ds = sp_data_arrays(arrays, .names = (const char *const[]){"data", "label"});
    sp_iter *it = sp_iter_new(sp_data_batch(ds, 2));
    for (sp_list row; sp_iter_next(it, &row);)
        printf("%s\n", sp_list_str(row));
    sp_iter_free(it);
}

/* Own data from a function: it is asked for row `index` until it says that there are no more. */
static sp_status count_to(void *user, int64_t index, sp_tensor **row, bool *end)
{
    const int *last = user;
    *end = index >= *last;
    if (!*end)
        row[0] = sp_scalar((double)(index + 1), SP_I32);
    return SP_OK;
}

int main(int argc, char **argv)
{
    const char *data = argc == 3 && strcmp(argv[1], "--data") == 0 ? argv[2] : "digits";
    sp_set_seed(1);
    show_source(data);
    show_batch(data);
    printf("\n");
    show_order();
    printf("\n");
    show_arrays();
    printf("\n");
    int last = 3;
    show_rows("a callback", sp_data_callback(count_to, &last, .length = -1, .columns = 1));

    if (sp_error() != SP_OK)
        fprintf(stderr, "%s\n", sp_error_text());
    sp_shutdown();
    return sp_error() != SP_OK;
}
