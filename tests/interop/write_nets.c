/* write_nets FOLDER: files for check_mindspore.py. For every net of support/nets.c NAME.mindir with NAME.input0.npy
 * ... and NAME.expected0.npy ..., as Spore computes them; a net of most layers with its checkpoint; a checkpoint
 * of all types that both MindSpore 2.0 and 2.10 know. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spore.h"
#include "support/nets.h"

static int failed;

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", what, sp_error_text());
    sp_error_clear();
    failed++;
}

/* numpy's format, version 1.0. */
static bool write_npy(const char *path, const sp_tensor *t)
{
    static const char *const codes[] = {
        [SP_F32] = "<f4", [SP_F64] = "<f8", [SP_F16] = "<f2", [SP_I8] = "|i1",  [SP_I16] = "<i2", [SP_I32] = "<i4",
        [SP_I64] = "<i8", [SP_U8] = "|u1",  [SP_U16] = "<u2", [SP_U32] = "<u4", [SP_U64] = "<u8", [SP_BOOL] = "|b1"};
    sp_shape shape = sp_shape_of(t);
    char header[320], dims[192] = "";
    for (int i = 0; i < shape.rank; i++)
        snprintf(dims + strlen(dims), sizeof dims - strlen(dims), "%" PRId64 ",", shape.dim[i]);
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", codes[sp_dtype_of(t)],
             dims);
    FILE *f = fopen(path, "wb");
    if (!f)
        return false;
    size_t size = (size_t)sp_size_of(t) * sp_dtype_size(sp_dtype_of(t));
    fprintf(f, "\x93NUMPY%c%c%c%c%-*s\n", 1, 0, 182, 0, 181, header);
    bool ok = fwrite(sp_data(t), 1, size, f) == size;
    return fclose(f) == 0 && ok;
}

static void write_arrays(const char *folder, const char *name, const char *what, sp_list list)
{
    for (int i = 0; i < list.n; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s.%s%d.npy", folder, name, what, i);
        check(list.at[i] && write_npy(path, list.at[i]), path);
    }
}

static void write_net(const char *folder, const test_net *net)
{
    sp_scope scope = sp_scope_begin();
    char path[512];
    sp_list in = test_net_inputs(net);
    sp_graph *g = sp_trace(net->fn, NULL, in);
    snprintf(path, sizeof path, "%s/%s.mindir", folder, net->name);
    check(g && sp_graph_save(g, path) == SP_OK, net->name);
    write_arrays(folder, net->name, "input", in);
    write_arrays(folder, net->name, "expected", net->fn(NULL, in));
    sp_graph_free(g);
    sp_scope_end(scope);
}

/* Layers with parameters: the graph and the checkpoint must agree. */
static void write_cell(const char *folder)
{
    sp_scope scope = sp_scope_begin();
    sp_set_seed(1);
    sp_cell *net = sp_nn_sequential(
        sp_nn_conv2d(1, 6, 5, .pad_mode = SP_PAD_VALID), sp_nn_relu(), sp_nn_max_pool2d(2, 2),
        sp_nn_conv2d(6, 8, 3, .has_bias = true), sp_nn_batch_norm2d(8, .gamma_init = sp_init_constant(0.7)),
        sp_nn_sigmoid(), sp_nn_avg_pool2d(2, 2), sp_nn_dropout(0.5), sp_nn_flatten(), sp_nn_dense(128, 16),
        sp_nn_layer_norm(.shape = SP_DIMS(16)), sp_nn_gelu(true), sp_nn_dense(16, 4), sp_nn_softmax(-1));
    sp_list in = sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(2, 1, 20, 20)));
    char path[512];
    snprintf(path, sizeof path, "%s/cell.mindir", folder);
    check(sp_export(net, in, path) == SP_OK, path);
    snprintf(path, sizeof path, "%s/cell.ckpt", folder);
    check(sp_save_checkpoint(net, path) == SP_OK, path);
    write_arrays(folder, "cell", "input", in);
    write_arrays(folder, "cell", "expected", sp_list_of(sp_cell_call(net, in)));
    sp_cell_free(net);
    sp_scope_end(scope);
}

static void write_types(const char *folder)
{
    sp_entry e[16] = {{0}};
    int n = 0;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++)
        if (d != SP_BF16) /* MindSpore 2.0 refuses the whole file for one */
            e[n++] = (sp_entry){.name = sp_dtype_name((sp_dtype)d), .tensor = sp_ones((sp_dtype)d, SP_DIMS(2, 3))};
    e[n++] = (sp_entry){.name = "number", .tensor = sp_scalar(0.5, SP_F32)};
    e[n++] = (sp_entry){.name = "note", .text = "na\xc3\xafve \xe8\xae\xad\xe7\xbb\x83"};
    char path[512];
    snprintf(path, sizeof path, "%s/types.ckpt", folder);
    check(sp_ckpt_write(path, n, e) == SP_OK, path);
}

/* The state of a training: all of its records must load. */
static void write_state(const char *folder)
{
    sp_cell *net = sp_nn_sequential(sp_nn_dense(4, 5), sp_nn_batch_norm1d(5), sp_nn_dense(5, 2));
    sp_optim *adam = sp_optim_adam(sp_cell_params(net));
    sp_iter *data = sp_iter_new(sp_data_digits(.count = 4));
    const sp_note note = {.name = "layers", .text = "dense 5, bn, dense 2"};
    const sp_train_state s = {net, adam, .epoch = 1, .data = data, .notes = {&note, 1}};
    char path[512];
    snprintf(path, sizeof path, "%s/state.ckpt", folder);
    check(sp_train_save(path, &s) == SP_OK, path);
    sp_iter_free(data);
    sp_optim_free(adam);
    sp_cell_free(net);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: write_nets FOLDER\n");
        return 2;
    }
    for (int i = 0; i < test_nets_count; i++)
        write_net(arguments[1], &test_nets[i]);
    write_cell(arguments[1]);
    write_types(arguments[1]);
    write_state(arguments[1]);
    printf("%d nets, %d failures\n", test_nets_count, failed);
    sp_shutdown();
    return failed > 0;
}
