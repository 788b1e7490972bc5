"""What the real MindSpore answers to the cases: recorded (golden/golden.npz), or asked now, where it is installed."""

import importlib.metadata
import os
import subprocess
import sys
import tempfile

import store

_GOLDEN = os.path.dirname(os.path.abspath(store.__file__))


def python_with_mindspore(asked):
    """The Python to ask: what --live or SPORE_MINDSPORE says; this one, if it has 2.10; None: the record."""
    asked = asked or os.environ.get("SPORE_MINDSPORE", "")
    if asked in ("no", "0", "off"):
        return None
    if asked:
        return asked
    try:
        return sys.executable if importlib.metadata.version("mindspore").startswith("2.10.") else None
    except importlib.metadata.PackageNotFoundError:
        return None


def answers(asked):
    """((kind, name, part) -> arrays, the release, whether they are of now)."""
    python = python_with_mindspore(asked)
    if python is None:
        found = store.load(os.path.join(_GOLDEN, "golden.npz"))
        return found, str(found["about", "version", ""][0]), False
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SPORE_MINDSPORE")}
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "live.npz")
        done = subprocess.run(
            [python, os.path.join(_GOLDEN, "record.py"), place], env=env, capture_output=True, text=True, timeout=1800
        )
        if done.returncode or not os.path.exists(place):
            raise RuntimeError(f"{python} record.py failed:\n{(done.stdout + done.stderr)[-2000:]}")
        found = store.load(place)
    return found, str(found["about", "version", ""][0]), True
