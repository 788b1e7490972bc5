/* kernels/bn_act_loops.h: BatchNorm with ReLU and 2x2 pooling for one type: T the type, NAME(f) the name of f for it. Included by
 * bn_act.c only. Functions do channels [begin, end) of x (N,C,H,W); rows are W long, pooled rows OW = W / 2.
 *
 * Sums are taken lane by lane in T, over at most STEPS elements a lane, and then added up in double. That x is NaN or infinite
 * somewhere makes a channel's mean NaN and so all its results: the comparisons below need not look at it. */

#define LOAD(at) (*(const NAME(vec) *)(const void *)(at))

/* Sums of VECTORS vectors, side by side. */
typedef struct NAME(sums) {
    NAME(vec) one[VECTORS], two[VECTORS];
} NAME(sums);

static inline void NAME(flush)(double sum[2], const NAME(sums) * s)
{
    const NAME(vec) one = (s->one[0] + s->one[1]) + (s->one[2] + s->one[3]);
    const NAME(vec) two = (s->two[0] + s->two[1]) + (s->two[2] + s->two[3]);
    for (size_t l = 0; l < sizeof one / sizeof(T); l++) {
        sum[0] += (double)one[l];
        sum[1] += (double)two[l];
    }
}

enum { NAME(LANES) = sizeof(NAME(vec)) / sizeof(T), NAME(WIDTH) = VECTORS * NAME(LANES) };

/* sum[0] += sum of d, sum[1] += sum of d^2, d = x - shift, over n elements */
HOT static void NAME(moments)(double sum[2], const T *restrict x, int64_t n, T shift)
{
    int64_t i = 0;
    while (n - i >= NAME(WIDTH)) {
        NAME(sums) s = {0};
        const int64_t end = i + SP__MIN((n - i) / NAME(WIDTH), STEPS) * NAME(WIDTH);
        for (; i < end; i += NAME(WIDTH))
            for (int v = 0; v < VECTORS; v++) {
                const NAME(vec) d = LOAD(x + i + v * NAME(LANES)) - shift;
                s.one[v] += d;
                s.two[v] += d * d;
            }
        NAME(flush)(sum, &s);
    }
    for (; i < n; i++) {
        const double d = (double)(x[i] - shift);
        sum[0] += d;
        sum[1] += d * d;
    }
}

/* y = relu((x - mean) scale + shift) */
HOT static void NAME(act_row)(T *restrict y, const T *restrict x, int64_t n, T mean, T scale, T shift)
{
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        const T v = (x[i] - mean) * scale + shift;
        y[i] = 0 > v ? 0 : v;
    }
}

#define LARGER(a, b) ((b) > (a) ? (b) : (a))

/* y[i] = relu of the largest of the four of window i in rows x0, x1 */
HOT static void NAME(pool_row)(T *restrict y, const T *restrict x0, const T *restrict x1, int64_t n, T mean, T scale,
                               T shift)
{
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        const T a = (x0[2 * i] - mean) * scale + shift, b = (x0[2 * i + 1] - mean) * scale + shift;
        const T c = (x1[2 * i] - mean) * scale + shift, d = (x1[2 * i + 1] - mean) * scale + shift;
        const T ab = LARGER(a, b), cd = LARGER(c, d), v = LARGER(ab, cd);
        y[i] = 0 > v ? 0 : v;
    }
}

static T NAME(scale)(const bn_job *j, int64_t c, const T *var)
{
    const T rstd = (T)(1 / sqrt((double)var[c] + j->eps));
    return j->gamma ? ((const T *)j->gamma)[c] * rstd : rstd;
}

static void NAME(forward_range)(const void *arg, int64_t begin, int64_t end)
{
    const bn_job *j = arg;
    const int64_t S = j->H * j->W, OH = j->H / 2, OW = j->W / 2, out = j->pool ? OH * OW : S;
    const double count = (double)(j->N * S);
    T *mean = j->mean_out, *var = j->var_out;
    for (int64_t c = begin; c < end; c++) {
        double sum[2] = {0};
        const T first = ((const T *)j->x)[c * S], beta = j->beta ? ((const T *)j->beta)[c] : 0;
        for (int64_t n = 0; n < j->N; n++)
            NAME(moments)(sum, (const T *)j->x + (n * j->C + c) * S, S, first);
        mean[c] = (T)((double)first + sum[0] / count);
        var[c] = (T)SP__MAX((sum[1] - sum[0] * sum[0] / count) / count, 0.0);
        const T scale = NAME(scale)(j, c, var);
        for (int64_t n = 0; n < j->N; n++) {
            const T *x = (const T *)j->x + (n * j->C + c) * S;
            T *y = (T *)j->y + (n * j->C + c) * out;
            if (!j->pool)
                NAME(act_row)(y, x, S, mean[c], scale, beta);
            for (int64_t r = 0; j->pool && r < OH; r++)
                NAME(pool_row)(y + r * OW, x + 2 * r * j->W, x + (2 * r + 1) * j->W, OW, mean[c], scale, beta);
        }
    }
}

/* ---- backward ---- */

/* sum[0] += sum of g, sum[1] += sum of g (x - mean), g = dy where the result was above 0 */
HOT static void NAME(act_sums)(double sum[2], const T *restrict dy, const T *restrict x, int64_t n, T mean, T scale,
                               T shift)
{
    int64_t i = 0;
    while (n - i >= NAME(WIDTH)) {
        NAME(sums) s = {0};
        const int64_t end = i + SP__MIN((n - i) / NAME(WIDTH), STEPS) * NAME(WIDTH);
        for (; i < end; i += NAME(WIDTH))
            for (int v = 0; v < VECTORS; v++) {
                const NAME(vec) d = LOAD(x + i + v * NAME(LANES)) - mean;
                const NAME(bits) on = d * scale + shift > 0;
                const NAME(vec) g = (NAME(vec))((NAME(bits))LOAD(dy + i + v * NAME(LANES)) & on);
                s.one[v] += g;
                s.two[v] += g * d;
            }
        NAME(flush)(sum, &s);
    }
    for (; i < n; i++) {
        const T d = x[i] - mean, g = d * scale + shift > 0 ? dy[i] : 0;
        sum[0] += (double)g;
        sum[1] += (double)(g * d);
    }
}

/* dx = k[0] g - k[1] (x - mean) - k[2] */
HOT static void NAME(act_back)(T *restrict dx, const T *restrict dy, const T *restrict x, int64_t n, T mean, T scale,
                               T shift, const T k[3])
{
    const T k0 = k[0], k1 = k[1], k2 = k[2];
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        const T d = x[i] - mean, g = d * scale + shift > 0 ? dy[i] : 0;
        dx[i] = k0 * g - k1 * d - k2;
    }
}

/* Of window i: what flows to its four elements (deviations da, db, dc, dd): dy to the first largest if that is above 0. */
#define WINDOW(i)                                                                      \
    const T da = x0[2 * (i)] - mean, db = x0[2 * (i) + 1] - mean;                      \
    const T dc = x1[2 * (i)] - mean, dd = x1[2 * (i) + 1] - mean;                      \
    const T a = da * scale + shift, b = db * scale + shift;                            \
    const T c = dc * scale + shift, d = dd * scale + shift;                            \
    const T ab = b > a ? b : a, cd = d > c ? d : c;                                    \
    const T up = ab >= cd && ab > 0 ? dy[i] : 0, down = cd > ab && cd > 0 ? dy[i] : 0; \
    const T ga = b > a ? 0 : up, gb = b > a ? up : 0, gc = d > c ? 0 : down, gd = d > c ? down : 0

/* Adds to lane i % PIECE of one and two what window i gives to the sums of g and of g (x - mean). */
HOT static void NAME(pool_sums)(T *restrict one, T *restrict two, const T *restrict dy, const T *restrict x0,
                                const T *restrict x1, int64_t n, T mean, T scale, T shift)
{
    for (int64_t from = 0; from < n; from += PIECE, dy += PIECE, x0 += 2 * PIECE, x1 += 2 * PIECE) {
        const int64_t len = SP__MIN(PIECE, n - from);
        SP__SIMD
        for (int64_t i = 0; i < len; i++) {
            WINDOW(i);
            one[i] += (ga + gb) + (gc + gd);
            two[i] += (ga * da + gb * db) + (gc * dc + gd * dd);
        }
    }
}

/* The sums of a plane: its lanes are added up in double after STEPS elements at most. */
static void NAME(plane_sums)(double sum[2], const bn_job *j, const T *dy, const T *x, T mean, T scale, T shift)
{
    const int64_t W = j->W, OH = j->H / 2, OW = W / 2, rows = SP__MAX(STEPS / (OW / PIECE + 1), 1);
    for (int64_t r = 0; r < OH;) {
        T one[PIECE] = {0}, two[PIECE] = {0};
        for (const int64_t end = SP__MIN(r + rows, OH); r < end; r++)
            NAME(pool_sums)(one, two, dy + r * OW, x + 2 * r * W, x + (2 * r + 1) * W, OW, mean, scale, shift);
        for (int64_t l = 0; l < SP__MIN(OW, PIECE); l++) {
            sum[0] += (double)one[l];
            sum[1] += (double)two[l];
        }
    }
}

HOT static void NAME(pool_back)(T *restrict dx0, T *restrict dx1, const T *restrict dy, const T *restrict x0,
                                const T *restrict x1, int64_t n, T mean, T scale, T shift, const T k[3])
{
    const T k0 = k[0], k1 = k[1], k2 = k[2];
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        WINDOW(i);
        dx0[2 * i] = k0 * ga - k1 * da - k2;
        dx0[2 * i + 1] = k0 * gb - k1 * db - k2;
        dx1[2 * i] = k0 * gc - k1 * dc - k2;
        dx1[2 * i + 1] = k0 * gd - k1 * dd - k2;
    }
}

/* What no window covers: the last row and column of odd sizes. */
static void NAME(rest_back)(T *dx, const T *x, const bn_job *j, T mean, const T k[3])
{
    const int64_t H = j->H / 2 * 2, W = j->W / 2 * 2;
    for (int64_t r = 0; r < j->H; r++)
        for (int64_t i = r < H ? W : 0; i < j->W; i++)
            dx[r * j->W + i] = -k[1] * (x[r * j->W + i] - mean) - k[2];
}

static void NAME(coefficients)(const bn_job *j, int64_t c, const double sum[2], T k[3])
{
    const double count = (double)(j->N * j->H * j->W), rstd = 1 / sqrt((double)((const T *)j->var)[c] + j->eps);
    const double scale = (j->gamma ? (double)((const T *)j->gamma)[c] : 1) * rstd;
    ((T *)j->dgamma)[c] = (T)(sum[1] * rstd);
    ((T *)j->dbeta)[c] = (T)sum[0];
    k[0] = (T)scale;
    k[1] = (T)(scale * rstd * rstd * sum[1] / count);
    k[2] = (T)(scale * sum[0] / count);
}

static void NAME(back_range)(const void *arg, int64_t begin, int64_t end)
{
    const bn_job *j = arg;
    const int64_t S = j->H * j->W, W = j->W, OH = j->H / 2, OW = W / 2, out = j->pool ? OH * OW : S;
    for (int64_t c = begin; c < end; c++) {
        double sum[2] = {0};
        const T mean = ((const T *)j->mean)[c], scale = NAME(scale)(j, c, j->var);
        const T shift = j->beta ? ((const T *)j->beta)[c] : 0;
        T k[3];
        for (int64_t n = 0; n < j->N; n++) {
            const T *x = (const T *)j->x + (n * j->C + c) * S, *dy = (const T *)j->dy + (n * j->C + c) * out;
            if (j->pool)
                NAME(plane_sums)(sum, j, dy, x, mean, scale, shift);
            else
                NAME(act_sums)(sum, dy, x, S, mean, scale, shift);
        }
        NAME(coefficients)(j, c, sum, k);
        for (int64_t n = 0; n < j->N; n++) {
            const T *x = (const T *)j->x + (n * j->C + c) * S, *dy = (const T *)j->dy + (n * j->C + c) * out;
            T *dx = (T *)j->y + (n * j->C + c) * S;
            if (!j->pool)
                NAME(act_back)(dx, dy, x, S, mean, scale, shift, k);
            for (int64_t r = 0; j->pool && r < OH; r++)
                NAME(pool_back)
            (dx + 2 * r * W, dx + (2 * r + 1) * W, dy + r * OW, x + 2 * r * W, x + (2 * r + 1) * W, OW, mean, scale,
             shift, k);
            if (j->pool)
                NAME(rest_back)(dx, x, j, mean, k);
        }
    }
}
#undef LARGER
#undef LOAD
#undef WINDOW
