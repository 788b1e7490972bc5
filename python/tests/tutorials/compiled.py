"""Graph mode: jit on functions and cells, several shapes, a branch that only ops.where can take, an export."""
import numpy as np
import mindspore as ms
from mindspore import Tensor, nn, ops

calls = []


@ms.jit
def norm(x):
    calls.append(x.shape)
    return ops.sqrt((x * x).sum())


print(norm(Tensor([3.0, 4.0])), norm(Tensor([6.0, 8.0])), norm(Tensor([2.0])), len(calls))


@ms.jit
def branch(x):
    return x if x.sum() > 0 else -x


try:
    branch(Tensor([1.0]))
except RuntimeError as error:
    print("line named:", "x.sum() > 0" in str(error))
ms.set_context(mode=ms.GRAPH_MODE)
net = nn.SequentialCell(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Dense(32, 3))
x = Tensor(np.ones((2, 1, 4, 4), np.float32))
before = net(x)
ms.export(net, x, file_name="net", file_format="MINDIR")
after = nn.GraphCell(ms.load("net.mindir"))(x)
print(np.allclose(before.asnumpy(), after.asnumpy()))
