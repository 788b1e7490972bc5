/* read_nets FOLDER: runs every FOLDER/NAME.mindir that export_nets.py made on NAME.input0.npy ... and compares with
 * NAME.expected0.npy .... One line per net that fails; exit status 1 if one did. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spore.h"
#include "support/files.h"
#include "support/npy.h"

static int nets, failed;

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
static const char *difference(const sp_tensor *got, const sp_tensor *want)
{
    static char text[128];
    if (sp_dtype_of(got) != sp_dtype_of(want) || !sp_shape_equal(sp_shape_of(got), sp_shape_of(want)))
        return snprintf(text, sizeof text, "%s %s, expected %s %s", sp_dtype_name(sp_dtype_of(got)),
                        sp_shape_str(sp_shape_of(got)), sp_dtype_name(sp_dtype_of(want)),
                        sp_shape_str(sp_shape_of(want))),
               text;
    double tolerance = sp_dtype_of(want) == SP_F16 ? 2e-3 : 1e-5;
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

static void check_net(const char *path, void *user)
{
    (void)user;
    sp_scope scope = sp_scope_begin();
    char stem[512];
    snprintf(stem, sizeof stem, "%.*s", (int)(strlen(path) - strlen(".mindir")), path);
    sp_graph *g = sp_graph_load(path);
    sp_list want = arrays(stem, "expected");
    sp_list got = g ? sp_graph_run(g, arrays(stem, "input")) : (sp_list){0};
    const char *why = got.n == 0 ? sp_error_text() : got.n != want.n ? "another number of results" : NULL;
    for (int i = 0; i < got.n && !why; i++)
        why = difference(got.at[i], want.at[i]);
    nets++;
    if (why)
        fails(path, why);
    sp_graph_free(g);
    sp_scope_end(scope);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: read_nets FOLDER\n");
        return 2;
    }
    test_files_visit(arguments[1], ".mindir", check_net, NULL);
    printf("%d nets, %d failures\n", nets, failed);
    sp_shutdown();
    return failed > 0 || nets == 0;
}
