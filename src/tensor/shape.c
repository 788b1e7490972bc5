/* Shapes: plain values. */
#include <stdio.h>

#include "tensor/tensor.h"

/* Most elements of a shape: bytes of the widest type still fit into an int64_t. */
#define MOST_ELEMENTS (INT64_MAX / 8)

sp_shape sp_shape_new(int rank, const int64_t *dims)
{
    sp_shape s = {-1, {0}};
    if (rank < 0 || rank > SP_MAX_RANK || (rank > 0 && !dims))
        return s;
    s.rank = rank;
    for (int i = 0; i < rank; i++)
        s.dim[i] = dims[i];
    return s;
}

int64_t sp_shape_size(sp_shape shape) { return sp__size_of(&shape); }

int64_t sp__size_of(const sp_shape *shape)
{
    if (shape->rank < 0 || shape->rank > SP_MAX_RANK)
        return -1;
    int64_t size = 1; /* of the dimensions other than 0: strides must fit, too */
    bool empty = false;
    for (int i = 0; i < shape->rank; i++) {
        int64_t d = shape->dim[i];
        bool small = ((size | d) >> 30) == 0; /* their product fits: no division */
        if (d < 0 || (!small && d > 0 && size > MOST_ELEMENTS / d))
            return -1;
        empty = empty || d == 0;
        size *= d == 0 ? 1 : d;
    }
    return empty ? 0 : size;
}

bool sp_shape_equal(sp_shape a, sp_shape b)
{
    if (a.rank != b.rank || a.rank < 0 || a.rank > SP_MAX_RANK)
        return false;
    for (int i = 0; i < a.rank; i++)
        if (a.dim[i] != b.dim[i])
            return false;
    return true;
}

bool sp__broadcast_of(const sp_shape *a, const sp_shape *b, sp_shape *out)
{
    const sp_shape *wide = a->rank >= b->rank ? a : b, *narrow = a->rank >= b->rank ? b : a;
    int shift = wide->rank - narrow->rank; /* aligned at the last dimension */
    *out = *wide;
    for (int i = 0; i < narrow->rank; i++) {
        int64_t *d = &out->dim[i + shift];
        if (*d == 1)
            *d = narrow->dim[i];
        else if (narrow->dim[i] != 1 && narrow->dim[i] != *d)
            return false;
    }
    return true;
}

bool sp__broadcast(sp_shape a, sp_shape b, sp_shape *out)
{
    sp_shape both;
    bool fits = sp__broadcast_of(&a, &b, &both);
    if (fits)
        *out = both;
    return fits;
}

bool sp__axis(int64_t axis, int rank, int *out)
{
    if (axis < -rank || axis >= rank)
        return false;
    *out = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

const char *sp__shape_text(sp_shape shape)
{
    size_t size, at = 0;
    char *text = sp__thread_text(&size);
    if (shape.rank < 0 || shape.rank > SP_MAX_RANK) {
        snprintf(text, size, "(of rank %d)", shape.rank);
        return text;
    }
    text[at++] = '(';
    for (int i = 0; i < shape.rank; i++) /* at most 8 * 22 characters */
        at += (size_t)snprintf(text + at, size - at, i > 0 ? ", %lld" : "%lld", (long long)shape.dim[i]);
    snprintf(text + at, size - at, shape.rank == 1 ? ",)" : ")");
    return text;
}
