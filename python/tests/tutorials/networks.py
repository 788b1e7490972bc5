"""Networks: cells in cells, parameters, shapes, printing."""
import numpy as np
import mindspore
from mindspore import Parameter, Tensor, nn, ops


class Scale(nn.Cell):
    def __init__(self, n):
        super().__init__()
        self.factor = Parameter(ops.ones((n,)), name="factor")

    def construct(self, x):
        return x * self.factor


class Net(nn.Cell):
    def __init__(self):
        super().__init__()
        self.body = nn.SequentialCell(nn.Flatten(), nn.Dense(16, 8), nn.ReLU())
        self.scale = Scale(8)
        self.heads = nn.CellList([nn.Dense(8, 2), nn.Dense(8, 3)])

    def construct(self, x):
        x = self.scale(self.body(x))
        return [head(x) for head in self.heads]


net = Net()
print(net)
a, b = net(Tensor(np.ones((5, 4, 4), np.float32)))
print(a.shape, b.shape, nn.Softmax(axis=1)(a).argmax(1).shape)
for name, p in net.parameters_and_names():
    print(name, p.shape, p.dtype, p.requires_grad)
net.scale.factor.requires_grad = False
print(len(net.trainable_params()), sum(p.size for p in net.get_parameters()), mindspore.Parameter(Tensor([1.0]), name="p"))
