/* cli/layer_kinds.h: the layers that --layers knows: how each is written, what becomes of a shape, how it is made. */
#ifndef SP_CLI_LAYER_KINDS_H
#define SP_CLI_LAYER_KINDS_H

#include "cli/layers.h"

#define CLI_MAX_SIZE   ((int64_t)1 << 20) /* outputs of a layer               */
#define CLI_MAX_KERNEL ((int64_t)1 << 12) /* windows, strides, padding        */

/* What stands behind a layer's name: numbers that it needs, then settings that it may have. */
enum {
    CLI_SIZE = 1 << 0,
    CLI_KERNEL = 1 << 1,
    CLI_PROBABILITY = 1 << 2,
    CLI_SLOPE = 1 << 3, /* may be left out */
    CLI_STRIDE = 1 << 4,
    CLI_PAD = 1 << 5,
    CLI_DILATION = 1 << 6,
    CLI_GROUP = 1 << 7,
    CLI_BIAS = 1 << 8,
    CLI_NO_BIAS = 1 << 9,
    CLI_EXACT = 1 << 10,
    CLI_AXIS = 1 << 11
};

typedef struct cli_layer_kind {
    const char *name, *usage, *help;
    unsigned settings;
    /* Sets out and params from in; false, and what input it expected in why, if it cannot be. */
    bool (*follow)(cli_layer *layer, char *why, size_t size);
    sp_cell *(*make)(const cli_layer *layer);
} cli_layer_kind;

#define CLI_LAYER_NAMES                                                                                    \
    "flatten, dense, conv, bn, maxpool, avgpool, layernorm, dropout, relu, relu6, leaky_relu, elu, silu, " \
    "gelu, sigmoid, tanh, softmax or log_softmax"

const cli_layer_kind *cli_layer_kind_named(const char *name); /* NULL if there is none */
int cli_layer_kinds(void);                                    /* how many there are */
cli_layer cli_layer_default(const cli_layer_kind *kind);

#endif
