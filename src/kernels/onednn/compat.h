/* kernels/onednn/compat.h: oneDNN 2.x and 3.x under one set of names. In 2.x a memory descriptor is a value handed
 * over by pointer, and a primitive is made from an operation descriptor; in 3.x descriptors are opaque and owned. */
#ifndef SP_KERNELS_ONEDNN_COMPAT_H
#define SP_KERNELS_ONEDNN_COMPAT_H

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_version.h>
#include <stdbool.h>

#include "kernels/kernels.h"

#ifdef SPORE_LAZY_ONEDNN
#include "base/lazy/onednn.h" /* after oneDNN's own headers, all of them */
#endif

/* A memory descriptor. SP__MD(md) is what oneDNN's functions take. All zero: none. */
typedef struct sp__md {
    dnnl_memory_desc_t desc;
} sp__md;

#if DNNL_VERSION_MAJOR >= 3
#define SP__MD(md) ((md)->desc)
#else
#define SP__MD(md) (&(md)->desc)
#endif

/* Of these dimensions; tag dnnl_format_tag_any lets the primitive choose. */
bool sp__md_make(sp__md *md, int rank, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag);
/* A copy of the descriptor a primitive chose. */
bool sp__md_of(sp__md *md, const_dnnl_primitive_desc_t pd, dnnl_query_t what);
/* Accepts one that was never made. */
void sp__md_free(sp__md *md);

/* The convolution of the four descriptors; `forward` is the hint that backward passes need. b: forward only. */
typedef struct sp__conv_descs {
    const sp__md *x, *w, *b, *y;
    dnnl_dims_t strides, dilates, pad_before, pad_after;
} sp__conv_descs;
bool sp__conv_pd(dnnl_primitive_desc_t *pd, sp__conv_pass pass, const sp__conv_descs *d, dnnl_engine_t engine,
                 const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attr);
/* y = x w, matrices. */
bool sp__product_pd(dnnl_primitive_desc_t *pd, const sp__md *x, const sp__md *w, const sp__md *y, dnnl_engine_t engine,
                    const_dnnl_primitive_attr_t attr);

#endif
