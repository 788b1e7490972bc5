/* Any bytes as a graph: a graph or one error, nothing else. A graph that is read can be printed and run. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SPORE_HAVE_PROTOBUF
#include "file/mindir.h"
#include "graph_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sp_scope scope = sp_scope_begin();
    sp__source source;
    sp_graph *g = NULL;
    if (sp__source_memory(&source, "mindir", data, size) == SP_OK)
        g = sp__mindir_load_source(&source, NULL);
    if ((g != NULL) != (sp_error() == SP_OK))
        __builtin_trap(); /* a failure without a cause, or a graph with one */
    if (g)
        sp_graph_str(g);
    if (g)
        run_if_short(g);
    sp_graph_free(g);
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
