/* train/train.h: the inside of the training loop.
 *
 *   fit.c         the loop
 *   evaluate.c    scores
 *   state.c       the whole state, in a checkpoint
 *   callbacks.c   loss monitor, checkpoints, early stopping
 *   progress.c    the progress bar
 *   interrupt.c   Ctrl-C, requests to stop */
#ifndef SP_TRAIN_TRAIN_H
#define SP_TRAIN_TRAIN_H

#include <stdio.h>

#include "base/base.h"
#include "spore/train.h"

/* ---- interrupt.c ---- */

/* A place in the sequence of requests to stop; whether there was one after it. */
int sp__stop_mark(void);
bool sp__stop_asked(int mark);

/* Makes the first SIGINT from now on a request to stop; the second one does what it did before. Nests, from any threads. */
void sp__interrupt_begin(void);
void sp__interrupt_end(void);

/* ---- callbacks.c ---- */

/* Where a callback was asked to write: the FILE, or standard output for NULL. */
FILE *sp__callback_file(void *file);

/* ---- fit.c ---- */

/* Loss of a batch as a single number: `loss` (NULL: cross entropy) of the net's output and columns 1, 2, ... In `out`, if not
 * NULL, the output. NULL and the reason on failure. */
sp_tensor *sp__batch_loss(const char *op, sp_cell *net, sp_fn loss, void *loss_self, sp_list batch, sp_tensor **out);

/* Which cells of a tree are training. */
typedef struct sp__modes {
    bool *on;
    int64_t n;
} sp__modes;
/* Notes them and sets all to `training`; false and SP_ERR_NOMEM: nothing is changed. */
bool sp__modes_set(sp__modes *m, sp_cell *net, bool training);
void sp__modes_restore(sp__modes *m, sp_cell *net);

#endif
