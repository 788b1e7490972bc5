/* file/mindir_from_ops.c: what each op is in a .mindir file, in the form that both MindSpore 2.0 and 2.10 read
 * (docs/formats/mindir.md, "Writing"). One line per op in the table at the end; an op without attributes needs none
 * if MindSpore's operator of its name does the same. Attributes are read by the fields that ops declare. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir.h"
#include "file/write.h"

typedef sp__mi_writer writer;

#define EMIT(op, in, attrs) sp__mi_emit_new(w, (op), in, attrs)
#define IN                  SP__MI_IN
#define ATTRS               SP__MI_ATTRS
#define PLAIN               SP__MI_PLAIN

/* ---- the node that is written: arguments and attributes ---- */

static const char *in(const writer *w, int i) { return w->names[w->node->in[i]]; }
static bool given(const writer *w, int i) { return sp__node_given(w->node, i); }
static sp__desc in_desc(const writer *w, int i) { return w->graph->values[w->node->in[i]].desc; }
static sp__desc out_desc(const writer *w) { return w->graph->values[w->node->out].desc; }

/* Names the node's first result. */
static bool result(writer *w, const char *name)
{
    w->names[w->node->out] = name;
    return true;
}

static bool refuse(const char **why, const char *text)
{
    *why = text;
    return false;
}

static bool get_bool(const writer *w, const char *name) { return sp__node_bool(w->node, name); }
static int64_t get_int(const writer *w, const char *name) { return sp__node_int(w->node, name); }
static double get_float(const writer *w, const char *name) { return sp__node_float(w->node, name); }
static sp__ints get_ints(const writer *w, const char *name) { return sp__node_ints(w->node, name); }
static sp_dtype get_type(const writer *w, const char *name) { return sp__node_type(w->node, name); }
static const char *get_word(const writer *w, const char *name) { return sp__node_word(w->node, name); }

/* ---- attributes and constants ---- */

static sp__mi_attr *put_ints(writer *w, const char *name, sp__ints v) { return sp__mi_put_ints(w, name, v.n, v.v); }
static const char *tuple(writer *w, sp__ints v) { return sp__mi_emit_value(w, put_ints(w, "value", v)); }
static const char *integer(writer *w, int64_t v) { return sp__mi_emit_value(w, sp__mi_put_int(w, "value", v)); }
static const char *number(writer *w, double v) { return sp__mi_emit_number(w, v, in_desc(w, 0).dtype); }

static const char *item(writer *w, const char *list, int64_t i)
{
    return EMIT("TupleGetItem", IN(list, integer(w, i)), PLAIN);
}
static const char *cast_to(writer *w, const char *x, sp_dtype type)
{
    return EMIT("Cast", IN(x), ATTRS(sp__mi_put_type(w, "dst_type", type)));
}
static const char *reshape_to(writer *w, const char *x, sp_shape shape)
{
    return EMIT("Reshape", IN(x, sp__mi_emit_value(w, sp__mi_put_ints(w, "value", shape.rank, shape.dim))), PLAIN);
}
/* One axis, or all (axis.n = 0). */
static const char *reduce_with(writer *w, const char *op, const char *x, sp__ints axis, bool keep)
{
    sp__mi_attr *keep_dims = sp__mi_put_bool(w, "keep_dims", keep);
    if (strcmp(op, "ReduceSum") == 0)
        return EMIT(op, IN(x, tuple(w, axis)), ATTRS(keep_dims, sp__mi_put_bool(w, "skip_mode", false)));
    return EMIT(op, IN(x, tuple(w, axis)), ATTRS(keep_dims));
}
static const char *add(writer *w, const char *a, const char *b) { return EMIT("Add", IN(a, b), PLAIN); }
static const char *sub(writer *w, const char *a, const char *b) { return EMIT("Sub", IN(a, b), PLAIN); }
static const char *mul(writer *w, const char *a, const char *b) { return EMIT("Mul", IN(a, b), PLAIN); }
static const char *unary(writer *w, const char *op, const char *x) { return EMIT(op, IN(x), PLAIN); }

/* ---- elementwise ---- */

static bool plain(writer *w, const char **why)
{
    (void)why;
    const char *names[SP__MAX_IN];
    for (int i = 0; i < w->node->n_in; i++)
        names[i] = in(w, i);
    return result(w, sp__mi_emit_new(w, w->node->op->name, w->node->n_in, names, PLAIN));
}

static bool same_value(writer *w, const char **why)
{
    (void)why;
    return result(w, in(w, 0));
}

static bool cast(writer *w, const char **why)
{
    (void)why;
    return result(w, cast_to(w, in(w, 0), get_type(w, "dst_type")));
}

/* The two versions have no common form of Round (halves to even): r = floor(x + 1/2), less 1 where that is more
 * than 1/2 above x, or exactly 1/2 and odd. */
static bool round_even(writer *w, const char **why)
{
    (void)why;
    const char *x = in(w, 0), *half = number(w, 0.5), *one = number(w, 1);
    const char *r = unary(w, "Floor", add(w, x, half));
    const char *d = sub(w, r, x);
    const char *rest = sub(w, r, mul(w, unary(w, "Floor", mul(w, r, half)), number(w, 2)));
    const char *odd =
        EMIT("LogicalAnd", IN(EMIT("Equal", IN(d, half), PLAIN), EMIT("Equal", IN(rest, one), PLAIN)), PLAIN);
    const char *lower = EMIT("LogicalOr", IN(EMIT("Greater", IN(d, half), PLAIN), odd), PLAIN);
    return result(w, sub(w, r, cast_to(w, lower, in_desc(w, 0).dtype)));
}

/* MindSpore's operator is the tanh formula; the exact one is x/2 (1 + erf(x / sqrt 2)). */
static bool gelu(writer *w, const char **why)
{
    if (strcmp(get_word(w, "approximate"), "tanh") == 0)
        return plain(w, why);
    const char *x = in(w, 0);
    const char *erf = unary(w, "Erf", EMIT("RealDiv", IN(x, number(w, 1.4142135623730951)), PLAIN));
    return result(w, mul(w, mul(w, x, number(w, 0.5)), add(w, number(w, 1), erf)));
}

/* MindSpore's takes no alpha but 1; others are max(x, 0) + alpha (e^min(x, 0) - 1). */
static bool elu(writer *w, const char **why)
{
    (void)why;
    const char *x = in(w, 0);
    double alpha = get_float(w, "alpha");
    if (alpha == 1)
        return result(w, EMIT("Elu", IN(x), ATTRS(sp__mi_put_float(w, "alpha", 1))));
    const char *zero = number(w, 0), *e = unary(w, "Exp", EMIT("Minimum", IN(x, zero), PLAIN));
    const char *below = mul(w, sub(w, e, number(w, 1)), number(w, alpha));
    return result(w, add(w, EMIT("Maximum", IN(x, zero), PLAIN), below));
}

static bool softmax(writer *w, const char **why)
{
    (void)why;
    sp__ints axis = {1, {get_int(w, "axis")}};
    return result(w, EMIT("Softmax", IN(in(w, 0)), ATTRS(put_ints(w, "axis", axis))));
}

static bool log_softmax(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("LogSoftmax", IN(in(w, 0)), ATTRS(sp__mi_put_int(w, "axis", get_int(w, "axis")))));
}

/* Broadcast to one shape: the operator does not broadcast in all versions. */
static bool select_(writer *w, const char **why)
{
    (void)why;
    const char *names[3];
    sp_shape to = out_desc(w).shape;
    for (int i = 0; i < 3; i++) {
        names[i] = in(w, i);
        if (!sp_shape_equal(in_desc(w, i).shape, to))
            names[i] = EMIT("BroadcastTo", IN(names[i]), ATTRS(sp__mi_put_ints(w, "shape", to.rank, to.dim)));
    }
    return result(w, sp__mi_emit_new(w, "Select", 3, names, PLAIN));
}

/* ---- products ---- */

static const char *product(writer *w, const char *op, const char *a, const char *b)
{
    return EMIT(op, IN(a, b),
                ATTRS(sp__mi_put_bool(w, "transpose_a", get_bool(w, "transpose_a")),
                      sp__mi_put_bool(w, "transpose_b", get_bool(w, "transpose_b"))));
}

/* Argument i with the result's dimensions before the matrices. */
static const char *with_batch(writer *w, int i)
{
    sp_shape from = in_desc(w, i).shape, to = out_desc(w).shape;
    for (int k = 1; k <= 2; k++)
        to.dim[to.rank - k] = from.dim[from.rank - k];
    if (sp_shape_equal(from, to))
        return in(w, i);
    return EMIT("BroadcastTo", IN(in(w, i)), ATTRS(sp__mi_put_ints(w, "shape", to.rank, to.dim)));
}

static bool mat_mul(writer *w, const char **why)
{
    (void)why;
    sp_shape a = in_desc(w, 0).shape, b = in_desc(w, 1).shape, y = out_desc(w).shape;
    if (a.rank == 2 && b.rank == 2)
        return result(w, product(w, "MatMul", in(w, 0), in(w, 1)));
    if (b.rank > 2 || get_bool(w, "transpose_a"))
        return result(w, product(w, "BatchMatMul", with_batch(w, 0), with_batch(w, 1)));
    /* (..., N, K) x (K, M): one product of (rest, K), whatever the batch */
    const char *rows = reshape_to(w, in(w, 0), SP_DIMS(-1, a.dim[a.rank - 1]));
    y.dim[0] = -1;
    return result(w, reshape_to(w, product(w, "MatMul", rows, in(w, 1)), y));
}

static bool bias_add(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("BiasAdd", IN(in(w, 0), in(w, 1)), ATTRS(sp__mi_put_text(w, "format", "NCHW"))));
}

/* ---- reductions ---- */

/* Sums of integers are Int64 in ops and of the argument's type in a file. */
static bool reduce(writer *w, const char **why)
{
    (void)why;
    const char *x = in(w, 0);
    if (in_desc(w, 0).dtype != out_desc(w).dtype)
        x = cast_to(w, x, out_desc(w).dtype);
    return result(w, reduce_with(w, w->node->op->name, x, get_ints(w, "axis"), get_bool(w, "keep_dims")));
}

/* By ArgMaxWithValue, whose index has another type in each version. */
static bool position(writer *w, const char **why)
{
    (void)why;
    const char *op = strcmp(w->node->op->name, "Argmax") == 0 ? "ArgMaxWithValue" : "ArgMinWithValue";
    const char *both = EMIT(op, IN(in(w, 0)),
                            ATTRS(sp__mi_put_int(w, "axis", get_int(w, "axis")),
                                  sp__mi_put_bool(w, "keep_dims", get_bool(w, "keep_dims"))));
    return result(w, cast_to(w, item(w, both, 0), get_type(w, "output_type")));
}

static bool cum_sum(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("CumSum", IN(in(w, 0), integer(w, get_int(w, "axis"))),
                          ATTRS(sp__mi_put_bool(w, "exclusive", get_bool(w, "exclusive")),
                                sp__mi_put_bool(w, "reverse", get_bool(w, "reverse")))));
}

/* The smallest are the largest of -x. */
static bool top_k(writer *w, const char **why)
{
    const bool turned = !get_bool(w, "largest");
    if (turned && !sp_dtype_is_float(in_desc(w, 0).dtype))
        return refuse(why, "the smallest of integers");
    const char *x = turned ? EMIT("Neg", IN(in(w, 0)), PLAIN) : in(w, 0);
    const char *both = EMIT("TopK", IN(x, integer(w, get_int(w, "k"))), ATTRS(sp__mi_put_bool(w, "sorted", true)));
    w->names[w->node->out + 1] = item(w, both, 1);
    return result(w, turned ? EMIT("Neg", IN(item(w, both, 0)), PLAIN) : item(w, both, 0));
}

/* ---- shapes ---- */

static bool reshape(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("Reshape", IN(in(w, 0), tuple(w, get_ints(w, "shape"))), PLAIN));
}

/* No axes means all reversed. */
static bool transpose(writer *w, const char **why)
{
    (void)why;
    sp__ints perm = get_ints(w, "perm");
    int rank = in_desc(w, 0).shape.rank;
    for (; perm.n < rank; perm.n++)
        perm.v[perm.n] = rank - 1 - perm.n;
    for (int i = 0; i < perm.n; i++)
        perm.v[i] += perm.v[i] < 0 ? rank : 0;
    return result(w, EMIT("Transpose", IN(in(w, 0), tuple(w, perm)), PLAIN));
}

static bool expand_dims(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("ExpandDims", IN(in(w, 0), integer(w, get_int(w, "axis"))), PLAIN));
}

static bool squeeze(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("Squeeze", IN(in(w, 0)), ATTRS(put_ints(w, "axis", get_ints(w, "axis")))));
}

/* -1 means as it was; the versions differ in what they make of it, so the size is written. */
static bool broadcast_to(writer *w, const char **why)
{
    (void)why;
    sp_shape to = out_desc(w).shape;
    return result(w, EMIT("BroadcastTo", IN(in(w, 0)), ATTRS(sp__mi_put_ints(w, "shape", to.rank, to.dim))));
}

static bool tile(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("Tile", IN(in(w, 0), tuple(w, get_ints(w, "multiples"))), PLAIN));
}

static const char *make_tuple(writer *w)
{
    const char *names[SP__MAX_IN];
    for (int i = 0; i < w->node->n_in; i++)
        names[i] = in(w, i);
    return sp__mi_emit_new(w, "MakeTuple", w->node->n_in, names, PLAIN);
}

static bool concat(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("Concat", IN(make_tuple(w)), ATTRS(sp__mi_put_int(w, "axis", get_int(w, "axis")))));
}

static bool stack(writer *w, const char **why)
{
    (void)why;
    int64_t n = w->node->n_in;
    return result(w, EMIT("Stack", IN(make_tuple(w)),
                          ATTRS(sp__mi_put_int(w, "axis", get_int(w, "axis")), sp__mi_put_int(w, "num", n),
                                sp__mi_put_int(w, "N", n))));
}

/* Numbers beyond an axis are said by the masks, so that they hold for other sizes too. */
static bool strided_slice(writer *w, const char **why)
{
    (void)why;
    sp__ints begin = get_ints(w, "begin"), end = get_ints(w, "end"), step = get_ints(w, "strides");
    sp_shape x = in_desc(w, 0).shape;
    int64_t begins = 0, ends = 0;
    for (int i = 0; i < begin.n; i++) {
        int64_t size = x.dim[i];
        bool up = step.v[i] > 0;
        if (up ? begin.v[i] < -size : begin.v[i] >= size)
            begins |= (int64_t)1 << i, begin.v[i] = 0;
        if (up ? end.v[i] > size : end.v[i] < -size)
            ends |= (int64_t)1 << i, end.v[i] = 0;
        /* what takes nothing, in numbers that all versions clamp alike */
        begin.v[i] = up && begin.v[i] > size ? size : begin.v[i];
        end.v[i] = up && end.v[i] < -size ? -size : end.v[i];
    }
    return result(w, EMIT("StridedSlice", IN(in(w, 0), tuple(w, begin), tuple(w, end), tuple(w, step)),
                          ATTRS(sp__mi_put_int(w, "begin_mask", begins), sp__mi_put_int(w, "end_mask", ends),
                                sp__mi_put_int(w, "ellipsis_mask", 0), sp__mi_put_int(w, "new_axis_mask", 0),
                                sp__mi_put_int(w, "shrink_axis_mask", 0))));
}

static bool gather(writer *w, const char **why)
{
    (void)why;
    return result(w, EMIT("Gather", IN(in(w, 0), in(w, 1), integer(w, get_int(w, "axis"))),
                          ATTRS(sp__mi_put_int(w, "batch_dims", 0))));
}

static const char *one_hot_of(writer *w, const char *index, int64_t depth, sp_dtype dtype, int64_t axis)
{
    const char *on = sp__mi_emit_number(w, 1, dtype), *off = sp__mi_emit_number(w, 0, dtype);
    return EMIT("OneHot", IN(index, integer(w, depth), on, off), ATTRS(sp__mi_put_int(w, "axis", axis)));
}

static bool one_hot(writer *w, const char **why)
{
    (void)why;
    return result(w, one_hot_of(w, in(w, 0), get_int(w, "depth"), get_type(w, "dtype"), get_int(w, "axis")));
}

/* ---- convolution and pooling ---- */

/* Height and width (1 where empty) behind n ones. */
static sp__mi_attr *put_window(writer *w, const char *name, sp__ints v, int ones)
{
    int64_t all[5] = {1, 1, 1, 1, 1};
    for (int i = 0; i < v.n && i < 2; i++)
        all[ones + i] = v.v[i];
    return sp__mi_put_ints(w, name, ones + 2, all);
}

static sp__ints four(sp__ints v)
{
    v.n = 4;
    return v;
}

static bool conv2d(writer *w, const char **why)
{
    (void)why;
    sp_shape weight = in_desc(w, 1).shape;
    sp__ints kernel = {2, {weight.dim[2], weight.dim[3]}};
    int64_t group = get_int(w, "group");
    sp__ints pad = four(get_ints(w, "pad"));
    return result(w,
                  EMIT("Conv2D", IN(in(w, 0), in(w, 1)),
                       ATTRS(sp__mi_put_int(w, "out_channel", weight.dim[0]), put_window(w, "kernel_size", kernel, 0),
                             sp__mi_put_int(w, "mode", 1), sp__mi_put_text(w, "pad_mode", get_word(w, "pad_mode")),
                             put_ints(w, "pad", pad), put_window(w, "stride", get_ints(w, "stride"), 2),
                             put_window(w, "dilation", get_ints(w, "dilation"), 2), sp__mi_put_int(w, "group", group),
                             sp__mi_put_int(w, "groups", group), sp__mi_put_text(w, "format", "NCHW"))));
}

static const char *upper_mode(const writer *w)
{
    return strcmp(get_word(w, "pad_mode"), "same") == 0 ? "SAME" : "VALID";
}

/* With padding, or windows that reach beyond the end: over a depth of 1, as MindSpore's own files do it. */
static bool max_pool_with_depth(writer *w, const char **why)
{
    sp__ints pad = get_ints(w, "pad");
    if (pad.v[0] != pad.v[1] || pad.v[2] != pad.v[3])
        return refuse(why, "padding that differs between opposite sides");
    const char *deep = EMIT("ExpandDims", IN(in(w, 0), integer(w, 2)), PLAIN);
    sp__ints pads = {3, {0, pad.v[0], pad.v[2]}}, ones = {3, {1, 1, 1}};
    const char *both =
        EMIT("MaxPool3DWithArgmax", IN(deep),
             ATTRS(put_window(w, "ksize", get_ints(w, "kernel_size"), 1),
                   put_window(w, "strides", get_ints(w, "strides"), 1), put_ints(w, "pads", pads),
                   put_ints(w, "dilation", ones), sp__mi_put_bool(w, "ceil_mode", get_bool(w, "ceil_mode")),
                   sp__mi_put_text(w, "format", "NCDHW"), sp__mi_put_text(w, "argmax_type", "int64")));
    sp__ints depth = {1, {2}};
    return result(w, EMIT("Squeeze", IN(item(w, both, 0)), ATTRS(put_ints(w, "axis", depth))));
}

static bool max_pool(writer *w, const char **why)
{
    if (strcmp(get_word(w, "pad_mode"), "pad") == 0 || get_bool(w, "ceil_mode"))
        return max_pool_with_depth(w, why);
    return result(w, EMIT("MaxPool", IN(in(w, 0)),
                          ATTRS(put_window(w, "kernel_size", get_ints(w, "kernel_size"), 2),
                                put_window(w, "strides", get_ints(w, "strides"), 2),
                                sp__mi_put_text(w, "pad_mode", upper_mode(w)), sp__mi_put_text(w, "format", "NCHW"))));
}

/* AvgPool has no form that both versions read; AvgPool3D over a depth of 1 has one. */
static bool avg_pool(writer *w, const char **why)
{
    (void)why;
    const char *mode = get_word(w, "pad_mode");
    sp__ints kernel = get_ints(w, "kernel_size"), stride = get_ints(w, "strides"), pad = get_ints(w, "pad");
    sp__ints sides = {6, {0}};
    bool same = strcmp(mode, "same") == 0;
    for (int i = 0; i < 2; i++) {
        int64_t step = stride.n == 2 ? stride.v[i] : 1;
        if (same)
            sp__same_padding(in_desc(w, 0).shape.dim[2 + i], kernel.v[i], step, &sides.v[2 + 2 * i],
                             &sides.v[3 + 2 * i]);
        for (int k = 0; k < 2 && strcmp(mode, "pad") == 0 && pad.n == 4; k++)
            sides.v[2 + 2 * i + k] = pad.v[2 * i + k];
    }
    bool count = get_bool(w, "count_include_pad") && !same;
    const char *deep = EMIT("ExpandDims", IN(in(w, 0), integer(w, 2)), PLAIN);
    const char *y = EMIT(
        "AvgPool3D", IN(deep),
        ATTRS(put_window(w, "kernel_size", kernel, 3), put_window(w, "strides", stride, 3),
              sp__mi_put_text(w, "pad_mode", "PAD"), put_ints(w, "pad", sides), put_ints(w, "pad_list", sides),
              sp__mi_put_bool(w, "ceil_mode", get_bool(w, "ceil_mode")), sp__mi_put_bool(w, "count_include_pad", count),
              sp__mi_put_int(w, "divisor_override", get_int(w, "divisor_override")),
              sp__mi_put_text(w, "format", "NCDHW")));
    sp__ints depth = {1, {2}};
    return result(w, EMIT("Squeeze", IN(y), ATTRS(put_ints(w, "axis", depth))));
}

/* ---- normalisation ---- */

/* x (N, C) and (N, C, H, W) as they are; others are brought to (N, C, rest, 1) first. */
static bool batch_norm(writer *w, const char **why)
{
    if (get_bool(w, "is_training"))
        return refuse(why, "in training mode; switch the cell to evaluation first");
    sp_shape shape = in_desc(w, 0).shape;
    bool direct = shape.rank == 2 || shape.rank == 4;
    const char *x = direct ? in(w, 0) : reshape_to(w, in(w, 0), SP_DIMS(shape.dim[0], shape.dim[1], -1, 1));
    const char *names[] = {x, in(w, 1), in(w, 2), in(w, 3), in(w, 4)};
    const char *all = sp__mi_emit_new(
        w, "BatchNorm", 5, names,
        ATTRS(sp__mi_put_bool(w, "is_training", false), sp__mi_put_float(w, "epsilon", get_float(w, "epsilon")),
              sp__mi_put_float(w, "momentum", get_float(w, "momentum")), sp__mi_put_text(w, "format", "NCHW")));
    const char *y = item(w, all, 0);
    return result(w, direct ? y : reshape_to(w, y, shape));
}

static bool layer_norm(writer *w, const char **why)
{
    (void)why;
    const char *all = EMIT("LayerNorm", IN(in(w, 0), in(w, 1), in(w, 2)),
                           ATTRS(sp__mi_put_int(w, "begin_norm_axis", get_int(w, "begin_norm_axis")),
                                 sp__mi_put_int(w, "begin_params_axis", get_int(w, "begin_params_axis")),
                                 sp__mi_put_float(w, "epsilon", get_float(w, "epsilon"))));
    return result(w, item(w, all, 0));
}

static bool dropout(writer *w, const char **why)
{
    (void)w;
    return refuse(why, "in training mode; switch the cell to evaluation first");
}

/* ---- losses: their operators have no form that both versions read, so they are spelled out ---- */

static const char *reduced(writer *w, const char *loss)
{
    const char *how = get_word(w, "reduction");
    const sp__ints all = {0};
    if (strcmp(how, "none") == 0)
        return loss;
    return reduce_with(w, strcmp(how, "sum") == 0 ? "ReduceSum" : "ReduceMean", loss, all, false);
}

/* z logits, y targets. log(1 + e^-|z|) is log(1 + e^-z) without overflow, less max(-z, 0).
 *   max(z, 0) - z y + log(1 + e^-|z|)
 *   with pos_weight p: (1 - y) z + (1 + (p - 1) y) (log(1 + e^-|z|) + max(-z, 0)) */
static bool bce_with_logits(writer *w, const char **why)
{
    (void)why;
    const char *z = in(w, 0), *y = in(w, 1), *one = number(w, 1), *zero = number(w, 0), *loss;
    const char *soft = unary(w, "Log", add(w, unary(w, "Exp", unary(w, "Neg", unary(w, "Abs", z))), one));
    if (given(w, 3)) {
        const char *l = add(w, mul(w, sub(w, in(w, 3), one), y), one);
        const char *negative = EMIT("Maximum", IN(unary(w, "Neg", z), zero), PLAIN);
        loss = add(w, mul(w, sub(w, one, y), z), mul(w, l, add(w, soft, negative)));
    } else {
        loss = add(w, sub(w, EMIT("Maximum", IN(z, zero), PLAIN), mul(w, z, y)), soft);
    }
    if (given(w, 2))
        loss = mul(w, loss, in(w, 2));
    return result(w, reduced(w, loss));
}

/* logits (N, C), labels (N), weight (C) or none. With p = log softmax, k_n = weight of label n, 0 if it is ignored:
 *   loss_n = -(1 - s) k_n p[n, label n] - s / C sum_c weight_c p[n, c]  (0 if ignored);  mean: sum loss_n / sum k_n */
static bool cross_entropy(writer *w, const char **why)
{
    (void)why;
    sp_dtype type = in_desc(w, 0).dtype, index = in_desc(w, 1).dtype;
    int64_t C = in_desc(w, 0).shape.dim[1];
    double s = get_float(w, "label_smoothing");
    const sp__ints rows = {1, {1}}, all = {0};
    const char *labels = in(w, 1), *ignored = sp__mi_emit_number(w, (double)get_int(w, "ignore_index"), index);
    const char *counts = EMIT("NotEqual", IN(labels, ignored), PLAIN), *valid = cast_to(w, counts, type);
    labels = mul(w, labels, cast_to(w, counts, index)); /* 0 where ignored: always a class */
    const char *p = EMIT("LogSoftmax", IN(in(w, 0)), ATTRS(sp__mi_put_int(w, "axis", -1)));
    const char *hot = one_hot_of(w, labels, C, type, -1), *k = valid;
    if (given(w, 2))
        k = mul(w, valid, reduce_with(w, "ReduceSum", mul(w, hot, in(w, 2)), rows, false));
    const char *loss = unary(w, "Neg", mul(w, k, reduce_with(w, "ReduceSum", mul(w, hot, p), rows, false)));
    if (s > 0) {
        const char *even = reduce_with(w, "ReduceSum", given(w, 2) ? mul(w, p, in(w, 2)) : p, rows, false);
        even = mul(w, mul(w, even, valid), number(w, -s / (double)C));
        loss = add(w, mul(w, loss, number(w, 1 - s)), even);
    }
    const char *how = get_word(w, "reduction");
    if (strcmp(how, "mean") == 0)
        loss =
            EMIT("RealDiv",
                 IN(reduce_with(w, "ReduceSum", loss, all, false), reduce_with(w, "ReduceSum", k, all, false)), PLAIN);
    else
        loss = reduced(w, loss);
    return result(w, loss);
}

/* ---- the table ---- */

static const struct {
    const char *op;
    bool (*write)(writer *w, const char **why);
} rules[] = {
    {"Identity", same_value},
    {"StopGradient", same_value},
    {"Cast", cast},
    {"Round", round_even},
    {"GeLU", gelu},
    {"Elu", elu},
    {"Softmax", softmax},
    {"LogSoftmax", log_softmax},
    {"Select", select_},
    {"MatMul", mat_mul},
    {"BiasAdd", bias_add},
    {"ReduceSum", reduce},
    {"ReduceMean", reduce},
    {"ReduceMax", reduce},
    {"ReduceMin", reduce},
    {"Argmax", position},
    {"Argmin", position},
    {"CumSum", cum_sum},
    {"TopK", top_k},
    {"Reshape", reshape},
    {"Transpose", transpose},
    {"ExpandDims", expand_dims},
    {"Squeeze", squeeze},
    {"BroadcastTo", broadcast_to},
    {"Tile", tile},
    {"Concat", concat},
    {"Stack", stack},
    {"StridedSlice", strided_slice},
    {"Gather", gather},
    {"OneHot", one_hot},
    {"Conv2D", conv2d},
    {"MaxPool", max_pool},
    {"AvgPool", avg_pool},
    {"BatchNorm", batch_norm},
    {"LayerNorm", layer_norm},
    {"Dropout", dropout},
    {"BCEWithLogitsLoss", bce_with_logits},
    {"CrossEntropy", cross_entropy},
};

bool sp__mi_write_node(sp__mi_writer *w, const char **why)
{
    const sp__op *op = w->node->op;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].op, op->name) == 0)
            return rules[i].write(w, why);
    if (op->flags & SP__GRADIENT)
        return refuse(why, "a gradient, which MindSpore has no operator for");
    if (op->flags & SP__FUSED)
        return refuse(why, "made by passes or an optimizer, which MindSpore has no operator for");
    if (op == &sp__op_matmul_mixed || op == &sp__op_conv2d_mixed)
        return refuse(why, "in mixed precision; sp_amp(net, SP_AMP_O0, SP_F32) first");
    return op->n_fields == 0 && op->n_out == 1 ? plain(w, why) : false;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
