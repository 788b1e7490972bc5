"""MindRecord files: written and read by Spore, read from what MindSpore wrote, damaged."""
import json
import os
import struct

import numpy as np
import pytest

from mindspore.dataset import MindDataset
from mindspore.mindrecord import FileReader, FileWriter
from spore.mindrecord import codec

SCHEMA = {"name": {"type": "string"}, "label": {"type": "int32"}, "big": {"type": "int64"}, "score": {"type": "float64"},
          "low": {"type": "float32"}, "vec": {"type": "float32", "shape": [-1]}, "mat": {"type": "int64", "shape": [2, 2]},
          "few": {"type": "int32", "shape": [-1]}, "data": {"type": "bytes"}}


def row(i):
    return {"name": f"{i}.jpg" if i % 2 else "hä" * i, "label": i - 3, "big": (-1) ** i << 4 * i, "score": i / 3, "low": i / 2,
            "vec": np.arange(i + 1, dtype=np.float32), "mat": np.array([[i, -i], [1 << 3 * i, -200]]),
            "few": np.arange(-i, i + 1, dtype=np.int32) * 100, "data": bytes([i] * (i + 1))}


def write(path, n=12, shards=1, **sizes):
    writer = FileWriter(str(path), shards, overwrite=True)
    writer.set_header_size(1 << 15).set_page_size(sizes.get("page", 1 << 15))
    writer.add_schema(SCHEMA, "things")
    writer.add_index(["name", "label"])
    writer.write_raw_data([row(i) for i in range(n)])
    writer.commit()
    return str(path)


def same(got, i):
    expected = row(i)
    assert list(got) == sorted(expected)
    for name, value in expected.items():
        if isinstance(value, np.ndarray):
            assert got[name].dtype == value.dtype
            np.testing.assert_array_equal(got[name], value)
        else:
            assert got[name] == value, name


@pytest.mark.parametrize("shards", [1, 3])
def test_written_and_read(tmp_path, shards):
    path = write(tmp_path / "a.mindrecord", shards=shards)
    files = [path] if shards == 1 else [f"{path}{i}" for i in range(shards)]
    assert sorted(os.listdir(tmp_path)) == sorted(os.path.basename(f) + end for f in files for end in ("", ".db"))
    for source in (files, files[-1]):
        for i, got in enumerate(FileReader(source).get_next()):
            same(got, i)
        assert i == 11
    data = MindDataset(files[0], ["label", "mat", "data"], shuffle=False)
    assert data.get_col_names() == ["label", "mat", "data"] and data.get_dataset_size() == 12
    for i, got in enumerate(data.create_dict_iterator(output_numpy=True)):
        assert got["label"] == i - 3 and (got["mat"] == row(i)["mat"]).all() and got["data"].tobytes() == row(i)["data"]


def test_many_pages(tmp_path):
    path = str(tmp_path / "pages")
    writer = FileWriter(path)
    writer.set_page_size(1 << 14)
    writer.add_schema({"a": {"type": "string"}, "data": {"type": "bytes"}})
    for begin in (0, 30):
        writer.write_raw_data([{"a": "s" * (97 * i), "data": bytes([i]) * (1 + 131 * i)} for i in range(begin, begin + 30)])
    writer.commit()
    rows = list(FileReader(path).get_next())
    assert len(rows) == 60
    for i, got in enumerate(rows):
        assert got == {"a": "s" * (97 * i), "data": bytes([i]) * (1 + 131 * i)}


def test_shuffled_sharded_taken(tmp_path):
    path = write(tmp_path / "a", n=10)
    labels = lambda **how: [int(r[0]) + 3 for r in MindDataset(path, ["label"], **how).create_tuple_iterator(output_numpy=True)]
    assert labels(shuffle=False) == list(range(10)) and labels() != list(range(10)) and sorted(labels()) == list(range(10))
    assert labels(shuffle=False, num_samples=4) == [0, 1, 2, 3]
    # as MindSpore deals them: in turn, the last shard filled up from the beginning
    assert [labels(shuffle=False, num_shards=3, shard_id=s) for s in range(3)] == [[0, 3, 6, 9], [1, 4, 7, 0], [2, 5, 8, 1]]


def test_batches(tmp_path):
    path = write(tmp_path / "a", n=8)
    batches = list(MindDataset(path, ["mat", "label"], shuffle=False).batch(4).create_tuple_iterator())
    assert [b[0].shape for b in batches] == [(4, 2, 2)] * 2 and batches[1][1].tolist() == [1, 2, 3, 4]


def test_rows_that_do_not_fit(tmp_path, caplog):
    writer = FileWriter(str(tmp_path / "a"))
    writer.add_schema({"a": {"type": "int32"}, "v": {"type": "float32", "shape": [2]}})
    good = {"a": 1, "v": np.zeros(2, np.float32)}
    bad = [({**good, "a": "x"}, "type int32"), ({**good, "a": 1 << 31}, "type int32"), ({"a": 1}, "'v' is missing"),
           ({**good, "v": np.zeros(3, np.float32)}, r"shape (3,), expected [2]"), ({**good, "v": np.zeros(2, np.int32)}, "int32"), (3, "dict")]
    for value, says in bad:
        caplog.clear()
        with pytest.raises(RuntimeError, match="no valid data"):
            writer.write_raw_data([value])
        assert says in caplog.text
    writer.write_raw_data([bad[0][0], good])
    writer.commit()
    assert FileReader(str(tmp_path / "a")).len() == 1


@pytest.mark.parametrize("call,says", [
    (lambda w: w.add_schema({"a": {"type": "int9"}}), "int9"), (lambda w: w.add_schema({}), "dict of fields"),
    (lambda w: w.add_schema({"a b": {"type": "int32"}}), "a b"), (lambda w: w.add_index(["q"]), "'q' is not in"),
    (lambda w: w.set_page_size(100), "multiple of 4"), (lambda w: w.write_raw_data([{}]), "add_schema"),
    (lambda w: w.commit(), "add_schema")])
def test_wrong_calls(tmp_path, call, says):
    with pytest.raises((ValueError, RuntimeError), match=says):
        call(FileWriter(str(tmp_path / "a")))
    assert os.listdir(tmp_path) == []


def test_existing_files(tmp_path):
    path = write(tmp_path / "a")
    with pytest.raises(RuntimeError, match="already exist"):
        FileWriter(path)
    with pytest.raises(ValueError, match="does not exist"):
        MindDataset(str(tmp_path / "none"))
    with pytest.raises(RuntimeError, match="no column 'q'"):
        MindDataset(path, ["q"])


@pytest.mark.parametrize("kind", ["int32", "int64"])
def test_whole_numbers(kind):
    info = np.iinfo(kind)
    edges = [0, 1, -1, 127, 128, -128, -129, 32767, 32768, -32768, -32769, (1 << 31) - 1, -1 << 31, info.min, info.max]
    for n in range(1, 10):
        for k in range(len(edges)):
            array = np.array((edges * 2)[k:k + n], kind)
            np.testing.assert_array_equal(codec.expand(codec.shrink(array), kind), array)
    # bytes that MindSpore 2.10 wrote for [1, 2, 3, 4, 300, 6]
    assert codec.shrink(np.array([1, 2, 3, 4, 300, 6])) == b"\0\0\0\x06\0@\x01\x02\x03\x04,\x01\x06"


def written_by_mindspore(path):
    """A file as MindSpore 2.10 writes it, in its bytes: schema {label int32, v int64[-1]}, three rows."""
    header = {"header_size": 16384, "index_fields": [{"index_field": "label", "schema_id": 0}], "page": [
        {"end_row_id": 3, "page_id": 0, "page_size": 52, "page_type": "BLOB_DATA", "page_type_id": 0,
         "row_group_ids": [{"id": 0, "offset": 0}], "shard_id": 0, "start_row_id": 0},
        {"end_row_id": 0, "page_id": 1, "page_size": 48, "page_type": "RAW_DATA", "page_type_id": 0,
         "row_group_ids": [{"id": 0, "offset": 0}], "shard_id": 0, "start_row_id": 0}],
        "page_size": 16384, "compression_size": 8, "schema": [{"blob_fields": ["v"], "desc": "d", "schema": {
            "label": {"type": "int32"}, "v": {"type": "int64", "shape": [-1]}}}],
        "shard_addresses": ["a"], "shard_id": 0, "statistics": None, "version": "3.0"}
    text = json.dumps(header).encode()
    blob = (b"\x08\0\0\0\0\0\0\0\0\0\0\x03\0\x01\x02\x03\x09\0\0\0\0\0\0\0\0\0\0\x03\x04\x01\xfe\x2c\x01"
            b"\x0b\0\0\0\0\0\0\0\0\0\0\x03 \x01p\x11\x01\0\xfb")
    raw = b"".join(b"\x08\0\0\0\0\0\0\0\x81\xa5label" + bytes([i]) for i in range(3))
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        f.seek(16384)
        f.write(blob)
        f.seek(32768)
        f.write(raw)
    return path


def test_bytes_of_mindspore(tmp_path):
    rows = list(FileReader(str(written_by_mindspore(tmp_path / "a"))).get_next())
    assert [int(r["label"]) for r in rows] == [0, 1, 2]
    assert [r["v"].tolist() for r in rows] == [[1, 2, 3], [1, -2, 300], [1, 70000, -5]]


def everything(path):
    return [{k: v for k, v in r.items()} for r in FileReader(str(path)).get_next()]


def test_damaged_files(tmp_path):
    """Any byte changed, any length: the rows, other rows, or an error that names the file."""
    path = written_by_mindspore(tmp_path / "a")
    whole = path.read_bytes()
    used = [i for i in range(len(whole)) if whole[i]] + list(range(16384, 16440))
    rng = np.random.default_rng(3)
    refused = 0
    for i in rng.choice(used, 400, replace=False):
        data = bytearray(whole)
        data[i] ^= int(rng.integers(1, 256))
        path.write_bytes(data)
        try:
            everything(path)
        except (RuntimeError, ValueError) as error:
            assert str(path) in str(error) or "shard" in str(error) or "does not exist" in str(error)
            refused += 1
    assert refused > 100
    for cut in [0, 3, 8, 100, 700, 16384, 16400, 32768, len(whole) - 1]:
        path.write_bytes(whole[:cut])
        with pytest.raises(RuntimeError, match="MindRecord file .*a "):
            everything(path)


@pytest.mark.parametrize("change", [{"page_size": 0}, {"page_size": -5}, {"header_size": 1 << 60}, {"version": "9"}, {"schema": []},
                                    {"page": [{"page_type": "RAW_DATA"}]}, {"page": 3}, {"schema": [{"schema": {"a": 3}}]}])
def test_headers_that_lie(tmp_path, change):
    path = written_by_mindspore(tmp_path / "a")
    data = path.read_bytes()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.dumps({**json.loads(data[8:8 + n]), **change}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header.ljust(n, b" ") + data[8 + max(n, len(header)):])
    with pytest.raises((RuntimeError, ValueError), match="MindRecord"):
        everything(path)


def test_a_failing_write_leaves_nothing(tmp_path, monkeypatch):
    path = write(tmp_path / "a", n=3)
    before = open(path, "rb").read()

    def fail(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write(path, n=5)
    monkeypatch.undo()
    assert open(path, "rb").read() == before and sorted(os.listdir(tmp_path)) == ["a", "a.db"]
