"""Hooks, bprop, vmap and Jacobians: every case of golden/hooks.py as MindSpore 2.10 answered it (golden/hooks.json),
and the same in graph mode."""
import gc
import json
import pathlib
import weakref

import hooks as golden
import mindspore as ms
import numpy as np
import pytest
from mindspore import Tensor, nn, ops

WANTED = json.loads(pathlib.Path(golden.__file__).with_name("hooks.json").read_text())


def same(mine, wanted):
    if isinstance(wanted, dict) and set(wanted) == {"tensor", "type"}:
        assert mine["type"] == wanted["type"]
        np.testing.assert_allclose(mine["tensor"], wanted["tensor"], rtol=1e-5, atol=1e-6)
        assert np.shape(mine["tensor"]) == np.shape(wanted["tensor"])
    elif isinstance(wanted, list):
        assert isinstance(mine, list) and len(mine) == len(wanted), (mine, wanted)
        for a, b in zip(mine, wanted):
            same(a, b)
    elif isinstance(wanted, dict):
        assert mine.keys() == wanted.keys()
        for key in wanted:
            same(mine[key], wanted[key])
    else:
        assert mine == wanted


def test_every_case_has_an_answer():
    assert WANTED.keys() == golden.CASES.keys() and len(WANTED) > 80


@pytest.mark.parametrize("name", golden.CASES)
def test_as_mindspore(name):
    same(json.loads(json.dumps(golden.run(golden.CASES[name]))), WANTED[name])


KINDS = ("back_", "pre_", "order", "inside", "bprop_", "hook_", "insert", "tensor_hook")
IN_GRAPHS = [n for n in golden.CASES if isinstance(WANTED[n][0], (list, dict)) and n.startswith(KINDS)]


@pytest.mark.parametrize("name", IN_GRAPHS)
def test_the_same_values_in_graphs(name, monkeypatch):
    """Compiled with the gradient inside; twice, so that the second time it is not followed. Hooks have no values to
    look at."""
    monkeypatch.setattr(golden, "saw", lambda *what: None)

    def follow():
        return golden.CASES[name]()

    fast = ms.jit(follow)
    for _ in range(2):
        same(golden.plain(fast()), WANTED[name][0])


def test_compiled_gradient_of_other_values():
    cell = golden.with_back(golden.Two(), lambda c, a, b: (a[0] * 10, a[1] * 100))
    fast = ms.jit(lambda x, y: ms.grad(cell, (0, 1))(x, y))
    for x in (2.0, 7.0):
        dx, dy = fast(golden.t(x), golden.t(5.0))
        assert (dx.asnumpy()[0], dy.asnumpy()[0]) == (150.0, 300.0 * x)


def test_hooks_registered_later_are_compiled_in():
    cell = golden.Two()
    fast = ms.jit(lambda x, y: ms.grad(cell)(x, y))
    x, y = golden.t(2.0), golden.t(5.0)
    assert fast(x, y).asnumpy()[0] == 15
    handle = cell.register_backward_hook(lambda c, a, b: (a[0] * 2, a[1]))
    assert fast(x, y).asnumpy()[0] == 30
    handle.remove()
    assert fast(x, y).asnumpy()[0] == 15


def test_a_hook_that_looks_at_values_is_an_error_in_graphs():
    cell = golden.with_back(nn.ReLU(), lambda c, a, b: (a[0] * float(a[0].asnumpy()[0]),))
    assert ms.grad(cell)(golden.t(3.0)).asnumpy()[0] == 1
    with pytest.raises(RuntimeError, match="graph mode"):
        ms.jit(lambda x: ms.grad(cell)(x))(golden.t(3.0))


def test_hooks_of_a_network_in_training():
    """The gradients that a hook of the first layer sees are those of its output; scaling them scales its weights'
    alone."""
    net = nn.SequentialCell(nn.Dense(3, 4), nn.Tanh(), nn.Dense(4, 2))
    x = Tensor(np.linspace(-1, 1, 6).astype(np.float32).reshape(2, 3))
    step = ms.value_and_grad(lambda: (net(x) ** 2).sum(), None, net.trainable_params())
    before = [g.asnumpy() for g in step()[1]]
    seen = []
    net[0].register_backward_hook(lambda c, a, b: seen.append((a, b)))
    net[0].register_backward_pre_hook(lambda c, d: d[0] * 3)
    after = [g.asnumpy() for g in step()[1]]
    for factor, a, b in zip((3, 3, 1, 1), before, after):
        np.testing.assert_allclose(b, factor * a, rtol=1e-5)
    (d_in, (d_out,)), = seen
    assert d_in == (None,)
    np.testing.assert_allclose(d_out.asnumpy().sum(0), after[1], rtol=1e-5)


def test_second_derivative_through_a_bprop_by_differences():
    class Cube(nn.Cell):
        def construct(self, x):
            return x * x * x

        def bprop(self, x, out, dout):
            return (dout * x * x * 3,)

    first, second = ms.grad(Cube()), ms.grad(ms.grad(Cube()))
    for v in (0.5, -1.25):
        slope = (first(golden.t(v + 1e-2)).asnumpy()[0] - first(golden.t(v - 1e-2)).asnumpy()[0]) / 2e-2
        assert abs(second(golden.t(v)).asnumpy()[0] - slope) < 1e-2


def test_nothing_is_kept():
    cell = golden.Two()
    refs = []
    for _ in range(5):
        hook = lambda c, a, b: None  # noqa: E731
        handle = cell.register_backward_hook(hook)
        golden.both(cell)
        handle.remove()
        refs.append(weakref.ref(hook))
        del hook, handle
    gc.collect()
    assert all(r() is None for r in refs)


def test_a_gradient_of_the_wrong_shape_names_the_input():
    with pytest.raises(ValueError, match=r"shape \(2,\) for input 1, which has shape \(1,\)"):
        golden.both(golden.own(lambda x, y, d: (d, golden.t(1.0, 2.0))))


def test_bprop_of_tensors_in_a_tuple():
    class Sum(nn.Cell):
        def construct(self, pair):
            return pair[0] + pair[1]

        def bprop(self, pair, out, dout):
            return ((dout * 2, dout * 3),)

    cell = Sum()
    dx, dy = ms.grad(lambda x, y: cell((x, y)), (0, 1))(golden.t(1.0), golden.t(1.0))
    assert (dx.asnumpy()[0], dy.asnumpy()[0]) == (2, 3)


def test_a_tensor_hook_sees_later_uses():
    def f(x):
        z = x * 2
        early = z * 3
        z.register_hook(golden.tenfold)
        return early + z

    assert ms.grad(f)(golden.t(2.0)).asnumpy()[0] == 2 * (3 + 10)


@pytest.mark.parametrize("compiled", (False, True))
def test_vmap_compiled_and_with_keywords(compiled):
    mapped = ms.vmap(lambda a, k=1: ops.exp(a).sum() * k)
    fn = ms.jit(lambda x: mapped(x, k=3)) if compiled else lambda x: mapped(x, k=3)
    x = np.random.default_rng(3).normal(size=(4, 5)).astype(np.float32)
    np.testing.assert_allclose(fn(Tensor(x)).asnumpy(), 3 * np.exp(x).sum(1), rtol=1e-5)
    np.testing.assert_allclose(ms.grad(lambda v: fn(v).sum())(Tensor(x)).asnumpy(), 3 * np.exp(x), rtol=1e-5)


def test_vmap_of_a_cell():
    net = nn.Dense(3, 2)
    x = np.random.default_rng(4).normal(size=(4, 6, 3)).astype(np.float32)
    found = ops.vmap(net, in_axes=1, out_axes=1)(Tensor(x))
    np.testing.assert_allclose(found.asnumpy(), net(Tensor(x)).asnumpy(), rtol=1e-5, atol=1e-6)


def test_vmap_refuses_axes_that_are_no_numbers():
    with pytest.raises(TypeError, match="in_axes"):
        ms.vmap(lambda a: a, True)


def test_jacobians_agree_with_differences():
    def f(a):
        return ops.sin(a) * a.sum()

    a = np.array([0.3, -0.7, 1.1], np.float32)
    columns = []
    for i in range(3):
        up, down = a.copy(), a.copy()
        up[i] += 1e-2
        down[i] -= 1e-2
        columns.append((f(Tensor(up)).asnumpy() - f(Tensor(down)).asnumpy()) / 2e-2)
    for jacobian in (ms.jacfwd(f), ms.jacrev(f)):
        np.testing.assert_allclose(jacobian(Tensor(a)).asnumpy(), np.stack(columns, 1), atol=1e-3)
