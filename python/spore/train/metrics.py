"""mindspore.train: metrics. clear(), update(outputs, labels), eval()."""
from abc import ABCMeta, abstractmethod

from ..common.tensor import Tensor


def _array(x):
    import numpy as np
    return x.asnumpy() if isinstance(x, Tensor) else np.asarray(x)


class Metric(metaclass=ABCMeta):
    """Base of metrics."""

    def __init__(self):
        self._indexes = None

    def _convert_data(self, data):
        return _array(data)

    @property
    def indexes(self):
        return self._indexes

    def set_indexes(self, indexes):
        """Which of the outputs update() is given."""
        self._indexes = indexes
        return self

    def __call__(self, *inputs):
        self.clear()
        self.update(*inputs)
        return self.eval()

    @abstractmethod
    def clear(self):
        """Forgets everything."""

    @abstractmethod
    def eval(self):
        """The value."""

    @abstractmethod
    def update(self, *inputs):
        """Takes another batch."""


class _Mean(Metric):
    """A sum divided by a count."""

    def __init__(self):
        super().__init__()
        self.clear()

    def clear(self):
        self._sum, self._count = 0.0, 0

    def eval(self):
        if self._count == 0:
            raise RuntimeError(f"The '{type(self).__name__}' can not be calculated, because the number of samples is 0.")
        return self._sum / self._count


class Accuracy(_Mean):
    """The share of right predictions: "classification" or "multilabel"."""

    def __init__(self, eval_type="classification"):
        super().__init__()
        if eval_type not in ("classification", "multilabel"):
            raise TypeError(f"For 'Accuracy', eval_type must be 'classification' or 'multilabel', but got {eval_type}.")
        self._type = eval_type

    def update(self, *inputs):
        if len(inputs) != 2:
            raise ValueError(f"For 'Accuracy.update', it needs 2 inputs (predicted value, true value), but got {len(inputs)}.")
        y_pred, y = _array(inputs[0]), _array(inputs[1])
        if self._type == "classification":
            if y.ndim == y_pred.ndim:
                y = y.argmax(1)
            right = y_pred.argmax(1) == y
            right = right.reshape(-1)
        else:
            right = (y_pred == y).reshape(y.shape[0], -1).all(1)
        self._sum += float(right.sum())
        self._count += right.shape[0]


class TopKCategoricalAccuracy(_Mean):
    """The share of labels among the k largest."""

    def __init__(self, k):
        super().__init__()
        self.k = k

    def update(self, *inputs):
        import numpy as np
        y_pred, y = _array(inputs[0]), _array(inputs[1])
        y = y.argmax(1) if y.ndim == y_pred.ndim else y
        best = np.argsort(-y_pred, 1)[:, :self.k]
        self._sum += float((best == y[:, None]).any(1).sum())
        self._count += y.shape[0]


class Top1CategoricalAccuracy(TopKCategoricalAccuracy):
    """The share of labels that are the largest."""

    def __init__(self):
        super().__init__(1)


class Top5CategoricalAccuracy(TopKCategoricalAccuracy):
    """The share of labels among the 5 largest."""

    def __init__(self):
        super().__init__(5)


class Loss(_Mean):
    """The mean of the losses it is given."""

    def update(self, *inputs):
        if len(inputs) != 1:
            raise ValueError(f"For 'Loss.update', it needs 1 input (loss), but got {len(inputs)}.")
        self._sum += float(_array(inputs[0]).mean())
        self._count += 1


class MAE(_Mean):
    """The mean absolute error."""

    def update(self, *inputs):
        import numpy as np
        y_pred, y = _array(inputs[0]), _array(inputs[1])
        self._sum += float(np.abs(y.reshape(y_pred.shape) - y_pred).sum())
        self._count += y.shape[0]


class MSE(_Mean):
    """The mean squared error."""

    def update(self, *inputs):
        y_pred, y = _array(inputs[0]), _array(inputs[1])
        self._sum += float(((y.reshape(y_pred.shape) - y_pred) ** 2).sum())
        self._count += y.shape[0]


class _ByClass(Metric):
    """Right positives, predicted positives and positives of each class."""

    def __init__(self, eval_type="classification"):
        super().__init__()
        self.clear()

    def clear(self):
        self._right, self._predicted, self._there = 0, 0, 0

    def update(self, *inputs):
        import numpy as np
        y_pred, y = _array(inputs[0]), _array(inputs[1])
        n = y_pred.shape[1]
        y = y.argmax(1) if y.ndim == y_pred.ndim else y
        real, found = np.eye(n)[y.astype(int)], np.eye(n)[y_pred.argmax(1)]
        self._right = self._right + (real * found).sum(0)
        self._predicted = self._predicted + found.sum(0)
        self._there = self._there + real.sum(0)


class Precision(_ByClass):
    """Right positives among predicted ones."""

    def eval(self, average=False):
        value = self._right / (self._predicted + 1e-20)
        return value.mean() if average else value


class Recall(_ByClass):
    """Right positives among positives."""

    def eval(self, average=False):
        value = self._right / (self._there + 1e-20)
        return value.mean() if average else value


class F1(_ByClass):
    """2 right positives by predicted ones and positives."""

    def __init__(self):
        super().__init__()

    def eval(self, average=False):
        value = 2 * self._right / (self._predicted + self._there + 1e-20)
        return value.mean() if average else value


class ConfusionMatrix(Metric):
    """How often label i was predicted as j."""

    def __init__(self, num_classes, normalize="no_norm", threshold=0.5):
        super().__init__()
        self.n = num_classes
        self.clear()

    def clear(self):
        import numpy as np
        self._m = np.zeros((self.n, self.n))

    def update(self, *inputs):
        import numpy as np
        y_pred, y = _array(inputs[0]), _array(inputs[1])
        y_pred = y_pred.argmax(1) if y_pred.ndim > 1 else y_pred
        np.add.at(self._m, (y.astype(int).reshape(-1), y_pred.astype(int).reshape(-1)), 1)

    def eval(self):
        return self._m


_NAMES = {"accuracy": Accuracy, "acc": Accuracy, "precision": Precision, "recall": Recall, "F1": F1, "top_1_accuracy": Top1CategoricalAccuracy,
          "top_5_accuracy": Top5CategoricalAccuracy, "mae": MAE, "mse": MSE, "loss": Loss, "confusion_matrix": ConfusionMatrix}


def names():
    """The names that Model's metrics may have."""
    return list(_NAMES)


def get_metric_fn(name, *args, **kwargs):
    """The metric of a name."""
    if name not in _NAMES:
        raise KeyError(f"For 'get_metric_fn', unsupported metric {name}, please refer to official website for more details about "
                       f"supported metrics: {names()}.")
    return _NAMES[name](*args, **kwargs)


def get_metrics(metrics):
    """A dict of metrics from names, or from a dict."""
    if metrics is None:
        return {}
    if isinstance(metrics, dict):
        for name, metric in metrics.items():
            if not isinstance(metric, Metric):
                raise TypeError(f"For 'Model', the metric {name} must be a Metric, but got {type(metric)}.")
        return metrics
    if isinstance(metrics, (set, list, tuple)):
        return {name: get_metric_fn(name) for name in (sorted(metrics) if isinstance(metrics, set) else metrics)}
    raise TypeError(f"For 'Model', the argument 'metrics' must be None, dict, set or list, but got {type(metrics)}.")
