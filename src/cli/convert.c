/* cli/convert.c: `spore convert`. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/graph_inputs.h"
#include "cli/json.h"

/* What --verify lets the results of a graph differ by, relative to the largest of them. */
static const double TOLERANCE = 1e-5;

typedef struct options {
    const char *in, *out, *dtype;
    bool verify, json;
    int64_t batch, seed;
    cli_texts inputs;
} options;

typedef struct outcome {
    int tensors, texts, nodes;
    int64_t elements, bytes;
    double difference, relative; /* of graphs */
} outcome;

static bool is_params(const char *path) { return cli_is_tensors(path) || cli_ends_with(path, ".npy"); }

/* ---- parameters ---- */

static bool read_params(const char *path, sp_graph *g, sp_entries *out)
{
    if (!g)
        return sp_tensors_read(path, out) == SP_OK;
    sp_list params = sp_graph_params(g);
    sp_entry *list = calloc((size_t)params.n + 1, sizeof *list); /* lives as long as the command */
    if (!list)
        return sp_set_error(SP_ERR_NOMEM, "convert: out of memory"), false;
    for (int i = 0; i < params.n; i++)
        list[i] = (sp_entry){.name = sp_param_name(params.at[i]), .tensor = params.at[i]};
    *out = (sp_entries){list, params.n};
    return true;
}

/* Floats of any size become what --dtype says; all else stays. A new list, to be freed. */
static sp_entry *cast(const options *o, sp_entries e)
{
    sp_entry *list = malloc(((size_t)e.n + 1) * sizeof *list);
    sp_dtype to = SP_F32;
    for (int i = 0; o->dtype && i < SP_DTYPE_COUNT_; i++)
        if (strcasecmp(sp_dtype_name((sp_dtype)i), o->dtype) == 0)
            to = (sp_dtype)i;
    for (int i = 0; list && i < e.n; i++) {
        list[i] = e.at[i];
        if (o->dtype && e.at[i].tensor && sp_dtype_is_float(sp_dtype_of(e.at[i].tensor)))
            list[i].tensor = sp_cast(e.at[i].tensor, to);
    }
    if (!list)
        sp_set_error(SP_ERR_NOMEM, "convert: out of memory");
    return list;
}

static bool differs(const options *o, const sp_entry *want, const sp_entry *got)
{
    const char *how = !got ? "is missing" : NULL;
    if (got && want->text)
        how = got->text && strcmp(got->text, want->text) == 0 ? NULL : "is another text";
    else if (got) {
        const sp_tensor *a = want->tensor, *b = got->tensor;
        bool same = b && sp_dtype_of(a) == sp_dtype_of(b) && sp_shape_equal(sp_shape_of(a), sp_shape_of(b));
        size_t bytes = (size_t)sp_size_of(a) * sp_dtype_size(sp_dtype_of(a));
        how = !same                                            ? "has another type or shape"
              : bytes && memcmp(sp_data(a), sp_data(b), bytes) ? "has other elements"
                                                               : NULL;
    }
    if (how)
        sp_set_error(SP_ERR_VALUE, "convert: %s: '%s' %s", o->out, want->name, how);
    return how != NULL;
}

/* The mark of a file's writer, which readers leave out. */
static bool is_mark(const sp_entry *e)
{
    return e->text && strcmp(e->name, "format") == 0 && strcmp(e->text, "ms") == 0;
}

static int by_name(const void *a, const void *b)
{
    const sp_entry *x = *(const sp_entry *const *)a, *y = *(const sp_entry *const *)b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->text != NULL) - (y->text != NULL);
}

/* Every record that was written, bit for bit, in what is read again. */
static bool verify_params(const options *o, int n, const sp_entry *want)
{
    sp_entries got;
    bool alone = cli_ends_with(o->out, ".npy"); /* keeps no name */
    if (sp_tensors_read(o->out, &got) != SP_OK)
        return false;
    const sp_entry **sorted = malloc(((size_t)got.n + 1) * sizeof *sorted);
    if (!sorted)
        return sp_set_error(SP_ERR_NOMEM, "convert: out of memory"), false;
    for (int i = 0; i < got.n; i++)
        sorted[i] = &got.at[i];
    qsort(sorted, (size_t)got.n, sizeof *sorted, by_name);
    bool same = true;
    for (int i = 0; i < n && same; i++) {
        const sp_entry *key = &want[i];
        const sp_entry **found = bsearch(&key, sorted, (size_t)got.n, sizeof *sorted, by_name);
        same = is_mark(key) || !differs(o, key, alone ? got.at : found ? *found : NULL);
    }
    free(sorted);
    return same;
}

/* Before the library says it: how to get round it. */
static bool numpy_has_them(const options *o, int n, const sp_entry *list)
{
    for (int i = 0; i < n && (cli_ends_with(o->out, ".npz") || cli_ends_with(o->out, ".npy")); i++)
        if (list[i].tensor && sp_dtype_of(list[i].tensor) == SP_BF16) {
            sp_set_error(SP_ERR_DTYPE,
                         "convert: %s: '%s' is BFloat16, which NumPy does not have: --dtype float32 converts it", o->in,
                         list[i].name);
            return false;
        }
    return true;
}

static bool convert_params(const options *o, sp_graph *g, outcome *r)
{
    sp_entries e;
    if (!read_params(o->in, g, &e))
        return false;
    sp_entry *list = cast(o, e);
    bool ok = list && numpy_has_them(o, e.n, list) && sp_tensors_write(o->out, e.n, list) == SP_OK &&
              (!o->verify || verify_params(o, e.n, list));
    for (int i = 0; ok && i < e.n; i++) {
        const sp_tensor *t = list[i].tensor;
        r->tensors += t != NULL;
        r->texts += t == NULL;
        r->elements += t ? sp_size_of(t) : 0;
        r->bytes += t ? sp_size_of(t) * (int64_t)sp_dtype_size(sp_dtype_of(t)) : 0;
    }
    free(list);
    if (g)
        free((void *)(uintptr_t)e.at);
    return ok;
}

/* ---- graphs ---- */

/* The largest difference of two results, and the largest value of the first; NaN where both have it is none. */
static bool compare(const sp_tensor *a, const sp_tensor *b, double *difference, double *largest)
{
    if (!a || !b || !sp_shape_equal(sp_shape_of(a), sp_shape_of(b)))
        return false;
    for (int64_t i = 0; i < sp_size_of(a); i++) {
        double x = sp_at(a, i), y = sp_at(b, i);
        double d = x == y || (isnan(x) && isnan(y)) ? 0 : isfinite(x) && isfinite(y) ? fabs(x - y) : (double)INFINITY;
        *difference = d > *difference ? d : *difference;
        *largest = isfinite(x) && fabs(x) > *largest ? fabs(x) : *largest;
    }
    return true;
}

static bool compare_runs(const options *o, sp_graph *a, sp_graph *b, outcome *r)
{
    sp_set_seed((uint64_t)o->seed);
    sp_list in = cli_graph_inputs(a, o->batch, &o->inputs, true);
    sp_list x = in.at ? sp_graph_run(a, in) : (sp_list){0};
    sp_list y = x.n > 0 ? sp_graph_run(b, in) : (sp_list){0};
    if (y.n == 0)
        return false;
    bool same = x.n == y.n;
    for (int i = 0; i < x.n && same; i++) {
        double difference = 0, largest = 0;
        same = compare(x.at[i], y.at[i], &difference, &largest);
        double relative = difference > 0 ? difference / fmax(largest, 1) : 0;
        r->difference = fmax(r->difference, difference);
        r->relative = fmax(r->relative, relative);
    }
    if (!same)
        sp_set_error(SP_ERR_SHAPE, "convert: %s: its results have other shapes than those of %s", o->out, o->in);
    else if (!(r->relative <= TOLERANCE))
        sp_set_error(SP_ERR_VALUE,
                     "convert: %s: its results differ from those of %s by %g, relative %g, expected at most %g", o->out,
                     o->in, r->difference, r->relative, TOLERANCE);
    return same && r->relative <= TOLERANCE;
}

static bool convert_graph(const options *o, sp_graph *g, outcome *r)
{
    r->nodes = sp_graph_nodes(g);
    if (sp_graph_save(g, o->out) != SP_OK)
        return false;
    sp_graph *again = o->verify ? sp_graph_load(o->out) : NULL;
    bool ok = !o->verify || (again && compare_runs(o, g, again, r));
    sp_graph_free(again);
    return ok;
}

/* ---- the command ---- */

static void say(const options *o, const outcome *r)
{
    bool graph = cli_is_graph(o->out);
    if (o->json) {
        cli_json j = {0};
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "in", o->in);
        cli_json_text(&j, "out", o->out);
        cli_json_whole(&j, graph ? "nodes" : "tensors", graph ? r->nodes : r->tensors);
        if (!graph) {
            cli_json_whole(&j, "texts", r->texts);
            cli_json_whole(&j, "elements", r->elements);
            cli_json_whole(&j, "bytes", r->bytes);
        }
        cli_json_text(&j, "verified", o->verify ? (graph ? "results" : "bits") : NULL);
        if (o->verify && graph) {
            cli_json_real(&j, "difference", r->difference);
            cli_json_real(&j, "relative", r->relative);
        }
        cli_json_close(&j);
        return;
    }
    printf("%s -> %s: ", o->in, o->out);
    if (graph)
        printf("%d nodes", r->nodes);
    else
        printf("%d tensor%s, %s elements, %s", r->tensors, r->tensors == 1 ? "" : "s", cli_number(r->elements),
               cli_bytes(r->bytes));
    if (r->texts)
        printf(", %d text%s", r->texts, r->texts == 1 ? "" : "s");
    if (o->verify && graph)
        printf("; verified: largest difference %g, relative %g", r->difference, r->relative);
    else if (o->verify)
        printf("; verified bit for bit");
    printf("\n");
}

/* Writing over what was read loses nothing, for it is in memory whole; but types that were converted are gone. */
static bool loses(const options *o)
{
    struct stat a, b;
    bool same = stat(o->in, &a) == 0 && stat(o->out, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return same && (o->dtype || cli_is_graph(o->in) != cli_is_graph(o->out) || cli_ends_with(o->out, ".npy"));
}

static int check(const options *o)
{
    for (int i = 0; i < 2; i++) {
        const char *path = i ? o->out : o->in;
        if (!cli_is_graph(path) && !is_params(path))
            return cli_misused(
                "convert", "found '%s', expected a file name that ends with .mindir, .onnx, .npy, " CLI_TENSORS, path);
    }
    if (cli_is_graph(o->out) && !cli_is_graph(o->in))
        return cli_misused("convert", "%s holds parameters alone, which make no graph", o->in);
    if (o->dtype && cli_is_graph(o->out))
        return cli_misused("convert", "--dtype: graphs keep their types, expected parameters");
    if ((o->batch || o->inputs.n) && !(cli_is_graph(o->out) && o->verify))
        return cli_misused("convert", "--%s: it is for --verify of graphs", o->batch ? "batch" : "input");
    if (loses(o))
        return cli_misused("convert", "%s and %s are one file, of which something would be lost", o->in, o->out);
    return CLI_GO_ON;
}

static int convert(const options *o)
{
    outcome r = {0};
    sp_graph *g = cli_is_graph(o->in) ? sp_graph_load(o->in) : NULL;
    bool ok = g || !cli_is_graph(o->in);
    if (ok)
        ok = cli_is_graph(o->out) ? convert_graph(o, g, &r) : convert_params(o, g, &r);
    if (ok)
        say(o, &r);
    int status = ok ? CLI_DONE : cli_failed();
    sp_graph_free(g);
    return status;
}

static const char about[] =
    "Writes what is in IN to OUT; both formats are those of the names: parameters (.ckpt, .safetensors, .npz; .npy for one\n"
    "array), graphs (.mindir, .onnx), or the parameters of a graph.";
static const char examples[] = "  spore convert model.ckpt model.safetensors --verify\n"
                               "  spore convert model.safetensors model.npz --dtype float32\n"
                               "  spore convert model.mindir model.ckpt\n"
                               "  spore convert model.onnx model.mindir --verify --batch 4\n";

int cli_convert(int count, char **words)
{
    options o = {.seed = 1};
    const char *operands[2] = {NULL, NULL};
    const cli_option table[] = {
        {"verify", NULL, CLI_FLAG, &o.verify,
         "read OUT again and compare: tensors bit for bit, graphs by their results", 0, 0, NULL},
        {"dtype", "TYPE", CLI_CHOICE, &o.dtype, "make floats float32, float64, float16 or bfloat16", 0, 0,
         "float32|float64|float16|bfloat16"},
        CLI_BATCH_OPTION(o.batch, ", for --verify"),
        CLI_INPUT_OPTION(o.inputs),
        {"seed", "N", CLI_WHOLE, &o.seed, "of the inputs that --verify runs graphs on", 0, INT64_MAX, NULL},
        {"json", NULL, CLI_FLAG, &o.json, "print one JSON object", 0, 0, NULL},
        {0}};
    const cli_usage usage = {"convert", "IN OUT", 2, 2, about, table, NULL, examples};
    int status = cli_parse(&usage, count, words, operands);
    if (status != CLI_GO_ON)
        return status;
    o.in = operands[0], o.out = operands[1];
    status = check(&o);
    return status == CLI_GO_ON ? convert(&o) : status;
}
