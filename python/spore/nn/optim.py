"""mindspore.nn: optimizers, called with the gradients of their parameters; and learning-rate schedules."""
import math

from .. import _core
from .._missing import not_there
from ..common import dtype as mstype
from ..common.api import here
from ..common.parameter import Parameter, ParameterTuple
from ..common.tensor import Tensor
from ..ops import function as F
from .cell import Cell


class LearningRateSchedule(Cell):
    """A learning rate for each step: construct(global_step), a tensor, gives it."""

    _compiles = False

    def construct(self, global_step):
        raise NotImplementedError("the method 'construct' of a learning-rate schedule is not implemented")


class _Group:
    """Parameters that share a learning rate and a weight decay."""

    def __init__(self, params, lr, weight_decay):
        self.params, self.lr, self.weight_decay = params, lr, weight_decay
        self.core = None

    def rate(self, step):
        """The learning rate of a step, the first is 0."""
        lr = self.lr
        if isinstance(lr, (int, float)):
            return float(lr)
        if isinstance(lr, Cell):
            return float(lr(Tensor(step, mstype.int32)).item())
        if isinstance(lr, Tensor) and lr.ndim == 0 or isinstance(lr, Tensor) and lr.size == 1:
            return float(lr.item())
        if step >= len(lr):
            raise RuntimeError(f"For 'Gather', the 'input_indices' should be in the range [0, {len(lr)}), but got {step}: the list of "
                               f"learning rates is shorter than the training.")
        return lr[step]


def _rates(lr):
    """A learning rate in any of its forms, checked."""
    if isinstance(lr, bool) or isinstance(lr, str):
        raise ValueError(f"could not convert string to float: {lr!r}" if isinstance(lr, str) else "the learning rate is a bool")
    if isinstance(lr, (int, float)):
        if lr < 0:
            raise ValueError(f"For 'Optimizer', the learning_rate must be a non-negative number, but got {lr}.")
        return lr
    if isinstance(lr, (LearningRateSchedule, Cell)):
        return lr
    if isinstance(lr, Tensor):
        return lr if lr.ndim == 0 else [float(v) for v in lr.tolist()]
    if hasattr(lr, "__iter__"):
        return [float(v) for v in lr]
    raise TypeError(f"For 'Optimizer', the argument 'learning_rate' must be a number, a tensor, a list or a LearningRateSchedule, but "
                    f"got {type(lr)}.")


class Optimizer(Cell):
    """Base of optimizers. parameters: a list of parameters, or of groups {"params": [...], "lr": ..., "weight_decay": ...}."""

    _compiles = False

    def __init__(self, learning_rate, parameters, weight_decay=0.0, loss_scale=1.0):
        super().__init__(auto_prefix=False)
        if not isinstance(parameters, (list, tuple)) and not hasattr(parameters, "__iter__"):
            raise TypeError(f"For 'Optimizer', the argument 'parameters' must be iterable, but got {type(parameters)}.")
        parameters = list(parameters)
        if not parameters:
            raise ValueError("For 'Optimizer', the argument parameters must not be empty.")
        if loss_scale <= 0:
            raise ValueError(f"For 'Optimizer', the loss_scale must be greater than 0, but got {loss_scale}.")
        new = object.__setattr__
        groups = self._groups_of(parameters, _rates(learning_rate), weight_decay)
        params = ParameterTuple(p for g in groups for p in g.params)
        self._check_names(params)
        new(self, "groups", groups)
        new(self, "parameters", params)
        new(self, "_parameters", params)
        new(self, "loss_scale", float(loss_scale))
        new(self, "weight_decay", weight_decay)
        new(self, "is_group", len(groups) > 1)
        new(self, "steps", 0)

    @staticmethod
    def _groups_of(parameters, lr, weight_decay):
        if not isinstance(parameters[0], dict):
            for p in parameters:
                if not isinstance(p, Parameter):
                    raise TypeError(f"For 'Optimizer', the element of the argument 'parameters' must be 'Parameter' or 'dict', but got "
                                    f"{type(p)}.")
            return [_Group(parameters, lr, weight_decay)]
        groups = []
        for group in parameters:
            if "params" in group:
                groups.append(_Group(list(group["params"]), _rates(group["lr"]) if "lr" in group else lr,
                                     group.get("weight_decay", weight_decay)))
            elif "order_params" not in group:
                raise KeyError("For 'Optimizer', the key 'params' must be in each group of parameters.")
        return groups

    @staticmethod
    def _check_names(params):
        names = {}
        for p in params:
            if names.setdefault(p.name, p) is not p or sum(1 for q in params if q is p) > 1:
                raise ValueError(f"The value {p}, its name '{p.name}' already exists. Please set a unique name for the parameter.")

    # ---- a step ----

    def before_step(self):
        """Puts the learning rates of the next step into the core's optimizers."""
        for group in self.groups:
            rate = group.rate(self.steps)
            if group.core is not None and group.core.lr != rate:
                group.core.lr = rate

    def after_step(self):
        object.__setattr__(self, "steps", self.steps + 1)

    def construct(self, grads):
        grads = (grads,) if isinstance(grads, Tensor) else tuple(grads)
        if len(grads) != len(self.parameters):
            raise ValueError(f"{type(self).__name__}: {len(grads)} gradients for {len(self.parameters)} parameters")
        following = here.tracing > 0
        if following and here.steppers is not None:
            here.steppers.append(self)
        if not following:
            self.before_step()
        at = 0
        for group in self.groups:
            n = len(group.params)
            self._step(group, grads[at:at + n])
            at += n
        if not following:
            self.after_step()
        return (True,) * len(grads)

    def _step(self, group, grads):
        group.core.step(grads)

    def _start(self, make):
        """A core optimizer for each group; make(params, **common options)."""
        for group in self.groups:
            rate = group.rate(0)
            group.core = make(tuple(group.params), lr=rate if rate > 0 else 1e-30, weight_decay=float(group.weight_decay),
                              loss_scale=self.loss_scale)

    # ---- what is asked ----

    def get_lr(self):
        """The learning rate of the next step: one, or one for each parameter of groups."""
        rates = tuple(Tensor(g.rate(min(self.steps, len(g.lr) - 1) if isinstance(g.lr, list) else self.steps), mstype.float32)
                      for g in self.groups)
        return rates[0] if len(rates) == 1 else tuple(r for r, g in zip(rates, self.groups) for _ in g.params)

    @property
    def learning_rate(self):
        return self.get_lr()

    @learning_rate.setter
    def learning_rate(self, value):
        self.set_lr(value)

    def set_lr(self, value):
        """Another learning rate from the next step on."""
        for group in self.groups:
            group.lr = _rates(value)

    @property
    def global_step(self):
        return Tensor([self.steps], mstype.int32)

    def get_lr_parameter(self, param):
        return self.get_lr()

    def get_weight_decay(self):
        return self.weight_decay

    def state(self):
        """The state as a checkpoint holds it: parameters with MindSpore's names, the trained ones among them."""
        found = []
        for group in self.groups:
            found += list(group.core.state()) if group.core is not None else []
        return found

    def parameters_and_names(self, name_prefix="", expand=True):
        """The state and the parameters."""
        seen = set()
        for p in list(self.state()) + list(self.parameters):
            if p.name not in seen:
                seen.add(p.name)
                yield p.name, p


def _momentum(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"For '{name}', the type of 'momentum' must be float, but got type '{type(value).__name__}'.")
    if value < 0:
        raise ValueError(f"For '{name}', the 'momentum' must be at least 0.0, but got {value}.")
    return float(value)


class SGD(Optimizer):
    """a = momentum a + (1 - dampening) g, w -= lr (nesterov ? g + momentum a : a), with g = gradient / loss_scale + weight_decay w."""

    def __init__(self, params, learning_rate=0.1, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, loss_scale=1.0):
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        momentum = _momentum("SGD", momentum)
        if dampening < 0:
            raise ValueError(f"For 'SGD', the argument 'dampening' must be at least 0.0, but got {dampening}.")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("For 'SGD', if 'nesterov' is true, the argument 'momentum' must be > 0.0 and 'dampening' must be 0.0.")
        self._start(lambda p, **o: _core.Optimizer.sgd(p, momentum=momentum, dampening=float(dampening), nesterov=bool(nesterov), **o))


class Momentum(Optimizer):
    """v = momentum v + g, w -= lr v. (use_nesterov has no effect on a CPU, as in MindSpore.)"""

    def __init__(self, params, learning_rate, momentum, weight_decay=0.0, loss_scale=1.0, use_nesterov=False):
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        momentum = _momentum("Momentum", momentum)
        self._start(lambda p, **o: _core.Optimizer.momentum(p, momentum=momentum, nesterov=bool(use_nesterov), **o))


class Adam(Optimizer):
    """Kingma & Ba 2015: w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)."""

    def __init__(self, params, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, use_locking=False, use_nesterov=False,
                 weight_decay=0.0, loss_scale=1.0, use_amsgrad=False, **kwargs):
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        for name, beta in (("beta1", beta1), ("beta2", beta2)):
            if not 0 < beta < 1:
                raise ValueError(f"For 'Adam', the '{name}' must be in range (0, 1), but got {beta}.")
        if eps <= 0:
            raise ValueError(f"For 'Adam', the 'eps' must be > 0, but got {eps}.")
        unknown = [name for name in kwargs if name not in ("use_lazy", "use_offload")]
        if unknown:
            raise KeyError(f"For 'Adam', the argument '{unknown[0]}' is unknown, expected 'learning_rate', 'beta1', 'beta2'...")
        if kwargs.get("use_lazy") or kwargs.get("use_offload"):
            raise not_there("nn.Adam(use_lazy or use_offload)")
        self._start(lambda p, **o: _core.Optimizer.adam(p, beta1=float(beta1), beta2=float(beta2), eps=float(eps),
                                                        nesterov=bool(use_nesterov), amsgrad=bool(use_amsgrad), **o))


class _ByOps(Optimizer):
    """An optimizer whose formula is written with operators. Its state: parameters named after the trained ones."""

    def __init__(self, learning_rate, params, weight_decay, loss_scale, **state):
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        new = object.__setattr__
        new(self, "_state", {n: [Parameter(F.full_like(p, v), f"{n}.{p.name}", False) for p in self.parameters]
                             for n, v in state.items()})
        new(self, "_rate", [Parameter(F.full((), g.rate(0), dtype=mstype.float32), "learning_rate", False) for g in self.groups])

    def before_step(self):
        for group, rate in zip(self.groups, self._rate):
            rate.set_data(F.full((), group.rate(self.steps), dtype=mstype.float32))

    def state(self):
        return self._rate[:1] + [p for ps in self._state.values() for p in ps]

    def _step(self, group, grads):
        at = next(i for i, p in enumerate(self.parameters) if p is group.params[0])
        rate = self._rate[self.groups.index(group)]
        for i, (p, g) in enumerate(zip(group.params, grads)):
            g = g / self.loss_scale if self.loss_scale != 1 else g
            decays = group.weight_decay if "beta" not in p.name and "gamma" not in p.name else 0.0
            p.set_data(self.update(p, g, rate, decays, *(s[at + i] for s in self._state.values())))


class AdamWeightDecay(_ByOps):
    """m, v as Adam without correction; w -= lr (m / (sqrt(v) + eps) + weight_decay w)."""

    def __init__(self, params, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.0):
        super().__init__(learning_rate, params, weight_decay, 1.0, adam_m=0.0, adam_v=0.0)
        object.__setattr__(self, "_b", (beta1, beta2, eps))

    def update(self, w, g, lr, decay, m, v):
        b1, b2, eps = self._b
        m1, v1 = m * b1 + g * (1 - b1), v * b2 + F.square(g) * (1 - b2)
        step = m1 / (F.sqrt(v1) + eps)
        step = step + w * decay if decay else step
        new = w - step * lr
        m.set_data(m1)
        v.set_data(v1)
        return new


class RMSProp(_ByOps):
    """s = decay s + (1 - decay) g^2, m = momentum m + lr g / sqrt(s + eps), w -= m; centered: s less the square of the mean of g."""

    def __init__(self, params, learning_rate=0.1, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False,
                 loss_scale=1.0, weight_decay=0.0):
        super().__init__(learning_rate, params, weight_decay, loss_scale, mean_square=1.0, moment=0.0, mean_grad=0.0)
        object.__setattr__(self, "_b", (decay, momentum, epsilon, centered))

    def update(self, w, g, lr, weight_decay, s, m, mean):
        decay, momentum, eps, centered = self._b
        g = g + w * weight_decay if weight_decay else g
        s1 = s * decay + F.square(g) * (1 - decay)
        spread = s1
        if centered:
            mean1 = mean * decay + g * (1 - decay)
            spread = s1 - F.square(mean1)
            mean.set_data(mean1)
        m1 = m * momentum + g * lr / F.sqrt(spread + eps)
        new = w - m1
        s.set_data(s1)
        m.set_data(m1)
        return new


class Adagrad(_ByOps):
    """s += g^2, w -= lr g / sqrt(s). (update_slots has no effect on a CPU, as in MindSpore.)"""

    def __init__(self, params, accum=0.1, learning_rate=0.001, update_slots=True, loss_scale=1.0, weight_decay=0.0):
        super().__init__(learning_rate, params, weight_decay, loss_scale, accum=accum)

    def update(self, w, g, lr, weight_decay, s):
        g = g + w * weight_decay if weight_decay else g
        s1 = s + F.square(g)
        new = w - g * lr / F.sqrt(s1)
        s.set_data(s1)
        return new


# ---- learning rates as lists ----

def piecewise_constant_lr(milestone, learning_rates):
    """learning_rates[i] until step milestone[i]."""
    rates, last = [], 0
    for stop, rate in zip(milestone, learning_rates):
        rates += [float(rate)] * (stop - last)
        last = stop
    return rates


def exponential_decay_lr(learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch, is_stair=False):
    """learning_rate decay_rate^(epoch / decay_epoch)."""
    return [learning_rate * decay_rate ** _part(i // step_per_epoch, decay_epoch, is_stair) for i in range(total_step)]


def _part(epoch, decay_epoch, is_stair):
    return epoch // decay_epoch if is_stair else epoch / decay_epoch


def natural_exp_decay_lr(learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch, is_stair=False):
    """learning_rate exp(-decay_rate epoch)."""
    return [learning_rate * math.exp(-decay_rate * (_part(i // step_per_epoch, decay_epoch, True) * decay_epoch if is_stair
                                                    else i // step_per_epoch)) for i in range(total_step)]


def inverse_decay_lr(learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch, is_stair=False):
    """learning_rate / (1 + decay_rate epoch / decay_epoch)."""
    return [learning_rate / (1 + decay_rate * _part(i // step_per_epoch, decay_epoch, is_stair)) for i in range(total_step)]


def cosine_decay_lr(min_lr, max_lr, total_step, step_per_epoch, decay_epoch):
    """Half a cosine from max_lr to min_lr."""
    return [min_lr + 0.5 * (max_lr - min_lr) * (1 + math.cos(math.pi * min(i // step_per_epoch, decay_epoch) / decay_epoch))
            for i in range(total_step)]


def polynomial_decay_lr(learning_rate, end_learning_rate, total_step, step_per_epoch, decay_epoch, power, update_decay_epoch=False):
    """From learning_rate to end_learning_rate as (1 - epoch / decay_epoch)^power."""
    rates = []
    for i in range(total_step):
        epoch, span = i // step_per_epoch, decay_epoch
        if update_decay_epoch:
            span = decay_epoch * max(math.ceil(epoch / decay_epoch), 1)
        else:
            epoch = min(epoch, span)
        rates.append((learning_rate - end_learning_rate) * (1 - epoch / span) ** power + end_learning_rate)
    return rates


def warmup_lr(learning_rate, total_step, step_per_epoch, warmup_epoch):
    """From 0 to learning_rate in warmup_epoch epochs."""
    return [learning_rate * min(i // step_per_epoch, warmup_epoch) / warmup_epoch for i in range(total_step)]


# ---- learning rates as cells ----

class _Schedule(LearningRateSchedule):
    def construct(self, global_step):
        step = global_step.item() if isinstance(global_step, Tensor) else global_step
        return Tensor(float(self.at(step)), mstype.float32)


class CosineDecayLR(_Schedule):
    """Half a cosine from max_lr to min_lr in decay_steps."""

    def __init__(self, min_lr, max_lr, decay_steps):
        super().__init__()
        self.min_lr, self.max_lr, self.decay_steps = min_lr, max_lr, decay_steps

    def at(self, step):
        part = min(step, self.decay_steps) / self.decay_steps
        return self.min_lr + 0.5 * (self.max_lr - self.min_lr) * (1 + math.cos(math.pi * part))


class _Decay(_Schedule):
    def __init__(self, learning_rate, decay_rate, decay_steps, is_stair=False):
        super().__init__()
        self.rate, self.decay_rate, self.decay_steps, self.is_stair = learning_rate, decay_rate, decay_steps, is_stair

    def part(self, step):
        return step // self.decay_steps if self.is_stair else step / self.decay_steps


class ExponentialDecayLR(_Decay):
    """learning_rate decay_rate^(step / decay_steps)."""

    def at(self, step):
        return self.rate * self.decay_rate ** self.part(step)


class NaturalExpDecayLR(_Decay):
    """learning_rate exp(-decay_rate step)."""

    def at(self, step):
        return self.rate * math.exp(-self.decay_rate * (self.part(step) * self.decay_steps))


class InverseDecayLR(_Decay):
    """learning_rate / (1 + decay_rate step / decay_steps)."""

    def at(self, step):
        return self.rate / (1 + self.decay_rate * self.part(step))


class PolynomialDecayLR(_Schedule):
    """From learning_rate to end_learning_rate as (1 - step / decay_steps)^power."""

    def __init__(self, learning_rate, end_learning_rate, decay_steps, power, update_decay_steps=False):
        super().__init__()
        self.rate, self.end, self.decay_steps, self.power, self.update = (
            learning_rate, end_learning_rate, decay_steps, power, update_decay_steps)

    def at(self, step):
        span = self.decay_steps * max(math.ceil(step / self.decay_steps), 1) if self.update else self.decay_steps
        return (self.rate - self.end) * (1 - min(step, span) / span) ** self.power + self.end


class WarmUpLR(_Schedule):
    """From 0 to learning_rate in warmup_steps."""

    def __init__(self, learning_rate, warmup_steps):
        super().__init__()
        self.rate, self.warmup_steps = learning_rate, warmup_steps

    def at(self, step):
        return self.rate * min(step, self.warmup_steps) / self.warmup_steps
