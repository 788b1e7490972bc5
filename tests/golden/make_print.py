"""Writes print_random.json (MindSpore 2.0.0) or print_bf16.json (2.10.0, which has BFloat16): seeded random
tensors and how the real MindSpore prints them. Run it with a Python that has the version wanted:

    python make_print.py

MindSpore prints through numpy, so numpy's version is recorded too: numpy 1 and 2 differ for one number only, a Float32
0.0001 as the smallest of an array, which numpy 1 (the one MindSpore 2.0.0 works with) calls below 1e-4.

Both hold digests of numpy's texts of many single numbers.

Each case: id, dtype, shape, data (the elements, row-major, little-endian, in hexadecimal), str, repr and, for some,
graph: what print() writes inside a compiled network."""
import json
import os
import tempfile

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = [(), (), (1,), (3,), (5,), (7,), (11,), (12,), (13,), (24,), (25,), (49,), (1, 1), (2, 3), (3, 2), (1, 13), (6, 6),
          (7, 2), (2, 7), (8, 9), (2, 2, 2), (3, 1, 4), (1, 7, 2), (2, 3, 8), (2, 1, 2, 3), (1, 2, 7, 1), (7, 1, 1, 2)]
LARGE = [(1001,), (1000,), (2, 501), (501, 2), (1, 1001), (7, 11, 13), (11, 7, 13), (3, 4, 9, 10), (2, 8, 8, 8), (1010, 1)]
SPECIAL = [float("nan"), float("inf"), float("-inf"), -0.0, 0.0]


def floats(rng, kind, shape):
    if kind == "normal":
        return rng.standard_normal(shape)
    if kind == "narrow":
        return rng.uniform(0.5, 1.5, shape)
    if kind == "round":
        return np.round(rng.uniform(-20, 20, shape), int(rng.integers(0, 4)))
    if kind == "wide":
        return rng.choice([-1, 1], shape) * 10.0 ** rng.uniform(-12, 12, shape)
    if kind == "huge":
        return rng.choice([-1, 1], shape) * 10.0 ** rng.uniform(-310, 308, shape)
    if kind == "powers":
        return 2.0 ** rng.integers(-10, 10, shape)
    if kind == "whole":
        return np.asarray(rng.integers(-99999999, 99999999, shape), np.float64)
    values = rng.standard_normal(shape) * (rng.uniform(size=shape) < 0.7)  # "special"
    return np.where(rng.uniform(size=shape) < 0.3, rng.choice(SPECIAL, shape), values)


def integers(rng, dtype, shape):
    info = np.iinfo(dtype)
    high = min(info.max, 10 ** int(rng.integers(1, 20)))
    low = max(info.min, -high if rng.uniform() < 0.5 else 0)
    return np.asarray(rng.integers(low, high, shape, dtype=dtype, endpoint=True))


def arrays():
    """(name, array): the same on every run."""
    kinds = ["normal", "narrow", "round", "wide", "huge", "powers", "whole", "special"]
    rng = np.random.default_rng(20)
    for dtype in (np.float32, np.float64, np.float16):
        for i, shape in enumerate(SHAPES * 2):
            kind = kinds[int(rng.integers(len(kinds)))]
            with np.errstate(over="ignore"):
                yield f"{np.dtype(dtype).name}_{i}_{kind}", np.asarray(floats(rng, kind, shape), dtype)
    for dtype in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64):
        for i, shape in enumerate(SHAPES[::2]):
            yield f"{np.dtype(dtype).name}_{i}", integers(rng, dtype, shape)
    for i, shape in enumerate(SHAPES):
        yield f"bool_{i}", np.asarray(rng.uniform(size=shape) < 0.5)
    for i, shape in enumerate(LARGE):
        dtype = (np.float16, np.float32, np.int8)[i % 3]
        values = integers(rng, dtype, shape) if dtype == np.int8 else floats(rng, "normal", shape).astype(dtype)
        yield f"large_{i}", values
    yield "float32_1e-4", np.array([1e-4, 0.05], np.float32)
    yield "float64_1e-4", np.array([1e-4, 0.05])
    yield "float64_1e8", np.array([1e8, 5e7])
    yield "float64_ratio_1000", np.array([1.0, 1000.0])
    yield "float32_ratio_rounds_to_1000", np.array([0.7, 700], np.float32)
    yield "float16_ratio_rounds_to_1000", np.array([0.9, 900], np.float16)
    yield "float32_negative_nan", np.array([np.nan, -np.nan, 1], np.float32)
    yield "float64_negative_nan", np.array(-np.nan)
    yield "float64_exponents", np.array([[1e-5, 1e300], [-2.5e-310, 0]])
    yield "float64_small_exponent", np.array([1e-150, 1])
    yield "float64_rounds_to_short", np.array([1.000000000001e-5, 2])
    yield "float64_ties", np.array([2**-9, 2**-10, 1 + 2**-9])
    yield "float16_asymmetric", np.array([2**-6, 1], np.float16)
    yield "rank_8", np.arange(8, dtype=np.int32).reshape((2, 1, 1, 2, 1, 1, 1, 2))


class Print(nn.Cell):
    def construct(self, x):
        print(x)
        return x + x


def graph_print(tensor):
    """What a compiled network prints, caught from the process's standard output."""
    ms.set_context(mode=ms.GRAPH_MODE)
    with tempfile.TemporaryFile() as caught:
        keep = os.dup(1)
        os.dup2(caught.fileno(), 1)
        try:
            Print()(tensor).asnumpy()
        finally:
            os.dup2(keep, 1)
            os.close(keep)
        caught.seek(0)
        text = caught.read().decode()
    return text[:-1] if text.endswith("\n") else text


def random_cases():
    for i, (name, array) in enumerate(arrays()):
        tensor = Tensor(array)
        case = {"id": name, "dtype": str(tensor.dtype), "shape": list(array.shape), "data": array.tobytes().hex(),
                "str": str(tensor), "repr": repr(tensor)}
        if i % 5 == 0 and array.dtype in (np.float32, np.float16, np.int32, np.int64):
            case["graph"] = graph_print(tensor)
        yield case


def bf16_cases():
    rng = np.random.default_rng(16)
    for i, shape in enumerate(SHAPES + [(1001,), (8, 126)]):
        kind = ["normal", "round", "wide", "powers", "special"][i % 5]
        bits = np.asarray(floats(rng, kind, shape), np.float32).view(np.uint32) >> 16  # cut off: exact as BFloat16
        exact = np.asarray(bits << 16, np.uint32).view(np.float32)
        tensor = Tensor(exact).astype(ms.bfloat16)
        data = np.asarray(bits, np.uint16).tobytes().hex()
        yield {"id": f"bfloat16_{i}_{kind}", "dtype": "BFloat16", "shape": list(shape), "data": data, "str": str(tensor),
               "repr": repr(tensor)}


def fnv1a(texts):
    """64-bit FNV-1a of the texts, each followed by a newline."""
    h = 0xCBF29CE484222325
    for byte in "".join(text + "\n" for text in texts).encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return f"{h:016x}"


def digests():
    """Of numpy's texts of very many numbers: every Float16, and 100000 bit patterns each of the wider ones."""
    half = np.arange(65536, dtype=np.uint16).view(np.float16)
    single = (np.arange(100000, dtype=np.uint64) * np.uint64(2654435761) % np.uint64(2**32)).astype(np.uint32)
    double = np.arange(100000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    powers = 2.0 ** np.arange(-1074, 1024)
    groups = {"Float16": half, "Float32": single.view(np.float32), "Float64": double.view(np.float64), "powers": powers}
    return {name: fnv1a(str(value) for value in values) for name, values in groups.items()}


def main():
    old = ms.__version__ == "2.0.0"
    cases = list(random_cases() if old else bf16_cases())
    path = os.path.join(HERE, "print_random.json" if old else "print_bf16.json")
    with open(path, "w", encoding="ascii") as out:
        rows = ",\n".join(json.dumps(case) for case in cases)
        out.write(f'{{"mindspore": "{ms.__version__}", "numpy": "{np.__version__}", ')
        out.write(f'"digests": {json.dumps(digests())},\n"cases": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main()
