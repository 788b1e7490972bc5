from typing import Any

from spore.nn import *

def __getattr__(name: str) -> Any: ...
