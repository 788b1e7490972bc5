/* file/graph_load.c: graphs, by the names of their files. */
#if SPORE_HAVE_PROTOBUF
#include <limits.h>
#include <string.h>

#include "file/mindir.h"
#include "file/onnx_read.h"

#define MAX_FILE ((uint64_t)INT32_MAX) /* protobuf's own limit */

sp_graph *sp_graph_load(const char *path)
{
    if (!sp__given("graph_load", 1, path))
        return NULL;
    bool onnx = sp__ends_with(path, ".onnx");
    sp__source s;
    sp_graph *g = NULL;
    if (sp__source_open(&s, onnx ? "onnx" : "mindir", path, MAX_FILE) == SP_OK)
        g = onnx ? sp__onnx_load_source(&s, path) : sp__mindir_load_source(&s, path);
    sp__source_close(&s);
    return g;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
