/* spore/nn.h: cells (layers and models), initialisers, losses.
 *
 * Defaults, initialisers and printed forms follow MindSpore 2.x (docs/compatibility.md). A cell owns its parameters and
 * children; whoever is given a cell (a parent, sp_nn_sequential) owns it on every path, also on failure. Cells start in
 * evaluation mode. */
#ifndef SPORE_NN_H
#define SPORE_NN_H

#include "graph.h"
#include "ops.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_cell sp_cell;

/* ---- initialisers: plain values ---- */

typedef enum sp_init_kind {
    SP_INIT_DEFAULT, /* what the layer says */
    SP_INIT_ZEROS,
    SP_INIT_ONES,
    SP_INIT_CONSTANT,
    SP_INIT_NORMAL,
    SP_INIT_UNIFORM,
    SP_INIT_TRUNCATED_NORMAL,
    SP_INIT_HE_UNIFORM,
    SP_INIT_HE_NORMAL,
    SP_INIT_XAVIER_UNIFORM,
    SP_INIT_XAVIER_NORMAL
} sp_init_kind;

typedef struct sp_init {
    sp_init_kind kind;
    double a, b;
} sp_init;

SP_API sp_init sp_init_zeros(void);
SP_API sp_init sp_init_ones(void);
SP_API sp_init sp_init_constant(double value);
SP_API sp_init sp_init_normal(double sigma, double mean); /* MindSpore's 'normal': (0.01, 0)                    */
SP_API sp_init sp_init_uniform(double scale);             /* in [-scale, scale]; 'uniform': 0.07                */
SP_API sp_init sp_init_truncated_normal(double sigma,
                                        double mean);     /* cut at -2 and 2; 'truncatedNormal': (0.01, 0)      */
SP_API sp_init sp_init_he_uniform(double negative_slope); /* He et al. 2015: bound gain sqrt(3 / fan_in)         */
SP_API sp_init sp_init_he_normal(double negative_slope);
SP_API sp_init sp_init_xavier_uniform(double gain); /* Glorot & Bengio 2010: bound gain sqrt(6 / (in + out)) */
SP_API sp_init sp_init_xavier_normal(double gain);
/* By MindSpore's names: "zeros", "ones", "normal", "uniform", "truncatedNormal", "he_uniform", "he_normal",
 * "xavier_uniform", "xavier_normal". SP_ERR_VALUE and kind DEFAULT for another. */
SP_API sp_init sp_init_named(const char *name);

/* A new tensor filled by init (SP_INIT_DEFAULT: zeros), from this thread's random stream. fan_in and fan_out are those of a
 * weight (out, in, kernel...). */
SP_API sp_tensor *sp_init_tensor(sp_init init, sp_dtype dtype, sp_shape shape);

/* ---- user cells ---- */

typedef sp_list (*sp_construct)(sp_cell *self, sp_list in);

typedef struct sp_child {
    const char *name;
    sp_cell *cell;
} sp_child;

typedef struct sp_param {
    const char *name;
    sp_tensor *value;
    bool frozen; /* not trainable: state, such as BatchNorm's moving averages */
} sp_param;

/* Names and arrays are copied; children are taken; values become the cell's parameters (their elements are copied if they are
 * views). The arrays end with {0}. */
typedef struct sp_cell_desc {
    const char *type; /* class name, for printing and error texts                            */
    sp_construct construct;
    const void *state; /* `size` bytes, copied; sp_cell_state() gives the copy                */
    size_t size;
    const sp_child *children;
    const sp_param *params;
    void (*free_state)(void *state); /* called on the copy when the cell is freed, or if making it fails; may be NULL */
    const char *(*info)(
        const sp_cell *c); /* what to print between < and >, text of the scope: sp_format(); may be NULL    */
} sp_cell_desc;

/* SP_ERR_VALUE: two children or parameters of one name, an empty name or one with a point (which only the parameters of a cell
 * without children may have), a child that is somebody's already. */
SP_API sp_cell *sp_cell_new(const sp_cell_desc *desc);
SP_API void sp_cell_free(sp_cell *c); /* NULL passes; a child is freed by its parent: SP_ERR_STATE */

SP_API void *sp_cell_state(const sp_cell *c);
/* Parameter or child by name or path ("dense_relu_sequential.0.weight"); NULL and SP_ERR_VALUE if there is none. */
SP_API sp_tensor *sp_cell_param(sp_cell *c, const char *path);
SP_API sp_cell *sp_cell_child(sp_cell *c, const char *path);
SP_API sp_cell *sp_cell_at(sp_cell *c, int i); /* i-th child, NULL if out of range */
SP_API int sp_cell_children(const sp_cell *c);
SP_API const char *sp_cell_child_name(const sp_cell *c, int i);
SP_API const char *sp_cell_type(const sp_cell *c); /* "" for NULL */

/* ---- calling ---- */

/* Runs the cell. sp_call: first output only, as most cells have one. sp_cell_fn: the cell as an sp_fn. */
SP_API sp_list sp_cell_call_all(sp_cell *c, sp_list in);
SP_API sp_tensor *sp_cell_call(sp_cell *c, sp_list in);
SP_API sp_list sp_cell_fn(void *cell, sp_list in);
#define sp_call(c, ...) sp_cell_call((c), sp_list_of(__VA_ARGS__))

/* Training or evaluation, for the cell and all below it. */
SP_API void sp_cell_train(sp_cell *c, bool on);
SP_API bool sp_cell_training(const sp_cell *c);

/* ---- mixed precision ---- */

typedef enum sp_amp_level { SP_AMP_O0, SP_AMP_O1, SP_AMP_O2, SP_AMP_O3 } sp_amp_level;

/* The precision in which Dense and Conv2d of net, and of all cells below it, multiply from the next call on, and compiled
 * functions that call it from their next run on.
 *   O0      Float32, as it is without this call (dtype is not looked at)
 *   O1, O2  input and weight, and on the way back the gradient that arrives, are rounded to dtype (SP_BF16 or SP_F16) for the
 *           product; it is summed in Float32, and Float32 is what comes out. Everything else (bias, normalisation, activations,
 *           losses) and all parameters, gradients and optimizers stay in Float32; checkpoints do not change.
 * BFloat16 uses the processor's own products (AVX-512 BF16, AMX) through oneDNN; where there are none, results are the same but
 * for rounding of sums, and nothing is faster. SP_ERR_UNSUPPORTED: O3, a cell made of a graph (its precision is in the graph);
 * SP_ERR_DTYPE: another dtype, a Dense or Conv2d whose weight is not Float32. On failure nothing is changed.
 * A .mindir file has no form for such products: sp_export() refuses them; go back to O0 first, or export to .onnx. */
SP_API sp_status sp_amp(sp_cell *net, sp_amp_level level, sp_dtype dtype);

/* ---- parameters: a cell's own first, then its children's; lists are borrowed from the cell ---- */

SP_API sp_list sp_cell_params(sp_cell *c);      /* trainable ones: for optimizers            */
SP_API sp_list sp_cell_all_params(sp_cell *c);  /* with the frozen ones: what a file holds   */
SP_API int64_t sp_cell_param_count(sp_cell *c); /* elements of the trainable ones            */

/* As MindSpore 2.0 prints a cell. Text of the current scope. */
SP_API const char *sp_cell_str(const sp_cell *c);

/* ---- layers: the first options are positional, zero means the default; options out of range: NULL and SP_ERR_VALUE,
 * SP_ERR_DTYPE, SP_ERR_SHAPE ---- */

typedef struct sp_dense_opts {
    int _;
    int64_t in, out;
    bool no_bias;
    sp_cell *activation; /* taken; NULL: none                                               */
    sp_init weight_init; /* default: HeUniform(sqrt(5)), bound 1 / sqrt(in)                 */
    sp_init bias_init;   /* default: uniform in +-1 / sqrt(in)                              */
    sp_dtype dtype;
} sp_dense_opts;
/* y = x w^T + b over the last axis: x (..., in), weight (out, in), bias (out), y (..., out). Here and in Conv2d an x of
 * another type than the weight's is promoted with it: UInt8 by Float32 is Float32. */
SP_API sp_cell *sp_nn_dense_new(const sp_dense_opts *opts);
#define sp_nn_dense(...) sp_nn_dense_new(&(sp_dense_opts){._ = 0, __VA_ARGS__})

typedef enum sp_pad_mode {
    SP_PAD_DEFAULT, /* convolution: SAME; pooling: VALID */
    SP_PAD_SAME,
    SP_PAD_VALID,
    SP_PAD_PAD /* by `padding` */
} sp_pad_mode;

/* A number for both directions, or one each: {3}, {3, 5} is {height, width}. */
typedef struct sp_pair {
    int64_t h, w;
} sp_pair;

typedef struct sp_conv2d_opts {
    int _;
    int64_t in, out;
    int64_t kernel; /* square; or kernel_hw                                            */
    int64_t stride; /* 0: 1                                                            */
    sp_pad_mode pad_mode;
    int64_t padding; /* all four sides, with SP_PAD_PAD; or padding4                    */
    bool has_bias;
    sp_pair kernel_hw, stride_hw;
    int64_t padding4[4]; /* top, bottom, left, right                                        */
    sp_pair dilation;    /* 0: 1                                                            */
    int64_t group;       /* 0: 1                                                            */
    sp_init weight_init; /* default: HeUniform(sqrt(5)), bound 1 / sqrt(fan_in)             */
    sp_init bias_init;   /* default: uniform in +-1 / sqrt(fan_in)                          */
    sp_dtype dtype;
} sp_conv2d_opts;
/* x (N, in, H, W), weight (out, in / group, kh, kw), y (N, out, H', W'). */
SP_API sp_cell *sp_nn_conv2d_new(const sp_conv2d_opts *opts);
#define sp_nn_conv2d(...) sp_nn_conv2d_new(&(sp_conv2d_opts){._ = 0, __VA_ARGS__})

typedef struct sp_pool_opts {
    int _;
    int64_t kernel; /* 0: 1                                                            */
    int64_t stride; /* 0: 1 (MindSpore's default)                                      */
    sp_pad_mode pad_mode;
    int64_t padding;
    sp_pair kernel_hw, stride_hw;
    bool exclude_pad; /* average pooling: divide by the elements inside only             */
    bool ceil_mode;
} sp_pool_opts;
SP_API sp_cell *sp_nn_max_pool2d_new(const sp_pool_opts *opts);
SP_API sp_cell *sp_nn_avg_pool2d_new(const sp_pool_opts *opts);
#define sp_nn_max_pool2d(...) sp_nn_max_pool2d_new(&(sp_pool_opts){._ = 0, __VA_ARGS__})
#define sp_nn_avg_pool2d(...) sp_nn_avg_pool2d_new(&(sp_pool_opts){._ = 0, __VA_ARGS__})

typedef struct sp_batch_norm_opts {
    int _;
    int64_t features;
    double eps;       /* 0: 1e-5                                                         */
    double momentum;  /* 0: 0.9; moving = momentum * moving + (1 - momentum) * batch     */
    bool no_affine;   /* gamma and beta are not trained                                  */
    bool moving_only; /* moving statistics while training too; they stay as they are    */
    sp_init gamma_init, beta_init, mean_init, var_init;
} sp_batch_norm_opts;
/* Over (N, features, H, W), or (N, features) for the 1d form: batch statistics while training, moving ones (updated with
 * the unbiased variance) otherwise. */
SP_API sp_cell *sp_nn_batch_norm2d_new(const sp_batch_norm_opts *opts);
SP_API sp_cell *sp_nn_batch_norm1d_new(const sp_batch_norm_opts *opts);
#define sp_nn_batch_norm2d(...) sp_nn_batch_norm2d_new(&(sp_batch_norm_opts){._ = 0, __VA_ARGS__})
#define sp_nn_batch_norm1d(...) sp_nn_batch_norm1d_new(&(sp_batch_norm_opts){._ = 0, __VA_ARGS__})

typedef struct sp_layer_norm_opts {
    int _;
    sp_shape shape;        /* of gamma and beta: the axes from begin_norm_axis on             */
    int begin_norm_axis;   /* 0: -1, the last                                                 */
    int begin_params_axis; /* 0: begin_norm_axis; nothing else is supported                   */
    double eps;            /* 0: 1e-7                                                         */
    sp_init gamma_init, beta_init;
} sp_layer_norm_opts;
SP_API sp_cell *sp_nn_layer_norm_new(const sp_layer_norm_opts *opts);
#define sp_nn_layer_norm(...) sp_nn_layer_norm_new(&(sp_layer_norm_opts){._ = 0, __VA_ARGS__})

/* Zeroes each element with probability p while training and scales the others by 1 / (1 - p). 0 <= p < 1. */
SP_API sp_cell *sp_nn_dropout(double p);

typedef struct sp_embedding_opts {
    int _;
    int64_t vocab, size;
    sp_init table_init; /* default: normal(0.01) */
} sp_embedding_opts;
/* Integer indices (...) to (..., size). */
SP_API sp_cell *sp_nn_embedding_new(const sp_embedding_opts *opts);
#define sp_nn_embedding(...) sp_nn_embedding_new(&(sp_embedding_opts){._ = 0, __VA_ARGS__})

SP_API sp_cell *sp_nn_flatten(void); /* (N, ...) to (N, everything else)      */
SP_API sp_cell *sp_nn_identity(void);
SP_API sp_cell *sp_nn_relu(void);
SP_API sp_cell *sp_nn_relu6(void);
SP_API sp_cell *sp_nn_leaky_relu(double alpha); /* MindSpore's default slope is 0.2  */
SP_API sp_cell *sp_nn_elu(double alpha);
SP_API sp_cell *sp_nn_silu(void);
SP_API sp_cell *sp_nn_sigmoid(void);
SP_API sp_cell *sp_nn_tanh(void);
SP_API sp_cell *sp_nn_gelu(bool exact);  /* false: the tanh formula, MindSpore's default */
SP_API sp_cell *sp_nn_softmax(int axis); /* MindSpore's default is -1             */
SP_API sp_cell *sp_nn_log_softmax(int axis);

/* One after the other; children are named "0", "1", ... */
SP_API sp_cell *sp_nn_sequential_new(int n, sp_cell *const *cells);
#define sp_nn_sequential(...) sp_nn_sequential_new(SP_N(sp_cell *, __VA_ARGS__), (sp_cell *[]){__VA_ARGS__})
/* Holds cells by number for a user cell; cannot be called itself (SP_ERR_STATE). */
SP_API sp_cell *sp_nn_list_new(int n, sp_cell *const *cells);
#define sp_nn_list(...) sp_nn_list_new(SP_N(sp_cell *, __VA_ARGS__), (sp_cell *[]){__VA_ARGS__})

/* A graph as a cell, with its parameters under their names there ("fc1.weight"); takes the graph. */
SP_API sp_cell *sp_nn_graph(sp_graph *g);

/* ---- losses as cells: called with (logits, labels) or (input, target) ---- */

typedef struct sp_cross_entropy_opts {
    int _;
    sp_reduction reduction;
    double label_smoothing;
    bool ignore; /* labels equal to ignore_index do not count; without it -100 is ignored, as MindSpore does */
    int64_t ignore_index;
} sp_cross_entropy_opts;
SP_API sp_cell *sp_nn_cross_entropy_new(const sp_cross_entropy_opts *opts);
#define sp_nn_cross_entropy(...) sp_nn_cross_entropy_new(&(sp_cross_entropy_opts){._ = 0, __VA_ARGS__})
SP_API sp_cell *sp_nn_bce_with_logits(sp_reduction reduction);
SP_API sp_cell *sp_nn_mse(sp_reduction reduction);

#ifdef __cplusplus
}
#endif
#endif
