/* Random numbers that are a function of a place: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011) turns a 128-bit counter and a 64-bit key into four words.
 *
 *   key     = seed low, seed high
 *   counter = block low, block high, stream low, stream high
 *
 * The logarithm, sine and cosine below are our own because those of C libraries differ in the last bit. With sums and
 * products in this order, each rounded by itself, the numbers are the same everywhere. */
#include <math.h>
#include <string.h>

#include "base/hot.h"
#include "base/thread.h"

#define LOW(x)  ((uint32_t)(x))
#define HIGH(x) ((uint32_t)((x) >> 32))

void sp__philox(uint32_t out[4], uint64_t seed, uint64_t stream, uint64_t block)
{
    uint32_t k0 = LOW(seed), k1 = HIGH(seed);
    uint32_t c0 = LOW(block), c1 = HIGH(block), c2 = LOW(stream), c3 = HIGH(stream);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0; /* the constants of the paper */
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = HIGH(p1) ^ c1 ^ k0;
        c1 = LOW(p1);
        c2 = HIGH(p0) ^ c3 ^ k1;
        c3 = LOW(p0);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* LANES blocks side by side, so that each step is one of vectors. */
enum { LANES = 16 };

SP__HOT static void philox_lanes(uint32_t *restrict out, uint64_t seed, uint64_t stream, uint64_t first)
{
    uint32_t k0 = LOW(seed), k1 = HIGH(seed), c0[LANES], c1[LANES], c2[LANES], c3[LANES];
    for (int l = 0; l < LANES; l++) {
        c0[l] = LOW(first + (uint64_t)l);
        c1[l] = HIGH(first + (uint64_t)l);
        c2[l] = LOW(stream);
        c3[l] = HIGH(stream);
    }
    for (int round = 0; round < 10; round++) {
        SP__SIMD
        for (int l = 0; l < LANES; l++) {
            const uint32_t low0 = 0xD2511F53u * c0[l], low1 = 0xCD9E8D57u * c2[l];
            const uint32_t high0 = HIGH((uint64_t)0xD2511F53u * c0[l]), high1 = HIGH((uint64_t)0xCD9E8D57u * c2[l]);
            c0[l] = high1 ^ c1[l] ^ k0;
            c1[l] = low1;
            c2[l] = high0 ^ c3[l] ^ k1;
            c3[l] = low0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int l = 0; l < LANES; l++) {
        out[4 * l] = c0[l];
        out[4 * l + 1] = c1[l];
        out[4 * l + 2] = c2[l];
        out[4 * l + 3] = c3[l];
    }
}

void sp__philox_fill(uint32_t *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        philox_lanes(out + 4 * i, seed, stream, first + (uint64_t)i);
    for (; i < n; i++)
        sp__philox(out + 4 * i, seed, stream, first + (uint64_t)i);
}

/* ---- the thread's generator ---- */

void sp_set_seed(uint64_t seed) { sp__self.random = (sp__random){seed, 0}; }

sp__random sp__random_next(void)
{
    sp__random r = sp__self.random;
    sp__self.random.stream++;
    return r;
}

sp__random sp__random_state(void) { return sp__self.random; }
void sp__random_set_state(sp__random r) { sp__self.random = r; }

/* ---- distributions: a block holds two 64-bit words, so element i is in block i / 2 ---- */

static void words_of(uint64_t out[2], sp__random r, uint64_t block)
{
    uint32_t w[4];
    sp__philox(w, r.seed, r.stream, block);
    out[0] = (uint64_t)w[1] << 32 | w[0];
    out[1] = (uint64_t)w[3] << 32 | w[2];
}

/* [0, 1): the upper 53 bits, a multiple of 2^-53 */
static double unit(uint64_t word) { return (double)(word >> 11) * 0x1p-53; }

/* The natural logarithm of x in [2^-53, 1]: x = m 2^e with m in [sqrt(1/2), sqrt(2)), log m = 2 artanh(s), s =
 * (m-1)/(m+1), |s| < 0.172, by its series s + s^3/3 + ... + s^19/19 (the rest is below 1e-17). */
SP__INLINE double log_of(double x)
{
    const uint64_t root_half = 0x3FE6A09E667F3BCDu; /* the bits of sqrt(1/2) */
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint64_t e = (bits - root_half + ((uint64_t)64 << 52)) >> 52; /* 64 more than the exponent */
    bits -= (e - 64) << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    double s = (m - 1) / (m + 1), z = s * s, sum = 1.0 / 19;
    sum = sum * z + 1.0 / 17;
    sum = sum * z + 1.0 / 15;
    sum = sum * z + 1.0 / 13;
    sum = sum * z + 1.0 / 11;
    sum = sum * z + 1.0 / 9;
    sum = sum * z + 1.0 / 7;
    sum = sum * z + 1.0 / 5;
    sum = sum * z + 1.0 / 3;
    sum = sum * z + 1;
    return 2 * s * sum + ((double)(int)e - 64) * 0.69314718055994531;
}

/* cos(a) and sin(a), |a| <= pi/4, by their Taylor series up to a^16 and a^17 (the rest is below 1e-17). */
SP__INLINE double cos_small(double z)
{
    double c = 1.0 / 20922789888000; /* 16! */
    c = c * z - 1.0 / 87178291200;
    c = c * z + 1.0 / 479001600;
    c = c * z - 1.0 / 3628800;
    c = c * z + 1.0 / 40320;
    c = c * z - 1.0 / 720;
    c = c * z + 1.0 / 24;
    c = c * z - 1.0 / 2;
    return c * z + 1;
}

SP__INLINE double sin_small(double a, double z)
{
    double s = 1.0 / 355687428096000; /* 17! */
    s = s * z - 1.0 / 1307674368000;
    s = s * z + 1.0 / 6227020800;
    s = s * z - 1.0 / 39916800;
    s = s * z + 1.0 / 362880;
    s = s * z - 1.0 / 5040;
    s = s * z + 1.0 / 120;
    s = s * z - 1.0 / 6;
    return a * (s * z + 1);
}

/* Box and Muller 1958: two uniform numbers give two normal ones, sqrt(-2 log(1 - u0)) times cos and sin of 2 pi u1;
 * that angle is q quarter turns and a small rest. */
SP__INLINE void box_muller(double *u0, double *u1)
{
    double radius = sqrt(-2 * log_of(1 - *u0));
    int q = (int)(4 * *u1 + 0.5);
    double a = (4 * *u1 - q) * 1.5707963267948966, z = a * a;
    double c = cos_small(z), s = sin_small(a, z);
    double x = q & 1 ? s : c, y = q & 1 ? c : s;
    *u0 = ((q + 1) & 2 ? -radius : radius) * x; /* cos: + - - + in the four quarters */
    *u1 = (q & 2 ? -radius : radius) * y;       /* sin: + + - -                      */
}

static void uniform_pair(double out[2], sp__random r, uint64_t block)
{
    uint64_t w[2];
    words_of(w, r, block);
    out[0] = unit(w[0]);
    out[1] = unit(w[1]);
}

/* All that LANES blocks give. The upper 53 bits of a word in two halves, which vectors can convert. */
SP__HOT static void units(double *restrict out, const uint32_t *word)
{
    SP__SIMD
    for (int i = 0; i < 2 * LANES; i++)
        out[i] = ((double)(int32_t)(word[2 * i + 1] >> 1) * 0x1p22 +
                  (double)(int32_t)((word[2 * i + 1] & 1) << 21 | word[2 * i] >> 11)) *
                 0x1p-53;
}

static void normal_pair(double out[2], sp__random r, uint64_t block)
{
    uniform_pair(out, r, block);
    box_muller(&out[0], &out[1]);
}

/* 2 LANES uniform numbers made normal ones. */
SP__HOT static void normals(double *u)
{
    SP__SIMD
    for (int i = 0; i < LANES; i++)
        box_muller(&u[2 * i], &u[2 * i + 1]);
}

double sp__random_uniform(sp__random r, uint64_t i)
{
    double pair[2];
    uniform_pair(pair, r, i / 2);
    return pair[i % 2];
}

double sp__random_normal(sp__random r, uint64_t i)
{
    double pair[2];
    normal_pair(pair, r, i / 2);
    return pair[i % 2];
}

void sp__random_uniform_fill(double *out, int64_t n, sp__random r, uint64_t first)
{
    int64_t i = 0;
    if (n > 0 && first % 2 != 0)
        out[i++] = sp__random_uniform(r, first);
    uint32_t word[4 * LANES];
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        sp__philox_fill(word, LANES, r.seed, r.stream, (first + (uint64_t)i) / 2);
        units(out + i, word);
    }
    for (; i + 1 < n; i += 2)
        uniform_pair(out + i, r, (first + (uint64_t)i) / 2);
    if (i < n)
        out[i] = sp__random_uniform(r, first + (uint64_t)i);
}

void sp__random_normal_fill(double *out, int64_t n, sp__random r, uint64_t first)
{
    int64_t i = 0;
    if (n > 0 && first % 2 != 0)
        out[i++] = sp__random_normal(r, first);
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        sp__random_uniform_fill(out + i, 2 * LANES, r, first + (uint64_t)i);
        normals(out + i);
    }
    for (; i + 1 < n; i += 2)
        normal_pair(out + i, r, (first + (uint64_t)i) / 2);
    if (i < n)
        out[i] = sp__random_normal(r, first + (uint64_t)i);
}

/* Every remainder of a word is equally likely once the uppermost 2^64 mod n words are refused; attempt t reads block i
 * of the blocks from t 2^56 on. */
uint64_t sp__random_below(sp__random r, uint64_t i, uint64_t n)
{
    if (n == 0)
        return 0;
    uint64_t refused = (UINT64_MAX % n + 1) % n;
    for (uint64_t t = 0;; t++) {
        uint64_t w[2];
        words_of(w, r, i + (t << 56));
        for (int k = 0; k < 2; k++)
            if (w[k] <= UINT64_MAX - refused)
                return w[k] % n;
    }
}

void sp__random_shuffle(sp__random r, int64_t *order, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)sp__random_below(r, (uint64_t)i, (uint64_t)i + 1);
        int64_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
