/* data/files.h: getting data from elsewhere, whole or not at all.
 *
 *   cache.c      where the cache is, where MNIST is
 *   download.c   what a download means: is it there already, checks, unpacking
 *   fetch.c      the transfer (libcurl)
 *   unpack.c     archives (libarchive)
 *   files.c      folders, paths, moving
 *   sha256.c     FIPS 180-4
 *
 * Everything is written under a name of its own in the folder where it will be, synchronised, and moved there. */
#ifndef SP_DATA_FILES_H
#define SP_DATA_FILES_H

#include <stdio.h>

#include "data/data.h"

/* ---- sha256.c ---- */

typedef struct sp__sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
} sp__sha256;

void sp__sha256_begin(sp__sha256 *s);
void sp__sha256_add(sp__sha256 *s, const void *data, size_t n);
/* 64 lower-case hex digits and a 0. */
void sp__sha256_end(sp__sha256 *s, char hex[65]);

/* ---- files.c: texts are of the current scope, NULL on failure; `op` begins the error texts ---- */

const char *sp__path_join(const char *folder, const char *name);
/* What follows the last '/'. */
const char *sp__path_name(const char *path);
bool sp__is_file(const char *path);
bool sp__is_folder(const char *path);
/* Makes path and the folders above it where they are missing. */
sp_status sp__make_folder(const char *op, const char *path);
/* Makes what was moved into it last through a loss of power. */
sp_status sp__sync_folder(const char *op, const char *path);
/* Writes all; the file is called path in the error text. */
sp_status sp__write_all(const char *op, int fd, const char *path, const void *data, size_t n);
/* Removes it and all in it; symbolic links are removed, not followed. */
void sp__remove_tree(const char *path);
/* Moves what is in `from` into `to`: whole folders where there is none of that name yet, else file by file. */
sp_status sp__move_into(const char *op, const char *from, const char *to);
sp_status sp__hash_file(const char *op, const char *path, char hex[65]);

/* ---- fetch.c ---- */

typedef struct sp__fetch_opts {
    const char *url;
    const char *path; /* of fd, for error texts                  */
    const char *hint; /* where to put the file by hand           */
    int fd;           /* where the bytes go                      */
    int64_t max_bytes;
    bool (*progress)(void *user, const sp_progress *p);
    void *user;
} sp__fetch_opts;

/* SP_ERR_IO, SP_ERR_VALUE (too large), SP_ERR_INTERRUPTED, SP_ERR_UNSUPPORTED (built without libcurl). */
sp_status sp__fetch(const sp__fetch_opts *opts);

/* ---- unpack.c ---- */

typedef enum sp__archive_kind { SP__ARCHIVE_NONE, SP__ARCHIVE_ZIP, SP__ARCHIVE_TAR, SP__ARCHIVE_GZIP } sp__archive_kind;

/* By the end of its name. */
sp__archive_kind sp__archive_kind_of(const char *name);

/* path is read as an archive whose name is `name`. */
sp_status sp__unpack(const char *path, const char *name, const char *dir, int64_t max_bytes);

#endif
