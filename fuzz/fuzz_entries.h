/* fuzz_entries.h: what the fuzz targets of readers of records share. */
#ifndef SP_FUZZ_ENTRIES_H
#define SP_FUZZ_ENTRIES_H

#include "file/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline int fuzz_entries(const char *what, sp_status (*read)(sp__source *s, sp_entries *out), const uint8_t *data,
                               size_t size)
{
    sp_scope scope = sp_scope_begin();
    sp__source source;
    sp_entries e = {0};
    sp_status st = sp__source_memory(&source, what, data, size);
    if (st == SP_OK)
        st = read(&source, &e);
    if (st != sp_error() || (st != SP_OK && e.n != 0))
        __builtin_trap(); /* a failure without a cause, or a result with one */
    for (int i = 0; i < e.n; i++) {
        if (!e.at[i].name || !e.at[i].tensor == !e.at[i].text)
            __builtin_trap();
        if (e.at[i].tensor && sp_size_of(e.at[i].tensor) > 0)
            sp_at(e.at[i].tensor, sp_size_of(e.at[i].tensor) - 1);
    }
    sp_error_clear();
    sp_scope_end(scope);
    return 0;
}

#endif
