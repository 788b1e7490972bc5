/* Steps of optimizers as ops: what a traced training step is made of. New weights and moments from the old ones; a plan computes
 * them in place. The optimizer's numbers (learning rate, decay, powers) come as a Float64 vector that it fills before each run, so
 * they may change from step to step without another trace. Formulae: kernels.h. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/update.h"

enum { W, G, NUMBERS, STATE }; /* arguments; the moments follow */

static sp_status update_rule(sp__call *c)
{
    const sp_tensor *w = c->in[W];
    if (sp__want_type(c, NUMBERS, SP_F64) != SP_OK)
        return SP_ERR_DTYPE;
    if (c->in[NUMBERS]->size != SP__UPDATE_NUMBERS)
        return sp__err(SP_ERR_SHAPE, "%s: %lld numbers, expected %d", c->op->label, (long long)c->in[NUMBERS]->size,
                       SP__UPDATE_NUMBERS);
    c->out[0] = sp__desc_of(w);
    c->n_out = 1;
    for (int i = G; i < c->n_in; i++) {
        if (i == NUMBERS || c->in[i] == SP_NONE)
            continue;
        if (sp__want_type(c, i, w->dtype) != SP_OK)
            return SP_ERR_DTYPE;
        if (!sp_shape_equal(c->in[i]->shape, w->shape))
            return sp__err(SP_ERR_SHAPE, "%s: argument %d has shape %s, the weight %s", c->op->label, i + 1,
                           SP__STR(c->in[i]), SP__STR(w));
        if (i >= STATE)
            c->out[c->n_out++] = sp__desc_of(w);
    }
    return SP_OK;
}

/* The elements of result j, which begin as those of argument i. */
static void *from(sp__call *c, int j, int i)
{
    if (c->y[j]->data != c->in[i]->data)
        memcpy(c->y[j]->data, c->in[i]->data, (size_t)c->in[i]->size * sp_dtype_size(c->in[i]->dtype));
    return c->y[j]->data;
}

static sp_status done(const sp__call *c, bool ok)
{
    return ok ? SP_OK : sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[W]->dtype));
}

/* ---- SGD(w, g, numbers, accum): w', accum' ---- */

void sp__sgd_to_numbers(double *n, const sp__sgd *r)
{
    const double v[] = {r->lr, r->momentum, r->dampening, r->weight_decay, r->grad_scale, r->nesterov, r->first};
    memcpy(n, v, sizeof v);
}

sp__sgd sp__sgd_of_numbers(const double *n)
{
    return (sp__sgd){.lr = n[0],
                     .momentum = n[1],
                     .dampening = n[2],
                     .weight_decay = n[3],
                     .grad_scale = n[4],
                     .nesterov = n[5] != 0,
                     .first = n[6] != 0};
}

static sp_status sgd_run(sp__call *c)
{
    const sp__sgd rule = sp__sgd_of_numbers(c->in[NUMBERS]->data);
    const sp_tensor *w = c->in[W];
    void *accum = c->n_out > 1 ? from(c, 1, STATE) : NULL;
    return done(c, sp__k_sgd(w->dtype, &rule, from(c, 0, W), accum, c->in[G]->data, w->size));
}

const sp__op sp__op_sgd = {.name = "SGD",
                           .label = "sgd",
                           .min_in = 4,
                           .max_in = 4,
                           .n_out = 2,
                           .optional = SP__IN(STATE),
                           .flags = SP__FUSED | SP__FLOAT_ONLY | SP__VIA_F32,
                           .over = {SP__IN(W), SP__IN(STATE)},
                           .rule = update_rule,
                           .run = sgd_run,
                           .no_grad = SP__UPDATE_NO_GRAD};

/* ---- Adam(w, g, numbers, m, v, vmax): w', m', v', vmax' ---- */

void sp__adam_to_numbers(double *n, const sp__adam *r)
{
    const double v[] = {r->lr,         r->beta1,       r->beta2,       r->eps,      r->weight_decay,
                        r->grad_scale, r->beta1_power, r->beta2_power, r->nesterov, r->decoupled};
    memcpy(n, v, sizeof v);
}

static sp__adam adam_of_numbers(const double *n)
{
    return (sp__adam){.lr = n[0],
                      .beta1 = n[1],
                      .beta2 = n[2],
                      .eps = n[3],
                      .weight_decay = n[4],
                      .grad_scale = n[5],
                      .beta1_power = n[6],
                      .beta2_power = n[7],
                      .nesterov = n[8] != 0,
                      .decoupled = n[9] != 0};
}

static sp_status adam_run(sp__call *c)
{
    const sp__adam rule = adam_of_numbers(c->in[NUMBERS]->data);
    const sp_tensor *w = c->in[W];
    void *m = from(c, 1, STATE), *v = from(c, 2, STATE + 1), *vmax = c->n_out > 3 ? from(c, 3, STATE + 2) : NULL;
    return done(c, sp__k_adam(w->dtype, &rule, from(c, 0, W), m, v, vmax, c->in[G]->data, w->size));
}

const sp__op sp__op_adam = {.name = "Adam",
                            .label = "adam",
                            .min_in = 6,
                            .max_in = 6,
                            .n_out = 4,
                            .optional = SP__IN(STATE + 2),
                            .flags = SP__FUSED | SP__FLOAT_ONLY | SP__VIA_F32,
                            .over = {SP__IN(W), SP__IN(STATE), SP__IN(STATE + 1), SP__IN(STATE + 2)},
                            .rule = update_rule,
                            .run = adam_run,
                            .no_grad = SP__UPDATE_NO_GRAD};
