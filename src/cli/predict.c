/* cli/predict.c: `spore predict`. */
#include <stdio.h>
#include <string.h>

#include "cli/data.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/model.h"

enum { SHOWN_ROWS = 16 };

typedef struct options {
    cli_data data;
    const char *model, *layers;
    cli_texts inputs, outputs;
    cli_pixels pixels;
    int64_t sample, threads;
    bool json;
} options;

/* ---- results ---- */

static bool has_classes(const sp_tensor *y)
{
    sp_shape shape = sp_shape_of(y);
    return shape.rank == 2 && shape.dim[0] > 0 && shape.dim[1] > 1;
}

static void json_output(cli_json *j, sp_tensor *y, const char *file)
{
    cli_json_open(j, NULL, '{');
    cli_json_shape(j, "shape", sp_shape_of(y));
    cli_json_text(j, "dtype", sp_dtype_name(sp_dtype_of(y)));
    cli_json_text(j, "file", file);
    if (has_classes(y)) {
        sp_tensor *classes = sp_argmax(y, 1);
        cli_json_open(j, "argmax", '[');
        for (int64_t i = 0; i < sp_size_of(classes); i++)
            cli_json_whole(j, NULL, (int64_t)sp_at(classes, i));
        cli_json_close(j);
    }
    cli_json_close(j);
}

static void print_output(int i, sp_tensor *y, const char *file)
{
    printf("output %d: %s %s%s%s\n", i, sp_shape_str(sp_shape_of(y)), sp_dtype_name(sp_dtype_of(y)), file ? " -> " : "",
           file ? file : "");
    if (!has_classes(y))
        return;
    sp_tensor *classes = sp_argmax(y, 1);
    int64_t n = sp_size_of(classes);
    printf("largest of each row:");
    for (int64_t row = 0; row < n && row < SHOWN_ROWS; row++)
        printf(" %lld", (long long)sp_at(classes, row));
    printf(n > SHOWN_ROWS ? " ... (%s rows)\n" : "\n", cli_number(n));
}

static bool write_outputs(const options *o, sp_list y)
{
    for (int i = 0; i < o->outputs.n; i++)
        if (sp_npy_write(o->outputs.at[i], y.at[i]) != SP_OK)
            return false;
    return true;
}

static void say(const options *o, sp_list y)
{
    cli_json j = {0};
    if (o->json) {
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "model", o->model);
        cli_json_open(&j, "outputs", '[');
    }
    for (int i = 0; i < y.n; i++) {
        const char *file = i < o->outputs.n ? o->outputs.at[i] : NULL;
        if (o->json)
            json_output(&j, y.at[i], file);
        else
            print_output(i, y.at[i], file);
    }
    if (o->json) {
        cli_json_close(&j);
        cli_json_close(&j);
    }
}

/* ---- a sample of the test data ---- */

/* The image in characters, from dark to light, each for two rows: characters are twice as high as wide. */
static void draw(const sp_tensor *image)
{
    static const char shades[] = " .:-=+*#%@";
    sp_shape shape = sp_shape_of(image);
    int64_t height = shape.dim[2], width = shape.dim[3];
    double low = sp_at(image, 0), high = low;
    for (int64_t i = 0; i < height * width; i++) {
        double v = sp_at(image, i);
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    for (int64_t row = 0; row + 1 < height; row += 2) {
        for (int64_t column = 0; column < width; column++) {
            double v = (sp_at(image, row * width + column) + sp_at(image, (row + 1) * width + column)) / 2;
            putchar(shades[high > low ? (int)((v - low) / (high - low) * 9.99) : 0]);
        }
        putchar('\n');
    }
}

/* An iterator whose first batch is sample number o->sample of the test data. NULL on failure. */
static sp_iter *open_sample(options *o, sp_list *batch)
{
    o->data.skip = o->sample;
    sp_iter *it = cli_data_find(&o->data) ? cli_data_open(&o->data, SP_USAGE_TEST, 1) : NULL;
    if (!it || sp_iter_next(it, batch))
        return it;
    sp_set_error(SP_ERR_VALUE, "predict: --sample: found %lld, expected fewer than there are test samples",
                 (long long)o->sample);
    sp_iter_free(it);
    return NULL;
}

static bool predict_sample(options *o, cli_model *m)
{
    sp_list batch = {0};
    sp_iter *it = open_sample(o, &batch);
    if (!it)
        return false;
    bool ok = cli_model_fit(m, sp_shape_of(batch.at[0]));
    sp_list y = ok ? sp_cell_call_all(m->cell, sp_list_of(batch.at[0])) : (sp_list){0};
    ok = ok && y.at[0] && write_outputs(o, y);
    if (ok && !o->json) {
        draw(batch.at[0]);
        printf("sample %lld of %s, label %d\n", (long long)o->sample, o->data.name, (int)sp_item(batch.at[1]));
    }
    if (ok)
        say(o, y);
    sp_iter_free(it);
    return ok;
}

/* ---- arrays ---- */

static bool check_input(const cli_model *m, int i, const sp_tensor *x, const char *file)
{
    if (m->layers || sp_dtype_of(x) == m->dtypes[i])
        return true;
    sp_set_error(SP_ERR_DTYPE, "predict: %s holds %s, expected %s for input %d of %s", file,
                 sp_dtype_name(sp_dtype_of(x)), sp_dtype_name(m->dtypes[i]), i, m->path);
    return false;
}

static bool predict_arrays(const options *o, cli_model *m)
{
    sp_tensor *x[CLI_MAX_TEXTS];
    for (int i = 0; i < o->inputs.n; i++) {
        const char *note;
        x[i] = cli_input_read(o->inputs.at[i], m->layers ? (sp_shape){.rank = -1} : m->shapes[i],
                              m->layers ? SP_F32 : m->dtypes[i], &o->pixels, &note);
        if (!x[i] || !check_input(m, i, x[i], o->inputs.at[i]))
            return false;
        if (note && !o->json)
            printf("%s\n", note);
    }
    if (!m->cell && !cli_model_fit(m, sp_shape_of(x[0])))
        return false;
    sp_list y = sp_cell_call_all(m->cell, sp_list_new(o->inputs.n, x));
    if (!y.at[0] || !write_outputs(o, y))
        return false;
    say(o, y);
    return true;
}

/* ---- the command ---- */

static int check_counts(const options *o, const cli_model *m)
{
    if (o->sample < 0 && o->inputs.n != m->inputs)
        return cli_misused("predict", "found %d --input, expected %d: one for each input of %s", o->inputs.n, m->inputs,
                           m->path);
    if (o->outputs.n && o->outputs.n != m->outputs)
        return cli_misused("predict", "found %d --output, expected %d: one for each output of %s", o->outputs.n,
                           m->outputs, m->path);
    return CLI_GO_ON;
}

static int predict(options *o)
{
    sp_set_threads((int)o->threads);
    cli_model model;
    if (!cli_model_open(&model, o->model, o->layers))
        return cli_failed();
    int status = check_counts(o, &model);
    if (status == CLI_GO_ON) {
        bool ok = o->sample >= 0 ? predict_sample(o, &model) : predict_arrays(o, &model);
        status = ok ? CLI_DONE : cli_failed();
    }
    cli_model_close(&model);
    return status;
}

static const char about[] =
    "Runs a network on files, one --input for each of its inputs and one --output for each of its outputs, in order; or on a\n"
    "sample of the test data, which it shows. An input may be an array (.npy), a table (.csv), a picture (PNG, JPEG), or an\n"
    "IDX file like MNIST's. Pixels become (pixel / 255 - mean) / std; a picture is resized to what the network takes.";
static const char examples[] = "  spore predict model.mindir --input x.npy --output y.npy\n"
                               "  spore predict model.mindir --input seven.png --invert\n"
                               "  spore predict model.mindir --input t10k-images-idx3-ubyte.gz --output y.npy\n"
                               "  spore predict model.mindir --data mnist --sample 7\n"
                               "  spore predict model.ckpt --layers 'flatten, dense 10' --input x.npy --json\n";

int cli_predict(int count, char **words)
{
    options o = {.data.name = "mnist", .sample = -1, .pixels = CLI_PIXELS};
    const cli_option table[] = {
        {"input", "FILE", CLI_TEXTS, &o.inputs, "an array or picture; as often as the network has inputs", 0, 0, NULL},
        {"output", "Y.npy", CLI_TEXTS, &o.outputs, "where to write an output; none, or one for each", 0, 0, NULL},
        {"mean", "X", CLI_NOT_NEGATIVE, &o.pixels.mean, "of pixels from 0 to 1 [0.1307]", 0, 0, NULL},
        {"std", "X", CLI_POSITIVE, &o.pixels.deviation, "their deviation", 0, 0, NULL},
        {"invert", NULL, CLI_FLAG, &o.pixels.invert, "pictures are dark on light, the training data light on dark", 0,
         0, NULL},
        {"sample", "N", CLI_WHOLE, &o.sample, "instead of --input: a sample of the test data, from 0", 0, 1 << 30,
         NULL},
        {"data", "NAME|DIR", CLI_TEXT, &o.data.name, CLI_DATA_HELP, 0, 0, NULL},
        {"data-dir", "DIR", CLI_TEXT, &o.data.folder, "where mnist lies; else the cache, else a download", 0, 0, NULL},
        {"layers", "LAYERS", CLI_TEXT, &o.layers, "the layers of a .ckpt, as for spore train", 0, 0, NULL},
        {"threads", "N", CLI_WHOLE, &o.threads, "at most so many; else OMP_NUM_THREADS, else all", 1, 1024, NULL},
        {"json", NULL, CLI_FLAG, &o.json, "print one JSON object", 0, 0, NULL},
        {0}};
    const cli_usage usage = {"predict", "MODEL", 1, 1, about, table, NULL, examples};
    int status = cli_parse(&usage, count, words, &o.model);
    if (status == CLI_GO_ON)
        status = cli_model_check("predict", o.model, o.layers);
    if (status == CLI_GO_ON && (o.inputs.n == 0) == (o.sample < 0))
        status = cli_misused("predict", "found %s, expected one of them",
                             o.sample < 0 ? "neither --input nor --sample" : "--input and --sample");
    return status == CLI_GO_ON ? predict(&o) : status;
}
