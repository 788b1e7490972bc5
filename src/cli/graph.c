/* cli/graph.c: `spore graph`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"

enum { PROFILE_RUNS = 50 };

typedef struct options {
    const char *output;
    bool text, optimized, profile;
    int64_t batch;
} options;

/* ---- the graph as the passes leave it ---- */

/* Numbers of the graph's inputs' shapes and types; dimensions of any size are `batch`. */
static sp_list inputs_of(const sp_graph *g, int64_t batch)
{
    sp_tensor *in[64];
    int n = sp_graph_inputs(g);
    if (n > (int)(sizeof in / sizeof in[0]))
        return sp_set_error(SP_ERR_UNSUPPORTED, "graph: %d inputs, expected at most 64", n), (sp_list){NULL, 0};
    for (int i = 0; i < n; i++) {
        sp_shape shape = sp_graph_input_shape(g, i);
        for (int k = 0; k < shape.rank; k++)
            shape.dim[k] = shape.dim[k] < 0 ? batch : shape.dim[k];
        sp_dtype type = sp_graph_input_dtype(g, i);
        in[i] = sp_dtype_is_float(type) ? sp_cast(sp_rand_normal(0, 1, SP_F32, shape), type) : sp_zeros(type, shape);
    }
    return sp_list_new(n, in);
}

/* Runs g compiled; NULL on failure. */
static sp_compiled *compile(sp_graph *g, const options *o)
{
    sp_list in = inputs_of(g, o->batch);
    sp_compiled *c = sp_compile(sp_graph_run, g, .frozen = true, .profile = o->profile);
    for (int i = 0; c && i < (o->profile ? PROFILE_RUNS : 1); i++) {
        sp_scope scope = sp_scope_begin();
        bool ok = sp_compiled_run(c, in).n > 0;
        sp_scope_end(scope);
        if (!ok) {
            sp_compiled_free(c);
            return NULL;
        }
    }
    return c;
}

static const char *svg_of(const sp_graph *g, const sp_compiled *c, bool profile)
{
    int n = sp_graph_nodes(g);
    double *seconds = profile ? malloc((size_t)(n > 0 ? n : 1) * sizeof *seconds) : NULL;
    if (profile && !seconds)
        return sp_set_error(SP_ERR_NOMEM, "graph: out of memory"), "";
    for (int i = 0; profile && i < n; i++)
        seconds[i] = sp_compiled_seconds(c, i);
    const char *text = sp_graph_svg(g, profile ? n : 0, seconds);
    free(seconds);
    return text;
}

/* ---- writing ---- */

/* The whole text or, with the failure recorded, nothing: through a file beside it. */
static bool write_file(const char *path, const char *text)
{
    char trial[4096];
    int n = snprintf(trial, sizeof trial, "%s.%ld.tmp", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof trial)
        return sp_set_error(SP_ERR_IO, "graph: the path of %.40s... is too long", path), false;
    FILE *f = fopen(trial, "wb");
    bool ok = f && fputs(text, f) >= 0 && fflush(f) == 0 && fsync(fileno(f)) == 0;
    int error = errno;
    if (f && fclose(f) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (ok && rename(trial, path) != 0) {
        ok = false;
        error = errno;
    }
    if (ok)
        return true;
    if (f)
        remove(trial);
    return sp_set_error(SP_ERR_IO, "graph: %s could not be written: %s", path, strerror(error)), false;
}

static int give(const char *text, const char *output)
{
    if (sp_error() != SP_OK)
        return cli_failed();
    if (strcmp(output, "-") == 0) {
        if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
            sp_set_error(SP_ERR_IO, "graph: standard output could not be written: %s", strerror(errno));
    } else if (write_file(output, text)) {
        printf("Wrote %s\n", output);
    }
    return sp_error() == SP_OK ? CLI_DONE : cli_failed();
}

/* ---- the command ---- */

static int draw(const char *model, const options *o)
{
    sp_graph *loaded = sp_graph_load(model);
    bool compiled = loaded && (o->optimized || o->profile);
    sp_compiled *c = compiled ? compile(loaded, o) : NULL;
    const sp_graph *g = c ? sp_compiled_graph(c, true) : compiled ? NULL : loaded;
    const char *text = "";
    if (g && o->text)
        text = sp_graph_str(g);
    else if (g)
        text = cli_ends_with(o->output, ".dot") ? sp_graph_dot(g) : svg_of(g, c, o->profile);
    int status = g ? give(text, o->output) : cli_failed();
    sp_compiled_free(c);
    sp_graph_free(loaded);
    return status;
}

static int check(const char *model, options *o, char *room, size_t size)
{
    if (!cli_is_graph(model))
        return cli_misused("graph", "found '%s', expected a file name that ends with .mindir or .onnx", model);
    if (o->output && !o->text && strcmp(o->output, "-") != 0 && !cli_ends_with(o->output, ".svg") &&
        !cli_ends_with(o->output, ".dot"))
        return cli_misused("graph", "--output: found '%s', expected a file name that ends with .svg or .dot, or -",
                           o->output);
    if (o->profile && (o->text || (o->output && cli_ends_with(o->output, ".dot"))))
        return cli_misused("graph", "--profile: only pictures in SVG show times");
    if (o->output)
        return CLI_GO_ON;
    int n = snprintf(room, size, "%.*s.svg", (int)(strrchr(model, '.') - model), model);
    if (n < 0 || (size_t)n >= size)
        return cli_misused("graph", "the name of the model is too long");
    o->output = o->text ? "-" : room;
    return CLI_GO_ON;
}

static const char about[] =
    "Draws the graph in a .mindir or .onnx file: one box for each operator, data flowing down. Without --output the picture lies\n"
    "beside the model, as MODEL.svg.";

static const char examples[] = "  spore graph model.mindir\n"
                               "  spore graph model.mindir --profile --output model.svg\n"
                               "  spore graph model.mindir --text --optimized\n"
                               "  spore graph model.mindir --output - | display\n";

int cli_graph(int count, char **words)
{
    options o = {.batch = 1};
    const cli_option table[] = {
        {"output", "FILE", CLI_TEXT, &o.output, "a file that ends with .svg or .dot (Graphviz); -: standard output", 0,
         0, NULL},
        {"text", NULL, CLI_FLAG, &o.text, "a line for each operator instead of a picture", 0, 0, NULL},
        {"optimized", NULL, CLI_FLAG, &o.optimized,
         "the graph as it is run: after the passes, parameters taken as constants", 0, 0, NULL},
        {"profile", NULL, CLI_FLAG, &o.profile, "run it, and show the time of each operator (with --optimized)", 0, 0,
         NULL},
        {"batch", "N", CLI_WHOLE, &o.batch, "the size of dimensions that may have any, to run it", 1, 1 << 20, NULL},
        {0}};
    const cli_usage usage = {"graph", "MODEL", 1, 1, about, table, NULL, examples};
    const char *model = NULL;
    char room[4096];
    int status = cli_parse(&usage, count, words, &model);
    if (status == CLI_GO_ON)
        status = check(model, &o, room, sizeof room);
    return status == CLI_GO_ON ? draw(model, &o) : status;
}
