"""`import mindspore` with this folder on PYTHONPATH is Spore."""
import sys as _sys

from spore import _alias

_module = _sys.modules.pop("mindspore")
_alias.install()
import mindspore as _front  # noqa: E402,F401

_sys.modules["mindspore"] = _front
