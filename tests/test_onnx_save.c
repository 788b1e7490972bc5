/* Graphs written as .onnx, decoded again by the messages and looked at. That ONNX Runtime computes the same is shown by `./dev onnx`. */
#define SP_EXPERIMENTAL /* sp_mem_fail_at */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file/atomic.h"
#include "file/file.h"
#include "graph/graph.h"
#include "ops/attrs.h"
#include "spore.h"
#include "support/files.h"
#include "support/nets.h"
#include "support/op_cases.h"

#if SPORE_HAVE_PROTOBUF
#include "file/onnx_write.h"

static int end(void **state)
{
    (void)state;
    sp_error_clear();
    sp_shutdown();
    return sp_mem_stats_get().live_blocks != 0; /* a leak fails the test */
}

/* ---- files as messages ---- */

static Sp__Onnx__Model *read_model(const char *path)
{
    size_t size;
    uint8_t *bytes = test_file_read(path, &size);
    assert_non_null(bytes);
    Sp__Onnx__Model *m = sp__onnx__model__unpack(NULL, size, bytes);
    free(bytes);
    assert_non_null(m);
    assert_non_null(m->graph);
    return m;
}

static void drop(Sp__Onnx__Model *m) { sp__onnx__model__free_unpacked(m, NULL); }

static void saved(sp_status st)
{
    if (st != SP_OK)
        fail_msg("%s", sp_error_text());
}

static const Sp__Onnx__Node *node_of(const Sp__Onnx__Model *m, const char *op)
{
    for (size_t i = 0; i < m->graph->n_node; i++)
        if (strcmp(m->graph->node[i]->op_type, op) == 0)
            return m->graph->node[i];
    fail_msg("no %s", op);
    return NULL;
}

static int count_of(const Sp__Onnx__Model *m, const char *op)
{
    int n = 0;
    for (size_t i = 0; i < m->graph->n_node; i++)
        n += strcmp(m->graph->node[i]->op_type, op) == 0;
    return n;
}

static const Sp__Onnx__Attr *attr_of(const Sp__Onnx__Node *n, const char *name)
{
    for (size_t i = 0; i < n->n_attribute; i++)
        if (strcmp(n->attribute[i]->name, name) == 0)
            return n->attribute[i];
    fail_msg("%s has no %s", n->op_type, name);
    return NULL;
}

static const Sp__Onnx__Tensor *tensor_of(const Sp__Onnx__Model *m, const char *name)
{
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        if (strcmp(m->graph->initializer[i]->name, name) == 0)
            return m->graph->initializer[i];
    fail_msg("no constant %s", name);
    return NULL;
}

/* "Float32 (N, 3)" */
static const char *info_text(const Sp__Onnx__ValueInfo *v)
{
    static char text[256];
    const Sp__Onnx__TensorType *t = v->type->tensor_type;
    int n = snprintf(text, sizeof text, "%s (", sp_dtype_name(sp__onnx_dtype(t->elem_type)));
    for (size_t i = 0; i < t->shape->n_dim; i++) {
        const Sp__Onnx__Dim *d = t->shape->dim[i];
        n += d->has_dim_value
                 ? snprintf(text + n, sizeof text - (size_t)n, i ? ", %lld" : "%lld", (long long)d->dim_value)
                 : snprintf(text + n, sizeof text - (size_t)n, i ? ", %s" : "%s", d->dim_param ? d->dim_param : "?");
    }
    snprintf(text + n, sizeof text - (size_t)n, ")");
    return text;
}

/* An Int64 constant that is input i of a node, as "0,-1". */
static const char *ints_text(const Sp__Onnx__Model *m, const Sp__Onnx__Node *node, size_t i)
{
    static char text[256];
    int n = 0;
    assert_true(i < node->n_input);
    const Sp__Onnx__Tensor *t = tensor_of(m, node->input[i]);
    assert_int_equal(t->data_type, SP__ONNX_INT64);
    text[0] = 0;
    for (size_t k = 0; k < t->raw_data.len / 8; k++) {
        int64_t v;
        memcpy(&v, t->raw_data.data + 8 * k, 8);
        n += snprintf(text + n, sizeof text - (size_t)n, k ? ",%lld" : "%lld", (long long)v);
    }
    return text;
}

/* ---- what holds of every file ---- */

static void define(sp__names *known, const char *name)
{
    if (!*name || sp__names_find(known, name) != SP__NAME_NONE)
        fail_msg("the name '%s' is empty or used twice", name);
    assert_true(sp__names_put(known, name, 0));
}

/* Every name is defined once and before it is used; attributes have types; tensors have their size. */
static void check_model(const Sp__Onnx__Model *m)
{
    const Sp__Onnx__Graph *g = m->graph;
    sp__names known = {0}, nodes = {0};
    assert_int_equal(m->ir_version, 8);
    assert_string_equal(m->producer_name, "spore");
    assert_string_equal(m->producer_version, sp_version());
    assert_int_equal(m->n_opset_import, 1);
    assert_string_equal(m->opset_import[0]->domain, "");
    assert_int_equal(m->opset_import[0]->version, 17);
    for (size_t i = 0; i < g->n_input; i++)
        define(&known, g->input[i]->name);
    for (size_t i = 0; i < g->n_initializer; i++) {
        const Sp__Onnx__Tensor *t = g->initializer[i];
        size_t size = sp_dtype_size(sp__onnx_dtype(t->data_type));
        define(&known, t->name);
        for (size_t k = 0; k < t->n_dims; k++)
            size *= (size_t)t->dims[k];
        assert_true(t->has_data_location || (t->has_raw_data && t->raw_data.len == size));
    }
    for (size_t i = 0; i < g->n_node; i++) {
        const Sp__Onnx__Node *n = g->node[i];
        define(&nodes, n->name);
        for (size_t k = 0; k < n->n_input; k++)
            if (sp__names_find(&known, n->input[k]) == SP__NAME_NONE)
                fail_msg("%s reads '%s', which nothing made before", n->op_type, n->input[k]);
        for (size_t k = 0; k < n->n_attribute; k++)
            assert_true(n->attribute[k]->has_type && n->attribute[k]->name[0]);
        assert_int_equal(n->n_output, strcmp(n->op_type, "TopK") == 0 ? 2 : 1);
        for (size_t k = 0; k < n->n_output; k++)
            define(&known, n->output[k]);
    }
    for (size_t i = 0; i < g->n_output; i++)
        assert_int_not_equal(sp__names_find(&known, g->output[i]->name), SP__NAME_NONE);
    for (size_t i = 0; i < g->n_value_info; i++)
        assert_int_not_equal(sp__names_find(&known, g->value_info[i]->name), SP__NAME_NONE);
    sp__names_free(&known);
    sp__names_free(&nodes);
}

/* ---- every op ---- */

typedef struct one_op {
    const sp__op *op;
    _Alignas(16) char attrs[OP_CASE_ATTR_BYTES];
    int n;
    sp_tensor *in[OP_CASE_INPUTS];
} one_op;

static sp_list call(void *self, sp_list given)
{
    one_op *o = self;
    sp_tensor *in[OP_CASE_INPUTS];
    for (int i = 0, k = 0; i < o->n; i++)
        in[i] = o->in[i] == SP_NONE ? SP_NONE : given.at[k++];
    sp_tensor *y = sp__apply1(o->op, o->n, in, o->attrs);
    return y ? sp_list_new(1, &y) : (sp_list){0};
}

/* Writes and checks a case; whether the operator that the table of ops names is in the file. */
static bool write_case(const op_case *c, const sp__op *op)
{
    sp_scope scope = sp_scope_begin();
    static one_op o;
    sp_tensor *given[OP_CASE_INPUTS];
    int n = 0;
    o = (one_op){.op = op};
    o.n = op_case_inputs(c, SP_F32, SP_F32, o.in);
    assert_true(o.n >= 0 && op_attrs_from_text(op, c->attrs, o.attrs));
    for (int i = 0; i < o.n; i++)
        if (o.in[i] != SP_NONE)
            given[n++] = o.in[i];
    sp_graph *g = sp_trace(call, &o, sp_list_new(n, given));
    const char *path = test_path("case.onnx");
    if (!g || sp_graph_save(g, path) != SP_OK)
        fail_msg("%s: %s", op_case_text(c), sp_error_text());
    Sp__Onnx__Model *m = read_model(path);
    check_model(m);
    assert_int_equal(m->graph->n_input, n);
    assert_int_equal(m->graph->n_output, 1);
    bool there = !op->onnx || count_of(m, op->onnx) > 0;
    drop(m);
    sp_graph_free(g);
    sp_scope_end(scope);
    return there;
}

static void every_op_has_a_form_and_the_operator_that_its_entry_names(void **state)
{
    (void)state;
    const sp__op *op;
    const op_case *c;
    for (int k = 0; (op = sp__op_at(k)) != NULL; k++) {
        if (op->flags & (SP__GRADIENT | SP__FUSED | SP__RANDOM))
            continue;
        int cases = 0, there = 0;
        for (int i = 0; (c = op_case_at(i)) != NULL; i++) {
            if (strcmp(c->op, op->name) != 0 || c->fails != SP_OK || (c->attrs && strstr(c->attrs, "is_training=1")))
                continue;
            there += write_case(c, op);
            cases++;
        }
        assert_true(cases > 0);
        if (there == 0)
            fail_msg("%s: no file has the operator %s", op->name, op->onnx);
    }
}

static void every_net_is_written(void **state)
{
    (void)state;
    for (int i = 0; i < test_nets_count; i++) {
        sp_scope scope = sp_scope_begin();
        sp_graph *g = sp_trace(test_nets[i].fn, NULL, test_net_inputs(&test_nets[i]));
        const char *path = test_path("net.onnx");
        if (!g || sp_graph_save(g, path) != SP_OK)
            fail_msg("%s: %s", test_nets[i].name, sp_error_text());
        Sp__Onnx__Model *m = read_model(path);
        check_model(m);
        drop(m);
        sp_graph_free(g);
        sp_scope_end(scope);
    }
}

/* ---- cells ---- */

static sp_cell *image_net(void)
{
    return sp_nn_sequential(sp_nn_conv2d(1, 2, 3, .has_bias = true), sp_nn_batch_norm2d(2), sp_nn_relu(),
                            sp_nn_flatten(), sp_nn_dense(50, 4), sp_nn_dense(4, 3, .no_bias = true));
}
static sp_list images(int64_t n) { return sp_list_of(sp_ones(SP_F32, SP_DIMS(n, 1, 5, 5))); }

static void a_cell_keeps_its_names(void **state)
{
    (void)state;
    sp_cell *net = image_net();
    const char *path = test_path("cell.onnx");
    saved(sp_export(net, images(2), path));
    Sp__Onnx__Model *m = read_model(path);
    check_model(m);
    assert_string_equal(m->graph->input[0]->name, "x");
    assert_string_equal(info_text(m->graph->input[0]), "Float32 (2, 1, 5, 5)");
    assert_string_equal(m->graph->output[0]->name, "y");
    assert_string_equal(info_text(m->graph->output[0]), "Float32 (2, 3)");
    sp_list params = sp_cell_all_params(net);
    for (int i = 0; i < params.n; i++) {
        const Sp__Onnx__Tensor *t = tensor_of(m, sp_param_name(params.at[i]));
        assert_int_equal(t->n_dims, sp_shape_of(params.at[i]).rank);
        assert_memory_equal(t->raw_data.data, sp_data(params.at[i]), t->raw_data.len);
    }
    /* bias within the product, nodes called by their cells */
    const Sp__Onnx__Node *conv = node_of(m, "Conv"), *gemm = node_of(m, "Gemm");
    assert_string_equal(conv->name, "net/0/Conv");
    assert_string_equal(conv->input[2], "0.bias");
    assert_int_equal(attr_of(conv, "pads")->n_ints, 4);
    assert_int_equal(attr_of(conv, "pads")->ints[0], 1);
    assert_string_equal(gemm->name, "net/4/Gemm");
    assert_string_equal(gemm->input[1], "4.weight");
    assert_string_equal(gemm->input[2], "4.bias");
    assert_int_equal(attr_of(gemm, "transB")->i, 1);
    assert_int_equal(count_of(m, "Gemm"), 2);
    assert_int_equal(m->graph->n_node, 6);
    assert_int_equal(m->graph->n_value_info, 5);
    drop(m);
    sp_cell_free(net);
}

static void any_batch_size_on_request(void **state)
{
    (void)state;
    sp_cell *net = image_net();
    const char *path = test_path("any.onnx");
    saved(sp_export_with(net, images(2), path, &(sp_export_opts){.dynamic_batch = true}));
    Sp__Onnx__Model *m = read_model(path);
    check_model(m);
    assert_string_equal(info_text(m->graph->input[0]), "Float32 (N, 1, 5, 5)");
    assert_string_equal(info_text(m->graph->output[0]), "Float32 (N, 3)");
    assert_string_equal(info_text(m->graph->value_info[0]), "Float32 (N, 2, 5, 5)");
    drop(m);
    assert_int_equal(sp_export_with(net, images(2), test_path("any.mindir"), &(sp_export_opts){.dynamic_batch = true}),
                     SP_ERR_UNSUPPORTED);
    sp_error_clear();
    sp_list number = sp_list_of(sp_scalar(1, SP_F32));
    assert_int_equal(sp_export_with(net, number, path, &(sp_export_opts){.dynamic_batch = true}), SP_ERR_SHAPE);
    sp_error_clear();
    assert_int_equal(sp_export_with(net, (sp_list){0}, path, &(sp_export_opts){.dynamic_batch = true}), SP_ERR_VALUE);
    sp_cell_free(net);
}

/* ---- sizes that vary ---- */

static sp_tensor *(*body)(sp_tensor *x, int64_t n); /* x (N, 2, 3) */
static sp_list construct(sp_cell *self, sp_list in)
{
    (void)self;
    sp_tensor *y = body(in.at[0], sp_shape_of(in.at[0]).dim[0]);
    return sp_list_new(1, &y);
}

/* The model of f with any batch size; NULL: refused. */
static Sp__Onnx__Model *any_batch(sp_tensor *(*f)(sp_tensor *x, int64_t n))
{
    sp_cell *c = sp_cell_new(&(sp_cell_desc){.type = "Body", .construct = construct});
    const char *path = test_path("body.onnx");
    body = f;
    unlink(path);
    sp_status st = sp_export_with(c, sp_list_of(sp_ones(SP_F32, SP_DIMS(4, 2, 3))), path,
                                  &(sp_export_opts){.dynamic_batch = true});
    Sp__Onnx__Model *m = st == SP_OK ? read_model(path) : NULL;
    if (m)
        check_model(m);
    else
        assert_int_not_equal(access(path, F_OK), 0);
    sp_cell_free(c);
    return m;
}

static sp_tensor *keep_batch(sp_tensor *x, int64_t n) { return sp_reshape(x, SP_DIMS(n, 6)); }
static sp_tensor *join_batch(sp_tensor *x, int64_t n) { return sp_reshape(x, SP_DIMS(n * 2, 3)); }
static sp_tensor *to_end(sp_tensor *x, int64_t n) { return sp_reshape(x, SP_DIMS(6, n)); }
static sp_tensor *widen(sp_tensor *x, int64_t n) { return sp_broadcast_to(sp_sum(x), SP_DIMS(n, 2)); }
static sp_tensor *grow(sp_tensor *x, int64_t n)
{
    return sp_broadcast_to(sp_sum(x), SP_DIMS(2 * n + 1, sp_shape_of(x).dim[1]));
}
static sp_tensor *with_zeros(sp_tensor *x, int64_t n) { return sp_add(x, sp_zeros(SP_F32, SP_DIMS(n, 2, 3))); }

static void sizes_of_the_batch_are_written_so_that_they_hold_for_others(void **state)
{
    (void)state;
    Sp__Onnx__Model *m = any_batch(keep_batch);
    assert_string_equal(ints_text(m, node_of(m, "Reshape"), 1), "0,6");
    drop(m);
    m = any_batch(join_batch);
    assert_string_equal(ints_text(m, node_of(m, "Reshape"), 1), "-1,3");
    assert_string_equal(info_text(m->graph->output[0]), "Float32 (?, 3)");
    drop(m);
    m = any_batch(to_end);
    assert_string_equal(ints_text(m, node_of(m, "Reshape"), 1), "6,-1");
    assert_string_equal(info_text(m->graph->output[0]), "Float32 (6, N)");
    drop(m);
    m = any_batch(widen);
    assert_int_equal(attr_of(node_of(m, "Shape"), "end")->i, 1);
    assert_string_equal(node_of(m, "Concat")->input[0], "Shape");
    assert_string_equal(ints_text(m, node_of(m, "Concat"), 1), "2");
    assert_string_equal(node_of(m, "Expand")->input[1], node_of(m, "Concat")->output[0]);
    drop(m);
    m = any_batch(grow);
    assert_string_equal(ints_text(m, node_of(m, "Mul"), 1), "2");
    assert_string_equal(ints_text(m, node_of(m, "Add"), 1), "1");
    drop(m);
    m = any_batch(with_zeros);
    assert_int_equal(count_of(m, "Expand"), 1);
    drop(m);
}

static sp_tensor *fixed_shape(sp_tensor *x, int64_t n) { return (void)n, sp_reshape(x, SP_DIMS(4, 6)); }
static sp_tensor *share(sp_tensor *x, int64_t n) { return sp_mul_number(x, 1 / (double)n); }
static sp_tensor *counting(sp_tensor *x, int64_t n) { return sp_add(x, sp_arange(0, (double)n, 1, SP_F32)); }
static sp_tensor *count_up(sp_tensor *x, int64_t n)
{
    return sp_add(sp_sum_axes(x, 2, (int[]){1, 2}, false), sp_arange(0, (double)n, 1, SP_F32));
}
static sp_tensor *branch(sp_tensor *x, int64_t n) { return n > 15 ? sp_relu(x) : sp_tanh(x); }
static sp_tensor *more_steps(sp_tensor *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        x = sp_relu(x);
    return x;
}
static sp_tensor *half_of(sp_tensor *x, int64_t n) { return sp_broadcast_to(sp_sum(x), SP_DIMS(n * n)); }
static sp_tensor *of_integers(sp_tensor *x, int64_t n) { return (void)n, sp_mean(sp_cast(x, SP_I32)); }

static void refused_with(sp_tensor *(*f)(sp_tensor *x, int64_t n), const char *says)
{
    Sp__Onnx__Model *m = any_batch(f);
    assert_null(m);
    if (!strstr(sp_error_text(), says))
        fail_msg("says '%s', expected '%s'", sp_error_text(), says);
    sp_error_clear();
}

static void what_holds_for_one_batch_size_alone_is_refused_by_name(void **state)
{
    (void)state;
    refused_with(fixed_shape,
                 "not for any batch size: with 13, reshape: (13, 2, 3) has 78 elements and does not become");
    refused_with(share, "not for any batch size: Mul (net (Body)) reads a constant that depends on the batch size");
    refused_with(counting, "not for any batch size: with 13, add: shapes do not broadcast");
    refused_with(count_up, "Add (net (Body)) reads a constant that depends on the batch size");
    refused_with(branch, "Tanh (net (Body)) is another one for another batch size");
    refused_with(more_steps, "it computes other things for another batch size");
    refused_with(half_of, "BroadcastTo: a size depends on the batch size in a way that cannot be written (net (Body))");
    refused_with(of_integers, "ReduceMean: the mean of integers over a size that depends on the batch size");
}

static sp_list rows(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_relu(sp_matmul(sp_flatten(in.at[0]), sp_ones(SP_F32, SP_DIMS(6, 4)))), in.at[0]);
}

static void an_input_of_any_size_stays_one(void **state)
{
    (void)state;
    sp_graph *g = sp_trace(rows, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 3, 2))));
    sp__value *x = &g->values[g->inputs[0]];
    x->desc.shape.dim[0] = -1;
    sp__free_str(x->name);
    x->name = sp__strdup("images");
    const char *path = test_path("rows.onnx");
    saved(sp_graph_save(g, path));
    Sp__Onnx__Model *m = read_model(path);
    check_model(m);
    assert_string_equal(m->graph->input[0]->name, "images");
    assert_string_equal(info_text(m->graph->input[0]), "Float32 (N, 3, 2)");
    assert_string_equal(info_text(m->graph->output[0]), "Float32 (N, 4)");
    assert_string_equal(node_of(m, "Identity")->output[0], "y1"); /* an input is no output */
    drop(m);
    x->desc.shape.dim[2] = -1; /* the product holds for 6 columns alone */
    assert_int_equal(sp_graph_save(g, path), SP_ERR_SHAPE);
    assert_non_null(strstr(sp_error_text(), "matmul: inner dimensions differ"));
    sp_graph_free(g);
}

static sp_list scaled(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp_avg_pool2d(sp_conv2d(in.at[0], sp_ones(SP_F32, SP_DIMS(1, 1, 3, 3)), &(sp_conv2d_attrs){0}),
                                    &(sp_pool2d_attrs){.kernel = {2, 2}, .stride = {2, 2}}));
}

static void images_of_any_size_are_padded_by_the_reader(void **state)
{
    (void)state;
    sp_graph *g = sp_trace(scaled, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 1, 8, 8))));
    for (int d = 0; d < 4; d += d + 2)
        g->values[g->inputs[0]].desc.shape.dim[d] = -1;
    const char *path = test_path("scaled.onnx");
    saved(sp_graph_save(g, path));
    Sp__Onnx__Model *m = read_model(path);
    assert_string_equal(info_text(m->graph->input[0]), "Float32 (N, 1, D2, 8)");
    const Sp__Onnx__Attr *pad = attr_of(node_of(m, "Conv"), "auto_pad");
    assert_int_equal(pad->s.len, 10);
    assert_memory_equal(pad->s.data, "SAME_UPPER", 10);
    drop(m);
    sp_graph_free(g);
}

/* ---- what has no form ---- */

static sp_list all_unsupported(void *self, sp_list in)
{
    (void)self;
    sp_tensor *x = in.at[0];
    return sp_list_of(sp_dropout(x, 0.5), sp_relu(sp_dropout(x, 0.25)), sp_add(x, sp_dropout(x, 0.1)));
}

static void ops_without_a_form_are_all_named_and_nothing_is_written(void **state)
{
    (void)state;
    const char *path = test_path("never.onnx");
    sp_graph *g = sp_trace(all_unsupported, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2))));
    assert_int_equal(sp_graph_save(g, path), SP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sp_error_text(), "never.onnx: 3 nodes have no form in the file: Dropout: in training mode; "
                                            "switch the cell to evaluation first, Dropout: in training mode"));
    assert_int_not_equal(access(path, F_OK), 0);
    sp_graph_free(g);
}

static sp_list backwards(void *self, sp_list in)
{
    (void)self;
    return sp_list_of(sp__call_op(&sp__op_gather_grad, (&(sp__gather_grad_attrs){0, {2, {4, 3}}}), in.at[0], in.at[1]));
}

static void gradients_are_refused(void **state)
{
    (void)state;
    sp_graph *g = sp_trace(backwards, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 3)), sp_zeros(SP_I32, SP_DIMS(2))));
    assert_int_equal(sp_graph_save(g, test_path("never.onnx")), SP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sp_error_text(), "GatherGrad: a gradient, which ONNX has no operator for"));
    sp_graph_free(g);
}

static sp_list only_a_constant(void *self, sp_list in)
{
    (void)self, (void)in;
    return sp_list_of(sp_vector(1, 2), in.at[0], in.at[0], sp_neg(in.at[0]));
}

static void outputs_may_be_constants_and_inputs(void **state)
{
    (void)state;
    sp_graph *g = sp_trace(only_a_constant, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2))));
    const char *path = test_path("ends.onnx");
    saved(sp_graph_save(g, path));
    Sp__Onnx__Model *m = read_model(path);
    check_model(m);
    assert_int_equal(m->graph->n_output, 4);
    assert_int_equal(count_of(m, "Identity"), 3);
    assert_string_equal(node_of(m, "Neg")->output[0], "y3");
    drop(m);
    sp_graph_free(g);
}

static sp_list halves(void *self, sp_list in)
{
    (void)self;
    sp_tensor *c = sp_full(3, SP_F32, SP_DIMS(100));
    sp_tensor *x = sp_add(sp_mul_number(in.at[0], 0.5), sp_mul_number(in.at[0], 0.5));
    return sp_list_of(sp_add(sp_add(x, c), c), sp_add(sp_mul_number(x, 0.25), sp_vector(0.5, 0.5)));
}

static void constants_are_written_once(void **state)
{
    (void)state;
    sp_graph *g = sp_trace(halves, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(1))));
    const char *path = test_path("halves.onnx");
    saved(sp_graph_save(g, path));
    Sp__Onnx__Model *m = read_model(path);
    check_model(m);
    assert_int_equal(m->graph->n_initializer, 4); /* 0.5, a hundred 3, 0.25, (0.5, 0.5) */
    drop(m);
    sp_graph_free(g);
}

/* ---- data beside the file ---- */

static sp_graph *large_graph(void)
{
    sp_cell *net = sp_nn_sequential(sp_nn_dense(40, 30), sp_nn_dense(30, 20));
    sp_graph *g = sp_trace(sp_cell_fn, net, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 40))));
    sp_cell_free(net);
    return g;
}

static const char *entry_of(const Sp__Onnx__Tensor *t, const char *key)
{
    for (size_t i = 0; i < t->n_external_data; i++)
        if (strcmp(t->external_data[i]->key, key) == 0)
            return t->external_data[i]->value;
    fail_msg("%s has no %s", t->name, key);
    return NULL;
}

static void check_outside(const char *name, const sp_graph *g)
{
    Sp__Onnx__Model *m = read_model(test_path("large.onnx"));
    check_model(m);
    for (int i = 0; i < sp_graph_params(g).n; i++) {
        const sp_tensor *p = sp_graph_params(g).at[i];
        const Sp__Onnx__Tensor *t = tensor_of(m, sp_param_name(p));
        size_t size = (size_t)sp_size_of(p) * 4, whole;
        assert_int_equal(t->has_raw_data, size < 1024);
        if (size < 1024)
            continue;
        assert_int_equal(t->data_location, 1);
        assert_string_equal(entry_of(t, "location"), name);
        uint8_t *bytes = test_file_read(test_path(name), &whole);
        size_t at = strtoul(entry_of(t, "offset"), NULL, 10);
        assert_int_equal(strtoul(entry_of(t, "length"), NULL, 10), size);
        assert_int_equal(at % 4096, 0);
        assert_true(bytes && at + size <= whole);
        assert_memory_equal(bytes + at, sp_data(p), size);
        free(bytes);
    }
    drop(m);
}

static void large_data_stand_in_a_file_beside(void **state)
{
    (void)state;
    sp_graph *g = large_graph();
    int before = test_path_count();
    char path[512];
    snprintf(path, sizeof path, "%s", test_path("large.onnx")); /* that text is used again */
    saved(sp__onnx_write_graphs((const sp_graph *[3]){g}, path, 1000));
    check_outside("large.onnx.data", g);
    assert_int_equal(test_path_count(), before + 2);
    saved(sp__onnx_write_graphs((const sp_graph *[3]){g}, path,
                                1000)); /* again: the old data stay until the new file is in place */
    check_outside("large.onnx.data1", g);
    saved(sp__onnx_write_graphs((const sp_graph *[3]){g}, path, 1000));
    check_outside("large.onnx.data", g);
    assert_int_equal(test_path_count(), before + 2);
    sp_graph_free(g);
}

/* The n-th write, flush, rename, ... fails: what was there is as it was. */
static void a_file_that_cannot_be_written_leaves_the_old_one(void **state)
{
    (void)state;
    sp_graph *g = large_graph();
    const char *path = test_path("old.onnx");
    for (int in_two = 0; in_two < 2; in_two++) {
        size_t limit = in_two ? 1000 : SIZE_MAX;
        saved(sp__onnx_write_graphs((const sp_graph *[3]){g}, path, limit));
        int files = test_path_count(), failures = 0;
        size_t size, now;
        uint8_t *old = test_file_read(path, &size);
        for (int kind = 0; kind < SP__IO_FSYNC_FOLDER; kind++) {
            for (int n = 1;; n++) {
                sp__io_fail_at((sp__io)kind, n, ENOSPC);
                sp_status st = sp__onnx_write_graphs((const sp_graph *[3]){g}, path, limit);
                sp__io_fail_at((sp__io)kind, 0, 0);
                if (st == SP_OK)
                    break;
                assert_int_equal(st, SP_ERR_IO);
                sp_error_clear();
                uint8_t *bytes = test_file_read(path, &now);
                assert_int_equal(now, size);
                if (kind == 0) /* later ones follow a success, which may have named the data otherwise */
                    assert_memory_equal(bytes, old, size);
                free(bytes);
                assert_int_equal(test_path_count(), files);
                failures++;
            }
            free(old);
            old = test_file_read(path, &size);
        }
        free(old);
        assert_true(failures >= 5);
    }
    sp_graph_free(g);
}

/* A folder that cannot be flushed is an error, but the new file may be in its place: then its data must be, too. */
static void an_error_at_the_very_end_leaves_a_file_that_is_whole(void **state)
{
    (void)state;
    sp_graph *g = large_graph();
    saved(sp__onnx_write_graphs((const sp_graph *[3]){g}, test_path("end.onnx"), 1000));
    for (int n = 1; n <= 2; n++) {
        sp__io_fail_at(SP__IO_FSYNC_FOLDER, n, EIO);
        assert_int_equal(sp__onnx_write_graphs((const sp_graph *[3]){g}, test_path("end.onnx"), 1000), SP_ERR_IO);
        sp__io_fail_at(SP__IO_FSYNC_FOLDER, 0, 0);
        sp_error_clear();
        Sp__Onnx__Model *m = read_model(test_path("end.onnx"));
        assert_int_equal(access(test_path(entry_of(tensor_of(m, "0.weight"), "location")), R_OK), 0);
        drop(m);
    }
    sp_graph_free(g);
}

/* ---- names and memory ---- */

static void other_names_and_null_are_errors(void **state)
{
    (void)state;
    sp_graph *g = sp_trace(rows, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 3, 2))));
    assert_int_equal(sp_graph_save(g, test_path("net.pb")), SP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sp_error_text(), "does not end in .mindir or .onnx, the formats for graphs"));
    sp_error_clear();
    assert_int_equal(sp_graph_save(g, ".onnx"), SP_ERR_UNSUPPORTED);
    sp_error_clear();
    assert_int_equal(sp_graph_save(NULL, "x.onnx"), SP_ERR_VALUE);
    sp_error_clear();
    assert_int_equal(sp_export_with(NULL, (sp_list){0}, "x.onnx", NULL), SP_ERR_VALUE);
    sp_error_clear();
    assert_int_equal(sp_graph_save(g, "tests/no such folder/x.onnx"), SP_ERR_IO);
    sp_graph_free(g);
}

/* The n-th allocation fails, n = 1, 2, ... until all is well. */
static void memory_that_runs_out_is_an_error(void **state)
{
    (void)state;
    const char *path = test_path("short.onnx");
    sp_cell *net = image_net();
    sp_shutdown();
    int64_t held = sp_mem_stats_get().live_blocks;
    for (int64_t n = 1;; n++) {
        unlink(path);
        sp_error_clear();
        sp_shutdown();
        sp_mem_fail_at(n);
        sp_scope scope = sp_scope_begin();
        sp_list x = images(2);
        sp_status st = x.n ? sp_export_with(net, x, path, &(sp_export_opts){.dynamic_batch = n % 2 == 0}) : sp_error();
        sp_scope_end(scope);
        int64_t requests = sp_mem_requests();
        sp_mem_fail_at(0);
        sp_shutdown();
        assert_int_equal(sp_mem_stats_get().live_blocks, held);
        if (requests < n) {
            assert_int_equal(st, SP_OK);
            assert_true(n > 20);
            if (n % 2 == 0) /* the longer of the two */
                break;
            continue;
        }
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
        assert_true(n == 1 ||
                    access(path, F_OK) != 0); /* the first is this test's own scope, which can be done without */
    }
    sp_cell_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_op_has_a_form_and_the_operator_that_its_entry_names, end),
        cmocka_unit_test_teardown(every_net_is_written, end),
        cmocka_unit_test_teardown(a_cell_keeps_its_names, end),
        cmocka_unit_test_teardown(any_batch_size_on_request, end),
        cmocka_unit_test_teardown(sizes_of_the_batch_are_written_so_that_they_hold_for_others, end),
        cmocka_unit_test_teardown(what_holds_for_one_batch_size_alone_is_refused_by_name, end),
        cmocka_unit_test_teardown(an_input_of_any_size_stays_one, end),
        cmocka_unit_test_teardown(images_of_any_size_are_padded_by_the_reader, end),
        cmocka_unit_test_teardown(ops_without_a_form_are_all_named_and_nothing_is_written, end),
        cmocka_unit_test_teardown(gradients_are_refused, end),
        cmocka_unit_test_teardown(outputs_may_be_constants_and_inputs, end),
        cmocka_unit_test_teardown(constants_are_written_once, end),
        cmocka_unit_test_teardown(large_data_stand_in_a_file_beside, end),
        cmocka_unit_test_teardown(a_file_that_cannot_be_written_leaves_the_old_one, end),
        cmocka_unit_test_teardown(an_error_at_the_very_end_leaves_a_file_that_is_whole, end),
        cmocka_unit_test_teardown(other_names_and_null_are_errors, end),
        cmocka_unit_test_teardown(memory_that_runs_out_is_an_error, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) { return 77; /* skipped: nothing can be written */ }

#endif
