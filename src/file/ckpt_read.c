/* file/ckpt_read.c: a checkpoint is a stream of records, read one at a time: protobuf-c decodes each, the elements
 * go into the tensor, the record is freed. So reading takes the tensors and twice the largest record (at most 512
 * MiB in files of MindSpore and Spore), never more than about twice the file. */
#if SPORE_HAVE_PROTOBUF
#include "file/ckpt.h"

#include <string.h>

#include "file/proto.h"
#include "file/proto/ckpt.pb-c.h"

#define KEY_RECORD 0x0a /* field 1, length-delimited */

/* The smallest record has 17 bytes, and takes about 450: as many as this in a file of n bytes stay below 64 MiB and twice the file. */
#define MAX_RECORDS(n) (100000 + (n) / 512)

typedef ProtobufCBinaryData text; /* bytes from the file, not ended by zero */

typedef struct entry {
    char *name;
    sp_tensor *tensor; /* retained; or NULL, and */
    char *content;     /* its text               */
} entry;

typedef struct reader {
    sp__source *s;
    uint64_t end;   /* of the records: the footer is behind it        */
    uint64_t start; /* of the present record                          */
    entry *entries;
    int64_t n, capacity;
    sp__names names;
    int open;      /* the entry whose tensor is being filled, or -1  */
    size_t filled; /* its bytes so far                               */
} reader;

/* "checkpoint: net.ckpt, record 'fc1.weight' at byte 812" */
static const char *place(const reader *r, text name)
{
    return sp__scope_printf("%s: %s, record '%s' at byte %llu", r->s->what, r->s->path, sp__shown(name.data, name.len),
                            (unsigned long long)r->start);
}

static bool is(text t, const char *word) { return t.len == strlen(word) && memcmp(t.data, word, t.len) == 0; }

static bool same_name(text t, const char *name) { return is(t, name); }

static size_t bytes_of(const sp_tensor *t) { return (size_t)t->size * sp_dtype_size(t->dtype); }

static void clear(entry *e)
{
    sp__free_str(e->name);
    sp__release(e->tensor);
    sp__free_str(e->content);
    *e = (entry){0};
}

static void reader_free(reader *r)
{
    for (int64_t i = 0; i < r->n; i++)
        clear(&r->entries[i]);
    sp__free(r->entries, (size_t)r->capacity * sizeof *r->entries);
    sp__names_free(&r->names);
}

/* ---- one record ---- */

static sp_status find_type(const reader *r, text name, text type, sp_dtype *out)
{
    static const char *const refused[] = {"Int4", "Complex64", "Complex128"};
    for (int i = 0; i < SP_DTYPE_COUNT_; i++)
        if (is(type, sp_dtype_name((sp_dtype)i))) {
            *out = (sp_dtype)i;
            return SP_OK;
        }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (is(type, refused[i]))
            return sp__err(SP_ERR_UNSUPPORTED, "%s: type %s is not supported", place(r, name), refused[i]);
    return sp__err(SP_ERR_FORMAT, "%s: unknown type '%s'", place(r, name), sp__shown(type.data, type.len));
}

/* The shape of a record. dims [0] with one element is how MindSpore 2.0 writes a single number. */
static sp_status find_shape(const reader *r, const Sp__Ckpt__Value *v, sp_dtype dtype, sp_shape *out)
{
    const Sp__Ckpt__Tensor *t = v->tensor;
    if (t->n_dims > SP_MAX_RANK)
        return sp__err(SP_ERR_FORMAT, "%s: %zu dimensions, at most %d are supported", place(r, v->tag), t->n_dims,
                       SP_MAX_RANK);
    *out = sp_shape_new((int)t->n_dims, t->dims);
    if (t->n_dims == 1 && t->dims[0] == 0 && t->content.len == sp_dtype_size(dtype))
        *out = SP_SCALAR;
    size_t bytes;
    int64_t size = sp_shape_size(*out);
    if (size < 0 || !sp__mul_size((size_t)size, sp_dtype_size(dtype), &bytes))
        return sp__err(SP_ERR_FORMAT, "%s: invalid shape %s", place(r, v->tag), sp__shape_text(*out));
    if (bytes > r->end) /* the elements must be in the file, so nothing larger than it is allocated */
        return sp__err(SP_ERR_FORMAT, "%s: %s %s needs %zu bytes, more than the file has", place(r, v->tag),
                       sp_dtype_name(dtype), sp__shape_text(*out), bytes);
    return SP_OK;
}

/* The entry that is open gets no more slices: is it complete? */
static sp_status close_open(reader *r)
{
    if (r->open < 0)
        return SP_OK;
    const entry *e = &r->entries[r->open];
    const sp_tensor *t = e->tensor;
    r->open = -1;
    text name = {strlen(e->name), (uint8_t *)e->name};
    if (r->filled != bytes_of(t))
        return sp__err(SP_ERR_FORMAT, "%s: %s: %zu bytes for %s %s, expected %zu", r->s->what,
                       sp__scope_printf("%s, record '%s'", r->s->path, sp__shown(name.data, name.len)), r->filled,
                       sp_dtype_name(t->dtype), SP__STR(t), bytes_of(t));
    if (t->dtype != SP_BOOL)
        return SP_OK;
    const uint8_t *b = t->data;
    for (int64_t i = 0; i < t->size; i++)
        if (b[i] > 1)
            return sp__err(SP_ERR_FORMAT, "%s: %s, record '%s': element %lld of Bool is %d, expected 0 or 1",
                           r->s->what, r->s->path, sp__shown(name.data, name.len), (long long)i, b[i]);
    return SP_OK;
}

/* Adds content to the tensor that is open. */
static sp_status fill(reader *r, text name, text content)
{
    sp_tensor *t = r->entries[r->open].tensor;
    size_t room = bytes_of(t) - r->filled;
    if (content.len > room)
        return sp__err(SP_ERR_FORMAT, "%s: %zu bytes for %s %s, expected %zu", place(r, name), r->filled + content.len,
                       sp_dtype_name(t->dtype), SP__STR(t), bytes_of(t));
    if (content.len > 0)
        memcpy((uint8_t *)sp__data_mut(t) + r->filled, content.data, content.len);
    r->filled += content.len;
    return SP_OK;
}

/* A further slice of the tensor that is open: same type, same shape. */
static sp_status add_slice(reader *r, const Sp__Ckpt__Value *v)
{
    const sp_tensor *t = r->entries[r->open].tensor;
    const Sp__Ckpt__Tensor *slice = v->tensor;
    bool same = is(slice->type, sp_dtype_name(t->dtype)) && slice->n_dims == (size_t)t->shape.rank;
    for (int i = 0; same && i < t->shape.rank; i++)
        same = slice->dims[i] == t->shape.dim[i];
    if (!same)
        return sp__err(SP_ERR_FORMAT, "%s: a slice of another type or shape than the one before it (%s %s)",
                       place(r, v->tag), sp_dtype_name(t->dtype), SP__STR(t));
    return fill(r, v->tag, slice->content);
}

/* The entry for a name: a new one, or the one of an earlier record of this name, which is replaced. NULL on failure. */
static entry *entry_for(reader *r, text name)
{
    if ((uint64_t)r->n >= MAX_RECORDS(r->end))
        return sp__fail(SP_ERR_FORMAT, "%s: more than %llu records in a file of %llu bytes", place(r, name),
                        (unsigned long long)MAX_RECORDS(r->end), (unsigned long long)r->end);
    char *copy = sp__alloc(name.len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, name.data, name.len);
    copy[name.len] = 0;
    char *key = sp__strdup(copy);
    sp__free(copy, name.len + 1);
    int at = key ? sp__names_find(&r->names, key) : 0;
    if (!key || at != SP__NAME_NONE) {
        sp__free_str(key);
        return key ? &r->entries[at] : NULL;
    }
    if (!sp__grow(&r->entries, r->n, &r->capacity, sizeof *r->entries) || !sp__names_put(&r->names, key, (int)r->n)) {
        sp__free_str(key);
        return NULL;
    }
    r->entries[r->n] = (entry){.name = key};
    return &r->entries[r->n++];
}

static sp_status add_text(reader *r, const Sp__Ckpt__Value *v)
{
    int64_t failures = sp__error_count(); /* of the text */
    const char *where = place(r, v->tag);
    char *content = NULL;
    if (sp__error_count() == failures)
        content = sp__utf32_to_utf8(where, v->tensor->content.data, v->tensor->content.len);
    entry *e = content ? entry_for(r, v->tag) : NULL;
    if (!e) {
        sp__free_str(content);
        return sp_error();
    }
    sp__release(e->tensor);
    sp__free_str(e->content);
    e->tensor = NULL;
    e->content = content;
    return SP_OK;
}

static sp_status add_tensor(reader *r, const Sp__Ckpt__Value *v)
{
    sp_dtype dtype = SP_F32;
    sp_shape shape;
    sp_status st = find_type(r, v->tag, v->tensor->type, &dtype);
    if (st == SP_OK)
        st = find_shape(r, v, dtype, &shape);
    if (st != SP_OK)
        return st;
    sp_tensor *t = sp__tensor_new(dtype, shape);
    entry *e = t ? entry_for(r, v->tag) : NULL;
    if (!e)
        return sp_error();
    sp__release(e->tensor);
    sp__free_str(e->content);
    e->tensor = sp__retain(t);
    e->content = NULL;
    r->open = (int)(e - r->entries);
    r->filled = 0;
    return fill(r, v->tag, v->tensor->content);
}

static sp_status add_record(reader *r, const Sp__Ckpt__Value *v)
{
    if (!v->has_tag || v->tag.len == 0 || !sp__utf8_ok(v->tag.data, v->tag.len))
        return sp__err(SP_ERR_FORMAT, "%s: the name is %s", place(r, v->tag),
                       v->tag.len ? "not UTF-8" : "missing or empty");
    if (v->map)
        return sp__err(SP_ERR_UNSUPPORTED, "%s: hash-table parameters are not supported", place(r, v->tag));
    const Sp__Ckpt__Tensor *t = v->tensor;
    if (!t || !t->has_type || !t->has_content)
        return sp__err(SP_ERR_FORMAT, "%s: no %s", place(r, v->tag), !t ? "tensor" : !t->has_type ? "type" : "content");

    if (r->open >= 0 && same_name(v->tag, r->entries[r->open].name))
        return add_slice(r, v);
    sp_status st = close_open(r);
    if (st != SP_OK || is(t->type, "random_op")) /* the state of a random operator of a compiled graph: opaque */
        return st;
    return is(t->type, "str") ? add_text(r, v) : add_tensor(r, v);
}

/* ---- the stream ---- */

static sp_status read_record(reader *r, uint64_t length)
{
    size_t n = (size_t)length;
    uint64_t at = r->s->at;
    uint8_t *bytes = sp__alloc(n);
    if (!bytes)
        return sp_error();
    sp_status st = sp__source_read(r->s, bytes, n);
    if (st != SP_OK) {
        sp__free(bytes, n);
        return st;
    }
    /* Decoding copies the content; the rest of a real record is small. */
    sp__proto p;
    sp__proto_begin(&p, 2 * n + ((size_t)1 << 20));
    Sp__Ckpt__Value *v = (void *)sp__proto_unpack(&p, r->s, &sp__ckpt__value__descriptor, bytes, n, at);
    sp__free(bytes, n);
    if (!v)
        return sp_error();
    sp_scope scope = sp_scope_begin(); /* for the texts and tensors on the way: kept ones are retained */
    st = add_record(r, v);
    sp_scope_end(scope);
    sp__proto_free(&p, v);
    return st;
}

/* Skips a field of the file that is no record; its key has been read. */
static sp_status skip_field(reader *r, uint64_t key)
{
    uint64_t n = 0;
    sp_status st = SP_OK;
    switch (key & 7) {
    case 0:
        return sp__source_varint(r->s, &n);
    case 1:
        n = 8;
        break;
    case 5:
        n = 4;
        break;
    case 2:
        st = sp__source_varint(r->s, &n);
        break;
    default:
        return sp__err(SP_ERR_FORMAT, "%s: %s, byte %llu: no record starts here (this is not a checkpoint, or damaged)",
                       r->s->what, r->s->path, (unsigned long long)r->start);
    }
    if (st == SP_OK && n > r->end - SP__MIN(r->s->at, r->end))
        return sp__err(SP_ERR_FORMAT, "%s: %s, byte %llu: a field runs past the end", r->s->what, r->s->path,
                       (unsigned long long)r->start);
    return st == SP_OK ? sp__source_seek(r->s, r->s->at + n) : st;
}

static sp_status read_all(reader *r)
{
    while (r->s->at < r->end) {
        r->start = r->s->at;
        uint64_t key, length;
        sp_status st = sp__source_varint(r->s, &key);
        if (st == SP_OK && key != KEY_RECORD) {
            st = skip_field(r, key);
        } else if (st == SP_OK) {
            st = sp__source_varint(r->s, &length);
            if (st == SP_OK && (r->s->at > r->end || length > r->end - r->s->at))
                st = sp__err(SP_ERR_FORMAT,
                             "%s: %s, byte %llu: a record of %llu bytes, but the file ends %llu bytes on (cut off?)",
                             r->s->what, r->s->path, (unsigned long long)r->start, (unsigned long long)length,
                             (unsigned long long)(r->end - SP__MIN(r->s->at, r->end)));
            if (st == SP_OK)
                st = read_record(r, length);
        }
        if (st != SP_OK)
            return st;
    }
    sp_status st = close_open(r);
    if (st == SP_OK && r->n == 0)
        st = sp__err(SP_ERR_FORMAT, "%s: %s holds no records", r->s->what, r->s->path);
    return st;
}

/* ---- the footer: "crc_num" and the CRC-32 of all before it, as 10 bytes, big endian ---- */

#define FOOTER 17

static sp_status checksum(sp__source *s, uint64_t end, uint32_t *out)
{
    uint8_t buffer[4096];
    *out = 0;
    sp_status st = sp__source_seek(s, 0);
    while (st == SP_OK && s->at < end) {
        size_t n = (size_t)SP__MIN(end - s->at, sizeof buffer);
        st = sp__source_read(s, buffer, n);
        *out = sp__crc32(*out, buffer, n);
    }
    return st;
}

/* Cuts the footer off, if there is one, and checks it. */
static sp_status take_footer(reader *r)
{
    sp__source *s = r->s;
    uint8_t footer[FOOTER];
    r->end = s->size;
    if (s->size < FOOTER)
        return SP_OK;
    sp_status st = sp__source_seek(s, s->size - FOOTER);
    if (st == SP_OK)
        st = sp__source_read(s, footer, FOOTER);
    if (st != SP_OK || memcmp(footer, "crc_num", 7) != 0)
        return st == SP_OK ? sp__source_seek(s, 0) : st;
    r->end = s->size - FOOTER;
    uint64_t stored = 0;
    bool fits = footer[7] == 0 && footer[8] == 0;
    for (int i = 9; i < FOOTER; i++)
        stored = stored << 8 | footer[i];
    uint32_t found;
    st = checksum(s, r->end, &found);
    if (st == SP_OK && (!fits || stored != found))
        st = sp__err(SP_ERR_FORMAT, "%s: %s is damaged: its checksum is %08lx, the file says %08llx", s->what, s->path,
                     (unsigned long)found, (unsigned long long)stored);
    return st == SP_OK ? sp__source_seek(s, 0) : st;
}

/* ---- the result ---- */

static const char *text_of_scope(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = sp__scope_alloc(n);
    return copy ? memcpy(copy, s, n) : NULL;
}

/* Hands the entries to the current scope. */
static sp_status give(reader *r, sp_entries *out)
{
    sp_entry *list = sp__scope_alloc((size_t)r->n * sizeof *list);
    if (!list)
        return sp_error();
    for (int64_t i = 0; i < r->n; i++) {
        entry *e = &r->entries[i];
        sp_tensor *t = e->tensor;
        e->tensor = NULL;
        list[i] = (sp_entry){.name = text_of_scope(e->name), .tensor = t};
        if (t && !sp__scope_take(t))
            return sp_error();
        if (e->content)
            list[i].text = text_of_scope(e->content);
        if (!list[i].name || (e->content && !list[i].text))
            return sp_error();
    }
    *out = (sp_entries){.at = list, .n = (int)r->n};
    return SP_OK;
}

sp_status sp__ckpt_read_source(sp__source *s, sp_entries *out)
{
    *out = (sp_entries){0};
    reader r = {.s = s, .open = -1};
    sp_status st = sp__source_not_encrypted(s);
    if (st == SP_OK)
        st = take_footer(&r);
    if (st == SP_OK)
        st = read_all(&r);
    if (st == SP_OK)
        st = give(&r, out);
    reader_free(&r);
    return st;
}

sp_status sp_ckpt_read(const char *path, sp_entries *out)
{
    if (!sp__given("ckpt_read", 1, path) || !sp__given("ckpt_read", 2, out))
        return SP_ERR_VALUE;
    *out = (sp_entries){0};
    sp__source s;
    sp_status st = sp__source_open(&s, "checkpoint", path, UINT64_MAX);
    if (st == SP_OK)
        st = sp__ckpt_read_source(&s, out);
    sp__source_close(&s);
    return st;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
