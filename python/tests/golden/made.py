"""Cases for functions that are made of others (ops/more.py, ops/image.py), their operator objects, and methods of Tensor
that have two forms."""

import numpy as np
import mindspore as ms
from mindspore import ops

from core import b, i, n, p, put

MADE = {}


def add(name, fn, *arrays):
    put(MADE, name, fn, arrays)


_NAN = np.array([[1, np.nan, 3], [np.nan, -2, 0.5]], np.float32)
_FAR = np.array([[1, np.nan, np.inf], [-np.inf, -2, 0.5]], np.float32)
_BETWEEN = np.array([[0.1, 0.5, 0.9, 0.35], [0.62, 0.21, 0.77, 0.99]], np.float32)

# ---- element by element ----

for _name in "asinh arcsinh deg2rad rad2deg sgn positive".split():
    add(_name, lambda x, _f=getattr(ops, _name): _f(x), n(3, 4) * 2)
for _name in "atanh arctanh logit".split():
    add(_name, lambda x, _f=getattr(ops, _name): _f(x), _BETWEEN)
for _name in "acosh arccosh".split():
    add(_name, lambda x, _f=getattr(ops, _name): _f(x), p(3, 4) + 1)
for _name in "logaddexp logaddexp2".split():
    add(_name, lambda x, y, _f=getattr(ops, _name): _f(x, y), n(3, 4) * 3, n(4))
add("logit eps", lambda x: ops.logit(x, 0.3), _BETWEEN)
add("xlogy", lambda x, y: ops.xlogy(x, y), n(3, 4), p(4))
add("xlogy zero", lambda x, y: ops.xlogy(x, y), np.float32([0, 0, 2, 1]), np.float32([0.3, 3, 0.5, 2]))
add(
    "xlogy special",
    lambda x, y: ops.stop_gradient(ops.xlogy(x, y)),
    np.zeros(4, np.float32),
    np.float32([0, -1, np.inf, 2]),
)
add("nan_to_num", lambda x: ops.nan_to_num(x), _FAR)
add("nan_to_num numbers", lambda x: ops.nan_to_num(x, 1.5, 9.0, -8.0), _FAR)
add("signs of infinities", lambda x: (ops.isposinf(x), ops.isneginf(x), ops.isreal(x)), _FAR)
add("heaviside", lambda x, y: ops.stop_gradient(ops.heaviside(x, y)), np.round(n(3, 4)), n(4))
add("float_power", lambda x, y: ops.float_power(x, y), p(3, 4), n(4))
add("float_power number", lambda x: ops.float_power(x, 3), n(3, 4))
add("ldexp", lambda x, y: ops.ldexp(x, y), n(3, 4), i(-2, 4, 4))
add("invert", lambda x: ops.invert(x), i(-5, 6, 3, 4))
add("invert u8", lambda x: ops.invert(x), i(0, 200, 3, 4, dtype=np.uint8))
add("type_as", lambda x, y: ops.type_as(x, y), n(3, 4) * 3, i(0, 2, 2))
add("expand_as", lambda x, y: ops.expand_as(x, y) * 2, n(3, 1), n(2, 3, 4))

# ---- products ----

add("mv", lambda x, y: ops.mv(x, y), n(3, 4), n(4))
add("addmv", lambda x, m, v: ops.addmv(x, m, v), n(3), n(3, 4), n(4))
add("addmv settings", lambda x, m, v: ops.addmv(x, m, v, beta=0.5, alpha=2), n(3), n(3, 4), n(4))
add("addr", lambda x, v, w: ops.addr(x, v, w), n(3, 4), n(3), n(4))
add("addr settings", lambda x, v, w: ops.addr(x, v, w, beta=0.5, alpha=2), n(3, 4), n(3), n(4))
add("baddbmm", lambda x, y, z: ops.baddbmm(x, y, z), n(2, 3, 5), n(2, 3, 4), n(2, 4, 5))
add("baddbmm settings", lambda x, y, z: ops.baddbmm(x, y, z, 0.5, 2), n(2, 3, 5), n(2, 3, 4), n(2, 4, 5))
add("addbmm", lambda x, y, z: ops.addbmm(x, y, z), n(3, 5), n(2, 3, 4), n(2, 4, 5))
add("addbmm settings", lambda x, y, z: ops.addbmm(x, y, z, beta=0.5, alpha=2), n(3, 5), n(2, 3, 4), n(2, 4, 5))
add("inner", lambda x, y: ops.inner(x, y), n(2, 3, 4), n(5, 4))
add("inner number", lambda x, y: ops.inner(x, y), n(2, 3), n())
add("vecdot", lambda x, y: ops.vecdot(x, y), n(3, 4), n(3, 4))
add("vecdot axis", lambda x, y: ops.vecdot(x, y, axis=0), n(3, 4), n(3, 4))
add("kron", lambda x, y: ops.kron(x, y), n(2, 3), n(3, 2))
add("kron ranks", lambda x, y: ops.kron(x, y), n(2, 3, 2), n(2, 2))
add("cross", lambda x, y: ops.cross(x, y), n(4, 3), n(4, 3))
add("cross axis", lambda x, y: ops.cross(x, y, 0), n(3, 3), n(3, 3))
for _equation, *_shapes in (
    ("ij->ji", (3, 4)),
    ("ij->", (3, 4)),
    ("ij->j", (3, 4)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("ij,jk->ik", (3, 4), (4, 2)),
    ("ij,jk", (3, 4), (4, 2)),
    ("bij,bkj->bki", (2, 3, 4), (2, 5, 4)),
    ("i,j->ij", (3,), (4,)),
    ("ij,ij->ij", (3, 4), (3, 4)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)),
):
    add(f"einsum {_equation}", lambda *x, _e=_equation: ops.einsum(_e, *x), *(n(*_s) for _s in _shapes))

# ---- axes ----

add("moveaxis", lambda x: (ops.moveaxis(x, 0, 2) * 2, ops.moveaxis(x, (0, 1), (2, 0)) * 3), n(2, 3, 4))
add("fliplr flipud", lambda x: (ops.fliplr(x) * x, ops.flipud(x) * 2), n(3, 3))
for _k in (-1, 0, 1, 2, 3):
    add(f"rot90 {_k}", lambda x, _k=_k: (ops.rot90(x, _k, (0, 1)) * 2, ops.rot90(x, _k, (2, 0)) * 3), n(2, 3, 4))
for _name in "atleast_1d atleast_2d atleast_3d".split():
    add(
        _name,
        lambda x, y, z, w, _f=getattr(ops, _name): tuple(v * 2 for v in _f((x, y, z, w))) + (_f(y) * 3,),
        n(),
        n(3),
        n(2, 3),
        n(2, 2, 2),
    )
add("column_stack", lambda x, y: ops.column_stack((x, y)), n(3), n(3, 2))
add("row_stack", lambda x, y: ops.row_stack((x, y)), n(3), n(2, 3))
add("dstack", lambda x, y: ops.dstack((x, y)), n(2, 3), n(2, 3))
add("dstack vectors", lambda x, y: ops.dstack((x, y)), n(3), n(3))
add("tensor_split", lambda x: ops.tensor_split(x, 3), n(7, 2))
add("tensor_split places", lambda x: ops.tensor_split(x, (1, 4), 1), n(2, 6))
add("vsplit", lambda x: ops.vsplit(x, 2), n(5, 3))
add("hsplit", lambda x: ops.hsplit(x, (1, 2)), n(2, 5))
add("hsplit vector", lambda x: ops.hsplit(x, 2), n(5))
add("dsplit", lambda x: ops.dsplit(x, 2), n(2, 2, 5))
add("diagonal", lambda x: ops.diagonal(x) * 2, n(3, 4))
add("diagonal axes", lambda x: (ops.diagonal(x, 1, 1, 2) * 2, ops.diagonal(x, -1, 0, 2) * 3), n(2, 3, 4))
add("trace", lambda x: ops.trace(x), n(3, 4))
for _offset in (0, 1, -2):
    add(f"diag_embed {_offset}", lambda x, _o=_offset: ops.diag_embed(x, _o) * 2, n(2, 3))
add("gather_nd", lambda x, at: ops.gather_nd(x, at), n(3, 4, 2), i(0, 3, 5, 2))
add("gather_nd whole", lambda x, at: ops.gather_nd(x, at), n(3, 4, 4), i(0, 3, 2, 2, 3))
add("diff", lambda x: ops.diff(x), n(3, 5))
add("diff settings", lambda x, y, z: ops.diff(x, 2, 0, y, z), n(4, 3), n(1, 3), n(2, 3))
add("diff ends", lambda x, y, z: ops.diff(x, 1, 0, y, z), n(4, 3), n(1, 3), n(2, 3))
add("cumprod", lambda x: ops.cumprod(x, 1), n(3, 4))
add("cumprod axis", lambda x: ops.cumprod(x, 0), n(3, 4))
add("cumprod type", lambda x: ops.cumprod(x, 1, ms.float32), i(1, 4, 3, 4))

# ---- order ----

add("median", lambda x: ops.median(x), n(3, 5))
add("median settings", lambda x: ops.median(x, 0, True), n(4, 3))
add("nonzero", lambda x: ops.nonzero(x), np.round(n(3, 4)))
add("nonzero tuple", lambda x: ops.nonzero(x, as_tuple=True), np.round(n(3, 4)))
add("nonzero truth", lambda x: ops.nonzero(x), b(2, 3, 4))
add("argwhere", lambda x: ops.argwhere(x), np.round(n(3, 4)))
add("masked_select", lambda x: ops.masked_select(x, x > 0) * 2, n(3, 4))
add("masked_select wide", lambda x, y: ops.masked_select(x, y), n(3, 1), b(4))

# ---- over axes ----

add("nansum", lambda x: (ops.nansum(x), ops.nansum(x, 1), ops.nansum(x, (0, 1), True)), _NAN)
add("nansum type", lambda x: ops.nansum(x, 0, dtype=ms.float64), _NAN)
add("nanmean", lambda x: (ops.nanmean(x), ops.nanmean(x, 1), ops.nanmean(x, 0, True)), _NAN)
add("nanmean type", lambda x: ops.nanmean(x, 0, dtype=ms.float64), _NAN)
for _name in "std_mean var_mean".split():
    add(_name, lambda x, _f=getattr(ops, _name): _f(x), n(3, 4))
    add(f"{_name} settings", lambda x, _f=getattr(ops, _name): _f(x, 1, 1, True), n(3, 4))
add("aminmax", lambda x: ops.aminmax(x), n(3, 4))
add("aminmax settings", lambda x: ops.aminmax(x, axis=1, keepdims=True), n(3, 4))
for _ord in (2, 1, 3, float("inf"), float("-inf"), 0):
    add(f"vector_norm {_ord}", lambda x, _o=_ord: ops.vector_norm(x, _o, 1), n(3, 4))
add("vector_norm settings", lambda x: ops.vector_norm(x, 2, (0, 1), True, dtype=ms.float64), n(3, 4))
add("vector_norm all", lambda x: ops.vector_norm(x), n(2, 3, 4))
for _ord in ("fro", 1, -1, float("inf"), float("-inf")):
    add(f"matrix_norm {_ord}", lambda x, _o=_ord: ops.matrix_norm(x, _o), n(2, 3, 4))
add("matrix_norm settings", lambda x: ops.matrix_norm(x, "fro", (0, 1), True, dtype=ms.float64), n(3, 4, 2))
for _p in (2, 1, 3):
    add(f"dist {_p}", lambda x, y, _p=_p: ops.dist(x, y, _p), n(3, 4), n(3, 4))
for _p in (2.0, 1.0, 3.0, float("inf")):
    add(f"cdist {_p}", lambda x, y, _p=_p: ops.cdist(x, y, _p), n(2, 3, 4), n(2, 5, 4))
add("unsorted_segment_sum", lambda x, at: ops.unsorted_segment_sum(x, at, 4), n(6, 3), np.int32([0, 2, -1, 2, 3, 0]))
add("unsorted_segment_sum axes", lambda x, at: ops.unsorted_segment_sum(x, at, 3), n(2, 3, 2), i(0, 3, 2, 3))
add("unsorted_segment_sum i32", lambda x, at: ops.unsorted_segment_sum(x, at, 3), i(-5, 6, 5, 2), i(0, 3, 5))

# ---- networks ----

add("dropout of channels", lambda x: (ops.dropout1d(x, 0.3, False), ops.dropout1d(x, 0.0)), n(2, 3, 4))
add(
    "dropout of images",
    lambda x: (ops.dropout2d(x, 0.3, False), ops.dropout2d(x, 0.0), ops.dropout2d(x, 1.0)),
    n(1, 2, 3, 3),
)
add(
    "dropout of volumes",
    lambda x: (ops.dropout3d(x, 0.3, False), ops.dropout3d(x, 0.0), ops.dropout3d(x, 1.0)),
    n(1, 2, 2, 2, 2),
)
_SIGNS = np.int32([1, -1, 1, -1])
for _r in ("mean", "sum", "none"):
    add(
        f"cosine_embedding_loss {_r}",
        lambda x, y, t, _r=_r: ops.cosine_embedding_loss(x, y, t, 0.1, _r),
        n(4, 3),
        n(4, 3),
        _SIGNS,
    )
    add(
        f"triplet_margin_loss {_r}",
        lambda x, y, z, _r=_r: ops.triplet_margin_loss(x, y, z, 0.7, 3, 1e-4, True, _r),
        n(4, 3),
        n(4, 3),
        n(4, 3),
    )
    add(
        f"gaussian_nll_loss {_r}",
        lambda x, y, v, _r=_r: ops.gaussian_nll_loss(x, y, v, True, 0.5, _r),
        n(4, 3),
        n(4, 3),
        p(4, 3),
    )
    add(
        f"multi_margin_loss {_r}",
        lambda x, t, w, _r=_r: ops.multi_margin_loss(x, t, 2, 2, w, _r),
        n(4, 3),
        i(0, 3, 4, dtype=np.int64),
        p(3),
    )
    add(
        f"multilabel_soft_margin_loss {_r}",
        lambda x, y, w, _r=_r: ops.multilabel_soft_margin_loss(x, y, w, _r),
        n(4, 3),
        np.float32(b(4, 3)),
        p(3),
    )
add("triplet_margin_loss", lambda x, y, z: ops.triplet_margin_loss(x, y, z), n(4, 3), n(4, 3), n(4, 3))
add("gaussian_nll_loss", lambda x, y, v: ops.gaussian_nll_loss(x, y, v), n(4, 3), n(4, 3), p(4, 3))
add("multi_margin_loss", lambda x, t: ops.multi_margin_loss(x, t), n(4, 3), i(0, 3, 4, dtype=np.int64))

# ---- images ----

for _mode, _shape, _size in (
    ("nearest", (2, 3, 4), 7),
    ("nearest", (2, 3, 4, 5), (6, 3)),
    ("nearest", (1, 2, 2, 3, 2), (3, 4, 5)),
    ("nearest-exact", (2, 3, 4), 7),
    ("nearest-exact", (2, 3, 4, 5), (6, 3)),
    ("area", (2, 3, 6), 3),
    ("area", (2, 3, 4, 6), (2, 3)),
    ("area", (1, 2, 4, 2, 6), (2, 1, 3)),
    ("linear", (2, 3, 4), 7),
    ("bilinear", (2, 3, 4, 5), (6, 3)),
    ("trilinear", (1, 2, 2, 3, 2), (3, 4, 5)),
):
    add(
        f"interpolate {_mode} {len(_shape)}",
        lambda x, _m=_mode, _s=_size: ops.interpolate(x, _s, mode=_m),
        n(*_shape),
    )
    if "linear" in _mode:
        add(
            f"interpolate {_mode} {len(_shape)} corners",
            lambda x, _m=_mode, _s=_size: ops.interpolate(x, _s, None, _m, True),
            n(*_shape),
        )
add(
    "interpolate factor",
    lambda x: ops.interpolate(x, scale_factor=(2.0, 1.5), recompute_scale_factor=True),
    n(1, 2, 4, 4),
)
add(
    "upsample",
    lambda x: ops.upsample(x, None, (2.0, 1.5), "bilinear", False, True),
    n(1, 2, 4, 4),
)
add("upsample nearest", lambda x: ops.upsample(x, (5, 7)), n(1, 2, 4, 4))
add("pixel_shuffle", lambda x: ops.pixel_shuffle(x, 2) * 2, n(2, 8, 2, 3))
add("pixel_shuffle lead", lambda x: ops.pixel_shuffle(x, 3) * 2, n(2, 1, 9, 2, 1))
add("pixel_unshuffle", lambda x: ops.pixel_unshuffle(x, 2) * 2, n(2, 3, 4, 6))
add("channel_shuffle", lambda x: ops.channel_shuffle(x, 3) * 2, n(2, 6, 2, 2))
add("conv_transpose2d", lambda x, w: ops.conv_transpose2d(x, w), n(2, 3, 4, 4), n(3, 2, 3, 3))
add(
    "conv_transpose2d settings",
    lambda x, w, b: ops.conv_transpose2d(x, w, b, (2, 3), (1, 0), (1, 2), 2, (1, 2)),
    n(2, 4, 4, 3),
    n(4, 3, 3, 2),
    n(6),
)

# ---- objects ----

add("object Invert", lambda x: ops.Invert()(x), i(-5, 6, 3, 4))
add("object Inv", lambda x: ops.Inv()(x), p(3, 4))
add("object Asinh", lambda x: ops.Asinh()(x), n(3, 4))
add("object Acosh", lambda x: ops.Acosh()(x), p(3, 4) + 1)
add("object Atanh", lambda x: ops.Atanh()(x), _BETWEEN)
add("object GatherNd", lambda x, at: ops.GatherNd()(x, at), n(3, 4), i(0, 3, 5, 1))
add("object Trace", lambda x: ops.Trace()(x), n(3, 3))
add("object Xlogy", lambda x, y: ops.Xlogy()(x, y), n(3, 4), p(3, 4))
add("object NonZero", lambda x: ops.NonZero()(x), np.round(n(3, 4)))
add("object MaskedSelect", lambda x, m: ops.MaskedSelect()(x, m), n(3, 4), b(3, 4))
add("object UnsortedSegmentSum", lambda x, at: ops.UnsortedSegmentSum()(x, at, 3), n(5, 2), i(0, 3, 5))
for _b in (2, 3):
    add(f"object DepthToSpace {_b}", lambda x, _b=_b: ops.DepthToSpace(_b)(x) * 2, n(2, 2 * _b * _b, 2, 3))
    add(f"object SpaceToDepth {_b}", lambda x, _b=_b: ops.SpaceToDepth(_b)(x) * 2, n(2, 3, 2 * _b, _b))
for _r in ("mean", "sum", "none"):
    add(
        f"object BinaryCrossEntropy {_r}",
        lambda x, y, w, _r=_r: ops.BinaryCrossEntropy(_r)(x, y, w),
        p(3, 4) * 0.7,
        p(3, 4) * 0.7,
        p(3, 4),
    )
add("object FastGeLU", lambda x: ops.FastGeLU()(x), n(3, 4))

# ---- methods in two forms ----

for _name in "argmax argmin".split():
    add(f"method {_name} axis", lambda x, _n=_name: (getattr(x, _n)(1), getattr(x, _n)(axis=0, keepdims=True)), n(3, 4))
add("method argmax dim", lambda x: (x.argmax(dim=0), x.argmax(dim=1, keepdim=True)), n(3, 4))
add("method argmin dim", lambda x: (x.argmin(dim=0), x.argmin(dim=1, keepdim=True)), n(3, 4))
add("method all axis", lambda x: (x.all(axis=0, keep_dims=True), x.any(axis=0, keep_dims=True)), b(3, 4))
add("method all dim", lambda x: (x.all(dim=0), x.all(dim=1, keepdim=True)), b(3, 4))
add("method any dim", lambda x: (x.any(dim=0), x.any(dim=1, keepdim=True)), b(3, 4))
add("method prod numbers", lambda x: (x.prod(0), x.prod(1, True), x.prod(1, dtype=ms.float64)), p(3, 4))
add("method prod axis", lambda x: (x.prod(axis=0), x.prod(axis=1, keep_dims=True)), p(3, 4))
add("method prod dim", lambda x: (x.prod(dim=0), x.prod(dim=1, keepdim=True)), p(3, 4))
add("method cumsum axis", lambda x: (x.cumsum(axis=0), x.cumsum(1, ms.float64)), n(3, 4))
add("method cumsum dim", lambda x: (x.cumsum(dim=0), x.cumsum(dim=1, dtype=ms.float64)), n(3, 4))
add("method split axis", lambda x: (x.split(split_size_or_sections=2, axis=1), x.split((1, 3), axis=0)), n(4, 5))
add("method split dim", lambda x: (x.split(split_size=2, dim=1), x.split((1, 3), dim=0)), n(4, 5))
add("method chunk axis", lambda x: (x.chunk(2), x.chunk(chunks=3, axis=1)), n(4, 6))
add("method chunk dim", lambda x: x.chunk(chunks=3, dim=1), n(4, 6))
add("method unsqueeze dim", lambda x: (x.unsqueeze(dim=1) * 2, x.unsqueeze(-1) * 3), n(2, 3))
add("method unbind dim", lambda x: x.unbind() + x.unbind(dim=1), n(2, 3))
add("method gather names", lambda x, at: x.gather(input_indices=at, axis=1), n(3, 4), i(0, 4, 5))
add("method gather dim", lambda x, at: x.gather(1, at), n(3, 4), i(0, 4, 3, 2))
add("method gather dim names", lambda x, at: x.gather(dim=1, index=at), n(3, 4), i(0, 4, 3, 2))
add("method select number", lambda x: x.select(x > 0, 2.0), n(3, 4))
add("method select names", lambda x, y: x.select(condition=x > 0, y=y), n(3, 4), n(3, 4))
add("method select slice", lambda x: (x.select(1, 2) * 2, x.select(-2, -1) * 3), n(3, 4))
add("method select slice names", lambda x: (x.select(axis=1, index=2) * 2, x.select(dim=0, index=1) * 3), n(3, 4))
add("method tile numbers", lambda x: (x.tile(2, 1), x.tile((3, 1))), n(2, 3))
add("method expand numbers", lambda x: (x.expand(4, 3) * 2, x.expand((2, 4, 3)) * 3), n(1, 3))
add("method broadcast_to tuple", lambda x: x.broadcast_to((2, 4, 3)) * 3, n(1, 3))
add(
    "method allclose",
    lambda x: ms.Tensor([x.allclose(x + 1e-7), x.allclose(x + 1), x.allclose(x + 0.1, 0, 0.2)]),
    n(3),
)
add("method allclose nan", lambda x: ms.Tensor([x.allclose(x), x.allclose(x, equal_nan=True)]), _NAN)
add("method ptp", lambda x: (x.ptp(), x.ptp(1), x.ptp(axis=0, keepdims=True)), n(3, 4))
add("method median", lambda x: (x.median(1), x.median(axis=0, keepdims=True)), n(3, 5))
add("method nonzero", lambda x: x.nonzero(), np.round(n(3, 4)))
add("method nonzero tuple", lambda x: x.nonzero(as_tuple=True), np.round(n(3, 4)))
add("method argwhere", lambda x: x.argwhere(), np.round(n(3, 4)))
add("method masked_select", lambda x: x.masked_select(x > 0) * 2, n(3, 4))
add("method nelement", lambda x: ms.Tensor(x.nelement()), n(3, 4))
add("method __xor__", lambda x, y: (x ^ y, x.__xor__(y)), b(3, 4), b(4))
add("method __rxor__", lambda x: (True ^ x, x ^ False, x.__rxor__(True)), b(3, 4))
add("method __round__", lambda x: (round(x), x.__round__()), n(3, 4) * 3)
for _name in "add_ sub_ mul_ div_ copy_".split():
    add(f"method {_name}", lambda x, y, _n=_name: getattr(x * 1, _n)(y) * 2, n(3, 4), p(4))
for _name in "add_ sub_ mul_ div_".split():
    add(f"method {_name} number", lambda x, _n=_name: getattr(x * 1, _n)(2) * 2, n(3, 4))


def _squares(x):
    """Of what a method has changed: the tensor and what it returns are one."""
    for name in "add_ sub_ mul_ div_".split():
        y = x * 1
        yield getattr(y, name)(2) * y


add("method in place", lambda x: tuple(_squares(x)), n(3, 4))
add("method fill_", lambda x: (x * 1).fill_(3.0) * x, n(3, 4))
add("method zero_", lambda x: (x * 1).zero_() + x, n(3, 4))
add("method masked_fill_", lambda x: (x * 1).masked_fill_(x > 0, 2.0), n(3, 4))
add("method clamp_", lambda x: (x * 1).clamp_(-0.5, 0.5) * 2, n(3, 4))
add("method exp_", lambda x: (x * 1).exp_() * 2, n(3, 4))

# ---- methods that are functions ----

for _name, *_arguments in (
    ("arccosh",),
    ("arcsinh",),
    ("acosh",),
    ("asinh",),
    ("deg2rad",),
    ("rad2deg",),
    ("sgn",),
    ("positive",),
    ("nan_to_num", 1.5, 9.0, -8.0),
    ("isneginf",),
    ("isposinf",),
    ("isreal",),
    ("aminmax",),
    ("diagonal", 1),
    ("diff",),
    ("fliplr",),
    ("flipud",),
    ("hsplit", 2),
    ("vsplit", 2),
    ("moveaxis", 0, 1),
    ("nansum", 1),
    ("nanmean", 1),
    ("rot90", 1, (0, 1)),
    ("tensor_split", 3),
    ("trace",),
    ("cumprod", 1),
    ("float_power", 3),
):
    add(f"method {_name}", lambda x, _n=_name, _a=_arguments: getattr(x, _n)(*_a), p(3, 4) + 1)
for _name in "arctanh atanh logit".split():
    add(f"method {_name}", lambda x, _n=_name: getattr(x, _n)(), _BETWEEN)
for _name in "logaddexp logaddexp2 xlogy inner".split():
    add(f"method {_name}", lambda x, y, _n=_name: getattr(x, _n)(y), n(3, 4), p(4))
add("method ldexp", lambda x, y: x.ldexp(y), n(3, 4), i(-2, 4, 4))
add("method cross", lambda x, y: x.cross(y, 1), n(4, 3), n(4, 3))
add("method dsplit", lambda x: x.dsplit(2), n(2, 2, 5))
add("method addbmm", lambda x, y, z: x.addbmm(y, z, beta=0.5, alpha=2), n(3, 5), n(2, 3, 4), n(2, 4, 5))
add("method baddbmm", lambda x, y, z: x.baddbmm(y, z, beta=0.5, alpha=2), n(2, 3, 5), n(2, 3, 4), n(2, 4, 5))
add("method addmv", lambda x, m, v: x.addmv(m, v, beta=0.5, alpha=2), n(3), n(3, 4), n(4))
add("method addr", lambda x, v, w: x.addr(v, w, beta=0.5, alpha=2), n(3, 4), n(3), n(4))
add("method gather_nd", lambda x, at: x.gather_nd(at), n(3, 4), i(0, 3, 5, 2))
add("method take", lambda x, at: (x.take(at), x.take(at, 1), x.take(at, axis=0, mode="clip")), n(3, 4), i(0, 3, 5))
add("method type_as", lambda x, y: x.type_as(y), n(3, 4) * 3, i(0, 2, 2))
add("method bitwise_not", lambda x: x.bitwise_not(), i(-5, 6, 3, 4))
add("method heaviside", lambda x, y: ops.stop_gradient(x.heaviside(y)), np.round(n(3, 4)), n(4))
