"""mindspore.ops: what is made of the functions of maths.py, shapes.py and nn_function.py."""
import builtins
import math

from .. import _core
from .._missing import not_there
from ..common import dtype as mstype
from ..common.tensor import Tensor, as_tensor
from . import maths as M
from . import nn_function as N
from . import shapes as S
from .helpers import _range, _t

_pi = math.pi


def _real(x):
    x = _t(x)
    return x if mstype.is_float(x.dtype) else M.cast(x, mstype.float32)


# ---- element by element ----

def asinh(input):
    """log(x + sqrt(x^2 + 1)), odd."""
    x = M.abs(_real(input))
    return M.sign(_real(input)) * M.log1p(x + M.square(x) / (1 + M.sqrt(M.square(x) + 1)))


def acosh(input):
    """log(x + sqrt(x^2 - 1))."""
    x = _real(input)
    return M.log(x + M.sqrt(x - 1) * M.sqrt(x + 1))


def atanh(input):
    """log((1 + x) / (1 - x)) / 2."""
    x = _real(input)
    return (M.log1p(x) - M.log1p(-x)) / 2


arcsinh, arccosh, arctanh = asinh, acosh, atanh


def deg2rad(x):
    """Degrees as radians."""
    return _real(x) * (_pi / 180)


def rad2deg(x):
    """Radians as degrees."""
    return _real(x) * (180 / _pi)


def logaddexp(input, other):
    """log(exp(a) + exp(b))."""
    return M.maximum(input, other) + M.log1p(M.exp(-M.abs(M.sub(input, other))))


def logaddexp2(input, other):
    """log2(2^a + 2^b)."""
    return M.maximum(input, other) + M.log2(1 + M.pow(2.0, -M.abs(M.sub(input, other))))


def xlogy(input, other):
    """x log y, 0 where x is 0; the derivative for x is log y there too, where y has one."""
    x, y = _real(input), _real(other)
    zero = M.logical_and(M.equal(x, 0), M.logical_or(M.less_equal(y, 0), M.isinf(y)))
    return M.where(zero, M.mul(x, 0), x * M.log(M.where(zero, S.ones_like(y), y)))


def logit(input, eps=None):
    """log(x / (1 - x)); x is kept eps away from 0 and 1."""
    x = _real(input)
    x = x if eps is None else M.clamp(x, eps, 1 - eps)
    return M.log(x) - M.log1p(-x)


def nan_to_num(input, nan=None, posinf=None, neginf=None):
    """Other numbers in the place of NaN and infinities."""
    x = _t(input)
    if not mstype.is_float(x.dtype):
        return x
    top = {mstype.float16: 65504.0, mstype.float32: 3.4028234663852886e38, mstype.float64: 1.7976931348623157e308}[x.dtype]
    x = M.where(M.isnan(x), S.full_like(x, nan or 0.0), x)
    x = M.where(isposinf(x), S.full_like(x, top if posinf is None else posinf), x)
    return M.where(isneginf(x), S.full_like(x, -top if neginf is None else neginf), x)


def isposinf(input):
    """Whether it is +inf."""
    return M.equal(_t(input), math.inf) if mstype.is_float(_t(input).dtype) else M.not_equal(input, input)


def isneginf(input):
    """Whether it is -inf."""
    return M.equal(_t(input), -math.inf) if mstype.is_float(_t(input).dtype) else M.not_equal(input, input)


def isreal(input):
    """True everywhere: there are no complex tensors."""
    return M.logical_or(M.equal(input, input), M.not_equal(input, input))


def heaviside(input, values):
    """0 below 0, 1 above, `values` at 0."""
    return M.where(M.equal(input, 0), values, M.cast(M.greater(input, 0), input.dtype))


def sgn(input):
    """The sign."""
    return M.sign(input)


def positive(input):
    """The tensor itself."""
    return input


def float_power(input, exponent):
    """The power, in Float64."""
    def double(x):
        return M.cast(x, mstype.float64) if isinstance(x, Tensor) else x
    return M.pow(double(input), double(exponent))


def ldexp(x, other):
    """x 2^other."""
    return M.mul(x, M.pow(2.0, _real(other)))


def invert(x):
    """Every bit turned over: -1 - x for signed integers, the logical not for truth values."""
    if x.dtype == mstype.bool_:
        return M.logical_not(x)
    if mstype.is_float(x.dtype):
        raise TypeError(f"For 'Invert', the type of 'x' must be an integer type, but got {x.dtype}.")
    return M.sub(S.full_like(x, -1), x) if not str(x.dtype).startswith("UInt") else M.sub(S.full_like(x, 2 ** (8 * x.itemsize) - 1), x)


bitwise_not = invert


# ---- products ----

def mv(mat, vec):
    """A matrix times a vector."""
    return M.matmul(mat, vec)


def addmv(input, mat, vec, *, beta=1, alpha=1):
    """beta input + alpha mat vec."""
    return M.add(M.mul(input, beta), M.mul(M.matmul(mat, vec), alpha))


def addr(x, vec1, vec2, *, beta=1, alpha=1):
    """beta x + alpha vec1 vec2^T."""
    return M.add(M.mul(x, beta), M.mul(M.outer(vec1, vec2), alpha))


def baddbmm(input, batch1, batch2, beta=1, alpha=1):
    """beta input + alpha batch1 batch2."""
    return M.add(M.mul(input, beta), M.mul(M.matmul(batch1, batch2), alpha))


def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta input + alpha times the sum of the products."""
    return M.add(M.mul(input, beta), M.mul(M.sum(M.matmul(batch1, batch2), 0), alpha))


def inner(input, other):
    """Sums of products over the last axes."""
    if input.ndim == 0 or other.ndim == 0:
        return M.mul(input, other)
    return M.tensor_dot(input, other, (-1, -1))


def vecdot(x, y, *, axis=-1):
    """Sums of products over an axis."""
    return M.sum(M.mul(x, y), axis)


def kron(input, other):
    """The Kronecker product."""
    rank = builtins.max(input.ndim, other.ndim)
    a = (1,) * (rank - input.ndim) + tuple(input.shape)
    b = (1,) * (rank - other.ndim) + tuple(other.shape)
    wide = S.reshape(input, tuple(n for p in a for n in (p, 1))) * S.reshape(other, tuple(n for p in b for n in (1, p)))
    return S.reshape(wide, tuple(p * q for p, q in zip(a, b)))


def cross(input, other, dim=None):
    """The cross product along an axis of 3."""
    if dim is None:
        dim = next((i for i, n in enumerate(input.shape) if n == 3), None)
    if dim is None or input.shape[dim] != 3 or other.shape[dim] != 3:
        raise ValueError(f"For 'cross', the axis must have 3 elements, but got the shapes {input.shape} and {other.shape}.")
    return M.sub(M.mul(S.roll(input, -1, dim), S.roll(other, -2, dim)), M.mul(S.roll(input, -2, dim), S.roll(other, -1, dim)))


def einsum(equation, *operands):
    """Sums of products as the equation says: letters, commas and an arrow ("bij,bjk->bik")."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    text = equation.replace(" ", "")
    if "..." in text:
        raise not_there("ops.einsum with '...'")
    left, arrow, out = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"For 'einsum', the equation has {len(terms)} terms for {len(operands)} tensors.")
    letters = sorted(set("".join(terms)))
    if not arrow:
        out = "".join(c for c in letters if "".join(terms).count(c) == 1)
    sizes = {}
    for term, x in zip(terms, operands):
        if len(term) != x.ndim or len(set(out)) != len(out) or not set(out) <= set(letters):
            raise ValueError(f"For 'einsum', the equation {equation!r} does not fit a tensor of the shape {tuple(x.shape)}.")
        for c, n in zip(term, x.shape):
            if sizes.setdefault(c, n) != n:
                raise ValueError(f"For 'einsum', the letter {c!r} stands for {sizes[c]} and {n}.")
    operands = [_diagonals(term, x) for term, x in zip(terms, operands)]
    names, x = operands[0]
    for k in _range(1, len(operands)):
        later = set(out).union(*[set(n) for n, _ in operands[k + 1:]])
        names, x = _einsum_pair(names, x, *operands[k], later, sizes)
    if set(names) - set(out):
        x = M.sum(x, tuple(i for i, c in enumerate(names) if c not in out))
        names = [c for c in names if c in out]
    return S.transpose(x, tuple(names.index(c) for c in out)) if len(out) > 1 else x


def _diagonals(term, x):
    """(letters, tensor) without letters that come twice."""
    names = list(term)
    for c in sorted(set(names)):
        while names.count(c) > 1:
            i = names.index(c)
            j = names.index(c, i + 1)
            x = diagonal(x, 0, i, j)
            names = [n for k, n in enumerate(names) if k not in (i, j)] + [c]
    return names, x


def _einsum_pair(a, x, b, y, later, sizes):
    """Two terms as one, by a product of matrices."""
    gone_x, gone_y = [c for c in a if c not in b and c not in later], [c for c in b if c not in a and c not in later]
    if gone_x:
        x, a = M.sum(x, tuple(a.index(c) for c in gone_x)), [c for c in a if c not in gone_x]
    if gone_y:
        y, b = M.sum(y, tuple(b.index(c) for c in gone_y)), [c for c in b if c not in gone_y]
    both = [c for c in a if c in b and c in later]
    summed = [c for c in a if c in b and c not in later]
    rows, columns = [c for c in a if c not in b], [c for c in b if c not in a]

    def shaped(names, t, first, second):
        order = both + first + second
        t = S.transpose(t, tuple(names.index(c) for c in order)) if order != list(names) else t
        return S.reshape(t, tuple(sizes[c] for c in both) + (math.prod(sizes[c] for c in first), math.prod(sizes[c] for c in second)))

    z = M.matmul(shaped(a, x, rows, summed), shaped(b, y, summed, columns))
    names = both + rows + columns
    return names, S.reshape(z, tuple(sizes[c] for c in names))


# ---- axes ----

moveaxis = S.movedim


def fliplr(input):
    """Left and right exchanged."""
    return S.flip(input, (1,))


def flipud(input):
    """Top and bottom exchanged."""
    return S.flip(input, (0,))


def rot90(input, k, dims):
    """Turned k times by 90 degrees, from the first of two axes towards the second."""
    a, b = (d % input.ndim for d in dims)
    k %= 4
    if k == 0:
        return input
    if k == 2:
        return S.flip(input, (a, b))
    return S.swapaxes(S.flip(input, (b,)), a, b) if k == 1 else S.flip(S.swapaxes(input, a, b), (b,))


def _at_least(inputs, rank, shape):
    if isinstance(inputs, Tensor):
        return inputs if inputs.ndim >= rank else S.reshape(inputs, shape(tuple(inputs.shape)))
    return tuple(_at_least(x, rank, shape) for x in inputs)


def atleast_1d(inputs):
    """At least 1 dimension."""
    return _at_least(inputs, 1, lambda s: (1,))


def atleast_2d(inputs):
    """At least 2 dimensions, new ones in front."""
    return _at_least(inputs, 2, lambda s: (1,) * (2 - len(s)) + s)


def atleast_3d(inputs):
    """At least 3 dimensions: (1, n, 1), (m, n, 1)."""
    return _at_least(inputs, 3, lambda s: (1, 1, 1) if not s else (1, s[0], 1) if len(s) == 1 else s + (1,))


def column_stack(tensors):
    """Vectors as columns, matrices beside one another."""
    return S.concat([S.reshape(x, (-1, 1)) if x.ndim < 2 else x for x in tensors], 1)


row_stack = S.vstack


def dstack(inputs):
    """Joined along the third axis."""
    return S.concat(list(atleast_3d(tuple(inputs))), 2)


def tensor_split(input, indices_or_sections, axis=0):
    """In parts of nearly one size, or at the places given."""
    n = input.shape[axis]
    if isinstance(indices_or_sections, int):
        k = indices_or_sections
        if k < 1:
            raise ValueError(f"For 'tensor_split', the number of parts must be positive, but got {k}.")
        places = [i * (n // k) + builtins.min(i, n % k) for i in _range(1, k)]
    else:
        places = [builtins.min(i if i >= 0 else builtins.max(i + n, 0), n) for i in indices_or_sections]
    ends = [0] + places + [n]
    return tuple(S.narrow(input, axis, a, builtins.max(b - a, 0)) for a, b in zip(ends, ends[1:]))


def vsplit(input, indices_or_sections):
    """Split along the first axis."""
    return tensor_split(input, indices_or_sections, 0)


def hsplit(input, indices_or_sections):
    """Split along the second axis; the only one of a vector."""
    return tensor_split(input, indices_or_sections, 1 if input.ndim > 1 else 0)


def dsplit(input, indices_or_sections):
    """Split along the third axis."""
    return tensor_split(input, indices_or_sections, 2)


def expand_as(input, other):
    """Broadcast to another tensor's shape."""
    return S.broadcast_to(input, tuple(other.shape))


def type_as(input, other):
    """In another tensor's type."""
    return M.cast(input, other.dtype)


def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of two axes, as the last axis."""
    a, b = dim1 % input.ndim, dim2 % input.ndim
    if a == b:
        raise ValueError(f"For 'diagonal', the two axes must differ, but got {dim1} and {dim2}.")
    rest = [i for i in _range(input.ndim) if i not in (a, b)]
    x = S.transpose(input, tuple(rest + [a, b]))
    n, m = x.shape[-2:]
    length = builtins.max(builtins.min(n + builtins.min(offset, 0), m - builtins.max(offset, 0)), 0)
    first = builtins.max(offset, 0) - builtins.min(offset, 0) * m
    places = as_tensor([first + i * (m + 1) for i in _range(length)], mstype.int64) if length else None
    flat = S.reshape(x, tuple(x.shape[:-2]) + (n * m,))
    return S.gather(flat, places, flat.ndim - 1) if length else S.narrow(flat, flat.ndim - 1, 0, 0)


def trace(input):
    """The sum of a matrix's diagonal."""
    if input.ndim != 2:
        raise ValueError(f"For 'trace', the input must have 2 dimensions, but got {input.ndim}.")
    return M.sum(diagonal(input))


def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices that have the last axis as their diagonal."""
    if (dim1, dim2) != (-2, -1):
        raise not_there("ops.diag_embed(dim1, dim2)")
    n = input.shape[-1] + builtins.abs(offset)
    padded = S.pad(input, (builtins.abs(offset), 0))
    at = S.expand_dims(S.arange(n), 1)
    there = M.equal(at, S.arange(n) - offset)
    return M.where(there, S.expand_dims(padded, -2 if offset >= 0 else -1), _core.full((), 0, input.dtype))


def take(input, indices, axis=None, mode="raise"):
    """Elements by number, of the array made flat unless an axis is given."""
    return S.gather(S.reshape(input, (-1,)), indices, 0) if axis is None else S.gather(input, indices, axis)


def gather_nd(input_x, indices):
    """input_x[indices[..., 0], indices[..., 1], ...]."""
    k = indices.shape[-1]
    if k > input_x.ndim:
        raise ValueError(f"For 'GatherNd', the last axis of indices must be at most {input_x.ndim}, but got {k}.")
    at = 0
    for i in _range(k):
        at = at * input_x.shape[i] + indices[..., i]
    return S.gather(S.reshape(input_x, (-1,) + tuple(input_x.shape[k:])), at, 0)


def diff(x, n=1, axis=-1, prepend=None, append=None):
    """Differences of neighbours, n times."""
    parts = [p for p in (prepend, x, append) if p is not None]
    x = S.concat(parts, axis) if len(parts) > 1 else x
    for _ in _range(n):
        size = x.shape[axis]
        x = S.narrow(x, axis, 1, size - 1) - S.narrow(x, axis, 0, size - 1)
    return x


def cumprod(input, dim, dtype=None):
    """Running products along an axis: one multiplication after the other."""
    x = input if dtype is None else M.cast(input, dtype)
    parts = S.unstack(x, dim)
    for i in _range(1, len(parts)):
        parts = parts[:i] + (parts[i - 1] * parts[i],) + parts[i + 1:]
    return S.stack(parts, dim)


# ---- order ----

def median(input, axis=-1, keepdims=False):
    """(the middle element, the lower one of two; its position) along an axis."""
    values, places = S.sort(input, axis)
    middle = (input.shape[axis] - 1) // 2
    picked = [S.narrow(v, axis, middle, 1) for v in (values, M.cast(places, mstype.int64))]
    return tuple(picked) if keepdims else tuple(S.squeeze(v, axis) for v in picked)


def nonzero(input, *, as_tuple=False):
    """The positions of elements that are not 0, (count, ndim) Int64. Its shape depends on the values: not in graph mode."""
    x = _t(input)
    flat = S.arange(x.size)[S.reshape(M.not_equal(x, 0) if x.dtype != mstype.bool_ else x, (-1,))]
    columns = []
    for n in reversed(x.shape):
        columns.append(M.floor_mod(flat, n))
        flat = M.floor_div(flat, n)
    columns = tuple(reversed(columns))
    return columns if as_tuple else S.stack(columns, 1) if columns else S.zeros((flat.shape[0], 0), mstype.int64)


def argwhere(input):
    """As nonzero()."""
    return nonzero(input)


def masked_select(input, mask):
    """The elements where the mask holds, as a vector. Its shape depends on the values: not in graph mode."""
    if mask.dtype != mstype.bool_:
        raise TypeError(f"For 'masked_select', the mask must be Bool, but got {mask.dtype}.")
    shape = M.logical_or(M.equal(input, input), mask).shape
    return S.broadcast_to(input, shape)[S.broadcast_to(mask, shape)]


# ---- over axes ----

def nansum(input, axis=None, keepdims=False, *, dtype=None):
    """The sum without NaN."""
    x = M.where(M.isnan(_real(input)), S.zeros_like(_real(input)), _real(input))
    return M.sum(x, axis, keepdims, dtype=dtype)


def nanmean(input, axis=None, keepdims=False, *, dtype=None):
    """The mean without NaN."""
    there = M.cast(M.logical_not(M.isnan(_real(input))), _real(input).dtype)
    return M.div(nansum(input, axis, keepdims, dtype=dtype), M.sum(there, axis, keepdims))


def std_mean(input, axis=None, ddof=0, keepdims=False):
    """(standard deviation, mean)."""
    return M.std(input, axis, ddof, keepdims), M.mean(input, axis, keepdims)


def var_mean(input, axis=None, ddof=0, keepdims=False):
    """(variance, mean)."""
    return M.var(input, axis, ddof, keepdims), M.mean(input, axis, keepdims)


def aminmax(input, *, axis=0, keepdims=False):
    """(smallest, largest)."""
    return M.amin(input, axis, keepdims), M.amax(input, axis, keepdims)


def vector_norm(x, ord=2, axis=None, keepdims=False, *, dtype=None):
    """The ord-norm over axes."""
    return M._vector_norm(x if dtype is None else M.cast(x, dtype), ord, axis, keepdims)


def matrix_norm(A, ord="fro", axis=(-2, -1), keepdims=False, *, dtype=None):
    """The norm of matrices: "fro", 1, -1, inf or -inf."""
    return M.norm(A, ord, axis, keepdims, dtype=dtype)


def dist(input, other, p=2):
    """The p-norm of the difference."""
    return M._vector_norm(M.sub(input, other), p, None, False)


def cdist(x1, x2, p=2.0):
    """Distances of every row of one to every row of the other."""
    return M._vector_norm(M.sub(S.expand_dims(x1, -2), S.expand_dims(x2, -3)), p, -1, False)


def unsorted_segment_sum(input_x, segment_ids, num_segments):
    """Row k: the sum of the elements whose number is k; other numbers than 0 to num_segments - 1 are left out. The derivative of gather."""
    from .composite import grad
    ids = S.reshape(segment_ids, (-1,))
    ids = M.where(M.logical_and(ids >= 0, ids < num_segments), ids, num_segments)
    rest, x = tuple(input_x.shape[segment_ids.ndim:]), _real(input_x)
    x = S.reshape(x, tuple(ids.shape) + rest)
    sums = grad(lambda z: M.reduce_sum(S.gather(z, ids, 0) * x))(S.zeros((num_segments + 1,) + rest, x.dtype))
    return M.cast(S.narrow(sums, 0, 0, num_segments), input_x.dtype)


# ---- networks ----

def _dropped(input, p, training, rank):
    if not 0 <= p <= 1:
        raise ValueError(f"The probability 'p' of dropout must be in [0, 1], but got {p}.")
    if not training or p == 0:
        return input
    if p == 1:
        return S.zeros_like(input)
    mask = _core.op("Dropout", S.ones(tuple(input.shape[:input.ndim - rank]) + (1,) * rank, input.dtype), keep_prob=1.0 - p)
    return M.mul(input, N.first(mask))


def dropout1d(input, p=0.5, training=True):
    """Whole channels of (N, C, L) or (C, L) set to 0."""
    return _dropped(input, p, training, 1)


def dropout2d(input, p=0.5, training=True):
    """Whole channels of (N, C, H, W) set to 0."""
    return _dropped(input, p, training, 2)


def dropout3d(input, p=0.5, training=True):
    """Whole channels of (N, C, D, H, W) set to 0."""
    return _dropped(input, p, training, 3)


def gumbel_softmax(logits, tau=1.0, hard=False, dim=-1):
    """Softmax of logits with Gumbel noise; hard: one of a kind, with the soft one's derivative."""
    u = M.clamp(S.rand(*logits.shape, dtype=logits.dtype), 1e-20, 1.0)
    soft = N.softmax((logits - M.log(M.clamp(-M.log(u), 1e-20, None))) / tau, dim)
    if not hard:
        return soft
    hot = S.one_hot(M.argmax(soft, dim), soft.shape[dim], axis=dim if dim == -1 or dim == soft.ndim - 1 else dim)
    return S.stop_gradient(M.cast(hot, soft.dtype) - soft) + soft


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction="mean"):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1."""
    cos = N.cosine_similarity(input1, input2, -1 if input1.ndim == 1 else 1, 1e-12)
    y = M.where(M.equal(target, 1), 1 - cos, M.maximum(cos - margin, 0.0))
    return N.reduced(y, reduction)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-06, swap=False, reduction="mean"):
    """max(0, |anchor - positive| - |anchor - negative| + margin)."""
    def distance(a, b):
        return M._vector_norm(a - b + eps, p, -1, False)
    far = distance(anchor, negative)
    if swap:
        far = M.minimum(far, distance(positive, negative))
    return N.reduced(M.maximum(distance(anchor, positive) - far + margin, 0.0), reduction)


def gaussian_nll_loss(x, target, var, full=False, eps=1e-6, reduction="mean"):
    """(log var + (x - target)^2 / var) / 2."""
    var = M.maximum(var, eps)
    y = (M.log(var) + M.square(x - target) / var) / 2
    return N.reduced(y + math.log(2 * _pi) / 2 if full else y, reduction)


def multi_margin_loss(input, target, p=1, margin=1, weight=None, reduction="mean"):
    """Of logits (N, C): the mean over the other classes of max(0, margin - x[target] + x)^p."""
    hot = S.one_hot(target, input.shape[1])
    hot = M.cast(hot, input.dtype)
    y = M.maximum(margin - M.sum(hot * input, 1, True) + input, 0.0) * (1 - hot)
    y = y if p == 1 else M.square(y)
    if weight is not None:
        y = y * M.sum(hot * weight, 1, True)
    return N.reduced(M.sum(y, 1) / input.shape[1], reduction)


def multilabel_soft_margin_loss(input, target, weight=None, reduction="mean"):
    """The binary cross entropy of each class's logit, its mean over the classes."""
    y = N.binary_cross_entropy_with_logits(input, target, None, None, "none")
    y = y if weight is None else y * weight
    return N.reduced(M.mean(y, -1), reduction)


__all__ = [n for n, v in list(globals().items())
           if not n.startswith("_") and callable(v) and n not in ("not_there", "as_tensor", "Tensor")]
