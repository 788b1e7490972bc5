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


# What the functions below say about themselves.
_DOC = {
    "Abs": "|x| of each element.", "Ceil": "Each element rounded up.", "Floor": "Each element rounded down.",
    "Round": "Each element rounded to a whole number, halves to the even one.", "Neg": "-x of each element.",
    "Sign": "-1, 0 or 1 for each element.", "Square": "x^2 of each element.", "ReLU": "x where positive, else 0.",
    "ReLU6": "x, at least 0 and at most 6.", "Sigmoid": "1 / (1 + exp(-x)) of each element.",
    "SiLU": "x sigmoid(x) of each element.",
    "Tanh": "Hyperbolic tangent of each element.", "Cos": "Cosine of each element; Float32 for integers.",
    "Erf": "Error function of each element; Float32 for integers.", "Exp": "e^x of each element; Float32 for integers.",
    "Reciprocal": "1 / x of each element; Float32 for integers.",
    "Log": "Natural logarithm of each element; Float32 for integers.",
    "Rsqrt": "1 / sqrt(x) of each element; Float32 for integers.", "Sin": "Sine of each element; Float32 for integers.",
    "Sqrt": "Square root of each element; Float32 for integers.",
    "FloorMod": "The remainder of input / other, with other's sign; the shapes broadcast.",
    "FloorDiv": "input / other rounded down; the shapes broadcast.",
    "Maximum": "The larger of two elements; the shapes broadcast.",
    "Minimum": "The smaller of two elements; the shapes broadcast."}


def _unary(name):
    f = _bind(name)

    def call(input):
        return f(input if isinstance(input, Tensor) else as_tensor(input))

    call.__doc__ = _DOC.get(name)
    return call


def _unary_float(name):
    """Integers are computed as Float32."""
    f = _bind(name)

    def call(input):
        x = _t(input)
        return f(x if mstype.is_float(x.dtype) else _cast(x, dst_type=mstype.float32))

    call.__doc__ = _DOC.get(name)
    return call


def _binary(name):
    f = _bind(name)

    def call(input, other):
        if isinstance(input, Tensor):
            return f(input, other if isinstance(other, Tensor) else _like(other, input))
        other = _t(other)
        return f(_like(input, other), other)

    call.__doc__ = _DOC.get(name)
    return call


