/* The whole state of a training as records of a checkpoint: docs/formats/ckpt.md, "The state of a training". What is in the
 * file is checked, and compared with what there is, before anything changes. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "file/file.h"
#include "optim/optim.h"
#include "train/train.h"

#define VERSION 1

#define PREFIX      "spore."
#define NOTE_PREFIX PREFIX "note."
static const char version_name[] = PREFIX "version", progress_name[] = PREFIX "progress",
                  loss_name[] = PREFIX "loss_sum", random_name[] = PREFIX "random", data_name[] = PREFIX "data",
                  optimizer_name[] = PREFIX "optimizer", numbers_name[] = PREFIX "optimizer.numbers";

enum { EPOCHS_DONE, STEP, TOTAL_STEPS, PROGRESS };                       /* spore.progress  */
enum { SEED, STREAM, RANDOM };                                           /* spore.random    */
enum { DATA_SEED, DATA_STREAM, DATA_EPOCH, DATA_GIVEN, DATA_LEN, DATA }; /* spore.data      */

/* What the file says, once it has been checked. */
typedef struct contents {
    int64_t progress[PROGRESS], random[RANDOM], data[DATA];
    double loss_sum, numbers[SP__OPTIM_NUMBERS];
    bool has_data, has_optimizer;
} contents;

/* ---- writing ---- */

typedef struct writer {
    sp_entry *at; /* room for `room` of them, in the scope */
    int n, room;
} writer;

/* Takes t and text as one of them is given; false if there is no tensor because memory is short. */
static bool add(writer *w, const char *name, sp_tensor *t, const char *text)
{
    if (w->n == w->room || (!t && !text))
        return false;
    w->at[w->n++] = (sp_entry){.name = name, .tensor = t, .text = text};
    return true;
}

static bool add_all(writer *w, sp_list named)
{
    bool ok = true;
    for (int i = 0; ok && i < named.n; i++)
        ok = add(w, sp_param_name(named.at[i]), named.at[i], NULL);
    return ok;
}

static bool add_ints(writer *w, const char *name, int64_t n, const int64_t *v)
{
    return add(w, name, sp_from(v, SP_I64, n == 1 ? SP_SCALAR : SP_DIMS(n)), NULL);
}

/* Where the next step will be: an epoch that is over is one that is done. */
static void progress_of(const sp_train_state *s, sp_iter_place place, int64_t v[PROGRESS])
{
    bool over = s->step > 0 && s->data && place.given == 0;
    v[EPOCHS_DONE] = SP__MAX(s->epoch - !over, 0);
    v[STEP] = over ? 0 : s->step;
    v[TOTAL_STEPS] = s->total_steps;
}

static bool add_data(writer *w, const sp_train_state *s, sp_iter_place place)
{
    return !s->data || add_ints(w, data_name, DATA,
                                (int64_t[]){(int64_t)place.seed, (int64_t)place.stream, (int64_t)place.epoch,
                                            place.given, sp_iter_len(s->data)});
}

static bool add_optimizer(writer *w, sp_optim *o)
{
    double numbers[SP__OPTIM_NUMBERS];
    if (!o)
        return true;
    int n = sp__optim_numbers(o, numbers);
    return add(w, optimizer_name, NULL, sp__optim_options(o)) &&
           add(w, numbers_name, sp_from(numbers, SP_F64, SP_DIMS(n)), NULL);
}

static bool add_notes(writer *w, const sp_train_state *s)
{
    bool ok = true;
    for (int i = 0; ok && i < s->notes.n; i++)
        ok = add(w, sp__scope_printf(NOTE_PREFIX "%s", s->notes.at[i].name), NULL, s->notes.at[i].text);
    return ok;
}

static bool add_state(writer *w, const sp_train_state *s)
{
    sp_iter_place place = s->left.given > 0 ? s->left : sp_iter_tell(s->data);
    int64_t version = VERSION, progress[PROGRESS];
    sp__random r = sp__random_state();
    progress_of(s, place, progress);
    int64_t epoch = progress[EPOCHS_DONE] + (progress[STEP] > 0);
    double loss_sum = progress[STEP] > 0 ? s->loss_sum : 0;
    return add_ints(w, "epoch_num", 1, &epoch) && add_ints(w, "step_num", 1, &s->total_steps) &&
           add_ints(w, version_name, 1, &version) && add_ints(w, progress_name, PROGRESS, progress) &&
           add(w, loss_name, sp_from(&loss_sum, SP_F64, SP_SCALAR), NULL) &&
           add_ints(w, random_name, RANDOM, (int64_t[]){(int64_t)r.seed, (int64_t)r.stream}) && add_data(w, s, place) &&
           add_optimizer(w, s->optimizer) && add_notes(w, s);
}

static bool state_is_good(const char *op, const sp_train_state *s)
{
    if (!sp__given(op, 2, s) || !sp__given(op, 2, s->net) || (s->notes.n > 0 && !sp__given(op, 2, s->notes.at)))
        return false;
    for (int i = 0; i < s->notes.n; i++)
        if (!sp__given(op, 2, s->notes.at[i].name) || !sp__given(op, 2, s->notes.at[i].text))
            return false;
    if (s->epoch >= 0 && s->step >= 0 && s->total_steps >= 0)
        return true;
    sp__err(SP_ERR_VALUE, "%s: epoch %d, step %lld, %lld steps in all: expected none below 0", op, s->epoch,
            (long long)s->step, (long long)s->total_steps);
    return false;
}

sp_status sp_train_save(const char *path, const sp_train_state *s)
{
    if (!sp__given("train_save", 1, path) || !state_is_good("train_save", s))
        return SP_ERR_VALUE;
    sp_scope scope = sp_scope_begin();
    sp_list params = sp_cell_all_params(s->net);
    sp_list kept = s->optimizer ? sp__optim_kept(s->optimizer) : (sp_list){0};
    writer w = {.room = params.n + kept.n + SP__MAX(s->notes.n, 0) + 16};
    w.at = sp__scope_alloc((size_t)w.room * sizeof *w.at);
    int64_t failures = sp__error_count(); /* a text for which memory is short is "": counted here */
    bool ok = w.at && add_all(&w, params) && add_all(&w, kept) && add_state(&w, s) && sp__error_count() == failures;
    sp_status st = ok ? sp_ckpt_write(path, w.n, w.at) : sp_error();
    sp_scope_end(scope);
    return st;
}

/* ---- reading ---- */

typedef struct reader {
    const char *path;
    sp_entries all;
} reader;

static const sp_entry *find(const reader *r, const char *name)
{
    for (int i = 0; i < r->all.n; i++)
        if (strcmp(r->all.at[i].name, name) == 0)
            return &r->all.at[i];
    return NULL;
}

static sp_status open_state(reader *r, const char *path)
{
    r->path = path;
    sp_status st = sp_ckpt_read(path, &r->all);
    if (st == SP_OK && !find(r, version_name))
        st = sp__err(SP_ERR_VALUE, "resume: %s has parameters, but no state of a training to go on with", path);
    return st;
}

/* n numbers of a type; false, and recorded unless the record may be missing. */
static bool take(const reader *r, const char *name, sp_dtype dtype, int64_t n, bool optional, void *out)
{
    const sp_entry *e = find(r, name);
    if (!e && optional)
        return false;
    if (!e || sp__absent(e->tensor) || e->tensor->dtype != dtype || e->tensor->size != n) {
        sp__err(SP_ERR_FORMAT, "resume: %s, record '%s': expected %lld numbers of type %s", r->path, name, (long long)n,
                sp_dtype_name(dtype));
        return false;
    }
    memcpy(out, e->tensor->data, (size_t)n * sp_dtype_size(dtype));
    return true;
}

static sp_status read_progress(const reader *r, contents *v)
{
    const int64_t *p = v->progress;
    if (!take(r, progress_name, SP_I64, PROGRESS, false, v->progress) ||
        !take(r, loss_name, SP_F64, 1, false, &v->loss_sum) || !take(r, random_name, SP_I64, RANDOM, false, v->random))
        return sp_error();
    if (p[EPOCHS_DONE] < 0 || p[EPOCHS_DONE] >= INT_MAX || p[STEP] < 0 || p[TOTAL_STEPS] < p[STEP])
        return sp__err(SP_ERR_FORMAT, "resume: %s, record '%s': %lld epochs, %lld and %lld steps cannot be", r->path,
                       progress_name, (long long)p[EPOCHS_DONE], (long long)p[STEP], (long long)p[TOTAL_STEPS]);
    return SP_OK;
}

static sp_status read_state(const reader *r, contents *v)
{
    int64_t version;
    if (!take(r, version_name, SP_I64, 1, false, &version))
        return sp_error();
    if (version != VERSION)
        return sp__err(SP_ERR_UNSUPPORTED, "resume: %s: version %lld of a training's state, expected %d", r->path,
                       (long long)version, VERSION);
    v->has_optimizer = find(r, optimizer_name) != NULL;
    if (read_progress(r, v) != SP_OK)
        return sp_error();
    v->has_data = take(r, data_name, SP_I64, DATA, true, v->data);
    if (v->has_data && v->data[DATA_GIVEN] < 0)
        return sp__err(SP_ERR_FORMAT, "resume: %s, record '%s': %lld batches", r->path, data_name,
                       (long long)v->data[DATA_GIVEN]);
    return sp_error();
}

/* ---- does it fit what there is? ---- */

static sp_status differs(const reader *r, const char *what, const char *was, const char *found)
{
    return sp__err(SP_ERR_VALUE, "resume: %s was saved with %s '%s', found '%s'", r->path, what, was, found);
}

static sp_status compare_notes(const reader *r, const sp_train_state *s)
{
    for (int i = 0; i < s->notes.n; i++) {
        if (s->notes.at[i].may_change)
            continue;
        const char *name = sp__scope_printf(NOTE_PREFIX "%s", s->notes.at[i].name);
        const sp_entry *e = find(r, name);
        const char *was = e && e->text ? e->text : "";
        if (strcmp(was, s->notes.at[i].text) != 0)
            return differs(r, s->notes.at[i].name, sp__shown(was, strlen(was)), s->notes.at[i].text);
    }
    return SP_OK;
}

static sp_status compare(const reader *r, const sp_train_state *s, const contents *v)
{
    if (compare_notes(r, s) != SP_OK)
        return sp_error();
    if (v->has_optimizer != (s->optimizer != NULL))
        return differs(r, "optimizer", v->has_optimizer ? "there is one" : "none", s->optimizer ? "one" : "none");
    if (s->optimizer) {
        const char *text = find(r, optimizer_name)->text, *options = sp__optim_options(s->optimizer);
        if (!text || strcmp(text, options) != 0)
            return differs(r, "optimizer", text ? sp__scope_printf("%.200s", text) : "", options);
    }
    if (v->has_data != (s->data != NULL))
        return differs(r, "data", v->has_data ? "there are" : "none", s->data ? "some" : "none");
    if (s->data && v->data[DATA_LEN] != sp_iter_len(s->data))
        return differs(r, "batches an epoch", sp__scope_printf("%lld", (long long)v->data[DATA_LEN]),
                       sp__scope_printf("%lld", (long long)sp_iter_len(s->data)));
    return SP_OK;
}

/* ---- going on ---- */

static sp_list joined(sp_list a, sp_list b)
{
    sp_tensor **at = sp__list_room(a.n + b.n);
    for (int i = 0; at && i < a.n + b.n; i++)
        at[i] = i < a.n ? a.at[i] : b.at[i - a.n];
    return (sp_list){at, at ? a.n + b.n : 0};
}

/* The parameters and the optimizer's state, all or nothing. */
static sp_status fill(const reader *r, sp_train_state *s)
{
    sp_list params = sp_cell_all_params(s->net);
    sp_list kept = s->optimizer ? sp__optim_kept(s->optimizer) : (sp_list){0};
    sp_list all = joined(params, kept);
    if (!all.at)
        return sp_error();
    char where[256]; /* a longer path is cut: an error's text has no room for it */
    snprintf(where, sizeof where, "resume: %s", r->path);
    return sp__load_params(all, r->all, &(sp__load_opts){true, true, where}, NULL);
}

/* Data that could be put in place go back if the parameters do not fit. */
static sp_status go_there(const reader *r, sp_train_state *s, const contents *v)
{
    sp_iter_place before = sp_iter_tell(s->data), there = {(uint64_t)v->data[DATA_SEED], (uint64_t)v->data[DATA_STREAM],
                                                           (uint64_t)v->data[DATA_EPOCH], v->data[DATA_GIVEN]};
    sp_status st = s->data ? sp_iter_seek(s->data, there) : SP_OK;
    if (st != SP_OK)
        return st;
    st = fill(r, s);
    if (st != SP_OK && s->data)
        sp_iter_seek(s->data, before);
    return st;
}

static void take_over(sp_train_state *s, const contents *v)
{
    if (s->optimizer)
        sp__optim_put_numbers(s->optimizer, v->numbers);
    sp__random_set_state((sp__random){(uint64_t)v->random[SEED], (uint64_t)v->random[STREAM]});
    s->epoch = (int)v->progress[EPOCHS_DONE] + 1;
    s->step = v->progress[STEP];
    s->total_steps = v->progress[TOTAL_STEPS];
    s->loss_sum = v->loss_sum;
    s->epoch_loss = s->step > 0 ? s->loss_sum / (double)s->step : 0;
    s->left = (sp_iter_place){0};
}

static sp_status read_numbers(const reader *r, sp_optim *o, contents *v)
{
    double now[SP__OPTIM_NUMBERS];
    int n = sp__optim_numbers(o, now);
    return take(r, numbers_name, SP_F64, n, false, v->numbers) ? SP_OK : sp_error();
}

static sp_status resume(const char *path, sp_train_state *s)
{
    reader r;
    contents v = {0};
    sp_status st = open_state(&r, path);
    if (st == SP_OK)
        st = read_state(&r, &v);
    if (st == SP_OK)
        st = compare(&r, s, &v);
    if (st == SP_OK && s->optimizer)
        st = read_numbers(&r, s->optimizer, &v);
    if (st == SP_OK)
        st = go_there(&r, s, &v);
    if (st == SP_OK)
        take_over(s, &v);
    return st;
}

sp_status sp_train_resume(const char *path, sp_train_state *s)
{
    if (!sp__given("train_resume", 1, path) || !state_is_good("train_resume", s))
        return SP_ERR_VALUE;
    sp_scope scope = sp_scope_begin();
    sp_status st = resume(path, s);
    sp_scope_end(scope);
    return st == SP_OK ? SP_OK
                       : sp_error(); /* the first cause: a text that could not be made differs from all others */
}

sp_status sp_train_notes(const char *path, sp_notes *out)
{
    if (!sp__given("train_notes", 1, path) || !sp__given("train_notes", 2, out))
        return SP_ERR_VALUE;
    *out = (sp_notes){0};
    reader r;
    sp_status st = open_state(&r, path);
    sp_note *list = st == SP_OK ? sp__scope_alloc((size_t)(r.all.n + 1) * sizeof *list) : NULL;
    if (!list)
        return sp_error();
    out->at = list;
    for (int i = 0; i < r.all.n; i++)
        if (r.all.at[i].text && strncmp(r.all.at[i].name, NOTE_PREFIX, strlen(NOTE_PREFIX)) == 0)
            list[out->n++] = (sp_note){.name = r.all.at[i].name + strlen(NOTE_PREFIX), .text = r.all.at[i].text};
    return SP_OK;
}

/* ---- optimizers alone ---- */

sp_status sp_load_optimizer(sp_optim *o, sp_entries entries, bool strict, sp_load_result *result)
{
    if (result)
        *result = (sp_load_result){0};
    if (!sp__given("load_optimizer", 1, o) || (entries.n > 0 && !sp__given("load_optimizer", 2, entries.at)))
        return SP_ERR_VALUE;
    sp_list state = sp_optim_state(o);
    if (!state.at)
        return sp_error();
    return sp__load_params(state, entries, &(sp__load_opts){strict, strict, "load"}, result);
}
