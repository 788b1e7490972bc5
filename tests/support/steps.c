/* support/steps.c: see steps.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spore.h"
#include "support/steps.h"

/* ---- nets ---- */

static sp_list batch_of(sp_shape shape, sp_dtype dtype)
{
    return sp_list_of(sp_rand_normal(0, 1, dtype, shape), sp_rand_int(0, 4, SP_I32, SP_DIMS(shape.dim[0])));
}

static sp_list vectors(void) { return batch_of(SP_DIMS(6, 9), SP_F32); }
static sp_list images(void) { return batch_of(SP_DIMS(3, 2, 8, 8), SP_F32); }
static sp_list words(void)
{
    return sp_list_of(sp_rand_int(0, 11, SP_I32, SP_DIMS(5, 3)), sp_rand_int(0, 4, SP_I32, SP_DIMS(5)));
}
static sp_list doubles(void) { return batch_of(SP_DIMS(6, 9), SP_F64); }
static sp_list halves(void) { return batch_of(SP_DIMS(6, 9), SP_F16); }

static sp_cell *mlp(void)
{
    return sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(9, 17), sp_nn_relu(), sp_nn_dense(17, 13), sp_nn_tanh(),
                            sp_nn_dense(13, 8, .activation = sp_nn_sigmoid()), sp_nn_dense(8, 4));
}

static sp_cell *mlp64(void)
{
    return sp_nn_sequential(sp_nn_dense(9, 17, .dtype = SP_F64), sp_nn_relu(), sp_nn_dense(17, 4, .dtype = SP_F64));
}

static sp_cell *conv_pool(void)
{
    return sp_nn_sequential(sp_nn_conv2d(2, 5, 3), sp_nn_batch_norm2d(5), sp_nn_relu(), sp_nn_max_pool2d(2, 2),
                            sp_nn_conv2d(5, 3, 3), sp_nn_batch_norm2d(3), sp_nn_relu(), sp_nn_flatten(),
                            sp_nn_dense(48, 4));
}

/* Where the fused form of BatchNorm, ReLU and pooling must stay out: others windows, another order. */
static sp_cell *conv_other(void)
{
    return sp_nn_sequential(sp_nn_conv2d(2, 5, 3, .has_bias = true), sp_nn_relu(), sp_nn_batch_norm2d(5),
                            sp_nn_max_pool2d(3, 2), sp_nn_conv2d(5, 4, 3), sp_nn_batch_norm2d(4), sp_nn_relu(),
                            sp_nn_avg_pool2d(2, 1), sp_nn_batch_norm2d(4), sp_nn_gelu(false), sp_nn_flatten(),
                            sp_nn_dense(16, 4));
}

static sp_cell *norms(void)
{
    return sp_nn_sequential(sp_nn_dense(9, 12, .no_bias = true), sp_nn_layer_norm(SP_DIMS(12)), sp_nn_gelu(true),
                            sp_nn_dense(12, 10), sp_nn_gelu(false), sp_nn_dense(10, 7, .no_bias = true),
                            sp_nn_batch_norm1d(7), sp_nn_silu(), sp_nn_dense(7, 6), sp_nn_elu(1), sp_nn_leaky_relu(0.2),
                            sp_nn_dense(6, 4), sp_nn_relu6(), sp_nn_dense(4, 4));
}

static sp_cell *dropouts(void)
{
    return sp_nn_sequential(sp_nn_dense(9, 16), sp_nn_relu(), sp_nn_dropout(0.4), sp_nn_dense(16, 16),
                            sp_nn_dropout(0.2), sp_nn_tanh(), sp_nn_dense(16, 4));
}

static sp_cell *embedding(void)
{
    return sp_nn_sequential(sp_nn_embedding(11, 6), sp_nn_flatten(), sp_nn_dense(18, 12), sp_nn_relu(),
                            sp_nn_dense(12, 4));
}

const step_net step_nets[] = {
    {"mlp", mlp, vectors},       {"conv_pool", conv_pool, images}, {"conv_other", conv_other, images},
    {"norms", norms, vectors},   {"dropouts", dropouts, vectors},  {"embedding", embedding, words},
    {"float64", mlp64, doubles}, {"float16", mlp, halves}};
const int step_nets_count = sizeof step_nets / sizeof step_nets[0];

const step_net *step_net_named(const char *name)
{
    for (int i = 0; i < step_nets_count; i++)
        if (!strcmp(step_nets[i].name, name))
            return &step_nets[i];
    fail_msg("there is no net %s", name);
    return NULL;
}

/* ---- optimizers ---- */

static sp_optim *sgd(sp_list p) { return sp_optim_sgd(p, .lr = 0.05); }
static sp_optim *sgd_decay(sp_list p) { return sp_optim_sgd(p, .lr = 0.05, .weight_decay = 0.01, .loss_scale = 2); }
static sp_optim *sgd_momentum(sp_list p)
{
    return sp_optim_sgd(p, .lr = 0.05, .momentum = 0.9, .dampening = 0.2, .weight_decay = 0.01);
}
static sp_optim *sgd_nesterov(sp_list p)
{
    return sp_optim_sgd(p, .lr = 0.05, .momentum = 0.8, .nesterov = true, .loss_scale = 0.5);
}
static sp_optim *momentum(sp_list p) { return sp_optim_momentum(p, .lr = 0.05, .momentum = 0.9, .weight_decay = 0.01); }
/* eps: where a gradient is nearly 0, Adam makes whole steps of what rounding left of it. */
static sp_optim *adam(sp_list p) { return sp_optim_adam(p, .lr = 0.01, .eps = 1e-3); }
static sp_optim *adam_amsgrad(sp_list p)
{
    return sp_optim_adam(p, .lr = 0.01, .eps = 1e-3, .amsgrad = true, .weight_decay = 0.01);
}
static sp_optim *adam_nesterov(sp_list p)
{
    return sp_optim_adam(p, .lr = 0.01, .eps = 1e-3, .nesterov = true, .loss_scale = 2);
}

const step_optim step_optims[] = {
    {"sgd", sgd},           {"sgd_decay", sgd_decay}, {"sgd_momentum", sgd_momentum}, {"sgd_nesterov", sgd_nesterov},
    {"momentum", momentum}, {"adam", adam},           {"adam_amsgrad", adam_amsgrad}, {"adam_nesterov", adam_nesterov}};
const int step_optims_count = sizeof step_optims / sizeof step_optims[0];

const step_optim *step_optim_named(const char *name)
{
    for (int i = 0; i < step_optims_count; i++)
        if (!strcmp(step_optims[i].name, name))
            return &step_optims[i];
    fail_msg("there is no optimizer %s", name);
    return NULL;
}

/* ---- training ---- */

step_world step_world_new(const step_net *net, const step_optim *optim)
{
    sp_set_seed(5);
    step_world w = {.net = net->make()};
    w.optim = optim->make(sp_cell_params(w.net));
    sp_cell_train(w.net, true);
    if (sp_error() != SP_OK)
        fail_msg("%s, %s: %s", net->name, optim->name, sp_error_text());
    return w;
}

void step_world_free(step_world *w)
{
    sp_optim_free(w->optim);
    sp_cell_free(w->net);
}

static sp_list forward(void *net, sp_list in)
{
    sp_tensor *logits = sp_call(net, in.at[0]);
    return sp_list_of(sp_cross_entropy(logits, in.at[1]), logits);
}

sp_list step_take(void *world, sp_list in)
{
    step_world *w = world;
    sp_grad_fn f = {forward, w->net, .weights = sp_optim_params(w->optim), .has_aux = true};
    sp_grads g = sp_value_and_grad(&f, in);
    return g.out.n && sp_optim_step(w->optim, g.d_weights) == SP_OK ? g.out : (sp_list){NULL, 0};
}

/* ---- comparing ---- */

static double largest(const sp_tensor *t)
{
    double most = 1;
    for (int64_t i = 0; i < sp_size_of(t); i++)
        most = fmax(most, fabs(sp_at(t, i)));
    return most;
}

static void near(const sp_tensor *a, const sp_tensor *b, double tol, const char *what, int which)
{
    double most = tol * largest(b);
    for (int64_t i = 0; i < sp_size_of(b); i++) {
        double x = sp_at(a, i), y = sp_at(b, i);
        if (!(fabs(x - y) <= most) && !(isnan(x) && isnan(y)) && x != y)
            fail_msg("%s: tensor %d (%s), element %lld is %.9g, expected %.9g", what, which, sp_param_name(b),
                     (long long)i, x, y);
    }
}

void step_same(sp_list a, sp_list b, double tol, const char *what)
{
    if (a.n != b.n)
        fail_msg("%s: %d tensors, expected %d: %s", what, a.n, b.n, sp_error_text());
    for (int i = 0; i < b.n; i++) {
        if (sp_dtype_of(a.at[i]) != sp_dtype_of(b.at[i]) || !sp_shape_equal(sp_shape_of(a.at[i]), sp_shape_of(b.at[i])))
            fail_msg("%s: tensor %d is %s %s, expected %s %s", what, i, sp_dtype_name(sp_dtype_of(a.at[i])),
                     sp_shape_str(sp_shape_of(a.at[i])), sp_dtype_name(sp_dtype_of(b.at[i])),
                     sp_shape_str(sp_shape_of(b.at[i])));
        size_t bytes = (size_t)sp_size_of(b.at[i]) * sp_dtype_size(sp_dtype_of(b.at[i]));
        if (bytes && (tol > 0 || memcmp(sp_data(a.at[i]), sp_data(b.at[i]), bytes) != 0))
            near(a.at[i], b.at[i], tol, what, i);
    }
}

void step_worlds_same(step_world *a, step_world *b, double tol, const char *what)
{
    step_same(sp_cell_all_params(a->net), sp_cell_all_params(b->net), tol, what);
    step_same(sp_optim_state(a->optim), sp_optim_state(b->optim), tol, what);
}

void step_compare(const step_net *net, const step_optim *optim, const char *without, int n, double tol)
{
    char what[128];
    snprintf(what, sizeof what, "%s, %s, without %s", net->name, optim->name, without ? without : "nothing");
    step_world eager = step_world_new(net, optim), compiled = step_world_new(net, optim);
    sp_compiled *c = sp_compile(step_take, &compiled, .without = without);
    sp_scope scope = sp_scope_begin();
    for (int i = 0; i < n; i++) {
        sp_set_seed(100 + (uint64_t)i);
        sp_list batch = net->batch(), expected = step_take(&eager, batch);
        sp_set_seed(100 + (uint64_t)i);
        batch = net->batch();
        step_same(sp_compiled_run(c, batch), expected, tol, what);
    }
    assert_int_equal(sp_compiled_stats_get(c).traces, 1);
    step_worlds_same(&compiled, &eager, tol, what);
    sp_scope_end(scope);
    sp_compiled_free(c);
    step_world_free(&eager);
    step_world_free(&compiled);
    if (sp_error() != SP_OK)
        fail_msg("%s: %s", what, sp_error_text());
}
