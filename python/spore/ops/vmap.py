"""mindspore.vmap: a function of tensors, called for each of the tensors along an axis."""
import builtins

from ..common.tensor import Tensor

__all__ = ["vmap"]


def vmap(fn, in_axes=0, out_axes=0):
    """A function that calls fn for each element along the mapped axes of its arguments and stacks the results.
    Differentiable, and may be compiled. It calls fn once for each element: the cost grows linearly with the size of the
    mapped axis.

    in_axes: an axis for all arguments, or a tuple or list with one for each, nested as the arguments are; None: not
    mapped, given to every call as it is. out_axes: where the stacked axis goes, one for all results or nested as they
    are; None: a result that is the same for all. Keyword arguments are not mapped. RuntimeError where axes and
    arguments do not fit."""
    if not callable(fn):
        raise RuntimeError(f"'VmapOperation' arg0 must be a 'Function' or 'Cell', but got {type(fn).__name__}.")
    if in_axes is None or out_axes is None:
        name = "in_axes" if in_axes is None else "out_axes"
        raise RuntimeError(f"The '{name}' of 'vmap' cannot be a single None while 'fn' is not a 'CellList'.")
    _check_axes(in_axes, "in_axes")
    _check_axes(out_axes, "out_axes")

    def mapped(*args, **kwargs):
        if isinstance(in_axes, (tuple, list)) and len(in_axes) != len(args):
            raise RuntimeError(
                "When vmap`s 'in_axes' is a tuple or list, and its size must be equal to the number of arguments of "
                f"'fn': {len(args)}, but got size: {len(in_axes)}.")
        sizes = []
        parts = [_split(a, x, sizes) for a, x in zip(_spread(in_axes, len(args)), args)]
        if not sizes:
            raise RuntimeError("The 'in_axes' of 'vmap' maps none of the arguments.")
        if builtins.any(s != sizes[0] for s in sizes):
            other = next(s for s in sizes if s != sizes[0])
            raise RuntimeError("The 'axis_size' of each argument in the scope of 'vmap' should be equal, but got "
                               f"{sizes[0]} and {other}.")
        if sizes[0] == 0:
            raise RuntimeError("vmap: the mapped axis is empty")
        return _join(out_axes, [fn(*(part(i) for part in parts), **kwargs) for i in range(sizes[0])])

    return mapped


def _check_axes(axes, name):
    if isinstance(axes, (tuple, list)):
        for a in axes:
            _check_axes(a, name)
    elif axes is not None and (isinstance(axes, bool) or not isinstance(axes, int)):
        raise TypeError(
            f"vmap: '{name}' must be int, None, or tuples and lists of these, but got {type(axes).__name__}")


def _spread(axes, n):
    return axes if isinstance(axes, (tuple, list)) else [axes] * n


def _split(axis, x, sizes):
    """A function of i: the i-th part of x."""
    if isinstance(x, (tuple, list)) and axis is not None:
        if isinstance(axis, (tuple, list)) and len(axis) != len(x):
            raise RuntimeError(f"vmap: 'in_axes' has {len(axis)} places for an argument with {len(x)} elements")
        parts = [_split(a, v, sizes) for a, v in zip(_spread(axis, len(x)), x)]
        return lambda i: type(x)([part(i) for part in parts])
    if axis is None:
        return lambda i: x
    if not isinstance(x, Tensor):
        raise RuntimeError(
            f"vmap: axis {axis} is given for an argument that is no tensor but {type(x).__name__}; "
            "None leaves it as it is")
    rank = len(x.shape)
    if isinstance(axis, (tuple, list)) or not -rank <= axis < rank:
        raise RuntimeError(f"The axis: {axis} in 'in_axes' is out of bounds for array of dimension [{-rank},{rank}).")
    sizes.append(x.shape[axis])
    where = (slice(None),) * (axis % rank)
    return lambda i: x[where + (i,)]


def _join(axis, outs):
    """The results of the calls, stacked."""
    first = outs[0]
    if isinstance(first, (tuple, list)):
        if isinstance(axis, (tuple, list)) and len(axis) != len(first):
            raise RuntimeError(
                f"The size of vmap's 'out_axes' should be equal to the result size: {len(first)}, "
                f"but got size: {len(axis)}.")
        return tuple(_join(a, [o[k] for o in outs]) for k, a in enumerate(_spread(axis, len(first))))
    if isinstance(axis, (tuple, list)):
        if len(axis) != 1:
            raise RuntimeError(
                f"The size of vmap's 'out_axes' should be equal to the result size: 1, but got size: {len(axis)}.")
        axis = axis[0]
    if axis is None:
        return first
    from . import function as F
    return F.stack([o if isinstance(o, Tensor) else Tensor(o) for o in outs], axis)
