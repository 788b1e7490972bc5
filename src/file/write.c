/* file/write.c: what the writers of graphs share. */
#if SPORE_HAVE_PROTOBUF
#include "file/write.h"

#include <string.h>

/* ---- attributes ---- */

static const void *field(const sp__graph_node *n, const char *name)
{
    const sp__field *f = sp__field_find(n->op, name);
    return f ? (const char *)n->attrs + f->offset : NULL;
}

bool sp__node_bool(const sp__graph_node *n, const char *name)
{
    const bool *v = field(n, name);
    return v && *v;
}

int64_t sp__node_int(const sp__graph_node *n, const char *name)
{
    const int64_t *v = field(n, name);
    return v ? *v : 0;
}

double sp__node_float(const sp__graph_node *n, const char *name)
{
    const double *v = field(n, name);
    return v ? *v : 0;
}

sp__ints sp__node_ints(const sp__graph_node *n, const char *name)
{
    const sp__ints *v = field(n, name);
    return v ? *v : (sp__ints){0};
}

sp_dtype sp__node_type(const sp__graph_node *n, const char *name)
{
    const sp_dtype *v = field(n, name);
    return v ? *v : SP_F32;
}

const char *sp__node_word(const sp__graph_node *n, const char *name)
{
    const int *v = field(n, name);
    return v ? sp__field_find(n->op, name)->words[*v] : "";
}

bool sp__node_given(const sp__graph_node *n, int i) { return i < n->n_in && n->in[i] != SP__VALUE_NONE; }

void sp__same_padding(int64_t size, int64_t span, int64_t stride, int64_t *before, int64_t *behind)
{
    int64_t out = (size + stride - 1) / stride;
    int64_t missing = SP__MAX((out - 1) * stride + span - size, 0);
    *before = missing / 2;
    *behind = missing - missing / 2;
}

/* ---- nodes ---- */

static void mark(const sp_graph *g, bool *needed, int value)
{
    if (value != SP__VALUE_NONE && g->values[value].kind == SP__VALUE_NODE)
        needed[g->values[value].node] = true;
}

bool *sp__needed_nodes(bool *failed, const sp_graph *g)
{
    bool *needed = sp__write_new(failed, (size_t)g->n_nodes + 1, NULL);
    for (int64_t i = 0; needed && i < g->n_outputs; i++)
        mark(g, needed, g->outputs[i]);
    for (int64_t i = g->n_nodes; needed && i-- > 0;)
        for (int k = 0; needed[i] && k < g->nodes[i].n_in; k++)
            mark(g, needed, g->nodes[i].in[k]);
    return needed;
}

/* ---- refusals ---- */

void sp__refusals_add(sp__refusals *r, const sp__graph_node *node, const char *why)
{
    const char *item = sp__scope_printf("%s%s%s%s%s%s", node->op->name, why ? ": " : "", why ? why : "",
                                        node->path ? " (" : "", node->path ? node->path : "", node->path ? ")" : "");
    sp__refusals_list(r, item);
}

sp_status sp__refusals_err(const sp__refusals *r, const char *what, const char *path)
{
    return sp__refusals_end(r, what, path, "node has no form in the file", "nodes have no form in the file");
}

/* ---- the file ---- */

void *sp__write_new(bool *failed, size_t size, const void *init)
{
    void *p = sp__scope_alloc(size);
    if (!p)
        *failed = true;
    else if (init)
        memcpy(p, init, size);
    else
        memset(p, 0, size);
    return p;
}

sp_status sp__proto_save(const char *what, const char *path, const ProtobufCMessage *message)
{
    sp__atomic *out = sp__alloc(sizeof *out);
    if (!out)
        return sp_error();
    sp_status st = sp__atomic_open(out, what, path);
    if (st == SP_OK)
        st = sp__proto_write(out, message);
    if (st == SP_OK)
        st = sp__atomic_commit(out);
    sp__atomic_abort(out);
    sp__free(out, sizeof *out);
    return st;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
