/* Records calls of ops into a graph. A symbolic tensor stands for a value of the graph; whatever else an op is given is a
 * parameter or a constant. Calls without a symbolic argument are computed as always, so what does not depend on the
 * inputs is a constant in the graph. */
#include "graph/graph.h"

typedef struct trace {
    sp__watcher watcher;
    sp_graph *graph;
    sp_tensor *
        *tensors; /* symbolic tensors of this trace, retained: an id is enough, but ids of freed ones say nothing */
    int *values;  /* their values */
    int64_t n, cap_tensors, cap_values;
} trace;

static bool bind(trace *t, sp_tensor *x, int value)
{
    if (!sp__grow(&t->tensors, t->n, &t->cap_tensors, sizeof *t->tensors) ||
        !sp__grow(&t->values, t->n, &t->cap_values, sizeof *t->values))
        return false;
    t->tensors[t->n] = sp__retain(x);
    t->values[t->n++] = value;
    return true;
}

static void trace_free(trace *t)
{
    for (int64_t i = 0; i < t->n; i++)
        sp__release(t->tensors[i]);
    sp__free(t->tensors, (size_t)t->cap_tensors * sizeof *t->tensors);
    sp__free(t->values, (size_t)t->cap_values * sizeof *t->values);
}

/* The value of x, made a parameter or constant of the graph if it is new; -1 on failure. */
static int value_of(trace *t, sp_tensor *x)
{
    if (x == SP_NONE)
        return SP__VALUE_NONE;
    if (x->param) {
        int param = sp__graph_param(t->graph, x);
        return param < 0 ? -1 : sp__graph_current(t->graph, param);
    }
    if (x->data)
        return sp__graph_const(t->graph, x);
    for (int64_t i = t->n; i-- > 0;)
        if (t->tensors[i] == x)
            return t->values[i];
    sp__err(SP_ERR_STATE, "trace: an argument belongs to another trace");
    return -1;
}

/* A failed look-up is -1, and so is SP__VALUE_NONE: told apart by the tensor. */
static bool values_of(trace *t, int n, sp_tensor *const *x, int *values)
{
    for (int i = 0; i < n; i++) {
        values[i] = value_of(t, x[i]);
        if (values[i] < 0 && x[i] != SP_NONE)
            return false;
    }
    return true;
}

static bool trace_called(void *self, const sp__call *c)
{
    trace *t = self;
    int in[SP__MAX_IN];
    char path[256];
    if (!values_of(t, c->n_in, c->in, in))
        return false;
    if (c->op == &sp__op_identity) /* passes its argument on: no node */
        return bind(t, c->y[0], in[0]);
    sp__path_text(path, sizeof path);
    int out = sp__graph_node_add(t->graph, c->op, c->n_in, in, c->attrs, c->out, c->n_out, path[0] ? path : NULL);
    for (int j = 0; out >= 0 && j < c->n_out; j++)
        if (!bind(t, c->y[j], out + j))
            return false;
    return out >= 0;
}

static sp_status trace_assigned(void *self, sp_tensor *param, sp_tensor *value)
{
    trace *t = self;
    int p = sp__graph_param(t->graph, param), v = p < 0 ? -1 : value_of(t, value);
    return v >= 0 && sp__graph_update(t->graph, p, v) ? SP_OK : sp_error();
}

static sp_list symbolic_inputs(trace *t, sp_list example)
{
    sp_tensor **in = sp__list_room(example.n);
    for (int i = 0; in && i < example.n; i++) {
        if (!sp__given("trace: input", i + 1, example.at[i]) || example.at[i] == SP_NONE)
            return sp__list_none();
        const char *name = i ? sp__scope_printf("x%d", i) : "x";
        in[i] = sp__tensor_symbolic(example.at[i]->dtype, example.at[i]->shape);
        int value = in[i] ? sp__graph_input(t->graph, sp__desc_of(example.at[i]), name) : -1;
        if (value < 0 || !bind(t, in[i], value))
            return sp__list_none();
    }
    return in ? (sp_list){in, example.n} : sp__list_none();
}

static bool outputs(trace *t, sp_list out)
{
    int values[SP__MAX_IN];
    if (out.n < 1 || out.n > SP__MAX_IN) {
        if (sp_error() == SP_OK)
            sp__err(SP_ERR_VALUE, "trace: the function has %d outputs, expected 1 to %d", out.n, SP__MAX_IN);
        return false;
    }
    for (int i = 0; i < out.n; i++) {
        if (!out.at[i] || out.at[i] == SP_NONE) {
            if (sp_error() == SP_OK)
                sp__err(SP_ERR_VALUE, "trace: output %d is missing", i);
            return false;
        }
    }
    if (!values_of(t, out.n, out.at, values))
        return false;
    for (int i = 0; i < out.n; i++)
        if (!sp__graph_output(t->graph, values[i]))
            return false;
    return true;
}

sp_graph *sp__trace(sp_fn fn, void *self, sp_list example, bool stateful)
{
    trace t = {.graph = sp__graph_new()};
    t.watcher = (sp__watcher){.called = trace_called, .self = &t, .assigned = stateful ? trace_assigned : NULL};
    if (!t.graph)
        return NULL;
    sp_scope scope = sp_scope_begin();
    const sp__watcher *before = sp__trace_to(&t.watcher);
    int64_t failures = sp__error_count();
    sp_list in = symbolic_inputs(&t, example);
    bool hidden = sp__params_hide(true);
    bool ok = in.n == example.n && outputs(&t, fn(self, in));
    sp__params_hide(hidden);
    ok = ok && sp__error_count() == failures; /* a value was asked for, and the function went on without it */
    sp__trace_to(before);
    sp_scope_end(scope);
    trace_free(&t);
    if (ok)
        return t.graph;
    sp_graph_free(t.graph);
    return NULL;
}

sp_graph *sp_trace(sp_fn fn, void *self, sp_list example)
{
    if (!fn)
        return sp__fail(SP_ERR_VALUE, "trace: argument 1 is NULL");
    return sp__trace(fn, self, example, false);
}

/* ---- what the modules above say of the trace in force ---- */

/* NULL if there is none. */
static trace *in_force(void)
{
    const sp__watcher *w = sp__trace_now();
    return w ? w->self : NULL;
}

bool sp__trace_stateful(void)
{
    const sp__watcher *w = sp__trace_now();
    return w && w->assigned;
}

sp_tensor *sp__trace_stand_in(sp_tensor *t)
{
    trace *now = in_force();
    int value = now ? value_of(now, t) : -1;
    sp_tensor *y = value >= 0 ? sp__tensor_symbolic(t->dtype, t->shape) : NULL;
    return y && bind(now, y, value) ? y : NULL;
}

bool sp__trace_hook(void (*run)(void *self), void *self)
{
    trace *t = in_force();
    sp_graph *g = t ? t->graph : NULL;
    if (!g || !sp__grow(&g->hooks, g->n_hooks, &g->cap_hooks, sizeof *g->hooks))
        return false;
    g->hooks[g->n_hooks++] = (sp__hook){g->n_nodes, run, self};
    return true;
}

bool sp__trace_saw(sp__mode *mode)
{
    trace *t = in_force();
    sp_graph *g = t ? t->graph : NULL;
    for (int64_t i = 0; g && i < g->n_modes; i++)
        if (g->modes[i].mode == mode)
            return true;
    if (!g || !sp__grow(&g->modes, g->n_modes, &g->cap_modes, sizeof *g->modes))
        return false;
    atomic_fetch_add_explicit(&mode->refs, 1, memory_order_relaxed);
    g->modes[g->n_modes++] = (sp__seen_mode){mode, sp__mode_on(mode), mode->product};
    return true;
}
