/* cli/info_graph.c: what is in a graph: a table of its layers, its parameters, its nodes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/graph_inputs.h"
#include "cli/info.h"

/* Neighbouring nodes of one layer. */
typedef struct layer {
    char name[INFO_NAME], type[INFO_TYPE];
    sp_shape in, out;
    int64_t params, macs, bytes;
    int nodes;
} layer;

typedef struct costs {
    const sp_graph *graph; /* with the shapes that were asked for */
    const sp_node_info *nodes;
    layer *layers; /* as many as nodes, at most */
    int n;
    int64_t params, trainable, macs, bytes;
    info_totals sum; /* parameters */
} costs;

/* ---- layers ---- */

static int64_t plus(int64_t a, int64_t b) { return a > INT64_MAX - b ? INT64_MAX : a + b; }

/* A node without a layer is one of its own. */
static bool same_layer(const costs *c, const char *name, const char *type)
{
    const layer *last = c->n ? &c->layers[c->n - 1] : NULL;
    return last && *name && strcmp(last->name, name) == 0 && (!*type || strcmp(last->type, type) == 0);
}

static void add_node(costs *c, const sp_node_info *node)
{
    char name[INFO_NAME], type[INFO_TYPE];
    info_layer(node->path, name, type);
    if (!same_layer(c, name, type)) {
        layer *l = &c->layers[c->n++];
        *l = (layer){.in = node->in};
        snprintf(l->name, sizeof l->name, "%s", *name ? name : "-");
        snprintf(l->type, sizeof l->type, "%s", *type ? type : node->op);
    }
    layer *l = &c->layers[c->n - 1];
    l->out = node->out;
    l->nodes++;
    l->params += node->params;
    l->macs = plus(l->macs, node->macs);
    l->bytes = plus(l->bytes, node->bytes);
    c->params += node->params;
    c->trainable += node->trainable;
    c->macs = plus(c->macs, node->macs);
    c->bytes = plus(c->bytes, node->bytes);
}

static bool count_costs(costs *c)
{
    int n = sp_graph_nodes(c->graph);
    c->nodes = sp_graph_node_infos(c->graph);
    c->layers = calloc((size_t)n + 1, sizeof *c->layers);
    if (!c->layers)
        sp_set_error(SP_ERR_NOMEM, "info: out of memory");
    for (int i = 0; c->nodes && c->layers && i < n; i++)
        add_node(c, &c->nodes[i]);
    return c->nodes && c->layers;
}

/* ---- texts ---- */

/* "(-1, 784)" with what is not fixed as "?"; one of four texts in turn */
static const char *shape_text(sp_shape shape)
{
    static char texts[4][SP_MAX_RANK * 22 + 4];
    static unsigned next;
    char *text = texts[next++ % 4];
    size_t at = 0, size = sizeof texts[0];
    if (shape.rank < 0)
        return "-";
    text[at++] = '(';
    for (int i = 0; i < shape.rank; i++) {
        const char *comma = i ? ", " : "";
        int n = shape.dim[i] < 0 ? snprintf(text + at, size - at, "%s?", comma)
                                 : snprintf(text + at, size - at, "%s%lld", comma, (long long)shape.dim[i]);
        at += (size_t)n;
    }
    snprintf(text + at, size - at, shape.rank == 1 ? ",)" : ")");
    return text;
}

/* Name, input and output in columns as wide as they need. */
static void print_layers(const costs *c)
{
    int name = 5, type = 4, in = 5, out = 6;
    for (int i = 0; i < c->n; i++) {
        const layer *l = &c->layers[i];
        name = info_widest(name, l->name);
        type = info_widest(type, l->type);
        in = info_widest(in, shape_text(l->in));
        out = info_widest(out, shape_text(l->out));
    }
    printf("  %-*s  %-*s  %-*s  %-*s  %12s  %16s\n", name, "layer", type, "type", in, "input", out, "output",
           "parameters", "multiply-adds");
    for (int i = 0; i < c->n; i++) {
        const layer *l = &c->layers[i];
        printf("  ");
        info_name(l->name, name);
        printf("  ");
        info_name(l->type, type);
        printf("  %-*s  %-*s  %12s  %16s\n", in, shape_text(l->in), out, shape_text(l->out),
               l->params ? cli_number(l->params) : "-", l->macs ? cli_number(l->macs) : "-");
    }
    printf("\nparameters: %s (trainable %s), %s", cli_number(c->params), cli_number(c->trainable),
           cli_bytes(c->sum.bytes));
    printf("; multiply-adds: %s; results of all nodes: %s\n", cli_number(c->macs), cli_bytes(c->bytes));
}

/* The lines of the graph's text that are nodes: "%5 = MatMul(...)". */
static void print_nodes(const sp_graph *g)
{
    printf("\nnodes\n");
    for (const char *line = sp_graph_str(g); line && *line;) {
        size_t length = strcspn(line, "\n");
        const char *start = line + strspn(line, " ");
        if (*start == '%')
            printf("  %.*s\n", (int)(length - (size_t)(start - line)), start);
        line += length + (line[length] == '\n');
    }
}

static void print_params(const info_options *o, const sp_graph *g)
{
    sp_list params = sp_graph_params(g);
    int width = 4;
    for (int i = 0; i < params.n; i++)
        width = info_widest(width, sp_param_name(params.at[i]));
    printf("\nparameters\n");
    info_heading(width, o->stats);
    for (int i = 0; i < params.n; i++)
        info_row(sp_param_name(params.at[i]), width, params.at[i], o->stats);
}

static void print_graph(const info_options *o, const sp_graph *g, const costs *c)
{
    printf("%s: graph, %d nodes, %d parameters with %s elements, %s\n\ninputs\n", o->path, sp_graph_nodes(g),
           c->sum.tensors, cli_number(c->sum.elements), cli_bytes(c->sum.bytes));
    for (int i = 0; i < sp_graph_inputs(g); i++) {
        printf("  ");
        info_name(sp_graph_input_name(g, i), 0);
        printf("  %s  %s\n", shape_text(sp_graph_input_shape(g, i)), sp_dtype_name(sp_graph_input_dtype(g, i)));
    }
    printf("\nlayers\n");
    print_layers(c);
    print_params(o, g);
    if (o->nodes)
        print_nodes(c->graph);
    printf("\noutputs: %d\n", sp_graph_outputs(g));
}

/* ---- JSON ---- */

static void json_cost(cli_json *j, sp_shape in, sp_shape out, int64_t params, int64_t macs, int64_t bytes)
{
    if (in.rank < 0)
        cli_json_text(j, "input", NULL);
    else
        cli_json_shape(j, "input", in);
    cli_json_shape(j, "output", out);
    cli_json_whole(j, "parameters", params);
    cli_json_whole(j, "multiply_adds", macs);
    cli_json_whole(j, "bytes", bytes);
    cli_json_close(j);
}

static void json_layers(cli_json *j, const costs *c)
{
    cli_json_open(j, "layers", '[');
    for (int i = 0; i < c->n; i++) {
        const layer *l = &c->layers[i];
        cli_json_open(j, NULL, '{');
        cli_json_text(j, "name", l->name);
        cli_json_text(j, "type", l->type);
        cli_json_whole(j, "nodes", l->nodes);
        json_cost(j, l->in, l->out, l->params, l->macs, l->bytes);
    }
    cli_json_close(j);
    cli_json_open(j, "operators", '[');
    for (int i = 0; i < sp_graph_nodes(c->graph); i++) {
        const sp_node_info *n = &c->nodes[i];
        cli_json_open(j, NULL, '{');
        cli_json_text(j, "op", n->op);
        cli_json_text(j, "path", n->path);
        cli_json_text(j, "dtype", sp_dtype_name(n->dtype));
        json_cost(j, n->in, n->out, n->params, n->macs, n->bytes);
    }
    cli_json_close(j);
}

static void json_graph(const info_options *o, const sp_graph *g, const costs *c)
{
    cli_json j = {0};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "file", o->path);
    cli_json_text(&j, "format", strrchr(o->path, '.') + 1);
    cli_json_whole(&j, "elements", c->sum.elements);
    cli_json_whole(&j, "bytes", c->sum.bytes);
    cli_json_whole(&j, "trainable", c->trainable);
    cli_json_whole(&j, "multiply_adds", c->macs);
    cli_json_whole(&j, "result_bytes", c->bytes);
    cli_json_whole(&j, "nodes", sp_graph_nodes(g));
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
    json_layers(&j, c);
    cli_json_open(&j, "parameters", '[');
    sp_list params = sp_graph_params(g);
    for (int i = 0; i < params.n; i++)
        info_json_row(&j, sp_param_name(params.at[i]), params.at[i], o->stats, NULL);
    cli_json_close(&j);
    cli_json_close(&j);
}

/* ---- the graph ---- */

/* The graph with inputs of other sizes; NULL on failure. */
static sp_graph *resized(const info_options *o, sp_graph *g)
{
    sp_scope scope = sp_scope_begin();
    sp_list in = cli_graph_inputs(g, o->batch, &o->inputs, false);
    sp_graph *other = in.at ? sp_trace(sp_graph_run, g, in) : NULL;
    sp_scope_end(scope);
    return other;
}

static bool show(const info_options *o, sp_graph *g)
{
    costs c = {.graph = g};
    sp_list params = sp_graph_params(g);
    for (int i = 0; i < params.n; i++)
        info_count(&c.sum, params.at[i]);
    sp_graph *other = o->batch || o->inputs.n ? resized(o, g) : NULL;
    if ((o->batch || o->inputs.n) && !other)
        return false;
    c.graph = other ? other : g;
    bool ok = count_costs(&c);
    if (ok && o->json)
        json_graph(o, g, &c);
    else if (ok)
        print_graph(o, g, &c);
    free(c.layers);
    sp_graph_free(other);
    return ok;
}

int info_graph(const info_options *o)
{
    sp_graph *g = sp_graph_load(o->path);
    bool ok = g && show(o, g);
    int status = ok ? CLI_DONE : cli_failed();
    sp_graph_free(g);
    return status;
}
