#include <stdio.h>
#include <spore.h>

static sp_list loss(void *net, sp_list in) /* x, y -> mean of (net(x) - y)^2 */
{
    return sp_list_of(sp_mse(sp_call(net, in.at[0]), in.at[1]));
}

int main(void)
{
    sp_tensor *x = sp_rand_uniform(-1, 1, SP_F32, SP_DIMS(256, 1)), *y = sp_mul(x, x);
    sp_cell *net = sp_nn_sequential(sp_nn_dense(1, 32), sp_nn_tanh(), sp_nn_dense(32, 1));
    sp_optim *adam = sp_optim_adam(sp_cell_params(net), .lr = 0.02);
    sp_grad_fn step = {loss, net, .weights = sp_cell_params(net)};
    for (int i = 0; i < 1000; i++) {
        sp_scope scope = sp_scope_begin(); /* what is made from here on */
        sp_optim_step(adam, sp_grad(&step, sp_list_of(x, y)));
        sp_scope_end(scope); /* is let go here */
    }
    printf("0.5 squared is about %.2f\n", sp_item(sp_call(net, sp_full(0.5, SP_F32, SP_DIMS(1, 1)))));
    sp_optim_free(adam);
    sp_cell_free(net);
    fputs(sp_error_text(), stderr); /* empty, or what went wrong first */
    return sp_error() != SP_OK;
}
