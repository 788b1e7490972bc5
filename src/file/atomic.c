/* file/atomic.c: write, flush, rename, flush the folder. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "file/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the hook for tests ---- */

static _Thread_local struct {
    int countdown[SP__IO_COUNT_]; /* 0: this kind does not fail */
    int error;
} faults;

void sp__io_fail_at(sp__io kind, int n, int error)
{
    memset(&faults, 0, sizeof faults);
    faults.countdown[kind] = n;
    faults.error = error;
}

/* Whether this operation is the one to fail; errno is set then. */
static bool fails(sp__io kind)
{
    if (faults.countdown[kind] == 0 || --faults.countdown[kind] > 0)
        return false;
    errno = faults.error;
    return true;
}

/* ---- steps ---- */

/* Records errno as the cause, removes the temporary file. */
static sp_status broken(sp__atomic *a, const char *step)
{
    int error = errno;
    a->status = sp__err(SP_ERR_IO, "%s: %s: %s: %s", a->what, a->shown, step, strerror(error));
    sp__atomic_abort(a);
    return a->status;
}

/* The folder of path into folder ("." for a bare name). False if it is too long. */
static bool folder_of(const char *path, char folder[SP__ATOMIC_PATH])
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return snprintf(folder, SP__ATOMIC_PATH, ".") > 0;
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    if (n >= SP__ATOMIC_PATH)
        return false;
    memcpy(folder, path, n);
    folder[n] = 0;
    return true;
}

/* Where the file really is: a symbolic link stays one, and what it points to is replaced. */
static bool resolve(const char *path, char out[SP__ATOMIC_PATH])
{
    struct stat st;
    char real[PATH_MAX];
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, real))
        path = real;
    return snprintf(out, SP__ATOMIC_PATH, "%s", path) < SP__ATOMIC_PATH;
}

sp_status sp__atomic_open(sp__atomic *a, const char *what, const char *path)
{
    a->what = what;
    a->shown = path;
    a->fd = -1;
    a->status = SP_OK;
    a->used = 0;
    a->temporary[0] = 0;

    char folder[SP__ATOMIC_PATH];
    int length = -1;
    if (resolve(path, a->path) && folder_of(a->path, folder))
        length = snprintf(a->temporary, SP__ATOMIC_PATH, "%s/.spore-%ld-%llu.tmp", folder, (long)getpid(),
                          (unsigned long long)sp__unique_id());
    if (length < 0 || length >= SP__ATOMIC_PATH) {
        a->temporary[0] = 0;
        errno = ENAMETOOLONG;
        return broken(a, "cannot be written");
    }
    struct stat st;
    bool exists = stat(a->path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode)) { /* renaming would replace a device or a pipe */
        a->temporary[0] = 0;
        return a->status = sp__err(SP_ERR_IO, "%s: %s is not a regular file", what, path);
    }
    a->fd = fails(SP__IO_OPEN) ? -1 : open(a->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (a->fd < 0) {
        a->temporary[0] = 0;
        return broken(a, "cannot be written");
    }
    if (exists && fchmod(a->fd, st.st_mode & 07777) != 0)
        return broken(a, "cannot be given the old file's mode");
    return SP_OK;
}

/* All n bytes, however many pieces the system takes them in. */
static sp_status write_all(sp__atomic *a, const uint8_t *p, size_t n)
{
    while (n > 0) {
        size_t piece = SP__MIN(n, (size_t)1 << 30);
        ssize_t done = fails(SP__IO_WRITE) ? -1 : write(a->fd, p, piece);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return broken(a, "cannot be written");
        p += done;
        n -= (size_t)done;
    }
    return SP_OK;
}

static sp_status flush(sp__atomic *a)
{
    size_t n = a->used;
    a->used = 0;
    return write_all(a, a->buffer, n);
}

sp_status sp__atomic_write(sp__atomic *a, const void *data, size_t n)
{
    if (a->status != SP_OK || n == 0)
        return a->status;
    if (n > sizeof a->buffer - a->used && flush(a) != SP_OK)
        return a->status;
    if (n > sizeof a->buffer)
        return write_all(a, data, n);
    memcpy(a->buffer + a->used, data, n);
    a->used += n;
    return SP_OK;
}

/* A name in a folder survives a power cut only once the folder itself is on the disk. Some file systems cannot
 * flush folders (EINVAL): they offer nothing better. */
static sp_status flush_folder(sp__atomic *a)
{
    char folder[SP__ATOMIC_PATH];
    int fd = folder_of(a->path, folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = fd >= 0 && !fails(SP__IO_FSYNC_FOLDER) && (fsync(fd) == 0 || errno == EINVAL);
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (!ok)
        a->status = sp__err(SP_ERR_IO, "%s: %s is written, but a power cut may undo it: %s", a->what, a->shown,
                            strerror(error));
    return a->status;
}

sp_status sp__atomic_commit(sp__atomic *a)
{
    if (a->status != SP_OK || flush(a) != SP_OK)
        return a->status;
    if (fails(SP__IO_FSYNC) || fsync(a->fd) != 0)
        return broken(a, "cannot be flushed to the disk");
    int fd = a->fd;
    a->fd = -1;
    bool closed = close(fd) == 0; /* the descriptor is gone either way: never closed twice */
    if (fails(SP__IO_CLOSE) || !closed)
        return broken(a, "cannot be closed");
    if (fails(SP__IO_RENAME) || rename(a->temporary, a->path) != 0)
        return broken(a, "cannot be replaced");
    a->temporary[0] = 0;
    return flush_folder(a);
}

void sp__atomic_abort(sp__atomic *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
    if (a->temporary[0])
        unlink(a->temporary);
    a->temporary[0] = 0;
}
