/* Mixed precision: which cells multiply in 16 bits. */
#include <string.h>

#include "nn/nn.h"

static bool multiplies(const sp_cell *c) { return strcmp(c->type, "Dense") == 0 || strcmp(c->type, "Conv2d") == 0; }

/* Whether c and all cells below it can do it; the first that cannot is recorded. */
static sp_status check(const sp_cell *c)
{
    if (strcmp(c->type, "GraphCell") == 0)
        return sp__err(SP_ERR_UNSUPPORTED, "amp: the products of a GraphCell are fixed by its graph");
    const sp_tensor *weight = multiplies(c) ? sp__cell_own(c, "weight") : NULL;
    if (weight && weight->dtype != SP_F32)
        return sp__err(SP_ERR_DTYPE, "amp: %s has a weight of type %s, expected Float32", c->type,
                       sp_dtype_name(weight->dtype));
    for (int i = 0; i < c->n_children; i++) {
        sp_status st = check(c->children[i].cell);
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}

static void set(sp_cell *c, sp_dtype product)
{
    c->mode->product = product;
    for (int i = 0; i < c->n_children; i++)
        set(c->children[i].cell, product);
}

sp_status sp_amp(sp_cell *net, sp_amp_level level, sp_dtype dtype)
{
    if (!sp__given("amp", 1, net))
        return sp_error();
    if (level == SP_AMP_O0) {
        set(net, SP_F32);
        return SP_OK;
    }
    if (level == SP_AMP_O3)
        return sp__err(SP_ERR_UNSUPPORTED,
                       "amp: O3 (all of the network in 16 bits) is not supported, expected O0 to O2");
    if (level != SP_AMP_O1 && level != SP_AMP_O2)
        return sp__err(SP_ERR_VALUE, "amp: there is no level %d, expected O0 to O2", (int)level);
    if (dtype != SP_BF16 && dtype != SP_F16)
        return sp__err(SP_ERR_DTYPE, "amp: dtype is %s, expected BFloat16 or Float16", sp_dtype_name(dtype));
    sp_status st = check(net);
    if (st == SP_OK)
        set(net, dtype);
    return st;
}
