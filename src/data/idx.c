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
    const char *path;
    FILE *file;
    int64_t size; /* of the file, compressed or not */
    bool gzip;
#ifdef SPORE_HAVE_ZLIB
    gzFile gz;
#endif
} reader;

static const char *kind_of(int rank) { return rank == 1 ? "labels" : "images"; }

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
        return sp__err(SP_ERR_IO, "mnist: %s: cannot be opened", r->path);
    return SP_OK;
#else
    return sp__err(SP_ERR_UNSUPPORTED, "mnist: %s is compressed, and this library was built without zlib: gunzip it",
                   r->path);
#endif
}

static sp_status reader_open(reader *r, const char *path)
{
    struct stat info;
    *r = (reader){.path = path, .file = fopen(path, "rb")};
    if (!r->file || fstat(fileno(r->file), &info) != 0)
        return sp__err(SP_ERR_IO, "mnist: %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return sp__err(SP_ERR_IO, "mnist: %s is not a file", path);
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
        return ferror(r->file) ? sp__err(SP_ERR_IO, "mnist: %s: %s", r->path, strerror(errno)) : SP_OK;
    }
#ifdef SPORE_HAVE_ZLIB
    while (*got < n) {
        unsigned ask = (unsigned)SP__MIN(n - *got, (int64_t)1 << 30);
        int k = gzread(r->gz, (char *)out + *got, ask), code = 0;
        const char *why = k > 0 ? "" : gzerror(r->gz, &code);
        if (k < 0 || (k == 0 && code != Z_OK))
            return sp__err(SP_ERR_FORMAT, "mnist: %s: damaged gzip data after %lld bytes: %s", r->path, (long long)*got,
                           why);
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

static sp_status check_magic(const char *path, const uint8_t *head, int64_t got, int rank)
{
    if (got < 4 + 4 * rank)
        return sp__err(SP_ERR_FORMAT, "mnist: %s: ends after %lld bytes, before the %d of its header", path,
                       (long long)got, 4 + 4 * rank);
    if (big_endian(head) != 0x0800u + (uint32_t)rank)
        return sp__err(SP_ERR_FORMAT, "mnist: %s: begins with 0x%08x, expected 0x%08x (IDX %s)", path, big_endian(head),
                       0x0800u + (unsigned)rank, kind_of(rank));
    return SP_OK;
}

static sp_status read_dims(sp__idx *idx, const uint8_t *head)
{
    size_t bytes = 1;
    for (int i = 0; i < idx->rank; i++) {
        idx->dim[i] = big_endian(head + 4 + 4 * i);
        if (!sp__mul_size(bytes, (size_t)idx->dim[i], &bytes) || bytes > INT64_MAX / 2)
            return sp__err(SP_ERR_FORMAT, "mnist: %s: dimensions of its header are too large", idx->path);
    }
    idx->bytes = (int64_t)bytes;
    return SP_OK;
}

static sp_status wrong_size(const sp__idx *idx, int64_t found, const char *what)
{
    if (idx->rank == 1)
        return sp__err(SP_ERR_FORMAT, "mnist: %s: %s%lld bytes, expected %lld (%lld labels)", idx->path, what,
                       (long long)found, (long long)idx->bytes + 8, (long long)idx->dim[0]);
    return sp__err(SP_ERR_FORMAT, "mnist: %s: %s%lld bytes, expected %lld (%lld images of %lld x %lld)", idx->path,
                   what, (long long)found, (long long)idx->bytes + 16, (long long)idx->dim[0], (long long)idx->dim[1],
                   (long long)idx->dim[2]);
}

/* What the header promises must be in the file; deflate cannot make more than 1032 bytes of one. */
static sp_status check_size(const sp__idx *idx, const reader *r)
{
    const int64_t head = 4 + 4 * idx->rank;
    if (!r->gzip)
        return r->size == idx->bytes + head ? SP_OK : wrong_size(idx, r->size, "");
    if (idx->bytes / 1032 > r->size)
        return wrong_size(idx, r->size, "compressed to ");
    return SP_OK;
}

sp_status sp__idx_open(sp__idx *idx, char *path, int rank)
{
    uint8_t head[16];
    int64_t got = 0;
    reader r;
    *idx = (sp__idx){.path = path, .rank = rank};
    sp_status st = reader_open(&r, path);
    idx->gzip = r.gzip;
    if (st == SP_OK)
        st = reader_read(&r, head, 4 + 4 * rank, &got);
    if (st == SP_OK)
        st = check_magic(path, head, got, rank);
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

sp_status sp__idx_read(const sp__idx *idx, uint8_t *out)
{
    const int64_t head_bytes = 4 + 4 * idx->rank;
    uint8_t head[16], more;
    int64_t got = 0, extra = 0;
    reader r;
    sp_status st = reader_open(&r, idx->path);
    if (st == SP_OK)
        st = reader_read(&r, head, head_bytes, &got);
    if (st == SP_OK)
        st = reader_read(&r, out, idx->bytes, &got);
    if (st == SP_OK && got < idx->bytes)
        st = wrong_size(idx, got + head_bytes, "ends after ");
    if (st == SP_OK)
        st = reader_read(&r, &more, 1, &extra);
    if (st == SP_OK && extra)
        st = wrong_size(idx, got + head_bytes, "goes on after ");
    reader_close(&r);
    return st;
}
