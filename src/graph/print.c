/* Graphs as text, a node a line:
 *
 *     graph(%0 x: Float32 (64, 1, 28, 28))
 *     %1 = Flatten(%0)  Float32 (64, 784)
 *     %2 = MatMul(%1, dense.weight; transpose_a=False, transpose_b=True)  Float32 (64, 512)
 *     moving_mean <- %2          where a run changes parameters
 *     return %2
 *
 * Inputs, results and constants of several elements are numbered; parameters have names. */
#include "graph/draw.h"
#include "graph/graph.h"
#include "tensor/text.h"

/* A graph as it is printed: number[v] of value v, counted among those that are printed by number. */
typedef struct printed {
    const sp_graph *g;
    int *number; /* (n_values) */
} printed;

static bool by_name(const sp__value *v)
{
    return (v->kind == SP__VALUE_PARAM || v->kind == SP__VALUE_CONST) && v->name;
}
static bool by_value(const sp__value *v) { return v->kind == SP__VALUE_CONST && v->tensor->size == 1; }

/* False, recorded, when memory is short. */
static bool number_values(printed *p)
{
    p->number = sp__scope_alloc((size_t)p->g->n_values * sizeof *p->number);
    int n = 0;
    for (int64_t i = 0; p->number && i < p->g->n_values; i++) {
        const sp__value *v = &p->g->values[i];
        p->number[i] = by_name(v) || by_value(v) ? -1 : n++;
    }
    return p->number != NULL;
}

void sp__field_write(sp__text *out, const sp__field *f, const void *p)
{
    sp__text_printf(out, "%s=", f->name);
    switch (f->kind) {
    case SP__BOOL:
        sp__text_add(out, *(const bool *)p ? "True" : "False");
        break;
    case SP__INT:
        sp__text_printf(out, "%lld", (long long)*(const int64_t *)p);
        break;
    case SP__FLOAT:
        sp__text_float(out, *(const double *)p);
        break;
    case SP__ENUM:
        sp__text_add(out, f->words[*(const int *)p]);
        break;
    case SP__TYPE:
        sp__text_add(out, sp_dtype_name(*(const sp_dtype *)p));
        break;
    case SP__INTS: {
        const sp__ints *v = p;
        sp__text_add(out, "(");
        for (int i = 0; i < v->n; i++)
            sp__text_printf(out, i ? ", %lld" : "%lld", (long long)v->v[i]);
        sp__text_add(out, v->n == 1 ? ",)" : ")");
        break;
    }
    }
}

/* A parameter by its name, a constant of one element by its value, others by number. */
static void write_value(sp__text *out, const printed *p, int value)
{
    const sp__value *v = value == SP__VALUE_NONE ? NULL : &p->g->values[value];
    if (!v)
        sp__text_add(out, "None");
    else if (by_name(v))
        sp__text_add(out, v->name);
    else if (by_value(v))
        sp__text_add(out, sp_str(v->tensor));
    else
        sp__text_printf(out, "%%%d", p->number[value]);
}

static void write_desc(sp__text *out, sp__desc d)
{
    sp__text_printf(out, "%s %s", sp_dtype_name(d.dtype), sp_shape_str(d.shape));
}

static void write_node(sp__text *out, const printed *p, const sp__graph_node *n)
{
    for (int j = 0; j < n->n_out; j++)
        sp__text_printf(out, j ? ", %%%d" : "%%%d", p->number[n->out + j]);
    sp__text_printf(out, " = %s(", n->op->name);
    for (int k = 0; k < n->n_in; k++) {
        sp__text_add(out, k ? ", " : "");
        write_value(out, p, n->in[k]);
    }
    for (int i = 0; i < n->op->n_fields; i++) {
        sp__text_add(out, i ? ", " : "; ");
        sp__field_write(out, &n->op->fields[i], (const char *)n->attrs + n->op->fields[i].offset);
    }
    sp__text_add(out, ")  ");
    for (int j = 0; j < n->n_out; j++) {
        sp__text_add(out, j ? ", " : "");
        write_desc(out, p->g->values[n->out + j].desc);
    }
    sp__text_add(out, "\n");
}

const char *sp_graph_str(const sp_graph *g)
{
    sp__text out = {0};
    printed p = {.g = g};
    if (!g)
        return "None";
    if (!number_values(&p))
        return "";
    sp__text_add(&out, "graph(");
    for (int64_t i = 0; i < g->n_inputs; i++) {
        const sp__value *v = &g->values[g->inputs[i]];
        sp__text_printf(&out, "%s%%%d %s: ", i ? ", " : "", p.number[g->inputs[i]], v->name ? v->name : "");
        write_desc(&out, v->desc);
    }
    sp__text_add(&out, ")\n");
    for (int64_t i = 0; i < g->n_nodes; i++)
        write_node(&out, &p, &g->nodes[i]);
    for (int64_t i = 0; i < g->n_updates; i++) {
        write_value(&out, &p, g->updates[i].param);
        sp__text_add(&out, " <- ");
        write_value(&out, &p, g->updates[i].value);
        sp__text_add(&out, "\n");
    }
    sp__text_add(&out, "return ");
    for (int64_t i = 0; i < g->n_outputs; i++) {
        sp__text_add(&out, i ? ", " : "");
        write_value(&out, &p, g->outputs[i]);
    }
    sp__text_add(&out, "\n");
    return sp__text_finish_in_scope(&out);
}
