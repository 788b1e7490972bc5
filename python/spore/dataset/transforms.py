"""mindspore.dataset.transforms: functions of columns of any kind. A transform is called with arrays; core() is the same in the core,
or None."""
import random as _random
import sys

from .. import _core
from .._missing import module_getattr as _module_getattr
from ..common import dtype as mstype
from ..common.seed import numbers


class TensorOperation:
    """Base of transforms."""

    def core(self):
        """The core's transform that does the same."""
        return None


class PyTensorOperation(TensorOperation):
    """Base of transforms in Python."""


def _array(x):
    import numpy as np
    return x.asnumpy() if hasattr(x, "asnumpy") else np.asarray(x)


class TypeCast(TensorOperation):
    """As another type."""

    def __init__(self, data_type):
        self.type = mstype.of(data_type)

    def core(self):
        return _core.typecast(self.type)

    def __call__(self, x):
        return _array(x).astype(mstype.dtype_to_nptype(self.type))


class OneHot(TensorOperation):
    """A class number as a vector; smoothed by smoothing_rate."""

    def __init__(self, num_classes, smoothing_rate=0.0):
        self.classes, self.smoothing = num_classes, smoothing_rate

    def __call__(self, x):
        import numpy as np
        hot = np.eye(self.classes, dtype=_array(x).dtype)[_array(x)]
        if not self.smoothing:
            return hot
        return hot * (1 - self.smoothing) + self.smoothing / self.classes


class Compose(TensorOperation):
    """Several transforms, one after the other."""

    def __init__(self, transforms):
        self.transforms = list(transforms)

    def __call__(self, *args):
        for one in self.transforms:
            args = one(*args)
            args = args if isinstance(args, tuple) else (args,)
        return args[0] if len(args) == 1 else args


class RandomApply(TensorOperation):
    """The transforms with a probability."""

    def __init__(self, transforms, prob=0.5):
        self.all, self.prob = Compose(transforms), prob

    def __call__(self, *args):
        if numbers().random() < self.prob:
            return self.all(*args)
        return args[0] if len(args) == 1 else args


class RandomChoice(TensorOperation):
    """One of the transforms."""

    def __init__(self, transforms):
        self.transforms = list(transforms)

    def __call__(self, *args):
        return numbers().choice(self.transforms)(*args)


class RandomOrder(RandomChoice):
    """The transforms in a random order."""

    def __call__(self, *args):
        order = list(self.transforms)
        numbers().shuffle(order)
        return Compose(order)(*args)


class Fill(TensorOperation):
    """Every element `fill_value`."""

    def __init__(self, fill_value):
        self.value = fill_value

    def __call__(self, x):
        import numpy as np
        return np.full_like(_array(x), self.value)


class Concatenate(TensorOperation):
    """Arrays joined along an axis, with `prepend` before and `append` after."""

    def __init__(self, axis=0, prepend=None, append=None):
        self.axis, self.prepend, self.append = axis, prepend, append

    def __call__(self, *args):
        import numpy as np
        parts = ([] if self.prepend is None else [self.prepend]) + list(args) + ([] if self.append is None else [self.append])
        return np.concatenate([_array(p) for p in parts], self.axis)


class Duplicate(TensorOperation):
    """A column twice."""

    def __call__(self, x):
        return x, x


class Unique(TensorOperation):
    """(the different elements, where they are, how many there are)."""

    def __call__(self, x):
        import numpy as np
        return np.unique(_array(x), return_inverse=True, return_counts=True)


class PadEnd(TensorOperation):
    """Filled up, or cut, to a shape."""

    def __init__(self, pad_shape, pad_value=0):
        self.shape, self.value = pad_shape, pad_value

    def __call__(self, x):
        import numpy as np
        x = _array(x)
        shape = tuple(n if p is None else p for p, n in zip(self.shape, x.shape))
        y = np.full(shape, self.value or 0, x.dtype)
        inside = tuple(slice(0, min(a, b)) for a, b in zip(shape, x.shape))
        y[inside] = x[inside]
        return y


class Slice(TensorOperation):
    """x[slices]."""

    def __init__(self, *slices):
        self.slices = tuple(slice(None) if s is None or s is Ellipsis else s for s in slices)

    def __call__(self, x):
        return _array(x)[self.slices]


class Mask(TensorOperation):
    """Not there: comparisons of texts and numbers by name."""

    def __init__(self, *args):
        from .._missing import not_there
        raise not_there("transforms.Mask")


assert _random is not None
c_transforms = py_transforms = transforms = sys.modules[__name__]  # where older scripts look for them
__getattr__ = _module_getattr(__name__)
