"""Datasets of pictures and of CIFAR's files, made here."""
import struct
import zlib

import numpy as np
import pytest

import spore.dataset as ds
from spore.dataset import vision

RNG = np.random.RandomState(4)


def png(array):
    """The bytes of a PNG file of an array (H, W, 3)."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    h, w = array.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in array)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


@pytest.fixture
def folder(tmp_path):
    pictures = []
    for name in ("cats", "dogs", "empty"):
        (tmp_path / name).mkdir()
        for i in range(3 if name != "empty" else 0):
            pictures.append(RNG.randint(0, 256, (4 + i, 5, 3), dtype=np.uint8))
            (tmp_path / name / f"{i}.png").write_bytes(png(pictures[-1]))
    (tmp_path / "cats" / "notes.txt").write_text("no picture")
    return tmp_path, pictures


@pytest.mark.parametrize("workers", [1, 3])
def test_image_folders(folder, workers):
    root, pictures = folder
    data = ds.ImageFolderDataset(str(root), num_parallel_workers=workers, decode=True, shuffle=False)
    assert data.get_dataset_size() == 6 and data.num_classes() == 3 and data.get_class_indexing() == {"cats": 0, "dogs": 1, "empty": 2}
    for k, (image, label) in enumerate(data.create_tuple_iterator(num_epochs=1, output_numpy=True)):
        assert np.array_equal(image, pictures[k]) and label == k // 3 and label.dtype == np.int32


def test_bytes_are_decoded_in_the_pipeline(folder):
    root, pictures = folder
    data = ds.ImageFolderDataset(str(root), class_indexing={"dogs": 7}, shuffle=False)
    raw = next(data.create_dict_iterator(num_epochs=1, output_numpy=True))
    assert raw["image"].tobytes() == png(pictures[3]) and raw["label"] == 7
    data = data.map([vision.Decode(), vision.Resize((6, 6)), vision.HWC2CHW()], "image").batch(3)
    images, labels = next(data.create_tuple_iterator())
    assert images.shape == (3, 3, 6, 6) and labels.tolist() == [7, 7, 7]


def test_image_folders_say_what_is_wrong(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        ds.ImageFolderDataset(str(tmp_path / "nowhere"))
    with pytest.raises(RuntimeError, match="no valid data"):
        ds.ImageFolderDataset(str(tmp_path))
    with pytest.raises(TypeError):
        vision.Decode()(np.zeros(9, np.float32))
    with pytest.raises(RuntimeError):
        vision.Decode()(np.zeros((3, 3), np.uint8))
    with pytest.raises(RuntimeError, match="PNG or JPEG"):
        vision.Decode()(np.zeros(30, np.uint8))


def test_cifar(tmp_path):
    records = RNG.randint(0, 256, (7, 3073), dtype=np.uint8)
    records[:, 0] %= 10
    records[:4].tofile(tmp_path / "data_batch_1.bin")
    records[4:].tofile(tmp_path / "test_batch.bin")
    assert ds.Cifar10Dataset(str(tmp_path)).get_dataset_size() == 7
    assert ds.Cifar10Dataset(str(tmp_path), "train").get_dataset_size() == 4
    rows = list(ds.Cifar10Dataset(str(tmp_path), "test", shuffle=False).create_tuple_iterator(num_epochs=1, output_numpy=True))
    for (image, label), record in zip(rows, records[4:]):
        assert label == record[0] and label.dtype == np.uint32 and image.shape == (32, 32, 3)
        assert image[2, 3].tolist() == [record[1 + plane * 1024 + 2 * 32 + 3] for plane in range(3)]
    with pytest.raises(ValueError, match="usage"):
        ds.Cifar10Dataset(str(tmp_path), "valid")
    (tmp_path / "test_batch.bin").write_bytes(b"12345")
    with pytest.raises(RuntimeError, match="Invalid cifar file"):
        ds.Cifar10Dataset(str(tmp_path), "test").get_dataset_size()


def test_cifar_100(tmp_path):
    records = RNG.randint(0, 20, (2, 3074), dtype=np.uint8)
    records.tofile(tmp_path / "train.bin")
    row = next(ds.Cifar100Dataset(str(tmp_path), "train", shuffle=False).create_dict_iterator(output_numpy=True))
    assert (row["coarse_label"], row["fine_label"]) == (records[0, 0], records[0, 1])


@pytest.mark.parametrize("count", [-2, 0, 1 << 31])
def test_counts_out_of_range(count):
    data = ds.NumpySlicesDataset([1, 2, 3], shuffle=False)
    with pytest.raises(ValueError):
        data.take(count)
    if count:
        with pytest.raises(ValueError):
            data.skip(count)
    assert len(data.take(-1)) == 3 and len(data.skip(5)) == 0


def test_older_places_of_transforms():
    from spore.dataset.transforms import transforms
    from spore.dataset.vision import c_transforms, py_transforms
    assert c_transforms.Decode is py_transforms.Decode is vision.Decode and transforms.TypeCast is ds.transforms.TypeCast
    picture = RNG.randint(0, 256, (3, 2, 3), dtype=np.uint8)
    assert np.array_equal(vision.Decode()(png(picture)), picture)
    with pytest.raises(RuntimeError):
        vision.HWC2CHW()(picture[:, :, 0])


def test_joined_datasets_have_the_same_columns():
    a, b = (ds.NumpySlicesDataset([1, 2], [name], shuffle=False) for name in "ab")
    with pytest.raises(RuntimeError, match="columns"):
        list(a + b)
    assert len(list(a + a)) == 4
