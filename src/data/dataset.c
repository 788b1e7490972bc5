/* Descriptions of pipelines: trees of nodes, checked as they are built. */
#include "data/data.h"

#include <stdio.h>
#include <string.h>

/* ---- making and freeing ---- */

void sp_data_free(sp_dataset *ds)
{
    if (!ds)
        return;
    sp_data_free(ds->in[0]);
    sp_data_free(ds->in[1]);
    if (ds->type)
        ds->type->free(ds->self);
    for (int i = 0; i < ds->columns; i++)
        sp__free_str(ds->name[i]);
    sp__free(ds->transforms, (size_t)ds->n_transforms * sizeof *ds->transforms);
    sp__free(ds, sizeof *ds);
}

static sp_dataset *fail_free(sp_dataset *ds)
{
    sp_data_free(ds);
    return NULL;
}

static bool add_name(sp_dataset *ds, const char *op, const char *name)
{
    if (!name || !*name) {
        sp__err(SP_ERR_VALUE, "%s: column %d has no name", op, ds->columns);
        return false;
    }
    if (sp__column_of(ds, name) >= 0) {
        sp__err(SP_ERR_VALUE, "%s: two columns are named '%s'", op, name);
        return false;
    }
    if (ds->columns == SP__MAX_COLUMNS) {
        sp__err(SP_ERR_VALUE, "%s: more than %d columns", op, SP__MAX_COLUMNS);
        return false;
    }
    ds->name[ds->columns] = sp__strdup(name);
    return ds->name[ds->columns] && ++ds->columns;
}

static bool add_names_of(sp_dataset *ds, const char *op, const sp_dataset *from)
{
    for (int i = 0; i < from->columns; i++) {
        if (!add_name(ds, op, from->name[i]))
            return false;
    }
    return true;
}

/* A node over source (taken: freed on failure) with its columns and size. */
static sp_dataset *node_over(sp__data_kind kind, const char *op, sp_dataset *source)
{
    if (!sp__given(op, 1, source))
        return NULL;
    sp_dataset *ds = sp__alloc_zero(sizeof *ds);
    if (!ds)
        return fail_free(source);
    ds->kind = kind;
    ds->in[0] = source;
    ds->size = source->size;
    return add_names_of(ds, op, source) ? ds : fail_free(ds);
}

static bool name_source(sp_dataset *ds, const sp__source_desc *d)
{
    char name[32];
    if (d->columns < 1 || d->columns > SP__MAX_COLUMNS) {
        sp__err(SP_ERR_VALUE, "%s: %d columns, 1 to %d expected", d->type->name, d->columns, SP__MAX_COLUMNS);
        return false;
    }
    for (int i = 0; i < d->columns; i++) {
        snprintf(name, sizeof name, "column_%d", i);
        if (!add_name(ds, d->type->name, d->names ? d->names[i] : name))
            return false;
    }
    return true;
}

sp_dataset *sp__source_new(const sp__source_desc *d)
{
    sp_dataset *ds = sp__alloc_zero(sizeof *ds);
    if (!ds) {
        d->type->free(d->self);
        return NULL;
    }
    ds->kind = SP__DATA_SOURCE;
    ds->type = d->type;
    ds->self = d->self;
    ds->rows = d->rows;
    ds->size = d->size;
    ds->shuffle = d->shuffle && d->rows >= 0;
    return name_source(ds, d) ? ds : fail_free(ds);
}

sp_status sp__data_open(sp_dataset *ds)
{
    for (int i = 0; i < 2 && ds->in[i]; i++) {
        sp_status st = sp__data_open(ds->in[i]);
        if (st != SP_OK)
            return st;
    }
    return ds->type && ds->type->open ? ds->type->open(ds->self) : SP_OK;
}

/* ---- transforms ---- */

static sp_status check_transforms(int n, const sp_transform *t)
{
    if (n < 0 || (n > 0 && !t))
        return sp__err(SP_ERR_VALUE, "map: %d transforms at %s", n, t ? "an address" : "NULL");
    for (int i = 0; i < n; i++) {
        sp_status st = sp__transform_check(&t[i]);
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}

/* "a, b, c" */
static const char *names_text(const sp_dataset *ds)
{
    const char *text = "";
    for (int i = 0; i < ds->columns; i++)
        text = sp__scope_printf("%s%s%s", text, i ? ", " : "", ds->name[i]);
    return text;
}

static void no_column(const sp_dataset *ds, const char *column)
{
    sp_scope scope = sp_scope_begin();
    sp__err(SP_ERR_VALUE, "map: there is no column '%s'; there are: %s", column, names_text(ds));
    sp_scope_end(scope);
}

sp_dataset *sp_data_map_new(sp_dataset *source, const char *column, int n, const sp_transform *transforms)
{
    sp_dataset *ds = node_over(SP__DATA_MAP, "map", source);
    if (!ds)
        return NULL;
    if (!sp__given("map", 2, column) || check_transforms(n, transforms) != SP_OK)
        return fail_free(ds);
    ds->column = sp__column_of(ds, column);
    if (ds->column < 0) {
        no_column(ds, column);
        return fail_free(ds);
    }
    ds->transforms = sp__alloc((size_t)n * sizeof *transforms);
    if (!ds->transforms)
        return fail_free(ds);
    ds->n_transforms = n;
    if (n > 0)
        memcpy(ds->transforms, transforms, (size_t)n * sizeof *transforms);
    return ds;
}

sp_dataset *sp_data_map_rows(sp_dataset *source, sp_fn fn, void *self, int n, const char *const *names)
{
    if (!sp__given("map_rows", 1, source))
        return NULL;
    sp_dataset *ds = sp__alloc_zero(sizeof *ds);
    if (!ds)
        return fail_free(source);
    ds->kind = SP__DATA_MAP_ROWS;
    ds->in[0] = source;
    ds->size = source->size;
    ds->fn = fn;
    ds->fn_self = self;
    if (!fn || n < 1 || !names) {
        sp__err(SP_ERR_VALUE, "map_rows: %s; a function, and the names of the columns it makes, are expected",
                !fn ? "the function is NULL" : "there are no names");
        return fail_free(ds);
    }
    for (int i = 0; i < n; i++) {
        if (!add_name(ds, "map_rows", names[i]))
            return fail_free(ds);
    }
    return ds;
}

/* ---- order and grouping ---- */

static sp_dataset *counted(sp__data_kind kind, const char *op, sp_dataset *source, int64_t count, int64_t least)
{
    sp_dataset *ds = node_over(kind, op, source);
    if (!ds)
        return NULL;
    ds->count = count;
    if (count < least) {
        sp__err(SP_ERR_VALUE, "%s: %lld, at least %lld expected", op, (long long)count, (long long)least);
        return fail_free(ds);
    }
    return ds;
}

sp_dataset *sp_data_batch_new(const sp_batch_opts *opts)
{
    if (!sp__given("batch", 1, opts))
        return NULL;
    sp_dataset *ds = counted(SP__DATA_BATCH, "batch", opts->source, opts->size, 1);
    if (!ds)
        return NULL;
    ds->drop_remainder = opts->drop_remainder;
    if (ds->size >= 0)
        ds->size = ds->size / ds->count + (!ds->drop_remainder && ds->size % ds->count != 0);
    return ds;
}

sp_dataset *sp_data_shuffle(sp_dataset *source, int64_t size)
{
    return counted(SP__DATA_SHUFFLE, "shuffle", source, size, 1);
}

sp_dataset *sp_data_repeat(sp_dataset *source, int64_t times)
{
    sp_dataset *ds = counted(SP__DATA_REPEAT, "repeat", source, times, 1);
    if (!ds || ds->size <= 0)
        return ds;
    if (times > INT64_MAX / ds->size) {
        sp__err(SP_ERR_VALUE, "repeat: %lld times %lld rows are too many", (long long)times, (long long)ds->size);
        return fail_free(ds);
    }
    ds->size *= times;
    return ds;
}

sp_dataset *sp_data_take(sp_dataset *source, int64_t rows)
{
    sp_dataset *ds = counted(SP__DATA_TAKE, "take", source, rows, -1);
    if (!ds)
        return NULL;
    if (rows < 0)
        ds->count = INT64_MAX;
    if (ds->size >= 0 || ds->count == 0)
        ds->size = SP__MIN(SP__MAX(ds->size, 0), ds->count);
    return ds;
}

sp_dataset *sp_data_skip(sp_dataset *source, int64_t rows)
{
    sp_dataset *ds = counted(SP__DATA_SKIP, "skip", source, rows, 0);
    if (ds && ds->size >= 0)
        ds->size = SP__MAX(ds->size - rows, 0);
    return ds;
}

sp_dataset *sp_data_zip(sp_dataset *a, sp_dataset *b)
{
    if (!sp__given("zip", 1, a) || !sp__given("zip", 2, b) || a == b) {
        if (a && a == b) {
            sp__err(SP_ERR_VALUE, "zip: both datasets are the same one; make it twice");
            b = NULL;
        }
        sp_data_free(b);
        return fail_free(a);
    }
    sp_dataset *ds = node_over(SP__DATA_ZIP, "zip", a);
    if (!ds)
        return fail_free(b);
    ds->in[1] = b;
    ds->size = a->size < 0 || b->size < 0 ? -1 : SP__MIN(a->size, b->size);
    return add_names_of(ds, "zip", b) ? ds : fail_free(ds);
}

/* ---- asking ---- */

int64_t sp_data_size(const sp_dataset *ds) { return ds ? ds->size : -1; }

int sp_data_columns(const sp_dataset *ds) { return ds ? ds->columns : 0; }

const char *sp_data_column(const sp_dataset *ds, int i) { return ds && i >= 0 && i < ds->columns ? ds->name[i] : NULL; }

int sp__column_of(const sp_dataset *ds, const char *name)
{
    for (int i = 0; i < ds->columns; i++) {
        if (strcmp(ds->name[i], name) == 0)
            return i;
    }
    return -1;
}
