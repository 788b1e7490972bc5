/* file/proto.c: protobuf-c with limits. Wire format: docs/formats/ckpt.md. */
#if SPORE_HAVE_PROTOBUF
#include "file/proto.h"

/* ---- memory within a budget ---- */

/* sp__free wants the size back, so it stands before each block; 16 bytes keep the alignment that messages need. */
typedef struct block {
    size_t size;
    size_t unused;
} block;

/* What a block really takes: the allocator's smallest ones have 64 bytes. */
static size_t charge(size_t n) { return n < 64 ? 64 : n; }

static void *take(void *data, size_t size)
{
    sp__proto *p = data;
    size_t whole;
    if (!sp__add_size(size, sizeof(block), &whole) || charge(whole) > p->left) {
        p->exhausted = true;
        return NULL;
    }
    block *b = sp__alloc(whole);
    if (!b)
        return NULL;
    b->size = whole;
    p->left -= charge(whole);
    return b + 1;
}

static void give_back(void *data, void *pointer)
{
    if (!pointer)
        return;
    sp__proto *p = data;
    block *b = (block *)pointer - 1;
    p->left += charge(b->size);
    sp__free(b, b->size);
}

void sp__proto_begin(sp__proto *p, size_t budget)
{
    *p = (sp__proto){.allocator = {.alloc = take, .free = give_back, .allocator_data = p}, .left = budget};
}

/* ---- the walk: is it well formed, and how deep? ---- */

typedef struct cursor {
    const uint8_t *p, *end;
    const char *wrong; /* why it stopped */
} cursor;

static bool stop(cursor *c, const char *why)
{
    c->wrong = why;
    return false;
}

static bool varint(cursor *c, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (c->p == c->end)
            return stop(c, "a number is cut off");
        uint8_t byte = *c->p++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = value;
            return true;
        }
    }
    return stop(c, "a number has more than 10 bytes");
}

static bool skip(cursor *c, uint64_t n)
{
    if (n > (uint64_t)(c->end - c->p))
        return stop(c, "a field runs past the end");
    c->p += n;
    return true;
}

/* Walks a message of type; on failure c->p is where. Texts become C strings: a zero in one would cut it. */
static bool walk(cursor *c, const ProtobufCMessageDescriptor *type, int depth)
{
    if (depth > SP__PROTO_MAX_DEPTH)
        return stop(c, "messages are nested too deep");
    while (c->p < c->end) {
        uint64_t key, n = 0;
        if (!varint(c, &key))
            return false;
        if (key >> 3 == 0 || key >> 3 > 0x1fffffff)
            return stop(c, "a field number is out of range");
        switch (key & 7) {
        case 0:
            if (!varint(c, &n))
                return false;
            continue;
        case 1:
        case 5:
            if (!skip(c, (key & 7) == 1 ? 8 : 4))
                return false;
            continue;
        case 2:
            break;
        default:
            return stop(c, "a field has an unknown wire type");
        }
        if (!varint(c, &n))
            return false;
        const uint8_t *start = c->p;
        if (!skip(c, n))
            return false;
        const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(type, (unsigned)(key >> 3));
        if (f && f->type == PROTOBUF_C_TYPE_STRING && !sp__utf8_ok(start, (size_t)n)) {
            c->p = start;
            return stop(c, "a text is not UTF-8");
        }
        if (!f || f->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        cursor inner = {.p = start, .end = start + n};
        if (!walk(&inner, f->descriptor, depth + 1)) {
            c->p = inner.p;
            return stop(c, inner.wrong);
        }
    }
    return true;
}

ProtobufCMessage *sp__proto_unpack(sp__proto *p, const sp__source *s, const ProtobufCMessageDescriptor *type,
                                   const uint8_t *data, size_t size, uint64_t at)
{
    cursor c = {.p = data, .end = data + size};
    if (!walk(&c, type, 1))
        return sp__fail(SP_ERR_FORMAT, "%s: %s, byte %llu: %s", s->what, s->path,
                        (unsigned long long)(at + (uint64_t)(c.p - data)), c.wrong);
    ProtobufCMessage *m = protobuf_c_message_unpack(type, &p->allocator, size, data);
    if (!m && p->exhausted)
        return sp__fail(SP_ERR_FORMAT, "%s: %s, byte %llu: needs far more memory than its size", s->what, s->path,
                        (unsigned long long)at);
    if (!m) /* SP_ERR_NOMEM is recorded already if that was the cause */
        return sp__fail(SP_ERR_FORMAT, "%s: %s, byte %llu: a field has another type than expected", s->what, s->path,
                        (unsigned long long)at);
    return m;
}

ProtobufCMessage *sp__proto_decode(sp__proto *p, sp__source *s, const ProtobufCMessageDescriptor *type)
{
    size_t size = (size_t)(s->size - s->at);
    uint8_t *bytes = sp__alloc(size);
    ProtobufCMessage *m = NULL;
    if (bytes && sp__source_read(s, bytes, size) == SP_OK)
        m = sp__proto_unpack(p, s, type, bytes, size, 0);
    sp__free(bytes, size);
    return m;
}

void sp__proto_free(sp__proto *p, void *message) { protobuf_c_message_free_unpacked(message, &p->allocator); }

/* ---- writing ---- */

typedef struct to_file {
    ProtobufCBuffer base; /* first, so that one is the other */
    sp__atomic *out;
} to_file;

static void append(ProtobufCBuffer *buffer, size_t n, const uint8_t *data)
{
    sp__atomic_write(((to_file *)(void *)buffer)->out, data, n); /* the first failure stays in `out` */
}

sp_status sp__proto_write(sp__atomic *out, const ProtobufCMessage *message)
{
    to_file f = {.base = {.append = append}, .out = out};
    protobuf_c_message_pack_to_buffer(message, &f.base);
    return out->status;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
