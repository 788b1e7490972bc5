/* Ready-made callbacks. Each keeps its state in one block, which `free` gives back; one that cannot be made is empty, and the
 * failure it leaves is what sp_fit() then returns. */
#include <math.h>

#include "tensor/text.h"
#include "train/train.h"

FILE *sp__callback_file(void *file) { return file ? (FILE *)file : stdout; }

/* ---- loss monitor ---- */

typedef struct monitor {
    int64_t every, last; /* last: total steps when it wrote */
    FILE *file;
} monitor;

/* "epoch: 1 step: 1, loss is 1.2485623359680176": the loss with all digits, as Python prints it. */
static bool monitor_on(void *user, sp_event event, const sp_train_state *s)
{
    monitor *m = user;
    if (event == SP_TRAIN_BEGIN)
        m->last = s->total_steps - s->total_steps % m->every; /* not 0 where training is resumed */
    if (event != SP_STEP_END || s->total_steps - m->last < m->every)
        return true;
    m->last = s->total_steps;
    sp__text text = {0};
    sp__text_printf(&text, "epoch: %d step: %lld, loss is ", s->epoch, (long long)s->step);
    sp__text_float(&text, s->loss);
    fprintf(m->file, "%s\n", sp__text_finish_in_scope(&text));
    fflush(m->file);
    return true;
}

static void monitor_free(void *user) { sp__free(user, sizeof(monitor)); }

sp_callback sp_loss_monitor(int64_t every, void *file)
{
    monitor *m = sp__alloc(sizeof *m);
    if (!m)
        return (sp_callback){0};
    *m = (monitor){every > 0 ? every : 1, 0, sp__callback_file(file)};
    return (sp_callback){monitor_on, monitor_free, m};
}

/* ---- checkpoints ---- */

typedef struct saver {
    char *path;
    int64_t every, saved; /* saved: total steps in the file                        */
    bool whole;           /* the state of the training, not the net's parameters only */
} saver;

static bool save(saver *v, const sp_train_state *s)
{
    v->saved = s->total_steps;
    return (v->whole ? sp_train_save(v->path, s) : sp_save_checkpoint(s->net, v->path)) == SP_OK;
}

/* At the end only what is not saved yet, and not after a failure: then the last good file is worth more. */
static bool saver_on(void *user, sp_event event, const sp_train_state *s)
{
    saver *v = user;
    if (event == SP_TRAIN_BEGIN)
        v->saved = s->total_steps;
    bool due = event == SP_STEP_END    ? v->every > 0 && s->total_steps % v->every == 0
               : event == SP_EPOCH_END ? v->every == 0
               : event == SP_TRAIN_END ? s->total_steps > v->saved && sp_error() == SP_OK
                                       : false;
    return !due || save(v, s);
}

static void saver_free(void *user)
{
    saver *v = user;
    sp__free_str(v->path);
    sp__free(v, sizeof *v);
}

static sp_callback saver_new(const char *op, const char *path, int64_t every, bool whole)
{
    if (!sp__given(op, 1, path))
        return (sp_callback){0};
    if (every < 0) {
        sp__err(SP_ERR_VALUE, "%s: every is %lld, expected 0 or more", op, (long long)every);
        return (sp_callback){0};
    }
    saver *v = sp__alloc(sizeof *v);
    if (!v)
        return (sp_callback){0};
    *v = (saver){sp__strdup(path), every, 0, whole};
    if (v->path)
        return (sp_callback){saver_on, saver_free, v};
    saver_free(v);
    return (sp_callback){0};
}

sp_callback sp_checkpoint_callback(const char *path, int64_t every)
{
    return saver_new("checkpoint_callback", path, every, false);
}

sp_callback sp_state_callback(const char *path, int64_t every)
{
    return saver_new("state_callback", path, every, true);
}

/* ---- early stopping ---- */

typedef struct stopper {
    int patience, waited; /* epochs */
    double min_delta, best;
} stopper;

static bool stopper_on(void *user, sp_event event, const sp_train_state *s)
{
    stopper *p = user;
    if (event == SP_TRAIN_BEGIN) {
        p->waited = 0;
        p->best = HUGE_VAL;
    }
    if (event != SP_EPOCH_END)
        return true;
    bool better = s->epoch_loss < p->best - p->min_delta; /* false for NaN */
    p->waited = better ? 0 : p->waited + 1;
    p->best = better ? s->epoch_loss : p->best;
    return p->waited < p->patience;
}

static void stopper_free(void *user) { sp__free(user, sizeof(stopper)); }

sp_callback sp_early_stopping(int patience, double min_delta)
{
    if (patience < 1 || !(min_delta >= 0)) {
        sp__err(SP_ERR_VALUE, "early_stopping: patience %d, min_delta %g: expected at least 1 and 0", patience,
                min_delta);
        return (sp_callback){0};
    }
    stopper *p = sp__alloc(sizeof *p);
    if (!p)
        return (sp_callback){0};
    *p = (stopper){patience, 0, min_delta, HUGE_VAL};
    return (sp_callback){stopper_on, stopper_free, p};
}
