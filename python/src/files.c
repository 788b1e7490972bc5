/* files.c: records in files, downloads. */
#include "core.h"

static PyObject *path_bytes(PyObject *o)
{
    PyObject *bytes = NULL;
    return PyUnicode_FSConverter(o, &bytes) ? bytes : NULL;
}

/* entries_read(path) -> [(name, Tensor or str)] */
static PyObject *entries_read(PyObject *module, PyObject *path)
{
    (void)module;
    PyObject *bytes = path_bytes(path), *list = NULL;
    if (!bytes)
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_entries e = {0};
    sp_status st;
    WITHOUT_GIL(st = sp_tensors_read(PyBytes_AS_STRING(bytes), &e));
    if (st != SP_OK)
        raise_failure();
    else
        list = PyList_New(e.n);
    for (int i = 0; list && i < e.n; i++) {
        PyObject *value = e.at[i].tensor ? tensor_wrap(e.at[i].tensor) : PyUnicode_FromString(e.at[i].text);
        PyObject *pair = value ? Py_BuildValue("(sN)", e.at[i].name, value) : NULL;
        if (!pair)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, pair);
    }
    sp_scope_end(scope);
    Py_DECREF(bytes);
    return list;
}

static bool entry_from(PyObject *pair, sp_entry *e)
{
    PyObject *value;
    if (!PyTuple_Check(pair) || !PyArg_ParseTuple(pair, "sO", &e->name, &value)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "expected pairs of a name and a tensor or text");
        return false;
    }
    if (is_tensor(value))
        e->tensor = tensor_of(value);
    else if (!PyUnicode_Check(value))
        return PyErr_Format(PyExc_TypeError, "'%s': a %.100s, expected a tensor or text", e->name, type_name(value)) !=
               NULL;
    else if (!(e->text = PyUnicode_AsUTF8(value)))
        return false;
    return true;
}

/* entries_write(path, [(name, Tensor or str)]) */
static PyObject *entries_write(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *path, *list;
    if (!PyArg_ParseTuple(args, "OO:entries_write", &path, &list))
        return NULL;
    PyObject *bytes = path_bytes(path), *items = bytes ? PySequence_Fast(list, "expected a sequence of pairs") : NULL;
    const Py_ssize_t n = items ? PySequence_Fast_GET_SIZE(items) : 0;
    sp_entry *entries = PyMem_Calloc((size_t)n + 1, sizeof *entries);
    bool done = items && entries && n <= INT_MAX;
    for (Py_ssize_t i = 0; done && i < n; i++)
        done = entry_from(PySequence_Fast_GET_ITEM(items, i), &entries[i]);
    sp_status st = SP_OK;
    if (done)
        WITHOUT_GIL(st = sp_tensors_write(PyBytes_AS_STRING(bytes), (int)n, entries));
    PyMem_Free(entries);
    Py_XDECREF(items);
    Py_XDECREF(bytes);
    if (!done)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    if (st != SP_OK)
        return raise_failure();
    Py_RETURN_NONE;
}

/* download(url, dir=None, unpack=True, replace=False, sha256=None) */
static PyObject *download(PyObject *module, PyObject *args, PyObject *named)
{
    (void)module;
    static char *names[] = {"url", "dir", "unpack", "replace", "sha256", NULL};
    const char *url, *dir = NULL, *sha256 = NULL;
    int unpack = 1, replace = 0;
    if (!PyArg_ParseTupleAndKeywords(args, named, "s|zppz:download", names, &url, &dir, &unpack, &replace, &sha256))
        return NULL;
    sp_status st;
    WITHOUT_GIL(st = sp_download(.url = url, .dir = dir, .no_unpack = !unpack, .replace = replace, .sha256 = sha256));
    if (st != SP_OK)
        return raise_failure();
    Py_RETURN_NONE;
}

/* find_mnist(dir=None): the folder with MNIST's files */
static PyObject *find_mnist(PyObject *module, PyObject *args)
{
    (void)module;
    const char *dir = NULL, *found;
    if (!PyArg_ParseTuple(args, "|z:find_mnist", &dir))
        return NULL;
    sp_scope scope = sp_scope_begin();
    WITHOUT_GIL(found = sp_find_mnist(dir, false, NULL, NULL));
    PyObject *result = found ? PyUnicode_DecodeFSDefault(found) : raise_failure();
    sp_scope_end(scope);
    return result;
}

/* image_read(path, channels=3) -> Tensor, UInt8 (H, W, channels) */
static PyObject *image_read(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *path, *result = NULL;
    int channels = 3;
    if (!PyArg_ParseTuple(args, "O&|i:image_read", PyUnicode_FSConverter, &path, &channels))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_tensor *t;
    WITHOUT_GIL(t = sp_image_read(PyBytes_AS_STRING(path), channels));
    result = tensor_wrap(t);
    sp_scope_end(scope);
    Py_DECREF(path);
    return result;
}

PyMethodDef file_functions[] = {
    {"entries_read", entries_read, METH_O,
     "entries_read(path): [(name, tensor or text)] of a .ckpt, .safetensors or .npz file"},
    {"entries_write", entries_write, METH_VARARGS, "entries_write(path, pairs): by the name's ending"},
    {"download", (PyCFunction)(void (*)(void))download, METH_VARARGS | METH_KEYWORDS,
     "download(url, dir, unpack, replace, sha256)"},
    {"image_read", image_read, METH_VARARGS,
     "image_read(path, channels=3): a PNG or JPEG file, UInt8 (H, W, channels)"},
    {"find_mnist", find_mnist, METH_VARARGS, "find_mnist(dir=None): the folder with MNIST's files"},
    {0}};
