/* Cases of ops: their texts read, their inputs made, their results compared. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/op_cases.h"

/* ---- attributes ---- */

static bool set_word(const sp__field *f, const char *word, void *p)
{
    for (int i = 0; f->words && f->words[i]; i++) {
        if (strcmp(f->words[i], word) == 0) {
            *(int *)p = i;
            return true;
        }
    }
    return false;
}

static bool set_ints(const char *text, sp__ints *v)
{
    *v = (sp__ints){0};
    while (*text) {
        char *end;
        if (v->n == SP_MAX_RANK)
            return false;
        v->v[v->n++] = strtoll(text, &end, 10);
        if (end == text || (*end && *end != ','))
            return false;
        text = *end ? end + 1 : end;
    }
    return true;
}

static bool set_field(const sp__field *f, const char *text, void *attrs)
{
    void *p = (char *)attrs + f->offset;
    switch (f->kind) {
    case SP__BOOL:
        *(bool *)p = text[0] == '1';
        return strcmp(text, "0") == 0 || strcmp(text, "1") == 0;
    case SP__INT:
        *(int64_t *)p = strtoll(text, NULL, 10);
        return text[0] != 0;
    case SP__FLOAT:
        *(double *)p = strtod(text, NULL);
        return text[0] != 0;
    case SP__INTS:
        return set_ints(text, p);
    case SP__ENUM:
        return set_word(f, text, p);
    case SP__TYPE:
        *(sp_dtype *)p = sp_dtype_named(text);
        return *(sp_dtype *)p != SP_DTYPE_COUNT_;
    }
    return false;
}

bool op_attrs_from_text(const sp__op *op, const char *text, void *attrs)
{
    if (op->attr_size > OP_CASE_ATTR_BYTES) {
        fprintf(stderr, "%s: %zu bytes of attributes, room for %d\n", op->name, op->attr_size, OP_CASE_ATTR_BYTES);
        return false;
    }
    sp__attrs_preset(op, attrs);
    char name[64], value[128];
    int used;
    for (const char *p = text ? text : ""; *p; p += used) {
        value[0] = 0;
        if (sscanf(p, " %63[a-z0-9_A-Z]=%n", name, &used) != 1) {
            fprintf(stderr, "%s: attributes '%s': cannot be read from '%s'\n", op->name, text, p);
            return false;
        }
        size_t len = strcspn(p + used, " ");
        snprintf(value, sizeof value, "%.*s", (int)len, p + used);
        used += (int)len;
        const sp__field *f = sp__field_find(op, name);
        if (!f || !set_field(f, value, attrs)) {
            fprintf(stderr, "%s: attribute %s=%s: %s\n", op->name, name, value, f ? "wrong value" : "no such one");
            return false;
        }
    }
    return true;
}

/* ---- inputs ---- */

double op_case_random(uint64_t *seed) /* splitmix64 (Steele et al. 2014) */
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static int64_t random_below(uint64_t *seed, int64_t n) { return (int64_t)(op_case_random(seed) * (double)n); }

/* +-(0.27 + 0.13 k) for k < n/2, shuffled; `which` input moves them all a little, so that inputs differ from each other. */
static void fill_distinct(double *v, int64_t n, int which, uint64_t *seed)
{
    for (int64_t i = 0; i < n; i++)
        v[i] = (i % 2 ? -1 : 1) * (0.27 + 0.0153 * which + 0.13 * (double)(i / 2)) + 0.0031 * (double)(i % 7);
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = random_below(seed, i + 1);
        double t = v[i];
        v[i] = v[j];
        v[j] = t;
    }
}

static void fill(double *v, int64_t n, const char *kind, int which, uint64_t *seed)
{
    int64_t limit = kind[0] ? strtoll(kind + 1, NULL, 10) : 0;
    if (kind[0] == 0) {
        fill_distinct(v, n, which, seed);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        double r = op_case_random(seed);
        switch (kind[0]) {
        case 'p':
            v[i] = 0.2 + 2 * r;
            break;
        case 'u':
        case 'd':
            v[i] = 0.05 + 0.9 * r;
            break;
        case 't':
            v[i] = floor(3 * r) - 1;
            break;
        case 'b':
            v[i] = r < 0.5;
            break;
        case 'i':
        case 'I':
            v[i] = floor(r * (double)limit);
            break;
        case 'n':
            v[i] = floor(2 * r * (double)limit) - (double)limit;
            break;
        case 'c':
            v[i] = (double)limit;
            break;
        default:
            v[i] = 0;
        }
    }
}

static sp_dtype type_of(const char *kind, sp_dtype real)
{
    switch (kind[0]) {
    case 'b':
        return SP_BOOL;
    case 'i':
    case 'n':
    case 'c':
        return SP_I32;
    case 'I':
        return SP_I64;
    case 'd':
        return SP_F64;
    default:
        return real;
    }
}

static bool read_shape(const char *text, sp_shape *shape)
{
    *shape = SP_SCALAR;
    if (strcmp(text, "0d") == 0)
        return true;
    while (shape->rank < SP_MAX_RANK) {
        char *end;
        shape->dim[shape->rank++] = strtoll(text, &end, 10);
        if (end == text || (*end && *end != 'x'))
            return false;
        if (!*end)
            return true;
        text = end + 1;
    }
    return false;
}

/* One input of "2x3:p". */
static sp_tensor *make_input(const char *text, int which, sp_dtype real, sp_dtype exact)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text);
    char *kind = strchr(copy, ':');
    if (kind)
        *kind++ = 0;
    else
        kind = copy + strlen(copy);
    sp_shape shape;
    if (strcmp(copy, "-") == 0)
        return SP_NONE;
    if (!read_shape(copy, &shape) || sp_shape_size(shape) > 4096)
        return NULL;
    static double v[4096];
    uint64_t seed = (uint64_t)which * 1000 + 17;
    fill(v, sp_shape_size(shape), kind, which, &seed);
    sp_dtype type = type_of(kind, real);
    sp_tensor *t = sp_from(v, SP_F64, shape);
    return sp_cast(type == real ? sp_cast(t, exact) : t, type);
}

int op_case_inputs(const op_case *c, sp_dtype real, sp_dtype exact, sp_tensor **in)
{
    int n = 0, used;
    char word[64];
    for (const char *p = c->in; n < OP_CASE_INPUTS && sscanf(p, " %63s%n", word, &used) == 1; p += used) {
        in[n] = make_input(word, n, real, exact);
        if (!in[n]) {
            fprintf(stderr, "%s: input '%s' is wrong: %s\n", op_case_text(c), word, sp_error_text());
            return -1;
        }
        n++;
    }
    return n;
}

unsigned op_case_wrt(const op_case *c, int n, sp_tensor *const *in)
{
    unsigned wrt = 0;
    for (int i = 0; i < n; i++)
        if (in[i] != SP_NONE && sp_dtype_is_float(in[i]->dtype))
            wrt |= SP__IN(i);
    return c->wrt ? c->wrt & wrt : wrt;
}

const char *op_case_text(const op_case *c)
{
    static char text[256];
    snprintf(text, sizeof text, "%s {%s} on %s", c->op, c->attrs ? c->attrs : "", c->in);
    return text;
}

/* ---- comparison ---- */

static bool near(double got, double want, double tol)
{
    if (isnan(want) || isinf(want))
        return isnan(want) ? isnan(got) : got == want;
    return fabs(got - want) <= tol * fmax(1, fabs(want));
}

void op_check_near(const char *what, const sp_tensor *got, const sp_tensor *want, double tol)
{
    op_check_made(what, got);
    op_check_made(what, want);
    if (!sp_shape_equal(got->shape, want->shape))
        fail_msg("%s: shape %s, expected %s", what, SP__STR(got), SP__STR(want));
    for (int64_t i = 0; i < got->size; i++) {
        double g = sp_at(got, i), w = sp_at(want, i);
        if (!near(g, w, tol))
            fail_msg("%s: element %lld of %s is %.17g, expected %.17g (tolerance %g)", what, (long long)i, SP__STR(got),
                     g, w, tol);
    }
}

void op_check_made(const char *what, const sp_tensor *t)
{
    if (!t || sp_error() != SP_OK)
        fail_msg("%s: %s: %s", what, t ? "made, but a failure is carried" : "not made", sp_error_text());
}
