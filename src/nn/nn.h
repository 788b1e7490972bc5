/* nn/nn.h: the inside of a cell.
 *
 *   cell.c       making, calling, freeing; names and parameters
 *   cell_str.c   as text
 *   init.c       initialisers
 *   amp.c        mixed precision
 *   dense.c conv.c pool.c norm.c activation.c embedding.c container.c loss.c graph_cell.c    the layers */
#ifndef SP_NN_NN_H
#define SP_NN_NN_H

#include "graph/graph.h"
#include "spore/nn.h"

typedef struct sp__child {
    char *name;
    sp_cell *cell;
} sp__child;

typedef struct sp__cell_param {
    char *name; /* in this cell: "weight"; the parameter's own name is its path */
    sp_tensor *value;
} sp__cell_param;

struct sp_cell {
    char *type;
    const char *name; /* in its parent; NULL for a cell that stands alone */
    sp_cell *parent;
    sp_construct construct;
    void (*free_state)(void *state);
    const char *(*info)(const sp_cell *c);
    void *state;
    size_t state_size;
    sp__child *children;
    int n_children;
    sp__cell_param *params;
    int n_params;
    sp__mode *mode;     /* whether it is training; seen by traces */
    sp_tensor **listed; /* what sp_cell_params and sp_cell_all_params gave last; the second half is the latter's */
    int64_t cap_listed;
};

/* A layer: a cell without children whose state is plain data and which knows how to print itself. The rest: its parameters. */
#define sp__layer(type_name, its_construct, its_state, its_info, ...) \
    sp_cell_new(&(sp_cell_desc){.type = (type_name),                  \
                                .construct = (its_construct),         \
                                .state = (its_state),                 \
                                .size = sizeof *(its_state),          \
                                .info = (its_info),                   \
                                .params = (sp_param[]){__VA_ARGS__, {0}}})

/* True if a call brings min to max inputs; else records "Dense: called with 2 inputs, expected 1". */
bool sp__cell_inputs(const sp_cell *c, sp_list in, int min, int max);

/* The parameter `name` of this very cell; NULL if it has none. */
sp_tensor *sp__cell_own(const sp_cell *c, const char *name);

/* Frees n cells, NULLs allowed; for constructors that fail. */
void sp__cells_free(int n, sp_cell *const *cells);

/* MindSpore's name of an initialiser: "normal". */
const char *sp__init_name(sp_init init);

/* init, or `otherwise` if it is SP_INIT_DEFAULT. */
static inline sp_init sp__init_or(sp_init init, sp_init otherwise)
{
    return init.kind == SP_INIT_DEFAULT ? otherwise : init;
}

/* A size for both directions, or one for each, into out (height, width); `otherwise` where both are 0. */
static inline void sp__pair_into(int64_t out[2], int64_t both, sp_pair each, int64_t otherwise)
{
    out[0] = each.h != 0 ? each.h : both != 0 ? both : otherwise;
    out[1] = each.w != 0 ? each.w : out[0];
}

#endif
