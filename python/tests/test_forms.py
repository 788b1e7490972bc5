"""Methods of Tensor in the forms that scripts use, sorting, what depends on values, changes in place."""
import numpy as np
import pytest

import spore
from spore import Tensor, nn, ops

X = np.array([[3, 1, 2, 1], [np.inf, -np.inf, 0, 5]], np.float32)
Y = np.arange(12, dtype=np.float32).reshape(3, 4)


def same(tensor, expected):
    expected = np.asarray(expected)
    assert tuple(tensor.shape) == expected.shape
    assert np.array_equal(tensor.asnumpy(), expected)


@pytest.mark.parametrize("call, expected", [
    ("x.argmax(axis=1)", Y.argmax(1)), ("x.argmax(dim=1, keepdim=True)", Y.argmax(1)[:, None]), ("x.argmin(axis=0)", Y.argmin(0)),
    ("x.prod(dim=1)", Y.prod(1)), ("x.cumsum(dim=1)", Y.cumsum(1)), ("x.unsqueeze(dim=0)", Y[None]), ("x.tile(2, 1)", np.tile(Y, (2, 1))),
    ("x.expand(2, 3, 4)", np.broadcast_to(Y, (2, 3, 4))), ("x.gather(1, Tensor([[0], [1], [2]]))", [[0], [5], [10]]),
    ("x.gather(Tensor([0, 2]), 1)", Y[:, [0, 2]]), ("x.select(0, 1)", Y[1]), ("x.select(-1, 1)", Y[:, 1]),
    ("x.select(x > 3, 0.0)", np.where(Y > 3, Y, 0)), ("x.split(split_size=2, dim=1)[1]", Y[:, 2:]), ("x.chunk(2, dim=0)[0]", Y[:2]),
    ("x.unbind(dim=0)[1]", Y[1]), ("(x > 3).any(dim=0)", (Y > 3).any(0)), ("(x > 3) ^ (x > 5)", (Y > 3) ^ (Y > 5)),
    ("round(x / 2)", np.round(Y / 2)), ("x.ptp(axis=0)", np.ptp(Y, 0)), ("x.masked_select(x > 7)", Y[Y > 7]),
    ("x.nonzero()", np.argwhere(Y)), ("ops.nonzero(x > 9, as_tuple=True)[1]", np.nonzero(Y > 9)[1])])
def test_methods(call, expected):
    same(eval(call, {"x": Tensor(Y), "Tensor": Tensor, "ops": ops}), expected)


def test_allclose():
    assert Tensor(Y).allclose(Tensor(Y + 1e-9)) and not Tensor(Y).allclose(Tensor(Y + 1))
    assert Tensor(Y).nelement() == 12


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sorting(axis):
    values, places = ops.sort(Tensor(X), axis)
    same(values, np.sort(X, axis))
    same(places, np.argsort(X, axis, kind="stable"))
    same(ops.sort(Tensor(X), axis, True)[0], np.flip(np.sort(X, axis), axis))
    same(Tensor(Y[::-1, ::-1].copy()).sort()[0], Y[::-1])


def test_sorting_with_nan_and_derivative():
    values, places = ops.sort(Tensor([2.0, np.nan, 1.0]))
    assert places.tolist() == [2, 0, 1] and values.tolist()[:2] == [1, 2] and np.isnan(values.tolist()[2])
    d = spore.grad(lambda x: (ops.sort(x)[0] * Tensor([1.0, 2.0, 3.0])).sum())(Tensor([5.0, 3.0, 4.0]))
    same(d, [3, 1, 2])
    same(Tensor([4.0, 1.0, 3.0, 2.0]).median()[0], 2)


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_gather_elements(dim):
    x = np.random.RandomState(dim).randn(2, 3, 4).astype(np.float32)
    x[0, 0, 0] = np.inf
    index = np.random.RandomState(5).randint(0, x.shape[dim], (2, 2, 3))
    part = x[tuple(slice(None) if a == dim else slice(0, n) for a, n in enumerate(index.shape))]
    same(ops.gather_elements(Tensor(x), dim, Tensor(index)), np.take_along_axis(part, index, dim))
    d = spore.grad(lambda t: ops.gather_elements(t, dim, Tensor(index)).sum())(Tensor(x)).asnumpy()
    assert d.sum() == index.size
    with pytest.raises((ValueError, RuntimeError)):
        ops.gather_elements(Tensor(x), dim, Tensor(index + 10))


def test_changes_in_place():
    x = Tensor([1.0, 2.0])
    y = x
    assert x.add_(1) is x and y.tolist() == [2, 3]
    x.mul_(Tensor([2.0, 3.0])).sub_(1)
    assert y.tolist() == [3, 8]
    assert x.zero_().tolist() == [0, 0] and x.fill_(4).tolist() == [4, 4] and y.copy_(Tensor([1.0, 5.0])).tolist() == [1, 5]
    p = spore.Parameter(Tensor([1.0]), name="p")
    p.add_(2)
    assert p.asnumpy().tolist() == [3]
    ops.assign_sub(x, Tensor([1.0, 1.0]))
    assert x.tolist() == [0, 4]


def test_what_beginners_get_wrong():
    with pytest.raises(ValueError):
        spore.Parameter(True, name="x")
    with pytest.raises(TypeError):
        spore.Parameter(1, name="x").set_data(1.5)
    with pytest.raises(ValueError):
        ops.norm(Tensor(np.ones((2, 2, 2), np.float32)), 1)
    with pytest.raises(TypeError):
        nn.CellList([nn.ReLU()]) + 3
    cells = nn.CellList([nn.Dense(2, 3)])
    cells += [nn.ReLU()]
    assert len(cells) == 2 and len(cells + [nn.Tanh()]) == 3


def test_unknown_sizes():
    x = Tensor(shape=[None, 3], dtype=spore.float32)
    assert x.shape == (-1, 3) and x.dtype == spore.float32
    net = nn.Dense(3, 2)
    net.set_inputs(x)
    assert net(Tensor(np.ones((5, 3), np.float32))).shape == (5, 2)
    with pytest.raises(ValueError):
        x.asnumpy()
