/* file/onnx_load.c: an .onnx file to a graph. The file is decoded (never deeper or larger than proto.h allows), its header,
 * inputs and initializers are checked, and its nodes are run under a trace; twice where sizes are open (onnx_read.h). */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_read.h"

#define MAX_VALUES (1 << 16) /* inputs, initializers, nodes, results */
#define MIN_OPSET  6
#define MAX_OPSET  28

/* What stands for an open dimension while the graph is recorded, and in the rehearsal: the batch, and elsewhere what
 * layers can work on. */
static const int64_t any_batch[] = {1, 2}, any_size[] = {32, 48};

static const char *shown(const char *s) { return sp__shown(s, strlen(s)); }

/* ---- the header ---- */

static sp_status check_opset(const sp__source *s, const Sp__Onnx__Model *model, int64_t *opset)
{
    *opset = 0;
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Sp__Onnx__OpsetId *o = model->opset_import[i];
        if (o->domain && o->domain[0] && strcmp(o->domain, "ai.onnx") != 0)
            continue;
        if (*opset != 0 && *opset != o->version)
            return sp__err(SP_ERR_FORMAT, "onnx: %s has the opsets %lld and %lld", s->path, (long long)*opset,
                           (long long)o->version);
        *opset = o->version;
    }
    if (*opset < MIN_OPSET || *opset > MAX_OPSET)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s has opset %lld, expected %d to %d", s->path, (long long)*opset,
                       MIN_OPSET, MAX_OPSET);
    return SP_OK;
}

static sp_status check_header(const sp__source *s, const Sp__Onnx__Model *model, int64_t *opset)
{
    const Sp__Onnx__Graph *g = model->graph;
    if (!g)
        return sp__err(SP_ERR_FORMAT, "onnx: %s holds no graph", s->path);
    sp_status st = check_opset(s, model, opset);
    if (st != SP_OK)
        return st;
    if (g->n_sparse_initializer)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: sparse initializers are not supported", s->path);
    if (SP__MAX(SP__MAX(g->n_node, g->n_initializer), SP__MAX(g->n_input, model->n_functions)) > MAX_VALUES)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s has more than %d nodes, initializers, inputs or functions",
                       s->path, MAX_VALUES);
    if (g->n_output < 1 || g->n_output > SP__MAX_IN)
        return sp__err(g->n_output ? SP_ERR_UNSUPPORTED : SP_ERR_FORMAT,
                       "onnx: %s: the graph has %zu outputs, expected 1 to %d", s->path, g->n_output, SP__MAX_IN);
    return SP_OK;
}

/* What the rest relies on: names and operators are there. */
static sp_status check_names(const sp__source *s, const Sp__Onnx__Graph *g)
{
    for (size_t i = 0; i < g->n_node; i++) {
        const sp__ox_node *n = g->node[i];
        if (!n->op_type || n->n_output < 1 || n->n_output > SP__OX_MAX_RESULTS)
            return sp__err(SP_ERR_FORMAT, "onnx: %s: node %zu has %zu outputs and %s, expected 1 to %d and an operator",
                           s->path, i, n->n_output, n->op_type ? "an operator" : "no operator", SP__OX_MAX_RESULTS);
    }
    for (size_t i = 0; i < g->n_input; i++)
        if (!g->input[i]->name || !g->input[i]->name[0])
            return sp__err(SP_ERR_FORMAT, "onnx: %s: input %zu has no name", s->path, i);
    for (size_t i = 0; i < g->n_output; i++)
        if (!g->output[i]->name)
            return sp__err(SP_ERR_FORMAT, "onnx: %s: output %zu has no name", s->path, i);
    for (size_t i = 0; i < g->n_initializer; i++)
        if (!g->initializer[i]->name || !g->initializer[i]->name[0])
            return sp__err(SP_ERR_FORMAT, "onnx: %s: initializer %zu has no name", s->path, i);
    return SP_OK;
}

/* ---- inputs ---- */

/* A dimension: its size; -1 if it is open. */
static int64_t size_of(const Sp__Onnx__Dim *d) { return d->has_dim_value ? d->dim_value : -1; }

static sp_status describe_input(sp__ox_model *m, const Sp__Onnx__ValueInfo *v, sp__desc *out)
{
    const Sp__Onnx__TensorType *t = v->type ? v->type->tensor_type : NULL;
    const char *path = m->source->path, *name = shown(v->name);
    if (!t)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: input '%s' is no tensor", path, name);
    out->dtype = sp__onnx_dtype(t->elem_type);
    if (out->dtype == SP_DTYPE_COUNT_)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: input '%s' has element type %d, which is not supported", path,
                       name, t->elem_type);
    if (!t->shape)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: input '%s' has no shape", path, name);
    if (t->shape->n_dim > SP_MAX_RANK)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: input '%s' has %zu dimensions, at most %d are supported", path,
                       name, t->shape->n_dim, SP_MAX_RANK);
    sp_shape closed = {.rank = (int)t->shape->n_dim};
    out->shape.rank = closed.rank;
    for (int i = 0; i < closed.rank; i++) {
        int64_t size = size_of(t->shape->dim[i]);
        out->shape.dim[i] = size;
        m->open = m->open || size == -1;
        closed.dim[i] = size == -1 ? any_size[1] : size;
    }
    if (sp_shape_size(closed) < 0)
        return sp__err(SP_ERR_FORMAT, "onnx: %s: input '%s' has the invalid shape %s", path, name,
                       sp__shape_text(out->shape));
    return SP_OK;
}

/* Initializers may be listed among the inputs: they are none. */
static sp_status describe_inputs(sp__ox_model *m)
{
    const Sp__Onnx__Graph *g = m->graph;
    sp__names initialized = {0};
    bool ok = true;
    sp_status st = SP_OK;
    for (size_t i = 0; ok && i < g->n_initializer; i++)
        ok = sp__names_put(&initialized, g->initializer[i]->name, (int)i);
    for (size_t i = 0; ok && st == SP_OK && i < g->n_input; i++) {
        if (sp__names_find(&initialized, g->input[i]->name) != SP__NAME_NONE)
            continue;
        st = describe_input(m, g->input[i], &m->inputs[m->n_inputs]);
        m->input_names[m->n_inputs++] = g->input[i]->name;
    }
    sp__names_free(&initialized);
    return ok ? st : sp_error();
}

/* ---- initializers ---- */

/* Retained. */
static sp_tensor *read_initializer(sp__ox_model *m, const sp__ox_tensor *t)
{
    const char *what = sp__scope_printf("initializer '%s'", shown(t->name));
    sp_tensor *y = sp__ox_elements(m->source, t, what, m->files);
    if (!y || !sp_dtype_is_float(y->dtype) || y->shape.rank == 0)
        return sp__retain(y);
    return sp__param_new(y, t->name, true);
}

/* The elements in the message are given up as soon as they are copied. */
static sp_status read_initializers(sp__ox_model *m, sp__proto *p)
{
    Sp__Onnx__Graph *g = m->graph;
    for (size_t i = 0; i < g->n_initializer; i++) {
        sp__ox_tensor *t = g->initializer[i];
        sp_scope scope = sp_scope_begin();
        m->initializers[i] = read_initializer(m, t);
        sp_scope_end(scope);
        if (!m->initializers[i])
            return sp_error();
        if (t->has_raw_data)
            p->allocator.free(p, t->raw_data.data);
        t->has_raw_data = 0;
        t->raw_data = (ProtobufCBinaryData){0, NULL};
    }
    return SP_OK;
}

/* ---- the trace ---- */

static sp_graph *trace(sp__ox_model *m)
{
    sp_tensor **example = sp__list_room(m->n_inputs);
    for (int i = 0; example && i < m->n_inputs; i++) {
        sp__desc d = m->inputs[i];
        for (int k = 0; k < d.shape.rank; k++)
            if (d.shape.dim[k] == -1)
                d.shape.dim[k] = (k == 0 ? any_batch : any_size)[m->rehearsing];
        example[i] = sp__tensor_symbolic(d.dtype, d.shape);
        if (!example[i])
            return NULL;
    }
    return example ? sp_trace(sp__ox_run, m, (sp_list){example, m->n_inputs}) : NULL;
}

/* The inputs' names, and which of their sizes are open. */
static bool settle(sp_graph *g, const sp__ox_model *m)
{
    for (int i = 0; i < m->n_inputs; i++) {
        sp__value *v = &g->values[g->inputs[i]];
        sp__free_str(v->name);
        v->desc = m->inputs[i];
        v->name = sp__strdup(m->input_names[i]);
        if (!v->name)
            return false;
    }
    return true;
}

static bool make_room(sp__ox_model *m)
{
    const Sp__Onnx__Graph *g = m->graph;
    size_t n = g->n_input + g->n_initializer + 1;
    for (size_t i = 0; i < g->n_node; i++)
        n += g->node[i]->n_output;
    if (n > 4 * (size_t)MAX_VALUES) {
        sp__err(SP_ERR_UNSUPPORTED, "onnx: %s has %zu values, at most %d are supported", m->source->path, n,
                4 * MAX_VALUES);
        return false;
    }
    m->values = sp__scope_alloc(n * sizeof *m->values);
    m->inputs = sp__scope_alloc((g->n_input + 1) * sizeof *m->inputs);
    m->input_names = sp__scope_alloc((g->n_input + 1) * sizeof *m->input_names);
    m->initializers = sp__scope_alloc((g->n_initializer + 1) * sizeof *m->initializers);
    if (m->initializers)
        memset(m->initializers, 0, (g->n_initializer + 1) * sizeof *m->initializers);
    m->max_values = (int)n;
    return m->values && m->inputs && m->input_names && m->initializers;
}

static bool rehearse(sp__ox_model *m)
{
    m->past = sp__scope_alloc((size_t)m->max_values * sizeof *m->past);
    if (!m->past)
        return false;
    memset(m->past, 0, (size_t)m->max_values * sizeof *m->past);
    m->rehearsing = true;
    sp_graph *g = trace(m);
    m->rehearsing = false;
    sp_graph_free(g);
    return g != NULL;
}

static sp_graph *build(sp__ox_model *m)
{
    if (m->open && !rehearse(m))
        return NULL;
    sp_graph *g = trace(m);
    if (g && settle(g, m))
        return g;
    sp_graph_free(g);
    return NULL;
}

/* ---- the whole ---- */

static void model_free(sp__ox_model *m)
{
    for (size_t i = 0; m->initializers && i < m->graph->n_initializer; i++)
        sp__release(m->initializers[i]);
    for (int i = 0; m->past && i < m->max_values; i++)
        sp__release(m->past[i].held);
    sp__names_free(&m->value_names);
    sp__names_free(&m->function_names);
    sp__external_free(m->files);
}

static bool index_functions(sp__ox_model *m, const Sp__Onnx__Model *model)
{
    for (size_t i = 0; i < model->n_functions; i++) {
        const Sp__Onnx__Function *f = model->functions[i];
        if (f->name && (!f->domain || !f->domain[0]) && !sp__names_put(&m->function_names, f->name, (int)i))
            return false;
    }
    return true;
}

static sp_graph *load_model(const sp__source *s, sp__proto *p, const Sp__Onnx__Model *model, const char *path)
{
    sp__external files = {.what = "onnx", .path = path};
    sp__ox_model m = {.source = s, .graph = model->graph, .files = &files};
    if (check_header(s, model, &m.opset) != SP_OK || check_names(s, model->graph) != SP_OK)
        return NULL;
    sp_graph *g = NULL;
    if (make_room(&m) && index_functions(&m, model) && sp__ox_check_operators(&m) == SP_OK &&
        describe_inputs(&m) == SP_OK && read_initializers(&m, p) == SP_OK)
        g = build(&m);
    model_free(&m);
    return g;
}

sp_graph *sp__onnx_load_source(sp__source *s, const char *path)
{
    sp__proto p;
    sp__proto_begin(&p, 4 * (size_t)s->size + ((size_t)64 << 20));
    Sp__Onnx__Model *model = (void *)sp__proto_decode(&p, s, &sp__onnx__model__descriptor);
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
