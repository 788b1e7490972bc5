"""A GAN of two small networks with transposed convolution, trained by turns, and an LSTM that tells two kinds of sequences apart."""
import numpy as np
import mindspore as ms
from mindspore import Tensor, nn, ops

ms.set_seed(6)
generator = nn.SequentialCell(nn.Conv2dTranspose(4, 8, 4, 1, "valid"), nn.BatchNorm2d(8), nn.ReLU(),
                              nn.Conv2dTranspose(8, 1, 4, 2, "pad", 1), nn.Sigmoid())
critic = nn.SequentialCell(nn.Conv2d(1, 8, 4, 2, "pad", 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Dense(128, 1))
real = Tensor(np.full((16, 1, 8, 8), 0.9, np.float32))
loss_fn = nn.BCEWithLogitsLoss()
turns = [(nn.Adam(critic.trainable_params(), 1e-3), lambda z: loss_fn(critic(real), ops.ones((16, 1)))
          + loss_fn(critic(generator(z)), ops.zeros((16, 1)))),
         (nn.Adam(generator.trainable_params(), 5e-3), lambda z: loss_fn(critic(generator(z)), ops.ones((16, 1))))]
steps = [(optimizer, ms.value_and_grad(fn, None, optimizer.parameters)) for optimizer, fn in turns]
generator.set_train()
first = float(generator(ops.randn(16, 4, 1, 1)).mean())
for i in range(60):
    for optimizer, step in steps:
        loss, grads = step(ops.randn(16, 4, 1, 1))
        optimizer(grads)
last = float(generator(ops.randn(16, 4, 1, 1)).mean())
print(generator(ops.randn(2, 4, 1, 1)).shape, "good" if last > first + 0.15 else f"bad ({first} {last})")


class Kinds(nn.Cell):
    def __init__(self):
        super().__init__()
        self.words, self.rnn = nn.Embedding(5, 4), nn.LSTM(4, 8, batch_first=True, bidirectional=True)
        self.out = nn.Dense(16, 1)

    def construct(self, x):
        h, _ = self.rnn(self.words(x))[1]
        return self.out(ops.concat((h[-1], h[-2]), 1)).reshape(-1)


rows = np.random.RandomState(1).randint(0, 5, (64, 7)).astype(np.int32)
kinds = (rows[:, 0] > rows[:, -1]).astype(np.float32)
net = Kinds()
step = nn.TrainOneStepCell(nn.WithLossCell(net, loss_fn), nn.Adam(net.trainable_params(), 0.03))
step.set_train()
for i in range(80):
    step(Tensor(rows), Tensor(kinds))
print("good" if (((net(Tensor(rows)) > 0).asnumpy() == kinds).mean()) > 0.9 else "bad")
