/* file/image.c: pictures from files, as UInt8 (H, W, C). */
#include "file/image.h"

#include <string.h>

enum {
    MAX_FILE = 256 << 20,
    MAX_SIDE = 32768,
    ROOM = 60 << 20 /* what a picture may take, whatever the size of its file; beyond that, twice the file */
};

sp_status sp__image_check(const sp__image *image)
{
    const int64_t h = image->height, w = image->width, bytes = h * w * (image->channels + 3); /* sides fit 32 bits */
    if (h < 1 || w < 1)
        return sp__err(SP_ERR_FORMAT, "image: %s: %lld x %lld pixels", image->path, (long long)w, (long long)h);
    if (h > MAX_SIDE || w > MAX_SIDE || bytes > ROOM + 2 * (int64_t)image->n)
        return sp__err(SP_ERR_FORMAT, "image: %s: %lld x %lld pixels in a file of %zu bytes: more than are read",
                       image->path, (long long)w, (long long)h, image->n);
    return SP_OK;
}

/* The luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, in 16 bits of fraction and rounded. */
static uint8_t grey_of(const uint8_t *p)
{
    return (uint8_t)((19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 32768) >> 16);
}

static void convert_row(uint8_t *to, int want, const uint8_t *from, int have, int64_t width)
{
    for (int64_t x = 0; x < width; x++, to += want, from += have) {
        const bool colour = have > 2;
        if (want == 1)
            to[0] = colour ? grey_of(from) : from[0];
        else
            for (int c = 0; c < 3; c++)
                to[c] = from[colour ? c : 0];
    }
}

/* Alpha is left out, grey becomes colour or the other way around. */
static sp_tensor *convert(const sp__image *image, sp_tensor *from, int want)
{
    if (!from)
        return NULL;
    const int have = image->channels, to = want ? want : have > 2 ? 3 : 1;
    if (have == to)
        return from;
    sp_tensor *result = sp__tensor_new(SP_U8, SP_DIMS(image->height, image->width, to));
    for (int64_t y = 0; result && y < image->height; y++)
        convert_row((uint8_t *)sp__data_mut(result) + y * image->width * to, to,
                    (const uint8_t *)from->data + y * image->width * have, have, image->width);
    return result;
}

static sp_tensor *decode(sp__image *image, int want)
{
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg[3] = {0xff, 0xd8, 0xff};
    if (image->n >= sizeof png && memcmp(image->bytes, png, sizeof png) == 0)
        return convert(image, sp__image_png(image), want);
    if (image->n >= sizeof jpeg && memcmp(image->bytes, jpeg, sizeof jpeg) == 0)
        return convert(image, sp__image_jpeg(image), want);
    return sp__fail(SP_ERR_FORMAT, "image: %s: begins with '%s', expected a PNG or JPEG picture", image->path,
                    sp__shown(image->bytes, SP__MIN(image->n, 8)));
}

sp_tensor *sp__image_read_source(sp__source *s, int channels)
{
    sp__image image = {.path = s->path, .bytes = s->memory, .n = (size_t)s->size};
    uint8_t *copy = NULL;
    if (!image.bytes) {
        image.bytes = copy = sp__alloc(image.n);
        if (!copy || sp__source_read(s, copy, image.n) != SP_OK) {
            sp__free(copy, image.n);
            return NULL;
        }
    }
    sp_tensor *result = decode(&image, channels);
    sp__free(copy, image.n);
    return result;
}

sp_tensor *sp_image_read(const char *path, int channels)
{
    if (!sp__given("image_read", 1, path))
        return NULL;
    if (channels != 0 && channels != 1 && channels != 3)
        return sp__fail(SP_ERR_VALUE, "image_read: %d channels, expected 0 (as in the file), 1 or 3", channels);
    sp__source s;
    if (sp__source_open(&s, "image", path, MAX_FILE) != SP_OK)
        return NULL;
    sp_tensor *result = sp__image_read_source(&s, channels);
    sp__source_close(&s);
    return result;
}
