/* BatchNorm by constant statistics into the convolution before it, where nobody else reads what is between (frozen graphs):
 *
 *     %1 = Conv2D(x, w)
 *     %2 = BiasAdd(%1, b)                                    or none: b = 0
 *     %3 = BatchNorm(%2, gamma, beta, mean, var)             %1 = Conv2D(x, w s),  %3 = BiasAdd(%1, (b - mean) s + beta)
 *
 * with s = gamma / sqrt(var + epsilon), for each channel. */
#include "graph/pass.h"
#include "ops/fused.h"

enum { X, GAMMA, BETA, MEAN, VAR };

/* The elements of a constant; NULL if the value is none. */
static sp_tensor *constant(const sp_graph *g, int value)
{
    return value >= 0 && g->values[value].kind == SP__VALUE_CONST ? g->values[value].tensor : NULL;
}

/* The convolution whose result, perhaps with a bias, BatchNorm node bn alone reads; its bias, NULL: none. NULL if there is none such. */
static sp__graph_node *convolution(const sp_graph *g, const int *uses, const sp__graph_node *bn, sp_tensor **bias)
{
    sp__graph_node *n = sp__maker(g, bn->in[X]);
    *bias = NULL;
    if (n && n->op == &sp__op_bias_add && uses[n->out] == 1) {
        *bias = constant(g, n->in[1]);
        n = *bias ? sp__maker(g, n->in[0]) : NULL;
    }
    return n && n->op == &sp__op_conv2d && uses[n->out] == 1 && constant(g, n->in[1]) ? n : NULL;
}

static bool fold(sp_graph *g, int64_t i, sp__graph_node *conv, sp_tensor *bias, double epsilon)
{
    const int *in = g->nodes[i].in;
    sp_tensor *w = constant(g, conv->in[1]);
    sp_tensor *s = sp_mul(constant(g, in[GAMMA]), sp_rsqrt(sp_add_number(constant(g, in[VAR]), epsilon)));
    sp_tensor *shift = bias ? sp_sub(bias, constant(g, in[MEAN])) : sp_neg(constant(g, in[MEAN]));
    sp_tensor *b = sp_add(sp_mul(shift, s), constant(g, in[BETA]));
    sp_tensor *folded = sp_mul(w, sp_reshape(s, SP_DIMS(-1, 1, 1, 1)));
    int new_w = folded ? sp__graph_const(g, folded) : -1, new_b = b && new_w >= 0 ? sp__graph_const(g, b) : -1;
    if (new_b < 0)
        return false;
    conv->in[1] = new_w;
    int old = g->nodes[i].out, out = sp__graph_replace(g, i, &sp__op_bias_add, 2, (int[]){conv->out, new_b}, NULL);
    if (out >= 0)
        sp__graph_redirect(g, old, out);
    return out >= 0;
}

bool sp__pass_conv_bn(sp_graph *g)
{
    const int *uses = sp__graph_uses(g);
    if (!uses)
        return false;
    for (int64_t i = 0, n = g->n_nodes; i < n; i++) {
        const sp__graph_node *bn = &g->nodes[i];
        sp_tensor *bias;
        double epsilon;
        if (!bn->op || !sp__is_bn_inference(bn->op, bn->attrs, &epsilon) || sp__desc_at(g, bn->out)->dtype != SP_F32)
            continue;
        bool constants = true;
        for (int k = GAMMA; k <= VAR; k++)
            constants = constants && constant(g, bn->in[k]);
        sp__graph_node *conv = constants ? convolution(g, uses, bn, &bias) : NULL;
        if (conv && !fold(g, i, conv, bias, epsilon))
            return false;
    }
    return true;
}
