/* Normalisation and dropout beyond what every op is tried for: the fused gradients against differences, statistics, chance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "spore/grad.h"
#include "spore/graph.h"
#include "support/op_cases.h"

static void check_near(double got, double want, double tol)
{
    if (!(fabs(got - want) <= tol * fmax(1, fabs(want))))
        fail_msg("%.12g, expected %.12g", got, want);
}

/* n numbers without pattern in [-1, 1) as Float64, plus `shift`. */
static sp_tensor *numbers(sp_shape shape, double shift)
{
    static uint64_t seed = 5;
    double v[256];
    int64_t n = sp_shape_size(shape);
    assert_true(n <= 256);
    for (int64_t i = 0; i < n; i++)
        v[i] = 2 * op_case_random(&seed) - 1 + shift;
    return sp_from(v, SP_F64, shape);
}

/* ---- fused gradients: only y is differentiated, and nobody records the way back ---- */

/* Sum of y, element i weighed by sin(i + 1). */
static sp_list weighed(sp_tensor *y)
{
    double v[256];
    assert_true(sp_size_of(y) <= 256);
    for (int64_t i = 0; i < sp_size_of(y); i++)
        v[i] = sin((double)i + 1);
    return sp_list_of(sp_sum(sp_mul(y, sp_from(v, SP_F64, sp_shape_of(y)))));
}

static sp_list batch_norm_of(void *self, sp_list in)
{
    (void)self;
    return weighed(sp_batch_norm(in.at[0], in.at[1], in.at[2], SP_NONE, SP_NONE, true, 1e-3).at[0]);
}

static sp_list layer_norm_of(void *self, sp_list in)
{
    return weighed(sp_layer_norm(in.at[0], in.at[1], in.at[2], *(const int *)self, 1e-3));
}

static double value_at(sp_fn fn, void *self, sp_list in, int which, int64_t element, double by)
{
    double v[256];
    sp_tensor *moved[3] = {in.at[0], in.at[1], in.at[2]};
    memcpy(v, sp_data(in.at[which]), (size_t)sp_size_of(in.at[which]) * sizeof v[0]);
    v[element] += by;
    moved[which] = sp_from(v, SP_F64, sp_shape_of(in.at[which]));
    return sp_item(fn(self, (sp_list){moved, 3}).at[0]);
}

static void check_fused(sp_fn fn, void *self, sp_list in)
{
    sp_grad_fn f = {.fn = fn, .self = self, .wrt = SP_ARG(0) | SP_ARG(1) | SP_ARG(2)};
    sp_list d = sp_grad(&f, in);
    assert_string_equal(sp_error_text(), "");
    for (int i = 0; i < 3; i++)
        for (int64_t e = 0; e < sp_size_of(in.at[i]); e++) {
            double up = value_at(fn, self, in, i, e, 1e-6), down = value_at(fn, self, in, i, e, -1e-6);
            check_near(sp_at(d.at[i], e), (up - down) / 2e-6, 1e-7);
        }
}

static void fused_gradients_of_batch_norm_are_differences(void **state)
{
    (void)state;
    const sp_shape shapes[] = {SP_DIMS(5, 3), SP_DIMS(2, 3, 4), SP_DIMS(3, 3, 2, 3), SP_DIMS(1, 3, 1, 7)};
    for (int i = 0; i < 4; i++) {
        sp_scope scope = sp_scope_begin();
        check_fused(batch_norm_of, NULL,
                    sp_list_of(numbers(shapes[i], 0.5), numbers(SP_DIMS(3), 1), numbers(SP_DIMS(3), 0)));
        sp_scope_end(scope);
    }
}

static void fused_gradients_of_layer_norm_are_differences(void **state)
{
    (void)state;
    for (int axis = 0; axis < 3; axis++) {
        sp_scope scope = sp_scope_begin();
        sp_shape all = SP_DIMS(2, 3, 5), part = {.rank = 3 - axis};
        memcpy(part.dim, all.dim + axis, (size_t)part.rank * sizeof part.dim[0]);
        check_fused(layer_norm_of, &axis, sp_list_of(numbers(all, 0.5), numbers(part, 1), numbers(part, 0)));
        sp_scope_end(scope);
    }
}

static sp_list fused_gradient(void *self, sp_list in) { return sp_grad(self, in); }

/* A graph made of a gradient is differentiated no further, and says so. */
static void a_fused_gradient_says_why_it_has_none(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_list in = sp_list_of(numbers(SP_DIMS(4, 3), 0), numbers(SP_DIMS(3), 1), numbers(SP_DIMS(3), 0));
    sp_grad_fn first = {.fn = batch_norm_of, .wrt = SP_ARG(0)};
    sp_graph *g = sp_trace(fused_gradient, &first, in);
    assert_non_null(g);
    sp_grad_fn second = {.fn = sp_graph_run, .self = g, .wrt = SP_ARG(0)};
    assert_null(sp_grad(&second, in).at[0]);
    assert_int_equal(sp_error(), SP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sp_error_text(), "batch_norm_back has no gradient: it is itself a gradient"));
    sp_error_clear();
    sp_graph_free(g);
    sp_scope_end(scope);
}

/* ---- statistics ---- */

static void batch_norm_returns_mean_and_unbiased_variance(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    const double v[] = {1, 10, 2, 20, 3, 30, 6, 60}; /* (2, 2, 2): channels {1, 10, 3, 30}, {2, 20, 6, 60} */
    sp_tensor *x = sp_from(v, SP_F64, SP_DIMS(2, 2, 2)), *one = sp_ones(SP_F64, SP_DIMS(2));
    sp_list y = sp_batch_norm(x, one, one, SP_NONE, SP_NONE, true, 0);
    assert_int_equal(y.n, 3);
    check_near(sp_at(y.at[1], 0), 11, 1e-12);
    check_near(sp_at(y.at[1], 1), 22, 1e-12);
    check_near(sp_at(y.at[2], 0), (100 + 1 + 64 + 361) / 3.0, 1e-12);
    check_near(sp_at(y.at[2], 1), 4 * (100 + 1 + 64 + 361) / 3.0, 1e-12);
    check_near(sp_at(y.at[0], 0), 1 - 10 / sqrt((100 + 1 + 64 + 361) / 4.0), 1e-12);
    y = sp_batch_norm(x, one, one, one, sp_full(4, SP_F64, SP_DIMS(2)), false, 0);
    assert_int_equal(y.n, 1);
    check_near(sp_at(y.at[0], 1), (10 - 1) / 2.0 + 1, 1e-12);
    sp_scope_end(scope);
}

/* A single element has no variance: it becomes beta, and its variance counts as 0. */
static void batch_norm_of_one_element_is_beta(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_full(3, SP_F32, SP_DIMS(1, 2)), *beta = sp_full(0.25, SP_F32, SP_DIMS(2));
    sp_list y = sp_batch_norm(x, beta, beta, SP_NONE, SP_NONE, true, 1e-5);
    assert_true(sp_at(y.at[0], 0) == 0.25 && sp_at(y.at[1], 1) == 3 && sp_at(y.at[2], 0) == 0);
    sp_scope_end(scope);
}

/* Moving averages in 16 bits would stand still. */
static void statistics_of_16_bit_batches_are_float32(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_cast(numbers(SP_DIMS(8, 2, 3), 100), SP_F16), *one = sp_ones(SP_F32, SP_DIMS(2));
    sp_list y = sp_batch_norm(x, one, one, SP_NONE, SP_NONE, true, 1e-5);
    assert_int_equal(sp_dtype_of(y.at[0]), SP_F16);
    assert_int_equal(sp_dtype_of(y.at[1]), SP_F32);
    assert_int_equal(sp_dtype_of(y.at[2]), SP_F32);
    double sum = 0;
    for (int64_t n = 0; n < 8; n++)
        for (int64_t s = 0; s < 3; s++)
            sum += sp_at(x, n * 6 + s);
    check_near(sp_at(y.at[1], 0), sum / 24, 1e-6);
    sp_scope_end(scope);
}

/* Far from 0, where sums of squares would lose the variance. */
static void layer_norm_survives_a_large_mean(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_add_number(sp_arange(0, 8, 1, SP_F32), 1e6), *one = sp_ones(SP_F32, SP_DIMS(8));
    sp_tensor *y = sp_layer_norm(x, one, sp_zeros(SP_F32, SP_DIMS(8)), -1, 0);
    for (int i = 0; i < 8; i++)
        check_near(sp_at(y, i), (i - 3.5) / sqrt(63 / 12.0), 1e-4);
    sp_scope_end(scope);
}

/* ---- dropout ---- */

static void dropout_keeps_its_share_and_scales_it(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_set_seed(3);
    const int64_t n = 100000;
    sp_tensor *y = sp_dropout(sp_ones(SP_F64, SP_DIMS(n)), 0.2);
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        kept += sp_at(y, i) != 0;
        assert_true(sp_at(y, i) == 0 || fabs(sp_at(y, i) - 1.25) < 1e-15);
    }
    assert_true(fabs((double)kept - 0.8 * (double)n) < 5 * sqrt(0.16 * (double)n)); /* five sigma */
    sp_scope_end(scope);
}

static sp_list drop_half(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_dropout(in.at[0], 0.5));
}

/* Whether a and b have their zeros at the same places. */
static bool same_zeros(const sp_tensor *a, const sp_tensor *b)
{
    for (int64_t i = 0; i < sp_size_of(a); i++)
        if ((sp_at(a, i) == 0) != (sp_at(b, i) == 0))
            return false;
    return true;
}

static void dropout_drops_the_same_on_the_way_back(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_grad_fn f = {.fn = drop_half, .wrt = SP_ARG(0)};
    sp_grads g = sp_value_and_grad(&f, sp_list_of(sp_ones(SP_F32, SP_DIMS(64))));
    assert_true(same_zeros(g.out.at[0], g.d_in.at[0]));
    for (int i = 0; i < 64; i++)
        assert_true(sp_at(g.d_in.at[0], i) == sp_at(g.out.at[0], i)); /* both 0 or 2 */
    sp_scope_end(scope);
}

static void dropout_draws_anew_and_repeats_with_the_seed(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_list x = sp_list_of(sp_ones(SP_F32, SP_DIMS(64)));
    sp_set_seed(1);
    sp_tensor *a = drop_half(NULL, x).at[0], *b = drop_half(NULL, x).at[0];
    sp_set_seed(1);
    assert_true(same_zeros(a, drop_half(NULL, x).at[0]));
    assert_false(same_zeros(a, b));
    sp_graph *g = sp_trace(drop_half, NULL, x);
    sp_set_seed(1);
    assert_true(same_zeros(a, sp_graph_run(g, x).at[0]));
    assert_true(same_zeros(b, sp_graph_run(g, x).at[0])); /* the graph draws again, too */
    sp_graph_free(g);
    sp_scope_end(scope);
}

static void dropout_refuses_what_is_no_probability(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(4));
    const double wrong[] = {1, -0.1, 1.5, (double)NAN, (double)INFINITY};
    for (int i = 0; i < 5; i++) {
        assert_null(sp_dropout(x, wrong[i]));
        assert_int_equal(sp_error(), SP_ERR_VALUE);
        assert_non_null(strstr(sp_error_text(), "expected at least 0 and less than 1"));
        sp_error_clear();
    }
    assert_true(sp_at(sp_dropout(x, 0), 2) == 1);
    assert_null(sp_dropout(NULL, 0.5));
    assert_string_equal(sp_error_text(), "dropout: argument 1 is NULL");
    sp_error_clear();
    sp_scope_end(scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fused_gradients_of_batch_norm_are_differences),
        cmocka_unit_test(fused_gradients_of_layer_norm_are_differences),
        cmocka_unit_test(a_fused_gradient_says_why_it_has_none),
        cmocka_unit_test(batch_norm_returns_mean_and_unbiased_variance),
        cmocka_unit_test(batch_norm_of_one_element_is_beta),
        cmocka_unit_test(statistics_of_16_bit_batches_are_float32),
        cmocka_unit_test(layer_norm_survives_a_large_mean),
        cmocka_unit_test(dropout_keeps_its_share_and_scales_it),
        cmocka_unit_test(dropout_drops_the_same_on_the_way_back),
        cmocka_unit_test(dropout_draws_anew_and_repeats_with_the_seed),
        cmocka_unit_test(dropout_refuses_what_is_no_probability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
