/* Adam (Kingma & Ba 2015). */
#include <math.h>

#include "optim/optim.h"

enum { BETA1_POWER = SP__NUMBERS, BETA2_POWER };
enum { M, V, VHAT };

/* The powers of the step that is taken now: in Float32, as MindSpore has them and a checkpoint holds them. */
static void adam_begin(sp_optim *o)
{
    sp__adam *rule = &o->rule.adam;
    sp__number *power1 = &o->numbers[BETA1_POWER], *power2 = &o->numbers[BETA2_POWER];
    sp__number_set(power1, (double)((float)sp__number_get(power1) * (float)rule->beta1));
    sp__number_set(power2, (double)((float)sp__number_get(power2) * (float)rule->beta2));
    rule->beta1_power = power1->value;
    rule->beta2_power = power2->value;
    rule->lr = sp__number_get(&o->numbers[SP__LEARNING_RATE]);
    rule->grad_scale = 1 / o->loss_scale;
}

static sp__adam rule_of(const sp_optim *o, int i)
{
    sp__adam rule = o->rule.adam;
    rule.weight_decay = o->spared[i] ? 0 : o->weight_decay;
    return rule;
}

static void adam_numbers(sp_optim *o, int i, double *v)
{
    sp__adam rule = rule_of(o, i);
    sp__adam_to_numbers(v, &rule);
}

static void adam_update(sp_optim *o, int i, const void *g)
{
    sp_tensor *w = o->params[i];
    sp__adam rule = rule_of(o, i);
    sp__k_adam(w->dtype, &rule, w->data, sp__optim_slot_data(o, M, i), sp__optim_slot_data(o, V, i),
               sp__optim_slot_data(o, VHAT, i), g, w->size);
}

static const char *adam_options(sp_optim *o)
{
    const sp__adam *rule = &o->rule.adam;
    return sp__scope_printf(", beta1 %.15g, beta2 %.15g, eps %.15g, nesterov %d, amsgrad %d", rule->beta1, rule->beta2,
                            rule->eps, rule->nesterov, o->n_slots == 3);
}

static const sp__optim_kind kind = {.name = "Adam",
                                    .n_own = 2,
                                    .own = {{"beta1_power", 1}, {"beta2_power", 1}},
                                    .n_slots = 3,
                                    .slots = {{"moment1", 0}, {"moment2", 0}, {"vhat", 0}},
                                    .begin = adam_begin,
                                    .update = adam_update,
                                    .op = &sp__op_adam,
                                    .numbers = adam_numbers,
                                    .options = adam_options};

static bool options_are_good(const sp_adam_opts *opts, const sp__adam *rule)
{
    if (opts->nesterov && opts->amsgrad) {
        sp__err(SP_ERR_VALUE, "%s: nesterov and amsgrad exclude each other", kind.name);
        return false;
    }
    return sp__optim_number(kind.name, "beta1", rule->beta1, 0, true, 1) &&
           sp__optim_number(kind.name, "beta2", rule->beta2, 0, true, 1) &&
           sp__optim_number(kind.name, "eps", rule->eps, 0, true, HUGE_VAL);
}

sp_optim *sp_optim_adam_new(const sp_adam_opts *opts)
{
    if (!sp__given(kind.name, 1, opts))
        return NULL;
    sp__adam rule = {.beta1 = sp__or(opts->beta1, 0.9),
                     .beta2 = sp__or(opts->beta2, 0.999),
                     .eps = sp__or(opts->eps, 1e-8),
                     .nesterov = opts->nesterov};
    sp__optim_common common = {opts->params, sp__or(opts->lr, 1e-3), opts->weight_decay, opts->loss_scale};
    if (!options_are_good(opts, &rule))
        return NULL;
    sp_optim *o = sp__optim_new(&kind, &common, opts->amsgrad ? 3 : 2);
    if (!o)
        return NULL;
    o->rule.adam = rule;
    return sp__optim_with_slots(o);
}
