/* Making a plan: first which values share a buffer, then how long each buffer lives, then where in the arena it lies.
 *
 *   node        0  1  2  3  4
 *   buffer A   [------]            offset 0
 *   buffer B      [------]         offset |A|
 *   buffer C            [---]      offset 0 again: A is not needed any more
 */
#include <stdlib.h>
#include <string.h>

#include "graph/edit.h"
#include "graph/layout.h"

#define ALIGN ((size_t)64)

typedef struct planner {
    const sp_graph *g;
    sp__layout *p;
    bool in_place;
    int64_t *last; /* by value: the last node that reads it; n_nodes: the caller; -1: nobody */
} planner;

static size_t bytes_of(const sp__desc *d) { return (size_t)sp_shape_size(d->shape) * sp_dtype_size(d->dtype); }

/* ---- who reads what, and when ---- */

static bool note_reads(planner *pl)
{
    const sp_graph *g = pl->g;
    pl->last = sp__scope_alloc((size_t)g->n_values * sizeof *pl->last);
    if (!pl->last)
        return false;
    for (int64_t v = 0; v < g->n_values; v++)
        pl->last[v] = -1;
    for (int64_t i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] >= 0)
                pl->last[g->nodes[i].in[k]] = i;
    for (int64_t i = 0; i < g->n_outputs; i++)
        pl->last[g->outputs[i]] = g->n_nodes;
    for (int64_t i = 0; i < g->n_updates; i++)
        pl->last[g->updates[i].value] = g->n_nodes;
    return true;
}

/* ---- buffers ---- */

static int buffer_new(sp__layout *p, sp__buffer b)
{
    if (!sp__grow(&p->buffers, p->n_buffers, &p->cap_buffers, sizeof *p->buffers))
        return -1;
    p->buffers[p->n_buffers] = b;
    return (int)p->n_buffers++;
}

static bool own_buffer(planner *pl, int value, sp__buffer b)
{
    int n = buffer_new(pl->p, b);
    pl->p->place[value] = (sp__place){n, 0};
    return n >= 0;
}

/* Where a view starts in its argument's elements; -1: not a view. */
static int64_t view_offset(const sp_graph *g, const sp__graph_node *n)
{
    if (!n->op->view)
        return -1;
    sp_tensor in[SP__MAX_IN], *at[SP__MAX_IN];
    for (int k = 0; k < n->n_in; k++) {
        at[k] = SP_NONE;
        if (n->in[k] == SP__VALUE_NONE)
            continue;
        const sp__desc *d = sp__desc_at(g, n->in[k]);
        in[k] = (sp_tensor){.dtype = d->dtype, .shape = d->shape, .size = sp_shape_size(d->shape)};
        at[k] = &in[k];
    }
    sp__call c = {.op = n->op, .attrs = n->attrs, .n_in = n->n_in, .n_out = n->n_out, .in = at};
    for (int j = 0; j < n->n_out; j++)
        c.out[j] = *sp__desc_at(g, n->out + j);
    return n->op->view(&c);
}

/* The buffer lives at least until `when`. */
static void lives_until(sp__buffer *b, int64_t when) { b->last = SP__MAX(b->last, when); }

/* The parameter that `value` is the new value of; -1 if it is none's. */
static int updated_param(const sp_graph *g, int value)
{
    for (int64_t i = 0; i < g->n_updates; i++)
        if (g->updates[i].value == value)
            return g->updates[i].param;
    return -1;
}

/* Whether `value` may be computed over input k of node i, which does not need to outlive it. A parameter gives way to its own new
 * value only, anything else only in the arena. */
static bool may_take_over(const planner *pl, int64_t i, int value, int input)
{
    const sp_graph *g = pl->g;
    const sp__place *place = &pl->p->place[input];
    const sp__buffer *b = place->buffer < 0 ? NULL : &pl->p->buffers[place->buffer];
    const sp__desc *from = sp__desc_at(g, input), *to = sp__desc_at(g, value);
    if (!b || from->dtype != to->dtype || bytes_of(from) != bytes_of(to) || place->offset != 0 ||
        b->bytes != bytes_of(to) || b->last > i)
        return false;
    if (g->values[input].kind == SP__VALUE_PARAM)
        return updated_param(g, value) == input;
    return b->home == SP__HOME_ARENA;
}

/* Whether node i reads the buffer of its input k through another input too, other than element by element. */
static bool read_otherwise(const planner *pl, const sp__graph_node *n, int k, unsigned over)
{
    const sp__place *place = pl->p->place;
    for (int m = 0; m < n->n_in; m++) {
        if (m == k || n->in[m] < 0 || place[n->in[m]].buffer != place[n->in[k]].buffer)
            continue;
        bool elementwise = m < 8 && (over & SP__IN(m)) && place[n->in[m]].offset == place[n->in[k]].offset &&
                           bytes_of(sp__desc_at(pl->g, n->in[m])) == bytes_of(sp__desc_at(pl->g, n->in[k]));
        if (!elementwise)
            return true;
    }
    return false;
}

/* The input whose place result j of node i takes, -1 if none. */
static int taken_over(const planner *pl, int64_t i, int j)
{
    const sp__graph_node *n = &pl->g->nodes[i];
    unsigned over = n->op->over[j];
    for (int k = 0; over && k < n->n_in && k < 8; k++)
        if ((over & SP__IN(k)) && n->in[k] >= 0 && may_take_over(pl, i, n->out + j, n->in[k]) &&
            !read_otherwise(pl, n, k, over))
            return n->in[k];
    return -1;
}

/* The results of a node find their buffers. */
static bool place_results(planner *pl, int64_t i)
{
    const sp_graph *g = pl->g;
    const sp__graph_node *n = &g->nodes[i];
    sp__place *place = pl->p->place;
    int64_t offset = view_offset(g, n);
    for (int j = 0; j < n->n_out; j++) {
        int value = n->out + j, from = offset >= 0 ? n->in[0] : pl->in_place ? taken_over(pl, i, j) : -1;
        if (from >= 0) {
            size_t start = offset > 0 ? (size_t)offset * sp_dtype_size(sp__desc_at(g, value)->dtype) : 0;
            place[value] = (sp__place){place[from].buffer, place[from].offset + start};
            lives_until(&pl->p->buffers[place[from].buffer], SP__MAX(i, pl->last[value]));
            continue;
        }
        sp__buffer b = {SP__HOME_ARENA, bytes_of(sp__desc_at(g, value)), i, SP__MAX(i, pl->last[value]), 0, 0, NULL};
        if (!own_buffer(pl, value, b))
            return false;
    }
    return true;
}

/* How long buffers live must be known before the first node asks whether it may take one over: views read what they look at later
 * than its own last use says. */
static void extend_by_views(planner *pl)
{
    const sp_graph *g = pl->g;
    for (int64_t i = g->n_nodes; i-- > 0;) {
        const sp__graph_node *n = &g->nodes[i];
        if (n->op->view && view_offset(g, n) >= 0)
            pl->last[n->in[0]] = SP__MAX(pl->last[n->in[0]], pl->last[n->out]);
    }
}

static bool place_given(planner *pl)
{
    const sp_graph *g = pl->g;
    for (int64_t v = 0; v < g->n_values; v++) {
        const sp__value *value = &g->values[v];
        pl->p->place[v] = (sp__place){-1, 0};
        if (value->kind == SP__VALUE_PARAM || value->kind == SP__VALUE_CONST)
            if (!own_buffer(pl, (int)v,
                            (sp__buffer){SP__HOME_TENSOR, bytes_of(&value->desc), 0, pl->last[v], 0, 0, value->tensor}))
                return false;
    }
    for (int64_t i = 0; i < g->n_inputs; i++) {
        int v = g->inputs[i];
        if (!own_buffer(pl, v,
                        (sp__buffer){SP__HOME_INPUT, bytes_of(sp__desc_at(g, v)), 0, pl->last[v], 0, (int)i, NULL}))
            return false;
    }
    return true;
}

/* Buffers of the arena that hold an output are made for each run instead, as tensors of the caller's. */
static void place_outputs(planner *pl)
{
    for (int64_t i = 0; i < pl->g->n_outputs; i++) {
        sp__buffer *b = &pl->p->buffers[pl->p->place[pl->g->outputs[i]].buffer];
        if (b->home != SP__HOME_ARENA)
            continue;
        b->home = SP__HOME_OUTPUT;
        b->index = pl->p->n_outputs++;
    }
}

/* ---- the arena ---- */

static size_t aligned(size_t n) { return (n + ALIGN - 1) / ALIGN * ALIGN; }

static bool meet(const sp__buffer *a, const sp__buffer *b) { return a->first <= b->last && b->first <= a->last; }

static int by_size(const void *a, const void *b)
{
    const sp__buffer *x = *(sp__buffer *const *)a, *y = *(sp__buffer *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->first != y->first ? (x->first < y->first ? -1 : 1) : x < y ? -1 : 1;
}

/* Puts b among the n placed, in order of their offsets. */
static void insert(sp__buffer **placed, int64_t n, sp__buffer *b)
{
    for (; n > 0 && placed[n - 1]->offset > b->offset; n--)
        placed[n] = placed[n - 1];
    placed[n] = b;
}

/* The smallest gap that b fits into between those of the n placed (in order of their offsets) that live at the same time. */
static size_t best_gap(sp__buffer *const *placed, int64_t n, const sp__buffer *b)
{
    size_t end = 0, best = SIZE_MAX, best_size = SIZE_MAX;
    for (int64_t i = 0; i < n; i++) {
        if (!meet(placed[i], b))
            continue;
        if (placed[i]->offset >= end + aligned(b->bytes) && placed[i]->offset - end < best_size) {
            best = end;
            best_size = placed[i]->offset - end;
        }
        end = SP__MAX(end, placed[i]->offset + aligned(placed[i]->bytes));
    }
    return best == SIZE_MAX ? end : best;
}

/* The largest first, each where the gap is smallest (greedy by size). */
static bool fill_arena(planner *pl)
{
    sp__layout *p = pl->p;
    size_t room = (size_t)p->n_buffers * sizeof(sp__buffer *);
    sp__buffer **todo = sp__scope_alloc(room), **placed = sp__scope_alloc(room);
    int64_t n = 0;
    if (!todo || !placed)
        return false;
    for (int64_t i = 0; i < p->n_buffers; i++)
        if (p->buffers[i].home == SP__HOME_ARENA && p->buffers[i].bytes > 0)
            todo[n++] = &p->buffers[i];
    qsort(todo, (size_t)n, sizeof(sp__buffer *), by_size);
    for (int64_t i = 0; i < n; i++) {
        todo[i]->offset = best_gap(placed, i, todo[i]);
        insert(placed, i, todo[i]);
        p->arena = SP__MAX(p->arena, todo[i]->offset + aligned(todo[i]->bytes));
    }
    return true;
}

/* The most that lives at any node. */
static bool bound(planner *pl)
{
    sp__layout *p = pl->p;
    size_t n = (size_t)pl->g->n_nodes + 2;
    int64_t *change = sp__scope_alloc(n * sizeof *change), live = 0;
    if (!change)
        return false;
    memset(change, 0, n * sizeof *change);
    for (int64_t i = 0; i < p->n_buffers; i++) {
        const sp__buffer *b = &p->buffers[i];
        if (b->home != SP__HOME_ARENA)
            continue;
        change[b->first] += (int64_t)aligned(b->bytes);
        change[b->last + 1] -= (int64_t)aligned(b->bytes);
    }
    for (size_t i = 0; i < n; i++) {
        live += change[i];
        p->lower_bound = SP__MAX(p->lower_bound, (size_t)live);
    }
    return true;
}

static bool make(planner *pl)
{
    if (!note_reads(pl))
        return false;
    extend_by_views(pl);
    if (!place_given(pl))
        return false;
    for (int64_t i = 0; i < pl->g->n_nodes; i++)
        if (!place_results(pl, i))
            return false;
    place_outputs(pl);
    return fill_arena(pl) && bound(pl);
}

bool sp__layout_make(sp__layout *p, const sp_graph *g, bool in_place)
{
    *p = (sp__layout){.n_values = g->n_values};
    p->place = sp__alloc((size_t)g->n_values * sizeof *p->place);
    if (!p->place)
        return false;
    planner pl = {.g = g, .p = p, .in_place = in_place};
    sp_scope scope = sp_scope_begin();
    bool ok = make(&pl);
    sp_scope_end(scope);
    if (!ok)
        sp__layout_free(p);
    return ok;
}

void sp__layout_free(sp__layout *p)
{
    sp__free(p->place, (size_t)p->n_values * sizeof *p->place);
    sp__free(p->buffers, (size_t)p->cap_buffers * sizeof *p->buffers);
    *p = (sp__layout){0};
}
