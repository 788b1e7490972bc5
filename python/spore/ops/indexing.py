"""x[index] = value, as NumPy means it: the new tensor is a choice between the value and what was there."""
from .. import _core
from ..common import dtype as mstype
from ..common.tensor import Tensor, as_tensor
from . import function as F


def set_item(x, index, value):
    """Assigns to a part of x."""
    value = value if isinstance(value, Tensor) else as_tensor(value)
    if value.dtype != x.dtype:
        value = F.cast(value, x.dtype)
    if isinstance(index, Tensor) and index.dtype == mstype.bool_:
        mask = index
        if mask.ndim < x.ndim:
            mask = F.reshape(mask, tuple(mask.shape) + (1,) * (x.ndim - mask.ndim))
        new = F.where(mask, value, x)
    else:
        new = _by_places(x, index, value)
    new = F.broadcast_to(new, x.shape) if tuple(new.shape) != tuple(x.shape) else new
    _rebind(x, new)


def _by_places(x, index, value):
    """The elements' numbers, indexed, say which are meant: value[k] goes to element number places[k]."""
    places = _core.arange(0, x.size, 1, mstype.int64).reshape(tuple(x.shape))[index]
    flat = F.reshape(F.broadcast_to(value, tuple(places.shape)), (-1,))
    if flat.size == 0:
        return x
    source = _sources(x.size, places.reshape((-1,)).tolist())
    picked = F.gather(flat, as_tensor([max(s, 0) for s in source], mstype.int64), 0)
    mask = as_tensor([s >= 0 for s in source])
    return F.where(F.reshape(mask, tuple(x.shape)), F.reshape(picked, tuple(x.shape)), x)


def _sources(size, places):
    """For each element of x which of the values it gets, -1: none. The last one wins."""
    source = [-1] * size
    for k, place in enumerate(places):
        source[place] = k
    return source


def _rebind(x, new):
    """x shows the elements of new from here on."""
    if hasattr(x, "set_data"):
        x.set_data(new)
    else:
        x.become_(new)
