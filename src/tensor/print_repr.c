/* print_repr.c: sp_repr, as MindSpore prints a tensor inside a list, and what is made of such texts. */
#include "tensor/print.h"

#include <inttypes.h>
#include <stdio.h>

#define THRESHOLD       1000 /* elements from which on a tensor of rank 1 is summarised */
#define FLOATS_PER_LINE 12   /* rank 1 only; Bool counts with the floats                */
#define OTHERS_PER_LINE 24

/* ---- elements ---- */

int sp__exact_str(char *buf, const sp_tensor *t, int64_t i)
{
    if (t->dtype == SP_BOOL)
        return snprintf(buf, SP__NUMBER_TEXT, "%s", sp__load_int(t->data, t->dtype, i) ? "True" : "False");
    if (t->dtype == SP_U64) /* the only type that does not fit in int64_t */
        return snprintf(buf, SP__NUMBER_TEXT, "%" PRIu64, ((const uint64_t *)t->data)[i]);
    return snprintf(buf, SP__NUMBER_TEXT, "%" PRId64, sp__load_int(t->data, t->dtype, i));
}

static int element_text(char *buf, const sp_tensor *t, int64_t i)
{
    switch (t->dtype) {
    case SP_F32:
    case SP_F64:
        return sp__float_c(buf, 'e', 8, sp__load(t->data, t->dtype, i));
    case SP_F16:
        return sp__float_c(buf, 'e', 4, sp__load(t->data, t->dtype, i));
    case SP_BF16:
        return sp__float_c(buf, 'g', 6, sp__load(t->data, t->dtype, i));
    default:
        return sp__exact_str(buf, t, i);
    }
}

/* Elements are right-aligned to this many characters. */
static int element_width(const sp_tensor *t, const sp__shown *shown)
{
    char buf[SP__NUMBER_TEXT];
    int width = 0;
    switch (t->dtype) {
    case SP_F32:
    case SP_F64:
        return 15;
    case SP_F16:
        return 11;
    case SP_BOOL:
        return 5;
    default:
        for (int64_t k = 0; k < shown->total; k++)
            width = SP__MAX(width, element_text(buf, t, sp__shown_element(shown, k)));
        return width;
    }
}

/* ---- layout ---- */

typedef struct printer {
    sp__text *out;
    const sp_tensor *t;
    sp__shown shown;
    const char *comma; /* after elements and rows: "," or "" */
    int width;
    int per_line; /* a line ends after this many elements; 0: never */
} printer;

static void put_row(printer *p, int64_t first)
{
    char buf[SP__NUMBER_TEXT];
    int axis = p->shown.rank - 1;
    int64_t count = p->shown.count[axis];
    for (int64_t i = 0; i < count; i++) {
        int n = element_text(buf, p->t, first + sp__shown_offset(&p->shown, axis, i));
        sp__text_fill(p->out, ' ', p->width - n);
        sp__text_add(p->out, buf);
        if (i + 1 < count && sp__shown_gap(&p->shown, axis, i + 1))
            sp__text_add(p->out, " ... ");
        else if (i + 1 < count)
            sp__text_printf(p->out, "%s ", p->comma);
        if (p->per_line > 0 && (i + 1) % p->per_line == 0)
            sp__text_add(p->out, "\n "); /* also after the last one */
    }
}

static void put_axis(printer *p, int axis, int64_t first)
{
    sp__text_fill(p->out, '[', 1);
    if (axis == p->shown.rank - 1)
        put_row(p, first);
    for (int64_t i = 0; axis < p->shown.rank - 1 && i < p->shown.count[axis]; i++) {
        if (i > 0)
            sp__text_printf(p->out, "%s\n%*s", p->comma, axis + 1, "");
        if (sp__shown_gap(&p->shown, axis, i))
            sp__text_printf(p->out, "...\n%*s", axis + 1, "");
        put_axis(p, axis + 1, first + sp__shown_offset(&p->shown, axis, i));
    }
    sp__text_fill(p->out, ']', 1);
}

static void put_elements(sp__text *out, const sp_tensor *t, const char *comma)
{
    bool cut = t->shape.rank > 1 || t->size > THRESHOLD;
    bool wide = sp_dtype_is_float(t->dtype) || t->dtype == SP_BOOL;
    printer p = {.out = out, .t = t, .shown = sp__shown_of(t->shape, cut), .comma = comma};
    p.width = element_width(t, &p.shown);
    if (!cut)
        p.per_line = wide && t->dtype != SP_BF16 ? FLOATS_PER_LINE : OTHERS_PER_LINE;
    put_axis(&p, 0, 0);
}

static void put_single(sp__text *out, const sp_tensor *t)
{
    char buf[SP__NUMBER_TEXT];
    if (sp_dtype_is_float(t->dtype))
        sp__float_c(buf, 'g', 6, sp__load(t->data, t->dtype, 0));
    else
        sp__exact_str(buf, t, 0);
    sp__text_add(out, buf);
}

/* "Tensor(shape=[2, 3], dtype=Float32, value=" */
static void put_head(sp__text *out, const sp_tensor *t)
{
    sp__text_add(out, "Tensor(shape=[");
    for (int axis = 0; axis < t->shape.rank; axis++)
        sp__text_printf(out, "%s%" PRId64, axis ? ", " : "", t->shape.dim[axis]);
    sp__text_printf(out, "], dtype=%s, value=", sp_dtype_name(t->dtype));
}

static void put_tensor(sp__text *out, const sp_tensor *t)
{
    put_head(out, t);
    sp__text_add(out, t->shape.rank > 1 ? "\n" : " ");
    if (t->shape.rank == 0)
        put_single(out, t);
    else if (t->size > 0)
        put_elements(out, t, ",");
    sp__text_add(out, ")");
}

/* ---- everything else ---- */

static void put_shape(sp__text *out, sp_shape shape)
{
    if (shape.rank < 0 || shape.rank > SP_MAX_RANK) {
        sp__text_add(out, "(invalid shape)");
        return;
    }
    sp__text_add(out, "(");
    for (int axis = 0; axis < shape.rank; axis++)
        sp__text_printf(out, "%s%" PRId64, axis ? ", " : "", shape.dim[axis]);
    sp__text_add(out, shape.rank == 1 ? ",)" : ")");
}

bool sp__print_special(sp__text *out, const sp_tensor *t)
{
    if (sp__absent(t)) {
        sp__text_add(out, "None");
    } else if (t->param) {
        sp__text_printf(out, "Parameter (name=%s, shape=", t->param->name ? t->param->name : "");
        put_shape(out, t->shape);
        sp__text_printf(out, ", dtype=%s, requires_grad=%s)", sp_dtype_name(t->dtype),
                        t->param->trainable ? "True" : "False");
    } else if (!t->data && t->size > 0) {
        put_head(out, t);
        sp__text_add(out, " <being traced>)");
    } else {
        return false;
    }
    return true;
}

static void put_repr(sp__text *out, const sp_tensor *t)
{
    if (!sp__print_special(out, t))
        put_tensor(out, t);
}

const char *sp_repr(const sp_tensor *t)
{
    sp__text out = {0};
    put_repr(&out, t);
    return sp__text_finish_in_scope(&out);
}

static const char *list_text(sp_list list, const char *open, const char *close)
{
    sp__text out = {0};
    sp__text_add(&out, open);
    for (int i = 0; list.at && i < list.n; i++) {
        sp__text_add(&out, i ? ", " : "");
        put_repr(&out, list.at[i]);
    }
    sp__text_add(&out, close);
    return sp__text_finish_in_scope(&out);
}

const char *sp_tuple_str(sp_list list) { return list_text(list, "(", list.at && list.n == 1 ? ",)" : ")"); }

const char *sp_list_str(sp_list list) { return list_text(list, "[", "]"); }

const char *sp_shape_str(sp_shape shape)
{
    sp__text out = {0};
    put_shape(&out, shape);
    return sp__text_finish_in_scope(&out);
}

const char *sp__str_graph(const sp_tensor *t)
{
    sp__text out = {0};
    if (sp__print_special(&out, t))
        return sp__text_finish_in_scope(&out);
    if (t->shape.rank == 0) {
        put_single(&out, t);
        return sp__text_finish_in_scope(&out);
    }
    put_head(&out, t);
    sp__text_add(&out, t->shape.rank > 1 ? "\n" : "");
    if (t->size > 0)
        put_elements(&out, t, "");
    sp__text_add(&out, ")");
    return sp__text_finish_in_scope(&out);
}
