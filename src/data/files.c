/* Folders, paths and moving. */
#include "data/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 64 }; /* of folders in folders */

const char *sp__path_join(const char *folder, const char *name)
{
    size_t a = strlen(folder), b = strlen(name);
    char *path = sp__scope_alloc(a + b + 2);
    if (!path)
        return NULL;
    memcpy(path, folder, a);
    if (a > 0 && b > 0 && path[a - 1] != '/')
        path[a++] = '/';
    memcpy(path + a, name, b + 1);
    return path;
}

const char *sp__path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool sp__is_file(const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool sp__is_folder(const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static sp_status make_one(const char *op, const char *path)
{
    if (sp__is_folder(path) || mkdir(path, 0777) == 0 ||
        sp__is_folder(path)) /* another process may have been quicker */
        return SP_OK;
    return sp__err(SP_ERR_IO, "%s: folder %s cannot be made: %s", op, path, strerror(errno));
}

sp_status sp__make_folder(const char *op, const char *path)
{
    sp_scope scope = sp_scope_begin();
    char *part = sp__scope_alloc(strlen(path) + 1);
    sp_status st = part ? SP_OK : SP_ERR_NOMEM;
    if (part)
        strcpy(part, path);
    for (char *p = part; p && *p && st == SP_OK; p++) {
        if (*p != '/' || p == part)
            continue;
        *p = 0;
        st = make_one(op, part);
        *p = '/';
    }
    if (st == SP_OK)
        st = make_one(op, path);
    sp_scope_end(scope);
    return st;
}

sp_status sp__sync_folder(const char *op, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL); /* not every file system can synchronise a folder */
    int why = errno;
    if (fd >= 0)
        close(fd);
    return done ? SP_OK : sp__err(SP_ERR_IO, "%s: %s: %s", op, path, strerror(why));
}

sp_status sp__write_all(const char *op, int fd, const char *path, const void *data, size_t n)
{
    for (const char *p = data; n > 0;) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return sp__err(SP_ERR_IO, "%s: writing %s: %s", op, path, k < 0 ? strerror(errno) : "nothing was written");
        p += k;
        n -= (size_t)k;
    }
    return SP_OK;
}

/* The next entry that is not "." or ".."; NULL at the end. */
static const char *next_name(DIR *dir)
{
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            return e->d_name;
    }
    return NULL;
}

static void remove_tree(const char *path, int depth)
{
    struct stat info;
    if (lstat(path, &info) != 0 || depth > MAX_DEPTH)
        return;
    DIR *dir = S_ISDIR(info.st_mode) ? opendir(path) : NULL;
    for (const char *name; dir && (name = next_name(dir)) != NULL;) {
        sp_scope scope = sp_scope_begin();
        const char *inner = sp__path_join(path, name);
        if (inner)
            remove_tree(inner, depth + 1);
        sp_scope_end(scope);
    }
    if (dir)
        closedir(dir);
    remove(path);
}

void sp__remove_tree(const char *path) { remove_tree(path, 0); }

static sp_status move_all(const char *op, const char *from, const char *to, int depth);

static sp_status move_one(const char *op, const char *from, const char *to, const char *name, int depth)
{
    const char *source = sp__path_join(from, name), *target = sp__path_join(to, name);
    if (!source || !target)
        return SP_ERR_NOMEM;
    if (sp__is_folder(source) && sp__is_folder(target))
        return move_all(op, source, target, depth + 1);
    if (rename(source, target) != 0)
        return sp__err(SP_ERR_IO, "%s: %s cannot be put in its place: %s", op, target, strerror(errno));
    return SP_OK;
}

static sp_status move_all(const char *op, const char *from, const char *to, int depth)
{
    DIR *dir = depth <= MAX_DEPTH ? opendir(from) : NULL;
    if (!dir)
        return sp__err(SP_ERR_IO, "%s: %s: %s", op, from, depth <= MAX_DEPTH ? strerror(errno) : "too deep");
    sp_status st = SP_OK;
    for (const char *name; st == SP_OK && (name = next_name(dir)) != NULL;) {
        sp_scope scope = sp_scope_begin();
        st = move_one(op, from, to, name, depth);
        sp_scope_end(scope);
    }
    closedir(dir);
    return st == SP_OK ? sp__sync_folder(op, to) : st;
}

sp_status sp__move_into(const char *op, const char *from, const char *to) { return move_all(op, from, to, 0); }

sp_status sp__hash_file(const char *op, const char *path, char hex[65])
{
    uint8_t buffer[16384];
    sp__sha256 sha;
    FILE *f = fopen(path, "rb");
    if (!f)
        return sp__err(SP_ERR_IO, "%s: %s: %s", op, path, strerror(errno));
    sp__sha256_begin(&sha);
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;)
        sp__sha256_add(&sha, buffer, n);
    bool whole = !ferror(f);
    fclose(f);
    sp__sha256_end(&sha, hex);
    return whole ? SP_OK : sp__err(SP_ERR_IO, "%s: reading %s: %s", op, path, strerror(errno));
}
