#include "support/rows.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 1 << 16 };

sp_dataset *rows_of(int64_t first, int64_t n, const char *column)
{
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_arange((double)first, (double)(first + n), 1, SP_I64);
    sp_dataset *ds = sp_data_arrays(sp_list_of(x), .names = (const char *[]){column}, .no_shuffle = true);
    sp_scope_end(scope);
    return ds;
}

static size_t put_column(char *text, size_t at, const sp_tensor *t)
{
    const bool batch = sp_shape_of(t).rank > 0;
    if (batch)
        at += (size_t)snprintf(text + at, ROOM - at, "[");
    for (int64_t i = 0; i < sp_size_of(t) && at < ROOM - 64; i++)
        at += (size_t)snprintf(text + at, ROOM - at, "%s%g", i ? " " : "", sp_at(t, i));
    if (batch)
        at += (size_t)snprintf(text + at, ROOM - at, "]");
    return at;
}

const char *rows_epoch(sp_iter *it)
{
    static char texts[4][ROOM];
    static int next;
    char *text = texts[next++ % 4];
    size_t at = 0;
    *text = 0;
    for (sp_list row; sp_iter_next(it, &row) && at < ROOM - 256;) {
        at += (size_t)snprintf(text + at, ROOM - at, "%s", at ? " " : "");
        for (int c = 0; c < row.n; c++) {
            at += (size_t)snprintf(text + at, ROOM - at, "%s", c ? "/" : "");
            at = put_column(text, at, row.at[c]);
        }
    }
    if (sp_error() != SP_OK)
        snprintf(text + at, ROOM - at, "!%s", sp_error_text());
    return text;
}

const char *rows_text(sp_dataset *ds, int workers)
{
    sp_iter *it = sp_iter_new(ds, .workers = workers);
    const char *text = it ? rows_epoch(it) : sp_error_text();
    sp_iter_free(it);
    return text;
}
