/* Runs cases of ONNX: for each folder named on the standard input, model.onnx on in0.npy, in1.npy, ... and compares with out0.npy,
 * ... One line each: "passed NAME", "refused NAME: why" (the file is not supported), "failed NAME: why", "wrong NAME: why".
 * tests/interop/onnx_backend.py makes the cases. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spore/file.h"

#define MAX 64

static int load(sp_tensor **at, const char *folder, const char *what)
{
    char path[512];
    int n = 0;
    for (; n < MAX; n++) {
        snprintf(path, sizeof path, "%s/%s%d.npy", folder, what, n);
        if (access(path, R_OK) != 0)
            break;
        at[n] = sp_npy_read(path);
    }
    return n;
}

/* Where they differ, as text; NULL: they do not. Tolerances are those of ONNX's own tests. */
static const char *differ(const sp_tensor *got, const sp_tensor *want)
{
    static char text[256];
    if (!want) {
        snprintf(text, sizeof text, "the expected result cannot be read: %s", sp_error_text());
        return text;
    }
    if (sp_dtype_of(got) != sp_dtype_of(want) || !sp_shape_equal(sp_shape_of(got), sp_shape_of(want))) {
        snprintf(text, sizeof text, "%s of rank %d, expected %s of rank %d", sp_dtype_name(sp_dtype_of(got)),
                 sp_shape_of(got).rank, sp_dtype_name(sp_dtype_of(want)), sp_shape_of(want).rank);
        return text;
    }
    bool half = sp_dtype_of(want) == SP_F16;
    for (int64_t i = 0; i < sp_size_of(want); i++) {
        double g = sp_at(got, i), w = sp_at(want, i);
        if (g == w || (isnan(g) && isnan(w)) || fabs(g - w) <= (half ? 1e-3 : 1e-7) + 1e-3 * fabs(w))
            continue;
        snprintf(text, sizeof text, "element %lld is %.9g, expected %.9g", (long long)i, g, w);
        return text;
    }
    return NULL;
}

static void run(const char *folder)
{
    char path[512];
    sp_tensor *in[MAX], *want[MAX];
    const char *name = strrchr(folder, '/') ? strrchr(folder, '/') + 1 : folder;
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    sp_graph *g = sp_graph_load(path);
    if (!g) {
        printf("refused %s: %s\n", name, sp_error_text());
        return;
    }
    sp_list out = sp_graph_run(g, sp_list_new(load(in, folder, "in"), in));
    int n = load(want, folder, "out");
    if (out.n == 0)
        printf("failed %s: %s\n", name, sp_error_text());
    else if (out.n != n)
        printf("wrong %s: %d results, expected %d\n", name, out.n, n);
    const char *why = NULL;
    for (int i = 0; out.n == n && i < n && !why; i++)
        why = differ(out.at[i], want[i]);
    if (out.n == n)
        printf("%s %s%s%s\n", why ? "wrong" : "passed", name, why ? ": " : "", why ? why : "");
    sp_graph_free(g);
}

int main(void)
{
    char folder[400];
    while (fgets(folder, sizeof folder, stdin)) {
        folder[strcspn(folder, "\n")] = '\0';
        sp_scope scope = sp_scope_begin();
        run(folder);
        fflush(stdout);
        sp_error_clear();
        sp_scope_end(scope);
    }
    return 0;
}
