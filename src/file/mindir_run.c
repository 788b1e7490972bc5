/* file/mindir_run.c: the nodes of a file, one after the other. What they compute is recorded by a trace
 * (mindir_load.c). */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir.h"

#define MAX_ARGUMENTS 4096
#define MAX_NESTING   16 /* of tuples in the result */

static const char *shown(const char *s) { return sp__shown(s, strlen(s)); }

static const char *where(const sp__mi_node *n)
{
    return n->domain && n->domain[0] ? n->domain : n->name ? n->name : n->n_output ? n->output[0] : "?";
}

/* ---- operators ---- */

const char *sp__mi_operator(const sp__mi_model *m, const sp__mi_node *node, sp__mi_attr *const **attrs, size_t *n)
{
    if (strncmp(node->op_type, "REF::", 5) != 0) { /* the operator itself, its settings on the node */
        *attrs = node->attribute;
        *n = node->n_attribute;
        return node->op_type;
    }
    int at = sp__names_find(&m->primitive_names, node->op_type + 5);
    if (at == SP__NAME_NONE)
        return NULL;
    *attrs = m->primitives[at]->attribute;
    *n = m->primitives[at]->n_attribute;
    return m->primitives[at]->op_type;
}

/* What only passes values on. */
static bool is_plumbing(const char *op)
{
    static const char *const names[] = {"Load", "Depend", "UpdateState", "TensorMove", "MakeTuple", "TupleGetItem"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(op, names[i]) == 0)
            return true;
    return false;
}

/* Why a node cannot be read; NULL if it can. */
static const char *refusal(const sp__mi_model *m, const sp__mi_node *node)
{
    if (strcmp(node->op_type, "Constant") == 0)
        return NULL;
    sp__mi_attr *const *attrs;
    size_t n;
    const char *op = sp__mi_operator(m, node, &attrs, &n);
    if (!op && sp__names_find(&m->function_names, node->op_type + 5) != SP__NAME_NONE)
        return sp__scope_printf("a call of the function '%s'", shown(node->op_type + 5));
    if (!op)
        return sp__scope_printf("a call of '%s'", shown(node->op_type + 5));
    return is_plumbing(op) || sp__mi_rule_find(op) ? NULL : shown(op);
}

sp_status sp__mi_check_operators(sp__mi_model *m)
{
    sp__refusals refused = {0};
    for (size_t i = 0; i < m->graph->n_node; i++) {
        const char *why = refusal(m, m->graph->node[i]);
        if (why)
            sp__refusals_list(&refused, sp__scope_printf("%s (%s)", why, shown(where(m->graph->node[i]))));
    }
    return sp__refusals_end(&refused, m->source->what, m->source->path, "operator is not supported",
                            "operators are not supported");
}

/* ---- values by name ---- */

static bool define(sp__mi_model *m, const char *name, sp__mi_value v)
{
    if (sp__names_find(&m->value_names, name) != SP__NAME_NONE) {
        sp__err(SP_ERR_FORMAT, "mindir: %s: '%s' is defined twice", m->source->path, shown(name));
        return false;
    }
    if (!sp__names_put(&m->value_names, name, m->n_values))
        return false;
    m->values[m->n_values++] = v;
    return true;
}

static const sp__mi_value *find(const sp__mi_model *m, const char *name, const sp__mi_node *user)
{
    int at = sp__names_find(&m->value_names, name);
    if (at != SP__NAME_NONE)
        return &m->values[at];
    return sp__fail(SP_ERR_FORMAT, "mindir: %s: '%s', which %s uses, is not defined before", m->source->path,
                    shown(name), user ? shown(where(user)) : "the output");
}

static sp__mi_value tensor_value(sp_tensor *t) { return (sp__mi_value){.kind = SP__MI_V_TENSOR, .tensor = t}; }

static bool is_token(const sp__mi_attr *a) { return a && (a->type == SP__MI_UMONAD || a->type == SP__MI_IOMONAD); }

/* ---- nodes ---- */

const sp__mi_tensor *sp__mi_constant(const sp__mi_node *node)
{
    if (strcmp(node->op_type, "Constant") != 0 || node->n_attribute != 1)
        return NULL;
    const sp__mi_attr *a = node->attribute[0];
    return a->type == SP__MI_TENSORS && a->n_tensors == 1 && a->tensors[0]->has_raw_data ? a->tensors[0] : NULL;
}

static bool run_constant(sp__mi_model *m, const sp__mi_node *node, sp_tensor *tensor, sp__mi_value *out)
{
    if (node->n_attribute != 1) {
        sp__err(SP_ERR_FORMAT, "mindir: %s: the constant %s has %zu values", m->source->path, shown(where(node)),
                node->n_attribute);
        return false;
    }
    if (tensor)
        *out = (sp__mi_value){.kind = SP__MI_V_TENSOR, .tensor = tensor, .attr = node->attribute[0]};
    else if (is_token(node->attribute[0]))
        *out = (sp__mi_value){.kind = SP__MI_V_TOKEN};
    else
        *out = (sp__mi_value){.kind = SP__MI_V_SETTING, .attr = node->attribute[0]};
    return true;
}

static bool make_tuple(const sp__mi_value *const *in, int n, sp__mi_value *out)
{
    *out = (sp__mi_value){.kind = SP__MI_V_TUPLE, .n = n};
    out->items = sp__scope_alloc((size_t)n * sizeof *out->items);
    for (int i = 0; out->items && i < n; i++)
        out->items[i] = *in[i];
    return out->items != NULL;
}

static bool get_item(sp__mi_call *c, sp__mi_value *out)
{
    static const sp__mi_rule rule = {.n_data = 1, .settings = {"index"}};
    c->rule = &rule;
    int64_t i = sp__mi_has(c, "index") ? sp__mi_int(c, "index", 0) : -1;
    if (c->n_in < 1 || c->in[0]->kind != SP__MI_V_TUPLE || i < 0 || i >= c->in[0]->n) {
        sp__mi_fail(c, SP_ERR_FORMAT, "no item %lld of a tuple", (long long)i);
        return false;
    }
    *out = c->in[0]->items[i];
    return true;
}

static bool run_plumbing(sp__mi_call *c, sp__mi_value *out)
{
    if (strcmp(c->by.op, "MakeTuple") == 0)
        return make_tuple(c->in, c->n_in, out);
    if (strcmp(c->by.op, "TupleGetItem") == 0)
        return get_item(c, out);
    if (strcmp(c->by.op, "UpdateState") == 0) {
        *out = (sp__mi_value){.kind = SP__MI_V_TOKEN};
        return true;
    }
    if (c->n_in < 1) {
        sp__mi_fail(c, SP_ERR_FORMAT, "no argument");
        return false;
    }
    *out = *c->in[0]; /* Load, Depend, TensorMove */
    return true;
}

static bool run_rule(sp__mi_call *c, sp__mi_value *out)
{
    const int64_t failures = sp__error_count();
    c->rule = sp__mi_rule_find(c->by.op);
    sp_tensor *y = c->rule->call(c);
    if (!y && sp__error_count() == failures) /* None where a tensor must stand */
        sp__mi_fail(c, SP_ERR_FORMAT, "an argument is None");
    if (!y || c->by.failed)
        return false;
    if (c->n_out == 0) {
        *out = tensor_value(y);
        return true;
    }
    *out = (sp__mi_value){.kind = SP__MI_V_TUPLE, .n = c->n_out};
    out->items = sp__scope_alloc((size_t)c->n_out * sizeof *out->items);
    for (int i = 0; out->items && i < c->n_out; i++)
        out->items[i] = c->out[i] ? tensor_value(c->out[i]) : (sp__mi_value){.kind = SP__MI_V_UNKNOWN};
    return out->items != NULL;
}

/* The arguments of a node, tokens left out. */
static bool collect(const sp__mi_model *m, const sp__mi_node *node, sp__mi_call *c)
{
    const sp__mi_value **in = sp__scope_alloc((node->n_input + 1) * sizeof *in);
    if (!in)
        return false;
    if (node->n_input > MAX_ARGUMENTS) {
        sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%zu arguments, at most %d are supported", node->n_input, MAX_ARGUMENTS);
        return false;
    }
    for (size_t i = 0; i < node->n_input; i++) {
        const sp__mi_value *v = find(m, node->input[i], node);
        if (!v)
            return false;
        if (v->kind != SP__MI_V_TOKEN)
            in[c->n_in++] = v;
    }
    c->in = in;
    return true;
}

static bool run_operator(const sp__mi_model *m, const sp__mi_node *node, sp__mi_value *out)
{
    sp__mi_call c = {.by = {.what = "mindir", .file = m->source->path, .where = where(node)}};
    c.by.op = sp__mi_operator(m, node, &c.attrs, &c.n_attrs);
    if (!collect(m, node, &c))
        return false;
    if (is_plumbing(c.by.op))
        return run_plumbing(&c, out);
    sp__path_push(c.by.where, NULL);
    bool ok = run_rule(&c, out);
    sp__path_pop();
    return ok;
}

/* ---- the whole ---- */

/* Inputs (tokens among them have no tensor) and parameters. */
static bool define_arguments(sp__mi_model *m, sp_tensor *const *in)
{
    for (size_t i = 0; i < m->graph->n_input; i++) {
        const Sp__Mindir__ValueInfo *v = m->graph->input[i];
        if (!define(m, v->name, is_token(v->attr_info) ? (sp__mi_value){.kind = SP__MI_V_TOKEN} : tensor_value(*in++)))
            return false;
    }
    for (int64_t i = 0; i < m->n_params; i++)
        if (!define(m, m->graph->parameter[i]->name, tensor_value(*in++)))
            return false;
    return true;
}

static bool run_nodes(sp__mi_model *m, sp_tensor *const *consts)
{
    for (size_t i = 0; i < m->graph->n_node; i++) {
        const sp__mi_node *node = m->graph->node[i];
        sp__mi_value out;
        bool constant = strcmp(node->op_type, "Constant") == 0;
        bool ok = constant ? run_constant(m, node, sp__mi_constant(node) ? *consts++ : NULL, &out)
                           : run_operator(m, node, &out);
        if (!ok || !define(m, node->output[0], out))
            return false;
    }
    return true;
}

/* The tensors of a result; a tuple's one after the other. */
static bool gather(const sp__mi_model *m, const sp__mi_value *v, sp_tensor **out, int *n, int nesting)
{
    if (v->kind == SP__MI_V_TUPLE && nesting < MAX_NESTING) {
        for (int i = 0; i < v->n; i++)
            if (!gather(m, &v->items[i], out, n, nesting + 1))
                return false;
        return true;
    }
    if (v->kind != SP__MI_V_TENSOR || *n == SP__MAX_IN) {
        sp__err(SP_ERR_UNSUPPORTED, "mindir: %s: %s", m->source->path,
                *n == SP__MAX_IN ? "more outputs than are supported" : "an output is no tensor");
        return false;
    }
    out[(*n)++] = v->tensor;
    return true;
}

sp_list sp__mi_run(void *model, sp_list in)
{
    sp__mi_model *m = model;
    if (!define_arguments(m, in.at) || !run_nodes(m, in.at + m->n_inputs + m->n_params))
        return sp__list_none();
    sp_tensor **out = sp__list_room(SP__MAX_IN);
    int n = 0;
    for (size_t i = 0; out && i < m->graph->n_output; i++) {
        const sp__mi_value *v = find(m, m->graph->output[i]->name, NULL);
        if (!v || !gather(m, v, out, &n, 0))
            return sp__list_none();
    }
    return out ? (sp_list){out, n} : sp__list_none();
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
