from typing import Any

from spore.numpy import *

def __getattr__(name: str) -> Any: ...
