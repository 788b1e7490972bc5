"""mindspore.common.initializer. The random numbers are the core's."""
import math

from .. import _core
from . import dtype as mstype
from .tensor import Tensor


class Initializer:
    """Base of initialisers: make(shape, dtype) gives a tensor. A class of one's own overrides _initialize(array), which fills a
    NumPy array in place."""

    def make(self, shape, dtype):
        import numpy as np
        array = np.zeros(shape, mstype.dtype_to_nptype(dtype))
        self._initialize(array)
        return Tensor(array)

    def _initialize(self, array):
        raise NotImplementedError("an initialiser must override _initialize()")

    def __call__(self, array):
        """Fills a NumPy array."""
        made = self.make(array.shape, mstype.of(array.dtype))
        array[...] = made.asnumpy()


class _Core(Initializer):
    """One that the core has: kind and its two numbers."""

    kind = "zeros"
    a = b = 0.0

    def make(self, shape, dtype):
        return _core.init_tensor(self.kind, float(self.a), float(self.b), dtype, tuple(shape))


class Zero(_Core):
    """Zeros."""


class One(_Core):
    """Ones."""

    kind = "ones"


class Constant(_Core):
    """Every element `value`."""

    kind = "constant"

    def __init__(self, value):
        self.a = self.value = value


class Normal(_Core):
    """N(mean, sigma)."""

    kind = "normal"

    def __init__(self, sigma=0.01, mean=0.0):
        self.a, self.b = sigma, mean
        self.sigma, self.mean = sigma, mean


class Uniform(_Core):
    """Uniform in [-scale, scale]."""

    kind = "uniform"

    def __init__(self, scale=0.07):
        self.a = self.scale = scale


class TruncatedNormal(_Core):
    """N(mean, sigma) within two sigma. (a, b other than -2, 2 are not supported.)"""

    kind = "truncated_normal"

    def __init__(self, sigma=0.01, mean=0.0, a=-2.0, b=2.0):
        if (a, b) != (-2.0, 2.0):
            raise NotImplementedError("TruncatedNormal: only a=-2, b=2 is supported by Spore")
        self.a, self.b = sigma, mean


_GAINS = {"sigmoid": 1.0, "linear": 1.0, "conv2d": 1.0, "tanh": 5.0 / 3, "relu": math.sqrt(2)}


class _He(_Core):
    def __init__(self, negative_slope=0, mode="fan_in", nonlinearity="leaky_relu"):
        if mode != "fan_in":
            raise NotImplementedError(f"{type(self).__name__}: mode '{mode}' is not supported by Spore")
        if nonlinearity in _GAINS:  # gain^2 = 2 / (1 + slope^2)
            negative_slope = math.sqrt(max(0.0, 2 / _GAINS[nonlinearity] ** 2 - 1))
        self.a = negative_slope


class HeUniform(_He):
    """He et al. 2015, uniform."""

    kind = "he_uniform"


class HeNormal(_He):
    """He et al. 2015, normal."""

    kind = "he_normal"


class XavierUniform(_Core):
    """Glorot & Bengio 2010, uniform."""

    kind = "xavier_uniform"

    def __init__(self, gain=1):
        self.a = gain


class XavierNormal(XavierUniform):
    """Glorot & Bengio 2010, normal."""

    kind = "xavier_normal"


_NAMES = {"zeros": Zero, "zero": Zero, "ones": One, "one": One, "normal": Normal, "uniform": Uniform,
          "truncatednormal": TruncatedNormal, "heuniform": HeUniform, "he_uniform": HeUniform, "henormal": HeNormal,
          "he_normal": HeNormal, "xavieruniform": XavierUniform, "xavier_uniform": XavierUniform,
          "xaviernormal": XavierNormal, "xavier_normal": XavierNormal}


def initializer(init, shape=None, dtype=mstype.float32):
    """A tensor of `shape`, filled by `init`: a name, a number, an Initializer or a tensor of this shape."""
    if isinstance(init, Tensor):
        if shape is not None and tuple(init.shape) != tuple(shape):
            raise ValueError(f"For 'initializer', the 'shape' of the argument 'init' should be same as the argument 'shape', but "
                             f"got the 'shape' of argument 'init': {list(init.shape)}, and 'shape': {list(shape)}.")
        return init
    shape = (shape,) if isinstance(shape, int) else tuple(shape if shape is not None else ())
    if isinstance(init, str):
        if init.lower() not in _NAMES:
            raise ValueError(f"For 'initializer', the class corresponding to '{init}' was not found.")
        init = _NAMES[init.lower()]()
    elif isinstance(init, (int, float)):
        init = Constant(init)
    return init.make(shape, mstype.of(dtype))


def fans(shape):
    """(fan_in, fan_out) of a weight (out, in, kernel...)."""
    space = math.prod(shape[2:])
    return shape[1] * space, shape[0] * space


from .._missing import module_getattr as _m  # noqa: E402
__getattr__ = _m(__name__)
