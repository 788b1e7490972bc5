/* Each pass alone: what becomes of a small graph, printed; and where the pattern must not match. */
#include "support/test.h"

#include <stdio.h>

#include "graph/pass.h"
#include "graph/executor.h"
#include "spore.h"
#include "support/steps.h"

#define SEED 17

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

/* fn's graph with these passes only; its results must be near those of an ordinary call. */
static const char *with(const char *passes, sp_fn fn, void *self, sp_list in, bool optimized)
{
    sp_compiled *c = sp_compile(fn, self, .without = all_but(passes));
    sp_set_seed(SEED);
    sp_list out = sp_compiled_run(c, in);
    sp_set_seed(SEED);
    step_same(out, fn(self, in), 2e-6, passes);
    const char *text = sp_format("%s", sp_graph_str(sp_compiled_graph(c, optimized)));
    sp_compiled_free(c);
    assert_int_equal(sp_error(), SP_OK);
    return text;
}

static void changes(const char *passes, sp_fn fn, sp_list in, const char *expected)
{
    assert_string_equal(with(passes, fn, NULL, in, true), expected);
}

/* The pass leaves the graph as it was traced. */
static void stays(const char *passes, sp_fn fn, sp_list in)
{
    assert_string_equal(with(passes, fn, NULL, in, true), with(passes, fn, NULL, in, false));
}

static sp_tensor *normal(sp_shape shape)
{
    sp_set_seed(SEED);
    return sp_rand_normal(0, 1, SP_F32, shape);
}

#define X0 sp_list_of(normal(SP_DIMS(2, 3)))

/* FN(name, expression): a function of x, y, z. */
#define FN(name, ...)                                                                              \
    static sp_list name(void *self, sp_list in)                                                    \
    {                                                                                              \
        sp_tensor *x = in.at[0], *y = in.n > 1 ? in.at[1] : NULL, *z = in.n > 2 ? in.at[2] : NULL; \
        (void)self, (void)y, (void)z;                                                              \
        __VA_ARGS__                                                                                \
    }

/* ---- simplify ---- */

FN(reshapes, return sp_list_of(sp_neg(sp_reshape(sp_reshape(sp_cast(x, SP_F32), SP_DIMS(3, 2)), SP_DIMS(2, 3))),
                               sp_exp(sp_flatten(sp_expand_dims(x, 1))));)

TEST(simplify_leaves_out_what_changes_nothing)
{
    changes("simplify", reshapes, X0,
            "graph(%0 x: Float32 (2, 3))\n"
            "%1 = Neg(%0)  Float32 (2, 3)\n"
            "%2 = Exp(%0)  Float32 (2, 3)\n"
            "return %1, %2\n");
}

FN(true_reshapes,
   return sp_list_of(sp_reshape(x, SP_DIMS(3, 2)), sp_cast(x, SP_F64), sp_broadcast_to(x, SP_DIMS(2, 2, 3)));)

TEST(simplify_keeps_what_changes_something) { stays("simplify", true_reshapes, X0); }

FN(reshape_read_twice, sp_tensor *r = sp_reshape(x, SP_DIMS(6)); return sp_list_of(r, sp_reshape(r, SP_DIMS(3, 2)));)

TEST(simplify_reads_through_a_reshape_that_is_needed_itself)
{
    changes("simplify", reshape_read_twice, X0,
            "graph(%0 x: Float32 (2, 3))\n"
            "%1 = Reshape(%0; shape=(6,))  Float32 (6,)\n"
            "%2 = Reshape(%0; shape=(3, 2))  Float32 (3, 2)\n"
            "return %1, %2\n");
}

/* ---- fold ---- */

static sp_tensor *param; /* of a frozen graph */

FN(of_a_parameter, return sp_list_of(sp_add(x, sp_exp(param)), sp_dropout(param, 0.5));)

TEST(fold_computes_what_depends_on_constants_but_not_what_is_random)
{
    param = sp__param_new(sp_vector(1, 2, 3), "w", true);
    sp_compiled *c = sp_compile(of_a_parameter, .frozen = true, .without = all_but("fold"));
    sp_set_seed(SEED);
    sp_list out = sp_compiled_run(c, X0);
    sp_set_seed(SEED);
    sp_list in = X0, expected = of_a_parameter(NULL, in);
    step_same(sp_list_of(out.at[0]), sp_list_of(expected.at[0]), 0, "fold");
    const char *text = sp_graph_str(sp_compiled_graph(c, true));
    assert_null(strstr(text, "Exp("));
    assert_non_null(strstr(text, "Dropout("));
    sp_compiled_free(c);
    c = sp_compile(of_a_parameter, .without = all_but("fold")); /* a parameter is no constant */
    assert_int_equal(sp_compiled_run(c, X0).n, 2);
    assert_non_null(strstr(sp_graph_str(sp_compiled_graph(c, true)), "Exp("));
    sp_compiled_free(c);
    sp__release(param);
}

/* ---- cse ---- */

FN(computed_twice, return sp_list_of(sp_add(sp_exp(x), sp_exp(x)), sp_mul_number(x, 2), sp_mul_number(x, 2));)

TEST(cse_computes_once_what_is_computed_twice)
{
    changes("cse", computed_twice, X0,
            "graph(%0 x: Float32 (2, 3))\n"
            "%1 = Exp(%0)  Float32 (2, 3)\n"
            "%2 = Add(%1, %1)  Float32 (2, 3)\n"
            "%3 = Mul(%0, 2.0)  Float32 (2, 3)\n"
            "return %2, %3, %3\n");
}

FN(alike_only,
   return sp_list_of(sp_sub(x, y), sp_sub(y, x), sp_mul_number(x, 2), sp_mul_number(x, 2.5), sp_softmax(x, 0),
                     sp_softmax(x, 1), sp_reshape(x, SP_DIMS(6)), sp_reshape(x, SP_DIMS(3, 2)),
                     sp_add(x, sp_scalar(1, SP_F32)), sp_add(x, sp_ones(SP_F32, SP_DIMS(1))));)

TEST(cse_keeps_apart_what_is_only_alike)
{
    stays("cse", alike_only, sp_list_of(normal(SP_DIMS(2, 3)), sp_ones(SP_F32, SP_DIMS(2, 3))));
}

FN(two_dropouts, return sp_list_of(sp_dropout(x, 0.5), sp_dropout(x, 0.5));)

TEST(cse_never_merges_what_is_random)
{
    sp_compiled *c = sp_compile(two_dropouts, .without = all_but("cse"));
    sp_list out = sp_compiled_run(c, sp_list_of(sp_ones(SP_F32, SP_DIMS(64))));
    assert_string_not_equal(sp_str(out.at[0]), sp_str(out.at[1]));
    sp_compiled_free(c);
}

/* ---- transpose ---- */

FN(transposed, sp_tensor *t = sp_transpose(x, 0, NULL), *u = sp_transpose(y, 2, (int[]){1, 0});
   return sp_list_of(sp_matmul(u, x), sp_matmul_t(x, u, true, true), sp_matmul(x, sp_transpose(x, 2, (int[]){-1, -2})));
   (void)t;)

TEST(transposes_go_into_the_product)
{
    changes("transpose", transposed, sp_list_of(normal(SP_DIMS(2, 3)), normal(SP_DIMS(2, 4))),
            "graph(%0 x: Float32 (2, 3), %1 x1: Float32 (2, 4))\n"
            "%2 = MatMul(%1, %0; transpose_a=True, transpose_b=False)  Float32 (4, 3)\n"
            "%3 = MatMul(%0, %1; transpose_a=True, transpose_b=False)  Float32 (3, 4)\n"
            "%4 = MatMul(%0, %0; transpose_a=False, transpose_b=True)  Float32 (2, 2)\n"
            "return %2, %3, %4\n");
}

FN(other_transposes, return sp_list_of(sp_matmul(sp_transpose(x, 3, (int[]){1, 0, 2}), y),
                                       sp_matmul(sp_transpose(x, 3, (int[]){1, 2, 0}), z));)

TEST(other_transposes_stay)
{
    stays("transpose", other_transposes,
          sp_list_of(normal(SP_DIMS(2, 3, 4)), normal(SP_DIMS(4, 5)), normal(SP_DIMS(2, 5))));
}

/* ---- fuse_bias ---- */

#define XWB(...) sp_list_of(normal(SP_DIMS(2, 3)), normal(SP_DIMS(3, 4)), normal(SP_DIMS(__VA_ARGS__)))

FN(dense, return sp_list_of(sp_relu(sp_add(sp_matmul(x, y), z)), sp_add(z, sp_matmul_t(x, y, false, false)));)

TEST(bias_and_activation_go_into_the_product)
{
    changes("fuse_bias", dense, XWB(4),
            "graph(%0 x: Float32 (2, 3), %1 x1: Float32 (3, 4), %2 x2: Float32 (4,))\n"
            "%3 = FusedMatMul(%0, %1, %2, None; transpose_a=False, transpose_b=False, act=relu)  Float32 (2, 4)\n"
            "%4 = FusedMatMul(%0, %1, %2, None; transpose_a=False, transpose_b=False, act=none)  Float32 (2, 4)\n"
            "return %3, %4\n");
}

FN(act_alone, return sp_list_of(sp_gelu(sp_matmul(x, y), true), sp_sigmoid(sp_bias_add(sp_matmul(x, y), z)));)

TEST(an_activation_goes_into_the_product_without_a_bias)
{
    changes("fuse_bias", act_alone, XWB(4),
            "graph(%0 x: Float32 (2, 3), %1 x1: Float32 (3, 4), %2 x2: Float32 (4,))\n"
            "%3 = FusedMatMul(%0, %1, None, None; transpose_a=False, transpose_b=False, act=gelu_erf)  Float32 (2, 4)\n"
            "%4 = FusedMatMul(%0, %1, %2, None; transpose_a=False, transpose_b=False, act=sigmoid)  Float32 (2, 4)\n"
            "return %3, %4\n");
}

FN(product_read_elsewhere, sp_tensor *p = sp_matmul(x, y); return sp_list_of(sp_add(p, z), sp_exp(p));)
FN(product_is_a_result, sp_tensor *p = sp_matmul(x, y); return sp_list_of(p, sp_add(p, z));)
FN(product_and_itself, sp_tensor *p = sp_matmul(x, y); return sp_list_of(sp_add(p, p));)
FN(other_activation, return sp_list_of(sp_silu(sp_matmul(x, y)));)
FN(just_a_sum, return sp_list_of(sp_add(sp_matmul(x, y), z));)

TEST(fuse_bias_stays_out_where_the_product_or_the_bias_is_another)
{
    stays("fuse_bias", product_read_elsewhere, XWB(4));
    stays("fuse_bias", product_is_a_result, XWB(4));
    stays("fuse_bias", product_and_itself, XWB(4));
    stays("fuse_bias", other_activation, XWB(4));
    stays("fuse_bias", just_a_sum, XWB(1));
    stays("fuse_bias", just_a_sum, XWB(1, 4));
    stays("fuse_bias", just_a_sum, XWB(2, 4));
    stays("fuse_bias", just_a_sum, XWB(2, 1));
    stays("fuse_bias", just_a_sum, XWB(1, 2, 4)); /* a result of higher rank */
    stays("fuse_bias", just_a_sum, sp_list_of(normal(SP_DIMS(5, 2, 3)), normal(SP_DIMS(3, 4)), normal(SP_DIMS(4))));
    stays("fuse_bias", just_a_sum, sp_list_of(normal(SP_DIMS(3)), normal(SP_DIMS(3, 4)), normal(SP_DIMS(4))));
}

FN(sum_read_elsewhere, sp_tensor *s = sp_add(sp_matmul(x, y), z); return sp_list_of(sp_relu(s), sp_sum(s));)
FN(bias_of_the_product, sp_tensor *p = sp_matmul(x, y),
   *b = sp_reshape(sp_sum_axes(z, 1, (int[]){0}, true), SP_DIMS(4));
   return sp_list_of(sp_tanh(sp_add(p, b)));)

TEST(fuse_bias_takes_what_it_can)
{
    const char *text = with("fuse_bias", sum_read_elsewhere, NULL, XWB(4), true);
    assert_non_null(strstr(text, "act=none"));
    assert_non_null(strstr(text, "ReLU("));
    text = with("fuse_bias", bias_of_the_product, NULL, XWB(5, 4), true); /* the bias comes after the product */
    assert_non_null(strstr(text, "act=tanh"));
    assert_null(strstr(text, "Add("));
}

/* ---- chains ---- */

FN(chain, return sp_list_of(sp_relu(sp_add(sp_mul(x, y), sp_exp(x))));)

TEST(elementwise_functions_become_a_chain)
{
    const char *text = with("chains", chain, NULL, sp_list_of(normal(SP_DIMS(2, 3)), normal(SP_DIMS(2, 3))), true);
    assert_non_null(strstr(text, "%2 = Chain(%0, %1; "));
    assert_non_null(strstr(text, "return %2\n"));
    with("chains", chain, NULL, sp_list_of(normal(SP_DIMS(70, 50)), normal(SP_DIMS(70, 50))),
         true); /* several blocks */
}

FN(broadcasts, return sp_list_of(sp_add(sp_exp(x), y));)
FN(read_elsewhere, sp_tensor *e = sp_exp(x); return sp_list_of(sp_neg(e), sp_reshape(e, SP_DIMS(6)));)
FN(only_one, return sp_list_of(sp_exp(x), sp_sum(x), sp_cast(x, SP_F64));)

TEST(chains_keep_to_one_shape_and_to_what_nobody_else_reads)
{
    stays("chains", broadcasts, sp_list_of(normal(SP_DIMS(3)), normal(SP_DIMS(2, 3))));
    stays("chains", read_elsewhere, X0);
    stays("chains", only_one, X0);
    stays("chains", chain, sp_list_of(sp_ones(SP_F16, SP_DIMS(3)), sp_ones(SP_F16, SP_DIMS(3))));
}

FN(long_chain, sp_tensor *t = x; for (int i = 0; i < 30; i++) t = sp_mul_number(sp_add(sp_sin(t), y), 0.5);
   return sp_list_of(t);)

TEST(a_chain_longer_than_a_chain_may_be_is_cut)
{
    sp_list in = sp_list_of(normal(SP_DIMS(40, 40)), normal(SP_DIMS(40, 40)));
    assert_non_null(strstr(with("chains", long_chain, NULL, in, true), "Chain("));
}

TEST_MAIN()
