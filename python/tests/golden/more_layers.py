"""Cases for recurrent layers and layers of images (nn/recurrent.py, nn/image.py), as LAYERS of cases.py."""

import numpy as np
import mindspore as ms
from mindspore import nn

from core import n, put

LAYERS2 = {}


def add(name, make, *arrays):
    put(LAYERS2, name, make, arrays)


class Called(nn.Cell):
    """A cell that is called in a way of its own: test_walk.py sees the one inside."""

    def __init__(self, cell, how):
        super().__init__()
        self.cell, self.how = cell, how

    def construct(self, *x):
        return self.how(self.cell, *x)


# ---- recurrent ----


def _pair(cell, x, h, c):
    return cell(x, (h, c))


def _lengths(*lengths):
    at = np.array(lengths, np.int32)
    return lambda cell, x, *h: cell(x, h if len(h) > 1 else h[0], ms.Tensor(at))


_SETTINGS = {  # arguments after (input, hidden), layers times directions, whether the batch comes first
    "": ((), {}, 1, False),
    "_deep": ((2,), {"has_bias": True}, 2, False),
    "_both_ways": ((1,), {"bidirectional": True}, 2, False),
    "_settings": ((2,), {"has_bias": False, "batch_first": True, "dropout": 0.3, "bidirectional": True}, 4, True),
}
for _kind in "LSTM GRU RNN".split():
    for _suffix, (_args, _named, _states, _first) in _SETTINGS.items():
        _x = n(*((2, 3, 4) if _first else (3, 2, 4)))
        _h = [n(_states, 2, 3) for _ in range(2 if _kind == "LSTM" else 1)]

        def _make(_kind=_kind, _args=_args, _named=_named):
            return getattr(nn, _kind)(4, 3, *_args, **_named)

        if _kind == "LSTM":
            add(_kind + _suffix, lambda _m=_make: Called(_m(), _pair), _x, *_h)
        else:
            add(_kind + _suffix, _make, _x, *_h)
    add(f"{_kind}_zeros", lambda _k=_kind: getattr(nn, _k)(4, 3), n(3, 2, 4))
    add(
        f"{_kind}_lengths",
        lambda _k=_kind: Called(getattr(nn, _k)(4, 3, bidirectional=True), _lengths(3, 1)),
        n(3, 2, 4),
        *[n(2, 2, 3) for _ in range(2 if _kind == "LSTM" else 1)],
    )
add("RNN_relu", lambda: nn.RNN(4, 3, nonlinearity="relu"), n(3, 2, 4), n(1, 2, 3))
for _bias in (True, False):
    _suffix = "" if _bias else "_plain"
    add(f"LSTMCell{_suffix}", lambda _b=_bias: Called(nn.LSTMCell(4, 3, _b), _pair), n(2, 4), n(2, 3), n(2, 3))
    add(f"GRUCell{_suffix}", lambda _b=_bias: nn.GRUCell(4, 3, _b), n(2, 4), n(2, 3))
    add(f"RNNCell{_suffix}", lambda _b=_bias: nn.RNNCell(4, 3, _b), n(2, 4), n(2, 3))
add("RNNCell_relu", lambda: nn.RNNCell(4, 3, nonlinearity="relu"), n(2, 4), n(2, 3))

# ---- transposed convolution ----

add("Conv2dTranspose", lambda: nn.Conv2dTranspose(3, 4, 3), n(2, 3, 4, 5))
add("Conv2dTranspose_same_stride", lambda: nn.Conv2dTranspose(3, 4, (3, 2), (2, 3)), n(2, 3, 4, 5))
add("Conv2dTranspose_valid", lambda: nn.Conv2dTranspose(3, 4, 3, 2, "valid", has_bias=True), n(2, 3, 4, 5))
add("Conv2dTranspose_valid_wide", lambda: nn.Conv2dTranspose(3, 4, 2, 3, "valid"), n(2, 3, 4, 5))
add("Conv2dTranspose_pad", lambda: nn.Conv2dTranspose(3, 4, 3, 2, "pad", 1), n(2, 3, 4, 5))
add("Conv2dTranspose_pads", lambda: nn.Conv2dTranspose(3, 4, 4, 2, "pad", (1, 0, 2, 1)), n(2, 3, 4, 5))
add("Conv2dTranspose_more", lambda: nn.Conv2dTranspose(3, 4, 3, 2, "pad", 1, 1), n(2, 3, 4, 5))
add("Conv2dTranspose_dilation", lambda: nn.Conv2dTranspose(3, 4, 3, 2, "pad", 2, dilation=2), n(2, 3, 4, 5))
add("Conv2dTranspose_group", lambda: nn.Conv2dTranspose(4, 6, 3, group=2, has_bias=True), n(2, 4, 4, 5))
add("Conv1dTranspose", lambda: nn.Conv1dTranspose(3, 4, 3), n(2, 3, 5))
add("Conv1dTranspose_valid", lambda: nn.Conv1dTranspose(3, 4, 3, 2, "valid", has_bias=True), n(2, 3, 5))
add("Conv1dTranspose_settings", lambda: nn.Conv1dTranspose(4, 6, 3, 2, "pad", 1, 2, 2, True), n(2, 4, 5))

# ---- sizes and layouts ----

add("Upsample", lambda: nn.Upsample((6, 7)), n(1, 2, 3, 4))
add("Upsample_factor", lambda: nn.Upsample(None, (2.0, 1.5), "bilinear", False, True), n(1, 2, 4, 4))
add("Upsample_corners", lambda: nn.Upsample(size=(6, 7), mode="bilinear", align_corners=True), n(1, 2, 3, 4))
add("PixelShuffle", lambda: nn.PixelShuffle(2), n(2, 8, 2, 3))
add("PixelUnshuffle", lambda: nn.PixelUnshuffle(2), n(2, 3, 4, 6))
add("ChannelShuffle", lambda: nn.ChannelShuffle(3), n(2, 6, 2, 2))
add("Unflatten", lambda: nn.Unflatten(1, (2, 3)), n(2, 6, 2))
add("Unflatten_last", lambda: nn.Unflatten(-1, (3, 2)), n(2, 6))
add("AdaptiveAvgPool1d", lambda: nn.AdaptiveAvgPool1d(3), n(2, 3, 6))

for _rank, _shape, _padding in (
    (1, (2, 3, 4), (1, 2)),
    (2, (2, 3, 4, 4), (1, 2, 0, 1)),
    (3, (1, 2, 3, 3, 3), (1, 2, 0, 1, 2, 1)),
):
    add(f"ConstantPad{_rank}d", lambda _r=_rank, _p=_padding: getattr(nn, f"ConstantPad{_r}d")(_p, 1.5), n(*_shape))
    add(f"ConstantPad{_rank}d_number", lambda _r=_rank: getattr(nn, f"ConstantPad{_r}d")(2, -1.0), n(*_shape))
    for _mode in "Reflection Replication".split():
        _name = f"{_mode}Pad{_rank}d"
        add(_name, lambda _n=_name, _p=_padding: getattr(nn, _n)(_p), n(*_shape))
        add(f"{_name}_number", lambda _n=_name: getattr(nn, _n)(2), n(*_shape))

add("AvgPool1d_pad", lambda: nn.AvgPool1d(3, 2, "pad", 1), n(2, 3, 7))
add("AvgPool1d_exclude", lambda: nn.AvgPool1d(3, 2, "pad", 1, False, False), n(2, 3, 7))

# ---- norms, dropout and activations ----

add("BatchNorm1d_batch", lambda: nn.BatchNorm1d(3, use_batch_statistics=True), n(5, 3))
add("BatchNorm1d_plain", lambda: nn.BatchNorm1d(3, affine=False).set_train(), n(5, 3))
_VOLUME = (2, 3, 2, 3, 2)
add("BatchNorm3d", lambda: nn.BatchNorm3d(3), n(*_VOLUME))
add("BatchNorm3d_train", lambda: nn.BatchNorm3d(3, 0.01, 0.7).set_train(), n(*_VOLUME))
add("BatchNorm3d_batch", lambda: nn.BatchNorm3d(3, use_batch_statistics=True), n(*_VOLUME))
add("BatchNorm3d_plain", lambda: nn.BatchNorm3d(3, affine=False).set_train(), n(*_VOLUME))
for _rank, _shape in ((1, (2, 3, 5)), (2, (2, 3, 4, 3)), (3, _VOLUME)):
    _name = f"InstanceNorm{_rank}d"
    add(_name, lambda _n=_name: getattr(nn, _n)(3), n(*_shape))
    add(f"{_name}_train", lambda _n=_name: getattr(nn, _n)(3, 0.01, 0.3).set_train(), n(*_shape))
    add(f"{_name}_plain", lambda _n=_name: getattr(nn, _n)(3, affine=False), n(*_shape))
    add(f"Dropout{_rank}d", lambda _r=_rank: getattr(nn, f"Dropout{_r}d")(0.3), n(*_shape))
    add(f"Dropout{_rank}d_keep", lambda _r=_rank: getattr(nn, f"Dropout{_r}d")(0.0).set_train(), n(*_shape))
add("Softmin", lambda: nn.Softmin(), n(3, 4))
add("Softmin_0", lambda: nn.Softmin(0), n(3, 4))
add("Softmax2d", lambda: nn.Softmax2d(), n(2, 3, 2, 2))
add("Threshold", lambda: nn.Threshold(0.1, 20.0), n(3, 4))
