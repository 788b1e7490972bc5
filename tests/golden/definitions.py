"""What each op and layer means, in plain numpy: DEFINITION[op](attrs, *inputs) and run_net(). For check.py."""

import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[float])


def windows(x, kernel, strides, dilation, pad, fill):
    """(..., H, W) -> (..., oh, ow, kh, kw): the padded input under each place of the kernel."""
    x = np.pad(x, [(0, 0)] * (x.ndim - 2) + [pad[:2], pad[2:]], constant_values=fill)
    span = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
    v = np.lib.stride_tricks.sliding_window_view(x, span, axis=(-2, -1))
    return v[..., :: strides[0], :: strides[1], :: dilation[0], :: dilation[1]]


def padding(a, size, kernel, strides, dilation=(1, 1)):
    """(top, bottom, left, right); "same" gives ceil(size / stride) places, the odd row or column at the end."""
    if a["pad_mode"] != "same":
        pad = list(a["pad"])
        if a.get("ceil_mode"):
            for i in (0, 1):
                left = (size[i] + pad[2 * i] + pad[2 * i + 1] - kernel[i]) % strides[i]
                pad[2 * i + 1] += (strides[i] - left) % strides[i]
        return pad
    out = []
    for n, k, s, d in zip(size, kernel, strides, dilation):
        total = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
        out += [total // 2, total - total // 2]
    return out


def conv2d(a, x, w):
    k, g = w.shape[2:], a["group"]
    v = windows(x, k, a["stride"], a["dilation"], padding(a, x.shape[2:], k, a["stride"], a["dilation"]), 0.0)
    parts = zip(np.split(v, g, axis=1), np.split(w, g, axis=0))
    return np.concatenate([np.einsum("nchwij,mcij->nmhw", p, q) for p, q in parts], axis=1)


def max_pool(a, x):
    k, s = a["kernel_size"], a["strides"]
    return windows(x, k, s, (1, 1), padding(a, x.shape[2:], k, s), -np.inf).max((-1, -2))


def avg_pool(a, x):
    """The divisor counts real elements and, with count_include_pad, the padding asked for, not what ceil_mode adds."""
    k, s = a["kernel_size"], a["strides"]
    pad = padding(a, x.shape[2:], k, s)
    counted = np.ones_like(x)
    if a["pad_mode"] == "pad" and a.get("count_include_pad", True):
        asked = a["pad"]
        counted = np.pad(counted, [(0, 0), (0, 0), asked[:2], asked[2:]], constant_values=1.0)
        rest = [p - q for p, q in zip(pad, asked)]
    else:
        rest = pad
    return windows(x, k, s, (1, 1), pad, 0.0).sum((-1, -2)) / windows(counted, k, s, (1, 1), rest, 0.0).sum((-1, -2))


def batch_norm(a, x, gamma, beta, mean, var):
    axes = tuple(i for i in range(x.ndim) if i != 1)
    c = (1, -1) + (1,) * (x.ndim - 2)
    m, v = (x.mean(axes), x.var(axes)) if a["is_training"] else (mean, var)
    y = (x - m.reshape(c)) / np.sqrt(v.reshape(c) + a["epsilon"]) * gamma.reshape(c) + beta.reshape(c)
    if not a["is_training"]:
        return y
    keep = a["momentum"]
    return y, keep * mean + (1 - keep) * m, keep * var + (1 - keep) * x.var(axes, ddof=1)


def layer_norm(a, x, gamma, beta):
    axes = tuple(range(a["begin_norm_axis"] % x.ndim, x.ndim))
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + a["epsilon"]) * gamma + beta


def log_softmax(x, axis):
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def reduced(a, loss, divisor=None):
    if a["reduction"] == "none":
        return loss
    return loss.sum() if a["reduction"] == "sum" else loss.sum() / (loss.size if divisor is None else divisor)


def cross_entropy(a, x, target, weight=None):
    """Smoothing s: (1 - s) nll + s/C sum_c -w_c log p_c. The mean divides by the used labels' weights."""
    logp, classes, s = log_softmax(x, 1), x.shape[1], a["label_smoothing"]
    w = (np.ones(classes) if weight is None else weight).reshape((1, -1) + (1,) * (x.ndim - 2))
    if target.dtype.kind == "f":
        p = target * (1 - s) + s / classes
        return reduced(a, -(p * logp * w).sum(1), x.shape[0])
    used = target != a["ignore_index"]
    label = np.expand_dims(np.where(used, target, 0), 1)
    wl = np.take_along_axis(np.broadcast_to(w, x.shape), label, 1)[:, 0] * used
    nll = -np.take_along_axis(logp, label, 1)[:, 0] * wl
    return reduced(a, (1 - s) * nll + s / classes * -(logp * w).sum(1) * used, wl.sum())


def bce_with_logits(a, x, t, w, p):
    p = 1.0 if p is None else p
    loss = p * t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x)
    return reduced(a, loss if w is None else loss * w)


def one_hot(a, i):
    hot = i[..., None] == np.arange(a["depth"])
    return np.moveaxis(hot, -1, a["axis"]) * 1


def strided_slice(a, x):
    pick = []
    for b, e, s, n in zip(a["begin"], a["end"], a["strides"], x.shape):
        pick.append(slice(b, None if s < 0 and e < -n else e, s))
    return x[tuple(pick)]


def matmul(a, x, y):
    return np.matmul(x.swapaxes(-1, -2) if a["transpose_a"] else x, y.swapaxes(-1, -2) if a["transpose_b"] else y)


def mean(x, **kw):
    """Of integers: an integer, truncated, where numpy turns to float64."""
    return np.trunc(np.mean(x, **kw)) if x.dtype.kind in "iu" else np.mean(x, **kw)


def reduction(f):
    return lambda a, x: f(x, axis=tuple(a["axis"]) or None, keepdims=a["keep_dims"])


def arg(f):
    return lambda a, x: f(x, axis=a["axis"], keepdims=a["keep_dims"])


def cast(a, x):
    to = {"BFloat16": "Float32"}.get(a["dst_type"], a["dst_type"]).lower()
    if a["dst_type"] == "BFloat16":  # round to nearest even at bit 16
        bits = x.astype(np.float32).view(np.uint32).astype(np.uint64)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return x.astype(to)


NUMPY = {
    "Add": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "RealDiv": "divide",
    "Pow": "power",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Neg": "negative",
    "Abs": "abs",
    "Sign": "sign",
    "Exp": "exp",
    "Log": "log",
    "Sqrt": "sqrt",
    "Square": "square",
    "Sin": "sin",
    "Cos": "cos",
    "Floor": "floor",
    "Ceil": "ceil",
    "Round": "round",
    "Equal": "equal",
    "NotEqual": "not_equal",
    "Less": "less",
    "LessEqual": "less_equal",
    "Greater": "greater",
    "GreaterEqual": "greater_equal",
    "LogicalAnd": "logical_and",
    "LogicalOr": "logical_or",
    "LogicalNot": "logical_not",
    "Select": "where",
}
DEFINITION = {op: (lambda a, *x, f=getattr(np, name): f(*x)) for op, name in NUMPY.items()}
DEFINITION.update(
    {
        "FloorDiv": lambda a, x, y: x // y if x.dtype.kind in "iu" else np.floor(x / y),
        "FloorMod": lambda a, x, y: np.mod(x, y) if x.dtype.kind in "iu" else x - np.floor(x / y) * y,
        "Rsqrt": lambda a, x: 1 / np.sqrt(x),
        "Reciprocal": lambda a, x: 1 / x,
        "Erf": lambda a, x: erf(x),
        "Cast": cast,
        "ReduceSum": reduction(np.sum),
        "ReduceMean": reduction(mean),
        "ReduceMax": reduction(np.max),
        "ReduceMin": reduction(np.min),
        "Argmax": arg(np.argmax),
        "Argmin": arg(np.argmin),
        "MatMul": matmul,
        "BiasAdd": lambda a, x, b: x + b.reshape((1, -1) + (1,) * (x.ndim - 2)),
        "Reshape": lambda a, x: x.reshape(a["shape"]),
        "Flatten": lambda a, x: x.reshape(x.shape[0], -1),
        "Transpose": lambda a, x: x.transpose(a["perm"]),
        "ExpandDims": lambda a, x: np.expand_dims(x, a["axis"]),
        "Squeeze": lambda a, x: np.squeeze(x, tuple(a["axis"]) or None),
        "Concat": lambda a, *x: np.concatenate(x, a["axis"]),
        "Stack": lambda a, *x: np.stack(x, a["axis"]),
        "StridedSlice": strided_slice,
        "Gather": lambda a, x, i: np.take(x, i, axis=a["axis"]),
        "Tile": lambda a, x: np.tile(x, a["multiples"]),
        "BroadcastTo": lambda a, x: np.broadcast_to(
            x, [n if n >= 0 else x.shape[i - len(a["shape"])] for i, n in enumerate(a["shape"])]
        ),
        "OneHot": one_hot,
        "ReLU": lambda a, x: np.maximum(x, 0),
        "Sigmoid": lambda a, x: 1 / (1 + np.exp(-x)),
        "Tanh": lambda a, x: np.tanh(x),
        "SiLU": lambda a, x: x / (1 + np.exp(-x)),
        "ReLU6": lambda a, x: np.clip(x, 0, 6),
        "GeLU": lambda a, x: 0.5
        * x
        * (
            1
            + (
                np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
                if a["approximate"] == "tanh"
                else erf(x / math.sqrt(2))
            )
        ),
        "Elu": lambda a, x: np.where(x > 0, x, a["alpha"] * np.expm1(x)),
        "LeakyReLU": lambda a, x: np.where(x >= 0, x, a["alpha"] * x),
        "Softmax": lambda a, x: np.exp(log_softmax(x, a["axis"])),
        "LogSoftmax": lambda a, x: log_softmax(x, a["axis"]),
        "Conv2D": conv2d,
        "MaxPool": max_pool,
        "AvgPool": avg_pool,
        "BatchNorm": batch_norm,
        "LayerNorm": layer_norm,
        "CrossEntropy": cross_entropy,
        "BCEWithLogits": bce_with_logits,
        "MSELoss": lambda a, x, y: reduced(a, (x - y) ** 2),
    }
)


def pair(v):
    return v if isinstance(v, list) else [v, v]


def activation(kind, spec, x):
    """A layer or a Dense activation without parameters, by lower-case name, with nn's defaults (GELU: tanh)."""
    op = {"gelu": "GeLU", "softmax": "Softmax", "logsoftmax": "LogSoftmax", "leakyrelu": "LeakyReLU", "elu": "Elu"}.get(
        kind
    )
    op = op or next(name for name in DEFINITION if name.lower() == kind)
    attrs = {
        "approximate": "tanh" if spec.get("approximate", True) else "none",
        "axis": spec.get("axis", -1),
        "alpha": 0.2 if kind == "leakyrelu" else 1.0,
    }
    return DEFINITION[op](attrs, x)


def dense_layer(spec, x, get):
    y = x @ get("weight").T
    if spec.get("has_bias", True):
        y = y + get("bias")
    return activation(spec["activation"], {}, y) if "activation" in spec else y


def conv_layer(spec, x, get):
    pad = spec.get("padding", 0)
    attrs = {
        "pad_mode": spec.get("pad_mode", "same"),
        "pad": pad if isinstance(pad, list) else [pad] * 4,
        "stride": pair(spec.get("stride", 1)),
        "dilation": pair(spec.get("dilation", 1)),
        "group": spec.get("group", 1),
    }
    y = conv2d(attrs, x, get("weight"))
    return y + get("bias")[:, None, None] if spec.get("has_bias") else y


def pool_layer(spec, x):
    high, wide = pair(spec.get("padding", 0))
    attrs = {
        "kernel_size": pair(spec.get("kernel_size", 1)),
        "strides": pair(spec.get("stride", 1)),
        "pad_mode": spec.get("pad_mode", "valid"),
        "pad": [high, high, wide, wide],
    }
    return (max_pool if spec["type"] == "MaxPool2d" else avg_pool)(attrs, x)


def batch_norm_layer(spec, x, get, training, prefix, parameters, moved):
    alone = prefix + "moving_mean" not in parameters
    mean, variance = ("mean", "variance") if alone else ("moving_mean", "moving_variance")
    asked = spec.get("use_batch_statistics")
    attrs = {
        "is_training": training if asked is None else asked,
        "epsilon": spec.get("eps", 1e-5),
        "momentum": spec.get("momentum", 0.9),
    }
    y = batch_norm(attrs, x, get("gamma"), get("beta"), get(mean), get(variance))
    if not attrs["is_training"]:
        return y
    moved[prefix + mean], moved[prefix + variance] = y[1:]
    return y[0]


def run_net(spec, x, parameters, training, moved, prefix=""):
    """A net of cells.json on x. parameters: name -> array. In training, moved gets the new moving statistics."""
    kind = spec["type"]
    if kind in ("SequentialCell", "Chain"):
        for name, child in spec["children"] if kind == "Chain" else enumerate(spec["layers"]):
            x = run_net(child, x, parameters, training, moved, f"{prefix}{name}.")
        return x

    def get(name):
        return parameters[prefix + name]

    if kind == "Dense":
        return dense_layer(spec, x, get)
    if kind == "Conv2d":
        return conv_layer(spec, x, get)
    if kind in ("MaxPool2d", "AvgPool2d"):
        return pool_layer(spec, x)
    if kind == "BatchNorm2d":
        return batch_norm_layer(spec, x, get, training, prefix, parameters, moved)
    if kind == "LayerNorm":
        attrs = {"begin_norm_axis": spec.get("begin_norm_axis", -1), "epsilon": spec.get("epsilon", 1e-7)}
        return layer_norm(attrs, x, get("gamma"), get("beta"))
    return x if kind == "Dropout" else activation(kind.lower(), spec, x)
