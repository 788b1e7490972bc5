/* The one way an op is called. */
#include <assert.h>
#include <string.h>

#include "ops/op.h"

/* Who watches this thread's calls. */
static _Thread_local struct {
    const sp__watcher *tape;
    const sp__watcher *trace;
} watching;

const sp__watcher *sp__watch(const sp__watcher *tape)
{
    const sp__watcher *before = watching.tape;
    watching.tape = tape;
    return before;
}

bool sp__watched(void) { return watching.tape != NULL; }

const sp__watcher *sp__trace_to(const sp__watcher *trace)
{
    const sp__watcher *before = watching.trace;
    watching.trace = trace;
    return before;
}

const sp__watcher *sp__trace_now(void) { return watching.trace; }

/* ---- inputs ---- */

static bool may_be_none(const sp__op *op, int i) { return i < 16 && (op->optional & SP__IN(i)); }

static bool inputs_given(const sp__op *op, int n, sp_tensor *const *in)
{
    for (int i = 0; i < n; i++) {
        if (!in[i] && !sp__given(op->label, i + 1, in[i]))
            return false;
        if (in[i] == SP_NONE && !may_be_none(op, i)) {
            sp__err(SP_ERR_VALUE, "%s: argument %d is SP_NONE, expected a tensor", op->label, i + 1);
            return false;
        }
    }
    if (n >= op->min_in && n <= op->max_in)
        return true;
    if (op->min_in == op->max_in)
        sp__err(SP_ERR_VALUE, "%s: %d arguments, expected %d", op->label, n, op->min_in);
    else
        sp__err(SP_ERR_VALUE, "%s: %d arguments, expected %d to %d", op->label, n, op->min_in, op->max_in);
    return false;
}

static bool inputs_are_float(const sp__op *op, int n, sp_tensor *const *in)
{
    for (int i = 0; i < n; i++) {
        if (in[i] != SP_NONE && !sp_dtype_is_float(in[i]->dtype)) {
            sp__err(SP_ERR_DTYPE, "%s: argument %d is %s, expected a floating-point type", op->label, i + 1,
                    sp_dtype_name(in[i]->dtype));
            return false;
        }
    }
    return true;
}

static bool is_half(const sp_tensor *t) { return t != SP_NONE && (t->dtype == SP_F16 || t->dtype == SP_BF16); }

static bool has_half(int n, sp_tensor *const *in)
{
    for (int i = 0; i < n; i++)
        if (is_half(in[i]))
            return true;
    return false;
}

static bool one_type(int n, sp_tensor *const *in)
{
    for (int i = 0; i < n; i++)
        if (in[i]->dtype != in[0]->dtype || in[i] == SP_NONE)
            return false;
    return true;
}

/* Casts inputs to their common type; to[i] = in[i] where that is its type already. */
static bool promote(const sp__op *op, int n, sp_tensor *const *in, sp_tensor **to)
{
    sp_dtype common = SP_DTYPE_COUNT_;
    for (int i = 0; i < n; i++) {
        if (in[i] == SP_NONE)
            continue;
        sp_dtype wider = common == SP_DTYPE_COUNT_ ? in[i]->dtype : sp_dtype_promote(common, in[i]->dtype);
        if (wider == SP_DTYPE_COUNT_) {
            sp__err(SP_ERR_DTYPE, "%s: no common type of %s and %s", op->label, sp_dtype_name(common),
                    sp_dtype_name(in[i]->dtype));
            return false;
        }
        common = wider;
    }
    for (int i = 0; i < n; i++) {
        to[i] = in[i] == SP_NONE || in[i]->dtype == common ? in[i] : sp_cast(in[i], common);
        if (!to[i])
            return false;
    }
    return true;
}

/* Casts integers and Bool to Float32. */
static bool ints_as_f32(int n, sp_tensor *const *in, sp_tensor **to)
{
    for (int i = 0; i < n; i++) {
        to[i] = in[i] == SP_NONE || sp_dtype_is_float(in[i]->dtype) ? in[i] : sp_cast(in[i], SP_F32);
        if (!to[i])
            return false;
    }
    return true;
}

/* ---- the call ---- */

/* Whether an argument has no elements yet, or elements that the next run of the trace may find changed. */
static bool is_symbolic(const sp__call *c)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i] != SP_NONE && (!c->in[i]->data || (watching.trace && c->in[i]->param)))
            return true;
    return false;
}

static bool make_outputs(sp__call *c, bool symbolic, bool *shared)
{
    int64_t offset = !symbolic && c->op->view ? c->op->view(c) : -1;
    *shared = offset >= 0;
    for (int j = 0; j < c->n_out; j++) {
        if (symbolic)
            c->y[j] = sp__tensor_symbolic(c->out[j].dtype, c->out[j].shape);
        else if (*shared)
            c->y[j] = sp__tensor_view(c->in[0], c->out[j].shape, offset);
        else
            c->y[j] = sp__tensor_of(&c->out[j]);
        if (!c->y[j])
            return false;
    }
    return true;
}

static bool compute(sp__call *c)
{
    bool symbolic = is_symbolic(c);
    if (symbolic && !watching.trace) {
        sp__err(SP_ERR_STATE, "%s: an argument belongs to a trace that is over", c->op->label);
        return false;
    }
    bool shared;
    if (!make_outputs(c, symbolic, &shared))
        return false;
    if (symbolic)
        return watching.trace->called(watching.trace->self, c);
    return shared || c->op->run(c) == SP_OK;
}

static bool apply(const sp__op *op, int n, sp_tensor *const *in, const void *attrs, sp__call *c);

/* The op in Float32, its results of the inputs' 16-bit type. */
static bool apply_via_f32(const sp__op *op, int n, sp_tensor *const *in, const void *attrs, sp__call *c)
{
    sp_dtype narrow = SP_DTYPE_COUNT_;
    sp_tensor *wide[SP__MAX_IN];
    for (int i = 0; i < n; i++) {
        if (is_half(in[i]))
            narrow = in[i]->dtype;
        wide[i] = is_half(in[i]) ? sp_cast(in[i], SP_F32) : in[i];
        if (!wide[i])
            return false;
    }
    if (!apply(op, n, wide, attrs, c))
        return false;
    for (int j = 0; j < c->n_out; j++) {
        if (c->y[j]->dtype == SP_F32)
            c->y[j] = sp_cast(c->y[j], narrow);
        if (!c->y[j])
            return false;
    }
    return true;
}

/* Field by field: clearing all of the struct, which has room for SP__MAX_OUT shapes, took a fifth of a small call. */
static void call_begin(sp__call *c, const sp__op *op, int n, sp_tensor *const *in, const void *attrs)
{
    c->op = op;
    c->attrs = attrs;
    c->n_in = n;
    c->n_out = op->n_out;
    c->in = in;
    c->plan = NULL;
    for (int j = 0; j < op->n_out; j++)
        c->out[j] = (sp__desc){0};
    for (int j = 0; j < SP__MAX_OUT; j++)
        c->y[j] = NULL;
}

static bool apply(const sp__op *op, int n, sp_tensor *const *in, const void *attrs, sp__call *c)
{
    sp_tensor *cast[SP__MAX_IN];
    if (!inputs_given(op, n, in))
        return false;
    if ((op->flags & SP__PROMOTE) && !one_type(n, in)) {
        if (!promote(op, n, in, cast))
            return false;
        in = cast;
    }
    if (op->flags & SP__INT_AS_F32) {
        if (!ints_as_f32(n, in, cast))
            return false;
        in = cast;
    }
    if ((op->flags & SP__FLOAT_ONLY) && !inputs_are_float(op, n, in))
        return false;
    if ((op->flags & SP__VIA_F32) && has_half(n, in))
        return apply_via_f32(op, n, in, attrs, c);
    if (op->n_fields && sp__attrs_check(op, attrs) != SP_OK)
        return false;

    call_begin(c, op, n, in, attrs);
    if (op->rule(c) != SP_OK || !compute(c))
        return false;
    return !watching.tape || watching.tape->called(watching.tape->self, c);
}

sp_tensor *sp__apply1(const sp__op *op, int n, sp_tensor *const *in, const void *attrs)
{
    sp__call c;
    return apply(op, n, in, attrs, &c) ? c.y[0] : NULL;
}

sp_list sp__apply(const sp__op *op, int n, sp_tensor *const *in, const void *attrs)
{
    sp__call c;
    return apply(op, n, in, attrs, &c) ? sp_list_new(c.n_out, c.y) : sp__list_none();
}
