/* file/image_resize.c: pictures of another size.
 *
 * First along x, then along y: a pixel is the mean of those it covers, weighted by a triangle that is as wide as two pixels of
 * the smaller of both pictures ("bilinear" with antialiasing). In Float32 in between, rounded once. */
#include "file/image.h"

#include <math.h>

/* The source pixels [first, first + n) that an output pixel is made of, and their weights, which add up to 1. */
typedef struct taps {
    int64_t first, n;
    float *weights;
} taps;

static int64_t most_taps(int64_t from, int64_t to)
{
    const double scale = fmax((double)from / (double)to, 1);
    return (int64_t)ceil(2 * scale) + 2;
}

static void taps_at(taps *t, int64_t i, int64_t from, int64_t to)
{
    const double ratio = (double)from / (double)to, scale = fmax(ratio, 1), centre = ((double)i + 0.5) * ratio;
    const int64_t first = (int64_t)fmax(floor(centre - scale + 0.5), 0);
    const int64_t end = (int64_t)fmin(floor(centre + scale + 0.5), (double)from);
    double sum = 0;
    for (int64_t k = first; k < end; k++)
        sum += fmax(1 - fabs(((double)k + 0.5 - centre) / scale), 0);
    t->first = first;
    t->n = end - first;
    for (int64_t k = 0; k < t->n; k++)
        t->weights[k] = (float)(fmax(1 - fabs(((double)(first + k) + 0.5 - centre) / scale), 0) / sum);
}

/* (from, inner) to (to, inner) for each of `outer`. */
static bool resize_axis(float *out, const float *in, int64_t outer, int64_t from, int64_t to, int64_t inner)
{
    const size_t room = (size_t)most_taps(from, to) * sizeof(float);
    taps t = {.weights = sp__alloc(room)};
    if (!t.weights)
        return false;
    for (int64_t i = 0; i < to; i++) {
        taps_at(&t, i, from, to);
        for (int64_t o = 0; o < outer; o++)
            for (int64_t c = 0; c < inner; c++) {
                float sum = 0;
                for (int64_t k = 0; k < t.n; k++)
                    sum += t.weights[k] * in[(o * from + t.first + k) * inner + c];
                out[(o * to + i) * inner + c] = sum;
            }
    }
    sp__free(t.weights, room);
    return true;
}

static bool check(const sp_tensor *image, int64_t height, int64_t width)
{
    if (!sp__given("image_resize", 1, image))
        return false;
    if (image->dtype != SP_U8 || image->shape.rank != 3 || image->size == 0 || !image->data)
        return sp__fail(SP_ERR_SHAPE, "image_resize: %s %s, expected UInt8 (H, W, C)", sp_dtype_name(image->dtype),
                        sp_shape_str(image->shape)) != NULL;
    if (height < 1 || width < 1 || height > 1 << 20 || width > 1 << 20)
        return sp__fail(SP_ERR_VALUE, "image_resize: to %lld x %lld, expected from 1 to 2^20", (long long)height,
                        (long long)width) != NULL;
    return true;
}

sp_tensor *sp_image_resize(const sp_tensor *image, int64_t height, int64_t width)
{
    if (!check(image, height, width))
        return NULL;
    const int64_t h = image->shape.dim[0], w = image->shape.dim[1], channels = image->shape.dim[2];
    sp_tensor *result = sp__tensor_new(SP_U8, SP_DIMS(height, width, channels));
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = sp__tensor_new(SP_F32, SP_DIMS(h, w, channels)),
              *row = sp__tensor_new(SP_F32, SP_DIMS(h, width, channels));
    sp_tensor *y = sp__tensor_new(SP_F32, SP_DIMS(height, width, channels));
    bool ok = result && x && row && y;
    for (int64_t i = 0; ok && i < image->size; i++)
        ((float *)sp__data_mut(x))[i] = ((const uint8_t *)image->data)[i];
    ok = ok && resize_axis(sp__data_mut(row), x->data, h, w, width, channels) &&
         resize_axis(sp__data_mut(y), row->data, 1, h, height, width * channels);
    for (int64_t i = 0; ok && i < y->size; i++)
        ((uint8_t *)sp__data_mut(result))[i] =
            (uint8_t)(((const float *)y->data)[i] + 0.5f); /* a mean of bytes is one */
    sp_scope_end(scope);
    return ok ? result : NULL;
}
