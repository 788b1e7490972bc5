"""mindspore.ops: shapes, parts, making, assigning, each made of operators of the core's table."""
import builtins
import math

from .. import _core
from .._missing import not_there
from ..common import dtype as mstype
from ..common.tensor import Tensor, as_tensor, _as_shape
from . import maths as M
from .helpers import _bind, _like, _range, _t

# ---- shapes ----

_reshape, _transpose, _expand, _squeeze = _bind("Reshape"), _bind("Transpose"), _bind("ExpandDims"), _bind("Squeeze")
_broadcast, _tile, _concat, _stack, _gather = (_bind(n) for n in ("BroadcastTo", "Tile", "Concat", "Stack", "Gather"))
_slice, _one_hot, _flatten = _bind("StridedSlice"), _bind("OneHot"), _bind("Flatten")


def _sizes(shape):
    return tuple(shape.tolist()) if isinstance(shape, Tensor) else _as_shape(shape)


def reshape(input, shape):
    """The same elements in another shape; one dimension may be -1."""
    return _reshape(_t(input), shape=_sizes(shape))


def view_as(input, other):
    """In the shape of other, which has as many elements."""
    return reshape(input, other.shape)


def flatten(input, order="C", *, start_dim=1, end_dim=-1):
    """The axes from start_dim to end_dim joined."""
    if order != "C":
        raise not_there("ops.flatten(order='F')")
    x = _t(input)
    if x.ndim < 2:
        return reshape(x, (x.size,) if x.ndim == 0 or start_dim == 0 else (1, x.size) if start_dim == 1 else x.shape)
    a, b = start_dim % x.ndim, end_dim % x.ndim
    if (a, b) == (1, x.ndim - 1):
        return _flatten(x)
    return reshape(x, tuple(x.shape[:a]) + (math.prod(x.shape[a:b + 1]),) + tuple(x.shape[b + 1:]))


def ravel(input):
    """All elements as one dimension."""
    return reshape(input, (-1,))


def transpose(input, input_perm):
    """The axes in another order."""
    return _transpose(input, perm=tuple(a % input.ndim for a in input_perm))


def permute(input, axis):
    """The axes in another order: axis[i] of the input is axis i of the result."""
    return transpose(input, axis)


def swapaxes(input, axis0, axis1):
    """Two axes exchanged."""
    perm = list(_range(input.ndim))
    perm[axis0], perm[axis1] = perm[axis1], perm[axis0]
    return _transpose(input, perm=tuple(perm))


swapdims = swapaxes


def t(input):
    """A matrix transposed; of 0 or 1 dimensions: as it is."""
    return swapaxes(input, 0, 1) if input.ndim == 2 else input


def movedim(x, source, destination):
    """Axes moved to other places."""
    source = [a % x.ndim for a in M._axes(source)]
    destination = [a % x.ndim for a in M._axes(destination)]
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
    return _squeeze(input, axis=M._axes(axis))


def broadcast_to(input, shape):
    """Repeated along dimensions of 1; -1 leaves one as it is."""
    return _broadcast(_t(input), shape=_sizes(shape))


def expand(input, size):
    """Broadcast to a shape; -1 keeps a size."""
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
    """Every element, or with an axis every slice, `repeats` times after one another."""
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
    return [M.cast(x, kind) for x in tensors]


def concat(tensors, axis=0):
    """Tensors joined along an axis."""
    if isinstance(tensors, Tensor):
        raise ValueError("For 'concat', the input must be a tuple or list of tensors, but got one tensor.")
    return _concat(*_common(tensors), axis=axis)


def cat(tensors, axis=0):
    """Tensors one after another along an axis; all their other sizes are equal."""
    return concat(tensors, axis)


def stack(tensors, axis=0):
    """Tensors joined along a new axis."""
    return _stack(*_common(tensors), axis=axis)


def hstack(tensors):
    """Tensors after one another along axis 1; of one dimension: along axis 0."""
    return concat(tensors, 0 if tensors[0].ndim < 2 else 1)


def vstack(inputs):
    """Tensors after one another along axis 0; (n) counts as (1, n)."""
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
    """`length` slices of an axis from `start` on."""
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
    """A tuple of about equal parts along an axis, at most so many."""
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
    """The slices of an axis that a vector of indices names."""
    return gather(input, index, axis)


def gather_elements(input, dim, index):
    """input[..., index[..., i, ...], ...] along dim: elements by their number in the flattened tensor."""
    dim = dim % input.ndim
    if index.ndim != input.ndim:
        raise ValueError(f"For 'GatherD', the input and the index must have equally many dimensions, but got {input.ndim} and "
                         f"{index.ndim}.")
    depth, step, place = input.shape[dim], 1, 0
    index = M.cast(index, mstype.int64)
    for a in reversed(_range(input.ndim)):
        if a == dim:
            there = M.logical_and(index >= -depth, index < depth)
            part = M.where(index < 0, index + depth, index)
        else:
            if index.shape[a] > input.shape[a]:
                raise ValueError(f"For 'GatherD', the size of axis {a} of the index, {index.shape[a]}, must be at most {input.shape[a]}.")
            part = reshape(arange(index.shape[a]), tuple(index.shape[a] if i == a else 1 for i in _range(input.ndim)))
        place, step = place + part * step, step * input.shape[a]
    return gather(reshape(input, (-1,)), M.where(there, place, input.size), 0)


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
    return input[tuple(builtins.slice(None, None, -1) if a in [d % input.ndim for d in M._axes(dims)] else builtins.slice(None)
                       for a in _range(input.ndim))]


def roll(input, shifts, dims=None):
    """Elements moved along axes; what falls off comes in at the other end."""
    if dims is None:
        return reshape(roll(ravel(input), shifts, 0), input.shape)
    for s, a in zip(M._axes(shifts), M._axes(dims)):
        n = input.shape[a]
        s = s % n
        if s:
            input = concat((narrow(input, a, n - s, s), narrow(input, a, 0, n - s)), a)
    return input


def tril(input, diagonal=0):
    """The lower triangle, zeros above."""
    n, m = input.shape[-2:]
    return M.where(expand_dims(arange(n), 1) + diagonal >= arange(m), input, 0)


def triu(input, diagonal=0):
    """The upper triangle, zeros below."""
    n, m = input.shape[-2:]
    return M.where(expand_dims(arange(n), 1) + diagonal <= arange(m), input, 0)


def eye(n, m=None, dtype=None):
    """Ones on the diagonal."""
    m = n if m is None else m
    return M.cast(expand_dims(arange(n), 1) == arange(m), dtype or mstype.float32)


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
    """Elements added at both ends of the last axes: padding (left, right, top, bottom, ...) as PyTorch counts. mode: "constant",
    "reflect", "replicate" or "circular"."""
    padding = list(padding.tolist() if isinstance(padding, Tensor) else padding)
    if len(padding) % 2 or len(padding) > 2 * input_x.ndim:
        raise ValueError(f"For 'pad', the 'padding' must have an even number of at most {2 * input_x.ndim} elements, but got {padding}.")
    if mode != "constant":
        if mode not in ("reflect", "replicate", "circular"):
            raise ValueError(f"For 'pad', the 'mode' must be in ['constant', 'reflect', 'replicate', 'circular'], but got {mode!r}.")
        from .image import edge_pad
        return edge_pad(input_x, padding, mode)
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
    """Every element fill_value; Int64 unless said otherwise, as in MindSpore."""
    return _core.full(_sizes(size), fill_value, mstype.of(dtype or mstype.int64))


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
    """fill_value everywhere, in the shape and, without dtype, the type of input."""
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
    """Uniform in [0, 1), in the shape and, without dtype, the type of input."""
    return rand(tuple(input.shape), dtype=dtype or input.dtype)


def randn_like(input, seed=None, *, dtype=None):
    """Normal with mean 0 and deviation 1, in the shape and, without dtype, the type of input."""
    return randn(tuple(input.shape), dtype=dtype or input.dtype)


def randperm(n, seed=0, offset=0, dtype=None):
    """0 to n-1 in a random order."""
    from ..common.seed import numbers
    order = list(_range(n))
    numbers().shuffle(order)
    return as_tensor(order, mstype.of(dtype or mstype.int64))


def standard_normal(shape, seed=None):
    """Float32 of a shape, normal with mean 0 and deviation 1."""
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
    """The sizes, a tuple."""
    return tuple(input_x.shape)


def rank(input_x):
    """How many dimensions."""
    return input_x.ndim


def size(input_x):
    """How many elements."""
    return input_x.size


numel = size


def dtype(input_x):
    """The element type."""
    return input_x.dtype


def is_tensor(obj):
    """Whether obj is a Tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input):
    """Whether the elements are of a floating-point type."""
    return mstype.is_float(input.dtype)


def copy(x):
    """A tensor with elements of its own."""
    return _reshape(_stack(x, axis=0), shape=tuple(x.shape))


deepcopy = copy


def identity(input):
    """The input."""
    return _bind("Identity")(input)


_stop = _bind("StopGradient")


def stop_gradient(value):
    """value, behind which nothing is differentiated."""
    if isinstance(value, (tuple, list)):
        return type(value)(stop_gradient(v) for v in value)
    return _stop(value) if isinstance(value, Tensor) else value


def depend(value, expr):
    """value. MindSpore orders expr before it; here everything happens in order."""
    return value


def assign(variable, value):
    """Gives a parameter or a tensor other elements; returns it."""
    value = value if isinstance(value, Tensor) else _like(value, variable)
    if hasattr(variable, "set_data"):
        variable.set_data(value)
    else:
        variable.become_(M.cast(value, variable.dtype))
    return variable


def assign_add(variable, value):
    """A parameter is increased by value, in place."""
    return assign(variable, variable + value)


def assign_sub(variable, value):
    """A parameter is decreased by value, in place."""
    return assign(variable, variable - value)


def clip_by_norm(x, max_norm, norm_type=2.0, error_if_nonfinite=False):
    """Scaled so that the norm of all is at most max_norm."""
    one = isinstance(x, Tensor)
    all_ = [x] if one else list(x)
    if norm_type != 2.0:
        raise not_there("ops.clip_by_norm(norm_type)")
    total = M.sqrt(M.addn([M.sum(M.square(g)) for g in all_]))
    factor = M.minimum(max_norm / (total + 1e-6), 1.0)
    clipped = [g * factor for g in all_]
    return clipped[0] if one else type(x)(clipped)


def clip_by_global_norm(x, clip_norm=1.0, use_norm=None):
    """A tuple of tensors scaled by clip_norm / max(their norm, clip_norm)."""
    total = use_norm if use_norm is not None else M.sqrt(M.addn([M.sum(M.square(g)) for g in x]))
    factor = clip_norm / M.maximum(total, float(clip_norm))
    return type(x)(g * factor for g in x) if isinstance(x, (tuple, list)) else x * factor


_topk = _bind("TopK")


def topk(input, k, dim=None, largest=True, sorted=True):
    """(the k largest or smallest along an axis, the last if none is said, best first; their positions, Int32)."""
    x, axis = _t(input), -1 if dim is None else dim
    if x.ndim == 0 or axis % x.ndim == x.ndim - 1:
        return _topk(x, k=k, largest=bool(largest))
    return tuple(swapaxes(y, axis, -1) for y in _topk(swapaxes(x, axis, -1), k=k, largest=bool(largest)))


def sort(input_x, axis=-1, descending=False):
    """(sorted along an axis, the positions where they were, Int32); equal ones keep their order."""
    return topk(input_x, input_x.shape[axis], axis, descending)


def argsort(input, axis=-1, descending=False):
    """The positions that sort an axis, Int32."""
    return sort(input, axis, descending)[1]


def msort(input):
    """Sorted along the first axis."""
    return sort(input, 0)[0]


def count_nonzero(x, axis=(), keep_dims=False, dtype=mstype.int32):
    """How many elements are not 0: over the axes, (): all of them."""
    return M.cast(M.reduce_sum(M.cast(M._as_bool(x), mstype.int32), axis, keep_dims), dtype)


def print_(*args):
    """Prints the arguments as Python's print does, and returns 0."""
    print(*args)
    return 0
