/* Transposes into the flags of the matrix product that reads them:
 *
 *     %1 = Transpose(w; perm=(1, 0))                       %2 = MatMul(x, w; transpose_b=True)
 *     %2 = MatMul(x, %1; transpose_a=False, transpose_b=False)
 */
#include "graph/pass.h"
#include "ops/attrs.h"

/* What `value` is the transpose of: the last two dimensions swapped, the others where they were; -1 if it is none. */
static int transpose_of(const sp_graph *g, int value)
{
    const sp__graph_node *n = sp__maker(g, value);
    if (!n || n->op != &sp__op_transpose)
        return -1;
    const sp__ints *perm = &((const sp__transpose_attrs *)n->attrs)->perm;
    int rank = perm->n;
    for (int i = 0; i < rank; i++) {
        int64_t expected = i == rank - 1 ? rank - 2 : i == rank - 2 ? rank - 1 : i;
        if (perm->v[i] != expected && perm->v[i] + rank != expected)
            return -1;
    }
    return rank < 2 ? -1 : n->in[0];
}

bool sp__pass_transpose(sp_graph *g)
{
    for (int64_t i = 0; i < g->n_nodes; i++) {
        sp__graph_node *n = &g->nodes[i];
        if (n->op != &sp__op_matmul)
            continue;
        sp__matmul_attrs *attrs = n->attrs;
        int a = transpose_of(g, n->in[0]), b = transpose_of(g, n->in[1]);
        if (a >= 0) {
            n->in[0] = a;
            attrs->transpose_a = !attrs->transpose_a;
        }
        if (b >= 0) {
            n->in[1] = b;
            attrs->transpose_b = !attrs->transpose_b;
        }
    }
    return true;
}
