/* Derivatives of every op against central differences in Float64, first and second; types, backends and the trace against
 * each other. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernels/kernels.h"
#include "spore/graph.h"
#include "support/op_cases.h"

/* ---- a case as a function of its inputs ---- */

typedef struct trial {
    const op_case *c;
    const sp__op *op;
    _Alignas(16) char attrs[OP_CASE_ATTR_BYTES];
    sp_tensor *in[OP_CASE_INPUTS];
    int n;
    unsigned wrt;
    sp_grad_fn first; /* its derivative, for the second one */
} trial;

/* False for a case that is to fail: another test's matter. */
static bool prepare(trial *t, const op_case *c, sp_dtype real, sp_dtype exact)
{
    *t = (trial){.c = c, .op = sp__op_find(c->op)};
    if (c->fails != SP_OK)
        return false;
    if (!t->op)
        fail_msg("%s: a case for an op that is not in the table", c->op);
    assert_true(op_attrs_from_text(t->op, c->attrs, t->attrs));
    t->n = op_case_inputs(c, real, exact, t->in);
    assert_true(t->n >= 0);
    t->wrt = op_case_wrt(c, t->n, t->in);
    return true;
}

/* The op itself; random ops draw the same numbers each time. */
static sp_list call_op(void *self, sp_list in)
{
    const trial *t = self;
    sp_set_seed(7);
    return sp__apply(t->op, in.n, in.at, t->attrs);
}

/* Numbers that weigh the elements of a tensor, so that no two may be mixed up; -1.5 to 1.5. */
static sp_tensor *weights_like(const sp_tensor *x, uint64_t seed)
{
    double v[4096];
    assert_true(x->size <= (int64_t)(sizeof v / sizeof v[0]));
    for (int64_t i = 0; i < x->size; i++)
        v[i] = floor(op_case_random(&seed) * 24 - 12) / 8; /* exact in every type */
    return sp_cast(sp_from(v, SP_F64, x->shape), x->dtype);
}

/* Sum of all elements of all floating-point tensors of the list, weighed; NULL if there are none or one is NULL. */
static sp_tensor *weighed_sum(sp_list y)
{
    sp_tensor *total = NULL;
    for (int j = 0; j < y.n; j++) {
        if (!y.at[j])
            return NULL;
        if (!sp_dtype_is_float(y.at[j]->dtype))
            continue;
        sp_tensor *part = sp_sum(sp_mul(y.at[j], weights_like(y.at[j], 31 + (uint64_t)j)));
        total = total ? sp_add(total, part) : part;
    }
    return total;
}

/* f(in): one number. */
static sp_list loss(void *self, sp_list in) { return sp_list_of(weighed_sum(call_op(self, in))); }

/* f'(in) as one number: what the second derivative differentiates. */
static sp_list slope(void *self, sp_list in)
{
    trial *t = self;
    return sp_list_of(weighed_sum(sp_grad(&t->first, in)));
}

static bool differentiable(const trial *t)
{
    if (!t->op->grad || !t->wrt)
        return false;
    sp_list y = call_op((void *)t, (sp_list){t->in, t->n});
    op_check_made(op_case_text(t->c), y.at[0]);
    return sp_dtype_is_float(y.at[0]->dtype);
}

/* ---- differences ---- */

static double value_of(sp_fn fn, trial *t, int which, int64_t element, double by)
{
    sp_tensor *in[OP_CASE_INPUTS];
    sp_scope scope = sp_scope_begin();
    memcpy(in, t->in, sizeof in);
    sp_tensor *x = t->in[which];
    size_t bytes = (size_t)x->size * sizeof(double);
    double *moved = malloc(bytes);
    assert_non_null(moved);
    memcpy(moved, sp_data(x), bytes);
    moved[element] += by;
    in[which] = sp_from(moved, SP_F64, x->shape);
    free(moved);
    sp_list y = fn(t, (sp_list){in, t->n});
    op_check_made(op_case_text(t->c), y.at[0]);
    double v = sp_item(y.at[0]);
    sp_scope_end(scope);
    return v;
}

/* The derivative of fn, which gives one number, in every element of every input asked for. */
static void check_differences(sp_fn fn, trial *t, const char *which_derivative)
{
    sp_grad_fn f = {.fn = fn, .self = t, .wrt = t->wrt};
    sp_list d = sp_grad(&f, (sp_list){t->in, t->n});
    int k = 0;
    for (int i = 0; i < t->n; i++) {
        if (!(t->wrt & SP_ARG(i)))
            continue;
        sp_tensor *dx = d.n > k ? d.at[k] : NULL;
        k++;
        op_check_made(op_case_text(t->c), dx);
        assert_true(sp_shape_equal(dx->shape, t->in[i]->shape));
        for (int64_t e = 0; e < dx->size; e++) {
            double h = 1e-6 * fmax(1, fabs(sp_at(t->in[i], e)));
            double want = (value_of(fn, t, i, e, h) - value_of(fn, t, i, e, -h)) / (2 * h);
            if (!(fabs(sp_at(dx, e) - want) <= 1e-6 * fmax(1, fabs(want))))
                fail_msg("%s: %s derivative in element %lld of input %d is %.12g, differences give %.12g",
                         op_case_text(t->c), which_derivative, (long long)e, i, sp_at(dx, e), want);
        }
    }
}

static void first_derivatives_are_central_differences(void **state)
{
    (void)state;
    int tried = 0;
    for (int k = 0; op_case_at(k); k++) {
        trial t;
        sp_scope scope = sp_scope_begin();
        if (prepare(&t, op_case_at(k), SP_F64, SP_F64) && !t.c->kink && differentiable(&t)) {
            check_differences(loss, &t, "first");
            tried++;
        }
        sp_scope_end(scope);
    }
    assert_true(tried > 50);
}

static void second_derivatives_are_central_differences(void **state)
{
    (void)state;
    int tried = 0;
    for (int k = 0; op_case_at(k); k++) {
        trial t;
        sp_scope scope = sp_scope_begin();
        if (prepare(&t, op_case_at(k), SP_F64, SP_F64) && !t.c->kink && differentiable(&t)) {
            t.first = (sp_grad_fn){.fn = loss, .self = &t, .wrt = t.wrt};
            check_differences(slope, &t, "second");
            tried++;
        }
        sp_scope_end(scope);
    }
    assert_true(tried > 50);
}

/* Every op that has a gradient is differenced somewhere. */
static void no_gradient_is_left_out(void **state)
{
    (void)state;
    for (int i = 0; sp__op_at(i); i++) {
        bool found = !sp__op_at(i)->grad;
        for (int k = 0; !found && op_case_at(k); k++) {
            trial t;
            sp_scope scope = sp_scope_begin();
            found = strcmp(op_case_at(k)->op, sp__op_at(i)->name) == 0 && !op_case_at(k)->kink &&
                    prepare(&t, op_case_at(k), SP_F64, SP_F64) && differentiable(&t) && t.in[0]->size > 0;
            sp_scope_end(scope);
        }
        if (!found)
            fail_msg("%s: its gradient is in no case that is differenced", sp__op_at(i)->name);
    }
}

/* ---- types ---- */

/* Results, then derivatives, of a trial. */
typedef struct answers {
    sp_list y, d;
} answers;

static answers answer(trial *t)
{
    answers a = {.y = call_op(t, (sp_list){t->in, t->n})};
    op_check_made(op_case_text(t->c), a.y.at[0]);
    if (!differentiable(t))
        return a;
    sp_grad_fn f = {.fn = loss, .self = t, .wrt = t->wrt};
    a.d = sp_grad(&f, (sp_list){t->in, t->n});
    op_check_made(op_case_text(t->c), a.d.at[0]);
    return a;
}

static void check_answers(const trial *t, answers got, answers want, double tol, const char *who)
{
    char text[320];
    assert_int_equal(got.y.n, want.y.n);
    assert_int_equal(got.d.n, want.d.n);
    for (int j = 0; j < got.y.n; j++) {
        snprintf(text, sizeof text, "%s, %s, result %d", op_case_text(t->c), who, j);
        op_check_near(text, got.y.at[j], want.y.at[j], tol);
    }
    for (int j = 0; j < got.d.n; j++) {
        snprintf(text, sizeof text, "%s, %s, derivative %d", op_case_text(t->c), who, j);
        op_check_near(text, got.d.at[j], want.d.at[j], tol);
    }
}

static double tolerance(const op_case *c) { return c->tol != 0 ? c->tol : 2e-5; }

static void float32_agrees_with_float64(void **state)
{
    (void)state;
    for (int k = 0; op_case_at(k); k++) {
        trial single, twice;
        sp_scope scope = sp_scope_begin();
        if (prepare(&single, op_case_at(k), SP_F32, SP_F32) && prepare(&twice, op_case_at(k), SP_F64, SP_F32))
            check_answers(&single, answer(&single), answer(&twice), tolerance(single.c), "Float32");
        sp_scope_end(scope);
    }
}

/* Float16 has 11 bits, BFloat16 8; sums of a few terms and their derivatives lose some more. */
static void half_agrees_with_float32(sp_dtype half, double tol)
{
    for (int k = 0; op_case_at(k); k++) {
        trial narrow, single;
        sp_scope scope = sp_scope_begin();
        if (!op_case_at(k)->no_half && prepare(&narrow, op_case_at(k), half, half) &&
            prepare(&single, op_case_at(k), SP_F32, half))
            check_answers(&narrow, answer(&narrow), answer(&single), tol, sp_dtype_name(half));
        sp_scope_end(scope);
    }
}

static void float16_agrees_with_float32(void **state)
{
    (void)state;
    half_agrees_with_float32(SP_F16, 1e-2);
}

static void bfloat16_agrees_with_float32(void **state)
{
    (void)state;
    half_agrees_with_float32(SP_BF16, 8e-2);
}

/* ---- backends, and the trace ---- */

static void backends_agree(void **state)
{
    (void)state;
    if (!sp__k_use("onednn"))
        skip();
    for (int k = 0; op_case_at(k); k++) {
        trial t;
        sp_scope scope = sp_scope_begin();
        if (prepare(&t, op_case_at(k), SP_F32, SP_F32)) {
            assert_true(sp__k_use("portable"));
            answers plain = answer(&t);
            assert_true(sp__k_use("onednn"));
            check_answers(&t, answer(&t), plain, tolerance(t.c), "oneDNN against portable");
        }
        sp_scope_end(scope);
    }
}

/* A graph has no place for an input that is left out: those that are there, and the op called with them. */
static sp_list given_inputs(const trial *t)
{
    sp_tensor *given[OP_CASE_INPUTS];
    int n = 0;
    for (int i = 0; i < t->n; i++)
        if (t->in[i] != SP_NONE)
            given[n++] = t->in[i];
    return sp_list_new(n, given);
}

static sp_list call_given(void *self, sp_list in)
{
    const trial *t = self;
    sp_tensor *all[OP_CASE_INPUTS];
    int n = 0;
    for (int i = 0; i < t->n; i++)
        all[i] = t->in[i] == SP_NONE ? SP_NONE : in.at[n++];
    return call_op(self, (sp_list){all, t->n});
}

/* Integers and Bool among the inputs are inputs of the graph, too. */
static void a_traced_op_computes_the_same(void **state)
{
    (void)state;
    for (int k = 0; op_case_at(k); k++) {
        trial t;
        sp_scope scope = sp_scope_begin();
        if (prepare(&t, op_case_at(k), SP_F32, SP_F32)) {
            answers eager = answer(&t);
            sp_list in = given_inputs(&t);
            sp_graph *g = sp_trace(call_given, &t, in);
            if (!g)
                fail_msg("%s: not traced: %s", op_case_text(t.c), sp_error_text());
            answers traced = {.y = sp_graph_run(g, in)};
            eager.d = (sp_list){NULL, 0};
            check_answers(&t, traced, eager, 0, "traced");
            sp_graph_free(g);
        }
        sp_scope_end(scope);
    }
}

static int forget_failures(void **state)
{
    (void)state;
    sp_error_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_gradient_is_left_out, forget_failures),
        cmocka_unit_test_setup(first_derivatives_are_central_differences, forget_failures),
        cmocka_unit_test_setup(second_derivatives_are_central_differences, forget_failures),
        cmocka_unit_test_setup(float32_agrees_with_float64, forget_failures),
        cmocka_unit_test_setup(float16_agrees_with_float32, forget_failures),
        cmocka_unit_test_setup(bfloat16_agrees_with_float32, forget_failures),
        cmocka_unit_test_setup(backends_agree, forget_failures),
        cmocka_unit_test_setup(a_traced_op_computes_the_same, forget_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
