"""mindspore.amp: mixed precision and loss scaling."""
from ..common import dtype as mstype
from ..common.tensor import Tensor
from ..nn.cell import Cell
from ..ops import function as F

_WHITE = ("Dense", "Conv2d", "Conv1d")
AMP_AUTO_BLACK_LIST: list = []
AMP_AUTO_WHITE_LIST = list(_WHITE)


def auto_mixed_precision(network, amp_level="O0", dtype=mstype.float16):
    """O1, O2, "auto": Dense and Conv2d multiply numbers of 16 bits and sum in Float32; everything else, and all parameters, stay
    Float32. O3 (everything in 16 bits) is done by to_float(). Returns the network."""
    if not isinstance(network, Cell):
        raise TypeError(f"The network type should be Cell, but got {type(network)}.")
    if amp_level == "O0":
        return network
    if amp_level == "O3":
        return network.to_float(dtype)
    if amp_level not in ("O1", "O2", "auto"):
        raise ValueError(f"The amp level {amp_level} is not supported")
    from ..nn.layer import Conv2d, Dense
    for _, cell in network.cells_and_names():
        if isinstance(cell, (Dense, Conv2d)):
            object.__setattr__(cell, "_product_type", dtype)
    return network


def custom_mixed_precision(network, *, white_list=None, black_list=None, dtype=mstype.float16):
    """The cells of the classes in white_list, or all but those in black_list, compute in 16 bits."""
    if (white_list is None) == (black_list is None):
        raise ValueError("For 'custom_mixed_precision', one of white_list and black_list must be given.")
    for _, cell in network.cells_and_names():
        if list(cell.cells()):
            continue
        if isinstance(cell, tuple(white_list)) if white_list is not None else not isinstance(cell, tuple(black_list)):
            cell.to_float(dtype)
    return network


def get_white_list():
    """The classes whose cells are computed in 16 bits."""
    from ..nn import layer
    return [getattr(layer, n) for n in _WHITE]


def get_black_list():
    """The classes whose cells are not."""
    from ..nn import layer
    return [layer.BatchNorm1d, layer.BatchNorm2d, layer.LayerNorm]


def build_train_network(network, optimizer, loss_fn=None, level="O0", boost_level="O0", **kwargs):
    """A cell that is one step of training."""
    from ..nn.wrap import TrainOneStepCell, WithLossCell
    network = auto_mixed_precision(network, level)
    return TrainOneStepCell(network if loss_fn is None else WithLossCell(network, loss_fn), optimizer)


def all_finite(inputs):
    """Whether all elements of all tensors are finite: a Bool tensor."""
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    good = None
    for x in inputs:
        one = F.all(F.isfinite(x))
        good = one if good is None else F.logical_and(good, one)
    if good is not None:
        good._decides = True  # an `if` on it in a compiled function: common/api.py
    return good


def init_status():
    """Eight zeros: no overflow yet. all_finite() needs none of it."""
    return Tensor([0.0] * 8, mstype.float32)


class LossScaler:
    """Base of scalers: scale(), unscale(), adjust()."""

    def scale(self, inputs):
        raise NotImplementedError

    def unscale(self, inputs):
        raise NotImplementedError

    def adjust(self, grads_finite):
        raise NotImplementedError


def _each(f, inputs):
    return type(inputs)(_each(f, x) for x in inputs) if isinstance(inputs, (tuple, list)) else f(inputs)


class StaticLossScaler(LossScaler):
    """A scale that stays."""

    def __init__(self, scale_value):
        if scale_value < 1:
            raise ValueError(f"The argument 'scale_value' must be > 1, but got {scale_value}.")
        self.scale_value = Tensor(float(scale_value), mstype.float32)

    def scale(self, inputs):
        """Times the scale."""
        return _each(lambda x: x * self.scale_value.astype(x.dtype), inputs)

    def unscale(self, inputs):
        """Divided by the scale."""
        return _each(lambda x: x / self.scale_value.astype(x.dtype), inputs)

    def adjust(self, grads_finite):
        return False


class DynamicLossScaler(StaticLossScaler):
    """A scale that is divided by scale_factor on overflow, and multiplied after scale_window good steps."""

    def __init__(self, scale_value, scale_factor, scale_window):
        super().__init__(scale_value)
        self.scale_factor, self.scale_window, self.counter = scale_factor, scale_window, 0

    def adjust(self, grads_finite):
        """Takes notice of a step."""
        value = self.scale_value.item()
        if bool(grads_finite):
            self.counter += 1
            if self.counter >= self.scale_window:
                value, self.counter = value * self.scale_factor, 0
        else:
            value, self.counter = max(value / self.scale_factor, 1.0), 0
        self.scale_value = Tensor(float(value), mstype.float32)
        return True


class LossScaleManager:
    """Base of Model's loss scales."""


class FixedLossScaleManager(LossScaleManager):
    """A loss scale that stays."""

    def __init__(self, loss_scale=128.0, drop_overflow_update=True):
        if loss_scale < 1:
            raise ValueError(f"The argument 'loss_scale' must be >= 1, but got {loss_scale}.")
        self._scale, self._drop = loss_scale, drop_overflow_update

    def get_loss_scale(self):
        return self._scale

    def get_drop_overflow_update(self):
        return self._drop

    def update_loss_scale(self, overflow):
        """Nothing to do."""

    def get_update_cell(self):
        from ..nn.wrap import FixedLossScaleUpdateCell
        return FixedLossScaleUpdateCell(self._scale) if self._drop else None


class DynamicLossScaleManager(LossScaleManager):
    """A loss scale that follows the overflows."""

    def __init__(self, init_loss_scale=2 ** 24, scale_factor=2, scale_window=2000):
        self._scale, self._factor, self._window, self._good = init_loss_scale, scale_factor, scale_window, 0

    def get_loss_scale(self):
        return self._scale

    def get_drop_overflow_update(self):
        return True

    def update_loss_scale(self, overflow):
        """Takes notice of a step."""
        if overflow:
            self._scale, self._good = max(self._scale / self._factor, 1), 0
        else:
            self._good += 1
            if self._good % self._window == 0:
                self._scale *= self._factor

    def get_update_cell(self):
        from ..nn.wrap import DynamicLossScaleUpdateCell
        return DynamicLossScaleUpdateCell(self._scale, self._factor, self._window)


