/* Stochastic gradient descent, with momentum as MindSpore's SGD has it. */
#include <string.h>
#include <math.h>

#include "optim/optim.h"

enum { MOMENTUM = SP__NUMBERS };
enum { ACCUM, STAT };

static void sgd_begin(sp_optim *o)
{
    sp__sgd *rule = &o->rule.sgd;
    rule->lr = sp__number_get(&o->numbers[SP__LEARNING_RATE]);
    rule->momentum = sp__number_get(&o->numbers[MOMENTUM]);
    rule->grad_scale = 1 / o->loss_scale;
}

/* The rule of parameter i in this step. stat.W is 1 until accum.W has been used for the first time, which is now. */
static sp__sgd rule_of(sp_optim *o, int i)
{
    const sp_tensor *w = o->params[i];
    sp__sgd rule = o->rule.sgd;
    rule.weight_decay = o->spared[i] ? 0 : o->weight_decay;
    void *stat = sp__optim_slot_data(o, STAT, i);
    rule.first = rule.momentum != 0 && stat && w->size > 0 && sp__load(stat, w->dtype, 0) != 0;
    if (rule.first)
        memset(stat, 0, (size_t)w->size * sp_dtype_size(w->dtype));
    return rule;
}

static void sgd_update(sp_optim *o, int i, const void *g)
{
    sp_tensor *w = o->params[i];
    sp__sgd rule = rule_of(o, i);
    void *accum = rule.momentum != 0 ? sp__optim_slot_data(o, ACCUM, i) : NULL;
    sp__k_sgd(w->dtype, &rule, w->data, accum, g, w->size);
}

static void sgd_numbers(sp_optim *o, int i, double *v)
{
    sp__sgd rule = rule_of(o, i);
    sp__sgd_to_numbers(v, &rule);
}

static const char *sgd_options(sp_optim *o)
{
    return sp__scope_printf(", momentum %.15g, dampening %.15g, nesterov %d", sp__number_get(&o->numbers[MOMENTUM]),
                            o->rule.sgd.dampening, o->rule.sgd.nesterov);
}

static bool sgd_has_moments(sp_optim *o) { return sp__number_get(&o->numbers[MOMENTUM]) != 0; }

static const sp__optim_kind kind = {.name = "SGD",
                                    .n_own = 1,
                                    .own = {{"momentum", 0}},
                                    .n_slots = 2,
                                    .slots = {{"accum", 0}, {"stat", 1}},
                                    .begin = sgd_begin,
                                    .update = sgd_update,
                                    .op = &sp__op_sgd,
                                    .numbers = sgd_numbers,
                                    .has_moments = sgd_has_moments,
                                    .options = sgd_options};

static bool options_are_good(const sp_sgd_opts *opts)
{
    if (!sp__optim_number(kind.name, "momentum", opts->momentum, 0, false, HUGE_VAL) ||
        !sp__optim_number(kind.name, "dampening", opts->dampening, 0, false, HUGE_VAL))
        return false;
    if (opts->nesterov && (opts->momentum == 0 || opts->dampening != 0)) {
        sp__err(SP_ERR_VALUE, "%s: nesterov needs momentum above 0 and dampening 0, got %g and %g", kind.name,
                opts->momentum, opts->dampening);
        return false;
    }
    return true;
}

sp_optim *sp_optim_sgd_new(const sp_sgd_opts *opts)
{
    if (!sp__given(kind.name, 1, opts) || !options_are_good(opts))
        return NULL;
    sp__optim_common common = {opts->params, sp__or(opts->lr, 0.1), opts->weight_decay, opts->loss_scale};
    sp_optim *o = sp__optim_new(&kind, &common, kind.n_slots);
    if (!o)
        return NULL;
    sp__number_set(&o->numbers[MOMENTUM], opts->momentum);
    o->rule.sgd = (sp__sgd){.dampening = opts->dampening, .nesterov = opts->nesterov};
    return opts->momentum != 0 ? sp__optim_with_slots(o) : o; /* else only who asks for the state needs them */
}
