"""mindspore.jit: functions compiled by tracing. Python is followed once for each combination of shapes, types and other arguments;
what the function does besides calling operators happens then only."""
import functools
import os
import threading

from .. import _core
from .parameter import Parameter
from .tensor import Tensor
from .tree import LEAF, flatten, unflatten


class _Thread(threading.local):
    tracing = 0
    steppers = None  # optimizers that took a step while tracing


here = _Thread()
_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep
modes = [0]  # changes with every cell that is switched between training and evaluation, and comes back with it


def tracing():
    """Whether a function is being traced in this thread."""
    return here.tracing > 0


class _Traced:
    """One combination of shapes, types and other arguments."""

    def __init__(self, fn, rebuild):
        self.fn, self.rebuild = fn, rebuild
        self.tree, self.steppers = None, []
        self.compiled = _core.Compiled(self._follow)

    def _follow(self, *tensors):
        before, here.steppers = here.steppers, []
        here.tracing += 1
        try:
            args, kwargs = self.rebuild(tensors)
            leaves, self.tree = flatten(self.fn(*args, **kwargs))
            self.steppers = here.steppers
        finally:
            here.tracing -= 1
            here.steppers = before
        return tuple(leaves) if leaves else (_core.zeros((), _core.float32),)

    def run(self, tensors):
        for optimizer in self.steppers:
            optimizer.before_step()
        try:
            outs = self.compiled.run(*tensors)
        except RuntimeError as error:
            raise _with_place(error) from None
        for optimizer in self.steppers:
            optimizer.after_step()
        outs = outs if isinstance(outs, (tuple, list)) else (outs,)
        return unflatten(self.tree, outs)


class AsWritten(Exception):
    """Raised while a function is followed: it is to be called as it is written, uncompiled."""


def _with_place(error):
    """The same error, which also says where in the user's function it happened."""
    import traceback
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(_PACKAGE)]
    if not frames:
        return error
    f = frames[-1]
    return type(error)(f"{error}\n  in graph mode, at {f.filename}:{f.lineno}: {f.line}\n  Python is followed once here, without the "
                       f"values of tensors: choose with ops.where, or leave out @jit / GRAPH_MODE for this function")


def _key(value):
    """A key for an argument that is not a tensor."""
    if isinstance(value, Parameter):
        return id(value)
    if value is LEAF:
        return LEAF
    if isinstance(value, (tuple, list)):
        return type(value), tuple(_key(v) for v in value)
    if isinstance(value, dict):
        return tuple((k, _key(v)) for k, v in value.items())
    try:
        hash(value)
        return type(value), value
    except TypeError:
        return id(value)


_AS_WRITTEN = object()


class Jit:
    """fn, compiled. Where it branches on all_finite(), as training with loss scaling does, it is called as it is written."""

    def __init__(self, fn):
        self.fn, self.cache = fn, {}
        functools.update_wrapper(self, fn, updated=())

    def __get__(self, obj, owner=None):
        if obj is None:
            return self
        name = "_jit_" + self.fn.__name__
        bound = obj.__dict__.get(name)
        if bound is None:
            bound = Jit(functools.partial(self.fn, obj))
            object.__setattr__(obj, name, bound)
        return bound

    def __call__(self, *args, **kwargs):
        if here.tracing:
            return self.fn(*args, **kwargs)
        leaves, tree = flatten((args, kwargs))
        tensors = [t for t in leaves if not isinstance(t, Parameter)]
        key = (_key(tree), tuple((t.shape, t.dtype) if not isinstance(t, Parameter) else id(t) for t in leaves), modes[0])
        traced = self.cache.get(key)
        if traced is None:
            traced = self._new(leaves, tree)
            self.cache[key] = traced
        try:
            return traced.run(tensors) if traced is not _AS_WRITTEN else self.fn(*args, **kwargs)
        except AsWritten:
            self.cache[key] = _AS_WRITTEN
        return self.fn(*args, **kwargs)

    def _new(self, leaves, tree):
        fixed = [t if isinstance(t, Parameter) else None for t in leaves]

        def rebuild(tensors):
            given = iter(tensors)
            return unflatten(tree, [t if t is not None else next(given) for t in fixed])

        return _Traced(self.fn, rebuild)


def jit(fn=None, input_signature=None, hash_args=None, jit_config=None, compile_once=False, **options):
    """A decorator: the function is compiled when it is first called with arguments of new shapes or types."""
    if fn is None:
        return functools.partial(jit, input_signature=input_signature)
    return Jit(fn)


ms_function = jit


def jit_class(cls):
    """A class whose objects may be used in compiled functions: here any may."""
    return cls


def mutable(input_data, dynamic_len=False):
    """A value that is an input of a compiled function: here what it is."""
    return input_data


class JitConfig:
    """Settings of compilation; Spore has none."""

    def __init__(self, jit_level="O1", exc_mode="auto", jit_syntax_level="", **kwargs):
        self.jit_config_dict = dict(jit_level=jit_level, exc_mode=exc_mode, jit_syntax_level=jit_syntax_level, **kwargs)


def trace(fn, example):
    """The graph of fn, traced with example tensors."""
    here.tracing += 1
    try:
        def call(*tensors):
            return tuple(flatten(fn(*tensors))[0])

        return _core.trace(call, tuple(example))
    except RuntimeError as error:
        raise _with_place(error) from None
    finally:
        here.tracing -= 1


class _Executor:
    """What MindSpore's own tests call between steps: nothing is left to wait for, and a cell is compiled by tracing it."""

    def sync(self):
        pass

    def set_jit_config(self, config):
        pass

    def compile(self, obj, *args, phase="predict", **kwargs):
        Jit(obj)(*args)
        return phase, True


_pynative_executor = _cell_graph_executor = _Executor()

assert Tensor is not Parameter
