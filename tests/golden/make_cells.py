"""Writes cells.json: nets of nn layers, their parameters, outputs, gradients and moving statistics. See README.md."""

import numpy as np
from mindspore import ParameterTuple, Tensor, nn, ops

from golden import normal, rng, tensor, write

rows = []


class Chain(nn.Cell):
    """A user's cell: named children called one after the other."""

    def __init__(self, children):
        super().__init__()
        self.order = [name for name, _ in children]
        for name, cell in children:
            setattr(self, name, cell)  # gives parameters their path, insert_child_to_cell does not

    def construct(self, x):
        for name in self.order:
            x = getattr(self, name)(x)
        return x


def build(spec):
    """The cell of {"type", arguments}: an nn class, SequentialCell of "layers" or Chain of "children"."""
    args = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.items() if k != "type"}
    if spec["type"] == "SequentialCell":
        return nn.SequentialCell([build(s) for s in spec["layers"]])
    if spec["type"] == "Chain":
        return Chain([(name, build(s)) for name, s in spec["children"]])
    return getattr(nn, spec["type"])(**args)


def fill(net, name):
    """Seeded parameters instead of the initialisers': weights about 1/sqrt(fan in), gamma and variances positive."""
    for p in net.get_parameters():
        gen, fan = rng(f"{name}/{p.name}"), int(np.prod(p.shape[1:]))
        values = gen.normal(size=p.shape) / np.sqrt(fan)
        if p.name.split(".")[-1] in ("gamma", "variance", "moving_variance"):
            values = np.abs(values) + 0.2
        p.set_data(Tensor(np.round(values, 3).astype(np.float32)))


def named(parameters):
    return [{"name": p.name, "requires_grad": p.requires_grad, **tensor(p)} for p in parameters]


def case(name, spec, shape, labels=False, train=True, tol=1e-5):
    """One net on one input. labels: the loss is CrossEntropyLoss on seeded classes, not sum(output * cotangent)."""
    net = build(spec)
    fill(net, name)
    x = Tensor(normal(rng(name + "/input"), shape))
    row = {"id": name, "net": spec, "parameters": named(net.get_parameters()), "input": tensor(x)}
    net.set_train(False)
    out = net(x)
    row["output_eval"] = tensor(out)
    if train:
        row.update(trained(net, name, x, out, labels))
    row["tol"] = tol
    rows.append(row)


def trained(net, name, x, out, labels):
    """What one forward and backward in training mode gives; it moves BatchNorm's statistics once."""
    row = {"labels": None, "cotangent": None}
    if labels:
        target = Tensor(rng(name + "/labels").integers(0, out.shape[1], size=out.shape[:1]).astype(np.int32))
        row["labels"], criterion = tensor(target), nn.CrossEntropyLoss()
        loss = lambda y: criterion(y, target)
    else:
        cotangent = Tensor(normal(rng(name + "/cotangent"), out.shape))
        row["cotangent"] = tensor(cotangent)
        loss = lambda y: (y * cotangent).sum()

    def forward(x):
        y = net(x)
        return loss(y), y

    net.set_train(True)
    weights = ParameterTuple(net.trainable_params())
    step = ops.value_and_grad(forward, 0, weights if len(weights) else None, has_aux=True)
    (value, y), found = step(x)
    dx, dw = found if len(weights) else (found, ())
    same = np.array_equal(y.asnumpy(), out.asnumpy())
    row["output_train"] = None if same else tensor(y)
    row["loss"] = tensor(value)
    row["input_grad"] = tensor(dx)
    row["grads"] = [{"name": w.name, **tensor(g)} for w, g in zip(weights, dw)]
    row["updated"] = named(p for p in net.get_parameters() if not p.requires_grad)
    return row


def dense(i, o, **extra):
    return {"type": "Dense", "in_channels": i, "out_channels": o, **extra}


def conv(i, o, k, **extra):
    return {"type": "Conv2d", "in_channels": i, "out_channels": o, "kernel_size": k, **extra}


def plain(kind, **extra):
    return {"type": kind, **extra}


def sequential(*layers):
    return {"type": "SequentialCell", "layers": list(layers)}


def dense_layers():
    case("dense", dense(4, 3), (5, 4))
    case("dense_one", dense(1, 1), (1, 1))
    case("dense_no_bias", dense(4, 3, has_bias=False), (5, 4))
    case("dense_3d", dense(4, 3), (2, 3, 4))
    case("dense_4d_no_bias", dense(3, 2, has_bias=False), (2, 1, 2, 3))
    case("dense_1d", dense(4, 3), (4,))
    for act in ("relu", "sigmoid", "gelu", "softmax", "logsoftmax", "leakyrelu", "elu", "relu6"):
        case("dense_" + act, dense(4, 3, activation=act), (5, 4))
    case("dense_tanh", dense(4, 3, activation="tanh"), (5, 4), tol=3e-4)
    case("dense_relu_3d_no_bias", dense(4, 3, activation="relu", has_bias=False), (2, 3, 4))
    case("dense_cross_entropy", dense(4, 3), (5, 4), labels=True)


def conv_layers():
    case("conv_default", conv(2, 3, 3), (2, 2, 5, 5))
    for mode in ("same", "valid"):
        case(f"conv_{mode}_bias", conv(2, 3, 3, pad_mode=mode, has_bias=True), (2, 2, 5, 5))
        case(f"conv_{mode}_stride2", conv(2, 3, 3, pad_mode=mode, stride=2, has_bias=True), (2, 2, 6, 5))
        case(f"conv_{mode}_2x3", conv(1, 2, [2, 3], pad_mode=mode, stride=[1, 2], has_bias=True), (2, 1, 4, 6))
    case("conv_pad_bias", conv(2, 3, 3, pad_mode="pad", padding=1, has_bias=True), (2, 2, 4, 4))
    case("conv_pad_each_side", conv(1, 2, 3, pad_mode="pad", padding=[0, 1, 2, 1], has_bias=True), (1, 1, 4, 5))
    case("conv_dilated", conv(1, 2, 3, pad_mode="valid", dilation=2), (1, 1, 7, 7))
    case("conv_group", conv(4, 4, 3, group=2, has_bias=True), (1, 4, 4, 4))
    case("conv_depthwise", conv(3, 3, 3, group=3), (2, 3, 4, 4))


def other_layers():
    for kind in ("MaxPool2d", "AvgPool2d"):
        low = kind.lower()
        case(low + "_default", plain(kind), (1, 2, 3, 3))
        case(low + "_k2", plain(kind, kernel_size=2), (1, 2, 4, 5))
        case(low + "_k2_s2", plain(kind, kernel_size=2, stride=2), (2, 2, 5, 4))
        case(low + "_same", plain(kind, kernel_size=[3, 2], stride=2, pad_mode="same"), (1, 2, 5, 5))
        case(low + "_pad", plain(kind, kernel_size=3, stride=2, pad_mode="pad", padding=1), (1, 2, 5, 5))
    bn = {"tol": 5e-5}
    case("batchnorm2d", plain("BatchNorm2d", num_features=2), (4, 2, 3, 3), **bn)
    case("batchnorm2d_momentum", plain("BatchNorm2d", num_features=3, momentum=0.99, eps=1e-3), (3, 3, 2, 2), **bn)
    case("batchnorm2d_no_affine", plain("BatchNorm2d", num_features=2, affine=False), (3, 2, 2, 2), **bn)
    case("batchnorm2d_frozen", plain("BatchNorm2d", num_features=2, use_batch_statistics=False), (3, 2, 2, 2), **bn)
    case("layernorm", plain("LayerNorm", normalized_shape=[6]), (4, 6), **bn)
    case("layernorm_3d", plain("LayerNorm", normalized_shape=[4], epsilon=1e-5), (2, 3, 4), **bn)
    case(
        "layernorm_two_axes",
        plain("LayerNorm", normalized_shape=[3, 4], begin_norm_axis=1, begin_params_axis=1),
        (2, 3, 4),
        **bn,
    )
    case("gelu_default", plain("GELU"), (3, 5))
    case("gelu_exact", plain("GELU", approximate=False), (3, 5))
    case("softmax_default", plain("Softmax"), (3, 5))
    case("softmax_axis1", plain("Softmax", axis=1), (2, 3, 4))
    case("logsoftmax_default", plain("LogSoftmax"), (3, 5))
    case("leakyrelu_default", plain("LeakyReLU"), (3, 5))
    case("elu_default", plain("ELU"), (3, 5))
    case("tanh", plain("Tanh"), (3, 5), tol=3e-4)
    for kind in ("ReLU", "Sigmoid", "SiLU", "ReLU6"):
        case(kind.lower(), plain(kind), (3, 5))
    case("flatten", plain("Flatten"), (2, 3, 2, 2))
    case("dropout_off", sequential(dense(4, 6), plain("Dropout", p=0.5), dense(6, 2)), (3, 4), train=False)
    case("dropout_zero", sequential(dense(4, 6), plain("Dropout", p=0.0), dense(6, 2)), (3, 4))


def nets():
    relu, flatten = plain("ReLU"), plain("Flatten")
    mlp = sequential(dense(6, 8), relu, dense(8, 5), relu, dense(5, 3))
    case("mlp", mlp, (4, 6))
    case("mlp_cross_entropy", mlp, (4, 6), labels=True)
    case(
        "mlp_nested",
        sequential(flatten, sequential(dense(6, 4), plain("Sigmoid")), sequential(sequential(dense(4, 2)))),
        (3, 2, 3),
        labels=True,
    )
    stack = sequential(dense(16, 8), relu, dense(8, 8), relu, dense(8, 4))
    tutorial = {"type": "Chain", "children": [["flatten", flatten], ["dense_relu_sequential", stack]]}
    case("tutorial_network", tutorial, (3, 1, 4, 4), labels=True)
    block = {
        "type": "Chain",
        "children": [
            ["fc1", dense(6, 8)],
            ["norm", plain("LayerNorm", normalized_shape=[8])],
            ["act", plain("GELU")],
            ["fc2", dense(8, 3)],
        ],
    }
    case("layernorm_gelu_block", block, (4, 6), labels=True, tol=5e-5)
    norm = sequential(
        conv(1, 3, 3),
        plain("BatchNorm2d", num_features=3),
        relu,
        plain("MaxPool2d", kernel_size=2, stride=2),
        flatten,
        dense(12, 4),
    )
    case("conv_batchnorm_net", norm, (3, 1, 4, 4), labels=True, tol=5e-5)
    named_norm = {
        "type": "Chain",
        "children": [
            ["conv", conv(2, 3, 3, has_bias=True, pad_mode="valid")],
            ["bn", plain("BatchNorm2d", num_features=3)],
            ["flatten", flatten],
            ["fc", dense(12, 2, has_bias=False)],
        ],
    }
    case("named_batchnorm_net", named_norm, (3, 2, 4, 4), tol=5e-5)
    pool = plain("MaxPool2d", kernel_size=2, stride=2)
    lenet = {
        "type": "Chain",
        "children": [
            ["conv1", conv(1, 2, 5, pad_mode="valid")],
            ["relu1", relu],
            ["pool1", pool],
            ["conv2", conv(2, 4, 5, pad_mode="valid")],
            ["relu2", relu],
            ["pool2", pool],
            ["flatten", flatten],
            ["fc1", dense(64, 16)],
            ["relu3", relu],
            ["fc2", dense(16, 12)],
            ["relu4", relu],
            ["fc3", dense(12, 10)],
        ],
    }
    case("lenet5", lenet, (2, 1, 28, 28), labels=True)
    average = sequential(
        conv(1, 2, 5, pad_mode="pad", padding=2, has_bias=True),
        plain("Sigmoid"),
        plain("AvgPool2d", kernel_size=2, stride=2),
        flatten,
        dense(72, 5),
    )
    case("lenet_average", average, (2, 1, 12, 12), labels=True)


if __name__ == "__main__":
    for family in (dense_layers, conv_layers, other_layers, nets):
        family()
    write("cells", rows)
