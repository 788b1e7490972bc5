/* softmax.c: softmax, its logarithm, and cross entropy with class numbers. */
#include <math.h>

#include "kernels/loops.h"
#include "kernels/math_f32.h"

enum { LANES = 16, BLOCK = 64, COLUMNS = 64 };

typedef enum line_kind { SOFTMAX, LOG_SOFTMAX, SOFTMAX_GRAD, LOG_SOFTMAX_GRAD } line_kind;

/* Lines of (outer, n, inner). In a gradient y is dx and x the forward result. */
typedef struct line_job {
    line_kind what;
    void *y;
    const void *x, *dy;
    int64_t n, inner;
} line_job;

typedef struct entropy_job {
    const sp__cross_entropy *ce;
    void *loss, *weight, *logp_out, *dx;
    const void *logits, *logp, *labels, *g;
    int64_t g_stride;
} entropy_job;

/* The sum of LANES sums, in pairs. */
SP__INLINE double fold(double *lane)
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return lane[0];
}

static inline int64_t label_at(const sp__cross_entropy *ce, const void *labels, int64_t n)
{
    return ce->label_dtype == SP_I32 ? ((const int32_t *)labels)[n] : ((const int64_t *)labels)[n];
}

#define T           float
#define HOT         SP__HOT_F32
#define COLUMNS_HOT SP__HOT_LESS
#define EXP(v)      sp__exp_f32(v)
#define NAME(f)     f##_f32
#include "kernels/softmax_loops.h"
#undef T
#undef HOT
#undef COLUMNS_HOT
#undef EXP
#undef NAME
#define T           double
#define HOT         SP__HOT_F64
#define COLUMNS_HOT SP__HOT_F64
#define EXP(v)      exp(v)
#define NAME(f)     f##_f64
#include "kernels/softmax_loops.h"
#undef T
#undef HOT
#undef COLUMNS_HOT
#undef EXP
#undef NAME

/* An element of a line of n; what a line costs beside its elements is most of it in short ones. */
static int64_t cost_of(int64_t n) { return n < LANES ? 3 * SP__COST_MATH : SP__COST_MATH; }

static bool lines(sp_dtype dtype, const line_job *j, int64_t outer)
{
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    if (j->n > 0)
        sp__for(outer * j->inner, 1, outer * j->n * j->inner * cost_of(j->inner == 1 ? j->n : LANES),
                dtype == SP_F32 ? lines_range_f32 : lines_range_f64, j);
    return true;
}

bool sp__k_softmax(sp_dtype dtype, void *y, const void *x, int64_t outer, int64_t n, int64_t inner)
{
    return lines(dtype, &(line_job){SOFTMAX, y, x, NULL, n, inner}, outer);
}

bool sp__k_log_softmax(sp_dtype dtype, void *y, const void *x, int64_t outer, int64_t n, int64_t inner)
{
    return lines(dtype, &(line_job){LOG_SOFTMAX, y, x, NULL, n, inner}, outer);
}

bool sp__k_softmax_grad(sp_dtype dtype, void *dx, const void *dy, const void *y, int64_t outer, int64_t n,
                        int64_t inner)
{
    return lines(dtype, &(line_job){SOFTMAX_GRAD, dx, y, dy, n, inner}, outer);
}

bool sp__k_log_softmax_grad(sp_dtype dtype, void *dx, const void *dy, const void *y, int64_t outer, int64_t n,
                            int64_t inner)
{
    return lines(dtype, &(line_job){LOG_SOFTMAX_GRAD, dx, y, dy, n, inner}, outer);
}

static bool entropy(sp_dtype dtype, const entropy_job *j, sp__range f32, sp__range f64)
{
    const sp__cross_entropy *ce = j->ce;
    if ((dtype != SP_F32 && dtype != SP_F64) || (ce->label_dtype != SP_I32 && ce->label_dtype != SP_I64))
        return false;
    if (ce->C > 0)
        sp__for(ce->N, 1, ce->N * ce->C * cost_of(ce->C), dtype == SP_F32 ? f32 : f64, j);
    return true;
}

bool sp__k_cross_entropy(sp_dtype dtype, const sp__cross_entropy *ce, void *loss, void *weight, void *logp,
                         const void *logits, const void *labels)
{
    entropy_job job = {.ce = ce, .loss = loss, .weight = weight, .logp_out = logp, .logits = logits, .labels = labels};
    return entropy(dtype, &job, entropy_range_f32, entropy_range_f64);
}

bool sp__k_cross_entropy_grad(sp_dtype dtype, const sp__cross_entropy *ce, void *dlogits, const void *logp,
                              const void *labels, const void *g, int64_t g_stride)
{
    entropy_job job = {.ce = ce, .dx = dlogits, .logp = logp, .labels = labels, .g = g, .g_stride = g_stride};
    return entropy(dtype, &job, entropy_grad_range_f32, entropy_grad_range_f64);
}
