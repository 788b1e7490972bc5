/* optim.c: optimizer steps, each one pass over weights, moments and gradient. Formulae: kernels.h. */
#include <math.h>

#include "kernels/loops.h"

typedef enum step_kind { SGD, SGD_MOMENTUM, ADAM, RMSPROP, ADAGRAD } step_kind;

typedef struct step_job {
    step_kind kind;
    const void *options;
    void *w;
    void *state[3]; /* moments, in the order of the kernel's arguments */
    const void *g;
} step_job;

#define T       float
#define HOT     SP__HOT_F32
#define F(name) name##f
#define NAME(f) f##_f32
#include "kernels/optim_loops.h"
#undef T
#undef HOT
#undef F
#undef NAME
#define T       double
#define HOT     SP__HOT_F64
#define F(name) name
#define NAME(f) f##_f64
#include "kernels/optim_loops.h"
#undef T
#undef HOT
#undef F
#undef NAME

/* cost: elementary operations per element */
static bool step(sp_dtype dtype, const step_job *j, int64_t n, int64_t cost)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    sp__for(n, SP__GRAIN, n * cost, dtype == SP_F32 ? step_range_f32 : step_range_f64, j);
    return true;
}

bool sp__k_sgd(sp_dtype dtype, const sp__sgd *o, void *w, void *accum, const void *g, int64_t n)
{
    step_job job = {accum ? SGD_MOMENTUM : SGD, o, w, {accum}, g};
    return step(dtype, &job, n, 2);
}

bool sp__k_adam(sp_dtype dtype, const sp__adam *o, void *w, void *m, void *v, void *vmax, const void *g, int64_t n)
{
    step_job job = {ADAM, o, w, {m, v, vmax}, g};
    return step(dtype, &job, n, 8);
}

bool sp__k_rmsprop(sp_dtype dtype, const sp__rmsprop *o, void *w, void *ms, void *mom, void *mg, const void *g,
                   int64_t n)
{
    step_job job = {RMSPROP, o, w, {ms, mom, mg}, g};
    return step(dtype, &job, n, 8);
}

bool sp__k_adagrad(sp_dtype dtype, double lr, double weight_decay, double grad_scale, void *w, void *accum,
                   const void *g, int64_t n)
{
    sp__sgd o = {.lr = lr, .weight_decay = weight_decay, .grad_scale = grad_scale};
    step_job job = {ADAGRAD, &o, w, {accum}, g};
    return step(dtype, &job, n, 6);
}
