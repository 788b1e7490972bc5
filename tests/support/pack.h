/* support/pack.h: packs, files that hold many small ones: "SIZE NAME\n" and the bytes, again and again. In a pack of cases a model is
 * followed by its inputs and what it must give, as .npy. */
#ifndef SPORE_TESTS_SUPPORT_PACK_H
#define SPORE_TESTS_SUPPORT_PACK_H

#include "file/file.h"

typedef struct test_pack_case {
    const char *name; /* of the model's file */
    const uint8_t *model;
    size_t size;
    sp_list in, want;
} test_pack_case;

/* Calls visit for each model, in a scope of its own; names of models end with `ending`, of inputs hold ".in". How many there were;
 * fails the test if the file is no pack. */
int test_pack_visit(const char *path, const char *ending, void (*visit)(const test_pack_case *c, void *user),
                    void *user);

/* Fails the test unless got has want's type, shape and elements, which may differ by 1e-5 + relative * |want|. */
void test_pack_near(const char *what, const sp_tensor *got, const sp_tensor *want, double relative);

/* Runs the case's model, as it was loaded (NULL: it could not be), and compares its results so; frees it. */
void test_pack_check(const test_pack_case *c, sp_graph *g, double relative);

/* Loads the case's model while the n-th allocation fails, n = 1, 2, ... until all is well: each time it is loaded or SP_ERR_NOMEM is
 * recorded. Each time takes one from budget, and at 0 it ends. */
void test_pack_short(const test_pack_case *c, sp_graph *(*load)(const test_pack_case *c), int *budget);

#endif
