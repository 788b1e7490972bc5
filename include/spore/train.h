/* spore/train.h: the training loop, ready-made: metrics, callbacks, clean stops. */
#ifndef SPORE_TRAIN_H
#define SPORE_TRAIN_H

#include "data.h"
#include "file.h"
#include "optim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A fact about a training, for sp_train_save(): "layers", "flatten, dense 10". */
typedef struct sp_note {
    const char *name, *text;
    bool may_change; /* sp_train_resume() does not compare it */
} sp_note;

typedef struct sp_notes {
    const sp_note *at;
    int n;
} sp_notes;

/* What callbacks see. Epochs and steps count from 1, as MindSpore prints them. */
typedef struct sp_train_state {
    sp_cell *net;
    sp_optim *optimizer;
    int epoch, epochs;
    int64_t step, steps; /* in this epoch; steps -1: not known                          */
    int64_t total_steps; /* since the start                                             */
    double loss;         /* of this step                                                */
    double epoch_loss;   /* mean so far in this epoch                                   */
    double seconds;      /* since the epoch began, or this epoch was gone on with       */
    double loss_sum;     /* of the steps of this epoch                                  */
    sp_iter *data;
    sp_iter_place left; /* where it stood when training was stopped within an epoch; else all 0 */
    sp_notes notes;
} sp_train_state;

typedef enum sp_event { SP_TRAIN_BEGIN, SP_EPOCH_BEGIN, SP_STEP_END, SP_EPOCH_END, SP_TRAIN_END } sp_event;

/* A callback returns false to stop training cleanly: sp_fit() then returns SP_OK, or the failure that was recorded. All callbacks
 * hear of each event, in order; of SP_TRAIN_END also after a failure (sp_error() is set then), of SP_EPOCH_END only if the epoch was
 * complete. `free` (may be NULL) is called once at the end of sp_fit(), also if that refuses its options. */
typedef struct sp_callback {
    bool (*on)(void *user, sp_event event, const sp_train_state *s);
    void (*free)(void *user);
    void *user;
} sp_callback;

/* Loss of a batch: sp_fn called with (output of the net, label columns ...) giving a scalar. NULL in the options below:
 * cross entropy, mean. */
typedef struct sp_fit_opts {
    int _;
    sp_cell *net;
    sp_optim *optimizer;
    sp_iter *data; /* column 0: input, column 1: label                            */
    int epochs;    /* 0: 1                                                        */
    sp_fn loss;
    void *loss_self;
    int n_callbacks; /* how many are in callbacks: SP_ERR_VALUE where it is left out       */
    const sp_callback *callbacks;
    const char *resume; /* go on with the training that was saved in this file: see sp_train_resume()  */
    sp_notes notes;     /* go into states that are saved, and are compared with those of `resume`      */
    bool compile; /* the step is compiled (sp_compile): for nets and losses that do not look at the values of tensors */
    bool
        catch_interrupt; /* Ctrl-C (SIGINT) ends the step, calls TRAIN_END, returns SP_ERR_INTERRUPTED; a second one does what
                           * it would do without us */
} sp_fit_opts;

/* Trains: the optimizer's parameters, by the gradients of the loss. The net and all cells in it are in training mode during it
 * and in their former modes afterwards. SP_ERR_INTERRUPTED, the failure of the data, the net, the loss, a step or a callback;
 * SP_ERR_SHAPE (a loss of more than one element), SP_ERR_VALUE (options, no batch in an epoch). A failure that is carried already is
 * returned at once. What was learnt until then stays learnt. */
SP_API sp_status sp_fit_with(const sp_fit_opts *opts);
#define sp_fit(...) sp_fit_with(&(sp_fit_opts){._ = 0, __VA_ARGS__})

/* ---- the whole state of a training, in a .ckpt: what is resumed ends with the same bits as what was never stopped ---- */

/* Writes the net's parameters (statistics, too), the optimizer's state under MindSpore's names, epoch_num and step_num; and, in records
 * whose names begin with "spore.", what else the next step depends on: the exact numbers of the optimizer, the place in the epoch,
 * the calling thread's random stream, where `data` stand and draw from, the notes. sp_load_checkpoint(), and MindSpore, load the net
 * from it as from any other. docs/formats/ckpt.md lists the records.
 *
 * In a loop of one's own: net; optimizer, data (each may be NULL: is not saved then); epoch and step as they are under way (both from
 * 1, so step 0 is the beginning of an epoch), total_steps, notes. Where data are given, their end of the epoch is the epoch's end.
 * SP_ERR_VALUE, and as sp_ckpt_write(). */
SP_API sp_status sp_train_save(const char *path, const sp_train_state *s);

/* The same way back: s has the net, optimizer, data and notes, made as for the training that was saved (what it had, this must have);
 * they are filled and put in place, the calling thread's random stream too, and s says where to go on: epoch (from 1) and its step
 * (how many were taken already), total_steps, loss_sum and epoch_loss. Then
 *
 *     for (int e = s.epoch; e <= epochs; e++)
 *         while (sp_iter_next(s.data, &batch)) ...
 *
 * goes on with the next batch. The learning rate is what it was; schedules go by total_steps. SP_ERR_VALUE: another optimizer or other
 * options of it, another number of batches, a note that differs (both are named), no state of a training in the file; SP_ERR_FORMAT,
 * SP_ERR_SHAPE, SP_ERR_DTYPE, SP_ERR_IO: as sp_load_checkpoint(). Nothing is changed on an error (data that cannot be put in place
 * begin an epoch). */
SP_API sp_status sp_train_resume(const char *path, sp_train_state *s);

/* The notes of a file, in the current scope: to make the training that it goes on with. SP_ERR_VALUE: no state in it. */
SP_API sp_status sp_train_notes(const char *path, sp_notes *out);

/* Fills the optimizer's state (sp_optim_state) from records: those of MindSpore's own checkpoints of optimizers and train steps
 * too. strict and result as in sp_load_entries(). */
SP_API sp_status sp_load_optimizer(sp_optim *o, sp_entries entries, bool strict, sp_load_result *result);

typedef struct sp_scores {
    double loss;     /* mean over batches, as the tutorial's test loop             */
    double accuracy; /* in [0, 1]: argmax of the output over axis 1 equals the label; NAN without integer labels */
    int64_t rows;
} sp_scores;

/* Evaluates in evaluation mode; afterwards all cells are in their former modes. loss as in sp_fit_opts. scores is filled on
 * success; failures as sp_fit()'s. */
SP_API sp_status sp_evaluate(sp_cell *net, sp_iter *data, sp_fn loss, void *loss_self, sp_scores *scores);

/* ---- ready-made callbacks: one that cannot be made is empty, and sp_fit() returns the failure that was recorded ---- */

/* "epoch: 1 step: 100, loss is 0.4269" every n steps, as MindSpore's LossMonitor, to file (a FILE *; NULL: standard output). */
SP_API sp_callback sp_loss_monitor(int64_t every, void *file);

/* A line that shows epoch, step, loss, rate and the time left; on a terminal it is redrawn in place, elsewhere one line an epoch. */
SP_API sp_callback sp_progress_bar(void *file);

/* Saves the net to path at the end of each epoch (every = 0), every n steps, and when training is stopped or interrupted. */
SP_API sp_callback sp_checkpoint_callback(const char *path, int64_t every);

/* The same with the whole state (sp_train_save), for sp_fit(.resume = path). It should be the last of the callbacks: what those after
 * it do (draw random numbers, change the learning rate) is not in the file. */
SP_API sp_callback sp_state_callback(const char *path, int64_t every);

/* Ends training when the mean loss of `patience` epochs in a row was not below the best by min_delta. */
SP_API sp_callback sp_early_stopping(int patience, double min_delta);

/* Asks every running sp_fit(), of any thread, to stop after its step and to return SP_ERR_INTERRUPTED; safe in a signal
 * handler. */
SP_API void sp_request_stop(void);

#ifdef __cplusplus
}
#endif
#endif
