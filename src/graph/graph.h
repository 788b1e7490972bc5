/* graph/graph.h: a function as data: values, and nodes in an order in which they can run.
 *
 *   graph.c    making and freeing; the builder that the trace and the readers of files use
 *   trace.c    records calls of ops into a graph
 *   run.c      runs a graph, node by node, as ordinary calls (so the result can be differentiated)
 *   print.c    as text */
#ifndef SP_GRAPH_GRAPH_H
#define SP_GRAPH_GRAPH_H

#include "ops/op.h"
#include "spore/graph.h"

typedef enum sp__value_kind {
    SP__VALUE_INPUT, /* given by the caller                            */
    SP__VALUE_PARAM, /* a parameter: `tensor`, shared with its cell    */
    SP__VALUE_CONST, /* `tensor`                                       */
    SP__VALUE_NODE   /* result `port` of node `node`                   */
} sp__value_kind;

typedef struct sp__value {
    sp__value_kind kind;
    sp__desc desc;     /* as traced, or as the file says; dimensions of -1: any size (inputs only) */
    sp_tensor *tensor; /* PARAM, CONST: owned; else NULL                                           */
    int node, port;    /* NODE                                                                     */
    char *name;        /* INPUT, PARAM: as in files; else NULL                                     */
} sp__value;

#define SP__VALUE_NONE (-1) /* an optional input left out */

typedef struct sp__graph_node {
    const sp__op *op;
    void *attrs; /* op->attr_size bytes, owned; NULL if the op has none */
    int n_in, n_out;
    int *in;    /* values, or SP__VALUE_NONE; owned                    */
    int out;    /* the first of n_out consecutive values               */
    char *path; /* cells it came from: "net/fc1-Dense"; NULL: none     */
} sp__graph_node;

struct sp_graph {
    sp__value *values;
    int64_t n_values, cap_values;
    sp__graph_node *nodes;
    int64_t n_nodes, cap_nodes;
    int *inputs;
    int64_t n_inputs, cap_inputs;
    int *outputs;
    int64_t n_outputs, cap_outputs;
    sp_tensor **params; /* the tensors of PARAM values, in order of first use; not owned twice */
    int64_t n_params, cap_params;
};

/* Building. Each returns the new value's number, or -1 with the failure recorded. Names are copied, tensors retained. */
sp_graph *sp__graph_new(void);
int sp__graph_input(sp_graph *g, sp__desc desc, const char *name);
int sp__graph_param(sp_graph *g, sp_tensor *param); /* one value per parameter, however often it is asked for */
int sp__graph_const(sp_graph *g, sp_tensor *value);
/* A node with n inputs (values made before, SP__VALUE_NONE allowed); attrs are copied and checked. Returns its first result
 * value; the others follow it. out: n_out descriptors; or NULL, and the op's rule gives them (then the inputs' descriptors
 * must be complete). */
int sp__graph_node_add(sp_graph *g, const sp__op *op, int n, const int *in, const void *attrs, const sp__desc *out,
                       int n_out, const char *path);
bool sp__graph_output(sp_graph *g, int value);

#endif
