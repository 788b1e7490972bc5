/* file/proto.h: protobuf-c with limits. By itself it follows nested messages as deep as a file says and takes as
 * much memory as that needs; here a message is walked first and decoded within a budget. */
#ifndef SP_FILE_PROTO_H
#define SP_FILE_PROTO_H

#include <protobuf-c/protobuf-c.h>

#include "file/atomic.h"
#include "file/file.h"

#define SP__PROTO_MAX_DEPTH 48

/* Where decoded messages live. Must not move while they do. */
typedef struct sp__proto {
    ProtobufCAllocator allocator;
    size_t left;    /* bytes that may still be taken */
    bool exhausted; /* more were asked for           */
} sp__proto;

void sp__proto_begin(sp__proto *p, size_t budget);

/* Decodes `size` bytes, which stand in the file from byte `at` on. NULL and SP_ERR_FORMAT, SP_ERR_NOMEM on failure;
 * what and path begin the text. To be freed with sp__proto_free. */
ProtobufCMessage *sp__proto_unpack(sp__proto *p, const sp__source *s, const ProtobufCMessageDescriptor *type,
                                   const uint8_t *data, size_t size, uint64_t at);
/* The same of all bytes of a source, from where it is; they are given up again. */
ProtobufCMessage *sp__proto_decode(sp__proto *p, sp__source *s, const ProtobufCMessageDescriptor *type);
void sp__proto_free(sp__proto *p, void *message);

/* Encodes straight into the file, bytes fields without a copy. */
sp_status sp__proto_write(sp__atomic *out, const ProtobufCMessage *message);

#endif
