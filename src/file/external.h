/* file/external.h: elements of parameters in files of their own, as MindSpore writes them above 1 GiB and ONNX above 2.
 * Such a file is only opened inside the folder of the graph's file, and no byte of it is given out twice. */
#ifndef SP_FILE_EXTERNAL_H
#define SP_FILE_EXTERNAL_H

#include "file/file.h"

#define SP__MAX_EXTERNAL 64

typedef struct sp__external {
    const char *what; /* "mindir": begins every error text                    */
    const char *path; /* of the graph's file; NULL: there can be no others    */
    uint64_t header;  /* bytes at the beginning that are no elements; 0: none */
    struct {
        const char *location; /* in the message            */
        sp__source source;
        char *full;     /* its path                  */
        uint64_t taken; /* bytes given out so far    */
    } files[SP__MAX_EXTERNAL];
    int n;
} sp__external;

/* Bytes of a file: offset and length as they stand in the message. */
typedef struct sp__external_part {
    const char *location; /* NULL: refused */
    int64_t offset, length;
} sp__external_part;

/* Finds and opens the file and checks that the bytes are in it; false, recorded, if they are not. what: "parameter 'w'". */
bool sp__external_reserve(sp__external *e, const sp__external_part *x, const char *what);
/* The bytes that were reserved. */
bool sp__external_read(sp__external *e, const sp__external_part *x, void *out, size_t bytes);
void sp__external_free(sp__external *e);

#endif
