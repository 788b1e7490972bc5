/* file/entries.c: records, before they are written. */
#include "file/file.h"

#include <string.h>

static sp_status check_entry(const char *what, const sp_entry *e, int i)
{
    if (!e->name || e->name[0] == 0)
        return sp__err(SP_ERR_VALUE, "%s: record %d has no name", what, i);
    size_t n = strlen(e->name);
    if (!sp__utf8_ok((const uint8_t *)e->name, n))
        return sp__err(SP_ERR_VALUE, "%s: the name '%s' is not UTF-8", what, sp__shown(e->name, n));
    bool has_tensor = !sp__absent(e->tensor);
    if (has_tensor == (e->text != NULL))
        return sp__err(SP_ERR_VALUE, "%s: record '%s' has %s, expected one", what, e->name,
                       has_tensor ? "a tensor and a text" : "neither tensor nor text");
    if (has_tensor && !e->tensor->data)
        return sp__err(SP_ERR_STATE, "%s: '%s' is being traced and has no value yet", what, e->name);
    if (e->text && !sp__utf8_ok((const uint8_t *)e->text, strlen(e->text)))
        return sp__err(SP_ERR_VALUE, "%s: the text of '%s' is not UTF-8", what, e->name);
    return SP_OK;
}

sp_status sp__entries_check(const char *what, int n, const sp_entry *entries)
{
    if (n <= 0)
        return sp__err(SP_ERR_VALUE, "%s: no records to write", what);
    sp__names seen = {0};
    sp_status st = SP_OK;
    for (int i = 0; i < n && st == SP_OK; i++) {
        st = check_entry(what, &entries[i], i);
        if (st == SP_OK && sp__names_find(&seen, entries[i].name) != SP__NAME_NONE)
            st = sp__err(SP_ERR_VALUE, "%s: two records are named '%s'", what, entries[i].name);
        if (st == SP_OK && !sp__names_put(&seen, entries[i].name, i))
            st = sp_error();
    }
    sp__names_free(&seen);
    return st;
}

sp_status sp__check_bool(const sp__source *s, const char *name, const sp_tensor *t)
{
    const uint8_t *b = t->data;
    for (int64_t i = 0; t->dtype == SP_BOOL && i < t->size; i++)
        if (b[i] > 1)
            return sp__err(SP_ERR_FORMAT, "%s: %s, tensor '%s': element %lld of Bool is %d, expected 0 or 1", s->what,
                           s->path, sp__shown(name, strlen(name)), (long long)i, b[i]);
    return SP_OK;
}
