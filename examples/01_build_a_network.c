/* 01: build a network and look at it.
 *
 * A network is a cell: it owns other cells, and its construct function says how they are called. */
#include <stdio.h>
#include <spore.h>

typedef struct network {
    sp_cell *flatten, *layers;
} network;

/* images (N, 1, 28, 28) -> logits (N, 10) */
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
    printf("%s\n", sp_cell_str(net));

    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(1, 28, 28));
    sp_tensor *logits = sp_call(net, x);
    printf("%s\n", sp_repr(logits));

    sp_tensor *probabilities = sp_softmax(logits, 1);
    sp_tensor *prediction = sp_argmax(probabilities, 1);
    printf("Predicted class: %s\n", sp_str(prediction));

    sp_cell_free(net);
    if (sp_error() != SP_OK)
        fprintf(stderr, "%s\n", sp_error_text());
    sp_shutdown();
    return sp_error() != SP_OK;
}
