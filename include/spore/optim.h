/* spore/optim.h: optimizers. They change parameters in place, step by step, as MindSpore's do. */
#ifndef SPORE_OPTIM_H
#define SPORE_OPTIM_H

#include "nn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_optim sp_optim;

/* Options common to all. params: usually sp_cell_params(net); kept: parameters of Float32 or Float64, each once. The gradient g
 * that the formulae below speak of is gradient / loss_scale + weight_decay * w; parameters whose name holds "beta" or "gamma" are
 * spared the decay, as MindSpore does. lr must be > 0. SP_ERR_VALUE, SP_ERR_DTYPE, SP_ERR_STATE (not a parameter). */

typedef struct sp_sgd_opts {
    int _;
    sp_list params;
    double lr; /* 0: 0.1                                                          */
    double momentum, dampening, weight_decay;
    bool nesterov;     /* needs momentum > 0 and dampening 0: SP_ERR_VALUE                */
    double loss_scale; /* gradients are divided by it; 0: 1                               */
} sp_sgd_opts;
/* a = momentum a + (1 - dampening) g, without dampening on the first step;
 * w -= lr (nesterov ? g + momentum a : a); without momentum w -= lr g. */
SP_API sp_optim *sp_optim_sgd_new(const sp_sgd_opts *opts);
#define sp_optim_sgd(...) sp_optim_sgd_new(&(sp_sgd_opts){._ = 0, __VA_ARGS__})

typedef struct sp_momentum_opts {
    int _;
    sp_list params;
    double lr;
    double momentum;
    double weight_decay;
    double loss_scale;
    bool nesterov;
} sp_momentum_opts;
/* v = momentum v + g; w -= lr v. nesterov is accepted and, like MindSpore on a CPU, has no effect. */
SP_API sp_optim *sp_optim_momentum_new(const sp_momentum_opts *opts);
#define sp_optim_momentum(...) sp_optim_momentum_new(&(sp_momentum_opts){._ = 0, __VA_ARGS__})

typedef struct sp_adam_opts {
    int _;
    sp_list params;
    double lr;           /* 0: 1e-3                                                         */
    double beta1, beta2; /* 0: 0.9, 0.999                                                   */
    double eps;          /* 0: 1e-8; added to sqrt(v), not bias-corrected                   */
    double weight_decay;
    double loss_scale;
    bool nesterov, amsgrad;
} sp_adam_opts;
/* Kingma & Ba 2015 in the form of its section 2: w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps). */
SP_API sp_optim *sp_optim_adam_new(const sp_adam_opts *opts);
#define sp_optim_adam(...) sp_optim_adam_new(&(sp_adam_opts){._ = 0, __VA_ARGS__})

SP_API sp_list sp_optim_params(const sp_optim *o); /* borrowed                                      */

/* One step; one gradient per parameter, in order, of its shape and type. SP_ERR_SHAPE, SP_ERR_DTYPE, SP_ERR_VALUE (another
 * number of gradients), SP_ERR_STATE (a parameter is being differentiated); nothing is changed then. A NULL gradient gives the
 * failure that made it. */
SP_API sp_status sp_optim_step(sp_optim *o, sp_list grads);

SP_API double sp_optim_lr(const sp_optim *o);
SP_API sp_status sp_optim_set_lr(sp_optim *o, double lr); /* >= 0: schedules may end at 0                  */
SP_API int64_t sp_optim_steps(const sp_optim *o);         /* steps taken                                   */

/* Its state as a checkpoint holds it, under MindSpore's names: global_step, learning_rate, momentum, accum.W, stat.W;
 * moments.W; beta1_power, beta2_power, moment1.W, moment2.W, vhat.W. Tensors with names (sp_param_name); borrowed. What
 * sp_assign() puts into them is what the next step goes on from. */
SP_API sp_list sp_optim_state(sp_optim *o);

SP_API const char *sp_optim_str(const sp_optim *o); /* "SGD<>"; text of the current scope            */
SP_API void sp_optim_free(sp_optim *o);

#ifdef __cplusplus
}
#endif
#endif
