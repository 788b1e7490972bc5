/* tensor/tensor.h: the inside of a tensor, for the modules above.
 *
 *   element.c   conversion of single elements
 *   shape.c     sizes, comparison, broadcasting
 *   tensor.c    storage, counting, keeping
 *   create.c    from data, constants, ranges, random
 *   print_*.c   the text forms (print.h), written into a growing text (text.h) */
#ifndef SP_TENSOR_TENSOR_H
#define SP_TENSOR_TENSOR_H

#include <stdatomic.h>

#include "base/base.h"
#include "spore/tensor.h"

/* Elements shared by tensors; the block is header and elements in one. */
typedef struct sp__storage {
    atomic_int refs;
    size_t block; /* bytes of the whole block, for sp__free                      */
    void *data;
    void (*release)(void *owner); /* elements that belong to somebody else; else NULL            */
    void *owner;
} sp__storage;

/* What makes a tensor a parameter. */
typedef struct sp__param {
    char *name;
    bool trainable;
} sp__param;

struct sp_tensor {
    atomic_int refs;
    sp_dtype dtype;
    sp_shape shape;
    int64_t size; /* number of elements                                                */
    uint64_t id;  /* unique in the process: the tape and the trace know tensors by it  */
    sp__storage *storage;
    void *data;       /* first element, in storage; NULL while symbolic (being traced)     */
    sp__param *param; /* NULL unless a parameter                                           */
};

/* dtype and shape without elements. */
typedef struct sp__desc {
    sp_dtype dtype;
    sp_shape shape;
} sp__desc;

static inline sp__desc sp__desc_of(const sp_tensor *t) { return (sp__desc){t->dtype, t->shape}; }

/* NULL or SP_NONE. */
static inline bool sp__absent(const sp_tensor *t) { return t == NULL || t == SP_NONE; }

/* ---- making: the new tensor belongs to the current scope ---- */

/* Elements not set. SP_ERR_SHAPE, SP_ERR_DTYPE, SP_ERR_NOMEM. */
sp_tensor *sp__tensor_new(sp_dtype dtype, sp_shape shape);
sp_tensor *sp__tensor_of(const sp__desc *d);
/* Shares x's elements from element `offset` on; shape must fit in x's storage (an invariant, asserted). */
sp_tensor *sp__tensor_view(sp_tensor *x, sp_shape shape, int64_t offset);
/* As that, of any type, from byte `bytes` of x's elements on. */
sp_tensor *sp__tensor_part(sp_tensor *x, sp_dtype dtype, sp_shape shape, size_t bytes);
/* No elements: a value of the trace. */
sp_tensor *sp__tensor_symbolic(sp_dtype dtype, sp_shape shape);
/* ---- counting: retain returns t; both accept NULL and SP_NONE ---- */
sp_tensor *sp__retain(sp_tensor *t);

/* While a function is traced on this thread, sp_item() and the like refuse parameters: what they hold now would be taken for
 * what they hold always. Returns what was. */
bool sp__params_hide(bool on);
void sp__release(sp_tensor *t);
/* Gives the tensor (retained) to the current scope; false on failure, released then. */
bool sp__scope_take(sp_tensor *t);

/* The elements for writing: only for tensors just made, and for parameters by those who may. */
static inline void *sp__data_mut(sp_tensor *t) { return t->data; }

/* A list with n places to fill, in the current scope, NULL-terminated up to 8; at NULL on failure. */
sp_tensor **sp__list_room(int n);
/* n = 0, all places NULL. */
sp_list sp__list_none(void);

/* ---- parameters ---- */

/* Makes value a parameter (copied if others share its elements); retained for the caller. A parameter already: the same
 * one again, its name kept (shared weights). NULL on failure: SP_ERR_STATE for a tensor without elements. */
sp_tensor *sp__param_new(sp_tensor *value, const char *name, bool trainable);
sp_status sp__param_rename(sp_tensor *t, const char *name);

/* ---- shapes ---- */

/* As sp_shape_size, without copying the shape. */
int64_t sp__size_of(const sp_shape *shape);

/* As sp_shape_equal, for valid shapes and without copying them. */
static inline bool sp__same_shape(const sp_shape *a, const sp_shape *b)
{
    bool same = a->rank == b->rank;
    for (int i = 0; same && i < a->rank; i++)
        same = a->dim[i] == b->dim[i];
    return same;
}

/* NumPy broadcasting of a and b; false if they do not fit. */
bool sp__broadcast(sp_shape a, sp_shape b, sp_shape *out);
/* The same without copying; out, which is neither a nor b, is undefined where they do not fit. */
bool sp__broadcast_of(const sp_shape *a, const sp_shape *b, sp_shape *out);
/* axis in [-rank, rank) made >= 0; false if out of range. */
bool sp__axis(int64_t axis, int rank, int *out);
/* "(64, 10)" in static thread storage that rotates through 8 texts: for error messages, several in one. */
const char *sp__shape_text(sp_shape shape);
#define SP__STR(t) sp__shape_text((t)->shape)

/* ---- single elements ---- */
double sp__load(const void *data, sp_dtype dtype, int64_t i);        /* as double                     */
int64_t sp__load_int(const void *data, sp_dtype dtype, int64_t i);   /* floats truncated, saturated   */
void sp__store(void *data, sp_dtype dtype, int64_t i, double value); /* rounded / truncated, saturated */

#endif
