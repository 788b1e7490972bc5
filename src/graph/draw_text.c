/* What pictures say of nodes. */
#include <string.h>

#include "graph/draw.h"
#include "graph/edit.h"

/* ---- text for XML ---- */

/* Bytes of the UTF-8 character at s; 0 if it is none, or one that XML does not allow. */
static int utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f ? 1 : 0;
    int n = s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool odd = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
               (s[0] == 0xf4 && s[1] >= 0x90) || (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe);
    return odd ? 0 : n;
}

void sp__xml_text(sp__text *out, const char *s, int most)
{
    const unsigned char *c = (const unsigned char *)s;
    for (int k = 0; *c; k++) {
        if (k == most) {
            sp__text_add(out, "\xe2\x80\xa6"); /* ... */
            return;
        }
        int n = utf8_length(c);
        if (n == 0)
            sp__text_add(out, "\xef\xbf\xbd");
        else if (*c == '&')
            sp__text_add(out, "&amp;");
        else if (*c == '<')
            sp__text_add(out, "&lt;");
        else if (*c == '>')
            sp__text_add(out, "&gt;");
        else if (*c == '"')
            sp__text_add(out, "&quot;");
        else
            sp__text_add_bytes(out, (const char *)c, (size_t)n);
        c += SP__MAX(n, 1);
    }
}

/* ---- nodes ---- */

const char *sp__node_results(const sp_graph *g, const sp__graph_node *n)
{
    const sp__desc *d = sp__desc_at(g, n->out);
    return sp__scope_printf("%s %s%s", sp_dtype_name(d->dtype), sp_shape_str(d->shape),
                            n->n_out > 1 ? " \xe2\x80\xa6" : "");
}

static const char *field_text(const sp__field *f, const void *attrs)
{
    sp__text text = {0};
    sp__field_write(&text, f, (const char *)attrs + f->offset);
    return sp__text_finish_in_scope(&text);
}

const char *sp__node_attrs(const sp__graph_node *n)
{
    void *preset = n->op->attr_size ? sp__scope_alloc(n->op->attr_size) : NULL;
    sp__text text = {0};
    if (!preset)
        return "";
    memset(preset, 0, n->op->attr_size);
    sp__attrs_preset(n->op, preset);
    for (int i = 0; i < n->op->n_fields; i++) {
        const char *now = field_text(&n->op->fields[i], n->attrs);
        if (strcmp(now, field_text(&n->op->fields[i], preset)) != 0)
            sp__text_printf(&text, "%s%s", text.length ? ", " : "", now);
    }
    return sp__text_finish_in_scope(&text);
}

const char *sp__node_reads(const sp_graph *g, const sp__graph_node *n)
{
    sp__text text = {0};
    for (int k = 0; k < n->n_in; k++) {
        const sp__value *v = n->in[k] < 0 ? NULL : &g->values[n->in[k]];
        if (v && v->tensor && v->name)
            sp__text_printf(&text, "%s%s", text.length ? ", " : "", v->name);
    }
    return sp__text_finish_in_scope(&text);
}

const char *sp__node_updates(const sp_graph *g, const sp__graph_node *n)
{
    sp__text text = {0};
    for (int64_t i = 0; i < g->n_updates; i++) {
        const char *name = g->values[g->updates[i].param].name;
        if (g->updates[i].value >= n->out && g->updates[i].value < n->out + n->n_out)
            sp__text_printf(&text, "%s%s", text.length ? ", " : "", name ? name : "");
    }
    return sp__text_finish_in_scope(&text);
}

const char *sp__node_place(const sp__graph_node *n) { return n->path ? n->path : ""; }

/* ---- families ---- */

#define FAMILIES(X)                \
    X(PRODUCT, matmul)             \
    X(PRODUCT, fused_matmul)       \
    X(PRODUCT, conv2d)             \
    X(PRODUCT, conv2d_input)       \
    X(PRODUCT, conv2d_filter)      \
    X(NORM, batch_norm)            \
    X(NORM, batch_norm_back)       \
    X(NORM, bn_relu)               \
    X(NORM, bn_relu_back)          \
    X(NORM, layer_norm)            \
    X(NORM, layer_norm_back)       \
    X(NORM, max_pool2d)            \
    X(NORM, max_pool2d_back)       \
    X(NORM, avg_pool2d)            \
    X(NORM, avg_pool2d_back)       \
    X(NORM, reduce_sum)            \
    X(NORM, reduce_mean)           \
    X(NORM, reduce_max)            \
    X(NORM, reduce_min)            \
    X(SHAPE, reshape)              \
    X(SHAPE, flatten)              \
    X(SHAPE, expand_dims)          \
    X(SHAPE, squeeze)              \
    X(SHAPE, transpose)            \
    X(SHAPE, broadcast_to)         \
    X(SHAPE, tile)                 \
    X(SHAPE, concat)               \
    X(SHAPE, stack)                \
    X(SHAPE, strided_slice)        \
    X(SHAPE, gather)               \
    X(SHAPE, cast)                 \
    X(LOSS, cross_entropy)         \
    X(LOSS, cross_entropy_back)    \
    X(LOSS, softmax_cross_entropy) \
    X(LOSS, softmax)               \
    X(LOSS, log_softmax)           \
    X(LOSS, bce_with_logits)       \
    X(STEP, sgd)                   \
    X(STEP, adam)                  \
    X(STEP, matmul_update)

sp__family sp__family_of(const sp__op *op)
{
#define X(family, id)       \
    if (op == &sp__op_##id) \
        return SP__##family;
    FAMILIES(X)
#undef X
    return op->max_in <= 2 || op == &sp__op_chain ? SP__ELEMENTWISE : SP__OTHER;
}
