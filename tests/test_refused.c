/* tests/refused/FORMAT/: files with one fault each. expected.txt says how each is refused: name, status, a part of
 * the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spore/file.h"
#include "support/files.h"

static sp_status read_tensors(const char *path)
{
    sp_entries e;
    return sp_tensors_read(path, &e);
}

#if SPORE_HAVE_PROTOBUF
static sp_status read_graph(const char *path)
{
    sp_graph *g = sp_graph_load(path);
    sp_graph_free(g);
    return g ? SP_OK : sp_error();
}
#endif

static sp_status status_named(const char *name)
{
#define X(code, text)             \
    if (strcmp(name, #code) == 0) \
        return SP_ERR_##code;
    SP_ERRORS(X)
#undef X
    return SP_OK;
}

static void ignore(const char *path, void *user) { (void)path, (void)user; }

/* One line of expected.txt. */
static void check_line(const char *folder, char *line, sp_status (*read)(const char *path))
{
    char *name = strtok(line, "\t"), *status = strtok(NULL, "\t"), *says = strtok(NULL, "\n");
    assert_non_null(says);
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    sp_error_clear();
    sp_scope scope = sp_scope_begin();
    sp_status st = read(path);
    sp_scope_end(scope);
    if (st == SP_OK || st != status_named(status) || st != sp_error() || !strstr(sp_error_text(), says))
        fail_msg("%s: status %d, '%s'; expected %s, '%s'", name, (int)st, sp_error_text(), status, says);
    sp_error_clear();
    sp_shutdown();
    assert_int_equal(sp_mem_stats_get().live_blocks, 0);
}

static void check_folder(const char *folder, const char *ending, sp_status (*read)(const char *path))
{
    char path[256], line[512];
    snprintf(path, sizeof path, "%s/expected.txt", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    int lines = 0;
    for (; fgets(line, sizeof line, f); lines++)
        check_line(folder, line, read);
    fclose(f);
    assert_int_equal(lines, test_files_visit(folder, ending, ignore, NULL)); /* none is left out */
    assert_true(lines > 20);
}

#if SPORE_HAVE_PROTOBUF
static void broken_checkpoints_are_refused_with_their_fault(void **state)
{
    (void)state;
    check_folder("tests/refused/ckpt", ".ckpt", read_tensors);
}

static void broken_graphs_are_refused_with_their_fault(void **state)
{
    (void)state;
    check_folder("tests/refused/mindir", ".mindir", read_graph);
}

static void broken_onnx_graphs_are_refused_with_their_fault(void **state)
{
    (void)state;
    check_folder("tests/refused/onnx", ".onnx", read_graph);
}
#endif

#if SPORE_HAVE_JANSSON
static void broken_safetensors_are_refused_with_their_fault(void **state)
{
    (void)state;
    check_folder("tests/refused/safetensors", ".safetensors", read_tensors);
}
#endif

#if SPORE_HAVE_ZLIB
static void broken_archives_are_refused_with_their_fault(void **state)
{
    (void)state;
    check_folder("tests/refused/npz", ".npz", read_tensors);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#if SPORE_HAVE_PROTOBUF
        cmocka_unit_test(broken_checkpoints_are_refused_with_their_fault),
        cmocka_unit_test(broken_graphs_are_refused_with_their_fault),
        cmocka_unit_test(broken_onnx_graphs_are_refused_with_their_fault),
#endif
#if SPORE_HAVE_JANSSON
        cmocka_unit_test(broken_safetensors_are_refused_with_their_fault),
#endif
#if SPORE_HAVE_ZLIB
        cmocka_unit_test(broken_archives_are_refused_with_their_fault),
#endif
        {0}
    };
    size_t n = sizeof tests / sizeof *tests - 1;
    if (n == 0)
        return 77; /* skipped: nothing can be read */
    return _cmocka_run_group_tests("refused", tests, n, NULL, NULL);
}
