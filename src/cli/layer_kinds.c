/* cli/layer_kinds.c: the layers of --layers, one entry each. */
#include "cli/layer_kinds.h"

#include <stdio.h>
#include <string.h>

/* ---- shapes ---- */

static bool keep_shape(cli_layer *layer, char *why, size_t size)
{
    (void)why, (void)size;
    layer->out = layer->in;
    return true;
}

static bool follow_softmax(cli_layer *layer, char *why, size_t size)
{
    layer->out = layer->in;
    snprintf(why, size, "axis %d to be one of its axes", (int)layer->axis);
    return layer->axis >= -layer->in.rank && layer->axis < layer->in.rank;
}

static bool follow_flatten(cli_layer *layer, char *why, size_t size)
{
    (void)why, (void)size;
    layer->out = SP_DIMS(1, sp_shape_size(layer->in));
    return true;
}

/* (..., K) to (..., size) */
static bool follow_dense(cli_layer *layer, char *why, size_t size)
{
    snprintf(why, size, "(N, ..., inputs)");
    if (layer->in.rank < 2)
        return false;
    int last = layer->in.rank - 1;
    layer->out = layer->in;
    layer->out.dim[last] = layer->size;
    layer->params = layer->in.dim[last] * layer->size + (layer->bias ? layer->size : 0);
    return true;
}

/* Positions of a window along an axis of n; 0 if it does not fit. `same` gives ceil(n / stride). */
static int64_t positions(const cli_layer *layer, int64_t n)
{
    if (layer->pad_mode == SP_PAD_SAME)
        return (n + layer->stride - 1) / layer->stride;
    int64_t window = (layer->kernel - 1) * layer->dilation + 1;
    int64_t room = n - window + (layer->pad_mode == SP_PAD_PAD ? 2 * layer->padding : 0);
    return room < 0 ? 0 : room / layer->stride + 1;
}

/* (N, C, H, W) to (N, C, H', W') */
static bool follow_window(cli_layer *layer, char *why, size_t size)
{
    if (layer->in.rank != 4) {
        snprintf(why, size, "(N, channels, height, width)");
        return false;
    }
    layer->out = layer->in;
    for (int axis = 2; axis < 4; axis++) {
        layer->out.dim[axis] = positions(layer, layer->in.dim[axis]);
        if (layer->out.dim[axis] == 0) {
            snprintf(why, size, "one no smaller than its window of %lld x %lld",
                     (long long)((layer->kernel - 1) * layer->dilation + 1),
                     (long long)((layer->kernel - 1) * layer->dilation + 1));
            return false;
        }
    }
    return true;
}

static bool follow_pool(cli_layer *layer, char *why, size_t size)
{
    if (layer->stride == 0) /* not given */
        layer->stride = layer->kernel;
    if (layer->pad_mode == SP_PAD_PAD && layer->padding > layer->kernel / 2) {
        snprintf(why, size, "a padding of at most half its window of %lld", (long long)layer->kernel);
        return false;
    }
    return follow_window(layer, why, size);
}

static bool follow_conv(cli_layer *layer, char *why, size_t size)
{
    if (!follow_window(layer, why, size))
        return false;
    int64_t channels = layer->in.dim[1];
    if (channels % layer->group || layer->size % layer->group) {
        snprintf(why, size, "channels and outputs (%lld and %lld) that group %lld divides", (long long)channels,
                 (long long)layer->size, (long long)layer->group);
        return false;
    }
    layer->out.dim[1] = layer->size;
    layer->params = channels / layer->group * layer->size;
    if (layer->params > CLI_MAX_PARAMS) /* times kernel^2, at most 2^24, could overflow */
        return true;
    layer->params = layer->params * layer->kernel * layer->kernel + (layer->bias ? layer->size : 0);
    return true;
}

static bool follow_bn(cli_layer *layer, char *why, size_t size)
{
    snprintf(why, size, "(N, features) or (N, channels, height, width)");
    if (layer->in.rank != 2 && layer->in.rank != 4)
        return false;
    layer->out = layer->in;
    layer->params = 2 * layer->in.dim[1];
    return true;
}

static bool follow_layernorm(cli_layer *layer, char *why, size_t size)
{
    snprintf(why, size, "(N, ..., features)");
    if (layer->in.rank < 2)
        return false;
    layer->out = layer->in;
    layer->params = 2 * layer->in.dim[layer->in.rank - 1];
    return true;
}

/* ---- cells ---- */

static sp_cell *make_flatten(const cli_layer *layer) { return (void)layer, sp_nn_flatten(); }
static sp_cell *make_relu(const cli_layer *layer) { return (void)layer, sp_nn_relu(); }
static sp_cell *make_relu6(const cli_layer *layer) { return (void)layer, sp_nn_relu6(); }
static sp_cell *make_silu(const cli_layer *layer) { return (void)layer, sp_nn_silu(); }
static sp_cell *make_sigmoid(const cli_layer *layer) { return (void)layer, sp_nn_sigmoid(); }
static sp_cell *make_tanh(const cli_layer *layer) { return (void)layer, sp_nn_tanh(); }
static sp_cell *make_leaky_relu(const cli_layer *layer) { return sp_nn_leaky_relu(layer->number); }
static sp_cell *make_elu(const cli_layer *layer) { return sp_nn_elu(layer->number); }
static sp_cell *make_dropout(const cli_layer *layer) { return sp_nn_dropout(layer->number); }
static sp_cell *make_gelu(const cli_layer *layer) { return sp_nn_gelu(layer->exact); }
static sp_cell *make_softmax(const cli_layer *layer) { return sp_nn_softmax((int)layer->axis); }
static sp_cell *make_log_softmax(const cli_layer *layer) { return sp_nn_log_softmax((int)layer->axis); }

static sp_cell *make_dense(const cli_layer *layer)
{
    return sp_nn_dense(layer->in.dim[layer->in.rank - 1], layer->size, .no_bias = !layer->bias);
}

static sp_cell *make_conv(const cli_layer *layer)
{
    return sp_nn_conv2d(layer->in.dim[1], layer->size, layer->kernel, layer->stride, layer->pad_mode, layer->padding,
                        layer->bias, .dilation = {layer->dilation, layer->dilation}, .group = layer->group);
}

static sp_cell *make_maxpool(const cli_layer *layer)
{
    return sp_nn_max_pool2d(layer->kernel, layer->stride, layer->pad_mode, layer->padding);
}

static sp_cell *make_avgpool(const cli_layer *layer)
{
    return sp_nn_avg_pool2d(layer->kernel, layer->stride, layer->pad_mode, layer->padding);
}

static sp_cell *make_bn(const cli_layer *layer)
{
    return layer->in.rank == 4 ? sp_nn_batch_norm2d(layer->in.dim[1]) : sp_nn_batch_norm1d(layer->in.dim[1]);
}

static sp_cell *make_layernorm(const cli_layer *layer)
{
    return sp_nn_layer_norm(SP_DIMS(layer->in.dim[layer->in.rank - 1]));
}

/* ---- the table ---- */

static const cli_layer_kind kinds[] = {
    {"flatten", "flatten", "(N, ...) to (N, everything else)", 0, follow_flatten, make_flatten},
    {"dense", "dense OUT [no_bias]", "y = x w^T + b", CLI_SIZE | CLI_NO_BIAS, follow_dense, make_dense},
    {"conv", "conv OUT KERNEL [stride N] [pad same|valid|N] [dilation N] [group N] [bias]",
     "convolution; pad same, no bias",
     CLI_SIZE | CLI_KERNEL | CLI_STRIDE | CLI_PAD | CLI_DILATION | CLI_GROUP | CLI_BIAS, follow_conv, make_conv},
    {"bn", "bn", "batch normalisation", 0, follow_bn, make_bn},
    {"maxpool", "maxpool KERNEL [stride N] [pad same|valid|N]", "the largest of a window; stride as KERNEL, pad valid",
     CLI_KERNEL | CLI_STRIDE | CLI_PAD, follow_pool, make_maxpool},
    {"avgpool", "avgpool KERNEL [stride N] [pad same|valid|N]", "the mean of a window; the same",
     CLI_KERNEL | CLI_STRIDE | CLI_PAD, follow_pool, make_avgpool},
    {"layernorm", "layernorm", "layer normalisation over the last axis", 0, follow_layernorm, make_layernorm},
    {"dropout", "dropout P", "zeroes with probability P while training", CLI_PROBABILITY, keep_shape, make_dropout},
    {"relu", "relu", "max(x, 0)", 0, keep_shape, make_relu},
    {"relu6", "relu6", "min(max(x, 0), 6)", 0, keep_shape, make_relu6},
    {"leaky_relu", "leaky_relu [SLOPE]", "slope 0.2 below 0", CLI_SLOPE, keep_shape, make_leaky_relu},
    {"elu", "elu [ALPHA]", "alpha (e^x - 1) below 0, alpha 1", CLI_SLOPE, keep_shape, make_elu},
    {"silu", "silu", "x sigmoid(x)", 0, keep_shape, make_silu},
    {"gelu", "gelu [exact]", "by tanh, or exactly", CLI_EXACT, keep_shape, make_gelu},
    {"sigmoid", "sigmoid", "1 / (1 + e^-x)", 0, keep_shape, make_sigmoid},
    {"tanh", "tanh", "hyperbolic tangent", 0, keep_shape, make_tanh},
    {"softmax", "softmax [axis N]", "over the last axis, or another", CLI_AXIS, follow_softmax, make_softmax},
    {"log_softmax", "log_softmax [axis N]", "its logarithm", CLI_AXIS, follow_softmax, make_log_softmax},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const cli_layer_kind *cli_layer_kind_named(const char *name)
{
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

int cli_layer_kinds(void) { return KINDS; }

cli_layer cli_layer_default(const cli_layer_kind *kind)
{
    cli_layer layer = {.kind = kind, .stride = 1, .dilation = 1, .group = 1, .axis = -1, .pad_mode = SP_PAD_VALID};
    if (kind->make == make_conv)
        layer.pad_mode = SP_PAD_SAME;
    if (kind->follow == follow_pool)
        layer.stride = 0; /* as its window: follow_pool */
    layer.bias = kind->make == make_dense;
    layer.number = kind->make == make_elu ? 1 : 0.2;
    return layer;
}

void cli_layers_help(void)
{
    printf("\nLayers of --layers, separated by commas; the sizes of their inputs follow from the data:\n");
    for (int i = 0; i < KINDS; i++) {
        int n = printf("  %s", kinds[i].usage);
        printf(n > 22 ? "\n%*s%s\n" : "%*s%s\n", n > 22 ? 24 : 24 - n, "", kinds[i].help);
    }
}
