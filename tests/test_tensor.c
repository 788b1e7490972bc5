/* Tensors: made, looked at, kept, shared, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <string.h>

#define SP_EXPERIMENTAL
#include "tensor/tensor.h"

static int clean(void **state)
{
    (void)state;
    sp_mem_fail_at(0);
    sp_error_clear();
    sp_shutdown();
    return 0;
}

static int64_t live(void) { return sp_mem_stats_get().live_blocks; }

static void assert_error(sp_status code, const char *text)
{
    assert_int_equal(sp_error(), code);
    assert_string_equal(sp_error_text(), text);
    sp_error_clear();
}

static void assert_values(const sp_tensor *t, int n, const double *values)
{
    assert_non_null(t);
    assert_int_equal(sp_size_of(t), n);
    for (int i = 0; i < n; i++)
        assert_true(sp_at(t, i) == values[i]);
}
#define VALUES(...) \
    SP_N(double, __VA_ARGS__), (double[]) { __VA_ARGS__ }

/* ---- shapes ---- */

static void a_shape_has_a_size_or_is_refused(void **state)
{
    (void)state;
    const int64_t dims[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    assert_int_equal(sp_shape_size(SP_SCALAR), 1);
    assert_int_equal(sp_shape_size(SP_DIMS(64, 1, 28, 28)), 50176);
    assert_int_equal(sp_shape_size(SP_DIMS(3, 0)), 0);
    assert_int_equal(sp_shape_size(SP_DIMS(3, -1)), -1);
    assert_int_equal(sp_shape_size(SP_DIMS(INT64_MAX, 2)), -1);
    assert_int_equal(sp_shape_size(SP_DIMS((int64_t)1 << 32, (int64_t)1 << 32)), -1);
    assert_int_equal(sp_shape_size(SP_DIMS(0, (int64_t)1 << 32, (int64_t)1 << 32)), -1);
    assert_int_equal(sp_shape_size(SP_DIMS((int64_t)1 << 59)), (int64_t)1 << 59);
    assert_int_equal(sp_shape_size(sp_shape_new(8, dims)), 40320);
    assert_int_equal(sp_shape_new(9, dims).rank, -1);
    assert_int_equal(sp_shape_new(-1, dims).rank, -1);
    assert_int_equal(sp_shape_new(2, NULL).rank, -1);
    assert_int_equal(sp_shape_new(0, NULL).rank, 0);
    assert_int_equal(sp_shape_size((sp_shape){.rank = 100}), -1);
}

static void shapes_are_compared(void **state)
{
    (void)state;
    assert_true(sp_shape_equal(SP_DIMS(2, 3), SP_DIMS(2, 3)));
    assert_false(sp_shape_equal(SP_DIMS(2, 3), SP_DIMS(3, 2)));
    assert_false(sp_shape_equal(SP_DIMS(2), SP_DIMS(2, 1)));
    assert_true(sp_shape_equal(SP_SCALAR, (sp_shape){0, {5}}));
    assert_false(sp_shape_equal((sp_shape){.rank = 99}, (sp_shape){.rank = 99}));
}

static void shapes_broadcast_as_in_numpy(void **state)
{
    (void)state;
    static const struct {
        sp_shape a, b, out; /* out.rank -1: they do not fit */
    } cases[] = {
        {{2, {3, 4}}, {2, {3, 4}}, {2, {3, 4}}},
        {{2, {3, 4}}, {1, {4}}, {2, {3, 4}}},
        {{2, {3, 1}}, {2, {1, 4}}, {2, {3, 4}}},
        {{0, {0}}, {3, {2, 3, 4}}, {3, {2, 3, 4}}},
        {{4, {8, 1, 6, 1}}, {3, {7, 1, 5}}, {4, {8, 7, 6, 5}}},
        {{2, {3, 1}}, {1, {0}}, {2, {3, 0}}},
        {{1, {1}}, {1, {0}}, {1, {0}}},
        {{2, {3, 4}}, {1, {3}}, {-1, {0}}},
        {{1, {2}}, {1, {0}}, {-1, {0}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int swap = 0; swap < 2; swap++) {
            sp_shape out;
            bool fits = sp__broadcast(swap ? cases[i].b : cases[i].a, swap ? cases[i].a : cases[i].b, &out);
            assert_int_equal(fits, cases[i].out.rank >= 0);
            if (fits)
                assert_true(sp_shape_equal(out, cases[i].out));
        }
}

static void an_axis_may_count_from_the_end(void **state)
{
    (void)state;
    int axis = 9;
    assert_true(sp__axis(-1, 3, &axis));
    assert_int_equal(axis, 2);
    assert_true(sp__axis(0, 3, &axis));
    assert_int_equal(axis, 0);
    assert_false(sp__axis(3, 3, &axis));
    assert_false(sp__axis(-4, 3, &axis));
    assert_false(sp__axis(0, 0, &axis));
    assert_false(sp__axis(INT64_MIN, 3, &axis));
}

static void eight_shape_texts_can_be_used_at_once(void **state)
{
    (void)state;
    const char *text[8];
    for (int i = 0; i < 8; i++)
        text[i] = sp__shape_text(SP_DIMS(i, 7));
    assert_string_equal(text[0], "(0, 7)");
    assert_string_equal(text[7], "(7, 7)");
    assert_string_equal(sp__shape_text(SP_SCALAR), "()");
    assert_string_equal(sp__shape_text(SP_DIMS(3)), "(3,)");
    assert_string_equal(sp__shape_text((sp_shape){.rank = -1}), "(of rank -1)");
    const int64_t m = INT64_MIN;
    assert_int_equal(strlen(sp__shape_text(SP_DIMS(m, m, m, m, m, m, m, m))), 8 * 20 + 7 * 2 + 2);
}

/* ---- elements ---- */

static void stored_numbers_are_truncated_and_saturated(void **state)
{
    (void)state;
    static const struct {
        sp_dtype dtype;
        double in, out;
    } cases[] = {
        {SP_I8, 127.9, 127},
        {SP_I8, -128.9, -128},
        {SP_I8, 1e9, 127},
        {SP_I8, -1e9, -128},
        {SP_U8, -0.9, 0},
        {SP_U8, -5, 0},
        {SP_U8, 255.5, 255},
        {SP_U8, 256, 255},
        {SP_I16, 40000, 32767},
        {SP_U16, 70000, 65535},
        {SP_I32, 2147483647, 2147483647},
        {SP_I32, 2147483648, 2147483647},
        {SP_I32, -1.99, -1},
        {SP_U32, 4294967296, 4294967295},
        {SP_I64, 1e300, 9223372036854775807.0},
        {SP_I64, -1e300, -9223372036854775808.0},
        {SP_U64, 1e300, 18446744073709551615.0},
        {SP_U64, 18446744073709549568.0, 18446744073709549568.0},
        {SP_F32, 0.1, (double)0.1f},
        {SP_F64, 0.1, 0.1},
        {SP_F16, 70000, HUGE_VAL},
        {SP_F16, 0.1, 0.0999755859375},
        {SP_BF16, 0.1, 0.10009765625},
        {SP_BOOL, 0.1, 1},
        {SP_BOOL, -0.0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t room[2] = {0};
        sp__store(room, cases[i].dtype, 0, cases[i].in);
        assert_true(sp__load(room, cases[i].dtype, 0) == cases[i].out);
        assert_int_equal(room[1], 0);
    }
    for (int d = 0; d < SP_DTYPE_COUNT_; d++) {
        uint64_t room = 0;
        sp__store(&room, (sp_dtype)d, 0, (double)NAN);
        double back = sp__load(&room, (sp_dtype)d, 0);
        if (sp_dtype_is_float((sp_dtype)d))
            assert_true(isnan(back));
        else
            assert_true(back == (d == SP_BOOL));
    }
}

static void integers_are_loaded_exactly(void **state)
{
    (void)state;
    const int64_t big = ((int64_t)1 << 62) + 1;
    const uint64_t bigger = UINT64_MAX;
    const float f[] = {-1.9f, 1e30f, NAN};
    assert_true(sp__load_int(&big, SP_I64, 0) == big);
    assert_true(sp__load_int(&bigger, SP_U64, 0) == INT64_MAX);
    assert_int_equal(sp__load_int(f, SP_F32, 0), -1);
    assert_true(sp__load_int(f, SP_F32, 1) == INT64_MAX);
    assert_int_equal(sp__load_int(f, SP_F32, 2), 0);
}

/* ---- making ---- */

static void data_is_copied(void **state)
{
    (void)state;
    int32_t data[6] = {1, 2, 3, 4, 5, 6};
    sp_tensor *t = sp_from(data, SP_I32, SP_DIMS(2, 3));
    data[0] = 9;
    assert_values(t, VALUES(1, 2, 3, 4, 5, 6));
    assert_int_equal(sp_dtype_of(t), SP_I32);
    assert_true(sp_shape_equal(sp_shape_of(t), SP_DIMS(2, 3)));
    assert_int_equal((uintptr_t)sp_data(t) % 64, 0);
    assert_values(sp_vector(1, 2.5, 3), VALUES(1, 2.5, 3));
    const uint8_t bytes[] = {0, 1, 2, 255};
    const uint8_t *b = sp_data(sp_from(bytes, SP_BOOL, SP_DIMS(4)));
    assert_memory_equal(b, "\0\1\1\1", 4);
    assert_non_null(sp_data(sp_from(NULL, SP_F32, SP_DIMS(0, 5))));
    assert_int_equal(sp_error(), SP_OK);
}

static void constants_fill_every_element_of_every_type(void **state)
{
    (void)state;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++)
        for (int64_t n = 0; n < 6000; n = n * 3 + 1) {
            sp_tensor *zero = sp_zeros((sp_dtype)d, SP_DIMS(n)), *one = sp_ones((sp_dtype)d, SP_DIMS(n, 1));
            sp_tensor *three = sp_full(3, (sp_dtype)d, SP_DIMS(1, n));
            for (int64_t i = 0; i < n; i++) {
                assert_true(sp_at(zero, i) == 0);
                assert_true(sp_at(one, i) == 1);
                assert_true(sp_at(three, i) == (d == SP_BOOL ? 1 : 3));
            }
        }
    assert_int_equal(sp_error(), SP_OK);
    assert_true(sp_item(sp_scalar(2.5, SP_F16)) == 2.5);
    assert_int_equal(sp_shape_of(sp_scalar(1, SP_I8)).rank, 0);
}

static void ranges_stop_before_their_end(void **state)
{
    (void)state;
    assert_values(sp_arange(0, 5, 1, SP_I64), VALUES(0, 1, 2, 3, 4));
    assert_values(sp_arange(5, 0, -2, SP_I32), VALUES(5, 3, 1));
    assert_values(sp_arange(0, 1, 0.25, SP_F32), VALUES(0, 0.25, 0.5, 0.75));
    assert_int_equal(sp_size_of(sp_arange(0, 1, 0.1, SP_F64)), 10);
    assert_int_equal(sp_size_of(sp_arange(0, 1.05, 0.1, SP_F64)), 11);
    assert_int_equal(sp_size_of(sp_arange(3, 3, 1, SP_F32)), 0);
    assert_int_equal(sp_size_of(sp_arange(3, 0, 1, SP_F32)), 0);
    assert_null(sp_arange(0, 1, 0, SP_F32));
    assert_error(SP_ERR_VALUE, "arange: from 0 to 1 by 0: expected finite numbers and a step other than 0");
    assert_null(sp_arange(0, (double)INFINITY, 1, SP_F32));
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    sp_error_clear();
    assert_null(sp_arange(0, 1e300, 1, SP_F32));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    sp_error_clear();
    assert_null(sp_arange(-1e308, 1e308, 1, SP_F32));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
}

static void impossible_tensors_are_refused(void **state)
{
    (void)state;
    assert_null(sp_zeros(SP_F32, SP_DIMS(2, -1)));
    assert_error(SP_ERR_SHAPE, "tensor: shape (2, -1): expected 0 to 8 dimensions, none negative, and fewer than 2^60 "
                               "elements");
    assert_null(sp_zeros(SP_F32, (sp_shape){.rank = 9}));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    sp_error_clear();
    assert_null(sp_ones((sp_dtype)13, SP_DIMS(2)));
    assert_error(SP_ERR_DTYPE, "tensor: 13 is no element type");
    assert_null(sp_ones(SP_U8, SP_DIMS((int64_t)1 << 50)));
    assert_int_equal(sp_error(), SP_ERR_NOMEM);
    sp_error_clear();
    assert_null(sp_from(NULL, SP_F32, SP_DIMS(2)));
    assert_error(SP_ERR_VALUE, "from: argument 1 is NULL");
    assert_null(sp_vector_new(-1, (float[]){1}));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
    sp_error_clear();
    assert_null(sp__tensor_symbolic(SP_F32, SP_DIMS(-1)));
    assert_int_equal(sp_error(), SP_ERR_SHAPE);
}

/* ---- keeping and sharing ---- */

static void kept_tensors_survive_their_scope(void **state)
{
    (void)state;
    sp_scope s = sp_scope_begin();
    sp_tensor *t = sp_keep(sp_full(7, SP_F32, SP_DIMS(100, 100)));
    sp_scope_end(s);
    int64_t with = live();
    assert_true(sp_at(t, 9999) == 7);
    assert_ptr_equal(sp_keep(t), t);
    sp_drop(t);
    assert_int_equal(live(), with);
    sp_drop(t);
    assert_int_equal(live(), with - 1); /* the tensor and its elements are one block */
    assert_null(sp_keep(NULL));
    sp_drop(NULL);
    assert_ptr_equal(sp_keep(SP_NONE), SP_NONE);
    for (int i = 0; i < 5; i++)
        sp_drop(SP_NONE);
    assert_int_equal(sp_error(), SP_OK);
}

static void *drop_it(void *t)
{
    sp_scope s = sp_scope_begin();
    assert_true(sp_at(sp_scalar(1, SP_F32), 0) == 1);
    sp_drop(t);
    sp_scope_end(s);
    return NULL;
}

static void a_tensor_may_be_dropped_by_another_thread(void **state)
{
    (void)state;
    sp_scope s = sp_scope_begin();
    sp_tensor *t = sp_keep(sp_ones(SP_F32, SP_DIMS(1000)));
    sp_scope_end(s);
    int64_t with = live();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, drop_it, t), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(live(), with - 1);
}

static void views_share_elements_and_keep_them_alive(void **state)
{
    (void)state;
    sp_scope s = sp_scope_begin();
    sp_tensor *x = sp_arange(0, 12, 1, SP_F32);
    sp_tensor *view = sp_keep(sp__tensor_view(x, SP_DIMS(2, 3), 4));
    assert_ptr_equal(sp_data(view), (const float *)sp_data(x) + 4);
    assert_true(view->id != x->id);
    sp_scope_end(s);
    assert_values(view, VALUES(4, 5, 6, 7, 8, 9));
    sp_drop(view);
}

static void count_release(void *owner) { (*(int *)owner)++; }

static void foreign_memory_is_released_on_every_path(void **state)
{
    (void)state;
    static float data[6] = {1, 2, 3, 4, 5, 6};
    int released = 0;
    sp_scope s = sp_scope_begin();
    sp_tensor *t = sp_over(data, SP_F32, SP_DIMS(6), &released, count_release);
    sp_tensor *view = sp_keep(sp__tensor_view(t, SP_DIMS(2), 1));
    assert_ptr_equal(sp_data(t), data);
    sp_scope_end(s);
    assert_int_equal(released, 0);
    assert_values(view, VALUES(2, 3));
    sp_drop(view);
    assert_int_equal(released, 1);
    assert_null(sp_over(data, SP_F32, SP_DIMS(-6), &released, count_release));
    assert_null(sp_over(NULL, SP_F32, SP_DIMS(6), &released, count_release));
    assert_int_equal(released, 3);
    for (int n = 1; n <= 4; n++) {
        sp_mem_fail_at(n);
        sp_tensor *u = sp_over(data, SP_F32, SP_DIMS(6), &released, count_release);
        sp_mem_fail_at(0);
        sp_shutdown();
        assert_int_equal(u == NULL, n <= 3); /* tensor, storage, the scope's array */
        assert_int_equal(released, 3 + n);
    }
    sp_error_clear();
    assert_non_null(sp_data(sp_over(NULL, SP_F32, SP_DIMS(0), NULL, NULL)));
}

static void lists_can_be_read_up_to_eight(void **state)
{
    (void)state;
    sp_tensor *a = sp_scalar(1, SP_F32);
    sp_list l = sp_list_of(a, NULL, a);
    assert_int_equal(l.n, 3);
    assert_ptr_equal(l.at[0], a);
    assert_null(l.at[1]);
    assert_ptr_equal(l.at[2], a);
    for (int i = 3; i < 8; i++)
        assert_null(l.at[i]);
    sp_tensor *many[100];
    for (int i = 0; i < 100; i++)
        many[i] = a;
    assert_ptr_equal(sp_list_new(100, many).at[99], a);
    assert_int_equal(sp_error(), SP_OK);
    sp_list bad[] = {sp_list_new(-1, many), sp_list_new(2, NULL), sp_list_new(0, NULL), sp__list_none()};
    for (int k = 0; k < 4; k++) {
        assert_int_equal(bad[k].n, 0);
        for (int i = 0; i < 8; i++)
            assert_null(bad[k].at[i]);
    }
    assert_error(SP_ERR_VALUE, "list: -1 tensors: expected 0 or more");
}

/* ---- looking ---- */

static void elements_are_looked_at(void **state)
{
    (void)state;
    sp_tensor *x = sp_vector(1, 2, 3);
    assert_true(sp_item(sp_full(4, SP_F32, SP_DIMS(1, 1))) == 4);
    assert_int_equal(sp_item_int(sp_scalar(-7, SP_I64)), -7);
    assert_true(sp_at(x, 2) == 3);
    assert_true(isnan(sp_item(x)));
    assert_error(SP_ERR_SHAPE, "item: shape (3,): expected one element");
    assert_int_equal(sp_item_int(x), 0);
    assert_error(SP_ERR_SHAPE, "item_int: shape (3,): expected one element");
    assert_true(isnan(sp_at(x, 3)));
    assert_error(SP_ERR_VALUE, "at: element 3 of 3");
    assert_true(isnan(sp_at(x, -1)));
    assert_error(SP_ERR_VALUE, "at: element -1 of 3");
}

static void a_traced_tensor_has_no_value_yet(void **state)
{
    (void)state;
    sp_tensor *t = sp__tensor_symbolic(SP_F16, SP_SCALAR);
    assert_int_equal(sp_dtype_of(t), SP_F16);
    assert_int_equal(sp_size_of(t), 1);
    assert_true(isnan(sp_item(t)));
    assert_error(SP_ERR_STATE, "item: the tensor is being traced and has no value yet");
    assert_int_equal(sp_item_int(t), 0);
    assert_error(SP_ERR_STATE, "item_int: the tensor is being traced and has no value yet");
    assert_true(isnan(sp_at(t, 0)));
    assert_error(SP_ERR_STATE, "at: the tensor is being traced and has no value yet");
    assert_null(sp_data(t));
    assert_error(SP_ERR_STATE, "data: the tensor is being traced and has no value yet");
    assert_null(sp__param_new(t, "w", true));
    assert_error(SP_ERR_STATE, "param: 'w': the tensor has no value");
}

static void null_and_none_can_be_looked_at(void **state)
{
    (void)state;
    sp_tensor *absent[] = {NULL, SP_NONE};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sp_shape_of(absent[i]).rank, -1);
        assert_int_equal(sp_dtype_of(absent[i]), SP_DTYPE_COUNT_);
        assert_int_equal(sp_size_of(absent[i]), 0);
        assert_null(sp_data(absent[i]));
        assert_string_equal(sp_param_name(absent[i]), "");
        assert_false(sp_param_trainable(absent[i]));
        assert_int_equal(sp_error(), SP_OK);
        assert_true(isnan(sp_item(absent[i])));
        assert_error(SP_ERR_VALUE, i ? "item: argument 1 is SP_NONE" : "item: argument 1 is NULL");
        assert_int_equal(sp_item_int(absent[i]), 0);
        assert_true(isnan(sp_at(absent[i], 0)));
        assert_int_equal(sp_error(), SP_ERR_VALUE);
        sp_error_clear();
        assert_int_not_equal(sp_param_set_trainable(absent[i], true), SP_OK);
        assert_null(sp__param_new(absent[i], "w", true));
        sp_error_clear();
    }
}

/* ---- parameters ---- */

static void parameters_have_names_and_elements_of_their_own(void **state)
{
    (void)state;
    sp_scope s = sp_scope_begin();
    sp_tensor *x = sp_vector(1, 2, 3, 4);
    sp_tensor *w = sp__param_new(x, "fc.weight", true);
    assert_ptr_equal(w, x); /* nobody else looks at its elements */
    assert_string_equal(sp_param_name(w), "fc.weight");
    assert_true(sp_param_trainable(w));
    assert_int_equal(sp_param_set_trainable(w, false), SP_OK);
    assert_false(sp_param_trainable(w));
    assert_int_equal(sp__param_rename(w, "net.fc.weight"), SP_OK);

    sp_tensor *view = sp__tensor_view(x, SP_DIMS(2), 2);
    sp_tensor *b = sp__param_new(view, "b", false);
    assert_ptr_not_equal(sp_data(b), sp_data(view));
    assert_string_equal(sp_param_name(view), "");
    assert_int_equal(sp_param_set_trainable(view, true), SP_ERR_STATE);
    assert_error(SP_ERR_STATE, "param_set_trainable: the tensor is no parameter");
    assert_int_equal(sp__param_rename(view, "v"), SP_ERR_STATE);
    sp_error_clear();

    sp_tensor *shared = sp__param_new(w, "other", true); /* a parameter already: shared, under its own name */
    assert_ptr_equal(shared, w);
    sp_scope_end(s);
    assert_string_equal(sp_param_name(shared), "net.fc.weight");
    assert_values(w, VALUES(1, 2, 3, 4));
    assert_values(b, VALUES(3, 4));
    sp_drop(w);
    sp_drop(shared);
    sp_drop(b);
    assert_null(sp__param_new(sp_scalar(1, SP_F32), NULL, true));
    assert_error(SP_ERR_VALUE, "param: argument 2 is NULL");
}

/* ---- memory ---- */

/* Something of everything. Stops at the first failure, as programs do. */
static bool make_something(void)
{
    sp_scope s = sp_scope_begin();
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(50, 50));
    sp_tensor *y = x ? sp__tensor_view(x, SP_DIMS(2500), 0) : NULL;
    sp_tensor *r = y ? sp_rand_normal(0, 1, SP_F32, SP_DIMS(300)) : NULL;
    sp_tensor *a = r ? sp_arange(0, 10, 1, SP_I64) : NULL;
    sp_tensor *z = a ? sp__tensor_symbolic(SP_F32, SP_DIMS(2)) : NULL;
    sp_list l = z ? sp_list_of(x, y, r, a, z) : sp__list_none();
    sp_tensor *w = l.n == 5 ? sp__param_new(y, "w", true) : NULL;
    bool done = w && sp__param_rename(w, "net.w") == SP_OK && *sp__scope_printf("%d", 5) == '5';
    for (int i = 0; done && i < 30; i++) /* the scope's array grows */
        done = sp_scalar(i, SP_F64) != NULL;
    for (int i = 0; done && i < 20; i++) { /* and that of the scopes */
        int depth = sp_scope_begin().depth;
        done = depth > 1;
    }
    sp_drop(w);
    sp_scope_end(s);
    return done && sp_error() == SP_OK;
}

static void the_nth_allocation_may_fail_without_a_leak(void **state)
{
    (void)state;
    int64_t n = 1;
    for (bool done = false; !done; n++) {
        int64_t before = live();
        sp_mem_fail_at(n);
        done = make_something();
        if (!done)
            assert_int_equal(sp_error(), SP_ERR_NOMEM);
        sp_mem_fail_at(0);
        sp_error_clear();
        sp_shutdown(); /* the root scope's, and the thread's own arrays */
        assert_int_equal(live(), before);
    }
    assert_true(n > 40); /* it did try them all */
}

static void a_scope_gives_back_all_it_took(void **state)
{
    (void)state;
    assert_true(make_something());
    int64_t blocks = live(), bytes = sp_mem_stats_get().live_bytes;
    for (int i = 0; i < 50; i++)
        assert_true(make_something());
    assert_int_equal(live(), blocks);
    assert_int_equal(sp_mem_stats_get().live_bytes, bytes);
}

static void a_steady_loop_asks_the_system_for_nothing(void **state)
{
    (void)state;
    if (!sp__mem_caches())
        skip();
    int64_t calls = 0;
    for (int step = 0; step < 50; step++) {
        sp_scope s = sp_scope_begin();
        for (int i = 0; i < 200; i++) {
            sp_tensor *t = sp_full(i, SP_F32, SP_DIMS(i + 1, 100));
            assert_non_null(sp_list_of(t, t).at);
        }
        sp_scope_end(s);
        if (step == 0)
            calls = sp_mem_stats_get().system_calls;
    }
    assert_int_equal(sp_mem_stats_get().system_calls, calls);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, clean, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_shape_has_a_size_or_is_refused),
        TEST(shapes_are_compared),
        TEST(shapes_broadcast_as_in_numpy),
        TEST(an_axis_may_count_from_the_end),
        TEST(eight_shape_texts_can_be_used_at_once),
        TEST(stored_numbers_are_truncated_and_saturated),
        TEST(integers_are_loaded_exactly),
        TEST(data_is_copied),
        TEST(constants_fill_every_element_of_every_type),
        TEST(ranges_stop_before_their_end),
        TEST(impossible_tensors_are_refused),
        TEST(kept_tensors_survive_their_scope),
        TEST(a_tensor_may_be_dropped_by_another_thread),
        TEST(views_share_elements_and_keep_them_alive),
        TEST(foreign_memory_is_released_on_every_path),
        TEST(lists_can_be_read_up_to_eight),
        TEST(elements_are_looked_at),
        TEST(a_traced_tensor_has_no_value_yet),
        TEST(null_and_none_can_be_looked_at),
        TEST(parameters_have_names_and_elements_of_their_own),
        TEST(the_nth_allocation_may_fail_without_a_leak),
        TEST(a_scope_gives_back_all_it_took),
        TEST(a_steady_loop_asks_the_system_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
