/* print_float.c: floating-point numbers in decimal. The C library's correctly rounded %.*e and strtod do the arithmetic;
 * digits are taken out of its text, whatever the locale's decimal point looks like. */
#include "tensor/print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/half.h"

/* ---- digits ---- */

/* "-1<point>50e-05" as digits. */
static sp__digits digits_of_text(const char *text)
{
    sp__digits d = {.negative = *text == '-'};
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && d.count < SP__MAX_DIGITS)
            d.digit[d.count++] = *text;
    d.exponent = *text == 'e' ? (int)strtol(text + 1, NULL, 10) : 0;
    while (d.count > 1 && d.digit[d.count - 1] == '0')
        d.count--;
    return d;
}

sp__digits sp__digits_rounded(double value, int precision)
{
    char text[SP__NUMBER_TEXT];
    snprintf(text, sizeof text, "%.*e", precision, value);
    return digits_of_text(text);
}

/* Whether the text, written by snprintf in this thread's locale, reads back to value. A Float16 may go through float:
 * no decimal of up to 5 digits rounds differently on that way (all 63488 finite ones are tested). */
static bool reads_back(const char *text, double value, sp_dtype dtype)
{
    if (dtype != SP_F32 && dtype != SP_F16 && dtype != SP_BF16)
        return strtod(text, NULL) == value;
    float f = strtof(text, NULL);
    if (dtype == SP_F16)
        return sp__f32_to_f16(f) == sp__f32_to_f16((float)value);
    if (dtype == SP_BF16)
        return sp__f32_to_bf16(f) == sp__f32_to_bf16((float)value);
    return f == (float)value;
}

/* Below a power of two numbers lie twice as close as above it. So the nearest decimal of n digits may lie below and read
 * back to another number, while the next decimal upwards, farther away, reads back. Changes text to that one. A last
 * digit 9 is left alone: the next decimal ends in 0, so it was tried with fewer digits. */
static bool step_up(char *text, double value)
{
    int exponent;
    if (fabs(frexp(value, &exponent)) != 0.5)
        return false;
    char *last = strchr(text, 'e') - 1;
    if (*last == '9')
        return false;
    ++*last;
    return true;
}

/* Decimals of this many digits survive the way through the type and back, in its normal range (FLT_DIG, DBL_DIG): so if
 * the shortest form has no more, it is what this many digits give, and the search can start here. */
static int safe_digits(double value, sp_dtype dtype)
{
    double size = fabs(value);
    switch (dtype) {
    case SP_F16:
        return size < 0x1p-14 ? 1 : 3;
    case SP_BF16:
        return size < 0x1p-126 ? 1 : 2;
    case SP_F32:
        return size < 0x1p-126 ? 1 : 6;
    default:
        return size < 0x1p-1022 ? 1 : 15;
    }
}

sp__digits sp__digits_shortest(double value, sp_dtype dtype)
{
    char text[SP__NUMBER_TEXT];
    for (int n = safe_digits(value, dtype); n <= 17; n++) {
        snprintf(text, sizeof text, "%.*e", n - 1, value);
        if (reads_back(text, value, dtype) || (step_up(text, value) && reads_back(text, value, dtype)))
            break;
    }
    return digits_of_text(text);
}

/* ---- texts ---- */

int sp__digits_plain(char *buf, const sp__digits *d)
{
    char *p = buf;
    int next = 0;
    if (d->negative)
        *p++ = '-';
    if (d->exponent < 0)
        *p++ = '0';
    for (int place = d->exponent; place >= 0; place--)
        *p++ = next < d->count ? d->digit[next++] : '0';
    *p++ = '.';
    for (int place = -1; place > d->exponent; place--)
        *p++ = '0';
    while (next < d->count)
        *p++ = d->digit[next++];
    *p = '\0';
    return (int)(p - buf);
}

int sp__digits_scientific(char *buf, const sp__digits *d, int places, bool point, int exponent_width)
{
    char *p = buf;
    if (d->negative)
        *p++ = '-';
    *p++ = d->digit[0];
    if (places > 0 || point)
        *p++ = '.';
    for (int i = 1; i <= places; i++)
        *p++ = i < d->count ? d->digit[i] : '0';
    return (int)(p - buf) + snprintf(p, 8, "e%c%0*d", d->exponent < 0 ? '-' : '+', exponent_width, abs(d->exponent));
}

static int copy_word(char *buf, const char *word)
{
    size_t length = strlen(word);
    memcpy(buf, word, length + 1);
    return (int)length;
}

int sp__float_str(char *buf, double value, sp_dtype dtype)
{
    if (isnan(value))
        return copy_word(buf, "nan");
    if (isinf(value))
        return copy_word(buf, value < 0 ? "-inf" : "inf");
    sp__digits d = sp__digits_shortest(value, dtype);
    double size = fabs(value);
    if (value != 0 && (size < 1e-4 || size >= 1e16))
        return sp__digits_scientific(buf, &d, d.count - 1, false, 2);
    int n = sp__digits_plain(buf, &d);
    if (buf[n - 1] == '.')
        return n - 1 + copy_word(buf + n - 1, ".0");
    return n;
}

/* Makes the locale's decimal point, of one or more bytes, a '.': whatever follows the first digits and is no exponent. */
static int fix_point(char *text)
{
    char *point = text + strspn(text, "-0123456789");
    size_t point_length = strcspn(point, "0123456789e");
    if (point_length > 1)
        memmove(point + 1, point + point_length, strlen(point + point_length) + 1);
    if (point_length > 0)
        *point = '.';
    return (int)strlen(text);
}

int sp__float_c(char *buf, char conversion, int precision, double value)
{
    if (isnan(value))
        return copy_word(buf, signbit(value) ? "-nan" : "nan");
    if (isinf(value))
        return copy_word(buf, value < 0 ? "-inf" : "inf");
    if (conversion == 'e')
        snprintf(buf, SP__NUMBER_TEXT, "%.*e", precision, value);
    else if (conversion == 'f')
        snprintf(buf, SP__NUMBER_TEXT, "%.*f", precision, value);
    else
        snprintf(buf, SP__NUMBER_TEXT, "%.*g", precision, value);
    return fix_point(buf);
}
