/* Derivatives of functions: the tutorial's example digit by digit, every form of the request, gradients of gradients. */
#include "support/test.h"

#include "grad/tape.h"
#include "spore.h"

/* x, y, w, b -> loss, z */
static sp_list tutorial(void *self, sp_list in)
{
    bool *stop = self;
    sp_tensor *z = sp_add(sp_matmul(in.at[0], in.at[2]), in.at[3]);
    sp_tensor *loss = sp_bce_with_logits(z, in.at[1], SP_NONE, SP_NONE);
    return sp_list_of(loss, stop && *stop ? sp_stop_gradient(z) : z);
}

/* Weights whose products with ones are exact, so that z is what b makes it. */
static sp_list tutorial_inputs(void)
{
    static const float b[3] = {-0.95275986f, -5.370149f, 2.7537608f};
    float w[15];
    for (int i = 0; i < 15; i++)
        w[i] = (float)(i / 3 % 2 ? -1 : 1) * (i < 12 ? 0.25f : 0); /* each column adds up to 0 */
    return sp_list_of(sp_ones(SP_F32, SP_DIMS(5)), sp_zeros(SP_F32, SP_DIMS(3)), sp_from(w, SP_F32, SP_DIMS(5, 3)),
                      sp_from(b, SP_F32, SP_DIMS(3)));
}

#define ROW  "[ 9.27767083e-02,  1.54396100e-03,  3.13375115e-01]"
#define ROW1 "[ 1.09277666e+00,  1.00154400e+00,  1.31337512e+00]"

static void check_gradients(sp_list d, const char *row)
{
    const char *dw = sp__scope_printf("Tensor(shape=[5, 3], dtype=Float32, value=\n[%s,\n %s,\n %s,\n %s,\n %s])", row,
                                      row, row, row, row);
    assert_int_equal(sp_error(), SP_OK);
    assert_int_equal(d.n, 2);
    assert_string_equal(sp_repr(d.at[0]), dw);
    assert_string_equal(sp_repr(d.at[1]), sp__scope_printf("Tensor(shape=[3], dtype=Float32, value= %s)", row));
}

TEST(tutorial_gradient_digit_by_digit)
{
    sp_grad_fn f = {tutorial, NULL, .wrt = SP_ARG(2) | SP_ARG(3), .has_aux = true};
    sp_grads g = sp_value_and_grad(&f, tutorial_inputs());
    check_gradients(g.d_in, ROW);
    assert_string_equal(sp_str(g.out.at[0]), "1.0487777");
    assert_string_equal(sp_repr(g.out.at[1]),
                        "Tensor(shape=[3], dtype=Float32, value= [-9.52759862e-01, -5.37014914e+00,  2.75376081e+00])");
}

TEST(second_output_adds_one_to_each_gradient)
{
    sp_grad_fn f = {tutorial, NULL, .wrt = SP_ARG(2) | SP_ARG(3)};
    check_gradients(sp_grad(&f, tutorial_inputs()), ROW1);
}

TEST(stop_gradient_removes_the_second_output_again)
{
    bool stop = true;
    sp_grad_fn f = {tutorial, &stop, .wrt = SP_ARG(2) | SP_ARG(3)};
    check_gradients(sp_grad(&f, tutorial_inputs()), ROW);
}

static sp_list cube(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_mul(in.at[0], sp_mul(in.at[0], in.at[0])));
}

TEST(gradients_of_gradients_of_a_cube)
{
    sp_grad_fn d1 = {cube, NULL, .wrt = SP_ARG(0)}, d2 = {sp_grad, &d1, .wrt = SP_ARG(0)};
    sp_grad_fn d3 = {sp_grad, &d2, .wrt = SP_ARG(0)}, d4 = {sp_grad, &d3, .wrt = SP_ARG(0)};
    sp_list x = sp_list_of(sp_vector(1, 2, -3));
    assert_string_equal(sp_str(sp_grad(&d1, x).at[0]), "[ 3. 12. 27.]");
    assert_string_equal(sp_str(sp_grad(&d2, x).at[0]), "[  6.  12. -18.]");
    assert_string_equal(sp_str(sp_grad(&d3, x).at[0]), "[6. 6. 6.]");
    assert_string_equal(sp_str(sp_grad(&d4, x).at[0]), "[0. 0. 0.]");
}

static sp_list product(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_mul(in.at[0], in.at[1]));
}

TEST(one_tensor_given_twice_has_two_gradients)
{
    sp_tensor *x = sp_vector(2, 5);
    sp_grad_fn f = {product, NULL, .wrt = SP_ARG(0)};
    assert_string_equal(sp_str(sp_grad(&f, sp_list_of(x, x)).at[0]), "[2. 5.]");
    f.wrt = SP_ARG(0) | SP_ARG(1);
    sp_list both = sp_grad(&f, sp_list_of(x, sp_vector(3, 4)));
    assert_string_equal(sp_str(both.at[0]), "[3. 4.]");
    assert_string_equal(sp_str(both.at[1]), "[2. 5.]");
}

static sp_list first_only(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_square(in.at[0]));
}

TEST(unused_input_and_weight_get_zeros)
{
    sp_tensor *w = sp_vector(1, 1, 1);
    sp_grad_fn f = {first_only, NULL, .wrt = SP_ARG(0) | SP_ARG(1), .weights = sp_list_of(w)};
    sp_grads g = sp_value_and_grad(&f, sp_list_of(sp_vector(1, 2), sp_vector(7)));
    assert_string_equal(sp_tuple_str(g.d_in),
                        "(Tensor(shape=[2], dtype=Float32, value= [ 2.00000000e+00,  4.00000000e+00]), "
                        "Tensor(shape=[1], dtype=Float32, value= [ 0.00000000e+00]))");
    assert_string_equal(sp_str(g.d_weights.at[0]), "[0. 0. 0.]");
}

/* x (1, 3) times a weight that the closure holds */
static sp_list with_weight(void *self, sp_list in) { return sp_list_of(sp_sum(sp_mul(in.at[0], self))); }

TEST(weights_are_differentiated_beside_inputs)
{
    sp_tensor *w = sp_vector(4, 5, 6);
    sp_grad_fn f = {with_weight, w, .wrt = SP_ARG(0), .weights = sp_list_of(w, w)};
    sp_grads g = sp_value_and_grad(&f, sp_list_of(sp_vector(1, 2, 3)));
    assert_string_equal(sp_str(g.out.at[0]), "32.0");
    assert_string_equal(sp_str(g.d_in.at[0]), "[4. 5. 6.]");
    assert_int_equal(g.d_weights.n, 2);
    assert_string_equal(sp_str(g.d_weights.at[0]), "[1. 2. 3.]");
    assert_string_equal(sp_str(g.d_weights.at[1]), "[1. 2. 3.]");
}

/* The derivative of x by the inner gradient with respect to a weight that both see: d/dx d/dw sum(w^2 x) = 2 w. */
static sp_list weight_squared(void *self, sp_list in) { return sp_list_of(sp_sum(sp_mul(sp_square(self), in.at[0]))); }

TEST(outer_gradient_sees_through_an_inner_one_over_weights)
{
    sp_tensor *w = sp_vector(4, 5);
    sp_grad_fn inner = {weight_squared, w, .weights = sp_list_of(w)};
    sp_grad_fn outer = {sp_grad, &inner, .wrt = SP_ARG(0), .weights = sp_list_of(w)};
    sp_grads g = sp_value_and_grad(&outer, sp_list_of(sp_vector(1, 10)));
    assert_string_equal(sp_str(g.d_in.at[0]), "[ 8. 10.]");
    assert_string_equal(sp_str(g.d_weights.at[0]), "[ 2. 20.]");
}

/* ---- what is refused ---- */

static sp_list position_of_max(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_argmax(in.at[0], 0));
}

static sp_list null_list(void *self, sp_list in)
{
    (void)self, (void)in;
    return (sp_list){NULL, 0};
}

static void refused(sp_grads g, sp_status code, const char *text)
{
    assert_int_equal(sp_error(), code);
    assert_string_equal(sp_error_text(), text);
    assert_int_equal(g.out.n + g.d_in.n + g.d_weights.n, 0);
    assert_null(g.out.at[0]);
    assert_null(g.d_in.at[7]);
    sp_error_clear();
}

TEST(requests_that_make_no_sense_are_refused)
{
    sp_list x = sp_list_of(sp_vector(1, 2));
    sp_list whole = sp_list_of(sp_arange(0, 3, 1, SP_I32));
    sp_grad_fn f = {.fn = first_only};
    refused(sp_value_and_grad(NULL, x), SP_ERR_VALUE, "grad: argument 1 is NULL");
    refused(sp_value_and_grad(&f, x), SP_ERR_VALUE,
            "grad: nothing to differentiate: wrt names no input and weights is empty");
    f.wrt = SP_ARG(3);
    refused(sp_value_and_grad(&f, x), SP_ERR_VALUE, "grad: wrt names input 3 of 1");
    f.wrt = SP_ARG(0);
    refused(sp_value_and_grad(&f, whole), SP_ERR_DTYPE,
            "grad: input 0 is Int32: only floating-point tensors have a gradient");
    f.has_aux = true;
    refused(sp_value_and_grad(&f, x), SP_ERR_VALUE,
            "grad: has_aux needs a function with at least two outputs, found 1");
    f = (sp_grad_fn){position_of_max, NULL, .wrt = SP_ARG(0)};
    refused(sp_value_and_grad(&f, x), SP_ERR_DTYPE,
            "grad: output 0 is Int64: only floating-point tensors have a gradient");
    f.fn = null_list;
    refused(sp_value_and_grad(&f, x), SP_ERR_VALUE, "grad: the function has no outputs (0)");
    f.fn = NULL;
    refused(sp_value_and_grad(&f, x), SP_ERR_VALUE, "grad: fn: argument 1 is NULL");
}

TEST(failure_inside_the_function_keeps_its_own_text)
{
    sp_grad_fn f = {tutorial, NULL, .wrt = SP_ARG(2)};
    sp_list in = tutorial_inputs();
    sp_list wrong = sp_list_of(in.at[0], in.at[1], sp_ones(SP_F32, SP_DIMS(4, 3)), in.at[3]);
    refused(sp_value_and_grad(&f, wrong), SP_ERR_SHAPE, "matmul: inner dimensions differ: (5,) x (4, 3)");
}

static sp_list assigns(void *self, sp_list in)
{
    sp_assign(self, sp_vector(0, 0, 0));
    return with_weight(self, in);
}

TEST(assigning_what_is_differentiated_is_refused)
{
    sp_tensor *w = sp__param_new(sp_vector(4, 5, 6), "w", true);
    sp_grad_fn f = {assigns, w, .weights = sp_list_of(w)};
    sp_value_and_grad(&f, sp_list_of(sp_vector(1, 2, 3)));
    assert_int_equal(sp_error(), SP_ERR_STATE);
    assert_string_equal(sp_error_text(), "assign: w is being differentiated; its saved values would change");
    assert_true(sp_at(w, 0) == 4);
    sp_error_clear();
    assert_int_equal(sp_assign(w, sp_vector(7, 8, 9)), SP_OK);
    assert_true(sp_at(w, 2) == 9);
    sp__release(w);
}

/* ---- memory ---- */

static sp_list chain(void *self, sp_list in)
{
    sp_tensor *x = in.at[0];
    for (int i = 0; i < 10; i++)
        x = sp_tanh(sp_matmul(x, self));
    return sp_list_of(sp_sum(x));
}

TEST(nothing_outlives_the_scope_and_steady_steps_ask_for_no_memory)
{
    sp_tensor *w = sp_keep(sp_rand_normal(0, 0.1, SP_F32, SP_DIMS(16, 16)));
    sp_tensor *x = sp_keep(sp_ones(SP_F32, SP_DIMS(4, 16)));
    sp_grad_fn f = {chain, w, .wrt = SP_ARG(0), .weights = sp_list_of(w)};
    int64_t blocks = 0, calls = 0;
    for (int i = 0; i < 20; i++) {
        sp_scope s = sp_scope_begin();
        sp_list in = sp_list_of(x);
        assert_int_equal(sp_value_and_grad(&f, in).d_weights.n, 1);
        sp_scope_end(s);
        sp_mem_stats m = sp_mem_stats_get();
        if (i > 1) {
            assert_int_equal(m.live_blocks, blocks);
            if (sp__mem_caches())
                assert_int_equal(m.system_calls, calls);
        }
        blocks = m.live_blocks;
        calls = m.system_calls;
    }
    sp_drop(w);
    sp_drop(x);
}

TEST(every_allocation_may_fail)
{
    sp_tensor *w = sp_keep(sp_rand_normal(0, 0.1, SP_F32, SP_DIMS(4, 4)));
    sp_tensor *x = sp_keep(sp_ones(SP_F32, SP_DIMS(2, 4)));
    sp_grad_fn inner = {chain, w, .wrt = SP_ARG(0)}, outer = {sp_grad, &inner, .wrt = SP_ARG(0)};
    int64_t blocks = sp_mem_stats_get().live_blocks;
    bool failed = true;
    for (int64_t n = 1; failed && n < 100000; n += n < 50 ? 1 : 7) {
        sp_scope s = sp_scope_begin();
        sp_mem_fail_at(n);
        sp_list d = sp_grad(&outer, sp_list_of(x));
        sp_mem_fail_at(0);
        failed = d.n == 0;
        assert_int_equal(sp_error(), failed ? SP_ERR_NOMEM : SP_OK);
        sp_error_clear();
        sp_scope_end(s);
        if (n > 1 && sp__mem_caches())
            assert_in_range(sp_mem_stats_get().live_blocks, blocks, blocks + 8); /* the scope's own arrays grow once */
    }
    assert_false(failed);
    sp_drop(w);
    sp_drop(x);
}

TEST_MAIN()
