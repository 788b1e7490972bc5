"""mindspore.Parameter, ParameterTuple."""
from .. import _core
from .dtype import is_float
from .tensor import Tensor, as_tensor

DEFAULT = "Parameter"


class Parameter(Tensor):
    """A tensor that is trained. `default_input`: a tensor, a number, an array. A cell that holds it names it by its attribute unless
    it was given a name."""

    def __new__(cls, default_input, name=None, requires_grad=True, layerwise_parallel=False, parallel_optimizer=True,
                storage_format=""):
        if name is not None and not isinstance(name, str):
            raise ValueError(f"The type of the Parameter's name should be 'string' or 'None', but got {type(name)}.")
        if isinstance(default_input, bool):
            raise ValueError("Parameter data can not be `bool`")
        made = _core.parameter(as_tensor(default_input), name or DEFAULT, bool(requires_grad))
        made.layerwise_parallel, made.parallel_optimizer = layerwise_parallel, parallel_optimizer
        return made

    def __init__(self, *args, **kwargs):
        pass

    def __repr__(self):
        return self.repr_()

    __str__ = __repr__

    def __format__(self, spec):
        return format(repr(self), spec)

    @property
    def is_default_name(self):
        return self.name == DEFAULT

    @property
    def inited_param(self):
        return self

    @property
    def data(self):
        return self

    def init_data(self, layout=None, set_sliced=False):
        """The parameter itself: it is filled when it is made."""
        return self

    def set_data(self, data, slice_shape=False):
        """Takes the elements of `data`, converted to this parameter's type; returns self. ValueError: another shape."""
        given = data if isinstance(data, Tensor) else as_tensor(data)
        if is_float(given.dtype) and not is_float(self.dtype):
            raise TypeError(f"Data type conversion is not supported: the type of the Parameter is {self.dtype}, and that of the data is "
                            f"{given.dtype}.")
        data = as_tensor(data, None if isinstance(data, Tensor) else self.dtype)
        if data.dtype != self.dtype:
            data = data.astype(self.dtype)
        if tuple(data.shape) != tuple(self.shape):
            raise ValueError(f"Can not change the shape of Parameter which has been initialized. Current shape is {self.shape}, "
                             f"and incoming is {data.shape}.")
        self.assign_(data)
        return self

    def assign_value(self, value):
        return self.set_data(value)

    def value(self):
        """The elements as they are now, as a tensor."""
        return self.copy()

    def clone(self, init="same"):
        """A new parameter: "same", or what the initialiser `init` makes of this one's shape."""
        from .initializer import initializer
        data = self.copy() if init == "same" else initializer(init, self.shape, self.dtype)
        return Parameter(data, self.name, self.requires_grad)

    def __deepcopy__(self, memo):
        return self.clone()

    def __reduce__(self):
        return _rebuild, (self.asnumpy(), self.name, self.requires_grad)


def _rebuild(array, name, requires_grad):
    return Parameter(Tensor(array), name, requires_grad)


class ParameterTuple(tuple):
    """A tuple of parameters."""

    def __new__(cls, iterable):
        items = tuple(iterable)
        for item in items:
            if not isinstance(item, Parameter):
                raise TypeError(f"For ParameterTuple initialization, ParameterTuple input should be 'Parameter' collection, "
                                f"but got a {type(item)}.")
        return super().__new__(cls, items)

    def clone(self, prefix, init="same"):
        """Copies whose names begin with `prefix`."""
        copies = []
        for p in self:
            copy = p.clone(init)
            copy.name = f"{prefix}.{p.name}"
            copies.append(copy)
        return ParameterTuple(copies)


_core.set_classes(Tensor, Parameter)
