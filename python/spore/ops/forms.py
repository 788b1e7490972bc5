"""Methods of Tensor that MindSpore has in two forms: x.argmax(axis=1) and x.argmax(dim=1, keepdim=True), x.select(mask, y) and
x.select(0, 1)."""
from ..common import dtype as mstype
from ..common.tensor import Tensor, as_tensor
from . import maths as M
from . import more as R
from . import shapes as S
from .indexing import _rebind


def argmax(self, axis=None, keepdims=False, *, dim=None, keepdim=False):
    """Position of the largest along an axis; of the flattened tensor without one."""
    return M.argmax(self, axis if dim is None else dim, bool(keepdims or keepdim))


def argmin(self, axis=None, keepdims=False, *, dim=None, keepdim=False):
    """Position of the smallest along an axis; of the flattened tensor without one."""
    return M.argmin(self, axis if dim is None else dim, bool(keepdims or keepdim))


def all_(self, axis=None, keep_dims=False, *, dim=None, keepdim=False):
    """Whether all are true."""
    return M.all(self, axis if dim is None else dim, bool(keep_dims or keepdim))


def any_(self, axis=None, keep_dims=False, *, dim=None, keepdim=False):
    """Whether any is true."""
    return M.any(self, axis if dim is None else dim, bool(keep_dims or keepdim))


def prod(self, axis=None, keep_dims=False, dtype=None, *, dim=None, keepdim=False):
    """The product over an axis."""
    return M.prod(self, axis if dim is None else dim, bool(keep_dims or keepdim), dtype)


def cumsum(self, axis=None, dtype=None, *, dim=None):
    """Running sums along an axis."""
    if axis is None and dim is None:
        raise TypeError("cumsum: an axis is needed")
    return M.cumsum(self, axis if dim is None else dim, dtype)


def split(self, split_size_or_sections=None, axis=0, *, split_size=None, dim=None):
    """Parts of a size, or of the sizes given."""
    return S.split(self, split_size_or_sections if split_size is None else split_size, axis if dim is None else dim)


def chunk(self, chunks, axis=0, *, dim=None):
    """That many parts."""
    return S.chunk(self, chunks, axis if dim is None else dim)


def unsqueeze(self, dim):
    """A new axis of 1."""
    return S.expand_dims(self, dim)


def unbind(self, dim=0):
    """The slices along an axis."""
    return S.unstack(self, dim)


def gather(self, *args, **named):
    """x.gather(input_indices, axis): slices; x.gather(dim, index): one element for each of `index`."""
    if "dim" in named or "index" in named or args and isinstance(args[0], int):
        return S.gather_elements(self, *args, **named)
    return S.gather(self, *args, **named)


def select(self, *args, **named):
    """x.select(condition, y): x where the condition holds, else y; x.select(axis, index): the slice."""
    if "axis" in named or "dim" in named or "index" in named or args and isinstance(args[0], int) and not isinstance(args[0], bool):
        values = list(args) + [named[k] for k in ("axis", "dim", "index") if k in named]
        axis, index = values
        if not -self.ndim <= axis < self.ndim:
            raise ValueError(f"select: the axis {axis} is out of range of a tensor with {self.ndim} dimensions")
        return self[(slice(None),) * (axis % self.ndim) + (index,)]
    return M.select(*_condition(self, *args, **named))


def _condition(x, condition, y):
    return condition, x, y if isinstance(y, Tensor) else S.full_like(x, y)


def tile(self, *reps):
    """Repeated along axes."""
    return S.tile(self, _joined(reps))


def expand(self, *size):
    """Broadcast to a shape."""
    return S.expand(self, _joined(size))


def broadcast_to(self, *shape):
    """Broadcast to a shape."""
    return S.broadcast_to(self, _joined(shape))


def _joined(args):
    return args[0] if len(args) == 1 and not isinstance(args[0], int) else args


def allclose(self, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are nearly equal."""
    return bool(M.all(M.isclose(self, other, rtol, atol, equal_nan)))


def ptp(self, axis=None, keepdims=False):
    """The largest minus the smallest."""
    return M.amax(self, axis, keepdims) - M.amin(self, axis, keepdims)


def median(self, axis=-1, keepdims=False):
    """(the middle element, the lower one of two; its position) along an axis."""
    return R.median(self, axis, keepdims)


def _xor(self, other):
    if self.dtype != mstype.bool_ and not (isinstance(other, Tensor) and other.dtype == mstype.bool_):
        return NotImplemented
    return M.logical_xor(self, other if isinstance(other, Tensor) else as_tensor(other))


def _in_place(function):
    def method(self, *args, **named):
        new = function(self, *args, **named)
        _rebind(self, M.cast(S.broadcast_to(new, tuple(self.shape)) if new.shape != self.shape else new, self.dtype))
        return self

    return method


METHODS = dict(
    argmax=argmax, argmin=argmin, all=all_, any=any_, prod=prod, cumsum=cumsum, split=split, chunk=chunk,
    unsqueeze=unsqueeze, unbind=unbind, gather=gather, select=select, tile=tile, expand=expand, broadcast_to=broadcast_to,
    allclose=allclose, ptp=ptp, median=median, nonzero=R.nonzero,
    masked_select=R.masked_select, argwhere=R.argwhere, nelement=lambda self: self.size, __xor__=_xor, __rxor__=_xor,
    __round__=lambda self, digits=None: M.round(self), add_=_in_place(M.add), sub_=_in_place(M.sub),
    mul_=_in_place(M.mul), div_=_in_place(M.div), copy_=_in_place(lambda self, other: other),
    fill_=_in_place(S.full_like), zero_=_in_place(S.zeros_like), masked_fill_=_in_place(M.masked_fill),
    clamp_=_in_place(M.clamp), exp_=_in_place(M.exp))


def install():
    """Attaches all to Tensor."""
    for name, function in METHODS.items():
        setattr(Tensor, name, function)
