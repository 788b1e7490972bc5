/* A graph in Graphviz's language, for those who lay it out themselves. */
#include "graph/draw.h"
#include "graph/edit.h"

/* Inside quotes: what is no text is replaced, quotes and backslashes are escaped. */
static void quoted(sp__text *out, const char *s)
{
    for (const char *c = s; *c; c++) {
        unsigned char u = (unsigned char)*c;
        if (u < 0x20 || u == 0x7f || u >= 0x80)
            sp__text_add(out, "?");
        else {
            sp__text_add(out, u == '"' || u == '\\' ? "\\" : "");
            sp__text_add_bytes(out, c, 1);
        }
    }
}

static void line(sp__text *out, const char *prefix, const char *text)
{
    if (!*text)
        return;
    sp__text_add(out, "\\n");
    sp__text_add(out, prefix);
    quoted(out, text);
}

static const char *desc_text(const sp__desc *d)
{
    return sp__scope_printf("%s %s", sp_dtype_name(d->dtype), sp_shape_str(d->shape));
}

static void edge(sp__text *out, const sp_graph *g, int value, const char *to, int64_t index)
{
    if (value < 0)
        return;
    const sp__value *v = &g->values[value];
    if (v->kind == SP__VALUE_NODE)
        sp__text_printf(out, "  n%d -> %s%lld;\n", v->node, to, (long long)index);
    for (int64_t i = 0; v->kind == SP__VALUE_INPUT && i < g->n_inputs; i++)
        if (g->inputs[i] == value)
            sp__text_printf(out, "  i%lld -> %s%lld;\n", (long long)i, to, (long long)index);
}

static void write_node(sp__text *out, const sp_graph *g, int64_t i)
{
    const sp__graph_node *n = &g->nodes[i];
    sp__text_printf(out, "  n%lld [label=\"", (long long)i);
    quoted(out, n->op->name);
    line(out, "", desc_text(sp__desc_at(g, n->out)));
    line(out, "", sp__node_attrs(n));
    line(out, "reads ", sp__node_reads(g, n));
    line(out, "updates ", sp__node_updates(g, n));
    sp__text_add(out, "\"];\n");
    for (int k = 0; k < n->n_in; k++)
        edge(out, g, n->in[k], "n", i);
}

const char *sp_graph_dot(const sp_graph *g)
{
    sp__text out = {0};
    if (!sp__given("graph_dot", 1, g))
        return "";
    sp__text_add(&out, "digraph spore {\n  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n");
    for (int64_t i = 0; i < g->n_inputs; i++) {
        sp__text_printf(&out, "  i%lld [shape=ellipse, label=\"", (long long)i);
        quoted(&out, g->values[g->inputs[i]].name ? g->values[g->inputs[i]].name : "input");
        line(&out, "", desc_text(sp__desc_at(g, g->inputs[i])));
        sp__text_add(&out, "\"];\n");
    }
    for (int64_t i = 0; i < g->n_nodes; i++)
        write_node(&out, g, i);
    for (int64_t i = 0; i < g->n_outputs; i++) {
        sp__text_printf(&out, "  o%lld [shape=ellipse, label=\"output\"];\n", (long long)i);
        edge(&out, g, g->outputs[i], "o", i);
    }
    sp__text_add(&out, "}\n");
    return sp__text_finish_in_scope(&out);
}
