/* print_shown.c: which elements of a tensor are shown when it is summarised. */
#include "tensor/print.h"

sp__shown sp__shown_of(sp_shape shape, bool cut)
{
    sp__shown s = {.rank = shape.rank, .total = 1};
    int64_t stride = 1;
    for (int axis = shape.rank - 1; axis >= 0; axis--) {
        int64_t dim = shape.dim[axis];
        s.dim[axis] = dim;
        s.count[axis] = cut ? SP__MIN(dim, 2 * SP__EDGE_ITEMS) : dim;
        s.stride[axis] = stride;
        s.total *= s.count[axis];
        stride *= dim;
    }
    return s;
}

int64_t sp__shown_offset(const sp__shown *s, int axis, int64_t i)
{
    int64_t skipped = i < SP__EDGE_ITEMS ? 0 : s->dim[axis] - s->count[axis];
    return (i + skipped) * s->stride[axis];
}

int64_t sp__shown_element(const sp__shown *s, int64_t k)
{
    int64_t element = 0;
    for (int axis = s->rank - 1; axis >= 0; axis--) {
        element += sp__shown_offset(s, axis, k % s->count[axis]);
        k /= s->count[axis];
    }
    return element;
}

bool sp__shown_gap(const sp__shown *s, int axis, int64_t i)
{
    return i == SP__EDGE_ITEMS && s->count[axis] < s->dim[axis];
}
