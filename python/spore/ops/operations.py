"""mindspore.ops: operators as objects. ops.ReduceSum(keep_dims=True)(x, axis) and ops.MatMul(transpose_b=True)(a, b)."""
import sys

from .. import _core
from ..common import dtype as mstype
from ..common.tensor import Tensor
from . import function as F
from . import image as I
from . import more as R
from . import nn_function as N
from .._missing import module_getattr as _module_getattr


class Primitive:
    """An operator with settings. A subclass says its settings with their defaults, and how it is called."""

    _settings = ()
    _call = None

    def __init__(self, *args, **kwargs):
        names = [name for name, _ in self._settings]
        if len(args) > len(names) or set(kwargs) - set(names):
            raise TypeError(f"{self.name}: got settings {args} {kwargs}, expected at most {names}")
        for name, default in self._settings:
            setattr(self, name, default)
        for name, value in list(zip(names, args)) + list(kwargs.items()):
            setattr(self, name, value)

    @property
    def name(self):
        return type(self).__name__

    def __call__(self, *inputs):
        return type(self)._call(self, *inputs)

    def __repr__(self):
        return f"Prim[{self.name}]"

    def add_prim_attr(self, name, value):
        return self

    def shard(self, *args, **kwargs):
        return self

    def set_device(self, device):
        return self


class PrimitiveWithInfer(Primitive):
    """As Primitive."""


def _make(name, call, **settings):
    made = type(name, (Primitive,), {"_settings": tuple(settings.items()), "_call": staticmethod(call), "__module__": __name__,
                                     "__doc__": f"The operator {name}."})
    setattr(sys.modules[__name__], name, made)
    __all__.append(name)


__all__ = ["Primitive", "PrimitiveWithInfer"]

_PLAIN = dict(
    Add=F.add, Sub=F.sub, Mul=F.mul, Div=F.div, RealDiv=F.div, FloorDiv=F.floor_div, FloorMod=F.floor_mod, Mod=F.fmod, Pow=F.pow,
    Maximum=F.maximum, Minimum=F.minimum, Neg=F.neg, Abs=F.abs, Sign=F.sign, Exp=F.exp, Log=F.log, Sqrt=F.sqrt, Rsqrt=F.rsqrt,
    Square=F.square, Reciprocal=F.reciprocal, Erf=F.erf, Erfc=F.erfc, Sin=F.sin, Cos=F.cos, Tan=F.tan, Floor=F.floor, Ceil=F.ceil,
    Round=F.round, Rint=F.round, Expm1=F.expm1, Log1p=F.log1p, Sinh=F.sinh, Cosh=F.cosh, Trunc=F.trunc, AddN=F.addn, Equal=F.equal,
    NotEqual=F.not_equal, Less=F.less, LessEqual=F.less_equal, Greater=F.greater, GreaterEqual=F.greater_equal,
    LogicalAnd=F.logical_and, LogicalOr=F.logical_or, LogicalNot=F.logical_not, LogicalXor=F.logical_xor, Select=F.select,
    IsNan=F.isnan, IsInf=F.isinf, IsFinite=F.isfinite, Cast=F.cast, BiasAdd=F.bias_add, Reshape=F.reshape, Transpose=F.transpose,
    ExpandDims=F.expand_dims, Tile=F.tile, Gather=F.gather, GatherD=F.gather_elements, StridedSlice=F.strided_slice, Slice=F.slice,
    Zeros=F.zeros, Ones=F.ones, Fill=F.fill, ZerosLike=F.zeros_like, OnesLike=F.ones_like, Eye=F.eye, Range=F.arange, Shape=F.shape,
    Rank=F.rank, Size=F.size, DType=F.dtype, Identity=F.identity, StopGradient=F.stop_gradient, Assign=F.assign, AssignAdd=F.assign_add,
    AssignSub=F.assign_sub, Depend=F.depend, MaskedFill=F.masked_fill, ReLU=N.relu, ReLU6=N.relu6, Sigmoid=N.sigmoid, Tanh=N.tanh,
    SiLU=N.silu, HSigmoid=N.hsigmoid, HSwish=N.hswish, Softplus=N.softplus, Softsign=N.softsign, Mish=N.mish, PReLU=N.prelu,
    SeLU=N.selu, L2Loss=lambda x: F.sum(F.square(x)) / 2, Print=F.print_, TensorDot=F.tensor_dot, Log2=F.log2)
for _name, _fn in _PLAIN.items():
    _make(_name, lambda self, *x, _fn=_fn: _fn(*x))

_make("GeLU", lambda self, x: N.gelu(x, "tanh"))
_make("BroadcastTo", lambda self, x: F.broadcast_to(x, self.shape), shape=None)
_make("MatMul", lambda self, a, b: F._matmul(a, b, transpose_a=self.transpose_a, transpose_b=self.transpose_b),
      transpose_a=False, transpose_b=False)
_make("BatchMatMul", lambda self, a, b: F._matmul(a, b, transpose_a=self.transpose_a, transpose_b=self.transpose_b),
      transpose_a=False, transpose_b=False)
_make("ReduceSum", lambda self, x, axis=None: F.reduce_sum(x, axis, self.keep_dims), keep_dims=False, skip_mode=False)
_make("ReduceMean", lambda self, x, axis=None: F.mean(x, axis, self.keep_dims), keep_dims=False)
_make("ReduceMax", lambda self, x, axis=None: F.amax(x, axis, self.keep_dims), keep_dims=False)
_make("ReduceMin", lambda self, x, axis=None: F.amin(x, axis, self.keep_dims), keep_dims=False)
_make("ReduceAll", lambda self, x, axis=None: F.all(x, axis, self.keep_dims), keep_dims=False)
_make("ReduceAny", lambda self, x, axis=None: F.any(x, axis, self.keep_dims), keep_dims=False)
_make("ReduceProd", lambda self, x, axis=None: F.prod(x, axis, self.keep_dims), keep_dims=False)
_make("Argmax", lambda self, x: F.cast(F.argmax(x, self.axis), self.output_type), axis=-1, output_type=mstype.int32)
_make("Argmin", lambda self, x: F.cast(F.argmin(x, self.axis), self.output_type), axis=-1, output_type=mstype.int32)
_make("ArgMaxWithValue", lambda self, x: tuple(reversed(F.max(x, self.axis, self.keep_dims))), axis=0, keep_dims=False)
_make("ArgMinWithValue", lambda self, x: tuple(reversed(F.min(x, self.axis, self.keep_dims))), axis=0, keep_dims=False)
_make("CumSum", lambda self, x, axis: F._cumsum(x, axis=axis, exclusive=bool(self.exclusive), reverse=bool(self.reverse)),
      exclusive=False, reverse=False)
_make("Sort", lambda self, x: F.sort(x, self.axis, self.descending), axis=-1, descending=False)
_make("Concat", lambda self, *x: F.concat(x[0] if len(x) == 1 and not isinstance(x[0], Tensor) else x, self.axis), axis=0)
_make("Stack", lambda self, *x: F.stack(x[0] if len(x) == 1 and not isinstance(x[0], Tensor) else x, self.axis), axis=0)
_make("Unstack", lambda self, x: F.unstack(x, self.axis), axis=0, num=None)
_make("Split", lambda self, x: F.split(x, x.shape[self.axis] // self.output_num, self.axis), axis=0, output_num=1)
_make("Squeeze", lambda self, x: F.squeeze(x, self.axis or None), axis=())
_make("Flatten", lambda self, x: F.flatten(x))
_make("OneHot", lambda self, x, depth, on, off: F.one_hot(x, depth, on, off, self.axis), axis=-1)
_make("TopK", lambda self, x, k: F.topk(x, k), sorted=True)
_make("Pad", lambda self, x: F.pad(x, [n for pair in reversed(self.paddings) for n in pair]), paddings=())
_make("Softmax", lambda self, x: N.softmax(x, self.axis), axis=-1)
_make("LogSoftmax", lambda self, x: N.log_softmax(x, self.axis), axis=-1)
_make("Elu", lambda self, x: N.elu(x, self.alpha), alpha=1.0)
_make("L2Normalize", lambda self, x: N.l2_normalize(x, self.axis, self.epsilon), axis=0, epsilon=1e-4)
_make("Dropout", lambda self, x: _core.op("Dropout", x, keep_prob=float(self.keep_prob)), keep_prob=0.5, Seed0=0, Seed1=0)


def _layer_norm(self, x, gamma, beta):
    """(y, mean, variance); nothing flows back through the last two."""
    y, mean, inverse = _core.op("LayerNorm", x, gamma, beta, begin_norm_axis=self.begin_norm_axis,
                                begin_params_axis=self.begin_params_axis, epsilon=self.epsilon)
    return y, F.stop_gradient(mean), F.stop_gradient(F.reciprocal(F.square(inverse)) - self.epsilon)


def _batch_norm(self, x, scale, bias, mean, variance):
    """(y, mean, variance of the batch or as given, mean, 1 / deviation); in training parameters among the statistics move."""
    if not self.is_training:
        y = N.first(_core.op("BatchNorm", x, scale, bias, mean, variance, epsilon=float(self.epsilon)))
        return y, mean, variance, mean, F.rsqrt(variance + self.epsilon)
    y, batch_mean, batch_variance, inverse = _core.op("BatchNorm", x, scale, bias, None, None, is_training=True,
                                                      epsilon=float(self.epsilon))
    for moving, batch in ((mean, batch_mean), (variance, batch_variance)):
        if hasattr(moving, "set_data"):
            moving.set_data(moving * (1 - self.momentum) + F.stop_gradient(batch) * self.momentum)
    return (y,) + tuple(F.stop_gradient(v) for v in (batch_mean, batch_variance, batch_mean, inverse))


_make("BatchNorm", _batch_norm, is_training=False, epsilon=1e-5, momentum=0.1, data_format="NCHW")
_make("LayerNorm", _layer_norm, begin_norm_axis=1, begin_params_axis=1, epsilon=1e-7)
_make("Conv2D", lambda self, x, w: N.conv2d(x, w, None, self.stride, self.pad_mode, self.pad, self.dilation, self.group),
      out_channel=0, kernel_size=0, mode=1, pad_mode="valid", pad=0, stride=1, dilation=1, group=1, data_format="NCHW")
_make("MaxPool", lambda self, x: N.first(_core.op("MaxPool", x, kernel_size=N.pair(self.kernel_size), strides=N.pair(self.strides),
                                                 pad_mode=self.pad_mode.lower())),
      kernel_size=1, strides=1, pad_mode="valid", data_format="NCHW")
_make("AvgPool", lambda self, x: N.first(_core.op("AvgPool", x, kernel_size=N.pair(self.kernel_size), strides=N.pair(self.strides),
                                                 pad_mode=self.pad_mode.lower())),
      kernel_size=1, strides=1, pad_mode="valid", data_format="NCHW")


def _softmax_cross_entropy(self, logits, labels):
    """(loss of each row, softmax - labels)."""
    labels = F.stop_gradient(labels)
    loss = -F.sum(labels * N.log_softmax(logits, -1), -1)
    return loss, F.stop_gradient(N.softmax(logits, -1) - labels)


def _sigmoid_cross_entropy(self, logits, label):
    return N.binary_cross_entropy_with_logits(logits, label, reduction="none")


_make("SoftmaxCrossEntropyWithLogits", _softmax_cross_entropy)
_make("SparseSoftmaxCrossEntropyWithLogits", lambda self, logits, labels: N.cross_entropy(logits, labels), is_grad=False)
_make("SigmoidCrossEntropyWithLogits", _sigmoid_cross_entropy)
_make("BCEWithLogitsLoss", lambda self, x, y, w=None, p=None: N.binary_cross_entropy_with_logits(x, y, w, p, self.reduction),
      reduction="mean")
_make("SmoothL1Loss", lambda self, x, y: N.smooth_l1_loss(x, y, self.beta, self.reduction), beta=1.0, reduction="none")
_make("NLLLoss", lambda self, x, y, w: (N.nll_loss(x, y, w, self.ignore_index, self.reduction), F.sum(F.gather(w, y, 0))),
      reduction="mean", ignore_index=-100)
_make("StandardNormal", lambda self, shape: F.randn(shape), seed=0, seed2=0)
_make("UniformReal", lambda self, shape: F.rand(shape), seed=0, seed2=0)
_make("ScalarCast", lambda self, x, dtype: mstype.dtype_to_pytype(dtype)(x))

for _name, _fn in dict(Invert=R.invert, Inv=F.reciprocal, Asinh=R.asinh, Acosh=R.acosh, Atanh=R.atanh, GatherNd=R.gather_nd, Trace=R.trace,
                       Xlogy=R.xlogy, NonZero=R.nonzero, MaskedSelect=R.masked_select, UnsortedSegmentSum=R.unsorted_segment_sum).items():
    _make(_name, lambda self, *x, _fn=_fn: _fn(*x))
_make("DepthToSpace", lambda self, x: I.depth_to_space(x, self.block_size), block_size=2, data_format="NCHW")
_make("SpaceToDepth", lambda self, x: I.space_to_depth(x, self.block_size), block_size=2, data_format="NCHW")
_make("BinaryCrossEntropy", lambda self, x, y, w=None: N.binary_cross_entropy(x, y, w, self.reduction), reduction="mean")
_make("FastGeLU", lambda self, x: x * N.sigmoid(1.702 * x))

_missing = _module_getattr(__name__, "mindspore.ops")


def __getattr__(name):
    if name.endswith("_ops") and not name.startswith("_"):  # array_ops, math_ops...: here they are one module
        return sys.modules[__name__]
    return _missing(name)
