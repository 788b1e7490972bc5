/* Rows made by a function of the user's. */
#include "data/data.h"

#include <pthread.h>

typedef struct callback {
    sp_callback_opts opts; /* names are not used after the dataset is made */
    pthread_mutex_t one;   /* held during a call unless `parallel`         */
} callback;

static void callback_free(void *self)
{
    callback *c = self;
    if (c->opts.free_user)
        c->opts.free_user(c->opts.user);
    pthread_mutex_destroy(&c->one);
    sp__free(c, sizeof *c);
}

/* Row `index` into row[0 .. columns-1], tensors of the current scope, or *end. */
static sp_status call(callback *c, int64_t index, sp_tensor **row, bool *end)
{
    for (int i = 0; i < c->opts.columns; i++)
        row[i] = NULL;
    *end = false;
    if (!c->opts.parallel)
        pthread_mutex_lock(&c->one);
    sp_status st = c->opts.get(c->opts.user, index, row, end);
    if (!c->opts.parallel)
        pthread_mutex_unlock(&c->one);
    if (st != SP_OK) /* what the function recorded comes first */
        return sp__err(st > SP_OK && st < SP_ERR_COUNT_ ? st : SP_ERR_STATE,
                       "callback: row %lld: status %d and no reason", (long long)index, (int)st);
    for (int i = 0; i < c->opts.columns && !*end; i++) {
        if (sp__absent(row[i]) || !row[i]->data)
            return sp__err(SP_ERR_STATE, "callback: row %lld: column %d was not filled", (long long)index, i);
    }
    return SP_OK;
}

static sp_status callback_row(void *self, int64_t index, sp__datum *out)
{
    callback *c = self;
    sp_tensor *row[SP__MAX_COLUMNS];
    bool end;
    sp_status st = call(c, index, row, &end);
    if (st != SP_OK)
        return st;
    if (end)
        return sp__err(SP_ERR_VALUE, "callback: ended at row %lld of %lld", (long long)index,
                       (long long)c->opts.length);
    for (int i = 0; i < c->opts.columns; i++)
        out[i] = sp__datum_of(row[i]);
    return SP_OK;
}

static sp_status callback_fetch(void *self, int64_t index, sp__parcel **out)
{
    callback *c = self;
    sp_tensor *row[SP__MAX_COLUMNS];
    bool end;
    *out = NULL;
    sp_scope scope = sp_scope_begin();
    sp_status st = call(c, index, row, &end);
    sp__parcel *p = st == SP_OK && !end ? sp__alloc_zero(sizeof *p) : NULL;
    if (st == SP_OK && !end && !p)
        st = SP_ERR_NOMEM;
    for (int i = 0; p && i < c->opts.columns; i++)
        p->at[p->n++] = sp__retain(row[i]);
    sp_scope_end(scope);
    *out = p;
    return st;
}

static const sp__source_type callback_type = {
    .name = "callback", .row = callback_row, .fetch = callback_fetch, .free = callback_free};

sp_dataset *sp_data_callback_new(const sp_callback_opts *opts)
{
    if (!sp__given("callback", 1, opts))
        return NULL;
    callback *c = opts->get ? sp__alloc_zero(sizeof *c) : NULL;
    if (!c) {
        if (opts->free_user)
            opts->free_user(opts->user);
        return opts->get ? NULL : sp__fail(SP_ERR_VALUE, "callback: the function `get` is NULL");
    }
    c->opts = *opts;
    pthread_mutex_init(&c->one, NULL);
    int64_t rows = SP__MAX(opts->length, -1);
    return sp__source_new(
        &(sp__source_desc){&callback_type, c, opts->columns, opts->names, rows, rows, !opts->no_shuffle});
}
