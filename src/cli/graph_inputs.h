/* cli/graph_inputs.h: inputs for a graph whose file leaves sizes open. */
#ifndef SP_CLI_GRAPH_INPUTS_H
#define SP_CLI_GRAPH_INPUTS_H

#include "cli/options.h"

#define CLI_BATCH_OPTION(batch, preset)                                                                         \
    {                                                                                                           \
        "batch", "N", CLI_WHOLE, &(batch), "the first dimension of the graph's inputs" preset, 1, 1 << 24, NULL \
    }
#define CLI_INPUT_OPTION(inputs)                                                                                       \
    {                                                                                                                  \
        "input", "SHAPE", CLI_TEXTS, &(inputs), "the shape of an input, 1,3,224,224; as often as there are inputs", 0, \
            0, NULL                                                                                                    \
    }

/* The shape of input i: the one given, else the graph's with the batch (unless 0) first and 1 for what is open. rank -1 and
 * SP_ERR_VALUE if a text is no shape. */
sp_shape cli_graph_shape(const sp_graph *g, int i, int64_t batch, const cli_texts *shapes);

/* Such inputs, all zero, or random (normal floats, integers 0 and 1) from this thread's stream. at NULL on failure. */
sp_list cli_graph_inputs(const sp_graph *g, int64_t batch, const cli_texts *shapes, bool random);

#endif
