/* Changing graphs. */
#include <string.h>

#include "graph/edit.h"

/* ---- copies ---- */

static bool copy_values(sp_graph *to, const sp_graph *from)
{
    for (int64_t i = 0; i < from->n_values; i++) {
        if (!sp__grow(&to->values, to->n_values, &to->cap_values, sizeof *to->values))
            return false;
        sp__value v = from->values[i];
        v.name = sp__strdup(v.name);
        if (from->values[i].name && !v.name)
            return false;
        sp__retain(v.tensor);
        to->values[to->n_values++] = v;
    }
    return true;
}

static bool copy_nodes(sp_graph *to, const sp_graph *from)
{
    for (int64_t i = 0; i < from->n_nodes; i++) {
        const sp__graph_node *n = &from->nodes[i];
        sp__graph_node copy = {.op = n->op, .n_in = n->n_in, .out = n->out, .n_out = n->n_out};
        if (!sp__grow(&to->nodes, to->n_nodes, &to->cap_nodes, sizeof *to->nodes) ||
            !sp__graph_node_fill(&copy, n->n_in, n->in, n->attrs, n->path))
            return false;
        to->nodes[to->n_nodes++] = copy;
    }
    return true;
}

/* A growing array of plain elements. */
static bool copy_array(void *to, int64_t *n, int64_t *cap, const void *from, int64_t count, size_t size)
{
    if (count == 0)
        return true;
    void *copy = sp__alloc((size_t)count * size);
    if (!copy)
        return false;
    memcpy(copy, from, (size_t)count * size);
    memcpy(to, &copy, sizeof copy);
    *n = *cap = count;
    return true;
}

#define COPY(name) copy_array(&c->name, &c->n_##name, &c->cap_##name, g->name, g->n_##name, sizeof *g->name)

sp_graph *sp__graph_copy(const sp_graph *g)
{
    sp_graph *c = sp__graph_new();
    if (!c)
        return NULL;
    bool ok = COPY(modes);
    for (int64_t i = 0; i < c->n_modes; i++)
        atomic_fetch_add_explicit(&c->modes[i].mode->refs, 1, memory_order_relaxed);
    ok = ok && COPY(inputs) && COPY(outputs) && COPY(params) && COPY(updates) && COPY(hooks) && copy_values(c, g) &&
         copy_nodes(c, g);
    if (ok)
        return c;
    sp_graph_free(c);
    return NULL;
}

/* ---- uses ---- */

int *sp__graph_uses(const sp_graph *g)
{
    /* Values that the pass adds, a few for each node that it replaces, can be asked for as well: nobody uses them. */
    size_t bytes = ((size_t)g->n_values + 2 * SP__MAX_OUT * (size_t)g->n_nodes) * sizeof(int);
    int *uses = sp__scope_alloc(bytes);
    if (!uses)
        return NULL;
    memset(uses, 0, bytes);
    for (int64_t i = 0; i < g->n_nodes; i++)
        for (int k = 0; g->nodes[i].op && k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] >= 0)
                uses[g->nodes[i].in[k]]++;
    for (int64_t i = 0; i < g->n_outputs; i++)
        uses[g->outputs[i]]++;
    for (int64_t i = 0; i < g->n_updates; i++)
        uses[g->updates[i].value]++;
    return uses;
}

int64_t sp__only_reader(const sp_graph *g, const int *uses, int value)
{
    if (uses[value] != 1)
        return -1;
    for (int64_t i = g->values[value].node + 1; i < g->n_nodes; i++)
        for (int k = 0; g->nodes[i].op && k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] == value)
                return i;
    return -1;
}

bool sp__graph_number(const sp_graph *g, int value, double *number)
{
    const sp__value *v = value >= 0 ? &g->values[value] : NULL;
    if (!v || v->kind != SP__VALUE_CONST || v->tensor->size != 1)
        return false;
    *number = sp__load(v->tensor->data, v->tensor->dtype, 0);
    return true;
}

/* ---- changes ---- */

void sp__graph_redirect(sp_graph *g, int from, int to)
{
    for (int64_t i = 0; i < g->n_nodes; i++)
        for (int k = 0; g->nodes[i].op && k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] == from)
                g->nodes[i].in[k] = to;
    for (int64_t i = 0; i < g->n_outputs; i++)
        if (g->outputs[i] == from)
            g->outputs[i] = to;
    for (int64_t i = 0; i < g->n_updates; i++)
        if (g->updates[i].value == from)
            g->updates[i].value = to;
}

void sp__graph_kill(sp_graph *g, int64_t i)
{
    sp__graph_node_free(&g->nodes[i]);
    g->nodes[i] = (sp__graph_node){0};
}

int sp__graph_replace(sp_graph *g, int64_t i, const sp__op *op, int n, const int *in, const void *attrs)
{
    int first = sp__graph_node_add(g, op, n, in, attrs, NULL, 0, g->nodes[i].path);
    if (first < 0)
        return -1;
    sp__graph_node *added = &g->nodes[--g->n_nodes];
    for (int j = 0; j < added->n_out; j++)
        g->values[first + j].node = (int)i;
    sp__graph_node_free(&g->nodes[i]);
    g->nodes[i] = *added;
    return first;
}

void sp__graph_freeze(sp_graph *g)
{
    for (int64_t i = 0; i < g->n_values; i++)
        if (g->values[i].kind == SP__VALUE_PARAM)
            g->values[i].kind = SP__VALUE_CONST;
    g->n_params = 0;
}

/* ---- tidying ---- */

/* Which values are needed: outputs, updates, and what leads to them. */
static void mark(const sp_graph *g, bool *needed)
{
    for (int64_t i = 0; i < g->n_outputs; i++)
        needed[g->outputs[i]] = true;
    for (int64_t i = 0; i < g->n_updates; i++)
        needed[g->updates[i].value] = needed[g->updates[i].param] = true;
    for (int64_t i = g->n_nodes; i-- > 0;) {
        const sp__graph_node *n = &g->nodes[i];
        bool live = n->op && (n->op->flags & SP__RANDOM); /* it draws, whoever reads it: what follows depends on it */
        for (int j = 0; n->op && j < n->n_out; j++)
            live = live || needed[n->out + j];
        for (int j = 0; live && j < n->n_out; j++)
            needed[n->out + j] = true; /* results of a node stay together */
        for (int k = 0; live && k < n->n_in; k++)
            if (n->in[k] >= 0)
                needed[n->in[k]] = true;
    }
    for (int64_t i = 0; i < g->n_inputs; i++)
        needed[g->inputs[i]] = true;
}

/* Nodes that are left move down; hooks keep their place among them. */
static void compact_nodes(sp_graph *g, const bool *needed)
{
    int64_t n = 0, hook = 0;
    for (int64_t i = 0; i <= g->n_nodes; i++) {
        for (; hook < g->n_hooks && g->hooks[hook].at == i; hook++)
            g->hooks[hook].at = n;
        if (i == g->n_nodes)
            break;
        sp__graph_node *node = &g->nodes[i];
        if (node->op && needed[node->out])
            g->nodes[n++] = *node;
        else if (node->op)
            sp__graph_node_free(node);
    }
    g->n_nodes = n;
}

/* Values in the order inputs, parameters and constants, results by node; number[old] = new. */
static void renumber(sp_graph *g, const bool *needed, int *number, sp__value *moved)
{
    int n = 0;
    for (int64_t v = 0; v < g->n_values; v++) {
        sp__value *old = &g->values[v];
        if (old->kind != SP__VALUE_NODE && needed[v]) {
            number[v] = n;
            moved[n++] = *old;
        } else if (old->kind != SP__VALUE_NODE) {
            sp__release(old->tensor);
            sp__free_str(old->name);
        }
    }
    for (int64_t i = 0; i < g->n_nodes; i++) {
        sp__graph_node *node = &g->nodes[i];
        for (int j = 0; j < node->n_out; j++) {
            number[node->out + j] = n;
            moved[n] = g->values[node->out + j];
            moved[n++].node = (int)i;
        }
        node->out = number[node->out];
    }
    memcpy(g->values, moved, (size_t)n * sizeof *moved);
    g->n_values = n;
}

static void renumber_uses(sp_graph *g, const int *number)
{
    for (int64_t i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] >= 0)
                g->nodes[i].in[k] = number[g->nodes[i].in[k]];
    for (int64_t i = 0; i < g->n_inputs; i++)
        g->inputs[i] = number[g->inputs[i]];
    for (int64_t i = 0; i < g->n_outputs; i++)
        g->outputs[i] = number[g->outputs[i]];
    for (int64_t i = 0; i < g->n_updates; i++)
        g->updates[i] = (sp__update){number[g->updates[i].param], number[g->updates[i].value]};
    g->n_params = 0;
    for (int64_t v = 0; v < g->n_values; v++)
        if (g->values[v].kind == SP__VALUE_PARAM)
            g->params[g->n_params++] = g->values[v].tensor;
}

bool sp__graph_tidy(sp_graph *g)
{
    sp_scope scope = sp_scope_begin();
    size_t n = (size_t)g->n_values;
    bool *needed = sp__scope_alloc(n * sizeof *needed);
    int *number = sp__scope_alloc(n * sizeof *number);
    sp__value *moved = sp__scope_alloc(n * sizeof *moved);
    bool ok = needed && number && moved;
    if (ok) {
        memset(needed, 0, n * sizeof *needed);
        mark(g, needed);
        compact_nodes(g, needed);
        renumber(g, needed, number, moved);
        renumber_uses(g, number);
    }
    sp_scope_end(scope);
    return ok;
}
