/* Training that is stopped, killed and resumed ends with the same bits as training that is not: the files that both leave at the
 * end are compared byte by byte. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#if SPORE_HAVE_PROTOBUF

#include "support/test.h"

#include "spore.h"
#include "support/files.h"

/* ---- what is trained: shuffles, random transforms, dropout, batch statistics, a schedule, a last batch that is smaller ---- */

enum { ROWS = 52, BATCH = 8, STEPS = 7, EPOCHS = 3 };

typedef enum rule { SGD, SGD_MOMENTUM, SGD_NESTEROV, MOMENTUM, ADAM, ADAM_AMSGRAD, RULES } rule;

static sp_optim *optimizer_new(rule r, sp_list params)
{
    switch (r) {
    case SGD:
        return sp_optim_sgd(params, .lr = 0.1, .weight_decay = 1e-3);
    case SGD_MOMENTUM:
        return sp_optim_sgd(params, .lr = 0.1, .momentum = 0.9, .dampening = 0.1);
    case SGD_NESTEROV:
        return sp_optim_sgd(params, .lr = 0.1, .momentum = 0.8, .nesterov = true);
    case MOMENTUM:
        return sp_optim_momentum(params, .lr = 0.1, .momentum = 0.9, .weight_decay = 1e-3);
    case ADAM:
        return sp_optim_adam(params, .lr = 0.01);
    default:
        return sp_optim_adam(params, .lr = 0.01, .amsgrad = true, .loss_scale = 2);
    }
}

static sp_tensor *jitter(void *user, sp_tensor *x)
{
    (void)user;
    return sp_add(x, sp_rand_normal(0, 0.1, SP_F32, sp_shape_of(x)));
}

static sp_iter *data_new(int workers, int64_t rows)
{
    float x[ROWS][4];
    int32_t label[ROWS];
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < 4; k++)
            x[i][k] = (float)((i * 7 + k * 13) % 11) / 5 - 1;
        label[i] = i % 3;
    }
    sp_list arrays = sp_list_of(sp_from(x, SP_F32, SP_DIMS(rows, 4)), sp_from(label, SP_I32, SP_DIMS(rows)));
    sp_dataset *ds = sp_data_shuffle(sp_data_arrays(arrays), 10);
    ds = sp_data_map(ds, "column_0", sp_map_with(jitter, NULL));
    return sp_iter_new(sp_data_batch(ds, BATCH), .workers = workers);
}

typedef struct world {
    sp_cell *net;
    sp_optim *optimizer;
    sp_iter *data;
} world;

static world world_new(rule r, uint64_t seed, int workers)
{
    world w;
    sp_set_seed(seed);
    w.data = data_new(workers, ROWS);
    w.net = sp_nn_sequential(sp_nn_dense(4, 16), sp_nn_batch_norm1d(16), sp_nn_relu(), sp_nn_dropout(0.3),
                             sp_nn_dense(16, 3));
    w.optimizer = optimizer_new(r, sp_cell_params(w.net));
    if (sp_error() != SP_OK)
        fail_msg("%s", sp_error_text());
    return w;
}

static void world_free(world *w)
{
    sp_iter_free(w->data);
    sp_optim_free(w->optimizer);
    sp_cell_free(w->net);
}

/* ---- callbacks ---- */

static bool schedule(void *user, sp_event event, const sp_train_state *s)
{
    (void)user;
    if (event == SP_EPOCH_BEGIN) /* depends on what it was, and is not told twice */
        sp_optim_set_lr(s->optimizer, 0.7 * sp_optim_lr(s->optimizer));
    if (event == SP_STEP_END)
        sp_optim_set_lr(s->optimizer, sp_optim_lr(s->optimizer) / (1 + 0.01 * (double)s->total_steps));
    return true;
}

typedef enum how { STOP, ASK, INTERRUPT, KILL } how;

typedef struct stopper {
    int64_t at; /* total steps; 0: never */
    how how;
} stopper;

static bool stop(void *user, sp_event event, const sp_train_state *s)
{
    const stopper *p = user;
    if (event != SP_STEP_END || s->total_steps != p->at)
        return true;
    if (p->how == ASK)
        sp_request_stop();
    if (p->how == INTERRUPT || p->how == KILL)
        raise(p->how == KILL ? SIGKILL : SIGINT);
    return p->how != STOP;
}

typedef struct plan {
    rule rule;
    bool compile;
    int workers;
    int64_t every; /* steps between states that are saved */
} plan;

/* Trains from the beginning, or from `resume` with another seed; the state is in path then. */
static sp_status train(const plan *p, const char *path, const char *resume, stopper s)
{
    sp_scope scope = sp_scope_begin();
    world w = world_new(p->rule, resume ? 99 : 5, resume ? 2 - p->workers : p->workers);
    sp_callback all[] = {{schedule, NULL, NULL}, {stop, NULL, &s}, sp_state_callback(path, p->every)};
    sp_status st = sp_fit(w.net, w.optimizer, w.data, EPOCHS, .n_callbacks = 3, .callbacks = all, .compile = p->compile,
                          .resume = resume, .catch_interrupt = true);
    world_free(&w);
    sp_scope_end(scope);
    return st;
}

static void same_files(const char *a, const char *b, const char *when, int at)
{
    size_t n, m;
    uint8_t *x = test_file_read(a, &n), *y = test_file_read(b, &m);
    if (!x || !y || n != m || memcmp(x, y, n) != 0)
        fail_msg("%s at step %d: another result", when, at);
    free(x);
    free(y);
}

static void trained(sp_status st, sp_status want)
{
    if (st != want)
        fail_msg("status %d, expected %d: %s", (int)st, (int)want, sp_error_text());
    sp_error_clear();
}

/* ---- stopped, and resumed ---- */

TEST(training_that_was_stopped_and_resumed_has_the_same_result)
{
    for (int r = 0; r < RULES; r++)
        for (int compile = 0; compile < 2; compile++) {
            plan p = {(rule)r, compile != 0, r % 2, 0};
            char whole[64], part[64];
            snprintf(whole, sizeof whole, "%s", test_path("whole.ckpt"));
            snprintf(part, sizeof part, "%s", test_path("part.ckpt"));
            trained(train(&p, whole, NULL, (stopper){0}), SP_OK);
            for (int at = 1; at < EPOCHS * STEPS; at += r == ADAM ? 1 : 3) {
                how way = (how)(at % 3);
                trained(train(&p, part, NULL, (stopper){at, way}), way == STOP ? SP_OK : SP_ERR_INTERRUPTED);
                trained(train(&p, part, part, (stopper){0}), SP_OK);
                same_files(whole, part, compile ? "compiled, stopped" : "stopped", at);
            }
        }
}

TEST(training_may_be_stopped_many_times)
{
    plan p = {ADAM, true, 1, 0};
    const char *whole = test_path("whole.ckpt"), *part = test_path("part.ckpt");
    trained(train(&p, whole, NULL, (stopper){0}), SP_OK);
    trained(train(&p, part, NULL, (stopper){2, STOP}), SP_OK);
    for (int at = 4; at < EPOCHS * STEPS; at += 2)
        trained(train(&p, part, part, (stopper){at, STOP}), SP_OK);
    trained(train(&p, part, part, (stopper){0}), SP_OK);
    same_files(whole, part, "stopped every two steps, last", EPOCHS * STEPS);
    trained(train(&p, part, part, (stopper){0}), SP_OK); /* nothing is left to do */
    same_files(whole, part, "done, resumed", EPOCHS * STEPS);
}

/* ---- killed: in a process of its own, which this program is started as ---- */

static const char *program;

static void killed_child(const plan *p, const char *path, int at)
{
    char arguments[4][16];
    snprintf(arguments[0], sizeof *arguments, "%d", (int)p->rule);
    snprintf(arguments[1], sizeof *arguments, "%d", p->compile);
    snprintf(arguments[2], sizeof *arguments, "%d", (int)p->every);
    snprintf(arguments[3], sizeof *arguments, "%d", at);
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, path, arguments[0], arguments[1], arguments[2], arguments[3], (char *)NULL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int be_killed(char **words)
{
    plan p = {(rule)atoi(words[2]), atoi(words[3]) != 0, 1, atoi(words[4])};
    return train(&p, words[1], NULL, (stopper){atoi(words[5]), KILL}) == SP_OK;
}

TEST(training_that_was_killed_goes_on_from_what_was_saved_last)
{
    static const rule rules[] = {SGD, SGD_MOMENTUM, ADAM};
    const char *whole = test_path("whole.ckpt"), *part = test_path("part.ckpt");
    for (size_t r = 0; r < 3; r++)
        for (int every = 1; every <= 7; every += 3) /* 7: at the last step of an epoch */
            for (int at = 8; at < EPOCHS * STEPS; at += 5) {
                plan p = {rules[r], r % 2 == 0, 1, every};
                trained(train(&p, whole, NULL, (stopper){0}), SP_OK);
                remove(part);
                killed_child(&p, part, at);
                trained(train(&p, part, part, (stopper){0}), SP_OK);
                same_files(whole, part, "killed", at);
            }
}

/* ---- events ---- */

typedef struct witness {
    char heard[128];
    double epoch_loss[8];
    int epochs;
} witness;

static bool hear(void *user, sp_event event, const sp_train_state *s)
{
    witness *w = user;
    size_t n = strlen(w->heard);
    w->heard[n] = "BbseE"[event];
    if (event == SP_EPOCH_END)
        w->epoch_loss[w->epochs++] = s->epoch_loss;
    return true;
}

static void listen(witness *w, const char *path, const char *resume, int64_t at)
{
    world v = world_new(SGD, 5, -1);
    stopper s = {at, STOP};
    sp_callback all[] = {{hear, NULL, w}, {stop, NULL, &s}, sp_state_callback(path, 0)};
    trained(sp_fit(v.net, v.optimizer, v.data, EPOCHS, .n_callbacks = 3, .callbacks = all, .resume = resume), SP_OK);
    world_free(&v);
}

#define EPOCH "bssssssse"

TEST(events_and_mean_losses_go_on_where_they_were)
{
    const char *path = test_path("heard.ckpt");
    witness whole = {0}, first = {0}, second = {0};
    listen(&whole, path, NULL, 0);
    assert_string_equal(whole.heard, "B" EPOCH EPOCH EPOCH "E");
    listen(&first, path, NULL, 10);
    assert_string_equal(first.heard, "B" EPOCH "bsssE");
    listen(&second, path, path, 0);
    assert_string_equal(second.heard, "Bsssse" EPOCH "E");
    assert_true(second.epoch_loss[0] == whole.epoch_loss[1] && second.epoch_loss[1] == whole.epoch_loss[2]);

    witness third = {0}, fourth = {0}; /* at the last step of an epoch: its end is still to come */
    listen(&third, path, NULL, 2 * STEPS);
    assert_string_equal(third.heard, "B" EPOCH "bsssssssE");
    listen(&fourth, path, path, 0);
    assert_string_equal(fourth.heard, "Be" EPOCH "E");
    assert_true(fourth.epoch_loss[0] == whole.epoch_loss[1]);
}

/* ---- a loop of one's own ---- */

static sp_list loss_of(void *net, sp_list in) { return sp_list_of(sp_cross_entropy(sp_call(net, in.at[0]), in.at[1])); }

/* Steps until `last`, saving at the end of each epoch and at the end. */
static void own_loop(sp_train_state s, const char *path, int64_t last)
{
    sp_grad_fn f = {loss_of, s.net, .weights = sp_optim_params(s.optimizer)};
    sp_cell_train(s.net, true);
    for (; s.epoch <= EPOCHS && s.total_steps < last; s.epoch++, s.step = 0) {
        for (sp_list batch; s.total_steps < last && sp_iter_next(s.data, &batch);) {
            sp_scope scope = sp_scope_begin();
            assert_int_equal(sp_optim_step(s.optimizer, sp_value_and_grad(&f, batch).d_weights), SP_OK);
            sp_scope_end(scope);
            s.step++;
            s.total_steps++;
        }
        assert_int_equal(sp_train_save(path, &s), SP_OK);
    }
}

TEST(a_loop_of_ones_own_is_resumed)
{
    const char *whole = test_path("whole.ckpt"), *part = test_path("part.ckpt");
    static const sp_note notes[] = {{.name = "net", .text = "small"}, {.name = "digits", .text = "\xe5\x8d\x81"}};
    for (int64_t at = 1; at < EPOCHS * STEPS; at++) {
        world a = world_new(ADAM, 5, 2), b = world_new(ADAM, 5, 1), c = world_new(ADAM, 77, -1);
        sp_set_seed(3);
        own_loop((sp_train_state){a.net, a.optimizer, .epoch = 1, .data = a.data, .notes = {notes, 2}}, whole,
                 EPOCHS * STEPS + 1);
        sp_set_seed(3);
        own_loop((sp_train_state){b.net, b.optimizer, .epoch = 1, .data = b.data, .notes = {notes, 2}}, part, at);
        sp_train_state s = {c.net, c.optimizer, .data = c.data, .notes = {notes, 2}};
        trained(sp_train_resume(part, &s), SP_OK);
        assert_int_equal(s.epoch, (at - 1) / STEPS + 1);
        assert_int_equal(s.step, (at - 1) % STEPS + 1); /* the last one of an epoch: its end is still to come */
        assert_int_equal(s.total_steps, at);
        own_loop(s, part, EPOCHS * STEPS + 1);
        same_files(whole, part, "own loop, stopped", (int)at);
        world_free(&a);
        world_free(&b);
        world_free(&c);
    }
}

/* ---- what the file is for others ---- */

TEST(the_file_is_a_checkpoint_of_the_net)
{
    const char *path = test_path("net.ckpt");
    plan p = {MOMENTUM, false, 1, 0};
    trained(train(&p, path, NULL, (stopper){0}), SP_OK);
    world w = world_new(MOMENTUM, 1, 1);
    assert_int_equal(sp_load_checkpoint(w.net, path, NULL), SP_OK);
    sp_entries all;
    sp_load_result result;
    assert_int_equal(sp_ckpt_read(path, &all), SP_OK);
    assert_int_equal(sp_load_optimizer(w.optimizer, all, true, &result), SP_OK);
    assert_int_equal(result.n_missing, 0);
    assert_int_equal(sp_optim_steps(w.optimizer), EPOCHS * STEPS);
    static const char *const names[] = {"epoch_num", "step_num",         "global_step",    "learning_rate",
                                        "momentum",  "moments.0.weight", "moments.1.gamma"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        bool there = false;
        for (int i = 0; i < all.n; i++)
            there = there || strcmp(all.at[i].name, names[k]) == 0;
        if (!there)
            fail_msg("there is no record '%s'", names[k]);
    }
    world_free(&w);
}

/* ---- MindSpore's own ---- */

#define FIXTURES "tests/fixtures/mindspore/2.10.0/optim/"

static sp_list squared_error(void *net, sp_list in) { return sp_list_of(sp_mse(sp_call(net, in.at[0]), in.at[1])); }

static void goes_on_as_mindspore(const char *name, sp_cell *net, sp_optim *o)
{
    char path[256];
    sp_entries state, after;
    sp_load_result result;
    snprintf(path, sizeof path, FIXTURES "%s.ckpt", name);
    assert_int_equal(sp_ckpt_read(path, &state), SP_OK);
    assert_int_equal(sp_load_entries(net, state, true, NULL), SP_OK);
    assert_int_equal(sp_load_optimizer(o, state, true, &result), SP_OK);
    assert_int_equal(result.n_missing, 0);
    assert_int_equal(result.n_unused, 4); /* the net's */
    assert_int_equal(sp_optim_steps(o), 3);
    sp_list batch = sp_list_of(sp_npy_read(FIXTURES "x.npy"), sp_npy_read(FIXTURES "y.npy"));
    sp_grad_fn f = {squared_error, net, .weights = sp_optim_params(o)};
    for (int i = 0; i < 2; i++)
        assert_int_equal(sp_optim_step(o, sp_value_and_grad(&f, batch).d_weights), SP_OK);
    snprintf(path, sizeof path, FIXTURES "%s.after.ckpt", name);
    assert_int_equal(sp_ckpt_read(path, &after), SP_OK);
    sp_list params = sp_cell_all_params(net);
    assert_int_equal(after.n, params.n);
    for (int i = 0; i < after.n; i++) {
        assert_string_equal(sp_param_name(params.at[i]), after.at[i].name);
        for (int64_t k = 0; k < sp_size_of(params.at[i]); k++)
            if (!(fabs(sp_at(params.at[i], k) - sp_at(after.at[i].tensor, k)) <= 1e-6))
                fail_msg("%s: %s[%d] is %.9g, MindSpore has %.9g", name, after.at[i].name, (int)k,
                         sp_at(params.at[i], k), sp_at(after.at[i].tensor, k));
    }
    sp_optim_free(o);
    sp_cell_free(net);
}

TEST(optimizers_go_on_from_mindspores_own_state)
{
    for (int i = 0; i < 3; i++) {
        sp_cell *net = sp_nn_sequential(sp_nn_dense(4, 5), sp_nn_tanh(), sp_nn_dense(5, 2));
        sp_list p = sp_cell_params(net);
        static const char *const names[] = {"sgd", "momentum", "adam"};
        goes_on_as_mindspore(names[i], net,
                             i == 0   ? sp_optim_sgd(p, .lr = 0.7, .momentum = 0.5) /* the file says 0.1 and 0.9 */
                             : i == 1 ? sp_optim_momentum(p, .lr = 0.7, .momentum = 0.5)
                                      : sp_optim_adam(p, .lr = 0.7));
    }
}

/* ---- what does not fit ---- */

static sp_status resume(world *w, const char *path, const sp_note *note)
{
    sp_train_state s = {w->net, w->optimizer, .data = w->data, .notes = {note, note ? 1 : 0}};
    return sp_train_resume(path, &s);
}

static void refused(world *w, const char *path, const sp_note *note, sp_status want, const char *says)
{
    sp_status st = resume(w, path, note);
    if (st != want || !strstr(sp_error_text(), says))
        fail_msg("status %d, '%s'; expected %d, '%s'", (int)st, sp_error_text(), (int)want, says);
    sp_error_clear();
}

TEST(what_differs_is_named_with_both_values_and_nothing_changes)
{
    const char *path = test_path("state.ckpt");
    world w = world_new(ADAM, 5, 1);
    static const sp_note note = {.name = "layers", .text = "dense 3"}, other = {.name = "layers", .text = "dense 4"},
                         unknown = {.name = "batch", .text = "64"};
    sp_train_state s = {w.net, w.optimizer, .epoch = 1, .data = w.data, .notes = {&note, 1}};
    assert_int_equal(sp_train_save(path, &s), SP_OK);
    assert_int_equal(resume(&w, path, &note), SP_OK);
    refused(&w, path, &other, SP_ERR_VALUE, "was saved with layers 'dense 3', found 'dense 4'");
    refused(&w, path, &unknown, SP_ERR_VALUE, "was saved with batch '', found '64'");

    world v = world_new(ADAM, 5, 1);
    sp_optim *adam = v.optimizer;
    v.optimizer = optimizer_new(MOMENTUM, sp_cell_params(v.net));
    refused(&v, path, NULL, SP_ERR_VALUE, "with optimizer 'Adam, weight_decay 0");
    sp_optim_free(v.optimizer);
    v.optimizer = sp_optim_adam(sp_cell_params(v.net), .beta1 = 0.8);
    refused(&v, path, NULL, SP_ERR_VALUE, "found 'Adam, weight_decay 0, loss_scale 1, beta1 0.8, ");
    sp_optim_free(v.optimizer);
    v.optimizer = NULL;
    refused(&v, path, NULL, SP_ERR_VALUE, "found 'none'");
    v.optimizer = adam;
    sp_iter *data = v.data;
    v.data = data_new(1, 40);
    refused(&v, path, NULL, SP_ERR_VALUE, "with batches an epoch '7', found '5'");
    sp_iter_free(v.data);
    v.data = NULL;
    refused(&v, path, NULL, SP_ERR_VALUE, "with data 'there are', found 'none'");
    v.data = data;

    sp_cell *wide = sp_nn_sequential(sp_nn_dense(4, 17), sp_nn_relu(), sp_nn_dense(17, 3));
    world x = {wide, sp_optim_adam(sp_cell_params(wide), .lr = 0.5), data_new(1, ROWS)};
    sp_list batch;
    assert_true(sp_iter_next(x.data, &batch));
    sp_iter_place before = sp_iter_tell(x.data), after;
    refused(&x, path, NULL, SP_ERR_SHAPE, "0.weight is Float32 (17, 4), in the file Float32 (16, 4)");
    after = sp_iter_tell(x.data);
    assert_memory_equal(&before, &after, sizeof before);
    assert_true(sp_optim_lr(x.optimizer) == 0.5);
    world_free(&x);
    world_free(&v);

    assert_int_equal(sp_save_checkpoint(w.net, path), SP_OK);
    refused(&w, path, NULL, SP_ERR_VALUE, "no state of a training");
    refused(&w, "nowhere.ckpt", NULL, SP_ERR_IO, "nowhere.ckpt");
    world_free(&w);
}

/* Each record of the state in turn missing, of another type, or with another content: refused, or of no consequence; never a crash. */
TEST(states_that_were_tampered_with_are_refused)
{
    const char *path = test_path("state.ckpt"), *bad = test_path("bad.ckpt");
    world w = world_new(ADAM, 5, 1);
    sp_train_state s = {w.net, w.optimizer, .epoch = 1, .data = w.data};
    assert_int_equal(sp_train_save(path, &s), SP_OK);
    sp_entries all;
    assert_int_equal(sp_ckpt_read(path, &all), SP_OK);
    sp_entry changed[64];
    assert_true(all.n <= 64);
    int state_records = 0;
    for (int i = 0; i < all.n; i++) {
        if (strncmp(all.at[i].name, "spore.", 6) != 0)
            continue;
        state_records++;
        memcpy(changed, all.at, (size_t)all.n * sizeof *changed);
        changed[i] = changed[all.n - 1]; /* missing */
        assert_int_equal(sp_ckpt_write(bad, all.n - 1, changed), SP_OK);
        if (resume(&w, bad, NULL) == SP_OK)
            fail_msg("resumed without '%s'", all.at[i].name);
        sp_error_clear();
        sp_tensor *others[] = {sp_full(-7, SP_I64, SP_DIMS(3)), sp_scalar(-1, SP_I64),
                               sp_full((double)NAN, SP_F64, SP_DIMS(4)), sp_full(-9e18, SP_I64, SP_DIMS(5)),
                               sp_scalar(0, SP_F32)};
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
            memcpy(changed, all.at, (size_t)all.n * sizeof *changed);
            changed[i] = (sp_entry){.name = all.at[i].name, .tensor = others[k]};
            assert_int_equal(sp_ckpt_write(bad, all.n, changed), SP_OK);
            sp_status st = resume(&w, bad, NULL);
            assert_true(st == sp_error());
            sp_error_clear();
        }
    }
    assert_int_equal(state_records, 7);
    assert_int_equal(resume(&w, path, NULL), SP_OK);
    world_free(&w);
}

/* ---- memory ---- */

TEST(every_allocation_of_saving_and_resuming_may_fail)
{
    const char *path = test_path("state.ckpt");
    world w = world_new(ADAM, 5, -1);
    static const sp_note note = {.name = "layers", .text = "dense 3"};
    sp_train_state s = {w.net, w.optimizer, .epoch = 1, .data = w.data, .notes = {&note, 1}};
    assert_int_equal(sp_train_save(path, &s), SP_OK);
    assert_int_equal(sp_train_resume(path, &s), SP_OK);
    int files = test_path_count();
    int64_t before = sp_mem_stats_get().live_blocks;
    bool done = false;
    for (int64_t n = 1; !done; n++) {
        sp_scope scope = sp_scope_begin();
        sp_mem_fail_at(n);
        sp_notes notes;
        sp_status st = sp_train_save(path, &s);
        if (st == SP_OK)
            st = sp_train_notes(path, &notes);
        if (st == SP_OK)
            st = sp_train_resume(path, &s);
        done = sp_mem_requests() < n;
        sp_mem_fail_at(0);
        if (st != (done ? SP_OK : SP_ERR_NOMEM) || sp_error() != st)
            fail_msg("allocation %lld: status %d, '%s'", (long long)n, (int)st, sp_error_text());
        sp_error_clear();
        sp_scope_end(scope);
        assert_int_equal(test_path_count(), files);
        assert_int_equal(sp_mem_stats_get().live_blocks, before);
    }
    assert_int_equal(resume(&w, path, &note), SP_OK);
    world_free(&w);
}

int main(int count, char **words)
{
    program = words[0];
    if (count == 6)
        return be_killed(words);
    int failed = _cmocka_run_group_tests(__FILE__, test_list, test_count, NULL, NULL);
    sp_shutdown();
    return failed || test_count == 0;
}

#else

int main(void) { return 77; } /* skipped: there are no checkpoints in this build */

#endif
