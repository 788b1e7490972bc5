/* sp_custom: functions that bring their gradient with them. No tape sees the calls that such a function makes; each gets one
 * record instead that knows whom to ask on the way back. A trace sees all of them, so graphs need to know nothing of this. */
#include "grad/tape.h"

void sp__custom_release(sp__custom *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (c->f.done)
        c->f.done(c->f.self);
    sp__free(c, sizeof *c);
}

/* ---- the way there ---- */

static bool inputs_given(sp_list in)
{
    if (in.n > 0 && !sp__given("custom", 2, in.at))
        return false;
    for (int i = 0; i < in.n; i++)
        if (!sp__given("custom: input", i + 1, in.at[i]))
            return false;
    return true;
}

/* Handles of their own: an output may be an input, which is another place in the record. They belong to nobody yet. */
static bool handles(sp_list out, sp_tensor **y)
{
    if (out.n < 1 || !out.at[0]) {
        if (sp_error() == SP_OK)
            sp__err(SP_ERR_VALUE, "custom: the function has no outputs");
        return false;
    }
    for (int j = 0; j < out.n; j++)
        if (!(y[j] = sp__retain(sp__call_op(&sp__op_identity, NULL, out.at[j]))))
            return false;
    return true;
}

/* Calls f->fn unrecorded and in a scope of its own: of what it makes its outputs alone stay. */
static sp_list call(const sp_custom_fn *f, sp_list in)
{
    sp_scope scope = sp_scope_begin();
    const sp__watcher *tape = sp__watch(NULL);
    sp_list out = f->fn(f->self, in);
    size_t bytes = (size_t)SP__MAX(out.n, 1) * sizeof *out.at;
    sp_tensor **y = sp__alloc_zero(bytes);
    bool ok = y && handles(out, y);
    sp__watch(tape);
    sp_scope_end(scope);

    sp_list kept = ok ? sp_list_new(out.n, y) : sp__list_none();
    ok = ok && kept.n == out.n;
    for (int j = 0; y && j < out.n; j++) {
        if (!ok)
            sp__release(y[j]);
        else
            ok = sp__scope_take(y[j]);
    }
    sp__free(y, bytes);
    return ok ? kept : sp__list_none();
}

sp_list sp_custom(void *custom_fn, sp_list in)
{
    const sp_custom_fn *f = custom_fn;
    if (!sp__given("custom", 1, f))
        return sp__list_none();
    bool given = sp__given("custom: fn", 1, f->fn ? f : NULL) && sp__given("custom: vjp", 1, f->vjp ? f : NULL);
    sp__custom *c = given && inputs_given(in) ? sp__alloc(sizeof *c) : NULL;
    if (!c) {
        if (f->done)
            f->done(f->self);
        return sp__list_none();
    }
    c->f = *f;
    atomic_init(&c->refs, 1);
    sp_list out = call(&c->f, in);
    if (out.n > 0 && !sp__tape_custom(c, in, out))
        out = sp__list_none();
    sp__custom_release(c);
    return out;
}

/* ---- the way back ---- */

static bool fits(int i, const sp_tensor *d, const sp__desc *x)
{
    if (!d) {
        if (sp_error() == SP_OK)
            sp__err(SP_ERR_VALUE, "custom: vjp gives NULL for input %d", i);
        return false;
    }
    if (!sp_shape_equal(d->shape, x->shape)) {
        sp__err(SP_ERR_SHAPE, "custom: vjp gives shape %s for input %d, which has shape %s", SP__STR(d), i,
                sp__shape_text(x->shape));
        return false;
    }
    if (d->dtype != x->dtype) {
        sp__err(SP_ERR_DTYPE, "custom: vjp gives %s for input %d, which is %s", sp_dtype_name(d->dtype), i,
                sp_dtype_name(x->dtype));
        return false;
    }
    return true;
}

bool sp__custom_back(const sp__custom *c, const sp__node *n, sp_tensor *const *dy, const uint32_t *want, sp_tensor **dx)
{
    sp_list in = sp_list_new(n->n_in, n->in), out = sp_list_new(n->n_out, n->out), d_out = sp_list_new(n->n_out, dy);
    if (in.n != n->n_in || out.n != n->n_out || d_out.n != n->n_out)
        return false;
    int64_t failures = sp__error_count();
    sp_list d = c->f.vjp(c->f.self, in, out, d_out);
    if (sp__error_count() != failures && sp_error() != SP_OK)
        return false;
    if (d.n != n->n_in) {
        sp__err(SP_ERR_VALUE, "custom: vjp gives %d tensors, expected one for each of %d inputs", d.n, n->n_in);
        return false;
    }
    for (int i = 0; i < n->n_in; i++) {
        dx[i] = want[i] ? d.at[i] : SP_NONE;
        if (dx[i] != SP_NONE && !fits(i, dx[i], &n->in_desc[i]))
            return false;
    }
    return true;
}
