/* file/export.c: graphs to files, by the name's extension; a cell, traced and written. */
#include <string.h>

#include "file/file.h"

/* SP_ERR_UNSUPPORTED if the name is of no format for graphs. */
static sp_status check_name(const char *path)
{
    if (sp__ends_with(path, ".mindir") || sp__ends_with(path, ".onnx"))
        return SP_OK;
    return sp__err(SP_ERR_UNSUPPORTED, "graph_save: '%s' does not end in .mindir or .onnx, the formats for graphs",
                   path);
}

sp_status sp_graph_save(const sp_graph *g, const char *path)
{
    if (!sp__given("graph_save", 1, g) || !sp__given("graph_save", 2, path))
        return SP_ERR_VALUE;
    sp_status st = check_name(path);
    if (st != SP_OK)
        return st;
    return sp__ends_with(path, ".onnx") ? sp__onnx_save(g, path) : sp__mindir_save(g, path);
}

sp_status sp_export_with(sp_cell *c, sp_list example, const char *path, const sp_export_opts *opts)
{
    if (!sp__given("export", 1, c) || !sp__given("export", 3, path))
        return SP_ERR_VALUE;
    sp_status st = check_name(path);
    if (st != SP_OK)
        return st;
    if (opts && opts->dynamic_batch && !sp__ends_with(path, ".onnx"))
        return sp__err(SP_ERR_UNSUPPORTED, "export: '%s': dynamic_batch is for .onnx files", path);
    if (opts && opts->dynamic_batch)
        return sp__onnx_export_batches(c, example, path);
    sp_graph *g = sp_trace(sp_cell_fn, c, example);
    if (!g)
        return sp_error();
    st = sp_graph_save(g, path);
    sp_graph_free(g);
    return st;
}

sp_status sp_export(sp_cell *c, sp_list example, const char *path) { return sp_export_with(c, example, path, NULL); }
