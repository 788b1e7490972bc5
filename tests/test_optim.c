/* Optimizers: every step of every recorded run of the real MindSpore, the state under its names, and what is refused. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>

#include "spore/grad.h"
#include "spore/optim.h"
#include "support/golden.h"
#include "tensor/tensor.h"

/* A parameter of its own, until the test's scope ends. */
static sp_tensor *param(const char *name, sp_tensor *value)
{
    sp_tensor *p = sp__param_new(value, name, true);
    assert_non_null(p);
    assert_true(sp__scope_take(p));
    return p;
}

/* ---- recorded runs ---- */

#ifdef SPORE_HAVE_JANSSON

static double number(const json_t *hyper, const char *name, double otherwise)
{
    const json_t *v = json_object_get(hyper, name);
    return v ? json_number_value(v) : otherwise;
}

static bool flag(const json_t *hyper, const char *name) { return json_is_true(json_object_get(hyper, name)); }

/* The rate of a step; 0 (the default) if the run has none. */
static double rate(const json_t *hyper, size_t step)
{
    const json_t *lr = json_object_get(hyper, "learning_rate");
    return json_number_value(json_is_array(lr) ? json_array_get(lr, step) : lr);
}

static sp_optim *optimizer_of(const json_t *run, sp_list params)
{
    const char *name = json_string_value(json_object_get(run, "optimizer"));
    const json_t *h = json_object_get(run, "hyper");
    double lr = rate(h, 0), decay = number(h, "weight_decay", 0), scale = number(h, "loss_scale", 0);
    if (strcmp(name, "SGD") == 0)
        return sp_optim_sgd(params, lr, number(h, "momentum", 0), number(h, "dampening", 0), decay, flag(h, "nesterov"),
                            scale);
    if (strcmp(name, "Momentum") == 0)
        return sp_optim_momentum(params, lr, number(h, "momentum", 0), decay, scale, flag(h, "use_nesterov"));
    assert_string_equal(name, "Adam");
    return sp_optim_adam(params, lr, number(h, "beta1", 0), number(h, "beta2", 0), number(h, "eps", 0), decay, scale,
                         flag(h, "use_nesterov"), flag(h, "use_amsgrad"));
}

static sp_list tensors_of(const json_t *specs)
{
    sp_tensor *t[16] = {NULL};
    size_t n = json_array_size(specs);
    assert_true(n <= 16);
    for (size_t i = 0; i < n; i++)
        t[i] = golden_tensor(json_array_get(specs, i));
    return sp_list_new((int)n, t);
}

/* A schedule is MindSpore's: its learning_rate tensor holds all rates. Ours holds the rate of the step. */
static void compare_state(const char *id, sp_optim *o, const json_t *run, double tol)
{
    const json_t *state = json_object_get(run, "state");
    bool schedule = json_is_array(json_object_get(json_object_get(run, "hyper"), "learning_rate"));
    sp_list got = sp_optim_state(o);
    assert_int_equal(got.n, json_array_size(state));
    size_t k = 0;
    for (int i = 0; i < got.n; i++) {
        const char *name = sp_param_name(got.at[i]);
        if (schedule && strcmp(name, "learning_rate") == 0)
            continue;
        const json_t *want = json_array_get(state, k++);
        const char *wanted = json_string_value(json_object_get(want, "name"));
        if (strcmp(name, wanted) != 0)
            fail_msg("%s: state %d is %s, expected %s", id, i, name, wanted);
        char what[256];
        snprintf(what, sizeof what, "%s: %s", id, name);
        golden_near(what, got.at[i], golden_tensor(want), tol);
    }
}

static void run_it(const json_t *run)
{
    const char *id = json_string_value(json_object_get(run, "id"));
    const json_t *names = json_object_get(run, "names"), *hyper = json_object_get(run, "hyper");
    double tol = json_number_value(json_object_get(run, "tol"));
    sp_scope scope = sp_scope_begin();
    sp_list initial = tensors_of(json_object_get(run, "initial"));
    sp_tensor *params[16] = {NULL};
    for (int i = 0; i < initial.n; i++)
        params[i] = param(json_string_value(json_array_get(names, (size_t)i)), initial.at[i]);
    sp_optim *o = optimizer_of(run, sp_list_new(initial.n, params));
    if (!o)
        fail_msg("%s: %s", id, sp_error_text());

    const json_t *gradients = json_object_get(run, "gradients"), *after = json_object_get(run, "after");
    assert_true(json_array_size(gradients) >= 5);
    for (size_t step = 0; step < json_array_size(gradients); step++) {
        if (json_object_get(hyper, "learning_rate"))
            assert_int_equal(sp_optim_set_lr(o, rate(hyper, step)), SP_OK); /* also 0, which the options cannot say */
        assert_int_equal(sp_optim_step(o, tensors_of(json_array_get(gradients, step))), SP_OK);
        sp_list want = tensors_of(json_array_get(after, step));
        for (int i = 0; i < want.n; i++) {
            char what[256];
            snprintf(what, sizeof what, "%s: step %zu, %s", id, step + 1, sp_param_name(params[i]));
            golden_near(what, params[i], want.at[i], tol);
        }
    }
    assert_int_equal(sp_optim_steps(o), json_array_size(gradients));
    compare_state(id, o, run, tol);
    sp_optim_free(o);
    sp_scope_end(scope);
}

TEST(every_recorded_run_gives_the_same_numbers)
{
    json_t *runs = test_json_load("golden/optim.json");
    assert_non_null(runs);
    assert_true(json_array_size(runs) >= 38);
    for (size_t i = 0; i < json_array_size(runs); i++)
        run_it(json_array_get(runs, i));
    json_decref(runs);
}

#else

TEST(every_recorded_run_gives_the_same_numbers) { skip(); }

#endif

/* ---- steps ---- */

static sp_list two_params(void) { return sp_list_of(param("w", sp_vector(1, 2)), param("b", sp_vector(3))); }

TEST(a_step_that_cannot_be_taken_changes_nothing)
{
    sp_list params = two_params();
    sp_optim *o = sp_optim_adam(params);
    const struct {
        sp_list grads;
        sp_status status;
        const char *says;
    } cases[] = {
        {{NULL, 2}, SP_ERR_VALUE, "optim_step: argument 2 is NULL"},
        {sp_list_of(sp_vector(1, 1)), SP_ERR_VALUE, "1 gradients for 2 parameters"},
        {sp_list_of(sp_vector(1, 1), sp_vector(1, 1)), SP_ERR_SHAPE, "gradient of b has shape (2,), expected (1,)"},
        {sp_list_of(sp_vector(1, 1), sp_zeros(SP_F64, SP_DIMS(1))), SP_ERR_DTYPE, "gradient of b is Float64"},
        {sp_list_of(sp_vector(1, 1), NULL), SP_ERR_VALUE, "gradient of b is missing"},
        {sp_list_of(sp_vector(1, 1), SP_NONE), SP_ERR_VALUE, "gradient of b is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sp_error_clear();
        assert_int_equal(sp_optim_step(o, cases[i].grads), cases[i].status);
        assert_non_null(strstr(sp_error_text(), cases[i].says));
        assert_true(sp_at(params.at[0], 0) == 1 && sp_at(params.at[1], 0) == 3);
        assert_int_equal(sp_optim_steps(o), 0);
    }
    sp_optim_free(o);
}

TEST(a_failed_gradient_is_the_steps_failure)
{
    sp_optim *o = sp_optim_sgd(two_params());
    sp_tensor *failed = sp_add(sp_vector(1, 2), sp_vector(1, 2, 3));
    assert_null(failed);
    assert_int_equal(sp_optim_step(o, sp_list_of(failed, failed)), SP_ERR_SHAPE);
    assert_non_null(strstr(sp_error_text(), "add"));
    assert_int_equal(sp_optim_step(o, (sp_list){NULL, 0}), SP_ERR_SHAPE);
    sp_optim_free(o);
}

static sp_list step_inside(void *optimizer, sp_list in)
{
    sp_optim *o = optimizer;
    sp_optim_step(o, sp_list_of(sp_vector(1, 1), sp_vector(1)));
    return sp_list_of(sp_mul(in.at[0], sp_optim_params(o).at[0]));
}

TEST(a_step_within_its_own_differentiation_is_refused)
{
    sp_list params = two_params();
    sp_optim *o = sp_optim_sgd(params);
    sp_grads g =
        sp_value_and_grad(&(sp_grad_fn){.fn = step_inside, .self = o, .weights = params}, sp_list_of(sp_vector(1, 1)));
    (void)g;
    assert_int_equal(sp_error(), SP_ERR_STATE);
    assert_non_null(strstr(sp_error_text(), "being differentiated"));
    assert_true(sp_at(params.at[0], 0) == 1);
    sp_optim_free(o);
}

TEST(a_steady_step_asks_for_no_memory)
{
    sp_list params = two_params(), grads = sp_list_of(sp_vector(1, 1), sp_vector(1));
    sp_optim *all[] = {sp_optim_sgd(params), sp_optim_sgd(params, .momentum = 0.9), sp_optim_momentum(params, 0.1, 0.9),
                       sp_optim_adam(params)};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(sp_optim_step(all[i], grads), SP_OK);
        sp_mem_fail_at(0);
        assert_int_equal(sp_optim_step(all[i], grads), SP_OK);
        assert_int_equal(sp_mem_requests(), 0);
        sp_optim_free(all[i]);
    }
}

/* ---- state ---- */

TEST(a_step_goes_on_from_a_state_that_was_loaded)
{
    sp_list grads = sp_list_of(sp_vector(0.5f, -1), sp_vector(2)), straight = two_params(), resumed = two_params();
    sp_optim *a = sp_optim_adam(straight, 0.25);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sp_optim_step(a, grads), SP_OK);
    sp_optim *b = sp_optim_adam(resumed, 0.01);
    sp_list from = sp_optim_state(a), to = sp_optim_state(b);
    for (int i = 0; i < from.n; i++)
        assert_int_equal(sp_assign(to.at[i], from.at[i]), SP_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(sp_assign(resumed.at[i], straight.at[i]), SP_OK);
    assert_int_equal(sp_optim_steps(b), 3);
    assert_true(sp_optim_lr(b) == 0.25);
    assert_int_equal(sp_optim_step(a, grads), SP_OK);
    assert_int_equal(sp_optim_step(b, grads), SP_OK);
    assert_true(fabs(sp_at(straight.at[0], 0) - sp_at(resumed.at[0], 0)) < 1e-6);
    sp_optim_free(a);
    sp_optim_free(b);
}

TEST(the_rate_is_kept_exactly)
{
    sp_optim *o = sp_optim_sgd(two_params(), 0.1);
    assert_true(sp_optim_lr(o) == 0.1);
    assert_int_equal(sp_optim_set_lr(o, 0.3), SP_OK);
    assert_true(sp_optim_lr(o) == 0.3);
    assert_int_equal(sp_optim_set_lr(o, -1), SP_ERR_VALUE);
    assert_true(sp_optim_lr(o) == 0.3);
    assert_string_equal(sp_optim_str(o), "SGD<>");
    sp_optim_free(o);
}

/* ---- options ---- */

TEST(options_are_checked)
{
    sp_list p = two_params(), none = {NULL, 0}, same = sp_list_of(p.at[0], p.at[0]);
    sp_list half = sp_list_of(param("h", sp_zeros(SP_F16, SP_DIMS(2)))), bare = sp_list_of(sp_vector(1));
#define REFUSED(expression, code, text)                               \
    do {                                                              \
        sp_error_clear();                                             \
        assert_null(expression);                                      \
        assert_int_equal(sp_error(), SP_ERR_##code);                  \
        if (!strstr(sp_error_text(), (text)))                         \
            fail_msg("'%s': expected '%s'", sp_error_text(), (text)); \
    } while (0)
    REFUSED(sp_optim_sgd(none), VALUE, "SGD: there are no parameters to train");
    REFUSED(sp_optim_sgd((sp_list){NULL, 2}), VALUE, "SGD: argument 1 is NULL");
    REFUSED(sp_optim_sgd(same), VALUE, "parameter w is given twice");
    REFUSED(sp_optim_sgd(half), DTYPE, "parameter h is Float16, expected Float32 or Float64");
    REFUSED(sp_optim_sgd(bare), STATE, "is no parameter");
    REFUSED(sp_optim_sgd(p, -0.1), VALUE, "SGD: lr is -0.1, expected a number above 0");
    REFUSED(sp_optim_sgd(p, (double)NAN), VALUE, "SGD: lr is");
    REFUSED(sp_optim_sgd(p, .momentum = -1), VALUE, "momentum is -1, expected a number of at least 0");
    REFUSED(sp_optim_sgd(p, .weight_decay = -1), VALUE, "weight_decay is -1");
    REFUSED(sp_optim_sgd(p, .loss_scale = -1), VALUE, "loss_scale is -1");
    REFUSED(sp_optim_sgd(p, .nesterov = true), VALUE, "nesterov needs momentum above 0");
    REFUSED(sp_optim_sgd(p, .momentum = 0.9, .dampening = 0.1, .nesterov = true), VALUE, "got 0.9 and 0.1");
    REFUSED(sp_optim_momentum(p, 0, 0.9), VALUE, "Momentum: lr is 0, expected a number above 0");
    REFUSED(sp_optim_adam(p, .beta1 = 1), VALUE, "Adam: beta1 is 1, expected a number in (0, 1)");
    REFUSED(sp_optim_adam(p, .eps = -1), VALUE, "eps is -1");
    REFUSED(sp_optim_adam(p, .nesterov = true, .amsgrad = true), VALUE, "exclude each other");
    REFUSED(sp_optim_adam_new(NULL), VALUE, "Adam: argument 1 is NULL");
#undef REFUSED
}

TEST(every_allocation_may_fail)
{
    sp_list params = two_params(), grads = sp_list_of(sp_vector(1, 1), sp_vector(1));
    int64_t before = sp_mem_stats_get().live_blocks;
    bool done = false;
    for (int64_t n = 1; !done; n++) {
        assert_true(n < 1000);
        sp_scope inner = sp_scope_begin();
        sp_mem_fail_at(n);
        sp_optim *o = sp_optim_adam(params, .amsgrad = true);
        bool made = o && sp_optim_step(o, grads) == SP_OK && sp_optim_state(o).n > 0;
        sp_mem_fail_at(0);
        done = made && sp_error() == SP_OK; /* a scope that cannot be opened is told, but stops nothing */
        assert_int_equal(sp_error(), done ? SP_OK : SP_ERR_NOMEM);
        sp_error_clear();
        sp_optim_free(o);
        sp_scope_end(inner);
        assert_int_equal(sp_mem_stats_get().live_blocks, before);
    }
}

TEST_MAIN()
