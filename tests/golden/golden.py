"""What the make_*.py scripts share: seeded inputs, and tensors as JSON that round-trips bit for bit."""

import json
import os
import sys
import zlib

import numpy as np
import mindspore as ms
from mindspore import Parameter, Tensor

VERSION = "2.10.0"
HERE = os.path.dirname(os.path.abspath(__file__))


def rng(name):
    """A generator that depends on the case's id alone: adding a case leaves all others as they were."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def normal(gen, shape, dtype=np.float32, scale=1.0):
    """Normal numbers rounded to two decimals, so that the files stay small and readable."""
    return np.asarray(np.round(gen.normal(size=shape) * scale, 2) + 0.0).astype(dtype)  # + 0.0: no -0


def host(x):
    """A numpy array (or scalar) of any array-like or Tensor; bfloat16, which numpy lacks, becomes float32."""
    if isinstance(x, (Tensor, Parameter)):
        return (x.astype(ms.float32) if x.dtype == ms.bfloat16 else x).asnumpy()
    return np.asarray(x)


def number(v):
    """One element as a JSON value: the shortest text that gives the same number again in the array's own type."""
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    if np.isnan(v):
        return "nan"
    if np.isinf(v):
        return "inf" if v > 0 else "-inf"
    short = float(str(v))  # numpy prints the shortest digits for the type, not for double
    return short if type(v)(short) == v else float(v)


def tensor(x):
    """{"dtype", "shape", "data"} of a Tensor or array; None stays None."""
    if x is None:
        return None
    a = host(x)
    dtype = str(x.dtype) if isinstance(x, (Tensor, Parameter)) else dtype_name(a.dtype)
    return {"dtype": dtype, "shape": list(a.shape), "data": [number(v) for v in a.reshape(-1)]}


def dtype_name(dtype):
    """numpy's dtype by MindSpore's name: float32 -> Float32, uint8 -> UInt8."""
    name = np.dtype(dtype).name
    return name.replace("uint", "UInt") if name.startswith("uint") else name.capitalize()


def write(name, rows):
    """NAME.json: a list, one case a line. Refuses another MindSpore version and repeated ids."""
    if ms.__version__ != VERSION:
        sys.exit(f"golden values come from MindSpore {VERSION}, this is {ms.__version__}")
    ids = [r["id"] for r in rows]
    repeated = {i for i in ids if ids.count(i) > 1}
    if repeated:
        sys.exit(f"{name}: repeated ids: {sorted(repeated)}")
    path = os.path.join(HERE, name + ".json")
    with open(path, "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r, separators=(",", ":"), allow_nan=False) for r in rows) + "\n]\n")
    print(f"{path}: {len(rows)} cases, {os.path.getsize(path)} bytes")
