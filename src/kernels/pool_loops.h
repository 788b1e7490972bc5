/* kernels/pool_loops.h: pooling of planes for one type: T the type, NAME(f) the name of f for it. Included by pool.c only.
 * All functions do planes [begin, end) of N * C: x (H, W), y and index (OH, OW). */

static void NAME(max_range)(const void *arg, int64_t begin, int64_t end)
{
    const pool_job *j = arg;
    const sp__pool *p = j->p;
    for (int64_t plane = begin; plane < end; plane++) {
        const T *x = (const T *)j->x + plane * p->H * p->W;
        T *y = (T *)j->y + plane * p->OH * p->OW;
        int32_t *index = j->index ? j->index + plane * p->OH * p->OW : NULL;
        for (int64_t oh = 0, o = 0; oh < p->OH; oh++) {
            window h = window_at(oh, p->sh, p->pt, p->kh, p->dh, p->H, p->pb);
            for (int64_t ow = 0; ow < p->OW; ow++, o++) {
                window w = window_at(ow, p->sw, p->pl, p->kw, p->dw, p->W, p->pr);
                T best = (T)-INFINITY;
                int64_t at = h.begin < h.end && w.begin < w.end ? h.begin * p->W + w.begin : -1;
                for (int64_t r = h.begin; r < h.end; r += p->dh)
                    for (int64_t c = w.begin; c < w.end; c += p->dw) {
                        T v = x[r * p->W + c];
                        if (v > best || (v != v && best == best)) {
                            best = v;
                            at = r * p->W + c;
                        }
                    }
                y[o] = best;
                if (index)
                    index[o] = (int32_t)at;
            }
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

static void NAME(avg_range)(const void *arg, int64_t begin, int64_t end)
{
    const pool_job *j = arg;
    const sp__pool *p = j->p;
    for (int64_t plane = begin; plane < end; plane++) {
        const T *x = (const T *)j->x + plane * p->H * p->W;
        T *y = (T *)j->y + plane * p->OH * p->OW;
        for (int64_t oh = 0, o = 0; oh < p->OH; oh++) {
            window h = window_at(oh, p->sh, p->pt, p->kh, p->dh, p->H, p->pb);
            for (int64_t ow = 0; ow < p->OW; ow++, o++) {
                window w = window_at(ow, p->sw, p->pl, p->kw, p->dw, p->W, p->pr);
                T sum = 0;
                for (int64_t r = h.begin; r < h.end; r += p->dh)
                    for (int64_t c = w.begin; c < w.end; c += p->dw)
                        sum += x[r * p->W + c];
                y[o] = sum / (T)divisor_of(p, h, w);
            }
        }
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
        for (int64_t oh = 0, o = 0; oh < p->OH; oh++) {
            window h = window_at(oh, p->sh, p->pt, p->kh, p->dh, p->H, p->pb);
            for (int64_t ow = 0; ow < p->OW; ow++, o++) {
                window w = window_at(ow, p->sw, p->pl, p->kw, p->dw, p->W, p->pr);
                T share = dy[o] / (T)divisor_of(p, h, w);
                for (int64_t r = h.begin; r < h.end; r += p->dh)
                    for (int64_t c = w.begin; c < w.end; c += p->dw)
                        dx[r * p->W + c] += share;
            }
        }
    }
}
