"""What a cell does on the way back: its own gradient (bprop), and its backward hooks."""
import inspect

from .. import _core
from ..common.hooks import checked, look_at, through
from ..common.tensor import Tensor
from ..common.tree import flatten, unflatten


def run_with_bprop(cell, args, kwargs):
    """construct(), of which bprop(*args, out, dout) is the gradient; parameters that it uses get none."""
    bound = inspect.signature(cell.construct).bind(*args, **kwargs)
    bound.apply_defaults()
    args = bound.args
    leaves, tree = flatten(args)
    if not leaves:
        return cell.construct(*args)
    shape = None

    def forward(*tensors):
        nonlocal shape
        outs, shape = flatten(cell.construct(*unflatten(tree, tensors)))
        return tuple(outs)

    def back(ins, outs, d_outs):
        d_outs = [_core.zeros(tuple(o.shape), o.dtype) if d is None else d for o, d in zip(outs, d_outs)]
        found = cell.bprop(*unflatten(tree, ins), unflatten(shape, outs), unflatten(shape, d_outs))
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        if len(found) < len(args):
            raise RuntimeError(
                f"{type(cell).__name__}.bprop: {len(found)} gradients, expected one for each of {len(args)} inputs")
        return tuple(_as(d, x) for d, x in zip(_places(found, args), ins))

    outs, _ = _core.custom(forward, back, tuple(leaves))
    return unflatten(shape, outs)


def _places(found, args):
    """The gradient for each tensor among the arguments, in order."""
    for i, arg in enumerate(args):
        d = found[i] if found is not None and i < len(found) else None
        if isinstance(arg, Tensor):
            yield d
        elif isinstance(arg, (tuple, list)):
            yield from _places(d, arg)
        elif isinstance(arg, dict):
            yield from _places(None if d is None else list(d.values()), list(arg.values()))


def _as(d, x):
    """A gradient of the shape and type of x."""
    if d is None:
        return None
    if not isinstance(d, Tensor):
        raise RuntimeError(
            f"For grad interface or custom function, the gradient should be a tensor, but got {type(d).__name__}")
    if d.dtype != x.dtype:
        d = d.astype(x.dtype)
    return d.broadcast_to(tuple(x.shape)) if d.size == 1 and tuple(d.shape) != tuple(x.shape) else d


class Flow:
    """One call of a cell that has backward hooks: what flows into its outputs waits until what flows into its inputs is
    known."""

    def __init__(self, cell, hooks):
        self.cell, self.hooks = cell, hooks
        self.d_outs, self.asked = (None,), False

    def enter(self, args):
        """The arguments; those that are differentiated, behind the hooks."""
        tensors = [a for a in args if isinstance(a, Tensor)]
        self.places = [i for i, t in enumerate(tensors) if through((t,), tuple)[1]]
        self.size, self.asked = len(tensors), bool(self.places)
        if not self.asked:
            return args
        outs, _ = through(tuple(tensors[i] for i in self.places), self._inputs)
        for i, out in zip(self.places, outs):
            tensors[i] = out
        rest = iter(tensors)
        return tuple(next(rest) if isinstance(a, Tensor) else a for a in args)

    def leave(self, out):
        return look_at(out, self._outputs)[0]

    def _outputs(self, flows):
        self.d_outs = flows
        if not self.asked:  # no input is differentiated: now or never
            for hook in tuple(self.hooks.values()):
                hook(self.cell, (None,), flows)
        return flows

    def _inputs(self, given):
        flows = [None] * self.size
        for i, d in zip(self.places, given):
            flows[i] = d
        flows = tuple(flows)
        for hook in tuple(self.hooks.values()):
            found = hook(self.cell, flows, self.d_outs)
            if found is not None:
                flows = checked(found, flows, "backward hook", "grad input")
        return tuple(flows[i] for i in self.places)


def before_backward(cell, hooks, out):
    """out, behind which the hooks see what flows into it before the cell does."""
    def back(flows):
        for hook in tuple(hooks.values()):
            found = hook(cell, flows)
            if found is not None:
                flows = checked(found, flows, "backward pre hook", "output")
        return flows

    return look_at(out, back)[0]
