from typing import Any

from spore.ops import *

def __getattr__(name: str) -> Any: ...
