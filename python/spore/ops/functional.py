"""mindspore.ops.functional: the functions under their older place."""
from . import function, nn_function
from .function import *  # noqa: F401,F403
from .nn_function import *  # noqa: F401,F403
from .more import *  # noqa: F401,F403
from .image import *  # noqa: F401,F403
from .composite import grad, partial, value_and_grad, jvp, vjp, jacrev, jacfwd  # noqa: F401
from .._missing import module_getattr as _module_getattr

stop_gradient = function.stop_gradient
tensor_add, tensor_sub, tensor_mul, tensor_div, tensor_pow = function.add, function.sub, function.mul, function.div, function.pow

__getattr__ = _module_getattr(__name__, "mindspore.ops")
