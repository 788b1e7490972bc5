/* sp_compile: functions traced once for each signature, improved by the passes, planned, and run as programs. */
#include <stdatomic.h>
#include <string.h>

#include "graph/pass.h"
#include "graph/executor.h"

/* The types and shapes of the inputs, and what became of the function for them. */
typedef struct variant {
    sp__desc *in;
    int n;
    sp_graph *traced;
    sp__executor *executor;
    uint64_t used;
} variant;

#define MOST_VARIANTS 32 /* the one used longest ago makes room */

struct sp_compiled {
    sp_compile_opts opts;
    char *without;
    variant *variants[MOST_VARIANTS];
    int n;
    variant *latest;
    uint64_t clock;
    int64_t traces;
    atomic_flag running;
};

/* ---- variants ---- */

static void variant_free(variant *v)
{
    if (!v)
        return;
    sp__executor_free(v->executor);
    sp_graph_free(v->traced);
    sp__free(v->in, (size_t)v->n * sizeof *v->in);
    sp__free(v, sizeof *v);
}

static bool matches(const variant *v, sp_list in)
{
    if (v->n != in.n)
        return false;
    for (int i = 0; i < in.n; i++)
        if (v->in[i].dtype != in.at[i]->dtype || !sp_shape_equal(v->in[i].shape, in.at[i]->shape))
            return false;
    return sp__graph_modes_hold(v->traced);
}

static bool variant_fill(variant *v, const sp_compiled *c, sp_list in)
{
    v->in = sp__alloc((size_t)in.n * sizeof *v->in);
    if (!v->in)
        return false;
    v->n = in.n;
    for (int i = 0; i < in.n; i++)
        v->in[i] = sp__desc_of(in.at[i]);
    v->traced = sp__trace(c->opts.fn, c->opts.self, in, true);
    if (v->traced && c->opts.frozen && v->traced->n_updates > 0) {
        sp__err(SP_ERR_VALUE, "compile: the function changes parameter %s, and frozen says that none changes",
                sp_param_name(v->traced->values[v->traced->updates[0].param].tensor));
        return false;
    }
    sp_graph *g = v->traced ? sp__graph_copy(v->traced) : NULL;
    if (g && c->opts.frozen)
        sp__graph_freeze(g);
    if (g && sp__passes_run(g, c->without))
        v->executor = sp__executor_new(g, !sp__pass_is_out(c->without, "in_place"), c->opts.profile);
    if (g && !v->executor)
        sp_graph_free(g);
    return v->executor != NULL;
}

static int place_for_new(const sp_compiled *c)
{
    if (c->n < MOST_VARIANTS)
        return c->n;
    int oldest = 0;
    for (int i = 1; i < c->n; i++)
        if (c->variants[i]->used < c->variants[oldest]->used)
            oldest = i;
    return oldest;
}

static variant *variant_new(sp_compiled *c, sp_list in)
{
    variant *v = sp__alloc_zero(sizeof *v);
    if (!v || !variant_fill(v, c, in)) {
        variant_free(v);
        return NULL;
    }
    c->traces++;
    int place = place_for_new(c);
    if (place < c->n)
        variant_free(c->variants[place]);
    else
        c->n++;
    return c->variants[place] = v;
}

static variant *variant_for(sp_compiled *c, sp_list in)
{
    if (c->latest && matches(c->latest, in))
        return c->latest;
    for (int i = 0; i < c->n; i++)
        if (matches(c->variants[i], in))
            return c->variants[i];
    return variant_new(c, in);
}

/* ---- calls ---- */

static bool inputs_have_values(sp_list in)
{
    for (int i = 0; i < in.n; i++) {
        if (!sp__given("compiled", i + 1, in.at[i]))
            return false;
        if (in.at[i] == SP_NONE || !in.at[i]->data) {
            sp__err(SP_ERR_STATE, "compiled: input %d has no value", i);
            return false;
        }
    }
    return true;
}

sp_list sp_compiled_run(void *compiled, sp_list in)
{
    sp_compiled *c = compiled;
    if (!sp__given("compiled", 1, c) || (in.n > 0 && !sp__given("compiled", 2, in.at)))
        return sp__list_none();
    if (sp__watched() || sp__tracing()) /* whoever records wants to see what the function does */
        return c->opts.fn(c->opts.self, in);
    if (!inputs_have_values(in))
        return sp__list_none();
    if (atomic_flag_test_and_set_explicit(&c->running, memory_order_acquire)) {
        sp__err(SP_ERR_STATE, "compiled: in use by another thread; each needs a compiled function of its own");
        return sp__list_none();
    }
    variant *v = variant_for(c, in);
    sp_list out = sp__list_none();
    if (v) {
        c->latest = v;
        v->used = ++c->clock;
        out = sp__executor_run(v->executor, in);
    }
    atomic_flag_clear_explicit(&c->running, memory_order_release);
    return out;
}

/* ---- making ---- */

sp_compiled *sp_compile_new(const sp_compile_opts *opts)
{
    if (!sp__given("compile", 1, opts))
        return NULL;
    if (!opts->fn)
        return sp__fail(SP_ERR_VALUE, "compile: the function is NULL");
    if (!sp__passes_known(opts->without))
        return NULL;
    sp_compiled *c = sp__alloc_zero(sizeof *c);
    if (!c)
        return NULL;
    c->opts = *opts;
    c->without = sp__strdup(opts->without);
    c->opts.without = NULL;
    atomic_flag_clear(&c->running);
    if (!opts->without || c->without)
        return c;
    sp_compiled_free(c);
    return NULL;
}

void sp_compiled_free(sp_compiled *c)
{
    if (!c)
        return;
    for (int i = 0; i < c->n; i++)
        variant_free(c->variants[i]);
    sp__free_str(c->without);
    sp__free(c, sizeof *c);
}

/* ---- looking ---- */

const sp_graph *sp_compiled_graph(const sp_compiled *c, bool optimized)
{
    if (!sp__given("compiled_graph", 1, c))
        return NULL;
    if (!c->latest)
        return sp__fail(SP_ERR_STATE, "compiled_graph: the function has not been called yet");
    return optimized ? sp__executor_graph(c->latest->executor) : c->latest->traced;
}

double sp_compiled_seconds(const sp_compiled *c, int node)
{
    if (!c || !c->latest || node < 0 || node >= sp__executor_graph(c->latest->executor)->n_nodes)
        return 0;
    return sp__executor_seconds(c->latest->executor, node);
}

sp_compiled_stats sp_compiled_stats_get(const sp_compiled *c)
{
    sp_compiled_stats s = {0};
    if (!c || !c->latest)
        return s;
    const sp__layout *layout = sp__executor_layout(c->latest->executor);
    s.traces = c->traces;
    s.nodes = sp__executor_graph(c->latest->executor)->n_nodes;
    s.traced_nodes = c->latest->traced->n_nodes;
    s.arena_bytes = (int64_t)layout->arena;
    s.arena_bound = (int64_t)layout->lower_bound;
    return s;
}
