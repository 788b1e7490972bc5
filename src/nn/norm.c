/* Normalisation: BatchNorm (Ioffe & Szegedy 2015), LayerNorm (Ba et al. 2016); and Dropout (Srivastava et al. 2014). */
#include <math.h>

#include "nn/nn.h"
#include "tensor/text.h"

/* ---- BatchNorm ---- */

typedef struct batch_norm {
    int64_t features;
    double eps, momentum;
    int rank; /* of its input */
    bool moving_only;
} batch_norm;

/* In the order of files. */
enum { MOVING_MEAN, MOVING_VAR, GAMMA, BETA };

/* moving = momentum * moving + (1 - momentum) * batch, behind which nothing is differentiated. */
static bool move(sp_tensor *moving, sp_tensor *batch, double momentum)
{
    sp_tensor *value = sp_add(sp_mul_number(moving, momentum), sp_mul_number(sp_stop_gradient(batch), 1 - momentum));
    return value && sp_assign(moving, value) == SP_OK;
}

static sp_list batch_norm_construct(sp_cell *c, sp_list in)
{
    const batch_norm *b = c->state;
    if (!sp__cell_inputs(c, in, 1, 1))
        return sp__list_none();
    sp_tensor *x = in.at[0], *mean = c->params[MOVING_MEAN].value, *var = c->params[MOVING_VAR].value;
    if (x->shape.rank != b->rank) {
        sp__err(SP_ERR_SHAPE, "%s: input of shape %s: expected %d dimensions", c->type, SP__STR(x), b->rank);
        return sp__list_none();
    }
    bool batch = c->mode->on && !b->moving_only;
    sp_list y = sp_batch_norm(x, c->params[GAMMA].value, c->params[BETA].value, mean, var, batch, b->eps);
    if (!batch || !y.at[0])
        return sp_list_of(y.at[0]);
    if (!y.at[1]->data && !sp__trace_stateful()) { /* a function without state: there is nothing to move */
        sp__err(SP_ERR_STATE,
                "%s: in training mode, which cannot be traced or exported: sp_cell_train(net, false) first", c->type);
        return sp__list_none();
    }
    sp_scope scope = sp_scope_begin();
    bool moved = move(mean, y.at[1], b->momentum) && move(var, y.at[2], b->momentum);
    sp_scope_end(scope);
    return moved ? sp_list_of(y.at[0]) : sp__list_none();
}

/* A number as Python prints it, in the scope. */
static const char *python(double value)
{
    sp__text text = {0};
    sp__text_float(&text, value);
    return sp__text_finish_in_scope(&text);
}

static const char *batch_norm_info(const sp_cell *c)
{
    const batch_norm *b = c->state;
    return sp__scope_printf("num_features=%lld, eps=%s, momentum=%s, gamma=%s, beta=%s, moving_mean=%s, "
                            "moving_variance=%s",
                            (long long)b->features, python(b->eps), python(b->momentum),
                            sp_repr(c->params[GAMMA].value), sp_repr(c->params[BETA].value),
                            sp_repr(c->params[MOVING_MEAN].value), sp_repr(c->params[MOVING_VAR].value));
}

/* A BatchNorm that stands alone calls its statistics "mean" and "variance", as MindSpore's does; inside another cell the cell
 * names them by their path. */
static sp_cell *with_short_names(sp_cell *c)
{
    if (!c || (sp__param_rename(c->params[MOVING_MEAN].value, "mean") == SP_OK &&
               sp__param_rename(c->params[MOVING_VAR].value, "variance") == SP_OK))
        return c;
    sp_cell_free(c);
    return NULL;
}

static bool batch_norm_is_good(const char *type, const batch_norm *b)
{
    if (b->features <= 0)
        sp__err(SP_ERR_VALUE, "%s: features must be positive, got %lld", type, (long long)b->features);
    else if (!(b->eps > 0) || !isfinite(b->eps))
        sp__err(SP_ERR_VALUE, "%s: eps is %g, expected a number above 0", type, b->eps);
    else if (!(b->momentum >= 0 && b->momentum <= 1))
        sp__err(SP_ERR_VALUE, "%s: momentum is %g, expected a number in [0, 1]", type, b->momentum);
    else
        return true;
    return false;
}

static sp_cell *batch_norm_new(const char *type, int rank, const sp_batch_norm_opts *o)
{
    if (!sp__given(type, 1, o))
        return NULL;
    batch_norm b = {o->features, o->eps == 0 ? 1e-5 : o->eps, o->momentum == 0 ? 0.9 : o->momentum, rank,
                    o->moving_only};
    if (!batch_norm_is_good(type, &b))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_shape shape = SP_DIMS(o->features);
    sp_init zeros = sp_init_zeros(), ones = sp_init_ones();
    sp_cell *c = sp__layer(type, batch_norm_construct, &b, batch_norm_info,
                           {"moving_mean", sp_init_tensor(sp__init_or(o->mean_init, zeros), SP_F32, shape), true},
                           {"moving_variance", sp_init_tensor(sp__init_or(o->var_init, ones), SP_F32, shape), true},
                           {"gamma", sp_init_tensor(sp__init_or(o->gamma_init, ones), SP_F32, shape), o->no_affine},
                           {"beta", sp_init_tensor(sp__init_or(o->beta_init, zeros), SP_F32, shape), o->no_affine});
    sp_scope_end(scope);
    return with_short_names(c);
}

sp_cell *sp_nn_batch_norm2d_new(const sp_batch_norm_opts *o) { return batch_norm_new("BatchNorm2d", 4, o); }
sp_cell *sp_nn_batch_norm1d_new(const sp_batch_norm_opts *o) { return batch_norm_new("BatchNorm1d", 2, o); }

/* ---- LayerNorm ---- */

typedef struct layer_norm {
    sp_shape shape;
    int axis;
    double eps;
} layer_norm;

enum { LAYER_GAMMA, LAYER_BETA };

static sp_list layer_norm_construct(sp_cell *c, sp_list in)
{
    const layer_norm *l = c->state;
    if (!sp__cell_inputs(c, in, 1, 1))
        return sp__list_none();
    return sp_list_of(
        sp_layer_norm(in.at[0], c->params[LAYER_GAMMA].value, c->params[LAYER_BETA].value, l->axis, l->eps));
}

static const char *layer_norm_info(const sp_cell *c)
{
    const layer_norm *l = c->state;
    return sp__scope_printf("normalized_shape=%s, begin_norm_axis=%d, begin_params_axis=%d, gamma%s, beta=%s",
                            sp_shape_str(l->shape), l->axis, l->axis, sp_repr(c->params[LAYER_GAMMA].value),
                            sp_repr(c->params[LAYER_BETA].value));
}

static bool layer_norm_is_good(const sp_layer_norm_opts *o, const layer_norm *l)
{
    if (sp_shape_size(l->shape) <= 0 || l->shape.rank == 0)
        sp__err(SP_ERR_SHAPE, "LayerNorm: shape is %s, expected one or more positive dimensions",
                sp__shape_text(l->shape));
    else if (l->axis < -SP_MAX_RANK || l->axis >= SP_MAX_RANK)
        sp__err(SP_ERR_VALUE, "LayerNorm: begin_norm_axis is %d, expected %d to %d", l->axis, -SP_MAX_RANK,
                SP_MAX_RANK - 1);
    else if (l->axis < 0 && -l->axis != l->shape.rank)
        sp__err(SP_ERR_VALUE, "LayerNorm: begin_norm_axis %d leaves %d dimensions, shape %s has %d", l->axis, -l->axis,
                sp__shape_text(l->shape), l->shape.rank);
    else if (o->begin_params_axis != 0 && o->begin_params_axis != l->axis)
        sp__err(SP_ERR_UNSUPPORTED, "LayerNorm: begin_params_axis is %d, expected that of begin_norm_axis, %d",
                o->begin_params_axis, l->axis);
    else if (!(l->eps > 0) || !isfinite(l->eps))
        sp__err(SP_ERR_VALUE, "LayerNorm: eps is %g, expected a number above 0", l->eps);
    else
        return true;
    return false;
}

sp_cell *sp_nn_layer_norm_new(const sp_layer_norm_opts *o)
{
    if (!sp__given("LayerNorm", 1, o))
        return NULL;
    layer_norm l = {o->shape, o->begin_norm_axis == 0 ? -1 : o->begin_norm_axis, o->eps == 0 ? 1e-7 : o->eps};
    if (!layer_norm_is_good(o, &l))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_cell *c =
        sp__layer("LayerNorm", layer_norm_construct, &l, layer_norm_info,
                  {"gamma", sp_init_tensor(sp__init_or(o->gamma_init, sp_init_ones()), SP_F32, l.shape), false},
                  {"beta", sp_init_tensor(sp__init_or(o->beta_init, sp_init_zeros()), SP_F32, l.shape), false});
    sp_scope_end(scope);
    return c;
}

/* ---- Dropout ---- */

typedef struct dropout {
    double p;
} dropout;

static sp_list dropout_construct(sp_cell *c, sp_list in)
{
    const dropout *d = c->state;
    if (!sp__cell_inputs(c, in, 1, 1))
        return sp__list_none();
    return sp_list_of(c->mode->on && d->p > 0 ? sp_dropout(in.at[0], d->p) : in.at[0]);
}

static const char *dropout_info(const sp_cell *c)
{
    const dropout *d = c->state;
    return sp__scope_printf("p=%s", python(d->p));
}

sp_cell *sp_nn_dropout(double p)
{
    if (!(p >= 0 && p < 1))
        return sp__fail(SP_ERR_VALUE, "Dropout: p is %g, expected a number in [0, 1)", p);
    return sp__layer("Dropout", dropout_construct, &(dropout){p}, dropout_info, {0});
}
