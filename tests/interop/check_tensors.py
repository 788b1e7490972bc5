"""What Spore writes, read by the official packages: safetensors, numpy, and MindSpore where it is installed.

    python3 tests/interop/check_tensors.py SPORE FOLDER      SPORE: the command; FOLDER: where it may write

Needs numpy, safetensors and ml_dtypes. ./dev interop runs it.
"""

import os
import subprocess
import sys
import zipfile

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures", "tensors")
sys.path.insert(0, FIXTURES)
import make  # noqa: E402

spore, folder = sys.argv[1:3]
folder = os.path.abspath(folder)
os.makedirs(folder, exist_ok=True)
failed = 0


def convert(source, name, *more):
    out = os.path.join(folder, name)
    source = source if os.path.isabs(source) else os.path.join(FIXTURES, source)
    subprocess.run([spore, "convert", source, out, "--verify", *more], check=True, stdout=subprocess.DEVNULL)
    return out


def check(what, got, want):
    global failed
    wrong = [k for k in want if k not in got or got[k].dtype != want[k].dtype or got[k].shape != want[k].shape
             or got[k].tobytes() != want[k].tobytes()]
    wrong += [k for k in got if k not in want]
    failed += bool(wrong)
    print(f"{'FAILED' if wrong else 'ok    '}  {what}: {len(want)} tensors {wrong[:5] if wrong else ''}")


arrays = make.all_arrays()
plain = {k: a for k, a in arrays.items() if "bfloat16" not in k}
whole = {k: a for k, a in arrays.items() if a.size}

path = convert("all.safetensors", "all.safetensors")
check("safetensors reads Spore's file", load_file(path), arrays)
with safe_open(path, "np") as f, safe_open(os.path.join(FIXTURES, "all.safetensors"), "np") as g:
    same = f.metadata() == g.metadata()
    failed += not same
    print(f"{'ok    ' if same else 'FAILED'}  its metadata is what it was")

path = convert("stored.npz", "stored.npz")
check("numpy reads Spore's file", dict(numpy.load(path, allow_pickle=False)), plain)
bad = zipfile.ZipFile(path).testzip()
failed += bad is not None
print(f"{'ok    ' if bad is None else 'FAILED'}  zipfile finds its checksums right")
path = convert("packed.npz", "packed.npz")
packed = dict(numpy.load(os.path.join(FIXTURES, "packed.npz")))
packed["big"] = packed["big"].astype("<f4")
packed["columns"] = numpy.ascontiguousarray(packed["columns"])
check("numpy reads what was compressed, by columns, big endian, text", dict(numpy.load(path)), packed)

# There and back over checkpoints: by way of a format that only Spore reads and writes here.
source = os.path.join(folder, "whole.npz")
numpy.savez(source, **{k: a for k, a in whole.items() if k in plain})
again = convert(convert(source, "whole.ckpt"), "again.safetensors")
check("npz to ckpt to safetensors", load_file(again), {k: a for k, a in whole.items() if k in plain})
array = convert("no_metadata.safetensors", "array.npy")
check("numpy reads a single array", {"w": numpy.load(array)}, {"w": make.values("float32", (2, 3))})

try:
    import mindspore
except ImportError:
    mindspore = None
    print("skipped  MindSpore is not installed here")
if mindspore:
    path = convert("mindspore.safetensors", "mindspore.safetensors")
    loaded = mindspore.load_checkpoint(path, format="safetensors")
    got = {k: p.asnumpy() for k, p in loaded.items()}
    check("MindSpore reads Spore's file", got, load_file(path))

print(f"{failed} failed")
sys.exit(failed != 0)
