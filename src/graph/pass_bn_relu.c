/* BatchNorm in training, the ReLU and the 2x2 max pooling behind it, and the way back through them:
 *
 *     %1, m, u, v = BatchNorm(x, gamma, beta)              %3, m, u, v = BatchNormReLU(x, gamma, beta; pool=True)
 *     %2 = ReLU(%1)
 *     %3, %4 = MaxPool(%2)
 *     ...
 *     %5 = MaxPoolGrad(dy, %4)
 *     %6 = ActivationGrad(%5, %2; f=relu)
 *     %7, ... = BatchNormGrad(%6, x, gamma, m, v)          %7, ... = BatchNormReLUGrad(dy, x, gamma, beta, m, v; pool=True)
 *
 * The same without pooling. What is between is never stored: the way back finds it again from x. */
#include "graph/pass.h"
#include "ops/fused.h"

enum { X, GAMMA, BETA };            /* arguments of BatchNorm; the first two also of its gradient, one later */
enum { Y, MEAN, UNBIASED, BIASED }; /* results */

/* Nodes of the pattern, -1: not there. */
typedef struct match {
    int64_t bn, relu, pool, pool_back, relu_back, bn_back;
} match;

static bool is_image(const sp__desc *d) { return d->shape.rank == 4 && (d->dtype == SP_F32 || d->dtype == SP_F64); }

/* The node with this op that reads `value` as its argument k; -1 if there is none. */
static int64_t reader(const sp_graph *g, const sp__op *op, int k, int value)
{
    for (int64_t i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op == op && g->nodes[i].in[k] == value)
            return i;
    return -1;
}

/* From the way back through the ReLU on: BatchNorm's gradient, if nothing else reads what is between. */
static bool match_back(const sp_graph *g, const int *uses, match *m)
{
    const sp__graph_node *bn = &g->nodes[m->bn];
    m->bn_back = sp__only_reader(g, uses, g->nodes[m->relu_back].out);
    if (m->bn_back < 0 || g->nodes[m->bn_back].op != &sp__op_batch_norm_back)
        return false;
    const int *in = g->nodes[m->bn_back].in;
    return in[0] == g->nodes[m->relu_back].out && in[1] == bn->in[X] && in[2] == bn->in[GAMMA] &&
           in[3] == bn->out + MEAN && in[4] == bn->out + BIASED;
}

/* With pooling: nobody but MaxPool and the way back through the ReLU reads the ReLU's result, and that way comes from MaxPool's. */
static bool match_pool(const sp_graph *g, const int *uses, match *m)
{
    int relu = g->nodes[m->relu].out;
    m->pool = reader(g, &sp__op_max_pool2d, 0, relu);
    if (m->pool < 0 || !sp__is_pool_2x2(g->nodes[m->pool].op, g->nodes[m->pool].attrs))
        return false;
    int index = g->nodes[m->pool].out + 1;
    if (uses[relu] == 1 && uses[index] == 0) /* there is no way back */
        return true;
    m->relu_back = reader(g, &sp__op_activation_grad, 1, relu);
    m->pool_back = sp__only_reader(g, uses, index);
    if (uses[relu] != 2 || m->relu_back < 0 || m->pool_back < 0 || g->nodes[m->pool_back].op != &sp__op_max_pool2d_back)
        return false;
    return sp__only_reader(g, uses, g->nodes[m->pool_back].out) == m->relu_back && match_back(g, uses, m);
}

static bool match_at(const sp_graph *g, const int *uses, int64_t i, match *m)
{
    const sp__graph_node *bn = &g->nodes[i];
    double epsilon;
    *m = (match){i, -1, -1, -1, -1, -1};
    if (!bn->op || !sp__is_bn_training(bn->op, bn->attrs, &epsilon) || !is_image(sp__desc_at(g, bn->out)) ||
        sp_shape_size(sp__desc_at(g, bn->out)->shape) == 0)
        return false;
    m->relu = sp__only_reader(g, uses, bn->out + Y);
    if (m->relu < 0 || g->nodes[m->relu].op != &sp__op_relu)
        return false;
    if (match_pool(g, uses, m))
        return true;
    *m = (match){i, m->relu, -1, -1, -1, -1};
    m->relu_back = reader(g, &sp__op_activation_grad, 1, g->nodes[m->relu].out);
    if (m->relu_back < 0 || !match_back(g, uses, m))
        m->relu_back = m->bn_back = -1;
    return true;
}

static bool fuse_back(sp_graph *g, const match *m, const sp__bn_relu_attrs *attrs, int mean)
{
    const sp__graph_node *back = &g->nodes[m->bn_back];
    int dy = m->pool >= 0 ? g->nodes[m->pool_back].in[0] : g->nodes[m->relu_back].in[0], old = back->out;
    const int in[] = {dy, back->in[1], back->in[2], g->nodes[m->bn].in[BETA], mean, mean + BIASED - MEAN};
    int out = sp__graph_replace(g, m->bn_back, &sp__op_bn_relu_back, 6, in, attrs);
    for (int j = 0; out >= 0 && j < 3; j++)
        sp__graph_redirect(g, old + j, out + j);
    return out >= 0;
}

static bool fuse(sp_graph *g, const match *m)
{
    const sp__graph_node *bn = &g->nodes[m->bn];
    sp__bn_relu_attrs attrs = {.pool = m->pool >= 0};
    sp__is_bn_training(bn->op, bn->attrs, &attrs.epsilon);
    int old = bn->out, last = g->nodes[attrs.pool ? m->pool : m->relu].out;
    if (m->bn_back >= 0 && !fuse_back(g, m, &attrs, old + MEAN))
        return false;
    const int in[] = { g->nodes[m->bn].in[X], g->nodes[m->bn].in[GAMMA], g->nodes[m->bn].in[BETA] };
    int out = sp__graph_replace(g, m->bn, &sp__op_bn_relu, 3, in, &attrs);
    if (out < 0)
        return false;
    sp__graph_redirect(g, last, out);
    for (int j = MEAN; j <= BIASED; j++)
        sp__graph_redirect(g, old + j, out + j);
    return true;
}

bool sp__pass_bn_relu(sp_graph *g)
{
    const int *uses = sp__graph_uses(g);
    if (!uses)
        return false;
    for (int64_t i = 0, n = g->n_nodes; i < n; i++) {
        match m;
        if (match_at(g, uses, i, &m) && !fuse(g, &m))
            return false;
    }
    return true;
}
