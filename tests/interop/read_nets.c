/* read_nets FOLDER [ENDING]: runs every FOLDER/NAME.mindir that export_nets.py made (or NAME.onnx of write_onnx.c) on NAME.input0.npy
 * ... and compares with NAME.expected0.npy ...; where the batch may vary, NAME.batchN.input0.npy .... One line per net that fails; exit status 1 if one did. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spore.h"
#include "support/files.h"
#include "support/npy.h"

static int nets, runs, failed;
static const char *ending = ".mindir";

static sp_list arrays(const char *stem, const char *what)
{
    sp_tensor *at[16];
    int n = 0;
    for (; n < 16; n++) {
        char path[512];
        snprintf(path, sizeof path, "%s.%s%d.npy", stem, what, n);
        FILE *f = fopen(path, "rb");
        if (!f)
            break;
        fclose(f);
        at[n] = test_npy_read(path);
    }
    return sp_list_new(n, at);
}

/* NULL if got is want within the tolerance, else what differs. */
static const char *difference(const sp_tensor *got, const sp_tensor *want, double tolerance)
{
    static char text[128];
    if (sp_dtype_of(got) != sp_dtype_of(want) || !sp_shape_equal(sp_shape_of(got), sp_shape_of(want)))
        return snprintf(text, sizeof text, "%s %s, expected %s %s", sp_dtype_name(sp_dtype_of(got)),
                        sp_shape_str(sp_shape_of(got)), sp_dtype_name(sp_dtype_of(want)),
                        sp_shape_str(sp_shape_of(want))),
               text;
    tolerance = sp_dtype_of(want) == SP_F16 ? 2e-3 : tolerance;
    for (int64_t i = 0; i < sp_size_of(want); i++) {
        double g = sp_at(got, i), w = sp_at(want, i);
        bool close = fabs(g - w) <= tolerance * fmax(1, fabs(w)) || (isnan(g) && isnan(w)) || g == w;
        if (!close)
            return snprintf(text, sizeof text, "element %d is %.9g, expected %.9g", (int)i, g, w), text;
    }
    return NULL;
}

static void fails(const char *path, const char *why)
{
    printf("FAILED %s: %s\n", path, why);
    sp_error_clear();
    failed++;
}

/* Runs g on the arrays of one batch size, if they are there. */
static bool check_run(sp_graph *g, const char *path, const char *stem)
{
    sp_scope scope = sp_scope_begin();
    sp_list want = arrays(stem, "expected");
    if (want.n > 0) {
        sp_list got = sp_graph_run(g, arrays(stem, "input"));
        const char *why = got.n == 0 ? sp_error_text() : got.n != want.n ? "another number of results" : NULL;
        for (int i = 0; i < got.n && !why; i++)
            why = difference(got.at[i], want.at[i], strstr(stem, "-BFloat16") ? 1.6e-2 : 1e-5); /* two steps */
        if (why)
            fails(path, why);
        runs++;
    }
    sp_scope_end(scope);
    return want.n > 0;
}

static void check_net(const char *path, void *user)
{
    (void)user;
    char stem[512], batch[560];
    snprintf(stem, sizeof stem, "%.*s", (int)(strlen(path) - strlen(ending)), path);
    sp_graph *g = sp_graph_load(path);
    nets++;
    if (!g)
        fails(path, sp_error_text());
    bool any = g && check_run(g, path, stem);
    for (int n = 1; g && n < 64; n++) {
        snprintf(batch, sizeof batch, "%s.batch%d", stem, n);
        any = check_run(g, path, batch) || any;
    }
    if (g && !any)
        fails(path, "nothing to run it on");
    sp_graph_free(g);
}

int main(int count, char **arguments)
{
    if (count < 2 || count > 3) {
        fprintf(stderr, "usage: read_nets FOLDER [ENDING]\n");
        return 2;
    }
    ending = count > 2 ? arguments[2] : ending;
    test_files_visit(arguments[1], ending, check_net, NULL);
    printf("%d nets in %d runs, %d failures\n", nets, runs, failed);
    sp_shutdown();
    return failed > 0 || nets == 0;
}
