/* pool.c: maximum and average pooling, plane by plane. */
#include <math.h>

#include "kernels/loops.h"

enum { BLOCK = 64 };

typedef struct pool_job {
    const sp__pool *p;
    void *y;
    const void *x;
    int32_t *index;
} pool_job;

/* The rows (or columns) a window covers: begin, begin + dilation, ... below end; `counted` of them lie in the input or
 * its padding. */
typedef struct window {
    int64_t begin, end, counted;
} window;

static inline window window_at(int64_t o, int64_t stride, int64_t before, int64_t kernel, int64_t dilation,
                               int64_t size, int64_t after)
{
    int64_t start = o * stride - before, stop = start + (kernel - 1) * dilation + 1;
    if (dilation == 1) /* the usual case needs no division */
        return (window){SP__MAX(start, 0), SP__MIN(stop, size), SP__MAX(SP__MIN(stop, size + after) - start, 0)};
    int64_t skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
    int64_t counted_end = SP__MIN(stop, size + after);
    int64_t counted = counted_end > start ? (counted_end - start - 1) / dilation + 1 : 0;
    return (window){start + skipped * dilation, SP__MIN(stop, size), counted};
}

static inline int64_t places(window w, int64_t dilation)
{
    int64_t n = SP__MAX(w.end - w.begin, 0);
    return dilation == 1 ? n : (n + dilation - 1) / dilation;
}

/* What the sum of the window at rows h and output column ow is divided by: at least 1, so that a window wholly outside
 * gives 0. */
static inline int64_t divisor_of(const sp__pool *p, window h, int64_t ow)
{
    if (p->divisor > 0)
        return p->divisor;
    const window w = window_at(ow, p->sw, p->pl, p->kw, p->dw, p->W, p->pr);
    int64_t n = p->count_include_pad ? h.counted * w.counted : places(h, p->dh) * places(w, p->dw);
    return SP__MAX(n, 1);
}

#define T       float
#define HOT     SP__HOT_F32
#define UT      uint32_t
#define NAME(f) f##_f32
#include "kernels/pool_loops.h"
#undef T
#undef HOT
#undef UT
#undef NAME
#define T       double
#define HOT     SP__HOT_F64
#define UT      uint64_t
#define NAME(f) f##_f64
#include "kernels/pool_loops.h"
#undef T
#undef HOT
#undef UT
#undef NAME

static bool pool(sp_dtype dtype, const pool_job *job, sp__range f32, sp__range f64)
{
    const sp__pool *p = job->p;
    if (dtype != SP_F32 && dtype != SP_F64)
        return false;
    int64_t work = p->N * p->C * (p->OH * p->OW * p->kh * p->kw + p->H * p->W);
    sp__for(p->N * p->C, 1, work, dtype == SP_F32 ? f32 : f64, job);
    return true;
}

bool sp__k_max_pool(sp_dtype dtype, const sp__pool *p, void *y, int32_t *index, const void *x)
{
    return pool(dtype, &(pool_job){p, y, x, index}, max_range_f32, max_range_f64);
}

bool sp__k_max_pool_grad(sp_dtype dtype, const sp__pool *p, void *dx, const void *dy, const int32_t *index)
{
    pool_job job = {p, dx, dy, (int32_t *)(uintptr_t)index}; /* only read */
    return pool(dtype, &job, max_grad_range_f32, max_grad_range_f64);
}

bool sp__k_max_pool_gather(sp_dtype dtype, const sp__pool *p, void *y, const void *x, const int32_t *index)
{
    pool_job job = {p, y, x, (int32_t *)(uintptr_t)index}; /* only read */
    return pool(dtype, &job, max_gather_range_f32, max_gather_range_f64);
}

bool sp__k_avg_pool(sp_dtype dtype, const sp__pool *p, void *y, const void *x)
{
    return pool(dtype, &(pool_job){p, y, x, NULL}, avg_range_f32, avg_range_f64);
}

bool sp__k_avg_pool_grad(sp_dtype dtype, const sp__pool *p, void *dx, const void *dy)
{
    return pool(dtype, &(pool_job){p, dx, dy, NULL}, avg_grad_range_f32, avg_grad_range_f64);
}
