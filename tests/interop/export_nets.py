"""Exports nets with the MindSpore that runs this, for read_nets:
FOLDER/NAME.mindir, NAME.input0.npy ..., NAME.expected0.npy ...; with PACK, all of them in one file (tests/support/pack.h).

export_nets.py FOLDER [PACK]
"""

import glob
import os
import sys

os.environ.setdefault("GLOG_v", "3")

import mindspore as ms  # noqa: E402
import numpy as np  # noqa: E402
from mindspore import nn, ops  # noqa: E402

rng = np.random.default_rng(5)
NETS = []


def f(*shape):
    return ms.Tensor(rng.standard_normal(shape).astype(np.float32))


def p(*shape):
    return ms.Tensor((rng.random(shape) + 0.1).astype(np.float32))


def i(high, *shape):
    return ms.Tensor(rng.integers(0, high, shape).astype(np.int32))


def net(name, cell, *inputs):
    NETS.append((name, cell, inputs))


def layers():
    net("dense", nn.Dense(3, 2), f(4, 3))
    net("dense_no_bias", nn.Dense(3, 2, has_bias=False), f(4, 3))
    net("dense_3d", nn.Dense(3, 2), f(5, 4, 3))
    net("dense_activation", nn.Dense(3, 2, activation="relu"), f(4, 3))
    net(
        "sequential",
        nn.SequentialCell(nn.Flatten(), nn.Dense(12, 8), nn.ReLU(), nn.Dense(8, 3), nn.Softmax()),
        f(2, 3, 4),
    )
    net("conv_same", nn.Conv2d(2, 3, 3), f(1, 2, 6, 6))
    net("conv_same_stride", nn.Conv2d(2, 3, 3, stride=2), f(2, 2, 7, 6))
    net("conv_valid_bias", nn.Conv2d(2, 3, 3, pad_mode="valid", has_bias=True), f(1, 2, 6, 6))
    net("conv_pad", nn.Conv2d(2, 4, 3, stride=2, pad_mode="pad", padding=1, group=2), f(1, 2, 6, 6))
    net("conv_pad4", nn.Conv2d(2, 4, (3, 2), stride=(2, 1), pad_mode="pad", padding=(1, 0, 2, 1)), f(1, 2, 6, 6))
    net("conv_dilation", nn.Conv2d(2, 4, 3, dilation=2, pad_mode="valid"), f(1, 2, 9, 9))
    net("conv1d", nn.Conv1d(2, 3, 3), f(1, 2, 6))
    net("max_pool", nn.MaxPool2d(2, 2), f(1, 2, 6, 6))
    net("max_pool_same", nn.MaxPool2d(3, 2, pad_mode="same"), f(1, 2, 6, 6))
    net("max_pool_pad", nn.MaxPool2d(3, 2, pad_mode="pad", padding=1), f(1, 2, 6, 6))
    net("avg_pool", nn.AvgPool2d(2, 2), f(1, 2, 6, 6))
    net("avg_pool_same", nn.AvgPool2d(3, 2, pad_mode="same"), f(1, 2, 6, 6))
    net("avg_pool_pad", nn.AvgPool2d(3, 2, pad_mode="pad", padding=1), f(1, 2, 6, 6))
    net("avg_pool_inside", nn.AvgPool2d(3, 2, pad_mode="pad", padding=1, count_include_pad=False), f(1, 2, 6, 6))
    net("batch_norm2d", nn.BatchNorm2d(2), f(2, 2, 4, 4))
    net("batch_norm1d", nn.BatchNorm1d(3), f(4, 3))
    net("layer_norm", nn.LayerNorm((3,)), f(4, 3))
    net("layer_norm_two", nn.LayerNorm((3, 2), begin_norm_axis=1, begin_params_axis=1), f(4, 3, 2))
    net("group_norm", nn.GroupNorm(2, 4), f(2, 4, 3, 3))
    net("embedding", nn.Embedding(5, 3), i(5, 2, 2))
    net("dropout", nn.SequentialCell(nn.Dropout(p=0.5), nn.ReLU()), f(4, 3))
    for name, cell in {
        "relu": nn.ReLU(),
        "relu6": nn.ReLU6(),
        "leaky": nn.LeakyReLU(),
        "elu": nn.ELU(),
        "silu": nn.SiLU(),
        "sigmoid": nn.Sigmoid(),
        "tanh": nn.Tanh(),
        "gelu": nn.GELU(),
        "gelu_exact": nn.GELU(False),
        "hswish": nn.HSwish(),
        "softmax": nn.Softmax(),
        "softmax0": nn.Softmax(0),
        "log_softmax": nn.LogSoftmax(),
        "prelu": nn.PReLU(),
        "prelu3": nn.PReLU(3),
        "flatten": nn.Flatten(),
    }.items():
        net(name, cell, f(4, 3))
    net("ce_loss", nn.CrossEntropyLoss(), f(4, 3), i(3, 4))
    net("bce_loss", nn.BCEWithLogitsLoss(), f(4, 3), p(4, 3))
    net("bce_loss_sum", nn.BCEWithLogitsLoss(reduction="sum"), f(4, 3), p(4, 3))
    net("mse_loss", nn.MSELoss(), f(4, 3), f(4, 3))


ONE = """abs ops.abs(x)|exp ops.exp(x)|neg ops.neg(x)|square ops.square(x)|erf ops.erf(x)|sin ops.sin(x)|cos ops.cos(x)
floor ops.floor(x)|ceil ops.ceil(x)|round ops.round(x)|sign ops.sign(x)|relu ops.relu(x)
softmax ops.softmax(x)|gelu ops.gelu(x)|add_number x + 1.5|sub_number 1.5 - x|mul_number x * 2
div_number x / 3|pow_number x ** 2|mod_number x % 2|floordiv_number x // 2|gt_number x > 0.5|eq_number x == 1
lt_number x < 1|clip ops.clamp(x, -0.5, 0.5)|clip_by ops.clip_by_value(x, -0.5, 0.5)|sum x.sum()
sum_axis x.sum(0)|sum_keep x.sum(1, keepdims=True)|mean x.mean()|mean_axis x.mean(1)|max x.max()|min x.min()
max_axis x.max(axis=1)|std x.std(1)|var x.var(1)|argmax x.argmax(1)|argmin x.argmin(1)|reshape x.reshape(2, 6)
reshape_left x.reshape(3, -1)|view x.view(12)|transpose x.transpose(1, 0)|T_matmul ops.matmul(x, x.T)
swapaxes x.swapaxes(0, 1)|expand_dims x.expand_dims(1)|squeeze x.expand_dims(0).squeeze(0)|index x[0]
index_last x[-1]|slice x[1:3, ::2]|slice_back x[:, 1:]|new_axis x[None, :]|astype x.astype(ms.int32)
astype_half x.astype(ms.float16)|tile ops.tile(x, (2, 1))|chunk ops.chunk(x, 2, 0)[1]
unstack ops.unstack(x, 0)[1]|broadcast ops.broadcast_to(x.expand_dims(0), (2, 4, 3))
log_softmax ops.log_softmax(x)|identity x|stop ops.stop_gradient(x) + 1|two (x + 1, x * 2)
nested (x + 1, (x * 2, x * 3))|zeros x + ops.zeros((3,), ms.float32)|select ops.select(x > 0, x, -x)
masked ops.masked_fill(x, x > 0, 0.25)|flatten ops.flatten(x)|norm ops.sqrt((x * x).sum(1))
log ops.log(ops.abs(x))|sqrt ops.sqrt(ops.abs(x))|rsqrt ops.rsqrt(ops.abs(x))|reciprocal ops.reciprocal(x)
gather_elements ops.gather_elements(x, 1, ops.ones((4, 2), ms.int32))|where ops.where(x > 0, x, x * 2)
silu ops.silu(x)|elu ops.elu(x)|leaky ops.leaky_relu(x, 0.1)|prod_like (x.sum(0) * x.mean(0)).expand_dims(0)
pow3 ops.pow(x, 3)|logical ops.logical_not(x > 0)|stack3 ops.stack((x, x, x), 1)|cat3 ops.concat((x, x, x), 0)
mean_all_keep ops.mean(x, (0, 1), True)"""
TWO = """add x + y|sub x - y|mul x * y|div x / y|maximum ops.maximum(x, y)|minimum ops.minimum(x, y)|floordiv x // y
mod x % y|greater x > y|le x <= y|ne x != y|logical ops.logical_and(x > 0, y > 0)|concat ops.concat((x, y), 1)
stack ops.stack((x, y), 0)|bmm ops.matmul(x.reshape(2, 2, 3), y.reshape(2, 3, 2))|pow ops.pow(ops.abs(x), y)
mse ops.mse_loss(x, y)|matmul ops.matmul(x, y.T)|where ops.where(x > y, x, y)|bias ops.bias_add(x, y[0])"""
MINT = """add mint.add(x, x)|sub mint.sub(x, x, alpha=2)|mean mint.mean(x, 1)|mean_all mint.mean(x)|sum mint.sum(x, 1)
max_dim mint.max(x, 1)[0]|softmax mint.nn.functional.softmax(x, 1)|cat mint.cat((x, x), 1)
reshape mint.reshape(x, (2, 6))|transpose mint.transpose(x, 0, 1)|permute mint.permute(x, (1, 0))
flatten mint.flatten(x)|unsqueeze mint.unsqueeze(x, 1)|matmul mint.matmul(x, x.T)
bmm mint.bmm(x.reshape(2, 2, 3), x.reshape(2, 3, 2))|argmax mint.argmax(x, 1)|silu mint.nn.functional.silu(x)
log_softmax mint.nn.functional.log_softmax(x, 1)|split mint.split(x, 2, 0)[1]|clamp mint.clamp(x, 0.1, 0.5)
pow mint.pow(x, 2)|linear mint.nn.functional.linear(x, x)|where mint.where(x > 0, x, x * 2)
narrow mint.narrow(x, 0, 1, 2)|select mint.select(x, 0, 1)|chunk mint.chunk(x, 2, 0)[0]
ones x + mint.ones_like(x)|zeros x + mint.zeros_like(x)|broadcast mint.broadcast_to(x, (2, 4, 3))
one_hot mint.nn.functional.one_hot((x > 0).astype(ms.int64), 3)"""
OTHERS = (
    ("matmul_rows", "x, y", "ops.matmul(x, y)", lambda: (f(2, 4, 3), f(3, 2))),
    ("gather", "x, k", "ops.gather(x, k, 0)", lambda: (f(4, 3), i(4, 2))),
    ("one_hot", "k", "ops.one_hot(k, 4, ms.Tensor(1.0, ms.float32), ms.Tensor(0.0, ms.float32))", lambda: (i(4, 3),)),
    ("layer_norm", "x, g, b", "ops.layer_norm(x, (3,), g, b)", lambda: (f(4, 3), f(3), f(3))),
    ("linear", "x, w, b", "ops.dense(x, w, b)", lambda: (f(4, 3), f(2, 3), f(2))),
    ("int", "a, b", "a * b + 1", lambda: (i(5, 4), i(5, 4))),
)


def functions(folder):
    """MindSpore reads the source of what it compiles, so the functions become a module."""
    cases = [
        (e.split(" ", 1)[0], "x", e.split(" ", 1)[1], lambda: (f(4, 3),)) for e in ONE.replace("\n", "|").split("|")
    ]
    cases += [
        ("two_" + e.split(" ", 1)[0], "x, y", e.split(" ", 1)[1], lambda: (f(4, 3), f(4, 3)))
        for e in TWO.replace("\n", "|").split("|")
    ]
    cases += OTHERS
    has_mint = hasattr(ms, "mint")  # 2.10, not 2.0
    if has_mint:
        cases += [
            ("mint_" + e.split(" ", 1)[0], "x", e.split(" ", 1)[1], lambda: (f(4, 3),))
            for e in MINT.replace("\n", "|").split("|")
        ]
    text = "import mindspore as ms\nfrom mindspore import nn, ops" + (", mint" if has_mint else "") + "\n"
    for name, arguments, expression, _ in cases:
        text += f"\n\nclass F_{name}(nn.Cell):\n    def construct(self, {arguments}):\n        return {expression}\n"
    with open(os.path.join(folder, "functions.py"), "w") as out:
        out.write(text)
    sys.path.insert(0, folder)
    import functions as module

    for name, _, _, inputs in cases:
        net("f_" + name, getattr(module, "F_" + name)(), *inputs())


class LeNet(nn.Cell):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, pad_mode="valid"), nn.Conv2d(6, 16, 5, pad_mode="valid")
        self.pool, self.relu, self.flatten = nn.MaxPool2d(2, 2), nn.ReLU(), nn.Flatten()
        self.fc1, self.fc2, self.fc3 = nn.Dense(400, 120), nn.Dense(120, 84), nn.Dense(84, 10)

    def construct(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = self.relu(self.fc1(self.flatten(x)))
        return self.fc3(self.relu(self.fc2(x)))


class Block(nn.Cell):
    """A residual block, two branches, global pooling."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.relu = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()
        self.short, self.head = nn.Conv2d(3, 8, 1), nn.Dense(8, 5)

    def construct(self, x):
        return self.head(self.relu(self.norm(self.conv(x)) + self.short(x)).mean((2, 3)))


class Attention(nn.Cell):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = nn.Dense(8, 8), nn.Dense(8, 8), nn.Dense(8, 8)
        self.norm, self.softmax = nn.LayerNorm((8,)), nn.Softmax()

    def construct(self, x):
        b, n, c = x.shape
        q = self.q(x).reshape(b, n, 2, 4).transpose(0, 2, 1, 3)
        k = self.k(x).reshape(b, n, 2, 4).transpose(0, 2, 3, 1)
        v = self.v(x).reshape(b, n, 2, 4).transpose(0, 2, 1, 3)
        y = ops.matmul(self.softmax(ops.matmul(q, k) / 2.0), v)
        return self.norm(y.transpose(0, 2, 1, 3).reshape(b, n, c) + x)


def models():
    net("lenet", LeNet(), f(2, 1, 32, 32))
    net("block", Block(), f(2, 3, 8, 8))
    net("attention", Attention(), f(2, 5, 8))
    dynamic = nn.SequentialCell(nn.Flatten(), nn.Dense(12, 4), nn.ReLU())
    net("dynamic", dynamic, f(2, 3, 4))


def export(folder, name, cell, inputs):
    cell.set_train(False)
    for parameter in cell.get_parameters():  # also moving averages: nothing is 0 or 1
        fan_in = int(np.prod(parameter.shape[1:])) or 1
        value = rng.standard_normal(parameter.shape) / np.sqrt(fan_in)
        value = np.abs(value) + 0.5 if "variance" in parameter.name else value
        parameter.set_data(ms.Tensor(value.astype(np.float32)))
    out = cell(*inputs)
    stem = os.path.join(folder, name)
    given = (
        [ms.Tensor(shape=[None] + list(x.shape[1:]), dtype=x.dtype) for x in inputs] if name == "dynamic" else inputs
    )
    if name == "dynamic":
        cell.set_inputs(*given)
    ms.export(cell, *given, file_name=stem, file_format="MINDIR")
    for k, x in enumerate(inputs):
        np.save(f"{stem}.input{k}.npy", x.asnumpy())

    def flat(v):
        return [t for w in v for t in flat(w)] if isinstance(v, (tuple, list)) else [v]

    for k, y in enumerate(flat(out)):
        np.save(f"{stem}.expected{k}.npy", np.asarray(y.asnumpy(), order="C"))


def pack(folder, path, most=20000):
    """All nets of a folder but the large ones."""
    with open(path, "wb") as out:
        for model in sorted(glob.glob(os.path.join(folder, "*.mindir"))):
            stem = model[: -len(".mindir")]
            files = [model] + sorted(glob.glob(stem + ".input*.npy")) + sorted(glob.glob(stem + ".expected*.npy"))
            if sum(os.path.getsize(f) for f in files) > most or len(files) == 1:
                continue
            for file in files:
                with open(file, "rb") as f:
                    data = f.read()
                out.write(f"{len(data)} {os.path.basename(file)}\n".encode() + data)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    ms.set_context(mode=ms.GRAPH_MODE, device_target="CPU")
    layers()
    functions(folder)
    models()
    for name, cell, inputs in NETS:
        try:
            export(folder, name, cell, inputs)
        except Exception as e:  # some are not known to every version
            print(f"left out {name}: {str(e).strip().splitlines()[0][:100] if str(e).strip() else type(e).__name__}")
    print(f"{len(NETS)} nets")
    if len(sys.argv) > 2:
        pack(folder, sys.argv[2])


main()
