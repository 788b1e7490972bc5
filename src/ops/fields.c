/* Attributes, by their declaration: nothing here knows an op. */
#include <math.h>
#include <string.h>

#include "ops/op.h"

static const void *at(const void *attrs, const sp__field *f) { return (const char *)attrs + f->offset; }

const sp__field *sp__field_find(const sp__op *op, const char *name)
{
    for (int i = 0; i < op->n_fields; i++)
        if (strcmp(op->fields[i].name, name) == 0)
            return &op->fields[i];
    return NULL;
}

void sp__attrs_preset(const sp__op *op, void *attrs)
{
    if (op->attr_size)
        memset(attrs, 0, op->attr_size);
    for (int i = 0; i < op->n_fields; i++) {
        const sp__field *f = &op->fields[i];
        void *p = (char *)attrs + f->offset;
        switch (f->kind) {
        case SP__BOOL:
            *(bool *)p = f->preset != 0;
            break;
        case SP__INT:
            *(int64_t *)p = (int64_t)f->preset;
            break;
        case SP__FLOAT:
            *(double *)p = f->preset;
            break;
        case SP__ENUM:
            *(int *)p = (int)f->preset;
            break;
        case SP__TYPE:
            *(sp_dtype *)p = (sp_dtype)f->preset;
            break;
        case SP__INTS:
            break;
        }
    }
}

static bool in_range(const sp__field *f, double v)
{
    return (f->min == 0 && f->max == 0) || (v >= f->min && v <= f->max); /* false for NaN */
}

static sp_status bad_number(const sp__op *op, const sp__field *f, double v)
{
    return sp__err(SP_ERR_VALUE, "%s: %s is %.15g, expected %.15g to %.15g", op->label, f->name, v, f->min, f->max);
}

static sp_status check_ints(const sp__op *op, const sp__field *f, const sp__ints *v)
{
    if (v->n < 0 || v->n > SP_MAX_RANK)
        return sp__err(SP_ERR_VALUE, "%s: %s has %d numbers, expected at most %d", op->label, f->name, v->n,
                       SP_MAX_RANK);
    for (int i = 0; i < v->n; i++)
        if (!in_range(f, (double)v->v[i]))
            return bad_number(op, f, (double)v->v[i]);
    return SP_OK;
}

static int count_words(const sp__field *f)
{
    int n = 0;
    while (f->words[n])
        n++;
    return n;
}

static sp_status check_field(const sp__op *op, const sp__field *f, const void *p)
{
    switch (f->kind) {
    case SP__BOOL:
        return SP_OK;
    case SP__INT:
        return in_range(f, (double)*(const int64_t *)p) ? SP_OK : bad_number(op, f, (double)*(const int64_t *)p);
    case SP__FLOAT:
        if (isnan(*(const double *)p))
            return sp__err(SP_ERR_VALUE, "%s: %s is not a number", op->label, f->name);
        return in_range(f, *(const double *)p) ? SP_OK : bad_number(op, f, *(const double *)p);
    case SP__INTS:
        return check_ints(op, f, p);
    case SP__ENUM:
        if (*(const int *)p >= 0 && *(const int *)p < count_words(f))
            return SP_OK;
        return sp__err(SP_ERR_VALUE, "%s: %s is number %d of its choices, expected 0 to %d", op->label, f->name,
                       *(const int *)p, count_words(f) - 1);
    case SP__TYPE:
        if ((unsigned)*(const sp_dtype *)p < SP_DTYPE_COUNT_)
            return SP_OK;
        return sp__err(SP_ERR_DTYPE, "%s: %s is no element type (%d)", op->label, f->name, (int)*(const sp_dtype *)p);
    }
    return SP_OK;
}

sp_status sp__attrs_check(const sp__op *op, const void *attrs)
{
    if (!attrs)
        return op->n_fields ? sp__err(SP_ERR_VALUE, "%s: attributes are missing", op->label) : SP_OK;
    for (int i = 0; i < op->n_fields; i++) {
        sp_status st = check_field(op, &op->fields[i], at(attrs, &op->fields[i]));
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}
