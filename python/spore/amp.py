"""mindspore.amp."""
from .train.amp import *  # noqa: F401,F403
from .train.amp import _WHITE  # noqa: F401
from ._missing import module_getattr as _module_getattr

__getattr__ = _module_getattr(__name__)
