/* Graphs of MindSpore, PyTorch and ONNX's own cases with one field changed, every field in turn: a size that is huge or below 0, a text
 * that means nothing, a message that is missing, a list that is shorter, longer or in another order. Each is read, or refused with one
 * error; what is read is run (fuzz_graph.h). The fields come from the messages' descriptions, so a new one is changed too. */
#if SPORE_HAVE_PROTOBUF
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

#include "../fuzz/fuzz_graph.h"
#include "file/mindir.h"
#include "file/onnx_read.h"
#include "support/pack.h"

/* ---- one file that is changed ---- */

typedef struct file {
    ProtobufCMessage *whole;
    sp_graph *(*load)(sp__source *s);
    const char *what, *name;
    int changed, read; /* how many were tried, and how many of them were no error */
} file;

static void try_it(file *f)
{
    sp_scope scope = sp_scope_begin();
    size_t n = protobuf_c_message_get_packed_size(f->whole);
    uint8_t *bytes = malloc(n + 1);
    assert_non_null(bytes);
    protobuf_c_message_pack(f->whole, bytes);
    sp__source s;
    sp_graph *g = sp__source_memory(&s, f->what, bytes, n) == SP_OK ? f->load(&s) : NULL;
    f->changed++;
    f->read += g != NULL;
    if (!g && !sp_error_text()[0])
        fail_msg("%s: neither a graph nor an error", f->name);
    use_graph(g);
    free(bytes);
    sp_scope_end(scope);
}

/* ---- values of a field, one after the other ---- */

static void change_integer(file *f, const ProtobufCFieldDescriptor *d, void *at)
{
    static const int64_t values[] = {-1, 0, 1, 2, 3, 7, 16, INT32_MAX, INT64_MAX, INT64_MIN};
    const bool wide = d->type == PROTOBUF_C_TYPE_INT64 || d->type == PROTOBUF_C_TYPE_UINT64;
    int64_t *v64 = at;
    int32_t *v32 = at;
    const int64_t was = wide ? *v64 : *v32;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (wide)
            *v64 = values[i];
        else
            *v32 = (int32_t)values[i];
        try_it(f);
    }
    if (wide)
        *v64 = was;
    else
        *v32 = (int32_t)was;
}

static void change_real(file *f, const ProtobufCFieldDescriptor *d, void *at)
{
    static const double values[] = {0, -1, 1e30, (double)NAN};
    const bool wide = d->type == PROTOBUF_C_TYPE_DOUBLE;
    double *v64 = at;
    float *v32 = at;
    const double was = wide ? *v64 : (double)*v32;
    for (int i = 0; i < 5; i++) {
        const double v = i < 4 ? values[i] : was;
        if (wide)
            *v64 = v;
        else
            *v32 = (float)v;
        if (i < 4)
            try_it(f);
    }
}

static void change_text(file *f, char **at)
{
    static char empty[] = "", other[] = "other", folder[] = "../x";
    char *was = *at;
    char *values[] = {empty, other, folder};
    for (int i = 0; i < 3; i++) {
        *at = values[i];
        try_it(f);
    }
    *at = was;
}

static void change_bytes(file *f, ProtobufCBinaryData *at)
{
    const ProtobufCBinaryData was = *at;
    uint8_t *copy = malloc(was.len + 1);
    assert_non_null(copy);
    for (size_t n = 0; n < 2 && n < was.len; n++) { /* shorter */
        at->len = n ? was.len - n : 0;
        try_it(f);
    }
    at->data = copy;
    memcpy(copy, was.data, was.len);
    copy[was.len] = 0;
    at->len = was.len + 1;
    try_it(f);
    at->len = was.len;
    static const uint8_t fills[] = {0xff, 0x7f, 0x80, 0, 1, 'X'};
    for (size_t i = 0; i < sizeof fills; i++) {
        memset(copy, fills[i], was.len < 8 ? was.len : 8);
        try_it(f);
    }
    free(copy);
    *at = was;
}

static void change_message(file *f, ProtobufCMessage *m);

/* An element, or a field that stands there once. */
static void change_value(file *f, const ProtobufCFieldDescriptor *d, void *at)
{
    switch (d->type) {
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        change_real(f, d, at);
        break;
    case PROTOBUF_C_TYPE_STRING:
        change_text(f, at);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        change_bytes(f, at);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        change_message(f, *(ProtobufCMessage **)at);
        break;
    default:
        change_integer(f, d, at);
    }
}

static size_t size_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    default:
        return 4;
    }
}

/* ---- lists ---- */

static void change_list(file *f, const ProtobufCFieldDescriptor *d, size_t *n, uint8_t **list)
{
    const size_t size = size_of(d->type), was = *n;
    uint8_t *old = *list;
    for (size_t i = 0; i < was && i < 12; i++)
        change_value(f, d, old + i * size);
    if (was == 0)
        return;
    for (size_t fewer = was > 1 ? 2 : 1; fewer-- > 0;) {
        *n = fewer ? was - 1 : 0;
        try_it(f);
    }
    uint8_t *copy = malloc((was + 9) * size);
    assert_non_null(copy);
    memcpy(copy, old, was * size);
    for (size_t more = 0; more < 9; more++)
        memcpy(copy + (was + more) * size, old + (was - 1) * size, size);
    *list = copy;
    for (size_t more = 1; more <= 9; more += 8) {
        *n = was + more;
        try_it(f);
    }
    *n = was;
    for (size_t i = 0; i < was; i++) /* in the opposite order */
        memcpy(copy + i * size, old + (was - 1 - i) * size, size);
    try_it(f);
    *list = old;
    free(copy);
}

/* ---- messages ---- */

/* Unset, then changed. */
static void change_field(file *f, ProtobufCMessage *m, const ProtobufCFieldDescriptor *d)
{
    uint8_t *at = (uint8_t *)m + d->offset, *quantifier = (uint8_t *)m + d->quantifier_offset;
    if (d->label == PROTOBUF_C_LABEL_REPEATED) {
        change_list(f, d, (size_t *)(void *)quantifier, (uint8_t **)(void *)at);
        return;
    }
    if (d->type == PROTOBUF_C_TYPE_STRING || d->type == PROTOBUF_C_TYPE_MESSAGE) {
        void **pointer = (void **)(void *)at, *was = *pointer;
        if (!was)
            return;
        *pointer = NULL;
        try_it(f);
        *pointer = was;
        change_value(f, d, at);
        return;
    }
    protobuf_c_boolean *has = (protobuf_c_boolean *)(void *)quantifier, had = *has;
    *has = !had;
    if (d->type != PROTOBUF_C_TYPE_BYTES || had)
        try_it(f);
    *has = had;
    if (had)
        change_value(f, d, at);
}

static void change_message(file *f, ProtobufCMessage *m)
{
    for (unsigned i = 0; i < m->descriptor->n_fields; i++)
        change_field(f, m, &m->descriptor->fields[i]);
}

/* ---- the files ---- */

static sp_graph *load_onnx(sp__source *s) { return sp__onnx_load_source(s, NULL); }
static sp_graph *load_mindir(sp__source *s) { return sp__mindir_load_source(s, NULL); }

enum { LARGE = 3000, EVERY = 1 };

typedef struct tally {
    int seen, changed, read;
} tally;

static void change_model(const test_pack_case *c, tally *all, file f, const ProtobufCMessageDescriptor *d)
{
    if (c->size > LARGE || all->seen++ % EVERY)
        return;
    f.name = c->name;
    f.whole = protobuf_c_message_unpack(d, NULL, c->size, c->model);
    assert_non_null(f.whole);
    change_message(&f, f.whole);
    protobuf_c_message_free_unpacked(f.whole, NULL);
    all->changed += f.changed;
    all->read += f.read;
}

static void change_onnx(const test_pack_case *c, void *user)
{
    change_model(c, user, (file){.load = load_onnx, .what = "onnx"}, &sp__onnx__model__descriptor);
}

static void change_mindir(const test_pack_case *c, void *user)
{
    change_model(c, user, (file){.load = load_mindir, .what = "mindir"}, &sp__mindir__model__descriptor);
}

static void some_of_many(const tally *t) { assert_true(t->changed > 10000 && t->read > 500 && t->read < t->changed); }

TEST(onnx_files_of_one_operator_changed)
{
    tally t = {0};
    test_pack_visit("tests/fixtures/onnx/nodes.pack", ".onnx", change_onnx, &t);
    some_of_many(&t);
}

TEST(cases_of_the_onnx_standard_changed)
{
    tally t = {0};
    test_pack_visit("tests/fixtures/onnx/standard.pack", ".onnx", change_onnx, &t);
    some_of_many(&t);
}

TEST(exports_of_mindspore_2_10_changed)
{
    tally t = {0};
    test_pack_visit("tests/fixtures/mindspore/2.10.0/exports.pack", ".mindir", change_mindir, &t);
    some_of_many(&t);
}

TEST(exports_of_mindspore_2_0_changed)
{
    tally t = {0};
    test_pack_visit("tests/fixtures/mindspore/2.0.0/exports.pack", ".mindir", change_mindir, &t);
    some_of_many(&t);
}

TEST_MAIN()

#else
int main(void) { return 77; /* skipped: nothing can be read */ }
#endif
