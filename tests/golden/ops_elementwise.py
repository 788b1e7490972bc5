"""Cases of elementwise ops: arithmetic, comparison, casts, and mixed element types."""

import numpy as np

from ops_case import F16, F32, F64, I8, I16, I32, I64, U8, case, dims, draw
from ops_table import OPERATORS


def elementwise():
    pairs = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1, 4), (3, 1)), ((), (2, 2)), ((1,), (5,)), ((), ())]
    for op in "Add Sub Mul RealDiv FloorDiv FloorMod Pow Maximum Minimum".split():
        for a, b in pairs:
            x, y = draw(op + dims(a, b), a, b, positive=op == "Pow", scale=2)
            case(op, dims(a, b), [x, np.where(y == 0, F32(0.5), y)])
        for t in (F16, F64):
            x, y = draw(op, (2, 3), (3,), dtype=t, positive=op == "Pow")
            case(op, np.dtype(t).name, [x, np.where(y == 0, t(0.5), y)])
        for t in (I8, U8, I32, I64):
            low = 1 if t is U8 or op == "Pow" else -9
            x, y = draw(op + "int", (2, 5), (5,), dtype=t, low=low, high=4 if op == "Pow" else 9)
            if op != "RealDiv":
                case(op, np.dtype(t).name, [x, np.where(y == 0, t(3), y)])
    inf, nan = np.inf, np.nan
    case("RealDiv", "special", [F32([1, -1, 0, inf, 1, nan]), F32([0, 0, 0, inf, inf, 1])])
    case("FloorDiv", "signs", [F32([7, -7, 7, -7, 0.5, -0.5]), F32([2, 2, -2, -2, 1, 1])])
    case("FloorDiv", "special", [F32([1, -1, 0, inf, 1]), F32([0, 0, 0, 2, inf])])
    case("FloorDiv", "signs_int", [I32([7, -7, 7, -7, 6, -6]), I32([2, 2, -2, -2, 3, 3])])
    case("FloorMod", "signs", [F32([7, -7, 7, -7, 0.5, -0.5]), F32([2, 2, -2, -2, 1, 1])])
    case("FloorMod", "signs_int", [I32([7, -7, 7, -7, 6, -6]), I32([2, 2, -2, -2, 3, 3])])
    case("Pow", "special", [F32([0, 0, -2, -2, 2, inf, 1, 4]), F32([0, 2, 3, 2, -1, -1, nan, 0.5])])
    case("Pow", "negative_base", [F32([-2, -0.5]), F32([0.5, 3])])
    for op in ("Maximum", "Minimum"):
        case(op, "ties", [F32([1, 2, 2, -3, 0]), F32([1, 1, 2, -3, -0.0])])
        case(op, "ties_broadcast", [F32([[1, 2], [2, 2]]), F32([2])])
        case(op, "infinite", [F32([1, inf, -inf]), F32([inf, -inf, inf])])
    for op in "Add Sub Mul".split():
        case(op, "wrap", [I8([127, -128, 100, -100]), I8([1, -1, 100, 100])])
        case(op, "special", [F32([inf, inf, nan, 0]), F32([inf, -inf, 1, inf])])


def unary():
    special = F32([0, -0.0, 1, -1, np.inf, -np.inf, np.nan])
    for op in "Neg Abs Sign Exp Log Sqrt Rsqrt Square Reciprocal Erf Sin Cos Floor Ceil Round".split():
        positive = op in ("Log", "Sqrt", "Rsqrt", "Reciprocal")
        for s in ((), (1,), (7,), (2, 3), (2, 1, 5)):
            case(op, dims(s), draw(op + dims(s), s, positive=positive, scale=2))
        for t in (F16, F64):
            case(op, np.dtype(t).name, draw(op, (2, 3), dtype=t, positive=positive))
        case(op, "special", [special[:-1] if op == "Sign" else special])
    for op in "Neg Abs Sign Square".split():
        for t in (I32, I64):
            case(op, np.dtype(t).name, [t([-5, 0, 7, -1])])
    for op in "Floor Ceil Round".split():
        case(op, "halves", [F32([-2.5, -1.5, -0.5, -0.2, 0.2, 0.5, 1.5, 2.5, 3.5])])
    case("Exp", "range", [F32([-104, -88, -20, -1e-8, 1e-8, 20, 88, 89])], tol=5e-5)
    case("Erf", "range", [F32([-6, -4, -3, -1e-6, 1e-6, 0.84, 2, 3.9, 6])])
    case("Sin", "large", [F32([100, -1000, 3.1415927, 1.5707964])])
    case("Cos", "large", [F32([100, -1000, 3.1415927, 1.5707964])])


def compare_and_select():
    for op in "Equal NotEqual Less LessEqual Greater GreaterEqual".split():
        for a, b in (((2, 3), (3,)), ((), (4,)), ((2, 1, 4), (3, 1))):
            case(op, dims(a, b), [np.round(v) for v in draw(op + dims(a, b), a, b)])
        for t in (F16, F64, I32, I64, I8, U8):
            case(op, np.dtype(t).name, draw(op, (2, 3), (2, 3), dtype=t, low=0, high=3))
        case(op, "special", [F32([np.nan, np.nan, np.inf, -np.inf, 0]), F32([np.nan, 1, np.inf, 0, -0.0])])
    case("Equal", "bool", [np.array([True, False, True]), np.array([True, True, False])])
    case("NotEqual", "bool", [np.array([True, False, True]), np.array([True, True, False])])
    p, q = np.array([[True, True, False], [False, True, False]]), np.array([True, False, False])
    for op in ("LogicalAnd", "LogicalOr"):
        case(op, "2x3", [p, ~p.T.reshape(2, 3)])
        case(op, "broadcast", [p, q])
        case(op, "0d", [np.array(True), np.array(False)])
    case("LogicalNot", "2x3", [p])
    case("LogicalNot", "0d", [np.array(False)])
    for s in ((), (5,), (2, 3)):
        x, y = draw("select" + dims(s), s, s)
        case("Select", dims(s), [np.asarray(np.round(x) > 0), x, y])
    x, y = draw("select", (2, 3), (3,))
    case("Select", "broadcast", [np.array([[True], [False]]), x, y])
    case("Select", "nan_not_taken", [q, F32([1, np.nan, 3]), F32([np.nan, 5, 6])])
    for t in (F16, F64, I32, I64):
        case("Select", np.dtype(t).name, [q] + draw("select", (3,), (3,), dtype=t, low=-5, high=5))


def cast():
    values = {
        F32: [0, 1.5, -1.5, 2.99, -0.4, 100],
        F16: [0, 1.5, -1.5, 2.99, -0.4, 100],
        F64: [0, 1.5, -1.5, 2.99, 0.1],
        I32: [0, 1, -1, 127, 100],
        I64: [0, 1, -1, 127, 100],
        I8: [0, 1, -1, 127, -128],
        U8: [0, 1, 200, 255],
        np.bool_: [True, False],
    }
    for t, v in values.items():
        unsigned_ok = np.min(v) >= 0
        for to in "Bool Int8 Int16 Int32 Int64 UInt8 Float16 BFloat16 Float32 Float64".split():
            if to != "UInt8" or unsigned_ok:
                case("Cast", f"{np.dtype(t).name}_to_{to}", [np.array(v, t)], {"dst_type": to})
    case("Cast", "0d", [F32(2.5)], {"dst_type": "Int32"})
    case("Cast", "half_rounding", [F32([65504, 65519, 65520, 1e-8, 6e-8, 2049, 2051, 1 / 3])], {"dst_type": "Float16"})
    case("Cast", "bfloat_rounding", [F32([1 / 3, 3.3895314e38, 257, 259, 1e-40])], {"dst_type": "BFloat16"})
    case("Cast", "wrap", [I32([300, -129, 128, 65535])], {"dst_type": "Int8"})
    case("Cast", "float_special", [F32([np.nan, np.inf, -np.inf, -0.0])], {"dst_type": "Float16"})
    case("Cast", "bool_special", [F32([np.nan, np.inf, -0.0, 1e-30])], {"dst_type": "Bool"})


def mixed():
    """Two element types, as the Python operators promote them: outputs[0].dtype is what is asked."""
    values = {
        F16: [1.5, -2, 3],
        F32: [1.5, -2.25, 3],
        F64: [0.1, -2, 3],
        I8: [5, -3, 2],
        U8: [5, 3, 2],
        I16: [5, -3, 2],
        I32: [7, -3, 2],
        I64: [7, -3, 2],
        np.bool_: [True, False, True],
    }
    some = [
        (F32, F16),
        (F16, F32),
        (F32, F64),
        (F32, I32),
        (I64, F16),
        (I32, I64),
        (U8, I8),
        (I8, I32),
        (np.bool_, F32),
        (I16, np.bool_),
        (I64, F32),
        (U8, F64),
    ]
    every = [(a, b) for a in values for b in values if a is not b]
    for op in OPERATORS:
        for a, b in every if op == "Add" else some:
            x, y = np.array(values[a], a), np.array(values[b], b)[::-1].copy()
            if op in ("RealDiv", "FloorDiv", "FloorMod", "Pow"):
                if np.bool_ in (a, b):
                    continue
                y = np.abs(y) if op == "Pow" else y
            case(
                op,
                f"mixed_{np.dtype(a).name}_{np.dtype(b).name}",
                [x, y],
                fn=OPERATORS[op],
                grad=op != "Pow",
                tol=5e-3 if F16 in (a, b) and op != "Equal" else 1e-6,
            )
    for t in (I8, U8, I32, I64):
        case(
            "RealDiv",
            f"mixed_{np.dtype(t).name}_{np.dtype(t).name}",
            [t([7, 1, 0]), t([2, 3, 5])],
            fn=OPERATORS["RealDiv"],
            tol=1e-6,
        )


def all_cases():
    for family in (elementwise, unary, compare_and_select, cast, mixed):
        family()
