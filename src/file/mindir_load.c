/* file/mindir_load.c: a .mindir file to a graph. The file is decoded (never deeper or larger than proto.h allows),
 * its header and parameters are checked, and its nodes are run under a trace. Parameters and constants are inputs
 * of the trace; afterwards they are made what they are, so the graph shares nothing with the file. */
#if SPORE_HAVE_PROTOBUF
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "file/external.h"
#include "file/mindir.h"

/* A node takes about 1.4 KB with its primitive; the largest nets have some thousands. */
#define MAX_VALUES 41000

/* What stands for a dimension of -1 while the graph is recorded: a batch of 1, and elsewhere what layers can work
 * on. */
#define ANY_BATCH 1
#define ANY_SIZE  32

static const char *shown(const char *s) { return sp__shown(s, strlen(s)); }

/* ---- the header ---- */

static sp_status check_header(const sp__source *s, const Sp__Mindir__Model *model)
{
    if (model->has_little_endian && !model->little_endian)
        return sp__err(SP_ERR_UNSUPPORTED, "mindir: %s is big endian, which is not supported", s->path);
    if (model->has_mind_ir_version && (model->mind_ir_version < 0 || model->mind_ir_version > 3))
        return sp__err(SP_ERR_UNSUPPORTED, "mindir: %s has mind_ir_version %lld, expected 0 to 3", s->path,
                       (long long)model->mind_ir_version);
    if (!model->graph)
        return sp__err(SP_ERR_FORMAT, "mindir: %s holds no graph", s->path);
    if (model->graph->n_map_parameter)
        return sp__err(SP_ERR_UNSUPPORTED, "mindir: %s: hash-table parameters are not supported", s->path);
    const Sp__Mindir__Graph *g = model->graph; /* the counts are below the file's size: their sum fits */
    if (g->n_node + g->n_parameter + g->n_input > MAX_VALUES || model->n_primitives > MAX_VALUES ||
        model->n_functions > MAX_VALUES)
        return sp__err(SP_ERR_UNSUPPORTED, "mindir: %s has more than %d nodes, parameters, inputs or primitives",
                       s->path, MAX_VALUES);
    if (model->graph->n_output == 0)
        return sp__err(SP_ERR_FORMAT, "mindir: %s: the graph has no output", s->path);
    return SP_OK;
}

/* What the rest relies on: names and operators are there. */
static sp_status check_names(const sp__source *s, const Sp__Mindir__Graph *g)
{
    for (size_t i = 0; i < g->n_node; i++) {
        const sp__mi_node *n = g->node[i];
        if (!n->op_type || n->n_output != 1)
            return sp__err(SP_ERR_FORMAT, "mindir: %s: node %zu has %zu outputs and %s, expected 1 and an operator",
                           s->path, i, n->n_output, n->op_type ? "an operator" : "no operator");
    }
    for (size_t i = 0; i < g->n_input; i++)
        if (!g->input[i]->name)
            return sp__err(SP_ERR_FORMAT, "mindir: %s: input %zu has no name", s->path, i);
    for (size_t i = 0; i < g->n_output; i++)
        if (!g->output[i]->name)
            return sp__err(SP_ERR_FORMAT, "mindir: %s: output %zu has no name", s->path, i);
    for (size_t i = 0; i < g->n_parameter; i++)
        if (!g->parameter[i]->name)
            return sp__err(SP_ERR_FORMAT, "mindir: %s: parameter %zu has no name", s->path, i);
    return SP_OK;
}

static sp_status index_names(sp__mi_model *m, const Sp__Mindir__Model *model)
{
    for (size_t i = 0; i < model->n_primitives; i++) {
        const Sp__Mindir__Primitive *p = model->primitives[i];
        if (!p->name || !p->op_type)
            return sp__err(SP_ERR_FORMAT, "mindir: %s: primitive %zu has no %s", m->source->path, i,
                           p->name ? "operator" : "name");
        if (sp__names_find(&m->primitive_names, p->name) != SP__NAME_NONE)
            return sp__err(SP_ERR_FORMAT, "mindir: %s: two primitives are named '%s'", m->source->path, shown(p->name));
        if (!sp__names_put(&m->primitive_names, p->name, (int)i))
            return sp_error();
    }
    for (size_t i = 0; i < model->n_functions; i++)
        if (model->functions[i]->name && !sp__names_put(&m->function_names, model->functions[i]->name, (int)i))
            return sp_error();
    return SP_OK;
}

/* ---- tensors ---- */

/* Type and shape; -1 among the dims only where any_size allows it. what names the tensor in errors. */
static sp_status describe(const sp__source *s, const sp__mi_tensor *t, const char *what, bool any_size, sp__desc *out)
{
    out->dtype = sp__mi_dtype(t->has_data_type ? t->data_type : 0);
    if (out->dtype == SP_DTYPE_COUNT_)
        return sp__err(SP_ERR_UNSUPPORTED, "mindir: %s: %s has element type %d, which is not supported", s->path, what,
                       t->data_type);
    if (t->n_dims > SP_MAX_RANK)
        return sp__err(SP_ERR_UNSUPPORTED, "mindir: %s: %s has %zu dimensions, at most %d are supported", s->path, what,
                       t->n_dims, SP_MAX_RANK);
    out->shape = sp_shape_new((int)t->n_dims, t->dims);
    sp_shape filled = out->shape;
    for (int i = 0; any_size && i < filled.rank; i++)
        if (filled.dim[i] == -1)
            filled.dim[i] = i == 0 ? ANY_BATCH : ANY_SIZE;
    if (sp_shape_size(filled) < 0)
        return sp__err(SP_ERR_FORMAT, "mindir: %s: %s has the invalid shape %s", s->path, what,
                       sp__shape_text(out->shape));
    return SP_OK;
}

/* A tensor with the elements that the file holds for it, retained; NULL, recorded, on failure. */
static sp_tensor *read_tensor(const sp__source *s, const sp__mi_tensor *t, const char *what, sp__external *files)
{
    sp__desc d;
    if (describe(s, t, what, false, &d) != SP_OK)
        return NULL;
    if ((t->has_compression_type && t->compression_type != 0) || t->n_quant_params)
        return sp__fail(SP_ERR_UNSUPPORTED, "mindir: %s: %s is compressed or quantised, which is not supported",
                        s->path, what);
    size_t bytes = (size_t)sp_shape_size(d.shape) * sp_dtype_size(d.dtype); /* a valid shape has below 2^60 elements */
    bool external = t->external_data != NULL;
    size_t given = external ? (size_t)t->external_data->length : t->raw_data.len;
    if ((!external && !t->has_raw_data) || given != bytes)
        return sp__fail(SP_ERR_FORMAT, "mindir: %s: %s: %zu bytes for %s %s, expected %zu", s->path, what, given,
                        sp_dtype_name(d.dtype), sp__shape_text(d.shape), bytes);
    sp__external_part part = {0};
    if (external)
        part = (sp__external_part){t->external_data->location, t->external_data->offset, t->external_data->length};
    if (external && !sp__external_reserve(files, &part, what))
        return NULL;
    sp_tensor *y = sp__tensor_new(d.dtype, d.shape);
    if (!y)
        return NULL;
    if (external && !sp__external_read(files, &part, sp__data_mut(y), bytes))
        return NULL;
    if (!external && bytes > 0)
        memcpy(sp__data_mut(y), t->raw_data.data, bytes);
    const uint8_t *b = y->data;
    for (size_t i = 0; d.dtype == SP_BOOL && i < bytes; i++)
        if (b[i] > 1)
            return sp__fail(SP_ERR_FORMAT, "mindir: %s: %s: element %zu of Bool is %d, expected 0 or 1", s->path, what,
                            i, b[i]);
    return sp__retain(y);
}

static sp_tensor *read_param(const sp__source *s, const sp__mi_tensor *t, sp__external *files)
{
    const char *name = t->ref_key && t->ref_key[0] ? t->ref_key : sp__mi_visible(t->name);
    sp_tensor *value = read_tensor(s, t, sp__scope_printf("parameter '%s'", shown(t->name)), files);
    sp_tensor *param = value ? sp__param_new(value, name, true) : NULL;
    sp__release(value);
    return param;
}

/* The elements of parameters and constants. Those of the message are given up as soon as they are copied. */
static sp_status read_tensors(sp__mi_model *m, sp__proto *p, sp__external *files)
{
    Sp__Mindir__Graph *g = m->graph;
    m->params = sp__scope_alloc((g->n_parameter + 1) * sizeof *m->params);
    m->consts = sp__scope_alloc((g->n_node + 1) * sizeof *m->consts);
    if (!m->params || !m->consts)
        return sp_error();
    for (size_t i = 0; i < g->n_parameter; i++) {
        sp_scope scope = sp_scope_begin();
        sp_tensor *t = m->params[i] = read_param(m->source, g->parameter[i], files);
        sp_scope_end(scope);
        if (!t)
            return sp_error();
        m->n_params++;
        if (g->parameter[i]->has_raw_data)
            p->allocator.free(p, g->parameter[i]->raw_data.data);
        g->parameter[i]->has_raw_data = 0;
        g->parameter[i]->raw_data = (ProtobufCBinaryData){0, NULL};
    }
    for (size_t i = 0; i < g->n_node; i++) {
        const sp__mi_tensor *value = sp__mi_constant(g->node[i]);
        if (!value)
            continue;
        sp_scope scope = sp_scope_begin();
        const char *what = sp__scope_printf("constant '%s'", shown(g->node[i]->output[0]));
        sp_tensor *t = m->consts[m->n_consts] = read_tensor(m->source, value, what, files);
        sp_scope_end(scope);
        if (!t)
            return sp_error();
        m->n_consts++;
    }
    return SP_OK;
}

/* ---- the trace ---- */

static bool is_token(const Sp__Mindir__ValueInfo *v)
{
    return v->attr_info && (v->attr_info->type == SP__MI_UMONAD || v->attr_info->type == SP__MI_IOMONAD);
}

/* Descriptions of the inputs, in order, tokens left out. */
static sp_status describe_inputs(sp__mi_model *m, sp__desc *inputs)
{
    for (size_t i = 0; i < m->graph->n_input; i++) {
        const Sp__Mindir__ValueInfo *v = m->graph->input[i];
        if (is_token(v))
            continue;
        const char *what = sp__scope_printf("input '%s'", shown(v->name));
        if (v->n_tensor != 1)
            return sp__err(SP_ERR_FORMAT, "mindir: %s: %s has no type", m->source->path, what);
        sp_status st = describe(m->source, v->tensor[0], what, true, &inputs[m->n_inputs++]);
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}

static sp_tensor *example_of(sp__desc d)
{
    for (int i = 0; i < d.shape.rank; i++)
        if (d.shape.dim[i] == -1)
            d.shape.dim[i] = i == 0 ? ANY_BATCH : ANY_SIZE;
    return sp__tensor_symbolic(d.dtype, d.shape);
}

static sp_graph *trace(sp__mi_model *m, const sp__desc *inputs)
{
    int n = m->n_inputs + (int)(m->n_params + m->n_consts);
    sp_tensor **example = sp__list_room(n);
    for (int i = 0; example && i < n; i++) {
        int p = i - m->n_inputs;
        example[i] = p < 0 ? example_of(inputs[i]) : p < m->n_params ? m->params[p] : m->consts[p - m->n_params];
        if (!example[i])
            return NULL;
    }
    return example ? sp_trace(sp__mi_run, m, (sp_list){example, n}) : NULL;
}

/* Makes the trace's inputs behind the first n_inputs parameters and constants, and gives all their names and shapes. */
static bool settle(sp_graph *g, const sp__mi_model *m, const sp__desc *inputs)
{
    size_t named = 0;
    for (int64_t i = 0; i < g->n_inputs; i++) {
        sp__value *v = &g->values[g->inputs[i]];
        int64_t p = i - m->n_inputs;
        sp__free_str(v->name);
        v->name = NULL;
        if (p < 0) {
            while (is_token(m->graph->input[named]))
                named++;
            v->desc = inputs[i];
            v->name = sp__strdup(sp__mi_visible(m->graph->input[named++]->name));
        } else if (p < m->n_params) {
            if (!sp__grow(&g->params, g->n_params, &g->cap_params, sizeof *g->params))
                return false;
            v->kind = SP__VALUE_PARAM;
            v->tensor = g->params[g->n_params++] = sp__retain(m->params[p]);
            v->name = sp__strdup(v->tensor->param->name);
        } else {
            v->kind = SP__VALUE_CONST;
            v->tensor = sp__retain(m->consts[p - m->n_params]);
            continue;
        }
        if (!v->name)
            return false;
    }
    g->n_inputs = m->n_inputs;
    return true;
}

static sp_graph *build(sp__mi_model *m)
{
    sp__desc *inputs = sp__scope_alloc((m->graph->n_input + 1) * sizeof *inputs);
    m->values = sp__scope_alloc((m->graph->n_input + m->graph->n_parameter + m->graph->n_node + 1) * sizeof *m->values);
    if (!inputs || !m->values || describe_inputs(m, inputs) != SP_OK)
        return NULL;
    sp_graph *g = trace(m, inputs);
    if (g && settle(g, m, inputs))
        return g;
    sp_graph_free(g);
    return NULL;
}

/* ---- the whole ---- */

static void model_free(sp__mi_model *m)
{
    for (int64_t i = 0; i < m->n_params; i++)
        sp__release(m->params[i]);
    for (int64_t i = 0; i < m->n_consts; i++)
        sp__release(m->consts[i]);
    sp__names_free(&m->primitive_names);
    sp__names_free(&m->function_names);
    sp__names_free(&m->value_names);
}

static sp_graph *load_model(const sp__source *s, sp__proto *p, const Sp__Mindir__Model *model, const char *path)
{
    if (check_header(s, model) != SP_OK || check_names(s, model->graph) != SP_OK)
        return NULL;
    sp__mi_model m = {
        .source = s, .graph = model->graph, .primitives = model->primitives, .n_primitives = model->n_primitives};
    sp__external files = {.what = "mindir", .path = path, .header = 64};
    sp_graph *g = NULL;
    if (index_names(&m, model) == SP_OK && sp__mi_check_operators(&m) == SP_OK && read_tensors(&m, p, &files) == SP_OK)
        g = build(&m);
    sp__external_free(&files);
    model_free(&m);
    return g;
}

sp_graph *sp__mindir_load_source(sp__source *s, const char *path)
{
    sp__proto p;
    sp__proto_begin(&p,
                    (size_t)s->size + ((size_t)44 << 20)); /* with the file's bytes: below twice the file and 64 MiB */
    Sp__Mindir__Model *model =
        sp__source_not_encrypted(s) == SP_OK ? (void *)sp__proto_decode(&p, s, &sp__mindir__model__descriptor) : NULL;
    if (!model)
        return NULL;
    int64_t failures = sp__error_count(); /* also of a scope that could not begin */
    sp_scope scope = sp_scope_begin();
    sp_graph *g = load_model(s, &p, model, path);
    sp_scope_end(scope);
    sp__proto_free(&p, model);
    if (sp__error_count() == failures)
        return g;
    sp_graph_free(g); /* made, though a text on the way could not be */
    return NULL;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
