/* What compiled functions may give back, and what they may change: the same as when they are called as they are. */
#include "support/test.h"

#include "graph/graph.h"
#include "spore.h"
#include "support/steps.h"

/* ---- two parameters that functions change ---- */

typedef struct two {
    sp_tensor *a, *b;
} two;

static two two_new(void)
{
    return (two){sp__param_new(sp_vector(1, 2, 3), "a", true), sp__param_new(sp_vector(10, 20, 30), "b", true)};
}

static void two_free(two t)
{
    sp__release(t.a);
    sp__release(t.b);
}

static sp_list example(void) { return sp_list_of(sp_vector(0.5f, -1, 4)); }

/* fn on parameters of its own: called three times as it is; compiled; compiled without passes, and without taking places over. All
 * that comes out must be the same bits each time, and so must the parameters. */
static void check(sp_fn fn, sp_list in, const char *what)
{
    static const char *const without[] = {NULL, "all", "in_place"};
    for (int k = 0; k < 3; k++) {
        two eager = two_new(), compiled = two_new();
        sp_compiled *c = sp_compile(fn, &compiled, .without = without[k]);
        for (int i = 0; i < 3; i++) {
            step_same(sp_compiled_run(c, in), fn(&eager, in), 0, what);
            step_same(sp_list_of(compiled.a, compiled.b), sp_list_of(eager.a, eager.b), 0, what);
        }
        sp_compiled_free(c);
        two_free(eager);
        two_free(compiled);
    }
    assert_int_equal(sp_error(), SP_OK);
}

/* FN(name, expressions...): a function of the parameters t->a and t->b and the input x. */
#define FN(name, ...)                           \
    static sp_list name(void *self, sp_list in) \
    {                                           \
        two *t = self;                          \
        sp_tensor *x = in.n ? in.at[0] : NULL;  \
        (void)t;                                \
        (void)x;                                \
        __VA_ARGS__                             \
    }

/* ---- results ---- */

FN(the_input, return in;)
FN(a_parameter, return sp_list_of(t->a);)
FN(a_view_of_the_input, return sp_list_of(sp_reshape(x, SP_DIMS(3, 1)), sp_index(x, sp_span(1, 3)));)
FN(a_constant, return sp_list_of(sp_vector(7, 8), sp_scalar(1, SP_F64));)
FN(twice, sp_tensor *y = sp_neg(x); return sp_list_of(y, y, sp_reshape(y, SP_DIMS(1, 3)), sp_index(y, sp_pick(2)));)
FN(a_middle, sp_tensor *y = sp_exp(x); return sp_list_of(sp_mul_number(sp_neg(y), 3), y);)
FN(a_view_of_a_parameter, return sp_list_of(sp_reshape(t->a, SP_DIMS(3, 1)));)

TEST(results_may_be_whatever_a_function_gives)
{
    check(the_input, example(), "the input");
    check(a_parameter, example(), "a parameter");
    check(a_view_of_the_input, example(), "views of the input");
    check(a_constant, example(), "constants");
    check(twice, example(), "one tensor twice");
    check(a_middle, example(), "what others are made of");
    check(a_view_of_a_parameter, example(), "a view of a parameter");
}

FN(of_nothing, return sp_list_of(sp_add(t->a, t->b), sp_neg(t->a));)

TEST(a_function_may_have_no_inputs) { check(of_nothing, (sp_list){NULL, 0}, "no inputs"); }

TEST(results_outlive_the_next_run_and_the_compiled_function)
{
    two t = two_new();
    sp_fn all[] = {the_input, a_view_of_the_input, a_constant, twice, a_middle, of_nothing};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        sp_compiled *c = sp_compile(all[i], &t);
        sp_list first = sp_compiled_run(c, example()), expected = all[i](&t, example());
        sp_compiled_run(c, sp_list_of(sp_vector(-7, -8, -9)));
        step_same(first, expected, 0, "after the next run");
        sp_list second = sp_compiled_run(c, example());
        sp_compiled_free(c);
        sp_list others[8];
        for (int k = 0; k < 8; k++) /* what was freed is used again */
            others[k] = sp_list_of(sp_full(k, SP_F32, SP_DIMS(16)));
        step_same(second, expected, 0, "when it is gone");
        assert_int_equal(others[7].n, 1);
    }
    assert_int_equal(sp_error(), SP_OK);
    two_free(t);
}

TEST(results_can_be_given_back_as_inputs)
{
    two t = two_new();
    sp_compiled *c = sp_compile(twice, &t);
    sp_list out = sp_compiled_run(c, example()), again = sp_compiled_run(c, sp_list_of(out.at[1]));
    assert_string_equal(sp_str(again.at[0]), sp_str(example().at[0]));
    sp_compiled_free(c);
    two_free(t);
}

/* ---- changes ---- */

FN(swap, sp_tensor *a = sp_add_number(t->a, 0); sp_assign(t->a, t->b); sp_assign(t->b, a); return in;)
FN(shift, sp_tensor *a = sp_neg(sp_neg(t->a)); sp_assign(t->a, x); sp_assign(t->b, a); return in;)
FN(assign_twice, sp_assign(t->a, sp_add(t->a, x)); sp_assign(t->a, sp_mul(t->a, t->a)); return sp_list_of(t->a);)
FN(both_the_same, sp_tensor *y = sp_add(t->a, x); sp_assign(t->a, y); sp_assign(t->b, y); return sp_list_of(y);)
FN(to_itself, sp_assign(t->a, t->a); return sp_list_of(t->a);)
FN(read_later, sp_tensor *y = sp_add(t->a, x), *z = sp_mul(t->a, t->b); sp_assign(t->a, y);
   return sp_list_of(z, sp_mul(t->a, t->b));)
FN(read_before_and_after, sp_tensor *old = sp_mul_number(t->a, 2); sp_assign(t->a, sp_neg(t->a));
   return sp_list_of(sp_add(old, t->a), old);)
FN(crosswise, sp_tensor *a = sp_add(t->a, t->b), *b = sp_sub(t->a, t->b); sp_assign(t->a, a); sp_assign(t->b, b);
   return sp_list_of(sp_mul(t->a, t->b));)
FN(through_a_product, sp_tensor *w = sp_reshape(t->a, SP_DIMS(3, 1));
   sp_assign(t->a, sp_sum_axes(sp_mul(w, sp_reshape(t->a, SP_DIMS(1, 3))), 1, (int[]){0}, false)); return in;)
FN(turned_round, sp_assign(t->a, sp_index(t->a, sp_from_to_by(2, -4, -1))); return sp_list_of(t->a);)
FN(constant_into, sp_assign(t->b, sp_vector(1, 1, 2)); return sp_list_of(t->b, sp_add(t->b, x));)
FN(result_and_new_value, sp_tensor *y = sp_mul(t->a, x); sp_assign(t->b, y);
   return sp_list_of(y, sp_reshape(y, SP_DIMS(3, 1)), sp_exp(y));)

TEST(parameters_change_as_in_ordinary_calls)
{
    check(swap, example(), "swap");
    check(shift, example(), "shift");
    check(assign_twice, example(), "assigned twice");
    check(both_the_same, example(), "one value for both");
    check(to_itself, example(), "to itself");
    check(read_later, example(), "read later");
    check(read_before_and_after, example(), "read before and after");
    check(crosswise, example(), "crosswise");
    check(through_a_product, example(), "through a product");
    check(turned_round, example(), "turned round");
    check(constant_into, example(), "a constant");
    check(result_and_new_value, example(), "a result that is a new value");
}

FN(plain_swap, sp_tensor *a = t->a; sp_assign(t->a, t->b); sp_assign(t->b, a); return in;)

/* a is t->a itself, so its value is that of b by then. */
TEST(a_parameter_is_read_where_it_is_used) { check(plain_swap, example(), "plain swap"); }

FN(a_view_is_read_later, sp_tensor *v = sp_reshape(t->a, SP_DIMS(3)); sp_assign(t->a, sp_neg(t->a));
   return sp_list_of(sp_mul_number(v, 2), v, sp_index(v, sp_span(1, 3)));)

/* In an ordinary call it would show the change. */
TEST(a_view_of_a_parameter_holds_what_was_there)
{
    static const char *const without[] = {NULL, "all", "in_place"};
    for (int k = 0; k < 3; k++) {
        two t = two_new();
        sp_compiled *c = sp_compile(a_view_is_read_later, &t, .without = without[k]);
        sp_list out = sp_compiled_run(c, example());
        step_same(out, sp_list_of(sp_vector(2, 4, 6), sp_vector(1, 2, 3), sp_vector(2, 3)), 0, "the view");
        step_same(sp_list_of(t.a), sp_list_of(sp_vector(-1, -2, -3)), 0, "the parameter");
        sp_compiled_free(c);
        two_free(t);
    }
}

/* ---- an input that is a parameter ---- */

FN(changes_what_it_reads, sp_tensor *y = sp_add_number(x, 1); sp_assign(t->a, sp_neg(t->a));
   sp_assign(t->b, sp_add(t->b, y)); return sp_list_of(sp_mul(y, t->b));)

TEST(an_input_may_be_a_parameter_that_changes)
{
    two eager = two_new(), compiled = two_new();
    sp_compiled *c = sp_compile(changes_what_it_reads, &compiled);
    for (int i = 0; i < 3; i++) {
        step_same(sp_compiled_run(c, sp_list_of(compiled.a)), changes_what_it_reads(&eager, sp_list_of(eager.a)), 0,
                  "a");
        step_same(sp_list_of(compiled.a, compiled.b), sp_list_of(eager.a, eager.b), 0, "parameters");
    }
    sp_compiled_free(c);
    two_free(eager);
    two_free(compiled);
}

FN(reads_before_the_change, sp_tensor *y = sp_add_number(x, 1); sp_assign(t->a, sp_neg(t->a));
   return sp_list_of(sp_mul_number(y, 2), sp_reshape(x, SP_DIMS(3, 1)));)

/* Whatever passes do with the order of things: an input is what it was when the function was called. */
TEST(an_input_that_is_a_parameter_or_a_view_of_one_is_read_as_it_was)
{
    static const char *const without[] = {NULL, "all", "in_place"};
    for (int k = 0; k < 6; k++) {
        two t = two_new();
        sp_compiled *c = sp_compile(reads_before_the_change, &t, .without = without[k / 2]);
        sp_list out = sp_compiled_run(c, sp_list_of(k % 2 ? t.a : sp_reshape(t.a, SP_DIMS(3))));
        step_same(out, sp_list_of(sp_vector(4, 6, 8), sp_reshape(sp_vector(1, 2, 3), SP_DIMS(3, 1))), 0, "results");
        step_same(sp_list_of(t.a), sp_list_of(sp_vector(-1, -2, -3)), 0, "the parameter");
        sp_compiled_free(c);
        two_free(t);
    }
}

/* ---- shapes at the edge ---- */

FN(elementwise, return sp_list_of(sp_relu(sp_add_number(sp_mul_number(x, 2), 1)), sp_sum(sp_square(x)),
                                  sp_reshape(sp_exp(sp_neg(x)), SP_DIMS(-1)), sp_concat(sp_list_of(x, sp_neg(x)), 0));)

TEST(nothing_at_all_and_one_element)
{
    check(elementwise, sp_list_of(sp_zeros(SP_F32, SP_DIMS(0))), "no elements");
    check(elementwise, sp_list_of(sp_zeros(SP_F64, SP_DIMS(3))), "Float64");
    check(elementwise, sp_list_of(sp_ones(SP_F32, SP_DIMS(1))), "one element");
    check(elementwise, sp_list_of(sp_ones(SP_F16, SP_DIMS(5))), "Float16");
    check(elementwise, sp_list_of(sp_ones(SP_BF16, SP_DIMS(5))), "BFloat16");
}

static sp_list ones_of_two_ranks(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_sub(sp_neg(in.at[0]), in.at[1]), sp_mul(sp_exp(in.at[2]), sp_neg(in.at[0])));
}

TEST(one_element_of_several_ranks)
{
    check(ones_of_two_ranks,
          sp_list_of(sp_ones(SP_F32, SP_DIMS(1)), sp_ones(SP_F32, SP_DIMS(1, 1)), sp_scalar(2, SP_F32)), "ones");
    check(ones_of_two_ranks,
          sp_list_of(sp_zeros(SP_F32, SP_DIMS(0, 3)), sp_ones(SP_F32, SP_DIMS(1, 1)), sp_scalar(2, SP_F32)), "none");
    check(ones_of_two_ranks,
          sp_list_of(sp_zeros(SP_F32, SP_DIMS(3)), sp_ones(SP_F32, SP_DIMS(1, 1)), sp_scalar(2, SP_F32)), "three");
}

TEST(a_batch_of_nothing)
{
    for (int i = 0; i < step_nets_count; i++) {
        if (strcmp(step_nets[i].name, "mlp") && strcmp(step_nets[i].name, "norms"))
            continue;
        step_world w = step_world_new(&step_nets[i], step_optim_named("sgd"));
        sp_cell_train(w.net, false);
        sp_compiled *c = sp_compile(sp_cell_fn, w.net);
        sp_list in = sp_list_of(sp_zeros(SP_F32, SP_DIMS(0, 9)));
        step_same(sp_compiled_run(c, in), sp_cell_fn(w.net, in), 0, step_nets[i].name);
        sp_compiled_free(c);
        step_world_free(&w);
    }
    assert_int_equal(sp_error(), SP_OK);
}

static sp_list sum_of_net(void *net, sp_list in) { return sp_list_of(sp_sum(sp_call(net, in.at[0]))); }

static sp_list sum_step(void *world, sp_list in)
{
    step_world *w = world;
    sp_grads g = sp_value_and_grad(&(sp_grad_fn){sum_of_net, w->net, .weights = sp_optim_params(w->optim)}, in);
    return g.out.n && sp_optim_step(w->optim, g.d_weights) == SP_OK ? g.out : (sp_list){NULL, 0};
}

/* The gradients are products over nothing; the decay remains. */
TEST(a_step_with_a_batch_of_nothing)
{
    static const char *const optims[] = {"sgd_decay", "adam_amsgrad", "sgd_nesterov"};
    for (int k = 0; k < 3; k++) {
        step_world eager = step_world_new(step_net_named("mlp"), step_optim_named(optims[k]));
        step_world compiled = step_world_new(step_net_named("mlp"), step_optim_named(optims[k]));
        sp_compiled *c = sp_compile(sum_step, &compiled);
        for (int i = 0; i < 4; i++) {
            sp_list in = sp_list_of(sp_ones(SP_F32, SP_DIMS(i % 2 ? 2 : 0, 9)));
            step_same(sp_compiled_run(c, in), sum_step(&eager, in), 1e-5, optims[k]);
        }
        step_worlds_same(&compiled, &eager, 1e-5, optims[k]);
        sp_compiled_free(c);
        step_world_free(&eager);
        step_world_free(&compiled);
    }
    assert_int_equal(sp_error(), SP_OK);
}

static sp_list product_and_bias(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_sigmoid(sp_add(sp_matmul(in.at[0], in.at[1]), in.at[2])),
                      sp_relu(sp_matmul(in.at[0], in.at[1])));
}

TEST(a_product_over_nothing_is_its_bias)
{
    check(product_and_bias,
          sp_list_of(sp_zeros(SP_F32, SP_DIMS(3, 0)), sp_zeros(SP_F32, SP_DIMS(0, 2)), sp_vector(1, -1)), "K = 0");
    check(product_and_bias,
          sp_list_of(sp_zeros(SP_F32, SP_DIMS(0, 4)), sp_zeros(SP_F32, SP_DIMS(4, 2)), sp_vector(1, -1)), "M = 0");
    check(product_and_bias,
          sp_list_of(sp_zeros(SP_F32, SP_DIMS(3, 4)), sp_zeros(SP_F32, SP_DIMS(4, 0)), sp_zeros(SP_F32, SP_DIMS(0))),
          "N = 0");
}

TEST_MAIN()
