"""Writing MindRecord files, with the index that MindSpore looks rows up in (SQLite)."""
import json
import os
import re
import struct

from .. import log
from . import codec

_PAGE_HEAD = struct.Struct("<Q")


class _Pages:
    """The pages of one file: rows' arrays in BLOB pages, their numbers and texts in RAW pages."""

    def __init__(self, page_size):
        self.page_size, self.pages, self.index = page_size, [], []
        self._blob, self._raw, self._raw_size, self._rows = bytearray(), [], 0, 0
        self._groups = []  # (rows' raw bytes, start row, end row)

    def add(self, raw, blob, keys):
        """A row."""
        raw, blob = _PAGE_HEAD.pack(len(raw)) + raw, _PAGE_HEAD.pack(len(blob)) + blob
        for data in (raw, blob):
            if len(data) > self.page_size:
                raise RuntimeError(f"FileWriter: a row of {len(data)} bytes, but pages have {self.page_size}: set_page_size()")
        if len(self._blob) + len(blob) > self.page_size or self._raw_size + len(raw) > self.page_size:
            self._end_group()
        self._raw.append(raw)
        self._raw_size += len(raw)
        self.index.append((len(self._groups), len(self._blob), len(self._blob) + len(blob), keys))
        self._blob += blob

    def _end_group(self):
        if self._raw:
            rows, self._rows = self._rows, self._rows + len(self._raw)
            self._groups.append((self._raw, bytes(self._blob), rows, self._rows))
            self._raw, self._raw_size, self._blob = [], 0, bytearray()

    def finish(self):
        """[(page as the header has it, its bytes)] and the rows of the index."""
        self._end_group()
        pages, places = [], []
        for k, (_, blob, start, end) in enumerate(self._groups):
            pages.append(({"end_row_id": end, "page_id": k, "page_size": len(blob), "page_type": "BLOB_DATA", "page_type_id": k,
                           "row_group_ids": [{"id": 0, "offset": 0}], "shard_id": 0, "start_row_id": start}, blob))
        raw, groups = bytearray(), []

        def end_page():
            if groups:
                number = len(pages)
                pages.append(({"end_row_id": 0, "page_id": number, "page_size": len(raw), "page_type": "RAW_DATA",
                               "page_type_id": number - len(self._groups), "row_group_ids": list(groups), "shard_id": 0,
                               "start_row_id": 0}, bytes(raw)))
                raw.clear()
                groups.clear()

        for k, (rows, _, _, _) in enumerate(self._groups):
            if len(raw) + sum(map(len, rows)) > self.page_size:
                end_page()
            groups.append({"id": k, "offset": len(raw)})
            for row in rows:
                places.append((len(pages), len(raw), len(raw) + len(row)))
                raw += row
        end_page()
        return pages, [(place, entry) for place, entry in zip(places, self.index)]


class FileWriter:
    """Writes rows to `shard_num` MindRecord files: file_name, or file_name0, file_name1, ... Files appear whole when commit() ends.

    RuntimeError if a file is there already, unless `overwrite`."""

    def __init__(self, file_name, shard_num=1, overwrite=False):
        if not isinstance(file_name, str) or not file_name:
            raise ValueError(f"FileWriter: file_name must be a text, but got {file_name!r}.")
        if isinstance(shard_num, bool) or not isinstance(shard_num, int) or not 1 <= shard_num <= 1000:
            raise ValueError(f"Shard number should between 1 and 1000, but got {shard_num}.")
        width = len(str(shard_num - 1))
        self._paths = [file_name] if shard_num == 1 else [f"{file_name}{i:0{width}d}" for i in range(shard_num)]
        for path in self._paths:
            if os.path.exists(path) and not overwrite:
                raise RuntimeError(f"Invalid file, mindrecord files already exist. Please check file path: {path}")
        self._header_size, self._page_size = 1 << 24, 1 << 25
        self._schema, self._desc, self._index, self._shards = None, "", None, None

    # ---- what rows are ----

    def add_schema(self, content, desc=None):
        """The fields: {name: {"type": "int32", "int64", "float32", "float64", "string" or "bytes", "shape": [...] for an array}}."""
        if not isinstance(content, dict) or not content:
            raise ValueError(f"Schema content should be a dict of fields, but got {content!r}.")
        for name, field in content.items():
            if not isinstance(name, str) or not re.fullmatch(r"[0-9a-zA-Z_]+", name):
                raise ValueError(f"Field '{name}' should be composed of letters, digits and underscores.")
            if not isinstance(field, dict) or field.get("type") not in (*codec.TYPES, "string", "bytes"):
                raise ValueError(f"Schema format is error. Detail: Field '{name}' contain illegal attribute "
                                 f"'{field.get('type') if isinstance(field, dict) else field}'.")
            if "shape" in field and field["type"] not in codec.TYPES:
                raise ValueError(f"Field '{name}': a {field['type']} has no shape.")
        self._schema, self._desc = {n: dict(f) for n, f in content.items()}, desc or ""
        return 0

    def add_index(self, index_fields):
        """Fields that MindSpore can look rows up by: numbers and texts. Without this, the first of each that there is."""
        for name in index_fields:
            if self._schema is None or name not in self._schema:
                raise ValueError(f"Index field '{name}' is not in the schema.")
            if name in self._blobs():
                raise ValueError(f"Index field '{name}' is an array or bytes.")
        self._index = list(index_fields)
        return self

    def set_header_size(self, header_size):
        """Bytes kept free for the header: 16 KiB to 128 MiB, a multiple of 4."""
        self._header_size = self._size("header_size", header_size, 1 << 27)
        return self

    def set_page_size(self, page_size):
        """Bytes of a page, which holds whole rows: 32 KiB to 256 MiB, a multiple of 4."""
        self._page_size = self._size("page_size", page_size, 1 << 28)
        return self

    @staticmethod
    def _size(what, n, most):
        if isinstance(n, bool) or not isinstance(n, int) or not 1 << 14 <= n <= most or n % 4:
            raise ValueError(f"FileWriter: {what} {n}, expected a multiple of 4 from 16384 to {most}.")
        return n

    def _blobs(self):
        return sorted(n for n, f in self._schema.items() if f["type"] == "bytes" or "shape" in f)

    def _plain(self):
        return sorted(n for n in self._schema if n not in self._blobs())

    # ---- rows ----

    def _checked(self, row):
        """(numbers and texts, [bytes of each array]) of a row; ValueError that says what is wrong with it."""
        import numpy as np
        if not isinstance(row, dict):
            raise ValueError(f"a row must be a dict, but got {type(row).__name__}")
        for name in self._schema:
            if name not in row:
                raise ValueError(f"the field '{name}' is missing")
        plain, blobs = {}, []
        for name in self._plain():
            kind, value = self._schema[name]["type"], row[name]
            if kind == "string":
                good = isinstance(value, str)
            else:
                value = value.item() if isinstance(value, np.generic) else value
                good = not isinstance(value, bool) and isinstance(value, int if kind.startswith("int") else float)
                if good and kind.startswith("int"):
                    good = -1 << int(kind[3:]) - 1 <= value < 1 << int(kind[3:]) - 1
            if not good:
                raise ValueError(f"the field '{name}' must be of type {kind}, but got {value!r}")
            plain[name] = value
        for name in self._blobs():
            field, value = self._schema[name], row[name]
            if field["type"] == "bytes":
                if not isinstance(value, bytes) or not value:
                    raise ValueError(f"the field '{name}' must be bytes, at least one")
                blobs.append(value)
                continue
            if not isinstance(value, np.ndarray) or value.dtype != field["type"] or value.size == 0:
                found = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
                raise ValueError(f"the field '{name}' must be a NumPy array of {field['type']} with elements, but got {found}")
            try:
                value.reshape([int(n) for n in field["shape"]])
            except ValueError:
                raise ValueError(f"the field '{name}' has shape {value.shape}, expected {field['shape']}") from None
            blobs.append(codec.shrink(value) if field["type"].startswith("int") else value.astype(codec.TYPES[field["type"]]).tobytes())
        return plain, blobs

    def write_raw_data(self, raw_data, parallel_writer=False):
        """Adds rows, a list of dicts; each call's rows are dealt to the files in equal runs. Rows that do not fit the schema are left
        out with a warning, as MindSpore does; RuntimeError if none is left."""
        if self._schema is None:
            raise RuntimeError("FileWriter: add_schema() comes before write_raw_data().")
        rows = []
        for row in raw_data if isinstance(raw_data, (list, tuple)) else [raw_data]:
            try:
                rows.append(self._checked(row))
            except ValueError as error:
                log.warning("FileWriter: a row is left out: %s", error)
        if not rows:
            raise RuntimeError("There is no valid data which can be written by 'write_raw_data' to mindrecord file. Please check the "
                               "abnormal input data indicated in the warning log above.")
        if self._shards is None:
            self._shards = [_Pages(self._page_size) for _ in self._paths]
        keys = self._index_fields()
        each, more = divmod(len(rows), len(self._paths))
        begin = 0
        for k, shard in enumerate(self._shards):
            end = begin + each + (k < more)
            for plain, blobs in rows[begin:end]:
                together = b"".join(struct.pack(">Q", len(b)) + b for b in blobs) if len(blobs) > 1 else b"".join(blobs)
                shard.add(codec.pack(plain or {"id": 0}), together or bytes(4), [plain[k] for k in keys])
            begin = end

    def _index_fields(self):
        return self._plain() if self._index is None else self._index

    # ---- the end ----

    def commit(self):
        """Writes the files: each, and its index (.db), is there whole or not at all."""
        if self._schema is None:
            raise RuntimeError("FileWriter: add_schema() comes before commit().")
        for i, path in enumerate(self._paths):
            pages, index = (self._shards[i] if self._shards else _Pages(self._page_size)).finish()
            self._write(path, i, pages)
            self._write_index(path, index)

    def _write(self, path, number, pages):
        fields = [{"index_field": n, "schema_id": 0} for n in self._index_fields()] or None
        header = json.dumps({
            "header_size": self._header_size, "index_fields": fields, "page": [dict(p, shard_id=number) for p, _ in pages],
            "page_size": self._page_size, "compression_size": 0,
            "schema": [{"blob_fields": self._blobs(), "desc": self._desc, "schema": self._schema}],
            "shard_addresses": [os.path.basename(p) for p in self._paths], "shard_id": number, "statistics": None, "version": "3.0"},
            separators=(",", ":")).encode()
        if len(header) + 8 > self._header_size:
            raise RuntimeError(f"FileWriter: the header has {len(header)} bytes: set_header_size()")
        temporary = path + ".tmp"
        try:
            with open(temporary, "wb") as f:
                f.write(_PAGE_HEAD.pack(len(header)) + header)
                f.truncate(self._header_size)
                for page, data in pages:
                    f.seek(self._header_size + page["page_id"] * self._page_size)
                    f.write(data)
                f.flush()
                os.fsync(f.fileno())
            os.replace(temporary, path)
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)

    def _write_index(self, path, index):
        import sqlite3
        fields, temporary = self._index_fields(), path + ".db.tmp"
        kinds = {"string": "TEXT", "int32": "INTEGER", "int64": "INTEGER", "float32": "NUMERIC", "float64": "NUMERIC"}
        columns = "".join(f",INC_{k} INT, {n}_0 {kinds[self._schema[n]['type']]}" for k, n in enumerate(fields))
        key = ",".join(["ROW_ID", *(f"INC_{k}" for k in range(len(fields)))])
        where = ("ROW_ID INT NOT NULL, PAGE_ID_RAW INT NOT NULL, PAGE_OFFSET_RAW INT NOT NULL, PAGE_OFFSET_RAW_END INT NOT NULL, "
                 "ROW_GROUP_ID INT NOT NULL, PAGE_ID_BLOB INT NOT NULL, PAGE_OFFSET_BLOB INT NOT NULL, "
                 "PAGE_OFFSET_BLOB_END INT NOT NULL")
        rows = [(i, *raw, group, group, begin, end, *(v for k in keys for v in (0, k)))
                for i, (raw, (group, begin, end, keys)) in enumerate(index)]
        if os.path.exists(temporary):
            os.unlink(temporary)
        try:
            base = sqlite3.connect(temporary)
            with base:
                base.execute("CREATE TABLE SHARD_NAME(NAME TEXT NOT NULL)")
                base.execute("INSERT INTO SHARD_NAME VALUES (?)", (os.path.basename(path),))
                base.execute(f"CREATE TABLE INDEXES({where}{columns}, PRIMARY KEY({key}))")
                base.executemany(f"INSERT INTO INDEXES VALUES ({','.join('?' * (8 + 2 * len(fields)))})", rows)
            base.close()
            os.replace(temporary, path + ".db")
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)
