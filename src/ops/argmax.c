/* Where the extremes along an axis are. */
#include "kernels/kernels.h"
#include "ops/attrs.h"

static const sp__field arg_fields[] = {SP__FIELD(sp__arg_attrs, axis, SP__INT, .preset = -1),
                                       SP__FIELD(sp__arg_attrs, keep_dims, SP__BOOL),
                                       SP__FIELD(sp__arg_attrs, output_type, SP__TYPE, .preset = SP_I64)};

static sp_status arg_rule(sp__call *c)
{
    const sp__arg_attrs *attrs = c->attrs;
    sp_shape shape = c->in[0]->shape;
    int axis;
    if (attrs->output_type != SP_I32 && attrs->output_type != SP_I64)
        return sp__err(SP_ERR_DTYPE, "%s: output_type is %s, expected Int32 or Int64", c->op->label,
                       sp_dtype_name(attrs->output_type));
    if (!sp__axis_of(c->op, attrs->axis, shape, &axis))
        return SP_ERR_VALUE;
    int64_t most = attrs->output_type == SP_I32 ? INT32_MAX : INT64_MAX;
    if (shape.dim[axis] == 0 || shape.dim[axis] - 1 > most)
        return sp__err(SP_ERR_SHAPE, "%s: axis %d of shape %s has no elements or too many for %s", c->op->label, axis,
                       sp__shape_text(shape), sp_dtype_name(attrs->output_type));
    c->out[0].dtype = attrs->output_type;
    c->out[0].shape = (sp_shape){0};
    for (int i = 0; i < shape.rank; i++)
        if (i != axis || attrs->keep_dims)
            c->out[0].shape.dim[c->out[0].shape.rank++] = i == axis ? 1 : shape.dim[i];
    return SP_OK;
}

static bool argreduce(const sp__call *c, sp__reduce f, int64_t *y)
{
    const sp_tensor *x = c->in[0];
    int axis = 0;
    sp__axis(((const sp__arg_attrs *)c->attrs)->axis, x->shape.rank, &axis);
    return sp__k_argreduce(f, x->dtype, y, x->data, sp__dims_product(x->shape, 0, axis), x->shape.dim[axis],
                           sp__dims_product(x->shape, axis + 1, x->shape.rank));
}

/* Int32 positions go through scratch memory. */
static sp_status run_arg(sp__call *c, sp__reduce f)
{
    sp_tensor *y = c->y[0];
    bool narrow = y->dtype != SP_I64;
    size_t bytes = narrow ? (size_t)y->size * sizeof(int64_t) : 0;
    int64_t *at = narrow ? sp__alloc(bytes) : y->data;
    if (!at)
        return SP_ERR_NOMEM;
    bool ok = argreduce(c, f, at);
    if (narrow) {
        if (ok)
            sp__k_cast(y->dtype, SP_I64, y->data, at, y->size);
        sp__free(at, bytes);
    }
    if (ok)
        return SP_OK;
    return sp__err(SP_ERR_DTYPE, "%s: not defined for %s", c->op->label, sp_dtype_name(c->in[0]->dtype));
}

/* X(id, KERNEL, MINDIR name, ONNX name) */
#define ARG(X)                         \
    X(argmax, MAX, "Argmax", "ArgMax") \
    X(argmin, MIN, "Argmin", "ArgMin")

#define X(id, kernel, ms, onnx_name)                                                  \
    static sp_status id##_run(sp__call *c) { return run_arg(c, SP__##kernel); }       \
    const sp__op sp__op_##id = {.name = (ms),                                         \
                                .label = #id,                                         \
                                .onnx = (onnx_name),                                  \
                                .min_in = 1,                                          \
                                .max_in = 1,                                          \
                                .n_out = 1,                                           \
                                SP__FIELDS(arg_fields),                               \
                                .attr_size = sizeof(sp__arg_attrs),                   \
                                .rule = arg_rule,                                     \
                                .run = id##_run,                                      \
                                .no_grad = "the result is an integer"};               \
    sp_tensor *sp_##id(sp_tensor *x, int axis)                                        \
    {                                                                                 \
        return sp__call_op(&sp__op_##id, (&(sp__arg_attrs){axis, false, SP_I64}), x); \
    }
ARG(X)
#undef X
