/* broadcast.c: planning and walking NumPy's broadcasting. */
#include "kernels/loops.h"

int sp__merge(int rank, int64_t *dim, int64_t *const *stride, int count)
{
    int out = 0; /* dimensions kept so far; the last of them is the one that may grow */
    for (int d = 0; d < rank; d++) {
        if (dim[d] == 1)
            continue;
        bool fits = out > 0;
        for (int k = 0; fits && k < count; k++)
            fits = stride[k][out - 1] == stride[k][d] * dim[d];
        int to = fits ? out - 1 : out++;
        dim[to] = fits ? dim[to] * dim[d] : dim[d];
        for (int k = 0; k < count; k++)
            stride[k][to] = stride[k][d];
    }
    if (out > 0)
        return out;
    dim[0] = 1;
    for (int k = 0; k < count; k++)
        stride[k][0] = 0;
    return 1;
}

/* Size of dimension d of shape aligned at the right with `rank` dimensions. */
static int64_t aligned_dim(const sp_shape *s, int d, int rank)
{
    int own = d - (rank - s->rank);
    return own < 0 ? 1 : s->dim[own];
}

/* Strides of shape in the broadcast one: 0 where it repeats. */
static void aligned_strides(int64_t *stride, const sp_shape *s, const sp__bcast *plan)
{
    int64_t step = 1;
    for (int d = plan->rank - 1; d >= 0; d--) {
        int64_t own = aligned_dim(s, d, plan->rank);
        stride[d] = own == 1 ? 0 : step;
        step *= own;
    }
}

/* The usual case in a few instructions; what stands beyond the rank is not set. False: the shapes differ. */
static bool plan_of_equal(sp__bcast *plan, const sp_shape *a, const sp_shape *b)
{
    if (a->rank != b->rank)
        return false;
    int64_t size = 1;
    for (int d = 0; d < a->rank; d++) {
        if (a->dim[d] != b->dim[d])
            return false;
        size *= a->dim[d];
    }
    plan->rank = 1;
    plan->size = plan->dim[0] = size;
    plan->stride_a[0] = plan->stride_b[0] = size != 1;
    plan->stride_c[0] = 0;
    return true;
}

bool sp__k_bcast_plan(sp__bcast *plan, const sp_shape *a, const sp_shape *b, const sp_shape *c)
{
    const sp_shape *in[3] = {a, b, c};
    int count = c ? 3 : 2;
    if (!c && plan_of_equal(plan, a, b))
        return true;
    memset(plan, 0, sizeof *plan);
    for (int k = 0; k < count; k++)
        plan->rank = SP__MAX(plan->rank, in[k]->rank);
    plan->size = 1;
    for (int d = 0; d < plan->rank; d++) {
        int64_t dim = 1;
        for (int k = 0; k < count; k++) {
            int64_t own = aligned_dim(in[k], d, plan->rank);
            if (own == 1 || own == dim)
                continue;
            if (dim != 1)
                return false;
            dim = own;
        }
        plan->dim[d] = dim;
        plan->size *= dim;
    }
    int64_t *stride[3] = {plan->stride_a, plan->stride_b, plan->stride_c};
    for (int k = 0; k < count; k++)
        aligned_strides(stride[k], in[k], plan);
    plan->rank = sp__merge(plan->rank, plan->dim, stride, count);
    return true;
}

void sp__walk_start(sp__walk *w, const sp__bcast *plan, int64_t row)
{
    *w = (sp__walk){.plan = plan};
    for (int d = plan->rank - 2; d >= 0; d--) {
        int64_t i = row % plan->dim[d];
        row /= plan->dim[d];
        w->index[d] = i;
        w->a += i * plan->stride_a[d];
        w->b += i * plan->stride_b[d];
        w->c += i * plan->stride_c[d];
    }
}

void sp__walk_next(sp__walk *w)
{
    const sp__bcast *p = w->plan;
    for (int d = p->rank - 2; d >= 0; d--) {
        w->a += p->stride_a[d];
        w->b += p->stride_b[d];
        w->c += p->stride_c[d];
        if (++w->index[d] < p->dim[d])
            return;
        w->index[d] = 0;
        w->a -= p->dim[d] * p->stride_a[d];
        w->b -= p->dim[d] * p->stride_b[d];
        w->c -= p->dim[d] * p->stride_c[d];
    }
}

typedef struct rows2 {
    sp__row2 f;
    const sp__bcast *plan;
    char *y;
    const char *a, *b;
    int64_t ey, ex;
} rows2;

/* Elements [begin, end) of the output; rows may be cut at both ends. */
static void rows2_range(const void *arg, int64_t begin, int64_t end)
{
    const rows2 *r = arg;
    int last = r->plan->rank - 1;
    int64_t n = r->plan->dim[last], sa = r->plan->stride_a[last], sb = r->plan->stride_b[last];
    if (last == 0) {
        r->f(r->y + begin * r->ey, r->a + begin * sa * r->ex, sa, r->b + begin * sb * r->ex, sb, end - begin);
        return;
    }
    int64_t column = begin % n;
    sp__walk w;
    sp__walk_start(&w, r->plan, begin / n);
    for (int64_t i = begin; i < end; column = 0, sp__walk_next(&w)) {
        int64_t len = SP__MIN(n - column, end - i);
        r->f(r->y + i * r->ey, r->a + (w.a + column * sa) * r->ex, sa, r->b + (w.b + column * sb) * r->ex, sb, len);
        i += len;
    }
}

void sp__k_rows2(sp__row2 f, const sp__bcast *plan, void *y, int64_t ey, const void *a, const void *b, int64_t ex,
                 int64_t cost)
{
    rows2 r = {f, plan, y, a, b, ey, ex};
    sp__for(plan->size, SP__GRAIN, plan->size * cost, rows2_range, &r);
}
