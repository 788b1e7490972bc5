/* ReLU's way back into the matrix product before it:
 *
 *     %1 = MatMul(dy, w)
 *     %2 = ActivationGrad(%1, y; f=relu)       %2 = FusedMatMul(dy, w, None, y; act=none)
 */
#include <string.h>

#include "graph/pass.h"
#include "ops/attrs.h"
#include "ops/fused.h"

static bool is_relu_grad(const sp__graph_node *n)
{
    if (n->op != &sp__op_activation_grad)
        return false;
    const sp__field *f = &n->op->fields[0];
    int which = *(const int *)(const void *)((const char *)n->attrs + f->offset);
    return strcmp(f->words[which], "relu") == 0;
}

/* The product that only `grad` reads; NULL if there is none. */
static const sp__graph_node *product_before(const sp_graph *g, const int *uses, const sp__graph_node *grad)
{
    const sp__graph_node *n = sp__maker(g, grad->in[0]);
    if (!n || n->op != &sp__op_matmul || uses[n->out] != 1)
        return NULL;
    sp_dtype type = sp__desc_at(g, n->out)->dtype;
    bool plain = sp__desc_at(g, n->in[0])->shape.rank == 2 && sp__desc_at(g, n->in[1])->shape.rank == 2;
    return plain && (type == SP_F32 || type == SP_F64) ? n : NULL;
}

bool sp__pass_fuse_mask(sp_graph *g)
{
    const int *uses = sp__graph_uses(g);
    if (!uses)
        return false;
    for (int64_t i = 0, n = g->n_nodes; i < n; i++) {
        const sp__graph_node *grad = &g->nodes[i], *product = is_relu_grad(grad) ? product_before(g, uses, grad) : NULL;
        if (!product)
            continue;
        const sp__matmul_attrs *m = product->attrs;
        const sp__fused_matmul_attrs attrs = {m->transpose_a, m->transpose_b, SP__ACT_none};
        const int in[] = {product->in[0], product->in[1], SP__VALUE_NONE, grad->in[1]};
        int old = grad->out, out = sp__graph_replace(g, i, &sp__op_fused_matmul, 4, in, &attrs);
        if (out < 0)
            return false;
        sp__graph_redirect(g, old, out);
    }
    return true;
}
