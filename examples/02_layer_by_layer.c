/* 02: what each layer does to a batch of three images. */
#include <stdio.h>
#include <spore.h>

int main(void)
{
    sp_set_seed(1);
    sp_tensor *images = sp_ones(SP_F32, SP_DIMS(3, 28, 28));
    printf("%s\n", sp_shape_str(sp_shape_of(images)));

    /* Flatten keeps the batch axis and joins the others. */
    sp_cell *flatten = sp_nn_flatten();
    sp_tensor *flat = sp_call(flatten, images);
    printf("%s\n", sp_shape_str(sp_shape_of(flat)));

    /* Dense: a matrix of weights and a bias. */
    sp_cell *layer1 = sp_nn_dense(28 * 28, 20);
    sp_tensor *hidden = sp_call(layer1, flat);
    printf("%s\n", sp_shape_str(sp_shape_of(hidden)));

    /* ReLU: negative numbers become 0. */
    sp_cell *relu = sp_nn_relu();
    printf("Before ReLU: %s\n\n\n", sp_str(hidden));
    printf("After ReLU: %s\n", sp_str(sp_call(relu, hidden)));

    /* SequentialCell: one after the other. It owns its cells, and calling it gives what calling them gave. */
    sp_cell *layers = sp_nn_sequential(flatten, layer1, relu, sp_nn_dense(20, 10));
    sp_tensor *logits = sp_call(layers, images);
    printf("%s\n", sp_shape_str(sp_shape_of(logits)));

    /* Softmax: numbers in [0, 1] along axis 1 whose sum is 1. */
    sp_cell *softmax = sp_nn_softmax(1);
    sp_tensor *probabilities = sp_call(softmax, logits);
    printf("%s\n", sp_str(probabilities));
    printf("the first row's sum: %.6f\n", sp_at(sp_sum_axes(probabilities, 1, (int[]){1}, false), 0));

    sp_cell_free(softmax);
    sp_cell_free(layers);
    if (sp_error() != SP_OK)
        fprintf(stderr, "%s\n", sp_error_text());
    sp_shutdown();
    return sp_error() != SP_OK;
}
