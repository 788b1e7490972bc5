/* file/safetensors_header.c: what a header says, every word of it checked.
 *
 *     {"__metadata__": {"format": "ms"}, "fc.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
 *
 * jansson decodes one text or one tensor's description at a time, so that a header of many megabytes never stands in memory
 * as a tree, which would take some twenty times as much. */
#include "file/safetensors.h"

#include <stdlib.h>
#include <string.h>

static const char what[] = "safetensors";

static const char *const type_names[] = {
    [SP_F32] = "F32", [SP_F64] = "F64", [SP_F16] = "F16",  [SP_BF16] = "BF16", [SP_I8] = "I8",
    [SP_I16] = "I16", [SP_I32] = "I32", [SP_I64] = "I64",  [SP_U8] = "U8",     [SP_U16] = "U16",
    [SP_U32] = "U32", [SP_U64] = "U64", [SP_BOOL] = "BOOL"};

const char *sp__st_type_name(sp_dtype dtype) { return type_names[dtype]; }

void sp__st_header_free(sp__st_header *h)
{
    sp__free(h->tensors, (size_t)h->capacity * sizeof *h->tensors);
    sp__free(h->texts, (size_t)h->texts_capacity * sizeof *h->texts);
    *h = (sp__st_header){0};
}

#if !SPORE_HAVE_JANSSON

sp_status sp__st_header_read(sp__st_header *h, const char *path, const char *json, size_t n, uint64_t data_size)
{
    (void)h, (void)json, (void)n, (void)data_size;
    return sp__err(SP_ERR_UNSUPPORTED, "%s: %s: this library was built without jansson, which reading them needs", what,
                   path);
}

#else

#include <jansson.h>

#ifdef SPORE_LAZY_JANSSON
#include "base/lazy/jansson.h"
SP__LIBRARY_DEFINE(library, JANSSON, jansson);

static sp_status load(const char *path)
{
    if (sp__library_load(&library))
        return SP_OK;
    return sp__err(SP_ERR_UNSUPPORTED, "%s: %s: jansson, which reading them needs, is missing: %s", what, path,
                   library.why);
}
#else
static sp_status load(const char *path)
{
    (void)path;
    return SP_OK;
}
#endif

enum { MAX_NAME = 16 << 10, MAX_DESCRIPTION = 4 << 10, MAX_TEXT = 4 << 20 }; /* bytes of JSON */

typedef struct reader {
    sp__st_header *header;
    const char *path;
    const char *json, *at, *end; /* what is left of the text: at .. end */
    uint64_t data_size;
} reader;

/* ---- JSON, a piece at a time ---- */

static sp_status bad_json(const reader *r, const char *expected)
{
    size_t left = (size_t)(r->end - r->at);
    return sp__err(SP_ERR_FORMAT, "%s: %s: found '%s' at byte %zu of its header, expected %s", what, r->path,
                   sp__shown(r->at, SP__MIN(left, 24)), (size_t)(r->at - r->json), expected);
}

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* Takes c, and the space around it. */
static bool take(reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    skip_space(r);
    return true;
}

/* The value that begins here, of at most `limit` bytes; NULL on failure. Let go of by drop(). */
static json_t *take_value(reader *r, size_t limit, const char *name)
{
    json_error_t error;
    size_t left = (size_t)(r->end - r->at);
    json_t *v = json_loadb(r->at, SP__MIN(left, limit),
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);
    if (v) {
        r->at += error.position;
        return v;
    }
    const char *of = *name ? sp__scope_printf(", '%s'", sp__shown(name, strlen(name))) : "";
    if (json_error_code(&error) == json_error_out_of_memory)
        return sp__fail(SP_ERR_NOMEM, "%s: %s%s: out of memory", what, r->path, of);
    if (json_error_code(&error) == json_error_premature_end_of_input && left > limit)
        return sp__fail(SP_ERR_FORMAT, "%s: %s%s: more than %zu bytes in its header", what, r->path, of, limit);
    return sp__fail(SP_ERR_FORMAT, "%s: %s%s: byte %zu of its header: %s", what, r->path, of,
                    (size_t)(r->at - r->json) + (size_t)error.position, sp__shown(error.text, strlen(error.text)));
}

/* Only values that nobody else holds are let go of here (the inline json_decref would call jansson by its plain name). */
static void drop(json_t *v)
{
    if (v && v->refcount == 1)
        json_delete(v);
}

/* A text, copied to the current scope; NULL on failure. */
static const char *take_text(reader *r, size_t limit, const char *name)
{
    if (r->at == r->end || *r->at != '"') {
        bad_json(r, "a text in quotes");
        return NULL;
    }
    json_t *v = take_value(r, limit, name);
    const char *text = v ? sp__scope_copy(json_string_value(v)) : NULL;
    drop(v);
    return text;
}

/* An object: calls pair for each of its keys, none of which may come twice, with the reader at the value. */
static sp_status take_object(reader *r, const char *name, sp_status (*pair)(reader *r, const char *key))
{
    if (!take(r, '{'))
        return bad_json(r, "'{'");
    if (take(r, '}'))
        return SP_OK;
    sp__names seen = {0};
    sp_status st;
    do {
        const char *key = take_text(r, MAX_NAME, name);
        st = key ? SP_OK : sp_error();
        if (st == SP_OK && sp__names_find(&seen, key) != SP__NAME_NONE)
            st = sp__err(SP_ERR_FORMAT, "%s: %s: found '%s' twice in its header, expected it once", what, r->path,
                         sp__shown(key, strlen(key)));
        if (st == SP_OK && !sp__names_put(&seen, key, 0))
            st = sp_error();
        if (st == SP_OK)
            st = take(r, ':') ? pair(r, key) : bad_json(r, "':'");
    } while (st == SP_OK && take(r, ','));
    sp__names_free(&seen);
    return st != SP_OK || take(r, '}') ? st : bad_json(r, "a comma or '}'");
}

/* ---- texts ---- */

static sp_status read_text(reader *r, const char *key)
{
    sp__st_header *h = r->header;
    const char *text = take_text(r, MAX_TEXT, key);
    if (!text)
        return sp_error();
    if (h->n_texts >= SP__ST_MAX_TENSORS)
        return sp__err(SP_ERR_FORMAT, "%s: %s: more than %lld texts", what, r->path, (long long)SP__ST_MAX_TENSORS);
    if (!sp__grow(&h->texts, h->n_texts, &h->texts_capacity, sizeof *h->texts))
        return sp_error();
    h->texts[h->n_texts++] = (sp_entry){.name = key, .text = text};
    return SP_OK;
}

/* ---- tensors ---- */

static sp_status bad_tensor(const reader *r, const char *name, const char *found)
{
    return sp__err(SP_ERR_FORMAT, "%s: %s, tensor '%s': found %s", what, r->path, sp__shown(name, strlen(name)), found);
}

static sp_status read_type(const reader *r, sp__st_tensor *t, const json_t *v)
{
    const char *text = v ? json_string_value(v) : NULL;
    if (!text)
        return bad_tensor(r, t->name, "no dtype, expected a text");
    for (int i = 0; i < SP_DTYPE_COUNT_; i++)
        if (strcmp(text, type_names[i]) == 0) {
            t->dtype = (sp_dtype)i;
            return SP_OK;
        }
    return sp__err(SP_ERR_UNSUPPORTED, "%s: %s, tensor '%s': dtype '%s' is not supported", what, r->path,
                   sp__shown(t->name, strlen(t->name)), sp__shown(text, strlen(text)));
}

/* Whole numbers from 0, at most `most` of them; how many, -1 if v is something else. */
static int whole_numbers(const json_t *v, int64_t *out, int most)
{
    size_t n = v && json_is_array(v) ? json_array_size(v) : SIZE_MAX;
    if (n > (size_t)most)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const json_t *x = json_array_get(v, i);
        if (!x || !json_is_integer(x) || json_integer_value(x) < 0)
            return -1;
        out[i] = json_integer_value(x);
    }
    return (int)n;
}

static sp_status read_shape(const reader *r, sp__st_tensor *t, const json_t *v)
{
    int64_t dims[SP_MAX_RANK];
    int rank = whole_numbers(v, dims, SP_MAX_RANK);
    if (rank < 0)
        return bad_tensor(r, t->name, "no shape, expected at most 8 whole numbers");
    t->shape = sp_shape_new(rank, dims);
    return SP_OK;
}

static sp_status read_offsets(const reader *r, sp__st_tensor *t, const json_t *v)
{
    int64_t offsets[2];
    if (whole_numbers(v, offsets, 2) != 2)
        return bad_tensor(r, t->name, "no data_offsets, expected two whole numbers");
    t->begin = (uint64_t)offsets[0];
    t->end = (uint64_t)offsets[1];
    int64_t size = sp_shape_size(t->shape);
    size_t bytes;
    if (size < 0 || !sp__mul_size((size_t)size, sp_dtype_size(t->dtype), &bytes) || t->end < t->begin ||
        t->end - t->begin != bytes)
        return bad_tensor(r, t->name,
                          sp__scope_printf("bytes %lld to %lld, expected those of %s %s", (long long)offsets[0],
                                           (long long)offsets[1], sp_dtype_name(t->dtype), sp__shape_text(t->shape)));
    if (t->end > r->data_size)
        return bad_tensor(r, t->name,
                          sp__scope_printf("bytes up to %lld, the file has %llu behind its header (cut off?)",
                                           (long long)offsets[1], (unsigned long long)r->data_size));
    return SP_OK;
}

static sp_status add_tensor(reader *r, const json_t *v, const char *name)
{
    sp__st_header *h = r->header;
    sp__st_tensor t = {.name = name};
    if (!json_is_object(v))
        return bad_tensor(r, name, "no description, expected dtype, shape and data_offsets");
    sp_status st = read_type(r, &t, json_object_get(v, "dtype"));
    if (st == SP_OK)
        st = read_shape(r, &t, json_object_get(v, "shape"));
    if (st == SP_OK)
        st = read_offsets(r, &t, json_object_get(v, "data_offsets"));
    if (st == SP_OK && !sp__grow(&h->tensors, h->n, &h->capacity, sizeof *h->tensors))
        st = sp_error();
    if (st == SP_OK)
        h->tensors[h->n++] = t;
    return st;
}

static sp_status read_pair(reader *r, const char *key)
{
    if (strcmp(key, "__metadata__") == 0)
        return take_object(r, key, read_text);
    if (*key == 0)
        return sp__err(SP_ERR_FORMAT, "%s: %s: a tensor has no name", what, r->path);
    if (r->header->n >= SP__ST_MAX_TENSORS)
        return sp__err(SP_ERR_FORMAT, "%s: %s: more than %lld tensors", what, r->path, (long long)SP__ST_MAX_TENSORS);
    json_t *v = take_value(r, MAX_DESCRIPTION, key);
    sp_status st = v ? add_tensor(r, v, key) : sp_error();
    drop(v);
    return st;
}

/* ---- where the elements lie: one tensor after the other, no byte unused, none used twice ---- */

static int by_place(const void *a, const void *b)
{
    const sp__st_tensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static sp_status check_places(const reader *r)
{
    const sp__st_header *h = r->header;
    uint64_t end = 0;
    if (h->n > 0)
        qsort(h->tensors, (size_t)h->n, sizeof *h->tensors, by_place);
    for (int64_t i = 0; i < h->n; i++) {
        const sp__st_tensor *t = &h->tensors[i];
        if (t->begin != end)
            return bad_tensor(r, t->name,
                              sp__scope_printf("it begins at byte %llu, expected byte %llu, where the one before ends",
                                               (unsigned long long)t->begin, (unsigned long long)end));
        end = t->end;
    }
    if (end != r->data_size)
        return sp__err(SP_ERR_FORMAT, "%s: %s: its tensors have %llu bytes, the file has %llu behind its header", what,
                       r->path, (unsigned long long)end, (unsigned long long)r->data_size);
    return SP_OK;
}

sp_status sp__st_header_read(sp__st_header *h, const char *path, const char *json, size_t n, uint64_t data_size)
{
    reader r = {.header = h, .path = path, .json = json, .at = json, .end = json + n, .data_size = data_size};
    sp_status st = load(path);
    if (st == SP_OK && (n == 0 || json[0] != '{'))
        st = bad_json(&r, "'{'");
    if (st == SP_OK)
        st = take_object(&r, "", read_pair);
    if (st == SP_OK && r.at != r.end)
        st = bad_json(&r, "its end");
    return st == SP_OK ? check_places(&r) : st;
}

#endif
