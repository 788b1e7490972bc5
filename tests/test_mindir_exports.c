/* What MindSpore itself exports, version by version: every operator that tests/interop/export_nets.py knows, with its own results.
 * The packs are made by `export_nets.py FOLDER PACK`. */
#if SPORE_HAVE_PROTOBUF
#include "support/test.h"

#include "support/pack.h"

#include "file/mindir.h"

static sp_graph *load(const test_pack_case *c)
{
    sp__source s;
    return sp__source_memory(&s, "mindir", c->model, c->size) == SP_OK ? sp__mindir_load_source(&s, NULL) : NULL;
}

static void run(const test_pack_case *c, void *user)
{
    (void)user;
    test_pack_check(c, load(c), 1e-5);
}

TEST(exports_of_mindspore_2_10_give_what_it_gives)
{
    assert_true(test_pack_visit("tests/fixtures/mindspore/2.10.0/exports.pack", ".mindir", run, NULL) > 170);
}

TEST(exports_of_mindspore_2_0_give_what_it_gives)
{
    assert_true(test_pack_visit("tests/fixtures/mindspore/2.0.0/exports.pack", ".mindir", run, NULL) > 140);
}

/* Forms that no export has; NumPy's results. Made by tests/refused/make_mindir.py. */
TEST(other_forms_of_operators_give_what_numpy_gives)
{
    assert_true(test_pack_visit("tests/fixtures/mindir_forms.pack", ".mindir", run, NULL) > 25);
}

/* Cut off anywhere a file is refused: whatever comes before a missing part has been read by then. */
static void cut(const test_pack_case *c, void *user)
{
    (void)user;
    for (size_t n = 1; n < c->size; n += c->size / 16 + 1) {
        sp__source s;
        assert_int_equal(sp__source_memory(&s, "mindir", c->model, n), SP_OK);
        sp_graph *g = sp__mindir_load_source(&s, NULL);
        assert_true((g != NULL) == (sp_error() == SP_OK));
        sp_graph_free(g);
        sp_error_clear();
    }
}

TEST(a_part_of_an_export_is_read_or_refused)
{
    test_pack_visit("tests/fixtures/mindspore/2.10.0/exports.pack", ".mindir", cut, NULL);
}

static void short_of_memory(const test_pack_case *c, void *budget) { test_pack_short(c, load, budget); }

TEST(without_memory_no_export_is_read)
{
    int budget = 40000;
    test_pack_visit("tests/fixtures/mindspore/2.10.0/exports.pack", ".mindir", short_of_memory, &budget);
    test_pack_visit("tests/fixtures/mindir_forms.pack", ".mindir", short_of_memory, &budget);
    assert_true(budget > 0);
}

TEST_MAIN()

#else

int main(void) { return 77; /* skipped: nothing can be read */ }

#endif
