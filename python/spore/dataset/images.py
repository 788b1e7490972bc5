"""mindspore.dataset: ImageFolderDataset, Cifar10Dataset, Cifar100Dataset."""
import os

from .. import _core
from .core import IndexedDataset
from .sources import MnistDataset

_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif")


def _folder(path):
    if not os.path.isdir(path):
        raise ValueError(f"The folder {path} does not exist or is not a directory or permission denied!")
    return os.fspath(path)


def _one_of(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name} should be one of {[a for a in allowed if a]}, but got {value}.")
    return value


class ImageFolderDataset(IndexedDataset):
    """Pictures in folders, a folder for each class: columns image, the file's bytes, or (H, W, 3) UInt8 if `decode`; label () Int32. The
    classes are numbered in the order of their folders' names unless `class_indexing` says otherwise."""

    def __init__(self, dataset_dir, num_samples=None, num_parallel_workers=None, shuffle=None, sampler=None, extensions=None,
                 class_indexing=None, decode=False, num_shards=None, shard_id=None, cache=None, decrypt=None):
        super().__init__(["image", "label"], num_parallel_workers, shuffle, sampler, num_samples, num_shards, shard_id)
        root = _folder(dataset_dir)
        if class_indexing is not None and not isinstance(class_indexing, dict):
            raise TypeError(f"Argument class_indexing with value {class_indexing} is not of type [<class 'dict'>], but got "
                            f"{type(class_indexing)}.")
        names = sorted(e.name for e in os.scandir(root) if e.is_dir())
        self._classes = dict(class_indexing) if class_indexing is not None else {name: i for i, name in enumerate(names)}
        endings = tuple(e.lower() for e in extensions) if extensions is not None else _ENDINGS
        self._decode, self._files = decode, []
        for name in names:
            if name in self._classes:
                found = (os.path.join(at, f) for at, _, files in os.walk(os.path.join(root, name)) for f in files)
                self._files += [(f, self._classes[name]) for f in sorted(found) if f.lower().endswith(endings)]
        if not self._files:
            raise RuntimeError(f"Invalid data, no valid data matching the dataset API 'ImageFolderDataset'. Please check dataset API or "
                               f"file path: {dataset_dir}.")

    def _total(self):
        return len(self._files)

    def _row(self, i):
        import numpy as np
        path, label = self._files[i]
        if self._decode:
            return _core.image_read(path, 3), _core.tensor(np.int32(label), _core.int32)
        return _core.tensor(np.fromfile(path, np.uint8)), _core.tensor(np.int32(label), _core.int32)

    def num_classes(self):
        return len(self._classes)

    def get_class_indexing(self):
        """{class: number}"""
        return dict(self._classes)


class _Cifar(IndexedDataset):
    _labels, _files = 1, {}

    def __init__(self, columns, dataset_dir, usage, *source):
        super().__init__(columns, *source)
        root = _folder(dataset_dir)
        _one_of("usage", usage, ("train", "test", "all", None))
        wanted = [f for kind, files in self._files.items() if usage in (kind, "all", None) for f in files]
        self._paths = [os.path.join(root, f) for f in wanted if os.path.exists(os.path.join(root, f))]
        if not self._paths:
            raise RuntimeError(f"Invalid data, no valid data matching the dataset API '{type(self).__name__}'. Please check dataset API "
                               f"or file path: {dataset_dir}.")
        self._records = None

    def _all(self):
        import numpy as np
        if self._records is None:
            size = self._labels + 3072
            parts = []
            for path in self._paths:
                data = np.fromfile(path, np.uint8)
                if data.size == 0 or data.size % size:
                    raise RuntimeError(f"Invalid cifar file, {path}: {data.size} bytes, expected records of {size}.")
                parts.append(data.reshape(-1, size))
            self._records = np.concatenate(parts)
        return self._records

    def _total(self):
        return len(self._all())

    def _row(self, i):
        import numpy as np
        record = self._all()[i]
        image = np.ascontiguousarray(record[self._labels:].reshape(3, 32, 32).transpose(1, 2, 0))
        return (_core.tensor(image),) + tuple(_core.tensor(int(n), _core.uint32) for n in self._numbers(record))


class Cifar10Dataset(_Cifar):
    """CIFAR-10 in its binary form: columns image (32, 32, 3) UInt8 and label () UInt32. usage: "train", "test", "all" or None."""

    _files = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}

    def __init__(self, dataset_dir, usage=None, num_samples=None, num_parallel_workers=None, shuffle=None, sampler=None,
                 num_shards=None, shard_id=None, cache=None):
        super().__init__(["image", "label"], dataset_dir, usage, num_parallel_workers, shuffle, sampler, num_samples, num_shards, shard_id)

    def _numbers(self, record):
        return (record[0],)

    def num_classes(self):
        return 10


class Cifar100Dataset(_Cifar):
    """CIFAR-100 in its binary form: columns image (32, 32, 3) UInt8, coarse_label and fine_label () UInt32."""

    _labels, _files = 2, {"train": ["train.bin"], "test": ["test.bin"]}

    def __init__(self, dataset_dir, usage=None, num_samples=None, num_parallel_workers=None, shuffle=None, sampler=None,
                 num_shards=None, shard_id=None, cache=None):
        super().__init__(["image", "coarse_label", "fine_label"], dataset_dir, usage, num_parallel_workers, shuffle, sampler, num_samples,
                         num_shards, shard_id)

    def _numbers(self, record):
        return record[0], record[1]

    def num_classes(self):
        return 100


class FashionMnistDataset(MnistDataset):
    """Fashion-MNIST: as MnistDataset, whose form of files it has."""


class KMnistDataset(MnistDataset):
    """Kuzushiji-MNIST: as MnistDataset, whose form of files it has."""
