"""mindspore.train: Model, callbacks, metrics, checkpoints. Each part is imported when a name of it is used: most scripts use few."""
from .._missing import module_getattr as _module_getattr

_PARTS = {
    "amp": ("DynamicLossScaleManager", "FixedLossScaleManager", "LossScaleManager"),
    "callback": ("Callback", "CheckpointConfig", "EarlyStopping", "History", "LambdaCallback", "LearningRateScheduler", "LossMonitor",
                 "ModelCheckpoint", "ReduceLROnPlateau", "RunContext", "TimeMonitor"),
    "metrics": ("F1", "MAE", "MSE", "Accuracy", "ConfusionMatrix", "Loss", "Metric", "Precision", "Recall", "Top1CategoricalAccuracy",
                "Top5CategoricalAccuracy", "TopKCategoricalAccuracy", "get_metric_fn", "get_metrics", "names"),
    "model": ("Model",),
    "serialization": ("async_ckpt_thread_status", "export", "load", "load_checkpoint", "load_param_into_net", "save_checkpoint"),
}
OWNER = {name: part for part, names in _PARTS.items() for name in names}
_missing = _module_getattr(__name__, lazy=(*_PARTS, "loss_scale_manager"))


def __getattr__(name):
    if name in OWNER:
        value = getattr(_missing(OWNER[name]), name)
        globals()[name] = value
        return value
    return _missing(name)


def __dir__():
    return sorted({*globals(), *_PARTS, *OWNER})


__all__ = [*OWNER, *_PARTS]
