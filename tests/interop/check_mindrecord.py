"""MindRecord files from MindSpore to Spore and back: check_mindrecord.py write|read FOLDER, with MindSpore's names alone; run by the
real MindSpore, and by `python3 -m spore`. Who reads compares with what was to be written."""
import os
import sys

import numpy as np
from mindspore.dataset import MindDataset
from mindspore.mindrecord import FileWriter

SCHEMA = {"name": {"type": "string"}, "label": {"type": "int32"}, "big": {"type": "int64"}, "score": {"type": "float64"},
          "low": {"type": "float32"}, "vec": {"type": "float32", "shape": [-1]}, "exact": {"type": "float64", "shape": [2]},
          "mat": {"type": "int64", "shape": [2, 2]}, "few": {"type": "int32", "shape": [-1]}, "data": {"type": "bytes"}}
CASES = {"one": (12, 1, 1 << 25, None), "three": (10, 3, 1 << 25, ["name", "label"]), "pages": (200, 1, 1 << 15, ["label"]),
         "numbers": (5, 1, 1 << 25, None), "bytes": (5, 2, 1 << 25, None)}


def row(i, case):
    whole = {"name": f"{i}.jpg" * (i % 60), "label": i - 3, "big": (-1) ** i << (i % 60), "score": i / 3, "low": i / 2,
             "vec": np.arange(i + 1, dtype=np.float32), "exact": np.array([i, 1 / (i + 1)]),
             "mat": np.array([[i, -i], [1 << (i % 60), -200]]), "few": np.arange(-i, i + 1, dtype=np.int32) * 100,
             "data": bytes([1 + i % 255] * (i + 1))}
    return {n: whole[n] for n in fields(case)}


def fields(case):
    return {"numbers": ["label"], "bytes": ["data"]}.get(case, SCHEMA)


def write(folder):
    for case, (n, shards, page, index) in CASES.items():
        writer = FileWriter(os.path.join(folder, case), shards, overwrite=True)
        writer.set_page_size(page)
        writer.add_schema({name: SCHEMA[name] for name in fields(case)}, "things")
        if index:
            writer.add_index(index)
        writer.write_raw_data([row(i, case) for i in range(n)])
        writer.commit()


def same(got, expected):
    got = np.asarray(got)
    if isinstance(expected, bytes):  # MindSpore 2.0 and Spore: UInt8; 2.10: one text of bytes
        return got.tobytes() == expected
    if isinstance(expected, str):
        return str(got) == expected
    return np.array_equal(got, np.asarray(expected, got.dtype))


def read(folder):
    n = 0
    for case, (rows, shards, _, _) in CASES.items():
        path = os.path.join(folder, case + ("0" if shards > 1 else ""))
        names = list(fields(case))
        got = MindDataset(path, names, shuffle=False).create_dict_iterator(num_epochs=1, output_numpy=True)
        for i, found in enumerate(got):
            for name, expected in row(i, case).items():
                if not same(found[name], expected):
                    sys.exit(f"{case}: row {i}: {name} is {found[name]!r}, expected {expected!r}")
        if i + 1 != rows:
            sys.exit(f"{case}: {i + 1} rows, expected {rows}")
        n += rows
    print(f"{n} rows agree")


{"write": write, "read": read}[sys.argv[1]](sys.argv[2])
