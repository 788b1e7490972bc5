/* graph/draw.h: a graph as boxes in layers, for those who write pictures of it.
 *
 * Layers go down from the inputs by the longest way (Sugiyama, Tagawa & Toda 1981). An edge that passes layers bends around their
 * boxes: it has a joint in each, which takes part in the ordering like a box. Within a layer everything is ordered by the mean place
 * of its neighbours, a few times down and up. */
#ifndef SP_GRAPH_DRAW_H
#define SP_GRAPH_DRAW_H

#include "graph/graph.h"
#include "tensor/text.h"

typedef enum sp__box_kind { SP__BOX_INPUT, SP__BOX_NODE, SP__BOX_OUTPUT, SP__BOX_JOINT } sp__box_kind;

typedef struct sp__box {
    sp__box_kind kind;
    int index; /* which input, node or output */
    int layer;
    double x, y, w, h; /* its middle, and its size */
} sp__box;

/* Between boxes of neighbouring layers, downwards. */
typedef struct sp__edge {
    int from, to;
} sp__edge;

typedef struct sp__drawing {
    sp__box *boxes;
    int64_t n_boxes, cap_boxes;
    sp__edge *edges;
    int64_t n_edges, cap_edges;
    double width, height;
} sp__drawing;

/* Sizes: (inputs, nodes, outputs) w and h of each, in this order. False on failure. */
bool sp__drawing_make(sp__drawing *d, const sp_graph *g, const sp__box *sizes);
void sp__drawing_free(sp__drawing *d);

/* What is said of a node besides its name. Each is a line of text in the current scope, "" if there is nothing to say. */
const char *sp__node_results(const sp_graph *g, const sp__graph_node *n); /* "Float32 (64, 10)"                       */
const char *sp__node_attrs(const sp__graph_node *n);                      /* "transpose_b=True": those not preset     */
const char *sp__node_reads(const sp_graph *g, const sp__graph_node *n);   /* "fc.weight, fc.bias": its parameters     */
const char *sp__node_updates(const sp_graph *g, const sp__graph_node *n); /* "fc.weight": what takes its results      */
const char *sp__node_place(const sp__graph_node *n);                      /* "layers/fc1": the cells it came from     */

/* What an op is like, for its colour. */
typedef enum sp__family { SP__PRODUCT, SP__ELEMENTWISE, SP__NORM, SP__SHAPE, SP__LOSS, SP__STEP, SP__OTHER } sp__family;
sp__family sp__family_of(const sp__op *op);

/* At most `most` characters of s, which may hold anything, as text for XML: escaped, what is no UTF-8 replaced, the rest cut. */
void sp__xml_text(sp__text *out, const char *s, int most);

/* "name=value" of an attribute. */
void sp__field_write(sp__text *out, const sp__field *f, const void *p);

#endif
