/* layer_norm.c: layer normalisation (Ba, Kiros & Hinton 2016) of the rows of (outer, inner). */
#include <math.h>

#include "kernels/loops.h"

enum { LANES = 8, COLUMNS = 64 };

typedef struct layer_job {
    void *y; /* dx in the gradient */
    void *mean_out, *rstd_out, *dgamma, *dbeta;
    const void *x, *dy, *mean, *rstd, *gamma, *beta;
    double eps;
    int64_t outer, inner;
} layer_job;

#define T       float
#define HOT     SP__HOT_F32
#define NAME(f) f##_f32
#include "kernels/layer_norm_loops.h"
#undef T
#undef HOT
#undef NAME
#define T       double
#define HOT     SP__HOT_F64
#define NAME(f) f##_f64
#include "kernels/layer_norm_loops.h"
#undef T
#undef HOT
#undef NAME

bool sp__k_layer_norm(sp_dtype dtype, void *y, void *mean, void *rstd, const void *x, const void *gamma,
                      const void *beta, double eps, int64_t outer, int64_t inner)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    layer_job job = {.y = y,
                     .mean_out = mean,
                     .rstd_out = rstd,
                     .x = x,
                     .gamma = gamma,
                     .beta = beta,
                     .eps = eps,
                     .outer = outer,
                     .inner = inner};
    sp__for(outer, 1, outer * inner * SP__COST_NORM, dtype == SP_F32 ? forward_range_f32 : forward_range_f64, &job);
    return true;
}

bool sp__k_layer_norm_grad(sp_dtype dtype, void *dx, void *dgamma, void *dbeta, const void *dy, const void *x,
                           const void *mean, const void *rstd, const void *gamma, int64_t outer, int64_t inner)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    layer_job job = {.y = dx,
                     .dgamma = dgamma,
                     .dbeta = dbeta,
                     .x = x,
                     .dy = dy,
                     .mean = mean,
                     .rstd = rstd,
                     .gamma = gamma,
                     .outer = outer,
                     .inner = inner};
    if (dgamma || dbeta) /* first: dx may overwrite dy */
        sp__for(inner, COLUMNS, outer * inner * SP__COST_NORM, dtype == SP_F32 ? affine_range_f32 : affine_range_f64,
                &job);
    if (dx)
        sp__for(outer, 1, outer * inner * 2 * SP__COST_NORM, dtype == SP_F32 ? grad_range_f32 : grad_range_f64, &job);
    return true;
}
