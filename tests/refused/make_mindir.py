"""Writes tests/refused/mindir/: graphs that must be refused, one fault each, and what must be said about them.

Run from the root of the source: python3 tests/refused/make_mindir.py
"""

import os
import struct

FOLDER = os.path.join(os.path.dirname(__file__), "mindir")
expected = []


def varint(n):
    out = b""
    n &= (1 << 64) - 1
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def number(field_number, n):
    return varint(field_number << 3) + varint(n)


def field(field_number, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field_number << 3 | 2) + varint(len(data)) + data


def tensor(dims=(2,), type_=1, name=None, raw=None, extra=b""):
    out = b"".join(number(1, d) for d in dims) + (number(2, type_) if type_ is not None else b"")
    out += field(7, name) if name else b""
    return out + (field(9, raw) if raw is not None else b"") + extra


def value_info(name="x", t=None, extra=b""):
    return (field(1, name) if name else b"") + (field(2, tensor((2,)) if t is None else t) if t != b"" else b"") + extra


def attr(name, type_, payload=b""):
    return field(1, name) + number(16, type_) + payload


def node(op, inputs=(), outputs=("y",), attributes=(), domain="Default/here"):
    out = b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs)
    out += field(4, op) if op else b""
    return out + b"".join(field(5, a) for a in attributes) + field(7, domain)


def constant(name, a):
    return node("Constant", (), (name,), (a,))


W = struct.pack("<2f", 1, 2)
ADD = node("REF::Add:1", ("x", "w"))
PRIMITIVE = field(1, "Add:1") + field(2, "Add")


def graph(inputs=None, params=None, nodes=None, outputs=("y",), extra=b""):
    inputs = [value_info()] if inputs is None else inputs
    params = [tensor((2,), 1, "w", W)] if params is None else params
    nodes = [ADD] if nodes is None else nodes
    return (
        b"".join(field(1, n) for n in nodes)
        + field(2, "net")
        + b"".join(field(3, p) for p in params)
        + b"".join(field(5, i) for i in inputs)
        + b"".join(field(6, value_info(o, b"")) for o in outputs)
        + extra
    )


def model(g=None, primitives=(PRIMITIVE,), version=1, endian=1, extra=b""):
    out = field(2, "MindSpore") + field(5, "2.0.0")
    out += field(7, graph() if g is None else g) if g != b"" else b""
    out += number(10, endian) + b"".join(field(12, p) for p in primitives) + number(13, version)
    return out + extra


def refuse(name, data, status, says):
    with open(os.path.join(FOLDER, name + ".mindir"), "wb") as f:
        f.write(data)
    expected.append(f"{name}.mindir\t{status}\t{says}\n")


def operator(op, says, inputs=("x",), attributes=(), constants=(), status="FORMAT", name=None, t=None, params=()):
    """A graph of one operator."""
    g = graph([value_info("x", t)], list(params), list(constants) + [node("REF::p", inputs)])
    refuse(
        name or op.lower(),
        model(g, (field(1, "p") + field(2, op) + b"".join(field(3, a) for a in attributes),)),
        status,
        says,
    )


os.makedirs(FOLDER, exist_ok=True)
good = model()

# The file
refuse("empty", b"", "FORMAT", "is empty")
refuse("html", b"<!DOCTYPE html><html></html>", "FORMAT", "byte 1: a field has an unknown wire type")
refuse("cut", good[:-40], "FORMAT", "runs past the end")
refuse("encrypted", b"\xd9\x5e\x3a\x7f" + bytes(40), "UNSUPPORTED", "is encrypted (AES-CBC)")
refuse("big_endian", model(endian=0), "UNSUPPORTED", "is big endian")
refuse("version_4", model(version=4), "UNSUPPORTED", "mind_ir_version 4, expected 0 to 3")
refuse("version_negative", model(version=-1), "UNSUPPORTED", "mind_ir_version -1")
refuse("no_graph", model(b""), "FORMAT", "holds no graph")
refuse("name_not_utf8", model(graph([value_info(b"\xff\xfe")])), "FORMAT", "a text is not UTF-8")
deep = attr("value", 20)
for _ in range(100):
    deep = attr("value", 20, field(17, deep))
refuse("nested_too_deep", model(graph(nodes=[constant("c", deep), ADD])), "FORMAT", "messages are nested too deep")
refuse("empty_nodes", model(graph(nodes=[b""] * 40000)), "FORMAT", "node 0 has 0 outputs")

# Inputs, parameters, outputs
refuse("input_without_name", model(graph([value_info(None)])), "FORMAT", "input 0 has no name")
refuse("input_without_type", model(graph([value_info("x", b"")])), "FORMAT", "input 'x' has no type")
refuse("input_of_text", model(graph([value_info("x", tensor((2,), 8))])), "UNSUPPORTED", "input 'x' has element type 8")
refuse("input_of_nine_dims", model(graph([value_info("x", tensor((1,) * 9))])), "UNSUPPORTED", "has 9 dimensions")
refuse("input_of_minus_two", model(graph([value_info("x", tensor((-2,)))])), "FORMAT", "has the invalid shape (-2,)")
refuse("input_twice", model(graph([value_info(), value_info()])), "FORMAT", "'x' is defined twice")
refuse("parameter_without_name", model(graph(params=[tensor((2,), 1, None, W)])), "FORMAT", "parameter 0 has no name")
refuse("parameter_without_type", model(graph(params=[tensor((2,), None, "w", W)])), "UNSUPPORTED", "has element type 0")
refuse("parameter_without_elements", model(graph(params=[tensor((2,), 1, "w")])), "FORMAT", "0 bytes for Float32 (2,)")
refuse("parameter_too_short", model(graph(params=[tensor((2,), 1, "w", W[:7])])), "FORMAT", "7 bytes for Float32 (2,)")
refuse(
    "parameter_too_long", model(graph(params=[tensor((2,), 1, "w", W + b"\0")])), "FORMAT", "9 bytes for Float32 (2,)"
)
refuse(
    "parameter_of_any_size", model(graph(params=[tensor((-1,), 1, "w", W)])), "FORMAT", "has the invalid shape (-1,)"
)
refuse("parameter_overflows", model(graph(params=[tensor((1 << 40, 1 << 40), 1, "w", W)])), "FORMAT", "invalid shape")
refuse("parameter_twice", model(graph(params=[tensor((2,), 1, "w", W)] * 2)), "FORMAT", "'w' is defined twice")
refuse(
    "parameter_compressed", model(graph(params=[tensor((2,), 1, "w", W, number(16, 1))])), "UNSUPPORTED", "compressed"
)
refuse(
    "parameter_quantised", model(graph(params=[tensor((2,), 1, "w", W, field(17, b""))])), "UNSUPPORTED", "quantised"
)
refuse(
    "parameter_of_bool_two", model(graph(params=[tensor((2,), 9, "w", b"\1\2")])), "FORMAT", "element 1 of Bool is 2"
)
refuse("hash_table", model(graph(extra=field(10, b""))), "UNSUPPORTED", "hash-table parameters")
refuse("no_output", model(graph(outputs=())), "FORMAT", "the graph has no output")
refuse(
    "output_not_defined", model(graph(outputs=("z",))), "FORMAT", "'z', which the output uses, is not defined before"
)


def elsewhere(location, offset=64, length=8):
    external = field(1, location) + number(2, offset) + number(3, length)
    return model(graph(params=[tensor((2,), 1, "w", None, field(12, external))]))


refuse("file_absolute", elsewhere("/etc/passwd"), "FORMAT", "'/etc/passwd' is not inside its folder")
refuse("file_above", elsewhere("../make_mindir.py"), "FORMAT", "'../make_mindir.py' is not inside its folder")
refuse("file_above_within", elsewhere("sub/../../make_mindir.py"), "FORMAT", "is not inside its folder")
refuse("file_missing", elsewhere("no_such_file"), "IO", "'no_such_file' cannot be found")
refuse("file_of_other_kind", elsewhere("expected.txt"), "FORMAT", "does not begin as a data file")
refuse("file_of_wrong_length", elsewhere("data_0.bin", 64, 4), "FORMAT", "4 bytes for Float32 (2,)")
refuse("file_beyond_end", elsewhere("data_0.bin", 72), "FORMAT", "are not in 'data_0.bin' (72 bytes)")
refuse("file_offset_in_header", elsewhere("data_0.bin", 0), "FORMAT", "are not in 'data_0.bin'")
refuse("file_offset_negative", elsewhere("data_0.bin", -8), "FORMAT", "are not in 'data_0.bin'")
with open(os.path.join(FOLDER, "data_0.bin"), "wb") as data_file:
    data_file.write(b"\1" + bytes(63) + W)

# What must be read: tests/fixtures/external, the elements of w in another file.
EXTERNAL = os.path.join(os.path.dirname(__file__), "..", "fixtures", "external")
os.makedirs(os.path.join(EXTERNAL, "net_variables"), exist_ok=True)
with open(os.path.join(EXTERNAL, "net_graph.mindir"), "wb") as graph_file:
    graph_file.write(elsewhere("net_variables/data_0"))
with open(os.path.join(EXTERNAL, "net_variables", "data_0"), "wb") as data_file:
    data_file.write(b"\1" + bytes(63) + W)

# Nodes
refuse(
    "node_without_operator",
    model(graph(nodes=[node(None, ("x", "w"))])),
    "FORMAT",
    "node 0 has 1 outputs and no operator",
)
refuse(
    "node_without_output", model(graph(nodes=[node("REF::Add:1", ("x", "w"), ())])), "FORMAT", "node 0 has 0 outputs"
)
refuse(
    "node_uses_undefined",
    model(graph(nodes=[node("REF::Add:1", ("x", "v"))])),
    "FORMAT",
    "'v', which Default/here uses",
)
refuse(
    "node_uses_itself", model(graph(nodes=[node("REF::Add:1", ("x", "y"))])), "FORMAT", "'y', which Default/here uses"
)
refuse(
    "node_uses_later",
    model(graph(nodes=[node("REF::Add:1", ("x", "z")), node("REF::Add:1", ("x", "w"), ("z",))])),
    "FORMAT",
    "'z', which Default/here uses, is not defined before",
)
refuse("node_twice", model(graph(nodes=[ADD, ADD])), "FORMAT", "'y' is defined twice")
refuse("primitive_twice", model(primitives=(PRIMITIVE, PRIMITIVE)), "FORMAT", "two primitives are named 'Add:1'")
refuse("primitive_without_operator", model(primitives=(field(1, "Add:1"),)), "FORMAT", "primitive 0 has no operator")
refuse("primitive_missing", model(primitives=()), "UNSUPPORTED", "a call of 'Add:1' (Default/here)")
refuse(
    "function_call",
    model(graph(nodes=[node("REF::loop", ("x",))]), extra=field(8, field(2, "loop"))),
    "UNSUPPORTED",
    "a call of the function 'loop' (Default/here)",
)
several = [node("REF::a", ("x",), ("y1",), (), "Default/one"), node("REF::b", ("y1",), ("y2",), (), "Default/two"), ADD]
refuse(
    "operators_unknown",
    model(graph(nodes=several), (PRIMITIVE, field(1, "a") + field(2, "LSTM"), field(1, "b") + field(2, "Assign"))),
    "UNSUPPORTED",
    "2 operators are not supported: LSTM (Default/one), Assign (Default/two)",
)
refuse("shapes_do_not_fit", model(graph([value_info("x", tensor((3,)))])), "SHAPE", "in Default/here")
refuse(
    "types_do_not_fit",
    model(graph(params=[tensor((2,), 12, "w", bytes(8))], inputs=[value_info("x", tensor((2,), 6))])),
    "DTYPE",
    "in Default/here",
)

# Operators
t22 = tensor((2, 2))
three = constant("c", attr("value", 7, number(3, 3)))
pair = constant("c", attr("value", 20, field(17, number(16, 7) + number(10, 1)) * 2))
operator("ReLU", "0 arguments", (), status="VALUE", name="too_few_arguments")
operator("MakeTuple", "an output is no tensor", ("c",), (), (three,), "UNSUPPORTED", "output_of_numbers")
operator("TupleGetItem", "no item 3 of a tuple", ("x", "c"), (), (three,), name="item_of_no_tuple")
operator("Concat", "argument 1 is no tuple of tensors", name="concat_of_tensor")
operator("Softmax", "axis is no tuple of integers", ("x",), (attr("axis", 8, field(5, "last")),), name="axis_of_text")
operator("Softmax", "2 axes, 1 is supported", ("x", "c"), (), (pair,), "UNSUPPORTED", "softmax_of_two_axes", t22)
operator("Softmax", "axis 3 for shape (2,)", ("x", "c"), (), (three,), "VALUE", "axis_out_of_range")
operator("Reshape", "shape is computed in the graph", ("x", "x"), (), (), "UNSUPPORTED", "shape_is_computed")
operator("Reshape", "reshape: (2,) has 2 elements and does not become (3,)", ("x", "c"), (), (three,), "SHAPE")
operator("Cast", "no target type")
operator(
    "Cast", "dst_type is type 3, which is not supported", ("x", "c"), (), (three,), "UNSUPPORTED", "cast_to_unknown"
)
operator(
    "BatchNorm",
    "a graph exported in training mode",
    ("x",) * 5,
    (attr("is_training", 9, number(3, 1)),),
    (),
    "UNSUPPORTED",
    "batch_norm_training",
)
operator("Dropout", "1 operator is not supported: Dropout (Default/here)", status="UNSUPPORTED")
operator("Conv2D", "pad_mode 'mirror'", ("x", "x"), (attr("pad_mode", 8, field(5, "mirror")),), (), "UNSUPPORTED")
operator("MaxPool", "format 'NHWC', expected NCHW", ("x",), (attr("format", 8, field(5, "NHWC")),), (), "UNSUPPORTED")
operator("StridedSlice", "0 begins, 0 ends, 1 strides", ("x",), (attr("strides", 7, number(3, 1)),))
operator("Split", "(2,) into 0 parts", ("x",), (attr("output_num", 7, number(3, 0)),), (), "SHAPE")
operator("GatherGrad", "GatherGrad (Default/here)", status="UNSUPPORTED")
tuples = [node("REF::t", ("x", "x"), ("t0",))] + [node("REF::t", (f"t{k}", f"t{k}"), (f"t{k + 1}",)) for k in range(12)]
refuse(
    "tuples_grow_without_end",
    model(graph(nodes=tuples, outputs=("t12",)), (field(1, "t") + field(2, "MakeTuple"),)),
    "UNSUPPORTED",
    "more outputs than are supported",
)


# Settings of the new form are inputs behind the data: constants
def tuple_of(*values, type_=20, of=7, at=10):
    return attr("value", type_, b"".join(field(17, number(16, of) + number(at, v)) for v in values))


def integer(v):
    return attr("value", 7, number(3, v))


def text(s):
    return attr("value", 8, field(5, s))


NONE = attr("value", 25)
T4 = tensor((2, 4, 1))
W4 = tensor((4,), 1, "w", W + W)
IMAGE = tensor((1, 1, 3, 3))


def with_settings(op, says, settings, status="VALUE", name=None, inputs=("x",), **more):
    constants = [constant(f"c{k}", a) for k, a in enumerate(settings)]
    operator(op, says, (*inputs, *(f"c{k}" for k in range(len(settings)))), (), constants, status, name, **more)


with_settings("FlattenExt", "axes 1 to 0", (integer(1), integer(0)), name="flatten_backwards", t=t22)
with_settings("FlattenExt", "axis 5 for shape (2, 2)", (integer(0), integer(5)), name="flatten_end", t=t22)
with_settings("LayerNormExt", "the shape does not fit", (tuple_of(1, 2, 2), NONE, NONE), "UNSUPPORTED", t=t22)
with_settings(
    "LayerNormExt", "the shape does not fit", (tuple_of(), NONE, NONE), "UNSUPPORTED", "layer_norm_of_nothing"
)
with_settings("LayerNormExt", "argument 1 is no tensor", (integer(1),), "FORMAT", "layer_norm_of_number", ())
for name, groups, t in (("groups_0", 0, T4), ("groups_3", 3, T4), ("groups_of_vector", 1, tensor((4,)))):
    with_settings("GroupNorm", f"{groups} groups of ", (integer(groups),), "SHAPE", name, ("x",), t=t)
for name, last in (("groups_0_of_4", 0), ("groups_3_of_4", 3)):
    operator(
        "GroupNorm",
        f"{last} groups of (2, 4, 1)",
        ("x", "c", "w", "w"),
        (),
        (constant("c", integer(last)),),
        "SHAPE",
        name,
        T4,
        (W4,),
    )
operator(
    "GroupNorm",
    "1 groups of (4,)",
    ("x", "c", "w", "w"),
    (),
    (constant("c", integer(1)),),
    "SHAPE",
    "groups_of_one_axis",
    tensor((4,)),
    (W4,),
)
operator(
    "GroupNorm",
    "2 groups of (2, 4, 1)",
    ("x", "c", "w", "n"),
    (),
    (constant("c", integer(2)), constant("n", NONE)),
    "SHAPE",
    "groups_without_beta",
    T4,
    (W4,),
)
with_settings("Slice", "1 begins and 2 sizes", (tuple_of(0), tuple_of(1, 1)), "FORMAT", "slice_counts")
with_settings("Slice", "0 begins and 0 sizes", (tuple_of(), tuple_of()), "FORMAT", "slice_of_nothing")
for name, begin, size in (("begin", -1, 1), ("size", 0, -2), ("begin_huge", 1 << 31, 1), ("size_huge", 0, 1 << 31)):
    with_settings("Slice", f"begin {begin}, size {size}", (tuple_of(begin), tuple_of(size)), name="slice_" + name)
nine = tensor((1,) * 8)
operator(
    "GatherD",
    "the index does not fit (1, 1, 1, 1, 1, 1, 1, 1)",
    ("x", "c", "x"),
    (),
    (constant("c", integer(0)),),
    "SHAPE",
    t=nine,
)
operator(
    "OneHot", "argument 1 is no tensor", ("c", "c", "w", "w"), (), (three,), "FORMAT", params=(tensor((2,), 1, "w", W),)
)
pads = attr("pad_mode", 8, field(5, "PAD"))
for op in ("MaxPool", "AvgPool"):
    operator(
        op, "pad is none of height and width", ("x",), (pads,), (), "UNSUPPORTED", f"{op.lower()}_without_pad", IMAGE
    )
    operator(
        op,
        "strides is none of a window",
        ("x",),
        (field(1, "strides") + number(16, 20) + field(17, number(16, 7) + number(10, 1)) * 6,),
        (),
        "UNSUPPORTED",
        f"{op.lower()}_strides",
        IMAGE,
    )
operator(
    "LayerNorm",
    "an argument is None",
    ("x", "n", "w"),
    (),
    (constant("n", NONE),),
    "FORMAT",
    "layer_norm_without_gamma",
    params=(tensor((2,), 1, "w", W),),
)
operator(
    "LayerNorm",
    "an argument is None",
    ("x", "w", "n"),
    (),
    (constant("n", NONE),),
    "FORMAT",
    "layer_norm_without_beta",
    params=(tensor((2,), 1, "w", W),),
)
operator("Split", "an argument is None", ("n",), (), (constant("n", NONE),), "FORMAT", "split_of_none")
with_settings(
    "Transpose",
    "perm is no tuple of integers",
    (attr("value", 19, field(12, tensor((1,), 1, None, W[:4]))),),
    "FORMAT",
    "perm_of_floats",
)
with_settings("Transpose", "perm has 9 numbers, at most 8", (tuple_of(*range(9)),), "UNSUPPORTED", "perm_of_nine")
with_settings(
    "Transpose",
    "perm is no tuple of integers",
    (attr("value", 19, field(12, tensor((9,), 7, None, bytes(72)))),),
    "FORMAT",
    "perm_of_nine_in_a_tensor",
)
with_settings("Muls", "other is no number", (text("two"),), "FORMAT", "number_of_text")
with_settings("Muls", "other is no number", (attr("value", 1),), "FORMAT", "number_missing")
with_settings("Muls", "other is no number", (attr("value", 11),), "FORMAT", "double_missing")
with_settings(
    "Muls", "other is no number", (attr("value", 19, field(12, tensor((2,), 1, None, W))),), "FORMAT", "number_of_two"
)
operator(
    "Elu",
    "alpha is no number",
    ("x",),
    (attr("alpha", 19, field(12, tensor((2,), 8, None, W))),),
    (),
    "FORMAT",
    "number_of_no_type",
)
refuse(
    "arguments_without_end",
    model(graph(nodes=[node("REF::p", ("x",) * 4097)]), (field(1, "p") + field(2, "ReLU"),)),
    "UNSUPPORTED",
    "4097 arguments, at most 4096",
)
nested = [node("REF::t", (f"t{k}" if k else "x",), (f"t{k + 1}",)) for k in range(18)]
refuse(
    "tuples_nested_too_deep",
    model(graph(nodes=nested, outputs=("t18",)), (field(1, "t") + field(2, "MakeTuple"),)),
    "UNSUPPORTED",
    "an output is no tensor",
)


def nowhere(**names):
    """A node without a domain: what it is called then."""
    out = (
        field(1, "x")
        + field(1, "v")
        + b"".join(field(3, n) for n in names.values())
        + field(2, "out")
        + field(4, "REF::Add:1")
    )
    return model(graph(nodes=[out], outputs=("out",)))


refuse("node_of_no_domain", nowhere(name="added"), "FORMAT", "'v', which added uses")
refuse("node_of_no_name", nowhere(), "FORMAT", "'v', which out uses")
# ---- what must be read: tests/fixtures/mindir_forms.pack, forms that no export of ours has, with NumPy's results ----
import io  # noqa: E402

import numpy as np  # noqa: E402

X = np.linspace(-2, 3, 12, dtype=np.float32).reshape(3, 4)
TYPES = {np.float32: 1, np.float64: 17, np.int64: 7}
pack = []


def array_file(a):
    f = io.BytesIO()
    np.save(f, np.array(a, order="C"))
    return f.getvalue()


def read(name, data, inputs, *results):
    files = [(name + ".mindir", data)]
    files += [(f"{name}.in{k}.npy", array_file(a)) for k, a in enumerate(inputs)]
    files += [(f"{name}.out{k}.npy", array_file(a)) for k, a in enumerate(results)]
    pack.append(b"".join(f"{len(d)} {n}\n".encode() + d for n, d in files))


def read_operator(name, op, settings, *results, x=X, attributes=(), first=False):
    """One operator; first: its first result alone, the others are not supported."""
    constants = [constant(f"c{k}", a) for k, a in enumerate(settings)]
    info = value_info("x", tensor(x.shape, TYPES[x.dtype.type]))
    nodes = [*constants, node("REF::p", ("x", *(f"c{k}" for k in range(len(settings)))), ("all" if first else "y",))]
    if first:
        nodes += [constant("zero", integer(0)), node("TupleGetItem", ("all", "zero"))]
    primitive = field(1, "p") + field(2, op) + b"".join(field(3, a) for a in attributes)
    read(name, model(graph([info], [], nodes), (primitive,)), [x], *results)


def of_tensor(a):
    return attr("value", 19, field(12, tensor(a.shape, TYPES[a.dtype.type], None, a.tobytes())))


def real(v, type_=11, singular=True):
    code, number_at = ("<d", 4 if singular else 9) if type_ == 11 else ("<f", 2 if singular else 8)
    return attr("value", type_, varint(number_at << 3 | (1 if type_ == 11 else 5)) + struct.pack(code, v))


read_operator("slice", "Slice", (tuple_of(0, 1), tuple_of(-1, 2)), X[:, 1:3])
read_operator("ones_like", "OnesLikeExt", (integer(44),), np.ones((3, 4)))
read_operator("ones_of_x", "OnesLikeExt", (NONE,), np.ones((3, 4), np.float32))
read_operator("sum_wide", "SumExt", (integer(1), integer(0), integer(44)), X.astype(np.float64).sum(1))
read_operator("sum_same", "SumExt", (integer(1), integer(0), integer(43)), X.sum(1))
read_operator("sum_of_none", "SumExt", (NONE, integer(0), NONE), X.sum())
read_operator("min_dim", "MinDim", (integer(1), integer(1)), X.min(1, keepdims=True), X.argmin(1)[:, None])
read_operator("arg_min", "ArgMinExt", (integer(-1), integer(0)), X.argmin(1))
read_operator("arg_min_of_all", "ArgMinExt", (NONE, integer(0)), np.int64(X.argmin()))
read_operator("arg_max_of_all", "ArgMaxExt", (NONE, integer(0)), np.int64(X.argmax()))
for form, value in (
    ("double", real(1.5)),
    ("doubles", real(1.5, 11, False)),
    ("float", real(1.5, 1)),
    ("floats", real(1.5, 1, False)),
    ("tensor", of_tensor(np.array(1.5))),
    ("ints", attr("value", 7, number(10, 3))),
):
    read_operator("muls_" + form, "Muls", (value,), X * np.float32(3 if form == "ints" else 1.5))
mean, var = X.mean(1, keepdims=True), X.var(1, keepdims=True)
read_operator(
    "layer_norm", "LayerNormExt", (tuple_of(4), NONE, NONE, real(1e-5)), (X - mean) / np.sqrt(var + 1e-5), first=True
)
for form, perm in (
    ("list", tuple_of(1, 0, type_=21)),
    ("uint32", tuple_of(1, 0, of=12)),
    ("uint64", tuple_of(1, 0, of=13, at=3)),
    ("bool", tuple_of(1, 0, of=9)),
    ("tensor", of_tensor(np.array([1, 0]))),
):
    read_operator("perm_" + form, "Transpose", (perm,), X.T)
for op, of in (("MaxPool", np.max), ("AvgPool", np.mean)):
    image = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    window = [
        field(1, k) + number(16, 20) + b"".join(field(17, number(16, 7) + number(10, v)) for v in values)
        for k, values in (("kernel_size", (1, 1, 2, 2)), ("strides", (1, 1, 2, 2)), ("pad", (0, 0, 0, 0)))
    ]
    read_operator(
        f"{op.lower()}_padded_by_nothing",
        op,
        (),
        of(image.reshape(1, 1, 2, 2, 2, 2), (3, 5)),
        x=image,
        attributes=[pads, *window],
    )

# The order of side effects: an input and constants that are no tensors
order = [
    value_info("x", tensor((3, 4))),
    value_info("u", b"", field(5, number(16, 23))),
    value_info("io", b"", field(5, number(16, 24))),
]
steps = [
    constant("v", attr("value", 24)),
    node("UpdateState", ("u", "io", "v"), ("s",)),
    node("Load", ("x", "s"), ("loaded",)),
    node("Depend", ("loaded", "s"), ("same",)),
    node("ReLU", ("same",), ("y",)),
]
read("order_of_effects", model(graph(order, [], steps), ()), [X], np.maximum(X, 0))
# A function that nothing calls and that has no name; a parameter of no elements and one of Float64
read(
    "functions",
    model(
        graph(
            [value_info("x", tensor((3, 4)))], [tensor((0, 4), 1, "none:", b"")], [node("ReLU", ("x",))], ("y", "none:")
        ),
        (),
        extra=field(8, b""),
    ),
    [X],
    np.maximum(X, 0),
    np.zeros((0, 4), np.float32),
)
read(
    "double",
    model(
        graph(
            [value_info("x", tensor((3, 4), 17))],
            [tensor((4,), 17, "w", np.arange(4.0).tobytes())],
            [node("Add", ("x", "w"))],
        ),
        (),
    ),
    [X.astype(np.float64)],
    X.astype(np.float64) + np.arange(4.0),
)
with open(os.path.join(os.path.dirname(__file__), "..", "fixtures", "mindir_forms.pack"), "wb") as f:
    f.write(b"".join(pack))

with open(os.path.join(FOLDER, "expected.txt"), "w") as f:
    f.writelines(expected)
