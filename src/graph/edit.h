/* graph/edit.h: copies and changes of graphs, for the passes.
 *
 * A pass walks the nodes in order. What it takes away it takes away by saying so: redirect() gives the uses of a value to another
 * value, kill() marks a node, replace() puts another op in a node's place. Numbers of nodes and values stay the same meanwhile;
 * sp__graph_tidy() then removes what nobody needs and renumbers. A new node stands in the place of one that it replaces: its
 * inputs must be computed before that place. */
#ifndef SP_GRAPH_EDIT_H
#define SP_GRAPH_EDIT_H

#include "graph/graph.h"

/* A graph of the same nodes; tensors are shared. NULL on failure. */
sp_graph *sp__graph_copy(const sp_graph *g);

/* How often each value is used: by nodes, as output, as update's value. In the current scope; NULL on failure. Values that a pass
 * adds later, for nodes that it replaces, count as not used. */
int *sp__graph_uses(const sp_graph *g);

/* The only node that reads a value; -1 if there are none or several, or if the caller gets it. uses as above. */
int64_t sp__only_reader(const sp_graph *g, const int *uses, int value);

/* The node that computes the value; NULL if it is an input, a parameter, a constant, or none (SP__VALUE_NONE). */
static inline sp__graph_node *sp__maker(const sp_graph *g, int value)
{
    return value >= 0 && g->values[value].kind == SP__VALUE_NODE ? &g->nodes[g->values[value].node] : NULL;
}

static inline const sp__desc *sp__desc_at(const sp_graph *g, int value) { return &g->values[value].desc; }

/* All uses of value `from` become uses of `to`. */
void sp__graph_redirect(sp_graph *g, int from, int to);

/* Node i is gone, whatever it gave unused. */
void sp__graph_kill(sp_graph *g, int64_t i);

/* Puts op with n inputs in the place of node i, which is gone then. Its rule must accept them. Returns its first result; the others
 * follow it; -1 on failure. The path of the node stays. */
int sp__graph_replace(sp_graph *g, int64_t i, const sp__op *op, int n, const int *in, const void *attrs);

/* The value of a constant of one element: true, and it in *number. */
bool sp__graph_number(const sp_graph *g, int value, double *number);

/* Removes dead nodes (nobody uses their results, and they are not random), and values that nobody uses but the inputs. False on
 * failure, the graph whole. */
bool sp__graph_tidy(sp_graph *g);

/* Parameters become constants: what is computed from them alone can be computed now. */
void sp__graph_freeze(sp_graph *g);

#endif
