/* Pictures of graphs: each node once, well-formed whatever names hold, quick for large graphs. */
#include "support/test.h"

#include "graph/draw.h"
#include "spore.h"

/* ---- a small check that XML is well-formed: tags close in order, attributes are quoted, & begins an entity ---- */

static bool well_formed(const char *s)
{
    const char *open[64];
    size_t length[64];
    int depth = 0;
    while (*s) {
        if (*s == '&' && strncmp(s, "&amp;", 5) && strncmp(s, "&lt;", 4) && strncmp(s, "&gt;", 4) &&
            strncmp(s, "&quot;", 6))
            return false;
        if (*s++ != '<')
            continue;
        bool closing = *s == '/';
        const char *name = s + closing;
        size_t n = strcspn(name, " />");
        const char *end = strchr(name, '>');
        if (!end || n == 0 || memchr(name, '<', (size_t)(end - name)))
            return false;
        if (closing) {
            if (depth == 0 || length[--depth] != n || memcmp(open[depth], name, n) != 0)
                return false;
        } else if (end[-1] != '/') {
            if (depth == 64)
                return false;
            open[depth] = name;
            length[depth++] = n;
        }
        s = end + 1;
    }
    return depth == 0;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        n++;
    return n;
}

static sp_list net_fn(void *net, sp_list in) { return sp_list_of(sp_call(net, in.at[0])); }

static sp_graph *mlp_graph(sp_cell *net) { return sp_trace(net_fn, net, sp_list_of(sp_ones(SP_F32, SP_DIMS(2, 4)))); }

TEST(each_node_is_drawn_once_with_its_parameters)
{
    sp_cell *net = sp_nn_sequential(sp_nn_dense(4, 3), sp_nn_relu(), sp_nn_dense(3, 2));
    sp_graph *g = mlp_graph(net);
    const char *svg = sp_graph_svg(g, 0, NULL);
    assert_true(well_formed(svg));
    assert_int_equal(count(svg, ">MatMul<"), 2);
    assert_int_equal(count(svg, ">ReLU<"), 1);
    assert_int_equal(count(svg, "reads 0.weight"), 1);
    assert_int_equal(count(svg, "class=\"op\""), sp_graph_nodes(g) + 2);
    assert_int_equal(count(svg, "marker-end"), sp_graph_nodes(g) + 1); /* a chain */
    const char *dot = sp_graph_dot(g);
    assert_int_equal(count(dot, "label=\"MatMul"), 2);
    assert_int_equal(count(dot, "->"), sp_graph_nodes(g) + 1);
    sp_graph_free(g);
    sp_cell_free(net);
}

TEST(times_are_shown_and_must_be_as_many_as_nodes)
{
    sp_cell *net = sp_nn_dense(4, 3);
    sp_graph *g = mlp_graph(net);
    const double seconds[] = {3e-3, 1e-3};
    assert_int_equal(sp_graph_nodes(g), 2);
    const char *svg = sp_graph_svg(g, 2, seconds);
    assert_non_null(strstr(svg, "3.00 ms, 75 %"));
    assert_non_null(strstr(svg, "4.0 ms"));
    assert_string_equal(sp_graph_svg(g, 1, seconds), "");
    assert_int_equal(sp_error(), SP_ERR_VALUE);
    assert_string_equal(sp_error_text(), "graph_svg: times of 1 nodes, expected 2");
    sp_graph_free(g);
    sp_cell_free(net);
}

TEST(names_of_any_bytes_stay_text)
{
    const char *const names[] = {"<script>&\"'", "\xff\xfe\x01\x02", "\xc3\xa9t\xc3\xa9", "\xed\xa0\x80", "a\xe2\x82"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        sp_tensor *w = sp__param_new(sp_ones(SP_F32, SP_DIMS(2)), names[i], true);
        sp_graph *g = sp__graph_new();
        int x = sp__graph_input(g, (sp__desc){SP_F32, SP_DIMS(2)}, names[i]), p = sp__graph_param(g, w);
        int y = sp__graph_node_add(g, &sp__op_add, 2, (int[]){x, p}, NULL, NULL, 0, names[i]);
        assert_true(y >= 0 && sp__graph_output(g, y));
        const char *svg = sp_graph_svg(g, 0, NULL);
        assert_true(well_formed(svg));
        assert_null(strstr(svg, "<script"));
        for (const char *c = svg; *c; c++)
            assert_true((unsigned char)*c >= 0x20 || *c == '\n');
        assert_int_equal(count(sp_graph_dot(g), "\n"), 8);
        sp_graph_free(g);
        sp__release(w);
    }
}

TEST(long_names_are_cut)
{
    char name[3000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    sp_graph *g = sp__graph_new();
    int x = sp__graph_input(g, (sp__desc){SP_F32, SP_DIMS(2)}, name);
    assert_true(sp__graph_output(g, x));
    assert_true(strlen(sp_graph_svg(g, 0, NULL)) < 6000);
    sp_graph_free(g);
}

TEST(a_graph_without_nodes_and_one_without_anything)
{
    sp_graph *g = sp__graph_new();
    assert_true(well_formed(sp_graph_svg(g, 0, NULL)));
    int x = sp__graph_input(g, (sp__desc){SP_F32, SP_DIMS(2)}, "x");
    assert_true(sp__graph_output(g, x));
    const char *svg = sp_graph_svg(g, 0, NULL);
    assert_true(well_formed(svg));
    assert_int_equal(count(svg, "class=\"op\""), 2);
    sp_graph_free(g);
}

/* A ladder: each node reads the one before and one far above. */
static sp_list ladder(void *self, sp_list in)
{
    (void)self;
    sp_tensor *h[600];
    h[0] = in.at[0];
    for (int i = 1; i < 600; i++)
        h[i] = sp_add(h[i - 1], h[i > 40 ? i - 40 : 0]);
    return sp_list_of(h[599]);
}

static sp_list fan(void *self, sp_list in)
{
    (void)self;
    sp_tensor *sum = in.at[0];
    for (int i = 0; i < 60; i++)
        sum = sp_add(sum, sp_mul_number(in.at[0], i));
    return sp_list_of(sum);
}

TEST(large_and_wide_graphs_are_drawn)
{
    sp_fn const fns[] = {ladder, fan};
    for (int i = 0; i < 2; i++) {
        sp_graph *g = sp_trace(fns[i], NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2))));
        const char *svg = sp_graph_svg(g, 0, NULL);
        assert_true(well_formed(svg));
        assert_int_equal(count(svg, "class=\"op\""), sp_graph_nodes(g) + 2);
        sp_graph_free(g);
    }
}

TEST(boxes_of_a_layer_do_not_overlap)
{
    sp_graph *g = sp_trace(fan, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2))));
    sp__box *sizes = sp__scope_alloc((size_t)(g->n_inputs + g->n_nodes + g->n_outputs) * sizeof *sizes);
    for (int64_t i = 0; i < g->n_inputs + g->n_nodes + g->n_outputs; i++)
        sizes[i] = (sp__box){.w = 40 + (double)(i % 7) * 20, .h = 30};
    sp__drawing d;
    assert_true(sp__drawing_make(&d, g, sizes));
    for (int64_t i = 0; i < d.n_boxes; i++) {
        const sp__box *a = &d.boxes[i];
        assert_true(a->x - a->w / 2 >= 0 && a->x + a->w / 2 <= d.width && a->y + a->h / 2 <= d.height);
        for (int64_t k = 0; k < i; k++) {
            const sp__box *b = &d.boxes[k];
            double apart = a->x > b->x ? a->x - b->x : b->x - a->x;
            assert_true(a->layer != b->layer || apart >= (a->w + b->w) / 2);
        }
    }
    for (int64_t e = 0; e < d.n_edges; e++)
        assert_true(d.boxes[d.edges[e].from].layer < d.boxes[d.edges[e].to].layer);
    sp__drawing_free(&d);
    sp_graph_free(g);
}

TEST(every_allocation_of_a_picture_may_fail)
{
    sp_graph *g = sp_trace(fan, NULL, sp_list_of(sp_ones(SP_F32, SP_DIMS(2))));
    bool failed = true;
    for (int64_t n = 1; failed && n < 10000; n++) {
        sp_scope s = sp_scope_begin();
        sp_mem_fail_at(n);
        const char *svg = sp_graph_svg(g, 0, NULL), *dot = sp_graph_dot(g);
        sp_mem_fail_at(0);
        failed = sp_error() != SP_OK;
        assert_true(failed || (*svg && *dot));
        assert_int_equal(sp_error(), failed ? SP_ERR_NOMEM : SP_OK);
        sp_error_clear();
        sp_scope_end(s);
    }
    assert_false(failed);
    sp_graph_free(g);
}

TEST_MAIN()
