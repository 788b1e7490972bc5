"""Reading MindRecord files. Every number of a file is checked against the file before it is used."""
import json
import mmap
import os
import struct

from . import codec

_HEAD = struct.Struct("<Q")
_MOST_HEADER = 1 << 28


def _bad(path, what):
    return RuntimeError(f"MindRecord file {path} {what}")


def _blob(data, at):
    (n,) = struct.unpack_from(">Q", data, at)
    if n > len(data) - at - 8:
        raise ValueError("has a field that is longer than its row")
    return data[at + 8:at + 8 + n], at + 8 + n


class Shard:
    """One file: where its rows are, and each of them as a dict of NumPy arrays, texts and bytes."""

    def __init__(self, path):
        self.path = os.fspath(path)
        if not os.path.isfile(self.path):
            raise ValueError(f"The file {self.path} does not exist or permission denied!")
        with open(self.path, "rb") as f:
            self._size = os.fstat(f.fileno()).st_size
            if self._size < 8:
                raise _bad(self.path, "is shorter than a header")
            self._data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self._read_header()
            self._find_rows()
        except (IndexError, KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise _bad(self.path, f"is damaged: {error}") from None

    def _read_header(self):
        (n,) = _HEAD.unpack_from(self._data, 0)
        if n > min(self._size - 8, _MOST_HEADER):
            raise ValueError(f"a header of {n} bytes in a file of {self._size}")
        header = json.loads(self._data[8:8 + n].decode())
        if str(header["version"]).split(".", 1)[0] not in ("2", "3"):
            raise ValueError(f"version {header['version']}, expected 2 or 3")
        self._header_size, self._page_size = int(header["header_size"]), int(header["page_size"])
        if self._header_size < 8 or self._page_size < 1:
            raise ValueError(f"header_size {self._header_size}, page_size {self._page_size}")
        schema = header["schema"][0] if isinstance(header["schema"], list) else header["schema"]
        self.schema, self.blob_fields = dict(schema["schema"]), list(schema["blob_fields"])
        self.addresses = [str(a) for a in header["shard_addresses"]]
        self._pages = header["page"]
        for name, field in self.schema.items():
            if field["type"] not in codec.TYPES and field["type"] not in ("string", "bytes"):
                raise ValueError(f"field '{name}' is of type {field['type']}")

    def _page(self, page):
        begin = self._header_size + int(page["page_id"]) * self._page_size
        size = int(page["page_size"])
        if int(page["page_id"]) < 0 or not 0 <= size <= self._page_size or begin + size > self._size:
            raise ValueError(f"page {page['page_id']} is not in the file")
        return begin, begin + size

    def _row(self, at, end):
        """Where the row at `at` begins and ends."""
        if at + 8 > end:
            raise ValueError("a page ends in the middle of a row")
        (n,) = _HEAD.unpack_from(self._data, at)
        if n > end - at - 8:
            raise ValueError("a row is longer than its page")
        return at + 8, at + 8 + n

    def _find_rows(self):
        blobs = {int(p["page_type_id"]): p for p in self._pages if p["page_type"] == "BLOB_DATA"}
        self.rows = []
        for page in self._pages:
            if page["page_type"] != "RAW_DATA":
                continue
            begin, end = self._page(page)
            for group in page["row_group_ids"]:
                blob = blobs[int(group["id"])]
                at = begin + int(group["offset"])
                other, other_end = self._page(blob)
                if not begin <= at <= end:
                    raise ValueError(f"row group {group['id']} is not in its page")
                for _ in range(int(blob["end_row_id"]) - int(blob["start_row_id"])):
                    raw, elements = self._row(at, end), self._row(other, other_end)
                    self.rows.append((raw, elements))
                    at, other = raw[1], elements[1]

    def _array(self, name, data):
        import numpy as np
        field = self.schema[name]
        if field["type"] == "bytes":
            return bytes(data)
        if field["type"] == "string":
            return bytes(data).decode()
        kind = np.dtype(codec.TYPES[field["type"]])
        if kind.kind == "i":
            flat = codec.expand(data, kind)
        elif len(data) % kind.itemsize == 0:
            flat = np.frombuffer(data, kind)
        else:
            raise ValueError(f"has {len(data)} bytes of {field['type']}")
        return flat.reshape([int(n) for n in field.get("shape", [-1])])

    def row(self, i):
        """Row i: {name: a NumPy array, a text, or bytes}, in the order of the names."""
        import numpy as np
        (begin, end), (blob, blob_end) = self.rows[i]
        try:
            plain, elements = codec.unpack(self._data[begin:end]), self._data[blob:blob_end]
            at, row = 0, {}
            for name in self.blob_fields:
                part, at = _blob(elements, at) if len(self.blob_fields) > 1 else (elements, len(elements))
                row[name] = self._array(name, part)
            for name, field in self.schema.items():
                if name not in row:
                    value = plain[name]
                    row[name] = str(value) if field["type"] == "string" else np.array(value, codec.TYPES[field["type"]])
        except (IndexError, KeyError, TypeError, ValueError, OverflowError, struct.error) as error:
            raise _bad(self.path, f"is damaged: row {i}: {error}") from None
        return {name: row[name] for name in sorted(row)}


class Shards:
    """The rows of several files, one after the other. A single name stands for all files that were written with it."""

    def __init__(self, files):
        if isinstance(files, (list, tuple)):
            self.shards = [Shard(path) for path in files]
        else:
            first = Shard(files)
            folder = os.path.dirname(first.path)
            names = [os.path.basename(a) for a in first.addresses] or [os.path.basename(first.path)]
            whole = os.path.basename(first.path) in names
            self.shards = [first if os.path.basename(first.path) == name else Shard(os.path.join(folder, name))
                           for name in names] if whole else [first]
        if not self.shards:
            raise ValueError("MindRecord: an empty list of files")
        schema = self.shards[0].schema
        for shard in self.shards[1:]:
            if shard.schema != schema:
                raise _bad(shard.path, f"has another schema than {self.shards[0].path}")
        self.names = sorted(schema)
        self._starts = [0]
        for shard in self.shards:
            self._starts.append(self._starts[-1] + len(shard.rows))

    def __len__(self):
        return self._starts[-1]

    def row(self, i):
        """Row i of all."""
        import bisect
        k = bisect.bisect_right(self._starts, i) - 1
        return self.shards[k].row(i - self._starts[k])


class FileReader:
    """The rows of MindRecord files as dicts. file_name: a file, or a list of files; columns: only these."""

    def __init__(self, file_name, num_consumer=4, columns=None, operator=None):
        self._shards, self._columns = Shards(file_name), columns
        for name in columns or ():
            if name not in self._shards.names:
                raise ValueError(f"FileReader: no column '{name}', only {self._shards.names}")

    def get_next(self):
        """An iterator over the rows."""
        for i in range(len(self._shards)):
            row = self._shards.row(i)
            yield row if not self._columns else {n: row[n] for n in self._columns}

    def schema(self):
        """{name: {"type": ..., "shape": ...}}"""
        return dict(self._shards.shards[0].schema)

    def len(self):
        """How many rows there are."""
        return len(self._shards)

    def close(self):
        """Nothing is left open: files are mapped while their reader lives."""
        self._shards = None
