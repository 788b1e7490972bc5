"""Tensors: making, looking, indexing, computing, NumPy."""
import numpy as np
import mindspore
from mindspore import Tensor, ops
from mindspore.common.initializer import Normal, One, initializer

x = Tensor([[1, 0], [0, 2]])
assert x.shape == (2, 2) and x.dtype == mindspore.int64 and x.itemsize == 8 and x.nbytes == 32 and x.strides == (16, 8)
ones, normal = initializer(One(), (2, 3), mindspore.float32), initializer(Normal(), (2, 3), mindspore.float32)
assert ops.ones_like(normal).asnumpy().tolist() == ones.asnumpy().tolist()
t = Tensor(np.array([[0, 1], [2, 3]], np.float32))
print("first row:", t[0], "corner:", t[1, 1], "last column:", t[:, -1], "first column:", t[..., 0])
a, b = Tensor([1.0, 2.0, 3.0]), Tensor([4.0, 5.0, 6.0])
for name, value in (("add", a + b), ("sub", a - b), ("mul", a * b), ("div", b / a), ("mod", b % a), ("floordiv", b // a)):
    print(f"{name}: {value}")
print(ops.cat((t, t), axis=0).shape, ops.stack([t, t]).shape)
n = a.asnumpy()
n += 1
print(n, a)
