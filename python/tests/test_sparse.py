"""COOTensor and CSRTensor: printed forms as MindSpore 2.0.0 and 2.10.0 have them, values as NumPy's."""
import numpy as np
import pytest

import mindspore as ms
from mindspore import COOTensor, CSRTensor, Tensor, nn

DENSE = np.array([[0, 1.5, 0, -2], [0, 0, 0, 0], [3, 0, 0, 4]], np.float32)


def coo(order=(2, 0, 3, 1)):
    places = np.argwhere(DENSE)[list(order)]
    return COOTensor(Tensor(places), Tensor(DENSE[tuple(places.T)]), DENSE.shape)


def csr():
    return CSRTensor(Tensor([0, 2, 2, 4]), Tensor([1, 3, 0, 3]), Tensor(DENSE[DENSE != 0]), DENSE.shape)


def test_printed_forms():
    c = CSRTensor(Tensor([0, 1, 2]), Tensor([0, 1]), Tensor([1, 2], dtype=ms.float32), (2, 4))
    text = ("CSRTensor(shape=[2, 4], dtype=Float32, indptr=Tensor(shape=[3], dtype=Int64, value=[0 1 2]), indices=Tensor(shape=[2], "
            "dtype=Int64, value=[0 1]), values=Tensor(shape=[2], dtype=Float32, value=[ 1.00000000e+00  2.00000000e+00]))")
    assert repr(c) == str(c) == text
    k = COOTensor(Tensor([[0, 1], [1, 2]], dtype=ms.int32), Tensor([1, 2], dtype=ms.float32), (3, 4))
    assert repr(k) == ("COOTensor(shape=[3, 4], dtype=Float32, indices=Tensor(shape=[2, 2], dtype=Int32, value=\n[[0 1]\n [1 2]]), "
                       "values=Tensor(shape=[2], dtype=Float32, value=[ 1.00000000e+00  2.00000000e+00]))")


@pytest.mark.parametrize("make", [coo, csr])
def test_attributes_and_whole(make):
    x = make()
    assert (x.shape, x.dtype, x.size, x.itemsize, x.ndim) == ((3, 4), ms.float32, 4, 4, 2)
    assert x.astype(ms.float64).dtype == ms.float64 and not isinstance(x, Tensor)
    np.testing.assert_array_equal(x.to_dense().asnumpy(), DENSE)
    np.testing.assert_array_equal(x.abs().to_dense().asnumpy(), abs(DENSE))
    np.testing.assert_array_equal((-x).to_dense().asnumpy(), -DENSE)
    np.testing.assert_array_equal((x * 2).to_dense().asnumpy(), DENSE * 2)
    np.testing.assert_array_equal((x + x - make() * 3).to_dense().asnumpy(), -DENSE)
    again = type(x)(*x.to_tuple())
    np.testing.assert_array_equal(again.to_dense().asnumpy(), DENSE)


def test_each_into_the_other():
    np.testing.assert_array_equal(coo().to_csr().to_dense().asnumpy(), DENSE)
    assert coo().to_csr().indptr.tolist() == [0, 2, 2, 4] and csr().to_coo().indices.tolist() == [[0, 1], [0, 3], [2, 0], [2, 3]]
    assert csr().to_coo().to_csr().values.tolist() == csr().values.tolist()


def test_elements_named_twice():
    x = COOTensor(Tensor([[1, 1], [0, 2], [1, 1]]), Tensor([1.0, 5.0, 2.0]), (2, 3))
    assert x.to_dense().tolist() == [[0, 0, 5], [0, 3, 0]]
    once = x.coalesce()
    assert (once.indices.tolist(), once.values.tolist()) == ([[0, 2], [1, 1]], [5, 3])


def test_products():
    x, rng = csr(), np.random.default_rng(1)
    matrix, vector = rng.normal(size=(4, 5)).astype(np.float32), rng.normal(size=(4, 1)).astype(np.float32)
    np.testing.assert_allclose(x.mm(Tensor(matrix)).asnumpy(), DENSE @ matrix, 1e-6)
    np.testing.assert_allclose(x.mv(Tensor(vector)).asnumpy(), DENSE @ vector, 1e-6)
    np.testing.assert_allclose(x.sum(1).asnumpy(), DENSE.sum(1, keepdims=True), 1e-6)
    np.testing.assert_allclose((x * Tensor(matrix[:3, :4])).to_dense().asnumpy(), DENSE * matrix[:3, :4], 1e-6)
    grad = ms.grad(lambda m: x.mm(m).sum())(Tensor(matrix))
    np.testing.assert_allclose(grad.asnumpy(), DENSE.T @ np.ones((3, 5), np.float32), 1e-6)


def test_in_a_cell():
    class Double(nn.Cell):
        def construct(self, x):
            return x.values * 2

    assert Double()(coo()).shape == (4,)


@pytest.mark.parametrize("make,error,says", [
    (lambda: COOTensor([[0, 1]], Tensor([1.0]), (2, 2)), TypeError, "'indices' must be Tensor, but got <class 'list'>"),
    (lambda: COOTensor(Tensor([[0, 1]]), Tensor([1.0]), [2, 2]), TypeError, "'shape' must be tuple"),
    (lambda: COOTensor(Tensor([0]), Tensor([1]), (2, 2)), ValueError, "must be a 2-dimensional tensor, but got a 1-dimensional"),
    (lambda: COOTensor(Tensor([[0, 1]]), Tensor([1.0]), (2,)), ValueError, "length of 'shape' must be 2"),
    (lambda: COOTensor(Tensor([[0, 1]]), Tensor([1.0, 2.0]), (2, 2)), ValueError, "equally many"),
    (lambda: COOTensor(Tensor([[0.0, 1]]), Tensor([1.0]), (2, 2)), TypeError, "integer type"),
    (lambda: CSRTensor(Tensor([0]), Tensor([1]), Tensor([1.0]), (2, 2)), ValueError, r"indptr must have length \(1 \+ shape\[0\]\)"),
    (lambda: CSRTensor(Tensor([0, 3, 1]), Tensor([1]), Tensor([1.0]), (2, 2)).to_dense(), ValueError, "does not fit"),
    (lambda: csr().mm(Tensor(np.ones((3, 2), np.float32))), ValueError, "expected"),
    (lambda: csr() + 1, TypeError, "not supported")])
def test_errors(make, error, says):
    with pytest.raises(error, match=says):
        make()


def test_outside_of_the_shape():
    assert COOTensor(Tensor([[0, 5], [1, 0], [-1, 0]]), Tensor([1.0, 2.0, 3.0]), (2, 2)).to_dense().tolist() == [[0, 0], [2, 0]]
