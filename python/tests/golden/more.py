"""Cases for functions of mindspore.ops that are made of several operators, and for operators as objects."""

import numpy as np
import mindspore as ms
from mindspore import ops

from core import b, i, n, p, put

MORE = {}


def add(name, fn, *arrays):
    put(MORE, name, fn, arrays)


def whole(name, fn, *arrays):
    """With floats and with integers."""
    add(name, fn, *arrays)
    add(f"{name} i32", fn, *(np.asarray(np.round(a * 4), np.int32) if a.dtype.kind == "f" else a for a in arrays))


# ---- the same under other names ----

add(
    "names of arithmetic",
    lambda x, y: (ops.subtract(x, y), ops.multiply(x, y), ops.divide(x, y), ops.true_divide(x, y)),
    n(3, 4),
    p(4),
)
add("names of rounding", lambda x, y: (ops.floor_divide(x, y), ops.remainder(x, y), ops.fmod(x, y)), n(3, 4), p(4))
add(
    "names of comparison",
    lambda x, y: (ops.eq(x, y), ops.ne(x, y), ops.lt(x, y), ops.le(x, y), ops.gt(x, y), ops.ge(x, y)),
    np.round(n(3, 4)),
    np.round(n(4)),
)
add(
    "comparison in words",
    lambda x, y: (
        ops.equal(x, y),
        ops.not_equal(x, y),
        ops.less(x, y),
        ops.less_equal(x, y),
        ops.greater(x, y),
        ops.greater_equal(x, y),
    ),
    np.round(n(3, 4)),
    np.round(n(4)),
)
whole("names of signs", lambda x: (ops.absolute(x), ops.negative(x)), n(3, 4))
add("inv", lambda x: ops.inv(x), p(3, 4))
add("swish", lambda x: ops.silu(x), n(3, 4))
add(
    "div rounding",
    lambda x, y: (ops.div(x, y, rounding_mode="floor"), ops.div(x, y, rounding_mode="trunc")),
    n(3, 4) * 3,
    p(4),
)
add("div none", lambda x, y: ops.div(x, y, rounding_mode=None), n(3, 4), p(4))

# ---- of one operand ----

for _name in "tan sinh cosh erfc exp2 trunc frac square ceil isnan isinf isfinite logsigmoid softsign".split():
    add(_name + " function", lambda x, _f=getattr(ops, _name): _f(x), n(3, 4) if _name == "tan" else n(3, 4) * 2)
for _name in "log2 log10".split():
    add(_name, lambda x, _f=getattr(ops, _name): _f(x), p(3, 4))
add(
    "isnan special",
    lambda x: (ops.isnan(x), ops.isinf(x), ops.isfinite(x)),
    np.array([1, np.inf, -np.inf, np.nan], np.float32),
)
add("elu negative", lambda x: ops.elu(x), -p(3, 4) * 3)
add("celu", lambda x: ops.celu(x, 0.7), n(3, 4) * 2)
add("glu", lambda x: ops.glu(x, 1), n(3, 4))
add("hardtanh", lambda x: ops.hardtanh(x, -0.5, 0.7), n(3, 4))
add("hardshrink", lambda x: ops.hardshrink(x, 0.4), n(3, 4))
add("softshrink", lambda x: ops.softshrink(x, 0.4), n(3, 4))
add("tanhshrink", lambda x: ops.tanhshrink(x), n(3, 4))
add("threshold", lambda x: ops.threshold(x, 0.3, 2.0), n(3, 4))
add("softmin", lambda x: ops.softmin(x, 0), n(3, 4))
add("softmax dtype", lambda x: ops.softmax(x, 0, dtype=ms.float64), n(3, 4))
add("leaky_relu slope", lambda x: (ops.leaky_relu(x), ops.leaky_relu(x, 0.5)), n(3, 4))
add("softplus settings", lambda x: ops.softplus(x, 2, 1), n(3, 4) * 3)
add("softplus threshold", lambda x: ops.softplus(x), n(3, 4) * 30)
add("l2_normalize", lambda x: ops.L2Normalize(1, 1e-4)(x), n(3, 4))
add("normalize", lambda x: ops.L2Normalize(0)(x), n(3, 4))
add("clip", lambda x: (ops.clip(x, -0.5, 0.5), ops.clamp(x, min=-0.2), ops.clamp(x, max=0.1)), n(3, 4))
add("clip_by_value", lambda x: ops.clip_by_value(x, -0.5, 0.5), n(3, 4))
add("clip_by_value tensors", lambda x, lo, hi: ops.clip_by_value(x, lo, hi), n(3, 4), -p(4), p(4))
add("clip_by_norm", lambda x, y: ops.clip_by_norm((x, y), 0.5), n(3), n(2))
whole("clamp numbers", lambda x: ops.clamp(x, -1, 2), n(3, 4))
add(
    "threshold relu",
    lambda x: (ops.relu(x), ops.relu6(x), ops.sigmoid(x), ops.sign(x), ops.round(x), ops.rsqrt(ops.abs(x) + 1)),
    n(3, 4),
)

# ---- of two and more ----

add("addcmul", lambda x, y, z: ops.addcmul(x, y, z, 0.5), n(3, 4), n(4), n(3, 1))
add("addcdiv", lambda x, y, z: ops.addcdiv(x, y, z, 0.5), n(3, 4), n(4), p(3, 1))
add("lerp tensor", lambda x, y, w: ops.lerp(x, y, w), n(3, 4), n(3, 4), p(3, 4))
add("hypot", lambda x, y: ops.hypot(x, y), n(3, 4), n(4))
add("logical_xor", lambda x, y: ops.logical_xor(x, y), b(3, 4), b(4))
add("isclose", lambda x, y: ops.isclose(x, y, 0.2, 0.1), np.round(n(3, 4), 1), np.round(n(3, 4), 1))
add(
    "isclose nan",
    lambda x, y: (ops.isclose(x, y), ops.isclose(x, y, equal_nan=True)),
    np.array([1, np.nan, np.inf, 2], np.float32),
    np.array([1, np.nan, np.inf, 2.1], np.float32),
)
add("addmm", lambda x, y, z: ops.addmm(x, y, z, beta=0.5, alpha=2), n(3, 5), n(3, 4), n(4, 5))
add("mm", lambda x, y: ops.mm(x, y), n(3, 4), n(4, 5))
add("batch product", lambda x, y: ops.BatchMatMul()(x, y), n(2, 3, 4), n(2, 4, 5))
add("dot", lambda x, y: ops.dot(x, y), n(3, 4), n(4, 5))
add("ger", lambda x, y: ops.ger(x, y), n(3), n(4))
add("tensor_dot number", lambda x, y: ops.tensor_dot(x, y, 2), n(2, 3, 4), n(3, 4, 5))
add("tensor_dot axes", lambda x, y: ops.tensor_dot(x, y, ((0, 2), (1, 0))), n(2, 3, 4), n(4, 2, 5))
add(
    "attention",
    lambda q, k, v: ops.softmax(ops.matmul(q, k.swapaxes(-1, -2)) * 0.5, -1) @ v,
    n(2, 3, 4),
    n(2, 5, 4),
    n(2, 5, 4),
)

# ---- over axes ----

for _name, _axis in (("", ()), (" 0", 0), (" -1", -1), (" tuple", (0, 2))):
    add("all" + _name, lambda x, _a=_axis: ops.ReduceAll()(x, _a), b(2, 3, 4) | b(2, 3, 4) | b(2, 3, 4))
    add("any" + _name, lambda x, _a=_axis: ops.ReduceAny(keep_dims=True)(x, _a), b(2, 3, 4) & b(2, 3, 4) & b(2, 3, 4))
    add("count_nonzero" + _name, lambda x, _a=_axis: ops.count_nonzero(x, _a), np.round(n(2, 3, 4)))
add(
    "all function",
    lambda x: (ops.all(x), ops.all(x, 1), x.all(axis=0), ops.any(x), ops.any(x, 1, True), x.any(axis=0)),
    b(3, 4),
)
add("amin", lambda x: (ops.amin(x, 1), ops.amin(x), ops.amin(x, (0, 2), True)), n(2, 3, 4))
add("amax", lambda x: (ops.amax(x, 1), ops.amax(x), ops.amax(x, (0, 2), True)), n(2, 3, 4))
add("max positions", lambda x: ops.max(x, 1), n(3, 4))
add("min positions", lambda x: ops.min(x, 0, True), n(3, 4))
add("max both", lambda x: ops.ArgMaxWithValue(1)(x)[1], n(3, 4))
add("max places", lambda x: ops.ArgMaxWithValue(1)(x)[0], n(3, 4))
add("min both", lambda x: ops.ArgMinWithValue(0, True)(x)[1], n(3, 4))
add("var", lambda x: (ops.var(x), ops.var(x, 1), ops.var(x, (0, 2), 1, True)), n(2, 3, 4))
add("std", lambda x: (ops.std(x), ops.std(x, 1), ops.std(x, (0, 2), 1, True)), n(2, 3, 4))
add("methods of spread", lambda x: (x.var(), x.std(), x.var(1), x.std(0, ddof=1)), n(3, 4))
add("logsumexp keep", lambda x: (ops.logsumexp(x, 0, True), ops.logsumexp(x, (0, 1))), n(3, 4) * 10)
add("norm 1", lambda x: ops.norm(x, 1, 1), n(3, 4))
add("norm axis", lambda x: ops.norm(x, 2, 1, True), n(3, 4))
add("norm inf", lambda x: ops.norm(x, float("inf"), 0), n(3, 4))
add("norm fro", lambda x: ops.norm(x, "fro", (0, 1)), n(3, 4))
for _name, _axis in (("", None), (" 0", 0), (" -1", -1)):
    add("prod" + _name, lambda x, _a=_axis: ops.prod(x, _a), n(3, 4))
add("prod keep", lambda x: ops.prod(x, 1, True), n(3, 4))
add("prod zeros", lambda x: ops.prod(x, 1), np.array([[1, 0, 3], [0, 2, 0], [1, 2, 3]], np.float32))
add("prod i32", lambda x: ops.prod(x, 1), i(-4, 5, 3, 4))
add("prod primitive", lambda x: ops.ReduceProd()(x, (0, 1)), p(3, 4))
for _axis in (0, 1, -1):
    add(f"cumsum {_axis}", lambda x, _a=_axis: ops.cumsum(x, _a), n(3, 4, 2))
add("cumsum i32", lambda x: ops.cumsum(x, 0), i(-9, 9, 3, 4))
add("cumsum i64", lambda x: x.cumsum(1), i(-9, 9, 3, 4, dtype=np.int64))
add("cumsum f64", lambda x: ops.cumsum(x, 0), n(3, 4, dtype=np.float64))
add("cumsum f16", lambda x: ops.cumsum(x, 0), i(0, 9, 3, 4, dtype=np.float16))
add("cumsum dtype", lambda x: ops.cumsum(x, 0, ms.float64), n(3, 4))
add("cumsum exclusive", lambda x: ops.CumSum(True, False)(x, 1), n(3, 4))
add("cumsum reverse", lambda x: ops.CumSum(False, True)(x, 0), n(3, 4))
add("cumsum exclusive reverse", lambda x: ops.CumSum(True, True)(x, -1), n(3, 4))
for _variant, _settings in {"": {}, " smallest": dict(largest=False), " axis": dict(dim=0)}.items():
    add("topk both" + _variant, lambda x, _s=_settings: ops.topk(x, 2, **_s), n(3, 5))
add("topk axis 1", lambda x: ops.topk(x, 2, 1, False), n(2, 5, 3))
add("topk method", lambda x: x.topk(2), n(3, 5))
for _axis in (0, 1, -1):
    add(f"sort {_axis}", lambda x, _a=_axis: ops.sort(x, _a), n(3, 4, 5))
add("sort descending", lambda x: (ops.sort(x, descending=True), x.sort(0)), n(3, 4))
add("sort f16", lambda x: ops.sort(x), n(3, 5, dtype=np.float16))
add("sort i32", lambda x: ops.sort(x), np.array([[3, -1, 7, 9, 2], [8, 1, 0, -5, 4]], np.int32))
add("sort primitive", lambda x: ops.Sort(0, True)(x), n(3, 4))
add("argsort", lambda x: (ops.argsort(x), ops.argsort(x, 0, True), x.argsort()), n(3, 4))
add("msort", lambda x: ops.msort(x), n(3, 4))
add("topk ties", lambda x: ops.topk(ops.stop_gradient(x), 3), np.round(n(3, 7)))
add("topk primitive", lambda x: ops.TopK()(x, 3), n(2, 3, 5))
add("topk i32", lambda x: ops.topk(x, 2), np.array([[3, -1, 7, 9, 2], [8, 1, 0, -5, 4]], np.int32))
add("topk f16", lambda x: ops.topk(x, 2), n(3, 5, dtype=np.float16))
for _axis in (0, 1, -1):
    add(
        f"gather_elements {_axis}", lambda x, at, _a=_axis: ops.gather_elements(x, _a, at), n(3, 3, 4), i(0, 3, 2, 2, 3)
    )
add("gather_elements negative", lambda x, at: ops.gather_elements(x, 1, at), n(3, 4), i(-4, 4, 3, 6))
add("gather_elements i64", lambda x, at: ops.gather_d(x, 0, at), n(3, 4), i(0, 3, 2, 4, dtype=np.int64))
add("gather_elements i32", lambda x, at: ops.gather_elements(x, 0, at), i(0, 9, 3, 4), i(0, 3, 2, 4))
add("gather_elements f64", lambda x, at: ops.GatherD()(x, 1, at), n(3, 4, dtype=np.float64), i(0, 4, 3, 2))

# ---- shapes ----

whole("movedim", lambda x: ops.movedim(x, 0, 2), n(2, 3, 4))
whole("movedim several", lambda x: ops.movedim(x, (0, 1), (-1, 0)), n(2, 3, 4))
whole("t", lambda x: ops.t(x), n(2, 3))
whole("permute", lambda x: ops.permute(x, (1, 2, 0)), n(2, 3, 4))
whole("unsqueeze", lambda x: ops.unsqueeze(x, -1), n(2, 3))
whole("ravel", lambda x: ops.ravel(x), n(2, 3))
whole("swapdims", lambda x: ops.swapdims(x, 0, 1), n(2, 3, 4))
whole("view_as", lambda x, y: ops.view_as(x, y) if hasattr(ops, "view_as") else x.view_as(y), n(2, 6), n(3, 4))
whole(
    "expand",
    lambda x: x.expand(ms.Tensor([4, 3], ms.int32)) if not hasattr(ops, "expand") else ops.broadcast_to(x, (4, 3)),
    n(1, 3),
)
whole("repeat_elements", lambda x: ops.repeat_elements(x, 3, 1), n(2, 3, 2))
whole("repeat_interleave flat", lambda x: ops.repeat_interleave(x, 2), n(2, 3))
whole("hstack", lambda x, y: ops.hstack((x, y)), n(2, 3), n(2, 1))
whole("vstack", lambda x, y: ops.vstack((x, y)), n(2, 3), n(1, 3))
whole("unbind", lambda x: ops.unbind(x, 1), n(2, 3))
whole("index_select", lambda x, at: ops.index_select(x, 1, at), n(3, 4), np.array([0, 2, 2], np.int32))
whole("flip both", lambda x: ops.flip(x, (0, 1)), n(2, 3))
whole("tril diagonal", lambda x: (ops.tril(x, 1), ops.tril(x, -1)), n(3, 4))
whole("triu diagonal", lambda x: (ops.triu(x, 1), ops.triu(x, -1)), n(3, 4))
whole("diag", lambda x: ops.diag(x), n(3))
whole("meshgrid ij", lambda x, y: ops.meshgrid(x, y, indexing="ij"), n(3), n(4))
whole("pad value", lambda x: ops.pad(x, (1, 2), "constant", 3), n(2, 3))
whole("pad negative", lambda x: ops.pad(x, (-1, 1)), n(2, 4))
whole("pad primitive", lambda x: ops.Pad(((1, 0), (0, 2)))(x), n(2, 3))
whole("masked_fill both", lambda x, at: ops.masked_fill(x, at, ms.Tensor(2, x.dtype)), n(2, 3), b(3))
whole("where number", lambda x: (ops.where(x > 0, x, 1), ops.where(x > 0, 1, x)), n(3, 4))
whole("identity", lambda x: ops.deepcopy(x), n(2, 3))
add("split primitive", lambda x: ops.Split(1, 2)(x), n(3, 4))
add("embedding", lambda w, at: ops.gather(w, at, 0), n(5, 3), i(0, 5, 2, 2))
add(
    "assigned",
    lambda x: (
        (
            ops.assign(ms.Parameter(ops.zeros_like(x), name="a"), ops.stop_gradient(x)) * 1,
            ops.assign_add(ms.Parameter(ops.ones_like(x), name="b"), ops.stop_gradient(x)) * 1,
            ops.assign_sub(ms.Parameter(ops.ones_like(x), name="c"), ops.stop_gradient(x)) * 1,
        )[0].shape
        and x * 1
    ),
    n(3),
)

# ---- making ----

_ANY = np.zeros(1, np.int32)
add(
    "zeros ones full",
    lambda _: (ops.zeros((2, 3), ms.float32), ops.ones((2,), ms.int32), ops.full((2, 2), 1.5), ops.full((2,), 3)),
    _ANY,
)
add(
    "likes",
    lambda x: (ops.zeros_like(x), ops.ones_like(x), ops.full_like(x, 2), ops.zeros_like(x, dtype=ms.float32)),
    i(0, 3, 2, 2),
)
add("eye", lambda _: (ops.eye(3, 3, ms.float32), ops.eye(2, 3, ms.int32)), _ANY)
add("arange", lambda _: (ops.arange(4), ops.arange(2, 9, 3), ops.arange(0.0, 1.0, 0.25), ops.arange(5, 0, -2)), _ANY)
add("linspace", lambda _: ops.linspace(ms.Tensor(1.0, ms.float32), ms.Tensor(2.0, ms.float32), 5), _ANY)
add("fill", lambda _: (ops.fill(ms.float32, (2, 2), 3), ops.fill(ms.int32, (2,), 3)), _ANY)
add("range", lambda _: ops.range(ms.Tensor(1, ms.int32), ms.Tensor(9, ms.int32), ms.Tensor(3, ms.int32)), _ANY)

# ---- layers and losses as functions ----

add(
    "adaptive_avg_pool2d",
    lambda x: (
        ops.adaptive_avg_pool2d(x, 2),
        ops.adaptive_avg_pool2d(x, (1, 1)),
        ops.adaptive_avg_pool2d(x, (3, None)),
    ),
    n(2, 3, 6, 4),
)
add("adaptive_avg_pool2d uneven", lambda x: ops.adaptive_avg_pool2d(x, (3, 2)), n(2, 3, 7, 5))
add("adaptive_max_pool2d", lambda x: ops.adaptive_max_pool2d(x, 2), n(2, 3, 6, 4))
add("adaptive_max_pool2d uneven", lambda x: ops.adaptive_max_pool2d(x, (3, 2)), n(2, 3, 7, 5))
add(
    "batch_norm training",
    lambda x, g, h: ops.batch_norm(
        x,
        ms.Parameter(ms.Tensor([0.1, 0.2, 0.3], ms.float32), name="m"),
        ms.Parameter(ms.Tensor([1.0, 2.0, 0.5], ms.float32), name="v"),
        g,
        h,
        True,
        0.1,
        0.01,
    ),
    n(4, 3, 2, 2),
    n(3),
    n(3),
)
add("group_norm", lambda x, g, h: ops.group_norm(x, 2, g, h, 0.01), n(2, 4, 3, 3), n(4), n(4))
add("dropout evaluated", lambda x: ops.dropout(x, 0.5, False), n(3, 4))
add(
    "binary_cross_entropy",
    lambda x, y: ops.binary_cross_entropy(x, ops.stop_gradient(y), ops.ones_like(x)),
    p(3, 4) * 0.7,
    p(3, 4) * 0.7,
)
add(
    "binary_cross_entropy weight",
    lambda x, y, w: ops.binary_cross_entropy(x, ops.stop_gradient(y), ops.stop_gradient(w), "sum"),
    p(3, 4) * 0.7,
    p(3, 4) * 0.7,
    p(3, 4),
)
for _reduction in ("mean", "sum", "none"):
    add(f"nll_loss {_reduction}", lambda x, at, _r=_reduction: ops.nll_loss(x, at, reduction=_r), n(6, 4), i(0, 4, 6))
    add(
        f"nll_loss weight {_reduction}",
        lambda x, at, w, _r=_reduction: ops.nll_loss(
            x, at, ops.stop_gradient(w), ignore_index=1, reduction=_r, label_smoothing=0.1
        ),
        n(6, 4),
        i(0, 4, 6),
        p(4),
    )
    add(f"mse_loss {_reduction}", lambda x, y, _r=_reduction: ops.mse_loss(x, y, _r), n(3, 4), n(3, 4))
    add(f"l1_loss {_reduction}", lambda x, y, _r=_reduction: ops.l1_loss(x, y, _r), n(3, 4), n(3, 4))
    add(f"smooth_l1_loss {_reduction}", lambda x, y, _r=_reduction: ops.smooth_l1_loss(x, y, 0.5, _r), n(3, 4), n(3, 4))
    add(f"huber_loss {_reduction}", lambda x, y, _r=_reduction: ops.huber_loss(x, y, _r, 0.5), n(3, 4), n(3, 4))
    add(f"kl_div {_reduction}", lambda x, y, _r=_reduction: ops.kl_div(x, y, _r), n(3, 4), p(3, 4))
    add(
        f"hinge_embedding_loss {_reduction}",
        lambda x, y, _r=_reduction: ops.hinge_embedding_loss(x, ops.stop_gradient(y), 0.5, _r),
        n(3, 4),
        np.where(b(3, 4), 1, -1).astype(np.float32),
    )
    add(
        f"margin_ranking_loss {_reduction}",
        lambda x, y, z, _r=_reduction: ops.margin_ranking_loss(x, y, ops.stop_gradient(z), 0.3, _r),
        n(5),
        n(5),
        np.where(b(5), 1, -1).astype(np.float32),
    )
    add(
        f"soft_margin_loss {_reduction}",
        lambda x, y, _r=_reduction: ops.soft_margin_loss(x, y, _r),
        n(3, 4),
        np.where(b(3, 4), 1, -1).astype(np.float32),
    )
add("kl_div batchmean", lambda x, y: ops.kl_div(x, y, "batchmean"), n(3, 4), p(3, 4))
add("kl_div zeros", lambda x, y: ops.kl_div(x, ops.stop_gradient(y), "sum"), n(3, 4), np.maximum(n(3, 4), 0))

# ---- operators as objects ----

for _name in """Abs Neg Square Floor Ceil Round Exp Erf Erfc Sin Cos Tan Sinh Cosh Expm1 Sign ReLU ReLU6 Sigmoid Tanh
        HSigmoid HSwish Softplus Softsign Mish SeLU GeLU Elu Softmax LogSoftmax L2Loss ZerosLike OnesLike StopGradient IsNan IsInf
        IsFinite
        Trunc""".split():
    add(f"object {_name}", lambda x, _p=_name: getattr(ops, _p)()(x), n(3, 4))
add("object Rint", lambda x: ops.Rint()(ops.stop_gradient(x)), n(3, 4))
for _name in "Log Log1p Sqrt Rsqrt Reciprocal".split():
    add(f"object {_name}", lambda x, _p=_name: getattr(ops, _p)()(x), p(3, 4))
for _name in """Add Sub Mul Div RealDiv FloorDiv FloorMod Mod Pow Maximum Minimum Equal NotEqual Less LessEqual Greater
        GreaterEqual""".split():
    add(f"object {_name}", lambda x, y, _p=_name: getattr(ops, _p)()(x, y), p(3, 4), p(4))
add("object Mod negative", lambda x, y: ops.Mod()(x, y), n(3, 4) * 4, np.array([-3, -0.7, 2, 0.5], np.float32))
for _name in "LogicalAnd LogicalOr LogicalXor".split():
    add(f"object {_name}", lambda x, y, _p=_name: getattr(ops, _p)()(x, y), b(3, 4), b(4))
add("object LogicalNot", lambda x: ops.LogicalNot()(x), b(3, 4))
_OBJECTS = {
    "AddN": lambda x: ops.AddN()((x, x * 2)),
    "Cast": lambda x: ops.Cast()(x, ms.float16),
    "Reshape": lambda x: ops.Reshape()(x, (2, -1)),
    "Transpose": lambda x: ops.Transpose()(x, (1, 0)),
    "ExpandDims": lambda x: ops.ExpandDims()(x, 1),
    "Tile": lambda x: ops.Tile()(x, (2, 1)),
    "StridedSlice": lambda x: ops.StridedSlice()(x, (0, 1), (3, 4), (2, 1)),
    "Slice": lambda x: ops.Slice()(x, (1, 0), (2, 3)),
    "BroadcastTo": lambda x: ops.BroadcastTo((2, 3, 4))(x),
    "Squeeze": lambda x: ops.Squeeze(0)(ops.ExpandDims()(x, 0)),
    "Concat": lambda x: ops.Concat(1)((x, x * 2)),
    "Stack": lambda x: ops.Stack(1)((x, x * 2)),
    "Unstack": lambda x: ops.Unstack(1)(x),
    "Select": lambda x: ops.Select()(x > 0, x, x * 2),
    "MaskedFill": lambda x: ops.MaskedFill()(x, x > 0, ms.Tensor(2.0, ms.float32)),
    "Gather": lambda x: ops.Gather()(x, ms.Tensor([1, 1, 0], ms.int32), 1),
    "BiasAdd": lambda x: ops.BiasAdd()(x, x[0]),
    "TensorDot": lambda x: ops.tensor_dot(x, x, ((1,), (1,))),
    "Softmax axis": lambda x: ops.Softmax(0)(x),
    "LogSoftmax axis": lambda x: ops.LogSoftmax(0)(x),
    "L2Normalize": lambda x: ops.L2Normalize(axis=1)(x),
    "PReLU": lambda x: ops.PReLU()(x, ms.Tensor([0.1, 0.2, 0.3, 0.4], ms.float32)),
    "Elu": lambda x: ops.Elu()(x),
    "Eye": lambda x: ops.Eye()(2, 3, ms.float32),
    "Zeros": lambda x: ops.Zeros()((2, 3), ms.float32),
    "Ones": lambda x: ops.Ones()((2, 3), ms.int32),
    "Fill": lambda x: ops.fill(ms.float32, (2,), 3),
    "Argmax": lambda x: ops.Argmax(1)(x),
    "Range": lambda x: ops.Range()(ms.Tensor(0, ms.int32), ms.Tensor(6, ms.int32), ms.Tensor(2, ms.int32)),
}
for _name, _fn in _OBJECTS.items():
    add(f"objects {_name}", _fn, n(3, 4))
add(
    "object SoftmaxCrossEntropyWithLogits",
    lambda x, y: ops.SoftmaxCrossEntropyWithLogits()(x, y)[0],
    n(3, 4),
    np.eye(4, dtype=np.float32)[:3],
)
add(
    "object SoftmaxCrossEntropyWithLogits both",
    lambda x, y: ops.stop_gradient(ops.SoftmaxCrossEntropyWithLogits()(x, y)[1]),
    n(3, 4),
    np.eye(4, dtype=np.float32)[:3],
)
add(
    "object SparseSoftmaxCrossEntropyWithLogits",
    lambda x, at: ops.SparseSoftmaxCrossEntropyWithLogits()(x, at),
    n(3, 4),
    i(0, 4, 3),
)
add(
    "object SigmoidCrossEntropyWithLogits",
    lambda x, y: ops.SigmoidCrossEntropyWithLogits()(x, ops.stop_gradient(y)),
    n(3, 4),
    p(3, 4),
)
add("object SmoothL1Loss", lambda x, y: ops.SmoothL1Loss(0.5)(x, y), n(3, 4), n(3, 4))
add("object NLLLoss", lambda x, at, w: ops.NLLLoss()(x, at, ops.stop_gradient(w))[0], n(3, 4), i(0, 4, 3), p(4))

# ---- methods of tensors ----

_METHODS = {
    "abs absolute neg negative square exp sin cos tan sinh cosh tanh erf erfc expm1": (),
    "floor ceil round trunc frac sign sigmoid": (),
    "isfinite isinf isnan": (),
    "argmax argmin": (),
    "max min mean sum prod var std": (),
    "sum mean amax amin": (1,),
    "var std": (0, 1),
    "cumsum": (1,),
    "expand_dims unsqueeze": (0,),
    "clip clamp": (-0.5, 0.5),
    "flip": ((0, 1),),
    "swapaxes swapdims": (0, 1),
    "t ravel flatten": (),
    "tile": ((2, 1),),
    "tril triu": (),
    "topk": (2,),
    "sort argsort": (),
    "split": (2, 1),
    "chunk": (2, 1),
    "unbind": (1,),
    "narrow": (1, 0, 2),
    "logsumexp": (1,),
    "softmax": (1,),
    "repeat_interleave": (2, 1),
    "hardshrink": (0.3,),
    "copy": (),
    "permute": (1, 0),
    "transpose": (1, 0),
    "broadcast_to": ((2, 3, 4),),
    "reshape view": (4, 3),
    "half float int long": (),
    "isclose": (0.5,),
    "masked_fill": (None, 2.0),
    "norm": (),
    "movedim": (0, 1),
    "to type astype": (ms.float16,),
    "new_zeros new_ones": ((2, 2),),
}
_TWO = """add sub subtract mul multiply div divide true_divide floor_divide pow remainder fmod maximum minimum eq ne lt le gt ge
    equal not_equal less less_equal greater greater_equal hypot""".split()
for _names, _arguments in _METHODS.items():
    for _name in _names.split():
        if _name == "isclose":
            add("method isclose", lambda x: x.isclose(x + 1e-7), n(3, 4))
        elif _name == "masked_fill":
            add("method masked_fill", lambda x: x.masked_fill(x > 0, 2.0), n(3, 4))
        else:
            add(
                f"method {_name} {len(_arguments)}", lambda x, _n=_name, _a=_arguments: getattr(x, _n)(*_a), n(3, 4) * 2
            )
for _name in _TWO:
    add(f"method {_name} of two", lambda x, y, _n=_name: getattr(x, _n)(y), p(3, 4), p(4))
for _name in "log log2 log10 log1p sqrt rsqrt reciprocal inv".split():
    add(f"method {_name}", lambda x, _n=_name: getattr(x, _n)(), p(3, 4))
for _name in "logical_and logical_or logical_xor".split():
    add(f"method {_name}", lambda x, y, _n=_name: getattr(x, _n)(y), b(3, 4), b(4))
add("method logical_not", lambda x: (x.logical_not(), x.all(), x.any(), x.all(1), x.any(0)), b(3, 4))
add("method products", lambda x, y: (x.matmul(y), x.mm(y), x.dot(y)), n(3, 4), n(4, 2))
add("method outer", lambda x, y: x.outer(y), n(3), n(4))
add("method bmm", lambda x, y: x.bmm(y), n(2, 3, 4), n(2, 4, 5))
add("method addmm", lambda x, y, z: x.addmm(y, z), n(3, 5), n(3, 4), n(4, 5))
add("method addcmul", lambda x, y, z: x.addcmul(y, z), n(3), n(3), p(3))
add("method lerp", lambda x, y: x.lerp(y, 0.3), n(3), n(3))
add("method where", lambda x, y: x.where(x > 0, y), n(3), n(3))
add("method select", lambda x, y: x.select(x > 0, y), n(3), n(3))
add("method gather", lambda x, at: x.gather(at, 1), n(3, 4), i(0, 4, 5))
add("method gather_elements", lambda x, at: x.gather_elements(1, at), n(3, 4), i(0, 4, 3, 2))
add("method index_select", lambda x, at: x.index_select(1, at), n(3, 4), i(0, 4, 5))
add("method view_as", lambda x, y: x.view_as(y), n(3, 4), n(4, 3))
add("method expand_as", lambda x, y: x.expand_as(y), n(1, 4), n(3, 4))
add("method count_nonzero", lambda x: x.count_nonzero(), np.round(n(3, 4)))
add("method squeeze", lambda x: (x.squeeze(), x.squeeze(1)), n(3, 1, 4))
add("method flatten axes", lambda x: x.flatten(start_dim=1), n(2, 3, 4))
add("method fill", lambda x: x.fill(3.0), n(2, 3))
add(
    "method keepdims",
    lambda x: (x.mean(1, True), x.sum(1, keepdims=True), x.max(axis=1, keepdims=True), x.min(0, keepdims=True)),
    n(3, 4),
)
for _name in "max min".split():
    add(f"method {_name} dim", lambda x, _n=_name: getattr(x, _n)(dim=1), n(3, 4))
    add(f"method {_name} keepdim", lambda x, _n=_name: getattr(x, _n)(dim=0, keepdim=True), n(3, 4))
    add(f"method {_name} axis", lambda x, _n=_name: getattr(x, _n)(axis=1), n(3, 4))
add("method max indices", lambda x: x.max(1, return_indices=True), n(3, 4))
add("method whole numbers", lambda x: (x.sum(), x.max(), x.min(), x.mean(), x.abs(), x.sum(1)), i(-5, 6, 3, 4))
add(
    "method operators",
    lambda x, y: (x + y, x - y, x * y, x / y, x // y, x % y, x**y, -x, abs(x), x @ x.T),
    p(3, 4),
    p(4),
)
