/* cli/layers.c: the text of --layers, read word by word; the layers themselves are in layer_kinds.c. */
#include "cli/layer_kinds.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 32 };

typedef struct reader {
    const char *text, *at;
    char word[WORD]; /* the word at hand: at most so much of it as fits; "" at the end of the layer */
    int column;      /* where it stands, from 1                                                     */
    int layer;       /* number of the layer, from 1                                                 */
    const char *name;
} reader;

/* ---- words ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Takes the next word of this layer into r->word. */
static void next_word(reader *r)
{
    while (is_space(*r->at))
        r->at++;
    r->column = (int)(r->at - r->text) + 1;
    size_t n = 0;
    for (; *r->at && *r->at != ',' && !is_space(*r->at); r->at++)
        if (n + 1 < sizeof r->word)
            r->word[n++] = *r->at;
    r->word[n] = 0;
}

/* "layers: layer 2 (conv), column 14: found 'x', expected a whole number from 1 to 1048576 (conv OUT KERNEL ...)" */
static bool refuse(const reader *r, const char *expected)
{
    char found[WORD + 2] = "the end of the layer";
    if (r->word[0])
        snprintf(found, sizeof found, "'%s'", r->word);
    const cli_layer_kind *kind = r->name ? cli_layer_kind_named(r->name) : NULL;
    sp_set_error(SP_ERR_VALUE, "layers: layer %d%s%s%s, column %d: found %s, expected %s%s%s%s", r->layer,
                 kind ? " (" : "", kind ? kind->name : "", kind ? ")" : "", r->column, found, expected,
                 kind ? "; it is written: " : "", kind ? kind->usage : "", "");
    return false;
}

static bool read_whole(reader *r, int64_t low, int64_t high, int64_t *out)
{
    char *end, expected[80];
    errno = 0;
    long long n = strtoll(r->word, &end, 10);
    if (end == r->word || *end || errno || n < low || n > high) {
        snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)low, (long long)high);
        return refuse(r, expected);
    }
    *out = n;
    next_word(r);
    return true;
}

static bool read_number(reader *r, double low, double below, const char *expected, double *out)
{
    char *end;
    double x = strtod(r->word, &end);
    if (end == r->word || *end || !isfinite(x) || x < low || x >= below)
        return refuse(r, expected);
    *out = x;
    next_word(r);
    return true;
}

static bool take(reader *r, const char *word)
{
    if (strcmp(r->word, word) != 0)
        return false;
    next_word(r);
    return true;
}

/* ---- settings ---- */

static bool read_padding(reader *r, cli_layer *layer)
{
    layer->padding = 0;
    if (take(r, "same"))
        layer->pad_mode = SP_PAD_SAME;
    else if (take(r, "valid"))
        layer->pad_mode = SP_PAD_VALID;
    else if (!(r->word[0] >= '0' && r->word[0] <= '9'))
        return refuse(r, "same, valid or a number of pixels");
    else if (!read_whole(r, 0, CLI_MAX_KERNEL, &layer->padding))
        return false;
    else
        layer->pad_mode = SP_PAD_PAD;
    return true;
}

/* The settings behind a layer's numbers, in any order; one that stands twice counts as it stands last. */
static bool read_settings(reader *r, cli_layer *layer)
{
    unsigned may = layer->kind->settings;
    while (r->word[0]) {
        bool ok;
        if ((may & CLI_STRIDE) && take(r, "stride"))
            ok = read_whole(r, 1, CLI_MAX_KERNEL, &layer->stride);
        else if ((may & CLI_PAD) && take(r, "pad"))
            ok = read_padding(r, layer);
        else if ((may & CLI_DILATION) && take(r, "dilation"))
            ok = read_whole(r, 1, CLI_MAX_KERNEL, &layer->dilation);
        else if ((may & CLI_GROUP) && take(r, "group"))
            ok = read_whole(r, 1, CLI_MAX_SIZE, &layer->group);
        else if ((may & CLI_BIAS) && take(r, "bias"))
            ok = layer->bias = true;
        else if ((may & CLI_NO_BIAS) && take(r, "no_bias"))
            ok = !(layer->bias = false);
        else if ((may & CLI_EXACT) && take(r, "exact"))
            ok = layer->exact = true;
        else if ((may & CLI_AXIS) && take(r, "axis"))
            ok = read_whole(r, -SP_MAX_RANK, SP_MAX_RANK - 1, &layer->axis);
        else
            return refuse(r, may ? "one of its settings, or a comma" : "a comma");
        if (!ok)
            return false;
    }
    return true;
}

/* ---- layers ---- */

static bool read_layer(reader *r, cli_layer *layer)
{
    r->name = NULL;
    next_word(r);
    const cli_layer_kind *kind = cli_layer_kind_named(r->word);
    if (!kind)
        return refuse(r, r->word[0] ? CLI_LAYER_NAMES : "a layer (" CLI_LAYER_NAMES ")");
    *layer = cli_layer_default(kind);
    r->name = kind->name;
    next_word(r);
    unsigned needs = kind->settings;
    if ((needs & CLI_SIZE) && !read_whole(r, 1, CLI_MAX_SIZE, &layer->size))
        return false;
    if ((needs & CLI_KERNEL) && !read_whole(r, 1, CLI_MAX_KERNEL, &layer->kernel))
        return false;
    if ((needs & CLI_PROBABILITY) && !read_number(r, 0, 1, "a probability from 0 to below 1", &layer->number))
        return false;
    if ((needs & CLI_SLOPE) && r->word[0] && !read_number(r, 0, 1e6, "a number from 0 to 1e6", &layer->number))
        return false;
    return read_settings(r, layer);
}

/* The layer's output and parameters for an input of shape in. */
static bool follow(reader *r, cli_layers *layers, cli_layer *layer, sp_shape in)
{
    char why[160] = "";
    layer->in = in;
    if (!layer->kind->follow(layer, why, sizeof why)) {
        sp_set_error(SP_ERR_SHAPE, "layers: layer %d (%s): found an input of shape %s, expected %s", r->layer,
                     layer->kind->name, sp_shape_str(in), why);
        return false;
    }
    int64_t size = sp_shape_size(layer->out);
    if (size < 0 || size > CLI_MAX_PARAMS || layer->params < 0 || layer->params > CLI_MAX_PARAMS - layers->params) {
        sp_set_error(SP_ERR_VALUE, "layers: layer %d (%s): too large, expected at most %lld parameters in all",
                     r->layer, layer->kind->name, (long long)CLI_MAX_PARAMS);
        return false;
    }
    layers->params += layer->params;
    layers->out = layer->out;
    return true;
}

/* input NULL: the shapes are left out. */
static bool read_layers(const char *text, const sp_shape *input, cli_layers *layers)
{
    reader r = {.text = text, .at = text};
    layers->n = 0;
    layers->params = 0;
    layers->out = input ? *input : (sp_shape){0};
    for (;;) {
        r.layer = layers->n + 1;
        if (layers->n == CLI_MAX_LAYERS) {
            sp_set_error(SP_ERR_VALUE, "layers: found more than %d layers, expected fewer", CLI_MAX_LAYERS);
            return false;
        }
        cli_layer *layer = &layers->at[layers->n];
        if (!read_layer(&r, layer) || (input && !follow(&r, layers, layer, layers->out)))
            return false;
        layers->n++;
        if (!*r.at)
            return true;
        r.at++; /* the comma */
    }
}

bool cli_layers_check(const char *text)
{
    static cli_layers layers; /* large for a stack */
    return read_layers(text, NULL, &layers);
}

bool cli_layers_read(const char *text, sp_shape input, cli_layers *layers) { return read_layers(text, &input, layers); }

sp_cell *cli_layers_build(const cli_layers *layers)
{
    sp_cell *cells[CLI_MAX_LAYERS];
    for (int i = 0; i < layers->n; i++) /* one that fails is NULL, and the sequence frees the others */
        cells[i] = layers->at[i].kind->make(&layers->at[i]);
    return sp_nn_sequential_new(layers->n, cells);
}
