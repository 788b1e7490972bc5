/* ops.c: operators by name, arithmetic, indexing. */
#include "core.h"

/* ---- operators by name ---- */

typedef struct op_object {
    PyObject_HEAD vectorcallfunc call;
    int op;
    sp_op_info info;
    sp_op_field *fields; /* info.n_fields of them */
    PyObject **names;    /* of the fields, interned */
} op_object;

static bool int_from(PyObject *o, int64_t *out)
{
    PyObject *number = PyNumber_Index(o);
    *out = number ? PyLong_AsLongLong(number) : -1;
    Py_XDECREF(number);
    return !(*out == -1 && PyErr_Occurred());
}

static bool word_from(const op_object *self, const sp_op_field *f, PyObject *o, int64_t *out)
{
    if (!PyUnicode_Check(o))
        return int_from(o, out);
    const char *text = PyUnicode_AsUTF8(o);
    for (int k = 0; text && f->words[k]; k++)
        if (PyOS_stricmp(text, f->words[k]) == 0)
            return *out = k, true;
    if (text)
        PyErr_Format(PyExc_ValueError, "%s: %s is '%s', which it cannot be", self->info.label, f->name, text);
    return false;
}

static bool value_from(const op_object *self, const sp_op_field *f, PyObject *o, sp_value *v)
{
    sp_shape numbers;
    sp_dtype dtype;
    switch (f->kind) {
    case SP_FIELD_BOOL:
        v->i = PyObject_IsTrue(o);
        return v->i >= 0;
    case SP_FIELD_INT:
        return int_from(o, &v->i);
    case SP_FIELD_FLOAT:
        v->f = PyFloat_AsDouble(o);
        return !(v->f == -1 && PyErr_Occurred());
    case SP_FIELD_ENUM:
        return word_from(self, f, o, &v->i);
    case SP_FIELD_TYPE:
        if (!dtype_from(o, &dtype))
            return false;
        v->i = dtype;
        return true;
    case SP_FIELD_INTS:
        if (!shape_from(o, &numbers))
            return false;
        v->n = numbers.rank;
        memcpy(v->ints, numbers.dim, sizeof v->ints);
        return true;
    }
    return false;
}

static int field_named(const op_object *self, PyObject *name)
{
    for (int i = 0; i < self->info.n_fields; i++)
        if (self->names[i] == name)
            return i;
    for (int i = 0; i < self->info.n_fields; i++)
        if (PyUnicode_Compare(self->names[i], name) == 0)
            return i;
    PyErr_Format(PyExc_TypeError, "%s has no attribute '%U'", self->info.name, name);
    return -1;
}

static bool add_input(const op_object *self, PyObject *o, sp_tensor **in, int *n)
{
    if (PyTuple_Check(o) || PyList_Check(o)) {
        PyObject *items = PySequence_Fast(o, "");
        bool done = items != NULL;
        for (Py_ssize_t i = 0; done && i < PySequence_Fast_GET_SIZE(items); i++)
            done = add_input(self, PySequence_Fast_GET_ITEM(items, i), in, n);
        Py_XDECREF(items);
        return done;
    }
    if (*n == self->info.max_inputs)
        return PyErr_Format(PyExc_TypeError, "%s takes at most %d tensors", self->info.name, self->info.max_inputs) !=
               NULL;
    if (o != Py_None && !is_tensor(o))
        return PyErr_Format(PyExc_TypeError, "%s: argument %d is a %.100s, expected a tensor", self->info.name, *n + 1,
                            type_name(o)) != NULL;
    in[(*n)++] = o == Py_None ? SP_NONE : tensor_of(o);
    return true;
}

static PyObject *result_of(sp_list out)
{
    if (out.n == 1)
        return tensor_wrap(out.at[0]);
    return out.n > 1 ? list_wrap(out) : raise_failure();
}

enum { MOST_INPUTS = 64, MOST_FIELDS = 16 };

static PyObject *op_call(PyObject *o, PyObject *const *args, size_t flags, PyObject *names)
{
    const op_object *self = (op_object *)o;
    const Py_ssize_t n_args = PyVectorcall_NARGS(flags), n_named = names ? PyTuple_GET_SIZE(names) : 0;
    sp_tensor *in[MOST_INPUTS];
    sp_value values[MOST_FIELDS];
    int n = 0;
    for (Py_ssize_t i = 0; i < n_args; i++)
        if (!add_input(self, args[i], in, &n))
            return NULL;
    for (int i = 0; n_named && i < self->info.n_fields; i++)
        values[i] = self->fields[i].preset;
    for (Py_ssize_t i = 0; i < n_named; i++) {
        const int k = field_named(self, PyTuple_GET_ITEM(names, i));
        if (k < 0 || !value_from(self, &self->fields[k], args[n_args + i], &values[k]))
            return NULL;
    }
    sp_scope scope = sp_scope_begin();
    sp_list out;
    WITHOUT_GIL(out = sp_op_call(self->op, sp_list_new(n, in), n_named ? values : NULL));
    PyObject *result = result_of(out);
    sp_scope_end(scope);
    return result;
}

static void op_dealloc(PyObject *o)
{
    op_object *self = (op_object *)o;
    for (int i = 0; self->names && i < self->info.n_fields; i++)
        Py_XDECREF(self->names[i]);
    PyMem_Free(self->names);
    PyMem_Free(self->fields);
    object_free(o);
}

static PyObject *op_repr(PyObject *o) { return PyUnicode_FromFormat("<operator %s>", ((op_object *)o)->info.name); }

static PyMemberDef members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(op_object, call), READONLY, NULL}, {0}};

static PyType_Slot op_slots[] = {
    {Py_tp_dealloc, op_dealloc},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_repr, op_repr},
    {Py_tp_doc, (void *)"An operator of the table, to be called with tensors and, by name, attributes."},
    {Py_tp_new, no_new},
    {Py_tp_members, members},
    {0}};

PyType_Spec op_spec = {"spore._core.Op", sizeof(op_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
                       op_slots};

static PyObject *op_new(const char *name)
{
    const int op = sp_op_find(name);
    sp_op_info info;
    if (!sp_op_info_get(op, &info) || info.internal || info.max_inputs > MOST_INPUTS || info.n_fields > MOST_FIELDS)
        return PyErr_Format(PyExc_NotImplementedError, "there is no operator '%s'", name);
    op_object *self = PyObject_New(op_object, op_type);
    if (!self)
        return NULL;
    self->call = op_call;
    self->op = op;
    self->info = info;
    self->fields = PyMem_Calloc((size_t)info.n_fields + 1, sizeof *self->fields);
    self->names = PyMem_Calloc((size_t)info.n_fields + 1, sizeof *self->names);
    bool done = self->fields && self->names;
    for (int i = 0; done && i < info.n_fields; i++) {
        sp_op_field_get(op, i, &self->fields[i]);
        self->names[i] = PyUnicode_InternFromString(self->fields[i].name);
        done = self->names[i] != NULL;
    }
    if (done)
        return (PyObject *)self;
    Py_DECREF(self);
    return PyErr_NoMemory();
}

static PyObject *bind(PyObject *module, PyObject *name)
{
    (void)module;
    const char *text = PyUnicode_AsUTF8(name);
    return text ? op_new(text) : NULL;
}

static PyObject *op(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    if (n < 1)
        return PyErr_Format(PyExc_TypeError, "op: expected the name of an operator");
    PyObject *found = bind(module, args[0]);
    PyObject *result = found ? op_call(found, args + 1, (size_t)n - 1, names) : NULL;
    Py_XDECREF(found);
    return result;
}

static PyObject *preset_of(const sp_op_field *f)
{
    switch (f->kind) {
    case SP_FIELD_BOOL:
        return PyBool_FromLong(f->preset.i != 0);
    case SP_FIELD_FLOAT:
        return PyFloat_FromDouble(f->preset.f);
    case SP_FIELD_ENUM:
        return PyUnicode_FromString(f->words[f->preset.i]);
    case SP_FIELD_TYPE:
        return dtype_object((sp_dtype)f->preset.i);
    case SP_FIELD_INTS:
        return PyTuple_New(0);
    default:
        return PyLong_FromLongLong(f->preset.i);
    }
}

static PyObject *words_of(const sp_op_field *f)
{
    PyObject *list = PyList_New(0);
    for (int k = 0; list && f->words && f->words[k]; k++) {
        PyObject *word = PyUnicode_FromString(f->words[k]);
        if (!word || PyList_Append(list, word) < 0)
            Py_CLEAR(list);
        Py_XDECREF(word);
    }
    return list;
}

static PyObject *fields_of(int number, const sp_op_info *info)
{
    static const char *const kinds[] = {"bool", "int", "float", "ints", "enum", "type"};
    PyObject *list = PyList_New(info->n_fields);
    for (int k = 0; list && k < info->n_fields; k++) {
        sp_op_field f;
        sp_op_field_get(number, k, &f);
        PyObject *o = Py_BuildValue("(ssddNN)", f.name, kinds[f.kind], f.min, f.max, preset_of(&f), words_of(&f));
        if (!o)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, k, o);
    }
    return list;
}

static PyObject *ops(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *list = PyList_New(0);
    for (int i = 0; list && i < sp_op_count(); i++) {
        sp_op_info info;
        sp_op_info_get(i, &info);
        if (info.internal)
            continue;
        PyObject *o = Py_BuildValue("{sssssisisisNsN}", "name", info.name, "label", info.label, "min_inputs",
                                    info.min_inputs, "max_inputs", info.max_inputs, "outputs", info.outputs, "fields",
                                    fields_of(i, &info), "differentiable", PyBool_FromLong(info.differentiable));
        if (!o || PyList_Append(list, o) < 0)
            Py_CLEAR(list);
        Py_XDECREF(o);
    }
    return list;
}

/* ---- arithmetic ---- */

/* The other operand: a number takes the tensor's type, unless it is a real beside integers or a whole number beside Bool. NULL
 * without an exception: not for us. */
static sp_tensor *operand(PyObject *o, const sp_tensor *beside)
{
    if (is_tensor(o))
        return tensor_of(o);
    const sp_dtype dtype = sp_dtype_of(beside);
    if (PyBool_Check(o))
        return sp_full(o == Py_True, dtype, SP_SCALAR);
    if (PyLong_Check(o)) {
        const double v = PyLong_AsDouble(o);
        if (v == -1 && PyErr_Occurred())
            return NULL;
        return dtype == SP_BOOL || fabs(v) > 0x1p53 ? tensor_from(o, dtype == SP_BOOL ? SP_I64 : dtype)
                                                    : sp_full(v, dtype, SP_SCALAR);
    }
    if (PyFloat_Check(o))
        return sp_full(PyFloat_AS_DOUBLE(o), sp_dtype_is_float(dtype) ? dtype : SP_F32, SP_SCALAR);
    if (PyList_Check(o) || PyTuple_Check(o) || PyObject_CheckBuffer(o))
        return tensor_from(o, SP_DTYPE_COUNT_);
    return NULL;
}

typedef sp_tensor *(*binary_fn)(sp_tensor *a, sp_tensor *b);

static PyObject *binary(PyObject *a, PyObject *b, binary_fn fn)
{
    sp_scope scope = sp_scope_begin();
    sp_tensor *x = is_tensor(a) ? tensor_of(a) : operand(a, tensor_of(b)), *y = is_tensor(b) ? tensor_of(b)
                                                                                : x          ? operand(b, x)
                                                                                             : NULL;
    PyObject *result = NULL;
    if (x && y) {
        sp_tensor *t;
        WITHOUT_GIL(t = fn(x, y));
        result = tensor_wrap(t);
    } else if (sp_error() != SP_OK) {
        raise_failure();
    } else if (!PyErr_Occurred()) {
        Py_INCREF(Py_NotImplemented);
        result = Py_NotImplemented;
    }
    sp_scope_end(scope);
    return result;
}

static PyObject *unary(PyObject *a, sp_tensor *(*fn)(sp_tensor *x))
{
    sp_scope scope = sp_scope_begin();
    sp_tensor *t;
    WITHOUT_GIL(t = fn(tensor_of(a)));
    PyObject *result = tensor_wrap(t);
    sp_scope_end(scope);
    return result;
}

#define BINARY(name, fn) \
    static PyObject *name(PyObject *a, PyObject *b) { return binary(a, b, fn); }
BINARY(add, sp_add)
BINARY(subtract, sp_sub)
BINARY(multiply, sp_mul)
BINARY(divide, sp_div)
BINARY(floor_divide, sp_floor_div)
BINARY(remainder_, sp_mod)
BINARY(matmul, sp_matmul)
BINARY(both, sp_logical_and)
BINARY(either, sp_logical_or)

static PyObject *power(PyObject *a, PyObject *b, PyObject *modulus)
{
    (void)modulus;
    return binary(a, b, sp_pow);
}
static PyObject *negative(PyObject *a) { return unary(a, sp_neg); }
static PyObject *absolute(PyObject *a) { return unary(a, sp_abs); }
static PyObject *invert(PyObject *a) { return unary(a, sp_logical_not); }
static PyObject *positive(PyObject *a)
{
    Py_INCREF(a);
    return a;
}

static PyObject *single(PyObject *a, const char *method)
{
    PyObject *value = PyObject_CallMethod(a, "item", NULL);
    PyObject *result = value ? PyObject_CallMethod(value, method, NULL) : NULL;
    Py_XDECREF(value);
    return result;
}

static PyObject *to_int(PyObject *a) { return single(a, "__int__"); }
static PyObject *to_float(PyObject *a) { return single(a, "__float__"); }

static PyObject *to_index(PyObject *a)
{
    if (!sp_dtype_is_float(sp_dtype_of(tensor_of(a))) && sp_size_of(tensor_of(a)) == 1)
        return single(a, "__int__");
    return PyErr_Format(PyExc_TypeError, "only a tensor of one integer can be an index");
}

static int truth(PyObject *a)
{
    const sp_tensor *t = tensor_of(a);
    if (sp_size_of(t) != 1) {
        PyErr_Format(PyExc_ValueError, "The truth value of an array with several elements is ambiguous: it has %lld.",
                     (long long)sp_size_of(t));
        return -1;
    }
    const double v = sp_item(t);
    return sp_error() == SP_OK ? v != 0 : (raise_failure(), -1);
}

PyObject *tensor_compare(PyObject *a, PyObject *b, int how)
{
    static const binary_fn fns[] = {[Py_LT] = sp_less,      [Py_LE] = sp_less_equal, [Py_EQ] = sp_equal,
                                    [Py_NE] = sp_not_equal, [Py_GT] = sp_greater,    [Py_GE] = sp_greater_equal};
    return binary(a, b, fns[how]);
}

/* ---- indexing ---- */

/* A step of an index on the axes of the result: an axis that stays, a new one, or positions. */
typedef struct step {
    enum { STAYS, NEW, POSITIONS } kind;
    sp_tensor *positions; /* integers                  */
    int axes;             /* that they take the place of */
} step;

typedef struct indexing {
    sp_tensor *x;
    int axis; /* of x, next */
    sp_range ranges[SP_MAX_RANK];
    step steps[3 * SP_MAX_RANK];
    int n_steps, n_positions;
} indexing;

static bool add_step(indexing *ix, step s)
{
    if (ix->n_steps == (int)(sizeof ix->steps / sizeof *ix->steps))
        return PyErr_SetString(PyExc_IndexError, "too many indices"), false;
    ix->steps[ix->n_steps++] = s;
    return true;
}

static bool take_axis(indexing *ix, sp_range range)
{
    if (ix->axis >= sp_shape_of(ix->x).rank)
        return PyErr_Format(PyExc_IndexError, "too many indices for a tensor of %d dimensions",
                            sp_shape_of(ix->x).rank) != NULL;
    ix->ranges[ix->axis++] = range;
    return true;
}

/* Where a mask is true, as positions in its flattened form. */
static sp_tensor *true_places(const sp_tensor *mask)
{
    const uint8_t *bits = sp_data(mask);
    const int64_t size = sp_size_of(mask);
    int64_t n = 0, *places = bits ? PyMem_New(int64_t, (size_t)size + 1) : NULL;
    for (int64_t i = 0; places && i < size; i++)
        if (bits[i])
            places[n++] = i;
    sp_tensor *t = places ? sp_from(places, SP_I64, SP_DIMS(n)) : NULL;
    PyMem_Free(places);
    return t ? t : raise_failure();
}

static bool add_positions(indexing *ix, sp_tensor *at)
{
    const bool mask = sp_dtype_of(at) == SP_BOOL;
    const sp_shape shape = sp_shape_of(at), of = sp_shape_of(ix->x);
    if (sp_dtype_is_float(sp_dtype_of(at)))
        return PyErr_SetString(PyExc_IndexError, "tensors used as indices must be integers or Bool"), false;
    const step s = {POSITIONS, mask ? true_places(at) : at, mask ? shape.rank : 1};
    for (int i = 0; i < s.axes; i++) {
        if (mask && ix->axis < of.rank && of.dim[ix->axis] != shape.dim[i])
            return PyErr_Format(PyExc_IndexError, "a mask of %lld on an axis of %lld", (long long)shape.dim[i],
                                (long long)of.dim[ix->axis]) != NULL;
        if (!take_axis(ix, sp_all()))
            return false;
    }
    ix->n_positions++;
    return s.positions && add_step(ix, s);
}

static bool slice_from(PyObject *o, int64_t size, sp_range *out)
{
    Py_ssize_t start, stop, gap;
    if (PySlice_Unpack(o, &start, &stop, &gap) < 0)
        return false;
    const Py_ssize_t n = PySlice_AdjustIndices((Py_ssize_t)size, &start, &stop, gap);
    *out = n == 0 ? sp_span(0, 0) : sp_from_to_by(start, gap < 0 && stop < 0 ? SP_END : stop, gap);
    return true;
}

static bool add_item(indexing *ix, PyObject *o, int axes_of_ellipsis)
{
    const sp_shape of = sp_shape_of(ix->x);
    if (o == Py_None)
        return add_step(ix, (step){NEW, NULL, 0});
    if (o == Py_Ellipsis) {
        for (int i = 0; i < axes_of_ellipsis; i++)
            if (!take_axis(ix, sp_all()) || !add_step(ix, (step){STAYS, NULL, 0}))
                return false;
        return true;
    }
    if (PySlice_Check(o)) {
        sp_range range = sp_all();
        return (ix->axis >= of.rank || slice_from(o, of.dim[ix->axis], &range)) && take_axis(ix, range) &&
               add_step(ix, (step){STAYS, NULL, 0});
    }
    if (PyLong_Check(o) || (is_tensor(o) && sp_size_of(tensor_of(o)) == 1 && sp_shape_of(tensor_of(o)).rank == 0 &&
                            sp_dtype_of(tensor_of(o)) != SP_BOOL && sp_data(tensor_of(o)))) {
        int64_t i;
        if (PyBool_Check(o))
            return PyErr_SetString(PyExc_NotImplementedError, "a bool as an index"), false;
        if (!int_from(o, &i))
            return false;
        if (ix->axis < of.rank && (i < -of.dim[ix->axis] || i >= of.dim[ix->axis]))
            return PyErr_Format(PyExc_IndexError, "index %lld is out of bounds for dimension with size %lld",
                                (long long)i, (long long)of.dim[ix->axis]) != NULL;
        return take_axis(ix, sp_pick(i));
    }
    sp_error_clear(); /* a traced position has no value: it is gathered by */
    if (PyIndex_Check(o) && !is_tensor(o) && !PySequence_Check(o)) {
        int64_t i;
        return int_from(o, &i) && take_axis(ix, sp_pick(i));
    }
    sp_tensor *at = tensor_from(o, SP_DTYPE_COUNT_);
    return at && add_positions(ix, at);
}

/* Axes that an item takes; 0 for those that take none. */
static int axes_of(PyObject *o)
{
    if (o == Py_None || o == Py_Ellipsis)
        return 0;
    return is_tensor(o) && sp_dtype_of(tensor_of(o)) == SP_BOOL ? sp_shape_of(tensor_of(o)).rank : 1;
}

/* Several positions on neighbouring axes: those in the axes made one. */
static sp_tensor *gathered(indexing *ix, sp_tensor *x, int first, int axis)
{
    sp_shape shape = sp_shape_of(x), flat = {.rank = 0};
    sp_tensor *at = NULL;
    int64_t size = 1;
    int used = 0;
    for (int s = first; s < ix->n_steps && ix->steps[s].kind == POSITIONS; s++) {
        int64_t extent = 1;
        for (int i = 0; i < ix->steps[s].axes; i++)
            extent *= shape.dim[axis + used++];
        sp_tensor *p = sp_cast(ix->steps[s].positions, SP_I64), *n = sp_full((double)extent, SP_I64, SP_SCALAR);
        p = sp_where(sp_less(p, sp_full(0, SP_I64, SP_SCALAR)), sp_add(p, n), p);
        at = at ? sp_add(sp_mul(at, n), p) : p;
        size *= extent;
    }
    for (int i = 0; i < shape.rank; i++)
        if (i < axis || i >= axis + used)
            flat.dim[flat.rank++] = shape.dim[i];
        else if (i == axis)
            flat.dim[flat.rank++] = size;
    return sp_gather(sp_reshape(x, flat), at, axis);
}

static sp_tensor *indexed(indexing *ix)
{
    sp_tensor *x = ix->axis ? sp_index_new(ix->x, ix->axis, ix->ranges) : ix->x;
    int axis = 0, groups = 0;
    for (int s = 0; x && s < ix->n_steps; s++) {
        if (ix->steps[s].kind == NEW)
            x = sp_expand_dims(x, axis++);
        else if (ix->steps[s].kind == STAYS)
            axis++;
        else {
            int n = 1, rank = sp_shape_of(ix->steps[s].positions).rank;
            for (; s + n < ix->n_steps && ix->steps[s + n].kind == POSITIONS; n++)
                rank = sp_shape_of(ix->steps[s + n].positions).rank > rank
                           ? sp_shape_of(ix->steps[s + n].positions).rank
                           : rank;
            if (groups++)
                return PyErr_SetString(PyExc_NotImplementedError,
                                       "tensors as indices that do not stand beside each other"),
                       NULL;
            x = n == 1 && ix->steps[s].axes == 1 ? sp_gather(x, ix->steps[s].positions, axis)
                                                 : gathered(ix, x, s, axis);
            axis += rank;
            s += n - 1;
        }
    }
    return x;
}

static PyObject *get_item(PyObject *self, PyObject *key)
{
    PyObject *items = PyTuple_Check(key) ? (Py_INCREF(key), key) : PyTuple_Pack(1, key), *result = NULL;
    indexing ix = {.x = tensor_of(self)};
    int taken = 0;
    if (!items)
        return NULL;
    sp_scope scope = sp_scope_begin();
    const Py_ssize_t n = PyTuple_GET_SIZE(items);
    for (Py_ssize_t i = 0; i < n; i++)
        taken += axes_of(PyTuple_GET_ITEM(items, i));
    const int rest = sp_shape_of(ix.x).rank - taken;
    bool done = true;
    for (Py_ssize_t i = 0; done && i < n; i++)
        done = add_item(&ix, PyTuple_GET_ITEM(items, i), rest > 0 ? rest : 0);
    if (done) {
        sp_tensor *t = indexed(&ix);
        result = t || !PyErr_Occurred() ? tensor_wrap(t) : NULL;
    } else {
        sp_error_clear();
    }
    sp_scope_end(scope);
    Py_DECREF(items);
    return result;
}

static Py_ssize_t length(PyObject *self)
{
    const sp_shape shape = sp_shape_of(tensor_of(self));
    if (shape.rank > 0)
        return (Py_ssize_t)shape.dim[0];
    PyErr_SetString(PyExc_TypeError, "Not support len of a 0-D tensor");
    return -1;
}

const PyType_Slot tensor_operators[] = {{Py_nb_add, add},
                                        {Py_nb_subtract, subtract},
                                        {Py_nb_multiply, multiply},
                                        {Py_nb_true_divide, divide},
                                        {Py_nb_floor_divide, floor_divide},
                                        {Py_nb_remainder, remainder_},
                                        {Py_nb_power, power},
                                        {Py_nb_matrix_multiply, matmul},
                                        {Py_nb_negative, negative},
                                        {Py_nb_positive, positive},
                                        {Py_nb_absolute, absolute},
                                        {Py_nb_invert, invert},
                                        {Py_nb_and, both},
                                        {Py_nb_or, either},
                                        {Py_nb_bool, truth},
                                        {Py_nb_int, to_int},
                                        {Py_nb_float, to_float},
                                        {Py_nb_index, to_index},
                                        {Py_mp_length, length},
                                        {Py_mp_subscript, get_item},
                                        {0}};

PyMethodDef op_functions[] = {
    {"bind", bind, METH_O, "bind(name): the operator of this name, a callable"},
    {"op", (PyCFunction)(void (*)(void))op, METH_FASTCALL | METH_KEYWORDS, "op(name, *tensors, **attributes)"},
    {"ops", ops, METH_NOARGS, "what operators there are: a list of dicts"},
    {0}};
