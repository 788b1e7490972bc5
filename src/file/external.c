/* file/external.c: elements in files of their own. MindSpore's have 64 bytes of header (the first is 1: little endian),
 * ONNX's have none. */
#if SPORE_HAVE_PROTOBUF
#define _XOPEN_SOURCE 700 /* realpath */

#include "file/external.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_HEADER 64

static const char *shown(const char *s) { return sp__shown(s, strlen(s)); }

/* No absolute path, no "..", and after all links are followed still below the folder of the graph's file. */
static char *resolve(const sp__external *e, const char *location)
{
    char folder[PATH_MAX], full[PATH_MAX];
    const char *slash = strrchr(e->path, '/');
    const char *base = slash ? sp__scope_printf("%.*s", (int)(slash - e->path) + 1, e->path) : "./";
    bool plain = location[0] && location[0] != '/' && !strstr(location, "..") && !strchr(location, '\\');
    if (!plain || !realpath(base, folder) || !realpath(sp__scope_printf("%s%s", base, location), full)) {
        sp__err(plain ? SP_ERR_IO : SP_ERR_FORMAT, "%s: %s: the data file \'%s\' %s", e->what, e->path, shown(location),
                plain ? "cannot be found" : "is not inside its folder");
        return NULL;
    }
    size_t n = strlen(folder);
    if (strncmp(full, folder, n) != 0 || (full[n] != '/' && strcmp(folder, "/") != 0)) {
        sp__err(SP_ERR_FORMAT, "%s: %s: the data file '%s' is not inside its folder", e->what, e->path,
                shown(location));
        return NULL;
    }
    return sp__strdup(full);
}

/* Its number among the open files; -1, recorded, on failure. */
static int open_file(sp__external *e, const char *location)
{
    for (int i = 0; i < e->n; i++)
        if (strcmp(e->files[i].location, location) == 0)
            return i;
    if (e->n == SP__MAX_EXTERNAL) {
        sp__err(SP_ERR_UNSUPPORTED, "%s: %s: more than %d data files", e->what, e->path, SP__MAX_EXTERNAL);
        return -1;
    }
    char *full = resolve(e, location);
    if (!full)
        return -1;
    sp__source *s = &e->files[e->n].source;
    uint8_t header[MAX_HEADER] = {0};
    sp_status st = sp__source_open(s, e->what, full, INT64_MAX);
    if (st == SP_OK)
        st = sp__source_read(s, header, (size_t)e->header);
    if (st == SP_OK && e->header > 0 && header[0] != 1)
        st = sp__err(SP_ERR_FORMAT, "%s: %s does not begin as a data file (little endian) does", e->what, full);
    if (st != SP_OK) {
        sp__source_close(s);
        sp__free_str(full);
        return -1;
    }
    e->files[e->n].location = location;
    e->files[e->n].full = full;
    e->files[e->n].taken = e->header;
    return e->n++;
}

bool sp__external_reserve(sp__external *e, const sp__external_part *x, const char *what)
{
    if (!e->path || !x->location) {
        sp__err(SP_ERR_UNSUPPORTED, "%s: %s: its elements are in another file, which is not supported here", e->what,
                what);
        return false;
    }
    int i = open_file(e, x->location);
    if (i < 0)
        return false;
    uint64_t size = e->files[i].source.size, length = (uint64_t)x->length;
    if (x->offset < (int64_t)e->header || x->length < 0 || (uint64_t)x->offset > size ||
        length > size - (uint64_t)x->offset || length > size - e->files[i].taken) {
        sp__err(SP_ERR_FORMAT, "%s: %s: %s: bytes %lld to %lld+%lld are not in '%s' (%llu bytes), or given out twice",
                e->what, e->path, what, (long long)x->offset, (long long)x->offset, (long long)x->length,
                shown(x->location), (unsigned long long)size);
        return false;
    }
    e->files[i].taken += length;
    return true;
}

bool sp__external_read(sp__external *e, const sp__external_part *x, void *out, size_t bytes)
{
    sp__source *s = &e->files[open_file(e, x->location)].source;
    return sp__source_seek(s, (uint64_t)x->offset) == SP_OK && sp__source_read(s, out, bytes) == SP_OK;
}

void sp__external_free(sp__external *e)
{
    for (int i = 0; i < e->n; i++) {
        sp__source_close(&e->files[i].source);
        sp__free_str(e->files[i].full);
    }
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
