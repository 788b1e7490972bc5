/* 03: the parameters of a network: names, shapes, values, how many there are, which of them are trained. */
#include <inttypes.h>
#include <stdio.h>
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

int main(void)
{
    sp_set_seed(1);
    sp_cell *net = network_new();
    printf("Model structure: %s\n\n\n", sp_cell_str(net));

    sp_list params = sp_cell_params(net);
    for (int i = 0; i < params.n; i++) {
        sp_tensor *p = params.at[i];
        printf("Layer: %s\nSize: %s\nValues : %s \n\n", sp_param_name(p), sp_shape_str(sp_shape_of(p)),
               sp_str(sp_index(p, sp_span(0, 2))));
    }
    printf("%" PRId64 " parameters\n", sp_cell_param_count(net));

    /* One by its name. */
    sp_tensor *bias = sp_cell_param(net, "dense_relu_sequential.4.bias");
    printf("%s\n", sp_repr(bias));

    /* A frozen parameter is in no list for optimizers, so only the others are trained. */
    for (int i = 0; i < 4; i++)
        sp_param_set_trainable(params.at[i], false);
    params = sp_cell_params(net);
    printf("%s\n", sp_list_str(params));
    printf("%" PRId64 " parameters to train, %d in all\n", sp_cell_param_count(net), sp_cell_all_params(net).n);

    sp_cell_free(net);
    if (sp_error() != SP_OK)
        fprintf(stderr, "%s\n", sp_error_text());
    sp_shutdown();
    return sp_error() != SP_OK;
}
