/* What the nodes of a graph are and cost, for tables of layers. */
#include "graph/graph.h"

/* ---- multiply-adds ---- */

/* a times b; the largest number where it does not fit. */
static int64_t times(int64_t a, int64_t b)
{
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

static int64_t size_of(sp_shape s)
{
    int64_t n = sp_shape_size(s);
    return n < 0 ? INT64_MAX : n;
}

static sp_shape in_shape(const sp_graph *g, const sp__graph_node *n, int k)
{
    return k < n->n_in && n->in[k] >= 0 ? g->values[n->in[k]].desc.shape : (sp_shape){.rank = -1};
}

static sp_shape out_shape(const sp_graph *g, const sp__graph_node *n) { return g->values[n->out].desc.shape; }

static const void *attr(const sp__graph_node *n, const char *name)
{
    const sp__field *f = sp__field_find(n->op, name);
    return f ? (const char *)n->attrs + f->offset : NULL;
}

/* Products of rows and columns: each element of the result is a sum of as many as the inner dimension has. `a` is the argument
 * whose rows they are. */
static int64_t product(const sp_graph *g, const sp__graph_node *n, int a)
{
    sp_shape s = in_shape(g, n, a);
    const bool *transposed = attr(n, "transpose_a");
    return s.rank < 2 ? 0 : times(size_of(out_shape(g, n)), s.dim[s.rank - (transposed && *transposed ? 2 : 1)]);
}

/* Each element of `image` meets the weights of one output channel, w (M, C / group, kh, kw). */
static int64_t windows(sp_shape image, sp_shape w)
{
    return image.rank < 0 || w.rank < 1 || w.dim[0] < 1 ? 0 : times(size_of(image), size_of(w) / w.dim[0]);
}

static int64_t pool(const sp_graph *g, const sp__graph_node *n)
{
    const sp__ints *kernel = attr(n, "kernel_size");
    int64_t macs = size_of(out_shape(g, n));
    for (int i = 0; kernel && i < kernel->n; i++)
        macs = times(macs, kernel->v[i]);
    return macs;
}

static int64_t macs_of(const sp_graph *g, const sp__graph_node *n)
{
    const sp__op *op = n->op;
    if (op == &sp__op_matmul || op == &sp__op_matmul_mixed || op == &sp__op_fused_matmul)
        return product(g, n, 0);
    if (op == &sp__op_conv2d || op == &sp__op_conv2d_mixed || op == &sp__op_conv2d_bias)
        return windows(out_shape(g, n), in_shape(g, n, 1));
    if (op == &sp__op_conv2d_input || op == &sp__op_conv2d_input_mixed)
        return windows(in_shape(g, n, 0), in_shape(g, n, 1));
    if (op == &sp__op_conv2d_filter || op == &sp__op_conv2d_filter_mixed)
        return windows(in_shape(g, n, 0), out_shape(g, n));
    if (op == &sp__op_avg_pool2d)
        return pool(g, n);
    if (op == &sp__op_batch_norm || op == &sp__op_bn_relu)
        return size_of(out_shape(g, n));
    return op == &sp__op_layer_norm ? times(2, size_of(out_shape(g, n))) : 0;
}

/* ---- nodes ---- */

/* The parameters that the node is the first to read; seen: by value. */
static void count_params(const sp_graph *g, const sp__graph_node *n, bool *seen, sp_node_info *out)
{
    for (int k = 0; k < n->n_in; k++) {
        const sp__value *v = n->in[k] >= 0 ? &g->values[n->in[k]] : NULL;
        if (!v || v->kind != SP__VALUE_PARAM || seen[n->in[k]])
            continue;
        seen[n->in[k]] = true;
        out->params += v->tensor->size;
        out->trainable += v->tensor->param && v->tensor->param->trainable ? v->tensor->size : 0;
        out->param_bytes += v->tensor->size * (int64_t)sp_dtype_size(v->tensor->dtype);
    }
}

static sp_node_info describe(const sp_graph *g, const sp__graph_node *n, bool *seen)
{
    sp_node_info out = {.op = n->op->name, .path = n->path ? n->path : "", .in = {.rank = -1}, .macs = macs_of(g, n)};
    for (int k = 0; k < n->n_in && out.in.rank < 0; k++)
        if (n->in[k] >= 0 && !g->values[n->in[k]].tensor)
            out.in = in_shape(g, n, k);
    out.out = out_shape(g, n);
    out.dtype = g->values[n->out].desc.dtype;
    for (int j = 0; j < n->n_out; j++) {
        sp__desc d = g->values[n->out + j].desc;
        out.bytes += times(size_of(d.shape), (int64_t)sp_dtype_size(d.dtype));
    }
    count_params(g, n, seen, &out);
    return out;
}

const sp_node_info *sp_graph_node_infos(const sp_graph *g)
{
    if (!sp__given("graph_node_infos", 1, g))
        return NULL;
    sp_node_info *list = sp__scope_alloc(((size_t)g->n_nodes + 1) * sizeof *list);
    bool *seen = sp__alloc_zero((size_t)g->n_values + 1);
    for (int64_t i = 0; list && seen && i < g->n_nodes; i++)
        list[i] = describe(g, &g->nodes[i], seen);
    bool ok = list && seen;
    sp__free(seen, (size_t)g->n_values + 1);
    return ok ? list : NULL;
}
