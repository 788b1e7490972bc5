/* data/idx.h: IDX files (docs/formats/idx.md), the format of MNIST; raw or gzip. */
#ifndef SP_DATA_IDX_H
#define SP_DATA_IDX_H

#include "data/data.h"

/* What the header of a file says: bytes 0 0 <type> <rank>, then one big-endian uint32 per dimension. */
typedef struct sp__idx {
    const char *what; /* begins every error text: "mnist" */
    char *path;       /* sp__free_str                     */
    bool gzip;
    sp_dtype dtype;
    int rank;
    int64_t dim[SP_MAX_RANK];
    int64_t bytes; /* of elements */
} sp__idx;

/* Reads the header of path (taken) and checks it against the file's size. rank as the reader expects it, 1 (labels) or 3
 * (images), of UInt8 then; or 0 for any rank and type. SP_ERR_IO, SP_ERR_FORMAT, SP_ERR_UNSUPPORTED (gzip without zlib). On failure
 * there is nothing to clear. */
sp_status sp__idx_open(sp__idx *idx, const char *what, char *path, int rank);
void sp__idx_clear(sp__idx *idx);

/* Reads all elements to out (idx->bytes) and makes sure that nothing follows. They are big endian, as in
 * the file. */
sp_status sp__idx_read(const sp__idx *idx, void *out);

#endif
