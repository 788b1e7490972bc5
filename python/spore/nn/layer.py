"""mindspore.nn: layers with parameters, pooling, dropout. Defaults are those of MindSpore 2.10, printed forms those of 2.0."""
import math

from .. import _core
from .._missing import not_there
from ..common import dtype as mstype
from ..common.initializer import HeUniform, Uniform, fans, initializer
from ..common.parameter import Parameter
from ..common.tensor import Tensor
from ..ops import function as F
from ..ops import nn_function as N
from .cell import Cell


def whole(layer, name, value, least=1):
    """value, if it is an integer of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"For '{layer}', the '{name}' must be int, but got '{value}' with type '{type(value).__name__}'.")
    if value < least:
        raise ValueError(f"For '{layer}', the '{name}' must be int and must >{'=' if least == 0 else ''} {0}, but got '{value}' with "
                         f"type '{type(value).__name__}'.")
    return value


def activation_of(activation):
    """The cell that a name or a cell means."""
    if activation is None:
        return None
    if isinstance(activation, str):
        from .activation import get_activation
        return get_activation(activation)
    return activation() if isinstance(activation, type) else activation


def _bias(init, shape, fan_in, dtype):
    if init is None:
        init = Uniform(1 / math.sqrt(fan_in)) if fan_in else "zeros"
    return Parameter(initializer(init, shape, dtype), name="bias")


class Dense(Cell):
    """y = x w^T + b over the last axis: x (..., in_channels), weight (out, in), bias (out)."""

    def __init__(self, in_channels, out_channels, weight_init=None, bias_init=None, has_bias=True, activation=None,
                 dtype=mstype.float32):
        super().__init__()
        self.in_channels = whole("Dense", "in_channels", in_channels)
        self.out_channels = whole("Dense", "out_channels", out_channels)
        if not isinstance(has_bias, bool):
            raise TypeError(f"For 'Dense', the type of 'has_bias' must be 'bool', but got type '{type(has_bias).__name__}'.")
        self.has_bias = has_bias
        shape = (out_channels, in_channels)
        self.weight = Parameter(initializer(HeUniform(math.sqrt(5)) if weight_init is None else weight_init, shape, dtype), "weight")
        if has_bias:
            self.bias = _bias(bias_init, (out_channels,), in_channels, dtype)
        self.activation = activation_of(activation)
        self.activation_flag = self.activation is not None

    def construct(self, x):
        if x.ndim < 1 or x.shape[-1] != self.in_channels:
            raise ValueError(f"Dense: input of shape {tuple(x.shape)}: expected {self.in_channels} in the last dimension")
        weight = self.weight
        rows = x if x.ndim == 2 else F.reshape(x, (-1, self.in_channels))
        if self._product_type is None:
            y = F._matmul(rows, weight, transpose_b=True)
        else:
            y = _core.op("MatMulMixed", rows, weight, transpose_b=True, dtype=self._product_type)
        if self.has_bias:
            y = F._bias_add(y, self.bias)
        if x.ndim != 2:
            y = F.reshape(y, tuple(x.shape[:-1]) + (self.out_channels,))
        return self.activation(y) if self.activation_flag else y

    def extend_repr(self):
        text = f"input_channels={self.in_channels}, output_channels={self.out_channels}"
        if self.has_bias:
            text += ", has_bias=True"
        return text + (f", activation={self.activation}" if self.activation_flag else "")


class Conv2d(Cell):
    """x (N, in, H, W), weight (out, in / group, kh, kw), y (N, out, H', W')."""

    _weight_shape = staticmethod(lambda n_in, n_out, group, kernel: (n_out, n_in // group) + kernel)

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, pad_mode="same", padding=0, dilation=1, group=1,
                 has_bias=False, weight_init=None, bias_init=None, data_format="NCHW", dtype=mstype.float32):
        super().__init__()
        name = type(self).__name__
        if data_format != "NCHW":
            raise not_there(f"nn.{name}(data_format='{data_format}')")
        if pad_mode not in ("same", "valid", "pad"):
            raise ValueError(f"For '{name}', the 'pad_mode' must be one of 'same', 'valid', 'pad', but got {pad_mode!r}.")
        self.in_channels = whole(name, "in_channels", in_channels)
        self.out_channels = whole(name, "out_channels", out_channels)
        self.kernel_size, self.stride, self.dilation = N.pair(kernel_size), N.pair(stride), N.pair(dilation)
        self.pad_mode, self.padding, self.group, self.has_bias = pad_mode, padding, whole(name, "group", group), has_bias
        if in_channels % group or out_channels % group:
            raise ValueError(f"For '{name}', the 'in_channels' and 'out_channels' must be divisible by 'group', but got {in_channels}, "
                             f"{out_channels} and {group}.")
        if pad_mode != "pad" and any(N.four(padding)):
            raise ValueError(f"For '{name}', the 'padding' must be zero when 'pad_mode' is not 'pad', but got 'padding': {padding} and "
                             f"'pad_mode': {pad_mode}.")
        shape = self._weight_shape(in_channels, out_channels, group, self.kernel_size)
        self.weight_init, self.bias_init = weight_init, bias_init
        self.weight = Parameter(initializer(HeUniform(math.sqrt(5)) if weight_init is None else weight_init, shape, dtype), "weight")
        if has_bias:
            self.bias = _bias(bias_init, (out_channels,), fans(shape)[0], dtype)

    def construct(self, x):
        settings = dict(pad_mode=self.pad_mode, pad=N.four(self.padding), stride=self.stride, dilation=self.dilation, group=self.group)
        if self._product_type is None:
            y = N._conv2d(x, self.weight, **settings)
        else:
            y = _core.op("Conv2DMixed", x, self.weight, dtype=self._product_type, **settings)
        return F._bias_add(y, self.bias) if self.has_bias else y

    def extend_repr(self):
        def text(init, default):
            return default if init is None else init

        return (f"input_channels={self.in_channels}, output_channels={self.out_channels}, kernel_size={self.kernel_size}, "
                f"stride={self.stride}, pad_mode={self.pad_mode}, padding={self.padding}, dilation={self.dilation}, group={self.group}, "
                f"has_bias={self.has_bias}, weight_init={text(self.weight_init, 'normal')}, bias_init={text(self.bias_init, 'zeros')}, "
                f"format=NCHW")


class Conv1d(Conv2d):
    """x (N, in, L): a Conv2d of height 1."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, pad_mode="same", padding=0, dilation=1, group=1,
                 has_bias=False, weight_init=None, bias_init=None, dtype=mstype.float32):
        if isinstance(weight_init, Tensor) and weight_init.ndim == 3:
            weight_init = F.expand_dims(weight_init, 2)
        super().__init__(in_channels, out_channels, (1, kernel_size), (1, stride), pad_mode, (0, 0, padding, padding), (1, dilation),
                         group, has_bias, weight_init, bias_init, "NCHW", dtype)

    def construct(self, x):
        return F.squeeze(super().construct(F.expand_dims(x, 2)), 2)


class _BatchNorm(Cell):
    """x (N, C, ...) normalised per channel: in training by the batch's statistics, which move the moving ones."""

    _ranks: tuple = (2, 3, 4)

    def __init__(self, num_features, eps=1e-5, momentum=0.9, affine=True, gamma_init="ones", beta_init="zeros",
                 moving_mean_init="zeros", moving_var_init="ones", use_batch_statistics=None, data_format="NCHW",
                 dtype=mstype.float32):
        super().__init__()
        name = type(self).__name__
        if data_format != "NCHW":
            raise not_there(f"nn.{name}(data_format='{data_format}')")
        self.num_features = whole(name, "num_features", num_features)
        if not 0 <= momentum <= 1:
            raise ValueError(f"For '{name}', the 'momentum' must be a number in range [0, 1], but got {momentum}.")
        self.eps, self.momentum, self.use_batch_statistics = eps, momentum, use_batch_statistics
        shape = (num_features,)
        self.moving_mean = Parameter(initializer(moving_mean_init, shape, dtype), name="mean", requires_grad=False)
        self.moving_variance = Parameter(initializer(moving_var_init, shape, dtype), name="variance", requires_grad=False)
        self.gamma = Parameter(initializer(gamma_init, shape, dtype), name="gamma", requires_grad=affine)
        self.beta = Parameter(initializer(beta_init, shape, dtype), name="beta", requires_grad=affine)

    def construct(self, x):
        if x.ndim not in self._ranks:
            raise ValueError(f"For '{type(self).__name__}', the dimension of input must be one of {self._ranks}, but got shape "
                             f"{tuple(x.shape)}")
        batch = self.training if self.use_batch_statistics is None else self.use_batch_statistics
        moved = self.training if self.use_batch_statistics is None else self.use_batch_statistics
        mean, variance = self._params["moving_mean"], self._params["moving_variance"]
        if not batch:
            return N.first(N._batch_norm(x, self.gamma, self.beta, mean, variance, epsilon=self.eps))
        y, batch_mean, batch_variance = N._batch_norm(x, self.gamma, self.beta, None, None, is_training=True, epsilon=self.eps)[:3]
        if moved:
            for moving, value in ((mean, batch_mean), (variance, batch_variance)):
                moving.set_data(moving * self.momentum + F.stop_gradient(value) * (1 - self.momentum))
        return y

    def extend_repr(self):
        p = self._params
        return (f"num_features={self.num_features}, eps={self.eps}, momentum={self.momentum}, gamma={p['gamma']}, beta={p['beta']}, "
                f"moving_mean={p['moving_mean']}, moving_variance={p['moving_variance']}")


class BatchNorm1d(_BatchNorm):
    """x (N, C) or (N, C, L)."""

    _ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """x (N, C, H, W)."""

    _ranks = (4,)


class LayerNorm(Cell):
    """Normalised over the axes from begin_norm_axis on."""

    def __init__(self, normalized_shape, begin_norm_axis=-1, begin_params_axis=-1, gamma_init="ones", beta_init="zeros",
                 epsilon=1e-7, dtype=mstype.float32):
        super().__init__()
        if not isinstance(normalized_shape, (tuple, list)):
            raise TypeError(f"For 'LayerNorm', the type of 'normalized_shape' must be tuple[int] or list[int], but got "
                            f"{normalized_shape} and the type is {type(normalized_shape)}.")
        self.normalized_shape = tuple(normalized_shape)
        self.begin_norm_axis, self.begin_params_axis, self.epsilon = begin_norm_axis, begin_params_axis, epsilon
        self.gamma = Parameter(initializer(gamma_init, self.normalized_shape, dtype), name="gamma")
        self.beta = Parameter(initializer(beta_init, self.normalized_shape, dtype), name="beta")

    def construct(self, x):
        return N.first(N._layer_norm(x, self.gamma, self.beta, begin_norm_axis=self.begin_norm_axis,
                                     begin_params_axis=self.begin_params_axis, epsilon=self.epsilon))

    def extend_repr(self):
        return (f"normalized_shape={self.normalized_shape}, begin_norm_axis={self.begin_norm_axis}, "
                f"begin_params_axis={self.begin_params_axis}, gamma{self._params['gamma']}, beta={self._params['beta']}")


class GroupNorm(Cell):
    """Normalised over groups of channels."""

    def __init__(self, num_groups, num_channels, eps=1e-5, affine=True, gamma_init="ones", beta_init="zeros", dtype=mstype.float32):
        super().__init__()
        self.num_groups, self.num_channels = whole("GroupNorm", "num_groups", num_groups), num_channels
        if num_channels % num_groups:
            raise ValueError(f"For 'GroupNorm', the 'num_channels' must be divided by 'num_groups', but got {num_channels} and "
                             f"{num_groups}.")
        self.eps = eps
        self.gamma = Parameter(initializer(gamma_init, (num_channels,), dtype), name="gamma", requires_grad=affine)
        self.beta = Parameter(initializer(beta_init, (num_channels,), dtype), name="beta", requires_grad=affine)

    def construct(self, x):
        return N.group_norm(x, self.num_groups, self.gamma, self.beta, self.eps)

    def extend_repr(self):
        return f"num_groups={self.num_groups}, num_channels={self.num_channels}"


class Dropout(Cell):
    """In training each element 0 with probability p, the others scaled by 1 / (1 - p). (Positionally it is keep_prob.)"""

    def __init__(self, keep_prob=0.5, p=None, dtype=mstype.float32):
        super().__init__()
        given = 1 - keep_prob if p is None else p
        if not 0 <= given < 1:
            raise ValueError(f"For 'Dropout', the {'keep_prob' if p is None else 'p'} must be a number in range "
                             f"{'(0, 1]' if p is None else '[0, 1)'}, but got {keep_prob if p is None else p}.")
        self.p, self.keep_prob, self._drop = p, keep_prob, given

    def construct(self, x):
        return N.dropout(x, self._drop) if self.training and self._drop else x

    def extend_repr(self):
        return f"keep_prob={self.keep_prob}" if self.p is None else f"p={self.p}"


class Embedding(Cell):
    """Rows of a table: indices (...) to (..., embedding_size)."""

    def __init__(self, vocab_size, embedding_size, use_one_hot=False, embedding_table="normal", dtype=mstype.float32,
                 padding_idx=None):
        super().__init__()
        self.vocab_size = whole("Embedding", "vocab_size", vocab_size)
        self.embedding_size = whole("Embedding", "embedding_size", embedding_size)
        self.use_one_hot, self.dtype, self.padding_idx = use_one_hot, dtype, padding_idx
        table = initializer(embedding_table, (vocab_size, embedding_size), dtype)
        if padding_idx is not None:
            rows = F.arange(vocab_size) == whole("Embedding", "padding_idx", padding_idx, 0)
            table = F.where(F.reshape(rows, (vocab_size, 1)), 0.0, table)
        self.embedding_table = Parameter(table, name="embedding_table")

    def construct(self, ids):
        return F.gather(self.embedding_table, ids, 0)

    def extend_repr(self):
        return (f"vocab_size={self.vocab_size}, embedding_size={self.embedding_size}, use_one_hot={self.use_one_hot}, "
                f"embedding_table={self._params['embedding_table']}, dtype={self.dtype}, padding_idx={self.padding_idx}")


class _Pool2d(Cell):
    def __init__(self, kernel_size=1, stride=1, pad_mode="valid", padding=0, ceil_mode=False, data_format="NCHW"):
        super().__init__()
        name = type(self).__name__
        if data_format != "NCHW":
            raise not_there(f"nn.{name}(data_format='{data_format}')")
        if pad_mode.lower() not in ("same", "valid", "pad"):
            raise ValueError(f"For '{name}', the 'pad_mode' must be one of 'same', 'valid', 'pad', but got {pad_mode!r}.")
        for key, value in (("kernel_size", kernel_size), ("stride", stride)):
            for n in (value if isinstance(value, tuple) else (value,)):
                whole(name, key, n)
        self.kernel_size, self.stride, self.pad_mode = kernel_size, stride, pad_mode.upper()
        self.padding, self.ceil_mode = padding, ceil_mode

    def _settings(self):
        settings = dict(kernel_size=N.pair(self.kernel_size), strides=N.pair(self.stride), pad_mode=self.pad_mode.lower(),
                        ceil_mode=self.ceil_mode)
        return dict(settings, pad=N.four(self.padding)) if self.pad_mode == "PAD" else settings

    def extend_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, pad_mode={self.pad_mode}"


class MaxPool2d(_Pool2d):
    """The largest of each window. The stride is 1 unless given."""

    def __init__(self, kernel_size=1, stride=1, pad_mode="valid", padding=0, dilation=1, return_indices=False, ceil_mode=False,
                 data_format="NCHW"):
        super().__init__(kernel_size, stride, pad_mode, padding, ceil_mode, data_format)
        if return_indices or N.pair(dilation) != (1, 1):
            raise not_there("nn.MaxPool2d(return_indices or dilation)")

    def construct(self, x):
        if x.ndim == 3:
            return F.squeeze(self.construct(F.expand_dims(x, 0)), 0)
        return N.first(N._max_pool(x, **self._settings()))


class AvgPool2d(_Pool2d):
    """The mean of each window. The stride is 1 unless given."""

    def __init__(self, kernel_size=1, stride=1, pad_mode="valid", padding=0, ceil_mode=False, count_include_pad=True,
                 divisor_override=None, data_format="NCHW"):
        super().__init__(kernel_size, stride, pad_mode, padding, ceil_mode, data_format)
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def construct(self, x):
        if x.ndim == 3:
            return F.squeeze(self.construct(F.expand_dims(x, 0)), 0)
        return N.first(N._avg_pool(x, count_include_pad=self.count_include_pad, divisor_override=self.divisor_override or 0,
                                   **self._settings()))


class _Pool1d:
    """A pool over (N, C, L): of height 1."""

    def __init__(self, kernel_size=1, stride=1, pad_mode="valid", padding=0, *args, **kwargs):
        super().__init__((1, kernel_size), (1, stride), pad_mode, (0, 0, padding, padding) if padding else 0, *args, **kwargs)

    def construct(self, x):
        return F.squeeze(super().construct(F.expand_dims(x, 2)), 2)


class MaxPool1d(_Pool1d, MaxPool2d):
    """The largest of each window of (N, C, L)."""


class AvgPool1d(_Pool1d, AvgPool2d):
    """The mean of each window of (N, C, L)."""


class AdaptiveAvgPool2d(Cell):
    """Means of windows that give a size."""

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def construct(self, input):
        return N.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMaxPool2d(Cell):
    """The largest of windows that give a size."""

    def __init__(self, output_size, return_indices=False):
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def construct(self, input):
        return N.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class Flatten(Cell):
    """The axes from start_dim to end_dim joined."""

    def __init__(self, start_dim=1, end_dim=-1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def construct(self, x):
        if x.ndim < 1:
            raise ValueError("For 'Flatten', the input must have at least 1 dimension, but got a number.")
        return F.flatten(x, start_dim=self.start_dim, end_dim=self.end_dim)


class Identity(Cell):
    """What it is given."""

    def construct(self, x):
        return x


class Pad(Cell):
    """Zeros around: paddings ((before, after), ...) for each axis."""

    def __init__(self, paddings, mode="CONSTANT"):
        super().__init__()
        if mode != "CONSTANT":
            raise not_there(f"nn.Pad(mode='{mode}')")
        self.paddings = paddings

    def construct(self, x):
        return F.pad(x, [n for pair in reversed(self.paddings) for n in pair])


class ZeroPad2d(Cell):
    """Zeros around the last two axes: a number, or (left, right, top, bottom)."""

    def __init__(self, padding):
        super().__init__()
        self.padding = (padding,) * 4 if isinstance(padding, int) else tuple(padding)

    def construct(self, x):
        return F.pad(x, self.padding)


class OneHot(Cell):
    """on_value at the index, else off_value."""

    def __init__(self, axis=-1, depth=1, on_value=1.0, off_value=0.0, dtype=mstype.float32):
        super().__init__()
        self.axis, self.depth, self.on_value, self.off_value, self.dtype = axis, depth, on_value, off_value, dtype

    def construct(self, indices):
        hot = F._one_hot(indices, depth=self.depth, axis=self.axis, dtype=self.dtype)
        if (self.on_value, self.off_value) == (1, 0):
            return hot
        return hot * (self.on_value - self.off_value) + self.off_value


class Norm(Cell):
    """The 2-norm over axes."""

    def __init__(self, axis=(), keep_dims=False):
        super().__init__()
        self.axis, self.keep_dims = axis, keep_dims

    def construct(self, x):
        return F.sqrt(F.reduce_sum(F.square(x), self.axis, self.keep_dims))


class ClipByNorm(Cell):
    """Scaled so that the norm is at most clip_norm."""

    def construct(self, x, clip_norm):
        norm = F.sqrt(F.sum(F.square(x)))
        return x * clip_norm / F.maximum(norm, clip_norm)


assert Tensor is not None
