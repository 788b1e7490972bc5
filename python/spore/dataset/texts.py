"""Columns of texts. The core's tensors hold numbers only: in the pipeline a text is its UTF-8 bytes, filled up with zeros, as BFloat16,
an element type that no NumPy array has. So texts are shuffled, taken and zipped like anything else."""
from .. import _core
from ..common import dtype as mstype


def is_text(tensor):
    """Whether a tensor of the pipeline holds texts."""
    return tensor.dtype == mstype.bfloat16


def encode(array):
    """An array of texts (NumPy's kinds U and O) as a tensor of the pipeline: one axis more. TypeError if one is no text."""
    import numpy as np
    words = []
    for word in array.ravel().tolist():
        if not isinstance(word, str):
            raise TypeError(f"a dataset column holds numbers or texts, but got {type(word).__name__}")
        words.append(word.encode())
    width = max([1] + [len(w) for w in words])
    data = np.array(words, f"S{width}") if words else np.zeros(0, f"S{width}")
    return _core.tensor(data.view(np.uint8).reshape(array.shape + (width,)), mstype.bfloat16)


def decode(tensor):
    """The array of texts that encode() was given."""
    import numpy as np
    data = np.ascontiguousarray(np.asarray(memoryview(tensor.astype(mstype.uint8))))
    if data.size == 0:
        return np.zeros(data.shape[:-1], "U1")
    return np.char.decode(data.view(f"S{data.shape[-1]}")[..., 0], "utf-8")


class StringTensor:
    """What an iterator gives for a column of texts: it can be looked at, nothing is computed with it."""

    dtype = mstype.string

    def __init__(self, array):
        self._array = array
        self.shape, self.ndim, self.size = array.shape, array.ndim, array.size

    def asnumpy(self):
        """The texts as a NumPy array."""
        return self._array

    numpy = asnumpy

    def tolist(self):
        """The texts as nested lists."""
        return self._array.tolist()

    def __array__(self, dtype=None, copy=None):
        return self._array if dtype is None else self._array.astype(dtype)

    def __len__(self):
        return len(self._array)

    def __getitem__(self, index):
        import numpy as np
        return StringTensor(np.asarray(self._array[index]))

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __eq__(self, other):
        return self._array == (other.asnumpy() if isinstance(other, StringTensor) else other)

    __hash__ = None

    def __str__(self):
        return str(self._array)

    def __repr__(self):
        import numpy as np
        value = repr(self._array.item()) if self.ndim == 0 else np.array2string(self._array, separator=", ")
        return f"Tensor(shape={list(self.shape)}, dtype=String, value={chr(10) if self.ndim > 1 else ' '}{value})"
