/* file/load.c: entries into a cell: by name, all or nothing. docs/formats/ckpt.md, "Loading into a net". */
#include <string.h>

#include "file/file.h"
#include "grad/tape.h"

/* What becomes of each parameter of the cell. */
typedef struct match {
    sp_tensor *param;
    const sp_entry *entry; /* NULL: missing in the file                */
    sp_tensor *value;      /* of the parameter's type; found by prepare() */
} match;

typedef struct plan {
    match *at; /* as many as params.n; in the scope */
    sp_list params;
    sp_entries entries;
    sp__names names;   /* of the entries */
    bool *used;        /* by entry       */
    const char *where; /* begins error texts */
} plan;

/* ---- finding the entry of each parameter ---- */

static void take(plan *p, match *m, int entry)
{
    if (entry == SP__NAME_NONE || sp__absent(p->entries.at[entry].tensor))
        return;
    m->entry = &p->entries.at[entry];
    p->used[entry] = true;
}

static bool ends_with(const char *name, size_t length, const char *end, size_t end_length)
{
    return length > end_length && memcmp(name + length - end_length, end, end_length) == 0;
}

/* The entry whose name ends with `name`, and with it the prefix that the file's names have; NULL if there is none. */
static const char *prefix_for(const plan *p, const char *name, size_t *prefix)
{
    size_t length = strlen(name);
    for (int i = 0; i < p->entries.n; i++) {
        const char *whole = p->entries.at[i].name;
        size_t n = strlen(whole);
        if (!ends_with(whole, n, name, length))
            continue;
        *prefix = n - length;
        return whole;
    }
    return NULL;
}

/* MindSpore's rule: where a missing name ends some name of the file, what stands before it there is tried as the
 * prefix of all that are missing. */
static sp_status try_prefixes(plan *p)
{
    for (int i = 0; i < p->params.n; i++) {
        size_t prefix;
        const char *with = p->at[i].entry ? NULL : prefix_for(p, sp_param_name(p->at[i].param), &prefix);
        for (int j = i; with && j < p->params.n; j++) {
            match *m = &p->at[j];
            if (m->entry)
                continue;
            sp_scope scope = sp_scope_begin();
            const char *name = sp__scope_printf("%.*s%s", (int)prefix, with, sp_param_name(m->param));
            bool named = *name != '\0'; /* "" when memory is short */
            if (named)
                take(p, m, sp__names_find(&p->names, name));
            sp_scope_end(scope);
            if (!named)
                return SP_ERR_NOMEM;
        }
    }
    return SP_OK;
}

static sp_status find_all(plan *p, bool strict)
{
    for (int i = 0; i < p->entries.n; i++) {
        if (!p->entries.at[i].name)
            return sp__err(SP_ERR_VALUE, "%s: record %d has no name", p->where, i);
        if (!sp__names_put(&p->names, p->entries.at[i].name, i))
            return sp_error();
    }
    for (int i = 0; i < p->params.n; i++) {
        p->at[i] = (match){.param = p->params.at[i]};
        take(p, &p->at[i], sp__names_find(&p->names, sp_param_name(p->params.at[i])));
    }
    return strict ? SP_OK : try_prefixes(p);
}

/* ---- do they fit? ---- */

static bool is_signed(sp_dtype t) { return t == SP_I8 || t == SP_I16 || t == SP_I32 || t == SP_I64; }

/* Within Float16, Float32, Float64 and within the signed integers, as MindSpore. */
static bool converts(sp_dtype from, sp_dtype to)
{
    bool floats = sp_dtype_is_float(from) && sp_dtype_is_float(to) && from != SP_BF16 && to != SP_BF16;
    return from == to || floats || (is_signed(from) && is_signed(to));
}

/* An error's text has room for about this much of a list; what follows is counted. */
#define LIST_MAX 350

/* Adds to a list in the scope; how many were left out is counted in *more. */
static const char *add_to_list(const char *list, const char *separator, const char *item, int *more)
{
    if (*more == 0 && strlen(list) + strlen(item) < LIST_MAX)
        return sp__scope_printf("%s%s %s", list, *list ? separator : "", item);
    ++*more;
    return list;
}

static const char *end_list(const char *list, const char *separator, int more)
{
    return more ? sp__scope_printf("%s%s and %d more", list, *list ? separator : "", more) : list;
}

/* One error that lists every parameter that does not fit. */
static sp_status check_fit(const plan *p, bool strict)
{
    sp_status st = SP_OK;
    int bad = 0, more = 0;
    const char *list = "";
    for (int i = 0; i < p->params.n; i++) {
        const match *m = &p->at[i];
        if (!m->entry)
            continue;
        const sp_tensor *t = m->entry->tensor;
        bool shape = sp_shape_equal(t->shape, m->param->shape);
        bool type = strict ? t->dtype == m->param->dtype : converts(t->dtype, m->param->dtype);
        if (shape && type)
            continue;
        st = !shape || st == SP_ERR_SHAPE ? SP_ERR_SHAPE : SP_ERR_DTYPE;
        bad++;
        list = add_to_list(list, ";",
                           sp__scope_printf("%s is %s %s, in the file %s %s", sp_param_name(m->param),
                                            sp_dtype_name(m->param->dtype), SP__STR(m->param), sp_dtype_name(t->dtype),
                                            SP__STR(t)),
                           &more);
    }
    if (bad == 0)
        return SP_OK;
    return sp__err(st, "%s: %d parameter%s not fit:%s", p->where, bad, bad == 1 ? " does" : "s do",
                   end_list(list, ";", more));
}

/* Records of optimizers and of trainings: no parameters of a net, whose names their ends may be. */
static bool is_state(const char *name)
{
    static const char *const begins[] = {"spore.", "moments.", "moment1.", "moment2.", "vhat.", "accum.", "stat."};
    static const char *const names[] = {"global_step", "learning_rate", "momentum", "beta1_power",
                                        "beta2_power", "epoch_num",     "step_num"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (strncmp(name, begins[i], strlen(begins[i])) == 0 || strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* "; it has 3 that are not used: a, b and 1 more": what a wrong name may have meant. */
static const char *others(const plan *p, size_t room)
{
    int n = 0, more = 0;
    const char *list = "";
    for (int i = 0; i < p->entries.n; i++) {
        if (p->used[i] || sp__absent(p->entries.at[i].tensor) || is_state(p->entries.at[i].name))
            continue;
        n++;
        if (more > 0 || strlen(list) + strlen(p->entries.at[i].name) > room)
            more++;
        else
            list = add_to_list(list, ",", p->entries.at[i].name, &more);
    }
    if (n == 0 || !*list)
        return "";
    return sp__scope_printf("; it has %d that are not used:%s", n, end_list(list, ",", more));
}

static sp_status check_missing(const plan *p)
{
    int missing = 0, more = 0;
    const char *list = "";
    for (int i = 0; i < p->params.n; i++) {
        if (p->at[i].entry)
            continue;
        missing++;
        list = add_to_list(list, ",", sp_param_name(p->at[i].param), &more);
    }
    if (missing == 0)
        return SP_OK;
    list = end_list(list, ",", more);
    return sp__err(SP_ERR_VALUE, "%s: %d of %d parameters are not in the file:%s%s", p->where, missing, p->params.n,
                   list, others(p, strlen(list) < LIST_MAX - 100 ? LIST_MAX - 100 - strlen(list) : 0));
}

/* ---- filling ---- */

/* The values, of the parameters' types: all are made before the first parameter changes. */
static sp_status prepare(plan *p)
{
    for (int i = 0; i < p->params.n; i++) {
        match *m = &p->at[i];
        if (!m->entry)
            continue;
        sp_tensor *t = m->entry->tensor;
        m->value = t;
        if (t->dtype == m->param->dtype)
            continue;
        m->value = sp__tensor_new(m->param->dtype, t->shape);
        if (!m->value)
            return sp_error();
        for (int64_t k = 0; k < t->size; k++)
            sp__store(sp__data_mut(m->value), m->value->dtype, k, sp__load(t->data, t->dtype, k));
    }
    return SP_OK;
}

/* Nothing can fail once the first parameter has changed: what sp_assign would refuse is looked for before. */
static sp_status fill(const plan *p)
{
    for (int i = 0; i < p->params.n; i++)
        if (p->at[i].entry && (!p->at[i].param->data || !p->at[i].value->data || sp__tape_tracks(p->at[i].param)))
            return sp__err(SP_ERR_STATE, "%s: %s cannot be changed while it is traced or differentiated", p->where,
                           sp_param_name(p->at[i].param));
    sp_status st = SP_OK;
    for (int i = 0; i < p->params.n && st == SP_OK; i++)
        if (p->at[i].entry)
            st = sp_assign(p->at[i].param, p->at[i].value);
    return st;
}

/* ---- what is reported ---- */

static const char *text_of_scope(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = sp__scope_alloc(n);
    return copy ? memcpy(copy, s, n) : NULL;
}

static sp_status report(const plan *p, sp_load_result *out)
{
    const char **missing = sp__scope_alloc((size_t)(p->params.n + 1) * sizeof *missing);
    const char **unused = sp__scope_alloc((size_t)(p->entries.n + 1) * sizeof *unused);
    if (!missing || !unused)
        return sp_error();
    *out = (sp_load_result){.missing = missing, .unused = unused};
    for (int i = 0; i < p->params.n; i++)
        if (!p->at[i].entry && !(missing[out->n_missing++] = text_of_scope(sp_param_name(p->at[i].param))))
            return sp_error();
    for (int i = 0; i < p->entries.n; i++)
        if (!p->used[i] && !(unused[out->n_unused++] = text_of_scope(p->entries.at[i].name)))
            return sp_error();
    return SP_OK;
}

sp_status sp__load_params(sp_list params, sp_entries entries, const sp__load_opts *o, sp_load_result *result)
{
    plan p = {.params = params, .entries = entries, .where = o->where};
    p.at = sp__scope_alloc((size_t)(p.params.n + 1) * sizeof *p.at);
    p.used = sp__scope_alloc((size_t)(entries.n + 1) * sizeof *p.used);
    if (!p.at || !p.used)
        return sp_error();
    memset(p.used, 0, (size_t)(entries.n + 1) * sizeof *p.used);

    sp_status st = find_all(&p, o->strict);
    if (st == SP_OK)
        st = check_fit(&p, o->strict);
    if (st == SP_OK && o->complete)
        st = check_missing(&p);
    if (st == SP_OK && result)
        st = report(&p, result); /* also before anything changes */
    sp_scope scope = sp_scope_begin();
    if (st == SP_OK)
        st = prepare(&p);
    if (st == SP_OK)
        st = fill(&p);
    sp_scope_end(scope);
    sp__names_free(&p.names);
    return st;
}

sp_status sp_load_entries(sp_cell *c, sp_entries entries, bool strict, sp_load_result *result)
{
    if (result)
        *result = (sp_load_result){0};
    if (!sp__given("load_entries", 1, c) || (entries.n > 0 && !sp__given("load_entries", 2, entries.at)))
        return SP_ERR_VALUE;
    return sp__load_params(sp_cell_all_params(c), entries, &(sp__load_opts){strict, strict, "load"}, result);
}

static bool begins_with_one(const char *name, const char *const *prefixes)
{
    for (; prefixes && *prefixes; prefixes++)
        if (strncmp(name, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

static bool is_wanted(const sp_filter *f, const char *name)
{
    return name && (!f->specify_prefix || begins_with_one(name, f->specify_prefix)) &&
           !begins_with_one(name, f->filter_prefix) && (!f->choice_func || f->choice_func(f->user, name));
}

sp_status sp_entries_filter(sp_entries entries, const sp_filter *filter, sp_entries *out)
{
    if (!sp__given("entries_filter", 2, filter) || !sp__given("entries_filter", 3, out) ||
        (entries.n > 0 && !sp__given("entries_filter", 1, entries.at)))
        return SP_ERR_VALUE;
    *out = (sp_entries){0};
    sp_entry *list = sp__scope_alloc((size_t)(SP__MAX(entries.n, 0) + 1) * sizeof *list);
    if (!list)
        return sp_error();
    int n = 0;
    for (int i = 0; i < entries.n; i++)
        if (is_wanted(filter, entries.at[i].name))
            list[n++] = entries.at[i];
    *out = (sp_entries){list, n};
    return n > 0 ? SP_OK : sp__err(SP_ERR_VALUE, "entries_filter: none of %d records is wanted", entries.n);
}

sp_status sp_load_checkpoint(sp_cell *c, const char *path, int *not_loaded)
{
    if (not_loaded)
        *not_loaded = 0;
    if (!sp__given("load_checkpoint", 1, c))
        return SP_ERR_VALUE;
    sp_scope scope = sp_scope_begin();
    sp_entries entries;
    sp_load_result result;
    char where[256]; /* a longer path is cut: an error's text has no room for it */
    snprintf(where, sizeof where, "load: %s", path ? path : "");
    sp_status st = sp_tensors_read(path, &entries);
    if (st == SP_OK)
        st = sp__load_params(sp_cell_all_params(c), entries, &(sp__load_opts){false, not_loaded == NULL, where},
                             &result);
    if (st == SP_OK && not_loaded)
        *not_loaded = result.n_missing;
    sp_scope_end(scope);
    return st;
}

sp_status sp_save_checkpoint(sp_cell *c, const char *path)
{
    if (!sp__given("save_checkpoint", 1, c))
        return SP_ERR_VALUE;
    sp_scope scope = sp_scope_begin();
    sp_list params = sp_cell_all_params(c);
    sp_entry *entries = sp__scope_alloc((size_t)(params.n + 1) * sizeof *entries);
    for (int i = 0; entries && i < params.n; i++)
        entries[i] = (sp_entry){.name = sp_param_name(params.at[i]), .tensor = params.at[i]};
    sp_status st = entries ? sp_tensors_write(path, params.n, entries) : sp_error();
    sp_scope_end(scope);
    return st;
}
