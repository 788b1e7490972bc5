"""Writes tests/fixtures/onnx: nets as PyTorch exports them and single operators, with what ONNX Runtime computes for them.

    python3 tests/interop/make_onnx.py [PROGRAM]

NAME/model.onnx with NAME/setK/inI.npy and outI.npy; nodes.pack, sampling.pack: one operator with random shapes and attributes each; standard.pack:
some of the cases that the `onnx` package ships (those that PROGRAM, see onnx_backend.py, passes). A pack is a row of files: a line
"SIZE NAME", then the bytes. Needs torch, onnx, onnxruntime, onnxscript.
"""

import collections
import io
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

warnings.filterwarnings("ignore")
ROOT = os.path.join(os.path.dirname(__file__), "..", "fixtures", "onnx")
rng = np.random.default_rng(7)


def run(model, feeds):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    return session.run(None, dict(zip(names, feeds)))


def npy(a):
    f = io.BytesIO()
    np.save(f, np.asarray(a), allow_pickle=False)
    return f.getvalue()


# ---- nets ----


def save_net(name, model, sets):
    folder = os.path.join(ROOT, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    del model.metadata_props[:]
    for node in model.graph.node:
        node.ClearField("doc_string")
        del node.metadata_props[:]
    for v in list(model.graph.value_info) + list(model.graph.initializer):
        del v.metadata_props[:]
    del model.graph.metadata_props[:]
    data = model.SerializeToString()
    with open(os.path.join(folder, "model.onnx"), "wb") as f:
        f.write(data)
    for k, feeds in enumerate(sets):
        os.makedirs(os.path.join(folder, f"set{k}"))
        for kind, arrays in (("in", feeds), ("out", run(data, feeds))):
            for i, a in enumerate(arrays):
                with open(os.path.join(folder, f"set{k}", f"{kind}{i}.npy"), "wb") as f:
                    f.write(npy(a))


def torch_net(name, net, inputs, opset, batches=(1, 2, 5), dynamo=False, dynamic=True):
    """inputs: a function from a batch to tensors."""
    net.eval()
    args = tuple(inputs(2))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        options = {"opset_version": opset, "dynamo": dynamo, "input_names": [f"x{i}" for i in range(len(args))]}
        if dynamo:
            if dynamic:
                batch = torch.export.Dim("batch")
                options["dynamic_shapes"] = tuple({0: batch} for _ in args)
            torch.onnx.export(net, args, path, external_data=False, verbose=False, **options)
        else:
            if dynamic:
                options["dynamic_axes"] = {n: {0: "batch"} for n in options["input_names"]}
            torch.onnx.export(net, args, path, **options)
        model = onnx.load(path)
    sets = [[t.numpy() for t in inputs(b)] for b in (batches if dynamic else (2,))]
    save_net(name, model, sets)


class Mlp(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 4), nn.Softmax(-1))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 3, 5, padding=2), nn.Conv2d(3, 4, 5)
        self.fc1, self.fc2 = nn.Linear(4 * 5 * 5, 12), nn.Linear(12, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        return torch.log_softmax(self.fc2(torch.relu(self.fc1(x))), 1)


class ConvNet(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU6(),
            nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.BatchNorm2d(6), nn.Hardswish(),
            nn.MaxPool2d(3, 2, 1), nn.Conv2d(6, 8, 1), nn.LeakyReLU(0.1), nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(), nn.Linear(32, 5))
        for m in self:
            if isinstance(m, nn.BatchNorm2d):
                nn.init.uniform_(m.running_mean, -1, 1)
                nn.init.uniform_(m.running_var, 0.5, 2)
                nn.init.uniform_(m.weight, 0.5, 2)
                nn.init.uniform_(m.bias, -1, 1)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.a, self.b, self.skip = nn.Conv2d(4, 6, 3, 2, 1), nn.Conv2d(6, 6, 3, 1, 1), nn.Conv2d(4, 6, 1, 2)
        self.norm, self.head = nn.BatchNorm2d(6), nn.Linear(6, 4)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        y = torch.relu(self.norm(self.b(torch.relu(self.a(x))) + self.skip(x)))
        return self.head(torch.flatten(nn.functional.adaptive_avg_pool2d(y, 1), 1))


class NormMlp(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(8, 12), nn.LayerNorm(12), nn.GELU(), nn.Linear(12, 12), nn.GELU("tanh"), nn.LayerNorm(12, elementwise_affine=False),
                         nn.SiLU(), nn.Linear(12, 3), nn.Softplus())


class TwoInTwoOut(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 5), nn.Linear(4, 5)

    def forward(self, x, y):
        u, v = self.a(x), self.b(y)
        parts = torch.cat([u, v], 1).chunk(2, 1)
        return torch.where(u > v, u, v * 0.5) + parts[1].mean(1, keepdim=True), torch.sigmoid(parts[0]) * v.abs().clamp(0.1, 2.0).pow(1.5)


class Attention(nn.Module):
    """A transformer block with a class token, as in a ViT."""

    def __init__(self, d=8, heads=2):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, d))
        self.place = nn.Parameter(torch.randn(1, 6, d))
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.up, self.down = nn.Linear(d, 2 * d), nn.Linear(2 * d, d)
        self.heads, self.d = heads, d

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, self.d // self.heads).transpose(1, 2)

    def forward(self, x):
        x = torch.cat([self.token.expand(x.size(0), -1, -1), x], 1) + self.place
        n = self.norm1(x)
        q, k, v = self.split(self.q(n)), self.split(self.k(n)), self.split(self.v(n))
        w = torch.softmax(q @ k.transpose(-1, -2) / (self.d // self.heads) ** 0.5, -1)
        y = (w @ v).transpose(1, 2).reshape(x.size(0), -1, self.d)
        x = x + self.o(y)
        x = x + self.down(nn.functional.gelu(self.up(self.norm2(x))))
        return x[:, 0]


class Embedded(nn.Module):
    """Words, a mean over them, a head; a state of zeros made of the batch's size."""

    def __init__(self):
        super().__init__()
        self.words, self.head = nn.Embedding(20, 6), nn.Linear(12, 3)

    def forward(self, x):
        e = self.words(x)
        state = torch.zeros(x.size(0), 6) + e[:, -1]
        return self.head(torch.cat([e.mean(1), state.view(x.shape[0], -1)], 1))


class UpAndDown(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv1d(2, 4, 3, padding=1, stride=2), nn.InstanceNorm1d(4, affine=True), nn.ELU(), nn.ConvTranspose1d(4, 3, 4, 2, 1), nn.PReLU(3),
                         nn.AvgPool1d(2), nn.GroupNorm(3, 3), nn.Conv1d(3, 2, 1))


def nets():
    x = lambda *shape: (lambda b: [torch.from_numpy(rng.standard_normal((b, *shape)).astype("f4"))])
    torch_net("mlp_13", Mlp(), x(8), 13)
    torch_net("mlp_fixed_9", Mlp(), x(8), 9, dynamic=False)
    torch_net("lenet_9", LeNet(), x(1, 28, 28), 9, batches=(1, 3))
    torch_net("lenet_18_dynamo", LeNet(), x(1, 28, 28), 18, batches=(1, 3), dynamo=True)
    torch_net("convnet_17", ConvNet(), x(3, 15, 15), 17, batches=(1, 3))
    torch_net("convnet_20_dynamo", ConvNet(), x(3, 15, 15), 20, batches=(1, 3), dynamo=True)
    torch_net("residual_13", Residual(), x(3, 9, 9), 13, batches=(1, 3))
    torch_net("norm_mlp_17", NormMlp(), x(8), 17)
    torch_net("norm_mlp_20_dynamo", NormMlp(), x(8), 20, dynamo=True)
    two = lambda b: [*x(6)(b), *x(4)(b)]
    torch_net("two_in_two_out_13", TwoInTwoOut(), two, 13)
    torch_net("two_in_two_out_18_dynamo", TwoInTwoOut(), two, 18, dynamo=True)
    torch_net("attention_14", Attention(), x(5, 8), 14)
    torch_net("attention_17", Attention(), x(5, 8), 17)
    torch_net("attention_18_dynamo", Attention(), x(5, 8), 18, dynamo=True)
    words = lambda b: [torch.from_numpy(rng.integers(0, 20, (b, 7)))]
    torch_net("embedded_13", Embedded(), words, 13)
    torch_net("embedded_18_dynamo", Embedded(), words, 18, dynamo=True)
    torch_net("up_and_down_17", UpAndDown(), x(2, 12), 17)
    torch_net("up_and_down_18_dynamo", UpAndDown(), x(2, 12), 18, dynamo=True)


# ---- single operators ----


def values(*shape, low=-2.0, high=2.0, dtype="f4"):
    a = rng.uniform(low, high, shape)
    return (np.round(a) if np.dtype(dtype).kind in "iu" else a).astype(dtype)


def pick(*choices):
    return choices[rng.integers(len(choices))]


Case = collections.namedtuple("Case", "op inputs attributes opset inside outputs name")
all_cases = []


def case(op, inputs, opset=22, inside=None, outputs=1, **attributes):
    """inside: which inputs are initializers; by default those of integers and single numbers behind the first."""
    if inside is None:
        inside = [i for i, a in enumerate(inputs) if i > 0 and a is not None and (a.dtype.kind in "iu" or a.ndim == 0)]
    same = sum(c.op == op for c in all_cases)
    all_cases.append(Case(op, inputs, attributes, opset, inside, outputs, f"{op.lower()}_{same}"))


def ints(*v):
    return np.array(v, "i8")


def operators():
    for op in "Abs Neg Sign Exp Sin Cos Tan Sinh Cosh Floor Ceil Round Erf Sigmoid Tanh Relu Softplus Softsign Mish HardSwish".split():
        case(op, [values(2, int(rng.integers(2, 6)), high=3.0)])
    for op in "Log Sqrt Reciprocal".split():
        case(op, [values(3, 4, low=0.1)])
    for op in "Add Sub Mul Div Pow Max Min".split():
        case(op, [values(2, 3, 4, low=0.5), values(*pick((3, 1), (4,), (1, 3, 4), (1,)), low=0.5)])
    for op in "Add Sub Mul Div Mod Max Min".split():
        case(op, [values(5, low=-9, high=9, dtype="i4"), np.array([3, -2, 4, -5, 2], "i4")], inside=[])
    case("Mod", [values(6, low=-9, high=9), values(6, low=1, high=4)], fmod=1)
    case("Mod", [values(6, low=-9, high=9, dtype="i8"), ints(4, -3, 5, -2, 3, 7)], fmod=1, inside=[])
    for op in "Max Min Sum Mean".split():
        case(op, [values(2, 3), values(3), values(2, 1)])
    for op in "Equal Less LessOrEqual Greater GreaterOrEqual".split():
        case(op, [values(3, 4, dtype="i4"), values(4, dtype="i4")], inside=[])
    for op in "And Or Xor".split():
        case(op, [values(3, 4) > 0, values(4) > 0])
    case("Not", [values(3, 4) > 0])
    case("Where", [values(3, 1) > 0, values(3, 4), values(4)])
    case("IsNaN", [np.array([1, np.nan, np.inf], "f4")])
    case("IsInf", [np.array([1, np.nan, np.inf, -np.inf], "f4")], detect_negative=0)
    for to in (TensorProto.FLOAT16, TensorProto.INT32, TensorProto.BOOL, TensorProto.DOUBLE, TensorProto.UINT8):
        case("Cast", [values(2, 5, low=0)], to=to)
    case("CastLike", [values(2, 5), values(1, dtype="i8")], inside=[])
    case("Identity", [values(2, 5)])
    case("Dropout", [values(2, 5)], ratio=0.3, opset=10)
    case("Dropout", [values(2, 5), np.array(0.5, "f4"), np.array(False)], inside=[1, 2])

    for opset in (9, 11, 13):
        case("MatMul", [values(2, 3, 4), values(4, 5)], opset=opset)
    case("MatMul", [values(4), values(2, 4, 3)])
    for transA in (0, 1):
        for transB in (0, 1):
            a, b = (values(4, 3) if transA else values(3, 4)), (values(5, 4) if transB else values(4, 5))
            case("Gemm", [a, b, values(*pick((5,), (3, 1), (1, 5), ()))], inside=[1, 2], alpha=float(pick(1, 0.5)), beta=float(pick(1, -2)), transA=transA, transB=transB)
    case("Gemm", [values(3, 4), values(4, 5)])

    for op in "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare".split():
        x = values(2, 3, 4, low=0.2)
        case(op, [x], opset=pick(9, 11), axes=pick([1], [0, 2], [-1]), keepdims=int(pick(0, 1)))
        case(op, [x, ints(*pick([1], [0, 2], [-1]))], opset=18, keepdims=int(pick(0, 1)))
        case(op, [x], opset=18)
    case("ReduceSum", [values(2, 3)], noop_with_empty_axes=1)
    for op in ("ArgMax", "ArgMin"):
        case(op, [values(3, 4, dtype="i4").astype("f4")], axis=int(pick(0, 1, -1)), keepdims=int(pick(0, 1)), select_last_index=int(pick(0, 1)))
        case(op, [values(3, 4)], opset=11, axis=1)

    case("LeakyRelu", [values(3, 4)], alpha=0.3)
    case("LeakyRelu", [values(3, 4)], opset=9)
    case("PRelu", [values(2, 3, 4), values(3, 1)], inside=[1])
    case("Elu", [values(3, 4)], alpha=1.7)
    case("Selu", [values(3, 4)])
    case("Celu", [values(3, 4)], alpha=0.8)
    case("ThresholdedRelu", [values(3, 4)], alpha=0.4)
    case("HardSigmoid", [values(3, 4, low=-5)], alpha=0.3, beta=0.4)
    case("Shrink", [values(3, 4)], lambd=0.6, bias=0.1)
    case("Gelu", [values(3, 4)], approximate="none")
    case("Gelu", [values(3, 4)], approximate="tanh")
    case("Clip", [values(3, 4), np.array(-0.5, "f4"), np.array(1, "f4")])
    case("Clip", [values(3, 4), None, np.array(1, "f4")])
    case("Clip", [values(3, 4)], opset=10, min=-1.0, max=0.25)
    for op in ("Softmax", "LogSoftmax"):
        for opset in (9, 11, 13):
            case(op, [values(2, 3, 4)], opset=opset, axis=int(pick(0, 1, 2, -1) if opset > 9 else pick(1, 2)))
        case(op, [values(2, 3, 4)], opset=pick(9, 13))
    case("Hardmax", [values(2, 3, 4)], axis=1)

    x = values(2, 3, 4)
    case("Reshape", [x, ints(4, -1)])
    case("Reshape", [x, ints(0, 3, 2, -1)])
    case("Reshape", [values(0, 3), ints(3, 0)], allowzero=1)
    for axis in (0, 1, 2, 3, -1):
        case("Flatten", [x], axis=axis)
    case("Transpose", [x], perm=[2, 0, 1])
    case("Transpose", [x])
    case("Unsqueeze", [x, ints(0, -1)])
    case("Unsqueeze", [x], opset=11, axes=[1, 3])
    case("Squeeze", [values(1, 3, 1, 2), ints(-2)])
    case("Squeeze", [values(1, 3, 1, 2)], opset=11, axes=[0])
    case("Squeeze", [values(1, 3, 1, 2)])
    case("Expand", [values(3, 1), ints(2, 1, 4)])
    case("Tile", [values(2, 3), ints(2, 2)])
    case("Concat", [x, values(2, 1, 4)], axis=1)
    case("Concat", [values(2), values(3), values(1)], axis=-1)
    case("Split", [values(5, 2)], opset=11, split=[2, 3], outputs=2)
    case("Split", [values(2, 6)], opset=13, axis=1, outputs=3)
    case("Split", [values(2, 7)], axis=-1, num_outputs=3, outputs=3)
    case("Split", [values(2, 6), ints(1, 5)], axis=1, outputs=2)
    case("Slice", [values(5, 6)], opset=9, starts=[1, -3], ends=[4, 1000], axes=[0, 1])
    case("Slice", [values(5, 6), ints(4, 0), ints(-1000, 5), ints(0, 1), ints(-2, 2)])
    case("Slice", [values(5, 6), ints(-1), ints(2**63 - 1)])
    case("Gather", [values(4, 3), ints(2, -1, 0)], axis=0)
    case("Gather", [values(4, 3), np.array(1, "i8")], axis=1)
    case("GatherElements", [values(3, 4), values(3, 2, low=0, high=3, dtype="i8")], axis=1)
    for mode in ("constant", "edge", "reflect", "wrap"):
        case("Pad", [values(4, 5), ints(1, 2, 2, 3)], mode=mode)
    case("Pad", [values(4, 5), ints(-1, 2, 1, -2), np.array(1.5, "f4")])
    case("Pad", [values(4, 5), ints(1, 2), None, ints(-1)])
    case("Pad", [values(4, 5)], opset=10, pads=[0, 1, 2, 0], value=0.5)
    case("OneHot", [ints(1, -1, 3, 9), np.array(4, "i8"), np.array([-1, 2], "f4")], inside=[1, 2], axis=int(pick(0, -1)))
    case("Trilu", [values(3, 4)], upper=0)
    case("Trilu", [values(2, 3, 4), np.array(1, "i8")])
    for mode in ("DCR", "CRD"):
        case("DepthToSpace", [values(1, 8, 2, 3)], blocksize=2, mode=mode)
    case("SpaceToDepth", [values(1, 2, 4, 6)], blocksize=2)
    case("Shape", [x], start=1)
    case("Size", [x])
    case("ConstantOfShape", [ints(2, 3)], inside=[0], value=numpy_helper.from_array(np.array([2.5], "f4")))
    case("Range", [np.array(1, "f4"), np.array(4, "f4"), np.array(0.7, "f4")], inside=[0, 1, 2])

    for _ in range(6):
        g, d, s = int(pick(1, 2)), [int(v) for v in rng.integers(1, 3, 2)], [int(v) for v in rng.integers(1, 4, 2)]
        k, p = [int(v) for v in rng.integers(1, 4, 2)], [int(v) for v in rng.integers(0, 3, 4)]
        case("Conv", [values(2, 4, 9, 8), values(6, 4 // g, *k), values(6)], inside=[1, 2], group=g, dilations=d, strides=s, pads=p)
        case("Conv", [values(1, 2, 10), values(4, 2 // g, k[0])], opset=pick(9, 11), inside=[1], group=g, dilations=d[:1], strides=s[:1], pads=p[:2])
        case("ConvTranspose", [values(1, 4, 5, 4), values(4, 2, *k), values(2 * g)], inside=[1, 2], group=g, dilations=d, strides=s,
             pads=[min(q, (k[i % 2] - 1) * d[i % 2]) for i, q in enumerate(p)], output_padding=[min(v - 1, 1) for v in s])
    for auto_pad in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        case("Conv", [values(1, 2, 7, 8), values(3, 2, 3, 2)], inside=[1], auto_pad=auto_pad, strides=[2, 3])
        case("MaxPool", [values(1, 2, 7, 8)], auto_pad=auto_pad, kernel_shape=[3, 2], strides=[2, 2])
        case("AveragePool", [values(1, 2, 7, 8)], auto_pad=auto_pad, kernel_shape=[3, 2], strides=[2, 2], count_include_pad=int(pick(0, 1)))
    case("ConvTranspose", [values(1, 2, 4), values(2, 3, 3)], inside=[1], strides=[2], output_padding=[1])
    case("ConvTranspose", [values(1, 2, 4, 3), values(2, 3, 3, 3)], inside=[1], strides=[2, 2], auto_pad="SAME_UPPER")
    case("ConvTranspose", [values(1, 2, 4, 3), values(2, 3, 3, 3)], inside=[1], strides=[2, 2], output_shape=[8, 8])
    for op, more in (("MaxPool", {}), ("AveragePool", {"count_include_pad": 1}), ("AveragePool", {})):
        k = [int(v) for v in rng.integers(2, 4, 2)]
        case(op, [values(2, 2, 9, 8)], kernel_shape=k, strides=[int(v) for v in rng.integers(1, 4, 2)], pads=[int(v) for v in rng.integers(0, 2, 4)], **more)
        case(op, [values(1, 2, 9)], opset=11, kernel_shape=[3], strides=[2], pads=[1, 0], **more)
        case(op, [values(1, 2, 8, 8)], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, **({} if more else more))
    case("GlobalAveragePool", [values(2, 3, 4, 5)])
    case("GlobalMaxPool", [values(2, 3, 4)])
    for shape in ((2, 3), (2, 3, 4), (2, 3, 4, 5)):
        case("BatchNormalization", [values(*shape), values(3), values(3), values(3), values(3, low=0.5)], inside=[1, 2, 3, 4], opset=pick(9, 15), epsilon=1e-3)
    case("InstanceNormalization", [values(2, 3, 4, 5), values(3), values(3)], inside=[1, 2], epsilon=1e-3)
    case("GroupNormalization", [values(2, 4, 3, 3), values(4), values(4)], inside=[1, 2], opset=21, num_groups=2)
    case("LayerNormalization", [values(2, 3, 4), values(4), values(4)], inside=[1, 2], opset=17)
    case("LayerNormalization", [values(2, 3, 4), values(3, 4)], inside=[1], opset=17, axis=1, epsilon=1e-2, outputs=3)
    case("RMSNormalization", [values(2, 3, 4), values(4)], inside=[1], opset=23)
    case("MeanVarianceNormalization", [values(2, 3, 4, 5)])
    case("LpNormalization", [values(3, 4)], axis=0, p=1)
    case("LpNormalization", [values(3, 4)])
    case("LRN", [values(1, 5, 3, 3)], size=3, alpha=0.1, beta=0.6, bias=1.5)


def sampling():
    """Resize and what attention is written with."""
    x = values(2, 3, 5, 6)
    none = np.zeros(0, "f4")
    to = lambda *v: [x, None, None, ints(2, 3, *v)]
    by = lambda *v: [x, None, np.array([1, 1, *v], "f4")]
    inside = dict(inside=[2])
    for mode in ("nearest", "linear", "cubic"):
        for place in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
            case("Resize", to(7, 4), mode=mode, coordinate_transformation_mode=place)
            case("Resize", by(2, 0.5), **inside, mode=mode, coordinate_transformation_mode=place)
        case("Resize", [x, none, none, ints(2, 3, 10, 1)], inside=[1, 2, 3], opset=11, mode=mode)
        case("Resize", [x, np.array([1, 1, 2, 3], "f4")], inside=[1], opset=10, mode="nearest" if mode == "cubic" else mode)
        case("Resize", [x, None, None, ints(9, 3)], mode=mode, axes=[3, 2])
        case("Resize", to(11, 3), mode=mode, antialias=int(mode != "nearest"))
    for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
        case("Resize", to(9, 3), mode="nearest", nearest_mode=rounding)
        case("Resize", by(1.5, 0.6), **inside, mode="nearest", nearest_mode=rounding, coordinate_transformation_mode="asymmetric")
    case("Resize", to(4, 9), mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1)
    case("Resize", to(4, 9), mode="linear", keep_aspect_ratio_policy="not_larger")
    case("Resize", [x, None, None, ints(9, 8)], mode="nearest", axes=[2, 3], keep_aspect_ratio_policy="not_smaller")
    case("Upsample", [x, np.array([1, 1, 2, 3], "f4")], inside=[1], opset=9, mode="nearest")
    case("Upsample", [x, np.array([1, 1, 2, 2], "f4")], inside=[1], opset=9, mode="linear")
    case("Upsample", [x], opset=7, mode="nearest", scales=[1.0, 1.0, 2.0, 3.0])

    a, b = values(2, 3, 4), values(2, 5, 4)
    for equation, terms in (("bij,bkj->bik", (a, b)), ("bij,bkj", (a, b)), ("bij,bkj->kib", (a, b)), ("bij->jb", (a,)), ("bij->", (a,)), ("ij,kj->ik", (a[0], b[0])),
                            ("bij,bij->b", (a, a)), ("bij,j->bi", (a, a[0, 0])), ("i,j->ij", (a[0, 0], b[0, :, 0])), ("bij,bij->bij", (a, a)),
                            ("bij,bkj,bkl->lib", (a, b, values(2, 5, 3))), ("bhid,bhjd->bhij", (values(2, 3, 4, 5), values(2, 3, 6, 5))),
                            ("bhij, bhjd -> bihd", (values(2, 3, 4, 5), values(2, 3, 5, 2))), ("bchw,kchw->bk", (values(2, 3, 2, 4), values(5, 3, 2, 4))),
                            ("bij,kl->bk", (a, values(3, 2))), ("nchw,nchv->nchw", (x, x)), ("bijk,bikl->bijl", (values(2, 3, 4, 1), values(2, 3, 1, 5)))):
        case("Einsum", list(terms), inside=[], equation=equation)
    for axis in (0, 1, -1):
        case("CumSum", [values(3, 4, 7), np.array(axis, "i8")], reverse=int(pick(0, 1)), exclusive=int(pick(0, 1)))
    for reverse in (0, 1):
        for exclusive in (0, 1):
            case("CumSum", [values(2, 5, dtype="i8"), np.array(1, "i8")], reverse=reverse, exclusive=exclusive)
    q, k, v = values(2, 4, 3, 5), values(2, 4, 6, 5), values(2, 4, 6, 2)
    case("Attention", [q, k, v], opset=23)
    case("Attention", [q, k, v], opset=23, scale=0.3)
    case("Attention", [q, q, values(2, 4, 3, 5)], opset=23, is_causal=1)
    case("Attention", [q, k, v, values(3, 6)], opset=23, inside=[])
    case("Attention", [q, k, v, values(2, 1, 3, 6) > -1], opset=23, inside=[])
    case("Attention", [q, k[:, :2], v[:, :2]], opset=23)
    case("Attention", [values(2, 3, 8), values(2, 5, 8), values(2, 5, 12)], opset=23, q_num_heads=2, kv_num_heads=2)
    case("Attention", [values(2, 3, 8), values(2, 5, 4), values(2, 5, 6)], opset=23, q_num_heads=4, kv_num_heads=2, softcap=2.0)


def node_model(c):
    names = ["" if a is None else f"i{k}" for k, a in enumerate(c.inputs)]
    outputs = [f"o{k}" for k in range(c.outputs)]
    node = helper.make_node(c.op, names, outputs, name="node", **c.attributes)
    type_of = lambda a: helper.np_dtype_to_tensor_dtype(a.dtype)
    graph_inputs = [helper.make_tensor_value_info(n, type_of(a), a.shape) for k, (n, a) in enumerate(zip(names, c.inputs)) if n and k not in c.inside]
    initializers = [numpy_helper.from_array(c.inputs[k], names[k]) for k in c.inside]
    graph = helper.make_graph([node], "g", graph_inputs, [onnx.ValueInfoProto(name=o) for o in outputs], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", c.opset)], ir_version=10)
    inferred = onnx.shape_inference.infer_shapes(model)
    if all(o.type.WhichOneof("value") for o in inferred.graph.output):
        return inferred
    return model


def pack(path, files):
    with open(path, "wb") as f:
        for name, data in files:
            f.write(f"{len(data)} {name}\n".encode() + data)


def node_pack(name, make):
    all_cases.clear()
    make()
    files, refused = [], []
    for c in all_cases:
        data = node_model(c).SerializeToString()
        feeds = [a for k, a in enumerate(c.inputs) if a is not None and k not in c.inside]
        try:
            results = run(data, feeds)
        except Exception as e:  # what ONNX Runtime has no kernel for
            refused.append(f"{c.name}: {str(e)[:120]}")
            continue
        files.append((f"{c.name}.onnx", data))
        files += [(f"{c.name}.in{i}.npy", npy(a)) for i, a in enumerate(feeds)]
        files += [(f"{c.name}.out{i}.npy", npy(a)) for i, a in enumerate(results)]
    pack(os.path.join(ROOT, name), files)
    print(f"{name}: {len(all_cases) - len(refused)} cases; not by ONNX Runtime: {refused}")


def whole(name, nodes, inputs, initializers, outputs, opset=22, shapes=None):
    """A model of several nodes: (name, bytes, what it is given); shapes: of inputs whose sizes are open."""
    type_of = lambda a: helper.np_dtype_to_tensor_dtype(a.dtype)
    infos = [helper.make_tensor_value_info(n, type_of(a), (shapes or {}).get(n, a.shape)) for n, a in inputs.items()]
    tensors = [t if isinstance(t, onnx.TensorProto) else numpy_helper.from_array(t, n) for n, t in initializers.items()]
    graph = helper.make_graph(nodes, "g", infos, [onnx.ValueInfoProto(name=o) for o in outputs], tensors)
    model = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10))
    return name, model, list(inputs.values())


def forms():
    """Forms that neither the random cases nor those of the standard have."""
    node, tensor = helper.make_node, helper.make_tensor
    x = values(3, 4)
    for key, value in (("value_floats", [1.5, 2.5, -1.0, 0.0]), ("value_float", 2.5)):
        yield whole(key, [node("Constant", [], ["c"], **{key: value}), node("Mul", ["x", "c"], ["y"])], {"x": x}, {}, ["y"])
    for key, value in (("value_ints", [4, -1]), ("value_int", 12)):
        nodes = [node("Constant", [], ["c"], **{key: value})]
        nodes += [node("Unsqueeze", ["c", "zero"], ["s"])] if key == "value_int" else [node("Identity", ["c"], ["s"])]
        yield whole(key, [*nodes, node("Reshape", ["x", "s"], ["y"])], {"x": x}, {"zero": ints(0)}, ["y"])
    nothing = node("Constant", [], ["c"])
    nothing.attribute.append(helper.make_attribute("value_ints", [], attr_type=onnx.AttributeProto.INTS))
    yield whole("no_ints", [nothing, node("Reshape", ["x", "c"], ["y"])], {"x": values(1, 1)}, {}, ["y"])
    # elements in lists of numbers, by type
    for name, kind, numbers in (("double", TensorProto.DOUBLE, [0.5, -2]), ("int64", TensorProto.INT64, [-5, 1 << 40]), ("uint64", TensorProto.UINT64, [5, 1 << 40]),
                                ("uint32", TensorProto.UINT32, [5, 1 << 31]), ("int8", TensorProto.INT8, [-128, 127]), ("int16", TensorProto.INT16, [-2, 300]),
                                ("uint8", TensorProto.UINT8, [255, 0]), ("bool", TensorProto.BOOL, [1, 0]), ("half", TensorProto.FLOAT16, [0.5, -2])):
        yield whole("list_" + name, [node("Cast", ["w"], ["v"], to=TensorProto.DOUBLE), node("Add", ["x", "v"], ["y"])], {"x": values(3, 2, dtype="f8")},
                    {"w": tensor("w", kind, [2], numbers)}, ["y"])
    # attributes that say nothing of their type
    for op, attributes in (("Softmax", dict(axis=0)), ("Elu", dict(alpha=2.0)), ("Transpose", dict(perm=[1, 0]))):
        typed = whole("untyped_" + op.lower(), [node(op, ["x"], ["y"], **attributes)], {"x": x}, {}, ["y"])
        yield *typed, lambda m: m.graph.node[0].attribute[0].ClearField("type")
    unnamed = whole("explicit_domain", [node("Relu", ["x"], ["y"])], {"x": x}, {}, ["y"])
    yield *unnamed, lambda m: setattr(m.opset_import[0], "domain", "ai.onnx") or setattr(m.graph.node[0], "domain", "ai.onnx")
    # shapes
    long = np.arange(3000, dtype="i8")
    nodes = [node("Range", ["zero", "many", "one"], ["r"]), node("Concat", ["r", "r"], ["c"], axis=0), node("Gather", ["c", "x"], ["y"])]
    yield whole("constants_too_long_to_fold", nodes, {"x": np.array([1, 2999, 3000, 5999], "i8")},
                {k: np.array(v, "i8") for k, v in (("zero", 0), ("many", len(long)), ("one", 1))}, ["y"])
    yield whole("end_of_shape", [node("Shape", ["x"], ["s"], start=-3, end=-1), node("Cast", ["s"], ["y"], to=TensorProto.FLOAT)], {"x": values(2, 3, 4)}, {}, ["y"], 15)
    yield whole("tile_of_number", [node("Tile", ["x", "s"], ["y"])], {"x": values()}, {"s": np.zeros(0, "i8")}, ["y"])
    yield whole("pad_by_one_value", [node("Pad", ["x", "s", "v"], ["y"])], {"x": x}, {"s": ints(0, 1, 0, 1), "v": np.array(2, "f4")}, ["y"])
    yield whole("fixed_ends", [node("Slice", ["x", "s", "e", "a", "t"], ["y"])], {"x": x}, {"s": ints(0, -1), "e": ints(3, -9), "a": ints(0, -1), "t": ints(2, -2)}, ["y"])
    # open sizes
    for name, dims, nodes in (
        ("open_tile", ("n", 4), [node("Tile", ["x", "two"], ["y"])]),
        ("open_rows", ("n", 4), [node("Slice", ["x", "one", "far", "zero"], ["y"])]),
        ("open_expand", ("n", 4), [node("Shape", ["x"], ["s"]), node("Expand", ["w", "s"], ["y"])]),
        ("open_made", ("n", 4), [node("Shape", ["x"], ["s"]), node("ConstantOfShape", ["s"], ["y"])]),
    ):
        yield whole(name, nodes, {"x": x}, {"two": ints(2, 1), "one": ints(1), "far": ints(1 << 40), "zero": ints(0), "w": values(1, 4)}, ["y"], shapes={"x": dims})
    q, k = values(2, 4, 3, 5), values(2, 4, 6, 5)
    yield whole("open_attention", [node("Attention", ["q", "k", "v"], ["y"])], {"q": q, "k": k, "v": k}, {}, ["y"], 23,
                {"q": (2, 4, "s", 5), "k": (2, 4, "t", 5), "v": (2, 4, "t", 5)})
    # Einsum
    for equation, terms in (("bij,jk->ik", (values(2, 3, 4), values(4, 5))), ("ij,jk,kl->il", (values(2, 3), values(3, 4), values(4, 2))),
                            ("Ab,bA->A", (values(3, 2), values(2, 3))), ("abc,cd->abd", (values(2, 3, 4), values(4, 2))), ("ab,cd->abcd", (values(2, 3), values(4, 2)))):
        inputs = {f"x{i}": t for i, t in enumerate(terms)}
        yield whole("einsum_" + equation.replace(",", "_").replace("->", "_"), [node("Einsum", list(inputs), ["y"], equation=equation)], inputs, {}, ["y"])
    # Resize
    image = values(1, 1, 4, 5)
    for name, opset, image_type, settings, how in (
        ("symmetric", 19, "f4", dict(scales=[1, 1, 1.3, 0.7]), dict(mode="linear", coordinate_transformation_mode="half_pixel_symmetric")),
        ("symmetric_sizes", 19, "f4", dict(sizes=[1, 1, 7, 3]), dict(mode="linear", coordinate_transformation_mode="half_pixel_symmetric")),
        ("tf_half_pixel", 11, "f4", dict(sizes=[1, 1, 8, 3]), dict(mode="nearest", coordinate_transformation_mode="tf_half_pixel_for_nn")),
        ("pytorch_one", 19, "f4", dict(sizes=[1, 1, 1, 1]), dict(mode="linear", coordinate_transformation_mode="pytorch_half_pixel")),
        ("corners_one", 19, "f4", dict(sizes=[1, 1, 1, 9]), dict(mode="linear", coordinate_transformation_mode="align_corners")),
        ("double", 19, "f8", dict(sizes=[1, 1, 7, 3]), dict(mode="linear")),
        ("stays", 19, "f4", dict(scales=[1, 1, 1.1, 1.1]), dict(mode="linear")),
        ("excluded", 19, "f4", dict(sizes=[1, 1, 9, 9]), dict(mode="cubic", exclude_outside=1)),
        ("narrow", 19, "f4", dict(scales=[1, 1, 0.5, 0.5]), dict(mode="cubic", antialias=1)),
        ("nearest_antialias", 19, "f4", dict(scales=[1, 1, 0.5, 0.5]), dict(mode="nearest")),
        ("not_larger", 19, "f4", dict(sizes=[8, 5], axes=[2, 3]), dict(mode="linear", keep_aspect_ratio_policy="not_larger")),
        ("not_larger_second", 19, "f4", dict(sizes=[12, 5], axes=[2, 3]), dict(mode="linear", keep_aspect_ratio_policy="not_larger")),
        ("not_smaller", 19, "f4", dict(sizes=[8, 5], axes=[2, 3]), dict(mode="linear", keep_aspect_ratio_policy="not_smaller")),
        ("not_smaller_second", 19, "f4", dict(sizes=[4, 15], axes=[2, 3]), dict(mode="linear", keep_aspect_ratio_policy="not_smaller")),
        ("stretched", 19, "f4", dict(sizes=[8, 5], axes=[2, 3]), dict(mode="linear", keep_aspect_ratio_policy="stretch")),
    ):
        more = {"axes": settings["axes"]} if "axes" in settings else {}
        extra = {"s": np.array(settings["scales"], "f4")} if "scales" in settings else {"z": np.array(settings["sizes"], "i8")}
        names = ["x", "roi", "s"] if "s" in extra else ["x", "roi", "none", "z"]
        extra = {"roi": np.zeros(0, "f4"), "none": np.zeros(0, "f4"), **extra}
        yield whole("resize_" + name, [node("Resize", names, ["y"], **how, **more)], {"x": image.astype(image_type)}, extra, ["y"], opset)


def forms_pack():
    from onnx.reference import ReferenceEvaluator

    # ONNX Runtime has no Float64 there, and copies what keeps its size whatever the scale.
    reference = ("resize_double", "resize_stays")
    files, refused = [], []
    for name, model, feeds, *changed in forms():
        try:
            of_reference = name in reference and ReferenceEvaluator(model).run(None, {"x": feeds[0]})
            results = of_reference or run(model.SerializeToString(), feeds)
        except Exception as e:
            refused.append(f"{name}: {str(e)[:120]}")
            continue
        for change in changed:  # what ONNX Runtime does not read, and what is the same by the standard
            change(model)
        files.append((f"{name}.onnx", model.SerializeToString()))
        files += [(f"{name}.in{i}.npy", npy(a)) for i, a in enumerate(feeds)]
        files += [(f"{name}.out{i}.npy", npy(a)) for i, a in enumerate(results)]
    pack(os.path.join(ROOT, "forms.pack"), files)
    print(f"forms.pack: {sum(n.endswith('.onnx') for n, _ in files)} cases; not by ONNX Runtime: {refused}")


# ---- ONNX's own cases ----


def standard_pack(program):
    from onnx_backend import cases, array, usable

    files, of_kind = [], collections.Counter()
    with tempfile.TemporaryDirectory() as root:
        made = []
        for name, model, inputs, outputs in cases():
            kind = tuple(sorted({n.op_type for n in model.graph.node}))
            whole = [(f"{name}.onnx", model.SerializeToString())]
            if not all(usable(x) for x in list(inputs) + list(outputs)) or len(kind) > 8:
                continue
            whole += [(f"{name}.in{i}.npy", npy(array(a))) for i, a in enumerate(inputs)]
            whole += [(f"{name}.out{i}.npy", npy(array(a))) for i, a in enumerate(outputs)]
            if sum(len(d) for _, d in whole) > 1200 or of_kind[kind] >= 1:
                continue
            folder = os.path.join(root, name)
            if os.path.exists(folder):
                continue
            os.makedirs(folder)
            for file, data in whole:
                short = file[len(name) + 1:]
                with open(os.path.join(folder, "model.onnx" if short == "onnx" else short), "wb") as f:
                    f.write(data)
            of_kind[kind] += 1
            made.append((folder, kind, whole))
        r = subprocess.run([program], input="".join(f + "\n" for f, _, _ in made), capture_output=True, text=True, check=True)
        for line, (_, _, whole) in zip(r.stdout.splitlines(), made):
            if line.startswith("passed"):
                files += whole
    pack(os.path.join(ROOT, "standard.pack"), files)
    print(f"standard.pack: {sum(n.endswith('.onnx') for n, _ in files)} cases")


if __name__ == "__main__":
    torch.manual_seed(7)
    what = sys.argv[2:] or ["nets", "nodes", "sampling", "forms", "standard"]
    if "nets" in what:
        nets()
    if "nodes" in what:
        node_pack("nodes.pack", operators)
    if "sampling" in what:
        rng = np.random.default_rng(11)
        node_pack("sampling.pack", sampling)
    if "forms" in what:
        rng = np.random.default_rng(13)
        forms_pack()
    if "standard" in what and len(sys.argv) > 1:
        standard_pack(sys.argv[1])
