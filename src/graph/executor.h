/* graph/executor.h: a graph as a flat list of prepared calls.
 *
 * Made once for given shapes: every array has its place (layout.h), every op has prepared what it can (op.h: prepare). A run points the
 * few tensors that differ from run to run at the caller's memory and makes the calls, one after the other; it allocates nothing but
 * the tensors that it returns. */
#ifndef SP_GRAPH_EXECUTOR_H
#define SP_GRAPH_EXECUTOR_H

#include "graph/layout.h"

typedef struct sp__executor sp__executor;

/* Takes g on success. in_place as in layout.h; timed: the time of each node is taken. */
sp__executor *sp__executor_new(sp_graph *g, bool in_place, bool timed);
void sp__executor_free(sp__executor *p); /* accepts NULL */

/* Inputs of the number, types and shapes that the graph has. Results belong to the current scope. */
sp_list sp__executor_run(sp__executor *p, sp_list in);

const sp_graph *sp__executor_graph(const sp__executor *p);
const sp__layout *sp__executor_layout(const sp__executor *p);
/* Seconds that node i took on average, 0 unless timed and run. */
double sp__executor_seconds(const sp__executor *p, int64_t i);

#endif
