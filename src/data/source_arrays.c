/* Rows of tensors in memory. */
#include "data/data.h"

#include <string.h>

typedef struct arrays {
    int n;
    sp_tensor *at[SP__MAX_COLUMNS]; /* retained, (rows, ...) */
} arrays;

static void arrays_free(void *self)
{
    arrays *a = self;
    for (int i = 0; i < a->n; i++)
        sp__release(a->at[i]);
    sp__free(a, sizeof *a);
}

static sp_status arrays_row(void *self, int64_t index, sp__datum *out)
{
    const arrays *a = self;
    for (int i = 0; i < a->n; i++) {
        sp__desc row = sp__desc_of(a->at[i]);
        row.shape.rank--;
        memmove(row.shape.dim, row.shape.dim + 1, (size_t)row.shape.rank * sizeof row.shape.dim[0]);
        row.shape.dim[row.shape.rank] = 0;
        out[i] = (sp__datum){row, (char *)a->at[i]->data + (size_t)index * sp__datum_bytes(row), NULL};
    }
    return SP_OK;
}

static const sp__source_type arrays_type = {.name = "arrays", .row = arrays_row, .free = arrays_free};

static sp_status check(sp_list list)
{
    if (list.n < 1 || list.n > SP__MAX_COLUMNS || !list.at)
        return sp__err(SP_ERR_VALUE, "arrays: %d arrays, 1 to %d expected", list.n, SP__MAX_COLUMNS);
    for (int i = 0; i < list.n; i++) {
        if (!sp__given("arrays", i + 1, list.at[i]))
            return SP_ERR_VALUE;
        if (!sp_data(list.at[i]))
            return sp__err(SP_ERR_STATE, "arrays: array %d has no elements in memory", i);
        if (list.at[i]->shape.rank < 1 || list.at[i]->shape.dim[0] != list.at[0]->shape.dim[0])
            return sp__err(SP_ERR_SHAPE, "arrays: shapes %s and %s: each must have the same number of rows",
                           SP__STR(list.at[0]), SP__STR(list.at[i]));
    }
    return SP_OK;
}

sp_dataset *sp_data_arrays_new(const sp_arrays_opts *opts)
{
    if (!sp__given("arrays", 1, opts) || check(opts->arrays) != SP_OK)
        return NULL;
    arrays *a = sp__alloc_zero(sizeof *a);
    if (!a)
        return NULL;
    a->n = opts->arrays.n;
    for (int i = 0; i < a->n; i++)
        a->at[i] = sp__retain(opts->arrays.at[i]);
    int64_t rows = a->at[0]->shape.dim[0];
    return sp__source_new(&(sp__source_desc){&arrays_type, a, a->n, opts->names, rows, rows, !opts->no_shuffle});
}
