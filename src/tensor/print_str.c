/* print_str.c: sp_str. As numpy lays out an array with its default settings. */
#include "tensor/print.h"

#include <math.h>

#include "base/half.h"

#define LINE_WIDTH 75
#define THRESHOLD  1000 /* arrays with more elements are summarised                 */
#define PLACES     8    /* most digits after the point, in plain and scientific form */

/* How the elements of one tensor are written: chosen from those shown, before the first is written. */
typedef struct style {
    bool scientific;
    int before;         /* characters before the point, with the '-'; of other types: the width */
    int after;          /* digits after the point                                               */
    int exponent_width; /* digits of the exponent, 0 in plain form                              */
} style;

/* ---- floats ---- */

/* Plain form: the shortest digits, at most PLACES of them after the point, all true before the point. */
static sp__digits plain_digits(double value, sp_dtype dtype)
{
    sp__digits d = sp__digits_shortest(value, dtype);
    int places = d.count - 1 - d.exponent;
    if (places > PLACES)
        return sp__digits_rounded(value, d.exponent + PLACES);
    return places < 0 ? sp__digits_rounded(value, d.exponent) : d;
}

/* Scientific form: the shortest digits, at most PLACES of them after the point. */
static sp__digits scientific_digits(double value, sp_dtype dtype)
{
    sp__digits d = sp__digits_shortest(value, dtype);
    return d.count - 1 > PLACES ? sp__digits_rounded(value, PLACES) : d;
}

/* largest / smallest, rounded to the elements' own type: numpy divides there. */
static double ratio(double largest, double smallest, sp_dtype dtype)
{
    double r = largest / smallest;
    if (dtype == SP_F16)
        return (double)sp__f16_to_f32(sp__f32_to_f16((float)r));
    return dtype == SP_F32 ? (double)(float)r : r;
}

/* Scientific when the shown numbers are very large, very small or far apart. */
static bool wants_scientific(const sp_tensor *t, const sp__shown *shown)
{
    double largest = 0, smallest = HUGE_VAL;
    for (int64_t k = 0; k < shown->total; k++) {
        double size = fabs(sp__load(t->data, t->dtype, sp__shown_element(shown, k)));
        if (!isfinite(size) || size == 0)
            continue;
        largest = fmax(largest, size);
        smallest = fmin(smallest, size);
    }
    if (largest == 0)
        return false;
    return largest >= 1e8 || smallest < 1e-4 || ratio(largest, smallest, t->dtype) > 1000;
}

static void widen_for_number(style *s, double value, sp_dtype dtype)
{
    sp__digits d = s->scientific ? scientific_digits(value, dtype) : plain_digits(value, dtype);
    int after = s->scientific ? d.count - 1 : SP__MAX(0, d.count - 1 - d.exponent);
    int before = s->scientific ? 1 : SP__MAX(d.exponent + 1, 1);
    s->before = SP__MAX(s->before, before + d.negative);
    s->after = SP__MAX(s->after, after);
    if (s->scientific)
        s->exponent_width = SP__MAX(s->exponent_width, d.exponent <= -100 || d.exponent >= 100 ? 3 : 2);
}

/* Characters from the point on. */
static int tail_width(const style *s) { return 1 + s->after + (s->scientific ? 2 + s->exponent_width : 0); }

static style float_style(const sp_tensor *t, const sp__shown *shown)
{
    style s = {.scientific = wants_scientific(t, shown)};
    int word = 0; /* longest of nan, inf, -inf that is shown */
    for (int64_t k = 0; k < shown->total; k++) {
        double value = sp__load(t->data, t->dtype, sp__shown_element(shown, k));
        if (isfinite(value))
            widen_for_number(&s, value, t->dtype);
        else
            word = SP__MAX(word, isinf(value) && value < 0 ? 4 : 3);
    }
    if (word > 0)
        s.before = SP__MAX(s.before, word - tail_width(&s));
    return s;
}

/* The digits a number of this style is written with: where the shortest are fewer than others need in scientific form,
 * they are not filled with zeros but with what truly follows. */
static sp__digits styled_digits(const style *s, double value, sp_dtype dtype)
{
    if (!s->scientific)
        return plain_digits(value, dtype);
    sp__digits d = scientific_digits(value, dtype);
    return d.count - 1 < s->after ? sp__digits_rounded(value, s->after) : d;
}

/* The number's text without padding; *before becomes the number of its characters before the point. */
static int number_text(char *buf, int *before, const style *s, double value, sp_dtype dtype)
{
    sp__digits d = styled_digits(s, value, dtype);
    *before = d.negative + (s->scientific ? 1 : SP__MAX(d.exponent + 1, 1));
    return s->scientific ? sp__digits_scientific(buf, &d, s->after, true, s->exponent_width)
                         : sp__digits_plain(buf, &d);
}

/* Characters written into buf, which has SP__NUMBER_TEXT bytes; *left and *right: spaces to stand around them. */
static int float_text(char *buf, int *left, int *right, const style *s, double value, sp_dtype dtype)
{
    int before;
    if (!isfinite(value)) {
        int n = sp__float_str(buf, value, dtype);
        *left = s->before + tail_width(s) - n;
        *right = 0;
        return n;
    }
    int n = number_text(buf, &before, s, value, dtype);
    *left = s->before - before;
    *right = tail_width(s) - (n - before);
    return n;
}

/* ---- elements of any type ---- */

/* BFloat16, which numpy does not know: six decimals, not aligned. A nan has no sign here. */
static int bf16_text(char *buf, double value)
{
    return isnan(value) ? sp__float_str(buf, value, SP_BF16) : sp__float_c(buf, 'f', 6, value);
}

static style style_of(const sp_tensor *t, const sp__shown *shown)
{
    char buf[SP__NUMBER_TEXT];
    style s = {0};
    if (t->dtype == SP_BF16)
        return s;
    if (sp_dtype_is_float(t->dtype))
        return float_style(t, shown);
    s.before = t->dtype == SP_BOOL ? 5 : 0; /* "False", whether shown or not */
    for (int64_t k = 0; t->dtype != SP_BOOL && k < shown->total; k++)
        s.before = SP__MAX(s.before, sp__exact_str(buf, t, sp__shown_element(shown, k)));
    return s;
}

static int element_text(char *buf, int *left, int *right, const style *s, const sp_tensor *t, int64_t i)
{
    *left = *right = 0;
    if (t->dtype == SP_BF16)
        return bf16_text(buf, sp__load(t->data, t->dtype, i));
    if (sp_dtype_is_float(t->dtype))
        return float_text(buf, left, right, s, sp__load(t->data, t->dtype, i), t->dtype);
    int n = sp__exact_str(buf, t, i);
    *left = s->before - n;
    return n;
}

/* ---- layout ---- */

typedef struct printer {
    sp__text *out;
    const sp_tensor *t;
    sp__shown shown;
    style style;
    int column; /* characters on the current line */
} printer;

/* Starts a new line if a word of `width` characters would make this one too long. No number is too wide for a line of
 * its own, so the line holds something. */
static void wrap(printer *p, int width)
{
    if (p->column + width <= LINE_WIDTH - p->shown.rank)
        return;
    sp__text_trim(p->out);
    sp__text_fill(p->out, '\n', 1);
    sp__text_fill(p->out, ' ', p->shown.rank);
    p->column = p->shown.rank;
}

static void put_word(printer *p, int left, const char *word, int length, int right)
{
    wrap(p, left + length + right);
    sp__text_fill(p->out, ' ', left);
    sp__text_add_bytes(p->out, word, (size_t)length);
    sp__text_fill(p->out, ' ', right);
    p->column += left + length + right;
}

static void put_space(printer *p)
{
    sp__text_fill(p->out, ' ', 1);
    p->column++;
}

/* The elements of a row, which starts at element `first`; the line holds rank characters when it begins. */
static void put_row(printer *p, int64_t first)
{
    char buf[SP__NUMBER_TEXT];
    int axis = p->shown.rank - 1, left, right;
    p->column = p->shown.rank;
    for (int64_t i = 0; i < p->shown.count[axis]; i++) {
        if (i > 0)
            put_space(p);
        if (sp__shown_gap(&p->shown, axis, i)) {
            put_word(p, 0, "...", 3, 0);
            put_space(p);
        }
        int64_t element = first + sp__shown_offset(&p->shown, axis, i);
        int n = element_text(buf, &left, &right, &p->style, p->t, element);
        put_word(p, left, buf, n, right);
    }
}

/* Between the entries of an axis: more newlines the further out it is. */
static void put_break(printer *p, int axis)
{
    sp__text_fill(p->out, '\n', p->shown.rank - 1 - axis);
    sp__text_fill(p->out, ' ', axis + 1);
}

static void put_axis(printer *p, int axis, int64_t first)
{
    sp__text_fill(p->out, '[', 1);
    if (axis == p->shown.rank - 1)
        put_row(p, first);
    for (int64_t i = 0; axis < p->shown.rank - 1 && i < p->shown.count[axis]; i++) {
        if (i > 0)
            put_break(p, axis);
        if (sp__shown_gap(&p->shown, axis, i)) {
            sp__text_add(p->out, "...");
            put_break(p, axis);
        }
        put_axis(p, axis + 1, first + sp__shown_offset(&p->shown, axis, i));
    }
    sp__text_fill(p->out, ']', 1);
}

static void put_single(sp__text *out, const sp_tensor *t)
{
    char buf[SP__NUMBER_TEXT];
    if (t->dtype == SP_BF16)
        bf16_text(buf, sp__load(t->data, t->dtype, 0));
    else if (sp_dtype_is_float(t->dtype))
        sp__float_str(buf, sp__load(t->data, t->dtype, 0), t->dtype);
    else
        sp__exact_str(buf, t, 0);
    sp__text_add(out, buf);
}

const char *sp_str(const sp_tensor *t)
{
    sp__text out = {0};
    if (sp__print_special(&out, t))
        return sp__text_finish_in_scope(&out);
    if (t->shape.rank == 0) {
        put_single(&out, t);
    } else if (t->size == 0) {
        sp__text_add(&out, "[]");
    } else {
        printer p = {.out = &out, .t = t, .shown = sp__shown_of(t->shape, t->size > THRESHOLD)};
        p.style = style_of(t, &p.shown);
        put_axis(&p, 0, 0);
    }
    return sp__text_finish_in_scope(&out);
}
