/* file/npz_read.c: zip archives of .npy files, stored or deflated, with 64-bit sizes where they are used.
 *
 *     [member: local header, name, extra, elements] ...   [directory: entry, name, extra] ...   [64-bit end, locator]   end
 *
 * What a member is called, where it lies and how large it is says the directory; the local header is only looked through.
 * Members are unpacked straight into their tensors. */
#include "file/npz.h"

#include <string.h>

#include "file/npy.h"

#if SPORE_HAVE_ZLIB
#include <zlib.h>
#endif

static const char what[] = "npz";

enum { STORED = 0, DEFLATED = 8, ENCRYPTED = 1 /* flags */, MAX_COMMENT = 65535, CHUNK = 16384 };
#define WIDE 0xffffffffu /* the number stands in 64 bits elsewhere */

typedef struct member {
    const char *name; /* without .npy */
    uint32_t crc;
    int method;
    uint64_t packed, size, at; /* bytes in the archive, bytes unpacked, where its local header lies */
} member;

typedef struct archive {
    sp__source *s;
    uint64_t directory, directory_size, n; /* where the directory lies; members */
    member *members;                       /* of the scope */
    uint64_t total;                        /* bytes unpacked, of all members so far */
} archive;

static uint64_t get(const uint8_t *b, int n)
{
    uint64_t v = 0;
    while (n-- > 0)
        v = v << 8 | b[n];
    return v;
}

static sp_status read_at(sp__source *s, uint64_t at, void *out, size_t n)
{
    sp_status st = sp__source_seek(s, at);
    return st == SP_OK ? sp__source_read(s, out, n) : st;
}

static sp_status bad(const archive *a, const char *found)
{
    return sp__err(SP_ERR_FORMAT, "%s: %s: found %s", what, a->s->path, found);
}

static sp_status bad_member(const archive *a, const char *name, const char *found)
{
    return sp__err(SP_ERR_FORMAT, "%s: %s, array '%s': found %s", what, a->s->path, sp__shown(name, strlen(name)),
                   found);
}

/* ---- the end of the archive ---- */

/* The 64-bit end, which a locator before the end at `end` points to. */
static sp_status read_end64(archive *a, uint64_t *end)
{
    uint8_t b[SP__ZIP_END64_SIZE];
    if (*end < SP__ZIP_LOCATOR_SIZE)
        return bad(a, "no 64-bit end of the archive");
    uint64_t locator = *end - SP__ZIP_LOCATOR_SIZE;
    sp_status st = read_at(a->s, locator, b, SP__ZIP_LOCATOR_SIZE);
    if (st != SP_OK)
        return st;
    uint64_t at = get(b + 8, 8);
    if (get(b, 4) != SP__ZIP_LOCATOR || at > locator || locator - at < SP__ZIP_END64_SIZE)
        return bad(a, "no 64-bit end of the archive");
    st = read_at(a->s, at, b, SP__ZIP_END64_SIZE);
    if (st != SP_OK)
        return st;
    if (get(b, 4) != SP__ZIP_END64 || get(b + 4, 8) != locator - at - 12 || get(b + 24, 8) != get(b + 32, 8))
        return bad(a, "a 64-bit end of the archive that is damaged");
    a->n = get(b + 32, 8);
    a->directory_size = get(b + 40, 8);
    a->directory = get(b + 48, 8);
    *end = at;
    return SP_OK;
}

/* Where the end record lies: the last bytes of the file but for a comment. */
static sp_status find_end(archive *a, uint64_t *at, uint8_t end[SP__ZIP_END_SIZE])
{
    uint8_t *tail;
    size_t n = (size_t)SP__MIN(a->s->size, (uint64_t)(SP__ZIP_END_SIZE + MAX_COMMENT));
    uint64_t start = a->s->size - n;
    if (n < SP__ZIP_END_SIZE || !(tail = sp__alloc(n)))
        return n < SP__ZIP_END_SIZE ? bad(a, "too few bytes for a zip archive") : sp_error();
    sp_status st = read_at(a->s, start, tail, n);
    bool found = false;
    for (size_t i = n - SP__ZIP_END_SIZE + 1; st == SP_OK && !found && i-- > 0;)
        if (get(tail + i, 4) == SP__ZIP_END && get(tail + i + 20, 2) == n - SP__ZIP_END_SIZE - i) {
            memcpy(end, tail + i, SP__ZIP_END_SIZE);
            *at = start + i;
            found = true;
        }
    sp__free(tail, n);
    return st != SP_OK || found ? st : bad(a, "no end of a zip archive (cut off?)");
}

static sp_status read_end(archive *a)
{
    uint8_t b[SP__ZIP_END_SIZE];
    uint64_t at = 0;
    sp_status st = find_end(a, &at, b);
    if (st != SP_OK)
        return st;
    a->n = get(b + 10, 2);
    a->directory_size = get(b + 12, 4);
    a->directory = get(b + 16, 4);
    if (get(b + 4, 2) != 0 || get(b + 6, 2) != 0 || get(b + 8, 2) != a->n)
        return bad(a, "one part of an archive in several");
    if (a->n == 0xffff || a->directory_size == WIDE || a->directory == WIDE)
        st = read_end64(a, &at);
    if (st != SP_OK)
        return st;
    if (a->n > SP__NPZ_MAX_MEMBERS)
        return bad(a, sp__scope_printf("%llu arrays, expected at most %llu", (unsigned long long)a->n,
                                       (unsigned long long)SP__NPZ_MAX_MEMBERS));
    if (a->directory > at || a->directory_size != at - a->directory || a->directory_size / SP__ZIP_ENTRY_SIZE < a->n)
        return bad(a, sp__scope_printf("a directory of %llu arrays at byte %llu, which does not fit",
                                       (unsigned long long)a->n, (unsigned long long)a->directory));
    return SP_OK;
}

/* ---- the directory ---- */

/* The numbers that are all ones stand in the extra field 1, in this order. */
static bool take_wide(const uint8_t *extra, size_t n, uint64_t *const numbers[3])
{
    const uint8_t *at = NULL;
    size_t left = 0;
    while (n >= 4 && !at) {
        size_t length = (size_t)get(extra + 2, 2);
        if (length > n - 4)
            return false;
        if (get(extra, 2) == 1)
            at = extra + 4, left = length;
        extra += 4 + length;
        n -= 4 + length;
    }
    for (int i = 0; i < 3; i++) {
        if (*numbers[i] != WIDE)
            continue;
        if (left < 8)
            return false;
        *numbers[i] = get(at, 8);
        at += 8, left -= 8;
    }
    return true;
}

/* "fc.weight" of "fc.weight.npy" */
static const char *array_name(const archive *a, const uint8_t *name, size_t n)
{
    if (!sp__utf8_ok(name, n))
        return bad(a, sp__scope_printf("a name that is not UTF-8: '%s'", sp__shown(name, n))), NULL;
    if (n < 5 || memcmp(name + n - 4, ".npy", 4) != 0) {
        sp__err(SP_ERR_UNSUPPORTED, "%s: %s holds '%s', expected arrays (.npy) alone", what, a->s->path,
                sp__shown(name, n));
        return NULL;
    }
    char *copy = sp__scope_alloc(n - 3);
    if (copy) {
        memcpy(copy, name, n - 4);
        copy[n - 4] = 0;
    }
    return copy;
}

static sp_status check_member(archive *a, const member *m, uint64_t flags)
{
    uint64_t most = 2 * a->s->size + SP__NPZ_ROOM;
    if (flags & ENCRYPTED)
        return sp__err(SP_ERR_UNSUPPORTED, "%s: %s, array '%s' is encrypted", what, a->s->path,
                       sp__shown(m->name, strlen(m->name)));
    if (m->method != STORED && m->method != DEFLATED)
        return sp__err(SP_ERR_UNSUPPORTED, "%s: %s, array '%s' is compressed by method %d, expected 0 or 8 (deflate)",
                       what, a->s->path, sp__shown(m->name, strlen(m->name)), m->method);
    if (m->at > a->directory || a->directory - m->at < SP__ZIP_LOCAL_SIZE || m->packed > a->directory - m->at ||
        (m->method == STORED && m->packed != m->size))
        return bad_member(a, m->name, "a size or place that does not fit the file");
    if (m->size > most - a->total)
        return sp__err(SP_ERR_FORMAT,
                       "%s: %s unpacks to more than %llu bytes, twice its size and 48 MiB, which is the limit (save it "
                       "uncompressed)",
                       what, a->s->path, (unsigned long long)most);
    a->total += m->size;
    return SP_OK;
}

/* One entry of the directory at b, of which n bytes are left; *used of them are its. */
static sp_status read_entry(archive *a, const uint8_t *b, size_t n, member *m, size_t *used)
{
    if (n < SP__ZIP_ENTRY_SIZE || get(b, 4) != SP__ZIP_ENTRY)
        return bad(a, "a directory that is damaged");
    size_t name = (size_t)get(b + 28, 2), extra = (size_t)get(b + 30, 2), comment = (size_t)get(b + 32, 2);
    *used = SP__ZIP_ENTRY_SIZE + name + extra + comment;
    if (*used > n)
        return bad(a, "a directory that is damaged");
    *m = (member){.method = (int)get(b + 10, 2), .crc = (uint32_t)get(b + 16, 4)};
    m->packed = get(b + 20, 4), m->size = get(b + 24, 4), m->at = get(b + 42, 4);
    m->name = array_name(a, b + SP__ZIP_ENTRY_SIZE, name);
    if (!m->name)
        return sp_error();
    if (!take_wide(b + SP__ZIP_ENTRY_SIZE + name, extra, (uint64_t *const[]){&m->size, &m->packed, &m->at}))
        return bad_member(a, m->name, "no 64-bit size");
    return check_member(a, m, get(b + 8, 2));
}

static sp_status read_members(archive *a, const uint8_t *b, size_t n)
{
    sp__names seen = {0};
    sp_status st = SP_OK;
    for (uint64_t i = 0; i < a->n && st == SP_OK; i++) {
        member *m = &a->members[i];
        size_t used = 0;
        st = read_entry(a, b, n, m, &used);
        b += used, n -= used;
        if (st == SP_OK && sp__names_find(&seen, m->name) != SP__NAME_NONE)
            st = bad_member(a, m->name, "its name twice");
        if (st == SP_OK && !sp__names_put(&seen, m->name, (int)i))
            st = sp_error();
    }
    sp__names_free(&seen);
    return st == SP_OK && n > 0 ? bad(a, "a directory that is damaged") : st;
}

static sp_status read_directory(archive *a)
{
    size_t n = (size_t)a->directory_size;
    uint8_t *b = sp__alloc(n);
    a->members = sp__scope_alloc(((size_t)a->n + 1) * sizeof *a->members);
    sp_status st = b && a->members ? read_at(a->s, a->directory, b, n) : sp_error();
    if (st == SP_OK)
        st = read_members(a, b, n);
    sp__free(b, n);
    return st;
}

/* ---- members ---- */

typedef struct unpacking {
    archive *archive;
    const member *member;
    uint64_t left; /* packed bytes not read yet */
    uint32_t crc;
#if SPORE_HAVE_ZLIB
    z_stream z;
    uint8_t chunk[CHUNK];
#endif
} unpacking;

static sp_status read_packed(unpacking *u, void *out, size_t n)
{
    if (n > u->left)
        return bad_member(u->archive, u->member->name, "its end too early");
    u->left -= n;
    return sp__source_read(u->archive->s, out, n);
}

#if SPORE_HAVE_ZLIB

static voidpf z_alloc(voidpf opaque, uInt n, uInt size)
{
    (void)opaque;
    size_t *block, bytes;
    if (!sp__mul_size(n, size, &bytes) || !sp__add_size(bytes, 64, &bytes) || !(block = sp__alloc(bytes)))
        return NULL;
    *block = bytes;
    return (uint8_t *)block + 64;
}

static void z_free(voidpf opaque, voidpf p)
{
    (void)opaque;
    size_t *block = (size_t *)(void *)((uint8_t *)p - 64);
    sp__free(block, *block);
}

static sp_status bad_deflate(const unpacking *u, int code)
{
    if (code == Z_MEM_ERROR)
        return sp_error() == SP_OK ? sp__err(SP_ERR_NOMEM, "%s: out of memory", what) : sp_error();
    return bad_member(u->archive, u->member->name, "compressed bytes that are damaged");
}

static sp_status begin(unpacking *u)
{
    u->z = (z_stream){.zalloc = z_alloc, .zfree = z_free};
    int code = u->member->method == DEFLATED ? inflateInit2(&u->z, -MAX_WBITS) : Z_OK;
    return code == Z_OK ? SP_OK : bad_deflate(u, code);
}

static void end(unpacking *u)
{
    if (u->member->method == DEFLATED)
        inflateEnd(&u->z);
}

static sp_status refill(unpacking *u)
{
    size_t n = (size_t)SP__MIN(u->left, (uint64_t)CHUNK);
    sp_status st = n ? read_packed(u, u->chunk, n) : bad_deflate(u, Z_DATA_ERROR);
    u->z.next_in = u->chunk;
    u->z.avail_in = (uInt)n;
    return st;
}

static sp_status inflate_into(unpacking *u, uint8_t *out, size_t n)
{
    while (n > 0) {
        sp_status st = u->z.avail_in ? SP_OK : refill(u);
        if (st != SP_OK)
            return st;
        uInt room = (uInt)SP__MIN(n, (size_t)1 << 30);
        u->z.next_out = out;
        u->z.avail_out = room;
        int code = inflate(&u->z, Z_NO_FLUSH);
        size_t got = room - u->z.avail_out;
        out += got, n -= got;
        if ((code != Z_OK && code != Z_STREAM_END) || (code == Z_STREAM_END && n > 0))
            return bad_deflate(u, code);
    }
    return SP_OK;
}

/* After the last element: the stream ends here as well. */
static sp_status check_end(unpacking *u)
{
    uint8_t none;
    int code = Z_OK;
    while (u->member->method == DEFLATED && code == Z_OK) {
        sp_status st = u->z.avail_in || u->left == 0 ? SP_OK : refill(u);
        if (st != SP_OK)
            return st;
        u->z.next_out = &none;
        u->z.avail_out = 1;
        code = inflate(&u->z, Z_NO_FLUSH);
        bool more = u->z.avail_out == 0 || (code == Z_STREAM_END && (u->left > 0 || u->z.avail_in > 0));
        if (more || (code != Z_OK && code != Z_STREAM_END))
            return bad_member(u->archive, u->member->name, "more compressed bytes than its size");
    }
    return SP_OK;
}

#else

static sp_status begin(unpacking *u)
{
    if (u->member->method == STORED)
        return SP_OK;
    return sp__err(SP_ERR_UNSUPPORTED,
                   "%s: %s is compressed, and this library was built without zlib: save it by numpy.savez", what,
                   u->archive->s->path);
}

static void end(unpacking *u) { (void)u; }
static sp_status inflate_into(unpacking *u, uint8_t *out, size_t n) { return read_packed(u, out, n); }
static sp_status check_end(unpacking *u) { return (void)u, SP_OK; }

#endif

static sp_status unpack(void *self, void *out, size_t n)
{
    unpacking *u = self;
    sp_status st = u->member->method == STORED ? read_packed(u, out, n) : inflate_into(u, out, n);
    if (st == SP_OK)
        u->crc = sp__crc32(u->crc, out, n);
    return st;
}

/* To the first byte of the member's elements: behind its local header. */
static sp_status seek_member(const archive *a, const member *m)
{
    uint8_t b[SP__ZIP_LOCAL_SIZE];
    sp_status st = read_at(a->s, m->at, b, sizeof b);
    if (st != SP_OK)
        return st;
    uint64_t skip = get(b + 26, 2) + get(b + 28, 2), room = a->directory - m->at - SP__ZIP_LOCAL_SIZE;
    if (get(b, 4) != SP__ZIP_LOCAL || skip > room || m->packed > room - skip)
        return bad_member(a, m->name, "no such array where the directory says it is");
    return sp__source_seek(a->s, a->s->at + skip);
}

/* The array, retained, or a text; neither on failure. */
static void read_array(unpacking *u, sp__source *s, sp_tensor **t, char **text)
{
    const member *m = u->member;
    sp_tensor *got = sp__npy_read_record(s, text);
    sp_status st = got || *text ? check_end(u) : sp_error();
    if (st == SP_OK && u->crc != m->crc)
        st = bad_member(u->archive, m->name,
                        sp__scope_printf("a checksum of %08lx, the directory says %08lx (damaged)",
                                         (unsigned long)u->crc, (unsigned long)m->crc));
    if (st == SP_OK) {
        *t = sp__retain(got);
        return;
    }
    sp__free_str(*text);
    *text = NULL;
}

/* Ends what was read of a member: all of it belongs to the current scope. */
static sp_status give(const member *m, sp_tensor *t, char *text, sp_entry *out)
{
    *out = (sp_entry){.name = m->name, .tensor = t};
    if (text)
        out->text = sp__scope_copy(text);
    sp__free_str(text);
    if (t && !sp__scope_take(t))
        return sp_error();
    return t || out->text ? SP_OK : sp_error();
}

static sp_status read_member(archive *a, const member *m, sp_entry *out)
{
    sp_status st = seek_member(a, m);
    if (st != SP_OK)
        return st;
    int64_t failures = sp__error_count(); /* also of the scope, which could not begin */
    sp_scope scope = sp_scope_begin();    /* for what is on the way: an array by columns is turned round */
    unpacking *u = sp__alloc(sizeof *u);
    sp_tensor *t = NULL;
    char *text = NULL;
    if (u) {
        *u = (unpacking){.archive = a, .member = m, .left = m->packed};
        const char *path = sp__scope_printf("%s, array '%s'", a->s->path, sp__shown(m->name, strlen(m->name)));
        sp__source s = {.what = what, .path = path, .size = m->size, .unpack = unpack, .self = u};
        if (sp__error_count() == failures && begin(u) == SP_OK) { /* the texts, else cut short */
            read_array(u, &s, &t, &text);
            end(u);
        }
    }
    sp__free(u, sizeof *u);
    sp_scope_end(scope);
    return give(m, t, text, out);
}

sp_status sp__npz_read_source(sp__source *s, sp_entries *out)
{
    *out = (sp_entries){0};
    archive a = {.s = s};
    sp_status st = read_end(&a);
    if (st == SP_OK)
        st = read_directory(&a);
    sp_entry *list = st == SP_OK ? sp__scope_alloc(((size_t)a.n + 1) * sizeof *list) : NULL;
    if (!list)
        return sp_error();
    for (uint64_t i = 0; i < a.n && st == SP_OK; i++)
        st = read_member(&a, &a.members[i], &list[i]);
    if (st == SP_OK)
        *out = (sp_entries){.at = list, .n = (int)a.n};
    return st;
}

sp_status sp__npz_read(const char *path, sp_entries *out)
{
    sp__source s;
    sp_status st = sp__source_open(&s, what, path, UINT64_MAX);
    if (st == SP_OK)
        st = sp__npz_read_source(&s, out);
    sp__source_close(&s);
    return st;
}
