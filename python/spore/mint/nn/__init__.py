"""mindspore.mint.nn: layers under PyTorch's argument names."""
from ... import nn as _nn
from ..._missing import module_getattr as _module_getattr
from ...nn import (BCELoss, CrossEntropyLoss, ELU, GELU as _GELU, Identity, L1Loss, MSELoss, Mish, NLLLoss, PReLU, ReLU, ReLU6, SeLU,  # noqa: F401
                   Sigmoid, SiLU, SmoothL1Loss as _SmoothL1Loss, Tanh)
from ...nn.cell import Cell
from . import functional

SELU = SeLU


class Linear(_nn.Dense):
    """y = x w^T + b."""

    def __init__(self, in_features, out_features, bias=True, weight_init=None, bias_init=None, dtype=None):
        super().__init__(in_features, out_features, weight_init, bias_init, bias, **({} if dtype is None else {"dtype": dtype}))


class Dropout(_nn.Dropout):
    """In training each element 0 with probability p."""

    def __init__(self, p=0.5):
        super().__init__(p=p)


class Softmax(_nn.Softmax):
    """Along dim."""

    def __init__(self, dim=None):
        super().__init__(-1 if dim is None else dim)


class LogSoftmax(_nn.LogSoftmax):
    """Along dim."""

    def __init__(self, dim=None):
        super().__init__(-1 if dim is None else dim)


class GELU(_GELU):
    """approximate "none" or "tanh"."""

    def __init__(self, approximate="none"):
        super().__init__(approximate == "tanh")


class LeakyReLU(_nn.LeakyReLU):
    """x where positive, else negative_slope x."""

    def __init__(self, negative_slope=0.01):
        super().__init__(negative_slope)


class Flatten(_nn.Flatten):
    """Axes joined."""


class Embedding(_nn.Embedding):
    """Rows of a table, N(0, 1) at first."""

    def __init__(self, num_embeddings, embedding_dim, padding_idx=None):
        from ...common.initializer import Normal
        super().__init__(num_embeddings, embedding_dim, False, Normal(1.0), padding_idx=padding_idx)


class LayerNorm(_nn.LayerNorm):
    """Normalised over the last axes."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, dtype=None):
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        super().__init__(shape, -len(shape), -len(shape), epsilon=eps)


class Conv2d(_nn.Conv2d):
    """Padding as a number or "same", "valid"; with a bias."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
                 padding_mode="zeros", dtype=None):
        mode = padding if isinstance(padding, str) else "pad"
        super().__init__(in_channels, out_channels, kernel_size, stride, mode, 0 if isinstance(padding, str) else padding, dilation,
                         groups, bias)


class MaxPool2d(_nn.MaxPool2d):
    """The stride is the window unless given."""

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        super().__init__(kernel_size, kernel_size if stride is None else stride, "pad", padding, dilation, return_indices, ceil_mode)


class AvgPool2d(_nn.AvgPool2d):
    """The stride is the window unless given."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        super().__init__(kernel_size, kernel_size if stride is None else stride, "pad", padding, ceil_mode, count_include_pad,
                         divisor_override)


class BatchNorm2d(_nn.BatchNorm2d):
    """momentum is that of the batch."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, dtype=None):
        super().__init__(num_features, eps, 1 - momentum, affine)


class BCEWithLogitsLoss(_nn.BCEWithLogitsLoss):
    """Binary cross entropy of logits."""

    def __init__(self, weight=None, reduction="mean", pos_weight=None):
        super().__init__(reduction, weight, pos_weight)


class SmoothL1Loss(_SmoothL1Loss):
    """The mean unless said otherwise."""

    def __init__(self, reduction="mean", beta=1.0):
        super().__init__(beta, reduction)


assert Cell and functional
__getattr__ = _module_getattr(__name__)
