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
    ("object Mod negative", "grad"): "rounds the quotient down, its value rounds towards 0",
}
for _r in ("mean", "sum", "none"):
    WRONG[f"BCEWithLogitsLoss {_r}", "grad"] = "the derivatives of weight and pos_weight are 0"


def wrong(kind, name, part):
    return WRONG.get((name, part))


# What MindSpore 2.10 cannot do on a CPU: case -> a part of what it says.
REFUSED = {
    "roll": "Roll unregistered",
    "layer_norm": "LayerNormExt",
    "ReLU6 f64": "but got Tensor[Float64]",
    "Conv2D f64": "argument[w]",
    "Elu alpha": "alpha",
}
for _r in ("mean", "sum", "none"):
    REFUSED[f"soft_margin_loss {_r}"] = REFUSED[f"SoftMarginLoss_{_r}"] = "SoftMarginLoss unregistered"


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
