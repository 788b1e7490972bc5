/* base/half.h: Float16 (IEEE 754 binary16) and BFloat16 (upper half of a binary32) to and from float.
 * To the narrow types: round to nearest, ties to even; too large gives infinity; a NaN stays one. */
#ifndef SP_BASE_HALF_H
#define SP_BASE_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t sp__f32_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static inline float sp__bits_f32(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline float sp__f16_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    uint32_t exponent = (h >> 10) & 0x1fu;
    uint32_t mantissa = h & 0x3ffu;
    if (exponent == 0x1f)
        return sp__bits_f32(sign | 0x7f800000u | mantissa << 13);
    if (exponent != 0)
        return sp__bits_f32(sign | (exponent + 112) << 23 | mantissa << 13);
    float tiny = (float)mantissa * 5.9604644775390625e-8f; /* subnormal: mantissa * 2^-24 */
    return sign ? -tiny : tiny;
}

static inline uint16_t sp__f32_to_f16(float f)
{
    uint32_t u = sp__f32_bits(f);
    uint32_t sign = (u >> 16) & 0x8000u;
    u &= 0x7fffffffu;
    if (u > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u | ((u >> 13) & 0x3ffu)); /* NaN */
    if (u >= 0x477ff000u)
        return (uint16_t)(sign | 0x7c00u); /* 65520 and above round to infinity */
    if (u < 0x38800000u) {                 /* below 2^-14: subnormal; adding 0.5 aligns the mantissa and rounds */
        float aligned = sp__bits_f32(u) + 0.5f;
        return (uint16_t)(sign | (sp__f32_bits(aligned) - 0x3f000000u));
    }
    uint32_t odd = (u >> 13) & 1u;
    return (uint16_t)(sign | ((u - 0x38000000u + 0xfffu + odd) >> 13));
}

/* A double as the float to round to a narrower type: truncated, its last bit set if anything was lost ("round to
 * odd"), so that the second rounding sees on which side of a tie the double was. */
static inline float sp__f64_to_f32_odd(double d)
{
    float f = (float)d;
    double back = (double)f;
    if (back == d || d != d)
        return f;
    uint32_t u = sp__f32_bits(f);
    if ((back > d) == (d > 0)) /* away from 0: step back */
        u--;
    return sp__bits_f32(u | 1u);
}

static inline uint16_t sp__f64_to_f16(double d) { return sp__f32_to_f16(sp__f64_to_f32_odd(d)); }

static inline float sp__bf16_to_f32(uint16_t h) { return sp__bits_f32((uint32_t)h << 16); }

static inline uint16_t sp__f32_to_bf16(float f)
{
    uint32_t u = sp__f32_bits(f);
    if ((u & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(u >> 16 | 0x40u); /* NaN, kept quiet */
    return (uint16_t)((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

static inline uint16_t sp__f64_to_bf16(double d) { return sp__f32_to_bf16(sp__f64_to_f32_odd(d)); }

#endif
