"""mindspore.context: the mode and what else set_context() takes. Spore runs on the CPU."""
import threading

GRAPH_MODE, PYNATIVE_MODE = 0, 1
STRICT, COMPATIBLE, LAX = 0, 1, 2

_values = {"mode": PYNATIVE_MODE, "device_target": "CPU", "device_id": 0, "save_graphs": False, "save_graphs_path": ".",
           "max_call_depth": 1000, "enable_graph_kernel": False, "precompile_only": False, "jit_level": "O0",
           "jit_syntax_level": LAX, "deterministic": "OFF", "pynative_synchronize": False, "max_device_memory": "1024GB"}
_KNOWN = frozenset("""aoe_config aoe_tune_mode ascend_config auto_tune_mode check_bprop compile_cache_path debug_level disable_format_transform
    enable_compile_cache enable_dump enable_mem_reuse enable_profiling enable_recovery enable_reduce_precision enable_sparse env_config_path
    exec_order gpu_config grad_for_scalar graph_kernel_flags graph_memory_max_size hccl_connect_timeout host_scheduling_max_threshold
    inter_op_parallel_num jit_config jit_enable_inplace_ops load_compile_cache mempool_block_size memory_offload
    memory_optimize_level op_debug_option op_timeout print_file_path profiling_options pynative_config reserve_class_name_in_scope
    runtime_num_threads save_compile_cache save_dump_path save_graph_dot save_ms_model save_ms_model_path support_binary thread_num
    variable_memory_max_size backend_policy enable_auto_mixed_precision enable_loop_sink enable_reduce_scatter max_threads
    mode_switch""".split())
_lock = threading.Lock()
_parallel = {"device_num": 1, "global_rank": 0, "parallel_mode": "stand_alone", "gradients_mean": False}


def is_graph_mode():
    """Whether cells are compiled when they are called."""
    return _values["mode"] == GRAPH_MODE


def set_context(**kwargs):
    """mode: GRAPH_MODE or PYNATIVE_MODE. Other settings are kept, so that get_context() gives them back; they change nothing."""
    mode = kwargs.get("mode")
    if mode is not None and mode not in (GRAPH_MODE, PYNATIVE_MODE):
        raise ValueError(f"For 'context.set_context', the argument 'mode' should be context.GRAPH_MODE (0) or context.PYNATIVE_MODE "
                         f"(1), but got {mode}.")
    target = kwargs.get("device_target", "CPU")
    if target not in ("CPU", "GPU", "Ascend", "Davinci"):
        raise ValueError(f"For 'context.set_context', the argument 'device_target' must be one of ['CPU', 'GPU', 'Ascend', 'Davinci'], "
                         f"but got {target}.")
    if target != "CPU":
        from ._missing import not_there
        raise not_there(f"set_context(device_target='{target}'): it runs on the CPU; that")
    threads = kwargs.get("runtime_num_threads")
    if threads:
        from . import _core
        _core.set_threads(int(threads))
    for name in kwargs:
        if name not in _values and name not in _KNOWN:
            raise ValueError(f"For 'context.set_context', the keyword argument {name} is not recognized!")
    with _lock:
        _values.update(kwargs)


def get_context(attr_key):
    """The value of a setting."""
    if attr_key not in _values:
        raise ValueError(f"For 'context.get_context', the argument {attr_key} is not one of the settings.")
    return _values[attr_key]


def set_device(device_target, device_id=None):
    """Only "CPU"."""
    set_context(device_target=device_target)


def set_auto_parallel_context(**kwargs):
    """Only a single process: parallel_mode "stand_alone"."""
    if kwargs.get("parallel_mode", "stand_alone") not in ("stand_alone",) and kwargs.get("device_num", 1) != 1:
        from ._missing import not_there
        raise not_there(f"parallel_mode '{kwargs['parallel_mode']}'")
    _parallel.update(kwargs)


def get_auto_parallel_context(attr_key):
    """A setting of training in several processes, as it was set; it changes nothing here."""
    return _parallel.get(attr_key)


def reset_auto_parallel_context():
    """Puts these settings back."""
    _parallel.update(device_num=1, global_rank=0, parallel_mode="stand_alone", gradients_mean=False)


class ParallelMode:
    """Ways of running in parallel; Spore has the first."""

    STAND_ALONE, DATA_PARALLEL, HYBRID_PARALLEL = "stand_alone", "data_parallel", "hybrid_parallel"
    SEMI_AUTO_PARALLEL, AUTO_PARALLEL = "semi_auto_parallel", "auto_parallel"
    MODE_LIST = [STAND_ALONE, DATA_PARALLEL, HYBRID_PARALLEL, SEMI_AUTO_PARALLEL, AUTO_PARALLEL]
