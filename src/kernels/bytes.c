/* UInt8 elements to Float32: what images go through on their way into a batch. */
#include "kernels/bytes.h"

#include "kernels/loops.h"

static inline float apply(sp__bytes_formula f, uint8_t x)
{
    return (((float)x * f.scale + f.shift) - f.mean) / f.deviation;
}

SP__HOT static void line(float *restrict y, const uint8_t *restrict x, int64_t n, sp__bytes_formula f)
{
    SP__SIMD
    for (int64_t i = 0; i < n; i++)
        y[i] = apply(f, x[i]);
}

/* x (n, 3)  r g b (n) */
SP__HOT static void rgb(float *restrict r, float *restrict g, float *restrict b, const uint8_t *restrict x, int64_t n,
                        const sp__bytes_formula *f)
{
    const sp__bytes_formula fr = f[0], fg = f[1], fb = f[2];
    SP__SIMD
    for (int64_t i = 0; i < n; i++) {
        r[i] = apply(fr, x[3 * i]);
        g[i] = apply(fg, x[3 * i + 1]);
        b[i] = apply(fb, x[3 * i + 2]);
    }
}

void sp__k_bytes(float *y, const uint8_t *x, int64_t n, const sp__bytes_formula *f) { line(y, x, n, *f); }

void sp__k_bytes_rgb(float *y, const uint8_t *x, int64_t n, const sp__bytes_formula f[3])
{
    rgb(y, y + n, y + 2 * n, x, n, f);
}
