/* file/safetensors_read.c: the elements. They are copied out of the file by ordinary reads, not mapped: a mapped file that
 * another program cuts short kills the process that looks at it, and a tensor may be changed in place while the file must
 * not. Reading takes the tensors and the header. */
#include "file/safetensors.h"

#include <string.h>

static const char what[] = "safetensors";

static uint64_t read_u64(const uint8_t *b)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | b[i];
    return v;
}

static sp_status read_tensor(sp__source *s, const sp__st_tensor *t, sp_entry *out)
{
    *out = (sp_entry){.name = t->name, .tensor = sp__tensor_new(t->dtype, t->shape)};
    if (!out->tensor)
        return sp_error();
    sp_status st = sp__source_read(s, sp__data_mut(out->tensor), (size_t)(t->end - t->begin));
    return st == SP_OK ? sp__check_bool(s, t->name, out->tensor) : st;
}

/* {"format": "ms"} says who wrote the file, as MindSpore and Spore do, and is no part of what it holds. */
static bool says_who(const sp_entry *e) { return strcmp(e->name, "format") == 0 && strcmp(e->text, "ms") == 0; }

/* Texts come first: where a tensor has the name of one, the tensor is found. */
static sp_status read_entries(sp__source *s, const sp__st_header *h, sp_entries *out)
{
    sp_entry *list = sp__scope_alloc((size_t)(h->n + h->n_texts + 1) * sizeof *list);
    int n = 0;
    if (!list)
        return sp_error();
    for (int64_t i = 0; i < h->n_texts; i++)
        if (!says_who(&h->texts[i]))
            list[n++] = h->texts[i];
    for (int64_t i = 0; i < h->n; i++) {
        sp_status st = read_tensor(s, &h->tensors[i], &list[n++]);
        if (st != SP_OK)
            return st;
    }
    *out = (sp_entries){.at = list, .n = n};
    return SP_OK;
}

/* The size of the header, checked. */
static sp_status read_size(sp__source *s, size_t *n)
{
    uint8_t b[8];
    sp_status st = sp__source_read(s, b, sizeof b);
    if (st != SP_OK)
        return st;
    uint64_t size = read_u64(b);
    if (size > SP__ST_MAX_HEADER || size > s->size - s->at)
        return sp__err(SP_ERR_FORMAT, "%s: %s: found a header of %llu bytes, expected at most %llu (not such a file?)",
                       what, s->path, (unsigned long long)size,
                       (unsigned long long)SP__MIN(s->size - s->at, (uint64_t)SP__ST_MAX_HEADER));
    *n = (size_t)size;
    return SP_OK;
}

sp_status sp__safetensors_read_source(sp__source *s, sp_entries *out)
{
    *out = (sp_entries){0};
    size_t n = 0;
    sp_status st = read_size(s, &n);
    char *json = st == SP_OK ? sp__alloc(n) : NULL;
    if (!json)
        return sp_error();
    sp__st_header h = {0};
    st = sp__source_read(s, json, n);
    if (st == SP_OK)
        st = sp__st_header_read(&h, s->path, json, n, s->size - s->at);
    sp__free(json, n);
    if (st == SP_OK)
        st = read_entries(s, &h, out);
    sp__st_header_free(&h);
    return st;
}

sp_status sp__safetensors_read(const char *path, sp_entries *out)
{
    sp__source s;
    sp_status st = sp__source_open(&s, what, path, UINT64_MAX);
    if (st == SP_OK)
        st = sp__safetensors_read_source(&s, out);
    sp__source_close(&s);
    return st;
}
