/* Making and running executors.
 *
 *   shells   one sp_tensor for each value that a node reads or writes. Those in the arena point there for good; those of inputs and
 *            outputs are pointed anew in each run (moves). Parameters and constants are the tensors themselves.
 *   steps    a node's call: its op, its shells, what its op prepared
 *   copies   after the last step, the new values of parameters that could not be computed in place
 */
#include <string.h>
#include <time.h>

#include "graph/edit.h"
#include "graph/executor.h"

typedef struct step {
    sp__call call;
    const char *path;
    double seconds;  /* of all runs */
    sp_tensor *in[]; /* call.n_in of them */
} step;

/* A shell that lies in memory of the caller's: `bytes` behind the start of input or output `index`. */
typedef struct move {
    sp_tensor *shell;
    int index;
    size_t bytes;
} move;

typedef struct copy {
    sp_tensor *to;
    const sp_tensor *from;
    bool by_way; /* from is a parameter that is changed, too: its old elements are taken first */
} copy;

struct sp__executor {
    sp_graph *graph;
    sp__layout layout;
    char *arena;
    sp__storage storage; /* what the shells say they lie in; never released */
    sp_tensor *shells;   /* by value */
    step **steps;        /* by node; NULL: a view, nothing to do */
    move *in, *out;
    int64_t n_in, cap_in, n_out, cap_out;
    sp_tensor **made; /* in this run, by output buffer; the caller's */
    copy *copies;
    int64_t n_copies, cap_copies;
    size_t aside; /* bytes behind the arena for copies by way */
    int64_t runs;
    bool timed;
    bool owns; /* the graph */
};

/* ---- shells ---- */

static sp_tensor *tensor_of(sp__executor *p, int value)
{
    if (value == SP__VALUE_NONE)
        return SP_NONE;
    const sp__value *v = &p->graph->values[value];
    return v->tensor ? v->tensor : &p->shells[value];
}

static bool add_move(move **moves, int64_t *n, int64_t *cap, move m)
{
    if (!sp__grow(moves, *n, cap, sizeof **moves))
        return false;
    (*moves)[(*n)++] = m;
    return true;
}

static bool shell_make(sp__executor *p, int value)
{
    const sp__desc *d = sp__desc_at(p->graph, value);
    const sp__place *place = &p->layout.place[value];
    const sp__buffer *b = &p->layout.buffers[place->buffer];
    sp_tensor *t = &p->shells[value];
    *t = (sp_tensor){.dtype = d->dtype, .shape = d->shape, .size = sp_shape_size(d->shape), .id = sp__unique_id()};
    atomic_init(&t->refs, 1);
    t->storage = &p->storage;
    switch (b->home) {
    case SP__HOME_ARENA:
        t->data = p->arena + b->offset + place->offset;
        return true;
    case SP__HOME_TENSOR:
        t->data = (char *)b->tensor->data + place->offset;
        return true;
    case SP__HOME_INPUT:
        return add_move(&p->in, &p->n_in, &p->cap_in, (move){t, b->index, place->offset});
    default:
        return add_move(&p->out, &p->n_out, &p->cap_out, (move){t, b->index, place->offset});
    }
}

static bool shells_make(sp__executor *p)
{
    for (int64_t v = 0; v < p->graph->n_values; v++)
        if (!p->graph->values[v].tensor && !shell_make(p, (int)v))
            return false;
    return true;
}

/* ---- steps ---- */

static bool is_view(const sp__executor *p, const sp__graph_node *n)
{
    return n->op->view && n->n_in > 0 && n->in[0] >= 0 &&
           p->layout.place[n->out].buffer == p->layout.place[n->in[0]].buffer;
}

static size_t step_bytes(int n_in) { return sizeof(step) + (size_t)n_in * sizeof(sp_tensor *); }

static bool step_make(sp__executor *p, int64_t i)
{
    const sp__graph_node *n = &p->graph->nodes[i];
    if (is_view(p, n))
        return true;
    step *s = p->steps[i] = sp__alloc_zero(step_bytes(n->n_in));
    if (!s)
        return false;
    for (int k = 0; k < n->n_in; k++)
        s->in[k] = tensor_of(p, n->in[k]);
    s->call = (sp__call){.op = n->op, .attrs = n->attrs, .n_in = n->n_in, .n_out = n->n_out, .in = s->in};
    for (int j = 0; j < n->n_out; j++) {
        s->call.out[j] = *sp__desc_at(p->graph, n->out + j);
        s->call.y[j] = tensor_of(p, n->out + j);
    }
    s->path = n->path;
    return !n->op->prepare || n->op->prepare(&s->call) == SP_OK;
}

/* ---- what is left to copy ---- */

/* Whether the elements of t, a parameter, change in this graph. */
static bool is_updated(const sp_graph *g, const sp_tensor *t)
{
    for (int64_t i = 0; i < g->n_updates; i++)
        if (g->values[g->updates[i].param].tensor == t && g->updates[i].param != g->updates[i].value)
            return true;
    return false;
}

static bool copies_make(sp__executor *p)
{
    const sp_graph *g = p->graph;
    for (int64_t i = 0; i < g->n_updates; i++) {
        sp__update u = g->updates[i];
        const sp__buffer *from = &p->layout.buffers[p->layout.place[u.value].buffer];
        sp_tensor *to = g->values[u.param].tensor;
        if (u.param == u.value || (from->home == SP__HOME_TENSOR && from->tensor == to))
            continue;
        bool by_way = from->home == SP__HOME_TENSOR && is_updated(g, from->tensor);
        if (!sp__grow(&p->copies, p->n_copies, &p->cap_copies, sizeof *p->copies))
            return false;
        p->copies[p->n_copies++] = (copy){to, tensor_of(p, u.value), by_way};
        p->aside += by_way ? (from->bytes + 63) / 64 * 64 : 0;
    }
    return true;
}

/* ---- making ---- */

static bool make(sp__executor *p, bool in_place)
{
    const sp_graph *g = p->graph;
    if (!sp__layout_make(&p->layout, g, in_place))
        return false;
    p->shells = sp__alloc_zero((size_t)g->n_values * sizeof *p->shells);
    p->steps = sp__alloc_zero((size_t)g->n_nodes * sizeof *p->steps);
    p->made = sp__alloc_zero((size_t)p->layout.n_outputs * sizeof *p->made);
    if (!p->shells || !p->steps || !p->made || !copies_make(p))
        return false;
    p->arena = sp__alloc(p->layout.arena + p->aside);
    if (!p->arena || !shells_make(p))
        return false;
    for (int64_t i = 0; i < g->n_nodes; i++)
        if (!step_make(p, i))
            return false;
    return true;
}

static void steps_free(sp__executor *p)
{
    for (int64_t i = 0; p->steps && i < p->graph->n_nodes; i++) {
        step *s = p->steps[i];
        if (s && s->call.plan)
            s->call.op->unprepare(s->call.plan);
        sp__free(s, s ? step_bytes(s->call.n_in) : 0);
    }
}

void sp__executor_free(sp__executor *p)
{
    if (!p)
        return;
    steps_free(p);
    sp__free(p->steps, (size_t)p->graph->n_nodes * sizeof *p->steps);
    sp__free(p->shells, (size_t)p->graph->n_values * sizeof *p->shells);
    sp__free(p->arena, p->layout.arena + p->aside);
    sp__free(p->in, (size_t)p->cap_in * sizeof *p->in);
    sp__free(p->out, (size_t)p->cap_out * sizeof *p->out);
    sp__free(p->made, (size_t)p->layout.n_outputs * sizeof *p->made);
    sp__free(p->copies, (size_t)p->cap_copies * sizeof *p->copies);
    sp__layout_free(&p->layout);
    if (p->owns)
        sp_graph_free(p->graph);
    sp__free(p, sizeof *p);
}

sp__executor *sp__executor_new(sp_graph *g, bool in_place, bool timed)
{
    sp__executor *p = sp__alloc_zero(sizeof *p);
    if (!p)
        return NULL;
    p->graph = g;
    p->timed = timed;
    atomic_init(&p->storage.refs, 1);
    if (make(p, in_place)) {
        p->owns = true;
        return p;
    }
    sp__executor_free(p);
    return NULL;
}

/* ---- running ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The tensors that hold the results, of the caller's scope. */
static bool outputs_make(sp__executor *p)
{
    for (int64_t i = 0; i < p->layout.n_buffers; i++) {
        const sp__buffer *b = &p->layout.buffers[i];
        if (b->home == SP__HOME_OUTPUT && !(p->made[b->index] = sp__tensor_new(SP_U8, SP_DIMS((int64_t)b->bytes))))
            return false;
    }
    for (int64_t i = 0; i < p->n_out; i++)
        p->out[i].shell->data = (char *)p->made[p->out[i].index]->data + p->out[i].bytes;
    return true;
}

static sp_status run_step(step *s)
{
    if (!s->path)
        return s->call.op->run(&s->call);
    sp__path_push(s->path, NULL);
    sp_status st = s->call.op->run(&s->call);
    sp__path_pop();
    return st;
}

static sp_status run_step_timed(step *s)
{
    double begin = now();
    sp_status st = run_step(s);
    s->seconds += now() - begin;
    return st;
}

static sp_status run_steps(sp__executor *p)
{
    const sp_graph *g = p->graph;
    int64_t hook = 0;
    for (int64_t i = 0; i <= g->n_nodes; i++) {
        for (; hook < g->n_hooks && g->hooks[hook].at == i; hook++)
            g->hooks[hook].run(g->hooks[hook].self);
        if (i == g->n_nodes || !p->steps[i])
            continue;
        sp_status st = p->timed ? run_step_timed(p->steps[i]) : run_step(p->steps[i]);
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}

static size_t bytes_of(const sp_tensor *t) { return (size_t)t->size * sp_dtype_size(t->dtype); }

/* Parameters take their new values. Those that come from the old elements of another parameter are set aside first. */
static void run_copies(sp__executor *p)
{
    char *aside = p->arena + p->layout.arena;
    for (int64_t i = 0; i < p->n_copies; i++)
        if (p->copies[i].by_way) {
            memcpy(aside, p->copies[i].from->data, bytes_of(p->copies[i].from));
            aside += (bytes_of(p->copies[i].from) + 63) / 64 * 64;
        }
    aside = p->arena + p->layout.arena;
    for (int64_t i = 0; i < p->n_copies; i++) {
        const copy *c = &p->copies[i];
        memcpy(c->to->data, c->by_way ? aside : c->from->data, bytes_of(c->to));
        aside += c->by_way ? (bytes_of(c->to) + 63) / 64 * 64 : 0;
    }
}

/* The i-th result for the caller: a view of what was made for it, the caller's own tensor or a part of it, a parameter or constant
 * itself, or a copy of what lies in a parameter. */
static sp_tensor *result(sp__executor *p, sp_list in, int value)
{
    const sp__value *v = &p->graph->values[value];
    const sp__place *place = &p->layout.place[value];
    const sp__buffer *b = &p->layout.buffers[place->buffer];
    if (v->tensor && is_updated(p->graph, v->tensor)) /* the elements that it is about to lose */
        return sp_from(v->tensor->data, v->desc.dtype, v->desc.shape);
    if (v->tensor)
        return sp__scope_take(sp__retain(v->tensor)) ? v->tensor : NULL;
    if (b->home == SP__HOME_INPUT || b->home == SP__HOME_OUTPUT) {
        sp_tensor *whole = b->home == SP__HOME_INPUT ? in.at[b->index] : p->made[b->index];
        return sp__tensor_part(whole, v->desc.dtype, v->desc.shape, place->offset);
    }
    return sp_from(p->shells[value].data, v->desc.dtype, v->desc.shape);
}

static sp_list results(sp__executor *p, sp_list in)
{
    const sp_graph *g = p->graph;
    sp_tensor **out = sp__list_room((int)g->n_outputs);
    for (int64_t i = 0; out && i < g->n_outputs; i++)
        if (!(out[i] = result(p, in, g->outputs[i])))
            return sp__list_none();
    return out ? (sp_list){out, (int)g->n_outputs} : sp__list_none();
}

/* Whether x lies in a parameter that changes: it may be computed over, and be read after that. */
static bool will_change(const sp_graph *g, const sp_tensor *x)
{
    for (int64_t i = 0; i < g->n_updates; i++)
        if (g->values[g->updates[i].param].tensor->storage == x->storage)
            return true;
    return false;
}

/* The inputs, with copies of those that will change. */
static sp_list steady_inputs(const sp_graph *g, sp_list in)
{
    sp_tensor **x = NULL;
    for (int i = 0; i < in.n; i++) {
        if (!will_change(g, in.at[i]))
            continue;
        if (!x && (x = sp__list_room(in.n)))
            in.at = memcpy(x, in.at, (size_t)in.n * sizeof *x);
        if (!x || !(x[i] = sp_from(x[i]->data, x[i]->dtype, x[i]->shape)))
            return sp__list_none();
    }
    return in;
}

sp_list sp__executor_run(sp__executor *p, sp_list in)
{
    int n = in.n;
    in = steady_inputs(p->graph, in);
    if (in.n != n)
        return in;
    for (int64_t i = 0; i < p->n_in; i++)
        p->in[i].shell->data = (char *)in.at[p->in[i].index]->data + p->in[i].bytes;
    if (!outputs_make(p) || run_steps(p) != SP_OK)
        return sp__list_none();
    sp_list out = results(p, in);
    run_copies(p);
    p->runs++;
    return out;
}

/* ---- looking ---- */

const sp_graph *sp__executor_graph(const sp__executor *p) { return p->graph; }
const sp__layout *sp__executor_layout(const sp__executor *p) { return &p->layout; }

double sp__executor_seconds(const sp__executor *p, int64_t i)
{
    return p->steps[i] && p->runs ? p->steps[i]->seconds / (double)p->runs : 0;
}
