/* file/onnx_run.c: the nodes of a file, one after the other. What they compute is recorded by a trace (onnx_load.c);
 * what is made of small constants alone is computed, so that shapes can be made of it. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_read.h"

#define MAX_ARGUMENTS 4096

static const char *shown(const char *s) { return sp__shown(s, strlen(s)); }

static const char *where(const sp__ox_node *n)
{
    return n->name && n->name[0] ? n->name : n->n_output ? n->output[0] : "?";
}

/* ---- operators ---- */

static bool is_own_domain(const char *domain) { return !domain || !domain[0] || strcmp(domain, "ai.onnx") == 0; }

/* What only passes a value on. */
static bool passes_on(const char *op) { return strcmp(op, "Identity") == 0 || strcmp(op, "Dropout") == 0; }

/* Why a node cannot be read; NULL if it can. */
static const char *refusal(const sp__ox_model *m, const sp__ox_node *node)
{
    const char *op = node->op_type;
    if (!is_own_domain(node->domain))
        return sp__scope_printf("%s of domain %s", shown(op), shown(node->domain));
    if (sp__names_find(&m->function_names, op) != SP__NAME_NONE)
        return sp__scope_printf("the function %s", shown(op));
    bool known = strcmp(op, "Constant") == 0 || passes_on(op) || sp__ox_rule_find(op);
    return known ? NULL : shown(op);
}

sp_status sp__ox_check_operators(sp__ox_model *m)
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

static bool define(sp__ox_model *m, const char *name, sp__ox_value v)
{
    if (sp__names_find(&m->value_names, name) != SP__NAME_NONE) {
        sp__err(SP_ERR_FORMAT, "onnx: %s: '%s' is defined twice", m->source->path, shown(name));
        return false;
    }
    if (!sp__names_put(&m->value_names, name, m->n_values))
        return false;
    m->values[m->n_values++] = v;
    return true;
}

/* Its number; -1, recorded. */
static int find(const sp__ox_model *m, const char *name, const sp__ox_node *user)
{
    int at = sp__names_find(&m->value_names, name);
    if (at == SP__NAME_NONE)
        sp__err(SP_ERR_FORMAT, "onnx: %s: '%s', which %s uses, is not defined before", m->source->path, shown(name),
                user ? shown(where(user)) : "the output");
    return at;
}

static sp__ox_value value_of(sp_tensor *t)
{
    if (!t->data)
        return (sp__ox_value){.tensor = t};
    return (sp__ox_value){.held = t, .known = t->size <= SP__OX_KNOWN_MAX};
}

/* Initializers of numbers with a fraction are parameters, unless they are single numbers. */
static sp__ox_value initializer_value(sp_tensor *t)
{
    sp__ox_value v = value_of(t);
    v.known = v.known && !t->param;
    return v;
}

/* ---- nodes ---- */

static bool collect(const sp__ox_model *m, const sp__ox_node *node, sp__ox_call *c)
{
    int *in = sp__scope_alloc((node->n_input + 1) * sizeof *in);
    if (!in)
        return false;
    if (node->n_input > MAX_ARGUMENTS) {
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "%zu arguments, at most %d are supported", node->n_input, MAX_ARGUMENTS);
        return false;
    }
    for (size_t i = 0; i < node->n_input; i++) {
        in[i] = node->input[i][0] ? find(m, node->input[i], node) : -1;
        if (node->input[i][0] && in[i] < 0)
            return false;
    }
    c->in = in;
    c->n_in = (int)node->n_input;
    return true;
}

/* Whether a node is computed: all it is given is known, and no result can be large (elementwise ops broadcast). */
static bool can_fold(const sp__ox_call *c)
{
    sp_shape all = {0};
    for (int i = 0; i < c->n_in; i++) {
        if (c->in[i] < 0)
            continue;
        const sp__ox_value *v = &c->model->values[c->in[i]];
        sp_shape wider;
        if (!v->known)
            return false;
        if (sp__broadcast(all, v->held->shape, &wider))
            all = wider;
    }
    return c->rule->folds && sp_shape_size(all) <= SP__OX_KNOWN_MAX;
}

/* Names for results that are given none are not needed by anybody. */
static bool define_results(sp__ox_call *c, const sp__ox_node *node, sp_tensor *y)
{
    if (c->n_out == 0) {
        c->out[0] = y;
        c->n_out = 1;
    }
    for (int i = 0; i < c->wanted; i++) {
        if (!node->output[i][0])
            continue;
        if (i >= c->n_out || !c->out[i]) {
            sp__ox_fail(c, SP_ERR_UNSUPPORTED, "result %d is not supported", i + 1);
            return false;
        }
        if (!define(c->model, node->output[i], value_of(c->out[i])))
            return false;
        if (c->out[i]->data)
            c->model->made += (size_t)c->out[i]->size * sp_dtype_size(c->out[i]->dtype);
    }
    if (c->model->made <= SP__OX_MADE_MAX)
        return true;
    sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the constants computed so far have %zu bytes", c->model->made);
    return false;
}

/* Whether what has two modes is in that of evaluation. Before opset 7 it had to say so. */
static bool for_evaluation(sp__ox_call *c)
{
    if (strcmp(c->by.op, "Dropout") != 0 && strcmp(c->by.op, "BatchNormalization") != 0)
        return true;
    bool training = c->opset < 7 ? !sp__ox_int(c, "is_test", 0) : sp__ox_int(c, "training_mode", 0) != 0;
    if (training && !c->by.failed)
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "the training mode is not supported");
    return !c->by.failed;
}

/* Identity, and Dropout as it is in evaluation. */
static bool pass_on(sp__ox_call *c, const sp__ox_node *node)
{
    static const sp__ox_rule rule = {.n_data = 1, .settings = {"ratio", "training_mode"}};
    c->rule = &rule;
    if (for_evaluation(c) && !sp__ox_given(c, 0))
        sp__ox_fail(c, SP_ERR_FORMAT, "no argument");
    if (c->wanted > 1 && !c->by.failed)
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "result 2 is not supported");
    if (c->by.failed || c->wanted == 0)
        return !c->by.failed;
    return define(c->model, node->output[0], c->model->values[c->in[0]]);
}

/* An attribute that no rule asks for would be one of a newer opset: the result might be another than it says. */
static bool all_asked_for(sp__ox_call *c)
{
    static const char *const no_effect[] = {"broadcast", "consumed_inputs", "momentum",     "round_mode", "saturate",
                                            "seed",      "stash_type",      "storage_order"};
    for (size_t i = 0; i < c->n_attrs; i++) {
        bool fine = (c->asked >> i & 1) != 0;
        for (size_t k = 0; !fine && k < sizeof no_effect / sizeof *no_effect; k++)
            fine = strcmp(c->attrs[i]->name, no_effect[k]) == 0;
        if (!fine) {
            sp__ox_fail(c, SP_ERR_UNSUPPORTED, "attribute '%s' is not supported", shown(c->attrs[i]->name));
            return false;
        }
    }
    return true;
}

static bool run_rule(sp__ox_call *c, const sp__ox_node *node)
{
    c->rule = sp__ox_rule_find(c->by.op);
    c->folding = can_fold(c);
    sp_tensor *y = for_evaluation(c) ? c->rule->call(c) : NULL;
    return y && !c->by.failed && all_asked_for(c) && define_results(c, node, y);
}

static bool run_operator(sp__ox_model *m, const sp__ox_node *node)
{
    sp__ox_call c = {.by = {"onnx", m->source->path, node->op_type, where(node), false},
                     .model = m,
                     .attrs = node->attribute,
                     .n_attrs = node->n_attribute,
                     .opset = m->opset,
                     .n_results = (int)node->n_output};
    for (size_t i = 0; i < node->n_output; i++)
        if (node->output[i][0])
            c.wanted = (int)i + 1;
    if (node->n_attribute > 64) {
        sp__ox_fail(&c, SP_ERR_FORMAT, "%zu attributes, at most 64 are read", node->n_attribute);
        return false;
    }
    for (size_t i = 0; i < node->n_attribute; i++)
        if (!node->attribute[i]->name || (node->attribute[i]->ref_attr_name && node->attribute[i]->ref_attr_name[0])) {
            sp__ox_fail(&c, SP_ERR_FORMAT, "attribute %zu has no name or no value", i);
            return false;
        }
    if (!collect(m, node, &c))
        return false;
    sp__path_push(c.by.where, NULL);
    bool ok = passes_on(c.by.op) ? pass_on(&c, node) : run_rule(&c, node);
    sp__path_pop();
    return ok;
}

static bool run_constant(sp__ox_model *m, const sp__ox_node *node)
{
    sp_tensor *y = sp__ox_constant(m, node);
    return y && (node->n_output == 0 || define(m, node->output[0], value_of(y)));
}

/* ---- the whole ---- */

static bool define_arguments(sp__ox_model *m, sp_list in)
{
    for (int i = 0; i < m->n_inputs; i++)
        if (!define(m, m->input_names[i], value_of(in.at[i])))
            return false;
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        if (!define(m, m->graph->initializer[i]->name, initializer_value(m->initializers[i])))
            return false;
    return true;
}

static bool run_nodes(sp__ox_model *m)
{
    for (size_t i = 0; i < m->graph->n_node; i++) {
        const sp__ox_node *node = m->graph->node[i];
        bool ok = strcmp(node->op_type, "Constant") == 0 ? run_constant(m, node) : run_operator(m, node);
        if (!ok)
            return false;
    }
    return true;
}

/* What the values were, for the second time. */
static bool remember(sp__ox_model *m)
{
    for (int i = 0; i < m->n_values; i++) {
        const sp__ox_value *v = &m->values[i];
        m->past[i].shape = v->held ? v->held->shape : v->tensor->shape;
        m->past[i].held = v->known ? sp__retain(v->held) : NULL;
    }
    return true;
}

sp_list sp__ox_run(void *model, sp_list in)
{
    sp__ox_model *m = model;
    const char *op = "Output";
    m->n_values = 0;
    m->made = 0;
    sp__names_free(&m->value_names);
    if (!define_arguments(m, in) || !run_nodes(m) || (m->rehearsing && !remember(m)))
        return sp__list_none();
    sp_tensor **out = sp__list_room((int)m->graph->n_output);
    for (size_t i = 0; out && i < m->graph->n_output; i++) {
        int at = find(m, m->graph->output[i]->name, NULL);
        sp__ox_call c = {
            .by = {"onnx", m->source->path, op, m->graph->output[i]->name, false}, .model = m, .in = &at, .n_in = 1};
        if (at < 0 || !(out[i] = sp__ox_arg(&c, 0)))
            return sp__list_none();
    }
    return out ? (sp_list){out, (int)m->graph->n_output} : sp__list_none();
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
