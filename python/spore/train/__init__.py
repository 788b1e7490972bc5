"""mindspore.train: Model, callbacks, metrics, checkpoints."""
from . import amp, callback, metrics, serialization
from .amp import DynamicLossScaleManager, FixedLossScaleManager, LossScaleManager
from .callback import (Callback, CheckpointConfig, EarlyStopping, History, LambdaCallback, LearningRateScheduler, LossMonitor,
                       ModelCheckpoint, ReduceLROnPlateau, RunContext, TimeMonitor)
from .metrics import (F1, MAE, MSE, Accuracy, ConfusionMatrix, Loss, Metric, Precision, Recall, Top1CategoricalAccuracy,
                      Top5CategoricalAccuracy, TopKCategoricalAccuracy, get_metric_fn, get_metrics, names)
from .model import Model
from .serialization import (async_ckpt_thread_status, export, load, load_checkpoint, load_param_into_net, save_checkpoint)
from .._missing import module_getattr as _module_getattr

__getattr__ = _module_getattr(__name__, lazy=("loss_scale_manager",))
