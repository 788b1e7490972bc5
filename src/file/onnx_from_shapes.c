/* file/onnx_from_shapes.c: what ops on shapes and parts of tensors are in an ONNX file. Their sizes may vary: then they are put
 * together while the file is run. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_write.h"

typedef sp__onnx_writer writer;

#define EMIT(op, in, ...) sp__onnx_emit(w, (op), in, __VA_ARGS__)
#define IN                SP__ONNX_IN
#define ATTRS             SP__ONNX_ATTRS
#define PLAIN             SP__ONNX_PLAIN
#define BIT               SP__ONNX_BIT

/* Operators that move elements take all types, but for BFloat16 of some. */
static const char *moved(writer *w, int i) { return sp__onnx_arg(w, i, sp__onnx_carrier(w, i, w->rule->types)); }
static bool result(writer *w, const char *name)
{
    return sp__onnx_result(w, name, sp__onnx_carrier(w, 0, w->rule->types));
}

/* ---- Reshape ---- */

/* The shape with 0 where a size that varies is that of the argument's dimension, and one -1. False: that does not say it. */
static bool short_form(const sp__onnx_sizes *from, const sp__onnx_sizes *to, int64_t *shape)
{
    int open = 0;
    for (int i = 0; i < to->n; i++) {
        shape[i] = to->v[i];
        if (to->v[i] == 0)
            return false;
        if (to->v[i] == to->other[i])
            continue;
        bool copied = i < from->n && from->v[i] == to->v[i] && from->other[i] == to->other[i];
        shape[i] = copied ? 0 : -1;
        open += !copied;
    }
    return open <= 1;
}

/* allowzero: a 0 is a size of 0. */
static bool reshape(writer *w, const char **why)
{
    sp__onnx_sizes from = sp__onnx_shape_of(w, w->node->in[0]), to = sp__onnx_shape_of(w, w->node->out);
    int64_t shape[SP_MAX_RANK];
    bool fixed = sp__onnx_fixed(&to), is_short = !fixed && short_form(&from, &to, shape), empty = false;
    for (int i = 0; i < to.n; i++)
        empty = empty || to.v[i] == 0;
    const char *as = is_short ? sp__onnx_vector(w, to.n, shape) : sp__onnx_sizes_vector(w, &to, why);
    sp__onnx_attr *allow = empty ? sp__onnx_put_int(w, "allowzero", 1) : NULL;
    return as && result(w, EMIT("Reshape", IN(moved(w, 0), as), empty ? 1 : 0, &allow));
}

static bool flatten(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("Flatten", IN(moved(w, 0)), ATTRS(sp__onnx_put_int(w, "axis", 1))));
}

static bool expand_dims(writer *w, const char **why)
{
    (void)why;
    int64_t axis = sp__node_int(w->node, "axis");
    return result(w, EMIT("Unsqueeze", IN(moved(w, 0), sp__onnx_vector(w, 1, &axis)), PLAIN));
}

/* By name, so that a batch of 1 keeps its dimension. */
static bool squeeze(writer *w, const char **why)
{
    sp_shape x = sp__onnx_in(w, 0).shape;
    sp__ints axis = sp__node_ints(w->node, "axis");
    for (int i = 0, named = axis.n; named == 0 && i < x.rank; i++)
        if (x.dim[i] == 1)
            axis.v[axis.n++] = i;
    if (axis.n == 0)
        return sp__onnx_same(w, why);
    return result(w, EMIT("Squeeze", IN(moved(w, 0), sp__onnx_vector(w, axis.n, axis.v)), PLAIN));
}

static bool transpose(writer *w, const char **why)
{
    (void)why;
    sp__ints perm = sp__node_ints(w->node, "perm");
    for (int i = 0; i < perm.n; i++)
        perm.v[i] += perm.v[i] < 0 ? perm.n : 0;
    return result(w, EMIT("Transpose", IN(moved(w, 0)), ATTRS(sp__onnx_put_ints(w, "perm", perm.n, perm.v))));
}

static bool broadcast_to(writer *w, const char **why)
{
    sp__onnx_sizes to = sp__onnx_shape_of(w, w->node->out);
    const char *shape = sp__onnx_sizes_vector(w, &to, why);
    return shape && result(w, EMIT("Expand", IN(moved(w, 0), shape), PLAIN));
}

/* Shape and multiples are made equally long. */
static bool tile(writer *w, const char **why)
{
    sp__onnx_sizes times = sp__onnx_ints_of(w, "multiples");
    int rank = sp__onnx_in(w, 0).shape.rank, lead = times.n - rank;
    const int64_t zeros[SP_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
    const char *x = moved(w, 0);
    if (lead > 0) {
        x = EMIT("Unsqueeze", IN(x, sp__onnx_vector(w, lead, zeros)), PLAIN);
    } else if (lead < 0) {
        sp__onnx_sizes all = {.n = rank};
        for (int i = 0; i < rank; i++) {
            all.v[i] = i < -lead ? 1 : times.v[i + lead];
            all.other[i] = i < -lead ? 1 : times.other[i + lead];
        }
        times = all;
    }
    const char *repeats = sp__onnx_sizes_vector(w, &times, why);
    return repeats && result(w, EMIT("Tile", IN(x, repeats), PLAIN));
}

/* ---- joining ---- */

static bool concat(writer *w, const char **why)
{
    (void)why;
    const char *names[SP__MAX_IN];
    for (int i = 0; i < w->node->n_in; i++)
        names[i] = moved(w, i);
    return result(w, sp__onnx_emit(w, "Concat", w->node->n_in, names,
                                   ATTRS(sp__onnx_put_int(w, "axis", sp__node_int(w->node, "axis")))));
}

static bool stack(writer *w, const char **why)
{
    (void)why;
    const char *names[SP__MAX_IN];
    int64_t axis = sp__node_int(w->node, "axis");
    for (int i = 0; i < w->node->n_in; i++)
        names[i] = EMIT("Unsqueeze", IN(moved(w, i), sp__onnx_vector(w, 1, &axis)), PLAIN);
    return result(w, sp__onnx_emit(w, "Concat", w->node->n_in, names, ATTRS(sp__onnx_put_int(w, "axis", axis))));
}

/* ---- parts ---- */

/* Numbers beyond the axis are cut to it, as the op does. */
static bool strided_slice(writer *w, const char **why)
{
    sp__onnx_sizes begin = sp__onnx_ints_of(w, "begin"), end = sp__onnx_ints_of(w, "end");
    sp__ints step = sp__node_ints(w->node, "strides");
    int64_t axes[SP_MAX_RANK];
    if (step.n == 0)
        return sp__onnx_same(w, why);
    for (int i = 0; i < step.n; i++)
        axes[i] = i;
    const char *starts = sp__onnx_sizes_vector(w, &begin, why), *ends = sp__onnx_sizes_vector(w, &end, why);
    if (!starts || !ends)
        return false;
    return result(
        w, EMIT("Slice",
                IN(moved(w, 0), starts, ends, sp__onnx_vector(w, step.n, axes), sp__onnx_vector(w, step.n, step.v)),
                PLAIN));
}

static bool gather(writer *w, const char **why)
{
    (void)why;
    const char *at = sp__onnx_arg(w, 1, sp__onnx_in(w, 1).dtype);
    return result(
        w, EMIT("Gather", IN(moved(w, 0), at), ATTRS(sp__onnx_put_int(w, "axis", sp__node_int(w->node, "axis")))));
}

static bool one_hot(writer *w, const char **why)
{
    (void)why;
    sp__desc of = sp__onnx_in(w, 0);
    int64_t axis = sp__node_int(w->node, "axis");
    const char *hot = sp__onnx_hot(w, sp__onnx_arg(w, 0, of.dtype), of, axis < 0 ? of.shape.rank : (int)axis,
                                   sp__node_int(w->node, "depth"));
    return sp__onnx_result(w, hot, SP_BOOL);
}

#define ANY       SP__ONNX_ANY
#define NO_BFLOAT (SP__ONNX_ANY & ~BIT(BF16))

const sp__onnx_rule sp__onnx_shapes[] = {
    {"Reshape", reshape, NULL, ANY},
    {"Flatten", flatten, NULL, ANY},
    {"ExpandDims", expand_dims, NULL, ANY},
    {"Squeeze", squeeze, NULL, ANY},
    {"Transpose", transpose, NULL, ANY},
    {"BroadcastTo", broadcast_to, NULL, NO_BFLOAT},
    {"Tile", tile, NULL, NO_BFLOAT},
    {"Concat", concat, NULL, ANY},
    {"Stack", stack, NULL, ANY},
    {"StridedSlice", strided_slice, NULL, ANY},
    {"Gather", gather, NULL, ANY},
    {"OneHot", one_hot, NULL, ANY},
    {NULL, NULL, NULL, 0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
