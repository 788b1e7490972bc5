"""Sparse tensors: COOTensor and CSRTensor. They hold tensors of positions and values; what is computed of them is computed by ops."""
from . import dtype as mstype
from .tensor import Tensor


def _checked(kind, shape, **parts):
    for name, part in parts.items():
        if not isinstance(part, Tensor):
            raise TypeError(f"For SparseTensors, '{name}' must be Tensor, but got {type(part)}.")
        if name != "values" and mstype.is_float(part.dtype):
            raise TypeError(f"For {kind}, '{name}' must be of an integer type, but got {part.dtype}.")
    if not isinstance(shape, tuple):
        raise TypeError(f"For SparseTensors, 'shape' must be tuple, but got {type(shape)}.")
    for n in shape:
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise ValueError(f"For {kind}, the dimensions of 'shape' must be whole numbers, but got {shape}.")


def _part(tensor):
    head, value = repr(tensor).split("value=", 1)
    return head + "value=" + value.removeprefix(" ").replace(",", "")


class _Sparse:
    """What both kinds have."""

    _places = ()  # the names of the tensors of positions

    @property
    def values(self):
        """The elements that are held, in order."""
        return self._values

    @property
    def shape(self):
        """The shape of the whole tensor."""
        return self._shape

    @property
    def dtype(self):
        """The type of the elements."""
        return self._values.dtype

    @property
    def size(self):
        """How many elements are held."""
        return self._values.size

    @property
    def itemsize(self):
        """Bytes of an element."""
        return self._values.itemsize

    @property
    def ndim(self):
        """How many dimensions the whole tensor has."""
        return len(self._shape)

    def _with(self, values):
        return type(self)(*(getattr(self, n) for n in self._places), values, self._shape)

    def astype(self, dtype):
        """The same with elements of another type."""
        return self._with(self._values.astype(dtype))

    def abs(self):
        """The same with absolute values."""
        return self._with(self._values.abs())

    def to_tuple(self):
        """(positions, values, shape)"""
        return (*(getattr(self, n) for n in self._places), self._values, self._shape)

    def __repr__(self):
        parts = "".join(f"{n}={_part(getattr(self, n))}, " for n in (*self._places, "values"))[:-2]
        return f"{type(self).__name__}(shape={list(self._shape)}, dtype={self.dtype}, {parts})"

    __str__ = __repr__

    def __neg__(self):
        return self._with(-self._values)


class COOTensor(_Sparse):
    """A sparse tensor by coordinates: indices (N, 2), values (N,), shape (rows, columns). Elements that are named twice are added.

    TypeError or ValueError for parts that do not fit together."""

    _places = ("indices",)

    def __init__(self, indices=None, values=None, shape=None, coo_tensor=None):
        if coo_tensor is not None:
            if not isinstance(coo_tensor, COOTensor):
                raise TypeError(f"For COOTensor, 'coo_tensor' must be a COOTensor, but got {type(coo_tensor)}.")
            indices, values, shape = coo_tensor.to_tuple()
        _checked("COOTensor", shape, indices=indices, values=values)
        if indices.ndim != 2:
            raise ValueError(f"For COOTensor, 'indices' must be a 2-dimensional tensor, but got a {indices.ndim}-dimensional tensor.")
        if values.ndim != 1:
            raise ValueError(f"For COOTensor, 'values' must be a 1-dimensional tensor, but got a {values.ndim}-dimensional tensor.")
        if len(shape) != 2 or indices.shape[1] != 2:
            raise ValueError(f"For COOTensor, the length of 'shape' must be 2, but got {shape}.")
        if indices.shape[0] != values.shape[0]:
            raise ValueError(f"For COOTensor, 'indices' and 'values' must have equally many elements, but got {indices.shape[0]} and "
                             f"{values.shape[0]}.")
        self._indices, self._values, self._shape = indices, values, shape

    @property
    def indices(self):
        """Row and column of each element, (N, 2)."""
        return self._indices

    def to_dense(self):
        """The whole tensor. Elements outside of the shape are left out."""
        from .. import ops
        rows, columns = self._shape
        row, column = self._indices[:, 0].astype(mstype.int64), self._indices[:, 1].astype(mstype.int64)
        inside = ops.logical_and(ops.logical_and(row >= 0, row < rows), ops.logical_and(column >= 0, column < columns))
        flat = ops.where(inside, row * columns + column, -1)
        return ops.unsorted_segment_sum(self._values, flat, rows * columns).reshape(self._shape)

    def coalesce(self):
        """The same with each element named once, in the order of rows and columns."""
        import numpy as np
        from .. import ops
        flat = np.ravel_multi_index(tuple(self._indices.asnumpy().T), self._shape)
        found, place = np.unique(flat, return_inverse=True)
        values = ops.unsorted_segment_sum(self._values, Tensor(place.astype(np.int64)), len(found))
        indices = np.stack(np.unravel_index(found, self._shape), 1).astype(self._indices.asnumpy().dtype)
        return COOTensor(Tensor(indices), values, self._shape)

    def to_csr(self):
        """The same as a CSRTensor."""
        import numpy as np
        once = self.coalesce()
        places = once.indices.asnumpy()
        starts = np.searchsorted(places[:, 0], np.arange(self._shape[0] + 1)).astype(places.dtype)
        return CSRTensor(Tensor(starts), Tensor(places[:, 1].copy()), once.values, self._shape)

    def add(self, other, thresh=None):
        """The sum of two of one shape."""
        if not isinstance(other, COOTensor):
            raise TypeError(f"COOTensor add with {type(other)} is not supported.")
        if other.shape != self.shape:
            raise ValueError(f"COOTensors of the shapes {self.shape} and {other.shape} cannot be added.")
        from .. import ops
        return COOTensor(ops.concat((self._indices, other.indices.astype(self._indices.dtype)), 0),
                         ops.concat((self._values, other.values.astype(self.dtype)), 0), self._shape).coalesce()

    def __add__(self, other):
        return self.add(other)

    def __sub__(self, other):
        return self.add(-other)

    def __mul__(self, other):
        return self._with(self._values * other)

    __rmul__ = __mul__


class CSRTensor(_Sparse):
    """A sparse tensor by rows: the elements of row i are numbers indptr[i] to indptr[i + 1] - 1 of `values`, their columns of `indices`.

    TypeError or ValueError for parts that do not fit together."""

    _places = ("indptr", "indices")

    def __init__(self, indptr=None, indices=None, values=None, shape=None, csr_tensor=None):
        if csr_tensor is not None:
            if not isinstance(csr_tensor, CSRTensor):
                raise TypeError(f"For CSRTensor, 'csr_tensor' must be a CSRTensor, but got {type(csr_tensor)}.")
            indptr, indices, values, shape = csr_tensor.to_tuple()
        _checked("CSRTensor", shape, indptr=indptr, indices=indices, values=values)
        if len(shape) != 2:
            raise ValueError(f"For CSRTensor, the length of 'shape' must be 2, but got {shape}.")
        if indptr.ndim != 1 or indptr.shape[0] != shape[0] + 1:
            raise ValueError(f"For CSRTensor, indptr must have length (1 + shape[0]), but got: {indptr.shape[0] if indptr.ndim else 0}")
        if indices.ndim != 1 or values.ndim != 1 or indices.shape != values.shape:
            raise ValueError(f"For CSRTensor, 'indices' and 'values' must be equally long vectors, but got {indices.shape} and "
                             f"{values.shape}.")
        self._indptr, self._indices, self._values, self._shape = indptr, indices, values, shape

    @property
    def indptr(self):
        """Where the rows begin among the elements, and the number of all."""
        return self._indptr

    @property
    def indices(self):
        """The column of each element."""
        return self._indices

    def _rows(self):
        import numpy as np
        counts = np.diff(self._indptr.asnumpy())
        if counts.sum() != self.size or (counts < 0).any():
            raise ValueError(f"For CSRTensor, indptr {self._indptr} does not fit {self.size} elements.")
        return Tensor(np.repeat(np.arange(self._shape[0]), counts))

    def to_coo(self):
        """The same as a COOTensor."""
        from .. import ops
        kind = self._indices.dtype
        return COOTensor(ops.stack((self._rows().astype(kind), self._indices), 1), self._values, self._shape)

    def to_dense(self):
        """The whole tensor."""
        return self.to_coo().to_dense()

    def mm(self, matrix):
        """The product with a dense matrix (columns, k)."""
        from .. import ops
        if matrix.ndim != 2 or matrix.shape[0] != self._shape[1]:
            raise ValueError(f"CSRTensor.mm: a matrix of shape {tuple(matrix.shape)}, expected ({self._shape[1]}, ...)")
        rows = ops.gather(matrix, self._indices, 0) * self._values.reshape(-1, 1)
        return ops.unsorted_segment_sum(rows, self._rows(), self._shape[0])

    def mv(self, dense_vector):
        """The product with a dense vector (columns, 1)."""
        return self.mm(dense_vector)

    def sum(self, axis):
        """Sums over the columns: (rows, 1)."""
        from .. import ops
        if axis not in (1, -1):
            raise ValueError(f"CSRTensor.sum: axis {axis}, expected 1")
        return ops.unsorted_segment_sum(self._values, self._rows(), self._shape[0]).reshape(-1, 1)

    def _at(self, dense):
        """The elements of a dense tensor at the places that are held; a number as it is."""
        from .. import ops
        if not isinstance(dense, Tensor) or dense.size == 1:
            return dense
        whole = ops.broadcast_to(dense, self._shape).reshape(-1)
        flat = self._rows() * self._shape[1] + self._indices.astype(mstype.int64)
        return ops.gather(whole, flat, 0)

    def __mul__(self, other):
        return self._with(self._values * self._at(other))

    def __truediv__(self, other):
        return self._with(self._values / self._at(other))

    def __add__(self, other):
        if not isinstance(other, CSRTensor):
            raise TypeError(f"CSRTensor add with {type(other)} is not supported.")
        return (self.to_coo() + other.to_coo()).to_csr()

    def __sub__(self, other):
        if not isinstance(other, CSRTensor):
            raise TypeError(f"CSRTensor sub with {type(other)} is not supported.")
        return self + -other
