/* file/mindir_save.c: a graph to a .mindir file, in the old form, which MindSpore 2.0 and all later ones read. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir.h"
#include "file/write.h"

#define MAX_FILE ((size_t)INT32_MAX) /* protobuf's own limit; parameters in files of their own are not written */

static char *text(const char *s) { return sp__proto_text(s); }

/* ---- names of inputs and parameters ---- */

/* "net:<name>", made unique. */
static const char *unique(sp__mi_writer *w, sp__names *taken, const char *name)
{
    const char *whole = sp__scope_printf("net:%s", name);
    while (*whole && sp__names_find(taken, whole) != SP__NAME_NONE)
        whole = sp__scope_printf("net:%s:%lld", name, (long long)w->next++);
    if (!*whole || !sp__names_put(taken, whole, 0))
        w->failed = true;
    return whole;
}

static void name_arguments(sp__mi_writer *w)
{
    const sp_graph *g = w->graph;
    sp__names taken = {0};
    for (int64_t i = 0; i < g->n_values && !w->failed; i++) {
        const sp__value *v = &g->values[i];
        if (v->kind == SP__VALUE_INPUT || v->kind == SP__VALUE_PARAM)
            w->names[i] = unique(w, &taken, v->name ? v->name : "x");
    }
    sp__names_free(&taken);
}

/* ---- parts of the graph's message ---- */

static Sp__Mindir__ValueInfo *value_info(sp__mi_writer *w, const char *name, const sp__desc *desc)
{
    const Sp__Mindir__ValueInfo init = SP__MINDIR__VALUE_INFO__INIT;
    Sp__Mindir__ValueInfo *v = sp__mi_new(w, sizeof *v, &init);
    if (!v)
        return NULL;
    v->name = text(name);
    if (!desc)
        return v;
    Sp__Mindir__Tensor *t = sp__mi_tensor_info(w, name, *desc);
    v->tensor = sp__mi_new(w, sizeof *v->tensor, &t);
    v->n_tensor = 1;
    return v->tensor && t ? v : NULL;
}

static void put_inputs(sp__mi_writer *w, Sp__Mindir__Graph *out)
{
    const sp_graph *g = w->graph;
    out->input = sp__mi_new(w, ((size_t)g->n_inputs + 1) * sizeof *out->input, NULL);
    for (int64_t i = 0; i < g->n_inputs && out->input; i++)
        out->input[out->n_input++] = value_info(w, w->names[g->inputs[i]], &g->values[g->inputs[i]].desc);
}

static Sp__Mindir__Tensor *parameter(sp__mi_writer *w, const sp__value *v, const char *name)
{
    const sp_tensor *t = v->tensor;
    Sp__Mindir__Tensor *out = sp__mi_tensor_info(w, name, sp__desc_of(t));
    if (!out)
        return NULL;
    out->ref_key = text(v->name);
    out->has_raw_data = out->has_compression_type = 1;
    out->raw_data = (ProtobufCBinaryData){(size_t)t->size * sp_dtype_size(t->dtype), t->data};
    return out;
}

static void put_parameters(sp__mi_writer *w, Sp__Mindir__Graph *out)
{
    const sp_graph *g = w->graph;
    out->parameter = sp__mi_new(w, ((size_t)g->n_values + 1) * sizeof *out->parameter, NULL);
    for (int64_t i = 0; i < g->n_values && out->parameter; i++)
        if (g->values[i].kind == SP__VALUE_PARAM)
            out->parameter[out->n_parameter++] = parameter(w, &g->values[i], w->names[i]);
}

/* One output is named; several are one tuple. */
static void put_outputs(sp__mi_writer *w, Sp__Mindir__Graph *out)
{
    const sp_graph *g = w->graph;
    const char **names = sp__mi_new(w, ((size_t)g->n_outputs + 1) * sizeof *names, NULL);
    out->output = sp__mi_new(w, sizeof *out->output, NULL);
    if (!names || !out->output)
        return;
    for (int64_t i = 0; i < g->n_outputs; i++)
        names[i] = w->names[g->outputs[i]];
    bool one = g->n_outputs == 1;
    const char *name = one ? names[0] : sp__mi_emit_new(w, "MakeTuple", (int)g->n_outputs, names, SP__MI_PLAIN);
    out->output[0] = value_info(w, name, one ? &g->values[g->outputs[0]].desc : NULL);
    out->n_output = 1;
}

/* ---- nodes ---- */

/* Constants are written where they are first used, results that are not written (NULL) show in what uses them. */
static bool arguments_written(sp__mi_writer *w, const sp__graph_node *node)
{
    for (int i = 0; i < node->n_in; i++) {
        int v = node->in[i];
        if (v != SP__VALUE_NONE && !w->names[v] && w->graph->values[v].kind == SP__VALUE_CONST)
            w->names[v] = sp__mi_emit_tensor(w, w->graph->values[v].tensor);
        if (v != SP__VALUE_NONE && !w->names[v])
            return false;
    }
    return true;
}

/* All ops that have no form, in one error. */
static sp_status put_nodes(sp__mi_writer *w, const char *path)
{
    sp__refusals refused = {0};
    const bool *needed = sp__needed_nodes(&w->failed, w->graph);
    for (int64_t i = 0; i < w->graph->n_nodes && !w->failed; i++) {
        if (!needed[i])
            continue;
        const sp__graph_node *node = w->node = &w->graph->nodes[i];
        const char *why = NULL;
        if (arguments_written(w, node) ? sp__mi_write_node(w, &why) : refused.n > 0)
            continue; /* after a failure, what depends on it cannot be written either */
        sp__refusals_add(&refused, node, why);
    }
    w->node = NULL;
    for (int64_t i = 0; i < w->graph->n_outputs && refused.n == 0; i++) {
        int v = w->graph->outputs[i];
        if (!w->names[v] && w->graph->values[v].kind == SP__VALUE_CONST)
            w->names[v] = sp__mi_emit_tensor(w, w->graph->values[v].tensor);
        if (!w->names[v] && !w->failed)
            return sp__err(SP_ERR_UNSUPPORTED, "mindir: %s: output %lld has no form in the file", path, (long long)i);
    }
    return w->failed ? sp_error() : sp__refusals_err(&refused, "mindir", path);
}

/* ---- the file ---- */

static sp_status write_model(sp__mi_writer *w, Sp__Mindir__Graph *graph, const char *path)
{
    Sp__Mindir__Model model = SP__MINDIR__MODEL__INIT;
    model.ir_version = text("0.1.1");
    model.producer_name =
        text("MindSpore"); /* MindSpore refuses a file without one; no other was tried in all versions */
    model.model_version = text("2.0.0");
    model.graph = graph;
    model.has_little_endian = model.little_endian = 1;
    model.has_mind_ir_version = 1;
    model.mind_ir_version = 1;
    model.n_primitives = (size_t)w->n_primitives;
    model.primitives = w->primitives;
    if (protobuf_c_message_get_packed_size(&model.base) > MAX_FILE)
        return sp__err(SP_ERR_UNSUPPORTED, "mindir: %s: more than 2 GiB in one file", path);
    return sp__proto_save("mindir", path, &model.base);
}

static sp_status save(sp__mi_writer *w, const char *path)
{
    Sp__Mindir__Graph graph = SP__MINDIR__GRAPH__INIT;
    int64_t failures =
        sp__error_count(); /* a name for which memory is short is "": counted here, not seen everywhere */
    graph.name = text("net");
    w->names = sp__mi_new(w, ((size_t)w->graph->n_values + 1) * sizeof *w->names, NULL);
    if (!w->names)
        return sp_error();
    name_arguments(w);
    sp_status st = w->failed ? sp_error() : put_nodes(w, path);
    if (st != SP_OK)
        return st;
    put_inputs(w, &graph);
    put_parameters(w, &graph);
    put_outputs(w, &graph);
    graph.node = w->nodes;
    graph.n_node = (size_t)w->n_nodes;
    return w->failed || sp__error_count() != failures ? sp_error() : write_model(w, &graph, path);
}

sp_status sp__mindir_save(const sp_graph *g, const char *path)
{
    sp__mi_writer w = {.graph = g};
    sp_scope scope = sp_scope_begin();
    sp_status st = save(&w, path);
    sp_scope_end(scope);
    sp__free(w.nodes, (size_t)w.cap_nodes * sizeof *w.nodes);
    sp__free(w.primitives, (size_t)w.cap_primitives * sizeof *w.primitives);
    return st;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
