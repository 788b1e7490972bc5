/* IDX files: nothing in them is believed before it was compared with the file's size. */
#include "data/idx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#ifdef SPORE_HAVE_ZLIB
#include <zlib.h>
#endif

/* A file being read, through zlib if it is compressed. */
typedef struct reader {
    const char *what, *path;
    FILE *file;
    int64_t size; /* of the file, compressed or not */
    bool gzip;
#ifdef SPORE_HAVE_ZLIB
    gzFile gz;
#endif
} reader;

enum { MAX_HEAD = 4 + 4 * SP_MAX_RANK };

static const struct {
    uint8_t code;
    sp_dtype dtype;
} types[] = {{0x08, SP_U8}, {0x09, SP_I8}, {0x0b, SP_I16}, {0x0c, SP_I32}, {0x0d, SP_F32}, {0x0e, SP_F64}};
enum { TYPES = sizeof types / sizeof *types };

static void reader_close(reader *r)
{
    if (r->file)
        fclose(r->file);
#ifdef SPORE_HAVE_ZLIB
    if (r->gz)
        gzclose(r->gz);
#endif
}

static sp_status open_gzip(reader *r)
{
    fclose(r->file);
    r->file = NULL;
#ifdef SPORE_HAVE_ZLIB
    r->gz = gzopen(r->path, "rb");
    if (!r->gz)
        return sp__err(SP_ERR_IO, "%s: %s: cannot be opened", r->what, r->path);
    return SP_OK;
#else
    return sp__err(SP_ERR_UNSUPPORTED, "%s: %s is compressed, and this library was built without zlib: gunzip it",
                   r->what, r->path);
#endif
}

static sp_status reader_open(reader *r, const char *what, const char *path)
{
    struct stat info;
    *r = (reader){.what = what, .path = path, .file = fopen(path, "rb")};
    if (!r->file || fstat(fileno(r->file), &info) != 0)
        return sp__err(SP_ERR_IO, "%s: %s: %s", what, path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return sp__err(SP_ERR_IO, "%s: %s is not a file", what, path);
    r->size = info.st_size;
    uint8_t magic[2];
    r->gzip = fread(magic, 1, 2, r->file) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
    if (r->gzip)
        return open_gzip(r);
    rewind(r->file);
    return SP_OK;
}

/* Reads up to n bytes; *got says how many there were. */
static sp_status reader_read(reader *r, void *out, int64_t n, int64_t *got)
{
    *got = 0;
    if (!r->gzip) {
        *got = (int64_t)fread(out, 1, (size_t)n, r->file);
        return ferror(r->file) ? sp__err(SP_ERR_IO, "%s: %s: %s", r->what, r->path, strerror(errno)) : SP_OK;
    }
#ifdef SPORE_HAVE_ZLIB
    while (*got < n) {
        unsigned ask = (unsigned)SP__MIN(n - *got, (int64_t)1 << 30);
        int k = gzread(r->gz, (char *)out + *got, ask), code = 0;
        const char *why = k > 0 ? "" : gzerror(r->gz, &code);
        if (k < 0 || (k == 0 && code != Z_OK))
            return sp__err(SP_ERR_FORMAT, "%s: %s: damaged gzip data after %lld bytes: %s", r->what, r->path,
                           (long long)*got, why);
        if (k <= 0)
            break;
        *got += k;
    }
#endif
    return SP_OK;
}

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The type and rank that the first four bytes name. */
static sp_status read_magic(sp__idx *idx, const uint8_t *head, int64_t got)
{
    if (idx->rank && got < 4 + 4 * idx->rank)
        return sp__err(SP_ERR_FORMAT, "%s: %s: ends after %lld bytes, before the %d of its header", idx->what,
                       idx->path, (long long)got, 4 + 4 * idx->rank);
    if (idx->rank) {
        idx->dtype = SP_U8;
        return big_endian(head) == 0x0800u + (uint32_t)idx->rank
                   ? SP_OK
                   : sp__err(SP_ERR_FORMAT, "%s: %s: begins with 0x%08x, expected 0x%08x (IDX %s)", idx->what,
                             idx->path, big_endian(head), 0x0800u + (unsigned)idx->rank,
                             idx->rank == 1 ? "labels" : "images");
    }
    for (int i = 0; i < TYPES && got >= 4 && head[0] == 0 && head[1] == 0; i++)
        if (types[i].code == head[2] && head[3] >= 1 && head[3] <= SP_MAX_RANK) {
            idx->dtype = types[i].dtype;
            idx->rank = head[3];
        }
    if (idx->rank && got >= 4 + 4 * idx->rank)
        return SP_OK;
    return sp__err(SP_ERR_FORMAT,
                   "%s: %s: begins with %s, expected two zeros, a type (08, 09, 0b to 0e), and 1 to %d dimensions",
                   idx->what, idx->path, got < 4 ? "less than 4 bytes" : sp__scope_printf("0x%08x", big_endian(head)),
                   SP_MAX_RANK);
}

static sp_status read_dims(sp__idx *idx, const uint8_t *head)
{
    size_t bytes = sp_dtype_size(idx->dtype);
    for (int i = 0; i < idx->rank; i++) {
        idx->dim[i] = big_endian(head + 4 + 4 * i);
        if (!sp__mul_size(bytes, (size_t)idx->dim[i], &bytes) || bytes > INT64_MAX / 2)
            return sp__err(SP_ERR_FORMAT, "%s: %s: dimensions of its header are too large", idx->what, idx->path);
    }
    idx->bytes = (int64_t)bytes;
    return SP_OK;
}

static int64_t head_bytes(const sp__idx *idx) { return 4 + 4 * idx->rank; }

/* "60000 images of 28 x 28", "60000 labels", "Int32 (3, 4)" */
static const char *contents(const sp__idx *idx)
{
    if (idx->dtype == SP_U8 && idx->rank == 1)
        return sp__scope_printf("%lld labels", (long long)idx->dim[0]);
    if (idx->dtype == SP_U8 && idx->rank == 3)
        return sp__scope_printf("%lld images of %lld x %lld", (long long)idx->dim[0], (long long)idx->dim[1],
                                (long long)idx->dim[2]);
    sp_shape shape = {.rank = idx->rank};
    memcpy(shape.dim, idx->dim, sizeof shape.dim);
    return sp__scope_printf("%s %s", sp_dtype_name(idx->dtype), sp_shape_str(shape));
}

static sp_status wrong_size(const sp__idx *idx, int64_t found, const char *how)
{
    return sp__err(SP_ERR_FORMAT, "%s: %s: %s%lld bytes, expected %lld (%s)", idx->what, idx->path, how,
                   (long long)found, (long long)(idx->bytes + head_bytes(idx)), contents(idx));
}

/* What the header promises must be in the file; deflate cannot make more than 1032 bytes of one. */
static sp_status check_size(const sp__idx *idx, const reader *r)
{
    if (!r->gzip)
        return r->size == idx->bytes + head_bytes(idx) ? SP_OK : wrong_size(idx, r->size, "");
    if (idx->bytes / 1032 > r->size)
        return wrong_size(idx, r->size, "compressed to ");
    return SP_OK;
}

sp_status sp__idx_open(sp__idx *idx, const char *what, char *path, int rank)
{
    uint8_t head[MAX_HEAD];
    int64_t got = 0;
    reader r;
    *idx = (sp__idx){.what = what, .path = path, .rank = rank};
    sp_status st = reader_open(&r, what, path);
    idx->gzip = r.gzip;
    if (st == SP_OK)
        st = reader_read(&r, head, rank ? 4 + 4 * rank : MAX_HEAD, &got);
    if (st == SP_OK)
        st = read_magic(idx, head, got);
    if (st == SP_OK)
        st = read_dims(idx, head);
    if (st == SP_OK)
        st = check_size(idx, &r);
    reader_close(&r);
    if (st != SP_OK)
        sp__idx_clear(idx);
    return st;
}

void sp__idx_clear(sp__idx *idx)
{
    sp__free_str(idx->path);
    *idx = (sp__idx){0};
}

sp_status sp__idx_read(const sp__idx *idx, void *out)
{
    uint8_t head[MAX_HEAD], more;
    int64_t got = 0, extra = 0;
    reader r;
    sp_status st = reader_open(&r, idx->what, idx->path);
    if (st == SP_OK)
        st = reader_read(&r, head, head_bytes(idx), &got);
    if (st == SP_OK)
        st = reader_read(&r, out, idx->bytes, &got);
    if (st == SP_OK && got < idx->bytes)
        st = wrong_size(idx, got + head_bytes(idx), "ends after ");
    if (st == SP_OK)
        st = reader_read(&r, &more, 1, &extra);
    if (st == SP_OK && extra)
        st = wrong_size(idx, got + head_bytes(idx), "goes on after ");
    reader_close(&r);
    return st;
}

static void swap_bytes(uint8_t *p, int64_t n, size_t size)
{
    for (int64_t i = 0; i < n; i++, p += size)
        for (size_t k = 0; k < size / 2; k++) {
            const uint8_t low = p[k];
            p[k] = p[size - 1 - k];
            p[size - 1 - k] = low;
        }
}

sp_tensor *sp_idx_read(const char *path)
{
    sp__idx idx;
    if (!sp__given("idx_read", 1, path))
        return NULL;
    char *copy = sp__strdup(path);
    if (!copy || sp__idx_open(&idx, "idx", copy, 0) != SP_OK)
        return NULL;
    sp_shape shape = {.rank = idx.rank};
    memcpy(shape.dim, idx.dim, sizeof shape.dim);
    sp_tensor *t = sp__tensor_new(idx.dtype, shape);
    if (t && sp__idx_read(&idx, sp__data_mut(t)) != SP_OK)
        t = NULL;
    if (t)
        swap_bytes(sp__data_mut(t), t->size, sp_dtype_size(idx.dtype));
    sp__idx_clear(&idx);
    return t;
}
