/* support/rows.h: small pipelines for tests, and what comes out of them as text. */
#ifndef SPORE_TESTS_ROWS_H
#define SPORE_TESTS_ROWS_H

#include "spore/data.h"

/* Rows first, first + 1, ... (n of them) of Int64 numbers in a column; not shuffled. */
sp_dataset *rows_of(int64_t first, int64_t n, const char *column);

/* One epoch of it as text: rows with spaces between, batches in brackets, columns of a row with '/': "0/5 1/6", "[0 1] [2]".
 * "!" and the error's text follow if it failed. Static text, good for 4 calls. */
const char *rows_epoch(sp_iter *it);

/* The same of a dataset (taken) read with this many workers. */
const char *rows_text(sp_dataset *ds, int workers);

#endif
