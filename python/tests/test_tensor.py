"""Tensors: making, printing, promotion, indexing, NumPy."""
import mindspore as ms
import numpy as np
import pytest
from mindspore import Parameter, Tensor, ops


def test_made():
    assert Tensor(1).dtype == ms.int64 and Tensor(1.5).dtype == ms.float32 and Tensor(True).dtype == ms.bool_
    assert Tensor([1, 2]).dtype == ms.int64 and Tensor([1.0]).dtype == ms.float32
    assert Tensor(np.zeros(2)).dtype == ms.float64 and Tensor([1, 2], ms.float16).dtype == ms.float16
    assert Tensor(np.arange(6).reshape(2, 3)[:, ::2]).asnumpy().tolist() == [[0, 2], [3, 5]]
    assert Tensor([[1.0, 2.0], [3.0, 4.0]]).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    array = np.ones(3, np.float32)
    t = Tensor(array)
    array[0] = 5
    assert t.asnumpy()[0] == 1
    assert Tensor(shape=(2, 3), dtype=ms.float32, init="ones").asnumpy().sum() == 6


def test_printed():
    t = Tensor(np.array([[1, 2], [3, 4]], np.float32))
    assert str(t) == "[[1. 2.]\n [3. 4.]]"
    assert repr(t) == "Tensor(shape=[2, 2], dtype=Float32, value=\n[[ 1.00000000e+00,  2.00000000e+00],\n [ 3.00000000e+00,  4.00000000e+00]])"
    assert f"{Tensor(1.5)} {Tensor([1, 2])}" == "1.5 [1 2]" and str((Tensor(1),)) == "(Tensor(shape=[], dtype=Int64, value= 1),)"
    assert str(Parameter(Tensor([1.0]), name="w")) == "Parameter (name=w, shape=(1,), dtype=Float32, requires_grad=True)"
    assert str(ms.float32) == "Float32" and repr(ms.float32) == "mindspore.float32"


@pytest.mark.parametrize("expression,dtype", [
    ("i + 1", "int64"), ("i + 1.5", "float32"), ("i / 2", "float32"), ("i // 2", "int64"), ("f + 1", "float32"), ("f * True", "float32"),
    ("b + 1", "int64"), ("h + 1.5", "float16"), ("h + f", "float32"), ("i + f", "float32"), ("f > 1", "bool_"), ("i == 1", "bool_"),
    ("1 - i", "int64"), ("2.0 ** f", "float32"), ("u + i8", "int16"), ("i.sum()", "int64"), ("b.sum()", "int64"), ("i.mean()", "int64")])
def test_promotion(expression, dtype):
    names = {"i": Tensor([1, 2]), "f": Tensor([1.0, 2.0]), "b": Tensor([True, False]), "h": Tensor([1.0, 2.0], ms.float16),
             "u": Tensor([1], ms.uint8), "i8": Tensor([1], ms.int8)}
    assert eval(expression, names).dtype == getattr(ms, dtype)


def test_indexing():
    a = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    t = Tensor(a)
    for index in (0, (1, 2), (slice(None), 1), (..., -1), (slice(None, None, 2), slice(1, 3)), (None, 0), (0, slice(None, None, -1))):
        assert np.array_equal(t[index].asnumpy(), a[index]), index
    assert np.array_equal(t[Tensor([1, 0])].asnumpy(), a[[1, 0]])
    assert [float(x[0, 0]) for x in t] == [0.0, 12.0]
    with pytest.raises(IndexError):
        t[5]


@pytest.mark.parametrize("index,value", [(0, 9), ((1, 2), [1.0, 2.0, 3.0, 4.0]), ((slice(None), 1), 0.5), ((..., -1), 7)])
def test_assignment(index, value):
    a = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    t = Tensor(a)
    t[index] = value
    a[index] = value
    assert np.array_equal(t.asnumpy(), a)


def test_assignment_by_mask_and_parameter():
    t = Tensor([1.0, -2.0, 3.0])
    t[t < 0] = 0.0
    assert t.tolist() == [1.0, 0.0, 3.0]
    p = Parameter(Tensor([1.0, 2.0]), name="p")
    p[0] = 5.0
    assert isinstance(p, Parameter) and p.asnumpy().tolist() == [5.0, 2.0]


def test_methods():
    t = Tensor(np.arange(6, dtype=np.float32).reshape(2, 3))
    assert t.reshape(3, 2).shape == t.view(3, 2).shape == t.reshape((3, -1)).shape == (3, 2) and t.T.shape == (3, 2)
    assert t.transpose(1, 0).shape == (3, 2) and t.flatten().shape == (6,) and t.expand_dims(0).shape == (1, 2, 3)
    assert float(t.max()) == 5 and t.max(axis=1).tolist() == [2, 5] and int(t.argmax()) == 5 and t.argmax(1).dtype == ms.int64
    assert t.astype(ms.int32).dtype == ms.int32 and t.astype("float16").dtype == ms.float16
    assert t.strides == (12, 4) and t.nbytes == 24 and t.itemsize == 4 and len(t) == 2 and 3.0 in t
    assert bool((t == t).all()) and not bool((t > 5).any()) and float(t[0, 1].item()) == 1.0
    assert t.copy() is not t and int(Tensor([3])) == 3 and list(range(5))[Tensor(2)] == 2
    assert np.asarray(t).sum() == 15 and (np.ones(3) + t.asnumpy()).shape == (2, 3)
    assert ops.argmax(t, 1).tolist() == [2, 2]
    with pytest.raises(ValueError):
        bool(t)
    with pytest.raises(AttributeError):
        t.no_such_thing
    with pytest.raises(TypeError):
        len(Tensor(1.0))
    with pytest.raises(ValueError):
        t + Tensor([1.0, 2.0])


def test_max_and_min_in_their_forms():
    """A number that is not named is the axis (MindSpore 2.3), dim gives the positions too."""
    a = np.random.RandomState(1).randn(3, 4).astype(np.float32)
    x = ms.Tensor(a)
    for name, where in (("max", np.argmax), ("min", np.argmin)):
        of, expected = getattr(x, name), getattr(a, name)
        assert (of(1).asnumpy() == expected(1)).all() and (of(0, True).asnumpy() == expected(0, keepdims=True)).all()
        assert (of(1, keepdims=True).asnumpy() == expected(1, keepdims=True)).all()
        assert (of((0, 1)).asnumpy() == expected()).all()
        for got in (of(1, return_indices=True), of(dim=1)):
            assert (got[0].asnumpy() == expected(1)).all() and (got[1].asnumpy() == where(a, 1)).all()
        slope = ms.grad(lambda z, n=name: getattr(z, n)(1).sum())(x).asnumpy()
        assert (slope == (a == expected(1, keepdims=True))).all()
