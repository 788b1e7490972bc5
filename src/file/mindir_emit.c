/* file/mindir_emit.c: the messages of a graph, made by parts in the scope of sp_graph_save. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir.h"
#include "file/write.h"

void *sp__mi_new(sp__mi_writer *w, size_t size, const void *init) { return sp__write_new(&w->failed, size, init); }

static char *text(const char *s) { return sp__proto_text(s); }

/* ---- attributes ---- */

static sp__mi_attr *attr_new(sp__mi_writer *w, const char *name, int32_t type)
{
    const sp__mi_attr init = SP__MINDIR__ATTR__INIT;
    sp__mi_attr *a = sp__mi_new(w, sizeof *a, &init);
    if (!a)
        return NULL;
    a->name = text(name);
    a->has_type = 1;
    a->type = type;
    return a;
}

static sp__mi_attr *put_i(sp__mi_writer *w, const char *name, int32_t type, int64_t v)
{
    sp__mi_attr *a = attr_new(w, name, type);
    if (a) {
        a->has_i = 1;
        a->i = v;
    }
    return a;
}

sp__mi_attr *sp__mi_put_bool(sp__mi_writer *w, const char *name, bool v) { return put_i(w, name, SP__MI_BOOL, v); }
sp__mi_attr *sp__mi_put_int(sp__mi_writer *w, const char *name, int64_t v) { return put_i(w, name, SP__MI_INT64, v); }

sp__mi_attr *sp__mi_put_float(sp__mi_writer *w, const char *name, double v)
{
    sp__mi_attr *a = attr_new(w, name, SP__MI_FLOAT);
    if (a) {
        a->has_f = 1;
        a->f = (float)v;
    }
    return a;
}

sp__mi_attr *sp__mi_put_text(sp__mi_writer *w, const char *name, const char *v)
{
    sp__mi_attr *a = attr_new(w, name, SP__MI_STRING);
    if (a)
        a->s = text(v);
    return a;
}

/* Within a sequence a number stands in the plural field, and has no name. */
sp__mi_attr *sp__mi_put_ints(sp__mi_writer *w, const char *name, int n, const int64_t *v)
{
    sp__mi_attr *a = attr_new(w, name, SP__MI_TUPLE);
    sp__mi_attr **items = sp__mi_new(w, ((size_t)n + 1) * sizeof *items, NULL);
    int64_t *copy = sp__mi_new(w, ((size_t)n + 1) * sizeof *copy, NULL);
    for (int i = 0; i < n && a && items && copy; i++) {
        copy[i] = v[i];
        items[i] = attr_new(w, NULL, SP__MI_INT64);
        if (!items[i])
            return NULL;
        items[i]->n_ints = 1;
        items[i]->ints = &copy[i];
    }
    if (!a || !items || !copy)
        return NULL;
    a->n_values = (size_t)n;
    a->values = items;
    return a;
}

/* ---- tensors ---- */

Sp__Mindir__Tensor *sp__mi_tensor_info(sp__mi_writer *w, const char *name, sp__desc desc)
{
    const Sp__Mindir__Tensor init = SP__MINDIR__TENSOR__INIT;
    Sp__Mindir__Tensor *t = sp__mi_new(w, sizeof *t, &init);
    int64_t *dims = sp__mi_new(w, sizeof desc.shape.dim, desc.shape.dim);
    if (!t || !dims)
        return NULL;
    t->name = text(name);
    t->n_dims = (size_t)desc.shape.rank;
    t->dims = dims;
    t->has_data_type = 1;
    t->data_type = sp__mi_code(desc.dtype);
    return t;
}

/* An attribute with one tensor. */
static sp__mi_attr *put_tensor(sp__mi_writer *w, const char *name, Sp__Mindir__Tensor *t)
{
    sp__mi_attr *a = attr_new(w, name, SP__MI_TENSORS);
    Sp__Mindir__Tensor **list = sp__mi_new(w, sizeof *list, &t);
    if (!a || !list || !t)
        return NULL;
    a->n_tensors = 1;
    a->tensors = list;
    return a;
}

sp__mi_attr *sp__mi_put_type(sp__mi_writer *w, const char *name, sp_dtype v)
{
    return put_tensor(w, name, sp__mi_tensor_info(w, NULL, (sp__desc){v, SP_SCALAR}));
}

/* ---- nodes ---- */

static const char *new_name(sp__mi_writer *w, const char *base)
{
    const char *name = sp__scope_printf("net:%s:%lld", base, (long long)w->next++);
    w->failed = w->failed || !*name;
    return name;
}

/* A node with one result, whose name is returned. */
static Sp__Mindir__Node *add_node(sp__mi_writer *w, const char *name, const char *op_type)
{
    const Sp__Mindir__Node init = SP__MINDIR__NODE__INIT;
    Sp__Mindir__Node *n = sp__mi_new(w, sizeof *n, &init);
    char *output = text(name);
    char **outputs = sp__mi_new(w, sizeof *outputs, &output);
    if (!n || !outputs || !sp__grow(&w->nodes, w->n_nodes, &w->cap_nodes, sizeof *w->nodes)) {
        w->failed = true;
        return NULL;
    }
    n->name = output;
    n->n_output = 1;
    n->output = outputs;
    n->op_type = text(op_type);
    w->nodes[w->n_nodes++] = n;
    return n;
}

/* A primitive of its own for each node: fewer would do, but so do MindSpore's files. */
static const char *add_primitive(sp__mi_writer *w, const char *op, int n_attrs, sp__mi_attr *const *attrs)
{
    const Sp__Mindir__Primitive init = SP__MINDIR__PRIMITIVE__INIT;
    Sp__Mindir__Primitive *p = sp__mi_new(w, sizeof *p, &init);
    const char *name = sp__scope_printf("%s:%lld", op, (long long)w->next++);
    sp__mi_attr **copy = sp__mi_new(w, ((size_t)n_attrs + 1) * sizeof *copy, NULL);
    if (!p || !copy || !sp__grow(&w->primitives, w->n_primitives, &w->cap_primitives, sizeof *w->primitives)) {
        w->failed = true;
        return "";
    }
    for (int i = 0; i < n_attrs; i++)
        copy[i] = attrs[i];
    p->name = text(name);
    p->op_type = text(op);
    p->n_attribute = (size_t)n_attrs;
    p->attribute = copy;
    w->primitives[w->n_primitives++] = p;
    return name;
}

const char *sp__mi_emit_new(sp__mi_writer *w, const char *op, int n, const char *const *in, int n_attrs,
                            sp__mi_attr *const *attrs)
{
    for (int i = 0; i < n_attrs; i++)
        w->failed = w->failed || !attrs[i];
    if (w->failed)
        return "";
    const char *name = new_name(w, op);
    Sp__Mindir__Node *node = add_node(w, name, sp__scope_printf("REF::%s", add_primitive(w, op, n_attrs, attrs)));
    char **inputs = sp__mi_new(w, ((size_t)n + 1) * sizeof *inputs, NULL);
    if (!node || !inputs)
        return "";
    for (int i = 0; i < n; i++)
        inputs[i] = text(in[i]);
    node->n_input = (size_t)n;
    node->input = inputs;
    const char *path = w->node ? w->node->path : NULL;
    node->domain = text(sp__scope_printf("Default%s%s", path ? "/" : "", path ? path : ""));
    return name;
}

const char *sp__mi_emit_value(sp__mi_writer *w, sp__mi_attr *value)
{
    if (w->failed || !value)
        return "";
    const char *name = new_name(w, "constant");
    Sp__Mindir__Node *node = add_node(w, name, "Constant");
    sp__mi_attr **list = sp__mi_new(w, sizeof *list, &value);
    if (!node || !list)
        return "";
    value->name = text("value");
    node->n_attribute = 1;
    node->attribute = list;
    return name;
}

const char *sp__mi_emit_tensor(sp__mi_writer *w, const sp_tensor *t)
{
    Sp__Mindir__Tensor *info = sp__absent(t) ? NULL : sp__mi_tensor_info(w, "value0", sp__desc_of(t));
    if (!info) {
        w->failed = true;
        return "";
    }
    info->has_raw_data = 1;
    info->raw_data = (ProtobufCBinaryData){(size_t)t->size * sp_dtype_size(t->dtype), t->data};
    return sp__mi_emit_value(w, put_tensor(w, "value", info));
}

const char *sp__mi_emit_number(sp__mi_writer *w, double value, sp_dtype dtype)
{
    return sp__mi_emit_tensor(w, sp_scalar(value, dtype)); /* lives in the scope until the file is written */
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
