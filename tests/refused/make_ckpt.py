"""Writes tests/refused/ckpt/: checkpoints that must be refused, one fault each, and what must be said about them.

Run from the root of the source: python3 tests/refused/make_ckpt.py
"""

import os
import struct
import zlib

FOLDER = os.path.join(os.path.dirname(__file__), "ckpt")
expected = []


def varint(n):
    out = b""
    n &= (1 << 64) - 1
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(dims=(2,), type_=b"Float32", content=b"\0\0\x80\x3f\0\0\0\x40"):
    out = b"".join(varint(1 << 3) + varint(d) for d in dims)
    if type_ is not None:
        out += field(2, type_)
    return out + (field(3, content) if content is not None else b"")


def record(name=b"w", value=None):
    value = tensor() if value is None else value
    return field(1, (field(1, name) if name is not None else b"") + field(2, value))


def refuse(name, data, status, says):
    with open(os.path.join(FOLDER, name + ".ckpt"), "wb") as f:
        f.write(data)
    expected.append(f"{name}.ckpt\t{status}\t{says}\n")


os.makedirs(FOLDER, exist_ok=True)
good = record()
refuse("empty", b"", "FORMAT", "is empty")
refuse("html", b"<!DOCTYPE html><html></html>", "FORMAT", "byte 0: no record starts here")
refuse("zip", b"PK\x03\x04" + bytes(26), "FORMAT", "byte 2: no record starts here")
refuse("only_unknown_fields", field(2, b"x"), "FORMAT", "holds no records")
refuse(
    "cut_in_content",
    good[:-3],
    "FORMAT",
    f"byte 0: a record of {len(good) - 2} bytes, but the file ends {len(good) - 5}",
)
refuse("cut_in_length", good + b"\x0a", "FORMAT", f"ends at byte {len(good) + 1}")
refuse(
    "cut_in_second_record", good + record(b"v")[:9], "FORMAT", f"byte {len(good)}: a record of {len(good) - 2} bytes"
)
refuse("long_number", b"\x0a" + b"\xff" * 10 + b"\x01", "FORMAT", "a number of more than 10 bytes")
refuse("huge_record", b"\x0a" + varint(1 << 62), "FORMAT", "a record of 4611686018427387904 bytes")
refuse("unknown_field_past_end", good + b"\x12\x7f", "FORMAT", f"byte {len(good)}: a field runs past the end")
refuse("inner_field_past_end", field(1, b"\x0a\x01w\x12\x7f"), "FORMAT", "byte 7: a field runs past the end")
refuse("group", field(1, b"\x0b\x0c"), "FORMAT", "a field has an unknown wire type")
refuse("field_number_zero", field(1, b"\x02\x00"), "FORMAT", "a field number is out of range")
refuse("content_is_a_number", record(value=tensor(content=None) + b"\x18\x05"), "FORMAT", "another type than expected")
refuse("no_name", record(name=None), "FORMAT", "the name is missing or empty")
refuse("empty_name", record(name=b""), "FORMAT", "the name is missing or empty")
refuse("name_with_zero", record(name=b"a\0b"), "FORMAT", "'a?b' at byte 0: the name is not UTF-8")
refuse("name_not_utf8", record(name=b"\xed\xa0\x80"), "FORMAT", "the name is not UTF-8")
refuse("no_tensor", field(1, field(1, b"w")), "FORMAT", "record 'w' at byte 0: no tensor")
refuse("no_type", record(value=tensor(type_=None)), "FORMAT", "no type")
refuse("no_content", record(value=tensor(content=None)), "FORMAT", "no content")
refuse("lower_case_type", record(value=tensor(type_=b"float32")), "FORMAT", "unknown type 'float32'")
refuse("type_with_newline", record(value=tensor(type_=b"Float32\nok")), "FORMAT", "unknown type 'Float32?ok'")
for t in (b"Complex64", b"Complex128", b"Int4"):
    refuse(t.decode().lower(), record(value=tensor(type_=t)), "UNSUPPORTED", f"type {t.decode()} is not supported")
refuse("hash_table", field(1, field(1, b"w") + field(3, field(1, tensor()))), "UNSUPPORTED", "hash-table parameters")
refuse("too_short", record(value=tensor((3,))), "FORMAT", "8 bytes for Float32 (3,), expected 12")
refuse("too_long", record(value=tensor((1,))), "FORMAT", "8 bytes for Float32 (1,), expected 4")
refuse("vector_without_dims", record(value=tensor(())), "FORMAT", "8 bytes for Float32 (), expected 4")
refuse("nine_dimensions", record(value=tensor((1,) * 8 + (2,))), "FORMAT", "9 dimensions, at most 8")
refuse("negative_dimension", record(value=tensor((-2,))), "FORMAT", "invalid shape (-2,)")
refuse("product_overflows", record(value=tensor((1 << 32, 1 << 32))), "FORMAT", "invalid shape")
refuse("larger_than_file", record(value=tensor((1 << 40,))), "FORMAT", "more than the file has")
refuse("bool_of_two", record(value=tensor((2,), b"Bool", b"\1\2")), "FORMAT", "element 1 of Bool is 2")
refuse("text_of_three_bytes", record(value=tensor((0,), b"str", b"abc")), "FORMAT", "a text of 3 bytes")
refuse("text_without_bytes", record(value=tensor((0,), b"str", b"")), "FORMAT", "a text of 0 bytes")
refuse(
    "text_with_surrogate", record(value=tensor((0,), b"str", struct.pack("<II", 65, 0xD800))), "FORMAT", "character 1"
)
refuse("text_beyond_unicode", record(value=tensor((0,), b"str", struct.pack("<I", 0x110000))), "FORMAT", "0x110000")
half = tensor((2,), content=b"\0\0\0\0")
refuse(
    "slices_of_two_types",
    record(value=half) + record(value=tensor((2,), b"Int32", b"\0\0\0\0")),
    "FORMAT",
    "a slice of another type or shape",
)
refuse(
    "slices_of_two_shapes",
    record(value=half) + record(value=tensor((1, 2), content=b"\0\0\0\0")),
    "FORMAT",
    "a slice of another type or shape",
)
refuse("slice_missing", record(value=half) + record(b"v"), "FORMAT", "record 'w': 4 bytes for Float32 (2,), expected 8")
refuse("slice_missing_at_end", record(b"v") + record(value=half), "FORMAT", "record 'w': 4 bytes for Float32 (2,)")
refuse("one_slice_too_many", good + good, "FORMAT", "16 bytes for Float32 (2,), expected 8")
refuse("wrong_checksum", good + b"crc_num" + (zlib.crc32(good) ^ 1).to_bytes(10, "big"), "FORMAT", "is damaged")
refuse(
    "checksum_too_large", good + b"crc_num" + (zlib.crc32(good) | 1 << 72).to_bytes(10, "big"), "FORMAT", "is damaged"
)
with open(os.path.join(FOLDER, "expected.txt"), "w") as f:
    f.writelines(expected)
