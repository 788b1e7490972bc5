/* Dense: y = x w^T + b. */
#include <math.h>

#include "nn/nn.h"
#include "ops/mixed.h"

typedef struct dense {
    int64_t in, out;
} dense;

/* Where the parameters and the child are. */
enum { WEIGHT, BIAS };

/* x (..., in) as rows (n, in), so that one product serves every rank; x itself if it is that already. */
static sp_tensor *as_rows(sp_tensor *x, int64_t in) { return x->shape.rank == 2 ? x : sp_reshape(x, SP_DIMS(-1, in)); }

/* y (n, out) in x's shape but for the last dimension. */
static sp_tensor *as_before(sp_tensor *y, sp_shape shape, int64_t out)
{
    if (shape.rank == 2)
        return y;
    shape.dim[shape.rank - 1] = out;
    return sp_reshape(y, shape);
}

static sp_list dense_construct(sp_cell *c, sp_list in)
{
    const dense *d = c->state;
    if (!sp__cell_inputs(c, in, 1, 1))
        return sp__list_none();
    sp_tensor *x = in.at[0];
    int rank = x->shape.rank;
    if (rank < 1 || x->shape.dim[rank - 1] != d->in) {
        sp__err(SP_ERR_SHAPE, "Dense: input of shape %s: expected %lld in the last dimension", SP__STR(x),
                (long long)d->in);
        return sp__list_none();
    }
    sp_tensor *y = sp__mixed(c->mode->product, &sp__op_matmul, (&(sp__matmul_attrs){false, true}), as_rows(x, d->in),
                             c->params[WEIGHT].value);
    if (c->n_params > BIAS)
        y = sp_bias_add(y, c->params[BIAS].value);
    y = as_before(y, x->shape, d->out);
    if (c->n_children > 0)
        y = sp_cell_call(c->children[0].cell, sp_list_of(y));
    return sp_list_of(y);
}

static const char *dense_info(const sp_cell *c)
{
    const dense *d = c->state;
    const sp_cell *activation = sp_cell_at((sp_cell *)c, 0);
    return sp__scope_printf("input_channels=%lld, output_channels=%lld%s%s%s", (long long)d->in, (long long)d->out,
                            c->n_params > BIAS ? ", has_bias=True" : "", activation ? ", activation=" : "",
                            activation ? sp_cell_str(activation) : "");
}

static bool options_are_good(const sp_dense_opts *o)
{
    if (o->in <= 0 || o->out <= 0)
        sp__err(SP_ERR_VALUE, "Dense: sizes must be positive, got in=%lld out=%lld", (long long)o->in,
                (long long)o->out);
    else if (!sp_dtype_is_float(o->dtype))
        sp__err(SP_ERR_DTYPE, "Dense: weights must be of a float type, got %s", sp_dtype_name(o->dtype));
    else
        return true;
    return false;
}

sp_cell *sp_nn_dense_new(const sp_dense_opts *o)
{
    if (!sp__given("Dense", 1, o))
        return NULL;
    if (!options_are_good(o)) {
        sp__cells_free(1, &o->activation);
        return NULL;
    }
    sp_scope scope = sp_scope_begin();
    sp_init weight = sp__init_or(o->weight_init, sp_init_he_uniform(sqrt(5)));
    sp_init bias = sp__init_or(o->bias_init, sp_init_uniform(1 / sqrt((double)o->in)));
    sp_param params[] = {
        {"weight", sp_init_tensor(weight, o->dtype, SP_DIMS(o->out, o->in)), false},
        {o->no_bias ? NULL : "bias", o->no_bias ? NULL : sp_init_tensor(bias, o->dtype, SP_DIMS(o->out)), false},
        {0},
    };
    sp_cell *c =
        sp_cell_new(&(sp_cell_desc){.type = "Dense",
                                    .construct = dense_construct,
                                    .state = &(dense){o->in, o->out},
                                    .size = sizeof(dense),
                                    .children = (sp_child[]){{o->activation ? "activation" : NULL, o->activation}, {0}},
                                    .params = params,
                                    .info = dense_info});
    sp_scope_end(scope);
    return c;
}
