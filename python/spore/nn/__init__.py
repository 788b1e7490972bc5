"""mindspore.nn: cells, layers, losses, optimizers."""
from .cell import Cell, GraphCell
from .container import CellDict, CellList, SequentialCell
from .layer import (AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d, BatchNorm1d, BatchNorm2d, ClipByNorm, Conv1d, Conv2d,
                    Dense, Dropout, Embedding, Flatten, GroupNorm, Identity, LayerNorm, MaxPool1d, MaxPool2d, Norm, OneHot, Pad,
                    ZeroPad2d)
from .activation import (CELU, ELU, GELU, GLU, FastGelu, Hardtanh, HShrink, HSigmoid, HSwish, LeakyReLU, LogSigmoid, LogSoftmax, Mish,
                         PReLU, ReLU, ReLU6, SeLU, SiLU, Sigmoid, Softmax, SoftShrink, Softsign, Tanh, Tanhshrink, get_activation)
from .loss import (BCELoss, BCEWithLogitsLoss, CosineEmbeddingLoss, CrossEntropyLoss, DiceLoss, HingeEmbeddingLoss, HuberLoss,
                   KLDivLoss, L1Loss, LossBase, MAELoss, MarginRankingLoss, MSELoss, NLLLoss, RMSELoss, SmoothL1Loss, SoftMarginLoss,
                   SoftmaxCrossEntropyWithLogits)
from .optim import (SGD, Adagrad, Adam, AdamWeightDecay, CosineDecayLR, ExponentialDecayLR, InverseDecayLR, LearningRateSchedule,
                    Momentum, NaturalExpDecayLR, Optimizer, PolynomialDecayLR, RMSProp, WarmUpLR, cosine_decay_lr, exponential_decay_lr,
                    inverse_decay_lr, natural_exp_decay_lr, piecewise_constant_lr, polynomial_decay_lr, warmup_lr)
from .wrap import (DynamicLossScaleUpdateCell, FixedLossScaleUpdateCell, TrainOneStepCell, TrainOneStepWithLossScaleCell, WithEvalCell,
                   WithLossCell)
from .image import (AdaptiveAvgPool1d, BatchNorm3d, ChannelShuffle, ConstantPad1d, ConstantPad2d, ConstantPad3d,  # noqa: F401
                    Conv1dTranspose, Conv2dTranspose, Dropout1d, Dropout2d, Dropout3d, InstanceNorm1d, InstanceNorm2d,
                    InstanceNorm3d, PixelShuffle, PixelUnshuffle, ReflectionPad1d, ReflectionPad2d, ReflectionPad3d,
                    ReplicationPad1d, ReplicationPad2d, ReplicationPad3d, Softmax2d, Softmin, Threshold, Unflatten, Upsample)
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .._missing import module_getattr as _module_getattr

__all__ = [n for n in dir() if not n.startswith("_") and n[0].isupper() or n.endswith("_lr")]
_missing = _module_getattr(__name__)


def __getattr__(name):
    if name in ("Accuracy", "Metric", "Loss", "MAE", "MSE", "Top1CategoricalAccuracy", "Top5CategoricalAccuracy", "TopKCategoricalAccuracy",
                "Precision", "Recall", "F1", "ConfusionMatrix", "names", "get_metric_fn", "get_metrics"):
        from ..train import metrics
        found = getattr(metrics, name, None)
        if found is not None:
            return found
    return _missing(name)
