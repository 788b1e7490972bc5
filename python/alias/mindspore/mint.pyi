from typing import Any

from spore.mint import *

def __getattr__(name: str) -> Any: ...
