/* file/atomic.h: a file that is whole at every moment. Bytes go to a temporary file in the same folder; only when
 * all of them are on the disk is it renamed over the old one.
 *
 * Temporary files have names that follow from the path, .spore-<hash of the name>-<slot>.tmp, and are locked (flock) by who
 * writes them for as long as they have these names. The system gives a lock back when its process ends, however it ends. So
 * one that is there and not locked was left behind by a process that was killed: the next save to the same path removes it.
 * One that is locked belongs to somebody who is saving to the same path just now: the next slot is taken, and whoever renames
 * last wins. Where files cannot be locked nothing is removed. */
#ifndef SP_FILE_ATOMIC_H
#define SP_FILE_ATOMIC_H

#include <limits.h>
#include <sys/types.h>

#include "base/base.h"

#define SP__ATOMIC_PATH   4096
#define SP__ATOMIC_BUFFER 4096

typedef struct sp__atomic {
    const char *what;
    const char *shown;          /* the path as it was given: for error texts                      */
    char path[SP__ATOMIC_PATH]; /* the file itself, links followed                                */
    char temporary[SP__ATOMIC_PATH];
    int fd;           /* of the temporary file; -1: none                                */
    int lock;         /* the same file: keeps it locked until it is renamed; -1: none   */
    sp_status status; /* the first failure; later writes do nothing                     */
    bool summed;      /* set after opening: crc becomes the CRC-32 of all that is written */
    uint32_t crc;
    size_t used;
    uint8_t buffer[SP__ATOMIC_BUFFER]; /* small writes are gathered here                                 */
} sp__atomic;

/* Makes the temporary file. A new file gets mode 0666 less the umask, an existing one keeps its mode, and its owner and group where
 * the process may set them (a group that cannot be kept gets no more rights than others have). Symbolic links are followed, also one to
 * a file that is not there yet. what ("checkpoint") begins error texts; what and path are kept. SP_ERR_IO. After a failure
 * nothing needs to be done, but sp__atomic_abort may be called. */
sp_status sp__atomic_open(sp__atomic *a, const char *what, const char *path);

/* Appends n bytes. */
sp_status sp__atomic_write(sp__atomic *a, const void *data, size_t n);

/* Writes what is left, flushes to the disk, renames, flushes the folder. On failure the temporary file is gone and
 * the old file is what it was; only when flushing the folder fails is the new one in place already, and the text
 * says so. */
sp_status sp__atomic_commit(sp__atomic *a);

/* Removes the temporary file. Does nothing after sp__atomic_commit. */
void sp__atomic_abort(sp__atomic *a);

/* ---- for tests: the n-th operation of a kind from now on fails with errno `error`, in this thread, once; or with one of
 * these instead of an errno ---- */

enum {
    SP__IO_SHORT = -1, /* a write takes one byte only, a read gives one byte less: the file has become shorter */
    SP__IO_KILLED = -2 /* the process is killed       */
};

typedef enum sp__io {
    SP__IO_OPEN,
    SP__IO_LOCK,
    SP__IO_WRITE,
    SP__IO_FSYNC,
    SP__IO_CLOSE,
    SP__IO_RENAME,
    SP__IO_FSYNC_FOLDER,
    SP__IO_COUNT_,               /* of a save          */
    SP__IO_READ = SP__IO_COUNT_, /* of source.c's files */
    SP__IO_ALL_
} sp__io;

void sp__io_fail_at(sp__io kind, int n, int error); /* n = 0: none */

/* Whether this operation is the one to fail; errno is `error` then. */
bool sp__io_fails(sp__io kind);

#endif
