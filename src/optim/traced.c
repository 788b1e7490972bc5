/* A step while a graph is traced: updates as ops, their numbers filled by the host at the beginning of each run's step. */
#include "graph/graph.h"
#include "optim/optim.h"

/* In each run, where the step stands. */
static void begin(void *optim)
{
    sp_optim *o = optim;
    sp__optim_begin(o);
    for (int i = 0; i < o->n; i++)
        o->kind->numbers(o, i, o->numbers_of[i]->data);
}

/* A parameter in the eyes of the graph, so that it is read anew in each run. */
static sp_tensor *numbers_make(const sp_optim *o, int i)
{
    sp_scope scope = sp_scope_begin();
    const char *name = sp__scope_printf("%s.%s", o->kind->name, o->params[i]->param->name);
    sp_tensor *t = *name ? sp__param_new(sp_zeros(SP_F64, SP_DIMS(SP__UPDATE_NUMBERS)), name, false) : NULL;
    sp_scope_end(scope);
    return t;
}

static bool all_numbers(sp_optim *o)
{
    if (!o->numbers_of && !(o->numbers_of = sp__alloc_zero((size_t)o->n * sizeof *o->numbers_of)))
        return false;
    for (int i = 0; i < o->n; i++)
        if (!o->numbers_of[i] && !(o->numbers_of[i] = numbers_make(o, i)))
            return false;
    return true;
}

static bool has_moments(void *optim)
{
    sp_optim *o = optim;
    return !o->kind->has_moments || o->kind->has_moments(o);
}

/* The graph holds as long as the momentum does not come or go: it may be set in the state (a checkpoint). */
static bool note_moments(sp_optim *o)
{
    if (!o->mode && !(o->mode = sp__mode_new()))
        return false;
    o->mode->ask = has_moments;
    o->mode->self = o;
    return sp__trace_saw(o->mode);
}

/* How many of the slots the update reads; SGD has none without momentum. */
static int moments(sp_optim *o)
{
    if (!has_moments(o))
        return 0;
    int most = SP__MIN(o->kind->op->max_in - 3, o->n_slots), n = 0;
    while (n < most && o->slots[n * o->n])
        n++;
    return n;
}

static sp_status update(sp_optim *o, int i, sp_tensor *g, int n_moments)
{
    sp_tensor *in[SP__MAX_IN] = {o->params[i], g, o->numbers_of[i]};
    int n = o->kind->op->max_in;
    for (int s = 0; s + 3 < n; s++)
        in[3 + s] = s < n_moments ? o->slots[s * o->n + i] : SP_NONE;
    sp_list out = sp__apply(o->kind->op, n, in, NULL);
    if (out.n != n_moments + 1)
        return sp_error();
    sp_status st = sp_assign(o->params[i], out.at[0]);
    for (int s = 0; st == SP_OK && s < n_moments; s++)
        st = sp_assign(o->slots[s * o->n + i], out.at[1 + s]);
    return st;
}

sp_status sp__optim_trace_step(sp_optim *o, sp_list grads)
{
    if (!all_numbers(o) || !note_moments(o) || !sp__trace_hook(begin, o))
        return sp_error();
    sp_status st = SP_OK;
    for (int i = 0; st == SP_OK && i < o->n; i++)
        st = update(o, i, grads.at[i], moments(o));
    return st;
}
