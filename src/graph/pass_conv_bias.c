/* Bias and activation into the convolution, where nobody else reads what is between:
 *
 *     %1 = Conv2D(x, w)
 *     %2 = BiasAdd(%1, b)
 *     %3 = ReLU(%2)                %3 = Conv2DBias(x, w, b; act=relu)          either may be missing
 */
#include <string.h>

#include "graph/pass.h"
#include "ops/fused.h"

static bool fuse(sp_graph *g, const int *uses, int64_t i)
{
    const sp__graph_node *conv = &g->nodes[i];
    int64_t last = i, next = sp__only_reader(g, uses, conv->out);
    int bias = SP__VALUE_NONE;
    if (next >= 0 && g->nodes[next].op == &sp__op_bias_add && g->nodes[next].in[0] == conv->out) {
        bias = g->nodes[next].in[1];
        last = next;
        next = sp__only_reader(g, uses, g->nodes[last].out);
    }
    int act = next >= 0 ? sp__fused_act_of(g->nodes[next].op, g->nodes[next].attrs) : SP__ACT_none;
    last = act != SP__ACT_none ? next : last;
    void *attrs = last != i ? sp__scope_alloc(conv->op->attr_size) : NULL;
    if (last == i || !attrs)
        return last == i;
    memcpy(attrs, conv->attrs, conv->op->attr_size);
    const int in[] = {conv->in[0], conv->in[1], bias}, old = g->nodes[last].out;
    int out = sp__graph_replace(g, last, &sp__op_conv2d_bias, 3, in, sp__conv_with_act(attrs, act));
    if (out >= 0)
        sp__graph_redirect(g, old, out);
    return out >= 0;
}

bool sp__pass_conv_bias(sp_graph *g)
{
    const int *uses = sp__graph_uses(g);
    if (!uses)
        return false;
    for (int64_t i = 0, n = g->n_nodes; i < n; i++) {
        bool conv = g->nodes[i].op == &sp__op_conv2d;
        sp_dtype type = conv ? sp__desc_at(g, g->nodes[i].out)->dtype : SP_BOOL;
        if ((type == SP_F32 || type == SP_F64) && !fuse(g, uses, i))
            return false;
    }
    return true;
}
