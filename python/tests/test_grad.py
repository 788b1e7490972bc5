"""grad, value_and_grad, jvp, vjp, jacrev, jit: what they return in every combination, as recorded from MindSpore 2.10."""
import mindspore as ms
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn, ops

A, B = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])


def product(a, b):
    return (a * b).sum()


def both(a, b):
    return (a * b).sum(), a + b, a


def near(x, y):
    if isinstance(y, tuple):
        return isinstance(x, tuple) and len(x) == len(y) and all(near(p, q) for p, q in zip(x, y))
    return np.allclose(x.asnumpy(), y)


def test_positions():
    assert near(ms.grad(product)(A, B), [3, 4])
    assert near(ms.grad(product, (0,))(A, B), [3, 4])
    assert near(ms.grad(product, (0, 1))(A, B), ([3, 4], [1, 2]))
    assert near(ms.grad(product, 1)(A, B), [1, 2])
    assert near(ms.value_and_grad(product)(A, B), (11, [3, 4]))
    assert near(ms.value_and_grad(product, (0, 1))(A, B), (11, ([3, 4], [1, 2])))
    assert near(ms.grad(lambda a, k: (a * k).sum())(A, 2), [2, 2])


def test_weights():
    w = Parameter(Tensor([2.0, 2.0]), name="w")
    f = lambda a: (a * w).sum()  # noqa: E731
    assert near(ms.grad(f, None, w)(A), [1, 2])
    assert near(ms.grad(f, None, [w])(A), ([1, 2],))
    assert near(ms.grad(f, 0, [w])(A), ([2, 2], ([1, 2],)))
    assert near(ms.value_and_grad(f, None, [w])(A), (6, ([1, 2],)))
    assert near(ms.value_and_grad(f, 0, ms.ParameterTuple([w]))(A), (6, ([2, 2], ([1, 2],))))
    frozen = Parameter(Tensor([1.0]), name="f", requires_grad=False)
    assert near(ms.grad(lambda a: (a * frozen).sum(), None, [frozen])(A), ([0],))


def test_aux():
    assert near(ms.grad(both, (0, 1), has_aux=True)(A, B), (([3, 4], [1, 2]), ([4, 6], [1, 2])))
    assert near(ms.value_and_grad(both, 0, has_aux=True)(A, B), ((11, [4, 6], [1, 2]), [3, 4]))
    assert near(ms.grad(lambda a, b: (product(a, b), a))(A, B), [4, 5])
    with pytest.raises(ValueError, match="has_aux"):
        ms.grad(product, has_aux=True)(A, B)
    with pytest.raises(ValueError, match="can not be None"):
        ms.grad(product, None)


def test_errors_come_out():
    def bad(a, b):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ms.grad(bad)(A, B)
    assert near(ms.grad(product)(A, B), [3, 4])


def test_more():
    cube = lambda t: t ** 3  # noqa: E731
    assert near(ms.grad(ms.grad(cube))(Tensor(2.0)), 12)
    assert near(ms.grad(ms.grad(ms.grad(cube)))(Tensor(2.0)), 6)
    assert near(ms.grad(lambda a: ops.stop_gradient(a) * a)(A), [1, 2])
    assert near(ms.jvp(lambda a: a * a, A, B), ([1, 4], [6, 16]))
    value, pull = ms.vjp(product, A, B)
    assert near(value, 11) and near(pull(Tensor(2.0)), ([6, 8], [2, 4]))
    assert near(ms.jacrev(lambda a: a * a)(A), [[2, 0], [0, 4]])
    assert near(ops.GradOperation()(product)(A, B), [3, 4])
    assert near(ops.GradOperation(get_all=True)(product)(A, B), ([3, 4], [1, 2]))
    assert near(ops.GradOperation(sens_param=True)(lambda a: a * 2)(A, Tensor([1.0, 10.0])), [2, 20])


def test_jit():
    followed = []

    @ms.jit
    def f(a, b, scale=1):
        followed.append(1)
        return {"sum": (a + b) * scale, "all": [a, b]}

    out = f(A, B)
    assert near(out["sum"], [4, 6]) and near(out["all"][1], [3, 4])
    assert near(f(B, B)["sum"], [6, 8]) and near(f(A, B, scale=3)["sum"], [12, 18])
    n = len(followed)
    f(A, A)
    assert len(followed) == n
    f(Tensor([1.0]), Tensor([2.0]))
    assert len(followed) > n


def test_jit_trains():
    def losses(compiled):
        ms.set_seed(3)
        net = nn.SequentialCell(nn.Dense(2, 4), nn.Tanh(), nn.Dense(4, 1))
        opt = nn.Adam(net.trainable_params(), [0.1, 0.05, 0.02, 0.01])
        f = ms.value_and_grad(lambda x, y: ((net(x) - y) ** 2).mean(), None, opt.parameters)

        def step(x, y):
            loss, grads = f(x, y)
            opt(grads)
            return loss

        step = ms.jit(step) if compiled else step
        rng = np.random.RandomState(0)
        return [float(step(Tensor(rng.randn(8, 2).astype(np.float32)), Tensor(rng.randn(8, 1).astype(np.float32)))) for _ in range(4)]

    assert np.allclose(losses(False), losses(True), atol=1e-6)


def test_graph_mode():
    net = nn.SequentialCell(nn.Dense(2, 3), nn.BatchNorm1d(3), nn.ReLU())
    x = Tensor(np.random.RandomState(0).randn(5, 2).astype(np.float32))
    for training in (False, True):
        net.set_train(training)
        expected = net(x).asnumpy()
        ms.set_context(mode=ms.GRAPH_MODE)
        try:
            assert np.allclose(net(x).asnumpy(), expected, atol=1e-6)
        finally:
            ms.set_context(mode=ms.PYNATIVE_MODE)


def test_a_branch_on_a_value_is_refused():
    @ms.jit
    def f(a):
        if a.sum() > 0:
            return a
        return -a

    with pytest.raises(RuntimeError, match="test_grad.py"):
        f(A)
