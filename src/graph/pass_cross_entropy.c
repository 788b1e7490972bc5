/* Softmax cross entropy and its gradient at once, where the loss is what is differentiated:
 *
 *     %1, %2, %3 = CrossEntropy(logits, labels, w)         loss, log-softmax, divisor
 *     %4 = RealDiv(1, %3)                                  %1, %2 = SoftmaxCrossEntropy(logits, labels, w)
 *     %5 = CrossEntropyGrad(%2, labels, w, %4)             and %2 stands for %5
 */
#include "graph/pass.h"
#include "spore/ops.h"

enum { LOSS, LOGP, DIVISOR };          /* of CrossEntropy */
enum { G_LOGP, LABELS, WEIGHT, G_DY }; /* of CrossEntropyGrad; labels and weight stand alike in both */

/* Like the attributes of the op, which its name in the table keeps to itself. */
typedef struct both_attrs {
    sp_cross_entropy_attrs loss;
    double scale;
} both_attrs;

/* The node that grad is the gradient of, and what flows into it in *scale; NULL unless the pattern is whole. */
static const sp__graph_node *loss_of(const sp_graph *g, const int *uses, const sp__graph_node *grad, double *scale)
{
    const sp__graph_node *loss = sp__maker(g, grad->in[G_LOGP]), *div = sp__maker(g, grad->in[G_DY]);
    if (!loss || loss->op != &sp__op_cross_entropy || grad->in[G_LOGP] != loss->out + LOGP || !div ||
        div->op != &sp__op_div || div->in[1] != loss->out + DIVISOR || !sp__graph_number(g, div->in[0], scale))
        return NULL;
    bool whole = uses[loss->out + LOGP] == 1 && uses[loss->out + DIVISOR] == 1 && uses[div->out] == 1;
    bool alike = loss->in[LABELS] == grad->in[LABELS] && loss->in[WEIGHT] == grad->in[WEIGHT];
    bool reduced = ((const sp_cross_entropy_attrs *)loss->attrs)->reduction != SP_NO_REDUCTION;
    sp_dtype type = sp__desc_at(g, loss->out)->dtype;
    return whole && alike && reduced && (type == SP_F32 || type == SP_F64) ? loss : NULL;
}

static bool fuse(sp_graph *g, const sp__graph_node *loss, const sp__graph_node *grad, double scale)
{
    const both_attrs attrs = {*(const sp_cross_entropy_attrs *)loss->attrs, scale};
    const int in[] = {loss->in[0], loss->in[LABELS], loss->in[WEIGHT]}, old_loss = loss->out, old_grad = grad->out;
    int out = sp__graph_replace(g, loss - g->nodes, &sp__op_softmax_cross_entropy, 3, in, &attrs);
    if (out < 0)
        return false;
    sp__graph_redirect(g, old_loss, out);
    sp__graph_redirect(g, old_grad, out + 1);
    return true;
}

bool sp__pass_cross_entropy(sp_graph *g)
{
    const int *uses = sp__graph_uses(g);
    if (!uses)
        return false;
    for (int64_t i = 0, n = g->n_nodes; i < n; i++) {
        const sp__graph_node *grad = &g->nodes[i], *loss = NULL;
        double scale = 1;
        if (grad->op == &sp__op_cross_entropy_back)
            loss = loss_of(g, uses, grad, &scale);
        if (loss && !fuse(g, loss, grad, scale))
            return false;
    }
    return true;
}
