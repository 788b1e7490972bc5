/* Any text as --layers of the command: layers with sizes within the limits, or one error. */
#include "cli/layers.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void build(const cli_layers *layers)
{
    sp_cell *net = cli_layers_build(layers);
    if (!net || sp_cell_children(net) != layers->n || sp_cell_param_count(net) != layers->params)
        __builtin_trap(); /* what was accepted can be built, and is as large as it was said to be */
    sp_cell_free(net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cli_layers layers;
    char text[512];
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    sp_scope scope = sp_scope_begin();
    bool ok = cli_layers_read(text, SP_DIMS(1, 1, 28, 28), &layers);
    if (ok != (sp_error() == SP_OK) || (ok && (layers.n < 1 || layers.params < 0 || sp_shape_size(layers.out) < 0)))
        __builtin_trap();
    if (ok && layers.params < 100000)
        build(&layers);
    sp_error_clear();
    sp_scope_end(scope);
    return 0;
}
