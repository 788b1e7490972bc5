/* same_bits WORKERS THREADS: trains a small convolutional network on generated digits and writes its parameters to standard
 * output, for tests/scripts/bits_test.sh to compare. WORKERS 0: the pipeline has no thread of its own. */
#include <stdio.h>
#include <stdlib.h>

#include "spore.h"

static sp_list loss(void *net, sp_list in) { return sp_list_of(sp_cross_entropy(sp_call(net, in.at[0]), in.at[1])); }

static sp_iter *digits(int workers)
{
    sp_dataset *ds = sp_data_digits(.count = 1000, .seed = 3);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.0f, 0), sp_normalize(0.1307f, 0.3081f), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, 32), .workers = workers == 0 ? -1 : workers);
}

static void train(sp_cell *net, sp_iter *data)
{
    sp_optim *adam = sp_optim_adam(sp_cell_params(net), .lr = 0.001);
    sp_grad_fn step = {loss, net, .weights = sp_cell_params(net)};
    for (int epoch = 0; epoch < 2; epoch++)
        for (sp_list batch; sp_iter_next(data, &batch);) {
            sp_scope scope = sp_scope_begin();
            sp_optim_step(adam, sp_grad(&step, batch));
            sp_scope_end(scope);
        }
    sp_optim_free(adam);
}

int main(int count, char **words)
{
    if (count != 3)
        return 2;
    sp_set_seed(7);
    sp_set_threads(atoi(words[2]));
    sp_cell *net = sp_nn_sequential(sp_nn_conv2d(1, 4, 3), sp_nn_relu(), sp_nn_flatten(), sp_nn_dropout(0.2),
                                    sp_nn_dense(4 * 28 * 28, 32), sp_nn_relu(), sp_nn_dense(32, 10));
    sp_iter *data = digits(atoi(words[1]));
    train(net, data);
    sp_list params = sp_cell_params(net);
    for (int64_t i = 0; i < params.n; i++)
        fwrite(sp_data(params.at[i]), sizeof(float), (size_t)sp_size_of(params.at[i]), stdout);
    sp_iter_free(data);
    sp_cell_free(net);
    fputs(sp_error_text(), stderr);
    return sp_error() != SP_OK;
}
