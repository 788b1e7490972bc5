"""How rows are written in MindRecord files: numbers and texts as MessagePack, whole numbers of arrays in as few bytes as they need."""
import struct

TYPES = {"int32": "<i4", "int64": "<i8", "float32": "<f4", "float64": "<f8"}


# ---- MessagePack, what a row needs of it: a map of names to numbers and texts ----

def _sized(n, forms):
    for limit, head in forms:
        if n < limit:
            return head(n)
    raise ValueError(f"MindRecord: a text of {n} bytes")


def _pack_one(value):
    if isinstance(value, str):
        data = value.encode()
        return _sized(len(data), ((32, lambda n: bytes([0xa0 | n])), (1 << 8, lambda n: bytes([0xd9, n])),
                                  (1 << 16, lambda n: struct.pack(">BH", 0xda, n)),
                                  (1 << 32, lambda n: struct.pack(">BI", 0xdb, n)))) + data
    if isinstance(value, float):
        return struct.pack(">Bd", 0xcb, value)
    if 0 <= value < 128 or -32 <= value < 0:
        return struct.pack("b", value) if value < 0 else bytes([value])
    return struct.pack(">Bq", 0xd3, value)


def pack(row):
    """A dict of names to str, int and float."""
    head = bytes([0x80 | len(row)]) if len(row) < 16 else struct.pack(">BH", 0xde, len(row))
    return head + b"".join(_pack_one(name) + _pack_one(value) for name, value in row.items())


_FIXED = {0xca: ">f", 0xcb: ">d", 0xcc: ">B", 0xcd: ">H", 0xce: ">I", 0xcf: ">Q", 0xd0: ">b", 0xd1: ">h", 0xd2: ">i", 0xd3: ">q"}
_TEXTS = {0xd9: ">B", 0xda: ">H", 0xdb: ">I"}
_CONSTANTS = {0xc0: None, 0xc2: False, 0xc3: True}


def _number(data, at, form):
    size = struct.calcsize(form)
    if at + size > len(data):
        raise ValueError("ends in the middle of a number")
    return struct.unpack_from(form, data, at)[0], at + size


def _text(data, at, n):
    if at + n > len(data):
        raise ValueError("ends in the middle of a text")
    return bytes(data[at:at + n]).decode(), at + n


def _unpack_one(data, at):
    if at >= len(data):
        raise ValueError("ends too early")
    code = data[at]
    at += 1
    if code < 0x80:
        return code, at
    if code >= 0xe0:
        return code - 256, at
    if 0xa0 <= code < 0xc0:
        return _text(data, at, code & 31)
    if code in _CONSTANTS:
        return _CONSTANTS[code], at
    if code in _FIXED:
        return _number(data, at, _FIXED[code])
    if code in _TEXTS:
        n, at = _number(data, at, _TEXTS[code])
        return _text(data, at, n)
    raise ValueError(f"holds something that is neither a number nor a text (code {code:#x})")


def unpack(data):
    """The dict that pack() was given. ValueError, UnicodeDecodeError (a ValueError) for anything else."""
    if not data or not (0x80 <= data[0] < 0x90 or data[0] == 0xde):
        raise ValueError("is no map of names")
    n, at = (data[0] & 15, 1) if data[0] != 0xde else _number(data, 1, ">H")
    row = {}
    for _ in range(n):
        name, at = _unpack_one(data, at)
        value, at = _unpack_one(data, at)
        if not isinstance(name, str):
            raise ValueError("has a name that is no text")
        row[name] = value
    return row


# ---- whole numbers of arrays: how many, 2 bits for the width of each (four to a byte, the first in the high bits), the numbers ----

def shrink(array):
    """The bytes of an array of whole numbers."""
    import numpy as np
    flat = np.ascontiguousarray(array).astype("<i8").ravel()
    codes = np.zeros(-(-flat.size // 4) * 4, np.uint8)
    for code, kind in enumerate((np.int8, np.int16, np.int32)):
        info = np.iinfo(kind)
        codes[:flat.size] += ((flat < info.min) | (flat > info.max)).astype(np.uint8)
    quads = codes.reshape(-1, 4)
    heads = (quads[:, 0] << 6 | quads[:, 1] << 4 | quads[:, 2] << 2 | quads[:, 3]).astype(np.uint8)
    raw, widths = flat.view(np.uint8).reshape(-1, 8), 1 << codes[:flat.size].astype(np.int64)
    return struct.pack(">I", flat.size) + heads.tobytes() + raw[np.arange(8) < widths[:, None]].tobytes()


def expand(data, kind):
    """The numbers of such bytes, of the NumPy type `kind`. ValueError for bytes that are not these."""
    import numpy as np
    data = np.frombuffer(data, np.uint8)
    n = struct.unpack(">I", data[:4].tobytes())[0] if data.size >= 4 else -1
    heads = -(-n // 4)
    if n < 0 or 4 + heads + n > data.size:
        raise ValueError("is too short for the numbers it announces")
    codes = (data[4:4 + heads, None] >> np.array([6, 4, 2, 0], np.uint8) & 3).ravel()[:n]
    widths = 1 << codes.astype(np.int64)
    if widths.sum() != data.size - 4 - heads:
        raise ValueError("has another length than the numbers it announces")
    raw = np.zeros((n, 8), np.uint8)
    raw[np.arange(8) < widths[:, None]] = data[4 + heads:]
    negative = n > 0 and raw[np.arange(n), widths - 1] >= 128
    raw[(np.arange(8) >= widths[:, None]) & np.reshape(negative, (-1, 1))] = 255
    return raw.view("<i8").ravel().astype(kind)
