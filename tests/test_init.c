/* Initialisers: ranges and moments as MindSpore's, the same numbers for the same seed. */
#include "support/test.h"

#include <math.h>

#include "nn/nn.h"
#include "spore/nn.h"

typedef struct moments {
    double mean, sigma, min, max;
} moments;

static moments moments_of(const sp_tensor *t)
{
    assert_non_null(t);
    int64_t n = sp_size_of(t);
    moments m = {0, 0, HUGE_VAL, -HUGE_VAL};
    for (int64_t i = 0; i < n; i++) {
        double x = sp_at(t, i);
        m.mean += x / (double)n;
        m.min = fmin(m.min, x);
        m.max = fmax(m.max, x);
    }
    for (int64_t i = 0; i < n; i++)
        m.sigma += (sp_at(t, i) - m.mean) * (sp_at(t, i) - m.mean) / (double)n;
    m.sigma = sqrt(m.sigma);
    return m;
}

/* Of (200, 100), as tests of MindSpore's own were made: 20,000 numbers, so that the mean is within sigma / 30 and sigma within
 * 3 % of what they should be (five standard deviations of each). */
static void has_moments(const char *what, sp_init init, double mean, double sigma, double min, double max)
{
    sp_set_seed(7);
    moments m = moments_of(sp_init_tensor(init, SP_F32, SP_DIMS(200, 100)));
    if (fabs(m.mean - mean) > sigma / 25 || fabs(m.sigma - sigma) > 0.03 * sigma)
        fail_msg("%s: mean %g, sigma %g, expected %g, %g", what, m.mean, m.sigma, mean, sigma);
    double slack = 1e-6 * (max - min);
    if (m.min < min - slack || m.max > max + slack)
        fail_msg("%s: in [%g, %g], expected [%g, %g]", what, m.min, m.max, min, max);
}

static void is_uniform(const char *what, sp_init init, double bound)
{
    has_moments(what, init, 0, bound / sqrt(3), -bound, bound);
    moments m = moments_of(sp_init_tensor(init, SP_F32, SP_DIMS(200, 100)));
    assert_true(m.min < -0.99 * bound && m.max > 0.99 * bound);
}

static void is_normal(const char *what, sp_init init, double mean, double sigma)
{
    has_moments(what, init, mean, sigma, mean - 6 * sigma, mean + 6 * sigma);
    moments m = moments_of(sp_init_tensor(init, SP_F32, SP_DIMS(200, 100)));
    assert_true(m.max > mean + 3 * sigma && m.min < mean - 3 * sigma); /* not a uniform one, nor cut at two sigma */
}

/* The bounds that MindSpore 2.0.0 and 2.10.0 showed for this shape. */
TEST(uniform_ones_fill_their_range)
{
    is_uniform("uniform", sp_init_named("uniform"), 0.07);
    is_uniform("uniform 3", sp_init_uniform(3), 3);
    is_uniform("he_uniform", sp_init_named("he_uniform"), 0.2449489);
    is_uniform("he_uniform sqrt 5", sp_init_he_uniform(sqrt(5)), 0.1);
    is_uniform("xavier_uniform", sp_init_named("xavier_uniform"), 0.1414214);
    is_uniform("xavier_uniform 2", sp_init_xavier_uniform(2), 0.2828427);
}

TEST(normal_ones_have_their_moments)
{
    is_normal("normal", sp_init_named("normal"), 0, 0.01);
    is_normal("normal 2, -3", sp_init_normal(2, -3), -3, 2);
    is_normal("truncatedNormal", sp_init_named("truncatedNormal"), 0, 0.01);
    is_normal("he_normal", sp_init_named("he_normal"), 0, 0.1414214);
    is_normal("he_normal sqrt 5", sp_init_he_normal(sqrt(5)), 0, 0.0577350);
    is_normal("xavier_normal", sp_init_named("xavier_normal"), 0, 0.0816497);
    is_normal("xavier_normal 3", sp_init_xavier_normal(3), 0, 0.2449490);
}

/* sigma 1: between -2 and 2 the standard normal has variance 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737413. */
TEST(the_truncated_normal_ends_at_minus_2_and_2)
{
    has_moments("sigma 1", sp_init_truncated_normal(1, 0), 0, sqrt(0.7737413), -2, 2);
    moments far = moments_of(sp_init_tensor(sp_init_truncated_normal(0.01, 5), SP_F32, SP_DIMS(50)));
    assert_true(far.min == 2 && far.max == 2);
}

TEST(a_kernel_counts_in_the_fans)
{
    sp_tensor *w = sp_init_tensor(sp_init_he_uniform(sqrt(5)), SP_F32, SP_DIMS(32, 16, 3, 3)); /* fan_in 144 */
    moments m = moments_of(w);
    assert_true(m.max <= 1 / 12.0 && m.max > 0.99 / 12 && m.min >= -1 / 12.0 && m.min < -0.99 / 12);
    m = moments_of(sp_init_tensor(sp_init_xavier_uniform(1), SP_F32, SP_DIMS(32, 16, 3, 3))); /* in + out = 432 */
    assert_true(m.max <= sqrt(6 / 432.0) && m.max > 0.99 * sqrt(6 / 432.0));
}

TEST(constants_fill_every_type)
{
    assert_true(sp_at(sp_init_tensor(sp_init_zeros(), SP_I32, SP_DIMS(3)), 2) == 0);
    assert_true(sp_at(sp_init_tensor((sp_init){SP_INIT_DEFAULT, 0, 0}, SP_F32, SP_DIMS(3)), 2) == 0);
    assert_true(sp_at(sp_init_tensor(sp_init_ones(), SP_F16, SP_DIMS(3)), 2) == 1);
    assert_true(sp_at(sp_init_tensor(sp_init_constant(-2.5), SP_F64, SP_DIMS(3)), 2) == -2.5);
    assert_int_equal(sp_size_of(sp_init_tensor(sp_init_he_uniform(0), SP_F32, SP_DIMS(3, 0))), 0);
}

TEST(the_same_seed_gives_the_same_layer)
{
    sp_set_seed(3);
    sp_cell *a = sp_nn_dense(7, 5);
    sp_cell *b = sp_nn_dense(7, 5);
    sp_set_seed(3);
    sp_cell *again = sp_nn_dense(7, 5);
    const void *w = sp_data(sp_cell_param(a, "weight"));
    assert_memory_equal(w, sp_data(sp_cell_param(again, "weight")), 35 * sizeof(float));
    assert_memory_not_equal(w, sp_data(sp_cell_param(b, "weight")), 35 * sizeof(float));
    sp_cell_free(a);
    sp_cell_free(b);
    sp_cell_free(again);
}

TEST(dense_and_convolution_start_within_one_over_the_root_of_fan_in)
{
    sp_cell *dense = sp_nn_dense(784, 512), *conv = sp_nn_conv2d(16, 32, 3, .has_bias = true);
    const struct {
        sp_cell *c;
        const char *param;
        double bound;
    } cases[] = {
        {dense, "weight", 1 / 28.0}, {dense, "bias", 1 / 28.0}, {conv, "weight", 1 / 12.0}, {conv, "bias", 1 / 12.0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        moments m = moments_of(sp_cell_param(cases[i].c, cases[i].param));
        assert_true(m.max <= cases[i].bound && m.max > 0.8 * cases[i].bound);
        assert_true(m.min >= -cases[i].bound && m.min < -0.8 * cases[i].bound);
    }
    sp_cell_free(dense);
    sp_cell_free(conv);
}

TEST(what_cannot_be_filled_is_refused)
{
    assert_null(sp_init_tensor(sp_init_he_normal(0), SP_F32, SP_DIMS(3)));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    sp_error_clear();
    assert_null(sp_init_tensor(sp_init_normal(1, 0), SP_I32, SP_DIMS(3)));
    assert_int_equal(sp_error(), SP_ERR_DTYPE);
    sp_error_clear();
    assert_null(sp_init_tensor(sp_init_truncated_normal(1, 0), SP_I32, SP_DIMS(3)));
    assert_int_equal(sp_error(), SP_ERR_DTYPE);
    sp_error_clear();
    assert_null(sp_init_tensor(sp_init_truncated_normal(-1, 0), SP_F32, SP_DIMS(3)));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    assert_null(sp_init_tensor(sp_init_uniform(-1), SP_F32, SP_DIMS(3)));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    assert_null(sp_init_tensor((sp_init){(sp_init_kind)99, 0, 0}, SP_F32, SP_DIMS(3)));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    assert_int_equal(sp_init_named("Normal").kind, SP_INIT_DEFAULT);
    assert_int_equal(sp_error(), SP_ERR_VALUE);
}

TEST_MAIN()
