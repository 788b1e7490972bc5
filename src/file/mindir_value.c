/* file/mindir_value.c: arguments and settings of an operator. A setting is an attribute of the primitive (old form)
 * or one of the inputs behind the data (new form, and some in both): which, the number of inputs says, so both
 * forms are read alike. */
#if SPORE_HAVE_PROTOBUF
#include <string.h>

#include "file/mindir.h"
#include "file/onnx.h"

/* MindSpore's own numbers of types, which the new form uses as settings. */
static const int32_t numbers[] = {
    [SP_F32] = 43, [SP_F64] = 44, [SP_F16] = 42, [SP_BF16] = 45, [SP_I8] = 32,  [SP_I16] = 33,  [SP_I32] = 34,
    [SP_I64] = 35, [SP_U8] = 37,  [SP_U16] = 38, [SP_U32] = 39,  [SP_U64] = 40, [SP_BOOL] = 30,
};

static sp_dtype find_code(const int32_t *table, int64_t code)
{
    for (int i = 0; i < SP_DTYPE_COUNT_; i++)
        if (table[i] == code)
            return (sp_dtype)i;
    return SP_DTYPE_COUNT_;
}

/* The numbers are ONNX's, and one of its own. */
sp_dtype sp__mi_dtype(int64_t code) { return code == SP__MI_FLOAT64 ? SP_F64 : sp__onnx_dtype(code); }

int32_t sp__mi_code(sp_dtype dtype) { return sp__onnx_code(dtype); }

const char *sp__mi_visible(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon && colon[1] ? colon + 1 : name;
}

/* ---- arguments ---- */

static bool is_none(const sp__mi_value *v) { return v->kind == SP__MI_V_SETTING && v->attr->type == SP__MI_NONE; }

static sp_tensor *as_tensor(sp__mi_call *c, const sp__mi_value *v, int i)
{
    if (v->kind == SP__MI_V_TENSOR)
        return v->tensor;
    if (is_none(v))
        return SP_NONE;
    if (v->kind == SP__MI_V_UNKNOWN)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "argument %d is a result that is not supported", i + 1);
    return sp__mi_fail(c, SP_ERR_FORMAT, "argument %d is no tensor", i + 1);
}

sp_tensor *sp__mi_arg(sp__mi_call *c, int i)
{
    if (i >= c->n_in)
        return sp__mi_fail(c, SP_ERR_FORMAT, "%d arguments, expected at least %d", c->n_in, i + 1);
    return as_tensor(c, c->in[i], i);
}

sp_list sp__mi_args(sp__mi_call *c, int i)
{
    if (i >= c->n_in || c->in[i]->kind != SP__MI_V_TUPLE || c->in[i]->n == 0) {
        sp__mi_fail(c, SP_ERR_FORMAT, "argument %d is no tuple of tensors", i + 1);
        return sp__list_none();
    }
    const sp__mi_value *tuple = c->in[i];
    sp_tensor **at = sp__list_room(tuple->n);
    for (int k = 0; at && k < tuple->n; k++) {
        at[k] = as_tensor(c, &tuple->items[k], k);
        if (!at[k])
            return sp__list_none();
    }
    return at ? (sp_list){at, tuple->n} : sp__list_none();
}

/* ---- settings ---- */

/* The input that holds a setting, if it is given as one. */
static const sp__mi_value *setting_input(sp__mi_call *c, const char *name)
{
    for (int k = 0; k < SP__MI_MAX_SETTINGS && c->rule->settings[k]; k++)
        if (strcmp(c->rule->settings[k], name) == 0 && c->rule->n_data + k < c->n_in)
            return c->in[c->rule->n_data + k];
    return NULL;
}

static const sp__mi_attr *setting(sp__mi_call *c, const char *name)
{
    const sp__mi_value *v = setting_input(c, name);
    if (v && v->attr) /* also a tensor, if it is a constant */
        return v->attr;
    if (v)
        return sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%s is computed in the graph, expected a constant", name);
    for (size_t i = 0; i < c->n_attrs; i++)
        if (c->attrs[i]->name && strcmp(c->attrs[i]->name, name) == 0)
            return c->attrs[i];
    return NULL;
}

bool sp__mi_has(sp__mi_call *c, const char *name)
{
    if (setting_input(c, name))
        return true;
    return setting(c, name) != NULL;
}

/* How many numbers a constant tensor holds; -1 if a is none. */
static int64_t tensor_size(const sp__mi_attr *a)
{
    if (a->type != SP__MI_TENSORS || a->n_tensors != 1 || !a->tensors[0]->has_raw_data)
        return -1;
    size_t element = sp_dtype_size(sp__mi_dtype(a->tensors[0]->data_type));
    return element ? (int64_t)(a->tensors[0]->raw_data.len / element) : -1;
}

/* Scalars stand in the singular field, those within a sequence in the plural one. */
static bool integer_of(const sp__mi_attr *a, int64_t *out)
{
    bool integer = (a->type >= SP__MI_UINT8 && a->type <= SP__MI_INT64) || a->type == SP__MI_BOOL ||
                   a->type == SP__MI_UINT32 || a->type == SP__MI_UINT64;
    if (tensor_size(a) == 1 && !sp_dtype_is_float(sp__mi_dtype(a->tensors[0]->data_type))) {
        *out = sp__load_int(a->tensors[0]->raw_data.data, sp__mi_dtype(a->tensors[0]->data_type), 0);
        return true;
    }
    if (!integer || (!a->has_i && a->n_ints != 1))
        return false;
    *out = a->has_i ? a->i : a->ints[0];
    return true;
}

static bool number_of(const sp__mi_attr *a, double *out)
{
    int64_t i;
    if (integer_of(a, &i))
        *out = (double)i;
    else if (a->type == SP__MI_FLOAT && (a->has_f || a->n_floats == 1))
        *out = (double)(a->has_f ? a->f : a->floats[0]);
    else if (a->type == SP__MI_DOUBLE && (a->has_d || a->n_doubles == 1))
        *out = a->has_d ? a->d : a->doubles[0];
    else if (tensor_size(a) == 1)
        *out = sp__load(a->tensors[0]->raw_data.data, sp__mi_dtype(a->tensors[0]->data_type), 0);
    else
        return false;
    return true;
}

int64_t sp__mi_int(sp__mi_call *c, const char *name, int64_t otherwise)
{
    const sp__mi_attr *a = setting(c, name);
    int64_t v = otherwise;
    if (a && !integer_of(a, &v))
        sp__mi_fail(c, SP_ERR_FORMAT, "%s is no integer", name);
    return v;
}

double sp__mi_float(sp__mi_call *c, const char *name, double otherwise)
{
    const sp__mi_attr *a = setting(c, name);
    double v = otherwise;
    if (a && !number_of(a, &v))
        sp__mi_fail(c, SP_ERR_FORMAT, "%s is no number", name);
    return v;
}

const char *sp__mi_text(sp__mi_call *c, const char *name, const char *otherwise)
{
    const sp__mi_attr *a = setting(c, name);
    if (!a)
        return otherwise;
    if (a->type == SP__MI_STRING && a->s)
        return a->s;
    sp__mi_fail(c, SP_ERR_FORMAT, "%s is no text", name);
    return otherwise;
}

sp__ints sp__mi_ints(sp__mi_call *c, const char *name)
{
    const sp__ints failed = {.n = -1};
    const sp__mi_attr *a = setting(c, name);
    sp__ints v = {0};
    if (!a || a->type == SP__MI_NONE)
        return v;
    if (integer_of(a, &v.v[0])) {
        v.n = 1;
        return v;
    }
    int64_t n = tensor_size(a);
    if (n >= 0 && n <= SP_MAX_RANK && !sp_dtype_is_float(sp__mi_dtype(a->tensors[0]->data_type))) {
        for (v.n = 0; v.n < n; v.n++)
            v.v[v.n] = sp__load_int(a->tensors[0]->raw_data.data, sp__mi_dtype(a->tensors[0]->data_type), v.n);
        return v;
    }
    if (a->type != SP__MI_TUPLE && a->type != SP__MI_LIST) {
        sp__mi_fail(c, SP_ERR_FORMAT, "%s is no tuple of integers", name);
        return failed;
    }
    if (a->n_values > SP_MAX_RANK) {
        sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%s has %zu numbers, at most %d are supported", name, a->n_values,
                    SP_MAX_RANK);
        return failed;
    }
    for (v.n = 0; v.n < (int)a->n_values; v.n++)
        if (!integer_of(a->values[v.n], &v.v[v.n])) {
            sp__mi_fail(c, SP_ERR_FORMAT, "%s is no tuple of integers", name);
            return failed;
        }
    return v;
}

sp_dtype sp__mi_type(sp__mi_call *c, const char *name, sp_dtype otherwise)
{
    const sp__mi_attr *a = setting(c, name);
    int64_t number = 0;
    if (!a || a->type == SP__MI_NONE)
        return otherwise;
    sp_dtype type = SP_DTYPE_COUNT_;
    if (a->type == SP__MI_TENSORS && a->n_tensors == 1)
        type = sp__mi_dtype(number = a->tensors[0]->data_type);
    else if (integer_of(a, &number))
        type = find_code(numbers, number);
    if (type == SP_DTYPE_COUNT_)
        sp__mi_fail(c, SP_ERR_UNSUPPORTED, "%s is type %lld, which is not supported", name, (long long)number);
    return type;
}

sp_tensor *sp__mi_tensor_setting(sp__mi_call *c, const char *name)
{
    const sp__mi_value *v = setting_input(c, name);
    return v && v->kind == SP__MI_V_TENSOR ? v->tensor : NULL;
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
