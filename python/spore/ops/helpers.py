"""What the functions of mindspore.ops share: numbers as tensors, operators as functions."""
import builtins

from .. import _core
from ..common import dtype as mstype
from ..common.tensor import Tensor, as_tensor

_bind = _core.bind
_range = builtins.range
_cast = _bind("Cast")


def _t(x):
    return x if isinstance(x, Tensor) else as_tensor(x)


def _like(value, other):
    """A number as a tensor that takes the type of `other`, as the operators of a tensor do it."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, bool) or isinstance(value, int) and other.dtype != mstype.bool_ or mstype.is_float(other.dtype):
        return _core.full((), value, other.dtype)
    return as_tensor(value)


def _unary(name):
    f = _bind(name)

    def call(input):
        return f(input if isinstance(input, Tensor) else as_tensor(input))

    return call


def _unary_float(name):
    """Integers are computed as Float32."""
    f = _bind(name)

    def call(input):
        x = _t(input)
        return f(x if mstype.is_float(x.dtype) else _cast(x, dst_type=mstype.float32))

    return call


def _binary(name):
    f = _bind(name)

    def call(input, other):
        if isinstance(input, Tensor):
            return f(input, other if isinstance(other, Tensor) else _like(other, input))
        other = _t(other)
        return f(_like(input, other), other)

    return call


