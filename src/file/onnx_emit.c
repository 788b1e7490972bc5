/* file/onnx_emit.c: the messages of a graph, made by parts in the scope of the writer. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_write.h"

void *sp__onnx_new(sp__onnx_writer *w, size_t size, const void *init) { return sp__write_new(&w->failed, size, init); }

#define text sp__proto_text

/* ---- attributes ---- */

static sp__onnx_attr *attr_new(sp__onnx_writer *w, const char *name, int32_t type)
{
    const sp__onnx_attr init = SP__ONNX__ATTR__INIT;
    sp__onnx_attr *a = sp__onnx_new(w, sizeof *a, &init);
    if (!a)
        return NULL;
    a->name = text(name);
    a->has_type = 1;
    a->type = type;
    return a;
}

sp__onnx_attr *sp__onnx_put_int(sp__onnx_writer *w, const char *name, int64_t v)
{
    sp__onnx_attr *a = attr_new(w, name, SP__ONNX_ATTR_INT);
    if (a) {
        a->has_i = 1;
        a->i = v;
    }
    return a;
}

sp__onnx_attr *sp__onnx_put_float(sp__onnx_writer *w, const char *name, double v)
{
    sp__onnx_attr *a = attr_new(w, name, SP__ONNX_ATTR_FLOAT);
    if (a) {
        a->has_f = 1;
        a->f = (float)v;
    }
    return a;
}

sp__onnx_attr *sp__onnx_put_text(sp__onnx_writer *w, const char *name, const char *v)
{
    sp__onnx_attr *a = attr_new(w, name, SP__ONNX_ATTR_STRING);
    if (a) {
        a->has_s = 1;
        a->s = (ProtobufCBinaryData){strlen(v), (uint8_t *)text(v)};
    }
    return a;
}

sp__onnx_attr *sp__onnx_put_ints(sp__onnx_writer *w, const char *name, int n, const int64_t *v)
{
    sp__onnx_attr *a = attr_new(w, name, SP__ONNX_ATTR_INTS);
    int64_t *copy = sp__onnx_new(w, ((size_t)n + 1) * sizeof *copy, NULL);
    if (!a || !copy)
        return NULL;
    memcpy(copy, v, (size_t)n * sizeof *copy);
    a->n_ints = (size_t)n;
    a->ints = copy;
    return a;
}

/* ---- names ---- */

const char *sp__onnx_unique(sp__onnx_writer *w, const char *base)
{
    const char *name = base;
    int made = sp__names_find(&w->taken, base);
    if (made != SP__NAME_NONE) {
        do
            name = sp__scope_printf("%s_%d", base, ++made);
        while (*name && sp__names_find(&w->taken, name) != SP__NAME_NONE);
        w->failed = w->failed || !*name || !sp__names_put(&w->taken, base, made);
    }
    w->failed = w->failed || !*name || !sp__names_put(&w->taken, name, 0);
    return name;
}

/* ---- nodes ---- */

/* "net/fc1" of "net (Net) > fc1 (Dense)", and op behind it. */
static const char *node_name(const char *path, const char *op)
{
    const char *name = "";
    while (path) {
        const char *next = strstr(path, " > "), *type = strstr(path, " (");
        size_t n = next ? (size_t)(next - path) : strlen(path);
        n = type && type < path + n ? (size_t)(type - path) : n;
        name = sp__scope_printf("%s%.*s/", name, (int)n, path);
        path = next ? next + 3 : NULL;
    }
    return sp__scope_printf("%s%s", name, op);
}

static Sp__Onnx__Node *add_node(sp__onnx_writer *w, const char *name)
{
    const Sp__Onnx__Node init = SP__ONNX__NODE__INIT;
    Sp__Onnx__Node *n = sp__onnx_new(w, sizeof *n, &init);
    char **outputs = sp__onnx_new(w, sizeof *outputs, NULL);
    if (!n || !outputs || !sp__grow(&w->nodes, w->n_nodes, &w->cap_nodes, sizeof *w->nodes)) {
        w->failed = true;
        return NULL;
    }
    n->name = *outputs = text(name);
    n->n_output = 1;
    n->output = outputs;
    w->nodes[w->n_nodes++] = n;
    return n;
}

const char *sp__onnx_emit(sp__onnx_writer *w, const char *op, int n, const char *const *in, int n_attrs,
                          sp__onnx_attr *const *attrs)
{
    for (int i = 0; i < n_attrs; i++)
        w->failed = w->failed || !attrs[i];
    if (w->failed)
        return "";
    const char *name = sp__onnx_unique(w, node_name(w->node ? w->node->path : NULL, op));
    char **inputs = sp__onnx_new(w, ((size_t)n + 1) * sizeof *inputs, NULL);
    sp__onnx_attr **list = sp__onnx_new(w, ((size_t)n_attrs + 1) * sizeof *list, NULL);
    Sp__Onnx__Node *node = inputs && list ? add_node(w, name) : NULL;
    if (!node)
        return "";
    for (int i = 0; i < n; i++)
        inputs[i] = text(in[i]);
    for (int i = 0; i < n_attrs; i++)
        list[i] = attrs[i];
    node->op_type = text(op);
    node->n_input = (size_t)n;
    node->input = inputs;
    node->n_attribute = (size_t)n_attrs;
    node->attribute = list;
    return name;
}

const char *sp__onnx_second(sp__onnx_writer *w)
{
    char **outputs = sp__onnx_new(w, 2 * sizeof *outputs, NULL);
    if (!outputs || w->failed || w->n_nodes == 0)
        return "";
    Sp__Onnx__Node *node = w->nodes[w->n_nodes - 1];
    const char *name = sp__onnx_unique(w, node->name);
    outputs[0] = node->output[0];
    outputs[1] = text(name);
    node->output = outputs;
    node->n_output = 2;
    return name;
}

/* ---- tensors ---- */

Sp__Onnx__Tensor *sp__onnx_add_tensor(sp__onnx_writer *w, const char *name, const sp_tensor *t)
{
    const Sp__Onnx__Tensor init = SP__ONNX__TENSOR__INIT;
    Sp__Onnx__Tensor *out = sp__onnx_new(w, sizeof *out, &init);
    int64_t *dims = sp__onnx_new(w, sizeof t->shape.dim, t->shape.dim);
    if (!out || !dims || !sp__grow(&w->tensors, w->n_tensors, &w->cap_tensors, sizeof *w->tensors)) {
        w->failed = true;
        return NULL;
    }
    out->name = text(name);
    out->n_dims = (size_t)t->shape.rank;
    out->dims = dims;
    out->has_data_type = out->has_raw_data = 1;
    out->data_type = sp__onnx_code(t->dtype);
    out->raw_data = (ProtobufCBinaryData){(size_t)t->size * sp_dtype_size(t->dtype), t->data};
    w->tensors[w->n_tensors++] = out;
    return out;
}

#define SHORT 64 /* bytes */

/* What tells constants apart: type, shape and elements; many elements by where they lie. */
static const char *key_of(const sp_tensor *t)
{
    char hex[2 * SHORT + 1] = "";
    size_t size = (size_t)t->size * sp_dtype_size(t->dtype);
    for (size_t i = 0; i < size && size <= SHORT; i++)
        snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)t->data)[i]);
    const char *type = sp_dtype_name(t->dtype), *shape = sp__shape_text(t->shape);
    return size <= SHORT ? sp__scope_printf("%s %s %s", type, shape, hex)
                         : sp__scope_printf("%s %s at %p", type, shape, t->data);
}

/* The constant's name: that of an equal one, else made of base. */
static const char *constant(sp__onnx_writer *w, const sp_tensor *t, const char *base)
{
    const char *key = sp__absent(t) ? "" : key_of(t);
    if (!*key || !*base) {
        w->failed = true;
        return "";
    }
    int at = sp__names_find(&w->known, key);
    if (at != SP__NAME_NONE)
        return w->tensors[at]->name;
    const char *name = sp__onnx_unique(w, base);
    if (!sp__onnx_add_tensor(w, name, t) || !sp__names_put(&w->known, key, (int)w->n_tensors - 1))
        w->failed = true;
    return name;
}

const char *sp__onnx_number(sp__onnx_writer *w, double v, sp_dtype dtype)
{
    return constant(w, sp_scalar(v, dtype), sp__scope_printf("%g", v));
}

const char *sp__onnx_integer(sp__onnx_writer *w, int64_t v, sp_dtype dtype)
{
    return constant(w, sp_cast(sp_from(&v, SP_I64, SP_SCALAR), dtype), sp__scope_printf("%lld", (long long)v));
}

const char *sp__onnx_vector(sp__onnx_writer *w, int n, const int64_t *v)
{
    const char *base = "ints";
    for (int i = 0; i < n; i++)
        base = sp__scope_printf("%s%s%lld", base, i ? "," : ":", (long long)v[i]);
    return constant(w, sp_from(v, SP_I64, SP_DIMS(n)), base);
}

const char *sp__onnx_tensor(sp__onnx_writer *w, const sp_tensor *t) { return constant(w, t, "constant"); }

/* ---- types and shapes of values ---- */

static Sp__Onnx__Dim *dim(sp__onnx_writer *w, int64_t size, int64_t other)
{
    const Sp__Onnx__Dim init = SP__ONNX__DIM__INIT;
    Sp__Onnx__Dim *d = sp__onnx_new(w, sizeof *d, &init);
    int as = sp__onnx_varies_as(size, other);
    if (d && size == other) {
        d->has_dim_value = 1;
        d->dim_value = size;
    } else if (d && as >= 0) {
        d->dim_param = text(as ? sp__scope_printf("D%d", as) : "N");
    }
    return d;
}

Sp__Onnx__ValueInfo *sp__onnx_info(sp__onnx_writer *w, const char *name, int value)
{
    const Sp__Onnx__ValueInfo init = SP__ONNX__VALUE_INFO__INIT;
    const Sp__Onnx__Type type_init = SP__ONNX__TYPE__INIT;
    const Sp__Onnx__TensorType tensor_init = SP__ONNX__TENSOR_TYPE__INIT;
    const Sp__Onnx__Shape shape_init = SP__ONNX__SHAPE__INIT;
    sp__onnx_sizes sizes = sp__onnx_shape_of(w, value);
    int rank = sizes.n;
    Sp__Onnx__ValueInfo *v = sp__onnx_new(w, sizeof *v, &init);
    Sp__Onnx__Type *type = sp__onnx_new(w, sizeof *type, &type_init);
    Sp__Onnx__TensorType *tensor = sp__onnx_new(w, sizeof *tensor, &tensor_init);
    Sp__Onnx__Shape *shape = sp__onnx_new(w, sizeof *shape, &shape_init);
    Sp__Onnx__Dim **dims = sp__onnx_new(w, ((size_t)rank + 1) * sizeof *dims, NULL);
    if (!v || !type || !tensor || !shape || !dims)
        return NULL;
    for (int i = 0; i < rank; i++) {
        dims[i] = dim(w, sizes.at[0][i], sizes.at[1][i]);
        if (!dims[i])
            return NULL;
    }
    shape->n_dim = (size_t)rank;
    shape->dim = dims;
    tensor->has_elem_type = 1;
    tensor->elem_type = sp__onnx_code(w->graph->values[value].desc.dtype);
    tensor->shape = shape;
    type->tensor_type = tensor;
    v->name = text(name);
    v->type = type;
    return v;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
