/* Cells: made, called, freed; their names and parameters. */
#include <string.h>

#include "nn/nn.h"

/* ---- freeing ---- */

static void cell_release(sp_cell *c)
{
    for (int i = 0; i < c->n_children; i++) {
        if (c->children[i].cell)
            cell_release(c->children[i].cell);
        sp__free_str(c->children[i].name);
    }
    for (int i = 0; i < c->n_params; i++) {
        sp__release(c->params[i].value);
        sp__free_str(c->params[i].name);
    }
    if (c->state && c->free_state)
        c->free_state(c->state);
    sp__free(c->state, c->state_size);
    sp__free(c->children, (size_t)c->n_children * sizeof *c->children);
    sp__free(c->params, (size_t)c->n_params * sizeof *c->params);
    sp__free(c->listed, (size_t)c->cap_listed * sizeof *c->listed);
    sp__mode_release(c->mode);
    sp__free_str(c->type);
    sp__free(c, sizeof *c);
}

void sp_cell_free(sp_cell *c)
{
    if (!c)
        return;
    if (c->parent)
        sp__err(SP_ERR_STATE, "cell: %s (%s) belongs to a %s, which frees it", c->name, c->type, c->parent->type);
    else
        cell_release(c);
}

void sp__cells_free(int n, sp_cell *const *cells)
{
    for (int i = 0; i < n; i++)
        if (cells[i] && !cells[i]->parent)
            cell_release(cells[i]);
}

/* ---- names ---- */

/* Parameters are named by their path from the topmost cell. */
static bool rename_below(sp_cell *c, const char *prefix)
{
    bool ok = true;
    sp_scope scope = sp_scope_begin();
    for (int i = 0; ok && i < c->n_params; i++) {
        const char *name = sp__scope_printf("%s%s", prefix, c->params[i].name);
        ok = *name && sp__param_rename(c->params[i].value, name) == SP_OK;
    }
    for (int i = 0; ok && i < c->n_children; i++) {
        const char *below = sp__scope_printf("%s%s.", prefix, c->children[i].name);
        ok = *below && rename_below(c->children[i].cell, below);
    }
    sp_scope_end(scope);
    return ok;
}

/* A name that can be part of a path, and is not used in c yet. The parameters of a cell without children (a graph's, named as in
 * the net it was made of) may be named by a path themselves. */
static bool name_is_good(const sp_cell *c, const char *name, bool may_be_path)
{
    if (!name[0] || (strchr(name, '.') && !may_be_path)) {
        sp__err(SP_ERR_VALUE, "%s: '%s' is no name for a child or parameter: it is empty or holds a point", c->type,
                name);
        return false;
    }
    bool taken = false;
    for (int i = 0; i < c->n_children; i++)
        taken = taken || (c->children[i].name && strcmp(c->children[i].name, name) == 0);
    for (int i = 0; i < c->n_params; i++)
        taken = taken || (c->params[i].name && strcmp(c->params[i].name, name) == 0);
    if (taken)
        sp__err(SP_ERR_VALUE, "%s: two children or parameters are named '%s'", c->type, name);
    return !taken;
}

/* ---- making ---- */

static int count_children(const sp_child *children)
{
    int n = 0;
    while (children && children[n].name)
        n++;
    return n;
}

static int count_params(const sp_param *params)
{
    int n = 0;
    while (params && params[n].name)
        n++;
    return n;
}

static bool is_within(const sp_cell *c, const sp_cell *tree)
{
    for (; c; c = c->parent)
        if (c == tree)
            return true;
    return false;
}

/* Takes the children that can be taken; also when one of them cannot. */
static bool take_children(sp_cell *c, const sp_child *children, int n)
{
    bool ok = true;
    if (n == 0)
        return true;
    c->children = sp__alloc_zero((size_t)n * sizeof *c->children);
    if (!c->children)
        return false;
    c->n_children = n;
    for (int i = 0; i < n; i++) {
        sp_cell *child = children[i].cell;
        if (!child) {
            if (sp_error() == SP_OK)
                sp__err(SP_ERR_VALUE, "%s: child '%s' is NULL", c->type, children[i].name);
            ok = false;
        } else if (child->parent || is_within(c, child)) {
            sp__err(SP_ERR_VALUE, "%s: child '%s' (%s) belongs to another cell already", c->type, children[i].name,
                    child->type);
            ok = false;
        } else {
            bool good = name_is_good(c, children[i].name, false);
            c->children[i] = (sp__child){sp__strdup(children[i].name), child};
            child->parent = c;
            child->name = c->children[i].name;
            ok = good && c->children[i].name && ok;
        }
    }
    return ok;
}

static bool take_params(sp_cell *c, const sp_param *params, int n)
{
    if (n == 0)
        return true;
    c->params = sp__alloc_zero((size_t)n * sizeof *c->params);
    if (!c->params)
        return false;
    c->n_params = n;
    for (int i = 0; i < n; i++) {
        if (!params[i].value) {
            if (sp_error() == SP_OK)
                sp__err(SP_ERR_VALUE, "%s: parameter '%s' is NULL", c->type, params[i].name);
            return false;
        }
        if (!name_is_good(c, params[i].name, c->n_children == 0))
            return false;
        c->params[i].name = sp__strdup(params[i].name);
        c->params[i].value = sp__param_new(params[i].value, params[i].name, !params[i].frozen);
        if (!c->params[i].name || !c->params[i].value)
            return false;
    }
    return true;
}

static bool take_state(sp_cell *c, const sp_cell_desc *d)
{
    if (!d->state || d->size == 0)
        return true;
    c->state = sp__alloc(d->size);
    if (!c->state)
        return false;
    c->state_size = d->size;
    c->free_state = d->free_state;
    memcpy(c->state, d->state, d->size);
    return true;
}

/* When nothing can be made the children are freed all the same, and the state let go. */
static sp_cell *refuse(const sp_cell_desc *d)
{
    for (const sp_child *child = d->children; child && child->name; child++)
        sp__cells_free(1, &child->cell);
    if (d->free_state && d->state && d->size) {
        sp_scope scope = sp_scope_begin();
        void *copy = sp__scope_alloc(d->size);
        if (copy) {
            memcpy(copy, d->state, d->size);
            d->free_state(copy);
        }
        sp_scope_end(scope);
    }
    return NULL;
}

sp_cell *sp_cell_new(const sp_cell_desc *d)
{
    if (!sp__given("cell", 1, d))
        return NULL;
    if (!d->type || !d->type[0] || !d->construct) {
        sp__err(SP_ERR_VALUE, "cell: %s", d->type && d->type[0] ? "construct is NULL" : "type is missing");
        return refuse(d);
    }
    sp_cell *c = sp__alloc_zero(sizeof *c);
    if (!c || !(c->type = sp__strdup(d->type)) || !(c->mode = sp__mode_new())) {
        if (c)
            sp__free_str(c->type);
        sp__free(c, sizeof *c);
        return refuse(d);
    }
    c->construct = d->construct;
    c->info = d->info;
    bool state = take_state(c, d);
    bool ok = take_children(c, d->children, count_children(d->children)) && state;
    ok = ok && take_params(c, d->params, count_params(d->params));
    ok = ok && rename_below(c, "");
    if (ok)
        return c;
    if (!state && d->free_state)
        refuse(&(sp_cell_desc){.state = d->state, .size = d->size, .free_state = d->free_state});
    if (!c->children) /* not even the list of them could be made */
        refuse(&(sp_cell_desc){.children = d->children});
    cell_release(c);
    return NULL;
}

/* ---- looking ---- */

void *sp_cell_state(const sp_cell *c) { return sp__given("cell_state", 1, c) ? c->state : NULL; }
int sp_cell_children(const sp_cell *c) { return c ? c->n_children : 0; }
const char *sp_cell_type(const sp_cell *c) { return c ? c->type : ""; }
sp_cell *sp_cell_at(sp_cell *c, int i) { return c && i >= 0 && i < c->n_children ? c->children[i].cell : NULL; }

const char *sp_cell_child_name(const sp_cell *c, int i)
{
    return c && i >= 0 && i < c->n_children ? c->children[i].name : NULL;
}

/* The child that the first n characters of path name. */
static sp_cell *child_named(const sp_cell *c, const char *path, size_t n)
{
    for (int i = 0; i < c->n_children; i++)
        if (strlen(c->children[i].name) == n && memcmp(c->children[i].name, path, n) == 0)
            return c->children[i].cell;
    return NULL;
}

/* Follows path down to its last part, which *last becomes; NULL if it leads nowhere. */
static sp_cell *follow(sp_cell *c, const char *path, const char **last)
{
    const char *point;
    while (c && c->n_children > 0 && (point = strchr(path, '.'))) {
        c = child_named(c, path, (size_t)(point - path));
        path = point + 1;
    }
    *last = path;
    return c;
}

sp_cell *sp_cell_child(sp_cell *c, const char *path)
{
    if (!sp__given("cell_child", 1, c) || !sp__given("cell_child", 2, path))
        return NULL;
    const char *last;
    sp_cell *at = follow(c, path, &last);
    sp_cell *child = at ? child_named(at, last, strlen(last)) : NULL;
    return child ? child : sp__fail(SP_ERR_VALUE, "%s: there is no child '%s'", c->type, path);
}

sp_tensor *sp__cell_own(const sp_cell *c, const char *name)
{
    for (int i = 0; i < c->n_params; i++)
        if (strcmp(c->params[i].name, name) == 0)
            return c->params[i].value;
    return NULL;
}

sp_tensor *sp_cell_param(sp_cell *c, const char *path)
{
    if (!sp__given("cell_param", 1, c) || !sp__given("cell_param", 2, path))
        return NULL;
    const char *last;
    sp_cell *at = follow(c, path, &last);
    sp_tensor *p = at ? sp__cell_own(at, last) : NULL;
    return p ? p : sp__fail(SP_ERR_VALUE, "%s: there is no parameter '%s'", c->type, path);
}

/* ---- calling ---- */

sp_list sp_cell_call_all(sp_cell *c, sp_list in)
{
    if (!sp__given("call", 1, c))
        return sp__list_none();
    for (int i = 0; i < in.n; i++)
        if (!sp__given(c->type, i + 1, in.at[i]))
            return sp__list_none();
    if (sp__tracing() && !sp__trace_saw(c->mode))
        return sp__list_none();
    sp__path_push(c->name ? c->name : "net", c->type);
    sp_list out = c->construct(c, in);
    sp__path_pop();
    return out;
}

sp_tensor *sp_cell_call(sp_cell *c, sp_list in)
{
    sp_list out = sp_cell_call_all(c, in);
    return out.n > 0 ? out.at[0] : NULL;
}

bool sp__cell_inputs(const sp_cell *c, sp_list in, int min, int max)
{
    if (in.n >= min && in.n <= max)
        return true;
    if (sp_error() == SP_OK)
        sp__err(SP_ERR_VALUE,
                min == max ? "%s: called with %d inputs, expected %d" : "%s: called with %d inputs, expected %d to %d",
                c->type, in.n, min, max);
    return false;
}

sp_list sp_cell_fn(void *cell, sp_list in) { return sp_cell_call_all(cell, in); }

void sp_cell_train(sp_cell *c, bool on)
{
    if (!c)
        return;
    c->mode->on = on;
    for (int i = 0; i < c->n_children; i++)
        sp_cell_train(c->children[i].cell, on);
}

bool sp_cell_training(const sp_cell *c) { return c && c->mode->on; }

/* ---- parameters ---- */

static int64_t count_all(const sp_cell *c)
{
    int64_t n = c->n_params;
    for (int i = 0; i < c->n_children; i++)
        n += count_all(c->children[i].cell);
    return n;
}

/* Adds c's parameters to list behind the n there, each tensor once. */
static int64_t collect(const sp_cell *c, bool trainable, sp_tensor **list, int64_t n)
{
    for (int i = 0; i < c->n_params; i++) {
        sp_tensor *p = c->params[i].value;
        bool seen = trainable && !p->param->trainable;
        for (int64_t k = 0; !seen && k < n; k++)
            seen = list[k] == p;
        if (!seen)
            list[n++] = p;
    }
    for (int i = 0; i < c->n_children; i++)
        n = collect(c->children[i].cell, trainable, list, n);
    return n;
}

/* Each half of the room has place for all parameters and the 8 that can always be read. */
static sp_list list_params(sp_cell *c, bool trainable)
{
    int64_t half = count_all(c) + 8;
    if (2 * half > c->cap_listed) {
        sp_tensor **room = sp__alloc_zero((size_t)(2 * half) * sizeof *room);
        if (!room)
            return sp__list_none();
        sp__free(c->listed, (size_t)c->cap_listed * sizeof *c->listed);
        c->listed = room;
        c->cap_listed = 2 * half;
    }
    sp_tensor **list = c->listed + (trainable ? 0 : c->cap_listed / 2);
    memset(list, 0, (size_t)(c->cap_listed / 2) * sizeof *list);
    return (sp_list){list, (int)collect(c, trainable, list, 0)};
}

sp_list sp_cell_params(sp_cell *c) { return sp__given("cell_params", 1, c) ? list_params(c, true) : sp__list_none(); }

sp_list sp_cell_all_params(sp_cell *c)
{
    return sp__given("cell_all_params", 1, c) ? list_params(c, false) : sp__list_none();
}

int64_t sp_cell_param_count(sp_cell *c)
{
    sp_list params = sp_cell_params(c);
    int64_t n = 0;
    for (int i = 0; i < params.n; i++)
        n += params.at[i]->size;
    return n;
}
