/* file/source.c: bytes to read, from a file or from memory, never beyond their end. */
#include "file/atomic.h"
#include "file/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

sp_status sp__source_open(sp__source *s, const char *what, const char *path, uint64_t max_size)
{
    *s = (sp__source){.what = what, .path = path};
    struct stat st;
    if (stat(path, &st) != 0)
        return sp__err(SP_ERR_IO, "%s: %s: %s", what, path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return sp__err(SP_ERR_IO, "%s: %s is not a regular file", what, path);
    s->size = (uint64_t)st.st_size;
    if (s->size == 0)
        return sp__err(SP_ERR_FORMAT, "%s: %s is empty", what, path);
    if (s->size > max_size)
        return sp__err(SP_ERR_FORMAT, "%s: %s has %llu bytes, at most %llu are read", what, path,
                       (unsigned long long)s->size, (unsigned long long)max_size);
    s->file = fopen(path, "rb");
    if (!s->file)
        return sp__err(SP_ERR_IO, "%s: %s: %s", what, path, strerror(errno));
    return SP_OK;
}

sp_status sp__source_memory(sp__source *s, const char *what, const void *data, size_t size)
{
    *s = (sp__source){.what = what, .path = "(memory)", .memory = data, .size = size};
    return size > 0 ? SP_OK : sp__err(SP_ERR_FORMAT, "%s: (memory) is empty", what);
}

void sp__source_close(sp__source *s)
{
    if (s->file)
        fclose(s->file);
    s->file = NULL;
}

/* As fread(), whatever signals come between. The tests' faults included. */
static bool read_file(FILE *f, uint8_t *out, size_t n)
{
    if (sp__io_fails(SP__IO_READ)) {
        if (errno == SP__IO_SHORT)
            fseeko(f, 0, SEEK_END);
        else
            return false;
    }
    for (;;) {
        size_t got = fread(out, 1, n, f);
        if (got == n)
            return true;
        if (!ferror(f) || errno != EINTR) {
            errno = ferror(f) ? errno : 0;
            return false;
        }
        clearerr(f);
        out += got;
        n -= got;
    }
}

sp_status sp__source_read(sp__source *s, void *out, size_t n)
{
    if (n == 0)
        return SP_OK;
    if (n > s->size - s->at)
        return sp__err(SP_ERR_FORMAT, "%s: %s ends at byte %llu, %zu more bytes are needed at byte %llu", s->what,
                       s->path, (unsigned long long)s->size, n, (unsigned long long)s->at);
    if (s->unpack) {
        sp_status st = s->unpack(s->self, out, n);
        if (st != SP_OK)
            return st;
    } else if (!s->file)
        memcpy(out, s->memory + s->at, n);
    else if (!read_file(s->file, out, n))
        return sp__err(SP_ERR_IO, "%s: %s cannot be read at byte %llu: %s", s->what, s->path, (unsigned long long)s->at,
                       errno ? strerror(errno) : "it has become shorter");
    s->at += n;
    return SP_OK;
}

sp_status sp__source_seek(sp__source *s, uint64_t at)
{
    if (at > s->size || s->unpack || (s->file && fseeko(s->file, (off_t)at, SEEK_SET) != 0))
        return sp__err(SP_ERR_IO, "%s: %s has no byte %llu", s->what, s->path, (unsigned long long)at);
    s->at = at;
    return SP_OK;
}

sp_status sp__source_varint(sp__source *s, uint64_t *out)
{
    uint64_t value = 0;
    uint64_t start = s->at;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte;
        sp_status st = sp__source_read(s, &byte, 1);
        if (st != SP_OK)
            return st;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = value;
            return SP_OK;
        }
    }
    return sp__err(SP_ERR_FORMAT, "%s: %s, byte %llu: a number of more than 10 bytes", s->what, s->path,
                   (unsigned long long)start);
}

sp_status sp__source_not_encrypted(sp__source *s)
{
    static const char *const modes[] = {"AES-GCM", "AES-CBC", "SM4-CBC"}; /* first bytes d8, d9, da 5e 3a 7f */
    uint8_t magic[4] = {0};
    if (s->size < sizeof magic)
        return SP_OK;
    sp_status st = sp__source_read(s, magic, sizeof magic);
    if (st != SP_OK)
        return st;
    if (magic[0] >= 0xd8 && magic[0] <= 0xda && memcmp(magic + 1, "\x5e\x3a\x7f", 3) == 0)
        return sp__err(SP_ERR_UNSUPPORTED, "%s: %s is encrypted (%s), which is not supported", s->what, s->path,
                       modes[magic[0] - 0xd8]);
    return sp__source_seek(s, 0);
}
