/* cli/info.c: `spore info`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/options.h"

/* ---- tables of tensors ---- */

typedef struct totals {
    int tensors;
    int64_t elements, bytes;
} totals;

static int64_t bytes_of(const sp_tensor *t) { return sp_size_of(t) * (int64_t)sp_dtype_size(sp_dtype_of(t)); }

static void count(totals *sum, const sp_tensor *t)
{
    sum->tensors++;
    sum->elements += sp_size_of(t);
    sum->bytes += bytes_of(t);
}

/* Names come from a file: what could move the cursor of a terminal is shown as '?'. */
static void print_name(const char *name, int width)
{
    int n = 0;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
        putchar(*c < 0x20 || *c == 0x7f ? '?' : *c);
        n += (*c & 0xc0) != 0x80; /* characters, not bytes */
    }
    printf("%*s", n < width ? width - n : 0, "");
}

static int widest(int n, const char *const *names)
{
    int width = 4;
    for (int i = 0; i < n; i++) {
        int length = (int)strlen(names[i]);
        width = length > width && length <= 60 ? length : width;
    }
    return width;
}

static void print_heading(int width) { printf("  %-*s  %-18s %-9s %14s\n", width, "name", "shape", "type", "bytes"); }

static void print_row(const char *name, int width, const sp_tensor *t)
{
    printf("  ");
    print_name(name, width);
    printf("  %-18s %-9s %14s\n", sp_shape_str(sp_shape_of(t)), sp_dtype_name(sp_dtype_of(t)), cli_number(bytes_of(t)));
}

static void json_row(cli_json *j, const char *name, const sp_tensor *t)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "name", name);
    cli_json_shape(j, "shape", sp_shape_of(t));
    cli_json_text(j, "dtype", sp_dtype_name(sp_dtype_of(t)));
    cli_json_whole(j, "bytes", bytes_of(t));
    cli_json_close(j);
}

static void json_totals(cli_json *j, const totals *sum)
{
    cli_json_whole(j, "elements", sum->elements);
    cli_json_whole(j, "bytes", sum->bytes);
}

/* ---- checkpoints ---- */

static void print_ckpt(const char *path, sp_entries e, const char *const *names, const totals *sum)
{
    printf("%s: checkpoint, %d tensor%s, %s elements, %s\n\n", path, sum->tensors, sum->tensors == 1 ? "" : "s",
           cli_number(sum->elements), cli_bytes(sum->bytes));
    int width = widest(e.n, names);
    print_heading(width);
    for (int i = 0; i < e.n; i++) {
        if (e.at[i].tensor) {
            print_row(e.at[i].name, width, e.at[i].tensor);
            continue;
        }
        printf("  ");
        print_name(e.at[i].name, width);
        printf("  text: ");
        print_name(e.at[i].text, 0);
        printf("\n");
    }
}

static void json_ckpt(const char *path, sp_entries e, const totals *sum)
{
    cli_json j = {0};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "file", path);
    cli_json_text(&j, "format", "ckpt");
    json_totals(&j, sum);
    cli_json_open(&j, "tensors", '[');
    for (int i = 0; i < e.n; i++)
        if (e.at[i].tensor)
            json_row(&j, e.at[i].name, e.at[i].tensor);
    cli_json_close(&j);
    cli_json_open(&j, "texts", '{');
    for (int i = 0; i < e.n; i++)
        if (!e.at[i].tensor)
            cli_json_text(&j, e.at[i].name, e.at[i].text);
    cli_json_close(&j);
    cli_json_close(&j);
}

static int info_ckpt(const char *path, bool json)
{
    sp_entries e;
    if (sp_ckpt_read(path, &e) != SP_OK)
        return cli_failed();
    totals sum = {0};
    const char **names = calloc((size_t)e.n + 1, sizeof *names);
    if (!names) {
        cli_complain("info: %s: out of memory", path);
        return CLI_FAILED;
    }
    for (int i = 0; i < e.n; i++) {
        names[i] = e.at[i].name;
        if (e.at[i].tensor)
            count(&sum, e.at[i].tensor);
    }
    if (json)
        json_ckpt(path, e, &sum);
    else
        print_ckpt(path, e, names, &sum);
    free(names);
    return CLI_DONE;
}

/* ---- graphs ---- */

/* The lines of the graph's text that are nodes: "%5 = MatMul(...)". Prints them if wanted; returns how many. */
static int nodes(const sp_graph *g, bool print)
{
    int n = 0;
    for (const char *line = sp_graph_str(g); line && *line;) {
        size_t length = strcspn(line, "\n");
        const char *start = line + strspn(line, " ");
        if (*start == '%') {
            n++;
            if (print)
                printf("  %.*s\n", (int)(length - (size_t)(start - line)), start);
        }
        line += length + (line[length] == '\n');
    }
    return n;
}

/* "(-1, 784)" with what is not fixed as "?" */
static void print_shape(sp_shape shape)
{
    printf("(");
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] < 0 ? printf(i ? ", ?" : "?") : printf(i ? ", %lld" : "%lld", (long long)shape.dim[i]);
    printf(shape.rank == 1 ? ",)" : ")");
}

static void print_graph(const char *path, const sp_graph *g, const totals *sum)
{
    printf("%s: graph, %d nodes, %d parameters with %s elements, %s\n\ninputs\n", path, nodes(g, false), sum->tensors,
           cli_number(sum->elements), cli_bytes(sum->bytes));
    for (int i = 0; i < sp_graph_inputs(g); i++) {
        printf("  ");
        print_name(sp_graph_input_name(g, i), 0);
        printf("  ");
        print_shape(sp_graph_input_shape(g, i));
        printf("  %s\n", sp_dtype_name(sp_graph_input_dtype(g, i)));
    }
    printf("\nparameters\n");
    sp_list params = sp_graph_params(g);
    int width = 4;
    for (int i = 0; i < params.n; i++) {
        const char *name = sp_param_name(params.at[i]);
        int length = widest(1, &name);
        width = length > width ? length : width;
    }
    print_heading(width);
    for (int i = 0; i < params.n; i++)
        print_row(sp_param_name(params.at[i]), width, params.at[i]);
    printf("\nnodes\n");
    nodes(g, true);
    printf("\noutputs: %d\n", sp_graph_outputs(g));
}

static void json_graph(const char *path, const sp_graph *g, const totals *sum)
{
    cli_json j = {0};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "file", path);
    cli_json_text(&j, "format", cli_ends_with(path, ".onnx") ? "onnx" : "mindir");
    json_totals(&j, sum);
    cli_json_whole(&j, "nodes", nodes(g, false));
    cli_json_whole(&j, "outputs", sp_graph_outputs(g));
    cli_json_open(&j, "inputs", '[');
    for (int i = 0; i < sp_graph_inputs(g); i++) {
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "name", sp_graph_input_name(g, i));
        cli_json_shape(&j, "shape", sp_graph_input_shape(g, i));
        cli_json_text(&j, "dtype", sp_dtype_name(sp_graph_input_dtype(g, i)));
        cli_json_close(&j);
    }
    cli_json_close(&j);
    cli_json_open(&j, "parameters", '[');
    sp_list params = sp_graph_params(g);
    for (int i = 0; i < params.n; i++)
        json_row(&j, sp_param_name(params.at[i]), params.at[i]);
    cli_json_close(&j);
    cli_json_close(&j);
}

static int info_graph(const char *path, bool json)
{
    sp_graph *g = sp_graph_load(path);
    if (!g)
        return cli_failed();
    totals sum = {0};
    sp_list params = sp_graph_params(g);
    for (int i = 0; i < params.n; i++)
        count(&sum, params.at[i]);
    if (json)
        json_graph(path, g, &sum);
    else
        print_graph(path, g, &sum);
    sp_graph_free(g);
    return CLI_DONE;
}

static const char about[] =
    "Says what is in a file: the tensors of a checkpoint (.ckpt); inputs, parameters and nodes of a graph (.mindir, .onnx).";
static const char examples[] = "  spore info model.ckpt\n"
                               "  spore info model.mindir --json\n";

int cli_info(int n, char **words)
{
    const char *path = NULL;
    bool json = false;
    const cli_option table[] = {{"json", NULL, CLI_FLAG, &json, "print one JSON object", 0, 0, NULL}, {0}};
    const cli_usage usage = {"info", "FILE", 1, 1, about, table, NULL, examples};
    int status = cli_parse(&usage, n, words, &path);
    if (status != CLI_GO_ON)
        return status;
    if (cli_ends_with(path, ".ckpt"))
        return info_ckpt(path, json);
    if (cli_names_graph(path))
        return info_graph(path, json);
    return cli_misused("info", "found '%s', expected a file that ends with .ckpt, .mindir or .onnx", path);
}
