/* Runs a graph that a reader made of hostile bytes, unless it asks for much work: attributes from outside reach no kernel that does
 * not expect them. */
#ifndef SP_FUZZ_GRAPH_RUN_H
#define SP_FUZZ_GRAPH_RUN_H

#include "graph/graph.h"
#include "ops/attrs.h"

#define MOST_WORK 3e6 /* multiplications, about: a tenth of a second under a sanitizer */

/* The sizes that the graph was traced with say what a run costs: a product of matrices or windows as many as its weights. */
static double work_of(const sp_graph *g)
{
    double work = 0;
    for (int64_t i = 0; i < g->n_values; i++) {
        const sp__value *v = &g->values[i];
        double size = 1;
        for (int k = 0; k < v->desc.shape.rank; k++)
            size *= v->desc.shape.dim[k] < 0 ? 2 : (double)v->desc.shape.dim[k];
        work += size;
    }
    for (int64_t i = 0; i < g->n_nodes; i++) {
        const sp__graph_node *n = &g->nodes[i];
        double in = 1, out = 1;
        bool wide = n->op == &sp__op_matmul || n->op == &sp__op_conv2d || n->op == &sp__op_conv2d_input ||
                    n->op == &sp__op_max_pool2d || n->op == &sp__op_avg_pool2d;
        for (int j = 0; wide && j < n->n_in; j++)
            for (int k = 0; n->in[j] >= 0 && k < g->values[n->in[j]].desc.shape.rank; k++)
                in *= (double)SP__MAX(g->values[n->in[j]].desc.shape.dim[k], 2);
        for (int k = 0; wide && k < g->values[n->out].desc.shape.rank; k++)
            out *= (double)SP__MAX(g->values[n->out].desc.shape.dim[k], 1);
        work += SP__MIN(in * in, in * out);
    }
    return work;
}

static void run(sp_graph *g, bool ones)
{
    sp_tensor **in = sp__list_room((int)g->n_inputs);
    for (int i = 0; in && i < g->n_inputs; i++) {
        sp_shape shape = sp_graph_input_shape(g, i);
        for (int k = 0; k < shape.rank; k++)
            shape.dim[k] = shape.dim[k] < 0 ? 2 : shape.dim[k];
        in[i] = ones ? sp_ones(sp_graph_input_dtype(g, i), shape) : sp_zeros(sp_graph_input_dtype(g, i), shape);
    }
    sp_list out = sp_graph_run(g, (sp_list){in, (int)g->n_inputs});
    if ((out.n > 0) != (sp_error() == SP_OK))
        __builtin_trap();
}

/* On zeros, then on ones. */
static void run_if_short(sp_graph *g)
{
    for (int i = 0; i < 2 && work_of(g) < MOST_WORK; i++) {
        run(g, i == 1);
        sp_error_clear();
    }
}

#endif
