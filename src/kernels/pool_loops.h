/* kernels/pool_loops.h: pooling of planes for one type: T the type, UT the unsigned integer of its size, NAME(f) the
 * name of f for it. Included by pool.c only.
 * The ranges are planes [begin, end) of N * C: x (H, W), y and index (OH, OW). */

static inline UT NAME(bits)(T v)
{
    UT u;
    memcpy(&u, &v, sizeof u);
    return u;
}

static inline T NAME(of_bits)(UT u)
{
    T v;
    memcpy(&v, &u, sizeof v);
    return v;
}

/* Outputs i < n whose windows lie inside: x is the first element of window 0, `at` its place in the plane. Which
 * value is the largest cannot be predicted, so values are chosen by masks of bits: compilers make branches of
 * anything else. */
static inline void NAME(max_inside)(T *restrict y, int32_t *restrict index, const T *restrict x, int64_t W, int64_t kh,
                                    int64_t kw, int64_t step, int64_t n, int32_t at)
{
    for (int64_t i = 0; i < n; i++) {
        T best = x[i * step];
        UT place = 0;
        for (int64_t r = 0; r < kh; r++)
            for (int64_t k = 0; k < kw; k++) {
                const T v = x[r * W + k + i * step];
                const UT take = (UT)0 - (UT)((v > best) | ((v != v) & (best == best)));
                best = NAME(of_bits)((NAME(bits)(v) & take) | (NAME(bits)(best) & ~take));
                place = ((UT)(r * W + k) & take) | (place & ~take);
            }
        y[i] = best;
        index[i] = at + (int32_t)(i * step) + (int32_t)place;
    }
}

HOT static void NAME(max_dispatch)(T *y, int32_t *index, const T *x, const sp__pool *p, int64_t n, int32_t at)
{
    if (p->kh == 2 && p->kw == 2 && p->sw == 2)
        NAME(max_inside)(y, index, x, p->W, 2, 2, 2, n, at);
    else if (p->kh == 3 && p->kw == 3 && p->sw == 2)
        NAME(max_inside)(y, index, x, p->W, 3, 3, 2, n, at);
    else
        NAME(max_inside)(y, index, x, p->W, p->kh, p->kw, p->sw, n, at);
}

/* One window, cut off by the edges of the plane. */
static T NAME(max_at_edge)(const T *x, const sp__pool *p, window h, int64_t ow, int32_t *index)
{
    const window w = window_at(ow, p->sw, p->pl, p->kw, p->dw, p->W, p->pr);
    T best = (T)-INFINITY;
    int64_t at = h.begin < h.end && w.begin < w.end ? h.begin * p->W + w.begin : -1;
    for (int64_t r = h.begin; r < h.end; r += p->dh)
        for (int64_t c = w.begin; c < w.end; c += p->dw) {
            const T v = x[r * p->W + c];
            if (v > best || (v != v && best == best)) {
                best = v;
                at = r * p->W + c;
            }
        }
    *index = (int32_t)at;
    return best;
}

/* A row of outputs at a time: those with whole windows in blocks, the others one by one. */
static void NAME(max_range)(const void *arg, int64_t begin, int64_t end)
{
    const pool_job *j = arg;
    const sp__pool *p = j->p;
    const sp__span left = sp__valid(p->OW, p->W, p->sw, -p->pl),
                   right = sp__valid(p->OW, p->W, p->sw, p->kw - 1 - p->pl);
    for (int64_t row = begin * p->OH; row < end * p->OH; row++) {
        const T *x = (const T *)j->x + row / p->OH * p->H * p->W;
        T *y = (T *)j->y + row * p->OW;
        const window h = window_at(row % p->OH, p->sh, p->pt, p->kh, p->dh, p->H, p->pb);
        const bool whole = p->dh == 1 && p->dw == 1 && h.end - h.begin == p->kh;
        for (int64_t ow = 0; ow < p->OW;) {
            int32_t own[BLOCK], *index = j->index ? j->index + row * p->OW + ow : own;
            if (!whole || ow < left.begin || ow >= right.end) {
                y[ow] = NAME(max_at_edge)(x, p, h, ow, index);
                ow++;
                continue;
            }
            const int64_t n = SP__MIN(right.end - ow, BLOCK), at = h.begin * p->W + ow * p->sw - p->pl;
            NAME(max_dispatch)(y + ow, index, x + at, p, n, (int32_t)at);
            ow += n;
        }
    }
}

static void NAME(max_grad_range)(const void *arg, int64_t begin, int64_t end)
{
    const pool_job *j = arg;
    const sp__pool *p = j->p;
    for (int64_t plane = begin; plane < end; plane++) {
        T *dx = (T *)j->y + plane * p->H * p->W;
        const T *dy = (const T *)j->x + plane * p->OH * p->OW;
        const int32_t *index = j->index + plane * p->OH * p->OW;
        memset(dx, 0, (size_t)(p->H * p->W) * sizeof(T));
        for (int64_t o = 0; o < p->OH * p->OW; o++)
            if (index[o] >= 0)
                dx[index[o]] += dy[o];
    }
}

static void NAME(max_gather_range)(const void *arg, int64_t begin, int64_t end)
{
    const pool_job *j = arg;
    const sp__pool *p = j->p;
    for (int64_t plane = begin; plane < end; plane++) {
        const T *x = (const T *)j->x + plane * p->H * p->W;
        T *y = (T *)j->y + plane * p->OH * p->OW;
        const int32_t *index = j->index + plane * p->OH * p->OW;
        for (int64_t o = 0; o < p->OH * p->OW; o++)
            y[o] = index[o] >= 0 ? x[index[o]] : (T)0;
    }
}

HOT static void NAME(add_row)(T *restrict y, const T *restrict x, int64_t step, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += x[i * step];
}

static void NAME(avg_range)(const void *arg, int64_t begin, int64_t end)
{
    const pool_job *j = arg;
    const sp__pool *p = j->p;
    /* Columns of the window that meet the input for some output: a window may be far larger than the input. */
    const sp__span columns = sp__valid(p->kw, p->W + (p->OW - 1) * p->sw, p->dw, (p->OW - 1) * p->sw - p->pl);
    for (int64_t row = begin * p->OH; row < end * p->OH; row++) {
        const int64_t plane = row / p->OH, oh = row % p->OH;
        const T *x = (const T *)j->x + plane * p->H * p->W;
        T *y = (T *)j->y + row * p->OW;
        memset(y, 0, (size_t)p->OW * sizeof(T));
        const window h = window_at(oh, p->sh, p->pt, p->kh, p->dh, p->H, p->pb);
        for (int64_t r = h.begin; r < h.end; r += p->dh)
            for (int64_t k = columns.begin; k < columns.end; k++) {
                const sp__span w = sp__valid(p->OW, p->W, p->sw, k * p->dw - p->pl);
                if (w.begin < w.end)
                    NAME(add_row)(y + w.begin, x + r * p->W + w.first, p->sw, w.end - w.begin);
            }
        for (int64_t i = 0; i < p->OW; i++)
            y[i] /= (T)divisor_of(p, h, i);
    }
}

static void NAME(avg_grad_range)(const void *arg, int64_t begin, int64_t end)
{
    const pool_job *j = arg;
    const sp__pool *p = j->p;
    for (int64_t plane = begin; plane < end; plane++) {
        T *dx = (T *)j->y + plane * p->H * p->W;
        const T *dy = (const T *)j->x + plane * p->OH * p->OW;
        memset(dx, 0, (size_t)(p->H * p->W) * sizeof(T));
        for (int64_t oh = 0; oh < p->OH; oh++) {
            const window h = window_at(oh, p->sh, p->pt, p->kh, p->dh, p->H, p->pb);
            for (int64_t ow = 0; ow < p->OW; ow++) {
                const window w = window_at(ow, p->sw, p->pl, p->kw, p->dw, p->W, p->pr);
                const T share = dy[oh * p->OW + ow] / (T)divisor_of(p, h, ow);
                for (int64_t r = h.begin; r < h.end; r += p->dh)
                    for (int64_t c = w.begin; c < w.end; c += p->dw)
                        dx[r * p->W + c] += share;
            }
        }
    }
}
