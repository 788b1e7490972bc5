/* Losses as cells. */
#include "nn/nn.h"

static bool reduction_is_good(const char *type, sp_reduction reduction)
{
    if (reduction == SP_MEAN || reduction == SP_SUM || reduction == SP_NO_REDUCTION)
        return true;
    sp__err(SP_ERR_VALUE, "%s: there is no reduction %d", type, (int)reduction);
    return false;
}

/* The i-th input, or SP_NONE if it was left out. */
static sp_tensor *optional(sp_list in, int i) { return i < in.n ? in.at[i] : SP_NONE; }

/* ---- cross entropy ---- */

static sp_list cross_entropy_construct(sp_cell *c, sp_list in)
{
    if (!sp__cell_inputs(c, in, 2, 3))
        return sp__list_none();
    return sp_list_of(sp_cross_entropy_with(in.at[0], in.at[1], optional(in, 2), c->state));
}

sp_cell *sp_nn_cross_entropy_new(const sp_cross_entropy_opts *o)
{
    static const char type[] = "CrossEntropyLoss";
    if (!sp__given(type, 1, o) || !reduction_is_good(type, o->reduction))
        return NULL;
    if (!(o->label_smoothing >= 0 && o->label_smoothing <= 1))
        return sp__fail(SP_ERR_VALUE, "%s: label_smoothing is %g, expected a number in [0, 1]", type,
                        o->label_smoothing);
    sp_cross_entropy_attrs attrs = {o->reduction, o->ignore ? o->ignore_index : -100, o->label_smoothing};
    return sp__layer(type, cross_entropy_construct, &attrs, NULL, {0});
}

/* ---- the others: their state is the reduction ---- */

static sp_list bce_construct(sp_cell *c, sp_list in)
{
    const sp_reduction *reduction = c->state;
    if (!sp__cell_inputs(c, in, 2, 4))
        return sp__list_none();
    return sp_list_of(sp_bce_with_logits_reduced(in.at[0], in.at[1], optional(in, 2), optional(in, 3), *reduction));
}

static sp_list mse_construct(sp_cell *c, sp_list in)
{
    const sp_reduction *reduction = c->state;
    return sp__cell_inputs(c, in, 2, 2) ? sp_list_of(sp_mse_reduced(in.at[0], in.at[1], *reduction)) : sp__list_none();
}

static sp_cell *with_reduction(const char *type, sp_construct construct, sp_reduction reduction)
{
    return reduction_is_good(type, reduction) ? sp__layer(type, construct, &reduction, NULL, {0}) : NULL;
}

sp_cell *sp_nn_bce_with_logits(sp_reduction reduction)
{
    return with_reduction("BCEWithLogitsLoss", bce_construct, reduction);
}

sp_cell *sp_nn_mse(sp_reduction reduction) { return with_reduction("MSELoss", mse_construct, reduction); }
