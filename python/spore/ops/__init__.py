"""mindspore.ops."""
from . import function, nn_function
from .function import *  # noqa: F401,F403
from .function import print_  # noqa: F401
from .nn_function import *  # noqa: F401,F403
from .more import *  # noqa: F401,F403
from .image import *  # noqa: F401,F403
from .hooks import *  # noqa: F401,F403
from .methods import install as _install
from .operations import *  # noqa: F401,F403
from .composite import GradOperation, HyperMap, MultitypeFuncGraph, Map, grad, value_and_grad, partial, constexpr  # noqa: F401
from .vmap import vmap  # noqa: F401
from .composite import jvp, vjp, jacrev, jacfwd, get_grad  # noqa: F401
from . import functional, operations, composite  # noqa: F401
from .._missing import module_getattr as _module_getattr

_install()
__getattr__ = _module_getattr(__name__)
