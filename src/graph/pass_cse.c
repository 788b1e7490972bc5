/* Common subexpressions: of two nodes with the same op, attributes and inputs the later one is left out. Constants of one element
 * with the same value and type count as the same. Random ops are never the same. */
#include <string.h>

#include "graph/pass.h"

/* Numbers of nodes by what they compute; open addressing, capacity a power of two, -1: free. */
typedef struct table {
    const sp_graph *g;
    int64_t *at;
    size_t mask;
} table;

static uint64_t mix(uint64_t h, uint64_t v) { return (h ^ v) * 0x9e3779b97f4a7c15u; }

static uint64_t hash_of(const sp__graph_node *n)
{
    uint64_t h = mix((uint64_t)(uintptr_t)n->op, (uint64_t)n->n_in);
    for (int k = 0; k < n->n_in; k++)
        h = mix(h, (uint64_t)(uint32_t)n->in[k]);
    return h ^ h >> 32;
}

static size_t field_size(const sp__field *f)
{
    static const size_t size[] = {
        [SP__BOOL] = sizeof(bool),     [SP__INT] = sizeof(int64_t), [SP__FLOAT] = sizeof(double),
        [SP__INTS] = sizeof(sp__ints), [SP__ENUM] = sizeof(int),    [SP__TYPE] = sizeof(sp_dtype)};
    return size[f->kind];
}

static bool same_ints(const sp__ints *a, const sp__ints *b)
{
    return a->n == b->n && memcmp(a->v, b->v, (size_t)a->n * sizeof a->v[0]) == 0;
}

/* Field by field: there may be padding between them. */
static bool same_attrs(const sp__graph_node *a, const sp__graph_node *b)
{
    for (int i = 0; i < a->op->n_fields; i++) {
        const sp__field *f = &a->op->fields[i];
        const char *x = (const char *)a->attrs + f->offset, *y = (const char *)b->attrs + f->offset;
        bool same = f->kind == SP__INTS ? same_ints((const void *)x, (const void *)y) : !memcmp(x, y, field_size(f));
        if (!same)
            return false;
    }
    return true;
}

static bool same_node(const sp__graph_node *a, const sp__graph_node *b)
{
    return a->op == b->op && a->n_in == b->n_in && a->n_out == b->n_out &&
           memcmp(a->in, b->in, (size_t)a->n_in * sizeof *a->in) == 0 && same_attrs(a, b);
}

/* The node that computes the same as node i, i itself if it is the first. */
static int64_t first_like(table *t, int64_t i)
{
    const sp__graph_node *n = &t->g->nodes[i];
    size_t place = (size_t)hash_of(n) & t->mask;
    for (; t->at[place] >= 0; place = (place + 1) & t->mask)
        if (same_node(&t->g->nodes[t->at[place]], n))
            return t->at[place];
    return t->at[place] = i;
}

static bool table_make(table *t, const sp_graph *g)
{
    size_t size = 16;
    while (size < 2 * (size_t)g->n_nodes)
        size *= 2;
    *t = (table){g, sp__scope_alloc(size * sizeof *t->at), size - 1};
    for (size_t i = 0; t->at && i < size; i++)
        t->at[i] = -1;
    return t->at != NULL;
}

/* ---- constants of one element ---- */

static bool same_number(const sp__value *a, const sp__value *b)
{
    return a->kind == SP__VALUE_CONST && b->kind == SP__VALUE_CONST && a->desc.dtype == b->desc.dtype &&
           a->tensor->size == 1 && b->tensor->size == 1 && sp_shape_equal(a->desc.shape, b->desc.shape) &&
           memcmp(a->tensor->data, b->tensor->data, sp_dtype_size(a->desc.dtype)) == 0;
}

#define MOST_NUMBERS 256 /* looked at; beyond, equal ones stay apart */

/* Uses of a number become uses of the first equal one. */
static void merge_numbers(sp_graph *g)
{
    int seen[MOST_NUMBERS], n = 0;
    for (int64_t v = 0; v < g->n_values; v++) {
        const sp__value *value = &g->values[v];
        if (value->kind != SP__VALUE_CONST || value->tensor->size != 1)
            continue;
        int k = 0;
        while (k < n && !same_number(&g->values[seen[k]], value))
            k++;
        if (k < n)
            sp__graph_redirect(g, (int)v, seen[k]);
        else if (n < MOST_NUMBERS)
            seen[n++] = (int)v;
    }
}

bool sp__pass_cse(sp_graph *g)
{
    table t;
    merge_numbers(g);
    if (!table_make(&t, g))
        return false;
    for (int64_t i = 0; i < g->n_nodes; i++) {
        const sp__graph_node *n = &g->nodes[i];
        if (n->op->flags & SP__RANDOM)
            continue;
        int64_t first = first_like(&t, i);
        for (int j = 0; first != i && j < n->n_out; j++)
            sp__graph_redirect(g, n->out + j, g->nodes[first].out + j);
    }
    return true;
}
