/* support/formats.c: a line for each format at the end. */
#include "support/formats.h"

#include <stdio.h>
#include <stdlib.h>

#include "spore/data.h"
#include "spore/nn.h"
#include "support/read_formats.h"

/* The value that all numbers of t have, if `so_far` (or any, for 0) is it too; -2 if there are others. */
static int same(sp_tensor *t, int so_far)
{
    int64_t n = sp_size_of(t);
    double value = n > 0 ? sp_at(t, 0) : so_far;
    for (int64_t i = 0; i<n; i += n> 1000000 ? 997 : 1)
        if (sp_at(t, i) != value)
            return -2;
    return so_far == 0 || value == so_far ? (int)value : -2;
}

/* ---- .npy ---- */

static sp_status save_npy(const char *path, int value, int64_t size)
{
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = sp_full(value, SP_F32, SP_DIMS(size));
    sp_status st = t ? sp_npy_write(path, t) : sp_error();
    sp_scope_end(scope);
    return st;
}

static int load_npy(const char *path)
{
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = sp_npy_read(path);
    int value = t ? same(t, 0) : -1;
    sp_scope_end(scope);
    return value;
}

/* ---- named tensors, by the file's ending: two tensors, one of another type, and a text ---- */

static sp_status save_named(const char *path, int value, int64_t size)
{
    sp_scope scope = sp_scope_begin();
    const sp_entry e[] = {{.name = "fc.weight", .tensor = sp_full(value, SP_F32, SP_DIMS(size / 2))},
                          {.name = "fc.bias", .tensor = sp_full(value, SP_I32, SP_DIMS(size / 4, 2))},
                          {.name = "note", .text = "a text"}};
    sp_status st = e[0].tensor && e[1].tensor ? sp_tensors_write(path, 3, e) : sp_error();
    sp_scope_end(scope);
    return st;
}

static sp_status save_many_named(const char *path, int64_t n)
{
    sp_scope scope = sp_scope_begin();
    sp_entry *e = calloc((size_t)n, sizeof *e);
    char(*names)[32] = calloc((size_t)n, sizeof *names);
    sp_tensor *one = sp_ones(SP_I8, SP_SCALAR); /* the smallest record there is */
    for (int64_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof *names, "%llx", (long long)i);
        e[i] = (sp_entry){.name = names[i], .tensor = one};
    }
    sp_status st = sp_tensors_write(path, (int)n, e);
    free(names);
    free(e);
    sp_scope_end(scope);
    return st;
}

static int load_named(const char *path)
{
    sp_scope scope = sp_scope_begin();
    sp_entries e;
    int value = sp_tensors_read(path, &e) == SP_OK ? 0 : -1;
    for (int i = 0; i < e.n && value >= 0; i++)
        if (e.at[i].tensor)
            value = same(e.at[i].tensor, value);
    sp_scope_end(scope);
    return value;
}

#if SPORE_HAVE_PROTOBUF

/* ---- .mindir, .onnx: a Dense layer ---- */

static int all_same(sp_list list)
{
    int value = 0;
    for (int i = 0; i < list.n && value >= 0; i++)
        value = same(list.at[i], value);
    return value;
}

static sp_status save_graph(const char *path, int value, int64_t size)
{
    sp_scope scope = sp_scope_begin();
    sp_cell *net = sp_nn_dense(8, size / 8);
    sp_list params = net ? sp_cell_all_params(net) : (sp_list){0};
    for (int i = 0; i < params.n; i++)
        sp_assign(params.at[i], sp_full(value, SP_F32, sp_shape_of(params.at[i])));
    sp_status st = sp_error() == SP_OK ? sp_export(net, sp_list_of(sp_ones(SP_F32, SP_DIMS(1, 8))), path) : sp_error();
    sp_cell_free(net);
    sp_scope_end(scope);
    return st;
}

static sp_list many_nodes(void *self, sp_list in)
{
    sp_tensor *x = in.at[0];
    for (int64_t i = 0; x && i < *(int64_t *)self; i++)
        x = i % 2 ? sp_relu(x) : sp_tanh(x);
    return sp_list_of(x);
}

static sp_status save_many_nodes(const char *path, int64_t n)
{
    sp_scope scope = sp_scope_begin();
    sp_graph *g = sp_trace(many_nodes, &n, sp_list_of(sp_ones(SP_F32, SP_DIMS(2))));
    sp_status st = g ? sp_graph_save(g, path) : sp_error();
    sp_graph_free(g);
    sp_scope_end(scope);
    return st;
}

static int load_graph(const char *path)
{
    sp_scope scope = sp_scope_begin();
    sp_graph *g = sp_graph_load(path);
    sp_cell *net = g ? sp_nn_graph(g) : NULL;
    int value = net ? all_same(sp_cell_all_params(net)) : -1;
    if (sp_error() != SP_OK)
        value = -1;
    sp_cell_free(net);
    sp_scope_end(scope);
    return value;
}

#endif

/* ---- what is only read ---- */

/* Takes the tensor's value, and what was made on the way goes. */
static int value_of(sp_tensor *t, sp_scope scope)
{
    int value = t ? same(t, 0) : -1;
    sp_scope_end(scope);
    return value;
}

static int load_csv(const char *path)
{
    sp_scope scope = sp_scope_begin();
    const char *const *names;
    return value_of(sp_csv_read(path, &names), scope);
}

static int load_idx(const char *path)
{
    sp_scope scope = sp_scope_begin();
    return value_of(sp_idx_read(path), scope);
}

#if defined(SPORE_HAVE_PNG) || defined(SPORE_HAVE_JPEG)
static int load_image(const char *path)
{
    sp_scope scope = sp_scope_begin();
    return value_of(sp_image_read(path, 1), scope);
}
#endif

const test_format test_formats[] = {
    {"npy", save_npy, NULL, 0, load_npy, false},
    {"npz", save_named, save_many_named, 0, load_named, false},
#if defined(SPORE_HAVE_JANSSON)
    {"safetensors", save_named, save_many_named, 0, load_named, false},
#endif
#if SPORE_HAVE_PROTOBUF
    {"ckpt", save_named, save_many_named, 103000, load_named, false},
    {"mindir", save_graph, save_many_nodes, 40990, load_graph, false},
    {"onnx", save_graph, save_many_nodes, 39990, load_graph, false},
#endif
    {"csv", test_csv_write, test_csv_write_rows, 0, load_csv, false},
    {"idx", test_idx_write, NULL, 0, load_idx, true},
#if defined(SPORE_HAVE_PNG)
    {"png", test_png_write, NULL, 0, load_image, false},
#endif
#if defined(SPORE_HAVE_JPEG)
    {"jpg", test_jpeg_write, NULL, 0, load_image, false},
#endif
};

#if defined(SPORE_HAVE_JANSSON)
#define WITH_JSON 1
#else
#define WITH_JSON 0
#endif
#if SPORE_HAVE_PROTOBUF
#define WITH_PROTOBUF 1
#else
#define WITH_PROTOBUF 0
#endif
const int test_formats_count = 2 + WITH_JSON + 3 * WITH_PROTOBUF;
const int test_read_formats_count = (int)(sizeof test_formats / sizeof *test_formats);
