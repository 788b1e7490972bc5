/* kernels/softmax_loops.h: softmax and cross entropy for one type: T the type, EXP(v) e^v, NAME(f) the name of f for
 * it. Included by softmax.c only. */

static T NAME(largest)(const T *x, int64_t n, int64_t step)
{
    T most = x[0];
    for (int64_t i = 1; i < n; i++)
        most = x[i * step] > most ? x[i * step] : most;
    return most;
}

/* Sum of e^(x - most) in double; the terms are left in y unless it is NULL (y may be x). */
SP__HOT static double NAME(exp_sum)(T *y, const T *x, int64_t n, T most)
{
    double lane[LANES] = {0}, sum = 0;
    for (int64_t i = 0; i < n; i += BLOCK) {
        T own[BLOCK], *t = y ? y + i : own;
        const int64_t len = SP__MIN(BLOCK, n - i);
        int64_t k = 0;
        SP__SIMD
        for (int64_t j = 0; j < len; j++)
            t[j] = EXP(x[i + j] - most);
        for (; k + LANES <= len; k += LANES)
            for (int l = 0; l < LANES; l++)
                lane[l] += (double)t[k + l];
        for (; k < len; k++)
            sum += (double)t[k];
    }
    return sum + (((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7])));
}

/* The same for elements `step` apart. */
static double NAME(exp_sum_strided)(T *y, const T *x, int64_t n, int64_t step, T most)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const T e = EXP(x[i * step] - most);
        sum += (double)e;
        if (y)
            y[i * step] = e;
    }
    return sum;
}

/* ---- lines [begin, end) of outer * inner, elements `inner` apart ---- */

static void NAME(softmax_range)(const void *arg, int64_t begin, int64_t end)
{
    const line_job *j = arg;
    const int64_t n = j->n, step = j->inner;
    for (int64_t l = begin; l < end; l++) {
        const int64_t first = l / step * n * step + l % step;
        const T *x = (const T *)j->x + first;
        T *y = (T *)j->y + first;
        const T most = NAME(largest)(x, n, step);
        const double sum = step == 1 ? NAME(exp_sum)(y, x, n, most) : NAME(exp_sum_strided)(y, x, n, step, most);
        const T scale = (T)(1 / sum);
        for (int64_t i = 0; i < n; i++)
            y[i * step] *= scale;
    }
}

static void NAME(log_softmax_range)(const void *arg, int64_t begin, int64_t end)
{
    const line_job *j = arg;
    const int64_t n = j->n, step = j->inner;
    for (int64_t l = begin; l < end; l++) {
        const int64_t first = l / step * n * step + l % step;
        const T *x = (const T *)j->x + first;
        T *y = (T *)j->y + first;
        const T most = NAME(largest)(x, n, step);
        const double sum = step == 1 ? NAME(exp_sum)(NULL, x, n, most) : NAME(exp_sum_strided)(NULL, x, n, step, most);
        const T log_sum = (T)log(sum);
        for (int64_t i = 0; i < n; i++)
            y[i * step] = x[i * step] - most - log_sum;
    }
}

static void NAME(softmax_grad_range)(const void *arg, int64_t begin, int64_t end)
{
    const line_job *j = arg;
    const int64_t n = j->n, step = j->inner;
    for (int64_t l = begin; l < end; l++) {
        const int64_t first = l / step * n * step + l % step;
        const T *y = (const T *)j->x + first, *dy = (const T *)j->dy + first;
        T *dx = (T *)j->y + first;
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += (double)y[i * step] * (double)dy[i * step];
        for (int64_t i = 0; i < n; i++)
            dx[i * step] = y[i * step] * (dy[i * step] - (T)sum);
    }
}

static void NAME(log_softmax_grad_range)(const void *arg, int64_t begin, int64_t end)
{
    const line_job *j = arg;
    const int64_t n = j->n, step = j->inner;
    for (int64_t l = begin; l < end; l++) {
        const int64_t first = l / step * n * step + l % step;
        const T *y = (const T *)j->x + first, *dy = (const T *)j->dy + first;
        T *dx = (T *)j->y + first;
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += (double)dy[i * step];
        for (int64_t i = 0; i < n; i++)
            dx[i * step] = dy[i * step] - EXP(y[i * step]) * (T)sum;
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
        const T most = NAME(largest)(x, C, 1);
        double smooth = 0, loss = 0;
        const T log_sum = (T)log(NAME(exp_sum)(NULL, x, C, most));
        if (j->logp_out)
            for (int64_t c = 0; c < C; c++)
                ((T *)j->logp_out)[n * C + c] = x[c] - most - log_sum;
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

/* dx[c] = e^logp[c] scale - part w[c] */
SP__HOT static void NAME(entropy_grad_row)(T *dx, const T *logp, const T *w, int64_t C, T scale, T part)
{
    if (w) {
        SP__SIMD
        for (int64_t c = 0; c < C; c++)
            dx[c] = EXP(logp[c]) * scale - part * w[c];
    } else {
        SP__SIMD
        for (int64_t c = 0; c < C; c++)
            dx[c] = EXP(logp[c]) * scale - part;
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
