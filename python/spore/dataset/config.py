"""mindspore.dataset.config."""
from ..common import seed as _seed
from .. import _core

_values = {"num_parallel_workers": 1, "prefetch_size": 4, "monitor_sampling_interval": 1000, "auto_num_workers": False,
           "enable_shared_mem": True, "numa_enable": False, "callback_timeout": 60, "auto_offload": False, "enable_autotune": False,
           "autotune_interval": 0, "enable_watchdog": True, "dynamic_shape": False, "fast_recovery": True, "debug_mode": False,
           "error_samples_mode": None, "multiprocessing_timeout_interval": 300, "seed": 5489}


def set_seed(seed):
    """Seeds shuffles and random transforms."""
    _values["seed"] = seed
    _core.set_seed(seed)
    _seed.numbers().seed(seed)


def get_seed():
    return _values["seed"]


def __getattr__(name):
    if name[:4] in ("set_", "get_") and name[4:] in _values:
        what = name[4:]
        return (lambda value, *more, **options: _values.__setitem__(what, value)) if name[0] == "s" else (lambda: _values[what])
    raise AttributeError(f"module 'mindspore.dataset.config' has no attribute '{name}'")
