/* file/safetensors.h: .safetensors files, inside. docs/formats/safetensors.md describes the format.
 *
 *   safetensors_header.c   the header, a JSON object, to descriptions of tensors
 *   safetensors_read.c     their elements
 *   safetensors_write.c    entries to a file */
#ifndef SP_FILE_SAFETENSORS_H
#define SP_FILE_SAFETENSORS_H

#include "file/file.h"

#define SP__ST_MAX_HEADER  100000000 /* bytes; as the format's own reader */
#define SP__ST_MAX_TENSORS ((int64_t)1 << 17)

typedef struct sp__st_tensor {
    const char *name; /* of the current scope */
    sp_dtype dtype;
    sp_shape shape;
    uint64_t begin, end; /* bytes, from the end of the header on */
} sp__st_tensor;

typedef struct sp__st_header {
    sp__st_tensor *tensors; /* n of them, in the order of their elements */
    int64_t n, capacity;
    sp_entry *texts; /* of __metadata__ */
    int64_t n_texts, texts_capacity;
} sp__st_header;

/* Reads n bytes of JSON; data_size: bytes of the file behind it. On failure too h is to be freed; names and texts belong
 * to the current scope. SP_ERR_UNSUPPORTED without jansson. */
sp_status sp__st_header_read(sp__st_header *h, const char *path, const char *json, size_t n, uint64_t data_size);
void sp__st_header_free(sp__st_header *h);

/* The format's name of a type: "BF16". */
const char *sp__st_type_name(sp_dtype dtype);

sp_status sp__safetensors_read_source(sp__source *s, sp_entries *out);
sp_status sp__safetensors_read(const char *path, sp_entries *out);
sp_status sp__safetensors_write(const char *path, int n, const sp_entry *entries);

#endif
