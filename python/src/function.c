/* function.c: Python functions as sp_fn: gradients, traces, compiled functions. */
#include "core.h"

/* ---- calling back ---- */

static sp_list none(void) { return (sp_list){0}; }

/* The tensors of what a Python function returned: one, or a sequence of them. */
static bool returned(PyObject *o, sp_list *out)
{
    if (is_tensor(o)) {
        *out = sp_list_of(tensor_of(o));
        return true;
    }
    if (PyTuple_Check(o) || PyList_Check(o))
        return list_from(o, out);
    PyErr_Format(PyExc_TypeError, "the function returned a %.100s, expected tensors", type_name(o));
    return false;
}

/* The scope of the library holds them as well: Python's objects may be gone before it ends. */
static bool hold(sp_list list)
{
    for (int i = 0; i < list.n; i++)
        if (!sp_hold(list.at[i]))
            return false;
    return true;
}

sp_list call_python(void *self, sp_list in)
{
    const bool foreign = is_foreign();
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *args = list_wrap(in), *result = NULL;
    sp_list out = none();
    if (args && PyErr_CheckSignals() == 0)
        result = PyObject_Call(self, args, NULL);
    Py_XDECREF(args);
    if (!result || !returned(result, &out) || !hold(out)) {
        record_exception("callback", foreign);
        out = none();
    }
    Py_XDECREF(result);
    PyGILState_Release(gil);
    return out;
}

/* ---- gradients ---- */

static bool places_from(PyObject *wrt, int n, unsigned *out)
{
    sp_shape places;
    *out = 0;
    if (!shape_from(wrt, &places))
        return false;
    for (int i = 0; i < places.rank; i++) {
        if (places.dim[i] < 0 || places.dim[i] >= n || places.dim[i] > 30)
            return PyErr_Format(PyExc_ValueError, "grad: no input %lld of %d", (long long)places.dim[i], n) != NULL;
        *out |= SP_ARG(places.dim[i]);
    }
    return true;
}

/* grad(fn, inputs, wrt, weights, has_aux) -> (outs, d_in, d_weights) */
static PyObject *grad(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *fn, *inputs, *wrt, *weights, *result = NULL;
    int has_aux = 0;
    if (!PyArg_ParseTuple(args, "OOOO|p:grad", &fn, &inputs, &wrt, &weights, &has_aux))
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_list in;
    sp_grad_fn f = {.fn = call_python, .self = fn, .has_aux = has_aux};
    if (list_from(inputs, &in) && list_from(weights, &f.weights) && places_from(wrt, in.n, &f.wrt)) {
        sp_grads g;
        WITHOUT_GIL(g = sp_value_and_grad(&f, in));
        if (PyErr_Occurred() || g.out.n == 0)
            raise_failure();
        else
            result = Py_BuildValue("(NNN)", list_wrap(g.out), list_wrap(g.d_in), list_wrap(g.d_weights));
    }
    sp_scope_end(scope);
    return result;
}

/* ---- functions with a gradient of their own ---- */

/* Two Python functions while the library may still call them. */
typedef struct custom_pair {
    PyObject *fn, *vjp;
    bool *recorded; /* while custom() runs: false when nothing was recorded */
} custom_pair;

static sp_list custom_fn(void *self, sp_list in) { return call_python(((custom_pair *)self)->fn, in); }

/* Places without a tensor are None in Python. */
static PyObject *list_wrap_some(sp_list list)
{
    PyObject *tuple = PyTuple_New(list.n);
    for (int i = 0; tuple && i < list.n; i++) {
        PyObject *o = list.at[i] == SP_NONE ? Py_None : tensor_wrap(list.at[i]);
        if (!o) {
            Py_CLEAR(tuple);
            break;
        }
        if (o == Py_None)
            Py_INCREF(o);
        PyTuple_SET_ITEM(tuple, i, o);
    }
    return tuple;
}

/* A sequence of tensors and None. */
static bool some_from(PyObject *sequence, sp_list *out)
{
    PyObject *items = PySequence_Tuple(sequence);
    const Py_ssize_t n = items ? PyTuple_Size(items) : 0;
    sp_tensor **tensors = items ? PyMem_New(sp_tensor *, (size_t)n + 1) : NULL;
    bool done = tensors && n < INT_MAX;
    for (Py_ssize_t i = 0; done && i < n; i++) {
        PyObject *o = PyTuple_GetItem(items, i);
        done = o == Py_None || is_tensor(o);
        if (done)
            tensors[i] = o == Py_None ? SP_NONE : tensor_of(o);
        else
            PyErr_Format(PyExc_TypeError, "the gradient function returned a %.100s, expected a tensor", type_name(o));
    }
    if (done)
        *out = sp_list_new((int)n, tensors);
    done = done && hold(*out);
    PyMem_Free(tensors);
    Py_XDECREF(items);
    return done;
}

static sp_list custom_vjp(void *self, sp_list in, sp_list out, sp_list d_out)
{
    const bool foreign = is_foreign();
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *result = NULL, *args = Py_BuildValue("(NNN)", list_wrap(in), list_wrap(out), list_wrap_some(d_out));
    sp_list d_in = none();
    if (args && PyErr_CheckSignals() == 0)
        result = PyObject_Call(((custom_pair *)self)->vjp, args, NULL);
    Py_XDECREF(args);
    if (!result || !some_from(result, &d_in)) {
        record_exception("callback", foreign);
        d_in = none();
    }
    Py_XDECREF(result);
    PyGILState_Release(gil);
    return d_in;
}

static void custom_done(void *self)
{
    custom_pair *pair = self;
    PyGILState_STATE gil = PyGILState_Ensure();
    if (pair->recorded)
        *pair->recorded = false;
    Py_DECREF(pair->fn);
    Py_DECREF(pair->vjp);
    PyMem_Free(pair);
    PyGILState_Release(gil);
}

/* custom(fn, vjp, inputs) -> (outs, whether a gradient will ask vjp) */
static PyObject *custom(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *fn, *vjp, *inputs, *result = NULL;
    if (!PyArg_ParseTuple(args, "OOO:custom", &fn, &vjp, &inputs))
        return NULL;
    custom_pair *pair = PyMem_New(custom_pair, 1);
    if (!pair)
        return PyErr_NoMemory();
    bool recorded = true;
    Py_INCREF(fn);
    Py_INCREF(vjp);
    *pair = (custom_pair){fn, vjp, &recorded};
    sp_scope scope = sp_scope_begin();
    sp_custom_fn f = {.fn = custom_fn, .vjp = custom_vjp, .self = pair, .done = custom_done};
    sp_list in, out = none();
    if (list_from(inputs, &in)) {
        WITHOUT_GIL(out = sp_custom(&f, in));
        if (recorded)
            pair->recorded = NULL;
        result = PyErr_Occurred() || out.n == 0 ? raise_failure()
                                                : Py_BuildValue("(NO)", list_wrap(out), recorded ? Py_True : Py_False);
    } else
        custom_done(pair);
    sp_scope_end(scope);
    return result;
}

static PyObject *stop_gradient(PyObject *module, PyObject *o)
{
    (void)module;
    if (!is_tensor(o))
        return PyErr_Format(PyExc_TypeError, "stop_gradient: expected a tensor, found %.100s", type_name(o));
    sp_scope scope = sp_scope_begin();
    PyObject *result = tensor_wrap(sp_stop_gradient(tensor_of(o)));
    sp_scope_end(scope);
    return result;
}

/* ---- graphs ---- */

typedef struct graph_object {
    PyObject_HEAD sp_graph *g;
} graph_object;

static sp_graph *graph_of(PyObject *o) { return ((graph_object *)o)->g; }

static PyObject *graph_wrap(sp_graph *g)
{
    if (!g || PyErr_Occurred()) {
        sp_graph_free(g);
        return raise_failure();
    }
    graph_object *o = PyObject_New(graph_object, graph_type);
    if (o)
        o->g = g;
    else
        sp_graph_free(g);
    return (PyObject *)o;
}

static void graph_dealloc(PyObject *o)
{
    sp_graph_free(graph_of(o));
    object_free(o);
}

/* trace(fn, example_inputs) */
static PyObject *trace(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *fn, *example;
    sp_graph *g = NULL;
    sp_list in;
    if (!PyArg_ParseTuple(args, "OO:trace", &fn, &example))
        return NULL;
    sp_scope scope = sp_scope_begin();
    const bool given = list_from(example, &in);
    if (given)
        WITHOUT_GIL(g = sp_trace(call_python, fn, in));
    sp_scope_end(scope);
    return given ? graph_wrap(g) : NULL;
}

static PyObject *path_bytes(PyObject *o)
{
    PyObject *bytes = NULL;
    return PyUnicode_FSConverter(o, &bytes) ? bytes : NULL;
}

static PyObject *graph_load(PyObject *type, PyObject *path)
{
    (void)type;
    PyObject *bytes = path_bytes(path);
    sp_graph *g = NULL;
    if (!bytes)
        return NULL;
    WITHOUT_GIL(g = sp_graph_load(PyBytes_AS_STRING(bytes)));
    Py_DECREF(bytes);
    return graph_wrap(g);
}

static PyObject *graph_save(PyObject *self, PyObject *path)
{
    PyObject *bytes = path_bytes(path);
    sp_status st = SP_OK;
    if (!bytes)
        return NULL;
    WITHOUT_GIL(st = sp_graph_save(graph_of(self), PyBytes_AS_STRING(bytes)));
    Py_DECREF(bytes);
    if (st != SP_OK)
        return raise_failure();
    Py_RETURN_NONE;
}

/* run(*tensors) of a graph or a compiled function */
static PyObject *run(PyObject *args, sp_fn fn, void *self)
{
    sp_scope scope = sp_scope_begin();
    sp_list in, out = none();
    PyObject *result = NULL;
    if (list_from(args, &in)) {
        WITHOUT_GIL(out = fn(self, in));
        result = PyErr_Occurred() || out.n == 0 ? raise_failure() : list_wrap(out);
    }
    sp_scope_end(scope);
    return result;
}

static PyObject *graph_run(PyObject *self, PyObject *args) { return run(args, sp_graph_run, graph_of(self)); }

static PyObject *graph_params(PyObject *self, PyObject *unused)
{
    (void)unused;
    return list_wrap(sp_graph_params(graph_of(self)));
}

static PyObject *graph_inputs(PyObject *self, PyObject *unused)
{
    (void)unused;
    const int n = sp_graph_inputs(graph_of(self));
    PyObject *list = PyList_New(n);
    for (int i = 0; list && i < n; i++) {
        PyObject *o = Py_BuildValue("(sNN)", sp_graph_input_name(graph_of(self), i),
                                    shape_tuple(sp_graph_input_shape(graph_of(self), i)),
                                    dtype_object(sp_graph_input_dtype(graph_of(self), i)));
        if (!o)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, o);
    }
    return list;
}

static PyObject *graph_str(PyObject *self)
{
    sp_scope scope = sp_scope_begin();
    PyObject *o = PyUnicode_FromString(sp_graph_str(graph_of(self)));
    sp_scope_end(scope);
    return o;
}

static PyMethodDef graph_methods[] = {
    {"load", graph_load, METH_O | METH_CLASS, "load(path): a graph from a .mindir or .onnx file"},
    {"save", graph_save, METH_O, "save(path): as .mindir or .onnx"},
    {"run", graph_run, METH_VARARGS, "run(*tensors) -> tuple"},
    {"params", graph_params, METH_NOARGS, "its parameters"},
    {"inputs", graph_inputs, METH_NOARGS, "[(name, shape, dtype)], -1: any size"},
    {0}};

static PyType_Slot graph_slots[] = {
    {Py_tp_dealloc, graph_dealloc}, {Py_tp_str, graph_str}, {Py_tp_doc, (void *)"A function as data."},
    {Py_tp_methods, graph_methods}, {Py_tp_new, no_new},    {0}};

PyType_Spec graph_spec = {"spore._core.Graph", sizeof(graph_object), 0, Py_TPFLAGS_DEFAULT, graph_slots};

/* ---- compiled functions ---- */

/* The library's compiled function is used by one thread at a time: others wait here. */
typedef struct compiled_object {
    PyObject_HEAD PyObject *fn;
    sp_compiled *c;
    PyThread_type_lock lock;
    unsigned long user; /* the thread that has the lock, 0: none */
} compiled_object;

static PyObject *compiled_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    PyObject *fn;
    static char *names[] = {"fn", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, named, "O:Compiled", names, &fn))
        return NULL;
    compiled_object *self = (compiled_object *)PyType_GenericAlloc(type, 0);
    if (!self)
        return NULL;
    Py_INCREF(fn);
    self->fn = fn;
    self->c = sp_compile(.fn = call_python, .self = fn);
    self->lock = PyThread_allocate_lock();
    if (self->c && self->lock)
        return (PyObject *)self;
    if (self->c)
        PyErr_NoMemory();
    Py_DECREF(self);
    return raise_failure();
}

static int compiled_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((compiled_object *)self)->fn);
    return 0;
}

static int compiled_clear(PyObject *self)
{
    Py_CLEAR(((compiled_object *)self)->fn);
    return 0;
}

static void compiled_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    sp_compiled_free(((compiled_object *)self)->c);
    if (((compiled_object *)self)->lock)
        PyThread_free_lock(((compiled_object *)self)->lock);
    compiled_clear(self);
    object_free(self);
}

static PyObject *compiled_run(PyObject *self, PyObject *args)
{
    compiled_object *o = (compiled_object *)self;
    const unsigned long me = PyThread_get_thread_ident();
    if (o->user == me) /* it calls itself: the library says what is wrong with that */
        return run(args, sp_compiled_run, o->c);
    if (!PyThread_acquire_lock(o->lock, NOWAIT_LOCK))
        WITHOUT_GIL(PyThread_acquire_lock(o->lock, WAIT_LOCK));
    o->user = me;
    PyObject *result = run(args, sp_compiled_run, o->c);
    o->user = 0;
    PyThread_release_lock(o->lock);
    return result;
}

static PyMethodDef compiled_methods[] = {
    {"run", compiled_run, METH_VARARGS, "run(*tensors) -> tuple; traced at the first call with these shapes and types"},
    {0}};

static PyType_Slot compiled_slots[] = {{Py_tp_dealloc, compiled_dealloc},
                                       {Py_tp_traverse, compiled_traverse},
                                       {Py_tp_clear, compiled_clear},
                                       {Py_tp_new, compiled_new},
                                       {Py_tp_doc, (void *)"Compiled(fn): a function of tensors, traced and planned."},
                                       {Py_tp_methods, compiled_methods},
                                       {0}};

PyType_Spec compiled_spec = {"spore._core.Compiled", sizeof(compiled_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, compiled_slots};

PyMethodDef function_functions[] = {
    {"grad", grad, METH_VARARGS, "grad(fn, inputs, wrt, weights, has_aux=False) -> (outs, d_in, d_weights)"},
    {"custom", custom, METH_VARARGS,
     "custom(fn, vjp, inputs) -> (outs, recorded): fn(*inputs), of which vjp(inputs, outs, d_outs) is the gradient"},
    {"stop_gradient", stop_gradient, METH_O, "the tensor, behind which nothing is differentiated"},
    {"trace", trace, METH_VARARGS, "trace(fn, example_inputs) -> Graph"},
    {0}};
