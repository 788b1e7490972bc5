"""Arrays of cases in one small file: (kind, name, part) -> list of arrays."""

import json

import numpy as np


def save(path, found):
    """found and a header of texts under the kind "about" into an .npz file."""
    index, data, at = [], [], 0
    for (kind, name, part), arrays in found.items():
        for a in arrays:
            raw = np.ascontiguousarray(a).tobytes()
            index.append([kind, name, part, str(a.dtype), list(a.shape), at])
            data.append(raw)
            at += len(raw)
        if not arrays:
            index.append([kind, name, part, "", [], at])
    np.savez_compressed(
        path,
        index=np.frombuffer(json.dumps(index, separators=(",", ":")).encode(), np.uint8),
        data=np.frombuffer(b"".join(data), np.uint8),
    )


def load(path):
    """What save() wrote."""
    with np.load(path) as file:
        index, data = json.loads(file["index"].tobytes()), file["data"].tobytes()
    found = {}
    for kind, name, part, dtype, shape, at in index:
        arrays = found.setdefault((kind, name, part), [])
        if dtype:
            arrays.append(np.frombuffer(data, dtype, int(np.prod(shape)), at).reshape(shape))
    return found
