/* Storage, counting, lists, parameters, looking.
 *
 *   sp__storage | sp_tensor | elements     one block: 64 and 128 bytes, then the elements, 64-byte aligned
 *        ^----- sp_tensor                  views: the same storage, another first element, a block of their own
 *
 * A block lives as long as its storage is referred to; the tensor in it, which is one of those who do, may go before. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "tensor/tensor.h"

#define STORAGE_HEAD ((size_t)64)
#define TENSOR_HEAD  ((size_t)128)
static_assert(sizeof(sp__storage) <= STORAGE_HEAD, "the tensor begins behind the storage's header");
static_assert(sizeof(sp_tensor) <= TENSOR_HEAD, "the elements begin behind the tensor");

static sp_tensor none = {.refs = 1, .dtype = SP_DTYPE_COUNT_, .shape = {-1, {0}}};
sp_tensor *const SP_NONE = &none;

/* ---- counting ---- */

/* One reference fewer; true for the last. Whoever holds the only one needs no locked instruction: nobody else can add to it. */
static bool last_of(atomic_int *refs)
{
    return atomic_load_explicit(refs, memory_order_acquire) == 1 ||
           atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static void storage_release(sp__storage *s)
{
    if (!s || !last_of(&s->refs))
        return;
    if (s->release)
        s->release(s->owner);
    sp__free(s, s->block);
}

static void param_free(sp__param *p)
{
    if (!p)
        return;
    sp__free_str(p->name);
    sp__free(p, sizeof *p);
}

sp_tensor *sp__retain(sp_tensor *t)
{
    if (!sp__absent(t))
        atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void sp__release(sp_tensor *t)
{
    if (sp__absent(t) || !last_of(&t->refs))
        return;
    bool in_block = t->storage && (char *)t == (char *)t->storage + STORAGE_HEAD;
    param_free(t->param);
    storage_release(t->storage);
    if (!in_block)
        sp__free(t, sizeof *t);
}

sp_tensor *sp_keep(sp_tensor *t) { return sp__retain(t); }
void sp_drop(sp_tensor *t) { sp__release(t); }

static void release_object(void *t) { sp__release(t); }

bool sp__scope_take(sp_tensor *t)
{
    if (sp__scope_own(t, release_object))
        return true;
    sp__release(t);
    return false;
}

/* ---- making ---- */

/* Number of elements; -1 with an error if there can be no such tensor. */
static int64_t checked_size(const sp__desc *d)
{
    int64_t size = sp__size_of(&d->shape);
    if (sp_dtype_size(d->dtype) == 0)
        sp__err(SP_ERR_DTYPE, "tensor: %d is no element type", (int)d->dtype);
    else if (size < 0)
        sp__err(SP_ERR_SHAPE,
                "tensor: shape %s: expected 0 to %d dimensions, none negative, and fewer than 2^60 elements",
                sp__shape_text(d->shape), SP_MAX_RANK);
    else
        return size;
    return -1;
}

/* A tensor of the caller's at t, one reference, without elements. */
static sp_tensor *begin(sp_tensor *t, const sp__desc *d, int64_t size)
{
    atomic_init(&t->refs, 1);
    t->dtype = d->dtype;
    t->shape = d->shape;
    t->size = size;
    t->id = sp__unique_id();
    t->storage = NULL;
    t->data = NULL;
    t->param = NULL;
    return t;
}

static sp_tensor *bare(sp_dtype dtype, sp_shape shape, int64_t size)
{
    sp_tensor *t = sp__alloc(sizeof *t);
    return t ? begin(t, &(sp__desc){dtype, shape}, size) : NULL;
}

static void attach(sp_tensor *t, sp__storage *storage, void *data)
{
    t->storage = storage;
    t->data = data;
}

/* The elements begin `head` bytes into the block. */
static sp__storage *storage_new(size_t head, size_t bytes)
{
    sp__storage *s = sp__alloc(head + bytes); /* at most 2^63 - 1 + 192: fits */
    if (!s)
        return NULL;
    *s = (sp__storage){.block = head + bytes, .data = (char *)s + head};
    atomic_init(&s->refs, 1);
    return s;
}

/* As sp__tensor_of, but of the caller's: one reference. */
static sp_tensor *tensor_make(const sp__desc *d)
{
    int64_t size = checked_size(d);
    if (size < 0)
        return NULL;
    sp__storage *s = storage_new(STORAGE_HEAD + TENSOR_HEAD, (size_t)size * sp_dtype_size(d->dtype));
    if (!s)
        return NULL;
    sp_tensor *t = begin((sp_tensor *)(void *)((char *)s + STORAGE_HEAD), d, size);
    attach(t, s, s->data);
    return t;
}

static sp_tensor *in_scope(sp_tensor *t) { return t && sp__scope_take(t) ? t : NULL; }

sp_tensor *sp__tensor_of(const sp__desc *d) { return in_scope(tensor_make(d)); }

sp_tensor *sp__tensor_new(sp_dtype dtype, sp_shape shape) { return sp__tensor_of(&(sp__desc){dtype, shape}); }

sp_tensor *sp__tensor_view(sp_tensor *x, sp_shape shape, int64_t offset)
{
    int64_t size = sp_shape_size(shape);
    assert(x->storage && size >= 0 && offset >= 0 && offset <= x->size && size <= x->size - offset);
    sp_tensor *t = bare(x->dtype, shape, size);
    if (!t)
        return NULL;
    atomic_fetch_add_explicit(&x->storage->refs, 1, memory_order_relaxed);
    attach(t, x->storage, (char *)x->data + (size_t)offset * sp_dtype_size(x->dtype));
    return in_scope(t);
}

sp_tensor *sp__tensor_part(sp_tensor *x, sp_dtype dtype, sp_shape shape, size_t bytes)
{
    int64_t size = sp_shape_size(shape);
    sp_tensor *t = bare(dtype, shape, size);
    if (!t)
        return NULL;
    atomic_fetch_add_explicit(&x->storage->refs, 1, memory_order_relaxed);
    attach(t, x->storage, (char *)x->data + bytes);
    return in_scope(t);
}

sp_tensor *sp__tensor_symbolic(sp_dtype dtype, sp_shape shape)
{
    int64_t size = checked_size(&(sp__desc){dtype, shape});
    return size < 0 ? NULL : in_scope(bare(dtype, shape, size));
}

sp_tensor *sp_over(const void *data, sp_dtype dtype, sp_shape shape, void *owner, void (*release)(void *owner))
{
    int64_t size = checked_size(&(sp__desc){dtype, shape});
    bool good = size >= 0 && (size == 0 || sp__given("tensor", 1, data));
    sp_tensor *t = good ? bare(dtype, shape, size) : NULL;
    sp__storage *s = t ? storage_new(STORAGE_HEAD, 0) : NULL;
    if (!s) {
        sp__release(t);
        if (release)
            release(owner);
        return NULL;
    }
    s->release = release;
    s->owner = owner;
    s->data = data ? (void *)(uintptr_t)data : s->data; /* no elements: still not NULL, which would mean symbolic */
    attach(t, s, s->data);
    return in_scope(t);
}

/* ---- lists ---- */

static sp_tensor *const nothing[SP_MAX_RANK];

sp_list sp__list_none(void) { return (sp_list){nothing, 0}; }

sp_tensor **sp__list_room(int n)
{
    if (n < 0)
        return sp__fail(SP_ERR_VALUE, "list: %d tensors: expected 0 or more", n);
    size_t bytes = (size_t)SP__MAX(n, 8) * sizeof(sp_tensor *); /* an int times 8: fits */
    sp_tensor **at = sp__scope_alloc(bytes);
    return at ? memset(at, 0, bytes) : NULL;
}

sp_list sp_list_new(int n, sp_tensor *const *tensors)
{
    if (n == 0 || (n > 0 && !sp__given("list", 2, tensors)))
        return sp__list_none();
    sp_tensor **at = sp__list_room(n);
    if (!at)
        return sp__list_none();
    memcpy(at, tensors, (size_t)n * sizeof *at);
    return (sp_list){at, n};
}

/* ---- parameters ---- */

/* Whether an assignment to t's elements would be seen by nobody else. */
static bool owns_its_elements(const sp_tensor *t)
{
    const sp__storage *s = t->storage;
    return atomic_load(&t->storage->refs) == 1 && !s->release && t->data == s->data;
}

static sp_tensor *own_elements(sp_tensor *t)
{
    if (owns_its_elements(t))
        return sp__retain(t);
    sp_tensor *copy = tensor_make(&(sp__desc){t->dtype, t->shape});
    if (copy)
        memcpy(copy->data, t->data, (size_t)t->size * sp_dtype_size(t->dtype));
    return copy;
}

sp_tensor *sp__param_new(sp_tensor *value, const char *name, bool trainable)
{
    if (!sp__given("param", 1, value) || !sp__given("param", 2, name))
        return NULL;
    if (value == SP_NONE || !value->data)
        return sp__fail(SP_ERR_STATE, "param: '%s': the tensor has no value", name);
    if (value->param)
        return sp__retain(value);
    sp_tensor *t = own_elements(value);
    sp__param *p = t ? sp__alloc(sizeof *p) : NULL;
    if (!p) {
        sp__release(t);
        return NULL;
    }
    *p = (sp__param){sp__strdup(name), trainable};
    if (!p->name) {
        param_free(p);
        sp__release(t);
        return NULL;
    }
    t->param = p;
    return t;
}

sp_tensor *sp_hold(sp_tensor *t) { return sp__absent(t) || sp__scope_take(sp__retain(t)) ? t : NULL; }

sp_tensor *sp_param_new(sp_tensor *value, const char *name, bool trainable)
{
    return sp__param_new(value, name, trainable);
}
sp_status sp_param_rename(sp_tensor *t, const char *name) { return sp__param_rename(t, name); }

sp_status sp__param_rename(sp_tensor *t, const char *name)
{
    if (!sp__given("param_rename", 1, t) || !sp__given("param_rename", 2, name))
        return SP_ERR_VALUE;
    if (!t->param)
        return sp__err(SP_ERR_STATE, "param_rename: '%s': the tensor is no parameter", name);
    char *copy = sp__strdup(name);
    if (!copy)
        return SP_ERR_NOMEM;
    sp__free_str(t->param->name);
    t->param->name = copy;
    return SP_OK;
}

const char *sp_param_name(const sp_tensor *t) { return t && t->param ? t->param->name : ""; }
bool sp_param_trainable(const sp_tensor *t) { return t && t->param && t->param->trainable; }

sp_status sp_param_set_trainable(sp_tensor *t, bool on)
{
    if (!sp__given("param_set_trainable", 1, t))
        return SP_ERR_VALUE;
    if (!t->param)
        return sp__err(SP_ERR_STATE, "param_set_trainable: the tensor is no parameter");
    t->param->trainable = on;
    return SP_OK;
}

/* ---- looking ---- */

sp_shape sp_shape_of(const sp_tensor *t) { return t ? t->shape : none.shape; }
sp_dtype sp_dtype_of(const sp_tensor *t) { return t ? t->dtype : SP_DTYPE_COUNT_; }
int64_t sp_size_of(const sp_tensor *t) { return t ? t->size : 0; }

static _Thread_local bool params_hidden;

bool sp__params_hide(bool on)
{
    bool before = params_hidden;
    params_hidden = on;
    return before;
}

/* Whether t has elements to look at; records why not. */
static bool readable(const char *op, const sp_tensor *t)
{
    if (!sp__given(op, 1, t))
        return false;
    if (t == SP_NONE)
        sp__err(SP_ERR_VALUE, "%s: argument 1 is SP_NONE", op);
    else if (!t->data)
        sp__err(SP_ERR_STATE, "%s: the tensor is being traced and has no value yet", op);
    else if (t->param && params_hidden)
        sp__err(SP_ERR_STATE,
                "%s: parameter '%s': a traced function cannot look at values, which would be fixed in its graph", op,
                t->param->name);
    else
        return true;
    return false;
}

const void *sp_data(const sp_tensor *t) { return !sp__absent(t) && readable("data", t) ? t->data : NULL; }

static bool has_one_element(const char *op, const sp_tensor *t)
{
    if (!readable(op, t))
        return false;
    if (t->size != 1)
        sp__err(SP_ERR_SHAPE, "%s: shape %s: expected one element", op, SP__STR(t));
    return t->size == 1;
}

double sp_item(const sp_tensor *t) { return has_one_element("item", t) ? sp__load(t->data, t->dtype, 0) : (double)NAN; }

int64_t sp_item_int(const sp_tensor *t)
{
    return has_one_element("item_int", t) ? sp__load_int(t->data, t->dtype, 0) : 0;
}

double sp_at(const sp_tensor *t, int64_t i)
{
    if (!readable("at", t))
        return (double)NAN;
    if (i < 0 || i >= t->size) {
        sp__err(SP_ERR_VALUE, "at: element %lld of %lld", (long long)i, (long long)t->size);
        return (double)NAN;
    }
    return sp__load(t->data, t->dtype, i);
}
