"""mindspore.ops: arithmetic, comparison, reductions, products, each made of operators of the core's table."""
import builtins
import math
import operator as _operator

from .. import _core
from .._missing import not_there
from ..common import dtype as mstype
from ..common.tensor import Tensor, as_tensor
from . import shapes as S
from .helpers import _bind, _binary, _like, _range, _t, _unary, _unary_float


# ---- arithmetic ----

def add(input, other):
    """input + other."""
    return input + other if isinstance(input, Tensor) or isinstance(other, Tensor) else as_tensor(input) + other


def sub(input, other):
    """input - other."""
    return input - other if isinstance(input, Tensor) or isinstance(other, Tensor) else as_tensor(input) - other


def mul(input, other):
    """input * other."""
    return input * other if isinstance(input, Tensor) or isinstance(other, Tensor) else as_tensor(input) * other


def div(input, other, *, rounding_mode=None):
    """input / other; rounding_mode None, "floor" or "trunc"."""
    if rounding_mode == "floor":
        return floor_div(input, other)
    y = input / other if isinstance(input, Tensor) or isinstance(other, Tensor) else as_tensor(input) / other
    return y if rounding_mode is None else trunc(y)


_floor_div = _binary("FloorDiv")
floor_mod = _binary("FloorMod")
_pow = _binary("Pow")
maximum = _binary("Maximum")
minimum = _binary("Minimum")


def floor_div(input, other):
    """input / other, rounded down."""
    return _floor_div(input, other)


def pow(input, exponent):
    """input ** exponent."""
    return input ** exponent if isinstance(input, Tensor) else _pow(input, exponent)


neg = negative = _unary("Neg")
abs = absolute = _unary("Abs")
sign = _unary("Sign")
exp = _unary_float("Exp")
log = _unary_float("Log")
sqrt = _unary_float("Sqrt")
rsqrt = _unary_float("Rsqrt")
square = _unary("Square")
reciprocal = _unary_float("Reciprocal")
erf = _unary_float("Erf")
sin = _unary_float("Sin")
cos = _unary_float("Cos")
floor = _unary("Floor")
ceil = _unary("Ceil")
round = _unary("Round")
subtract, multiply, divide, true_divide, floor_divide, remainder = sub, mul, div, div, floor_div, floor_mod
inv = reciprocal


def tan(input):
    """sin / cos."""
    return sin(input) / cos(input)


def exp2(input):
    """2 ** input."""
    return exp(_t(input) * math.log(2))


def fmod(input, other):
    """The remainder of input / other rounded towards 0: it has input's sign."""
    x, y = (input, _like(other, input)) if isinstance(input, Tensor) else (_like(input, other), other)
    return sign(x) * floor_mod(abs(x), abs(y))


def expm1(input):
    """exp(input) - 1."""
    return exp(input) - 1


def log1p(input):
    """log(1 + input)."""
    return log(_t(input) + 1)


def log2(input):
    """Logarithm to base 2 of each element; Float32 for integers."""
    return log(input) / math.log(2)


def log10(input):
    """Logarithm to base 10 of each element; Float32 for integers."""
    return log(input) / math.log(10)


def sinh(input):
    """Hyperbolic sine of each element."""
    return (exp(input) - exp(-_t(input))) * 0.5


def cosh(input):
    """Hyperbolic cosine of each element."""
    return (exp(input) + exp(-_t(input))) * 0.5


def erfc(input):
    """1 - erf(input)."""
    return 1 - erf(input)


def trunc(input):
    """Rounded towards 0."""
    return sign(input) * floor(abs(input))


def frac(input):
    """input - trunc(input): what is behind the point, with the sign."""
    return _t(input) - trunc(input)


def addn(x):
    """The sum of a list of tensors."""
    total = x[0]
    for other in x[1:]:
        total = total + other
    return total


def addcmul(input, tensor1, tensor2, value=1):
    """input + value * tensor1 * tensor2; the shapes broadcast."""
    return input + tensor1 * tensor2 * value


def addcdiv(input, tensor1, tensor2, value=1):
    """input + value * tensor1 / tensor2; the shapes broadcast."""
    return input + tensor1 / tensor2 * value


def lerp(input, end, weight):
    """input + weight (end - input)."""
    return input + (end - input) * weight


def hypot(input, other):
    """sqrt(input^2 + other^2); the shapes broadcast."""
    return sqrt(square(input) + square(other))


def clip_by_value(x, clip_value_min=None, clip_value_max=None):
    """x within [min, max]; a tuple or list is treated element by element."""
    if isinstance(x, (tuple, list)):
        return type(x)(clip_by_value(one, clip_value_min, clip_value_max) for one in x)
    if clip_value_min is None and clip_value_max is None:
        raise ValueError("For 'clip_by_value', at least one of 'clip_value_min' or 'clip_value_max' must not be None")
    if clip_value_min is not None:
        x = maximum(x, clip_value_min)
    return x if clip_value_max is None else minimum(x, clip_value_max)


def clamp(input, min=None, max=None):
    """input within [min, max]."""
    return clip_by_value(input, min, max)


clip = clamp


# ---- comparison and choice ----

def _compare(symbol, sign):
    def call(input, other):
        x = input if isinstance(input, Tensor) else as_tensor(input)
        return symbol(x, other)

    call.__doc__ = f"Bool: input {sign} other, element by element; the shapes broadcast."
    return call


equal = eq = _compare(_operator.eq, "==")
not_equal = ne = _compare(_operator.ne, "!=")
less = lt = _compare(_operator.lt, "<")
less_equal = le = _compare(_operator.le, "<=")
greater = gt = _compare(_operator.gt, ">")
greater_equal = ge = _compare(_operator.ge, ">=")


def _as_bool(x):
    x = _t(x)
    return x if x.dtype == mstype.bool_ else cast(x, mstype.bool_)


_and, _or, _not = _bind("LogicalAnd"), _bind("LogicalOr"), _bind("LogicalNot")


def logical_and(input, other):
    """Bool: both are not 0; the shapes broadcast."""
    return _and(_as_bool(input), _as_bool(other))


def logical_or(input, other):
    """Bool: one or both are not 0; the shapes broadcast."""
    return _or(_as_bool(input), _as_bool(other))


def logical_not(input):
    """Bool: the element is 0."""
    return _not(_as_bool(input))


def logical_xor(input, other):
    """Bool: exactly one is not 0; the shapes broadcast."""
    return _as_bool(input) != _as_bool(other)


def isnan(input):
    """Bool: the element is not a number."""
    return _t(input) != input


def isinf(input):
    """Bool: the element is infinite."""
    return abs(input) == math.inf


def isfinite(input):
    """Bool: the element is neither infinite nor not a number."""
    return abs(input) < math.inf


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """|input - other| <= atol + rtol |other|."""
    close = logical_or(abs(input - other) <= abs(other) * rtol + atol, input == other)
    return logical_or(close, logical_and(isnan(input), isnan(other))) if equal_nan else close


_select = _bind("Select")


def where(condition, input, other):
    """input where condition holds, else other."""
    if not isinstance(input, Tensor):
        input = _like(input, other) if isinstance(other, Tensor) else as_tensor(input)
    if not isinstance(other, Tensor):
        other = _like(other, input)
    return _select(_as_bool(condition), input, other)


def select(condition, input, other):
    """As where()."""
    return where(condition, input, other)


def masked_fill(input_x, mask, value):
    """input_x, but value where mask holds."""
    return where(mask, _like(value, input_x), input_x)


_cast = _bind("Cast")


def cast(input, dtype):
    """input as another type."""
    x = _t(input)
    dtype = mstype.of(dtype)
    return x if x.dtype == dtype else _cast(x, dst_type=dtype)


# ---- reductions ----

def _axes(axis):
    return () if axis is None else (axis,) if isinstance(axis, int) else tuple(int(a) for a in axis)


_sum, _mean, _max, _min = (_bind("Reduce" + n) for n in ("Sum", "Mean", "Max", "Min"))
_argmax, _argmin = _bind("Argmax"), _bind("Argmin")


def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum over axes; of integers it is Int64."""
    x = _t(input)
    if dtype is not None or not mstype.is_float(x.dtype):
        x = cast(x, dtype or mstype.int64)
    return _sum(x, axis=_axes(dim), keep_dims=keepdim)


def reduce_sum(x, axis=None, keep_dims=False, **_):
    """The sum over an axis or a tuple of axes, None: all of them; with keep_dims they stay, of size 1."""
    return _sum(x, axis=_axes(axis), keep_dims=keep_dims)


def mean(x, axis=None, keep_dims=False):
    """The mean over axes."""
    return _mean(_t(x), axis=_axes(axis), keep_dims=keep_dims)


def _extreme(reduce, arg, input, axis, keepdims):
    if axis is None:
        return reduce(_t(input), axis=(), keep_dims=False), as_tensor(0)
    return reduce(_t(input), axis=(axis,), keep_dims=keepdims), argument(arg, input, axis, keepdims)


def argument(arg, input, axis, keepdims):
    """Position of the extreme along an axis."""
    found = arg(_t(input), axis=axis)
    return S.expand_dims(found, axis) if keepdims else found


def max(input, axis=None, keepdims=False, *, initial=None, where=None):
    """(largest, its position) along an axis; without an axis (largest, 0)."""
    return _extreme(_max, _argmax, input, axis, keepdims)


def min(input, axis=None, keepdims=False, *, initial=None, where=None):
    """(smallest, its position) along an axis; without an axis (smallest, 0)."""
    return _extreme(_min, _argmin, input, axis, keepdims)


def amax(input, axis=None, keepdims=False, *, initial=None, where=None):
    """The largest over axes."""
    return _max(_t(input), axis=_axes(axis), keep_dims=keepdims)


def amin(input, axis=None, keepdims=False, *, initial=None, where=None):
    """The smallest over axes."""
    return _min(_t(input), axis=_axes(axis), keep_dims=keepdims)


reduce_max, reduce_min = amax, amin


def argmax(input, dim=None, keepdim=False):
    """Position of the largest along dim; of the flattened tensor without dim."""
    if dim is None:
        return _argmax(S.reshape(input, (-1,)), axis=0)
    return argument(_argmax, input, dim, keepdim)


def argmin(input, axis=None, keepdims=False):
    """Position of the smallest along axis, Int32; of the flattened tensor without axis."""
    if axis is None:
        return cast(_argmin(S.reshape(input, (-1,)), axis=0), mstype.int32)
    return cast(argument(_argmin, input, axis, keepdims), mstype.int32)


def all(input, axis=None, keep_dims=False):
    """Whether all are true, over axes."""
    return cast(amin(cast(_as_bool(input), mstype.int32), axis, keep_dims), mstype.bool_)


def any(input, axis=None, keep_dims=False):
    """Whether one is true, over axes."""
    return cast(amax(cast(_as_bool(input), mstype.int32), axis, keep_dims), mstype.bool_)


def _count(x, axes):
    return math.prod(x.shape[a] for a in axes) if axes else x.size


def var(input, axis=None, ddof=0, keepdims=False):
    """The variance over axes, divided by n - ddof."""
    x, axes = _t(input), _axes(axis)
    n = _count(x, axes)
    centred = x - _mean(x, axis=axes, keep_dims=True)
    return _sum(square(centred), axis=axes, keep_dims=keepdims) / (n - int(ddof))


def std(input, axis=None, ddof=0, keepdims=False):
    """The standard deviation over axes."""
    return sqrt(var(input, axis, ddof, keepdims))


def logsumexp(input, dim, keepdim=False):
    """log sum exp over axes, without overflow."""
    top = S.stop_gradient(amax(input, dim, True))
    y = log(_sum(exp(input - top), axis=_axes(dim), keep_dims=True)) + top
    return y if keepdim else S.squeeze(y, _axes(dim) or tuple(_range(y.ndim)))


def _vector_norm(x, p, dim, keepdim):
    axes = _axes(dim)
    if p in (math.inf, -math.inf):
        return (amax if p > 0 else amin)(abs(x), axes or None, keepdim)
    if p == 0:
        return _sum(cast(not_equal(x, 0), x.dtype), axis=axes, keep_dims=keepdim)
    if p == 1:
        return _sum(abs(x), axis=axes, keep_dims=keepdim)
    if p == 2:
        return sqrt(_sum(square(x), axis=axes, keep_dims=keepdim))
    return pow(_sum(pow(abs(x), p), axis=axes, keep_dims=keepdim), 1 / p)


def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """Of vectors (`dim` a number, or A of 1 dimension): the `ord`-norm, 2 unless said otherwise. Of matrices (`dim` two axes, or A of 2
    dimensions): "fro", 1, -1, inf or -inf. Without `ord`: the root of the sum of squares over `dim`, or over everything."""
    x = A if dtype is None else cast(A, dtype)
    if ord is None:
        return _vector_norm(x, 2, dim, keepdim)
    if not isinstance(ord, (int, float, str)) or isinstance(ord, bool) or isinstance(ord, str) and ord not in ("fro", "nuc"):
        raise ValueError(f"For `norm`, the ord mode must be one of ['fro', 'nuc', inf, -inf, 0, 1, -1, 2, -2...], but got {ord!r}.")
    if dim is None:
        if x.ndim > 2:
            raise ValueError(f"For `norm`, the input must be 1D or 2D where `ord` is given and `dim` is not, but got {x.ndim}D.")
        dim = tuple(_range(x.ndim))
    axes = tuple(a % x.ndim for a in ((dim,) if isinstance(dim, int) else dim))
    if len(axes) == 1:
        if isinstance(ord, str):
            raise ValueError(f"For `norm`, ord mode {ord!r} is not supported for vectors.")
        return _vector_norm(x, ord, axes, keepdim)
    if ord == "fro":
        return _vector_norm(x, 2, axes, keepdim)
    if ord not in (1, -1, math.inf, -math.inf):
        raise not_there(f"ops.norm of matrices (ord={ord!r})")
    rows, columns = axes if ord in (1, -1) else axes[::-1]  # sums over the first, then the extreme over the second
    y = (amax if ord > 0 else amin)(_sum(abs(x), axis=(rows,), keep_dims=True), columns, True)
    return y if keepdim else S.squeeze(y, axes)


def prod(input, axis=None, keep_dims=False, dtype=None):
    """The product over axes, for short ones: one multiplication after the other."""
    x = _t(input) if dtype is None else cast(input, dtype)
    if not mstype.is_float(x.dtype):
        x = cast(x, mstype.int64)
    if axis is None or axis == ():
        y = prod(S.reshape(x, (-1,)), 0)
        return S.reshape(y, (1,) * x.ndim) if keep_dims else y
    if not isinstance(axis, int):
        for a in axis:
            x = prod(x, a, True)
        return x if keep_dims else S.squeeze(x, tuple(axis))
    parts = S.unstack(x, axis)
    y = parts[0]
    for part in parts[1:]:
        y = y * part
    return S.expand_dims(y, axis) if keep_dims else y


_cumsum = _bind("CumSum")


def cumsum(x, axis, dtype=None):
    """Running sums along an axis."""
    return _cumsum(_t(x) if dtype is None else cast(x, dtype), axis=axis)


# ---- products ----

_matmul, _bias_add = _bind("MatMul"), _bind("BiasAdd")


def matmul(input, other):
    """(..., N, K) x (..., K, M) -> (..., N, M)."""
    return _t(input) @ other


def mm(input, mat2):
    """The product of two matrices (n, k) and (k, m)."""
    return matmul(input, mat2)


bmm = batch_matmul = matmul


def dot(input, other):
    """Sums over the last axis of one and the last but one of the other: shape input.shape[:-1] + other.shape without its last but
    one."""
    if input.ndim <= 2 and other.ndim <= 2:
        return matmul(input, other)
    return tensor_dot(input, other, (-1, -2 if other.ndim > 1 else -1))


def outer(input, vec2):
    """(n), (m) -> (n, m): every product of an element of input and one of vec2."""
    return S.expand_dims(input, 1) * vec2


ger = outer


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """beta * input + alpha * (mat1 @ mat2)."""
    return input * beta + matmul(mat1, mat2) * alpha


def tensor_dot(x1, x2, axes):
    """Products summed over axes: a number, or a pair of axes."""
    if isinstance(axes, int):
        a, b = tuple(_range(x1.ndim - axes, x1.ndim)), tuple(_range(axes))
    else:
        a, b = ((p,) if isinstance(p, int) else tuple(p) for p in axes)
    a, b = tuple(i % x1.ndim for i in a), tuple(i % x2.ndim for i in b)
    left = [i for i in _range(x1.ndim) if i not in a]
    right = [i for i in _range(x2.ndim) if i not in b]
    k = math.prod(x1.shape[i] for i in a)
    y = matmul(S.reshape(S.transpose(x1, tuple(left) + a), (-1, k)), S.reshape(S.transpose(x2, b + tuple(right)), (k, -1)))
    return S.reshape(y, tuple(x1.shape[i] for i in left) + tuple(x2.shape[i] for i in right))


def bias_add(input_x, bias):
    """x (N, C, ...) + b (C)."""
    return _bias_add(input_x, bias)


def dense(input, weight, bias=None, activation=None):
    """input (..., K) times weight (M, K) transposed, plus bias (M)."""
    x = input if input.ndim == 2 else S.reshape(input, (-1, input.shape[-1]))
    y = _matmul(x, weight, transpose_b=True)
    if bias is not None:
        y = _bias_add(y, bias)
    return y if input.ndim == 2 else S.reshape(y, tuple(input.shape[:-1]) + (weight.shape[0],))


