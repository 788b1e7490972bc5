/* Any bytes as a .csv file: a table or one error, nothing else. */
#include "file/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_scope scope = sp_scope_begin();
    sp__source source;
    const char *const *names = NULL;
    sp_tensor *t = sp__source_memory(&source, "csv", data, size) == SP_OK ? sp__csv_read_source(&source, &names) : NULL;
    if ((t != NULL) != (sp_error() == SP_OK))
        __builtin_trap(); /* a failure without a cause, or a result with one */
    for (int64_t i = 0; t && names && i < sp_shape_of(t).dim[1]; i++)
        if (!names[i])
            __builtin_trap();
    sp_error_clear();
    sp_scope_end(scope);
    return 0;
}
