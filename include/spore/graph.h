/* spore/graph.h: functions as data: traced, looked at, run, and (spore/file.h) saved and loaded. */
#ifndef SPORE_GRAPH_H
#define SPORE_GRAPH_H

#include "grad.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_graph sp_graph;

/* Runs fn once on symbolic tensors with the shapes and types of example, and records what it does. The parameters that it
 * uses are shared with the graph, not copied. Control flow in C is followed once, for these shapes. SP_ERR_STATE: fn needs
 * the value of a tensor while it is traced. */
SP_API sp_graph *sp_trace(sp_fn fn, void *self, sp_list example);

/* Calls the graph: as many tensors as it has inputs, of the types it was traced with; shapes that differ are accepted where all
 * its nodes accept them. Differentiable, like any sp_fn: {.fn = sp_graph_run, .self = graph}. */
SP_API sp_list sp_graph_run(void *graph, sp_list in);

SP_API int sp_graph_inputs(const sp_graph *g);
SP_API int sp_graph_outputs(const sp_graph *g);
SP_API const char *sp_graph_input_name(const sp_graph *g, int i); /* NULL if out of range          */
SP_API sp_shape sp_graph_input_shape(const sp_graph *g,
                                     int i); /* rank -1 if out of range; a dimension of -1: any size */
SP_API sp_dtype sp_graph_input_dtype(const sp_graph *g, int i);
SP_API sp_list sp_graph_params(const sp_graph *g); /* borrowed from the graph       */

/* One node a line: "%2 = MatMul(%1, weight; transpose_b=True)  Float32 (64, 10)". Text of the current scope. */
SP_API const char *sp_graph_str(const sp_graph *g);

SP_API void sp_graph_free(sp_graph *g);

#ifdef __cplusplus
}
#endif
#endif
