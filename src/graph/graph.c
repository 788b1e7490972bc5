/* Making graphs and freeing them. */
#include <string.h>

#include "graph/graph.h"

sp_graph *sp__graph_new(void)
{
    sp_graph *g = sp__alloc_zero(sizeof *g);
    return g;
}

void sp__graph_node_free(sp__graph_node *n)
{
    if (!n->op)
        return;
    sp__free(n->attrs, n->op->attr_size);
    sp__free(n->in, (size_t)n->n_in * sizeof *n->in);
    sp__free_str(n->path);
}

void sp_graph_free(sp_graph *g)
{
    if (!g)
        return;
    for (int64_t i = 0; i < g->n_nodes; i++)
        sp__graph_node_free(&g->nodes[i]);
    for (int64_t i = 0; i < g->n_values; i++) {
        sp__release(g->values[i].tensor);
        sp__free_str(g->values[i].name);
    }
    sp__free(g->nodes, (size_t)g->cap_nodes * sizeof *g->nodes);
    sp__free(g->values, (size_t)g->cap_values * sizeof *g->values);
    sp__free(g->inputs, (size_t)g->cap_inputs * sizeof *g->inputs);
    sp__free(g->outputs, (size_t)g->cap_outputs * sizeof *g->outputs);
    for (int64_t i = 0; i < g->n_modes; i++)
        sp__mode_release(g->modes[i].mode);
    sp__free(g->params, (size_t)g->cap_params * sizeof *g->params);
    sp__free(g->updates, (size_t)g->cap_updates * sizeof *g->updates);
    sp__free(g->hooks, (size_t)g->cap_hooks * sizeof *g->hooks);
    sp__free(g->modes, (size_t)g->cap_modes * sizeof *g->modes);
    sp__free(g, sizeof *g);
}

/* ---- modes ---- */

sp__mode *sp__mode_new(void)
{
    sp__mode *m = sp__alloc_zero(sizeof *m);
    if (m)
        atomic_init(&m->refs, 1);
    return m;
}

void sp__mode_release(sp__mode *m)
{
    if (m && atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) == 1)
        sp__free(m, sizeof *m);
}

bool sp__graph_modes_hold(const sp_graph *g)
{
    for (int64_t i = 0; i < g->n_modes; i++)
        if (sp__mode_on(g->modes[i].mode) != g->modes[i].on || g->modes[i].mode->product != g->modes[i].product)
            return false;
    return true;
}

/* ---- values ---- */

/* Adds v; on failure what it owns stays with the caller. */
static int add_value(sp_graph *g, sp__value v)
{
    if (g->n_values >= INT32_MAX || !sp__grow(&g->values, g->n_values, &g->cap_values, sizeof *g->values))
        return -1;
    g->values[g->n_values] = v;
    return (int)g->n_values++;
}

int sp__graph_input(sp_graph *g, sp__desc desc, const char *name)
{
    char *copy = sp__strdup(name);
    if ((name && !copy) || !sp__grow(&g->inputs, g->n_inputs, &g->cap_inputs, sizeof *g->inputs)) {
        sp__free_str(copy);
        return -1;
    }
    int v = add_value(g, (sp__value){.kind = SP__VALUE_INPUT, .desc = desc, .name = copy});
    if (v < 0)
        sp__free_str(copy);
    else
        g->inputs[g->n_inputs++] = v;
    return v;
}

static int find_tensor(const sp_graph *g, const sp_tensor *t)
{
    for (int64_t i = 0; i < g->n_values; i++)
        if (g->values[i].tensor == t)
            return (int)i;
    return -1;
}

static int add_tensor(sp_graph *g, sp__value_kind kind, sp_tensor *t, const char *name)
{
    char *copy = sp__strdup(name);
    if (name && !copy)
        return -1;
    int v = add_value(g, (sp__value){.kind = kind, .desc = sp__desc_of(t), .tensor = t, .name = copy});
    if (v < 0)
        sp__free_str(copy);
    else
        sp__retain(t);
    return v;
}

int sp__graph_param(sp_graph *g, sp_tensor *param)
{
    int v = find_tensor(g, param);
    if (v >= 0)
        return v;
    if (!sp__grow(&g->params, g->n_params, &g->cap_params, sizeof *g->params))
        return -1;
    v = add_tensor(g, SP__VALUE_PARAM, param, param->param->name);
    if (v >= 0)
        g->params[g->n_params++] = param;
    return v;
}

int sp__graph_const(sp_graph *g, sp_tensor *value)
{
    int v = find_tensor(g, value);
    return v >= 0 ? v : add_tensor(g, SP__VALUE_CONST, value, NULL);
}

bool sp__graph_output(sp_graph *g, int value)
{
    if (!sp__grow(&g->outputs, g->n_outputs, &g->cap_outputs, sizeof *g->outputs))
        return false;
    g->outputs[g->n_outputs++] = value;
    return true;
}

/* ---- updates ---- */

static sp__update *find_update(const sp_graph *g, int param)
{
    for (int64_t i = 0; i < g->n_updates; i++)
        if (g->updates[i].param == param)
            return &g->updates[i];
    return NULL;
}

bool sp__graph_update(sp_graph *g, int param, int value)
{
    sp__update *u = find_update(g, param);
    if (!u) {
        if (!sp__grow(&g->updates, g->n_updates, &g->cap_updates, sizeof *g->updates))
            return false;
        u = &g->updates[g->n_updates++];
    }
    *u = (sp__update){param, value};
    return true;
}

int sp__graph_current(const sp_graph *g, int param)
{
    const sp__update *u = find_update(g, param);
    return u ? u->value : param;
}

/* ---- nodes ---- */

/* The rule's answer for values as they are described: run on symbolic tensors of their types and shapes. */
static bool infer(const sp_graph *g, const sp__op *op, int n, const int *in, const void *attrs, sp__call *c)
{
    sp_tensor *x[SP__MAX_IN];
    for (int i = 0; i < n; i++) {
        const sp__desc *d = in[i] == SP__VALUE_NONE ? NULL : &g->values[in[i]].desc;
        x[i] = d ? sp__tensor_symbolic(d->dtype, d->shape) : SP_NONE;
        if (!x[i])
            return false;
    }
    *c = (sp__call){.op = op, .attrs = attrs, .n_in = n, .n_out = op->n_out, .in = x};
    bool ok = op->rule(c) == SP_OK;
    c->in = NULL;
    return ok;
}

bool sp__graph_node_fill(sp__graph_node *node, int n, const int *in, const void *attrs, const char *path)
{
    size_t bytes = (size_t)n * sizeof *in;
    node->attrs = node->op->attr_size ? sp__alloc(node->op->attr_size) : NULL;
    node->in = sp__alloc(bytes);
    node->path = sp__strdup(path);
    if ((node->op->attr_size && !node->attrs) || !node->in || (path && !node->path)) {
        sp__graph_node_free(node);
        return false;
    }
    if (node->attrs)
        memcpy(node->attrs, attrs, node->op->attr_size);
    if (n)
        memcpy(node->in, in, bytes);
    return true;
}

int sp__graph_node_add(sp_graph *g, const sp__op *op, int n, const int *in, const void *attrs, const sp__desc *out,
                       int n_out, const char *path)
{
    sp__call c = {.n_out = n_out};
    if (n < op->min_in || n > op->max_in) {
        sp__err(SP_ERR_VALUE, "%s: %d arguments, expected %d to %d", op->label, n, op->min_in, op->max_in);
        return -1;
    }
    if (op->n_fields && sp__attrs_check(op, attrs) != SP_OK)
        return -1;
    sp_scope scope = sp_scope_begin();
    bool ok = out || infer(g, op, n, in, attrs, &c);
    sp_scope_end(scope);
    if (!ok || !sp__grow(&g->nodes, g->n_nodes, &g->cap_nodes, sizeof *g->nodes))
        return -1;

    sp__graph_node node = {.op = op, .n_in = n, .n_out = c.n_out, .out = (int)g->n_values};
    if (!sp__graph_node_fill(&node, n, in, attrs, path))
        return -1;
    int64_t values_before = g->n_values;
    for (int j = 0; j < c.n_out; j++) {
        sp__desc d = out ? out[j] : c.out[j];
        sp__value v = {.kind = SP__VALUE_NODE, .desc = d, .node = (int)g->n_nodes, .port = j};
        if (add_value(g, v) < 0) {
            g->n_values = values_before;
            sp__graph_node_free(&node);
            return -1;
        }
    }
    g->nodes[g->n_nodes++] = node;
    return node.out;
}

/* ---- looking ---- */

int sp_graph_inputs(const sp_graph *g) { return g ? (int)g->n_inputs : 0; }
int sp_graph_nodes(const sp_graph *g) { return g ? (int)g->n_nodes : 0; }
int sp_graph_outputs(const sp_graph *g) { return g ? (int)g->n_outputs : 0; }

static const sp__value *input_at(const sp_graph *g, int i)
{
    return g && i >= 0 && i < g->n_inputs ? &g->values[g->inputs[i]] : NULL;
}

const char *sp_graph_input_name(const sp_graph *g, int i)
{
    const sp__value *v = input_at(g, i);
    return v ? v->name : NULL;
}

sp_shape sp_graph_input_shape(const sp_graph *g, int i)
{
    const sp__value *v = input_at(g, i);
    return v ? v->desc.shape : (sp_shape){.rank = -1};
}

sp_dtype sp_graph_input_dtype(const sp_graph *g, int i)
{
    const sp__value *v = input_at(g, i);
    return v ? v->desc.dtype : SP_DTYPE_COUNT_;
}

sp_list sp_graph_params(const sp_graph *g)
{
    return g && g->n_params ? sp_list_new((int)g->n_params, g->params) : sp__list_none();
}
