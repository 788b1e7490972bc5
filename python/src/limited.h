/* limited.h: Python's limited API of 3.9, so that one file runs on every Python from 3.9 on, and what the extension needs beside it.
 *
 * Buffers are in the limited API from 3.11 on, vectorcall from 3.12 on. Both are declared here as they are there. In 3.9 and 3.10
 * (3.9 to 3.11) they exist with the same layout, under the same numbers; these releases change no more, so that a test on each of them
 * settles it. docs/decisions/031-one-wheel.md */
#ifndef SPORE_PYTHON_LIMITED_H
#define SPORE_PYTHON_LIMITED_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03090000
#include <Python.h>
#include <structmember.h>

/* ---- buffers ---- */

typedef struct Py_buffer {
    void *buf;
    PyObject *obj;
    Py_ssize_t len, itemsize;
    int readonly, ndim;
    char *format;
    Py_ssize_t *shape, *strides, *suboffsets;
    void *internal;
} Py_buffer;

int PyObject_CheckBuffer(PyObject *o);
int PyObject_GetBuffer(PyObject *o, Py_buffer *view, int flags);
void PyBuffer_Release(Py_buffer *view);
int PyBuffer_IsContiguous(const Py_buffer *view, char order);
int PyBuffer_ToContiguous(void *to, const Py_buffer *view, Py_ssize_t bytes, char order);

enum {
    PyBUF_WRITABLE = 0x1,
    PyBUF_FORMAT = 0x4,
    PyBUF_ND = 0x8,
    PyBUF_STRIDES = 0x10 | PyBUF_ND,
    PyBUF_FULL_RO = 0x100 | PyBUF_STRIDES | PyBUF_FORMAT
};
#undef Py_bf_getbuffer
#undef Py_bf_releasebuffer
enum { Py_bf_getbuffer = 1, Py_bf_releasebuffer = 2 }; /* numbers of slots */

/* ---- vectorcall ---- */

#ifndef METH_FASTCALL
#define METH_FASTCALL 0x0080
#endif
#ifndef Py_TPFLAGS_HAVE_VECTORCALL
#define Py_TPFLAGS_HAVE_VECTORCALL (1UL << 11)
#endif
typedef PyObject *(*vectorcallfunc)(PyObject *callable, PyObject *const *args, size_t flags, PyObject *names);
PyObject *PyVectorcall_Call(PyObject *callable, PyObject *args, PyObject *named);
#define PyVectorcall_NARGS(flags) ((Py_ssize_t)((flags) & (SIZE_MAX >> 1)))

/* ---- macros of the full API, as functions ---- */

const char *PyUnicode_AsUTF8AndSize(PyObject *o, Py_ssize_t *size); /* in the limited API from 3.10 on */
#define PyUnicode_AsUTF8(o)          PyUnicode_AsUTF8AndSize((o), NULL)
#define PyTuple_GET_SIZE(o)          PyTuple_Size(o)
#define PyTuple_GET_ITEM(o, i)       PyTuple_GetItem((o), (i))
#define PyTuple_SET_ITEM(o, i, item) ((void)PyTuple_SetItem((o), (i), (item)))
#define PyList_GET_SIZE(o)           PyList_Size(o)
#define PyList_GET_ITEM(o, i)        PyList_GetItem((o), (i))
#define PyList_SET_ITEM(o, i, item)  ((void)PyList_SetItem((o), (i), (item)))
#define PyFloat_AS_DOUBLE(o)         PyFloat_AsDouble(o)
#define PyBytes_AS_STRING(o)         PyBytes_AsString(o)
#undef PySequence_Fast_GET_SIZE
#undef PySequence_Fast_GET_ITEM
#define PySequence_Fast_GET_SIZE(o)    PySequence_Size(o)
#define PySequence_Fast_GET_ITEM(o, i) (PyList_Check(o) ? PyList_GetItem((o), (i)) : PyTuple_GetItem((o), (i)))

void *PyMem_Calloc(size_t n, size_t size); /* from 3.7 on, in the headers for the limited API from 3.11 on */

/* Adds an object to the module, which gets a reference of its own. 0, or -1 and an exception. */
static inline int module_add(PyObject *module, const char *name, PyObject *value)
{
    Py_INCREF(value);
    if (PyModule_AddObject(module, name, value) == 0)
        return 0;
    Py_DECREF(value);
    return -1;
}

/* ---- types ---- */

/* The name of an object's type, for messages: until the next call in this thread. */
const char *type_name(PyObject *o);
/* The end of every tp_dealloc: gives the memory back, and the object's hold on its type. */
static inline void object_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}
/* tp_new of the types that only the library makes. */
PyObject *no_new(PyTypeObject *type, PyObject *args, PyObject *named);

#endif
