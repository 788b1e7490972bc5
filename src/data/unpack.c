/* Archives, read by libarchive and written by us: into a new folder of our own first, where only plain files and
 * folders are ever made, each with O_EXCL; names are checked before. So nothing in an archive can lead outside, and
 * what fails leaves nothing behind. */
#include "data/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n > k && strcasecmp(name + n - k, end) == 0;
}

sp__archive_kind sp__archive_kind_of(const char *name)
{
    if (ends_in(name, ".zip"))
        return SP__ARCHIVE_ZIP;
    if (ends_in(name, ".tar") || ends_in(name, ".tar.gz") || ends_in(name, ".tgz"))
        return SP__ARCHIVE_TAR;
    return ends_in(name, ".gz") ? SP__ARCHIVE_GZIP : SP__ARCHIVE_NONE;
}

#ifndef SPORE_HAVE_ARCHIVE

sp_status sp__unpack(const char *path, const char *name, const char *dir, int64_t max_bytes)
{
    (void)name;
    (void)max_bytes;
    return sp__err(SP_ERR_UNSUPPORTED, "unpack: this library was built without libarchive: unpack %s into %s yourself",
                   path, dir);
}

#else

#include <archive.h>
#include <archive_entry.h>

#ifdef SPORE_LAZY_ARCHIVE
#include "base/lazy/archive.h"
SP__LIBRARY_DEFINE(library, ARCHIVE, archive);

static sp_status load(const char *path, const char *dir)
{
    if (sp__library_load(&library))
        return SP_OK;
    return sp__err(SP_ERR_UNSUPPORTED, "unpack: %s: unpack %s into %s yourself", library.why, path, dir);
}
#else
static sp_status load(const char *path, const char *dir)
{
    (void)path;
    (void)dir;
    return SP_OK;
}
#endif

enum { MAX_ENTRIES = 1000000, MAX_NAME = 1024, MAX_NAME_DEPTH = 32 };

typedef struct unpacking {
    const char *path; /* of the archive                 */
    const char *name; /* what it is called              */
    const char *temp; /* the folder that is written to  */
    sp__archive_kind kind;
    struct archive *archive;
    int64_t max_bytes, bytes, entries;
} unpacking;

/* A name from the archive for an error text: printable, not too long. In the current scope. */
static const char *shown(const char *name)
{
    char *text = sp__scope_alloc(80);
    size_t n = 0;
    for (; text && name && name[n] && n < 79; n++)
        text[n] = name[n] >= ' ' && name[n] < 127 ? name[n] : '?';
    if (text)
        text[n] = 0;
    return text ? text : "?";
}

static sp_status damaged(const unpacking *u)
{
    const char *why = archive_error_string(u->archive);
    return sp__err(SP_ERR_FORMAT, "unpack: %s: not a whole %s archive: %s", u->path,
                   u->kind == SP__ARCHIVE_ZIP   ? "zip"
                   : u->kind == SP__ARCHIVE_TAR ? "tar"
                                                : "gzip",
                   why ? shown(why) : "damaged");
}

/* ---- what an archive may hold ---- */

/* Relative, and no step of it leads up. */
static bool safe_name(const char *name)
{
    int depth = 0;
    if (!*name || *name == '/' || strlen(name) > MAX_NAME || strchr(name, '\\'))
        return false;
    for (const char *p = name; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.')
            return false;
        depth += n > 0;
        p += n + (p[n] == '/');
    }
    return depth <= MAX_NAME_DEPTH;
}

static sp_status check_entry(unpacking *u, struct archive_entry *e, const char *name)
{
    if (++u->entries > MAX_ENTRIES)
        return sp__err(SP_ERR_VALUE, "unpack: %s: more than %d files", u->path, MAX_ENTRIES);
    if (!name || !safe_name(name))
        return sp__err(SP_ERR_FORMAT, "unpack: %s: entry '%s' would lead outside of the folder", u->path, shown(name));
    if (archive_entry_symlink(e) || archive_entry_hardlink(e))
        return sp__err(SP_ERR_FORMAT, "unpack: %s: entry '%s' is a link; only files and folders are unpacked", u->path,
                       shown(name));
    if (archive_entry_filetype(e) != AE_IFREG && archive_entry_filetype(e) != AE_IFDIR)
        return sp__err(SP_ERR_FORMAT, "unpack: %s: entry '%s' is neither a file nor a folder", u->path, shown(name));
    if (archive_entry_is_encrypted(e) == 1)
        return sp__err(SP_ERR_UNSUPPORTED, "unpack: %s: entry '%s' is encrypted", u->path, shown(name));
    return SP_OK;
}

/* ---- writing ---- */

static sp_status too_large(const unpacking *u)
{
    return sp__err(SP_ERR_VALUE, "unpack: %s: unpacks to more than the limit of %lld bytes", u->path,
                   (long long)u->max_bytes);
}

static sp_status copy_data(unpacking *u, int fd, const char *path)
{
    char buffer[32768];
    for (;;) {
        la_ssize_t n = archive_read_data(u->archive, buffer, sizeof buffer);
        if (n == 0)
            return SP_OK;
        if (n < 0)
            return damaged(u);
        u->bytes += n;
        if (u->bytes > u->max_bytes)
            return too_large(u);
        sp_status st = sp__write_all("unpack", fd, path, buffer, (size_t)n);
        if (st != SP_OK)
            return st;
    }
}

static sp_status write_file(unpacking *u, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return errno == EEXIST
                   ? sp__err(SP_ERR_FORMAT, "unpack: %s: holds '%s' twice", u->path, shown(path + strlen(u->temp) + 1))
                   : sp__err(SP_ERR_IO, "unpack: %s: %s", path, strerror(errno));
    sp_status st = copy_data(u, fd, path);
    if (st == SP_OK && fsync(fd) != 0)
        st = sp__err(SP_ERR_IO, "unpack: writing %s: %s", path, strerror(errno));
    if (close(fd) != 0 && st == SP_OK)
        st = sp__err(SP_ERR_IO, "unpack: writing %s: %s", path, strerror(errno));
    return st;
}

/* The folder that `path` lies in. */
static sp_status make_parent(const char *path)
{
    char *folder = sp__scope_alloc(strlen(path) + 1);
    if (!folder)
        return SP_ERR_NOMEM;
    strcpy(folder, path);
    *strrchr(folder, '/') = 0; /* path begins with the temporary folder and a '/' */
    return sp__make_folder("unpack", folder);
}

static sp_status unpack_entry(unpacking *u, struct archive_entry *e)
{
    const char *name = archive_entry_pathname(e);
    char plain[256];
    if (u->kind == SP__ARCHIVE_GZIP) { /* a single file without a name: that of the archive without .gz */
        snprintf(plain, sizeof plain, "%.*s", (int)(strlen(u->name) - 3), u->name);
        name = plain;
    }
    sp_status st = check_entry(u, e, name);
    if (st != SP_OK)
        return st;
    const char *path = sp__path_join(u->temp, name);
    if (!path)
        return SP_ERR_NOMEM;
    if (archive_entry_filetype(e) == AE_IFDIR)
        return sp__make_folder("unpack", path);
    st = make_parent(path);
    return st == SP_OK ? write_file(u, path) : st;
}

/* ---- reading ---- */

static bool open_archive(unpacking *u)
{
    u->archive = archive_read_new();
    if (!u->archive)
        return false;
    int bad = 0;
    if (u->kind == SP__ARCHIVE_ZIP)
        bad = archive_read_support_format_zip(u->archive);
    else
        bad = archive_read_support_filter_gzip(u->archive);
    if (u->kind == SP__ARCHIVE_TAR)
        bad = bad ? bad : archive_read_support_format_tar(u->archive);
    if (u->kind == SP__ARCHIVE_GZIP)
        bad = bad ? bad : archive_read_support_format_raw(u->archive);
    return bad == ARCHIVE_OK && archive_read_open_filename(u->archive, u->path, 65536) == ARCHIVE_OK;
}

static sp_status unpack_entries(unpacking *u)
{
    for (;;) {
        struct archive_entry *e;
        int code = archive_read_next_header(u->archive, &e);
        if (code == ARCHIVE_EOF)
            return u->entries ? SP_OK : sp__err(SP_ERR_FORMAT, "unpack: %s: holds nothing", u->path);
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) /* a warning: names in a strange encoding, odd times */
            return damaged(u);
        if (u->kind == SP__ARCHIVE_GZIP && archive_filter_code(u->archive, 0) != ARCHIVE_FILTER_GZIP)
            return damaged(u); /* "raw" would take it as it is */
        sp_scope scope = sp_scope_begin();
        sp_status st = unpack_entry(u, e);
        sp_scope_end(scope);
        if (st != SP_OK)
            return st;
    }
}

static sp_status unpack_into(unpacking *u, const char *dir)
{
    sp_status st = open_archive(u) ? unpack_entries(u) : damaged(u);
    if (u->archive)
        archive_read_free(u->archive);
    return st == SP_OK ? sp__move_into("unpack", u->temp, dir) : st;
}

sp_status sp__unpack(const char *path, const char *name, const char *dir, int64_t max_bytes)
{
    unpacking u = {.path = path, .name = name, .kind = sp__archive_kind_of(name)};
    u.max_bytes = max_bytes > 0 ? max_bytes : (int64_t)1 << 30;
    if (u.kind == SP__ARCHIVE_NONE || strlen(name) > 250)
        return sp__err(SP_ERR_VALUE, "unpack: %s: a name that ends in .zip, .tar, .tar.gz, .tgz or .gz is expected",
                       path);
    if (!sp__is_file(path))
        return sp__err(SP_ERR_IO, "unpack: %s is not there", path);
    sp_status st = load(path, dir);
    if (st == SP_OK)
        st = sp__make_folder("unpack", dir);
    if (st != SP_OK)
        return st;
    sp_scope scope = sp_scope_begin();
    char *temp = (char *)(uintptr_t)sp__path_join(dir, ".unpack-XXXXXX"); /* made just now: ours to write to */
    if (!temp)
        st = SP_ERR_NOMEM;
    else if (!mkdtemp(temp))
        st = sp__err(SP_ERR_IO, "unpack: a folder in %s cannot be made: %s", dir, strerror(errno));
    if (st == SP_OK) {
        u.temp = temp;
        st = unpack_into(&u, dir);
        sp__remove_tree(temp);
    }
    sp_scope_end(scope);
    return st;
}

#endif

sp_status sp_unpack(const char *archive, const char *dir, int64_t max_bytes)
{
    if (!sp__given("unpack", 1, archive) || !sp__given("unpack", 2, dir))
        return SP_ERR_VALUE;
    if (max_bytes < 0)
        return sp__err(SP_ERR_VALUE, "unpack: a limit of %lld bytes", (long long)max_bytes);
    return sp__unpack(archive, sp__path_name(archive), dir, max_bytes);
}
