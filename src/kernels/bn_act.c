/* bn_act.c: BatchNorm in training with ReLU and 2x2 max pooling behind it, forth and back: what is between is never stored. */
#include <math.h>

#include "kernels/loops.h"

enum { VECTORS = 4, STEPS = 16, PIECE = 64 };

/* 32 bytes: one register of AVX, two of SSE or NEON. */
typedef float vec_f32 __attribute__((vector_size(32), aligned(4), may_alias));
typedef double vec_f64 __attribute__((vector_size(32), aligned(8), may_alias));
typedef int32_t bits_f32 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int64_t bits_f64 __attribute__((vector_size(32), aligned(8), may_alias));

typedef struct bn_job {
    void *y; /* dx on the way back */
    void *mean_out, *var_out, *dgamma, *dbeta;
    const void *x, *dy, *mean, *var, *gamma, *beta;
    double eps;
    int64_t N, C, H, W;
    bool pool;
} bn_job;

#define T       float
#define HOT     SP__HOT_F32
#define NAME(f) f##_f32
#include "kernels/bn_act_loops.h"
#undef T
#undef HOT
#undef NAME
#define T       double
#define HOT     SP__HOT_F64
#define NAME(f) f##_f64
#include "kernels/bn_act_loops.h"
#undef T
#undef HOT
#undef NAME

static bool run(sp_dtype dtype, const bn_job *j, sp__range f32, sp__range f64)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    sp__for(j->C, 1, 2 * j->N * j->C * j->H * j->W, dtype == SP_F32 ? f32 : f64, j);
    return true;
}

bool sp__k_bn_relu(sp_dtype dtype, const sp__bn_relu *b, void *y, void *mean, void *var, const void *x,
                   const void *gamma, const void *beta)
{
    bn_job job = {.y = y,
                  .mean_out = mean,
                  .var_out = var,
                  .x = x,
                  .gamma = gamma,
                  .beta = beta,
                  .eps = b->eps,
                  .N = b->N,
                  .C = b->C,
                  .H = b->H,
                  .W = b->W,
                  .pool = b->pool};
    return run(dtype, &job, forward_range_f32, forward_range_f64);
}

bool sp__k_bn_relu_grad(sp_dtype dtype, const sp__bn_relu *b, void *dx, void *dgamma, void *dbeta, const void *dy,
                        const void *x, const void *mean, const void *var, const void *gamma, const void *beta)
{
    bn_job job = {.y = dx,
                  .dgamma = dgamma,
                  .dbeta = dbeta,
                  .dy = dy,
                  .x = x,
                  .mean = mean,
                  .var = var,
                  .gamma = gamma,
                  .beta = beta,
                  .eps = b->eps,
                  .N = b->N,
                  .C = b->C,
                  .H = b->H,
                  .W = b->W,
                  .pool = b->pool};
    return run(dtype, &job, back_range_f32, back_range_f64);
}
