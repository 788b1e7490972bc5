/* What changes nothing:
 *
 *     %2 = Reshape(%1; shape=(64, 784))  Float32 (64, 784)     of %1 (64, 784)     uses of %2 become uses of %1
 *     %2 = Cast(%1), %2 = BroadcastTo(%1), %2 = Flatten(%1)    likewise
 *     %3 = Reshape(Reshape(%1))                                one Reshape of %1
 *     Flatten, ExpandDims, Squeeze                             Reshape, so that equal ones are found (cse)
 */
#include "graph/pass.h"
#include "ops/attrs.h"

static bool is_reshape(const sp__op *op)
{
    return op == &sp__op_reshape || op == &sp__op_flatten || op == &sp__op_expand_dims || op == &sp__op_squeeze;
}

static bool may_change_nothing(const sp__op *op)
{
    return is_reshape(op) || op == &sp__op_cast || op == &sp__op_broadcast_to || op == &sp__op_identity ||
           op == &sp__op_stop_gradient;
}

static bool same_desc(const sp__desc *a, const sp__desc *b)
{
    return a->dtype == b->dtype && sp_shape_equal(a->shape, b->shape);
}

/* A reshape of a reshape reads what that one read; all become the one op. */
static bool plain_reshape(sp_graph *g, int64_t i)
{
    const sp__graph_node *n = &g->nodes[i], *before = is_reshape(n->op) ? sp__maker(g, n->in[0]) : NULL;
    bool again = before && is_reshape(before->op);
    if (!is_reshape(n->op) || (n->op == &sp__op_reshape && !again))
        return true;
    int from = again ? before->in[0] : n->in[0], old = n->out;
    sp__shape_attrs attrs = {sp__ints_of_shape(sp__desc_at(g, old)->shape)};
    int out = sp__graph_replace(g, i, &sp__op_reshape, 1, &from, &attrs);
    if (out >= 0)
        sp__graph_redirect(g, old, out);
    return out >= 0;
}

bool sp__pass_simplify(sp_graph *g)
{
    int64_t n = g->n_nodes;
    for (int64_t i = 0; i < n; i++) {
        if (!plain_reshape(g, i))
            return false;
        const sp__graph_node *node = &g->nodes[i];
        if (may_change_nothing(node->op) && same_desc(sp__desc_at(g, node->in[0]), sp__desc_at(g, node->out)))
            sp__graph_redirect(g, node->out, node->in[0]);
    }
    return true;
}
