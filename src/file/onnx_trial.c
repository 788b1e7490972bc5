/* file/onnx_trial.c: functions whose inputs have sizes that vary, traced twice for the writer (onnx_write.h). */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_write.h"

#define DATA_LIMIT ((size_t)3 << 29) /* more bytes of tensors than this stand in a file of their own */

typedef struct function {
    sp_fn fn;
    void *self;
    int n;
    const sp__desc *in;       /* -1: varies */
    const sp_graph *names_of; /* whose inputs have the names; NULL: x, x1, ... */
    const char *path;
} function;

/* What failed was an op for sizes that the caller has not chosen: says where they come from. */
static void *explain(const function *f, bool second)
{
    sp_status st = sp_error();
    if (st == SP_ERR_NOMEM || st == SP_OK)
        return NULL;
    const char *why = sp__scope_printf("%s", sp_error_text());
    sp_error_clear();
    return sp__fail(st, "onnx: %s: not for any batch size: with %lld, %s", f->path,
                    (long long)sp__onnx_trial(0, second), why);
}

static bool take_names(sp_graph *g, const sp_graph *from)
{
    for (int64_t i = 0; from && i < g->n_inputs; i++) {
        const char *name = from->values[from->inputs[i]].name;
        char *copy = sp__strdup(name);
        if (name && !copy)
            return false;
        sp__free_str(g->values[g->inputs[i]].name);
        g->values[g->inputs[i]].name = copy;
    }
    return true;
}

static sp_graph *traced(const function *f, bool second)
{
    sp_tensor **in = sp__list_room(f->n);
    for (int i = 0; in && i < f->n; i++) {
        sp_shape shape = f->in[i].shape;
        for (int d = 0; d < shape.rank; d++)
            shape.dim[d] = shape.dim[d] < 0 ? sp__onnx_trial(d, second) : shape.dim[d];
        in[i] = sp__tensor_symbolic(f->in[i].dtype, shape);
        if (!in[i])
            return NULL;
    }
    sp_graph *g = in ? sp_trace(f->fn, f->self, (sp_list){in, f->n}) : NULL;
    if (!g)
        return explain(f, second);
    if (take_names(g, f->names_of))
        return g;
    sp_graph_free(g);
    return NULL;
}

static sp_status write_both(const function *f, const sp_graph *g, const sp_graph *h)
{
    int64_t at;
    const char *why = sp__onnx_differ(g, h, &at);
    if (!why)
        return sp__onnx_write_graphs(g, h, f->path, DATA_LIMIT);
    const sp__graph_node *n = at < 0 ? NULL : &g->nodes[at];
    return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: not for any batch size: %s%s%s%s%s%s", f->path, n ? n->op->name : "",
                   n && n->path ? " (" : "", n && n->path ? n->path : "", n && n->path ? ")" : "", n ? " " : "", why);
}

static sp_status write_function(const function *f)
{
    sp_scope scope = sp_scope_begin();
    sp_graph *g = traced(f, false), *h = g ? traced(f, true) : NULL;
    sp_status st = h ? write_both(f, g, h) : sp_error();
    sp_graph_free(g);
    sp_graph_free(h);
    sp_scope_end(scope);
    return st;
}

/* ---- from a graph; from a function with a batch ---- */

static bool varies(const sp_graph *g)
{
    for (int64_t i = 0; i < g->n_inputs; i++) {
        sp_shape shape = g->values[g->inputs[i]].desc.shape;
        for (int d = 0; d < shape.rank; d++)
            if (shape.dim[d] < 0)
                return true;
    }
    return false;
}

sp_status sp__onnx_save(const sp_graph *g, const char *path)
{
    if (!varies(g))
        return sp__onnx_write_graphs(g, NULL, path, DATA_LIMIT);
    sp__desc in[SP__MAX_IN];
    if (g->n_inputs > SP__MAX_IN)
        return sp__err(SP_ERR_UNSUPPORTED, "onnx: %s: %lld inputs of sizes that vary, at most %d", path,
                       (long long)g->n_inputs, SP__MAX_IN);
    for (int64_t i = 0; i < g->n_inputs; i++)
        in[i] = g->values[g->inputs[i]].desc;
    return write_function(&(function){sp_graph_run, (void *)(uintptr_t)g, (int)g->n_inputs, in, g, path});
}

/* The first dimension of the first input is the batch, and so is every other first dimension that is equal to it. */
sp_status sp__onnx_export_batches(sp_cell *c, sp_list example, const char *path)
{
    sp__desc in[SP__MAX_IN];
    int64_t batch = -1;
    if (example.n < 1 || example.n > SP__MAX_IN)
        return sp__err(SP_ERR_VALUE, "export: %d example inputs, expected 1 to %d", example.n, SP__MAX_IN);
    for (int i = 0; i < example.n; i++) {
        if (!sp__given("export: input", i + 1, example.at[i]) || example.at[i] == SP_NONE)
            return sp_error() ? sp_error() : sp__err(SP_ERR_VALUE, "export: input %d is SP_NONE", i + 1);
        in[i] = sp__desc_of(example.at[i]);
        if (in[i].shape.rank == 0)
            continue;
        batch = batch < 0 ? in[i].shape.dim[0] : batch;
        in[i].shape.dim[0] = in[i].shape.dim[0] == batch ? -1 : in[i].shape.dim[0];
    }
    if (batch < 0)
        return sp__err(SP_ERR_SHAPE, "export: the inputs are numbers, expected a first dimension for dynamic_batch");
    return write_function(&(function){sp_cell_fn, c, example.n, in, NULL, path});
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
