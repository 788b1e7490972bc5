/* Functions with a gradient of their own. */
#include <math.h>
#include <string.h>

#include "support/test.h"

#include "grad/tape.h"
#include "spore.h"

typedef enum wrong { RIGHT, FEW, SHAPE, TYPE, NIL, OWN, EMPTY } wrong;

typedef struct probe {
    wrong wrong;
    int vjps, done;
    bool nothing[2]; /* which outputs nothing flowed into, the last time */
} probe;

/* a, b -> sin(a) b, a^2; only through ops that the tape must not see */
static sp_list product(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_mul(sp_sin(in.at[0]), in.at[1]), sp_square(in.at[0]));
}

static sp_list product_vjp(void *self, sp_list in, sp_list out, sp_list d)
{
    probe *p = self;
    sp_tensor *a = in.at[0], *b = in.at[1], *da = SP_NONE, *db = SP_NONE;
    assert_int_equal(out.n, 2);
    p->vjps++;
    for (int j = 0; j < 2; j++)
        p->nothing[j] = d.at[j] == SP_NONE;
    if (d.at[0] != SP_NONE) {
        da = sp_mul(d.at[0], sp_mul(sp_cos(a), b));
        db = sp_mul(d.at[0], sp_sin(a));
    }
    if (d.at[1] != SP_NONE) {
        sp_tensor *more = sp_mul(d.at[1], sp_mul(sp_scalar(2, SP_F32), a));
        da = da == SP_NONE ? more : sp_add(da, more);
    }
    switch (p->wrong) {
    case RIGHT:
        return sp_list_of(da, db);
    case FEW:
        return sp_list_of(da);
    case SHAPE:
        return sp_list_of(sp_ones(SP_F32, SP_DIMS(7)), db);
    case TYPE:
        return sp_list_of(da, sp_cast(db, SP_F64));
    case NIL:
        return sp_list_of(da, NULL);
    case OWN:
        return sp_list_of(da, sp_add(da, sp_ones(SP_F32, SP_DIMS(7))));
    case EMPTY:
        break;
    }
    return (sp_list){0};
}

static void count_done(void *self) { ((probe *)self)->done++; }

static sp_custom_fn custom_of(probe *p) { return (sp_custom_fn){product, product_vjp, p, count_done}; }

/* exp(u) - 3 v of what fn makes of the doubled inputs; self is an sp_custom_fn, NULL: product itself */
static sp_list around(void *self, sp_list in)
{
    sp_tensor *two = sp_scalar(2, SP_F32);
    sp_list x = sp_list_of(sp_mul(two, in.at[0]), sp_mul(two, in.at[1]));
    sp_list y = self ? sp_custom(self, x) : product(NULL, x);
    if (y.n != 2)
        return (sp_list){0};
    return sp_list_of(sp_sum(sp_sub(sp_exp(y.at[0]), sp_mul(sp_scalar(3, SP_F32), y.at[1]))));
}

static sp_list inputs(void) { return sp_list_of(sp_vector(0.5f, -1, 0.25f), sp_vector(1, 0.5f, -0.75f)); }

static void assert_near(sp_tensor *x, sp_tensor *y, double tolerance)
{
    assert_non_null(x);
    assert_non_null(y);
    assert_int_equal(sp_size_of(x), sp_size_of(y));
    const float *a = sp_data(x), *b = sp_data(y);
    for (int i = 0; i < sp_size_of(x); i++)
        assert_float_equal(a[i], b[i], tolerance);
}

TEST(gradient_is_the_vjps_and_agrees_with_central_differences)
{
    probe p = {0};
    sp_custom_fn c = custom_of(&p);
    sp_grad_fn f = {around, &c, .wrt = SP_ARG(0) | SP_ARG(1)};
    sp_list in = inputs(), d = sp_grad(&f, in);
    assert_int_equal(d.n, 2);
    assert_int_equal(p.vjps, 1);
    assert_int_equal(p.done, 1);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 3; i++) {
            double sides[2];
            for (int s = 0; s < 2; s++) {
                float v[3];
                memcpy(v, sp_data(in.at[k]), sizeof v);
                v[i] += s ? 1e-2f : -1e-2f;
                sp_tensor *moved = sp_from(v, SP_F32, SP_DIMS(3));
                sides[s] = sp_item(around(NULL, k ? sp_list_of(in.at[0], moved) : sp_list_of(moved, in.at[1])).at[0]);
            }
            double slope = (sides[1] - sides[0]) / 2e-2, found = sp_at(d.at[k], i);
            assert_true(fabs(found - slope) < 1e-2);
        }
    }
}

static sp_list thrice(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_mul(sp_scalar(3, SP_F32), in.at[0]));
}

static sp_list tenfold_vjp(void *self, sp_list in, sp_list out, sp_list d)
{
    (void)self, (void)in, (void)out;
    return sp_list_of(sp_mul(sp_scalar(10, SP_F32), d.at[0]));
}

static sp_list itself(void *self, sp_list in)
{
    (void)self;
    return in;
}

TEST(vjp_is_believed_and_the_function_not_looked_at)
{
    sp_custom_fn c = {.fn = thrice, .vjp = tenfold_vjp}, same = {.fn = itself, .vjp = tenfold_vjp};
    sp_list in = sp_list_of(sp_vector(1, 2));
    sp_grad_fn f = {sp_custom, &c, .wrt = SP_ARG(0)}, g = {sp_custom, &same, .wrt = SP_ARG(0)};
    sp_grads d = sp_value_and_grad(&f, in);
    assert_near(d.out.at[0], sp_vector(3, 6), 0);
    assert_near(d.d_in.at[0], sp_vector(10, 10), 0);
    d = sp_value_and_grad(&g, in); /* the output is the input: two places all the same */
    assert_near(d.out.at[0], sp_vector(1, 2), 0);
    assert_near(d.d_in.at[0], sp_vector(10, 10), 0);
    assert_near(sp_custom(&c, in).at[0], sp_vector(3, 6), 0);
}

static sp_list uses_second(void *self, sp_list in) { return sp_list_of(sp_custom(self, in).at[1]); }

TEST(where_nothing_flows_is_said_and_may_be_answered)
{
    probe p = {0};
    sp_custom_fn c = custom_of(&p);
    sp_grad_fn f = {uses_second, &c, .wrt = SP_ARG(0) | SP_ARG(1)};
    sp_list d = sp_grad(&f, inputs());
    assert_true(p.nothing[0]);
    assert_false(p.nothing[1]);
    assert_near(d.at[0], sp_vector(1, -2, 0.5f), 0);
    assert_near(d.at[1], sp_zeros(SP_F32, SP_DIMS(3)), 0);
}

TEST(gradients_of_gradients_go_through_the_vjp)
{
    probe p = {0};
    sp_custom_fn c = custom_of(&p);
    sp_grad_fn f = {around, &c, .wrt = SP_ARG(0)}, df = {sp_grad, &f, .wrt = SP_ARG(0) | SP_ARG(1)};
    sp_grad_fn g = {around, NULL, .wrt = SP_ARG(0)}, dg = {sp_grad, &g, .wrt = SP_ARG(0) | SP_ARG(1)};
    sp_list a = sp_grad(&df, inputs()), b = sp_grad(&dg, inputs()); /* the ops' own gradients */
    assert_int_equal(a.n, 2);
    assert_near(a.at[0], b.at[0], 1e-4);
    assert_near(a.at[1], b.at[1], 1e-4);
    assert_int_equal(p.done, 1);
}

TEST(compiled_gradients_and_graphs_have_both_functions_in_them)
{
    probe p = {0};
    sp_custom_fn c = custom_of(&p);
    sp_grad_fn f = {around, &c, .wrt = SP_ARG(0) | SP_ARG(1)};
    sp_list in = inputs(), want = sp_grad(&f, in);
    sp_compiled *fast = sp_compile(.fn = sp_grad, .self = &f);
    p.vjps = 0;
    for (int i = 0; i < 3; i++) {
        sp_list d = sp_compiled_run(fast, in);
        assert_int_equal(d.n, 2);
        assert_near(d.at[0], want.at[0], 1e-5);
        assert_near(d.at[1], want.at[1], 1e-5);
    }
    assert_int_equal(p.vjps, 1); /* while it was traced */
    sp_graph *g = sp_trace(around, &c, in);
    assert_non_null(g);
    assert_near(sp_graph_run(g, in).at[0], around(NULL, in).at[0], 1e-6);
    sp_graph_free(g);
    sp_compiled_free(fast);
}

static sp_list weighted(void *self, sp_list in) { return sp_list_of(sp_mul(self, in.at[0])); }

TEST(integers_pass_and_parameters_inside_are_not_differentiated)
{
    sp_tensor *w = sp_keep(sp_vector(4, 5));
    sp_custom_fn c = {.fn = weighted, .vjp = tenfold_vjp, .self = w};
    sp_grad_fn f = {sp_custom, &c, .wrt = SP_ARG(0), .weights = sp_list_of(w)};
    sp_grads d = sp_value_and_grad(&f, sp_list_of(sp_vector(1, 2)));
    assert_near(d.d_in.at[0], sp_vector(10, 10), 0);
    assert_near(d.d_weights.at[0], sp_vector(0, 0), 0);
    sp_drop(w);
}

TEST(what_does_not_fit_is_refused_in_one_sentence)
{
    static const struct {
        wrong wrong;
        sp_status status;
        const char *text;
    } cases[] = {
        {FEW, SP_ERR_VALUE, "custom: vjp gives 1 tensors, expected one for each of 2 inputs"},
        {SHAPE, SP_ERR_SHAPE, "custom: vjp gives shape (7,) for input 0, which has shape (3,)"},
        {TYPE, SP_ERR_DTYPE, "custom: vjp gives Float64 for input 1, which is Float32"},
        {NIL, SP_ERR_VALUE, "custom: vjp gives NULL for input 1"},
        {OWN, SP_ERR_SHAPE, "add: shapes do not broadcast: (3,) and (7,)"},
        {EMPTY, SP_ERR_VALUE, "custom: vjp gives 0 tensors, expected one for each of 2 inputs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        probe p = {.wrong = cases[i].wrong};
        sp_custom_fn c = custom_of(&p);
        sp_grad_fn f = {around, &c, .wrt = SP_ARG(0) | SP_ARG(1)};
        assert_int_equal(sp_grad(&f, inputs()).n, 0);
        assert_int_equal(sp_error(), cases[i].status);
        if (!strstr(sp_error_text(), cases[i].text))
            assert_string_equal(sp_error_text(), cases[i].text);
        assert_int_equal(p.done, 1);
        sp_error_clear();
    }
    probe p = {0};
    sp_custom_fn none = {.vjp = tenfold_vjp}, no_vjp = {.fn = thrice, .self = &p, .done = count_done};
    assert_int_equal(sp_custom(&none, inputs()).n, 0);
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    assert_int_equal(sp_custom(&no_vjp, inputs()).n, 0);
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    assert_int_equal(p.done, 1);
    sp_error_clear();
}

TEST(every_allocation_may_fail_and_nothing_stays)
{
    int64_t blocks = sp_mem_stats_get().live_blocks;
    bool failed = true;
    int calls = 0;
    probe p = {0};
    sp_custom_fn c = custom_of(&p);
    sp_grad_fn f = {around, &c, .wrt = SP_ARG(0)}, outer = {sp_grad, &f, .wrt = SP_ARG(0)};
    for (int64_t n = 1; failed && n < 100000; n += n < 80 ? 1 : 3) {
        sp_scope s = sp_scope_begin();
        sp_list in = inputs();
        p.done = p.vjps = 0;
        sp_mem_fail_at(n);
        sp_list d = sp_grad(&outer, in);
        sp_mem_fail_at(0);
        failed = d.n == 0;
        assert_int_equal(sp_error(), failed ? SP_ERR_NOMEM : SP_OK);
        assert_true(p.done <= 1 && (p.done == 1 || p.vjps == 0));
        calls += p.done;
        sp_error_clear();
        sp_scope_end(s);
        if (n > 1 && sp__mem_caches())
            assert_in_range(sp_mem_stats_get().live_blocks, blocks, blocks + 8);
    }
    assert_false(failed);
    assert_true(calls > 1);
}

TEST_MAIN()
