/* graph/layout.h: where the values of a graph lie while it runs.
 *
 * A buffer is a piece of memory for one or several values: views share the buffer of what they look at, results computed in place
 * that of the input they take over. Its life goes from the node that makes it to the last that reads any of its values.
 *
 *   in the arena    one block; buffers whose lives do not meet may lie on top of each other
 *   of the caller   inputs: where the caller's tensors are; outputs: tensors made for each run
 *   of a tensor     parameters and constants; a parameter's new value where it can be computed in place */
#ifndef SP_GRAPH_LAYOUT_H
#define SP_GRAPH_LAYOUT_H

#include "graph/graph.h"

typedef enum sp__home {
    SP__HOME_ARENA,  /* at `offset`                                      */
    SP__HOME_INPUT,  /* `index`: which                                   */
    SP__HOME_OUTPUT, /* `index`: which, of those that are made each run  */
    SP__HOME_TENSOR  /* `tensor`                                         */
} sp__home;

typedef struct sp__buffer {
    sp__home home;
    size_t bytes;
    int64_t first, last; /* nodes; last is n_nodes if it must outlive the run */
    size_t offset;
    int index;
    sp_tensor *tensor;
} sp__buffer;

/* Of a value: its buffer, and where in it. */
typedef struct sp__place {
    int buffer; /* -1: not used */
    size_t offset;
} sp__place;

typedef struct sp__layout {
    sp__buffer *buffers;
    int64_t n_buffers, cap_buffers;
    sp__place *place; /* by value */
    int64_t n_values;
    size_t arena;       /* bytes */
    size_t lower_bound; /* the most bytes that live at once: no plan can do with less */
    int n_outputs;      /* made each run */
} sp__layout;

/* in_place: whether results may take the place of inputs. False on failure, the plan empty. */
bool sp__layout_make(sp__layout *p, const sp_graph *g, bool in_place);
void sp__layout_free(sp__layout *p);

#endif
