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

/* Without branches, so that loops over them become vector code: each case is computed and one of them chosen. */
static inline float sp__f16_to_f32(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16, magnitude = h & 0x7fffu;
    const uint32_t special = 0x7f800000u | magnitude << 13, normal = (magnitude << 13) + (112u << 23);
    const uint32_t tiny = sp__f32_bits((float)(int32_t)magnitude * 5.9604644775390625e-8f); /* subnormal: 2^-24 each */
    return sp__bits_f32(sign | (magnitude >= 0x7c00u ? special : magnitude >= 0x400u ? normal : tiny));
}

static inline uint16_t sp__f32_to_f16(float f)
{
    const uint32_t bits = sp__f32_bits(f), sign = (bits >> 16) & 0x8000u, u = bits & 0x7fffffffu;
    const uint32_t nan = 0x7e00u | ((u >> 13) & 0x3ffu);
    const uint32_t normal = (u - 0x38000000u + 0xfffu + ((u >> 13) & 1u)) >> 13;
    /* below 2^-14, subnormal: adding 0.5 aligns the mantissa and rounds */
    const uint32_t tiny = sp__f32_bits(sp__bits_f32(u) + 0.5f) - 0x3f000000u;
    const int32_t size = (int32_t)u; /* signed comparisons are what vectors have */
    const uint32_t finite = size < 0x38800000   ? tiny
                            : size < 0x477ff000 ? normal
                                                : 0x7c00u; /* from 65520 on: infinity */
    return (uint16_t)(sign | (size > 0x7f800000 ? nan : finite));
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
    const uint32_t u = sp__f32_bits(f), quiet = u >> 16 | 0x40u; /* a NaN is kept, as a quiet one */
    const uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
    return (uint16_t)((int32_t)(u & 0x7fffffffu) > 0x7f800000 ? quiet : rounded);
}

static inline uint16_t sp__f64_to_bf16(double d) { return sp__f32_to_bf16(sp__f64_to_f32_odd(d)); }

#endif
