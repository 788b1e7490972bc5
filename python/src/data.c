/* data.c: the data pipeline. A dataset is consumed by what is built on it, as in the library. */
#include "core.h"

/* ---- transforms ---- */

typedef struct transform_object {
    PyObject_HEAD sp_transform t;
} transform_object;

static PyObject *transform_wrap(sp_transform t)
{
    transform_object *o = PyObject_New(transform_object, transform_type);
    if (o)
        o->t = t;
    return (PyObject *)o;
}

static PyType_Slot transform_slots[] = {
    {Py_tp_doc, (void *)"A transform of rows that the library carries out."}, {Py_tp_new, no_new}, {0}};

PyType_Spec transform_spec = {"spore._core.Transform", sizeof(transform_object), 0, Py_TPFLAGS_DEFAULT,
                              transform_slots};

static PyObject *rescale(PyObject *module, PyObject *args)
{
    (void)module;
    float scale, shift;
    return PyArg_ParseTuple(args, "ff:rescale", &scale, &shift) ? transform_wrap(sp_rescale(scale, shift)) : NULL;
}

static int floats_from(PyObject *o, float *out)
{
    PyObject *items = PySequence_Fast(o, "expected a sequence of numbers");
    const Py_ssize_t n = items ? PySequence_Fast_GET_SIZE(items) : -1;
    for (Py_ssize_t i = 0; i < n && i < 4; i++)
        out[i] = (float)PyFloat_AsDouble(PySequence_Fast_GET_ITEM(items, i));
    Py_XDECREF(items);
    return PyErr_Occurred() ? -1 : (int)n;
}

static PyObject *normalize(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *means, *deviations;
    float mean[4], std[4];
    if (!PyArg_ParseTuple(args, "OO:normalize", &means, &deviations))
        return NULL;
    const int n = floats_from(means, mean), m = n < 0 ? -1 : floats_from(deviations, std);
    if (m < 0)
        return NULL;
    if (n != m || n < 1 || n > 4)
        return PyErr_Format(PyExc_ValueError, "normalize: %d means and %d deviations, expected 1 to 4 of each", n, m);
    return transform_wrap(n == 1 ? sp_normalize(mean[0], std[0]) : sp_normalize_channels(n, mean, std));
}

static PyObject *hwc2chw(PyObject *module, PyObject *unused)
{
    return (void)module, (void)unused, transform_wrap(sp_hwc2chw());
}

static PyObject *typecast(PyObject *module, PyObject *o)
{
    (void)module;
    sp_dtype dtype;
    return dtype_from(o, &dtype) ? transform_wrap(sp_typecast(dtype)) : NULL;
}

static PyObject *one_hot(PyObject *module, PyObject *classes)
{
    (void)module;
    const long n = PyLong_AsLong(classes);
    return n == -1 && PyErr_Occurred() ? NULL : transform_wrap(sp_one_hot_label((int)n));
}

/* ---- datasets ---- */

typedef struct dataset_object {
    PyObject_HEAD sp_dataset *ds; /* NULL: consumed */
    PyObject *kept;               /* a list: Python functions that it calls */
} dataset_object;

static dataset_object *dataset_new(sp_dataset *ds, PyObject *kept)
{
    dataset_object *o = ds ? PyObject_New(dataset_object, dataset_type) : NULL;
    if (!o) {
        sp_data_free(ds);
        Py_XDECREF(kept);
        return ds ? NULL : raise_failure();
    }
    o->ds = ds;
    o->kept = kept ? kept : PyList_New(0);
    return o;
}

static void dataset_dealloc(PyObject *self)
{
    dataset_object *o = (dataset_object *)self;
    if (o->ds)
        WITHOUT_GIL(sp_data_free(o->ds));
    Py_XDECREF(o->kept);
    object_free(self);
}

/* The dataset, which is gone from self afterwards; NULL and an exception if it was before. */
static sp_dataset *consume(PyObject *self, PyObject **kept)
{
    dataset_object *o = (dataset_object *)self;
    sp_dataset *ds = o->ds;
    if (!ds) {
        PyErr_SetString(PyExc_RuntimeError, "this dataset is a part of another one already");
        return NULL;
    }
    o->ds = NULL;
    *kept = o->kept;
    o->kept = NULL;
    return ds;
}

/* Names as C strings, valid as long as the sequence; sp_scope must be open. */
static const char **names_from(PyObject *sequence, int *n)
{
    PyObject *items = PySequence_Fast(sequence, "expected a sequence of names");
    *n = items ? (int)PySequence_Fast_GET_SIZE(items) : 0;
    const char **names = items ? PyMem_Calloc((size_t)*n + 1, sizeof *names) : NULL;
    for (int i = 0; names && i < *n; i++)
        if (!(names[i] = PyUnicode_AsUTF8(PySequence_Fast_GET_ITEM(items, i)))) {
            PyMem_Free(names);
            names = NULL;
        }
    Py_XDECREF(items);
    return names;
}

static bool usage_from(const char *text, sp_usage *out)
{
    *out = strcmp(text, "train") == 0 ? SP_USAGE_TRAIN : strcmp(text, "test") == 0 ? SP_USAGE_TEST : SP_USAGE_ALL;
    if (*out != SP_USAGE_ALL || strcmp(text, "all") == 0)
        return true;
    PyErr_Format(PyExc_ValueError, "usage is '%s', expected train, test or all", text);
    return false;
}

static PyObject *mnist(PyObject *type, PyObject *args, PyObject *named)
{
    (void)type;
    static char *names[] = {"dir", "usage", "shuffle", "num_samples", NULL};
    const char *dir, *usage_text = "all";
    int shuffle = 1;
    long long samples = 0;
    sp_usage usage;
    if (!PyArg_ParseTupleAndKeywords(args, named, "s|spL:mnist", names, &dir, &usage_text, &shuffle, &samples) ||
        !usage_from(usage_text, &usage))
        return NULL;
    sp_dataset *ds;
    WITHOUT_GIL(ds = sp_data_mnist(.dir = dir, .usage = usage, .no_shuffle = !shuffle, .num_samples = samples));
    return (PyObject *)dataset_new(ds, NULL);
}

static PyObject *digits(PyObject *type, PyObject *args, PyObject *named)
{
    (void)type;
    static char *names[] = {"count", "usage", "seed", "shuffle", NULL};
    const char *usage_text = "train";
    long long count = 0;
    unsigned long long seed = 0;
    int shuffle = 1;
    sp_usage usage;
    if (!PyArg_ParseTupleAndKeywords(args, named, "|LsKp:digits", names, &count, &usage_text, &seed, &shuffle) ||
        !usage_from(usage_text, &usage))
        return NULL;
    return (PyObject *)dataset_new(sp_data_digits(.count = count, .usage = usage, .seed = seed, .no_shuffle = !shuffle),
                                   NULL);
}

static PyObject *arrays(PyObject *type, PyObject *args, PyObject *named)
{
    (void)type;
    static char *keys[] = {"arrays", "names", "shuffle", NULL};
    PyObject *tensors, *columns, *result = NULL;
    int shuffle = 1, n;
    sp_list list;
    if (!PyArg_ParseTupleAndKeywords(args, named, "OO|p:arrays", keys, &tensors, &columns, &shuffle))
        return NULL;
    const char **names = names_from(columns, &n);
    if (!names)
        return NULL;
    sp_scope scope = sp_scope_begin();
    if (list_from(tensors, &list)) {
        if (list.n != n)
            PyErr_Format(PyExc_ValueError, "arrays: %d names for %d arrays", n, list.n);
        else
            result =
                (PyObject *)dataset_new(sp_data_arrays(.arrays = list, .names = names, .no_shuffle = !shuffle), NULL);
    }
    sp_scope_end(scope);
    PyMem_Free(names);
    return result;
}

/* ---- rows by Python ---- */

typedef struct source {
    PyObject *fn;
    int columns;
} source;

static bool take_row(PyObject *row, int columns, sp_tensor **out)
{
    sp_list list;
    if (!list_from(row, &list))
        return false;
    if (list.n != columns)
        return PyErr_Format(PyExc_ValueError, "a row of %d columns, expected %d", list.n, columns) != NULL;
    for (int i = 0; i < columns; i++)
        if (!(out[i] = sp_hold(list.at[i])))
            return raise_failure() != NULL;
    return true;
}

static sp_status get_row(void *user, int64_t index, sp_tensor **row, bool *end)
{
    const source *s = user;
    const bool foreign = is_foreign();
    PyGILState_STATE gil = PyGILState_Ensure();
    sp_status st = SP_OK;
    PyObject *result = PyErr_CheckSignals() == 0 ? PyObject_CallFunction(s->fn, "L", (long long)index) : NULL;
    if (!result && PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyErr_Clear();
        *end = true;
    } else if (!result || !take_row(result, s->columns, row)) {
        record_exception("dataset", foreign);
        st = sp_error();
    }
    Py_XDECREF(result);
    PyGILState_Release(gil);
    return st;
}

static void free_source(void *user)
{
    source *s = user;
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_XDECREF(s->fn);
    PyMem_Free(s);
    PyGILState_Release(gil);
}

static PyObject *callback(PyObject *type, PyObject *args, PyObject *named)
{
    (void)type;
    static char *keys[] = {"fn", "length", "names", "shuffle", "parallel", NULL};
    PyObject *fn, *columns;
    long long length;
    int shuffle = 1, parallel = 0, n;
    if (!PyArg_ParseTupleAndKeywords(args, named, "OLO|pp:callback", keys, &fn, &length, &columns, &shuffle, &parallel))
        return NULL;
    const char **names = names_from(columns, &n);
    source *s = names ? PyMem_Calloc(1, sizeof *s) : NULL;
    PyObject *kept = s ? Py_BuildValue("[O]", fn) : NULL;
    if (!kept) {
        PyMem_Free(names);
        PyMem_Free(s);
        return NULL;
    }
    Py_INCREF(fn);
    *s = (source){fn, n};
    sp_dataset *ds;
    WITHOUT_GIL(ds = sp_data_callback(.get = get_row, .user = s, .free_user = free_source, .length = length,
                                      .columns = n, .names = names, .no_shuffle = !shuffle, .parallel = parallel));
    PyMem_Free(names);
    return (PyObject *)dataset_new(ds, kept);
}

/* ---- building ---- */

static PyObject *rebuilt(sp_dataset *ds, PyObject *kept) { return (PyObject *)dataset_new(ds, kept); }

static PyObject *map(PyObject *self, PyObject *args)
{
    const char *column;
    PyObject *transforms, *kept;
    if (!PyArg_ParseTuple(args, "sO:map", &column, &transforms))
        return NULL;
    PyObject *items = PySequence_Fast(transforms, "expected a sequence of transforms");
    const Py_ssize_t n = items ? PySequence_Fast_GET_SIZE(items) : 0;
    sp_transform *list = PyMem_Calloc((size_t)n + 1, sizeof *list);
    bool done = items && list;
    for (Py_ssize_t i = 0; done && i < n; i++) {
        PyObject *o = PySequence_Fast_GET_ITEM(items, i);
        done = PyObject_TypeCheck(o, transform_type);
        if (done)
            list[i] = ((transform_object *)o)->t;
        else
            PyErr_Format(PyExc_TypeError, "map: a %.100s, expected a Transform", type_name(o));
    }
    sp_dataset *ds = done ? consume(self, &kept) : NULL;
    PyObject *result = ds ? rebuilt(sp_data_map_new(ds, column, (int)n, list), kept) : NULL;
    PyMem_Free(list);
    Py_XDECREF(items);
    return result;
}

/* map_rows(fn, names): fn gets the columns and gives a tuple of those named */
static PyObject *map_rows(PyObject *self, PyObject *args)
{
    PyObject *fn, *columns, *kept;
    int n;
    if (!PyArg_ParseTuple(args, "OO:map_rows", &fn, &columns))
        return NULL;
    const char **names = names_from(columns, &n);
    sp_dataset *ds = names ? consume(self, &kept) : NULL;
    PyObject *result = NULL;
    if (ds && PyList_Append(kept, fn) == 0)
        result = rebuilt(sp_data_map_rows(ds, call_python, fn, n, names), kept);
    PyMem_Free(names);
    return result;
}

static PyObject *batch(PyObject *self, PyObject *args)
{
    long long size;
    int drop = 0;
    PyObject *kept;
    if (!PyArg_ParseTuple(args, "L|p:batch", &size, &drop))
        return NULL;
    sp_dataset *ds = consume(self, &kept);
    return ds ? rebuilt(sp_data_batch(ds, size, .drop_remainder = drop), kept) : NULL;
}

static PyObject *counted(PyObject *self, PyObject *count, sp_dataset *(*fn)(sp_dataset *source, int64_t n))
{
    PyObject *kept;
    const long long n = PyLong_AsLongLong(count);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    sp_dataset *ds = consume(self, &kept);
    return ds ? rebuilt(fn(ds, n), kept) : NULL;
}

static PyObject *shuffle(PyObject *self, PyObject *n) { return counted(self, n, sp_data_shuffle); }
static PyObject *repeat(PyObject *self, PyObject *n) { return counted(self, n, sp_data_repeat); }
static PyObject *take(PyObject *self, PyObject *n) { return counted(self, n, sp_data_take); }
static PyObject *skip(PyObject *self, PyObject *n) { return counted(self, n, sp_data_skip); }

static PyObject *zip(PyObject *self, PyObject *other)
{
    PyObject *kept, *more;
    if (!PyObject_TypeCheck(other, dataset_type) || other == self)
        return PyErr_Format(PyExc_TypeError, "zip: expected another dataset");
    sp_dataset *a = consume(self, &kept), *b = a ? consume(other, &more) : NULL;
    if (!b) {
        sp_data_free(a);
        return NULL;
    }
    const bool joined = PyList_SetSlice(kept, 0, 0, more) == 0;
    Py_DECREF(more);
    return joined ? rebuilt(sp_data_zip(a, b), kept) : NULL;
}

static PyObject *get_size(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromLongLong(sp_data_size(((dataset_object *)self)->ds));
}

static PyObject *get_columns(PyObject *self, void *unused)
{
    (void)unused;
    const sp_dataset *ds = ((dataset_object *)self)->ds;
    PyObject *list = PyList_New(sp_data_columns(ds));
    for (int i = 0; list && i < sp_data_columns(ds); i++)
        PyList_SET_ITEM(list, i, PyUnicode_FromString(sp_data_column(ds, i)));
    return list;
}

/* ---- iterating ---- */

typedef struct iterator_object {
    PyObject_HEAD sp_iter *it;
    PyObject *kept;
} iterator_object;

/* Rows that Python makes are made in the caller's thread unless workers are asked for: what they draw, and the order of their calls, are
 * the same each time. */
static PyObject *iterate(PyObject *self, PyObject *args)
{
    PyObject *kept;
    int workers = 0;
    if (!PyArg_ParseTuple(args, "|i:iterate", &workers))
        return NULL;
    sp_dataset *ds = consume(self, &kept);
    iterator_object *o = ds ? PyObject_New(iterator_object, iterator_type) : NULL;
    if (!o) {
        sp_data_free(ds);
        return NULL;
    }
    o->kept = kept;
    const int threads = workers ? workers : PyList_GET_SIZE(kept) > 0 ? -1 : 1;
    WITHOUT_GIL(o->it = sp_iter_new(ds, .workers = threads));
    if (o->it)
        return (PyObject *)o;
    Py_DECREF(o);
    return raise_failure();
}

static void iterator_dealloc(PyObject *self)
{
    iterator_object *o = (iterator_object *)self;
    if (o->it)
        WITHOUT_GIL(sp_iter_free(o->it));
    Py_XDECREF(o->kept);
    object_free(self);
}

static PyObject *iterator_next(PyObject *self)
{
    sp_scope scope = sp_scope_begin();
    sp_list row = {0};
    bool more;
    PyObject *result = NULL;
    WITHOUT_GIL(more = sp_iter_next(((iterator_object *)self)->it, &row));
    if (more && PyErr_CheckSignals() == 0)
        result = list_wrap(row);
    else if (PyErr_Occurred() || sp_error() != SP_OK)
        raise_failure();
    sp_scope_end(scope);
    return result;
}

static PyObject *iterator_rewind(PyObject *self, PyObject *unused)
{
    (void)unused;
    WITHOUT_GIL(sp_iter_rewind(((iterator_object *)self)->it));
    Py_RETURN_NONE;
}

static PyMethodDef iterator_methods[] = {
    {"rewind", iterator_rewind, METH_NOARGS, "the next row is the first of a new epoch"}, {0}};

static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, iterator_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    {Py_tp_doc, (void *)"Rows as tuples of tensors; after the last one another epoch begins."},
    {Py_tp_methods, iterator_methods},
    {Py_tp_new, no_new},
    {0}};

PyType_Spec iterator_spec = {"spore._core.Iterator", sizeof(iterator_object), 0, Py_TPFLAGS_DEFAULT, iterator_slots};

#define MAKER(name, text)                                                                         \
    {                                                                                             \
#name, (PyCFunction)(void (*)(void))name, METH_VARARGS | METH_KEYWORDS | METH_CLASS, text \
    }

static PyMethodDef dataset_methods[] = {
    MAKER(mnist, "mnist(dir, usage='all', shuffle=True, num_samples=0)"),
    MAKER(digits, "digits(count=0, usage='train', seed=0, shuffle=True)"),
    MAKER(arrays, "arrays(tensors, names, shuffle=True)"),
    MAKER(
        callback,
        "callback(fn, length, names, shuffle=True, parallel=False): fn(index) -> tuple of tensors; StopIteration ends it; parallel: called "
        "from several threads at once"),
    {"map", map, METH_VARARGS, "map(column, transforms)"},
    {"map_rows", map_rows, METH_VARARGS, "map_rows(fn, names)"},
    {"batch", batch, METH_VARARGS, "batch(size, drop_remainder=False)"},
    {"shuffle", shuffle, METH_O, "shuffle(buffer_size)"},
    {"repeat", repeat, METH_O, "repeat(times)"},
    {"take", take, METH_O, "take(rows)"},
    {"skip", skip, METH_O, "skip(rows)"},
    {"zip", zip, METH_O, "zip(other)"},
    {"iterate", iterate, METH_VARARGS, "iterate(workers=0) -> an iterator"},
    {0}};

static PyGetSetDef dataset_getset[] = {
    {"size", get_size, NULL, "rows, -1: not known", NULL}, {"columns", get_columns, NULL, "names", NULL}, {0}};

static PyType_Slot dataset_slots[] = {{Py_tp_dealloc, dataset_dealloc},
                                      {Py_tp_doc, (void *)"A pipeline; building on it consumes it."},
                                      {Py_tp_methods, dataset_methods},
                                      {Py_tp_getset, dataset_getset},
                                      {Py_tp_new, no_new},
                                      {0}};

PyType_Spec dataset_spec = {"spore._core.Dataset", sizeof(dataset_object), 0, Py_TPFLAGS_DEFAULT, dataset_slots};

PyMethodDef data_functions[] = {
    {"rescale", rescale, METH_VARARGS, "rescale(scale, shift)"},
    {"normalize", normalize, METH_VARARGS, "normalize(means, deviations): one for each channel, or one"},
    {"hwc2chw", hwc2chw, METH_NOARGS, "(H, W, C) to (C, H, W)"},
    {"typecast", typecast, METH_O, "typecast(dtype)"},
    {"one_hot", one_hot, METH_O, "one_hot(classes)"},
    {0}};
