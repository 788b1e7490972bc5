/* 10: stop a training, and go on with it in another process, as if it had never been stopped.
 *
 * usage: 10_stop_and_resume */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <spore.h>

enum { EPOCHS = 3 };

typedef struct trainer {
    sp_cell *net;
    sp_optim *optimizer;
    sp_iter *data;
} trainer;

/* Everything is made anew, as in a new process; seed is what it would start from. */
static trainer trainer_new(uint64_t seed)
{
    sp_set_seed(seed);
    sp_dataset *ds = sp_data_digits(.count = 640, .usage = SP_USAGE_TRAIN);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    trainer t = {.data = sp_iter_new(sp_data_batch(ds, 64))};
    t.net = sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(28 * 28, 32), sp_nn_relu(), sp_nn_dropout(0.2),
                             sp_nn_dense(32, 10));
    t.optimizer = sp_optim_adam(sp_cell_params(t.net));
    return t;
}

static void trainer_free(trainer *t)
{
    sp_iter_free(t->data);
    sp_optim_free(t->optimizer);
    sp_cell_free(t->net);
}

/* Stops training in the middle of the second epoch: a signal would do the same. */
static bool stop(void *user, sp_event event, const sp_train_state *s)
{
    (void)user;
    if (event != SP_STEP_END || s->total_steps != 15)
        return true;
    printf("stopped in epoch %d after step %" PRId64 "\n", s->epoch, s->step);
    return false;
}

/* Sum of all parameters, with all digits: is the result the same? */
static double sum(sp_cell *net)
{
    double total = 0;
    sp_list params = sp_cell_all_params(net);
    for (int i = 0; i < params.n; i++)
        total += sp_item(sp_sum(sp_cast(params.at[i], SP_F64)));
    return total;
}

int main(void)
{
    trainer whole = trainer_new(1);
    sp_fit(whole.net, whole.optimizer, whole.data, EPOCHS);

    trainer first = trainer_new(1);
    sp_callback callbacks[] = {{.on = stop}, sp_state_callback("state.ckpt", 10)};
    sp_fit(first.net, first.optimizer, first.data, EPOCHS, .n_callbacks = 2, .callbacks = callbacks);

    trainer second = trainer_new(99);
    sp_fit(second.net, second.optimizer, second.data, EPOCHS, .resume = "state.ckpt");
    bool same = sum(whole.net) == sum(second.net);
    printf("the result is %s\n", same ? "the same, in every bit" : "another");

    /* In a loop of one's own: the same two functions around it. */
    trainer own = trainer_new(99);
    sp_train_state state = {own.net, own.optimizer, .data = own.data};
    if (sp_train_resume("state.ckpt", &state) == SP_OK)
        printf("to go on with: epoch %d after step %" PRId64 ", %" PRId64 " steps in all\n", state.epoch, state.step,
               state.total_steps);
    sp_train_save("again.ckpt", &state);

    trainer_free(&whole);
    trainer_free(&first);
    trainer_free(&second);
    trainer_free(&own);
    fputs(sp_error_text(), stderr);
    return sp_error() != SP_OK || !same;
}
