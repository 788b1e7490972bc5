"""mindspore.experimental.optim: optimizers with PyTorch's arguments, over those of nn."""
from .. import nn as _nn
from .._missing import module_getattr as _module_getattr


class Adam(_nn.Adam):
    """Adam; lr is a number."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False, *, maximize=False):
        super().__init__(list(params), lr, betas[0], betas[1], eps, weight_decay=weight_decay, use_amsgrad=amsgrad)


class SGD(_nn.SGD):
    """SGD; lr is a number."""

    def __init__(self, params, lr, momentum=0, dampening=0, weight_decay=0.0, nesterov=False, *, maximize=False):
        super().__init__(list(params), lr, float(momentum), float(dampening), weight_decay, nesterov)


__getattr__ = _module_getattr(__name__)
