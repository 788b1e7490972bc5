/* file/safetensors_write.c: entries to a .safetensors file, the elements straight from the tensors. The order is that of the
 * format's own writer as far as it matters: large elements first, so that every tensor lies at a multiple of its element's
 * size; beyond that the order of the entries. */
#include <string.h>

#include "file/atomic.h"
#include "file/safetensors.h"
#include "tensor/text.h"

static const char what[] = "safetensors";

/* In quotes; what JSON wants escaped is. The text is UTF-8. */
static void write_text(sp__text *out, const char *s)
{
    sp__text_add(out, "\"");
    for (const char *from = s;; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        sp__text_add_bytes(out, from, (size_t)(s - from));
        if (c == 0)
            break;
        sp__text_printf(out, c < 0x20 ? "\\u%04x" : "\\%c", (unsigned)c);
        from = s + 1;
    }
    sp__text_add(out, "\"");
}

static size_t bytes_of(const sp_tensor *t) { return (size_t)t->size * sp_dtype_size(t->dtype); }

/* Calls visit for every tensor in the order in which they are written. */
static sp_status in_order(int n, const sp_entry *entries, sp_status (*visit)(void *self, const sp_entry *e), void *self)
{
    sp_status st = SP_OK;
    for (size_t size = 8; size > 0; size /= 2)
        for (int i = 0; i < n && st == SP_OK; i++)
            if (!entries[i].text && sp_dtype_size(entries[i].tensor->dtype) == size)
                st = visit(self, &entries[i]);
    return st;
}

/* ---- the header ---- */

typedef struct header {
    sp__text text;
    uint64_t at; /* bytes of elements so far */
} header;

/* The flavour is said as MindSpore does, unless the entries say another. */
static void write_metadata(sp__text *out, int n, const sp_entry *entries)
{
    bool format = false;
    for (int i = 0; i < n; i++)
        format = format || (entries[i].text && strcmp(entries[i].name, "format") == 0);
    sp__text_add(out, format ? "{\"__metadata__\":{" : "{\"__metadata__\":{\"format\":\"ms\"");
    bool first = format;
    for (int i = 0; i < n; i++) {
        if (!entries[i].text)
            continue;
        sp__text_add(out, first ? "" : ",");
        first = false;
        write_text(out, entries[i].name);
        sp__text_add(out, ":");
        write_text(out, entries[i].text);
    }
    sp__text_add(out, "}");
}

static sp_status describe(void *self, const sp_entry *e)
{
    header *h = self;
    const sp_tensor *t = e->tensor;
    uint64_t end = h->at + bytes_of(t);
    sp__text_add(&h->text, ",");
    write_text(&h->text, e->name);
    sp__text_printf(&h->text, ":{\"dtype\":\"%s\",\"shape\":[", sp__st_type_name(t->dtype));
    for (int i = 0; i < t->shape.rank; i++)
        sp__text_printf(&h->text, i ? ",%lld" : "%lld", (long long)t->shape.dim[i]);
    sp__text_printf(&h->text, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)h->at, (unsigned long long)end);
    h->at = end;
    return SP_OK;
}

/* Padded with spaces, so that the elements begin at a multiple of 8. */
static sp_status write_header(header *h, const char *path, int n, const sp_entry *entries)
{
    write_metadata(&h->text, n, entries);
    in_order(n, entries, describe, h);
    sp__text_add(&h->text, "}");
    sp__text_fill(&h->text, ' ', (int64_t)(-h->text.length & 7));
    if (h->text.failed)
        return sp_error();
    if (h->text.length > SP__ST_MAX_HEADER)
        return sp__err(SP_ERR_VALUE, "%s: %s: names and texts make a header of %zu bytes, at most %d are allowed", what,
                       path, h->text.length, SP__ST_MAX_HEADER);
    return SP_OK;
}

/* ---- the file ---- */

static sp_status check(int n, const sp_entry *entries)
{
    sp_status st = sp__entries_check(what, n, entries);
    for (int i = 0; i < n && st == SP_OK; i++)
        if (strcmp(entries[i].name, "__metadata__") == 0)
            st = sp__err(SP_ERR_VALUE, "%s: a record is named '__metadata__', which the format keeps for itself", what);
    return st;
}

static sp_status write_elements(void *self, const sp_entry *e)
{
    return sp__atomic_write(self, e->tensor->data, bytes_of(e->tensor));
}

static sp_status write_file(sp__atomic *out, const char *path, const sp__text *text, int n, const sp_entry *entries)
{
    uint8_t size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (uint8_t)((uint64_t)text->length >> 8 * i);
    sp_status st = sp__atomic_open(out, what, path);
    if (st == SP_OK)
        st = sp__atomic_write(out, size, sizeof size);
    if (st == SP_OK)
        st = sp__atomic_write(out, text->data, text->length);
    if (st == SP_OK)
        st = in_order(n, entries, write_elements, out);
    if (st == SP_OK)
        st = sp__atomic_commit(out);
    sp__atomic_abort(out);
    return st;
}

sp_status sp__safetensors_write(const char *path, int n, const sp_entry *entries)
{
    sp_status st = check(n, entries);
    if (st != SP_OK)
        return st;
    header h = {0};
    st = write_header(&h, path, n, entries);
    sp__atomic *out = st == SP_OK ? sp__alloc(sizeof *out) : NULL;
    if (out)
        st = write_file(out, path, &h.text, n, entries);
    else if (st == SP_OK)
        st = sp_error();
    sp__free(out, sizeof *out);
    sp__text_free(&h.text);
    return st;
}
