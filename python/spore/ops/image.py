"""mindspore.ops: functions of images: other sizes, other layouts, transposed convolution, padding that repeats the edge."""
import builtins

from .._missing import not_there
from ..common import dtype as mstype
from ..common.tensor import as_tensor
from . import maths as M
from . import nn_function as N
from . import shapes as S
from .helpers import _range


def _pick(x, axis, places):
    return S.gather(x, as_tensor(places, mstype.int64), axis)


def _linear(x, axis, size, align_corners):
    """Along an axis, between the two neighbours."""
    n = x.shape[axis]
    low, high, part = [], [], []
    for i in _range(size):
        if align_corners:
            at = i * (n - 1) / (size - 1) if size > 1 else 0.0
        else:
            at = builtins.max((i + 0.5) * n / size - 0.5, 0.0)
        first = builtins.min(int(at), n - 1)
        low.append(first)
        high.append(builtins.min(first + 1, n - 1))
        part.append(at - first)
    shape = [1] * x.ndim
    shape[axis] = size
    part = S.reshape(as_tensor(part, x.dtype), tuple(shape))
    a = _pick(x, axis, low)
    return a + (_pick(x, axis, high) - a) * part


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None):
    """(N, C, ...) in another size: mode "nearest", "nearest-exact", "linear", "bilinear", "trilinear" or "area" (where the size
    divides)."""
    rank = input.ndim - 2
    if (size is None) == (scale_factor is None):
        raise ValueError("For 'interpolate', either 'size' or 'scale_factor' should be given, and not both.")
    if align_corners is not None and mode not in ("linear", "bilinear", "bicubic", "trilinear"):
        raise ValueError(f"For 'interpolate', 'align_corners' should not be given for the mode '{mode}'.")
    ranks = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
    if mode not in ("nearest", "nearest-exact", "area") and mode not in ranks:
        raise ValueError(f"For 'interpolate', 'mode' must be in ['nearest', 'nearest-exact', 'area', 'linear', 'bilinear', 'bicubic', "
                         f"'trilinear'], but got {mode!r}.")
    if mode in ranks and ranks[mode] != rank:
        raise ValueError(f"For 'interpolate', the mode '{mode}' needs {ranks[mode] + 2} dimensions, but got {input.ndim}.")
    if mode == "bicubic":
        raise not_there("ops.interpolate(mode='bicubic')")
    if size is None:
        factors = tuple(scale_factor) if isinstance(scale_factor, (tuple, list)) else (scale_factor,) * rank
        size = tuple(int(n * f) for n, f in zip(input.shape[2:], factors))
    sizes = tuple(size) if isinstance(size, (tuple, list)) else (size,) * rank
    if len(sizes) != rank:
        raise ValueError(f"For 'interpolate', expected {rank} sizes, but got {sizes}.")
    x = input
    if mode == "area":
        for axis, out in enumerate(sizes, 2):
            n = x.shape[axis]
            if n % out:
                raise not_there(f"ops.interpolate(mode='area') from {n} to {out}")
            x = M.mean(S.reshape(x, tuple(x.shape[:axis]) + (out, n // out) + tuple(x.shape[axis + 1:])), axis + 1)
        return x
    for axis, out in enumerate(sizes, 2):
        n = x.shape[axis]
        if n == out:
            continue
        if mode in ranks:
            x = _linear(x, axis, out, bool(align_corners))
        else:
            shift = 0.5 if mode == "nearest-exact" else 0.0
            x = _pick(x, axis, [builtins.min(int((i + shift) * n / out), n - 1) for i in _range(out)])
    return x


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None):
    """As interpolate()."""
    return interpolate(input, size, scale_factor, mode, align_corners, recompute_scale_factor)


def pixel_shuffle(input, upscale_factor):
    """(..., C r^2, H, W) -> (..., C, H r, W r)."""
    r, lead, (c, h, w) = upscale_factor, tuple(input.shape[:-3]), input.shape[-3:]
    if not isinstance(r, int) or r < 1 or c % (r * r):
        raise ValueError(f"For 'pixel_shuffle', the channels {c} must be divisible by the square of 'upscale_factor' {r}.")
    k = len(lead)
    x = S.reshape(input, lead + (c // (r * r), r, r, h, w))
    x = S.transpose(x, tuple(_range(k)) + tuple(k + i for i in (0, 3, 1, 4, 2)))
    return S.reshape(x, lead + (c // (r * r), h * r, w * r))


def pixel_unshuffle(input, downscale_factor):
    """(..., C, H r, W r) -> (..., C r^2, H, W)."""
    r, lead, (c, h, w) = downscale_factor, tuple(input.shape[:-3]), input.shape[-3:]
    if not isinstance(r, int) or r < 1 or h % r or w % r:
        raise ValueError(f"For 'pixel_unshuffle', height {h} and width {w} must be divisible by 'downscale_factor' {r}.")
    k = len(lead)
    x = S.reshape(input, lead + (c, h // r, r, w // r, r))
    x = S.transpose(x, tuple(_range(k)) + tuple(k + i for i in (0, 2, 4, 1, 3)))
    return S.reshape(x, lead + (c * r * r, h // r, w // r))


def depth_to_space(x, block_size):
    """(N, C b^2, H, W) -> (N, C, H b, W b): the block's place comes first in the channels."""
    n, c, h, w = x.shape
    y = S.reshape(x, (n, block_size, block_size, c // block_size ** 2, h, w))
    return S.reshape(S.transpose(y, (0, 3, 4, 1, 5, 2)), (n, c // block_size ** 2, h * block_size, w * block_size))


def space_to_depth(x, block_size):
    """(N, C, H b, W b) -> (N, C b^2, H, W)."""
    n, c, h, w = x.shape
    y = S.reshape(x, (n, c, h // block_size, block_size, w // block_size, block_size))
    return S.reshape(S.transpose(y, (0, 3, 5, 1, 2, 4)), (n, c * block_size ** 2, h // block_size, w // block_size))


def channel_shuffle(x, groups):
    """Channels of `groups` groups, dealt out by turns."""
    n, c = x.shape[:2]
    if c % groups:
        raise ValueError(f"For 'channel_shuffle', the channels {c} must be divisible by 'groups' {groups}.")
    rest = tuple(x.shape[2:])
    return S.reshape(S.swapaxes(S.reshape(x, (n, groups, c // groups) + rest), 1, 2), (n, c) + rest)


def edge_pad(x, padding, mode):
    """Padding as PyTorch counts it, with elements of the tensor: mode "reflect", "replicate" or "circular"."""
    for i in _range(len(padding) // 2):
        axis, (before, after) = x.ndim - 1 - i, padding[2 * i:2 * i + 2]
        n = x.shape[axis]
        if mode == "reflect" and builtins.max(before, after) >= n or mode == "circular" and builtins.max(before, after) > n:
            raise ValueError(f"For 'pad', the padding {(before, after)} is too large for the mode '{mode}' and the size {n}.")
        places = []
        for at in _range(-before, n + after):
            if mode == "reflect":
                at = -at if at < 0 else at if at < n else 2 * (n - 1) - at
            elif mode == "replicate":
                at = builtins.min(builtins.max(at, 0), n - 1)
            else:
                at %= n
            places.append(at)
        if before or after:
            x = _pick(x, axis, places)
    return x


def transposed_conv2d(x, weight, stride, before, size, dilation=(1, 1), groups=1):
    """The derivative of a convolution: x (N, in, H, W), weight (in, out / groups, kh, kw). `before`: how many rows and columns of
    the whole result are left out in front; `size`: how many are wanted."""
    n, c, h, w = x.shape
    into, out, kh, kw = weight.shape
    if c != into:
        raise ValueError(f"conv2d_transpose: input of shape {tuple(x.shape)}: expected {into} channels")
    if stride != (1, 1):  # zeros between
        x = S.reshape(x, (n, c, h, 1, w, 1))
        x = S.pad(x, (0, stride[1] - 1, 0, 0, 0, stride[0] - 1))
        x = S.reshape(x, (n, c, h * stride[0], w * stride[1]))
        x = x[:, :, :(h - 1) * stride[0] + 1, :(w - 1) * stride[1] + 1]
    pads = []
    for axis, k in ((3, kw), (2, kh)):
        reach = dilation[axis - 2] * (k - 1)
        front = reach - before[axis - 2]
        pads += [front, size[axis - 2] + reach - x.shape[axis] - front]
    x = S.pad(x, pads) if any(pads) else x
    weight = S.flip(weight, (2, 3)) if (kh, kw) != (1, 1) else weight
    weight = S.reshape(weight, (groups, into // groups, out, kh, kw))
    weight = S.reshape(S.transpose(weight, (0, 2, 1, 3, 4)), (groups * out, into // groups, kh, kw))
    return N.conv2d(x, weight, None, 1, "valid", 0, dilation, groups)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """input (N, in, H, W), weight (in, out / groups, kh, kw) -> (N, out, H', W')."""
    s, p, o, d = N.pair(stride), N.pair(padding), N.pair(output_padding), N.pair(dilation)
    size = tuple((input.shape[2 + i] - 1) * s[i] - 2 * p[i] + d[i] * (weight.shape[2 + i] - 1) + o[i] + 1 for i in (0, 1))
    y = transposed_conv2d(input, weight, s, p, size, d, groups)
    return y if bias is None else M._bias_add(y, bias)


__all__ = ["interpolate", "upsample", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "conv_transpose2d"]
