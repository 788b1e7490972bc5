/* cli/model.h: losses, and trained models as cells. */
#ifndef SP_CLI_MODEL_H
#define SP_CLI_MODEL_H

#include "cli/layers.h"

#define CLI_MAX_INPUTS     16
#define CLI_DEFAULT_LAYERS "flatten, dense 512, relu, dense 512, relu, dense 10"

/* For sp_fit and sp_evaluate: loss NULL is cross entropy. */
typedef struct cli_loss {
    sp_fn fn;
} cli_loss;

#define CLI_LOSSES "cross_entropy|mse|bce"
/* mse and bce compare with labels as one-hot vectors. */
cli_loss cli_loss_named(const char *name);

/* A model from a file: a graph (.mindir, .onnx), or a checkpoint (.ckpt) with its layers. */
typedef struct cli_model {
    const char *path, *layers;
    int inputs, outputs;
    sp_shape shapes[CLI_MAX_INPUTS]; /* of a graph's inputs; a dimension of -1: any size */
    sp_dtype dtypes[CLI_MAX_INPUTS];
    sp_cell *cell; /* NULL for a checkpoint until cli_model_fit()                      */
} cli_model;

/* Reads a graph; of a checkpoint only whether it is there. False on failure. */
bool cli_model_open(cli_model *m, const char *path, const char *layers);
/* Makes the model ready for inputs like `input`, whose first dimension may be any: builds a checkpoint's layers and fills them.
 * False on failure. */
bool cli_model_fit(cli_model *m, sp_shape input);
void cli_model_close(cli_model *m);

/* Whether path is a model, by its ending; else, and if layers are missing or too many, says so: CLI_GO_ON or CLI_MISUSED. */
int cli_model_check(const char *command, const char *path, const char *layers);

/* Accuracy and loss of the test data as the tutorial prints them. */
void cli_print_scores(const sp_scores *scores);

#endif
