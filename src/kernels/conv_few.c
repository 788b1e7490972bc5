/* conv_few.c: convolution of few channels, along the rows of the image, straight from a padded copy of it.
 *
 *   xp (N,C,HP,WP)  x with its padding: HP = H + pt + pb, WP = W + pl + pr, and a vector more at the very end
 *   y[n,m,oh,ow .. ow+7] = b[m] + sum of w[m,c,i,j] xp[n,c,oh+i,ow+j .. ow+j+7]          FILTERS of m at a time
 *   dw[m,c,i,j]          = sum of dy[n,m,oh,ow .. ow+7] xp[n,c,oh+i,ow+j .. ow+j+7]      a row of weights at a time
 *
 * Of the weight's gradient each sample is summed lane by lane in Float32, the samples in double. */
#include "kernels/conv_few.h"
#include "kernels/loops.h"

enum { LANES = 8, FILTERS = 4, MOST_ROW = 8, MOST_CHANNELS = 3, MOST_SUMS = 9 };

typedef float vec __attribute__((vector_size(32), aligned(4), may_alias));

#define LOAD(p) (*(const vec *)(const void *)(p))

typedef struct few_job {
    const sp__conv *c;
    float *y, *xp;
    const float *x, *w, *b;
    int64_t HP, WP;
} few_job;

bool sp__k_conv_few_fits(sp_dtype dtype, const sp__conv *c, sp__conv_pass pass)
{
    return dtype == SP_F32 && pass != SP__CONV_INPUT && c->groups == 1 && c->C <= MOST_CHANNELS && c->sh == 1 &&
           c->sw == 1 && c->dh == 1 && c->dw == 1 && c->kw <= MOST_ROW && c->OW >= LANES &&
           c->N * c->C * c->H * c->W > 0;
}

static int64_t padded_rows(const sp__conv *c) { return c->H + c->pt + c->pb; }
static int64_t padded_row(const sp__conv *c) { return c->W + c->pl + c->pr; }

size_t sp__k_conv_few_workspace(const sp__conv *c)
{
    size_t bytes = (size_t)(c->N * c->C * padded_rows(c) * padded_row(c) + 2 * LANES) * sizeof(float);
    return (bytes + 63) / 64 * 64;
}

/* Samples [begin, end) of xp. */
static void pad_range(const void *arg, int64_t begin, int64_t end)
{
    const few_job *j = arg;
    const sp__conv *c = j->c;
    for (int64_t p = begin * c->C; p < end * c->C; p++) {
        float *to = j->xp + p * j->HP * j->WP;
        memset(to, 0, (size_t)(j->HP * j->WP) * sizeof *to);
        for (int64_t r = 0; r < c->H; r++)
            memcpy(to + (r + c->pt) * j->WP + c->pl, j->x + (p * c->H + r) * c->W, (size_t)c->W * sizeof *to);
    }
}

/* ---- forward ---- */

/* A row of outputs of filters m .. m + 3: y at the first one's, step elements from one filter's to the next; xp at the row that the
 * weights' first row meets. */
SP__HOT static void four_filters(float *restrict y, int64_t step, const float *restrict xp, const few_job *j, int64_t m)
{
    const sp__conv *c = j->c;
    const int64_t kw = c->kw, rows = c->C * c->kh, K = rows * kw;
    const float *w = j->w + m * K;
    for (int64_t ow = 0; ow < c->OW; ow += LANES) {
        vec a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0};
        for (int64_t r = 0, k = 0; r < rows; r++) {
            const float *row = xp + (r / c->kh * j->HP + r % c->kh) * j->WP + ow;
            for (int64_t i = 0; i < kw; i++, k++) {
                const vec x = LOAD(row + i);
                a0 += w[k] * x;
                a1 += w[K + k] * x;
                a2 += w[2 * K + k] * x;
                a3 += w[3 * K + k] * x;
            }
        }
        if (j->b)
            a0 += j->b[m], a1 += j->b[m + 1], a2 += j->b[m + 2], a3 += j->b[m + 3];
        const size_t bytes = (size_t)SP__MIN(LANES, c->OW - ow) * sizeof(float);
        memcpy(y + ow, &a0, bytes);
        memcpy(y + step + ow, &a1, bytes);
        memcpy(y + 2 * step + ow, &a2, bytes);
        memcpy(y + 3 * step + ow, &a3, bytes);
    }
}

SP__HOT static void one_filter(float *restrict y, const float *restrict xp, const few_job *j, int64_t m)
{
    const sp__conv *c = j->c;
    const int64_t kw = c->kw, rows = c->C * c->kh;
    for (int64_t ow = 0; ow < c->OW; ow += LANES) {
        const float *w = j->w + m * rows * kw;
        vec a = {0};
        for (int64_t r = 0; r < rows; r++) {
            const float *row = xp + (r / c->kh * j->HP + r % c->kh) * j->WP + ow;
            for (int64_t i = 0; i < kw; i++)
                a += *w++ * LOAD(row + i);
        }
        if (j->b)
            a += j->b[m];
        memcpy(y + ow, &a, (size_t)SP__MIN(LANES, c->OW - ow) * sizeof(float));
    }
}

/* Samples [begin, end). */
static void forward_range(const void *arg, int64_t begin, int64_t end)
{
    const few_job *j = arg;
    const sp__conv *c = j->c;
    const int64_t P = c->OH * c->OW, fours = c->M / FILTERS * FILTERS;
    pad_range(arg, begin, end);
    for (int64_t n = begin; n < end; n++) {
        float *y = j->y + n * c->M * P;
        const float *xp = j->xp + n * c->C * j->HP * j->WP;
        for (int64_t m = 0; m < fours; m += FILTERS)
            for (int64_t oh = 0; oh < c->OH; oh++)
                four_filters(y + m * P + oh * c->OW, P, xp + oh * j->WP, j, m);
        for (int64_t m = fours; m < c->M; m++)
            for (int64_t oh = 0; oh < c->OH; oh++)
                one_filter(y + m * P + oh * c->OW, xp + oh * j->WP, j, m);
    }
}

/* ---- gradient of the weights ---- */

/* sum[r kw + t] += dy (OH,OW) x of one sample, for `rows` rows of kw weights; x where the first of them meets it first. */
SP__INLINE void row_products(double *sum, const float *restrict dy, const float *restrict x, const few_job *j,
                             int64_t kw, int64_t rows)
{
    const int64_t OH = j->c->OH, OW = j->c->OW, WP = j->WP;
    vec acc[MOST_SUMS] = {{0}};
    for (int64_t oh = 0; oh < OH; oh++, dy += OW, x += WP) {
        int64_t ow = 0;
        for (; ow + LANES <= OW; ow += LANES) {
            const vec d = LOAD(dy + ow);
            for (int64_t r = 0; r < rows; r++)
                for (int64_t t = 0; t < kw; t++)
                    acc[r * kw + t] += d * LOAD(x + r * WP + ow + t);
        }
        if (ow == OW)
            continue;
        vec d = {0};
        memcpy(&d, dy + ow, (size_t)(OW - ow) * sizeof(float));
        for (int64_t r = 0; r < rows; r++)
            for (int64_t t = 0; t < kw; t++)
                acc[r * kw + t] += d * LOAD(x + r * WP + ow + t);
    }
    for (int64_t t = 0; t < rows * kw; t++)
        for (int l = 0; l < LANES; l++)
            sum[t] += (double)acc[t][l];
}

typedef void (*products)(double *sum, const float *dy, const float *x, const few_job *j);

SP__HOT static void three_of_3(double *sum, const float *dy, const float *x, const few_job *j)
{
    row_products(sum, dy, x, j, 3, 3);
}

SP__HOT static void one_of_5(double *sum, const float *dy, const float *x, const few_job *j)
{
    row_products(sum, dy, x, j, 5, 1);
}

static void one_of_any(double *sum, const float *dy, const float *x, const few_job *j)
{
    row_products(sum, dy, x, j, j->c->kw, 1);
}

/* How many rows of weights are summed at once. */
static int64_t rows_at_once(const sp__conv *c) { return c->kw == 3 && c->kh % 3 == 0 ? 3 : 1; }

/* Groups of rows of weights [begin, end) of (m, c, i). */
static void weight_range(const void *arg, int64_t begin, int64_t end)
{
    const few_job *j = arg;
    const sp__conv *c = j->c;
    const int64_t rows = rows_at_once(c), groups = c->kh / rows;
    const products add = rows == 3 ? three_of_3 : c->kw == 5 ? one_of_5 : one_of_any;
    for (int64_t g = begin; g < end; g++) {
        const int64_t m = g / (c->C * groups), ci = g / groups % c->C, i = g % groups * rows;
        double sum[MOST_SUMS] = {0};
        for (int64_t n = 0; n < c->N; n++)
            add(sum, j->x + (n * c->M + m) * c->OH * c->OW, j->xp + ((n * c->C + ci) * j->HP + i) * j->WP, j);
        for (int64_t t = 0; t < rows * c->kw; t++)
            j->y[g * rows * c->kw + t] = (float)sum[t];
    }
}

/* ---- both ---- */

static few_job job_of(const sp__conv *c, float *y, float *ws)
{
    few_job j = {.c = c, .y = y, .xp = ws, .HP = padded_rows(c), .WP = padded_row(c)};
    memset(ws + c->N * c->C * j.HP * j.WP, 0, 2 * LANES * sizeof(float)); /* read behind the last row, not used */
    return j;
}

static int64_t work_of(const sp__conv *c) { return c->N * c->M * c->OH * c->OW * c->C * c->kh * c->kw / 4; }

void sp__k_conv_few(const sp__conv *c, float *y, const float *x, const float *w, const float *b, float *ws)
{
    few_job j = job_of(c, y, ws);
    j.x = x, j.w = w, j.b = b;
    sp__for(c->N, 1, work_of(c), forward_range, &j);
}

void sp__k_conv_few_weight(const sp__conv *c, float *dw, const float *dy, const float *x, float *ws)
{
    few_job j = job_of(c, dw, ws);
    j.x = x;
    sp__for(c->N, 1, c->N * c->C * j.HP * j.WP, pad_range, &j);
    j.x = dy;
    sp__for(c->M * c->C * (c->kh / rows_at_once(c)), 1, work_of(c), weight_range, &j);
}
