/* share.c: elements shared with other libraries of the process, without copies: the buffer protocol (PEP 3118) and DLPack.
 *
 * Out: a view of a tensor's elements holds the tensor of the library, not the Python object, whose tensor x[i] = v may replace.
 * In: a tensor over the memory of an array holds the array's buffer until its last view is gone. */
#include "core.h"

/* ---- out: buffers ---- */

/* What a buffer belongs to: Python asks its type to release it. */
typedef struct elements_object {
    PyObject_HEAD sp_tensor *t;
    Py_ssize_t bounds[2 * SP_MAX_RANK]; /* the shape, then the strides */
} elements_object;

static const char *format_of(sp_dtype dtype)
{
    static const char *const formats[SP_DTYPE_COUNT_] = {
        [SP_F32] = "f", [SP_F64] = "d", [SP_F16] = "e", [SP_I8] = "b",  [SP_I16] = "h", [SP_I32] = "i",
        [SP_I64] = "q", [SP_U8] = "B",  [SP_U16] = "H", [SP_U32] = "I", [SP_U64] = "Q", [SP_BOOL] = "?"};
    return formats[dtype];
}

static PyObject *elements_of(sp_tensor *t)
{
    elements_object *o = PyObject_New(elements_object, elements_type);
    if (!o)
        return NULL;
    const sp_shape shape = sp_shape_of(t);
    Py_ssize_t stride = (Py_ssize_t)sp_dtype_size(sp_dtype_of(t));
    o->t = sp_keep(t);
    for (int i = shape.rank; i-- > 0;) {
        o->bounds[i] = (Py_ssize_t)shape.dim[i];
        o->bounds[SP_MAX_RANK + i] = stride;
        stride *= (Py_ssize_t)(shape.dim[i] ? shape.dim[i] : 1);
    }
    return (PyObject *)o;
}

static void elements_dealloc(PyObject *self)
{
    sp_drop(((elements_object *)self)->t);
    object_free(self);
}

/* Nobody may write: tensors share elements, and a reshaped tensor would change with the array. */
static bool readable(sp_dtype dtype, int flags)
{
    if (format_of(dtype) && !(flags & PyBUF_WRITABLE))
        return true;
    PyErr_SetString(PyExc_BufferError, format_of(dtype) ? "a tensor's elements cannot be written through a buffer"
                                                        : "BFloat16 has no buffer");
    return false;
}

static int fill_view(elements_object *o, Py_buffer *view, int flags)
{
    const sp_dtype dtype = sp_dtype_of(o->t);
    *view = (Py_buffer){.buf = (void *)(uintptr_t)sp_data(o->t),
                        .obj = (PyObject *)o,
                        .len = (Py_ssize_t)(sp_size_of(o->t) * (int64_t)sp_dtype_size(dtype)),
                        .itemsize = (Py_ssize_t)sp_dtype_size(dtype),
                        .readonly = 1,
                        .ndim = sp_shape_of(o->t).rank,
                        .format = flags & PyBUF_FORMAT ? (char *)(uintptr_t)format_of(dtype) : NULL,
                        .shape = flags & PyBUF_ND ? o->bounds : NULL,
                        .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? o->bounds + SP_MAX_RANK : NULL};
    return 0;
}

int tensor_buffer(PyObject *self, Py_buffer *view, int flags)
{
    sp_tensor *t = tensor_of(self);
    view->obj = NULL;
    if (!sp_data(t))
        return raise_failure(), -1;
    PyObject *elements = readable(sp_dtype_of(t), flags) ? elements_of(t) : NULL;
    return elements ? fill_view((elements_object *)elements, view, flags) : -1;
}

/* A view of a view: memoryview(array.base). */
static int elements_buffer(PyObject *self, Py_buffer *view, int flags)
{
    view->obj = NULL;
    if (!readable(sp_dtype_of(((elements_object *)self)->t), flags))
        return -1;
    Py_INCREF(self);
    return fill_view((elements_object *)self, view, flags);
}

static PyType_Slot elements_slots[] = {{Py_tp_dealloc, elements_dealloc},
                                       {Py_tp_doc, (void *)"The elements of a tensor that an array looks at."},
                                       {Py_bf_getbuffer, elements_buffer},
                                       {Py_tp_new, no_new},
                                       {0}};

PyType_Spec elements_spec = {"spore._core.Elements", sizeof(elements_object), 0, Py_TPFLAGS_DEFAULT, elements_slots};

/* ---- in: buffers ---- */

bool dtype_of_format(const char *format, Py_ssize_t itemsize, sp_dtype *out)
{
    static const sp_dtype of_size[3][4] = {
        {SP_I8, SP_I16, SP_I32, SP_I64}, {SP_U8, SP_U16, SP_U32, SP_U64}, {0, SP_F16, SP_F32, SP_F64}};
    const char *f = format ? format : "B";
    if (*f == '@' || *f == '=' || *f == '<')
        f++;
    const int log = itemsize == 1 ? 0 : itemsize == 2 ? 1 : itemsize == 4 ? 2 : itemsize == 8 ? 3 : -1;
    const int kind = strchr("bhilqn", *f) ? 0 : strchr("BHILQN", *f) ? 1 : strchr("efd", *f) ? 2 : -1;
    if (*f == '?' && !f[1]) {
        *out = SP_BOOL;
        return true;
    }
    if (!*f || f[1] || log < 0 || kind < 0 || (kind == 2 && log == 0))
        return false;
    *out = of_size[kind][log];
    return true;
}

static void release_view(void *owner)
{
    if (!Py_IsInitialized())
        return; /* the process ends: what it holds goes with it */
    PyGILState_STATE gil = PyGILState_Ensure();
    PyBuffer_Release(owner);
    PyMem_Free(owner);
    PyGILState_Release(gil);
}

/* over(array): a tensor over an array's own memory where it can be: contiguous, aligned, of an element type of ours. Else None. */
static PyObject *over(PyObject *module, PyObject *o)
{
    (void)module;
    Py_buffer *view = PyMem_Malloc(sizeof *view);
    sp_dtype dtype;
    if (!view)
        return PyErr_NoMemory();
    if (PyObject_GetBuffer(o, view, PyBUF_FULL_RO) < 0) {
        PyMem_Free(view);
        return NULL;
    }
    const Py_ssize_t size = view->itemsize;
    if (view->ndim > SP_MAX_RANK || !dtype_of_format(view->format, size, &dtype) || dtype == SP_BOOL ||
        (uintptr_t)view->buf % (size_t)size || !PyBuffer_IsContiguous(view, 'C')) {
        PyBuffer_Release(view);
        PyMem_Free(view);
        Py_RETURN_NONE;
    }
    sp_shape shape = {.rank = view->ndim};
    for (int i = 0; i < view->ndim; i++)
        shape.dim[i] = view->shape ? view->shape[i] : view->len / size;
    sp_scope scope = sp_scope_begin();
    PyObject *result = tensor_wrap(sp_over(view->buf, dtype, shape, view, release_view));
    sp_scope_end(scope);
    return result;
}

/* ---- DLPack, as its specification has it: https://dmlc.github.io/dlpack/latest/c_api.html ---- */

enum { DL_CPU = 1, DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_BOOL = 6 };
enum { DL_READ_ONLY = 1, DL_COPIED = 2 };

typedef struct dl_tensor {
    void *data;
    struct {
        int32_t type, id;
    } device;
    int32_t ndim;
    struct {
        uint8_t code, bits;
        uint16_t lanes;
    } dtype;
    int64_t *shape, *strides; /* strides NULL: row-major */
    uint64_t byte_offset;
} dl_tensor;

typedef struct dl_managed {
    dl_tensor tensor;
    void *context;
    void (*deleter)(struct dl_managed *self);
} dl_managed;

typedef struct dl_versioned {
    uint32_t major, minor;
    void *context;
    void (*deleter)(struct dl_versioned *self);
    uint64_t flags;
    dl_tensor tensor;
} dl_versioned;

/* Both forms begin a block that holds the tensor and its bounds. */
typedef struct dl_export {
    union {
        dl_managed old;
        dl_versioned versioned;
    } as;
    sp_tensor *t;
    int64_t bounds[2 * SP_MAX_RANK];
} dl_export;

static void export_free(void *self)
{
    sp_drop(((dl_export *)self)->t);
    free(self);
}

static void delete_old(dl_managed *self) { export_free(self); }
static void delete_versioned(dl_versioned *self) { export_free(self); }

/* A capsule that nobody took has its old name still. */
static void capsule_free(PyObject *capsule)
{
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "dltensor_versioned" : "dltensor";
        if (PyCapsule_IsValid(capsule, name))
            export_free(PyCapsule_GetPointer(capsule, name));
    }
}

static dl_tensor described(dl_export *e)
{
    static const uint8_t codes[SP_DTYPE_COUNT_] = {
        [SP_F32] = DL_FLOAT, [SP_F64] = DL_FLOAT, [SP_F16] = DL_FLOAT, [SP_BF16] = DL_BFLOAT, [SP_I8] = DL_INT,
        [SP_I16] = DL_INT,   [SP_I32] = DL_INT,   [SP_I64] = DL_INT,   [SP_U8] = DL_UINT,     [SP_U16] = DL_UINT,
        [SP_U32] = DL_UINT,  [SP_U64] = DL_UINT,  [SP_BOOL] = DL_BOOL};
    const sp_dtype dtype = sp_dtype_of(e->t);
    const sp_shape shape = sp_shape_of(e->t);
    int64_t stride = 1;
    for (int i = shape.rank; i-- > 0;) {
        e->bounds[i] = shape.dim[i];
        e->bounds[SP_MAX_RANK + i] = stride;
        stride *= shape.dim[i] ? shape.dim[i] : 1;
    }
    dl_tensor d = {.data = (void *)(uintptr_t)sp_data(e->t),
                   .device = {DL_CPU, 0},
                   .ndim = shape.rank,
                   .shape = e->bounds,
                   .strides = e->bounds + SP_MAX_RANK};
    d.dtype.code = codes[dtype];
    d.dtype.bits = (uint8_t)(8 * sp_dtype_size(dtype));
    d.dtype.lanes = 1;
    return d;
}

/* Whether who asks knows the form that can say "read only". */
static bool knows_versions(PyObject *max_version)
{
    long major = 0;
    if (max_version && PyTuple_Check(max_version) && PyTuple_Size(max_version) > 0)
        major = PyLong_AsLong(PyTuple_GetItem(max_version, 0));
    PyErr_Clear();
    return major >= 1;
}

PyObject *tensor_dlpack(PyObject *self, PyObject *args, PyObject *named)
{
    static char *names[] = {"stream", "max_version", "dl_device", "copy", NULL};
    PyObject *stream = Py_None, *version = Py_None, *device = Py_None, *copy = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, named, "|$OOOO:__dlpack__", names, &stream, &version, &device, &copy))
        return NULL;
    int type = DL_CPU, id = 0;
    if (device != Py_None && (!PyArg_ParseTuple(device, "ii:dl_device", &type, &id) || type != DL_CPU))
        return PyErr_Occurred()
                   ? NULL
                   : PyErr_Format(PyExc_BufferError, "__dlpack__: tensors are in the CPU's memory (device 1)");
    sp_tensor *t = tensor_of(self);
    if (!sp_data(t))
        return raise_failure();
    dl_export *e = malloc(sizeof *e);
    if (!e)
        return PyErr_NoMemory();
    const bool copied = copy == Py_True;
    sp_scope scope = sp_scope_begin();
    e->t = sp_keep(copied ? sp_from(sp_data(t), sp_dtype_of(t), sp_shape_of(t)) : t);
    sp_scope_end(scope);
    if (!e->t) {
        free(e);
        return raise_failure();
    }
    const bool versioned = knows_versions(version);
    if (versioned)
        e->as.versioned = (dl_versioned){.major = 1,
                                         .deleter = delete_versioned,
                                         .flags = copied ? DL_COPIED : DL_READ_ONLY,
                                         .tensor = described(e)};
    else
        e->as.old = (dl_managed){.tensor = described(e), .deleter = delete_old};
    PyObject *capsule = PyCapsule_New(e, versioned ? "dltensor_versioned" : "dltensor", capsule_free);
    if (!capsule)
        export_free(e);
    return capsule;
}

PyObject *tensor_dlpack_device(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    return Py_BuildValue("(ii)", DL_CPU, 0);
}

static bool dtype_of_dlpack(const dl_tensor *d, sp_dtype *out)
{
    for (int i = 0; i < SP_DTYPE_COUNT_; i++) {
        const sp_dtype dtype = (sp_dtype)i;
        const int code = dtype == SP_BOOL                    ? DL_BOOL
                         : dtype == SP_BF16                  ? DL_BFLOAT
                         : sp_dtype_is_float(dtype)          ? DL_FLOAT
                         : strchr("BHIQ", *format_of(dtype)) ? DL_UINT
                                                             : DL_INT;
        if (d->dtype.lanes == 1 && d->dtype.code == code && d->dtype.bits == 8 * sp_dtype_size(dtype)) {
            *out = dtype;
            return true;
        }
    }
    return false;
}

/* Elements that do not lie one behind the other are gathered. */
static void gather(const dl_tensor *d, size_t size, const char *from, int axis, char **to)
{
    if (axis == d->ndim) {
        memcpy(*to, from, size);
        *to += size;
        return;
    }
    for (int64_t i = 0; i < d->shape[axis]; i++)
        gather(d, size, from + i * d->strides[axis] * (int64_t)size, axis + 1, to);
}

static bool row_major(const dl_tensor *d)
{
    int64_t stride = 1;
    for (int i = d->ndim; d->strides && i-- > 0;) {
        if (d->shape[i] != 1 && d->strides[i] != stride)
            return false;
        stride *= d->shape[i];
    }
    return true;
}

static void release_capsule(void *capsule)
{
    if (!Py_IsInitialized())
        return;
    PyGILState_STATE gil = PyGILState_Ensure();
    const bool versioned = PyCapsule_IsValid(capsule, "used_dltensor_versioned");
    void *managed = PyCapsule_GetPointer(capsule, versioned ? "used_dltensor_versioned" : "used_dltensor");
    if (versioned && ((dl_versioned *)managed)->deleter)
        ((dl_versioned *)managed)->deleter(managed);
    else if (!versioned && managed && ((dl_managed *)managed)->deleter)
        ((dl_managed *)managed)->deleter(managed);
    Py_DECREF((PyObject *)capsule);
    PyGILState_Release(gil);
}

static sp_tensor *copied(const dl_tensor *d, sp_dtype dtype, sp_shape shape, const char *data)
{
    const int64_t n = sp_shape_size(shape);
    const size_t size = sp_dtype_size(dtype);
    if (n <= 0)
        return sp_zeros(dtype, shape); /* which refuses what is no shape */
    char *room = n <= PY_SSIZE_T_MAX / (int64_t)size ? PyMem_Malloc((size_t)n * size) : NULL, *end = room;
    if (!room)
        return PyErr_NoMemory(), NULL;
    if (d->strides)
        gather(d, size, data, 0, &end);
    else
        memcpy(room, data, (size_t)n * size);
    sp_tensor *t = sp_from(room, dtype, shape);
    PyMem_Free(room);
    return t;
}

/* *taken: the tensor, or a failure to make it, has given the capsule back or will do so. */
static sp_tensor *from_dl_tensor(const dl_tensor *d, PyObject *capsule, bool *taken)
{
    sp_dtype dtype = SP_DTYPE_COUNT_;
    sp_shape shape = {.rank = d->ndim};
    if (d->device.type != DL_CPU)
        PyErr_Format(PyExc_BufferError, "from_dlpack: device %d, expected the CPU's memory (1)", (int)d->device.type);
    else if (d->ndim < 0 || d->ndim > SP_MAX_RANK)
        PyErr_Format(PyExc_ValueError, "from_dlpack: %d dimensions, expected at most %d", (int)d->ndim, SP_MAX_RANK);
    else if (!dtype_of_dlpack(d, &dtype))
        PyErr_Format(PyExc_TypeError, "from_dlpack: no element type for code %d with %d bits and %d lanes",
                     (int)d->dtype.code, (int)d->dtype.bits, (int)d->dtype.lanes);
    if (PyErr_Occurred())
        return NULL;
    for (int i = 0; i < d->ndim; i++)
        shape.dim[i] = d->shape[i];
    const char *data = d->data ? (const char *)d->data + d->byte_offset : NULL;
    const bool aligned = (uintptr_t)data % sp_dtype_size(dtype) == 0;
    if (!row_major(d) || !aligned || dtype == SP_BOOL || sp_shape_size(shape) <= 0)
        return copied(d, dtype, shape, data);
    Py_INCREF(capsule);
    *taken = true;
    return sp_over(data, dtype, shape, capsule, release_capsule);
}

/* from_dlpack(capsule): a tensor over the capsule's memory, which it takes. */
static PyObject *from_dlpack(PyObject *module, PyObject *capsule)
{
    (void)module;
    const bool versioned = PyCapsule_IsValid(capsule, "dltensor_versioned");
    if (!versioned && !PyCapsule_IsValid(capsule, "dltensor"))
        return PyErr_Format(PyExc_TypeError,
                            "from_dlpack: expected a DLPack capsule that nobody has taken, found a %.100s",
                            type_name(capsule));
    void *managed = PyCapsule_GetPointer(capsule, versioned ? "dltensor_versioned" : "dltensor");
    if (versioned && ((dl_versioned *)managed)->major != 1)
        return PyErr_Format(PyExc_BufferError, "from_dlpack: version %u of DLPack, expected 1",
                            ((dl_versioned *)managed)->major);
    const dl_tensor *d = versioned ? &((dl_versioned *)managed)->tensor : &((dl_managed *)managed)->tensor;
    /* Taken from here on: release_capsule() knows it by this name. */
    if (PyCapsule_SetName(capsule, versioned ? "used_dltensor_versioned" : "used_dltensor") != 0 ||
        PyCapsule_SetDestructor(capsule, NULL) != 0)
        return NULL;
    bool taken = false;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = from_dl_tensor(d, capsule, &taken);
    PyObject *result = t || !PyErr_Occurred() ? tensor_wrap(t) : NULL;
    sp_scope_end(scope);
    if (!taken) {
        Py_INCREF(capsule);
        release_capsule(capsule);
    }
    return result;
}

PyMethodDef share_functions[] = {
    {"over", over, METH_O, "over(array): a tensor over the array's own memory, None where that cannot be"},
    {"from_dlpack", from_dlpack, METH_O, "from_dlpack(capsule): a tensor over what the capsule holds"},
    {0}};
