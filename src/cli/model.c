/* cli/model.c: losses, and trained models as cells. */
#include "cli/model.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"

/* ---- losses ---- */

/* labels (N) as (N, C), for logits (N, C) */
static sp_tensor *one_hot(sp_list in)
{
    sp_shape shape = sp_shape_of(in.at[0]);
    if (shape.rank != 2) {
        sp_set_error(SP_ERR_SHAPE, "loss: found an output of shape %s, expected (N, classes)", sp_shape_str(shape));
        return NULL;
    }
    return sp_one_hot(in.at[1], shape.dim[1], SP_F32);
}

static sp_list mse(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_mse(in.at[0], one_hot(in)));
}

static sp_list bce(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_bce_with_logits(in.at[0], one_hot(in), SP_NONE, SP_NONE));
}

cli_loss cli_loss_named(const char *name)
{
    return (cli_loss){strcmp(name, "mse") == 0 ? mse : strcmp(name, "bce") == 0 ? bce : NULL};
}

/* ---- models ---- */

int cli_model_check(const char *command, const char *path, const char *layers)
{
    bool params = cli_is_tensors(path);
    if (!params && !cli_is_graph(path))
        return cli_misused(command, "found '%s', expected a file that ends with .mindir, .onnx, " CLI_TENSORS, path);
    if (params && !layers)
        return cli_misused(command, "%s: such a file holds parameters alone: say the layers with --layers", path);
    if (!params && layers)
        return cli_misused(command, "--layers: %s is a graph, which has its layers in it", path);
    if (layers && !cli_layers_check(layers))
        return cli_misused(command, "--layers: %s", sp_error_text());
    return CLI_GO_ON;
}

static bool open_graph(cli_model *m)
{
    sp_graph *g = sp_graph_load(m->path);
    if (!g)
        return false;
    m->inputs = sp_graph_inputs(g);
    m->outputs = sp_graph_outputs(g);
    for (int i = 0; i < m->inputs && i < CLI_MAX_INPUTS; i++) {
        m->shapes[i] = sp_graph_input_shape(g, i);
        m->dtypes[i] = sp_graph_input_dtype(g, i);
    }
    if (m->inputs > CLI_MAX_INPUTS) {
        sp_set_error(SP_ERR_UNSUPPORTED, "%s: found %d inputs, expected at most %d", m->path, m->inputs,
                     CLI_MAX_INPUTS);
        sp_graph_free(g);
        return false;
    }
    m->cell = sp_nn_graph(g);
    return m->cell != NULL;
}

bool cli_model_open(cli_model *m, const char *path, const char *layers)
{
    *m = (cli_model){.path = path, .layers = layers, .inputs = 1, .outputs = 1};
    if (!layers)
        return open_graph(m);
    if (access(path, R_OK) == 0)
        return true;
    sp_set_error(SP_ERR_IO, "%s: %s", path, strerror(errno));
    return false;
}

static bool build_layers(cli_model *m, sp_shape input)
{
    static cli_layers layers; /* large for a stack */
    input.dim[0] = 1;
    if (!cli_layers_read(m->layers, input, &layers))
        return false;
    m->cell = cli_layers_build(&layers);
    return m->cell && sp_load_checkpoint(m->cell, m->path, NULL) == SP_OK;
}

bool cli_model_fit(cli_model *m, sp_shape input)
{
    if (input.rank < 0)
        return false;
    if (m->inputs != 1) {
        sp_set_error(SP_ERR_SHAPE, "%s: found %d inputs, expected 1", m->path, m->inputs);
        return false;
    }
    return m->cell || build_layers(m, input);
}

void cli_model_close(cli_model *m) { sp_cell_free(m->cell); }

void cli_print_scores(const sp_scores *scores)
{
    if (isnan(scores->accuracy))
        printf("Test: \n Avg loss: %8f \n", scores->loss);
    else
        printf("Test: \n Accuracy: %.1f%%, Avg loss: %8f \n", 100 * scores->accuracy, scores->loss);
}
