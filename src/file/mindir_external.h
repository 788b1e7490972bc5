/* file/mindir_external.h: parameters in files of their own, as MindSpore writes them above 1 GiB. Such a file is
 * only opened inside the folder of the .mindir file, and no byte of it is given out twice. */
#ifndef SP_FILE_MINDIR_EXTERNAL_H
#define SP_FILE_MINDIR_EXTERNAL_H

#include "file/mindir.h"

#define SP__MI_MAX_FILES 64

typedef struct sp__mi_external {
    const char *path; /* of the .mindir file; NULL: there can be no others */
    struct {
        const char *location; /* in the message            */
        sp__source source;
        char *full;     /* its path                  */
        uint64_t taken; /* bytes given out so far    */
    } files[SP__MI_MAX_FILES];
    int n;
} sp__mi_external;

/* Finds and opens the file and checks that the bytes are in it; false, recorded, if they are not. what: as in
 * read_tensor. */
bool sp__mi_external_reserve(sp__mi_external *e, const Sp__Mindir__External *x, const char *what);
/* The bytes that were reserved. */
bool sp__mi_external_read(sp__mi_external *e, const Sp__Mindir__External *x, void *out, size_t bytes);
void sp__mi_external_free(sp__mi_external *e);

#endif
