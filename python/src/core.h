/* core.h: the parts of spore._core, the extension behind the Python package.
 *
 *   limited.h    the API of Python that it keeps to
 *   module.c     the module, dtypes, errors, settings
 *   tensor.c     TensorBase: making, looking, parameters
 *   share.c      elements shared with other libraries: buffers, DLPack
 *   ops.c        operators by name (the table of spore/table.h), arithmetic, indexing
 *   function.c   Python functions as sp_fn: gradients, traces, compiled functions
 *   optim.c files.c data.c
 *
 * Every call from Python opens a scope, keeps its results in Python objects and ends the scope. The GIL is released while the library
 * works, and taken where it calls back. A failure of the library becomes an exception with its text; an exception raised in a callback
 * comes out as itself. */
#ifndef SPORE_PYTHON_CORE_H
#define SPORE_PYTHON_CORE_H

#include "limited.h"

#include <math.h>
#include <spore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- module.c ---- */

/* Raises what the library recorded, unless an exception is on its way already, and forgets it. Returns NULL. */
void *raise_failure(void);
/* The failure of the library that an exception in a callback becomes. The exception stays set; in a foreign thread, one of the library's
 * own, it is kept for the thread that meets the failure. */
void record_exception(const char *where, bool foreign);
/* Whether this thread is none that Python knows, yet. */
static inline bool is_foreign(void) { return PyGILState_GetThisThreadState() == NULL; }

/* The Python object of an element type, new reference; and back: false and TypeError if it is none. */
PyObject *dtype_object(sp_dtype dtype);
bool dtype_from(PyObject *o, sp_dtype *out);
extern PyTypeObject *dtype_type;
extern PyType_Spec dtype_spec;

/* A number or a sequence of numbers as a shape. */
bool shape_from(PyObject *o, sp_shape *out);
PyObject *shape_tuple(sp_shape shape);

/* ---- tensor.c ---- */

typedef struct tensor_object {
    PyObject_HEAD sp_tensor *t; /* kept */
} tensor_object;

extern PyTypeObject *tensor_type;
extern PyType_Spec tensor_spec;
static inline bool is_tensor(PyObject *o) { return PyObject_TypeCheck(o, tensor_type); }
static inline sp_tensor *tensor_of(PyObject *o) { return ((tensor_object *)o)->t; }

/* A Python object of t, which it keeps; NULL and an exception if t is NULL. */
PyObject *tensor_wrap(sp_tensor *t);
/* A tensor of the scope from a Python object: a tensor, a number, nested sequences, a buffer. dtype SP_DTYPE_COUNT_: as it comes. */
sp_tensor *tensor_from(PyObject *o, sp_dtype dtype);
/* All tensors of a sequence as a list of the scope; false and TypeError. */
bool list_from(PyObject *sequence, sp_list *out);
/* A tuple of Python objects; NULL and an exception if one is NULL. */
PyObject *list_wrap(sp_list list);

extern PyMethodDef tensor_functions[];

/* ---- share.c ---- */

extern PyTypeObject *elements_type;
extern PyType_Spec elements_spec;
extern PyMethodDef share_functions[];
int tensor_buffer(PyObject *self, Py_buffer *view, int flags);
PyObject *tensor_dlpack(PyObject *self, PyObject *args, PyObject *named);
PyObject *tensor_dlpack_device(PyObject *self, PyObject *unused);
/* The element type of a buffer's format; false if it is none of ours. */
bool dtype_of_format(const char *format, Py_ssize_t itemsize, sp_dtype *out);

/* ---- ops.c ---- */

extern const PyType_Slot tensor_operators[]; /* the part of TensorBase that calls operators */
PyObject *tensor_compare(PyObject *a, PyObject *b, int how);
extern PyMethodDef op_functions[];
extern PyTypeObject *op_type;
extern PyType_Spec op_spec;

/* ---- function.c, optim.c, files.c, data.c ---- */

extern PyMethodDef function_functions[], file_functions[], data_functions[];
extern PyTypeObject *graph_type, *compiled_type, *optimizer_type, *dataset_type, *iterator_type, *transform_type;
extern PyType_Spec graph_spec, compiled_spec, optimizer_spec, dataset_spec, iterator_spec, transform_spec;

/* Calls a Python function with tensors as arguments and gives its tensors; self is the function. Takes the GIL. */
sp_list call_python(void *self, sp_list in);

/* A scope around a call with the GIL released. */
#define WITHOUT_GIL(...)                    \
    do {                                    \
        Py_BEGIN_ALLOW_THREADS __VA_ARGS__; \
        Py_END_ALLOW_THREADS                \
    } while (0)

#endif
