/* Runs a graph as ordinary calls of its ops: what it computes can be differentiated and traced like anything else. */
#include "graph/graph.h"

static bool check_inputs(const sp_graph *g, sp_list in)
{
    if (in.n != g->n_inputs) {
        sp__err(SP_ERR_VALUE, "graph: %d inputs, expected %d", in.n, (int)g->n_inputs);
        return false;
    }
    for (int i = 0; i < in.n; i++) {
        const sp__value *v = &g->values[g->inputs[i]];
        if (!sp__given("graph", i + 1, in.at[i]))
            return false;
        if (in.at[i] == SP_NONE || in.at[i]->dtype != v->desc.dtype) {
            sp__err(SP_ERR_DTYPE, "graph: input %d (%s) is %s, expected %s", i, v->name ? v->name : "?",
                    in.at[i] == SP_NONE ? "left out" : sp_dtype_name(in.at[i]->dtype), sp_dtype_name(v->desc.dtype));
            return false;
        }
        if (in.at[i]->shape.rank != v->desc.shape.rank) {
            sp__err(SP_ERR_SHAPE, "graph: input %d (%s) has shape %s, expected %s", i, v->name ? v->name : "?",
                    SP__STR(in.at[i]), sp__shape_text(v->desc.shape));
            return false;
        }
    }
    return true;
}

/* How many nodes still need each value; outputs are needed by the caller. */
static void count_uses(const sp_graph *g, int *uses)
{
    for (int64_t i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] >= 0)
                uses[g->nodes[i].in[k]]++;
    for (int64_t i = 0; i < g->n_outputs; i++)
        uses[g->outputs[i]]++;
}

static void let_go(sp_tensor **at, int *uses, int value)
{
    if (value >= 0 && --uses[value] == 0) {
        sp__release(at[value]);
        at[value] = NULL;
    }
}

/* Runs one node; its results are retained in `at`, arguments nobody needs any more released. */
static bool run_node(const sp__graph_node *n, sp_tensor **at, int *uses)
{
    sp_tensor *in[SP__MAX_IN];
    for (int k = 0; k < n->n_in; k++)
        in[k] = n->in[k] == SP__VALUE_NONE ? SP_NONE : at[n->in[k]];
    sp_scope scope = sp_scope_begin();
    if (n->path)
        sp__path_push(n->path, NULL);
    sp_list out = sp__apply(n->op, n->n_in, in, n->attrs);
    if (n->path)
        sp__path_pop();
    bool ok = out.n > 0;
    for (int j = 0; ok && j < n->n_out; j++)
        if (uses[n->out + j])
            at[n->out + j] = sp__retain(out.at[j]);
    sp_scope_end(scope);
    for (int k = 0; k < n->n_in; k++)
        let_go(at, uses, n->in[k]);
    return ok;
}

static sp_list results(const sp_graph *g, sp_tensor *const *at)
{
    sp_tensor **out = sp__list_room((int)g->n_outputs);
    for (int64_t i = 0; out && i < g->n_outputs; i++) {
        out[i] = at[g->outputs[i]];
        if (!sp__scope_take(sp__retain(out[i])))
            return sp__list_none();
    }
    return out ? (sp_list){out, (int)g->n_outputs} : sp__list_none();
}

sp_list sp_graph_run(void *graph, sp_list in)
{
    const sp_graph *g = graph;
    if (!sp__given("graph", 1, g) || !check_inputs(g, in))
        return sp__list_none();
    size_t n = (size_t)g->n_values;
    sp_tensor **at = sp__alloc_zero(n * sizeof *at);
    int *uses = sp__alloc_zero(n * sizeof *uses);
    bool ok = at && uses;
    if (ok) {
        count_uses(g, uses);
        for (size_t v = 0; v < n; v++)
            at[v] = sp__retain(g->values[v].tensor);
        for (int i = 0; i < in.n; i++)
            at[g->inputs[i]] = sp__retain(in.at[i]);
        for (int64_t i = 0; ok && i < g->n_nodes; i++)
            ok = run_node(&g->nodes[i], at, uses);
    }
    sp_list out = ok ? results(g, at) : sp__list_none();
    for (size_t v = 0; at && v < n; v++)
        sp__release(at[v]);
    sp__free(at, n * sizeof *at);
    sp__free(uses, n * sizeof *uses);
    return out;
}
