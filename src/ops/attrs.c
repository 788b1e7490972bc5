/* What ops with axes and shapes for attributes share. */
#include "ops/attrs.h"

sp__ints sp__ints_of_shape(sp_shape shape)
{
    sp__ints v = {.n = shape.rank};
    for (int i = 0; i < SP__MIN(shape.rank, SP_MAX_RANK); i++)
        v.v[i] = shape.dim[i];
    return v;
}

sp__ints sp__ints_of(int n, const int *values)
{
    sp__ints v = {.n = values || n <= 0 ? n : -1};
    for (int i = 0; i < SP__MIN(v.n, SP_MAX_RANK); i++)
        v.v[i] = values[i];
    return v;
}

sp_shape sp__shape_of_ints(const sp__ints *v)
{
    sp_shape shape = {.rank = v->n};
    for (int i = 0; i < v->n; i++)
        shape.dim[i] = v->v[i];
    return shape;
}

/* `axis`, the value of attribute `name`, as one of `rank` axes that a tensor of this shape has, or will have. */
static bool find_axis(const sp__op *op, const char *name, int64_t axis, int rank, sp_shape shape, int *out)
{
    if (sp__axis(axis, rank, out))
        return true;
    if (rank == 0)
        sp__err(SP_ERR_VALUE, "%s: %s is %lld, expected a tensor with axes, found shape ()", op->label, name,
                (long long)axis);
    else
        sp__err(SP_ERR_VALUE, "%s: %s is %lld, expected %d to %d for shape %s", op->label, name, (long long)axis, -rank,
                rank - 1, sp__shape_text(shape));
    return false;
}

bool sp__axis_of(const sp__op *op, int64_t axis, sp_shape shape, int *out)
{
    return find_axis(op, "axis", axis, shape.rank, shape, out);
}

bool sp__axis_named(const sp__op *op, const char *name, int64_t axis, sp_shape shape, int *out)
{
    return find_axis(op, name, axis, shape.rank, shape, out);
}

bool sp__new_axis_of(const sp__op *op, int64_t axis, sp_shape shape, int *out)
{
    return find_axis(op, "axis", axis, shape.rank + 1, shape, out);
}

bool sp__axes_of(const sp__op *op, const sp__ints *axis, sp_shape shape, bool named[SP_MAX_RANK])
{
    for (int i = 0; i < SP_MAX_RANK; i++)
        named[i] = false;
    for (int i = 0; i < axis->n; i++) {
        int at;
        if (!sp__axis_of(op, axis->v[i], shape, &at))
            return false;
        if (named[at]) {
            sp__err(SP_ERR_VALUE, "%s: axis %d is named twice", op->label, at);
            return false;
        }
        named[at] = true;
    }
    return true;
}

int64_t sp__dims_product(sp_shape shape, int begin, int end)
{
    int64_t product = 1;
    for (int i = begin; i < end; i++)
        product *= shape.dim[i];
    return product;
}

sp_status sp__check_size(const sp__op *op, sp_shape shape)
{
    if (sp_shape_size(shape) >= 0)
        return SP_OK;
    return sp__err(SP_ERR_SHAPE, "%s: the result would have shape %s, expected at most %d dimensions and 2^60 elements",
                   op->label, sp__shape_text(shape), SP_MAX_RANK);
}
