/* A download: is it there already, fetch it aside, check it, unpack it, put it in its place.
 *
 * NAME in the folder is the file as it came; .NAME.unpacked beside it says that all of it was unpacked, so that a file
 * put there by hand, or a stop in between, is made good by the next call. */
#include "data/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct download {
    const sp_download_opts *opts;
    const char *dir, *name;
    const char *path, *marker; /* dir/NAME, dir/.NAME.unpacked */
    int64_t max_bytes;
    bool unpack;
} download;

/* ---- names ---- */

/* The file's name in a URL: what follows the last '/' before a query. NULL if that is no good name. */
static const char *name_of(const char *url)
{
    size_t n = strcspn(url, "?#");
    size_t from = n;
    while (from > 0 && url[from - 1] != '/')
        from--;
    if (from < 3 || n == from || n - from > 200 || url[from] == '.')
        return NULL;
    char *name = sp__scope_alloc(n - from + 1);
    if (!name)
        return NULL;
    memcpy(name, url + from, n - from);
    name[n - from] = 0;
    return strchr(name, '%') || strchr(name, '\\') ? NULL : name;
}

static bool good_url(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0 ||
           strncasecmp(url, "file://", 7) == 0;
}

static sp_status check_opts(const sp_download_opts *o)
{
    if (!sp__given("download", 1, o) || !sp__given("download: url", 1, o->url))
        return SP_ERR_VALUE;
    if (!good_url(o->url))
        return sp__err(SP_ERR_VALUE, "download: '%s': http://, https:// or file:// is expected", o->url);
    if (o->sha256 && (strlen(o->sha256) != 64 || strspn(o->sha256, "0123456789abcdefABCDEF") != 64))
        return sp__err(SP_ERR_VALUE, "download: SHA-256 '%s': 64 hex digits are expected", o->sha256);
    if (o->max_bytes < 0)
        return sp__err(SP_ERR_VALUE, "download: a limit of %lld bytes", (long long)o->max_bytes);
    return SP_OK;
}

static sp_status prepare(download *d, const sp_download_opts *o)
{
    *d = (download){.opts = o, .dir = o->dir ? o->dir : sp_cache_dir(), .name = name_of(o->url)};
    if (!d->dir)
        return SP_ERR_IO;
    if (!d->name)
        return sp__err(SP_ERR_VALUE, "download: %s: does not end in the name of a file", o->url);
    d->max_bytes = o->max_bytes ? o->max_bytes : (int64_t)1 << 30;
    d->unpack = !o->no_unpack && sp__archive_kind_of(d->name) != SP__ARCHIVE_NONE;
    const char *hidden = sp__scope_printf(".%s.unpacked", d->name);
    d->path = sp__path_join(d->dir, d->name);
    d->marker = sp__path_join(d->dir, hidden);
    return d->path && d->marker && *hidden ? sp__make_folder("download", d->dir) : SP_ERR_NOMEM;
}

/* ---- checks ---- */

/* A server's log-in or error page, sent with a friendly 200. */
static bool is_html(const char *path)
{
    char head[512] = "";
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(head, 1, sizeof head - 1, f) : 0;
    if (f)
        fclose(f);
    head[n] = 0;
    const char *p = strncmp(head, "\xef\xbb\xbf", 3) == 0 ? head + 3 : head;
    p += strspn(p, " \t\r\n");
    return strncasecmp(p, "<!doctype html", 14) == 0 || strncasecmp(p, "<html", 5) == 0;
}

static sp_status check_hash(const download *d, const char *path)
{
    char hex[65];
    if (!d->opts->sha256)
        return SP_OK;
    sp_status st = sp__hash_file("download", path, hex);
    if (st == SP_OK && strcasecmp(hex, d->opts->sha256) != 0)
        st = sp__err(SP_ERR_FORMAT, "download: %s: SHA-256 is %s, expected %s", d->opts->url, hex, d->opts->sha256);
    return st;
}

static sp_status check_content(const download *d, const char *path)
{
    if (sp__archive_kind_of(d->name) != SP__ARCHIVE_NONE && is_html(path))
        return sp__err(SP_ERR_FORMAT, "download: %s: an HTML page came where %s was expected", d->opts->url, d->name);
    return check_hash(d, path);
}

/* Whether the file is there and is the right one; a wrong one is fetched anew. */
static sp_status look_for_file(const download *d, bool *have)
{
    char hex[65];
    *have = !d->opts->replace && sp__is_file(d->path);
    if (!*have || !d->opts->sha256)
        return SP_OK;
    sp_status st = sp__hash_file("download", d->path, hex);
    *have = st == SP_OK && strcasecmp(hex, d->opts->sha256) == 0;
    return st;
}

/* ---- doing it ---- */

static sp_status mark_unpacked(const download *d)
{
    int fd = open(d->marker, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || close(fd) != 0)
        return sp__err(SP_ERR_IO, "download: %s: %s", d->marker, strerror(errno));
    return sp__sync_folder("download", d->dir);
}

static sp_status fetch_aside(const download *d, int fd, const char *temp)
{
    const sp__fetch_opts fetch = {.url = d->opts->url,
                                  .path = temp,
                                  .hint = d->path,
                                  .fd = fd,
                                  .max_bytes = d->max_bytes,
                                  .progress = d->opts->progress,
                                  .user = d->opts->user};
    sp_status st = sp__fetch(&fetch);
    if (st == SP_OK && (fchmod(fd, 0644) != 0 || fsync(fd) != 0))
        st = sp__err(SP_ERR_IO, "download: writing %s: %s", temp, strerror(errno));
    return st;
}

/* From a whole temporary file to the folder's new content. */
static sp_status put_in_place(const download *d, const char *temp)
{
    sp_status st = check_content(d, temp);
    if (st == SP_OK && d->unpack)
        st = sp__unpack(temp, d->name, d->dir, d->max_bytes);
    if (st != SP_OK)
        return st;
    if (rename(temp, d->path) != 0)
        return sp__err(SP_ERR_IO, "download: %s: %s", d->path, strerror(errno));
    return d->unpack ? mark_unpacked(d) : sp__sync_folder("download", d->dir);
}

static sp_status fetch_and_place(const download *d)
{
    const char *hidden = sp__scope_printf(".%s.XXXXXX", d->name);
    char *temp = (char *)(uintptr_t)sp__path_join(d->dir, hidden); /* made just now: ours to write to */
    if (!temp || !*hidden)
        return SP_ERR_NOMEM;
    int fd = mkstemp(temp);
    if (fd < 0)
        return sp__err(SP_ERR_IO, "download: a file in %s cannot be made: %s", d->dir, strerror(errno));
    sp_status st = fetch_aside(d, fd, temp);
    if (close(fd) != 0 && st == SP_OK)
        st = sp__err(SP_ERR_IO, "download: writing %s: %s", temp, strerror(errno));
    if (st == SP_OK)
        st = put_in_place(d, temp);
    if (st != SP_OK)
        unlink(temp);
    return st;
}

static sp_status unpack_again(const download *d)
{
    sp_status st = sp__unpack(d->path, d->name, d->dir, d->max_bytes);
    return st == SP_OK ? mark_unpacked(d) : st;
}

sp_status sp_download_with(const sp_download_opts *opts)
{
    sp_status st = check_opts(opts);
    if (st != SP_OK)
        return st;
    sp_scope scope = sp_scope_begin();
    download d;
    bool have = false;
    st = prepare(&d, opts);
    if (st == SP_OK)
        st = look_for_file(&d, &have);
    if (st == SP_OK && !have)
        st = fetch_and_place(&d);
    else if (st == SP_OK && d.unpack && !sp__is_file(d.marker))
        st = unpack_again(&d);
    sp_scope_end(scope);
    return st;
}
