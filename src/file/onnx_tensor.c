/* file/onnx_tensor.c: elements of initializers and constants. They stand in raw_data, in a list of numbers by type, or in
 * a file of their own. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_read.h"

#define EXTERNAL 1 /* data_location */

static const char *shown(const char *s) { return sp__shown(s, strlen(s)); }

sp_status sp__ox_describe(const sp__source *s, const sp__ox_tensor *t, const char *what, sp__desc *out)
{
    out->dtype = sp__onnx_dtype(t->has_data_type ? t->data_type : 0);
    if (out->dtype == SP_DTYPE_COUNT_)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: %s has element type %d, which is not supported", s->path, what,
                       t->data_type);
    if (t->n_dims > SP_MAX_RANK)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: %s has %zu dimensions, at most %d are supported", s->path, what,
                       t->n_dims, SP_MAX_RANK);
    out->shape = sp_shape_new((int)t->n_dims, t->dims);
    if (sp_shape_size(out->shape) < 0)
        return sp__err(SP_ERR_FORMAT, "onnx: %s: %s has the invalid shape %s", s->path, what,
                       sp__shape_text(out->shape));
    return SP_OK;
}

/* ---- where they stand ---- */

/* A number of at most 63 bits, in digits; false if it is none. */
static bool digits(const char *text, int64_t *out)
{
    int64_t v = 0;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9' || v > (INT64_MAX - 9) / 10)
            return false;
        v = 10 * v + (*p - '0');
    }
    *out = v;
    return *text != '\0';
}

static bool external_part(const sp__source *s, const sp__ox_tensor *t, const char *what, sp__external_part *part)
{
    for (size_t i = 0; i < t->n_external_data; i++) {
        const char *key = t->external_data[i]->key, *value = t->external_data[i]->value;
        bool ok = key && value;
        if (ok && strcmp(key, "location") == 0)
            part->location = value;
        else if (ok && strcmp(key, "offset") == 0)
            ok = digits(value, &part->offset);
        else if (ok && strcmp(key, "length") == 0)
            ok = digits(value, &part->length);
        if (!ok) {
            sp__err(SP_ERR_FORMAT, "onnx: %s: %s: its external data has the %s '%s'", s->path, what,
                    key ? shown(key) : "?", value ? shown(value) : "");
            return false;
        }
    }
    return true;
}

/* The list of numbers that a type stands in, and how many there are; NULL: it has none. */
static const void *numbers_of(const sp__ox_tensor *t, sp_dtype type, size_t *n, sp_dtype *stored)
{
    switch (type) {
    case SP_F32:
        *n = t->n_float_data, *stored = SP_F32;
        return t->float_data;
    case SP_F64:
        *n = t->n_double_data, *stored = SP_F64;
        return t->double_data;
    case SP_I64:
        *n = t->n_int64_data, *stored = SP_I64;
        return t->int64_data;
    case SP_U32:
    case SP_U64:
        *n = t->n_uint64_data, *stored = SP_U64;
        return t->uint64_data;
    default: /* the bits of 16-bit floats, too */
        *n = t->n_int32_data, *stored = SP_I32;
        return t->int32_data;
    }
}

/* The numbers of a list, counted before memory for them is taken. */
static bool counted(const sp__source *s, const sp__ox_tensor *t, const char *what, sp__desc d)
{
    size_t n = 0;
    sp_dtype stored;
    numbers_of(t, d.dtype, &n, &stored);
    if (n == (size_t)sp_shape_size(d.shape))
        return true;
    sp__err(SP_ERR_FORMAT, "onnx: %s: %s: %zu numbers for %s %s, expected %lld", s->path, what, n,
            sp_dtype_name(d.dtype), sp__shape_text(d.shape), (long long)sp_shape_size(d.shape));
    return false;
}

/* A list's numbers in the type's own width: the bytes above must be those that its sign extends to. Little endian. */
static bool read_numbers(const sp__source *s, const sp__ox_tensor *t, const char *what, sp_tensor *y)
{
    size_t n = 0, width = sp_dtype_size(y->dtype);
    sp_dtype stored = y->dtype;
    const uint8_t *numbers = numbers_of(t, y->dtype, &n, &stored);
    bool sign = y->dtype == SP_I8 || y->dtype == SP_I16;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *from = numbers + i * sp_dtype_size(stored);
        uint8_t above = sign && from[width - 1] & 0x80 ? 0xff : 0;
        memcpy((uint8_t *)sp__data_mut(y) + i * width, from, width);
        for (size_t k = width; k < sp_dtype_size(stored); k++)
            if (from[k] != above) {
                sp__err(SP_ERR_FORMAT, "onnx: %s: %s: number %zu is out of the range of %s", s->path, what, i,
                        sp_dtype_name(y->dtype));
                return false;
            }
    }
    return true;
}

static bool are_bool(const sp__source *s, const sp_tensor *y, const char *what)
{
    const uint8_t *b = y->data;
    for (int64_t i = 0; y->dtype == SP_BOOL && i < y->size; i++)
        if (b[i] > 1) {
            sp__err(SP_ERR_FORMAT, "onnx: %s: %s: element %lld of Bool is %d, expected 0 or 1", s->path, what,
                    (long long)i, b[i]);
            return false;
        }
    return true;
}

/* How many bytes the file holds must be known before memory for them is taken. */
static bool enough(const sp__source *s, const sp__ox_tensor *t, const char *what, sp__desc d,
                   const sp__external_part *x)
{
    size_t bytes = (size_t)sp_shape_size(d.shape) * sp_dtype_size(d.dtype); /* a valid shape has below 2^60 elements */
    size_t given = x ? (size_t)x->length : t->raw_data.len;
    if (given == bytes)
        return true;
    sp__err(SP_ERR_FORMAT, "onnx: %s: %s: %zu bytes for %s %s, expected %zu", s->path, what, given,
            sp_dtype_name(d.dtype), sp__shape_text(d.shape), bytes);
    return false;
}

sp_tensor *sp__ox_elements(const sp__source *s, const sp__ox_tensor *t, const char *what, sp__external *files)
{
    sp__desc d;
    sp__external_part part = {.length = -1};
    bool external = t->has_data_location && t->data_location == EXTERNAL;
    if (sp__ox_describe(s, t, what, &d) != SP_OK || (external && !external_part(s, t, what, &part)))
        return NULL;
    if (external && part.length < 0) /* it may be left out */
        part.length = sp_shape_size(d.shape) * (int64_t)sp_dtype_size(d.dtype);
    bool raw = external || t->has_raw_data;
    if (raw ? !enough(s, t, what, d, external ? &part : NULL) : !counted(s, t, what, d))
        return NULL;
    if (external && !sp__external_reserve(files, &part, what))
        return NULL;
    sp_tensor *y = sp__tensor_new(d.dtype, d.shape);
    if (!y)
        return NULL;
    size_t bytes = (size_t)y->size * sp_dtype_size(y->dtype);
    if (external && !sp__external_read(files, &part, sp__data_mut(y), bytes))
        return NULL;
    if (!external && raw && bytes > 0)
        memcpy(sp__data_mut(y), t->raw_data.data, bytes);
    if (!raw && !read_numbers(s, t, what, y))
        return NULL;
    return are_bool(s, y, what) ? y : NULL;
}

/* ---- Constant ---- */

static sp_tensor *of_floats(size_t n, const float *v, bool scalar)
{
    sp_shape shape = {.rank = scalar ? 0 : 1, .dim = {(int64_t)n}};
    sp_tensor *y = sp__tensor_new(SP_F32, shape);
    if (y && n > 0)
        memcpy(sp__data_mut(y), v, n * sizeof *v);
    return y;
}

static sp_tensor *of_ints(size_t n, const int64_t *v, bool scalar)
{
    sp_shape shape = {.rank = scalar ? 0 : 1, .dim = {(int64_t)n}};
    sp_tensor *y = sp__tensor_new(SP_I64, shape);
    if (y && n > 0)
        memcpy(sp__data_mut(y), v, n * sizeof *v);
    return y;
}

sp_tensor *sp__ox_constant(const sp__ox_model *m, const sp__ox_node *node)
{
    const char *name = node->n_output ? node->output[0] : "";
    const char *what = sp__scope_printf("constant '%s'", shown(name));
    const sp__ox_attr *a = node->n_attribute == 1 ? node->attribute[0] : NULL;
    const char *kind = a && a->name ? a->name : "";
    if (strcmp(kind, "value") == 0 && a->t)
        return sp__ox_elements(m->source, a->t, what, m->files);
    if (strcmp(kind, "value_float") == 0)
        return of_floats(1, &a->f, true);
    if (strcmp(kind, "value_floats") == 0)
        return of_floats(a->n_floats, a->floats, false);
    if (strcmp(kind, "value_int") == 0)
        return of_ints(1, &a->i, true);
    if (strcmp(kind, "value_ints") == 0)
        return of_ints(a->n_ints, a->ints, false);
    return sp__fail(SP_ERR_UNSUPPORTED, "onnx: %s: %s has the value '%s', expected one tensor or numbers",
                    m->source->path, what, shown(kind));
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
