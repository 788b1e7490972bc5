"""Writes tests/refused/safetensors/: files that must be refused, one fault each, and what must be said about them.

Run from the root of the source: python3 tests/refused/make_safetensors.py
"""

import os
import struct

FOLDER = os.path.join(os.path.dirname(__file__), "safetensors")
expected = []


def refuse(name, data, status, says):
    with open(os.path.join(FOLDER, name + ".safetensors"), "wb") as f:
        f.write(data)
    expected.append(f"{name}.safetensors\t{status}\t{says}\n")


def file(header, data=b"\0" * 8, size=None):
    header = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(header) if size is None else size) + header + data


def one(dtype='"F32"', shape="[2]", offsets="[0,8]", more="", name="w"):
    return '{"%s":{"dtype":%s,"shape":%s,"data_offsets":%s%s}}' % (name, dtype, shape, offsets, more)


def two(first, second):
    return '{"a":{"dtype":"F32","shape":[1],"data_offsets":%s},"b":{"dtype":"F32","shape":[1],"data_offsets":%s}}' % (
        first, second)


refuse("empty", b"", "FORMAT", "is empty")
refuse("short", b"\1\0\0\0", "FORMAT", "ends at byte 4, 8 more bytes are needed")
refuse("html", b"<html>nothing</html>", "FORMAT", "found a header of 8029")
refuse("header_too_long", file(one(), size=1000), "FORMAT", "found a header of 1000 bytes, expected at most ")
refuse("header_huge", file(one(), size=2**64 - 1), "FORMAT", "found a header of 18446744073709551615 bytes")
refuse("header_above_100_mb", file(one(), size=100_000_001), "FORMAT", "found a header of 100000001 bytes")
refuse("no_header", file(""), "FORMAT", "expected '{'")
refuse("space_first", file(" " + one()), "FORMAT", "at byte 0 of its header, expected '{'")
refuse("array", file("[]"), "FORMAT", "found '[]' at byte 0 of its header, expected '{'")
refuse("not_closed", file(one()[:-1]), "FORMAT", "expected a comma or '}'")
refuse("cut_in_text", file('{"w'), "FORMAT", "premature end of input")
refuse("cut_in_tensor", file('{"w":{"dtype":"F32"'), "FORMAT", "'}' expected near end of file")
refuse("no_colon", file('{"w" 3}'), "FORMAT", "expected ':'")
refuse("trailing_comma", file(one()[:-1] + ",}"), "FORMAT", "expected a text in quotes")
refuse("more_behind", file(one() + "{}"), "FORMAT", "found '{}' at byte 54 of its header, expected its end")
refuse("zero_behind", file(one() + "\0"), "FORMAT", "expected its end")
refuse("not_utf8", file(one(name="w").encode().replace(b"w", b"\xff")), "FORMAT", "unable to decode byte 0xff")
refuse("zero_in_name", file(one(name="a\\u0000b")), "FORMAT", "\\u0000 is not allowed")
refuse("half_a_surrogate", file(one(name="\\ud800")), "FORMAT", "invalid Unicode")
refuse("line_in_name", file(one(name="a\nb")), "FORMAT", "unexpected newline")
refuse("name_empty", file(one(name="")), "FORMAT", "a tensor has no name")
refuse("name_long", file(one(name="n" * 17000)), "FORMAT", "more than 16384 bytes in its header")
refuse("name_twice", file(two("[0,4]", "[4,8]").replace('"b"', '"a"')), "FORMAT", "found 'a' twice")
refuse("name_twice_escaped", file(two("[0,4]", "[4,8]").replace('"b"', '"\\u0061"')), "FORMAT", "found 'a' twice")
refuse("key_twice", file(one(more=',"dtype":"F32"')), "FORMAT", "duplicate object key")
refuse("metadata_twice", file('{"__metadata__":{},"__metadata__":{}}', b""), "FORMAT", "found '__metadata__' twice")
refuse("metadata_key_twice", file('{"__metadata__":{"a":"1","a":"2"}}', b""), "FORMAT", "found 'a' twice")
refuse("metadata_number", file('{"__metadata__":{"a":1}}', b""), "FORMAT", "expected a text in quotes")
refuse("metadata_nested", file('{"__metadata__":{"a":{}}}', b""), "FORMAT", "expected a text in quotes")
refuse("metadata_text", file('{"__metadata__":"a"}', b""), "FORMAT", "expected '{'")
refuse("tensor_is_number", file('{"w":1}'), "FORMAT", "found no description")
refuse("tensor_is_null", file('{"w":null}'), "FORMAT", "found no description")
refuse("description_long", file(one(more=',"x":"%s"' % ("x" * 5000))), "FORMAT", "more than 4096 bytes in its header")
refuse("description_deep", file(one(more=',"x":' + "[" * 3000 + "]" * 3000)), "FORMAT", "maximum parsing depth reached")
refuse("dtype_missing", file('{"w":{"shape":[2],"data_offsets":[0,8]}}'), "FORMAT", "tensor 'w': found no dtype")
refuse("dtype_number", file(one(dtype="32")), "FORMAT", "found no dtype")
refuse("dtype_f8_e4m3", file(one(dtype='"F8_E4M3"')), "UNSUPPORTED", "tensor 'w': dtype 'F8_E4M3' is not supported")
refuse("dtype_f8_e5m2", file(one(dtype='"F8_E5M2"')), "UNSUPPORTED", "dtype 'F8_E5M2' is not supported")
refuse("dtype_complex", file(one(dtype='"C64"')), "UNSUPPORTED", "dtype 'C64' is not supported")
refuse("dtype_unknown", file(one(dtype='"f32"')), "UNSUPPORTED", "dtype 'f32' is not supported")
refuse("dtype_wide", file(one(dtype='"F64"')), "FORMAT", "bytes 0 to 8, expected those of Float64 (2,)")
refuse("shape_missing", file('{"w":{"dtype":"F32","data_offsets":[0,8]}}'), "FORMAT", "found no shape")
refuse("shape_negative", file(one(shape="[-2]")), "FORMAT", "found no shape, expected at most 8 whole numbers")
refuse("shape_real", file(one(shape="[2.0]")), "FORMAT", "found no shape")
refuse("shape_exponent", file(one(shape="[2e0]")), "FORMAT", "found no shape")
refuse("shape_huge", file(one(shape="[99999999999999999999]")), "FORMAT", "too big integer")
refuse("shape_overflow", file(one(shape="[4294967296,4294967296]")), "FORMAT", "bytes 0 to 8, expected those of")
refuse("shape_too_many", file(one(shape="[1,1,1,1,1,1,1,1,2]")), "FORMAT", "found no shape")
refuse("shape_of_more", file(one(shape="[3]")), "FORMAT", "bytes 0 to 8, expected those of Float32 (3,)")
refuse("offsets_missing", file('{"w":{"dtype":"F32","shape":[2]}}'), "FORMAT", "found no data_offsets")
refuse("offsets_one", file(one(offsets="[8]")), "FORMAT", "found no data_offsets")
refuse("offsets_three", file(one(offsets="[0,4,8]")), "FORMAT", "found no data_offsets")
refuse("offsets_backwards", file(one(offsets="[8,0]")), "FORMAT", "bytes 8 to 0")
refuse("offsets_negative", file(one(offsets="[-8,0]")), "FORMAT", "found no data_offsets")
refuse("beyond_the_end", file(one(), b"\0" * 7), "FORMAT", "bytes up to 8, the file has 7 behind its header")
refuse("bytes_behind", file(one(), b"\0" * 9), "FORMAT", "its tensors have 8 bytes, the file has 9")
refuse("hole_before", file(one(offsets="[4,12]"), b"\0" * 12), "FORMAT", "it begins at byte 4, expected byte 0")
refuse("hole", file(two("[0,4]", "[8,12]"), b"\0" * 12), "FORMAT", "tensor 'b': found it begins at byte 8, expected byte 4")
refuse("overlap", file(two("[0,4]", "[2,6]"), b"\0" * 6), "FORMAT", "it begins at byte 2, expected byte 4")
refuse("same_bytes", file(two("[0,4]", "[0,4]"), b"\0" * 4), "FORMAT", "it begins at byte 0, expected byte 4")
refuse("bool_2", file(one(dtype='"BOOL"', shape="[8]"), b"\0\1\2\0\0\0\0\0"), "FORMAT", "element 2 of Bool is 2")

with open(os.path.join(FOLDER, "expected.txt"), "w") as f:
    f.writelines(expected)
