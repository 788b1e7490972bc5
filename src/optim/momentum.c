/* Momentum: SGD without dampening, its moments zero at first. */
#include <math.h>

#include "optim/optim.h"

enum { MOMENTUM = SP__NUMBERS };
enum { MOMENTS };

static void momentum_begin(sp_optim *o)
{
    sp__sgd *rule = &o->rule.sgd;
    rule->lr = sp__number_get(&o->numbers[SP__LEARNING_RATE]);
    rule->momentum = sp__number_get(&o->numbers[MOMENTUM]);
    rule->grad_scale = 1 / o->loss_scale;
}

static sp__sgd rule_of(const sp_optim *o, int i)
{
    sp__sgd rule = o->rule.sgd;
    rule.weight_decay = o->spared[i] ? 0 : o->weight_decay;
    return rule;
}

static void momentum_numbers(sp_optim *o, int i, double *v)
{
    sp__sgd rule = rule_of(o, i);
    sp__sgd_to_numbers(v, &rule);
}

static void momentum_update(sp_optim *o, int i, const void *g)
{
    sp_tensor *w = o->params[i];
    sp__sgd rule = rule_of(o, i);
    sp__k_sgd(w->dtype, &rule, w->data, sp__optim_slot_data(o, MOMENTS, i), g, w->size);
}

static const char *momentum_options(sp_optim *o)
{
    return sp__scope_printf(", momentum %.15g", sp__number_get(&o->numbers[MOMENTUM]));
}

static const sp__optim_kind kind = {.name = "Momentum",
                                    .n_own = 1,
                                    .own = {{"momentum", 0}},
                                    .n_slots = 1,
                                    .slots = {{"moments", 0}},
                                    .begin = momentum_begin,
                                    .update = momentum_update,
                                    .op = &sp__op_sgd,
                                    .numbers = momentum_numbers,
                                    .options = momentum_options};

sp_optim *sp_optim_momentum_new(const sp_momentum_opts *opts)
{
    if (!sp__given(kind.name, 1, opts) || !sp__optim_number(kind.name, "momentum", opts->momentum, 0, false, HUGE_VAL))
        return NULL;
    sp__optim_common common = {opts->params, opts->lr, opts->weight_decay, opts->loss_scale};
    sp_optim *o = sp__optim_new(&kind, &common, kind.n_slots);
    if (!o)
        return NULL;
    sp__number_set(&o->numbers[MOMENTUM], opts->momentum);
    return sp__optim_with_slots(o);
}
