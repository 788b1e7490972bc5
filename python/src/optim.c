/* optim.c: optimizers. */
#include "core.h"

typedef struct optimizer_object {
    PyObject_HEAD sp_optim *o;
    PyObject *params; /* the parameters live as long */
} optimizer_object;

static sp_optim *optim_of(PyObject *self) { return ((optimizer_object *)self)->o; }

typedef struct settings {
    double lr, momentum, dampening, weight_decay, loss_scale, beta1, beta2, eps;
    int nesterov, amsgrad;
} settings;

static bool settings_from(PyObject *args, PyObject *named, PyObject **params, settings *s)
{
    static char *names[] = {"params", "lr",    "momentum", "dampening", "weight_decay", "loss_scale",
                            "beta1",  "beta2", "eps",      "nesterov",  "amsgrad",      NULL};
    return PyArg_ParseTupleAndKeywords(args, named, "O|$ddddddddpp", names, params, &s->lr, &s->momentum, &s->dampening,
                                       &s->weight_decay, &s->loss_scale, &s->beta1, &s->beta2, &s->eps, &s->nesterov,
                                       &s->amsgrad);
}

static PyObject *wrap(PyObject *params, sp_optim *o)
{
    optimizer_object *self = o ? PyObject_New(optimizer_object, optimizer_type) : NULL;
    if (!self) {
        sp_optim_free(o);
        return o ? NULL : raise_failure();
    }
    Py_INCREF(params);
    self->o = o;
    self->params = params;
    return (PyObject *)self;
}

typedef enum kind { SGD, MOMENTUM, ADAM } kind;

static PyObject *make(kind what, PyObject *args, PyObject *named)
{
    settings s = {0};
    PyObject *params, *result = NULL;
    sp_list list;
    if (!settings_from(args, named, &params, &s))
        return NULL;
    sp_scope scope = sp_scope_begin();
    if (list_from(params, &list)) {
        sp_optim *o =
            what == SGD
                ? sp_optim_sgd(.params = list, .lr = s.lr, .momentum = s.momentum, .dampening = s.dampening,
                               .weight_decay = s.weight_decay, .nesterov = s.nesterov, .loss_scale = s.loss_scale)
            : what == MOMENTUM
                ? sp_optim_momentum(.params = list, .lr = s.lr, .momentum = s.momentum, .weight_decay = s.weight_decay,
                                    .loss_scale = s.loss_scale, .nesterov = s.nesterov)
                : sp_optim_adam(.params = list, .lr = s.lr, .beta1 = s.beta1, .beta2 = s.beta2, .eps = s.eps,
                                .weight_decay = s.weight_decay, .loss_scale = s.loss_scale, .nesterov = s.nesterov,
                                .amsgrad = s.amsgrad);
        result = wrap(params, o);
    }
    sp_scope_end(scope);
    return result;
}

static PyObject *sgd(PyObject *type, PyObject *args, PyObject *named) { return (void)type, make(SGD, args, named); }
static PyObject *momentum(PyObject *type, PyObject *args, PyObject *named)
{
    return (void)type, make(MOMENTUM, args, named);
}
static PyObject *adam(PyObject *type, PyObject *args, PyObject *named) { return (void)type, make(ADAM, args, named); }

static void dealloc(PyObject *self)
{
    sp_optim_free(optim_of(self));
    Py_XDECREF(((optimizer_object *)self)->params);
    object_free(self);
}

static PyObject *step(PyObject *self, PyObject *grads)
{
    sp_scope scope = sp_scope_begin();
    sp_list list;
    sp_status st = SP_ERR_VALUE;
    const bool given = list_from(grads, &list);
    if (given)
        WITHOUT_GIL(st = sp_optim_step(optim_of(self), list));
    sp_scope_end(scope);
    if (!given)
        return NULL;
    if (st != SP_OK)
        return raise_failure();
    Py_RETURN_NONE;
}

static PyObject *state(PyObject *self, PyObject *unused)
{
    (void)unused;
    sp_scope scope = sp_scope_begin();
    PyObject *result = list_wrap(sp_optim_state(optim_of(self)));
    sp_scope_end(scope);
    return result;
}

static PyObject *get_lr(PyObject *self, void *unused)
{
    return (void)unused, PyFloat_FromDouble(sp_optim_lr(optim_of(self)));
}

static int set_lr(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    const double lr = value ? PyFloat_AsDouble(value) : -1;
    if (PyErr_Occurred())
        return -1;
    return sp_optim_set_lr(optim_of(self), lr) == SP_OK ? 0 : (raise_failure(), -1);
}

static PyObject *get_steps(PyObject *self, void *unused)
{
    return (void)unused, PyLong_FromLongLong(sp_optim_steps(optim_of(self)));
}

static PyObject *str(PyObject *self)
{
    sp_scope scope = sp_scope_begin();
    PyObject *o = PyUnicode_FromString(sp_optim_str(optim_of(self)));
    sp_scope_end(scope);
    return o;
}

#define MAKER(name, text)                                                                         \
    {                                                                                             \
#name, (PyCFunction)(void (*)(void))name, METH_VARARGS | METH_KEYWORDS | METH_CLASS, text \
    }

static PyMethodDef methods[] = {
    MAKER(sgd, "sgd(params, lr, momentum, dampening, weight_decay, nesterov, loss_scale)"),
    MAKER(momentum, "momentum(params, lr, momentum, weight_decay, loss_scale, nesterov)"),
    MAKER(adam, "adam(params, lr, beta1, beta2, eps, weight_decay, loss_scale, nesterov, amsgrad)"),
    {"step", step, METH_O, "step(gradients): one for each parameter, in order"},
    {"state", state, METH_NOARGS, "its state under MindSpore's names"},
    {0}};

static PyGetSetDef getset[] = {
    {"lr", get_lr, set_lr, "the learning rate", NULL}, {"steps", get_steps, NULL, "steps taken", NULL}, {0}};

static PyType_Slot optimizer_slots[] = {{Py_tp_dealloc, dealloc},
                                        {Py_tp_str, str},
                                        {Py_tp_doc, (void *)"An optimizer of the library."},
                                        {Py_tp_methods, methods},
                                        {Py_tp_getset, getset},
                                        {Py_tp_new, no_new},
                                        {0}};

PyType_Spec optimizer_spec = {"spore._core.Optimizer", sizeof(optimizer_object), 0, Py_TPFLAGS_DEFAULT,
                              optimizer_slots};
