from typing import Any

from spore.communication import *

def __getattr__(name: str) -> Any: ...
