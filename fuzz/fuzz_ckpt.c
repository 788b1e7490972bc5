/* Any bytes as a checkpoint: entries or one error, nothing else. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SPORE_HAVE_PROTOBUF
#include "file/ckpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_scope scope = sp_scope_begin();
    sp__source source;
    sp_entries entries = {0};
    sp_status st = sp__source_memory(&source, "checkpoint", data, size);
    if (st == SP_OK)
        st = sp__ckpt_read_source(&source, &entries);
    if ((st == SP_OK) != (sp_error() == SP_OK) || (st == SP_OK) != (entries.n > 0))
        __builtin_trap(); /* a failure without a cause, or a result without records */
    for (int i = 0; i < entries.n; i++)
        if (entries.at[i].tensor && sp_size_of(entries.at[i].tensor) > 0)
            sp_at(entries.at[i].tensor, sp_size_of(entries.at[i].tensor) - 1);
    sp_error_clear();
    sp_scope_end(scope);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data, (void)size;
    return 0; /* nothing can be read */
}

#endif
