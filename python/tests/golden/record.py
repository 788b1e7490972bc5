"""Records what the real MindSpore answers to cases.py: MINDSPORE_PYTHON python/tests/golden/record.py [file]. Writes
golden.npz beside this, or the file. The part "refused" of a case is a text: what MindSpore says when it cannot
do it."""

import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import mindspore  # noqa: E402

if hasattr(mindspore, "_core"):
    sys.exit("this mindspore is Spore")
mindspore.set_context(pynative_synchronize=True)  # an error belongs to the case that it comes from
import cases  # noqa: E402
import store  # noqa: E402


def settled():
    """Past the errors of operators that were still to run."""
    for _ in range(20):
        try:
            (mindspore.Tensor([1.0], mindspore.float32) * 1).asnumpy()
            return
        except Exception:
            continue


def answer(run):
    """The parts of a case."""
    for last in (False, True):
        try:
            return run()
        except Exception as error:
            settled()
            text = " ".join(
                next((line for line in str(error).split("\n") if line.strip(" -")), type(error).__name__).split()
            )
            if last:
                return {"refused": [np.array(text[:160])]}


found = {("about", "version", ""): [np.array(mindspore.__version__)]}
for kind, name, run in cases.everything():
    parts = answer(run)
    if "refused" in parts:
        print("refused:", kind, name, "-", parts["refused"][0])
    found.update({(kind, name, part): arrays for part, arrays in parts.items()})
place = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "golden.npz")
store.save(place, found)
print("MindSpore", mindspore.__version__, "-", len(found), "parts in", place)
