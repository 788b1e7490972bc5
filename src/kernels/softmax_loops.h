/* kernels/softmax_loops.h: softmax and cross entropy for one type: T the type, F(f) libm's name of f for it, NAME(f) the
 * name of our f. Included by softmax.c only. The first four do lines [begin, end) of outer * inner, elements `inner` apart. */

static T NAME(largest)(const T *x, int64_t n, int64_t step)
{
    T most = x[0];
    for (int64_t i = 1; i < n; i++)
        most = x[i * step] > most ? x[i * step] : most;
    return most;
}

static void NAME(softmax_range)(const void *arg, int64_t begin, int64_t end)
{
    const line_job *j = arg;
    const int64_t n = j->n, step = j->inner;
    for (int64_t l = begin; l < end; l++) {
        const int64_t first = l / step * n * step + l % step;
        const T *x = (const T *)j->x + first;
        T *y = (T *)j->y + first;
        const T most = NAME(largest)(x, n, step);
        double sum = 0;
        for (int64_t i = 0; i < n; i++) {
            y[i * step] = F(exp)(x[i * step] - most);
            sum += (double)y[i * step];
        }
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
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += (double)F(exp)(x[i * step] - most);
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
            dx[i * step] = dy[i * step] - F(exp)(y[i * step]) * (T)sum;
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
        double sum = 0, smooth = 0, loss = 0;
        for (int64_t c = 0; c < C; c++)
            sum += (double)F(exp)(x[c] - most);
        const T log_sum = (T)log(sum);
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
        const T scale = (T)(g * (own + share * all)), part = (T)(g * share);
        for (int64_t c = 0; c < C; c++)
            dx[c] = F(exp)(logp[c]) * scale - part * (w ? w[c] : 1);
        dx[label] -= (T)(g * own);
    }
}
