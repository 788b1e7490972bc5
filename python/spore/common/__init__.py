"""mindspore.common: tensors, parameters, types, initialisers."""
from . import dtype
from .dtype import *  # noqa: F401,F403
from .tensor import Tensor, tensor
from .parameter import Parameter, ParameterTuple
from .seed import get_seed, set_seed
from .api import jit, jit_class, ms_function, mutable
from .initializer import initializer

__all__ = ["Tensor", "tensor", "Parameter", "ParameterTuple", "set_seed", "get_seed", "jit", "jit_class", "ms_function",
           "mutable", "initializer", "dtype"]
