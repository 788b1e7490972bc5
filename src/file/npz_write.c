/* file/npz_write.c: entries to a zip archive of .npy files, as numpy.savez writes them: not compressed. The checksum stands
 * before the elements, so it is taken of the tensors first. */
#include "file/npz.h"

#include <string.h>

#include "file/atomic.h"
#include "file/npy.h"

static const char what[] = "npz";

enum { DATE = 0x21 /* 1980-01-01, as numpy writes */, UTF8 = 0x800 /* flags */, EXTRA_WIDE = 4 + 24 };

typedef struct member {
    const sp_entry *entry;
    uint32_t crc;
    uint64_t size, at;
} member;

typedef struct writing {
    sp__atomic *out;
    uint64_t at, wide; /* bytes written; from where on numbers are written in 64 bits */
} writing;

/* A record is put together here, number by number, little endian. */
typedef struct record {
    uint8_t b[SP__ZIP_END64_SIZE + SP__ZIP_LOCATOR_SIZE + SP__ZIP_END_SIZE + EXTRA_WIDE];
    size_t n;
} record;

static void put(record *r, int bytes, uint64_t value)
{
    for (int i = 0; i < bytes; i++)
        r->b[r->n++] = (uint8_t)(value >> 8 * i);
}

static sp_status append(writing *w, const void *data, size_t n)
{
    w->at += n;
    return sp__atomic_write(w->out, data, n);
}

static size_t bytes_of(const sp_tensor *t) { return (size_t)t->size * sp_dtype_size(t->dtype); }

/* The fields that local header and directory share: version, flags, method, time, checksum, sizes, lengths. */
static void put_common(record *r, const writing *w, const member *m, bool in_directory)
{
    bool wide = m->size >= w->wide, far = in_directory && m->at >= w->wide;
    put(r, 2, wide || far ? 45 : 20);
    put(r, 2, UTF8);
    put(r, 2, 0);
    put(r, 2, 0);
    put(r, 2, DATE);
    put(r, 4, m->crc);
    put(r, 4, wide ? 0xffffffff : m->size);
    put(r, 4, wide ? 0xffffffff : m->size);
    put(r, 2, strlen(m->entry->name) + 4);
    put(r, 2, wide || far ? 4 + (wide ? 16u : 0u) + (far ? 8u : 0u) : 0);
}

static void put_wide(record *r, const writing *w, const member *m, bool in_directory)
{
    bool wide = m->size >= w->wide, far = in_directory && m->at >= w->wide;
    if (!wide && !far)
        return;
    put(r, 2, 1);
    put(r, 2, (wide ? 16u : 0u) + (far ? 8u : 0u));
    for (int i = 0; wide && i < 2; i++)
        put(r, 8, m->size);
    if (far)
        put(r, 8, m->at);
}

static sp_status append_name(writing *w, const member *m)
{
    sp_status st = append(w, m->entry->name, strlen(m->entry->name));
    return st == SP_OK ? append(w, ".npy", 4) : st;
}

/* A member whose content is `header` (n bytes) and `data`. */
static sp_status write_content(writing *w, member *m, const char *header, size_t n, const void *data, size_t bytes)
{
    m->at = w->at;
    m->size = n + bytes;
    m->crc = sp__crc32(sp__crc32(0, header, n), data, bytes);
    record local = {.n = 0}, extra = {.n = 0};
    put(&local, 4, SP__ZIP_LOCAL);
    put_common(&local, w, m, false);
    put_wide(&extra, w, m, false);
    sp_status st = append(w, local.b, local.n);
    if (st == SP_OK)
        st = append_name(w, m);
    if (st == SP_OK)
        st = append(w, extra.b, extra.n);
    if (st == SP_OK)
        st = append(w, header, n);
    return st == SP_OK ? append(w, data, bytes) : st;
}

static sp_status write_member(writing *w, member *m)
{
    char header[SP__NPY_HEADER];
    const sp_entry *e = m->entry;
    if (!e->text)
        return write_content(w, m, header, sp__npy_header(header, e->tensor), e->tensor->data, bytes_of(e->tensor));
    size_t bytes;
    uint8_t *text = sp__utf8_to_utf32(what, e->text, &bytes);
    sp_status st = text ? write_content(w, m, header, sp__npy_text_header(header, bytes), text, bytes) : sp_error();
    sp__free(text, text ? bytes : 0);
    return st;
}

static sp_status write_entry(writing *w, const member *m)
{
    record entry = {.n = 0}, extra = {.n = 0};
    put(&entry, 4, SP__ZIP_ENTRY);
    put(&entry, 2, 3 << 8 | 45); /* made on Unix: the mode is in the upper half of the attributes */
    put_common(&entry, w, m, true);
    put(&entry, 2, 0);
    put(&entry, 2, 0);
    put(&entry, 2, 0);
    put(&entry, 4, (uint64_t)0100644 << 16);
    put(&entry, 4, m->at >= w->wide ? 0xffffffff : m->at);
    put_wide(&extra, w, m, true);
    sp_status st = append(w, entry.b, entry.n);
    if (st == SP_OK)
        st = append_name(w, m);
    return st == SP_OK ? append(w, extra.b, extra.n) : st;
}

static sp_status write_end(writing *w, uint64_t n, uint64_t directory)
{
    record r = {.n = 0};
    uint64_t size = w->at - directory, end = w->at;
    bool wide = n >= 0xffff || size >= w->wide || directory >= w->wide;
    if (wide) {
        put(&r, 4, SP__ZIP_END64);
        put(&r, 8, SP__ZIP_END64_SIZE - 12);
        put(&r, 2, 45);
        put(&r, 2, 45);
        put(&r, 8, 0); /* disks */
        put(&r, 8, n);
        put(&r, 8, n);
        put(&r, 8, size);
        put(&r, 8, directory);
        put(&r, 4, SP__ZIP_LOCATOR);
        put(&r, 4, 0);
        put(&r, 8, end);
        put(&r, 4, 1);
    }
    put(&r, 4, SP__ZIP_END);
    put(&r, 4, 0);
    put(&r, 2, wide ? 0xffff : n);
    put(&r, 2, wide ? 0xffff : n);
    put(&r, 4, wide ? 0xffffffff : size);
    put(&r, 4, wide ? 0xffffffff : directory);
    put(&r, 2, 0);
    return append(w, r.b, r.n);
}

static sp_status write_all(writing *w, int n, member *members)
{
    sp_status st = SP_OK;
    for (int i = 0; i < n && st == SP_OK; i++)
        st = write_member(w, &members[i]);
    uint64_t directory = w->at;
    for (int i = 0; i < n && st == SP_OK; i++)
        st = write_entry(w, &members[i]);
    return st == SP_OK ? write_end(w, (uint64_t)n, directory) : st;
}

static sp_status check(int n, const sp_entry *entries)
{
    sp_status st = sp__entries_check(what, n, entries);
    for (int i = 0; i < n && st == SP_OK; i++)
        if (strlen(entries[i].name) > 65000)
            st = sp__err(SP_ERR_VALUE, "%s: a name of %zu bytes, at most 65000 are allowed", what,
                         strlen(entries[i].name));
        else if (!entries[i].text)
            st = sp__npy_check(what, entries[i].name, entries[i].tensor);
    return st;
}

sp_status sp__npz_write_wide(const char *path, int n, const sp_entry *entries, uint64_t wide)
{
    sp_status st = check(n, entries);
    if (st != SP_OK)
        return st;
    size_t bytes = (size_t)n * sizeof(member);
    member *members = sp__alloc_zero(bytes);
    writing w = {.out = sp__alloc(sizeof *w.out), .wide = wide};
    st = members && w.out ? sp__atomic_open(w.out, what, path) : sp_error();
    for (int i = 0; i < n && st == SP_OK; i++)
        members[i].entry = &entries[i];
    if (st == SP_OK)
        st = write_all(&w, n, members);
    if (st == SP_OK)
        st = sp__atomic_commit(w.out);
    if (members && w.out)
        sp__atomic_abort(w.out);
    sp__free(w.out, sizeof *w.out);
    sp__free(members, bytes);
    return st;
}

sp_status sp__npz_write(const char *path, int n, const sp_entry *entries)
{
    return sp__npz_write_wide(path, n, entries, 0xffffffff);
}
