"""Datasets: order, columns, types, samplers, transforms, as recorded from MindSpore 2.10."""
import mindspore as ms
import numpy as np
import pytest
from mindspore import dataset as ds
from mindspore.dataset import transforms, vision


def numbers(d):
    return [int(row[0]) for row in d.create_tuple_iterator(output_numpy=True)]


def six(**options):
    return ds.NumpySlicesDataset(list(range(6)), "x", **dict(dict(shuffle=False), **options))


def test_order():
    assert numbers(six()) == [0, 1, 2, 3, 4, 5]
    assert sorted(numbers(six(shuffle=True))) == [0, 1, 2, 3, 4, 5]
    assert [r[0].tolist() for r in six().repeat(2).batch(4)] == [[0, 1, 2, 3], [4, 5, 0, 1], [2, 3, 4, 5]]
    assert [r[0].tolist() for r in six().batch(4).repeat(2)] == [[0, 1, 2, 3], [4, 5], [0, 1, 2, 3], [4, 5]]
    assert numbers(six().skip(1).take(3)) == [1, 2, 3]
    assert numbers(six().concat(six())) == list(range(6)) * 2
    assert numbers(six().filter(lambda x: x % 2 == 0)) == [0, 2, 4]
    assert numbers(six().map(lambda x: x * x)) == [0, 1, 4, 9, 16, 25]


def test_sizes_and_names():
    d = six()
    assert (len(d), d.batch(4).get_dataset_size(), d.batch(4, True).get_dataset_size(), d.repeat(3).get_dataset_size()) == (6, 2, 1, 18)
    assert d.batch(4).get_batch_size() == 4 and d.get_col_names() == ["x"]
    assert ds.NumpySlicesDataset(([1], [2])).get_col_names() == ["column_0", "column_1"]
    assert six().filter(lambda x: x > 1).get_dataset_size() == 4


def test_types():
    row = next(ds.NumpySlicesDataset({"x": [1, 2], "y": [3.0, 4.0]}, shuffle=False).create_dict_iterator())
    assert list(row) == ["x", "y"] and row["x"].dtype == ms.int64 and row["y"].dtype == ms.float64
    assert isinstance(row["x"], ms.Tensor)


def test_epochs():
    it = six(shuffle=True).create_tuple_iterator(output_numpy=True)
    first, second = [int(r[0]) for r in it], [int(r[0]) for r in it]
    assert sorted(first) == sorted(second) == [0, 1, 2, 3, 4, 5]
    once = six().create_tuple_iterator(num_epochs=1)
    list(once)
    with pytest.raises(RuntimeError):
        list(once)


def test_seed():
    def drawn():
        ms.set_seed(5)
        return numbers(six(shuffle=True))

    assert drawn() == drawn()


class Squares:
    def __len__(self):
        return 5

    def __getitem__(self, i):
        return np.full((2,), i * i, np.float32), i


def test_generators():
    d = ds.GeneratorDataset(Squares(), ["data", "label"], shuffle=False)
    assert [int(r[1]) for r in d] == [0, 1, 2, 3, 4] and len(d) == 5
    assert sorted(int(r[1]) for r in ds.GeneratorDataset(Squares(), ["data", "label"])) == [0, 1, 2, 3, 4]

    def rows():
        for i in range(3):
            yield (np.array(i),)

    d = ds.GeneratorDataset(rows, ["x"])
    assert numbers(d) == [0, 1, 2] and numbers(d) == [0, 1, 2]
    d = ds.GeneratorDataset([(1,), (2,)], ["x"], shuffle=False)
    assert numbers(d) == [1, 2]


def test_errors_of_sources():
    class Bad(Squares):
        def __getitem__(self, i):
            raise KeyError("row")

    with pytest.raises((KeyError, RuntimeError), match="row"):
        list(ds.GeneratorDataset(Bad(), ["data", "label"]))


def test_zip_and_columns():
    a, b = six(), ds.NumpySlicesDataset([7, 8, 9], "y", shuffle=False)
    z = ds.zip((a, b))
    assert [tuple(int(v) for v in r) for r in z] == [(0, 7), (1, 8), (2, 9)] and len(z) == 3
    assert z.project("y").get_col_names() == ["y"] and z.rename("x", "q").get_col_names() == ["q", "y"]
    both = z.map(lambda x, y: (x + y, x - y, y), ["x", "y"], ["s", "d", "y2"])
    assert both.get_col_names() == ["s", "d", "y2"] and [int(v) for v in next(iter(both))] == [7, -7, 7]


def test_samplers():
    assert numbers(six(shuffle=None, sampler=ds.SequentialSampler(2, 3))) == [2, 3, 4]
    assert numbers(six(shuffle=None, sampler=ds.SubsetSampler([5, 1]))) == [5, 1]
    assert sorted(numbers(six(shuffle=None, sampler=ds.RandomSampler()))) == [0, 1, 2, 3, 4, 5]
    assert sorted(numbers(six(shuffle=None, sampler=ds.SubsetRandomSampler([4, 2])))) == [2, 4]
    assert numbers(six(num_shards=2, shard_id=1)) == [1, 3, 5]
    assert len(six(shuffle=None, sampler=ds.RandomSampler(True, 9))) == 9

    class Odd(ds.Sampler):
        def __iter__(self):
            return iter(range(1, self.dataset_size, 2))

    assert numbers(six(shuffle=None, sampler=Odd())) == [1, 3, 5]


def test_split():
    a, b = six().split([0.5, 0.5])
    assert sorted(numbers(a) + numbers(b)) == [0, 1, 2, 3, 4, 5] and len(a) == 3
    a, b = six().split([4, 2], randomize=False)
    assert numbers(a) == [0, 1, 2, 3] and numbers(b) == [4, 5]


def test_transforms():
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert vision.ToTensor()(image).shape == (3, 2, 2) and abs(vision.ToTensor()(image)[2, 1, 1] - 11 / 255) < 1e-7
    assert vision.HWC2CHW()(image).shape == (3, 2, 2)
    assert abs(vision.Rescale(1 / 255, 0)(image)[1, 1, 2] - 0.043137256) < 1e-7
    assert vision.Normalize([0.5], [2.0], is_hwc=True)(np.ones((2, 2, 1), np.float32))[0, 0, 0] == 0.25
    assert vision.Resize((4, 4))(image).shape == (4, 4, 3) and vision.CenterCrop(1)(image).shape == (1, 1, 3)
    assert vision.RandomCrop(2, padding=1)(image).shape == (2, 2, 3) and vision.Pad(1)(image).shape == (4, 4, 3)
    assert np.allclose(transforms.OneHot(4, 0.1)(np.array(2)), [0.025, 0.025, 0.925, 0.025])
    d = ds.NumpySlicesDataset(image[None], "image", shuffle=False)
    d = d.map(transforms.Compose([vision.Rescale(1 / 255, 0), vision.HWC2CHW()]), "image")
    assert next(iter(d))[0].shape == (3, 2, 2)
    d = ds.NumpySlicesDataset(image[None], "image", shuffle=False)
    d = d.map([vision.Rescale(1.0, 0), lambda x: x + 1, vision.HWC2CHW()], "image")
    assert next(iter(d))[0].asnumpy()[0, 0, 0] == 1


def test_mnist(mnist):
    d = ds.MnistDataset(mnist, "test", shuffle=False)
    assert d.get_col_names() == ["image", "label"] and len(d) == 10000
    image, label = next(iter(d))
    assert image.shape == (28, 28, 1) and image.dtype == ms.uint8 and label.dtype == ms.uint32 and int(label) == 7
    assert len(ds.MnistDataset(mnist, "test", num_samples=10)) == 10
    some = ds.MnistDataset(mnist, "test", sampler=ds.SubsetSampler([0, 1, 2]))
    assert [int(r[1]) for r in some] == [7, 2, 1]
