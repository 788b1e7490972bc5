"""Elements shared with NumPy and others without copies: the buffer protocol and DLPack."""
import gc
import weakref

import numpy as np
import pytest

import mindspore
from mindspore import Tensor
from spore import _core

KINDS = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4), (2, 0, 5)])
def test_all_types_both_ways(kind, shape):
    array = np.array(np.arange(int(np.prod(shape))).reshape(shape) % 2, kind)
    for tensor in (Tensor.from_numpy(array), mindspore.from_dlpack(array), Tensor(array)):
        assert tensor.dtype == getattr(mindspore, kind) and tensor.shape == shape
        for back in (np.asarray(memoryview(tensor)), np.from_dlpack(tensor), tensor.asnumpy()):
            assert back.dtype == array.dtype
            np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("over", [Tensor.from_numpy, mindspore.from_dlpack])
def test_no_copy(over):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensor = over(array)
    array[1, 1] = 40
    assert float(tensor.sum()) == 0 + 1 + 2 + 3 + 40 + 5
    assert address(np.from_dlpack(tensor)) == address(np.asarray(memoryview(tensor))) == address(array)
    assert Tensor(array).sum() == 51 and address(np.asarray(memoryview(Tensor(array)))) != address(array)


@pytest.mark.parametrize("over", [Tensor.from_numpy, mindspore.from_dlpack])
def test_lives_as_long_as_the_tensor(over):
    class Array(np.ndarray):
        pass

    array = np.zeros(1000, np.float32).view(Array)
    gone = weakref.ref(array)
    tensor = over(array)
    part = tensor.reshape(10, 100)
    del array, tensor
    gc.collect()
    assert gone() is not None and float(part.sum()) == 0
    del part
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("over", [Tensor.from_numpy, mindspore.from_dlpack])
@pytest.mark.parametrize("of", [lambda a: a.T, lambda a: a[:, ::2], lambda a: a[::-1], lambda a: a[:, 1:]])
def test_others_are_gathered(over, of):
    array = np.arange(24, dtype=np.int32).reshape(4, 6)
    tensor = over(of(array))
    np.testing.assert_array_equal(tensor.asnumpy(), of(array))


def test_broadcast_array():
    array = np.broadcast_to(np.float32(3), (4, 5))
    assert Tensor.from_numpy(array).sum() == 60 and mindspore.from_dlpack(np.ascontiguousarray(array)).sum() == 60


def test_views_cannot_be_written():
    tensor = Tensor(np.ones(3, np.float32))
    for view in (np.asarray(memoryview(tensor)), np.from_dlpack(tensor)):
        assert not view.flags.writeable
    copy = tensor.asnumpy()
    copy[0] = 5
    assert tensor.sum() == 3
    with pytest.raises((BufferError, ValueError)):
        np.frombuffer(memoryview(tensor), np.float32)[0] = 1


def test_assignment_beside_a_view():
    tensor = Tensor(np.ones(3, np.float32))
    view = np.asarray(memoryview(tensor))
    tensor[1] = 7
    assert tensor.tolist() == [1, 7, 1] and view.tolist() == [1, 1, 1]


def test_view_outlives_the_tensor():
    view = np.from_dlpack(Tensor(np.arange(100000, dtype=np.float64)))
    other = np.asarray(memoryview(Tensor(np.arange(100000, dtype=np.float64))))
    gc.collect()
    assert view[99999] == other[99999] == 99999


def test_copy_on_request():
    tensor = Tensor(np.ones(3, np.float32))
    capsule = tensor.__dlpack__(max_version=(1, 0), copy=True)
    again = mindspore.from_dlpack(capsule)
    assert address(np.asarray(memoryview(again))) != address(np.asarray(memoryview(tensor))) and again.sum() == 3


def test_capsules():
    tensor = Tensor(np.ones(3, np.float32))
    capsule = mindspore.to_dlpack(tensor)
    assert mindspore.from_dlpack(capsule).sum() == 3
    with pytest.raises(TypeError, match="nobody has taken"):
        mindspore.from_dlpack(capsule)
    with pytest.raises(TypeError, match="int"):
        mindspore.from_dlpack(3)
    with pytest.raises(TypeError, match="list"):
        Tensor.from_numpy([1, 2])
    with pytest.raises(BufferError, match="CPU"):
        tensor.__dlpack__(dl_device=(2, 0))
    with pytest.raises(TypeError, match="code 5"):
        mindspore.from_dlpack(np.ones(3, np.complex64))
    assert tensor.__dlpack_device__() == (1, 0)
    del capsule
    mindspore.to_dlpack(tensor)  # a capsule that nobody takes


def test_training_over_an_array():
    weights = np.ones((2, 2), np.float32)
    parameter = mindspore.Parameter(Tensor.from_numpy(weights), name="w")
    parameter.set_data(Tensor(np.zeros((2, 2), np.float32)))
    assert weights.sum() == 4 and parameter.sum() == 0


def test_nothing_is_left():
    array = np.ones(5000, np.float32)
    before = None
    for i in range(300):
        np.from_dlpack(mindspore.from_dlpack(array)).sum()
        np.asarray(memoryview(Tensor.from_numpy(array))).sum()
        with pytest.raises(TypeError):
            mindspore.from_dlpack(np.ones(3, np.complex64))
        if i == 100:
            before = _core.memory()["live_blocks"]
    gc.collect()
    assert _core.memory()["live_blocks"] <= before


def test_torch_both_ways():
    torch = pytest.importorskip("torch")
    mine = Tensor(np.arange(6, dtype=np.float32).reshape(2, 3))
    theirs = torch.from_dlpack(mine)
    assert theirs.data_ptr() == address(np.asarray(memoryview(mine))) and theirs.sum() == 15
    back = mindspore.from_dlpack(torch.arange(6, dtype=torch.bfloat16))
    assert back.dtype == mindspore.bfloat16 and back.astype(mindspore.float32).sum() == 15
    assert mindspore.from_dlpack(torch.arange(6).reshape(2, 3).t()).tolist() == [[0, 3], [1, 4], [2, 5]]
