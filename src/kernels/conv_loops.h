/* kernels/conv_loops.h: convolution for one type: T the type, NAME(f) the name of f for it. Included by conv.c only.
 *
 * col (K, P) holds for each weight (c, i, j) of a group, K = C/groups kh kw, and each output place, P = OH OW, the
 * input that meets there: the convolution of one image and group is then
 *   y (M/groups, P) = w (M/groups, K) col (K, P). */

/* Row (c, i, j) of col from plane x (H, W); zeros outside. */
static void NAME(unfold_row)(T *restrict col, const T *restrict x, const sp__conv *c, int64_t i, int64_t j)
{
    sp__span w = sp__valid(c->OW, c->W, c->sw, j * c->dw - c->pl);
    for (int64_t oh = 0; oh < c->OH; oh++, col += c->OW) {
        int64_t h = oh * c->sh - c->pt + i * c->dh;
        if (h < 0 || h >= c->H || w.begin >= w.end) {
            memset(col, 0, (size_t)c->OW * sizeof(T));
            continue;
        }
        const T *row = x + h * c->W + w.first;
        memset(col, 0, (size_t)w.begin * sizeof(T));
        if (c->sw == 1)
            memcpy(col + w.begin, row, (size_t)(w.end - w.begin) * sizeof(T));
        else
            for (int64_t ow = w.begin; ow < w.end; ow++)
                col[ow] = row[(ow - w.begin) * c->sw];
        memset(col + w.end, 0, (size_t)(c->OW - w.end) * sizeof(T));
    }
}

/* The reverse: adds row (c, i, j) of col to plane x. */
static void NAME(fold_row)(T *restrict x, const T *restrict col, const sp__conv *c, int64_t i, int64_t j)
{
    sp__span w = sp__valid(c->OW, c->W, c->sw, j * c->dw - c->pl);
    for (int64_t oh = 0; oh < c->OH; oh++, col += c->OW) {
        int64_t h = oh * c->sh - c->pt + i * c->dh;
        if (h < 0 || h >= c->H || w.begin >= w.end)
            continue;
        T *row = x + h * c->W + w.first;
        for (int64_t ow = w.begin; ow < w.end; ow++)
            row[(ow - w.begin) * c->sw] += col[ow];
    }
}

/* Rows [begin, end) of col. */
static void NAME(unfold_range)(const void *arg, int64_t begin, int64_t end)
{
    const fold_job *f = arg;
    const sp__conv *c = f->c;
    for (int64_t r = begin; r < end; r++)
        NAME(unfold_row)
    ((T *)f->col + r * c->OH * c->OW, (const T *)f->image + r / (c->kh * c->kw) * c->H * c->W, c, r / c->kw % c->kh,
     r % c->kw);
}

/* Channels [begin, end) of the image: rows of different channels meet no common element. */
static void NAME(fold_range)(const void *arg, int64_t begin, int64_t end)
{
    const fold_job *f = arg;
    const sp__conv *c = f->c;
    for (int64_t r = begin * c->kh * c->kw; r < end * c->kh * c->kw; r++)
        NAME(fold_row)
    ((T *)f->image + r / (c->kh * c->kw) * c->H * c->W, (const T *)f->col + r * c->OH * c->OW, c, r / c->kw % c->kh,
     r % c->kw);
}

/* Without workspace: plain sums, in double. b may be NULL. Samples times channels [begin, end) of y. */
static void NAME(direct_range)(const void *arg, int64_t begin, int64_t end)
{
    const direct_job *d = arg;
    const sp__conv *c = d->c;
    int64_t cg = c->C / c->groups, mg = c->M / c->groups;
    for (int64_t nm = begin; nm < end; nm++) {
        int64_t n = nm / c->M, m = nm % c->M;
        const T *x = (const T *)d->x + (n * c->C + m / mg * cg) * c->H * c->W,
                *w = (const T *)d->w + m * cg * c->kh * c->kw;
        T *y = (T *)d->y + nm * c->OH * c->OW;
        for (int64_t o = 0; o < c->OH * c->OW; o++) {
            double sum = d->b ? (double)((const T *)d->b)[m] : 0;
            for (int64_t k = 0; k < cg * c->kh * c->kw; k++) {
                int64_t at = input_at(c, k, o);
                sum += at < 0 ? 0 : (double)x[at] * (double)w[k];
            }
            y[o] = (T)sum;
        }
    }
}

/* Samples [begin, end) of dx; added up in T. */
static void NAME(direct_input_range)(const void *arg, int64_t begin, int64_t end)
{
    const direct_job *d = arg;
    const sp__conv *c = d->c;
    int64_t cg = c->C / c->groups, mg = c->M / c->groups;
    for (int64_t nm = begin * c->M; nm < end * c->M; nm++) {
        int64_t n = nm / c->M, m = nm % c->M;
        T *dx = (T *)d->y + (n * c->C + m / mg * cg) * c->H * c->W;
        const T *w = (const T *)d->w + m * cg * c->kh * c->kw, *dy = (const T *)d->x + nm * c->OH * c->OW;
        if (m == 0)
            memset(dx, 0, (size_t)(c->C * c->H * c->W) * sizeof(T));
        for (int64_t o = 0; o < c->OH * c->OW; o++)
            for (int64_t k = 0; k < cg * c->kh * c->kw; k++) {
                int64_t at = input_at(c, k, o);
                if (at >= 0)
                    dx[at] += dy[o] * w[k];
            }
    }
}

/* Weights [begin, end) of dw (M, K). */
static void NAME(direct_weight_range)(const void *arg, int64_t begin, int64_t end)
{
    const direct_job *d = arg;
    const sp__conv *c = d->c;
    int64_t cg = c->C / c->groups, mg = c->M / c->groups, K = cg * c->kh * c->kw, P = c->OH * c->OW;
    for (int64_t mk = begin; mk < end; mk++) {
        int64_t m = mk / K, k = mk % K;
        double sum = 0;
        for (int64_t n = 0; n < c->N; n++)
            for (int64_t o = 0; o < P; o++) {
                int64_t at = input_at(c, k, o);
                const T *x = (const T *)d->x + (n * c->C + m / mg * cg) * c->H * c->W;
                sum += at < 0 ? 0 : (double)((const T *)d->w)[(n * c->M + m) * P + o] * (double)x[at];
            }
        ((T *)d->y)[mk] = (T)sum;
    }
}
