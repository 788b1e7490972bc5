"""Writes tests/refused/npz/: archives that must be refused, one fault each, and what must be said about them.

Run from the root of the source: python3 tests/refused/make_npz.py
"""

import os
import struct
import zlib

FOLDER = os.path.join(os.path.dirname(__file__), "npz")
expected = []


def refuse(name, data, status, says):
    with open(os.path.join(FOLDER, name + ".npz"), "wb") as f:
        f.write(data)
    expected.append(f"{name}.npz\t{status}\t{says}\n")


def npy(descr="<f4", shape="(2,)", data=b"\0" * 8):
    text = ("{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n" % (descr, shape)).encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data


def member(name=b"w.npy", data=None, method=0, flags=0, crc=None, packed=None, size=None, at=None, extra=b"",
           local_name=None, local_extra=b"", body=None):
    data = npy() if data is None else data
    if body is None:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = deflate.compress(data) + deflate.flush() if method == 8 else data
    return dict(name=name, method=method, flags=flags, crc=zlib.crc32(data) if crc is None else crc, body=body,
                packed=len(body) if packed is None else packed, size=len(data) if size is None else size, at=at,
                extra=extra, local_name=name if local_name is None else local_name, local_extra=local_extra)


def archive(*members, count=None, directory=None, directory_size=None, before_end=b"", comment=b"", disks=(0, 0)):
    out = entries = b""
    for m in members:
        at = len(out) if m["at"] is None else m["at"]
        common = struct.pack("<HHHHHIII", 20, m["flags"], m["method"], 0, 0x21, m["crc"], m["packed"], m["size"])
        out += b"PK\3\4" + common + struct.pack("<HH", len(m["local_name"]), len(m["local_extra"]))
        out += m["local_name"] + m["local_extra"] + m["body"]
        entries += b"PK\1\2\0\0" + common + struct.pack("<HHHHHII", len(m["name"]), len(m["extra"]), 0, 0, 0, 0, at)
        entries += m["name"] + m["extra"]
    n = len(members) if count is None else count
    end = struct.pack("<HHHHIIH", *disks, n, n, len(entries) if directory_size is None else directory_size,
                      len(out) if directory is None else directory, len(comment))
    return out + entries + before_end + b"PK\5\6" + end + comment


good = archive(member())
refuse("empty", b"", "FORMAT", "is empty")
refuse("short", b"PK\5\6", "FORMAT", "too few bytes")
refuse("html", b"<html>" + b"x" * 100, "FORMAT", "no end of a zip archive")
refuse("npy", npy(), "FORMAT", "no end of a zip archive")
refuse("cut", good[:-1], "FORMAT", "no end of a zip archive")
refuse("bytes_behind", good + b"x", "FORMAT", "no end of a zip archive")
refuse("bytes_before", b"x" + good, "FORMAT", "a directory of 1 arrays at byte")
refuse("comment_too_long", archive(member(), comment=b"x")[:-1], "FORMAT", "no end of a zip archive")
refuse("several_parts", archive(member(), disks=(1, 0)), "FORMAT", "one part of an archive in several")
refuse("count_less", archive(member(), member(b"v.npy"), count=1), "FORMAT", "a directory that is damaged")
refuse("count_more", archive(member(), count=2), "FORMAT", "a directory of 2 arrays")
refuse("count_huge", archive(member(), count=65534), "FORMAT", "a directory of 65534 arrays")
refuse("directory_beyond", archive(member(), directory=10**6), "FORMAT", "a directory of 1 arrays at byte 1000000")
refuse("directory_too_small", archive(member(), directory_size=40), "FORMAT", "a directory of 1 arrays")
refuse("directory_signature", archive(member()).replace(b"PK\1\2", b"PK\1\3"), "FORMAT", "a directory that is damaged")
refuse("name_too_long", good.replace(b"PK\1\2", b"PK\1\2"[:4])[:len(good) - 22 - 51 + 28] + b"\xff\xff" +
       good[len(good) - 22 - 51 + 30:], "FORMAT", "a directory that is damaged")
refuse("no_locator", archive(member(), count=0xffff), "FORMAT", "no 64-bit end of the archive")
end64 = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, 51, len(good) - 22 - 51)
place = struct.pack("<IQI", 0, len(good) - 22, 1)
wide = dict(count=0xffff, directory=0xffffffff, directory_size=0xffffffff)
refuse("locator_beyond", archive(member(), before_end=end64 + b"PK\6\7" + struct.pack("<IQI", 0, 2**63, 1), **wide),
       "FORMAT", "no 64-bit end of the archive")
refuse("end64_signature", archive(member(), before_end=b"PK\6\5" + end64[4:] + b"PK\6\7" + place, **wide), "FORMAT",
       "a 64-bit end of the archive that is damaged")
refuse("end64_count", archive(member(), before_end=end64[:24] + struct.pack("<QQ", 2**40, 2**40) + end64[40:] +
                              b"PK\6\7" + place, **wide), "FORMAT", "found 1099511627776 arrays, expected at most 131072")
refuse("end64_directory", archive(member(), before_end=end64[:48] + struct.pack("<Q", 2**64 - 1) + b"PK\6\7" + place,
                                  **wide), "FORMAT", "a directory of 1 arrays at byte 18446744073709551615")
refuse("encrypted", archive(member(flags=1)), "UNSUPPORTED", "array 'w' is encrypted")
refuse("method", archive(member(method=12, body=npy())), "UNSUPPORTED", "array 'w' is compressed by method 12")
refuse("no_array", archive(member(b"readme.txt")), "UNSUPPORTED", "holds 'readme.txt', expected arrays (.npy) alone")
refuse("name_empty", archive(member(b".npy")), "UNSUPPORTED", "holds '.npy'")
refuse("name_not_utf8", archive(member(b"\xff.npy")), "FORMAT", "a name that is not UTF-8")
refuse("name_zero", archive(member(b"a\0b.npy")), "FORMAT", "a name that is not UTF-8")
refuse("name_twice", archive(member(), member()), "FORMAT", "array 'w': found its name twice")
refuse("stored_sizes_differ", archive(member(packed=4)), "FORMAT", "a size or place that does not fit the file")
refuse("beyond_the_end", archive(member(at=10**6)), "FORMAT", "a size or place that does not fit the file")
refuse("packed_beyond", archive(member(packed=10**6, size=10**6)), "FORMAT", "a size or place that does not fit the file")
refuse("no_wide_size", archive(member(size=0xffffffff)), "FORMAT", "array 'w': found no 64-bit size")
refuse("wide_size_cut", archive(member(size=0xffffffff, extra=b"\1\0\4\0\0\0\0\0")), "FORMAT", "found no 64-bit size")
refuse("extra_cut", archive(member(size=0xffffffff, extra=b"\1\0\x10\0\0\0\0\0")), "FORMAT", "found no 64-bit size")
refuse("wide_huge", archive(member(size=0xffffffff, method=8, extra=b"\1\0\x08\0" + b"\xff" * 8)), "FORMAT",
       "unpacks to more than")
refuse("bomb", archive(member(size=60 << 20, method=8)), "FORMAT", "twice its size and 48 MiB, which is the limit")
refuse("bomb_in_parts", archive(*[member(b"%d.npy" % i, size=30 << 20, method=8) for i in range(2)]), "FORMAT",
       "twice its size and 48 MiB, which is the limit")
refuse("local_signature", archive(member()).replace(b"PK\3\4", b"PK\3\5"), "FORMAT", "no such array where")
refuse("local_name_long", archive(member(local_name=b"w" * 100)).replace(b"w" * 100, b"w"), "FORMAT", "at byte")
refuse("size_too_small", archive(member(size=len(npy()) - 1, packed=len(npy()) - 1)), "FORMAT", "7 bytes of elements")
refuse("size_too_large", archive(member(data=npy() + b"\0")), "FORMAT", "9 bytes of elements")
refuse("checksum", archive(member(crc=1)), "FORMAT", "the directory says 00000001 (damaged)")
refuse("checksum_deflated", archive(member(crc=1, method=8)), "FORMAT", "the directory says 00000001 (damaged)")
refuse("deflate_damaged", archive(member(method=8, body=b"\xff" * 40)), "FORMAT", "compressed bytes that are damaged")
whole = member(method=8)["body"]
refuse("deflate_cut", archive(member(method=8, body=whole[:-8])), "FORMAT", "compressed bytes that are damaged")
refuse("deflate_short", archive(member(method=8, size=len(npy()) + 4)), "FORMAT", "12 bytes of elements")
refuse("deflate_long", archive(member(method=8, data=npy() + b"\0" * 8, size=len(npy()))), "FORMAT",
       "more compressed bytes than its size")
refuse("deflate_bytes_behind", archive(member(method=8, body=whole + b"xx")), "FORMAT",
       "more compressed bytes than its size")
refuse("member_is_no_npy", archive(member(data=b"x" * 40)), "FORMAT", "expected \\x93NUMPY")
refuse("texts", archive(member(data=npy("<U2", "(1,)"))), "UNSUPPORTED", "expected one text alone")
refuse("text_short", archive(member(data=npy("<U3", "()"))), "UNSUPPORTED", "expected one text alone")
refuse("text_surrogate", archive(member(data=npy("<U2", "()", b"\0\xd8\0\0a\0\0\0"))), "FORMAT", "which is none")
refuse("text_long", archive(member(data=npy("<U2000000", "()"))), "UNSUPPORTED", "'<U2000000'")
refuse("text_bytes", archive(member(data=npy("|S8", "()"))), "UNSUPPORTED", "'|S8'")
refuse("objects", archive(member(data=npy("|O"))), "UNSUPPORTED", "'|O'")

with open(os.path.join(FOLDER, "expected.txt"), "w") as f:
    f.writelines(expected)
