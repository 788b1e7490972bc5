/* Training from beginning to end: it learns, callbacks hear of everything, every way out is clean. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "spore.h"

/* ---- data: points in four quadrants, their class says whether the signs agree ---- */

#define ROWS 256

static sp_iter *quadrants(int64_t batch)
{
    float x[ROWS][2];
    int32_t label[ROWS];
    sp_set_seed(11);
    sp_tensor *u = sp_rand_uniform(0.2, 1, SP_F32, SP_DIMS(ROWS, 2));
    for (int i = 0; i < ROWS; i++) {
        x[i][0] = (float)sp_at(u, 2 * i) * (i & 1 ? 1 : -1);
        x[i][1] = (float)sp_at(u, 2 * i + 1) * (i & 2 ? 1 : -1);
        label[i] = (i & 1) == ((i & 2) >> 1);
    }
    sp_list arrays = sp_list_of(sp_from(x, SP_F32, SP_DIMS(ROWS, 2)), sp_from(label, SP_I32, SP_DIMS(ROWS)));
    return sp_iter_new(sp_data_batch(sp_data_arrays(arrays), batch));
}

typedef struct world {
    sp_cell *net;
    sp_optim *optimizer;
    sp_iter *data;
} world;

static world world_new(void)
{
    world w;
    w.data = quadrants(32);
    w.net = sp_nn_sequential(sp_nn_dense(2, 16, .activation = sp_nn_tanh()), sp_nn_dense(16, 2));
    w.optimizer = sp_optim_adam(sp_cell_params(w.net), 0.03);
    assert_int_equal(sp_error(), SP_OK);
    return w;
}

static void world_free(world *w)
{
    sp_iter_free(w->data);
    sp_optim_free(w->optimizer);
    sp_cell_free(w->net);
}

/* ---- a callback that writes down what it hears, and may act ---- */

typedef struct witness {
    char heard[256];
    int64_t act_at; /* total steps; 0: never */
    bool (*act)(const sp_train_state *s);
    sp_train_state last;
    bool was_training;
    int freed;
} witness;

static bool witness_on(void *user, sp_event event, const sp_train_state *s)
{
    witness *w = user;
    size_t n = strlen(w->heard);
    if (n + 2 < sizeof w->heard)
        w->heard[n] = "BbseE"[event];
    w->last = *s;
    w->was_training = sp_cell_training(sp_cell_at(s->net, 0));
    return event != SP_STEP_END || !w->act || s->total_steps != w->act_at || w->act(s);
}

static void witness_free(void *user) { ((witness *)user)->freed++; }

static sp_callback calls(witness *w) { return (sp_callback){witness_on, witness_free, w}; }

static bool stop(const sp_train_state *s)
{
    (void)s;
    return false;
}

static bool ask(const sp_train_state *s)
{
    (void)s;
    sp_request_stop();
    return true;
}

static bool go_wrong(const sp_train_state *s)
{
    (void)s;
    sp_set_error(SP_ERR_STATE, "the callback's own failure");
    return false;
}

/* ---- learning ---- */

TEST(a_net_learns_and_is_scored)
{
    world w = world_new();
    sp_scores before, after;
    assert_int_equal(sp_evaluate(w.net, w.data, NULL, NULL, &before), SP_OK);
    assert_true(before.accuracy < 0.9 && before.rows == ROWS);
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .epochs = 30), SP_OK);
    assert_int_equal(sp_evaluate(w.net, w.data, NULL, NULL, &after), SP_OK);
    assert_true(after.accuracy > 0.98 && after.loss < 0.3 * before.loss);
    assert_int_equal(sp_optim_steps(w.optimizer), 30 * ROWS / 32);
    world_free(&w);
}

/* x, labels -> loss */
static sp_list loss_of(void *net, sp_list in) { return sp_list_of(sp_cross_entropy(sp_call(net, in.at[0]), in.at[1])); }

TEST(fit_takes_the_steps_that_its_parts_take)
{
    world w = world_new(), by_hand = world_new();
    sp_list params = sp_cell_params(w.net), others = sp_cell_params(by_hand.net);
    for (int i = 0; i < params.n; i++)
        assert_int_equal(sp_assign(others.at[i], params.at[i]), SP_OK);
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .epochs = 2), SP_OK);
    for (int epoch = 0; epoch < 2; epoch++) {
        for (sp_list batch; sp_iter_next(by_hand.data, &batch);) {
            sp_grad_fn f = {.fn = loss_of, .self = by_hand.net, .weights = others};
            assert_int_equal(sp_optim_step(by_hand.optimizer, sp_grad(&f, batch)), SP_OK);
        }
    }
    for (int i = 0; i < params.n; i++)
        assert_memory_equal(sp_data(params.at[i]), sp_data(others.at[i]),
                            (size_t)sp_size_of(params.at[i]) * sizeof(float));
    world_free(&w);
    world_free(&by_hand);
}

/* Output and labels -> half the cross entropy; counts its calls. */
static sp_list half_loss(void *count, sp_list in)
{
    ++*(int *)count;
    assert_int_equal(in.n, 2);
    return sp_list_of(sp_mul_number(sp_cross_entropy(in.at[0], in.at[1]), 0.5));
}

TEST(a_loss_of_ones_own_is_used)
{
    world w = world_new();
    int count = 0;
    sp_scores whole, half;
    assert_int_equal(sp_evaluate(w.net, w.data, NULL, NULL, &whole), SP_OK);
    assert_int_equal(sp_evaluate(w.net, w.data, half_loss, &count, &half), SP_OK);
    assert_true(fabs(half.loss - whole.loss / 2) < 1e-6);
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .loss = half_loss, .loss_self = &count), SP_OK);
    assert_int_equal(count, 2 * ROWS / 32);
    world_free(&w);
}

TEST(a_steady_step_asks_the_system_for_no_memory)
{
    world w = world_new();
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .epochs = 3), SP_OK);
    sp_mem_stats before = sp_mem_stats_get();
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .epochs = 3), SP_OK);
    if (before.cached_bytes > 0) /* under a sanitizer nothing is kept */
        assert_int_equal(sp_mem_stats_get().system_calls, before.system_calls);
    world_free(&w);
}

/* ---- callbacks ---- */

TEST(callbacks_hear_of_everything_in_order)
{
    world w = world_new();
    sp_iter_free(w.data);
    w.data = quadrants(96); /* three steps: 96, 96, 64 */
    witness a = {0}, b = {0};
    sp_callback all[] = {calls(&a), {0}, calls(&b)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, 2, .n_callbacks = 3, .callbacks = all), SP_OK);
    assert_string_equal(a.heard, "BbsssebssseE");
    assert_string_equal(b.heard, a.heard);
    assert_int_equal(a.freed, 1);
    assert_int_equal(b.freed, 1);
    assert_true(a.last.epoch == 2 && a.last.epochs == 2 && a.last.step == 3 && a.last.steps == 3);
    assert_true(a.last.total_steps == 6 && a.last.net == w.net && a.last.optimizer == w.optimizer);
    assert_true(a.last.loss > 0 && a.last.epoch_loss > 0 && a.last.seconds >= 0);
    world_free(&w);
}

TEST(callbacks_without_their_number_are_refused)
{
    world w = world_new();
    witness a = {0};
    sp_callback all[] = {calls(&a)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .callbacks = all), SP_ERR_VALUE);
    assert_string_equal(sp_error_text(), "fit: there are callbacks and n_callbacks is 0, expected how many there are");
    assert_string_equal(a.heard, "");
    sp_error_clear();
    world_free(&w);
}

TEST(a_callback_stops_training_cleanly)
{
    world w = world_new();
    witness a = {.act_at = 3, .act = stop}, b = {0};
    sp_callback all[] = {calls(&a), calls(&b)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, 5, .n_callbacks = 2, .callbacks = all), SP_OK);
    assert_string_equal(a.heard, "BbsssE");
    assert_string_equal(b.heard, "BbsssE");
    assert_int_equal(sp_optim_steps(w.optimizer), 3);

    witness c = {0}; /* the data starts anew: an epoch has all its steps again */
    sp_callback again = calls(&c);
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = 1, .callbacks = &again), SP_OK);
    assert_string_equal(c.heard, "BbsssssssseE");
    world_free(&w);
}

TEST(a_callbacks_failure_is_fits_failure)
{
    world w = world_new();
    witness a = {.act_at = 2, .act = go_wrong};
    sp_callback all[] = {calls(&a)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, 5, .n_callbacks = 1, .callbacks = all), SP_ERR_STATE);
    assert_string_equal(sp_error_text(), "the callback's own failure");
    assert_string_equal(a.heard, "BbssE");
    assert_int_equal(a.freed, 1);
    world_free(&w);
}

TEST(modes_are_as_before_afterwards)
{
    world w = world_new();
    sp_cell_train(sp_cell_at(w.net, 1), true); /* one on, the others off */
    witness a = {0};
    sp_callback all[] = {calls(&a)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = 1, .callbacks = all), SP_OK);
    assert_true(a.was_training);
    assert_false(sp_cell_training(w.net) || sp_cell_training(sp_cell_at(w.net, 0)));
    assert_true(sp_cell_training(sp_cell_at(w.net, 1)));
    sp_scores scores;
    assert_int_equal(sp_evaluate(w.net, w.data, NULL, NULL, &scores), SP_OK);
    assert_true(sp_cell_training(sp_cell_at(w.net, 1)));
    world_free(&w);
}

/* ---- ready-made callbacks ---- */

TEST(the_loss_monitor_writes_as_mindspore_does)
{
    world w = world_new();
    char text[1024] = "", want[256];
    FILE *file = fmemopen(text, sizeof text - 1, "w");
    assert_non_null(file);
    witness a = {0};
    sp_callback all[] = {sp_loss_monitor(8, file), calls(&a)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, 2, .n_callbacks = 2, .callbacks = all), SP_OK);
    fclose(file);
    char *second = strchr(text, '\n');
    assert_non_null(second);
    assert_memory_equal(text, "epoch: 1 step: 8, loss is 0.", 28);
    char *end;
    snprintf(want, sizeof want, "epoch: 2 step: 8, loss is ");
    assert_memory_equal(second + 1, want, strlen(want));
    assert_true(strtod(second + 1 + strlen(want), &end) == a.last.loss); /* every digit */
    assert_string_equal(end, "\n");
    world_free(&w);
}

TEST(the_progress_bar_writes_a_line_an_epoch_into_a_file)
{
    world w = world_new();
    char text[1024] = "";
    FILE *file = fmemopen(text, sizeof text - 1, "w");
    assert_non_null(file);
    sp_callback bar = sp_progress_bar(file);
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, 2, .n_callbacks = 1, .callbacks = &bar), SP_OK);
    fclose(file);
    assert_memory_equal(text, "epoch 1/2: 8 steps, loss 0.", 27);
    char *second = strchr(text, '\n');
    assert_non_null(second);
    assert_memory_equal(second + 1, "epoch 2/2: 8 steps, loss 0.", 27);
    assert_string_equal(strchr(second + 1, '\n'), "\n");
    world_free(&w);
}

/* A pair of files, the second of which is a terminal. False where there are none. */
static bool open_terminal(int *screen, FILE **terminal)
{
    *screen = posix_openpt(O_RDWR | O_NOCTTY);
    if (*screen < 0 || grantpt(*screen) != 0 || unlockpt(*screen) != 0)
        return false;
    *terminal = fopen(ptsname(*screen), "w");
    return *terminal != NULL;
}

TEST(the_progress_bar_is_redrawn_on_a_terminal)
{
    int screen;
    FILE *terminal;
    if (!open_terminal(&screen, &terminal))
        skip();
    world w = world_new();
    sp_callback bar = sp_progress_bar(terminal);
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, 1, .n_callbacks = 1, .callbacks = &bar), SP_OK);
    char text[2048] = "";
    struct pollfd wait = {screen, POLLIN, 0}; /* what is written arrives in pieces */
    for (size_t at = 0; !strchr(text, '\n') && at + 1 < sizeof text && poll(&wait, 1, 5000) > 0;) {
        ssize_t n = read(screen, text + at, sizeof text - 1 - at);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    assert_memory_equal(text, "\repoch 1/1 [==>                 ] 1/8 loss 0.", 44); /* the first step */
    assert_non_null(strstr(text, "\repoch 1/1 [====================] 8/8 loss 0."));
    assert_non_null(strstr(text, " steps/s, 0:00 left\033[K\r\n")); /* and the line ended */
    fclose(terminal);
    close(screen);
    world_free(&w);
}

TEST(early_stopping_waits_for_its_patience)
{
    sp_callback c = sp_early_stopping(2, 0.1);
    const double losses[] = {1.0, 0.95, 0.85, 0.8, 0.84}; /* better by 0.1 in the third only */
    const bool go_on[] = {true, true, true, true, false};
    sp_train_state s = {0};
    assert_true(c.on(c.user, SP_TRAIN_BEGIN, &s));
    for (int i = 0; i < 5; i++) {
        s.epoch_loss = losses[i];
        assert_int_equal(c.on(c.user, SP_EPOCH_END, &s), go_on[i]);
    }
    c.free(c.user);
    assert_null(sp_early_stopping(0, 0).on);
    assert_int_equal(sp_error(), SP_ERR_VALUE);
}

#ifdef SPORE_HAVE_PROTOBUF

/* A file of this test's own; removed by the caller. */
static const char *own_path(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "/tmp/spore-train-%ld-%s", (long)getpid(), name);
    remove(path);
    return path;
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

static bool interrupt(const sp_train_state *s)
{
    (void)s;
    raise(SIGINT);
    return true;
}

static void holds_the_net(const char *path, sp_cell *net)
{
    sp_cell *copy = sp_nn_sequential(sp_nn_dense(2, 16, .activation = sp_nn_tanh()), sp_nn_dense(16, 2));
    if (sp_load_checkpoint(copy, path, NULL) != SP_OK)
        fail_msg("%s", sp_error_text());
    sp_list a = sp_cell_params(net), b = sp_cell_params(copy);
    for (int i = 0; i < a.n; i++)
        assert_memory_equal(sp_data(a.at[i]), sp_data(b.at[i]), (size_t)sp_size_of(a.at[i]) * sizeof(float));
    sp_cell_free(copy);
}

TEST(checkpoints_are_saved_at_the_end_of_epochs_and_when_stopped)
{
    world w = world_new();
    const char *path = own_path("epoch.ckpt");
    sp_callback save = sp_checkpoint_callback(path, 0);
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = 1, .callbacks = &save), SP_OK);
    holds_the_net(path, w.net);
    remove(path);

    witness a = {.act_at = 3, .act = stop};
    sp_callback all[] = {calls(&a), sp_checkpoint_callback(path, 0)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = 2, .callbacks = all), SP_OK);
    holds_the_net(path, w.net);
    remove(path);
    world_free(&w);
}

TEST(a_checkpoint_that_cannot_be_written_ends_training)
{
    world w = world_new();
    sp_callback save = sp_checkpoint_callback("/nowhere/at/all.ckpt", 2);
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = 1, .callbacks = &save), SP_ERR_IO);
    assert_int_equal(sp_optim_steps(w.optimizer), 2);
    world_free(&w);
}

TEST(an_interrupt_ends_the_step_and_saves)
{
    world w = world_new();
    const char *path = own_path("interrupted.ckpt");
    witness a = {.act_at = 5, .act = interrupt};
    sp_callback all[] = {calls(&a), sp_checkpoint_callback(path, 0)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, 3, .n_callbacks = 2, .callbacks = all, .catch_interrupt = true),
                     SP_ERR_INTERRUPTED);
    assert_string_equal(sp_error_text(), "fit: asked to stop after step 5 of epoch 1");
    assert_string_equal(a.heard, "BbsssssE");
    assert_true(exists(path));
    sp_error_clear();
    holds_the_net(path, w.net);
    remove(path);
    world_free(&w);
}

#endif

/* ---- Ctrl-C ---- */

static volatile sig_atomic_t old_handler_calls;

static void old_handler(int number)
{
    (void)number;
    old_handler_calls++;
}

static bool interrupt_twice(const sp_train_state *s)
{
    (void)s;
    raise(SIGINT);
    assert_int_equal(old_handler_calls, 0);
    raise(SIGINT);
    assert_int_equal(old_handler_calls, 1);
    return true;
}

TEST(the_second_interrupt_is_for_who_had_the_signal_before)
{
    world w = world_new();
    struct sigaction old = {.sa_handler = old_handler}, now;
    sigemptyset(&old.sa_mask);
    sigaction(SIGINT, &old, NULL);
    witness a = {.act_at = 2, .act = interrupt_twice};
    sp_callback all[] = {calls(&a)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = 1, .callbacks = all, .catch_interrupt = true),
                     SP_ERR_INTERRUPTED);
    sigaction(SIGINT, NULL, &now);
    assert_true(now.sa_handler == old_handler);
    sp_error_clear();

    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .catch_interrupt = true),
                     SP_OK); /* put back when all is well */
    sigaction(SIGINT, NULL, &now);
    assert_true(now.sa_handler == old_handler);
    signal(SIGINT, SIG_DFL);
    world_free(&w);
}

TEST(a_request_to_stop_needs_no_signal)
{
    world w = world_new();
    witness a = {.act_at = 2, .act = ask};
    sp_callback all[] = {calls(&a)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = 1, .callbacks = all), SP_ERR_INTERRUPTED);
    assert_string_equal(a.heard, "BbssE");
    sp_error_clear();
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data), SP_OK); /* the request is not heard twice */
    world_free(&w);
}

/* ---- failures ---- */

static sp_status breaks_at_100(void *user, int64_t index, sp_tensor **row, bool *end)
{
    (void)user;
    (void)end;
    if (index == 100)
        return sp_set_error(SP_ERR_IO, "the disk is gone at row %lld", (long long)index);
    row[0] = sp_vector(1, 2);
    row[1] = sp_scalar(1, SP_I32);
    return row[0] && row[1] ? SP_OK : sp_error();
}

TEST(errors_of_the_data_arrive)
{
    world w = world_new();
    sp_iter_free(w.data);
    sp_dataset *rows = sp_data_callback(.get = breaks_at_100, .length = 200, .columns = 2, .no_shuffle = true);
    w.data = sp_iter_new(sp_data_batch(rows, 32));
    witness a = {0};
    sp_callback all[] = {calls(&a)};
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data, 3, .n_callbacks = 1, .callbacks = all), SP_ERR_IO);
    assert_non_null(strstr(sp_error_text(), "the disk is gone at row 100"));
    assert_string_equal(a.heard, "BbsssE");
    sp_error_clear();
    sp_scores scores;
    assert_int_not_equal(sp_evaluate(w.net, w.data, NULL, NULL, &scores), SP_OK); /* it stays failed */
    world_free(&w);
}

static sp_list of_every_row(void *self, sp_list in)
{
    (void)self;
    sp_cross_entropy_attrs each = {SP_NO_REDUCTION, -100, 0};
    return sp_list_of(sp_cross_entropy_with(in.at[0], in.at[1], SP_NONE, &each));
}

static sp_list nothing(void *self, sp_list in)
{
    (void)self;
    return sp_list_new(0, in.at);
}

TEST(what_cannot_be_trained_is_refused)
{
    world w = world_new();
    witness a = {0};
    sp_callback all[] = {calls(&a)};
    sp_scores scores;
#define REFUSED(expression, code, text)                               \
    do {                                                              \
        assert_int_equal((expression), SP_ERR_##code);                \
        if (!strstr(sp_error_text(), (text)))                         \
            fail_msg("'%s': expected '%s'", sp_error_text(), (text)); \
        sp_error_clear();                                             \
    } while (0)
    REFUSED(sp_fit_with(NULL), VALUE, "fit: argument 1 is NULL");
    REFUSED(sp_fit(NULL, w.optimizer, w.data, .n_callbacks = 1, .callbacks = all), VALUE, "fit: net");
    assert_int_equal(a.freed, 1);
    REFUSED(sp_fit(w.net, NULL, w.data), VALUE, "fit: optimizer");
    REFUSED(sp_fit(w.net, w.optimizer, NULL), VALUE, "fit: data");
    REFUSED(sp_fit(w.net, w.optimizer, w.data, -1), VALUE, "fit: epochs is -1");
    REFUSED(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = -1), VALUE, "n_callbacks is -1");
    REFUSED(sp_fit(w.net, w.optimizer, w.data, .n_callbacks = 1), VALUE, "fit: callbacks");
    REFUSED(sp_fit(w.net, w.optimizer, w.data, .loss = of_every_row), SHAPE, "the loss has shape (32,)");
    REFUSED(sp_fit(w.net, w.optimizer, w.data, .loss = nothing), VALUE, "the loss function gave nothing");
    REFUSED(sp_evaluate(w.net, w.data, of_every_row, NULL, &scores), SHAPE, "evaluate: the loss has shape (32,)");
    REFUSED(sp_evaluate(w.net, w.data, NULL, NULL, NULL), VALUE, "evaluate: argument 5");
    sp_set_error(SP_ERR_STATE, "from before");
    REFUSED(sp_fit(w.net, w.optimizer, w.data), STATE, "from before");
    assert_int_equal(sp_optim_steps(w.optimizer), 0);
#undef REFUSED
    world_free(&w);
}

TEST(data_without_labels_or_batches_is_refused)
{
    world w = world_new();
    sp_iter_free(w.data);
    w.data = sp_iter_new(sp_data_batch(sp_data_arrays(sp_list_of(sp_ones(SP_F32, SP_DIMS(8, 2)))), 4));
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data), SP_ERR_VALUE);
    assert_non_null(strstr(sp_error_text(), "no column of labels"));
    sp_error_clear();
    sp_iter_free(w.data);
    sp_list arrays = sp_list_of(sp_ones(SP_F32, SP_DIMS(8, 2)), sp_ones(SP_I32, SP_DIMS(8)));
    w.data = sp_iter_new(sp_data_batch(sp_data_arrays(arrays), 16, .drop_remainder = true));
    assert_int_equal(sp_fit(w.net, w.optimizer, w.data), SP_ERR_VALUE);
    assert_non_null(strstr(sp_error_text(), "the data gave no batch"));
    world_free(&w);
}

/* ---- memory ---- */

/* Without threads, so that the n-th allocation is always the same one. */
static sp_iter *few_batches(void)
{
    sp_list arrays = sp_list_of(sp_ones(SP_F32, SP_DIMS(8, 2)), sp_zeros(SP_I32, SP_DIMS(8)));
    return sp_iter_new(sp_data_batch(sp_data_arrays(arrays), 4), .workers = -1);
}

TEST(every_allocation_of_training_may_fail)
{
    world w = world_new();
    FILE *sink = fopen("/dev/null", "w");
    assert_non_null(sink);
    sp_iter *warm = few_batches();
    sp_scores scores;
    assert_int_equal(sp_fit(w.net, w.optimizer, warm), SP_OK); /* the thread's own arrays have grown then */
    assert_int_equal(sp_evaluate(w.net, warm, NULL, NULL, &scores), SP_OK);
    sp_iter_free(warm);
    int64_t before = sp_mem_stats_get().live_blocks;
    bool done = false;
    for (int64_t n = 1; !done; n++) {
        assert_true(n < 5000);
        sp_scope scope = sp_scope_begin();
        sp_iter *data = few_batches();
        assert_int_equal(sp_error(), SP_OK);
        sp_mem_fail_at(n);
        sp_scope inner = sp_scope_begin();
        sp_callback all[] = {sp_early_stopping(2, 0), sp_progress_bar(sink)};
        sp_status status = sp_fit(w.net, w.optimizer, data, .n_callbacks = 2, .callbacks = all);
        if (status == SP_OK)
            status = sp_evaluate(w.net, data, NULL, NULL, &scores);
        sp_scope_end(inner);
        done = sp_mem_requests() < n;
        sp_mem_fail_at(0);
        sp_status want = done ? SP_OK : SP_ERR_NOMEM;
        if (sp_error() != want || (done && status != SP_OK))
            fail_msg("allocation %lld: status %d, '%s'", (long long)n, (int)status, sp_error_text());
        sp_error_clear();
        sp_iter_free(data);
        sp_scope_end(scope);
        if (sp_mem_stats_get().live_blocks != before)
            fail_msg("allocation %lld: %lld blocks lost", (long long)n,
                     (long long)(sp_mem_stats_get().live_blocks - before));
        assert_false(sp_cell_training(w.net));
    }
    fclose(sink);
    world_free(&w);
}

TEST_MAIN()
