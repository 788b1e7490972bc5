/* file/onnx_value.c: arguments and settings of an operator. A setting is an attribute (older opsets) or one of the inputs
 * behind the data (newer ones): which, the file says, so all opsets are read alike. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/onnx_read.h"

/* ---- open sizes ---- */

static bool same_elements(const sp_tensor *a, const sp_tensor *b)
{
    return b && a->dtype == b->dtype && sp_shape_equal(a->shape, b->shape) &&
           memcmp(a->data, b->data, (size_t)a->size * sp_dtype_size(a->dtype)) == 0;
}

/* Whether value i, which is known, is the same for all open sizes. */
static bool is_fixed(const sp__ox_model *m, int i)
{
    return !m->past || m->rehearsing || same_elements(m->values[i].held, m->past[i].held);
}

static sp_shape shape_now(const sp__ox_value *v) { return v->held ? v->held->shape : v->tensor->shape; }

sp_shape sp__ox_past_shape(const sp__ox_call *c, int i)
{
    const sp__ox_model *m = c->model;
    if (!sp__ox_given(c, i))
        return (sp_shape){.rank = -1};
    return m->past && !m->rehearsing ? m->past[c->in[i]].shape : shape_now(&m->values[c->in[i]]);
}

bool sp__ox_fixed(const sp__ox_call *c, int i, int k)
{
    sp_shape now = sp__ox_given(c, i) ? shape_now(&c->model->values[c->in[i]]) : (sp_shape){.rank = -1};
    sp_shape past = sp__ox_past_shape(c, i);
    return k >= 0 && k < now.rank && now.rank == past.rank && now.dim[k] == past.dim[k];
}

/* ---- arguments ---- */

bool sp__ox_given(const sp__ox_call *c, int i) { return i >= 0 && i < c->n_in && c->in[i] >= 0; }

sp_tensor *sp__ox_arg(sp__ox_call *c, int i)
{
    if (!sp__ox_given(c, i))
        return sp__ox_fail(c, SP_ERR_FORMAT, "%d arguments, argument %d is missing", c->n_in, i + 1);
    sp__ox_value *v = &c->model->values[c->in[i]];
    if (c->folding)
        return v->held;
    if (!v->tensor && v->known && !is_fixed(c->model, c->in[i]))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "argument %d is computed from a size of an input that is open",
                           i + 1);
    if (!v->tensor)
        v->tensor = sp__trace_stand_in(v->held);
    if (!v->tensor)
        c->by.failed = true;
    return v->tensor;
}

sp_tensor *sp__ox_optional(sp__ox_call *c, int i) { return sp__ox_given(c, i) ? sp__ox_arg(c, i) : SP_NONE; }

sp_list sp__ox_args(sp__ox_call *c)
{
    if (c->n_in == 0)
        sp__ox_fail(c, SP_ERR_FORMAT, "no argument");
    sp_tensor **at = sp__list_room(c->n_in);
    for (int i = 0; at && i < c->n_in; i++)
        if (!(at[i] = sp__ox_arg(c, i)))
            return sp__list_none();
    return at && c->n_in ? (sp_list){at, c->n_in} : sp__list_none();
}

/* ---- settings ---- */

const sp__ox_attr *sp__ox_attribute(sp__ox_call *c, const char *name)
{
    for (size_t i = 0; i < c->n_attrs; i++)
        if (strcmp(c->attrs[i]->name, name) == 0) {
            c->asked |= UINT64_C(1) << i;
            return c->attrs[i];
        }
    return NULL;
}

/* The input that holds a setting, if it is given as one; -1. */
static int setting_input(const sp__ox_call *c, const char *name)
{
    for (int k = 0; k < SP__OX_MAX_SETTINGS && c->rule->settings[k]; k++)
        if (strcmp(c->rule->settings[k], name) == 0 && sp__ox_given(c, c->rule->n_data + k))
            return c->in[c->rule->n_data + k];
    return -1;
}

/* Its elements; NULL, recorded, unless they are known. past (may be NULL) those of the rehearsal. */
static const sp_tensor *known_setting(sp__ox_call *c, const char *name, int input, const sp_tensor **past)
{
    const sp__ox_model *m = c->model;
    const sp__ox_value *v = &m->values[input];
    if (!v->known)
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "%s is computed in the graph, expected a constant", name);
    if (!past && !is_fixed(m, input))
        return sp__ox_fail(c, SP_ERR_UNSUPPORTED, "%s depends on a size of an input that is open", name);
    if (past)
        *past = m->past && !m->rehearsing ? m->past[input].held : v->held;
    return v->held;
}

bool sp__ox_has(sp__ox_call *c, const char *name)
{
    return setting_input(c, name) >= 0 || sp__ox_attribute(c, name) != NULL;
}

static bool is_of(const sp__ox_attr *a, int type, bool there) { return a->type == type || (!a->has_type && there); }

int64_t sp__ox_int(sp__ox_call *c, const char *name, int64_t otherwise)
{
    int input = setting_input(c, name);
    const sp_tensor *t = input >= 0 ? known_setting(c, name, input, NULL) : NULL;
    const sp__ox_attr *a = input >= 0 ? NULL : sp__ox_attribute(c, name);
    if (c->by.failed || (!t && !a))
        return otherwise;
    if (t && t->size == 1 && !sp_dtype_is_float(t->dtype))
        return sp__load_int(t->data, t->dtype, 0);
    if (a && is_of(a, SP__ONNX_ATTR_INT, a->has_i))
        return a->i;
    sp__ox_fail(c, SP_ERR_FORMAT, "%s is no integer", name);
    return otherwise;
}

double sp__ox_float(sp__ox_call *c, const char *name, double otherwise)
{
    int input = setting_input(c, name);
    const sp_tensor *t = input >= 0 ? known_setting(c, name, input, NULL) : NULL;
    const sp__ox_attr *a = input >= 0 ? NULL : sp__ox_attribute(c, name);
    if (c->by.failed || (!t && !a))
        return otherwise;
    if (t && t->size == 1)
        return sp__load(t->data, t->dtype, 0);
    if (a && is_of(a, SP__ONNX_ATTR_FLOAT, a->has_f))
        return (double)a->f;
    sp__ox_fail(c, SP_ERR_FORMAT, "%s is no number", name);
    return otherwise;
}

const char *sp__ox_text(sp__ox_call *c, const char *name, const char *otherwise)
{
    const sp__ox_attr *a = sp__ox_attribute(c, name);
    if (!a)
        return otherwise;
    if (is_of(a, SP__ONNX_ATTR_STRING, a->has_s) && !memchr(a->s.data ? (const void *)a->s.data : "", 0, a->s.len))
        return sp__scope_printf("%.*s", (int)SP__MIN(a->s.len, 64), a->s.data ? (const char *)a->s.data : "");
    sp__ox_fail(c, SP_ERR_FORMAT, "%s is no text", name);
    return otherwise;
}

/* Elements as numbers; false if they are none or too many. */
static bool ints_of_tensor(const sp_tensor *t, sp__ox_ints *out)
{
    if (!t || sp_dtype_is_float(t->dtype) || t->size > SP__OX_MAX_RESULTS || t->shape.rank > 1)
        return false;
    for (out->n = 0; out->n < t->size; out->n++)
        out->v[out->n] = sp__load_int(t->data, t->dtype, out->n);
    return true;
}

static bool ints_of_attribute(const sp__ox_attr *a, sp__ox_ints *out)
{
    if (is_of(a, SP__ONNX_ATTR_INT, a->has_i)) { /* one number, where several may stand */
        *out = (sp__ox_ints){1, {a->i}};
        return true;
    }
    if (!is_of(a, SP__ONNX_ATTR_INTS, true) || a->n_ints > SP__OX_MAX_RESULTS)
        return false;
    for (out->n = 0; out->n < (int)a->n_ints; out->n++)
        out->v[out->n] = a->ints[out->n];
    return true;
}

static bool read_ints(sp__ox_call *c, const char *name, sp__ox_ints *now, sp__ox_ints *past)
{
    int input = setting_input(c, name);
    const sp__ox_attr *a = input >= 0 ? NULL : sp__ox_attribute(c, name);
    const sp_tensor *before = NULL, *t = input >= 0 ? known_setting(c, name, input, past ? &before : NULL) : NULL;
    now->n = 0;
    if (past)
        past->n = 0;
    if (c->by.failed)
        return false;
    bool ok = t ? ints_of_tensor(t, now) : a ? ints_of_attribute(a, now) : true;
    if (ok && past && t)
        ok = ints_of_tensor(before, past);
    else if (past)
        *past = *now;
    if (!ok)
        sp__ox_fail(c, SP_ERR_FORMAT, "%s is no list of at most %d integers", name, SP__OX_MAX_RESULTS);
    return ok;
}

sp__ox_ints sp__ox_ints_of(sp__ox_call *c, const char *name)
{
    sp__ox_ints v;
    if (!read_ints(c, name, &v, NULL))
        v.n = -1;
    return v;
}

bool sp__ox_open_ints(sp__ox_call *c, const char *name, sp__ox_ints *now, sp__ox_ints *past)
{
    return read_ints(c, name, now, past);
}

sp_dtype sp__ox_type(sp__ox_call *c, const char *name)
{
    int64_t code = sp__ox_int(c, name, -1);
    sp_dtype type = code < 0 ? SP_DTYPE_COUNT_ : sp__onnx_dtype(code);
    if (code >= 0 && type == SP_DTYPE_COUNT_)
        sp__ox_fail(c, SP_ERR_UNSUPPORTED, "%s is element type %lld, which is not supported", name, (long long)code);
    return type;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
