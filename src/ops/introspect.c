/* The table as data (spore/table.h). */
#include <string.h>

#include "ops/op.h"
#include "spore/table.h"

enum { MOST_BYTES = 512 }; /* of attributes; the largest take some 300 */

int sp_op_count(void)
{
    int n = 0;
    while (sp__op_at(n))
        n++;
    return n;
}

int sp_op_find(const char *name)
{
    for (int i = 0; name && sp__op_at(i); i++)
        if (strcmp(sp__op_at(i)->name, name) == 0)
            return i;
    return -1;
}

bool sp_op_info_get(int op, sp_op_info *out)
{
    const sp__op *o = sp__op_at(op);
    if (out)
        *out = (sp_op_info){0};
    if (!o || !out)
        return false;
    *out = (sp_op_info){.name = o->name,
                        .label = o->label,
                        .min_inputs = o->min_in,
                        .max_inputs = o->max_in,
                        .outputs = o->n_out,
                        .n_fields = o->n_fields,
                        .differentiable = o->grad != NULL,
                        .internal = (o->flags & (SP__GRADIENT | SP__FUSED)) != 0};
    return true;
}

static sp_value preset_of(const sp__field *f)
{
    return f->kind == SP__FLOAT  ? (sp_value){.f = f->preset}
           : f->kind == SP__INTS ? (sp_value){0}
                                 : (sp_value){.i = (int64_t)f->preset};
}

bool sp_op_field_get(int op, int field, sp_op_field *out)
{
    static const sp_field_kind kinds[] = {
        [SP__BOOL] = SP_FIELD_BOOL, [SP__INT] = SP_FIELD_INT,   [SP__FLOAT] = SP_FIELD_FLOAT,
        [SP__INTS] = SP_FIELD_INTS, [SP__ENUM] = SP_FIELD_ENUM, [SP__TYPE] = SP_FIELD_TYPE};
    const sp__op *o = sp__op_at(op);
    if (out)
        *out = (sp_op_field){0};
    if (!o || !out || field < 0 || field >= o->n_fields)
        return false;
    const sp__field *f = &o->fields[field];
    *out = (sp_op_field){f->name, kinds[f->kind], f->min, f->max, preset_of(f), f->words};
    return true;
}

/* ---- calling ---- */

/* A number that an enum or an int has room for; sp__attrs_check() says whether it is one of those it may be. */
static int narrow(int64_t v) { return v < 0 || v > INT32_MAX ? -1 : (int)v; }

static sp_status set_field(const sp__op *op, const sp__field *f, void *attrs, const sp_value *v)
{
    void *p = (char *)attrs + f->offset;
    switch (f->kind) {
    case SP__BOOL:
        *(bool *)p = v->i != 0;
        break;
    case SP__INT:
        *(int64_t *)p = v->i;
        break;
    case SP__FLOAT:
        *(double *)p = v->f;
        break;
    case SP__ENUM:
        *(int *)p = narrow(v->i);
        break;
    case SP__TYPE:
        *(sp_dtype *)p = v->i >= 0 && v->i < SP_DTYPE_COUNT_ ? (sp_dtype)v->i : SP_DTYPE_COUNT_;
        break;
    case SP__INTS:
        if (v->n < 0 || v->n > SP_MAX_RANK)
            return sp__err(SP_ERR_VALUE, "%s: %s has %d numbers, expected at most %d", op->label, f->name, v->n,
                           SP_MAX_RANK);
        ((sp__ints *)p)->n = v->n;
        memcpy(((sp__ints *)p)->v, v->ints, sizeof v->ints);
        break;
    }
    return SP_OK;
}

sp_list sp_op_call(int op, sp_list in, const sp_value *values)
{
    static const sp_list none;
    union {
        max_align_t align;
        char bytes[MOST_BYTES];
    } attrs;
    const sp__op *o = sp__op_at(op);
    if (!o || o->flags & (SP__GRADIENT | SP__FUSED)) {
        sp__err(SP_ERR_VALUE, "op_call: operator %d %s%s", op, o ? "is internal: " : "does not exist",
                o ? o->name : "");
        return none;
    }
    if (o->attr_size > sizeof attrs || in.n < 0 || (in.n > 0 && !in.at)) {
        sp__err(SP_ERR_VALUE, "op_call: %s: %d inputs", o->name, in.n);
        return none;
    }
    sp__attrs_preset(o, attrs.bytes);
    for (int i = 0; values && i < o->n_fields; i++)
        if (set_field(o, &o->fields[i], attrs.bytes, &values[i]) != SP_OK)
            return none;
    if (sp__attrs_check(o, attrs.bytes) != SP_OK)
        return none;
    return sp__apply(o, in.n, in.at, attrs.bytes);
}
