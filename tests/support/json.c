/* json.c: recorded answers in JSON, for tests. */
#include "support/json.h"

#ifdef SPORE_HAVE_JANSSON

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/npy.h"
#include "tensor/tensor.h"

/* ---- files ---- */

/* The file's bytes and a 0, to be freed; NULL if it cannot be read. */
static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t used = 0;
    for (size_t room = 1 << 16; file; room *= 2) {
        char *more = realloc(text, room + 1);
        if (!more)
            break;
        text = more;
        used += fread(text + used, 1, room - used, file);
        if (used < room)
            break;
    }
    if (file)
        fclose(file);
    if (text)
        text[used] = '\0';
    return text;
}

/* Copies json, with quotes around integers of 19 and more digits. */
static char *quote_long_integers(const char *json)
{
    char *out = malloc(2 * strlen(json) + 1), *to = out;
    bool in_text = false;
    while (out && *json) {
        size_t digits = in_text ? 0 : strspn(json, "-0123456789");
        bool quote = digits >= 19 && !strchr(".eE", json[digits]);
        size_t n = digits > 0 ? digits + strspn(json + digits, "+-.eE0123456789") : 1;
        if (*json == '"')
            in_text = !in_text;
        else if (in_text && *json == '\\' && json[1])
            n = 2;
        if (quote)
            *to++ = '"';
        memcpy(to, json, n);
        to += n;
        json += n;
        if (quote)
            *to++ = '"';
    }
    if (out)
        *to = '\0';
    return out;
}

json_t *test_json_load(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", SPORE_TEST_DIR, name);
    char *text = read_all(path);
    char *quoted = text ? quote_long_integers(text) : NULL;
    json_error_t error = {.text = "cannot be read"};
    json_t *json = quoted ? json_loads(quoted, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error) : NULL;
    if (!json)
        fprintf(stderr, "json: %s: line %d: %s\n", path, error.line, error.text);
    free(quoted);
    free(text);
    return json;
}

/* ---- tensors ---- */

sp_shape test_json_shape(const json_t *dims)
{
    int64_t dim[SP_MAX_RANK];
    size_t rank = json_array_size(dims);
    if (!json_is_array(dims) || rank > SP_MAX_RANK)
        return sp_shape_new(-1, NULL);
    for (size_t i = 0; i < rank; i++)
        dim[i] = json_integer_value(json_array_get(dims, i));
    return sp_shape_new((int)rank, dim);
}

typedef struct filler {
    char *data;
    sp_dtype dtype;
    int64_t count, size; /* elements written, elements there are */
} filler;

static bool number_of(const json_t *value, double *out)
{
    const char *text = json_string_value(value);
    *out = text ? strtod(text, NULL) : json_number_value(value);
    return json_is_number(value) || text;
}

/* Integers keep all their 64 bits: the low bytes of the little-endian number. */
static bool put_integer(filler *f, const json_t *value)
{
    const char *text = json_string_value(value);
    uint64_t bits = (uint64_t)json_integer_value(value);
    if (text)
        bits = *text == '-' ? (uint64_t)strtoll(text, NULL, 10) : (uint64_t)strtoull(text, NULL, 10);
    size_t size = sp_dtype_size(f->dtype);
    memcpy(f->data + (size_t)f->count++ * size, &bits, size);
    return text || json_is_integer(value);
}

/* One value, or a list of values of any depth. */
static bool put_values(filler *f, const json_t *value)
{
    double number;
    bool ok = true;
    if (json_is_array(value)) {
        for (size_t i = 0; ok && i < json_array_size(value); i++)
            ok = put_values(f, json_array_get(value, i));
        return ok;
    }
    if (f->count == f->size)
        return false;
    if (sp_dtype_is_float(f->dtype)) {
        ok = number_of(value, &number);
        sp__store(f->data, f->dtype, f->count++, number);
        return ok;
    }
    if (f->dtype != SP_BOOL)
        return put_integer(f, value);
    f->data[f->count++] = json_is_true(value) ? 1 : 0;
    return json_is_boolean(value);
}

static bool put_hex(filler *f, const char *hex)
{
    size_t size = (size_t)f->size * sp_dtype_size(f->dtype);
    if (strlen(hex) != 2 * size || strspn(hex, "0123456789abcdefABCDEF") != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        char byte[3] = {hex[2 * i], hex[2 * i + 1], 0};
        f->data[i] = (char)strtol(byte, NULL, 16);
    }
    f->count = f->size;
    return true;
}

static sp_tensor *inline_tensor(const json_t *spec, sp_dtype dtype, sp_shape shape)
{
    filler f = {.dtype = dtype, .size = sp_shape_size(shape)};
    if (dtype == SP_DTYPE_COUNT_ || f.size < 0 || f.size > (1 << 26))
        return NULL;
    f.data = malloc((size_t)f.size * sp_dtype_size(dtype) + 1);
    const char *hex = json_string_value(json_object_get(spec, "data"));
    const json_t *values = json_object_get(spec, "values");
    if (!values && !hex)
        values = json_object_get(spec, "data");
    bool ok = f.data && (hex ? put_hex(&f, hex) : values && put_values(&f, values)) && f.count == f.size;
    sp_tensor *t = ok ? sp_from(f.data, dtype, shape) : NULL;
    free(f.data);
    return t;
}

sp_tensor *test_json_tensor(const json_t *spec, const char *folder)
{
    const char *id = json_string_value(json_object_get(spec, "id"));
    const char *type = json_string_value(json_object_get(spec, "dtype"));
    const char *npy = json_string_value(json_object_get(spec, "npy"));
    sp_shape shape = test_json_shape(json_object_get(spec, "shape"));
    sp_dtype dtype = type ? sp_dtype_named(type) : SP_F32;
    sp_tensor *t;
    if (npy) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s/%s", SPORE_TEST_DIR, folder, npy);
        t = test_npy_read(path);
        if (t && (!sp_shape_equal(sp_shape_of(t), shape) || sp_dtype_of(t) != dtype))
            t = NULL;
    } else {
        t = inline_tensor(spec, dtype, shape);
    }
    if (!t)
        fprintf(stderr, "json: tensor '%s': its elements do not fit its type and shape\n", id ? id : "?");
    return t;
}

#else
typedef int test_json_is_not_built; /* a file must declare something */
#endif
