/* module.c: the module, element types, errors, settings. */
#include "core.h"

/* ---- errors ---- */

static PyObject *class_of(sp_status status)
{
    switch (status) {
    case SP_ERR_VALUE:
    case SP_ERR_SHAPE:
        return PyExc_ValueError;
    case SP_ERR_DTYPE:
        return PyExc_TypeError;
    case SP_ERR_NOMEM:
        return PyExc_MemoryError;
    case SP_ERR_IO:
        return PyExc_OSError;
    case SP_ERR_UNSUPPORTED:
        return PyExc_NotImplementedError;
    case SP_ERR_INTERRUPTED:
        return PyExc_KeyboardInterrupt;
    default:
        return PyExc_RuntimeError;
    }
}

/* {text of the failure: exception}: what functions raised in threads of the library, whose failure reaches another thread as a text. */
static PyObject *from_workers;

/* The exception behind the failure, if it was raised in a thread of the library: set, and forgotten. */
static bool raise_from_worker(void)
{
    PyObject *text = from_workers ? PyUnicode_FromString(sp_error_text()) : NULL;
    PyObject *exception = text ? PyDict_GetItemWithError(from_workers, text) : NULL;
    Py_XINCREF(exception);
    if (exception) {
        PyDict_DelItem(from_workers, text);
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    }
    Py_XDECREF(exception);
    Py_XDECREF(text);
    return exception != NULL;
}

void *raise_failure(void)
{
    if (!PyErr_Occurred() && !raise_from_worker())
        PyErr_SetString(class_of(sp_error()), sp_error() == SP_OK ? "spore: a result is missing" : sp_error_text());
    sp_error_clear();
    return NULL;
}

/* Sets the failure and keeps the exception for who meets it. */
static void hand_over(const char *where)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (value && trace)
        PyException_SetTraceback(value, trace);
    PyObject *shown = value ? PyObject_Str(value) : NULL,
             *class = type ? PyObject_GetAttrString(type, "__name__") : NULL;
    const char *says = shown ? PyUnicode_AsUTF8(shown) : NULL, *name = class ? PyUnicode_AsUTF8(class) : NULL;
    sp_set_error(SP_ERR_STATE, "%s: the Python function raised %s: %s", where, name ? name : "an exception",
                 says ? says : "?");
    if (!from_workers)
        from_workers = PyDict_New();
    PyObject *text = from_workers ? PyUnicode_FromString(sp_error_text()) : NULL;
    if (text && value)
        PyDict_SetItem(from_workers, text, value);
    Py_XDECREF(text);
    Py_XDECREF(class);
    Py_XDECREF(shown);
    Py_XDECREF(trace);
    Py_XDECREF(value);
    Py_XDECREF(type);
    PyErr_Clear();
}

void record_exception(const char *where, bool foreign)
{
    if (foreign)
        hand_over(where);
    else
        sp_set_error(SP_ERR_STATE, "%s: the Python function raised an exception", where);
}

/* ---- element types ---- */

typedef struct dtype_object_ {
    PyObject_HEAD sp_dtype dtype;
} dtype_object_;

static PyObject *dtypes[SP_DTYPE_COUNT_];

static const char *const small_names[SP_DTYPE_COUNT_] = {
    [SP_F32] = "float32", [SP_F64] = "float64", [SP_F16] = "float16", [SP_BF16] = "bfloat16", [SP_I8] = "int8",
    [SP_I16] = "int16",   [SP_I32] = "int32",   [SP_I64] = "int64",   [SP_U8] = "uint8",      [SP_U16] = "uint16",
    [SP_U32] = "uint32",  [SP_U64] = "uint64",  [SP_BOOL] = "bool_"};

static sp_dtype dtype_of(PyObject *self) { return ((dtype_object_ *)self)->dtype; }
static PyObject *dtype_str(PyObject *self) { return PyUnicode_FromString(sp_dtype_name(dtype_of(self))); }
static PyObject *dtype_repr(PyObject *self)
{
    return PyUnicode_FromFormat("mindspore.%s", small_names[dtype_of(self)]);
}
static PyObject *dtype_name(PyObject *self, void *unused)
{
    (void)unused;
    return PyUnicode_FromString(small_names[dtype_of(self)]);
}
static PyObject *dtype_bytes(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromSize_t(sp_dtype_size(dtype_of(self)));
}
static PyObject *dtype_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *module = PyImport_ImportModule("spore._core");
    PyObject *get = module ? PyObject_GetAttrString(module, "dtype_named") : NULL;
    Py_XDECREF(module);
    return get ? Py_BuildValue("(N(s))", get, small_names[dtype_of(self)]) : NULL;
}

static PyGetSetDef dtype_getset[] = {{"name", dtype_name, NULL, "its name in lower case", NULL},
                                     {"itemsize", dtype_bytes, NULL, "bytes of an element", NULL},
                                     {0}};
static PyMethodDef dtype_methods[] = {{"__reduce__", dtype_reduce, METH_NOARGS, "for pickle"}, {0}};

static PyType_Slot dtype_slots[] = {{Py_tp_doc, (void *)"An element type. There is one object of each."},
                                    {Py_tp_str, dtype_str},
                                    {Py_tp_repr, dtype_repr},
                                    {Py_tp_methods, dtype_methods},
                                    {Py_tp_getset, dtype_getset},
                                    {Py_tp_new, no_new},
                                    {0}};

PyType_Spec dtype_spec = {"spore._core.DType", sizeof(dtype_object_), 0, Py_TPFLAGS_DEFAULT, dtype_slots};

PyObject *dtype_object(sp_dtype dtype)
{
    if ((unsigned)dtype >= SP_DTYPE_COUNT_)
        return raise_failure();
    Py_INCREF(dtypes[dtype]);
    return dtypes[dtype];
}

bool dtype_from(PyObject *o, sp_dtype *out)
{
    if (Py_TYPE(o) == dtype_type) {
        *out = dtype_of(o);
        return true;
    }
    PyErr_Format(PyExc_TypeError, "expected an element type such as float32, found %.100s", type_name(o));
    return false;
}

static PyObject *dtype_named(PyObject *module, PyObject *name)
{
    (void)module;
    const char *text = PyUnicode_AsUTF8(name);
    for (int i = 0; text && i < SP_DTYPE_COUNT_; i++)
        if (strcmp(text, small_names[i]) == 0)
            return dtype_object((sp_dtype)i);
    return text ? PyErr_Format(PyExc_ValueError, "no element type '%s'", text) : NULL;
}

static int add_dtypes(PyObject *module)
{
    for (int i = 0; i < SP_DTYPE_COUNT_; i++) {
        dtype_object_ *d = PyObject_New(dtype_object_, dtype_type);
        if (!d)
            return -1;
        d->dtype = (sp_dtype)i;
        dtypes[i] = (PyObject *)d;
        if (module_add(module, small_names[i], dtypes[i]) < 0)
            return -1;
    }
    return 0;
}

/* ---- shapes ---- */

static bool add_dim(sp_shape *shape, PyObject *number)
{
    const long long v = PyLong_AsLongLong(number);
    if (v == -1 && PyErr_Occurred())
        return false;
    if (shape->rank == SP_MAX_RANK) {
        PyErr_Format(PyExc_ValueError, "a shape of more than %d dimensions", SP_MAX_RANK);
        return false;
    }
    shape->dim[shape->rank++] = v;
    return true;
}

bool shape_from(PyObject *o, sp_shape *out)
{
    *out = (sp_shape){0};
    if (PyIndex_Check(o) && !PySequence_Check(o)) {
        PyObject *number = PyNumber_Index(o);
        bool done = number && add_dim(out, number);
        Py_XDECREF(number);
        return done;
    }
    PyObject *items = PySequence_Fast(o, "expected a shape: a number or a sequence of numbers");
    bool done = items != NULL;
    for (Py_ssize_t i = 0; done && i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *number = PyNumber_Index(PySequence_Fast_GET_ITEM(items, i));
        done = number && add_dim(out, number);
        Py_XDECREF(number);
    }
    Py_XDECREF(items);
    return done;
}

PyObject *shape_tuple(sp_shape shape)
{
    PyObject *tuple = PyTuple_New(shape.rank < 0 ? 0 : shape.rank);
    for (int i = 0; tuple && i < shape.rank; i++)
        PyTuple_SET_ITEM(tuple, i, PyLong_FromLongLong(shape.dim[i]));
    return tuple;
}

/* ---- settings ---- */

static PyObject *set_seed(PyObject *module, PyObject *seed)
{
    (void)module;
    const unsigned long long n = PyLong_AsUnsignedLongLongMask(seed);
    if (PyErr_Occurred())
        return NULL;
    sp_set_seed(n);
    Py_RETURN_NONE;
}

static PyObject *set_threads(PyObject *module, PyObject *n)
{
    (void)module;
    const long v = PyLong_AsLong(n);
    if (v == -1 && PyErr_Occurred())
        return NULL;
    sp_set_threads((int)(v > INT_MAX ? INT_MAX : v < -1 ? -1 : v));
    if (sp_error() != SP_OK)
        return raise_failure();
    Py_RETURN_NONE;
}

static PyObject *threads(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyLong_FromLong(sp_threads());
}

static PyObject *memory(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    const sp_mem_stats s = sp_mem_stats_get();
    return Py_BuildValue("{sLsLsLsL}", "live_bytes", (long long)s.live_bytes, "peak_bytes", (long long)s.peak_bytes,
                         "cached_bytes", (long long)s.cached_bytes, "live_blocks", (long long)s.live_blocks);
}

static PyMethodDef settings[] = {
    {"set_seed", set_seed, METH_O, "set_seed(n): seeds this thread's random stream"},
    {"set_threads", set_threads, METH_O,
     "set_threads(n): at most so many threads in kernels; 0: as many as there are processors"},
    {"threads", threads, METH_NOARGS, "how many threads kernels use"},
    {"memory", memory, METH_NOARGS, "what the library has allocated, a dict"},
    {"dtype_named", dtype_named, METH_O, "the element type of a name, \"float32\""},
    {0}};

/* ---- the module ---- */

PyTypeObject *dtype_type, *tensor_type, *elements_type, *op_type, *graph_type, *compiled_type, *optimizer_type,
    *dataset_type, *iterator_type, *transform_type;

typedef struct type_entry {
    PyTypeObject **type;
    PyType_Spec *spec;
    const char *name; /* in the module; NULL: not there */
} type_entry;
static const type_entry types[] = {{&dtype_type, &dtype_spec, "DType"},
                                   {&tensor_type, &tensor_spec, "TensorBase"},
                                   {&elements_type, &elements_spec, NULL},
                                   {&op_type, &op_spec, "Op"},
                                   {&graph_type, &graph_spec, "Graph"},
                                   {&compiled_type, &compiled_spec, "Compiled"},
                                   {&optimizer_type, &optimizer_spec, "Optimizer"},
                                   {&dataset_type, &dataset_spec, "Dataset"},
                                   {&iterator_type, &iterator_spec, "Iterator"},
                                   {&transform_type, &transform_spec, "Transform"}};

const char *type_name(PyObject *o)
{
    static _Thread_local char text[128];
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(o), "__name__");
    const char *found = name ? PyUnicode_AsUTF8(name) : NULL;
    PyOS_snprintf(text, sizeof text, "%s", found ? found : "?");
    if (!found)
        PyErr_Clear();
    Py_XDECREF(name);
    return text;
}

PyObject *no_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    (void)args, (void)named;
    return PyErr_Format(PyExc_TypeError, "cannot make an object of %R by calling it", type);
}

/* The types live as long as the process, as the library does. */
static bool add_types(PyObject *module)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        PyType_Slot slots[64], *at = slots;
        const PyType_Slot *const parts[] = {types[i].spec->slots,
                                            types[i].type == &tensor_type ? tensor_operators : NULL};
        for (size_t k = 0; k < 2; k++)
            for (const PyType_Slot *s = parts[k]; s && s->slot; s++)
                *at++ = *s;
        *at = (PyType_Slot){0};
        PyType_Spec spec = *types[i].spec;
        spec.slots = slots;
        if (!*types[i].type && !(*types[i].type = (PyTypeObject *)PyType_FromSpec(&spec)))
            return false;
        if (types[i].name && module_add(module, types[i].name, (PyObject *)*types[i].type) < 0)
            return false;
    }
    return true;
}

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                        "spore._core",
                                        "Spore's library: tensors, operators, gradients, graphs, data, files",
                                        -1,
                                        settings,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);
    bool done =
        module && add_types(module) && add_dtypes(module) == 0 &&
        PyModule_AddFunctions(module, tensor_functions) == 0 && PyModule_AddFunctions(module, op_functions) == 0 &&
        PyModule_AddFunctions(module, share_functions) == 0 && PyModule_AddFunctions(module, function_functions) == 0 &&
        PyModule_AddFunctions(module, file_functions) == 0 && PyModule_AddFunctions(module, data_functions) == 0 &&
        PyModule_AddStringConstant(module, "version", sp_version()) == 0 &&
        PyModule_AddStringConstant(module, "build_info", sp_build_info()) == 0;
    if (done)
        return module;
    Py_XDECREF(module);
    return NULL;
}
