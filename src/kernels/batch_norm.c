/* batch_norm.c: batch normalisation (Ioffe & Szegedy 2015) over N and S of (N,C,S). */
#include <math.h>

#include "kernels/loops.h"

enum { LANES = 8, COLUMNS = 64 };

typedef struct norm_job {
    void *y; /* dx in the gradient */
    void *mean_out, *var_out, *dgamma, *dbeta;
    const void *x, *dy, *mean, *var, *gamma, *beta;
    double eps;
    int64_t N, C, S;
} norm_job;

#define T       float
#define HOT     SP__HOT_F32
#define NAME(f) f##_f32
#include "kernels/batch_norm_loops.h"
#undef T
#undef HOT
#undef NAME
#define T       double
#define HOT     SP__HOT_F64
#define NAME(f) f##_f64
#include "kernels/batch_norm_loops.h"
#undef T
#undef HOT
#undef NAME

static bool norm(sp_dtype dtype, const norm_job *j, sp__range f32, sp__range f64)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    if (j->N * j->S > 0)
        sp__for(j->C, j->S == 1 ? COLUMNS : 1, j->N * j->C * j->S, dtype == SP_F32 ? f32 : f64, j);
    return true;
}

bool sp__k_bn_stats(sp_dtype dtype, void *mean, void *var, const void *x, int64_t N, int64_t C, int64_t S)
{
    norm_job job = {.mean_out = mean, .var_out = var, .x = x, .N = N, .C = C, .S = S};
    if (N * S == 0 && (dtype == SP_F32 || dtype == SP_F64)) {
        memset(mean, 0, (size_t)(C * sp__bytes(dtype)));
        memset(var, 0, (size_t)(C * sp__bytes(dtype)));
    }
    return norm(dtype, &job, stats_range_f32, stats_range_f64);
}

bool sp__k_bn_apply(sp_dtype dtype, void *y, const void *x, const void *mean, const void *var, const void *gamma,
                    const void *beta, double eps, int64_t N, int64_t C, int64_t S)
{
    norm_job job = {
        .y = y, .x = x, .mean = mean, .var = var, .gamma = gamma, .beta = beta, .eps = eps, .N = N, .C = C, .S = S};
    return norm(dtype, &job, apply_range_f32, apply_range_f64);
}

bool sp__k_bn_grad(sp_dtype dtype, void *dx, void *dgamma, void *dbeta, const void *dy, const void *x, const void *mean,
                   const void *var, const void *gamma, double eps, int64_t N, int64_t C, int64_t S)
{
    norm_job job = {.y = dx,
                    .dgamma = dgamma,
                    .dbeta = dbeta,
                    .dy = dy,
                    .x = x,
                    .mean = mean,
                    .var = var,
                    .gamma = gamma,
                    .eps = eps,
                    .N = N,
                    .C = C,
                    .S = S};
    if (N * S == 0 && (dtype == SP_F32 || dtype == SP_F64)) {
        if (dgamma)
            memset(dgamma, 0, (size_t)(C * sp__bytes(dtype)));
        if (dbeta)
            memset(dbeta, 0, (size_t)(C * sp__bytes(dtype)));
    }
    return norm(dtype, &job, grad_range_f32, grad_range_f64);
}
