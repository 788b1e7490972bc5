/* Float16 and BFloat16: every value, and rounding against a search in the list of all values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/base.h"
#include "base/half.h"

typedef struct format {
    int mantissa_bits, exponent_bits;
    float (*to_float)(uint16_t);
    uint16_t (*from_float)(float);
    uint16_t (*from_double)(double);
} format;

static const format formats[] = {
    {10, 5, sp__f16_to_f32, sp__f32_to_f16, sp__f64_to_f16},
    {7, 8, sp__bf16_to_f32, sp__f32_to_bf16, sp__f64_to_bf16},
};

static uint16_t infinity_of(const format *f) { return (uint16_t)(((1 << f->exponent_bits) - 1) << f->mantissa_bits); }

/* The value by IEEE 754's definition. Infinity's pattern gives the power of two it would stand for: numbers halfway
 * between it and the largest finite one, or above, round to infinity. */
static double value(const format *f, uint16_t magnitude)
{
    int bias = (1 << (f->exponent_bits - 1)) - 1;
    int exponent = magnitude >> f->mantissa_bits;
    int mantissa = magnitude & ((1 << f->mantissa_bits) - 1);
    if (exponent == 0)
        return ldexp(mantissa, 1 - bias - f->mantissa_bits);
    return ldexp(mantissa + (1 << f->mantissa_bits), exponent - bias - f->mantissa_bits);
}

/* Nearest, ties to the even pattern, of d >= 0: found by bisection, decided by an exact comparison with the middle. */
static uint16_t nearest(const format *f, double d)
{
    uint16_t low = 0, high = infinity_of(f);
    if (d >= value(f, high))
        return high;
    while (high - low > 1) {
        uint16_t middle = (uint16_t)((low + high) / 2);
        if (value(f, middle) <= d)
            low = middle;
        else
            high = middle;
    }
    double half_way = (value(f, low) + value(f, high)) / 2; /* exact: two bits more than the format has */
    if (d != half_way)
        return d < half_way ? low : high;
    return low % 2 == 0 ? low : high;
}

static void every_value_is_what_ieee_754_says(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        const format *f = &formats[k];
        uint16_t infinity = infinity_of(f);
        for (uint32_t h = 0; h < 0x8000; h++) {
            float v = f->to_float((uint16_t)h), minus = f->to_float((uint16_t)(h | 0x8000));
            if (h < infinity)
                assert_true((double)v == value(f, (uint16_t)h));
            else if (h == infinity)
                assert_true(isinf(v) && v > 0);
            else
                assert_true(isnan(v) && isnan(minus));
            assert_int_equal(sp__f32_bits(minus), sp__f32_bits(v) | 0x80000000u);
        }
    }
}

static void every_value_survives_the_way_there_and_back(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        const format *f = &formats[k];
        uint16_t infinity = infinity_of(f);
        for (uint32_t h = 0; h <= 0xFFFF; h++) {
            float v = f->to_float((uint16_t)h);
            uint16_t back = f->from_float(v), also = f->from_double((double)v);
            if ((h & 0x7FFF) > infinity) { /* a NaN stays one, with its sign */
                assert_true((back & 0x7FFF) > infinity && (back & 0x8000) == (h & 0x8000));
                assert_true((also & 0x7FFF) > infinity && (also & 0x8000) == (h & 0x8000));
            } else {
                assert_int_equal(back, h);
                assert_int_equal(also, h);
            }
        }
    }
}

static void check(const format *f, double d)
{
    uint16_t expected = nearest(f, d);
    assert_int_equal(f->from_double(d), expected);
    assert_int_equal(f->from_double(-d), expected | 0x8000);
    float single = (float)d;
    if (isinf(single))
        return;
    expected = nearest(f, (double)single);
    assert_int_equal(f->from_float(single), expected);
    assert_int_equal(f->from_float(-single), expected | 0x8000);
}

static void rounding_is_to_nearest_even_around_every_tie(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++)
        for (uint16_t h = 0; h < infinity_of(&formats[k]); h++) {
            double low = value(&formats[k], h), high = value(&formats[k], (uint16_t)(h + 1)), tie = (low + high) / 2;
            check(&formats[k], tie);
            check(&formats[k], nextafter(tie, 0)); /* a double just off the tie: through float it would be the tie */
            check(&formats[k], nextafter(tie, HUGE_VAL));
            check(&formats[k], (double)nextafterf((float)tie, 0));
            check(&formats[k], (double)nextafterf((float)tie, INFINITY));
            check(&formats[k], low + (high - low) / 3);
        }
}

static void rounding_holds_for_arbitrary_numbers(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 300000; i++) {
        uint32_t w[4];
        sp__philox(w, 1, 2, i);
        float single = sp__bits_f32(w[0] & 0x7FFFFFFF);
        double in_range = ldexp((double)w[1] + 1, (int)(w[2] % 60) - 64);
        for (int k = 0; k < 2; k++) {
            if (isfinite(single))
                check(&formats[k], (double)single);
            check(&formats[k], in_range);
        }
    }
}

static void large_numbers_become_infinite(void **state)
{
    (void)state;
    assert_int_equal(sp__f32_to_f16(65519.996f), 0x7BFF);
    assert_int_equal(sp__f32_to_f16(65520), 0x7C00);
    assert_int_equal(sp__f64_to_f16(-1e300), 0xFC00);
    assert_int_equal(sp__f64_to_bf16(1e300), 0x7F80);
    assert_int_equal(sp__f32_to_bf16(3.4028235e38f), 0x7F80);
    assert_int_equal(sp__f32_to_f16(-INFINITY), 0xFC00);
    assert_int_equal(sp__f64_to_bf16(-HUGE_VAL), 0xFF80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_what_ieee_754_says),
        cmocka_unit_test(every_value_survives_the_way_there_and_back),
        cmocka_unit_test(rounding_is_to_nearest_even_around_every_tie),
        cmocka_unit_test(rounding_holds_for_arbitrary_numbers),
        cmocka_unit_test(large_numbers_become_infinite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
