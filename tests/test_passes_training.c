/* The passes for training: what they make of whole steps, and the steps that they must leave alone. */
#include "support/test.h"

#include "graph/pass.h"
#include "spore.h"
#include "support/steps.h"

/* The names of all passes but those in `only`. */
static const char *all_but(const char *only)
{
#define X(name, what) #name,
    static const char *const passes[] = { SP__PASSES(X) };
#undef X
    const char *list = "";
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        if (!sp__pass_is_out(only, passes[i]))
            list = sp_format("%s%s,", list, passes[i]);
    return list;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

/* The graph of fn on in with these passes only; its results are near those of an ordinary call. */
static const char *with(const char *passes, sp_fn fn, void *self, sp_list in)
{
    sp_compiled *c = sp_compile(fn, self, .without = all_but(passes));
    step_same(sp_compiled_run(c, in), fn(self, in), 5e-6, passes);
    const char *text = sp_format("%s", sp_graph_str(sp_compiled_graph(c, true)));
    sp_compiled_free(c);
    assert_int_equal(sp_error(), SP_OK);
    return text;
}

/* A fresh net's step with these passes only. */
static const char *step_with(const char *passes, const char *net, const char *optim)
{
    step_world w = step_world_new(step_net_named(net), step_optim_named(optim));
    sp_compiled *c = sp_compile(step_take, &w, .without = all_but(passes));
    assert_int_equal(sp_compiled_run(c, step_net_named(net)->batch()).n, 2);
    const char *text = sp_format("%s", sp_graph_str(sp_compiled_graph(c, true)));
    sp_compiled_free(c);
    step_world_free(&w);
    return text;
}

static sp_tensor *normal(sp_shape shape) { return sp_rand_normal(0, 1, SP_F32, shape); }

/* The gradients of the first output of `fn` with respect to its first two inputs, and all its outputs. */
static sp_list differentiated(void *fn, sp_list in)
{
    sp_fn f;
    memcpy(&f, fn, sizeof f);
    sp_grads g = sp_value_and_grad(&(sp_grad_fn){.fn = f, .wrt = SP_ARG(0) | SP_ARG(1), .has_aux = true}, in);
    if (!g.out.n)
        return g.out;
    sp_tensor *all[8] = {g.d_in.at[0], g.d_in.at[1]};
    for (int i = 0; i < g.out.n; i++)
        all[2 + i] = g.out.at[i];
    return sp_list_new(2 + g.out.n, all);
}

static const char *gradients_with(const char *passes, sp_fn fn, sp_list in)
{
    return with(passes, differentiated, &fn, in);
}

/* FN(name, expression): a function of x, y, z. */
#define FN(name, ...)                                                            \
    static sp_list name(void *self, sp_list in)                                  \
    {                                                                            \
        sp_tensor *x = in.at[0], *y = in.at[1], *z = in.n > 2 ? in.at[2] : NULL; \
        (void)self, (void)z;                                                     \
        __VA_ARGS__                                                              \
    }

/* ---- fold_update ---- */

TEST(plain_sgd_goes_into_the_product_of_the_gradient)
{
    const char *text = step_with("fold_update", "mlp", "sgd_decay");
    assert_int_equal(count(text, "= MatMulUpdate("), 4); /* the weights; biases have no product */
    assert_int_equal(count(text, "= SGD("), 4);
}

TEST(sgd_with_momentum_and_adam_stay)
{
    assert_int_equal(count(step_with("fold_update", "mlp", "sgd_momentum"), "MatMulUpdate"), 0);
    assert_int_equal(count(step_with("fold_update", "mlp", "momentum"), "MatMulUpdate"), 0);
    assert_int_equal(count(step_with("fold_update", "mlp", "adam"), "MatMulUpdate"), 0);
}

/* ---- the gradient is read elsewhere, the weight is used twice ---- */

typedef struct tied {
    sp_tensor *w;
    sp_optim *optim;
    bool give_gradient;
} tied;

static sp_list tied_loss(void *self, sp_list in)
{
    tied *t = self;
    sp_tensor *h = sp_tanh(sp_matmul(in.at[0], t->w));
    return sp_list_of(sp_sum(sp_square(t->give_gradient ? h : sp_matmul(h, t->w))));
}

static sp_list tied_step(void *self, sp_list in)
{
    tied *t = self;
    sp_grads g = sp_value_and_grad(&(sp_grad_fn){tied_loss, t, .weights = sp_optim_params(t->optim)}, in);
    if (!g.out.n || sp_optim_step(t->optim, g.d_weights) != SP_OK)
        return (sp_list){NULL, 0};
    return sp_list_of(g.out.at[0], t->give_gradient ? g.d_weights.at[0] : t->w);
}

TEST(a_gradient_that_is_a_result_or_a_sum_is_stored)
{
    for (int k = 0; k < 2; k++) {
        tied t[2];
        for (int i = 0; i < 2; i++) {
            sp_set_seed(3);
            t[i].w = sp__param_new(normal(SP_DIMS(4, 4)), "w", true);
            t[i].optim = sp_optim_sgd(sp_list_of(t[i].w), .lr = 0.01);
            t[i].give_gradient = k;
        }
        sp_list in = sp_list_of(normal(SP_DIMS(3, 4)));
        sp_compiled *c = sp_compile(tied_step, &t[1]);
        for (int i = 0; i < 4; i++)
            step_same(sp_compiled_run(c, in), tied_step(&t[0], in), 1e-5, "tied");
        step_same(sp_list_of(t[1].w), sp_list_of(t[0].w), 1e-5, "tied weight");
        assert_int_equal(count(sp_graph_str(sp_compiled_graph(c, true)), "MatMulUpdate"), 0);
        sp_compiled_free(c);
        for (int i = 0; i < 2; i++) {
            sp_optim_free(t[i].optim);
            sp__release(t[i].w);
        }
    }
}

/* ---- fuse_mask ---- */

TEST(the_way_back_through_relu_goes_into_the_product)
{
    const char *text = step_with("fuse_mask", "mlp", "adam");
    assert_int_equal(count(text, "= FusedMatMul("), 1); /* of three activations one is ReLU */
    assert_int_equal(count(text, "f=relu)"), 0);
    assert_int_equal(count(text, "= ActivationGrad("), 2);
}

FN(relu_of_a_deep_product, return sp_list_of(sp_sum(sp_square(sp_matmul(sp_relu(x), y))), x);)

TEST(fuse_mask_stays_out_of_products_of_higher_rank)
{
    const char *text = gradients_with("fuse_mask", relu_of_a_deep_product,
                                      sp_list_of(normal(SP_DIMS(2, 3, 4)), normal(SP_DIMS(2, 4, 5))));
    assert_int_equal(count(text, "FusedMatMul"), 0);
    text =
        gradients_with("fuse_mask", relu_of_a_deep_product, sp_list_of(normal(SP_DIMS(3, 4)), normal(SP_DIMS(4, 5))));
    assert_int_equal(count(text, "FusedMatMul"), 1);
}

/* ---- cross_entropy ---- */

TEST(cross_entropy_and_its_gradient_are_one)
{
    const char *text = step_with("cross_entropy", "mlp", "adam");
    assert_int_equal(count(text, "= SoftmaxCrossEntropy("), 1);
    assert_int_equal(count(text, "CrossEntropyGrad"), 0);
    assert_int_equal(count(text, "RealDiv"), 0);
}

/* x: logits, y: what makes them (so that both are differentiated), z: labels */
FN(loss, sp_tensor *l = sp_cross_entropy(sp_mul(x, y), z); return sp_list_of(l, l);)
FN(smooth,
   return sp_list_of(sp_cross_entropy_with(sp_mul(x, y), z, SP_NONE,
                                           &(sp_cross_entropy_attrs){.ignore_index = -100, .label_smoothing = 0.1}),
                     x);)
FN(summed,
   return sp_list_of(sp_cross_entropy_with(sp_mul(x, y), z, sp_vector(1, 2, 0.5f),
                                           &(sp_cross_entropy_attrs){.ignore_index = -100, .reduction = SP_SUM}),
                     x);)
FN(each, return sp_list_of(sp_cross_entropy_with(sp_mul(x, y), z, SP_NONE,
                                                 &(sp_cross_entropy_attrs){.ignore_index = -100,
                                                                           .reduction = SP_NO_REDUCTION}),
                           x);)
FN(scaled, return sp_list_of(sp_mul_number(sp_cross_entropy(sp_mul(x, y), z), 3), x);)
FN(of_the_loss, return sp_list_of(sp_square(sp_cross_entropy(sp_mul(x, y), z)), x);)

static sp_list logits(void)
{
    int32_t labels[] = {0, 2, 1, 2};
    return sp_list_of(normal(SP_DIMS(4, 3)), normal(SP_DIMS(4, 3)), sp_from(labels, SP_I32, SP_DIMS(4)));
}

/* Results are compared inside; whether the pattern is whole depends on what flows back. */
TEST(cross_entropy_of_all_kinds_is_right_fused_or_not)
{
    assert_int_equal(count(gradients_with("cross_entropy", loss, logits()), "SoftmaxCrossEntropy"), 1);
    assert_int_equal(count(gradients_with("cross_entropy", smooth, logits()), "SoftmaxCrossEntropy"), 1);
    assert_int_equal(count(gradients_with("cross_entropy", each, logits()), "SoftmaxCrossEntropy"), 0);
    assert_int_equal(count(gradients_with("cross_entropy", of_the_loss, logits()), "SoftmaxCrossEntropy"), 0);
    gradients_with("cross_entropy", summed, logits());
    gradients_with("fold, cse, cross_entropy", summed, logits());
    gradients_with("cross_entropy", scaled, logits());
    gradients_with("fold, cse, cross_entropy", scaled, logits());
    gradients_with("fold, cse, cross_entropy, chains", of_the_loss, logits());
}

static sp_list only_forward(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_cross_entropy(in.at[0], in.at[2]));
}

TEST(cross_entropy_without_a_gradient_stays)
{
    assert_int_equal(count(with("cross_entropy", only_forward, NULL, logits()), "SoftmaxCrossEntropy"), 0);
}

/* ---- bn_relu ---- */

TEST(batch_norm_relu_and_pooling_are_one_each_way)
{
    const char *text = step_with("bn_relu", "conv_pool", "adam");
    assert_int_equal(count(text, "= BatchNormReLU("), 2);
    assert_int_equal(count(text, "= BatchNormReLUGrad("), 2);
    assert_int_equal(count(text, "pool=True"), 2);
    assert_int_equal(count(text, "pool=False"), 2);
    assert_int_equal(count(text, "MaxPool"), 0);
    assert_int_equal(count(text, "= ReLU("), 0);
    text = step_with("bn_relu", "conv_other", "adam"); /* one BatchNorm has a ReLU behind it, and average pooling */
    assert_int_equal(count(text, "= BatchNormReLU("), 1);
    assert_int_equal(count(text, "= BatchNorm("), 2);
}

static sp_tensor *normed(sp_tensor *x, sp_tensor *y)
{
    sp_list out = sp_batch_norm(x, y, sp_vector(0.1f, -0.1f), sp_vector(0, 0), sp_vector(1, 1), true, 1e-5);
    return out.n ? out.at[0] : NULL;
}

static sp_tensor *pooled(sp_tensor *x, int64_t kernel, int64_t stride)
{
    return sp_max_pool2d(x, &(sp_pool2d_attrs){.kernel = {kernel, kernel}, .stride = {stride, stride}, .pad_mode = 1});
}

FN(whole, return sp_list_of(sp_sum(sp_square(pooled(sp_relu(normed(x, y)), 2, 2))), x);)
FN(odd, return sp_list_of(sp_sum(sp_square(pooled(sp_relu(normed(x, y)), 2, 2))), y);)
FN(windows_meet, return sp_list_of(sp_sum(sp_square(pooled(sp_relu(normed(x, y)), 2, 1))), x);)
FN(no_relu, return sp_list_of(sp_sum(sp_square(pooled(normed(x, y), 2, 2))), x);)
FN(norm_read_elsewhere, sp_tensor *n = normed(x, y); return sp_list_of(sp_sum(sp_square(pooled(sp_relu(n), 2, 2))), n);)
FN(relu_read_elsewhere, sp_tensor *r = sp_relu(normed(x, y));
   return sp_list_of(sp_add(sp_sum(sp_square(pooled(r, 2, 2))), sp_sum(sp_square(r))), r);)
FN(relu_is_a_result, sp_tensor *r = sp_relu(normed(x, y)); return sp_list_of(sp_sum(sp_square(pooled(r, 2, 2))), r);)
FN(two_pools, sp_tensor *r = sp_relu(normed(x, y));
   return sp_list_of(sp_add(sp_sum(sp_square(pooled(r, 2, 2))), sp_sum(sp_square(pooled(r, 3, 1)))), x);)
FN(relu_then_gelu, return sp_list_of(sp_sum(sp_square(sp_gelu(sp_relu(normed(x, y)), true))), x);)
FN(relu_then_relu, return sp_list_of(sp_sum(sp_square(sp_relu(sp_relu(normed(x, y))))), x);)

static sp_list image(int64_t h, int64_t w) { return sp_list_of(normal(SP_DIMS(3, 2, h, w)), sp_vector(1, -0.5f)); }

TEST(batch_norm_in_all_surroundings_is_right_fused_or_not)
{
    const char *text = gradients_with("bn_relu", whole, image(6, 4));
    assert_int_equal(count(text, "BatchNormReLUGrad("), 1);
    assert_int_equal(count(text, "MaxPool"), 0);
    gradients_with("bn_relu", odd, image(5, 7));
    assert_int_equal(count(gradients_with("bn_relu", windows_meet, image(6, 4)), "pool=True"), 0);
    assert_int_equal(count(gradients_with("bn_relu", no_relu, image(6, 4)), "BatchNormReLU"), 0);
    assert_int_equal(count(gradients_with("bn_relu", norm_read_elsewhere, image(6, 4)), "BatchNormReLU"), 0);
    assert_int_equal(count(gradients_with("bn_relu", relu_read_elsewhere, image(6, 4)), "pool=True"), 0);
    assert_int_equal(count(gradients_with("bn_relu", relu_is_a_result, image(6, 4)), "pool=True"), 0);
    assert_int_equal(count(gradients_with("bn_relu", two_pools, image(6, 4)), "pool=True"), 0);
    gradients_with("bn_relu", relu_then_gelu, image(6, 4));
    gradients_with("bn_relu", relu_then_relu, image(6, 4));
}

FN(without_pool, return sp_list_of(sp_sum(sp_mul(sp_relu(normed(x, y)), z)), x);)
FN(with_pool, sp_tensor *p = pooled(sp_relu(normed(x, y)), 2, 2); return sp_list_of(sp_sum(sp_mul(p, sp_sin(p))), p);)

/* Few different values: the largest of a window is often there twice, and often 0 behind the ReLU. */
TEST(batch_norm_of_images_of_any_size_and_with_equal_values)
{
    for (int64_t h = 2; h < 6; h++)
        for (int64_t w = 2; w < 38; w++) {
            sp_scope scope = sp_scope_begin();
            sp_tensor *x = sp_round(normal(SP_DIMS(2, 2, h, w))), *y = sp_vector(1.5f, -0.5f);
            const char *text = gradients_with("bn_relu", without_pool, sp_list_of(x, y, normal(SP_DIMS(2, 2, h, w))));
            assert_int_equal(count(text, "BatchNormReLUGrad("), 1);
            text = gradients_with("bn_relu", with_pool, sp_list_of(x, y));
            assert_int_equal(count(text, "pool=True"), 2);
            sp_scope_end(scope);
        }
}

TEST(all_passes_together_are_right_too)
{
    sp_fn images[] = {whole,
                      odd,
                      windows_meet,
                      no_relu,
                      norm_read_elsewhere,
                      relu_read_elsewhere,
                      relu_is_a_result,
                      two_pools,
                      relu_then_gelu,
                      relu_then_relu};
    sp_fn losses[] = {loss, smooth, summed, each, scaled, of_the_loss};
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++)
        gradients_with("all", images[i], image(5, 6));
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++)
        gradients_with("all", losses[i], logits());
}

TEST_MAIN()
