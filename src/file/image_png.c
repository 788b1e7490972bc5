/* file/image_png.c: PNG pictures by libpng's simplified interface, which keeps its own limits on chunks and needs no setjmp(). */
#include "file/image.h"

#ifdef SPORE_HAVE_PNG
#include <png.h>

#ifdef SPORE_LAZY_PNG
#include "base/lazy/png.h"
SP__LIBRARY_DEFINE(library, PNG, png);

static bool load(const char *path)
{
    if (sp__library_load(&library))
        return true;
    sp__err(SP_ERR_UNSUPPORTED, "image: %s: %s", path, library.why);
    return false;
}
#else
static bool load(const char *path)
{
    (void)path;
    return true;
}
#endif

static void *bad(const sp__image *image, png_image *png)
{
    sp__err(SP_ERR_FORMAT, "image: %s: damaged PNG: %s", image->path, png->message);
    png_image_free(png);
    return NULL;
}

sp_tensor *sp__image_png(sp__image *image)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!load(image->path))
        return NULL;
    if (!png_image_begin_read_from_memory(&png, image->bytes, image->n))
        return bad(image, &png);
    png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB; /* samples of 16 bits are as the others: not linear light */
    png.format &= PNG_FORMAT_FLAG_ALPHA | PNG_FORMAT_FLAG_COLOR; /* bytes, no palette */
    image->height = png.height;
    image->width = png.width;
    image->channels = (int)PNG_IMAGE_SAMPLE_CHANNELS(png.format);
    sp_tensor *pixels = NULL;
    if (sp__image_check(image) == SP_OK)
        pixels = sp__tensor_new(SP_U8, SP_DIMS(image->height, image->width, image->channels));
    if (pixels && !png_image_finish_read(&png, NULL, sp__data_mut(pixels), 0, NULL))
        return bad(image, &png);
    png_image_free(&png);
    return pixels;
}

#else

sp_tensor *sp__image_png(sp__image *image)
{
    return sp__fail(SP_ERR_UNSUPPORTED, "image: %s is a PNG picture, and this library was built without libpng",
                    image->path);
}

#endif
