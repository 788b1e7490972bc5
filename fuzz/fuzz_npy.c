/* Any bytes as a .npy file: an array or one error, nothing else. */
#include "file/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_scope scope = sp_scope_begin();
    sp__source source;
    sp_tensor *t = sp__source_memory(&source, "npy", data, size) == SP_OK ? sp__npy_read_source(&source) : NULL;
    if ((t != NULL) != (sp_error() == SP_OK))
        __builtin_trap(); /* a failure without a cause, or a result with one */
    if (t && sp_size_of(t) > 0)
        sp_at(t, sp_size_of(t) - 1);
    sp_error_clear();
    sp_scope_end(scope);
    return 0;
}
