/* 09: graph mode: a training step compiled, looked at and run. */
#include <inttypes.h>
#include <stdio.h>
#include <spore.h>

typedef struct trainer {
    sp_grad_fn loss;
    sp_optim *optimizer;
} trainer;

/* images, labels -> loss */
static sp_list loss_of(void *net, sp_list in) { return sp_list_of(sp_cross_entropy(sp_call(net, in.at[0]), in.at[1])); }

/* images, labels -> loss, and the parameters changed: a whole training step is a function like any other */
static sp_list step(void *self, sp_list batch)
{
    trainer *t = self;
    sp_grads g = sp_value_and_grad(&t->loss, batch);
    sp_optim_step(t->optimizer, g.d_weights);
    return g.out;
}

static sp_iter *digits(void)
{
    sp_dataset *ds = sp_data_digits(.usage = SP_USAGE_TRAIN, .count = 2000);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, 64));
}

/* The mean loss of an epoch; each of its steps calls fn. */
static double epoch(sp_fn fn, void *self, sp_iter *data)
{
    double sum = 0;
    for (sp_list batch; sp_iter_next(data, &batch);) {
        sp_scope scope = sp_scope_begin();
        sum += sp_item(fn(self, batch).at[0]);
        sp_scope_end(scope);
    }
    return sum / (double)sp_iter_len(data);
}

int main(void)
{
    sp_set_seed(1);
    sp_iter *data = digits();
    sp_cell *net = sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(784, 64), sp_nn_relu(), sp_nn_dense(64, 10));
    trainer t = {{loss_of, net, .weights = sp_cell_params(net)}, sp_optim_sgd(sp_cell_params(net), .lr = 0.1)};
    sp_cell_train(net, true);

    sp_compiled *fast = sp_compile(step, &t);
    printf("epoch 1, compiled: mean loss %.4f\n", epoch(sp_compiled_run, fast, data));
    printf("epoch 2, called:   mean loss %.4f\n", epoch(step, &t, data)); /* both change the same parameters */
    printf("epoch 3, compiled: mean loss %.4f\n", epoch(sp_compiled_run, fast, data));

    sp_compiled_stats stats = sp_compiled_stats_get(fast);
    printf("%" PRId64 " traces, %" PRId64 " nodes, %" PRId64 " after the passes\n\n", stats.traces, stats.traced_nodes,
           stats.nodes);
    puts(sp_graph_str(sp_compiled_graph(fast, true)));

    sp_compiled_free(fast);
    sp_optim_free(t.optimizer);
    sp_cell_free(net);
    sp_iter_free(data);
    fputs(sp_error_text(), stderr);
    int failed = sp_error() != SP_OK;
    sp_shutdown();
    return failed;
}
