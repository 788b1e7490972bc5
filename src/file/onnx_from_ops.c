/* file/onnx_from_ops.c: finds how an op is written in the tables (onnx_from_maths.c, _shapes.c, _layers.c), and what those
 * share. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_write.h"

static const sp__onnx_rule *rule_of(const char *op)
{
    const sp__onnx_rule *const tables[] = {sp__onnx_maths, sp__onnx_shapes, sp__onnx_layers};
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++)
        for (const sp__onnx_rule *r = tables[k]; r->op; r++)
            if (strcmp(r->op, op) == 0)
                return r;
    return NULL;
}

bool sp__onnx_write_node(sp__onnx_writer *w, const char **why)
{
    const sp__op *op = w->node->op;
    w->rule = rule_of(op->name);
    if (w->rule)
        return w->rule->write(w, why);
    if (op->flags & SP__GRADIENT)
        return sp__onnx_refuse(why, "a gradient, which ONNX has no operator for");
    if (op->flags & SP__FUSED)
        return sp__onnx_refuse(why, "made by passes or an optimizer, which ONNX has no operator for");
    return false;
}

bool sp__onnx_refuse(const char **why, const char *text)
{
    *why = text;
    return false;
}

/* ---- types ---- */

/* The next type that holds all values of one; of 64-bit integers, all bits. Floats of 64 bits have none. */
static const sp_dtype wider[] = {
    [SP_F32] = SP_F32, [SP_F64] = SP_F64, [SP_F16] = SP_F32,  [SP_BF16] = SP_F32, [SP_I8] = SP_I32,
    [SP_I16] = SP_I32, [SP_I32] = SP_I64, [SP_I64] = SP_I64,  [SP_U8] = SP_I32,   [SP_U16] = SP_I32,
    [SP_U32] = SP_I64, [SP_U64] = SP_I64, [SP_BOOL] = SP_I32,
};

static sp_dtype widened(sp_dtype t, unsigned types)
{
    while (!(types >> t & 1) && wider[t] != t)
        t = wider[t];
    return t;
}

sp__desc sp__onnx_in(const sp__onnx_writer *w, int i) { return w->graph->values[w->node->in[i]].desc; }
sp__desc sp__onnx_out(const sp__onnx_writer *w) { return w->graph->values[w->node->out].desc; }
sp_dtype sp__onnx_carrier(const sp__onnx_writer *w, int i, unsigned types)
{
    return widened(sp__onnx_in(w, i).dtype, types);
}

const char *sp__onnx_cast(sp__onnx_writer *w, const char *x, sp_dtype from, sp_dtype to)
{
    if (from == to)
        return x;
    return sp__onnx_emit(w, "Cast", SP__ONNX_IN(x), SP__ONNX_ATTRS(sp__onnx_put_int(w, "to", sp__onnx_code(to))));
}

const char *sp__onnx_arg(sp__onnx_writer *w, int i, sp_dtype as)
{
    return sp__onnx_cast(w, w->names[w->node->in[i]], sp__onnx_in(w, i).dtype, as);
}

bool sp__onnx_result(sp__onnx_writer *w, const char *name, sp_dtype t)
{
    w->names[w->node->out] = sp__onnx_cast(w, name, t, sp__onnx_out(w).dtype);
    return true;
}

/* ---- forms that several ops use ---- */

/* The operator of the table on all arguments; a result that is Bool stays so. */
bool sp__onnx_plain(sp__onnx_writer *w, const char **why)
{
    (void)why;
    const char *names[SP__MAX_IN];
    sp_dtype t = sp__onnx_carrier(w, 0, w->rule->types);
    for (int i = 0; i < w->node->n_in; i++)
        names[i] = sp__onnx_arg(w, i, t);
    bool to_bool = sp__onnx_out(w).dtype == SP_BOOL;
    return sp__onnx_result(w, sp__onnx_emit(w, w->rule->onnx, w->node->n_in, names, SP__ONNX_PLAIN),
                           to_bool ? SP_BOOL : t);
}

bool sp__onnx_same(sp__onnx_writer *w, const char **why)
{
    (void)why;
    w->names[w->node->out] = w->names[w->node->in[0]];
    return true;
}

/* ONNX Runtime has no kernel for some types: they go through others, bit by bit. */
const char *sp__onnx_where(sp__onnx_writer *w, const char *condition, const char *a, const char *b, sp_dtype t)
{
    sp_dtype as = widened(t, SP__ONNX_FLOATS | SP__ONNX_BIT(I32) | SP__ONNX_BIT(I64) | SP__ONNX_BIT(U8));
    const char *y = sp__onnx_emit(
        w, "Where", SP__ONNX_IN(condition, sp__onnx_cast(w, a, t, as), sp__onnx_cast(w, b, t, as)), SP__ONNX_PLAIN);
    return sp__onnx_cast(w, y, as, t);
}

const char *sp__onnx_sum(sp__onnx_writer *w, const char *x, bool rows)
{
    const int64_t one = 1;
    const char *in[] = {x, rows ? sp__onnx_vector(w, 1, &one) : ""};
    return sp__onnx_emit(w, "ReduceSum", rows ? 2 : 1, in, SP__ONNX_ATTRS(sp__onnx_put_int(w, "keepdims", 0)));
}

/* index (..., 1, ...) == 0, 1, ... (depth, 1, ...): OneHot would count negative positions from the end. */
const char *sp__onnx_hot(sp__onnx_writer *w, const char *index, sp__desc of, int axis, int64_t depth)
{
    int64_t at = axis;
    sp_shape shape = {.rank = of.shape.rank - axis + 1, .dim = {depth}};
    for (int i = 1; i < shape.rank; i++)
        shape.dim[i] = 1;
    sp_tensor *positions = sp_reshape(sp_arange(0, (double)depth, 1, of.dtype), shape);
    const char *wide = sp__onnx_emit(w, "Unsqueeze", SP__ONNX_IN(index, sp__onnx_vector(w, 1, &at)), SP__ONNX_PLAIN);
    return sp__onnx_emit(w, "Equal", SP__ONNX_IN(wide, sp__onnx_tensor(w, positions)), SP__ONNX_PLAIN);
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
