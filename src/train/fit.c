/* The training loop. */
#include <time.h>

#include "nn/nn.h"
#include "train/train.h"

typedef struct run {
    const sp_fit_opts *o;
    sp_compiled *step; /* NULL: called as it is */
    sp_train_state s;
    int mark;     /* requests to stop from here on are for us       */
    bool stopped; /* by a callback                                  */
    bool asked;   /* by a signal or sp_request_stop()               */
    double began; /* the epoch                                      */
} run;

/* ---- modes ---- */

static int64_t count_cells(const sp_cell *c)
{
    int64_t n = 1;
    for (int i = 0; i < c->n_children; i++)
        n += count_cells(c->children[i].cell);
    return n;
}

static bool *note(const sp_cell *c, bool *on)
{
    *on++ = c->mode->on;
    for (int i = 0; i < c->n_children; i++)
        on = note(c->children[i].cell, on);
    return on;
}

static const bool *put_back(sp_cell *c, const bool *on)
{
    c->mode->on = *on++;
    for (int i = 0; i < c->n_children; i++)
        on = put_back(c->children[i].cell, on);
    return on;
}

bool sp__modes_set(sp__modes *m, sp_cell *net, bool training)
{
    m->n = count_cells(net);
    m->on = sp__alloc((size_t)m->n * sizeof *m->on);
    if (!m->on)
        return false;
    note(net, m->on);
    sp_cell_train(net, training);
    return true;
}

void sp__modes_restore(sp__modes *m, sp_cell *net)
{
    put_back(net, m->on);
    sp__free(m->on, (size_t)m->n * sizeof *m->on);
}

/* ---- a batch ---- */

static sp_list cross_entropy(void *self, sp_list in)
{
    (void)self;
    if (in.n < 2) {
        sp__err(SP_ERR_VALUE, "cross entropy: the data has no column of labels");
        return sp__list_none();
    }
    return sp_list_of(sp_cross_entropy(in.at[0], in.at[1]));
}

sp_tensor *sp__batch_loss(const char *op, sp_cell *net, sp_fn loss, void *loss_self, sp_list batch, sp_tensor **out)
{
    sp_tensor *y = sp_call(net, batch.at[0]);
    sp_tensor **args = y ? sp__list_room(SP__MAX(batch.n, 1)) : NULL;
    if (!args)
        return NULL;
    args[0] = y;
    for (int i = 1; i < batch.n; i++)
        args[i] = batch.at[i];
    sp_list result = (loss ? loss : cross_entropy)(loss_self, (sp_list){args, SP__MAX(batch.n, 1)});
    sp_tensor *value = result.n > 0 ? result.at[0] : NULL;
    if (!value || value == SP_NONE)
        return sp_error() != SP_OK ? NULL : sp__fail(SP_ERR_VALUE, "%s: the loss function gave nothing", op);
    if (value->size != 1)
        return sp__fail(SP_ERR_SHAPE, "%s: the loss has shape %s, expected a single number", op, SP__STR(value));
    if (out)
        *out = y;
    return value;
}

static sp_list loss_of_batch(void *self, sp_list batch)
{
    const sp_fit_opts *o = ((run *)self)->o;
    return sp_list_of(sp__batch_loss("fit", o->net, o->loss, o->loss_self, batch, NULL));
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A batch -> its loss, and the parameters changed. */
static sp_list step(void *self, sp_list batch)
{
    sp_optim *optimizer = ((run *)self)->o->optimizer;
    sp_grad_fn f = {.fn = loss_of_batch, .self = self, .weights = sp_optim_params(optimizer)};
    sp_grads g = sp_value_and_grad(&f, batch);
    return g.out.n == 1 && sp_optim_step(optimizer, g.d_weights) == SP_OK ? g.out : sp__list_none();
}

static bool take_step(run *r, sp_list batch)
{
    sp_scope scope = sp_scope_begin();
    sp_list loss = r->step ? sp_compiled_run(r->step, batch) : step(r, batch);
    bool ok = loss.n == 1;
    if (ok) {
        r->s.loss = sp_item(loss.at[0]);
        r->s.loss_sum += r->s.loss;
        r->s.step++;
        r->s.total_steps++;
        r->s.epoch_loss = r->s.loss_sum / (double)r->s.step;
        r->s.seconds = now() - r->began;
    }
    sp_scope_end(scope);
    return ok && sp_error() == SP_OK;
}

/* ---- the loop ---- */

/* All callbacks hear of all events, also of the one that another of them stops at. False if training must not go on. */
static bool tell(run *r, sp_event event)
{
    sp_scope scope = sp_scope_begin();
    for (int i = 0; i < r->o->n_callbacks; i++) {
        const sp_callback *c = &r->o->callbacks[i];
        if (c->on && !c->on(c->user, event, &r->s))
            r->stopped = true;
    }
    sp_scope_end(scope);
    return !r->stopped && sp_error() == SP_OK;
}

/* The steps of an epoch; false if it was left before its end. */
static bool take_steps(run *r)
{
    for (sp_list batch; sp_iter_next(r->o->data, &batch);) {
        if (!take_step(r, batch))
            return false;
        bool go_on = tell(r, SP_STEP_END);
        r->asked = sp__stop_asked(r->mark);
        if (!go_on || r->asked)
            return false;
    }
    if (sp_error() == SP_OK && r->s.step == 0)
        sp__err(SP_ERR_VALUE, "fit: the data gave no batch");
    return sp_error() == SP_OK;
}

/* resumed: some of its steps were taken, and its beginning was told, before. */
static bool run_epoch(run *r, bool resumed)
{
    r->s.steps = sp_iter_len(r->o->data);
    r->began = now();
    if (!resumed) {
        r->s.step = 0;
        r->s.loss = r->s.epoch_loss = r->s.seconds = r->s.loss_sum = 0;
        if (!tell(r, SP_EPOCH_BEGIN))
            return false;
    }
    if (take_steps(r))
        return tell(r, SP_EPOCH_END);
    r->s.left = sp_iter_tell(r->o->data);
    sp_iter_rewind(r->o->data); /* whoever uses it next starts at the beginning */
    return false;
}

/* Where training begins: at the beginning, or as the file says. */
static sp_status start(run *r) { return r->o->resume ? sp_train_resume(r->o->resume, &r->s) : SP_OK; }

static sp_status run_all(run *r)
{
    if (start(r) != SP_OK)
        return sp_error();
    bool resumed = r->s.step > 0;
    bool go_on = tell(r, SP_TRAIN_BEGIN) && r->s.epoch <= r->s.epochs;
    r->s.epoch += go_on && r->s.epoch == 0;
    while (go_on) {
        go_on = run_epoch(r, resumed) && r->s.epoch < r->s.epochs;
        resumed = false;
        r->asked = r->asked || (go_on && sp__stop_asked(r->mark)); /* not if there is nothing left to do */
        go_on = go_on && !r->asked;
        r->s.epoch += go_on;
    }
    tell(r, SP_TRAIN_END);
    if (sp_error() == SP_OK && r->asked)
        sp__err(SP_ERR_INTERRUPTED, "fit: asked to stop after step %lld of epoch %d", (long long)r->s.step, r->s.epoch);
    return sp_error();
}

static bool options_are_good(const sp_fit_opts *o)
{
    if (!sp__given("fit: net", 1, o->net) || !sp__given("fit: optimizer", 2, o->optimizer) ||
        !sp__given("fit: data", 3, o->data))
        return false;
    if (o->epochs < 0)
        sp__err(SP_ERR_VALUE, "fit: epochs is %d, expected 0 or more", o->epochs);
    return sp_error() == SP_OK; /* a failure that is still carried would be taken for one of the training */
}

static sp_status fit(const sp_fit_opts *o)
{
    if (!options_are_good(o))
        return sp_error();
    run r = {.o = o, .mark = sp__stop_mark()};
    r.s = (sp_train_state){.net = o->net,
                           .optimizer = o->optimizer,
                           .epochs = o->epochs == 0 ? 1 : o->epochs,
                           .data = o->data,
                           .notes = o->notes};
    if (o->compile && !(r.step = sp_compile(step, &r)))
        return sp_error();
    sp__modes modes;
    if (!sp__modes_set(&modes, o->net, true)) {
        sp_compiled_free(r.step);
        return sp_error();
    }
    if (o->catch_interrupt)
        sp__interrupt_begin();
    sp_status status = run_all(&r);
    if (o->catch_interrupt)
        sp__interrupt_end();
    sp__modes_restore(&modes, o->net);
    sp_compiled_free(r.step);
    return status;
}

sp_status sp_fit_with(const sp_fit_opts *o)
{
    if (!sp__given("fit", 1, o))
        return sp_error();
    if (o->n_callbacks < 0)
        return sp__err(SP_ERR_VALUE, "fit: n_callbacks is %d, expected 0 or more", o->n_callbacks);
    if (o->n_callbacks > 0 && !sp__given("fit: callbacks", 1, o->callbacks))
        return sp_error();
    if (o->n_callbacks == 0 && o->callbacks)
        return sp__err(SP_ERR_VALUE, "fit: there are callbacks and n_callbacks is 0, expected how many there are");
    sp_status status = fit(o);
    for (int i = 0; i < o->n_callbacks; i++)
        if (o->callbacks[i].free)
            o->callbacks[i].free(o->callbacks[i].user);
    return status;
}
