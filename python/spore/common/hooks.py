"""Functions that look at derivatives while they are made, and change them: what is common to the hooks of cells and of
tensors."""
import itertools
import random

from .. import _core
from .api import modes
from .parameter import Parameter
from .tensor import Tensor

_numbers = itertools.count()
_marks = random.Random(20241)  # what is compiled with other hooks is compiled again


class Handle:
    """What registering a hook gives: remove() takes the hook away."""

    def __init__(self, hooks, hook, *how, prepend=False):
        self.hooks, self.number = hooks, next(_numbers)
        hooks[self.number] = (hook, *how) if how else hook
        if prepend:
            hooks.move_to_end(self.number, last=False)
        modes[0] ^= _marks.getrandbits(62)

    def remove(self):
        """Takes the hook away."""
        if self.hooks is not None and self.hooks.pop(self.number, None) is not None:
            modes[0] ^= _marks.getrandbits(62)


class NoHandle:
    """The handle of a hook that is never called."""

    def remove(self):
        """Nothing to do."""


def check_hook(hook):
    """TypeError if it cannot be called."""
    if not callable(hook):
        raise TypeError(f"Expected a callable hook function, but got {type(hook).__name__}.")


def _same(*tensors):
    return tensors


def through(tensors, back):
    """The same tensors, behind which back(what flows into each of them, or None) says what flows on; and whether it
    will be asked."""
    return _core.custom(_same, lambda ins, outs, d_outs: back(d_outs), tensors)


def look_at(value, back):
    """A tensor, or a tuple or list with tensors in it, behind back(); what is in deeper lists is left alone."""
    if isinstance(value, Tensor):
        outs, asked = through((value,), back)
        return outs[0], asked
    tensors = [v for v in value if isinstance(v, Tensor)] if isinstance(value, (tuple, list)) else ()
    if not tensors:
        return value, False
    outs, asked = through(tuple(tensors), back)
    outs = iter(outs)
    looked = [next(outs) if isinstance(v, Tensor) else v for v in value]
    return (type(value)(*looked) if hasattr(value, "_fields") else type(value)(looked)), asked


def checked(found, flows, what, of):
    """What a hook of a cell returned, a tuple as long as what flows."""
    size = len(found) if isinstance(found, (tuple, list)) else 1
    if size != len(flows):
        raise TypeError(f"The {what} return value size is {size} not equal to expect {of} size {len(flows)}")
    if not isinstance(found, tuple):
        found = (found,)
    for f in found:
        if f is not None and not isinstance(f, Tensor):
            raise TypeError(f"The output type of function: {what} should be a tensor but got {type(f).__name__}.")
    return found


def hook_tensor(tensor, hook):
    """Tensor.register_hook."""
    check_hook(hook)
    hooks = tensor.__dict__.get("_hooks")
    if hooks is None:
        hooks = {}
        object.__setattr__(tensor, "_hooks", hooks)
        if not isinstance(tensor, Parameter):
            outs, asked = through((tensor,), lambda flows: (run_hooks(hooks, flows[0]),))
            if asked:
                tensor.become_(outs[0])
    return Handle(hooks, hook)


def run_hooks(hooks, gradient):
    """The gradient after the hooks, in the order they were registered."""
    for hook in tuple(hooks.values()):
        found = hook(gradient)
        if found is None:
            continue
        if not isinstance(found, Tensor):
            raise RuntimeError(f"Tensor hook should be return Tensor, but get type: {type(found).__name__}.")
        if tuple(found.shape) != tuple(gradient.shape):
            raise ValueError(f"a tensor hook returned shape {tuple(found.shape)}, expected {tuple(gradient.shape)}")
        gradient = found if found.dtype == gradient.dtype else found.astype(gradient.dtype)
    return gradient


def hooked(tensor, gradient):
    """The gradient of an input or a weight after the hooks of that tensor."""
    hooks = tensor.__dict__.get("_hooks")
    return run_hooks(hooks, gradient) if hooks else gradient
