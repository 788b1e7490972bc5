"""mindspore.mint.nn.functional."""
from ..._missing import module_getattr as _module_getattr
from ...ops import function as _F
from ...ops.nn_function import (avg_pool2d, binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, elu, embedding, gelu,  # noqa: F401
                                hardshrink, l1_loss, layer_norm, logsigmoid, mish, mse_loss, nll_loss, prelu, relu, relu6, selu, sigmoid,
                                silu, softplus, softshrink, tanh)
from ...ops import nn_function as _N

linear = _F.dense
pad = _F.pad


def softmax(input, dim=None, dtype=None):
    """Numbers in [0, 1] along dim whose sum is 1."""
    return _N.softmax(input, -1 if dim is None else dim, dtype=dtype)


def log_softmax(input, dim=None, dtype=None):
    """The logarithm of softmax."""
    return _N.log_softmax(input if dtype is None else _F.cast(input, dtype), -1 if dim is None else dim)


def dropout(input, p=0.5, training=True):
    """Each element 0 with probability p."""
    return _N.dropout(input, p, training)


def leaky_relu(input, negative_slope=0.01):
    """input where positive, else negative_slope input."""
    return _N.leaky_relu(input, negative_slope)


def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """d^2 / (2 beta) where d < beta, else d - beta / 2."""
    return _N.smooth_l1_loss(input, target, beta, reduction)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """As ops.conv2d, the padding a number or "same", "valid"."""
    mode = padding if isinstance(padding, str) else "pad"
    return _N.conv2d(input, weight, bias, stride, mode, 0 if isinstance(padding, str) else padding, dilation, groups)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest of each window."""
    return _N.max_pool2d(input, kernel_size, stride, padding, dilation, return_indices, ceil_mode)


def one_hot(tensor, num_classes):
    """1 at the index, else 0."""
    return _F.one_hot(tensor, num_classes)


__getattr__ = _module_getattr(__name__)
