/* write_onnx FOLDER: files for check_onnx.py. NAME.onnx with NAME.input0.npy ... and NAME.expected0.npy ..., as Spore computes
 * them, of every net of support/nets.c, of every case of support/op_cases.c in every type that it can have, and of cells. Where the
 * batch size may vary: NAME.batchN.input0.npy ... too. MindSpore's own nets in tests/fixtures as well, with MindSpore's outputs: to be
 * started in the root of the source. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/onnx_write.h"
#include "graph/graph.h"
#include "ops/op.h"
#include "spore.h"
#include "support/files.h"
#include "support/nets.h"
#include "support/npy.h"
#include "support/op_cases.h"

static int failed, written, refused;
static const char *folder;

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", what, sp_error_text());
    sp_error_clear();
    failed++;
}

static const char *path_of(const char *name, const char *end)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, end);
    return path;
}

static void write_arrays(const char *name, const char *what, sp_list list)
{
    for (int i = 0; i < list.n; i++) {
        char end[64];
        snprintf(end, sizeof end, ".%s%d.npy", what, i);
        check(list.at[i] && sp_npy_write(path_of(name, end), list.at[i]) == SP_OK, path_of(name, end));
    }
}

static void write_pair(const char *name, sp_list in, sp_list out)
{
    check(out.n > 0, name);
    write_arrays(name, "input", in);
    write_arrays(name, "expected", out);
}

/* ---- nets ---- */

static void write_net(const test_net *net)
{
    sp_scope scope = sp_scope_begin();
    sp_list in = test_net_inputs(net);
    sp_graph *g = sp_trace(net->fn, NULL, in);
    char name[128];
    snprintf(name, sizeof name, "net-%s", net->name);
    check(g && sp_graph_save(g, path_of(name, ".onnx")) == SP_OK, name);
    write_pair(name, in, net->fn(NULL, in));
    written++;
    sp_graph_free(g);
    sp_scope_end(scope);
}

/* ---- nets of any batch size ---- */

static sp_list call_net(sp_cell *self, sp_list in) { return (*(const test_net **)sp_cell_state(self))->fn(NULL, in); }

/* The first n rows of x over and over, if it has the batch's number of them. */
static sp_tensor *rows_of(sp_tensor *x, int64_t batch, int64_t n)
{
    if (sp_shape_of(x).rank == 0 || sp_shape_of(x).dim[0] != batch)
        return x;
    return sp_index(sp_concat(sp_list_of(x, x), 0), sp_span(0, n));
}

static void write_net_of_any_batch(const test_net *net)
{
    sp_scope scope = sp_scope_begin();
    sp_cell *c =
        sp_cell_new(&(sp_cell_desc){.type = net->name, .construct = call_net, .state = &net, .size = sizeof net});
    sp_list in = test_net_inputs(net);
    char name[128], at[160];
    snprintf(name, sizeof name, "any-%s", net->name);
    if (sp_export_with(c, in, path_of(name, ".onnx"), &(sp_export_opts){.dynamic_batch = true}) != SP_OK) {
        printf("%s\n", sp_error_text());
        sp_error_clear();
    } else {
        int64_t batch = sp_shape_of(in.at[0]).dim[0];
        written++;
        for (int64_t n = batch; n <= 2 * batch; n += SP__MAX(batch - 1, 1)) {
            sp_tensor *x[4];
            for (int i = 0; i < in.n; i++)
                x[i] = rows_of(in.at[i], batch, n);
            sp_list list = sp_list_new(in.n, x);
            snprintf(at, sizeof at, "%s.batch%d", name, (int)n);
            write_pair(at, list, net->fn(NULL, list));
        }
    }
    sp_cell_free(c);
    sp_scope_end(scope);
}

/* ---- cases of ops ---- */

/* BFloat16, which NumPy lacks, comes and goes as Float32. */
typedef struct one_op {
    const sp__op *op;
    bool bfloat;
    _Alignas(16) char attrs[OP_CASE_ATTR_BYTES];
    int n;
    sp_tensor *in[OP_CASE_INPUTS]; /* NULL: one of those that are given */
} one_op;

static sp_list call(void *self, sp_list given)
{
    one_op *o = self;
    sp_tensor *in[OP_CASE_INPUTS];
    for (int i = 0, k = 0; i < o->n; i++) {
        in[i] = o->in[i] ? o->in[i] : given.at[k++];
        if (o->bfloat && in[i] != SP_NONE && sp_dtype_of(in[i]) == SP_F32)
            in[i] = sp_cast(in[i], SP_BF16);
    }
    sp_tensor *y = sp__apply1(o->op, o->n, in, o->attrs);
    if (y && sp_dtype_of(y) == SP_BF16)
        y = sp_cast(y, SP_F32);
    return y ? sp_list_new(1, &y) : (sp_list){0};
}

/* Which cases ONNX has no form for. */
static bool has_form(const sp__op *op) { return !(op->flags & (SP__GRADIENT | SP__FUSED | SP__RANDOM)); }

static bool training(const op_case *c) { return c->attrs && strstr(c->attrs, "is_training=1"); }

/* The case with floating-point elements of type `real`, or its numbers as integers of that type. */
static void write_case(const op_case *c, int number, sp_dtype type)
{
    sp_scope scope = sp_scope_begin();
    static one_op o;
    sp_dtype real = type == SP_BF16 || !sp_dtype_is_float(type) ? SP_F32 : type;
    o = (one_op){.op = sp__op_find(c->op), .bfloat = type == SP_BF16};
    sp_tensor *given[OP_CASE_INPUTS];
    int n_given = 0;
    bool typed = false;
    o.n = op_case_inputs(c, real, SP_F16, o.in);
    bool good = o.n >= 0 && op_attrs_from_text(o.op, c->attrs, o.attrs);
    for (int i = 0; good && i < o.n; i++) {
        if (o.in[i] == SP_NONE)
            continue;
        sp_tensor *x = o.in[i];
        if (!sp_dtype_is_float(type) && sp_dtype_is_float(sp_dtype_of(x)))
            x = sp_cast(sp_mul_number(x, 7), type);
        typed = typed || sp_dtype_of(x) == (type == SP_BF16 ? SP_F32 : type);
        given[n_given++] = x;
        o.in[i] = NULL;
    }
    sp_list in = sp_list_new(n_given, given), want = good && typed ? call(&o, in) : (sp_list){0};
    sp_error_clear(); /* an op that is not defined for the type */
    char name[160];
    snprintf(name, sizeof name, "op-%s-%03d-%s", c->op, number, sp_dtype_name(type));
    sp_graph *g = want.n ? sp_trace(call, &o, in) : NULL;
    if (want.n) {
        check(g && sp_graph_save(g, path_of(name, ".onnx")) == SP_OK, name);
        write_pair(name, in, want);
        written++;
    }
    sp_graph_free(g);
    sp_scope_end(scope);
}

static void write_cases(void)
{
    const op_case *c;
    for (int i = 0; (c = op_case_at(i)) != NULL; i++) {
        const sp__op *op = sp__op_find(c->op);
        refused += c->fails == SP_OK && op && !has_form(op);
        if (c->fails != SP_OK || !op || !has_form(op) || training(c))
            continue;
        for (int t = 0; t < SP_DTYPE_COUNT_; t++)
            write_case(c, i, (sp_dtype)t);
    }
}

/* ---- numbers at the edges ---- */

typedef struct edge {
    const char *name;
    sp_dtype type;
    int n;
    double a[16], b[16];
    sp_tensor *(*f)(sp_tensor *a, sp_tensor *b);
} edge;

#define INF 1e39 /* above the largest Float32 */
#define NaN ((double)NAN)
static sp_tensor *to_i8(sp_tensor *a, sp_tensor *b) { return (void)b, sp_cast(a, SP_I8); }
static sp_tensor *to_u8(sp_tensor *a, sp_tensor *b) { return (void)b, sp_cast(a, SP_U8); }
static sp_tensor *to_i32(sp_tensor *a, sp_tensor *b) { return (void)b, sp_cast(a, SP_I32); }
static sp_tensor *to_u32(sp_tensor *a, sp_tensor *b) { return (void)b, sp_cast(a, SP_U32); }
static sp_tensor *to_i64(sp_tensor *a, sp_tensor *b) { return (void)b, sp_cast(a, SP_I64); }
static sp_tensor *to_u64(sp_tensor *a, sp_tensor *b) { return (void)b, sp_cast(a, SP_U64); }
static sp_tensor *to_f16(sp_tensor *a, sp_tensor *b) { return (void)b, sp_cast(a, SP_F16); }
static sp_tensor *to_bool(sp_tensor *a, sp_tensor *b) { return (void)b, sp_cast(a, SP_BOOL); }
static sp_tensor *root(sp_tensor *a, sp_tensor *b) { return (void)b, sp_sign(a); }
static sp_tensor *rounded(sp_tensor *a, sp_tensor *b) { return (void)b, sp_round(a); }
static sp_tensor *largest(sp_tensor *a, sp_tensor *b) { return (void)b, sp_max(a); }
static sp_tensor *where_largest(sp_tensor *a, sp_tensor *b) { return (void)b, sp_argmax(a, 0); }
static sp_tensor *exact_gelu(sp_tensor *a, sp_tensor *b) { return (void)b, sp_gelu(a, true); }
static sp_tensor *average(sp_tensor *a, sp_tensor *b) { return (void)b, sp_mean(a); }

#define CASTS \
    11, { 0, 0.5, -0.5, 1e10, -1e10, INF, -INF, NaN, 300.7, -300.7, 2147483648. }
#define SIGNS \
    8, {7, -7, 7, -7, 7, -7, 0, 1}, { 3, 3, -3, -3, 0, 0, 0, -1 }
static const edge edges[] = {
    {"to_i8", SP_F32, CASTS, {0}, to_i8},
    {"to_u8", SP_F32, CASTS, {0}, to_u8},
    {"to_i32", SP_F32, CASTS, {0}, to_i32},
    {"to_u32", SP_F32, CASTS, {0}, to_u32},
    {"to_i64", SP_F32, CASTS, {0}, to_i64},
    {"to_u64", SP_F32, CASTS, {0}, to_u64},
    {"to_bool", SP_F32, CASTS, {0}, to_bool},
    {"to_i64_wide", SP_F64, 6, {9.3e18, -9.3e18, 1e300, 4503599627370497., NaN, 1}, {0}, to_i64},
    {"to_f16", SP_F32, 6, {65519, 65520, 1e-8, 6e-8, 2049, 2051}, {0}, to_f16},
    {"half_to_i32", SP_F16, 6, {1.5, -1.5, 65504, NaN, INF, -INF}, {0}, to_i32},
    {"mod_f32", SP_F32, SIGNS, sp_mod},
    {"mod_i32", SP_I32, SIGNS, sp_mod},
    {"mod_i8", SP_I8, SIGNS, sp_mod},
    {"mod_i64", SP_I64, SIGNS, sp_mod},
    {"div_f32", SP_F32, SIGNS, sp_floor_div},
    {"div_i32", SP_I32, SIGNS, sp_floor_div},
    {"div_i8", SP_I8, SIGNS, sp_floor_div},
    {"div_i64", SP_I64, SIGNS, sp_floor_div},
    {"div_u8", SP_U8, 4, {7, 7, 0, 200}, {2, 0, 0, 201}, sp_floor_div},
    {"div_u64", SP_U64, 4, {7, 7, 0, 1e19}, {2, 0, 0, 3}, sp_floor_div},
    {"div_smallest", SP_I32, 3, {-2147483648., -2147483648., -2147483648.}, {-1, 1, 2}, sp_floor_div},
    {"mod_smallest", SP_I64, 2, {-9223372036854775808., -9223372036854775808.}, {-1, 3}, sp_mod},
    {"wrap_i8", SP_I8, 4, {127, -128, 100, 50}, {1, -1, 100, 3}, sp_mul},
    {"wrap_u8", SP_U8, 4, {255, 128, 100, 0}, {1, 2, 100, 1}, sp_sub},
    {"wrap_i32", SP_I32, 2, {2147483647., -2147483648.}, {1, -1}, sp_add},
    {"pow_i32", SP_I32, 8, {2, -2, 3, 0, 0, 1, -1, 2}, {3, 3, 0, 0, 2, -1, -3, -1}, sp_pow},
    {"max_nan", SP_F32, 4, {NaN, 1, NaN, 2}, {1, NaN, NaN, 3}, sp_maximum},
    {"min_nan", SP_F32, 4, {NaN, 1, NaN, 2}, {1, NaN, NaN, 3}, sp_minimum},
    {"sign", SP_F32, 5, {NaN, INF, -INF, 0, -2}, {0}, root},
    {"round", SP_F32, 8, {0.5, 1.5, 2.5, -0.5, -1.5, NaN, INF, 0.49999997}, {0}, rounded},
    {"largest_u64", SP_U64, 3, {1, 18000000000000000000., 9000000000000000000.}, {0}, largest},
    {"largest_i16", SP_I16, 3, {-5, -9, -7}, {0}, largest},
    {"place_u64", SP_U64, 3, {1, 18000000000000000000., 9000000000000000000.}, {0}, where_largest},
    {"place_ties", SP_F32, 4, {1, 3, 3, 2}, {0}, where_largest},
    {"gelu_far", SP_F32, 6, {-30, 30, -5, 5, 0, INF}, {0}, exact_gelu},
    {"mean_i32", SP_I32, 3, {-5, -2, -1}, {0}, average},
    {"less_u64", SP_U64, 2, {18000000000000000000., 1}, {1, 18000000000000000000.}, sp_less},
    {"greater_u32", SP_U32, 2, {4000000000., 1}, {1, 4000000000.}, sp_greater},
};

static sp_list run_edge(void *self, sp_list in)
{
    sp_tensor *y = ((const edge *)self)->f(in.at[0], in.n > 1 ? in.at[1] : NULL);
    return y ? sp_list_new(1, &y) : (sp_list){0};
}

static void write_edge(const edge *e)
{
    sp_scope scope = sp_scope_begin();
    char name[128];
    snprintf(name, sizeof name, "edge-%s", e->name);
    bool pair = false;
    for (int i = 0; i < e->n; i++)
        pair = pair || e->b[i] != 0;
    sp_tensor *in[2] = {sp_cast(sp_from(e->a, SP_F64, SP_DIMS(e->n)), e->type),
                        sp_cast(sp_from(e->b, SP_F64, SP_DIMS(e->n)), e->type)};
    sp_list list = sp_list_new(pair ? 2 : 1, in);
    sp_graph *g = sp_trace(run_edge, (void *)(uintptr_t)e, list);
    check(g && sp_graph_save(g, path_of(name, ".onnx")) == SP_OK, name);
    write_pair(name, list, run_edge((void *)(uintptr_t)e, list));
    written++;
    sp_graph_free(g);
    sp_scope_end(scope);
}

/* ---- MindSpore's own nets, with the outputs that it gave ---- */

static void copy_arrays(const char *from, const char *what, const char *name)
{
    for (int i = 0; i < 8; i++) {
        char path[512], end[64];
        snprintf(path, sizeof path, "%s/%s%d.npy", from, what, i);
        snprintf(end, sizeof end, ".%s%d.npy", what, i);
        sp_tensor *t = test_npy_read(path);
        sp_error_clear();
        if (!t)
            return;
        check(sp_npy_write(path_of(name, end), t) == SP_OK, path);
    }
}

static int real_nets;

static void write_real_net(const char *path, void *user)
{
    (void)user;
    sp_scope scope = sp_scope_begin();
    char from[256], name[128];
    snprintf(from, sizeof from, "%.*s", (int)(strrchr(path, '/') - path), path);
    snprintf(name, sizeof name, "real-%d-%.100s", ++real_nets, strrchr(from, '/') + 1);
    sp_graph *g = sp_graph_load(path);
    check(g && sp_graph_save(g, path_of(name, ".onnx")) == SP_OK, name);
    copy_arrays(from, "input", name);
    copy_arrays(from, "expected", name);
    written++;
    sp_graph_free(g);
    sp_scope_end(scope);
}

static void visit_net(const char *path, void *user) { test_files_visit(path, ".mindir", write_real_net, user); }

static void write_real_nets(void)
{
    int n = test_files_visit("tests/fixtures/mindspore/2.0.0", "", visit_net, NULL);
    check(n + test_files_visit("tests/fixtures/mindspore/2.10.0", "", visit_net, NULL) > 0, "tests/fixtures");
}

/* ---- cells of any batch size ---- */

static sp_cell *image_net(void)
{
    return sp_nn_sequential(
        sp_nn_conv2d(1, 6, 5, .pad_mode = SP_PAD_VALID), sp_nn_relu(), sp_nn_max_pool2d(2, 2),
        sp_nn_conv2d(6, 8, 3, .has_bias = true), sp_nn_batch_norm2d(8, .gamma_init = sp_init_constant(0.7)),
        sp_nn_sigmoid(), sp_nn_avg_pool2d(2, 2), sp_nn_dropout(0.5), sp_nn_flatten(), sp_nn_dense(128, 16),
        sp_nn_layer_norm(.shape = SP_DIMS(16)), sp_nn_gelu(true), sp_nn_dense(16, 4), sp_nn_softmax(-1));
}

static sp_cell *plain_net(void)
{
    return sp_nn_sequential(sp_nn_flatten(), sp_nn_dense(400, 12), sp_nn_relu(), sp_nn_dense(12, 10, .no_bias = true));
}

/* What uses the batch size in numbers: shapes, sums, slices, constants of its shape. */
static sp_list sizes(sp_cell *self, sp_list in)
{
    (void)self;
    sp_tensor *x = in.at[0]; /* (N, 1, 20, 20) */
    int64_t n = sp_shape_of(x).dim[0];
    sp_tensor *rows = sp_reshape(x, SP_DIMS(n, 20, 20)), *flat = sp_reshape(x, SP_DIMS(n * 20, 20));
    sp_tensor *half = sp_index(sp_reshape(flat, SP_DIMS(n, 20, 20)), sp_span(0, n), sp_span(0, 10));
    sp_tensor *wide = sp_broadcast_to(sp_mean_axes(x, 1, (int[]){0}, true), SP_DIMS(n, 2, 20, 20));
    sp_tensor *none = sp_zeros(SP_F32, SP_DIMS(n, 3));
    return sp_list_of(rows, sp_sum_axes(flat, 1, (int[]){0}, false), half, wide,
                      sp_concat(sp_list_of(none, sp_sum_axes(rows, 1, (int[]){2}, false)), 1), x);
}

static void write_batch(const char *name, sp_cell *c, int64_t n)
{
    char at[128];
    snprintf(at, sizeof at, "%s.batch%d", name, (int)n);
    sp_list in = sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(n, 1, 20, 20)));
    write_pair(at, in, sp_cell_fn(c, in));
}

static void write_cell(const char *name, sp_cell *c)
{
    sp_scope scope = sp_scope_begin();
    const sp_export_opts any = {.dynamic_batch = true};
    sp_list in = sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(3, 1, 20, 20)));
    char varying[128];
    check(sp_export(c, in, path_of(name, ".onnx")) == SP_OK, name);
    write_pair(name, in, sp_cell_fn(c, in));
    snprintf(varying, sizeof varying, "%s-any", name);
    check(sp_export_with(c, in, path_of(varying, ".onnx"), &any) == SP_OK, varying);
    for (int64_t n = 1; n <= 7; n += 3)
        write_batch(varying, c, n);
    written += 2;
    sp_cell_free(c);
    sp_scope_end(scope);
}

/* With its parameters in a file beside it, as those of 1.5 GiB are. */
static void write_outside(const char *name, sp_cell *c)
{
    sp_scope scope = sp_scope_begin();
    sp_list in = sp_list_of(sp_rand_normal(0, 1, SP_F32, SP_DIMS(3, 1, 20, 20)));
    sp_graph *g = sp_trace(sp_cell_fn, c, in);
    check(g && sp__onnx_write_graphs((const sp_graph *[SP__ONNX_TRIALS]){g}, path_of(name, ".onnx"), 0) == SP_OK, name);
    write_pair(name, in, sp_cell_fn(c, in));
    written++;
    sp_graph_free(g);
    sp_cell_free(c);
    sp_scope_end(scope);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: write_onnx FOLDER\n");
        return 2;
    }
    folder = arguments[1];
    sp_set_seed(1);
    for (int i = 0; i < test_nets_count; i++) {
        write_net(&test_nets[i]);
        write_net_of_any_batch(&test_nets[i]);
    }
    write_cases();
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        write_edge(&edges[i]);
    write_real_nets();
    write_cell("cell-image", image_net());
    write_cell("cell-plain", plain_net());
    write_outside("cell-outside", plain_net());
    write_cell("cell-sizes", sp_cell_new(&(sp_cell_desc){.type = "Sizes", .construct = sizes}));
    printf("%d models, %d failures; %d cases are of gradients or training\n", written, failed, refused);
    sp_shutdown();
    return failed > 0;
}
