/* ops/window.h: windows sliding over height and width: what convolution and pooling share. */
#ifndef SP_OPS_WINDOW_H
#define SP_OPS_WINDOW_H

#include "ops/op.h"

/* Numbers of windows' attributes, so that sums and products of two of them fit int64_t. */
#define SP__WINDOW_MAX 2147483647.0

/* `pad_mode`, in the order of sp_conv2d_attrs and sp_pool2d_attrs. */
enum { SP__PAD_SAME, SP__PAD_VALID, SP__PAD_GIVEN };
extern const char *const sp__pad_modes[]; /* "same", "valid", "pad" */

/* The attributes that say how windows lie, already checked one by one (pad >= 0; stride, dilation >= 1). */
typedef struct sp__sliding {
    int pad_mode;
    const sp__ints *pad;      /* top, bottom, left, right; empty: 0 */
    const sp__ints *stride;   /* height, width; empty: 1 */
    const sp__ints *dilation; /* the same; NULL: 1 */
    bool ceil_mode;           /* windows that begin inside but reach beyond the end count too */
} sp__sliding;

/* How windows lie along one axis: window o covers o stride - before + i dilation, i < kernel; out of them. */
typedef struct sp__window {
    int64_t size, kernel, stride, dilation;
    int64_t before, after;
    int64_t out;
} sp__window;

/* The windows of kernel[2] over an image of size[2] (height, width both). SP_ERR_VALUE, SP_ERR_SHAPE: "conv2d: the kernel
 * spans 5 rows (dilation 2), the padded input has 4".
 *   valid   out = floor((size - span) / stride) + 1           span = (kernel - 1) dilation + 1
 *   pad     the same of the size with its padding
 *   same    out = ceil(size / stride); what is missing for that is padded, the odd one behind */
sp_status sp__windows(const sp__op *op, const sp__sliding *how, const int64_t size[2], const int64_t kernel[2],
                      sp__window w[2]);

/* SP_ERR_VALUE unless v has n numbers, or none where `optional`: "conv2d: stride has 3 numbers, expected 2". */
sp_status sp__want_count(const sp__op *op, const char *name, const sp__ints *v, int n, bool optional);

/* Two numbers as an attribute; 0 becomes 1. */
sp__ints sp__pair(const int64_t v[2]);

/* SP_ERR_SHAPE unless a kernel's loops over n numbers can count in int64_t: the product of all (0 counting as 1). */
sp_status sp__want_countable(const sp__op *op, int n, const int64_t *sizes);

#endif
