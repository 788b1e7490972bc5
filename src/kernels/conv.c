/* conv.c: convolution by unfolding the input into a matrix (Chellapilla, Puri & Simard 2006) and a matrix product, one
 * image and group at a time; with too little workspace by plain loops. conv_loops.h has the parts that depend on the
 * type. */
#include "kernels/backend.h"
#include "kernels/conv_few.h"
#include "kernels/loops.h"

/* Element of an image's group that weight k = (c, i, j) meets at output o = (oh, ow); -1 in the padding. */
static int64_t input_at(const sp__conv *c, int64_t k, int64_t o)
{
    int64_t h = o / c->OW * c->sh - c->pt + k / c->kw % c->kh * c->dh;
    int64_t w = o % c->OW * c->sw - c->pl + k % c->kw * c->dw;
    return h < 0 || h >= c->H || w < 0 || w >= c->W ? -1 : (k / (c->kh * c->kw) * c->H + h) * c->W + w;
}

typedef struct fold_job {
    const sp__conv *c;
    void *col, *image; /* (K, P), and the channels (C/groups, H, W) of a group */
} fold_job;

/* y is what is computed; x and w what it is computed from: (x, w), (dy, w) or (x, dy). */
typedef struct direct_job {
    const sp__conv *c;
    void *y;
    const void *x, *w, *b;
} direct_job;

#define T       float
#define NAME(f) f##_f32
#include "kernels/conv_loops.h"
#undef T
#undef NAME
#define T       double
#define NAME(f) f##_f64
#include "kernels/conv_loops.h"
#undef T
#undef NAME

/* ---- sizes ---- */

static int64_t weights_per_output(const sp__conv *c) { return c->C / c->groups * c->kh * c->kw; }

/* col would be the input itself. */
static bool is_pointwise(const sp__conv *c)
{
    return c->kh == 1 && c->kw == 1 && c->sh == 1 && c->sw == 1 && c->pt == 0 && c->pl == 0 && c->OH == c->H &&
           c->OW == c->W;
}

static bool is_real(sp_dtype dtype) { return dtype == SP_F32 || dtype == SP_F64; }

/* Multiplications of a pass. */
static int64_t work_of(const sp__conv *c) { return c->N * c->M * c->OH * c->OW * weights_per_output(c); }

/* Bytes of one col, a multiple of 64. */
static size_t col_bytes(sp_dtype dtype, const sp__conv *c)
{
    int64_t bytes = weights_per_output(c) * c->OH * c->OW * sp__bytes(dtype);
    return (size_t)(bytes + 63) / 64 * 64;
}

static bool other_computes(sp_dtype dtype, const sp__conv *c, sp__conv_pass pass)
{
    const sp__backend *b = sp__k_backend_table();
    return dtype == SP_F32 && b->conv_supports && b->conv_supports(c, pass);
}

/* Few channels: ours, unless another library was asked for by name and can do it. */
static bool few_computes(sp_dtype dtype, const sp__conv *c, sp__conv_pass pass)
{
    return sp__k_conv_few_fits(dtype, c, pass) && !(sp__k_backend_asked() && other_computes(dtype, c, pass));
}

size_t sp__k_conv_workspace(sp_dtype dtype, const sp__conv *c, sp__conv_pass pass)
{
    if (few_computes(dtype, c, pass))
        return sp__k_conv_few_workspace(c);
    if (!is_real(dtype) || is_pointwise(c) || other_computes(dtype, c, pass))
        return 0;
    int64_t at_once = pass == SP__CONV_WEIGHT ? 1 : SP__MIN(c->N, sp__threads_for(work_of(c)));
    return col_bytes(dtype, c) * (size_t)at_once;
}

/* ---- one image and group ---- */

/* A pass over samples: y is what is computed, x and w as in direct_job. Each slot has a col of its own and does a
 * range of the samples. */
typedef struct pass_job {
    sp_dtype dtype;
    const sp__conv *c;
    char *y;
    const char *x, *w, *b;
    char *ws;
    int64_t slots;
} pass_job;

static void unfold(sp_dtype dtype, const sp__conv *c, void *col, const void *image)
{
    fold_job f = {c, col, (void *)(uintptr_t)image}; /* only read */
    int64_t rows = weights_per_output(c);
    sp__for(rows, 1, rows * c->OH * c->OW, dtype == SP_F32 ? unfold_range_f32 : unfold_range_f64, &f);
}

/* image = 0 + col folded back */
static void fold(sp_dtype dtype, const sp__conv *c, void *image, void *col)
{
    int64_t channels = c->C / c->groups;
    fold_job f = {c, col, image};
    memset(image, 0, (size_t)(channels * c->H * c->W * sp__bytes(dtype)));
    sp__for(channels, 1, weights_per_output(c) * c->OH * c->OW, dtype == SP_F32 ? fold_range_f32 : fold_range_f64, &f);
}

static void forward_range(const void *arg, int64_t begin, int64_t end)
{
    const pass_job *p = arg;
    const sp__conv *c = p->c;
    int64_t e = sp__bytes(p->dtype), K = weights_per_output(c), P = c->OH * c->OW, mg = c->M / c->groups;
    int64_t in = c->C / c->groups * c->H * c->W * e, out = mg * P * e; /* bytes of a group's part of x and y */
    sp__gemm g = sp__k_gemm_dense(mg, P, K, false, false);
    for (int64_t slot = begin; slot < end; slot++) {
        char *col = p->ws ? p->ws + (size_t)slot * col_bytes(p->dtype, c) : NULL;
        for (int64_t n = c->N * slot / p->slots; n < c->N * (slot + 1) / p->slots; n++) {
            for (int64_t k = 0; k < c->groups; k++) {
                const char *image = p->x + (n * c->groups + k) * in;
                if (col)
                    unfold(p->dtype, c, col, image);
                sp__k_gemm(p->dtype, &g, p->w + k * mg * K * e, col ? col : image, p->y + (n * c->groups + k) * out);
            }
            char *y = p->y + n * c->groups * out;
            if (p->b)
                sp__k_bias_act(SP__UNARY_COUNT_, p->dtype, y, y, p->b, 1, c->M, P);
        }
    }
}

static void input_range(const void *arg, int64_t begin, int64_t end)
{
    const pass_job *p = arg;
    const sp__conv *c = p->c;
    int64_t e = sp__bytes(p->dtype), K = weights_per_output(c), P = c->OH * c->OW, mg = c->M / c->groups;
    int64_t in = c->C / c->groups * c->H * c->W * e, out = mg * P * e;
    sp__gemm g = sp__k_gemm_dense(K, P, mg, true, false);
    for (int64_t slot = begin; slot < end; slot++) {
        char *col = p->ws ? p->ws + (size_t)slot * col_bytes(p->dtype, c) : NULL;
        for (int64_t i = c->N * slot / p->slots * c->groups; i < c->N * (slot + 1) / p->slots * c->groups; i++) {
            char *image = p->y + i * in;
            sp__k_gemm(p->dtype, &g, p->w + i % c->groups * mg * K * e, p->x + i * out, col ? col : image);
            if (col)
                fold(p->dtype, c, image, col);
        }
    }
}

/* dw (M/groups, K) += dy (M/groups, P) col^T, sample by sample. */
static void weight_pass(const pass_job *p)
{
    const sp__conv *c = p->c;
    int64_t e = sp__bytes(p->dtype), K = weights_per_output(c), P = c->OH * c->OW, mg = c->M / c->groups;
    int64_t in = c->C / c->groups * c->H * c->W * e, out = mg * P * e;
    sp__gemm g = sp__k_gemm_dense(mg, K, P, false, true);
    for (int64_t i = 0; i < c->N * c->groups; i++) {
        const char *image = p->x + i * in;
        if (p->ws)
            unfold(p->dtype, c, p->ws, image);
        g.beta = i < c->groups ? 0 : 1;
        sp__k_gemm(p->dtype, &g, p->w + i * out, p->ws ? p->ws : image, p->y + i % c->groups * mg * K * e);
    }
}

/* ---- the three passes ---- */

/* How many cols the workspace has room for; 0: none, though they are needed. */
static int64_t slots_in(sp_dtype dtype, const sp__conv *c, size_t ws_bytes)
{
    int64_t most = SP__MIN(c->N, sp__threads_for(work_of(c)));
    if (is_pointwise(c))
        return most;
    size_t each = col_bytes(dtype, c);
    return each == 0 ? most : SP__MIN(most, (int64_t)(ws_bytes / each));
}

bool sp__k_conv(sp_dtype dtype, const sp__conv *c, void *y, const void *x, const void *w, const void *b, void *ws,
                size_t ws_bytes)
{
    if (!is_real(dtype))
        return false;
    if (c->N * c->M * c->OH * c->OW == 0)
        return true;
    if (few_computes(dtype, c, SP__CONV_FORWARD) && ws_bytes >= sp__k_conv_few_workspace(c)) {
        sp__k_conv_few(c, y, x, w, b, ws);
        return true;
    }
    if (other_computes(dtype, c, SP__CONV_FORWARD) && sp__k_backend_table()->conv(c, y, x, w, b))
        return true;
    int64_t slots = slots_in(dtype, c, ws_bytes);
    if (slots == 0) {
        direct_job d = {c, y, x, w, b};
        sp__for(c->N * c->M, 1, work_of(c), dtype == SP_F32 ? direct_range_f32 : direct_range_f64, &d);
        return true;
    }
    pass_job p = {dtype, c, y, x, w, b, is_pointwise(c) ? NULL : ws, slots};
    sp__for(slots, 1, work_of(c), forward_range, &p);
    return true;
}

bool sp__k_conv_grad_input(sp_dtype dtype, const sp__conv *c, void *dx, const void *dy, const void *w, void *ws,
                           size_t ws_bytes)
{
    if (!is_real(dtype))
        return false;
    if (work_of(c) == 0) {
        memset(dx, 0, (size_t)(c->N * c->C * c->H * c->W * sp__bytes(dtype)));
        return true;
    }
    if (other_computes(dtype, c, SP__CONV_INPUT) && sp__k_backend_table()->conv_grad_input(c, dx, dy, w))
        return true;
    int64_t slots = slots_in(dtype, c, ws_bytes);
    if (slots == 0) {
        direct_job d = {c, dx, dy, w, NULL};
        sp__for(c->N, 1, work_of(c), dtype == SP_F32 ? direct_input_range_f32 : direct_input_range_f64, &d);
        return true;
    }
    pass_job p = {dtype, c, dx, dy, w, NULL, is_pointwise(c) ? NULL : ws, slots};
    sp__for(slots, 1, work_of(c), input_range, &p);
    return true;
}

bool sp__k_conv_grad_weight(sp_dtype dtype, const sp__conv *c, void *dw, const void *dy, const void *x, void *ws,
                            size_t ws_bytes)
{
    if (!is_real(dtype))
        return false;
    int64_t weights = c->M * weights_per_output(c);
    if (work_of(c) == 0) {
        memset(dw, 0, (size_t)(weights * sp__bytes(dtype)));
        return true;
    }
    if (few_computes(dtype, c, SP__CONV_WEIGHT) && ws_bytes >= sp__k_conv_few_workspace(c)) {
        sp__k_conv_few_weight(c, dw, dy, x, ws);
        return true;
    }
    if (other_computes(dtype, c, SP__CONV_WEIGHT) && sp__k_backend_table()->conv_grad_weight(c, dw, dy, x))
        return true;
    if (slots_in(dtype, c, ws_bytes) == 0) {
        direct_job d = {c, dw, x, dy, NULL};
        sp__for(weights, 1, work_of(c), dtype == SP_F32 ? direct_weight_range_f32 : direct_weight_range_f64, &d);
        return true;
    }
    pass_job p = {dtype, c, dw, x, dy, NULL, is_pointwise(c) ? NULL : ws, 1};
    weight_pass(&p);
    return true;
}
