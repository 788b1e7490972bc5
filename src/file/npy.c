/* file/npy.c: arrays in NumPy's format (numpy.lib.format, versions 1.0 to 3.0).
 *
 *     93 'N' 'U' 'M' 'P' 'Y'   version (2 bytes)   length of the header (2 bytes in version 1, else 4, little endian)
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (64, 10), }      spaces and a newline up to a multiple of 64
 *     the elements */
#include "file/npy.h"

#include <stdlib.h>
#include <string.h>

#include "file/atomic.h"
#include "spore/ops.h"

static const char what[] = "npy";
static const char magic[] = "\x93NUMPY";

enum { MAGIC = 6, START = 10, ALIGN = 64, MAX_HEADER = 4096, MAX_CHARACTERS = 1 << 20 };

/* kind and bytes as NumPy writes them behind the byte order */
static const struct {
    const char *code;
    sp_dtype dtype;
} codes[] = {{"f4", SP_F32}, {"f8", SP_F64}, {"f2", SP_F16}, {"i1", SP_I8},  {"i2", SP_I16}, {"i4", SP_I32},
             {"i8", SP_I64}, {"u1", SP_U8},  {"u2", SP_U16}, {"u4", SP_U32}, {"u8", SP_U64}, {"b1", SP_BOOL}};
enum { CODES = sizeof codes / sizeof *codes };

/* ---- the header ---- */

typedef struct header {
    const sp__source *s;
    const char *at, *end;
    sp_dtype dtype;
    sp_shape shape;
    bool big_endian, fortran;
    bool texts;         /* a text is allowed                         */
    int64_t characters; /* of a text; 0: it holds numbers            */
    unsigned seen;      /* keys, by bits */
} header;

static bool bad(const header *h, const char *expected)
{
    size_t left = (size_t)(h->end - h->at);
    sp__err(SP_ERR_FORMAT, "%s: %s: found '%s' in its header, expected %s", what, h->s->path,
            sp__shown(h->at, SP__MIN(left, 24)), expected);
    return false;
}

static void skip_space(header *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t' || *h->at == '\r'))
        h->at++;
}

/* Takes c, and the space before it. */
static bool take(header *h, char c)
{
    skip_space(h);
    if (h->at == h->end || *h->at != c)
        return false;
    h->at++;
    return true;
}

static bool take_word(header *h, const char *word)
{
    size_t n = strlen(word);
    skip_space(h);
    if ((size_t)(h->end - h->at) < n || memcmp(h->at, word, n) != 0)
        return false;
    h->at += n;
    return true;
}

/* A Python text without escapes: *text and *n are what stands between the quotes. */
static bool take_text(header *h, const char **text, size_t *n)
{
    char quote = take(h, '\'') ? '\'' : take(h, '"') ? '"' : 0;
    const char *close = quote ? memchr(h->at, quote, (size_t)(h->end - h->at)) : NULL;
    if (!close)
        return bad(h, "a text in quotes");
    *text = h->at;
    *n = (size_t)(close - h->at);
    h->at = close + 1;
    return true;
}

/* "U12" behind the byte order: a text of 12 characters. */
static bool is_text(header *h, const char *text, size_t n)
{
    int64_t characters = 0;
    for (size_t i = 2; i < n && n < 10 && text[i] >= '0' && text[i] <= '9'; i++)
        characters = 10 * characters + (text[i] - '0');
    if (!h->texts || n < 3 || n >= 10 || text[1] != 'U' || !memchr("<>=", text[0], 3) || characters < 1 ||
        characters > MAX_CHARACTERS)
        return false;
    h->characters = characters;
    h->big_endian = text[0] == '>';
    return true;
}

static bool read_descr(header *h)
{
    skip_space(h);
    if (h->at < h->end && *h->at == '[')
        return sp__err(SP_ERR_UNSUPPORTED, "%s: %s holds records, expected numbers", what, h->s->path), false;
    const char *text;
    size_t n;
    if (!take_text(h, &text, &n))
        return false;
    for (int i = 0; i < CODES; i++)
        if (n == 3 && memcmp(text + 1, codes[i].code, 2) == 0 && memchr("<>|=", text[0], 4)) {
            h->dtype = codes[i].dtype;
            h->big_endian = text[0] == '>' && text[2] != '1';
            return true;
        }
    if (is_text(h, text, n))
        return true;
    sp__err(SP_ERR_UNSUPPORTED, "%s: %s holds elements of type '%s', expected bool, integers or floats", what,
            h->s->path, sp__shown(text, n));
    return false;
}

static bool read_order(header *h)
{
    h->fortran = take_word(h, "True");
    return h->fortran || take_word(h, "False") || bad(h, "True or False");
}

static bool read_dim(header *h, int64_t *dim)
{
    int64_t n = 0;
    const char *start = h->at;
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++) {
        if (n > (INT64_MAX - 9) / 10)
            return bad(h, "a dimension below 2^63");
        n = 10 * n + (*h->at - '0');
    }
    if (h->at == start)
        return bad(h, "a dimension");
    *dim = n;
    return true;
}

/* "(64, 10)", "(3,)", "()" */
static bool read_shape(header *h)
{
    h->shape = SP_SCALAR;
    if (!take(h, '('))
        return bad(h, "a shape");
    while (!take(h, ')')) {
        if (h->shape.rank == SP_MAX_RANK)
            return bad(h, "at most 8 dimensions");
        if (!read_dim(h, &h->shape.dim[h->shape.rank++]))
            return false;
        if (take(h, ','))
            continue;
        if (!take(h, ')'))
            return bad(h, "a comma or ')'");
        break;
    }
    return true;
}

/* Each key once, in any order; nothing else. */
static bool read_entry(header *h)
{
    static const struct {
        const char *key;
        bool (*read)(header *h);
    } keys[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};
    const char *text;
    size_t n;
    if (!take_text(h, &text, &n))
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (n == strlen(keys[i].key) && memcmp(text, keys[i].key, n) == 0 && !(h->seen & 1u << i)) {
            h->seen |= 1u << i;
            return (take(h, ':') || bad(h, "':'")) && keys[i].read(h);
        }
    sp__err(SP_ERR_FORMAT, "%s: %s: found the key '%s' in its header, expected descr, fortran_order, shape, once each",
            what, h->s->path, sp__shown(text, n));
    return false;
}

static bool read_dictionary(header *h)
{
    if (!take(h, '{'))
        return bad(h, "'{'");
    while (!take(h, '}')) {
        if (!read_entry(h))
            return false;
        if (take(h, ','))
            continue;
        if (!take(h, '}'))
            return bad(h, "a comma or '}'");
        break;
    }
    skip_space(h);
    if (h->at != h->end)
        return bad(h, "its end");
    return h->seen == 7 || bad(h, "descr, fortran_order and shape");
}

/* The bytes before the dictionary; its length in *n. */
static bool read_start(sp__source *s, size_t *n)
{
    uint8_t b[START + 2] = {0};
    if (sp__source_read(s, b, START) != SP_OK)
        return false;
    if (memcmp(b, magic, MAGIC) != 0 || b[6] < 1 || b[6] > 3) {
        sp__err(SP_ERR_FORMAT, "%s: %s starts with '%s', expected \\x93NUMPY and version 1, 2 or 3", what, s->path,
                sp__shown(b, MAGIC + 1));
        return false;
    }
    if (b[6] > 1 && sp__source_read(s, b + START, 2) != SP_OK)
        return false;
    *n = (size_t)b[8] | (size_t)b[9] << 8 | (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (*n <= MAX_HEADER)
        return true;
    sp__err(SP_ERR_FORMAT, "%s: %s has a header of %zu bytes, expected at most %d", what, s->path, *n, MAX_HEADER);
    return false;
}

/* ---- elements ---- */

static void swap_bytes(uint8_t *data, size_t count, size_t size)
{
    for (; count > 0; count--, data += size)
        for (size_t i = 0; i < size / 2; i++) {
            uint8_t b = data[i];
            data[i] = data[size - 1 - i];
            data[size - 1 - i] = b;
        }
}

/* The elements fill the rest of the file, so a shape can ask for no more memory than the file has. */
static sp_tensor *read_elements(sp__source *s, const header *h)
{
    int64_t count = sp_shape_size(h->shape);
    size_t size = sp_dtype_size(h->dtype), bytes = 0;
    uint64_t left = s->size - s->at;
    if (count < 0 || !sp__mul_size((size_t)count, size, &bytes) || bytes != left)
        return sp__fail(SP_ERR_FORMAT, "%s: %s has %llu bytes of elements, expected those of %s %s", what, s->path,
                        (unsigned long long)left, sp_dtype_name(h->dtype), sp__shape_text(h->shape));
    sp_shape shape = h->shape;
    for (int i = 0; h->fortran && i < shape.rank; i++) /* the first axis varies fastest: transposed below */
        shape.dim[i] = h->shape.dim[shape.rank - 1 - i];
    sp_tensor *t = sp__tensor_new(h->dtype, shape);
    if (!t || sp__source_read(s, sp__data_mut(t), bytes) != SP_OK)
        return NULL;
    uint8_t *data = sp__data_mut(t);
    if (h->big_endian)
        swap_bytes(data, (size_t)count, size);
    for (size_t i = 0; h->dtype == SP_BOOL && i < bytes; i++)
        data[i] = data[i] != 0;
    return h->fortran && shape.rank > 1 ? sp_transpose(t, 0, NULL) : t;
}

/* A text alone, 4 bytes a character. */
static char *read_characters(sp__source *s, const header *h)
{
    size_t bytes = 4 * (size_t)h->characters;
    if (h->shape.rank != 0 || bytes != s->size - s->at)
        return sp__fail(SP_ERR_UNSUPPORTED, "%s: %s holds texts of shape %s in %llu bytes, expected one text alone",
                        what, s->path, sp__shape_text(h->shape), (unsigned long long)(s->size - s->at));
    uint8_t *b = sp__alloc(bytes);
    char *text = NULL;
    const char *place = b ? sp__scope_printf("%s: %s", what, s->path) : ""; /* "" when memory is short */
    if (*place && sp__source_read(s, b, bytes) == SP_OK) {
        if (h->big_endian)
            swap_bytes(b, (size_t)h->characters, 4);
        text = sp__utf32_to_utf8(place, b, bytes);
    }
    sp__free(b, bytes);
    return text;
}

sp_tensor *sp__npy_read_record(sp__source *s, char **out)
{
    char text[MAX_HEADER];
    size_t n;
    if (!read_start(s, &n) || sp__source_read(s, text, n) != SP_OK)
        return NULL;
    header h = {.s = s, .at = text, .end = text + n, .texts = out != NULL};
    if (!read_dictionary(&h))
        return NULL;
    if (h.characters == 0)
        return read_elements(s, &h);
    *out = read_characters(s, &h);
    return NULL;
}

sp_tensor *sp__npy_read_source(sp__source *s) { return sp__npy_read_record(s, NULL); }

sp_tensor *sp_npy_read(const char *path)
{
    sp__source s;
    if (!sp__given("npy_read", 1, path) || sp__source_open(&s, what, path, UINT64_MAX) != SP_OK)
        return NULL;
    sp_tensor *t = sp__npy_read_source(&s);
    sp__source_close(&s);
    return t;
}

/* ---- writing ---- */

static const char *code_of(sp_dtype dtype)
{
    for (int i = 0; i < CODES; i++)
        if (codes[i].dtype == dtype)
            return codes[i].code;
    return NULL;
}

sp_status sp__npy_check(const char *what_writes, const char *name, const sp_tensor *t)
{
    if (code_of(t->dtype))
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: %s: NumPy has no %s, cast to Float32 first", what_writes, name,
                   sp_dtype_name(t->dtype));
}

/* Version 1.0; the elements begin at a multiple of 64 bytes. Returns the length. */
static size_t make_header(char out[SP__NPY_HEADER], char order, const char *code, const char *shape)
{
    char text[400]; /* a shape takes at most 8 x 21 characters */
    int n = snprintf(text, sizeof text, "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }", order, code, shape);
    size_t end = (START + (size_t)n + 1 + ALIGN - 1) / ALIGN * ALIGN;
    memset(out, ' ', end);
    memcpy(out, magic, MAGIC);
    memcpy(out + START, text, (size_t)n);
    out[6] = 1, out[7] = 0;
    out[8] = (char)((end - START) & 0xff), out[9] = (char)((end - START) >> 8);
    out[end - 1] = '\n';
    return end;
}

size_t sp__npy_header(char out[SP__NPY_HEADER], const sp_tensor *t)
{
    return make_header(out, sp_dtype_size(t->dtype) == 1 ? '|' : '<', code_of(t->dtype), sp__shape_text(t->shape));
}

size_t sp__npy_text_header(char out[SP__NPY_HEADER], size_t bytes)
{
    char code[32];
    snprintf(code, sizeof code, "U%zu", bytes / 4);
    return make_header(out, '<', code, "()");
}

static sp_status write_file(const char *path, const sp_tensor *t)
{
    char start[SP__NPY_HEADER];
    sp__atomic *out = sp__alloc(sizeof *out);
    if (!out)
        return sp_error();
    size_t n = sp__npy_header(start, t);
    sp_status st = sp__atomic_open(out, what, path);
    if (st == SP_OK)
        st = sp__atomic_write(out, start, n);
    if (st == SP_OK)
        st = sp__atomic_write(out, t->data, (size_t)t->size * sp_dtype_size(t->dtype));
    if (st == SP_OK)
        st = sp__atomic_commit(out);
    sp__atomic_abort(out);
    sp__free(out, sizeof *out);
    return st;
}

sp_status sp_npy_write(const char *path, const sp_tensor *t)
{
    if (!sp__given("npy_write", 1, path) || !sp__given("npy_write", 2, t))
        return SP_ERR_VALUE;
    if (sp__absent(t))
        return sp__err(SP_ERR_VALUE, "npy_write: %s: found no tensor, expected one", path);
    if (!t->data)
        return sp__err(SP_ERR_STATE, "npy_write: %s: the tensor is being traced and has no value yet", path);
    sp_status st = sp__npy_check("npy_write", path, t);
    return st == SP_OK ? write_file(path, t) : st;
}
