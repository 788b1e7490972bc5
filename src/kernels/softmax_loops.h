/* kernels/softmax_loops.h: softmax and cross entropy for one type: T the type, EXP(v) e^v, NAME(f) the name of f for
 * it. Included by softmax.c only.
 *
 * Lines side by side (inner > 1) are done COLUMNS at a time, so that each loop goes along memory; a line of its own
 * (inner = 1) is a row. Sums are in double, in an order that depends on the length alone. */

/* ---- rows ---- */

HOT static T NAME(largest)(const T *x, int64_t n)
{
    T most = x[0];
    int64_t i = 1;
    if (n >= 2 * LANES) {
        T lane[LANES];
        for (int l = 0; l < LANES; l++)
            lane[l] = x[l];
        for (i = LANES; i + LANES <= n; i += LANES) {
            SP__SIMD
            for (int l = 0; l < LANES; l++)
                lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
        }
        for (int l = 0; l < LANES; l++)
            most = lane[l] > most ? lane[l] : most;
    }
    for (; i < n; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

/* y[i] = e^(x[i] - most), n <= BLOCK; y has room for whole groups of LANES, so that short rows are vector code, too. */
SP__INLINE void NAME(exp_block)(T *restrict y, const T *x, int64_t n, T most)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] - most;
    for (int64_t i = n; i % LANES; i++)
        y[i] = 0;
    for (int64_t i = 0; i < n; i += LANES) {
        SP__SIMD
        for (int l = 0; l < LANES; l++)
            y[i + l] = EXP(y[i + l]);
    }
}

/* Sum of e^(x - most) in double; the terms are left in y unless it is NULL (y may be x). */
HOT static double NAME(exp_sum)(T *y, const T *x, int64_t n, T most)
{
    T t[BLOCK];
    double sum = 0;
    if (n < LANES) {
        NAME(exp_block)(t, x, n, most);
        for (int64_t i = 0; i < n; i++) {
            sum += (double)t[i];
            if (y)
                y[i] = t[i];
        }
        return sum;
    }
    double lane[LANES] = {0};
    for (int64_t i = 0; i < n; i += BLOCK) {
        const int64_t len = SP__MIN(BLOCK, n - i);
        int64_t k = 0;
        NAME(exp_block)(t, x + i, len, most);
        for (; k + LANES <= len; k += LANES)
            for (int l = 0; l < LANES; l++)
                lane[l] += (double)t[k + l];
        for (; k < len; k++)
            sum += (double)t[k];
        if (y)
            memcpy(y + i, t, (size_t)len * sizeof(T));
    }
    return sum + fold(lane);
}

HOT static void NAME(softmax_row)(T *y, const T *x, int64_t n)
{
    const T scale = (T)(1 / NAME(exp_sum)(y, x, n, NAME(largest)(x, n)));
    SP__SIMD
    for (int64_t i = 0; i < n; i++)
        y[i] *= scale;
}

/* y = x - most - log_sum */
HOT static void NAME(log_row)(T *y, const T *x, int64_t n, T most, T log_sum)
{
    SP__SIMD
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] - most - log_sum;
}

static void NAME(log_softmax_row)(T *y, const T *x, int64_t n)
{
    const T most = NAME(largest)(x, n);
    NAME(log_row)(y, x, n, most, (T)log(NAME(exp_sum)(NULL, x, n, most)));
}

/* Sum of a (times b unless NULL). */
HOT static double NAME(row_sum)(const T *a, const T *b, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += (double)a[i + l] * (b ? (double)b[i + l] : 1);
    for (; i < n; i++)
        sum += (double)a[i] * (b ? (double)b[i] : 1);
    return sum + fold(lane);
}

HOT static void NAME(softmax_grad_row)(T *dx, const T *y, const T *dy, int64_t n)
{
    const T sum = (T)NAME(row_sum)(y, dy, n);
    SP__SIMD
    for (int64_t i = 0; i < n; i++)
        dx[i] = y[i] * (dy[i] - sum);
}

HOT static void NAME(log_softmax_grad_row)(T *dx, const T *y, const T *dy, int64_t n)
{
    const T sum = (T)NAME(row_sum)(dy, NULL, n);
    for (int64_t i = 0; i < n; i += BLOCK) {
        T t[BLOCK];
        const int64_t len = SP__MIN(BLOCK, n - i);
        NAME(exp_block)(t, y + i, len, 0);
        for (int64_t k = 0; k < len; k++)
            dx[i + k] = dy[i + k] - t[k] * sum;
    }
}

/* ---- w <= COLUMNS lines side by side, `step` from one element of a line to the next ---- */

HOT static void NAME(column_largest)(T *restrict most, const T *x, int64_t n, int64_t step, int64_t w)
{
    for (int64_t c = 0; c < w; c++)
        most[c] = x[c];
    for (int64_t i = 1; i < n; i++)
        for (int64_t c = 0; c < w; c++)
            most[c] = x[i * step + c] > most[c] ? x[i * step + c] : most[c];
}

COLUMNS_HOT static void NAME(softmax_columns)(T *y, const T *x, int64_t n, int64_t step, int64_t w)
{
    T most[COLUMNS];
    double sum[COLUMNS] = {0};
    NAME(column_largest)(most, x, n, step, w);
    for (int64_t i = 0; i < n; i++) {
        SP__SIMD
        for (int64_t c = 0; c < w; c++) {
            const T e = EXP(x[i * step + c] - most[c]);
            y[i * step + c] = e;
            sum[c] += (double)e;
        }
    }
    for (int64_t c = 0; c < w; c++)
        most[c] = (T)(1 / sum[c]); /* the scale from here on */
    for (int64_t i = 0; i < n; i++) {
        SP__SIMD
        for (int64_t c = 0; c < w; c++)
            y[i * step + c] *= most[c];
    }
}

COLUMNS_HOT static void NAME(log_softmax_columns)(T *y, const T *x, int64_t n, int64_t step, int64_t w)
{
    T most[COLUMNS], log_sum[COLUMNS];
    double sum[COLUMNS] = {0};
    NAME(column_largest)(most, x, n, step, w);
    for (int64_t i = 0; i < n; i++) {
        SP__SIMD
        for (int64_t c = 0; c < w; c++)
            sum[c] += (double)EXP(x[i * step + c] - most[c]);
    }
    for (int64_t c = 0; c < w; c++)
        log_sum[c] = (T)log(sum[c]);
    for (int64_t i = 0; i < n; i++) {
        SP__SIMD
        for (int64_t c = 0; c < w; c++)
            y[i * step + c] = x[i * step + c] - most[c] - log_sum[c];
    }
}

COLUMNS_HOT static void NAME(softmax_grad_columns)(T *dx, const T *y, const T *dy, int64_t n, int64_t step, int64_t w)
{
    double sum[COLUMNS] = {0};
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < w; c++)
            sum[c] += (double)y[i * step + c] * (double)dy[i * step + c];
    for (int64_t i = 0; i < n; i++) {
        SP__SIMD
        for (int64_t c = 0; c < w; c++)
            dx[i * step + c] = y[i * step + c] * (dy[i * step + c] - (T)sum[c]);
    }
}

COLUMNS_HOT static void NAME(log_softmax_grad_columns)(T *dx, const T *y, const T *dy, int64_t n, int64_t step,
                                                       int64_t w)
{
    double sum[COLUMNS] = {0};
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < w; c++)
            sum[c] += (double)dy[i * step + c];
    for (int64_t i = 0; i < n; i++) {
        SP__SIMD
        for (int64_t c = 0; c < w; c++)
            dx[i * step + c] = dy[i * step + c] - EXP(y[i * step + c]) * (T)sum[c];
    }
}

/* ---- lines [begin, end) of outer * inner, elements `inner` apart ---- */

static void NAME(lines_range)(const void *arg, int64_t begin, int64_t end)
{
    const line_job *j = arg;
    const int64_t n = j->n, step = j->inner;
    for (int64_t l = begin, w; l < end; l += w) {
        const int64_t first = l / step * n * step + l % step;
        T *y = (T *)j->y + first;
        const T *x = (const T *)j->x + first, *dy = j->dy ? (const T *)j->dy + first : NULL;
        w = SP__MIN(SP__MIN(COLUMNS, end - l), step - l % step);
        switch (j->what) {
        case SOFTMAX:
            step == 1 ? NAME(softmax_row)(y, x, n) : NAME(softmax_columns)(y, x, n, step, w);
            break;
        case LOG_SOFTMAX:
            step == 1 ? NAME(log_softmax_row)(y, x, n) : NAME(log_softmax_columns)(y, x, n, step, w);
            break;
        case SOFTMAX_GRAD:
            step == 1 ? NAME(softmax_grad_row)(y, x, dy, n) : NAME(softmax_grad_columns)(y, x, dy, n, step, w);
            break;
        case LOG_SOFTMAX_GRAD:
            step == 1 ? NAME(log_softmax_grad_row)(y, x, dy, n) : NAME(log_softmax_grad_columns)(y, x, dy, n, step, w);
            break;
        }
    }
}

/* ---- cross entropy: rows [begin, end) ---- */

static void NAME(entropy_range)(const void *arg, int64_t begin, int64_t end)
{
    const entropy_job *j = arg;
    const sp__cross_entropy *ce = j->ce;
    const int64_t C = ce->C;
    const T *w = ce->w;
    for (int64_t n = begin; n < end; n++) {
        const T *x = (const T *)j->logits + n * C;
        const int64_t label = label_at(ce, j->labels, n);
        const bool counts = label != ce->ignore;
        const T most = NAME(largest)(x, C);
        double smooth = 0, loss = 0;
        const T log_sum = (T)log(NAME(exp_sum)(NULL, x, C, most));
        if (j->logp_out)
            NAME(log_row)((T *)j->logp_out + n * C, x, C, most, log_sum);
        const double weight = !counts ? 0 : w ? (double)w[label] : 1;
        if (counts && ce->smoothing > 0)
            for (int64_t c = 0; c < C; c++)
                smooth += (double)(x[c] - most - log_sum) * (w ? (double)w[c] : 1);
        if (counts)
            loss = -(1 - ce->smoothing) * weight * (double)(x[label] - most - log_sum) -
                   ce->smoothing / (double)C * smooth;
        ((T *)j->loss)[n] = (T)loss;
        if (j->weight)
            ((T *)j->weight)[n] = (T)weight;
    }
}

/* dx[c] = e^logp[c] scale - part w[c]; dx may be logp */
HOT static void NAME(entropy_grad_row)(T *dx, const T *logp, const T *w, int64_t C, T scale, T part)
{
    for (int64_t c = 0; c < C; c += BLOCK) {
        T t[BLOCK];
        const int64_t len = SP__MIN(BLOCK, C - c);
        NAME(exp_block)(t, logp + c, len, 0);
        for (int64_t k = 0; k < len; k++)
            dx[c + k] = t[k] * scale - (w ? part * w[c + k] : part);
    }
}

/* d loss / d x[c] = p[c] ((1 - e) w[l] + e/C sum w) - (1 - e) w[l] [c = l] - e/C w[c],  e = smoothing */
static void NAME(entropy_grad_range)(const void *arg, int64_t begin, int64_t end)
{
    const entropy_job *j = arg;
    const sp__cross_entropy *ce = j->ce;
    const int64_t C = ce->C;
    const T *w = ce->w, *gs = j->g;
    double all = 0;
    for (int64_t c = 0; c < C; c++)
        all += w ? (double)w[c] : 1;
    const double share = ce->smoothing / (double)C;
    for (int64_t n = begin; n < end; n++) {
        const T *logp = (const T *)j->logp + n * C;
        T *dx = (T *)j->dx + n * C;
        const int64_t label = label_at(ce, j->labels, n);
        if (label == ce->ignore) {
            memset(dx, 0, (size_t)C * sizeof(T));
            continue;
        }
        const double own = (1 - ce->smoothing) * (w ? (double)w[label] : 1), g = (double)gs[n * j->g_stride];
        NAME(entropy_grad_row)(dx, logp, w, C, (T)(g * (own + share * all)), (T)(g * share));
        dx[label] -= (T)(g * own);
    }
}
