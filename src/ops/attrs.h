/* ops/attrs.h: the attributes of ops that other modules build as well (layers, readers, passes). Members are named as MindSpore
 * names the attributes; what they mean and may be stands at the op's entry. */
#ifndef SP_OPS_ATTRS_H
#define SP_OPS_ATTRS_H

#include "ops/op.h"

/* The largest size of an attribute. Axes have no bounds of their own: the rule knows the shape, and says what it allows. */
#define SP__DIM_MAX 0x1p60

typedef struct sp__reduce_attrs { /* ReduceSum, ReduceMean, ReduceMax, ReduceMin */
    sp__ints axis;                /* each once; empty: all */
    bool keep_dims;
} sp__reduce_attrs;

typedef struct sp__arg_attrs { /* Argmax, Argmin */
    int64_t axis;
    bool keep_dims;
    sp_dtype output_type; /* Int32 or Int64 */
} sp__arg_attrs;

typedef struct sp__cumsum_attrs {
    int64_t axis;
    bool exclusive, reverse; /* each without itself; from the end */
} sp__cumsum_attrs;

typedef struct sp__topk_attrs { /* of rows, best first */
    int64_t k;
    bool largest;
} sp__topk_attrs;

typedef struct sp__matmul_attrs {
    bool transpose_a, transpose_b; /* swap the last two dimensions first */
} sp__matmul_attrs;

typedef struct sp__conv_attrs { /* Conv2D, its gradients, and Conv2DBias */
    int pad_mode;
    sp__ints pad;              /* top, bottom, left, right      */
    sp__ints stride, dilation; /* height, width                 */
    int64_t group;             /* divides C and M               */
    sp__ints size;             /* of Input: H, W; of Filter: kh, kw: what windows of y's number do not tell */
    int act;                   /* of Conv2DBias: sp__fused_act  */
} sp__conv_attrs;

typedef struct sp__shape_attrs { /* Reshape: one may be -1; BroadcastTo: -1 is as in x */
    sp__ints shape;
} sp__shape_attrs;

typedef struct sp__transpose_attrs {
    sp__ints perm;
} sp__transpose_attrs;

typedef struct sp__axis_attrs { /* ExpandDims, Concat, Stack, Gather */
    int64_t axis;
} sp__axis_attrs;

typedef struct sp__squeeze_attrs {
    sp__ints axis; /* empty: every dimension of 1 */
} sp__squeeze_attrs;

typedef struct sp__tile_attrs {
    sp__ints multiples;
} sp__tile_attrs;

typedef struct sp__slice_attrs { /* of the first axes, as Python's x[begin:end:strides]; no masks */
    sp__ints begin, end, strides;
} sp__slice_attrs;

typedef struct sp__slice_grad_attrs {
    sp__ints begin, end, strides;
    sp__ints shape; /* of what was sliced */
} sp__slice_grad_attrs;

typedef struct sp__gather_grad_attrs {
    int64_t axis;
    sp__ints shape; /* of what was gathered from */
} sp__gather_grad_attrs;

typedef struct sp__one_hot_attrs {
    int64_t depth;
    int64_t axis; /* -1: the last */
    sp_dtype dtype;
} sp__one_hot_attrs;

/* A shape, or axes, as an attribute; n too large or negative is kept as it is and refused by the op; so
 * is n > 0 without values. */
sp__ints sp__ints_of_shape(sp_shape shape);
sp__ints sp__ints_of(int n, const int *values);
/* The shape of these sizes (none is -1). */
sp_shape sp__shape_of_ints(const sp__ints *v);

/* axis of an op's input of this rank, made >= 0. False, recorded, if out of range: "argmax: axis is 2, expected -2 to 1 for
 * shape (2, 3)". */
bool sp__axis_of(const sp__op *op, int64_t axis, sp_shape shape, int *out);
/* The same of an attribute of another name; of the place that a new axis has in the result. */
bool sp__axis_named(const sp__op *op, const char *name, int64_t axis, sp_shape shape, int *out);
bool sp__new_axis_of(const sp__op *op, int64_t axis, sp_shape shape, int *out);
/* Which axes of shape are named by `axis`; false, recorded, for one out of range or named twice. */
bool sp__axes_of(const sp__op *op, const sp__ints *axis, sp_shape shape, bool named[SP_MAX_RANK]);
/* The product of dimensions begin to end - 1. */
int64_t sp__dims_product(sp_shape shape, int begin, int end);
/* SP_ERR_SHAPE unless there can be a tensor of this shape: "tile: the result would have shape (9, 9)". */
sp_status sp__check_size(const sp__op *op, sp_shape shape);

#endif
