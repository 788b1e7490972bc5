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

/* A picture of the graph: boxes in layers, data flowing down, as SVG that stands alone, or in Graphviz's language. seconds: the
 * time of each node, in order (sp_compiled_seconds), which the boxes then show; NULL: none. n_seconds: how many there are;
 * SP_ERR_VALUE unless that is the number of nodes. Text of the current scope, "" on failure. */
SP_API const char *sp_graph_svg(const sp_graph *g, int n_seconds, const double *seconds);
SP_API const char *sp_graph_dot(const sp_graph *g);
SP_API int sp_graph_nodes(const sp_graph *g);

/* What a node is and costs. Shapes are those the graph was traced with; a graph from a file whose first dimension may have any
 * size was traced with 1. */
typedef struct sp_node_info {
    const char *op;      /* "MatMul"                                                                          */
    const char *path;    /* the cells that it came from, as the graph's source names them; "" if it does not  */
    sp_shape in;         /* of its first argument that is no parameter and no constant; rank -1: it has none  */
    sp_shape out;        /* of its first result                                                               */
    sp_dtype dtype;      /* of its first result                                                               */
    int64_t params;      /* elements of the parameters that it reads and no node before it                    */
    int64_t trainable;   /* of them those that can be trained                                                 */
    int64_t param_bytes; /* of params                                                                         */
    int64_t bytes;       /* of all its results                                                                */
    /* Multiply-adds. MatMul: the result's elements times the inner dimension. Conv2D: the result's elements times the weights of
     * one channel. AvgPool: the result's elements times the window. BatchNorm: one an element; LayerNorm: two. All others: 0. */
    int64_t macs;
} sp_node_info;

/* All nodes, sp_graph_nodes(g) of them, in order; in the current scope, their texts belong to the graph. NULL on failure. */
SP_API const sp_node_info *sp_graph_node_infos(const sp_graph *g);

SP_API void sp_graph_free(sp_graph *g);

/* ---- compiled functions: traced at the first call, then run as a planned list of prepared calls ---- */

typedef struct sp_compiled sp_compiled;

/* fn may be any function of tensors that does not look at their values: a cell (sp_cell_fn), a graph (sp_graph_run), or a whole
 * training step: one that calls sp_value_and_grad() and sp_optim_step(). It is run once, on symbolic tensors, for each combination
 * of types and shapes of its inputs, and again when a cell in it was switched between training and evaluation; what C does besides
 * calling operators happens then only. Parameters, optimizer state, moving statistics and dropout's random stream are those of the
 * cells and the optimizer: a compiled step and ordinary calls may take turns. A parameter is read where an operator reads it: a view
 * of it (reshape, slice) holds what the parameter held there, while in an ordinary call it shows later changes. fn, self, and the
 * optimizers and cells used must live as long as the compiled function. */
typedef struct sp_compile_opts {
    int _;
    sp_fn fn;
    void *self;
    bool frozen;         /* parameters will not change: what depends on them alone is computed once    */
    const char *without; /* passes to leave out, by name: "fold_update, cse"; "all"; NULL: none is     */
    bool profile;        /* take the time of each node                                                 */
} sp_compile_opts;
SP_API sp_compiled *sp_compile_new(const sp_compile_opts *opts);
#define sp_compile(...) sp_compile_new(&(sp_compile_opts){._ = 0, __VA_ARGS__})

/* Calls it; itself an sp_fn. Results are new tensors of the current scope. Inside a gradient or a trace it calls fn as it is, so it
 * can be differentiated like fn. Failures are those of fn; SP_ERR_STATE where fn needs the value of a tensor, or when another
 * thread is inside: each thread compiles for itself, parameters may be shared for reading. After a failure in the middle of a step
 * parameters may have been changed or not. */
SP_API sp_list sp_compiled_run(void *compiled, sp_list in);
SP_API void sp_compiled_free(sp_compiled *c);

/* The graph of the latest call: as traced, or as the passes left it. Owned by c, valid until its next call. NULL and SP_ERR_STATE
 * before the first. */
SP_API const sp_graph *sp_compiled_graph(const sp_compiled *c, bool optimized);

/* Seconds that node `node` (0 for the first) of the optimized graph took on average; 0 unless it was compiled with .profile. */
SP_API double sp_compiled_seconds(const sp_compiled *c, int node);

typedef struct sp_compiled_stats {
    int64_t traces;       /* so far, all signatures                                        */
    int64_t traced_nodes; /* of the latest call: before the passes                         */
    int64_t nodes;        /* and after them                                                */
    int64_t arena_bytes;  /* memory for what is computed on the way                        */
    int64_t arena_bound;  /* the most that is needed at one time: no plan can do with less */
} sp_compiled_stats;
SP_API sp_compiled_stats sp_compiled_stats_get(const sp_compiled *c);

#ifdef __cplusplus
}
#endif
#endif
