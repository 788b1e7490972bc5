"""mindspore.ops: functions of tensors, each made of operators of the core's table."""
import builtins
import math

from .. import _core
from .._missing import not_there
from ..common import dtype as mstype
from ..common.tensor import Tensor, as_tensor, _as_shape

_bind = _core.bind
_range = builtins.range


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
        return f(x if mstype.is_float(x.dtype) else cast(x, mstype.float32))

    return call


def _binary(name):
    f = _bind(name)

    def call(input, other):
        if isinstance(input, Tensor):
            return f(input, other if isinstance(other, Tensor) else _like(other, input))
        other = _t(other)
        return f(_like(input, other), other)

    return call


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
add_, subtract, multiply, divide, true_divide, floor_divide, fmod_, remainder, mod = (
    add, sub, mul, div, div, floor_div, floor_mod, floor_mod, floor_mod)
inv = reciprocal


def tan(input):
    """sin / cos."""
    return sin(input) / cos(input)


def exp2(input):
    """2 ** input."""
    return exp(_t(input) * math.log(2))


def expm1(input):
    """exp(input) - 1."""
    return exp(input) - 1


def log1p(input):
    """log(1 + input)."""
    return log(_t(input) + 1)


def log2(input):
    return log(input) / math.log(2)


def log10(input):
    return log(input) / math.log(10)


def sinh(input):
    return (exp(input) - exp(-_t(input))) * 0.5


def cosh(input):
    return (exp(input) + exp(-_t(input))) * 0.5


def erfc(input):
    return 1 - erf(input)


def trunc(input):
    """Rounded towards 0."""
    return sign(input) * floor(abs(input))


def frac(input):
    return _t(input) - trunc(input)


def addn(x):
    """The sum of a list of tensors."""
    total = x[0]
    for other in x[1:]:
        total = total + other
    return total


def addcmul(input, tensor1, tensor2, value=1):
    return input + tensor1 * tensor2 * value


def addcdiv(input, tensor1, tensor2, value=1):
    return input + tensor1 / tensor2 * value


def lerp(input, end, weight):
    """input + weight (end - input)."""
    return input + (end - input) * weight


def hypot(input, other):
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

def _compare(symbol):
    def call(input, other):
        x = input if isinstance(input, Tensor) else as_tensor(input)
        return symbol(x, other)

    return call


import operator as _operator  # noqa: E402

equal = eq = _compare(_operator.eq)
not_equal = ne = _compare(_operator.ne)
less = lt = _compare(_operator.lt)
less_equal = le = _compare(_operator.le)
greater = gt = _compare(_operator.gt)
greater_equal = ge = _compare(_operator.ge)


def _as_bool(x):
    x = _t(x)
    return x if x.dtype == mstype.bool_ else cast(x, mstype.bool_)


_and, _or, _not = _bind("LogicalAnd"), _bind("LogicalOr"), _bind("LogicalNot")


def logical_and(input, other):
    return _and(_as_bool(input), _as_bool(other))


def logical_or(input, other):
    return _or(_as_bool(input), _as_bool(other))


def logical_not(input):
    return _not(_as_bool(input))


def logical_xor(input, other):
    return _as_bool(input) != _as_bool(other)


def isnan(input):
    return _t(input) != input


def isinf(input):
    return abs(input) == math.inf


def isfinite(input):
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
    x = _t(input) if dtype is None else cast(input, dtype)
    return _sum(x, axis=_axes(dim), keep_dims=keepdim)


def reduce_sum(x, axis=None, keep_dims=False, **_):
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
    return expand_dims(found, axis) if keepdims else found


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
        return _argmax(reshape(input, (-1,)), axis=0)
    return argument(_argmax, input, dim, keepdim)


def argmin(input, axis=None, keepdims=False):
    """Position of the smallest along axis, Int32; of the flattened tensor without axis."""
    if axis is None:
        return cast(_argmin(reshape(input, (-1,)), axis=0), mstype.int32)
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
    top = stop_gradient(amax(input, dim, True))
    y = log(_sum(exp(input - top), axis=_axes(dim), keep_dims=True)) + top
    return y if keepdim else squeeze(y, _axes(dim) or tuple(_range(y.ndim)))


def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """The 2-norm (also "fro"), 1-norm or maximum of absolute values, over axes."""
    x = A if dtype is None else cast(A, dtype)
    if ord in (None, 2, 2.0, "fro"):
        return sqrt(_sum(square(x), axis=_axes(dim), keep_dims=keepdim))
    if ord == 1:
        return _sum(abs(x), axis=_axes(dim), keep_dims=keepdim)
    if ord in (math.inf, float("inf")):
        return amax(abs(x), dim, keepdim)
    raise not_there(f"ops.norm(ord={ord!r})")


def prod(input, axis=None, keep_dims=False, dtype=None):
    """The product over an axis, for short axes: one multiplication after the other."""
    x = _t(input) if dtype is None else cast(input, dtype)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    if not mstype.is_float(x.dtype):
        x = cast(x, mstype.int64)
    parts = unstack(x, axis)
    y = parts[0]
    for part in parts[1:]:
        y = y * part
    return expand_dims(y, axis) if keep_dims else y


def cumsum(x, axis, dtype=None):
    """Running sums along an axis: a product with a triangle of ones."""
    x = _t(x) if dtype is None else cast(x, dtype)
    kind = x.dtype
    axis = axis % x.ndim
    n = x.shape[axis]
    upper = cast(expand_dims(arange(n), 1) <= arange(n), mstype.float64 if kind != mstype.float32 else kind)
    moved = swapaxes(x, axis, -1) if axis != x.ndim - 1 else x
    y = cast(matmul(cast(moved, upper.dtype), upper), kind)
    return swapaxes(y, axis, -1) if axis != x.ndim - 1 else y


# ---- products ----

_matmul, _bias_add = _bind("MatMul"), _bind("BiasAdd")


def matmul(input, other):
    """(..., N, K) x (..., K, M) -> (..., N, M)."""
    return _t(input) @ other


def mm(input, mat2):
    return matmul(input, mat2)


bmm = batch_matmul = matmul


def dot(input, other):
    return matmul(input, other)


def outer(input, vec2):
    return expand_dims(input, 1) * vec2


ger = outer


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
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
    y = matmul(reshape(transpose(x1, tuple(left) + a), (-1, k)), reshape(transpose(x2, b + tuple(right)), (k, -1)))
    return reshape(y, tuple(x1.shape[i] for i in left) + tuple(x2.shape[i] for i in right))


def bias_add(input_x, bias):
    """x (N, C, ...) + b (C)."""
    return _bias_add(input_x, bias)


def dense(input, weight, bias=None, activation=None):
    """input (..., K) times weight (M, K) transposed, plus bias (M)."""
    x = input if input.ndim == 2 else reshape(input, (-1, input.shape[-1]))
    y = _matmul(x, weight, transpose_b=True)
    if bias is not None:
        y = _bias_add(y, bias)
    return y if input.ndim == 2 else reshape(y, tuple(input.shape[:-1]) + (weight.shape[0],))


# ---- shapes ----

_reshape, _transpose, _expand, _squeeze = _bind("Reshape"), _bind("Transpose"), _bind("ExpandDims"), _bind("Squeeze")
_broadcast, _tile, _concat, _stack, _gather = (_bind(n) for n in ("BroadcastTo", "Tile", "Concat", "Stack", "Gather"))
_slice, _one_hot = _bind("StridedSlice"), _bind("OneHot")


def _sizes(shape):
    return tuple(shape.tolist()) if isinstance(shape, Tensor) else _as_shape(shape)


def reshape(input, shape):
    """The same elements in another shape; one dimension may be -1."""
    return _reshape(_t(input), shape=_sizes(shape))


def view_as(input, other):
    return reshape(input, other.shape)


def flatten(input, order="C", *, start_dim=1, end_dim=-1):
    """The axes from start_dim to end_dim joined."""
    if order != "C":
        raise not_there("ops.flatten(order='F')")
    x = _t(input)
    if x.ndim < 2:
        return reshape(x, (x.size,) if x.ndim == 0 or start_dim == 0 else (1, x.size) if start_dim == 1 else x.shape)
    a, b = start_dim % x.ndim, end_dim % x.ndim
    return reshape(x, tuple(x.shape[:a]) + (math.prod(x.shape[a:b + 1]),) + tuple(x.shape[b + 1:]))


def ravel(input):
    return reshape(input, (-1,))


def transpose(input, input_perm):
    """The axes in another order."""
    return _transpose(input, perm=tuple(a % input.ndim for a in input_perm))


def permute(input, axis):
    return transpose(input, axis)


def swapaxes(input, axis0, axis1):
    """Two axes exchanged."""
    perm = list(_range(input.ndim))
    perm[axis0], perm[axis1] = perm[axis1], perm[axis0]
    return _transpose(input, perm=tuple(perm))


swapdims = swapaxes


def t(input):
    return swapaxes(input, 0, 1) if input.ndim == 2 else input


def movedim(x, source, destination):
    """Axes moved to other places."""
    source = [a % x.ndim for a in _axes(source)]
    destination = [a % x.ndim for a in _axes(destination)]
    perm = [a for a in _range(x.ndim) if a not in source]
    for to, a in sorted(zip(destination, source)):
        perm.insert(to, a)
    return _transpose(x, perm=tuple(perm))


def expand_dims(input_x, axis):
    """A 1 before axis; negative: counted from the end of the result."""
    return _expand(_t(input_x), axis=axis)


unsqueeze = expand_dims


def squeeze(input, axis=None):
    """Without dimensions of 1."""
    return _squeeze(input, axis=_axes(axis))


def broadcast_to(input, shape):
    """Repeated along dimensions of 1; -1 leaves one as it is."""
    return _broadcast(_t(input), shape=_sizes(shape))


def expand(input, size):
    return broadcast_to(input, size)


def tile(input, dims):
    """The whole repeated, dims[i] times along axis i."""
    dims = _sizes(dims)
    x = _t(input)
    if len(dims) < x.ndim:
        dims = (1,) * (x.ndim - len(dims)) + dims
    elif len(dims) > x.ndim:
        x = reshape(x, (1,) * (len(dims) - x.ndim) + tuple(x.shape))
    return _tile(x, multiples=dims)


def repeat_elements(x, rep, axis=0):
    """Each element repeated along an axis."""
    axis = axis % x.ndim
    shape = list(x.shape)
    wide = broadcast_to(expand_dims(x, axis + 1), tuple(shape[:axis + 1] + [rep] + shape[axis + 1:]))
    shape[axis] *= rep
    return reshape(wide, tuple(shape))


def repeat_interleave(input, repeats, axis=None):
    if not isinstance(repeats, int):
        raise not_there("ops.repeat_interleave with several repeats")
    return repeat_elements(ravel(input), repeats) if axis is None else repeat_elements(input, repeats, axis)


def _common(tensors):
    """Tensors of one type: the widest."""
    tensors = [_t(x) for x in tensors]
    kind = tensors[0].dtype
    if builtins.all(x.dtype == kind for x in tensors):
        return tensors
    for x in tensors[1:]:
        kind = (_core.zeros((), kind) + _core.zeros((), x.dtype)).dtype
    return [cast(x, kind) for x in tensors]


def concat(tensors, axis=0):
    """Tensors joined along an axis."""
    return _concat(*_common(tensors), axis=axis)


def cat(tensors, axis=0):
    return concat(tensors, axis)


def stack(tensors, axis=0):
    """Tensors joined along a new axis."""
    return _stack(*_common(tensors), axis=axis)


def hstack(tensors):
    return concat(tensors, 0 if tensors[0].ndim < 2 else 1)


def vstack(inputs):
    return concat([x if x.ndim > 1 else reshape(x, (1, -1)) for x in inputs], 0)


def strided_slice(input_x, begin, end, strides, **masks):
    """The part [begin : end : strides] of each axis."""
    for mask, value in masks.items():
        if value:
            raise not_there(f"ops.strided_slice({mask})")
    return _slice(input_x, begin=tuple(begin), end=tuple(end), strides=tuple(strides))


def slice(input_x, begin, size):
    """The part that starts at `begin` and is `size` long (-1: to the end), of each axis."""
    end = tuple(n if s == -1 else b + s for b, s, n in zip(begin, size, input_x.shape))
    return _slice(input_x, begin=tuple(begin), end=end, strides=(1,) * len(end))


def narrow(input, axis, start, length):
    begin, size = [0] * input.ndim, list(input.shape)
    begin[axis], size[axis] = start, length
    return slice(input, begin, size)


def split(tensor, split_size_or_sections, axis=0):
    """Pieces along an axis: all of a size, or of the sizes listed."""
    n, sizes = tensor.shape[axis], split_size_or_sections
    if isinstance(sizes, int):
        sizes = [builtins.min(sizes, n - at) for at in _range(0, n, sizes)]
    pieces, at = [], 0
    for size in sizes:
        pieces.append(narrow(tensor, axis, at, size))
        at += size
    return tuple(pieces)


def chunk(input, chunks, axis=0):
    return split(input, -(-input.shape[axis] // chunks), axis)


def unstack(input_x, axis=0):
    """The parts along an axis, without it."""
    return tuple(squeeze(narrow(input_x, axis, i, 1), axis) for i in _range(input_x.shape[axis]))


unbind = unstack


def gather(input_params, input_indices, axis, batch_dims=0):
    """Rows along axis at the positions of indices."""
    if batch_dims:
        raise not_there("ops.gather(batch_dims)")
    return _gather(input_params, _t(input_indices), axis=axis)


def index_select(input, axis, index):
    return gather(input, index, axis)


def gather_elements(input, dim, index):
    """input[..., index[..., i, ...], ...] along dim: as a choice by one-hot rows."""
    dim = dim % input.ndim
    depth = input.shape[dim]
    index = where(index < 0, index + depth, index)
    hot = _one_hot(index, depth=depth, dtype=input.dtype)  # (index..., depth)
    shape = [i if a != dim else n for a, (i, n) in enumerate(zip(index.shape, input.shape))]
    part = input
    for a, n in enumerate(shape):
        if part.shape[a] != n:
            part = narrow(part, a, 0, n)
    part = expand_dims(swapaxes(part, dim, -1), dim)  # (..., 1 at dim, ..., depth)
    moved = list(_range(part.ndim))
    last = moved.pop(-2) if dim != input.ndim - 1 else None
    if last is not None:  # the axis that stood last came to dim's old place
        raise not_there("ops.gather_elements along another axis than the last")
    return sum(hot * part, -1)


gather_d = gather_elements


def one_hot(indices, depth, on_value=1, off_value=0, axis=-1):
    """on_value at the index, else off_value, along a new axis."""
    on = on_value if isinstance(on_value, Tensor) else None
    kind = on.dtype if on is not None else mstype.float32 if isinstance(on_value, float) else mstype.int64
    if isinstance(depth, Tensor):
        depth = int(depth)
    hot = _one_hot(_t(indices), depth=depth, axis=axis, dtype=kind)
    plain = not isinstance(off_value, Tensor) and off_value == 0 and not isinstance(on_value, Tensor) and on_value == 1
    if plain:
        return hot
    on_value, off_value = (float(v) if mstype.is_float(kind) else int(v) for v in (on_value, off_value))
    return hot if (on_value, off_value) == (1, 0) else hot * (on_value - off_value) + off_value


def flip(input, dims):
    """Axes reversed."""
    return input[tuple(builtins.slice(None, None, -1) if a in [d % input.ndim for d in _axes(dims)] else builtins.slice(None)
                       for a in _range(input.ndim))]


def roll(input, shifts, dims=None):
    """Elements moved along axes; what falls off comes in at the other end."""
    if dims is None:
        return reshape(roll(ravel(input), shifts, 0), input.shape)
    for s, a in zip(_axes(shifts), _axes(dims)):
        n = input.shape[a]
        s = s % n
        if s:
            input = concat((narrow(input, a, n - s, s), narrow(input, a, 0, n - s)), a)
    return input


def tril(input, diagonal=0):
    """The lower triangle, zeros above."""
    n, m = input.shape[-2:]
    return where(expand_dims(arange(n), 1) + diagonal >= arange(m), input, 0)


def triu(input, diagonal=0):
    """The upper triangle, zeros below."""
    n, m = input.shape[-2:]
    return where(expand_dims(arange(n), 1) + diagonal <= arange(m), input, 0)


def eye(n, m=None, dtype=None):
    """Ones on the diagonal."""
    m = n if m is None else m
    return cast(expand_dims(arange(n), 1) == arange(m), dtype or mstype.float32)


def diag(input):
    """A matrix with this diagonal."""
    if input.ndim != 1:
        raise not_there("ops.diag of a matrix")
    return eye(input.shape[0], dtype=input.dtype) * input


def meshgrid(*inputs, indexing="xy"):
    """Coordinate arrays."""
    n = len(inputs)
    place = list(_range(n))
    if indexing == "xy" and n > 1:
        place[0], place[1] = 1, 0
    shape = [0] * n
    for i, x in enumerate(inputs):
        shape[place[i]] = x.size
    return tuple(broadcast_to(reshape(x, tuple(x.size if a == place[i] else 1 for a in _range(n))), tuple(shape))
                 for i, x in enumerate(inputs))


def pad(input_x, padding, mode="constant", value=None):
    """Elements added at both ends of the last axes: padding (left, right, top, bottom, ...) as PyTorch counts; mode constant."""
    if mode != "constant":
        raise not_there(f"ops.pad(mode='{mode}')")
    padding = list(padding.tolist() if isinstance(padding, Tensor) else padding)
    x = input_x
    for i in _range(len(padding) // 2):
        axis, (before, after) = x.ndim - 1 - i, padding[2 * i:2 * i + 2]
        if before < 0 or after < 0:
            x = narrow(x, axis, builtins.max(-before, 0), x.shape[axis] + builtins.min(before, 0) + builtins.min(after, 0))
        parts = []
        for n, at_front in ((before, True), (None, None), (after, False)):
            if n is None:
                parts.append(x)
            elif n > 0:
                shape = list(x.shape)
                shape[axis] = n
                parts.append(_core.full(tuple(shape), value or 0, x.dtype))
        x = concat(parts, axis) if len(parts) > 1 else x
    return x


# ---- making ----

def zeros(size, dtype=None):
    """Zeros, Float32 unless said otherwise."""
    return _core.zeros(_sizes(size), mstype.of(dtype or mstype.float32))


def ones(shape, dtype=None):
    """Ones, Float32 unless said otherwise."""
    return _core.ones(_sizes(shape), mstype.of(dtype or mstype.float32))


def full(size, fill_value, *, dtype=None):
    """Every element fill_value."""
    kind = mstype.of(dtype) if dtype is not None else mstype.of(type(fill_value))
    return _core.full(_sizes(size), fill_value, kind)


def fill(type, shape, value):
    """As full(), with the type first."""
    return _core.full(_sizes(shape), value, mstype.of(type))


def zeros_like(input, *, dtype=None):
    """Zeros in the shape and type of input."""
    return _core.zeros(tuple(input.shape), mstype.of(dtype or input.dtype))


def ones_like(input, *, dtype=None):
    """Ones in the shape and type of input."""
    return _core.ones(tuple(input.shape), mstype.of(dtype or input.dtype))


def full_like(input, fill_value, *, dtype=None):
    return _core.full(tuple(input.shape), fill_value, mstype.of(dtype or input.dtype))


def arange(start=0, end=None, step=1, *, dtype=None):
    """start, start + step, ... below end."""
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    if end is None:
        start, end = 0, start
    if dtype is None:
        dtype = mstype.int64 if builtins.all(isinstance(v, int) for v in (start, end, step)) else mstype.float32
    return _core.arange(start, end, step, mstype.of(dtype))


def range(start, end=None, step=1, *args, **kwargs):  # noqa: A001
    """As arange()."""
    return arange(start, end, step)


def linspace(start, end, steps):
    """`steps` numbers from start to end."""
    start, end = (v.item() if isinstance(v, Tensor) else v for v in (start, end))
    gap = (end - start) / builtins.max(steps - 1, 1)
    return _core.arange(0, steps, 1, mstype.float32) * gap + float(start)


def rand(*size, dtype=None, seed=None):
    """Uniform in [0, 1)."""
    size = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    return _core.rand_uniform(0, 1, mstype.of(dtype or mstype.float32), _sizes(size))


def randn(*size, dtype=None, seed=None):
    """N(0, 1)."""
    size = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    return _core.rand_normal(0, 1, mstype.of(dtype or mstype.float32), _sizes(size))


def randint(low, high, size, seed=None, *, dtype=None):
    """Integers in [low, high)."""
    return _core.rand_int(low, high, mstype.of(dtype or mstype.int64), _sizes(size))


def rand_like(input, seed=None, *, dtype=None):
    return rand(tuple(input.shape), dtype=dtype or input.dtype)


def randn_like(input, seed=None, *, dtype=None):
    return randn(tuple(input.shape), dtype=dtype or input.dtype)


def randperm(n, seed=0, offset=0, dtype=None):
    """0 to n-1 in a random order."""
    from ..common.seed import numbers
    order = list(_range(n))
    numbers().shuffle(order)
    return as_tensor(order, mstype.of(dtype or mstype.int64))


def standard_normal(shape, seed=None):
    return randn(shape)


def normal(shape, mean, stddev, seed=None):
    """N(mean, stddev)."""
    return randn(shape) * stddev + mean


def uniform(shape, minval, maxval, seed=None, dtype=mstype.float32):
    """Uniform in [minval, maxval)."""
    if mstype.of(dtype) == mstype.int32:
        return _core.rand_int(int(minval), int(maxval), mstype.int32, _sizes(shape))
    return rand(shape, dtype=dtype) * (maxval - minval) + minval


def shape(input_x):
    return tuple(input_x.shape)


def rank(input_x):
    return input_x.ndim


def size(input_x):
    return input_x.size


numel = size


def dtype(input_x):
    return input_x.dtype


def is_tensor(obj):
    return isinstance(obj, Tensor)


def is_floating_point(input):
    return mstype.is_float(input.dtype)


def copy(x):
    """A tensor with elements of its own."""
    return _core.tensor(x)


deepcopy = copy


def identity(input):
    return _bind("Identity")(input)


_stop = _bind("StopGradient")


def stop_gradient(value):
    """value, behind which nothing is differentiated."""
    if isinstance(value, (tuple, list)):
        return type(value)(stop_gradient(v) for v in value)
    return _stop(value) if isinstance(value, Tensor) else value


def depend(value, expr):
    return value


def assign(variable, value):
    """Gives a parameter other elements; returns it."""
    variable.set_data(value if isinstance(value, Tensor) else _like(value, variable))
    return variable


def assign_add(variable, value):
    return assign(variable, variable + value)


def assign_sub(variable, value):
    return assign(variable, variable - value)


def clip_by_norm(x, max_norm, norm_type=2.0, error_if_nonfinite=False):
    """Scaled so that the norm of all is at most max_norm."""
    one = isinstance(x, Tensor)
    all_ = [x] if one else list(x)
    if norm_type != 2.0:
        raise not_there("ops.clip_by_norm(norm_type)")
    total = sqrt(addn([sum(square(g)) for g in all_]))
    factor = minimum(max_norm / (total + 1e-6), 1.0)
    clipped = [g * factor for g in all_]
    return clipped[0] if one else type(x)(clipped)


def clip_by_global_norm(x, clip_norm=1.0, use_norm=None):
    """A tuple of tensors scaled by clip_norm / max(their norm, clip_norm)."""
    total = use_norm if use_norm is not None else sqrt(addn([sum(square(g)) for g in x]))
    factor = clip_norm / maximum(total, float(clip_norm))
    return type(x)(g * factor for g in x) if isinstance(x, (tuple, list)) else x * factor


def topk(input, k, dim=None, largest=True, sorted=True):
    """The k largest along the last axis and their positions: k times the largest of what is left."""
    axis = -1 if dim is None else dim
    values, places, left = [], [], input if largest else -input
    depth = input.shape[axis]
    low = _core.full((), -math.inf if mstype.is_float(input.dtype) else -2**31, input.dtype)
    for _ in _range(k):
        place = argmax(left, axis)
        values.append(amax(left, axis))
        places.append(place)
        hot = _as_bool(_one_hot(place, depth=depth, axis=axis, dtype=mstype.int32))
        left = where(hot, low, left)
    found = stack(values, axis)
    return found if largest else -found, cast(stack(places, axis), mstype.int32)


def count_nonzero(x, axis=(), keep_dims=False, dtype=mstype.int32):
    return cast(reduce_sum(cast(_as_bool(x), mstype.int32), axis, keep_dims), dtype)


def print_(*args):
    print(*args)
    return 0
