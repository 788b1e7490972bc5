/* Any bytes as a file of MNIST's format, raw or compressed: its elements or one error, nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The reader reads files: one that is written anew each time. NULL if it cannot be. */
static const char *file_of(const uint8_t *data, size_t size)
{
    static char path[64];
    if (!*path) {
        snprintf(path, sizeof path, "/tmp/spore-fuzz-idx-XXXXXX");
        int fd = mkstemp(path);
        if (fd >= 0)
            close(fd);
    }
    FILE *f = fopen(path, "wb");
    bool written = f && fwrite(data, 1, size, f) == size;
    return f && fclose(f) == 0 && written ? path : NULL;
}

static void read_as(const char *path, int rank)
{
    sp__idx idx;
    sp_status st = sp__idx_open(&idx, "mnist", sp__strdup(path), rank);
    if ((st == SP_OK) != (sp_error() == SP_OK))
        __builtin_trap(); /* a failure without a cause, or a success with one */
    if (st == SP_OK && idx.bytes <= 1 << 24) {
        uint8_t *out = sp__alloc((size_t)idx.bytes);
        st = out ? sp__idx_read(&idx, out) : SP_ERR_NOMEM;
        if ((st == SP_OK) != (sp_error() == SP_OK))
            __builtin_trap();
        sp__free(out, (size_t)idx.bytes);
    }
    if (idx.path)
        sp__idx_clear(&idx);
    sp_error_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = file_of(data, size);
    if (path) {
        read_as(path, 1);
        read_as(path, 3);
        read_as(path, 0);
        unlink(path);
    }
    return 0;
}
