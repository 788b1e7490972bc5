"""Spore: MindSpore's workflow on a small C library. The names are MindSpore's; see docs/python.md."""
from ._threads import BriefSpin as _BriefSpin
with _BriefSpin():
    from . import _core
from . import common, context
from .common import dtype
from .common.dtype import *  # noqa: F401,F403
from .common.api import JitConfig, jit, jit_class, ms_function, mutable
from .common.initializer import initializer
from .common.parameter import Parameter, ParameterTuple
from .common.seed import get_seed, set_seed
from .common.tensor import Tensor, tensor
from .context import (COMPATIBLE, GRAPH_MODE, LAX, PYNATIVE_MODE, STRICT, ParallelMode, get_auto_parallel_context, get_context,
                      reset_auto_parallel_context, set_auto_parallel_context, set_context, set_device)
from . import ops, nn
from .ops.composite import grad, jacfwd, jacrev, jvp, value_and_grad, vjp
from .ops.vmap import vmap
from .train.serialization import (async_ckpt_thread_status, export, load, load_checkpoint, load_mindir, load_param_into_net,
                                  save_checkpoint)
from . import train as _train
from ._missing import module_getattr as _module_getattr

__version__ = _core.version() if callable(_core.version) else _core.version


def run_check():
    """Says whether the installation works."""
    print(f"Spore version: {__version__}")
    good = float((tensor([1.0, 2.0]) * tensor([3.0, 4.0])).sum()) == 11
    print(f"The result of multiplication calculation is {'correct' if good else 'wrong'}, Spore has been installed successfully!")


def get_level():
    """What MindSpore calls the optimisation level."""
    return "30"


from_numpy = Tensor.from_numpy
from_dlpack = Tensor.from_dlpack


def to_dlpack(tensor):
    """A DLPack capsule of a tensor's elements, not copied."""
    return tensor.to_dlpack()


def is_tensor(obj):
    """Whether obj is a Tensor."""
    return isinstance(obj, Tensor)


def jit_config(*args, **kwargs):
    """The same as JitConfig(...)."""
    return JitConfig(*args, **kwargs)


_LAZY = ("dataset", "mindrecord", "train", "mint", "numpy", "amp", "communication", "experimental", "callback", "log", "parallel")
_missing = _module_getattr(__name__, lazy=_LAZY)


def __getattr__(name):
    if name == "bool":  # not a global here: the functions above need Python's
        return dtype.bool_
    if name in ("COOTensor", "CSRTensor"):
        from .common import sparse
        return getattr(sparse, name)
    if name in _train.OWNER:
        return getattr(_train, name)
    return _missing(name)


__all__ = [n for n in dir() if not n.startswith("_")]
