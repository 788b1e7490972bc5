"""Cases of ops that reduce, multiply and rearrange arrays."""

import numpy as np

from ops_case import F16, F32, F64, I32, I64, U8, case, dims, draw


def reductions():
    for op in "ReduceSum ReduceMean ReduceMax ReduceMin".split():
        for s, axis, keep_dims in (
            ((), [], False),
            ((1,), [], False),
            ((7,), [0], False),
            ((7,), [], True),
            ((2, 3), [0], False),
            ((2, 3), [1], True),
            ((2, 3), [-1], False),
            ((2, 3, 4), [1], False),
            ((2, 3, 4), [0, 2], True),
            ((2, 3, 4), [], False),
            ((3, 1, 5), [1], False),
            ((2, 3, 4), [-1, -2], False),
        ):
            label = f"{dims(s)}_axis{'_'.join(map(str, axis)) or '_all'}{'_keep' if keep_dims else ''}"
            case(op, label, draw(op + label, s), {"axis": axis, "keep_dims": keep_dims})
        for t in (F16, F64, I32, I64):
            x = draw(op, (3, 4), dtype=t, low=-9, high=9)
            case(op, np.dtype(t).name, x, {"axis": [1], "keep_dims": False})
        nan = np.nan if op in ("ReduceSum", "ReduceMean") else -1
        case(op, "special", [F32([[1, nan], [np.inf, 1], [np.inf, -np.inf]])], {"axis": [1], "keep_dims": False})
    for op in ("ReduceMax", "ReduceMin"):
        case(op, "ties", [F32([[2, 2, 1], [1, 1, 1], [-1, 2, -1]])], {"axis": [1], "keep_dims": False})
        case(op, "ties_all", [F32([[2, -2, 1], [-2, -2, 2]])], {"axis": [], "keep_dims": False})
    for op in ("Argmax", "Argmin"):
        for s, axis in (((7,), 0), ((2, 3), 0), ((2, 3), -1), ((2, 3, 4), 1), ((1, 5), 0), ((3, 1), 1)):
            for keep_dims, to in ((False, "Int64"), (True, "Int32")):
                label = f"{dims(s)}_axis{axis}{'_keep' if keep_dims else ''}"
                case(op, label, draw(op + label, s), {"axis": axis, "keep_dims": keep_dims, "output_type": to})
        attrs = {"axis": 1, "keep_dims": False, "output_type": "Int64"}
        case(op, "ties", [F32([[2, 2, 1], [1, 3, 3], [0, -0.0, 0], [5, 1, 1]])], attrs)
        case(op, "infinite", [F32([[2, np.inf, 1], [-np.inf, -np.inf, 0]])], attrs)
        for t in (F16, F64):
            case(op, np.dtype(t).name, draw(op, (3, 4), dtype=t, low=-9, high=9), attrs)


def matmul():
    plain = {"transpose_a": False, "transpose_b": False}
    for a, b in (
        ((2, 3), (3, 4)),
        ((1, 1), (1, 1)),
        ((5, 1), (1, 3)),
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((4, 2, 3), (4, 3, 2)),
        ((4, 2, 3), (3, 2)),
        ((2, 3), (4, 3, 2)),
        ((2, 1, 2, 3), (3, 3, 2)),
        ((2, 2, 3), (3,)),
        ((3,), (2, 3, 2)),
        ((1, 2, 3), (5, 3, 1)),
    ):
        case("MatMul", dims(a, b), draw("matmul" + dims(a, b), a, b), plain)
    for ta, tb, a, b in (
        (True, False, (3, 2), (3, 4)),
        (False, True, (2, 3), (4, 3)),
        (True, True, (3, 2), (4, 3)),
        (True, False, (2, 3, 2), (2, 3, 4)),
        (False, True, (2, 2, 3), (1, 4, 3)),
        (True, True, (2, 1, 3, 2), (3, 4, 3)),
    ):
        label = f"{dims(a, b)}_{'t' if ta else 'n'}{'t' if tb else 'n'}"
        case("MatMul", label, draw("matmul" + label, a, b), {"transpose_a": ta, "transpose_b": tb})
    for t in (F16, F64, I32, I64):
        case("MatMul", np.dtype(t).name, draw("matmul", (3, 4), (4, 2), dtype=t, low=-5, high=5), plain)
    case("MatMul", "special", [F32([[np.inf, 0], [1, np.nan]]), F32([[0, 1], [2, 3]])], plain)
    for s in ((2, 3), (1, 1), (2, 3, 4), (2, 3, 2, 2)):
        case("BiasAdd", dims(s), draw("bias" + dims(s), s, (s[1],)))


def reshapes():
    for s, to in (((2, 3), (3, 2)), ((2, 3), (6,)), ((6,), (1, 6, 1)), ((2, 3, 4), (4, -1)), ((), (1, 1)), ((1,), ())):
        case("Reshape", f"{dims(s)}_to_{dims(to).replace('-1', 'rest')}", draw("reshape", s), {"shape": list(to)})
    for s in ((2, 3), (2, 3, 4), (2, 1, 2, 3), (3, 1)):
        case("Flatten", dims(s), draw("flatten", s))
    for s, perm in (
        ((2, 3), (1, 0)),
        ((2, 3, 4), (2, 0, 1)),
        ((2, 3, 4), (0, 2, 1)),
        ((2, 1, 3, 2), (0, 2, 3, 1)),
        ((5,), (0,)),
        ((2, 3, 4), (-1, 0, 1)),
    ):
        case("Transpose", f"{dims(s)}_{'_'.join(map(str, perm))}", draw("transpose", s), {"perm": list(perm)})
    for s, axis in (((2, 3), 0), ((2, 3), 1), ((2, 3), -1), ((), 0), ((5,), -2)):
        case("ExpandDims", f"{dims(s)}_axis{axis}", draw("expand", s), {"axis": axis})
    for s, axis in (
        ((1, 2, 1), []),
        ((1, 2, 1), [0]),
        ((1, 2, 1), [-1]),
        ((1, 2, 1), [0, 2]),
        ((1, 1), []),
        ((2, 3), []),
    ):
        case("Squeeze", f"{dims(s)}_axis{'_'.join(map(str, axis)) or '_all'}", draw("squeeze", s), {"axis": axis})
    for s, to in (((3,), (2, 3)), ((2, 1), (2, 4)), ((), (2, 2)), ((1, 3, 1), (2, 3, 2)), ((2, 1), (-1, 3))):
        case("BroadcastTo", f"{dims(s)}_to_{dims(to).replace('-1', 'same')}", draw("broadcast", s), {"shape": list(to)})
    for s, times in (((3,), (2,)), ((2, 3), (2, 1)), ((2, 3), (1, 3)), ((3,), (2, 2)), ((2, 1, 2), (1, 3, 2))):
        case("Tile", f"{dims(s)}_by_{dims(times)}", draw("tile", s), {"multiples": list(times)})
    for t in (F16, F64, I32, I64, U8):
        x = draw("reshape", (2, 3), dtype=t, low=0, high=9)
        case("Reshape", np.dtype(t).name, x, {"shape": [3, 2]})
        case("Transpose", np.dtype(t).name, x, {"perm": [1, 0]})
        case("Tile", np.dtype(t).name, x, {"multiples": [2, 1]})
        case("Concat", np.dtype(t).name, x + x, {"axis": 0})


def joins_and_picks():
    for shapes, axis in (
        (((2, 3), (2, 3)), 0),
        (((2, 3), (2, 1), (2, 2)), 1),
        (((2, 3), (1, 3)), -2),
        (((4,),), 0),
        (((1, 2, 2), (1, 3, 2)), 1),
    ):
        case("Concat", f"{dims(*shapes)}_axis{axis}", draw("concat", *shapes), {"axis": axis})
    for s, n, axis in (((3,), 2, 0), ((3,), 2, -1), ((2, 3), 3, 1), ((), 4, 0), ((2, 1), 1, 2)):
        case("Stack", f"{n}_of_{dims(s)}_axis{axis}", draw("stack", *[s] * n), {"axis": axis})
    for s, begin, end, strides in (
        ((7,), (2,), (5,), (1,)),
        ((7,), (0,), (7,), (3,)),
        ((7,), (-3,), (7,), (1,)),
        ((3, 4), (1, 1), (3, 3), (1, 1)),
        ((3, 4), (0, 3), (3, 0), (2, -1)),
        ((3, 4), (2,), (-4,), (-1,)),
        ((3, 4), (1,), (2,), (1,)),
        ((7,), (6,), (1,), (-2,)),
        ((7,), (6,), (-8,), (-1,)),
        ((2, 3, 4), (0, 1, 0), (2, 2, 4), (1, 1, 2)),
        ((3, 4), (0, 0), (99, 99), (1, 1)),
        ((3, 4), (-1, -2), (3, 4), (1, 1)),
    ):
        label = (
            f"{dims(s)}_from_{'_'.join(map(str, begin))}_to_{'_'.join(map(str, end))}_by_{'_'.join(map(str, strides))}"
        )
        case(
            "StridedSlice",
            label,
            draw("slice", s),
            {"begin": list(begin), "end": list(end), "strides": list(strides)},
            grad=min(strides) > 0,
        )  # of negative steps the gradient is wrong in 2.10.0
    for t in (F16, F64, I32, U8):
        case(
            "StridedSlice",
            np.dtype(t).name,
            draw("slice", (5,), dtype=t, low=0, high=9),
            {"begin": [1], "end": [4], "strides": [2]},
        )
    for s, index, axis in (
        ((5,), [0, 4, 2], 0),
        ((3, 4), [2, 0], 0),
        ((3, 4), [3, 3, 0], 1),
        ((3, 4), [[0, 1], [2, 2]], 0),
        ((3, 4), 1, 0),
        ((3, 4), 2, -1),
        ((2, 3, 2), [[1], [2]], 1),
        ((3, 4), [1, 1, 1], 0),
    ):
        case(
            "Gather",
            f"{dims(s)}_index{dims(np.shape(index))}_axis{axis}_{'_'.join(map(str, np.ravel(index)))}",
            draw("gather", s) + [I32(index)],
            {"axis": axis},
        )
    case("Gather", "int64_index", draw("gather", (3, 4)) + [I64([2, 0])], {"axis": 0})
    case("Gather", "negative_index", draw("gather", (3, 4)) + [I32([-1, 0, -3])], {"axis": 0}, grad=False)
    for t in (F16, F64, I32, U8):
        case("Gather", np.dtype(t).name, draw("gather", (3, 2), dtype=t, low=0, high=9) + [I32([2, 0])], {"axis": 0})
    for index, depth, axis, t in (
        ([0, 2, 1], 3, -1, "Float32"),
        ([0, 2, 1], 3, 0, "Float32"),
        ([[0, 1], [2, 3]], 4, -1, "Float32"),
        ([[0, 1], [2, 3]], 4, 1, "Float32"),
        ([0, 5, -1, 2], 3, -1, "Float32"),
        (1, 3, -1, "Float32"),
        ([0, 1], 2, -1, "Float16"),
        ([0, 1], 3, -1, "Int32"),
        ([0, 1], 3, -1, "Int64"),
        ([0, 0], 1, -1, "Float32"),
    ):
        case(
            "OneHot",
            f"{'_'.join(map(str, np.ravel(index)))}_{dims(np.shape(index))}_axis{axis}_{t}",
            [I32(index)],
            {"depth": depth, "axis": axis, "dtype": t},
        )


def all_cases():
    for family in (reductions, matmul, reshapes, joins_and_picks):
        family()
