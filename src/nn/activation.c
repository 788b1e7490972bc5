/* Layers without parameters that are one function of one tensor. */
#include <math.h>

#include "nn/nn.h"

/* The function, in the one form or in the other. */
typedef struct function {
    sp_tensor *(*plain)(sp_tensor *x);
    sp_tensor *(*with)(sp_tensor *x, const struct function *f);
    double alpha;
    int axis;
    bool exact;
} function;

static sp_list function_construct(sp_cell *c, sp_list in)
{
    const function *f = c->state;
    if (!sp__cell_inputs(c, in, 1, 1))
        return sp__list_none();
    sp_tensor *x = in.at[0];
    return sp_list_of(f->plain ? f->plain(x) : f->with(x, f));
}

static sp_cell *layer(const char *type, const function *f) { return sp__layer(type, function_construct, f, NULL, {0}); }

/* ---- of the tensor alone ---- */

static sp_tensor *itself(sp_tensor *x) { return x; }

sp_cell *sp_nn_flatten(void) { return layer("Flatten", &(function){.plain = sp_flatten}); }
sp_cell *sp_nn_identity(void) { return layer("Identity", &(function){.plain = itself}); }
sp_cell *sp_nn_relu(void) { return layer("ReLU", &(function){.plain = sp_relu}); }
sp_cell *sp_nn_relu6(void) { return layer("ReLU6", &(function){.plain = sp_relu6}); }
sp_cell *sp_nn_silu(void) { return layer("SiLU", &(function){.plain = sp_silu}); }
sp_cell *sp_nn_sigmoid(void) { return layer("Sigmoid", &(function){.plain = sp_sigmoid}); }
sp_cell *sp_nn_tanh(void) { return layer("Tanh", &(function){.plain = sp_tanh}); }

/* ---- with an option ---- */

static sp_tensor *leaky_relu(sp_tensor *x, const function *f) { return sp_leaky_relu(x, f->alpha); }
static sp_tensor *elu(sp_tensor *x, const function *f) { return sp_elu(x, f->alpha); }
static sp_tensor *gelu(sp_tensor *x, const function *f) { return sp_gelu(x, f->exact); }
static sp_tensor *softmax(sp_tensor *x, const function *f) { return sp_softmax(x, f->axis); }
static sp_tensor *log_softmax(sp_tensor *x, const function *f) { return sp_log_softmax(x, f->axis); }

sp_cell *sp_nn_gelu(bool exact) { return layer("GELU", &(function){.with = gelu, .exact = exact}); }

static sp_cell *with_alpha(const char *type, sp_tensor *(*apply)(sp_tensor *x, const function *f), double alpha)
{
    if (!isfinite(alpha))
        return sp__fail(SP_ERR_VALUE, "%s: alpha is %g, expected a finite number", type, alpha);
    return layer(type, &(function){.with = apply, .alpha = alpha});
}

sp_cell *sp_nn_leaky_relu(double alpha) { return with_alpha("LeakyReLU", leaky_relu, alpha); }
sp_cell *sp_nn_elu(double alpha) { return with_alpha("ELU", elu, alpha); }

static sp_cell *with_axis(const char *type, sp_tensor *(*apply)(sp_tensor *x, const function *f), int axis)
{
    if (axis < -SP_MAX_RANK || axis >= SP_MAX_RANK)
        return sp__fail(SP_ERR_VALUE, "%s: axis is %d, expected %d to %d", type, axis, -SP_MAX_RANK, SP_MAX_RANK - 1);
    return layer(type, &(function){.with = apply, .axis = axis});
}

sp_cell *sp_nn_softmax(int axis) { return with_axis("Softmax", softmax, axis); }
sp_cell *sp_nn_log_softmax(int axis) { return with_axis("LogSoftmax", log_softmax, axis); }
