/* kernels/bytes.h: UInt8 elements to Float32. */
#ifndef SP_KERNELS_BYTES_H
#define SP_KERNELS_BYTES_H

#include <stdint.h>

/* x -> ((x * scale + shift) - mean) / deviation: four operations, each rounded to Float32. */
typedef struct sp__bytes_formula {
    float scale, shift, mean, deviation;
} sp__bytes_formula;

/* y[i] = f(x[i]), n elements, not overlapping. */
void sp__k_bytes(float *y, const uint8_t *x, int64_t n, const sp__bytes_formula *f);

/* x (n, 3) to y (3, n), a formula per channel. */
void sp__k_bytes_rgb(float *y, const uint8_t *x, int64_t n, const sp__bytes_formula f[3]);

#endif
