/* compat.c: the calls in which oneDNN 2.x and 3.x differ. */
#include <string.h>

#include "kernels/onednn/compat.h"

#if DNNL_VERSION_MAJOR >= 3

bool sp__md_make(sp__md *md, int rank, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_create_with_tag(&md->desc, rank, dims, type, tag) == dnnl_success;
}

bool sp__md_of(sp__md *md, const_dnnl_primitive_desc_t pd, dnnl_query_t what)
{
    const_dnnl_memory_desc_t found = dnnl_primitive_desc_query_md(pd, what, 0);
    return found && dnnl_memory_desc_clone(&md->desc, found) == dnnl_success;
}

void sp__md_free(sp__md *md)
{
    if (md->desc)
        dnnl_memory_desc_destroy(md->desc);
    md->desc = NULL;
}

bool sp__conv_pd(dnnl_primitive_desc_t *pd, sp__conv_pass pass, const sp__conv_descs *d, dnnl_engine_t engine,
                 const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attr)
{
    const dnnl_alg_kind_t direct = dnnl_convolution_direct;
    dnnl_status_t status;
    switch (pass) {
    case SP__CONV_FORWARD:
        status = dnnl_convolution_forward_primitive_desc_create(pd, engine, dnnl_forward_training, direct, d->x->desc,
                                                                d->w->desc, d->b->desc, d->y->desc, d->strides,
                                                                d->dilates, d->pad_before, d->pad_after, attr);
        break;
    case SP__CONV_INPUT:
        status = dnnl_convolution_backward_data_primitive_desc_create(pd, engine, direct, d->x->desc, d->w->desc,
                                                                      d->y->desc, d->strides, d->dilates, d->pad_before,
                                                                      d->pad_after, forward, attr);
        break;
    default:
        status = dnnl_convolution_backward_weights_primitive_desc_create(pd, engine, direct, d->x->desc, d->w->desc,
                                                                         NULL, d->y->desc, d->strides, d->dilates,
                                                                         d->pad_before, d->pad_after, forward, attr);
    }
    return status == dnnl_success;
}

bool sp__product_pd(dnnl_primitive_desc_t *pd, const sp__md *x, const sp__md *w, const sp__md *y, dnnl_engine_t engine,
                    const_dnnl_primitive_attr_t attr)
{
    return dnnl_matmul_primitive_desc_create(pd, engine, x->desc, w->desc, NULL, y->desc, attr) == dnnl_success;
}

#else

bool sp__md_make(sp__md *md, int rank, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_init_by_tag(&md->desc, rank, dims, type, tag) == dnnl_success;
}

bool sp__md_of(sp__md *md, const_dnnl_primitive_desc_t pd, dnnl_query_t what)
{
    const dnnl_memory_desc_t *found = dnnl_primitive_desc_query_md(pd, what, 0);
    if (found)
        md->desc = *found;
    return found != NULL;
}

void sp__md_free(sp__md *md) { memset(md, 0, sizeof *md); }

bool sp__conv_pd(dnnl_primitive_desc_t *pd, sp__conv_pass pass, const sp__conv_descs *d, dnnl_engine_t engine,
                 const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attr)
{
    const dnnl_alg_kind_t direct = dnnl_convolution_direct;
    dnnl_convolution_desc_t op;
    dnnl_status_t status;
    switch (pass) {
    case SP__CONV_FORWARD:
        status = dnnl_dilated_convolution_forward_desc_init(&op, dnnl_forward_training, direct, &d->x->desc,
                                                            &d->w->desc, &d->b->desc, &d->y->desc, d->strides,
                                                            d->dilates, d->pad_before, d->pad_after);
        break;
    case SP__CONV_INPUT:
        status = dnnl_dilated_convolution_backward_data_desc_init(&op, direct, &d->x->desc, &d->w->desc, &d->y->desc,
                                                                  d->strides, d->dilates, d->pad_before, d->pad_after);
        break;
    default:
        status = dnnl_dilated_convolution_backward_weights_desc_init(&op, direct, &d->x->desc, &d->w->desc, NULL,
                                                                     &d->y->desc, d->strides, d->dilates, d->pad_before,
                                                                     d->pad_after);
    }
    return status == dnnl_success && dnnl_primitive_desc_create(pd, &op, attr, engine, forward) == dnnl_success;
}

bool sp__product_pd(dnnl_primitive_desc_t *pd, const sp__md *x, const sp__md *w, const sp__md *y, dnnl_engine_t engine,
                    const_dnnl_primitive_attr_t attr)
{
    dnnl_matmul_desc_t op;
    return dnnl_matmul_desc_init(&op, &x->desc, &w->desc, NULL, &y->desc) == dnnl_success &&
           dnnl_primitive_desc_create(pd, &op, attr, engine, NULL) == dnnl_success;
}

#endif
