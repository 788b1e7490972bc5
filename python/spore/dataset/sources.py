"""mindspore.dataset: MnistDataset, NumpySlicesDataset, GeneratorDataset."""
import os

from .. import _core
from .._missing import not_there
from .core import IndexedDataset, SourceDataset, _rows_of, to_row
from .texts import is_text


class MnistDataset(SourceDataset):
    """MNIST: columns image (28, 28, 1) UInt8 and label () UInt32. usage: "train", "test", "all" or None, which is all there is."""

    def __init__(self, dataset_dir, usage=None, num_samples=None, num_parallel_workers=None, shuffle=None, sampler=None,
                 num_shards=None, shard_id=None, cache=None):
        if usage not in (None, "train", "test", "all"):
            raise ValueError(f"usage should be one of ['train', 'test', 'all'], but got {usage}.")
        super().__init__(["image", "label"], shuffle, sampler, num_samples, num_shards, shard_id)
        if not os.path.isdir(dataset_dir):
            raise ValueError(f"The folder {dataset_dir} does not exist or is not a directory or permission denied!")
        self._dir, self._usage, self._arrays, self._size = os.fspath(dataset_dir), usage, None, None

    def _source(self, shuffle):
        return _core.Dataset.mnist(self._dir, usage=self._usage or "all", shuffle=shuffle)

    def _total(self):
        if self._size is None:
            self._size = self._source(False).size
        return self._size

    def _row(self, i):
        if self._arrays is None:
            self._arrays = next(iter(self._source(False).batch(self._total()).iterate()))
        return tuple(a[i] for a in self._arrays)

    def num_classes(self):
        return 10


class NumpySlicesDataset(SourceDataset):
    """Rows along the first axis of arrays: one array or list, a tuple of them (a column each), or a dict of columns."""

    def __init__(self, data, column_names=None, num_samples=None, num_parallel_workers=1, shuffle=None, sampler=None,
                 num_shards=None, shard_id=None):
        if isinstance(data, dict):
            arrays, names = list(data.values()), list(data)
        else:
            arrays, names = list(data) if isinstance(data, tuple) else [data], None
        self._tensors = [to_row(a) for a in arrays]
        if column_names is not None:
            names = [column_names] if isinstance(column_names, str) else list(column_names)
        names = names or [f"column_{i}" for i in range(len(arrays))]
        if len(names) != len(arrays):
            raise ValueError(f"NumpySlicesDataset: {len(names)} column names for {len(arrays)} columns")
        super().__init__(names, shuffle, sampler, num_samples, num_shards, shard_id)
        if len({t.shape[0] for t in self._tensors}) != 1:
            raise ValueError(f"NumpySlicesDataset: columns of different lengths: {[t.shape[0] for t in self._tensors]}")

    def _may_have_texts(self):
        return any(is_text(t) for t in self._tensors)

    def _source(self, shuffle):
        return _core.Dataset.arrays(self._tensors, self._columns, shuffle=shuffle)

    def _total(self):
        return self._tensors[0].shape[0]

    def _row(self, i):
        return tuple(t[i] for t in self._tensors)


class GeneratorDataset(IndexedDataset):
    """Rows of a Python object: one with __getitem__ and __len__, an iterable, or a function that gives an iterator."""

    def __init__(self, source, column_names=None, column_types=None, schema=None, num_samples=None, num_parallel_workers=1,
                 shuffle=None, sampler=None, num_shards=None, shard_id=None, python_multiprocessing=True, max_rowsize=None,
                 batch_sampler=None, collate_fn=None):
        if column_names is None:
            raise not_there("GeneratorDataset without column_names")
        if batch_sampler is not None or collate_fn is not None:
            raise not_there("GeneratorDataset(batch_sampler or collate_fn)")
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        super().__init__(names, num_parallel_workers, shuffle, sampler, num_samples, num_shards, shard_id)
        self._object = source
        self._by_index = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        if not self._by_index and (shuffle or self._sampler is not None):
            raise RuntimeError("GeneratorDataset: a source without __getitem__ and __len__ can neither be shuffled nor sampled.")
        if not (self._by_index or callable(source) or hasattr(source, "__iter__") or hasattr(source, "__next__")):
            raise TypeError(f"GeneratorDataset: a source must be indexable, iterable or a function, but got {type(source)}.")

    def _may_have_texts(self):
        return True

    def _tuple(self, value):
        row = value if isinstance(value, (tuple, list)) else (value,)
        if len(row) != len(self._columns):
            raise RuntimeError(f"GeneratorDataset: the source gives {len(row)} values for the columns {self._columns}")
        return tuple(to_row(v) for v in row)

    def _row(self, i):
        return self._tuple(self._object[i])

    def _source(self, shuffle):
        if self._by_index:
            return super()._source(shuffle)
        source = self._object

        def rows():
            for value in (source() if callable(source) and not hasattr(source, "__iter__") else source):
                yield self._tuple(value)

        return _rows_of(rows, self._columns)

    def _total(self):
        if self._by_index:
            return len(self._object)
        return len(self._object) if hasattr(self._object, "__len__") else None


class PaddedDataset(GeneratorDataset):
    """Rows given as dicts."""

    def __init__(self, padded_samples):
        names = list(padded_samples[0])
        super().__init__([tuple(row[n] for n in names) for row in padded_samples], names, shuffle=False)


class MindDataset(IndexedDataset):
    """Rows of MindRecord files: one file (and those written with it) or a list of files. Columns in the order of their names, or those
    of columns_list; bytes are UInt8 vectors. RuntimeError for a damaged file."""

    def __init__(self, dataset_files, columns_list=None, num_parallel_workers=None, shuffle=None, num_shards=None, shard_id=None,
                 sampler=None, padded_sample=None, num_padded=None, num_samples=None, cache=None):
        if padded_sample is not None or num_padded is not None:
            raise not_there("MindDataset(padded_sample)")
        from ..mindrecord.reader import Shards
        self._shards = Shards(dataset_files)
        names = self._shards.names if columns_list is None else list(columns_list)
        for name in names:
            if name not in self._shards.names:
                raise RuntimeError(f"MindDataset: no column '{name}' in the files, only {self._shards.names}")
        super().__init__(names, num_parallel_workers, shuffle, sampler, num_samples, num_shards, shard_id)

    def _may_have_texts(self):
        return True

    def _total(self):
        return len(self._shards)

    def _row(self, i):
        import numpy as np
        row = self._shards.row(i)
        return tuple(to_row(np.frombuffer(row[n], np.uint8) if isinstance(row[n], bytes) else row[n]) for n in self._columns)


class TextFileDataset(IndexedDataset):
    """The lines of text files, without empty ones, as a column "text". dataset_files: a path, a pattern (*.txt), or a list of these."""

    def __init__(self, dataset_files, num_samples=None, num_parallel_workers=None, shuffle=None, num_shards=None, shard_id=None,
                 cache=None):
        import glob
        patterns = [dataset_files] if isinstance(dataset_files, (str, os.PathLike)) else list(dataset_files)
        files = sorted(f for p in patterns for f in glob.glob(os.fspath(p)))
        if not files:
            raise ValueError(f"The following patterns did not match any files: {[os.fspath(p) for p in patterns]}")
        shuffle = shuffle if isinstance(shuffle, bool) or shuffle is None else True
        super().__init__(["text"], num_parallel_workers, shuffle, None, num_samples, num_shards, shard_id)
        self._files, self._lines = files, None

    def _may_have_texts(self):
        return True

    def _total(self):
        if self._lines is None:
            self._lines = []
            for path in self._files:
                with open(path, encoding="utf-8") as f:
                    self._lines += [line for line in f.read().splitlines() if line]
        return len(self._lines)

    def _row(self, i):
        return (to_row(self._lines[i]),)
