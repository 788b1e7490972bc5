/* file/onnx_to_ops.c: finds what an operator of an .onnx file is in ops, and what the tables (onnx_to_*.c) share. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_to.h"

static const sp__ox_rule *const tables[] = {sp__ox_rules_maths, sp__ox_rules_activations, sp__ox_rules_shapes,
                                            sp__ox_rules_layers};

/* The op of ours without attributes that has this ONNX name; NULL. */
static const sp__op *plain_op(const char *name)
{
    const sp__op *op;
    for (int i = 0; (op = sp__op_at(i)) != NULL; i++)
        if (op->onnx && strcmp(op->onnx, name) == 0 && op->n_fields == 0 && op->n_out == 1 &&
            !(op->flags & (SP__GRADIENT | SP__FUSED | SP__RANDOM | SP__BARRIER)))
            return op;
    return NULL;
}

static sp_tensor *same_op(sp__ox_call *c)
{
    sp_tensor *in[SP__MAX_IN];
    const sp__op *op = plain_op(c->by.op);
    if (c->n_in < op->min_in || c->n_in > op->max_in)
        return sp__ox_fail(c, SP_ERR_FORMAT, "%d arguments, expected %d", c->n_in, op->min_in);
    for (int i = 0; i < c->n_in; i++)
        if (!(in[i] = sp__ox_arg(c, i)))
            return NULL;
    return sp__apply1(op, c->n_in, in, NULL);
}

static const sp__ox_rule plain = {.folds = true, .call = same_op};

const sp__ox_rule *sp__ox_rule_find(const char *name)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const sp__ox_rule *r = tables[t]; r->op; r++)
            if (strcmp(r->op, name) == 0)
                return r;
    return plain_op(name) ? &plain : NULL;
}

sp__ints sp__ox_axes(sp__ox_call *c, const sp__ox_ints *from, int rank)
{
    const sp__ints failed = {.n = -1};
    bool named[SP_MAX_RANK] = {false};
    sp__ints axes = {0};
    for (int i = 0; i < from->n; i++) {
        int axis;
        if (rank > SP_MAX_RANK || !sp__axis(from->v[i], rank, &axis) || named[axis]) {
            sp__ox_fail(c, SP_ERR_VALUE, "axis %lld of %d is out of range or named twice", (long long)from->v[i], rank);
            return failed;
        }
        named[axis] = true;
    }
    for (int i = 0; from->n >= 0 && i < rank; i++)
        if (named[i])
            axes.v[axes.n++] = i;
    return from->n < 0 ? failed : axes;
}

/* ---- constants that rules make ---- */

sp_tensor *sp__ox_made(sp__ox_call *c, sp_tensor *t)
{
    if (!t || c->folding)
        return t;
    c->model->made += (size_t)t->size * sp_dtype_size(t->dtype);
    if (c->model->made > SP__OX_MADE_MAX)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the constants computed so far have %zu bytes", c->model->made);
    return sp__trace_stand_in(t);
}

sp_tensor *sp__ox_count(sp__ox_call *c, int64_t n, int64_t from, int64_t step)
{
    if (n < 0 || n > (int64_t)(SP__OX_MADE_MAX / sizeof(int64_t)))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "%lld positions", (long long)n);
    sp_tensor *t = sp__tensor_new(SP_I64, SP_DIMS(n));
    for (int64_t i = 0; t && i < n; i++)
        ((int64_t *)sp__data_mut(t))[i] = from + i * step;
    return sp__ox_made(c, t);
}

/* ---- shapes with open sizes ---- */

sp_tensor *sp__ox_reshape(sp__ox_call *c, sp_tensor *x, sp_shape now, sp_shape past)
{
    int open = -1;
    for (int i = 0; i < now.rank; i++) {
        if (now.dim[i] == past.dim[i])
            continue;
        if (open >= 0)
            return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "more than one size of the result is open");
        open = i;
    }
    if (open >= 0)
        now.dim[open] = -1;
    return sp_reshape(x, now);
}

/* A Bool tensor (size, 1, 1, ...) with `behind` axes behind, as large as an open dimension of an input. */
static sp_tensor *measure(const sp__ox_model *m, int64_t now, int64_t past, int behind)
{
    for (int i = 0; m->past && i < m->n_inputs; i++) {
        sp_tensor *in = m->values[i].tensor;
        sp_range one[SP_MAX_RANK];
        for (int k = 0; k < in->shape.rank; k++) {
            if (in->shape.dim[k] != now || m->past[i].shape.dim[k] != past)
                continue;
            int others[SP_MAX_RANK], n = 0;
            for (int j = 0; j < in->shape.rank; j++) {
                one[j] = j == k ? sp_all() : sp_span(0, 1);
                if (j != k)
                    others[n++] = j;
            }
            sp_tensor *y = sp_index_new(in, in->shape.rank, one);
            y = n ? sp_squeeze(y, n, others) : y;
            y = sp_equal(y, y);
            for (int j = 0; j < behind; j++)
                y = sp_expand_dims(y, -1);
            return y;
        }
    }
    return NULL;
}

sp_tensor *sp__ox_stretch(sp__ox_call *c, sp_tensor *x, sp_shape x_past, sp_shape now, sp_shape past)
{
    int lead = now.rank - (x ? x->shape.rank : 0);
    for (int i = 0; x && i < now.rank; i++) {
        bool own = i >= lead && x->shape.dim[i - lead] == now.dim[i] && x_past.dim[i - lead] == past.dim[i];
        if (now.dim[i] == past.dim[i])
            continue;
        sp_tensor *size = own ? NULL : measure(c->model, now.dim[i], past.dim[i], now.rank - 1 - i);
        now.dim[i] = -1;
        if (own)
            continue;
        if (!size)
            return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "size %d of the result is open and no input's", i);
        x = sp_where(size, x, x);
        x_past = past; /* as long as x now has this axis */
        lead = now.rank - (x ? x->shape.rank : 0);
    }
    return sp_broadcast_to(x, now);
}

sp_tensor *sp__ox_pad(sp__ox_call *c, sp_tensor *x, int axis, int64_t before, int64_t after, sp_tensor *value)
{
    if (sp__absent(x) || !value || (before == 0 && after == 0))
        return x;
    if (x->shape.dim[axis] < 1)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "padding of the empty axis %d", axis);
    int64_t times[SP_MAX_RANK], sizes[] = {before, after};
    sp_tensor *slice = sp__caller_span(x, axis, 0, 1, 1), *parts[3];
    sp_tensor *one = sp_where(sp_equal(slice, slice), value, value); /* of the slice's shape, whatever that will be */
    int n = 0;
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < x->shape.rank; k++)
            times[k] = k == axis ? sizes[i] : 1;
        if (sizes[i] > 0)
            parts[n++] = sp_tile(one, x->shape.rank, times);
        if (i == 0)
            parts[n++] = x;
    }
    for (int i = 0; i < n; i++)
        if (!parts[i])
            return NULL;
    return sp_concat((sp_list){parts, n}, axis);
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
