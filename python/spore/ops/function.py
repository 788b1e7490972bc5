"""mindspore.ops: functions of tensors (maths.py, shapes.py)."""
from . import maths as _maths
from . import shapes as _shapes
from .helpers import _bind, _binary, _like, _t, _unary  # noqa: F401
from .maths import *  # noqa: F401,F403
from .maths import (_argmax, _argmin, _bias_add, _cast, _cumsum, _matmul, _max, _mean, _min, _sum)  # noqa: F401
from .shapes import *  # noqa: F401,F403
from .shapes import _one_hot  # noqa: F401
from .._missing import module_getattr as _module_getattr

assert _maths and _shapes

__getattr__ = _module_getattr(__name__, "mindspore.ops")
