"""Records what the real MindSpore answers to cases.py: MINDSPORE_PYTHON python/tests/golden/record.py. Writes golden.npz beside this."""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import mindspore  # noqa: E402

found, failed = {}, []


def keep(kind, name, parts):
    for part, arrays in parts.items():
        for i, a in enumerate(arrays):
            found[f"{kind}/{name}/{part}/{i}"] = a


def attempt(kind, name, make):
    try:
        keep(kind, name, make())
    except Exception as error:  # a case that this release cannot do
        failed.append((kind, name, str(error).splitlines()[0][:100]))


for name in cases.OPS:
    attempt("ops", name, lambda: dict(zip(("value", "grad"), cases.run_op(name))))
for kind, table in (("layers", cases.LAYERS), ("losses", cases.LOSSES)):
    for name, (make, arrays) in table.items():
        attempt(kind, name, lambda: dict(zip(("value", "grad", "after"), cases.run_cell(make, arrays))))
for name in cases.OPTIMIZERS:
    attempt("optimizers", name, lambda: {"after": cases.run_optimizer(name)})
np.savez_compressed(os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.npz"), **found)
print(mindspore.__version__, len(found), "arrays;", "not recorded:", failed)
