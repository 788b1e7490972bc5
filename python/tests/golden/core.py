"""Cases for the operators of the core's table: "Name" or "Name variant", where Name is the operator (test_walk.py asks
for one of each, and for every attribute a value that is not the preset). As in cases.py: MindSpore's names alone."""

import zlib

import numpy as np
import mindspore as ms
from mindspore import ops

_R = np.random.RandomState(11)
CORE = {}
FLOATS = {"f16": np.float16, "f64": np.float64}
INTS = {"i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64, "u8": np.uint8}
SPECIAL = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 0.5, -0.5, 1.5, 2.5, -2.5], np.float32)


def n(*shape, dtype=np.float32):
    """Numbers around 0."""
    return np.asarray(_R.randn(*shape), dtype)


def p(*shape, dtype=np.float32):
    """Numbers in (0.2, 1.2)."""
    return np.asarray(_R.rand(*shape) + 0.2, dtype)


def i(low, high, *shape, dtype=np.int32):
    """Integers in [low, high)."""
    return np.asarray(_R.randint(low, high, shape), dtype)


def b(*shape):
    """Truth values."""
    return _R.rand(*shape) > 0.5


def put(table, name, fn, arrays):
    """A case. The numbers of the next one start from this name: a new case changes only the one behind it."""
    assert name not in table, name
    table[name] = (fn, list(arrays))
    _R.seed(zlib.crc32(name.encode()))


def add(name, fn, *arrays):
    put(CORE, name, fn, arrays)


# ---- two operands ----

_SHAPES = {
    "": ((3, 4), (3, 4)),
    " row": ((2, 3, 4), (4,)),
    " both": ((3, 1), (1, 4)),
    " left": ((4,), (3, 4)),
    " scalar": ((), (3, 4)),
    " ranks": ((2, 1, 4, 1), (3, 1, 5)),
}
for _name, _fn, _left, _right in (
    ("Add", lambda x, y: x + y, n, n),
    ("Sub", lambda x, y: x - y, n, n),
    ("Mul", lambda x, y: x * y, n, n),
    ("RealDiv", lambda x, y: x / y, n, p),
    ("FloorDiv", lambda x, y: x // y, n, p),
    ("FloorMod", lambda x, y: x % y, n, p),
    ("Pow", lambda x, y: x**y, p, n),
    ("Maximum", lambda x, y: ops.maximum(x, y), n, n),
    ("Minimum", lambda x, y: ops.minimum(x, y), n, n),
):
    for _variant, (_s, _t) in _SHAPES.items():
        add(_name + _variant, _fn, _left(*_s), _right(*_t))
    for _variant, _dtype in FLOATS.items():
        add(f"{_name} {_variant}", _fn, _left(3, 4, dtype=_dtype), _right(4, dtype=_dtype))
    for _variant, _dtype in INTS.items():
        if _name != "Pow":
            _low = 0 if _variant == "u8" else -9
            add(f"{_name} {_variant}", _fn, i(_low, 9, 3, 4, dtype=_dtype), i(1, 5, 4, dtype=_dtype))
    add(f"{_name} f32 i32", _fn, _left(3, 4), i(1, 4, 4))
    add(f"{_name} i32 f32", _fn, i(1, 4, 3, 4), _right(4))
    add(f"{_name} f16 f32", _fn, _left(3, 4, dtype=np.float16), _right(4))
    add(f"{_name} f32 f64", _fn, _left(3, 4), _right(4, dtype=np.float64))
    add(f"{_name} i32 i64", _fn, i(1, 9, 3, 4), i(1, 4, 4, dtype=np.int64))
for _name, _fn in (("Maximum", lambda x, y: ops.maximum(x, y)), ("Minimum", lambda x, y: ops.minimum(x, y))):
    add(f"{_name} ties", _fn, np.round(n(4, 4)), np.round(n(4)))
add("FloorDiv negative", lambda x, y: x // y, i(-9, 9, 3, 4), np.array([-3, -2, 2, 5], np.int32))
add("FloorMod negative", lambda x, y: x % y, i(-9, 9, 3, 4), np.array([-3, -2, 2, 5], np.int32))
add("FloorMod negative floats", lambda x, y: x % y, n(3, 4) * 4, np.array([-3, -0.7, 2, 0.5], np.float32))
add("FloorDiv negative floats", lambda x, y: x // y, n(3, 4) * 4, np.array([-3, -0.7, 2, 0.5], np.float32))
add("Pow i32", lambda x, y: x**y, i(-3, 4, 3, 4), i(0, 4, 4))
add("Pow negative base", lambda x: x**3, n(3, 4))
add("Pow square", lambda x: x**2, n(3, 4))
add("Pow root", lambda x: x**0.5, p(3, 4))
add("Pow inverse", lambda x: x**-1.5, p(3, 4))
add("Pow number", lambda y: 2.0**y, n(3, 4))
for _name, _fn in (
    ("Add", lambda x: (x + 2, 2 + x, x + 1.5)),
    ("Sub", lambda x: (x - 2, 2 - x, 1.5 - x)),
    ("Mul", lambda x: (x * 2, 2 * x, x * 1.5)),
    ("RealDiv", lambda x: (x / 2, 2 / x, x / 1.5)),
    ("FloorDiv", lambda x: (x // 2, 7 // x)),
    ("FloorMod", lambda x: (x % 2, 7 % x)),
):
    add(f"{_name} numbers", _fn, p(3, 4))
    add(f"{_name} numbers i32", _fn, i(1, 9, 3, 4))
    add(f"{_name} numbers f16", _fn, p(3, 4, dtype=np.float16))

# ---- one operand ----

_UNARY = dict(
    Neg=ops.neg,
    Abs=ops.abs,
    Sign=ops.sign,
    Square=ops.square,
    Floor=ops.floor,
    Ceil=ops.ceil,
    Round=ops.round,
    Exp=ops.exp,
    Erf=ops.erf,
    Sin=ops.sin,
    Cos=ops.cos,
    ReLU=ops.relu,
    ReLU6=ops.relu6,
    Sigmoid=ops.sigmoid,
    Tanh=ops.tanh,
    SiLU=ops.silu,
)
_UNARY_POSITIVE = dict(Log=ops.log, Sqrt=ops.sqrt, Rsqrt=ops.rsqrt, Reciprocal=ops.reciprocal)
_WHOLE = dict.fromkeys(
    ("Neg", "Abs", "Square", "ReLU", "Sqrt", "Reciprocal"), tuple(INTS)
)  # what MindSpore does with integers
_WHOLE.update(Sign=("i32", "i64"), Round=("i32", "i64"))
for _table, _draw in ((_UNARY, n), (_UNARY_POSITIVE, p)):
    for _name, _op in _table.items():
        _fn = lambda x, _op=_op: _op(x)
        add(_name, _fn, _draw(3, 4) * 3)
        add(f"{_name} long", _fn, _draw(37))
        add(f"{_name} scalar", _fn, _draw())
        for _variant, _dtype in FLOATS.items():
            add(f"{_name} {_variant}", _fn, _draw(3, 4, dtype=_dtype))
        for _variant in _WHOLE.get(_name, ""):
            add(
                f"{_name} {_variant}",
                _fn,
                i(1 if _draw is p else 0 if _variant == "u8" else -5, 9, 3, 4, dtype=INTS[_variant]),
            )
        add(f"{_name} special", lambda x, _op=_op: ops.stop_gradient(_op(x)), SPECIAL)
add("Identity", lambda x: ops.Identity()(x), n(3, 4))
add("Identity i32", lambda x: ops.Identity()(x), i(0, 9, 3, 4))
add("StopGradient", lambda x: ops.stop_gradient(x * x) * x, n(3, 4))
add("StopGradient i32", lambda x: ops.stop_gradient(x), i(0, 9, 3, 4))
add("GeLU", lambda x: ops.gelu(x, "none"), n(3, 4) * 2)
add("GeLU tanh", lambda x: ops.gelu(x, "tanh"), n(3, 4) * 2)
add("GeLU f16", lambda x: ops.gelu(x, "none"), n(3, 4, dtype=np.float16))
add("GeLU f64", lambda x: ops.gelu(x, "none"), n(3, 4, dtype=np.float64))
add("Elu", lambda x: ops.elu(x), n(3, 4) * 2)
add("Elu alpha", lambda x: ops.elu(x, 0.7), n(3, 4) * 2)
for _variant, _dtype in FLOATS.items():
    add(f"Elu {_variant}", lambda x: ops.elu(x), n(3, 4, dtype=_dtype))

# ---- comparison, logic, choice, types ----

for _name, _fn in (
    ("Equal", lambda x, y: x == y),
    ("NotEqual", lambda x, y: x != y),
    ("Less", lambda x, y: x < y),
    ("LessEqual", lambda x, y: x <= y),
    ("Greater", lambda x, y: x > y),
    ("GreaterEqual", lambda x, y: x >= y),
):
    add(_name, _fn, np.round(n(3, 4)), np.round(n(3, 4)))
    for _variant, (_s, _t) in list(_SHAPES.items())[1:]:
        add(_name + _variant, _fn, np.round(n(*_s)), np.round(n(*_t)))
    for _variant, _dtype in {**FLOATS, **INTS}.items():
        add(f"{_name} {_variant}", _fn, i(0, 3, 3, 4, dtype=_dtype), i(0, 3, 4, dtype=_dtype))
    add(f"{_name} f32 i32", _fn, np.round(n(3, 4)), i(-1, 2, 4))
    add(f"{_name} special", _fn, SPECIAL.reshape(12, 1), SPECIAL)
    if "Equal" in _name and len(_name) < 9:
        add(f"{_name} bool", _fn, b(3, 4), b(4))
add("Equal numbers", lambda x: (x == 1, x > 0.5, 1 <= x), np.round(n(3, 4)))
for _name, _op in (("LogicalAnd", ops.logical_and), ("LogicalOr", ops.logical_or)):
    for _variant, (_s, _t) in _SHAPES.items():
        add(_name + _variant, lambda x, y, _op=_op: _op(x, y), np.asarray(b(*_s)), np.asarray(b(*_t)))
add("LogicalNot", lambda x: ops.logical_not(x), b(3, 4))
add("Select", lambda c, x, y: ops.select(c, x, y), b(3, 4), n(3, 4), n(3, 4))
add("Select both", lambda c, x, y: ops.where(c, x, y), b(3, 1), n(1, 4), n(2, 3, 4))
add("Select scalar", lambda c, x, y: ops.where(c, x, y), b(3, 4), n(), n(4))
add("Select number", lambda c, x: ops.where(c, x, 2.0), b(3, 4), n(3, 4))
for _variant, _dtype in {**FLOATS, **INTS}.items():
    add(
        f"Select {_variant}",
        lambda c, x, y: ops.select(c, x, y),
        b(3, 4),
        i(0, 9, 3, 4, dtype=_dtype),
        i(0, 9, 3, 4, dtype=_dtype),
    )
add("Select bool", lambda c, x, y: ops.select(c, x, y), b(3, 4), b(3, 4), b(3, 4))
_TYPES = dict(
    f32=ms.float32,
    f16=ms.float16,
    f64=ms.float64,
    i8=ms.int8,
    i16=ms.int16,
    i32=ms.int32,
    i64=ms.int64,
    u8=ms.uint8,
    bool=ms.bool_,
)
_DTYPES = {"f32": np.float32, **FLOATS, **INTS, "bool": np.bool_}
for _from, _dtype in _DTYPES.items():
    for _to, _type in _TYPES.items():
        if _from != _to:
            _x = np.array([0, 1, 1.75, 2.5, 100.25, 0.25, 127], np.float64)
            _x = _x if _from[0] == "u" or _to[0] == "u" or _from == "bool" else np.append(_x, [-1, -1.75, -2.5, -128])
            add(f"Cast {_from} {_to}", lambda x, _type=_type: ops.cast(x, _type), _x.astype(_dtype))
add("Cast", lambda x: ops.cast(x, ms.float16) * 2, n(3, 4))
add("Cast and back", lambda x: x.astype(ms.float64).astype(ms.float32) * x, n(3, 4))

# ---- over an axis ----

for _name, _op in (
    ("ReduceSum", ops.ReduceSum),
    ("ReduceMean", ops.ReduceMean),
    ("ReduceMax", ops.ReduceMax),
    ("ReduceMin", ops.ReduceMin),
):
    for _variant, _axis in (
        ("", ()),
        (" 0", 0),
        (" 1", 1),
        (" -1", -1),
        (" tuple", (0, 2)),
        (" -2 0", (-2, 0)),
        (" all", (0, 1, 2)),
    ):
        add(_name + _variant, lambda x, _op=_op, _axis=_axis: _op()(x, _axis), n(2, 3, 4))
        add(f"{_name}{_variant} keep", lambda x, _op=_op, _axis=_axis: _op(keep_dims=True)(x, _axis), n(2, 3, 4))
    add(f"{_name} long", lambda x, _op=_op: _op()(x, 1), n(3, 101))
    add(f"{_name} scalar", lambda x, _op=_op: _op()(x), n())
    add(
        f"{_name} special",
        lambda x, _op=_op: ops.stop_gradient(_op()(x, 1)),
        np.array([[1, np.inf], [-np.inf, 2]], np.float32),
    )
    for _variant, _dtype in {**FLOATS, **INTS}.items():
        add(f"{_name} {_variant}", lambda x, _op=_op: _op()(x, 1), i(0, 9, 3, 4, dtype=_dtype))
    add(f"{_name} f16 fractions", lambda x, _op=_op: _op()(x, 1), n(3, 4, dtype=np.float16))
add(
    "ReduceSum function",
    lambda x: (ops.sum(x), ops.sum(x, -1, True), x.sum((0, -1)), x.sum(axis=1, keepdims=True)),
    n(2, 3, 4),
)
add("ReduceSum function i32", lambda x: (ops.sum(x), x.sum(1)), i(-9, 9, 3, 4))
add("ReduceSum function u8", lambda x: (ops.sum(x), x.sum(1)), i(0, 200, 3, 4, dtype=np.uint8))
add("ReduceSum function bool", lambda x: (ops.sum(x), x.sum(1)), b(3, 4))
add("ReduceSum dtype", lambda x: ops.sum(x, 1, dtype=ms.float64), n(3, 4))
add(
    "ReduceMean function",
    lambda x: (ops.mean(x), ops.mean(x, -1, True), x.mean((0, -1)), x.mean(1, keep_dims=True)),
    n(2, 3, 4),
)
add(
    "ReduceMax function",
    lambda x: (ops.max(x)[0], ops.max(x, -1, True)[0], x.max(), x.max(1, keepdims=True)),
    n(2, 3, 4),
)
add("ReduceMax ties", lambda x: ops.ReduceMax()(x, 1), np.round(n(4, 6)))
add("ReduceMin ties", lambda x: ops.ReduceMin()(x, 1), np.round(n(4, 6)))
add(
    "ReduceMin function",
    lambda x: (ops.min(x)[0], ops.min(x, -1, True)[0], x.min(), x.min(1, keepdims=True)),
    n(2, 3, 4),
)
for _name, _op in (("Argmax", ops.argmax), ("Argmin", ops.argmin)):
    for _variant, _axis in (("", None), (" 0", 0), (" -1", -1), (" 1", 1)):
        add(_name + _variant, lambda x, _op=_op, _axis=_axis: _op(x, _axis), n(3, 4, 5))
    add(f"{_name} keep", lambda x, _op=_op: _op(x, 1, True), n(3, 4))
    add(f"{_name} ties", lambda x, _op=_op: _op(x, 1), np.round(n(5, 7)))
    for _variant, _dtype in {**FLOATS, **INTS}.items():
        add(f"{_name} {_variant}", lambda x, _op=_op: _op(x, 1), i(0, 9, 3, 7, dtype=_dtype))
add("Argmax type", lambda x: ops.Argmax(axis=0, output_type=ms.int64)(x), n(3, 4))
add("Argmax primitive", lambda x: ops.Argmax()(x), n(3, 4))
add("Argmin primitive", lambda x: ops.Argmin(axis=0)(x), n(3, 4))
add("Argmax method", lambda x: (x.argmax(0), x.argmin(1)), n(3, 4))
for _name, _op in (("Softmax", ops.softmax), ("LogSoftmax", ops.log_softmax)):
    for _axis in (0, 1, -1, -2):
        add(f"{_name} {_axis}", lambda x, _op=_op, _axis=_axis: _op(x, _axis), n(2, 3, 4) * 3)
    add(_name, lambda x, _op=_op: _op(x), n(5, 37) * 5)
    add(f"{_name} large", lambda x, _op=_op: _op(x), n(3, 4) * 100)
    for _variant, _dtype in FLOATS.items():
        add(f"{_name} {_variant}", lambda x, _op=_op: _op(x), n(3, 4, dtype=_dtype))

for _axis in (0, 1, -1):
    add(f"CumSum {_axis}", lambda x, _a=_axis: ops.CumSum()(x, _a), n(3, 4, 2))
add("CumSum exclusive", lambda x: ops.CumSum(True, False)(x, 1), n(3, 4))
add("CumSum reverse", lambda x: ops.CumSum(False, True)(x, 1), n(3, 4))
for _variant, _dtype in {**FLOATS, **INTS}.items():
    add(f"CumSum {_variant}", lambda x: ops.cumsum(x, 1), i(0, 9, 3, 4, dtype=_dtype))
    add(f"TopK {_variant}", lambda x: ops.TopK()(x, 2), np.array([[3, 1, 7, 9, 2], [8, 1, 0, 5, 4]], _dtype))
add("TopK", lambda x: ops.TopK()(x, 3), n(2, 3, 7))
add("TopK smallest", lambda x: ops.topk(x, 3, largest=False), n(4, 9))
add("TopK long", lambda x: ops.topk(x, 20), n(2, 300))

# ---- products ----

for _variant, (_s, _t) in {
    "": ((3, 4), (4, 5)),
    " vectors": ((4,), (4,)),
    " row": ((4,), (4, 5)),
    " column": ((3, 4), (4,)),
    " batch": ((2, 3, 4), (2, 4, 5)),
    " batch one": ((2, 3, 4), (4, 5)),
    " batch left": ((3, 4), (2, 4, 5)),
    " batch both": ((2, 1, 3, 4), (5, 4, 2)),
    " big": ((33, 65), (65, 17)),
}.items():
    add("MatMul" + _variant, lambda x, y: ops.matmul(x, y), n(*_s), n(*_t))
for _a, _b, _s, _t in ((True, False, (4, 3), (4, 5)), (False, True, (3, 4), (5, 4)), (True, True, (4, 3), (5, 4))):
    add(f"MatMul {_a} {_b}", lambda x, y, _a=_a, _b=_b: ops.MatMul(_a, _b)(x, y), n(*_s), n(*_t))
    add(f"MatMul batch {_a} {_b}", lambda x, y, _a=_a, _b=_b: ops.BatchMatMul(_a, _b)(x, y), n(2, *_s), n(2, *_t))
for _variant, _dtype in {**FLOATS, "i32": np.int32, "i64": np.int64}.items():
    add(f"MatMul {_variant}", lambda x, y: ops.matmul(x, y), i(-5, 5, 3, 4, dtype=_dtype), i(-5, 5, 4, 5, dtype=_dtype))
add("MatMul operator", lambda x, y: x @ y, n(3, 4), n(4, 5))
for _variant, _shape in {"": (2, 3), " 3": (2, 3, 4), " 4": (2, 3, 4, 5), " 5": (2, 3, 2, 2, 2)}.items():
    add("BiasAdd" + _variant, lambda x, y: ops.bias_add(x, y), n(*_shape), n(3))
for _variant, _dtype in {**FLOATS, "i32": np.int32}.items():
    add(f"BiasAdd {_variant}", lambda x, y: ops.bias_add(x, y), i(0, 5, 2, 3, dtype=_dtype), i(0, 5, 3, dtype=_dtype))

# ---- shapes ----

_MOVES = {
    "Reshape": (lambda x: ops.reshape(x, (4, 6)), (2, 3, 4)),
    "Reshape -1": (lambda x: ops.reshape(x, (3, -1, 2)), (2, 3, 4)),
    "Reshape scalar": (lambda x: ops.reshape(x, (1, 1)), ()),
    "Reshape method": (lambda x: x.reshape(2, -1), (2, 3, 4)),
    "Reshape view": (lambda x: x.view(6, 4), (2, 3, 4)),
    "Reshape flat": (lambda x: x.reshape(-1), (2, 3, 4)),
    "Flatten": (lambda x: ops.flatten(x), (2, 3, 4)),
    "Flatten start": (lambda x: ops.flatten(x, start_dim=0, end_dim=1), (2, 3, 4)),
    "Flatten primitive": (lambda x: ops.Flatten()(x), (2, 3, 4)),
    "ExpandDims": (lambda x: ops.expand_dims(x, 0), (2, 3)),
    "ExpandDims -1": (lambda x: ops.expand_dims(x, -1), (2, 3)),
    "ExpandDims -2": (lambda x: ops.expand_dims(x, -2), (2, 3)),
    "ExpandDims 2": (lambda x: ops.expand_dims(x, 2), (2, 3)),
    "Squeeze": (lambda x: ops.squeeze(x), (1, 2, 1, 3)),
    "Squeeze 0": (lambda x: ops.squeeze(x, 0), (1, 2, 1, 3)),
    "Squeeze -2": (lambda x: ops.squeeze(x, -2), (1, 2, 1, 3)),
    "Squeeze tuple": (lambda x: ops.squeeze(x, (0, 2)), (1, 2, 1, 3)),
    "Squeeze method": (lambda x: x.squeeze(0), (1, 2, 1)),
    "Transpose": (lambda x: ops.transpose(x, (2, 0, 1)), (2, 3, 4)),
    "Transpose two": (lambda x: ops.transpose(x, (1, 0)), (33, 18)),
    "Transpose negative": (lambda x: ops.transpose(x, (0, -1, -2)), (2, 3, 4)),
    "Transpose T": (lambda x: x.T, (2, 3, 4)),
    "Transpose method": (lambda x: x.transpose(1, 2, 0), (2, 3, 4)),
    "Transpose 4": (lambda x: ops.transpose(x, (0, 2, 3, 1)), (2, 3, 4, 5)),
    "Transpose swap": (lambda x: ops.swapaxes(x, -1, 0), (2, 3, 4)),
    "BroadcastTo": (lambda x: ops.broadcast_to(x, (2, 3, 4)), (3, 1)),
    "BroadcastTo -1": (lambda x: ops.broadcast_to(x, (5, -1, 4)), (3, 1)),
    "BroadcastTo scalar": (lambda x: ops.broadcast_to(x, (2, 3)), ()),
    "BroadcastTo one": (lambda x: ops.broadcast_to(x, (4, 3)), (1,)),
    "Tile": (lambda x: ops.tile(x, (2, 3)), (2, 3)),
    "Tile more": (lambda x: ops.tile(x, (2, 1, 3)), (2, 3)),
    "Tile fewer": (lambda x: ops.tile(x, (2,)), (2, 3)),
    "Tile ones": (lambda x: ops.tile(x, (1, 1)), (2, 3)),
    "StridedSlice": (lambda x: x[1:3, ::2], (4, 5)),
    "StridedSlice negative": (lambda x: x[-3:-1, 1:], (4, 5)),
    "StridedSlice rank 3": (lambda x: x[:, 1, 1:4:2], (2, 3, 5)),
    "StridedSlice ellipsis": (lambda x: x[..., -1], (2, 3, 4)),
    "StridedSlice none": (lambda x: x[:, None, 0], (2, 3)),
    "StridedSlice int": (lambda x: x[-1], (3, 4)),
    "StridedSlice function": (lambda x: ops.strided_slice(x, (1, 0, 2), (3, 3, 5), (1, 2, 1)), (4, 4, 6)),
    "StridedSlice slice": (lambda x: ops.slice(x, (1, 0), (2, 4)), (4, 5)),
    "StridedSlice narrow": (lambda x: ops.narrow(x, 1, 1, 2), (2, 5)),
    "StridedSlice split": (lambda x: ops.split(x, (1, 3, 1), -1), (2, 5)),
    "StridedSlice chunk": (lambda x: ops.chunk(x, 3, 1), (2, 7)),
    "StridedSlice unstack": (lambda x: ops.unstack(x, -1), (2, 3)),
    "StridedSlice reverse": (lambda x: ops.stop_gradient(x[::-1, 3:0:-2]), (4, 5)),
    "StridedSlice whole": (lambda x: x[:], (4, 5)),
}
for _name, (_fn, _shape) in _MOVES.items():
    add(_name, _fn, n(*_shape))
    add(f"{_name} i32", _fn, i(-9, 9, *_shape))
    if " " not in _name:
        for _variant, _dtype in {**FLOATS, "i8": np.int8, "i64": np.int64, "u8": np.uint8}.items():
            add(f"{_name} {_variant}", _fn, i(0, 9, *_shape, dtype=_dtype))
        add(f"{_name} bool", _fn, np.asarray(b(*_shape)))
for _variant, _axis in (("", 0), (" 1", 1), (" -1", -1), (" -2", -2)):
    add("Concat" + _variant, lambda *x, _axis=_axis: ops.concat(x, _axis), n(2, 3), n(2, 3), n(2, 3))
    add("Stack" + _variant, lambda *x, _axis=_axis: ops.stack(x, _axis), n(2, 3), n(2, 3), n(2, 3))
add("Concat sizes", lambda *x: ops.cat(x, 1), n(2, 1, 3), n(2, 4, 3), n(2, 2, 3))
add("Concat one", lambda x: ops.concat((x,), 0) * 2, n(2, 3))
for _variant, _dtype in {**FLOATS, **INTS}.items():
    add(f"Concat {_variant}", lambda *x: ops.concat(x, 1), i(0, 9, 2, 3, dtype=_dtype), i(0, 9, 2, 1, dtype=_dtype))
    add(f"Stack {_variant}", lambda *x: ops.stack(x, 1), i(0, 9, 2, 3, dtype=_dtype), i(0, 9, 2, 3, dtype=_dtype))
for _axis in (0, 1, -1):
    add(f"Gather {_axis}", lambda x, at, _axis=_axis: ops.gather(x, at, _axis), n(3, 4, 3), i(0, 3, 5))
    add(f"Gather matrix {_axis}", lambda x, at, _axis=_axis: ops.gather(x, at, _axis), n(3, 4, 3), i(0, 3, 2, 2))
add("Gather", lambda x, at: ops.gather(x, at, 0), n(6, 3), np.array([5, 0, 5, 5, 1], np.int32))
add("Gather scalar", lambda x, at: ops.gather(x, at, 1), n(3, 4), np.array(2, np.int32))
add("Gather i64 places", lambda x, at: ops.gather(x, at, 0), n(6, 3), i(0, 6, 4, dtype=np.int64))
for _variant, _dtype in {**FLOATS, **INTS}.items():
    add(f"Gather {_variant}", lambda x, at: ops.gather(x, at, 1), i(0, 9, 2, 3, dtype=_dtype), i(0, 3, 4))
for _axis in (0, 1, -1):
    add(
        f"OneHot {_axis}",
        lambda at, _axis=_axis: ops.OneHot(_axis)(at, 4, ms.Tensor(1.0, ms.float32), ms.Tensor(0.0, ms.float32)),
        i(0, 4, 3),
    )
    add(
        f"OneHot matrix {_axis}",
        lambda at, _axis=_axis: ops.OneHot(_axis)(at, 4, ms.Tensor(1.0, ms.float32), ms.Tensor(0.0, ms.float32)),
        i(0, 4, 2, 3),
    )
add("OneHot", lambda at: ops.one_hot(at, 5), i(0, 5, 4))
add("OneHot values", lambda at: ops.one_hot(at, 5, ms.Tensor(2.5, ms.float32), ms.Tensor(-1.0, ms.float32)), i(0, 5, 4))
add(
    "OneHot i64",
    lambda at: ops.one_hot(at, 5, ms.Tensor(1, ms.int32), ms.Tensor(0, ms.int32)),
    i(0, 5, 4, dtype=np.int64),
)
add(
    "OneHot outside",
    lambda at: ops.OneHot()(at, 3, ms.Tensor(1.0, ms.float32), ms.Tensor(0.0, ms.float32)),
    np.array([0, 3, -1, 2], np.int32),
)

# ---- layers ----

for _variant, _settings in {
    "": {},
    " same": dict(pad_mode="same"),
    " same stride": dict(pad_mode="same", stride=2),
    " pad": dict(pad_mode="pad", pad=(1, 2, 0, 1)),
    " pad one": dict(pad_mode="pad", pad=2, stride=(2, 1)),
    " dilation": dict(dilation=2),
    " dilation same": dict(pad_mode="same", dilation=(2, 1)),
    " stride": dict(stride=(1, 3)),
}.items():
    add("Conv2D" + _variant, lambda x, w, _s=_settings: ops.Conv2D(5, 3, **_s)(x, w), n(2, 4, 7, 8), n(5, 4, 3, 3))
add("Conv2D group", lambda x, w: ops.Conv2D(6, 3, group=2)(x, w), n(2, 4, 6, 6), n(6, 2, 3, 3))
add("Conv2D depthwise", lambda x, w: ops.Conv2D(4, 3, group=4, pad_mode="same")(x, w), n(2, 4, 6, 6), n(4, 1, 3, 3))
add("Conv2D 1x1", lambda x, w: ops.Conv2D(5, 1)(x, w), n(2, 4, 6, 6), n(5, 4, 1, 1))
add(
    "Conv2D oblong",
    lambda x, w: ops.Conv2D(5, (1, 4), pad_mode="same", stride=(2, 3))(x, w),
    n(1, 3, 5, 9),
    n(5, 3, 1, 4),
)
add(
    "Conv2D f16",
    lambda x, w: ops.Conv2D(5, 3)(x, w),
    i(-3, 3, 2, 4, 6, 6, dtype=np.float16),
    i(-3, 3, 5, 4, 3, 3, dtype=np.float16),
)
add("Conv2D f64", lambda x, w: ops.Conv2D(5, 3)(x, w), n(2, 4, 6, 6, dtype=np.float64), n(5, 4, 3, 3, dtype=np.float64))
for _variant, _settings in {
    "": dict(kernel_size=2),
    " stride": dict(kernel_size=3, stride=2),
    " pad": dict(kernel_size=3, stride=2, padding=1),
    " oblong": dict(kernel_size=(2, 3), stride=(1, 2)),
    " ceil": dict(kernel_size=2, stride=2, ceil_mode=True),
    " ceil pad": dict(kernel_size=3, stride=2, padding=1, ceil_mode=True),
}.items():
    add("MaxPool" + _variant, lambda x, _s=_settings: ops.max_pool2d(x, **_s), n(2, 3, 7, 8))
    add("AvgPool" + _variant, lambda x, _s=_settings: ops.avg_pool2d(x, **_s), n(2, 3, 7, 8))
add("AvgPool exclude", lambda x: ops.avg_pool2d(x, 3, 2, 1, count_include_pad=False), n(2, 3, 7, 8))
add("AvgPool divisor", lambda x: ops.avg_pool2d(x, 3, 2, 1, divisor_override=5), n(2, 3, 7, 8))
for _mode in ("same", "valid"):
    add(f"MaxPool {_mode}", lambda x, _m=_mode: ops.MaxPool(3, 2, _m)(x), n(2, 3, 7, 8))
    add(f"AvgPool {_mode}", lambda x, _m=_mode: ops.AvgPool(3, 2, _m)(x), n(2, 3, 7, 8))
add("MaxPool f16", lambda x: ops.MaxPool(2, 2)(x), n(2, 3, 6, 6, dtype=np.float16))
add("AvgPool f16", lambda x: ops.AvgPool(2, 2)(x), n(2, 3, 6, 6, dtype=np.float16))
add("MaxPool ties", lambda x: ops.MaxPool(2, 2)(x), np.round(n(2, 3, 6, 6)))
for _variant, _settings in {
    "": {},
    " epsilon": dict(epsilon=0.1),
    " training": dict(is_training=True),
    " training epsilon": dict(is_training=True, epsilon=0.1, momentum=0.3),
}.items():
    for _rank, _shape in (("", (4, 3, 2, 5)), (" 2", (6, 3))):
        add(
            f"BatchNorm{_variant}{_rank}",
            lambda x, g, h, _s=_settings: ops.BatchNorm(**_s)(
                x,
                g,
                h,
                ms.Parameter(ms.Tensor([0.1, 0.2, 0.3], ms.float32), name="mean"),
                ms.Parameter(ms.Tensor([1.0, 2.0, 0.5], ms.float32), name="var"),
            )[0],
            n(*_shape),
            n(3),
            n(3),
        )
for _variant, (_begin, _params, _eps, _shape) in {
    "": (1, 1, 1e-7, (12,)),
    " 2": (2, 2, 1e-7, (4,)),
    " -1": (-1, -1, 1e-5, (4,)),
    " two": (1, 1, 0.1, (3, 4)),
    " apart": (1, 2, 1e-5, (4,)),
}.items():
    _x = n(5, 12) if not _variant else n(2, 3, 4)
    add(
        "LayerNorm" + _variant,
        lambda x, g, h, _s=(_begin, _params, _eps): ops.LayerNorm(*_s)(x, g, h)[0],
        _x,
        n(*_shape),
        n(*_shape),
    )
add("LayerNorm all", lambda x, g, h: ops.LayerNorm(1, 1, 1e-5)(x, g, h), n(5, 12), n(12), n(12))
add(
    "LayerNorm f16",
    lambda x, g, h: ops.LayerNorm()(x, g, h)[0],
    *(n(*s, dtype=np.float16) for s in ((3, 4), (4,), (4,))),
)
for _reduction in ("mean", "sum", "none"):
    add(
        f"BCEWithLogitsLoss {_reduction}",
        lambda x, y, w, q, _r=_reduction: ops.BCEWithLogitsLoss(_r)(x, y, w, q),
        n(3, 4) * 3,
        np.asarray(b(3, 4), np.float32),
        p(3, 4),
        p(4),
    )
    add(
        f"BCEWithLogitsLoss function {_reduction}",
        lambda x, y, _r=_reduction: ops.binary_cross_entropy_with_logits(
            x, y, ops.ones_like(x), ops.ones_like(x), reduction=_r
        ),
        n(3, 4),
        p(3, 4),
    )
    for _variant, _settings in {"": {}, " smooth": dict(label_smoothing=0.2), " ignore": dict(ignore_index=1)}.items():
        add(
            f"CrossEntropy {_reduction}{_variant}",
            lambda x, at, _r=_reduction, _s=_settings: ops.cross_entropy(x, at, reduction=_r, **_s),
            n(6, 4) * 2,
            i(0, 4, 6),
        )
        add(
            f"CrossEntropy weight {_reduction}{_variant}",
            lambda x, at, w, _r=_reduction, _s=_settings: ops.cross_entropy(
                x, at, ops.stop_gradient(w), reduction=_r, **_s
            ),
            n(6, 4) * 2,
            i(0, 4, 6),
            p(4),
        )
        add(
            f"CrossEntropy probabilities {_reduction}{_variant}",
            lambda x, y, _r=_reduction, _s=_settings: ops.cross_entropy(x, ops.stop_gradient(y), reduction=_r, **_s),
            n(6, 4) * 2,
            p(6, 4),
        )
add(
    "BCEWithLogitsLoss f16",
    lambda *x: ops.BCEWithLogitsLoss("none")(*(ops.stop_gradient(v) for v in x)),
    *(p(3, 4, dtype=np.float16) for _ in range(4)),
)
add(
    "BatchNorm f16",
    lambda x: ops.BatchNorm()(x, *(ms.Tensor([0.5, 1.0, 2.0], ms.float32) for _ in range(4)))[0],
    n(4, 3, 2, 2, dtype=np.float16),
)
add("CrossEntropy f16", lambda x, at: ops.cross_entropy(x, at), n(6, 4, dtype=np.float16), i(0, 4, 6))
add("CrossEntropy image", lambda x, at: ops.cross_entropy(x, at), n(2, 4, 3, 2), i(0, 4, 2, 3, 2))
add("CrossEntropy row", lambda x, at: ops.cross_entropy(x, at), n(4), np.array(2, np.int32))
