"""num_parallel_workers: Python sources and functions in several threads; the rows, their order and their errors stay the same."""
import gc
import threading
import time

import numpy as np
import pytest

import mindspore.dataset as ds


class Source:
    def __init__(self, n=60, wait=0.0, bad=None):
        self.n, self.wait, self.bad, self.threads = n, wait, bad, set()

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.threads.add(threading.get_ident())
        time.sleep(self.wait)
        if i == self.bad:
            raise KeyError("row of stone")
        return np.full(3, i, np.float32), i


def rows(data):
    return [(r[0].tolist(), int(r[1])) for r in data.create_tuple_iterator(num_epochs=1)]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_rows_keep_their_order(workers):
    source = Source(wait=0.001)
    data = ds.GeneratorDataset(source, ["a", "b"], shuffle=False, num_parallel_workers=workers)
    data = data.map(lambda a: a * 2, "a", num_parallel_workers=workers).batch(7)
    got = [(r[0].tolist(), r[1].tolist()) for r in data.create_tuple_iterator(num_epochs=1)]
    expected = [([[2.0 * i] * 3 for i in range(k, min(k + 7, 60))], list(range(k, min(k + 7, 60)))) for k in range(0, 60, 7)]
    assert got == expected
    assert (threading.get_ident() in source.threads) == (workers == 1) and len(source.threads) >= min(workers, 2)


@pytest.mark.parametrize("build", [
    lambda s, n: ds.GeneratorDataset(s, ["a", "b"], shuffle=False, num_parallel_workers=n),
    lambda s, n: ds.GeneratorDataset(Source(s.n), ["a", "b"], shuffle=False).map(lambda a: (time.sleep(s.wait), a)[1], "a",
                                                                               num_parallel_workers=n)])
def test_waiting_is_shared(build):
    def took(n):
        data = build(Source(40, wait=0.01), n)
        begun = time.monotonic()
        assert len(rows(data)) == 40
        return time.monotonic() - begun

    assert took(4) < 0.6 * took(1)


def test_shuffled_the_same_for_any_number():
    def order(n):
        ds.config.set_seed(3)
        return [b for _, b in rows(ds.GeneratorDataset(Source(), ["a", "b"], shuffle=True, num_parallel_workers=n))]

    assert order(1) == order(4) != list(range(60)) and sorted(order(2)) == list(range(60))


@pytest.mark.parametrize("workers", [1, 4])
def test_errors_come_out_as_themselves(workers):
    data = ds.GeneratorDataset(Source(bad=20), ["a", "b"], shuffle=False, num_parallel_workers=workers)
    with pytest.raises(KeyError, match="row of stone") as info:
        rows(data)
    assert any("__getitem__" in str(entry) for entry in info.traceback)
    data = ds.GeneratorDataset(Source(), ["a", "b"], shuffle=False).map(lambda a: 1 / 0, "a", num_parallel_workers=workers)
    with pytest.raises(ZeroDivisionError):
        rows(data)


def test_errors_are_not_kept():
    for _ in range(50):
        with pytest.raises(ZeroDivisionError):
            rows(ds.GeneratorDataset(Source(), ["a", "b"]).map(lambda a: 1 / 0, "a", num_parallel_workers=3))
    class Kept(Exception):
        pass

    def fail(a):
        raise Kept()

    for _ in range(20):
        with pytest.raises(Kept):
            rows(ds.GeneratorDataset(Source(), ["a", "b"]).map(fail, "a", num_parallel_workers=3))
    gc.collect()
    assert sum(isinstance(o, Kept) for o in gc.get_objects()) <= 3


def test_stopping_early():
    for _ in range(20):
        iterator = ds.GeneratorDataset(Source(wait=0.001), ["a", "b"], num_parallel_workers=4).create_tuple_iterator()
        next(iterator)
        del iterator
    gc.collect()


def test_several_epochs_and_a_default():
    data = ds.GeneratorDataset(Source(), ["a", "b"], shuffle=False, num_parallel_workers=3)
    iterator = data.create_tuple_iterator(num_epochs=3)
    for _ in range(3):
        assert [int(r[1]) for r in iterator] == list(range(60))
    before = ds.config.get_num_parallel_workers()
    ds.config.set_num_parallel_workers(4)
    try:
        source = Source()
        assert len(rows(ds.GeneratorDataset(source, ["a", "b"], num_parallel_workers=None))) == 60
        assert threading.get_ident() not in source.threads
    finally:
        ds.config.set_num_parallel_workers(before)


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "2"])
def test_wrong_numbers(number):
    with pytest.raises(ValueError, match="num_parallel_workers"):
        ds.GeneratorDataset(Source(), ["a", "b"], num_parallel_workers=number)
