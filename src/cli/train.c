/* cli/train.c: `spore train`. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/data.h"
#include "cli/json.h"
#include "cli/model.h"
#include "cli/resume.h"

enum { MAX_EPOCHS = 1000000, REPORT_EVERY = 100 };

typedef struct options {
    cli_data data;
    const char *layers, *loss, *optimizer, *amp;
    const char *save, *export, *init, *resume;
    int64_t epochs, batch, seed, threads, save_every;
    double lr, momentum, weight_decay;
    bool json, quiet, eager, dynamic_batch;
    cli_notes notes; /* what --resume must know of these */
} options;

typedef struct training {
    const options *o;
    sp_cell *net;
    sp_optim *optimizer;
    sp_iter *train, *test;
    sp_shape input;
    cli_loss loss;
    int epoch; /* where it is: for the last lines, and for Ctrl-C */
    int64_t step;
    sp_scores scores;  /* of the last epoch that ended                    */
    int scored;        /* its number; 0: none                             */
    sp_status failure; /* of the evaluation after an epoch                */
    double began;
    sp_train_state last;
} training;

/* ---- before: nothing may be lost at the end ---- */

static bool folder_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + (slash == path) : 1;
    if (n >= size)
        return false;
    memcpy(out, slash ? path : ".", n);
    out[n] = 0;
    return true;
}

static bool can_write(const char *path)
{
    char folder[4096];
    struct stat st;
    if (!path)
        return true;
    if (!folder_of(path, folder, sizeof folder))
        sp_set_error(SP_ERR_IO, "train: the path of %.40s... is too long", path);
    else if (access(folder, W_OK | X_OK) != 0)
        sp_set_error(SP_ERR_IO, "train: %s could not be written: folder '%s': %s", path, folder, strerror(errno));
    else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        sp_set_error(SP_ERR_IO, "train: %s is there and is not a file", path);
    else
        return true;
    return false;
}

/* Writes the new network to a file beside path and removes it again: a full disk, a layer that the format does not know, a
 * library built without the format are then known before the training, not after it. */
static bool rehearse(training *t, const char *path, const char *ending, sp_status (*write)(training *, const char *))
{
    char trial[4096];
    if (!path)
        return true;
    int n = snprintf(trial, sizeof trial, "%s.%ld%s", path, (long)getpid(), ending);
    if (n < 0 || (size_t)n + sizeof ".data" > sizeof trial)
        return sp_set_error(SP_ERR_IO, "train: the path of %.40s... is too long", path), false;
    sp_status st = write(t, trial);
    remove(trial);
    strcat(trial, ".data"); /* of an .onnx with many parameters */
    remove(trial);
    return st == SP_OK;
}

static sp_status set_precision(training *t, bool mixed)
{
    return sp_amp(t->net, mixed && strcmp(t->o->amp, "O0") != 0 ? SP_AMP_O2 : SP_AMP_O0, SP_BF16);
}

static sp_status write_state(training *t, const char *path)
{
    const sp_train_state s = {t->net, t->optimizer, .data = t->train, .notes = {t->o->notes.at, t->o->notes.n}};
    return sp_train_save(path, &s);
}

/* The state of the training where the format has room for it, else the parameters. */
static sp_status write_saved(training *t, const char *path)
{
    return cli_ends_with(path, ".ckpt") ? write_state(t, path) : sp_save_checkpoint(t->net, path);
}

static bool is_onnx(const char *path) { return path && cli_ends_with(path, ".onnx"); }

static sp_status write_graph(training *t, const char *path)
{
    sp_cell_train(t->net, false); /* what is exported is for use: no dropout, BatchNorm by its moving averages */
    set_precision(t, false);      /* .mindir has no products in mixed precision */
    const sp_export_opts how = {.dynamic_batch = t->o->dynamic_batch};
    sp_status st = sp_export_with(t->net, sp_list_of(sp_zeros(SP_F32, t->input)), path, &how);
    set_precision(t, true);
    return st;
}

/* ---- setting up ---- */

static sp_optim *optimizer_new(const options *o, sp_cell *net)
{
    sp_list params = sp_cell_params(net);
    if (strcmp(o->optimizer, "adam") == 0)
        return sp_optim_adam(.params = params, .lr = o->lr, .weight_decay = o->weight_decay);
    if (strcmp(o->optimizer, "momentum") == 0)
        return sp_optim_momentum(.params = params, .lr = o->lr, .weight_decay = o->weight_decay,
                                 .momentum = o->momentum);
    return sp_optim_sgd(.params = params, .lr = o->lr, .weight_decay = o->weight_decay, .momentum = o->momentum);
}

/* CLI_GO_ON, or the exit status after what went wrong was said. */
static int build(training *t)
{
    static cli_layers layers; /* large for a stack */
    const options *o = t->o;
    if (!cli_layers_read(o->layers, t->input, &layers)) {
        cli_complain("train: --layers: %s", sp_error_text());
        return CLI_MISUSED;
    }
    t->net = cli_layers_build(&layers);
    if (t->net && o->init && sp_load_checkpoint(t->net, o->init, NULL) != SP_OK)
        return cli_failed();
    t->optimizer = t->net && set_precision(t, true) == SP_OK ? optimizer_new(o, t->net) : NULL;
    bool ready = t->optimizer && rehearse(t, o->save, strrchr(o->save ? o->save : ".", '.'), write_saved) &&
                 rehearse(t, o->export, is_onnx(o->export) ? ".onnx" : ".mindir", write_graph);
    return ready ? CLI_GO_ON : cli_failed();
}

static int prepare(training *t, cli_data *data)
{
    const options *o = t->o;
    if (!can_write(o->save) || !can_write(o->export) || !cli_data_find(data))
        return cli_failed();
    sp_set_seed((uint64_t)o->seed);
    t->train = cli_data_open(data, SP_USAGE_TRAIN, o->batch);
    t->test = t->train ? cli_data_open(data, SP_USAGE_TEST, o->batch) : NULL;
    t->input = t->test ? cli_data_shape(t->test) : (sp_shape){.rank = -1};
    return t->input.rank > 0 ? build(t) : cli_failed();
}

/* ---- while it runs ---- */

static void say_step(const training *t, const sp_train_state *s)
{
    if (t->o->quiet || t->o->json || (s->step - 1) % REPORT_EVERY != 0)
        return;
    printf("loss: %7f  [%3lld/%3lld]\n", s->loss, (long long)s->step - 1, (long long)s->steps);
    fflush(stdout);
}

static void say_epoch(const training *t, const sp_train_state *s)
{
    cli_json j = {0};
    if (t->o->json) {
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "event", "epoch");
        cli_json_whole(&j, "epoch", s->epoch);
        cli_json_whole(&j, "epochs", s->epochs);
        cli_json_whole(&j, "steps", s->step);
        cli_json_real(&j, "loss", s->epoch_loss);
        cli_json_real(&j, "test_loss", t->scores.loss);
        cli_json_real(&j, "accuracy", t->scores.accuracy);
        cli_json_real(&j, "seconds", s->seconds);
        cli_json_close(&j);
    } else if (!t->o->quiet) {
        cli_print_scores(&t->scores);
        printf("\n");
    }
    fflush(stdout);
}

static void say_resumed(const training *t, const sp_train_state *s)
{
    if (t->o->quiet || t->o->json)
        return;
    if (s->epoch > s->epochs)
        printf("%s has been trained for %d epoch%s: nothing is left to do\n", t->o->resume, s->epoch - 1,
               s->epoch == 2 ? "" : "s");
    else
        printf("Resuming %s in epoch %d after step %lld\n", t->o->resume, s->epoch, (long long)s->step);
    fflush(stdout);
}

static bool on_event(void *user, sp_event event, const sp_train_state *s)
{
    training *t = user;
    t->epoch = s->epoch;
    t->step = s->step;
    t->last = *s;
    if (event == SP_TRAIN_BEGIN && t->o->resume)
        say_resumed(t, s);
    if (event == SP_EPOCH_BEGIN && !t->o->quiet && !t->o->json)
        printf("Epoch %d\n-------------------------------\n", s->epoch);
    else if (event == SP_STEP_END)
        say_step(t, s);
    else if (event == SP_EPOCH_END) {
        t->failure = sp_evaluate(t->net, t->test, t->loss.fn, NULL, &t->scores);
        if (t->failure != SP_OK)
            return false;
        t->scored = s->epoch;
        say_epoch(t, s);
    }
    return true;
}

/* ---- after ---- */

static int say_interrupted(training *t)
{
    const char *save = t->o->save; /* by the callback; a failure of it would have been said instead */
    sp_error_clear();
    cli_complain("interrupted after epoch %d, step %lld; %s%s", t->epoch, (long long)t->step,
                 save ? "saved " : "nothing was saved", save ? save : "");
    return CLI_INTERRUPTED;
}

static void say_done(const training *t)
{
    const options *o = t->o;
    int64_t params = sp_cell_param_count(t->net);
    double seconds = cli_clock() - t->began;
    if (o->json) {
        cli_json j = {0};
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "event", "done");
        cli_json_whole(&j, "epochs", t->scored);
        cli_json_whole(&j, "parameters", params);
        cli_json_real(&j, "test_loss", t->scores.loss);
        cli_json_real(&j, "accuracy", t->scores.accuracy);
        cli_json_real(&j, "seconds", seconds);
        cli_json_text(&j, "saved", o->save);
        cli_json_text(&j, "exported", o->export);
        cli_json_close(&j);
        return;
    }
    printf("Done: %s parameters, %lld epoch%s in %s", cli_number(params), (long long)o->epochs,
           o->epochs == 1 ? "" : "s", cli_duration(seconds));
    if (!isnan(t->scores.accuracy))
        printf(", accuracy %.1f%%", 100 * t->scores.accuracy);
    printf("\n");
    if (o->save)
        printf("Saved %s\n", o->save);
    if (o->export)
        printf("Exported %s\n", o->export);
}

/* Where no epoch ended, because all had before. */
static bool score_what_is_done(training *t)
{
    t->scored = t->epoch - 1;
    return sp_evaluate(t->net, t->test, t->loss.fn, NULL, &t->scores) == SP_OK &&
           (!t->o->save || strcmp(t->o->save, t->o->resume) == 0 ||
            (cli_ends_with(t->o->save, ".ckpt") ? sp_train_save(t->o->save, &t->last)
                                                : sp_save_checkpoint(t->net, t->o->save)) == SP_OK);
}

static void on_terminate(int number)
{
    (void)number;
    sp_request_stop();
}

/* SIGTERM (kill, a batch system at its time limit) stops as Ctrl-C does; a second one kills. */
static void catch_terminate(void)
{
    struct sigaction now, ours = {.sa_handler = on_terminate, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    sigemptyset(&ours.sa_mask);
    if (sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        sigaction(SIGTERM, &ours, NULL);
}

static int run(training *t)
{
    const options *o = t->o;
    catch_terminate();
    sp_callback callbacks[2] = {{.on = on_event, .user = t}};
    if (o->save)
        callbacks[1] = cli_ends_with(o->save, ".ckpt") ? sp_state_callback(o->save, o->save_every)
                                                       : sp_checkpoint_callback(o->save, o->save_every);
    t->began = cli_clock();
    sp_status st = sp_fit(.net = t->net, .optimizer = t->optimizer, .data = t->train, .epochs = (int)o->epochs,
                          .loss = t->loss.fn, .n_callbacks = 2, .callbacks = callbacks, .catch_interrupt = true,
                          .compile = !o->eager, .resume = o->resume, .notes = {o->notes.at, o->notes.n});
    if (st == SP_ERR_INTERRUPTED)
        return say_interrupted(t);
    if (st != SP_OK || t->failure != SP_OK || (!t->scored && !score_what_is_done(t)) ||
        (o->export && write_graph(t, o->export) != SP_OK))
        return cli_failed();
    say_done(t);
    return CLI_DONE;
}

static int train(options *o)
{
    training t = {.o = o, .loss = cli_loss_named(o->loss)};
    sp_set_threads((int)o->threads);
    int status = prepare(&t, &o->data);
    if (status == CLI_GO_ON)
        status = run(&t);
    sp_optim_free(t.optimizer);
    sp_cell_free(t.net);
    sp_iter_free(t.train);
    sp_iter_free(t.test);
    return status;
}

/* ---- arguments ---- */

static int check(const options *o)
{
    if (o->save && !cli_is_tensors(o->save))
        return cli_misused("train", "--save: found '%s', expected a file name that ends with " CLI_TENSORS, o->save);
    if (o->save_every > 0 && !o->save)
        return cli_misused("train", "--save-every: expected --save too");
    if (o->export && !cli_is_graph(o->export))
        return cli_misused("train", "--export: found '%s', expected a file name that ends with .mindir or .onnx",
                           o->export);
    if (o->dynamic_batch && !is_onnx(o->export))
        return cli_misused("train", "--dynamic-batch: found no --export of an .onnx file, which it is for");
    if (o->momentum >= 0 && strcmp(o->optimizer, "adam") == 0)
        return cli_misused("train", "--momentum: adam has none, expected --optimizer sgd or momentum");
    if (!cli_layers_check(o->layers)) /* before anything is looked for, or downloaded */
        return cli_misused("train", "--layers: %s", sp_error_text());
    return CLI_GO_ON;
}

/* Options whose default depends on others. */
static void complete(options *o)
{
    bool adam = strcmp(o->optimizer, "adam") == 0, momentum = strcmp(o->optimizer, "momentum") == 0;
    if (o->lr == 0)
        o->lr = adam ? 0.001 : 0.01;
    if (o->momentum < 0 && !adam)
        o->momentum = momentum ? 0.9 : 0;
}

/* --resume: the file, and what it says. */
static int resume(options *o, const cli_usage *u, int count, char **words)
{
    const char *path = *o->resume ? o->resume : o->save;
    if (!path)
        return cli_misused("train", "--resume: found neither FILE.ckpt nor --save, expected one of them");
    if (o->init)
        return cli_misused("train", "--resume: found --init too, expected one of them");
    if (!*o->resume && access(path, F_OK) != 0)
        path = NULL; /* the first time */
    int status = path ? cli_resume_options(u, path, count, words) : CLI_GO_ON;
    o->resume = path;
    if (path && !o->save)
        o->save = path;
    return status;
}

static const char about[] =
    "Trains a network of --layers on --data and prints its loss, and its accuracy on the test data after each epoch.\n"
    "Without options it does what the tutorial does. Ctrl-C, or SIGTERM, stops it cleanly, and saves. What is resumed needs\n"
    "no other option: the file has them, and the result is the same, bit by bit, as if it had never been stopped.";

static const char examples[] =
    "  spore train --epochs 3 --save model.ckpt --export model.mindir\n"
    "  spore train --data digits --layers 'conv 8 3, relu, maxpool 2, flatten, dense 10' --optimizer adam --epochs 1\n"
    "  spore train --data folder/ --init model.ckpt --lr 0.001 --json\n"
    "  spore train --resume model.ckpt --epochs 5\n";

int cli_train(int count, char **words)
{
    options o = {
        .data.name = "mnist", .layers = CLI_DEFAULT_LAYERS, .loss = "cross_entropy", .optimizer = "sgd", .amp = "O0"};
    o.epochs = 3, o.batch = 64, o.seed = 1;
    o.momentum = -1; /* not given */
    const cli_option table[] = {
        CLI_DATA_OPTIONS(o.data),
        {"layers", "LAYERS", CLI_TEXT, &o.layers, "the network, see below", 0, 0, NULL},
        {"loss", "NAME", CLI_CHOICE, &o.loss, "cross_entropy, mse or bce (of one-hot labels)", 0, 0, CLI_LOSSES},
        {"epochs", "N", CLI_WHOLE, &o.epochs, "passes over the training data", 1, MAX_EPOCHS, NULL},
        {"batch", "N", CLI_WHOLE, &o.batch, "samples a step", 1, 1 << 20, NULL},
        {"optimizer", "NAME", CLI_CHOICE, &o.optimizer, "sgd, momentum or adam", 0, 0, "sgd|momentum|adam"},
        {"lr", "X", CLI_POSITIVE, &o.lr, "learning rate [0.01; adam: 0.001]", 0, 0, NULL},
        {"momentum", "X", CLI_FRACTION, &o.momentum, "of sgd and momentum [0; momentum: 0.9]", 0, 0, NULL},
        {"weight-decay", "X", CLI_NOT_NEGATIVE, &o.weight_decay, "added to the gradient, times the weight", 0, 0, NULL},
        {"seed", "N", CLI_WHOLE, &o.seed, "of weights and shuffles: the same seed and --threads, the same result", 0,
         INT64_MAX, NULL},
        {"threads", "N", CLI_WHOLE, &o.threads, "at most so many; else OMP_NUM_THREADS, else all", 1, 1024, NULL},
        {"init", "FILE", CLI_TEXT, &o.init, "start from the parameters in a file: " CLI_TENSORS, 0, 0, NULL},
        {"save", "FILE", CLI_TEXT, &o.save,
         "save after each epoch; in a .ckpt with all that --resume needs, else parameters: " CLI_TENSORS, 0, 0, NULL},
        {"save-every", "N", CLI_WHOLE, &o.save_every, "save after every N steps and at the end instead", 1, INT64_MAX,
         NULL},
        {"export", "FILE", CLI_TEXT, &o.export, "export the network as a graph at the end: .mindir or .onnx", 0, 0,
         NULL},
        {"dynamic-batch", NULL, CLI_FLAG, &o.dynamic_batch, "the exported .onnx takes any number of samples", 0, 0,
         NULL},
        {"resume", "[FILE.ckpt]", CLI_MAYBE, &o.resume,
         "go on with a training that was saved; without FILE: with --save's, if it is there", 0, 0, NULL},
        {"amp", "LEVEL", CLI_CHOICE, &o.amp,
         "O2: products in bfloat16, sums and weights in float32; O0: all in float32", 0, 0, "O0|O2"},
        {"eager", NULL, CLI_FLAG, &o.eager, "call the network step by step instead of compiling the step", 0, 0, NULL},
        {"quiet", NULL, CLI_FLAG, &o.quiet, "print the last lines only", 0, 0, NULL},
        {"json", NULL, CLI_FLAG, &o.json, "print one JSON object an epoch and one at the end", 0, 0, NULL},
        {0}};
    const cli_usage usage = {"train", "", 0, 0, about, table, cli_layers_help, examples};
    int status = cli_parse(&usage, count, words, NULL);
    if (status == CLI_GO_ON && o.resume)
        status = resume(&o, &usage, count, words);
    if (status == CLI_GO_ON)
        status = check(&o);
    if (status != CLI_GO_ON)
        return status;
    complete(&o);
    cli_notes_take(&o.notes, &usage);
    return train(&o);
}
