/* file/atomic.c: write, flush, rename, flush the folder. */
#define _DEFAULT_SOURCE /* flock */

#include "file/atomic.h"
#include "file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the hook for tests ---- */

static _Thread_local struct {
    int countdown[SP__IO_ALL_]; /* 0: this kind does not fail */
    int error;
} faults;

void sp__io_fail_at(sp__io kind, int n, int error)
{
    memset(&faults, 0, sizeof faults);
    faults.countdown[kind] = n;
    faults.error = error;
}

bool sp__io_fails(sp__io kind)
{
    if (faults.countdown[kind] == 0 || --faults.countdown[kind] > 0)
        return false;
    if (faults.error == SP__IO_KILLED)
        raise(SIGKILL);
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

#define MOST_LINKS 40

/* Where the file really is, whether it is there or not: a symbolic link stays one, and what it points to is written. */
static bool resolve(const char *path, char out[SP__ATOMIC_PATH])
{
    struct stat st;
    char target[SP__ATOMIC_PATH], folder[SP__ATOMIC_PATH];
    int length = snprintf(out, SP__ATOMIC_PATH, "%s", path);
    for (int links = 0; length >= 0 && length < SP__ATOMIC_PATH; links++) {
        if (lstat(out, &st) != 0 || !S_ISLNK(st.st_mode))
            return true;
        ssize_t n = readlink(out, target, sizeof target - 1);
        if (n < 0 || links == MOST_LINKS) {
            errno = n < 0 ? errno : ELOOP;
            return false;
        }
        target[n] = 0;
        if (!folder_of(out, folder))
            break;
        length = target[0] == '/' ? snprintf(out, SP__ATOMIC_PATH, "%s", target)
                                  : snprintf(out, SP__ATOMIC_PATH, "%s/%s", folder, target);
    }
    errno = ENAMETOOLONG;
    return false;
}

/* ---- the temporary file ---- */

#define SLOTS 16 /* savers to the same path at once that are told apart; more get names of their own, never removed */

/* FNV-1a, 64 bits, of the file's own name. */
static uint64_t hash_of_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    uint64_t h = 0xcbf29ce484222325u;
    for (const char *p = slash ? slash + 1 : path; *p; p++)
        h = (h ^ (uint8_t)*p) * 0x100000001b3u;
    return h;
}

/* The name of a slot; beyond the slots one that nobody else has. */
static bool name_slot(sp__atomic *a, int slot)
{
    char folder[SP__ATOMIC_PATH];
    unsigned long long hash = hash_of_name(a->path), number = (unsigned long long)slot;
    if (!folder_of(a->path, folder))
        return false;
    int n = slot < SLOTS ? snprintf(a->temporary, SP__ATOMIC_PATH, "%s/.spore-%016llx-%llu.tmp", folder, hash, number)
                         : snprintf(a->temporary, SP__ATOMIC_PATH, "%s/.spore-%016llx-%ld-%llu.tmp", folder, hash,
                                    (long)getpid(), (unsigned long long)sp__unique_id());
    return n >= 0 && n < SP__ATOMIC_PATH;
}

static int open_again(const char *path, int flags)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Whether fd is what has the name now. */
static bool has_name(int fd, const char *path)
{
    struct stat here, there;
    return fstat(fd, &here) == 0 && lstat(path, &there) == 0 && S_ISREG(there.st_mode) && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

/* Removes the file at path if nobody has it locked. Who has just made it and not locked it yet finds out (see make_slot). */
static void remove_left(const char *path)
{
    int error = errno, fd = open_again(path, O_RDONLY | O_NONBLOCK);
    if (fd >= 0 && has_name(fd, path) && flock(fd, LOCK_EX | LOCK_NB) == 0 && has_name(fd, path))
        unlink(path);
    if (fd >= 0)
        close(fd);
    errno = error;
}

typedef enum slot_state { MADE, TAKEN, NO_LOCKS, FAILED } slot_state;

/* Makes and locks the file a->temporary. TAKEN: somebody has it. NO_LOCKS: files cannot be locked here; it is gone again. */
static slot_state make_slot(sp__atomic *a)
{
    int fd = sp__io_fails(SP__IO_OPEN) ? -1 : open_again(a->temporary, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0)
        return errno == EEXIST ? TAKEN : FAILED;
    bool locked = !sp__io_fails(SP__IO_LOCK) && flock(fd, LOCK_EX | LOCK_NB) == 0;
    bool refused = !locked && errno == EWOULDBLOCK;
    if (locked && has_name(fd, a->temporary)) {
        a->fd = fd;
        return MADE;
    }
    if (!locked && !refused)
        unlink(a->temporary);
    close(fd); /* if refused: somebody took it for one that was left, and removes it */
    return locked || refused ? TAKEN : NO_LOCKS;
}

/* Removes what was left in the slots from `slot` on. */
static void sweep(sp__atomic *a, int slot)
{
    char ours[SP__ATOMIC_PATH];
    memcpy(ours, a->temporary, sizeof ours);
    for (; slot < SLOTS && name_slot(a, slot); slot++)
        remove_left(a->temporary);
    memcpy(a->temporary, ours, sizeof ours);
}

/* Takes the first slot that is free, or was left and is removed; where there is none a name of its own. */
static bool open_temporary(sp__atomic *a)
{
    slot_state state = TAKEN;
    int slot = 0;
    for (; state == TAKEN && slot < SLOTS && name_slot(a, slot); slot++) {
        state = make_slot(a);
        if (state == TAKEN) {
            remove_left(a->temporary);
            state = make_slot(a);
        }
    }
    if ((state == TAKEN || state == NO_LOCKS) && name_slot(a, SLOTS)) {
        a->fd = open_again(a->temporary, O_WRONLY | O_CREAT | O_EXCL);
        state = a->fd >= 0 ? MADE : FAILED;
    } else if (state == TAKEN || state == NO_LOCKS) {
        errno = ENAMETOOLONG;
    }
    if (state == MADE)
        sweep(a, slot);
    else
        a->temporary[0] = 0;
    return state == MADE;
}

/* Owner, group and mode of the file that is replaced, as far as the process may. */
static bool take_after(int fd, const struct stat *old)
{
    struct stat now;
    mode_t mode = old->st_mode & 07777;
    if (fstat(fd, &now) != 0)
        return false;
    if (now.st_uid != old->st_uid && fchown(fd, old->st_uid, (gid_t)-1) != 0)
        mode &= 01777; /* it will not run as another user */
    if (now.st_gid != old->st_gid && fchown(fd, (uid_t)-1, old->st_gid) != 0)
        mode = (mode & 05707) | (mode & 07) << 3;
    return fchmod(fd, mode) == 0;
}

sp_status sp__atomic_open(sp__atomic *a, const char *what, const char *path)
{
    a->what = what;
    a->shown = path;
    a->fd = a->lock = -1;
    a->status = SP_OK;
    a->summed = false;
    a->crc = 0;
    a->used = 0;
    a->temporary[0] = 0;

    struct stat st;
    if (!resolve(path, a->path))
        return broken(a, "cannot be written");
    bool exists = stat(a->path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode)) /* renaming would replace a device or a pipe */
        return a->status = sp__err(SP_ERR_IO, "%s: %s is not a regular file", what, path);
    if (!open_temporary(a))
        return broken(a, "cannot be written");
    if (exists && !take_after(a->fd, &st))
        return broken(a, "cannot be given the old file's mode");
    return SP_OK;
}

/* What one call of write() takes; the tests' faults included. */
static ssize_t write_some(int fd, const uint8_t *p, size_t n)
{
    if (!sp__io_fails(SP__IO_WRITE))
        return write(fd, p, SP__MIN(n, (size_t)1 << 30));
    return faults.error == SP__IO_SHORT ? write(fd, p, 1) : -1;
}

/* All n bytes, however many pieces the system takes them in. */
static sp_status write_all(sp__atomic *a, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write_some(a->fd, p, n);
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
    if (a->summed)
        a->crc = sp__crc32(a->crc, data, n);
    if (n > sizeof a->buffer - a->used && flush(a) != SP_OK)
        return a->status;
    if (n > sizeof a->buffer)
        return write_all(a, data, n);
    memcpy(a->buffer + a->used, data, n);
    a->used += n;
    return SP_OK;
}

/* fsync() until no signal comes between. */
static bool flush_to_disk(int fd, sp__io kind)
{
    int st;
    do
        st = sp__io_fails(kind) ? -1 : fsync(fd);
    while (st != 0 && errno == EINTR);
    return st == 0;
}

/* A name in a folder survives a power cut only once the folder itself is on the disk. Some file systems cannot
 * flush folders (EINVAL): they offer nothing better. */
static sp_status flush_folder(sp__atomic *a)
{
    char folder[SP__ATOMIC_PATH];
    int fd = folder_of(a->path, folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = fd >= 0 && (flush_to_disk(fd, SP__IO_FSYNC_FOLDER) || errno == EINVAL);
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (!ok)
        a->status = sp__err(SP_ERR_IO, "%s: %s is written, but a power cut may undo it: %s", a->what, a->shown,
                            strerror(error));
    return a->status;
}

/* Closes the file, whose failure may tell of a write that failed, and keeps its lock. After EINTR it is closed all the same, and
 * what was written is on the disk already. */
static bool close_file(sp__atomic *a)
{
    int fd = a->fd, lock = dup(fd);
    a->lock = lock >= 0 ? lock : fd; /* without a second descriptor the first stays until it is renamed */
    a->fd = -1;
    bool closed = lock < 0 || close(fd) == 0 || errno == EINTR; /* gone either way: never closed twice */
    return !sp__io_fails(SP__IO_CLOSE) && closed;
}

sp_status sp__atomic_commit(sp__atomic *a)
{
    if (a->status != SP_OK || flush(a) != SP_OK)
        return a->status;
    if (!flush_to_disk(a->fd, SP__IO_FSYNC))
        return broken(a, "cannot be flushed to the disk");
    if (!close_file(a))
        return broken(a, "cannot be closed");
    if (sp__io_fails(SP__IO_RENAME) || rename(a->temporary, a->path) != 0)
        return broken(a, "cannot be replaced");
    a->temporary[0] = 0;
    sp__atomic_abort(a); /* the lock */
    return flush_folder(a);
}

void sp__atomic_abort(sp__atomic *a)
{
    if (a->temporary[0])
        unlink(a->temporary); /* while it is locked */
    a->temporary[0] = 0;
    if (a->fd >= 0)
        close(a->fd);
    if (a->lock >= 0)
        close(a->lock);
    a->fd = a->lock = -1;
}
