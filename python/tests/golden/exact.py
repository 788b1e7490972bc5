"""The truth, for cases where MindSpore cannot give it: formulas in Float64 with NumPy, derivatives by central
differences. Used where MindSpore is coarse (COARSE), wrong (WRONG) or has no kernel on a CPU (REFUSED);
docs/compatibility.md says the same in words."""

import math

import numpy as np

import cases

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _gelu(x):
    return x * 0.5 * (1 + _erf(x / math.sqrt(2)))


def _gelu_tanh(x):
    return x * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _mish(x):
    return x * np.tanh(np.log1p(np.exp(x)))


def _selu(x):
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))


def _bce(reduction):
    def loss(x, y, w, pos):
        each = w * ((1 - y) * x + (1 + (pos - 1) * y) * np.log1p(np.exp(-x)))
        return each if reduction == "none" else getattr(each, reduction)()

    return loss


def _soft_margin(reduction):
    def loss(x, y):
        each = np.log1p(np.exp(-x * y))
        return each if reduction == "none" else getattr(each, reduction)()

    return loss


def _conv(x, w):
    """Without padding, stride 1."""
    kh, kw = w.shape[2:]
    h, k = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    return sum(
        np.einsum("nchw,mc->nmhw", x[:, :, a : a + h, b : b + k], w[:, :, a, b]) for a in range(kh) for b in range(kw)
    )


def _layer_norm(x, g, b):
    spread = x - x.mean(-1, keepdims=True)
    return spread / np.sqrt((spread**2).mean(-1, keepdims=True) + 1e-5) * g + b


def _topk(x):
    order = np.argsort(-x, axis=-1, kind="stable")[..., :3]
    return [np.take_along_axis(x, order, -1), order.astype(np.int32)]


def _nan(f):
    """NaN stays NaN."""
    return lambda x: np.where(np.isnan(x), np.nan, f(x))


# (kind, name) -> the formula: arrays (inputs, then parameters), as Float64, to an array or a list of them.
FORMULAS = {
    ("ops", "gelu"): _gelu,
    ("ops", "gelu_tanh"): _gelu_tanh,
    ("ops", "GeLU"): _gelu,
    ("ops", "GeLU tanh"): _gelu_tanh,
    ("ops", "object GeLU"): _gelu_tanh,
    ("layers", "GELU"): _gelu_tanh,
    ("layers", "GELU_exact"): _gelu,
    ("ops", "mish"): _mish,
    ("ops", "object Mish"): _mish,
    ("layers", "Mish"): _mish,
    ("ops", "tanhshrink"): lambda x: x - np.tanh(x),
    ("layers", "Tanhshrink"): lambda x: x - np.tanh(x),
    ("layers", "Dense_activation"): lambda x, w, b: np.tanh(x @ w.T + b),
    ("layers", "Tanh"): np.tanh,
    ("ops", "object Erfc"): lambda x: 1 - _erf(x),
    ("ops", "selu"): _selu,
    ("ops", "object SeLU"): _selu,
    ("layers", "SeLU"): _selu,
    ("ops", "Sign special"): _nan(np.sign),
    ("ops", "ReLU special"): _nan(lambda x: np.maximum(x, 0)),
    ("ops", "ReLU6 special"): _nan(lambda x: np.clip(x, 0, 6)),
    ("ops", "ReLU6 f64"): lambda x: np.clip(x, 0, 6),
    ("ops", "StridedSlice reverse"): lambda x: x[::-1, 3:0:-2],
    ("ops", "StridedSlice reverse i32"): lambda x: x[::-1, 3:0:-2],
    ("ops", "topk ties"): _topk,
    ("ops", "object Mod negative"): np.fmod,
    ("ops", "Conv2D f64"): _conv,
    ("ops", "Elu alpha"): lambda x: np.where(x > 0, x, 0.7 * np.expm1(np.minimum(x, 0))),
    ("ops", "roll"): lambda x: np.roll(x, 1, 0) * x,
    ("ops", "layer_norm"): _layer_norm,
}


# ---- functions and layers that are made of others ----


def _reduced(each, reduction):
    return each if reduction == "none" else getattr(each, reduction)()


def _bce_of_chances(reduction):
    return lambda x, y, w: _reduced(-w * (y * np.log(x) + (1 - y) * np.log(1 - x)), reduction)


def _triplet(margin, power, eps, swap, reduction):
    def distance(a, b):
        return (np.abs(a - b + eps) ** power).sum(-1) ** (1 / power)

    def loss(anchor, positive, negative):
        far = distance(anchor, negative)
        far = np.minimum(far, distance(positive, negative)) if swap else far
        return _reduced(np.maximum(distance(anchor, positive) - far + margin, 0), reduction)

    return loss


def _multi_margin(reduction):
    def loss(x, y, w):
        rows, at = np.arange(len(y)), y.astype(int)
        each = np.maximum(2 - x[rows, at][:, None] + x, 0) ** 2 * w[at][:, None]
        each[rows, at] = 0
        return _reduced(each.sum(1) / x.shape[1], reduction)

    return loss


def _conv_transpose(x, w, bias=0.0, stride=(1, 1), padding=(0, 0), more=(0, 0), groups=1, dilation=(1, 1)):
    """Every element of x spreads the weights."""
    (n, c, *size), (out, *kernel) = x.shape, w.shape[1:]
    full = np.zeros(
        (n, out * groups)
        + tuple((m - 1) * s + d * (k - 1) + 1 + e for m, s, d, k, e in zip(size, stride, dilation, kernel, more))
    )
    for g in range(groups):
        of = slice(g * c // groups, (g + 1) * c // groups)
        for at in np.ndindex(*kernel):
            to = tuple(slice(a * d, a * d + (m - 1) * s + 1, s) for a, d, m, s in zip(at, dilation, size, stride))
            full[(slice(None), slice(g * out, (g + 1) * out)) + to] += np.einsum(
                "nchw,co->nohw", x[:, of], w[(of, slice(None)) + at]
            )
    cut = tuple(slice(q, m - q) for q, m in zip(padding, full.shape[2:]))
    return full[(slice(None), slice(None)) + cut] + np.reshape(bias, (-1, 1, 1))


def _instance_norm(eps):
    def norm(x, gamma, beta):
        axes, wide = tuple(range(2, x.ndim)), (-1,) + (1,) * (x.ndim - 2)
        spread = x - x.mean(axes, keepdims=True)
        y = spread / np.sqrt((spread**2).mean(axes, keepdims=True) + eps)
        return y * gamma.reshape(wide) + beta.reshape(wide)

    return norm


def _instance_norm_plain(x):
    """With what cases.fill() has for weights that are not trained: behind the moving mean and variance."""
    rng = np.random.RandomState(3)
    _, _, gamma, beta = ((rng.rand(3) - 0.5).astype(np.float32).astype(np.float64) for _ in range(4))
    return _instance_norm(1e-5)(x, gamma, beta)


for _equation in (name[7:] for name in cases.OPS if name.startswith("einsum ")):
    FORMULAS["ops", f"einsum {_equation}"] = lambda *x, _e=_equation: np.einsum(_e, *x)
for _r in ("mean", "sum", "none"):
    FORMULAS["ops", f"object BinaryCrossEntropy {_r}"] = _bce_of_chances(_r)
    FORMULAS["ops", f"multi_margin_loss {_r}"] = _multi_margin(_r)
    FORMULAS["ops", f"triplet_margin_loss {_r}"] = _triplet(0.7, 3, 1e-4, True, _r)
for _rank in (1, 2, 3):
    FORMULAS["layers", f"InstanceNorm{_rank}d"] = _instance_norm(1e-5)
    FORMULAS["layers", f"InstanceNorm{_rank}d_train"] = _instance_norm(0.01)
    FORMULAS["layers", f"InstanceNorm{_rank}d_plain"] = _instance_norm_plain
for _name, _formula in {
    "triplet_margin_loss": _triplet(1.0, 2, 1e-6, False, "mean"),
    "xlogy special": lambda x, y: x,
    "type_as": lambda x, y: np.trunc(x).astype(np.int32),
    "hsplit vector": lambda x: np.array_split(x, 2),
    "diff settings": lambda x, before, after: np.diff(x, 2, 0, before, after),
    "nonzero tuple": lambda x: list(np.nonzero(x)),
    "method nonzero tuple": lambda x: list(np.nonzero(x)),
    "masked_select wide": lambda x, y: np.broadcast_to(x, (3, 4))[np.broadcast_to(y > 0, (3, 4))],
    "channel_shuffle": lambda x: 2 * x[:, [0, 2, 4, 1, 3, 5]],
    "conv_transpose2d": _conv_transpose,
    "conv_transpose2d settings": lambda x, w, b: _conv_transpose(x, w, b, (2, 3), (1, 0), (1, 2), 2, (1, 2)),
    "method prod axis": lambda x: [x.prod(0), x.prod(1, keepdims=True)],
    "method select slice": lambda x: [2 * x[:, 2], 3 * x[-1]],
    "method select slice names": lambda x: [2 * x[:, 2], 3 * x[1]],
    "method in place": lambda x: [(x + 2) ** 2, (x - 2) ** 2, 4 * x**2, x**2 / 4],
    "method __rxor__": lambda x: [x == 0, x != 0, x == 0],
    "method fill_": lambda x: 3 * x,
    "method zero_": lambda x: x,
    "method masked_fill_": lambda x: np.where(x > 0, 2, x),
    "method clamp_": lambda x: 2 * np.clip(x, -0.5, 0.5),
    "method bitwise_not": lambda x: -1 - x,
}.items():
    FORMULAS["ops", _name] = _formula
for _name in ("tanh", "method tanh 0", "Tanh", "Tanh long", "Tanh scalar", "Tanh f64", "object Tanh"):
    FORMULAS["ops", _name] = np.tanh
for _name in ("erf", "Erf", "Erf long", "Erf scalar", "Erf f64", "object Erf"):
    FORMULAS["ops", _name] = _erf
for _r in ("mean", "sum", "none"):
    FORMULAS["ops", f"BCEWithLogitsLoss {_r}"] = _bce(_r)
    FORMULAS["ops", f"soft_margin_loss {_r}"] = FORMULAS["losses", f"SoftMarginLoss_{_r}"] = _soft_margin(_r)

# Families of cases where MindSpore's Float32 kernel is coarse: how far off it may be.
COARSE = {"tanh": 2e-4}


def coarse(kind, name):
    """The family of a case, None if MindSpore is exact there."""
    if (kind, name) not in FORMULAS or wrong(kind, name, "value") or wrong(kind, name, "grad") or name.endswith("f64"):
        return None
    with_tanh = FORMULAS[kind, name] in (np.tanh, _gelu_tanh, _mish) or name in (
        "tanhshrink",
        "Tanhshrink",
        "Dense_activation",
    )
    return "tanh" if with_tanh else None


# What MindSpore 2.10 gets wrong, and why: only the truth is asked there.
WRONG = {
    ("selu", "grad"): "not the derivative of what it gives",
    ("object SeLU", "grad"): "as selu",
    ("SeLU", "grad"): "as selu",
    ("Sign special", "value"): "NaN becomes 0",
    ("ReLU special", "value"): "NaN becomes 0",
    ("ReLU6 special", "value"): "NaN becomes 0",
    ("StridedSlice reverse", "value"): "negative steps on two axes: another element",
    ("StridedSlice reverse i32", "value"): "as above",
    ("topk ties", "value"): "which of equals comes first is left open",
    ("method in place", "value"): "on a CPU the tensor itself stays as it was",
    ("method in place", "grad"): "as above",
    ("xlogy special", "value"): "0 log 0 is NaN",
    ("object Mod negative", "grad"): "rounds the quotient down, its value rounds towards 0",
}
for _r in ("mean", "sum", "none"):
    WRONG[f"BCEWithLogitsLoss {_r}", "grad"] = "the derivatives of weight and pos_weight are 0"
    for _name in ("multi_margin_loss", "object BinaryCrossEntropy"):
        WRONG[f"{_name} {_r}", "grad"] = "the derivative of weight is 0"


def wrong(kind, name, part):
    return WRONG.get((name, part))


# What MindSpore 2.10 cannot do on a CPU: case -> a part of what it says.
REFUSED = {
    "roll": "Roll unregistered",
    "layer_norm": "LayerNormExt",
    "ReLU6 f64": "but got Tensor[Float64]",
    "Conv2D f64": "argument[w]",
    "Elu alpha": "alpha",
    "type_as": "TypeAs unregistered",
    "hsplit vector": "at least 2 dimension",
    "diff settings": "'n' must be 1",
    "nonzero tuple": "NonZeroExt unregistered",
    "method nonzero tuple": "NonZeroExt unregistered",
    "masked_select wide": "is invalid for input of size",
    "channel_shuffle": "bprop not defined",
    "conv_transpose2d": "ConvTranspose2D unregistered",
    "conv_transpose2d settings": "ConvTranspose2D unregistered",
    "method prod axis": "Failed calling prod",
    "method select slice": "InplaceCopy",
    "method select slice names": "Failed calling select",
    "method __rxor__": "unsupported operand",
    "method fill_": "InplaceFillScalar unregistered",
    "method zero_": "InplaceZero unregistered",
    "method masked_fill_": "InplaceMaskedFillScalar unregistered",
    "method clamp_": "InplaceClampScalar unregistered",
    "method bitwise_not": "BitwiseNot unregistered",
}
for _r in ("mean", "sum", "none"):
    REFUSED[f"soft_margin_loss {_r}"] = REFUSED[f"SoftMarginLoss_{_r}"] = "SoftMarginLoss unregistered"
for _kind, _name in FORMULAS:
    if _name.startswith(("einsum ", "triplet_margin_loss", "InstanceNorm")):
        REFUSED[_name] = "Kernel select failed"


def truth(kind, name):
    """{"value": arrays, "grad": arrays}, Float64."""
    if kind == "ops":
        arrays = list(cases.OPS[name][1])
    else:
        make, arrays = (cases.LAYERS if kind == "layers" else cases.LOSSES)[name][:2]
        cell = make()
        cases.fill(cell)
        arrays = list(arrays) + [q.asnumpy() for q in cell.trainable_params()]
    formula = FORMULAS[kind, name]
    xs = [np.asarray(a, np.float64) for a in arrays]
    with np.errstate(all="ignore"):
        values = _list(formula(*xs))
    if arrays[0].dtype.kind != "f" or name.endswith(("special", "reverse", "ties")):
        return {"value": values, "grad": [np.zeros_like(x) for a, x in zip(arrays, xs) if a.dtype.kind == "f"]}
    return {"value": values, "grad": [_slope(formula, xs, i) for i, a in enumerate(arrays) if a.dtype.kind == "f"]}


def _list(value):
    return [np.asarray(v) for v in value] if isinstance(value, list) else [np.asarray(value)]


def _weighted(values):
    """As cases.weighted(); positions have no slope."""
    return sum(float((v * np.cos(np.arange(v.size)).reshape(v.shape)).sum()) for v in values if v.dtype.kind == "f")


def _slope(formula, xs, i, h=1e-6):
    slope = np.zeros_like(xs[i])
    for at in np.ndindex(xs[i].shape):
        ends = []
        for step in (h, -h):
            moved = [x.copy() for x in xs]
            moved[i][at] += step
            ends.append(_weighted(_list(formula(*moved))))
        slope[at] = (ends[0] - ends[1]) / (2 * h)
    return slope
