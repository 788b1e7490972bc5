/* 06: train a network and test it.
 *
 * usage: 06_train_and_test [--data DIR|digits] [--epochs N] [--samples N]
 *   DIR: a folder that holds MNIST's train/ and test/; digits: generated digits. Without it MNIST is looked for in the
 *   cache, else downloaded. N samples: that many of the training set, as many of the test set at most. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spore.h>

typedef struct network {
    sp_cell *flatten, *layers;
} network;

static sp_list construct(sp_cell *self, sp_list in)
{
    network *n = sp_cell_state(self);
    return sp_list_of(sp_call(n->layers, sp_call(n->flatten, in.at[0])));
}

static sp_cell *network_new(void)
{
    network n = {sp_nn_flatten(), sp_nn_sequential(sp_nn_dense(28 * 28, 512), sp_nn_relu(), sp_nn_dense(512, 512),
                                                   sp_nn_relu(), sp_nn_dense(512, 10))};
    return sp_cell_new(
        &(sp_cell_desc){"Network", construct, &n, sizeof n,
                        .children = (sp_child[]){{"flatten", n.flatten}, {"dense_relu_sequential", n.layers}, {0}}});
}

/* dir: MNIST's folder, NULL for generated digits. */
static sp_iter *pipeline(const char *dir, sp_usage usage, int64_t samples)
{
    sp_dataset *ds;
    if (dir) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", dir, usage == SP_USAGE_TRAIN ? "train" : "test");
        ds = sp_data_mnist(path, .num_samples = samples);
    } else {
        ds = sp_data_digits(.usage = usage, .count = samples);
    }
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_normalize(.1307f, .3081f), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, 64));
}

/* images, labels -> loss, logits */
static sp_list forward(void *net, sp_list in)
{
    sp_tensor *logits = sp_call(net, in.at[0]);
    return sp_list_of(sp_cross_entropy(logits, in.at[1]), logits);
}

static void train(sp_cell *net, sp_optim *optimizer, sp_iter *data)
{
    const sp_grad_fn step = {forward, net, .weights = sp_optim_params(optimizer), .has_aux = true};
    sp_cell_train(net, true);
    sp_list batch;
    for (int i = 0; sp_iter_next(data, &batch); i++) {
        sp_scope scope = sp_scope_begin();
        sp_grads g = sp_value_and_grad(&step, batch);
        sp_optim_step(optimizer, g.d_weights);
        if (i % 100 == 0)
            printf("loss: %7f  [%3d/%3" PRId64 "]\n", sp_item(g.out.at[0]), i, sp_iter_len(data));
        sp_scope_end(scope);
    }
}

static void test(sp_cell *net, sp_iter *data)
{
    double loss = 0, correct = 0, total = 0;
    sp_cell_train(net, false);
    for (sp_list batch; sp_iter_next(data, &batch);) {
        sp_scope scope = sp_scope_begin();
        sp_tensor *logits = sp_call(net, batch.at[0]);
        loss += sp_item(sp_cross_entropy(logits, batch.at[1]));
        correct += sp_item(sp_sum(sp_equal(sp_argmax(logits, 1), batch.at[1])));
        total += (double)sp_shape_of(logits).dim[0];
        sp_scope_end(scope);
    }
    printf("Test: \n Accuracy: %.1f%%, Avg loss: %8f \n\n", 100 * correct / total, loss / (double)sp_iter_len(data));
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return otherwise;
}

int main(int argc, char **argv)
{
    const char *data = option(argc, argv, "--data", NULL);
    const int epochs = atoi(option(argc, argv, "--epochs", "3"));
    const int64_t samples = atoi(option(argc, argv, "--samples", "0"));
    const char *dir = data && strcmp(data, "digits") == 0 ? NULL : sp_find_mnist(data, data != NULL, NULL, NULL);

    sp_set_seed(1);
    sp_iter *train_set = pipeline(dir, SP_USAGE_TRAIN, samples);
    sp_iter *test_set = pipeline(dir, SP_USAGE_TEST, samples < 10000 ? samples : 0);
    sp_cell *net = network_new();
    sp_optim *optimizer = sp_optim_sgd(sp_cell_params(net), .lr = 1e-2);

    for (int epoch = 1; epoch <= epochs && sp_error() == SP_OK; epoch++) {
        printf("Epoch %d\n-------------------------------\n", epoch);
        train(net, optimizer, train_set);
        test(net, test_set);
    }

    sp_optim_free(optimizer);
    sp_cell_free(net);
    sp_iter_free(train_set);
    sp_iter_free(test_set);
    if (sp_error() != SP_OK)
        fprintf(stderr, "%s\n", sp_error_text());
    else
        printf("Done!\n");
    sp_shutdown();
    return sp_error() != SP_OK;
}
