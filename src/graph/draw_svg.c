/* A graph as SVG: no scripts, no fonts but the reader's. */
#include <math.h>
#include <stdlib.h>

#include "graph/draw.h"

#define LINE    15.0
#define LETTER  6.8
#define MARGIN  8.0
#define MOST    44 /* letters in a line */
#define HEADING 54.0

static const struct {
    const char *name, *fill, *stroke;
} looks[] = {
    [SP__PRODUCT] = {"product", "#cfe2f8", "#3a75b5"},
    [SP__ELEMENTWISE] = {"elementwise", "#dff0d8", "#5a9a4a"},
    [SP__NORM] = {"reduction, pooling", "#fdebc8", "#c58b2b"},
    [SP__SHAPE] = {"shape", "#eeeeee", "#999999"},
    [SP__LOSS] = {"loss", "#f7d4dc", "#c0506e"},
    [SP__STEP] = {"update", "#e3d9f3", "#7d5bb0"},
    [SP__OTHER] = {"other", "#e0f1f1", "#4c9a9a"},
};
enum { FAMILIES = sizeof looks / sizeof looks[0] };

/* ---- what stands in a box ---- */

enum { LINES = 6 };
typedef struct label {
    const char *line[LINES];
    int n;
} label;

static void say(label *l, const char *prefix, const char *text)
{
    if (*text && l->n < LINES)
        l->line[l->n++] = *prefix ? sp__scope_printf("%s%s", prefix, text) : text;
}

static const char *time_text(double seconds, double total)
{
    double share = total > 0 ? 100 * seconds / total : 0;
    return seconds < 1e-3 ? sp__scope_printf("%.0f \xc2\xb5s, %.0f %%", seconds * 1e6, share)
                          : sp__scope_printf("%.2f ms, %.0f %%", seconds * 1e3, share);
}

static label node_label(const sp_graph *g, int i, const double *seconds, double total)
{
    const sp__graph_node *n = &g->nodes[i];
    label l = {0};
    say(&l, "", n->op->name);
    say(&l, "", sp__node_results(g, n));
    say(&l, "", sp__node_attrs(n));
    say(&l, "reads ", sp__node_reads(g, n));
    say(&l, "\xe2\x86\x92 ", sp__node_updates(g, n));
    say(&l, "", seconds ? time_text(seconds[i], total) : sp__node_place(n));
    return l;
}

static label end_label(const sp_graph *g, const char *what, int value, const char *name)
{
    label l = {0};
    const sp__desc *d = &g->values[value].desc;
    say(&l, "", name ? sp__scope_printf("%s %s", what, name) : what);
    say(&l, "", sp__scope_printf("%s %s", sp_dtype_name(d->dtype), sp_shape_str(d->shape)));
    return l;
}

static int letters(const char *s)
{
    int n = 0;
    for (const unsigned char *c = (const unsigned char *)s; *c; c++)
        n += (*c & 0xc0) != 0x80;
    return SP__MIN(n, MOST + 1);
}

static sp__box size_of(const label *l)
{
    int widest = 4;
    for (int k = 0; k < l->n; k++)
        widest = SP__MAX(widest, letters(l->line[k]) + (k == 0));
    return (sp__box){.w = widest * LETTER + 2 * MARGIN, .h = l->n * LINE + MARGIN};
}

/* ---- writing: all numbers with one decimal, in every locale ---- */

static void number(sp__text *out, double v)
{
    long long tenths = llround(v * 10);
    sp__text_printf(out, "%s%lld.%lld", tenths < 0 ? "-" : "", llabs(tenths) / 10, llabs(tenths) % 10);
}

static void attribute(sp__text *out, const char *name, double v)
{
    sp__text_printf(out, " %s=\"", name);
    number(out, v);
    sp__text_add(out, "\"");
}

static void write_label(sp__text *out, const sp__box *b, const label *l)
{
    for (int k = 0; k < l->n; k++) {
        sp__text_add(out, "<text");
        attribute(out, "x", b->x);
        attribute(out, "y", b->y - b->h / 2 + (k + 0.85) * LINE);
        sp__text_add(out, k == 0 ? " class=\"op\">" : ">");
        sp__xml_text(out, l->line[k], MOST);
        sp__text_add(out, "</text>");
    }
    sp__text_add(out, "</g>\n");
}

static void write_box(sp__text *out, const sp__box *b, const char *fill, const char *stroke, double round, double share)
{
    sp__text_add(out, "<g><rect");
    attribute(out, "x", b->x - b->w / 2);
    attribute(out, "y", b->y - b->h / 2);
    attribute(out, "width", b->w);
    attribute(out, "height", b->h);
    attribute(out, "rx", round);
    attribute(out, "stroke-width", 1 + 5 * share);
    sp__text_printf(out, " fill=\"%s\" stroke=\"%s\"/>", fill, stroke);
}

/* A bend to the next layer, and straight down through a joint. */
static void write_edge(sp__text *out, const sp__drawing *d, const sp__edge *e)
{
    const sp__box *a = &d->boxes[e->from], *b = &d->boxes[e->to];
    double y0 = a->y + a->h / 2, y1 = b->y - b->h / 2, middle = (y0 + y1) / 2;
    sp__text_add(out, "<path class=\"edge\" d=\"M");
    const double at[][2] = {{a->x, y0}, {a->x, middle}, {b->x, middle}, {b->x, y1}};
    for (int k = 0; k < 4; k++) {
        sp__text_add(out, k == 1 ? "C" : k ? " " : "");
        number(out, at[k][0]);
        sp__text_add(out, " ");
        number(out, at[k][1]);
    }
    sp__text_add(out, b->kind == SP__BOX_JOINT ? "\"/>\n" : "\" marker-end=\"url(#arrow)\"/>\n");
}

static void write_legend(sp__text *out, double width)
{
    double x = MARGIN;
    for (int f = 0; f < FAMILIES && x < width - 60; f++) {
        sp__box b = {.x = x + 6, .y = HEADING - 14, .w = 12, .h = 12};
        write_box(out, &b, looks[f].fill, looks[f].stroke, 3, 0);
        sp__text_add(out, "<text class=\"key\"");
        attribute(out, "x", x + 17);
        attribute(out, "y", HEADING - 10);
        sp__text_printf(out, ">%s</text></g>\n", looks[f].name);
        x += 17 + letters(looks[f].name) * LETTER + 14;
    }
}

static void write_heading(sp__text *out, const sp_graph *g, double width, double height, double total)
{
    sp__text_add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    attribute(out, "width", width);
    attribute(out, "height", height);
    sp__text_add(out,
                 " font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\" text-anchor=\"middle\">\n"
                 "<style>.op{font-weight:bold;font-size:12px}.edge{fill:none;stroke:#777777;stroke-width:1.2}"
                 ".key{text-anchor:start}</style>\n"
                 "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
                 "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#777777\"/></marker></defs>\n"
                 "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text class=\"key\"");
    attribute(out, "x", MARGIN);
    attribute(out, "y", 20);
    sp__text_printf(out, ">%lld nodes, %lld parameters", (long long)g->n_nodes, (long long)g->n_params);
    if (total > 0) {
        sp__text_add(out, ", ");
        number(out, total * 1e3);
        sp__text_add(out, " ms");
    }
    sp__text_add(out, "</text>\n");
    write_legend(out, width);
}

/* ---- the picture ---- */

/* The labels and sizes of inputs, nodes and outputs, in this order. */
static bool labels_make(const sp_graph *g, const double *seconds, double total, label **labels, sp__box **sizes)
{
    int64_t n = g->n_inputs + g->n_nodes + g->n_outputs, k = 0;
    *labels = sp__scope_alloc((size_t)n * sizeof **labels);
    *sizes = sp__scope_alloc((size_t)n * sizeof **sizes);
    if (!*labels || !*sizes)
        return false;
    for (int64_t i = 0; i < g->n_inputs; i++)
        (*labels)[k++] = end_label(g, "input", g->inputs[i], g->values[g->inputs[i]].name);
    for (int64_t i = 0; i < g->n_nodes; i++)
        (*labels)[k++] = node_label(g, (int)i, seconds, total);
    for (int64_t i = 0; i < g->n_outputs; i++)
        (*labels)[k++] = end_label(g, "output", g->outputs[i], g->values[g->outputs[i]].name);
    for (k = 0; k < n; k++)
        (*sizes)[k] = size_of(&(*labels)[k]);
    return true;
}

static void write_boxes(sp__text *out, const sp_graph *g, const sp__drawing *d, const label *labels,
                        const double *seconds, double total)
{
    for (int64_t i = 0; i < d->n_boxes && d->boxes[i].kind != SP__BOX_JOINT; i++) {
        const sp__box *b = &d->boxes[i];
        if (b->kind == SP__BOX_NODE) {
            sp__family f = sp__family_of(g->nodes[b->index].op);
            double share = seconds && total > 0 ? seconds[b->index] / total : 0;
            write_box(out, b, looks[f].fill, looks[f].stroke, 6, share);
        } else {
            write_box(out, b, "#ffffff", "#444444", b->h / 2, 0);
        }
        write_label(out, b, &labels[i]);
    }
}

const char *sp_graph_svg(const sp_graph *g, int n_seconds, const double *seconds)
{
    if (!sp__given("graph_svg", 1, g))
        return "";
    if (seconds && n_seconds != g->n_nodes)
        return sp__err(SP_ERR_VALUE, "graph_svg: times of %d nodes, expected %lld", n_seconds, (long long)g->n_nodes),
               "";
    double total = 0;
    for (int64_t i = 0; seconds && i < g->n_nodes; i++)
        total += seconds[i];
    label *labels;
    sp__box *sizes;
    sp__drawing d;
    if (!labels_make(g, seconds, total, &labels, &sizes) || !sp__drawing_make(&d, g, sizes))
        return "";
    sp__text out = {0};
    d.width = SP__MAX(d.width, 560.0);
    write_heading(&out, g, d.width, d.height + HEADING, total);
    sp__text_printf(&out, "<g transform=\"translate(0 %d)\">\n", (int)HEADING);
    for (int64_t e = 0; e < d.n_edges; e++)
        write_edge(&out, &d, &d.edges[e]);
    write_boxes(&out, g, &d, labels, seconds, total);
    sp__text_add(&out, "</g>\n</svg>\n");
    sp__drawing_free(&d);
    return sp__text_finish_in_scope(&out);
}
