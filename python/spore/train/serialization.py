"""mindspore: save_checkpoint, load_checkpoint, load_param_into_net, export, load."""
import os

from .. import _core
from .._missing import not_there
from ..common import dtype as mstype
from ..common.api import trace
from ..common.parameter import Parameter
from ..common.tensor import Tensor
from ..nn.cell import Cell


def _entries(save_obj, choice_func):
    """(name, tensor) of a cell, a list of {"name", "data"} or a dict."""
    if isinstance(save_obj, Cell):
        pairs = [(p.name, p) for _, p in save_obj.parameters_and_names()]
    elif isinstance(save_obj, dict):
        pairs = list(save_obj.items())
    elif isinstance(save_obj, (list, tuple)):
        pairs = [(one["name"], one["data"]) for one in save_obj]
    else:
        raise TypeError(f"For 'save_checkpoint', the parameter 'save_obj' must be nn.Cell, list or dict, but got {type(save_obj)}.")
    return [(n, _value(v)) for n, v in pairs if choice_func is None or choice_func(n)]


def _value(v):
    if isinstance(v, (Tensor, str)):
        return v
    return Tensor(v)


def save_checkpoint(save_obj, ckpt_file_name, integrated_save=True, async_save=False, append_dict=None, enc_key=None,
                    enc_mode="AES-GCM", choice_func=None, crc_check=False, format="ckpt", **kwargs):
    """Writes the parameters of a cell, or a list of {"name", "data"}, to a file; append_dict: more values by name. The file is .ckpt,
    .safetensors or .npz by its name or `format`."""
    if enc_key is not None:
        raise not_there("save_checkpoint(enc_key)")
    if not isinstance(ckpt_file_name, (str, os.PathLike)):
        raise TypeError(f"For 'save_checkpoint', the parameter 'ckpt_file_name' must be str, but got {type(ckpt_file_name)}.")
    path = os.path.realpath(os.fspath(ckpt_file_name))
    if format not in ("ckpt", "safetensors"):
        raise ValueError(f"For 'save_checkpoint', the format must be 'ckpt' or 'safetensors', but got {format}.")
    if not path.endswith("." + format) and not path.endswith((".npz", ".safetensors")):
        path += "." + format
    entries = _entries(save_obj, choice_func)
    for name, value in (append_dict or {}).items():
        entries.append((name, _value(value)))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _core.entries_write(path, entries)


def load_checkpoint(ckpt_file_name, net=None, strict_load=False, filter_prefix=None, dec_key=None, dec_mode="AES-GCM",
                    specify_prefix=None, choice_func=None, crc_check=False, remove_redundancy=False, format="ckpt"):
    """A dict of parameters by name. With `net` they are loaded into it as well."""
    if dec_key is not None:
        raise not_there("load_checkpoint(dec_key)")
    path = os.fspath(ckpt_file_name)
    if not os.path.exists(path):
        raise ValueError(f"For 'load_checkpoint', the checkpoint file: {path} does not exist, please check whether the 'ckpt_file_name' "
                         f"is correct.")
    found = {}
    try:
        entries = _core.entries_read(path)
    except RuntimeError as error:
        raise ValueError(f"For 'load_checkpoint', failed to read the checkpoint file {path}: {error}") from None
    for name, value in entries:
        if _wanted(name, specify_prefix, filter_prefix, choice_func):
            found[name] = value if isinstance(value, str) else Parameter(value, name)
    if not found:
        raise ValueError(f"The loaded parameter dict is empty after filter or specify, please check whether 'filter_prefix' or "
                         f"'specify_prefix' are set correctly: {path}.")
    if net is not None:
        load_param_into_net(net, found, strict_load)
    return found


def _wanted(name, specify, unwanted, choice):
    specify = (specify,) if isinstance(specify, str) else tuple(specify or ())
    unwanted = (unwanted,) if isinstance(unwanted, str) else tuple(unwanted or ())
    if specify and not name.startswith(specify) or unwanted and name.startswith(unwanted):
        return False
    return choice is None or choice(name)


def load_param_into_net(net, parameter_dict, strict_load=False, remove_redundancy=False):
    """Gives the parameters of a cell (or an optimizer) the values of their names. Returns (names of the cell's parameters that were not
    loaded, names that the cell does not have)."""
    if not isinstance(net, Cell):
        raise TypeError(f"For 'load_param_into_net', the argument 'net' should be a Cell, but got {type(net)}.")
    if not isinstance(parameter_dict, dict):
        raise TypeError(f"For 'load_param_into_net', the argument 'parameter_dict' should be a dict, but got {type(parameter_dict)}.")
    own = {p.name: p for _, p in net.parameters_and_names()}
    given = dict(parameter_dict)
    prefix = _common_prefix(own, given)
    missing, used = [], set()
    changes = []
    for name, p in own.items():
        key = name if name in given else prefix + name if prefix else None
        if key is None or key not in given:
            missing.append(name)
            continue
        used.add(key)
        changes.append((p, _fitting(name, p, given[key], strict_load)))
    for p, value in changes:
        p.set_data(value)
    if hasattr(net, "load_state"):
        net.load_state(given)
    return missing, [n for n in given if n not in used]


def _common_prefix(own, given):
    """"net." if that stands before all names of the file that match."""
    if any(n in given for n in own):
        return None
    for key in given:
        for name in own:
            if key.endswith("." + name):
                return key[:-len(name)]
    return None


def _fitting(name, p, value, strict):
    if not isinstance(value, Tensor):
        raise TypeError(f"For 'load_param_into_net', the element {name} of 'parameter_dict' should be a Parameter, but got {type(value)}.")
    if tuple(value.shape) != tuple(p.shape):
        if not (value.size == p.size == 1):
            raise RuntimeError(f"For 'load_param_into_net', {name} in the argument 'net' should have the same shape as {name} in the "
                               f"argument 'parameter_dict'. But got its shape {tuple(p.shape)} in the argument 'net' and shape "
                               f"{tuple(value.shape)} in the argument 'parameter_dict'.May you need to check whether the checkpoint you "
                               f"loaded is correct or the batch size and so on in the 'net' and 'parameter_dict' are same.")
        value = value.reshape(tuple(p.shape))
    if value.dtype != p.dtype:
        if strict or mstype.is_float(value.dtype) != mstype.is_float(p.dtype):
            raise RuntimeError(f"For 'load_param_into_net', {name} in the argument 'net' should have the same type as {name} in the "
                               f"argument 'parameter_dict'. but got its type {p.dtype} in the argument 'net' and type {value.dtype} in "
                               f"the argument 'parameter_dict'.")
        value = value.astype(p.dtype)
    return value


def export(net, *inputs, file_name, file_format="MINDIR", **kwargs):
    """Traces a cell with example inputs and writes its graph: "MINDIR" or "ONNX". ".mindir" or ".onnx" is added to the name."""
    ends = {"MINDIR": ".mindir", "ONNX": ".onnx"}
    if file_format not in ends:
        if file_format == "AIR":
            raise not_there("export(file_format='AIR')")
        raise ValueError(f"For 'export', 'file_format' must be one of ['MINDIR', 'ONNX'], but got {file_format}.")
    if kwargs.get("enc_key") is not None:
        raise not_there("export(enc_key)")
    if not inputs:
        raise ValueError("For 'export', the 'inputs' must be given.")
    path = os.path.realpath(os.fspath(file_name))
    if not path.endswith(ends[file_format]):
        path += ends[file_format]
    example = [x if isinstance(x, Tensor) else Tensor(x) for x in inputs]
    training = net.training if isinstance(net, Cell) else False
    if training:
        net.set_train(False)
    try:
        trace(net, example).save(path)
    finally:
        if training:
            net.set_train(True)


def load(file_name, **kwargs):
    """A graph from a .mindir file, for nn.GraphCell."""
    if kwargs.get("dec_key") is not None:
        raise not_there("load(dec_key)")
    path = os.fspath(file_name)
    if not path.endswith(".mindir"):
        raise ValueError(f"For 'load', the argument 'file_name' must end with '.mindir', but got {path}.")
    if not os.path.exists(path):
        raise ValueError(f"For 'load', the argument 'file_name' {path} does not exist, please check whether the 'file_name' is correct.")
    return _core.Graph.load(path)


def load_mindir(file_name, **kwargs):
    """The same as load()."""
    return load(file_name, **kwargs)


def convert_model(*args, **kwargs):
    raise not_there("convert_model")


def parse_print(*args, **kwargs):
    raise not_there("parse_print")


def async_ckpt_thread_status():
    """Whether a checkpoint is being written in another thread: never."""
    return False
