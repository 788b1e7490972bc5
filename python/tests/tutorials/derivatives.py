"""Derivatives: of functions by inputs and by parameters, with other outputs, of higher order."""
import mindspore
from mindspore import Parameter, Tensor, ops

x, y = Tensor([1.0, 2.0]), Tensor([0.0, 1.0])
w, b = Parameter(Tensor([[0.5], [-0.5]]), name="w"), Parameter(Tensor([0.1]), name="b")


def loss(x, y):
    z = ops.matmul(x.reshape(1, 2), w) + b
    return ops.binary_cross_entropy_with_logits(z.reshape(1), y[1:], ops.ones(1), ops.ones(1)), z


value, (dw, db) = mindspore.value_and_grad(lambda x, y: loss(x, y)[0], None, [w, b])(x, y)
print(value, dw.reshape(2), db)
(d, z) = mindspore.grad(loss, has_aux=True)(x, y)
print(d, z[0].shape)
cube = mindspore.grad(mindspore.grad(lambda v: v * v * v))
print(cube(Tensor(3.0)), mindspore.grad(lambda p, q: p * ops.stop_gradient(q) + q, (0, 1))(Tensor(2.0), Tensor(5.0)))
