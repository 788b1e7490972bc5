/* file/file.h: what the readers and writers of files share.
 *
 *   source.c      bytes to read: a file, or memory (for the fuzz targets)
 *   text.c        texts from outside: UTF-8, UTF-32, made fit for an error message
 *   names.c       a set of names
 *   crc32.c       the checksum of a checkpoint's footer
 *   atomic.c      files that are whole at every moment (atomic.h)
 *   proto.c       protobuf-c, with limits (proto.h)
 *   entries.c     what all writers of records ask of them
 *   tensors.c     files of records of any kind, by their names' endings
 *   ckpt_*.c      checkpoints (ckpt.h); load.c: into cells
 *   safetensors_*.c  (safetensors.h)
 *   write.c       what the writers of graphs share (write.h)
 *   mindir_*.c    graphs (mindir.h)
 *   onnx_*.c      graphs (onnx.h, onnx_read.h); graph_load.c: of either kind
 *   caller.c      what the readers of graphs share (caller.h); external.c: elements in files of their own
 *   npy.c         NumPy's arrays (npy.h); npz_*.c: archives of them (npz.h)
 *   csv.c         tables of numbers as text (csv.h)
 *   image*.c      pictures (image.h) */
#ifndef SP_FILE_FILE_H
#define SP_FILE_FILE_H

#include <stdio.h>

#include "spore/file.h"
#include "tensor/tensor.h"

/* Both formats hold elements little endian and so do tensors: nothing is swapped anywhere. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "src/file needs a little-endian machine"
#endif

/* ---- bytes to read ---- */

typedef struct sp__source {
    const char *what; /* "checkpoint": begins every error text      */
    const char *path; /* "(memory)" for memory                      */
    FILE *file;       /* NULL: memory, or                           */
    const uint8_t *memory;
    uint64_t size, at; /* at <= size                                 */
    /* what is unpacked while it is read, forwards only: the next n bytes of it, which are there by `size` */
    sp_status (*unpack)(void *self, void *out, size_t n);
    void *self;
} sp__source;

/* SP_ERR_IO: no such file, not a regular file. SP_ERR_FORMAT: empty, or above max_size bytes. path is kept. */
sp_status sp__source_open(sp__source *s, const char *what, const char *path, uint64_t max_size);
sp_status sp__source_memory(sp__source *s, const char *what, const void *data, size_t size);
void sp__source_close(sp__source *s);

/* The next n bytes. SP_ERR_FORMAT if fewer are left, SP_ERR_IO if they cannot be read (the file has shrunk). */
sp_status sp__source_read(sp__source *s, void *out, size_t n);
sp_status sp__source_seek(sp__source *s, uint64_t at);

/* A base-128 number of at most 64 bits. */
sp_status sp__source_varint(sp__source *s, uint64_t *out);

/* SP_ERR_UNSUPPORTED if the file starts as MindSpore's encrypted ones do; else back at the start. */
sp_status sp__source_not_encrypted(sp__source *s);

/* ---- the writers of graphs, by format (export.c chooses) ---- */

sp_status sp__mindir_save(const sp_graph *g, const char *path);
/* Dimensions of -1 of inputs may have any size. */
sp_status sp__onnx_save(const sp_graph *g, const char *path);
/* A cell whose inputs' first dimensions, where they are equal to that of the first, may have any size. */
sp_status sp__onnx_export_batches(sp_cell *c, sp_list example, const char *path);

/* ---- texts ---- */

/* Whether n bytes are UTF-8 without a zero character. */
bool sp__utf8_ok(const uint8_t *s, size_t n);

/* n bytes from outside as they may stand in an error message: at most 80 characters, none of them a control
 * character; text of the current scope. */
const char *sp__shown(const void *s, size_t n);

/* Whether a path ends with an extension, and has more than that. */
bool sp__ends_with(const char *path, const char *extension);

/* UTF-32 (little endian, bytes a multiple of 4) to UTF-8 and back; zeros at the end are dropped. Texts to be freed by
 * sp__free_str, *bytes counted; NULL on failure: SP_ERR_FORMAT, SP_ERR_VALUE (recorded), SP_ERR_NOMEM. */
char *sp__utf32_to_utf8(const char *what, const uint8_t *s, size_t bytes);
uint8_t *sp__utf8_to_utf32(const char *what, const char *s, size_t *bytes); /* sp__free(p, *bytes) */

/* A copy of s in the current scope; NULL on failure. */
const char *sp__scope_copy(const char *s);

/* ---- a set of names: which number a name has ---- */

typedef struct sp__names {
    const char **names; /* by slot; borrowed                          */
    int *numbers;
    size_t slots, used; /* slots: 0 or a power of two, at most half full */
} sp__names;

#define SP__NAME_NONE (-1)

int sp__names_find(const sp__names *set, const char *name); /* SP__NAME_NONE if it is not there */
/* Adds it or gives it another number. The name is kept, not copied. False and SP_ERR_NOMEM on failure. */
bool sp__names_put(sp__names *set, const char *name, int number);
void sp__names_free(sp__names *set);

/* ---- records ---- */

/* What every writer asks: at least one record, each with a name in UTF-8 that no other has, and a tensor with elements
 * known or a text in UTF-8. */
sp_status sp__entries_check(const char *what, int n, const sp_entry *entries);

/* SP_ERR_FORMAT unless all elements of a Bool tensor are 0 or 1; true for the others. `place` begins the text. */
sp_status sp__check_bool(const char *place, const sp_tensor *t);

/* ---- entries into parameters (load.c) ---- */

typedef struct sp__load_opts {
    bool strict;       /* equal types, no prefixes */
    bool complete;     /* nothing may be missing   */
    const char *where; /* "load: net.ckpt": begins error texts */
} sp__load_opts;

/* As sp_load_entries(), of any parameters: tensors with names. result may be NULL. */
sp_status sp__load_params(sp_list params, sp_entries entries, const sp__load_opts *o, sp_load_result *result);

/* ---- CRC-32 of zip, gzip and zlib (polynomial 0x04c11db7 reflected); start with 0 ---- */

uint32_t sp__crc32(uint32_t crc, const void *data, size_t n);

#endif
