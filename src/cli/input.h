/* cli/input.h: arrays for a network's inputs, from files of several kinds. */
#ifndef SP_CLI_INPUT_H
#define SP_CLI_INPUT_H

#include "cli/cli.h"

/* How pictures become numbers: (x / 255 - mean) / std. */
typedef struct cli_pixels {
    double mean, deviation;
    bool invert; /* dark on light becomes light on dark first */
} cli_pixels;

/* The tutorial's: the mean and deviation of MNIST's pixels. */
#define CLI_PIXELS                          \
    {                                       \
        .mean = 0.1307, .deviation = 0.3081 \
    }

/* The array in a file, by its first bytes or its ending, made fit for an input of `shape` (rank -1: not known; -1: any size) and
 * dtype:
 *   .npy                  as it is
 *   .csv .tsv             Float32 (rows, columns)
 *   PNG, JPEG, IDX images Float32 (N, C, H, W), normalised as `pixels` says; resized to H x W
 * *note (text, in the scope) says what else was done to it, NULL: nothing. NULL on failure. */
sp_tensor *cli_input_read(const char *path, sp_shape shape, sp_dtype dtype, const cli_pixels *pixels,
                          const char **note);

#endif
