/* file/onnx_from_layers.c: what products, convolutions, pooling and normalisation are in an ONNX file. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_write.h"

typedef sp__onnx_writer writer;

#define EMIT(op, in, ...) sp__onnx_emit(w, (op), in, __VA_ARGS__)
#define IN                SP__ONNX_IN
#define ATTRS             SP__ONNX_ATTRS
#define PLAIN             SP__ONNX_PLAIN

static sp_dtype real(const writer *w) { return sp__onnx_carrier(w, 0, SP__ONNX_REAL); }

/* Argument i as the products take it: rounded to the op's 16-bit type, in mixed precision. */
static const char *factor(writer *w, int i, sp_dtype t)
{
    const sp__op *op = w->node->op;
    const char *x = sp__onnx_arg(w, i, t);
    if ((op != &sp__op_matmul_mixed && op != &sp__op_conv2d_mixed) || t != SP_F32)
        return x;
    sp_dtype narrow = sp__node_type(w->node, "dtype");
    return sp__onnx_cast(w, sp__onnx_cast(w, x, t, narrow), narrow, t);
}

/* ---- products ---- */

/* With its last two dimensions swapped. */
static const char *swapped(writer *w, const char *x, int rank)
{
    int64_t perm[SP_MAX_RANK];
    for (int i = 0; i < rank; i++)
        perm[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    return EMIT("Transpose", IN(x), ATTRS(sp__onnx_put_ints(w, "perm", rank, perm)));
}

/* Plain matrices, one of them transposed, are a Gemm (which takes the bias that follows, see bias_add). */
static bool mat_mul(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = real(w);
    int rank_a = sp__onnx_in(w, 0).shape.rank, rank_b = sp__onnx_in(w, 1).shape.rank;
    bool ta = sp__node_bool(w->node, "transpose_a"), tb = sp__node_bool(w->node, "transpose_b");
    const char *a = factor(w, 0, t), *b = factor(w, 1, t);
    if ((ta || tb) && rank_a == 2 && rank_b == 2)
        return sp__onnx_result(
            w, EMIT("Gemm", IN(a, b), ATTRS(sp__onnx_put_int(w, "transA", ta), sp__onnx_put_int(w, "transB", tb))), t);
    a = ta ? swapped(w, a, rank_a) : a;
    b = tb ? swapped(w, b, rank_b) : b;
    return sp__onnx_result(w, EMIT("MatMul", IN(a, b), PLAIN), t);
}

/* The Gemm or Conv just written, which have room for a bias, if its result is x and nobody else reads it. */
static Sp__Onnx__Node *open_product(writer *w, const char *x)
{
    Sp__Onnx__Node *last = w->n_nodes ? w->nodes[w->n_nodes - 1] : NULL;
    if (!last || last->output[0] != x || last->n_input != 2 || w->uses[w->node->in[0]] != 1)
        return NULL;
    return strcmp(last->op_type, "Gemm") == 0 || strcmp(last->op_type, "Conv") == 0 ? last : NULL;
}

static bool bias_add(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = real(w);
    int rank = sp__onnx_in(w, 0).shape.rank;
    int64_t behind[SP_MAX_RANK];
    for (int i = 1; i < rank - 1; i++)
        behind[i - 1] = i;
    bool cast = sp__onnx_in(w, 1).dtype != t; /* that node would stand behind the product */
    const char *x = sp__onnx_arg(w, 0, t), *b = sp__onnx_arg(w, 1, t);
    Sp__Onnx__Node *product = cast ? NULL : open_product(w, x);
    char **in = product ? sp__onnx_new(w, 3 * sizeof *in, NULL) : NULL;
    if (in) {
        in[0] = product->input[0], in[1] = product->input[1], in[2] = sp__proto_text(b);
        product->input = in;
        product->n_input = 3;
        return sp__onnx_result(w, x, t);
    }
    if (rank > 2)
        b = EMIT("Unsqueeze", IN(b, sp__onnx_vector(w, rank - 2, behind)), PLAIN);
    return sp__onnx_result(w, EMIT("Add", IN(x, b), PLAIN), t);
}

/* ---- windows ---- */

static int64_t or_one(const sp__ints *v, int i) { return v->n ? v->v[i] : 1; }

/* How windows lie, and what is padded: top, left, bottom, right. */
typedef struct sliding {
    int64_t kernel[2], stride[2], dilation[2], pads[4];
    bool automatic; /* mode same, of a size that varies: the reader counts */
} sliding;

static sliding slide(const writer *w, const int64_t *kernel, const char *stride_name)
{
    sp__onnx_sizes x = sp__onnx_shape_of(w, w->node->in[0]);
    sp__ints stride = sp__node_ints(w->node, stride_name), dilation = sp__node_ints(w->node, "dilation");
    sp__ints pad = sp__node_ints(w->node, "pad");
    const char *mode = sp__node_word(w->node, "pad_mode");
    sliding s = {.kernel = {kernel[0], kernel[1]}};
    for (int i = 0; i < 2; i++) {
        s.stride[i] = or_one(&stride, i);
        s.dilation[i] = or_one(&dilation, i);
        int64_t span = (kernel[i] - 1) * s.dilation[i] + 1;
        if (strcmp(mode, "same") == 0) {
            s.automatic = s.automatic || x.v[2 + i] != x.other[2 + i];
            sp__same_padding(x.v[2 + i], span, s.stride[i], &s.pads[i], &s.pads[2 + i]);
        } else if (strcmp(mode, "pad") == 0 && pad.n == 4) {
            s.pads[i] = pad.v[2 * i];
            s.pads[2 + i] = pad.v[2 * i + 1];
        }
    }
    return s;
}

static sp__onnx_attr *put_padding(writer *w, const sliding *s)
{
    return s->automatic ? sp__onnx_put_text(w, "auto_pad", "SAME_UPPER") : sp__onnx_put_ints(w, "pads", 4, s->pads);
}

static bool conv2d(writer *w, const char **why)
{
    (void)why;
    sp_dtype t = real(w);
    sliding s = slide(w, &sp__onnx_in(w, 1).shape.dim[2], "stride");
    const char *x = factor(w, 0, t), *weight = factor(w, 1, t);
    return sp__onnx_result(
        w,
        EMIT("Conv", IN(x, weight),
             ATTRS(sp__onnx_put_ints(w, "kernel_shape", 2, s.kernel), sp__onnx_put_ints(w, "strides", 2, s.stride),
                   put_padding(w, &s), sp__onnx_put_ints(w, "dilations", 2, s.dilation),
                   sp__onnx_put_int(w, "group", sp__node_int(w->node, "group")))),
        t);
}

/* Windows that reach beyond the padded end (ceil_mode) as padding that ends where they do: readers count such windows
 * differently. False: the size varies. */
static bool pad_to_the_end(const writer *w, sliding *s)
{
    sp__onnx_sizes x = sp__onnx_shape_of(w, w->node->in[0]);
    sp_shape y = sp__onnx_out(w).shape;
    for (int i = 0; i < 2; i++) {
        if (x.v[2 + i] != x.other[2 + i])
            return false;
        int64_t reach = (y.dim[2 + i] - 1) * s->stride[i] + s->kernel[i] - x.v[2 + i] - s->pads[i];
        s->pads[2 + i] = SP__MAX(s->pads[2 + i], reach);
    }
    return true;
}

static const char *pool(writer *w, const char *op, const sliding *s, sp_dtype t, const char *flag, bool on)
{
    return EMIT(op, IN(sp__onnx_arg(w, 0, t)),
                ATTRS(sp__onnx_put_ints(w, "kernel_shape", 2, s->kernel), sp__onnx_put_ints(w, "strides", 2, s->stride),
                      put_padding(w, s), sp__onnx_put_int(w, flag, on)));
}

static bool max_pool(writer *w, const char **why)
{
    sliding s = slide(w, sp__node_ints(w->node, "kernel_size").v, "strides");
    if (sp__node_bool(w->node, "ceil_mode") && !s.automatic && !pad_to_the_end(w, &s))
        return sp__onnx_refuse(why, "ceil_mode with images of any size");
    return sp__onnx_result(w, pool(w, "MaxPool", &s, real(w), "ceil_mode", false), real(w));
}

/* How many elements of window o along an axis are real ones. */
static int64_t inside(const sliding *s, int axis, int64_t o, int64_t size)
{
    int64_t begin = o * s->stride[axis] - s->pads[axis];
    return SP__MIN(begin + s->kernel[axis], size) - SP__MAX(begin, 0);
}

/* What the mean over whole windows is to be multiplied by (1, 1, OH, OW) to have the op's divisors: the op itself says, of
 * an image of ones. */
static sp_tensor *corrections(const writer *w, const sliding *s)
{
    sp_shape x = sp__onnx_in(w, 0).shape, y = sp__onnx_out(w).shape;
    sp_tensor *ones = sp_ones(SP_F64, SP_DIMS(1, 1, x.dim[2], x.dim[3]));
    sp_tensor *is = sp__apply1(w->node->op, 1, &ones, w->node->attrs);
    sp_tensor *out = is ? sp_zeros(SP_F64, sp_shape_of(is)) : NULL;
    for (int64_t i = 0; out && i < out->size; i++) {
        int64_t n = inside(s, 0, i / y.dim[3], x.dim[2]) * inside(s, 1, i % y.dim[3], x.dim[3]);
        sp__store(out->data, SP_F64, i,
                  sp__load(is->data, SP_F64, i) * (double)(s->kernel[0] * s->kernel[1]) / (double)n);
    }
    return sp_cast(out, sp__onnx_in(w, 0).dtype);
}

static bool avg_pool(writer *w, const char **why)
{
    sp_dtype t = real(w);
    sliding s = slide(w, sp__node_ints(w->node, "kernel_size").v, "strides");
    bool same = strcmp(sp__node_word(w->node, "pad_mode"), "same") == 0;
    bool all = sp__node_bool(w->node, "count_include_pad") && !same;
    bool plain = !sp__node_int(w->node, "divisor_override") && (same || !sp__node_bool(w->node, "ceil_mode"));
    if (plain)
        return sp__onnx_result(w, pool(w, "AveragePool", &s, t, "count_include_pad", all), t);
    if (!pad_to_the_end(w, &s))
        return sp__onnx_refuse(why, "ceil_mode or a divisor with images of any size");
    const char *y = pool(w, "AveragePool", &s, t, "count_include_pad", true);
    const char *by = sp__onnx_cast(w, sp__onnx_tensor(w, corrections(w, &s)), sp__onnx_in(w, 0).dtype, t);
    return sp__onnx_result(w, EMIT("Mul", IN(y, by), PLAIN), t);
}

/* ---- normalisation ---- */

static bool batch_norm(writer *w, const char **why)
{
    if (sp__node_bool(w->node, "is_training"))
        return sp__onnx_refuse(why, "in training mode; switch the cell to evaluation first");
    sp_dtype t = real(w);
    const char *in[5];
    for (int i = 0; i < 5; i++)
        in[i] = sp__onnx_arg(w, i, t);
    return sp__onnx_result(w,
                           sp__onnx_emit(w, "BatchNormalization", 5, in,
                                         ATTRS(sp__onnx_put_float(w, "epsilon", sp__node_float(w->node, "epsilon")))),
                           t);
}

/* Where gamma is not as long as what is normalised: by ones and zeros, then gamma and beta. */
static bool layer_norm(writer *w, const char **why)
{
    sp_dtype t = real(w);
    int rank = sp__onnx_in(w, 0).shape.rank;
    int64_t begin = sp__node_int(w->node, "begin_norm_axis"), params = sp__node_int(w->node, "begin_params_axis");
    begin += begin < 0 ? rank : 0;
    params += params < 0 ? rank : 0;
    const char *x = sp__onnx_arg(w, 0, t), *gamma = sp__onnx_arg(w, 1, t), *beta = sp__onnx_arg(w, 2, t);
    sp__onnx_attr *attrs[] = {sp__onnx_put_int(w, "axis", begin),
                              sp__onnx_put_float(w, "epsilon", sp__node_float(w->node, "epsilon"))};
    if (begin == params)
        return sp__onnx_result(w, EMIT("LayerNormalization", IN(x, gamma, beta), 2, attrs), t);
    sp__onnx_sizes all = sp__onnx_shape_of(w, w->node->in[0]), of = {.n = rank - (int)begin};
    memcpy(of.v, &all.v[begin], (size_t)of.n * sizeof of.v[0]);
    memcpy(of.other, &all.other[begin], (size_t)of.n * sizeof of.v[0]);
    if (!sp__onnx_fixed(&of))
        return sp__onnx_refuse(why, "normalises over a size that varies");
    const sp_shape shape = {.rank = of.n,
                            .dim = {of.v[0], of.v[1], of.v[2], of.v[3], of.v[4], of.v[5], of.v[6], of.v[7]}};
    const char *unit = sp__onnx_tensor(w, sp_ones(t, shape));
    const char *y = EMIT("LayerNormalization", IN(x, unit), 2, attrs);
    return sp__onnx_result(w, EMIT("Add", IN(EMIT("Mul", IN(y, gamma), PLAIN), beta), PLAIN), t);
}

static bool dropout(writer *w, const char **why)
{
    (void)w;
    return sp__onnx_refuse(why, "in training mode; switch the cell to evaluation first");
}

const sp__onnx_rule sp__onnx_layers[] = {
    {"MatMul", mat_mul, NULL, 0},
    {"MatMulMixed", mat_mul, NULL, 0},
    {"BiasAdd", bias_add, NULL, 0},
    {"Conv2D", conv2d, NULL, 0},
    {"Conv2DMixed", conv2d, NULL, 0},
    {"MaxPool", max_pool, NULL, 0},
    {"AvgPool", avg_pool, NULL, 0},
    {"BatchNorm", batch_norm, NULL, 0},
    {"LayerNorm", layer_norm, NULL, 0},
    {"Dropout", dropout, NULL, 0},
    {NULL, NULL, NULL, 0},
};

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
