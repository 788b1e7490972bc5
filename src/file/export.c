/* file/export.c: a cell, traced and written. */
#include <string.h>

#include "file/file.h"

sp_status sp_export(sp_cell *c, sp_list example, const char *path)
{
    if (!sp__given("export", 1, c) || !sp__given("export", 3, path))
        return SP_ERR_VALUE;
    sp_graph *g = sp_trace(sp_cell_fn, c, example);
    if (!g)
        return sp_error();
    sp_status st = sp_graph_save(g, path);
    sp_graph_free(g);
    return st;
}
