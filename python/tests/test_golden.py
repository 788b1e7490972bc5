"""Every case of golden/cases.py against what the real MindSpore 2.10 answered (golden/record.py)."""
import os

import numpy as np
import pytest

import cases

_FOUND = {}
with np.load(os.path.join(os.path.dirname(cases.__file__), "golden.npz")) as _file:
    for _key in _file.files:
        _kind, _name, _part, _i = _key.split("/")
        _FOUND.setdefault((_kind, _name), {}).setdefault(_part, []).append(_file[_key])

# Where MindSpore itself is wrong or coarse (docs/compatibility.md): compared more loosely, or not in this part.
_LOOSE = {"tanh": 2e-4, "erf": 2e-5, "gelu_tanh": 2e-4, "GELU": 2e-4, "mish": 2e-4, "Mish": 2e-4, "Dense_activation": 2e-4,
          "gelu": 2e-5, "GELU_exact": 2e-5}
_WRONG = {("selu", "grad")}  # not the derivative of what it gives


def close(kind, name, part, mine):
    expected = _FOUND[kind, name].get(part, [])
    if (name, part) in _WRONG:
        return
    assert len(mine) == len(expected), f"{part}: {len(mine)} arrays, MindSpore has {len(expected)}"
    tolerance = _LOOSE.get(name, 1e-5)
    for i, (a, b) in enumerate(zip(mine, expected)):
        assert a.shape == b.shape, f"{part} {i}: shape {a.shape}, MindSpore has {b.shape}"
        assert a.dtype == b.dtype, f"{part} {i}: {a.dtype}, MindSpore has {b.dtype}"
        np.testing.assert_allclose(a, b, tolerance, tolerance, err_msg=f"{part} {i}")


@pytest.mark.parametrize("name", [n for k, n in _FOUND if k == "ops"])
def test_op(name):
    values, grads = cases.run_op(name)
    close("ops", name, "value", values)
    close("ops", name, "grad", grads)


@pytest.mark.parametrize("kind,name", [k for k in _FOUND if k[0] in ("layers", "losses")])
def test_cell(kind, name):
    make, arrays = (cases.LAYERS if kind == "layers" else cases.LOSSES)[name]
    values, grads, after = cases.run_cell(make, arrays)
    close(kind, name, "value", values)
    close(kind, name, "grad", grads)
    close(kind, name, "after", after)


@pytest.mark.parametrize("name", [n for k, n in _FOUND if k == "optimizers"])
def test_optimizer(name):
    close("optimizers", name, "after", cases.run_optimizer(name))
