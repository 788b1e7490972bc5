/* cli/input.c: arrays for a network's inputs. */
#include "cli/input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef enum kind { ARRAY, TABLE, PICTURE, IDX } kind;

static bool ends_in(const char *path, const char *ending)
{
    const size_t n = strlen(path), k = strlen(ending);
    return n >= k && strcasecmp(path + n - k, ending) == 0;
}

/* By its first bytes; what has none of its own, by its name. */
static kind kind_of(const char *path)
{
    unsigned char head[8] = {0};
    FILE *f = fopen(path, "rb");
    const size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    if (f)
        fclose(f);
    if (n >= 6 && memcmp(head, "\x93NUMPY", 6) == 0)
        return ARRAY;
    if (n >= 4 && (memcmp(head, "\x89PNG", 4) == 0 || memcmp(head, "\xff\xd8\xff", 3) == 0))
        return PICTURE;
    if (ends_in(path, ".csv") || ends_in(path, ".tsv"))
        return TABLE;
    if (n >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 8 && head[2] <= 14 && head[3] >= 1 && head[3] <= 8)
        return IDX;
    const char *name = strrchr(path, '/');
    return strstr(name ? name : path, "ubyte") ? IDX : ARRAY; /* MNIST's files, packed */
}

/* ---- pictures ---- */

/* What a network takes of a picture: 0, where it does not say. A network of (N, F) takes squares of grey. */
typedef struct frame {
    int64_t channels, height, width;
} frame;

static frame frame_of(sp_shape shape)
{
    frame f = {0};
    if (shape.rank == 4)
        f = (frame){shape.dim[1], shape.dim[2], shape.dim[3]};
    if (shape.rank == 3)
        f = (frame){1, shape.dim[1], shape.dim[2]};
    if (shape.rank == 2 && shape.dim[1] > 0) {
        const int64_t side = (int64_t)llround(sqrt((double)shape.dim[1]));
        if (side * side == shape.dim[1])
            f = (frame){1, side, side};
    }
    return f;
}

/* UInt8 (H, W, C) as Float32 (1, C, H, W) */
static sp_tensor *normalised(sp_tensor *image, const cli_pixels *pixels)
{
    const double sign = pixels->invert ? -1 : 1, scale = sign / (255 * pixels->deviation);
    const double shift = ((pixels->invert ? 1 : 0) - pixels->mean) / pixels->deviation;
    sp_tensor *x = sp_transpose(sp_cast(image, SP_F32), 3, (const int[]){2, 0, 1});
    return sp_expand_dims(sp_add(sp_mul(x, sp_full(scale, SP_F32, SP_SCALAR)), sp_full(shift, SP_F32, SP_SCALAR)), 0);
}

static sp_tensor *fitted(sp_tensor *image, frame f, const char *path, const char **note)
{
    const sp_shape shape = sp_shape_of(image);
    if (!image || f.height < 1 || f.width < 1 || (shape.dim[0] == f.height && shape.dim[1] == f.width))
        return image;
    *note = sp_format("%s: %lld x %lld pixels, resized to %lld x %lld", path, (long long)shape.dim[1],
                      (long long)shape.dim[0], (long long)f.width, (long long)f.height);
    return sp_image_resize(image, f.height, f.width);
}

/* The network may want the pixels of each picture in another arrangement, (N, F) or (N, H, W). */
static sp_tensor *arranged(sp_tensor *x, sp_shape shape)
{
    const sp_shape now = sp_shape_of(x);
    if (!x || (shape.rank != 2 && shape.rank != 3))
        return x;
    return shape.rank == 2 ? sp_flatten(x) : sp_reshape(x, SP_DIMS(now.dim[0] * now.dim[1], now.dim[2], now.dim[3]));
}

static sp_tensor *read_picture(const char *path, sp_shape shape, const cli_pixels *pixels, const char **note)
{
    const frame f = frame_of(shape);
    sp_tensor *image = sp_image_read(path, f.channels == 1 || f.channels == 3 ? (int)f.channels : 0);
    return arranged(normalised(fitted(image, f, path, note), pixels), shape);
}

/* UInt8 (N, H, W) as pictures, (N, H, W, C) too; anything else as it is */
static sp_tensor *read_idx(const char *path, sp_shape shape, const cli_pixels *pixels, const char **note)
{
    const frame f = frame_of(shape);
    sp_tensor *x = sp_idx_read(path);
    const sp_shape found = sp_shape_of(x);
    if (!x || sp_dtype_of(x) != SP_U8 || found.rank < 3 || found.rank > 4 || found.dim[0] == 0)
        return x;
    const int64_t channels = found.rank == 4 ? found.dim[3] : 1;
    sp_tensor *image =
        sp_reshape(x, SP_DIMS(found.dim[0] * found.dim[1], found.dim[2], channels)); /* one below the other */
    if (f.height > 0 && f.width > 0 && (found.dim[1] != f.height || found.dim[2] != f.width)) {
        sp_set_error(SP_ERR_SHAPE, "predict: %s holds pictures of %lld x %lld, expected %lld x %lld", path,
                     (long long)found.dim[2], (long long)found.dim[1], (long long)f.width, (long long)f.height);
        return NULL;
    }
    *note = sp_format("%s: %lld pictures of %lld x %lld", path, (long long)found.dim[0], (long long)found.dim[2],
                      (long long)found.dim[1]);
    sp_tensor *pictures =
        sp_reshape(normalised(image, pixels), SP_DIMS(channels, found.dim[0], found.dim[1], found.dim[2]));
    return arranged(sp_transpose(pictures, 4, (const int[]){1, 0, 2, 3}), shape);
}

sp_tensor *cli_input_read(const char *path, sp_shape shape, sp_dtype dtype, const cli_pixels *pixels, const char **note)
{
    *note = NULL;
    switch (kind_of(path)) {
    case PICTURE:
        return sp_cast(read_picture(path, shape, pixels, note), dtype);
    case IDX: {
        sp_tensor *x = read_idx(path, shape, pixels, note);
        return *note ? sp_cast(x, dtype) : x;
    }
    case TABLE:
        return sp_cast(sp_csv_read(path, NULL), dtype);
    default:
        return sp_npy_read(path);
    }
}
