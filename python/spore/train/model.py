"""mindspore.train.Model."""
from ..common.tensor import Tensor
from ..nn.cell import Cell
from ..nn.wrap import TrainOneStepCell, TrainOneStepWithLossScaleCell, WithEvalCell, WithLossCell
from . import amp
from .callback import Callbacks, Parameters, RunContext
from .metrics import Loss, get_metrics


class Model:
    """A network with its loss, optimizer and metrics: train(), eval(), fit(), predict()."""

    def __init__(self, network, loss_fn=None, optimizer=None, metrics=None, eval_network=None, eval_indexes=None, amp_level="O0",
                 boost_level="O0", loss_scale_manager=None, **kwargs):
        if not isinstance(network, Cell):
            raise TypeError(f"For 'Model', the argument 'network' should be a Cell, but got {type(network)}.")
        self._network = amp.auto_mixed_precision(network, amp_level)
        self._loss_fn, self._optimizer, self._eval_indexes = loss_fn, optimizer, eval_indexes
        self._metric_fns = get_metrics(metrics)
        self._train_network = self._build(loss_scale_manager) if optimizer is not None else network
        self._eval_network = eval_network or (WithEvalCell(network, loss_fn) if loss_fn is not None else None)

    def _build(self, manager):
        net = self._network if self._loss_fn is None else WithLossCell(self._network, self._loss_fn)
        if manager is None:
            return TrainOneStepCell(net, self._optimizer)
        update = manager.get_update_cell()
        if update is None:
            return TrainOneStepCell(net, self._optimizer, manager.get_loss_scale()).set_train()
        return TrainOneStepWithLossScaleCell(net, self._optimizer, update)

    @property
    def train_network(self):
        return self._train_network

    @property
    def eval_network(self):
        return self._eval_network

    @property
    def predict_network(self):
        return self._network

    def _facts(self, dataset, mode, epochs):
        return Parameters(train_network=self._train_network, eval_network=self._eval_network, network=self._network,
                          optimizer=self._optimizer, loss_fn=self._loss_fn, epoch_num=epochs, batch_num=dataset.get_dataset_size(),
                          mode=mode, cur_step_num=0, cur_epoch_num=0, net_outputs=None, train_dataset=dataset, valid_dataset=None,
                          parallel_mode="stand_alone", device_number=1, dataset_sink_mode=False, eval_results=None, metrics=None,
                          train_dataset_element=None, last_save_ckpt_step=None, latest_ckpt_file=None)

    def train(self, epoch, train_dataset, callbacks=None, dataset_sink_mode=False, sink_size=-1, initial_epoch=0):
        """Trains for `epoch` epochs. (Sinking makes no difference.)"""
        self._train(epoch, train_dataset, callbacks, initial_epoch, None, 1)

    def fit(self, epoch, train_dataset, valid_dataset=None, valid_frequency=1, callbacks=None, dataset_sink_mode=False,
            valid_dataset_sink_mode=False, sink_size=-1, initial_epoch=0):
        """Trains, and evaluates after every valid_frequency epochs."""
        self._train(epoch, train_dataset, callbacks, initial_epoch, valid_dataset, valid_frequency)

    def _train(self, epochs, dataset, callbacks, initial, valid, frequency):
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise ValueError(f"For 'Model.train', the argument 'epoch' must be int and must > 0, but got {epochs}.")
        if self._optimizer is None and self._loss_fn is not None:
            raise ValueError("For 'Model.train', the argument 'optimizer' of Model is needed.")
        calls = Callbacks(callbacks)
        facts = self._facts(dataset, "train", epochs)
        facts.list_callback = facts._list_callback = calls.all
        context = RunContext(facts)
        calls.call("on_train_begin", context)
        batches = dataset.create_tuple_iterator(num_epochs=epochs - initial)
        facts.cur_step_num = initial * facts.batch_num
        for number in range(initial, epochs):
            facts.cur_epoch_num = number + 1
            self._train_network.set_train(True)
            self._epoch(batches, facts, context, calls)
            if valid is not None and ((number + 1) % frequency == 0 if isinstance(frequency, int) else number + 1 in frequency):
                facts.eval_results = self.eval(valid, [c for c in calls.all if type(c).__name__ not in ("LossMonitor", "TimeMonitor")])
                facts.metrics = facts.eval_results
            calls.call("on_train_epoch_end", context)
            if context.get_stop_requested():
                break
        calls.call("on_train_end", context)
        self._train_network.set_train(False)

    def _epoch(self, batches, facts, context, calls):
        calls.call("on_train_epoch_begin", context)
        for row in batches:
            facts.cur_step_num += 1
            facts.train_dataset_element = row
            calls.call("on_train_step_begin", context)
            facts.net_outputs = self._train_network(*row)
            calls.call("on_train_step_end", context)
            if context.get_stop_requested():
                break

    def eval(self, valid_dataset, callbacks=None, dataset_sink_mode=False):
        """The metrics, by name."""
        if not self._metric_fns:
            raise ValueError("For Model.eval, the model argument 'metrics' can not be None or empty, you should set the argument "
                             "'metrics' for model.")
        if self._eval_network is None:
            raise ValueError("For Model.eval, the argument 'loss_fn' or 'eval_network' of Model is needed.")
        for metric in self._metric_fns.values():
            metric.clear()
        calls = Callbacks(callbacks)
        facts = self._facts(valid_dataset, "eval", 1)
        facts.list_callback = calls.all
        context = RunContext(facts)
        self._eval_network.set_train(False)
        calls.call("on_eval_begin", context)
        calls.call("on_eval_epoch_begin", context)
        for row in valid_dataset.create_tuple_iterator(num_epochs=1):
            facts.cur_step_num += 1
            calls.call("on_eval_step_begin", context)
            facts.net_outputs = outs = self._eval_network(*row)
            calls.call("on_eval_step_end", context)
            self._update(outs)
        calls.call("on_eval_epoch_end", context)
        results = {name: metric.eval() for name, metric in self._metric_fns.items()}
        facts.metrics = results
        calls.call("on_eval_end", context)
        return results

    def _update(self, outs):
        outs = outs if isinstance(outs, (tuple, list)) else (outs,)
        loss_at, out_at, label_at = self._eval_indexes or (0, 1, 2)
        for metric in self._metric_fns.values():
            if metric.indexes:
                metric.update(*[outs[i] for i in metric.indexes])
            elif isinstance(metric, Loss):
                metric.update(outs[loss_at])
            elif len(outs) > 2:
                metric.update(outs[out_at], outs[label_at])
            else:
                metric.update(*outs)

    def predict(self, *predict_data, backend=None, config=None):
        """What the network says, in evaluation mode."""
        self._network.set_train(False)
        return self._network(*predict_data)

    def build(self, *args, **kwargs):
        """Nothing to do."""

    def infer_predict_layout(self, *args, **kwargs):
        return {}


assert Tensor is not None
