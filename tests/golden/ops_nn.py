"""Cases of activations, softmax, convolution, pooling, normalisation and losses."""

import numpy as np
from mindspore import ParameterTuple, Tensor, nn, ops

from golden import host, normal, rng
from ops_case import F16, F32, F64, I32, case, dims, draw, is_float, keep
from ops_table import TABLE

ROUGH = 1e-6  # of float64 cases that MindSpore computes in float32 inside
EDGES = F32([-np.inf, -100, -20, -6, -3, -1, -1e-6, -0.0, 0, 1e-6, 1, 3, 6, 20, 100, np.inf])


def activations():
    attrs = {
        "Elu": [{"alpha": 1.0}],
        "LeakyReLU": [{"alpha": 0.2}, {"alpha": 0.01}],
        "GeLU": [{"approximate": "tanh"}, {"approximate": "none"}],
    }
    for op in "ReLU Sigmoid Tanh GeLU SiLU ReLU6 Elu LeakyReLU".split():
        for a in attrs.get(op, [{}]):
            tag = "".join(f"{v}_" for v in a.values())
            for s in ((), (1,), (7,), (2, 3), (2, 1, 5)):
                case(op, tag + dims(s), draw(op + dims(s), s, scale=4), a)
            for t in (F16,) if op in ("ReLU6", "LeakyReLU") else (F16, F64):  # no ReLU6 of float64; alpha is a float32
                case(op, tag + np.dtype(t).name, draw(op, (2, 3), dtype=t, scale=2), a)
            case(op, tag + "edges", [EDGES], a)
    for op in ("Softmax", "LogSoftmax"):
        for s, axis in (
            ((5,), 0),
            ((2, 3), -1),
            ((2, 3), 0),
            ((2, 3, 4), 1),
            ((2, 3, 4), -1),
            ((3, 1), 1),
            ((1, 1), 0),
        ):
            case(op, f"{dims(s)}_axis{axis}", draw(op + dims(s), s, scale=3), {"axis": axis})
        for t in (F16, F64) if op == "Softmax" else (F16,):
            case(op, np.dtype(t).name, draw(op, (2, 5), dtype=t), {"axis": -1}, tol=ROUGH if t is F64 else None)
        case(op, "large", [F32([[1000, 1001, 999], [-1000, -1001, -999], [0, 200, -200]])], {"axis": -1})
        case(op, "minus_infinity", [F32([[0, -np.inf, 1]])], {"axis": -1})


def conv_attrs(pad_mode="valid", pad=(0, 0, 0, 0), stride=(1, 1), dilation=(1, 1), group=1):
    return {"pad_mode": pad_mode, "pad": list(pad), "stride": list(stride), "dilation": list(dilation), "group": group}


def convolution():
    for label, x, w, attrs in (
        ("valid", (2, 2, 5, 5), (3, 2, 3, 3), {}),
        ("valid_1x1", (2, 3, 4, 4), (2, 3, 1, 1), {}),
        ("valid_stride2", (1, 2, 7, 6), (2, 2, 3, 2), {"stride": (2, 2)}),
        ("valid_whole", (2, 2, 3, 3), (4, 2, 3, 3), {}),
        ("valid_stride_1_3", (1, 1, 5, 9), (2, 1, 2, 3), {"stride": (1, 3)}),
        ("valid_1d_like", (2, 2, 1, 8), (3, 2, 1, 3), {}),
        ("same", (2, 2, 5, 5), (3, 2, 3, 3), {"pad_mode": "same"}),
        ("same_even", (1, 2, 5, 5), (2, 2, 2, 2), {"pad_mode": "same"}),
        ("same_even_4", (1, 1, 6, 6), (1, 1, 4, 4), {"pad_mode": "same"}),
        ("same_stride2_odd", (1, 2, 5, 5), (2, 2, 3, 3), {"pad_mode": "same", "stride": (2, 2)}),
        ("same_stride2_even", (1, 2, 6, 6), (2, 2, 3, 3), {"pad_mode": "same", "stride": (2, 2)}),
        ("same_stride3_k2", (1, 1, 7, 8), (1, 1, 2, 2), {"pad_mode": "same", "stride": (3, 3)}),
        ("same_dilated", (1, 1, 7, 7), (2, 1, 3, 3), {"pad_mode": "same", "dilation": (2, 2)}),
        ("pad1", (2, 2, 4, 4), (3, 2, 3, 3), {"pad_mode": "pad", "pad": (1, 1, 1, 1)}),
        ("pad_each_side", (1, 2, 4, 5), (2, 2, 3, 3), {"pad_mode": "pad", "pad": (0, 1, 2, 1)}),
        ("pad2_stride2", (1, 1, 5, 6), (2, 1, 3, 3), {"pad_mode": "pad", "pad": (2, 2, 2, 2), "stride": (2, 2)}),
        ("pad0", (1, 1, 4, 4), (1, 1, 2, 2), {"pad_mode": "pad"}),
        ("dilated", (1, 2, 7, 7), (2, 2, 3, 3), {"dilation": (2, 2)}),
        ("dilated_2_1", (1, 1, 7, 6), (1, 1, 3, 2), {"dilation": (2, 1)}),
        (
            "dilated_pad_stride",
            (1, 1, 7, 7),
            (2, 1, 3, 3),
            {"pad_mode": "pad", "pad": (2, 2, 2, 2), "dilation": (2, 2), "stride": (2, 2)},
        ),
        ("group2", (1, 4, 4, 4), (4, 2, 3, 3), {"group": 2}),
        ("depthwise", (2, 3, 4, 4), (3, 1, 3, 3), {"group": 3}),
        ("depthwise_same", (1, 3, 4, 4), (3, 1, 3, 3), {"group": 3, "pad_mode": "same", "stride": (2, 2)}),
        ("depthwise_times2", (1, 2, 4, 4), (4, 1, 3, 3), {"group": 2, "pad_mode": "same"}),
        (
            "group2_dilated_pad",
            (1, 4, 5, 5),
            (2, 2, 2, 2),
            {"group": 2, "dilation": (2, 2), "pad_mode": "pad", "pad": (1, 1, 1, 1)},
        ),
    ):
        case("Conv2D", label, draw("conv" + label, x, w), conv_attrs(**attrs))
    case("Conv2D", "float16", draw("conv", (1, 2, 4, 4), (2, 2, 3, 3), dtype=F16), conv_attrs())


def pooling():
    square = [
        ((4, 4), (2, 2), (2, 2)),
        ((5, 5), (2, 2), (2, 2)),
        ((5, 5), (3, 3), (1, 1)),
        ((5, 6), (3, 2), (2, 1)),
        ((7, 7), (3, 3), (2, 2)),
        ((4, 4), (4, 4), (4, 4)),
        ((3, 5), (1, 1), (2, 2)),
        ((5, 4), (1, 4), (1, 1)),
    ]
    for op in ("MaxPool", "AvgPool"):
        for pad_mode in ("valid", "same"):
            for size, kernel, strides in square:
                label = f"{pad_mode}_{dims(size, kernel, strides)}"
                case(op, label, draw(op + label, (2, 2) + size), pool_attrs(kernel, strides, pad_mode))
        for size, kernel, strides, pad in (
            ((5, 5), (3, 3), (2, 2), (1, 1, 1, 1)),
            ((4, 6), (2, 2), (1, 1), (1, 1, 0, 0)),
            ((4, 6), (2, 3), (2, 2), (0, 0, 1, 1)),
            ((5, 5), (2, 2), (2, 2), (0, 0, 0, 0)),
        ):
            for extra in ({}, {"ceil_mode": True}) + (({"count_include_pad": False},) if op == "AvgPool" else ()):
                label = f"pad_{dims(size, kernel, strides, pad)}" + "".join(
                    f"_{k}_{v}".lower() for k, v in extra.items()
                )
                case(op, label, draw(op + label, (1, 2) + size), {**pool_attrs(kernel, strides, "pad", pad), **extra})
    ties = [F32([[[[1, 1, 0, 2], [1, 1, 2, 2], [3, 0, 5, 5], [0, 3, 5, 5]]]])]
    case("MaxPool", "ties_2x2", ties, pool_attrs((2, 2), (2, 2), "valid"))
    case("MaxPool", "ties_overlap", ties, pool_attrs((3, 3), (1, 1), "same"))
    case("MaxPool", "ties_pad", ties, pool_attrs((3, 3), (2, 2), "pad", (1, 1, 1, 1)))
    case(
        "MaxPool", "all_negative_same", [-1 - np.abs(draw("pool", (1, 1, 3, 3))[0])], pool_attrs((2, 2), (2, 2), "same")
    )
    case(
        "MaxPool",
        "all_negative_pad",
        [-1 - np.abs(draw("pool", (1, 1, 3, 3))[0])],
        pool_attrs((3, 3), (2, 2), "pad", (1, 1, 1, 1)),
    )


def pool_attrs(kernel, strides, pad_mode, pad=(0, 0, 0, 0)):
    return {"kernel_size": list(kernel), "strides": list(strides), "pad_mode": pad_mode, "pad": list(pad)}


def batch_norm_layer(attrs, inputs):
    """nn.BatchNorm2d (4-d x) or 1d (2-d x) holding the case's gamma, beta, mean and variance."""
    x, gamma, beta, mean, var = inputs
    layer = (nn.BatchNorm2d if x.ndim == 4 else nn.BatchNorm1d)(
        x.shape[1],
        attrs["epsilon"],
        attrs["momentum"],
        gamma_init=Tensor(gamma),
        beta_init=Tensor(beta),
        moving_mean_init=Tensor(mean),
        moving_var_init=Tensor(var),
    )
    layer.set_train(attrs["is_training"])
    return layer


def batch_norm(label, shape, dtype=F32, is_training=True, epsilon=1e-5, momentum=0.9):
    """Outputs y and, in training, the moving mean and variance after the update; gradients of x, gamma, beta."""
    attrs = {"is_training": is_training, "epsilon": epsilon, "momentum": momentum}
    name, c = "BatchNorm/" + label, shape[1]
    x, beta, mean = draw(name, shape, (c,), (c,), scale=2)
    gamma, var = draw(name + "/positive", (c,), (c,), positive=True)
    inputs = [(x + F32(0.5)).astype(dtype), gamma, beta, mean, var]
    layer = batch_norm_layer(attrs, inputs)
    y = layer(Tensor(inputs[0]))
    out = [y] + ([layer.moving_mean, layer.moving_variance] if is_training else [])
    cotangent = normal(rng(name + "/cotangent"), shape, host(y).dtype)
    layer_again = batch_norm_layer(attrs, inputs)  # the first one has moved its statistics
    weights = ParameterTuple([layer_again.gamma, layer_again.beta])
    (dx,), (dgamma, dbeta) = ops.GradOperation(get_all=True, get_by_list=True, sens_param=True)(layer_again, weights)(
        Tensor(inputs[0]), Tensor(cotangent)
    )
    keep(name, "BatchNorm", attrs, inputs, out, cotangent, [dx, dgamma, dbeta, None, None])


def normalisation():
    for mode, training in (("train", True), ("eval", False)):
        for label, shape, extra in (
            ("4d", (3, 2, 2, 3), {}),
            ("2d", (5, 3), {}),
            ("one_channel", (2, 1, 3, 3), {}),
            ("many_channels", (2, 7, 1, 2), {}),
            ("eps_1e-3", (3, 2, 2, 2), {"epsilon": 1e-3}),
            ("momentum_0.99", (3, 2, 2, 2), {"momentum": 0.99}),
            ("two_values", (2, 3, 1, 1), {}),
            ("float16", (3, 2, 2, 2), {"dtype": F16}),
        ):
            batch_norm(f"{mode}_{label}", shape, is_training=training, **extra)
    for s, begin in (
        ((2, 5), -1),
        ((2, 5), 1),
        ((2, 3, 4), -1),
        ((2, 3, 4), 1),
        ((2, 3, 4), 2),
        ((3, 1), -1),
        ((2, 2, 3, 2), 1),
        ((7,), 0),
        ((2, 3, 4), 0),
    ):
        for epsilon in (1e-7, 1e-5):
            label = f"{dims(s)}_begin{begin}_eps{epsilon}"
            x, g, b = draw("ln" + label, s, s[begin:], s[begin:], scale=2)
            case(
                "LayerNorm",
                label,
                [x, g, b],
                {"begin_norm_axis": begin, "begin_params_axis": begin, "epsilon": epsilon},
            )
    x, g, b = draw("ln", (2, 3, 4), (4,), (4,))
    case("LayerNorm", "params_of_last_axis", [x, g, b], {"begin_norm_axis": 1, "begin_params_axis": 2, "epsilon": 1e-5})
    case(
        "LayerNorm",
        "float16",
        draw("ln16", (2, 6), (6,), (6,), dtype=F16),
        {"begin_norm_axis": -1, "begin_params_axis": -1, "epsilon": 1e-5},
    )
    case(
        "LayerNorm",
        "constant_row",
        [F32([[2, 2, 2], [1, 2, 3]]), F32([1, 2, 3]), F32([0, 1, 2])],
        {"begin_norm_axis": -1, "begin_params_axis": -1, "epsilon": 1e-5},
    )


def cross_entropy():
    for reduction in ("mean", "sum", "none"):
        for ignore, smoothing, weighted in (
            (-100, 0.0, False),
            (1, 0.0, False),
            (-100, 0.1, False),
            (-100, 0.0, True),
            (0, 0.2, True),
            (-100, 0.1, True),
        ):
            attrs = {"reduction": reduction, "ignore_index": ignore, "label_smoothing": smoothing}
            tag = f"{reduction}_ignore{ignore}_smooth{smoothing}{'_weight' if weighted else ''}"
            for s in ((4, 3), (2, 3, 5), (1, 5)):
                (x,) = draw("ce" + tag + dims(s), s, scale=2)
                (labels,) = draw("labels" + tag + dims(s), (s[0],) + s[2:], dtype=I32, low=0, high=s[1])
                if s[0] > 1:
                    labels.reshape(-1)[0] = ignore if ignore >= 0 or s == (4, 3) else 0
                weight = draw("weight" + tag, (s[1],), positive=True) if weighted else []
                case("CrossEntropy", f"{tag}_{dims(s)}", [x, labels] + weight, attrs)
            if ignore == -100:
                x, p = draw("cep" + tag, (4, 3), (4, 3), scale=2)
                p = np.exp(p) / np.exp(p).sum(1, keepdims=True)
                weight = draw("weight" + tag, (3,), positive=True) if weighted else []
                case("CrossEntropy", f"{tag}_probabilities", [x, p.round(3).astype(F32)] + weight, attrs)
    attrs = {"reduction": "mean", "ignore_index": -100, "label_smoothing": 0.0}
    case("CrossEntropy", "large_logits", [F32([[1000, 0, -1000], [5, 5, 5]]), I32([2, 1])], attrs)
    case("CrossEntropy", "all_ignored", [F32([[1, 2], [3, 4]]), I32([-100, -100])], attrs)
    case("CrossEntropy", "float16", draw("ce16", (4, 3), dtype=F16) + [I32([0, 2, 1, 1])], attrs)


def other_losses():
    for reduction in ("mean", "sum", "none"):
        for s in ((5,), (2, 3), (1,), ()):
            (x,) = draw("bce" + dims(s), s, scale=3)
            t, w, p = draw("bce_positive" + dims(s), s, s, s, positive=True, scale=0.5)
            for tag, weight, pos in (
                ("plain", None, None),
                ("weight", w, None),
                ("pos_weight", None, p),
                ("both", w, p),
            ):
                if s != () or tag == "plain":
                    case(
                        "BCEWithLogits",
                        f"{reduction}_{dims(s)}_{tag}",
                        [x, np.minimum(t, 1).astype(F32), weight, pos],
                        {"reduction": reduction},
                        grad=2,
                    )  # its gradients of the weights are always 0
            case("MSELoss", f"{reduction}_{dims(s)}", draw("mse" + dims(s), s, s), {"reduction": reduction})
        case("MSELoss", f"{reduction}_broadcast", draw("mse", (2, 3), (3,)), {"reduction": reduction})
        for t in (F16, F64):
            case(
                "MSELoss",
                f"{reduction}_{np.dtype(t).name}",
                draw("mse", (4,), (4,), dtype=t),
                {"reduction": reduction},
                tol=ROUGH if t is F64 else None,
            )
    case(
        "BCEWithLogits",
        "broadcast_pos_weight",
        draw("bcep", (2, 3)) + [F32([[0, 1, 0], [1, 1, 0]]), None, F32([1, 2, 3])],
        {"reduction": "mean"},
        grad=2,
    )
    case(
        "BCEWithLogits", "large", [F32([100, -100, 1000, -1000]), F32([0, 1, 1, 0]), None, None], {"reduction": "none"}
    )
    case("BCEWithLogits", "tutorial", [F32([-0.95275986, 0.1, 2.5]), F32([0, 0, 0]), None, None], {"reduction": "mean"})


def all_cases():
    for family in (activations, convolution, pooling, normalisation, cross_entropy, other_losses):
        family()
