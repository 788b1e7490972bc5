"""Writes tests/refused/onnx/: graphs that must be refused, one fault each, and what must be said about them.

Run from the root of the source: python3 tests/refused/make_onnx.py
"""

import os
import struct

FOLDER = os.path.join(os.path.dirname(__file__), "onnx")
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


W = struct.pack("<2f", 1, 2)


def tensor(name="w", dims=(2,), type_=1, raw=W, extra=b""):
    out = b"".join(number(1, d) for d in dims) + (number(2, type_) if type_ is not None else b"")
    out += field(8, name) if name is not None else b""
    return out + (field(9, raw) if raw is not None else b"") + extra


def external(*entries):
    return b"".join(field(13, field(1, k) + field(2, v)) for k, v in entries) + number(14, 1)


def shape(*dims):
    one = lambda d: field(2, d) if isinstance(d, str) else number(1, d)
    return b"".join(field(1, one(d)) for d in dims)


def value_info(name="x", dims=(2,), type_=1):
    kind = field(2, field(1, number(1, type_) + (field(2, shape(*dims)) if dims is not None else b"")))
    return (field(1, name) if name is not None else b"") + kind


def attr(name, n=None, ns=None, f=None, s=None, t=None, extra=b""):
    out = field(1, name) if name is not None else b""
    if n is not None:
        out += number(3, n) + number(20, 2)
    if ns is not None:
        out += b"".join(number(8, v) for v in ns) + number(20, 7)
    if f is not None:
        out += varint(2 << 3 | 5) + struct.pack("<f", f) + number(20, 1)
    if s is not None:
        out += field(4, s) + number(20, 3)
    if t is not None:
        out += field(5, t) + number(20, 4)
    return out + extra


def node(op="Add", inputs=("x", "w"), outputs=("y",), attributes=(), name="here", domain=None):
    out = b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(3, name)
    out += field(4, op) if op else b""
    return out + b"".join(field(5, a) for a in attributes) + (field(7, domain) if domain else b"")


def graph(nodes=None, inputs=None, weights=None, outputs=("y",), extra=b""):
    nodes = [node()] if nodes is None else nodes
    inputs = [value_info()] if inputs is None else inputs
    weights = [tensor()] if weights is None else weights
    out = b"".join(field(1, n) for n in nodes) + field(2, "g") + b"".join(field(5, w) for w in weights)
    out += b"".join(field(11, i) for i in inputs)
    return out + b"".join(field(12, field(1, o)) for o in outputs) + extra


def model(g=None, opset=13, extra=b"", **parts):
    g = graph(**parts) if g is None else g
    return number(1, 8) + field(7, g) + (field(8, number(2, opset)) if opset is not None else b"") + extra


def add(name, status, says, data):
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, name + ".onnx"), "wb") as f:
        f.write(data)
    expected.append(f"{name}.onnx\t{status}\t{says}\n")


def one(op, dims, says, status="VALUE", inputs=("x",), opset=13, weights=(), name=None, outputs=("y",), **attributes):
    """A graph of one node."""
    attributes = [attr(k, **{"n" if isinstance(v, int) else "f" if isinstance(v, float) else "s" if isinstance(v, str) else "ns": v})
                  for k, v in attributes.items()]
    m = model(nodes=[node(op, inputs, outputs, attributes)], inputs=[value_info("x", dims)], weights=list(weights), opset=opset)
    add(name or op.lower(), status, says, m)


def i64(name, *v):
    return tensor(name, (len(v),), 7, struct.pack(f"<{len(v)}q", *v))


def files():
    whole = model()
    add("empty", "FORMAT", "is empty", b"")
    add("cut", "FORMAT", "is cut off", whole[:-3])
    add("html", "FORMAT", "byte ", b"<html><body>404</body></html>\n")
    add("nested_too_deep", "FORMAT", "nested too deep", deep(60))
    add("no_graph", "FORMAT", "holds no graph", number(1, 8))
    add("no_opset", "UNSUPPORTED", "has opset 0, expected 6 to 28", model(opset=None))
    add("opset_99", "UNSUPPORTED", "has opset 99", model(opset=99))
    add("two_opsets", "FORMAT", "has the opsets 13 and 9", model(extra=field(8, number(2, 9))))
    add("no_output", "FORMAT", "the graph has 0 outputs", model(outputs=()))
    add("outputs_65", "UNSUPPORTED", "the graph has 65 outputs, expected 1 to 64", model(outputs=("y",) * 65))
    add("sparse", "UNSUPPORTED", "sparse initializers", model(extra=b"", g=graph(extra=field(15, b""))))
    add("name_not_utf8", "FORMAT", "a text is not UTF-8", model(nodes=[node(inputs=(b"\xff", "w"))]))


def deep(n):
    g = b""
    for _ in range(n // 3):
        g = field(1, node("If", (), ("y",), [field(6, g)]))
    return number(1, 8) + field(7, g)


def operators():
    add("operators_unknown", "UNSUPPORTED", "3 operators are not supported: Loop (here), Frob (there), Add of domain com.acme (f)",
        model(nodes=[node("Loop"), node("Frob", outputs=("a",), name="there"), node(outputs=("b",), name="f", domain="com.acme")]))
    add("function", "UNSUPPORTED", "1 operator is not supported: the function Add (here)", model(extra=field(25, field(1, "Add"))))
    many = [node(f"Strange{i}", (), (f"y{i}",), name=f"node{i}") for i in range(100)]
    add("operators_many", "UNSUPPORTED", "100 operators are not supported: Strange0 (node0)", model(nodes=many))
    for op in ("If", "Scan", "LSTM", "QLinearConv", "SequenceAt", "StringConcat", "NonZero"):
        one(op, (2,), f"not supported: {op} (here)", "UNSUPPORTED")
    sizes = lambda *v: [i64("s", *v)]
    resize = ("x", "", "", "s")
    one("Resize", (2,), "Resize (here): 0 sizes or scales for 1 axes", "FORMAT")
    one("Resize", (1, 1, 2, 2), "axis 3 from 2 to 1099511627776 elements", "UNSUPPORTED", inputs=resize, weights=sizes(1, 1, 2, 1 << 40), name="resize_huge")
    one("Resize", (2, 2), "axis 0 from 2 to 0 elements", "UNSUPPORTED", inputs=resize, weights=sizes(0, 4), name="resize_to_nothing")
    one("Resize", (2, 2), "axis 1 of 2 is out of range or named twice", "FORMAT", inputs=resize, weights=sizes(3, 4), name="resize_axis_twice", opset=18, axes=[1, 1])
    one("Resize", (2, 2), "mode 'linear', tf_crop_and_resize", "UNSUPPORTED", inputs=resize, weights=sizes(3, 4), name="resize_crop", mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize")
    one("Resize", (2, 200), "axis 1 from 200 to 1 elements", "UNSUPPORTED", inputs=resize, weights=sizes(2, 1), name="resize_taps", opset=19, mode="linear", antialias=1)
    one("Einsum", (2, 2), "its term 1 does not fit (2, 2), or has a letter twice", "UNSUPPORTED", equation="ii->i")
    one("Einsum", (2, 2), "the equation 'ij->ik'", "UNSUPPORTED", equation="ij->ik", name="einsum_unknown")
    one("Einsum", (2, 2), "2 arguments for 'ij->i'", "FORMAT", equation="ij->i", inputs=("x", "x"), name="einsum_arguments")
    one("Attention", (2, 3, 5), "0 heads of (2, 3, 5)", "SHAPE", inputs=("x", "x", "x"), opset=23)
    one("Attention", (2, 3, 4, 5), "more than one result, are not supported", "UNSUPPORTED", inputs=("x", "x", "x", "", "x", "x"), opset=23, name="attention_past")


def names():
    add("node_without_operator", "FORMAT", "node 0 has 1 outputs and no operator", model(nodes=[node(op=None)]))
    add("node_without_output", "FORMAT", "node 0 has 0 outputs", model(nodes=[node(outputs=())]))
    add("node_uses_undefined", "FORMAT", "'z', which here uses, is not defined", model(nodes=[node(inputs=("x", "z"))]))
    add("node_uses_itself", "FORMAT", "'y', which here uses, is not defined", model(nodes=[node(inputs=("x", "y"))]))
    add("node_uses_later", "FORMAT", "'v', which here uses, is not defined",
        model(nodes=[node(inputs=("x", "v")), node("Relu", ("x",), ("v",))]))
    add("defined_twice", "FORMAT", "'y' is defined twice", model(nodes=[node(), node()]))
    add("initializer_twice", "FORMAT", "'w' is defined twice", model(weights=[tensor(), tensor()]))
    add("input_twice", "FORMAT", "'x' is defined twice", model(inputs=[value_info(), value_info()]))
    add("output_not_defined", "FORMAT", "'q', which the output uses, is not defined", model(outputs=("q",)))
    add("input_without_name", "FORMAT", "input 0 has no name", model(inputs=[value_info(None)]))
    add("initializer_without_name", "FORMAT", "initializer 0 has no name", model(weights=[tensor(None)]))
    add("attribute_without_name", "FORMAT", "attribute 0 has no name", model(nodes=[node(attributes=[attr(None, n=1)])]))
    add("attribute_of_function", "FORMAT", "attribute 0 has no name or no value", model(nodes=[node(attributes=[attr("a", extra=field(21, "b"))])]))
    add("attribute_unknown", "UNSUPPORTED", "attribute 'axis' is not supported", model(nodes=[node(attributes=[attr("axis", n=1)])]))
    add("too_few_arguments", "FORMAT", "1 arguments, expected 2", model(nodes=[node(inputs=("x",))]))
    add("argument_left_out", "FORMAT", "argument 2 is missing", model(nodes=[node(inputs=("x", ""))]))


def inputs():
    def of(info):
        return model(inputs=[info])

    add("input_of_text", "UNSUPPORTED", "input 'x' has element type 8", of(value_info(type_=8)))
    add("input_without_shape", "UNSUPPORTED", "input 'x' has no shape", of(value_info(dims=None)))
    add("input_without_type", "UNSUPPORTED", "input 'x' is no tensor", of(field(1, "x")))
    add("input_sequence", "UNSUPPORTED", "input 'x' is no tensor", of(field(1, "x") + field(2, field(4, b""))))
    add("input_of_minus_two", "FORMAT", "input 'x' has the invalid shape (-2", of(value_info(dims=(-2,))))
    add("input_of_nine_dims", "UNSUPPORTED", "has 9 dimensions", of(value_info(dims=(1,) * 9)))
    add("input_too_large", "FORMAT", "has the invalid shape", of(value_info(dims=(1 << 40, 1 << 40))))


def tensors():
    def of(t):
        return model(weights=[t])

    add("tensor_of_text", "UNSUPPORTED", "initializer 'w' has element type 8", of(tensor(type_=8)))
    add("tensor_of_float8", "UNSUPPORTED", "initializer 'w' has element type 17", of(tensor(type_=17)))
    add("tensor_without_type", "UNSUPPORTED", "initializer 'w' has element type 0", of(tensor(type_=None)))
    add("tensor_short", "FORMAT", "8 bytes for Float32 (3,), expected 12", of(tensor(dims=(3,))))
    add("tensor_long", "FORMAT", "8 bytes for Float32 (1,), expected 4", of(tensor(dims=(1,))))
    add("tensor_huge", "FORMAT", "8 bytes for Float32", of(tensor(dims=(1 << 40,))))
    add("tensor_overflow", "FORMAT", "has the invalid shape", of(tensor(dims=(1 << 40, 1 << 40))))
    add("tensor_negative", "FORMAT", "has the invalid shape (-2,)", of(tensor(dims=(-2,))))
    add("tensor_nine_dims", "UNSUPPORTED", "has 9 dimensions", of(tensor(dims=(1,) * 9)))
    add("tensor_without_elements", "FORMAT", "0 numbers for Float32 (2,), expected 2", of(tensor(raw=None)))
    add("tensor_numbers_short", "FORMAT", "1 numbers for Float32 (2,), expected 2", of(tensor(raw=None, extra=field(4, W[:4]))))
    add("tensor_number_out_of_range", "FORMAT", "number 1 is out of the range of UInt8",
        of(tensor(type_=2, raw=None, extra=field(5, varint(255) + varint(256)))))
    add("tensor_bool_of_two", "FORMAT", "element 1 of Bool is 2", of(tensor(type_=9, raw=b"\x01\x02")))


def external_files():
    with open(os.path.join(FOLDER, "data.bin"), "wb") as f:
        f.write(W)

    def of(*entries, dims=(2,), more=()):
        return model(weights=[tensor(dims=dims, raw=None, extra=external(*entries)), *more])

    add("file_absolute", "FORMAT", "'/etc/passwd' is not inside its folder", of(("location", "/etc/passwd")))
    add("file_above", "FORMAT", "'../make_onnx.py' is not inside its folder", of(("location", "../make_onnx.py")))
    add("file_above_within", "FORMAT", "is not inside its folder", of(("location", "a/../../make_onnx.py")))
    add("file_missing", "IO", "'nothing.bin' cannot be found", of(("location", "nothing.bin")))
    add("file_without_location", "UNSUPPORTED", "its elements are in another file", of(("offset", "0")))
    add("file_offset_of_text", "FORMAT", "its external data has the offset 'many'", of(("location", "data.bin"), ("offset", "many")))
    add("file_offset_negative", "FORMAT", "its external data has the offset '-8'", of(("location", "data.bin"), ("offset", "-8")))
    add("file_beyond_end", "FORMAT", "bytes 4 to 4+8 are not in 'data.bin' (8 bytes)", of(("location", "data.bin"), ("offset", "4")))
    add("file_of_wrong_length", "FORMAT", "4 bytes for Float32 (2,), expected 8", of(("location", "data.bin"), ("length", "4")))
    twice = tensor("v", raw=None, extra=external(("location", "data.bin")))
    add("file_given_out_twice", "FORMAT", "or given out twice", of(("location", "data.bin"), more=[twice]))


def attributes():
    image, w = (1, 2, 5, 5), lambda *d: tensor("w", d, 1, b"\0" * 4 * int(__import__("math").prod(d)))
    conv = dict(op="Conv", dims=image, inputs=("x", "w"), weights=[w(2, 2, 3, 3)])
    one(**conv, name="conv_stride_0", says="strides has 2 numbers, expected 2, each from 1 on", strides=[0, 1])
    one(**conv, name="conv_stride_huge", says="strides has 2 numbers", strides=[1, 1 << 62])
    one(**conv, name="conv_strides_3", says="strides has 3 numbers, expected 2", strides=[1, 1, 1])
    one(**conv, name="conv_dilation_negative", says="dilations has 2 numbers", dilations=[1, -1])
    one(**conv, name="conv_pads_negative", says="pads has 4 numbers, expected 4, none negative", pads=[-1, 0, 0, 0])
    one(**conv, name="conv_pads_3", says="pads has 3 numbers, expected 4", pads=[1, 1, 1])
    one(**conv, name="conv_group_0", says="group is 0", group=0)
    one(**conv, name="conv_group_odd", status="SHAPE", says="conv2d", group=3)
    one(**conv, name="conv_kernel_shape", status="SHAPE", says="kernel_shape is not that of the weights", kernel_shape=[2, 3])
    one(**conv, name="conv_auto_pad", status="UNSUPPORTED", says="auto_pad 'MAYBE'", auto_pad="MAYBE")
    one("Conv", (1, 2, 4, 4, 4), "only windows over one or two axes", "UNSUPPORTED", ("x", "w"), weights=[w(2, 2, 1, 1, 1)], name="conv_3d")
    one("Conv", image, "weights (2, 2) for (1, 2, 5, 5)", "SHAPE", ("x", "w"), weights=[w(2, 2)], name="conv_weights")
    one("MaxPool", image, "no kernel_shape", "FORMAT", name="pool_without_kernel")
    one("MaxPool", image, "kernel_shape has 2 numbers", kernel_shape=[0, 2], name="pool_kernel_0")
    one("AveragePool", image, "max_pool2d" if False else "pool", kernel_shape=[2, 2], pads=[2, 0, 0, 0], name="pool_pad_of_kernel")
    one("MaxPool", image, "dilations are not supported", "UNSUPPORTED", kernel_shape=[2, 2], dilations=[2, 1], name="pool_dilations")
    one("MaxPool", image, "result 2 is not supported", "UNSUPPORTED", kernel_shape=[2, 2], outputs=("y", "i"), name="pool_indices")
    one("ConvTranspose", image, "the size of axis 0 of the result", "UNSUPPORTED", ("x", "w"), weights=[w(2, 2, 1, 1)], pads=[9, 9, 9, 9], name="transposed_to_nothing")
    one("ConvTranspose", image, "the size of axis 0 of the result", "UNSUPPORTED", ("x", "w"), weights=[w(2, 2, 1, 1)], output_padding=[1 << 40, 0],
        name="transposed_padding_huge")
    one("Softmax", (2, 3), "axis 2 for shape (2, 3)", axis=2, name="axis_out_of_range")
    one("Softmax", (2, 3), "axis is no integer", "FORMAT", axis="x", name="axis_of_text")
    one("Flatten", (2, 3), "axis 3 for shape (2, 3)", axis=3, name="flatten_axis")
    one("Concat", (2, 3), "axis 5", inputs=("x", "x"), axis=5, name="concat_axis")
    one("Transpose", (2, 3), "transpose", perm=[0, 0], name="perm_twice")
    one("Transpose", (2, 3), "the number 1099511627776 is out of range", perm=[0, 1 << 40], name="perm_huge")
    one("Transpose", (2, 3), "perm is no list of at most 64 integers", "FORMAT", perm=[0] * 65, name="perm_long")
    one("Squeeze", (1, 1), "axis -3 of 2 is out of range or named twice", opset=11, axes=[-3], name="squeeze_axis")
    one("Unsqueeze", (2,), "is out of range or named twice", opset=11, axes=[0, 0], name="unsqueeze_twice")
    one("ReduceSum", (2, 3), "is out of range or named twice", opset=11, axes=[0, -2], name="reduce_twice")
    one("Reshape", (2, 3), "(2, 3) does not become (4, -1)", "SHAPE", ("x", "s"), weights=[i64("s", 4, -1)], name="reshape_does_not_fit")
    one("Reshape", (2, 3), "does not become", "SHAPE", ("x", "s"), weights=[i64("s", -1, -1)], name="reshape_two_open")
    one("Reshape", (2, 3), "does not become", "SHAPE", ("x", "s"), weights=[i64("s", 1 << 62, 1 << 62, 4)], name="reshape_huge")
    one("Reshape", (2, 3), "shape is computed in the graph", "UNSUPPORTED", ("x", "x"), name="reshape_computed")
    one("Expand", (2, 3), "does not broadcast", "SHAPE", ("x", "s"), weights=[i64("s", 4, 3)], name="expand_does_not_fit")
    one("Expand", (1,), "does not broadcast", "SHAPE", ("x", "s"), weights=[i64("s", 1 << 40, 1 << 40)], name="expand_huge")
    one("Tile", (2,), "-1 repeats of axis 0", inputs=("x", "s"), weights=[i64("s", -1)], name="tile_negative")
    one("Tile", (2,), "repeats of axis 0", inputs=("x", "s"), weights=[i64("s", 1 << 63 - 1)], name="tile_huge")
    one("Slice", (4,), "0", inputs=("x", "s", "e", "a", "z"), weights=[i64("s", 0), i64("e", 2), i64("a", 0), i64("z", 0)], name="slice_step_0")
    one("Slice", (4,), "2 starts, 1 ends", "FORMAT", ("x", "s", "e"), weights=[i64("s", 0, 1), i64("e", 2)], name="slice_counts")
    one("Split", (4,), "does not fall into these 2 parts", "SHAPE", ("x", "s"), weights=[i64("s", 3, 2)], outputs=("y", "z"), name="split_sizes")
    one("Split", (5,), "does not fall into these 2 parts", "SHAPE", outputs=("y", "z"), name="split_odd")
    one("Pad", (2,), "pads of 0 and 1099511627776 on axis 0", "UNSUPPORTED", ("x", "s"), weights=[i64("s", 0, 1 << 40)], mode="edge", name="pad_huge")
    one("Pad", (2,), "3 pads and 0 axes", "FORMAT", ("x", "s"), weights=[i64("s", 0, 1, 1)], name="pad_odd")
    one("Cast", (2,), "to is element type 8", "UNSUPPORTED", to=8, name="cast_to_text")
    one("Cast", (2,), "no target type", "FORMAT", name="cast_to_nothing")
    one("ConstantOfShape", (2,), "shape", "UNSUPPORTED", name="constant_of_shape_computed")
    one("BatchNormalization", (2, 2), "the training mode is not supported", "UNSUPPORTED", ("x", "w", "w", "w", "w"), weights=[tensor()], opset=15, training_mode=1,
        name="batch_norm_training")
    one("Dropout", (2,), "result 2 is not supported", "UNSUPPORTED", outputs=("y", "m"), name="dropout_mask")
    one("Gemm", (2, 2, 2), "expected matrices", "SHAPE", ("x", "x"), name="gemm_of_rank_3")
    one("Range", (), "computed in the graph", "UNSUPPORTED", ("x", "x", "x"), name="range_computed")
    three = [tensor("a", (), 1, struct.pack("<f", 0)), tensor("b", (), 1, struct.pack("<f", 1e9)), tensor("c", (), 1, struct.pack("<f", 0.1))]
    one("Range", (), "numbers, at most 4096 are supported", "UNSUPPORTED", ("a", "b", "c"), weights=three, name="range_long")
    one("OneHot", (2,), "depth -1", inputs=("x", "d", "w"), weights=[i64("d", -1), tensor()], name="one_hot_depth")
    one("LRN", (1, 2, 3), "size 0", "SHAPE", size=0, name="lrn_size")
    one("DepthToSpace", (1, 4, 2, 2), "blocks of 3 for (1, 4, 2, 2)", "SHAPE", blocksize=3, name="depth_to_space")
    one("GroupNormalization", (1, 4, 2), "3 groups of (1, 4, 2)", "SHAPE", ("x", "w", "w"), weights=[tensor()], opset=21, num_groups=3, name="group_norm")


def constants():
    def of(*a):
        return model(nodes=[node("Constant", (), ("w",), a), node()], weights=[])

    add("constant_without_value", "UNSUPPORTED", "constant 'w' has the value ''", of())
    add("constant_of_text", "UNSUPPORTED", "constant 'w' has the value 'value_string'", of(attr("value_string", s="a")))
    add("constant_short", "FORMAT", "constant 'w': 8 bytes for Float32 (3,)", of(attr("value", t=tensor(dims=(3,)))))
    add("constant_sparse", "UNSUPPORTED", "constant 'w' has the value 'sparse_value'", of(attr("sparse_value")))
    # sizes that are open
    rows = [value_info("x", ("n", 3))]
    count = [node("Shape", ("x",), ("s",)), node("Gather", ("s", "i"), ("k",))]
    add("open_as_data", "UNSUPPORTED", "argument 2 is computed from a size of an input that is open",
        model(nodes=[*count, node("Cast", ("k",), ("f",), [attr("to", n=1)]), node("Mul", ("x", "f"))], inputs=rows, weights=[i64("i", 0)]))
    add("open_as_axis", "UNSUPPORTED", "axes depends on a size of an input that is open",
        model(nodes=[*count, node("Unsqueeze", ("x", "k"))], inputs=rows, weights=[i64("i", 0)]))
    add("open_ends", "UNSUPPORTED", "its ends depend on a size of an input that is open",
        model(nodes=[*count, node("Slice", ("x", "k", "e"))], inputs=rows, weights=[i64("i", 0), i64("e", 9)]))
    add("open_twice", "UNSUPPORTED", "more than one size of the result is open",
        model(nodes=[*count, node("Concat", ("k", "k", "t"), ("c",), [attr("axis", n=0)]), node("MatMul", ("x", "xt"), ("m",)),
                     node("Reshape", ("m", "c"))][:2] + [
                         node("Transpose", ("x",), ("xt",)), node("MatMul", ("x", "xt"), ("m",)),
                         node("Concat", ("k", "k", "t"), ("c",), [attr("axis", n=0)]), node("Reshape", ("m", "c"))],
              inputs=rows, weights=[i64("i", 0), i64("t", 1)]))
    # a thousand constants of the largest size that is computed
    big = [node("Range", ("a", "b", "c"), (f"r{i}",)) for i in range(1100)]
    big += [node("Add", ("x", "x"))]
    three = [tensor(k, (), 7, struct.pack("<q", v)) for k, v in (("a", 0), ("b", 4096), ("c", 1))]
    add("constants_without_end", "UNSUPPORTED", "the constants computed so far have", model(nodes=big, weights=three))


def forms():
    """Operators and attributes of odd forms."""
    # Einsum
    one("Einsum", (1,) * 5, "more than 8 axes", "UNSUPPORTED", equation="abcde,fghij->abcdefghij", inputs=("x", "x"), name="einsum_ten_axes")
    one("Einsum", (1,) * 7, "more than 8 axes", "UNSUPPORTED", equation="abcdefg,abcdefg->abcdefg", inputs=("x", "x"), name="einsum_seven_together")
    one("Einsum", (1, 1), "the equation 'ij->ik'", "UNSUPPORTED", equation="ij->ik", name="einsum_new_letter")
    one("Einsum", (1, 1), "the equation 'ij->i1'", "UNSUPPORTED", equation="ij->i1", name="einsum_digit")
    one("Einsum", (1, 1), "the equation 'ij->ij,'", "UNSUPPORTED", equation="ij->ij,", name="einsum_comma")
    one("Einsum", (1, 1), "the equation 'ij,jk->ik'", "UNSUPPORTED", equation="ij,jk->ik", name="einsum_one_argument")
    one("Einsum", (2, 3), "its term 2 does not fit (2, 3)", "UNSUPPORTED", equation="ij,jk->ik", inputs=("x", "x"), name="einsum_sizes")
    # Attention: heads and open sizes
    heads = dict(op="Attention", opset=23)
    one(**heads, dims=(2, 3), says="0 heads of (2, 3)", status="SHAPE", inputs=("x", "x", "x"), name="attention_of_matrices")
    one(**heads, dims=(2, 3, 8), says="3 heads of (2, 3, 8)", status="SHAPE", inputs=("x", "x", "x"), q_num_heads=3, kv_num_heads=3, name="attention_heads")
    for k in (5, 6):
        one(**heads, dims=(2, 3, 4, 5), says="past keys and values", status="UNSUPPORTED", inputs=("x",) * 3 + ("",) * (k - 3) + ("x",), name=f"attention_past_{k}")
    one(**heads, dims=(2, 3, 4, 5), says="more than one result", status="UNSUPPORTED", inputs=("x", "x", "x"), outputs=("y", "k", "v"), name="attention_results")

    def attended(name, status, says, q, k, v, **attributes):
        add(name, status, says, model(nodes=[node("Attention", ("q", "k", "v"), attributes=[attr(a, n=n) for a, n in attributes.items()])], weights=[], opset=23,
                                      inputs=[value_info("q", q), value_info("k", k), value_info("v", v)]))

    attended("attention_of_three_for_four", "SHAPE", "q (2, 4, 3, 5), k (2, 3, 6, 5), v", (2, 4, 3, 5), (2, 3, 6, 5), (2, 3, 6, 5))
    attended("attention_keys_and_values", "SHAPE", "k (2, 4, 6, 5), v (2, 2, 6, 5)", (2, 4, 3, 5), (2, 4, 6, 5), (2, 2, 6, 5))
    attended("attention_without_heads", "SHAPE", "k (2, 0, 6, 5)", (2, 4, 3, 5), (2, 0, 6, 5), (2, 0, 6, 5))
    open_4, flat = (2, 4, "s", 5), (2, "s", 8)
    attended("attention_open_causal", "UNSUPPORTED", "the number of positions is open", open_4, open_4, open_4, is_causal=1)
    attended("attention_open_repeated", "UNSUPPORTED", "the number of positions is open", open_4, (2, 2, 6, 5), (2, 2, 6, 5))
    attended("attention_open_keys", "UNSUPPORTED", "the number of positions is open", (2, 4, 3, 5), (2, 2, "t", 5), (2, 2, "t", 5))
    attended("attention_open_flat", "UNSUPPORTED", "the number of positions is open", flat, flat, flat, q_num_heads=2, kv_num_heads=2)
    # Resize
    rows = (1, 1, 4, 6)
    by = lambda *v: tensor("s", (len(v),), 1, struct.pack(f"<{len(v)}f", *v))
    sized = dict(op="Resize", dims=rows, inputs=("x", "", "", "z"), weights=[i64("z", 1, 1, 3, 3)])
    scaled = lambda *v: dict(op="Resize", dims=rows, inputs=("x", "", "s"), weights=[by(*v)])
    one(**sized, says="mode 'area', half_pixel, round_prefer_floor", status="UNSUPPORTED", mode="area", name="resize_mode")
    one(**sized, says="mode 'linear', tf_crop_and_resize", status="UNSUPPORTED", mode="linear", coordinate_transformation_mode="tf_crop_and_resize", name="resize_place")
    one(**sized, says="half_pixel, up", status="UNSUPPORTED", nearest_mode="up", name="resize_rounding")
    one(**sized, says="mode is no text", status="FORMAT", mode=1, name="resize_mode_of_number")
    one(**sized, says="4 sizes or scales for 3 axes", status="FORMAT", axes=[1, 2, 3], name="resize_axes_3")
    one(**sized, says="is out of range or named twice", status="FORMAT", axes=[0, 1, 2, 3, 0], name="resize_axes_5")
    one(**sized, says="axis 9 for shape", axes=[9, 1, 2, 3], name="resize_axis_9")
    one("Resize", rows, "axis 2 from 4 to 0 elements", "UNSUPPORTED", ("x", "", "", "z"), weights=[i64("z", 1, 1, 0, 3)], name="resize_height_to_nothing")
    one("Resize", rows, "axis 3 from 6 to 1099511627776 elements", "UNSUPPORTED", ("x", "", "", "z"), weights=[i64("z", 1, 1, 4, 1 << 40)], name="resize_width_huge")
    one("Resize", rows, "axis 0 from 1 to -1 elements", "UNSUPPORTED", ("x", "", "", "z"), weights=[i64("z", 1, 1, 1 << 40, 1 << 40)], name="resize_kept_huge",
        keep_aspect_ratio_policy="not_smaller")
    one("Resize", rows, "sizes is computed in the graph", "UNSUPPORTED", ("x", "", "", "x"), name="resize_sizes_computed")
    one("Resize", rows, "scales is computed in the graph", "UNSUPPORTED", ("x", "", "x"), name="resize_scales_computed")
    for name, scale in (("0", 0.0), ("negative", -1.0), ("huge", 1e30), ("nan", float("nan"))):
        one(**scaled(1, 1, scale, 2), says=f"scale 2 is {scale:g} for 4 elements", name="resize_scale_" + name)
    one(**scaled(1, 1, 1.6, 1), says="align_corners with a scale that gives no whole size: 1.6 of 4", status="UNSUPPORTED", coordinate_transformation_mode="align_corners",
        mode="linear", name="resize_corners")
    one(**scaled(1, 1, 0.25, 1e-3), says="axis 3 from 6 to 0", status="UNSUPPORTED", mode="linear", antialias=1, name="resize_to_less_than_one")
    add("resize_between_integers", "UNSUPPORTED", "between elements",
        model(nodes=[node("Resize", ("x", "", "", "z"), attributes=[attr("mode", s="linear")])], inputs=[value_info("x", rows, 7)], weights=[i64("z", 1, 1, 3, 3)]))
    long = (1, 100000)
    add("resize_many_taps", "UNSUPPORTED", "axis 1 from 100000 to 2 elements",
        model(nodes=[node("Resize", ("x", "", "", "z"), attributes=[attr("mode", s="linear"), attr("antialias", n=1)])], inputs=[value_info("x", long)], opset=18,
              weights=[i64("z", 1, 2)]))
    for name, dims, z in (("open", (1, 1, "h", 6), (1, 1, 8, 6)), ("open_width", (1, 1, 4, "w"), (1, 1, 4, 3))):
        add("resize_" + name, "UNSUPPORTED", "the size of axis", model(nodes=[node("Resize", ("x", "", "", "z"))], inputs=[value_info("x", dims)], weights=[i64("z", *z)]))
    # shapes
    scalar = lambda name, v: tensor(name, (), 1, struct.pack("<f", v))
    for name, args in (("start", ("w", "a", "a")), ("limit", ("a", "w", "a")), ("delta", ("a", "a", "w"))):
        one("Range", (2,), "its numbers are computed in the graph", status="UNSUPPORTED", inputs=args, weights=[tensor(), scalar("a", 1)], name="range_of_two_" + name)
    one("Reshape", (2,), "does not become", "SHAPE", ("x", "s"), weights=[i64("s", *(1,) * 8, 2)], name="reshape_to_nine")
    one("Reshape", (2, 3), "shape is computed in the graph, expected a constant", "UNSUPPORTED", ("x", "w"), weights=[tensor()], name="reshape_of_floats")
    one("Reshape", (2, 3), "shape is no list of at most 64 integers", "FORMAT", ("x", "s"), weights=[tensor("s", (1, 1), 7, bytes(8))], name="reshape_of_matrix")
    add("constant_of_shape_two", "FORMAT", "value has shape (2,), expected one number", model(weights=[i64("s", 2)], nodes=[node("ConstantOfShape", ("s",), ("v",), [attr("value", t=tensor())]), node("Add", ("x", "v"))]))
    one("Slice", (4,), "1 starts, 1 ends, 0 axes and 2 steps", "FORMAT", ("x", "s", "e", "", "z"), weights=[i64("s", 0), i64("e", 2), i64("z", 1, 1)], name="slice_steps")
    one("Pad", (1,), "18 pads and 9 axes", "FORMAT", ("x", "s", "", "a"), weights=[i64("s", *[0] * 18), i64("a", *[0] * 9)], name="pad_nine")
    one("OneHot", (2,), "depth", inputs=("x", "d", "w"), weights=[i64("d", 1 << 31), tensor()], name="one_hot_depth_huge")
    one("OneHot", (2,), "depth 2", inputs=("x", "d", "w"), weights=[i64("d", 2), tensor(dims=(3,), raw=W + W[:4])], name="one_hot_of_three_values")
    one("OneHot", (2,), "depth 2", inputs=("x", "d", "w"), weights=[i64("d", 2), tensor(dims=(1, 2))], name="one_hot_of_a_matrix")
    one("SpaceToDepth", (1, 1, 4, 3), "blocks of 2 for (1, 1, 4, 3)", "SHAPE", blocksize=2, name="space_to_depth_width")
    one("SpaceToDepth", (1, 1, 3, 4), "blocks of 2 for (1, 1, 3, 4)", "SHAPE", blocksize=2, name="space_to_depth_height")
    one("SpaceToDepth", (1, 4, 4), "blocks of 2 for (1, 4, 4)", "SHAPE", blocksize=2, name="space_to_depth_rank")
    one("SpaceToDepth", (1, 1, 4, 4), "blocks of 2 for (1, 1, 4, 4)", "SHAPE", blocksize=2, mode="XYZ", name="space_to_depth_mode")
    # settings
    one("CumSum", (2, 2), "axis is computed in the graph, expected a constant", "UNSUPPORTED", ("x", "w"), weights=[tensor(dims=(1,), raw=W[:4])], name="axis_of_float")
    one("CumSum", (2, 2), "axis is no integer", "FORMAT", ("x", "s"), weights=[i64("s", 0, 1)], name="axis_of_two")
    one("Elu", (2,), "alpha is no number", "FORMAT", alpha="x", name="alpha_of_text")
    one("Relu", (2,), "4097 arguments", "UNSUPPORTED", ("x",) * 4097, name="arguments_without_end")
    one("Split", (70,), "node 0 has 65 outputs", "FORMAT", outputs=tuple(f"y{i}" for i in range(65)), name="results_65")
    add("attributes_65", "FORMAT", "65 attributes, at most 64 are read", model(nodes=[node("Relu", ("x",), attributes=[attr(f"a{i}", n=1) for i in range(65)])]))
    add("node_without_name", "FORMAT", "'z', which y uses", model(nodes=[node("Add", ("x", "z"), name="")]))
    # elements in lists, data in other files
    for name, type_, number_field in (("double", 11, 10), ("int64", 7, 7), ("uint64", 13, 11), ("uint32", 12, 11), ("half", 10, 5)):
        add(f"tensor_list_{name}", "FORMAT", "1 numbers for", model(weights=[tensor(type_=type_, raw=None, extra=field(number_field, bytes(8) if number_field == 10 else b"\1"))]))
    for name, type_, v in (("int8", 3, 128), ("int8_low", 3, -129), ("int16", 5, 1 << 15), ("uint16", 4, 1 << 16)):
        add(f"tensor_range_{name}", "FORMAT", "number 0 is out of the range of", model(weights=[tensor(dims=(1,), type_=type_, raw=None, extra=field(5, varint(v)))]))

    def of(*entries):
        return model(weights=[tensor(raw=None, extra=external(*entries))])

    for name, text in (("huge", "99999999999999999999"), ("hexadecimal", "1f"), ("empty", "")):
        add("file_offset_" + name, "FORMAT", f"its external data has the offset '{text}'", of(("location", "data.bin"), ("offset", text)))
    add("file_length_of_text", "FORMAT", "its external data has the length 'all'", of(("location", "data.bin"), ("length", "all")))
    bare = lambda entry: model(weights=[tensor(raw=None, extra=field(13, entry) + number(14, 1))])
    add("file_entry_without_key", "FORMAT", "its external data has the ? 'x'", bare(field(2, "x")))
    add("file_entry_without_value", "FORMAT", "its external data has the location ''", bare(field(1, "location")))


files()
operators()
names()
inputs()
tensors()
external_files()
attributes()
constants()
forms()
with open(os.path.join(FOLDER, "expected.txt"), "w") as out:
    out.writelines(sorted(expected))
