"""Records how optimizers of the real MindSpore go on: export_optimizers.py DIR

For each optimizer: OPT.ckpt, the net and the optimizer's state after 3 steps, and OPT.after.ckpt, the net after 2 more; x.npy and
y.npy, the batch of every step. tests/fixtures/mindspore/2.10.0/optim was made this way (MindSpore 2.10.0, numpy 1.26).
"""

import os
import sys

os.environ.setdefault("GLOG_v", "3")
import mindspore as ms
import numpy as np
from mindspore import Tensor, nn

OPTIMIZERS = {
    "sgd": lambda p: nn.SGD(p, 0.1, momentum=0.9),
    "momentum": lambda p: nn.Momentum(p, 0.1, 0.9),
    "adam": lambda p: nn.Adam(p, 0.01),
}


def main(folder):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 4)).astype("f4"), rng.standard_normal((8, 2)).astype("f4")
    np.save(os.path.join(folder, "x.npy"), x)
    np.save(os.path.join(folder, "y.npy"), y)
    for name, make in OPTIMIZERS.items():
        ms.set_seed(1)
        net = nn.SequentialCell(nn.Dense(4, 5), nn.Tanh(), nn.Dense(5, 2))
        optimizer = make(net.trainable_params())
        step = ms.value_and_grad(lambda a, b: nn.MSELoss()(net(a), b), None, optimizer.parameters)

        def train(steps):
            for _ in range(steps):
                optimizer(step(Tensor(x), Tensor(y))[1])

        train(3)
        own = {p.name for p in net.get_parameters()}
        state = list(net.get_parameters()) + [p for p in optimizer.get_parameters() if p.name not in own]
        ms.save_checkpoint([{"name": p.name, "data": p} for p in state], os.path.join(folder, name + ".ckpt"))
        train(2)
        ms.save_checkpoint(net, os.path.join(folder, name + ".after.ckpt"))


main(sys.argv[1])
