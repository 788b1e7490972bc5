"""mindspore.dataset.vision: transforms of images, arrays (H, W, C). A transform is called with arrays; core() is the same in the core,
or None."""
import enum
import math
import os
import sys
import tempfile

from .. import _core
from .._missing import module_getattr as _module_getattr, not_there
from ..common import dtype as mstype
from ..common.seed import numbers
from .transforms import TensorOperation, _array


class Inter(enum.IntEnum):
    """Ways of resizing."""

    NEAREST = 0
    ANTIALIAS = 1
    LINEAR = 2
    BILINEAR = 2
    CUBIC = 3
    BICUBIC = 3
    AREA = 4
    PILCUBIC = 5


class Border(str, enum.Enum):
    """Ways of padding."""

    CONSTANT = "constant"
    EDGE = "edge"
    REFLECT = "reflect"
    SYMMETRIC = "symmetric"


class Rescale(TensorOperation):
    """x rescale + shift, Float32."""

    def __init__(self, rescale, shift):
        self.rescale, self.shift = float(rescale), float(shift)

    def core(self):
        return _core.rescale(self.rescale, self.shift)

    def __call__(self, x):
        import numpy as np
        return (_array(x).astype(np.float32) * np.float32(self.rescale) + np.float32(self.shift)).astype(np.float32)


class Normalize(TensorOperation):
    """(x - mean) / std for each channel."""

    def __init__(self, mean, std, is_hwc=True):
        self.mean, self.std = tuple(float(m) for m in mean), tuple(float(s) for s in std)
        if len(self.mean) != len(self.std):
            raise ValueError("Length of mean and std must be equal.")
        self.is_hwc = is_hwc

    def core(self):
        if len(self.mean) == 1:
            return _core.normalize(self.mean, self.std)
        return _core.normalize(self.mean, self.std) if self.is_hwc and len(self.mean) <= 4 else None

    def __call__(self, x):
        import numpy as np
        x = _array(x).astype(np.float32)
        shape = (-1,) if self.is_hwc else (-1,) + (1,) * (x.ndim - 1)
        mean, std = (np.asarray(v, np.float32).reshape(shape) for v in (self.mean, self.std))
        return (x - mean) / std


class Decode(TensorOperation):
    """A PNG or JPEG file's bytes, UInt8 (n,), as (H, W, 3) UInt8."""

    def __init__(self, to_pil=False):
        if not isinstance(to_pil, bool):
            raise TypeError(f"Argument to_pil with value {to_pil} is not of type [<class 'bool'>], but got {type(to_pil)}.")

    def __call__(self, x):
        x = _array(x)
        if x.dtype.kind == "S" and x.ndim == 0:  # bytes
            import numpy as np
            x = np.frombuffer(x.tobytes(), np.uint8)
        if x.dtype.kind not in "iu" or x.dtype.itemsize != 1:
            raise TypeError(f"Decode: unsupported image data type '{x.dtype}', expected a file's bytes, UInt8.")
        if x.ndim != 1 or not x.size:
            raise RuntimeError(f"Decode: invalid data shape: expected a file's bytes of 1 dimension, but got {x.ndim} dimensions.")
        file = tempfile.NamedTemporaryFile(suffix=".image", delete=False)
        try:
            with file:
                file.write(x.tobytes())
            return _core.image_read(file.name, 3).asnumpy()
        finally:
            os.unlink(file.name)


class HWC2CHW(TensorOperation):
    """(H, W, C) to (C, H, W)."""

    def core(self):
        return _core.hwc2chw()

    def __call__(self, x):
        import numpy as np
        x = _array(x)
        if x.ndim != 3:
            raise RuntimeError(f"HWC2CHW: the image must be of the shape (H, W, C), but got {x.shape}.")
        return np.ascontiguousarray(x.transpose(2, 0, 1))


class ToTensor(TensorOperation):
    """(H, W, C) or (H, W) in [0, 255] to (C, H, W) in [0, 1]."""

    def __init__(self, output_type=mstype.float32):
        self.type = mstype.dtype_to_nptype(mstype.of(output_type))

    def __call__(self, x):
        import numpy as np
        x = _array(x)
        x = x[:, :, None] if x.ndim == 2 else x
        return np.ascontiguousarray(x.transpose(2, 0, 1).astype(np.float32) / 255).astype(self.type)


class ToType(TensorOperation):
    """As another type."""

    def __init__(self, data_type):
        self.type = mstype.of(data_type) if not isinstance(data_type, type) else mstype.of(data_type)

    def __call__(self, x):
        return _array(x).astype(mstype.dtype_to_nptype(self.type))


class _Random(TensorOperation):
    def __init__(self, prob=0.5):
        self.prob = prob

    def __call__(self, x):
        return self.change(_array(x)) if numbers().random() < self.prob else x


class HorizontalFlip(TensorOperation):
    """Left and right exchanged."""

    def __call__(self, x):
        return _array(x)[:, ::-1].copy()


class VerticalFlip(TensorOperation):
    """Top and bottom exchanged."""

    def __call__(self, x):
        return _array(x)[::-1].copy()


class RandomHorizontalFlip(_Random):
    """Left and right exchanged with a probability."""

    def change(self, x):
        return x[:, ::-1].copy()


class RandomVerticalFlip(_Random):
    """Top and bottom exchanged with a probability."""

    def change(self, x):
        return x[::-1].copy()


def _pair(size):
    return (size, size) if isinstance(size, int) else tuple(size)


def _resized(x, height, width, inter):
    """Bilinear or nearest, with pixel centres at halves."""
    import numpy as np
    h, w = x.shape[:2]
    if inter == Inter.NEAREST:
        rows = np.minimum((np.arange(height) * h / height).astype(int), h - 1)
        columns = np.minimum((np.arange(width) * w / width).astype(int), w - 1)
        return x[rows][:, columns]
    if inter != Inter.LINEAR:
        raise not_there(f"vision.Resize({inter!r})")

    def places(n, old):
        at = np.clip((np.arange(n) + 0.5) * old / n - 0.5, 0, old - 1)
        low = np.floor(at).astype(int)
        return low, np.minimum(low + 1, old - 1), (at - low).astype(np.float32)

    r0, r1, fr = places(height, h)
    c0, c1, fc = places(width, w)
    y = x.astype(np.float32)
    fr = fr.reshape((-1, 1) + (1,) * (x.ndim - 2))
    fc = fc.reshape((1, -1) + (1,) * (x.ndim - 2))
    y = y[r0] * (1 - fr) + y[r1] * fr
    y = y[:, c0] * (1 - fc) + y[:, c1] * fc
    return np.clip(np.rint(y), 0, 255).astype(x.dtype) if x.dtype == np.uint8 else y.astype(x.dtype)


class Resize(TensorOperation):
    """Another size: (height, width), or a number for the shorter side."""

    def __init__(self, size, interpolation=Inter.LINEAR):
        self.size, self.inter = size, interpolation

    def __call__(self, x):
        x = _array(x)
        h, w = x.shape[:2]
        if isinstance(self.size, int):
            short = min(h, w)
            size = (self.size, int(self.size * w / short)) if h <= w else (int(self.size * h / short), self.size)
        else:
            size = tuple(self.size)
        return _resized(x, size[0], size[1], self.inter)


def _padded(x, left, top, right, bottom, value=0, mode=Border.CONSTANT):
    import numpy as np
    width = [(top, bottom), (left, right)] + [(0, 0)] * (x.ndim - 2)
    if mode == Border.CONSTANT:
        if isinstance(value, (tuple, list)):
            return np.stack([np.pad(x[..., c], width[:2], constant_values=v) for c, v in enumerate(value)], -1)
        return np.pad(x, width, constant_values=value)
    return np.pad(x, width, mode=str(mode.value))


class Pad(TensorOperation):
    """Pixels around: a number, (left and right, top and bottom), or (left, top, right, bottom)."""

    def __init__(self, padding, fill_value=0, padding_mode=Border.CONSTANT):
        p = (padding,) * 4 if isinstance(padding, int) else tuple(padding)
        self.padding, self.value, self.mode = p if len(p) == 4 else (p[0], p[1], p[0], p[1]), fill_value, padding_mode

    def __call__(self, x):
        return _padded(_array(x), *self.padding, self.value, self.mode)


class CenterCrop(TensorOperation):
    """The middle."""

    def __init__(self, size):
        self.size = _pair(size)

    def __call__(self, x):
        x = _array(x)
        h, w = self.size
        if x.shape[0] < h or x.shape[1] < w:
            dh, dw = max(h - x.shape[0], 0), max(w - x.shape[1], 0)
            x = _padded(x, dw // 2, dh // 2, dw - dw // 2, dh - dh // 2)
        top, left = (x.shape[0] - h) // 2, (x.shape[1] - w) // 2
        return x[top:top + h, left:left + w].copy()


class Crop(TensorOperation):
    """The part of a size whose corner is `coordinates`."""

    def __init__(self, coordinates, size):
        self.at, self.size = coordinates, _pair(size)

    def __call__(self, x):
        (top, left), (h, w) = self.at, self.size
        return _array(x)[top:top + h, left:left + w].copy()


class RandomCrop(TensorOperation):
    """A part of a size, anywhere."""

    def __init__(self, size, padding=None, pad_if_needed=False, fill_value=0, padding_mode=Border.CONSTANT):
        self.size, self.need = _pair(size), pad_if_needed
        self.pad = Pad(padding, fill_value, padding_mode) if padding is not None else None

    def __call__(self, x):
        x = self.pad(x) if self.pad else _array(x)
        h, w = self.size
        if self.need and (x.shape[0] < h or x.shape[1] < w):
            dh, dw = max(h - x.shape[0], 0), max(w - x.shape[1], 0)
            x = _padded(x, dw, dh, dw, dh)
        if x.shape[0] < h or x.shape[1] < w:
            raise RuntimeError(f"RandomCrop: the image of {x.shape[:2]} is smaller than {self.size}")
        top, left = numbers().randint(0, x.shape[0] - h), numbers().randint(0, x.shape[1] - w)
        return x[top:top + h, left:left + w].copy()


class RandomResizedCrop(TensorOperation):
    """A part of a random area and aspect, brought to a size."""

    def __init__(self, size, scale=(0.08, 1.0), ratio=(3. / 4, 4. / 3), interpolation=Inter.BILINEAR, max_attempts=10):
        self.size, self.scale, self.ratio, self.inter, self.tries = _pair(size), scale, ratio, interpolation, max_attempts

    def __call__(self, x):
        x = _array(x)
        h, w = x.shape[:2]
        draw = numbers()
        for _ in range(self.tries):
            area = h * w * draw.uniform(*self.scale)
            aspect = math.exp(draw.uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
            ch, cw = int(round(math.sqrt(area / aspect))), int(round(math.sqrt(area * aspect)))
            if 0 < ch <= h and 0 < cw <= w:
                top, left = draw.randint(0, h - ch), draw.randint(0, w - cw)
                return _resized(x[top:top + ch, left:left + cw], *self.size, self.inter)
        side = min(h, w)
        return _resized(CenterCrop(side)(x), *self.size, self.inter)


class RandomCropDecodeResize(RandomResizedCrop):
    """Decode, then RandomResizedCrop."""

    def __call__(self, x):
        return super().__call__(Decode()(x))


class Invert(TensorOperation):
    """255 - x."""

    def __call__(self, x):
        return 255 - _array(x)


class ToPIL(TensorOperation):
    """Nothing to do: images stay arrays."""

    def __call__(self, x):
        return x


class ToNumpy(ToPIL):
    """Nothing to do."""


c_transforms = py_transforms = transforms = sys.modules[__name__]  # where older scripts look for them
__getattr__ = _module_getattr(__name__)
