/* 08: a layer of one's own, in a convolutional network that sp_fit() trains. */
#include <inttypes.h>
#include <stdio.h>
#include <spore.h>

/* y = x + scale * leaky_relu(norm(conv(x))), x and y (N, channels, H, W).
 * Its children and the slope are its state; scale (channels, 1, 1) is a parameter of its own. */
typedef struct residual {
    sp_cell *conv, *norm;
    double slope;
} residual;

static sp_list residual_construct(sp_cell *self, sp_list in)
{
    residual *r = sp_cell_state(self);
    sp_tensor *x = in.at[0];
    sp_tensor *y = sp_leaky_relu(sp_call(r->norm, sp_call(r->conv, x)), r->slope);
    return sp_list_of(sp_add(x, sp_mul(sp_cell_param(self, "scale"), y)));
}

/* What is printed of it: text of the scope. */
static const char *residual_info(const sp_cell *self)
{
    const residual *r = sp_cell_state(self);
    return sp_format("slope=%g", r->slope);
}

static sp_cell *residual_new(int64_t channels)
{
    residual r = {sp_nn_conv2d(channels, channels, 3), sp_nn_batch_norm2d(channels), .slope = 0.1};
    sp_tensor *scale = sp_init_tensor(sp_init_constant(0.5), SP_F32, SP_DIMS(channels, 1, 1));
    return sp_cell_new(&(sp_cell_desc){
        "Residual", residual_construct, &r, sizeof r, .children = (sp_child[]){{"conv", r.conv}, {"norm", r.norm}, {0}},
        .params = (sp_param[]){{.name = "scale", .value = scale}, {0}}, .info = residual_info});
}

/* images (N, 1, 28, 28) -> logits (N, 10) */
static sp_cell *network_new(void)
{
    return sp_nn_sequential(sp_nn_conv2d(1, 8, 3, .stride = 2), sp_nn_batch_norm2d(8), sp_nn_relu(),
                            sp_nn_max_pool2d(2, 2), residual_new(8), sp_nn_flatten(), sp_nn_dropout(0.2),
                            sp_nn_dense(8 * 7 * 7, 10));
}

static sp_iter *pipeline(sp_usage usage, int64_t count)
{
    sp_dataset *ds = sp_data_digits(.usage = usage, .count = count);
    ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_normalize(.1307f, .3081f), sp_hwc2chw());
    ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
    return sp_iter_new(sp_data_batch(ds, 50));
}

/* A callback of one's own: says how an epoch went, and stops when it went well enough. */
static bool report(void *user, sp_event event, const sp_train_state *s)
{
    if (event != SP_EPOCH_END)
        return true;
    const double *enough = user;
    printf("epoch %d of %d: mean loss %.4f\n", s->epoch, s->epochs, s->epoch_loss);
    return s->epoch_loss > *enough;
}

int main(void)
{
    sp_set_seed(1);
    sp_cell *net = network_new();
    printf("%s\n%" PRId64 " parameters\n", sp_cell_str(net), sp_cell_param_count(net));

    sp_iter *train_set = pipeline(SP_USAGE_TRAIN, 2000), *test_set = pipeline(SP_USAGE_TEST, 500);
    sp_optim *optimizer = sp_optim_adam(sp_cell_params(net), .lr = 2e-3);

    double enough = 0.01;
    sp_callback callbacks[] = {sp_loss_monitor(20, NULL), {.on = report, .user = &enough}};
    sp_fit(net, optimizer, train_set, 2, .callbacks = callbacks, .n_callbacks = 2);

    sp_scores scores = {0};
    if (sp_evaluate(net, test_set, NULL, NULL, &scores) == SP_OK)
        printf("%" PRId64 " images: loss %.4f, accuracy %.1f%%\n", scores.rows, scores.loss, 100 * scores.accuracy);

    sp_optim_free(optimizer);
    sp_cell_free(net);
    sp_iter_free(train_set);
    sp_iter_free(test_set);
    if (sp_error() != SP_OK)
        fprintf(stderr, "%s\n", sp_error_text());
    sp_shutdown();
    return sp_error() != SP_OK;
}
