/* Where the boxes of a picture go. */
#include <string.h>

#include "graph/draw.h"
#include "graph/edit.h"

#define GAP_X   24.0
#define GAP_Y   34.0
#define JOINT_W 10.0
#define ROUNDS  10
#define MOST    20000 /* boxes and joints; beyond, long edges go straight */

static int box_add(sp__drawing *d, sp__box b)
{
    if (!sp__grow(&d->boxes, d->n_boxes, &d->cap_boxes, sizeof *d->boxes))
        return -1;
    d->boxes[d->n_boxes] = b;
    return (int)d->n_boxes++;
}

static bool edge_add(sp__drawing *d, int from, int to)
{
    if (!sp__grow(&d->edges, d->n_edges, &d->cap_edges, sizeof *d->edges))
        return false;
    d->edges[d->n_edges++] = (sp__edge){from, to};
    return true;
}

/* ---- boxes and their layers ---- */

/* The box that a value comes from, -1 for parameters and constants. */
static int box_of(const sp_graph *g, int value)
{
    if (value < 0)
        return -1;
    const sp__value *v = &g->values[value];
    if (v->kind == SP__VALUE_NODE)
        return (int)g->n_inputs + v->node;
    for (int64_t i = 0; v->kind == SP__VALUE_INPUT && i < g->n_inputs; i++)
        if (g->inputs[i] == value)
            return (int)i;
    return -1;
}

static bool boxes_make(sp__drawing *d, const sp_graph *g, const sp__box *sizes)
{
    const int64_t first[] = {0, g->n_inputs, g->n_inputs + g->n_nodes, g->n_inputs + g->n_nodes + g->n_outputs};
    for (int kind = SP__BOX_INPUT; kind <= SP__BOX_OUTPUT; kind++)
        for (int64_t i = first[kind]; i < first[kind + 1]; i++) {
            sp__box b = {.kind = (sp__box_kind)kind, .index = (int)(i - first[kind]), .w = sizes[i].w, .h = sizes[i].h};
            if (box_add(d, b) < 0)
                return false;
        }
    return true;
}

static void below(sp__drawing *d, int box, int from)
{
    if (from >= 0)
        d->boxes[box].layer = SP__MAX(d->boxes[box].layer, d->boxes[from].layer + 1);
}

static void layers_make(sp__drawing *d, const sp_graph *g)
{
    for (int64_t i = 0; i < g->n_nodes; i++) {
        int box = (int)(g->n_inputs + i);
        for (int k = 0; k < g->nodes[i].n_in; k++)
            below(d, box, box_of(g, g->nodes[i].in[k]));
    }
    for (int64_t i = 0; i < g->n_outputs; i++)
        below(d, (int)(g->n_inputs + g->n_nodes + i), box_of(g, g->outputs[i]));
}

/* An edge with a joint in each layer that it passes. */
static bool connect(sp__drawing *d, int from, int to)
{
    int at = from;
    for (int layer = d->boxes[from].layer + 1; layer < d->boxes[to].layer && d->n_boxes < MOST; layer++) {
        int joint = box_add(d, (sp__box){.kind = SP__BOX_JOINT, .layer = layer, .w = JOINT_W});
        if (joint < 0 || !edge_add(d, at, joint))
            return false;
        at = joint;
    }
    return edge_add(d, at, to);
}

static bool edges_make(sp__drawing *d, const sp_graph *g)
{
    for (int64_t i = 0; i < g->n_nodes; i++) {
        const sp__graph_node *n = &g->nodes[i];
        for (int k = 0; k < n->n_in; k++) {
            int from = box_of(g, n->in[k]);
            bool again = false; /* two results of one node: one line */
            for (int m = 0; m < k; m++)
                again = again || box_of(g, n->in[m]) == from;
            if (from >= 0 && !again && !connect(d, from, (int)(g->n_inputs + i)))
                return false;
        }
    }
    for (int64_t i = 0; i < g->n_outputs; i++) {
        int from = box_of(g, g->outputs[i]);
        if (from >= 0 && !connect(d, from, (int)(g->n_inputs + g->n_nodes + i)))
            return false;
    }
    return true;
}

/* ---- order and places within layers ---- */

/* Boxes by layer: those of layer l are at[first[l]] to at[first[l + 1] - 1], from left to right. */
typedef struct rows {
    int *at, *first;
    int n;
    double *sum; /* by box: of the places of its neighbours */
    int *count;
} rows;

static bool rows_make(rows *r, const sp__drawing *d)
{
    r->n = 1;
    for (int64_t i = 0; i < d->n_boxes; i++)
        r->n = SP__MAX(r->n, d->boxes[i].layer + 1);
    size_t boxes = (size_t)d->n_boxes;
    r->at = sp__scope_alloc(boxes * sizeof *r->at);
    r->first = sp__scope_alloc(((size_t)r->n + 1) * sizeof *r->first);
    r->sum = sp__scope_alloc(boxes * sizeof *r->sum);
    r->count = sp__scope_alloc(boxes * sizeof *r->count);
    if (!r->at || !r->first || !r->sum || !r->count)
        return false;
    memset(r->first, 0, ((size_t)r->n + 1) * sizeof *r->first);
    for (int64_t i = 0; i < d->n_boxes; i++)
        r->first[d->boxes[i].layer + 1]++;
    for (int l = 0; l < r->n; l++)
        r->first[l + 1] += r->first[l];
    memset(r->count, 0, boxes * sizeof *r->count); /* how many of a layer are placed, for a moment */
    for (int64_t i = 0; i < d->n_boxes; i++) {
        int l = d->boxes[i].layer;
        r->at[r->first[l] + r->count[l]++] = (int)i;
    }
    return true;
}

/* Boxes of a layer side by side, where they are, but no two closer than GAP_X: pushed right from the left, then the whole back by
 * the mean push. */
static void spread(sp__drawing *d, const rows *r, int layer)
{
    double push = 0, right = -1e18;
    int n = r->first[layer + 1] - r->first[layer];
    for (int i = r->first[layer]; i < r->first[layer + 1]; i++) {
        sp__box *b = &d->boxes[r->at[i]];
        double least = right + b->w / 2, wanted = b->x;
        b->x = SP__MAX(b->x, least);
        push += b->x - wanted;
        right = b->x + b->w / 2 + GAP_X;
    }
    for (int i = r->first[layer]; i < r->first[layer + 1]; i++)
        d->boxes[r->at[i]].x -= push / n;
}

/* Sorts a layer's boxes by x; nearly sorted already, so by insertion. */
static void sort(const sp__drawing *d, const rows *r, int layer)
{
    for (int i = r->first[layer] + 1; i < r->first[layer + 1]; i++) {
        int box = r->at[i], k = i;
        for (; k > r->first[layer] && d->boxes[r->at[k - 1]].x > d->boxes[box].x; k--)
            r->at[k] = r->at[k - 1];
        r->at[k] = box;
    }
}

/* Every box moves to the mean of its neighbours: those above, those below, or both. */
static void relax(sp__drawing *d, const rows *r, bool up, bool down)
{
    memset(r->sum, 0, (size_t)d->n_boxes * sizeof *r->sum);
    memset(r->count, 0, (size_t)d->n_boxes * sizeof *r->count);
    for (int64_t e = 0; e < d->n_edges; e++) {
        int from = d->edges[e].from, to = d->edges[e].to;
        if (down)
            r->sum[to] += d->boxes[from].x, r->count[to]++;
        if (up)
            r->sum[from] += d->boxes[to].x, r->count[from]++;
    }
    for (int64_t i = 0; i < d->n_boxes; i++)
        if (r->count[i] > 0)
            d->boxes[i].x = r->sum[i] / r->count[i];
    for (int l = 0; l < r->n; l++) {
        sort(d, r, l);
        spread(d, r, l);
    }
}

static void place_x(sp__drawing *d, const rows *r)
{
    for (int l = 0; l < r->n; l++)
        for (int i = r->first[l], x = 0; i < r->first[l + 1]; i++, x++)
            d->boxes[r->at[i]].x = x * 150.0;
    for (int l = 0; l < r->n; l++)
        spread(d, r, l);
    for (int k = 0; k < ROUNDS; k++) {
        relax(d, r, false, true);
        relax(d, r, true, false);
    }
    for (int k = 0; k < ROUNDS; k++)
        relax(d, r, true, true);
}

static void place_y(sp__drawing *d, const rows *r)
{
    double top = GAP_Y, left = 1e18, right = -1e18;
    for (int l = 0; l < r->n; l++) {
        double high = 0;
        for (int i = r->first[l]; i < r->first[l + 1]; i++)
            high = SP__MAX(high, d->boxes[r->at[i]].h);
        for (int i = r->first[l]; i < r->first[l + 1]; i++) {
            sp__box *b = &d->boxes[r->at[i]];
            b->y = top + high / 2;
            left = SP__MIN(left, b->x - b->w / 2);
            right = SP__MAX(right, b->x + b->w / 2);
        }
        top += high + GAP_Y;
    }
    for (int64_t i = 0; i < d->n_boxes; i++)
        d->boxes[i].x += GAP_X - left;
    d->width = d->n_boxes ? right - left + 2 * GAP_X : 2 * GAP_X;
    d->height = top;
}

bool sp__drawing_make(sp__drawing *d, const sp_graph *g, const sp__box *sizes)
{
    *d = (sp__drawing){0};
    sp_scope scope = sp_scope_begin();
    rows r;
    bool ok = boxes_make(d, g, sizes);
    if (ok)
        layers_make(d, g);
    ok = ok && edges_make(d, g) && rows_make(&r, d);
    if (ok) {
        place_x(d, &r);
        place_y(d, &r);
    }
    sp_scope_end(scope);
    if (!ok)
        sp__drawing_free(d);
    return ok;
}

void sp__drawing_free(sp__drawing *d)
{
    sp__free(d->boxes, (size_t)d->cap_boxes * sizeof *d->boxes);
    sp__free(d->edges, (size_t)d->cap_edges * sizeof *d->edges);
    *d = (sp__drawing){0};
}
