/* cli/eval.c: `spore eval`. */
#include <stdio.h>

#include "cli/data.h"
#include "cli/json.h"
#include "cli/model.h"

typedef struct options {
    cli_data data;
    const char *model, *layers, *loss;
    int64_t batch, threads;
    bool json;
} options;

static void say(const options *o, const sp_scores *scores, double seconds)
{
    if (o->json) {
        cli_json j = {0};
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "model", o->model);
        cli_json_text(&j, "data", o->data.name);
        cli_json_whole(&j, "samples", scores->rows);
        cli_json_real(&j, "test_loss", scores->loss);
        cli_json_real(&j, "accuracy", scores->accuracy);
        cli_json_real(&j, "seconds", seconds);
        cli_json_close(&j);
        return;
    }
    cli_print_scores(scores);
    printf("%s samples in %s\n", cli_number(scores->rows), cli_duration(seconds));
}

static int eval(options *o)
{
    sp_set_threads((int)o->threads);
    sp_scores scores;
    cli_model model = {0};
    double began = 0;
    sp_iter *test = NULL;
    if (!cli_model_open(&model, o->model, o->layers) || !cli_data_find(&o->data))
        goto done;
    test = cli_data_open(&o->data, SP_USAGE_TEST, o->batch);
    if (!test || !cli_model_fit(&model, cli_data_shape(test)))
        goto done;
    began = cli_clock();
    if (sp_evaluate(model.cell, test, cli_loss_named(o->loss).fn, NULL, &scores) == SP_OK)
        say(o, &scores, cli_clock() - began);
done:
    sp_iter_free(test);
    cli_model_close(&model);
    return sp_error() == SP_OK ? CLI_DONE : cli_failed();
}

static const char about[] = "Prints the loss and the accuracy of a trained network on the test part of --data.";
static const char examples[] = "  spore eval model.mindir --data mnist\n"
                               "  spore eval model.ckpt --layers '" CLI_DEFAULT_LAYERS "'\n"
                               "  spore eval model.mindir --data digits --json\n";

int cli_eval(int count, char **words)
{
    options o = {.data.name = "mnist", .loss = "cross_entropy", .batch = 64};
    const cli_option table[] = {
        CLI_DATA_OPTIONS(o.data),
        {"layers", "LAYERS", CLI_TEXT, &o.layers, "the layers of a .ckpt, as for spore train", 0, 0, NULL},
        {"loss", "NAME", CLI_CHOICE, &o.loss, "cross_entropy, mse or bce (of one-hot labels)", 0, 0, CLI_LOSSES},
        {"batch", "N", CLI_WHOLE, &o.batch, "samples a call", 1, 1 << 20, NULL},
        {"threads", "N", CLI_WHOLE, &o.threads, "at most so many; else OMP_NUM_THREADS, else all", 1, 1024, NULL},
        {"json", NULL, CLI_FLAG, &o.json, "print one JSON object", 0, 0, NULL},
        {0}};
    const cli_usage usage = {"eval", "MODEL", 1, 1, about, table, NULL, examples};
    int status = cli_parse(&usage, count, words, &o.model);
    if (status == CLI_GO_ON)
        status = cli_model_check("eval", o.model, o.layers);
    return status == CLI_GO_ON ? eval(&o) : status;
}
