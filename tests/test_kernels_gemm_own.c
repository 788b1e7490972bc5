/* Our own matrix products against plain sums in long double: every tile that this CPU has, every layout, odd sizes, scales,
 * NaN and infinity, epilogues; and the same bits for any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/gemm.h"
#include "support/arrays.h"

static const sp_dtype real[] = {SP_F32, SP_F64};
static const char *const tiles[] = {"plain", "avx2", "avx512", "neon"};
enum { TILES = 4 };

static int start(void **state)
{
    (void)state;
    return sp__k_use("portable") ? 0 : 1;
}

static int as_before(void **state)
{
    (void)state;
    sp_set_threads(0);
    return sp__k_tile_use(NULL) && sp__k_use("portable") ? 0 : 1;
}

/* Rounding of a sum of K products in the type. */
static double sum_tol(sp_dtype t, int64_t K) { return (t == SP_F32 ? 0x1p-22 : 0x1p-50) * (double)(K + 8); }

/* A product with its operands, as random as the seed says. */
typedef struct product {
    sp_dtype t;
    sp__gemm g;
    void *A, *B, *C, *before, *bias, *mask;
    sp__epilogue e;
} product;

static product product_of(sp_dtype t, const sp__gemm *g)
{
    const int64_t na = (g->ta ? g->K : g->M) * g->lda, nb = (g->tb ? g->N : g->K) * g->ldb, nc = g->M * g->ldc;
    product p = {.t = t, .g = *g, .A = array_random(t, na, -1, 1, 1), .B = array_random(t, nb, -1, 1, 2)};
    p.C = array_random(t, nc, -1, 1, 3), p.bias = array_random(t, g->N, -1, 1, 4);
    p.mask = array_random(t, nc, -1, 1, 5);
    if (g->beta == 0 && nc > 0)
        array_set(t, p.C, 0, (long double)NAN); /* must not be read */
    p.before = array_copy(t, p.C, nc);
    p.e.act = SP__UNARY_COUNT_;
    return p;
}

static void product_free(product *p)
{
    free(p->A), free(p->B), free(p->C), free(p->before), free(p->bias), free(p->mask);
}

/* op(A) op(B) at (m,n) */
static long double sum_of(const product *p, int64_t m, int64_t n)
{
    const sp__gemm *g = &p->g;
    long double sum = 0;
    for (int64_t k = 0; k < g->K; k++)
        sum += array_get(p->t, p->A, g->ta ? k * g->lda + m : m * g->lda + k) *
               array_get(p->t, p->B, g->tb ? n * g->ldb + k : k * g->ldb + n);
    return sum;
}

static long double activation(sp__unary f, long double x)
{
    switch ((int)f) {
    case SP__RELU:
        return x > 0 ? x : 0;
    case SP__SIGMOID:
        return 1 / (1 + expl(-x));
    case SP__TANH:
        return tanhl(x);
    case SP__GELU_ERF:
        return x / 2 * (1 + erfl(x / sqrtl(2)));
    case SP__GELU_TANH:
        return x / 2 * (1 + tanhl(sqrtl(2 / acosl(-1)) * (x + 0.044715L * x * x * x)));
    default:
        return x;
    }
}

static long double expected(const product *p, int64_t m, int64_t n)
{
    const sp__gemm *g = &p->g;
    const int64_t i = m * g->ldc + n;
    long double y = (long double)g->alpha * sum_of(p, m, n);
    y += g->beta == 0 ? 0 : (long double)g->beta * array_get(p->t, p->before, i);
    y = activation(p->e.act, y + (p->e.bias ? array_get(p->t, p->bias, n) : 0));
    return p->e.mask && array_get(p->t, p->mask, m * p->e.ldmask + n) <= 0 ? 0 : y;
}

/* Every element, or where that would take long, every step-th. */
static void check_product(product *p, int64_t step)
{
    const sp__gemm *g = &p->g;
    assert_true(sp__k_gemm_ep(p->t, g, p->A, p->B, p->C, &p->e));
    for (int64_t i = 0; i < g->M * g->ldc; i += step)
        if (i % g->ldc >= g->N)
            array_near(p->t, p->C, i, array_get(p->t, p->before, i), 0, "beyond the row");
        else
            array_near(p->t, p->C, i, expected(p, i / g->ldc, i % g->ldc), sum_tol(p->t, g->K), "product");
    product_free(p);
}

static sp__gemm geometry(int64_t M, int64_t N, int64_t K, int how, int64_t pad)
{
    sp__gemm g = sp__k_gemm_dense(M, N, K, how & 1, how & 2);
    g.lda += pad, g.ldb += pad, g.ldc += pad;
    return g;
}

/* ---- sizes ---- */

static void tiles_are_chosen_by_name(void **state)
{
    (void)state;
    assert_true(sp__k_tile_use("plain"));
    assert_string_equal(sp__k_tile()->name, "plain");
    assert_false(sp__k_tile_use("nobody"));
    assert_string_equal(sp__k_tile()->name, "plain");
    assert_true(sp__k_tile_use(NULL));
}

static void every_tile_agrees_for_odd_sizes_and_layouts(void **state)
{
    (void)state;
    static const double scales[][2] = {{1, 0}, {1, 1}, {-0.5, 2}};
    int round = 0;
    for (int v = 0; v < TILES; v++)
        for (int64_t M = 1; sp__k_tile_use(tiles[v]) && M <= 70; M += M < 16 ? 1 : 17)
            for (int64_t N = 1; N <= 70; N += N < 2 ? 1 : 17)
                for (int64_t K = 1; K <= 70; K += 33)
                    for (int how = 0; how < 4; how++, round++) {
                        sp__gemm g = geometry(M, N, K, how, round % 3 == 2 ? 5 : 0);
                        g.alpha = scales[round % 3][0], g.beta = scales[round % 3][1];
                        product p = product_of(real[round / 3 % 2], &g);
                        check_product(&p, 1);
                    }
}

static void every_tile_agrees_beyond_its_blocks(void **state)
{
    (void)state;
    static const int64_t sizes[][3] = {{300, 290, 401}, {64, 530, 784}, {33, 200, 1031}, {513, 70, 64},
                                       {10, 512, 64},   {6, 1100, 70},  {140, 700, 10},  {1, 515, 790}};
    for (int v = 0; v < TILES; v++)
        for (size_t k = 0; sp__k_tile_use(tiles[v]) && k < sizeof sizes / sizeof sizes[0]; k++)
            for (int how = 0; how < 4; how++)
                for (int t = 0; t < 2; t++) {
                    sp__gemm g = geometry(sizes[k][0], sizes[k][1], sizes[k][2], how, how == 1 ? 3 : 0);
                    g.beta = t;
                    product p = product_of(real[t], &g);
                    check_product(&p, 97);
                }
}

/* ---- epilogues ---- */

static void epilogues_are_applied_in_order(void **state)
{
    (void)state;
    static const int64_t sizes[][3] = {{5, 3, 4},   {64, 512, 70}, {70, 33, 801},
                                       {9, 300, 0}, {64, 10, 130}, {1, 70, 33}};
    static const sp__unary acts[] = {SP__UNARY_COUNT_, SP__RELU, SP__SIGMOID, SP__TANH, SP__GELU_TANH, SP__GELU_ERF};
    static const char *const backends[] = {"portable", "onednn", "default"};
    for (int b = 0; b < 3; b++)
        for (size_t k = 0; sp__k_use(backends[b]) && k < sizeof sizes / sizeof sizes[0]; k++)
            for (int what = 0; what < 24; what++)
                for (int how = 0; how < 4; how++) {
                    sp__gemm g = geometry(sizes[k][0], sizes[k][1], sizes[k][2], how, what % 2 * 3);
                    g.beta = how == 3 ? 0.5 : 0;
                    product p = product_of(real[(what + how) % 2], &g);
                    p.e.act = acts[what % 6];
                    p.e.bias = what / 6 % 2 ? p.bias : NULL;
                    p.e.mask = what / 12 ? p.mask : NULL, p.e.ldmask = g.ldc;
                    check_product(&p, g.M * g.N * g.K > 60000 ? 331 : 1);
                }
}

/* ---- NaN, infinity ---- */

static void nan_and_infinity_reach_their_row_and_column_only(void **state)
{
    (void)state;
    for (int v = 0; v < TILES; v++)
        for (int how = 0; sp__k_tile_use(tiles[v]) && how < 4; how++)
            for (int t = 0; t < 2; t++) {
                sp__gemm g = geometry(20, 45, 37, how, 0);
                product p = product_of(real[t], &g);
                for (int64_t i = 0; i < 45; i++) /* so that infinity meets nothing but ones */
                    array_set(real[t], p.B, g.tb ? i * 37 + 5 : 5 * 45 + i, 1);
                array_set(real[t], p.A, g.ta ? 5 * 20 + 3 : 3 * 37 + 5, (long double)INFINITY);
                array_set(real[t], p.A, g.ta ? 6 * 20 + 19 : 19 * 37 + 6, (long double)NAN);
                assert_true(sp__k_gemm(real[t], &g, p.A, p.B, p.C));
                for (int64_t i = 0; i < 20 * 45; i++) {
                    const long double y = array_get(real[t], p.C, i);
                    assert_true(i / 45 == 3 ? isinf(y) && y > 0 : i / 45 == 19 ? isnan(y) : isfinite(y));
                }
                product_free(&p);
            }
}

/* ---- threads ---- */

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    static const int64_t sizes[][3] = {{201, 187, 459}, {64, 512, 784}, {512, 784, 64}, {10, 3000, 64}, {1, 1000, 900}};
    for (int v = 0; v < TILES; v++)
        for (size_t k = 0; sp__k_tile_use(tiles[v]) && k < sizeof sizes / sizeof sizes[0]; k++)
            for (int how = 0; how < 4; how++) {
                sp__gemm g = geometry(sizes[k][0], sizes[k][1], sizes[k][2], how, 0);
                g.alpha = 0.3, g.beta = 0.7;
                const int64_t n = g.M * g.N;
                product p = product_of(SP_F32, &g);
                void *one = array_copy(SP_F32, p.C, n);
                sp_set_threads(1);
                assert_true(sp__k_gemm(SP_F32, &g, p.A, p.B, one));
                for (int threads = 2; threads < 5; threads++) {
                    sp_set_threads(threads);
                    memcpy(p.C, p.before, (size_t)n * sizeof(float));
                    assert_true(sp__k_gemm(SP_F32, &g, p.A, p.B, p.C));
                    array_same(SP_F32, one, p.C, n, "threads");
                }
                free(one), product_free(&p);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(tiles_are_chosen_by_name, as_before),
        cmocka_unit_test_teardown(every_tile_agrees_for_odd_sizes_and_layouts, as_before),
        cmocka_unit_test_teardown(every_tile_agrees_beyond_its_blocks, as_before),
        cmocka_unit_test_teardown(epilogues_are_applied_in_order, as_before),
        cmocka_unit_test_teardown(nan_and_infinity_reach_their_row_and_column_only, as_before),
        cmocka_unit_test_teardown(any_number_of_threads_gives_the_same_bits, as_before),
    };
    int failed = cmocka_run_group_tests_name("kernels_gemm_own", tests, start, NULL);
    sp_shutdown();
    return failed;
}
