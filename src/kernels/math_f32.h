/* kernels/math_f32.h: exp, log, tanh, erf and the like of floats without branches or calls, so that loops over them become
 * vector code. Error below 2 units in the last place, of erf and log1p below 2.5 (tests/test_math.c measures it over the
 * whole range); NaN, infinities, signed zeros, subnormal arguments and underflow as in libm. The coefficients are weighted
 * least-maximum fits over the intervals named. */
#ifndef SP_KERNELS_MATH_F32_H
#define SP_KERNELS_MATH_F32_H

#include <math.h>

#include <stdbool.h>

#include "base/half.h"

/* Inlined whatever its size: as calls they would be slower than libm. */
#if defined(__GNUC__) || defined(__clang__)
#define SP__INLINE static inline __attribute__((always_inline))
#else
#define SP__INLINE static inline
#endif

/* e^x = 2^n e^r, n = round(x / ln 2), |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to an integer and leaves it in the
 * low bits. */
SP__INLINE float sp__exp_f32(float x)
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
SP__INLINE float sp__tanh_f32(float x)
{
    const float m = fabsf(x), s = x * x;
    const float p =
        (((-5.91051019e-3f * s + 2.08464365e-2f) * s - 5.38132676e-2f) * s + 0.133325045f) * s - 0.333333326f;
    const float near = m + m * s * p, far = 1.0f - 2.0f / (sp__exp_f32(2.0f * m) + 1.0f);
    return copysignf(m < 0.625f ? near : far, x);
}

/* e^x - 1 = 2^n ((e^r - 1) + (1 - 2^-n)), n and r as in exp; below -18 it is -1. */
SP__INLINE float sp__expm1_f32(float x)
{
    const float magic = 12582912.0f, inv_ln2 = 1.44269504f;
    const float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const float c = x > 89.0f ? 89.0f : x < -18.0f ? -18.0f : x;
    const float shifted = c * inv_ln2 + magic, n = shifted - magic;
    const float r = (c - n * ln2_high) - n * ln2_low;
    const float p =
        (((1.38131445e-3f * r + 8.36941897e-3f) * r + 4.16684568e-2f) * r + 0.166665148f) * r + 0.499999931f;
    const float e = (p * r) * r + r;
    const int32_t k = (int32_t)(sp__f32_bits(shifted) - sp__f32_bits(magic)), half = k >> 1; /* -26 to 128 */
    const float a = sp__bits_f32((uint32_t)(half + 127) << 23), b = sp__bits_f32((uint32_t)(k - half + 127) << 23);
    const float shrunk =
        sp__bits_f32((uint32_t)(k > 126 ? 1 : 127 - k) << 23); /* 2^-n; beside 1 it is nothing from 25 on */
    return k == 0 ? (x == 0 ? x : e) : (e + (1.0f - shrunk)) * a * b;
}

/* x = m 2^e, m in [sqrt(1/2), sqrt 2); ln m = r - r^2/2 + r^3 p(r), r = m - 1 (Cephes, logf). */
SP__INLINE float sp__log_f32(float x)
{
    const bool tiny = x < 1.17549435e-38f; /* subnormal: scaled by 2^24 */
    const uint32_t bits = sp__f32_bits(tiny ? x * 16777216.0f : x);
    const int32_t e = (int32_t)(bits - 0x3f3504f3u) >> 23; /* the bits of sqrt(1/2) */
    const float n = (float)(tiny ? e - 24 : e);
    const float r = sp__bits_f32(bits - ((uint32_t)e << 23)) - 1.0f, s = r * r;
    float p = 7.0376836292e-2f;
    p = p * r - 1.1514610310e-1f;
    p = p * r + 1.1676998740e-1f;
    p = p * r - 1.2420140846e-1f;
    p = p * r + 1.4249322787e-1f;
    p = p * r - 1.6668057665e-1f;
    p = p * r + 2.0000714765e-1f;
    p = p * r - 2.4999993993e-1f;
    p = p * r + 3.3333331174e-1f;
    const float y = (r * s * p - 2.12194440e-4f * n - 0.5f * s) + r + n * 0.693359375f;
    const float edge = x == 0.0f ? -INFINITY : x < 0.0f ? NAN : x; /* 0, negative, infinite or NaN */
    return x > 0.0f && x < INFINITY ? y : edge;
}

/* ln(1 + x) = ln(u) x / (u - 1), u = 1 + x rounded: what rounding did to u is undone (Kahan, in the HP-15C's handbook). */
SP__INLINE float sp__log1p_f32(float x)
{
    const float u = 1.0f + x, d = u - 1.0f, log_u = sp__log_f32(u);
    const float y = u > 0.0f && u < INFINITY ? log_u * (x / d) : log_u;
    return d == 0.0f ? x : y;
}

/* Up to 0.9277 a + a p(a^2), above 1 - e^-q(a). The coefficients are those that N. Juffa published for erff. */
SP__INLINE float sp__erf_f32(float x)
{
    const float a = fabsf(x), s = a * a;
    float p = -5.96761703e-4f;
    p = p * s + 4.99119423e-3f;
    p = p * s - 2.67681349e-2f;
    p = p * s + 1.12819925e-1f;
    p = p * s - 3.76125336e-1f;
    p = p * s + 1.28379166e-1f;
    const float m = a > 10.0f ? 10.0f : a, t = m * m; /* beyond 4 it is 1 */
    float q = (-1.72853470e-5f * m + 3.83197126e-4f) * t + (-3.88396438e-3f * m + 2.42546219e-2f);
    q = q * m - 1.06777877e-1f;
    q = q * m - 6.34846687e-1f;
    q = q * m - 1.28717512e-1f;
    q = q * m - m;
    const float far = copysignf(1.0f - sp__exp_f32(q), x);
    return a > 0.927734375f ? far : x + x * p;
}

/* For code written for both types: S is libm's suffix, f or nothing. Floats get ours, doubles libm's. */
#define SP__M_exp(v)    exp(v)
#define SP__M_expf(v)   sp__exp_f32(v)
#define SP__M_expm1(v)  expm1(v)
#define SP__M_expm1f(v) sp__expm1_f32(v)
#define SP__M_log(v)    log(v)
#define SP__M_logf(v)   sp__log_f32(v)
#define SP__M_log1p(v)  log1p(v)
#define SP__M_log1pf(v) sp__log1p_f32(v)
#define SP__M_tanh(v)   tanh(v)
#define SP__M_tanhf(v)  sp__tanh_f32(v)
#define SP__M_erf(v)    erf(v)
#define SP__M_erff(v)   sp__erf_f32(v)

#endif
