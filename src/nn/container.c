/* Cells that hold others by number. */
#include "nn/nn.h"

static sp_list sequential_construct(sp_cell *c, sp_list in)
{
    for (int i = 0; i < c->n_children; i++)
        in = sp_cell_call_all(c->children[i].cell, in);
    return in;
}

static sp_list list_construct(sp_cell *c, sp_list in)
{
    (void)in;
    sp__err(SP_ERR_STATE, "%s: cannot be called: it only holds the cells of another", c->type);
    return sp__list_none();
}

/* A cell whose children are named "0", "1", ...; takes them on every path. */
static sp_cell *numbered(const char *type, sp_construct construct, int n, sp_cell *const *cells)
{
    if (n < 0)
        return sp__fail(SP_ERR_VALUE, "%s: %d cells: expected 0 or more", type, n);
    if (n > 0 && !sp__given(type, 2, cells))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_child *children = sp__scope_alloc(((size_t)n + 1) * sizeof *children); /* an int times 16: fits */
    for (int i = 0; children && i <= n; i++)
        children[i] = i < n ? (sp_child){sp__scope_printf("%d", i), cells[i]} : (sp_child){0};
    sp_cell *c = NULL;
    if (children)
        c = sp_cell_new(&(sp_cell_desc){.type = type, .construct = construct, .children = children});
    else
        sp__cells_free(n, cells);
    sp_scope_end(scope);
    return c;
}

sp_cell *sp_nn_sequential_new(int n, sp_cell *const *cells)
{
    return numbered("SequentialCell", sequential_construct, n, cells);
}

sp_cell *sp_nn_list_new(int n, sp_cell *const *cells) { return numbered("CellList", list_construct, n, cells); }
