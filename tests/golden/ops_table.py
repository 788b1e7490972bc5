"""Spore's op names -> the MindSpore call with the same meaning: TABLE[op](attrs) gives a function of the inputs."""

import operator

import mindspore as ms
from mindspore import Tensor, nn, ops

PLAIN = [
    "Add",
    "Sub",
    "Mul",
    "RealDiv",
    "FloorDiv",
    "FloorMod",
    "Pow",
    "Maximum",
    "Minimum",
    "Neg",
    "Abs",
    "Sign",
    "Exp",
    "Log",
    "Sqrt",
    "Rsqrt",
    "Square",
    "Reciprocal",
    "Erf",
    "Sin",
    "Cos",
    "Floor",
    "Ceil",
    "Round",
    "Equal",
    "NotEqual",
    "Less",
    "LessEqual",
    "Greater",
    "GreaterEqual",
    "LogicalAnd",
    "LogicalOr",
    "LogicalNot",
    "Select",
    "Flatten",
    "BiasAdd",
    "ReLU",
    "Sigmoid",
    "Tanh",
    "ReLU6",
]

# The same ops as Python spells them: these promote mixed element types, the primitives above do not all do so.
OPERATORS = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
    "RealDiv": operator.truediv,
    "FloorDiv": operator.floordiv,
    "FloorMod": operator.mod,
    "Pow": operator.pow,
    "Equal": operator.eq,
    "NotEqual": operator.ne,
    "Less": operator.lt,
    "LessEqual": operator.le,
    "Greater": operator.gt,
    "GreaterEqual": operator.ge,
    "Maximum": ops.maximum,
    "Minimum": ops.minimum,
}


def dtype(name):
    """ "Float32" -> mindspore.float32; Bool is the one whose lower-case name is not the attribute's."""
    return ms.bool_ if name == "Bool" else getattr(ms, name.lower())


def reduce(primitive):
    return lambda a: lambda x: primitive(a["keep_dims"])(x, tuple(a["axis"]))


def arg(function):
    """Argmax/Argmin: the primitive has no keep_dims and the function no output type, so cast the function's answer."""
    return lambda a: lambda x: ops.cast(function(x, a["axis"], a["keep_dims"]), dtype(a["output_type"]))


def matmul(a):
    """Transposes of the last two axes are done first: the primitives do not broadcast batches, ops.matmul does."""

    def run(x, y):
        x = ops.swapaxes(x, -1, -2) if a["transpose_a"] else x
        y = ops.swapaxes(y, -1, -2) if a["transpose_b"] else y
        return ops.matmul(x, y)

    return run


def one_hot(a):
    on, off = Tensor(1, dtype(a["dtype"])), Tensor(0, dtype(a["dtype"]))
    return lambda i: ops.OneHot(a["axis"])(i, a["depth"], on, off)


def conv2d(a):
    def run(x, w):
        op = ops.Conv2D(
            w.shape[0],
            tuple(w.shape[2:]),
            1,
            a["pad_mode"],
            tuple(a["pad"]),
            tuple(a["stride"]),
            tuple(a["dilation"]),
            a["group"],
        )
        return op(x, w)

    return run


def pool(layer):
    """nn.MaxPool2d/AvgPool2d. Their padding is (height, width): top = bottom and left = right."""

    def make(a):
        top, bottom, left, right = a["pad"]
        assert (top, left) == (bottom, right)
        extra = {k: a[k] for k in ("ceil_mode", "count_include_pad") if k in a}
        return layer(
            tuple(a["kernel_size"]), tuple(a["strides"]), a["pad_mode"], (top, left) if top or left else 0, **extra
        )

    return make


def cross_entropy(a):
    return lambda x, y, w=None: ops.cross_entropy(x, y, w, a["ignore_index"], a["reduction"], a["label_smoothing"])


def bce_with_logits(a):
    """Compiled: run op by op, 2.10.0 divides the mean's gradient by the size of an earlier call's logits."""
    reduction = a["reduction"]

    @ms.jit
    def run(x, y, w, p):
        return ops.binary_cross_entropy_with_logits(x, y, w, p, reduction)

    return run


TABLE = {name: (lambda a, name=name: getattr(ops, name)()) for name in PLAIN}
TABLE.update(
    {
        "Cast": lambda a: lambda x: ops.cast(x, dtype(a["dst_type"])),
        "ReduceSum": reduce(ops.ReduceSum),
        "ReduceMean": reduce(ops.ReduceMean),
        "ReduceMax": reduce(ops.ReduceMax),
        "ReduceMin": reduce(ops.ReduceMin),
        "Argmax": arg(ops.argmax),
        "Argmin": arg(ops.argmin),
        "MatMul": matmul,
        "Reshape": lambda a: lambda x: ops.reshape(x, tuple(a["shape"])),
        "Transpose": lambda a: lambda x: ops.transpose(x, tuple(a["perm"])),
        "ExpandDims": lambda a: lambda x: ops.expand_dims(x, a["axis"]),
        "Squeeze": lambda a: ops.Squeeze(tuple(a["axis"])),
        "Concat": lambda a: lambda *x: ops.cat(x, a["axis"]),
        "Stack": lambda a: lambda *x: ops.stack(x, a["axis"]),
        "StridedSlice": lambda a: lambda x: ops.strided_slice(
            x, tuple(a["begin"]), tuple(a["end"]), tuple(a["strides"])
        ),
        "Gather": lambda a: lambda x, i: ops.gather(x, i, a["axis"]),
        "BroadcastTo": lambda a: lambda x: ops.broadcast_to(x, tuple(a["shape"])),
        "Tile": lambda a: lambda x: ops.tile(x, tuple(a["multiples"])),
        "OneHot": one_hot,
        "SiLU": lambda a: ops.silu,
        "GeLU": lambda a: lambda x: ops.gelu(x, approximate=a["approximate"]),
        "Elu": lambda a: lambda x: ops.elu(x, a["alpha"]),
        "LeakyReLU": lambda a: lambda x: ops.leaky_relu(x, a["alpha"]),
        "Softmax": lambda a: ops.Softmax(a["axis"]),
        "LogSoftmax": lambda a: ops.LogSoftmax(a["axis"]),
        "Conv2D": conv2d,
        "MaxPool": pool(nn.MaxPool2d),
        "AvgPool": pool(nn.AvgPool2d),
        "LayerNorm": lambda a: lambda x, g, b: ops.LayerNorm(
            a["begin_norm_axis"], a["begin_params_axis"], a["epsilon"]
        )(x, g, b)[0],
        "CrossEntropy": cross_entropy,
        "BCEWithLogits": bce_with_logits,
        "MSELoss": lambda a: nn.MSELoss(a["reduction"]),
    }
)
