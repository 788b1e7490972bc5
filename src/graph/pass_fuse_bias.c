/* Bias and activation into the matrix product, where nobody else reads what is between:
 *
 *     %1 = MatMul(x, w)
 *     %2 = BiasAdd(%1, b)          or Add(%1, b) with b (N)        %3 = FusedMatMul(x, w, b, None; act=relu)
 *     %3 = ReLU(%2)                or another activation, or none
 *
 * The gradients of ReLU, Sigmoid and Tanh read their results, so this holds in training, too. */
#include "graph/pass.h"
#include "ops/attrs.h"
#include "ops/fused.h"

/* The bias that node n adds to `product` (M, N): -1 if it does something else. */
static int bias_of(const sp_graph *g, const sp__graph_node *n, int product)
{
    const sp_shape *shape = &sp__desc_at(g, product)->shape;
    if ((n->op != &sp__op_bias_add && n->op != &sp__op_add) || n->in[0] == n->in[1])
        return -1;
    int bias = n->in[0] == product ? n->in[1] : n->in[0];
    const sp__desc *d = sp__desc_at(g, bias);
    bool fits = d->shape.rank == 1 && d->shape.dim[0] == shape->dim[1] && d->dtype == sp__desc_at(g, product)->dtype;
    return fits && sp_shape_equal(sp__desc_at(g, n->out)->shape, *shape) ? bias : -1;
}

static bool is_plain_product(const sp_graph *g, const sp__graph_node *n)
{
    if (n->op != &sp__op_matmul)
        return false;
    const sp__desc *y = sp__desc_at(g, n->out);
    return sp__desc_at(g, n->in[0])->shape.rank == 2 && sp__desc_at(g, n->in[1])->shape.rank == 2 &&
           (y->dtype == SP_F32 || y->dtype == SP_F64);
}

/* Whether the value is computed before node i. */
static bool is_before(const sp_graph *g, int value, int64_t i)
{
    return g->values[value].kind != SP__VALUE_NODE || g->values[value].node < i;
}

static bool fuse(sp_graph *g, const int *uses, int64_t i)
{
    const sp__graph_node *product = &g->nodes[i];
    int64_t last = i, next = sp__only_reader(g, uses, product->out);
    int bias = next >= 0 ? bias_of(g, &g->nodes[next], product->out) : -1;
    if (bias >= 0 && is_before(g, bias, next)) {
        last = next;
        next = sp__only_reader(g, uses, g->nodes[last].out);
    } else {
        bias = SP__VALUE_NONE;
    }
    int act = next >= 0 ? sp__fused_act_of(g->nodes[next].op, g->nodes[next].attrs) : SP__ACT_none;
    if (act != SP__ACT_none)
        last = next;
    if (last == i)
        return true;
    const sp__matmul_attrs *m = product->attrs;
    const sp__fused_matmul_attrs attrs = {m->transpose_a, m->transpose_b, act};
    const int in[] = {product->in[0], product->in[1], bias, SP__VALUE_NONE};
    int old = g->nodes[last].out, out = sp__graph_replace(g, last, &sp__op_fused_matmul, 4, in, &attrs);
    if (out >= 0)
        sp__graph_redirect(g, old, out);
    return out >= 0;
}

bool sp__pass_fuse_bias(sp_graph *g)
{
    const int *uses = sp__graph_uses(g);
    if (!uses)
        return false;
    for (int64_t i = 0, n = g->n_nodes; i < n; i++)
        if (g->nodes[i].op && is_plain_product(g, &g->nodes[i]) && !fuse(g, uses, i))
            return false;
    return true;
}
