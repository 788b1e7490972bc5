/* NULL for every pointer of every public function, alone and together: an answer each time, no crash, no leak.
 * null_calls.inc is written by scripts/null_calls.awk from the headers. */
#include "support/test.h"

#include <stdlib.h>
#include <unistd.h>

#include "spore.h"

static void drop_sp_cell(sp_cell *c) { sp_cell_free(c); }
static void drop_sp_dataset(sp_dataset *d) { sp_data_free(d); }
static void drop_sp_iter(sp_iter *it) { sp_iter_free(it); }
static void drop_sp_optim(sp_optim *o) { sp_optim_free(o); }
static void drop_sp_graph(sp_graph *g) { sp_graph_free(g); }
static void drop_sp_compiled(sp_compiled *c) { sp_compiled_free(c); }

static void drop_sp_callback(sp_callback c)
{
    if (c.free)
        c.free(c.user);
}

static sp_list a_function(void *self, sp_list in)
{
    (void)self;
    return in;
}

static sp_dataset *a_dataset(void) { return sp_data_digits(.count = 4); }

TEST(null_for_every_pointer_of_every_public_function)
{
    sp_tensor *two_nulls[10] = {NULL};
    sp_tensor *a_tensor = sp_ones(SP_F32, SP_DIMS(2, 2));
    sp_list a_list = sp_list_of(a_tensor);
    sp_cell *a_cell = sp_nn_dense(2, 2);
    sp_graph *a_graph = sp_trace(a_function, NULL, a_list);
    sp_compiled *a_compiled = sp_compile(a_function, NULL);
    sp_optim *an_optim = sp_optim_sgd(sp_cell_params(a_cell), .lr = 0.1);
    sp_iter *an_iter = sp_iter_new(a_dataset(), .workers = -1);
    assert_non_null(a_graph);
    assert_non_null(an_optim);
    assert_non_null(an_iter);
#include "null_calls.inc"
    sp_optim_free(an_optim);
    sp_cell_free(a_cell);
    sp_graph_free(a_graph);
    sp_compiled_free(a_compiled);
    sp_iter_free(an_iter);
}

TEST(null_in_gives_null_out_and_one_clear_text)
{
    assert_null(sp_relu(sp_matmul(NULL, sp_ones(SP_F32, SP_DIMS(2, 2)))));
    assert_string_equal(sp_error_text(), "matmul: argument 1 is NULL");
    assert_null(sp_add(sp_ones(SP_F32, SP_DIMS(2)), NULL));
    assert_string_equal(sp_error_text(), "matmul: argument 1 is NULL");
}

TEST_MAIN()
