from typing import Any

from spore.amp import *

def __getattr__(name: str) -> Any: ...
