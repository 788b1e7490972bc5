/* file/onnx_sizes.c: sizes that vary. Two graphs of one function for two sizes of its inputs tell them from those that do not. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_write.h"

/* The batch: two numbers that few nets have, 5 apart, so that what is a multiple of it and what is not can be told. Of
 * images enough for a net to halve them a few times. */
int64_t sp__onnx_trial(int dim, bool second)
{
    if (dim == 0)
        return second ? 18 : 13;
    return (second ? 416 : 224) + 32 * dim;
}

int sp__onnx_varies_as(int64_t size, int64_t other)
{
    for (int d = 0; d < SP_MAX_RANK; d++)
        if (size == sp__onnx_trial(d, false) && other == sp__onnx_trial(d, true))
            return d;
    return -1;
}

/* ---- reading both graphs ---- */

sp__onnx_sizes sp__onnx_shape_of(const sp__onnx_writer *w, int value)
{
    sp_shape a = w->graph->values[value].desc.shape, b = (w->other ? w->other : w->graph)->values[value].desc.shape;
    sp__onnx_sizes s = {.n = a.rank};
    memcpy(s.v, a.dim, sizeof s.v);
    memcpy(s.other, b.dim, sizeof s.other);
    return s;
}

sp__onnx_sizes sp__onnx_ints_of(const sp__onnx_writer *w, const char *attribute)
{
    sp__ints a = sp__node_ints(w->node, attribute), b = sp__node_ints(w->twin, attribute);
    sp__onnx_sizes s = {.n = a.n};
    memcpy(s.v, a.v, sizeof s.v);
    memcpy(s.other, b.v, sizeof s.other);
    return s;
}

bool sp__onnx_fixed(const sp__onnx_sizes *s) { return memcmp(s->v, s->other, (size_t)s->n * sizeof s->v[0]) == 0; }

/* ---- writing ---- */

/* Dimension d of the first input that varies in it, as a vector of 1. */
static const char *input_size(sp__onnx_writer *w, int d)
{
    for (int64_t i = 0; i < w->graph->n_inputs && !w->varying[d]; i++) {
        sp__onnx_sizes s = sp__onnx_shape_of(w, w->graph->inputs[i]);
        if (d >= s.n || sp__onnx_varies_as(s.v[d], s.other[d]) != d)
            continue;
        const sp__graph_node *node = w->node;
        w->node = NULL; /* belongs to no cell */
        w->varying[d] =
            sp__onnx_emit(w, "Shape", SP__ONNX_IN(w->names[w->graph->inputs[i]]),
                          SP__ONNX_ATTRS(sp__onnx_put_int(w, "start", d), sp__onnx_put_int(w, "end", d + 1)));
        w->node = node;
    }
    return w->varying[d];
}

/* One size that varies, as a vector of 1: an input's, or times the batch plus a constant. NULL: it is neither. */
static const char *varying_size(sp__onnx_writer *w, int64_t size, int64_t other)
{
    int as = sp__onnx_varies_as(size, other);
    if (as >= 0)
        return input_size(w, as);
    int64_t first = sp__onnx_trial(0, false), apart = sp__onnx_trial(0, true) - first;
    int64_t times = (other - size) / apart, plus = size - times * first;
    const char *n = times * apart == other - size && size >= 0 && other >= 0 ? input_size(w, 0) : NULL;
    if (n && times != 1)
        n = sp__onnx_emit(w, "Mul", SP__ONNX_IN(n, sp__onnx_vector(w, 1, &times)), SP__ONNX_PLAIN);
    if (n && plus != 0)
        n = sp__onnx_emit(w, "Add", SP__ONNX_IN(n, sp__onnx_vector(w, 1, &plus)), SP__ONNX_PLAIN);
    return n;
}

const char *sp__onnx_sizes_vector(sp__onnx_writer *w, const sp__onnx_sizes *s, const char **why)
{
    if (sp__onnx_fixed(s))
        return sp__onnx_vector(w, s->n, s->v);
    const char *parts[SP_MAX_RANK];
    int n = 0;
    for (int i = 0; i < s->n;) {
        int end = i;
        while (end < s->n && s->v[end] == s->other[end])
            end++;
        if (end > i) {
            parts[n++] = sp__onnx_vector(w, end - i, &s->v[i]);
            i = end;
            continue;
        }
        parts[n] = varying_size(w, s->v[i], s->other[i]);
        if (!parts[n++]) {
            sp__onnx_refuse(why, "a size depends on the batch size in a way that cannot be written");
            return NULL;
        }
        i++;
    }
    return n == 1 ? parts[0] : sp__onnx_emit(w, "Concat", n, parts, SP__ONNX_ATTRS(sp__onnx_put_int(w, "axis", 0)));
}

/* ---- comparing two graphs ---- */

/* Attributes that are sizes and may differ. */
static bool is_size(const sp__op *op, const char *field)
{
    if (op == &sp__op_reshape || op == &sp__op_broadcast_to)
        return strcmp(field, "shape") == 0;
    if (op == &sp__op_tile)
        return strcmp(field, "multiples") == 0;
    return op == &sp__op_strided_slice && strcmp(field, "strides") != 0;
}

static bool same_field(const sp__field *f, const void *a, const void *b)
{
    const char *p = (const char *)a + f->offset, *q = (const char *)b + f->offset;
    const sp__ints *v = (const void *)p, *u = (const void *)q;
    switch (f->kind) {
    case SP__BOOL:
        return *(const bool *)p == *(const bool *)q;
    case SP__INTS:
        return v->n == u->n && memcmp(v->v, u->v, (size_t)v->n * sizeof v->v[0]) == 0;
    case SP__ENUM:
    case SP__TYPE:
        return memcmp(p, q, sizeof(int)) == 0;
    default:
        return memcmp(p, q, 8) == 0;
    }
}

static bool same_attributes(const sp__graph_node *a, const sp__graph_node *b)
{
    for (int i = 0; i < a->op->n_fields; i++) {
        const sp__field *f = &a->op->fields[i];
        if (!is_size(a->op, f->name) && !same_field(f, a->attrs, b->attrs))
            return false;
    }
    return true;
}

static bool same_elements(const sp_tensor *a, const sp_tensor *b)
{
    return a == b || a->data == b->data || memcmp(a->data, b->data, (size_t)a->size * sp_dtype_size(a->dtype)) == 0;
}

/* One number all over: the shape may vary then. */
static bool is_filled(const sp_tensor *t)
{
    size_t each = sp_dtype_size(t->dtype);
    for (int64_t i = 1; i < t->size; i++)
        if (memcmp(t->data, (const char *)t->data + (size_t)i * each, each) != 0)
            return false;
    return t->size > 0;
}

static bool same_constant(const sp__value *a, const sp__value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == SP__VALUE_PARAM)
        return a->tensor == b->tensor;
    if (a->kind != SP__VALUE_CONST)
        return true;
    if (sp_shape_equal(a->desc.shape, b->desc.shape))
        return same_elements(a->tensor, b->tensor);
    return is_filled(a->tensor) && is_filled(b->tensor) &&
           memcmp(a->tensor->data, b->tensor->data, sp_dtype_size(a->desc.dtype)) == 0;
}

static const char *node_differs(const sp_graph *g, const sp_graph *h, int64_t i)
{
    const sp__graph_node *a = &g->nodes[i], *b = &h->nodes[i];
    if (a->op != b->op || a->n_in != b->n_in || a->n_out != b->n_out || a->out != b->out ||
        memcmp(a->in, b->in, (size_t)a->n_in * sizeof *a->in) != 0)
        return "is another one for another batch size";
    if (!same_attributes(a, b))
        return "has an attribute that depends on the batch size";
    for (int k = 0; k < a->n_in; k++)
        if (a->in[k] != SP__VALUE_NONE && !same_constant(&g->values[a->in[k]], &h->values[a->in[k]]))
            return "reads a constant that depends on the batch size";
    return NULL;
}

static bool same_value(const sp__value *a, const sp__value *b)
{
    return a->kind == b->kind && a->desc.dtype == b->desc.dtype && a->desc.shape.rank == b->desc.shape.rank;
}

const char *sp__onnx_differ(const sp_graph *a, const sp_graph *b, int64_t *at)
{
    for (*at = 0; *at < a->n_nodes && *at < b->n_nodes; ++*at) {
        const char *why = node_differs(a, b, *at);
        if (why)
            return why;
    }
    *at = -1;
    if (a->n_nodes != b->n_nodes || a->n_values != b->n_values || a->n_outputs != b->n_outputs ||
        memcmp(a->outputs, b->outputs, (size_t)a->n_outputs * sizeof *a->outputs) != 0)
        return "it computes other things for another batch size";
    for (int64_t v = 0; v < a->n_values; v++)
        if (!same_value(&a->values[v], &b->values[v]) ||
            (a->values[v].kind == SP__VALUE_CONST && !same_constant(&a->values[v], &b->values[v])))
            return "a value has another type for another batch size";
    return NULL;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
