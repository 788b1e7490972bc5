/* tensor/print.h: what the printed forms of tensors are made of.
 *
 *   print_float.c   digits of a floating-point number, and its text alone
 *   print_shown.c   which elements are shown when there are many
 *   print_str.c     sp_str: numpy's layout with its defaults (precision 8, threshold 1000, 3 edge items, width 75)
 *   print_repr.c    sp_repr and its relatives: MindSpore's own layout
 *
 * Every text is the same in every locale. */
#ifndef SP_TENSOR_PRINT_H
#define SP_TENSOR_PRINT_H

#include "tensor/tensor.h"
#include "tensor/text.h"

/* ---- numbers ---- */

#define SP__NUMBER_TEXT 64 /* bytes that hold any number's text: the longest is a BFloat16 as %f, 47 characters */
#define SP__MAX_DIGITS  20

/* A finite number in decimal: digit[0].digit[1]digit[2]... * 10^exponent. The last digit is not 0, except that of zero
 * itself, which is one 0 with exponent 0. */
typedef struct sp__digits {
    bool negative; /* the sign bit, so also for -0.0 */
    int count;
    int exponent;
    char digit[SP__MAX_DIGITS];
} sp__digits;

/* The fewest digits that read back to the same number of type dtype (a float type; others count as Float64); among
 * these the closest to it, as in Steele & White 1990 and in numpy's "unique" mode. value must be one of dtype's. */
sp__digits sp__digits_shortest(double value, sp_dtype dtype);
/* The exact value rounded to 1 + precision digits (half to even), precision in [0, 17]. */
sp__digits sp__digits_rounded(double value, int precision);

/* These write into buf, of SP__NUMBER_TEXT bytes, and return the text's length. */

/* "123.25", "-0.5", "7.": zeros where the digits do not reach the point. The exponent must be below 40. */
int sp__digits_plain(char *buf, const sp__digits *d);
/* "1.50e-05": zeros up to `places` digits after the point, which is there even for 0 places if `point` is set; at least
 * exponent_width digits in the exponent. */
int sp__digits_scientific(char *buf, const sp__digits *d, int places, bool point, int exponent_width);
/* A number alone: shortest digits; plain in [1e-4, 1e16), else scientific: "1.0", "1e-05", "nan", "-inf". */
int sp__float_str(char *buf, double value, sp_dtype dtype);
/* As C's %.<precision><conversion>, conversion one of e f g; "nan", "-nan" (sign bit set), "inf", "-inf". */
int sp__float_c(char *buf, char conversion, int precision, double value);
/* Element i of an integer or Bool tensor: "-12", "True". */
int sp__exact_str(char *buf, const sp_tensor *t, int64_t i);

/* ---- which elements are shown ---- */

#define SP__EDGE_ITEMS 3

/* An axis that is cut shows its first and last SP__EDGE_ITEMS entries. */
typedef struct sp__shown {
    int rank;
    int64_t dim[SP_MAX_RANK];
    int64_t count[SP_MAX_RANK];  /* entries shown: dim, or 2 * SP__EDGE_ITEMS < dim */
    int64_t stride[SP_MAX_RANK]; /* elements from one entry to the next             */
    int64_t total;               /* elements shown: the product of count            */
} sp__shown;

/* cut: every axis longer than 2 * SP__EDGE_ITEMS is cut; otherwise all is shown. */
sp__shown sp__shown_of(sp_shape shape, bool cut);
/* Row-major number of the first element under shown entry i of axis, relative to the first entry. */
int64_t sp__shown_offset(const sp__shown *s, int axis, int64_t i);
/* Row-major number of the k-th shown element, k in [0, total). */
int64_t sp__shown_element(const sp__shown *s, int64_t k);
/* Whether "..." stands right before shown entry i of axis. */
bool sp__shown_gap(const sp__shown *s, int axis, int64_t i);

/* ---- forms shared by the files above ---- */

/* If t has a text that does not depend on elements (absent, a parameter, a value of a trace), writes it: true. */
bool sp__print_special(sp__text *out, const sp_tensor *t);

/* As MindSpore prints t inside a compiled network: like repr, without commas between elements. Lives in the scope. */
const char *sp__str_graph(const sp_tensor *t);

#endif
