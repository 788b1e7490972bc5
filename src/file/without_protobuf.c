/* file/without_protobuf.c: what stands in for the readers and writers in a build without protobuf-c. */
#include "file/file.h"

#if !SPORE_HAVE_PROTOBUF

static sp_status missing(const char *what)
{
    return sp__err(SP_ERR_UNSUPPORTED, "%s: this library was built without protobuf-c, which its format needs", what);
}

sp_status sp_ckpt_write(const char *path, int n, const sp_entry *entries)
{
    (void)path, (void)n, (void)entries;
    return missing("ckpt_write");
}

sp_status sp_ckpt_read(const char *path, sp_entries *out)
{
    (void)path;
    if (out)
        *out = (sp_entries){0};
    return missing("ckpt_read");
}

sp_status sp__mindir_save(const sp_graph *g, const char *path)
{
    (void)g, (void)path;
    return missing("graph_save");
}

sp_status sp__onnx_save(const sp_graph *g, const char *path) { return sp__mindir_save(g, path); }

sp_status sp__onnx_export_batches(sp_cell *c, sp_list example, const char *path)
{
    (void)c, (void)example, (void)path;
    return missing("export");
}

sp_graph *sp_graph_load(const char *path)
{
    (void)path;
    missing("graph_load");
    return NULL;
}

#endif
