"""The functions that are methods of Tensor too."""
import builtins

from .. import _core
from ..common import dtype as mstype
from ..common.tensor import Tensor
from . import function as F
from . import nn_function as N

_SAME = """abs absolute add addcdiv addcmul argmax argmin broadcast_to ceil chunk clamp clip cos cosh count_nonzero cumsum div divide
    dot equal eq erf erfc exp expand_dims expm1 flip floor floor_divide frac gather gather_elements ge greater greater_equal gt
    index_select isclose isfinite isinf isnan le lerp less less_equal log log10 log1p log2 logical_and logical_not
    logical_or logical_xor logsumexp lt masked_fill matmul maximum minimum mul multiply narrow ne neg negative norm not_equal outer pow
    prod ravel reciprocal remainder roll round rsqrt sign sin sinh split sqrt square sub subtract swapaxes swapdims t tan
    tile topk tril triu true_divide trunc unbind unsqueeze view_as inv bmm mm movedim expand repeat_interleave addmm hypot
    sort argsort msort fmod""".split()
_MORE = """addbmm addmv addr aminmax arccosh arcsinh arctanh acosh asinh atanh baddbmm cross deg2rad diagonal diff expand_as fliplr
    flipud float_power fmod gather_nd heaviside hsplit inner isneginf isposinf isreal ldexp logaddexp logaddexp2 logit moveaxis
    nan_to_num nanmean nansum positive rad2deg rot90 sgn take tensor_split trace type_as vsplit dsplit xlogy bitwise_not
    cumprod""".split()
_NEURAL = "elu gelu hardtanh hardshrink leaky_relu log_softmax relu sigmoid silu softmax tanh softplus mish".split()


def _shape_arguments(args):
    return args[0] if len(args) == 1 and not isinstance(args[0], int) else args


def astype(self, dtype, copy=True):
    """As another type."""
    return F.cast(self, dtype)


def to(self, dtype, *args, **kwargs):
    """As another type; a name of a device is passed over."""
    try:
        return F.cast(self, mstype.of(dtype))
    except TypeError:
        return self


def reshape(self, *shape):
    """In another shape."""
    return F.reshape(self, _shape_arguments(shape))


def transpose(self, *axes):
    """Axes in another order; reversed if none is given."""
    axes = _shape_arguments(axes) if axes else ()
    return F.transpose(self, axes if axes else tuple(reversed(builtins.range(self.ndim))))


def flatten(self, order="C", *, start_dim=0, end_dim=-1):
    """All axes joined."""
    if start_dim == 0 and end_dim == -1:
        return F.reshape(self, (-1,))
    return F.flatten(self, order, start_dim=start_dim, end_dim=end_dim)


def squeeze(self, axis=None):
    """Without dimensions of 1."""
    return F.squeeze(self, axis)


def mean(self, axis=None, keep_dims=False, *, keepdims=None, dim=None, keepdim=None):
    """The mean over axes."""
    return F.mean(self, axis if dim is None else dim, bool(keep_dims or keepdims or keepdim))


def sum_(self, axis=None, dtype=None, keepdims=False, initial=None, *, dim=None, keepdim=False):
    """The sum over axes."""
    y = F.sum(self, axis if dim is None else dim, bool(keepdims or keepdim), dtype=dtype)
    return y if initial is None else y + initial


def max_(self, *place, axis=None, keepdims=None, initial=None, where=True, return_indices=False, dim=None, keepdim=None):
    """The largest: of all, over `axis` (a number that is not named, too, as in MindSpore 2.3), or (largest, its position) along `dim`,
    which is named."""
    return _extreme(self, F.max, F.amax, F._argmax, place, axis, keepdims, return_indices, dim, keepdim)


def _extreme(x, both, one, position, place, axis, keepdims, return_indices, dim, keepdim):
    if place:
        axis = place[0]
        keepdims = place[1] if len(place) > 1 else keepdims
    if dim is not None:
        return both(x, dim, bool(keepdim))
    y = one(x, axis, bool(keepdims))
    return (y, F.argument(position, x, axis, bool(keepdims))) if return_indices else y


def min_(self, *place, axis=None, keepdims=None, initial=None, where=True, return_indices=False, dim=None, keepdim=None):
    """The smallest, as max()."""
    return _extreme(self, F.min, F.amin, F._argmin, place, axis, keepdims, return_indices, dim, keepdim)


def all_(self, axis=None, keep_dims=False):
    """Whether all are true."""
    return F.all(self, axis, keep_dims)


def any_(self, axis=None, keep_dims=False):
    """Whether one is true."""
    return F.any(self, axis, keep_dims)


def var(self, axis=None, ddof=0, keepdims=False):
    """The variance over axes."""
    return F.var(self, axis, ddof, keepdims)


def std(self, axis=None, ddof=0, keepdims=False):
    """The standard deviation over axes."""
    return F.std(self, axis, ddof, keepdims)


def copy(self):
    """A tensor with elements of its own."""
    return F.copy(self)


def repeat(self, repeats, axis=None):
    """Each element repeated."""
    return F.repeat_interleave(self, repeats, axis)


def fill(self, value):
    """A tensor of this shape, filled."""
    return F.full_like(self, value)


def expand_as(self, other):
    """Repeated along dimensions of 1 to another's shape."""
    return F.broadcast_to(self, tuple(other.shape))


def where(self, condition, y):
    """self where condition holds, else y."""
    return F.where(condition, self, y)


def value(self):
    return self


def _new(function):
    def method(self, size, dtype=None):
        return function(size, dtype=dtype or self.dtype)

    return method


def _cast_to(dtype):
    return lambda self: F.cast(self, dtype)


def install():
    """Attaches all to Tensor."""
    from . import more
    for source, names in ((F, _SAME), (N, _NEURAL), (more, _MORE)):
        for name in names:
            if hasattr(source, name):
                setattr(Tensor, name, getattr(source, name))
    own = dict(astype=astype, type=astype, to=to, reshape=reshape, view=reshape, transpose=transpose, permute=transpose,
               flatten=flatten, squeeze=squeeze, mean=mean, sum=sum_, max=max_, min=min_, all=all_, any=any_, var=var, std=std,
               copy=copy, clone=copy, repeat=repeat, fill=fill, where=where, select=where, expand_as=expand_as, value=value,
               new_zeros=_new(F.zeros), new_ones=_new(F.ones), amax=F.amax, amin=F.amin, float=_cast_to(mstype.float32), half=_cast_to(mstype.float16),
               int=_cast_to(mstype.int32), long=_cast_to(mstype.int64), bool=_cast_to(mstype.bool_))
    for name, function in own.items():
        setattr(Tensor, name, function)
    from . import forms
    forms.install()
