/* npy.c: reads numpy's .npy files, for tests. */
#include "support/npy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)1 << 30)

typedef struct npy {
    const char *path;
    FILE *file;
    char *header; /* the Python dictionary, 0-terminated */
    sp_dtype dtype;
    sp_shape shape;
} npy;

static bool refuse(const npy *n, const char *why)
{
    fprintf(stderr, "npy: %s: %s\n", n->path, why);
    return false;
}

/* Magic, version, length (2 bytes in version 1, else 4), then the dictionary. */
static bool read_header(npy *n)
{
    unsigned char start[12];
    if (fread(start, 1, 10, n->file) != 10 || memcmp(start, "\x93NUMPY", 6) != 0)
        return refuse(n, "not a .npy file");
    if (start[6] < 1 || start[6] > 3)
        return refuse(n, "unknown version");
    size_t length = (size_t)start[8] | (size_t)start[9] << 8;
    if (start[6] > 1) {
        if (fread(start + 10, 1, 2, n->file) != 2)
            return refuse(n, "ends in its header");
        length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
    }
    if (length > 65536)
        return refuse(n, "header too long");
    n->header = calloc(length + 1, 1);
    if (!n->header || fread(n->header, 1, length, n->file) != length)
        return refuse(n, "ends in its header");
    return true;
}

/* What stands after 'key': in the dictionary; NULL if it is not there. */
static const char *value_of(const npy *n, const char *key)
{
    const char *at = strstr(n->header, key);
    if (!at)
        return NULL;
    at += strlen(key);
    return at + strspn(at, ": ");
}

static bool read_dtype(npy *n)
{
    static const struct {
        const char *text;
        sp_dtype dtype;
    } known[] = {{"<f4", SP_F32}, {"<f8", SP_F64}, {"<f2", SP_F16}, {"|i1", SP_I8},  {"<i2", SP_I16}, {"<i4", SP_I32},
                 {"<i8", SP_I64}, {"|u1", SP_U8},  {"<u2", SP_U16}, {"<u4", SP_U32}, {"<u8", SP_U64}, {"|b1", SP_BOOL}};
    const char *descr = value_of(n, "'descr'");
    for (size_t i = 0; descr && i < sizeof known / sizeof *known; i++)
        if (strncmp(descr + 1, known[i].text, 3) == 0 && descr[4] == descr[0]) {
            n->dtype = known[i].dtype;
            return true;
        }
    return refuse(n, "unknown element type");
}

static bool read_shape(npy *n)
{
    const char *order = value_of(n, "'fortran_order'");
    if (!order || strncmp(order, "False", 5) != 0)
        return refuse(n, "not in C order");
    const char *at = value_of(n, "'shape'");
    if (!at || *at++ != '(')
        return refuse(n, "no shape");
    for (;;) {
        at += strspn(at, ", ");
        if (*at == ')')
            return sp_shape_size(n->shape) >= 0 || refuse(n, "shape too large");
        char *end;
        errno = 0;
        long long dim = strtoll(at, &end, 10);
        if (end == at || errno || dim < 0 || n->shape.rank == SP_MAX_RANK)
            return refuse(n, "bad shape");
        n->shape.dim[n->shape.rank++] = dim;
        at = end;
    }
}

static sp_tensor *read_elements(const npy *n)
{
    size_t count = (size_t)sp_shape_size(n->shape), size = sp_dtype_size(n->dtype);
    if (count > MAX_BYTES / size) {
        refuse(n, "too large");
        return NULL;
    }
    sp_tensor *t = NULL;
    void *data = malloc(count * size + 1);
    if (!data || fread(data, size, count, n->file) != count || fgetc(n->file) != EOF)
        refuse(n, "its length does not fit its shape");
    else
        t = sp_from(data, n->dtype, n->shape);
    free(data);
    return t;
}

sp_tensor *test_npy_read(const char *path)
{
    npy n = {.path = path, .file = fopen(path, "rb"), .shape = {.rank = 0}};
    sp_tensor *t = NULL;
    if (!n.file)
        refuse(&n, strerror(errno));
    else if (read_header(&n) && read_dtype(&n) && read_shape(&n))
        t = read_elements(&n);
    free(n.header);
    if (n.file)
        fclose(n.file);
    return t;
}
