/* Chains of elementwise operators into one loop:
 *
 *     %1 = Mul(m, 0.9)
 *     %2 = Mul(%0, 0.1)                  %3 = Chain(m, 0.9, %0, 0.1; code=(mul 0 1, mul 2 3, add 4 5))
 *     %3 = Add(%1, %2)
 *
 * From a node upwards: whoever computes an argument, is read by nobody else and works on elements of the same type and shape (or on
 * one element), joins. Large arrays then go through memory once instead of once for each operator. */
#include <string.h>

#include "graph/pass.h"
#include "ops/fused.h"

/* Nodes of the chain in the order of the graph, the root last. */
typedef struct chain {
    int64_t node[SP__CHAIN_STEPS];
    int n;
    int in[SP__CHAIN_IN];
    int n_in;
} chain;

/* Whether node i can be a step of a chain whose result is described by d. */
static bool can_join(const sp_graph *g, int64_t i, const sp__desc *d)
{
    const sp__graph_node *n = &g->nodes[i];
    if (!n->op || sp__chain_find(n->op, n->attrs) < 0)
        return false;
    for (int k = 0; k <= n->n_in; k++) {
        const sp__desc *x = sp__desc_at(g, k < n->n_in ? n->in[k] : n->out);
        bool fits = sp_shape_equal(x->shape, d->shape) || sp_shape_size(x->shape) == 1;
        if (x->dtype != d->dtype || !fits)
            return false;
    }
    return true;
}

static int place_of(const int *values, int n, int value)
{
    int k = 0;
    while (k < n && values[k] != value)
        k++;
    return k;
}

/* The arguments of the chain's nodes that no node of it computes. False if they are too many. */
static bool find_inputs(const sp_graph *g, chain *c)
{
    int made[SP__CHAIN_STEPS];
    c->n_in = 0;
    for (int s = 0; s < c->n; s++) {
        const sp__graph_node *n = &g->nodes[c->node[s]];
        made[s] = n->out;
        for (int k = 0; k < n->n_in; k++) {
            if (place_of(made, s, n->in[k]) < s || place_of(c->in, c->n_in, n->in[k]) < c->n_in)
                continue;
            if (c->n_in == SP__CHAIN_IN)
                return false;
            c->in[c->n_in++] = n->in[k];
        }
    }
    return true;
}

/* Adds node i, in order. */
static void insert(chain *c, int64_t i)
{
    int s = c->n++;
    for (; s > 0 && c->node[s - 1] > i; s--)
        c->node[s] = c->node[s - 1];
    c->node[s] = i;
}

/* The next node that can join; -1 if there is none. */
static int64_t candidate(const sp_graph *g, const int *uses, const chain *c, const sp__desc *d, const bool *refused)
{
    for (int s = c->n; s-- > 0;) {
        const sp__graph_node *n = &g->nodes[c->node[s]];
        for (int k = n->n_in; k-- > 0;) {
            const sp__value *v = &g->values[n->in[k]];
            bool other = v->kind == SP__VALUE_NODE && uses[n->in[k]] == 1 && !refused[v->node];
            bool inside = false;
            for (int m = 0; m < c->n; m++)
                inside = inside || c->node[m] == v->node;
            if (other && !inside && can_join(g, v->node, d))
                return v->node;
        }
    }
    return -1;
}

static void grow(const sp_graph *g, const int *uses, chain *c, bool *refused)
{
    const sp__desc d = *sp__desc_at(g, g->nodes[c->node[0]].out);
    int64_t i;
    while (c->n < SP__CHAIN_STEPS && (i = candidate(g, uses, c, &d, refused)) >= 0) {
        chain before = *c;
        insert(c, i);
        if (!find_inputs(g, c)) {
            *c = before;
            refused[i] = true;
        }
    }
    find_inputs(g, c);
}

/* One of the inputs has the shape of the result, or all have one element. */
static bool shape_is_given(const sp_graph *g, const chain *c)
{
    const sp_shape *shape = &sp__desc_at(g, g->nodes[c->node[c->n - 1]].out)->shape;
    for (int k = 0; k < c->n_in; k++)
        if (sp_shape_equal(sp__desc_at(g, c->in[k])->shape, *shape))
            return true;
    return false;
}

static bool emit(sp_graph *g, const chain *c)
{
    sp__chain_attrs attrs = {{c->n, {0}}};
    int made[SP__CHAIN_STEPS];
    for (int s = 0; s < c->n; s++) {
        const sp__graph_node *n = &g->nodes[c->node[s]];
        int r[2] = {0, 0};
        for (int k = 0; k < n->n_in && k < 2; k++) {
            int step = place_of(made, s, n->in[k]);
            r[k] = step < s ? c->n_in + step : place_of(c->in, c->n_in, n->in[k]);
        }
        attrs.code.v[s] = sp__chain_step(sp__chain_find(n->op, n->attrs), r[0], r[1]);
        made[s] = n->out;
    }
    int64_t root = c->node[c->n - 1];
    int old = g->nodes[root].out, out = sp__graph_replace(g, root, &sp__op_chain, c->n_in, c->in, &attrs);
    if (out < 0)
        return false;
    sp__graph_redirect(g, old, out);
    for (int s = 0; s < c->n - 1; s++)
        sp__graph_kill(g, c->node[s]);
    return true;
}

bool sp__pass_chains(sp_graph *g)
{
    const int *uses = sp__graph_uses(g);
    bool *refused = sp__scope_alloc((size_t)g->n_nodes);
    if (!uses || !refused)
        return false;
    for (int64_t i = g->n_nodes; i-- > 0;) {
        if (!g->nodes[i].op)
            continue;
        const sp__desc d = *sp__desc_at(g, g->nodes[i].out);
        if ((d.dtype != SP_F32 && d.dtype != SP_F64) || !can_join(g, i, &d))
            continue;
        chain c = {.node = {i}, .n = 1};
        memset(refused, 0, (size_t)g->n_nodes);
        grow(g, uses, &c, refused);
        if (c.n > 1 && shape_is_given(g, &c) && !emit(g, &c))
            return false;
    }
    return true;
}
