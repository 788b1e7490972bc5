/* Initialisers: what a parameter is filled with before training. The fans of a weight (out, in, kernel...) are in and out, each
 * times the kernel's size. */
#include <math.h>
#include <string.h>

#include "nn/nn.h"

sp_init sp_init_zeros(void) { return (sp_init){SP_INIT_ZEROS, 0, 0}; }
sp_init sp_init_ones(void) { return (sp_init){SP_INIT_ONES, 0, 0}; }
sp_init sp_init_constant(double value) { return (sp_init){SP_INIT_CONSTANT, value, 0}; }
sp_init sp_init_normal(double sigma, double mean) { return (sp_init){SP_INIT_NORMAL, sigma, mean}; }
sp_init sp_init_uniform(double scale) { return (sp_init){SP_INIT_UNIFORM, scale, 0}; }

sp_init sp_init_truncated_normal(double sigma, double mean) { return (sp_init){SP_INIT_TRUNCATED_NORMAL, sigma, mean}; }

sp_init sp_init_he_uniform(double negative_slope) { return (sp_init){SP_INIT_HE_UNIFORM, negative_slope, 0}; }
sp_init sp_init_he_normal(double negative_slope) { return (sp_init){SP_INIT_HE_NORMAL, negative_slope, 0}; }
sp_init sp_init_xavier_uniform(double gain) { return (sp_init){SP_INIT_XAVIER_UNIFORM, gain, 0}; }
sp_init sp_init_xavier_normal(double gain) { return (sp_init){SP_INIT_XAVIER_NORMAL, gain, 0}; }

/* MindSpore's names, with the numbers that each stands for there. */
static const struct {
    const char *name;
    sp_init init;
} named[] = {
    {"zeros", {SP_INIT_ZEROS, 0, 0}},
    {"ones", {SP_INIT_ONES, 0, 0}},
    {"normal", {SP_INIT_NORMAL, 0.01, 0}},
    {"uniform", {SP_INIT_UNIFORM, 0.07, 0}},
    {"truncatedNormal", {SP_INIT_TRUNCATED_NORMAL, 0.01, 0}},
    {"he_uniform", {SP_INIT_HE_UNIFORM, 0, 0}},
    {"he_normal", {SP_INIT_HE_NORMAL, 0, 0}},
    {"xavier_uniform", {SP_INIT_XAVIER_UNIFORM, 1, 0}},
    {"xavier_normal", {SP_INIT_XAVIER_NORMAL, 1, 0}},
};

#define N_NAMED ((int)(sizeof named / sizeof named[0]))

sp_init sp_init_named(const char *name)
{
    if (!sp__given("init_named", 1, name))
        return (sp_init){SP_INIT_DEFAULT, 0, 0};
    for (int i = 0; i < N_NAMED; i++)
        if (strcmp(named[i].name, name) == 0)
            return named[i].init;
    sp__err(SP_ERR_VALUE, "init_named: there is no initialiser '%s'", name);
    return (sp_init){SP_INIT_DEFAULT, 0, 0};
}

const char *sp__init_name(sp_init init)
{
    for (int i = 0; i < N_NAMED; i++)
        if (named[i].init.kind == init.kind)
            return named[i].name;
    return init.kind == SP_INIT_CONSTANT ? "constant" : "default";
}

/* ---- fans ---- */

/* A weight's fans, at least 1; false and SP_ERR_SHAPE for one that has none. */
static bool fans_of(sp_shape shape, double *fan_in, double *fan_out)
{
    if (shape.rank < 2) {
        sp__err(SP_ERR_SHAPE, "init: He's and Glorot's initialisers need a weight (out, in, ...), found shape %s",
                sp__shape_text(shape));
        return false;
    }
    double kernel = 1;
    for (int i = 2; i < shape.rank; i++)
        kernel *= (double)shape.dim[i];
    *fan_in = SP__MAX((double)shape.dim[1] * kernel, 1);
    *fan_out = SP__MAX((double)shape.dim[0] * kernel, 1);
    return true;
}

/* ---- filling ---- */

/* MindSpore cuts at -2 and 2, whatever sigma is, by drawing again. Each try has numbers of its own; where the limits are so far
 * out that none of them falls between, the nearer limit is taken. */
static sp_tensor *truncated_normal(double sigma, double mean, sp_dtype dtype, sp_shape shape)
{
    const double limit = 2;
    enum { TRIES = 64 };
    if (!isfinite(mean) || !isfinite(sigma) || sigma < 0)
        return sp__fail(SP_ERR_VALUE,
                        "init: truncated normal of mean %g and sigma %g: expected finite numbers, "
                        "sigma >= 0",
                        mean, sigma);
    sp_tensor *t = sp__tensor_new(dtype, shape);
    sp__random r = sp__random_next();
    for (int64_t i = 0; t && i < t->size; i++) {
        double x = HUGE_VAL;
        for (int k = 0; k < TRIES && fabs(x) > limit; k++)
            x = mean + sigma * sp__random_normal(r, (uint64_t)i + (uint64_t)k * (uint64_t)t->size);
        sp__store(t->data, dtype, i, fmin(fmax(x, -limit), limit));
    }
    return t;
}

/* Random numbers with standard deviation `sigma`. */
static sp_tensor *spread(bool uniform, double sigma, sp_dtype dtype, sp_shape shape)
{
    double bound = sqrt(3) * sigma;
    return uniform ? sp_rand_uniform(-bound, bound, dtype, shape) : sp_rand_normal(0, sigma, dtype, shape);
}

/* He et al. 2015, "Delving deep into rectifiers", eq. 10 and 15: variance 2 / ((1 + slope^2) fan_in). */
static sp_tensor *he(sp_init init, sp_dtype dtype, sp_shape shape)
{
    double in, out;
    if (!fans_of(shape, &in, &out))
        return NULL;
    return spread(init.kind == SP_INIT_HE_UNIFORM, sqrt(2 / (1 + init.a * init.a) / in), dtype, shape);
}

/* Glorot & Bengio 2010, eq. 16: variance gain^2 2 / (fan_in + fan_out). */
static sp_tensor *xavier(sp_init init, sp_dtype dtype, sp_shape shape)
{
    double in, out;
    if (!fans_of(shape, &in, &out))
        return NULL;
    return spread(init.kind == SP_INIT_XAVIER_UNIFORM, init.a * sqrt(2 / (in + out)), dtype, shape);
}

sp_tensor *sp_init_tensor(sp_init init, sp_dtype dtype, sp_shape shape)
{
    switch (init.kind) {
    case SP_INIT_DEFAULT:
    case SP_INIT_ZEROS:
        return sp_zeros(dtype, shape);
    case SP_INIT_ONES:
        return sp_ones(dtype, shape);
    case SP_INIT_CONSTANT:
        return sp_full(init.a, dtype, shape);
    case SP_INIT_NORMAL:
        return sp_rand_normal(init.b, init.a, dtype, shape);
    case SP_INIT_UNIFORM:
        return sp_rand_uniform(-init.a, init.a, dtype, shape);
    case SP_INIT_TRUNCATED_NORMAL:
        if (!sp_dtype_is_float(dtype))
            return sp__fail(SP_ERR_DTYPE, "init: truncated normal of %s: expected a float type", sp_dtype_name(dtype));
        return truncated_normal(init.a, init.b, dtype, shape);
    case SP_INIT_HE_UNIFORM:
    case SP_INIT_HE_NORMAL:
        return he(init, dtype, shape);
    case SP_INIT_XAVIER_UNIFORM:
    case SP_INIT_XAVIER_NORMAL:
        return xavier(init, dtype, shape);
    }
    return sp__fail(SP_ERR_VALUE, "init: there is no initialiser of kind %d", (int)init.kind);
}
