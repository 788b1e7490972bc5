"""Datasets: descriptions that are built into the core's pipeline when they are iterated."""
import builtins
import math

from .. import _core
from .._missing import explain, not_there
from ..common.seed import numbers
from ..common.tensor import Tensor
from . import config
from . import samplers as S
from . import texts


def _names(columns):
    return [columns] if isinstance(columns, str) else list(columns)


def to_row(value):
    """A column's value as a tensor: numbers take NumPy's types."""
    if isinstance(value, Tensor):
        return value
    import numpy as np
    array = np.asarray(value)
    if array.dtype.kind in "UO":
        return texts.encode(array)
    if array.dtype.kind == "S":
        raise not_there("a dataset column of bytes")
    return _core.tensor(np.ascontiguousarray(array).reshape(array.shape))


def to_numpy(tensor):
    """A tensor as an array that may be written; texts as texts."""
    return texts.decode(tensor) if texts.is_text(tensor) else tensor.asnumpy()


def workers_of(number):
    """num_parallel_workers, checked."""
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 128):
        raise ValueError(f"Input num_parallel_workers is not within the required interval of [1, cpu_thread_cnt], but got {number!r}.")
    return number


class Dataset:
    """Base of all. Methods give new datasets and leave this one as it is."""

    def __init__(self, columns, parent=None):
        self._columns, self._parent = list(columns), parent

    # ---- to override ----

    def _build(self):
        """A new pipeline of the core's."""
        raise NotImplementedError

    def _rows(self):
        """How many rows, None: not known."""
        return self._parent._rows()

    _workers = None  # num_parallel_workers, as it was given

    def _parents(self):
        return [self._parent] if self._parent is not None else []

    def _threads(self):
        """How many threads make rows: the most that a part asks for; 0 where none asks for several."""
        own = self._workers or config.get_num_parallel_workers()
        return builtins.max([own if own > 1 else 0] + [p._threads() for p in self._parents()])

    def _may_have_texts(self):
        return builtins.any(p._may_have_texts() for p in self._parents())

    def _iterate(self):
        return self._build().iterate(self._threads())

    # ---- asking ----

    def get_col_names(self):
        """The names of the columns."""
        return list(self._columns)

    def get_dataset_size(self):
        """How many rows (batches after batch()). Where nothing says it, the pipeline is run once."""
        n = self._rows()
        if n is None:
            n = builtins.sum(1 for _ in self._iterate())
        return n

    __len__ = get_dataset_size

    def get_batch_size(self):
        """The batch size, 1 without batch()."""
        return self._parent.get_batch_size() if self._parent else 1

    def get_repeat_count(self):
        return self._parent.get_repeat_count() if self._parent else 1

    def num_classes(self):
        return self._parent.num_classes() if self._parent else None

    def _first(self):
        for row in self._iterate():
            return row
        raise RuntimeError("the dataset is empty")

    def output_shapes(self, estimate=False):
        """The shape of each column, of the first row."""
        return [list(t.shape[:-1] if texts.is_text(t) else t.shape) for t in self._first()]

    def output_types(self):
        """The NumPy type of each column."""
        return [to_numpy(t).dtype for t in self._first()]

    def __getitem__(self, index):
        for i, row in enumerate(self._iterate()):
            if i == index:
                return tuple(row)
        raise IndexError(f"index {index} is out of range of a dataset with {i + 1} rows")

    def __getattr__(self, name):
        raise explain("Dataset", name) if name.startswith("_") or name not in _LATER else not_there(f"Dataset.{name}")

    # ---- iterating ----

    def create_tuple_iterator(self, columns=None, num_epochs=-1, output_numpy=False, do_copy=True):
        """Rows as lists of tensors, or arrays; going over the iterator again is another epoch."""
        source = self if columns is None else self.project(columns)
        return _Iterator(source, num_epochs, output_numpy, False)

    def create_dict_iterator(self, num_epochs=-1, output_numpy=False, do_copy=True):
        """Rows as dicts."""
        return _Iterator(self, num_epochs, output_numpy, True)

    def __iter__(self):
        return self.create_tuple_iterator(num_epochs=1)

    # ---- building ----

    def map(self, operations, input_columns=None, output_columns=None, column_order=None, num_parallel_workers=None,
            python_multiprocessing=False, cache=None, callbacks=None, max_rowsize=None, offload=None, **kwargs):
        """Applies functions to columns: the first one unless said otherwise."""
        operations = list(operations) if isinstance(operations, (list, tuple)) else [operations]
        inputs = self._columns[:1] if input_columns is None else _names(input_columns)
        outputs = inputs if output_columns is None else _names(output_columns)
        for name in inputs:
            self._want(name)
        mapped = _Map(self, operations, inputs, outputs)
        mapped._workers = workers_of(num_parallel_workers)
        return mapped if column_order is None else mapped.project(column_order)

    def _want(self, name):
        if name not in self._columns:
            raise RuntimeError(f"the dataset has no column '{name}', only {self._columns}")

    def batch(self, batch_size, drop_remainder=False, num_parallel_workers=None, per_batch_map=None, input_columns=None,
              output_columns=None, **kwargs):
        """Rows joined along a new first axis."""
        if callable(batch_size):
            raise not_there("Dataset.batch with a function as batch_size")
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"Input batch_size is not within the required interval of [1, 2147483647], but got {batch_size}.")
        made = _Batch(self, batch_size, drop_remainder)
        made._workers = workers_of(num_parallel_workers)
        if per_batch_map is None:
            return made
        return made._per_batch(per_batch_map, input_columns, output_columns)

    def shuffle(self, buffer_size):
        """Shuffled within a sliding buffer, anew in each epoch."""
        if isinstance(buffer_size, bool) or not isinstance(buffer_size, int) or buffer_size < 1:
            raise ValueError(f"Input buffer_size is not within the required interval of [2, 2147483647], but got {buffer_size}.")
        return _Core(self, "shuffle", buffer_size)

    def repeat(self, count=None):
        """The rows several times over. (Endlessly, -1, is not supported.)"""
        if count in (None, -1):
            return _Core(self, "repeat", 1 << 20)
        if count < 1:
            raise ValueError(f"Input count is not within the required interval of (-1, [1, 2147483647]), but got {count}.")
        return _Core(self, "repeat", count)

    def take(self, count=-1):
        """The first rows; all with -1."""
        if isinstance(count, bool) or not isinstance(count, int):
            raise TypeError(f"Argument count with value {count} is not of type [<class 'int'>], but got {type(count)}.")
        if count != -1 and count < 1 or count > 2147483647:
            raise ValueError("count must be either -1 or positive and not larger than 2147483647.")
        if count == -1:
            return _Core(self, "skip", 0)
        return _Core(self, "take", count)

    def skip(self, count):
        """All but the first rows."""
        if isinstance(count, bool) or not isinstance(count, int):
            raise TypeError(f"Argument count with value {count} is not of type [<class 'int'>], but got {type(count)}.")
        if not 0 <= count <= 2147483647:
            raise ValueError(f"Input count is not within the required interval of [0, 2147483647], but got {count}.")
        return _Core(self, "skip", count)

    def zip(self, datasets):
        """The columns of this and other datasets, as long as the shortest."""
        return ZipDataset((self,) + (tuple(datasets) if isinstance(datasets, (tuple, list)) else (datasets,)))

    def concat(self, datasets):
        """The rows of this, then of other datasets."""
        return ConcatDataset([self] + (list(datasets) if isinstance(datasets, (list, tuple)) else [datasets]))

    def __add__(self, datasets):
        return self.concat(datasets)

    def filter(self, predicate, input_columns=None, num_parallel_workers=None):
        """The rows for which predicate(columns...) is true."""
        return _Filter(self, predicate, self._columns if input_columns is None else _names(input_columns))

    def project(self, columns):
        """These columns, in this order."""
        columns = _names(columns)
        for name in columns:
            self._want(name)
        return _Select(self, columns, columns)

    def rename(self, input_columns, output_columns):
        """Other names of columns."""
        change = dict(zip(_names(input_columns), _names(output_columns)))
        for name in change:
            self._want(name)
        return _Select(self, self._columns, [change.get(n, n) for n in self._columns])

    def apply(self, apply_func):
        """apply_func(self)."""
        return apply_func(self)

    def flat_map(self, func):
        return ConcatDataset([func(*[to_numpy(t) for t in row]) for row in self._iterate()])

    def split(self, sizes, randomize=True):
        """Parts: rows each, or fractions of all. Which rows go where is drawn once, here."""
        n = self.get_dataset_size()
        counts = [int(round(s * n)) if isinstance(s, float) else s for s in sizes]
        if builtins.all(isinstance(s, float) for s in sizes):
            if abs(builtins.sum(sizes) - 1) > 1e-6:
                raise ValueError(f"The sum of the percentages must be 1, but got {builtins.sum(sizes)}.")
            counts[0] += n - builtins.sum(counts)
        if builtins.sum(counts) != n:
            raise RuntimeError(f"Sum of split sizes {builtins.sum(counts)} is not equal to dataset size {n}.")
        order = list(range(n))
        if randomize:
            numbers().shuffle(order)
        rows, parts, at = _Kept(self), [], 0
        for count in counts:
            parts.append(_Subset(self, rows, order[at:at + count], randomize))
            at += count
        return parts

    def device_que(self, *args, **kwargs):
        return self

    def reset(self):
        """Nothing to do: each iterator begins at the beginning."""

    def close_pool(self):
        """Nothing to do: threads end with the iterators."""

    def sync_wait(self, *args, **kwargs):
        raise not_there("Dataset.sync_wait")

    def set_dynamic_columns(self, columns=None):
        """Nothing to do: shapes may change from row to row."""


_LATER = {"save", "bucket_batch_by_length", "padded_batch", "build_vocab", "build_sentencepiece_vocab", "to_device", "dynamic_min_max_shapes",
          "sync_update", "get_class_indexing", "add_sampler", "use_sampler"}


class _Iterator:
    """Goes over a dataset, again and again."""

    def __init__(self, dataset, num_epochs, output_numpy, as_dict):
        self.names, self.numpy, self.as_dict = dataset.get_col_names(), output_numpy, as_dict
        self.left, self.dataset = num_epochs, dataset
        self.rows = iter(dataset._iterate())
        self.fresh = True

    def __iter__(self):
        return self

    def __next__(self):
        if self.fresh:
            if self.left == 0:
                raise RuntimeError("the iterator has gone over its num_epochs epochs; make another one")
            self.left -= self.left > 0
            self.fresh = False
        try:
            row = next(self.rows)
        except StopIteration:
            self.fresh = True
            raise
        if self.numpy:
            row = [to_numpy(t) for t in row]
        else:
            row = [texts.StringTensor(texts.decode(t)) if texts.is_text(t) else t for t in row]
        return dict(zip(self.names, row)) if self.as_dict else list(row)

    def get_next(self):
        return next(self)


def _rows_of(rows, columns, size=None):
    """A pipeline over rows(): a function that begins an epoch and gives an iterator over tuples of tensors."""
    state = {}

    def get(index):
        if index == 0 or "rows" not in state:
            state["rows"] = iter(rows())
        return next(state["rows"])

    return _core.Dataset.callback(get, -1, list(columns), shuffle=False)


class _Core(Dataset):
    """What the core does: shuffle, repeat, take, skip."""

    def __init__(self, parent, what, count):
        super().__init__(parent._columns, parent)
        self._what, self._count = what, count

    def _build(self):
        return getattr(self._parent._build(), self._what)(self._count)

    def _rows(self):
        n, count = self._parent._rows(), self._count
        if n is None or self._what == "shuffle":
            return n
        if self._what == "repeat":
            return n * count
        if self._what == "take":
            return n if count == -1 else min(n, count)
        return max(n - count, 0)

    def get_repeat_count(self):
        return self._count if self._what == "repeat" else super().get_repeat_count()


def _stacked(tensors):
    """One column of a batch. Texts are of different lengths, as numbers must not be."""
    if texts.is_text(tensors[0]):
        import numpy as np
        return texts.encode(np.stack([texts.decode(t) for t in tensors]))
    return _core.op("Stack", *tensors, axis=0)


class _Batch(Dataset):
    def __init__(self, parent, size, drop):
        super().__init__(parent._columns, parent)
        self._size, self._drop = size, drop

    def _build(self):
        if not self._parent._may_have_texts():
            return self._parent._build().batch(self._size, self._drop)

        def rows():
            pending = []
            for row in self._parent._iterate():
                pending.append(tuple(row))
                if len(pending) == self._size:
                    yield tuple(_stacked(column) for column in builtins.zip(*pending))
                    pending = []
            if pending and not self._drop:
                yield tuple(_stacked(column) for column in builtins.zip(*pending))

        return _rows_of(rows, self._columns)

    def _rows(self):
        n = self._parent._rows()
        return None if n is None else n // self._size if self._drop else math.ceil(n / self._size)

    def get_batch_size(self):
        return self._size

    def _per_batch(self, function, input_columns, output_columns):
        inputs = self._columns if input_columns is None else _names(input_columns)
        info = BatchInfo()

        def call(*arrays):
            import numpy as np
            outs = function(*[list(a) for a in arrays], info)
            info.batch += 1
            outs = outs if isinstance(outs, tuple) else (outs,)
            return tuple(np.stack([np.asarray(row) for row in out]) for out in outs)

        return self.map([call], inputs, output_columns)


class BatchInfo:
    """What per_batch_map is told: the number of the batch."""

    def __init__(self):
        self.batch, self.epoch = 0, 0

    def get_batch_num(self):
        return self.batch

    def get_epoch_num(self):
        return self.epoch


class _Map(Dataset):
    """Functions applied to columns."""

    def __init__(self, parent, operations, inputs, outputs):
        rest = [c for c in parent._columns if c not in inputs]
        if len(inputs) == len(outputs):
            change = dict(zip(inputs, outputs))
            columns = [change.get(c, c) for c in parent._columns]
        else:
            columns = outputs + rest
        super().__init__(columns, parent)
        self._operations, self._inputs, self._outputs = operations, inputs, outputs

    def _build(self):
        ds, pending = self._parent._build(), []
        plain = len(self._inputs) == 1 and self._inputs == self._outputs
        for op in self._operations:
            known = op.core() if plain and not pending and hasattr(op, "core") else None
            if known is not None:
                ds = ds.map(self._inputs[0], [known])
            else:
                pending.append(op)
        return self._by_python(ds, pending) if pending or not plain else ds

    def _by_python(self, ds, operations):
        names, places = self._parent._columns, [self._parent._columns.index(c) for c in self._inputs]

        def call(*row):
            values = tuple(to_numpy(row[p]) for p in places)
            for op in operations:
                values = op(*values)
                values = tuple(values) if isinstance(values, (tuple, list)) and not hasattr(values, "shape") else (values,)
            if len(values) != len(self._outputs):
                raise RuntimeError(f"map: the functions give {len(values)} values for the columns {self._outputs}")
            made = dict(zip(self._outputs, (to_row(v) for v in values)))
            if len(self._inputs) == len(self._outputs):
                kept = dict(zip(names, row))
                source = dict(zip(self._outputs, self._inputs))
                return tuple(made[c] if c in made else kept[source.get(c, c)] for c in self._columns)
            kept = dict(zip(names, row))
            return tuple(made[c] if c in made else kept[c] for c in self._columns)

        return ds.map_rows(call, self._columns)


class _Select(Dataset):
    """Some of the columns, under other names."""

    def __init__(self, parent, inputs, outputs):
        super().__init__(outputs, parent)
        self._places = [parent._columns.index(c) for c in inputs]

    def _build(self):
        places = self._places
        return self._parent._build().map_rows(lambda *row: tuple(row[p] for p in places), self._columns)


class _Filter(Dataset):
    def __init__(self, parent, predicate, inputs):
        super().__init__(parent._columns, parent)
        self._predicate, self._places = predicate, [parent._columns.index(c) for c in inputs]

    def _rows(self):
        return None

    def _build(self):
        def rows():
            for row in self._parent._iterate():
                if bool(self._predicate(*[to_numpy(row[p]) for p in self._places])):
                    yield tuple(row)

        return _rows_of(rows, self._columns)


class ZipDataset(Dataset):
    """The columns of several datasets."""

    def __init__(self, datasets):
        columns = [c for d in datasets for c in d._columns]
        if len(set(columns)) != len(columns):
            raise RuntimeError(f"zip: a column name is in several of the datasets: {columns}")
        super().__init__(columns, datasets[0])
        self._datasets = datasets

    def _parents(self):
        return self._datasets

    def _build(self):
        ds = self._datasets[0]._build()
        for other in self._datasets[1:]:
            ds = ds.zip(other._build())
        return ds

    def _rows(self):
        sizes = [d._rows() for d in self._datasets]
        return None if None in sizes else min(sizes)


def zip_datasets(datasets):
    """The columns of several datasets, as long as the shortest."""
    return ZipDataset(tuple(datasets))


class ConcatDataset(Dataset):
    """The rows of several datasets, one after the other."""

    def __init__(self, datasets):
        super().__init__(datasets[0]._columns, datasets[0])
        self._datasets = datasets

    def _parents(self):
        return self._datasets

    def _build(self):
        def rows():
            for d in self._datasets:
                if d._columns != self._columns:
                    raise RuntimeError(f"Invalid columns: datasets that are joined must have the same columns, but got {self._columns} "
                                       f"and {d._columns}.")
                for row in d._iterate():
                    yield tuple(row)

        return _rows_of(rows, self._columns)

    def _rows(self):
        sizes = [d._rows() for d in self._datasets]
        return None if None in sizes else builtins.sum(sizes)


class _Kept:
    """All rows of a dataset, read when the first is asked for."""

    def __init__(self, dataset):
        self.dataset, self.rows = dataset.unshuffled() if isinstance(dataset, SourceDataset) else dataset, None

    def __getitem__(self, i):
        if self.rows is None:
            self.rows = [tuple(row) for row in self.dataset._iterate()]
        return self.rows[i]


class _Subset(Dataset):
    """Rows by number: what split() gives."""

    def __init__(self, parent, rows, order, shuffle):
        super().__init__(parent._columns, parent)
        self._kept, self._order, self._shuffle = rows, order, shuffle

    def _build(self):
        kept, order = self._kept, self._order
        return _core.Dataset.callback(lambda i: kept[order[i]], len(order), self._columns, shuffle=self._shuffle)

    def _rows(self):
        return len(self._order)


class SourceDataset(Dataset):
    """Where rows come from. Shuffled unless told not to; a sampler says which rows, and in which order."""

    def __init__(self, columns, shuffle=None, sampler=None, num_samples=None, num_shards=None, shard_id=None):
        super().__init__(columns)
        if sampler is not None and shuffle is not None:
            raise RuntimeError(f"sampler and shuffle cannot be specified at the same time, got {sampler} and {shuffle}.")
        if (num_shards is None) != (shard_id is None):
            raise RuntimeError("num_shards and shard_id need to be given together.")
        if num_samples is not None and num_samples < 0:
            raise ValueError(f"num_samples must be at least 0, but got {num_samples}.")
        if num_shards is not None:
            sampler = S.DistributedSampler(num_shards, shard_id, shuffle is not False)
        if sampler is not None and not isinstance(sampler, S.Sampler):
            sampler = S.SubsetSampler(list(sampler)) if isinstance(sampler, (list, tuple)) else S.IterSampler(sampler)
        self._shuffle, self._sampler, self._samples = shuffle is not False, sampler, num_samples or None

    def unshuffled(self):
        """The same rows in their order."""
        import copy
        other = copy.copy(self)
        other._shuffle = False
        return other

    def _total(self):
        """How many rows there are, None: not known."""
        raise NotImplementedError

    def _source(self, shuffle):
        """The core's pipeline over all rows."""
        raise NotImplementedError

    def _row(self, i):
        """Row number i, for samplers."""
        raise NotImplementedError

    def _build(self):
        if self._sampler is None:
            ds = self._source(self._shuffle)
            return ds if self._samples is None else ds.take(self._samples)
        sampler, total, samples = self._sampler, self._total(), self._samples

        def rows():
            for k, i in enumerate(sampler.indices(total)):
                if samples is not None and k >= samples:
                    return
                yield self._row(int(i))

        return _rows_of(rows, self._columns)

    def _rows(self):
        n = self._total()
        if self._sampler is not None:
            n = self._sampler.count(n)
        return n if self._samples is None or n is None else min(n, self._samples)


class IndexedDataset(SourceDataset):
    """Rows that Python makes by their number, _row(i), in as many threads as num_parallel_workers says."""

    def __init__(self, columns, num_parallel_workers, *source):
        super().__init__(columns, *source)
        self._workers = workers_of(num_parallel_workers)

    def _source(self, shuffle):
        return _core.Dataset.callback(self._row, self._total(), self._columns, shuffle=shuffle, parallel=self._threads() > 1)
