"""Hooks, cells with a bprop, vmap and Jacobians, written with MindSpore's names alone. Run by MindSpore 2.10 this file
writes hooks.json: what each case gave and what its hooks saw; test_hooks.py runs the same cases on Spore."""
import json
import pathlib

import numpy as np

import mindspore as ms
from mindspore import Parameter, Tensor, nn, ops

CASES = {}
log = []


def case(fn):
    CASES[fn.__name__] = fn
    return fn


def t(*values):
    return Tensor(np.array(values, np.float32))


def plain(value):
    """Tensors as lists, tuples and dicts as JSON knows them."""
    if isinstance(value, Tensor):
        return {"tensor": value.asnumpy().tolist(), "type": str(value.dtype)}
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def saw(*what):
    log.append(plain(what))


def run(fn):
    """[what it gave or the name of the error, what the hooks saw]"""
    log.clear()
    try:
        found = plain(fn())
    except Exception as error:  # noqa: B902
        found = type(error).__name__
    return [found, list(log)]


class Two(nn.Cell):
    def __init__(self):
        super().__init__()
        self.w = Parameter(t(3.), name="w")

    def construct(self, x, y):
        return x * y * self.w


class Pair(nn.Cell):
    def construct(self, x, y):
        return x * y, x + y


class Scale(nn.Cell):
    def construct(self, x, k, flag=True):
        return x * k if flag else x


def both(cell):
    return ms.grad(cell, (0, 1))(t(2.), t(5.))


def all_three(cell):
    return ms.grad(cell, (0, 1), cell.trainable_params())(t(2.), t(5.))


def with_back(cell, hook):
    cell.register_backward_hook(hook)
    return cell


def with_pre(cell, hook):
    cell.register_backward_pre_hook(hook)
    return cell


def see(cell, *flows):
    saw(*flows)


# ---- backward hooks of cells ----

@case
def back_sees():
    return all_three(with_back(Two(), see))


@case
def back_pair_sees():
    return both(with_back(Pair(), see))


@case
def pre_sees():
    return all_three(with_pre(Two(), see))


@case
def pre_pair_sees():
    return both(with_pre(Pair(), see))


@case
def pre_gives_tensor():
    return all_three(with_pre(Two(), lambda cell, d: d[0] * 10))


@case
def pre_gives_tuple():
    return all_three(with_pre(Two(), lambda cell, d: (d[0] * 10,)))


@case
def pre_pair_gives_tuple():
    return both(with_pre(Pair(), lambda cell, d: (d[0] * 10, d[1] * 2)))


@case
def pre_pair_gives_too_few():
    return both(with_pre(Pair(), lambda cell, d: d[0]))


@case
def back_gives_tuple():
    return all_three(with_back(Two(), lambda cell, a, b: (a[0] * 10, a[1] * 100)))


@case
def back_gives_too_few():
    return both(with_back(Two(), lambda cell, a, b: a[0]))


@case
def back_gives_a_number():
    return both(with_back(Two(), lambda cell, a, b: 5))


@case
def back_gives_another_shape():
    return both(with_back(Two(), lambda cell, a, b: (t(1., 2.), t(1.))))


@case
def back_raises():
    return both(with_back(Two(), lambda cell, a, b: 1 / 0))


@case
def back_single_gives_tensor():
    return ms.grad(with_back(nn.ReLU(), lambda cell, a, b: a[0] * 10))(t(2.))


@case
def back_single_gives_list():
    return ms.grad(with_back(nn.ReLU(), lambda cell, a, b: [a[0] * 10]))(t(2.))


@case
def order():
    cell = Two()
    with_back(cell, lambda c, a, b: saw("b1", a, b))
    with_back(cell, lambda c, a, b: (saw("b2", a, b), (a[0] * 2, a[1] * 2))[1])
    with_back(cell, lambda c, a, b: saw("b3", a, b))
    with_pre(cell, lambda c, d: (saw("p1", d), d[0] * 3)[1])
    with_pre(cell, lambda c, d: saw("p2", d))
    return all_three(cell)


@case
def inside_a_function():
    cell = with_back(Two(), see)
    return ms.grad(lambda x: cell(x * 2, t(5.)).sum() * 7)(t(2.))


@case
def back_weights_alone():
    cell = with_back(Two(), see)
    return ms.grad(lambda: cell(t(2.), t(5.)).sum() * 7, None, cell.trainable_params())()


@case
def pre_weights_alone():
    cell = with_pre(Two(), see)
    return ms.grad(lambda: cell(t(2.), t(5.)).sum() * 7, None, cell.trainable_params())()


@case
def back_with_a_number():
    cell = with_back(Scale(), see)
    return ms.grad(lambda x: cell(x, 3))(t(2.))


@case
def back_with_keywords():
    cell = with_back(Scale(), see)
    return ms.grad(lambda x: cell(x, k=3, flag=True))(t(2.))


@case
def back_with_integers():
    cell, k = with_back(Scale(), see), Tensor(np.array([2], np.int32))
    return ms.grad(lambda x: cell(x, k))(t(2.))


@case
def back_one_output_used():
    cell = with_back(Pair(), see)
    return ms.grad(lambda x: cell(x, t(5.))[0])(t(2.))


@case
def back_removed():
    cell = Two()
    handle = cell.register_backward_hook(see)
    handle.remove()
    handle.remove()
    return both(cell)


@case
def back_no_function():
    return Two().register_backward_hook(3)


# ---- forward hooks ----

@case
def forward_order():
    cell = Two()
    cell.register_forward_pre_hook(lambda c, a: saw("1", a))
    cell.register_forward_pre_hook(lambda c, a: saw("2", a), prepend=True)
    cell.register_forward_hook(lambda c, a, o: saw("f1", a, o))
    cell.register_forward_hook(lambda c, a, k, o: (saw("f2", a, k, o), o * 2)[1], prepend=True, with_kwargs=True)
    return cell(t(2.), y=t(5.))


@case
def forward_pre_changes():
    cell = Two()
    cell.register_forward_pre_hook(lambda c, a, k: ((a[0] * 2, a[1]), k), with_kwargs=True)
    cell.register_forward_pre_hook(lambda c, a: (a[0] * 3, a[1]))
    return cell(t(2.), t(5.))


@case
def forward_always():
    cell = Two()
    cell.register_forward_hook(lambda c, a, o: saw("always", o), always_call=True)
    cell.register_forward_hook(lambda c, a, o: saw("not"))
    return cell(t(2.), t(5.), 3)


@case
def forward_no_function():
    return Two().register_forward_hook(3)


# ---- cells with a gradient of their own ----

class Own(nn.Cell):
    def __init__(self):
        super().__init__()
        self.w = Parameter(t(3.), name="w")

    def construct(self, x, y):
        return x * y * self.w

    def bprop(self, x, y, out, dout):
        saw(x, y, out, dout)
        return self.answer(x, y, dout)

    def answer(self, x, y, dout):
        return dout * 100, dout * 1000


def own(answer):
    cell = Own()
    cell.answer = answer
    return cell


class OwnPair(nn.Cell):
    def construct(self, x):
        return x * 2, x * 3

    def bprop(self, x, out, dout):
        saw(out, dout)
        return (dout[0] * 10,)


class OwnDefault(nn.Cell):
    def construct(self, x, k=3):
        return x * k

    def bprop(self, x, k, out, dout):
        saw(k, out, dout)
        return dout * 10, 0


@case
def bprop_plain():
    return all_three(Own())


@case
def bprop_forward_alone():
    return Own()(t(2.), t(5.))


@case
def bprop_too_few():
    return both(own(lambda x, y, d: (d * 2,)))


@case
def bprop_more():
    return both(own(lambda x, y, d: (d * 2, d, d)))


@case
def bprop_none():
    return both(own(lambda x, y, d: (d * 2, None)))


@case
def bprop_list():
    return both(own(lambda x, y, d: [d * 2, d]))


@case
def bprop_another_type():
    return both(own(lambda x, y, d: (d * 2, d.astype(ms.float16))))


@case
def bprop_number():
    return both(own(lambda x, y, d: (d * 2, 3.)))


@case
def bprop_raises():
    return both(own(lambda x, y, d: 1 / 0))


@case
def bprop_twice():
    return ms.grad(ms.grad(own(lambda x, y, d: (d * x * x * x, d * y))))(t(2.), t(5.))


@case
def bprop_two_outputs():
    return ms.grad(OwnPair())(t(2.))


@case
def bprop_one_output_used():
    return ms.grad(lambda x: OwnPair()(x)[0])(t(2.))


@case
def bprop_default():
    return ms.grad(lambda x: OwnDefault()(x))(t(2.))


@case
def bprop_keyword():
    return ms.grad(lambda x: OwnDefault()(x, k=4))(t(2.))


@case
def bprop_with_hooks():
    cell = with_back(Own(), see)
    cell.register_forward_hook(lambda c, a, o: saw("not"))
    return both(cell)


# ---- operators and tensors ----

def through_hook(hook):
    op = ops.HookBackward(hook)
    return ms.grad(lambda x, y: op(x * y) * y, (0, 1))(t(2.), t(5.))


@case
def hook_sees():
    return through_hook(lambda d: saw(d))


@case
def hook_gives_tensor():
    return through_hook(lambda d: d[0] * 10)


@case
def hook_gives_tuple():
    return through_hook(lambda d: (d[0] * 10,))


@case
def hook_gives_number():
    return through_hook(lambda d: 3)


@case
def hook_gives_another_shape():
    return through_hook(lambda d: t(1., 2.))


@case
def hook_of_two():
    op = ops.HookBackward(lambda d: (saw(d), (d[0] * 10, d[1] * 100))[1])

    def product(x, y):
        a, b = op(x, y)
        return a * b

    return ms.grad(product, (0, 1))(t(2.), t(5.)), op(t(2.), t(5.)), op(t(2.), t(3.))[0]


@case
def hook_no_function():
    return ops.HookBackward(3)


@case
def hook_no_tensor():
    return ops.HookBackward(see)(3)


def tenfold(d):
    return d * 10


@case
def insert_gradient():
    op = ops.InsertGradientOf(tenfold)
    return ms.grad(lambda x, y: op(x * y) * y, (0, 1))(t(2.), t(5.))


def hooked(*hooks, leaf=False, remove=False):
    def product(x, y):
        z = x if leaf else x * y
        handles = [z.register_hook(h) for h in hooks]
        if remove:
            handles[0].remove()
        return z * y

    return ms.grad(product, (0, 1))(t(2.), t(5.))


@case
def tensor_hook():
    return hooked(lambda d: (saw(d), d * 2)[1])


@case
def tensor_hook_of_input():
    return hooked(lambda d: (saw(d), d * 2)[1], leaf=True)


@case
def tensor_hook_removed():
    return hooked(lambda d: (saw(d), d * 2)[1], remove=True)


@case
def tensor_hooks_in_order():
    return hooked(lambda d: (saw(d), d * 2)[1], lambda d: (saw("second", d), d * 7)[1])


@case
def tensor_hook_gives_nothing():
    return hooked(lambda d: saw(d))


@case
def tensor_hook_gives_tuple():
    return hooked(lambda d: (d,))


@case
def tensor_hook_gives_another_shape():
    return hooked(lambda d: t(1., 2.))


@case
def tensor_hook_no_function():
    return t(2.).register_hook(3)


@case
def parameter_hook():
    w = Parameter(t(3.), name="w")
    handle = w.register_hook(tenfold)

    def product(x):
        return w * x * x

    found = [ms.grad(product, 0, [w])(t(2.)) for _ in range(2)]
    handle.remove()
    return found + [ms.grad(product, 0, [w])(t(2.))]


@case
def tensor_hook_from_outside():
    a = t(2.)
    handle = a.register_hook(tenfold)
    found = [ms.grad(lambda x: x * x)(a) for _ in range(2)]
    handle.remove()
    return found + [ms.grad(lambda x: x * x)(a)]


# ---- vmap, Jacobians ----

M = np.arange(6, dtype=np.float32).reshape(2, 3)


def axpy(a, b):
    return a * b + 1


def twice(a):
    return a * 2


def several(a):
    return a * 2, a.sum()


def given(a, b):
    return a, b


def added(p):
    return p[0] + p[1]


def squares(a):
    return (a * a).sum()


def constant(a):
    return t(1., 2.)


def mapped_squares(x):
    return ms.vmap(squares)(x).sum()


def cubic(a, b):
    return a * b * b


def with_aux(a):
    return a * a, a


def vmap_case(name, fn, args, **axes):
    CASES["vmap_" + name] = lambda: ms.vmap(fn, **axes)(*args())


vmap_case("one_not_mapped", axpy, lambda: (Tensor(M), t(1., 2., 3.)), in_axes=(0, None))
vmap_case("other_axes", twice, lambda: (Tensor(M),), in_axes=1, out_axes=1)
vmap_case("several_results", several, lambda: (Tensor(M),), in_axes=0, out_axes=(1, 0))
vmap_case("result_not_mapped", given, lambda: (Tensor(M), Tensor(M)), in_axes=(0, None), out_axes=(0, None))
vmap_case("sizes_differ", axpy, lambda: (Tensor(M), t(1., 2., 3.)), in_axes=(0, 0))
vmap_case("nothing_mapped", twice, lambda: (Tensor(M),), in_axes=None)
vmap_case("no_such_axis", twice, lambda: (Tensor(M),), in_axes=5)
vmap_case("tuple_argument", added, lambda: ((Tensor(M), Tensor(M.T.copy())),), in_axes=((0, 1),))
vmap_case("negative_axes", twice, lambda: (Tensor(M),), in_axes=-1, out_axes=-1)
vmap_case("axes_missing", axpy, lambda: (Tensor(M), Tensor(M)), in_axes=(0,))
vmap_case("constant", constant, lambda: (Tensor(M),))
vmap_case("number", axpy, lambda: (Tensor(M), 3), in_axes=(0, None))
vmap_case("number_mapped", axpy, lambda: (Tensor(M), 3), in_axes=(0, 0))
vmap_case("too_many_out_axes", twice, lambda: (Tensor(M),), in_axes=0, out_axes=(0, 0))
vmap_case("out_axes_none", twice, lambda: (Tensor(M),), in_axes=0, out_axes=None)
vmap_case("no_function", 3, lambda: (Tensor(M),))


@case
def vmap_of_vmap():
    return ms.vmap(ms.vmap(axpy, (None, 0)), (0, None))(t(1., 2.), t(3., 4.))


@case
def vmap_of_grad():
    return ms.vmap(ms.grad(squares))(Tensor(M))


@case
def grad_of_vmap():
    return ms.grad(mapped_squares)(Tensor(M))


def jacobian_case(name, fn, *args, **options):
    CASES["jacfwd_" + name] = lambda: ms.jacfwd(fn, **options)(*[t(*a) for a in args])
    CASES["jacrev_" + name] = lambda: ms.jacrev(fn, **options)(*[t(*a) for a in args])


jacobian_case("plain", twice, (1., 2.))
jacobian_case("several_inputs", cubic, (1., 2.), (3., 4.), grad_position=(0, 1))
jacobian_case("aux", with_aux, (1., 2.), has_aux=True)
jacobian_case("one_in_a_tuple", twice, (1., 2.), grad_position=(0,))
jacobian_case("several_outputs", with_aux, (1., 2.))


if __name__ == "__main__":
    ms.set_context(mode=ms.PYNATIVE_MODE)
    rows = [json.dumps(name) + ": " + json.dumps(run(fn)) for name, fn in CASES.items()]
    pathlib.Path(__file__).with_name("hooks.json").write_text("{" + ",\n".join(rows) + "}\n")
