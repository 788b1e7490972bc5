"""mindspore.mint: the functions under PyTorch's argument names."""
from ..ops import function as _F
from ..ops import nn_function as _N
from .._missing import module_getattr as _module_getattr

for _name in """abs add addmm all any arange bmm ceil clamp cos cosh cumsum div eq equal erf erfc exp exp2 expm1 eye flip floor frac full_like ge greater greater_equal gt hypot isclose isfinite isinf le lerp less less_equal linspace log log1p log2 log10 logical_and logical_not logical_or logical_xor logsumexp lt masked_fill matmul maximum meshgrid minimum mul narrow ne neg negative not_equal ones ones_like outer pow rand rand_like randint randn randn_like randperm reciprocal remainder repeat_interleave reshape roll round rsqrt sign sin sinh sqrt square sub sum swapaxes tan tile tril triu trunc where zeros zeros_like broadcast_to index_select norm normal""".split():
    globals()[_name] = getattr(_F, _name)
relu, sigmoid, tanh = _N.relu, _N.sigmoid, _N.tanh


def full(size, fill_value, *, dtype=None):
    """Every element fill_value, in its type."""
    return _F.full(size, fill_value, dtype=dtype or (bool if isinstance(fill_value, bool) else type(fill_value)))


def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean over axes."""
    return _F.mean(input if dtype is None else _F.cast(input, dtype), dim, keepdim)


def max(input, dim=None, keepdim=False):
    """The largest; with dim (largest, its position)."""
    return _F.amax(input) if dim is None else _F.max(input, dim, keepdim)


def min(input, dim=None, keepdim=False):
    """The smallest; with dim (smallest, its position)."""
    return _F.amin(input) if dim is None else _F.min(input, dim, keepdim)


def argmax(input, dim=None, keepdim=False):
    """Position of the largest."""
    return _F.argmax(input, dim, keepdim)


def argmin(input, dim=None, keepdim=False):
    """Position of the smallest."""
    return _F.argmin(input, dim, keepdim)


def var(input, dim=None, *, correction=1, keepdim=False):
    """The variance, divided by n - correction."""
    return _F.var(input, dim, correction, keepdim)


def std(input, dim=None, *, correction=1, keepdim=False):
    """The standard deviation."""
    return _F.std(input, dim, correction, keepdim)


def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product."""
    return _F.prod(input, dim, keepdim, dtype)


def cat(tensors, dim=0):
    """Tensors joined along an axis."""
    return _F.concat(tensors, dim)


concat = cat


def stack(tensors, dim=0):
    """Tensors joined along a new axis."""
    return _F.stack(tensors, dim)


def split(tensor, split_size_or_sections, dim=0):
    """Pieces along an axis."""
    return _F.split(tensor, split_size_or_sections, dim)


def chunk(input, chunks, dim=0):
    """Pieces along an axis, about so many."""
    return _F.chunk(input, chunks, dim)


def unbind(input, dim=0):
    """The parts along an axis."""
    return _F.unstack(input, dim)


def transpose(input, dim0, dim1):
    """Two axes exchanged."""
    return _F.swapaxes(input, dim0, dim1)


def permute(input, dims):
    """The axes in another order."""
    return _F.transpose(input, dims)


def flatten(input, start_dim=0, end_dim=-1):
    """Axes joined."""
    return _F.flatten(input, start_dim=start_dim, end_dim=end_dim)


def squeeze(input, dim=None):
    """Without dimensions of 1."""
    return _F.squeeze(input, dim)


def unsqueeze(input, dim):
    """A dimension of 1 more."""
    return _F.expand_dims(input, dim)


def softmax(input, dim, *, dtype=None):
    """Numbers in [0, 1] along dim whose sum is 1."""
    return _N.softmax(input, dim, dtype=dtype)


def topk(input, k, dim=-1, largest=True, sorted=True):
    """(the k largest or smallest along dim, their positions, Int64)."""
    values, places = _F.topk(input, k, dim, largest)
    return values, _F.cast(places, "int64")


def sort(input, *, dim=-1, descending=False, stable=False):
    """(sorted along dim, the positions where they were, Int64); equal ones keep their order."""
    return topk(input, input.shape[dim], dim, descending)


def argsort(input, dim=-1, descending=False, stable=False):
    """The positions that sort dim, Int64."""
    return sort(input, dim=dim, descending=descending)[1]


def gather(input, dim, index):
    """Elements at index along dim."""
    return _F.gather_elements(input, dim, index)


def nonzero(input, as_tuple=False):
    """Not there: NotImplementedError."""
    from .._missing import not_there
    raise not_there("mint.nonzero")


__getattr__ = _module_getattr(__name__, lazy=("nn", "optim"))
