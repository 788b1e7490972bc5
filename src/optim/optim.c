/* What all optimizers have in common. */
#include <math.h>
#include <string.h>

#include "grad/tape.h"
#include "graph/graph.h"
#include "optim/optim.h"

/* ---- numbers of the state ---- */

void sp__number_set(sp__number *n, double value)
{
    n->value = value;
    sp__store(n->tensor->data, n->tensor->dtype, 0, value);
    n->stored = sp__load(n->tensor->data, n->tensor->dtype, 0);
}

double sp__number_get(sp__number *n)
{
    double now = sp__load(n->tensor->data, n->tensor->dtype, 0);
    if (now != n->stored)
        n->value = n->stored = now;
    return n->value;
}

static bool number_make(sp__number *n, const char *name, sp_dtype dtype, sp_shape shape, double start)
{
    n->tensor = sp__param_new(sp_zeros(dtype, shape), name, false);
    if (n->tensor)
        sp__number_set(n, start);
    return n->tensor != NULL;
}

/* ---- checks of options ---- */

bool sp__optim_number(const char *kind, const char *what, double value, double min, bool open, double max)
{
    if (isfinite(value) && (open ? value > min : value >= min) && value < max)
        return true;
    if (isfinite(max))
        sp__err(SP_ERR_VALUE, "%s: %s is %g, expected a number in %c%g, %g)", kind, what, value, open ? '(' : '[', min,
                max);
    else
        sp__err(SP_ERR_VALUE, "%s: %s is %g, expected a number %s %g", kind, what, value,
                open ? "above" : "of at least", min);
    return false;
}

static bool param_is_good(const char *kind, sp_list params, int i)
{
    const sp_tensor *p = params.at[i];
    if (!sp__given(kind, i + 1, p))
        return false;
    if (!p->param) {
        sp__err(SP_ERR_STATE, "%s: tensor %d of shape %s is no parameter of a cell", kind, i, SP__STR(p));
        return false;
    }
    if (p->dtype != SP_F32 && p->dtype != SP_F64) { /* steps are smaller than what 16 bits can add */
        sp__err(SP_ERR_DTYPE, "%s: parameter %s is %s, expected Float32 or Float64", kind, p->param->name,
                sp_dtype_name(p->dtype));
        return false;
    }
    for (int k = 0; k < i; k++) {
        if (params.at[k] == p) {
            sp__err(SP_ERR_VALUE, "%s: parameter %s is given twice", kind, p->param->name);
            return false;
        }
    }
    return true;
}

static bool common_is_good(const char *kind, const sp__optim_common *c)
{
    if (c->params.n > 0 && !sp__given(kind, 1, c->params.at))
        return false;
    if (c->params.n <= 0) {
        if (sp_error() == SP_OK)
            sp__err(SP_ERR_VALUE, "%s: there are no parameters to train", kind);
        return false;
    }
    for (int i = 0; i < c->params.n; i++)
        if (!param_is_good(kind, c->params, i))
            return false;
    return sp__optim_number(kind, "lr", c->lr, 0, true, HUGE_VAL) &&
           sp__optim_number(kind, "weight_decay", c->weight_decay, 0, false, HUGE_VAL) &&
           sp__optim_number(kind, "loss_scale", c->loss_scale, 0, true, HUGE_VAL);
}

/* ---- making ---- */

static bool numbers_make(sp_optim *o, double lr)
{
    bool ok = number_make(&o->numbers[SP__GLOBAL_STEP], "global_step", SP_I32, SP_DIMS(1), 0) &&
              number_make(&o->numbers[SP__LEARNING_RATE], "learning_rate", SP_F32, SP_SCALAR, lr);
    for (int i = 0; ok && i < o->kind->n_own; i++)
        ok = number_make(&o->numbers[SP__NUMBERS + i], o->kind->own[i].name, SP_F32, SP_SCALAR, o->kind->own[i].start);
    return ok;
}

/* As MindSpore: normalisation layers are recognised by the names of their parameters. */
static bool is_spared(const sp_tensor *p) { return strstr(p->param->name, "beta") || strstr(p->param->name, "gamma"); }

sp_optim *sp__optim_new(const sp__optim_kind *kind, const sp__optim_common *common, int n_slots)
{
    sp__optim_common c = *common;
    c.loss_scale = sp__or(c.loss_scale, 1);
    if (!common_is_good(kind->name, &c))
        return NULL;
    sp_optim *o = sp__alloc_zero(sizeof *o);
    if (!o)
        return NULL;
    o->kind = kind;
    o->n = c.params.n;
    o->n_slots = n_slots;
    o->n_state = SP__NUMBERS + kind->n_own + n_slots * o->n;
    o->weight_decay = c.weight_decay;
    o->loss_scale = c.loss_scale;
    o->params = sp__alloc_zero((size_t)SP__MAX(o->n, 8) * sizeof *o->params); /* lists can be read up to 8 */
    o->spared = sp__alloc_zero((size_t)o->n * sizeof *o->spared);
    o->slots = sp__alloc_zero((size_t)(n_slots * o->n) * sizeof *o->slots);
    o->state = sp__alloc_zero((size_t)SP__MAX(o->n_state, 8) * sizeof *o->state);
    bool ok = o->params && o->spared && o->slots && o->state;
    for (int i = 0; ok && i < o->n; i++) {
        o->params[i] = sp__retain(c.params.at[i]);
        o->spared[i] = is_spared(o->params[i]);
    }
    sp_scope scope = sp_scope_begin();
    ok = ok && numbers_make(o, c.lr);
    sp_scope_end(scope);
    if (ok)
        return o;
    sp_optim_free(o);
    return NULL;
}

static sp_tensor *slot_make(const sp__optim_slot *slot, const sp_tensor *p)
{
    sp_scope scope = sp_scope_begin();
    const char *name = sp__scope_printf("%s.%s", slot->prefix, p->param->name);
    sp_tensor *t = *name ? sp__param_new(sp_full(slot->start, p->dtype, p->shape), name, false) : NULL;
    sp_scope_end(scope);
    return t;
}

bool sp__optim_slots(sp_optim *o)
{
    int n = o->n_slots * o->n;
    for (int i = 0; i < n; i++)
        if (!o->slots[i] && !(o->slots[i] = slot_make(&o->kind->slots[i / o->n], o->params[i % o->n])))
            return false;
    return true;
}

sp_optim *sp__optim_with_slots(sp_optim *o)
{
    if (!o || sp__optim_slots(o))
        return o;
    sp_optim_free(o);
    return NULL;
}

void sp_optim_free(sp_optim *o)
{
    if (!o)
        return;
    for (int i = 0; o->params && i < o->n; i++)
        sp__release(o->params[i]);
    for (int i = 0; o->slots && i < o->n_slots * o->n; i++)
        sp__release(o->slots[i]);
    for (int i = 0; o->numbers_of && i < o->n; i++)
        sp__release(o->numbers_of[i]);
    if (o->mode)
        o->mode->ask = NULL;
    sp__mode_release(o->mode);
    sp__free(o->numbers_of, (size_t)o->n * sizeof *o->numbers_of);
    for (int i = 0; i < SP__NUMBERS + SP__OPTIM_OWN; i++)
        sp__release(o->numbers[i].tensor);
    sp__free(o->params, (size_t)SP__MAX(o->n, 8) * sizeof *o->params);
    sp__free(o->spared, (size_t)o->n * sizeof *o->spared);
    sp__free(o->slots, (size_t)(o->n_slots * o->n) * sizeof *o->slots);
    sp__free(o->state, (size_t)SP__MAX(o->n_state, 8) * sizeof *o->state);
    sp__free(o, sizeof *o);
}

/* ---- a step ---- */

static sp_status gradient_is_good(const sp_optim *o, const sp_tensor *g, int i)
{
    const char *kind = o->kind->name;
    const sp_tensor *p = o->params[i];
    const char *name = p->param->name;
    if (!g || g == SP_NONE)
        return sp_error() != SP_OK ? sp_error()
                                   : sp__err(SP_ERR_VALUE, "%s: the gradient of %s is missing", kind, name);
    if (!sp_shape_equal(g->shape, p->shape))
        return sp__err(SP_ERR_SHAPE, "%s: the gradient of %s has shape %s, expected %s", kind, name, SP__STR(g),
                       SP__STR(p));
    if (g->dtype != p->dtype)
        return sp__err(SP_ERR_DTYPE, "%s: the gradient of %s is %s, expected %s", kind, name, sp_dtype_name(g->dtype),
                       sp_dtype_name(p->dtype));
    if (!g->data && !sp__trace_stateful())
        return sp__err(SP_ERR_STATE, "%s: a step cannot be taken while a graph is traced (sp_compile can)", kind);
    if (sp__tape_tracks(p))
        return sp__err(SP_ERR_STATE, "%s: %s is being differentiated; its saved values would change", kind, name);
    return SP_OK;
}

void sp__optim_begin(sp_optim *o)
{
    sp__number *count = &o->numbers[SP__GLOBAL_STEP];
    sp__number_set(count, sp__number_get(count) + 1);
    if (o->kind->begin)
        o->kind->begin(o);
}

sp_status sp_optim_step(sp_optim *o, sp_list grads)
{
    if (!sp__given("optim_step", 1, o))
        return sp_error();
    if (grads.n != o->n) {
        if (sp_error() != SP_OK && grads.n == 0) /* the failure that left no gradients */
            return sp_error();
        return sp__err(SP_ERR_VALUE, "%s: %d gradients for %d parameters", o->kind->name, grads.n, o->n);
    }
    if (!sp__given("optim_step", 2, grads.at))
        return sp_error();
    for (int i = 0; i < o->n; i++) {
        sp_status st = gradient_is_good(o, grads.at[i], i);
        if (st != SP_OK)
            return st;
    }
    if (sp__trace_stateful())
        return sp__optim_trace_step(o, grads);
    sp__optim_begin(o);
    for (int i = 0; i < o->n; i++)
        o->kind->update(o, i, grads.at[i]->data);
    return SP_OK;
}

void *sp__optim_slot_data(const sp_optim *o, int s, int i)
{
    const sp_tensor *t = s < o->n_slots ? o->slots[s * o->n + i] : NULL;
    return t ? t->data : NULL;
}

/* ---- asking ---- */

sp_list sp_optim_params(const sp_optim *o)
{
    return sp__given("optim_params", 1, o) ? (sp_list){o->params, o->n} : sp__list_none();
}

double sp_optim_lr(const sp_optim *o)
{
    return sp__given("optim_lr", 1, o) ? sp__number_get(&((sp_optim *)o)->numbers[SP__LEARNING_RATE]) : (double)NAN;
}

sp_status sp_optim_set_lr(sp_optim *o, double lr)
{
    if (!sp__given("optim_set_lr", 1, o) || !sp__optim_number(o->kind->name, "lr", lr, 0, false, HUGE_VAL))
        return sp_error();
    sp__number_set(&o->numbers[SP__LEARNING_RATE], lr);
    return SP_OK;
}

int64_t sp_optim_steps(const sp_optim *o)
{
    return sp__given("optim_steps", 1, o) ? (int64_t)sp__number_get(&((sp_optim *)o)->numbers[SP__GLOBAL_STEP]) : 0;
}

sp_list sp_optim_state(sp_optim *o)
{
    if (!sp__given("optim_state", 1, o) || !sp__optim_slots(o))
        return sp__list_none();
    int n = 0;
    for (int i = 0; i < SP__NUMBERS + o->kind->n_own; i++)
        o->state[n++] = o->numbers[i].tensor;
    for (int i = 0; i < o->n_slots * o->n; i++)
        o->state[n++] = o->slots[i];
    return (sp_list){o->state, n};
}

sp_list sp__optim_kept(sp_optim *o)
{
    if (!o->kind->has_moments || o->kind->has_moments(o))
        return sp_optim_state(o);
    int n = SP__NUMBERS + o->kind->n_own;
    for (int i = 0; i < n; i++)
        o->state[i] = o->numbers[i].tensor;
    return (sp_list){o->state, n};
}

const char *sp__optim_options(sp_optim *o)
{
    return sp__scope_printf("%s, weight_decay %.15g, loss_scale %.15g%s", o->kind->name, o->weight_decay, o->loss_scale,
                            o->kind->options(o));
}

int sp__optim_numbers(sp_optim *o, double v[SP__OPTIM_NUMBERS])
{
    int n = SP__NUMBERS + o->kind->n_own;
    for (int i = 0; i < n; i++)
        v[i] = sp__number_get(&o->numbers[i]);
    return n;
}

/* The tensor's own rounding decides whether v is what was rounded. */
void sp__optim_put_numbers(sp_optim *o, const double *v)
{
    for (int i = 0; i < SP__NUMBERS + o->kind->n_own; i++) {
        sp__number *n = &o->numbers[i];
        double held = sp__load(n->tensor->data, n->tensor->dtype, 0);
        sp__number_set(n, v[i]);
        if (n->stored != held)
            sp__number_set(n, held);
    }
}

const char *sp_optim_str(const sp_optim *o) { return o ? sp__scope_printf("%s<>", o->kind->name) : "None"; }
