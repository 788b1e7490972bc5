from typing import Any

from spore.common.dtype import *

def __getattr__(name: str) -> Any: ...
