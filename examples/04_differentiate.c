/* 04: derivatives of functions.
 *
 * A function takes a list of tensors and gives one; sp_value_and_grad() calls it and differentiates what it returned. The
 * example is one layer, z = x w + b, and its binary cross entropy. */
#include <stdio.h>
#include <spore.h>

/* x (5), y (3), w (5, 3), b (3) -> loss */
static sp_list function(void *self, sp_list in)
{
    (void)self;
    sp_tensor *z = sp_add(sp_matmul(in.at[0], in.at[2]), in.at[3]);
    return sp_list_of(sp_bce_with_logits(z, in.at[1], SP_NONE, SP_NONE));
}

/* The same with a second output: loss, z */
static sp_list function_with_logits(void *self, sp_list in)
{
    (void)self;
    sp_tensor *z = sp_add(sp_matmul(in.at[0], in.at[2]), in.at[3]);
    return sp_list_of(sp_bce_with_logits(z, in.at[1], SP_NONE, SP_NONE), z);
}

/* The same, but z does not count */
static sp_list function_stop_gradient(void *self, sp_list in)
{
    (void)self;
    sp_tensor *z = sp_add(sp_matmul(in.at[0], in.at[2]), in.at[3]);
    return sp_list_of(sp_bce_with_logits(z, in.at[1], SP_NONE, SP_NONE), sp_stop_gradient(z));
}

static sp_list cube(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_pow_number(in.at[0], 3));
}

/* The same layer as a cell with two parameters of its own. */
static sp_list construct(sp_cell *self, sp_list in)
{
    return sp_list_of(sp_add(sp_matmul(in.at[0], sp_cell_param(self, "w")), sp_cell_param(self, "b")));
}

static sp_cell *network_new(sp_tensor *w, sp_tensor *b)
{
    return sp_cell_new(&(sp_cell_desc){
        "Network", construct, .params = (sp_param[]){{.name = "w", .value = w}, {.name = "b", .value = b}, {0}}});
}

/* x, y -> loss */
static sp_list forward(void *net, sp_list in)
{
    return sp_list_of(sp_bce_with_logits(sp_call(net, in.at[0]), in.at[1], SP_NONE, SP_NONE));
}

int main(void)
{
    const float weights[5][3] = {
        {-0.5f, -2, 1}, {0.25f, -1, 0.5f}, {-0.75f, 0.25f, -1}, {0.5f, -2.5f, 2}, {-0.25f, 1, -0.5f}};
    sp_tensor *x = sp_ones(SP_F32, SP_DIMS(5));
    sp_tensor *y = sp_zeros(SP_F32, SP_DIMS(3));
    sp_tensor *w = sp_from(weights, SP_F32, SP_DIMS(5, 3));
    sp_tensor *b = sp_vector(-0.202759862f, -1.12014914f, 0.75376081f);
    sp_list in = sp_list_of(x, y, w, b);

    printf("the function\n");
    printf("%s\n", sp_str(function(NULL, in).at[0]));

    printf("\nits gradient with respect to w and b\n");
    sp_grad_fn df = {function, .wrt = SP_ARG(2) | SP_ARG(3)};
    printf("%s\n", sp_tuple_str(sp_grad(&df, in)));

    printf("\nwith z as a second output: the sum of both is differentiated\n");
    sp_grad_fn df_logits = {function_with_logits, .wrt = SP_ARG(2) | SP_ARG(3)};
    printf("%s\n", sp_tuple_str(sp_grad(&df_logits, in)));

    printf("\nwith stop_gradient around z\n");
    sp_grad_fn df_stop = {function_stop_gradient, .wrt = SP_ARG(2) | SP_ARG(3)};
    printf("%s\n", sp_tuple_str(sp_grad(&df_stop, in)));

    printf("\nwith has_aux: z is carried along\n");
    sp_grad_fn df_aux = {function_with_logits, .wrt = SP_ARG(2) | SP_ARG(3), .has_aux = true};
    sp_grads g = sp_value_and_grad(&df_aux, in);
    printf("%s\nloss %s\nz %s\n", sp_tuple_str(g.d_in), sp_str(g.out.at[0]), sp_str(g.out.at[1]));

    printf("\nthe gradient with respect to a network's weights\n");
    sp_cell *net = network_new(w, b);
    sp_grad_fn df_net = {forward, net, .weights = sp_cell_params(net)};
    g = sp_value_and_grad(&df_net, sp_list_of(x, y));
    printf("%s\nloss %s\n", sp_tuple_str(g.d_weights), sp_str(g.out.at[0]));

    printf("\nx^3 at 2, its first and its second derivative\n");
    sp_list two = sp_list_of(sp_scalar(2, SP_F32));
    sp_grad_fn first = {cube, .wrt = SP_ARG(0)};
    sp_grad_fn second = {sp_grad, &first, .wrt = SP_ARG(0)};
    printf("%s %s %s\n", sp_str(cube(NULL, two).at[0]), sp_str(sp_grad(&first, two).at[0]),
           sp_str(sp_grad(&second, two).at[0]));

    sp_cell_free(net);
    if (sp_error() != SP_OK)
        fprintf(stderr, "%s\n", sp_error_text());
    sp_shutdown();
    return sp_error() != SP_OK;
}
