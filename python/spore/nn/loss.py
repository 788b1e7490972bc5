"""mindspore.nn: losses as cells, called with (logits, labels)."""
from .._missing import not_there
from ..common.tensor import Tensor
from ..ops import function as F
from ..ops import nn_function as N
from .cell import Cell


class LossBase(Cell):
    """Base of losses: get_loss() reduces the losses of the elements."""

    def __init__(self, reduction="mean"):
        super().__init__()
        if reduction is None:
            reduction = "none"
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"For '{type(self).__name__}', the 'reduction' must be in ['mean', 'sum', 'none'], but got {reduction}.")
        self.reduction = reduction

    def get_axis(self, x):
        return tuple(range(x.ndim))

    def get_loss(self, x, weights=1.0):
        """x times weights, reduced."""
        return N.reduced(x * weights, self.reduction)


_Loss = LossBase


class L1Loss(LossBase):
    """|logits - labels|."""

    def construct(self, logits, labels):
        return self.get_loss(F.abs(logits - labels))


class MAELoss(L1Loss):
    """As L1Loss."""


class MSELoss(LossBase):
    """(logits - labels)^2."""

    def construct(self, logits, labels):
        return N.reduced(F.square(logits - labels), self.reduction)


class RMSELoss(LossBase):
    """The root of the mean square."""

    def __init__(self):
        super().__init__()

    def construct(self, logits, labels):
        return F.sqrt(F.mean(F.square(logits - labels)))


class SmoothL1Loss(LossBase):
    """d^2 / (2 beta) where d < beta, else d - beta / 2."""

    def __init__(self, beta=1.0, reduction="none"):
        super().__init__(reduction)
        self.beta = beta

    def construct(self, logits, labels):
        return N.smooth_l1_loss(logits, labels, self.beta, self.reduction)


class HuberLoss(LossBase):
    """d^2 / 2 where d <= delta, else delta (d - delta / 2)."""

    def __init__(self, reduction="mean", delta=1.0):
        super().__init__(reduction)
        self.delta = delta

    def construct(self, logits, labels):
        return N.huber_loss(logits, labels, self.reduction, self.delta)


class CrossEntropyLoss(LossBase):
    """Softmax cross entropy: logits (N, C) with class numbers (N), or with probabilities (N, C)."""

    def __init__(self, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
        super().__init__(reduction)
        self.weight, self.ignore_index, self.label_smoothing = weight, ignore_index, label_smoothing

    def construct(self, logits, labels):
        return N.cross_entropy(logits, labels, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class NLLLoss(LossBase):
    """Of log probabilities (N, C): minus that of the label."""

    def __init__(self, weight=None, ignore_index=-100, reduction="mean"):
        super().__init__(reduction)
        self.weight, self.ignore_index = weight, ignore_index

    def construct(self, logits, labels):
        return N.nll_loss(logits, labels, self.weight, self.ignore_index, self.reduction)


class SoftmaxCrossEntropyWithLogits(LossBase):
    """Softmax cross entropy: labels as class numbers if sparse, else as probabilities."""

    def __init__(self, sparse=False, reduction="none"):
        super().__init__(reduction)
        self.sparse = sparse

    def construct(self, logits, labels):
        if not self.sparse and labels.dtype != logits.dtype:
            labels = F.cast(labels, logits.dtype)
        if not self.sparse and tuple(labels.shape) != tuple(logits.shape):
            raise ValueError(f"For 'SoftmaxCrossEntropyWithLogits', the 'labels' must have the shape of 'logits' {tuple(logits.shape)}, "
                             f"but got {tuple(labels.shape)}.")
        return N.cross_entropy(logits, labels if self.sparse else F.stop_gradient(labels), reduction=self.reduction)


class BCELoss(LossBase):
    """Binary cross entropy of probabilities."""

    def __init__(self, weight=None, reduction="mean"):
        super().__init__(reduction)
        self.weight = weight

    def construct(self, logits, labels):
        return N.binary_cross_entropy(logits, labels, self.weight, self.reduction)


class BCEWithLogitsLoss(LossBase):
    """Binary cross entropy of logits."""

    def __init__(self, reduction="mean", weight=None, pos_weight=None):
        super().__init__(reduction)
        self.weight, self.pos_weight = weight, pos_weight

    def construct(self, logits, labels):
        return N.binary_cross_entropy_with_logits(logits, labels, self.weight, self.pos_weight, self.reduction)


class KLDivLoss(LossBase):
    """labels (log labels - logits)."""

    def __init__(self, reduction="mean"):
        Cell.__init__(self)
        self.reduction = reduction

    def construct(self, logits, labels):
        return N.kl_div(logits, labels, self.reduction)


class DiceLoss(LossBase):
    """1 - 2 sum(x y) / (sum(x^2) + sum(y^2) + smooth)."""

    def __init__(self, smooth=1e-5):
        super().__init__()
        self.smooth = smooth

    def construct(self, logits, label):
        both = F.sum(logits.view(-1) * label.view(-1))
        each = F.sum(logits.view(-1) * logits.view(-1)) + F.sum(label.view(-1) * label.view(-1))
        return 1 - 2 * both / (each + self.smooth)


class SoftMarginLoss(LossBase):
    """log(1 + exp(-labels logits))."""

    def construct(self, logits, labels):
        return N.soft_margin_loss(logits, labels, self.reduction)


class HingeEmbeddingLoss(LossBase):
    """logits where the label is 1, else max(0, margin - logits)."""

    def __init__(self, margin=1.0, reduction="mean"):
        super().__init__(reduction)
        self.margin = margin

    def construct(self, logits, labels):
        return N.hinge_embedding_loss(logits, labels, self.margin, self.reduction)


class MarginRankingLoss(LossBase):
    """max(0, -labels (logits1 - logits2) + margin)."""

    def __init__(self, margin=0.0, reduction="mean"):
        super().__init__(reduction)
        self.margin = margin

    def construct(self, logits1, logits2, labels):
        return N.margin_ranking_loss(logits1, logits2, labels, self.margin, self.reduction)


class CosineEmbeddingLoss(LossBase):
    """1 - cos where the label is 1, else max(0, cos - margin)."""

    def __init__(self, margin=0.0, reduction="mean"):
        super().__init__(reduction)
        self.margin = margin

    def construct(self, logits_x1, logits_x2, labels):
        cos = N.cosine_similarity(logits_x1, logits_x2, 1)
        return N.reduced(F.where(labels == 1, 1 - cos, F.maximum(cos - self.margin, 0)), self.reduction)


class MultiClassDiceLoss(LossBase):
    """Not there."""

    def __init__(self, *args, **kwargs):
        raise not_there("nn.MultiClassDiceLoss")


assert Tensor is not None
