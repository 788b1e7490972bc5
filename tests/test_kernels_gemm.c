/* Matrix products, biases and convolution against plain sums in long double, with every backend of this build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SP_EXPERIMENTAL /* allocations that fail on request */
#include "kernels/kernels.h"
#include "support/arrays.h"

static const sp_dtype real[] = {SP_F32, SP_F64};
static const char *const backends[] = {"portable", "onednn"};

static int portable_again(void **state)
{
    (void)state;
    sp_set_threads(0);
    return sp__k_use("portable") ? 0 : 1;
}

/* ---- the choice ---- */

static void backends_are_chosen_by_name(void **state)
{
    (void)state;
    assert_true(sp__k_use("portable"));
    assert_string_equal(sp__k_backend(), "portable");
    assert_false(sp__k_use("nobody"));
    assert_false(sp__k_use(NULL));
    assert_string_equal(sp__k_backend(), "portable");
#ifdef SPORE_HAVE_ONEDNN
    assert_true(sp__k_use("onednn"));
    assert_string_equal(sp__k_backend(), "onednn");
#else
    assert_false(sp__k_use("onednn"));
#endif
}

/* ---- products ---- */

/* Rounding of a sum of K products in the type. */
static double sum_tol(sp_dtype t, int64_t K) { return (t == SP_F32 ? 0x1p-22 : 0x1p-50) * (double)(K + 8); }

static void check_gemm(sp_dtype t, const sp__gemm *g)
{
    int64_t na = (g->ta ? g->K : g->M) * g->lda, nb = (g->tb ? g->N : g->K) * g->ldb, nc = g->M * g->ldc;
    void *A = array_random(t, na, -1, 1, 1), *B = array_random(t, nb, -1, 1, 2), *C = array_random(t, nc, -1, 1, 3);
    if (g->beta == 0 && nc > 0)
        array_set(t, C, 0, (long double)NAN); /* must not be read */
    void *before = array_copy(t, C, nc);
    assert_true(sp__k_gemm(t, g, A, B, C));
    for (int64_t i = 0; i < nc; i++) {
        int64_t m = i / g->ldc, n = i % g->ldc;
        if (n >= g->N) { /* between the rows */
            array_near(t, C, i, array_get(t, before, i), 0, "gemm: beyond the row");
            continue;
        }
        long double want = g->beta == 0 ? 0 : (long double)g->beta * array_get(t, before, i);
        for (int64_t k = 0; k < g->K; k++)
            want += (long double)g->alpha * array_get(t, A, g->ta ? k * g->lda + m : m * g->lda + k) *
                    array_get(t, B, g->tb ? n * g->ldb + k : k * g->ldb + n);
        array_near(t, C, i, want, sum_tol(t, g->K), "gemm");
    }
    free(A), free(B), free(C), free(before);
}

static void products_agree_for_all_layouts_and_edge_sizes(void **state)
{
    (void)state;
    static const int64_t sizes[][3] = {{1, 1, 1},    {8, 32, 5},   {7, 33, 17},   {0, 3, 4},
                                       {3, 0, 4},    {3, 4, 0},    {1, 130, 9},   {13, 1, 300},
                                       {64, 10, 70}, {241, 40, 5}, {9, 200, 257}, {17, 31, 600}};
    static const double scales[][2] = {{1, 0}, {1, 1}, {-0.5, 2}, {0, 0.5}};
    for (int b = 0; b < 2; b++)
        for (size_t k = 0; sp__k_use(backends[b]) && k < sizeof sizes / sizeof sizes[0]; k++)
            for (int how = 0; how < 4; how++)
                for (int s = 0; s < 4; s++)
                    for (int t = 0; t < 2; t++) {
                        sp__gemm g = sp__k_gemm_dense(sizes[k][0], sizes[k][1], sizes[k][2], how & 1, how & 2);
                        int64_t pad = s == 2 ? 5 : 0;
                        g.lda = SP__MAX(g.lda, 1) + pad, g.ldb = SP__MAX(g.ldb, 1) + pad,
                        g.ldc = SP__MAX(g.ldc, 1) + pad;
                        g.alpha = scales[s][0], g.beta = scales[s][1];
                        check_gemm(real[t], &g);
                    }
    assert_false(sp__k_gemm(SP_F16, &(sp__gemm){.M = 1, .N = 1, .K = 1}, NULL, NULL, NULL));
}

/* Each element by itself in 64 bits, of which the low ones are kept. */
static void products_of_integers_wrap(void **state)
{
    (void)state;
    static const sp_dtype types[] = {SP_I8, SP_I16, SP_I32, SP_I64, SP_U8, SP_U16, SP_U32, SP_U64};
    const int64_t M = 5, N = 7, K = 11;
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        for (int how = 0; how < 4; how++) {
            const size_t e = sp_dtype_size(types[t]);
            const sp__gemm g = sp__k_gemm_dense(M, N, K, how & 1, how & 2);
            unsigned char *A = malloc((size_t)(M * K) * e), *B = malloc((size_t)(K * N) * e),
                          *C = malloc((size_t)(M * N) * e);
            for (size_t i = 0; i < (size_t)(M * K) * e; i++)
                A[i] = (unsigned char)(i * 167 + 13);
            for (size_t i = 0; i < (size_t)(K * N) * e; i++)
                B[i] = (unsigned char)(i * 59 + 101);
            assert_true(sp__k_gemm(types[t], &g, A, B, C));
            for (int64_t i = 0; i < M * N; i++) {
                uint64_t want = 0, got = 0;
                for (int64_t k = 0; k < K; k++) {
                    uint64_t a = 0, b = 0; /* little-endian, as all machines that this runs on */
                    memcpy(&a, A + (size_t)(g.ta ? k * M + i / N : i / N * K + k) * e, e);
                    memcpy(&b, B + (size_t)(g.tb ? i % N * K + k : k * N + i % N) * e, e);
                    want += a * b;
                }
                memcpy(&got, C + (size_t)i * e, e);
                assert_true(got == (e == 8 ? want : want & ((UINT64_C(1) << 8 * e) - 1)));
            }
            free(A), free(B), free(C);
        }
    assert_false(sp__k_gemm(SP_BOOL, &(sp__gemm){.M = 1, .N = 1, .K = 1, .alpha = 1}, NULL, NULL, NULL));
    assert_false(sp__k_gemm(SP_I32, &(sp__gemm){.M = 1, .N = 1, .K = 1, .alpha = 2}, NULL, NULL, NULL));
}

static void a_batch_is_its_matrices_one_by_one(void **state)
{
    (void)state;
    const int64_t M = 9, N = 21, K = 12, batch = 7;
    const sp__gemm g = sp__k_gemm_dense(M, N, K, false, true);
    for (int b = 0; b < 2; b++)
        for (int t = 0; sp__k_use(backends[b]) && t < 2; t++) {
            void *A = array_random(real[t], M * K * batch, -1, 1, 1), *B = array_random(real[t], N * K, -1, 1, 2);
            char *C = array_new(real[t], M * N * batch), *one = array_new(real[t], M * N);
            assert_true(sp__k_gemm_batch(real[t], &g, A, M * K, B, 0, C, M * N, batch));
            for (int64_t i = 0; i < batch; i++) {
                size_t e = sp_dtype_size(real[t]);
                assert_true(sp__k_gemm(real[t], &g, (char *)A + (size_t)(i * M * K) * e, B, one));
                array_same(real[t], one, C + (size_t)(i * M * N) * e, M * N, "batch");
            }
            free(A), free(B), free(C), free(one);
        }
}

static void portable_products_have_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    assert_true(sp__k_use("portable"));
    const sp__gemm g = sp__k_gemm_dense(301, 287, 259, true, false);
    float *A = array_random(SP_F32, 301 * 259, -1, 1, 1), *B = array_random(SP_F32, 287 * 259, -1, 1, 2);
    float *one = array_new(SP_F32, 301 * 287), *many = array_new(SP_F32, 301 * 287);
    sp_set_threads(1);
    assert_true(sp__k_gemm(SP_F32, &g, A, B, one));
    for (int threads = 2; threads < 5; threads++) {
        sp_set_threads(threads);
        assert_true(sp__k_gemm(SP_F32, &g, A, B, many));
        array_same(SP_F32, one, many, 301 * 287, "threads");
    }
    free(A), free(B), free(one), free(many);
}

/* ---- bias ---- */

static void biases_are_added_with_their_activation(void **state)
{
    (void)state;
    static const sp__unary activations[] = {SP__RELU,      SP__SIGMOID,  SP__TANH,
                                            SP__GELU_TANH, SP__GELU_ERF, SP__UNARY_COUNT_};
    static const int64_t shapes[][3] = {{5, 33, 1}, {3, 4, 17}, {1, 1, 1}, {0, 3, 2}};
    for (size_t k = 0; k < 4; k++)
        for (size_t f = 0; f < 6; f++)
            for (int t = 0; t < 4; t++) {
                const int64_t N = shapes[k][0], C = shapes[k][1], S = shapes[k][2], n = N * C * S;
                const sp_dtype d = real[t / 2];
                void *x = array_random(d, n, -2, 2, 1), *b = t % 2 ? array_random(d, C, -1, 1, 2) : NULL;
                void *y = array_new(d, n), *sum = array_copy(d, x, n);
                for (int64_t i = 0; b && i < n; i++)
                    array_set(d, sum, i, array_get(d, x, i) + array_get(d, b, i / S % C));
                if (activations[f] != SP__UNARY_COUNT_)
                    assert_true(sp__k_unary(activations[f], d, sum, sum, n));
                assert_true(sp__k_bias_act(activations[f], d, y, x, b, N, C, S));
                for (int64_t i = 0; i < n; i++)
                    array_near(d, y, i, array_get(d, sum, i), array_tol(d), "bias");
                assert_true(sp__k_bias_act(activations[f], d, x, x, b, N, C, S));
                array_same(d, x, y, n, "bias in place");
                void *db = array_new(d, C);
                assert_true(sp__k_bias_grad(d, db, y, N, C, S));
                for (int64_t c = 0; c < C; c++) {
                    long double want = 0;
                    for (int64_t i = 0; i < n; i++)
                        want += i / S % C == c ? array_get(d, y, i) : 0;
                    array_near(d, db, c, want, array_tol(d), "bias gradient");
                }
                free(x), free(b), free(y), free(sum), free(db);
            }
    assert_false(sp__k_bias_act(SP__SIN, SP_F32, NULL, NULL, NULL, 0, 0, 0));
    assert_false(sp__k_bias_act(SP__RELU, SP_I32, NULL, NULL, NULL, 0, 0, 0));
}

/* ---- convolution ---- */

static sp__conv conv_of(int64_t N, int64_t C, int64_t H, int64_t W, int64_t M, int64_t kh, int64_t kw)
{
    return (sp__conv){
        .N = N, .C = C, .H = H, .W = W, .M = M, .kh = kh, .kw = kw, .sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1};
}

static void set_outputs(sp__conv *c)
{
    c->OH = (c->H + c->pt + c->pb - c->dh * (c->kh - 1) - 1) / c->sh + 1;
    c->OW = (c->W + c->pl + c->pr - c->dw * (c->kw - 1) - 1) / c->sw + 1;
}

/* Calls visit for every product y[iy] += x[ix] w[iw] of the convolution: one walk is the reference of all three
 * passes. */
typedef void (*visitor)(void *arg, int64_t iy, int64_t ix, int64_t iw);

static void walk(const sp__conv *c, visitor visit, void *arg)
{
    int64_t cg = c->C / c->groups, mg = c->M / c->groups;
    for (int64_t iy = 0; iy < c->N * c->M * c->OH * c->OW; iy++) {
        int64_t ow = iy % c->OW, oh = iy / c->OW % c->OH, m = iy / (c->OW * c->OH) % c->M,
                n = iy / (c->OW * c->OH * c->M);
        for (int64_t k = 0; k < cg * c->kh * c->kw; k++) {
            int64_t h = oh * c->sh - c->pt + k / c->kw % c->kh * c->dh, w = ow * c->sw - c->pl + k % c->kw * c->dw;
            int64_t channel = m / mg * cg + k / (c->kh * c->kw);
            if (h >= 0 && h < c->H && w >= 0 && w < c->W)
                visit(arg, iy, ((n * c->C + channel) * c->H + h) * c->W + w, m * cg * c->kh * c->kw + k);
        }
    }
}

typedef struct reference {
    sp_dtype t;
    const void *x, *w, *dy;
    long double *y, *dx, *dw;
} reference;

static void add_products(void *arg, int64_t iy, int64_t ix, int64_t iw)
{
    reference *r = arg;
    r->y[iy] += array_get(r->t, r->x, ix) * array_get(r->t, r->w, iw);
    r->dx[ix] += array_get(r->t, r->dy, iy) * array_get(r->t, r->w, iw);
    r->dw[iw] += array_get(r->t, r->dy, iy) * array_get(r->t, r->x, ix);
}

static long double *zeros(int64_t n)
{
    long double *x = calloc((size_t)n + 1, sizeof *x);
    assert_non_null(x);
    return x;
}

static void all_near(sp_dtype t, const void *x, const long double *want, int64_t n, double tol, const char *what)
{
    for (int64_t i = 0; i < n; i++)
        array_near(t, x, i, want[i], tol, what);
}

/* All three passes, with workspace and without. */
static void check_conv(sp_dtype t, const sp__conv *c)
{
    const int64_t nx = c->N * c->C * c->H * c->W, nw = c->M * (c->C / c->groups) * c->kh * c->kw;
    const int64_t ny = c->N * c->M * c->OH * c->OW, P = c->OH * c->OW;
    void *x = array_random(t, nx, -1, 1, 1), *w = array_random(t, nw, -1, 1, 2), *b = array_random(t, c->M, -1, 1, 3);
    void *dy = array_random(t, ny, -1, 1, 4), *y = array_new(t, ny), *dx = array_new(t, nx), *dw = array_new(t, nw);
    reference r = {t, x, w, dy, zeros(ny), zeros(nx), zeros(nw)};
    walk(c, add_products, &r);
    const double tol = sum_tol(t, c->N * P + nw / c->M);
    for (int without = 0; without < 2; without++) {
        size_t bytes[3];
        void *ws[3];
        for (int p = 0; p < 3; p++) {
            bytes[p] = without ? 0 : sp__k_conv_workspace(t, c, (sp__conv_pass)p);
            ws[p] = bytes[p] ? aligned_alloc(64, bytes[p]) : NULL;
        }
        assert_true(sp__k_conv(t, c, y, x, w, NULL, ws[0], bytes[0]));
        all_near(t, y, r.y, ny, tol, "convolution");
        assert_true(sp__k_conv(t, c, y, x, w, b, ws[0], bytes[0]));
        for (int64_t i = 0; i < ny; i++)
            array_near(t, y, i, r.y[i] + array_get(t, b, i / P % c->M), tol, "convolution with bias");
        assert_true(sp__k_conv_grad_input(t, c, dx, dy, w, ws[1], bytes[1]));
        all_near(t, dx, r.dx, nx, tol, "gradient of the input");
        assert_true(sp__k_conv_grad_weight(t, c, dw, dy, x, ws[2], bytes[2]));
        all_near(t, dw, r.dw, nw, tol, "gradient of the weights");
        free(ws[0]), free(ws[1]), free(ws[2]);
    }
    free(x), free(w), free(b), free(dy), free(y), free(dx), free(dw), free(r.y), free(r.dx), free(r.dw);
}

/* Geometry number i of a list that has every feature alone and together; false beyond the last. */
static bool geometry(int i, sp__conv *c)
{
    switch (i) {
    case 0:
        *c = conv_of(2, 3, 7, 9, 4, 3, 3); /* plain */
        break;
    case 1:
        *c = conv_of(3, 5, 6, 6, 8, 1, 1); /* pointwise */
        break;
    case 2:
        *c = conv_of(2, 4, 9, 8, 6, 3, 2);
        c->pt = 1, c->pb = 2, c->pl = 0, c->pr = 1; /* uneven padding */
        break;
    case 3:
        *c = conv_of(2, 3, 11, 13, 5, 3, 5);
        c->sh = 2, c->sw = 3, c->pt = c->pb = 1, c->pl = c->pr = 2;
        break;
    case 4:
        *c = conv_of(1, 2, 12, 10, 3, 3, 3);
        c->dh = 2, c->dw = 3, c->pl = c->pr = 3;
        break;
    case 5:
        *c = conv_of(2, 6, 7, 7, 9, 3, 3);
        c->groups = 3, c->pt = c->pb = c->pl = c->pr = 1;
        break;
    case 6:
        *c = conv_of(3, 8, 6, 7, 8, 3, 3);
        c->groups = 8, c->sh = 2; /* depthwise */
        break;
    case 7:
        *c = conv_of(1, 1, 1, 1, 1, 1, 1);
        break;
    case 8:
        *c = conv_of(2, 3, 2, 2, 4, 3, 3);
        c->pt = c->pb = c->pl = c->pr = 4; /* windows wholly in the padding */
        break;
    case 9:
        *c = conv_of(2, 4, 8, 8, 4, 1, 1);
        c->sh = c->sw = 2; /* pointwise but strided */
        break;
    case 10:
        *c = conv_of(2, 16, 12, 12, 32, 5, 5);
        c->pt = c->pb = c->pl = c->pr = 2;
        break;
    case 11:
        *c = conv_of(0, 3, 7, 9, 4, 3, 3); /* no samples */
        break;
    default:
        return false;
    }
    set_outputs(c);
    return true;
}

static void convolutions_agree_for_every_geometry_and_backend(void **state)
{
    (void)state;
    sp__conv c;
    for (int b = 0; b < 2; b++)
        for (int i = 0; sp__k_use(backends[b]) && geometry(i, &c); i++)
            for (int t = 0; t < 2; t++)
                check_conv(real[t], &c);
    assert_false(sp__k_conv(SP_F16, &c, NULL, NULL, NULL, NULL, NULL, 0));
    assert_false(sp__k_conv_grad_input(SP_I32, &c, NULL, NULL, NULL, NULL, 0));
    assert_false(sp__k_conv_grad_weight(SP_I32, &c, NULL, NULL, NULL, NULL, 0));
}

static void many_geometries_in_turn_stay_right(void **state)
{
    (void)state;
    for (int b = 0; b < 2; b++)
        for (int64_t round = 0; sp__k_use(backends[b]) && round < 2; round++)
            for (int64_t size = 3; size < 43; size++) { /* more than any cache of prepared convolutions holds */
                sp__conv c = conv_of(1, 2, size, 3, 2, 2, 2);
                set_outputs(&c);
                check_conv(SP_F32, &c);
            }
}

static void a_convolution_seen_before_allocates_nothing(void **state)
{
    (void)state;
    sp__conv c = conv_of(2, 8, 9, 9, 5, 3, 3);
    set_outputs(&c);
    for (int b = 0; b < 2 && sp__k_use(backends[b]); b++) {
        check_conv(SP_F32, &c);
        sp_mem_fail_at(0); /* starts counting */
        check_conv(SP_F32, &c);
        assert_int_equal(sp_mem_requests(), 0);
    }
}

/* The n-th allocation fails, for every n: the result is right all the same, and no failure is recorded. */
static void a_backend_short_of_memory_leaves_the_work_to_the_portable_kernels(void **state)
{
    (void)state;
    const bool other = sp__k_use("onednn");
    int64_t n = 0, requests = 1;
    for (; n < requests; n++) {
        sp__conv c = conv_of(1, 16, 5, 5, 16, 3, 3 + (n % 2)); /* the cache was emptied: made anew each time */
        set_outputs(&c);
        sp_shutdown();
        sp_mem_fail_at(n + 1);
        check_conv(SP_F32, &c);
        requests = SP__MAX(requests, sp_mem_requests());
        assert_int_equal(sp_error(), SP_OK);
    }
    sp_mem_fail_at(0);
    assert_true(!other || n > 3);
}

static void portable_convolutions_have_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    assert_true(sp__k_use("portable"));
    sp__conv c = conv_of(5, 8, 20, 20, 16, 3, 3);
    c.pt = c.pb = c.pl = c.pr = 1;
    set_outputs(&c);
    const int64_t nx = 5 * 8 * 400, ny = 5 * 16 * 400, nw = 16 * 8 * 9;
    float *x = array_random(SP_F32, nx, -1, 1, 1), *w = array_random(SP_F32, nw, -1, 1, 2);
    float *dy = array_random(SP_F32, ny, -1, 1, 3), *one = array_new(SP_F32, nx + ny + nw);
    float *many = array_new(SP_F32, nx + ny + nw);
    for (int threads = 1; threads < 4; threads++) {
        sp_set_threads(threads);
        size_t bytes = sp__k_conv_workspace(SP_F32, &c, SP__CONV_FORWARD);
        void *ws = aligned_alloc(64, bytes);
        float *to = threads == 1 ? one : many;
        assert_true(sp__k_conv(SP_F32, &c, to, x, w, NULL, ws, bytes));
        assert_true(sp__k_conv_grad_input(SP_F32, &c, to + ny, dy, w, ws, bytes));
        assert_true(sp__k_conv_grad_weight(SP_F32, &c, to + ny + nx, dy, x, ws, bytes));
        if (threads > 1)
            array_same(SP_F32, one, many, nx + ny + nw, "threads");
        free(ws);
    }
    free(x), free(w), free(dy), free(one), free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(backends_are_chosen_by_name, portable_again),
        cmocka_unit_test_teardown(products_agree_for_all_layouts_and_edge_sizes, portable_again),
        cmocka_unit_test(products_of_integers_wrap),
        cmocka_unit_test_teardown(a_batch_is_its_matrices_one_by_one, portable_again),
        cmocka_unit_test_teardown(portable_products_have_the_same_bits_for_any_number_of_threads, portable_again),
        cmocka_unit_test(biases_are_added_with_their_activation),
        cmocka_unit_test_teardown(convolutions_agree_for_every_geometry_and_backend, portable_again),
        cmocka_unit_test_teardown(many_geometries_in_turn_stay_right, portable_again),
        cmocka_unit_test_teardown(a_convolution_seen_before_allocates_nothing, portable_again),
        cmocka_unit_test_teardown(a_backend_short_of_memory_leaves_the_work_to_the_portable_kernels, portable_again),
        cmocka_unit_test_teardown(portable_convolutions_have_the_same_bits_for_any_number_of_threads, portable_again),
    };
    int failed = cmocka_run_group_tests_name("kernels_gemm", tests, NULL, NULL);
    sp_shutdown();
    return failed;
}
