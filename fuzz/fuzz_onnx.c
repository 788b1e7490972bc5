/* Any bytes as a graph: a graph or one error, nothing else; see fuzz_graph.h for what becomes of a graph. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SPORE_HAVE_PROTOBUF
#include "file/onnx_read.h"
#include "fuzz_graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_scope scope = sp_scope_begin();
    sp__source source;
    sp_graph *g = NULL;
    if (sp__source_memory(&source, "onnx", data, size) == SP_OK)
        g = sp__onnx_load_source(&source, NULL);
    use_graph(g);
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
