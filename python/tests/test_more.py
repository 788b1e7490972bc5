"""Functions and layers made of others: against NumPy, against loops, against one another."""
import math

import numpy as np
import pytest

import spore
from spore import Tensor, nn, ops

RNG = np.random.RandomState(11)


def array(*shape):
    return RNG.randn(*shape).astype(np.float32)


def close(tensor, expected, tolerance=1e-5):
    expected = np.asarray(expected)
    assert tuple(tensor.shape) == expected.shape
    np.testing.assert_allclose(tensor.asnumpy(), expected, tolerance, tolerance)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def filled(cell):
    for p in cell.get_parameters():
        p.set_data(Tensor(array(*p.shape) * 0.5))
    return cell


A, B, V = array(3, 3), array(3, 3), array(3)
X, Y = array(2, 3, 4), array(2, 3, 4)


@pytest.mark.parametrize("name", ["ij->ji", "ij->", "ij->i", "ii->i", "ii->", "ij,jk->ik", "ij,jk->ki", "ij,ij->ij", "ij,kl->ijkl",
                                  "ij,jk,kl->il", "ij,j->i", "i,i->", "ba,bc", "ij,ik->jk"])
def test_einsum(name):
    terms = name.split("->")[0].split(",")
    operands = [V if len(t) == 1 else (A, B, A @ B)[k] for k, t in enumerate(terms)]
    close(ops.einsum(name, *map(Tensor, operands)), np.einsum(name, *operands))


def test_einsum_in_batches_and_its_derivative():
    close(ops.einsum("bij,bkj->bik", Tensor(X), Tensor(Y)), np.einsum("bij,bkj->bik", X, Y))
    d = spore.grad(lambda x: ops.einsum("bij,bkj->ik", x, Tensor(Y)).sum())(Tensor(X))
    close(d, np.broadcast_to(Y.sum(1, keepdims=True), X.shape))
    with pytest.raises(ValueError):
        ops.einsum("ij,jk->ik", Tensor(A))
    with pytest.raises(ValueError):
        ops.einsum("ijk->i", Tensor(A))


@pytest.mark.parametrize("ours, theirs", [
    (lambda: ops.norm(Tensor(A)), lambda: np.linalg.norm(A)), (lambda: ops.norm(Tensor(X)), lambda: np.sqrt((X ** 2).sum())),
    (lambda: ops.norm(Tensor(A), 1), lambda: np.linalg.norm(A, 1)), (lambda: ops.norm(Tensor(A), -1), lambda: np.linalg.norm(A, -1)),
    (lambda: ops.norm(Tensor(A), math.inf), lambda: np.linalg.norm(A, np.inf)),
    (lambda: ops.norm(Tensor(A), -math.inf), lambda: np.linalg.norm(A, -np.inf)),
    (lambda: ops.norm(Tensor(A), 3, 1), lambda: np.linalg.norm(A, 3, 1)), (lambda: ops.norm(Tensor(A), 0, 0), lambda: [3.0] * 3),
    (lambda: ops.norm(Tensor(X), "fro", (0, 2), True), lambda: np.linalg.norm(X, "fro", (0, 2), True)),
    (lambda: ops.dot(Tensor(X), Tensor(array(2, 4, 5) * 0 + 1)), lambda: np.dot(X, np.ones((2, 4, 5), np.float32))),
    (lambda: ops.inner(Tensor(X), Tensor(Y)), lambda: np.inner(X, Y)), (lambda: ops.kron(Tensor(A), Tensor(B)), lambda: np.kron(A, B)),
    (lambda: ops.cross(Tensor(A), Tensor(B), 1), lambda: np.cross(A, B)), (lambda: ops.trace(Tensor(A)), lambda: np.trace(A)),
    (lambda: ops.diagonal(Tensor(X), 1, 1, 2), lambda: np.diagonal(X, 1, 1, 2)),
    (lambda: ops.diagonal(Tensor(X), -1, 2, 0), lambda: np.diagonal(X, -1, 2, 0)),
    (lambda: ops.diag_embed(Tensor(V), 1), lambda: np.diag(V, 1)), (lambda: ops.diag_embed(Tensor(V), -1), lambda: np.diag(V, -1)),
    (lambda: ops.rot90(Tensor(X), 1, (1, 2)), lambda: np.rot90(X, 1, (1, 2))),
    (lambda: ops.rot90(Tensor(X), 3, (0, 2)), lambda: np.rot90(X, 3, (0, 2))),
    (lambda: ops.diff(Tensor(X), 2), lambda: np.diff(X, 2)), (lambda: ops.cumprod(Tensor(X), 1), lambda: np.cumprod(X, 1)),
    (lambda: ops.take(Tensor(X), Tensor([0, 23])), lambda: np.take(X, [0, 23])),
    (lambda: ops.gather_nd(Tensor(X), Tensor([[0, 1], [1, 2]])), lambda: X[[0, 1], [1, 2]]),
    (lambda: ops.dstack((Tensor(A), Tensor(B))), lambda: np.dstack((A, B))),
    (lambda: ops.column_stack((Tensor(V), Tensor(A))), lambda: np.column_stack((V, A))),
    (lambda: ops.arctanh(Tensor(A / 4)), lambda: np.arctanh(A / 4)), (lambda: ops.arcsinh(Tensor(A)), lambda: np.arcsinh(A)),
    (lambda: ops.acosh(ops.abs(Tensor(A)) + 1), lambda: np.arccosh(np.abs(A) + 1)),
    (lambda: ops.logaddexp(Tensor(A), Tensor(B)), lambda: np.logaddexp(A, B)),
    (lambda: ops.logaddexp2(Tensor(A), Tensor(B)), lambda: np.logaddexp2(A, B)),
    (lambda: ops.fmod(Tensor(A * 5), 2.0), lambda: np.fmod(A * 5, 2)), (lambda: ops.rad2deg(Tensor(A)), lambda: np.rad2deg(A)),
    (lambda: ops.heaviside(Tensor(A), Tensor(0.5)), lambda: np.heaviside(A, 0.5)),
    (lambda: ops.nansum(ops.log(Tensor(A)), 0), lambda: np.nansum(np.log(np.where(A > 0, A, np.nan)), 0)),
    (lambda: ops.cdist(Tensor(A), Tensor(B)), lambda: np.sqrt(((A[:, None] - B[None]) ** 2).sum(-1))),
    (lambda: ops.unsorted_segment_sum(Tensor(A), Tensor([2, 0, 2]), 4), lambda: [A[1], V * 0, A[0] + A[2], V * 0]),
    (lambda: ops.nan_to_num(Tensor([np.nan, np.inf, -np.inf, 2.0]), 1.0, 5.0, -5.0), lambda: [1.0, 5.0, -5.0, 2.0]),
])
def test_functions(ours, theirs):
    close(ours(), theirs())


def test_splitting():
    x = array(7, 2)
    for parts in (3, (2, 5)):
        for ours, theirs in zip(ops.tensor_split(Tensor(x), parts), np.array_split(x, parts)):
            close(ours, theirs)


def test_running_sums():
    from spore.ops import operations as P
    close(P.CumSum(True, False)(Tensor(A), 1), np.cumsum(A, 1) - A)
    close(P.CumSum(False, True)(Tensor(A), 1), np.cumsum(A[:, ::-1], 1)[:, ::-1])


@pytest.mark.parametrize("mode, theirs", [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")])
def test_padding_with_the_edge(mode, theirs):
    close(ops.pad(Tensor(X), (1, 2, 2, 0), mode), np.pad(X, ((0, 0), (2, 0), (1, 2)), theirs))
    with pytest.raises(ValueError):
        ops.pad(Tensor(X), (1, 2, 3), mode)


def test_pixels():
    x = array(1, 8, 2, 3)
    y = ops.pixel_shuffle(Tensor(x), 2)
    assert y.shape == (1, 2, 4, 6)
    assert float(y[0, 1, 3, 4]) == x[0, 1 * 4 + 1 * 2 + 0, 1, 2]
    close(ops.pixel_unshuffle(y, 2), x)
    close(ops.channel_shuffle(Tensor(x), 4), x[:, [0, 2, 4, 6, 1, 3, 5, 7]])


def test_other_sizes():
    x = array(1, 2, 4, 5)
    close(ops.interpolate(Tensor(x), scale_factor=2), x.repeat(2, 2).repeat(2, 3))
    rows = np.linspace(0, 3, 7)
    expected = np.stack([[np.interp(rows, range(4), x[0, c, :, w]) for w in range(5)] for c in range(2)]).transpose(0, 2, 1)[None]
    close(ops.interpolate(Tensor(x), (7, 5), mode="bilinear", align_corners=True), expected)
    close(ops.interpolate(Tensor(x), (2, 5), mode="area"), x.reshape(1, 2, 2, 2, 5).mean(3))
    with pytest.raises(ValueError):
        ops.interpolate(Tensor(x))
    with pytest.raises(ValueError):
        ops.interpolate(Tensor(x), (2, 2), mode="linear")


def test_adaptive_pooling_where_nothing_divides():
    x = array(1, 1, 5, 7)
    windows = [[x[0, 0, i * 5 // 2:-(-(i + 1) * 5 // 2), j * 7 // 3:-(-(j + 1) * 7 // 3)] for j in range(3)] for i in range(2)]
    close(ops.adaptive_avg_pool2d(Tensor(x), (2, 3)), [[[[w.mean() for w in row] for row in windows]]])
    close(ops.adaptive_max_pool2d(Tensor(x), (2, 3)), [[[[w.max() for w in row] for row in windows]]])


@pytest.mark.parametrize("kernel, stride, pad_mode, padding, dilation, group", [
    (3, 1, "same", 0, 1, 1), (4, 2, "pad", 1, 1, 1), (3, 2, "valid", 0, 1, 2), (2, 3, "same", 0, 1, 1), ((3, 2), (2, 1), "pad", 1, 1, 2),
    (3, 2, "pad", (1, 0, 0, 1), 2, 1)])
def test_transposed_convolution_is_the_derivative_of_a_convolution(kernel, stride, pad_mode, padding, dilation, group):
    up = filled(nn.Conv2dTranspose(4, 6, kernel, stride, pad_mode, padding, dilation=dilation, group=group))
    x = Tensor(array(2, 4, 3, 4))
    y = up(x)
    down = nn.Conv2d(6, 4, kernel, stride, pad_mode, padding, dilation, group, weight_init=up.weight)
    assert down(y).shape == x.shape
    close(y, spore.grad(lambda z: (down(z) * x).sum())(ops.zeros(y.shape)), 1e-4)


def test_transposed_convolution_says_what_is_wrong():
    with pytest.raises(ValueError, match="pad_mode"):
        nn.Conv2dTranspose(1, 1, 3, pad_mode="full")
    with pytest.raises(ValueError, match="output_padding"):
        nn.Conv2dTranspose(1, 1, 3, pad_mode="pad", output_padding=1)
    assert nn.Conv2dTranspose(1, 1, 3, 2, "pad", 1, 1)(ops.ones((1, 1, 2, 2))).shape == (1, 1, 4, 4)


def steps(kind, x, h, c, w_ih, w_hh, b_ih, b_hh):
    outs = []
    for row in x:
        a, b = row @ w_ih.T + b_ih, h @ w_hh.T + b_hh
        if kind == "LSTM":
            i, f, g, o = np.split(a + b, 4, 1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        elif kind == "GRU":
            (r, z, n), (hr, hz, hn) = np.split(a, 3, 1), np.split(b, 3, 1)
            z, n = sigmoid(z + hz), np.tanh(n + sigmoid(r + hr) * hn)
            h = (1 - z) * n + z * h
        else:
            h = np.tanh(a + b)
        outs.append(h)
    return np.stack(outs), h, c


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers(kind):
    x, h0, c0 = array(5, 2, 3), array(2, 2, 4), array(2, 2, 4)
    layer = filled(getattr(nn, kind)(3, 4, bidirectional=True))
    names = [p.name for p in layer.get_parameters()]
    assert names == [f"{p}_l0{way}" for p in ("weight_ih", "weight_hh", "bias_ih", "bias_hh") for way in ("", "_reverse")]
    weights = {p.name: p.asnumpy() for p in layer.get_parameters()}
    out, last = layer(Tensor(x), (Tensor(h0), Tensor(c0)) if kind == "LSTM" else Tensor(h0))
    parts = [[weights[f"{p}_l0{way}"] for p in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")] for way in ("", "_reverse")]
    there, h_there, c_there = steps(kind, x, h0[0], c0[0], *parts[0])
    back, h_back, c_back = steps(kind, x[::-1], h0[1], c0[1], *parts[1])
    close(out, np.concatenate([there, back[::-1]], 2))
    close(last[0] if kind == "LSTM" else last, np.stack([h_there, h_back]))
    if kind == "LSTM":
        close(last[1], np.stack([c_there, c_back]))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_sequences_of_different_lengths(kind):
    layer = filled(getattr(nn, kind)(3, 4, 2, bidirectional=True, batch_first=True))
    x = array(2, 5, 3)
    out, last = layer(Tensor(x), None, Tensor([3, 5], spore.int32))
    short, last_short = layer(Tensor(x[:1, :3]))
    close(out[:1, :3], short.asnumpy())
    assert not out[0, 3:].asnumpy().any()
    for a, b in zip(*((v if kind == "LSTM" else (v,)) for v in (last, last_short))):
        close(a[:, :1], b.asnumpy())


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_cells_are_steps_of_layers(kind):
    cell, layer = filled(getattr(nn, kind + "Cell")(3, 4)), getattr(nn, kind)(3, 4)
    for p, q in zip(layer.get_parameters(), cell.get_parameters()):
        p.set_data(q)
    x, h, c = Tensor(array(2, 3)), Tensor(array(2, 4)), Tensor(array(2, 4))
    state = (h, c) if kind == "LSTM" else h
    wide = tuple(s.expand_dims(0) for s in (h, c)) if kind == "LSTM" else h.expand_dims(0)
    out = cell(x, state)
    close(out[0] if kind == "LSTM" else out, layer(x.expand_dims(0), wide)[0][0].asnumpy())


def test_recurrent_layers_learn_in_both_modes():
    spore.set_seed(3)
    x = array(16, 6, 1)
    y = Tensor(x.sum(1))

    class Net(nn.Cell):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = nn.GRU(1, 8, batch_first=True), nn.Dense(8, 1)

        def construct(self, x):
            return self.out(self.rnn(x)[0][:, -1])

    net = Net()
    step = nn.TrainOneStepCell(nn.WithLossCell(net, nn.MSELoss()), nn.Adam(net.trainable_params(), 0.02))
    first = float(step(Tensor(x), y))
    for _ in range(60):
        last = float(step(Tensor(x), y))
    assert last < first / 10
    compiled = spore.jit(net)
    close(compiled(Tensor(x)), net(Tensor(x)).asnumpy())


def test_recurrent_layers_say_what_is_wrong():
    with pytest.raises(TypeError, match="hidden_size"):
        nn.LSTM(3, 4.0)
    with pytest.raises(ValueError, match="dropout"):
        nn.GRU(3, 4, dropout=1.5)
    with pytest.raises(ValueError, match="nonlinearity"):
        nn.RNN(3, 4, nonlinearity="gelu")
    with pytest.raises(ValueError, match="shape of 'hx'"):
        nn.GRU(3, 4)(Tensor(array(5, 2, 3)), Tensor(array(1, 2, 5)))


def test_dropout_of_whole_channels():
    spore.set_seed(1)
    x = ops.ones((50, 8, 3, 3))
    layer = nn.Dropout2d(0.25)
    assert np.array_equal(layer(x).asnumpy(), x.asnumpy())
    y = layer.set_train()(x).asnumpy()
    assert set(np.unique(y.reshape(400, 9).min(1))) == {0, np.float32(1 / 0.75)} == set(np.unique(y.reshape(400, 9).max(1)))
    assert 0.15 < (y[:, :, 0, 0] == 0).mean() < 0.35


def test_instance_norm():
    x = array(2, 3, 4, 5)
    mean, var = x.mean((2, 3), keepdims=True), x.var((2, 3), keepdims=True)
    close(nn.InstanceNorm2d(3)(Tensor(x)), (x - mean) / np.sqrt(var + 1e-5), 1e-4)
    with pytest.raises(ValueError):
        nn.InstanceNorm1d(3)(Tensor(x))


def test_pads():
    x = array(1, 2, 3, 4)
    close(nn.ConstantPad2d((1, 2), 0.5)(Tensor(x)), np.pad(x, ((0, 0), (0, 0), (0, 0), (1, 2)), constant_values=0.5))
    close(nn.ReflectionPad2d(1)(Tensor(x)), np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), "reflect"))
    close(nn.ReplicationPad1d((2, 0))(Tensor(x)), np.pad(x, ((0, 0), (0, 0), (0, 0), (2, 0)), "edge"))


def test_operators_as_objects():
    from spore.ops import operations as P
    x = array(1, 8, 2, 3)
    y = P.DepthToSpace(2)(Tensor(x))
    assert y.shape == (1, 2, 4, 6) and float(y[0, 1, 3, 4]) == x[0, (1 * 2 + 0) * 2 + 1, 1, 2]
    close(P.SpaceToDepth(2)(y), x)
    assert P.Invert()(Tensor([1, -5], spore.int16)).tolist() == [-2, 4]
    close(P.FastGeLU()(Tensor(A)), A * sigmoid(1.702 * A))
    big = np.array([[1e8, 1, 1]], np.float32)
    close(P.CumSum(True, False)(Tensor(big), 1), [[0, 1e8, 1e8]])


def test_conv1d_takes_a_weight_of_three_dimensions():
    w = array(2, 3, 4)
    net = nn.Conv1d(3, 2, 4, pad_mode="valid", weight_init=Tensor(w))
    x = array(1, 3, 6)
    close(net(Tensor(x)), np.stack([np.einsum("bcl,ocl->bo", x[:, :, i:i + 4], w) for i in range(3)], 2))
