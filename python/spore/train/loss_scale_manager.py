from .amp import DynamicLossScaleManager, FixedLossScaleManager, LossScaleManager  # noqa: F401
"""mindspore.train.loss_scale_manager."""
