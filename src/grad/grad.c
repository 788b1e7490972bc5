#include "grad/tape.h"

static sp_grads no_grads(void) { return (sp_grads){sp__list_none(), sp__list_none(), sp__list_none()}; }

/* ---- checks ---- */

static bool differentiable(const char *what, int i, const sp_tensor *x)
{
    if (!x) {
        if (sp_error() == SP_OK)
            sp__err(SP_ERR_VALUE, "grad: %s %d is NULL", what, i);
        return false;
    }
    if (x != SP_NONE && sp_dtype_is_float(x->dtype))
        return true;
    sp__err(SP_ERR_DTYPE, "grad: %s %d is %s: only floating-point tensors have a gradient", what, i,
            x == SP_NONE ? "left out" : sp_dtype_name(x->dtype));
    return false;
}

static bool check_request(const sp_grad_fn *f, sp_list in)
{
    if (!sp__given("grad", 1, f) || !sp__given("grad: fn", 1, f->fn ? f : NULL))
        return false;
    if (!f->wrt && f->weights.n == 0) {
        sp__err(SP_ERR_VALUE, "grad: nothing to differentiate: wrt names no input and weights is empty");
        return false;
    }
    for (int i = 0; i < 32; i++) {
        if (!(f->wrt & SP_ARG(i)))
            continue;
        if (i >= in.n) {
            sp__err(SP_ERR_VALUE, "grad: wrt names input %d of %d", i, in.n);
            return false;
        }
        if (!differentiable("input", i, in.at[i]))
            return false;
    }
    for (int i = 0; i < f->weights.n; i++)
        if (!differentiable("weight", i, f->weights.at[i]))
            return false;
    return true;
}

static bool check_outputs(const sp_grad_fn *f, sp_list out)
{
    if (out.n < (f->has_aux ? 2 : 1)) {
        if (sp_error() == SP_OK)
            sp__err(SP_ERR_VALUE,
                    f->has_aux ? "grad: has_aux needs a function with at least two outputs, found %d"
                               : "grad: the function has no outputs (%d)",
                    out.n);
        return false;
    }
    for (int i = 0; i < out.n; i++) {
        if (!out.at[i] && sp_error() == SP_OK)
            sp__err(SP_ERR_VALUE, "grad: output %d is NULL", i);
        if (!out.at[i] || ((i == 0 || !f->has_aux) && !differentiable("output", i, out.at[i])))
            return false;
    }
    return true;
}

/* ---- forward ---- */

/* The inputs of wrt, in order. */
typedef struct leaves {
    sp_tensor *at[32];
    uint32_t slot[32];
    int n;
} leaves;

/* The inputs; those of wrt as leaves of their own, so that one tensor given twice has two gradients, and outer tapes see
 * where they come from. */
static sp_list with_leaves(const sp_grad_fn *f, sp_list in, leaves *l)
{
    sp_tensor **args = sp__list_room(in.n);
    if (!args)
        return sp__list_none();
    for (int i = 0; i < in.n; i++) {
        args[i] = in.at[i];
        if (i < 32 && (f->wrt & SP_ARG(i))) {
            args[i] = sp__call_op(&sp__op_identity, NULL, in.at[i]);
            if (!args[i])
                return sp__list_none();
            l->at[l->n++] = args[i];
        }
    }
    return (sp_list){args, in.n};
}

static bool track_all(sp__tape *t, int n, sp_tensor *const *x)
{
    for (int i = 0; i < n; i++)
        if (!sp__tape_track(t, x[i]))
            return false;
    return true;
}

/* Calls f on the tape, in the current scope; the outputs have been checked unless there are none. */
static sp_list record(const sp_grad_fn *f, sp_list in, sp__tape *t, leaves *l)
{
    sp_list args = with_leaves(f, in, l);
    if (args.n != in.n)
        return sp__list_none();
    sp__tape_start(t);
    bool ok = track_all(t, l->n, l->at) && track_all(t, f->weights.n, f->weights.at);
    sp_list out = ok ? f->fn(f->self, args) : sp__list_none();
    sp__tape_stop(t);
    if (!ok || !check_outputs(f, out))
        return sp__list_none();
    for (int i = 0; i < l->n; i++)
        l->slot[i] = sp__tape_slot(t, l->at[i]);
    return out;
}

/* As record(), in a scope of its own that ends before the way back begins: from then on only the tape holds the activations,
 * and each goes as soon as its record has been passed. The outputs, and the leaves in l, retained, outlive it. */
static sp_list forward(const sp_grad_fn *f, sp_list in, sp__tape *t, leaves *l)
{
    sp_scope scope = sp_scope_begin();
    sp_list out = record(f, in, t, l);
    size_t bytes = (size_t)out.n * sizeof *out.at;
    sp_tensor **kept = out.n ? sp__alloc(bytes) : NULL;
    for (int i = 0; kept && i < out.n; i++)
        kept[i] = sp__retain(out.at[i]);
    for (int i = 0; i < l->n; i++)
        sp__retain(l->at[i]);
    sp_scope_end(scope);
    if (!kept)
        return sp__list_none();

    sp_list list = sp_list_new(out.n, kept);
    bool ok = list.n == out.n;
    for (int i = 0; i < out.n; i++)
        ok = sp__scope_take(kept[i]) && ok;
    sp__free(kept, bytes);
    return ok ? list : sp__list_none();
}

/* ---- backward ---- */

static bool seed(sp__tape *t, const sp_grad_fn *f, sp_list out)
{
    int n = f->has_aux ? 1 : out.n;
    for (int i = 0; i < n; i++) {
        uint32_t slot = sp__tape_slot(t, out.at[i]);
        if (!slot)
            continue;
        sp_scope scope = sp_scope_begin();
        sp_tensor *one = sp_ones(out.at[i]->dtype, out.at[i]->shape);
        bool ok = one && sp__tape_add(t, slot, one);
        sp_scope_end(scope);
        if (!ok)
            return false;
    }
    return true;
}

/* The gradient of x in slot, or zeros; belongs to the current scope. */
static sp_tensor *result(const sp__tape *t, uint32_t slot, const sp_tensor *x)
{
    sp_tensor *g = t->grads[slot];
    if (!g)
        return sp__zeros_of(sp__desc_of(x));
    return sp__scope_take(sp__retain(g)) ? g : NULL;
}

static sp_grads backward(const sp_grad_fn *f, sp_list out, sp__tape *t, const leaves *l)
{
    if (!seed(t, f, out) || !sp__tape_backward(t))
        return no_grads();
    sp_tensor **d_in = sp__list_room(l->n), **d_weights = sp__list_room(f->weights.n);
    bool ok = d_in && d_weights;
    for (int i = 0; ok && i < l->n; i++)
        ok = (d_in[i] = result(t, l->slot[i], l->at[i])) != NULL;
    for (int i = 0; ok && i < f->weights.n; i++)
        ok = (d_weights[i] = result(t, sp__tape_slot(t, f->weights.at[i]), f->weights.at[i])) != NULL;
    return ok ? (sp_grads){out, {d_in, l->n}, {d_weights, f->weights.n}} : no_grads();
}

sp_grads sp_value_and_grad(const sp_grad_fn *f, sp_list in)
{
    if (!check_request(f, in))
        return no_grads();
    sp__tape t = {0};
    leaves l = {.n = 0};
    sp_list out = forward(f, in, &t, &l);
    sp_grads g = out.n ? backward(f, out, &t, &l) : no_grads();
    for (int i = 0; i < l.n; i++)
        sp__release(l.at[i]);
    sp__tape_free(&t);
    return g;
}

sp_list sp_grad(void *grad_fn, sp_list in)
{
    sp_grads g = sp_value_and_grad(grad_fn, in);
    int n = g.d_in.n + g.d_weights.n;
    sp_tensor **all = n ? sp__list_room(n) : NULL;
    if (!all)
        return sp__list_none();
    for (int i = 0; i < n; i++)
        all[i] = i < g.d_in.n ? g.d_in.at[i] : g.d_weights.at[i - g.d_in.n];
    return (sp_list){all, n};
}

sp_tensor *sp_stop_gradient(sp_tensor *x) { return sp__call_op(&sp__op_stop_gradient, NULL, x); }
