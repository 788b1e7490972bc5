/* Any bytes as a picture: one in all its forms, or one error, nothing else. */
#include "file/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int channels = 0; channels <= 3; channels += channels + 1) { /* 0, 1, 3 */
        sp_scope scope = sp_scope_begin();
        sp__source source;
        sp_status st = sp__source_memory(&source, "image", data, size);
        sp_tensor *t = st == SP_OK ? sp__image_read_source(&source, channels) : NULL;
        if ((t != NULL) != (sp_error() == SP_OK))
            __builtin_trap(); /* a failure without a cause, or a result with one */
        if (t && sp_size_of(t) < 1 << 20 && !sp_image_resize(t, 3, 40))
            __builtin_trap();
        sp_error_clear();
        sp_scope_end(scope);
    }
    return 0;
}
