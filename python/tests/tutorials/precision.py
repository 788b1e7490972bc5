"""Mixed precision: auto_mixed_precision, a loss scaler, a compiled step that branches on all_finite()."""
import numpy as np
import mindspore as ms
from mindspore import Tensor, amp, nn

ms.set_seed(4)
x, y = np.random.RandomState(0).randn(64, 3).astype(np.float32), None
y = x @ np.array([[1.0], [-2.0], [0.5]], np.float32)
net = amp.auto_mixed_precision(nn.SequentialCell(nn.Dense(3, 16), nn.ReLU(), nn.Dense(16, 1)), "O2")
loss_fn, optimizer = nn.MSELoss(), nn.Adam(net.trainable_params(), 0.02)
scaler = amp.DynamicLossScaler(scale_value=2 ** 40, scale_factor=2, scale_window=50)
grad_fn = ms.value_and_grad(lambda a, b: scaler.scale(loss_fn(net(a), b)), None, optimizer.parameters)
skipped = 0


@ms.jit
def step(a, b):
    global skipped
    loss, grads = grad_fn(a, b)
    finite = amp.all_finite(grads)
    if finite:
        optimizer(scaler.unscale(grads))
    else:
        skipped += 1
    scaler.adjust(finite)
    return scaler.unscale(loss)


for i in range(150):
    loss = step(Tensor(x), Tensor(y))
print("good" if float(loss) < 0.1 else f"bad ({loss})", 0 < skipped < 60)
