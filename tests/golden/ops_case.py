"""Runs one op of ops_table.py and keeps inputs, outputs and gradients; the cases themselves are in ops_*.py."""

import numpy as np
from mindspore import Tensor, ops

from golden import host, normal, rng, tensor
from ops_table import TABLE

F16, F32, F64 = np.float16, np.float32, np.float64
I8, I16, I32, I64, U8 = np.int8, np.int16, np.int32, np.int64, np.uint8

rows = []

# Tolerance by op for float32, |got - want| <= tol * max(1, |want|); not listed = exact; tol_of() gives other types'.
# MindSpore's own error against float64 is under a half of each: its tanh is off by up to 1e-4, its exp by 5e-6, its
# erf by 3e-6, all others by a few units in the last place.
TOL = {
    1e-6: "Add Sub Mul RealDiv FloorMod Sqrt Square Reciprocal Maximum Minimum Abs Neg ReduceMax ReduceMin ReLU ReLU6 "
    "LeakyReLU MaxPool MSELoss BroadcastTo Tile Gather Concat Stack",
    1e-5: "Pow Exp Log Rsqrt Erf Sin Cos Sigmoid GeLU SiLU Elu Softmax LogSoftmax ReduceSum ReduceMean MatMul "
    "BiasAdd Conv2D AvgPool CrossEntropy BCEWithLogits",
    5e-5: "BatchNorm LayerNorm",
    3e-4: "Tanh",
}


def tol_of(op, inputs):
    """0 for ops that only move or compare; float16 keeps 11 bits; float64 is a million times as good as float32."""
    tol = next((t for t, names in TOL.items() if op in names.split()), 0)
    types = {x.dtype.type for x in inputs if x is not None}
    if tol and F16 in types:
        return 5e-3
    if tol and types <= {F64, I8, I16, I32, I64, U8, np.bool_}:
        return tol * 1e-6
    return tol


def is_float(a):
    return a is not None and np.issubdtype(a.dtype, np.floating)


def outputs_of(fn, tensors):
    y = fn(*tensors)
    return list(y) if isinstance(y, tuple) else [y]


def gradients(fn, inputs, tensors, cotangent):
    """d sum(output0 * cotangent) / d input, None for what has no gradient (absent or not floating)."""
    present = [i for i, t in enumerate(tensors) if t is not None]

    def first(*given):
        full = list(tensors)
        for i, t in zip(present, given):
            full[i] = t
        return outputs_of(fn, full)[0]

    found = ops.GradOperation(get_all=True, sens_param=True)(first)(*[tensors[i] for i in present], cotangent)
    grads = [None] * len(tensors)
    for i, g in zip(present, found):
        grads[i] = g if is_float(inputs[i]) else None
    return grads


def case(op, label, inputs, attrs=None, fn=None, grad=True, tol=None):
    """Run one case and keep it.

    inputs: arrays or None. grad: whether to record gradients (not where MindSpore's are wrong), or of how
    many of the first inputs. fn: instead of TABLE[op]. tol: instead of tol_of().
    """
    attrs = attrs or {}
    name = f"{op}/{label}"
    inputs = [None if x is None else np.asarray(x) for x in inputs]
    tensors = [None if x is None else Tensor(x) for x in inputs]
    fn = fn or TABLE[op](attrs)
    out = outputs_of(fn, tensors)
    cotangent, grads = None, [None] * len(inputs)
    if grad and is_float(host(out[0])) and any(is_float(x) for x in inputs):
        y = out[0]
        cotangent = Tensor(normal(rng(name + "/cotangent"), y.shape)).astype(y.dtype)
        grads = gradients(fn, inputs, tensors, cotangent)
        if grad is not True:
            grads = [g if i < grad else None for i, g in enumerate(grads)]
    keep(name, op, attrs, inputs, out, cotangent, grads, tol)


def keep(name, op, attrs, inputs, out, cotangent, grads, tol=None):
    rows.append(
        {
            "id": name,
            "op": op,
            "attrs": attrs,
            "inputs": [tensor(x) for x in inputs],
            "outputs": [tensor(y) for y in out],
            "cotangent": tensor(cotangent),
            "grads": [tensor(g) for g in grads],
            "tol": tol_of(op, inputs) if tol is None else tol,
        }
    )


def draw(label, *shapes, dtype=F32, scale=1.0, positive=False, low=None, high=None):
    """Seeded arrays for a case: normal, positive (at least 0.1), or integers in [low, high)."""
    gen, out = rng(label), []
    for s in shapes:
        if low is not None:
            out.append(np.asarray(gen.integers(low, high, size=s)).astype(dtype))
        elif positive:
            out.append((np.abs(normal(gen, s, F64, scale)) + 0.1).round(2).astype(dtype))
        else:
            out.append(normal(gen, s, dtype, scale))
    return out


def dims(*shapes):
    """Label of some shapes: (2, 3) and () -> "2x3_0d"."""
    return "_".join("x".join(map(str, s)) or "0d" for s in shapes)
