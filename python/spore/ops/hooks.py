"""Operators that look at derivatives: HookBackward, InsertGradientOf."""
from ..common.hooks import check_hook, look_at
from ..common.tensor import Tensor

__all__ = ["HookBackward", "InsertGradientOf"]


class HookBackward:
    """HookBackward(hook_fn)(*tensors) gives the tensors; hook_fn(gradients), a tuple, is called with what flows into
    them. What it returns, a tensor or a tuple unless None, takes their place."""

    def __init__(self, hook_fn, cell_id=""):
        check_hook(hook_fn)
        self.hook_fn, self.cell_id = hook_fn, cell_id

    def __call__(self, *inputs):
        for x in inputs:
            if not isinstance(x, Tensor):
                raise TypeError(
                    f"For 'HookBackward', the element of 'input' must be Tensor, but got {type(x).__name__}.")
        outs, _ = look_at(inputs, self._back)
        return outs[0] if len(outs) == 1 else outs

    def _back(self, flows):
        found = self.hook_fn(flows)
        if found is None:
            return flows
        found = found if isinstance(found, tuple) else (found,)
        for f in found:
            if f is not None and not isinstance(f, Tensor):
                name = getattr(self.hook_fn, "__name__", type(self.hook_fn).__name__)
                raise TypeError(f"The output type of function: {name} should be a tensor but got {type(f).__name__}.")
        return found


class InsertGradientOf:
    """InsertGradientOf(f)(x) gives x; f(gradient) is called with what flows into it and says what flows on."""

    def __init__(self, f):
        check_hook(f)
        self.f = f

    def __call__(self, input_x):
        return look_at(input_x, lambda flows: tuple(None if d is None else self._changed(d) for d in flows))[0]

    def _changed(self, d):
        found = self.f(d)
        if not isinstance(found, Tensor):
            raise TypeError(
                f"For 'InsertGradientOf', the function should return a tensor, but got {type(found).__name__}.")
        return found
