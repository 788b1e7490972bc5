from typing import Any

from spore.context import *

def __getattr__(name: str) -> Any: ...
