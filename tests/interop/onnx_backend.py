"""Runs the test cases that the `onnx` package ships (of single operators, and of PyTorch's old exporter) through the reader of
.onnx files and counts: passed, refused (with the reason), failed while running, wrong. Fails if any is wrong.

    python3 tests/interop/onnx_backend.py PROGRAM [-v] [NAME...]

PROGRAM is tests/interop/onnx_cases.c, built by `cmake --build build --target onnx_cases`. Needs: onnx, numpy.
"""

import collections
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test import loader

warnings.filterwarnings("ignore")


def array(x):
    if isinstance(x, onnx.TensorProto):
        return numpy_helper.to_array(x)
    return np.asarray(x)


def from_disk(kind):
    for case in loader.load_model_tests(kind=kind):
        if not case.model_dir or not os.path.exists(os.path.join(case.model_dir, "model.onnx")):
            continue
        folder = os.path.join(case.model_dir, "test_data_set_0")
        model = onnx.load(os.path.join(case.model_dir, "model.onnx"))
        sets = []
        for kind_of in ("input", "output"):
            arrays = []
            while os.path.exists(os.path.join(folder, f"{kind_of}_{len(arrays)}.pb")):
                with open(os.path.join(folder, f"{kind_of}_{len(arrays)}.pb"), "rb") as f:
                    arrays.append(onnx.TensorProto.FromString(f.read()))
            sets.append(arrays)
        yield case.name, model, sets[0], sets[1]


def cases():
    for case in loader.load_node_model_tests():
        yield case.name, case.model, case.data_sets[0][0], case.data_sets[0][1]
    for kind in ("pytorch-operator", "pytorch-converted", "simple"):
        yield from from_disk(kind)


def usable(x):
    """NumPy's plain types, no sequences, no optionals."""
    if isinstance(x, (list, tuple, dict)) or x is None:
        return False
    return array(x).dtype.kind in "fiub" and array(x).dtype.name in (
        "float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split()
    )


def settings_inside(model, inputs):
    """The same with inputs that only set something (integers, single numbers) as initializers: what a reader that computes nothing can
    take. None if there is nothing to change."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph, kept, left = model.graph, [], []
    initialized = {t.name for t in graph.initializer}
    names = [v for v in graph.input if v.name not in initialized]
    for v, x in zip(names, inputs):
        a = array(x)
        if a.ndim > 0 and (a.dtype.kind == "f" or (len(kept) == 0 and len(names) > 1)):
            kept.append(v)
            left.append(x)
        else:
            graph.initializer.append(numpy_helper.from_array(a, v.name))
    if len(left) == len(inputs):
        return None
    del graph.input[:]
    graph.input.extend(kept)
    return model, left


def write(folder, model, inputs, outputs):
    os.makedirs(folder)
    onnx.save(model, os.path.join(folder, "model.onnx"))
    for kind, arrays in (("in", inputs), ("out", outputs)):
        for i, a in enumerate(arrays):
            np.save(os.path.join(folder, f"{kind}{i}.npy"), array(a), allow_pickle=False)


def run(program, root, folders):
    r = subprocess.run([program], input="".join(f + "\n" for f in folders), capture_output=True, text=True, check=False)
    lines = [line.replace(root + "/", "") for line in r.stdout.splitlines()]
    if r.returncode != 0 or len(lines) != len(folders):
        sys.exit(f"the program ended with status {r.returncode} after {len(lines)} of {len(folders)} cases: {r.stderr}")
    return lines


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    verbose = "-v" in sys.argv
    program, names = arguments[0], arguments[1:]
    with tempfile.TemporaryDirectory() as root:
        made = {}
        folders, other = [], 0
        for name, model, inputs, outputs in cases():
            if names and not any(n in name for n in names):
                continue
            if not all(usable(x) for x in list(inputs) + list(outputs)):
                other += 1
                continue
            folder = os.path.join(root, name)
            if not os.path.exists(folder):
                write(folder, model, inputs, outputs)
                folders.append(folder)
                made[name] = (model, inputs, outputs)
        lines = run(program, root, folders)
        again = []
        for i, line in enumerate(lines):
            name = line.split()[1].rstrip(":")
            inside = "computed in the graph" in line and settings_inside(*made[name][:2])
            if inside:
                folder = os.path.join(root, "inside", name)
                write(folder, *inside, made[name][2])
                again.append((i, folder))
        for (i, _), line in zip(again, run(program, root, [f for _, f in again])):
            lines[i] = line
    count = collections.Counter(line.split()[0] for line in lines)
    for line in lines:
        if line.startswith(("wrong", "failed")) or (verbose and line.startswith("refused")):
            print(line)
    print(f"{len(lines)} cases: " + ", ".join(f"{count[k]} {k}" for k in ("passed", "refused", "failed", "wrong")) +
          f"; {other} with sequences, texts or other types left out")
    sys.exit(1 if count["wrong"] else 0)


if __name__ == "__main__":
    main()
