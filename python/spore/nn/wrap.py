"""mindspore.nn: cells that hold a network and its loss or its optimizer."""
from ..common.parameter import ParameterTuple
from ..common.tensor import Tensor
from ..common import dtype as mstype
from ..common.parameter import Parameter
from ..ops import function as F
from ..ops.composite import value_and_grad
from .cell import Cell


class WithLossCell(Cell):
    """loss_fn(backbone(data), label)."""

    def __init__(self, backbone, loss_fn):
        super().__init__(auto_prefix=False)
        self._backbone, self._loss_fn = backbone, loss_fn

    def construct(self, data, label):
        return self._loss_fn(self._backbone(data), label)

    @property
    def backbone_network(self):
        return self._backbone


class WithEvalCell(Cell):
    """(loss, outputs, label)."""

    def __init__(self, network, loss_fn, add_cast_fp32=False):
        super().__init__(auto_prefix=False)
        self._network, self._loss_fn, self.add_cast_fp32 = network, loss_fn, add_cast_fp32

    def construct(self, data, label):
        outputs = self._network(data)
        return self._loss_fn(outputs, label), outputs, label


class TrainOneStepCell(Cell):
    """One step of training: network(*inputs) is the loss, the optimizer takes its gradients."""

    def __init__(self, network, optimizer, sens=1.0):
        super().__init__(auto_prefix=False)
        self.network, self.optimizer, self.sens = network, optimizer, sens
        self.weights = optimizer.parameters
        self.set_grad()

    def __setattr__(self, name, value):
        if name == "weights" and isinstance(value, ParameterTuple):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def construct(self, *inputs):
        if self.sens == 1.0:
            loss, grads = value_and_grad(self.network, None, self.weights)(*inputs)
        else:
            loss, grads = value_and_grad(self.network, None, self.weights, sens_param=True)(*inputs, self.sens)
        self.optimizer(grads)
        return loss


class DynamicLossScaleUpdateCell(Cell):
    """A loss scale that halves on overflow and doubles after scale_window good steps."""

    def __init__(self, loss_scale_value, scale_factor, scale_window):
        super().__init__()
        self.scale = Parameter(Tensor(float(loss_scale_value), mstype.float32), "scale", False)
        self.scale_factor, self.scale_window, self.good = scale_factor, scale_window, 0

    def get_loss_scale(self):
        return self.scale.item()

    def construct(self, loss_scale, overflow):
        value = loss_scale.item() if isinstance(loss_scale, Tensor) else loss_scale
        if bool(overflow):
            value, self.good = max(value / self.scale_factor, 1.0), 0
        else:
            self.good += 1
            if self.good == self.scale_window:
                value, self.good = value * self.scale_factor, 0
        self.scale.set_data(Tensor(float(value), mstype.float32))
        return overflow


class FixedLossScaleUpdateCell(Cell):
    """A loss scale that stays."""

    def __init__(self, loss_scale_value):
        super().__init__()
        self.loss_scale_value = loss_scale_value

    def get_loss_scale(self):
        return self.loss_scale_value

    def construct(self, _, overflow):
        return overflow


class TrainOneStepWithLossScaleCell(Cell):
    """One step of training with a scaled loss; a step whose gradients are not finite is left out. Gives (loss, overflow, scale)."""

    def __init__(self, network, optimizer, scale_sense):
        super().__init__(auto_prefix=False)
        self.network, self.optimizer = network, optimizer
        self.scale_sense = scale_sense if isinstance(scale_sense, Cell) else FixedLossScaleUpdateCell(float(scale_sense.item()))

    _compiles = False

    def construct(self, *inputs):
        scale = float(self.scale_sense.get_loss_scale())
        loss, grads = value_and_grad(self.network, None, self.optimizer.parameters, sens_param=True)(*inputs, scale)
        grads = tuple(g / scale for g in grads)
        from ..amp import all_finite
        overflow = F.logical_not(all_finite(grads))
        if not bool(overflow):
            self.optimizer(grads)
        self.scale_sense(scale, overflow)
        return loss, overflow, Tensor(scale, mstype.float32)
