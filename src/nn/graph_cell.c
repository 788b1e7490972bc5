/* A graph as a cell. */
#include "nn/nn.h"

typedef struct holder {
    sp_graph *graph;
} holder;

static sp_list graph_construct(sp_cell *c, sp_list in)
{
    holder *h = c->state;
    return sp_graph_run(h->graph, in);
}

static void graph_free(void *state) { sp_graph_free(((holder *)state)->graph); }

sp_cell *sp_nn_graph(sp_graph *g)
{
    if (!sp__given("GraphCell", 1, g))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_list all = sp_graph_params(g);
    sp_param *params = sp__scope_alloc(((size_t)all.n + 1) * sizeof *params); /* an int times 24: fits */
    for (int i = 0; params && i <= all.n; i++)
        params[i] =
            i < all.n ? (sp_param){sp_param_name(all.at[i]), all.at[i], !sp_param_trainable(all.at[i])} : (sp_param){0};
    sp_cell *c = NULL;
    if (params)
        c = sp_cell_new(&(sp_cell_desc){.type = "GraphCell",
                                        .construct = graph_construct,
                                        .state = &(holder){g},
                                        .size = sizeof(holder),
                                        .params = params,
                                        .free_state = graph_free});
    else
        sp_graph_free(g);
    sp_scope_end(scope);
    return c;
}
