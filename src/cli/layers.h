/* cli/layers.h: "flatten, dense 512, relu, dense 10" to a network.
 *
 *     layer list   layer ("," layer)*
 *     layer        name, the numbers it needs, then settings: "conv 32 3 stride 2 pad same bias"
 *
 * The sizes of the inputs follow from the shape of the data. Nothing is allocated before the whole text has been read
 * and all sizes are known and within limits. */
#ifndef SP_CLI_LAYERS_H
#define SP_CLI_LAYERS_H

#include "cli/cli.h"

enum { CLI_MAX_LAYERS = 128 };
#define CLI_MAX_PARAMS ((int64_t)1 << 30) /* elements of all parameters, and of the values of one sample */

struct cli_layer_kind;

typedef struct cli_layer {
    const struct cli_layer_kind *kind;
    int64_t size, kernel; /* outputs of dense and conv; windows of conv and pooling */
    int64_t stride, dilation, group, axis;
    sp_pad_mode pad_mode;
    int64_t padding; /* with SP_PAD_PAD                                        */
    double number;   /* probability of dropout, slope of leaky_relu and elu    */
    bool bias, exact;
    sp_shape in, out; /* with the batch as 1                                    */
    int64_t params;   /* trainable elements                                     */
} cli_layer;

typedef struct cli_layers {
    cli_layer at[CLI_MAX_LAYERS];
    int n;
    sp_shape out;
    int64_t params;
} cli_layers;

/* Reads text as far as it can be without an input: how it is written. False and SP_ERR_VALUE, as below. */
bool cli_layers_check(const char *text);

/* Reads text for inputs of shape (1, ...). False and SP_ERR_VALUE, SP_ERR_SHAPE if it cannot be: the text says the layer, where it
 * stands, what was found and what was expected. */
bool cli_layers_read(const char *text, sp_shape input, cli_layers *layers);

/* The network, a SequentialCell with a child for each layer; its weights are drawn from this thread's random stream. */
sp_cell *cli_layers_build(const cli_layers *layers);

/* What can be written, a line each. */
void cli_layers_help(void);

#endif
