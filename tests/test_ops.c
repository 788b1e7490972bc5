/* The op table, entry by entry: complete, covered by cases, and impossible to crash with attributes or inputs. */
#define _POSIX_C_SOURCE 200809L /* setrlimit */
#define SP_EXPERIMENTAL 1       /* sp_mem_fail_at */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "support/op_cases.h"

/* Hostile sizes ask for much memory: it is to be refused here, too, not found. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1:max_allocation_size_mb=512"; }

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void limit_memory(void) { setrlimit(RLIMIT_AS, &(struct rlimit){(rlim_t)1 << 32, (rlim_t)1 << 32}); }
#else
static void limit_memory(void) {} /* a sanitizer maps terabytes; it has a limit of its own, above */
#endif

/* ---- the table ---- */

static void check_range(const sp__op *op, const sp__field *f)
{
    if (f->min > f->max)
        fail_msg("%s: %s: range %g to %g", op->name, f->name, f->min, f->max);
    if (f->kind == SP__ENUM && (!f->words || !f->words[0]))
        fail_msg("%s: %s: no words", op->name, f->name);
    bool any = f->min == 0 && f->max == 0;
    if ((f->kind == SP__INT || f->kind == SP__FLOAT) && !any && (f->preset < f->min || f->preset > f->max))
        fail_msg("%s: %s: its default %g is not in %g to %g", op->name, f->name, f->preset, f->min, f->max);
}

static void check_entry(const sp__op *op)
{
    if (!op->name || !op->name[0] || !op->label || !op->label[0] || !op->rule)
        fail_msg("%s: no name, label or rule", op->name ? op->name : "?");
    if (!op->run && !op->view)
        fail_msg("%s: neither a kernel nor a view", op->name);
    if (!op->grad == !op->no_grad)
        fail_msg("%s: %s", op->name, op->grad ? "a gradient and a reason for none" : "neither a gradient nor a reason");
    if (op->min_in < 0 || op->max_in < op->min_in || op->max_in > SP__MAX_IN || op->n_out < 1 ||
        op->n_out > SP__MAX_OUT)
        fail_msg("%s: %d to %d inputs, %d outputs", op->name, op->min_in, op->max_in, op->n_out);
    if ((op->n_fields > 0) != (op->attr_size > 0) || op->attr_size > OP_CASE_ATTR_BYTES)
        fail_msg("%s: %d fields in %zu bytes", op->name, op->n_fields, op->attr_size);
    for (int i = 0; i < op->n_fields; i++) {
        check_range(op, &op->fields[i]);
        if (sp__field_find(op, op->fields[i].name) != &op->fields[i])
            fail_msg("%s: two fields are named %s", op->name, op->fields[i].name);
    }
}

static void every_entry_is_complete(void **state)
{
    (void)state;
    for (int i = 0; sp__op_at(i); i++) {
        check_entry(sp__op_at(i));
        if (sp__op_find(sp__op_at(i)->name) != sp__op_at(i))
            fail_msg("%s: two entries have this name", sp__op_at(i)->name);
    }
    assert_null(sp__op_at(-1));
    assert_null(sp__op_find("NoSuchOp"));
    assert_null(sp__op_find(NULL));
}

static void every_entry_has_a_case_that_works(void **state)
{
    (void)state;
    for (int i = 0; sp__op_at(i); i++) {
        int found = 0;
        for (int k = 0; op_case_at(k); k++)
            found += op_case_at(k)->fails == SP_OK && strcmp(op_case_at(k)->op, sp__op_at(i)->name) == 0;
        if (found == 0)
            fail_msg("%s: no case in tests/support/op_cases.c", sp__op_at(i)->name);
    }
}

/* ---- one case, made ready ---- */

typedef struct trial {
    const op_case *c;
    const sp__op *op;
    _Alignas(16) char attrs[OP_CASE_ATTR_BYTES];
    sp_tensor *in[OP_CASE_INPUTS];
    int n;
} trial;

static void prepare(trial *t, const op_case *c, sp_dtype real)
{
    t->c = c;
    t->op = sp__op_find(c->op);
    if (!t->op)
        fail_msg("%s: a case for an op that is not in the table", c->op);
    assert_true(op_attrs_from_text(t->op, c->attrs, t->attrs));
    t->n = op_case_inputs(c, real, real, t->in);
    assert_true(t->n >= 0);
    assert_int_equal(sp_error(), SP_OK);
}

/* Leaves this byte in the memory that the next results of these sizes are likely to get. */
static void soil(sp_list y, int byte)
{
    sp_scope scope = sp_scope_begin();
    for (int j = 0; j < 2 * y.n; j++) {
        int64_t bytes = y.at[j / 2]->size * (int64_t)sp_dtype_size(y.at[j / 2]->dtype);
        sp_tensor *t = sp_zeros(SP_U8, SP_DIMS(bytes));
        if (t)
            memset(sp__data_mut(t), byte, (size_t)bytes);
    }
    sp_scope_end(scope);
}

static sp_list call(const trial *t)
{
    sp_set_seed(5);
    return sp__apply(t->op, t->n, t->in, t->attrs);
}

/* Whatever was in its memory before, the result is the same: every element is written. */
static void check_written(const trial *t, const char *what, sp_list y)
{
    static const int soils[] = {0xa5, 0x5b};
    for (int k = 0; k < 2; k++) {
        sp_scope scope = sp_scope_begin();
        soil(y, soils[k]);
        sp_list again = call(t);
        for (int j = 0; j < y.n; j++)
            if (!again.at[j] || memcmp(sp_data(again.at[j]), sp_data(y.at[j]),
                                       (size_t)y.at[j]->size * sp_dtype_size(y.at[j]->dtype)) != 0)
                fail_msg("%s, %s: result %d is not the same twice", op_case_text(t->c), what, j);
        sp_scope_end(scope);
    }
}

/* The call either gives tensors or fails with a text; nothing between. Forgets the failure; true if it failed. */
static bool fails_or_is_sane(const trial *t, const char *what)
{
    sp_scope scope = sp_scope_begin();
    sp_list y = call(t);
    bool made = y.at[0] != NULL;
    if (made == (sp_error() != SP_OK))
        fail_msg("%s, %s: %s", op_case_text(t->c), what, made ? sp_error_text() : "no result and no failure");
    if (!made && (sp_error() == SP_ERR_COUNT_ || !sp_error_text()[0] || strchr(sp_error_text(), '\n')))
        fail_msg("%s, %s: failure %d with text '%s'", op_case_text(t->c), what, (int)sp_error(), sp_error_text());
    for (int j = 0; made && j < y.n; j++)
        if (!y.at[j] || sp_shape_size(y.at[j]->shape) != y.at[j]->size || !y.at[j]->data)
            fail_msg("%s, %s: result %d is not whole", op_case_text(t->c), what, j);
    if (made && y.at[0]->size < 4096)
        check_written(t, what, y);
    sp_error_clear();
    sp_scope_end(scope);
    return !made;
}

static void expected_failures_have_their_code_and_text(void **state)
{
    (void)state;
    for (int k = 0; op_case_at(k); k++) {
        trial t;
        const op_case *c = op_case_at(k);
        sp_scope scope = sp_scope_begin();
        prepare(&t, c, SP_F32);
        sp_list y = sp__apply(t.op, t.n, t.in, t.attrs);
        if (c->fails != SP_OK && (y.at[0] || sp_error() != c->fails || !strstr(sp_error_text(), c->says)))
            fail_msg("%s: status %d, '%s'; expected %d, '%s'", op_case_text(c), (int)sp_error(), sp_error_text(),
                     (int)c->fails, c->says);
        if (c->fails == SP_OK)
            op_check_made(op_case_text(c), y.at[0]);
        sp_error_clear();
        sp_scope_end(scope);
    }
}

/* ---- hostile attributes ---- */

static const int64_t INTEGERS[] = {INT64_MIN,
                                   INT64_MIN + 1,
                                   -((int64_t)1 << 53) - 1,
                                   (int64_t)INT32_MIN - 1,
                                   INT32_MIN,
                                   -9,
                                   -8,
                                   -2,
                                   -1,
                                   0,
                                   1,
                                   2,
                                   3,
                                   7,
                                   8,
                                   9,
                                   1000,
                                   (int64_t)INT32_MAX,
                                   (int64_t)INT32_MAX + 1,
                                   (int64_t)1 << 40,
                                   (int64_t)1 << 60,
                                   INT64_MAX - 1,
                                   INT64_MAX};
static const double NUMBERS[] = {
    (double)NAN, (double)INFINITY, -(double)INFINITY, -DBL_MAX, -1, -0.0, 0, DBL_TRUE_MIN, 0.5, 1, 2, DBL_MAX};

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Puts the i-th hostile value into field f; false when there are no more. */
static bool spoil(const sp__field *f, void *attrs, int i)
{
    void *p = (char *)attrs + f->offset;
    static const int counts[] = {-1, INT_MIN, SP_MAX_RANK + 1, INT_MAX, 0, SP_MAX_RANK};
    sp__ints *v = p;
    switch (f->kind) {
    case SP__BOOL:
        *(bool *)p = i == 1;
        return i < 2;
    case SP__INT:
        *(int64_t *)p = INTEGERS[i % COUNT(INTEGERS)];
        return i < COUNT(INTEGERS);
    case SP__FLOAT:
        *(double *)p = NUMBERS[i % COUNT(NUMBERS)];
        return i < COUNT(NUMBERS);
    case SP__ENUM:
        *(int *)p = i < 8 ? i : (const int[]){-1, INT_MIN, INT_MAX, 1000}[i % 4];
        return i < 12;
    case SP__TYPE:
        *(sp_dtype *)p = (sp_dtype)(i < SP_DTYPE_COUNT_ + 2 ? i : i == SP_DTYPE_COUNT_ + 2 ? -1 : INT_MAX);
        return i < SP_DTYPE_COUNT_ + 4;
    case SP__INTS: /* another count; each place another value; all places */
        if (i < COUNT(counts)) {
            v->n = counts[i];
            return true;
        }
        i -= COUNT(counts);
        for (int k = 0; k < SP_MAX_RANK; k++)
            if (k == i / COUNT(INTEGERS) || i / COUNT(INTEGERS) == SP_MAX_RANK)
                v->v[k] = INTEGERS[i % COUNT(INTEGERS)];
        if (v->n <= i / COUNT(INTEGERS) && i / COUNT(INTEGERS) < SP_MAX_RANK)
            v->n = i / COUNT(INTEGERS) + 1;
        return i < (SP_MAX_RANK + 1) * COUNT(INTEGERS);
    }
    return false;
}

static void no_attribute_can_crash_an_op(void **state)
{
    (void)state;
    int refused = 0;
    for (int k = 0; op_case_at(k); k++) {
        if (op_case_at(k)->fails != SP_OK)
            continue;
        trial t;
        char text[64];
        sp_scope scope = sp_scope_begin();
        prepare(&t, op_case_at(k), SP_F32);
        for (int f = 0; f < t.op->n_fields; f++) {
            char whole[OP_CASE_ATTR_BYTES];
            memcpy(whole, t.attrs, sizeof whole);
            for (int i = 0; spoil(&t.op->fields[f], t.attrs, i); i++) {
                snprintf(text, sizeof text, "%s spoilt in way %d", t.op->fields[f].name, i);
                refused += fails_or_is_sane(&t, text);
                memcpy(t.attrs, whole, sizeof whole);
            }
        }
        sp_scope_end(scope);
    }
    assert_true(refused > 0);
}

static void missing_attributes_are_refused(void **state)
{
    (void)state;
    for (int k = 0; op_case_at(k); k++) {
        trial t;
        sp_scope scope = sp_scope_begin();
        prepare(&t, op_case_at(k), SP_F32);
        if (t.op->n_fields) {
            assert_null(sp__apply1(t.op, t.n, t.in, NULL));
            assert_int_not_equal(sp_error(), SP_OK);
        }
        sp_error_clear();
        sp_scope_end(scope);
    }
}

/* ---- hostile inputs ---- */

static void no_input_can_crash_an_op(void **state)
{
    (void)state;
    const sp_shape shapes[] = {SP_SCALAR,           SP_DIMS(0),          SP_DIMS(1),
                               SP_DIMS(2, 0, 3),    SP_DIMS(4, 3),       SP_DIMS(2, 3, 4),
                               SP_DIMS(1, 2, 4, 4), SP_DIMS(0, 2, 4, 4), SP_DIMS(1, 1, 1, 1, 1, 2, 1, 1)};
    for (int k = 0; op_case_at(k); k++) {
        if (op_case_at(k)->fails != SP_OK)
            continue;
        trial t;
        sp_scope scope = sp_scope_begin();
        prepare(&t, op_case_at(k), SP_F32);
        for (int i = 0; i < t.n; i++) {
            sp_tensor *right = t.in[i];
            for (int at = 0; at < COUNT(shapes) * SP_DTYPE_COUNT_; at++) {
                char text[64];
                sp_shape shape = shapes[at / SP_DTYPE_COUNT_];
                sp_scope inner = sp_scope_begin();
                t.in[i] = sp_ones((sp_dtype)(at % SP_DTYPE_COUNT_), shape);
                snprintf(text, sizeof text, "input %d %s %s", i, sp__shape_text(shape),
                         sp_dtype_name((sp_dtype)(at % SP_DTYPE_COUNT_)));
                fails_or_is_sane(&t, text);
                sp_scope_end(inner);
            }
            t.in[i] = right;
        }
        sp_scope_end(scope);
    }
}

static void an_op_takes_a_type_or_refuses_it(void **state)
{
    (void)state;
    for (int k = 0; op_case_at(k); k++) {
        if (op_case_at(k)->fails != SP_OK)
            continue;
        for (int type = 0; type < SP_DTYPE_COUNT_; type++) {
            trial t;
            sp_scope scope = sp_scope_begin();
            prepare(&t, op_case_at(k), SP_F32);
            for (int i = 0; i < t.n; i++)
                if (t.in[i] != SP_NONE && sp_dtype_is_float(t.in[i]->dtype))
                    t.in[i] = sp_cast(t.in[i], (sp_dtype)type);
            fails_or_is_sane(&t, sp_dtype_name((sp_dtype)type));
            sp_scope_end(scope);
        }
    }
}

static void an_absent_or_failed_input_is_no_crash(void **state)
{
    (void)state;
    for (int k = 0; op_case_at(k); k++) {
        if (op_case_at(k)->fails != SP_OK)
            continue;
        trial t;
        sp_scope scope = sp_scope_begin();
        prepare(&t, op_case_at(k), SP_F32);
        for (int i = 0; i < t.n; i++) {
            sp_tensor *right = t.in[i];
            t.in[i] = NULL;
            assert_true(fails_or_is_sane(&t, "an input is NULL"));
            t.in[i] = SP_NONE;
            assert_true(fails_or_is_sane(&t, "an input is SP_NONE") || (t.op->optional & SP__IN(i)));
            t.in[i] = right;
        }
        for (int n = -1; n < t.n; n++) {
            trial fewer = t;
            fewer.n = n;
            fails_or_is_sane(&fewer, "fewer inputs");
        }
        sp_scope_end(scope);
    }
}

/* ---- memory that runs out ---- */

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int k = 0; op_case_at(k); k++) {
        if (op_case_at(k)->fails != SP_OK)
            continue;
        trial t;
        sp_scope scope = sp_scope_begin();
        prepare(&t, op_case_at(k), SP_F16); /* the longest way: casts, scratch memory, casts back */
        bool failed = true;
        for (int n = 1; failed; n++) {
            sp_scope inner = sp_scope_begin();
            int64_t live = sp_mem_stats_get().live_blocks;
            sp_mem_fail_at(n);
            sp_list y = call(&t);
            failed = sp_mem_requests() >= n;
            sp_mem_fail_at(0);
            if (failed && (y.at[0] || sp_error() != SP_ERR_NOMEM))
                fail_msg("%s, allocation %d fails: %s", op_case_text(t.c), n, y.at[0] ? "a result" : sp_error_text());
            if (!failed)
                op_check_made(op_case_text(t.c), y.at[0]);
            sp_error_clear();
            sp_scope_end(inner);
            if (sp_mem_stats_get().live_blocks > live)
                fail_msg("%s, allocation %d fails: a block is lost", op_case_text(t.c), n);
        }
        sp_scope_end(scope);
    }
}

/* ---- what the op table does not show ---- */

static double nth(const sp_tensor *t, int64_t i) { return sp_at(t, i); }

static void python_indexing(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_reshape(sp_arange(0, 24, 1, SP_F32), SP_DIMS(2, 3, 4));
    sp_tensor *y = sp_index(x, sp_pick(-1), sp_all(), sp_pick(1)); /* x[-1, :, 1] */
    op_check_made("x[-1, :, 1]", y);
    assert_true(sp_shape_equal(sp_shape_of(y), SP_DIMS(3)));
    assert_true(nth(y, 0) == 13 && nth(y, 1) == 17 && nth(y, 2) == 21);
    y = sp_index(x, sp_span(-1, SP_END));
    assert_true(sp_shape_equal(sp_shape_of(y), SP_DIMS(1, 3, 4)) && nth(y, 0) == 12);
    y = sp_index(x, sp_pick(0), sp_pick(0), sp_from_to_by(-1, SP_END, -2)); /* x[0, 0, ::-2] */
    assert_true(sp_shape_equal(sp_shape_of(y), SP_DIMS(2)) && nth(y, 0) == 3 && nth(y, 1) == 1);
    y = sp_index(x, sp_span(1, 1));
    assert_true(sp_shape_equal(sp_shape_of(y), SP_DIMS(0, 3, 4)));
    assert_int_equal(sp_error(), SP_OK);
    assert_null(sp_index(x, sp_all(), sp_pick(3)));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    assert_string_equal(sp_error_text(), "index: position 3 is not on axis 1 of shape (2, 3, 4)");
    sp_error_clear();
    assert_null(sp_index(x, sp_all(), sp_all(), sp_all(), sp_all()));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    sp_error_clear();
    sp_scope_end(scope);
}

static void slices_in_one_run_share_their_elements(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_zeros(SP_F32, SP_DIMS(4, 3, 2));
    const float *at = sp_data(x);
    assert_ptr_equal(sp_data(sp_index(x, sp_span(1, 3))), at + 6);
    assert_ptr_equal(sp_data(sp_index(x, sp_pick(2), sp_span(1, 3))), at + 14);
    assert_ptr_equal(sp_data(sp_index(x, sp_pick(3), sp_pick(2), sp_pick(1))), at + 23);
    assert_ptr_equal(sp_data(sp_reshape(x, SP_DIMS(-1))), at);
    assert_ptr_equal(sp_data(sp_flatten(x)), at);
    assert_ptr_not_equal(sp_data(sp_index(x, sp_all(), sp_span(0, 1))), at);
    assert_ptr_not_equal(sp_data(sp_index(x, sp_from_to_by(0, SP_END, 2))), at);
    assert_int_equal(sp_error(), SP_OK);
    sp_scope_end(scope);
}

static void vectors_multiply_as_rows_and_columns(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *v = sp_vector(1, 2, 3), *m = sp_reshape(sp_arange(0, 6, 1, SP_F32), SP_DIMS(3, 2));
    assert_true(sp_item(sp_matmul(v, v)) == 14 && sp_shape_of(sp_matmul(v, v)).rank == 0);
    sp_tensor *row = sp_matmul(v, m);
    assert_true(sp_shape_equal(sp_shape_of(row), SP_DIMS(2)) && nth(row, 0) == 16 && nth(row, 1) == 22);
    sp_tensor *column = sp_matmul(sp_transpose(m, 0, NULL), v);
    assert_true(sp_shape_equal(sp_shape_of(column), SP_DIMS(2)) && nth(column, 0) == 16 && nth(column, 1) == 22);
    assert_null(sp_matmul(v, sp_vector(1, 2)));
    assert_string_equal(sp_error_text(), "matmul: inner dimensions differ: (3,) x (2,)");
    sp_error_clear();
    sp_scope_end(scope);
}

static void more_tensors_are_joined_than_an_op_takes(void **state)
{
    (void)state;
    sp_tensor *parts[150];
    sp_scope scope = sp_scope_begin();
    for (int i = 0; i < COUNT(parts); i++)
        parts[i] = sp_full(i, SP_F32, SP_DIMS(2));
    sp_list all = sp_list_new(COUNT(parts), parts);
    sp_tensor *joined = sp_concat(all, 0), *stacked = sp_stack(all, 1);
    op_check_made("concat", joined);
    op_check_made("stack", stacked);
    assert_true(sp_shape_equal(sp_shape_of(joined), SP_DIMS(300)));
    assert_true(sp_shape_equal(sp_shape_of(stacked), SP_DIMS(2, 150)));
    for (int i = 0; i < COUNT(parts); i++)
        assert_true(nth(joined, 2 * i + 1) == i && nth(stacked, 150 + i) == i);
    assert_null(sp_concat((sp_list){NULL, 0}, 0));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    sp_scope_end(scope);
}

static void sums_of_integers_are_int64(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *bytes = sp_full(200, SP_U8, SP_DIMS(3));
    assert_int_equal(sp_dtype_of(sp_sum(bytes)), SP_I64);
    assert_int_equal(sp_item_int(sp_sum(bytes)), 600);
    assert_int_equal(sp_item_int(sp_sum(sp_ones(SP_BOOL, SP_DIMS(5)))), 5);
    assert_int_equal(sp_dtype_of(sp_mean(bytes)), SP_U8);
    assert_int_equal(sp_item_int(sp_mean(bytes)), 200);
    sp_tensor *negative = sp_cast(sp_vector(-1, -2, -4), SP_I32); /* -7/3 */
    assert_int_equal(sp_item_int(sp_mean(negative)), -2);
    assert_int_equal(sp_error(), SP_OK);
    sp_scope_end(scope);
}

static int forget_failures(void **state)
{
    (void)state;
    sp_error_clear();
    return 0;
}

static void expect_numbers(sp_tensor *got, const double *want)
{
    assert_non_null(got);
    sp_tensor *wide = sp_cast(got, SP_F64);
    for (int64_t i = 0; i < sp_shape_size(sp_shape_of(got)); i++) {
        const double v = ((const double *)sp_data(wide))[i];
        if (!(v == want[i] || (isnan(v) && isnan(want[i]))))
            fail_msg("element %d is %g, expected %g", (int)i, v, want[i]);
    }
}

/* Sums along an axis; rows in order, equal ones as they came, NaN as the largest; where the derivative of a choice goes. */
static void sums_and_choices_in_order(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    const float numbers[] = {3, 1, 2, 5, 4, 6}, ties[] = {1, NAN, 2, 1, -1, 2};
    sp_tensor *x = sp_from(numbers, SP_F32, SP_DIMS(2, 3)), *y = sp_from(ties, SP_F32, SP_DIMS(6));
    expect_numbers(sp_cumsum(x, 0), (double[]){3, 1, 2, 8, 5, 8});
    expect_numbers(sp_cumsum(x, -1), (double[]){3, 4, 6, 5, 9, 15});
    expect_numbers(sp_cumsum(sp_cast(x, SP_U8), 1), (double[]){3, 4, 6, 5, 9, 15});
    sp_list top = sp_topk(x, 2, true), low = sp_topk(x, 2, false);
    expect_numbers(top.at[0], (double[]){3, 2, 6, 5});
    expect_numbers(top.at[1], (double[]){0, 2, 2, 0});
    expect_numbers(low.at[0], (double[]){1, 2, 4, 5});
    expect_numbers(low.at[1], (double[]){1, 2, 1, 0});
    sp_list down = sp_topk(y, 6, true), up = sp_topk(y, 6, false);
    expect_numbers(down.at[0], (double[]){(double)NAN, 2, 2, 1, 1, -1});
    expect_numbers(down.at[1], (double[]){1, 2, 5, 0, 3, 4});
    expect_numbers(up.at[0], (double[]){-1, 1, 1, 2, 2, (double)NAN});
    expect_numbers(up.at[1], (double[]){4, 0, 3, 2, 5, 1});
    assert_int_equal(sp_dtype_of(up.at[1]), SP_I32);
    assert_null(sp_topk(y, 7, true).at[0]);
    sp_error_clear();
    sp_scope_end(scope);
}

static void counts_without_values_are_refused(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(1, 2));
    assert_null(sp_sum_axes(x, 1, NULL, false));
    assert_null(sp_squeeze(x, 1, NULL));
    assert_null(sp_transpose(x, 2, NULL));
    assert_null(sp_tile(x, 2, NULL));
    assert_null(sp_index_new(x, 1, NULL));
    assert_null(sp_mean_axes(x, -1, (int[]){0}, false));
    assert_null(sp_max_axes(x, 99, (int[99]){0}, false));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    op_check_made("sum of all", sp_sum_axes(x, 0, NULL, false));
    sp_scope_end(scope);
}

/* The same classes as labels and as probabilities (1 and 0). */
static void each_place_has_a_loss_of_its_own(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    const sp_cross_entropy_attrs each = {SP_NO_REDUCTION, -100, 0};
    sp_tensor *logits = sp_rand_normal(0, 1, SP_F32, SP_DIMS(3, 4, 2, 5));
    sp_tensor *labels = sp_rand_int(0, 4, SP_I32, SP_DIMS(3, 2, 5));
    sp_tensor *chances = sp_transpose(sp_one_hot(labels, 4, SP_F32), 4, (int[]){0, 3, 1, 2});
    sp_tensor *a = sp_cross_entropy_with(logits, labels, SP_NONE, &each);
    sp_tensor *b = sp_cross_entropy_with(logits, chances, SP_NONE, &each);
    assert_non_null(a);
    assert_non_null(b);
    assert_string_equal(sp_shape_str(sp_shape_of(a)), "(3, 2, 5)");
    assert_string_equal(sp_shape_str(sp_shape_of(b)), "(3, 2, 5)");
    assert_true(sp_item(sp_max(sp_abs(sp_sub(a, b)))) < 1e-5);
    sp_scope_end(scope);
}

int main(void)
{
    limit_memory();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_entry_is_complete, forget_failures),
        cmocka_unit_test_setup(every_entry_has_a_case_that_works, forget_failures),
        cmocka_unit_test_setup(expected_failures_have_their_code_and_text, forget_failures),
        cmocka_unit_test_setup(no_attribute_can_crash_an_op, forget_failures),
        cmocka_unit_test_setup(missing_attributes_are_refused, forget_failures),
        cmocka_unit_test_setup(no_input_can_crash_an_op, forget_failures),
        cmocka_unit_test_setup(an_op_takes_a_type_or_refuses_it, forget_failures),
        cmocka_unit_test_setup(an_absent_or_failed_input_is_no_crash, forget_failures),
        cmocka_unit_test_setup(every_allocation_may_fail, forget_failures),
        cmocka_unit_test_setup(python_indexing, forget_failures),
        cmocka_unit_test_setup(slices_in_one_run_share_their_elements, forget_failures),
        cmocka_unit_test_setup(vectors_multiply_as_rows_and_columns, forget_failures),
        cmocka_unit_test_setup(more_tensors_are_joined_than_an_op_takes, forget_failures),
        cmocka_unit_test_setup(sums_of_integers_are_int64, forget_failures),
        cmocka_unit_test_setup(sums_and_choices_in_order, forget_failures),
        cmocka_unit_test_setup(counts_without_values_are_refused, forget_failures),
        cmocka_unit_test_setup(each_place_has_a_loss_of_its_own, forget_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
