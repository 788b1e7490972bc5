/* kernels/math_f32.h: exp and tanh of floats without branches or calls, so that loops over them become vector code.
 * Relative error below 2^-22 (tests/test_kernels.c measures it); NaN, infinities and underflow as in libm. The
 * coefficients are weighted least-maximum fits over the intervals named. */
#ifndef SP_KERNELS_MATH_F32_H
#define SP_KERNELS_MATH_F32_H

#include <math.h>

#include "base/half.h"

/* e^x = 2^n e^r, n = round(x / ln 2), |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to an integer and leaves it in the
 * low bits. */
static inline float sp__exp_f32(float x)
{
    const float magic = 12582912.0f, inv_ln2 = 1.44269504f;
    const float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f; /* n * ln2_high is exact */
    const float c = x > 89.0f ? 89.0f : x < -104.0f ? -104.0f : x;  /* beyond: infinity, 0; NaN stays */
    const float shifted = c * inv_ln2 + magic, n = shifted - magic;
    const float r = (c - n * ln2_high) - n * ln2_low;
    /* (e^r - 1 - r) / r^2 on |r| <= 0.35 */
    const float p =
        (((1.38131445e-3f * r + 8.36941897e-3f) * r + 4.16684568e-2f) * r + 0.166665148f) * r + 0.499999931f;
    const float e = (p * r) * r + r + 1.0f;
    /* 2^n in two halves: n goes from -150 to 128, beyond what one exponent holds */
    const int32_t k = (int32_t)(sp__f32_bits(shifted) - sp__f32_bits(magic)), half = k >> 1;
    const float a = sp__bits_f32((uint32_t)(half + 127) << 23), b = sp__bits_f32((uint32_t)(k - half + 127) << 23);
    return e * a * b;
}

/* Of m = |x|: below 0.625 m + m^3 p(m^2), above 1 - 2 / (e^2m + 1). */
static inline float sp__tanh_f32(float x)
{
    const float m = fabsf(x), s = x * x;
    const float p =
        (((-5.91051019e-3f * s + 2.08464365e-2f) * s - 5.38132676e-2f) * s + 0.133325045f) * s - 0.333333326f;
    const float near = m + m * s * p, far = 1.0f - 2.0f / (sp__exp_f32(2.0f * m) + 1.0f);
    return copysignf(m < 0.625f ? near : far, x);
}

/* For code written for both types: S is libm's suffix, f or nothing. Floats get ours, doubles libm's. */
#define SP__M_exp(v)   exp(v)
#define SP__M_expf(v)  sp__exp_f32(v)
#define SP__M_tanh(v)  tanh(v)
#define SP__M_tanhf(v) sp__tanh_f32(v)

#endif
