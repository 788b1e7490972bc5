/* Any bytes as a graph: a graph or one error, nothing else. A graph that is read is printed and, unless it asks for much work,
 * run on zeros and ones: attributes from outside reach no kernel that does not expect them. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SPORE_HAVE_PROTOBUF
#include "file/onnx_read.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_scope scope = sp_scope_begin();
    sp__source source;
    sp_graph *g = NULL;
    if (sp__source_memory(&source, "onnx", data, size) == SP_OK)
        g = sp__onnx_load_source(&source, NULL);
    if ((g != NULL) != (sp_error() == SP_OK))
        __builtin_trap(); /* a failure without a cause, or a graph with one */
    if (g)
        sp_graph_str(g);
    for (int i = 0; g && i < 2 && work_of(g) < MOST_WORK; i++) {
        run(g, i == 1);
        sp_error_clear();
    }
    sp_graph_free(g);
    sp_error_clear();
    sp_scope_end(scope);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data, (void)size;
    return 0; /* nothing can be read */
}

#endif
