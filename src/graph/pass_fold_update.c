/* SGD's update into the product that is the gradient, where nobody else reads the gradient:
 *
 *     %1 = MatMul(dy, x; transpose_a=True)
 *     %2 = SGD(w, %1, numbers, None)           %2 = MatMulUpdate(w, dy, x, numbers; transpose_a=True)
 *     w <- %2
 *
 * The product is added to the weights where they are: the gradient is never stored. */
#include "graph/pass.h"
#include "ops/attrs.h"
#include "ops/fused.h"

enum { W, G, NUMBERS, ACCUM };

/* The product that only `step` reads; NULL if there is none. */
static const sp__graph_node *gradient_of(const sp_graph *g, const int *uses, const sp__graph_node *step)
{
    const sp__graph_node *n = sp__maker(g, step->in[G]);
    if (!n || n->op != &sp__op_matmul || uses[n->out] != 1)
        return NULL;
    bool plain = sp__desc_at(g, n->in[0])->shape.rank == 2 && sp__desc_at(g, n->in[1])->shape.rank == 2;
    return plain && n->in[0] != step->in[W] && n->in[1] != step->in[W] ? n : NULL;
}

bool sp__pass_fold_update(sp_graph *g)
{
    const int *uses = sp__graph_uses(g);
    if (!uses)
        return false;
    for (int64_t i = 0, n = g->n_nodes; i < n; i++) {
        const sp__graph_node *step = &g->nodes[i];
        bool plain = step->op == &sp__op_sgd && step->in[ACCUM] == SP__VALUE_NONE;
        const sp__graph_node *product = plain ? gradient_of(g, uses, step) : NULL;
        if (!product)
            continue;
        const sp__matmul_attrs *m = product->attrs;
        const sp__matmul_update_attrs attrs = {m->transpose_a, m->transpose_b};
        const int in[] = {step->in[W], product->in[0], product->in[1], step->in[NUMBERS]};
        int old = step->out, out = sp__graph_replace(g, i, &sp__op_matmul_update, 4, in, &attrs);
        if (out < 0)
            return false;
        sp__graph_redirect(g, old, out);
    }
    return true;
}
