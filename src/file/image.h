/* file/image.h: pictures, inside.
 *
 *   image.c         which kind a file is, limits, channels; sp_image_read
 *   image_png.c     by libpng's simplified interface
 *   image_jpeg.c    by libjpeg-turbo's own interface
 *   image_resize.c  sp_image_resize */
#ifndef SP_FILE_IMAGE_H
#define SP_FILE_IMAGE_H

#include "file/file.h"

/* A whole file, and what its header says. */
typedef struct sp__image {
    const char *path;
    const uint8_t *bytes;
    size_t n;
    int64_t height, width;
    int channels; /* as decoded: 1 grey, 3 RGB; 2 and 4: the same with alpha */
} sp__image;

/* Whether a picture of its size may be decoded: SP_ERR_FORMAT above the limits. */
sp_status sp__image_check(const sp__image *image);

/* The decoders set height, width and channels. UInt8 (H, W, channels), NULL and a failure. Grey is made of colour by image.c, the
 * same for all kinds. */
sp_tensor *sp__image_png(sp__image *image);
sp_tensor *sp__image_jpeg(sp__image *image);

/* As sp_image_read, from any source. */
sp_tensor *sp__image_read_source(sp__source *s, int channels);

#endif
