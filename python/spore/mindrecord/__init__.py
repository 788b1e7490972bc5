"""mindspore.mindrecord: MindSpore's file format for training data. Its layout stands in docs/formats/mindrecord.md."""
from .reader import FileReader
from .writer import FileWriter
from .._missing import module_getattr as _module_getattr

SUCCESS, FAILED = "MSRecord_SUCCESS", "MSRecord_FAILED"
__getattr__ = _module_getattr(__name__)
__all__ = ["FAILED", "SUCCESS", "FileReader", "FileWriter"]
