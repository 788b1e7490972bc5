/* cli/cli.h: what the parts of the `spore` command share. It is made of include/ alone, like any program of a user's.
 *
 *   main.c       which command, version, help
 *   options.c    arguments by tables (options.h); the help is written from the same tables
 *   say.c        errors and progress for people, on the standard error output
 *   json.c       results for programs (json.h)
 *   layers.c     "flatten, dense 512, relu": text to layers to a cell (layers.h)
 *   model.c      the models of eval and predict: .mindir, .onnx, or .ckpt with its layers (model.h)
 *   input.c      --input: arrays, tables, pictures (input.h)
 *   data.c       --data: where it lies and the pipeline of the tutorial (data.h)
 *   resume.c     what a checkpoint says about its training (resume.h)
 *   train.c eval.c predict.c info*.c convert.c download.c   a command each (info.h)
 *   graph_inputs.c  inputs for a graph whose file leaves sizes open
 *   bench*.c     spore bench (bench.h) */
#ifndef SP_CLI_CLI_H
#define SP_CLI_CLI_H

#include "spore.h"

/* Exit status. */
enum { CLI_DONE, CLI_FAILED, CLI_MISUSED, CLI_INTERRUPTED = 130 };

/* A command: words[0] is its name. Its scope is open; the exit status is returned. */
typedef struct cli_command {
    const char *name;
    int (*run)(int count, char **words);
    const char *summary;
} cli_command;

int cli_train(int count, char **words);
int cli_eval(int count, char **words);
int cli_predict(int count, char **words);
int cli_info(int count, char **words);
int cli_convert(int count, char **words);
int cli_download(int count, char **words);
int cli_bench(int count, char **words);
int cli_graph(int count, char **words);

/* ---- say.c: all of these write one line "spore: ..." to the standard error output ---- */

/* What went wrong; control characters of the text are shown as '?'. */
void cli_complain(const char *format, ...) SP_PRINTF(1, 2);
/* The library's failure; returns CLI_FAILED, or CLI_INTERRUPTED. */
int cli_failed(void);
/* "spore: COMMAND: ..."; returns CLI_MISUSED. */
int cli_misused(const char *command, const char *format, ...) SP_PRINTF(2, 3);

/* For sp_download_opts and sp_find_mnist: a bar with size, rate and time left, redrawn in place on a terminal; elsewhere one line
 * at the end. Always true. */
bool cli_progress(void *user, const sp_progress *p);

/* "0.25 s", "3 min 20 s" and "2.6 MB", in one of four texts that are used in turn. */
const char *cli_duration(double seconds);
const char *cli_bytes(int64_t bytes);
/* 669706 as "669,706". */
const char *cli_number(int64_t n);

/* Seconds of a clock that never goes back. */
double cli_clock(void);

/* Whether text ends with ending. */
bool cli_ends_with(const char *text, const char *ending);

/* Files of named tensors that are told by their endings. */
#define CLI_TENSORS ".ckpt, .safetensors or .npz"
bool cli_is_tensors(const char *path);
/* Of graphs: .mindir, .onnx. */
bool cli_is_graph(const char *path);

#endif
