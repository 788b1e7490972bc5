/* kernels/layer_norm_loops.h: layer normalisation for one type: T the type, NAME(f) the name of f for it. Included by
 * layer_norm.c only. */

/* Sum of a[i] b[i] of a row, b NULL: of a[i]; LANES sums side by side, in double. */
HOT static double NAME(row_sum)(const T *a, const T *b, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    if (b)
        for (; i + LANES <= n; i += LANES)
            for (int k = 0; k < LANES; k++)
                lane[k] += (double)a[i + k] * (double)b[i + k];
    else
        for (; i + LANES <= n; i += LANES)
            for (int k = 0; k < LANES; k++)
                lane[k] += (double)a[i + k];
    for (; i < n; i++)
        sum += (double)a[i] * (b ? (double)b[i] : 1);
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

/* Sum of (x - mean)^2 of a row. */
HOT static double NAME(row_deviation)(const T *x, T mean, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)(x[i + k] - mean) * (double)(x[i + k] - mean);
    for (; i < n; i++)
        sum += (double)(x[i] - mean) * (double)(x[i] - mean);
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

/* Sum of dy gamma (x - mean) of a row, gamma NULL: 1. */
HOT static double NAME(row_product)(const T *dy, const T *gamma, const T *x, T mean, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)dy[i + k] * (gamma ? (double)gamma[i + k] : 1) * (double)(x[i + k] - mean);
    for (; i < n; i++)
        sum += (double)dy[i] * (gamma ? (double)gamma[i] : 1) * (double)(x[i] - mean);
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

/* Rows [begin, end). */
HOT static void NAME(forward_range)(const void *arg, int64_t begin, int64_t end)
{
    const layer_job *j = arg;
    const int64_t n = j->inner;
    const T *gamma = j->gamma, *beta = j->beta;
    for (int64_t o = begin; o < end; o++) {
        const T *x = (const T *)j->x + o * n;
        T *y = (T *)j->y + o * n;
        const T mean = (T)(NAME(row_sum)(x, NULL, n) / (double)n);
        const T rstd = (T)(1 / sqrt(NAME(row_deviation)(x, mean, n) / (double)n + j->eps));
        if (j->mean_out)
            ((T *)j->mean_out)[o] = mean;
        if (j->rstd_out)
            ((T *)j->rstd_out)[o] = rstd;
        SP__SIMD
        for (int64_t i = 0; i < n; i++)
            y[i] = (x[i] - mean) * rstd * (gamma ? gamma[i] : 1) + (beta ? beta[i] : 0);
    }
}

/* dx = rstd (g - mean(g) - xhat mean(g xhat)), g = dy gamma, xhat = (x - mean) rstd. Rows [begin, end). */
HOT static void NAME(grad_range)(const void *arg, int64_t begin, int64_t end)
{
    const layer_job *j = arg;
    const int64_t n = j->inner;
    const T *gamma = j->gamma;
    for (int64_t o = begin; o < end; o++) {
        const T *x = (const T *)j->x + o * n, *dy = (const T *)j->dy + o * n;
        const T mean = ((const T *)j->mean)[o], rstd = ((const T *)j->rstd)[o];
        T *dx = (T *)j->y + o * n;
        const double sum = NAME(row_sum)(dy, gamma, n), product = NAME(row_product)(dy, gamma, x, mean, n);
        const T middle = (T)(sum / (double)n), slope = (T)(product * (double)rstd * (double)rstd / (double)n);
        SP__SIMD
        for (int64_t i = 0; i < n; i++)
            dx[i] = rstd * (dy[i] * (gamma ? gamma[i] : 1) - middle - (x[i] - mean) * slope);
    }
}

/* dgamma = sum dy xhat, dbeta = sum dy over the rows. Columns [begin, end). */
HOT static void NAME(affine_range)(const void *arg, int64_t begin, int64_t end)
{
    const layer_job *j = arg;
    const T *mean = j->mean, *rstd = j->rstd;
    for (int64_t c0 = begin; c0 < end; c0 += COLUMNS) {
        double scale[COLUMNS] = {0}, shift[COLUMNS] = {0};
        const int64_t width = SP__MIN(COLUMNS, end - c0);
        for (int64_t o = 0; o < j->outer; o++) {
            const T *x = (const T *)j->x + o * j->inner + c0, *dy = (const T *)j->dy + o * j->inner + c0;
            for (int64_t k = 0; k < width; k++) {
                scale[k] += (double)dy[k] * (double)((x[k] - mean[o]) * rstd[o]);
                shift[k] += (double)dy[k];
            }
        }
        for (int64_t k = 0; k < width; k++) {
            if (j->dgamma)
                ((T *)j->dgamma)[c0 + k] = (T)scale[k];
            if (j->dbeta)
                ((T *)j->dbeta)[c0 + k] = (T)shift[k];
        }
    }
}
