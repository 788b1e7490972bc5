/* kernels/batch_norm_loops.h: batch normalisation for one type: T the type, NAME(f) the name of f for it. Included by
 * batch_norm.c only. All functions do channels [begin, end); planes are x (N,C,S)[n, c].
 *
 * Two layouts: with S > 1 a channel at a time, LANES sums side by side; with S = 1 COLUMNS channels side by side. */

/* sum[0] = sum of d, sum[1] = sum of d^2 over a plane, d = x - shift */
HOT static void NAME(plane_moments)(double sum[2], const T *x, int64_t n, T shift)
{
    double one[LANES] = {0}, two[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const double d = (double)(x[i + k] - shift);
            one[k] += d;
            two[k] += d * d;
        }
    for (; i < n; i++) {
        const double d = (double)(x[i] - shift);
        one[0] += d;
        two[0] += d * d;
    }
    for (int k = 0; k < LANES; k++) {
        sum[0] += one[k];
        sum[1] += two[k];
    }
}

/* Mean and variance from sums of deviations from the channel's first element, which keeps the difference of squares
 * accurate when the mean is large. */
static void NAME(stats_range)(const void *arg, int64_t begin, int64_t end)
{
    const norm_job *j = arg;
    const T *x = j->x;
    T *mean = j->mean_out, *var = j->var_out;
    const double count = (double)(j->N * j->S);
    if (j->S != 1) {
        for (int64_t c = begin; c < end; c++) {
            double sum[2] = {0};
            const T shift = x[c * j->S];
            for (int64_t n = 0; n < j->N; n++)
                NAME(plane_moments)(sum, x + (n * j->C + c) * j->S, j->S, shift);
            mean[c] = (T)((double)shift + sum[0] / count);
            var[c] = (T)SP__MAX((sum[1] - sum[0] * sum[0] / count) / count, 0.0);
        }
        return;
    }
    for (int64_t c0 = begin; c0 < end; c0 += COLUMNS) {
        double one[COLUMNS] = {0}, two[COLUMNS] = {0};
        const int64_t width = SP__MIN(COLUMNS, end - c0);
        for (int64_t n = 0; n < j->N; n++)
            for (int64_t k = 0; k < width; k++) {
                const double d = (double)(x[n * j->C + c0 + k] - x[c0 + k]);
                one[k] += d;
                two[k] += d * d;
            }
        for (int64_t k = 0; k < width; k++) {
            mean[c0 + k] = (T)((double)x[c0 + k] + one[k] / count);
            var[c0 + k] = (T)SP__MAX((two[k] - one[k] * one[k] / count) / count, 0.0);
        }
    }
}

HOT static void NAME(apply_plane)(T *y, const T *x, int64_t n, T mean, T scale, T shift)
{
    SP__SIMD
    for (int64_t i = 0; i < n; i++)
        y[i] = (x[i] - mean) * scale + shift;
}

static T NAME(rstd_of)(const norm_job *j, int64_t c) { return (T)(1 / sqrt((double)((const T *)j->var)[c] + j->eps)); }

/* gamma / sqrt(var + eps) */
static T NAME(scale_of)(const norm_job *j, int64_t c)
{
    return j->gamma ? ((const T *)j->gamma)[c] * NAME(rstd_of)(j, c) : NAME(rstd_of)(j, c);
}

static void NAME(apply_range)(const void *arg, int64_t begin, int64_t end)
{
    const norm_job *j = arg;
    const T *x = j->x, *mean = j->mean, *beta = j->beta;
    T *y = j->y;
    if (j->S != 1) {
        for (int64_t c = begin; c < end; c++) {
            const T scale = NAME(scale_of)(j, c);
            for (int64_t n = 0; n < j->N; n++) {
                int64_t at = (n * j->C + c) * j->S;
                NAME(apply_plane)(y + at, x + at, j->S, mean[c], scale, beta ? beta[c] : 0);
            }
        }
        return;
    }
    for (int64_t c0 = begin; c0 < end; c0 += COLUMNS) {
        T scale[COLUMNS], shift[COLUMNS];
        const int64_t width = SP__MIN(COLUMNS, end - c0);
        for (int64_t k = 0; k < width; k++) {
            scale[k] = NAME(scale_of)(j, c0 + k);
            shift[k] = beta ? beta[c0 + k] : 0;
        }
        for (int64_t n = 0; n < j->N; n++) {
            const T *row = x + n * j->C + c0, *middle = mean + c0;
            T *out = y + n * j->C + c0;
            SP__SIMD
            for (int64_t k = 0; k < width; k++)
                out[k] = (row[k] - middle[k]) * scale[k] + shift[k];
        }
    }
}

/* sum[0] = sum of dy, sum[1] = sum of dy (x - mean) over a plane */
HOT static void NAME(plane_products)(double sum[2], const T *dy, const T *x, int64_t n, T mean)
{
    double one[LANES] = {0}, two[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const double g = (double)dy[i + k];
            one[k] += g;
            two[k] += g * (double)(x[i + k] - mean);
        }
    for (; i < n; i++) {
        one[0] += (double)dy[i];
        two[0] += (double)dy[i] * (double)(x[i] - mean);
    }
    for (int k = 0; k < LANES; k++) {
        sum[0] += one[k];
        sum[1] += two[k];
    }
}

/* dx = a dy - b (x - mean) - c with the coefficients of the channel */
HOT static void NAME(grad_plane)(T *dx, const T *dy, const T *x, int64_t n, T mean, const T k[3])
{
    const T a = k[0], b = k[1], c = k[2];
    SP__SIMD
    for (int64_t i = 0; i < n; i++)
        dx[i] = a * dy[i] - b * (x[i] - mean) - c;
}

/* From sum dy and sum dy (x - mean) of channel c: its dgamma, dbeta and the coefficients of grad_plane, out of
 * dx = gamma rstd (dy - mean(dy) - xhat mean(dy xhat)), xhat = (x - mean) rstd. */
static void NAME(coefficients)(const norm_job *j, int64_t c, const double sum[2], T k[3])
{
    const double count = (double)(j->N * j->S), rstd = 1 / sqrt((double)((const T *)j->var)[c] + j->eps);
    const double scale = (j->gamma ? (double)((const T *)j->gamma)[c] : 1) * rstd;
    if (j->dgamma)
        ((T *)j->dgamma)[c] = (T)(sum[1] * rstd);
    if (j->dbeta)
        ((T *)j->dbeta)[c] = (T)sum[0];
    k[0] = (T)scale;
    k[1] = (T)(scale * rstd * rstd * sum[1] / count);
    k[2] = (T)(scale * sum[0] / count);
}

static void NAME(grad_range)(const void *arg, int64_t begin, int64_t end)
{
    const norm_job *j = arg;
    const T *x = j->x, *dy = j->dy, *mean = j->mean;
    T *dx = j->y;
    T k[3];
    if (j->S != 1) {
        for (int64_t c = begin; c < end; c++) {
            double sum[2] = {0};
            for (int64_t n = 0, at = c * j->S; n < j->N; n++, at += j->C * j->S)
                NAME(plane_products)(sum, dy + at, x + at, j->S, mean[c]);
            NAME(coefficients)(j, c, sum, k);
            for (int64_t n = 0, at = c * j->S; dx && n < j->N; n++, at += j->C * j->S)
                NAME(grad_plane)(dx + at, dy + at, x + at, j->S, mean[c], k);
        }
        return;
    }
    for (int64_t c0 = begin; c0 < end; c0 += COLUMNS) {
        double sum[COLUMNS][2] = {{0}};
        const int64_t width = SP__MIN(COLUMNS, end - c0);
        for (int64_t n = 0; n < j->N; n++)
            for (int64_t i = 0, at = n * j->C + c0; i < width; i++, at++) {
                sum[i][0] += (double)dy[at];
                sum[i][1] += (double)dy[at] * (double)(x[at] - mean[c0 + i]);
            }
        T a[COLUMNS][3];
        for (int64_t i = 0; i < width; i++)
            NAME(coefficients)(j, c0 + i, sum[i], a[i]);
        for (int64_t n = 0; dx && n < j->N; n++)
            for (int64_t i = 0, at = n * j->C + c0; i < width; i++, at++)
                dx[at] = a[i][0] * dy[at] - a[i][1] * (x[at] - mean[c0 + i]) - a[i][2];
    }
}
