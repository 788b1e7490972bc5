"""Model, callbacks, metrics, checkpoints, optimizers, loss scaling."""
import os

import mindspore as ms
import numpy as np
import pytest
from mindspore import Tensor, amp, nn, ops
from mindspore import dataset as ds
from mindspore.train import (Accuracy, Callback, CheckpointConfig, EarlyStopping, LossMonitor, Model, ModelCheckpoint, TimeMonitor)


def data(rows=12):
    rng = np.random.RandomState(0)
    x = rng.randn(rows, 4).astype(np.float32)
    return ds.NumpySlicesDataset((x, (x.sum(1) > 0).astype(np.int32)), ["x", "y"], shuffle=False).batch(6)


def model(**options):
    ms.set_seed(1)
    net = nn.SequentialCell(nn.Dense(4, 8), nn.ReLU(), nn.Dense(8, 2))
    return Model(net, nn.CrossEntropyLoss(), nn.Momentum(net.trainable_params(), 0.1, 0.9), metrics={"accuracy", "loss"}, **options), net


def test_model(capsys):
    m, net = model()
    m.train(20, data(), callbacks=[LossMonitor(), TimeMonitor()])
    text = capsys.readouterr().out.splitlines()
    assert text[0].startswith("epoch: 1 step: 1, loss is ") and text[1].startswith("epoch: 1 step: 2, loss is ")
    assert text[2].startswith("Train epoch time: ") and " ms, per step time: " in text[2]
    result = m.eval(data())
    assert set(result) == {"accuracy", "loss"} and result["accuracy"] == 1.0 and not net.training
    assert m.predict(Tensor(np.zeros((3, 4), np.float32))).shape == (3, 2)
    with pytest.raises(ValueError, match="metrics"):
        Model(net, nn.CrossEntropyLoss()).eval(data())


def test_fit_and_callbacks(capsys, tmp_path):
    seen = []

    class Mine(Callback):
        def on_train_step_end(self, run_context):
            seen.append(run_context.original_args().cur_step_num)

        def on_train_epoch_end(self, run_context):
            if run_context.original_args().cur_epoch_num == 3:
                run_context.request_stop()

    m, _ = model()
    saver = ModelCheckpoint("net", str(tmp_path), CheckpointConfig(save_checkpoint_steps=2, keep_checkpoint_max=2))
    m.fit(10, data(), data(), callbacks=[Mine(), saver, LossMonitor(2)])
    assert seen == [1, 2, 3, 4, 5, 6]
    assert sorted(os.listdir(tmp_path)) == ["net-2_2.ckpt", "net-3_2.ckpt"]
    assert "Eval result: epoch 1, metrics: {'accuracy': " in capsys.readouterr().out


def test_early_stopping():
    m, _ = model()
    counted = []

    class Count(Callback):
        def on_train_epoch_end(self, run_context):
            counted.append(1)

    m.fit(10, data(), data(), callbacks=[EarlyStopping("loss", patience=2, mode="max"), Count()])
    assert 2 <= len(counted) < 10


def test_accuracy():
    metric = Accuracy()
    metric.update(Tensor([[0.2, 0.8], [0.9, 0.1]]), Tensor([1, 1]))
    assert metric.eval() == 0.5


def test_checkpoints(tmp_path):
    a, b = nn.SequentialCell(nn.Dense(2, 3), nn.BatchNorm1d(3)), nn.SequentialCell(nn.Dense(2, 3), nn.BatchNorm1d(3))
    path = str(tmp_path / "a.ckpt")
    ms.save_checkpoint(a, path, append_dict={"epoch": 3, "lr": 0.5})
    found = ms.load_checkpoint(path)
    assert list(found)[:2] == ["0.weight", "0.bias"] and int(found["epoch"]) == 3 and str(type(found["0.weight"]).__name__) == "Parameter"
    assert ms.load_param_into_net(b, found) == ([], ["epoch", "lr"])
    assert np.array_equal(a[0].weight.asnumpy(), b[0].weight.asnumpy())
    assert ms.load_param_into_net(nn.SequentialCell(nn.Dense(2, 3), nn.BatchNorm1d(3), nn.Dense(3, 1)), found)[0] == ["2.weight", "2.bias"]
    with pytest.raises(RuntimeError, match="same shape"):
        ms.load_param_into_net(nn.SequentialCell(nn.Dense(2, 4)), found)
    with pytest.raises(ValueError, match="does not exist"):
        ms.load_checkpoint(str(tmp_path / "no.ckpt"))
    ms.save_checkpoint([{"name": "x", "data": Tensor([1.0])}], str(tmp_path / "list"))
    assert list(ms.load_checkpoint(str(tmp_path / "list.ckpt"))) == ["x"]


def test_export(tmp_path):
    net = nn.SequentialCell(nn.Dense(4, 3), nn.ReLU())
    x = Tensor(np.ones((2, 4), np.float32))
    ms.export(net, x, file_name=str(tmp_path / "m"), file_format="MINDIR")
    graph = nn.GraphCell(ms.load(str(tmp_path / "m.mindir")))
    assert np.allclose(graph(x).asnumpy(), net(x).asnumpy(), atol=1e-6)
    assert sorted(p.name for p in graph.get_parameters()) == ["0.bias", "0.weight"]


def test_optimizers_refuse():
    with pytest.raises(ValueError, match="must not be empty"):
        nn.SGD([])
    p = ms.Parameter(Tensor([1.0]), name="a")
    with pytest.raises(ValueError, match="already exists"):
        nn.SGD([p, ms.Parameter(Tensor([1.0]), name="a")])
    with pytest.raises(ValueError, match="could not convert"):
        nn.SGD([p], "x")
    opt = nn.SGD([p], [0.5])
    opt((Tensor([1.0]),))
    assert p.asnumpy() == [0.5]
    with pytest.raises(RuntimeError, match="range"):
        opt((Tensor([1.0]),))


def test_learning_rates():
    assert nn.piecewise_constant_lr([2, 4], [0.1, 0.01]) == [0.1, 0.1, 0.01, 0.01]
    assert np.allclose(nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2), [0.1, 0.1, 0.055, 0.055, 0.01, 0.01])
    assert np.allclose(nn.exponential_decay_lr(0.1, 0.9, 6, 2, 1), [0.1, 0.1, 0.09, 0.09, 0.081, 0.081])
    assert np.allclose(nn.warmup_lr(0.1, 6, 2, 2), [0, 0, 0.05, 0.05, 0.1, 0.1])
    p = ms.Parameter(Tensor([1.0]), name="a")
    opt = nn.SGD([p], 0.1)
    opt.set_lr(0.25)
    opt((Tensor([1.0]),))
    assert p.asnumpy() == [0.75] and abs(float(opt.get_lr()) - 0.25) < 1e-7


def test_amp():
    scaler = amp.DynamicLossScaler(1024, 2, 1)
    assert float(scaler.scale(Tensor(1.0))) == 1024 and float(scaler.unscale((Tensor(1024.0),))[0]) == 1
    scaler.adjust(True)
    assert float(scaler.scale_value) == 2048
    scaler.adjust(False)
    assert float(scaler.scale_value) == 1024
    assert bool(amp.all_finite((Tensor([1.0]),))) and not bool(amp.all_finite((Tensor([1.0]), Tensor([float("inf")]))))
    net = nn.Dense(4, 3)
    x = Tensor(np.random.RandomState(0).randn(5, 4).astype(np.float32))
    exact = net(x).asnumpy()
    near = amp.auto_mixed_precision(net, "O2", ms.bfloat16)(x)
    assert near.dtype == ms.float32 and 0 < np.abs(near.asnumpy() - exact).max() < 0.05


def test_loss_scale_cell():
    net = nn.Dense(2, 1)
    cell = nn.TrainOneStepWithLossScaleCell(nn.WithLossCell(net, nn.MSELoss()), nn.SGD(net.trainable_params(), 0.1),
                                            nn.DynamicLossScaleUpdateCell(64, 2, 1))
    x, y = ops.ones((3, 2)), ops.zeros((3, 1))
    loss, overflow, scale = cell(x, y)
    assert float(scale) == 64 and not bool(overflow) and float(cell(x, y)[2]) == 128 and float(cell(x, y)[0]) < float(loss)
