/* data/idx.h: IDX files (docs/formats/idx.md), the format of MNIST; raw or gzip. */
#ifndef SP_DATA_IDX_H
#define SP_DATA_IDX_H

#include "data/data.h"

/* What the header of a file says. Only UInt8 elements: bytes 0 0 8 <rank>, then one big-endian uint32 per dimension. */
typedef struct sp__idx {
    char *path; /* sp__free_str */
    bool gzip;
    int rank;
    int64_t dim[3];
    int64_t bytes; /* of elements */
} sp__idx;

/* Reads the header of path (taken) and checks it against the file's size; rank as the reader expects it, 1 (labels) or
 * 3 (images). SP_ERR_IO, SP_ERR_FORMAT, SP_ERR_UNSUPPORTED (gzip without zlib). On failure there is nothing to
 * clear. */
sp_status sp__idx_open(sp__idx *idx, char *path, int rank);
void sp__idx_clear(sp__idx *idx);

/* Reads all elements to out (idx->bytes) and makes sure that nothing follows. */
sp_status sp__idx_read(const sp__idx *idx, uint8_t *out);

#endif
