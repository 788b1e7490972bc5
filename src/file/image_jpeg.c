/* file/image_jpeg.c: JPEG pictures by libjpeg-turbo's own interface. */
#include "file/image.h"

#ifdef SPORE_HAVE_JPEG
#include <turbojpeg.h>

#ifdef SPORE_LAZY_JPEG
#include "base/lazy/jpeg.h"
SP__LIBRARY_DEFINE(library, JPEG, jpeg);

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

/* Exact arithmetic; a picture that ends early, or with thousands of scans to keep a decoder busy, is refused. */
enum { FLAGS = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS };

static sp_status header(tjhandle h, sp__image *image)
{
    int width = 0, height = 0, sampling = 0, space = 0;
    if (tjDecompressHeader3(h, image->bytes, (unsigned long)image->n, &width, &height, &sampling, &space) != 0)
        return sp__err(SP_ERR_FORMAT, "image: %s: damaged JPEG: %s", image->path, tjGetErrorStr2(h));
    if (space == TJCS_CMYK || space == TJCS_YCCK)
        return sp__err(SP_ERR_UNSUPPORTED, "image: %s: a JPEG in CMYK, expected grey or RGB", image->path);
    image->height = height;
    image->width = width;
    image->channels = space == TJCS_GRAY ? 1 : 3;
    return sp__image_check(image);
}

sp_tensor *sp__image_jpeg(sp__image *image)
{
    if (!load(image->path))
        return NULL;
    tjhandle h = tjInitDecompress();
    if (!h)
        return sp__fail(SP_ERR_NOMEM, "image: %s: no memory to decode it", image->path);
    sp_tensor *pixels = NULL;
    if (header(h, image) == SP_OK)
        pixels = sp__tensor_new(SP_U8, SP_DIMS(image->height, image->width, image->channels));
    if (pixels && tjDecompress2(h, image->bytes, (unsigned long)image->n, sp__data_mut(pixels), (int)image->width, 0,
                                (int)image->height, image->channels == 1 ? TJPF_GRAY : TJPF_RGB, FLAGS) != 0)
        pixels = sp__fail(SP_ERR_FORMAT, "image: %s: damaged JPEG: %s", image->path, tjGetErrorStr2(h));
    tjDestroy(h);
    return pixels;
}

#else

sp_tensor *sp__image_jpeg(sp__image *image)
{
    return sp__fail(SP_ERR_UNSUPPORTED, "image: %s is a JPEG picture, and this library was built without libjpeg-turbo",
                    image->path);
}

#endif
