"""The cases that are compared with the real MindSpore: written with MindSpore's names alone, so that they run on both.

ops: name -> (function of tensors, arrays). layers: name -> (makes the cell, arrays). losses: the same, called with
(logits, labels); a third member says for which of them the derivative is asked. optimizers: name -> makes one of a
list of parameters. schedules: name -> makes a list of learning rates or the cell. Results and derivatives (of the sum
of the results, times fixed weights) are compared."""

import numpy as np
import mindspore as ms
from mindspore import nn, ops

from core import CORE
from more_layers import LAYERS2
from made import MADE
from more import MORE

_R = np.random.RandomState(7)


def n(*shape):
    """Numbers around 0."""
    return _R.randn(*shape).astype(np.float32)


def p(*shape):
    """Numbers in (0.2, 1.2)."""
    return (_R.rand(*shape) + 0.2).astype(np.float32)


def k(high, *shape):
    """Class numbers."""
    return _R.randint(0, high, shape).astype(np.int32)


OPS = {
    "add": (lambda a, b: ops.add(a, b), [n(3, 4), n(4)]),
    "sub": (lambda a, b: ops.sub(a, b), [n(3, 4), n(3, 1)]),
    "mul": (lambda a, b: ops.mul(a, b), [n(3, 4), n(4)]),
    "div": (lambda a, b: ops.div(a, b), [n(3, 4), p(4)]),
    "pow": (lambda a, b: ops.pow(a, b), [p(3, 4), n(4)]),
    "pow_number": (lambda a: a**3, [n(3, 4)]),
    "rsub_number": (lambda a: 1 - a, [n(3)]),
    "rdiv_number": (lambda a: 2 / a, [p(3)]),
    "floor_div": (lambda a, b: ops.floor_div(a, b), [n(3, 4), p(4)]),
    "floor_mod": (lambda a, b: ops.floor_mod(a, b), [n(3, 4), p(4)]),
    "maximum": (lambda a, b: ops.maximum(a, b), [n(3, 4), n(4)]),
    "minimum": (lambda a, b: ops.minimum(a, b), [n(3, 4), n(4)]),
    "clamp": (lambda a: ops.clamp(a, -0.5, 0.5), [n(3, 4)]),
    "where": (lambda a, b: ops.where(a > 0, a, b), [n(3, 4), n(3, 4)]),
    "masked_fill": (lambda a: ops.masked_fill(a, a > 0.3, 2.0), [n(3, 4)]),
    "sum": (lambda a: ops.sum(a, 1), [n(3, 4, 2)]),
    "sum_keep": (lambda a: ops.sum(a, (0, 2), True), [n(3, 4, 2)]),
    "mean": (lambda a: ops.mean(a, 1), [n(3, 4)]),
    "max": (lambda a: ops.max(a, 1)[0], [n(3, 4)]),
    "min": (lambda a: ops.min(a, 1)[0], [n(3, 4)]),
    "amax": (lambda a: ops.amax(a, (0, 1)), [n(3, 4)]),
    "argmax": (lambda a: ops.argmax(a, 1), [n(3, 4)]),
    "argmin": (lambda a: ops.argmin(a, 1), [n(3, 4)]),
    "var": (lambda a: ops.var(a, 1), [n(3, 4)]),
    "std_ddof": (lambda a: ops.std(a, 1, 1), [n(3, 4)]),
    "norm": (lambda a: ops.norm(a), [n(3, 4)]),
    "logsumexp": (lambda a: ops.logsumexp(a, 1), [n(3, 4)]),
    "prod": (lambda a: ops.prod(a, 1), [p(3, 4)]),
    "cumsum": (lambda a: ops.cumsum(a, 1), [n(3, 4)]),
    "matmul": (lambda a, b: ops.matmul(a, b), [n(2, 3, 4), n(4, 5)]),
    "matmul_vector": (lambda a, b: ops.matmul(a, b), [n(4), n(4, 5)]),
    "bmm": (lambda a, b: ops.bmm(a, b), [n(2, 3, 4), n(2, 4, 5)]),
    "MatMul_transposed": (lambda a, b: ops.MatMul(transpose_b=True)(a, b), [n(3, 4), n(5, 4)]),
    "dense": (lambda a, w, b: ops.dense(a, w, b), [n(2, 3, 4), n(5, 4), n(5)]),
    "tensor_dot": (lambda a, b: ops.tensor_dot(a, b, ((1,), (0,))), [n(3, 4), n(4, 5)]),
    "outer": (lambda a, b: ops.outer(a, b), [n(3), n(4)]),
    "bias_add": (lambda a, b: ops.bias_add(a, b), [n(2, 3, 4, 4), n(3)]),
    "reshape": (lambda a: ops.reshape(a, (2, -1)) * 2, [n(3, 4)]),
    "flatten": (lambda a: ops.flatten(a) * 2, [n(2, 3, 4)]),
    "transpose": (lambda a: ops.transpose(a, (2, 0, 1)) * 2, [n(2, 3, 4)]),
    "swapaxes": (lambda a: a.swapaxes(0, 2) * 2, [n(2, 3, 4)]),
    "expand_dims": (lambda a: ops.expand_dims(a, 1) * 2, [n(2, 3)]),
    "squeeze": (lambda a: ops.squeeze(a, 1) * 2, [n(2, 1, 3)]),
    "broadcast_to": (lambda a: ops.broadcast_to(a, (4, 3)) * 2, [n(1, 3)]),
    "tile": (lambda a: ops.tile(a, (2, 3)), [n(2, 3)]),
    "concat": (lambda a, b: ops.concat((a, b), 1), [n(2, 3), n(2, 4)]),
    "stack": (lambda a, b: ops.stack((a, b), 1), [n(2, 3), n(2, 3)]),
    "split": (lambda a: ops.split(a, 2, 1)[0] * 3, [n(2, 5)]),
    "chunk": (lambda a: ops.chunk(a, 2, 1)[1] * 3, [n(2, 6)]),
    "unstack": (lambda a: ops.unstack(a, 1)[1] * 3, [n(2, 3)]),
    "gather": (lambda a: ops.gather(a, ms.Tensor([[0, 2], [1, 1]], ms.int32), 0), [n(3, 4)]),
    "gather_elements": (lambda a: ops.gather_elements(a, 1, ms.Tensor([[0, 2], [1, 1]], ms.int32)), [n(2, 4)]),
    "index": (lambda a: a[1], [n(3, 4)]),
    "index_slice": (lambda a: a[:, 1:3], [n(3, 4)]),
    "index_step": (lambda a: a[::2, 1], [n(4, 4)]),
    "index_none": (lambda a: a[None, ..., 0], [n(4, 4)]),
    "index_tensor": (lambda a: a[ms.Tensor([2, 0, 2], ms.int32)], [n(3, 4)]),
    "one_hot": (lambda i: ops.one_hot(i, 4, ms.Tensor(1.0, ms.float32), ms.Tensor(0.0, ms.float32)), [k(4, 5)]),
    "pad": (lambda a: ops.pad(a, (1, 2, 0, 1)), [n(2, 3)]),
    "tril": (lambda a: ops.tril(a), [n(3, 3)]),
    "triu": (lambda a: ops.triu(a, 1), [n(3, 3)]),
    "flip": (lambda a: ops.flip(a, (1,)) * a, [n(3, 3)]),
    "roll": (lambda a: ops.roll(a, 1, 0) * a, [n(3, 3)]),
    "topk": (lambda a: ops.topk(a, 2)[0], [n(3, 5)]),
    "repeat_interleave": (lambda a: ops.repeat_interleave(a, 2, 1), [n(2, 3)]),
    "meshgrid": (lambda a, b: ops.meshgrid(a, b)[0] * 2, [n(3), n(4)]),
    "isfinite": (lambda a: ops.isfinite(a), [np.array([1, np.inf, np.nan], np.float32)]),
    "logical_and": (lambda a: ops.logical_and(a > 0, a < 1), [n(5)]),
    "cast": (lambda a: ops.cast(a, ms.int32), [n(5) * 3]),
    "clip_by_global_norm": (lambda a, b: ops.clip_by_global_norm((a, b), 1.0), [n(3), n(2)]),
    "addn": (lambda a, b: ops.addn([a, b, a]), [n(3), n(3)]),
    "lerp": (lambda a, b: ops.lerp(a, b, 0.3), [n(3), n(3)]),
    "cosine_similarity": (lambda a, b: ops.cosine_similarity(a, b, 1), [n(3, 4), n(3, 4)]),
    "stop_gradient": (lambda a: ops.stop_gradient(a) * a, [n(3)]),
    "methods": (lambda a: (a.mean(0) + a.max(axis=0) - a.sum(0) * a.std(0)).abs().sqrt(), [n(3, 4)]),
    "softmax": (lambda a: ops.softmax(a, 1), [n(3, 4)]),
    "log_softmax": (lambda a: ops.log_softmax(a, 1), [n(3, 4)]),
    "gelu": (lambda a: ops.gelu(a), [n(3, 4)]),
    "gelu_tanh": (lambda a: ops.gelu(a, "tanh"), [n(3, 4)]),
    "leaky_relu": (lambda a: ops.leaky_relu(a, 0.1), [n(3, 4)]),
    "prelu": (lambda a, w: ops.prelu(a, w), [n(2, 3, 4), p(3)]),
    "elu": (lambda a: ops.elu(a), [n(3, 4)]),
    "softplus": (lambda a: ops.softplus(a), [n(3, 4)]),
    "conv2d": (lambda x, w: ops.conv2d(x, w), [n(2, 3, 6, 6), n(4, 3, 3, 3)]),
    "conv2d_pad": (lambda x, w, b: ops.conv2d(x, w, b, 2, "pad", 1), [n(2, 3, 6, 6), n(4, 3, 3, 3), n(4)]),
    "conv2d_group": (lambda x, w: ops.conv2d(x, w, groups=2), [n(2, 4, 5, 5), n(4, 2, 3, 3)]),
    "max_pool2d": (lambda x: ops.max_pool2d(x, 2), [n(2, 3, 6, 6)]),
    "avg_pool2d": (lambda x: ops.avg_pool2d(x, 2, 2), [n(2, 3, 6, 6)]),
    "layer_norm": (lambda x, g, b: ops.layer_norm(x, (4,), g, b), [n(3, 4), n(4), n(4)]),
    "batch_norm": (
        lambda x, w, b: ops.batch_norm(x, ms.Tensor([0.1, 0.2, 0.3]), ms.Tensor([1.0, 2.0, 0.5]), w, b),
        [n(4, 3), n(3), n(3)],
    ),
    "l1_loss": (lambda a, b: ops.l1_loss(a, b), [n(3, 4), n(3, 4)]),
    "mse_loss": (lambda a, b: ops.mse_loss(a, b), [n(3, 4), n(3, 4)]),
    "cross_entropy_weight": (lambda a, i, w: ops.cross_entropy(a, i, w, label_smoothing=0.1), [n(4, 3), k(3, 4), p(3)]),
    "bce_logits": (
        lambda a, b: ops.binary_cross_entropy_with_logits(a, b, ms.ops.ones_like(a), ms.ops.ones_like(a)),
        [n(3, 4), p(3, 4)],
    ),
    "kl_div": (lambda a, b: ops.kl_div(ops.log_softmax(a, 1), b, "sum"), [n(3, 4), p(3, 4)]),
}
for _name in """neg abs exp square sin cos floor ceil round sign erf tanh sigmoid relu relu6 silu hardswish hardsigmoid mish
        selu expm1 trunc""".split():
    OPS[_name] = (lambda a, _f=getattr(ops, _name, None): _f(a), [n(3, 4)])
for _name in "log sqrt rsqrt reciprocal log1p".split():
    OPS[_name] = (lambda a, _f=getattr(ops, _name, None): _f(a), [p(3, 4)])
for _name in "equal not_equal less less_equal greater greater_equal".split():
    OPS[_name] = (lambda a, b, _f=getattr(ops, _name, None): _f(a, b), [np.round(n(3, 4)), np.round(n(4))])

OPS.update(CORE)
OPS.update(MORE)
OPS.update(MADE)

LAYERS = {
    "Dense": (lambda: nn.Dense(4, 3), [n(5, 4)]),
    "Dense_3d": (lambda: nn.Dense(4, 3, has_bias=False), [n(2, 5, 4)]),
    "Dense_activation": (lambda: nn.Dense(4, 3, activation="tanh"), [n(5, 4)]),
    "Conv2d_same": (lambda: nn.Conv2d(3, 4, 3), [n(2, 3, 5, 5)]),
    "Conv2d_valid_bias": (lambda: nn.Conv2d(3, 4, 3, pad_mode="valid", has_bias=True), [n(2, 3, 5, 5)]),
    "Conv2d_pad_stride": (lambda: nn.Conv2d(3, 4, (3, 2), stride=2, pad_mode="pad", padding=1), [n(2, 3, 6, 6)]),
    "Conv2d_group_dilation": (lambda: nn.Conv2d(4, 4, 3, group=2, dilation=2), [n(2, 4, 7, 7)]),
    "Conv1d": (lambda: nn.Conv1d(3, 4, 3), [n(2, 3, 7)]),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3), [n(5, 3)]),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(3), [n(2, 3, 4, 4)]),
    "BatchNorm2d_train": (lambda: nn.BatchNorm2d(3).set_train(), [n(2, 3, 4, 4)]),
    "LayerNorm": (lambda: nn.LayerNorm((4,)), [n(5, 4)]),
    "LayerNorm_2": (lambda: nn.LayerNorm((3, 4), begin_norm_axis=1, begin_params_axis=1), [n(5, 3, 4)]),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), [n(2, 4, 3, 3)]),
    "Dropout_eval": (lambda: nn.Dropout(p=0.3), [n(3, 4)]),
    "Embedding": (lambda: nn.Embedding(6, 3), [k(6, 2, 4)]),
    "Flatten": (lambda: nn.Flatten(), [n(2, 3, 4)]),
    "MaxPool2d": (lambda: nn.MaxPool2d(2, 2), [n(2, 3, 6, 6)]),
    "MaxPool2d_same": (lambda: nn.MaxPool2d(3, 2, pad_mode="same"), [n(2, 3, 5, 5)]),
    "AvgPool2d": (lambda: nn.AvgPool2d(2, 2), [n(2, 3, 6, 6)]),
    "AvgPool2d_same": (lambda: nn.AvgPool2d(3, 2, pad_mode="same"), [n(2, 3, 5, 5)]),
    "MaxPool1d": (lambda: nn.MaxPool1d(2, 2), [n(2, 3, 6)]),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d(2), [n(2, 3, 4, 4)]),
    "ReLU": (lambda: nn.ReLU(), [n(3, 4)]),
    "GELU": (lambda: nn.GELU(), [n(3, 4)]),
    "GELU_exact": (lambda: nn.GELU(False), [n(3, 4)]),
    "LeakyReLU": (lambda: nn.LeakyReLU(), [n(3, 4)]),
    "ELU": (lambda: nn.ELU(), [n(3, 4)]),
    "PReLU": (lambda: nn.PReLU(3), [n(2, 3, 4)]),
    "SiLU": (lambda: nn.SiLU(), [n(3, 4)]),
    "HSwish": (lambda: nn.HSwish(), [n(3, 4)]),
    "Mish": (lambda: nn.Mish(), [n(3, 4)]),
    "Softmax": (lambda: nn.Softmax(1), [n(3, 4)]),
    "LogSoftmax": (lambda: nn.LogSoftmax(1), [n(3, 4)]),
    "Sequential": (lambda: nn.SequentialCell(nn.Dense(4, 5), nn.ReLU(), nn.Dense(5, 2)), [n(3, 4)]),
}

LOSSES = {
    "CrossEntropyLoss": (lambda: nn.CrossEntropyLoss(), [n(4, 3), k(3, 4)]),
    "CrossEntropyLoss_none": (lambda: nn.CrossEntropyLoss(reduction="none"), [n(4, 3), k(3, 4)]),
    "CrossEntropyLoss_smooth": (lambda: nn.CrossEntropyLoss(label_smoothing=0.2), [n(4, 3), k(3, 4)]),
    "CrossEntropyLoss_ignore": (lambda: nn.CrossEntropyLoss(ignore_index=1), [n(4, 3), k(3, 4)]),
    "SoftmaxCE_sparse": (lambda: nn.SoftmaxCrossEntropyWithLogits(True, "mean"), [n(4, 3), k(3, 4)]),
    "SoftmaxCE_dense": (lambda: nn.SoftmaxCrossEntropyWithLogits(), [n(4, 3), np.eye(3, dtype=np.float32)[k(3, 4)]]),
    "NLLLoss": (lambda: nn.NLLLoss(), [n(4, 3), k(3, 4)]),
    "MSELoss": (lambda: nn.MSELoss(), [n(3, 4), n(3, 4)]),
    "MSELoss_sum": (lambda: nn.MSELoss("sum"), [n(3, 4), n(3, 4)]),
    "L1Loss": (lambda: nn.L1Loss(), [n(3, 4), n(3, 4)]),
    "MAELoss": (lambda: nn.MAELoss(), [n(3, 4), n(3, 4)]),
    "RMSELoss": (lambda: nn.RMSELoss(), [n(3, 4), n(3, 4)]),
    "SmoothL1Loss": (lambda: nn.SmoothL1Loss(), [n(3, 4), n(3, 4)]),
    "HuberLoss": (lambda: nn.HuberLoss(), [n(3, 4), n(3, 4)]),
    "BCELoss": (lambda: nn.BCELoss(), [p(3, 4) * 0.7, p(3, 4) * 0.7]),
    "BCEWithLogitsLoss": (lambda: nn.BCEWithLogitsLoss(), [n(3, 4), p(3, 4)]),
    "KLDivLoss": (lambda: nn.KLDivLoss(), [n(3, 4), p(3, 4)]),
}

LAYERS.update(
    {
        "Dense_vector": (lambda: nn.Dense(4, 3), [n(4)]),
        "Dense_relu": (lambda: nn.Dense(4, 3, activation=nn.ReLU()), [n(5, 4)]),
        "Conv2d_asymmetric": (
            lambda: nn.Conv2d(3, 4, 3, pad_mode="pad", padding=(1, 0, 2, 1), stride=(1, 2)),
            [n(2, 3, 6, 7)],
        ),
        "Conv2d_same_stride": (lambda: nn.Conv2d(3, 4, (2, 3), stride=(2, 3)), [n(2, 3, 7, 8)]),
        "Conv2d_depthwise": (lambda: nn.Conv2d(4, 8, 3, group=4, has_bias=True), [n(2, 4, 6, 6)]),
        "Conv1d_settings": (lambda: nn.Conv1d(4, 6, 3, 2, "pad", 1, 2, 2, True), [n(2, 4, 11)]),
        "Conv1d_valid": (lambda: nn.Conv1d(3, 4, 2, pad_mode="valid"), [n(2, 3, 7)]),
        "BatchNorm1d_train": (lambda: nn.BatchNorm1d(3, 0.01, 0.7).set_train(), [n(5, 3)]),
        "BatchNorm2d_batch": (lambda: nn.BatchNorm2d(3, use_batch_statistics=True), [n(2, 3, 4, 4)]),
        "BatchNorm2d_moving": (lambda: nn.BatchNorm2d(3, use_batch_statistics=False).set_train(), [n(2, 3, 4, 4)]),
        "BatchNorm2d_plain": (lambda: nn.BatchNorm2d(3, affine=False).set_train(), [n(2, 3, 4, 4)]),
        "LayerNorm_eps": (lambda: nn.LayerNorm((4,), epsilon=0.1), [n(2, 3, 4)]),
        "GroupNorm_plain": (lambda: nn.GroupNorm(4, 4, 0.1, False), [n(2, 4, 3, 3)]),
        "Dropout_keep": (lambda: nn.Dropout(p=0.0).set_train(), [n(3, 4)]),
        "Embedding_padding": (lambda: nn.Embedding(6, 3, padding_idx=2), [k(6, 4)]),
        "Embedding_one_hot": (lambda: nn.Embedding(6, 3, True), [k(6, 4)]),
        "Flatten_axes": (lambda: nn.Flatten(0, 1), [n(2, 3, 4)]),
        "MaxPool2d_pad": (lambda: nn.MaxPool2d(3, 2, "pad", 1), [n(2, 3, 7, 7)]),
        "MaxPool2d_ceil": (lambda: nn.MaxPool2d(3, 2, "pad", 1, ceil_mode=True), [n(2, 3, 6, 7)]),
        "MaxPool2d_3d": (lambda: nn.MaxPool2d(2, 2), [n(3, 6, 6)]),
        "AvgPool2d_pad": (lambda: nn.AvgPool2d(3, 2, "pad", 1), [n(2, 3, 7, 7)]),
        "AvgPool2d_exclude": (lambda: nn.AvgPool2d(3, 2, "pad", 1, count_include_pad=False), [n(2, 3, 7, 7)]),
        "AvgPool2d_divisor": (lambda: nn.AvgPool2d(3, 2, "pad", 1, divisor_override=4), [n(2, 3, 7, 7)]),
        "AvgPool2d_ceil": (lambda: nn.AvgPool2d(3, 2, "pad", 1, ceil_mode=True), [n(2, 3, 6, 7)]),
        "AvgPool2d_ceil_exclude": (lambda: nn.AvgPool2d(2, 2, "pad", 0, True, False), [n(2, 3, 5, 7)]),
        "AvgPool1d": (lambda: nn.AvgPool1d(2, 2), [n(2, 3, 6)]),
        "AvgPool1d_same": (lambda: nn.AvgPool1d(3, 2, "same"), [n(2, 3, 7)]),
        "MaxPool1d_stride": (lambda: nn.MaxPool1d(3, 2), [n(2, 3, 8)]),
        "MaxPool1d_pad": (lambda: nn.MaxPool1d(3, 2, "pad", 1), [n(2, 3, 8)]),
        "AdaptiveAvgPool2d_uneven": (lambda: nn.AdaptiveAvgPool2d((3, 2)), [n(2, 3, 7, 5)]),
        "AdaptiveAvgPool2d_3d": (lambda: nn.AdaptiveAvgPool2d((None, 2)), [n(3, 4, 4)]),
        "AdaptiveMaxPool2d": (lambda: nn.AdaptiveMaxPool2d(2), [n(2, 3, 6, 4)]),
        "AdaptiveMaxPool2d_uneven": (lambda: nn.AdaptiveMaxPool2d((3, 2)), [n(2, 3, 7, 5)]),
        "Identity": (lambda: nn.Identity(), [n(3, 4)]),
        "Pad": (lambda: nn.Pad(((1, 0), (2, 1))), [n(3, 4)]),
        "ZeroPad2d": (lambda: nn.ZeroPad2d((1, 2, 0, 1)), [n(2, 3, 4, 4)]),
        "ZeroPad2d_number": (lambda: nn.ZeroPad2d(2), [n(2, 3, 4, 4)]),
        "OneHot": (lambda: nn.OneHot(depth=4), [k(4, 5)]),
        "OneHot_settings": (lambda: nn.OneHot(0, 4, 2.0, -1.0), [k(4, 2, 3)]),
        "Norm": (lambda: nn.Norm(), [n(3, 4)]),
        "Norm_axis": (lambda: nn.Norm(1, True), [n(3, 4)]),
        "ClipByNorm": (lambda: nn.ClipByNorm(), [n(3, 4), np.array(0.7, np.float32)]),
        "ELU_large": (lambda: nn.ELU(1.0), [n(3, 4) * 3]),
        "CELU": (lambda: nn.CELU(0.6), [n(3, 4)]),
        "GLU": (lambda: nn.GLU(), [n(3, 4)]),
        "GLU_axis": (lambda: nn.GLU(0), [n(4, 3)]),
        "Hardtanh": (lambda: nn.Hardtanh(-0.4, 0.6), [n(3, 4)]),
        "HShrink": (lambda: nn.HShrink(0.3), [n(3, 4)]),
        "SoftShrink": (lambda: nn.SoftShrink(0.3), [n(3, 4)]),
        "LeakyReLU_alpha": (lambda: nn.LeakyReLU(0.01), [n(3, 4)]),
        "PReLU_channels": (lambda: nn.PReLU(3, 0.1), [n(2, 3, 2, 2)]),
        "PReLU_one": (lambda: nn.PReLU(), [n(2, 3)]),
        "Softmax_0": (lambda: nn.Softmax(0), [n(3, 4)]),
        "LogSoftmax_0": (lambda: nn.LogSoftmax(0), [n(3, 4)]),
        "CellList": (lambda: nn.SequentialCell(*nn.CellList([nn.Dense(4, 5), nn.Tanhshrink()])), [n(3, 4)]),
    }
)
for _name in "ReLU6 Sigmoid Tanh HSigmoid LogSigmoid Softsign Tanhshrink SeLU FastGelu".split():
    LAYERS[_name] = (lambda _c=_name: getattr(nn, _c)(), [n(3, 4)])

LAYERS.update(LAYERS2)

_SIGNS = np.array([[1, -1, 1, -1], [-1, -1, 1, 1], [1, 1, -1, 1]], np.float32)
for _r in ("mean", "sum", "none"):
    LOSSES.update(
        {
            f"CrossEntropyLoss_{_r}": (
                lambda _r=_r: nn.CrossEntropyLoss(ms.Tensor([0.3, 1.0, 0.6], ms.float32), 1, _r, 0.1),
                [n(6, 3), k(3, 6)],
            ),
            f"CrossEntropyLoss_probabilities_{_r}": (
                lambda _r=_r: nn.CrossEntropyLoss(reduction=_r),
                [n(6, 3), p(6, 3)],
            ),
            f"CrossEntropyLoss_image_{_r}": (
                lambda _r=_r: nn.CrossEntropyLoss(reduction=_r),
                [n(2, 3, 2, 2), k(3, 2, 2, 2)],
            ),
            f"SoftmaxCE_sparse_{_r}": (lambda _r=_r: nn.SoftmaxCrossEntropyWithLogits(True, _r), [n(4, 3), k(3, 4)]),
            f"SoftmaxCE_dense_{_r}": (
                lambda _r=_r: nn.SoftmaxCrossEntropyWithLogits(False, _r),
                [n(4, 3), np.eye(3, dtype=np.float32)[k(3, 4)]],
            ),
            f"NLLLoss_{_r}": (
                lambda _r=_r: nn.NLLLoss(ms.Tensor([0.3, 1.0, 0.6], ms.float32), 1, _r),
                [n(6, 3), k(3, 6)],
            ),
            f"MSELoss_{_r}": (lambda _r=_r: nn.MSELoss(_r), [n(3, 4), n(4)]),
            f"L1Loss_{_r}": (lambda _r=_r: nn.L1Loss(_r), [n(3, 4), n(3, 4)]),
            f"MAELoss_{_r}": (lambda _r=_r: nn.MAELoss(_r), [n(3, 4), n(3, 4)]),
            f"SmoothL1Loss_{_r}": (lambda _r=_r: nn.SmoothL1Loss(0.4, _r), [n(3, 4), n(3, 4)]),
            f"HuberLoss_{_r}": (lambda _r=_r: nn.HuberLoss(_r, 0.4), [n(3, 4), n(3, 4)]),
            f"BCELoss_{_r}": (
                lambda _r=_r: nn.BCELoss(ms.Tensor([0.3, 1.0, 0.6, 2.0], ms.float32).broadcast_to((3, 4)), _r),
                [p(3, 4) * 0.7, p(3, 4) * 0.7],
            ),
            f"BCEWithLogitsLoss_{_r}": (
                lambda _r=_r: nn.BCEWithLogitsLoss(
                    _r, ms.Tensor([0.3, 1.0, 0.6, 2.0], ms.float32), ms.Tensor([0.5, 1.0, 2.0, 3.0], ms.float32)
                ),
                [n(3, 4), p(3, 4)],
            ),
            f"KLDivLoss_{_r}": (lambda _r=_r: nn.KLDivLoss(_r), [n(3, 4), p(3, 4)]),
            f"SoftMarginLoss_{_r}": (lambda _r=_r: nn.SoftMarginLoss(_r), [n(3, 4), _SIGNS]),
            f"HingeEmbeddingLoss_{_r}": (lambda _r=_r: nn.HingeEmbeddingLoss(0.5, _r), [n(3, 4), _SIGNS], (0,)),
            f"MarginRankingLoss_{_r}": (lambda _r=_r: nn.MarginRankingLoss(0.3, _r), [n(4), n(4), _SIGNS[0]]),
            f"CosineEmbeddingLoss_{_r}": (lambda _r=_r: nn.CosineEmbeddingLoss(0.1, _r), [n(4, 3), n(4, 3), _SIGNS[0]]),
        }
    )
LOSSES["KLDivLoss_batchmean"] = (lambda: nn.KLDivLoss("batchmean"), [n(3, 4), p(3, 4)])
LOSSES["DiceLoss"] = (lambda: nn.DiceLoss(), [p(3, 4), p(3, 4)])
LOSSES["DiceLoss_smooth"] = (lambda: nn.DiceLoss(0.1), [p(3, 4), p(3, 4)])

_RATES = [0.1, 0.05, 0.2, 0.01, 0.3, 0.02]


def groups(ps):
    """Parameter groups with rates and decays of their own."""
    return [{"params": ps[:1], "lr": 0.05, "weight_decay": 0.3}, {"params": ps[1:]}]


def rates_in_groups(ps):
    return [{"params": ps[:1], "lr": _RATES}, {"params": ps[1:], "weight_decay": 0.2}]


OPTIMIZERS = {
    "SGD": lambda ps: nn.SGD(ps, 0.1),
    "SGD_momentum": lambda ps: nn.SGD(ps, 0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "SGD_nesterov": lambda ps: nn.SGD(ps, 0.1, momentum=0.9, nesterov=True, loss_scale=2.0),
    "SGD_nesterov_decay": lambda ps: nn.SGD(groups(ps), 0.1, momentum=0.8, nesterov=True, weight_decay=0.05),
    "SGD_rates": lambda ps: nn.SGD(ps, _RATES),
    "SGD_rate_tensor": lambda ps: nn.SGD(ps, ms.Tensor(_RATES, ms.float32), momentum=0.5),
    "SGD_groups": lambda ps: nn.SGD([{"params": ps[:1], "lr": 0.01}, {"params": ps[1:], "weight_decay": 0.2}], 0.1),
    "SGD_order": lambda ps: nn.SGD(groups(ps) + [{"order_params": ps}], 0.1),
    "Momentum": lambda ps: nn.Momentum(ps, 0.1, 0.9, weight_decay=0.1),
    "Momentum_nesterov": lambda ps: nn.Momentum(ps, 0.1, 0.8, use_nesterov=True),
    "Momentum_schedule": lambda ps: nn.Momentum(ps, nn.CosineDecayLR(0.01, 0.1, 3), 0.9),
    "Momentum_scale": lambda ps: nn.Momentum(groups(ps), _RATES, 0.7, weight_decay=0.1, loss_scale=4.0),
    "Adam": lambda ps: nn.Adam(ps, 0.1),
    "Adam_settings": lambda ps: nn.Adam(ps, 0.1, 0.8, 0.99, 0.1, loss_scale=4.0),
    "Adam_decay": lambda ps: nn.Adam(ps, nn.ExponentialDecayLR(0.1, 0.9, 2), weight_decay=0.1),
    "Adam_groups": lambda ps: nn.Adam(rates_in_groups(ps), 0.1, 0.8),
    "Adam_amsgrad": lambda ps: nn.Adam(ps, 0.1, use_amsgrad=True),
    "Adam_nesterov": lambda ps: nn.Adam(ps, 0.1, use_nesterov=True, weight_decay=0.1),
    "AdamWeightDecay": lambda ps: nn.AdamWeightDecay(ps, 0.1, weight_decay=0.1),
    "AdamWeightDecay_settings": lambda ps: nn.AdamWeightDecay(groups(ps), _RATES, 0.8, 0.99, 0.1),
    "AdamWeightDecay_schedule": lambda ps: nn.AdamWeightDecay(
        ps, nn.PolynomialDecayLR(0.1, 0.01, 4, 2.0), weight_decay=0.3
    ),
    "RMSProp": lambda ps: nn.RMSProp(ps, 0.1, momentum=0.9),
    "RMSProp_settings": lambda ps: nn.RMSProp(groups(ps), _RATES, 0.8, 0.5, 0.01, loss_scale=2.0),
    "RMSProp_centered": lambda ps: nn.RMSProp(ps, 0.1, centered=True, weight_decay=0.1),
    "RMSProp_centered_settings": lambda ps: nn.RMSProp(rates_in_groups(ps), 0.1, 0.8, 0.5, 0.1, centered=True),
    "Adagrad": lambda ps: nn.Adagrad(ps, learning_rate=0.1),
    "Adagrad_settings": lambda ps: nn.Adagrad(groups(ps), 0.3, _RATES, loss_scale=2.0, weight_decay=0.1),
    "Adagrad_slots": lambda ps: nn.Adagrad(ps, 0.5, 0.1, update_slots=False),
}

SCHEDULES = {
    "CosineDecayLR": lambda: nn.CosineDecayLR(0.01, 0.1, 4),
    "ExponentialDecayLR": lambda: nn.ExponentialDecayLR(0.1, 0.9, 3),
    "ExponentialDecayLR_stair": lambda: nn.ExponentialDecayLR(0.1, 0.9, 3, True),
    "InverseDecayLR": lambda: nn.InverseDecayLR(0.1, 0.9, 3),
    "InverseDecayLR_stair": lambda: nn.InverseDecayLR(0.1, 0.9, 3, True),
    "NaturalExpDecayLR": lambda: nn.NaturalExpDecayLR(0.1, 0.9, 3),
    "NaturalExpDecayLR_stair": lambda: nn.NaturalExpDecayLR(0.1, 0.9, 3, True),
    "PolynomialDecayLR": lambda: nn.PolynomialDecayLR(0.1, 0.01, 4, 0.5),
    "PolynomialDecayLR_update": lambda: nn.PolynomialDecayLR(0.1, 0.01, 3, 2.0, True),
    "WarmUpLR": lambda: nn.WarmUpLR(0.1, 4),
    "cosine_decay_lr": lambda: nn.cosine_decay_lr(0.01, 0.1, 8, 2, 3),
    "exponential_decay_lr": lambda: nn.exponential_decay_lr(0.1, 0.9, 8, 2, 3),
    "exponential_decay_lr_stair": lambda: nn.exponential_decay_lr(0.1, 0.9, 8, 2, 3, True),
    "inverse_decay_lr": lambda: nn.inverse_decay_lr(0.1, 0.9, 8, 2, 3),
    "inverse_decay_lr_stair": lambda: nn.inverse_decay_lr(0.1, 0.9, 8, 2, 3, True),
    "natural_exp_decay_lr": lambda: nn.natural_exp_decay_lr(0.1, 0.9, 8, 2, 3),
    "natural_exp_decay_lr_stair": lambda: nn.natural_exp_decay_lr(0.1, 0.9, 8, 2, 3, True),
    "piecewise_constant_lr": lambda: nn.piecewise_constant_lr([2, 5, 8], [0.1, 0.05, 0.01]),
    "polynomial_decay_lr": lambda: nn.polynomial_decay_lr(0.1, 0.01, 8, 2, 3, 0.5),
    "polynomial_decay_lr_update": lambda: nn.polynomial_decay_lr(0.1, 0.01, 8, 1, 3, 2.0, True),
    "warmup_lr": lambda: nn.warmup_lr(0.1, 8, 2, 3),
}


def tensors(arrays):
    return [ms.Tensor(a) for a in arrays]


def arrays_of(value):
    """A result as a list of arrays."""
    if isinstance(value, (tuple, list)):
        return [a for v in value for a in arrays_of(v)]
    return [value.asnumpy()]


def flat(value):
    """Nested results as one list."""
    return [y for v in value for y in flat(v)] if isinstance(value, (tuple, list)) else [value]


def weighted(outs):
    """A number that depends on every element of every result in its own way."""
    total = None
    for y in flat(outs):
        w = ms.Tensor(np.cos(np.arange(int(np.prod(y.shape)))).reshape(y.shape).astype(np.float32))
        part = (y * w).sum()
        total = part if total is None else total + part
    return total


def run_op(name):
    """(results, derivatives) as arrays."""
    fn, arrays = OPS[name]
    xs = tensors(arrays)
    values = arrays_of(fn(*xs))
    if values[0].dtype.kind != "f":
        return values, []
    at = tuple(i for i, a in enumerate(arrays) if a.dtype.kind == "f")
    return values, arrays_of(ms.grad(lambda *z: weighted(fn(*z)), at)(*xs)) if at else []


def fill(cell, seed=3):
    """Parameters with fixed numbers."""
    rng = np.random.RandomState(seed)
    for q in cell.get_parameters():
        low = 0.5 if "variance" in q.name else -0.5
        q.set_data(ms.Tensor((rng.rand(*q.shape) + low).astype(np.float32)))


def run_cell(make, arrays, at=None):
    """(results, derivatives of inputs and weights, parameters afterwards)."""
    cell = make()
    fill(cell)
    xs = tensors(arrays)
    values = arrays_of(cell(*xs))
    fill(cell)
    at = tuple(i for i, a in enumerate(arrays) if a.dtype.kind == "f") if at is None else at
    weights = cell.trainable_params()
    grads = []
    if at:
        grads += arrays_of(ms.grad(lambda *z: weighted(cell(*z)), at)(*xs))
    if weights:
        fill(cell)
        grads += arrays_of(ms.grad(lambda *z: weighted(cell(*z)), None, weights)(*xs))
    return values, grads, [q.asnumpy() for q in cell.get_parameters()]


def run_optimizer(name):
    """The parameters after 6 steps."""
    rng = np.random.RandomState(5)
    ps = [
        ms.Parameter(ms.Tensor(rng.randn(2, 3).astype(np.float32)), name="w"),
        ms.Parameter(ms.Tensor(rng.randn(3).astype(np.float32)), name="b"),
    ]
    optimizer = OPTIMIZERS[name](ps)
    for _ in range(6):
        optimizer(tuple(ms.Tensor(rng.randn(*q.shape).astype(np.float32)) for q in ps))
    return [q.asnumpy() for q in ps]


def run(kind, name, only=""):
    """Everything that is compared of a case: part -> arrays. "asked": what it is asked with, in short."""
    if kind == "ops":
        sums = [
            float(
                (
                    np.nan_to_num(np.asarray(a, np.float64), posinf=9, neginf=-9).reshape(-1)
                    * np.cos(np.arange(a.size))
                ).sum()
            )
            for a in OPS[name][1]
        ]
        asked = {"asked": [np.array(sums)]}
        return asked if only else dict(zip(("value", "grad"), run_op(name)), **asked)
    if kind == "optimizers":
        return {"after": run_optimizer(name)}
    if kind == "schedules":
        made = SCHEDULES[name]()
        if not isinstance(made, list):
            made = [float(made(ms.Tensor(step, ms.int32)).asnumpy()) for step in range(8)]
        return {"value": [np.array(made, np.float32)]}
    return dict(zip(("value", "grad", "after"), run_cell(*(LAYERS if kind == "layers" else LOSSES)[name])))


def everything():
    """(kind, name, what runs it) of every case."""
    for kind, table in (
        ("ops", OPS),
        ("layers", LAYERS),
        ("losses", LOSSES),
        ("optimizers", OPTIMIZERS),
        ("schedules", SCHEDULES),
    ):
        for name in table:
            yield kind, name, lambda kind=kind, name=name: run(kind, name)
