"""mindspore.Tensor. What it computes is in spore.ops; spore.ops attaches its functions here as methods."""
import operator

from .. import _core
from . import dtype as mstype


class Tensor(_core.TensorBase):
    """An array of up to 8 dimensions. `input_data`: a number, nested lists, a NumPy array, another tensor. Python integers become
    Int64, floats Float32; arrays keep their type unless `dtype` says another."""

    def __new__(cls, input_data=None, dtype=None, shape=None, init=None, const_arg=False, device=None):
        if input_data is None:
            if shape is None or dtype is None:
                raise (TypeError if shape is None and dtype is None else ValueError)("For 'Tensor', the 'shape' and 'dtype' are needed where there is no 'input_data'.")
            if init is None and isinstance(shape, (list, tuple)) and any(n is None or n == -1 for n in shape):
                return Shape(_core.zeros(tuple(1 if n is None or n == -1 else n for n in shape), mstype.of(dtype)), shape)
            if init is None:
                return _core.zeros(_as_shape(shape), mstype.of(dtype))
            from .initializer import initializer
            return initializer(init, shape, dtype)
        made = as_tensor(input_data, None if dtype is None else mstype.of(dtype))
        return _core.tensor(made) if made is input_data else made

    def __init__(self, *args, **kwargs):
        pass

    def __repr__(self):
        return self.repr_()

    def __str__(self):
        return self.str_()

    def __format__(self, spec):
        return str(self) if not spec else format(self.item(), spec)

    def __bool__(self):
        if self.size != 1:
            raise ValueError(f"The truth value of an array with several elements is ambiguous: it has {self.size}.")
        if "_decides" in self.__dict__:
            from .api import AsWritten, tracing
            if tracing():
                raise AsWritten
        return bool(self.item())

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __contains__(self, value):
        return bool((self == value).any())

    def __setitem__(self, index, value):
        from ..ops.indexing import set_item
        set_item(self, index, value)

    def register_hook(self, hook):
        """hook(gradient) is called with what flows into the tensor; what it returns, unless None, takes its place. In a
        function that is differentiated it sees the uses of the tensor after this line; the hook of a parameter, or of a
        tensor made outside, is called whenever that is differentiated, until its handle is removed. Gives the handle:
        remove()."""
        from .hooks import hook_tensor
        return hook_tensor(self, hook)

    def __deepcopy__(self, memo):
        return self.copy()

    def __reduce__(self):
        return Tensor, (self.asnumpy(),)

    def asnumpy(self):
        """A NumPy array of its own memory. numpy.asarray(tensor) gives a view that cannot be written."""
        import numpy as np
        if self.dtype == mstype.bfloat16:
            raise TypeError("For asnumpy: NumPy has no BFloat16; use .astype(mindspore.float32)")
        return np.array(memoryview(self))

    numpy = asnumpy

    def __array__(self, dtype=None, copy=None):
        array = self.asnumpy()
        return array if dtype is None else array.astype(dtype)

    @staticmethod
    def from_numpy(array):
        """A tensor over a NumPy array's own memory, without a copy: writing into the array changes the tensor. Copied is an array
        that is not contiguous or of an element type that needs it (bool). TypeError if it is no array."""
        import numpy as np
        if not isinstance(array, np.ndarray):
            raise TypeError(f"For 'from_numpy', the input must be a NumPy array, but got {type(array).__name__}.")
        made = _core.over(array)
        return as_tensor(array) if made is None else made

    @staticmethod
    def from_dlpack(source):
        """A tensor over the memory of another library's tensor (anything with __dlpack__, or a capsule), without a copy where its
        elements lie one behind the other in the CPU's memory."""
        if hasattr(source, "__dlpack__"):
            if source.__dlpack_device__()[0] != 1:
                raise BufferError(f"from_dlpack: device {source.__dlpack_device__()}, expected the CPU (1, 0)")
            try:
                source = source.__dlpack__(max_version=(1, 0))
            except TypeError:  # older than the versions of the protocol
                source = source.__dlpack__()
        return _core.from_dlpack(source)

    def to_dlpack(self):
        """A DLPack capsule of the elements, not copied."""
        return self.__dlpack__()

    @property
    def strides(self):
        """Bytes from one element to the next, per dimension."""
        steps, step = [], self.itemsize
        for n in reversed(self.shape):
            steps.append(step)
            step *= n
        return tuple(reversed(steps))

    @property
    def T(self):
        """The axes reversed."""
        return self.transpose()

    @property
    def mT(self):
        """The last two axes swapped."""
        return self.swapaxes(-1, -2)

    def dim(self):
        return self.ndim

    ndimension = dim

    def numel(self):
        return self.size

    def element_size(self):
        return self.itemsize

    def get_bytes(self):
        return memoryview(self).tobytes()

    def is_floating_point(self):
        return mstype.is_float(self.dtype)

    def is_contiguous(self):
        return True

    def contiguous(self):
        return self

    def init_data(self, *args, **kwargs):
        return self

    def flush_from_cache(self):
        return None

    def set_dtype(self, dtype):
        return self.astype(dtype)

    @property
    def has_init(self):
        return False

    def __getattr__(self, name):
        from .._missing import explain
        raise explain("Tensor", name)


class Shape:
    """Tensor(shape=[None, 3], dtype=...): says for Cell.set_inputs() and jit's input_signature that a size is not known beforehand.
    It has a type and a shape, -1 where it is not known, and no elements."""

    def __init__(self, example, shape):
        self.dtype, self.shape, self.ndim = example.dtype, tuple(-1 if n is None else n for n in shape), len(shape)

    def __repr__(self):
        return f"Tensor(shape={list(self.shape)}, dtype={self.dtype}, value=<uninitialized>)"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise ValueError(f"Tensor.{name}: a tensor of the unknown shape {self.shape} has no elements")


def _as_shape(shape):
    return (shape,) if isinstance(shape, int) else tuple(operator.index(n) for n in shape)


def _with_tensors(obj):
    """Nested lists that hold tensors, as lists of numbers."""
    if isinstance(obj, Tensor):
        return obj.tolist()
    return [_with_tensors(o) for o in obj] if isinstance(obj, (list, tuple)) else obj


def as_tensor(obj, dtype=None):
    """obj as a tensor: itself if it is one (of that type), else a new one."""
    if isinstance(obj, Tensor):
        return obj if dtype is None or obj.dtype == dtype else obj.astype(dtype)
    if isinstance(obj, (list, tuple)):
        obj = _with_tensors(obj)
    elif isinstance(obj, str) or isinstance(obj, dict):
        raise TypeError(f"For 'Tensor', the type of 'input_data' should be a tensor, a number, a list or an array, but got "
                        f"{type(obj).__name__}.")
    return _core.tensor(obj, dtype)


def tensor(input_data=None, dtype=None, shape=None, init=None, const_arg=False):
    """As Tensor()."""
    return Tensor(input_data, dtype, shape, init)
