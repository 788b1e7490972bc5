"""mindspore.dtype: element types. Their text is "Float32", their repr "mindspore.float32"."""
from .. import _core

float16, float32, float64, bfloat16 = _core.float16, _core.float32, _core.float64, _core.bfloat16
int8, int16, int32, int64 = _core.int8, _core.int16, _core.int32, _core.int64
uint8, uint16, uint32, uint64 = _core.uint8, _core.uint16, _core.uint32, _core.uint64
bool_ = _core.bool_
half, single, double, float_ = float16, float32, float64, float32
byte, short, intc, int_, intp = int8, int16, int32, int64, int64
ubyte, ushort, uintc, uint = uint8, uint16, uint32, uint64
DType = Type = type(float32)


class _Named:
    """A type that tensors of numbers do not have."""

    def __init__(self, name):
        self._name = name

    def __str__(self):
        return self._name

    def __repr__(self):
        return f"mindspore.{self._name.lower()}"


string = _Named("String")

number_type = (int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, float32, float64)
int_type = (int8, int16, int32, int64)
uint_type = (uint8, uint16, uint32, uint64)
float_type = (float16, float32, float64)

_BY_NAME = {str(t): t for t in number_type + (bfloat16, bool_)}
_BY_WORD = {text.lower(): t for text, t in _BY_NAME.items()}
_BY_WORD.update(half=half, double=double, bool=bool_, bool_=bool_, int=int64, float=float32, uint=uint64)
_BY_PYTHON = {bool: bool_, int: int64, float: float32}


def of(kind):
    """The type that `kind` names: one of ours, "float32", numpy.float32, float. TypeError for anything else."""
    if isinstance(kind, DType):
        return kind
    if kind in _BY_PYTHON:
        return _BY_PYTHON[kind]
    word = kind if isinstance(kind, str) else getattr(kind, "name", None) or getattr(kind, "__name__", "")
    found = _BY_WORD.get(word.lower())
    if found is None:
        raise TypeError(f"{kind!r} is not a data type")
    return found


def dtype_to_nptype(type_):
    """The NumPy type of a type; BFloat16 has none."""
    import numpy as np
    if type_ == bfloat16:
        raise TypeError("NumPy has no BFloat16")
    return np.bool_ if type_ == bool_ else getattr(np, str(type_).lower())


def dtype_to_pytype(type_):
    """bool, int or float."""
    return bool if type_ == bool_ else float if is_float(type_) else int


def pytype_to_dtype(obj):
    """The type of a Python or NumPy type."""
    return of(obj)


def is_float(type_):
    """Whether a type is a floating-point type."""
    return type_ in (float32, float16, float64, bfloat16)


def get_py_obj_dtype(obj):
    """The type that a number has as a tensor."""
    return getattr(obj, "dtype", None) or of(type(obj))


__all__ = ["float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
           "uint64", "bool_", "half", "single", "double", "float_", "byte", "short", "intc", "int_", "intp", "ubyte",
           "ushort", "uintc", "uint", "string", "dtype_to_nptype", "dtype_to_pytype", "pytype_to_dtype", "get_py_obj_dtype"]
