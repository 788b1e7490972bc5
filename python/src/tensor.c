/* tensor.c: TensorBase. */
#include "core.h"

static PyTypeObject *tensor_class, *parameter_class; /* what results are made of; NULL: TensorBase */

/* ---- wrapping ---- */

PyObject *tensor_wrap(sp_tensor *t)
{
    if (!t || t == SP_NONE)
        return raise_failure();
    PyTypeObject *type = sp_param_name(t)[0] ? parameter_class : tensor_class;
    tensor_object *o = (tensor_object *)PyType_GenericAlloc(type ? type : tensor_type, 0);
    if (o)
        o->t = sp_keep(t);
    return (PyObject *)o;
}

PyObject *list_wrap(sp_list list)
{
    PyObject *tuple = PyTuple_New(list.n);
    for (int i = 0; tuple && i < list.n; i++) {
        PyObject *o = tensor_wrap(list.at[i]);
        if (!o)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, o);
    }
    return tuple;
}

bool list_from(PyObject *sequence, sp_list *out)
{
    PyObject *items = PySequence_Fast(sequence, "expected a sequence of tensors");
    if (!items)
        return false;
    const Py_ssize_t n = PySequence_Fast_GET_SIZE(items);
    sp_tensor **tensors = PyMem_New(sp_tensor *, (size_t)n + 1);
    bool done = tensors && n <= INT_MAX;
    for (Py_ssize_t i = 0; done && i < n; i++) {
        PyObject *o = PySequence_Fast_GET_ITEM(items, i);
        done = is_tensor(o);
        if (done)
            tensors[i] = tensor_of(o);
        else
            PyErr_Format(PyExc_TypeError, "item %zd is a %.100s, expected a tensor", i, type_name(o));
    }
    if (done)
        *out = sp_list_new((int)n, tensors);
    PyMem_Free(tensors);
    Py_DECREF(items);
    return done;
}

static void tensor_dealloc(PyObject *self)
{
    sp_tensor *t = tensor_of(self);
    if (t)
        sp_drop(t);
    object_free(self);
}

/* ---- from Python: nested sequences ---- */

typedef struct numbers {
    sp_shape shape;
    int64_t n, room;
    double *reals;
    int64_t *wholes;
    bool any_real, any_whole; /* else all are bools */
} numbers;

static bool put(numbers *all, double real, int64_t whole)
{
    if (all->n == all->room) {
        const size_t room = all->room ? 2 * (size_t)all->room : 64;
        double *reals = PyMem_Realloc(all->reals, room * sizeof *reals);
        if (reals)
            all->reals = reals;
        int64_t *wholes = PyMem_Realloc(all->wholes, room * sizeof *wholes);
        if (wholes)
            all->wholes = wholes;
        if (!reals || !wholes)
            return PyErr_NoMemory(), false;
        all->room = (int64_t)room;
    }
    all->reals[all->n] = real;
    all->wholes[all->n++] = whole;
    return true;
}

static bool put_number(numbers *all, PyObject *o)
{
    if (PyBool_Check(o))
        return put(all, o == Py_True, o == Py_True);
    if (PyIndex_Check(o) && !is_tensor(o)) {
        PyObject *whole = PyNumber_Index(o);
        const long long v = whole ? PyLong_AsLongLong(whole) : -1;
        Py_XDECREF(whole);
        all->any_whole = true;
        return !(v == -1 && PyErr_Occurred()) && put(all, (double)v, v);
    }
    if (is_tensor(o)) {
        const sp_dtype dtype = sp_dtype_of(tensor_of(o));
        const double v = sp_item(tensor_of(o));
        if (sp_error() != SP_OK)
            return raise_failure() != NULL;
        all->any_real = all->any_real || sp_dtype_is_float(dtype);
        all->any_whole = all->any_whole || dtype != SP_BOOL;
        return put(all, v, sp_dtype_is_float(dtype) ? 0 : sp_item_int(tensor_of(o)));
    }
    const double v = PyFloat_AsDouble(o);
    all->any_real = true;
    return !(v == -1 && PyErr_Occurred()) && put(all, v, 0);
}

static bool is_list(PyObject *o) { return PyList_Check(o) || PyTuple_Check(o); }

static bool put_all(numbers *all, PyObject *o, int depth)
{
    if (!is_list(o)) {
        if (depth < all->shape.rank)
            return PyErr_SetString(PyExc_ValueError, "nested sequences of different depths"), false;
        return put_number(all, o);
    }
    PyObject *items = PySequence_Fast(o, "");
    const Py_ssize_t n = items ? PySequence_Fast_GET_SIZE(items) : -1;
    if (n < 0 || depth == SP_MAX_RANK || depth >= all->shape.rank || all->shape.dim[depth] != n) {
        Py_XDECREF(items);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "nested sequences of different lengths, or more than 8 deep");
        return false;
    }
    bool done = true;
    for (Py_ssize_t i = 0; done && i < n; i++)
        done = put_all(all, PySequence_Fast_GET_ITEM(items, i), depth + 1);
    Py_DECREF(items);
    return done;
}

/* The shape that the first item of each level has. */
static bool outline(numbers *all, PyObject *o)
{
    Py_INCREF(o);
    while (is_list(o)) {
        const Py_ssize_t n = PySequence_Size(o);
        if (all->shape.rank == SP_MAX_RANK) {
            PyErr_SetString(PyExc_ValueError, "nested sequences more than 8 deep");
            Py_DECREF(o);
            return false;
        }
        all->shape.dim[all->shape.rank++] = n;
        PyObject *first = n > 0 ? PySequence_GetItem(o, 0) : NULL;
        Py_DECREF(o);
        if (!first)
            return n == 0 || n < 0 ? !PyErr_Occurred() : false;
        o = first;
    }
    Py_DECREF(o);
    return true;
}

/* Items of a level may be arrays or tensors of several elements: stacked. */
static bool has_arrays(PyObject *o)
{
    while (is_list(o) && PySequence_Size(o) > 0)
        o = PyList_Check(o) ? PyList_GET_ITEM(o, 0) : PyTuple_GET_ITEM(o, 0);
    return (is_tensor(o) && sp_shape_of(tensor_of(o)).rank > 0) ||
           (!is_tensor(o) && !is_list(o) && PyObject_CheckBuffer(o) && !PyNumber_Check(o)) ||
           (PyObject_CheckBuffer(o) && PyObject_HasAttrString(o, "ndim") && !PyIndex_Check(o) && !PyFloat_Check(o) &&
            PySequence_Check(o));
}

static sp_tensor *stacked(PyObject *o, sp_dtype dtype)
{
    if (!is_list(o))
        return tensor_from(o, dtype);
    const Py_ssize_t n = PySequence_Size(o);
    sp_tensor **items = n > 0 && n < INT_MAX ? PyMem_New(sp_tensor *, (size_t)n) : NULL;
    bool done = items != NULL;
    for (Py_ssize_t i = 0; done && i < n; i++)
        done = (items[i] = stacked(PyList_Check(o) ? PyList_GET_ITEM(o, i) : PyTuple_GET_ITEM(o, i), dtype)) != NULL;
    sp_tensor *t = done ? sp_stack(sp_list_new((int)n, items), 0) : NULL;
    PyMem_Free(items);
    return t ? t : raise_failure();
}

static sp_tensor *from_numbers(PyObject *o, sp_dtype dtype)
{
    numbers all = {0};
    sp_tensor *t = NULL;
    if (outline(&all, o) && put_all(&all, o, 0)) {
        const sp_dtype found = all.any_real ? SP_F32 : all.any_whole || all.n == 0 ? SP_I64 : SP_BOOL;
        const sp_dtype wanted = dtype != SP_DTYPE_COUNT_ ? dtype : all.n == 0 ? SP_F32 : found;
        t = all.any_real ? sp_from(all.reals, SP_F64, all.shape) : sp_from(all.wholes, SP_I64, all.shape);
        t = sp_cast(t, wanted);
        if (!t)
            raise_failure();
    }
    PyMem_Free(all.reals);
    PyMem_Free(all.wholes);
    return t;
}

/* ---- from Python: buffers ---- */

static sp_tensor *from_buffer(PyObject *o)
{
    Py_buffer view;
    sp_dtype dtype;
    sp_tensor *t = NULL;
    if (PyObject_GetBuffer(o, &view, PyBUF_FULL_RO) < 0)
        return NULL;
    sp_shape shape = {.rank = view.ndim};
    if (!dtype_of_format(view.format, view.itemsize, &dtype)) {
        PyErr_Format(PyExc_TypeError, "no element type for an array of format '%.20s'",
                     view.format ? view.format : "B");
    } else if (view.ndim > SP_MAX_RANK) {
        PyErr_Format(PyExc_ValueError, "an array of %d dimensions, expected at most %d", view.ndim, SP_MAX_RANK);
    } else {
        for (int i = 0; i < view.ndim; i++)
            shape.dim[i] = view.shape ? view.shape[i] : view.len / view.itemsize;
        void *copy = PyBuffer_IsContiguous(&view, 'C') ? view.buf : PyMem_Malloc((size_t)view.len + 1);
        if (copy != view.buf && copy && PyBuffer_ToContiguous(copy, &view, view.len, 'C') < 0)
            Py_CLEAR(t);
        else if (copy)
            t = sp_from(copy, dtype, shape);
        if (copy != view.buf)
            PyMem_Free(copy);
        if (!t)
            raise_failure();
    }
    PyBuffer_Release(&view);
    return t;
}

sp_tensor *tensor_from(PyObject *o, sp_dtype dtype)
{
    sp_tensor *t = NULL;
    if (is_tensor(o))
        t = tensor_of(o);
    else if (is_list(o))
        return has_arrays(o) ? stacked(o, dtype) : from_numbers(o, dtype);
    else if (PyObject_CheckBuffer(o))
        t = from_buffer(o);
    else
        return from_numbers(o, dtype);
    if (!t)
        return NULL;
    if (dtype != SP_DTYPE_COUNT_ && sp_dtype_of(t) != dtype)
        t = sp_cast(t, dtype);
    return t ? t : raise_failure();
}

/* ---- looking ---- */

static PyObject *number_at(const sp_tensor *t, int64_t i)
{
    const sp_dtype dtype = sp_dtype_of(t);
    if (sp_dtype_is_float(dtype)) {
        const double v = sp_at(t, i);
        return sp_error() == SP_OK ? PyFloat_FromDouble(v) : raise_failure();
    }
    const void *data = sp_data(t);
    if (!data)
        return raise_failure();
    if (dtype == SP_BOOL)
        return PyBool_FromLong(((const uint8_t *)data)[i]);
    if (dtype == SP_U64)
        return PyLong_FromUnsignedLongLong(((const uint64_t *)data)[i]);
    if (dtype == SP_I64)
        return PyLong_FromLongLong(((const int64_t *)data)[i]);
    return PyLong_FromLongLong((long long)sp_at(t, i));
}

static PyObject *item(PyObject *self, PyObject *args)
{
    const sp_tensor *t = tensor_of(self);
    const sp_shape shape = sp_shape_of(t);
    sp_shape at;
    if (PyTuple_GET_SIZE(args) == 1 ? !shape_from(PyTuple_GET_ITEM(args, 0), &at) : !shape_from(args, &at))
        return NULL;
    int64_t flat = at.rank == 1 ? at.dim[0] : 0, size = sp_size_of(t);
    if (at.rank == 0 && size != 1)
        return PyErr_Format(PyExc_ValueError, "can only convert a tensor of one element to a number, this one has %lld",
                            (long long)size);
    if (at.rank > 1 && at.rank != shape.rank)
        return PyErr_Format(PyExc_IndexError, "%d numbers for a tensor of %d dimensions", at.rank, shape.rank);
    for (int i = 0; at.rank > 1 && i < at.rank; i++) {
        const int64_t k = at.dim[i] < 0 ? at.dim[i] + shape.dim[i] : at.dim[i];
        if (k < 0 || k >= shape.dim[i])
            return PyErr_Format(PyExc_IndexError, "index %lld is out of range of axis %d", (long long)at.dim[i], i);
        flat = flat * shape.dim[i] + k;
    }
    flat = flat < 0 ? flat + size : flat;
    if (flat < 0 || flat >= size)
        return PyErr_Format(PyExc_IndexError, "index %lld is out of range of %lld elements", (long long)flat,
                            (long long)size);
    return number_at(t, flat);
}

static PyObject *nested(const sp_tensor *t, sp_shape shape, int axis, int64_t *at)
{
    if (axis == shape.rank)
        return number_at(t, (*at)++);
    PyObject *list = PyList_New((Py_ssize_t)shape.dim[axis]);
    for (int64_t i = 0; list && i < shape.dim[axis]; i++) {
        PyObject *o = nested(t, shape, axis + 1, at);
        if (!o)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, o);
    }
    return list;
}

static PyObject *tolist(PyObject *self, PyObject *unused)
{
    (void)unused;
    int64_t at = 0;
    return nested(tensor_of(self), sp_shape_of(tensor_of(self)), 0, &at);
}

static PyObject *text_of(PyObject *self, const char *(*text)(const sp_tensor *t))
{
    sp_scope scope = sp_scope_begin();
    PyObject *o = PyUnicode_DecodeUTF8(text(tensor_of(self)), (Py_ssize_t)strlen(text(tensor_of(self))), "replace");
    sp_scope_end(scope);
    return sp_error() == SP_OK ? o : (Py_XDECREF(o), raise_failure());
}

static PyObject *str_(PyObject *self, PyObject *unused) { return (void)unused, text_of(self, sp_str); }
static PyObject *repr_(PyObject *self, PyObject *unused) { return (void)unused, text_of(self, sp_repr); }
static PyObject *tensor_str(PyObject *self) { return text_of(self, sp_str); }
static PyObject *tensor_repr(PyObject *self) { return text_of(self, sp_repr); }

static PyObject *get_shape(PyObject *self, void *unused)
{
    return (void)unused, shape_tuple(sp_shape_of(tensor_of(self)));
}
static PyObject *get_dtype(PyObject *self, void *unused)
{
    return (void)unused, dtype_object(sp_dtype_of(tensor_of(self)));
}
static PyObject *get_ndim(PyObject *self, void *unused)
{
    return (void)unused, PyLong_FromLong(sp_shape_of(tensor_of(self)).rank);
}
static PyObject *get_size(PyObject *self, void *unused)
{
    return (void)unused, PyLong_FromLongLong(sp_size_of(tensor_of(self)));
}
static PyObject *get_itemsize(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromSize_t(sp_dtype_size(sp_dtype_of(tensor_of(self))));
}
static PyObject *get_nbytes(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromLongLong(sp_size_of(tensor_of(self)) * (long long)sp_dtype_size(sp_dtype_of(tensor_of(self))));
}

/* ---- parameters ---- */

static PyObject *get_name(PyObject *self, void *unused)
{
    (void)unused;
    const char *name = sp_param_name(tensor_of(self));
    if (*name)
        return PyUnicode_FromString(name);
    Py_RETURN_NONE;
}

static int set_name(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    const char *name = value && PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : NULL;
    if (!name) {
        PyErr_SetString(PyExc_ValueError, "a parameter's name must be a text");
        return -1;
    }
    return sp_param_rename(tensor_of(self), name) == SP_OK ? 0 : (raise_failure(), -1);
}

static PyObject *get_trainable(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(sp_param_trainable(tensor_of(self)));
}

static int set_trainable(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    const int on = value ? PyObject_IsTrue(value) : -1;
    if (on < 0)
        return -1;
    return sp_param_set_trainable(tensor_of(self), on) == SP_OK ? 0 : (raise_failure(), -1);
}

static PyObject *assign_(PyObject *self, PyObject *other)
{
    sp_scope scope = sp_scope_begin();
    sp_tensor *value = tensor_from(other, sp_dtype_of(tensor_of(self)));
    sp_status st = SP_ERR_STATE;
    if (value)
        WITHOUT_GIL(st = sp_assign(tensor_of(self), value));
    sp_scope_end(scope);
    if (st != SP_OK)
        return raise_failure();
    Py_INCREF(self);
    return self;
}

/* The object stands for other's tensor from here on: what x[i] = v means for a tensor whose elements do not change. */
static PyObject *become_(PyObject *self, PyObject *other)
{
    tensor_object *o = (tensor_object *)self;
    if (!is_tensor(other) || sp_param_name(o->t)[0] || sp_param_name(tensor_of(other))[0])
        return PyErr_Format(PyExc_TypeError, "become_: expected two tensors that are no parameters");
    sp_tensor *before = o->t;
    o->t = sp_keep(tensor_of(other));
    sp_drop(before);
    Py_INCREF(self);
    return self;
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
    {"item", item, METH_VARARGS, "item(*index): an element as a Python number"},
    {"tolist", tolist, METH_NOARGS, "nested lists of Python numbers"},
    {"str_", str_, METH_NOARGS, "as MindSpore's str()"},
    {"repr_", repr_, METH_NOARGS, "as MindSpore's repr()"},
    {"become_", become_, METH_O, "become_(other): this object stands for other's tensor from here on"},
    {"assign_", assign_, METH_O, "assign_(value): new elements for a parameter, in place"},
    {"__dlpack__", (PyCFunction)(void (*)(void))tensor_dlpack, METH_VARARGS | METH_KEYWORDS,
     "__dlpack__(*, stream, max_version, dl_device, copy): a capsule of the elements, not copied, for from_dlpack() of other libraries"},
    {"__dlpack_device__", tensor_dlpack_device, METH_NOARGS, "(1, 0): the CPU"},
    {0}};

static PyGetSetDef getset[] = {{"shape", get_shape, NULL, "a tuple", NULL},
                               {"dtype", get_dtype, NULL, "the element type", NULL},
                               {"ndim", get_ndim, NULL, "how many dimensions", NULL},
                               {"size", get_size, NULL, "how many elements", NULL},
                               {"itemsize", get_itemsize, NULL, "bytes of an element", NULL},
                               {"nbytes", get_nbytes, NULL, "bytes of all elements", NULL},
                               {"name", get_name, set_name, "a parameter's name, None for other tensors", NULL},
                               {"requires_grad", get_trainable, set_trainable, "whether a parameter is trained", NULL},
                               {0}};

static Py_hash_t tensor_hash(PyObject *self)
{
    return (Py_hash_t)((uintptr_t)self >> 4);
} /* by identity: == is element by element */

static PyType_Slot tensor_slots[] = {
    {Py_tp_dealloc, tensor_dealloc},
    {Py_tp_doc, (void *)"An array whose elements do not change, except a parameter's."},
    {Py_tp_str, tensor_str},
    {Py_tp_repr, tensor_repr},
    {Py_tp_hash, tensor_hash},
    {Py_tp_richcompare, tensor_compare},
    {Py_bf_getbuffer, tensor_buffer},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {Py_tp_new, no_new},
    {0}};

PyType_Spec tensor_spec = {"spore._core.TensorBase", sizeof(tensor_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                           tensor_slots};

/* ---- functions ---- */

static PyObject *set_classes(PyObject *module, PyObject *args)
{
    (void)module;
    PyTypeObject *tensor, *parameter;
    if (!PyArg_ParseTuple(args, "O!O!:set_classes", &PyType_Type, &tensor, &PyType_Type, &parameter))
        return NULL;
    if (!PyType_IsSubtype(tensor, tensor_type) || !PyType_IsSubtype(parameter, tensor_type))
        return PyErr_Format(PyExc_TypeError, "set_classes: expected two classes made of TensorBase");
    Py_INCREF(tensor);
    Py_INCREF(parameter);
    tensor_class = tensor;
    parameter_class = parameter;
    Py_RETURN_NONE;
}

static bool optional_dtype(PyObject *o, sp_dtype otherwise, sp_dtype *out)
{
    *out = otherwise;
    return !o || o == Py_None || dtype_from(o, out);
}

static PyObject *tensor_new(PyObject *module, PyObject *args, PyObject *named)
{
    (void)module;
    static char *names[] = {"data", "dtype", NULL};
    PyObject *data, *dtype = NULL, *result = NULL;
    sp_dtype wanted;
    if (!PyArg_ParseTupleAndKeywords(args, named, "O|O:tensor", names, &data, &dtype) ||
        !optional_dtype(dtype, SP_DTYPE_COUNT_, &wanted))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = tensor_from(data, wanted);
    if (t && is_tensor(data) && t == tensor_of(data)) /* another tensor: a copy */
        t = sp_from(sp_data(t), sp_dtype_of(t), sp_shape_of(t));
    if (t || !PyErr_Occurred())
        result = tensor_wrap(t);
    sp_scope_end(scope);
    return result;
}

static PyObject *parameter_new(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *value;
    const char *name;
    int trainable = 1;
    if (!PyArg_ParseTuple(args, "O!s|p:parameter", tensor_type, &value, &name, &trainable))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = tensor_of(value);
    t = sp_param_new(sp_from(sp_data(t), sp_dtype_of(t), sp_shape_of(t)), name, trainable);
    sp_scope_end(scope);
    PyObject *result = tensor_wrap(t);
    sp_drop(t);
    return result;
}

/* zeros(shape, dtype), ones(shape, dtype), full(shape, value, dtype) */
static PyObject *filled(PyObject *args, const char *format, double value, bool given)
{
    PyObject *shape_given, *dtype = NULL;
    sp_shape shape;
    sp_dtype wanted;
    if (given ? !PyArg_ParseTuple(args, format, &shape_given, &value, &dtype)
              : !PyArg_ParseTuple(args, format, &shape_given, &dtype))
        return NULL;
    if (!shape_from(shape_given, &shape) || !optional_dtype(dtype, SP_F32, &wanted))
        return NULL;
    sp_scope scope = sp_scope_begin();
    PyObject *result = tensor_wrap(sp_full(value, wanted, shape));
    sp_scope_end(scope);
    return result;
}

static PyObject *zeros(PyObject *module, PyObject *args) { return (void)module, filled(args, "O|O:zeros", 0, false); }
static PyObject *ones(PyObject *module, PyObject *args) { return (void)module, filled(args, "O|O:ones", 1, false); }
static PyObject *full(PyObject *module, PyObject *args) { return (void)module, filled(args, "Od|O:full", 0, true); }

static PyObject *arange(PyObject *module, PyObject *args)
{
    (void)module;
    double start, stop, step;
    PyObject *dtype = NULL;
    sp_dtype wanted;
    if (!PyArg_ParseTuple(args, "ddd|O:arange", &start, &stop, &step, &dtype) ||
        !optional_dtype(dtype, SP_F32, &wanted))
        return NULL;
    sp_scope scope = sp_scope_begin();
    PyObject *result = tensor_wrap(sp_arange(start, stop, step, wanted));
    sp_scope_end(scope);
    return result;
}

typedef enum distribution { UNIFORM, NORMAL, WHOLE } distribution;

/* (a, b, dtype, shape) */
static PyObject *random_new(PyObject *args, distribution what)
{
    double a, b;
    long long low, high;
    PyObject *dtype, *shape_given;
    sp_dtype wanted;
    sp_shape shape;
    if (what == WHOLE ? !PyArg_ParseTuple(args, "LLOO:rand_int", &low, &high, &dtype, &shape_given)
                      : !PyArg_ParseTuple(args, "ddOO", &a, &b, &dtype, &shape_given))
        return NULL;
    if (!dtype_from(dtype, &wanted) || !shape_from(shape_given, &shape))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t = what == WHOLE    ? sp_rand_int(low, high, wanted, shape)
                   : what == NORMAL ? sp_rand_normal(a, b, wanted, shape)
                                    : sp_rand_uniform(a, b, wanted, shape);
    PyObject *result = tensor_wrap(t);
    sp_scope_end(scope);
    return result;
}

static PyObject *rand_uniform(PyObject *module, PyObject *args) { return (void)module, random_new(args, UNIFORM); }
static PyObject *rand_normal(PyObject *module, PyObject *args) { return (void)module, random_new(args, NORMAL); }
static PyObject *rand_int(PyObject *module, PyObject *args) { return (void)module, random_new(args, WHOLE); }

static PyObject *init_tensor(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind;
    double a, b;
    PyObject *dtype, *shape_given;
    sp_dtype wanted;
    sp_shape shape;
    if (!PyArg_ParseTuple(args, "sddOO:init_tensor", &kind, &a, &b, &dtype, &shape_given) ||
        !dtype_from(dtype, &wanted) || !shape_from(shape_given, &shape))
        return NULL;
    const char *name = strcmp(kind, "truncated_normal") == 0 ? "truncatedNormal" : kind;
    sp_init init = strcmp(kind, "constant") == 0 ? sp_init_constant(a) : sp_init_named(name);
    if (init.kind == SP_INIT_DEFAULT)
        return raise_failure();
    if (init.kind != SP_INIT_ZEROS && init.kind != SP_INIT_ONES)
        init.a = a, init.b = b;
    sp_scope scope = sp_scope_begin();
    PyObject *result = tensor_wrap(sp_init_tensor(init, wanted, shape));
    sp_scope_end(scope);
    return result;
}

PyMethodDef tensor_functions[] = {
    {"set_classes", set_classes, METH_VARARGS, "set_classes(Tensor, Parameter): what results are made of"},
    {"tensor", (PyCFunction)(void (*)(void))tensor_new, METH_VARARGS | METH_KEYWORDS,
     "tensor(data, dtype=None): a copy as a tensor"},
    {"parameter", parameter_new, METH_VARARGS, "parameter(tensor, name, requires_grad=True)"},
    {"zeros", zeros, METH_VARARGS, "zeros(shape, dtype=float32)"},
    {"ones", ones, METH_VARARGS, "ones(shape, dtype=float32)"},
    {"full", full, METH_VARARGS, "full(shape, value, dtype=float32)"},
    {"arange", arange, METH_VARARGS, "arange(start, stop, step, dtype=float32)"},
    {"rand_uniform", rand_uniform, METH_VARARGS, "rand_uniform(low, high, dtype, shape)"},
    {"rand_normal", rand_normal, METH_VARARGS, "rand_normal(mean, sigma, dtype, shape)"},
    {"rand_int", rand_int, METH_VARARGS, "rand_int(low, high, dtype, shape)"},
    {"init_tensor", init_tensor, METH_VARARGS, "init_tensor(kind, a, b, dtype, shape): a new tensor by an initialiser"},
    {0}};
