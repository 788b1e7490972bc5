"""mindspore.ops: activations, layers as functions, losses."""
from .. import _core
from .._missing import not_there
from ..common import dtype as mstype
from ..common.tensor import Tensor
from . import function as F
from .function import _bind, _t, _unary

_relu, relu6, sigmoid, tanh, silu = (_unary(n) for n in ("ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU"))
swish = silu
_gelu, _elu, _softmax, _log_softmax = (_bind(n) for n in ("GeLU", "Elu", "Softmax", "LogSoftmax"))


def relu(input):
    """max(input, 0)."""
    x = _t(input)
    return _relu(x) if mstype.is_float(x.dtype) else F.maximum(x, 0)


def gelu(input, approximate="none"):
    """x Phi(x): exact, or "tanh"."""
    return _gelu(_t(input), approximate=approximate)


def elu(input_x, alpha=1.0):
    """x where positive, else alpha (exp(x) - 1)."""
    return _elu(_t(input_x), alpha=float(alpha))


def leaky_relu(input, alpha=0.2):
    """input where positive, else alpha input."""
    return F.maximum(input, input * alpha) if alpha <= 1 else F.minimum(input, input * alpha)


def prelu(x, weight):
    """x where positive, else weight x; a weight for each channel or one."""
    if weight.size > 1:
        weight = F.reshape(weight, (1, -1) + (1,) * (x.ndim - 2))
    return F.maximum(x, 0) + weight * F.minimum(x, 0)


def hardtanh(input, min_val=-1.0, max_val=1.0):
    """x, at least min_val and at most max_val."""
    return F.clamp(input, min_val, max_val)


def hsigmoid(input):
    """relu6(x + 3) / 6."""
    return relu6(input + 3) / 6


def hswish(input):
    """x hsigmoid(x)."""
    return input * hsigmoid(input)


hardsigmoid, hardswish = hsigmoid, hswish


def softplus(input, beta=1, threshold=20):
    """log(1 + exp(beta x)) / beta, and x where beta x exceeds the threshold."""
    z = input * beta
    y = F.maximum(z, 0) + F.log(1 + F.exp(-F.abs(z)))
    return F.where(z > threshold, input, y if beta == 1 else y / beta)


def mish(x):
    """x tanh(softplus(x))."""
    return x * tanh(softplus(x))


def softsign(x):
    """x / (1 + |x|)."""
    return x / (1 + F.abs(x))


def logsigmoid(x):
    """log(sigmoid(x)), without overflow."""
    return -softplus(-x)


log_sigmoid = logsigmoid


def selu(input_x):
    """scale times elu(x, alpha)."""
    return (F.maximum(input_x, 0) + F.minimum(elu(input_x), 0) * 1.6732632423543772) * 1.0507009873554805


def celu(x, alpha=1.0):
    """x where positive, else alpha (exp(x / alpha) - 1)."""
    return F.maximum(x, 0) + F.minimum(elu(x / alpha), 0) * alpha


def glu(x, axis=-1):
    """The first half of an axis times the sigmoid of its second half; its size is even."""
    a, b = F.split(x, x.shape[axis] // 2, axis)
    return a * sigmoid(b)


def tanhshrink(input):
    """x - tanh(x)."""
    return input - tanh(input)


def softshrink(input, lambd=0.5):
    """x moved towards 0 by lambd; 0 where |x| <= lambd."""
    return F.maximum(input - lambd, 0) + F.minimum(input + lambd, 0)


def hardshrink(input, lambd=0.5):
    """x where |x| > lambd, else 0."""
    return F.where(F.abs(input) > lambd, input, 0)


def threshold(input, thr, value):
    """x where x > thr, else value."""
    return F.where(input > thr, input, value)


def softmax(input, axis=-1, *, dtype=None):
    """Numbers in [0, 1] along axis whose sum is 1."""
    x = _t(input) if dtype is None else F.cast(input, dtype)
    return _softmax(x, axis=axis)


def softmin(x, axis=-1, *, dtype=None):
    """softmax(-x)."""
    return softmax(-x, axis, dtype=dtype)


def log_softmax(logits, axis=-1):
    """log(softmax(x)) along an axis, without overflow."""
    return _log_softmax(_t(logits), axis=axis)


# ---- layers as functions ----

_conv2d, _max_pool, _avg_pool, _batch_norm, _layer_norm, _dropout = (
    _bind(n) for n in ("Conv2D", "MaxPool", "AvgPool", "BatchNorm", "LayerNorm", "Dropout"))


def pair(value):
    """A number for both directions, or one each."""
    return (value, value) if isinstance(value, int) else tuple(int(v) for v in value)


def four(padding):
    """(top, bottom, left, right) of a number, (vertical, horizontal) or all four."""
    if isinstance(padding, int):
        return (padding,) * 4
    padding = tuple(padding)
    return padding if len(padding) == 4 else (padding[0], padding[0], padding[1], padding[1])


def first(result):
    """The first of an operator's results."""
    return result[0] if isinstance(result, tuple) else result


def conv2d(input, weight, bias=None, stride=1, pad_mode="valid", padding=0, dilation=1, groups=1):
    """input (N, C, H, W), weight (M, C / groups, kh, kw) -> (N, M, H', W')."""
    pads = four(padding)
    if pad_mode != "pad" and any(pads):
        raise ValueError(f"For 'Conv2D', the 'pad' must be zero when 'pad_mode' is not 'pad', but got 'pad': {padding} and "
                         f"'pad_mode': {pad_mode}.")
    y = _conv2d(input, weight, pad_mode=pad_mode.lower(), pad=pads, stride=pair(stride), dilation=pair(dilation), group=groups)
    return y if bias is None else F._bias_add(y, bias)


def max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
    """The largest of each window."""
    if return_indices or pair(dilation) != (1, 1):
        raise not_there("ops.max_pool2d(return_indices or dilation)")
    return first(_max_pool(x, kernel_size=pair(kernel_size), strides=pair(kernel_size if stride is None else stride),
                           pad_mode="pad", pad=four(padding), ceil_mode=ceil_mode))


def avg_pool2d(input_x, kernel_size=1, stride=1, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=0):
    """The mean of each window."""
    return first(_avg_pool(input_x, kernel_size=pair(kernel_size), strides=pair(stride), pad_mode="pad", pad=four(padding),
                           ceil_mode=ceil_mode, count_include_pad=count_include_pad, divisor_override=divisor_override or 0))


def adaptive_avg_pool2d(input, output_size):
    """(..., H, W) -> (..., *output_size): means of windows; None for an axis: as it is."""
    return _adaptive(input, output_size, avg_pool2d, F.mean)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """(..., H, W) -> (..., *output_size): maxima of windows; None for an axis: as it is."""
    if return_indices:
        raise not_there("ops.adaptive_max_pool2d(return_indices)")
    return _adaptive(input, output_size, max_pool2d, F.amax)


def _adaptive(x, output_size, pool, reduce):
    """Window i of m along an axis of n: from floor(i n / m) to ceil((i + 1) n / m)."""
    sizes = x.shape[-2:]
    out = [n if o is None else o for o, n in zip(output_size if isinstance(output_size, (tuple, list)) else pair(output_size), sizes)]
    if out == [1, 1]:
        return reduce(x, (-2, -1), True)
    if x.ndim == 4 and not any(n % m for n, m in zip(sizes, out)):
        k = (sizes[0] // out[0], sizes[1] // out[1])
        return pool(x, k, k)
    for axis, n, m in zip((-2, -1), sizes, out):
        if n != m:
            x = F.concat([reduce(F.narrow(x, axis, i * n // m, -(-(i + 1) * n // m) - i * n // m), axis, True) for i in range(m)], axis)
    return x


def batch_norm(input_x, running_mean, running_var, weight, bias, training=False, momentum=0.1, eps=1e-5):
    """Per channel normalised. In training by the batch's statistics, which move the running ones by `momentum`."""
    outs = _batch_norm(input_x, weight, bias, None if training else running_mean, None if training else running_var,
                       is_training=bool(training), epsilon=float(eps))
    if not training:
        return first(outs)
    for moving, batch in ((running_mean, outs[1]), (running_var, outs[2])):
        if hasattr(moving, "set_data"):
            moving.set_data(moving * (1 - momentum) + F.stop_gradient(batch) * momentum)
    return outs[0]


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Normalised over the last axes."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    begin = input.ndim - len(shape)
    weight = F.ones(shape, input.dtype) if weight is None else weight
    bias = F.zeros(shape, input.dtype) if bias is None else bias
    return first(_layer_norm(input, weight, bias, begin_norm_axis=begin, begin_params_axis=begin, epsilon=float(eps)))


def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalised over groups of channels: a LayerNorm of each group, then scaled per channel."""
    n, c = x.shape[:2]
    flat = F.reshape(x, (n * num_groups, -1))
    y = F.reshape(layer_norm(flat, (flat.shape[1],), None, None, eps), x.shape)
    per = (1, c) + (1,) * (x.ndim - 2)
    y = y if weight is None else y * F.reshape(weight, per)
    return y if bias is None else y + F.reshape(bias, per)


def l2_normalize(input, axis=0, epsilon=1e-12):
    """input / sqrt(max(the sum of squares over axis, epsilon))."""
    return input / F.sqrt(F.maximum(F.reduce_sum(F.square(input), axis, True), epsilon))


def normalize(input, p=2.0, dim=1, eps=1e-12):
    """input / max(its p-norm over dim, eps)."""
    return input / F.maximum(F.norm(input, p, dim, True), eps)


def dropout(input, p=0.5, training=True, seed=None):
    """Each element 0 with probability p, else input / (1 - p)."""
    if not training or p == 0:
        return input
    return first(_dropout(input, keep_prob=1.0 - p))


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False):
    """Rows of weight."""
    return F.gather(weight, input, 0)


# ---- losses ----

_cross_entropy, _bce = _bind("CrossEntropy"), _bind("BCEWithLogitsLoss")


def reduced(x, reduction):
    """x as it is, its mean or its sum."""
    if reduction == "none":
        return x
    if reduction not in ("mean", "sum"):
        raise ValueError(f"the 'reduction' must be 'mean', 'sum' or 'none', but got {reduction!r}")
    return F.mean(x) if reduction == "mean" else F._sum(x, axis=(), keep_dims=False)


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Softmax cross entropy: logits (N, C, ...) with class numbers (N, ...), or with probabilities of the same shape."""
    if input.ndim == 1:
        input, target = F.expand_dims(input, 0), F.expand_dims(target, 0)
        y = cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
        return F.reshape(y, ()) if reduction == "none" else y
    if input.ndim > 2 and not mstype.is_float(target.dtype):
        rows = F.reshape(F.movedim(input, 1, -1), (-1, input.shape[1]))
        y = cross_entropy(rows, F.reshape(target, (-1,)), weight, ignore_index, reduction, label_smoothing)
        return F.reshape(y, target.shape) if reduction == "none" else y
    if mstype.is_float(target.dtype):
        return _cross_entropy_of_probabilities(input, target, weight, reduction, label_smoothing)
    if weight is not None and weight.dtype != input.dtype:
        weight = F.cast(weight, input.dtype)
    return _cross_entropy(input, target, weight, reduction=reduction, ignore_index=ignore_index,
                          label_smoothing=float(label_smoothing))[0]


def _cross_entropy_of_probabilities(logits, target, weight, reduction, smoothing):
    """-target log softmax, summed over the classes; the mean is over the batch."""
    logs = log_softmax(logits, 1)
    if weight is not None:
        logs = logs * _per_class(weight, logits, 1)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / logits.shape[1]
    return reduced(-F.sum(target * logs, 1), reduction)


def nll_loss(inputs, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Of log probabilities (N, C): minus that of the target, weighted."""
    axis = 1 if inputs.ndim > 1 else 0
    hot = F._one_hot(target, depth=inputs.shape[axis], axis=axis, dtype=inputs.dtype)
    counts = F.cast(target != ignore_index, inputs.dtype)
    w = counts if weight is None else counts * F.sum(hot * _per_class(weight, inputs, axis), axis)
    picked = -F.sum(inputs * hot, axis) * w
    if label_smoothing:
        all_w = 1 if weight is None else _per_class(weight, inputs, axis)
        smooth = -F.sum(inputs * all_w, axis) * counts / inputs.shape[axis]
        picked = picked * (1 - label_smoothing) + smooth * label_smoothing
    if reduction == "mean":
        return F._sum(picked, axis=(), keep_dims=False) / F._sum(w, axis=(), keep_dims=False)
    return reduced(picked, reduction)


def _per_class(weight, x, axis):
    return F.reshape(weight, tuple(-1 if a == axis else 1 for a in range(x.ndim)))


def binary_cross_entropy_with_logits(logits, label, weight=None, pos_weight=None, reduction="mean"):
    """-weight (pos_weight y log sigmoid(z) + (1 - y) log(1 - sigmoid(z))), computed without overflow."""
    return _bce(logits, label, weight, pos_weight, reduction=reduction)


def binary_cross_entropy(logits, labels, weight=None, reduction="mean"):
    """Of probabilities; their logarithms are cut at -100."""
    low = lambda p: F.maximum(F.log(p), -100.0)  # noqa: E731
    loss = -(labels * low(logits) + (1 - labels) * low(1 - logits))
    return reduced(loss if weight is None else loss * weight, reduction)


def mse_loss(input, target, reduction="mean"):
    """(input - target)^2; reduction "mean", "sum" or "none"."""
    return reduced(F.square(input - target), reduction)


def l1_loss(input, target, reduction="mean"):
    """|input - target|; reduction "mean", "sum" or "none"."""
    return reduced(F.abs(input - target), reduction)


def smooth_l1_loss(input, target, beta=1.0, reduction="none"):
    """d^2 / (2 beta) where d < beta, else d - beta / 2."""
    d = F.abs(input - target)
    return reduced(F.where(d < beta, F.square(d) * (0.5 / beta), d - 0.5 * beta), reduction)


def huber_loss(input, target, reduction="mean", delta=1.0):
    """d^2 / 2 where d <= delta, else delta (d - delta / 2)."""
    d = F.abs(input - target)
    return reduced(F.where(d <= delta, F.square(d) * 0.5, (d - 0.5 * delta) * delta), reduction)


def kl_div(logits, labels, reduction="mean"):
    """labels (log labels - logits); nothing flows back to the labels."""
    labels = F.stop_gradient(labels)
    safe = F.where(labels > 0, labels, 1)
    loss = F.where(labels > 0, labels * (F.log(safe) - logits), 0)
    if reduction == "batchmean":
        return F.sum(loss) / logits.shape[0]
    return reduced(loss, reduction)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """The cosine of the angle between x1 and x2 along dim, which goes away."""
    along = lambda x: F.reduce_sum(x, dim)  # noqa: E731
    return along(x1 * x2) / F.maximum(F.sqrt(along(x1 * x1) * along(x2 * x2)), eps)


def hinge_embedding_loss(inputs, targets, margin=1.0, reduction="mean"):
    """inputs where the target is 1, max(0, margin - inputs) where it is -1, else 0."""
    return reduced(F.where(targets > 0, inputs, F.where(targets < 0, F.maximum(margin - inputs, 0), 0)), reduction)


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction="mean"):
    """max(-target (input1 - input2) + margin, 0); reduction "mean", "sum" or "none"."""
    return reduced(F.maximum(-target * (input1 - input2) + margin, 0), reduction)


def soft_margin_loss(input, target, reduction="mean"):
    """log(1 + exp(-target input)); reduction "mean", "sum" or "none"."""
    return reduced(softplus(-target * input), reduction)


def scaled_dot_product_attention(query, key, value, attn_mask=None, scale=None):
    """softmax(q k^T / sqrt(d)) v."""
    scores = query @ F.swapaxes(key, -1, -2) * (scale or query.shape[-1] ** -0.5)
    if attn_mask is not None:
        scores = F.where(attn_mask, scores, float("-inf")) if attn_mask.dtype == mstype.bool_ else scores + attn_mask
    return softmax(scores, -1) @ value


assert issubclass(Tensor, _core.TensorBase)
