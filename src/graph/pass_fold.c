/* What depends on constants alone is computed now:
 *
 *     %1 = Mul(2, 3)  Float32 ()      uses of %1 become uses of the constant 6
 *
 * Not what is random, and not what would make large arrays of small ones. */
#include "graph/pass.h"

#define MOST_BYTES ((int64_t)1 << 20) /* of results that are larger than the arguments together */

static int64_t bytes_of(const sp__desc *d) { return sp_shape_size(d->shape) * (int64_t)sp_dtype_size(d->dtype); }

static bool can_fold(const sp_graph *g, const sp__graph_node *n)
{
    int64_t in = 0, out = 0;
    if (n->op->flags & SP__RANDOM)
        return false;
    for (int k = 0; k < n->n_in; k++) {
        if (n->in[k] != SP__VALUE_NONE && g->values[n->in[k]].kind != SP__VALUE_CONST)
            return false;
        in += n->in[k] == SP__VALUE_NONE ? 0 : bytes_of(sp__desc_at(g, n->in[k]));
    }
    for (int j = 0; j < n->n_out; j++)
        out += bytes_of(sp__desc_at(g, n->out + j));
    return n->n_in > 0 && out <= SP__MAX(in, MOST_BYTES);
}

static bool fold_node(sp_graph *g, const sp__graph_node *n)
{
    sp_tensor *in[SP__MAX_IN];
    sp_scope scope = sp_scope_begin();
    for (int k = 0; k < n->n_in; k++)
        in[k] = n->in[k] == SP__VALUE_NONE ? SP_NONE : g->values[n->in[k]].tensor;
    int first = n->out, n_out = n->n_out;
    bool path = n->path != NULL;
    if (path)
        sp__path_push(n->path, NULL);
    sp_list out = sp__apply(n->op, n->n_in, in, n->attrs);
    if (path)
        sp__path_pop();
    bool ok = out.n == n_out;
    for (int j = 0; ok && j < n_out; j++) {
        int value = sp__graph_const(g, out.at[j]);
        ok = value >= 0;
        if (ok)
            sp__graph_redirect(g, first + j, value);
    }
    sp_scope_end(scope);
    return ok;
}

bool sp__pass_fold(sp_graph *g)
{
    for (int64_t i = 0; i < g->n_nodes; i++)
        if (can_fold(g, &g->nodes[i]) && !fold_node(g, &g->nodes[i]))
            return false;
    return true;
}
