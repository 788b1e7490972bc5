"""Training: a loop with value_and_grad, an optimizer with a schedule, a test loop; the same by Model with callbacks; a checkpoint."""
import numpy as np
import mindspore as ms
from mindspore import Tensor, nn
from mindspore.dataset import NumpySlicesDataset
from mindspore.train import Callback, LossMonitor, Model

ms.set_seed(2)
points = np.random.RandomState(0).randn(256, 2).astype(np.float32)
classes = (points[:, 0] * points[:, 1] > 0).astype(np.int32)


def data():
    return NumpySlicesDataset({"x": points, "y": classes}, shuffle=True).batch(32)


def network():
    return nn.SequentialCell(nn.Dense(2, 32), nn.Tanh(), nn.Dense(32, 2))


net, loss_fn = network(), nn.CrossEntropyLoss()
rate = nn.cosine_decay_lr(0.001, 0.05, total_step=8 * 20, step_per_epoch=8, decay_epoch=20)
optimizer = nn.Adam(net.trainable_params(), rate)
step = ms.value_and_grad(lambda x, y: loss_fn(net(x), y), None, optimizer.parameters)
for epoch in range(20):
    net.set_train()
    for x, y in data():
        loss, grads = step(x, y)
        optimizer(grads)
net.set_train(False)
right = (net(Tensor(points)).argmax(axis=1) == Tensor(classes)).astype(ms.float32).mean()
print("loop:", "good" if float(right) > 0.9 else f"bad ({right})")


class Count(Callback):
    steps = 0

    def on_train_step_end(self, run_context):
        Count.steps = run_context.original_args().cur_step_num


net = network()
model = Model(net, loss_fn, nn.Momentum(net.trainable_params(), 0.2, 0.9), metrics={"accuracy"})
model.train(30, data(), callbacks=[Count(), LossMonitor(10 ** 6)], dataset_sink_mode=False)
print("model:", Count.steps, "good" if model.eval(data())["accuracy"] > 0.9 else "bad")
ms.save_checkpoint(net, "points.ckpt")
copy = network()
print(ms.load_param_into_net(copy, ms.load_checkpoint("points.ckpt")))
assert np.array_equal(copy(Tensor(points)).asnumpy(), net(Tensor(points)).asnumpy())
