/* cli/data.c: where the data lie, and the tutorial's pipeline over them. */
#include "cli/data.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The tutorial's: bytes to [0, 1], then by the mean and deviation of MNIST's pixels. */
static const float pixel_scale = 1 / 255.0f, pixel_mean = 0.1307f, pixel_deviation = 0.3081f;

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool join(char out[4096], const char *folder, const char *name)
{
    int n = snprintf(out, 4096, "%s%s%s", folder, *name ? "/" : "", name);
    if (n >= 0 && n < 4096)
        return true;
    sp_set_error(SP_ERR_VALUE, "data: a path of %d characters, expected fewer than 4096", n);
    return false;
}

/* A folder may hold train/ and test/, as MNIST's does, or the files of both. */
static bool set_parts(cli_data *d, const char *folder)
{
    static const char *const names[2] = {"train", "test"};
    for (int i = 0; i < 2; i++) {
        if (!join(d->parts[i], folder, names[i]))
            return false;
        if (!is_folder(d->parts[i]) && !join(d->parts[i], folder, ""))
            return false;
    }
    return true;
}

bool cli_data_find(cli_data *d)
{
    if (strcmp(d->name, "digits") == 0)
        return true;
    if (strcmp(d->name, "mnist") == 0) {
        const char *folder = sp_find_mnist(d->folder, false, cli_progress, NULL);
        return folder && set_parts(d, folder);
    }
    if (is_folder(d->name))
        return set_parts(d, d->name);
    sp_set_error(SP_ERR_IO, "data: found no folder '%s', expected mnist, digits or a folder with IDX files", d->name);
    return false;
}

static sp_dataset *source(const cli_data *d, sp_usage usage)
{
    bool test = usage == SP_USAGE_TEST;
    if (strcmp(d->name, "digits") == 0)
        return sp_data_digits(.count = d->limit, .usage = usage, .no_shuffle = test);
    return sp_data_mnist(.dir = d->parts[test], .usage = usage, .num_samples = d->limit, .no_shuffle = test);
}

sp_iter *cli_data_open(const cli_data *d, sp_usage usage, int64_t batch)
{
    return cli_data_open_with(d, usage, batch, 0);
}

sp_iter *cli_data_open_with(const cli_data *d, sp_usage usage, int64_t batch, int workers)
{
    sp_dataset *ds = source(d, usage);
    if (d->skip > 0)
        ds = sp_data_skip(ds, d->skip);
    ds = sp_data_map(ds, "image", sp_rescale(pixel_scale, 0), sp_normalize(pixel_mean, pixel_deviation), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, batch), .workers = workers);
}

sp_shape cli_data_shape(sp_iter *data)
{
    sp_list batch;
    sp_shape shape = {.rank = -1};
    if (sp_iter_next(data, &batch)) {
        shape = sp_shape_of(batch.at[0]);
        shape.dim[0] = 1;
    } else if (sp_error() == SP_OK) {
        sp_set_error(SP_ERR_VALUE, "data: found no samples, expected at least 1");
    }
    sp_iter_rewind(data);
    return shape;
}
