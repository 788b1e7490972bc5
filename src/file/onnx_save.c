/* file/onnx_save.c: a graph to an .onnx file, IR version 8 and opset 17, which checkers and runtimes since 2022 read. */
#if SPORE_HAVE_PROTOBUF
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "file/onnx_write.h"

#define IR_VERSION 8
#define OPSET      17
#define MAX_FILE   ((size_t)INT32_MAX) /* protobuf's own limit                                     */
#define ALIGN      ((size_t)4096)      /* of tensors in the file beside, so that they can be mapped */
#define SMALL      ((size_t)1024)      /* smaller ones stay in the file                             */
#define MAX_SPARE  100                 /* names for the file beside                                 */

#define text sp__proto_text

/* ---- inputs, parameters, constants ---- */

static void name_arguments(sp__onnx_writer *w)
{
    const sp_graph *g = w->graph;
    for (int64_t i = 0; i < g->n_values && !w->failed; i++) {
        const sp__value *v = &g->values[i];
        if (v->kind == SP__VALUE_INPUT || v->kind == SP__VALUE_PARAM)
            w->names[i] = sp__onnx_unique(w, v->name ? v->name : "x");
        if (v->kind == SP__VALUE_PARAM && !w->failed)
            sp__onnx_add_tensor(w, w->names[i], v->tensor);
    }
}

static void count_uses(sp__onnx_writer *w)
{
    const sp_graph *g = w->graph;
    for (int64_t i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] != SP__VALUE_NONE)
                w->uses[g->nodes[i].in[k]]++;
    for (int64_t i = 0; i < g->n_outputs; i++)
        w->uses[g->outputs[i]]++;
}

/* One whose shape varies is filled with one number (sp__onnx_differ has seen to that). */
static const char *constant(sp__onnx_writer *w, int v, const char **why)
{
    const sp_tensor *t = w->graph->values[v].tensor;
    sp__onnx_sizes shape = sp__onnx_shape_of(w, v);
    if (sp__onnx_fixed(&shape))
        return sp__onnx_tensor(w, t);
    const char *sizes = sp__onnx_sizes_vector(w, &shape, why);
    const char *number = sp__onnx_tensor(w, sp_from(t->data, t->dtype, SP_SCALAR));
    return sizes ? sp__onnx_emit(w, "Expand", SP__ONNX_IN(number, sizes), SP__ONNX_PLAIN) : NULL;
}

/* Constants are written where they are first used, results that are not written (NULL) show in what uses them. */
static bool written(sp__onnx_writer *w, int v, const char **why)
{
    if (!w->names[v] && w->graph->values[v].kind == SP__VALUE_CONST)
        w->names[v] = constant(w, v, why);
    return w->names[v] != NULL;
}

static bool arguments_written(sp__onnx_writer *w, const char **why)
{
    for (int i = 0; i < w->node->n_in; i++)
        if (w->node->in[i] != SP__VALUE_NONE && !written(w, w->node->in[i], why))
            return false;
    return true;
}

/* ---- nodes ---- */

/* All ops that have no form, in one error. */
static sp_status put_nodes(sp__onnx_writer *w, const char *path)
{
    sp__refusals refused = {0};
    const bool *needed = sp__needed_nodes(&w->failed, w->graph);
    for (int64_t i = 0; i < w->graph->n_nodes && !w->failed; i++) {
        const char *why = NULL;
        if (!needed[i])
            continue;
        w->node = &w->graph->nodes[i];
        w->twin = w->other ? &w->other->nodes[i] : w->node;
        bool whole = arguments_written(w, &why);
        if (whole ? sp__onnx_write_node(w, &why) : !why && refused.n > 0)
            continue; /* after a failure, what depends on it cannot be written either */
        sp__refusals_add(&refused, w->node, why);
    }
    w->node = NULL;
    for (int64_t i = 0; i < w->graph->n_outputs && refused.n == 0 && !w->failed; i++) {
        const char *why = NULL;
        if (!written(w, w->graph->outputs[i], &why))
            return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: output %lld has no form in the file", path, (long long)i);
    }
    return w->failed ? sp_error() : sp__refusals_err(&refused, "onnx", path);
}

/* ---- outputs ---- */

static bool is_made(const sp__onnx_writer *w, const char *name)
{
    for (int64_t i = w->n_nodes; i-- > 0;)
        if (w->nodes[i]->output[0] == name)
            return true;
    return false;
}

static void rename_value(sp__onnx_writer *w, const char *from, const char *to)
{
    for (int64_t i = 0; i < w->n_nodes; i++) {
        if (w->nodes[i]->output[0] == from)
            w->nodes[i]->output[0] = text(to);
        for (size_t k = 0; k < w->nodes[i]->n_input; k++)
            if (w->nodes[i]->input[k] == from)
                w->nodes[i]->input[k] = text(to);
    }
    for (int64_t v = 0; v < w->graph->n_values; v++)
        if (w->names[v] == from)
            w->names[v] = to;
}

/* Outputs are called y, y1, ...; one that is an input, a constant or an output already gets a node of its own. */
static void name_outputs(sp__onnx_writer *w, const char **names)
{
    for (int64_t i = 0; i < w->graph->n_outputs && !w->failed; i++) {
        const char *was = w->names[w->graph->outputs[i]];
        bool again = false;
        for (int64_t k = 0; k < i; k++)
            again = again || names[k] == was;
        names[i] = sp__onnx_unique(w, i ? sp__scope_printf("y%lld", (long long)i) : "y");
        if (again || !is_made(w, was)) {
            const char *copy = sp__onnx_emit(w, "Identity", SP__ONNX_IN(was), SP__ONNX_PLAIN);
            if (!w->failed)
                w->nodes[w->n_nodes - 1]->output[0] = text(names[i]);
            (void)copy;
        } else {
            rename_value(w, was, names[i]);
        }
    }
}

/* ---- the graph's message ---- */

static Sp__Onnx__ValueInfo *info(sp__onnx_writer *w, const char *name, int v)
{
    return sp__onnx_info(w, name, &w->graph->values[v].desc, w->other ? &w->other->values[v].desc : NULL);
}

static void put_ends(sp__onnx_writer *w, Sp__Onnx__Graph *out)
{
    const sp_graph *g = w->graph;
    const char **names = sp__onnx_new(w, ((size_t)g->n_outputs + 1) * sizeof *names, NULL);
    out->input = sp__onnx_new(w, ((size_t)g->n_inputs + 1) * sizeof *out->input, NULL);
    out->output = sp__onnx_new(w, ((size_t)g->n_outputs + 1) * sizeof *out->output, NULL);
    if (w->failed)
        return;
    name_outputs(w, names);
    for (int64_t i = 0; i < g->n_inputs; i++)
        out->input[out->n_input++] = info(w, w->names[g->inputs[i]], g->inputs[i]);
    for (int64_t i = 0; i < g->n_outputs && !w->failed; i++)
        out->output[out->n_output++] = info(w, names[i], g->outputs[i]);
}

/* Types and shapes of what is computed on the way: the graph's own values, each name once. */
static void put_infos(sp__onnx_writer *w, Sp__Onnx__Graph *out)
{
    const sp_graph *g = w->graph;
    sp__names said = {0};
    out->value_info = sp__onnx_new(w, ((size_t)g->n_nodes + 1) * sizeof *out->value_info, NULL);
    for (size_t i = 0; i < out->n_output && !w->failed; i++)
        w->failed = !sp__names_put(&said, out->output[i]->name, 0);
    for (int64_t i = 0; i < w->n_tensors && !w->failed; i++)
        w->failed = !sp__names_put(&said, w->tensors[i]->name, 0);
    for (size_t i = 0; i < out->n_input && !w->failed; i++)
        w->failed = !sp__names_put(&said, out->input[i]->name, 0);
    for (int64_t i = 0; i < g->n_nodes && !w->failed; i++) {
        const char *name = w->names[g->nodes[i].out];
        if (!name || sp__names_find(&said, name) != SP__NAME_NONE)
            continue;
        out->value_info[out->n_value_info++] = info(w, name, g->nodes[i].out);
        w->failed = w->failed || !sp__names_put(&said, name, 0);
    }
    sp__names_free(&said);
}

/* ---- large data beside the file ---- */

static Sp__Onnx__Entry *entry(sp__onnx_writer *w, const char *key, const char *value)
{
    const Sp__Onnx__Entry init = SP__ONNX__ENTRY__INIT;
    Sp__Onnx__Entry *e = sp__onnx_new(w, sizeof *e, &init);
    if (e) {
        e->key = text(key);
        e->value = text(value);
    }
    return e;
}

static bool place_outside(sp__onnx_writer *w, Sp__Onnx__Tensor *t, const char *location, size_t offset)
{
    Sp__Onnx__Entry **list = sp__onnx_new(w, 3 * sizeof *list, NULL);
    if (!list)
        return false;
    list[0] = entry(w, "location", location);
    list[1] = entry(w, "offset", sp__scope_printf("%zu", offset));
    list[2] = entry(w, "length", sp__scope_printf("%zu", t->raw_data.len));
    t->external_data = list;
    t->n_external_data = 3;
    t->has_raw_data = 0;
    t->has_data_location = t->data_location = 1;
    return !w->failed;
}

/* Writes the tensors worth it to `path` and says so in their messages. */
static sp_status write_outside(sp__onnx_writer *w, sp__atomic *out, const char *path)
{
    static const uint8_t zeros[ALIGN];
    const char *slash = strrchr(path, '/');
    size_t at = 0;
    sp_status st = sp__atomic_open(out, "onnx", path);
    for (int64_t i = 0; i < w->n_tensors && st == SP_OK; i++) {
        Sp__Onnx__Tensor *t = w->tensors[i];
        if (t->raw_data.len < SMALL)
            continue;
        size_t gap = (ALIGN - at % ALIGN) % ALIGN;
        if (!sp__add_size(at, gap, &at) || !place_outside(w, t, slash ? slash + 1 : path, at) ||
            !sp__add_size(at, t->raw_data.len, &at))
            return sp_error() ? sp_error() : sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: too large", path);
        st = sp__atomic_write(out, zeros, gap);
        if (st == SP_OK)
            st = sp__atomic_write(out, t->raw_data.data, t->raw_data.len);
    }
    return st == SP_OK ? sp__atomic_commit(out) : st;
}

static const char *beside(const char *path, int i)
{
    return i ? sp__scope_printf("%s.data%d", path, i) : sp__scope_printf("%s.data", path);
}

/* The old file beside belongs to the old .onnx: the new one gets a name that is free, and the old goes when the new .onnx is
 * in its place. So at every moment both belong together. */
static sp_status save_in_two(sp__onnx_writer *w, const ProtobufCMessage *model, const char *path)
{
    int i = 0;
    while (i < MAX_SPARE && access(beside(path, i), F_OK) == 0)
        i++;
    sp__atomic *out = sp__alloc(sizeof *out);
    if (!out)
        return sp_error();
    const char *data = beside(path, i);
    int64_t failures = sp__error_count();
    sp_status st = write_outside(w, out, data);
    bool in_place = st == SP_OK;
    sp__atomic_abort(out);
    sp__free(out, sizeof *out);
    if (st == SP_OK)
        st = sp__error_count() != failures ? sp_error() : sp__proto_save("onnx", path, model);
    if (st != SP_OK && in_place)
        unlink(data);
    for (int k = 0; k < i && st == SP_OK; k++)
        unlink(beside(path, k));
    return st;
}

/* ---- the file ---- */

static bool data_size(const sp__onnx_writer *w, size_t *size)
{
    *size = 0;
    for (int64_t i = 0; i < w->n_tensors; i++)
        if (!sp__add_size(*size, w->tensors[i]->raw_data.len, size))
            return false;
    return true;
}

static sp_status write_model(sp__onnx_writer *w, Sp__Onnx__Graph *graph, const char *path, size_t limit)
{
    Sp__Onnx__OpsetId opset = SP__ONNX__OPSET_ID__INIT, *opsets = &opset;
    Sp__Onnx__Model model = SP__ONNX__MODEL__INIT;
    size_t data;
    opset.domain = text("");
    opset.has_version = 1;
    opset.version = OPSET;
    model.has_ir_version = 1;
    model.ir_version = IR_VERSION;
    model.producer_name = text("spore");
    model.producer_version = text(sp_version());
    model.graph = graph;
    model.n_opset_import = 1;
    model.opset_import = &opsets;
    if (!data_size(w, &data))
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: too large", path);
    if (data > limit)
        return save_in_two(w, &model.base, path);
    if (protobuf_c_message_get_packed_size(&model.base) > MAX_FILE)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: more than 2 GiB in one file", path);
    return sp__proto_save("onnx", path, &model.base);
}

static sp_status save(sp__onnx_writer *w, const char *path, size_t limit)
{
    Sp__Onnx__Graph graph = SP__ONNX__GRAPH__INIT;
    int64_t failures = sp__error_count(); /* a name for which memory is short is "": counted, not seen everywhere */
    graph.name = text("net");
    w->names = sp__onnx_new(w, ((size_t)w->graph->n_values + 1) * sizeof *w->names, NULL);
    w->uses = sp__onnx_new(w, ((size_t)w->graph->n_values + 1) * sizeof *w->uses, NULL);
    if (w->failed)
        return sp_error();
    name_arguments(w);
    count_uses(w);
    sp_status st = w->failed ? sp_error() : put_nodes(w, path);
    if (st != SP_OK)
        return st;
    put_ends(w, &graph);
    put_infos(w, &graph);
    graph.node = w->nodes;
    graph.n_node = (size_t)w->n_nodes;
    graph.initializer = w->tensors;
    graph.n_initializer = (size_t)w->n_tensors;
    return w->failed || sp__error_count() != failures ? sp_error() : write_model(w, &graph, path, limit);
}

sp_status sp__onnx_write_graphs(const sp_graph *g, const sp_graph *other, const char *path, size_t limit)
{
    sp__onnx_writer w = {.graph = g, .other = other};
    sp_scope scope = sp_scope_begin();
    sp_status st = save(&w, path, limit);
    sp_scope_end(scope);
    sp__free(w.nodes, (size_t)w.cap_nodes * sizeof *w.nodes);
    sp__free(w.tensors, (size_t)w.cap_tensors * sizeof *w.tensors);
    sp__names_free(&w.taken);
    sp__names_free(&w.known);
    return st;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
