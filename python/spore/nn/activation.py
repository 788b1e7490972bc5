"""mindspore.nn: activations."""
from ..common.initializer import initializer
from ..common.parameter import Parameter
from ..common import dtype as mstype
from ..common.tensor import Tensor
from ..ops import function as F
from ..ops import nn_function as N
from .cell import Cell


class ReLU(Cell):
    """max(x, 0)."""

    def __init__(self, strategy=None):
        super().__init__()
        if strategy is not None:
            raise TypeError(f"For 'ReLU', the 'strategy' must be None, but got {strategy!r}.")

    def construct(self, x):
        return N.relu(x)


def _plain(name, function):
    def construct(self, x):
        return function(x)

    return type(name, (Cell,), {"construct": construct, "__doc__": f"{function.__name__} as a cell.", "__module__": __name__})


ReLU6, Sigmoid, Tanh, SiLU = (_plain(n, f) for n, f in (("ReLU6", N.relu6), ("Sigmoid", N.sigmoid), ("Tanh", N.tanh), ("SiLU", N.silu)))
HSigmoid, HSwish, Mish, LogSigmoid = (_plain(n, f) for n, f in (
    ("HSigmoid", N.hsigmoid), ("HSwish", N.hswish), ("Mish", N.mish), ("LogSigmoid", N.logsigmoid)))
Softsign, Tanhshrink, SeLU = (_plain(n, f) for n, f in (("Softsign", N.softsign), ("Tanhshrink", N.tanhshrink), ("SeLU", N.selu)))


class GELU(Cell):
    """x Phi(x): the tanh formula, or exact with approximate=False."""

    def __init__(self, approximate=True):
        super().__init__()
        self.approximate = approximate

    def construct(self, x):
        return N.gelu(x, "tanh" if self.approximate else "none")


class FastGelu(Cell):
    """x sigmoid(1.702 x)."""

    def construct(self, x):
        return x * N.sigmoid(x * 1.702)


class LeakyReLU(Cell):
    """x where positive, else alpha x."""

    def __init__(self, alpha=0.2):
        super().__init__()
        self.alpha = alpha

    def construct(self, x):
        return N.leaky_relu(x, self.alpha)


class ELU(Cell):
    """x where positive, else alpha (exp(x) - 1)."""

    def __init__(self, alpha=1.0):
        super().__init__()
        self.alpha = alpha

    def construct(self, x):
        return N.elu(x, self.alpha)


class CELU(Cell):
    """max(0, x) + min(0, alpha (exp(x / alpha) - 1))."""

    def __init__(self, alpha=1.0):
        super().__init__()
        self.alpha = alpha

    def construct(self, x):
        return N.celu(x, self.alpha)


class PReLU(Cell):
    """x where positive, else w x, with w trained: one for all channels or one for each."""

    def __init__(self, channel=1, w=0.25):
        super().__init__()
        w = w if isinstance(w, Tensor) else initializer(float(w), (channel,), mstype.float32) if isinstance(w, (int, float)) \
            else Tensor(w, mstype.float32)
        self.w = Parameter(w, name="a")

    def construct(self, x):
        return N.prelu(x, self.w)


class Softmax(Cell):
    """Numbers in [0, 1] along axis whose sum is 1."""

    def __init__(self, axis=-1):
        super().__init__()
        self.axis = axis

    def construct(self, x):
        return N.softmax(x, self.axis)


class LogSoftmax(Cell):
    """The logarithm of softmax."""

    def __init__(self, axis=-1):
        super().__init__()
        self.axis = axis

    def construct(self, x):
        return N.log_softmax(x, self.axis)


class Hardtanh(Cell):
    """x within [min_val, max_val]."""

    def __init__(self, min_val=-1.0, max_val=1.0):
        super().__init__()
        self.min_val, self.max_val = min_val, max_val

    def construct(self, x):
        return F.clamp(x, self.min_val, self.max_val)


class SoftShrink(Cell):
    """Towards 0 by lambd."""

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def construct(self, x):
        return N.softshrink(x, self.lambd)


class HShrink(Cell):
    """0 within lambd of 0."""

    def __init__(self, lambd=0.5):
        super().__init__()
        self.lambd = lambd

    def construct(self, x):
        return N.hardshrink(x, self.lambd)


class GLU(Cell):
    """The first half of an axis times the sigmoid of the second."""

    def __init__(self, axis=-1):
        super().__init__()
        self.axis = axis

    def construct(self, x):
        return N.glu(x, self.axis)


_NAMES = {"softmax": Softmax, "logsoftmax": LogSoftmax, "relu": ReLU, "relu6": ReLU6, "tanh": Tanh, "gelu": GELU, "fast_gelu": FastGelu,
          "elu": ELU, "sigmoid": Sigmoid, "prelu": PReLU, "leakyrelu": LeakyReLU, "hswish": HSwish, "hsigmoid": HSigmoid,
          "logsigmoid": LogSigmoid, "silu": SiLU}


def get_activation(name, prim_name=None):
    """The activation of a name."""
    if name is None:
        return None
    if name.lower() not in _NAMES:
        raise KeyError(f"For 'get_activation', the 'name' must be in {list(_NAMES)}, but got {name}.")
    return _NAMES[name.lower()]()
