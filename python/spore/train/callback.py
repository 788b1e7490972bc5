"""mindspore.train: callbacks of Model."""
import math
import os
import stat
import time

from .serialization import load_checkpoint, load_param_into_net, save_checkpoint
from ..common.tensor import Tensor


class RunContext:
    """What callbacks are given: original_args() has the facts, request_stop() ends the training."""

    def __init__(self, original_args):
        self._args, self._stop = original_args, False

    def original_args(self):
        return self._args

    def request_stop(self):
        self._stop = True

    def get_stop_requested(self):
        return self._stop


class Parameters(dict):
    """Facts by name and by attribute."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    __setattr__ = dict.__setitem__


class Callback:
    """Base of callbacks. The older names (begin, step_end, ...) are called in training and in evaluation."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def begin(self, run_context):
        """Before the first epoch."""

    def end(self, run_context):
        """After the last epoch."""

    def epoch_begin(self, run_context):
        """Before an epoch."""

    def epoch_end(self, run_context):
        """After an epoch."""

    def step_begin(self, run_context):
        """Before a step."""

    def step_end(self, run_context):
        """After a step."""


def _both(name, old):
    def call(self, run_context):
        getattr(self, old)(run_context)

    call.__name__, call.__doc__ = name, f"As {old}()."
    return call


for _kind, _old in (("begin", "begin"), ("end", "end"), ("epoch_begin", "epoch_begin"), ("epoch_end", "epoch_end"),
                    ("step_begin", "step_begin"), ("step_end", "step_end")):
    for _mode in ("train", "eval"):
        setattr(Callback, f"on_{_mode}_{_kind}", _both(f"on_{_mode}_{_kind}", _old))


class Callbacks:
    """All callbacks of a run."""

    def __init__(self, callbacks):
        if callbacks is None:
            callbacks = []
        self.all = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
        for one in self.all:
            if not isinstance(one, Callback):
                raise TypeError(f"For 'Model', a callback must be a Callback, but got {type(one)}.")

    def call(self, event, run_context):
        for one in self.all:
            getattr(one, event)(run_context)


def _number(loss):
    loss = loss[0] if isinstance(loss, (tuple, list)) else loss
    return float(loss.mean().item() if isinstance(loss, Tensor) and loss.size > 1 else loss.item() if isinstance(loss, Tensor) else loss)


class LossMonitor(Callback):
    """Prints the loss every per_print_times steps; a loss that is not finite ends the training."""

    def __init__(self, per_print_times=1):
        if isinstance(per_print_times, bool) or not isinstance(per_print_times, int) or per_print_times < 0:
            raise ValueError(f"The argument 'per_print_times' must be int and >= 0, but got {per_print_times}.")
        self._every, self._last = per_print_times, 0

    def step_end(self, run_context):
        facts = run_context.original_args()
        loss = _number(facts.net_outputs)
        step = (facts.cur_step_num - 1) % facts.batch_num + 1
        if not math.isfinite(loss):
            raise ValueError(f"In epoch: {facts.cur_epoch_num} step: {step}, loss is NAN or INF, training process cannot continue, "
                             f"terminating training.")
        if facts.cur_step_num <= self._last:
            self._last = 0
        if self._every and facts.cur_step_num - self._last >= self._every:
            self._last = facts.cur_step_num
            print(f"epoch: {facts.cur_epoch_num} step: {step}, loss is {loss}", flush=True)

    def on_train_epoch_end(self, run_context):
        """Prints what the evaluation within fit() gave."""
        facts = run_context.original_args()
        if facts.get("eval_results"):
            print(f"Eval result: epoch {facts.cur_epoch_num}, metrics: {facts.eval_results}", flush=True)
            facts.eval_results = None

    def on_eval_step_end(self, run_context):
        return None


class TimeMonitor(Callback):
    """Prints the time of each epoch."""

    def __init__(self, data_size=None, data_time=False):
        self.data_size = data_size

    def epoch_begin(self, run_context):
        self.begun = time.time()

    def epoch_end(self, run_context):
        facts = run_context.original_args()
        ms = (time.time() - self.begun) * 1000
        steps = self.data_size or facts.get("batch_num") or 1
        mode = "Eval" if facts.get("mode") == "eval" else "Train"
        print(f"{mode} epoch time: {ms:5.3f} ms, per step time: {ms / steps:5.3f} ms", flush=True)


class LambdaCallback(Callback):
    """Functions as callbacks."""

    def __init__(self, **functions):
        for name, function in functions.items():
            if function is not None:
                setattr(self, name, function)


class History(Callback):
    """Keeps the losses of the epochs in .history and .epoch."""

    def __init__(self):
        self.history, self.epoch = {}, {}

    def begin(self, run_context):
        self.epoch = {"epoch": []}

    def on_train_epoch_end(self, run_context):
        facts = run_context.original_args()
        self.epoch["epoch"].append(facts.cur_epoch_num)
        self.history.setdefault("net_output", []).append(facts.net_outputs)
        for name, value in (facts.get("eval_results") or {}).items():
            self.history.setdefault(name, []).append(value)

    def epoch_end(self, run_context):
        return None


class LearningRateScheduler(Callback):
    """Sets the learning rate at each step to function(lr, step)."""

    def __init__(self, learning_rate_function):
        self.function = learning_rate_function

    def step_end(self, run_context):
        facts = run_context.original_args()
        lr = float(facts.optimizer.get_lr().item())
        new = self.function(lr, facts.cur_step_num)
        if new != lr:
            facts.optimizer.set_lr(new)


class _Watching(Callback):
    """Compares a value after each epoch, a metric of the evaluation or the loss, with the best so far."""

    def _watch(self, monitor, mode, min_delta):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"{type(self).__name__} mode {mode} is unknown.")
        up = mode == "max" or mode == "auto" and (monitor.endswith("acc") or "accuracy" in monitor or monitor in ("f1", "recall",
                                                                                                               "precision"))
        self.monitor, self.up, self.min_delta = monitor, up, abs(min_delta)
        self.best = -math.inf if up else math.inf

    def _value(self, facts):
        results = facts.get("eval_results") or {}
        if self.monitor in results:
            return float(results[self.monitor])
        return _number(facts.net_outputs) if self.monitor in ("loss", "eval_loss") else None

    def _better(self, value):
        return value - self.min_delta > self.best if self.up else value + self.min_delta < self.best


class EarlyStopping(_Watching):
    """Ends the training when a value has not become better for more than `patience` epochs."""

    def __init__(self, monitor="eval_loss", min_delta=0, patience=0, verbose=False, mode="auto", baseline=None,
                 restore_best_weights=False):
        self._watch(monitor, mode, min_delta)
        self.patience, self.verbose, self.baseline, self.restore = patience, verbose, baseline, restore_best_weights
        self.wait, self.stopped_epoch, self.weights = 0, 0, None

    def begin(self, run_context):
        self.wait, self.stopped_epoch = 0, 0
        if self.baseline is not None:
            self.best = self.baseline

    def on_train_epoch_end(self, run_context):
        facts = run_context.original_args()
        value = self._value(facts)
        if value is None:
            return
        self.wait += 1
        if self._better(value):
            self.best, self.wait = value, 0
            if self.restore:
                self.weights = {p.name: p.clone() for p in facts.train_network.get_parameters()}
        if self.wait > 0 and self.wait >= self.patience:
            self.stopped_epoch = facts.cur_epoch_num
            run_context.request_stop()
            if self.restore and self.weights:
                load_param_into_net(facts.train_network, self.weights)

    def end(self, run_context):
        if self.stopped_epoch > 0 and self.verbose:
            print(f"Epoch {self.stopped_epoch:05d}: early stopping")

    def on_eval_begin(self, run_context):
        return None

    on_eval_end = on_eval_begin


class ReduceLROnPlateau(_Watching):
    """Multiplies the learning rate by `factor` when a value has not become better for `patience` epochs."""

    def __init__(self, monitor="eval_loss", factor=0.1, patience=10, verbose=False, mode="auto", min_delta=1e-4, cooldown=0, min_lr=0):
        self._watch(monitor, mode, min_delta)
        self.factor, self.patience, self.cooldown, self.min_lr, self.verbose = factor, patience, cooldown, min_lr, verbose
        self.wait = self.cool = 0

    def on_train_epoch_end(self, run_context):
        facts = run_context.original_args()
        value = self._value(facts)
        if value is None:
            return
        if self.cool > 0:
            self.cool, self.wait = self.cool - 1, 0
        if self._better(value):
            self.best, self.wait = value, 0
        elif self.cool == 0:
            self.wait += 1
            lr = float(facts.optimizer.get_lr().item())
            if self.wait >= self.patience and lr > self.min_lr:
                facts.optimizer.set_lr(max(lr * self.factor, self.min_lr))
                self.wait, self.cool = 0, self.cooldown
                if self.verbose:
                    print(f"Epoch {facts.cur_epoch_num:05d}: ReduceLROnPlateau reducing learning rate to {lr * self.factor}.")


class CheckpointConfig:
    """When ModelCheckpoint saves, and how many files stay."""

    def __init__(self, save_checkpoint_steps=1, save_checkpoint_seconds=0, keep_checkpoint_max=5, keep_checkpoint_per_n_minutes=0,
                 integrated_save=True, async_save=False, saved_network=None, append_info=None, enc_key=None, enc_mode="AES-GCM",
                 exception_save=False, crc_check=False, remove_redundancy=False, format="ckpt", **kwargs):
        if not save_checkpoint_steps and not save_checkpoint_seconds and not keep_checkpoint_max and not keep_checkpoint_per_n_minutes:
            raise ValueError("For 'CheckpointConfig', at least one of the settings must be given.")
        self.save_checkpoint_steps, self.save_checkpoint_seconds = save_checkpoint_steps, save_checkpoint_seconds
        self.keep_checkpoint_max, self.saved_network, self.append_info = keep_checkpoint_max, saved_network, append_info
        self.keep_checkpoint_per_n_minutes, self.format = keep_checkpoint_per_n_minutes, format


class ModelCheckpoint(Callback):
    """Saves the network to directory/PREFIX-EPOCH_STEP.ckpt."""

    def __init__(self, prefix="CKP", directory=None, config=None):
        if isinstance(prefix, str) and "/" in prefix:
            raise ValueError(f"For 'ModelCheckpoint', the argument 'prefix' must not contain '/', but got {prefix}.")
        self._prefix, self._config = prefix, config or CheckpointConfig()
        self._directory = os.path.abspath(directory) if directory else os.getcwd()
        self._last_step, self._last_time, self._files = 0, time.time(), []
        self.latest_ckpt_file_name = ""

    def begin(self, run_context):
        os.makedirs(self._directory, exist_ok=True)

    def step_end(self, run_context):
        facts, config = run_context.original_args(), self._config
        if config.save_checkpoint_steps:
            due = facts.cur_step_num - self._last_step >= config.save_checkpoint_steps
        else:
            due = bool(config.save_checkpoint_seconds) and time.time() - self._last_time >= config.save_checkpoint_seconds
        if due:
            self._save(facts)

    def end(self, run_context):
        facts = run_context.original_args()
        if self._last_step != facts.cur_step_num:
            self._save(facts)

    def _save(self, facts):
        if facts.cur_step_num == self._last_step:
            return
        step = (facts.cur_step_num - 1) % facts.batch_num + 1
        prefix = self._prefix(facts) if callable(self._prefix) else self._prefix
        path = os.path.join(self._directory, f"{prefix}-{facts.cur_epoch_num}_{step}.{self._config.format}")
        self._last_step, self._last_time = facts.cur_step_num, time.time()
        more = {}
        for info in self._config.append_info or []:
            if isinstance(info, dict):
                more.update(info)
            elif info == "epoch_num":
                more["epoch_num"] = facts.cur_epoch_num
            elif info == "step_num":
                more["step_num"] = facts.cur_step_num
        save_checkpoint(self._config.saved_network or facts.train_network, path, append_dict=more or None, format=self._config.format)
        if path in self._files:
            self._files.remove(path)
        self._files.append(path)
        self.latest_ckpt_file_name = path
        while self._config.keep_checkpoint_max and len(self._files) > self._config.keep_checkpoint_max:
            old = self._files.pop(0)
            if os.path.exists(old):
                os.chmod(old, stat.S_IWRITE | stat.S_IREAD)
                os.remove(old)

    def on_eval_begin(self, run_context):
        return None

    on_eval_step_end = on_eval_end = on_eval_begin


assert load_checkpoint is not None
