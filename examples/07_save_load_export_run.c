/* 07: save what was learned, load it into another network, export the network, run it without its code.
 *
 * Writes model.ckpt and model.mindir, in MindSpore's own formats, into the current folder. */
#include <stdio.h>
#include <spore.h>

/* No class of our own this time: the layers alone are a network. */
static sp_cell *network_new(void)
{
    return sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(28 * 28, 128), sp_nn_relu(), sp_nn_dense(128, 10));
}

static sp_iter *pipeline(sp_usage usage, int64_t count)
{
    sp_dataset *ds = sp_data_digits(.usage = usage, .count = count);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_normalize(.1307f, .3081f), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, 10));
}

/* images, labels -> loss */
static sp_list forward(void *net, sp_list in) { return sp_list_of(sp_cross_entropy(sp_call(net, in.at[0]), in.at[1])); }

static void train(sp_cell *net)
{
    sp_iter *data = pipeline(SP_USAGE_TRAIN, 2000);
    sp_optim *optimizer = sp_optim_adam(sp_cell_params(net), .lr = 1e-3);
    sp_grad_fn step = {forward, net, .weights = sp_cell_params(net)};
    sp_cell_train(net, true);
    for (sp_list batch; sp_iter_next(data, &batch);) {
        sp_scope scope = sp_scope_begin();
        sp_optim_step(optimizer, sp_grad(&step, batch));
        sp_scope_end(scope);
    }
    sp_cell_train(net, false);
    sp_optim_free(optimizer);
    sp_iter_free(data);
}

static sp_tensor *predict(sp_cell *net, sp_tensor *images) { return sp_argmax(sp_call(net, images), 1); }

int main(void)
{
    sp_set_seed(1);
    sp_cell *net = network_new();
    train(net);

    if (sp_save_checkpoint(net, "model.ckpt") == SP_OK)
        printf("Saved Model to model.ckpt\n");

    /* A new network starts with random parameters, and has the saved ones after this. */
    sp_cell *copy = network_new();
    int not_loaded = -1;
    sp_load_checkpoint(copy, "model.ckpt", &not_loaded);
    printf("%d parameters not loaded\n", not_loaded);

    /* The graph of its computation, with the parameters in it. Shapes are those of the example input. */
    if (sp_export(copy, sp_list_of(sp_ones(SP_F32, SP_DIMS(10, 1, 28, 28))), "model.mindir") == SP_OK)
        printf("Exported model.mindir\n");

    /* The file is all that is needed to run it: as a cell like any other. */
    sp_graph *graph = sp_graph_load("model.mindir");
    printf("%s", sp_graph_str(graph));
    sp_cell *loaded = sp_nn_graph(graph);

    sp_iter *test = pipeline(SP_USAGE_TEST, 10);
    sp_list batch;
    if (sp_iter_next(test, &batch)) {
        printf("trained:   %s\n", sp_str(predict(net, batch.at[0])));
        printf("loaded:    %s\n", sp_str(predict(copy, batch.at[0])));
        printf("exported:  %s\n", sp_str(predict(loaded, batch.at[0])));
        printf("actual:    %s\n", sp_str(batch.at[1]));
        sp_tensor *difference = sp_sub(sp_call(loaded, batch.at[0]), sp_call(net, batch.at[0]));
        printf("largest difference of a logit: %.6f\n", sp_item(sp_max(sp_abs(difference))));
    }

    sp_iter_free(test);
    sp_cell_free(loaded);
    sp_cell_free(copy);
    sp_cell_free(net);
    if (sp_error() != SP_OK)
        fprintf(stderr, "%s\n", sp_error_text());
    sp_shutdown();
    return sp_error() != SP_OK;
}
