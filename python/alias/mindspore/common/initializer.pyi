from typing import Any

from spore.common.initializer import *

def __getattr__(name: str) -> Any: ...
