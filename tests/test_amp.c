/* Mixed precision: products against sums in double of inputs rounded here, by arithmetic; what compiled steps do; that it learns. */
#include "support/test.h"

#include <math.h>

#include "kernels/kernels.h"
#include "spore.h"

/* v to `bits` significant bits, halves to even: BFloat16 has 8, Float16 11; not for numbers too small or large for them. */
static double rounded(double v, int bits)
{
    int exponent;
    double fraction = frexp(v, &exponent);
    return ldexp(nearbyint(ldexp(fraction, bits)), exponent - bits);
}

static sp_tensor *numbers(uint64_t seed, sp_shape shape)
{
    sp_set_seed(seed);
    return sp_rand_normal(0, 1, SP_F32, shape);
}

static void check_near(double got, double want)
{
    if (!(fabs(got - want) <= 2e-5 * fmax(1, fabs(want))))
        fail_msg("%.9g, expected %.9g", got, want);
}

enum { N = 5, IN = 37, OUT = 6 };

/* ---- Dense: y = round(x) round(w)^T + b, dx = round(dy) round(w), dw = round(dy)^T round(x), db = sum dy ---- */

static sp_list weighed(void *net, sp_list in) { return sp_list_of(sp_sum(sp_mul(sp_call(net, in.at[0]), in.at[1]))); }

static double product(const sp_tensor *a, const sp_tensor *b, int64_t step_a, int64_t step_b, int64_t n, int64_t at_a,
                      int64_t at_b, int bits)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++)
        sum += rounded(sp_at(a, at_a + k * step_a), bits) * rounded(sp_at(b, at_b + k * step_b), bits);
    return sum;
}

static void check_dense(sp_dtype dtype, int bits)
{
    sp_set_seed(3);
    sp_cell *net = sp_nn_dense(IN, OUT);
    sp_tensor *x = numbers(4, SP_DIMS(N, IN)), *dy = numbers(5, SP_DIMS(N, OUT));
    sp_tensor *w = sp_cell_param(net, "weight"), *b = sp_cell_param(net, "bias");
    assert_int_equal(sp_amp(net, SP_AMP_O2, dtype), SP_OK);
    sp_tensor *y = sp_call(net, x);
    assert_int_equal(sp_dtype_of(y), SP_F32);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < OUT; j++)
            check_near(sp_at(y, i * OUT + j), product(x, w, 1, 1, IN, i * IN, j * IN, bits) + sp_at(b, j));

    sp_grad_fn f = {weighed, net, .wrt = SP_ARG(0), .weights = sp_cell_params(net)};
    sp_list d = sp_grad(&f, sp_list_of(x, dy));
    assert_int_equal(d.n, 3);
    for (int64_t i = 0; i < N; i++)
        for (int64_t k = 0; k < IN; k++)
            check_near(sp_at(d.at[0], i * IN + k), product(dy, w, 1, IN, OUT, i * OUT, k, bits));
    for (int64_t j = 0; j < OUT; j++) {
        double sum = 0;
        for (int64_t k = 0; k < IN; k++)
            check_near(sp_at(d.at[1], j * IN + k), product(dy, x, OUT, IN, N, j, k, bits));
        for (int64_t i = 0; i < N; i++)
            sum += sp_at(dy, i * OUT + j);
        check_near(sp_at(d.at[2], j), sum);
    }
    sp_cell_free(net);
}

TEST(dense_multiplies_numbers_of_bfloat16) { check_dense(SP_BF16, 8); }
TEST(dense_multiplies_numbers_of_float16) { check_dense(SP_F16, 11); }

/* ---- Conv2d, "valid": one sum for each pixel ---- */

enum { C = 3, M = 4, SIZE = 6, KERNEL = 3, OSIZE = SIZE - KERNEL + 1 };

static double pixel(const sp_tensor *x, const sp_tensor *w, int64_t m, int64_t r, int64_t s, int bits)
{
    double sum = 0;
    for (int64_t c = 0; c < C; c++)
        for (int64_t i = 0; i < KERNEL; i++)
            for (int64_t j = 0; j < KERNEL; j++)
                sum += rounded(sp_at(x, (c * SIZE + r + i) * SIZE + s + j), bits) *
                       rounded(sp_at(w, ((m * C + c) * KERNEL + i) * KERNEL + j), bits);
    return sum;
}

static double weight_gradient(const sp_tensor *dy, const sp_tensor *x, int64_t m, int64_t c, int64_t i, int64_t j,
                              int bits)
{
    double sum = 0;
    for (int64_t r = 0; r < OSIZE; r++)
        for (int64_t s = 0; s < OSIZE; s++)
            sum += rounded(sp_at(dy, (m * OSIZE + r) * OSIZE + s), bits) *
                   rounded(sp_at(x, (c * SIZE + r + i) * SIZE + s + j), bits);
    return sum;
}

static void check_conv(sp_dtype dtype, int bits)
{
    sp_set_seed(7);
    sp_cell *net = sp_nn_conv2d(C, M, KERNEL, .pad_mode = SP_PAD_VALID);
    sp_tensor *x = numbers(8, SP_DIMS(1, C, SIZE, SIZE)), *dy = numbers(9, SP_DIMS(1, M, OSIZE, OSIZE));
    sp_tensor *w = sp_cell_param(net, "weight");
    assert_int_equal(sp_amp(net, SP_AMP_O1, dtype), SP_OK);
    sp_tensor *y = sp_call(net, x);
    assert_int_equal(sp_dtype_of(y), SP_F32);
    for (int64_t m = 0; m < M; m++)
        for (int64_t r = 0; r < OSIZE; r++)
            for (int64_t s = 0; s < OSIZE; s++)
                check_near(sp_at(y, (m * OSIZE + r) * OSIZE + s), pixel(x, w, m, r, s, bits));
    sp_grad_fn f = {weighed, net, .weights = sp_cell_params(net)};
    sp_list d = sp_grad(&f, sp_list_of(x, dy));
    assert_int_equal(sp_error(), SP_OK);
    for (int64_t m = 0; m < M; m++)
        for (int64_t c = 0; c < C; c++)
            for (int64_t i = 0; i < KERNEL; i++)
                for (int64_t j = 0; j < KERNEL; j++)
                    check_near(sp_at(d.at[0], ((m * C + c) * KERNEL + i) * KERNEL + j),
                               weight_gradient(dy, x, m, c, i, j, bits));
    sp_cell_free(net);
}

TEST(conv2d_multiplies_numbers_of_bfloat16) { check_conv(SP_BF16, 8); }
TEST(conv2d_multiplies_numbers_of_float16) { check_conv(SP_F16, 11); }

/* ---- levels ---- */

TEST(level_o0_is_float32_again)
{
    sp_cell *net = sp_nn_dense(IN, OUT);
    sp_tensor *x = numbers(4, SP_DIMS(N, IN)), *plain = sp_call(net, x);
    sp_amp(net, SP_AMP_O2, SP_BF16);
    assert_true(sp_item(sp_max(sp_abs(sp_sub(sp_call(net, x), plain)))) > 1e-4);
    assert_int_equal(sp_amp(net, SP_AMP_O0, SP_F32), SP_OK);
    assert_memory_equal(sp_data(sp_call(net, x)), sp_data(plain), N * OUT * sizeof(float));
    sp_cell_free(net);
}

static void check_refused(sp_cell *net, sp_amp_level level, sp_dtype dtype, sp_status status, const char *says)
{
    assert_int_equal(sp_amp(net, level, dtype), status);
    if (!strstr(sp_error_text(), says))
        fail_msg("'%s' does not say '%s'", sp_error_text(), says);
    sp_error_clear();
}

TEST(what_is_not_supported_is_refused_and_nothing_changes)
{
    sp_cell *net = sp_nn_sequential(sp_nn_dense(IN, IN), sp_nn_dense(IN, OUT, .dtype = SP_F64));
    sp_cell *good = sp_nn_dense(IN, OUT);
    sp_tensor *x = numbers(4, SP_DIMS(N, IN)), *before = sp_call(net, x);
    check_refused(net, SP_AMP_O2, SP_BF16, SP_ERR_DTYPE, "amp: Dense has a weight of type Float64, expected Float32");
    check_refused(good, SP_AMP_O3, SP_BF16, SP_ERR_UNSUPPORTED, "amp: O3");
    check_refused(good, (sp_amp_level)9, SP_BF16, SP_ERR_VALUE, "amp: there is no level 9");
    check_refused(good, SP_AMP_O2, SP_F32, SP_ERR_DTYPE, "amp: dtype is Float32, expected BFloat16 or Float16");
    check_refused(NULL, SP_AMP_O2, SP_BF16, SP_ERR_VALUE, "amp: argument 1 is NULL");
    assert_memory_equal(sp_data(sp_call(net, x)), sp_data(before), N * OUT * sizeof(double));
    sp_cell_free(net);
    sp_cell_free(good);
}

TEST(a_graph_in_mixed_precision_is_not_exported)
{
    sp_cell *net = sp_nn_dense(IN, OUT);
    sp_amp(net, SP_AMP_O2, SP_BF16);
    sp_status st = sp_export(net, sp_list_of(sp_zeros(SP_F32, SP_DIMS(1, IN))), "/tmp/spore_test_amp.mindir");
    assert_int_equal(st, SP_ERR_UNSUPPORTED);
#if SPORE_HAVE_PROTOBUF
    assert_non_null(strstr(sp_error_text(), "sp_amp(net, SP_AMP_O0, SP_F32) first"));
#endif
    sp_cell_free(net);
}

/* ---- compiled ---- */

static sp_cell *small_net(void)
{
    sp_set_seed(21);
    return sp_nn_sequential(sp_nn_conv2d(1, 4, 3), sp_nn_batch_norm2d(4), sp_nn_relu(),
                            sp_nn_max_pool2d(.kernel = 2, .stride = 2), sp_nn_flatten(),
                            sp_nn_dense(4 * 4 * 4, 16, .activation = sp_nn_relu()), sp_nn_dense(16, 10));
}

typedef struct step {
    sp_grad_fn grad;
    sp_optim *optimizer;
} step;

static sp_list loss(void *net, sp_list in) { return sp_list_of(sp_cross_entropy(sp_call(net, in.at[0]), in.at[1])); }

static sp_list do_step(void *self, sp_list in)
{
    step *s = self;
    sp_grads g = sp_value_and_grad(&s->grad, in);
    sp_optim_step(s->optimizer, g.d_weights);
    return g.out;
}

/* The last of ten losses. */
static double ten_steps(sp_cell *net, bool compile, sp_dtype dtype)
{
    sp_tensor *x = numbers(31, SP_DIMS(8, 1, 8, 8));
    sp_tensor *labels = sp_from((int32_t[]){0, 1, 2, 3, 4, 5, 6, 7}, SP_I32, SP_DIMS(8));
    sp_cell_train(net, true);
    assert_int_equal(sp_amp(net, SP_AMP_O2, dtype), SP_OK);
    step s = {{loss, net, .weights = sp_cell_params(net)},
              sp_optim_momentum(sp_cell_params(net), 0.1, .momentum = 0.9)};
    sp_compiled *compiled = compile ? sp_compile(do_step, &s) : NULL;
    double last = 0;
    for (int i = 0; i < 10; i++) {
        sp_list in = sp_list_of(x, labels);
        last = sp_item((compile ? sp_compiled_run(compiled, in) : do_step(&s, in)).at[0]);
    }
    assert_int_equal(sp_error(), SP_OK);
    sp_compiled_free(compiled);
    sp_optim_free(s.optimizer);
    return last;
}

TEST(compiled_steps_do_what_eager_ones_do)
{
    const sp_dtype types[] = {SP_BF16, SP_F16};
    for (int i = 0; i < 2; i++) {
        sp_cell *eager = small_net(), *compiled = small_net();
        double a = ten_steps(eager, false, types[i]), b = ten_steps(compiled, true, types[i]);
        assert_true(a < 1.5);
        assert_true(fabs(a - b) < 2e-3);
        sp_cell_free(eager);
        sp_cell_free(compiled);
    }
}

TEST(a_compiled_function_follows_the_level)
{
    sp_cell *net = sp_nn_dense(IN, OUT);
    sp_tensor *x = numbers(4, SP_DIMS(N, IN)), *plain = sp_call(net, x);
    sp_compiled *f = sp_compile(sp_cell_fn, net);
    for (int i = 0; i < 4; i++) {
        sp_amp(net, i % 2 ? SP_AMP_O2 : SP_AMP_O0, SP_BF16);
        double off = sp_item(sp_max(sp_abs(sp_sub(sp_compiled_run(f, sp_list_of(x)).at[0], plain))));
        assert_true(i % 2 ? off > 1e-4 : off < 1e-5);
    }
    sp_compiled_free(f);
    sp_cell_free(net);
}

/* ---- learning: generated digits ---- */

static sp_iter *digits(int64_t count, uint64_t seed, int batch)
{
    sp_dataset *ds = sp_data_digits(count, .seed = seed);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, batch));
}

static double accuracy(sp_amp_level level, sp_dtype dtype)
{
    sp_set_seed(1);
    sp_cell *net =
        sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(28 * 28, 64, .activation = sp_nn_relu()), sp_nn_dense(64, 10));
    sp_iter *train = digits(1024, 0, 32), *test = digits(1024, 5, 64);
    sp_optim *optimizer = sp_optim_adam(sp_cell_params(net), 0.003);
    sp_scores scores = {0};
    assert_int_equal(sp_amp(net, level, dtype), SP_OK);
    assert_int_equal(sp_fit(.net = net, .optimizer = optimizer, .data = train, .epochs = 4, .compile = true), SP_OK);
    assert_int_equal(sp_evaluate(net, test, NULL, NULL, &scores), SP_OK);
    sp_optim_free(optimizer);
    sp_iter_free(train);
    sp_iter_free(test);
    sp_cell_free(net);
    return scores.accuracy;
}

TEST(a_net_learns_as_well_in_mixed_precision)
{
    const double full = accuracy(SP_AMP_O0, SP_F32), bf16 = accuracy(SP_AMP_O2, SP_BF16);
    print_message("accuracy %.4f in Float32, %.4f with BFloat16\n", full, bf16);
    assert_true(full > 0.8);
    assert_true(bf16 > full - 0.02);
}

/* ---- rounding ---- */

TEST(rounding_keeps_what_is_special)
{
    const float x[] = {0, -0.0f, 1, 1.00390625f, 1.01171875f, 65520, 1e-30f, INFINITY, -INFINITY, NAN};
    const float bf16[] = {0, -0.0f, 1, 1, 1.015625f, 65536, 0, INFINITY, -INFINITY, NAN};
    const float f16[] = {0, -0.0f, 1, 1.00390625f, 1.01171875f, INFINITY, 0, INFINITY, -INFINITY, NAN};
    float y[10], z[10];
    assert_true(sp__k_round(SP_BF16, SP_F32, y, x, 10));
    assert_true(sp__k_round(SP_F16, SP_F32, z, x, 10));
    for (int i = 0; i < 9; i++) {
        assert_true(i == 6 ? fabsf(y[i] - 1e-30f) < 1e-32f : y[i] == bf16[i] && signbit(y[i]) == signbit(bf16[i]));
        assert_true(z[i] == f16[i] && signbit(z[i]) == signbit(f16[i]));
    }
    assert_true(isnan(y[9]) && isnan(z[9]));
    assert_false(sp__k_round(SP_F32, SP_F32, y, x, 10));
    assert_false(sp__k_round(SP_BF16, SP_I32, y, x, 10));
}

TEST_MAIN()
