"""mindspore.nn: layers of images: transposed convolution, other sizes and layouts, padding; norms and dropout of whole channels."""
import math

from ..common import dtype as mstype
from ..common.initializer import HeUniform, fans, initializer
from ..common.parameter import Parameter
from ..common.tensor import Tensor
from ..ops import function as F
from ..ops import image as I
from ..ops import more as R
from ..ops import nn_function as N
from .cell import Cell
from .layer import BatchNorm2d, Conv2d, _bias, whole


class Conv2dTranspose(Cell):
    """x (N, in, H, W), weight (in, out / group, kh, kw), y (N, out, H', W'): "same" gives H stride, "valid" all, "pad" leaves out
    `padding`. Rows that `output_padding` adds are zeros, as MindSpore has it."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, pad_mode="same", padding=0, output_padding=0, dilation=1,
                 group=1, has_bias=False, weight_init=None, bias_init=None, dtype=mstype.float32):
        super().__init__()
        name = type(self).__name__
        if pad_mode not in ("same", "valid", "pad"):
            raise ValueError(f"For '{name}', the 'pad_mode' must be one of 'same', 'valid', 'pad', but got {pad_mode!r}.")
        self.in_channels = whole(name, "in_channels", in_channels)
        self.out_channels = whole(name, "out_channels", out_channels)
        self.kernel_size, self.stride, self.dilation = N.pair(kernel_size), N.pair(stride), N.pair(dilation)
        self.pad_mode, self.padding, self.group, self.has_bias = pad_mode, padding, whole(name, "group", group), has_bias
        self.output_padding = N.pair(output_padding)
        if in_channels % group or out_channels % group:
            raise ValueError(f"For '{name}', the 'in_channels' and 'out_channels' must be divisible by 'group', but got {in_channels}, "
                             f"{out_channels} and {group}.")
        if pad_mode != "pad" and (any(N.four(padding)) or any(self.output_padding)):
            raise ValueError(f"For '{name}', the 'padding' and 'output_padding' must be zero when 'pad_mode' is not 'pad', but got "
                             f"{padding} and {output_padding}.")
        if any(o < 0 or o >= max(s, d) and o for o, s, d in zip(self.output_padding, self.stride, self.dilation)):
            raise ValueError(f"For '{name}', the 'output_padding' must be in [0, max(stride, dilation)), but got {output_padding}.")
        shape = (in_channels, out_channels // group) + self.kernel_size
        self.weight_init, self.bias_init = weight_init, bias_init
        self.weight = Parameter(initializer(HeUniform(math.sqrt(5)) if weight_init is None else weight_init, shape, dtype), "weight")
        if has_bias:
            self.bias = _bias(bias_init, (out_channels,), fans(shape)[0], dtype)

    def construct(self, x):
        if x.ndim != 4:
            raise ValueError(f"For '{type(self).__name__}', the input must have 4 dimensions, but got {x.ndim}.")
        before, size, pads = [], [], N.four(self.padding)
        for i in (0, 1):
            reach, step, n = self.dilation[i] * (self.kernel_size[i] - 1) + 1, self.stride[i], x.shape[2 + i]
            if self.pad_mode == "same":
                size.append(n * step)
                before.append(max(reach - step, 0) // 2)
            elif self.pad_mode == "valid":
                size.append(n * step + max(reach - step, 0))
                before.append(0)
            else:
                size.append((n - 1) * step + reach - pads[2 * i] - pads[2 * i + 1])
                before.append(pads[2 * i])
        y = I.transposed_conv2d(x, self.weight, self.stride, tuple(before), tuple(size), self.dilation, self.group)
        y = F._bias_add(y, self.bias) if self.has_bias else y
        rows, columns = self.output_padding
        return F.pad(y, (0, columns, 0, rows)) if rows or columns else y

    extend_repr = Conv2d.extend_repr


class Conv1dTranspose(Conv2dTranspose):
    """x (N, in, L): a Conv2dTranspose of height 1."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, pad_mode="same", padding=0, dilation=1, group=1,
                 has_bias=False, weight_init=None, bias_init=None, dtype=mstype.float32):
        if isinstance(weight_init, Tensor) and weight_init.ndim == 3:
            weight_init = F.expand_dims(weight_init, 2)
        super().__init__(in_channels, out_channels, (1, kernel_size), (1, stride), pad_mode, (0, 0, padding, padding), 0,
                         (1, dilation), group, has_bias, weight_init, bias_init, dtype)

    def construct(self, x):
        return F.squeeze(super().construct(F.expand_dims(x, 2)), 2)


class Upsample(Cell):
    """(N, C, ...) in another size, as ops.interpolate."""

    def __init__(self, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None):
        super().__init__()
        self.size, self.scale_factor, self.mode, self.align_corners = size, scale_factor, mode, align_corners

    def construct(self, x):
        return I.interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)


class PixelShuffle(Cell):
    """(..., C r^2, H, W) -> (..., C, H r, W r)."""

    def __init__(self, upscale_factor):
        super().__init__()
        self.upscale_factor = upscale_factor

    def construct(self, input):
        return I.pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Cell):
    """(..., C, H r, W r) -> (..., C r^2, H, W)."""

    def __init__(self, downscale_factor):
        super().__init__()
        self.downscale_factor = downscale_factor

    def construct(self, input):
        return I.pixel_unshuffle(input, self.downscale_factor)


class ChannelShuffle(Cell):
    """Channels dealt out by turns."""

    def __init__(self, groups):
        super().__init__()
        self.groups = whole("ChannelShuffle", "groups", groups)

    def construct(self, x):
        return I.channel_shuffle(x, self.groups)


class _PadNd(Cell):
    _rank, _mode = 0, "constant"

    def __init__(self, padding):
        super().__init__()
        if isinstance(padding, bool) or not isinstance(padding, (int, tuple)):
            raise TypeError(f"For '{type(self).__name__}', the type of 'padding' must be int or tuple, but got {type(padding)}.")
        self.padding = (padding,) * (2 * self._rank) if isinstance(padding, int) else padding
        if len(self.padding) % 2 or len(self.padding) > 2 * self._rank:
            raise ValueError(f"For '{type(self).__name__}', the 'padding' must have an even number of at most {2 * self._rank} elements, "
                             f"but got {len(self.padding)}.")

    def construct(self, x):
        return I.edge_pad(x, self.padding, self._mode)


class _ConstantPadNd(_PadNd):
    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def construct(self, x):
        return F.pad(x, self.padding, "constant", self.value)


def _pads(name, mode, base=_PadNd):
    for rank in (1, 2, 3):
        label = f"{name}{rank}d"
        text = f"Padding of the last {rank} axes: a number, or (left, right, top, bottom...)."
        globals()[label] = type(label, (base,), {"_rank": rank, "_mode": mode, "__doc__": text, "__module__": __name__})
        __all__.append(label)


class _DropoutNd(Cell):
    def __init__(self, p=0.5):
        super().__init__()
        if isinstance(p, bool) or not isinstance(p, (int, float)):
            raise TypeError(f"For '{type(self).__name__}', the type of 'p' must be float, but got {type(p).__name__}.")
        if not 0 <= p <= 1:
            raise ValueError(f"For '{type(self).__name__}', the 'p' must be a number in range [0, 1], but got {p}.")
        self.p = p

    def construct(self, x):
        return self._drop(x, self.p, self.training)

    def extend_repr(self):
        return f"p={self.p}"


class Dropout1d(_DropoutNd):
    """Whole channels of (N, C, L) set to 0 in training."""

    _drop = staticmethod(R.dropout1d)


class Dropout2d(_DropoutNd):
    """Whole channels of (N, C, H, W) set to 0 in training."""

    _drop = staticmethod(R.dropout2d)


class Dropout3d(_DropoutNd):
    """Whole channels of (N, C, D, H, W) set to 0 in training."""

    _drop = staticmethod(R.dropout3d)


class BatchNorm3d(Cell):
    """x (N, C, D, H, W) normalised per channel, as BatchNorm2d."""

    def __init__(self, num_features, eps=1e-5, momentum=0.9, affine=True, gamma_init="ones", beta_init="zeros",
                 moving_mean_init="zeros", moving_var_init="ones", use_batch_statistics=None, dtype=mstype.float32):
        super().__init__()
        self.bn2d = BatchNorm2d(num_features, eps, momentum, affine, gamma_init, beta_init, moving_mean_init, moving_var_init,
                                use_batch_statistics)

    def construct(self, input_x):
        if input_x.ndim != 5:
            raise ValueError(f"For 'BatchNorm3d', the input must have 5 dimensions, but got {input_x.ndim}.")
        n, c, d, h, w = input_x.shape
        return F.reshape(self.bn2d(F.reshape(input_x, (n, c, d * h, w))), (n, c, d, h, w))


class _InstanceNorm(Cell):
    """(N, C, ...) normalised per channel of each example."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, gamma_init="ones", beta_init="zeros", dtype=mstype.float32):
        super().__init__()
        self.num_features, self.eps, self.momentum, self.affine = num_features, eps, momentum, affine
        whole(type(self).__name__, "num_features", num_features)
        self.moving_mean = Parameter(initializer("zeros", (num_features,), dtype), "mean", False)
        self.moving_variance = Parameter(initializer("ones", (num_features,), dtype), "variance", False)
        self.gamma = Parameter(initializer(gamma_init, (num_features,), dtype), "gamma", affine)
        self.beta = Parameter(initializer(beta_init, (num_features,), dtype), "beta", affine)

    def construct(self, x):
        if x.ndim != self._rank + 2 or x.shape[1] != self.num_features:
            raise ValueError(f"For '{type(self).__name__}', the input must have {self._rank + 2} dimensions and {self.num_features} "
                             f"channels, but got the shape {tuple(x.shape)}.")
        return N.group_norm(x, self.num_features, self.gamma, self.beta, self.eps)

    def extend_repr(self):
        return (f"num_features={self.num_features}, eps={self.eps}, momentum={self.momentum}, gamma={self.gamma}, beta={self.beta}, "
                f"moving_mean={self.moving_mean}, moving_variance={self.moving_variance}")


class InstanceNorm1d(_InstanceNorm):
    """(N, C, L) normalised per channel of each example."""

    _rank = 1


class InstanceNorm2d(_InstanceNorm):
    """(N, C, H, W) normalised per channel of each example."""

    _rank = 2


class InstanceNorm3d(_InstanceNorm):
    """(N, C, D, H, W) normalised per channel of each example."""

    _rank = 3


class Softmin(Cell):
    """softmax(-x)."""

    def __init__(self, axis=-1):
        super().__init__()
        self.axis = axis

    def construct(self, x):
        return N.softmax(-x, self.axis)


class Softmax2d(Cell):
    """Softmax over the channels of (N, C, H, W)."""

    def construct(self, x):
        return N.softmax(x, -3)


class Threshold(Cell):
    """x where it is above `threshold`, else `value`."""

    def __init__(self, threshold, value):
        super().__init__()
        self.threshold, self.value = threshold, value

    def construct(self, input_x):
        return N.threshold(input_x, self.threshold, self.value)


class Unflatten(Cell):
    """An axis in several."""

    def __init__(self, axis, unflattened_size):
        super().__init__()
        self.axis, self.sizes = axis, tuple(unflattened_size)

    def construct(self, input_x):
        axis = self.axis % input_x.ndim
        return F.reshape(input_x, tuple(input_x.shape[:axis]) + self.sizes + tuple(input_x.shape[axis + 1:]))


class AdaptiveAvgPool1d(Cell):
    """(N, C, L) -> (N, C, output_size)."""

    def __init__(self, output_size):
        super().__init__()
        self.output_size = whole("AdaptiveAvgPool1d", "output_size", output_size)

    def construct(self, input):
        return F.squeeze(N.adaptive_avg_pool2d(F.expand_dims(input, -2), (1, self.output_size)), -2)


__all__ = ["Conv2dTranspose", "Conv1dTranspose", "Upsample", "PixelShuffle", "PixelUnshuffle", "ChannelShuffle", "Dropout1d",
           "Dropout2d", "Dropout3d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "Softmin", "Softmax2d",
           "Threshold", "Unflatten", "AdaptiveAvgPool1d"]
_pads("ConstantPad", "constant", _ConstantPadNd)
_pads("ReflectionPad", "reflect")
_pads("ReplicationPad", "replicate")
