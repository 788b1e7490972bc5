/* support/nets.c: see nets.h. Weights are constants of the graphs. */
#include "support/nets.h"

#include <stdlib.h>
#include <string.h>

#include "spore/ops.h"

/* ---- inputs ---- */

static sp_tensor *input(char kind, sp_shape shape)
{
    switch (kind) {
    case 'p':
        return sp_rand_uniform(0.1, 2, SP_F32, shape);
    case 'h':
        return sp_rand_normal(0, 1, SP_F16, shape);
    case 'd':
        return sp_rand_normal(0, 1, SP_F64, shape);
    case 'i':
        return sp_rand_int(0, 3, SP_I32, shape);
    case 'l':
        return sp_rand_int(-5, 5, SP_I64, shape);
    case 'b':
        return sp_cast(sp_rand_int(0, 2, SP_I32, shape), SP_BOOL);
    default:
        return sp_rand_normal(0, 1, SP_F32, shape);
    }
}

sp_list test_net_inputs(const test_net *net)
{
    sp_tensor *in[4] = {0};
    int n = 0;
    sp_set_seed(7);
    for (const char *s = net->inputs; *s && n < 4; n++) {
        char kind = *s++;
        sp_shape shape = {0};
        while (*s && *s != ' ') {
            char *end;
            shape.dim[shape.rank++] = strtol(s, &end, 10);
            s = *end == ',' ? end + 1 : end;
        }
        s += *s == ' ';
        in[n] = input(kind, shape);
    }
    return sp_list_new(n, in);
}

/* Numbers that go up and down, for weights. */
static sp_tensor *wave(sp_shape shape)
{
    return sp_reshape(sp_mul_number(sp_sin(sp_arange(1, (double)sp_shape_size(shape) + 0.5, 1, SP_F32)), 0.5), shape);
}
static sp_tensor *above_zero(sp_shape shape) { return sp_add_number(sp_square(wave(shape)), 0.5); }

/* ---- functions: name, inputs, expression of x, y, z ---- */

static sp_tensor *number(double v) { return sp_scalar(v, SP_F32); }
#define AXES(...) \
    SP_N(int, __VA_ARGS__), (int[]) { __VA_ARGS__ }

#define NETS(X)                                                                                                        \
    X(add, "f4,3 f4,3", sp_add(x, y))                                                                                  \
    X(add_broadcast, "f4,1,3 f5,1", sp_add(x, y))                                                                      \
    X(add_types, "f4,3 i4,3", sp_add(x, y))                                                                            \
    X(add_number, "f4,3", sp_add_number(x, 1.5))                                                                       \
    X(sub, "f4,3 f3", sp_sub(x, y))                                                                                    \
    X(mul, "f4,3 f4,3", sp_mul(x, y))                                                                                  \
    X(mul_int, "i4,3 i4,3", sp_mul(x, y))                                                                              \
    X(div, "f4,3 p4,3", sp_div(x, y))                                                                                  \
    X(floor_div, "f4,3 p4,3", sp_floor_div(x, y))                                                                      \
    X(mod, "f4,3 p4,3", sp_mod(x, y))                                                                                  \
    X(pow, "p4,3 f4,3", sp_pow(x, y))                                                                                  \
    X(maximum, "f4,3 f4,3", sp_maximum(x, y))                                                                          \
    X(minimum, "f4,3 f4,3", sp_minimum(x, y))                                                                          \
    X(neg, "f4,3", sp_neg(x))                                                                                          \
    X(abs, "f4,3", sp_abs(x))                                                                                          \
    X(sign, "f4,3", sp_sign(x))                                                                                        \
    X(exp, "f4,3", sp_exp(x))                                                                                          \
    X(log, "p4,3", sp_log(x))                                                                                          \
    X(sqrt, "p4,3", sp_sqrt(x))                                                                                        \
    X(rsqrt, "p4,3", sp_rsqrt(x))                                                                                      \
    X(square, "f4,3", sp_square(x))                                                                                    \
    X(reciprocal, "p4,3", sp_reciprocal(x))                                                                            \
    X(erf, "f4,3", sp_erf(x))                                                                                          \
    X(sin, "f4,3", sp_sin(x))                                                                                          \
    X(cos, "f4,3", sp_cos(x))                                                                                          \
    X(floor, "f4,3", sp_floor(x))                                                                                      \
    X(ceil, "f4,3", sp_ceil(x))                                                                                        \
    X(round, "f4,3", sp_round(x))                                                                                      \
    X(round_halves, "l4,3", sp_round(sp_mul_number(sp_cast(x, SP_F32), 0.5)))                                          \
    X(equal, "i4,3 i4,3", sp_equal(x, y))                                                                              \
    X(not_equal, "i4,3 i4,3", sp_not_equal(x, y))                                                                      \
    X(less, "f4,3 f3", sp_less(x, y))                                                                                  \
    X(less_equal, "f4,3 f3", sp_less_equal(x, y))                                                                      \
    X(greater, "f4,3 f3", sp_greater(x, y))                                                                            \
    X(greater_equal, "f4,3 f3", sp_greater_equal(x, y))                                                                \
    X(logical_and, "b4,3 b4,3", sp_logical_and(x, y))                                                                  \
    X(logical_or, "b4,3 b4,3", sp_logical_or(x, y))                                                                    \
    X(logical_not, "b4,3", sp_logical_not(x))                                                                          \
    X(where, "b4,3 f4,3 f4,3", sp_where(x, y, z))                                                                      \
    X(where_broadcast, "b4,1 f3 f4,3", sp_where(x, y, z))                                                              \
    X(cast_int, "f4,3", sp_cast(x, SP_I32))                                                                            \
    X(cast_half, "f4,3", sp_cast(sp_cast(x, SP_F16), SP_F32))                                                          \
    X(cast_bool, "i4,3", sp_cast(x, SP_BOOL))                                                                          \
    X(half, "h4,3", sp_add(x, x))                                                                                      \
    X(f64, "d4,3", sp_mul(x, x))                                                                                       \
    X(stop_gradient, "f4,3", sp_relu(sp_stop_gradient(x)))                                                             \
    X(relu, "f4,3", sp_relu(x))                                                                                        \
    X(relu6, "f4,3", sp_relu6(sp_mul_number(x, 8)))                                                                    \
    X(leaky_relu, "f4,3", sp_leaky_relu(x, 0.2))                                                                       \
    X(elu, "f4,3", sp_elu(x, 1))                                                                                       \
    X(elu_alpha, "f4,3", sp_elu(x, 0.3))                                                                               \
    X(silu, "f4,3", sp_silu(x))                                                                                        \
    X(sigmoid, "f4,3", sp_sigmoid(x))                                                                                  \
    X(tanh, "f4,3", sp_tanh(x))                                                                                        \
    X(gelu, "f4,3", sp_gelu(x, false))                                                                                 \
    X(gelu_exact, "f4,3", sp_gelu(x, true))                                                                            \
    X(softmax, "f4,3", sp_softmax(x, -1))                                                                              \
    X(softmax_first, "f4,3", sp_softmax(x, 0))                                                                         \
    X(log_softmax, "f4,3", sp_log_softmax(x, -1))                                                                      \
    X(sum, "f4,3", sp_sum(x))                                                                                          \
    X(sum_int, "i4,3", sp_sum(x))                                                                                      \
    X(sum_axes, "f4,3,2", sp_sum_axes(x, AXES(0, -1), true))                                                           \
    X(mean, "f4,3", sp_mean(x))                                                                                        \
    X(mean_axes, "f4,3,2", sp_mean_axes(x, AXES(1), false))                                                            \
    X(max_axes, "f4,3,2", sp_max_axes(x, AXES(1, 2), false))                                                           \
    X(min, "f4,3", sp_min(x))                                                                                          \
    X(argmax, "f4,3", sp_argmax(x, 1))                                                                                 \
    X(argmin, "f4,3", sp_argmin(x, 0))                                                                                 \
    X(cumsum, "f4,3", sp_cumsum(x, 1))                                                                                 \
    X(topk_values, "f4,3", sp_topk(x, 2, true).at[0])                                                                  \
    X(topk_places, "f4,3", sp_topk(x, 2, false).at[1])                                                                 \
    X(topk_smallest, "f4,3", sp_topk(x, 3, false).at[0])                                                               \
    X(matmul, "f4,3 f3,2", sp_matmul(x, y))                                                                            \
    X(matmul_t, "f3,4 f2,3", sp_matmul_t(x, y, true, true))                                                            \
    X(matmul_batch, "f2,4,3 f2,3,5", sp_matmul(x, y))                                                                  \
    X(matmul_batch_t, "f2,4,3 f2,5,3", sp_matmul_t(x, y, false, true))                                                 \
    X(matmul_broadcast, "f2,1,4,3 f5,3,2", sp_matmul(x, y))                                                            \
    X(matmul_rows, "f2,5,4,3 f2,3", sp_matmul_t(x, y, false, true))                                                    \
    X(matmul_vector, "f4,3 f3", sp_matmul(x, y))                                                                       \
    X(bias_add, "f4,3 f3", sp_bias_add(x, y))                                                                          \
    X(bias_add_image, "f2,3,4,4 f3", sp_bias_add(x, y))                                                                \
    X(reshape, "f4,3", sp_reshape(x, SP_DIMS(2, -1)))                                                                  \
    X(flatten, "f2,3,4", sp_flatten(x))                                                                                \
    X(transpose, "f2,3,4", sp_transpose(x, AXES(2, 0, 1)))                                                             \
    X(transpose_all, "f2,3,4", sp_transpose(x, 0, NULL))                                                               \
    X(expand_dims, "f4,3", sp_expand_dims(x, 1))                                                                       \
    X(squeeze, "f4,1,3,1", sp_squeeze(x, AXES(1)))                                                                     \
    X(squeeze_all, "f4,1,3,1", sp_squeeze(x, 0, NULL))                                                                 \
    X(broadcast_to, "f1,3", sp_broadcast_to(x, SP_DIMS(4, -1)))                                                        \
    X(tile, "f4,3", sp_tile(x, 2, (int64_t[]){2, 1}))                                                                  \
    X(concat, "f4,3 f4,2", sp_concat(sp_list_of(x, y), 1))                                                             \
    X(stack, "f4,3 f4,3", sp_stack(sp_list_of(x, y), 0))                                                               \
    X(index, "f4,3", sp_index(x, sp_pick(-1)))                                                                         \
    X(index_span, "f6,5", sp_index(x, sp_span(1, SP_END), sp_from_to_by(0, 100, 2)))                                   \
    X(index_back, "f6,5", sp_index(x, sp_from_to_by(INT64_MAX, INT64_MIN, -2), sp_from_to_by(3, 0, -1)))               \
    X(gather, "f4,3 i2,2", sp_gather(x, y, 0))                                                                         \
    X(gather_last, "f4,3 i2", sp_gather(x, y, 1))                                                                      \
    X(one_hot, "i4", sp_one_hot(x, 5, SP_F32))                                                                         \
    X(conv2d, "f2,3,8,7", sp_conv2d(x, wave(SP_DIMS(4, 3, 3, 3)), &(sp_conv2d_attrs){.pad_mode = 1}))                  \
    X(conv2d_same, "f2,3,8,7",                                                                                         \
      sp_conv2d(x, wave(SP_DIMS(4, 3, 3, 2)), &(sp_conv2d_attrs){.pad_mode = 0, .stride = {2, 2}}))                    \
    X(conv2d_pad, "f2,4,8,7",                                                                                          \
      sp_conv2d(x, wave(SP_DIMS(4, 2, 3, 3)),                                                                          \
                &(sp_conv2d_attrs){.pad_mode = 2, .pad = {1, 2, 0, 1}, .group = 2, .dilation = {2, 1}}))               \
    X(max_pool, "f2,3,8,7", sp_max_pool2d(x, &(sp_pool2d_attrs){.kernel = {2, 2}, .stride = {2, 2}, .pad_mode = 1}))   \
    X(max_pool_same, "f2,3,8,7",                                                                                       \
      sp_max_pool2d(x, &(sp_pool2d_attrs){.kernel = {3, 2}, .stride = {2, 1}, .pad_mode = 0}))                         \
    X(max_pool_pad, "f2,3,8,7",                                                                                        \
      sp_max_pool2d(x, &(sp_pool2d_attrs){.kernel = {3, 3}, .stride = {2, 2}, .pad_mode = 2, .pad = {1, 1, 1, 1}}))    \
    X(avg_pool, "f2,3,8,7", sp_avg_pool2d(x, &(sp_pool2d_attrs){.kernel = {2, 3}, .stride = {2, 2}, .pad_mode = 1}))   \
    X(avg_pool_same, "f2,3,8,7",                                                                                       \
      sp_avg_pool2d(x, &(sp_pool2d_attrs){.kernel = {3, 3}, .stride = {2, 2}, .pad_mode = 0}))                         \
    X(avg_pool_pad, "f2,3,8,7",                                                                                        \
      sp_avg_pool2d(x, &(sp_pool2d_attrs){.kernel = {3, 3}, .stride = {2, 2}, .pad_mode = 2, .pad = {1, 1, 1, 1}}))    \
    X(avg_pool_inside, "f2,3,8,7",                                                                                     \
      sp_avg_pool2d(x,                                                                                                 \
                    &(sp_pool2d_attrs){                                                                                \
                        .kernel = {3, 3}, .stride = {2, 2}, .pad_mode = 2, .pad = {1, 1, 1, 1}, .exclude_pad = true})) \
    X(batch_norm, "f2,3,4,5", norm_by_batch(x))                                                                        \
    X(batch_norm_flat, "f4,3", norm_by_batch(x))                                                                       \
    X(batch_norm_row, "f2,3,5", norm_by_batch(x))                                                                      \
    X(layer_norm, "f4,6", sp_layer_norm(x, above_zero(SP_DIMS(6)), wave(SP_DIMS(6)), -1, 1e-5))                        \
    X(layer_norm_two, "f4,3,2", sp_layer_norm(x, above_zero(SP_DIMS(3, 2)), wave(SP_DIMS(3, 2)), 1, 1e-7))             \
    X(cross_entropy, "f4,3 i4", sp_cross_entropy(x, y))                                                                \
    X(cross_entropy_smooth, "f4,3 i4",                                                                                 \
      sp_cross_entropy_with(x, y, above_zero(SP_DIMS(3)), &(sp_cross_entropy_attrs){SP_MEAN, 1, 0.1}))                 \
    X(cross_entropy_each, "f4,3 i4",                                                                                   \
      sp_cross_entropy_with(x, y, SP_NONE, &(sp_cross_entropy_attrs){SP_NO_REDUCTION, 2, 0}))                          \
    X(bce, "f4,3 p4,3", sp_bce_with_logits(x, sp_minimum(y, number(1)), SP_NONE, SP_NONE))                             \
    X(bce_weights, "f4,3 p4,3 p3",                                                                                     \
      sp_bce_with_logits_reduced(x, sp_minimum(y, number(1)), z, above_zero(SP_DIMS(3)), SP_SUM))                      \
    X(mse, "f4,3 f4,3", sp_mse(x, y))

static sp_tensor *norm_by_batch(sp_tensor *x)
{
    sp_shape c = SP_DIMS(3);
    sp_list y = sp_batch_norm(x, above_zero(c), wave(c), wave(c), above_zero(c), false, 1e-5);
    return y.n ? y.at[0] : NULL;
}

#define X(id, spec, expression)                                \
    static sp_list net_##id(void *self, sp_list in)            \
    {                                                          \
        (void)self;                                            \
        sp_tensor *x = in.at[0], *y = in.at[1], *z = in.at[2]; \
        (void)y, (void)z;                                      \
        return sp_list_of(expression);                         \
    }
NETS(X)
#undef X

static sp_list net_two_results(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_add(in.at[0], in.at[1]), sp_mul(in.at[0], in.at[1]));
}

#define X(id, spec, expression) {#id, spec, net_##id},
const test_net test_nets[] = {NETS(X){"two_results", "f4,3 f4,3", net_two_results}};
#undef X
const int test_nets_count = (int)(sizeof test_nets / sizeof test_nets[0]);
