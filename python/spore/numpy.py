"""mindspore.numpy: functions of tensors under NumPy's names."""
from .common import dtype as _mstype
from .common.dtype import bool_, float16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64  # noqa: F401
from .common.tensor import Tensor, as_tensor
from .ops import function as _F
from ._missing import module_getattr as _module_getattr

inf, nan, pi, e, newaxis = float("inf"), float("nan"), 3.141592653589793, 2.718281828459045, None
for _name in """abs add ceil cos cosh divide equal exp exp2 expm1 floor floor_divide greater greater_equal isclose isfinite isinf isnan
    less less_equal log log10 log1p log2 logical_and logical_not logical_or logical_xor matmul maximum minimum multiply negative
    not_equal outer reciprocal remainder sign sin sinh sqrt square subtract tan tile tril triu true_divide trunc where rand randn
    meshgrid ravel swapaxes squeeze flip roll hypot""".split():
    globals()[_name] = getattr(_F, _name)
absolute, power, mod = _F.abs, _F.pow, _F.floor_mod


def array(obj, dtype=None, copy=True, ndmin=0):
    """A tensor: integers Int32, floats Float32, as mindspore.numpy has them."""
    made = obj if isinstance(obj, Tensor) else as_tensor(obj)
    if dtype is None and not isinstance(obj, Tensor) and made.dtype == _mstype.int64:
        dtype = _mstype.int32
    made = made if dtype is None else made.astype(dtype)
    while made.ndim < ndmin:
        made = _F.expand_dims(made, 0)
    return made


asarray = array


def zeros(shape, dtype=float32):
    """Zeros."""
    return _F.zeros(shape, dtype)


def ones(shape, dtype=float32):
    """Ones."""
    return _F.ones(shape, dtype)


def full(shape, fill_value, dtype=None):
    """Every element fill_value."""
    return _F.full(shape, fill_value, dtype=dtype or (_mstype.int32 if isinstance(fill_value, int) else _mstype.float32))


def zeros_like(a, dtype=None, shape=None):
    """Zeros in the shape of a tensor."""
    return _F.zeros_like(a, dtype=dtype)


def ones_like(a, dtype=None, shape=None):
    """Ones in the shape of a tensor."""
    return _F.ones_like(a, dtype=dtype)


def full_like(a, fill_value, dtype=None, shape=None):
    """One value in the shape of a tensor."""
    return _F.full_like(a, fill_value, dtype=dtype)


def arange(start, stop=None, step=None, dtype=None):
    """start, start + step, ... below stop."""
    step = 1 if step is None else step
    kind = dtype or (_mstype.int32 if all_int(start, stop, step) else _mstype.float32)
    return _F.arange(start, stop, step, dtype=kind)


def all_int(*values):
    """Whether all values are whole numbers."""
    return not [v for v in values if v is not None and not isinstance(v, int)]


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` numbers from start to stop."""
    gap = (stop - start) / (max_(num - 1, 1) if endpoint else num)
    return _F.arange(0, num, 1, dtype=_mstype.float32) * gap + float(start)


def max_(a, b):
    """The larger one."""
    return a if a > b else b


def eye(N, M=None, k=0, dtype=float32):
    """Ones on the diagonal."""
    return _F.eye(N, M, dtype)


def identity(n, dtype=float32):
    """The identity matrix (n, n)."""
    return _F.eye(n, None, dtype)


def concatenate(arrays, axis=0):
    """Tensors one after another along an axis."""
    return _F.concat(arrays, axis)


def stack(arrays, axis=0):
    """Tensors of one shape along a new axis."""
    return _F.stack(arrays, axis)


def hstack(tup):
    """Tensors after one another along axis 1; of one dimension: along axis 0."""
    return _F.hstack(tup)


def vstack(tup):
    """Tensors after one another along axis 0; (n) counts as (1, n)."""
    return _F.vstack(tup)


def sum(a, axis=None, dtype=None, keepdims=False, initial=None):
    """The sum over axes, None: all."""
    return _F.sum(a, axis, keepdims, dtype=dtype)


def mean(a, axis=None, keepdims=False, dtype=None):
    """The mean over axes, None: all."""
    return _F.mean(a, axis, keepdims)


def max(a, axis=None, keepdims=False, initial=None, where=True):
    """The largest element over axes, None: all."""
    return _F.amax(a, axis, keepdims)


def min(a, axis=None, keepdims=False, initial=None, where=True):
    """The smallest element over axes, None: all."""
    return _F.amin(a, axis, keepdims)


amax, amin = max, min


def argmax(a, axis=None):
    """Where the largest element of an axis is, None: in all elements."""
    return _F.argmax(a, axis)


def argmin(a, axis=None):
    """Where the smallest element of an axis is, None: in all elements."""
    return _F.argmin(a, axis)


def std(x, axis=None, ddof=0, keepdims=False):
    """The standard deviation over axes, None: all."""
    return _F.std(x, axis, ddof, keepdims)


def var(x, axis=None, ddof=0, keepdims=False):
    """The variance over axes, None: all."""
    return _F.var(x, axis, ddof, keepdims)


def clip(x, xmin, xmax, dtype=None):
    """At least xmin and at most xmax."""
    return _F.clip_by_value(x, xmin, xmax)


def reshape(x, new_shape):
    """In another shape; one size may be -1."""
    return _F.reshape(x, new_shape)


def transpose(a, axes=None):
    """The axes in another order, without axes reversed."""
    return a.transpose() if axes is None else _F.transpose(a, axes)


def expand_dims(a, axis):
    """With a new axis of size 1."""
    return _F.expand_dims(a, axis)


def dot(a, b):
    """The product over the last axis of a and the last but one of b."""
    return _F.matmul(a, b)


def broadcast_to(array, shape):
    """Repeated to a shape."""
    return _F.broadcast_to(array, shape)


def split(x, indices_or_sections, axis=0):
    """Equal parts along an axis."""
    return _F.split(x, x.shape[axis] // indices_or_sections, axis)


def cumsum(a, axis=None, dtype=None):
    """Sums from the beginning of an axis up to each element."""
    return _F.cumsum(_F.ravel(a), 0) if axis is None else _F.cumsum(a, axis)


__getattr__ = _module_getattr(__name__)
