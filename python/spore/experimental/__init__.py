"""mindspore.experimental: optim."""
from .._missing import module_getattr as _module_getattr

__getattr__ = _module_getattr(__name__, lazy=("optim",))
